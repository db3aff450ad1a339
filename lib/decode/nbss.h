/* SPDX-License-Identifier: MIT */
/* What SMB over NetBIOS sessions and DCE/RPC in SMB's pipes share. */
#ifndef LIB_DECODE_NBSS_H
#define LIB_DECODE_NBSS_H

#include "decode/protocol.h"

/* What begins here: SMB, SMB2, or none of them. */
uint8_t nbss_content(const struct cursor *c);
/* The rest of the message of `l`, up to `end` (an offset in its source), is taken. What follows is the next message in the same
 * session message, or the next of those, or nothing. */
void nbss_finish(struct decode *d, struct layer *l, uint32_t end);
/* Where the session message around `l` ends; the layer's own end if there is none. */
uint32_t nbss_end(const struct packet *p, const struct layer *l);
/* What SMB carries to a named pipe, `len` bytes at `at` (an offset in the layer's source) by its header: takes what is before it
 * and goes on with DCE/RPC if that is there, and whole. False if not: then nothing was taken. */
bool nbss_pipe(struct decode *d, struct layer *l, uint32_t at, uint32_t len);

/* Is this a DCE/RPC message of exactly `len` bytes? */
bool dcerpc_starts(const struct cursor *c, uint32_t len);

#endif
