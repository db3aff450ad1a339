/* SPDX-License-Identifier: MIT */
/*
 * Which request a message answers, and how long that took. A request is remembered by its connection (or pair of hosts) and
 * the number by which the protocol tells requests apart; its answer finds it there. What is remembered is bounded
 * (memory.h): a request that had to give way has an answer without a time, nothing worse.
 */
#ifndef LIB_DECODE_REPLY_H
#define LIB_DECODE_REPLY_H

#include "decode/protocol.h"

/* The numbers of different protocols differ by this. */
enum reply_family { REPLY_DNS = 1, REPLY_HTTP, REPLY_ICMP, REPLY_ICMPV6, REPLY_NTP };

/* The layer `l`, which is being decoded, is a request. The same one again within `again_ns` and without an answer is
 * said to be that (0: never). */
void reply_request(struct decode *d, struct layer *l, enum reply_family family, uint64_t id, int64_t again_ns);
/* It is an answer. The first one for a request has its time; of others it is said that they are not the first. */
void reply_answer(struct decode *d, struct layer *l, enum reply_family family, uint64_t id);

/* For protocols without such a number, whose answers come in the order of the requests: `target` is what was asked for in
 * `parts` pieces, and comes back as the text of the answer's reply. Without `timed` that is all of it. */
struct reply_text {
	const void *bytes;
	uint32_t len;
};
void reply_next_request(struct decode *d, enum reply_family family, bool timed, const struct reply_text *target,
			unsigned parts);
/* An answer of `len` bytes, as far as known. Those that were not captured are told by the sequence numbers of TCP. */
void reply_next_answer(struct decode *d, struct layer *l, enum reply_family family, uint32_t len);
/* A SYN: what is in that order begins anew. */
void reply_connection_begins(struct decode *d);

/* Fields of it: `shift` says what of it, `mask` (if not 0) of which kinds (1 << enum reply_kind). */
enum reply_part { REPLY_FRAME, REPLY_REQUEST, REPLY_TIME, REPLY_TEXT, REPLY_IS };
field_get reply_field;
#define REPLY_FIELD(ty, n, part, kinds, lab) FIELD_HAS(n, lab, (.get = reply_field), .type = ty, .shift = part, .mask = kinds)
#define REPLY_FIELD_MS(n, lab) \
	FIELD_HAS(n, lab, (.get = reply_field), .type = FIELD_DURATION, .show = SHOW_MS, .shift = REPLY_TIME, \
		.mask = 1 << REPLY_ANSWERS)

#endif
