/* SPDX-License-Identifier: MIT */
/* nwexport --summary: the sections and their order. */
#include "summary.h"

#include "decode/expert.h"

#include <stdlib.h>

static const struct row_column facts_columns[] = {
	{ "input", "Input", ROW_TEXT }, { "first", "First packet", ROW_TIME }, { "last", "Last packet", ROW_TIME },
	{ "duration", "Duration", ROW_DURATION }, { "packets", "Packets", ROW_COUNT }, { "bytes", "Bytes", ROW_BYTES },
	{ "kept_bytes", NULL, ROW_BYTES }, { "packets_cut", "Packets cut short", ROW_COUNT },
	{ "packets_untimed", "Packets without a time", ROW_COUNT }, { "time_order", "In the order of time", ROW_BOOL },
	{ "pps", "Packet rate", ROW_PPS }, { "bps", "Bit rate", ROW_BPS }, { "average_size", "Average size", ROW_BYTES },
	{ "tcp", "TCP connections", ROW_COUNT }, { "udp", "UDP conversations", ROW_COUNT }, { "other", "Other conversations", ROW_COUNT },
	{ NULL }
};
static const struct row_column interface_columns[] = {
	{ "interface", "Interface", ROW_NUMBER }, { "name", "Name", ROW_TEXT }, { "link", "Link", ROW_TEXT }, { "packets", "Packets", ROW_COUNT },
	{ "received", "Received", ROW_COUNT }, { "dropped", "Dropped by the kernel", ROW_COUNT },
	{ "ifdropped", "By the interface", ROW_COUNT }, { NULL }
};
static const struct row_column time_columns[] = {
	{ "time", "Time", ROW_TIME }, { "duration", NULL, ROW_DURATION }, { "packets", "Packets", ROW_COUNT }, { "bytes", "Bytes", ROW_BYTES },
	{ NULL }
};
static const struct row_column protocol_columns[] = {
	{ "protocol", "Protocol", ROW_TEXT }, { "title", NULL, ROW_TEXT }, { "packets", "Packets", ROW_COUNT }, { "bytes", "Bytes", ROW_BYTES },
	{ "share", "Share of bytes", ROW_BAR }, { NULL }
};
static const struct row_column talker_columns[] = {
	{ "addr", "Address", ROW_ADDRESS }, { "packets", "Packets", ROW_COUNT }, { "bytes_sent", "Sent", ROW_BYTES },
	{ "bytes_received", "Received", ROW_BYTES }, { "bytes", "Bytes", ROW_BYTES }, { "share", "Share", ROW_BAR }, { NULL }
};
static const struct row_column flow_columns[] = {
	{ "src", "From", ROW_ADDRESS }, { "src_port", "Port", ROW_NUMBER }, { "dst", "To", ROW_ADDRESS }, { "dst_port", "Port", ROW_NUMBER },
	{ "transport", "Over", ROW_TEXT }, { "application", "Application", ROW_TEXT }, { "packets", "Packets", ROW_COUNT },
	{ "bytes", "Bytes", ROW_BYTES }, { "first", NULL, ROW_TIME }, { "duration", "Duration", ROW_DURATION }, { "name", "Name", ROW_TEXT },
	{ NULL }
};
static const struct row_column handshake_columns[] = {
	{ "complete", "Complete", ROW_COUNT }, { "refused", "Refused", ROW_COUNT }, { "unanswered", "Unanswered", ROW_COUNT },
	{ "half_open", "Half open", ROW_COUNT }, { "not_seen", "Begun before the capture", ROW_COUNT },
	TIMES_COLUMNS("total", "Handshake"), { NULL }
};
static const struct row_column histogram_columns[] = {
	{ "from", NULL, ROW_DURATION }, { "below", "Less than", ROW_DURATION }, { "handshakes", "Handshakes", ROW_COUNT },
	{ "share", "Share", ROW_BAR }, { NULL }
};
static const struct row_column tcp_columns[] = {
	{ "retransmissions", "Retransmissions", ROW_COUNT }, { "fast_retransmissions", "Fast ones of them", ROW_COUNT },
	{ "spurious_retransmissions", "Needless ones", ROW_COUNT }, { "out_of_order", "Out of order", ROW_COUNT },
	{ "lost_segments", "Segments not captured", ROW_COUNT }, { "duplicate_acks", "Duplicate ACKs", ROW_COUNT },
	{ "zero_windows", "Zero windows", ROW_COUNT }, { "windows_full", "Windows filled", ROW_COUNT },
	{ "keep_alives", "Keep-alives", ROW_COUNT }, { "resets", "Resets", ROW_COUNT }, { NULL }
};
static const struct row_column name_columns[] = { { "name", "Name", ROW_TEXT }, { "conversations", "Conversations", ROW_COUNT }, { NULL } };
static const struct row_column severity_columns[] = {
	{ "severity", "Severity", ROW_TEXT }, { "findings", "Findings", ROW_COUNT }, { NULL }
};

