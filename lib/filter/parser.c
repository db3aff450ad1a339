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
 *
 * a < b < c means a < b and b < c. Words are those of words.c, relations those of relation.c, operands those of operand.c.
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
			b = operand_parse(ps);
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
	if (is_not(ps) && parser_next_is(ps, "in"))
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
	if (n->kind == NODE_TEST && (n->test->kind == PREDICATE_EXISTS || n->test->operand->steps) &&
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
	if (rel != REL_NONE || ps->tok.kind == TOKEN_END || (ps->tok.kind == TOKEN_SIGN && !operand_starts(ps)) || token_is(ps, "and") ||
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
		if (ps->tok.kind != TOKEN_WORD || !(field_find(ps->text + ps->tok.at, ps->tok.len) || parser_next_is(ps, "("))) {
			*ps = start;
			quantifier = 0;
		}
	}
	o = operand_parse(ps);
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
