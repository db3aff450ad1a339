/* SPDX-License-Identifier: MIT */
/*
 * nwexport --state FILE: what earlier runs have taken, so that each run takes what is new; --lock FILE: one run at a time.
 *
 * A file is known by device, inode and its first bytes, not by its name: a ring's files are renamed, and names are used
 * again. What was taken of it is a number of packets; the next run reads past them. A file that is shorter than it was,
 * or begins differently, is another one and is taken from its start.
 *
 * Nothing is lost or doubled when a run is killed, whenever that happens. A file that gets its name when it is complete:
 *
 *	write it -> state: new positions, "rename A B" -> rename -> state: new positions
 *	                                    ^ killed after this: the next run renames, if that has not happened
 *
 * The end of a file (--append):
 *
 *	state: old positions, "append SIZE" -> write -> state: new positions
 *	         ^ killed after this: the next run cuts the file back to SIZE and does the work again
 *
 * What goes to standard output cannot be taken back: a run that is killed between its last byte and its state is repeated.
 *
 * The file is text: a line with the version, then a line per entry, tab-separated, names with %XX.
 */
#include "nwexport.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_BYTES_MAX = 16 * 1024 * 1024, WORDS = 9 };

static const char version[] = "nwexport state 1";

/* ---- --lock ----------------------------------------------------------------------------------- */

int lock_take(const char *path, struct errmsg *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	char pid[32];
	ssize_t n;

	if (fd < 0)
		return errmsg_errno(err, "%s: cannot open the lock", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		int len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());

		if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) != len) { /* only for people */ }
		return 0; /* the kernel gives it back when we end, however that happens */
	}
	if (errno != EWOULDBLOCK) {
		int rc = errmsg_errno(err, "%s: cannot lock it", path);

		close(fd);
		return rc;
	}
	n = pread(fd, pid, sizeof(pid) - 1, 0);
	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	close(fd);
	return errmsg_set(err, NW_ETIME, "%s: another run has this lock%s%s; let it end first", path, *pid ? ", process " : "", pid);
}

/* ---- text ----------------------------------------------------------------------------------------- */

