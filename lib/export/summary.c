/* SPDX-License-Identifier: MIT */
/*
 * nwexport --summary: what a person wants to know of a capture, on one page: what it is, traffic over time, protocols, who
 * talked most, how connections began and fared, DNS, HTTP, what an expert would point at. One pass, the tables of --stats,
 * all of them with ceilings.
 */
#include "summary.h"

#include <stdlib.h>

enum { NAMES_MAX = 16384 };

/* ---- conversations ------------------------------------------------------------------------------------------ */

static void copy_flow(struct top_flow *t, const struct flow_record *r, uint64_t bytes)
{
	const struct flow *f = r->flow;

	*t = (struct top_flow){
		.bytes = bytes, .packets = f->packets[0] + f->packets[1], .first_ns = f->first_ns, .last_ns = f->last_ns,
		.port = { r->ends.src_port, r->ends.dst_port }, .addr_len = (uint8_t)r->ends.addr_len, .proto = f->proto,
		.ip_proto = f->ip_proto,
	};
	memcpy(t->addr[0], r->ends.src, r->ends.addr_len);
	memcpy(t->addr[1], r->ends.dst, r->ends.addr_len);
	if (r->name)
		memcpy(t->name, r->name, strnlen(r->name, sizeof(t->name) - 1));
}

/* Into its place among those with most bytes. */
static void keep_top(struct overview *v, const struct flow_record *r)
{
	uint64_t bytes = r->flow->bytes[0] + r->flow->bytes[1];
	uint32_t at = v->ntop;

	if (at == v->top && v->top_flow[at - 1].bytes >= bytes)
		return;
	while (at && v->top_flow[at - 1].bytes < bytes)
		at--;
	if (v->ntop < v->top)
		v->ntop++;
	memmove(v->top_flow + at + 1, v->top_flow + at, (v->ntop - at - 1) * sizeof(*v->top_flow));
	copy_flow(&v->top_flow[at], r, bytes);
}

static void add_end(struct tcp_end *sum, const struct tcp_end *e)
{
	sum->retransmissions += e->retransmissions;
	sum->fast_retransmissions += e->fast_retransmissions;
	sum->spurious_retransmissions += e->spurious_retransmissions;
	sum->out_of_order += e->out_of_order;
	sum->lost += e->lost;
	sum->duplicate_acks += e->duplicate_acks;
	sum->zero_windows += e->zero_windows;
	sum->windows_full += e->windows_full;
	sum->keep_alives += e->keep_alives;
	sum->resets += e->resets;
}

static bool on_ended(void *user, const struct flow_record *r)
{
	struct overview *v = user;

	v->conversations[r->transport]++;
	keep_top(v, r);
	if (r->name && r->flow->proto != PROTO_dns)
		tally_add(&v->names, r->name, strlen(r->name), 0);
	if (r->transport != FLOW_TCP)
		return true;
	handshake_count(&v->handshakes, r);
	for (unsigned i = 0; i < 2 && r->timing; i++)
		add_end(&v->tcp, &r->timing->end[i]);
	return true;
}

/* ---- the report ---------------------------------------------------------------------------------------------- */

static void overview_free(struct overview *v)
{
	timeline_release(&v->timeline);
	talks_release(&v->ends);
	flows_free(v->flows);
	free(v->top_flow);
	rows_close(v->rows); /* abandoned: what was written has closed them */
	tally_release(&v->names);
	dns_stats_release(&v->dns);
	http_stats_release(&v->http);
	tally_release(&v->findings.tally);
	free(v);
}

static int open_parts(struct overview *v, struct errmsg *err)
{
	struct export *e = v->e;
	struct flow_options o = { .limits = e->o.flow, .detail = true, .timing = true, .names = true, .ended = on_ended, .user = v };
	int rc = timeline_init(&v->timeline, 1000000, OVERVIEW_SLICES, err);

	rc = rc ? rc : talks_init(&v->ends, 1u << TALK_IP | 1u << TALK_IPV6, true, &e->o, e->decoder, err);
	rc = rc ? rc : flows_new(&v->flows, &o, e->decoder, err);
	rc = rc ? rc : tally_init(&v->names, NAMES_MAX, err);
	rc = rc ? rc : dns_stats_init(&v->dns, e->decoder, err);
	rc = rc ? rc : http_stats_init(&v->http, e->decoder, err);
	rc = rc ? rc : findings_init(&v->findings, e->decoder, err);
	rc = rc ? rc : rows_open(&v->rows, e, true, err);
	for (unsigned i = 0; !rc && i < PROTO_COUNT; i++)
		decoder_want(e->decoder, i);
	return rc;
}

