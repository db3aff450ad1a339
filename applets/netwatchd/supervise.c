/* SPDX-License-Identifier: MIT */
/*
 * The life of a session: what happens in which state, where that leads and what is done is the table of api/states.h;
 * here is how it is done.
 *
 * A crash is answered by a new worker after a back-off that doubles, with jitter (a quarter), counted in a window; too many in
 * it and the session has failed. What a restart cannot cure (a filter that does not compile, a missing right) is not tried
 * again; an interface that there is not may come back, and is tried each five seconds.
 */
#include "front.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>
#include <stdio.h>

enum { START_BOUND_S = 30, STOP_BOUND_S = 10, MISSING_S = 5 };

/* ---- starting ----------------------------------------------------------------------------------------- */

static void timer_fired(struct loop_timer *t)
{
	struct session *s = container_of(t, struct session, timer);

	if (s->state == STATE_RESTARTING)
		session_input(s, INPUT_RETRY, s->reason);
	else
		session_input(s, INPUT_TIMEOUT, s->state == STATE_STARTING ? "the worker is not ready after 30 s" :
									     "the worker has not ended after 10 s");
}

static void arm(struct session *s, int64_t ns)
{
	s->timer.fire = timer_fired;
	loop_add_timer(&s->front->loop, &s->timer, loop_monotonic_ns() + ns);
}

static void worker_ended(struct child *c, int status)
{
	struct session *s = container_of(c, struct session, worker);

	s->exit_status = status;
	session_conclude(s);
}

static int launch(struct session *s, struct errmsg *err)
{
	struct child_fds fds = { .output = -1, .directory = s->dirfd, .progress = -1 };
	struct front *f = s->front;
	int rc;

	s->done = s->refused = s->limited = s->configured_worker = s->adopted = false;
	s->last_words[0] = 0;
	s->exit_status = 0;
	s->connects = 0;
	fds.control = control_listen(s, err);
	if (fds.control < 0)
		return fds.control;
	s->worker.ended = worker_ended;
	rc = part_start(&f->starter, &s->worker, PART_WORKER, s->id, &fds, err);
	close(fds.control);
	if (!rc && control_connect(s, NULL))
		control_connect_later(s); /* it has ended already, or its queue is full */
	return rc;
}

static void act_launch(struct session *s)
{
	struct errmsg err;
	int bad;

	loop_remove_timer(&s->timer);
	bad = memory_check(s, &err);
	if (!bad)
		bad = launch(s, &err);
	if (bad) {
		s->reason_code = bad == NW_ELIMIT ? API_LIMIT : API_FAILED;
		session_input(s, INPUT_GIVE_UP, err.text);
		return;
	}
	arm(s, START_BOUND_S * second_ns);
}

/* ---- running ------------------------------------------------------------------------------------------- */

static void act_run(struct session *s)
{
	struct event e;
	struct jsonout *w = event_begin(&e, s->front, EVENT_PROCESS_STARTED, s);

	loop_remove_timer(&s->timer);
	json_add_str(w, "process", "worker");
	json_add_i64(w, "pid", s->pid);
	json_add_u64(w, "attempt", s->attempts + 1);
	if (s->adopted)
		json_add_bool(w, "adopted", true);
	event_end(&e);
	if (!s->run_ns)
		s->run_ns = loop_monotonic_ns();
	s->fresh = false;
	front_sample(s);
	watch_begin(s);
	front_watch(s->front);
	waiters_answer(s, false);
}

/* ---- stopping ------------------------------------------------------------------------------------------ */

static void act_stop(struct session *s)
{
	gone_forget(s);
	if (!s->resume)
		jobs_session_ends(s);
	watch_end(s);
	control_stop(s);
	arm(s, STOP_BOUND_S * second_ns);
}

static void past_add(struct session *s)
{
	const struct progress *p = &s->now;

	if (!s->page)
		return;
	progress_read(s->page, &s->now);
	s->past.received += p->received;
	s->past.dropped += p->dropped;
	s->past.ifdropped += p->ifdropped;
	s->past.disk_dropped += p->disk_dropped;
	s->now.received = s->now.dropped = s->now.ifdropped = s->now.disk_dropped = 0;
	progress_close(s->page);
	s->page = NULL;
	if (s->progress_fd >= 0)
		close(s->progress_fd);
	s->progress_fd = -1;
}

/* The worker is gone: what belonged to it goes, too. */
static void run_over(struct session *s)
{
	if (s->run_ns)
		s->duration_done_ns += loop_monotonic_ns() - s->run_ns;
	s->run_ns = 0;
	s->stopped_ns = loop_realtime_ns();
	s->pid = 0;
	past_add(s);
	sockets_close(s->sockets, &s->nsockets);
	free(s->interfaces);
	s->interfaces = NULL;
	control_forget(s);
	watch_end(s);
}

