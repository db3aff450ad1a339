/* SPDX-License-Identifier: MIT */
/* The table of output formats, and what they all do alike. A format is a row here and its file. */
#include "internal.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const struct export_format export_formats[] = {
	{ .name = "text", .help = "one line per packet as tcpdump prints it", .extension = "txt", .append = APPEND_ALWAYS,
	  .begin = text_begin, .packet = text_packet, .end = text_end },
#if ENABLE_NWEXPORT /* nwcap alone prints text */
	{ .name = "table", .help = "columns that line up, for people", .extension = "txt", .columns = table_columns,
	  .begin = table_begin, .packet = table_packet, .end = table_end, .flush = table_flush },
	{ .name = "csv", .help = "comma-separated values, RFC 4180", .extension = "csv", .columns = export_columns,
	  .append = APPEND_HEADER, .begin = csv_begin, .packet = csv_packet },
	{ .name = "tsv", .help = "tab-separated values, \\t \\n \\\\ \\xNN as escapes", .extension = "tsv",
	  .columns = export_columns, .append = APPEND_HEADER, .begin = tsv_begin, .packet = tsv_packet },
	{ .name = "json", .help = "one array of objects", .extension = "json", .columns = export_columns, .all = true,
	  .begin = json_begin, .packet = json_packet, .end = json_end },
	{ .name = "ndjson", .help = "one object per line", .extension = "ndjson", .columns = export_columns, .all = true,
	  .append = APPEND_ALWAYS, .first = '{', .begin = ndjson_begin, .packet = ndjson_packet, .end = objects_end },
	{ .name = "yaml", .help = "one sequence of mappings", .extension = "yaml", .columns = export_columns, .all = true,
	  .append = APPEND_ALWAYS, .first = '-', .begin = yaml_begin, .packet = ndjson_packet,
	  .end = yaml_end },
	{ .name = "ek", .help = "Elasticsearch's bulk lines, as tshark -T ek", .extension = "ndjson", .columns = export_columns,
	  .all = true, .append = APPEND_ALWAYS, .first = '{', .begin = ek_begin, .packet = ek_packet, .end = objects_end },
	{ .name = "hex", .help = "od -A x -t x1 with times, for text2pcap -t ISO", .extension = "txt", .raw = true,
	  .append = APPEND_ALWAYS, .first = '#', .begin = hex_begin, .packet = hex_packet },
	{ .name = "c", .help = "C arrays", .extension = "h", .raw = true, .packet = c_packet },
	{ .name = "pcap", .help = "capture file, one link type", .extension = "pcap", .binary = true, .raw = true,
	  .begin = pcap_begin, .packet = pcap_packet, .end = pcap_end, .flush = pcap_flush },
	{ .name = "pcapng", .help = "capture file with interfaces", .extension = "pcapng", .binary = true, .raw = true,
	  .append = APPEND_ALWAYS, .first = '\n', .begin = pcapng_begin, .packet = pcap_packet, .end = pcap_end,
	  .flush = pcap_flush },
#endif
	{ .name = NULL }
};

static const struct export_format *formats_of(const char *report)
{
	const struct export_report *r = report ? export_report_find(report) : NULL;

	return r ? r->formats : export_formats;
}