static int summary_begin(struct export *e, struct errmsg *err)
{
	struct overview *v = calloc(1, sizeof(*v));
	int rc;

	if (v) {
		v->e = e;
		v->top = e->o.top && e->o.top < OVERVIEW_TOP_MAX ? e->o.top : OVERVIEW_TOP;
		v->top_flow = calloc(v->top, sizeof(*v->top_flow));
	}
	if (!v || !v->top_flow) {
		free(v);
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	}
	rc = open_parts(v, err);
	if (rc) {
		overview_free(v);
		return rc;
	}
	e->state = v;
	return 0;
}

static void count_frame(struct overview *v, const struct frame *f)
{
	v->packets++;
	v->bytes += f->wirelen;
	v->kept_bytes += f->caplen;
	v->cut_packets += f->caplen < f->wirelen;
	v->interface_packets[f->ifid < OVERVIEW_INTERFACES ? f->ifid : OVERVIEW_INTERFACES]++;
	if (!f->has_ts) {
		v->untimed++;
		return;
	}
	v->unordered |= v->has_time && f->ts_ns < v->previous_ns;
	v->first_ns = !v->has_time || f->ts_ns < v->first_ns ? f->ts_ns : v->first_ns;
	v->last_ns = !v->has_time || f->ts_ns > v->last_ns ? f->ts_ns : v->last_ns;
	v->previous_ns = f->ts_ns;
	v->has_time = true;
}

/* What the packet is about: its innermost protocol, but not plain data and not what it quotes. */
static unsigned innermost(const struct packet *p)
{
	const struct layer *best = &p->layers[0];

	for (const struct layer *l = p->layers + 1; l < p->layers + p->nlayers; l++) {
		if (l->proto == PROTO_data)
			continue;
		best = l;
		if (l->proto == PROTO_icmp || l->proto == PROTO_icmpv6 || protocols[l->proto]->envelope)
			break;
	}
	return best->proto;
}

static void summary_packet(struct export *e, struct packet *p)
{
	struct overview *v = e->state;
	unsigned proto = innermost(p);

	count_frame(v, p->frame);
	timeline_add(&v->timeline, p->frame);
	v->innermost[proto].packets++;
	v->innermost[proto].bytes += p->frame->wirelen;
	talks_packet(&v->ends, p);
	flows_packet(v->flows, p, NULL);
	dns_stats_packet(&v->dns, p);
	http_stats_packet(&v->http, p);
	findings_packet(&v->findings, p);
}

static void summary_end(struct export *e)
{
	struct overview *v = e->state;

	if (!e->abandoned) {
		flows_end(v->flows);
		overview_put(v);
	}
	talks_say(&v->ends, e);
	if (flows_lost(v->flows))
		export_say(e, "%llu packets are in no conversation: no memory", (unsigned long long)flows_lost(v->flows));
	tally_say(&v->names, e, "server names");
	tally_say(&v->dns.names, e, "names asked for");
	tally_say(&v->http.hosts, e, "requests");
	tally_say(&v->findings.tally, e, "findings");
	overview_free(v);
}

const struct export_format summary_formats[] = {
	{ .name = "text", .help = "a page for people", .extension = "txt", .begin = summary_begin, .packet = summary_packet,
	  .end = summary_end },
	{ .name = "json", .help = "an object of tables", .extension = "json", .begin = summary_begin, .packet = summary_packet,
	  .end = summary_end },
	{ .name = "html", .help = "a page for a browser, with pictures, in one file", .extension = "html", .begin = summary_begin,
	  .packet = summary_packet, .end = summary_end },
	{ .name = NULL }
};
