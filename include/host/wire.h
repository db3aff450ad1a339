/* SPDX-License-Identifier: MIT */
/*
 * Between a process that sees packets and has no rights, and one that has some and sees none: questions and answers about
 * who owns the two ends of a connection, a datagram each (SOCK_SEQPACKET).
 *
 *	question  'Q' | protocol | 0 0 | ports 2 2 | low address 16 | high address 16 | seen at 8, ns since 1970
 *	answer    'A' | protocol | 0 0 | ports 2 2 | low address 16 | high address 16 | length 2, length 2 | text | text
 *
 * Numbers are big-endian. A text is the comment of decode/owner.h, or empty; the receiver checks that it is one.
 */
#ifndef HOST_WIRE_H
#define HOST_WIRE_H

#include "decode/owner.h"

/* The ends are low and high, by address and then port, as that does not depend on who spoke. IPv4 is ::ffff:a.b.c.d. */
struct wire_flow {
	uint8_t proto;
	uint16_t port[2];
	uint8_t address[2][16];
};

struct wire_answer {
	struct wire_flow flow;
	struct {
		const uint8_t *text;
		uint32_t len;             /* 0: nobody is known */
		struct owner_view owner;  /* of the text */
	} end[2];
};

enum { WIRE_FLOW = 40, WIRE_QUESTION = WIRE_FLOW + 8, WIRE_ANSWER_MAX = WIRE_FLOW + 4 + 2 * OWNER_TEXT_MAX };

void wire_question_encode(uint8_t to[WIRE_QUESTION], const struct wire_flow *f, int64_t seen_ns);
bool wire_question_decode(const uint8_t *bytes, uint32_t len, struct wire_flow *f, int64_t *seen_ns);
/* `text` NULL or longer than OWNER_TEXT_MAX: nobody. The length. */
uint32_t wire_answer_encode(uint8_t to[WIRE_ANSWER_MAX], const struct wire_flow *f, const char *const text[2]);
bool wire_answer_decode(const uint8_t *bytes, uint32_t len, struct wire_answer *a);

#endif
