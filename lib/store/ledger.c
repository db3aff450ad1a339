/* SPDX-License-Identifier: MIT */
/*
 * ledger.ndjson: one line per loss. Lines are appended by whoever saw the loss, one write(2) each, under a lock of the
 * file, so that whoever makes it shorter (a new file, renamed over the old one) loses nobody's line.
 */
#include "store/ledger.h"

#include "base/json.h"
#include "base/jsonout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME "ledger.ndjson"
#define PART "ledger.ndjson.part"

const char *const loss_kind_names[LOSS_KINDS] = {
	[LOSS_KERNEL] = "kernel", [LOSS_INTERFACE] = "interface", [LOSS_DISK] = "disk", [LOSS_CRASH] = "crash",
	[LOSS_NOT_RUNNING] = "not_running", [LOSS_SUBSCRIBER] = "subscriber",
};

/* ---- one entry -------------------------------------------------------------------------------------- */

void ledger_format(struct outbuf *o, const struct ledger_entry *e)
{
	struct jsonout w;

	jsonout_begin(&w, o);
	json_open_object(&w);
	json_add_ns(&w, "time", e->time_ns);
	json_add_str(&w, "kind", loss_kind_names[e->kind]);
	if (e->from_ns)
		json_add_ns(&w, "from", e->from_ns);
	if (e->to_ns)
		json_add_ns(&w, "to", e->to_ns);
	if (e->has_packets)
		json_add_u64(&w, "packets", e->packets);
	if (e->bytes)
		json_add_u64(&w, "bytes", e->bytes);
	if (e->note[0])
		json_add_str(&w, "note", e->note);
	json_close(&w);
}

static int64_t seconds(const struct json_value *v)
{
	int64_t ns;

	return json_ns(v, &ns) ? ns : 0;
}

static bool parse(struct json **j, const char *line, size_t len, struct ledger_entry *e)
{
	const struct json_value *root;
	const char *kind, *note;

	if (json_reparse(j, line, len, LEDGER_LINE_MAX, NAME, NULL) < 0)
		return false;
	root = json_root(*j);
	kind = json_string(json_get(root, "kind"), NULL);
	*e = (struct ledger_entry){ .time_ns = seconds(json_get(root, "time")), .kind = LOSS_KINDS };
	for (unsigned i = 0; kind && i < LOSS_KINDS; i++)
		if (strcmp(kind, loss_kind_names[i]) == 0)
			e->kind = (uint8_t)i;
	e->from_ns = seconds(json_get(root, "from"));
	e->to_ns = seconds(json_get(root, "to"));
	e->packets = json_u64(json_get(root, "packets"), &e->has_packets);
	e->bytes = json_u64(json_get(root, "bytes"), NULL);
	note = json_string(json_get(root, "note"), NULL);
	snprintf(e->note, sizeof(e->note), "%s", note ? note : "");
	return e->kind < LOSS_KINDS;
}

/* ---- lines of the file ---------------------------------------------------------------------------------- */

struct lines {
	int fd;
	bool failed;
	uint64_t at;                   /* of the file: what is behind the line given last */
	size_t pos, len;
	bool too_long;                 /* the rest of a line is still to be passed over */
	char buf[4 * LEDGER_LINE_MAX];
};

/* The next whole line without its end; NULL: no more. One that is too long is left out. */
static const char *next_line(struct lines *l, size_t *len)
{
	for (;;) {
		char *start = l->buf + l->pos, *end = memchr(start, '\n', l->len - l->pos);
		ssize_t n;

		if (end) {
			bool skip = l->too_long || end - start >= LEDGER_LINE_MAX;

			l->too_long = false;
			l->pos = (size_t)(end + 1 - l->buf);
			l->at += (uint64_t)(end + 1 - start);
			*len = (size_t)(end - start);
			if (skip)
				continue;
			return start;
		}
		if (l->pos == 0 && l->len == sizeof(l->buf)) {
			l->too_long = true;
			l->at += l->len;
			l->len = 0;
		}
		memmove(l->buf, l->buf + l->pos, l->len - l->pos);
		l->len -= l->pos;
		l->pos = 0;
		do {
			n = read(l->fd, l->buf + l->len, sizeof(l->buf) - l->len);
		} while (n < 0 && errno == EINTR);
		l->failed = n < 0;
		if (n <= 0)
			return NULL; /* a torn last line is none */
		l->len += (size_t)n;
	}
}

int ledger_read(int dirfd, bool (*each)(void *user, const struct ledger_entry *e), void *user, struct errmsg *err)
{
	struct lines l = { .fd = openat(dirfd, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) };
	struct json *j = NULL;
	struct ledger_entry e;
	const char *line;
	size_t len;
	int count = 0;

	if (l.fd < 0)
		return errno == ENOENT ? 0 : errmsg_errno(err, "%s", NAME);
	while ((line = next_line(&l, &len))) {
		if (!parse(&j, line, len, &e))
			continue;
		count++;
		if (!each(user, &e))
			break;
	}
	json_free(j);
	if (l.failed)
		count = errmsg_errno(err, "%s", NAME);
	close(l.fd);
	return count;
}

