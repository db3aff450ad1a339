/* SPDX-License-Identifier: MIT */
/*
 * gzip around a capture (RFC 1952): several members one after the other are one
 * stream, zeros after the last are padding. The only file that knows zlib.
 */
#include "pcapio/source.h"

#include <stdlib.h>

#if ENABLE_GZIP
#include <zlib.h>

enum { INPUT_MIN = 128 * 1024 };

struct gunzip {
	z_stream z;
	bool between;  /* the last member is complete */
	bool ended, damaged;
	size_t size;
	uint8_t input[];
};

int gunzip_open(struct gunzip **out, const uint8_t *head, size_t len, struct errmsg *err)
{
	size_t size = len > INPUT_MIN ? len : INPUT_MIN;
	struct gunzip *g = calloc(1, sizeof(*g) + size);

	*out = NULL;
	if (!g)
		return errmsg_set(err, NW_ELIMIT, "no memory to unpack it");
	g->size = size;
	memcpy(g->input, head, len);
	g->z.next_in = g->input;
	g->z.avail_in = (uInt)len;
	if (inflateInit2(&g->z, 31) != Z_OK) {
		free(g);
		return errmsg_set(err, NW_ELIMIT, "no memory to unpack it");
	}
	*out = g;
	return 0;
}

/* The next member, padding, or something foreign. 1: go on, 0: the end. */
static int next_member(struct gunzip *g)
{
	while (g->z.avail_in && *g->z.next_in == 0) {
		g->z.next_in++;
		g->z.avail_in--;
	}
	if (!g->z.avail_in)
		return 1;
	if (*g->z.next_in != 0x1f)
		return 0; /* as gzip: what follows is not ours */
	inflateReset(&g->z);
	g->between = false;
	return 1;
}

/* 1: input is there; 0: the end; or an error. */
static int more_input(struct gunzip *g, struct reader *r, struct errmsg *err)
{
	long n;

	if (g->z.avail_in)
		return 1;
	n = reader_raw(r, g->input, g->size, err);
	if (n < 0)
		return (int)n;
	if (n == 0 && !g->between)
		return errmsg_set(err, NW_EINPUT, "%s: its gzip data are cut off; the packets before are good", r->name);
	g->z.next_in = g->input;
	g->z.avail_in = (uInt)n;
	return n > 0;
}

long gunzip_read(struct gunzip *g, struct reader *r, void *data, size_t len, struct errmsg *err)
{
	g->z.next_out = data;
	g->z.avail_out = (uInt)len;
	while (!g->ended && !g->damaged && g->z.avail_out == len) {
		int rc = more_input(g, r, err);

		if (rc < 0)
			return rc;
		if (rc == 0 || (g->between && !next_member(g)))
			g->ended = true;
		if (g->ended || g->between)
			continue;
		rc = inflate(&g->z, Z_NO_FLUSH);
		if (rc == Z_STREAM_END)
			g->between = true;
		else if (rc != Z_OK && rc != Z_BUF_ERROR)
			g->damaged = true;
	}
	if (g->damaged && g->z.avail_out == len) /* what was good before has been given out */
		return errmsg_set(err, NW_EINPUT, "%s: its gzip data are damaged (%s); the packets before are good", r->name,
				  g->z.msg ? g->z.msg : "wrong check sum");
	return (long)(len - g->z.avail_out);
}

void gunzip_close(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g);
}

#else

int gunzip_open(struct gunzip **g, const uint8_t *head, size_t len, struct errmsg *err)
{
	(void)head;
	(void)len;
	*g = NULL;
	return errmsg_set(err, NW_EINPUT, "is compressed with gzip, which this build leaves out; use: gzip -dc FILE | nwcap -r -");
}

long gunzip_read(struct gunzip *g, struct reader *r, void *data, size_t len, struct errmsg *err)
{
	(void)g;
	(void)r;
	(void)data;
	(void)len;
	return errmsg_set(err, NW_EINPUT, "gzip is not in this build");
}

void gunzip_close(struct gunzip *g)
{
	(void)g;
}

#endif
