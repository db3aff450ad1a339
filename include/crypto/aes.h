/* SPDX-License-Identifier: MIT */
/*
 * AES-128: the block cipher, and opening what GCM sealed. For reading what is no
 * secret (QUIC Initials, whose keys stand in the packet) and for mapping addresses.
 */
#ifndef CRYPTO_AES_H
#define CRYPTO_AES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AES_BLOCK = 16, AES128_KEY = 16, GCM_IV = 12, GCM_TAG = 16 };

/* A key made ready. Holds no memory of its own; the caller may copy or forget it. */
struct aes {
	uint64_t opaque[40];
};

void aes_init(struct aes *a, const uint8_t key[AES128_KEY]);
/* One block; in and out may be the same. FIPS 197. */
void aes_block(const struct aes *a, const uint8_t in[AES_BLOCK], uint8_t out[AES_BLOCK]);

/* Opens `n` bytes of AES-128-GCM (RFC 5288, without the tag) into out, which has room for n.
 * False when the tag does not fit: then what is in out means nothing. */
bool aes_gcm_open(const uint8_t key[AES128_KEY], const uint8_t iv[GCM_IV], const void *aad, size_t aad_len,
		  const void *sealed, size_t n, const uint8_t tag[GCM_TAG], uint8_t *out);

#endif
