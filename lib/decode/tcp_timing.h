/* SPDX-License-Identifier: MIT */
/* What is kept of a connection beside its sequence numbers: how far it came, and what its timing was. */
#ifndef LIB_DECODE_TCP_TIMING_H
#define LIB_DECODE_TCP_TIMING_H

#include "decode/tcp_analysis.h"

enum { TCP_LOW = 1, TCP_HIGH = 2 };

/* All zero: nothing was seen. */
struct tcp_history {
	uint8_t completeness; /* enum tcp_completeness */
	uint8_t end[2];       /* what each end did: tcp_timing.c */
	uint8_t opener;       /* TCP_LOW or TCP_HIGH: who sent the first SYN; 0: not seen */
	uint8_t closer;       /* who sent the first FIN */
};

/* One segment; does it acknowledge the other end's SYN (or anything behind it), and all that the other end sent? */
void tcp_history_add(struct tcp_history *h, const struct tcp_segment *s, bool acks_syn, bool acks_all);
enum tcp_state tcp_history_state(const struct tcp_history *h, bool high);

/* One segment, whether its sender opened the connection, what was said of it, and the round trip that it ends (-1: none). */
void tcp_timing_add(struct tcp_timing *t, const struct tcp_segment *s, bool opener, unsigned verdicts, int64_t sample_ns);

#endif
