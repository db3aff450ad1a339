/* SPDX-License-Identifier: MIT */
/* lib/crypto with published vectors: RFC 1321, RFC 3174, FIPS 180, RFC 4231, FIPS 197, and the GCM specification. */
#include "check.h"
#include "crypto/aes.h"
#include "crypto/digest.h"

#include <stdlib.h>

static uint8_t room[8][256];

/* Two hex digits a byte; the result lives until eight more were made. */
static const uint8_t *hex(const char *text)
{
	static unsigned next;
	uint8_t *out = room[next++ % 8];

	for (size_t i = 0; text[2 * i]; i++)
		out[i] = (uint8_t)strtoul((char[]){ text[2 * i], text[2 * i + 1], 0 }, NULL, 16);
	return out;
}

TEST(md5)
{
	uint8_t out[MD5_BYTES];

	digest_md5("", 0, out);
	CHECK_MEM(out, hex("d41d8cd98f00b204e9800998ecf8427e"), MD5_BYTES);
	digest_md5("message digest", 14, out);
	CHECK_MEM(out, hex("f96b697d7cb7938d525a2f31aaf161d0"), MD5_BYTES);
	digest_md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890", 80, out);
	CHECK_MEM(out, hex("57edf4a22be3c955ac49da2e2107b67a"), MD5_BYTES);
}

TEST(sha1)
{
	uint8_t out[SHA1_BYTES];

	digest_sha1("abc", 3, out);
	CHECK_MEM(out, hex("a9993e364706816aba3e25717850c26c9cd0d89d"), SHA1_BYTES);
	digest_sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, out);
	CHECK_MEM(out, hex("84983e441c3bd26ebaae4aa1f95129e5e54670f1"), SHA1_BYTES);
}

TEST(sha256)
{
	uint8_t out[SHA256_BYTES];

	digest_sha256("abc", 3, out);
	CHECK_MEM(out, hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), SHA256_BYTES);
	digest_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, out);
	CHECK_MEM(out, hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"), SHA256_BYTES);
}

/* RFC 4231: test cases 1, 2, and 6 with a key longer than a block */
TEST(hmac)
{
	uint8_t out[SHA256_BYTES], key[131];

	memset(key, 0x0b, 20);
	hmac_sha256(key, 20, "Hi There", 8, out);
	CHECK_MEM(out, hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"), SHA256_BYTES);
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
	CHECK_MEM(out, hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"), SHA256_BYTES);
	memset(key, 0xaa, 131);
	hmac_sha256(key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54, out);
	CHECK_MEM(out, hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"), SHA256_BYTES);
}

/* FIPS 197 appendix C.1; in place too */
TEST(aes)
{
	uint8_t block[AES_BLOCK];
	struct aes a;

	aes_init(&a, hex("000102030405060708090a0b0c0d0e0f"));
	memcpy(block, hex("00112233445566778899aabbccddeeff"), AES_BLOCK);
	aes_block(&a, block, block);
	CHECK_MEM(block, hex("69c4e0d86a7b0430d8cdb78070b4c55a"), AES_BLOCK);
}

/* McGrew and Viega, test cases 1, 2 and 4; one bit wrong anywhere and nothing opens */
TEST(gcm)
{
	static const char plain[] =
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
	uint8_t out[64], sealed[60], zero[16] = { 0 };
	const uint8_t *key, *iv, *aad, *tag;

	CHECK(aes_gcm_open(zero, zero, NULL, 0, zero, 0, hex("58e2fccefa7e3061367f1d57a4e7455a"), out));
	CHECK(aes_gcm_open(zero, zero, NULL, 0, hex("0388dace60b6a392f328c2b971b2fe78"), 16,
			   hex("ab6e47d42cec13bdf53a67b21257bddf"), out));
	CHECK_MEM(out, zero, 16);
	key = hex("feffe9928665731c6d6a8f9467308308");
	iv = hex("cafebabefacedbaddecaf888");
	aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
	tag = hex("5bc94fbc3221a5db94fae95ae7121a47");
	memcpy(sealed, hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
			   "1ba30b396a0aac973d58e091"), sizeof(sealed));
	CHECK(aes_gcm_open(key, iv, aad, 20, sealed, sizeof(sealed), tag, out));
	CHECK_MEM(out, hex(plain), sizeof(sealed));
	CHECK(!aes_gcm_open(key, iv, aad, 19, sealed, sizeof(sealed), tag, out));
	sealed[59] ^= 1;
	CHECK(!aes_gcm_open(key, iv, aad, 20, sealed, sizeof(sealed), tag, out));
}
