/* SPDX-License-Identifier: MIT */
/*
 * The program runs. An op answers yes or no for a packet and says where to go on; there is no stack and nothing to allocate.
 *
 * The fast ops read a header where it lies. "Some value in the range" and "every value in the range" are one loop: with
 * `all` unset it ends at the first hit, with `all` set at the first miss.
 */
#include "internal.h"

/* ---- predicates on one value ------------------------------------------------------------ */

static inline bool key_in(const struct key_range *r, uint64_t key)
{
	return key - r->lo <= r->span;
}

/* The ranges are sorted and apart. */
static bool key_in_set(const struct test *t, uint64_t key)
{
	uint32_t lo = 0, hi = t->nkeys;

	while (hi - lo > 4) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->keys[mid].lo <= key)
			lo = mid;
		else
			hi = mid;
	}
	for (; lo < hi; lo++)
		if (key_in(&t->keys[lo], key))
			return true;
	return false;
}

uint64_t load_be(const uint8_t *p, unsigned width)
{
	uint64_t v = 0;

	while (width--)
		v = v << 8 | *p++;
	return v;
}

bool value_key(uint8_t type, const struct value *v, uint64_t *key)
{
	switch (type) {
	case FIELD_BOOL: case FIELD_UINT:
		*key = v->u;
		return true;
	case FIELD_INT: case FIELD_TIME: case FIELD_DURATION:
		*key = v->u ^ KEY_SIGN;
		return true;
	default:
		*key = v->len <= 8 ? load_be(v->bytes, v->len) : 0;
		return v->len == (type == FIELD_ETHER ? 6 : 4);
	}
}

static int compare_bytes(const uint8_t *a, uint32_t alen, const uint8_t *b, uint32_t blen)
{
	uint32_t n = alen < blen ? alen : blen;
	int order = n ? memcmp(a, b, n) : 0;

	return order ? order : (alen > blen) - (alen < blen);
}

static bool bytes_in(const struct byte_range *r, const struct value *v)
{
	int order;

	if (r->lo) {
		order = compare_bytes(v->bytes, v->len, r->lo, r->lo_len);
		if (order < 0 || (order == 0 && r->lo_open))
			return false;
	}
	if (r->hi) {
		order = compare_bytes(v->bytes, v->len, r->hi, r->hi_len);
		if (order > 0 || (order == 0 && r->hi_open))
			return false;
	}
	return true;
}

static inline bool prefix_holds(const struct test *t, const uint8_t *b)
{
	return (get_be64(b) & t->prefix_mask[0]) == t->prefix[0] && (get_be64(b + 8) & t->prefix_mask[1]) == t->prefix[1];
}

static bool compare_with_field(const struct test *t, struct packet *p, const struct value *v);

/* Does the predicate, not inverted, hold for a value of this type? */
static bool holds(const struct test *t, struct packet *p, uint8_t type, const struct value *v)
{
	uint64_t key;

	switch (t->kind) {
	case PREDICATE_EXISTS:
		return true;
	case PREDICATE_KEYS:
		return value_key(type, v, &key) && key_in_set(t, key);
	case PREDICATE_BYTES:
		for (uint32_t i = 0; i < t->nranges; i++)
			if (bytes_in(&t->ranges[i], v))
				return true;
		return false;
	case PREDICATE_PREFIX:
		return v->len == 16 && prefix_holds(t, v->bytes);
	case PREDICATE_CONTAINS:
		return needle_find(&t->needle, v->bytes, v->len);
	case PREDICATE_REGEX:
		return regex_search(t->regex, v->bytes, v->len);
	default:
		return compare_with_field(t, p, v);
	}
}

/* ---- questions about all values ------------------------------------------------------------ */

struct question {
	const struct test *test;
	struct packet *p;
	const struct value *left; /* ask_pair: the value of the first field */
	bool seen, decided, answer;
};

/* One more value. False when the answer is known. */
static bool ask(void *user, const struct field *f, const struct value *given)
{
	struct question *q = user;
	const struct test *t = q->test;
	uint32_t scratch = q->p->scratch_used;
	struct value v = *given;
	bool hit;

	q->seen = true; /* a slice that is not there is no value, but the field is: != holds, as in Wireshark */
	if (!t->operand->steps || steps_apply(q->p, f, t->operand->steps, &v)) {
		hit = holds(t, q->p, t->operand->type, &v) != (t->invert && t->kind != PREDICATE_FIELD);
		if (hit != t->all) {
			q->decided = true;
			q->answer = hit;
		}
	}
	q->p->scratch_used = scratch;
	return !q->decided;
}

static bool answer(const struct question *q)
{
	return q->decided ? q->answer : q->test->all && q->seen;
}

static bool relation_holds(const struct test *t, const struct value *left, const struct value *right)
{
	uint64_t a, b;
	int order;

	if (t->relation == REL_CONTAINS) {
		struct needle n;

		needle_init(&n, right->bytes, right->len, false);
		return needle_find(&n, left->bytes, left->len);
	}
	if (!type_is_keyed(t->operand->type) || !type_is_keyed(t->other->type))
		order = compare_bytes(left->bytes, left->len, right->bytes, right->len);
	else if (value_key(t->operand->type, left, &a) && value_key(t->other->type, right, &b))
		order = (a > b) - (a < b);
	else
		return false;
	switch (t->relation) {
	case REL_GT: return order > 0;
	case REL_GE: return order >= 0;
	case REL_LT: return order < 0;
	case REL_LE: return order <= 0;
	default: return order == 0;
	}
}

