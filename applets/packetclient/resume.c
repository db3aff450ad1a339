/* SPDX-License-Identifier: MIT */
/*
 * What an interrupted export has left: FILE.part, and in FILE.part.state the question that it answers. The tail of a capture
 * may be half a packet, which is cut off:
 *
 *	pcapng   [SHB][IDB]..  [EPB][EPB][EP|        blocks: type, length, ..., length      cut at the last whole one
 *	pcap     [24 bytes]    [16+n][16+n][16|      records                                likewise
 */
#include "export.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_SIMPLE = 3, BLOCK_PACKET = 6, BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	BLOCK_MAX = 64 << 20, PCAP_HEADER = 24, PCAP_RECORD = 16, STATE_MAX = 65536, HEAD_MAX = 1 << 20
};

/* Reading forward with few system calls. */
struct window {
	int fd;
	uint64_t at, size;       /* of the buffer in the file; of the file */
	size_t have;
	uint8_t bytes[65536];
};

/* `n` bytes at `offset`; NULL when the file does not have them. */
static const uint8_t *bytes_at(struct window *w, uint64_t offset, size_t n)
{
	ssize_t got;

	if (offset > w->size || n > w->size - offset)
		return NULL;
	if (offset < w->at || offset + n > w->at + w->have) {
		got = pread(w->fd, w->bytes, sizeof(w->bytes), (off_t)offset);
		w->at = offset;
		w->have = got > 0 ? (size_t)got : 0;
		if (w->have < n)
			return NULL;
	}
	return w->bytes + (offset - w->at);
}

static uint32_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v)); /* written on this machine, in its byte order */
	return v;
}

static void scan_blocks(struct part *p, struct window *w)
{
	const uint8_t *b;

	while ((b = bytes_at(w, p->size, 12))) {
		uint32_t type = word(b), len = word(b + 4);

		if ((type == BLOCK_SECTION && word(b + 8) != BYTE_ORDER_MAGIC) || (!p->size && type != BLOCK_SECTION))
			return;
		if (len < 12 || len % 4 || len > BLOCK_MAX)
			return;
		b = bytes_at(w, p->size + len - 4, 4);
		if (!b || word(b) != len)
			return;
		if (type == BLOCK_PACKET || type == BLOCK_SIMPLE) {
			if (!p->packets++)
				p->head = (size_t)p->size;
		} else if ((type == BLOCK_INTERFACE || type == BLOCK_SECTION) && p->packets) {
			p->later_interfaces = true;
		}
		p->size += len;
	}
}

static void scan_records(struct part *p, struct window *w)
{
	const uint8_t *b = bytes_at(w, 0, PCAP_HEADER);

	if (!b || (word(b) != 0xa1b2c3d4 && word(b) != 0xa1b23c4d))
		return;
	p->head = PCAP_HEADER;
	p->size = PCAP_HEADER;
	while ((b = bytes_at(w, p->size, PCAP_RECORD))) {
		uint32_t len = word(b + 8);

		if (len > BLOCK_MAX || !bytes_at(w, p->size + PCAP_RECORD + len - (len ? 1 : 0), len ? 1 : 0))
			return;
		p->size += PCAP_RECORD + len;
		p->packets++;
	}
}

/* How much of the part is whole. What has no packet is not worth keeping. */
static int scan(struct part *p, struct errmsg *err)
{
	struct window *w = malloc(sizeof(*w));
	struct stat st;

	if (!w || fstat(p->fd, &st)) {
		free(w);
		return errmsg_set(err, NW_ELIMIT, "%s: cannot be looked at", p->temporary);
	}
	*w = (struct window){ .fd = p->fd, .size = (uint64_t)st.st_size };
	if (p->kind == EXPORT_COPY)
		scan_blocks(p, w);
	else if (p->kind == EXPORT_RECORDS)
		scan_records(p, w);
	else
		p->size = w->size;
	free(w);
	if (p->kind != EXPORT_DECODED && (!p->packets || p->head > HEAD_MAX)) {
		p->size = p->packets = 0;
		p->head = 0;
	}
	return 0;
}

/* Does the state hold this question? */
static bool same_question(const struct part *p, const char *key, size_t len)
{
	char *text = malloc(STATE_MAX);
	int fd = open(p->state, O_RDONLY | O_CLOEXEC);
	long n = fd >= 0 && text ? io_read(fd, text, STATE_MAX, p->state, NULL) : -1;
	bool same = n >= 0 && (size_t)n == len && !memcmp(text, key, len);

	if (fd >= 0)
		close(fd);
	free(text);
	return same;
}

static int write_state(const struct part *p, const char *key, size_t len, struct errmsg *err)
{
	int fd = open(p->state, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return errmsg_errno(err, "%s", p->state);
	rc = io_write_all(fd, key, len, p->state, err);
	close(fd);
	return rc;
}

int part_open(struct part *p, const char *path, enum export_kind kind, const char *key, size_t key_len, bool anew,
	      struct errmsg *err)
{
	struct stat st;
	int rc = 0;

	*p = (struct part){ .fd = -1, .kind = kind };
	if ((size_t)snprintf(p->path, sizeof(p->path), "%s", path) >= sizeof(p->path) ||
	    (size_t)snprintf(p->temporary, sizeof(p->temporary), "%s.part", path) >= sizeof(p->temporary) ||
	    (size_t)snprintf(p->state, sizeof(p->state), "%s.part.state", path) >= sizeof(p->state))
		return errmsg_set(err, NW_EINPUT, "the file name is longer than %zu bytes", sizeof(p->path) - 12);
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return errmsg_set(err, NW_EINPUT, "%s: is no file; -o - writes to standard output", path);
	p->fd = open(p->temporary, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (p->fd < 0)
		return errmsg_errno(err, "%s", p->temporary);
	if (flock(p->fd, LOCK_EX | LOCK_NB))
		rc = errmsg_set(err, NW_ELIMIT, "%s: another export writes it", p->temporary);
	else if (!anew && same_question(p, key, key_len))
		rc = scan(p, err);
	if (!rc && (kind != EXPORT_DECODED || !p->size) && ftruncate(p->fd, (off_t)p->size))
		rc = errmsg_errno(err, "%s", p->temporary);
	if (!rc)
		rc = write_state(p, key, key_len, err);
	if (rc) {
		close(p->fd);
		p->fd = -1;
		return rc;
	}
	p->resumed_at = p->size;
	return 0;
}

int part_commit(struct part *p, struct errmsg *err)
{
	if (fsync(p->fd))
		return errmsg_errno(err, "%s", p->temporary);
	if (rename(p->temporary, p->path))
		return errmsg_errno(err, "%s: cannot get its name", p->path);
	unlink(p->state);
	close(p->fd);
	p->fd = -1;
	return 0;
}

void part_leave(struct part *p)
{
	struct stat st;

	if (p->fd < 0)
		return;
	if (!fstat(p->fd, &st) && !st.st_size) {
		unlink(p->temporary);
		unlink(p->state);
	}
	close(p->fd);
	p->fd = -1;
}
