/* SPDX-License-Identifier: MIT */
/*
 * A field, a relation and what it is compared with, to one typed test. Almost everything becomes one question, "does the
 * value lie in one of these ranges?": == is a range of one, < one from the bottom, 10.0.0.0/8 one of 2^24 addresses.
 *
 * A field may occur more than once in a packet. As in Wireshark 4:
 *   ==  > >= < <= contains matches in &    some value does
 *   !=                                     there are values and none equals
 *   ===                                    there are values and all equal
 *   !== ~=                                 some value differs
 * and `any` or `all` in front overrules that.
 */
#include "internal.h"

#include <stdlib.h>

enum relation relation_of(const struct parser *ps)
{
	static const struct {
		const char *text;
		uint8_t relation;
	} table[] = {
		{ "==", REL_EQ }, { "eq", REL_EQ }, { "any_eq", REL_EQ }, { "=", REL_EQ }, { "!=", REL_NE }, { "ne", REL_NE },
		{ "all_ne", REL_NE }, { "===", REL_ALL_EQ }, { "all_eq", REL_ALL_EQ }, { "!==", REL_ANY_NE },
		{ "~=", REL_ANY_NE }, { "any_ne", REL_ANY_NE }, { ">", REL_GT }, { "gt", REL_GT }, { ">=", REL_GE },
		{ "ge", REL_GE }, { "<", REL_LT }, { "lt", REL_LT }, { "<=", REL_LE }, { "le", REL_LE },
		{ "contains", REL_CONTAINS }, { "matches", REL_MATCHES }, { "~", REL_MATCHES }, { "in", REL_IN },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (token_is(ps, table[i].text))
			return table[i].relation;
	return REL_NONE;
}

/* ---- operands ------------------------------------------------------------------------- */

struct operand *operand_of_field(struct parser *ps, const struct field *f, const struct token *t)
{
	struct operand *o = parser_alloc(ps, sizeof(*o));

	if (!o)
		return NULL;
	o->field = f;
	o->type = f->type;
	o->tok = *t;
	o->steps_end = &o->steps;
	return o;
}

void operand_add_step(struct parser *ps, struct operand *o, enum step_kind kind)
{
	static const uint8_t gives[] = {
		[STEP_SLICE] = FIELD_BYTES, [STEP_MASK] = FIELD_UINT, [STEP_LEN] = FIELD_UINT, [STEP_LOWER] = FIELD_STRING,
		[STEP_UPPER] = FIELD_STRING, [STEP_STRING] = FIELD_STRING, [STEP_COUNT] = FIELD_UINT, [STEP_EXPR] = FIELD_INT,
	};
	struct step *s = parser_alloc(ps, sizeof(*s));

	if (!s)
		return;
	s->kind = (uint8_t)kind;
	s->from = o->type;
	if (kind == STEP_LAYERS || (kind == STEP_SLICE && o->type == FIELD_STRING))
		; /* as it was */
	else
		o->type = kind == STEP_MASK && o->type > FIELD_INT ? FIELD_BYTES : gives[kind];
	*o->steps_end = s;
	o->steps_end = &s->next;
}

static const char *operand_text(const struct parser *ps, const struct operand *o, char buf[60])
{
	return token_text(ps, &o->tok, buf, 60);
}

/* ---- nodes ------------------------------------------------------------------------------ */

static struct node *node_of_test(struct parser *ps, struct test *t)
{
	struct node *n = node_new(ps, NODE_TEST);

	if (n)
		n->test = t;
	return n;
}

static struct test *test_new(struct parser *ps, struct operand *o, enum predicate_kind kind)
{
	struct test *t = parser_alloc(ps, sizeof(*t));

	if (!t)
		return NULL;
	t->operand = o;
	t->kind = (uint8_t)kind;
	t->at = o->tok.at;
	t->len = ps->prev_end > t->at ? ps->prev_end - t->at : o->tok.len;
	return t;
}

static void test_quantify(struct test *t, enum relation rel, int quantifier)
{
	t->all = quantifier ? quantifier == 'A' : rel == REL_NE || rel == REL_ALL_EQ;
	t->invert = rel == REL_NE || rel == REL_ANY_NE;
}

/* ip.host stands for string(ip.addr), but the text says only ip.host. */
static bool operand_is_alias(const struct parser *ps, const struct operand *o)
{
	return ps->text[o->tok.at + o->tok.len - 1] != ')';
}

struct node *relation_exists(struct parser *ps, struct operand *a)
{
	struct test *t = test_new(ps, a, PREDICATE_EXISTS);
	struct step *last = a->steps;

