/* SPDX-License-Identifier: MIT */
/*
 * Reading a record (store/record.h) beside or long after the one who writes it: packets in the order recorded, those of a
 * time range that match a filter, read from as few chunks as the index allows, or as they come.
 *
 *	query_open(&q, &options, &err)
 *	for (;;) {
 *		rc = query_next(q, &frame, &err);
 *		if (rc > 0)
 *			use(&frame);                       borrowed until the next call with q
 *		else if (rc < 0 || query_ended(q))
 *			break;
 *		else                                       following, and nothing yet
 *			sleep(query_delay_ms(q));          or do something else meanwhile
 *	}
 *
 * What a query answers never depends on the index: without one, or with one of another version, it reads more and says the
 * same. A filter that needs the packets before (tcp.stream, a reassembled message) sees all of the range that may have to do
 * with it.
 *
 * It holds one segment's descriptor, one buffer of 512 KiB that grows to the largest packet block, and what decoding for the
 * filter keeps; it writes nothing, takes no lock, and the writer does not know of it. Segments that are evicted meanwhile are
 * passed over and counted. A damaged one is read up to the damage, and on from the next chunk when there is an index.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "base/errmsg.h"
#include "base/frame.h"

#include <stdbool.h>
#include <stdint.h>

struct query;
struct progress_page;

/* A place in a record: behind packet `packet` (from 1; 0: before the first) of segment `segment`. {0, 0}: the beginning. */
struct query_position {
	uint64_t segment, packet;
};

/* Behind everything that is there at query_open(): for who follows what comes. */
#define QUERY_END ((struct query_position){ UINT64_MAX, UINT64_MAX })

struct query_options {
	int dir_fd;               /* the session's directory; borrowed, must stay open */
	const struct progress_page *progress; /* the writer's page, borrowed; NULL: files are read as long as they are */
	const char *file;         /* instead of the segments this one pcapng below dir_fd ("bundles/NAME/packets.pcapng"); NULL */
	int64_t from_ns, to_ns;   /* packets of this time, both ends included; INT64_MIN, INT64_MAX: open */
	const char *filter;       /* display filter; NULL or blank: all packets. Copied */
	const char *capture_filter; /* libpcap's language, for those that prefer it; NULL: none. Copied. Both must match */
	struct query_position after; /* go on behind it. Packets of segments that are gone are missed, not an error */
	uint64_t skip, limit;     /* matches to pass over first; matches to give at most, 0: all */
	bool follow;              /* do not end where the record does; with to_ns: until that time has passed */
	bool no_index;            /* read everything in the range: slower, the same answer */
	/* Asked every few milliseconds while query_next() looks for a match; false: give up (the query has ended). NULL: never.
	 * It must not use the query. */
	bool (*go_on)(void *user);
	void *user;
};

#define QUERY_OPTIONS_ALL(fd) { .dir_fd = (fd), .from_ns = INT64_MIN, .to_ns = INT64_MAX }

/* 0, or: NW_EINPUT (a filter that does not compile: as filter_compile() says it; from behind to; `file` is no capture),
 * NW_EPERM, NW_ESYS (the directory or file cannot be read), NW_ELIMIT (no memory). A record without segments is no error. */
int query_open(struct query **q, const struct query_options *o, struct errmsg *err);
void query_close(struct query *q); /* NULL is fine */

/* 1: *f is the next match, borrowed until the next call. f->number counts the packets of the session since it began, evicted
 * ones included, as far as the indexes tell; f->ifid and f->interface are query_interface()'s; options are the record's.
 * 0: the end, or, when following (query_ended() is false), nothing yet.
 * Negative: NW_ESYS, NW_ELIMIT; then the query is over. */
int query_next(struct query *q, struct frame *f, struct errmsg *err);
/* No packet will come any more. */
bool query_ended(const struct query *q);
/* After 0 while following: how long to wait; grows from 50 to 200 ms while nothing comes. */
unsigned query_delay_ms(const struct query *q);

/* Where the last match that was given out stands: `after` of a query that goes on behind it. */
struct query_position query_position(const struct query *q);

/* Interfaces met so far. Those of several segments that are the same but for their counters are one. */
uint32_t query_interfaces(const struct query *q);
const struct interface *query_interface(const struct query *q, uint32_t ifid);

/* What the query takes, as known at query_open(): for progress and for the curious. */
struct query_cost {
	uint64_t segments, segments_read; /* there are; with something to read */
	uint64_t chunks, chunks_read;     /* likewise. A segment without an index is one chunk */
	uint64_t bytes, bytes_read;       /* of the segments; of the chunks to read */
	uint64_t packets_at_most;         /* in those chunks, and not more than limit. What comes by following is in none */
	bool packets_known;               /* false: something without an index is among them, it is not counted */
};
void query_cost(const struct query *q, struct query_cost *c);

/* What has been done. */
struct query_done {
	uint64_t matches;         /* given out */
	uint64_t looked_at;       /* packets read and judged */
	uint64_t bytes;           /* of segments, read */
	uint64_t missed_segments; /* evicted before they were read, those behind `after` included */
	uint64_t missed_packets;  /* in them, as far as their index had said */
	uint64_t damaged;         /* segments that were not read to their end */
	char damage[160];         /* the first of these, in words; "" */
};
void query_done(const struct query *q, struct query_done *d);

/* The hint of the filter's compiler ("did you mean"), or "". */
const char *query_hint(const struct query *q);

/* "12:345" and back; false: not a position. */
void query_position_format(char text[44], const struct query_position *p);
bool query_position_parse(const char *text, struct query_position *p);

#endif
