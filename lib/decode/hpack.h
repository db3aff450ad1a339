/* SPDX-License-Identifier: MIT */
/* HPACK, the compression of HTTP/2's headers (RFC 7541). */
#ifndef LIB_DECODE_HPACK_H
#define LIB_DECODE_HPACK_H

#include "decode/packet.h"

enum { HPACK_TABLE = 4096 /* bytes of a dynamic table, unless larger ones are agreed on; those we do not follow */ };

/* What one end of a connection has in its dynamic table. */
struct hpack_table {
	uint32_t n, used, size, max; /* entries; bytes[] in use; section 4.1's size, and its limit */
	bool lost;                   /* a block was not seen: from here on only what does not refer to the table is known */
	uint8_t bytes[HPACK_TABLE];
};

enum hpack_repr { HPACK_INDEXED, HPACK_INCREMENTAL, HPACK_WITHOUT, HPACK_NEVER };

struct hpack_text {
	const uint8_t *bytes; /* in the block, in scratch memory of the packet, or constant */
	uint32_t len;
};

struct hpack_header {
	struct hpack_text name, value;
	enum hpack_repr repr;
	uint32_t index;       /* 0: the name is in the block */
};

void hpack_table_init(struct hpack_table *t);
/* The next header of a block. 1; 0 at its end; -1 if it cannot be read (then the table is lost). */
int hpack_next(struct hpack_table *t, struct cursor *block, struct packet *p, struct hpack_header *h);
/* Decodes a Huffman string of `n` bytes; the number of bytes written, or -1 if it is none or longer than `room`. */
int hpack_huffman(const uint8_t *in, uint32_t n, uint8_t *out, uint32_t room);

#endif
