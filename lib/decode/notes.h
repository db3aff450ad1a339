/* SPDX-License-Identifier: MIT */
/* One number per TCP connection that its application protocol may keep: which version of TLS was agreed, that it speaks
 * HTTP. It decides what the protocol column says of segments that do not say it themselves, and nothing else: a layer is
 * there or not by its own bytes. */
#ifndef LIB_DECODE_NOTES_H
#define LIB_DECODE_NOTES_H

#include "decode/protocol.h"

enum { NOTE_NONE = 0, NOTE_HTTP = 1 /* versions of TLS are their own numbers, from 0x0300 */ };

/* NULL without memory; everybody copes with that. */
struct notes *notes_new(void);
void notes_free(struct notes *n);
/* The note of the connection that the TCP layer `tcp` belongs to, NOTE_NONE at first; NULL if nothing is noted. */
uint16_t *decode_note(const struct decode *d, const struct layer *tcp);

#endif
