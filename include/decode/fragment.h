/* SPDX-License-Identifier: MIT */
/*
 * Datagrams out of their IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5), in one pass:
 *
 *	frame 7   ip, first fragment        waits: no layers behind ip
 *	frame 9   ip, last fragment         waits
 *	frame 12  ip, middle fragment       completes it: udp, dns ... of the whole datagram follow here
 *
 * Bytes that came first count (IPv4); fragments of IPv6 that overlap make an end of their datagram (RFC 5722), but for
 * exact copies. What waits is bounded by number, bytes and time; what came first goes first, counted by the reason.
 */
#ifndef DECODE_FRAGMENT_H
#define DECODE_FRAGMENT_H

#include "decode/protocol.h"

enum { FRAGMENT_DATAGRAMS = 1024, FRAGMENT_BYTES = 16 << 20, FRAGMENT_IDLE_S = 30 };

struct fragments;

/* A fragment as its headers say. */
struct fragment {
	const uint8_t *addresses; /* source, destination behind it */
	uint8_t addr_len;         /* 4 or 16 */
	uint8_t proto;            /* IPv4: the protocol, part of the key; IPv6: what the first fragment begins with */
	bool more;
	uint32_t id, offset;      /* offset in bytes */
};

/* One that a whole datagram was made of. */
struct fragment_piece {
	uint64_t frame;
	bool overlap, conflict;   /* with those before it; and says something else */
};

/* A whole datagram; it lives until the packet after the one it belongs to. */
struct datagram_parts {
	const struct fragment_piece *piece; /* in the order they came */
	uint32_t count;
	uint8_t proto;            /* of the first fragment */
};

/* NULL without memory; everybody copes with that. */
struct fragments *fragments_new(void);
void fragments_free(struct fragments *f);
const struct fragment_counts *fragments_counts(const struct fragments *f);

/* What follows `d`'s cursor is this fragment's data. False: it is not taken (it is cut, quoted, or contradicts itself) and is
 * decoded for what it is. True: it is; when it completes the datagram, *whole is set, and the cursor is on the first byte
 * of the whole, in a source of its own. */
bool decode_fragment(struct decode *d, const struct fragment *f, const struct datagram_parts **whole);

/* The source that was put together of this layer's fragment and others; NULL: none. */
const struct packet_source *fragment_source(const struct packet *p, const struct layer *l);

/* The fields of a fragment that completes a datagram, in this order from `first` on. */
enum { FRAGMENT_ALL, FRAGMENT_FRAME, FRAGMENT_OVERLAP, FRAGMENT_CONFLICT, FRAGMENT_COUNT, FRAGMENT_LENGTH, FRAGMENT_DATA };
void walk_fragments(struct walk *w, const struct packet *p, const struct layer *l, unsigned first);

/* They ask for reassembly, as application layers do. `ip`: "ip" or "ipv6". */
#define FRAGMENT_FIELD(ty, n, lab) FIELD_PLAIN(n, lab, .type = ty, .innermost = true)
#define FRAGMENT_FIELDS(first, ip) \
	(first + FRAGMENT_ALL, FRAGMENT_FIELD(FIELD_BOOL, ip ".fragments", "A datagram of several fragments is whole")), \
	(first + FRAGMENT_FRAME, FRAGMENT_FIELD(FIELD_UINT, ip ".fragment", "Frame of a fragment of it")), \
	(first + FRAGMENT_OVERLAP, FRAGMENT_FIELD(FIELD_BOOL, ip ".fragment.overlap", "A fragment of it overlaps others")), \
	(first + FRAGMENT_CONFLICT, FRAGMENT_FIELD(FIELD_BOOL, ip ".fragment.overlap.conflict", "and says something else")), \
	(first + FRAGMENT_COUNT, FRAGMENT_FIELD(FIELD_UINT, ip ".fragment.count", "Fragments it was made of")), \
	(first + FRAGMENT_LENGTH, FRAGMENT_FIELD(FIELD_UINT, ip ".reassembled.length", "Its length, without IP header")), \
	(first + FRAGMENT_DATA, FRAGMENT_FIELD(FIELD_BYTES, ip ".reassembled.data", "Its bytes"))

#endif
