/* SPDX-License-Identifier: MIT */
/* Times of packets as text. Formatting a calendar time costs microseconds, so
 * the text of the current second is kept and only the fraction is written anew. */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include "base/outbuf.h"

enum timefmt_style {
	TIMEFMT_NONE,       /* tcpdump -t */
	TIMEFMT_TIME,       /* 12:03:07.123456 */
	TIMEFMT_EPOCH,      /* 1700000000.123456       -tt */
	TIMEFMT_DELTA,      /* since the packet before -ttt */
	TIMEFMT_DATE_TIME,  /* 2026-11-20 12:03:07.123456 -tttt */
	TIMEFMT_SINCE_FIRST,/* -ttttt */
	TIMEFMT_ISO8601     /* 2026-11-20T12:03:07.123456Z (UTC) */
};

struct timefmt {
	enum timefmt_style style;
	int digits;             /* 6 or 9 (0 and 3 also work) */
	bool utc;
	int64_t first_ns, last_ns;
	bool started;
	int64_t cached_s;
	int cached_len;
	char cached[40];
};

/* Digits and style as above; utc only matters to TIME and DATE_TIME. */
void timefmt_init(struct timefmt *t, enum timefmt_style style, int digits, bool utc);
/* Appends one time; calls are in the order of the packets (DELTA remembers the last). */
void timefmt_put(struct timefmt *t, struct outbuf *o, int64_t ts_ns);

#endif
