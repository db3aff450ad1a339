/* SPDX-License-Identifier: MIT */
/* What the files of nwexport --summary share: summary.c counts, summary_rows.c writes, summary_page.c draws. */
#ifndef EXPORT_SUMMARY_H
#define EXPORT_SUMMARY_H

#include "stat.h"

enum { OVERVIEW_INTERFACES = 64, OVERVIEW_SLICES = 240, OVERVIEW_TOP = 10, OVERVIEW_TOP_MAX = 1000, OVERVIEW_NAME = 64 };

/* One of the conversations with most bytes: a copy, as records are gone when they end. */
struct top_flow {
	uint64_t bytes, packets;
	int64_t first_ns, last_ns;
	uint8_t addr[2][16];
	uint16_t port[2];
	uint8_t addr_len, proto, ip_proto;
	char name[OVERVIEW_NAME];      /* cut */
};

struct overview {
	struct export *e;
	struct rows *rows;
	uint32_t top;

	uint64_t packets, bytes, kept_bytes, cut_packets, untimed;
	int64_t first_ns, last_ns, previous_ns;
	bool has_time, unordered;
	uint64_t interface_packets[OVERVIEW_INTERFACES + 1]; /* the last: of all others */
	struct timeline timeline;
	struct {
		uint64_t packets, bytes;
	} innermost[PROTO_COUNT];

	struct talks ends;
	struct flows *flows;
	struct top_flow *top_flow;     /* most bytes first */
	uint32_t ntop;
	uint64_t conversations[FLOW_TRANSPORTS];
	struct handshake_counts handshakes;
	struct tcp_end tcp;            /* sums of both ends of all connections */
	struct tally names;
	struct dns_stats dns;
	struct http_stats http;
	struct finding_table findings;
};

/* Everything that was counted, as rows. */
void overview_put(struct overview *v);

/* ---- summary_page.c ---------------------------------------------------------------------------- */

/* What stands around the sections of a page. */
void page_begin(struct outbuf *o, const char *title);
void page_end(struct outbuf *o);
/* Bytes over time: a line of blocks, or SVG. */
void timeline_draw(const struct timeline *t, struct outbuf *o, bool html, bool utc);

#endif
