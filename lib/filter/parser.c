/* SPDX-License-Identifier: MIT */
/*
 * Tokens to the tree. By descent; what binds tighter stands lower:
 *
 *   filter  := [or]
 *   or      := and { ("or" | "||") and }
 *   and     := not { ("and" | "&&") not }
 *   not     := { "not" | "!" } test
 *   test    := "(" or ")" | words | ["any" | "all"] operand { relation operand }
 *            | operand ["not"] "in" set | ("contains" | "matches") literal | operand
 *   operand := field { "[" slices "]" } | function "(" operand ")" | literal, each with { "&" number }
 *
 * a < b < c means a < b and b < c. Words are those of words.c, relations those of relation.c.
 */
#include "internal.h"

static struct node *parse_or(struct parser *ps);

struct node *node_new(struct parser *ps, enum node_kind kind)
{
	struct node *n = parser_alloc(ps, sizeof(*n));

	if (n)
		n->kind = (uint8_t)kind;
	return n;
}

void node_append(struct node *list, struct node *child)
{
	struct node **end = list->first ? &list->last->next : &list->first;
	struct node *last = child;

	if (child->kind == list->kind && child->kind >= NODE_AND) {
		last = child->last;
		child = child->first;
	}
	*end = child;
	list->last = last;
}

/* What stands here, for "expected ... instead of". */
static const char *here(const struct parser *ps, char buf[40])
{
	return ps->tok.kind == TOKEN_END ? "the end" : token_text(ps, &ps->tok, buf, 40);
}

/* ---- operands ------------------------------------------------------------------------- */

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

/* [ ... ] behind a field; the brackets are read from the text, as 1-3 and 0:3 are no tokens of their own. */
static void parse_slices(struct parser *ps, struct operand *o)
{
	const char *p = ps->text + ps->tok.at + 1, *close = strchr(p, ']');
	struct slice *slices;
	uint32_t n = 1, i = 0;
	struct step *s;

	if (!close) {
		parser_fail(ps, ps->tok.at, 1, "the bracket that opens here is never closed");
		return;
	}
	if (!type_is_bytes(o->type)) {
		parser_fail(ps, ps->tok.at, (uint32_t)(close - p) + 2, "%s is %s, of which no bytes can be taken",
			    o->field->name, type_name(o->type));
		return;
	}
	for (const char *q = p; q < close; q++)
		n += *q == ',';
	slices = parser_alloc(ps, n * sizeof(*slices));
	for (; slices && i < n; i++) {
		const char *end = read_slice(p, &slices[i]);

		if (!end || (*end != ',' && *end != ']')) {
			parser_fail(ps, (uint32_t)(p - ps->text), 1, "a slice is offset:length, first-last, :length, offset: or "
				    "one offset");
			return;
		}
		p = end + 1;
	}
	operand_add_step(ps, o, STEP_SLICE);
	for (s = o->steps; s && s->next; s = s->next)
		;
	if (ps->error)
		return;
	s->slices = slices;
	s->nslices = (uint16_t)n;
	ps->tok.len = (uint32_t)(close - ps->text) + 1 - ps->tok.at;
	parser_next(ps);
}

static struct operand *parse_operand(struct parser *ps);

static const struct {
	const char *name;
	uint8_t step;
	const char *wants; /* NULL: any type */
} functions[] = {
	{ "len", STEP_LEN, "text, bytes or an address" },
	{ "count", STEP_COUNT, "a field as it stands" },
	{ "lower", STEP_LOWER, "text" },
	{ "upper", STEP_UPPER, "text" },
	{ "string", STEP_STRING, "a number or an address" },
};

