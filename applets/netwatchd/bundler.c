/* SPDX-License-Identifier: MIT */
/*
 * netwatchd bundler: one freeze. Copies the packets of a time range out of the record into a bundle (bundle.h), has reports
 * made of them and writes down what the daemon knew. It has no rights but those of the directory's owner; as it executes
 * nwexport it is not confined further, and it looks into no packet itself.
 *
 * All bundles together have `room`, half of what the session may have: the oldest go first; one that is too large itself
 * begins later (bundle_range.c) or ends early, and says so.
 *
 * It follows the record until the range has passed, so it is asked at the moment of the trigger: what lies before is copied
 * before it is evicted. The events since then come in a second message. When the front goes away meanwhile it goes on: what
 * was to be kept is kept.
 */
#include "api/operations.h"
#include "base/json.h"
#include "base/jsonout.h"
#include "base/shape.h"
#include "bundle.h"
#include "ipc/frame.h"
#include "netwatchd.h"
#include "pcapio/writer.h"
#include "store/progress.h"
#include "store/query.h"
#include "sys/privilege.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	REQUEST_WAIT_MS = 30000, EVENTS_WAIT_MS = 10000, MESSAGE_BYTES = 8192, FREEZE_REQUEST_MAX = 8 << 20, TEXT_BYTES = 65536
};

struct freeze {
	const char *session, *name, *reason;
	int64_t from_ns, at_ns, to_ns;
	uint64_t max_bundles;
	const struct json_value *events, *settings;
	uint64_t room;                 /* bytes of all bundles together; 0: any */
	struct ipc_reader *in;         /* for the events since at_ns */
};

static const struct shape_row rows[] = {
	SHAPE_STRING("name", struct freeze, name, NULL, "of the bundle", .required = true, .max = BUNDLE_NAME_MAX - 1),
	SHAPE_TIME("from", struct freeze, from_ns, "packets from this time on", .required = true),
	SHAPE_TIME("at", struct freeze, at_ns, "of the trigger; absent: there is none before `to`"),
	SHAPE_TIME("to", struct freeze, to_ns, "and up to this one", .required = true),
	SHAPE_STRING("reason", struct freeze, reason, "", "why", .max = 4096),
	SHAPE_U64("max_bundles", struct freeze, max_bundles, "0", 0, 0, "the oldest go beyond so many; 0: all stay"),
	SHAPE_SIZE("room", struct freeze, room, "0", 0, 0, "bytes of all bundles together; 0: any"),
	SHAPE_VALUE("events", struct freeze, events, "of the session in that time"),
	SHAPE_VALUE("settings", struct freeze, settings, "of the session"),
	SHAPE_END
};

/* The second message. */
struct later {
	const struct json_value *events;
};

static const struct shape_row later_rows[] = {
	SHAPE_VALUE("events", struct later, events, "of the session between at and to"),
	SHAPE_END
};

/* What was copied. */
struct copied {
	uint64_t packets, bytes, file_bytes;
	int64_t first_ns, last_ns;
	struct query_done done;
};

/* ---- packets -------------------------------------------------------------------------------------- */

struct copying {
	struct query *query;
	struct writer *writer;
	uint32_t *numbers;
	uint32_t known;
	struct bundle *bundle;
	uint64_t room, looked;         /* as in struct freeze; bytes of the file at the last look */
};

static int add_interfaces(struct copying *c, struct errmsg *err)
{
	uint32_t count = query_interfaces(c->query), *grown = reallocarray(c->numbers, count, sizeof(*grown));
	int rc = 0;

	if (!grown)
		return errmsg_set(err, NW_ELIMIT, "no memory for %u interfaces", count);
	c->numbers = grown;
	for (; !rc && c->known < count; c->known++)
		rc = writer_add_interface(c->writer, query_interface(c->query, c->known), &grown[c->known], err);
	return rc;
}

/* Room for some packets more; three quarters of it at most, so that reports find some. */
static bool has_room(struct copying *c)
{
	uint64_t step = c->room / 64 + 1, bytes = writer_bytes(c->writer);

	if (!c->room || bytes - c->looked < step)
		return true;
	c->looked = bytes;
	return bytes + 2 * step <= c->room / 4 * 3 && bundle_room(c->bundle, c->room - 2 * step);
}

static int copy_all(struct copying *c, struct copied *sum, struct errmsg *err)
{
	struct frame f;
	int rc;

	for (;;) {
		rc = query_next(c->query, &f, err);
		if (rc < 0 || (!rc && query_ended(c->query)))
			return rc;
		if (!rc) {
			poll(NULL, 0, (int)query_delay_ms(c->query));
			continue;
		}
		rc = f.ifid < c->known ? 0 : add_interfaces(c, err);
		if (!rc)
			rc = writer_frame(c->writer, &f, c->numbers[f.ifid], NULL, err);
		if (rc)
			return rc;
		if (!sum->packets++ || f.ts_ns < sum->first_ns)
			sum->first_ns = f.ts_ns;
		if (sum->packets == 1 || f.ts_ns > sum->last_ns)
			sum->last_ns = f.ts_ns;
		sum->bytes += f.wirelen;
		if (!has_room(c)) {
			bundle_problem(c->bundle, "packets.pcapng", "ends early, bundles may take half of the session's room (limits.bytes)");
			return 0;
		}
	}
}