static void act_end(struct session *s)
{
	struct front *f = s->front;
	struct errmsg err;
	bool failed = s->state == STATE_FAILED, asked = s->waiters != NULL, again = s->again && !f->stopping;

	loop_remove_timer(&s->timer);
	run_over(s);
	losses_given_up(s);
	if (!again) {
		s->resume = false;
		gone_update(s, NULL);
	}
	session_keep(s);
	if (!s->resume) {
		alerts_clear(s);
		jobs_session_ends(s);
	}
	if (again) {
		s->again = false;
		session_input(s, INPUT_START, "");
		return;
	}
	waiters_answer(s, failed);
	if (s->remove || (failed && asked && s->fresh && !s->configured)) {
		session_remove(s, &err);
		return;
	}
	if (f->stopping)
		front_session_ended(f);
}

/* ---- after a crash ---------------------------------------------------------------------------------------- */

static int64_t jitter(int64_t ns)
{
	uint16_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint16_t)loop_monotonic_ns();
	return ns + ns / 4 * random / UINT16_MAX;
}

static int64_t backoff(const struct session *s)
{
	const struct config *c = s->front->config;
	int64_t ns = c->backoff_min_ns;

	if (s->reason_code == API_NOT_FOUND)
		return MISSING_S * second_ns;
	for (unsigned i = 1; i < s->attempts && ns < c->backoff_max_ns; i++)
		ns *= 2;
	return jitter(ns < c->backoff_max_ns ? ns : c->backoff_max_ns);
}

/* A missing interface is tried for the whole window, however often that is. */
static bool too_often(const struct session *s, int64_t now)
{
	const struct config *c = s->front->config;

	return s->reason_code == API_NOT_FOUND ? now - s->window_ns >= c->restart_window_ns : s->attempts > c->restart_attempts;
}

static void act_wait(struct session *s)
{
	const struct config *c = s->front->config;
	int64_t now = loop_monotonic_ns(), delay;
	struct front *f = s->front;
	struct event e;
	struct jsonout *w;

	loop_remove_timer(&s->timer);
	run_over(s);
	if (!s->attempts || (now - s->window_ns >= c->restart_window_ns && s->reason_code != API_NOT_FOUND)) {
		s->window_ns = now;
		s->attempts = 0;
	}
	s->attempts++;
	session_keep(s);
	if (f->stopping) {
		session_input(s, INPUT_STOP, "netwatchd stops");
		return;
	}
	if (too_often(s, now)) {
		w = event_begin(&e, f, EVENT_PROCESS_GAVE_UP, s);
		json_add_str(w, "process", "worker");
		json_add_u64(w, "attempts", s->attempts - 1);
		json_add_ns(w, "window", c->restart_window_ns);
		json_add_str(w, "message", s->reason);
		event_end(&e);
		session_input(s, INPUT_GIVE_UP, s->reason);
		return;
	}
	s->restarts++;
	delay = backoff(s);
	w = event_begin(&e, f, EVENT_PROCESS_RESTARTING, s);
	json_add_str(w, "process", "worker");
	json_add_u64(w, "attempt", s->attempts);
	json_add_u64(w, "attempts", c->restart_attempts);
	json_add_ns(w, "delay", delay);
	event_end(&e);
	arm(s, delay);
	s->fresh &= !s->waiters;
	waiters_answer(s, false); /* who started it sees that it does not go smoothly */
}

static void act_kill(struct session *s)
{
	if (s->worker.number) {
		part_kill(&s->front->starter, &s->worker);
		return;
	}
	/* one that was adopted is nobody's child; without us it ends when its time has passed */
	front_log(s->front, LEVEL_ERROR, s, "worker %d does not answer, and was started by an earlier netwatchd; kill it",
		  (int)s->pid);
	ipc_link_close(&s->link);
	session_input(s, INPUT_CRASH, "the worker does not answer");
}

static void act_cancel(struct session *s)
{
	struct errmsg err;

	loop_remove_timer(&s->timer);
	losses_given_up(s);
	s->resume = s->again = false;
	gone_update(s, NULL);
	session_keep(s);
	waiters_answer(s, false);
	if (s->remove)
		session_remove(s, &err);
	else if (s->front->stopping)
		front_session_ended(s->front);
}

/* ---- the table at work -------------------------------------------------------------------------------------- */

static void note_step(struct session *s, const char *reason)
{
	struct session_step *step;

	if (s->nsteps == STEPS_KEPT)
		memmove(s->steps, s->steps + 1, --s->nsteps * sizeof(*s->steps));
	step = &s->steps[s->nsteps++];
	*step = (struct session_step){ .at_ns = loop_realtime_ns(), .state = s->state };
	snprintf(step->reason, sizeof(step->reason), "%s", reason);
}

static void tell_change(struct session *s, enum session_state before)
{
	struct event e;
	struct jsonout *w = event_begin(&e, s->front, EVENT_STATUS_CHANGE, s);

	json_add_str(w, "state", session_state_names[s->state]);
	json_add_str(w, "before", session_state_names[before]);
	if (*s->settings.name)
		json_add_str(w, "name", s->settings.name);
	if (*s->reason)
		json_add_str(w, "reason", s->reason);
	event_end(&e);
	front_log(s->front, s->state == STATE_FAILED ? LEVEL_ERROR : s->state == STATE_RESTARTING ? LEVEL_WARNING : LEVEL_INFO, s,
		  "%s%s%s", session_state_names[s->state], *s->reason ? ": " : "", s->reason);
}

