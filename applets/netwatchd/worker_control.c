/* SPDX-License-Identifier: MIT */
/*
 * The worker's side of its control socket (messages: netwatchd.h). One front at a time:
 *
 *	listening ──connects──> linked ──goes away, breaks the rules, does not read──> listening (and recording)
 *
 * Who connects must run as the owner of the session, or as root. Nothing that comes from there ends the recording but
 * "stop"; a front that sends what is no message loses its connection and may connect again.
 */
#include "worker.h"
#include "base/json.h"
#include "base/shape.h"
#include "base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LAST_WORDS_MS = 3000 };

/* ---- to the front ------------------------------------------------------------------------------ */

bool worker_send(struct worker *w, const char *text, size_t len)
{
	return w->link.io.loop && !ipc_link_send(&w->link, text, len, NULL, 0, NULL);
}

/* Duplicates of the packet sockets, behind `n` descriptors that are there; their number. */
static unsigned add_sockets(const struct worker *w, int *fds, unsigned n)
{
	for (unsigned i = 0; i < w->nsources && n < IPC_FDS_MAX; i++) {
		int fd = w->sources[i].lost ? -1 : fcntl(capture_fd(w->sources[i].capture), F_DUPFD_CLOEXEC, 3);

		if (fd >= 0)
			fds[n++] = fd;
	}
	return n;
}

static void add_interfaces(struct jsonout *j, const struct worker *w)
{
	json_add_array(j, "interfaces");
	for (unsigned i = 0; i < w->nsources; i++) {
		const struct interface *f = capture_interface(w->sources[i].capture);

		if (!w->sources[i].lost)
			json_put_str(j, f->name);
	}
	json_close(j);
	json_add_array(j, "rings");
	for (unsigned i = 0; i < w->nsources; i++)
		if (!w->sources[i].lost)
			json_put_u64(j, capture_buffer_bytes(w->sources[i].capture));
	json_close(j);
	json_add_array(j, "linktypes");
	for (unsigned i = 0; i < w->nsources; i++)
		if (!w->sources[i].lost)
			json_put_u64(j, capture_interface(w->sources[i].capture)->linktype);
	json_close(j);
}

static void say_hello(struct worker *w)
{
	int fds[IPC_FDS_MAX] = { fcntl(w->progress_fd, F_DUPFD_CLOEXEC, 3) };
	unsigned nfds = fds[0] >= 0;
	char text[WORKER_EVENT_MAX];
	struct jsonout j;
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&j, &o);
	json_open_object(&j);
	json_add_str(&j, "type", "hello");
	json_add_str(&j, "session", w->id);
	json_add_u64(&j, "pid", (uint64_t)getpid());
	json_add_bool(&j, "recording", w->started_ns != 0);
	json_add_str(&j, "version", NWBOX_VERSION);
	if (w->started_ns) {
		json_add_ns(&j, "started", w->started_ns);
		add_interfaces(&j, w);
		nfds = add_sockets(w, fds, nfds);
	}
	json_close(&j);
	ipc_link_send(&w->link, text, outbuf_len(&o), fds, nfds, NULL);
}

void worker_say_ready(struct worker *w)
{
	int fds[IPC_FDS_MAX];
	unsigned nfds = add_sockets(w, fds, 0);
	char text[WORKER_EVENT_MAX];
	struct jsonout j;
	struct outbuf o;
	uint64_t received = 0;

	worker_look(w);
	for (unsigned i = 0; i < w->nsources; i++)
		received += w->sources[i].known.received;
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&j, &o);
	json_open_object(&j);
	json_add_str(&j, "type", "ready");
	json_add_ns(&j, "started", w->started_ns);
	json_add_u64(&j, "received", received);
	add_interfaces(&j, w);
	json_close(&j);
	ipc_link_send(&w->link, text, outbuf_len(&o), fds, nfds, NULL);
}

/* ---- from the front ---------------------------------------------------------------------------- */

static void hang_up(struct worker *w);

