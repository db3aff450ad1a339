/* SPDX-License-Identifier: MIT */
/*
 * export: packets of the record into a file that appears when it is complete.
 *
 *	pipe of the daemon --> [ nwexport ] --> FILE.part --> FILE
 *
 * An export that did not come to its end leaves FILE.part; the same command goes on with it (resume.c).
 */
#include "export.h"

#include "base/jsonout.h"
#include "loop/loop.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, KEY_MAX = 32768, WORDS_MAX = 80, SHOW_MS = 250, FIRST_MS = 1000 };

struct export_run {
	struct client *c;
	struct part part;
	struct opened from;
	const char *format;
	bool gzip;
	int child, child_in, child_out; /* -1: none */
	uint64_t taken;                 /* bytes of the daemon's pipe */
	uint64_t at;                    /* where in the file the next byte belongs */
	uint8_t *head;                  /* what comes first and may be there already */
	size_t head_len, head_got;
	char buffer[BUFFER], result[BUFFER];
	size_t waiting, sent;           /* of buffer: for the child */
	int64_t begin_ns, shown_ns;
	bool on_screen;
};

/* ---- progress ------------------------------------------------------------------------------------------------ */

static void show(struct export_run *e)
{
	int64_t now = loop_monotonic_ns();
	double seconds = (double)(now - e->begin_ns) / 1e9, rate = (double)e->taken / seconds;
	char text[1200];
	struct outbuf o;

	if (e->c->output == OUTPUT_QUIET || !io_is_terminal(STDERR_FILENO) || now - e->begin_ns < FIRST_MS * 1000000ll ||
	    now - e->shown_ns < SHOW_MS * 1000000ll)
		return;
	e->shown_ns = now;
	outbuf_fixed(&o, text, sizeof(text));
	outbuf_escaped(&o, e->part.path, strlen(e->part.path));
	outbuf_str(&o, ": ");
	human_scaled(&o, (double)e->taken, "B");
	outbuf_str(&o, ", ");
	human_scaled(&o, rate, "B/s");
	if (e->from.bytes > e->taken && rate > 0) {
		unsigned left = (unsigned)((double)(e->from.bytes - e->taken) / rate);

		outbuf_printf(&o, ", %u %%, %u:%02u left", (unsigned)((double)e->taken * 100 / (double)e->from.bytes),
			      left / 60, left % 60);
	}
	fputs("\r\033[K", stderr);
	fputs(outbuf_cstr(&o), stderr);
	e->on_screen = true;
}

static void clear(struct export_run *e)
{
	if (e->on_screen)
		fputs("\r\033[K", stderr);
	e->on_screen = false;
}

/* ---- into the file ------------------------------------------------------------------------------------------- */

/* Bytes at e->at. What is there already and equal is left alone; where it differs the file ends and goes on anew. */
static int put(struct export_run *e, const uint8_t *data, size_t len, struct errmsg *err)
{
	uint8_t there[65536];

	while (len && e->at < e->part.size) {
		uint64_t left = e->part.size - e->at;
		size_t n = len < sizeof(there) ? len : sizeof(there), same = 0;
		ssize_t got = pread(e->part.fd, there, n < left ? n : (size_t)left, (off_t)e->at);

		while (got > 0 && same < (size_t)got && there[same] == data[same])
			same++;
		e->at += same;
		data += same;
		len -= same;
		if (got <= 0 || same < (size_t)got) {
			if (ftruncate(e->part.fd, (off_t)e->at))
				return errmsg_errno(err, "%s", e->part.temporary);
			e->part.size = e->part.resumed_at = e->at;
		}
	}
	if (!len)
		return 0;
	if (lseek(e->part.fd, (off_t)e->at, SEEK_SET) < 0)
		return errmsg_errno(err, "%s", e->part.temporary);
	e->at += len;
	return io_write_all(e->part.fd, data, len, e->part.temporary, err);
}

/* The head that came again is the one that is there: only what follows it is new. Otherwise (pcapng) it begins a section. */
static int head_done(struct export_run *e, struct errmsg *err)
{
	size_t head = e->part.head, got = e->head_got;
	uint32_t next = 0;
	uint8_t *there = malloc(head);
	bool same = there && got >= head && pread(e->part.fd, there, head, 0) == (ssize_t)head &&
		!memcmp(there, e->head, head);

	free(there);
	if (got >= head + 4)
		memcpy(&next, e->head + head, 4);
	if (e->part.kind == EXPORT_COPY)
		same = same && !e->part.later_interfaces && next != 1;
	else if (!same && got)
		return errmsg_set(err, NW_EINPUT, "%s: its header is not that of what follows; use --no-resume",
				  e->part.temporary);
	e->head_len = 0;
	return put(e, e->head + (same ? head : 0), got - (same ? head : 0), err);
}

