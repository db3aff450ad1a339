/* SPDX-License-Identifier: MIT */
/*
 * IPFIX: messages of records (RFC 7011) about both directions of a conversation (RFC 5103), to a file (RFC 5655) or a collector.
 *
 *	message |version 10|length|export time|sequence|domain| set | set | ...
 *	set     |2|length| template 256: IPv4 | template 257: IPv6 |            what stands in a record, and how long it is
 *	set     |256|length| record | record | ...
 *
 * The sequence number counts the records of all messages before this one. A message is as large as a datagram may be without being
 * cut on its way, 1400 bytes; to a collector, which may begin to listen at any time, the templates are sent again and
 * again (RFC 7011 section 8.4): each TEMPLATES_MESSAGES messages and each time that --ipfix templates says. A file has them at its
 * begin, and the time of export is that of the capture: the same capture gives the same bytes.
 */
#include "flow_export.h"

#include "decode/space.h"

#include <stdlib.h>
#include <time.h>

enum { MESSAGE_MAX = 1400, HEADER = 16, SET_HEADER = 4, VERSION = 10, SET_TEMPLATES = 2, FIRST_TEMPLATE = 256 };
enum { REVERSE_PEN = 29305, ENTERPRISE = 0x8000, VARIABLE = 65535, NAME_MAX_BYTES = 64, TEMPLATES_MESSAGES = 1000 };
#define TEMPLATES_NS 60000000000ll

enum what { START, END, SRC, DST, SPORT, DPORT, PROTO, REASON, FLAGS, BYTES, PACKETS, ICMP, VLAN, INTERFACE, NUMBER, DIRECTION, NAME };

/* One record's elements, in order. `len` 0: an address. IANA "ipfix"; reverse ones belong to RFC 5103's enterprise. */
static const struct element {
	uint16_t id[2];   /* IPv4, IPv6 */
	uint16_t len;
	uint8_t what;     /* enum what */
	bool reverse;
} elements[] = {
	{ { 152, 152 }, 8, START, false },     /* flowStartMilliseconds */
	{ { 153, 153 }, 8, END, false },       /* flowEndMilliseconds */
	{ { 8, 27 }, 0, SRC, false },          /* sourceIPv4Address, sourceIPv6Address */
	{ { 12, 28 }, 0, DST, false },         /* destinationIPv4Address, destinationIPv6Address */
	{ { 7, 7 }, 2, SPORT, false },         /* sourceTransportPort */
	{ { 11, 11 }, 2, DPORT, false },       /* destinationTransportPort */
	{ { 4, 4 }, 1, PROTO, false },         /* protocolIdentifier */
	{ { 136, 136 }, 1, REASON, false },    /* flowEndReason */
	{ { 6, 6 }, 2, FLAGS, false },         /* tcpControlBits, RFC 7125 */
	{ { 6, 6 }, 2, FLAGS, true },
	{ { 1, 1 }, 8, BYTES, false },         /* octetDeltaCount: of IP packets, headers included */
	{ { 1, 1 }, 8, BYTES, true },
	{ { 2, 2 }, 8, PACKETS, false },       /* packetDeltaCount */
	{ { 2, 2 }, 8, PACKETS, true },
	{ { 32, 139 }, 2, ICMP, false },       /* icmpTypeCodeIPv4, icmpTypeCodeIPv6 */
	{ { 58, 58 }, 2, VLAN, false },        /* vlanId */
	{ { 10, 10 }, 4, INTERFACE, false },   /* ingressInterface */
	{ { 148, 148 }, 8, NUMBER, false },    /* flowId */
	{ { 239, 239 }, 1, DIRECTION, false }, /* biflowDirection: 1, source is the initiator */
	{ { 96, 96 }, VARIABLE, NAME, false }, /* applicationName */
};
enum { ELEMENTS = sizeof(elements) / sizeof(*elements), RECORD_MAX = 160 + NAME_MAX_BYTES };

struct ipfix {
	uint8_t message[MESSAGE_MAX];
	uint32_t used, set;      /* bytes; where the open set begins, 0: none is open */
	uint16_t set_id;
	uint32_t records;        /* in this message */
	uint32_t sequence;       /* before this message */
	uint32_t domain;
	bool datagrams;          /* to a collector */
	uint64_t messages, templates_at; /* sent; how many there were when templates were */
	int64_t templates_ns, again_ns;  /* when that was; --ipfix templates */
};

static int64_t wall_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- bytes ------------------------------------------------------------------------------------- */

static uint8_t *put_number(uint8_t *at, uint64_t v, unsigned len)
{
	for (unsigned i = len; i--; v >>= 8)
		at[i] = (uint8_t)v;
	return at + len;
}

static void set_close(struct ipfix *x)
{
	if (x->set)
		put_number(x->message + x->set + 2, x->used - x->set, 2);
	x->set = 0;
}

static void set_open(struct ipfix *x, uint16_t id)
{
	set_close(x);
	x->set = x->used;
	x->set_id = id;
	put_number(x->message + x->used, id, 2);
	x->used += SET_HEADER;
}

static void put_templates(struct ipfix *x)
{
	set_open(x, SET_TEMPLATES);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		uint8_t *at = x->message + x->used;

		at = put_number(at, FIRST_TEMPLATE + v6, 2);
		at = put_number(at, ELEMENTS, 2);
		for (unsigned i = 0; i < ELEMENTS; i++) {
			const struct element *el = &elements[i];

			at = put_number(at, el->id[v6] | (el->reverse ? ENTERPRISE : 0u), 2);
			at = put_number(at, el->len ? el->len : v6 ? 16u : 4u, 2);
			if (el->reverse)
				at = put_number(at, REVERSE_PEN, 4);
		}
		x->used = (uint32_t)(at - x->message);
	}
	set_close(x);
	x->templates_at = x->messages;
	x->templates_ns = x->datagrams ? wall_clock() : 0;
}

