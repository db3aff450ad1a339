/* SPDX-License-Identifier: MIT */
/*
 * YAML in: libyaml's events become JSON text, which the parser of JSON reads. So there is one kind of document and one
 * set of ceilings, and YAML has no types of its own to get wrong. Beside the text goes the line of each value and name,
 * in the order in which they begin, which is the order in which json.c keeps them.
 *
 * Plain words follow the core schema of YAML 1.2.2, section 10.3, but for one thing: a number with a leading zero
 * (0660, 007) stays text, as YAML 1.1, YAML 1.2 and people read three different numbers in it.
 *
 * An alias puts in again the text that its anchor covers; the ceiling of the text stops what multiplies.
 */
#include "base/jsonout.h"
#include "base/outbuf.h"
#include "json_private.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum {
	OUT_MAX = 4 * JSON_TEXT_MAX, /* of the JSON text: quotes, escapes and aliases make it longer than the YAML */
	ANCHORS_MAX = 64,
	OUT_BUFFER = 8192
};

/* From here to there in the JSON text and among the lines: what stands behind "&name". */
struct anchor {
	char *name;
	size_t text_from, text_to;
	uint32_t line_from, line_to;
	bool open; /* its end was not seen yet */
};

struct level {
	bool object;
	bool named;   /* the name was there, its value is next */
	int anchor;   /* that ends with it, -1: none */
};

struct build {
	yaml_parser_t parser;
	yaml_event_t event;
	const char *name, *input;
	size_t input_len;
	struct errmsg *err;

	char *text;        /* JSON, what the buffer has given away */
	size_t text_len, text_size;
	struct outbuf o;
	struct jsonout w;
	uint32_t *lines;
	size_t line_count, line_size;

	struct level level[JSON_DEPTH_MAX];
	unsigned depth;
	struct anchor anchor[ANCHORS_MAX];
	int anchors;
	bool done;         /* the document ended */
};

static unsigned event_line(const struct build *b)
{
	return (unsigned)b->event.start_mark.line + 1;
}

#define complain_at(b, line, ...) \
	(errmsg_set((b)->err, NW_EINPUT, __VA_ARGS__), errmsg_prefix((b)->err, NW_EINPUT, "%s:%u: ", (b)->name, line))

/* ---- what the library finds wrong, in words with a cure --------------------------------- */

static const struct {
	const char *problem; /* a part of libyaml's sentence */
	bool opens;          /* told where the thing begins, not where it went wrong */
	const char *said;
} words[] = {
	{ "mapping values are not allowed", false,
	  "a ':' where no name can stand; check the indentation here and in the line before, or put the text in quotes" },
	{ "could not find expected ':'", true, "a name without a ':' behind it; write 'name: value'" },
	{ "did not find expected key", false, "the indentation does not fit the lines before" },
	{ "did not find expected '-'", false, "an item of the list, '- …', is expected here; check the indentation" },
	{ "block sequence entries are not", false, "a list cannot begin here; put its first '-' on a line of its own" },
	{ "mapping keys are not allowed", false, "a name cannot stand here; check the indentation" },
	{ "unexpected end of stream", true, "the quotes that open here are not closed" },
	{ "unexpected document indicator", true, "the quotes that open here are not closed" },
	{ "expected ',' or ']'", true, "the list that begins here with '[' lacks a ',' or its ']'" },
	{ "expected ',' or '}'", true, "the object that begins here with '{' lacks a ',' or its '}'" },
	{ "a tab character", false, "a tab cannot indent; use blanks" },
	{ "unknown escape character", false, "an unknown escape in double quotes; double the backslash, or use single quotes" },
	{ "expected node content", false, "a value is expected here" },
	{ "<document start>", false, "text behind the end of the document" },
	{ "control characters", false, "a control character" },
	{ "UTF-8", false, "this is not UTF-8" },
	{ "invalid Unicode character", false, "a character that Unicode does not have" },
};

/* Is there a tab in front of the text of this line (from 1)? */
static bool indented_by_tab(const struct build *b, unsigned line)
{
	const char *p = b->input, *end = p + b->input_len;

	while (--line && (p = memchr(p, '\n', (size_t)(end - p))))
		p++;
	if (!p)
		return false;
	while (p < end && *p == ' ')
		p++;
	return p < end && *p == '\t';
}

/* The reader knows the offset only. */
static unsigned line_of_offset(const struct build *b, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset && i < b->input_len; i++)
		line += b->input[i] == '\n';
	return line;
}

