/* SPDX-License-Identifier: MIT */
/*
 * Completion reads the tokens in front of the cursor and keeps one thing of them: what is expected next. That is enough, as
 * the language alternates between operands and what joins them.
 */
#include "filter/complete.h"
#include "internal.h"

#include <stdlib.h>

enum expect { EXPECT_OPERAND, EXPECT_RELATION, EXPECT_VALUE, EXPECT_CONNECTIVE };

struct offer {
	const char *prefix;
	size_t len;
	filter_complete_fn *each;
	void *user;
	unsigned count;
};

struct word {
	const char *text, *label;
};

static const struct word truths[] = { { "True", "" }, { "False", "" } };
static const struct word connectives[] = { { "and", "both" }, { "or", "one of the two" } };
static const struct word functions[] = {
	{ "len(", "bytes of text or bytes" }, { "count(", "how often a field occurs" }, { "lower(", "text in lower case" },
	{ "upper(", "text in upper case" }, { "string(", "a number or an address as text" }, { "max(", "the largest" },
	{ "min(", "the smallest" }, { "abs(", "without its sign" },
};
static const struct word words[] = {
	{ "not", "" }, { "any", "some value of the field" }, { "all", "every value of the field" }, { "host", "an address at either end" },
	{ "net", "a network at either end" }, { "port", "a TCP or UDP port at either end" }, { "portrange", "" },
	{ "src", "the source address or port" }, { "dst", "the destination address or port" }, { "stream", "a conversation by number" },
	{ "contains", "text anywhere in the frame" }, { "matches", "a regular expression anywhere in the frame" },
};

static const struct {
	const char *text, *label;
	bool numbers, bytes; /* for which types */
} relations[] = {
	{ "==", "some value is equal", true, true }, { "!=", "every value differs", true, true }, { ">", "", true, true },
	{ ">=", "", true, true }, { "<", "", true, true }, { "<=", "", true, true }, { "in", "{1, 5..9}", true, true },
	{ "not in", "", true, true }, { "===", "every value is equal", true, true }, { "!==", "some value differs", true, true },
	{ "contains", "text or bytes inside", false, true }, { "matches", "a regular expression", false, true },
	{ "&", "some of these bits are set", true, false },
};

static void offer(struct offer *o, const char *text, const char *kind, const char *label)
{
	struct filter_candidate c = { text, kind, label ? label : "" };

	if (strncmp(text, o->prefix, o->len))
		return;
	o->count++;
	o->each(o->user, &c);
}

static void offer_words(struct offer *o, const struct word *w, size_t n, const char *kind)
{
	for (size_t i = 0; i < n; i++)
		offer(o, w[i].text, kind, w[i].label);
}
#define OFFER(o, list, kind) offer_words(o, list, sizeof(list) / sizeof((list)[0]), kind)

static void offer_fields(struct offer *o)
{
	bool dotted = memchr(o->prefix, '.', o->len) != NULL;

	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		const struct protocol *p = protocols[i];

		if (!p->name[0])
			continue;
		offer(o, p->name, "protocol", p->title);
		for (unsigned k = 0; dotted && k < p->nfields; k++)
			if (k == 0 || strcmp(field_name(&p->fields[k]), field_name(&p->fields[k - 1])) != 0)
				offer(o, field_name(&p->fields[k]), "field", field_label(&p->fields[k]));
	}
}

/* The names of a field's numbers, in quotes. */
static void offer_values(struct offer *o, const struct field *f)
{
	char quoted[80];

	if (!f)
		return;
	if (f->type == FIELD_BOOL)
		OFFER(o, truths, "value");
	for (struct named_value n = { 0 }; named_values_next(field_names(f), &n);) {
		size_t len = strlen(n.name);

		if (len > sizeof(quoted) - 3)
			continue;
		quoted[0] = '"';
		memcpy(quoted + 1, n.name, len);
		memcpy(quoted + 1 + len, "\"", 2);
		offer(o, quoted, "value", "");
	}
}

static void offer_relations(struct offer *o, const struct field *f)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (!f || (type_is_bytes(f->type) ? relations[i].bytes : relations[i].numbers))
			offer(o, relations[i].text, "relation", relations[i].label);
}

/* What a whole token makes of the expectation. `f` is the field that was read last; `in_set`: between the braces of in. */
static enum expect after(const struct parser *ps, enum expect before, const struct field **f, bool *in_set)
{
	static const char *const starts[] = { "(", ",", "and", "or", "&&", "||", "not", "!", "AND", "OR", "NOT", "any", "all", "+", "*",
					      "%", "{" };
	bool value = before == EXPECT_VALUE;

	if (ps->tok.kind == TOKEN_SIGN || ps->tok.kind == TOKEN_WORD) {
		if (value && token_is(ps, "{"))
			*in_set = true;
		else if (token_is(ps, "}"))
			*in_set = false;
		if (relation_of(ps) != REL_NONE || token_is(ps, "&") || (*in_set && (token_is(ps, "{") || token_is(ps, ","))))
			return EXPECT_VALUE;
		for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
			if (token_is(ps, starts[i]))
				return EXPECT_OPERAND;
		if (token_is(ps, "]"))
			return EXPECT_RELATION;
		if (token_is(ps, ")") || token_is(ps, "}"))
			return *f && before == EXPECT_RELATION ? EXPECT_RELATION : EXPECT_CONNECTIVE;
	}
	if (value)
		return EXPECT_CONNECTIVE;
	*f = ps->tok.kind == TOKEN_WORD ? field_find(ps->text + ps->tok.at, ps->tok.len) : NULL;
	return *f ? EXPECT_RELATION : EXPECT_CONNECTIVE;
}

static void offer_all(struct offer *o, enum expect expected, const struct field *f)
{
	switch (expected) {
	case EXPECT_OPERAND:
		offer_fields(o);
		OFFER(o, functions, "function");
		OFFER(o, words, "word");
		break;
	case EXPECT_VALUE:
		offer_values(o, f);
		if (memchr(o->prefix, '.', o->len))
			offer_fields(o);
		break;
	case EXPECT_RELATION:
		offer_relations(o, f);
		/* fall through */
	default:
		OFFER(o, connectives, "word");
	}
}

unsigned filter_complete(const char *text, uint32_t cursor, uint32_t *from, filter_complete_fn *each, void *user)
{
	struct pool pool = { NULL };
	struct errmsg unused;
	char *copy = strndup(text, cursor);
	struct parser ps = { .text = copy, .pool = &pool, .err = &unused };
	enum expect expected = EXPECT_OPERAND;
	const struct field *f = NULL;
	bool in_set = false;
	struct offer o = { .each = each, .user = user };

	*from = cursor;
	if (!copy || strlen(copy) > FILTER_TEXT_MAX) {
		free(copy);
		return 0;
	}
	ps.len = (uint32_t)strlen(copy);
	*from = ps.len;
	for (parser_next(&ps); ps.tok.kind != TOKEN_END; parser_next(&ps)) {
		if (ps.tok.at + ps.tok.len == ps.len && ps.tok.kind == TOKEN_WORD) {
			*from = ps.tok.at; /* the word that is being typed */
			break;
		}
		expected = after(&ps, expected, &f, &in_set);
	}
	o.prefix = copy + *from;
	o.len = ps.len - *from;
	if (!ps.error) /* a quote that is open */
		offer_all(&o, expected, f);
	pool_release(&pool);
	free(copy);
	return o.count;
}
