/* SPDX-License-Identifier: MIT */
/* For the tests of lib/pcapio: captures put together in memory, in either byte order, and readers over them. */
#ifndef TEST_UNIT_PCAPIO_IMAGE_H
#define TEST_UNIT_PCAPIO_IMAGE_H

#include "pcapio/reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct image {
	uint8_t bytes[1 << 16];
	size_t len;
	bool big;        /* byte order */
	size_t block;    /* where the open pcapng block starts */
};

static inline void img_bytes(struct image *m, const void *p, size_t n)
{
	memcpy(m->bytes + m->len, p, n);
	m->len += n;
}

static inline void img_uint(struct image *m, uint64_t v, int width)
{
	for (int i = 0; i < width; i++)
		m->bytes[m->len++] = (uint8_t)(v >> 8 * (m->big ? width - 1 - i : i));
}

static inline void img_pcap_header(struct image *m, uint32_t magic, uint32_t linktype)
{
	img_uint(m, magic, 4);
	img_uint(m, 2, 2);
	img_uint(m, 4, 2);
	img_uint(m, 0, 8);
	img_uint(m, 65535, 4);
	img_uint(m, linktype, 4);
}

/* Packet `i` of every image: so many bytes of that number. */
static inline void img_payload(struct image *m, unsigned i, uint32_t caplen)
{
	memset(m->bytes + m->len, (int)(i & 0xff), caplen);
	m->len += caplen;
}

static inline void img_pcap_packet(struct image *m, unsigned i, uint32_t s, uint32_t fraction, uint32_t caplen, uint32_t wirelen)
{
	img_uint(m, s, 4);
	img_uint(m, fraction, 4);
	img_uint(m, caplen, 4);
	img_uint(m, wirelen, 4);
	img_payload(m, i, caplen);
}

/* ---- pcapng */

static inline void img_block(struct image *m, uint32_t type)
{
	m->block = m->len;
	img_uint(m, type, 4);
	img_uint(m, 0, 4);
}

static inline void img_end(struct image *m)
{
	size_t end;

	while (m->len % 4)
		m->bytes[m->len++] = 0;
	img_uint(m, m->len + 4 - m->block, 4);
	end = m->len;
	m->len = m->block + 4;
	img_uint(m, end - m->block, 4);
	m->len = end;
}

static inline void img_option(struct image *m, uint16_t code, const void *value, uint16_t len)
{
	img_uint(m, code, 2);
	img_uint(m, len, 2);
	img_bytes(m, value, len);
	while (m->len % 4)
		m->bytes[m->len++] = 0;
}

static inline void img_option_uint(struct image *m, uint16_t code, uint64_t v, int width)
{
	img_uint(m, code, 2);
	img_uint(m, (uint64_t)width, 2);
	img_uint(m, v, width);
	while (m->len % 4)
		m->bytes[m->len++] = 0;
}

static inline void img_section(struct image *m)
{
	img_block(m, 0x0a0d0d0a);
	img_uint(m, 0x1a2b3c4d, 4);
	img_uint(m, 1, 2);
	img_uint(m, 0, 2);
	img_uint(m, UINT64_MAX, 8);
	img_option(m, 4, "test", 4);
	img_uint(m, 0, 4);
	img_end(m);
}

/* tsresol 0: option left out */
static inline void img_interface(struct image *m, uint16_t linktype, const char *name, uint8_t tsresol, int64_t tsoffset)
{
	img_block(m, 1);
	img_uint(m, linktype, 2);
	img_uint(m, 0, 2);
	img_uint(m, 96, 4);
	if (name)
		img_option(m, 2, name, (uint16_t)strlen(name));
	if (tsresol)
		img_option(m, 9, &tsresol, 1);
	if (tsoffset)
		img_option_uint(m, 14, (uint64_t)tsoffset, 8);
	img_uint(m, 0, 4);
	img_end(m);
}

static inline void img_epb(struct image *m, unsigned i, uint32_t id, uint64_t ticks, uint32_t caplen, uint32_t wirelen)
{
	img_block(m, 6);
	img_uint(m, id, 4);
	img_uint(m, ticks >> 32, 4);
	img_uint(m, ticks & 0xffffffff, 4);
	img_uint(m, caplen, 4);
	img_uint(m, wirelen, 4);
	img_payload(m, i, caplen);
	img_end(m);
}

static inline void img_plain_block(struct image *m, uint32_t type, const void *body, size_t len)
{
	img_block(m, type);
	img_bytes(m, body, len);
	img_end(m);
}

static inline void img_secrets(struct image *m)
{
	img_block(m, BLOCK_DSB);
	img_uint(m, 0x544c534b, 4); /* TLS key log */
	img_uint(m, 4, 4);
	img_bytes(m, "abcd", 4);
	img_end(m);
}

/* ---- readers */

/* A file in memory with these bytes, at its start. */
static inline int img_file(const void *bytes, size_t len)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

/* A stream whose pieces are [0, a), [a, b), then `step` bytes each. With SOCK_SEQPACKET every read(2) gives one
 * piece (whose rest is lost if it asks for less); with SOCK_STREAM they come as they come. */
static inline int img_stream(int type, const uint8_t *bytes, size_t len, size_t a, size_t b, size_t step)
{
	int fds[2];

	if (socketpair(AF_UNIX, type, 0, fds) < 0)
		abort();
	if (fork() == 0) {
		close(fds[0]);
		for (size_t at = 0; at < len;) {
			size_t stop = at < a ? a : at < b ? b : at + step;

			if (stop > len)
				stop = len;
			if (write(fds[1], bytes + at, stop - at) < 0)
				_exit(0);
			at = stop;
		}
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static inline void img_stream_close(int fd)
{
	close(fd);
	while (wait(NULL) > 0)
		;
}

#endif
