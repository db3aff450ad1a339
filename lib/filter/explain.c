/* SPDX-License-Identifier: MIT */
/* What became of a filter, for people: the tree, the program, and the half that the kernel does. */
#include "internal.h"

enum { ITEMS_SHOWN = 8, BPF_MAX = 4096 };

static void put_operand(const struct operand *o, struct outbuf *out);

static void put_expr(const struct expr *e, struct outbuf *out)
{
	static const char *const signs[] = { [EXPR_ADD] = " + ", [EXPR_SUBTRACT] = " - ", [EXPR_MULTIPLY] = " * ",
					     [EXPR_DIVIDE] = " / ", [EXPR_MODULO] = " % ", [EXPR_AND] = " & ", [EXPR_NEGATE] = "-",
					     [EXPR_ABS] = "abs(", [EXPR_MAX] = "max(", [EXPR_MIN] = "min(" };
	bool call = e->kind >= EXPR_ABS, binary = e->kind >= EXPR_ADD && e->kind <= EXPR_AND;

	if (e->kind == EXPR_OPERAND) {
		put_operand(e->operand, out);
		return;
	}
	if (e->kind == EXPR_CONSTANT) {
		if (e->type == FIELD_DURATION)
			outbuf_epoch(out, e->constant, 9);
		else
			outbuf_i64(out, e->constant);
		return;
	}
	outbuf_str(out, binary ? "{" : signs[e->kind]);
	for (const struct expr *a = e->args; a; a = a->next) {
		put_expr(a, out);
		if (a->next)
			outbuf_str(out, call ? ", " : signs[e->kind]);
	}
	outbuf_str(out, binary ? "}" : call ? ")" : "");
}

static void put_slices(const struct step *s, struct outbuf *out)
{
	for (unsigned i = 0; i < s->nslices; i++) {
		outbuf_str(out, i ? "," : s->kind == STEP_LAYERS ? "#[" : "[");
		outbuf_i64(out, s->slices[i].offset);
		outbuf_char(out, ':');
		if (s->slices[i].length >= 0)
			outbuf_i64(out, s->slices[i].length);
	}
	outbuf_char(out, ']');
}

static void put_operand(const struct operand *o, struct outbuf *out)
{
	static const char *const names[] = { [STEP_LEN] = "len", [STEP_LOWER] = "lower", [STEP_UPPER] = "upper",
					     [STEP_STRING] = "string", [STEP_COUNT] = "count" };

	for (const struct step *s = o->steps; s; s = s->next)
		if (s->kind >= STEP_LEN) {
			outbuf_str(out, names[s->kind]);
			outbuf_char(out, '(');
		}
	if (operand_begins_with(o, STEP_EXPR))
		put_expr(o->steps->expr, out);
	else
		outbuf_str(out, field_name(o->field));
	for (const struct step *s = o->steps; s; s = s->next) {
		if (s->kind == STEP_MASK && s->mask_bytes) {
			outbuf_str(out, " & ");
			outbuf_hexbytes(out, s->mask_bytes, s->mask_len, ':');
		} else if (s->kind == STEP_MASK) {
			outbuf_str(out, " & 0x");
			outbuf_hex(out, s->mask, s->mask > 0xffff ? 8 : s->mask > 0xff ? 4 : 2);
		} else if (s->kind >= STEP_LEN) {
			outbuf_char(out, ')');
		} else if (s->kind != STEP_EXPR) {
			put_slices(s, out);
		}
	}
}

/* A key as the value that it is. */
static void put_key(struct outbuf *out, const struct operand *o, uint64_t key)
{
	uint8_t b[8] = { (uint8_t)(key >> 24), (uint8_t)(key >> 16), (uint8_t)(key >> 8), (uint8_t)key };

	switch (o->type) {
	case FIELD_IPV4:
		outbuf_ipv4(out, b);
		break;
	case FIELD_ETHER:
		memmove(b + 2, b, 4);
		b[0] = (uint8_t)(key >> 40);
		b[1] = (uint8_t)(key >> 32);
		outbuf_mac(out, b);
		break;
	case FIELD_TIME: case FIELD_DURATION:
		outbuf_epoch(out, (int64_t)(key ^ KEY_SIGN), 9);
		break;
	case FIELD_INT:
		outbuf_i64(out, (int64_t)(key ^ KEY_SIGN));
		break;
	default:
		outbuf_u64(out, key);
	}
}

