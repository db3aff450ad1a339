/* SPDX-License-Identifier: MIT */
/*
 * Documents, on yyjson's reader; no other file knows that it is yyjson.
 *
 * The text is parsed where its copy lies, so that strings need no memory of their own, and all values are in one
 * array in the order in which they begin: a document is two blocks, which the next one can use again. It also means
 * that a value's place in the array is a number, by which yaml.c's lines are found.
 *
 * After the parse one walk refuses what has two readings or could exhaust the stack of those who walk later. Numbers stay text
 * until they are asked for: a double does not hold a time to the nanosecond. Real numbers go through strtod; the programs never
 * call setlocale for numbers, so the decimal point is a point.
 */
#include "json_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define yyjson_inline __inline__ /* as the library is compiled: its helpers are many */
#include <yyjson.h>

enum {
	KEEP_MAX = 64 * 1024, /* bytes of a block that a document keeps for the next one */
	PAIRWISE_MAX = 12     /* members up to which comparing each with each is quicker than sorting */
};

struct json {
	char *text;      /* what was parsed, its strings unescaped and terminated in place */
	size_t text_size;
	void *pool;      /* yyjson_doc and the values behind it */
	size_t pool_size;
	yyjson_val *root;
	uint32_t *lines; /* of the values, names of members included; NULL: not known */
	size_t line_count;
};

/* yyjson's questions take no const. */
static yyjson_val *raw(const struct json_value *v)
{
	return (yyjson_val *)(uintptr_t)v;
}

static const struct json_value *cooked(const yyjson_val *v)
{
	return (const struct json_value *)v;
}

/* Makes *block at least `size` bytes; what it held is kept. */
static bool grow(void **block, size_t *have, size_t size)
{
	void *p;

	if (size <= *have)
		return true;
	p = realloc(*block, size);
	if (!p)
		return false;
	*block = p;
	*have = size;
	return true;
}

/* yyjson asks for one block and makes it larger while it reads: the document's pool. */
static void *pool_malloc(void *ctx, size_t size)
{
	struct json *j = ctx;

	return grow(&j->pool, &j->pool_size, size) ? j->pool : NULL;
}

static void *pool_realloc(void *ctx, void *block, size_t old_size, size_t size)
{
	(void)block;
	(void)old_size;
	return pool_malloc(ctx, size);
}

static void pool_free(void *ctx, void *block)
{
	(void)ctx;
	(void)block;
}

/* ---- what a parse leaves to be refused ------------------------------------------ */

struct check {
	const struct json *j;
	const char *name;
	struct errmsg *err;
};

/* The sentence gets its place in front: "NAME:LINE: " or "NAME: ". */
static int refuse(const struct check *c, yyjson_val *v)
{
	unsigned line = json_line(c->j, cooked(v));

	return line ? errmsg_prefix(c->err, NW_EINPUT, "%s:%u: ", c->name, line) :
		      errmsg_prefix(c->err, NW_EINPUT, "%s: ", c->name);
}

static int compare_keys(const void *a, const void *b)
{
	yyjson_val *x = *(yyjson_val *const *)a, *y = *(yyjson_val *const *)b;
	size_t nx = unsafe_yyjson_get_len(x), ny = unsafe_yyjson_get_len(y);

	return nx != ny ? nx < ny ? -1 : 1 : memcmp(unsafe_yyjson_get_str(x), unsafe_yyjson_get_str(y), nx);
}

/* Stands one of these names twice? *twice is the one that comes later in the text. */
static void find_twice(yyjson_val **keys, size_t n, yyjson_val **twice)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = n <= PAIRWISE_MAX ? 0 : i - 1; k < i; k++)
			if (!compare_keys(&keys[i], &keys[k])) {
				*twice = keys[i] > keys[k] ? keys[i] : keys[k];
				return;
			}
}

