/* SPDX-License-Identifier: MIT */
/*
 * The tree to a flat program: one op per leaf, each with the op that follows when it is true and when it is false. not, and
 * and or cost nothing at run time, they are only where the jumps go:
 *
 *     tcp and not (port 80 or port 443)
 *
 *     2  present tcp        else reject
 *     3  fixed   80 or 443  then reject else accept
 *
 * Before that the tree is made cheaper: tests of one field in an or become one set, the children of and and or are put in
 * order of their cost.
 */
#include "internal.h"

#include <stdlib.h>

/* ---- which op ------------------------------------------------------------------------- */

/* The fixed fields that `f` stands for, if they differ in their offset only. Returns their number, 0 if it is not so. */
static unsigned fixed_sources(const struct field *f, const struct field *source[OP_SOURCES])
{
	const struct protocol *p;
	unsigned n = 0;

	if (f->width && !field_getter(f)) {
		source[0] = f;
		return 1;
	}
	if (!f->is_either)
		return 0;
	p = protocols[field_proto(f)];
	for (; n < sizeof(f->either) && f->either[n]; n++) {
		source[n] = &p->fields[f->either[n] - 1];
		if (!source[n]->width || field_getter(source[n]) || source[n]->width != source[0]->width ||
		    source[n]->mask != source[0]->mask || source[n]->shift != source[0]->shift)
			return 0;
	}
	return n;
}

/* What a value of an integer field is masked with by `field & mask`; false if more than that happens to it. */
static bool only_masked(const struct operand *o, uint64_t *mask)
{
	*mask = ~0ull;
	for (const struct step *s = o->steps; s; s = s->next) {
		if (s->kind != STEP_MASK || s->from > FIELD_UINT)
			return false;
		*mask &= s->mask;
	}
	return true;
}

static void carriers(struct proto_set *set, unsigned proto)
{
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (field_carried(i, proto))
			proto_set_add(set, i);
}

static void add_carriers(void *set, const struct field *f)
{
	carriers(set, field_proto(f));
}

/* max(tcp.port, 100) is 100 where there is no TCP. */
static bool always_there(const struct expr *e)
{
	bool some = e->kind == EXPR_MAX || e->kind == EXPR_MIN;

	if (!e->args)
		return e->kind == EXPR_CONSTANT;
	for (const struct expr *a = e->args; a; a = a->next)
		if (always_there(a) == some)
			return some;
	return !some;
}

static bool is_count(const struct test *t)
{
	return t->kind == PREDICATE_KEYS && operand_begins_with(t->operand, STEP_COUNT) && !t->operand->steps->next;
}

static bool fixed_op(struct op *op, const struct test *t)
{
	const struct field *f = t->operand->field, *source[OP_SOURCES];
	uint64_t mask;
	unsigned n = fixed_sources(f, source);

	if (!n || !only_masked(t->operand, &mask))
		return false;
	op->nsources = (uint8_t)n;
	op->width = source[0]->width;
	for (unsigned i = 0; i < n; i++)
		op->offset[i] = source[i]->offset;
	if (t->kind == PREDICATE_PREFIX) {
		op->code = OP_PREFIX;
		return op->width == 16;
	}
	if (op->width > 8 || (t->kind != PREDICATE_KEYS && t->kind != PREDICATE_EXISTS) || f->type > FIELD_ETHER)
		return false;
	op->shift = source[0]->shift;
	op->mask = (source[0]->mask ? source[0]->mask : ~0ull) & mask << op->shift;
	op->bias = type_is_signed(f->type) ? KEY_SIGN : 0;
	op->code = t->kind == PREDICATE_EXISTS || t->nkeys == 1 ? OP_FIXED : OP_FIXED_SET;
	op->range = t->kind == PREDICATE_EXISTS ? (struct key_range){ 0, UINT64_MAX } :
		    t->nkeys == 1 ? t->keys[0] : (struct key_range){ 0, 0 };
	return true;
}

void op_of_test(struct op *op, const struct test *t)
{
	const struct field *f = t->operand->field;

	*op = (struct op){ .code = OP_VALUES, .all = t->all, .invert = t->invert, .protos = t->also, .test = t };
	if (operand_begins_with(t->operand, STEP_EXPR)) { /* any of its fields: max() does with one */
		operand_fields(t->operand, add_carriers, &op->protos);
		if (always_there(t->operand->steps->expr))
			proto_set_add(&op->protos, PROTO_frame);
		return;
	}
	if (f->type == FIELD_PROTOCOL) {
		proto_set_add(&op->protos, field_proto(f));
		if (operand_begins_with(t->operand, STEP_LAYERS))
			return;
		if (is_count(t))
			op->code = OP_COUNT;
		else if (t->operand->steps || t->kind != PREDICATE_EXISTS)
			op->code = OP_LAYER;
		else
			op->code = OP_PRESENT;
		if (op->code == OP_LAYER && field_proto(f) == PROTO_frame && t->kind == PREDICATE_CONTAINS && !t->operand->steps &&
		    !t->invert)
			op->code = OP_FRAME;
		return;
	}
	carriers(&op->protos, field_proto(f));
	if (is_count(t))
		op->code = OP_COUNT;
	else if (!fixed_op(op, t)) {
		op->get = field_getter(f);
		op->code = op->get && !operand_begins_with(t->operand, STEP_LAYERS) && !operand_begins_with(t->operand, STEP_COUNT) ?
				   OP_GET : OP_VALUES;
	}
}

