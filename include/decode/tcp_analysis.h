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
 * the newest TCP_UNACKED_MAX of a direction are remembered, and TCP_WAITING_MAX of all.
 *
 * With timing, which must be asked for, 184 bytes more for each connection tell what
 * the handshake took, the round-trip time and how often each thing happened.
 */
#ifndef DECODE_TCP_ANALYSIS_H
#define DECODE_TCP_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
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

enum { TCP_UNACKED_MAX = 256, TCP_WAITING_MAX = 1 << 18 };

/* What of a connection was seen: tcp.completeness, Wireshark's bits. */
enum tcp_completeness {
	TCP_SEEN_SYN = 1, TCP_SEEN_SYN_ACK = 2, TCP_SEEN_ACK = 4, TCP_SEEN_DATA = 8, TCP_SEEN_FIN = 16, TCP_SEEN_RST = 32
};

/* RFC 9293 section 3.3.2, of one end, as somebody between the two can tell. */
enum tcp_state {
	TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSE_WAIT,
	TCP_CLOSING, TCP_LAST_ACK, TCP_TIME_WAIT, TCP_CLOSED
};
/* "ESTABLISHED" */
const char *tcp_state_name(enum tcp_state s);

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
	uint8_t completeness;     /* enum tcp_completeness, of the segments before this one */
	bool closes_first;        /* its sender was the first to send a FIN */
};

/* What one end of a connection did. Round trips are from its segments to their acknowledgement, where they were captured. */
struct tcp_end {
	int64_t srtt_ns, rttvar_ns; /* RFC 6298, without what was sent again (Karn); valid with rtt_samples */
	int64_t rtt_min_ns, rtt_max_ns;
	uint32_t rtt_samples;
	/* segments; of those that were sent again some are fast or spurious too */
	uint32_t retransmissions, fast_retransmissions, spurious_retransmissions, out_of_order;
	uint32_t lost;              /* before which something is missing */
	uint32_t ack_lost;          /* that acknowledge what was not captured */
	uint32_t duplicate_acks, zero_windows, windows_full, keep_alives, resets;
};

struct tcp_timing {
	/* When they were captured, ns since 1970; 0: not seen. Of those sent again, the last before its answer, as
	 * initial_rtt has it: SYN to SYN-ACK, SYN-ACK to ACK and SYN to ACK are differences. The ACK is that of who sent the
	 * SYN, also when the other end (RFC 7413) did not wait for it. */
	int64_t syn_ns, syn_ack_ns, ack_ns;
	struct tcp_end end[2];      /* [1]: what the high end did (decode/conversation.h) */
};

struct tcp_analyzer;

/* `ceiling`: connections that are remembered; beyond, the oldest are forgotten. NULL: no memory. */
struct tcp_analyzer *tcp_analyzer_new(unsigned ceiling);
void tcp_analyzer_free(struct tcp_analyzer *a); /* NULL is fine */
/* Judges and learns; segments must be given in the order of the capture. The result is valid until the next call;
 * NULL: the conversation is forgotten, or there is no memory. */
const struct tcp_analysis *tcp_analyze(struct tcp_analyzer *a, const struct tcp_segment *s);

/* From the next segment on timing is kept. */
void tcp_analyzer_want_timing(struct tcp_analyzer *a);
/* Of this conversation so far; lives until it is forgotten. NULL: not asked for, forgotten, or nothing was seen of it. */
const struct tcp_timing *tcp_timing(const struct tcp_analyzer *a, int32_t conversation);
/* RFC 6298 section 2: what the sender's timer would be at; 1 s without a sample. */
int64_t tcp_rto_ns(const struct tcp_end *e);

/* Of this conversation so far, with or without timing; 0 and TCP_CLOSED if it is not known. */
uint8_t tcp_completeness(const struct tcp_analyzer *a, int32_t conversation);
enum tcp_state tcp_state(const struct tcp_analyzer *a, int32_t conversation, bool high);
/* Of the connection: the state of the end that closes first, before that of the one that opened it. */
enum tcp_state tcp_connection_state(const struct tcp_analyzer *a, int32_t conversation);

/* The bounds that were hit: connections forgotten, segments that could not wait for their acknowledgement; and the bytes held. */
uint32_t tcp_analyzer_forgotten(const struct tcp_analyzer *a);
uint64_t tcp_analyzer_overflows(const struct tcp_analyzer *a);
size_t tcp_analyzer_bytes(const struct tcp_analyzer *a);

#endif
