/* SPDX-License-Identifier: MIT */
/*
 * Following a key log file. What another program writes comes in pieces that end anywhere; the buffer holds one piece:
 *
 *   | keys, moved together ...      | rest of a line that has not ended |  free  |
 *     handed out by keylog_read()     moved to the front before the next read
 */
#include "pcapio/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, LABEL_MAX = 64 };

struct keylog {
	int fd;
	bool fifo;
	bool skipping;         /* in a line that is too long */
	off_t at;
	uint64_t left_out;
	char name[256];
	size_t done, used;     /* text handed out; text */
	char text[BUFFER];
};

static size_t hex_digits(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && ((p[n] >= '0' && p[n] <= '9') || (p[n] >= 'a' && p[n] <= 'f') || (p[n] >= 'A' && p[n] <= 'F')))
		n++;
	return n;
}

bool keylog_is_key(const char *line, size_t len)
{
	size_t n = 0, digits;

	while (n < len && ((line[n] >= 'A' && line[n] <= 'Z') || line[n] == '_' || (n && line[n] >= '0' && line[n] <= '9')))
		n++;
	if (!n || n > LABEL_MAX || len > KEYLOG_LINE_MAX)
		return false;
	for (int i = 0; i < 2; i++) {
		if (n == len || line[n++] != ' ')
			return false;
		digits = hex_digits(line + n, len - n);
		if (!digits || digits % 2)
			return false;
		n += digits;
	}
	return n == len;
}

int keylog_open_fd(struct keylog **out, int fd, const char *name, struct errmsg *err)
{
	struct keylog *k = malloc(sizeof(*k));
	struct stat st;

	*out = NULL;
	if (!k || fstat(fd, &st) || !(S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))) {
		int bad = k ? errmsg_set(err, NW_EINPUT, "%s: a key log is a file or a pipe", name) :
			      errmsg_set(err, NW_ELIMIT, "%s: no memory", name);

		free(k);
		close(fd);
		return bad;
	}
	k->fd = fd;
	k->fifo = S_ISFIFO(st.st_mode);
	k->skipping = false;
	k->at = 0;
	k->left_out = k->done = k->used = 0;
	snprintf(k->name, sizeof(k->name), "%s", name);
	*out = k;
	return 0;
}

int keylog_open(struct keylog **k, const char *path, struct errmsg *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	*k = NULL;
	if (fd >= 0)
		return keylog_open_fd(k, fd, path, err);
	if (errno == ENOENT)
		return errmsg_set(err, NW_ESYS, "--keylog %s: there is no such file yet; make it first (touch %s), as the user who "
				  "will write to it", path, path);
	return errmsg_errno(err, "--keylog %s", path);
}

/* One line is whole: a key moves to the end of those found so far. */
static size_t take_line(struct keylog *k, size_t keys, size_t from, size_t end)
{
	size_t len = end - from;

	if (len && k->text[end - 1] == '\r')
		len--;
	if (k->skipping || !keylog_is_key(k->text + from, len)) {
		k->left_out += k->skipping || (len && k->text[from] != '#');
		k->skipping = false;
		return keys;
	}
	memmove(k->text + keys, k->text + from, len);
	k->text[keys + len] = '\n';
	return keys + len + 1;
}

/* The text's whole lines become keys at its start, the rest follows them. The length of the keys. */
static size_t sort_lines(struct keylog *k)
{
	size_t keys = 0, from = 0;
	char *end;

	while ((end = memchr(k->text + from, '\n', k->used - from))) {
		size_t at = (size_t)(end - k->text);

		keys = take_line(k, keys, from, at);
		from = at + 1;
	}
	if (k->used - from > KEYLOG_LINE_MAX) { /* no key is so long */
		k->skipping = true;
		from = k->used;
	}
	memmove(k->text + keys, k->text + from, k->used - from);
	k->used = keys + k->used - from;
	return keys;
}

int keylog_read(struct keylog *k, const char **lines, size_t *len, struct errmsg *err)
{
	struct stat st;
	ssize_t n;

	for (;;) {
		memmove(k->text, k->text + k->done, k->used - k->done);
		k->used -= k->done;
		k->done = 0;
		n = read(k->fd, k->text + k->used, BUFFER - k->used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return errmsg_errno(err, "--keylog %s", k->name);
		if (n <= 0 && (k->fifo || fstat(k->fd, &st) || st.st_size >= k->at))
			return 0;
		if (n <= 0) { /* it was emptied: begin again */
			if (lseek(k->fd, 0, SEEK_SET) < 0)
				return 0;
			k->at = 0;
			k->used = 0;
			continue;
		}
		k->at += n;
		k->used += (size_t)n;
		k->done = sort_lines(k);
		*lines = k->text;
		*len = k->done;
		if (k->done)
			return 1;
	}
}

uint64_t keylog_left_out(const struct keylog *k)
{
	return k->left_out;
}

void keylog_close(struct keylog *k)
{
	if (!k)
		return;
	close(k->fd);
	free(k);
}
