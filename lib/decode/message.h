/* SPDX-License-Identifier: MIT */
/*
 * What binary protocols share that send messages with a length over TCP.
 *
 *	segment   |..rest of one|header message|header message|header mess
 *	layers    |resumed      |smb           |smb           |smb
 *
 * Each message is a layer, so that its fields are rows at fixed offsets. One that does not end in the
 * segment has the fields that are there; where the next one begins is remembered (memory.h), so that the
 * segments between are known to begin with no header: as with a decoder that puts the stream together, they
 * have no layer, and the one that completes the message has an empty one. So it is for messages that are too long to
 * keep, and without reassembly; others wait until they are whole (message_waits).
 */
#ifndef LIB_DECODE_MESSAGE_H
#define LIB_DECODE_MESSAGE_H

#include "decode/protocol.h"

/* Fixed fields in little-endian order. */
field_get field_le;
#define FIELD_LE(ty, n, off, bytes, lab) FIELD_HAS(n, lab, (.get = field_le), .type = ty, .offset = off, .shift = bytes)
#define FIELD_LE_HEX(n, off, bytes, lab) \
	FIELD_HAS(n, lab, (.get = field_le), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2 * (bytes), .offset = off, \
		.shift = bytes)
#define FIELD_LE_BITS(ty, n, off, bytes, msk, lab) \
	FIELD_HAS(n, lab, (.get = field_le), .type = ty, .offset = off, .shift = bytes, .mask = msk)

/* How many bytes from here on belong to a message that began in an earlier segment (0 if we are not at the start of a TCP
 * payload). For detect(): a segment with nothing else is nobody's. */
uint32_t message_rest(const struct decode *d);
/* True if a detect() at the start of a segment should refuse it (all of it lies within a message), and the other way round. */
static inline bool message_within(const struct decode *d)
{
	return message_rest(d) > d->wire_left;
}
/* Skips the rest of such a message, if there is one: the layer is empty then, d->next is `proto` if there is more. */
bool message_resume(struct decode *d, struct layer *l, unsigned proto);
/* For decode(), which then returns DECODE_WAITS: the message of `l` has `len` bytes from the cursor on, not all of them here;
 * it is kept and decoded when it is whole (stream.h). False: read what there is. */
bool message_waits(struct decode *d, const struct layer *l, uint32_t len);
/* The same for a layer that is all the messages of a segment: what of the last one is here is kept, and the layer
 * ends before it; DECODE_WAITS: there is nothing before it. `length` says how long a message is by its first `header`
 * bytes; 0: it is none. */
enum decode_result messages_wait(struct decode *d, struct layer *l, uint32_t header, uint32_t (*length)(const uint8_t *h));
/* The sequence number of the cursor's byte; false: not in a message over TCP. */
bool message_number(const struct decode *d, uint32_t *seq);
/* The message of `l` ends `n` bytes from here: takes what is there of it. What follows in the segment is `proto`; if the message
 * goes on in the next segment, that is remembered. Returns DECODE_TRUNCATED if the capture has not all that the segment had of it. */
enum decode_result message_end(struct decode *d, struct layer *l, uint32_t n, unsigned proto);

/* "4b324fc8-1670-01d3-1278-5a47bf6ee188": a UUID whose first three parts are little-endian. */
void walk_guid(struct walk *w, unsigned field, const uint8_t *guid);
/* UTF-16LE as UTF-8, up to a NUL or the end. */
void walk_utf16(struct walk *w, unsigned field, const uint8_t *text, uint32_t len);
/* The bytes up to a NUL or the end of `c`, and past it, as text. */
void walk_cstring(struct walk *w, unsigned field, struct cursor *c);

#endif
