/* SPDX-License-Identifier: MIT */
/*
 * netwatchd reader: a record, or what a filter finds in it, as pcapng into a pipe, for one client that has the other end.
 * Everything else that a client may want of packets (formats, fields, reports) it makes of that stream itself.
 *
 *	request  fd 3 --> [reader] -- pcapng --> fd 1 (pipe, its other end is the client's)
 *	started, done  <----'  `--- reads --- fd 4 (the session's directory), fd 5 (how far the writer got)
 *
 * It drops all rights before it reads the request. A client that reads slowly makes this process wait and nobody else; one that
 * went away, or a front that closed the socket, ends it at once: both are looked at while it writes, waits and searches.
 */
#include "api/operations.h"
#include "base/json.h"
#include "base/jsonout.h"
#include "base/message.h"
#include "base/shape.h"
#include "bundle.h"
#include "ipc/frame.h"
#include "netwatchd.h"
#include "pcapio/writer.h"
#include "store/progress.h"
#include "store/query.h"
#include "sys/io.h"
#include "sys/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20, REQUEST_WAIT_MS = 30000, FLUSH_MS = 200, MESSAGE_BYTES = 2048 };

struct asked {
	const char *filter, *bundle, *after;
	int64_t from_ns, to_ns;
	bool from_given, to_given, follow, display;
	uint64_t limit, skip;
};

static const struct shape_row rows[] = {
	SHAPE_STRING("filter", struct asked, filter, NULL, "which packets", .max = 65536),
	SHAPE_BOOL("display", struct asked, display, "true", "the filter is a display filter, not libpcap's language"),
	SHAPE_TIME("from", struct asked, from_ns, "packets from this time on", .given = offsetof(struct asked, from_given)),
	SHAPE_TIME("to", struct asked, to_ns, "and up to this one", .given = offsetof(struct asked, to_given)),
	SHAPE_U64("limit", struct asked, limit, "0", 0, 0, "packets at most"),
	SHAPE_U64("skip", struct asked, skip, "0", 0, 0, "matches to pass over first"),
	SHAPE_BOOL("follow", struct asked, follow, "false", "go on with what comes"),
	SHAPE_STRING("bundle", struct asked, bundle, NULL, "this bundle instead of the record", .max = BUNDLE_NAME_MAX - 1),
	SHAPE_STRING("after", struct asked, after, NULL, "go on behind this place", .max = 43),
	SHAPE_END
};

struct serving {
	struct query *query;
	struct writer *writer;
	const struct progress_page *progress;
	char bundle[BUNDLE_NAME_MAX + 40];
	uint32_t *numbers;        /* of the query's interfaces in the stream */
	uint32_t known;
	uint64_t packets;         /* given to the writer */
	int64_t flushed_ns;
	bool gone;                /* nobody wants to read on */
};

/* ---- messages ---------------------------------------------------------------------------------- */

static void tell(struct outbuf *o, struct jsonout *w)
{
	const char *text;

	json_close(w);
	text = outbuf_cstr(o);
	if (jsonout_end(w))
		ipc_send(CONTROL_FD, text, strlen(text), NULL, 0, NULL); /* the front may be gone: nobody else wants to know */
}

static void begin(struct outbuf *o, struct jsonout *w, char *buf, const char *type)
{
	outbuf_fixed(o, buf, MESSAGE_BYTES);
	jsonout_begin(w, o);
	json_open_object(w);
	json_add_str(w, "type", type);
}

static void tell_failed(int code, const struct errmsg *err)
{
	char buf[MESSAGE_BYTES];
	struct outbuf o;
	struct jsonout w;

	begin(&o, &w, buf, "failed");
	json_add_str(&w, "code", api_errors[api_error_of(code)].code);
	json_add_str(&w, "message", err->text);
	tell(&o, &w);
}

