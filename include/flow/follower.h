/* SPDX-License-Identifier: MIT */
/*
 * The bytes of conversations, in order: TCP by its sequence numbers (decode/reorder.h), UDP datagram by datagram.
 *
 *	packet --> conversation number --> struct followed { half[orig], half[resp] } --> data(), gap
 *
 * Both directions are given interleaved, each piece as soon as everything before it is there. A connection of which
 * both directions have ended is forgotten after a while; what comes after that belongs to it no more.
 */
#ifndef FLOW_FOLLOWER_H
#define FLOW_FOLLOWER_H

#include "base/errmsg.h"
#include "base/series.h"
#include "decode/conversation.h"
#include "decode/reorder.h"
#include "flow/flow.h"

enum {
	FOLLOWED_MAX = 1 << 16,         /* conversations at a time */
	FOLLOWED_CLOSED_MAX = 1 << 10,  /* of those that have ended, the last ones are kept for what comes late */
	FOLLOWER_WAITING_MAX = 64 << 20 /* bytes of all that wait for what comes before them */
};

struct followed {
	int32_t number;                 /* tcp.stream or udp.stream */
	uint8_t addr_len;               /* 4 or 16 */
	bool udp, orig_high;
	bool ended[2];                  /* end() was called */
	uint8_t addr[2][16];            /* [FLOW_ORIG], [FLOW_RESP] */
	uint16_t port[2];
	struct reorder half[2];
	uint64_t given[2];              /* bytes handed on */
	uint64_t missing[2];            /* bytes that gaps stand for */
	uint64_t frame;                 /* number and time of the packet being looked at */
	int64_t ts_ns;
	void *user;                     /* the caller's; NULL at first */
	struct followed *newer, *older; /* by their last packet */
};

struct followed_list {
	struct followed *newest, *oldest;
	uint32_t count;
};

/* What a follower tells; each may be NULL but data. `dir` is FLOW_ORIG or FLOW_RESP. */
struct follower_events {
	/* Bytes in order, borrowed for the call; data NULL: a gap of `len`. A datagram is one call, an empty one too. */
	void (*data)(void *user, struct followed *f, unsigned dir, const uint8_t *data, uint32_t len);
	/* Nothing more will come in this direction; `whole`: by a FIN or RST, else because the input has ended, or the ceiling. */
	void (*end)(void *user, struct followed *f, unsigned dir, bool whole);
	/* The conversation is about to be forgotten, after both ends: the time to free f->user. */
	void (*gone)(void *user, struct followed *f);
};

/* What of all conversations is followed. */
struct follower_choice {
	bool udp;                       /* else TCP */
	bool all;
	int32_t number;                 /* CONVERSATION_NONE: by the ends */
	uint8_t addr_len, addr[2][16];  /* in either order */
	uint16_t port[2];
};

struct follower {
	struct follower_choice choice;
	const struct follower_events *events;
	void *user;
	struct series index;            /* by number: struct followed *, or FOLLOWED_GONE */
	struct followed_list open, closed; /* closed: both directions have ended, but something may follow */
	uint64_t waiting;               /* bytes, of all */
	/* bounds that were hit */
	uint64_t evicted;               /* conversations given up for others, FOLLOWED_MAX */
	uint64_t overflows;             /* times that too much waited in one direction: given with a gap before it */
	uint64_t lost;                  /* packets for which there was no memory */
};

/* "tcp,7", "udp,0", "tcp,all", "tcp,10.0.0.1:80,10.0.0.2:1234", "tcp,[fe80::1]:80,...". `rest` is what follows behind
 * another comma, or NULL. NW_EINPUT. */
int follower_choice_parse(struct follower_choice *c, const char *text, const char **rest, struct errmsg *err);

/* Asks `d` for what it needs. */
void follower_init(struct follower *f, const struct follower_choice *c, const struct follower_events *events, void *user,
		   struct decoder *d);
/* A packet decoded with that decoder. */
void follower_packet(struct follower *f, const struct packet *p);
/* Ends all conversations, in the order of their last packets. */
void follower_end(struct follower *f);
/* Frees what there is, with gone() and without end(). */
void follower_release(struct follower *f);

#endif
