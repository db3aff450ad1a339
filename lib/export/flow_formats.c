/* SPDX-License-Identifier: MIT */
/* What nwexport --flows can be written as: one row per format, and its file. */
#include "flow_export.h"

#define ROWS .begin = flow_rows_begin, .packet = flow_packet, .end = flow_rows_end, .flush = flow_rows_flush

static void flow_packet(struct export *e, struct packet *p)
{
	flow_export_packet(e, p);
}

const struct export_format flows_formats[] = {
	{ .name = "csv", .help = "comma-separated values, RFC 4180", .extension = "csv", .append = APPEND_HEADER, ROWS },
	{ .name = "table", .help = "columns that line up, for people", .extension = "txt", ROWS },
	{ .name = "json", .help = "one array of objects", .extension = "json", .all = true, ROWS },
	{ .name = "ndjson", .help = "one object per line", .extension = "ndjson", .all = true, .append = APPEND_ALWAYS, .first = '{', ROWS },
#if ENABLE_DIALECTS
	{ .name = "eve", .help = "events as Suricata's eve.json", .extension = "json", .append = APPEND_ALWAYS, .first = '{',
	  .begin = eve_begin, .packet = flow_packet, .end = eve_end },
	{ .name = "zeek", .help = "Zeek's logs as TSV: conn, dns, ssl, http", .extension = "log", .logs = true, .begin = zeek_begin,
	  .packet = flow_packet, .end = zeek_end, .flush = zeek_flush },
	{ .name = "zeek-json", .help = "Zeek's logs as JSON", .extension = "log", .logs = true, .append = APPEND_ALWAYS, .first = '{',
	  .begin = zeek_json_begin, .packet = flow_packet, .end = zeek_end, .flush = zeek_flush },
#endif
	{ .name = "ipfix", .help = "IPFIX messages: a file, or udp://HOST:PORT", .extension = "ipfix", .binary = true, .messages = true,
	  .append = APPEND_ALWAYS, .first = '\0', .begin = ipfix_begin, .packet = flow_packet, .end = ipfix_end, .flush = ipfix_flush },
	{ .name = NULL }
};
