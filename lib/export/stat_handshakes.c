/* SPDX-License-Identifier: MIT */
/*
 * nwexport --stats handshakes: of each TCP connection how long its handshake took, what a round trip took and what went
 * wrong; then all of them together. The times are those of decode/tcp_analysis.h, where they were captured:
 *
 *	client        capture        server
 *	   |--- SYN ----->|------------>|
 *	   |              |<-- SYN-ACK -|     server: SYN to SYN-ACK
 *	   |<-------------|             |
 *	   |---- ACK ---->|------------>|     client: SYN-ACK to ACK
 */
#include "stat.h"

#include "flow/flow.h"

#include <stdlib.h>

enum { SYN = 0x02, RST = 0x04, ACK = 0x10 };

static const struct row_column columns[] = {
	{ "stream", "Stream", ROW_NUMBER }, { "client", "Client", ROW_ADDRESS }, { "client_port", "Port", ROW_NUMBER },
	{ "server", "Server", ROW_ADDRESS }, { "server_port", "Port", ROW_NUMBER }, { "time", NULL, ROW_TIME },
	{ "state", "Handshake", ROW_TEXT }, { "syn_ack", "SYN to SYN-ACK", ROW_DURATION }, { "ack", "to ACK", ROW_DURATION },
	{ "total", "Total", ROW_DURATION }, { "client_srtt", "RTT client", ROW_DURATION },
	{ "server_srtt", "RTT server", ROW_DURATION }, { "client_retransmissions", "Retr. client", ROW_COUNT },
	{ "server_retransmissions", "server", ROW_COUNT }, { "out_of_order", NULL, ROW_COUNT }, { "lost_segments", NULL, ROW_COUNT },
	{ "duplicate_acks", NULL, ROW_COUNT }, { "zero_windows", NULL, ROW_COUNT }, { "resets", "Resets", ROW_COUNT }, { NULL }
};
static const struct row_column all_columns[] = {
	{ "connections", "Connections", ROW_COUNT }, { "complete", "Handshake complete", ROW_COUNT },
	{ "refused", "Refused", ROW_COUNT }, { "unanswered", "SYN without an answer", ROW_COUNT },
	{ "half_open", "SYN-ACK without an ACK", ROW_COUNT }, { "not_seen", "Begun before the capture", ROW_COUNT },
	TIMES_COLUMNS("syn_ack", "SYN to SYN-ACK"), TIMES_COLUMNS("ack", "SYN-ACK to ACK"), TIMES_COLUMNS("total", "Whole handshake"),
	{ NULL }
};

struct handshakes {
	struct export *e;
	struct rows *rows;
	struct flows *flows;
	struct handshake_counts counts;
};

/* ---- what a handshake came to ------------------------------------------------------------------------------ */

static const char *const states[HANDSHAKES] = {
	[HANDSHAKE_COMPLETE] = "complete", [HANDSHAKE_REFUSED] = "refused", [HANDSHAKE_UNANSWERED] = "unanswered",
	[HANDSHAKE_HALF_OPEN] = "half open", [HANDSHAKE_NOT_SEEN] = "not seen"
};

enum handshake handshake_of(const struct flow_record *r)
{
	const uint8_t *flags = r->flow->tcp_flags;

	if (!(flags[FLOW_ORIG] & SYN))
		return HANDSHAKE_NOT_SEEN;
	if (flags[FLOW_RESP] & SYN)
		return flags[FLOW_ORIG] & ACK ? HANDSHAKE_COMPLETE : HANDSHAKE_HALF_OPEN;
	return flags[FLOW_RESP] & RST ? HANDSHAKE_REFUSED : HANDSHAKE_UNANSWERED;
}

