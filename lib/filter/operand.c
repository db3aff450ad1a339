/* SPDX-License-Identifier: MIT */
/*
 * Operands: a field, a function or a literal with what binds tighter than a relation. By descent, as in parser.c:
 *
 *   operand := sum { "&" sum }                                  a literal mask becomes a step, anything else arithmetic
 *   sum     := product { ("+" | "-") product }                  arith.c
 *   product := unary { ("*" | "/" | "%") unary }
 *   unary   := ["-" | "+"] primary
 *   primary := "{" operand "}" | function "(" operand ")" | field | literal
 *   field   := name ["#" layers] { "[" slices "]" }
 */
#include "internal.h"

static bool read_int(const char **p, int32_t *v)
{
	const char *s = *p;
	bool minus = *s == '-';
	int32_t n = 0;

	s += minus;
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (n > 1 << 24)
			return false;
		n = n * 10 + (*s - '0');
	}
	*v = minus ? -n : n;
	*p = s;
	return true;
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	return p;
}

/* n, n:m, :m, n:, n-m up to the comma or bracket. Returns where it stopped, NULL if it is none of these. */
static const char *read_slice(const char *p, struct slice *s)
{
	bool start;
	int32_t last;

	*s = (struct slice){ 0, 1 };
	p = skip_blanks(p);
	start = read_int(&p, &s->offset);
	p = skip_blanks(p);
	if (*p == ':') {
		p = skip_blanks(p + 1);
		if (!read_int(&p, &s->length)) {
			if (!start)
				return NULL;
			s->length = -1;
		}
		if (s->length < -1 || s->length == 0)
			return NULL;
	} else if (*p == '-' && start && s->offset >= 0) {
		p = skip_blanks(p + 1);
		if (!read_int(&p, &last) || last < s->offset)
			return NULL;
		s->length = last - s->offset + 1;
	} else if (!start) {
		return NULL;
	}
	return skip_blanks(p);
}


/* The brackets at the current token, read from the text, as 1-3 and 0:3 are no tokens of their own. */
static struct slice *parse_brackets(struct parser *ps, uint32_t *count)
{
	const char *p = ps->text + ps->tok.at + 1, *close = strchr(p, ']');
	struct slice *slices;
	uint32_t n = 1, i = 0;

	if (!close) {
		parser_fail(ps, ps->tok.at, 1, "the bracket that opens here is never closed");
		return NULL;
	}
	for (const char *q = p; q < close; q++)
		n += *q == ',';
	slices = parser_alloc(ps, n * sizeof(*slices));
	for (; slices && i < n; i++) {
		const char *end = read_slice(p, &slices[i]);

		if (!end || (*end != ',' && *end != ']') || n > UINT16_MAX) {
			parser_fail(ps, (uint32_t)(p - ps->text), 1, "a slice is offset:length, first-last, :length, offset: or "
				    "one offset");
			return NULL;
		}
		p = end + 1;
	}
	*count = n;
	ps->tok.len = (uint32_t)(close - ps->text) + 1 - ps->tok.at;
	parser_next(ps);
	return slices;
}

static struct step *last_step(const struct operand *o)
{
	struct step *s = o->steps;

	while (s && s->next)
		s = s->next;
	return s;
}

static void add_slices(struct parser *ps, struct operand *o, enum step_kind kind, struct slice *slices, uint32_t n)
{
	struct step *s;

	operand_add_step(ps, o, kind);
	s = last_step(o);
	if (ps->error || !s)
		return;
	s->slices = slices;
	s->nslices = (uint16_t)n;
	o->tok.len = ps->prev_end - o->tok.at;
}

/* [ ... ] behind an operand */
static void parse_slices(struct parser *ps, struct operand *o)
{
	struct token open = ps->tok;
	uint32_t n = 0;
	struct slice *slices = parse_brackets(ps, &n);

	if (!ps->error && !type_is_bytes(o->type))
		parser_fail(ps, open.at, ps->prev_end - open.at, "%s is %s, of which no bytes can be taken", field_name(o->field),
			    type_name(o->type));
	if (!ps->error)
		add_slices(ps, o, STEP_SLICE, slices, n);
}

