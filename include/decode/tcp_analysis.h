/* SPDX-License-Identifier: MIT */
/*
 * What a TCP segment is in the light of those before it: repeated, out of order,
 * a duplicate acknowledgement, and so on. The verdicts are Wireshark's
 * (User's Guide, "TCP Analysis"), by its names tcp.analysis.*, and are given in
 * one pass: a segment is judged by what was seen before it, never after.
 *
 *	first judged     what the numbers of both directions say of it
 *	then learnt      it moves on what is expected next of its sender
 *
 * State is kept by conversation number (decode/conversation.h), 192 bytes for each
 * connection and 32 for each segment that waits for its acknowledgement; of those
 * the newest TCP_UNACKED_MAX of a direction are remembered.
 */
#ifndef DECODE_TCP_ANALYSIS_H
#define DECODE_TCP_ANALYSIS_H

#include <stdbool.h>
#include <stdint.h>

enum tcp_verdict {
	TCP_RETRANSMISSION          = 1 << 0,
	TCP_FAST_RETRANSMISSION     = 1 << 1,
	TCP_SPURIOUS_RETRANSMISSION = 1 << 2,
	TCP_OUT_OF_ORDER            = 1 << 3,
	TCP_LOST_SEGMENT            = 1 << 4,  /* one before this was not captured */
	TCP_ACK_LOST_SEGMENT        = 1 << 5,  /* acknowledges what was not captured */
	TCP_DUPLICATE_ACK           = 1 << 6,
	TCP_KEEP_ALIVE              = 1 << 7,
	TCP_KEEP_ALIVE_ACK          = 1 << 8,
	TCP_ZERO_WINDOW             = 1 << 9,
	TCP_ZERO_WINDOW_PROBE       = 1 << 10,
	TCP_ZERO_WINDOW_PROBE_ACK   = 1 << 11,
	TCP_WINDOW_UPDATE           = 1 << 12,
	TCP_WINDOW_FULL             = 1 << 13,
	TCP_REUSED_PORTS            = 1 << 14
};

enum { TCP_UNACKED_MAX = 256 };

/* One segment, as far as the analysis looks at it. */
struct tcp_segment {
	int32_t conversation;  /* conversation number, >= 0 */
	bool high;             /* which of the two ends sent it */
	bool reused;           /* the first of a conversation on the ends of an earlier one */
	uint8_t flags;         /* the header's low byte */
	uint8_t window_shift;  /* of its window scale option; TCP_NO_SCALE: it has none */
	uint32_t seq, ack;
	uint32_t len;          /* bytes of data */
	uint16_t window;       /* as in the header */
	uint64_t frame;        /* frame number */
	int64_t ts_ns;
};

enum { TCP_NO_SCALE = 0xff };

/* What is said of it. Of the times, frames and counts, 0 (-1 for ns) means: not for this segment. */
struct tcp_analysis {
	uint16_t verdicts;        /* enum tcp_verdict */
	uint32_t duplicate_ack_num;
	uint64_t duplicate_ack_frame; /* of the first acknowledgement of this kind */
	uint64_t acks_frame;      /* the segment that this acknowledges */
	int64_t ack_rtt_ns;       /* time since it */
	int64_t initial_rtt_ns;   /* SYN to the end of the handshake, from then on */
	int64_t rto_ns;           /* retransmission: time since the oldest segment that waits was sent */
	uint64_t rto_frame;
	uint32_t bytes_in_flight;
	uint32_t relative_seq, next_seq, relative_ack; /* counted from the first number seen of that direction */
	int64_t window_size;      /* with scaling if the handshake was seen */
	int8_t window_scale;      /* shift in use, -1: unknown, -2: no scaling */
	int64_t time_relative_ns, time_delta_ns; /* since the first segment of the conversation, since the one before */
};

struct tcp_analyzer;

/* `ceiling`: connections that are remembered; beyond, the oldest are forgotten. NULL: no memory. */
struct tcp_analyzer *tcp_analyzer_new(unsigned ceiling);
void tcp_analyzer_free(struct tcp_analyzer *a); /* NULL is fine */
/* Judges and learns; segments must be given in the order of the capture. The result is valid until the next call;
 * NULL: the conversation is forgotten, or there is no memory. */
const struct tcp_analysis *tcp_analyze(struct tcp_analyzer *a, const struct tcp_segment *s);

#endif
