/* SPDX-License-Identifier: MIT */
/*
 * Reading captures: the buffer, where its bytes come from, and the inner loop of
 * everything that reads files. The formats are in pcap.c and pcapng.c.
 *
 *	buf            base                      limit
 *	 | headroom ...x|chunk ..................|
 *	              ^ the cut-off record of the last round is moved to end at base,
 *	                so that every read() of a file asks for whole pages at the same place
 *
 * Measured (AMD EPYC, Linux 6.18, file in the page cache): the kernel copies with
 * `rep movs`, and its speed depends on where source and destination stand within
 * a page: the same place 10 GB/s, the destination 4 to 28 bytes further on
 * 3 GB/s, 80 bytes further on 13 GB/s. Hence BASE_SHIFT. Chunks of 512 KiB stay
 * in the second-level cache and were 20 % faster than 256 KiB; mmap was half as fast.
 */
#include "pcapio/reader.h"

#include "pcapio/source.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHUNK = 512 * 1024,
	HEADROOM = 64 * 1024,
	PAGE = 4096,
	MAX_RECORD = 64 * 1024 * 1024,
	PIPE_BYTES = 1024 * 1024,
	FOLLOW_MS = 500 /* also looked at this often, for file systems without inotify */
};

/* ---- the buffer ----------------------------------------------------------------- */

/* A buffer with room for `headroom` bytes before base and `tail` after it; what is unread ends at base. */
static int buffer_grow(struct reader *r, size_t headroom, size_t tail, struct errmsg *err)
{
	size_t left = (size_t)(r->end - r->pos);
	size_t before = (headroom + PAGE - 1) / PAGE * PAGE + BASE_SHIFT;
	size_t size = (before + tail + PAGE - 1) / PAGE * PAGE;
	uint8_t *buf = aligned_alloc(PAGE, size);

	if (!buf)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory for a record of %zu bytes", r->name, left);
	if (left)
		memcpy(buf + before - left, r->pos, left);
	free(r->buf);
	r->buf = buf;
	r->base = buf + before;
	r->limit = r->base + tail;
	r->pos = r->base - left;
	r->end = r->base;
	return 0;
}

/* Where the next bytes go. A long record is read on where it stands until the buffer
 * is full, then moved or the buffer doubled: no byte is copied more than a few times. */
static int buffer_room(struct reader *r, bool first, struct errmsg *err)
{
	size_t left = (size_t)(r->end - r->pos);

	if (!first && r->end < r->limit)
		return 0;
	if (left > (size_t)(r->base - r->buf))
		return buffer_grow(r, 2 * left, left > r->chunk ? left : r->chunk, err);
	memmove(r->base - left, r->pos, left);
	r->pos = r->base - left;
	r->end = r->base;
	return 0;
}

/* ---- bytes ------------------------------------------------------------------------ */

/* Sleeps until a followed file may have changed. 1: look again; 0: it is gone. */
static int follow_wait(struct reader *r, struct errmsg *err)
{
	struct pollfd p = { .fd = r->watch_fd, .events = POLLIN };
	char events[1024];
	struct stat st;
	off_t at = lseek(r->fd, 0, SEEK_CUR);

	if (fstat(r->fd, &st) < 0)
		return errmsg_errno(err, "%s", r->name);
	if (st.st_size < at)
		return errmsg_set(err, NW_EINPUT, "%s: was cut to %lld bytes while it was being read; start again",
				  r->name, (long long)st.st_size);
	if (st.st_size > at)
		return 1;
	if (st.st_nlink == 0)
		return 0;
	poll(&p, 1, FOLLOW_MS);
	while (r->watch_fd >= 0 && read(r->watch_fd, events, sizeof(events)) > 0)
		;
	return 1;
}

long reader_raw(struct reader *r, void *data, size_t len, struct errmsg *err)
{
	for (;;) {
		long n = io_read(r->fd, data, len, r->name, err);
		int more;

		if (n != 0 || !r->follow)
			return n;
		more = follow_wait(r, err);
		if (more <= 0)
			return more;
	}
}

static long source_read(struct reader *r, struct errmsg *err)
{
	size_t room = (size_t)(r->limit - r->end);
	size_t len = room < r->chunk ? room : r->chunk;
	uint8_t *at = r->buf + (r->end - r->buf); /* r->end, not const */
	long n;

	if (len > r->stop - r->offset) {
		len = (size_t)(r->stop - r->offset);
		if (!len) {
			r->eof = true;
			return 0;
		}
	}
	n = r->gunzip ? gunzip_read(r->gunzip, r, at, len, err) : reader_raw(r, at, len, err);

	if (n > 0) {
		r->end += n;
		r->offset += (uint64_t)n;
	} else if (n == 0) {
		r->eof = true;
	}
	return n;
}