const struct export_format *export_format_find(const char *report, const char *name)
{
	for (const struct export_format *f = formats_of(report); f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static int unknown_format(const char *report, const char *name, struct errmsg *err)
{
	const struct export_format *first = formats_of(report);
	struct text_nearest near = { .word = name };
	struct outbuf o;
	char names[128];

	outbuf_fixed(&o, names, sizeof(names));
	for (const struct export_format *f = first; f->name; f++) {
		outbuf_str(&o, f == first ? "" : ", ");
		outbuf_str(&o, f->name);
		text_nearest_try(&near, f->name);
	}
	return errmsg_set(err, NW_EINPUT, "'%s' is no output format%s%s; %s%s%sthere %s %s", name, report ? " of " : "",
			  report ? report : "", near.best ? "did you mean " : "", near.best ? near.best : "",
			  near.best ? "? " : "", first->name && !first[1].name ? "is" : "are", outbuf_cstr(&o));
}

static int fields_check(struct export *e, struct errmsg *err)
{
	struct export_options *o = &e->o;
	const struct export_format *f = e->format;

	if (o->profile && !ENABLE_DIALECTS)
		return errmsg_set(err, NW_EINPUT, "--profile %s: this build has no profiles", o->profile);
	if (o->profile && strcmp(o->profile, "ecs"))
		return errmsg_set(err, NW_EINPUT, "'%s' is no profile; there is ecs", o->profile);
	e->profile = o->profile;
	if (e->profile && !f->all)
		return errmsg_set(err, NW_EINPUT, "the profile %s makes objects; use it with json, ndjson, yaml or ek, not with %s",
				  o->profile, f->name);
	if (e->profile && o->nfields)
		return errmsg_set(err, NW_EINPUT, "the profile %s says which fields there are; leave the others out", o->profile);
	if (o->nfields && !f->columns)
		return errmsg_set(err, NW_EINPUT,
				  "the format %s has no columns; leave the fields out or use csv, tsv, table, json, ndjson, yaml or ek",
				  f->name);
	if (o->nfields == 1 && !strcmp(o->fields[0], "all"))
		e->all = ALL_FLAT;
	else if (!o->nfields && f->all && !e->profile)
		e->all = ALL_NESTED;
	if (e->all && !f->all)
		return errmsg_set(err, NW_EINPUT, "the fields of %s must be named; 'all' works with json, ndjson, yaml and ek",
				  f->name);
	if (e->all == ALL_FLAT && !strcmp(f->name, "ek"))
		e->all = ALL_NESTED; /* it has no other form */
	return 0;
}

static int columns_prepare(struct export *e, struct errmsg *err)
{
	if (e->o.report) /* has no columns of packets */
		return 0;
	if (ENABLE_DIALECTS && e->profile)
		return ecs_begin(e, err);
	if (e->all) {
		decoder_want_all(e->decoder);
		return 0;
	}
	if (!e->format->columns)
		return 0;
	if (!e->o.nfields) {
		e->o.fields = e->format->columns;
		while (e->o.fields[e->o.nfields])
			e->o.nfields++;
	}
	return columns_open(&e->columns, &e->o, e->decoder, err);
}

int export_open(struct export **out_e, const struct export_options *o, struct decoder *d, struct outbuf *out,
		struct errmsg *err)
{
	const struct export_format *f;
	struct export *e;
	int rc;

	if (o->report && !export_report_find(o->report))
		return export_report_unknown(o->report, err);
	f = export_format_find(o->report, o->format);
	if (!f)
		return unknown_format(o->report, o->format, err);
	e = calloc(1, sizeof(*e));
	if (!e)
		return errmsg_set(err, NW_ELIMIT, "no memory for an export");
	e->format = f;
	e->o = *o;
	e->out = out;
	e->decoder = d;
	rc = fields_check(e, err);
	if (!rc && ENABLE_NWEXPORT)
		rc = columns_prepare(e, err);
	if (!rc && f->begin)
		rc = f->begin(e, err);
	if (rc) {
		if (ENABLE_DIALECTS)
			ecs_end(e);
		columns_release(&e->columns);
		free(e);
		return rc;
	}
	*out_e = e;
	return 0;
}

int export_packet(struct export *e, struct packet *p)
{
	e->format->packet(e, p);
	e->packets++;
	return e->failed;
}

static int failure(const struct export *e, struct errmsg *err)
{
	if (e->failed && err)
		*err = e->error;
	return e->failed;
}

int export_flush(struct export *e, struct errmsg *err)
{
	if (e->format->flush)
		e->format->flush(e);
	return e->failed ? failure(e, err) : outbuf_flush(e->out, err);
}

int export_close(struct export *e, struct errmsg *err)
{
	int rc;

	if (!e)
		return 0;
	if (e->format->end)
		e->format->end(e);
	if (ENABLE_DIALECTS)
		ecs_end(e);
	rc = failure(e, err);
	columns_release(&e->columns);
	free(e);
	return rc;
}

void export_abandon(struct export *e)
{
	if (e)
		e->abandoned = true;
	export_close(e, NULL);
}

void export_say(struct export *e, const char *format, ...)
{
	char sentence[512];
	va_list args;

	if (!e->o.say || e->abandoned)
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	e->o.say(e->o.say_user, sentence);
}

const char *export_info(struct export *e, struct packet *p, size_t *len)
{
	struct outbuf o;

	outbuf_fixed(&o, e->info, sizeof(e->info));
	e->o.summary.out = &o;
	packet_summary(&e->o.summary, p);
	*len = outbuf_len(&o);
	return e->info;
}
