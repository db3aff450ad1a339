/* SPDX-License-Identifier: MIT */
/*
 * Segments as files: their names, which one comes next, and a walk over the blocks of one that trusts nothing in it.
 *
 * The walk is not the reader of lib/pcapio: it runs in the writer's process, so its memory is fixed and it starts no thread,
 * and it has to say to the byte where the good part of a torn file ends.
 */
#include "store/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ORDER_MARK = 0x1a2b3c4d, BLOCK_MIN = 12, EPB_MIN = 32, IDB_MIN = 20, SHB_MIN = 28, SPB_MIN = 16, DIGITS_MAX = 18,
	IF_TSRESOL = 9, IF_TSOFFSET = 14
};

/* ---- names -------------------------------------------------------------------------------------- */

void segment_name(char name[SEGMENT_NAME_SIZE], uint64_t number)
{
	snprintf(name, SEGMENT_NAME_SIZE, "%06llu.pcapng", (unsigned long long)number);
}

void segment_index_name(char name[SEGMENT_NAME_SIZE], uint64_t number)
{
	snprintf(name, SEGMENT_NAME_SIZE, "%06llu.idx", (unsigned long long)number);
}

uint64_t segment_number(const char *name)
{
	char canonical[SEGMENT_NAME_SIZE];
	uint64_t n = 0;

	for (const char *p = name; *p >= '0' && *p <= '9'; p++) {
		if (p - name >= DIGITS_MAX)
			return 0;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	segment_name(canonical, n);
	return strcmp(name, canonical) == 0 ? n : 0;
}

static bool is_file(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

uint64_t segment_next(int dirfd, uint64_t number)
{
	char name[SEGMENT_NAME_SIZE];
	const struct dirent *e;
	uint64_t best = 0;
	DIR *dir;
	int fd;

	segment_name(name, number + 1);
	if (number && is_file(dirfd, name))
		return number + 1;
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((e = readdir(dir))) {
		uint64_t n = segment_number(e->d_name);

		if (n > number && (!best || n < best) && is_file(dirfd, e->d_name))
			best = n;
	}
	closedir(dir);
	return best;
}

int segment_open(int dirfd, uint64_t number)
{
	char name[SEGMENT_NAME_SIZE];

	segment_name(name, number);
	return openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* ---- blocks that we wrote -------------------------------------------------------------------------- */

size_t blocks_whole(const uint8_t *data, size_t len, struct tally *t, size_t *head)
{
	size_t at = 0;
	bool packets = false;

	while (len - at >= BLOCK_MIN) {
		uint32_t type = get_host32(data + at), n = get_host32(data + at + 4);

		if (n < BLOCK_MIN || n > len - at)
			break;
		if (type == BLOCK_EPB || type == BLOCK_SPB) {
			if (!packets && head)
				*head = at;
			packets = true;
			if (t) {
				t->packets++;
				t->bytes += get_host32(data + at + (type == BLOCK_EPB ? 24 : 8));
			}
		}
		at += n;
	}
	if (!packets && head)
		*head = at;
	return at;
}

/* ---- blocks of a file of any content ------------------------------------------------------------------ */

void block_walk_init(struct block_walk *w, int fd, uint64_t size, uint8_t *buf)
{
	*w = (struct block_walk){ .fd = fd, .size = size, .buf = buf };
}

/* `n` bytes at w->at, at most WALK_BUFFER and within the file; NULL: the file cannot be read. */
static const uint8_t *look(struct block_walk *w, size_t n)
{
	if (w->at < w->buf_at || w->at + n > w->buf_at + w->buf_len) {
		w->buf_at = w->at;
		w->buf_len = 0;
		while (w->buf_len < n) {
			ssize_t got = pread(w->fd, w->buf + w->buf_len, WALK_BUFFER - w->buf_len, (off_t)(w->at + w->buf_len));

			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0) {
				errno = got ? errno : EIO; /* it became shorter under our hands */
				return NULL;
			}
			w->buf_len += (size_t)got;
		}
	}
	return w->buf + (w->at - w->buf_at);
}

/* What power loss leaves of writes that never came: zeros. */
static enum walk_result torn_or_broken(struct block_walk *w)
{
	struct block_walk rest = *w;

	while (rest.at < rest.size) {
		uint64_t n = rest.size - rest.at < 4096 ? rest.size - rest.at : 4096;
		const uint8_t *p = look(&rest, (size_t)n);

		if (!p)
			return WALK_ERROR;
		for (uint64_t i = 0; i < n; i++) {
			if (p[i]) {
				w->buf_len = 0; /* the buffer was used for this */
				return WALK_BROKEN;
			}
		}
		rest.at += n;
	}
	w->buf_len = 0;
	return WALK_TORN;
}

static bool is_large_enough(const uint8_t *p, uint32_t type, uint32_t len)
{
	switch (type) {
	case BLOCK_EPB:
	case BLOCK_PB: return len >= EPB_MIN && get_host32(p + 20) <= len - EPB_MIN;
	case BLOCK_SPB: return len >= SPB_MIN;
	case BLOCK_SHB: return len >= SHB_MIN;
	case BLOCK_IDB: return len >= IDB_MIN;
	default: return true;
	}
}

enum walk_result block_walk_next(struct block_walk *w, const uint8_t **block, uint32_t *len)
{
	uint64_t left = w->size - w->at;
	const uint8_t *p;
	uint32_t type;

	if (!left)
		return WALK_END;
	if (left < BLOCK_MIN)
		return WALK_TORN;
	p = look(w, BLOCK_MIN);
	if (!p)
		return WALK_ERROR;
	type = get_host32(p);
	*len = get_host32(p + 4);
	if (type == BLOCK_SHB && get_host32(p + 8) == __builtin_bswap32(ORDER_MARK))
		return WALK_FOREIGN;
	if (*len < BLOCK_MIN || *len % 4 || *len > WALK_BUFFER || (type == BLOCK_SHB) > (get_host32(p + 8) == ORDER_MARK) ||
	    (!w->at && type != BLOCK_SHB))
		return torn_or_broken(w);
	if (*len > left)
		return WALK_TORN;
	p = look(w, *len);
	if (!p)
		return WALK_ERROR;
	if (get_host32(p + *len - 4) != *len || !is_large_enough(p, type, *len))
		return torn_or_broken(w);
	w->at += *len;
	*block = p;
	return WALK_BLOCK;
}

/* A reader gives up on a section whose options are broken, and so does this. */
bool block_section(const uint8_t *block, uint32_t len)
{
	const uint8_t *opts = block + 24, *value;
	uint32_t left = len - SHB_MIN;
	uint16_t code, vlen, major;
	int rc;

	memcpy(&major, block + 12, sizeof(major));
	while ((rc = pcapng_option_next(&opts, &left, false, &code, &value, &vlen)) > 0)
		;
	return rc == 0 && major == 1;
}

bool block_interface(const uint8_t *block, uint32_t len, struct block_interface *i)
{
	const uint8_t *opts = block + 16, *value;
	uint32_t left = len - IDB_MIN;
	uint16_t code, vlen;
	int rc;

	*i = (struct block_interface){ .tick_ns = 1000 };
	memcpy(&i->linktype, block + 8, sizeof(i->linktype));
	i->snaplen = get_host32(block + 12);
	while ((rc = pcapng_option_next(&opts, &left, false, &code, &value, &vlen)) > 0) {
		if (code == IF_TSRESOL && vlen == 1) {
			i->tick_ns = value[0] == 9 ? 1 : 1000;
			i->odd_time |= value[0] != 9 && value[0] != 6;
		} else if (code == IF_TSOFFSET) {
			i->odd_time = true;
		}
	}
	return rc == 0;
}