/* The next chunk of a file that two threads read, with the cut-off record of the last one in front of it. A record
 * that is too long for that ends the method: 0, then read(2) goes on. 1: done; or an error. */
static int next_chunk(struct reader *r, struct errmsg *err)
{
	size_t left = (size_t)(r->end - r->pos);
	uint8_t *base;
	ssize_t n;

	if (left > AHEAD_HEADROOM) {
		int rc = buffer_grow(r, 2 * left, left, err);

		ahead_stop(r->ahead, r->ahead_next);
		r->ahead = NULL;
		return rc;
	}
	n = ahead_take(r->ahead, r->ahead_next, &base);
	if (n < 0) {
		errno = (int)-n;
		return errmsg_errno(err, "%s", r->name);
	}
	memcpy(base - left, r->pos, left);
	r->pos = base - left;
	r->end = base + n;
	r->offset += (uint64_t)n;
	if (r->ahead_next)
		ahead_give_back(r->ahead, r->ahead_next - 1);
	free(r->buf); /* what was read at open has been used up */
	r->buf = NULL;
	r->ahead_next++;
	r->eof = n < (ssize_t)r->chunk;
	return 1;
}

/* More bytes into the buffer, or eof. 0 or an error. */
static int more_bytes(struct reader *r, bool first, struct errmsg *err)
{
	int rc;

	if (READ_AHEAD && !r->ahead_tried && r->regular && !r->follow && !r->gunzip && r->stop == UINT64_MAX) {
		r->ahead_tried = true;
		r->ahead = ahead_start(r->fd, r->chunk);
	}
	if (READ_AHEAD && r->ahead) {
		rc = next_chunk(r, err);
		if (rc)
			return rc < 0 ? rc : 0;
	}
	rc = buffer_room(r, first, err);
	return rc ? rc : (int)source_read(r, err);
}

/* The record at pos can be handed out, or it can be said that it is broken. */
static bool record_ready(const struct reader *r)
{
	uint64_t want = r->format == FORMAT_PCAPNG ? pcapng_record_len(r) : pcapfile_record_len(r);

	return want && (record_too_long(r, want) || want <= (uint64_t)(r->end - r->pos));
}

int reader_fill(struct reader *r, struct errmsg *err)
{
	bool first = true;

	if (r->ended)
		return 0;
	while (!record_ready(r)) {
		int rc;

		if (r->eof)
			return r->end > r->pos; /* a cut-off record: reader_next() says so */
		r->first_block = NULL;
		rc = more_bytes(r, first, err);
		if (rc < 0) {
			r->ended = true;
			return rc;
		}
		first = false;
	}
	return 1;
}

int reader_next(struct reader *r, struct frame *f, struct errmsg *err)
{
	const uint8_t *p = r->pos;
	size_t left = (size_t)(r->end - p);
	uint32_t caplen;

	if (__builtin_expect(r->subsecond_ns && left >= PCAP_RECORD, 1)) {
		memcpy(&caplen, p + 8, sizeof(caplen));
		if (__builtin_expect(caplen <= left - PCAP_RECORD && caplen <= r->max_record, 1)) {
			uint32_t sec, frac;

			memcpy(&sec, p, sizeof(sec));
			memcpy(&frac, p + 4, sizeof(frac));
			*f = r->blank;
			f->number = ++r->number;
			f->ts_ns = (int64_t)sec * 1000000000 + (int64_t)frac * r->subsecond_ns;
			f->caplen = caplen;
			memcpy(&f->wirelen, p + 12, sizeof(f->wirelen));
			f->record = p;
			f->record_len = caplen + PCAP_RECORD;
			f->data = p + PCAP_RECORD;
			r->pos = f->data + caplen;
			__builtin_prefetch(r->pos); /* the next packet's headers, while this one is looked at */
			__builtin_prefetch(r->pos + 64);
			return 1;
		}
	}
	if (r->ended)
		return 0;
	return r->format == FORMAT_PCAPNG ? pcapng_next(r, f, err) : pcap_file_next(r, f, err);
}

int reader_read(struct reader *r, struct frame *f, struct errmsg *err)
{
	for (;;) {
		int rc = reader_next(r, f, err);

		if (rc)
			return rc;
		rc = reader_fill(r, err);
		if (rc <= 0)
			return rc;
	}
}

