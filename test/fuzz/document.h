/* SPDX-License-Identifier: MIT */
/* What the targets json and yaml ask of each document that was taken. */
#ifndef TEST_FUZZ_DOCUMENT_H
#define TEST_FUZZ_DOCUMENT_H

#include "../unit/shape_sample.h"
#include "base/json.h"
#include "base/jsonout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_at(bool good, const char *what, int line)
{
	if (good)
		return;
	fprintf(stderr, "document.h:%d: %s\n", line, what);
	abort();
}

#define must(good) must_at(good, #good, __LINE__)

/* Each value has a type, a line that exists, and its number of members; strings end where they say. */
static void walk(const struct json *j, const struct json_value *v, unsigned lines, unsigned depth)
{
	struct json_iter it = { 0 };
	const struct json_value *member;
	const char *name, *text;
	size_t n = 0, len;

	must(json_type(v) != JSON_NONE && depth <= JSON_DEPTH_MAX);
	must(lines ? json_line(j, v) >= 1 && json_line(j, v) <= lines : json_line(j, v) == 0);
	text = json_string(v, &len);
	must(!text || strlen(text) == len);
	json_i64(v, NULL);
	json_u64(v, NULL);
	json_real(v);
	while ((member = json_each(v, &it, &name))) {
		must(!name || json_get(v, name) == member); /* the only one of its name */
		if (n < 10)
			must(name || json_at(v, n) == member);
		walk(j, member, lines, depth + 1);
		n++;
	}
	must(n == json_count(v));
}

/* A struct that was accepted is written and read as the same. */
static void there_and_back(const struct sample *a)
{
	struct sample b = { 0 }, c = { 0 };
	struct json *j[2] = { NULL };
	struct errmsg err;

	for (unsigned i = 0; i < 2; i++) { /* the first time numbers of seconds may be rounded by a nanosecond */
		size_t size = 1 << 20;
		char *text = malloc(size);
		struct jsonout w;
		struct outbuf o;

		must(text);
		outbuf_fixed(&o, text, size);
		jsonout_begin(&w, &o);
		json_open_object(&w);
		shape_write(&w, sample_rows, i ? &b : a);
		json_close(&w);
		must(jsonout_end(&w));
		must(!json_reparse(&j[i], text, outbuf_len(&o), size, "written", &err));
		must(!shape_overlay(sample_rows, json_root(j[i]), i ? &c : &b, &err));
		free(text);
	}
	b.anything = c.anything; /* each has its own document */
	must(shape_equal(sample_rows, &b, &c));
	json_free(j[0]);
	json_free(j[1]);
}

/* As JSON, in memory of its own: "1e9" and control characters become longer, aliases much longer. */
static char *written(const struct json *j, size_t *len)
{
	for (size_t size = 16384; size < 256u << 20; size *= 4) {
		char *text = malloc(size);
		struct jsonout w;
		struct outbuf o;

		must(text);
		outbuf_fixed(&o, text, size);
		jsonout_begin(&w, &o);
		json_copy(&w, json_root(j));
		*len = outbuf_len(&o);
		if (jsonout_end(&w))
			return text;
		must(o.cut);
		free(text);
	}
	must(!"the text has an end");
	return NULL;
}

static void examine(struct json *j, unsigned lines)
{
	static struct complaints complaints;
	struct json *again = NULL;
	struct sample sample = { 0 };
	struct errmsg err = { "" };
	size_t first_len, second_len;
	char *first, *second;

	walk(j, json_root(j), lines, 0);
	if (!shape_request(sample_rows, json_root(j), &sample, &err))
		there_and_back(&sample);
	memset(&sample, 0, sizeof(sample));
	complaints.count = complaints.kept = 0;
	must((shape_configuration(sample_rows, j, "f", &sample, &complaints) != 0) == (complaints.count != 0));

	/* what is written is read back, and is then written the same */
	first = written(j, &first_len);
	must(!json_reparse(&again, first, first_len, first_len, "again", &err));
	second = written(again, &second_len);
	must(first_len == second_len && !memcmp(first, second, first_len));
	json_free(again);
	free(first);
	free(second);
}

#endif
