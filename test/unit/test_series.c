/* SPDX-License-Identifier: MIT */
#include "base/series.h"
#include "check.h"

TEST(items_stay_where_they_are)
{
	struct series s;
	uint32_t *first;

	series_init(&s, sizeof(uint32_t), 10 * SERIES_CHUNK);
	first = series_item(&s, 0);
	CHECK(first && !*first);
	*first = 7;
	for (uint32_t i = 1; i < 10 * SERIES_CHUNK; i++)
		*(uint32_t *)series_item(&s, i) = i;
	CHECK(first == series_peek(&s, 0) && *first == 7);
	CHECK_EQ(*(uint32_t *)series_peek(&s, 5000), 5000);
	CHECK(!series_peek(&s, 10 * SERIES_CHUNK));
	series_release(&s);
}

TEST(beyond_the_ceiling_the_oldest_go)
{
	struct series s;

	series_init(&s, 8, 2 * SERIES_CHUNK);
	series_item(&s, 0);
	series_item(&s, SERIES_CHUNK);
	CHECK(series_full(&s, 2 * SERIES_CHUNK));
	CHECK(!series_item(&s, 2 * SERIES_CHUNK));
	series_drop(&s);
	CHECK_EQ(series_first(&s), SERIES_CHUNK);
	CHECK(!series_peek(&s, 0) && !series_item(&s, 0));
	CHECK(series_item(&s, 2 * SERIES_CHUNK + 5));
	CHECK(series_bytes(&s) >= 2 * SERIES_CHUNK * 8);
	series_release(&s);
}

TEST(numbers_may_be_left_out)
{
	struct series s;

	series_init(&s, 8, 4 * SERIES_CHUNK);
	CHECK(series_item(&s, 3 * SERIES_CHUNK));
	CHECK(!series_peek(&s, 0));
	CHECK(series_item(&s, 5)); /* not forgotten, only not begun */
	for (uint32_t n = 4 * SERIES_CHUNK; n < 100 * SERIES_CHUNK; n += SERIES_CHUNK) {
		while (series_full(&s, n))
			series_drop(&s);
		CHECK(series_item(&s, n));
	}
	CHECK(series_bytes(&s) <= 4 * (SERIES_CHUNK * 8 + 8));
	series_release(&s);
}
