/* SPDX-License-Identifier: MIT */
/* What a terminal makes of a text, and texts in columns that line up: for the formats made for people. */
#include "internal.h"

#include "base/unicode.h"

enum { LEAST = 3 };

/* One character: its bytes, and its columns in *width. */
static size_t character(const char *text, unsigned *width)
{
	uint32_t c;
	size_t n = unicode_take(text, strnlen(text, 4), &c);

	*width = unicode_columns(c);
	return n;
}

uint32_t text_width(const char *text)
{
	uint32_t total = 0;

	while (*text) {
		unsigned width;

		text += character(text, &width);
		total += width;
	}
	return total;
}

void blanks_put(struct outbuf *o, uint32_t n)
{
	while (n--)
		outbuf_char(o, ' ');
}

static void cut_put(struct outbuf *o, const char *text, uint32_t room, bool last)
{
	uint32_t used = 0;

	while (used + 1 < room) {
		unsigned w;
		size_t n = character(text, &w);

		if (used + w + 1 > room)
			break;
		outbuf_bytes(o, text, n);
		text += n;
		used += w;
	}
	if (room)
		outbuf_str(o, "…");
	blanks_put(o, room > used + 1 && !last ? room - used - 1 : 0);
}

void cell_put(struct outbuf *o, const char *text, uint32_t room, unsigned how)
{
	uint32_t width = text_width(text);

	if (width > room && how & CELL_CUT) {
		cut_put(o, text, room, how & CELL_LAST);
		return;
	}
	if (width < room && how & CELL_RIGHT)
		blanks_put(o, room - width);
	outbuf_str(o, text);
	if (width < room && !(how & (CELL_LAST | CELL_RIGHT)))
		blanks_put(o, room - width);
}

/* The widest column of one kind that can still give something away, or n. */
static unsigned widest(const uint32_t *width, const uint8_t *how, unsigned n, bool right)
{
	unsigned best = n;

	for (unsigned i = 0; i < n; i++)
		if (!!(how[i] & CELL_RIGHT) == right && width[i] > LEAST && (best == n || width[i] > width[best]))
			best = i;
	return best;
}

void cells_fit(uint32_t *width, const uint8_t *how, unsigned n, uint32_t limit)
{
	uint64_t total = (uint64_t)(n - 1) * CELL_GAP;

	for (unsigned i = 0; i < n; i++)
		total += width[i];
	while (limit && total > limit) {
		unsigned i = widest(width, how, n, false);

		if (i == n)
			i = widest(width, how, n, true);
		if (i == n)
			return; /* too many columns for any terminal of this width */
		width[i]--;
		total--;
	}
}

void sgr_put(const struct export *e, const char *sgr)
{
	if (!e->o.colour || !*sgr)
		return;
	outbuf_bytes(e->out, "\033[", 2);
	outbuf_str(e->out, sgr);
	outbuf_char(e->out, 'm');
}