static int sink(struct export_run *e, const char *data, size_t len, struct errmsg *err)
{
	if (e->head_len) {
		size_t n = e->head_len - e->head_got < len ? e->head_len - e->head_got : len;
		int rc;

		memcpy(e->head + e->head_got, data, n);
		e->head_got += n;
		if (e->head_got < e->head_len)
			return 0;
		rc = head_done(e, err);
		return rc ? rc : put(e, (const uint8_t *)data + n, len - n, err);
	}
	return put(e, (const uint8_t *)data, len, err);
}

/* ---- from the daemon ------------------------------------------------------------------------------------------- */

/* As much of the daemon's pipe as there is; 0 at its end. */
static long take(struct export_run *e, struct errmsg *err)
{
	ssize_t n = read(e->from.fd, e->buffer, sizeof(e->buffer));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return -1;
	if (n < 0)
		return errmsg_errno(err, "the pipe of the daemon");
	e->taken += (uint64_t)n;
	show(e);
	return n;
}

static int copy(struct export_run *e, struct errmsg *err)
{
	int rc = 0;

	while (!rc && !client_interrupted) {
		long n = take(e, err);

		if (!n)
			break;
		if (n < -1)
			return (int)n;
		if (n > 0)
			rc = sink(e, e->buffer, (size_t)n, err);
	}
	return rc;
}

static void feed_child(struct export_run *e)
{
	ssize_t n = write(e->child_in, e->buffer + e->sent, e->waiting - e->sent);

	if (n > 0)
		e->sent += (size_t)n;
	else if (n < 0 && errno != EINTR && errno != EAGAIN)
		e->sent = e->waiting; /* it wants no more; its exit status says why */
	if (e->sent == e->waiting)
		e->sent = e->waiting = 0;
	if (n < 0 && errno == EPIPE) {
		close(e->child_in);
		e->child_in = -1;
	}
}

/* The daemon's pipe into the child, the child's output into the file, until that ends. */
static int through_child(struct export_run *e, struct errmsg *err)
{
	bool ended = false;
	int rc = 0;

	while (!rc && !client_interrupted) {
		struct pollfd p[3] = { { e->child_out, POLLIN, 0 },
				       { e->waiting || ended || e->child_in < 0 ? -1 : e->from.fd, POLLIN, 0 },
				       { e->waiting ? e->child_in : -1, POLLOUT, 0 } };

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[0].revents) {
			ssize_t n = read(e->child_out, e->result, sizeof(e->result));

			if (!n)
				break;
			rc = n > 0 ? sink(e, e->result, (size_t)n, err) : 0;
		}
		if (p[1].revents) {
			long n = take(e, err);

			if (n < -1)
				return (int)n;
			e->waiting = n > 0 ? (size_t)n : 0;
			ended = !n;
		}
		if (p[2].revents)
			feed_child(e);
		if (ended && !e->waiting && e->child_in >= 0) {
			close(e->child_in);
			e->child_in = -1;
		}
	}
	return rc;
}

static int start_child(struct export_run *e, struct errmsg *err)
{
	struct client *c = e->c;
	const char *words[WORDS_MAX] = { "nwexport", "-f", e->format };
	int in[2], out[2], n = 3;

	if (c->nextra > WORDS_MAX - 8)
		return errmsg_set(err, NW_EINPUT, "more than %d words behind --", WORDS_MAX - 8);
	if (e->gzip)
		words[n++] = "--gzip";
	if (c->o.utc)
		words[n++] = "--utc";
	for (int i = 0; i < c->nextra; i++)
		words[n++] = c->extra[i];
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return errmsg_errno(err, "cannot make a pipe");
	io_grow_pipe(in[0], 1 << 20);
	io_grow_pipe(out[0], 1 << 20);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	e->child = child_start(in[0], out[1], words, err);
	close(in[0]);
	close(out[1]);
	e->child_in = in[1];
	e->child_out = out[0];
	return e->child < 0 ? e->child : 0;
}