	while (last && last->next)
		last = last->next;
	if (!t || !last || last->kind == STEP_SLICE || last->kind == STEP_LAYERS)
		return t ? node_of_test(ps, t) : NULL;
	if (last->kind == STEP_STRING && operand_is_alias(ps, a))
		return node_of_test(ps, t);
	if (last->kind == STEP_MASK && last->mask_bytes) { /* more than as many zeros */
		t->kind = PREDICATE_BYTES;
		t->nranges = 1;
		t->ranges = parser_alloc(ps, sizeof(*t->ranges));
		if (t->ranges)
			*t->ranges = (struct byte_range){ .lo = parser_alloc(ps, last->mask_len), .lo_len = last->mask_len, .lo_open = true };
		return node_of_test(ps, t);
	}
	if (last->kind != STEP_MASK && !(last->kind == STEP_EXPR && last->expr->kind < EXPR_NEGATE)) {
		parser_fail(ps, a->tok.at, a->tok.len, "this gives %s; compare it with something, as in > 1", type_name(a->type));
		return NULL;
	}
	t->kind = PREDICATE_KEYS;
	t->keys = parser_alloc(ps, 2 * sizeof(*t->keys));
	if (t->keys && last->kind == STEP_EXPR) { /* not 0 */
		t->keys[t->nkeys++] = (struct key_range){ 0, KEY_SIGN - 1 };
		t->keys[t->nkeys++] = (struct key_range){ KEY_SIGN + 1, KEY_SIGN - 2 };
	} else if (t->keys) {
		t->keys[t->nkeys++] = (struct key_range){ 1, UINT64_MAX - 1 };
	}
	return node_of_test(ps, t);
}

/* ---- ranges --------------------------------------------------------------------------------- */

/* A value of `field` by a relation, as ranges of keys or bytes. */
struct bounds {
	struct literal lo, hi;
};

/* The first and last address of an IPv6 block. */
static void ipv6_bounds(struct parser *ps, const struct literal *v, const uint8_t **lo, const uint8_t **hi)
{
	uint8_t *b = parser_alloc(ps, 32);

	if (!b)
		return;
	for (unsigned i = 0; i < 16; i++) {
		unsigned bits = v->prefix <= i * 8 ? 0 : v->prefix - i * 8 >= 8 ? 8 : v->prefix - i * 8;
		unsigned host = 0xffu >> bits;

		b[i] = (uint8_t)(v->bytes[i] & ~host);
		b[16 + i] = (uint8_t)(v->bytes[i] | host);
	}
	*lo = b;
	*hi = b + 16;
}

static void add_keys(struct test *t, enum relation rel, const struct bounds *b)
{
	uint64_t lo = 0, hi = UINT64_MAX;

	switch (rel) {
	case REL_GT:
		if (b->hi.hi == UINT64_MAX)
			return; /* nothing is greater */
		lo = b->hi.hi + 1;
		break;
	case REL_GE:
		lo = b->lo.lo;
		break;
	case REL_LT:
		if (!b->lo.lo)
			return;
		hi = b->lo.lo - 1;
		break;
	case REL_LE:
		hi = b->hi.hi;
		break;
	default:
		lo = b->lo.lo;
		hi = b->hi.hi;
	}
	if (lo <= hi)
		t->keys[t->nkeys++] = (struct key_range){ lo, hi - lo };
}

static void add_bytes(struct parser *ps, struct test *t, uint8_t type, enum relation rel, const struct bounds *b)
{
	struct byte_range *r = &t->ranges[t->nranges++];
	const uint8_t *lo = b->lo.bytes, *hi = b->hi.bytes, *unused;

	if (type == FIELD_IPV6) {
		ipv6_bounds(ps, &b->lo, &lo, &unused);
		ipv6_bounds(ps, &b->hi, &unused, &hi);
	}
	switch (rel) {
	case REL_GT:
		*r = (struct byte_range){ .lo = hi, .lo_len = b->hi.len, .lo_open = true };
		break;
	case REL_GE:
		*r = (struct byte_range){ .lo = lo, .lo_len = b->lo.len };
		break;
	case REL_LT:
		*r = (struct byte_range){ .hi = lo, .hi_len = b->lo.len, .hi_open = true };
		break;
	case REL_LE:
		*r = (struct byte_range){ .hi = hi, .hi_len = b->hi.len };
		break;
	default:
		*r = (struct byte_range){ .lo = lo, .hi = hi, .lo_len = b->lo.len, .hi_len = b->hi.len };
	}
}

static bool equality(enum relation rel)
{
	return rel <= REL_ANY_NE;
}

static void make_prefix(struct test *t, const struct literal *v)
{
	t->kind = PREDICATE_PREFIX;
	for (unsigned i = 0; i < 2; i++) {
		unsigned bits = v->prefix <= i * 64 ? 0 : v->prefix - i * 64 >= 64 ? 64 : v->prefix - i * 64;

		t->prefix_mask[i] = bits ? ~0ull << (64 - bits) : 0;
		t->prefix[i] = get_be64(v->bytes + i * 8) & t->prefix_mask[i];
	}
}

/* "8000..8080", for numbers also "8000-8080": two literals out of one word. False if it is no range. */
static bool split_range(struct parser *ps, uint8_t type, const struct operand *lit, struct operand *lo, struct operand *hi)
{
	char *w, *dots;
	uint32_t sep;

	if (lit->tok.kind != TOKEN_WORD || lit->part)
		return false;
	w = parser_alloc(ps, lit->tok.len + 1u);
	if (!w)
		return false;
	token_text(ps, &lit->tok, w, lit->tok.len + 1u);
	dots = strstr(w, "..");
	sep = 2;
	if (!dots && type == FIELD_UINT) {
		dots = strchr(w, '-');
		sep = 1;
	}
	if (!dots || dots == w || !dots[sep])
		return false;
	*dots = 0;
	*lo = *hi = *lit;
	lo->part = w;
	lo->tok.len = (uint32_t)(dots - w);
	hi->part = dots + sep;
	hi->tok.at += lo->tok.len + sep;
	hi->tok.len = lit->tok.len - lo->tok.len - sep;
	return true;
}

static bool check_order(struct parser *ps, const struct operand *a, const struct operand *lit, const struct bounds *b)
{
	if (type_is_keyed(a->type) && b->lo.lo > b->hi.hi) {
		parser_fail(ps, lit->tok.at, lit->tok.len, "the range has no values, as it ends below where it begins");
		return false;
	}
	return true;
}

/* One literal, or lo..hi in one word, as a value of `a`. */
static bool parse_bounds(struct parser *ps, const struct operand *a, const struct operand *lit, struct bounds *b)
{
	struct operand lo, hi;

	if (a->type != FIELD_STRING && split_range(ps, a->type, lit, &lo, &hi))
		return literal_parse(ps, a, &lo, &b->lo) && literal_parse(ps, a, &hi, &b->hi) && check_order(ps, a, lit, b);
	if (!literal_parse(ps, a, lit, &b->lo))
		return false;
	b->hi = b->lo;
	return true;
}

/* ---- one literal on the right --------------------------------------------------------------------- */

static struct node *compare_literal(struct parser *ps, int quantifier, struct operand *a, enum relation rel, struct operand *lit)
{
	struct bounds b;
	struct test *t;