static const struct shape_row order_rows[] = {
	SHAPE_U64("packets_done", struct worker_orders, packets_done, NULL, 0, 0, "packets of earlier runs",
		  .given = offsetof(struct worker_orders, packets_given)),
	SHAPE_SIZE("bytes_done", struct worker_orders, bytes_done, NULL, 0, 0, "bytes of earlier runs",
		   .given = offsetof(struct worker_orders, bytes_given)),
	SHAPE_DURATION("duration_done", struct worker_orders, duration_done_ns, NULL, 0, 0, "time of earlier runs"),
	SHAPE_DURATION("orphan_time", struct worker_orders, orphan_ns, "10m", 0, 0, "how long it records without netwatchd"),
	SHAPE_END
};

int worker_read_orders(struct worker *w, const struct json_value *root, struct worker_orders *o, struct errmsg *err)
{
	int bad;

	*o = (struct worker_orders){ 0 };
	bad = shape_request(order_rows, root, o, err);
	if (!bad)
		bad = settings_read(&w->settings, root, err);
	if (!bad && !w->settings.interface_count)
		bad = errmsg_set(err, NW_EINPUT, "interfaces: a session needs one at least");
	w->orphan_ns = o->orphan_ns;
	return bad;
}

struct limits_message {
	uint64_t bytes, free_bytes;
	int64_t age_ns;
	double free_percent;
};

static int limits(struct worker *w, const struct json_value *root)
{
	static const struct shape_row rows[] = {
		SHAPE_SIZE("bytes", struct limits_message, bytes, NULL, 0, 0, "of all files"),
		SHAPE_DURATION("age", struct limits_message, age_ns, NULL, 0, 0, "of a segment"),
		SHAPE_PERCENT("free_percent", struct limits_message, free_percent, NULL, "of the file system"),
		SHAPE_SIZE("free_bytes", struct limits_message, free_bytes, NULL, 0, 0, "of the file system"),
		SHAPE_END
	};
	struct limits_message m = { 0 };
	int bad = shape_request(rows, json_get(root, "limits"), &m, &w->err);

	if (bad)
		return errmsg_prefix(&w->err, bad, "limits");
	w->settings.limits = (struct space_limits){ .bytes = m.bytes, .age_ns = m.age_ns, .free_bytes = m.free_bytes,
						    .free_percent = (unsigned)(m.free_percent + 0.5) };
	record_set_limits(w->record, &w->settings.limits);
	return 0;
}

struct loss_message {
	int kind;
	bool packets_given;
	uint64_t packets, bytes;
	int64_t from_ns, to_ns;
	const char *note;
};

/* What the front found out after a crash. */
static int loss(struct worker *w, const struct json_value *root)
{
	static const struct shape_row rows[] = {
		SHAPE_CHOICE("kind", struct loss_message, kind, NULL, "kernel interface disk crash not_running subscriber",
			     "why", .required = true),
		SHAPE_U64("packets", struct loss_message, packets, NULL, 0, 0, "how many",
			  .given = offsetof(struct loss_message, packets_given)),
		SHAPE_U64("bytes", struct loss_message, bytes, NULL, 0, 0, "how many"),
		SHAPE_TIME("from", struct loss_message, from_ns, "not before"),
		SHAPE_TIME("to", struct loss_message, to_ns, "not after"),
		SHAPE_STRING("note", struct loss_message, note, "", "a sentence"),
		SHAPE_END
	};
	struct loss_message m = { 0 };
	struct ledger_entry e;
	int bad = shape_request(rows, root, &m, &w->err);

	if (bad)
		return errmsg_prefix(&w->err, bad, "loss");
	e = (struct ledger_entry){ .kind = (uint8_t)m.kind, .from_ns = m.from_ns, .to_ns = m.to_ns, .bytes = m.bytes,
				   .has_packets = m.packets_given, .packets = m.packets };
	snprintf(e.note, sizeof(e.note), "%s", m.note);
	return ledger_append(SESSION_DIR_FD, &e, &w->err);
}

static int evict(struct worker *w, const struct json_value *root)
{
	bool ok;
	uint64_t bytes = json_u64(json_get(root, "bytes"), &ok);

	if (!ok)
		return errmsg_set(&w->err, NW_EINPUT, "evict: bytes is missing");
	record_evict(w->record, bytes);
	return 0;
}

