/* SPDX-License-Identifier: MIT */
/*
 * Objects: ndjson (one per line), json (one array), yaml (one sequence) and ek (Elasticsearch's bulk lines, as tshark -T ek).
 *
 *	{"number":1,"time":1700000000.123456,"src":"10.0.0.1",...,"length":74}       these columns
 *	{"frame.number":1,"ip.src":["10.0.0.1","192.0.2.9"],"tcp.flags.syn":true}    all fields, flat
 *	{"timestamp":"...","layers":{"frame":{...},"eth":{...},...}}                 all fields by layers: the default
 *
 * Keys are column or field names. What a packet does not have is left out. A field with several values is an array when
 * all of them are asked for. dist/packet.schema.json says it for programs. tshark's ek has its own ways: dots are
 * underscores, all but flags are text, and chosen fields are arrays always.
 */
#include "internal.h"

#include <stdlib.h>

static void put_key(struct export *e, const struct column *col, bool *first)
{
	struct outbuf *o = e->out;

	if (e->syntax == OBJECT_YAML) {
		outbuf_str(o, *first ? "- " : "\n  ");
		outbuf_bytes(o, col->key + 1, col->key_len - 3);
		outbuf_bytes(o, ": ", 2);
	} else {
		outbuf_char(o, *first ? '{' : ',');
		outbuf_bytes(o, col->key, col->key_len);
	}
	*first = false;
}

/* What needs escapes. */
static void put_text(struct export *e, const struct column *col, struct packet *p, bool *first)
{
	size_t len = 0;
	const char *text = col->kind == COLUMN_INFO ? export_info(e, p, &len) : packet_column(p);

	if (!text)
		return;
	put_key(e, col, first);
	json_string_put(e->out, text, len ? len : strlen(text));
}

static void put_pseudo(struct export *e, const struct column *col, struct packet *p, const struct endpoints *ends,
		       bool *first)
{
	bool text = col->kind == COLUMN_SRC || col->kind == COLUMN_DST;

	if (col->kind == COLUMN_PROTO || col->kind == COLUMN_INFO) {
		put_text(e, col, p, first);
		return;
	}
	if (!pseudo_there(col, p, ends))
		return;
	put_key(e, col, first);
	if (text)
		outbuf_char(e->out, '"');
	pseudo_put(e, col, p, ends, e->out);
	if (text)
		outbuf_char(e->out, '"');
}

static void put_cells(struct export *e, const struct column *col, bool *first)
{
	const struct cell *cell = &e->columns.cells[col->first - 1];
	bool array = cell->next != 0;

	put_key(e, col, first);
	if (array)
		outbuf_char(e->out, '[');
	json_value_put(e->out, cell->field, &cell->value);
	for (uint32_t i = cell->next; i; i = cell->next) {
		cell = &e->columns.cells[i - 1];
		outbuf_char(e->out, ',');
		json_value_put(e->out, cell->field, &cell->value);
	}
	if (array)
		outbuf_char(e->out, ']');
}

static void put_columns(struct export *e, struct packet *p)
{
	struct columns *c = &e->columns;
	struct endpoints ends;
	bool first = true;

	packet_endpoints(p, &ends);
	if (!c->pseudo_only)
		columns_gather(c, p);
	for (unsigned i = 0; i < c->ncolumns; i++) {
		if (c->column[i].kind <= COLUMN_INFO)
			put_pseudo(e, &c->column[i], p, &ends, &first);
		else if (c->column[i].first)
			put_cells(e, &c->column[i], &first);
	}
	if (first)
		outbuf_str(e->out, e->syntax == OBJECT_YAML ? "- {" : "{");
	if (first || e->syntax != OBJECT_YAML)
		outbuf_char(e->out, '}');
}

static void put_packet(struct export *e, struct packet *p)
{
	if (ENABLE_DIALECTS && e->profile)
		ecs_packet(e, p);
	else if (e->all)
		all_packet(e, p);
	else
		put_columns(e, p);
}

static int objects_begin(struct export *e, enum object_syntax syntax, struct errmsg *err)
{
	e->syntax = (uint8_t)syntax;
	return e->all ? all_begin(e, e->all == ALL_NESTED, err) : 0;
}

void objects_end(struct export *e)
{
	if (e->all)
		all_end(e);
}

int ndjson_begin(struct export *e, struct errmsg *err)
{
	return objects_begin(e, OBJECT_JSON, err);
}

void ndjson_packet(struct export *e, struct packet *p)
{
	put_packet(e, p);
	outbuf_char(e->out, '\n');
}

int json_begin(struct export *e, struct errmsg *err)
{
	int rc = objects_begin(e, OBJECT_JSON, err);

	if (!rc)
		outbuf_str(e->out, "[\n");
	return rc;
}

void json_packet(struct export *e, struct packet *p)
{
	if (e->packets)
		outbuf_bytes(e->out, ",\n", 2);
	put_packet(e, p);
}

