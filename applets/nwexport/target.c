/* SPDX-License-Identifier: MIT */
/*
 * nwexport: where the bytes go.
 *
 *   standard output     as they come
 *   -o FILE             a file that appears under its name when it is complete
 *   -o FILE --append    the end of FILE; what a failed run has added is taken back
 *   -o FOLDER/          Zeek's logs: the format's own files in it
 *   -o udp://HOST:PORT  IPFIX: messages to a collector
 *   -o FILE --split     parts: FILE-00001.csv, FILE-00002.csv, ...; each appears when it is complete
 *
 * Conversions of strftime in the name stand for the time of the first packet of a part, without --split for the start
 * of the run; folders that they name are made.
 */
#include "nwexport.h"

#include "sys/udp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define UDP "udp://"
#define IPFIX_PORT "4739"
enum { PAUSE_MESSAGES = 32 };
enum { OUTPUT_BYTES = 256 * 1024, PIPE_BYTES = 1024 * 1024, PARTS_MAX = 99999, SHOWN = 100 /* characters of a header */ };

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && !strcmp(s + n - m, tail);
}

static bool splits(const struct opts *o)
{
	return o->part_packets || o->part_bytes || o->part_ns;
}

static bool to_folder(const struct opts *o, const struct export_format *f)
{
	return o->output && f && f->logs && ends_with(o->output, "/");
}

static bool to_collector(const struct opts *o, const struct export_format *f)
{
	return o->output && f && f->messages && !strncmp(o->output, UDP, strlen(UDP));
}

static int not_appended(const struct export_format *f, struct errmsg *err)
{
	return errmsg_set(err, NW_EINPUT, "--append: %s; use %s or --split",
			  !strcmp(f->name, "json") ? "a json array is closed by its last bracket" :
			  !strcmp(f->name, "pcap") ? "a pcap has one header, and its link type and precision are fixed by it" :
			  !strcmp(f->name, "c") ? "the names of the arrays would come again" :
						  "the widths of a table's columns belong to one run",
			  !strcmp(f->name, "json") ? "ndjson" : !strcmp(f->name, "pcap") ? "pcapng" : "text");
}

/* Of flows each record stands for itself in some formats; most reports stand for a run. */
static int report_not_appended(const struct opts *o, const struct export_format *f, struct errmsg *err)
{
	const char *why = !strcmp(f->name, "zeek") ? "a log of Zeek has one header and one end" :
			  !strcmp(f->name, "json") ? "a json array is closed by its last bracket" :
						     "the widths of a table's columns belong to one run";
	char others[128];
	struct outbuf list;

	outbuf_fixed(&list, others, sizeof(others));
	for (const struct export_format *other = export_report_find(o->report)->formats; other->name; other++)
		if (other->append != APPEND_NEVER) {
			outbuf_str(&list, outbuf_len(&list) ? ", " : "");
			outbuf_str(&list, other->name);
		}
	if (outbuf_len(&list))
		return errmsg_set(err, NW_EINPUT, "--append: %s; use one of %s, or --split", why, outbuf_cstr(&list));
	return errmsg_set(err, NW_EINPUT, "--append: a report stands for one run; give each a file, as -o 'NAME-%%F-%%H%%M.%s' does",
			  f->extension);
}

int target_check(const struct opts *o, const struct export_format *f, struct errmsg *err)
{
	bool standard = !o->output || !strcmp(o->output, "-");
	bool compressed = o->gzip || (!standard && ends_with(o->output, ".gz"));

	if (!standard && !f->messages && !strncmp(o->output, UDP, strlen(UDP)))
		return errmsg_set(err, NW_EINPUT, "-o %s: a collector takes IPFIX; use --flows -f ipfix, or name a file", o->output);
	if ((to_collector(o, f) || to_folder(o, f)) && (splits(o) || o->append || o->gzip))
		return errmsg_set(err, NW_EINPUT, "%s is about one file; leave it out, or write to one instead of %s",
				  splits(o) ? "--split" : o->append ? "--append" : "--gzip", o->output);
	if (splits(o) && standard)
		return errmsg_set(err, NW_EINPUT, "--split makes files: name them with -o FILE");
	if (o->append && standard)
		return errmsg_set(err, NW_EINPUT, "--append needs the file: -o FILE (or the shell's >>, with --no-header)");
	if (o->append && splits(o))
		return errmsg_set(err, NW_EINPUT, "--append and --split: a part is a file of its own; use one of them");
	if (o->append && compressed)
		return errmsg_set(err, NW_EINPUT, "--append cannot see into a compressed file; use --split, or leave the compression out");
	if (o->append && f->append == APPEND_NEVER)
		return o->report ? report_not_appended(o, f, err) : not_appended(f, err);
	return 0;
}