static int message(struct worker *w, const struct json_value *root)
{
	const struct json_value *type = json_get(root, "type");

	if (json_is(type, "configure")) {
		if (w->started_ns)
			return 0; /* to one that records already */
		worker_configure(w, root);
		return 0;
	}
	if (json_is(type, "stop")) {
		worker_end(w, "stop", 0);
		return 0;
	}
	if (!w->started_ns)
		return errmsg_set(&w->err, NW_EINPUT, "configure is to come first");
	if (json_is(type, "limits"))
		return limits(w, root);
	if (json_is(type, "evict"))
		return evict(w, root);
	if (json_is(type, "loss"))
		return loss(w, root);
	if (json_is(type, "rotate"))
		record_rotate(w->record);
	return 0; /* of a newer front */
}

static void on_message(struct ipc_link *l, struct ipc_message *m)
{
	struct worker *w = container_of(l, struct worker, link);
	struct json *j;
	int bad;

	if (w->reason)
		return; /* it ends already */
	bad = json_parse(&j, m->text, m->len, "message", &w->err);
	if (!bad && json_type(json_root(j)) != JSON_OBJECT)
		bad = errmsg_set(&w->err, NW_EINPUT, "a message is an object");
	if (!bad)
		bad = message(w, json_root(j));
	json_free(j);
	if (bad)
		worker_log(w, LEVEL_WARNING, "from netwatchd: %s", w->err.text);
	if (bad == NW_EINPUT)
		hang_up(w);
}

/* ---- connecting -------------------------------------------------------------------------------- */

static void orphan_timer(struct loop_timer *t)
{
	worker_end(container_of(t, struct worker, orphan), "orphaned", 0);
}

static void listen_again(struct worker *w)
{
	if (w->reason)
		return;
	w->orphan.fire = orphan_timer;
	loop_add_timer(&w->loop, &w->orphan, loop_monotonic_ns() + w->orphan_ns);
	if (loop_add_fd(&w->loop, &w->listener, &w->err))
		worker_log(w, LEVEL_ERROR, "%s; it ends when its time without netwatchd has passed", w->err.text);
}

static void on_close(struct ipc_link *l, const char *reason)
{
	struct worker *w = container_of(l, struct worker, link);

	if (*reason)
		worker_log(w, LEVEL_WARNING, "netwatchd is not heard any more: %s", reason);
	listen_again(w);
}

static void hang_up(struct worker *w)
{
	ipc_link_close(&w->link);
	listen_again(w);
}

/* Anybody who may write to the socket's directory can connect; only the front may give orders. */
static bool is_front(const struct worker *w, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && (peer.uid == w->uid || peer.uid == 0);
}

static void on_connect(struct loop_fd *h, uint32_t events)
{
	struct worker *w = container_of(h, struct worker, listener);
	int fd = accept4(h->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return; /* it has given up */
	if (!is_front(w, fd)) {
		worker_log(w, LEVEL_WARNING, "somebody else connected to the control socket and was refused");
		close(fd);
		return;
	}
	w->link.on_message = on_message;
	w->link.on_close = on_close;
	if (ipc_link_open(&w->link, &w->loop, fd, WORKER_MESSAGE_MAX, WORKER_QUEUE_MAX, &w->err)) {
		worker_log(w, LEVEL_WARNING, "%s", w->err.text);
		return;
	}
	loop_remove_fd(&w->listener);
	loop_remove_timer(&w->orphan);
	say_hello(w);
	worker_tell_kept(w);
}

int worker_control_open(struct worker *w, struct errmsg *err)
{
	int flags = fcntl(CONTROL_FD, F_GETFL);

	if (flags < 0 || fcntl(CONTROL_FD, F_SETFL, flags | O_NONBLOCK) || fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC))
		return errmsg_set(err, NW_EINPUT, "netwatchd starts workers; descriptor 3 is no socket");
	w->listener = (struct loop_fd){ .fd = CONTROL_FD, .events = LOOP_READ, .ready = on_connect };
	return loop_add_fd(&w->loop, &w->listener, err);
}

/* The last message is worth a moment: the front would call an end without it a crash. */
void worker_control_close(struct worker *w)
{
	int64_t until = loop_monotonic_ns() + LAST_WORDS_MS * INT64_C(1000000);

	loop_remove_fd(&w->listener);
	w->loop.stopping = false;
	while (w->link.io.loop && !ipc_queue_empty(&w->link.queue) && loop_monotonic_ns() < until)
		if (loop_once(&w->loop, 100, NULL))
			break;
	ipc_link_close(&w->link);
}