void json_end(struct export *e)
{
	outbuf_str(e->out, e->packets ? "\n]\n" : "]\n");
	objects_end(e);
}

/* Nothing before the first packet, so that sequences can be joined; none at all is an empty one. */
int yaml_begin(struct export *e, struct errmsg *err)
{
	return objects_begin(e, OBJECT_YAML, err);
}

void yaml_end(struct export *e)
{
	if (!e->packets && !e->o.append)
		outbuf_str(e->out, "[]\n");
	objects_end(e);
}

/* ---- ek -------------------------------------------------------------------------------- */

void ek_value_put(struct outbuf *o, const struct field *f, const struct value *v)
{
	struct timefmt iso;

	switch (f->type) {
	case FIELD_BOOL:
	case FIELD_STRING:
	case FIELD_PROTOCOL:
		json_value_put(o, f, v);
		return;
	case FIELD_BYTES:
		outbuf_char(o, '"');
		outbuf_hexbytes(o, v->bytes, v->len, ':');
		break;
	case FIELD_TIME:
		outbuf_char(o, '"');
		timefmt_init(&iso, f->show == SHOW_EPOCH ? TIMEFMT_EPOCH : TIMEFMT_ISO8601, 9, true);
		timefmt_put(&iso, o, v->i);
		break;
	default: /* numbers and addresses */
		outbuf_char(o, '"');
		value_format(o, f, v);
	}
	outbuf_char(o, '"');
}

/* {"index":{"_index":"packets-2023-11-14","_type":"doc"}} */
static void put_index_line(struct export *e, const struct frame *f)
{
	char text[40];
	struct outbuf t;

	outbuf_fixed(&t, text, sizeof(text));
	timefmt_put(&e->iso, &t, f->ts_ns);
	outbuf_str(e->out, "{\"index\":{\"_index\":\"packets-");
	outbuf_bytes(e->out, text, outbuf_len(&t) < 10 ? outbuf_len(&t) : 10);
	/* servers from 8 on refuse a type; tshark 4.0 writes it */
	outbuf_str(e->out, e->profile ? "\"}}\n" : "\",\"_type\":\"doc\"}}\n");
}

/* One value of a chosen field: as text, like tshark -T fields. */
static void ek_cell(struct export *e, const struct cell *cell)
{
	char buf[1024];
	struct outbuf t;

	if (cell->field->type == FIELD_STRING) {
		json_string_put(e->out, cell->value.bytes, cell->value.len);
		return;
	}
	outbuf_fixed(&t, buf, sizeof(buf));
	value_format(&t, cell->field, &cell->value);
	json_string_put(e->out, buf, outbuf_len(&t));
}

static void ek_column(struct export *e, const struct column *col, struct packet *p, const struct endpoints *ends, bool *first)
{
	char buf[4096];
	struct outbuf t;

	if (col->kind <= COLUMN_INFO ? !pseudo_there(col, p, ends) : !col->first)
		return;
	outbuf_str(e->out, *first ? "\"" : ",\"");
	*first = false;
	for (const char *n = col->name; *n; n++)
		outbuf_char(e->out, *n == '.' ? '_' : *n);
	outbuf_str(e->out, "\":[");
	if (col->kind <= COLUMN_INFO) {
		outbuf_fixed(&t, buf, sizeof(buf));
		pseudo_put(e, col, p, ends, &t);
		json_string_put(e->out, buf, outbuf_len(&t));
	}
	for (uint32_t at = col->first; at; at = e->columns.cells[at - 1].next) {
		if (at != col->first)
			outbuf_char(e->out, ',');
		ek_cell(e, &e->columns.cells[at - 1]);
	}
	outbuf_char(e->out, ']');
}

/* -e with ek: {"timestamp":"1700000000123","layers":{"ip_src":["192.0.2.1"]}} */
static void ek_columns(struct export *e, struct packet *p)
{
	struct columns *c = &e->columns;
	struct endpoints ends;
	bool first = true;

	packet_endpoints(p, &ends);
	if (!c->pseudo_only)
		columns_gather(c, p);
	outbuf_str(e->out, "{\"timestamp\":\"");
	outbuf_i64(e->out, p->frame->ts_ns / 1000000);
	outbuf_str(e->out, "\",\"layers\":{");
	for (unsigned i = 0; i < c->ncolumns; i++)
		ek_column(e, &c->column[i], p, &ends, &first);
	outbuf_str(e->out, "}}");
}

int ek_begin(struct export *e, struct errmsg *err)
{
	timefmt_init(&e->iso, TIMEFMT_ISO8601, e->o.time.digits, true);
	return objects_begin(e, OBJECT_EK, err);
}

void ek_packet(struct export *e, struct packet *p)
{
	put_index_line(e, p->frame);
	if (e->profile || e->all)
		put_packet(e, p);
	else
		ek_columns(e, p);
	outbuf_char(e->out, '\n');
}
