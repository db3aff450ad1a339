/* SPDX-License-Identifier: MIT */
/* What the packet decoder of QUIC, its Initials and the TLS that they carry share. */
#ifndef LIB_DECODE_QUIC_H
#define LIB_DECODE_QUIC_H

#include "decode/protocol.h"

enum quic_type { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY, QUIC_NEGOTIATION, QUIC_SHORT };

struct quic_bytes {
	const uint8_t *p;
	uint32_t len;
};

/* A packet's header as far as it is not protected. */
struct quic_header {
	enum quic_type type;
	uint32_t version;
	struct quic_bytes dcid, scid, token;
	uint64_t length;            /* what the length field says: packet number and payload */
	const uint8_t *start;       /* first byte of the packet */
	struct cursor payload;      /* packet number and what follows, as far as it is there */
};

/* An Initial without its protection: in the packet's scratch memory, found by a layer's aux. */
struct quic_opened {
	uint8_t first;              /* the first byte of the packet */
	uint8_t pn_len;
	uint32_t pn;
	uint32_t len;               /* of plain */
	uint8_t plain[];
};

/* Is this a version whose Initials can be opened? */
bool quic_version_known(uint32_t version);
/* QUIC version 2 numbers its packet types otherwise (RFC 9369 section 3.2). */
bool quic_version_2(uint32_t version);
/* Opens an Initial with the keys made of `id`, the client's first destination id. NULL if they do not fit or scratch
 * memory is used up (which then is as before). RFC 9001 section 5. */
struct quic_opened *quic_open(struct packet *p, const struct quic_header *h, const struct quic_bytes *id, bool from_server);
/* The bytes of the CRYPTO frames from offset 0 on, as far as there is no gap: in `o` or put together in scratch memory. */
struct quic_bytes quic_crypto(struct packet *p, const struct quic_opened *o);

struct quic_piece {
	uint64_t offset;
	struct quic_bytes bytes;
};

/* The next CRYPTO frame of an opened Initial; false at the end, or at a frame that an Initial cannot have. */
bool quic_crypto_next(struct cursor *c, struct quic_piece *piece);

/* Hellos that go over several packets (quic_hello.c). NULL is one without any. */
struct quic_hellos;
struct note;
void quic_hellos_free(struct quic_hellos *q);
uint64_t quic_hellos_given_up(const struct quic_hellos *q);
/* One more packet of a connection's `end` whose hello is not whole in it. When the hello is whole with it, *hello are its bytes
 * (and what follows them), which live until the next packet; else it is empty. False: nothing is put together here. */
bool quic_hello_add(struct quic_hellos **all, const struct note *n, unsigned end, uint32_t version, const struct quic_opened *o,
		    struct quic_bytes *hello);
/* A new connection between the same ends. */
void quic_hello_forget(struct quic_hellos *q, const struct note *n);
/* Does it hold all of the message it begins with? */
bool quic_hello_whole(const struct quic_bytes *b);

/* A variable-length integer (RFC 9000 section 16). */
uint64_t quic_varint(struct cursor *c);

/* Behind the TLS messages of the QUIC layer `l` the datagram goes on with the next packet. */
void quic_resume(struct decode *d, const struct layer *l);

#endif