static uint32_t test_cost(const struct test *t)
{
	static const uint16_t of_code[] = { [OP_PRESENT] = 1, [OP_FIXED] = 4, [OP_FIXED_SET] = 6, [OP_PREFIX] = 5, [OP_GET] = 8,
					    [OP_FRAME] = 120, [OP_LAYER] = 20, [OP_VALUES] = 60, [OP_COUNT] = 60 };
	static const uint16_t of_kind[] = { [PREDICATE_CONTAINS] = 60, [PREDICATE_REGEX] = 600, [PREDICATE_FIELD] = 60 };
	struct op op;

	op_of_test(&op, t);
	return of_code[op.code] + (t->kind < sizeof(of_kind) / sizeof(of_kind[0]) ? of_kind[t->kind] : 0);
}

/* ---- one set out of several tests ---------------------------------------------------------- */

static bool same_steps(const struct step *a, const struct step *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->kind != b->kind || a->kind != STEP_MASK || a->mask != b->mask)
			return false;
	return !a && !b;
}

static bool is_plain_set(const struct test *t)
{
	return t->kind == PREDICATE_KEYS && !t->all && !t->invert;
}

static bool same_set(const struct test *a, const struct test *b)
{
	if (a->nkeys != b->nkeys)
		return false;
	for (uint32_t i = 0; i < a->nkeys; i++)
		if (a->keys[i].lo != b->keys[i].lo || a->keys[i].span != b->keys[i].span)
			return false;
	return true;
}

/* Do the two fields lie at the same places of their headers? */
static bool same_layout(const struct field *a, const struct field *b)
{
	const struct field *x[OP_SOURCES], *y[OP_SOURCES];
	unsigned n = fixed_sources(a, x);

	if (!n || fixed_sources(b, y) != n || a->type != b->type || x[0]->width != y[0]->width || x[0]->mask != y[0]->mask ||
	    x[0]->shift != y[0]->shift)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (x[i]->offset != y[i]->offset)
			return false;
	return true;
}

/* `a or b` as one test, put into `a`. */
static bool merge_tests(struct pool *pool, struct test *a, const struct test *b)
{
	static const struct proto_set none;

	if (!is_plain_set(a) || !is_plain_set(b) || !same_steps(a->operand->steps, b->operand->steps))
		return false;
	if (a->operand->field == b->operand->field && !memcmp(&a->also, &none, sizeof(none)) &&
	    !memcmp(&b->also, &none, sizeof(none))) {
		struct key_range *keys = pool_alloc(pool, (a->nkeys + b->nkeys) * sizeof(*keys));

		if (!keys)
			return false;
		if (a->nkeys)
			memcpy(keys, a->keys, a->nkeys * sizeof(*keys));
		if (b->nkeys)
			memcpy(keys + a->nkeys, b->keys, b->nkeys * sizeof(*keys));
		a->keys = keys;
		a->nkeys += b->nkeys;
		key_ranges_tidy(a->keys, &a->nkeys);
		return true;
	}
	if (!same_set(a, b) || !same_layout(a->operand->field, b->operand->field))
		return false;
	carriers(&a->also, field_proto(b->operand->field));
	return true;
}

enum { MERGE_LOOK_BACK = 8 }; /* children compared with; keeps an or of thousands linear */

static void merge_children(struct pool *pool, struct node *list)
{
	struct node *recent[MERGE_LOOK_BACK] = { NULL }, *prev = NULL;
	unsigned next = 0;

	for (struct node *n = list->first; n; n = n->next) {
		bool merged = false;

		for (unsigned i = 0; n->kind == NODE_TEST && i < MERGE_LOOK_BACK && !merged; i++)
			merged = recent[i] && merge_tests(pool, recent[i]->test, n->test);
		if (merged) {
			prev->next = n->next;
			if (list->last == n)
				list->last = prev;
			continue;
		}
		if (n->kind == NODE_TEST)
			recent[next++ % MERGE_LOOK_BACK] = n;
		prev = n;
	}
}