/* ---- what the capture is -------------------------------------------------------------------------------------- */

static void put_facts(struct overview *v)
{
	double seconds = v->has_time ? (double)ns_between(v->first_ns, v->last_ns) / 1e9 : 0;
	struct rows *r = v->rows;

	rows_object(r, "capture", "Capture", facts_columns);
	rows_text(r, v->e->o.input_name);
	if (v->has_time) {
		rows_ns(r, v->first_ns);
		rows_ns(r, v->last_ns);
		rows_ns(r, ns_between(v->first_ns, v->last_ns));
	} else {
		for (unsigned i = 0; i < 3; i++)
			rows_none(r);
	}
	rows_u64(r, v->packets);
	rows_u64(r, v->bytes);
	rows_u64(r, v->kept_bytes);
	rows_u64(r, v->cut_packets);
	rows_u64(r, v->untimed);
	rows_u64(r, !v->unordered);
	rows_real(r, (double)v->packets / seconds);
	rows_real(r, (double)v->bytes * 8 / seconds);
	if (v->packets)
		rows_u64(r, v->bytes / v->packets);
	else
		rows_none(r);
	for (unsigned t = 0; t < FLOW_TRANSPORTS; t++)
		rows_u64(r, v->conversations[t]);
}

static void put_counter(struct rows *r, uint64_t v)
{
	if (v == UINT64_MAX)
		rows_none(r);
	else
		rows_u64(r, v);
}

static void put_interfaces(struct overview *v)
{
	static const struct interface unknown = { .received = UINT64_MAX, .dropped = UINT64_MAX, .ifdropped = UINT64_MAX };
	struct export_options *o = &v->e->o;
	struct rows *r = v->rows;

	rows_table(r, "interfaces", "Interfaces", interface_columns);
	for (uint32_t i = 0; i < OVERVIEW_INTERFACES; i++) {
		const struct interface *n = o->interface ? o->interface(o->source, i) : NULL;

		if (!n && !v->interface_packets[i])
			continue;
		rows_u64(r, i);
		rows_text(r, n && *n->name ? n->name : NULL);
		rows_text(r, n ? linktype_description(n->linktype) : NULL);
		rows_u64(r, v->interface_packets[i]);
		n = n ? n : &unknown;
		put_counter(r, n->received);
		put_counter(r, n->dropped);
		put_counter(r, n->ifdropped);
	}
}

static void put_slices(struct overview *v)
{
	const struct timeline *t = &v->timeline;

	for (uint32_t i = 0; i < t->count; i++) {
		rows_ns(v->rows, timeline_at(t, i));
		rows_ns(v->rows, t->interval_ns);
		rows_u64(v->rows, t->slice[i].packets);
		rows_u64(v->rows, t->slice[i].bytes);
	}
}

