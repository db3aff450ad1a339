/* SPDX-License-Identifier: MIT */
/* See flow_export.h: from packets to records and transactions, what a flow is called, JSON. */
#include "flow_export.h"

#include "crypto/digest.h"

#include <stdlib.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

struct flow_export_own {
	struct flow_export fx;   /* first: e->state points to it */
	flow_record_fn *record;
};

/* ---- packets, records, transactions ---------------------------------------------------------- */

static bool record_ended(void *user, const struct flow_record *r)
{
	struct export *e = user;
	struct flow_export_own *own = e->state;

	if (ENABLE_DIALECTS && own->fx.events && r->reason != FLOW_ACTIVE) /* then the conversation goes on */
		events_end(own->fx.events, r->transport, r->number);
	own->fx.records++;
	return own->record(e, r);
}

/* What was asked for; less than 0 is never, 0 the format's own. */
static int64_t time_out(int64_t asked_ns, int64_t usual_ns)
{
	return asked_ns < 0 ? 0 : asked_ns ? asked_ns : usual_ns;
}

int flow_export_open(struct export *e, const struct flow_wants *w, struct errmsg *err)
{
	struct flow_export_own *own = calloc(1, sizeof(*own));
	struct flow_options o = { .limits = e->o.flow, .detail = w->detail, .timing = w->timing, .names = w->names, .ended = record_ended, .user = e };
	int rc;

	if (!own)
		return errmsg_set(err, NW_ELIMIT, "no memory for flows");
	o.limits.idle_ns = time_out(e->o.flow.idle_ns, w->idle_ns);
	o.limits.active_ns = time_out(e->o.flow.active_ns, w->active_ns);
	own->record = w->record;
	own->fx.decoder = e->decoder;
	rc = flows_new(&own->fx.flows, &o, e->decoder, err);
	if (ENABLE_DIALECTS && !rc && w->transaction)
		rc = events_new(&own->fx.events, w->events, o.limits.ceiling, w->transaction, e, e->decoder, err);
	if (rc) {
		flows_free(own->fx.flows);
		free(own);
		return rc;
	}
	e->state = own;
	return 0;
}

void flow_export_packet(struct export *e, struct packet *p)
{
	struct flow_export *fx = e->state;
	const struct flow_record *r;
	unsigned side;

	if (!fx->begun)
		fx->begin_ns = p->frame->ts_ns;
	fx->begun = true;
	fx->now_ns = p->frame->ts_ns;
	if (flows_packet(fx->flows, p, &side) && ENABLE_DIALECTS && fx->events && (r = flows_current(fx->flows)))
		events_packet(fx->events, p, r, side);
}

static void say_bounds(struct export *e, const struct flow_export *fx)
{
	if (flows_evicted(fx->flows))
		export_say(e, "%llu conversations were ended before their time: more than %u of a transport were open (--max-flows)",
			   (unsigned long long)flows_evicted(fx->flows), e->o.flow.ceiling ? e->o.flow.ceiling : CONVERSATIONS_MAX);
	if (flows_lost(fx->flows))
		export_say(e, "%llu packets were not booked: no memory", (unsigned long long)flows_lost(fx->flows));
	if (ENABLE_DIALECTS && fx->events && events_evicted(fx->events))
		export_say(e, "%llu questions without an answer were given before their time: too many waited",
			   (unsigned long long)events_evicted(fx->events));
	if (ENABLE_DIALECTS && fx->events && events_cut(fx->events))
		export_say(e, "%llu values of applications were left out: a message had more than %d kB of them, or no memory",
			   (unsigned long long)events_cut(fx->events), FACTS_MAX / 1024);
}

void flow_export_close(struct export *e)
{
	struct flow_export *fx = e->state;

	if (!fx)
		return;
	if (!e->abandoned) {
		flows_end(fx->flows);
		say_bounds(e, fx);
	}
	flows_free(fx->flows);
	if (ENABLE_DIALECTS)
		events_free(fx->events);
	free(fx);
	e->state = NULL;
}

/* ---- what a flow is called ----------------------------------------------------------------------- */

static void flow_digest(const struct export *e, const struct conversation_key *k, enum flow_transport t, int32_t number,
			uint64_t v[2])
{
	const struct flow_export *fx = e->state;
	bool high = conversation_from_high(k);
	uint8_t bytes[64] = { 0 }, sha1[SHA1_BYTES], *at = bytes;
	uint16_t ports[2] = { high ? k->dst_port : k->src_port, high ? k->src_port : k->dst_port };

	memcpy(at, &fx->begin_ns, sizeof(fx->begin_ns));
	memcpy(at += 8, &number, sizeof(number));
	memcpy(at += 4, ports, sizeof(ports));
	at += 4;
	*at++ = (uint8_t)t;
	*at++ = (uint8_t)k->space;
	*at++ = (uint8_t)(k->space >> 8);
	memcpy(at, high ? k->dst : k->src, k->addr_len);
	memcpy(at += 16, high ? k->src : k->dst, k->addr_len);
	digest_sha1(bytes, sizeof(bytes), sha1);
	memcpy(v, sha1, 16);
}

/* 49 bits, as Suricata's: readers of JSON that know only double numbers keep all of them. */
uint64_t flow_id(const struct export *e, const struct conversation_key *ends, enum flow_transport t, int32_t number)
{
	uint64_t v[2];

	flow_digest(e, ends, t, number, v);
	return v[0] & ((1ull << 49) - 1);
}

