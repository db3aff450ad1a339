/* SPDX-License-Identifier: MIT */
/*
 * Tables that check parsed objects into structs; include/base/shape.h has the rules, shape_write.c the way back.
 *
 * One walk serves requests and configurations; they differ in what is forgiven and in who hears of it. The path of the
 * member at hand grows and shrinks with the walk. Depth is that of the table, not of the input.
 */
#include "base/shape.h"
#include "base/text.h"
#include "json_private.h"
#include "shape_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRING_MAX = 4096 };

struct walk {
	const struct json *j;        /* for lines; NULL in a request */
	const char *name;
	struct complaints *all;      /* NULL: a request */
	bool overlay;                /* what is absent stays */
	const char *beside;          /* names that are known although no row has them; NULL: none */
	struct errmsg *err;          /* of a request */
	unsigned wrong;
	size_t path_len;
	char path[200];
};

/* ---- complaints ----------------------------------------------------------------- */

static void add(struct complaints *c, const struct json *j, const struct json_value *v, const char *name, const char *sentence)
{
	unsigned line = json_line(j, v), at;

	c->count++;
	if (c->kept == COMPLAINTS_MAX)
		return;
	for (at = c->kept++; at && c->line[at - 1] > line; at--) { /* people mend a file from its top */
		c->item[at] = c->item[at - 1];
		c->line[at] = c->line[at - 1];
	}
	c->line[at] = line;
	if (line)
		errmsg_set(&c->item[at], NW_EINPUT, "%s:%u: %s", name, line, sentence);
	else
		errmsg_set(&c->item[at], NW_EINPUT, "%s: %s", name, sentence);
}

void complain(struct complaints *c, const struct json *j, const struct json_value *v, const char *name, const char *fmt, ...)
{
	char text[sizeof(c->item[0].text)];
	struct outbuf o;
	struct errmsg e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	outbuf_fixed(&o, e.text, sizeof(e.text));
	outbuf_escaped(&o, text, strlen(text)); /* names in it come from the file */
	add(c, j, v, name, outbuf_cstr(&o));
}

/* The member at hand is wrong: "PATH: sentence". */
static __attribute__((format(printf, 3, 4))) void wrong(struct walk *w, const struct json_value *v, const char *fmt, ...)
{
	struct errmsg e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	if (w->path_len)
		errmsg_prefix(&e, 0, "%s: ", w->path);
	if (w->all)
		add(w->all, w->j, v, w->name, e.text);
	else if (!w->wrong && w->err)
		*w->err = e;
	w->wrong++;
}

/* A request ends with its first mistake. */
static bool over(const struct walk *w)
{
	return w->wrong && !w->all;
}

/* Steps into a member or (index >= 0) an element; returns what path_back needs. */
static size_t path_into(struct walk *w, const char *name, long index)
{
	size_t before = w->path_len, room = sizeof(w->path) - before;
	int n = index >= 0 ? snprintf(w->path + before, room, "[%ld]", index) :
			     snprintf(w->path + before, room, "%s%s", before ? "." : "", name);

	w->path_len = before + ((size_t)n < room ? (size_t)n : room - 1);
	return before;
}

static void path_back(struct walk *w, size_t before)
{
	w->path_len = before;
	w->path[before] = 0;
}

/* ---- one value ------------------------------------------------------------------------ */

static bool in_range(struct walk *w, const struct shape_row *row, const struct json_value *v, uint64_t n)
{
	struct shape_row fits = *row;
	char given[48], range[120];
	struct outbuf o;

	if (!row->max && row->size < sizeof(n))
		fits.max = (1ull << 8 * row->size) - 1;
	if (n >= row->min && (!fits.max || n <= fits.max))
		return true;
	outbuf_fixed(&o, given, sizeof(given));
	shape_put_number(&o, row, n);
	outbuf_cstr(&o);
	outbuf_fixed(&o, range, sizeof(range));
	shape_put_range(&o, &fits);
	wrong(w, v, "%s is out of range (%s)", given, outbuf_cstr(&o));
	return false;
}

/* A whole number into a member of any size. */
static void store(void *member, size_t size, uint64_t v)
{
	uint8_t byte = (uint8_t)v;
	uint16_t two = (uint16_t)v;
	uint32_t four = (uint32_t)v;

	memcpy(member, size == 1 ? (void *)&byte : size == 2 ? (void *)&two : size == 4 ? (void *)&four : (void *)&v, size);
}

/* What is being read: text, or a number if text is NULL. */
struct given {
	const struct json_value *v; /* NULL: a preset */
	const char *text;
};