void handshake_count(struct handshake_counts *c, const struct flow_record *r)
{
	const struct tcp_timing *t = r->timing;
	enum handshake h = handshake_of(r);

	c->connections++;
	c->of[h]++;
	if (!t || !t->syn_ns)
		return;
	if (t->syn_ack_ns)
		times_add(&c->syn_ack, ns_between(t->syn_ns, t->syn_ack_ns));
	if (t->syn_ack_ns && t->ack_ns) {
		times_add(&c->ack, ns_between(t->syn_ack_ns, t->ack_ns));
		times_add(&c->total, ns_between(t->syn_ns, t->ack_ns));
	}
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

static void put_between(struct rows *r, int64_t from_ns, int64_t to_ns)
{
	if (from_ns && to_ns)
		rows_ns(r, ns_between(from_ns, to_ns));
	else
		rows_none(r);
}

static void put_ends(struct rows *r, const struct tcp_end *client, const struct tcp_end *server)
{
	const struct tcp_end *end[2] = { client, server };

	for (unsigned i = 0; i < 2; i++) {
		if (end[i]->rtt_samples)
			rows_ns(r, end[i]->srtt_ns);
		else
			rows_none(r);
	}
	rows_u64(r, client->retransmissions);
	rows_u64(r, server->retransmissions);
	rows_u64(r, (uint64_t)client->out_of_order + server->out_of_order);
	rows_u64(r, (uint64_t)client->lost + server->lost);
	rows_u64(r, (uint64_t)client->duplicate_acks + server->duplicate_acks);
	rows_u64(r, (uint64_t)client->zero_windows + server->zero_windows);
	rows_u64(r, (uint64_t)client->resets + server->resets);
}

static bool put_record(void *user, const struct flow_record *rec)
{
	static const struct tcp_timing nothing;
	struct handshakes *v = user;
	struct rows *r = v->rows;
	const struct tcp_timing *t = rec->timing ? rec->timing : &nothing;
	unsigned client = rec->flow->orig_high;

	if (rec->transport != FLOW_TCP || v->e->abandoned)
		return true;
	handshake_count(&v->counts, rec);
	rows_u64(r, (uint64_t)rec->number);
	rows_address(r, rec->ends.src, rec->ends.addr_len);
	rows_u64(r, rec->ends.src_port);
	rows_address(r, rec->ends.dst, rec->ends.addr_len);
	rows_u64(r, rec->ends.dst_port);
	rows_ns(r, t->syn_ns ? t->syn_ns : rec->flow->first_ns);
	rows_text(r, states[handshake_of(rec)]);
	put_between(r, t->syn_ns, t->syn_ack_ns);
	put_between(r, t->syn_ack_ns, t->ack_ns);
	put_between(r, t->syn_ns, t->syn_ack_ns ? t->ack_ns : 0);
	put_ends(r, &t->end[client], &t->end[!client]);
	return true;
}

static void put_all(struct handshakes *v)
{
	static const enum handshake order[] = {
		HANDSHAKE_COMPLETE, HANDSHAKE_REFUSED, HANDSHAKE_UNANSWERED, HANDSHAKE_HALF_OPEN, HANDSHAKE_NOT_SEEN
	};
	const struct handshake_counts *c = &v->counts;
	struct rows *r = v->rows;

	rows_object(r, "all", "All", all_columns);
	rows_u64(r, c->connections);
	for (unsigned i = 0; i < HANDSHAKES; i++)
		rows_u64(r, c->of[order[i]]);
	times_put(&c->syn_ack, r);
	times_put(&c->ack, r);
	times_put(&c->total, r);
}

/* ---- the report ---------------------------------------------------------------------------------------------- */

static int handshakes_begin(struct export *e, struct errmsg *err)
{
	struct handshakes *v = calloc(1, sizeof(*v));
	struct flow_options o = { .limits = e->o.flow, .detail = true, .timing = true, .ended = put_record, .user = v };
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	v->e = e;
	rc = flows_new(&v->flows, &o, e->decoder, err);
	if (!rc)
		rc = rows_open(&v->rows, e, true, err);
	if (rc) {
		flows_free(v->flows);
		free(v);
		return rc;
	}
	rows_table(v->rows, "connections", "Connections", columns);
	e->state = v;
	return 0;
}

static void handshakes_packet(struct export *e, struct packet *p)
{
	struct handshakes *v = e->state;

	if (p->transport > 0 && p->layers[p->transport].proto == PROTO_tcp)
		flows_packet(v->flows, p, NULL);
}

static void handshakes_end(struct export *e)
{
	struct handshakes *v = e->state;

	flows_end(v->flows);
	if (!e->abandoned)
		put_all(v);
	if (flows_lost(v->flows))
		export_say(e, "%llu packets are not counted: no memory", (unsigned long long)flows_lost(v->flows));
	rows_close(v->rows);
	flows_free(v->flows);
	free(v);
}

static void handshakes_flush(struct export *e)
{
	struct handshakes *v = e->state;

	rows_flush(v->rows);
}

const struct export_format handshakes_formats[] =
	ROWS_FORMATS(handshakes_begin, handshakes_packet, handshakes_end, handshakes_flush);