static void begin_run(struct session *s, enum session_input in)
{
	if (in != INPUT_START || s->resume)
		return;
	s->wanted = true;
	s->attempts = 0;
	s->duration_done_ns = 0;
	s->reason_code = API_FAILED;
}

bool session_input(struct session *s, enum session_input in, const char *reason)
{
	static void (*const acts[])(struct session *s) = {
		[ACT_LAUNCH] = act_launch, [ACT_RUN] = act_run, [ACT_STOP] = act_stop, [ACT_END] = act_end, [ACT_WAIT] = act_wait,
		[ACT_KILL] = act_kill, [ACT_CANCEL] = act_cancel, [ACT_NONE] = NULL, [ACT_IGNORE] = NULL,
	};
	const struct session_transition *t = &session_table[s->state][in];
	enum session_state before = s->state;

	if (!t->valid)
		return false;
	if (t->action == ACT_IGNORE)
		return true;
	begin_run(s, in);
	s->state = t->next;
	if (reason != s->reason)
		snprintf(s->reason, sizeof(s->reason), "%s", reason);
	if (before != s->state) {
		if (s->state == STATE_RUNNING)
			s->started_ns = s->adopted && s->started_ns ? s->started_ns : loop_realtime_ns();
		if ((s->state == STATE_STOPPED && s->limited) || (s->state == STATE_FAILED && !s->front->stopping))
			s->wanted = false; /* not by the next daemon either */
		note_step(s, reason);
		tell_change(s, before);
		if (t->action != ACT_END && t->action != ACT_WAIT) /* those keep what the run came to, too */
			session_keep(s);
	}
	front_changed(s->front);
	if (acts[t->action])
		acts[t->action](s);
	return true;
}

/* ---- the end of a worker ------------------------------------------------------------------------------------- */

static void tell_end(struct session *s, bool crashed, const char *why)
{
	struct event e;
	struct jsonout *w = event_begin(&e, s->front, crashed ? EVENT_PROCESS_CRASHED : EVENT_PROCESS_EXITED, s);

	json_add_str(w, "process", "worker");
	json_add_i64(w, "pid", s->pid);
	if (!s->adopted && WIFSIGNALED(s->exit_status))
		json_add_i64(w, "signal", WTERMSIG(s->exit_status));
	else if (!s->adopted)
		json_add_i64(w, "status", WEXITSTATUS(s->exit_status));
	if (*why)
		json_add_str(w, "message", why);
	event_end(&e);
}

static void crashed(struct session *s)
{
	char why[200];

	if (s->adopted)
		snprintf(why, sizeof(why), "the worker has gone");
	else if (WIFSIGNALED(s->exit_status))
		snprintf(why, sizeof(why), "the worker was ended by signal %d", WTERMSIG(s->exit_status));
	else
		snprintf(why, sizeof(why), "the worker ended with status %d%s%.120s", WEXITSTATUS(s->exit_status),
			 *s->last_words ? ": " : "", s->last_words);
	losses_crashed(s);
	tell_end(s, true, why);
	s->reason_code = API_FAILED;
	session_input(s, INPUT_CRASH, why);
}

/* Its last words say more than its status; without them the status says whether another try can help. */
void session_conclude(struct session *s)
{
	char why[sizeof(s->last_words)];
	int status = WIFEXITED(s->exit_status) ? WEXITSTATUS(s->exit_status) : -1;

	if (s->worker.number || s->link.io.loop || !session_active(s) || s->state == STATE_RESTARTING)
		return;
	loop_remove_timer(&s->connect_timer);
	snprintf(why, sizeof(why), "%.*s", (int)strcspn(s->last_words, "\n"), s->last_words);
	if (s->done || (!s->adopted && !s->refused && status == 0)) {
		tell_end(s, false, why);
		session_input(s, INPUT_DONE, why);
		return;
	}
	if (s->refused && s->reason_code == API_NOT_FOUND && s->state != STATE_STOPPING && !s->fresh) {
		tell_end(s, false, why);
		session_input(s, INPUT_CRASH, why); /* an interface: it may come back */
		return;
	}
	if (s->refused && (s->adopted || status == errmsg_exit_code(NW_EINPUT) || status == errmsg_exit_code(NW_EPERM))) {
		tell_end(s, false, why);
		session_input(s, INPUT_REFUSED, why);
		return;
	}
	if (!s->adopted && !s->refused && (status == errmsg_exit_code(NW_EINPUT) || status == errmsg_exit_code(NW_EPERM))) {
		tell_end(s, false, "");
		session_input(s, INPUT_REFUSED, "the worker could not begin; the log may say why");
		return;
	}
	crashed(s);
}

/* ---- after a restart of the daemon ------------------------------------------------------------------------------ */

void session_adopt(struct session *s)
{
	struct errmsg err;

	s->adopted = true;
	if (control_connect(s, &err)) {
		s->adopted = false;
		control_forget(s);
	}
}
