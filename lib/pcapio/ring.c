/* SPDX-License-Identifier: MIT */
/*
 * A ring of capture files.
 *
 *	out.pcap3   out.pcap4   .out.pcap5.part  <- being written
 *	  finished    finished                      -W 3: three in all
 *
 * A switch: the next temporary file is opened; if that fails the old one goes
 * on. Then the old one gets its statistics and its last bytes, the writer moves,
 * the old one gets its name, and the oldest beyond -W goes. At every moment each
 * packet is in exactly one file.
 */
#include "pcapio/ring.h"

#include "pcapio/compress.h"
#include "pcapio/gzip.h"
#include "pcapio/sink.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME = 1024, STATISTICS = 128, RESCUED_MAX = 100 };

struct ring {
	struct ring_options o;
	struct writer *writer;
	char *path;                /* as given */
	const char *base;          /* its last part */
	size_t dir_len;            /* of the part in front of base, slash included */
	bool rotates, timed_names;
	unsigned width;            /* digits of the number */
	int fd;
	uint64_t sequence;         /* of the next file */
	unsigned repeat;           /* how often in a row a timed name came out the same */
	int64_t deadline_ns;
	char name[NAME], temporary[NAME + 16], last_timed[NAME];
	char **finished;           /* the names of the newest, as a circle of o.keep */
	unsigned nfinished, oldest;
	struct compressor *compressor; /* o.gzip */
	struct gzip_sink *sink;        /* o.gzip_level */
	void (*on_finished)(void *user, const char *path, const struct errmsg *err);
	void *on_finished_user;
	int (*on_finishing)(void *user, struct writer *w, struct errmsg *err);
	void *on_finishing_user;
};

static int64_t wall_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* Of a file that starts now: the next multiple of the interval, counted from midnight here, or the end of its duration. */
static int64_t next_deadline(const struct ring *r, int64_t now_ns)
{
	int64_t end = r->o.duration_ns ? now_ns + r->o.duration_ns : INT64_MAX, at, shift;
	time_t s = (time_t)(now_ns / 1000000000);
	struct tm tm;

	if (!r->o.interval_ns)
		return end;
	localtime_r(&s, &tm);
	shift = tm.tm_gmtoff * 1000000000ll;
	at = ((now_ns + shift) / r->o.interval_ns + 1) * r->o.interval_ns - shift;
	return at < end ? at : end;
}

/* ---- names ------------------------------------------------------------------------------------ */

static int name_error(struct ring *r, struct errmsg *err)
{
	return errmsg_set(err, NW_EINPUT, "%s: the file name is too long; use a shorter one", r->path);
}

/* dumpcap's names: number and time in front of what follows the last dot. */
static int make_dumpcap_name(struct ring *r, int64_t now_ns)
{
	time_t s = (time_t)(now_ns / 1000000000);
	const char *dot = strrchr(r->base, '.');
	int stem = dot && dot != r->base ? (int)(dot - r->base) : (int)strlen(r->base);
	char time[32];
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(time, sizeof(time), "%Y%m%d%H%M%S", &tm);
	if (r->o.names == RING_NUMBER_TIME)
		return snprintf(r->name, sizeof(r->name), "%.*s_%05llu_%s%s", stem, r->base,
				(unsigned long long)r->sequence + 1, time, r->base + stem);
	return snprintf(r->name, sizeof(r->name), "%.*s_%s_%05llu%s", stem, r->base, time,
			(unsigned long long)r->sequence + 1, r->base + stem);
}