/* #2 or #[2-4] behind a field: of the layers of its protocol, from 1. */
static void parse_layers(struct parser *ps, struct operand *o)
{
	struct token sign = ps->tok;
	struct slice *layers = NULL;
	uint32_t n = 1;

	parser_next(ps);
	if (token_is(ps, "[")) {
		layers = parse_brackets(ps, &n);
	} else if (ps->tok.kind == TOKEN_WORD) {
		char text[16];
		const char *p = token_text(ps, &ps->tok, text, sizeof(text));

		layers = parser_alloc(ps, sizeof(*layers));
		if (layers && read_int(&p, &layers->offset) && !*p && layers->offset)
			layers->length = 1;
		else
			parser_fail(ps, ps->tok.at, ps->tok.len, "# wants the number of a layer, as in ip.addr#2, or [2-4]");
		parser_next(ps);
	} else {
		parser_fail(ps, sign.at, 1, "# wants the number of a layer, as in ip.addr#2, or [2-4]");
	}
	if (!ps->error)
		add_slices(ps, o, STEP_LAYERS, layers, n);
}

/* ---- functions ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint8_t step;      /* enum step_kind; 0 (a slice): arithmetic */
	uint8_t expr;      /* enum expr_kind */
	const char *wants; /* NULL: any type */
} functions[] = {
	{ "len", STEP_LEN, 0, "text, bytes or an address" },
	{ "count", STEP_COUNT, 0, "a field as it stands" },
	{ "lower", STEP_LOWER, 0, "text" },
	{ "upper", STEP_UPPER, 0, "text" },
	{ "string", STEP_STRING, 0, "a number or an address" },
	{ "max", 0, EXPR_MAX, NULL },
	{ "min", 0, EXPR_MIN, NULL },
	{ "abs", 0, EXPR_ABS, NULL },
};

static bool function_takes(uint8_t step, const struct operand *o)
{
	bool plain = !o->steps || (step == STEP_STRING && o->steps->kind == STEP_LAYERS && !o->steps->next);

	switch (step) {
	case STEP_LEN: return type_is_bytes(o->type) || (plain && (o->field->width || o->field->either[0]));
	case STEP_COUNT: return plain;
	case STEP_STRING: return plain && o->type != FIELD_PROTOCOL && o->type != FIELD_BYTES;
	default: return o->type == FIELD_STRING;
	}
}

/* name(operand): the name is the current token. */
static struct operand *parse_function(struct parser *ps, size_t which)
{
	struct token name = ps->tok;
	struct operand *o;

	parser_next(ps);
	parser_next(ps);
	if (!functions[which].step) {
		o = arith_function(ps, functions[which].expr, functions[which].name);
	} else {
		o = operand_parse(ps);
		if (!o)
			return NULL;
		if (!o->field)
			parser_fail(ps, o->tok.at, o->tok.len, "%s() wants a field", functions[which].name);
		else if (!function_takes(functions[which].step, o))
			parser_fail(ps, o->tok.at, o->tok.len, "%s() wants %s, and this is %s", functions[which].name,
				    functions[which].wants, type_name(o->type));
	}
	if (!ps->error && !token_is(ps, ")"))
		parser_fail(ps, ps->tok.at, ps->tok.len, "expected ) to close %s(", functions[which].name);
	if (ps->error)
		return NULL;
	if (functions[which].step)
		operand_add_step(ps, o, functions[which].step);
	o->tok.at = name.at;
	o->tok.len = ps->tok.at + 1 - name.at;
	parser_next(ps);
	return o;
}

/* ---- fields and literals ------------------------------------------------------------------ */

bool parser_next_is(const struct parser *ps, const char *sign)
{
	struct parser ahead = *ps;
	struct errmsg unused;

	ahead.err = &unused;
	parser_next(&ahead);
	return token_is(&ahead, sign);
}

