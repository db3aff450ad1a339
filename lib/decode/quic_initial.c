/* SPDX-License-Identifier: MIT */
/*
 * QUIC Initials: their keys are made of the connection id that the client chose
 * for the server and of a salt that the specification prints, so that everybody
 * on the path can read them (RFC 9001 section 5.2, RFC 9369 section 3.3).
 *
 *	initial secret = HKDF-Extract(salt, id)
 *	client secret  = HKDF-Expand-Label(initial secret, "client in", 32)     key, iv, hp from it
 *
 *	|first|version|ids|token|length|packet number|  payload, AES-128-GCM  |tag 16|
 *	 ^^^^ low bits, and the number, are masked ^  ^ sample: 16 bytes from 4 after the number's first
 *
 * The handshake is then in CRYPTO frames, in any order and any pieces, with
 * padding and pings between.
 */
#include "decode/quic.h"
#include "crypto/aes.h"
#include "crypto/digest.h"

#include <string.h>

enum { SALT = 20, PN_MAX = 4 };
enum { PADDING, PING, ACK, ACK_ECN, CRYPTO = 6, CLOSE = 0x1c, CLOSE_APPLICATION = 0x1d };

enum labels { QUIC_V1, QUIC_V2 };

/* Whose packets follow which specification. Forced negotiation (0x?a?a?a?a) and versions of our own time use v1's. */
static const struct salt {
	uint32_t version, mask;
	uint8_t labels;
	uint8_t salt[SALT];
} salts[] = {
	{ 0x00000001, 0xffffffff, QUIC_V1, "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a" },
	{ 0x6b3343cf, 0xffffffff, QUIC_V2, "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9" },
	{ 0x709a50c4, 0xffffffff, QUIC_V2, "\xa7\x07\xc2\x03\xa5\x9b\x47\x18\x4a\x1d\x62\xca\x57\x04\x06\xea\x7a\xe3\xe5\xd3" },
	/* drafts 33 and 34, 29 to 32, 23 to 28, 21 and 22 */
	{ 0xff000021, 0xffffffff, QUIC_V1, "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a" },
	{ 0xff000022, 0xffffffff, QUIC_V1, "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a" },
	{ 0xff00001d, 0xffffffff, QUIC_V1, "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99" },
	{ 0xff00001e, 0xfffffffe, QUIC_V1, "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99" },
	{ 0xff000020, 0xffffffff, QUIC_V1, "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99" },
	{ 0xff000017, 0xffffffff, QUIC_V1, "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02" },
	{ 0xff000018, 0xfffffffc, QUIC_V1, "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02" },
	{ 0xff00001c, 0xffffffff, QUIC_V1, "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02" },
	{ 0xff000015, 0xffffffff, QUIC_V1, "\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a" },
	{ 0xff000016, 0xffffffff, QUIC_V1, "\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a" },
	/* of companies: mvfst's drafts 22 and 27; Google's Q050, T050, T051 */
	{ 0xfaceb001, 0xffffffff, QUIC_V1, "\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a" },
	{ 0xfaceb002, 0xffffffff, QUIC_V1, "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02" },
	{ 0x51303530, 0xffffffff, QUIC_V1, "\x50\x45\x74\xef\xd0\x66\xfe\x2f\x9d\x94\x5c\xfc\xdb\xd3\xa7\xf0\xd3\xb5\x6b\x45" },
	{ 0x54303530, 0xffffffff, QUIC_V1, "\x7f\xf5\x79\xe5\xac\xd0\x72\x91\x55\x80\x30\x4c\x43\xa2\x36\x7c\x60\x48\x83\x10" },
	{ 0x54303531, 0xffffffff, QUIC_V1, "\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d" },
	/* forced negotiation: nobody says what they are sealed with; today v1's, before that draft 29's */
	{ 0x0a0a0a0a, 0x0f0f0f0f, QUIC_V1, "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a" },
	{ 0x0a0a0a0a, 0x0f0f0f0f, QUIC_V1, "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99" },
};

/* The next row from `s` on that fits; NULL: none. */
static const struct salt *salt_find(const struct salt *s, uint32_t version)
{
	for (; s < salts + sizeof(salts) / sizeof(salts[0]); s++)
		if ((version & s->mask) == s->version)
			return s;
	return NULL;
}

bool quic_version_known(uint32_t version)
{
	return salt_find(salts, version) != NULL;
}

bool quic_version_2(uint32_t version)
{
	return version == 0x6b3343cf || version == 0x709a50c4;
}

uint64_t quic_varint(struct cursor *c)
{
	uint64_t v = cursor_u8(c);

	for (unsigned more = (1u << (v >> 6)) - 1, i = 0; i < more; i++)
		v = (i ? v : v & 0x3f) << 8 | cursor_u8(c);
	return c->cut ? 0 : v & 0x3fffffffffffffff;
}

/* ---- keys --------------------------------------------------------------------------------- */

/* HKDF-Expand-Label (RFC 8446 section 7.1) of at most one block: no context, `n` <= 32. */
static void expand(const uint8_t secret[SHA256_BYTES], const char *label, unsigned n, uint8_t *out)
{
	uint8_t info[40] = { 0, (uint8_t)n, 0, 't', 'l', 's', '1', '3', ' ' }, block[SHA256_BYTES];
	size_t len = strlen(label);

	info[2] = (uint8_t)(6 + len);
	memcpy(info + 9, label, len);
	info[9 + len] = 0;  /* of the context */
	info[10 + len] = 1; /* the first block */
	hmac_sha256(secret, SHA256_BYTES, info, 11 + len, block);
	memcpy(out, block, n);
}

struct keys {
	uint8_t key[AES128_KEY], iv[GCM_IV], hp[AES128_KEY];
};

