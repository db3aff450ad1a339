/* SPDX-License-Identifier: MIT */
/*
 * What an expert would point at in a packet: each finding has Wireshark's severity, group and words (its "Expert
 * Information"), and some have a colour by which people find them on a screen. All come from one table in
 * lib/decode/expert.c: {protocol, condition, severity, group, colour, message}.
 *
 *	red      a reset, a name that does not exist, a packet that contradicts itself
 *	yellow   a closed window, a destination that cannot be reached, HTTP 4xx and 5xx
 *	cyan     a connection ends
 *
 * As fields they are _ws.expert, _ws.expert.severity, _ws.expert.group and _ws.expert.message of the frame.
 */
#ifndef DECODE_EXPERT_H
#define DECODE_EXPERT_H

#include "decode/packet.h"

/* Wireshark's numbers: greater is worse. */
enum expert_severity {
	EXPERT_COMMENT = 0x100000,
	EXPERT_CHAT = 0x200000,
	EXPERT_NOTE = 0x400000,
	EXPERT_WARNING = 0x600000,
	EXPERT_ERROR = 0x800000
};

enum expert_group {
	EXPERT_CHECKSUM = 1, EXPERT_SEQUENCE, EXPERT_RESPONSE, EXPERT_REQUEST, EXPERT_UNDECODED, EXPERT_REASSEMBLE, EXPERT_MALFORMED,
	EXPERT_DEBUG, EXPERT_PROTOCOL, EXPERT_SECURITY, EXPERT_COMMENTS, EXPERT_DECRYPTION, EXPERT_ASSUMPTION, EXPERT_DEPRECATED
};
enum { EXPERT_GROUP_SHIFT = 24 }; /* Wireshark's number of a group */

/* In the order of importance. */
enum expert_colour { EXPERT_PLAIN, EXPERT_CYAN, EXPERT_YELLOW, EXPERT_RED };

struct expert {
	uint32_t severity;   /* enum expert_severity */
	uint32_t group;      /* enum expert_group << EXPERT_GROUP_SHIFT */
	const char *message; /* `len` bytes, until the next finding */
	uint32_t len;
};

/* "Warning", "Sequence"; NULL for a number that is none. */
const char *expert_severity_name(uint32_t severity);
const char *expert_group_name(uint32_t group);

/* Calls `each` for every finding, from the outside of the packet inwards, until it returns false. What depends on the packets
 * before is found if the decoder was asked for it: decoder_want_expert(), or a field of _ws.expert. */
typedef bool expert_each_fn(void *user, const struct expert *e);
void expert_each(const struct packet *p, expert_each_fn *each, void *user);
void decoder_want_expert(struct decoder *d);

/* The colour of the most important finding. Looks at the packet alone: any decoder will do. */
enum expert_colour packet_colour(const struct packet *p);

#endif
