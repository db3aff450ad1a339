/* SPDX-License-Identifier: MIT */
/*
 * Numbers for conversations: tcp.stream and udp.stream, counted from 0 in order
 * of appearance as Wireshark counts them. Both directions of a pair of addresses
 * and ports are one conversation; for TCP a SYN with another first sequence
 * number begins a new one on the same pair. What else is known of a flow is
 * kept in series (base/series.h) by these numbers.
 *
 * The two ends are called low and high, by address and then port, as that does
 * not depend on who spoke first.
 */
#ifndef DECODE_CONVERSATION_H
#define DECODE_CONVERSATION_H

#include "decode/packet.h"

struct conversations;

enum {
	CONVERSATION_NONE = -1,
	CONVERSATIONS_MAX = 1 << 20 /* the usual ceiling, per transport */
};

/* Remembers at most about `ceiling` conversations; beyond, those that appeared first are forgotten (if they go on they get
 * a new number). NULL: no memory. IPv4: 24 bytes and 8 to 16 of the index each; IPv6: 32 more. */
struct conversations *conversations_new(unsigned ceiling);
void conversations_free(struct conversations *c); /* NULL is fine */

/* One packet's ends; addresses of addr_len bytes, 4 or 16. */
struct conversation_key {
	const uint8_t *src, *dst;
	unsigned addr_len;
	uint16_t src_port, dst_port;
	uint16_t space; /* decode/space.h; 0: nothing is separated */
};

/* The number for the conversation that `k` belongs to, or CONVERSATION_NONE without memory. */
int32_t conversation_number(struct conversations *c, const struct conversation_key *k);
/* The same for a TCP segment; `flags` are the header's low byte. *reused: a new conversation on the ends of an old one. */
int32_t conversation_number_tcp(struct conversations *c, const struct conversation_key *k, uint32_t seq, unsigned flags,
				bool *reused);
/* Is the sender of `k` the high end? */
bool conversation_from_high(const struct conversation_key *k);

/* The ends of a conversation, src the low one; they live until the next call with `c`. False: it is forgotten. */
bool conversation_ends(const struct conversations *c, int32_t number, struct conversation_key *k);
/* Another ceiling; before the first packet. */
void conversations_limit(struct conversations *c, unsigned ceiling);
/* Called for each conversation that is about to be forgotten, while conversation_ends() still knows it. */
typedef void conversation_forget_fn(void *user, int32_t number);
void conversations_on_forget(struct conversations *c, conversation_forget_fn *forget, void *user);
/* How many were forgotten, and the bytes held. */
uint32_t conversations_forgotten(const struct conversations *c);
size_t conversations_bytes(const struct conversations *c);

#endif
