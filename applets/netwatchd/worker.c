/* SPDX-License-Identifier: MIT */
/*
 * The life of a worker:
 *
 *	executed ──> connected ──configure──> interfaces opened ──> rights dropped ──> record opened ──> packets ──> done
 *	                                      (CAP_NET_RAW, netns)   uid, capabilities,   as the owner     one loop
 *	                                                             Landlock, seccomp
 *
 * Nothing ends it but "stop", a limit of the session, the loss of its last interface, or too long a time without a
 * netwatchd. That a disk is full is the record's affair (store/record.h); that the front is killed, worker_control.c's.
 *
 * It leaves the terminal and the process group of the daemon: what is typed there is meant for the daemon, which says
 * "stop". SIGTERM is what a system sends that shuts down: the record is closed orderly.
 */
#include "worker.h"
#include "base/json.h"
#include "base/message.h"
#include "sys/privilege.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ORPHAN_S = 600, UNCONFIGURED_S = 30 };

/* ---- the end ----------------------------------------------------------------------------------- */

void worker_end(struct worker *w, const char *reason, int status)
{
	if (!w->reason) {
		w->reason = reason;
		w->status = status;
	}
	loop_stop(&w->loop);
}

void worker_fail(struct worker *w, int code, const struct errmsg *err)
{
	char text[WORKER_EVENT_MAX];
	struct jsonout j;
	struct outbuf o;

	if (w->reason)
		return;
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&j, &o);
	json_open_object(&j);
	json_add_str(&j, "type", "failed");
	json_add_str(&j, "code", api_errors[w->missing && !w->nsources ? API_NOT_FOUND : api_error_of(code)].code);
	json_add_str(&j, "message", err->text);
	json_close(&j);
	if (!worker_send(w, text, outbuf_len(&o)))
		worker_log(w, LEVEL_ERROR, "%s", err->text);
	worker_end(w, "failed", errmsg_exit_code(code));
}

void worker_limit_reached(struct worker *w, const char *limit)
{
	if (w->reason)
		return;
	json_add_str(worker_event(w, EVENT_LIMIT_REACHED), "limit", limit);
	worker_event_end(w);
	worker_end(w, limit, 0);
}

static void say_done(struct worker *w, const struct progress *p)
{
	char text[300];
	struct jsonout j;
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&j, &o);
	json_open_object(&j);
	json_add_str(&j, "type", "done");
	json_add_u64(&j, "packets", p->packets);
	json_add_u64(&j, "bytes", p->bytes);
	json_add_str(&j, "reason", w->reason);
	json_close(&j);
	worker_send(w, text, outbuf_len(&o));
}

/* The kernel takes nothing more; what it has goes into the record, which is complete then. */
static void finish(struct worker *w)
{
	struct progress p = { 0 };
	int bad;

	loop_remove_timer(&w->watch);
	loop_remove_timer(&w->tick);
	if (!w->record)
		return;
	if (w->started_ns) {
		worker_sources_stop(w);
		worker_look(w);
	}
	bad = record_close(w->record, &w->err);
	w->record = NULL;
	if (bad)
		worker_log(w, LEVEL_ERROR, "%s", w->err.text);
	progress_read(w->page, &p); /* whose last words the record has just written */
	if (!w->status)
		say_done(w, &p);
}

/* ---- the beginning ----------------------------------------------------------------------------- */

static void duration_timer(struct loop_timer *t)
{
	worker_limit_reached(container_of(t, struct worker, duration), "duration");
}

/* What is left of a limit, when so much is done. */
static uint64_t left(uint64_t limit, uint64_t done)
{
	return !limit ? UINT64_MAX : limit > done ? limit - done : 0;
}

static void set_limits(struct worker *w, const struct worker_orders *o)
{
	struct progress p;

	record_progress(w->record, &p);
	w->packets_left = left(w->settings.packets, o->packets_given ? o->packets_done : p.packets);
	w->bytes_left = left(w->settings.bytes, o->bytes_given ? o->bytes_done : p.bytes);
	if (__builtin_add_overflow(p.packets, w->packets_left, &w->packets_until))
		w->packets_until = UINT64_MAX;
	if (__builtin_add_overflow(p.bytes, w->bytes_left, &w->bytes_until))
		w->bytes_until = UINT64_MAX;
	w->duration.fire = duration_timer;
	if (w->settings.duration_ns)
		loop_add_timer(&w->loop, &w->duration, loop_monotonic_ns() + w->settings.duration_ns - o->duration_done_ns);
	if (!w->packets_left)
		worker_limit_reached(w, "packets");
	else if (!w->bytes_left)
		worker_limit_reached(w, "bytes");
}

/* Has this session recorded before? */
static bool has_segments(void)
{
	int fd = dup(SESSION_DIR_FD);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	bool found = false;

	if (!d && fd >= 0)
		close(fd);
	if (!d)
		return false;
	rewinddir(d);
	while (!found && (e = readdir(d)))
		found = strlen(e->d_name) > 7 && !strcmp(e->d_name + strlen(e->d_name) - 7, ".pcapng");
	closedir(d);
	return found;
}