static void tell_started(const struct query *q)
{
	char buf[MESSAGE_BYTES];
	struct query_cost c;
	struct outbuf o;
	struct jsonout w;

	query_cost(q, &c);
	begin(&o, &w, buf, "started");
	json_add_u64(&w, "chunks", c.chunks);
	json_add_u64(&w, "chunks_read", c.chunks_read);
	json_add_u64(&w, "bytes", c.bytes_read);
	if (c.packets_known)
		json_add_u64(&w, "packets_at_most", c.packets_at_most);
	if (query_hint(q)[0])
		json_add_str(&w, "hint", query_hint(q));
	tell(&o, &w);
}

static void tell_done(const struct serving *s, uint64_t bytes)
{
	struct query_position last = query_position(s->query);
	char buf[MESSAGE_BYTES], position[44];
	struct query_done d;
	struct outbuf o;
	struct jsonout w;

	query_done(s->query, &d);
	begin(&o, &w, buf, "done");
	json_add_u64(&w, "packets", s->packets);
	json_add_u64(&w, "bytes", bytes);
	if (last.segment) {
		query_position_format(position, &last);
		json_add_str(&w, "last", position);
	}
	if (d.missed_segments) {
		json_add_u64(&w, "missed_segments", d.missed_segments);
		json_add_u64(&w, "missed_packets", d.missed_packets);
	}
	if (d.damaged)
		json_add_str(&w, "damage", d.damage);
	tell(&o, &w);
}

/* ---- who still reads ------------------------------------------------------------------------------ */

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* Waits up to `ms` for `events` of the pipe, or for its reader or the front to go away (s->gone). */
static void look(struct serving *s, short events, int ms)
{
	struct pollfd p[] = { { .fd = STDOUT_FILENO, .events = events }, { .fd = CONTROL_FD, .events = POLLRDHUP } };

	if (poll(p, 2, ms) <= 0)
		return;
	s->gone |= (p[0].revents & (POLLERR | POLLNVAL)) || (p[1].revents & (POLLHUP | POLLRDHUP | POLLERR | POLLNVAL));
}

/* The writer's sink: whole, but it gives up when nobody reads. */
static int to_pipe(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct serving *s = user;

	while (len && !s->gone) {
		ssize_t n = write(STDOUT_FILENO, data, len);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			look(s, POLLOUT, -1);
		} else if (n < 0 && errno == EPIPE) {
			s->gone = true;
		} else if (n < 0 && errno != EINTR) {
			return errmsg_errno(err, "the pipe to the client");
		}
	}
	s->flushed_ns = now_ns();
	return s->gone ? NW_ECLOSED : 0;
}

/* While the query searches: what was found should not wait for more. */
static bool go_on(void *user)
{
	struct serving *s = user;

	look(s, 0, 0);
	if (!s->gone && s->writer && now_ns() - s->flushed_ns > FLUSH_MS * 1000000ll)
		writer_flush(s->writer, NULL); /* its error comes again with the next packet */
	return !s->gone;
}

/* ---- the request ------------------------------------------------------------------------------------- */

static int drop_rights(struct errmsg *err)
{
	struct privilege_needs needs = { .as_owner = getuid() == 0, .owner_fd = SESSION_DIR_FD, .read_dir = "." };
	struct privilege_report report;

	if (fchdir(SESSION_DIR_FD))
		return errmsg_errno(err, "the session's directory");
	return privilege_drop(&needs, &report, err);
}

static int options_of(struct serving *s, const struct asked *a, struct query_options *o, struct errmsg *err)
{
	*o = (struct query_options)QUERY_OPTIONS_ALL(SESSION_DIR_FD);
	if (a->bundle && !bundle_name_valid(a->bundle))
		return errmsg_set(err, NW_EINPUT, "this is no name of a bundle");
	if (a->after && !query_position_parse(a->after, &o->after))
		return errmsg_set(err, NW_EINPUT, "after: %.43s is no place, as in 12:345", a->after);
	if (a->bundle) {
		snprintf(s->bundle, sizeof(s->bundle), "bundles/%s/packets.pcapng", a->bundle);
		o->file = s->bundle;
	}
	if (a->display)
		o->filter = a->filter;
	else
		o->capture_filter = a->filter;
	if (a->from_given)
		o->from_ns = a->from_ns;
	if (a->to_given)
		o->to_ns = a->to_ns;
	o->limit = a->limit;
	o->skip = a->skip;
	o->follow = a->follow;
	o->progress = s->progress;
	o->go_on = go_on;
	o->user = s;
	return 0;
}

