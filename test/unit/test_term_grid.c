/* SPDX-License-Identifier: MIT */
/* What the grid writes is played into a small terminal of the test, which must then show the grid. */
#include "check.h"
#include "base/unicode.h"
#include "term/grid.h"

#include <stdlib.h>

enum { WIDE = 40, HIGH = 8 };

struct terminal {
	uint32_t c[HIGH][WIDE];
	unsigned x, y;
};

static void play(struct terminal *t, const char *p, size_t len)
{
	const char *end = p + len;
	uint32_t c;

	while (p < end) {
		unsigned columns;

		if (*p == '\033') {
			unsigned a = 0, b = 0;

			p += 2;
			for (; *p >= '0' && *p <= '9'; p++)
				a = a * 10 + (unsigned)(*p - '0');
			while (*p == ';') {
				for (b = 0, p++; *p >= '0' && *p <= '9'; p++)
					b = b * 10 + (unsigned)(*p - '0');
			}
			if (*p == 'H') {
				t->y = a - 1;
				t->x = b - 1;
			} else if (*p == 'J') {
				for (unsigned y = 0; y < HIGH; y++)
					for (unsigned x = 0; x < WIDE; x++)
						t->c[y][x] = ' ';
			} else {
				CHECK_EQ(*p, 'm');
			}
			p++;
			continue;
		}
		p += unicode_take(p, (size_t)(end - p), &c);
		columns = unicode_columns(c);
		if (!CHECK(c >= 0x20 && t->y < HIGH && t->x + columns <= WIDE))
			return;
		t->c[t->y][t->x] = c;
		if (columns == 2)
			t->c[t->y][t->x + 1] = 0;
		t->x += columns;
	}
}

static size_t put(struct grid *g, struct terminal *t)
{
	static char bytes[65536];
	struct outbuf o;

	outbuf_fixed(&o, bytes, sizeof(bytes));
	grid_put(g, &o);
	CHECK(!o.cut);
	play(t, bytes, outbuf_len(&o));
	return outbuf_len(&o);
}

static void same(const struct grid *g, const struct terminal *t)
{
	for (unsigned y = 0; y < HIGH; y++)
		for (unsigned x = 0; x < WIDE; x++)
			if (!CHECK_EQ(t->c[y][x], g->cells[y * WIDE + x].c)) {
				fprintf(stderr, "# at %u, %u\n", x, y);
				return;
			}
}

static const char *row(const struct grid *g, unsigned y)
{
	static char text[512];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	grid_row(g, y, &o);
	return outbuf_cstr(&o);
}

TEST(texts_are_cut_and_harmless)
{
	struct grid g = { .columns = 0 };

	CHECK_EQ(grid_resize(&g, 20, 4, NULL), 0);
	CHECK_EQ(grid_text(&g, 0, 0, 8, 0, "abcdefghij"), 8);
	CHECK_STR(row(&g, 0), "abcdefg…");
	grid_text(&g, 18, 1, 99, 0, "xyz");
	CHECK_STR(row(&g, 1), "                  x…");
	grid_text(&g, 0, 2, 20, 0, "a\033[31m\x9b\tb");
	CHECK_STR(row(&g, 2), "a?[31m�?b");
	grid_right(&g, 0, 3, 6, 0, "42");
	CHECK_STR(row(&g, 3), "    42");
	grid_text(&g, 0, 99, 5, 0, "outside");
	grid_text(&g, 99, 0, 5, 0, "outside");
	grid_fill(&g, 0, 0, 999, 999, '.', 0);
	CHECK_STR(row(&g, 3), "....................");
	grid_release(&g);
}

TEST(bars)
{
	struct grid g = { .columns = 0 };

	CHECK_EQ(grid_resize(&g, 10, 1, NULL), 0);
	grid_bar(&g, 0, 0, 4, 0, 0.5);
	CHECK_STR(row(&g, 0), "██");
	grid_bar(&g, 0, 0, 4, 0, 7.0);
	CHECK_STR(row(&g, 0), "████");
	grid_clear(&g);
	grid_bar(&g, 0, 0, 1, 0, 0.125);
	CHECK_STR(row(&g, 0), "▏");
	grid_release(&g);
}

TEST(nothing_new_is_nothing_written)
{
	struct grid g = { .columns = 0 };
	struct terminal t = { .x = 0 };

	CHECK_EQ(grid_resize(&g, WIDE, HIGH, NULL), 0);
	grid_text(&g, 3, 3, 20, GRID_BOLD, "twice");
	put(&g, &t);
	same(&g, &t);
	grid_clear(&g);
	grid_text(&g, 3, 3, 20, GRID_BOLD, "twice");
	CHECK_EQ(put(&g, &t), 0);
	grid_forget(&g);
	CHECK(put(&g, &t) > 0);
	same(&g, &t);
	grid_release(&g);
}

TEST(every_frame_arrives)
{
	static const char *const texts[] = { "abc", "中文 text", "a中b", "…████▍", "é", "longer than all the others are" };
	struct grid g = { .colour = true };
	struct terminal t = { .x = 0 };

	CHECK_EQ(grid_resize(&g, WIDE, HIGH, NULL), 0);
	srand(11);
	for (int frame = 0; frame < 500; frame++) {
		if (rand() % 4 == 0)
			grid_clear(&g);
		for (int i = 0; i < 5; i++)
			grid_text(&g, (unsigned)rand() % WIDE, (unsigned)rand() % HIGH, (unsigned)rand() % 20 + 1, (unsigned)rand() % 1024,
				  texts[rand() % 6]);
		put(&g, &t);
		same(&g, &t);
	}
	grid_release(&g);
}

TEST(sizes_have_a_ceiling)
{
	struct grid g = { .columns = 0 };

	CHECK_EQ(grid_resize(&g, 100000, 2, NULL), 0);
	CHECK_EQ(g.columns, GRID_COLUMNS_MAX);
	CHECK_EQ(grid_resize(&g, 0, 0, NULL), 0);
	CHECK_EQ(g.columns, 1);
	grid_text(&g, 0, 0, 5, 0, "中");
	grid_release(&g);
	grid_release(&g);
}