static int drop(struct worker *w, struct errmsg *err)
{
	const struct privilege_needs needs = {
		.as_owner = true,
		.owner_fd = SESSION_DIR_FD,
		.write_dir = "/proc/self/fd/4",
	};
	struct privilege_report report;
	int bad = privilege_drop(&needs, &report, err);

	if (!bad && report.notes[0])
		worker_log(w, LEVEL_WARNING, "%s", report.notes);
	return bad;
}

static int open_record(struct worker *w, struct errmsg *err)
{
	const struct session_settings *s = &w->settings;
	const struct record_options o = {
		.dirfd = SESSION_DIR_FD,
		.name = w->id,
		.segment_bytes = s->segment_bytes,
		.segment_ns = s->segment_ns,
		.limits = s->limits,
		.progress = w->page,
		.application = "netwatchd",
		.on_event = worker_record_event,
		.user = w,
	};
	struct record_recovery found;
	int bad = record_open(&w->record, &o, &found, err);

	if (bad)
		return bad;
	if (found.cut_bytes)
		worker_log(w, LEVEL_WARNING, "segment %06llu: %llu bytes of a torn packet were cut off",
			   (unsigned long long)found.cut_segment, (unsigned long long)found.cut_bytes);
	if (found.damaged)
		worker_log(w, LEVEL_WARNING, "%u segments are damaged in their middle; what is readable of them stays", found.damaged);
	if (found.foreign)
		worker_log(w, LEVEL_WARNING, "%u files in the session's directory are none of its own, %s is one; they are left alone",
			   found.foreign, found.foreign_name);
	return 0;
}

static int start(struct worker *w, const struct json_value *root, struct errmsg *err)
{
	struct worker_orders orders;
	int bad = worker_read_orders(w, root, &orders, err);

	if (!bad)
		bad = worker_sources_open(w, has_segments(), err);
	if (!bad)
		bad = drop(w, err);
	if (!bad)
		bad = open_record(w, err);
	if (!bad)
		set_limits(w, &orders);
	return bad || w->reason ? bad : worker_sources_begin(w, err);
}

void worker_configure(struct worker *w, const struct json_value *root)
{
	struct errmsg err;
	int bad = start(w, root, &err);

	if (bad)
		worker_fail(w, bad, &err);
	else if (!w->reason)
		worker_say_ready(w);
}

static void on_signal(struct loop *loop, int signo)
{
	if (signo == SIGTERM)
		worker_end(container_of(loop, struct worker, loop), "the system said so (SIGTERM)", 0);
}

/* Who may give orders is whom the session's directory belongs to; nobody else may have been able to write there. */
static int look_at_directory(struct worker *w, struct errmsg *err)
{
	struct stat st;

	if (fstat(SESSION_DIR_FD, &st) || !S_ISDIR(st.st_mode))
		return errmsg_set(err, NW_EINPUT, "netwatchd starts workers; descriptor 4 is no directory");
	if (st.st_mode & 022)
		return errmsg_set(err, NW_EPERM, "the session's directory can be written by others; chmod 700 it");
	if (geteuid() && st.st_uid != geteuid())
		return errmsg_set(err, NW_EPERM, "the session's directory belongs to another user");
	w->uid = st.st_uid;
	return 0;
}

static void unconfigured(struct loop_timer *t)
{
	struct worker *w = container_of(t, struct worker, watch);
	struct errmsg err;

	errmsg_set(&err, NW_ETIME, "nobody configured this worker");
	worker_fail(w, NW_ETIME, &err);
}

static int prepare(struct worker *w, struct errmsg *err)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, 0 };
	int bad = look_at_directory(w, err);

	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write(2) says so, too */
	w->orphan_ns = ORPHAN_S * worker_second_ns;
	if (!bad)
		bad = loop_init(&w->loop, err);
	if (!bad)
		bad = loop_signals(&w->loop, signals, on_signal, err);
	if (!bad)
		w->page = progress_create(&w->progress_fd, err);
	if (!bad && !w->page)
		bad = NW_ESYS;
	if (!bad)
		bad = worker_control_open(w, err);
	w->watch.fire = unconfigured;
	if (!bad)
		loop_add_timer(&w->loop, &w->watch, loop_monotonic_ns() + UNCONFIGURED_S * worker_second_ns);
	return bad;
}

int worker_main(const char *session_id)
{
	struct worker *w = session_id_valid(session_id) ? calloc(1, sizeof(*w)) : NULL;
	struct errmsg err;
	int status;

	if (!w) {
		message_print("netwatchd", "a worker is started by netwatchd, with the id of a session");
		return 5;
	}
	w->id = session_id;
	w->progress_fd = w->loop.epfd = w->loop.sigfd = w->loop.endfd = w->loop.wallfd = -1;
	status = prepare(w, &err);
	if (status) {
		message_printf("netwatchd", "worker %s: %s", session_id, err.text);
		status = errmsg_exit_code(status);
	} else {
		status = loop_run(&w->loop, &err);
		if (status)
			worker_fail(w, status, &err);
		finish(w);
		worker_control_close(w);
		status = w->status;
	}
	worker_sources_close(w);
	worker_events_release(w);
	progress_close(w->page);
	loop_release(&w->loop);
	free(w);
	return status;
}