/* The name of the file that starts now, into r->name. */
static int make_name(struct ring *r, int64_t now_ns, struct errmsg *err)
{
	char text[NAME];
	int n;

	if (r->o.names) {
		n = make_dumpcap_name(r, now_ns);
	} else if (r->timed_names) {
		time_t s = (time_t)(now_ns / 1000000000);
		struct tm tm;

		localtime_r(&s, &tm);
		if (strftime(text, sizeof(text), r->base, &tm) == 0 || strchr(text, '/'))
			return errmsg_set(err, NW_EINPUT, "%s: its time conversions give no file name", r->path);
		r->repeat = strcmp(text, r->last_timed) == 0 ? r->repeat + 1 : 0;
		memcpy(r->last_timed, text, sizeof(text));
		if (r->repeat)
			n = snprintf(r->name, sizeof(r->name), "%s%u", text, r->repeat);
		else
			n = snprintf(r->name, sizeof(r->name), "%s", text);
	} else if (!r->o.keep && r->sequence == 0) { /* as tcpdump: out.pcap, out.pcap1 … */
		n = snprintf(r->name, sizeof(r->name), "%s", r->base);
	} else {
		uint64_t number = r->o.keep ? r->sequence % r->o.keep : r->sequence;

		n = snprintf(r->name, sizeof(r->name), "%s%0*llu", r->base, (int)r->width, (unsigned long long)number);
	}
	return n < 0 || n > 240 ? name_error(r, err) : 0;
}

/* Where a name of this ring is to be looked up: below the directory handed over, or by the path. */
static const char *place(const struct ring *r, const char *name, char *path, size_t size, int *at)
{
	*at = r->o.dirfd >= 0 ? r->o.dirfd : AT_FDCWD;
	if (r->o.dirfd >= 0)
		return name;
	snprintf(path, size, "%.*s%s", (int)r->dir_len, r->path, name);
	return path;
}

static int ring_rename(const struct ring *r, const char *from, const char *to)
{
	char a[4096], b[4096];
	int at;
	const char *pa = place(r, from, a, sizeof(a), &at), *pb = place(r, to, b, sizeof(b), &at);

	return renameat(at, pa, at, pb);
}

static void ring_unlink(const struct ring *r, const char *name)
{
	char path[4096];
	int at;
	const char *p = place(r, name, path, sizeof(path), &at);

	unlinkat(at, p, 0);
}

/* ---- files -------------------------------------------------------------------------------------- */

static int open_at(const struct ring *r, const char *name, int flags)
{
	char path[4096];
	int at;
	const char *p = place(r, name, path, sizeof(path), &at);

	return openat(at, p, O_WRONLY | O_CREAT | O_CLOEXEC | flags, r->o.mode ? r->o.mode : 0644);
}

static bool is_there(const struct ring *r, const char *name)
{
	char path[4096];
	int at;
	const char *p = place(r, name, path, sizeof(path), &at);

	return faccessat(at, p, F_OK, 0) == 0;
}

/* A temporary file of this name is there: of a process that lives, or of one that was killed. */
static int rescue(struct ring *r, struct errmsg *err)
{
	char saved[NAME + 32];
	int fd = open_at(r, r->temporary, O_NOFOLLOW);
	unsigned n = 0;
	bool alive;

	if (fd < 0)
		return errmsg_errno(err, "%s: cannot open it", r->temporary);
	alive = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	close(fd);
	if (alive)
		return errmsg_set(err, NW_EINPUT, "%s: another process is writing this ring; use another name", r->path);
	snprintf(saved, sizeof(saved), "%s.rescued", r->name);
	while (n < RESCUED_MAX && is_there(r, saved)) /* of a crash before */
		snprintf(saved, sizeof(saved), "%s.rescued.%u", r->name, ++n);
	if (n == RESCUED_MAX)
		return errmsg_set(err, NW_ELIMIT, "%.*s%s: %d files of earlier crashes are there; look at them and remove them",
				  (int)r->dir_len, r->path, saved, RESCUED_MAX);
	if (ring_rename(r, r->temporary, saved) < 0)
		return errmsg_errno(err, "%s: cannot put aside what a killed process left", r->temporary);
	return 0;
}

