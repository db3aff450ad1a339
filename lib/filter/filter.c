/* SPDX-License-Identifier: MIT */
/* A filter from its text, and what it asks of the decoder. */
#include "internal.h"

#include <stdlib.h>

int filter_compile(struct filter **out, const char *text, struct filter_notes *notes, struct errmsg *err)
{
	struct errmsg unused;
	struct parser ps = { .text = text, .notes = notes, .err = err ? err : &unused };
	struct filter *f;
	size_t len = strlen(text);
	int r = 0;

	*out = NULL;
	if (notes)
		notes->hint[0] = 0;
	if (len > FILTER_TEXT_MAX)
		return errmsg_set(err, NW_EINPUT, "the filter is %zu bytes long; %d are allowed", len, FILTER_TEXT_MAX);
	f = calloc(1, sizeof(*f));
	if (!f)
		return errmsg_set(err, NW_ELIMIT, "out of memory while compiling the filter");
	f->text = pool_alloc(&f->pool, len + 1);
	if (f->text) {
		memcpy(f->text, text, len + 1);
		ps.text = f->text;
		ps.len = (uint32_t)len;
		ps.pool = &f->pool;
		f->tree = parse_filter(&ps);
		r = ps.error;
	}
	if (!r && !f->tree)
		r = errmsg_set(err, NW_ELIMIT, "out of memory while compiling the filter");
	if (!r)
		r = compile_program(f, err);
	if (r) {
		filter_free(f);
		return r;
	}
	*out = f;
	return 0;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	pool_release(&f->pool);
	free(f);
}

static void want_field(void *decoder, const struct field *f)
{
	decoder_want_field(decoder, f);
}

void filter_want(const struct filter *f, struct decoder *d)
{
	for (uint32_t i = PC_FIRST; i < PC_FIRST + f->nops; i++) {
		const struct test *t = f->ops[i].test;

		for (unsigned proto = 0; proto < PROTO_COUNT; proto++)
			if (proto_set_has(&f->ops[i].protos, proto))
				decoder_want(d, proto);
		operand_fields(t->operand, want_field, d);
		operand_fields(t->other, want_field, d);
	}
}

bool filter_needs_decoding(const struct filter *f)
{
	return f->needs_decoding;
}