static void put_name(struct outbuf *o, const char *name)
{
	for (; *name; name++) {
		if ((unsigned char)*name <= ' ' || *name == '%' || *name == 0x7f) {
			outbuf_char(o, '%');
			outbuf_hex(o, (unsigned char)*name, 2);
		} else {
			outbuf_char(o, *name);
		}
	}
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. */
static void take_name(char *name)
{
	char *to = name;

	for (; *name; name++) {
		if (*name == '%' && hex_value(name[1]) >= 0 && hex_value(name[2]) >= 0) {
			*to++ = (char)(hex_value(name[1]) << 4 | hex_value(name[2]));
			name += 2;
		} else {
			*to++ = *name;
		}
	}
	*to = '\0';
}

static void put_number(struct outbuf *o, uint64_t v)
{
	outbuf_char(o, '\t');
	outbuf_u64(o, v);
}

static void put_entry(struct outbuf *o, const struct state_file *f)
{
	outbuf_str(o, "file");
	put_number(o, f->device);
	put_number(o, f->inode);
	put_number(o, f->head);
	put_number(o, f->hash);
	put_number(o, f->size);
	put_number(o, f->packets);
	put_number(o, f->complete);
	outbuf_char(o, '\t');
	put_name(o, f->path);
	outbuf_char(o, '\n');
}

static void put_unfinished(struct outbuf *o, const struct state *s)
{
	const struct target *out = s->unfinished;
	struct stat st = { .st_dev = 0 };

	if (!out)
		return;
	if (s->named) {
		outbuf_str(o, "rename\t");
		put_name(o, out->file.temporary);
		outbuf_char(o, '\t');
		put_name(o, out->file.path);
	} else {
		fstat(out->fd, &st);
		outbuf_str(o, "append");
		put_number(o, (uint64_t)st.st_dev);
		put_number(o, (uint64_t)st.st_ino);
		put_number(o, out->appended_at);
		outbuf_char(o, '\t');
		put_name(o, out->path);
	}
	outbuf_char(o, '\n');
}

static int write_state(const struct state *s, struct errmsg *err)
{
	struct outfile file;
	struct outbuf o;
	int rc = outfile_open(&file, s->path, err);

	if (rc)
		return errmsg_prefix(err, rc, "--state ");
	rc = outbuf_to_fd(&o, file.fd, 65536, err);
	if (!rc) {
		outbuf_str(&o, version);
		outbuf_char(&o, '\n');
		put_unfinished(&o, s);
		for (unsigned i = 0; i < s->count; i++)
			put_entry(&o, &s->file[i]);
		rc = outbuf_flush(&o, err);
		outbuf_release(&o);
	}
	if (!rc && fsync(file.fd) < 0 && errno != EINVAL)
		rc = errmsg_errno(err, "--state %s", s->path);
	if (rc)
		outfile_abort(&file);
	return rc ? rc : outfile_commit(&file, err);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static struct state_file *add(struct state *s, const char *path)
{
	char *copy = strdup(path);

	if (s->count == s->room) {
		unsigned room = s->room ? 2 * s->room : 64;
		struct state_file *grown = realloc(s->file, room * sizeof(*grown));

		if (grown) {
			s->file = grown;
			s->room = room;
		}
	}
	if (!copy || s->count == s->room) {
		free(copy);
		return NULL;
	}
	s->file[s->count] = (struct state_file){ .path = copy };
	return &s->file[s->count++];
}

static int damaged(const struct state *s, unsigned line, struct errmsg *err)
{
	return errmsg_set(err, NW_EINPUT, "%s: line %u is none of a state of nwexport; name another file, or remove it to begin anew",
			  s->path, line);
}

/* An append that did not come to its end is taken back. */
static int undo(char **word, struct errmsg *err)
{
	uint64_t device, inode, size;
	struct stat st;
	int fd;

	if (!text_parse_u64(word[1], &device) || !text_parse_u64(word[2], &inode) || !text_parse_u64(word[3], &size))
		return NW_EINPUT;
	take_name(word[4]);
	fd = open(word[4], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 0; /* gone, with what was in it */
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_dev == device && (uint64_t)st.st_ino == inode && (uint64_t)st.st_size > size &&
	    ftruncate(fd, (off_t)size) < 0) {
		int rc = errmsg_errno(err, "%s: cannot take back what a killed run has appended", word[4]);

		close(fd);
		return rc;
	}
	close(fd);
	return 0;
}

/* A complete file that has not got its name gets it. */
static int redo(char **word, struct errmsg *err)
{
	take_name(word[1]);
	take_name(word[2]);
	if (rename(word[1], word[2]) < 0 && errno != ENOENT)
		return errmsg_errno(err, "%s: cannot give it the name %s, which a killed run has left to do", word[1], word[2]);
	return 0;
}

/* Splits at tabs, in place. */
static unsigned split(char *line, char **word)
{
	unsigned n = 0;

	for (char *next; line && n < WORDS; line = next) {
		next = strchr(line, '\t');
		if (next)
			*next++ = '\0';
		word[n++] = line;
	}
	return n;
}

static int read_line(struct state *s, char *line, unsigned number, struct errmsg *err)
{
	char *word[WORDS];
	uint64_t *value[WORDS - 2];
	unsigned n = split(line, word);
	struct state_file *f;
	int rc = 0;

	if (n == 5 && !strcmp(word[0], "append"))
		rc = undo(word, err);
	else if (n == 3 && !strcmp(word[0], "rename"))
		rc = redo(word, err);
	else if (n != WORDS || strcmp(word[0], "file"))
		rc = NW_EINPUT;
	s->recovered |= n != WORDS;
	if (rc || n != WORDS)
		return rc == NW_EINPUT ? damaged(s, number, err) : rc;
	take_name(word[8]);
	f = add(s, word[8]);
	if (!f)
		return errmsg_set(err, NW_ELIMIT, "no memory for the state");
	value[0] = &f->device;
	value[1] = &f->inode;
	value[2] = &f->head;
	value[3] = &f->hash;
	value[4] = &f->size;
	value[5] = &f->packets;
	value[6] = &f->complete;
	for (unsigned i = 0; i < WORDS - 2; i++)
		if (!text_parse_u64(word[1 + i], value[i]))
			return damaged(s, number, err);
	return f->head <= STATE_HEAD ? 0 : damaged(s, number, err);
}

static int read_lines(struct state *s, char *text, struct errmsg *err)
{
	unsigned number = 0;
	int rc = 0;

	for (char *line = text, *next; !rc && line && *line; line = next) {
		next = strchr(line, '\n');
		if (!next)
			return damaged(s, number + 1, err);
		*next++ = '\0';
		if (number++)
			rc = read_line(s, line, number, err);
		else if (strcmp(line, version))
			rc = damaged(s, 1, err);
	}
	return rc;
}

int state_open(struct state *s, const char *path, struct errmsg *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	struct stat st;
	char *text;
	long n;

	*s = (struct state){ .path = path };
	if (fd < 0 && errno == ENOENT) { /* the first run; better to learn now that its folder takes no file than behind the work */
		struct outfile file;

		rc = outfile_open(&file, path, err);
		if (!rc)
			outfile_abort(&file);
		return rc ? errmsg_prefix(err, rc, "--state ") : 0;
	}
	if (fd < 0)
		return errmsg_errno(err, "--state %s: cannot open it", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > STATE_BYTES_MAX) {
		close(fd);
		return errmsg_set(err, NW_EINPUT, "--state %s: is no state of nwexport", path);
	}
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		rc = errmsg_set(err, NW_ELIMIT, "no memory for the state");
	for (size_t at = 0; !rc && at < (size_t)st.st_size; at += (size_t)n) {
		n = io_read(fd, text + at, (size_t)st.st_size - at, path, err);
		if (n <= 0)
			rc = n < 0 ? (int)n : damaged(s, 1, err);
	}
	close(fd);
	if (!rc)
		rc = read_lines(s, text, err);
	if (!rc && s->recovered) /* or the next run would do it once more */
		rc = write_state(s, err);
	free(text);
	return rc;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

/* FNV-1a over the first `len` bytes; false when they are not there. */
static bool head_hash(int fd, uint64_t len, uint64_t *hash)
{
	uint8_t head[STATE_HEAD];

	if (pread(fd, head, len, 0) != (ssize_t)len)
		return false;
	*hash = 0xcbf29ce484222325ull;
	for (uint64_t i = 0; i < len; i++)
		*hash = (*hash ^ head[i]) * 0x100000001b3ull;
	return true;
}

struct state_file *state_find(struct state *s, const char *path, int fd, struct errmsg *err)
{
	struct state_file *f = NULL;
	struct stat st;
	uint64_t hash;
	char *name;

	if (fstat(fd, &st) < 0) {
		errmsg_errno(err, "%s", path);
		return NULL;
	}
	for (unsigned i = 0; i < s->count && !f; i++)
		if (s->file[i].device == (uint64_t)st.st_dev && s->file[i].inode == (uint64_t)st.st_ino)
			f = &s->file[i];
	if (!f)
		f = add(s, path);
	name = strdup(path);
	if (!f || !name) {
		free(name);
		errmsg_set(err, NW_ELIMIT, "no memory for the state");
		return NULL;
	}
	free(f->path);
	f->path = name;
	f->seen = true;
	if (f->inode && (uint64_t)st.st_size >= f->size && head_hash(fd, f->head, &hash) && hash == f->hash)
		return f;
	f->device = (uint64_t)st.st_dev;
	f->inode = (uint64_t)st.st_ino;
	f->head = st.st_size < STATE_HEAD ? (uint64_t)st.st_size : STATE_HEAD;
	f->size = f->packets = f->complete = 0;
	if (!head_hash(fd, f->head, &f->hash))
		f->head = f->hash = 0;
	return f;
}

bool state_is_done(const struct state_file *f, int fd)
{
	struct stat st;

	return f->complete && fstat(fd, &st) == 0 && (uint64_t)st.st_size == f->size;
}

void state_forget(struct state_file *f)
{
	f->inode = 0;
	f->seen = false;
}

int state_before(struct state *s, const struct target *out, bool complete, struct errmsg *err)
{
	if (complete ? !out->own || !out->file.temporary[0] : !out->o->append)
		return 0;
	s->unfinished = out;
	s->named = complete;
	return write_state(s, err);
}

int state_save(struct state *s, bool all, struct errmsg *err)
{
	unsigned kept = 0;

	s->unfinished = NULL;
	for (unsigned i = 0; all && i < s->count; i++) {
		struct state_file *f = &s->file[i];
		struct stat st;

		if (f->seen || (stat(f->path, &st) == 0 && (uint64_t)st.st_ino == f->inode && (uint64_t)st.st_dev == f->device))
			s->file[kept++] = *f;
		else
			free(f->path);
	}
	if (all)
		s->count = kept;
	return write_state(s, err);
}

void state_release(struct state *s)
{
	for (unsigned i = 0; i < s->count; i++)
		free(s->file[i].path);
	free(s->file);
	*s = (struct state){ .count = 0 };
}
