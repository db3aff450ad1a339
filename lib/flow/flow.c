/* SPDX-License-Identifier: MIT */
/*
 * See flow/flow.h. For each transport a table:
 *
 *	conversations  ends -> number      the decoder's for TCP and UDP, our own for the others
 *	flows          number -> record    a series (base/series.h), and a second one for what few ask for
 *
 * Time-outs are looked for every now and then by going through all that are open: a quarter of the shortest time apart in
 * the capture's time, so that a record is looked at a few times in its life and nothing has to be kept in order.
 */
#include "flow/flow.h"

#include "base/intern.h"
#include "base/series.h"
#include "base/times.h"
#include "decode/protocol.h"
#include "decode/space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10, TCP_FLAGS = 13 };
enum { IP_TCP = 6, IP_UDP = 17, IP_ICMP = 1, IP_ICMPV6 = 58 };
enum { NAMES_MAX = 3, NAME_BYTES_MAX = 255, LOOKS_MAX = 8, BEHIND_MAX = 1000 };

struct table {
	struct conversations *c; /* NULL: not asked for */
	struct series flows, details;
	struct flows *of;
	enum flow_transport transport;
	uint32_t next;           /* numbers from here on have no record yet */
};

struct flows {
	struct flow_options o;
	struct decoder *d;
	struct table table[FLOW_TRANSPORTS];
	struct conversations *others;
	struct intern names;
	const struct field *name[NAMES_MAX];
	struct proto_set named[NAMES_MAX]; /* protocols that carry them */
	int64_t swept_ns, sweep_ns; /* when time-outs were looked for, and are next */
	unsigned behind;         /* packets from before swept_ns, since then */
	uint64_t evicted, lost;
	struct flow_record current;
	struct table *current_table;
};

/* ---- the parts -------------------------------------------------------------------------- */

static void forgetting(void *user, int32_t number);

/* Application and name are known, or enough was looked at: what else the conversation says need not be decoded. */
static bool settled(void *user, const struct layer *l)
{
	struct flows *f = user;
	const struct flow *flow = !f ? NULL : series_peek(&f->table[l->proto == PROTO_tcp ? FLOW_TCP : FLOW_UDP].flows,
					      (uint32_t)l->aux[0] << 16 | l->aux[1]);

	return flow && (flow->looks == LOOKS_MAX || (flow->proto && flow->name));
}

static int want_names(struct flows *f, struct errmsg *err)
{
	bool others = f->d->application && f->d->settled != settled; /* who want every packet's */

	static const char *const names[NAMES_MAX] = { "tls.handshake.extensions_server_name", "http.host", "dns.qry.name" };

	for (unsigned i = 0; i < NAMES_MAX; i++) {
		f->name[i] = field_find(names[i], strlen(names[i]));
		if (!f->name[i])
			continue; /* not in this profile */
		decoder_want_field(f->d, f->name[i]);
		for (unsigned j = 0; j < PROTO_COUNT; j++)
			if (field_carried(j, field_proto(f->name[i])))
				proto_set_add(&f->named[i], j);
	}
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (protocols[i]->application)
			decoder_want(f->d, i);
	if (!others)
		decoder_settle(f->d, settled, f);
	return f->d->application || !ENABLE_APP_PROTOCOLS ? 0 : errmsg_set(err, NW_ELIMIT, "no memory for applications");
}

static struct conversations *want_stream(struct decoder *d, enum flow_transport t)
{
	const char *name = t == FLOW_TCP ? "tcp.stream" : "udp.stream";

	decoder_want_field(d, field_find(name, strlen(name)));
	return t == FLOW_TCP ? d->tcp : d->udp;
}