/* Opens the file that starts now; *fd. */
static int open_next(struct ring *r, int64_t now_ns, int *fd, struct errmsg *err)
{
	char current[sizeof(r->temporary)];
	int rc = make_name(r, now_ns, err);

	if (rc)
		return rc;
	memcpy(current, r->temporary, sizeof(current));
	snprintf(r->temporary, sizeof(r->temporary), ".%s.part", r->name);
	if (strcmp(r->temporary, current) == 0) /* a ring of one: the old and the new have one name */
		snprintf(r->temporary, sizeof(r->temporary), ".%s.2.part", r->name);
	*fd = open_at(r, r->temporary, O_EXCL | O_NOFOLLOW);
	if (*fd < 0 && errno == EEXIST) {
		rc = rescue(r, err);
		if (rc)
			return rc;
		*fd = open_at(r, r->temporary, O_EXCL | O_NOFOLLOW);
	}
	if (*fd < 0)
		return errmsg_errno(err, "%.*s%s: cannot create it", (int)r->dir_len, r->path, r->name);
	flock(*fd, LOCK_EX | LOCK_NB); /* says that it is alive; a file system without locks does without */
	r->sequence++;
	return 0;
}

/* Before a name is replaced or removed: nothing is made of it any more, and what was made goes. */
static void forget(struct ring *r, const char *name)
{
	char path[4096];
	int at;

	if (ENABLE_GZIP && r->compressor)
		compressor_forget(r->compressor, place(r, name, path, sizeof(path), &at));
}

/* A finished file joins the circle; the oldest beyond -W goes. While another is being written, that one counts
 * too; but with -W 1 the last finished one stays until the next is. */
static void remember(struct ring *r, const char *name, bool last)
{
	unsigned most = r->o.keep > 1 && !last ? r->o.keep - 1 : r->o.keep;

	if (!r->finished)
		return;
	while (r->nfinished >= most) {
		char *old = r->finished[r->oldest];

		if (old && strcmp(old, name) != 0) {
			forget(r, old);
			ring_unlink(r, old);
		}
		free(old);
		r->finished[r->oldest] = NULL;
		r->oldest = (r->oldest + 1) % r->o.keep;
		r->nfinished--;
	}
	r->finished[(r->oldest + r->nfinished) % r->o.keep] = strdup(name);
	r->nfinished++;
}

static void compressed(void *user, const char *path, const struct errmsg *err)
{
	struct ring *r = user;

	if (r->on_finished)
		r->on_finished(r->on_finished_user, path, err);
}

static void finished(struct ring *r, const char *path)
{
	if (ENABLE_GZIP && r->compressor)
		compressor_add(r->compressor, path);
	else
		compressed(r, path, NULL);
}

/* The file is complete: it gets its name. */
static int finish_file(struct ring *r, int fd, const char *temporary, const char *name, bool last, struct errmsg *err)
{
	char path[4096];
	int rc = 0;

	if (close(fd) < 0 && errno != EINTR)
		rc = errmsg_errno(err, "%s", name);
	forget(r, name);
	if (ring_rename(r, temporary, name) < 0)
		return errmsg_errno(err, "%s: cannot give the file its name; it is complete as %s", name, temporary);
	remember(r, name, last);
	snprintf(path, sizeof(path), "%.*s%s", (int)r->dir_len, r->path, name);
	finished(r, path);
	return rc;
}

static int switch_file(struct ring *r, int64_t now_ns, struct errmsg *err)
{
	char old_name[NAME], old_temporary[sizeof(r->temporary)], shown[4096];
	int old_fd = r->fd, fd, rc, rc2;

	if (r->o.max_files && r->sequence >= r->o.max_files)
		return RING_ENOUGH;
	memcpy(old_name, r->name, sizeof(old_name));
	memcpy(old_temporary, r->temporary, sizeof(old_temporary));
	rc = open_next(r, now_ns, &fd, err);
	if (rc) { /* the old one goes on */
		memcpy(r->name, old_name, sizeof(old_name));
		memcpy(r->temporary, old_temporary, sizeof(old_temporary));
		return rc;
	}
	if (r->on_finishing)
		rc = r->on_finishing(r->on_finishing_user, r->writer, err);
	snprintf(shown, sizeof(shown), "%.*s%s", (int)r->dir_len, r->path, r->name);
	rc2 = writer_reopen(r->writer, fd, shown, rc ? NULL : err);
	r->fd = fd;
	r->deadline_ns = next_deadline(r, now_ns);
	if (!rc)
		rc = rc2;
	rc2 = finish_file(r, old_fd, old_temporary, old_name, false, rc ? NULL : err);
	return rc ? rc : rc2;
}