static int check_names(const struct check *c, yyjson_val *object)
{
	size_t n = unsafe_yyjson_get_len(object), i = 0;
	yyjson_val *few[PAIRWISE_MAX], **keys = few, *twice = NULL;
	yyjson_val *v = unsafe_yyjson_get_first(object);
	struct shown s;

	if (n > PAIRWISE_MAX && !(keys = malloc(n * sizeof(*keys))))
		return errmsg_set(c->err, NW_ELIMIT, "%s: no memory to check %zu members", c->name, n);
	for (; i < n; i++, v = unsafe_yyjson_get_next(v + 1))
		keys[i] = v;
	if (n > PAIRWISE_MAX)
		qsort(keys, n, sizeof(*keys), compare_keys);
	find_twice(keys, n, &twice);
	if (keys != few)
		free(keys);
	if (!twice)
		return 0;
	errmsg_set(c->err, NW_EINPUT, "'%s' is there twice; leave one out",
		   show(&s, unsafe_yyjson_get_str(twice), unsafe_yyjson_get_len(twice)));
	return refuse(c, twice);
}

static int check_value(const struct check *c, yyjson_val *v, unsigned depth)
{
	size_t n = unsafe_yyjson_get_len(v);
	int rc = 0;

	if (unsafe_yyjson_is_str(v) && strlen(unsafe_yyjson_get_str(v)) != n) {
		errmsg_set(c->err, NW_EINPUT, "a text holds U+0000, which nothing here takes");
		return refuse(c, v);
	}
	if (unsafe_yyjson_is_raw(v) && !isfinite(json_real(cooked(v)))) {
		errmsg_set(c->err, NW_EINPUT, "a number is beyond the range of numbers");
		return refuse(c, v);
	}
	if (!unsafe_yyjson_is_ctn(v))
		return 0;
	if (depth == JSON_DEPTH_MAX) {
		errmsg_set(c->err, NW_EINPUT, "objects and lists are more than %d deep within each other", JSON_DEPTH_MAX);
		return refuse(c, v);
	}
	if (unsafe_yyjson_is_obj(v)) {
		rc = check_names(c, v);
		n *= 2;
	}
	v = unsafe_yyjson_get_first(v);
	for (; n && !rc; n--, v = unsafe_yyjson_get_next(v))
		rc = check_value(c, v, depth + 1);
	return rc;
}

/* ---- parsing --------------------------------------------------------------------- */