static bool function_takes(uint8_t step, const struct operand *o)
{
	switch (step) {
	case STEP_LEN: return type_is_bytes(o->type);
	case STEP_COUNT: return !o->steps;
	case STEP_STRING: return !o->steps && o->type != FIELD_PROTOCOL && o->type != FIELD_BYTES;
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
	if (++ps->depth > FILTER_DEPTH_MAX)
		parser_fail(ps, name.at, name.len, "the filter is nested too deep; %d levels are allowed", FILTER_DEPTH_MAX);
	o = parse_operand(ps);
	ps->depth--;
	if (!o)
		return NULL;
	if (!o->field)
		parser_fail(ps, o->tok.at, o->tok.len, "%s() wants a field", functions[which].name);
	else if (!function_takes(functions[which].step, o))
		parser_fail(ps, o->tok.at, o->tok.len, "%s() wants %s, and this is %s", functions[which].name,
			    functions[which].wants, type_name(o->type));
	else if (!token_is(ps, ")"))
		parser_fail(ps, ps->tok.at, ps->tok.len, "expected ) to close %s(", functions[which].name);
	if (ps->error)
		return NULL;
	operand_add_step(ps, o, functions[which].step);
	o->tok.at = name.at;
	o->tok.len = ps->tok.at + 1 - name.at;
	parser_next(ps);
	return o;
}

/* { & number } behind an operand. */
static void parse_masks(struct parser *ps, struct operand *o)
{
	while (!ps->error && (token_is(ps, "&") || token_is(ps, "bitand") || token_is(ps, "bitwise_and"))) {
		struct field number = { .name = "a bit mask", .type = FIELD_UINT };
		struct operand lit = { 0 }, as = { .field = &number, .type = FIELD_UINT };
		bool bits = o->type <= FIELD_UINT;
		struct literal v;
		struct step *s;

		for (s = o->steps; s && s->next; s = s->next)
			;
		bits = bits || (s && s->kind == STEP_SLICE);
		if (!o->field || !bits) {
			parser_fail(ps, ps->tok.at, ps->tok.len, "& tests bits of a number or of a slice of up to 8 bytes, and this is "
				    "%s", o->field ? type_name(o->type) : "no field");
			return;
		}
		parser_next(ps);
		lit.tok = ps->tok;
		if (ps->tok.kind != TOKEN_WORD || !literal_parse(ps, &as, &lit, &v)) {
			parser_fail(ps, ps->tok.at, ps->tok.len, "& wants a number such as 0x02 on its right");
			return;
		}
		parser_next(ps);
		operand_add_step(ps, o, STEP_MASK);
		for (s = o->steps; s && s->next; s = s->next)
			;
		if (s)
			s->mask = v.lo;
		o->tok.len = ps->prev_end - o->tok.at;
	}
}

static bool next_is(const struct parser *ps, const char *sign)
{
	struct parser ahead = *ps;
	struct errmsg unused;

	ahead.err = &unused;
	parser_next(&ahead);
	return token_is(&ahead, sign);
}

static struct operand *parse_operand(struct parser *ps)
{
	char buf[40];
	const struct field *f = NULL;
	struct operand *o;

	if (ps->tok.kind == TOKEN_END || ps->tok.kind == TOKEN_SIGN) {
		parser_fail(ps, ps->tok.at, ps->tok.len, "expected a field or a value instead of %s", here(ps, buf));
		return NULL;
	}
	if (ps->tok.kind == TOKEN_WORD) {
		for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
			if (token_is(ps, functions[i].name) && next_is(ps, "("))
				return parse_function(ps, i);
		f = field_find(ps->text + ps->tok.at, ps->tok.len);
	}
	o = parser_alloc(ps, sizeof(*o));
	if (!o)
		return NULL;
	if (f)
		o = operand_of_field(ps, f, &ps->tok);
	else
		o->tok = ps->tok;
	parser_next(ps);
	while (f && !ps->error && token_is(ps, "[")) {
		parse_slices(ps, o);
		if (!ps->error)
			o->tok.len = ps->prev_end - o->tok.at;
	}
	if (!ps->error)
		parse_masks(ps, o);
	return ps->error ? NULL : o;
}

/* ---- tests --------------------------------------------------------------------------------- */

static bool is_not(const struct parser *ps)
{
	return token_is(ps, "!") || token_is(ps, "not") || token_is(ps, "NOT");
}

/* contains "x" and matches "x" without a field: the whole frame. */
static struct node *frame_test(struct parser *ps, enum relation rel)
{
	struct token verb = ps->tok, t;
	struct operand *a, *lit;

	parser_next(ps);
	t = ps->tok;
	if (t.kind == TOKEN_END || t.kind == TOKEN_SIGN) {
		parser_fail(ps, t.at, t.len, "expected the text to search for");
		return NULL;
	}
	parser_next(ps);
	if (rel == REL_CONTAINS && t.kind == TOKEN_WORD)
		return search_frame(ps, (const uint8_t *)ps->text + t.at, t.len, false, &verb);
	a = operand_of_field(ps, protocol_field(PROTO_frame), &verb);
	lit = parser_alloc(ps, sizeof(*lit));
	if (!lit)
		return NULL;
	lit->tok = t;
	return relation_build(ps, 0, a, rel, lit);
}

/* { relation operand } behind the first operand. */
static struct node *parse_relations(struct parser *ps, int quantifier, struct operand *a)
{
	struct node *all = node_new(ps, NODE_AND), *n;

	while (all && !ps->error) {
		enum relation rel = relation_of(ps);
		struct operand *b;

		if (rel == REL_NONE)
			break;
		parser_next(ps);
		if (rel == REL_IN) {
			n = relation_in(ps, quantifier, a);
			b = NULL;
		} else {
			b = parse_operand(ps);
			n = relation_build(ps, quantifier, a, rel, b);
		}
		if (!n)
			return NULL;
		node_append(all, n);
		if (!b)
			break;
		a = b;
	}
	if (ps->error)
		return NULL;
	return all->first && !all->first->next ? all->first : all;
}

static struct node *parse_not_in(struct parser *ps, int quantifier, struct operand *a)
{
	struct node *not = node_new(ps, NODE_NOT), *n;

	parser_next(ps);
	parser_next(ps);
	n = relation_in(ps, quantifier, a);
	if (!n || !not)
		return NULL;
	node_append(not, n);
	return not;
}

/* An operand and what comes behind it. */
static struct node *parse_comparison(struct parser *ps, int quantifier, struct operand *a)
{
	struct node *n;

	if (relation_of(ps) != REL_NONE)
		return parse_relations(ps, quantifier, a);
	if (is_not(ps) && next_is(ps, "in"))
		return parse_not_in(ps, quantifier, a);
	if (quantifier) {
		parser_fail(ps, a->tok.at, a->tok.len, "any and all want a comparison behind the field");
		return NULL;
	}
	if (!a->field)
		return words_bare(ps, &a->tok);
	if (a->field->type == FIELD_PROTOCOL && !a->steps) {
		n = words_parse(ps, a->field);
		if (n || ps->error)
			return n;
	}
	return relation_exists(ps, a);
}

/* "(": a filter, or an operand in parentheses as C programmers write it: (tcp.flags & 0x12) == 0x10 */
static struct node *parse_parenthesis(struct parser *ps)
{
	struct token open = ps->tok;
	struct node *n;

	parser_next(ps);
	n = parse_or(ps);
	if (!n)
		return NULL;
	if (!token_is(ps, ")")) {
		if (ps->tok.kind == TOKEN_END)
			parser_fail(ps, open.at, 1, "the parenthesis that opens here is never closed");
		else
			parser_fail(ps, ps->tok.at, ps->tok.len, "expected and, or or ) here");
		return NULL;
	}
	parser_next(ps);
	if (n->kind == NODE_TEST && (n->test->kind == PREDICATE_EXISTS || n->test->operand->type == FIELD_UINT) &&
	    relation_of(ps) != REL_NONE && !n->test->all && n->test->operand->tok.at == n->test->at &&
	    n->test->operand->tok.len == n->test->len)
		return parse_relations(ps, 0, n->test->operand);
	return n;
}

static struct node *parse_test(struct parser *ps)
{
	int quantifier = token_is(ps, "any") ? 'a' : token_is(ps, "all") ? 'A' : 0;
	enum relation rel = relation_of(ps);
	struct operand *o;
	struct node *n;
	char buf[40];

	if (token_is(ps, "("))
		return parse_parenthesis(ps);
	if (rel == REL_CONTAINS || rel == REL_MATCHES)
		return frame_test(ps, rel);
	if (rel != REL_NONE || ps->tok.kind == TOKEN_END || ps->tok.kind == TOKEN_SIGN || token_is(ps, "and") ||
	    token_is(ps, "or") || token_is(ps, "AND") || token_is(ps, "OR")) {
		parser_fail(ps, ps->tok.at, ps->tok.len, "expected a test instead of %s", here(ps, buf));
		return NULL;
	}
	n = words_parse(ps, NULL);
	if (n || ps->error)
		return n;
	if (quantifier) {
		struct parser start = *ps;

		parser_next(ps);
		if (ps->tok.kind != TOKEN_WORD || !(field_find(ps->text + ps->tok.at, ps->tok.len) || next_is(ps, "("))) {
			*ps = start;
			quantifier = 0;
		}
	}
	o = parse_operand(ps);
	return o ? parse_comparison(ps, quantifier, o) : NULL;
}

/* ---- connectives ------------------------------------------------------------------------------ */

static struct node *parse_not(struct parser *ps)
{
	struct node *n, *not;
	struct token t = ps->tok;

	if (++ps->depth > FILTER_DEPTH_MAX) {
		parser_fail(ps, t.at, t.len, "the filter is nested too deep; %d levels are allowed", FILTER_DEPTH_MAX);
		return NULL;
	}
	if (is_not(ps)) {
		parser_next(ps);
		n = parse_not(ps);
		not = n ? node_new(ps, NODE_NOT) : NULL;
		if (not)
			node_append(not, n);
		n = not;
	} else {
		n = parse_test(ps);
	}
	ps->depth--;
	return n;
}

static struct node *parse_list(struct parser *ps, enum node_kind kind)
{
	struct node *first = kind == NODE_OR ? parse_list(ps, NODE_AND) : parse_not(ps), *list = NULL, *n;

	while (first && (kind == NODE_OR ? token_is(ps, "or") || token_is(ps, "||") || token_is(ps, "OR") :
					   token_is(ps, "and") || token_is(ps, "&&") || token_is(ps, "AND"))) {
		parser_next(ps);
		n = kind == NODE_OR ? parse_list(ps, NODE_AND) : parse_not(ps);
		if (!n)
			return NULL;
		if (!list) {
			list = node_new(ps, kind);
			if (!list)
				return NULL;
			node_append(list, first);
		}
		node_append(list, n);
	}
	return list ? list : first;
}

static struct node *parse_or(struct parser *ps)
{
	return parse_list(ps, NODE_OR);
}

struct node *parse_filter(struct parser *ps)
{
	struct node *n;
	char buf[40];

	parser_next(ps);
	if (!ps->error && ps->tok.kind == TOKEN_END)
		return node_new(ps, NODE_TRUE);
	n = parse_or(ps);
	if (ps->error)
		return NULL;
	if (token_is(ps, ")"))
		parser_fail(ps, ps->tok.at, 1, "this parenthesis was never opened");
	else if (ps->tok.kind != TOKEN_END)
		parser_fail(ps, ps->tok.at, ps->tok.len, "expected and, or or a comparison before %s", here(ps, buf));
	return ps->error ? NULL : n;
}