int flows_new(struct flows **out, const struct flow_options *o, struct decoder *d, struct errmsg *err)
{
	uint32_t ceiling = o->limits.ceiling ? o->limits.ceiling : CONVERSATIONS_MAX;
	struct flows *f = calloc(1, sizeof(*f));
	int rc = 0;

	if (!f)
		return errmsg_set(err, NW_ELIMIT, "no memory for flows");
	f->o = *o;
	f->d = d;
	f->swept_ns = f->sweep_ns = INT64_MIN;
	decoder_limit(d, ceiling);
	if (decoder_separate(d, o->limits.separate))
		rc = errmsg_set(err, NW_ELIMIT, "no memory for flows");
	f->others = conversations_new(ceiling);
	for (enum flow_transport t = FLOW_TCP; t < FLOW_TRANSPORTS; t++) {
		struct table *table = &f->table[t];

		table->c = t == FLOW_OTHER ? f->others : want_stream(d, t);
		if (!table->c)
			rc = errmsg_set(err, NW_ELIMIT, "no memory for flows");
		table->of = f;
		table->transport = t;
		series_init(&table->flows, sizeof(struct flow), ceiling);
		series_init(&table->details, sizeof(struct flow_detail), ceiling);
		if (table->c)
			conversations_on_forget(table->c, forgetting, table);
	}
	if (!rc && o->timing)
		decoder_want_timing(d);
	if (!rc && o->names)
		rc = want_names(f, err);
	if (rc) {
		flows_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void flows_free(struct flows *f)
{
	if (!f)
		return;
	for (enum flow_transport t = FLOW_TCP; t < FLOW_TRANSPORTS; t++) {
		series_release(&f->table[t].flows);
		series_release(&f->table[t].details);
		if (f->table[t].c)
			conversations_on_forget(f->table[t].c, NULL, NULL); /* the decoder's go on */
	}
	if (f->d->settled_user == f) /* there may be other flows after these */
		f->d->settled_user = NULL;
	conversations_free(f->others);
	intern_release(&f->names);
	free(f);
}

uint64_t flows_evicted(const struct flows *f)
{
	return f->evicted;
}

uint64_t flows_lost(const struct flows *f)
{
	return f->lost;
}

size_t flows_bytes(const struct flows *f)
{
	size_t bytes = intern_bytes(&f->names);

	for (enum flow_transport t = FLOW_TCP; t < FLOW_TRANSPORTS; t++)
		bytes += conversations_bytes(f->table[t].c) + series_bytes(&f->table[t].flows) + series_bytes(&f->table[t].details);
	return bytes;
}

/* ---- records -------------------------------------------------------------------------------- */

/* What is known of the record that is open for this conversation. False: it is forgotten. */
static bool record_of(struct table *table, uint32_t number, struct flow *flow, enum flow_reason reason, struct flow_record *r)
{
	struct conversation_key k;

	if (!conversation_ends(table->c, (int32_t)number, &k))
		return false;
	*r = (struct flow_record){
		.transport = table->transport, .number = (int32_t)number, .reason = reason, .ends = k, .flow = flow,
		.detail = table->of->o.detail ? series_peek(&table->details, number) : NULL,
		.name = intern_get(&table->of->names, flow->name),
		.space = space_get(table->of->d->spaces, k.space),
	};
	if (table->transport == FLOW_TCP && table->of->o.timing)
		r->timing = tcp_timing(table->of->d->analyzer, (int32_t)number);
	if (table->transport == FLOW_OTHER)
		r->ends.src_port = r->ends.dst_port = 0;
	if (flow->orig_high) {
		r->ends.src = k.dst;
		r->ends.dst = k.src;
		r->ends.src_port = table->transport == FLOW_OTHER ? 0 : k.dst_port;
		r->ends.dst_port = table->transport == FLOW_OTHER ? 0 : k.src_port;
	}
	return true;
}

static void record_end(struct table *table, uint32_t number, struct flow *flow, enum flow_reason reason)
{
	struct flow_record r;

	if (reason == FLOW_IDLE && (flow->tcp_flags[0] | flow->tcp_flags[1]) & (FIN | RST))
		reason = FLOW_END_DETECTED;
	if (table->of->o.ended && record_of(table, number, flow, reason, &r))
		table->of->o.ended(table->of->o.user, &r);
	flow->open = false;
}

/* The conversations are about to forget this one: its record ends, and its place in the series goes with the chunk. */
static void forgetting(void *user, int32_t number)
{
	struct table *table = user;
	struct flow *flow = series_peek(&table->flows, (uint32_t)number);

	if (!flow || !flow->open)
		return;
	table->of->evicted++;
	record_end(table, (uint32_t)number, flow, FLOW_EVICTED);
}

/* The series are as long as the conversations' own: what those have forgotten, we need not hold. */
static void *item(struct series *s, uint32_t number)
{
	while (series_full(s, number))
		series_drop(s);
	return series_item(s, number);
}

typedef bool table_fn(struct table *table, uint32_t number, struct flow *flow, void *user);

/* Every open record, in the order of numbers. */
static bool table_each(struct table *table, table_fn *each, void *user)
{
	for (uint32_t n = series_first(&table->flows); n < table->next; n++) {
		struct flow *flow = series_peek(&table->flows, n);

		if (!flow) /* nothing of this chunk */
			n |= SERIES_CHUNK - 1;
		else if (flow->open && !each(table, n, flow, user))
			return false;
	}
	return true;
}

static bool end_one(struct table *table, uint32_t number, struct flow *flow, void *user)
{
	(void)user;
	record_end(table, number, flow, FLOW_FORCED);
	return true;
}

void flows_end(struct flows *f)
{
	for (enum flow_transport t = FLOW_TCP; t < FLOW_TRANSPORTS; t++)
		table_each(&f->table[t], end_one, NULL);
}

struct each {
	flow_record_fn *fn;
	void *user;
};

static bool each_one(struct table *table, uint32_t number, struct flow *flow, void *user)
{
	struct each *e = user;
	struct flow_record r;

	return !record_of(table, number, flow, FLOW_OPEN, &r) || e->fn(e->user, &r);
}

void flows_each(struct flows *f, flow_record_fn *fn, void *user)
{
	struct each e = { fn, user };
	bool more = true;

	for (enum flow_transport t = FLOW_TCP; more && t < FLOW_TRANSPORTS; t++)
		more = table_each(&f->table[t], each_one, &e);
}

/* ---- time-outs --------------------------------------------------------------------------------- */

/* Times of a broken capture may be as far apart as numbers go. */
static uint64_t elapsed(int64_t then_ns, int64_t now_ns)
{
	return now_ns > then_ns ? (uint64_t)now_ns - (uint64_t)then_ns : 0;
}

static enum flow_reason timed_out(const struct flows *f, const struct flow *flow, int64_t now_ns)
{
	const struct flow_limits *l = &f->o.limits;

	if (l->idle_ns && elapsed(flow->last_ns, now_ns) > (uint64_t)l->idle_ns)
		return FLOW_IDLE;
	return l->active_ns && elapsed(flow->first_ns, now_ns) > (uint64_t)l->active_ns ? FLOW_ACTIVE : FLOW_OPEN;
}

static bool end_timed_out(struct table *table, uint32_t number, struct flow *flow, void *user)
{
	enum flow_reason reason = timed_out(table->of, flow, *(int64_t *)user);

	if (reason)
		record_end(table, number, flow, reason);
	return true;
}

static void sweep(struct flows *f, int64_t now_ns)
{
	const struct flow_limits *l = &f->o.limits;
	int64_t shortest = l->idle_ns && (!l->active_ns || l->idle_ns < l->active_ns) ? l->idle_ns : l->active_ns;

	if (f->sweep_ns != INT64_MIN)
		for (enum flow_transport t = FLOW_TCP; t < FLOW_TRANSPORTS; t++)
			table_each(&f->table[t], end_timed_out, &now_ns);
	f->swept_ns = now_ns;
	f->behind = 0;
	f->sweep_ns = now_ns < INT64_MAX - shortest ? now_ns + shortest / 4 + 1 : INT64_MAX;
}

/* Is it time? A single time far in the future does not put it off for good: many packets from before it are right. They
 * must be many, as each look costs what there are records. */
static bool sweep_due(struct flows *f, int64_t now_ns)
{
	if (!f->o.limits.idle_ns && !f->o.limits.active_ns)
		return false;
	return now_ns >= f->sweep_ns || (now_ns < f->swept_ns && ++f->behind == BEHIND_MAX);
}

/* ---- packets --------------------------------------------------------------------------------------- */

/* What the accounting looks at. */
struct sight {
	struct table *table;
	int32_t number;
	bool high;
	uint8_t ip_proto, flags;
	const struct layer *net, *transport; /* transport NULL: FLOW_OTHER */
	uint16_t icmp;                       /* type << 8 | code */
};

/* What answers this type of ICMP (RFC 792, RFC 950) or ICMPv6 (RFC 4443, RFC 4861); -1: nothing. */
int icmp_answer(uint8_t ip_proto, uint8_t type)
{
	static const uint8_t v4[][2] = { { 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 }, { 10, 9 } };
	static const uint8_t v6[][2] = { { 128, 129 }, { 133, 134 }, { 135, 136 }, { 130, 131 }, { 139, 140 }, { 144, 145 } };
	const uint8_t(*pair)[2] = ip_proto == IP_ICMP ? v4 : v6;
	unsigned n = ip_proto == IP_ICMP ? sizeof(v4) / 2 : sizeof(v6) / 2;

	for (unsigned i = 0; i < 2 * n; i++)
		if (pair[i / 2][i % 2] == type)
			return pair[i / 2][!(i % 2)];
	return -1;
}

/* Other IP: the protocol stands for the ports, and for ICMP what is asked and answered. */
static bool see_other(struct flows *f, const struct packet *p, struct sight *s)
{
	bool v6 = s->net->proto == PROTO_ipv6;
	const uint8_t *h;
	struct conversation_key k = { .addr_len = v6 ? 16 : 4 };
	uint32_t n = packet_bytes(p, s->net, &h);

	if (n < (v6 ? 40u : 20u))
		return false;
	k.src = h + (v6 ? 8 : 12);
	k.dst = k.src + k.addr_len;
	s->ip_proto = v6 ? (uint8_t)s->net->aux[0] : h[9];
	k.src_port = s->ip_proto;
	if ((s->ip_proto == IP_ICMP || s->ip_proto == IP_ICMPV6) && s->net + 1 < p->layers + p->nlayers &&
	    (s->net[1].proto == PROTO_icmp || s->net[1].proto == PROTO_icmpv6) && packet_bytes(p, s->net + 1, &h) >= 2) {
		int answer = icmp_answer(s->ip_proto, h[0]);

		s->icmp = get_be16(h);
		k.src_port |= (uint16_t)((answer >= 0 && answer < h[0] ? answer : h[0]) << 8);
	}
	k.dst_port = k.src_port;
	if (f->d->spaces)
		k.space = space_number(f->d->spaces, p, (unsigned)(s->net - p->layers));
	s->table = &f->table[FLOW_OTHER];
	s->high = conversation_from_high(&k);
	s->number = conversation_number(f->others, &k);
	return true;
}

static bool see_transport(struct flows *f, const struct packet *p, struct sight *s)
{
	const struct layer *l = s->transport;
	bool tcp = l->proto == PROTO_tcp, v6 = s->net->proto == PROTO_ipv6;
	const uint8_t *ip = layer_at(p, s->net) + (v6 ? 8 : 12), *h = layer_at(p, l);
	int order = memcmp(ip, ip + (v6 ? 16 : 4), v6 ? 16 : 4);

	if (packet_bytes(p, l, &h) < (tcp ? TCP_FLAGS + 1u : 4u))
		return false;
	s->table = &f->table[tcp ? FLOW_TCP : FLOW_UDP];
	s->number = (int32_t)((uint32_t)l->aux[0] << 16 | l->aux[1]);
	s->high = order > 0 || (!order && get_be16(h) > get_be16(h + 2));
	s->ip_proto = tcp ? IP_TCP : IP_UDP;
	s->flags = tcp ? h[TCP_FLAGS] : 0;
	return true;
}

/* The packet's conversation. False: it has none. */
static bool see(struct flows *f, const struct packet *p, struct sight *s)
{
	*s = (struct sight){ .number = CONVERSATION_NONE };
	if (p->network <= 0)
		return false;
	s->net = &p->layers[p->network];
	s->transport = p->transport > p->network ? &p->layers[p->transport] : NULL;
	return s->transport ? see_transport(f, p, s) : see_other(f, p, s);
}

/* Bytes behind the TCP or UDP header, on the wire. */
static uint32_t payload_of(const struct sight *s)
{
	uint32_t begin = s->transport ? s->transport->off + s->transport->hlen : 0;

	return s->transport && s->transport->wire_end > begin ? s->transport->wire_end - begin : 0;
}

/* The originator: who sent this packet, unless it is the answer to a SYN. A later record of a conversation keeps him, and what was
 * learnt of the application. */
static void begin(struct flow *flow, struct flow_detail *detail, const struct packet *p, const struct sight *s)
{
	const struct flow before = *flow;

	*flow = (struct flow){ .first_ns = p->frame->ts_ns, .last_ns = p->frame->ts_ns, .ip_proto = s->ip_proto, .open = true,
			       .orig_high = s->high ^ ((s->flags & (SYN | ACK)) == (SYN | ACK)) };
	if (before.ip_proto) {
		flow->orig_high = before.orig_high;
		flow->name = before.name;
		flow->proto = before.proto;
		flow->looks = before.looks;
	}
	if (detail)
		*detail = (struct flow_detail){ .first_frame = p->frame->number, .icmp = s->icmp };
}

static void letter(struct flow_detail *d, unsigned side, char c)
{
	static const char letters[] = "SHADFRCTWG";
	const char *at = strchr(letters, c);

	if (!at || d->letters[side] >> (at - letters) & 1 || d->history_len == sizeof(d->history))
		return;
	d->letters[side] |= (uint16_t)(1u << (at - letters));
	d->history[d->history_len++] = (char)(side == FLOW_ORIG ? c : c | 0x20);
}

static void history(struct flow_detail *d, unsigned side, const struct packet *p, const struct sight *s, uint32_t payload)
{
	unsigned verdicts = p->analysed == s->transport - p->layers ? p->analysis.verdicts : 0;

	if (s->flags & SYN)
		letter(d, side, s->flags & ACK ? 'H' : 'S');
	if (verdicts & TCP_LOST_SEGMENT)
		letter(d, side, 'G');
	if (verdicts & TCP_RETRANSMISSION)
		letter(d, side, 'T');
	else if (payload)
		letter(d, side, 'D');
	else if (s->flags & ACK && !(s->flags & (SYN | FIN | RST)))
		letter(d, side, 'A');
	if (verdicts & TCP_ZERO_WINDOW)
		letter(d, side, 'W');
	if (s->flags & FIN)
		letter(d, side, 'F');
	if (s->flags & RST)
		letter(d, side, 'R');
}

/* SYN to the acknowledgement of its answer; of a SYN that was sent again the last one before that answer. */
static void handshake(struct flow_detail *d, unsigned side, const struct packet *p, unsigned flags)
{
	if (side == FLOW_ORIG && (flags & (SYN | ACK)) == SYN && !d->syn_ack_seen)
		d->syn_ns = p->frame->ts_ns;
	else if (side == FLOW_RESP && (flags & (SYN | ACK)) == (SYN | ACK) && d->syn_ns)
		d->syn_ack_seen = true;
	else if (side == FLOW_ORIG && flags & ACK && !(flags & SYN) && d->syn_ack_seen && !d->handshake_ns)
		d->handshake_ns = ns_between(d->syn_ns, p->frame->ts_ns);
}

/* Bytes that the sequence numbers tell of and no segment had, so far. */
static void gaps(struct flow_detail *d, unsigned side, const struct packet *p, const struct sight *s, uint32_t payload)
{
	uint32_t seq = get_be32(layer_at(p, s->transport) + 4), gap = seq - d->next_seq[side];
	bool known = d->sequence_known >> side & 1;

	if (known && gap && gap < INT32_MAX) {
		d->missed[side] += gap;
	} else if (known && gap) {
		if (p->analysed == s->transport - p->layers && p->analysis.verdicts & TCP_OUT_OF_ORDER)
			d->missed[side] -= payload < d->missed[side] ? payload : d->missed[side];
		return;
	}
	d->sequence_known |= (uint8_t)(1u << side);
	d->next_seq[side] = seq + payload + (s->flags & SYN ? 1 : 0) + (s->flags & FIN ? 1 : 0);
}

static void add_detail(struct flow_detail *d, unsigned side, const struct packet *p, const struct sight *s)
{
	uint32_t payload = payload_of(s);

	d->ip_bytes[side] += s->net->wire_end - s->net->off;
	d->payload[side] += payload;
	if (s->transport && s->ip_proto == IP_TCP) {
		handshake(d, side, p, s->flags);
		if (!(s->flags & RST))
			gaps(d, side, p, s, payload);
		history(d, side, p, s, payload);
	} else if (payload) {
		letter(d, side, 'D');
	}
}

/* Without the port of "example.com:8080" and "[2001:db8::1]:80". */
static uint32_t name_length(const uint8_t *name, uint32_t len)
{
	const uint8_t *colon = memrchr(name, ':', len), *bracket = memrchr(name, ']', len);

	return colon && (!bracket || colon > bracket) ? (uint32_t)(colon - name) : len;
}

static bool take_name(void *user, const struct field *field, const struct value *v)
{
	struct flows *f = user;
	struct flow *flow = (struct flow *)f->current.flow;

	(void)field;
	flow->name = intern_put(&f->names, v->bytes, name_length(v->bytes, v->len < NAME_BYTES_MAX ? v->len : NAME_BYTES_MAX));
	return false;
}

static void learn_application(struct flows *f, struct flow *flow, const struct packet *p, const struct sight *s)
{
	const struct layer *end = p->layers + p->nlayers;

	f->current.flow = flow;
	for (const struct layer *l = s->transport + 1; l < end && protocols[l->proto]->application; l++) {
		if (!flow->proto && l->proto != PROTO_data)
			flow->proto = l->proto;
		for (unsigned i = 0; !flow->name && i < NAMES_MAX; i++)
			if (f->name[i] && proto_set_has(&f->named[i], l->proto))
				field_each_in_layer((struct packet *)p, l, f->name[i], take_name, f);
	}
	flow->looks += flow->looks < LOOKS_MAX;
}

const struct flow *flows_packet(struct flows *f, const struct packet *p, unsigned *side_out)
{
	int64_t now_ns = p->frame->ts_ns;
	struct flow_detail *detail = NULL;
	enum flow_reason reason;
	struct flow *flow;
	struct sight s;
	unsigned side;

	f->current_table = NULL;
	if (sweep_due(f, now_ns))
		sweep(f, now_ns);
	if (!see(f, p, &s))
		return NULL;
	flow = s.number >= 0 ? item(&s.table->flows, (uint32_t)s.number) : NULL;
	if (flow && f->o.detail)
		detail = item(&s.table->details, (uint32_t)s.number);
	if (!flow || (f->o.detail && !detail)) {
		f->lost++;
		return NULL;
	}
	if (s.table->next <= (uint32_t)s.number)
		s.table->next = (uint32_t)s.number + 1;
	reason = flow->open ? timed_out(f, flow, now_ns) : FLOW_OPEN;
	if (reason)
		record_end(s.table, (uint32_t)s.number, flow, reason);
	if (!flow->open)
		begin(flow, detail, p, &s);
	side = s.high != flow->orig_high;
	if (now_ns > flow->last_ns)
		flow->last_ns = now_ns;
	else if (now_ns < flow->first_ns)
		flow->first_ns = now_ns;
	flow->packets[side]++;
	flow->bytes[side] += p->frame->wirelen;
	flow->tcp_flags[side] |= s.flags;
	if (detail)
		add_detail(detail, side, p, &s);
	if (f->o.names && s.transport && flow->looks < LOOKS_MAX && !(flow->proto && flow->name) && payload_of(&s))
		learn_application(f, flow, p, &s);
	f->current_table = s.table;
	f->current.number = s.number;
	f->current.flow = flow;
	if (side_out)
		*side_out = side;
	return flow;
}

const struct flow_record *flows_current(struct flows *f)
{
	struct flow *flow = (struct flow *)f->current.flow;

	if (!f->current_table || !record_of(f->current_table, (uint32_t)f->current.number, flow, FLOW_OPEN, &f->current))
		return NULL;
	return &f->current;
}

const char *ip_proto_name(uint8_t ip_proto, char text[4])
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {
		{ 1, "icmp" }, { 2, "igmp" }, { 4, "ipip" }, { 6, "tcp" }, { 17, "udp" }, { 33, "dccp" }, { 41, "ipv6" },
		{ 46, "rsvp" }, { 47, "gre" }, { 50, "esp" }, { 51, "ah" }, { 58, "ipv6-icmp" }, { 88, "eigrp" }, { 89, "ospf" },
		{ 103, "pim" }, { 108, "ipcomp" }, { 112, "vrrp" }, { 115, "l2tp" }, { 132, "sctp" }, { 136, "udplite" },
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].number == ip_proto)
			return names[i].name;
	snprintf(text, 4, "%u", ip_proto);
	return text;
}
