/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON into an outbuf as it comes, without a document in memory and without printf: answers and events of the
 * daemon, files of a session. The writer knows where commas and colons go; the caller knows the order of the members.
 *
 *	struct jsonout w;
 *	jsonout_begin(&w, &o);
 *	json_open_object(&w);
 *	json_add_u64(&w, "id", 7);                     {"id":7,
 *	json_add_array(&w, "sessions");                 "sessions":[
 *	json_put_str(&w, "a1");                             "a1"
 *	json_close(&w);                                 ]
 *	json_close(&w);                                }
 *	if (!jsonout_end(&w)) ...                         something was left open, or did not fit
 */
#ifndef BASE_JSONOUT_H
#define BASE_JSONOUT_H

#include "base/outbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_value;

enum { JSONOUT_DEPTH_MAX = 60 };

struct jsonout {
	struct outbuf *o;
	uint64_t objects;   /* bit per level: 1 in an object, 0 in an array */
	uint8_t depth;
	bool first;         /* nothing yet at this level: no comma */
	bool keyed;         /* a name was written: no comma before its value */
	bool wrong;         /* too deep, closed too often, a value without a name: nothing more is written */
	uint8_t indent;     /* 0: one line; otherwise blanks per level, a member per line */
};

/* Text as a JSON string with its quotes: controls, quotes and backslashes escaped, what is not UTF-8 as U+FFFD, and as
 * \uNNNN what harms a terminal or YAML (U+0080 to U+009F, line separators, changes of direction). */
void json_string_put(struct outbuf *o, const void *text, size_t len);
/* Bytes (2 to 4) of the valid UTF-8 sequence of a character beyond ASCII at p, or 0. */
size_t utf8_length(const uint8_t *p, size_t left);

/* `o` stays the caller's and outlives the writer. */
void jsonout_begin(struct jsonout *w, struct outbuf *o);
/* One value was written, everything is closed and nothing was wrong or (in a fixed buffer) cut. */
bool jsonout_end(const struct jsonout *w);

void json_open_object(struct jsonout *w);
void json_open_array(struct jsonout *w);
/* The innermost that is open. */
void json_close(struct jsonout *w);
/* Name of the next value, in an object only. */
void json_key(struct jsonout *w, const char *name);

void json_put_string(struct jsonout *w, const void *text, size_t len);
void json_put_str(struct jsonout *w, const char *text); /* NULL: null */
void json_put_u64(struct jsonout *w, uint64_t v);
void json_put_i64(struct jsonout *w, int64_t v);
/* The shortest decimal that reads back equal; not a number and infinity are null, as JSON has no word for them. */
void json_put_real(struct jsonout *w, double v);
void json_put_bool(struct jsonout *w, bool v);
void json_put_null(struct jsonout *w);
/* Seconds with 9 decimals (exact, unlike json_put_real), for times since 1970 and durations. */
void json_put_ns(struct jsonout *w, int64_t ns);
/* A value that is JSON text already. */
void json_put_raw(struct jsonout *w, const void *text, size_t len);
/* A parsed value with all it holds; NULL writes null. */
void json_copy(struct jsonout *w, const struct json_value *v);

/* A parsed value for people: two blanks per level, a member per line, a newline at the end. */
void json_pretty(struct outbuf *o, const struct json_value *v);

/* Members of an object in one line of code. */
static inline void json_add_object(struct jsonout *w, const char *name)
{
	json_key(w, name);
	json_open_object(w);
}

static inline void json_add_array(struct jsonout *w, const char *name)
{
	json_key(w, name);
	json_open_array(w);
}

static inline void json_add_string(struct jsonout *w, const char *name, const void *text, size_t len)
{
	json_key(w, name);
	json_put_string(w, text, len);
}

static inline void json_add_str(struct jsonout *w, const char *name, const char *text)
{
	json_key(w, name);
	json_put_str(w, text);
}

static inline void json_add_u64(struct jsonout *w, const char *name, uint64_t v)
{
	json_key(w, name);
	json_put_u64(w, v);
}

static inline void json_add_i64(struct jsonout *w, const char *name, int64_t v)
{
	json_key(w, name);
	json_put_i64(w, v);
}

static inline void json_add_real(struct jsonout *w, const char *name, double v)
{
	json_key(w, name);
	json_put_real(w, v);
}

static inline void json_add_bool(struct jsonout *w, const char *name, bool v)
{
	json_key(w, name);
	json_put_bool(w, v);
}

static inline void json_add_ns(struct jsonout *w, const char *name, int64_t ns)
{
	json_key(w, name);
	json_put_ns(w, ns);
}

#endif
