/* SPDX-License-Identifier: MIT */
/*
 * Whole conversations of which one packet matched, in one pass: what may still turn out to be wanted waits in a buffer.
 *
 *	packets   a1  b1  a2  b2  a3*  b3  a4       * matches
 *	out                       a1 a2 a3  a4      b is never written; its packets leave the buffer from the front
 *
 * A conversation is what tcp.stream and udp.stream number (a SYN may begin a new one on the same ends), of other IP packets
 * the two addresses and the protocol; IP fragments belong to the conversation of the datagram they make. A packet without
 * any of that stands for itself.
 *
 * In order: packets go out in the order of the capture, so those that matched wait behind older ones that are undecided.
 * At once: a packet goes out as soon as its conversation has matched, those that waited before it; different conversations are
 * then out of order.
 *
 * When more waits than the bound, the oldest undecided packets go. If their conversation matches later, they are missing.
 */
#ifndef FLOW_WHOLE_H
#define FLOW_WHOLE_H

#include "base/errmsg.h"
#include "decode/packet.h"

struct whole;

enum { WHOLE_BYTES = 64 << 20, WHOLE_BYTES_MIN = 256 << 10 };

/* A packet goes out; `f` is borrowed for the call. Its record and interface are not known any more when it has waited.
 * Negative: stop, with the error. */
typedef int whole_give(void *user, const struct frame *f, struct errmsg *err);

struct whole_options {
	size_t max_bytes;      /* of what waits; 0: WHOLE_BYTES */
	bool at_once;          /* else in order */
	bool no_bytes;         /* the bytes of packets are not needed: they are counted only */
	whole_give *give;
	void *user;
};

struct whole_counts {
	uint64_t dropped, dropped_bytes; /* packets that were given up because of the bound */
	uint64_t missing;                /* those of them whose conversation matched later */
	uint64_t missing_conversations;
	uint64_t forgotten;              /* conversations: there were more than CONVERSATIONS_MAX of TCP, UDP or others */
	uint64_t most_bytes;             /* of what waited at a time */
};

/* Asks `d` for conversation numbers (and so for whole datagrams). NW_ELIMIT: no memory. */
int whole_new(struct whole **w, const struct whole_options *o, struct decoder *d, struct errmsg *err);
/* What waits is dropped: whole_end() comes before. NULL is fine. */
void whole_free(struct whole *w);

/* One more packet, decoded with that decoder; gives what can go out now. 0, NW_ELIMIT (no memory), or give()'s error. */
int whole_packet(struct whole *w, const struct packet *p, bool matches, struct errmsg *err);
/* The capture is over: gives what has matched and waits. */
int whole_end(struct whole *w, struct errmsg *err);
const struct whole_counts *whole_counts(const struct whole *w);

#endif
