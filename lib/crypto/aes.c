/* SPDX-License-Identifier: MIT */
/* AES-128, by mbedtls. Its GCM allocates the context of the cipher: once for each packet that is opened. */
#include "crypto/aes.h"

#include <mbedtls/aes.h>
#include <mbedtls/gcm.h>

_Static_assert(sizeof(mbedtls_aes_context) <= sizeof(struct aes), "struct aes is too small");
_Static_assert(_Alignof(mbedtls_aes_context) <= _Alignof(struct aes), "struct aes is aligned too loosely");

void aes_init(struct aes *a, const uint8_t key[AES128_KEY])
{
	mbedtls_aes_context *c = (mbedtls_aes_context *)a;

	mbedtls_aes_init(c);
	mbedtls_aes_setkey_enc(c, key, AES128_KEY * 8);
}

void aes_block(const struct aes *a, const uint8_t in[AES_BLOCK], uint8_t out[AES_BLOCK])
{
	mbedtls_aes_crypt_ecb((mbedtls_aes_context *)(uintptr_t)a, MBEDTLS_AES_ENCRYPT, in, out);
}

bool aes_gcm_open(const uint8_t key[AES128_KEY], const uint8_t iv[GCM_IV], const void *aad, size_t aad_len,
		  const void *sealed, size_t n, const uint8_t tag[GCM_TAG], uint8_t *out)
{
	mbedtls_gcm_context c;
	bool good;

	mbedtls_gcm_init(&c);
	good = !mbedtls_gcm_setkey(&c, MBEDTLS_CIPHER_ID_AES, key, AES128_KEY * 8) &&
	       !mbedtls_gcm_auth_decrypt(&c, n, iv, GCM_IV, aad, aad_len, tag, GCM_TAG, sealed, out);
	mbedtls_gcm_free(&c);
	return good;
}