/* ---- appending ------------------------------------------------------------------------------------------- */

/* Opens the file under its lock; the one that has the name, not one that was just replaced. */
static int open_locked(int dirfd)
{
	for (;;) {
		int fd = openat(dirfd, NAME, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640), rc;
		struct stat ours, named;

		if (fd < 0)
			return -1;
		do {
			rc = flock(fd, LOCK_EX);
		} while (rc < 0 && errno == EINTR);
		if (fstat(fd, &ours) == 0 && fstatat(dirfd, NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 && ours.st_ino == named.st_ino &&
		    ours.st_dev == named.st_dev)
			return fd;
		close(fd);
	}
}

static bool write_whole(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_entry(int fd, const struct ledger_entry *e, bool after_torn)
{
	char text[LEDGER_LINE_MAX];
	struct outbuf o;
	off_t size = lseek(fd, 0, SEEK_END);
	struct ledger_entry shorter = *e;
	int why;

	for (;;) {
		outbuf_fixed(&o, text, sizeof(text));
		if (after_torn)
			outbuf_char(&o, '\n');
		ledger_format(&o, &shorter);
		outbuf_char(&o, '\n');
		if (!o.cut)
			break;
		shorter.note[strlen(shorter.note) / 2] = '\0'; /* escapes made it long */
	}
	if (write_whole(fd, o.start, outbuf_len(&o)))
		return true;
	why = errno;
	if (size >= 0 && ftruncate(fd, size) < 0) /* nothing of the line stays, or it is a torn one, which nobody reads */
		errno = why;
	errno = why;
	return false;
}

struct sums {
	struct ledger_entry of[LOSS_KINDS];
	unsigned entries[LOSS_KINDS];
};

static void add(struct sums *s, const struct ledger_entry *e)
{
	struct ledger_entry *sum = &s->of[e->kind];
	unsigned before = 0;

	if (!s->entries[e->kind]) {
		*sum = *e;
		sum->has_packets = false;
		sum->packets = sum->bytes = 0;
	}
	if (sscanf(e->note, "the sum of %u entries", &before) != 1)
		before = 1;
	s->entries[e->kind] += before;
	sum->has_packets |= e->has_packets;
	sum->packets += e->packets;
	sum->bytes += e->bytes;
	sum->time_ns = e->time_ns;
	if (e->from_ns && (!sum->from_ns || e->from_ns < sum->from_ns))
		sum->from_ns = e->from_ns;
	if (e->to_ns > sum->to_ns)
		sum->to_ns = e->to_ns;
}

/* The older half of the file `from` as sums, the rest as it stands, into `to`. */
static bool shorten(int from, uint64_t size, int to)
{
	struct lines l = { .fd = from };
	struct sums sums = { 0 };
	struct json *j = NULL;
	struct ledger_entry e;
	const char *line;
	bool good = lseek(from, 0, SEEK_SET) == 0;
	size_t len;

	while (good && l.at < size / 2 && (line = next_line(&l, &len)))
		if (parse(&j, line, len, &e))
			add(&sums, &e);
	json_free(j);
	for (unsigned i = 0; good && i < LOSS_KINDS; i++) {
		if (!sums.entries[i])
			continue;
		snprintf(sums.of[i].note, sizeof(sums.of[i].note), "the sum of %u entries", sums.entries[i]);
		good = write_entry(to, &sums.of[i], false);
	}
	while (good && (line = next_line(&l, &len)))
		good = write_whole(to, line, len + 1);
	return good && !l.failed;
}

/* The file gets shorter when the next line would not fit. On error it stays as it is and becomes a little longer. */
static void keep_small(int dirfd, int *fd)
{
	struct stat st;
	int to;

	if (fstat(*fd, &st) < 0 || st.st_size + LEDGER_LINE_MAX <= LEDGER_BYTES_MAX)
		return;
	unlinkat(dirfd, PART, 0);
	to = openat(dirfd, PART, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, st.st_mode & 0777);
	if (to < 0)
		return;
	if (flock(to, LOCK_EX) < 0 || !shorten(*fd, (uint64_t)st.st_size, to) || renameat(dirfd, PART, dirfd, NAME) < 0) {
		unlinkat(dirfd, PART, 0);
		close(to);
		return;
	}
	close(*fd); /* whoever waited for its lock looks at the name again */
	*fd = to;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int ledger_append(int dirfd, const struct ledger_entry *e, struct errmsg *err)
{
	struct ledger_entry entry = *e;
	int fd = open_locked(dirfd), rc = 0;
	char last = '\n';
	off_t size;

	if (fd < 0)
		return errmsg_errno(err, "%s", NAME);
	if (!entry.time_ns)
		entry.time_ns = now_ns();
	keep_small(dirfd, &fd);
	size = lseek(fd, 0, SEEK_END);
	if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
		last = 0;
	if (!write_entry(fd, &entry, last != '\n'))
		rc = errmsg_errno(err, "%s", NAME);
	close(fd);
	return rc;
}