static void put_timeline(struct overview *v)
{
	bool html = rows_style(v->rows) == ROWS_HTML;

	if (rows_picture(v->rows, "Traffic over time")) {
		timeline_draw(&v->timeline, v->e->out, html, v->e->o.time.utc);
	} else {
		rows_table(v->rows, "timeline", NULL, time_columns);
		put_slices(v);
	}
}

struct share {
	uint64_t bytes;
	unsigned proto;
};

static int most_bytes_first(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->proto < y->proto ? -1 : x->proto > y->proto;
}

static void put_protocols(struct overview *v)
{
	struct share shares[PROTO_COUNT];
	struct rows *r = v->rows;
	unsigned n = 0;

	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (v->innermost[i].packets)
			shares[n++] = (struct share){ v->innermost[i].bytes, i };
	qsort(shares, n, sizeof(*shares), most_bytes_first);
	rows_table(r, "protocols", "Protocols", protocol_columns);
	for (unsigned i = 0; i < n && i < 2 * v->top; i++) {
		const struct protocol *p = protocols[shares[i].proto];

		rows_text(r, p->name);
		rows_text(r, p->title);
		rows_u64(r, v->innermost[shares[i].proto].packets);
		rows_u64(r, shares[i].bytes);
		rows_real(r, (double)shares[i].bytes / (double)v->bytes);
	}
}

/* ---- who --------------------------------------------------------------------------------------------------------- */

static void put_talker(struct overview *v, enum talk_layer layer, const struct talk_row *row)
{
	const struct talk *t = row->talk;
	struct conversation_key k;
	struct rows *r = v->rows;

	if (!talks_ends(&v->ends, layer, row, &k))
		return;
	rows_address(r, k.src, k.addr_len);
	rows_u64(r, t->packets[0] + t->packets[1]);
	rows_u64(r, t->bytes[0]);
	rows_u64(r, t->bytes[1]);
	rows_u64(r, row->bytes);
	rows_real(r, (double)row->bytes / (double)v->bytes);
}

static void put_talkers(struct overview *v)
{
	uint32_t n4, n6, i4 = 0, i6 = 0;
	struct talk_row *v4 = talks_sorted(&v->ends, TALK_IP, &n4), *v6 = talks_sorted(&v->ends, TALK_IPV6, &n6);

	n4 = v4 ? n4 : 0;
	n6 = v6 ? n6 : 0;
	rows_table(v->rows, "talkers", "Top talkers", talker_columns);
	for (uint32_t i = 0; i < v->top && (i4 < n4 || i6 < n6); i++) {
		if (i6 == n6 || (i4 < n4 && v4[i4].bytes >= v6[i6].bytes))
			put_talker(v, TALK_IP, &v4[i4++]);
		else
			put_talker(v, TALK_IPV6, &v6[i6++]);
	}
	free(v4);
	free(v6);
}

static void put_flows(struct overview *v)
{
	struct rows *r = v->rows;
	char number[4];

	rows_table(r, "conversations", "Top conversations", flow_columns);
	for (uint32_t i = 0; i < v->ntop; i++) {
		const struct top_flow *f = &v->top_flow[i];
		bool ports = f->ip_proto == 6 || f->ip_proto == 17;

		for (unsigned end = 0; end < 2; end++) {
			rows_address(r, f->addr[end], f->addr_len);
			if (ports)
				rows_u64(r, f->port[end]);
			else
				rows_none(r);
		}
		rows_text(r, ip_proto_name(f->ip_proto, number));
		rows_text(r, f->proto ? protocols[f->proto]->name : NULL);
		rows_u64(r, f->packets);
		rows_u64(r, f->bytes);
		rows_ns(r, f->first_ns);
		rows_ns(r, ns_between(f->first_ns, f->last_ns));
		rows_text(r, *f->name ? f->name : NULL);
	}
}

/* ---- how it went --------------------------------------------------------------------------------------------------- */

