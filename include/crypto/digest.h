/* SPDX-License-Identifier: MIT */
/*
 * Message digests. MD5 and SHA-1 are here because published fingerprints and
 * protocols are made of them (JA3, HASSH, WebSocket); nothing is secured by them.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_BYTES = 16, SHA1_BYTES = 20, SHA256_BYTES = 32 };

/* The digest of `n` bytes. Cannot fail. RFC 1321, RFC 3174, FIPS 180-4. */
void digest_md5(const void *bytes, size_t n, uint8_t out[MD5_BYTES]);
void digest_sha1(const void *bytes, size_t n, uint8_t out[SHA1_BYTES]);
void digest_sha256(const void *bytes, size_t n, uint8_t out[SHA256_BYTES]);

/* HMAC-SHA-256, RFC 2104: keys of any length. */
void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t n, uint8_t out[SHA256_BYTES]);

#endif
