/* SPDX-License-Identifier: MIT */
/*
 * Numbers for conversations: tcp.stream and udp.stream, counted from 0 in order
 * of appearance as Wireshark counts them. Both directions of a pair of addresses
 * and ports are one conversation; for TCP a SYN with another first sequence
 * number begins a new one on the same pair. What else is known of a flow is
 * lib/flow's, indexed by these numbers.
 */
#ifndef DECODE_CONVERSATION_H
#define DECODE_CONVERSATION_H

#include "decode/packet.h"

struct conversations;

enum {
	CONVERSATION_NONE = -1,
	CONVERSATIONS_MAX = 1 << 20 /* per transport; when full, all are forgotten and the numbers go on */
};

/* NULL when there is no memory. 56 bytes a slot, a third to two thirds of them in use. */
struct conversations *conversations_new(void);
void conversations_free(struct conversations *c);

/* The number for the conversation between `src`:`src_port` and `dst`:`dst_port`
 * (addresses of `addr_len` bytes, at most 16), or CONVERSATION_NONE without memory. */
int32_t conversation_number(struct conversations *c, const uint8_t *src, const uint8_t *dst, unsigned addr_len,
			    uint16_t src_port, uint16_t dst_port);
/* The same for a TCP segment; `flags` are the header's low byte. */
int32_t conversation_number_tcp(struct conversations *c, const uint8_t *src, const uint8_t *dst, unsigned addr_len,
				uint16_t src_port, uint16_t dst_port, uint32_t seq, unsigned flags);
/* How often the ceiling was reached. */
unsigned conversations_forgotten(const struct conversations *c);

#endif