static void keys_make(struct keys *k, const struct salt *s, const struct quic_bytes *id, bool from_server)
{
	static const char *const labels[2][3] = { { "quic key", "quic iv", "quic hp" },
						  { "quicv2 key", "quicv2 iv", "quicv2 hp" } };
	uint8_t secret[SHA256_BYTES];

	hmac_sha256(s->salt, SALT, id->p, id->len, secret);
	expand(secret, from_server ? "server in" : "client in", SHA256_BYTES, secret);
	expand(secret, labels[s->labels][0], AES128_KEY, k->key);
	expand(secret, labels[s->labels][1], GCM_IV, k->iv);
	expand(secret, labels[s->labels][2], AES128_KEY, k->hp);
}

/* ---- opening --------------------------------------------------------------------------------- */

/* One try. `aad` has room for the header and is left with it as it was before the protection. */
static bool open_with(const struct keys *k, const struct quic_header *h, uint8_t *aad, struct quic_opened *o)
{
	uint32_t header = (uint32_t)(h->payload.pos - h->start);
	const uint8_t *sealed = h->payload.pos;
	uint32_t len = (uint32_t)h->length;
	uint8_t mask[AES_BLOCK], iv[GCM_IV];
	struct aes aes;

	memcpy(aad, h->start, header);
	aes_init(&aes, k->hp);
	aes_block(&aes, sealed + PN_MAX, mask);
	aad[0] ^= mask[0] & 0x0f;
	o->first = aad[0];
	o->pn_len = (uint8_t)((aad[0] & 3) + 1);
	o->pn = 0;
	memcpy(iv, k->iv, GCM_IV);
	for (unsigned i = 0; i < o->pn_len; i++) {
		aad[header + i] = sealed[i] ^ mask[1 + i];
		o->pn = o->pn << 8 | aad[header + i];
		iv[GCM_IV - o->pn_len + i] ^= aad[header + i];
	}
	o->len = len - o->pn_len - GCM_TAG;
	return aes_gcm_open(k->key, iv, aad, header + o->pn_len, sealed + o->pn_len, o->len, sealed + len - GCM_TAG, o->plain);
}

struct quic_opened *quic_open(struct packet *p, const struct quic_header *h, const struct quic_bytes *id, bool from_server)
{
	uint32_t before = p->scratch_used, header = (uint32_t)(h->payload.pos - h->start);
	struct quic_opened *o;
	struct keys keys;
	uint8_t *aad;

	/* all of it has to be there; the sample reaches that far anyway (RFC 9001 section 5.4.2) */
	if (h->length < PN_MAX + AES_BLOCK || h->length > cursor_left(&h->payload))
		return NULL;
	p->scratch_used = (before + 3) & ~3u; /* for the struct: the array is aligned as its layers are */
	o = (struct quic_opened *)packet_scratch(p, (uint32_t)(sizeof(*o) + h->length));
	aad = o ? packet_scratch(p, header + PN_MAX) : NULL;
	for (const struct salt *s = salts; aad && (s = salt_find(s, h->version)); s++) {
		keys_make(&keys, s, id, from_server);
		if (open_with(&keys, h, aad, o)) {
			p->scratch_used -= header + PN_MAX;
			return o;
		}
	}
	p->scratch_used = before;
	return NULL;
}

/* ---- CRYPTO frames ------------------------------------------------------------------------------ */

bool quic_crypto_next(struct cursor *c, struct quic_piece *piece)
{
	while (cursor_left(c) && !c->cut) {
		uint64_t ranges, n;

		switch (quic_varint(c)) {
		case PADDING:
		case PING:
			break;
		case ACK_ECN:
		case ACK:
			n = c->pos[-1] == ACK_ECN ? 3 : 0;
			quic_varint(c);
			quic_varint(c);
			ranges = quic_varint(c);
			for (n += 1 + 2 * ranges; n && cursor_left(c); n--)
				quic_varint(c);
			break;
		case CRYPTO:
			piece->offset = quic_varint(c);
			n = quic_varint(c);
			if (c->cut || n > cursor_left(c))
				return false;
			piece->bytes = (struct quic_bytes){ cursor_take(c, (size_t)n), (uint32_t)n };
			return true;
		default:
			return false;
		}
	}
	return false;
}

/* The piece that holds the byte at `at`. A scan for each, from the front: a packet holds few of them. */
static bool crypto_at(const struct quic_opened *o, uint64_t at, struct quic_bytes *found)
{
	struct cursor c = cursor_over(o->plain, o->len, false);
	struct quic_piece piece;

	while (quic_crypto_next(&c, &piece))
		if (piece.offset <= at && at - piece.offset < piece.bytes.len) {
			uint32_t skip = (uint32_t)(at - piece.offset);

			*found = (struct quic_bytes){ piece.bytes.p + skip, piece.bytes.len - skip };
			return true;
		}
	return false;
}

struct quic_bytes quic_crypto(struct packet *p, const struct quic_opened *o)
{
	enum { PIECES = 64 };
	struct quic_bytes whole = { NULL, 0 }, piece;
	uint32_t room = 0;
	uint8_t *out = NULL;

	if (!crypto_at(o, 0, &whole))
		return whole;
	for (unsigned i = 0; i < PIECES && crypto_at(o, whole.len, &piece); i++) {
		if (!out) {
			room = o->len; /* pieces that follow one another without overlapping are never longer */
			out = packet_scratch(p, room);
			if (!out)
				return whole;
			memcpy(out, whole.p, whole.len);
			whole.p = out;
		}
		if (piece.len > room - whole.len)
			piece.len = room - whole.len;
		memcpy(out + whole.len, piece.p, piece.len);
		whole.len += piece.len;
		if (whole.len == room)
			break;
	}
	if (out)
		p->scratch_used -= room - whole.len;
	return whole;
}
