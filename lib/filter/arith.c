/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on operands: + - * / % & and unary minus, max(), min(), abs(). A tree of struct expr is put behind one step of
 * one operand, so that everything else sees an operand like any other: it has a field (the first that is read), a type and a
 * place in the text.
 *
 *     udp.dstport >= udp.srcport + 1          tcp.len * 2 - 3 > {ip.len - 20} / 2
 *
 * Integers are signed 64-bit in here, spans of time can be added and subtracted. Constants take the type of what they meet;
 * two of them are worked out at once.
 */
#include "internal.h"

struct operation {
	char sign;
	uint8_t kind;
};
static const struct operation sums[] = { { '+', EXPR_ADD }, { '-', EXPR_SUBTRACT } };
static const struct operation products[] = { { '*', EXPR_MULTIPLY }, { '/', EXPR_DIVIDE }, { '%', EXPR_MODULO } };

/* ---- building ------------------------------------------------------------------------- */

static struct expr *expr_new(struct parser *ps, enum expr_kind kind, uint8_t type, struct expr *args)
{
	struct expr *e = parser_alloc(ps, sizeof(*e));

	if (!e)
		return NULL;
	e->kind = (uint8_t)kind;
	e->type = type;
	e->args = args;
	e->nodes = 1;
	for (; args; args = args->next)
		e->nodes = (uint16_t)(e->nodes + args->nodes);
	return e;
}

/* Puts the expression behind the operand in place of what it has. */
static struct operand *operand_of_expr(struct parser *ps, const struct field *f, const struct expr *e, uint32_t at)
{
	struct operand *o = f ? operand_of_field(ps, f, &(struct token){ .at = at, .len = ps->prev_end - at }) : NULL;

	if (!o)
		return NULL;
	operand_add_step(ps, o, STEP_EXPR);
	if (!o->steps)
		return NULL;
	o->steps->expr = e;
	o->type = e->type;
	if (e->nodes > EXPR_NODES_MAX) {
		parser_fail(ps, at, o->tok.len, "too much arithmetic; %d values and signs are allowed in one", EXPR_NODES_MAX);
		return NULL;
	}
	return o;
}

static struct expr *expr_of_field(struct parser *ps, struct operand *o)
{
	struct expr *e;

	if (operand_begins_with(o, STEP_EXPR) && !o->steps->next) {
		e = parser_alloc(ps, sizeof(*e));
		if (e)
			*e = *o->steps->expr;
		return e;
	}
	e = expr_new(ps, EXPR_OPERAND, type_is_integer(o->type) ? FIELD_INT : o->type, NULL);
	if (e)
		e->operand = o;
	return e;
}

static struct expr *expr_of_literal(struct parser *ps, const struct operand *lit, uint8_t type)
{
	static const struct field no_field;
	const char *called = type == FIELD_INT ? "arithmetic" : type == FIELD_DURATION ? "arithmetic with times" : "the address";
	struct operand as = { .field = &no_field, .called = called, .type = type, .steps = &(struct step){ .kind = STEP_EXPR }, .tok = lit->tok };
	struct expr *e = expr_new(ps, EXPR_CONSTANT, type, NULL);
	struct literal v;

	if (!e || !literal_parse(ps, &as, lit, &v))
		return NULL;
	e->constant = (int64_t)(type_is_signed(type) ? v.lo ^ KEY_SIGN : v.lo);
	return e;
}

bool arith_wrap(struct parser *ps, struct operand *o)
{
	struct operand *copy = parser_alloc(ps, sizeof(*copy));
	struct operand *wrapped;

	if (!copy)
		return false;
	if (operand_begins_with(o, STEP_EXPR))
		return true;
	*copy = *o;
	wrapped = operand_of_expr(ps, o->field, expr_of_field(ps, copy), o->tok.at);
	if (!wrapped)
		return false;
	wrapped->tok = o->tok;
	*o = *wrapped;
	return true;
}

/* Can `o` take part in this? */
static bool check_type(struct parser *ps, enum expr_kind kind, const struct operand *o)
{
	bool addition = kind == EXPR_ADD || kind == EXPR_SUBTRACT || kind == EXPR_NEGATE || kind == EXPR_ABS;
	bool order = kind == EXPR_MAX || kind == EXPR_MIN;

	if (!o->field || type_is_integer(o->type) || (o->type == FIELD_DURATION && (addition || order)) ||
	    ((o->type == FIELD_IPV4 || o->type == FIELD_ETHER) && order))
		return true;
	parser_fail(ps, o->tok.at, o->tok.len, "%s, and this is %s", order ? "max() and min() want numbers, spans of time or addresses" :
		    o->type == FIELD_DURATION ? "spans of time can be added and subtracted only" :
		    "arithmetic wants numbers or spans of time", type_name(o->type));
	return false;
}

