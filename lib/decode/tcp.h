/* SPDX-License-Identifier: MIT */
/* Between the header of TCP (tcp.c) and what is said of a segment in the light of those before it (tcp_analysis.c). */
#ifndef LIB_DECODE_TCP_H
#define LIB_DECODE_TCP_H

#include "decode/protocol.h"

/* A field of the analysis says in `shift` which of its results it is. */
enum tcp_result {
	RESULT_SEQ, RESULT_NXTSEQ, RESULT_ACK, RESULT_WINDOW, RESULT_SCALE, RESULT_TIME_RELATIVE, RESULT_TIME_DELTA, RESULT_ANY,
	RESULT_INITIAL_RTT, RESULT_ACKS_FRAME, RESULT_ACK_RTT, RESULT_IN_FLIGHT, RESULT_DUPLICATE_FRAME, RESULT_DUPLICATE_NUM,
	RESULT_RTO, RESULT_RTO_FRAME, RESULT_FLAGS, RESULT_COMPLETENESS
};
field_get tcp_result_get;
/* A field of one verdict has it in `mask`; there is a value, 1, only when it was given. */
field_get tcp_verdict_get;

/* The number that acknowledgements of this segment count from; 0 if it was not analysed. */
uint32_t tcp_ack_base(const struct packet *p, const struct layer *l);

/* Has the segment with the header `h`, whole and with its options taken, judged; d is at its data. */
void tcp_analyze_layer(struct decode *d, const struct layer *l, const uint8_t *h, bool reused);

#endif