void target_init(struct target *out, const struct opts *o, const struct export_format *f)
{
	*out = (struct target){ .o = o, .format = f, .fd = -1, .folder = to_folder(o, f), .collector = to_collector(o, f) };
	out->standard = !o->output || !strcmp(o->output, "-") || out->folder || out->collector;
	out->name = out->folder || out->collector ? o->output : out->standard ? "standard output" : out->path;
}

/* ---- names --------------------------------------------------------------------------------- */

/* The name of -o with its conversions. */
static int expand(const struct target *out, int64_t ts_ns, char *path, size_t size, struct errmsg *err)
{
	time_t t = (time_t)(ts_ns / 1000000000);
	const char *template = out->o->output;
	struct tm tm;

	if (!strchr(template, '%')) {
		if ((size_t)snprintf(path, size, "%s", template) >= size)
			return errmsg_set(err, NW_EINPUT, "the file name is longer than %zu bytes; use a shorter one", size - 1);
		return 0;
	}
	if (!(out->o->utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) || !strftime(path, size, template, &tm))
		return errmsg_set(err, NW_EINPUT, "-o %s: its conversions (%%Y, %%m, %%d, ...) make no name; %%%% is a percent sign",
				  template);
	return 0;
}

/* "day.csv.gz" -> "day-00007.csv.gz" */
static int number(char *path, size_t size, const char *name, int digits, unsigned n, struct errmsg *err)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	size_t stem = strlen(name) - (ends_with(name, ".gz") ? 3 : 0);
	const char *dot = memrchr(base, '.', stem - (size_t)(base - name));

	if (dot && dot > base)
		stem = (size_t)(dot - name);
	if ((size_t)snprintf(path, size, "%.*s-%0*u%s", (int)stem, name, digits, n, name + stem) >= size)
		return errmsg_set(err, NW_EINPUT, "%s: the name is too long; use a shorter one", name);
	return 0;
}

/* Parts of earlier runs stay when there is a state: then what comes is new. */
static bool taken(const struct target *out, const char *path)
{
	return out->o->state && access(path, F_OK) == 0;
}

static int part_name(struct target *out, int64_t ts_ns, struct errmsg *err)
{
	bool dated = strchr(out->o->output, '%') != NULL, again;
	char name[sizeof(out->path)];
	int rc = expand(out, ts_ns, name, sizeof(name), err);
	unsigned n;

	if (rc)
		return rc;
	if (!splits(out->o) && (!dated || out->o->append || !taken(out, name))) {
		memcpy(out->path, name, sizeof(name));
		return 0;
	}
	if (!dated) {
		do
			rc = number(out->path, sizeof(out->path), name, 5, ++out->part, err);
		while (!rc && taken(out, out->path) && out->part < PARTS_MAX);
		if (!rc && out->part > PARTS_MAX)
			rc = errmsg_set(err, NW_ELIMIT, "%s: more than %d parts; make them larger", out->o->output, PARTS_MAX);
		return rc;
	}
	again = !strcmp(name, out->last_name);
	n = again ? out->part : 1;
	memcpy(out->last_name, name, sizeof(name));
	memcpy(out->path, name, sizeof(name));
	while (!rc && (n > 1 || again || taken(out, out->path))) {
		rc = number(out->path, sizeof(out->path), name, 1, ++n, err);
		again = false;
		if (!taken(out, out->path))
			break;
	}
	out->part = n;
	return rc;
}