void flow_uid(const struct export *e, const struct conversation_key *ends, enum flow_transport t, int32_t number,
	      char text[FLOW_UID_MAX])
{
	static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t v[2];

	flow_digest(e, ends, t, number, v);
	*text++ = 'C';
	for (unsigned i = 0; i < 17; i++) {
		*text++ = digit[v[i / 9] % 62];
		v[i / 9] /= 62;
	}
	*text = '\0';
}

enum end_state { NOTHING, PARTIAL, SYN_SENT, SYN_ACK_SENT, ESTABLISHED, CLOSED, RESET };

static enum end_state end_state(const struct flow *f, unsigned side)
{
	uint8_t own = f->tcp_flags[side], other = f->tcp_flags[!side];

	if (!f->packets[side])
		return NOTHING;
	if (own & RST)
		return RESET;
	if (own & FIN)
		return CLOSED;
	if (!(own & SYN))
		return PARTIAL;
	if (other & SYN && f->tcp_flags[FLOW_ORIG] & ACK)
		return ESTABLISHED;
	return side == FLOW_RESP ? SYN_ACK_SENT : SYN_SENT;
}

static const char *tcp_flow_state(const struct flow_record *r)
{
	const struct flow *f = r->flow;
	enum end_state orig = end_state(f, FLOW_ORIG), resp = end_state(f, FLOW_RESP);
	bool no_orig = orig <= PARTIAL, no_resp = resp <= PARTIAL;

	if (resp == RESET) {
		if (orig == SYN_SENT || (orig == RESET && r->detail && !r->detail->payload[0] && !r->detail->payload[1]))
			return "REJ";
		return no_orig ? "RSTRH" : "RSTR";
	}
	if (orig == RESET && no_resp)
		return (f->tcp_flags[FLOW_ORIG] & (SYN | ACK | FIN)) == SYN ? "RSTOS0" : "OTH";
	if (orig == RESET)
		return "RSTO";
	if (orig == CLOSED)
		return resp == CLOSED ? "SF" : no_resp ? "SH" : "S2";
	if (resp == CLOSED)
		return no_orig ? "SHR" : "S3";
	if (orig == SYN_SENT && resp == NOTHING)
		return "S0";
	return orig == ESTABLISHED && resp == ESTABLISHED ? "S1" : "OTH";
}

const char *flow_state(const struct flow_record *r)
{
	if (r->transport == FLOW_TCP)
		return tcp_flow_state(r);
	if (r->transport != FLOW_UDP)
		return "OTH";
	return !r->flow->packets[FLOW_RESP] ? "S0" : r->flow->packets[FLOW_ORIG] ? "SF" : "SHR";
}

void flow_flags_put(struct outbuf *o, unsigned flags)
{
	static const char letters[] = "FSRP.UEW";

	for (unsigned i = 0; i < 8; i++)
		if (flags >> i & 1)
			outbuf_char(o, letters[i]);
}

const char *flow_reason_name(enum flow_reason r)
{
	static const char *const names[] = { "open", "idle", "active", "closed", "end", "evicted" };

	return names[r];
}

bool address_is_local(const uint8_t *addr, unsigned len)
{
	static const struct {
		uint8_t net[4], bits;
	} v4[] = { { { 10 }, 8 }, { { 172, 16 }, 12 }, { { 192, 168 }, 16 }, { { 169, 254 }, 16 }, { { 127 }, 8 },
		   { { 100, 64 }, 10 } };
	static const uint8_t loopback[16] = { [15] = 1 };

	if (len == 16)
		return (addr[0] & 0xfe) == 0xfc || (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80) || !memcmp(addr, loopback, 16);
	for (unsigned i = 0; i < sizeof(v4) / sizeof(*v4); i++)
		if (!((get_be32(addr) ^ get_be32(v4[i].net)) >> (32 - v4[i].bits)))
			return true;
	return false;
}

const char *flow_application(const struct flow *f)
{
	return f->proto ? protocols[f->proto]->name : NULL;
}

/* ---- JSON -------------------------------------------------------------------------------------------- */

void jw_key(struct json_writer *w, const char *key)
{
	if (w->more)
		outbuf_char(w->o, ',');
	w->more = true;
	if (!key)
		return;
	outbuf_char(w->o, '"');
	outbuf_str(w->o, key);
	outbuf_bytes(w->o, "\":", 2);
}

void jw_open(struct json_writer *w, const char *key, char bracket)
{
	jw_key(w, key);
	outbuf_char(w->o, bracket);
	w->more = false;
}

void jw_close(struct json_writer *w, char bracket)
{
	outbuf_char(w->o, bracket);
	w->more = true;
}

void jw_text(struct json_writer *w, const char *key, const void *text, size_t len)
{
	jw_key(w, key);
	json_string_put(w->o, text, len);
}

void jw_str(struct json_writer *w, const char *key, const char *text)
{
	if (text)
		jw_text(w, key, text, strlen(text));
}

void jw_u64(struct json_writer *w, const char *key, uint64_t v)
{
	jw_key(w, key);
	outbuf_u64(w->o, v);
}

void jw_bool(struct json_writer *w, const char *key, bool v)
{
	jw_key(w, key);
	outbuf_str(w->o, v ? "true" : "false");
}

void jw_address(struct json_writer *w, const char *key, const uint8_t *addr, unsigned len)
{
	const struct endpoint end = { addr, (uint8_t)len };

	jw_key(w, key);
	outbuf_char(w->o, '"');
	endpoint_put(w->o, &end);
	outbuf_char(w->o, '"');
}