	if (a->field && a->type == FIELD_PROTOCOL && lit->tok.kind != TOKEN_STRING && lit->tok.kind != TOKEN_CHAR) {
		char buf[60];

		if (!literal_bytes(operand_text(ps, lit, buf), (uint8_t *)buf, &(uint32_t){ 0 })) {
			parser_fail(ps, a->tok.at, a->tok.len, "%s is a protocol, which is there or not; compare one of its fields, "
				    "or its bytes with aa:bb or \"text\"", field_name(a->field));
			return NULL;
		}
	}
	if (!parse_bounds(ps, a, lit, &b))
		return NULL;
	t = test_new(ps, a, type_is_keyed(a->type) ? PREDICATE_KEYS : PREDICATE_BYTES);
	if (!t)
		return NULL;
	test_quantify(t, rel, quantifier);
	if (a->type == FIELD_IPV6 && equality(rel) && b.lo.bytes == b.hi.bytes) {
		make_prefix(t, &b.lo);
	} else if (t->kind == PREDICATE_KEYS) {
		t->keys = parser_alloc(ps, sizeof(*t->keys));
		if (t->keys)
			add_keys(t, rel, &b);
	} else {
		t->ranges = parser_alloc(ps, sizeof(*t->ranges));
		if (t->ranges)
			add_bytes(ps, t, a->type, rel, &b);
	}
	return node_of_test(ps, t);
}

static bool searchable(struct parser *ps, const struct operand *a, const char *verb)
{
	if (type_is_bytes(a->type))
		return true;
	if (a->steps)
		parser_fail(ps, a->tok.at, a->tok.len, "%s wants text or bytes on its left, and this gives %s", verb,
			    type_name(a->type));
	else
		parser_fail(ps, a->tok.at, a->tok.len, "%s wants text or bytes on its left, and %s is %s", verb, field_name(a->field),
			    type_name(a->type));
	return false;
}

/* The right side of contains: text, a byte string, or a word that is no byte string and so is text. */
static struct node *compare_contains(struct parser *ps, int quantifier, struct operand *a, struct operand *lit)
{
	struct operand as = *a;
	struct literal v;
	struct test *t;

