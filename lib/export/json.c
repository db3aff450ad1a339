/* SPDX-License-Identifier: MIT */
/*
 * Objects: ndjson (one per line) and json (one array).
 *
 *	{"number":1,"time":1700000000.123456,"src":"10.0.0.1",...,"length":74}
 *	{"frame.number":1,"ip.src":["10.0.0.1","192.0.2.9"],"tcp.flags.syn":true}
 *
 * Keys are column or field names. What a packet does not have is left out.
 * Numbers are numbers (hexadecimal ones too), flags true or false, times seconds
 * since 1970, everything else text as tshark prints it. A field with several
 * values is an array when all of them are asked for. Text is UTF-8: what is not
 * becomes U+FFFD, controls are \u00NN; bytes proper are hexadecimal digits.
 */
#include "internal.h"

#include <stdlib.h>

static void put_uescape(struct outbuf *o, unsigned c)
{
	outbuf_bytes(o, "\\u", 2);
	outbuf_hex(o, c, 4);
}

/* Length of the valid UTF-8 sequence at p, or 0. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
	size_t n = *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
	    (*p == 0xf4 && p[1] > 0x8f))
		return 0; /* too long a form, a surrogate, beyond U+10FFFF */
	return n;
}

static void put_string(struct outbuf *o, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	outbuf_char(o, '"');
	while (p < end) {
		const uint8_t *run = p;
		size_t n;

		while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
			p++;
		outbuf_bytes(o, run, (size_t)(p - run));
		if (p == end)
			break;
		n = utf8_length(p, (size_t)(end - p));
		if (n) {
			if (*p == 0xc2 && p[1] < 0xa0) /* a control too: some terminals take U+009B for ESC [ */
				put_uescape(o, p[1]);
			else
				outbuf_bytes(o, p, n);
			p += n;
			continue;
		}
		switch (*p) {
		case '"': outbuf_bytes(o, "\\\"", 2); break;
		case '\\': outbuf_bytes(o, "\\\\", 2); break;
		case '\n': outbuf_bytes(o, "\\n", 2); break;
		case '\r': outbuf_bytes(o, "\\r", 2); break;
		case '\t': outbuf_bytes(o, "\\t", 2); break;
		default:
			if (*p < 0x80)
				put_uescape(o, *p);
			else
				outbuf_bytes(o, "\xef\xbf\xbd", 3);
		}
		p++;
	}
	outbuf_char(o, '"');
}

/* Apart, so that the array is not set up (and guarded) for every number. */
static __attribute__((noinline)) void put_formatted(struct outbuf *o, const struct field *f, const struct value *v)
{
	char text[1024];
	struct outbuf t;

	outbuf_fixed(&t, text, sizeof(text));
	value_format(&t, f, v);
	put_string(o, (const uint8_t *)text, outbuf_len(&t));
}

static void put_value(struct outbuf *o, const struct field *f, const struct value *v)
{
	switch (f->type) {
	case FIELD_BOOL:
		if (v->u)
			outbuf_bytes(o, "true", 4);
		else
			outbuf_bytes(o, "false", 5);
		break;
	case FIELD_UINT:
		outbuf_u64(o, v->u);
		break;
	case FIELD_INT:
		outbuf_i64(o, v->i);
		break;
	case FIELD_TIME:
	case FIELD_DURATION:
		outbuf_epoch(o, v->i, 9);
		break;
	case FIELD_STRING:
		put_string(o, v->bytes, v->len);
		break;
	case FIELD_PROTOCOL:
		put_formatted(o, f, v);
		break;
	case FIELD_IPV4:
		outbuf_char(o, '"');
		outbuf_ipv4(o, v->bytes);
		outbuf_char(o, '"');
		break;
	default: /* addresses and bytes: nothing to escape */
		outbuf_char(o, '"');
		value_format(o, f, v);
		outbuf_char(o, '"');
	}
}

static void put_key(struct outbuf *o, const struct column *col, bool *first)
{
	outbuf_char(o, *first ? '{' : ',');
	*first = false;
	outbuf_bytes(o, col->key, col->key_len);
}

static void put_endpoint(struct outbuf *o, const struct column *col, const struct endpoint *end, bool *first)
{
	if (!end->addr)
		return;
	put_key(o, col, first);
	outbuf_char(o, '"');
	endpoint_put(o, end);
	outbuf_char(o, '"');
}

static void put_pseudo(struct export *e, const struct column *col, struct packet *p, const struct endpoints *ends,
		       bool *first)
{
	const struct frame *f = p->frame;
	struct outbuf *o = e->out;
	const char *text;
	size_t len;

	switch (col->kind) {
	case COLUMN_NUMBER:
		put_key(o, col, first);
		outbuf_u64(o, f->number);
		break;
	case COLUMN_TIME:
		if (!f->has_ts)
			break;
		put_key(o, col, first);
		outbuf_epoch(o, f->ts_ns, e->o.time.digits);
		break;
	case COLUMN_SRC:
		put_endpoint(o, col, &ends->src, first);
		break;
	case COLUMN_DST:
		put_endpoint(o, col, &ends->dst, first);
		break;
	case COLUMN_SPORT:
	case COLUMN_DPORT:
		if (!ends->has_ports)
			break;
		put_key(o, col, first);
		outbuf_u64(o, col->kind == COLUMN_SPORT ? ends->sport : ends->dport);
		break;
	case COLUMN_PROTO:
		text = packet_column(p);
		if (!text)
			break;
		put_key(o, col, first);
		put_string(o, (const uint8_t *)text, strlen(text));
		break;
	case COLUMN_LENGTH:
		put_key(o, col, first);
		outbuf_u64(o, f->wirelen);
		break;
	case COLUMN_INFO:
		put_key(o, col, first);
		text = export_info(e, p, &len);
		put_string(o, (const uint8_t *)text, len);
		break;
	}
}

static void put_cells(struct export *e, const struct column *col, bool *first)
{
	const struct cell *cell = &e->columns.cells[col->first - 1];
	bool array = cell->next != 0;

	put_key(e->out, col, first);
	if (array)
		outbuf_char(e->out, '[');
	put_value(e->out, cell->field, &cell->value);
	for (uint32_t i = cell->next; i; i = cell->next) {
		cell = &e->columns.cells[i - 1];
		outbuf_char(e->out, ',');
		put_value(e->out, cell->field, &cell->value);
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
		outbuf_char(e->out, '{');
	outbuf_char(e->out, '}');
}

static void put_packet(struct export *e, struct packet *p)
{
	if (e->all)
		all_packet(e, p);
	else
		put_columns(e, p);
}

void json_value_put(struct outbuf *o, const struct field *f, const struct value *v)
{
	put_value(o, f, v);
}

void json_string_put(struct outbuf *o, const char *text, size_t len)
{
	put_string(o, (const uint8_t *)text, len);
}

int ndjson_begin(struct export *e, struct errmsg *err)
{
	return e->all ? all_begin(e, err) : 0;
}

void ndjson_packet(struct export *e, struct packet *p)
{
	put_packet(e, p);
	outbuf_char(e->out, '\n');
}

void ndjson_end(struct export *e)
{
	if (e->all)
		all_end(e);
}

int json_begin(struct export *e, struct errmsg *err)
{
	outbuf_str(e->out, "[\n");
	return e->all ? all_begin(e, err) : 0;
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
	if (e->all)
		all_end(e);
}
