/* SPDX-License-Identifier: MIT */
/*
 * One direction of a TCP connection, put in the order of its sequence numbers (RFC 9293 section 3.4).
 *
 *	segments   5  6  8  7  6'  9    ->    5 6 7 8 9      what came early waits, what comes again is left out
 *
 * What is in order is given at once and is not copied; what came early is kept until the bytes before it come. Bytes
 * that were never captured are given as a gap: when the other end has acknowledged them, when too much waits, or at the
 * end. Where segments overlap, the bytes that came first count. No byte is given twice.
 */
#ifndef DECODE_REORDER_H
#define DECODE_REORDER_H

#include <stdbool.h>
#include <stdint.h>

enum { REORDER_SEGMENTS = 10000, REORDER_BYTES = 2 << 20 }; /* what may wait, of one direction, unless said otherwise */

struct reorder_segment;

/* All zero is a direction that nothing was seen of, with the limits above. */
struct reorder {
	uint32_t next;          /* sequence number expected next, when `begun` */
	bool begun, ended;      /* the first byte is known; a FIN or RST has been reached */
	bool finishing, strayed; /* `fin` and `stray` are valid */
	uint32_t fin;           /* number of a FIN that bytes before it are missing of */
	uint32_t stray;         /* where the last segment ended that was too far away to belong here */
	uint32_t max_segments, max_bytes; /* 0: the limits above */
	uint32_t segments, bytes;         /* that wait */
	uint64_t given, missing;          /* bytes handed on, bytes that gaps stand for */
	uint32_t overflows;               /* how often the limit was hit: what waited was given with a gap before it */
	struct reorder_segment *first, *last; /* in the order of their numbers, without overlaps */
};

/* What comes in order: `len` bytes, borrowed for the call; data NULL: a gap of `len` bytes. */
typedef void reorder_give(void *user, const uint8_t *data, uint32_t len);

/* One segment: `len` bytes of data on the wire from `seq` on (for a SYN: its own number, the data follow it), of which
 * `caplen` were captured; `flags` are the header's low byte. The first segment seen begins the stream, whatever it is. One
 * more than 64 MiB away does not belong here, unless another follows it there: then what lies between is a gap. What an RST
 * carries is no data. A SYN with another number is for the caller to see: that is a new stream. */
void reorder_segment(struct reorder *r, uint32_t seq, unsigned flags, const uint8_t *data, uint32_t caplen, uint32_t len,
		     reorder_give *give, void *user);
/* The other end has everything before `ack`: what is missing there will not come. */
void reorder_acked(struct reorder *r, uint32_t ack, reorder_give *give, void *user);
/* Gives what waits, with its gaps. */
void reorder_end(struct reorder *r, reorder_give *give, void *user);
/* Frees what waits; the struct is zero again but for its limits. */
void reorder_release(struct reorder *r);

#endif