static const char *expected(const struct shape_row *row)
{
	switch (row->type) {
	case SHAPE_TYPE_BOOL: return "true or false";
	case SHAPE_TYPE_U64: return "a whole number, as in 10,";
	case SHAPE_TYPE_SIZE: return "a size, as in 64M,";
	case SHAPE_TYPE_PERCENT: return "a percentage, as in 12.5,";
	case SHAPE_TYPE_REAL: return "a number, as in 2.5,";
	case SHAPE_TYPE_DURATION: return "a duration, as in 10s, 5m or 1.5 (seconds),";
	case SHAPE_TYPE_TIME: return "a time, as in 2026-11-20T12:03:07Z or seconds since 1970,";
	case SHAPE_TYPE_OCTAL: return "a file mode, as in 0660,";
	case SHAPE_TYPE_LIST: return "a list";
	case SHAPE_TYPE_OBJECT: return "an object";
	default: return "a text";
	}
}

static void mismatch(struct walk *w, const struct shape_row *row, const struct given *g)
{
	enum json_type type = json_type(g->v);
	bool number = type == JSON_INTEGER || type == JSON_REAL;
	bool text = row->type == SHAPE_TYPE_STRING || row->type == SHAPE_TYPE_STRINGS || row->type == SHAPE_TYPE_TEXT ||
		    row->type == SHAPE_TYPE_TEXTS || row->type == SHAPE_TYPE_CHOICE;
	struct shown s;

	if (g->text)
		wrong(w, g->v, "%s is expected, not '%s'", expected(row), show(&s, g->text, strlen(g->text)));
	else if (number)
		wrong(w, g->v, "%s is expected, not %.15g%s", expected(row), json_real(g->v), text ? "; put it in quotes" : "");
	else
		wrong(w, g->v, "%s is expected, not %s%s", expected(row), json_type_name(type),
		      text && type == JSON_BOOL ? "; put it in quotes" : "");
}

static bool read_bool(const struct given *g, bool *b)
{
	static const char *const words[] = { "false", "no", "off", "true", "yes", "on" };

	if (!g->text) {
		*b = json_bool(g->v);
		return json_type(g->v) == JSON_BOOL;
	}
	for (unsigned i = 0; i < 6; i++)
		if (!strcasecmp(g->text, words[i])) {
			*b = i > 2;
			return true;
		}
	return false;
}

/* "12.5" with "%" behind it if that may be. */
static bool text_to_real(const char *s, bool percent, double *d)
{
	char *end;

	if (!s[strspn(s, ".%")] || s[strspn(s, "0123456789.%")])
		return false;
	*d = strtod(s, &end);
	return !*end || (percent && !strcmp(end, "%"));
}

static bool read_real(const struct shape_row *row, const struct given *g, double *d)
{
	if (g->text)
		return text_to_real(g->text, row->type == SHAPE_TYPE_PERCENT, d);
	*d = json_real(g->v);
	return json_type(g->v) == JSON_INTEGER || json_type(g->v) == JSON_REAL;
}

static bool read_octal(const char *s, uint64_t *v)
{
	if (!s || !*s || strlen(s) > 7 || s[strspn(s, "01234567")])
		return false;
	*v = strtoul(s, NULL, 8);
	return true;
}

static bool read_number(const struct shape_row *row, const struct given *g, uint64_t *v)
{
	bool ok;

	if (row->type == SHAPE_TYPE_OCTAL) /* a number would be read as decimal by half of the people */
		return read_octal(g->text, v);
	if (g->text)
		return row->type == SHAPE_TYPE_SIZE ? text_parse_size(g->text, v) : text_parse_u64(g->text, v);
	*v = json_u64(g->v, &ok);
	return ok;
}

/* The index of `word` among the blank-separated choices, or -1. */
static int find_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);
	int i = 0;

	for (const char *p = choices; *p; i++) {
		size_t n = strcspn(p, " ");

		if (n == len && !memcmp(p, word, n))
			return i;
		p += n + strspn(p + n, " ");
	}
	return -1;
}

static void read_choice(struct walk *w, const struct shape_row *row, const struct given *g, void *member)
{
	int i = g->text ? find_choice(row->choices, g->text) : -1;
	struct shown s;

	if (i >= 0)
		store(member, row->size, (uint64_t)i);
	else if (g->text)
		wrong(w, g->v, "'%s' is not one of: %s", show(&s, g->text, strlen(g->text)), row->choices);
	else
		mismatch(w, row, g);
}

/* Text of a length that the row allows, or NULL. */
static const char *read_string(struct walk *w, const struct shape_row *row, const struct given *g)
{
	bool list = row->type == SHAPE_TYPE_STRINGS || row->type == SHAPE_TYPE_TEXTS;
	size_t array = row->type == SHAPE_TYPE_TEXT ? row->size : row->type == SHAPE_TYPE_TEXTS ? row->stride : STRING_MAX + 1;
	size_t max = !list && row->max ? (size_t)row->max : array - 1, min = list ? 1 : (size_t)row->min;
	size_t len;

	if (!g->text) {
		mismatch(w, row, g);
		return NULL;
	}
	len = strlen(g->text);
	if (len >= min && len <= max)
		return g->text;
	if (!len)
		wrong(w, g->v, "is empty");
	else
		wrong(w, g->v, "is %zu bytes long; %zu to %zu are taken", len, min, max);
	return NULL;
}