/* a, a..b or a block of addresses */
static void put_range(struct outbuf *out, const struct operand *o, const struct key_range *k)
{
	put_key(out, o, k->lo);
	if (!k->span)
		return;
	if (o->type == FIELD_IPV4 && !(k->span & (k->span + 1)) && !(k->lo & k->span)) {
		outbuf_char(out, '/');
		outbuf_u64(out, 32 - (uint64_t)__builtin_popcountll(k->span));
		return;
	}
	outbuf_str(out, "..");
	put_key(out, o, k->lo + k->span);
}

static uint64_t lowest(uint8_t type)
{
	return type_is_signed(type) ? INT64_MIN ^ KEY_SIGN : 0;
}

static void put_keys(struct outbuf *out, const struct test *t)
{
	const struct operand *o = t->operand;
	const struct key_range *k = t->keys;

	if (t->nkeys == 1 && !k->span) {
		outbuf_str(out, t->invert ? " differs from " : " is ");
		put_key(out, o, k->lo);
		return;
	}
	if (t->nkeys == 1 && k->lo + k->span == UINT64_MAX && !t->invert) {
		outbuf_str(out, " is at least ");
		put_key(out, o, k->lo);
		return;
	}
	if (t->nkeys == 1 && k->lo == lowest(o->type) && !t->invert) {
		outbuf_str(out, " is at most ");
		put_key(out, o, k->lo + k->span);
		return;
	}
	outbuf_str(out, t->invert ? " not in {" : " in {");
	for (uint32_t i = 0; i < t->nkeys && i < ITEMS_SHOWN; i++) {
		if (i)
			outbuf_str(out, ", ");
		put_range(out, o, &t->keys[i]);
	}
	if (t->nkeys > ITEMS_SHOWN)
		outbuf_printf(out, " and %u more", t->nkeys - ITEMS_SHOWN);
	outbuf_char(out, '}');
}

static void put_bytes(struct outbuf *out, uint8_t type, const uint8_t *p, uint32_t len)
{
	if (type == FIELD_BYTES || type == FIELD_ETHER) {
		outbuf_hexbytes(out, p, len, ':');
		return;
	}
	if (type == FIELD_IPV6 && len == 16) {
		outbuf_ipv6(out, p);
		return;
	}
	outbuf_char(out, '"');
	outbuf_escaped(out, p, len);
	outbuf_char(out, '"');
}

static void put_ranges(struct outbuf *out, const struct test *t)
{
	outbuf_str(out, t->invert ? " not in {" : " in {");
	for (uint32_t i = 0; i < t->nranges && i < ITEMS_SHOWN; i++) {
		const struct byte_range *r = &t->ranges[i];

		if (i)
			outbuf_str(out, ", ");
		if (r->lo)
			put_bytes(out, t->operand->type, r->lo, r->lo_len);
		if (r->lo && r->hi && r->lo_len == r->hi_len && !memcmp(r->lo, r->hi, r->lo_len))
			continue;
		outbuf_str(out, r->lo_open || r->hi_open ? "<.." : "..");
		if (r->hi)
			put_bytes(out, t->operand->type, r->hi, r->hi_len);
	}
	if (t->nranges > ITEMS_SHOWN)
		outbuf_printf(out, " and %u more", t->nranges - ITEMS_SHOWN);
	outbuf_char(out, '}');
}

static void put_prefix(struct outbuf *out, const struct test *t)
{
	uint8_t addr[16];
	unsigned bits = 0;

	for (unsigned i = 0; i < 16; i++)
		addr[i] = (uint8_t)(t->prefix[i / 8] >> (56 - 8 * (i % 8)));
	for (unsigned i = 0; i < 2; i++)
		bits += (unsigned)__builtin_popcountll(t->prefix_mask[i]);
	outbuf_str(out, t->invert ? " differs from " : " is ");
	outbuf_ipv6(out, addr);
	if (bits < 128)
		outbuf_printf(out, "/%u", bits);
}

