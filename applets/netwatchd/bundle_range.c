/* SPDX-License-Identifier: MIT */
/*
 * What of the wanted time before the trigger a bundle can hold: what the record still has, and what there is room for. Both are
 * asked of the indexes; no packet but the record's first is read.
 */
#include "bundle.h"
#include "store/query.h"

#include <stdio.h>

enum { STEP_NS = 100000 }; /* nearer is not looked for */

/* Where the record begins, if that is behind the time wanted. */
static int judge_beginning(struct bundle *b, const struct query_options *o, struct errmsg *err)
{
	struct query_options first = *o;
	struct query *q;
	struct frame f;
	char why[200];
	int rc;

	first.from_ns = INT64_MIN;
	first.to_ns = INT64_MAX;
	first.limit = 1;
	rc = query_open(&q, &first, err);
	if (rc)
		return rc;
	rc = query_next(q, &f, err);
	if (rc > 0 && f.ts_ns > o->from_ns) {
		snprintf(why, sizeof(why), "the record begins %.3f s after the time wanted, %s", (double)(f.ts_ns - o->from_ns) / 1e9,
			 f.number > 1 ? "packets before were evicted" : "nothing was recorded before");
		bundle_problem(b, "packets.pcapng", why);
	}
	query_close(q);
	return rc < 0 ? rc : 0;
}

/* Bytes to read for this time: whole chunks, and all of what has no index yet. */
static int bytes_from(const struct query_options *o, int64_t from_ns, int64_t to_ns, uint64_t *bytes, struct errmsg *err)
{
	struct query_options part = *o;
	struct query_cost cost;
	struct query *q;
	int rc;

	part.from_ns = from_ns;
	part.to_ns = to_ns;
	rc = query_open(&q, &part, err);
	if (rc)
		return rc;
	query_cost(q, &cost);
	*bytes = cost.bytes_read;
	query_close(q);
	return 0;
}

int bundle_range(struct bundle *b, struct query_options *o, int64_t at_ns, uint64_t bytes, struct errmsg *err)
{
	int64_t least = o->from_ns, most = at_ns;
	uint64_t takes = 0;
	char why[200];
	int rc = judge_beginning(b, o, err);

	if (!rc && bytes && least < most)
		rc = bytes_from(o, least, most, &takes, err);
	if (rc || takes <= bytes)
		return rc;
	while (!rc && most - least > STEP_NS) {
		int64_t middle = least + (most - least) / 2;

		rc = bytes_from(o, middle, at_ns, &takes, err);
		if (takes <= bytes)
			most = middle;
		else
			least = middle;
	}
	if (rc)
		return rc;
	snprintf(why, sizeof(why), "begins %.3f s later than asked for, bundles may take half of the session's room (limits.bytes)",
		 (double)(most - o->from_ns) / 1e9);
	bundle_problem(b, "packets.pcapng", why);
	o->from_ns = most;
	return 0;
}
