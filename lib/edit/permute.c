/* SPDX-License-Identifier: MIT */
/*
 * Prefix-preserving permutations of addresses, after Xu, Fan, Ammar, Moon: "Prefix-preserving IP address anonymization"
 * (ICNP 2002; Crypto-PAn). Bit i of the result is bit i of the address, turned over or not by a keyed function of the bits
 * in front of it:
 *
 *	address     a0 a1 a2 a3 | rest        result bit 4 = a4 ^ msb(AES(a0 a1 a2 a3 | pad from bit 4 on))
 *
 * As each step depends on the original bits in front only, equal prefixes give equal prefixes, and the whole is a
 * permutation. One block of AES per bit is dear, so what was asked lately is kept: a packet costs a look-up.
 */
#include "internal.h"

#include <stdlib.h>

bool permutation_init(struct permutation *p, const uint8_t key[32], uint8_t bytes, uint8_t tweak)
{
	uint8_t secret[AES_BLOCK];

	memset(p, 0, sizeof(*p));
	aes_init(&p->aes, key);
	memcpy(secret, key + 16, sizeof(secret));
	secret[0] ^= tweak;
	aes_block(&p->aes, secret, p->pad);
	p->bytes = bytes;
	p->slots = calloc(PERMUTE_SLOTS, sizeof(*p->slots));
	return p->slots;
}

void permutation_release(struct permutation *p)
{
	free(p->slots);
	p->slots = NULL;
}

static void work_out(const struct permutation *p, const uint8_t *in, uint8_t *out)
{
	uint8_t block[AES_BLOCK], sealed[AES_BLOCK];

	memcpy(block, p->pad, sizeof(block));
	for (unsigned i = 0; i < p->bytes; i++) {
		uint8_t turned = 0;

		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t front = (uint8_t)~(0xff >> bit);

			block[i] = (uint8_t)((in[i] & front) | (p->pad[i] & ~front));
			if (p->fixed[i] & 0x80 >> bit)
				continue;
			aes_block(&p->aes, block, sealed);
			turned |= (uint8_t)((sealed[0] & 0x80) >> bit);
		}
		block[i] = in[i];
		out[i] = in[i] ^ turned;
	}
}

void permute(struct permutation *p, const uint8_t *in, uint8_t *out)
{
	uint32_t h = 2166136261u; /* FNV-1a; the table only saves time, whoever makes it miss gains nothing */
	struct permuted *slot;
	uint8_t result[PERMUTE_BYTES_MAX];

	for (unsigned i = 0; i < p->bytes; i++)
		h = (h ^ in[i]) * 16777619u;
	slot = &p->slots[(h ^ h >> 15) % PERMUTE_SLOTS];
	if (!slot->used || memcmp(slot->in, in, p->bytes) != 0) {
		work_out(p, in, result);
		slot->used = 1;
		memcpy(slot->in, in, p->bytes);
		memcpy(slot->out, result, p->bytes);
	}
	memcpy(out, slot->out, p->bytes);
}