static int say_problem(struct build *b)
{
	const yaml_parser_t *p = &b->parser;
	const char *problem = p->problem ? p->problem : "not understood", *context = p->context ? p->context : "";
	unsigned line = (unsigned)p->problem_mark.line + 1;

	if (p->error == YAML_MEMORY_ERROR)
		return errmsg_set(b->err, NW_ELIMIT, "%s: no memory", b->name);
	if (p->error == YAML_READER_ERROR)
		line = line_of_offset(b, p->problem_offset);
	else if (indented_by_tab(b, line))
		return complain_at(b, line, "a tab cannot indent; use blanks");
	else if (strstr(problem, "cannot start any token"))
		return complain_at(b, line, "a text cannot begin with '%c'; put it in quotes", *p->buffer.pointer);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(problem, words[i].problem))
			return complain_at(b, words[i].opens ? (unsigned)p->context_mark.line + 1 : line, "%s", words[i].said);
	return complain_at(b, line, "%s %s", problem, context);
}

/* ---- the text that is made --------------------------------------------------------------- */

static int text_sink(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct build *b = user;

	if (len > b->text_size - b->text_len) {
		size_t size = b->text_size ? b->text_size * 2 : 4 * OUT_BUFFER;
		char *p;

		while (size < b->text_len + len)
			size *= 2;
		if (b->text_len + len > OUT_MAX)
			return errmsg_set(err, NW_EINPUT, "%s: the document becomes too large (over %d MiB)%s", b->name,
					  OUT_MAX >> 20, b->anchors ? "; its aliases multiply" : "");
		p = realloc(b->text, size);
		if (!p)
			return errmsg_set(err, NW_ELIMIT, "%s: no memory", b->name);
		b->text = p;
		b->text_size = size;
	}
	memcpy(b->text + b->text_len, data, len);
	b->text_len += len;
	return 0;
}

/* Room for `n` more lines. */
static int lines_room(struct build *b, size_t n)
{
	size_t size = b->line_size ? b->line_size : 256;
	uint32_t *p;

	while (size - b->line_count < n)
		size *= 2;
	if (size == b->line_size)
		return 0;
	p = realloc(b->lines, size * sizeof(*p));
	if (!p)
		return errmsg_set(b->err, NW_ELIMIT, "%s: no memory", b->name);
	b->lines = p;
	b->line_size = size;
	return 0;
}

static int put_line(struct build *b)
{
	int rc = lines_room(b, 1);

	if (!rc)
		b->lines[b->line_count++] = event_line(b);
	return rc;
}

/* ---- plain words ----------------------------------------------------------------------------- */

static bool one_of(const char *s, const char *a, const char *b, const char *c)
{
	return !strcmp(s, a) || !strcmp(s, b) || !strcmp(s, c);
}

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* Decimal, with fraction and exponent, as YAML has it; written as JSON has it. False: it is a text. */
static bool put_decimal(struct build *b, const char *s)
{
	const char *sign = *s == '-' ? "-" : "", *whole_part, *fraction = "", *exponent = "";
	size_t n, m = 0;
	char text[128];
	struct outbuf o;

	s += *s == '-' || *s == '+';
	whole_part = s;
	n = digits(s);
	if (n > 1 && *s == '0')
		return false;
	s += n;
	if (*s == '.') {
		fraction = ++s;
		m = digits(s);
		s += m;
	}
	if (!n && !m)
		return false;
	if (*s == 'e' || *s == 'E') {
		exponent = s++;
		s += *s == '-' || *s == '+';
		if (!digits(s))
			return false;
		s += digits(s);
	}
	if (*s || s - whole_part > 100)
		return false;
	outbuf_fixed(&o, text, sizeof(text));
	outbuf_str(&o, sign);
	outbuf_bytes(&o, n ? whole_part : "0", n ? n : 1);
	if (m) {
		outbuf_char(&o, '.');
		outbuf_bytes(&o, fraction, m);
	}
	outbuf_str(&o, exponent);
	json_put_raw(&b->w, text, outbuf_len(&o));
	return true;
}

/* 0x1f and 0o17. */
static bool put_based(struct build *b, const char *s)
{
	unsigned base = s[0] != '0' ? 0 : s[1] == 'x' ? 16 : s[1] == 'o' ? 8 : 0;
	char *end;
	uint64_t v;

	if (!base || !s[2] || s[2 + strspn(s + 2, base == 8 ? "01234567" : "0123456789abcdefABCDEF")] ||
	    strlen(s) > (base == 8 ? 23 : 18))
		return false;
	v = strtoull(s + 2, &end, (int)base);
	json_put_u64(&b->w, v);
	return true;
}