	if (!searchable(ps, a, "contains"))
		return NULL;
	as.type = a->type == FIELD_STRING ? FIELD_STRING : FIELD_BYTES;
	if (lit->tok.kind == TOKEN_WORD && as.type == FIELD_BYTES) {
		uint8_t *out = parser_alloc(ps, lit->tok.len + 1u);
		char *w = parser_alloc(ps, lit->tok.len + 1u);

		if (!out || !w)
			return NULL;
		if (!literal_bytes(token_text(ps, &lit->tok, w, lit->tok.len + 1u), out, &(uint32_t){ 0 }))
			as.type = FIELD_STRING;
	}
	if (!literal_parse(ps, &as, lit, &v))
		return NULL;
	t = test_new(ps, a, PREDICATE_CONTAINS);
	if (!t)
		return NULL;
	test_quantify(t, REL_CONTAINS, quantifier);
	needle_init(&t->needle, v.bytes, v.len, false);
	return node_of_test(ps, t);
}

static struct node *compare_matches(struct parser *ps, int quantifier, struct operand *a, struct operand *lit)
{
	const uint8_t *pattern = lit->tok.string;
	uint32_t len = lit->tok.string_len, at = 0;
	const char *why;
	struct test *t;

	if (!searchable(ps, a, "matches"))
		return NULL;
	if (lit->tok.kind == TOKEN_WORD) {
		pattern = (const uint8_t *)ps->text + lit->tok.at;
		len = lit->tok.len;
	}
	t = test_new(ps, a, PREDICATE_REGEX);
	if (!t)
		return NULL;
	test_quantify(t, REL_MATCHES, quantifier);
	t->regex = regex_compile(ps->pool, pattern, len, &why, &at);
	if (!t->regex && why) {
		uint32_t quotes = lit->tok.kind == TOKEN_WORD ? 0 : lit->tok.raw ? 2 : 1;

		/* escapes make the text longer than the pattern; the caret then stands a little before the place */
		parser_fail(ps, lit->tok.at + quotes + at, 1, "%s", why);
	} else if (!t->regex) {
		parser_no_memory(ps);
	}
	return node_of_test(ps, t);
}

/* ---- field against field ------------------------------------------------------------------------------ */

static bool comparable(uint8_t a, uint8_t b)
{
	if (a == b || (a <= FIELD_UINT && b <= FIELD_UINT))
		return true;
	/* addresses as bytes, but of one kind */
	return type_is_bytes(a) && type_is_bytes(b) && (a > FIELD_ETHER || b > FIELD_ETHER);
}

static bool computed(const struct operand *o)
{
	return operand_begins_with(o, STEP_EXPR) || o->type == FIELD_INT;
}

static struct node *compare_fields(struct parser *ps, int quantifier, struct operand *a, enum relation rel, struct operand *b)
{
	char left[60], right[60];
	struct test *t;