static bool templates_due(const struct ipfix *x)
{
	return !x->messages || (x->datagrams && (x->messages - x->templates_at >= TEMPLATES_MESSAGES ||
						 wall_clock() - x->templates_ns >= x->again_ns));
}

static void message_begin(struct ipfix *x)
{
	x->used = HEADER;
	x->set = 0;
	x->records = 0;
	if (templates_due(x))
		put_templates(x);
}

/* The message is complete: it goes into the outbuf in one piece, which keeps it whole for a datagram. */
static void message_end(struct export *e, struct ipfix *x)
{
	const struct flow_export *fx = e->state;
	uint8_t *at = x->message;

	set_close(x);
	at = put_number(at, VERSION, 2);
	at = put_number(at, x->used, 2);
	at = put_number(at, (uint64_t)((x->datagrams ? wall_clock() : fx->now_ns) / 1000000000), 4);
	at = put_number(at, x->sequence, 4);
	put_number(at, x->domain, 4);
	if (outbuf_room(e->out, x->used)) {
		memcpy(e->out->pos, x->message, x->used);
		e->out->pos += x->used;
	}
	x->sequence += x->records;
	x->messages++;
	x->used = 0;
}

/* ---- records ---------------------------------------------------------------------------------------- */

static uint64_t number_of(const struct export *e, const struct flow_record *r, const struct element *el)
{
	const struct flow *f = r->flow;
	unsigned side = el->reverse ? FLOW_RESP : FLOW_ORIG;

	switch (el->what) {
	case START: return (uint64_t)f->first_ns / 1000000;
	case END: return (uint64_t)f->last_ns / 1000000;
	case SPORT: return r->transport == FLOW_OTHER ? 0 : r->ends.src_port;
	case DPORT: return r->transport == FLOW_OTHER ? 0 : r->ends.dst_port;
	case PROTO: return f->ip_proto;
	case REASON: return r->reason == FLOW_EVICTED ? 5u /* lack of resources */ : (unsigned)r->reason;
	case FLAGS: return f->tcp_flags[side];
	case BYTES: return r->detail ? r->detail->ip_bytes[side] : f->bytes[side];
	case PACKETS: return f->packets[side];
	case ICMP: return r->detail ? r->detail->icmp : 0;
	case VLAN: return r->space && r->space->vlan[0] ? r->space->vlan[0] - 1u : 0;
	case INTERFACE: return r->space && r->space->ifid ? r->space->ifid - 1u : 0;
	case NUMBER: return flow_id(e, &r->ends, r->transport, r->number);
	default: return 1; /* DIRECTION */
	}
}

static uint8_t *put_name(uint8_t *at, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	len = len < NAME_MAX_BYTES ? len : NAME_MAX_BYTES;
	*at++ = (uint8_t)len;
	if (len)
		memcpy(at, name, len);
	return at + len;
}

static bool put_record(void *user, const struct flow_record *r)
{
	struct export *e = user;
	struct ipfix *x = ((struct flow_export *)e->state)->own;
	bool v6 = r->ends.addr_len == 16;
	uint16_t set = (uint16_t)(FIRST_TEMPLATE + v6);
	uint8_t *at;

	if (x->used && MESSAGE_MAX - x->used < RECORD_MAX + SET_HEADER)
		message_end(e, x);
	if (!x->used)
		message_begin(x);
	if (!x->set || x->set_id != set)
		set_open(x, set);
	at = x->message + x->used;
	for (unsigned i = 0; i < ELEMENTS; i++) {
		const struct element *el = &elements[i];

		if (el->what == SRC || el->what == DST) {
			memcpy(at, el->what == SRC ? r->ends.src : r->ends.dst, r->ends.addr_len);
			at += r->ends.addr_len;
		} else if (el->what == NAME) {
			at = put_name(at, flow_application(r->flow));
		} else {
			at = put_number(at, number_of(e, r, el), el->len);
		}
	}
	x->used = (uint32_t)(at - x->message);
	x->records++;
	return true;
}

/* ---- the format ---------------------------------------------------------------------------------------- */

int ipfix_begin(struct export *e, struct errmsg *err)
{
	static const struct flow_wants wants = { .detail = true, .names = true, .idle_ns = FLOW_USUAL_IDLE_NS,
						 .active_ns = FLOW_USUAL_ACTIVE_NS, .record = put_record };
	struct ipfix *x = calloc(1, sizeof(*x));
	int rc;

	if (!x)
		return errmsg_set(err, NW_ELIMIT, "no memory for messages");
	x->domain = e->o.ipfix.domain;
	x->datagrams = e->o.datagrams;
	x->again_ns = e->o.ipfix.templates_ns ? e->o.ipfix.templates_ns : TEMPLATES_NS;
	rc = flow_export_open(e, &wants, err);
	if (rc)
		free(x);
	else
		((struct flow_export *)e->state)->own = x;
	return rc;
}

void ipfix_flush(struct export *e)
{
	struct ipfix *x = ((struct flow_export *)e->state)->own;

	if (x->used)
		message_end(e, x);
}

void ipfix_end(struct export *e)
{
	struct flow_export *fx = e->state;
	struct ipfix *x = fx->own;

	if (!e->abandoned) {
		flows_end(fx->flows);
		if (!x->messages && !x->used) /* no records: templates alone make it a file */
			message_begin(x);
		ipfix_flush(e);
	}
	flow_export_close(e);
	free(x);
}