static uint8_t expr_type(uint8_t operand_type)
{
	return type_is_integer(operand_type) ? FIELD_INT : operand_type;
}

/* ---- constants among themselves ------------------------------------------------------------ */

bool arith_compute(enum expr_kind kind, int64_t a, int64_t b, int64_t *v)
{
	switch (kind) {
	case EXPR_ADD: return !__builtin_add_overflow(a, b, v);
	case EXPR_SUBTRACT: return !__builtin_sub_overflow(a, b, v);
	case EXPR_MULTIPLY: return !__builtin_mul_overflow(a, b, v);
	case EXPR_AND: *v = a & b; return true;
	default:
		if (!b || (b == -1 && a == INT64_MIN))
			return false;
		*v = kind == EXPR_DIVIDE ? a / b : a % b;
		return true;
	}
}

/* 50 + 3 becomes the literal 53. */
static struct operand *fold(struct parser *ps, enum expr_kind kind, struct operand *a, struct operand *b)
{
	struct expr *x = expr_of_literal(ps, a, FIELD_INT), *y = x ? expr_of_literal(ps, b, FIELD_INT) : NULL;
	char *text = y ? parser_alloc(ps, 24) : NULL;
	struct outbuf o;
	int64_t v;

	if (!text)
		return NULL;
	if (!arith_compute(kind, x->constant, y->constant, &v)) {
		parser_fail(ps, a->tok.at, ps->prev_end - a->tok.at, "this has no result");
		return NULL;
	}
	outbuf_fixed(&o, text, 24);
	outbuf_i64(&o, v);
	outbuf_cstr(&o);
	a->part = text;
	a->tok.kind = TOKEN_WORD;
	a->tok.string = NULL;
	a->tok.len = ps->prev_end - a->tok.at;
	return a;
}

struct operand *arith_binary(struct parser *ps, enum expr_kind kind, struct operand *a, struct operand *b)
{
	const struct operand *typed = a->field ? a : b;
	struct expr *x, *y;

	if (!a->field && !b->field)
		return fold(ps, kind, a, b);
	if (!check_type(ps, kind, a) || !check_type(ps, kind, b))
		return NULL;
	if (a->field && b->field && expr_type(a->type) != expr_type(b->type)) {
		parser_fail(ps, b->tok.at, b->tok.len, "%s and %s do not go together", type_name(a->type), type_name(b->type));
		return NULL;
	}
	x = a->field ? expr_of_field(ps, a) : expr_of_literal(ps, a, expr_type(typed->type));
	y = b->field ? expr_of_field(ps, b) : expr_of_literal(ps, b, expr_type(typed->type));
	if (!x || !y)
		return NULL;
	x->next = y;
	y->next = NULL;
	return operand_of_expr(ps, typed->field, expr_new(ps, kind, x->type, x), a->tok.at);
}

/* ---- by descent -------------------------------------------------------------------------------- */

/* The sign of arithmetic at the token, made a token of its own: "-1" and "/2" behind an operand are a sign and a number. */
static enum expr_kind take_sign(struct parser *ps, const struct operation *ops, size_t n)
{
	char c = ps->tok.kind == TOKEN_SIGN || ps->tok.kind == TOKEN_WORD ? ps->text[ps->tok.at] : 0;

	if (ps->tok.kind == TOKEN_SIGN && ps->tok.len != 1)
		return EXPR_CONSTANT;
	for (size_t i = 0; i < n; i++)
		if (c == ops[i].sign) {
			ps->tok.len = 1;
			parser_next(ps);
			return ops[i].kind;
		}
	return EXPR_CONSTANT;
}

bool operand_starts(const struct parser *ps)
{
	return token_is(ps, "{") || token_is(ps, "+");
}

static struct operand *negate(struct parser *ps, struct operand *o, uint32_t at)
{
	struct expr *e;

	if (!o->field) {
		struct operand *zero = parser_alloc(ps, sizeof(*zero));

		if (!zero)
			return NULL;
		zero->part = "0";
		zero->tok = (struct token){ .kind = TOKEN_WORD, .at = at, .len = 1 };
		return fold(ps, EXPR_SUBTRACT, zero, o);
	}
	if (!check_type(ps, EXPR_NEGATE, o))
		return NULL;
	e = expr_of_field(ps, o);
	return e ? operand_of_expr(ps, o->field, expr_new(ps, EXPR_NEGATE, e->type, e), at) : NULL;
}

