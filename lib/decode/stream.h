/* SPDX-License-Identifier: MIT */
/*
 * Messages of application protocols that go over several TCP segments.
 *
 *	frame 4   tcp |message|first part of the next      one layer; what is left is kept
 *	frame 6   tcp |middle                              kept, no layer
 *	frame 9   tcp |last part|message|                  both messages, in a source of their own (packet.source[])
 *
 * What is in order is decoded where it lies while nothing is kept. Bytes that were sent before are not decoded again. A
 * segment that comes early waits while a message is under way (decode/reorder.h), else it is decoded as it stands, and so are
 * the bytes before it when they come, and a segment far away that nothing follows. On the last segment nothing waits. What a
 * message lacks when the other end has acknowledged it, when the connection ends or when too much is kept will not come:
 * then the message is given up, counted, and decoding goes on with the next segment.
 */
#ifndef LIB_DECODE_STREAM_H
#define LIB_DECODE_STREAM_H

#include "decode/protocol.h"

enum {
	STREAM_MESSAGE_MAX = 1 << 20, /* bytes of one message, and as many that wait early: REORDER_BYTES a direction */
	STREAM_UNKNOWN_MAX = 1 << 15, /* of one that does not say its length */
	STREAM_TOTAL_MAX = 64 << 20   /* of all connections; beyond, the one untouched for longest is given up */
};

struct streams;

/* NULL without memory; everybody copes with that. */
struct streams *streams_new(void);
void streams_free(struct streams *s);
const struct stream_counts *streams_counts(const struct streams *s);

/* The TCP layer `l` with header `h` has been read, the cursor is on its payload: says what is decoded of it, and as what. */
void stream_segment(struct decode *d, const struct layer *l, const uint8_t *h);

/* How stream_wait() treats the segments that a message goes on in. */
enum {
	STREAM_SHOW = 1, /* they have a layer of the protocol, with nothing in it: see stream_rest() */
	STREAM_SKIP = 2  /* of this message its first STREAM_HEAD bytes are enough: the others are counted, not kept */
};
enum { STREAM_HEAD = 8 };

bool stream_keep(struct decode *d, const uint8_t *from, uint32_t need, unsigned proto, unsigned how);
bool stream_under_way(const struct decode *d);
bool stream_head_only(const struct decode *d);
bool stream_number(const struct decode *d, const uint8_t *at, uint32_t *seq);

/* For decode(): a message of `proto` begins at `from` and has `need` bytes; 0: not known, but more than there are. True: it
 * goes on in the next segment and is kept until it is whole; it is decoded then, with what follows it. So this layer
 * ends before `from`; with nothing before it, decode() returns DECODE_WAITS (or shows an empty layer). False: this is
 * all there is: it is whole, not over TCP, cut by the snaplen, too long, or nothing is put together. */
static inline bool stream_wait(struct decode *d, const uint8_t *from, uint32_t need, unsigned proto, unsigned how)
{
	return ENABLE_REASSEMBLY && d->decoder->streams && stream_keep(d, from, need, proto, how);
}

/* Is this payload in the middle of a message under way that has STREAM_SHOW? */
static inline bool stream_rest(const struct decode *d)
{
	return ENABLE_REASSEMBLY && d->decoder->streams && stream_under_way(d);
}

/* Is this the head of a message with STREAM_SKIP, which ends here? */
static inline bool stream_head(const struct decode *d)
{
	return ENABLE_REASSEMBLY && d->decoder->streams && stream_head_only(d);
}

/* The sequence number of the byte at `at`, which may be in a source of its own; false: not of a stream. */
static inline bool stream_position(const struct decode *d, const uint8_t *at, uint32_t *seq)
{
	return ENABLE_REASSEMBLY && d->decoder->streams && stream_number(d, at, seq);
}

#endif