/* ---- the calls ------------------------------------------------------------------------------------- */

static int split_path(struct ring *r, struct errmsg *err)
{
	const char *slash;

	r->path = strdup(r->o.path);
	if (!r->path)
		return errmsg_set(err, NW_ELIMIT, "no memory for a ring");
	slash = strrchr(r->path, '/');
	r->base = slash ? slash + 1 : r->path;
	r->dir_len = (size_t)(r->base - r->path);
	if (!*r->base)
		return errmsg_set(err, NW_EINPUT, "%s: is a directory; name a file in it", r->path);
	if (r->dir_len > 3000 || strlen(r->base) > 240)
		return name_error(r, err);
	r->timed_names = strchr(r->base, '%') != NULL;
	if (r->o.keep) {
		r->finished = calloc(r->o.keep, sizeof(*r->finished));
		if (!r->finished)
			return errmsg_set(err, NW_ELIMIT, "no memory for a ring of %u files", r->o.keep);
		for (unsigned n = r->o.keep - 1; n; n /= 10)
			r->width++;
	}
	return 0;
}

/* One file that nothing rotates. */
static int open_single(struct ring *r, struct errmsg *err)
{
	int rc;

	if (strcmp(r->path, "-") == 0) {
		r->fd = STDOUT_FILENO;
		return writer_open(&r->writer, r->fd, "standard output", &r->o.writer, err);
	}
	if (r->timed_names) {
		rc = make_name(r, r->o.clock(), err);
		if (rc)
			return rc;
	} else {
		snprintf(r->name, sizeof(r->name), "%s", r->base);
	}
	r->fd = open_at(r, r->name, O_TRUNC);
	if (r->fd < 0)
		return errmsg_errno(err, "%s: cannot create it", r->path);
	if (io_is_terminal(r->fd))
		return errmsg_set(err, NW_EINPUT, "%s: is a terminal, and packets are binary; name a file", r->path);
	if (ENABLE_GZIP && r->o.gzip_level) {
		rc = gzip_sink_open(&r->sink, r->fd, r->path, r->o.gzip_level, err);
		if (rc)
			return rc;
		r->o.writer.sink = gzip_sink_write;
		r->o.writer.sink_user = r->sink;
	}
	return writer_open(&r->writer, r->fd, r->path, &r->o.writer, err);
}

static int open_first(struct ring *r, struct errmsg *err)
{
	int64_t now_ns = r->o.clock();
	char shown[4096];
	int rc;

	if (!r->rotates)
		return open_single(r, err);
	if (strcmp(r->path, "-") == 0)
		return errmsg_set(err, NW_EINPUT, "standard output cannot be rotated; name a file with -w");
	r->deadline_ns = next_deadline(r, now_ns);
	rc = open_next(r, now_ns, &r->fd, err);
	if (rc)
		return rc;
	snprintf(shown, sizeof(shown), "%.*s%s", (int)r->dir_len, r->path, r->name);
	return writer_open(&r->writer, r->fd, shown, &r->o.writer, err);
}

static void ring_free(struct ring *r)
{
	if (ENABLE_GZIP)
		compressor_close(r->compressor);
	for (unsigned i = 0; r->finished && i < r->o.keep; i++)
		free(r->finished[i]);
	free(r->finished);
	free(r->path);
	free(r);
}

