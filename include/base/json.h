/* SPDX-License-Identifier: MIT */
/*
 * JSON and YAML that came from outside, as one kind of document.
 *
 * A document is parsed once, read through borrowed values, and freed whole. Nothing of it can be changed. Both parsers
 * refuse what has two readings: broken UTF-8, U+0000, a name that stands twice in one object, anything behind the end.
 * So a string is always a proper C string, and what a check saw is what a handler gets.
 *
 *	struct json *j;
 *	int rc = json_parse(&j, text, len, "request", err);
 *	...
 *	const char *type = json_string(json_get(json_root(j), "type"), NULL);
 *	...
 *	json_free(j);
 *
 * Every question may be asked of NULL and of a value of another type: the answer is NULL, 0 or false. What must be
 * there, and in which range, is better said in a table: base/shape.h.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JSON_TEXT_MAX = 1 << 20,   /* bytes that json_parse and yaml_parse take */
	JSON_DEPTH_MAX = 32        /* objects and arrays within each other */
};

struct json;       /* one parsed document */
struct json_value; /* borrowed from it, until json_free or json_reparse */

/*
 * Parses `text` (copied; it need not end in NUL) into a new document. `name` is what messages call it: "request", a
 * file name. Returns 0; NW_EINPUT with "NAME: offset N: what was expected" (yaml_parse: "NAME:LINE: …"), also for
 * what exceeds a ceiling; NW_ELIMIT without memory. After an error *j is NULL, which json_free takes.
 */
int json_parse(struct json **j, const char *text, size_t len, const char *name, struct errmsg *err);

/*
 * The same into an earlier document, whose values end now and whose memory is used again: for a server that parses one
 * request after the other. *j is NULL at first. After an error the document is empty (json_root is NULL) but still has
 * to be freed. `max` is the ceiling of `len`; a client that trusts its daemon may raise it.
 */
int json_reparse(struct json **j, const char *text, size_t len, size_t max, const char *name, struct errmsg *err);

/*
 * YAML 1.2 (core schema): plain true, false, null, ~ and numbers are what they say, every other plain word is a string
 * (yes, no, on, off too; base/shape.h reads them as booleans where one is expected), everything in quotes is a string.
 * Anchors and aliases are expanded under the ceiling of the document. Not taken: several documents, tags beyond those
 * of the core schema, merge keys (<<), names that are lists or mappings. An empty file is null. JSON is YAML.
 */
int yaml_parse(struct json **j, const char *text, size_t len, const char *name, struct errmsg *err);

void json_free(struct json *j);

const struct json_value *json_root(const struct json *j);
/* The line (from 1) where a value of a YAML document begins; 0 for JSON, where it is not known, and for NULL. */
unsigned json_line(const struct json *j, const struct json_value *v);

enum json_type {
	JSON_NONE,    /* v is NULL */
	JSON_NULL,
	JSON_BOOL,
	JSON_INTEGER, /* fits int64_t or uint64_t */
	JSON_REAL,    /* every other number; a finite double */
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

enum json_type json_type(const struct json_value *v);
/* "a number", "a list": for messages. */
const char *json_type_name(enum json_type type);

/* The member of an object, or NULL. */
const struct json_value *json_get(const struct json_value *object, const char *name);
/* Element `i` of an array, or NULL. Linear: use json_each for all of them. */
const struct json_value *json_at(const struct json_value *array, size_t i);
/* Elements of an array, members of an object; 0 for everything else. */
size_t json_count(const struct json_value *v);

/*
 * The elements of an array or the members of an object in their order, then NULL:
 *
 *	struct json_iter it = { 0 };
 *	while ((v = json_each(object, &it, &name)))
 *
 * `name` (may be NULL) gets the member's name, NULL in an array.
 */
struct json_iter {
	const struct json_value *next;
	size_t given;
};
const struct json_value *json_each(const struct json_value *v, struct json_iter *it, const char **name);

/* The text, NUL-terminated, its bytes in *len (may be NULL); NULL if v is no string. */
const char *json_string(const struct json_value *v, size_t *len);
/* Is v the string `text`? */
bool json_is(const struct json_value *v, const char *text);
bool json_bool(const struct json_value *v);
/* A number without fraction in the range of the type; *ok (may be NULL) says whether it was. 5.0 and 1e3 are 5 and 1000
 * (up to 2^53, where doubles stop being exact). */
int64_t json_i64(const struct json_value *v, bool *ok);
uint64_t json_u64(const struct json_value *v, bool *ok);
double json_real(const struct json_value *v);
/* The text of a number as it stands in the document, not terminated, its bytes in *len (may be NULL); NULL if v is none. */
const char *json_number(const struct json_value *v, size_t *len);
/* A number of seconds in ns, exact to nine places, which a double is not for times since 1970. False: no number, or beyond
 * int64_t. */
bool json_ns(const struct json_value *v, int64_t *ns);

#endif
