/* SPDX-License-Identifier: MIT */
/* What a terminal makes of a text, and texts in columns that line up: for the formats made for people. */
#include "internal.h"

enum { LEAST = 3 };

static const struct {
	uint32_t first, last;
	uint8_t width;
} odd_characters[] = {
	{ 0x0300, 0x036f, 0 }, { 0x0483, 0x0489, 0 }, { 0x0591, 0x05c7, 0 }, { 0x0610, 0x061a, 0 }, { 0x064b, 0x065f, 0 },
	{ 0x0900, 0x0902, 0 }, { 0x1100, 0x115f, 2 }, { 0x200b, 0x200f, 0 }, { 0x202a, 0x202e, 0 }, { 0x2060, 0x206f, 0 },
	{ 0x20d0, 0x20ff, 0 }, { 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 }, { 0xfe20, 0xfe2f, 0 }, { 0xfe30, 0xfe6f, 2 }, { 0xfeff, 0xfeff, 0 }, { 0xff00, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
};

/* One character of valid UTF-8 (outbuf_escaped() leaves nothing else): its bytes, and its columns in *width. */
static size_t character(const char *text, unsigned *width)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c = *p & (0xffu >> (n == 1 ? 1 : n + 1));

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*width = 1;
	for (unsigned i = 0; n > 1 && i < sizeof(odd_characters) / sizeof(*odd_characters); i++)
		if (c >= odd_characters[i].first && c <= odd_characters[i].last)
			*width = odd_characters[i].width;
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
