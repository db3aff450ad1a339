/* SPDX-License-Identifier: MIT */
/*
 * Both directions of an HTTP connection in pieces. Input: 1 byte what comes (1: responder; 2: a gap; 4: the end), 1 byte how
 * long, that many bytes; again. Begins and ends of bodies must pair, what is given must be what was there, no more.
 */
#include "flow/http_body.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
	bool in_body[2];
	uint64_t given[2], fed[2];
};

static volatile uint8_t touched;

static void touch(struct http_name n)
{
	if (n.len > HTTP_NAME_MAX)
		abort();
	for (uint32_t i = 0; i < n.len; i++)
		touched ^= (uint8_t)n.text[i];
}

static void on_begin(void *user, unsigned dir, const struct http_message *m)
{
	struct state *s = user;

	if (s->in_body[dir] || m->response != (dir == 1))
		abort();
	s->in_body[dir] = m->has_body;
	touch(m->method);
	touch(m->target);
	touch(m->host);
	touch(m->type);
	touch(m->encoding);
}

static void on_body(void *user, unsigned dir, const uint8_t *data, uint32_t len)
{
	struct state *s = user;

	if (!s->in_body[dir] || !len)
		abort();
	for (uint32_t i = 0; data && i < len; i++)
		touched ^= data[i];
	s->given[dir] += data ? len : 0;
	if (s->given[dir] > s->fed[dir])
		abort();
}

static void on_end(void *user, unsigned dir, bool whole)
{
	struct state *s = user;

	(void)whole;
	if (!s->in_body[dir])
		abort();
	s->in_body[dir] = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_body_events events = { on_begin, on_body, on_end };
	uint64_t held = 0;
	struct http_body h = { .held = &held };
	struct state s = { .in_body = { false, false } };
	const uint8_t *end = data + size;

	while (end - data >= 2) {
		unsigned dir = data[0] & 1, what = data[0];
		uint32_t len = data[1];
		uint8_t *copy;

		data += 2;
		if (what & 4) {
			http_body_end(&h, dir, what & 8, &events, &s);
			if (s.in_body[dir])
				abort();
			continue;
		}
		if (what & 2) {
			http_body_data(&h, dir, NULL, len + 1, &events, &s);
			continue;
		}
		if (len > (size_t)(end - data))
			len = (uint32_t)(end - data);
		copy = malloc(len ? len : 1); /* exactly as long as it is: reading past the end is seen */
		if (!copy)
			break;
		memcpy(copy, data, len);
		data += len;
		s.fed[dir] += len;
		http_body_data(&h, dir, copy, len, &events, &s);
		free(copy);
		if (h.waiting > HTTP_PIPELINE_MAX || h.half[dir].nhead > HTTP_HEAD_MAX)
			abort();
	}
	http_body_end(&h, 0, true, &events, &s);
	http_body_end(&h, 1, false, &events, &s);
	http_body_release(&h);
	if (held)
		abort();
	return 0;
}
