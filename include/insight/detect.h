/* SPDX-License-Identifier: MIT */
/*
 * Detectors count, packet by packet, what one number of a rule is about: addresses that nobody spoke to before, ports that one
 * source tries, DNS answers that are failures. What is too much is said by a gauge (insight/gauge.h), not here.
 *
 * Time is that of the packets. When it goes back by more than half a window (and 2 s) the clock was set: counting begins anew.
 * Each detector has fixed memory, given at its making, whatever the traffic does; where a table is full the oldest, or for sources
 * the one with fewest ports, makes room.
 */
#ifndef INSIGHT_DETECT_H
#define INSIGHT_DETECT_H

#include "base/outbuf.h"
#include "decode/packet.h"

enum detector_kind {
	DETECT_DESTINATIONS, /* addresses that were not spoken to in the time before, of the last window_ns; multicast does not count */
	DETECT_SCANS,        /* pairs of address and port that one source began to speak to in window_ns; of the worst source */
	DETECT_DNS_FAILURES  /* answers with a code other than "no error" in window_ns */
};

enum {
	DETECT_DESTINATIONS_MAX = 16384, /* 0.5 MiB */
	DETECT_SOURCES_MAX = 1024,       /* 0.4 MiB; up to some 5,000 ports of a source are told apart */
	DETECT_NEWEST = 8                /* new destinations that are named */
};

struct detector;

/* `memory_ns`: how long a destination is remembered after it was last spoken to. `learn_ns`: from the first packet on, nothing is new
 * for so long. Both are for destinations alone. NULL: no memory. */
struct detector *detector_new(enum detector_kind kind, int64_t window_ns, int64_t memory_ns, int64_t learn_ns);
void detector_free(struct detector *d); /* NULL is fine */
/* Asks the decoder for what it looks at. */
void detector_want(const struct detector *d, struct decoder *decoder);
void detector_packet(struct detector *d, struct packet *p);
/* What it counts, at `now_ns` of the packets' clock (the last packet's time, or later when none comes). */
uint64_t detector_value(struct detector *d, int64_t now_ns);
/* What that is about, for people: "10.0.0.7", "198.51.100.3, 2001:db8::9 and 4 more", "NXDOMAIN 40, SERVFAIL 2". */
void detector_subject(struct detector *d, struct outbuf *o);

#endif
