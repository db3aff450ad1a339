/* SPDX-License-Identifier: MIT */
/*
 * nwexport --list-fields: every protocol and field, for people (tab-separated) and for programs.
 *
 *	{"name":"ip.src","protocol":"ip","type":"IPv4","label":"Source address"}
 *
 * A protocol has its title as label and where it is specified as "reference"; a field whose numbers have names has them
 * under "values".
 */
#include "nwexport.h"

#include "base/text.h"

#include <string.h>

enum list_style { LIST_TSV, LIST_CSV, LIST_JSON, LIST_NDJSON };

static const char *type_name(unsigned type)
{
	static const char *const names[] = { "boolean", "number", "signed", "time", "duration", "IPv4", "IPv6", "MAC", "text",
					     "bytes", "protocol" };

	return type < sizeof(names) / sizeof(*names) ? names[type] : "?";
}

/* Our own tables: ASCII with no controls, so that only quotes and backslashes need care. */
static void put_json(struct outbuf *o, const char *before, const char *text)
{
	outbuf_str(o, before);
	outbuf_char(o, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			outbuf_char(o, '\\');
		outbuf_char(o, *text);
	}
	outbuf_char(o, '"');
}

static void put_values(struct outbuf *o, const struct named_values *names)
{
	const char *comma = "";

	outbuf_str(o, ",\"values\":{");
	for (struct named_value n = { 0 }; named_values_next(names, &n); comma = ",") {
		outbuf_str(o, comma);
		outbuf_char(o, '"');
		outbuf_u64(o, n.value);
		put_json(o, "\":", n.name);
	}
	outbuf_char(o, '}');
}

static void put_object(struct outbuf *o, const struct protocol *p, const struct field *f)
{
	put_json(o, "{\"name\":", f ? field_name(f) : p->name);
	put_json(o, ",\"protocol\":", p->name);
	put_json(o, ",\"type\":", type_name(f ? f->type : FIELD_PROTOCOL));
	put_json(o, ",\"label\":", f ? field_label(f) : p->title);
	if (!f)
		put_json(o, ",\"reference\":", p->reference);
	else if (field_names(f))
		put_values(o, field_names(f));
	outbuf_char(o, '}');
}

static void put_csv(struct outbuf *o, const char *text, bool last)
{
	bool quote = strpbrk(text, ",\"") != NULL;

	if (quote)
		outbuf_char(o, '"');
	for (; *text; text++) {
		if (*text == '"')
			outbuf_char(o, '"');
		outbuf_char(o, *text);
	}
	if (quote)
		outbuf_char(o, '"');
	outbuf_char(o, last ? '\n' : ',');
}

static void put_one(struct outbuf *o, enum list_style style, const struct protocol *p, const struct field *f, bool first)
{
	const char *name = f ? field_name(f) : p->name, *label = f ? field_label(f) : p->title;
	const char *type = type_name(f ? f->type : FIELD_PROTOCOL);

	if (style == LIST_TSV) {
		outbuf_printf(o, f ? "%s\t%s\t%s\n" : "%s\t%s\t%s (%s)\n", name, type, label, p->reference);
	} else if (style == LIST_CSV) {
		put_csv(o, name, false);
		put_csv(o, p->name, false);
		put_csv(o, type, false);
		put_csv(o, label, true);
	} else {
		if (style == LIST_JSON && !first)
			outbuf_str(o, ",\n");
		put_object(o, p, f);
		if (style == LIST_NDJSON)
			outbuf_char(o, '\n');
	}
}

int list_fields(const char *format, struct outbuf *out, struct errmsg *err)
{
	static const char *const styles[] = { "tsv", "csv", "json", "ndjson" };
	enum list_style style = LIST_TSV;
	bool first = true;

	while (format && style <= LIST_NDJSON && strcmp(format, styles[style]))
		style++;
	if (style > LIST_NDJSON)
		return errmsg_set(err, NW_EINPUT, "the list of fields can be had as tsv, csv, json or ndjson, not as %s", format);
	if (style == LIST_JSON)
		outbuf_str(out, "[\n");
	else if (style == LIST_CSV)
		outbuf_str(out, "name,protocol,type,label\n");
	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		put_one(out, style, protocols[i], NULL, first);
		first = false;
		for (unsigned j = 0; j < protocols[i]->nfields; j++)
			put_one(out, style, protocols[i], &protocols[i]->fields[j], false);
	}
	if (style == LIST_JSON)
		outbuf_str(out, "\n]\n");
	return outbuf_flush(out, err);
}