/* A copy into an array of `size` bytes, the rest of it zeroes. */
static void store_text(char *array, size_t size, const char *text)
{
	memset(array, 0, size);
	if (text)
		memcpy(array, text, strlen(text));
}

/* Everything but lists and objects. */
static void read_scalar(struct walk *w, const struct shape_row *row, const struct given *g, void *member)
{
	uint64_t n;
	int64_t ns;
	double d;
	bool b;

	switch (row->type) {
	case SHAPE_TYPE_BOOL:
		if (read_bool(g, &b))
			*(bool *)member = b != row->invert;
		else
			mismatch(w, row, g);
		break;
	case SHAPE_TYPE_U64:
	case SHAPE_TYPE_SIZE:
	case SHAPE_TYPE_OCTAL:
		if (!read_number(row, g, &n))
			mismatch(w, row, g);
		else if (in_range(w, row, g->v, n))
			store(member, row->size, n);
		break;
	case SHAPE_TYPE_DURATION:
		if (!(g->text ? text_parse_duration(g->text, &ns) : json_ns(g->v, &ns)) || ns < 0)
			mismatch(w, row, g);
		else if (in_range(w, row, g->v, (uint64_t)ns))
			*(int64_t *)member = ns;
		break;
	case SHAPE_TYPE_TIME:
		if (g->text ? text_parse_time(g->text, &ns) : json_ns(g->v, &ns))
			*(int64_t *)member = ns;
		else
			mismatch(w, row, g);
		break;
	case SHAPE_TYPE_PERCENT:
	case SHAPE_TYPE_REAL:
		if (!read_real(row, g, &d))
			mismatch(w, row, g);
		else if (d < (double)row->min || (row->max && d > (double)row->max))
			wrong(w, g->v, "%g is out of range (%llu to %llu)", d, (unsigned long long)row->min,
			      (unsigned long long)row->max);
		else
			*(double *)member = d;
		break;
	case SHAPE_TYPE_CHOICE:
		read_choice(w, row, g, member);
		break;
	case SHAPE_TYPE_STRING:
		*(const char **)member = read_string(w, row, g);
		break;
	case SHAPE_TYPE_TEXT:
		store_text(member, row->size, read_string(w, row, g));
		break;
	default:
		*(const struct json_value **)member = g->v;
	}
}

/* ---- lists and objects ------------------------------------------------------------------ */

static void check_object(struct walk *w, const struct shape_row *rows, const struct json_value *v, void *into, bool there);

static void check_strings(struct walk *w, const struct shape_row *row, const struct json_value *v, void *into)
{
	char *item = (char *)into + row->offset;
	unsigned *count = (unsigned *)((char *)into + row->count);
	struct json_iter it = { 0 };
	const struct json_value *e = v;

	*count = 0;
	if (json_type(v) == JSON_ARRAY && !(e = json_each(v, &it, NULL)))
		return;
	for (; e; e = json_type(v) == JSON_ARRAY ? json_each(v, &it, NULL) : NULL) {
		struct given g = { e, json_string(e, NULL) };
		size_t before = w->path_len;

		if (*count == row->max) {
			wrong(w, e, "more than %llu texts in the list", (unsigned long long)row->max);
			return;
		}
		if (e != v)
			path_into(w, NULL, (long)*count);
		if (row->type == SHAPE_TYPE_TEXTS)
			store_text(item + row->stride * *count, row->stride, read_string(w, row, &g));
		else
			((const char **)item)[*count] = read_string(w, row, &g);
		++*count;
		path_back(w, before);
		if (over(w))
			return;
	}
}

static void check_list(struct walk *w, const struct shape_row *row, const struct json_value *v, void *into)
{
	char *item = (char *)into + row->offset;
	unsigned *count = (unsigned *)((char *)into + row->count);
	struct json_iter it = { 0 };
	const struct json_value *e;

	*count = 0;
	if (json_type(v) != JSON_ARRAY) {
		mismatch(w, row, &(struct given){ v, NULL });
		return;
	}
	while ((e = json_each(v, &it, NULL)) && !over(w)) {
		size_t before;

		if (*count == row->max) {
			wrong(w, e, "more than %llu in the list", (unsigned long long)row->max);
			return;
		}
		before = path_into(w, NULL, (long)*count);
		memset(item, 0, row->stride);
		check_object(w, row->sub, e, item, true);
		item += row->stride;
		++*count;
		path_back(w, before);
	}
}