/* The folders of `path`, as far as conversions have made their names; that of -o FOLDER/ is made by who writes into it. */
static int make_folders(const struct target *out, struct errmsg *err)
{
	const char *percent = strchr(out->o->output, '%'), *last = strrchr(out->o->output, '/');
	char dir[sizeof(out->path)];

	if (!percent || !last || percent > last)
		return 0;
	memcpy(dir, out->path, sizeof(dir));
	for (char *slash = strchr(dir + 1, '/'); slash && !(out->folder && !slash[1]); slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0777) < 0 && errno != EEXIST)
			return errmsg_errno(err, "%s: cannot make the folder", dir);
		*slash = '/';
	}
	return 0;
}

/* ---- --append --------------------------------------------------------------------------------- */

/* What is there must be of this format, with these columns, and end with a whole line. */
static int check_end(struct target *out, const char *header, bool *has_header, struct errmsg *err)
{
	size_t len = header ? strlen(header) : 0;
	char first = 0, last = 0, *there;
	ssize_t n;

	if (pread(out->fd, &first, 1, 0) != 1 || pread(out->fd, &last, 1, (off_t)out->appended_at - 1) != 1)
		return errmsg_errno(err, "%s: cannot read what is there", out->path);
	if (out->format->first && first != out->format->first)
		return errmsg_set(err, NW_EINPUT, "%s: does not begin like %s; name another file", out->path, out->format->name);
	if (last != '\n' && !out->format->binary)
		return errmsg_set(err, NW_EINPUT, "%s: its last line is not complete (a run was killed?); cut it off first", out->path);
	if (!header)
		return 0;
	there = malloc(len + SHOWN + 1);
	if (!there)
		return errmsg_set(err, NW_ELIMIT, "no memory for a header");
	n = pread(out->fd, there, len + SHOWN, 0);
	*has_header = n >= (ssize_t)len && !memcmp(there, header, len);
	if (!*has_header) {
		there[n > 0 ? (size_t)n : 0] = '\0';
		there[strcspn(there, "\n")] = '\0';
		errmsg_set(err, NW_EINPUT, "%s: begins with the columns '%.*s', not with '%.*s'; use the same ones, or another file",
			   out->path, SHOWN, there, (int)(len < SHOWN ? len - 1 : SHOWN), header);
	}
	free(there);
	return *has_header ? 0 : NW_EINPUT;
}