static void put_histogram(struct overview *v)
{
	static const int64_t bounds_us[] = { 0, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000,
					     2000000, 5000000 };
	const struct times *t = &v->handshakes.total;
	unsigned n = sizeof(bounds_us) / sizeof(*bounds_us), first = 0, last = n - 1;

	rows_table(v->rows, "handshake_times", "Handshake times", histogram_columns);
	while (first + 1 < n && t->min_ns >= bounds_us[first + 1] * 1000)
		first++;
	while (last > first && t->max_ns < bounds_us[last] * 1000)
		last--;
	for (unsigned i = first; t->count && i <= last; i++) {
		bool open = i + 1 == n; /* and all that took longer */
		uint64_t count = times_between(t, bounds_us[i] * 1000, open ? INT64_MAX : bounds_us[i + 1] * 1000);

		rows_ns(v->rows, bounds_us[i] * 1000);
		if (open)
			rows_none(v->rows);
		else
			rows_ns(v->rows, bounds_us[i + 1] * 1000);
		rows_u64(v->rows, count);
		rows_real(v->rows, (double)count / (double)t->count);
	}
}

static void put_tcp(struct overview *v)
{
	static const enum handshake order[] = {
		HANDSHAKE_COMPLETE, HANDSHAKE_REFUSED, HANDSHAKE_UNANSWERED, HANDSHAKE_HALF_OPEN, HANDSHAKE_NOT_SEEN
	};
	const struct tcp_end *t = &v->tcp;
	const uint32_t counts[] = {
		t->retransmissions, t->fast_retransmissions, t->spurious_retransmissions, t->out_of_order, t->lost, t->duplicate_acks,
		t->zero_windows, t->windows_full, t->keep_alives, t->resets
	};

	rows_object(v->rows, "handshakes", "TCP handshakes", handshake_columns);
	for (unsigned i = 0; i < HANDSHAKES; i++)
		rows_u64(v->rows, v->handshakes.of[order[i]]);
	times_put(&v->handshakes.total, v->rows);
	put_histogram(v);
	rows_object(v->rows, "tcp", "TCP health", tcp_columns);
	for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		rows_u64(v->rows, counts[i]);
}

static void put_experts(struct overview *v)
{
	rows_table(v->rows, "severities", "Expert findings", severity_columns);
	for (unsigned i = 0; i < FINDING_SEVERITIES; i++) {
		if (!v->findings.by_severity[i])
			continue;
		rows_text(v->rows, expert_severity_name(finding_severities[i]));
		rows_u64(v->rows, v->findings.by_severity[i]);
	}
	findings_put(&v->findings, v->rows, "findings", "Worst findings", 3, v->top);
}

/* For people: sections about what was not there are left out. */
void overview_put(struct overview *v)
{
	bool all = rows_style(v->rows) == ROWS_JSON, html = rows_style(v->rows) == ROWS_HTML;

	if (html)
		page_begin(v->e->out, v->e->o.input_name);
	put_facts(v);
	put_interfaces(v);
	if (all || v->timeline.count)
		put_timeline(v);
	put_protocols(v);
	if (all || v->conversations[FLOW_TCP] + v->conversations[FLOW_UDP] + v->conversations[FLOW_OTHER]) {
		put_talkers(v);
		put_flows(v);
	}
	if (all || v->conversations[FLOW_TCP])
		put_tcp(v);
	if (all || v->dns.queries + v->dns.responses) {
		dns_stats_put_all(&v->dns, v->rows);
		dns_stats_put_rcodes(&v->dns, v->rows);
		dns_stats_put_names(&v->dns, v->rows, v->top);
	}
	if (all || v->http.requests + v->http.responses) {
		http_stats_put_all(&v->http, v->rows);
		http_stats_put_statuses(&v->http, v->rows);
		http_stats_put_hosts(&v->http, v->rows, v->top);
	}
	if (all || v->names.count)
		tally_put(&v->names, v->rows, "names_used", "Servers by name", name_columns, v->top);
	if (all || v->findings.tally.count)
		put_experts(v);
	rows_close(v->rows);
	v->rows = NULL;
	if (html)
		page_end(v->e->out);
}
