/* SPDX-License-Identifier: MIT */
/* What the decoders of one message remember for a later one: the procedure that an RPC reply answers, the interface that a
 * DCE/RPC connection is bound to, where in a TCP stream the next message begins. Bounded; what is forgotten costs a field. */
#ifndef LIB_DECODE_MEMORY_H
#define LIB_DECODE_MEMORY_H

#include "decode/protocol.h"

struct memory {
	uint32_t tag;      /* who it belongs to */
	uint32_t value[3]; /* the protocol's own; all zero at first */
};

/* Keys of what is remembered for a connection as a whole; transaction ids and the like are used as they are, with a high word. */
enum { MEMORY_CONNECTION = 1, MEMORY_MESSAGE = 2 };
#define MEMORY_CALL(id) (1ull << 32 | (id))

/* NULL without memory; everybody copes with that. */
struct memories *memories_new(void);
void memories_free(struct memories *m);

/* The place of the TCP or UDP connection that the innermost transport layer of `d` belongs to, under `key`. Both directions
 * share it, unless `directed`. NULL if nothing is remembered. */
struct memory *decode_memory(const struct decode *d, uint64_t key, bool directed);

/* What that place holds is no longer true; nothing that belongs to others gives way for it. */
void memory_forget(const struct decode *d, uint64_t key, bool directed);

/* The same for the two hosts of the innermost IP layer, whatever is above it. */
struct memory *memory_of_hosts(const struct decode *d, uint64_t key);

/* Text that does not fit a place goes into a ring of MEMORY_TEXT bytes, shared by all; the newest stays. memory_text_begin()
 * makes room for `len` bytes, which memory_text_put() fills from *at on. False: too long, or nothing is remembered. */
enum { MEMORY_TEXT = 1 << 16 };
bool memory_text_begin(const struct decode *d, uint32_t len, uint32_t *at);
void memory_text_put(const struct decode *d, uint32_t at, const void *bytes, uint32_t len);
/* NULL: other text took its place. */
const uint8_t *memory_text(const struct decode *d, uint32_t at, uint32_t len);

#endif
