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

/* Three packets, whose first bytes are 1, 2 and (empty) 3. */
static inline void img_three_packets(struct image *m)
{
	img_pcap_packet(m, 1, 1700000000, 123456, 60, 60);
	img_pcap_packet(m, 2, 1700000001, 999999, 1, 1500);
	img_pcap_packet(m, 3, 4294967295u, 0, 0, 42);
}

/* Every kind of pcapng block, four packets among them. */
static inline void img_all_blocks(struct image *m)
{
	static const uint8_t isb[12] = { 0 };

	img_section(m);
	img_interface(m, 1, "eth0", 9, 0);
	img_interface(m, 113, "any", 0, 0);
	img_epb(m, 1, 0, 1700000000123456789, 60, 60);
	img_plain_block(m, BLOCK_NRB, "\0\0\0\0", 4);
	img_epb(m, 2, 1, 1700000000123456, 7, 700);
	img_block(m, BLOCK_PB);
	img_uint(m, 1, 2);
	img_uint(m, 3, 2); /* drops */
	img_uint(m, 0, 4);
	img_uint(m, 2000000, 4);
	img_uint(m, 5, 4);
	img_uint(m, 5, 4);
	img_payload(m, 3, 5);
	img_end(m);
	img_plain_block(m, BLOCK_CUSTOM, "\1\2\3\4abc", 7);
	img_block(m, BLOCK_SPB);
	img_uint(m, 1500, 4);
	img_payload(m, 4, 96); /* the interface's snaplen */
	img_end(m);
	img_secrets(m);
	img_plain_block(m, 0x12345678, "unknown", 8);
	img_plain_block(m, BLOCK_CUSTOM_NOCOPY, "\1\2\3\4", 4);
	img_plain_block(m, BLOCK_ISB, isb, 12);
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

/* ---- what they give */

/* What came out of a reader. */
struct img_result {
	int rc;              /* of the last call: 0 or the error */
	unsigned count;
	struct frame frames[16];
	uint8_t first[16];   /* first byte of each packet */
	char text[480];
};

static inline struct img_result img_drain(struct reader *r)
{
	struct img_result out = { 0 };
	struct errmsg err = { "" };
	struct frame f;

	while ((out.rc = reader_read(r, &f, &err)) > 0) {
		if (out.count < 16) {
			out.frames[out.count] = f;
			out.first[out.count] = f.caplen ? f.data[0] : 0;
			for (uint32_t i = 0; i < f.caplen; i++)
				if (f.data[i] != f.data[0])
					out.first[out.count] = 0xee;
		}
		out.count++;
	}
	snprintf(out.text, sizeof(out.text), "%s", out.rc ? err.text : "");
	return out;
}

static inline struct img_result img_read(const uint8_t *bytes, size_t len)
{
	struct img_result out = { 0 };
	struct errmsg err = { "" };
	struct reader *r;
	int fd = img_file(bytes, len);

	out.rc = reader_open_fd(&r, fd, "file", NULL, &err);
	if (out.rc == 0) {
		out = img_drain(r);
		reader_close(r);
	} else {
		snprintf(out.text, sizeof(out.text), "%s", err.text);
	}
	close(fd);
	return out;
}

#endif