/* -x and +x; -5 is a number, and -anything else a text to search for. */
static struct operand *parse_unary(struct parser *ps)
{
	const char *word = ps->text + ps->tok.at;
	uint32_t at = ps->tok.at;
	struct operand *o;

	if (token_is(ps, "+")) {
		parser_next(ps);
		return parse_unary(ps);
	}
	if (ps->tok.kind == TOKEN_WORD && word[0] == '-') {
		struct parser start = *ps;

		ps->tok.len = 1;
		parser_next(ps);
		if (start.tok.len == 1 || (ps->tok.kind == TOKEN_WORD && !(word[1] >= '0' && word[1] <= '9'))) {
			struct errmsg unused, *err = ps->err;

			ps->err = start.tok.len == 1 ? err : &unused;
			o = operand_primary(ps);
			ps->err = err;
			if (o && (o->field || start.tok.len == 1))
				return negate(ps, o, at);
			if (start.tok.len == 1)
				return NULL;
		}
		*ps = start;
	}
	return operand_primary(ps);
}

static bool can_go_on(const struct parser *ps, const struct operand *o)
{
	const char c = o->field ? '0' : o->part ? o->part[0] : ps->text[o->tok.at];

	return !ps->error && o->tok.kind != TOKEN_STRING && ((c >= '0' && c <= '9') || c == '-' || c == '{' || c == '\'');
}

static struct operand *parse_product(struct parser *ps)
{
	struct operand *o = parse_unary(ps), *right;
	enum expr_kind kind;

	while (o && can_go_on(ps, o) &&
	       (kind = take_sign(ps, products, sizeof(products) / sizeof(products[0]))) != EXPR_CONSTANT) {
		right = parse_unary(ps);
		o = right ? arith_binary(ps, kind, o, right) : NULL;
	}
	return ps->error ? NULL : o;
}

struct operand *arith_parse(struct parser *ps)
{
	struct operand *o = parse_product(ps), *right;
	enum expr_kind kind;

	while (o && can_go_on(ps, o) && (kind = take_sign(ps, sums, sizeof(sums) / sizeof(sums[0]))) != EXPR_CONSTANT) {
		right = parse_product(ps);
		o = right ? arith_binary(ps, kind, o, right) : NULL;
	}
	return ps->error ? NULL : o;
}

/* The arguments behind "(", up to the ")" which is left. */
struct operand *arith_function(struct parser *ps, enum expr_kind kind, const char *name)
{
	struct operand *args[EXPR_NODES_MAX], *typed = NULL;
	struct expr *first = NULL, **end = &first;
	uint32_t at = ps->tok.at;
	unsigned n = 0;

	do {
		if (n)
			parser_next(ps);
		if (n == EXPR_NODES_MAX)
			parser_fail(ps, ps->tok.at, ps->tok.len, "%s() takes %d arguments at most", name, EXPR_NODES_MAX);
		args[n % EXPR_NODES_MAX] = operand_parse(ps);
		if (ps->error || !check_type(ps, kind, args[n]))
			return NULL;
		if (args[n]->field && typed && expr_type(args[n]->type) != expr_type(typed->type)) {
			parser_fail(ps, args[n]->tok.at, args[n]->tok.len, "%s and %s do not go together", type_name(typed->type),
				    type_name(args[n]->type));
			return NULL;
		}
		if (args[n]->field && !typed)
			typed = args[n];
		n++;
	} while (token_is(ps, ",") && kind != EXPR_ABS);
	if (!typed) {
		parser_fail(ps, at, ps->prev_end - at, "%s() wants a field", name);
		return NULL;
	}
	for (unsigned i = 0; i < n; i++) {
		*end = args[i]->field ? expr_of_field(ps, args[i]) : expr_of_literal(ps, args[i], expr_type(typed->type));
		if (!*end)
			return NULL;
		end = &(*end)->next;
		*end = NULL;
	}
	return operand_of_expr(ps, typed->field, expr_new(ps, kind, first->type, first), at);
}

static void expr_fields(const struct expr *e, void (*each)(void *user, const struct field *f), void *user)
{
	if (e->kind == EXPR_OPERAND)
		operand_fields(e->operand, each, user);
	for (const struct expr *a = e->args; a; a = a->next)
		expr_fields(a, each, user);
}

void operand_fields(const struct operand *o, void (*each)(void *user, const struct field *f), void *user)
{
	if (!o)
		return;
	each(user, o->field);
	if (operand_begins_with(o, STEP_EXPR))
		expr_fields(o->steps->expr, each, user);
}
