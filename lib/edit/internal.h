/* SPDX-License-Identifier: MIT */
/* What the files of lib/edit share: the packet being worked on, and one function per edit. */
#ifndef LIB_EDIT_INTERNAL_H
#define LIB_EDIT_INTERNAL_H

#include "base/bytes.h"
#include "crypto/aes.h"
#include "edit/edit.h"

#include <stddef.h>

/* ---- the packet: edit.c ----------------------------------------------------------- */

enum { HEADROOM = 64 }; /* for a longer link header in front */

struct work {
	struct frame f;   /* data: in the source's buffer, or in `buf` once it is ours */
	uint8_t *buf;     /* scratch; NULL until it is needed */
	size_t size;
	bool owned;       /* f.data points into buf, with HEADROOM in front unless it was used */
	bool changed;
	struct errmsg *err;
};

enum { EDIT_ON = 1, EDIT_DROPPED = 0 }; /* or a negative enum nw_err */

/* The bytes of the frame for writing; NULL and a message when there is no memory. */
uint8_t *work_own(struct work *w);
/* Takes `n` bytes (<= caplen) off the front, in both lengths. */
void work_drop_front(struct work *w, uint32_t n);
/* Puts `n` bytes (<= HEADROOM) in front of the first `skip` ones of the frame, which go. */
int work_replace_front(struct work *w, uint32_t skip, const uint8_t *header, uint32_t n);
/* Ends the frame behind `wirelen` bytes. */
void work_limit(struct work *w, uint32_t wirelen);

struct edits {
	struct edit_options o;
	struct work w;
	struct edit_counts counts;
	bool shifted;             /* shift_to: the offset is known */
	int64_t offset_ns;
	struct dedup *dedup;
	struct anonymizer *anonymizer;
	struct decapsulator *decapsulator;
};

/* ---- link headers: link.c ------------------------------------------------------------ */

struct link {
	uint32_t len;         /* of the header, without tags; what is behind has `type` */
	uint32_t type_at;     /* where the 2 bytes of the type are; UINT32_MAX: it is told by the payload (raw, null) */
	uint16_t type;        /* ethertype; below 1536: 802.2 follows */
	const uint8_t *src, *dst; /* Ethernet addresses, or NULL */
	uint8_t kind;         /* SLL packet type: 0 to us, 1 broadcast, 2 multicast, 3 to others, 4 from us */
};

/* False: not a link type that is known, or too short. */
bool link_parse(const uint8_t *data, uint32_t len, unsigned linktype, struct link *l);
bool is_tag(uint16_t ethertype);
/* Behind the tags: the type, and where it begins. */
uint16_t link_payload(const uint8_t *data, uint32_t len, const struct link *l, uint32_t *at);
int edit_strip_vlan(struct edits *e, struct work *w);
int edit_link_type(struct edits *e, struct work *w);

/* ---- decap.c, dedup.c, cut.c, anonymize.c ----------------------------------------------- */

int decapsulator_open(struct decapsulator **d, const char *name, struct errmsg *err);
void decapsulator_close(struct decapsulator *d);
int edit_decap(struct edits *e, struct work *w);

int dedup_open(struct dedup **d, const struct edit_options *o, struct errmsg *err);
void dedup_close(struct dedup *d);
int edit_dedup(struct edits *e, struct work *w);

int edit_shift(struct edits *e, struct work *w);
int edit_chop(struct edits *e, struct work *w);

int anonymizer_open(struct anonymizer **a, const struct edit_options *o, struct errmsg *err);
void anonymizer_close(struct anonymizer *a);
int edit_anonymize(struct edits *e, struct work *w);

/* ---- prefix-preserving permutations: permute.c -------------------------------------------- */

enum { PERMUTE_BYTES_MAX = 16, PERMUTE_SLOTS = 4096 };

struct permuted {
	uint8_t used, in[PERMUTE_BYTES_MAX], out[PERMUTE_BYTES_MAX];
};

/* One kind of address: two that share their first n bits still do afterwards, and no more than that can be seen. */
struct permutation {
	struct aes aes;
	uint8_t pad[AES_BLOCK];
	uint8_t bytes;                         /* of an address */
	uint8_t fixed[PERMUTE_BYTES_MAX];      /* bits that stay as they are */
	struct permuted *slots;                /* what was asked before: PERMUTE_SLOTS of them, or NULL */
};

/* `tweak` keeps the kinds apart; 0 is Crypto-PAn. False: no memory. */
bool permutation_init(struct permutation *p, const uint8_t key[32], uint8_t bytes, uint8_t tweak);
void permutation_release(struct permutation *p);
void permute(struct permutation *p, const uint8_t *in, uint8_t *out);

#endif