	if ((computed(a) || computed(b)) && type_is_integer(a->type) && type_is_integer(b->type) &&
	    (!arith_wrap(ps, a) || !arith_wrap(ps, b)))
		return NULL; /* so that both are signed */
	if (rel == REL_CONTAINS ? !searchable(ps, a, "contains") || !searchable(ps, b, "contains") : !comparable(a->type, b->type)) {
		parser_fail(ps, b->tok.at, b->tok.len, "%s is %s and %s is %s; the two cannot be compared", operand_text(ps, a, left),
			    type_name(a->type), operand_text(ps, b, right), type_name(b->type));
		return NULL;
	}
	if (rel == REL_MATCHES) {
		parser_fail(ps, b->tok.at, b->tok.len, "matches wants a regular expression in quotes on its right");
		return NULL;
	}
	t = test_new(ps, a, PREDICATE_FIELD);
	if (!t)
		return NULL;
	test_quantify(t, rel, quantifier);
	t->other = b;
	t->relation = equality(rel) ? REL_EQ : (uint8_t)rel;
	return node_of_test(ps, t);
}

static void fail_no_field(struct parser *ps, const struct operand *o)
{
	char name[60];
	const char *near;

	operand_text(ps, o, name);
	near = o->tok.kind == TOKEN_WORD ? field_nearest(name) : NULL;
	if (o->tok.kind != TOKEN_WORD)
		parser_fail(ps, o->tok.at, o->tok.len, "one side of a comparison must be a field");
	else if (near)
		parser_fail(ps, o->tok.at, o->tok.len, "%s is no field; did you mean %s?", name, near);
	else
		parser_fail(ps, o->tok.at, o->tok.len, "%s is no field; one side of a comparison must be a field", name);
}

static enum relation mirrored(enum relation rel)
{
	switch (rel) {
	case REL_GT: return REL_LT;
	case REL_GE: return REL_LE;
	case REL_LT: return REL_GT;
	case REL_LE: return REL_GE;
	default: return rel;
	}
}

struct node *relation_build(struct parser *ps, int quantifier, struct operand *a, enum relation rel, struct operand *b)
{
	if (!a || !b)
		return NULL;
	if (!a->field) {
		if (!b->field || rel == REL_CONTAINS || rel == REL_MATCHES) {
			fail_no_field(ps, a);
			return NULL;
		}
		return relation_build(ps, quantifier, b, mirrored(rel), a);
	}
	if (b->field)
		return compare_fields(ps, quantifier, a, rel, b);
	if (rel == REL_CONTAINS)
		return compare_contains(ps, quantifier, a, b);
	if (rel == REL_MATCHES)
		return compare_matches(ps, quantifier, a, b);
	return compare_literal(ps, quantifier, a, rel, b);
}

struct node *relation_equals(struct parser *ps, const char *field_name, struct operand *lit)
{
	const struct field *f = field_find(field_name, strlen(field_name));
	struct operand *a = f ? operand_of_field(ps, f, &lit->tok) : NULL;

	return a ? compare_literal(ps, 0, a, REL_EQ, lit) : NULL;
}

struct node *search_frame(struct parser *ps, const uint8_t *bytes, uint32_t len, bool fold, const struct token *tok)
{
	struct operand *a = operand_of_field(ps, protocol_field(PROTO_frame), tok);
	struct test *t = a ? test_new(ps, a, PREDICATE_CONTAINS) : NULL;
	uint8_t *copy = t ? parser_alloc(ps, len + 1u) : NULL;

	if (!copy)
		return NULL;
	for (uint32_t i = 0; i < len; i++)
		copy[i] = fold && bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] | 0x20 : bytes[i];
	needle_init(&t->needle, copy, len, fold);
	return node_of_test(ps, t);
}

/* ---- in { ... } ----------------------------------------------------------------------------------------- */

static struct operand *set_literal(struct parser *ps)
{
	struct operand *o;

	if (ps->tok.kind == TOKEN_END || ps->tok.kind == TOKEN_SIGN) {
		parser_fail(ps, ps->tok.at, ps->tok.len, "expected a value or a range such as 8000..8080");
		return NULL;
	}
	o = parser_alloc(ps, sizeof(*o));
	if (!o)
		return NULL;
	o->tok = ps->tok;
	parser_next(ps);
	return o;
}