int reader_seek(struct reader *r, uint64_t from, uint64_t end, struct errmsg *err)
{
	if (!r->regular || r->gunzip || r->stop == UINT64_MAX)
		return errmsg_set(err, NW_EINPUT, "%s: is no plain file that was opened up to an end", r->name);
	if (lseek(r->fd, (off_t)from, SEEK_SET) < 0)
		return errmsg_errno(err, "%s", r->name);
	r->pos = r->end = r->base;
	r->offset = from;
	r->stop = end < from ? from : end;
	r->first_block = NULL;
	r->eof = r->ended = r->cut = false;
	return 0;
}

/* ---- what is wrong with a file -------------------------------------------------------- */

uint64_t reader_offset(const struct reader *r)
{
	return r->offset - (uint64_t)(r->end - r->pos);
}

/* "the 3 packets before it are good (...)" */
static void what_is_good(const struct reader *r, char *text, size_t size)
{
	if (r->number == 0)
		snprintf(text, size, "no packet was before it");
	else
		snprintf(text, size, "the %llu packet%s before it %s good (nwfilter -r FILE -w NEW keeps %s)",
			 (unsigned long long)r->number, r->number == 1 ? "" : "s", r->number == 1 ? "is" : "are",
			 r->number == 1 ? "it" : "them");
}

int reader_broken(struct reader *r, struct errmsg *err, const char *fmt, ...)
{
	char what[200], good[120];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	what_is_good(r, good, sizeof(good));
	r->ended = true;
	return errmsg_set(err, NW_EINPUT, "%s: damaged at byte %llu: %s; %s", r->name,
			  (unsigned long long)reader_offset(r), what, good);
}

int reader_cut(struct reader *r, uint64_t want, struct errmsg *err)
{
	uint64_t left = (uint64_t)(r->end - r->pos);
	char need[40] = "", good[120];

	what_is_good(r, good, sizeof(good));
	r->ended = r->cut = true;
	if (want)
		snprintf(need, sizeof(need), " of %llu", (unsigned long long)want);
	return errmsg_set(err, NW_EINPUT,
			  "%s: cut off in the middle of a record: %llu%s bytes of it are there, from byte %llu on; %s", r->name,
			  (unsigned long long)left, need, (unsigned long long)reader_offset(r), good);
}

/* ---- opening and closing ------------------------------------------------------------------ */

/* Reads until `len` bytes are there or the input ends. */
static int want_bytes(struct reader *r, size_t len, struct errmsg *err)
{
	while (!r->eof && (size_t)(r->end - r->pos) < len) {
		long n = source_read(r, err);

		if (n < 0)
			return (int)n;
	}
	return 0;
}

static int open_gzip(struct reader *r, struct errmsg *err)
{
	int rc = gunzip_open(&r->gunzip, r->pos, (size_t)(r->end - r->pos), err);

	if (rc)
		return errmsg_prefix(err, rc, "%s: ", r->name);
	r->pos = r->end = r->base;
	r->offset = 0;
	r->eof = false;
	return want_bytes(r, PCAP_HEADER, err);
}

static int open_format(struct reader *r, struct errmsg *err)
{
	static const uint8_t shb[4] = { 0x0a, 0x0d, 0x0d, 0x0a };
	size_t len;
	int rc = want_bytes(r, PCAP_HEADER, err);

	if (!rc && r->end - r->pos >= 2 && r->pos[0] == 0x1f && r->pos[1] == 0x8b)
		rc = open_gzip(r, err);
	if (rc)
		return rc;
	len = (size_t)(r->end - r->pos);
	if (len == 0)
		return errmsg_set(err, NW_EINPUT, "%s: is empty, not even the header of a capture is there%s", r->name,
				  r->regular ? "" : "; see what the program before this one says");
	if (len >= 4 && memcmp(r->pos, shb, 4) == 0)
		rc = pcapng_open(r, err);
	else if (len >= 4 && pcapfile_magic(r->pos))
		rc = pcap_file_open(r, err);
	else
		rc = sniff_refuse(r->pos, len, r->name, err);
	return rc;
}

static void follow_open(struct reader *r)
{
	char path[40];

	r->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (r->watch_fd < 0)
		return; /* then the clock alone says when to look */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	inotify_add_watch(r->watch_fd, path, IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE);
}