static void test_format(const struct filter *f, const struct test *t, struct outbuf *out)
{
	static const char *const signs[] = { [REL_EQ] = "==", [REL_GT] = ">", [REL_GE] = ">=", [REL_LT] = "<", [REL_LE] = "<=",
					     [REL_CONTAINS] = "contains" };

	if (t->kind != PREDICATE_EXISTS)
		outbuf_str(out, t->all ? "every " : "");
	put_operand(t->operand, out);
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (proto_set_has(&t->also, i)) {
			outbuf_str(out, ", the same of ");
			outbuf_str(out, protocols[i]->name);
			outbuf_char(out, ',');
		}
	switch (t->kind) {
	case PREDICATE_EXISTS:
		outbuf_str(out, " is there");
		break;
	case PREDICATE_KEYS:
		put_keys(out, t);
		break;
	case PREDICATE_BYTES:
		put_ranges(out, t);
		break;
	case PREDICATE_PREFIX:
		put_prefix(out, t);
		break;
	case PREDICATE_CONTAINS:
		outbuf_str(out, " contains ");
		put_bytes(out, FIELD_STRING, t->needle.bytes, t->needle.len);
		if (t->needle.fold)
			outbuf_str(out, " in any case");
		break;
	case PREDICATE_REGEX:
		outbuf_str(out, " matches the expression in ");
		outbuf_escaped(out, f->text + t->at, t->len);
		break;
	default:
		outbuf_printf(out, "%s %s ", t->invert ? " not" : "", signs[t->relation]);
		put_operand(t->other, out);
	}
}

static void put_tree(const struct filter *f, const struct node *n, unsigned depth, struct outbuf *out)
{
	static const char *const words[] = { [NODE_TRUE] = "every packet", [NODE_NOT] = "not", [NODE_AND] = "and",
					     [NODE_OR] = "or" };

	outbuf_str(out, depth ? "            " : "tree        ");
	for (unsigned i = 0; i < depth; i++)
		outbuf_str(out, "  ");
	if (n->kind == NODE_TEST)
		test_format(f, n->test, out);
	else
		outbuf_str(out, words[n->kind]);
	outbuf_char(out, '\n');
	for (const struct node *c = n->first; c; c = c->next)
		put_tree(f, c, depth + 1, out);
}

static void put_jump(struct outbuf *out, const char *when, uint32_t to, uint32_t next)
{
	if (to == next)
		return;
	outbuf_str(out, when);
	if (to == PC_ACCEPT)
		outbuf_str(out, "accept");
	else if (to == PC_REJECT)
		outbuf_str(out, "reject");
	else
		outbuf_u64(out, to);
}

static void put_program(const struct filter *f, struct outbuf *out)
{
	static const char *const names[] = { [OP_PRESENT] = "present", [OP_FIXED] = "fixed", [OP_FIXED_SET] = "set",
					     [OP_PREFIX] = "prefix", [OP_GET] = "get", [OP_FRAME] = "search", [OP_LAYER] = "layer",
					     [OP_VALUES] = "values", [OP_COUNT] = "count" };

	if (!f->nops)
		outbuf_str(out, "program     accept\n");
	for (uint32_t i = PC_FIRST; i < PC_FIRST + f->nops; i++) {
		const struct op *op = &f->ops[i];

		outbuf_printf(out, "%s%4u  %-8s", i == PC_FIRST ? "program " : "        ", i, names[op->code]);
		test_format(f, op->test, out);
		outbuf_str(out, "   ");
		put_jump(out, " yes: ", op->jump_true, i + 1);
		put_jump(out, " no: ", op->jump_false, i + 1);
		outbuf_char(out, '\n');
	}
}

static void put_needs(const struct filter *f, struct outbuf *out)
{
	struct decoder d;
	bool any = false;

	decoder_init(&d);
	filter_want(f, &d);
	outbuf_str(out, "decoding    ");
	if (!f->needs_decoding) {
		outbuf_str(out, "none, the frame alone decides\n");
		decoder_release(&d);
		return;
	}
	outbuf_str(out, d.application ? "with application layers:" : "link, network and transport layers:");
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (proto_set_has(&d.want, i)) {
			outbuf_str(out, any ? ", " : " ");
			outbuf_str(out, protocols[i]->name);
			any = true;
		}
	outbuf_char(out, '\n');
	decoder_release(&d);
}

void filter_explain(const struct filter *f, unsigned linktype, struct outbuf *out)
{
	const char *link = linktype_name(linktype);
	char bpf[BPF_MAX];
	bool exact;

	outbuf_str(out, "filter      ");
	outbuf_escaped(out, f->text, strlen(f->text));
	outbuf_char(out, '\n');
	put_tree(f, f->tree, 0, out);
	put_program(f, out);
	put_needs(f, out);
	filter_bpf(f, linktype, bpf, sizeof(bpf), &exact);
	outbuf_printf(out, "BPF         for link type %s", link ? link : "unknown");
	if (!bpf[0])
		outbuf_str(out, ": none is narrower than every packet\n");
	else if (exact)
		outbuf_str(out, ", which alone decides on live capture:\n            ");
	else
		outbuf_str(out, ", run by the kernel on live capture before the display filter:\n            ");
	if (bpf[0]) {
		outbuf_str(out, bpf);
		outbuf_char(out, '\n');
	}
}
