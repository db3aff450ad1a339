/* SPDX-License-Identifier: MIT */
/*
 * What other packets have announced: that a port of a host will carry this protocol. SDP, RTSP and Skinny name the
 * ports of RTP, FTP those of its files, TFTP answers from another port than it was asked at.
 *
 * A decoder keeps the last few hundred announcements; when there are more, the one whose place is needed goes. It is
 * asked only when there is an announcement and somebody wants application layers.
 */
#ifndef DECODE_EXPECT_H
#define DECODE_EXPECT_H

#include "decode/protocol.h"

struct expectations;

enum { EXPECTATIONS_MAX = 512 };

/* NULL without memory; everybody copes with that. */
struct expectations *expectations_new(void);
void expectations_free(struct expectations *e);

/* `port` of the host `addr` (4 or 16 bytes) speaks `proto`, on TCP or UDP as `kind` says. */
void decode_expect(const struct decode *d, enum claim_kind kind, const uint8_t *addr, unsigned addr_len, uint16_t port,
		   unsigned proto);
/* The same for the sender (or receiver) of the packet being decoded. */
void decode_expect_end(const struct decode *d, enum claim_kind kind, bool sender, uint16_t port, unsigned proto);
/* What was announced for one of the ends of the packet being decoded, the receiver first; PROTO_NONE if nothing was. */
uint8_t decode_expected(const struct decode *d, enum claim_kind kind, uint16_t src_port, uint16_t dst_port);

#endif
