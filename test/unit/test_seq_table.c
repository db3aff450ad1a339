/* SPDX-License-Identifier: MIT */
/* Relative sequence numbers: the same base for both directions, a new one for a new connection, a ceiling that holds. */
#include "check.h"
#include "decode/seq_table.h"

static const uint8_t a[16] = { 10, 0, 0, 1 }, b[16] = { 10, 0, 0, 2 };

TEST(first_segment_sets_both_bases)
{
	struct seq_table *t = seq_table_new(64);
	struct seq_base base;

	if (!CHECK(t != NULL))
		return;
	base = seq_table_base(t, a, b, 4, 1000, 80, 5000, 9001, false);
	CHECK(!base.known);
	CHECK_EQ(base.own, 5000);
	CHECK_EQ(base.other, 9000);
	base = seq_table_base(t, a, b, 4, 1000, 80, 5100, 9001, false);
	CHECK(base.known);
	CHECK_EQ(base.own, 5000);
	base = seq_table_base(t, b, a, 4, 80, 1000, 9001, 5100, false);
	CHECK(base.known);
	CHECK_EQ(base.own, 9000);
	CHECK_EQ(base.other, 5000);
	seq_table_free(t);
}

TEST(syn_starts_over)
{
	struct seq_table *t = seq_table_new(64);
	struct seq_base base;

	if (!CHECK(t != NULL))
		return;
	seq_table_base(t, a, b, 4, 1000, 80, 1, 2, false);
	base = seq_table_base(t, b, a, 4, 80, 1000, 700, 301, true);
	CHECK(!base.known);
	base = seq_table_base(t, a, b, 4, 1000, 80, 301, 701, false);
	CHECK(base.known);
	CHECK_EQ(base.own, 300);
	CHECK_EQ(base.other, 700);
	seq_table_free(t);
}

TEST(connections_are_told_apart)
{
	struct seq_table *t = seq_table_new(64);

	if (!CHECK(t != NULL))
		return;
	seq_table_base(t, a, b, 4, 1000, 80, 1, 2, false);
	CHECK(!seq_table_base(t, a, b, 4, 1001, 80, 1, 2, false).known);
	CHECK(!seq_table_base(t, a, b, 4, 1000, 81, 1, 2, false).known);
	CHECK(!seq_table_base(t, b, a, 4, 1000, 80, 1, 2, false).known);
	CHECK(!seq_table_base(t, a, b, 16, 1000, 80, 1, 2, false).known);
	CHECK(seq_table_base(t, a, b, 4, 1000, 80, 1, 2, false).known);
	seq_table_free(t);
}

TEST(same_ports_use_the_addresses)
{
	struct seq_table *t = seq_table_new(64);
	struct seq_base base;

	if (!CHECK(t != NULL))
		return;
	seq_table_base(t, a, b, 4, 179, 179, 100, 201, false);
	base = seq_table_base(t, b, a, 4, 179, 179, 201, 101, false);
	CHECK(base.known);
	CHECK_EQ(base.own, 200);
	CHECK_EQ(base.other, 100);
	seq_table_free(t);
}

/* With far more connections than slots the table neither grows nor stops: the newest are known. */
TEST(ceiling_evicts_the_oldest)
{
	struct seq_table *t = seq_table_new(1024);
	unsigned known = 0;

	if (!CHECK(t != NULL))
		return;
	for (unsigned i = 0; i < 100000; i++) {
		seq_table_base(t, a, b, 4, (uint16_t)i, (uint16_t)(i >> 16), i, i, false);
		known += seq_table_base(t, a, b, 4, (uint16_t)i, (uint16_t)(i >> 16), i, i, false).known;
	}
	CHECK_EQ(known, 100000);
	known = 0;
	for (unsigned i = 99900; i < 100000; i++)
		known += seq_table_base(t, a, b, 4, (uint16_t)i, (uint16_t)(i >> 16), i, i, false).known;
	CHECK(known >= 95);
	seq_table_free(t);
}

TEST(freeing_nothing_is_harmless)
{
	seq_table_free(NULL);
	CHECK(true);
}
