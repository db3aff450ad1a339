/* SPDX-License-Identifier: MIT */
/* Digests, by mbedtls. Its functions report only wrong arguments and accelerators that fail; neither happens here. */
#include "crypto/digest.h"

#include <mbedtls/md5.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <string.h>

void digest_md5(const void *bytes, size_t n, uint8_t out[MD5_BYTES])
{
	mbedtls_md5(bytes, n, out);
}

void digest_sha1(const void *bytes, size_t n, uint8_t out[SHA1_BYTES])
{
	mbedtls_sha1(bytes, n, out);
}

void digest_sha256(const void *bytes, size_t n, uint8_t out[SHA256_BYTES])
{
	mbedtls_sha256(bytes, n, out, 0);
}

/* Not mbedtls_md_hmac(): through its dispatcher every digest would be linked, and it allocates. */
void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t n, uint8_t out[SHA256_BYTES])
{
	enum { BLOCK = 64, INNER = 0x36, OUTER = 0x5c };
	uint8_t pad[BLOCK] = { 0 };
	mbedtls_sha256_context c;

	if (key_len > BLOCK)
		digest_sha256(key, key_len, pad);
	else
		memcpy(pad, key, key_len);
	for (unsigned i = 0; i < BLOCK; i++)
		pad[i] ^= INNER;
	mbedtls_sha256_init(&c);
	mbedtls_sha256_starts(&c, 0);
	mbedtls_sha256_update(&c, pad, BLOCK);
	mbedtls_sha256_update(&c, bytes, n);
	mbedtls_sha256_finish(&c, out);
	for (unsigned i = 0; i < BLOCK; i++)
		pad[i] ^= INNER ^ OUTER;
	mbedtls_sha256_starts(&c, 0);
	mbedtls_sha256_update(&c, pad, BLOCK);
	mbedtls_sha256_update(&c, out, SHA256_BYTES);
	mbedtls_sha256_finish(&c, out);
	mbedtls_sha256_free(&c);
}