/* value, lo..hi, lo .. hi, lo ..hi, "lo".."hi" */
static bool set_element(struct parser *ps, const struct operand *a, struct bounds *b)
{
	struct operand *lo = set_literal(ps), *hi, cut;

	if (!lo)
		return false;
	cut = *lo;
	if (lo->tok.kind == TOKEN_WORD && lo->tok.len > 2 && !memcmp(ps->text + lo->tok.at + lo->tok.len - 2, "..", 2)) {
		lo->tok.len -= 2; /* "80.. 90" */
		hi = set_literal(ps);
	} else if (ps->tok.kind == TOKEN_WORD && ps->tok.len >= 2 && !memcmp(ps->text + ps->tok.at, "..", 2)) {
		if (ps->tok.len == 2) {
			parser_next(ps);
		} else {
			ps->tok.at += 2;
			ps->tok.len -= 2;
		}
		hi = set_literal(ps);
	} else {
		return parse_bounds(ps, a, &cut, b);
	}
	return hi && literal_parse(ps, a, lo, &b->lo) && literal_parse(ps, a, hi, &b->hi) && check_order(ps, a, lo, b);
}

static int by_lo(const void *x, const void *y)
{
	const struct key_range *a = x, *b = y;

	return (a->lo > b->lo) - (a->lo < b->lo);
}

void key_ranges_tidy(struct key_range *keys, uint32_t *count)
{
	uint32_t n = 0;

	if (!*count)
		return;
	qsort(keys, *count, sizeof(*keys), by_lo);
	for (uint32_t i = 0; i < *count; i++) {
		struct key_range *k = &keys[i], *last = n ? &keys[n - 1] : NULL;

		if (last && (k->lo <= last->lo + last->span || k->lo - (last->lo + last->span) == 1)) {
			if (k->lo + k->span > last->lo + last->span)
				last->span = k->lo + k->span - last->lo;
		} else {
			keys[n++] = *k;
		}
	}
	*count = n;
}

struct element {
	struct element *next;
	struct bounds bounds;
};

/* { a, b..c, d } or one value without braces; the commas may be left out. Returns the number of elements. */
static uint32_t read_set(struct parser *ps, const struct operand *a, struct element **list)
{
	bool braces = token_is(ps, "{");
	uint32_t n = 0;

	if (braces)
		parser_next(ps);
	while (!ps->error) {
		struct element *e = parser_alloc(ps, sizeof(*e));

		if (!e || !set_element(ps, a, &e->bounds))
			break;
		*list = e;
		list = &e->next;
		n++;
		if (!braces || token_is(ps, "}"))
			break;
		if (token_is(ps, ","))
			parser_next(ps);
		else if (ps->tok.kind == TOKEN_END)
			parser_fail(ps, ps->tok.at, 1, "the set is never closed; } is missing");
	}
	if (braces)
		parser_next(ps);
	return n;
}

struct node *relation_in(struct parser *ps, int quantifier, struct operand *a)
{
	struct element *list = NULL;
	struct test *t;
	uint32_t n;

	if (!a)
		return NULL;
	if (!a->field) {
		fail_no_field(ps, a);
		return NULL;
	}
	n = read_set(ps, a, &list);
	t = test_new(ps, a, type_is_keyed(a->type) ? PREDICATE_KEYS : PREDICATE_BYTES);
	if (!t)
		return NULL;
	test_quantify(t, REL_IN, quantifier);
	if (t->kind == PREDICATE_KEYS)
		t->keys = parser_alloc(ps, n * sizeof(*t->keys));
	else
		t->ranges = parser_alloc(ps, n * sizeof(*t->ranges));
	for (; list && !ps->error; list = list->next) {
		if (t->kind == PREDICATE_KEYS)
			add_keys(t, REL_EQ, &list->bounds);
		else
			add_bytes(ps, t, a->type, REL_EQ, &list->bounds);
	}
	if (ps->error)
		return NULL;
	key_ranges_tidy(t->keys, &t->nkeys);
	return node_of_test(ps, t);
}
