/* SPDX-License-Identifier: MIT */
/*
 * First sequence numbers of TCP connections, so that lines for people can count
 * from 1. A fixed number of slots: a connection costs the same whether it is one
 * of ten or of ten million, and when there are more than slots the one not seen
 * for longest in its neighbourhood is forgotten (its numbers start over).
 */
#ifndef DECODE_SEQ_TABLE_H
#define DECODE_SEQ_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seq_table;

enum { SEQ_TABLE_FLOWS = 65536 }; /* 16 bytes each */

/* Room for at least `flows` connections; NULL: no memory. */
struct seq_table *seq_table_new(unsigned flows);
void seq_table_free(struct seq_table *t); /* NULL is fine */

/* Where the two directions of a connection start counting. */
struct seq_base {
	uint32_t own;   /* of the sender of this segment */
	uint32_t other; /* of its receiver: for acknowledgements */
	bool known;     /* false: this segment has just set them */
};

/* The bases for a segment with ACK set from `src` to `dst` (addr_len bytes each, 4 or
 * 16). An unknown connection, or one that starts again (syn), takes them from
 * this segment: its own number, and what it acknowledges less one. */
struct seq_base seq_table_base(struct seq_table *t, const uint8_t *src, const uint8_t *dst, size_t addr_len,
			       uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, bool syn);

#endif
