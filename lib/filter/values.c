/* SPDX-License-Identifier: MIT */
/*
 * The values of an operand: those of its field, of some of its layers, their number, or what arithmetic makes of them; then
 * the steps, value by value.
 */
#include "internal.h"

/* ---- steps ------------------------------------------------------------------------------ */

static bool take_slice(const struct slice *s, const struct value *from, struct value *to)
{
	int64_t start = s->offset < 0 ? (int64_t)from->len + s->offset : s->offset;
	int64_t length = s->length < 0 ? (int64_t)from->len - start : s->length;

	if (start < 0 || length < 0 || start + length > from->len)
		return false;
	to->bytes = from->bytes + start;
	to->len = (uint32_t)length;
	return true;
}

/* The slices one behind the other; a single one needs no copy. */
static bool take_slices(struct packet *p, const struct step *s, struct value *v)
{
	struct value part, from = *v;
	uint32_t total = 0;
	uint8_t *out;

	if (s->nslices == 1)
		return take_slice(&s->slices[0], &from, v);
	for (unsigned i = 0; i < s->nslices; i++) {
		if (!take_slice(&s->slices[i], &from, &part) || part.len > PACKET_SCRATCH)
			return false;
		total += part.len;
	}
	out = packet_scratch(p, total);
	if (!out)
		return false;
	v->bytes = out;
	v->len = total;
	for (unsigned i = 0; i < s->nslices; i++)
		if (take_slice(&s->slices[i], &from, &part)) {
			memcpy(out, part.bytes, part.len);
			out += part.len;
		}
	return true;
}

static bool change_case(struct packet *p, bool upper, struct value *v)
{
	uint8_t first = upper ? 'a' : 'A', *out = packet_scratch(p, v->len);

	if (!out)
		return false;
	for (uint32_t i = 0; i < v->len; i++)
		out[i] = (uint8_t)(v->bytes[i] - first) < 26 ? v->bytes[i] ^ 0x20 : v->bytes[i];
	v->bytes = out;
	return true;
}

static bool format_string(struct packet *p, const struct field *f, struct value *v)
{
	enum { TEXT_MAX = 512 };
	uint8_t *out = packet_scratch(p, TEXT_MAX);
	struct outbuf o;

	if (!out)
		return false;
	outbuf_fixed(&o, (char *)out, TEXT_MAX);
	value_format(&o, f, v);
	v->bytes = out;
	v->len = (uint32_t)outbuf_len(&o);
	return true;
}

/* As many bytes as both have. */
static bool mask_bytes(struct packet *p, const struct step *s, struct value *v)
{
	uint32_t n = v->len < s->mask_len ? v->len : s->mask_len;
	uint8_t *out = packet_scratch(p, n);

	if (!out)
		return false;
	for (uint32_t i = 0; i < n; i++)
		out[i] = v->bytes[i] & s->mask_bytes[i];
	v->bytes = out;
	v->len = n;
	return true;
}

bool steps_apply(struct packet *p, const struct field *f, const struct step *s, struct value *v)
{
	bool ok = true;

	for (; s && ok; s = s->next) {
		switch (s->kind) {
		case STEP_SLICE:
			ok = take_slices(p, s, v);
			break;
		case STEP_MASK:
			if (s->mask_bytes)
				ok = mask_bytes(p, s, v);
			else
				v->u &= s->mask;
			break;
		case STEP_LEN:
			v->u = type_is_bytes(s->from) ? v->len : f->width;
			break;
		case STEP_LOWER: case STEP_UPPER:
			ok = change_case(p, s->kind == STEP_UPPER, v);
			break;
		case STEP_STRING:
			ok = format_string(p, f, v);
			break;
		}
	}
	return ok;
}

/* ---- some layers of a field ---------------------------------------------------------------- */

/* Is layer number `n` (from 1) of `total` one of those asked for? Negative numbers count from the last. */
static bool layer_chosen(const struct step *s, int64_t n, int64_t total)
{
	for (unsigned i = 0; i < s->nslices; i++) {
		int64_t from = s->slices[i].offset;
		int64_t to;

		if (from < 0)
			from += total + 1;
		to = s->slices[i].length < 0 ? total : from + s->slices[i].length - 1;
		if (n >= from && n <= to)
			return true;
	}
	return false;
}

static bool field_in_layer(const struct layer *l, const struct field *f, unsigned proto)
{
	return f->type == FIELD_PROTOCOL ? l->proto == proto : field_carried(l->proto, proto);
}

static void layers_each(struct packet *p, const struct operand *o, field_each_fn *each, void *user)
{
	unsigned proto = field_proto(o->field), total = 0, n = 0;

	for (unsigned i = 0; i < p->nlayers; i++)
		total += field_in_layer(&p->layers[i], o->field, proto);
	for (unsigned i = 0; i < p->nlayers; i++)
		if (field_in_layer(&p->layers[i], o->field, proto) && layer_chosen(o->steps, ++n, total) &&
		    !field_each_in_layer(p, &p->layers[i], o->field, each, user))
			return;
}