/* Its end, or what made it end. After an interrupt it is killed: its footer would stand in the middle of the file. */
static int finish_child(struct export_run *e, int rc, struct errmsg *err)
{
	int status;

	if (e->child_in >= 0)
		close(e->child_in);
	if (e->child_out >= 0)
		close(e->child_out);
	if (e->child <= 0)
		return rc;
	if (rc || client_interrupted)
		kill(e->child, SIGKILL);
	if (rc || client_interrupted) {
		waitpid(e->child, &status, 0);
		return rc;
	}
	return child_wait(e->child, err);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* The question as text: the same one goes on with what is there. The session by its id, and where its record begins now. */
static int make_key(struct client *c, const char *format, const struct json_value *session, char *key, size_t size,
		    size_t *len, struct errmsg *err)
{
	const struct client_options *o = &c->o;
	struct jsonout w;
	struct outbuf b;

	outbuf_fixed(&b, key, size);
	jsonout_begin(&w, &b);
	json_open_object(&w);
	json_add_str(&w, "session", json_string(json_get(session, "id"), NULL));
	json_key(&w, "first_packet");
	json_copy(&w, o->bundle ? NULL : json_get(session, "first_packet"));
	json_add_str(&w, "filter", o->filter);
	json_add_str(&w, "bundle", o->bundle);
	json_add_ns(&w, "from", o->from_ns);
	json_add_ns(&w, "to", o->to_ns);
	json_add_u64(&w, "limit", o->limit);
	json_add_u64(&w, "skip", o->skip);
	json_add_str(&w, "format", format);
	json_add_array(&w, "options");
	for (int i = 0; i < c->nextra; i++)
		json_put_str(&w, c->extra[i]);
	json_close(&w);
	json_close(&w);
	outbuf_char(&b, '\n');
	*len = outbuf_len(&b);
	return jsonout_end(&w) && !b.cut ? 0 : errmsg_set(err, NW_EINPUT,
							  "the filter and the options are longer than %zu bytes", size);
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && !strcmp(s + n - m, tail);
}

/* By the name of the file when --format is not given. */
static const char *guess_format(const struct client *c, bool gzip)
{
	static const struct {
		const char *ending, *format;
	} known[] = { { ".pcap", "pcap" }, { ".cap", "pcap" }, { ".csv", "csv" }, { ".tsv", "tsv" }, { ".ndjson", "ndjson" },
		      { ".jsonl", "ndjson" }, { ".json", "json" }, { ".yaml", "yaml" }, { ".yml", "yaml" },
		      { ".txt", "text" } };
	char name[4096];

	if (c->o.format)
		return c->o.format;
	snprintf(name, sizeof(name), "%.*s", (int)(strlen(c->o.file) - (gzip ? 3 : 0)), c->o.file);
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (ends_with(name, known[i].ending))
			return known[i].format;
	return "pcapng";
}

/* The daemon that is gone took its readers with it: an end of the pipe is one of the record only if it still answers. */
static int check_daemon(struct client *c, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	int rc = c->daemon ? request_simple(c, "Ping", NULL, &a, err) : NW_ECONN;

	ipc_answer_release(&a);
	return rc ? errmsg_set(err, NW_ECONN, "the daemon went away in the middle of the export") : 0;
}

/* A capture that is cut in the middle of a block did not come to its end: who wrote it has died. */
static int check_tail(struct export_run *e, struct errmsg *err)
{
	uint32_t len = 0, again = 0;

	if (e->part.kind != EXPORT_COPY || !e->at)
		return 0;
	if (pread(e->part.fd, &len, 4, (off_t)e->at - 4) == 4 && len >= 12 && len <= e->at &&
	    pread(e->part.fd, &again, 4, (off_t)(e->at - len) + 4) == 4 && again == len)
		return 0;
	return errmsg_set(err, NW_EFAIL, "the packets end in the middle of one: the daemon's reader has ended; its log may say why");
}

static int transfer(struct export_run *e, const char *session, struct errmsg *err)
{
	struct client *c = e->c;
	bool copies = e->part.kind == EXPORT_COPY, more = true;
	int rc;

	e->at = e->part.kind == EXPORT_DECODED ? 0 : e->part.size;
	if (e->part.head) {
		e->head_len = e->part.head + (copies ? 4 : 0);
		e->head = malloc(e->head_len);
		if (!e->head)
			return errmsg_set(err, NW_ELIMIT, "no memory for the head of %s", e->part.path);
	}
	if (c->o.limit && e->part.packets) {
		more = c->o.limit > e->part.packets;
		c->o.limit -= more ? e->part.packets : 0;
	}
	if (!more)
		return 0;
	rc = packets_open(c, session, c->o.skip + e->part.packets, false, c->o.from_ns, &e->from, err);
	if (rc)
		return rc;
	e->begin_ns = loop_monotonic_ns();
	if (!copies)
		rc = start_child(e, err);
	if (!rc)
		rc = copies ? copy(e, err) : through_child(e, err);
	rc = finish_child(e, rc, err);
	if (!rc && !client_interrupted && e->head_len && e->head_got)
		rc = head_done(e, err);
	if (!rc && !client_interrupted)
		rc = check_daemon(c, err);
	if (!rc && !client_interrupted)
		rc = check_tail(e, err);
	if (!rc && !client_interrupted && e->at < e->part.size && ftruncate(e->part.fd, (off_t)e->at))
		rc = errmsg_errno(err, "%s", e->part.temporary);
	return rc;
}

static int put_result(struct export_run *e, const struct view *v, struct errmsg *err)
{
	char text[8192];
	struct json *j = NULL;
	struct jsonout w;
	struct outbuf o;
	int rc;

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_str(&w, "file", e->part.path);
	json_add_str(&w, "format", e->format);
	json_add_str(&w, "session", e->from.session);
	json_add_u64(&w, "bytes", e->at);
	if (e->part.resumed_at)
		json_add_u64(&w, "resumed_at", e->part.resumed_at);
	json_close(&w);
	rc = json_parse(&j, text, outbuf_len(&o), "result", err);
	if (!rc)
		rc = view_render(e->c, v, json_root(j), err);
	json_free(j);
	return rc;
}

static int left_behind(struct export_run *e, int rc, struct errmsg *err)
{
	clear(e);
	if (!rc && client_interrupted)
		rc = errmsg_set(err, NW_EFAIL, "interrupted");
	if (rc && rc != NW_EINPUT && e->at)
		client_say(e->c, 0, "%s stays; the same command goes on with it", e->part.temporary);
	part_leave(&e->part);
	return rc;
}

static enum export_kind kind_of(const struct export_run *e)
{
	if (e->gzip || e->c->nextra)
		return EXPORT_DECODED;
	return !strcmp(e->format, "pcapng") ? EXPORT_COPY : !strcmp(e->format, "pcap") ? EXPORT_RECORDS : EXPORT_DECODED;
}

static int to_file(struct client *c, const struct command *m, const char *session, struct errmsg *err)
{
	struct export_run *e = calloc(1, sizeof(*e));
	char key[KEY_MAX];
	struct ipc_answer a = { 0 };
	size_t len = 0;
	int rc;

	if (!e)
		return errmsg_set(err, NW_ELIMIT, "no memory");
	e->c = c;
	e->part.fd = e->from.fd = e->child_in = e->child_out = -1;
	e->gzip = ends_with(c->o.file, ".gz");
	e->format = guess_format(c, e->gzip);
	rc = daemon_connect(c, true, err);
	if (!rc)
		rc = request_simple(c, "Show", session, &a, err);
	if (!rc)
		rc = make_key(c, e->format, a.data, key, sizeof(key), &len, err);
	snprintf(e->from.session, sizeof(e->from.session), "%s", value_text_or(json_get(a.data, "id"), session));
	ipc_answer_release(&a);
	if (!rc)
		rc = part_open(&e->part, c->o.file, kind_of(e), key, len, c->o.no_resume, err);
	if (!rc && e->part.size)
		client_say(c, 1, "%s: goes on after %llu bytes", e->part.temporary, (unsigned long long)e->part.size);
	interrupts_catch(true);
	if (!rc)
		rc = transfer(e, session, err);
	rc = rc || client_interrupted ? left_behind(e, rc, err) : part_commit(&e->part, err);
	interrupts_catch(false);
	clear(e);
	if (e->from.fd >= 0)
		close(e->from.fd);
	if (!rc)
		rc = put_result(e, m->view, err);
	free(e->head);
	free(e);
	return rc;
}

/* Without a file: standard output, as packets, where captures are refused on a terminal. */
int run_export(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	if (c->o.file && strcmp(c->o.file, "-"))
		return to_file(c, m, argv[0], err);
	c->o.limit_given = true;
	if (!c->o.format && c->output == OUTPUT_TABLE)
		c->o.format = "pcapng";
	return run_packets(c, m, argc, argv, err);
}