static void put_plain(struct build *b, const char *s, size_t len)
{
	if (!*s || !strcmp(s, "~") || one_of(s, "null", "Null", "NULL"))
		json_put_null(&b->w);
	else if (one_of(s, "true", "True", "TRUE"))
		json_put_bool(&b->w, true);
	else if (one_of(s, "false", "False", "FALSE"))
		json_put_bool(&b->w, false);
	else if (!put_based(b, s) && !put_decimal(b, s))
		json_put_string(&b->w, s, len);
}

/* ---- events ------------------------------------------------------------------------------------ */

static struct level *top(struct build *b)
{
	return b->depth ? &b->level[b->depth - 1] : NULL;
}

/* Does a name of an object come next? */
static bool wants_name(struct build *b)
{
	struct level *l = top(b);

	return l && l->object && !l->named;
}

/* A value ended. */
static void value_done(struct build *b)
{
	if (top(b))
		top(b)->named = false;
}

/* The anchor of the value that begins now; -1: it has none. The buffer is empty afterwards if it has one. */
static int anchor_open(struct build *b, const yaml_char_t *name, int *index)
{
	struct anchor *a;
	int rc;

	*index = -1;
	if (!name)
		return 0;
	if (b->anchors == ANCHORS_MAX)
		return complain_at(b, event_line(b), "more than %d anchors (&name)", ANCHORS_MAX);
	rc = outbuf_flush(&b->o, b->err);
	if (rc)
		return rc;
	a = &b->anchor[b->anchors];
	a->name = strdup((const char *)name);
	if (!a->name)
		return errmsg_set(b->err, NW_ELIMIT, "%s: no memory", b->name);
	a->text_from = b->text_len;
	a->line_from = (uint32_t)b->line_count;
	a->open = true;
	*index = b->anchors++;
	return 0;
}

static int anchor_close(struct build *b, int index)
{
	struct anchor *a;
	int rc;

	if (index < 0)
		return 0;
	a = &b->anchor[index];
	rc = outbuf_flush(&b->o, b->err);
	a->text_from += !rc && b->text[a->text_from] == ','; /* it was not the first of a list */
	a->text_to = b->text_len;
	a->line_to = (uint32_t)b->line_count;
	a->open = false;
	return rc;
}

static int put_alias(struct build *b, const char *name)
{
	struct anchor *a = NULL;
	size_t len, n;
	char *copy;
	int rc;

	for (int i = b->anchors - 1; i >= 0 && !a; i--)
		if (!strcmp(b->anchor[i].name, name))
			a = &b->anchor[i];
	if (!a)
		return complain_at(b, event_line(b), "*%s: there is no &%s before it; a text that begins with '*' needs quotes", name,
				   name);
	if (a->open)
		return complain_at(b, event_line(b), "*%s stands within &%s itself", name, name);
	if (wants_name(b))
		return complain_at(b, event_line(b), "*%s cannot be a name", name);
	len = a->text_to - a->text_from;
	n = a->line_to - a->line_from;
	rc = lines_room(b, n);
	if (rc)
		return rc;
	memcpy(b->lines + b->line_count, b->lines + a->line_from, n * sizeof(*b->lines));
	b->line_count += n;
	copy = malloc(len); /* the text may move while it grows */
	if (!copy)
		return errmsg_set(b->err, NW_ELIMIT, "%s: no memory", b->name);
	memcpy(copy, b->text + a->text_from, len);
	json_put_raw(&b->w, copy, len);
	free(copy);
	value_done(b);
	return 0;
}

