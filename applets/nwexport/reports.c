/* SPDX-License-Identifier: MIT */
/* nwexport: options that ask for a report instead of packets. */
#include "nwexport.h"

#include "base/text.h"
#include "decode/space.h"

#include <string.h>

/* What stands before its name on the command line. */
static const char *stats_of(const char *report)
{
	return export_report_find(report)->option ? "" : "stats ";
}

static int set_report(struct opts *o, const char *name, const char *argument, struct errmsg *err)
{
	if (o->report)
		return errmsg_set(err, NW_EINPUT, "--%s%s and --%s%s: one run makes one report; use one of them", stats_of(o->report),
				  o->report, stats_of(name), name);
	o->report = name;
	o->argument = argument;
	return 0;
}

/* io,10: the name ends at the first comma, in place (argv is ours to write to). */
int apply_stats(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	char *comma = strchr(value, ',');
	const struct export_report *r;

	(void)row;
	if (comma)
		*comma++ = '\0';
	r = export_report_find(value);
	if (!r || r->option)
		return export_report_unknown(value, err);
	if (comma && !r->argument)
		return errmsg_set(err, NW_EINPUT, "--stats %s,%s: %s takes nothing behind a comma", value, comma, value);
	if (!comma && r->argument && *r->argument != '[')
		return errmsg_set(err, NW_EINPUT, "--stats %s: needs %s behind a comma", value, r->argument);
	return set_report(opts, r->name, comma, err);
}

/* --follow WHAT, --flows: the report has the option's name. */
int apply_report(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	if (!export_report_find(row->name))
		return errmsg_set(err, NW_EINPUT, "this build has no --%s (ENABLE_REPORTS, ENABLE_FLOWS)", row->name);
	return set_report(opts, row->name, value, err);
}

int apply_separate(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	static const struct {
		const char *name;
		unsigned bit;
	} words[] = { { "vlan", SEPARATE_VLAN }, { "vni", SEPARATE_VNI }, { "interface", SEPARATE_INTERFACE } };
	struct opts *o = opts;
	const char *end;

	(void)row;
	for (; value; value = *end ? end + 1 : NULL) {
		size_t i = 0;

		end = strchrnul(value, ',');
		while (i < 3 && (strlen(words[i].name) != (size_t)(end - value) || memcmp(words[i].name, value, (size_t)(end - value))))
			i++;
		if (i == 3)
			return errmsg_set(err, NW_EINPUT, "--separate %s: there are vlan, vni and interface, with commas between", value);
		o->flow.separate |= words[i].bit;
	}
	return 0;
}

/* --flow-idle TIME, --flow-active TIME; 0 is never. */
int apply_timeout(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct opts *o = opts;
	int64_t ns;

	if (!text_parse_duration(value, &ns) || ns < 0)
		return errmsg_set(err, NW_EINPUT, "--%s %s: expected a time like 90, 5m or 1h, or 0 for never", row->name, value);
	*(strcmp(row->name, "flow-idle") ? &o->flow.active_ns : &o->flow.idle_ns) = ns ? ns : -1;
	return 0;
}

/* --ipfix domain=7,templates=30s */
int apply_ipfix(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct opts *o = opts;
	char text[96], *word = text, *comma;
	uint64_t domain;

	(void)row;
	if (strlen(value) >= sizeof(text))
		goto wrong;
	memcpy(text, value, strlen(value) + 1);
	for (; word; word = comma) {
		comma = strchr(word, ',');
		if (comma)
			*comma++ = '\0';
		if (!strncmp(word, "domain=", 7) && text_parse_u64(word + 7, &domain) && domain <= UINT32_MAX)
			o->domain = (uint32_t)domain;
		else if (strncmp(word, "templates=", 10) || !text_parse_duration(word + 10, &o->templates_ns) || o->templates_ns <= 0)
			goto wrong;
	}
	return 0;
wrong:
	return errmsg_set(err, NW_EINPUT, "--ipfix %s: expected domain=N or templates=TIME (30s), or both with a comma", value);
}

static int check_flow_options(const struct opts *o, const struct export_report *r, struct errmsg *err)
{
	if (o->rtt && (!r || strcmp(r->name, "flows") || o->profile || !o->format || !strchr("ctjn", *o->format)))
		return errmsg_set(err, NW_EINPUT, "--rtt adds columns to --flows as csv, table, json or ndjson; use it with these");
	if (o->log && (!r || strncmp(o->format, "zeek", 4)))
		return errmsg_set(err, NW_EINPUT, "--log is about Zeek's logs; use it with --flows -f zeek or zeek-json");
	if ((o->domain || o->templates_ns) && (!r || strcmp(o->format, "ipfix")))
		return errmsg_set(err, NW_EINPUT, "--ipfix is about IPFIX; use it with --flows -f ipfix");
	return 0;
}

int check_report(struct opts *o, struct errmsg *err)
{
	const struct export_report *r = o->report ? export_report_find(o->report) : NULL;
	const char *dash = r ? stats_of(r->name) : "";
	const char *what = !r ? NULL : o->info ? "--info" : o->list_fields ? "--list-fields" : o->ncolumns ? "--fields" :
			   o->profile && strcmp(r->name, "flows") ? "--profile" : o->tshark_format ? "-T" : o->line_buffered ? "-l" :
			   o->verbose ? "-v" : o->quick ? "-q" : o->hex ? "-x" : o->hex_ascii ? "-X" : o->ascii ? "-A" : o->time ? "-t" :
			   o->absolute_seq ? "-S" : o->nano ? "--nano" : NULL;

	o->flow.ceiling = (uint32_t)o->max_flows;
	if (!r && (o->flow.ceiling || o->flow.idle_ns || o->flow.active_ns || o->flow.separate))
		return errmsg_set(err, NW_EINPUT, "--max-flows, --flow-idle, --flow-active and --separate are about conversations; use "
				  "them with --flows or --stats");
	if (o->top && !(r && r->top))
		return errmsg_set(err, NW_EINPUT, "--top is about tables that are sorted: --stats conv, endpoints, expert, dns and http, --summary");
	if (what)
		return errmsg_set(err, NW_EINPUT, "%s is about packets and --%s%s reports on all of them; leave one out", what, dash, r->name);
	if (r && !o->format)
		o->format = o->profile ? "ndjson" : r->formats->name;
	if (r && strcmp(r->name, "flows")) { /* they have no time-outs of their own */
		o->flow.idle_ns = o->flow.idle_ns < 0 ? 0 : o->flow.idle_ns;
		o->flow.active_ns = o->flow.active_ns < 0 ? 0 : o->flow.active_ns;
	}
	return check_flow_options(o, r, err);
}
