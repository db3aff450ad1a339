/* SPDX-License-Identifier: MIT */
/*
 * REdis Serialization Protocol.
 *
 *	*2\r\n $3\r\nGET\r\n $3\r\nkey\r\n          a request: an array of strings
 *	GET key\r\n                               the same, inline
 *	+OK\r\n    -ERR text\r\n    :42\r\n    $-1\r\n (null)
 */
#include "decode/service.h"

enum { STRING, ERROR, INTEGER, BULK, BULK_LENGTH, ARRAY_LENGTH };
enum { ARGUMENT_SHOWN_MAX = 64, ARGUMENTS_SHOWN_MAX = 16 };

/* A value's first line: a sign, then a number or text. A line without a sign is an inline command: sign 0. */
static bool value_next(struct cursor *c, uint8_t *sign, struct text *rest)
{
	struct text line;
	bool whole;

	if (!line_next(c, &line, &whole) || !whole || !line.len)
		return false;
	*sign = memchr("+-:$*", *line.p, 5) ? *line.p : 0;
	*rest = (struct text){ line.p + !!*sign, line.len - !!*sign };
	return true;
}

static bool is_null(const struct text *n)
{
	return n->len && *n->p == '-';
}

/* The bytes that "$n" announces, and past their end. */
static bool bulk_take(struct cursor *c, const struct text *n, struct text *bulk)
{
	uint64_t len = text_decimal(n);

	bulk->p = c->pos;
	bulk->len = (uint32_t)(len < cursor_left(c) ? len : cursor_left(c));
	cursor_skip(c, bulk->len);
	return len == bulk->len && cursor_skip(c, 2);
}

static bool resp_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	struct text rest;
	uint8_t sign;

	(void)d;
	if (!value_next(&c, &sign, &rest))
		return false;
	if (!sign)
		return text_likely(payload, rest.len);
	return sign == '+' || sign == '-' || (rest.len && rest.len <= 20 && (is_null(&rest) || (*rest.p >= '0' && *rest.p <= '9')));
}

static void walk_number(struct walk *w, unsigned field, const struct text *t)
{
	struct text digits = { t->p + is_null(t), t->len - is_null(t) };
	int64_t v = (int64_t)text_decimal(&digits);

	if (walk_wants(w, field))
		w->emit(w, &w->proto->fields[field], &(struct value){ .i = is_null(t) ? -v : v });
}

static void resp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct text rest, bulk;
	uint8_t sign;

	while (value_next(&c, &sign, &rest)) {
		switch (sign) {
		case 0: break;
		case '+': walk_text(w, STRING, &rest); break;
		case '-': walk_text(w, ERROR, &rest); break;
		case ':': walk_number(w, INTEGER, &rest); break;
		case '*': walk_number(w, ARRAY_LENGTH, &rest); break;
		default:
			walk_number(w, BULK_LENGTH, &rest);
			if (is_null(&rest))
				break;
			if (!bulk_take(&c, &rest, &bulk))
				return;
			walk_text(w, BULK, &bulk);
		}
	}
}

/* tcpdump's form: strings in quotation marks, one after the other. */
static void resp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct text rest, bulk;
	uint8_t sign;

	outbuf_str(s->out, ": RESP");
	for (unsigned n = 0; n < ARGUMENTS_SHOWN_MAX && value_next(&c, &sign, &rest); n += sign != '*') {
		if (sign == '*') {
			if (is_null(&rest))
				outbuf_str(s->out, " null");
			else if (!text_decimal(&rest))
				outbuf_str(s->out, " empty");
			continue;
		}
		outbuf_char(s->out, ' ');
		if (sign == '$' && is_null(&rest)) {
			outbuf_str(s->out, "null");
			continue;
		}
		if (sign == '$') {
			bool whole = bulk_take(&c, &rest, &bulk);

			outbuf_char(s->out, '"');
			outbuf_escaped(s->out, bulk.p, bulk.len < ARGUMENT_SHOWN_MAX ? bulk.len : ARGUMENT_SHOWN_MAX);
			outbuf_char(s->out, '"');
			if (!whole)
				return;
			continue;
		}
		outbuf_char(s->out, '"');
		outbuf_escaped(s->out, rest.p, rest.len);
		outbuf_char(s->out, '"');
	}
}

FIELD_TABLE(resp_fields,
	(STRING, FIELD_WALK(FIELD_STRING, "resp.string", "Simple string")),
	(ERROR, FIELD_WALK(FIELD_STRING, "resp.error", "Error")),
	(INTEGER, FIELD_WALK(FIELD_INT, "resp.integer", "Integer")),
	(BULK, FIELD_WALK(FIELD_BYTES, "resp.bulk_string.value", "String")),
	(BULK_LENGTH, FIELD_WALK(FIELD_INT, "resp.bulk_string.length", "Length of the string")),
	(ARRAY_LENGTH, FIELD_WALK(FIELD_INT, "resp.array.length", "Elements of the array"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 6379 }, { CLAIM_NONE, 0 } };

const struct protocol proto_resp = {
	.name = "resp",
	.column = "RESP",
	.title = "REdis Serialization Protocol",
	.reference = "RESP 2 (redis.io)",
	.application = true,
	.decode = service_decode,
	.detect = resp_detect,
	PROTOCOL_WALK(resp_walk),
	.summary = resp_summary,
	PROTOCOL_FIELDS(resp_fields),
	.claims = claims,
};