static int put_name(struct build *b, const char *text, size_t len)
{
	int rc = put_line(b);

	if (rc)
		return rc;
	if (b->event.data.scalar.anchor)
		return complain_at(b, event_line(b), "an anchor (&) belongs to a value, not to a name");
	if (len == 2 && !memcmp(text, "<<", 2) && b->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return complain_at(b, event_line(b), "'<<' is not part of YAML 1.2; write the members out");
	if (memchr(text, 0, len))
		return complain_at(b, event_line(b), "a name holds U+0000, which nothing here takes");
	json_key(&b->w, text);
	top(b)->named = true;
	return 0;
}

/* 1: the tag says string, 2: it says what a plain word says by itself, 0: unknown, or not of a scalar. */
static int tag_kind(const char *tag)
{
	static const char core[] = "tag:yaml.org,2002:";

	if (!strcmp(tag, "!"))
		return 1;
	if (strncmp(tag, core, sizeof(core) - 1))
		return 0;
	tag += sizeof(core) - 1;
	return !strcmp(tag, "str") ? 1 : one_of(tag, "int", "float", "bool") || !strcmp(tag, "null") ? 2 : 0;
}

static int refuse_tag(struct build *b, const char *tag)
{
	struct shown s;

	return complain_at(b, event_line(b), "the tag %s is not known here; leave it out", show(&s, tag, strlen(tag)));
}

static int put_scalar(struct build *b)
{
	const char *text = (const char *)b->event.data.scalar.value, *tag = (const char *)b->event.data.scalar.tag;
	bool plain = b->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	size_t len = b->event.data.scalar.length;
	int rc, anchor, kind = tag ? tag_kind(tag) : plain ? 2 : 1;

	if (!kind)
		return refuse_tag(b, tag);
	if (wants_name(b))
		return put_name(b, text, len);
	rc = anchor_open(b, b->event.data.scalar.anchor, &anchor);
	if (!rc)
		rc = put_line(b);
	if (rc)
		return rc;
	if (kind == 2)
		put_plain(b, text, len);
	else
		json_put_string(&b->w, text, len);
	value_done(b);
	return anchor_close(b, anchor);
}

static int open_level(struct build *b, bool object, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	int rc, index;

	if (tag && strcmp((const char *)tag, object ? YAML_MAP_TAG : YAML_SEQ_TAG))
		return refuse_tag(b, (const char *)tag);
	if (wants_name(b))
		return complain_at(b, event_line(b), "a name must be a text, not %s", object ? "an object" : "a list");
	if (b->depth == JSON_DEPTH_MAX)
		return complain_at(b, event_line(b), "objects and lists are more than %d deep within each other", JSON_DEPTH_MAX);
	rc = anchor_open(b, anchor, &index);
	if (!rc)
		rc = put_line(b);
	if (rc)
		return rc;
	b->level[b->depth++] = (struct level){ .object = object, .anchor = index };
	if (object)
		json_open_object(&b->w);
	else
		json_open_array(&b->w);
	return 0;
}

static int close_level(struct build *b)
{
	int anchor = top(b)->anchor;

	json_close(&b->w);
	b->depth--;
	value_done(b);
	return anchor_close(b, anchor);
}

static int take_event(struct build *b)
{
	const yaml_event_t *e = &b->event;

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->done)
			return complain_at(b, event_line(b), "a second document (---); one is taken");
		return 0;
	case YAML_DOCUMENT_END_EVENT:
		b->done = true;
		return 0;
	case YAML_ALIAS_EVENT:
		return put_alias(b, (const char *)e->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		return put_scalar(b);
	case YAML_SEQUENCE_START_EVENT:
		return open_level(b, false, e->data.sequence_start.anchor, e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_level(b, true, e->data.mapping_start.anchor, e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_level(b);
	default:
		return 0;
	}
}

static int build(struct build *b)
{
	bool more = true;
	int rc = 0;

	while (more && !rc) {
		if (!yaml_parser_parse(&b->parser, &b->event))
			return say_problem(b);
		more = b->event.type != YAML_STREAM_END_EVENT;
		rc = take_event(b);
		yaml_event_delete(&b->event);
		if (!rc && b->o.error)
			break;
	}
	if (!rc && !b->done && !b->o.error) { /* comments only */
		rc = put_line(b);
		json_put_null(&b->w);
	}
	return rc ? rc : outbuf_flush(&b->o, b->err);
}

int yaml_parse(struct json **j, const char *text, size_t len, const char *name, struct errmsg *err)
{
	struct build *b;
	int rc;

	*j = NULL;
	if (len > JSON_TEXT_MAX)
		return errmsg_set(err, NW_EINPUT, "%s: %zu bytes, at most %d are taken", name, len, JSON_TEXT_MAX);
	b = calloc(1, sizeof(*b));
	if (!b)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory", name);
	b->name = name;
	b->input = text;
	b->input_len = len;
	b->err = err;
	rc = outbuf_to_sink(&b->o, text_sink, b, OUT_BUFFER, err);
	jsonout_begin(&b->w, &b->o);
	if (!rc && !yaml_parser_initialize(&b->parser))
		rc = errmsg_set(err, NW_ELIMIT, "%s: no memory", name);
	if (!rc) {
		yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&b->parser, (const unsigned char *)text, len);
		rc = build(b);
	}
	if (!rc) {
		rc = json_parse_lines(j, b->text, b->text_len, b->lines, b->line_count, name, err);
		b->lines = NULL;
	}
	yaml_parser_delete(&b->parser);
	for (int i = 0; i < b->anchors; i++)
		free(b->anchor[i].name);
	free(b->lines);
	free(b->text);
	outbuf_release(&b->o);
	free(b);
	return rc;
}
