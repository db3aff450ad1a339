/* SPDX-License-Identifier: MIT */
/*
 * See inflate.h. "deflate" means zlib (RFC 1950), and yet some servers send bare deflate (RFC 1951): the first two bytes tell.
 */
#include "pcapio/inflate.h"

#include <stdlib.h>

#if ENABLE_GZIP
#include <zlib.h>

enum { PIECE = 16 * 1024 };

struct inflater {
	z_stream z;
	bool opened, gzip, begun, ended, damaged;
	uint8_t first;      /* the first byte, when only that one is there so far */
	bool has_first;
	uint8_t out[PIECE];
};

struct inflater *inflater_new(void)
{
	return calloc(1, sizeof(struct inflater));
}

void inflater_free(struct inflater *i)
{
	if (i && i->opened)
		inflateEnd(&i->z);
	free(i);
}

bool inflater_begun(const struct inflater *i)
{
	return i->begun;
}

/* Bits for inflateInit2(): 31 gzip, 15 zlib, -15 neither. */
static int window_bits(uint8_t a, uint8_t b)
{
	if (a == 0x1f && b == 0x8b)
		return 31;
	return (a & 15) == 8 && (a << 8 | b) % 31 == 0 ? 15 : -15;
}

static enum inflater_result damaged(struct inflater *i)
{
	i->damaged = true;
	return INFLATE_DAMAGED;
}

static enum inflater_result unpack(struct inflater *i, const uint8_t *data, uint32_t len, inflater_give *give, void *user)
{
	i->z.next_in = (Bytef *)data;
	i->z.avail_in = len;
	do {
		int rc;

		if (i->ended) {
			if (!i->z.avail_in || !i->gzip || *i->z.next_in != 0x1f)
				return INFLATE_END; /* what else follows is not ours */
			inflateReset(&i->z);
			i->ended = false;
		}
		i->z.next_out = i->out;
		i->z.avail_out = PIECE;
		rc = inflate(&i->z, Z_NO_FLUSH);
		i->begun = i->begun || i->z.avail_out < PIECE || rc == Z_STREAM_END;
		if (i->z.avail_out < PIECE && !give(user, i->out, PIECE - i->z.avail_out))
			return INFLATE_STOPPED;
		if (rc == Z_STREAM_END)
			i->ended = true;
		else if (rc != Z_OK && rc != Z_BUF_ERROR)
			return damaged(i);
	} while (i->z.avail_in || (!i->z.avail_out && !i->ended));
	return i->ended ? INFLATE_END : INFLATE_MORE;
}

enum inflater_result inflater_data(struct inflater *i, const uint8_t *data, uint32_t len, inflater_give *give, void *user)
{
	if (i->damaged)
		return INFLATE_DAMAGED;
	if (!len)
		return i->ended ? INFLATE_END : INFLATE_MORE;
	if (!i->opened && !i->has_first && len == 1) {
		i->first = *data;
		i->has_first = true;
		return INFLATE_MORE;
	}
	if (!i->opened) {
		int bits = i->has_first ? window_bits(i->first, data[0]) : window_bits(data[0], data[1]);

		if (inflateInit2(&i->z, bits) != Z_OK)
			return damaged(i);
		i->opened = true;
		i->gzip = bits == 31;
		i->begun = bits > 0;
		if (i->has_first && unpack(i, &i->first, 1, give, user) == INFLATE_DAMAGED)
			return INFLATE_DAMAGED;
	}
	return unpack(i, data, len, give, user);
}

#else

struct inflater *inflater_new(void)
{
	return NULL;
}

void inflater_free(struct inflater *i)
{
	(void)i;
}

bool inflater_begun(const struct inflater *i)
{
	(void)i;
	return false;
}

enum inflater_result inflater_data(struct inflater *i, const uint8_t *data, uint32_t len, inflater_give *give, void *user)
{
	(void)i;
	(void)data;
	(void)len;
	(void)give;
	(void)user;
	return INFLATE_DAMAGED;
}

#endif
