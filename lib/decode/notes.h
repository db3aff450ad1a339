/* SPDX-License-Identifier: MIT */
/*
 * What a decoder remembers of a connection: the little that later packets do not say themselves. Which version of TLS was
 * agreed, that it became a WebSocket, how long the connection ids of a QUIC connection are and which one its keys were made of.
 *
 * A connection that stays with a protocol (note_stay) is that protocol's from then on, whatever its segments look like;
 * otherwise a note only decides what the protocol column says. A SYN ends a note.
 */
#ifndef LIB_DECODE_NOTES_H
#define LIB_DECODE_NOTES_H

#include "decode/protocol.h"

enum { CID_MAX = 20 /* RFC 9000 section 17.2 */ };

struct note {
	uint32_t tag;
	uint8_t proto;            /* enum proto_id of what the connection speaks; PROTO_frame, which is 0: not known */
	bool stays;               /* note_stay() */
	uint8_t state[2];         /* the protocol's own, of what each end said: [note_end()] */
	uint16_t version;         /* of TLS, DTLS, SSH */
	uint8_t cid_len[2];       /* QUIC: of the ids that each end gave itself, + 1; 0: not seen */
	uint8_t original_len;     /* QUIC: of the id that the client chose for the server, + 1; 0: not seen */
	uint8_t client;           /* QUIC: note_end() of the client */
	uint8_t original[CID_MAX];
	uint32_t hello[2];        /* QUIC: number of the frame that had each end's hello; 0: not seen */
};

/* NULL without memory; everybody copes with that. */
struct notes *notes_new(void);
void notes_free(struct notes *n);
/* The note of the connection that the TCP or UDP layer `l` belongs to, all zero at first; NULL if nothing is noted. */
struct note *decode_note(const struct decode *d, const struct layer *l);
/* The headers that this end of an HTTP/2 connection has agreed on; kept for the last few connections, "lost" for one
 * whose table was given away. NULL without memory. */
struct hpack_table *note_hpack(const struct decode *d, struct note *n, unsigned end);
/* Where QUIC keeps hellos that are not whole yet; freed with the notes. */
struct quic_hellos;
struct quic_hellos **note_hellos(const struct decode *d);
/* Which end sent this TCP or UDP layer: 0 or 1, the same for all its packets. */
unsigned note_end(const struct packet *p, const struct layer *l);
/* From here on the connection is `proto`'s, which decodes whatever comes. */
void note_stay(const struct decode *d, struct note *n, uint8_t proto);
/* The protocol that the connection of the layer being decoded, TCP or UDP, stays with; PROTO_NONE if there is none. */
uint8_t note_stays(const struct decode *d);

#endif