/* Reads the request and opens the query. NW_ECLOSED: there will be no request. */
static int take_request(struct serving *s, struct errmsg *err)
{
	struct asked a = { 0 };
	struct query_options o;
	struct ipc_reader in;
	struct ipc_message m;
	struct json *j = NULL;
	int rc;

	ipc_reader_init(&in, IPC_REQUEST_MAX);
	rc = ipc_receive(&in, CONTROL_FD, REQUEST_WAIT_MS, &m, err);
	if (!rc)
		rc = json_parse(&j, m.text, m.len, "request", err);
	if (!rc && !json_is(json_get(json_root(j), "type"), "open"))
		rc = errmsg_set(err, NW_EINPUT, "a reader takes a request of type open");
	if (!rc)
		rc = shape_request(rows, json_root(j), &a, err);
	if (!rc)
		rc = options_of(s, &a, &o, err);
	if (!rc)
		rc = query_open(&s->query, &o, err);
	json_free(j);
	ipc_reader_release(&in);
	return rc;
}

/* ---- the stream ------------------------------------------------------------------------------------------ */

static int add_interfaces(struct serving *s, struct errmsg *err)
{
	uint32_t count = query_interfaces(s->query), *grown = reallocarray(s->numbers, count, sizeof(*grown));
	int rc = 0;

	if (!grown)
		return errmsg_set(err, NW_ELIMIT, "no memory for %u interfaces", count);
	s->numbers = grown;
	for (; !rc && s->known < count; s->known++)
		rc = writer_add_interface(s->writer, query_interface(s->query, s->known), &grown[s->known], err);
	return rc;
}

static int stream(struct serving *s, struct errmsg *err)
{
	struct frame f;
	int rc;

	for (;;) {
		rc = query_next(s->query, &f, err);
		if (rc < 0)
			return rc;
		if (rc > 0) {
			rc = f.ifid < s->known ? 0 : add_interfaces(s, err);
			if (!rc)
				rc = writer_frame(s->writer, &f, s->numbers[f.ifid], NULL, err);
			if (rc)
				return rc;
			s->packets++;
			continue;
		}
		if (s->gone || query_ended(s->query))
			return 0;
		rc = writer_flush(s->writer, err);
		if (rc)
			return rc;
		look(s, 0, (int)query_delay_ms(s->query));
		if (s->gone)
			return 0;
	}
}

static int serve(struct serving *s, struct errmsg *err)
{
	struct writer_options o = { .format = FORMAT_PCAPNG, .sink = to_pipe, .sink_user = s };
	uint64_t bytes;
	int rc;

	io_grow_pipe(STDOUT_FILENO, PIPE_BYTES);
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	rc = writer_open(&s->writer, STDOUT_FILENO, "the pipe to the client", &o, err);
	if (rc)
		return rc;
	tell_started(s->query);
	rc = stream(s, err);
	if (!rc && !s->gone)
		rc = writer_flush(s->writer, err);
	bytes = writer_bytes(s->writer);
	writer_close(s->writer, NULL);
	s->writer = NULL;
	close(STDOUT_FILENO);
	if (rc && !s->gone)
		return rc;
	tell_done(s, bytes);
	return 0;
}

int reader_main(const char *session_id)
{
	struct serving s = { .query = NULL };
	struct errmsg err = { "" };
	int rc;

	signal(SIGPIPE, SIG_IGN);
	rc = drop_rights(&err);
	if (!rc) {
		s.progress = progress_open(PROGRESS_FD, NULL); /* /dev/null: nobody records */
		rc = take_request(&s, &err);
	}
	if (!rc)
		rc = serve(&s, &err);
	if (rc && rc != NW_ECLOSED) {
		tell_failed(rc, &err);
		if (rc != NW_EINPUT)
			message_printf("netwatchd", "reader of %s: %s", session_id, err.text);
	}
	query_close(s.query);
	progress_close(s.progress);
	free(s.numbers);
	return errmsg_exit_code(rc);
}
