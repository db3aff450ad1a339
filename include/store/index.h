/* SPDX-License-Identifier: MIT */
/*
 * The index of a closed segment: where its chunks lie, their times, and which of them can hold a key.
 *
 * A chunk is a piece of whole blocks of at least 512 KiB (the last one of a segment may be smaller). For each chunk the index
 * has a set of bits into which every key of its packets is hashed (a Bloom filter), 4 KiB for 512 KiB of packets: 0.8 % of
 * the data whatever the traffic is. (A segment of less than 50 KB has no bits, only the 192 bytes that every index has.) Up
 * to some thousand keys a chunk it says "perhaps" wrongly in less than one of a hundred cases; a flood of random addresses
 * makes it say "perhaps" more often, never "no" wrongly. The bits of up to 128 chunks lie side by side (a group), so that a
 * question about one key is one read of a page per 64 MiB of packets.
 *
 * The file is this program's own cache in the byte order of the machine. It says which length of the segment it covers and
 * carries check sums; one that does not fit or is damaged is not believed: index_open() refuses it, or index_lookup() answers
 * "perhaps" for what is damaged. The writer makes it anew from the segment when it starts next.
 *
 *	struct index *x;
 *	if (index_open(&x, dirfd, number, err) < 0)
 *		... read the whole segment
 *	uint64_t may[...];                               one bit per chunk, index_words(x) words
 *	index_lookup(x, KEY_HOST, key_host(address, 4), may);
 *	for each bit: index_chunk(x, n) ... read [offset, offset + bytes) of the segment
 *
 * Chunks cover all of [head_bytes, segment_bytes). One begins with a block, mostly a packet; to read it one needs the section
 * header and the interface blocks at the head of the segment: [0, index_info.head_bytes).
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include "base/errmsg.h"
#include "store/keys.h"

#include <stdbool.h>
#include <stdint.h>

struct index;

struct index_info {
	uint64_t segment_bytes;   /* of the segment when the index was made: all of it */
	uint64_t head_bytes;      /* blocks before the first packet: section header and interfaces, perhaps statistics */
	uint32_t chunks;
	uint64_t packets, bytes;  /* bytes: on the wire */
	int64_t first_ns, last_ns;/* the least and the greatest time; both 0: no packet */
	bool late_interfaces;     /* there are interface or section blocks behind the head: read the segment from its start */
	uint64_t all_packets, all_bytes, all_evicted; /* of the session up to the end of this segment, what was evicted too */
};

struct index_chunk {
	uint64_t offset, bytes;   /* in the segment: whole blocks */
	uint32_t packets;
	uint64_t wire_bytes;
	int64_t first_ns, last_ns;/* the least and the greatest time; both 0: no packet */
	bool damaged;             /* blocks from here to the end of the segment cannot be read by anybody */
	uint8_t unknown;          /* bit 1 << enum key_kind: the set of this kind may be incomplete */
	uint8_t unknown_whole;    /* likewise, for who puts datagrams together of their fragments */
};

/* Reads the header and the table of chunks (48 bytes each). NW_EINPUT: there is none, or none that fits the segment as it is
 * now: read the segment as a whole. NW_ELIMIT, NW_ESYS. After an error *x is NULL. The directory may be closed afterwards. */
int index_open(struct index **x, int dirfd, uint64_t segment, struct errmsg *err);
void index_close(struct index *x); /* NULL is fine */

const struct index_info *index_info(const struct index *x);
/* n < chunks; in the order of the file, one right behind the other. */
const struct index_chunk *index_chunk(const struct index *x, uint32_t n);

/* Words of a set of chunks: bit n % 64 of word n / 64. */
static inline uint32_t index_words(const struct index *x)
{
	return (index_info(x)->chunks + 63) / 64;
}

/* may[] := the chunks that can hold a packet with this key. One read per 128 chunks. A read error or a wrong check sum makes
 * it "perhaps". For more than one key the caller joins sets with & and |. */
void index_lookup(const struct index *x, enum key_kind kind, uint32_t key, uint64_t *may);
/* The same without the chunks that are let through only because they are `unknown` of this kind: what hosts and ports
 * are asked about instead, when a flow is looked for. */
void index_lookup_known(const struct index *x, enum key_kind kind, uint32_t key, uint64_t *may);
/* All questions from now on are about packets as they stand, not about datagrams that a decoder puts together of fragments
 * (then fewer chunks are let through only because they are unknown). */
void index_as_they_stand(struct index *x);
/* may[] := the chunks that overlap [from_ns, to_ns] (INT64_MIN, INT64_MAX: no bound). */
void index_lookup_time(const struct index *x, int64_t from_ns, int64_t to_ns, uint64_t *may);

#endif
