/* SPDX-License-Identifier: MIT */
/* For the tests of lib/store: a directory of their own, packets that say which they are, and a count of what is in a record. */
#ifndef TEST_UNIT_STORE_DIR_H
#define TEST_UNIT_STORE_DIR_H

#include "pcapio/reader.h"
#include "store/index.h"
#include "store/record.h"
#include "store/segment.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir_path[256];

/* Opens a new directory; the path is in dir_path. */
static inline int dir_open(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir_path, sizeof(dir_path), "%s/nwbox-store.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir_path))
		abort();
	return open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline void dir_remove(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *e; d && (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlinkat(fd, e->d_name, 0) < 0)
			dir_remove(fd, e->d_name);
	if (d)
		closedir(d);
	unlinkat(at, name, AT_REMOVEDIR);
}

static inline void dir_close(int fd)
{
	close(fd);
	dir_remove(AT_FDCWD, dir_path);
}

/* Bytes of all files in it. */
static inline uint64_t dir_bytes(int fd)
{
	DIR *d = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY));
	uint64_t bytes = 0;
	struct stat st;

	for (struct dirent *e; (e = readdir(d));)
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	closedir(d);
	return bytes;
}

static inline uint64_t file_bytes(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_size : 0;
}

static inline void file_write(int dir, const char *name, const void *data, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

/* ---- packets: UDP in IPv4 in Ethernet; the number stands in the payload */

enum { PACKET_HEADERS = 42, PACKET_NUMBER = 42 };

static inline void packet_make(uint8_t *p, uint64_t number, uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport)
{
	memset(p, 0, PACKET_HEADERS);
	p[12] = 8;
	p[14] = 0x45;
	p[22] = 64;
	p[23] = 17;
	for (unsigned i = 0; i < 4; i++) {
		p[26 + i] = (uint8_t)(src >> (24 - 8 * i));
		p[30 + i] = (uint8_t)(dst >> (24 - 8 * i));
	}
	p[34] = (uint8_t)(sport >> 8);
	p[35] = (uint8_t)sport;
	p[36] = (uint8_t)(dport >> 8);
	p[37] = (uint8_t)dport;
	memcpy(p + PACKET_NUMBER, &number, sizeof(number));
}

/* ---- what is in a record */

struct contents {
	unsigned segments;
	uint64_t packets, first, last; /* by the numbers in them */
	bool in_order;                 /* the numbers grow by one each */
	unsigned errors;               /* segments that a reader does not get through */
	uint64_t statistics;           /* sum over what the last statistics of each interface say was received */
	char error[200];
};

static inline void contents_segment(int dir, uint64_t number, struct contents *c)
{
	struct errmsg err = { "" };
	struct reader *r = NULL;
	struct frame f;
	char name[SEGMENT_NAME_SIZE];
	int fd = segment_open(dir, number), rc;

	segment_name(name, number);
	rc = fd < 0 ? -1 : reader_open_fd(&r, fd, name, NULL, &err);
	while (rc >= 0 && (rc = reader_read(r, &f, &err)) > 0) {
		uint64_t n = 0;

		if (f.caplen >= PACKET_NUMBER + sizeof(n))
			memcpy(&n, f.data + PACKET_NUMBER, sizeof(n));
		if (!c->packets++)
			c->first = n;
		else if (n != c->last + 1)
			c->in_order = false;
		c->last = n;
	}
	if (rc < 0) {
		c->errors++;
		snprintf(c->error, sizeof(c->error), "%.199s", err.text);
	}
	for (uint32_t i = 0; r && i < reader_interfaces(r); i++)
		if (reader_interface(r, i)->received != UINT64_MAX)
			c->statistics += reader_interface(r, i)->received;
	if (r)
		reader_close(r);
	if (fd >= 0)
		close(fd);
	c->segments++;
}

static inline struct contents contents_of(int dir)
{
	struct contents c = { .in_order = true };

	for (uint64_t n = segment_next(dir, 0); n; n = segment_next(dir, n))
		contents_segment(dir, n, &c);
	return c;
}

/* ---- a writer */

static inline struct record *store_open(const struct record_options *o, struct record_recovery *recovery, uint32_t *ifid)
{
	static const struct interface eth0 = { .linktype = LINKTYPE_ETHERNET, .snaplen = 262144, .tsresol = 9, .name = "eth0" };
	struct errmsg err = { "" };
	struct record *r;

	if (record_open(&r, o, recovery, &err) < 0 || record_interface(r, &eth0, ifid, &err) < 0) {
		fprintf(stderr, "# %s\n", err.text);
		abort();
	}
	return r;
}

static inline void store_packet(struct record *r, uint32_t ifid, uint64_t number, uint32_t len, int64_t ts_ns)
{
	static uint8_t packet[65536];
	struct frame f = { .data = packet, .caplen = len, .wirelen = len, .linktype = LINKTYPE_ETHERNET, .has_ts = true,
			   .ts_ns = ts_ns };

	packet_make(packet, number, 0x0a000001 + (uint32_t)(number / 100 % 1000), 0x0a800001, 40000, 53);
	if (record_frame(r, &f, ifid) < 0)
		abort();
}

#endif