int reader_open_fd(struct reader **out, int fd, const char *name, const struct reader_options *o, struct errmsg *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct stat st;
	int rc;

	*out = NULL;
	if (!r)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory", name);
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->fd = fd;
	r->watch_fd = -1;
	r->max_record = o && o->max_record ? o->max_record : MAX_RECORD;
	r->chunk = o && o->buffer_bytes ? (o->buffer_bytes + PAGE - 1) / PAGE * PAGE : CHUNK;
	r->stop = o && o->end ? o->end : UINT64_MAX;
	r->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	r->follow = o && o->follow && r->regular;
	if (r->regular)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	else
		io_grow_pipe(fd, PIPE_BYTES);
	if (r->follow)
		follow_open(r);
	rc = buffer_grow(r, HEADROOM, r->chunk, err);
	if (!rc)
		rc = open_format(r, err);
	if (rc) {
		reader_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

int reader_open(struct reader **out, const char *path, const struct reader_options *o, struct errmsg *err)
{
	struct stat st;
	int fd, rc;

	*out = NULL;
	if (strcmp(path, "-") == 0)
		return reader_open_fd(out, STDIN_FILENO, "standard input", o, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errmsg_errno(err, "%s: cannot open it", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return errmsg_set(err, NW_EINPUT, "%s: is a directory; name a file in it", path);
	}
	rc = reader_open_fd(out, fd, path, o, err);
	if (rc)
		close(fd);
	else
		(*out)->own_fd = true;
	return rc;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->ninterfaces; i++)
		free(r->interfaces[i].info);
	free(r->interfaces);
	if (READ_AHEAD)
		ahead_stop(r->ahead, r->ahead_next);
	gunzip_close(r->gunzip);
	if (r->watch_fd >= 0)
		close(r->watch_fd);
	if (r->own_fd)
		close(r->fd);
	free(r->buf);
	free(r);
}

/* ---- questions --------------------------------------------------------------------------- */

bool reader_ready(const struct reader *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	struct stat st;

	if (r->ended || r->eof || record_ready(r))
		return true;
	if (!r->regular)
		return poll(&p, 1, 0) > 0;
	return !r->follow || (fstat(r->fd, &st) == 0 && st.st_size > lseek(r->fd, 0, SEEK_CUR));
}

int reader_fd(const struct reader *r)
{
	if (r->regular)
		return r->follow ? r->watch_fd : -1;
	return r->fd;
}

const char *reader_name(const struct reader *r)
{
	return r->name;
}

enum capture_format reader_format(const struct reader *r)
{
	return r->format;
}

void reader_describe(const struct reader *r, char *text, size_t size)
{
	const char *resolution = "";
	uint16_t one = 1;
	bool little = *(const uint8_t *)&one;

	if (r->format == FORMAT_PCAP && r->ninterfaces && r->interfaces[0].info->tsresol == 9)
		resolution = ", nanoseconds";
	snprintf(text, size, "%s%s%s%s", r->format == FORMAT_PCAPNG ? "pcapng" : pcapfile_variant_name(r), resolution,
		 r->swapped == little ? ", big-endian" : "", r->gunzip ? ", gzip" : "");
}

bool reader_was_cut(const struct reader *r)
{
	return r->cut;
}

uint32_t reader_interfaces(const struct reader *r)
{
	return r->ninterfaces;
}

const struct interface *reader_interface(const struct reader *r, uint32_t ifid)
{
	return ifid < r->ninterfaces ? r->interfaces[ifid].info : NULL;
}

const uint8_t *reader_file_header(const struct reader *r, uint32_t *len)
{
	*len = r->header_len;
	return r->header;
}

struct source_interface *reader_new_interface(struct reader *r, struct errmsg *err)
{
	struct source_interface *s;

	if (r->ninterfaces == MAX_INTERFACES) {
		errmsg_set(err, NW_ELIMIT, "%s: has more than %d interfaces; split it (editcap -c)", r->name, MAX_INTERFACES);
		return NULL;
	}
	if (r->ninterfaces == r->interfaces_size) {
		uint32_t size = r->interfaces_size ? 2 * r->interfaces_size : 4;
		struct source_interface *grown = realloc(r->interfaces, size * sizeof(*grown));

		if (!grown)
			goto no_memory;
		r->interfaces = grown;
		r->interfaces_size = size;
	}
	s = &r->interfaces[r->ninterfaces];
	memset(s, 0, sizeof(*s));
	s->info = calloc(1, sizeof(*s->info));
	if (!s->info)
		goto no_memory;
	s->info->received = s->info->dropped = s->info->ifdropped = s->info->delivered = UINT64_MAX;
	s->info->tsresol = 6;
	r->ninterfaces++;
	return s;
no_memory:
	errmsg_set(err, NW_ELIMIT, "%s: no memory for its interfaces", r->name);
	return NULL;
}

int reader_on_block(struct reader *r, reader_block_fn *fn, void *user, struct errmsg *err)
{
	r->on_block = fn;
	r->on_block_user = user;
	return r->format == FORMAT_PCAPNG && r->first_block ? pcapng_replay(r, err) : 0;
}