static int copy_packets(const struct freeze *f, struct bundle *b, const struct progress_page *progress,
			struct copied *sum, struct errmsg *err)
{
	struct query_options o = QUERY_OPTIONS_ALL(SESSION_DIR_FD);
	struct writer_options to = { .format = FORMAT_PCAPNG, .comment = f->reason[0] ? f->reason : NULL };
	struct copying c = { .bundle = b, .room = f->room };
	bool two_sides = f->at_ns < f->to_ns;
	uint64_t packets = f->room / 4 * 3;
	int rc, fd = bundle_file(b, "packets.pcapng", &rc, err);

	o.from_ns = f->from_ns;
	o.to_ns = f->to_ns;
	o.progress = progress;
	if (!rc)
		rc = bundle_range(b, &o, f->at_ns, two_sides ? packets / 2 : packets, err);
	o.follow = true;
	if (!rc)
		rc = query_open(&c.query, &o, err);
	if (!rc)
		rc = writer_open(&c.writer, fd, "packets.pcapng", &to, err);
	if (!rc)
		rc = copy_all(&c, sum, err);
	if (!rc)
		rc = writer_flush(c.writer, err);
	if (c.writer)
		sum->file_bytes = writer_bytes(c.writer);
	writer_close(c.writer, NULL);
	if (c.query)
		query_done(c.query, &sum->done);
	if (sum->done.missed_segments)
		bundle_problem(b, "packets.pcapng", "packets were evicted before they were copied (missed_packets)");
	query_close(c.query);
	free(c.numbers);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* ---- what is known ---------------------------------------------------------------------------------- */

/* Waits until `to` has passed and the front has said what happened since `at`. It may have gone away: then without. */
static void receive_later(const struct freeze *f, struct bundle *b, struct json **doc, struct later *later)
{
	struct errmsg err;
	struct timespec now;
	struct ipc_message m;
	int64_t wait_ms;
	int rc;

	if (f->at_ns >= f->to_ns)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	wait_ms = (f->to_ns - now.tv_sec * 1000000000ll - now.tv_nsec) / 1000000;
	wait_ms = (wait_ms > 0 ? wait_ms : 0) + EVENTS_WAIT_MS;
	rc = ipc_receive(f->in, CONTROL_FD, wait_ms < INT32_MAX ? (int)wait_ms : INT32_MAX, &m, &err);
	if (!rc)
		rc = json_reparse(doc, m.text, m.len, FREEZE_REQUEST_MAX, "events", &err);
	if (!rc)
		rc = shape_request(later_rows, json_root(*doc), later, &err);
	if (rc)
		bundle_problem(b, "events.ndjson", rc == NW_ECLOSED ? "ends at the trigger: the daemon went away" : err.text);
}

static void put_events(struct outbuf *o, const struct json_value *events)
{
	struct json_iter it = { 0 };
	const struct json_value *v;

	while ((v = json_each(events, &it, NULL))) {
		struct jsonout w;

		jsonout_begin(&w, o);
		json_copy(&w, v);
		outbuf_char(o, '\n');
	}
}

static int write_events(const struct freeze *f, struct bundle *b, struct errmsg *err)
{
	struct later later = { NULL };
	struct json *doc = NULL;
	struct outbuf o;
	int rc, fd = bundle_file(b, "events.ndjson", &rc, err);

	if (!rc)
		rc = outbuf_to_fd(&o, fd, TEXT_BYTES, err);
	if (!rc) {
		receive_later(f, b, &doc, &later);
		put_events(&o, f->events);
		put_events(&o, later.events);
		json_free(doc);
		rc = outbuf_flush(&o, err);
		outbuf_release(&o);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

static void put_description(struct outbuf *o, const struct freeze *f, const struct bundle *b, const struct copied *sum)
{
	struct timespec now;
	struct jsonout w;

	clock_gettime(CLOCK_REALTIME, &now);
	jsonout_begin(&w, o);
	w.indent = 2;
	json_open_object(&w);
	json_add_str(&w, "name", f->name);
	json_add_str(&w, "session", f->session);
	json_add_str(&w, "reason", f->reason);
	json_add_ns(&w, "created", now.tv_sec * 1000000000ll + now.tv_nsec);
	json_add_ns(&w, "from", f->from_ns);
	json_add_ns(&w, "to", f->to_ns);
	json_add_u64(&w, "packets", sum->packets);
	json_add_u64(&w, "bytes", sum->bytes);
	json_add_u64(&w, "file_bytes", sum->file_bytes);
	if (sum->packets) {
		json_add_ns(&w, "first_packet", sum->first_ns);
		json_add_ns(&w, "last_packet", sum->last_ns);
	}
	json_add_u64(&w, "missed_packets", sum->done.missed_packets);
	json_add_u64(&w, "missed_segments", sum->done.missed_segments);
	json_add_array(&w, "problems");
	if (sum->done.damaged)
		json_put_str(&w, sum->done.damage);
	for (unsigned i = 0; i < b->problem_count; i++)
		json_put_str(&w, b->problems[i]);
	json_close(&w);
	if (f->settings) {
		json_key(&w, "settings");
		json_copy(&w, f->settings);
	}
	json_close(&w);
	outbuf_char(o, '\n');
}

static int write_description(const struct freeze *f, const struct bundle *b, const struct copied *sum, struct errmsg *err)
{
	struct outbuf o;
	int rc, fd = bundle_file(b, "bundle.json", &rc, err);

	if (!rc)
		rc = outbuf_to_fd(&o, fd, TEXT_BYTES, err);
	if (!rc) {
		put_description(&o, f, b, sum);
		rc = outbuf_flush(&o, err);
		outbuf_release(&o);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* ---- the freeze ------------------------------------------------------------------------------------------ */

/* Where people find it. */
static void add_path(struct jsonout *w, const char *name)
{
	char link[40], path[4096 + BUNDLE_NAME_MAX + 16];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", SESSION_DIR_FD);
	n = readlink(link, path, 4096);
	if (n <= 0 || n == 4096)
		return;
	snprintf(path + n, sizeof(path) - (size_t)n, "/bundles/%s", name);
	json_add_str(w, "path", path);
}

static void tell(const char *name, int code, const struct errmsg *err, const struct copied *sum)
{
	char buf[MESSAGE_BYTES];
	struct outbuf o;
	struct jsonout w;
	const char *text;

	outbuf_fixed(&o, buf, sizeof(buf));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_str(&w, "type", code ? "failed" : "done");
	if (name)
		json_add_str(&w, "name", name);
	if (code) {
		json_add_str(&w, "code", api_errors[api_error_of(code)].code);
		json_add_str(&w, "message", err->text);
	} else {
		json_add_u64(&w, "packets", sum->packets);
		json_add_u64(&w, "bytes", sum->file_bytes);
		add_path(&w, name);
	}
	json_close(&w);
	text = outbuf_cstr(&o);
	if (jsonout_end(&w))
		ipc_send(CONTROL_FD, text, strlen(text), NULL, 0, NULL);
}

/* What is large and can be made again goes first. */
static void fit(const struct freeze *f, struct bundle *b)
{
	static const char *const files[] = { "flows.csv", "statistics.json", "summary.txt" };

	for (unsigned i = 0; f->room && i < 3 && !bundle_room(b, f->room); i++)
		if (!unlinkat(b->fd, files[i], 0))
			bundle_problem(b, files[i], "left out, bundles may take half of the session's room (limits.bytes)");
}

static int make_bundle(const struct freeze *f, const struct progress_page *progress, struct copied *sum, struct errmsg *err)
{
	struct bundle b = { .all_fd = -1, .fd = -1 };
	int rc = bundle_name_valid(f->name) ? 0 : errmsg_set(err, NW_EINPUT, "this is no name of a bundle");

	if (!rc)
		rc = bundle_begin(&b, SESSION_DIR_FD, f->name, err);
	if (!rc)
		rc = copy_packets(f, &b, progress, sum, err);
	if (!rc)
		rc = write_events(f, &b, err);
	if (!rc) {
		bundle_reports(&b);
		fit(f, &b);
		rc = write_description(f, &b, sum, err);
	}
	if (!rc)
		rc = bundle_finish(&b, err);
	if (!rc)
		bundle_keep(&b, f->max_bundles);
	bundle_abandon(&b); /* nothing of it is left to remove once it is finished */
	return rc;
}

static int drop_rights(struct errmsg *err)
{
	struct privilege_needs needs = { .run_programs = true, .as_owner = getuid() == 0, .owner_fd = SESSION_DIR_FD };
	struct privilege_report report;

	return privilege_drop(&needs, &report, err);
}

int bundler_main(const char *session_id)
{
	const struct progress_page *progress = NULL;
	struct freeze f = { .name = NULL };
	struct copied sum = { 0 };
	struct errmsg err = { "" };
	struct ipc_reader in;
	struct ipc_message m;
	struct json *j = NULL;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	for (int fd = CONTROL_FD; fd <= PROGRESS_FD; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC); /* not for nwexport */
	ipc_reader_init(&in, FREEZE_REQUEST_MAX);
	rc = drop_rights(&err);
	if (!rc) {
		progress = progress_open(PROGRESS_FD, NULL);
		rc = ipc_receive(&in, CONTROL_FD, REQUEST_WAIT_MS, &m, &err);
	}
	if (!rc)
		rc = json_reparse(&j, m.text, m.len, FREEZE_REQUEST_MAX, "request", &err);
	if (!rc)
		rc = shape_request(rows, json_root(j), &f, &err);
	f.session = session_id;
	f.in = &in;
	if (!f.at_ns || f.at_ns > f.to_ns)
		f.at_ns = f.to_ns;
	if (!rc)
		rc = make_bundle(&f, progress, &sum, &err);
	if (rc != NW_ECLOSED)
		tell(f.name, rc, &err, &sum);
	json_free(j);
	ipc_reader_release(&in);
	progress_close(progress);
	return errmsg_exit_code(rc);
}