static void check_member(struct walk *w, const struct shape_row *row, const struct json_value *v, void *into)
{
	switch (row->type) {
	case SHAPE_TYPE_OBJECT:
		check_object(w, row->sub, v, (char *)into + row->offset, true);
		break;
	case SHAPE_TYPE_LIST:
		check_list(w, row, v, into);
		break;
	case SHAPE_TYPE_STRINGS:
	case SHAPE_TYPE_TEXTS:
		check_strings(w, row, v, into);
		break;
	default:
		read_scalar(w, row, &(struct given){ v, json_string(v, NULL) }, (char *)into + row->offset);
	}
}

static void check_unknown(struct walk *w, const struct shape_row *rows, const struct json_value *object)
{
	struct json_iter it = { 0 };
	const struct json_value *v;
	const char *name;

	while ((v = json_each(object, &it, &name))) {
		struct text_nearest near = { .word = name };
		const struct shape_row *row = rows;
		struct shown s;

		while (row->type != SHAPE_TYPE_END && strcmp(row->name, name))
			row++;
		if (row->type != SHAPE_TYPE_END || (!w->path_len && w->beside && find_choice(w->beside, name) >= 0))
			continue;
		for (row = rows; row->type != SHAPE_TYPE_END; row++)
			text_nearest_try(&near, row->name);
		show(&s, name, strlen(name));
		if (near.best)
			wrong(w, v, "unknown setting '%s'; did you mean %s?", s.text, near.best);
		else
			wrong(w, v, "unknown setting '%s'", s.text);
	}
}

/* `there`: false for an object that is absent, whose presets count nevertheless but which lacks nothing. */
static void check_object(struct walk *w, const struct shape_row *rows, const struct json_value *v, void *into, bool there)
{
	if (v && json_type(v) != JSON_OBJECT) {
		wrong(w, v, "an object is expected, not %s", json_type_name(json_type(v)));
		return;
	}
	if (w->all)
		check_unknown(w, rows, v);
	for (const struct shape_row *row = rows; row->type != SHAPE_TYPE_END && !over(w); row++) {
		const struct json_value *member = json_get(v, row->name);
		size_t before = path_into(w, row->name, -1);

		if (json_type(member) == JSON_NULL)
			member = NULL;
		if (member)
			check_member(w, row, member, into);
		else if (row->required && there)
			wrong(w, v, "is missing (%s)", row->help);
		else if (row->type == SHAPE_TYPE_OBJECT && !w->overlay)
			check_object(w, row->sub, NULL, (char *)into + row->offset, false);
		else if (row->preset && !w->overlay)
			read_scalar(w, row, &(struct given){ NULL, row->preset }, (char *)into + row->offset);
		if (row->given && (member || !w->overlay))
			*(bool *)((char *)into + row->given) = member;
		path_back(w, before);
	}
}

int shape_request(const struct shape_row *rows, const struct json_value *v, void *into, struct errmsg *err)
{
	struct walk w = { .err = err };

	check_object(&w, rows, v, into, true);
	return w.wrong ? NW_EINPUT : 0;
}

int shape_overlay(const struct shape_row *rows, const struct json_value *v, void *into, struct errmsg *err)
{
	struct walk w = { .err = err, .overlay = true };

	check_object(&w, rows, v, into, true);
	return w.wrong ? NW_EINPUT : 0;
}

static void check_names(struct walk *w, const struct shape_row *rows, const struct json_value *v)
{
	if (json_type(v) == JSON_OBJECT)
		check_unknown(w, rows, v);
	for (const struct shape_row *row = rows; row->type != SHAPE_TYPE_END && !over(w); row++) {
		const struct json_value *member = row->sub ? json_get(v, row->name) : NULL, *e;
		struct json_iter it = { 0 };
		size_t before = path_into(w, row->name, -1);

		if (member && row->type == SHAPE_TYPE_OBJECT)
			check_names(w, row->sub, member);
		for (long i = 0; member && row->type == SHAPE_TYPE_LIST && (e = json_each(member, &it, NULL)); i++) {
			size_t list = path_into(w, NULL, i);

			check_names(w, row->sub, e);
			path_back(w, list);
		}
		path_back(w, before);
	}
}

int shape_names(const struct shape_row *rows, const struct json_value *v, const char *beside, struct errmsg *err)
{
	struct walk w = { .err = err, .beside = beside };

	check_names(&w, rows, v);
	return w.wrong ? NW_EINPUT : 0;
}

int shape_configuration(const struct shape_row *rows, const struct json *j, const char *name, void *into, struct complaints *c)
{
	struct walk w = { .j = j, .name = name, .all = c };
	const struct json_value *root = json_root(j);

	check_object(&w, rows, json_type(root) == JSON_NULL ? NULL : root, into, true);
	return w.wrong ? NW_EINPUT : 0;
}