static int open_end(struct target *out, const char *header, bool *has_header, struct errmsg *err)
{
	struct stat st;
	int rc;

	out->fd = open(out->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (out->fd < 0 || fstat(out->fd, &st) < 0)
		return errmsg_errno(err, "%s: cannot write to it", out->path);
	if (!S_ISREG(st.st_mode))
		return errmsg_set(err, NW_EINPUT, "%s: is no file that --append can look into", out->path);
	if (flock(out->fd, LOCK_EX) < 0)
		return errmsg_errno(err, "%s: cannot lock it", out->path);
	out->appended_at = (uint64_t)lseek(out->fd, 0, SEEK_END);
	if (!out->appended_at)
		return 0;
	rc = check_end(out, header, has_header, err);
	if (rc)
		out->appended_at = UINT64_MAX; /* nothing of ours is in it */
	return rc;
}

/* ---- opening and closing -------------------------------------------------------------------------- */

static int open_target(struct target *out, int64_t ts_ns, const char *header, bool *has_header, struct errmsg *err)
{
	int rc;

	if (out->collector) {
		out->fd = udp_connect(out->o->output + strlen(UDP), IPFIX_PORT, err);
		return out->fd < 0 ? out->fd : 0;
	}
	if (out->folder) {
		rc = expand(out, ts_ns, out->path, sizeof(out->path), err);
		return rc ? rc : make_folders(out, err);
	}
	out->fd = STDOUT_FILENO;
	if (out->standard)
		return 0;
	rc = part_name(out, ts_ns, err);
	if (!rc)
		rc = make_folders(out, err);
	if (!rc && out->o->append)
		return open_end(out, header, has_header, err);
	if (!rc)
		rc = outfile_open(&out->file, out->path, err);
	if (rc)
		return rc;
	out->own = true;
	out->fd = out->file.fd;
	signal_temporary = out->file.temporary[0] ? out->file.temporary : NULL;
	return 0;
}

/* Each message is a datagram. After a few of them a pause, in which a collector empties its socket: what does not fit there
 * is lost, and nobody is told. */
static int send_messages(struct target *out, const char *data, size_t len, struct errmsg *err)
{
	static const struct timespec pause = { 0, 1000000 };

	for (size_t n; len; data += n, len -= n) {
		struct errmsg why;
		int rc;

		n = (size_t)(uint8_t)data[2] << 8 | (uint8_t)data[3];
		rc = udp_send(out->fd, data, n, &why);
		if (rc)
			return errmsg_set(err, rc, "%s: %s", out->name, why.text);
		if (++out->messages % PAUSE_MESSAGES == 0)
			nanosleep(&pause, NULL);
	}
	return 0;
}

static int write_counted(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct target *out = user;
	struct errmsg why;
	int rc;

	out->written += len;
	if (out->collector)
		return send_messages(out, data, len, err);
	rc = out->gzip ? gzip_sink_write(out->gzip, data, len, &why) : io_write_all(out->fd, data, len, out->name, &why);
	return rc ? errmsg_set(err, rc, "%s%s", why.text, rc == NW_ESYS && !out->standard ? "; make room or name another place with -o" : "") : 0;
}

int target_open(struct target *out, int64_t ts_ns, const char *header, bool *has_header, struct errmsg *err)
{
	bool compress = out->o->gzip || (!out->standard && ends_with(out->o->output, ".gz"));
	int rc;

	*has_header = false;
	out->own = false;
	out->gzip = NULL;
	out->written = 0;
	out->buf = (struct outbuf){ .start = NULL };
	rc = open_target(out, ts_ns, header, has_header, err);
	out->open = true;
	if (rc)
		return rc;
	if ((out->format->binary || compress) && io_is_terminal(out->fd))
		return errmsg_set(err, NW_EINPUT, "binary output is not written to a terminal; use -o FILE, or pipe it on");
	if (out->standard)
		io_grow_pipe(out->fd, PIPE_BYTES);
	if (compress) {
		rc = gzip_sink_open(&out->gzip, out->fd, out->name, out->o->gzip ? (int)out->o->gzip : GZIP_LEVEL, err);
		if (rc)
			return rc;
	}
	return outbuf_to_sink(&out->buf, write_counted, out, OUTPUT_BYTES, err);
}

uint64_t target_bytes(const struct target *out)
{
	return out->written + outbuf_len(&out->buf);
}

/* Takes back what a failed run has appended. */
static void give_up(struct target *out)
{
	if (out->own)
		outfile_abort(&out->file);
	else if (out->o->append && out->fd >= 0 && out->appended_at != UINT64_MAX && ftruncate(out->fd, (off_t)out->appended_at) < 0)
		fprintf(stderr, "nwexport: %s: what was appended cannot be taken back: %s\n", out->path, strerror(errno));
	if (!out->own && !out->standard && out->fd >= 0)
		close(out->fd);
	if (out->collector && out->fd >= 0)
		close(out->fd);
	signal_temporary = NULL;
	out->own = out->open = false;
	out->fd = -1;
}

/* A refusal of the last messages comes back after they were sent. */
static int collector_finish(struct target *out, struct errmsg *err)
{
	struct errmsg why;
	int rc = udp_finish(out->fd, &why);

	return rc ? errmsg_set(err, rc, "%s: %s", out->name, why.text) : 0;
}

int target_finish(struct target *out, int rc, struct errmsg *err)
{
	int end;

	if (!out->open)
		return rc;
	if (!rc && out->buf.start)
		rc = outbuf_flush(&out->buf, err);
	if (!rc && out->collector)
		rc = collector_finish(out, err);
	end = gzip_sink_close(out->gzip, rc ? NULL : err);
	out->gzip = NULL;
	rc = rc ? rc : end;
	if (!rc && out->o->state && !out->standard && fsync(out->fd) < 0 && errno != EINVAL && errno != EROFS)
		rc = errmsg_errno(err, "%s", out->name);
	outbuf_release(&out->buf);
	if (rc)
		give_up(out);
	return rc;
}

int target_commit(struct target *out, struct errmsg *err)
{
	int rc = 0;

	if (!out->open)
		return 0;
	signal_temporary = NULL;
	if (out->own)
		rc = outfile_commit(&out->file, err);
	else if ((!out->standard || out->collector) && close(out->fd) < 0 && errno != EINTR)
		rc = errmsg_errno(err, "%s", out->name);
	out->own = out->open = false;
	out->fd = -1;
	return rc;
}