int ring_open(struct ring **out, const struct ring_options *o, struct errmsg *err)
{
	struct ring *r = calloc(1, sizeof(*r));
	int rc;

	*out = NULL;
	if (!r)
		return errmsg_set(err, NW_ELIMIT, "no memory for a ring");
	r->o = *o;
	r->fd = -1;
	r->deadline_ns = INT64_MAX;
	if (!r->o.clock)
		r->o.clock = wall_clock;
	r->rotates = o->max_bytes || o->interval_ns || o->duration_ns || o->max_packets;
	rc = split_path(r, err);
	if (!rc && o->gzip)
		rc = compressor_open(&r->compressor, o->dirfd >= 0 ? o->dirfd : AT_FDCWD, compressed, r, err);
	if (!rc)
		rc = open_first(r, err);
	if (rc) {
		if (r->fd > STDERR_FILENO)
			close(r->fd);
		ring_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

struct writer *ring_writer(struct ring *r)
{
	return r->writer;
}

/* Most that this packet and the end of the file can take. */
static uint64_t bytes_with(const struct ring *r, const struct frame *f)
{
	uint64_t n = writer_bytes(r->writer) + f->caplen;

	if (r->o.writer.format == FORMAT_PCAP)
		return n + PCAP_RECORD;
	n += 40 + (uint64_t)f->options_len;
	return r->on_finishing ? n + STATISTICS * (uint64_t)r->writer->ninterfaces : n;
}

int ring_frame(struct ring *r, const struct frame *f, uint32_t ifid, struct errmsg *err)
{
	int rc = 0;

	if (r->rotates && writer_packets(r->writer) &&
	    ((r->o.max_packets && writer_packets(r->writer) >= r->o.max_packets) ||
	     (r->o.max_bytes && bytes_with(r, f) > r->o.max_bytes)))
		rc = switch_file(r, r->o.clock(), err);
	return rc ? rc : writer_frame(r->writer, f, ifid, NULL, err);
}

int ring_flush(struct ring *r, struct errmsg *err)
{
	int rc = writer_flush(r->writer, err);

	return rc || !ENABLE_GZIP || !r->sink ? rc : gzip_sink_flush(r->sink, err);
}

int ring_tick(struct ring *r, int64_t now_ns, struct errmsg *err)
{
	if (r->deadline_ns == INT64_MAX)
		return 0;
	if (r->deadline_ns > next_deadline(r, now_ns)) { /* the clock was set back */
		r->deadline_ns = next_deadline(r, now_ns);
		return 0;
	}
	return now_ns >= r->deadline_ns ? switch_file(r, now_ns, err) : 0;
}

int64_t ring_deadline_ns(const struct ring *r)
{
	return r->deadline_ns;
}

int ring_rotate(struct ring *r, struct errmsg *err)
{
	if (!r->rotates || !writer_packets(r->writer))
		return 0;
	return switch_file(r, r->o.clock(), err);
}

void ring_on_finished(struct ring *r, void (*fn)(void *user, const char *path, const struct errmsg *err), void *user)
{
	r->on_finished = fn;
	r->on_finished_user = user;
}

void ring_on_finishing(struct ring *r, int (*fn)(void *user, struct writer *w, struct errmsg *err), void *user)
{
	r->on_finishing = fn;
	r->on_finishing_user = user;
}

int ring_close(struct ring *r, struct errmsg *err)
{
	int rc = 0, rc2;

	if (!r)
		return 0;
	if (r->on_finishing)
		rc = r->on_finishing(r->on_finishing_user, r->writer, err);
	rc2 = writer_close(r->writer, rc ? NULL : err);
	rc = rc ? rc : rc2;
	if (r->rotates) {
		rc2 = finish_file(r, r->fd, r->temporary, r->name, true, rc ? NULL : err);
		rc = rc ? rc : rc2;
	} else if (r->fd != STDOUT_FILENO) {
		rc2 = ENABLE_GZIP ? gzip_sink_close(r->sink, rc ? NULL : err) : 0;
		rc = rc ? rc : rc2;
		if (close(r->fd) < 0 && errno != EINTR && !rc)
			rc = errmsg_errno(err, "%s", r->path);
		if (!rc)
			finished(r, r->path);
	}
	ring_free(r);
	return rc;
}
