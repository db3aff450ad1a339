/* SPDX-License-Identifier: MIT */
/* The table of reports. A report is a row here, and its file; the formats it can be written in are rows in that file. */
#include "internal.h"
#include "flow_export.h"
#include "follow.h"
#include "stat.h"
#include "base/text.h"

const struct export_report export_reports[] = {
#if ENABLE_FLOWS
	{ .name = "flows", .help = "conversations, each as one record", .option = true, .formats = flows_formats },
#endif
#if ENABLE_REPORTS && ENABLE_FLOWS
	{ .name = "follow", .help = "what was said in a conversation", .argument = "tcp|udp,N[,orig|resp]", .option = true,
	  .formats = follow_formats },
	{ .name = "streams", .help = "what each side of every TCP connection said, a file for each", .argument = "DIR", .option = true,
	  .formats = streams_formats },
	{ .name = "objects", .help = "what HTTP/1 carried, a file for each body", .argument = "DIR[,object:SIZE][,all:SIZE]",
	  .option = true, .formats = objects_formats },
#endif
#if ENABLE_REPORTS
	{ .name = "conv", .help = "who talked with whom", .argument = "[eth|ip|ipv6|tcp|udp|all]", .top = true, .formats = conv_formats },
	{ .name = "endpoints", .help = "who talked", .argument = "[eth|ip|ipv6|tcp|udp|all]", .top = true,
	  .formats = endpoints_formats },
	{ .name = "hierarchy", .help = "which protocols in which", .formats = hierarchy_formats },
	{ .name = "handshakes", .help = "how TCP connections began, and what went wrong", .formats = handshakes_formats },
#if ENABLE_EXPERT
	{ .name = "expert", .help = "what an expert would point at", .top = true, .formats = expert_formats },
#endif
	{ .name = "dns", .help = "what was asked and answered", .top = true, .formats = dns_formats },
	{ .name = "http", .help = "requests and responses", .top = true, .formats = http_formats },
	{ .name = "summary", .help = "all of it on a page", .option = true, .top = true, .formats = summary_formats },
	{ .name = "io", .help = "packets and bytes over time", .argument = "SECONDS", .formats = io_formats },
#endif
	{ .name = NULL }
};

const struct export_report *export_report_find(const char *name)
{
	for (const struct export_report *r = export_reports; r->name; r++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}

int export_report_unknown(const char *name, struct errmsg *err)
{
	struct text_nearest near = { .word = name };
	const char *comma = "";
	struct outbuf o;
	char names[256];

	outbuf_fixed(&o, names, sizeof(names));
	for (const struct export_report *r = export_reports; r->name; r++) {
		if (r->option)
			continue;
		outbuf_str(&o, comma);
		outbuf_str(&o, r->name);
		comma = ", ";
		text_nearest_try(&near, r->name);
	}
	return errmsg_set(err, NW_EINPUT, "--stats %s: there is no such report; %s%s%sthere are %s", name,
			  near.best ? "did you mean " : "", near.best ? near.best : "", near.best ? "? " : "", outbuf_cstr(&o));
}