static bool next_value(void *user, const struct field *f, const struct value *v)
{
	(void)user;
	(void)f;
	(void)v;
	return true;
}

unsigned field_count(struct packet *p, const struct field *f)
{
	return field_each(p, f, next_value, NULL);
}

/* ---- arithmetic ------------------------------------------------------------------------------- */

/* Takes one value of an expression; false: enough. */
typedef bool expr_sink(void *user, int64_t v);

struct work {
	struct packet *p;
	unsigned done; /* values made: EXPR_WORK_MAX is the end */
};

static bool expr_each(struct work *w, const struct expr *e, expr_sink *sink, void *user);

struct leaf {
	struct work *w;
	const struct expr *e;
	expr_sink *sink;
	void *user;
	bool more;
};

static bool leaf_value(void *user, const struct field *f, const struct value *given)
{
	struct leaf *leaf = user;
	struct packet *p = leaf->w->p;
	const struct operand *o = leaf->e->operand;
	uint32_t scratch = p->scratch_used;
	struct value v = *given;
	uint64_t key;

	if (!steps_apply(p, f, o->steps, &v) || !value_key(o->type, &v, &key))
		return true;
	p->scratch_used = scratch;
	if (type_is_signed(o->type))
		key ^= KEY_SIGN;
	else if (key > INT64_MAX)
		return true;
	leaf->more = leaf->sink(leaf->user, (int64_t)key);
	return leaf->more;
}

struct binary {
	struct work *w;
	const struct expr *e;
	expr_sink *sink;
	void *user;
	int64_t left;
};

static bool right_value(void *user, int64_t right)
{
	struct binary *b = user;
	int64_t v;

	if (b->w->done++ > EXPR_WORK_MAX)
		return false;
	return !arith_compute(b->e->kind, b->left, right, &v) || b->sink(b->user, v);
}

static bool left_value(void *user, int64_t left)
{
	struct binary *b = user;

	b->left = left;
	return expr_each(b->w, b->e->args->next, right_value, b);
}

static bool unary_value(void *user, int64_t v)
{
	struct binary *b = user;

	if (v == INT64_MIN)
		return true;
	return b->sink(b->user, b->e->kind == EXPR_NEGATE || v < 0 ? -v : v);
}

struct extreme {
	bool any, largest;
	int64_t v;
};

static bool extreme_value(void *user, int64_t v)
{
	struct extreme *x = user;

	if (!x->any || (x->largest ? v > x->v : v < x->v))
		x->v = v;
	x->any = true;
	return true;
}

/* Every value of the expression, until `sink` returns false; then it does too. */
static bool expr_each(struct work *w, const struct expr *e, expr_sink *sink, void *user)
{
	struct leaf leaf = { w, e, sink, user, true };
	struct binary b = { w, e, sink, user, 0 };
	struct extreme x = { false, e->kind == EXPR_MAX, 0 };

	switch (e->kind) {
	case EXPR_CONSTANT:
		return sink(user, e->constant);
	case EXPR_OPERAND:
		operand_each(w->p, e->operand, leaf_value, &leaf);
		return leaf.more;
	case EXPR_NEGATE: case EXPR_ABS:
		return expr_each(w, e->args, unary_value, &b);
	case EXPR_MAX: case EXPR_MIN:
		for (const struct expr *a = e->args; a; a = a->next)
			expr_each(w, a, extreme_value, &x);
		return !x.any || sink(user, x.v);
	default:
		return expr_each(w, e->args, left_value, &b);
	}
}

struct result {
	const struct operand *o;
	field_each_fn *each;
	void *user;
};

/* A number of an expression as a value of its type. */
static bool expr_value(void *user, int64_t number)
{
	struct result *r = user;
	uint8_t bytes[8];
	struct value v = { .i = number };

	if (r->o->type == FIELD_IPV4 || r->o->type == FIELD_ETHER) {
		v.len = r->o->type == FIELD_IPV4 ? 4 : 6;
		for (unsigned i = 0; i < 8; i++)
			bytes[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
		v.bytes = bytes + 8 - v.len;
	}
	return r->each(r->user, r->o->field, &v);
}

void operand_each(struct packet *p, const struct operand *o, field_each_fn *each, void *user)
{
	struct result r = { o, each, user };
	struct work w = { p, 0 };
	struct value v = { .u = 0 };

	switch (o->steps ? o->steps->kind : STEP_SLICE) {
	case STEP_LAYERS:
		layers_each(p, o, each, user);
		break;
	case STEP_EXPR:
		expr_each(&w, o->steps->expr, expr_value, &r);
		break;
	case STEP_COUNT:
		v.u = field_count(p, o->field);
		if (v.u) /* as in Wireshark, a field that is not there is not counted 0 */
			each(user, o->field, &v);
		break;
	default:
		field_each(p, o->field, each, user);
	}
}