/* "request: offset 12: unexpected character at 'x}'" */
static int say_syntax(const struct json *j, size_t len, const yyjson_read_err *e, const char *name, struct errmsg *err)
{
	const char *at;
	struct shown s;

	if (e->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory for a document of %zu bytes", name, len);
	if (e->code == YYJSON_READ_ERROR_EMPTY_CONTENT || !len)
		return errmsg_set(err, NW_EINPUT, "%s: empty; JSON is expected", name);
	at = show(&s, j->text + e->pos, len - e->pos < 16 ? len - e->pos : 16);
	return *at ? errmsg_set(err, NW_EINPUT, "%s: offset %zu: %s at '%s'", name, e->pos, e->msg, at) :
		     errmsg_set(err, NW_EINPUT, "%s: offset %zu: %s", name, e->pos, e->msg);
}

/* A new document, or an earlier one without its values. */
static struct json *prepare(struct json **j)
{
	struct json *d = *j ? *j : (*j = calloc(1, sizeof(*d)));

	if (!d)
		return NULL;
	free(d->lines);
	d->lines = NULL;
	d->root = NULL;
	d->line_count = 0;
	if (d->text_size > KEEP_MAX) {
		free(d->text);
		d->text = NULL;
		d->text_size = 0;
	}
	if (d->pool_size > KEEP_MAX) {
		free(d->pool);
		d->pool = NULL;
		d->pool_size = 0;
	}
	return d;
}

/* Into the prepared document. */
static int parse(struct json *d, const char *text, size_t len, const char *name, struct errmsg *err)
{
	yyjson_alc alc = { pool_malloc, pool_realloc, pool_free, d };
	yyjson_read_err e = { 0 };
	yyjson_doc *doc;
	int rc;

	if (!grow((void **)&d->text, &d->text_size, len + YYJSON_PADDING_SIZE))
		return errmsg_set(err, NW_ELIMIT, "%s: no memory for a document of %zu bytes", name, len);
	if (len)
		memcpy(d->text, text, len);
	memset(d->text + len, 0, YYJSON_PADDING_SIZE);
	doc = yyjson_read_opts(d->text, len, YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW, &alc, &e);
	if (!doc)
		return say_syntax(d, len, &e, name, err);
	d->root = doc->root;
	rc = check_value(&(struct check){ d, name, err }, d->root, 0);
	if (rc)
		d->root = NULL;
	return rc;
}

int json_reparse(struct json **j, const char *text, size_t len, size_t max, const char *name, struct errmsg *err)
{
	if (!prepare(j))
		return errmsg_set(err, NW_ELIMIT, "%s: no memory for a document", name);
	if (len > max)
		return errmsg_set(err, NW_EINPUT, "%s: %zu bytes, at most %zu are taken", name, len, max);
	return parse(*j, text, len, name, err);
}

/* After an error there is no document. */
static int finish(struct json **j, int rc)
{
	if (rc) {
		json_free(*j);
		*j = NULL;
	}
	return rc;
}

int json_parse(struct json **j, const char *text, size_t len, const char *name, struct errmsg *err)
{
	*j = NULL;
	return finish(j, json_reparse(j, text, len, JSON_TEXT_MAX, name, err));
}

int json_parse_lines(struct json **j, const char *text, size_t len, uint32_t *lines, size_t line_count, const char *name,
		     struct errmsg *err)
{
	*j = NULL;
	if (!prepare(j)) {
		free(lines);
		return errmsg_set(err, NW_ELIMIT, "%s: no memory for a document", name);
	}
	(*j)->lines = lines;
	(*j)->line_count = line_count;
	return finish(j, parse(*j, text, len, name, err));
}

void json_free(struct json *j)
{
	if (!j)
		return;
	free(j->text);
	free(j->pool);
	free(j->lines);
	free(j);
}

const struct json_value *json_root(const struct json *j)
{
	return j ? cooked(j->root) : NULL;
}

unsigned json_line(const struct json *j, const struct json_value *v)
{
	size_t at;

	if (!j || !j->lines || !v)
		return 0;
	at = (size_t)(raw(v) - j->root);
	return at < j->line_count ? j->lines[at] : 0;
}

/* ---- reading ------------------------------------------------------------------------ */

/* A number's text is one by JSON's grammar, and what follows it in memory belongs to no number. False: a fraction, an exponent
 * or too large. */
static bool read_whole(const struct json_value *v, uint64_t *magnitude, bool *negative)
{
	const char *p = unsafe_yyjson_get_raw(raw(v)), *end = p + unsafe_yyjson_get_len(raw(v));

	*negative = *p == '-';
	*magnitude = 0;
	for (p += *negative; p < end; p++)
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(*magnitude, 10, magnitude) ||
		    __builtin_add_overflow(*magnitude, (unsigned)(*p - '0'), magnitude))
			return false;
	return !*negative || *magnitude <= UINT64_C(1) << 63;
}

enum json_type json_type(const struct json_value *v)
{
	uint64_t magnitude;
	bool negative;

	if (!v)
		return JSON_NONE;
	switch (unsafe_yyjson_get_type(raw(v))) {
	case YYJSON_TYPE_NULL: return JSON_NULL;
	case YYJSON_TYPE_BOOL: return JSON_BOOL;
	case YYJSON_TYPE_RAW: return read_whole(v, &magnitude, &negative) ? JSON_INTEGER : JSON_REAL;
	case YYJSON_TYPE_STR: return JSON_STRING;
	case YYJSON_TYPE_ARR: return JSON_ARRAY;
	case YYJSON_TYPE_OBJ: return JSON_OBJECT;
	default: return JSON_NONE;
	}
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = { "nothing", "null", "true or false", "a whole number", "a number", "a text", "a list",
					     "an object" };

	return names[type];
}

static bool is_container(const struct json_value *v)
{
	return v && unsafe_yyjson_is_ctn(raw(v));
}

const struct json_value *json_get(const struct json_value *object, const char *name)
{
	size_t len = strlen(name), n;
	yyjson_val *key;

	if (json_type(object) != JSON_OBJECT)
		return NULL;
	n = unsafe_yyjson_get_len(raw(object));
	key = unsafe_yyjson_get_first(raw(object));
	for (; n; n--, key = unsafe_yyjson_get_next(key + 1))
		if (unsafe_yyjson_get_len(key) == len && !memcmp(unsafe_yyjson_get_str(key), name, len))
			return cooked(key + 1);
	return NULL;
}

const struct json_value *json_at(const struct json_value *array, size_t i)
{
	return json_type(array) == JSON_ARRAY ? cooked(yyjson_arr_get(raw(array), i)) : NULL;
}

