/* SPDX-License-Identifier: MIT */
/* The fields of typed pieces: see parts.h. */
#include "parts.h"

static uint64_t load(const uint8_t *p, unsigned width, enum parts_order order)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v = v << 8 | p[order == PARTS_BE ? i : width - 1 - i];
	return v;
}

static bool is_number(const struct field *f)
{
	return f->type <= FIELD_INT;
}

void walk_piece(struct walk *w, const struct part *parts, unsigned n, unsigned type, const uint8_t *at, uint32_t len,
		enum parts_order order)
{
	for (; n--; parts++) {
		const struct field *f = &w->proto->fields[parts->field];
		struct value v = { 0 };

		if (parts->piece != type || !walk_wants(w, parts->field))
			continue;
		if (f->offset + (parts->width ? parts->width : 1u) > len)
			continue;
		v.bytes = at + f->offset;
		v.len = parts->width ? parts->width : len - f->offset;
		if (is_number(f)) {
			v.u = load(v.bytes, v.len > 8 ? 8 : v.len, order);
			if (f->mask)
				v.u = v.u >> f->shift & f->mask;
		} else if (f->type == FIELD_STRING) {
			v.len = (uint32_t)strnlen((const char *)v.bytes, v.len);
		}
		w->emit(w, f, &v);
	}
}