/* ---- order --------------------------------------------------------------------------------- */

static int by_cost(const void *x, const void *y)
{
	const struct node *a = *(struct node *const *)x, *b = *(struct node *const *)y;

	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	return (a->position > b->position) - (a->position < b->position);
}

static bool sort_children(struct pool *pool, struct node *list)
{
	struct node **all, **at;
	uint32_t n = 0;

	for (struct node *c = list->first; c; c = c->next)
		c->position = n++;
	all = pool_alloc(pool, n * sizeof(*all));
	if (!all)
		return false;
	at = all;
	for (struct node *c = list->first; c; c = c->next)
		*at++ = c;
	qsort(all, n, sizeof(*all), by_cost);
	for (uint32_t i = 0; i < n; i++)
		all[i]->next = i + 1 < n ? all[i + 1] : NULL;
	list->first = all[0];
	list->last = all[n - 1];
	return true;
}

/* Costs of the subtree; false when there is no memory. */
static bool optimize(struct pool *pool, struct node *n)
{
	if (n->kind == NODE_TEST)
		n->cost = test_cost(n->test);
	if (n->kind < NODE_NOT)
		return true;
	if (n->kind == NODE_OR)
		merge_children(pool, n);
	for (struct node *c = n->first; c; c = c->next) {
		if (!optimize(pool, c))
			return false;
		n->cost = n->cost > UINT32_MAX - c->cost ? UINT32_MAX : n->cost + c->cost;
	}
	return sort_children(pool, n);
}

/* ---- jumps ------------------------------------------------------------------------------------ */

static uint32_t count_tests(const struct node *n)
{
	uint32_t count = n->kind == NODE_TEST;

	for (const struct node *c = n->first; c; c = c->next)
		count += count_tests(c);
	return count;
}

struct emitter {
	struct op *ops;
	uint32_t next;
};

static uint32_t emit(struct emitter *e, const struct node *n, uint32_t yes, uint32_t no);

/* The children from `c` on, last first, as jumps go forward. An or of many children is a long list, not a deep tree, so the
 * list is turned around in place instead of recursing along it. */
static uint32_t emit_list(struct emitter *e, struct node *list, uint32_t yes, uint32_t no)
{
	struct node *reversed = NULL, *c = list->first, *after;
	uint32_t entry = 0;
	bool last = true;

	while (c) {
		after = c->next;
		c->next = reversed;
		reversed = c;
		c = after;
	}
	for (c = reversed, reversed = NULL; c; c = after) {
		after = c->next;
		if (list->kind == NODE_AND)
			entry = emit(e, c, last ? yes : entry, no);
		else
			entry = emit(e, c, yes, last ? no : entry);
		last = false;
		c->next = reversed;
		reversed = c;
	}
	return entry;
}

static uint32_t emit(struct emitter *e, const struct node *n, uint32_t yes, uint32_t no)
{
	struct op *op;

	switch (n->kind) {
	case NODE_TRUE:
		return yes;
	case NODE_NOT:
		return emit(e, n->first, no, yes);
	case NODE_TEST:
		op = &e->ops[--e->next];
		op_of_test(op, n->test);
		op->jump_true = (uint16_t)yes;
		op->jump_false = (uint16_t)no;
		return e->next;
	default:
		return emit_list(e, (struct node *)(uintptr_t)n, yes, no);
	}
}

static void looks_beyond_frame(void *beyond, const struct field *f)
{
	*(bool *)beyond |= field_proto(f) != PROTO_frame || f->innermost || f->conversation;
}

int compile_program(struct filter *f, struct errmsg *err)
{
	struct emitter e;

	if (!optimize(&f->pool, f->tree))
		return errmsg_set(err, NW_ELIMIT, "out of memory while compiling the filter");
	f->nops = count_tests(f->tree);
	e.next = PC_FIRST + f->nops;
	if (e.next > UINT16_MAX)
		return errmsg_set(err, NW_ELIMIT, "the filter has %u tests; %u are allowed", f->nops, UINT16_MAX - PC_FIRST);
	f->ops = e.ops = pool_alloc(&f->pool, e.next * sizeof(*f->ops));
	if (!f->ops)
		return errmsg_set(err, NW_ELIMIT, "out of memory while compiling the filter");
	f->entry = emit(&e, f->tree, PC_ACCEPT, PC_REJECT);
	for (uint32_t i = PC_FIRST; i < PC_FIRST + f->nops; i++) {
		operand_fields(f->ops[i].test->operand, looks_beyond_frame, &f->needs_decoding);
		operand_fields(f->ops[i].test->other, looks_beyond_frame, &f->needs_decoding);
	}
	return 0;
}