size_t json_count(const struct json_value *v)
{
	return is_container(v) ? unsafe_yyjson_get_len(raw(v)) : 0;
}

const struct json_value *json_each(const struct json_value *v, struct json_iter *it, const char **name)
{
	bool object = json_type(v) == JSON_OBJECT;
	yyjson_val *at;

	if (name)
		*name = NULL;
	if (it->given == json_count(v))
		return NULL;
	at = it->given++ ? raw(it->next) : unsafe_yyjson_get_first(raw(v));
	if (object) {
		if (name)
			*name = unsafe_yyjson_get_str(at);
		at++;
	}
	it->next = cooked(unsafe_yyjson_get_next(at));
	return cooked(at);
}

const char *json_string(const struct json_value *v, size_t *len)
{
	if (json_type(v) != JSON_STRING)
		return NULL;
	if (len)
		*len = unsafe_yyjson_get_len(raw(v));
	return unsafe_yyjson_get_str(raw(v));
}

bool json_is(const struct json_value *v, const char *text)
{
	const char *s = json_string(v, NULL);

	return s && !strcmp(s, text);
}

bool json_bool(const struct json_value *v)
{
	return json_type(v) == JSON_BOOL && unsafe_yyjson_get_bool(raw(v));
}

/* Up to here each whole number has a double of its own. */
static const double exact_max = 9007199254740992.0;

static bool whole(double d)
{
	return d >= -exact_max && d <= exact_max && d == floor(d);
}

int64_t json_i64(const struct json_value *v, bool *ok)
{
	enum json_type type = json_type(v);
	bool good = false, negative;
	uint64_t magnitude;
	int64_t n = 0;

	if (type == JSON_INTEGER) {
		read_whole(v, &magnitude, &negative);
		good = negative || magnitude <= INT64_MAX;
		n = (int64_t)(negative ? 0 - magnitude : magnitude);
	} else if (type == JSON_REAL && whole(json_real(v))) {
		good = true;
		n = (int64_t)json_real(v);
	}
	if (ok)
		*ok = good;
	return good ? n : 0;
}

uint64_t json_u64(const struct json_value *v, bool *ok)
{
	bool good, negative;
	int64_t n = json_i64(v, &good);
	uint64_t magnitude = (uint64_t)n;

	if (!good && json_type(v) == JSON_INTEGER) /* beyond INT64_MAX, then */
		good = read_whole(v, &magnitude, &negative);
	else
		good = good && n >= 0;
	if (ok)
		*ok = good;
	return good ? magnitude : 0;
}

double json_real(const struct json_value *v)
{
	return json_number(v, NULL) ? strtod(json_number(v, NULL), NULL) : 0;
}

const char *json_number(const struct json_value *v, size_t *len)
{
	if (!v || !unsafe_yyjson_is_raw(raw(v)))
		return NULL;
	if (len)
		*len = unsafe_yyjson_get_len(raw(v));
	return unsafe_yyjson_get_raw(raw(v));
}

/* With an exponent: by way of a double. */
static bool double_to_ns(double s, int64_t *ns)
{
	if (!(fabs(s) < 9e9))
		return false;
	*ns = (int64_t)(s * 1e9 + (s < 0 ? -.5 : .5));
	return true;
}

bool json_ns(const struct json_value *v, int64_t *ns)
{
	size_t len;
	const char *text = json_number(v, &len), *p = text, *end = text + (text ? len : 0);
	int64_t sign = 1, n = 0;
	int places = -1; /* of the fraction; -1: the point is still to come */

	if (!text)
		return false;
	if (memchr(text, 'e', len) || memchr(text, 'E', len))
		return double_to_ns(json_real(v), ns);
	if (*p == '-') {
		sign = -1;
		p++;
	}
	for (; p < end && places < 9; p++) {
		if (*p == '.')
			places = 0;
		else if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, sign * (*p - '0'), &n))
			return false;
		else if (places >= 0)
			places++;
	}
	for (places = places < 0 ? 0 : places; places < 9; places++)
		if (__builtin_mul_overflow(n, 10, &n))
			return false;
	if (p < end && *p >= '5' && __builtin_add_overflow(n, sign, &n))
		return false;
	*ns = n;
	return true;
}