struct operand *operand_of_alias(struct parser *ps, const struct token *t)
{
	static const struct {
		const char *suffix, *either; /* what the plain name of both ends is called */
		uint8_t types;
	} aliases[] = {
		{ "_host", ".addr", 1 << (FIELD_IPV4 - FIELD_IPV4) | 1 << (FIELD_IPV6 - FIELD_IPV4) },
		{ ".host", ".addr", 1 << (FIELD_IPV4 - FIELD_IPV4) | 1 << (FIELD_IPV6 - FIELD_IPV4) },
		{ "_resolved", NULL, 1 << (FIELD_ETHER - FIELD_IPV4) },
	};
	char name[80];

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		size_t n = strlen(aliases[i].suffix);
		const struct field *f;
		struct operand *o;

		if (t->len <= n || t->len >= sizeof(name) - 8 || memcmp(ps->text + t->at + t->len - n, aliases[i].suffix, n))
			continue;
		token_text(ps, t, name, sizeof(name));
		name[t->len - n] = 0;
		if (aliases[i].suffix[0] == '.')
			memcpy(name + t->len - n, aliases[i].either, strlen(aliases[i].either) + 1);
		f = field_find(name, strlen(name));
		if (!f || f->type < FIELD_IPV4 || f->type > FIELD_ETHER || !(aliases[i].types >> (f->type - FIELD_IPV4) & 1))
			continue;
		o = operand_of_field(ps, f, t);
		if (o)
			operand_add_step(ps, o, STEP_STRING);
		return o;
	}
	return NULL;
}

/* A word that is no field as a whole may be one with arithmetic behind it: udp.length/2, udp.dstport-1. */
static const struct field *find_field(struct parser *ps)
{
	const char *word = ps->text + ps->tok.at;
	const struct field *f;

	if (ps->tok.len > 1 && word[0] == '.') { /* .udp.port, as Wireshark writes what must be a field */
		f = field_find(word + 1, ps->tok.len - 1);
		if (f)
			return f;
	}
	f = field_find(word, ps->tok.len);
	for (uint32_t n = ps->tok.len; !f && n-- > 1;)
		if (word[n] == '-' || word[n] == '/') {
			f = field_find(word, n);
			if (f && f->type == FIELD_PROTOCOL)
				f = NULL; /* tcp/ip is a text to search for */
			if (f)
				ps->tok.len = n;
		}
	return f;
}

/* What stands here, for "expected ... instead of". */
static const char *here(const struct parser *ps, char buf[40])
{
	return ps->tok.kind == TOKEN_END ? "the end" : token_text(ps, &ps->tok, buf, 40);
}

static void fail_no_function(struct parser *ps)
{
	char name[40];
	struct text_nearest near = { .word = token_text(ps, &ps->tok, name, sizeof(name)) };

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		text_nearest_try(&near, functions[i].name);
	if (near.best)
		parser_fail(ps, ps->tok.at, ps->tok.len, "there is no function %s(); did you mean %s()?", name, near.best);
	else
		parser_fail(ps, ps->tok.at, ps->tok.len, "there is no function %s(); there are len, count, lower, upper, string, max, "
			    "min and abs", name);
}

static struct operand *parse_word(struct parser *ps)
{
	const struct field *f = NULL;
	struct operand *o = NULL;

	if (ps->tok.kind == TOKEN_WORD) {
		for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
			if (token_is(ps, functions[i].name) && parser_next_is(ps, "("))
				return parse_function(ps, i);
		f = find_field(ps);
		if (!f && parser_next_is(ps, "(")) {
			fail_no_function(ps);
			return NULL;
		}
		if (!f)
			o = operand_of_alias(ps, &ps->tok);
	}
	if (f) {
		o = operand_of_field(ps, f, &ps->tok);
	} else if (!o) {
		o = parser_alloc(ps, sizeof(*o));
		if (o)
			o->tok = ps->tok;
	}
	parser_next(ps);
	if (o && f && token_is(ps, "#"))
		parse_layers(ps, o);
	return o;
}