/* One more value of the other field, for a value of the first. False when the answer for that one is known. */
static bool ask_pair(void *user, const struct field *f, const struct value *given)
{
	struct question *q = user;
	uint32_t scratch = q->p->scratch_used;
	struct value right = *given;
	bool hit;

	q->seen = true;
	if (steps_apply(q->p, f, q->test->other->steps, &right)) {
		hit = relation_holds(q->test, q->left, &right) != q->test->invert;
		if (hit != q->test->all) {
			q->decided = true;
			q->answer = hit;
		}
	}
	q->p->scratch_used = scratch;
	return !q->decided;
}

/* any: some pair of values stands in the relation; all: every pair does, and there is one. */
static bool compare_with_field(const struct test *t, struct packet *p, const struct value *v)
{
	struct question q = { .test = t, .p = p, .left = v };

	operand_each(p, t->other, ask_pair, &q);
	return answer(&q);
}

/* ---- the ops ------------------------------------------------------------------------------- */

static inline bool any_present(const struct packet *p, const struct op *op)
{
	/* word by word: a vector load would wait for the narrower stores of the decoder */
	for (unsigned i = 0; i < (PROTO_COUNT + 63) / 64; i++)
		if (p->present.bits[i] & op->protos.bits[i])
			return true;
	return false;
}

static inline uint64_t load_field(const uint8_t *b, unsigned width)
{
	switch (width) {
	case 1: return *b;
	case 2: return get_be16(b);
	case 4: return get_be32(b);
	case 6: return (uint64_t)get_be16(b) << 32 | get_be32(b + 2);
	default: return load_be(b, width);
	}
}

static bool run_fixed(const struct op *op, const struct packet *p)
{
	bool seen = false;

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		const uint8_t *b;
		uint32_t n;

		if (!proto_set_has(&op->protos, l->proto))
			continue;
		n = packet_bytes(p, l, &b);
		for (unsigned k = 0; k < op->nsources; k++) {
			uint64_t key;
			bool hit;

			if (n < (uint32_t)op->offset[k] + op->width)
				continue;
			if (op->code == OP_PREFIX) {
				hit = prefix_holds(op->test, b + op->offset[k]);
			} else {
				key = ((load_field(b + op->offset[k], op->width) & op->mask) >> op->shift) ^ op->bias;
				hit = op->code == OP_FIXED ? key_in(&op->range, key) : key_in_set(op->test, key);
			}
			hit ^= op->invert;
			if (hit != op->all)
				return hit;
			seen = true;
		}
	}
	return op->all && seen;
}

static bool run_get(const struct op *op, struct packet *p)
{
	const struct field *f = op->test->operand->field;
	struct question q = { .test = op->test, .p = p };
	struct value v;

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		if (proto_set_has(&op->protos, l->proto) && op->get(p, l, f, &v) && !ask(&q, f, &v))
			break;
	}
	return answer(&q);
}

static bool run_layer(const struct op *op, struct packet *p)
{
	struct question q = { .test = op->test, .p = p };
	struct value v = { .u = 0 };

	for (unsigned i = 0; i < p->nlayers; i++) {
		if (!proto_set_has(&op->protos, p->layers[i].proto))
			continue;
		v.len = packet_bytes(p, &p->layers[i], &v.bytes);
		if (!ask(&q, op->test->operand->field, &v))
			break;
	}
	return answer(&q);
}

static bool run_values(const struct op *op, struct packet *p)
{
	struct question q = { .test = op->test, .p = p };

	operand_each(p, op->test->operand, ask, &q);
	return answer(&q);
}

static bool run_count(const struct op *op, struct packet *p)
{
	unsigned n = field_count(p, op->test->operand->field);

	return n && key_in_set(op->test, n) != op->invert; /* as in Wireshark, no test is true of a field that is not there */
}

static bool run_op(const struct op *op, struct packet *p)
{
	if (!any_present(p, op))
		return false;
	switch (op->code) {
	case OP_PRESENT: return true;
	case OP_FIXED: case OP_FIXED_SET: case OP_PREFIX: return run_fixed(op, p);
	case OP_GET: return run_get(op, p);
	case OP_FRAME: return needle_find(&op->test->needle, p->frame->data, p->frame->caplen);
	case OP_LAYER: return run_layer(op, p);
	case OP_COUNT: return run_count(op, p);
	default: return run_values(op, p);
	}
}

bool filter_match(const struct filter *f, struct packet *p)
{
	uint32_t pc = f->entry;

	while (pc >= PC_FIRST) {
		const struct op *op = &f->ops[pc];

		pc = run_op(op, p) ? op->jump_true : op->jump_false;
	}
	if (__builtin_expect(p->times != NULL, 0)) {
		p->times->filtered = true;
		if (pc == PC_ACCEPT) {
			p->times->shown = true;
			p->times->shown_ns = p->frame->ts_ns;
		}
	}
	return pc == PC_ACCEPT;
}

bool filter_match_frame(const struct filter *f, const struct frame *frame)
{
	struct packet p; /* the scratch memory in it is 8 KB that nobody touches */

	p.frame = frame;
	p.source[0] = (struct packet_source){ .data = frame->data, .len = frame->caplen };
	p.nsources = 1;
	p.present = (struct proto_set){ { 0 } };
	proto_set_add(&p.present, PROTO_frame);
	p.nlayers = 1;
	p.result = DECODE_OK;
	p.network = p.transport = -1;
	p.scratch_used = 0;
	p.times = NULL;
	p.layers[0] = (struct layer){ .proto = PROTO_frame,
				      .wire_end = frame->wirelen > frame->caplen ? frame->wirelen : frame->caplen };
	return filter_match(f, &p);
}