struct operand *operand_primary(struct parser *ps)
{
	struct token open = ps->tok;
	struct operand *o;
	char buf[40];

	if (token_is(ps, "{")) {
		parser_next(ps);
		o = operand_parse(ps);
		if (o && !token_is(ps, "}"))
			parser_fail(ps, open.at, 1, "the brace that opens here is never closed");
		if (!o || ps->error)
			return NULL;
		o->tok.at = open.at;
		o->tok.len = ps->tok.at + 1 - open.at;
		parser_next(ps);
		return o;
	}
	if (ps->tok.kind == TOKEN_END || ps->tok.kind == TOKEN_SIGN) {
		parser_fail(ps, ps->tok.at, ps->tok.len, "expected a field or a value instead of %s", here(ps, buf));
		return NULL;
	}
	o = parse_word(ps);
	while (o && o->field && !ps->error && token_is(ps, "["))
		parse_slices(ps, o);
	return ps->error ? NULL : o;
}

/* ---- bit masks ----------------------------------------------------------------------------- */

/* bytes & bytes */
static void mask_bytes(struct parser *ps, struct operand *o, const struct operand *lit)
{
	static const struct field bytes = { .type = FIELD_BYTES };
	struct operand as = { .field = &bytes, .called = "a bit mask", .type = FIELD_BYTES };
	struct literal v;
	struct step *s;

	if (lit->tok.kind != TOKEN_WORD || !literal_parse(ps, &as, lit, &v)) {
		parser_fail(ps, lit->tok.at, lit->tok.len, "bytes are masked with bytes, such as 0x0f or 40:ff");
		return;
	}
	operand_add_step(ps, o, STEP_MASK);
	s = last_step(o);
	if (s) {
		s->mask_bytes = v.bytes;
		s->mask_len = v.len;
	}
}

static void mask_number(struct parser *ps, struct operand *o, const struct operand *lit)
{
	static const struct field number = { .type = FIELD_UINT };
	struct operand as = { .field = &number, .called = "a bit mask", .type = FIELD_UINT };
	struct literal v;
	struct step *s;

	if (!literal_parse(ps, &as, lit, &v)) {
		parser_fail(ps, lit->tok.at, lit->tok.len, "& wants a number such as 0x02 on its right");
		return;
	}
	operand_add_step(ps, o, STEP_MASK);
	s = last_step(o);
	if (s)
		s->mask = v.lo;
}

struct operand *operand_parse(struct parser *ps)
{
	struct operand *o, *right;

	if (++ps->depth > FILTER_DEPTH_MAX)
		parser_fail(ps, ps->tok.at, ps->tok.len, "the filter is nested too deep; %d levels are allowed", FILTER_DEPTH_MAX);
	o = arith_parse(ps);
	while (o && !ps->error && (token_is(ps, "&") || token_is(ps, "bitand") || token_is(ps, "bitwise_and"))) {
		struct token sign = ps->tok;

		parser_next(ps);
		right = arith_parse(ps);
		if (!right || ps->error)
			break;
		if (!o->field || (o->type > FIELD_INT && o->type != FIELD_BYTES)) {
			parser_fail(ps, sign.at, sign.len, "& tests bits of a number or of a slice, and this is %s",
				    o->field ? type_name(o->type) : "no field");
		} else if (right->field || operand_begins_with(o, STEP_EXPR) || o->type == FIELD_INT) {
			o = arith_binary(ps, EXPR_AND, o, right);
			continue;
		} else if (o->type > FIELD_INT) {
			mask_bytes(ps, o, right);
		} else {
			mask_number(ps, o, right);
		}
		o->tok.len = ps->prev_end - o->tok.at;
	}
	ps->depth--;
	return ps->error ? NULL : o;
}
