/* SPDX-License-Identifier: MIT */
/*
 * Processes that work for one answer (a reader for Open, a prober for CheckFilter and Interfaces) or for a freeze (a
 * bundler). Each is asked over a socket pair and answers there:
 *
 *	Open     request ──> reader; started ──> answer to the client with the pipe; done, or the client goes away
 *	Freeze   answer to the client; bundler, which copies at once and follows until the time has passed (what was before
 *	         may be evicted meanwhile); then the events since the trigger ──> event bundle_finished or bundle_failed
 *	prober   request ──> prober; done or failed ──> answer
 *
 * Sixteen probers at most are at work; further questions wait for their turn, so many of one client and so many in all, and
 * are refused (limit) beyond. A client can send thousands in a moment; each costs a process.
 *
 * The front parses no filter: text of a client meets the filters' parsers only in a prober or a reader, which can harm nobody.
 */
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	ANSWER_BOUND_S = 5, BUNDLE_BOUND_S = 600, PIPE_BYTES = 1 << 20, FREEZES_MAX = 4, NAME_SIZE = 64, EVENTS_OF_BUNDLE = 256,
	PROBERS_MAX = 16, WAITING_MAX = 256, WAITING_OF_CLIENT_MAX = 64
};

enum job_kind { JOB_OPEN, JOB_CHECK, JOB_INTERFACES, JOB_LOOK, JOB_FREEZE };

/* The request as JSON in a buffer of its own size; a filter may be 64 KiB long. */
struct request {
	char *text;
	struct jsonout w;
	struct outbuf o;
};

struct job {
	struct front *front;
	enum job_kind kind;
	struct child child;
	struct ipc_link link;
	struct loop_timer timer;
	uint64_t client;
	char id[IPC_ID_MAX];
	char session[SESSION_ID_LEN + 1];   /* "": of none */
	int pipe;                           /* Open: the reading end, until it was passed on; -1 */
	bool answered, counted;
	char *question;                     /* of a prober, not asked yet; NULL */
	size_t question_len;
	/* Freeze */
	char name[NAME_SIZE], reason[256];
	int64_t from_ns, to_ns, asked_ns;
	struct job *next;
};

static void next_prober(struct front *f);

static void job_free(struct job *j)
{
	struct front *f = j->front;
	struct job **at = &f->jobs;
	struct session *s = session_by_id(f, j->session);

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	if (j->counted && j->kind == JOB_OPEN)
		f->readers--;
	else if (j->counted)
		f->probers--;
	if (j->kind == JOB_FREEZE && s)
		s->pending--;
	ipc_link_close(&j->link);
	part_forget(&f->starter, &j->child);
	loop_remove_timer(&j->timer);
	if (j->pipe >= 0)
		close(j->pipe);
	free(j->question);
	free(j);
	if (f->stopping)
		front_session_ended(f);
	else
		next_prober(f);
}

static struct job *job_new(struct front *f, enum job_kind kind)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->front = f;
	j->kind = kind;
	j->pipe = j->link.io.fd = -1;
	j->next = f->jobs;
	f->jobs = j;
	return j;
}

static void job_error(struct job *j, const char *code, const char *message)
{
	struct ipc_client *c = j->answered ? NULL : ipc_server_find(j->front->server, j->client);

	if (c)
		ipc_answer_error_raw(c, *j->id ? j->id : NULL, code, message);
	j->answered = true;
}

/* ---- what comes back ------------------------------------------------------------------------------------ */

static void freeze_over(struct job *j, bool good, const struct json_value *v)
{
	struct session *s = session_by_id(j->front, j->session);
	const char *message = json_string(json_get(v, "message"), NULL);
	struct event e;
	struct jsonout *w;
	bool ok;

	w = event_begin(&e, j->front, good ? EVENT_BUNDLE_FINISHED : EVENT_BUNDLE_FAILED, s);
	json_add_str(w, "bundle", j->name);
	if (good) {
		json_add_u64(w, "packets", json_u64(json_get(v, "packets"), &ok));
		json_add_u64(w, "bytes", json_u64(json_get(v, "bytes"), &ok));
		json_key(w, "path");
		json_put_str(w, json_string(json_get(v, "path"), NULL));
	} else {
		json_add_str(w, "message", message ? message : "the bundler has ended before it was done");
	}
	event_end(&e);
	if (!good && s)
		bundles_look(s); /* what it leaves goes */
	front_log(j->front, good ? LEVEL_INFO : LEVEL_ERROR, s, "bundle %s %s%s", j->name, good ? "is complete" : "failed: ",
		  good ? "" : message ? message : "the bundler ended");
	j->answered = true;
}

static void reader_started(struct job *j, const struct json_value *v)
{
	struct ipc_client *c = ipc_server_find(j->front->server, j->client);
	static const char *const members[] = { "packets_at_most", "bytes", "chunks", "chunks_read", "hint" };
	struct jsonout *w;
	int fd = j->pipe;

	if (j->answered || !c)
		return;
	w = ipc_answer_begin_raw(c, *j->id ? j->id : NULL, "Data");
	json_add_object(w, "data");
	json_add_str(w, "session", j->session);
	json_add_str(w, "format", "pcapng");
	for (unsigned i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_get(v, members[i])) {
			json_key(w, members[i]);
			json_copy(w, json_get(v, members[i]));
		}
	json_close(w);
	j->pipe = -1;
	j->answered = true;
	loop_remove_timer(&j->timer);
	ipc_answer_end_fds(c, &fd, 1);
}

static void prober_done(struct job *j, const struct json_value *v)
{
	struct ipc_client *c = ipc_server_find(j->front->server, j->client);
	struct session *s;
	struct jsonout *w;

	if (j->kind == JOB_LOOK) {
		s = session_by_id(j->front, j->session);
		j->answered = true;
		if (s)
			gone_found(s, json_get(v, "interfaces"));
		return;
	}
	if (j->answered || !c)
		return;
	w = ipc_answer_begin_raw(c, *j->id ? j->id : NULL, "Data");
	json_add_object(w, "data");
	if (j->kind == JOB_CHECK) {
		json_add_bool(w, "valid", true);
	} else {
		json_key(w, "interfaces");
		json_copy(w, json_get(v, "interfaces"));
	}
	json_close(w);
	j->answered = true;
	ipc_answer_end(c);
}

/* A filter that does not compile is an answer, not an error. */
static void job_failed(struct job *j, const struct json_value *v)
{
	const char *message = json_string(json_get(v, "message"), NULL), *code = json_string(json_get(v, "code"), NULL);
	struct ipc_client *c = ipc_server_find(j->front->server, j->client);
	struct jsonout *w;

	if (j->kind == JOB_FREEZE) {
		freeze_over(j, false, v);
		return;
	}
	if (j->kind == JOB_CHECK && c && !j->answered && code && !strcmp(code, "invalid")) {
		w = ipc_answer_begin_raw(c, *j->id ? j->id : NULL, "Data");
		json_add_object(w, "data");
		json_add_bool(w, "valid", false);
		json_add_str(w, "message", message ? message : "");
		json_close(w);
		j->answered = true;
		ipc_answer_end(c);
		return;
	}
	job_error(j, api_errors[code && api_error_nw(code) != NW_EFAIL ? api_error_of(api_error_nw(code)) : API_FAILED].code,
		  message ? message : "it failed, and did not say why");
}

static void on_message(struct ipc_link *l, struct ipc_message *m)
{
	struct job *j = container_of(l, struct job, link);
	const struct json_value *v, *type;
	struct json *doc;

	if (json_parse(&doc, m->text, m->len, "answer", NULL))
		return;
	v = json_root(doc);
	type = json_get(v, "type");
	if (json_is(type, "failed"))
		job_failed(j, v);
	else if (j->kind == JOB_OPEN && json_is(type, "started"))
		reader_started(j, v);
	else if (j->kind == JOB_FREEZE && json_is(type, "done"))
		freeze_over(j, true, v);
	else if (j->kind != JOB_OPEN && json_is(type, "done"))
		prober_done(j, v);
	json_free(doc);
}

/* Nothing more will be said; the process ends, or has. */
static void on_close(struct ipc_link *l, const char *reason)
{
	struct job *j = container_of(l, struct job, link);

	(void)reason;
	if (!j->answered && j->kind == JOB_FREEZE)
		freeze_over(j, false, NULL);
	else if (!j->answered)
		job_error(j, "failed", "the process that was to answer has ended; the log may say why");
	job_free(j);
}

/* Its last words may still be in the socket: on_close comes behind them. */
static void child_ended(struct child *c, int status)
{
	struct job *j = container_of(c, struct job, child);

	(void)status;
	if (!j->link.io.loop)
		job_free(j);
}

static void too_late(struct loop_timer *t)
{
	struct job *j = container_of(t, struct job, timer);

	if (j->kind == JOB_FREEZE)
		freeze_over(j, false, NULL);
	else
		job_error(j, "timeout", "there was no answer within 5 seconds");
	part_kill(&j->front->starter, &j->child);
	job_free(j);
}

/* ---- starting ---------------------------------------------------------------------------------------------- */

static int job_run(struct job *j, enum part part, const struct session *s, int output, struct errmsg *err)
{
	struct child_fds fds = { .output = output, .directory = s ? s->dirfd : -1, .progress = s ? s->progress_fd : -1 };
	struct front *f = j->front;
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return errmsg_errno(err, "cannot make a socket");
	fds.control = pair[1];
	j->child.ended = child_ended;
	j->link.on_message = on_message;
	j->link.on_close = on_close;
	rc = part_start(&f->starter, &j->child, part, s ? s->id : "-", &fds, err);
	close(pair[1]);
	if (rc) {
		close(pair[0]);
		return rc;
	}
	rc = ipc_link_open(&j->link, &f->loop, pair[0], MESSAGE_MAX, LINK_QUEUE_MAX, err);
	j->timer.fire = too_late;
	loop_add_timer(&f->loop, &j->timer,
		       loop_monotonic_ns() + (j->kind == JOB_FREEZE ? BUNDLE_BOUND_S : ANSWER_BOUND_S) * second_ns);
	return rc;
}

static struct jsonout *request_begin(struct request *r, const char *type)
{
	r->text = malloc(MESSAGE_MAX);
	if (!r->text)
		return NULL;
	outbuf_fixed(&r->o, r->text, MESSAGE_MAX);
	jsonout_begin(&r->w, &r->o);
	json_open_object(&r->w);
	json_add_str(&r->w, "type", type);
	return &r->w;
}

static int request_send(struct request *r, struct job *j, struct errmsg *err)
{
	int rc;

	json_close(&r->w);
	rc = jsonout_end(&r->w) ? ipc_link_send(&j->link, r->text, outbuf_len(&r->o), NULL, 0, err) :
				  errmsg_set(err, NW_ELIMIT, "the request is too long");
	free(r->text);
	return rc;
}

static struct job *job_of_call(struct call *c, enum job_kind kind)
{
	struct job *j = job_new(c->front, kind);

	if (!j || ipc_id_text(c->id, j->id, NULL)) {
		if (j)
			job_free(j);
		call_error(c, API_LIMIT, "no memory");
		return NULL;
	}
	j->client = ipc_client_handle(c->client);
	return j;
}

/* What could not be begun ends with an answer. */
static void job_not_begun(struct job *j, struct call *c, int rc, const struct errmsg *err)
{
	call_error(c, api_error_of(rc), "%s", err->text);
	j->answered = true;
	job_free(j);
}

static int send_open(struct job *j, const struct call *c, struct errmsg *err)
{
	struct request r;
	struct jsonout *w = request_begin(&r, "open");

	if (!w)
		return errmsg_set(err, NW_ELIMIT, "no memory");
	json_add_str(w, "session", j->session);
	if (c->p.filter && *c->p.filter)
		json_add_str(w, "filter", c->p.filter);
	if (c->p.from_ns)
		json_add_ns(w, "from", c->p.from_ns);
	if (c->p.to_ns)
		json_add_ns(w, "to", c->p.to_ns);
	if (c->p.limit)
		json_add_u64(w, "limit", c->p.limit);
	if (c->p.skip)
		json_add_u64(w, "skip", c->p.skip);
	if (c->p.follow)
		json_add_bool(w, "follow", true);
	if (c->p.bundle)
		json_add_str(w, "bundle", c->p.bundle);
	if (c->p.after && *c->p.after)
		json_add_str(w, "after", c->p.after);
	return request_send(&r, j, err);
}

/* A bundle's name is a folder's: nothing that leads elsewhere. */
static bool harmless(const char *name)
{
	return name[0] != '.' && !strchr(name, '/');
}

void job_open(struct call *c, struct session *s)
{
	struct front *f = c->front;
	struct errmsg err;
	struct job *j;
	int ends[2], rc;

	if (f->readers >= READERS_MAX) {
		call_error(c, API_LIMIT, "%d readers are at work already; try again when one has ended", READERS_MAX);
		return;
	}
	if (c->p.bundle && !harmless(c->p.bundle)) {
		call_error(c, API_INVALID, "bundle: a name as packetclient bundles shows it is expected");
		return;
	}
	j = job_of_call(c, JOB_OPEN);
	if (!j)
		return;
	f->readers++;
	j->counted = true;
	snprintf(j->session, sizeof(j->session), "%s", s->id);
	if (pipe2(ends, O_CLOEXEC)) {
		job_not_begun(j, c, errmsg_errno(&err, "cannot make a pipe"), &err);
		return;
	}
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES); /* a smaller one is only slower */
	j->pipe = ends[0];
	rc = job_run(j, PART_READER, s, ends[1], &err);
	close(ends[1]);
	if (!rc)
		rc = send_open(j, c, &err);
	if (rc)
		job_not_begun(j, c, rc, &err);
}

/* ---- probers ------------------------------------------------------------------------------------------------- */

static int prober_run(struct job *j, struct errmsg *err)
{
	int rc = job_run(j, PART_PROBER, NULL, -1, err);

	j->counted = true;
	j->front->probers++;
	if (!rc)
		rc = ipc_link_send(&j->link, j->question, j->question_len, NULL, 0, err);
	free(j->question);
	j->question = NULL;
	return rc;
}

/* The one that waits longest: the list has the newest first. */
static void next_prober(struct front *f)
{
	struct job *next = NULL;
	struct errmsg err;

	for (struct job *j = f->jobs; j && f->probers < PROBERS_MAX; j = j->next)
		if (j->question)
			next = j;
	if (next && prober_run(next, &err)) {
		job_error(next, "failed", err.text);
		job_free(next);
	}
}

static bool too_many_wait(const struct job *own)
{
	unsigned all = 0, same = 0;

	for (const struct job *j = own->front->jobs; j; j = j->next) {
		all += j->question != NULL;
		same += j->question && j->client == own->client;
	}
	return all >= WAITING_MAX || same >= WAITING_OF_CLIENT_MAX;
}

static void question_wait(struct job *j)
{
	j->timer.fire = too_late;
	loop_add_timer(&j->front->loop, &j->timer, loop_monotonic_ns() + ANSWER_BOUND_S * second_ns);
}

/* Takes the text of the request over. */
static void ask(struct job *j, struct call *c, struct request *r)
{
	struct errmsg err;
	int rc = 0;

	json_close(&r->w);
	j->question_len = outbuf_len(&r->o);
	if (!jsonout_end(&r->w))
		rc = errmsg_set(&err, NW_ELIMIT, "the request is too long");
	else if (j->front->probers >= PROBERS_MAX && too_many_wait(j))
		rc = errmsg_set(&err, NW_ELIMIT, "too many questions of this kind wait for an answer already; try again in a moment");
	j->question = rc ? NULL : strndup(r->text, j->question_len);
	free(r->text);
	if (!rc && !j->question)
		rc = errmsg_set(&err, NW_ELIMIT, "no memory");
	if (!rc && j->front->probers >= PROBERS_MAX)
		question_wait(j);
	else if (!rc)
		rc = prober_run(j, &err);
	if (rc)
		job_not_begun(j, c, rc, &err);
}

static struct job *question_begin(struct call *c, enum job_kind kind, const char *type, struct request *r)
{
	struct job *j = job_of_call(c, kind);
	struct errmsg err;

	if (!j || request_begin(r, type))
		return j;
	errmsg_set(&err, NW_ELIMIT, "no memory");
	job_not_begun(j, c, NW_ELIMIT, &err);
	return NULL;
}

void job_check(struct call *c)
{
	struct request r;
	struct job *j = question_begin(c, JOB_CHECK, "check", &r);

	if (!j)
		return;
	json_add_str(&r.w, "filter", c->p.filter);
	json_add_bool(&r.w, "display", c->p.display);
	ask(j, c, &r);
}

void job_interfaces(struct call *c)
{
	struct request r;
	struct job *j = question_begin(c, JOB_INTERFACES, "interfaces", &r);

	if (!j)
		return;
	if (c->p.netns)
		json_add_str(&r.w, "netns", c->p.netns);
	ask(j, c, &r);
}

int job_look(struct session *s, struct errmsg *err)
{
	struct job *j = s->front->probers < PROBERS_MAX ? job_new(s->front, JOB_LOOK) : NULL;
	struct request r;
	int rc;

	if (!j || !request_begin(&r, "interfaces")) {
		if (j)
			job_free(j);
		return errmsg_set(err, NW_ELIMIT, "too much is asked for at once");
	}
	snprintf(j->session, sizeof(j->session), "%s", s->id);
	if (*s->settings.netns)
		json_add_str(&r.w, "netns", s->settings.netns);
	json_add_bool(&r.w, "session", true);
	json_close(&r.w);
	j->question = strndup(r.text, outbuf_len(&r.o));
	j->question_len = outbuf_len(&r.o);
	rc = jsonout_end(&r.w) && j->question ? prober_run(j, err) : errmsg_set(err, NW_ELIMIT, "no memory");
	free(r.text);
	if (rc)
		job_free(j);
	return rc;
}

/* ---- freezes ------------------------------------------------------------------------------------------------- */

static bool is_event_of(const struct journal_entry *e, const struct job *j, int64_t from_ns, int64_t to_ns)
{
	return e->at_ns >= from_ns && e->at_ns <= to_ns && (!*e->session || !strcmp(e->session, j->session));
}

/* The newest of this time. */
static void write_events(struct jsonout *w, const struct job *j, int64_t from_ns, int64_t to_ns)
{
	const struct journal *events = &j->front->events;
	unsigned n = 0;

	for (uint32_t i = 0; i < events->count; i++)
		n += is_event_of(journal_at(events, i), j, from_ns, to_ns);
	json_add_array(w, "events");
	for (uint32_t i = 0; i < events->count; i++) {
		const struct journal_entry *e = journal_at(events, i);

		if (!is_event_of(e, j, from_ns, to_ns) || n-- > EVENTS_OF_BUNDLE)
			continue;
		json_open_object(w);
		journal_write(w, e);
		json_close(w);
	}
	json_close(w);
}

/* Half of what the session may have: bundles must not take the record's place. */
static uint64_t room_of_bundles(const struct session *s)
{
	uint64_t own = s->settings.limits.bytes, share = quota_share(s);

	return (own && (!share || own < share) ? own : share) / 2;
}

static int send_freeze(struct job *j, const struct session *s, struct errmsg *err)
{
	struct request r;
	struct jsonout *w = request_begin(&r, "freeze");

	if (!w)
		return errmsg_set(err, NW_ELIMIT, "no memory");
	json_add_str(w, "session", j->session);
	json_add_str(w, "name", j->name);
	json_add_ns(w, "from", j->from_ns);
	json_add_ns(w, "at", j->asked_ns);
	json_add_ns(w, "to", j->to_ns);
	json_add_str(w, "reason", j->reason);
	json_add_u64(w, "max_bundles", s->settings.max_bundles ? s->settings.max_bundles : 10);
	json_add_u64(w, "room", room_of_bundles(s));
	write_events(w, j, j->from_ns, j->asked_ns);
	json_add_object(w, "settings");
	settings_write(w, &s->settings);
	json_close(w);
	return request_send(&r, j, err);
}

/* `to` has passed, and what was to be told of that time is in the journal. */
static void freeze_passed(struct loop_timer *t)
{
	struct job *j = container_of(t, struct job, timer);
	struct request r;
	struct jsonout *w = request_begin(&r, "events");

	if (w) {
		write_events(w, j, j->asked_ns + 1, j->to_ns);
		request_send(&r, j, NULL); /* without it the bundler goes on and says so */
	}
	t->fire = too_late;
	loop_add_timer(&j->front->loop, t, loop_monotonic_ns() + BUNDLE_BOUND_S * second_ns);
}

static void freeze_now(struct job *j)
{
	struct session *s = session_by_id(j->front, j->session);
	struct errmsg err;
	int rc;

	if (j->child.number || j->link.io.loop)
		return;
	rc = s ? job_run(j, PART_BUNDLER, s, -1, &err) : NW_EFAIL;
	if (!rc)
		rc = send_freeze(j, s, &err);
	if (!rc && j->to_ns > j->asked_ns) {
		j->timer.fire = freeze_passed;
		loop_add_timer(&j->front->loop, &j->timer, loop_monotonic_ns() + j->to_ns - loop_realtime_ns() + second_ns);
	}
	if (rc) {
		if (s)
			front_log(j->front, LEVEL_ERROR, s, "bundle %s: %s", j->name, err.text);
		freeze_over(j, false, NULL);
		job_free(j);
	}
}

static void freeze_due(struct loop_timer *t)
{
	freeze_now(container_of(t, struct job, timer));
}

static void name_bundle(const struct session *s, char name[NAME_SIZE], int64_t now)
{
	time_t at = (time_t)(now / second_ns);
	struct tm tm;
	size_t len = gmtime_r(&at, &tm) ? strftime(name, NAME_SIZE, "%Y%m%dT%H%M%SZ", &tm) : 0;
	struct job *j;

	/* two of one second differ by a number */
	for (unsigned n = 2; n < 100; n++) {
		for (j = s->front->jobs; j && (strcmp(j->session, s->id) || strcmp(j->name, name)); j = j->next)
			;
		if (!j) {
			char path[NAME_SIZE + 16];

			snprintf(path, sizeof(path), "bundles/%s", name);
			if (faccessat(s->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW))
				return;
		}
		snprintf(name + len, NAME_SIZE - len, "-%u", n);
	}
}

const char *freeze_begin(struct session *s, int64_t before_ns, int64_t after_ns, const char *reason, struct errmsg *err)
{
	int64_t now = loop_realtime_ns();
	char name[NAME_SIZE] = "";
	struct event e;
	struct jsonout *w;
	struct job *j;

	if (s->pending >= FREEZES_MAX) {
		errmsg_set(err, NW_ELIMIT, "%d bundles of session %s are being made already", FREEZES_MAX, s->id);
		return NULL;
	}
	name_bundle(s, name, now);
	j = job_new(s->front, JOB_FREEZE);
	if (!j) {
		errmsg_set(err, NW_ELIMIT, "no memory");
		return NULL;
	}
	s->pending++;
	snprintf(j->session, sizeof(j->session), "%s", s->id);
	snprintf(j->name, sizeof(j->name), "%s", name);
	snprintf(j->reason, sizeof(j->reason), "%s", reason);
	j->asked_ns = now;
	j->from_ns = now - before_ns;
	j->to_ns = session_active(s) ? now + after_ns : now;
	w = event_begin(&e, s->front, EVENT_BUNDLE_STARTED, s);
	json_add_str(w, "bundle", j->name);
	json_add_ns(w, "from", j->from_ns);
	json_add_ns(w, "to", j->to_ns);
	json_add_str(w, "reason", j->reason);
	event_end(&e);
	j->timer.fire = freeze_due; /* in the next round: the caller has its answer to give */
	loop_add_timer(&s->front->loop, &j->timer, loop_monotonic_ns());
	return j->name;
}

void job_freeze(struct call *c, struct session *s)
{
	const struct session_settings *a = &s->settings;
	int64_t before = c->p.before_given ? c->p.before_ns : a->freeze_before_ns ? a->freeze_before_ns : 300 * second_ns;
	int64_t after = c->p.after_given ? c->p.after_ns : a->freeze_after_ns ? a->freeze_after_ns : 60 * second_ns;
	char reason[256];
	struct jsonout *w;
	struct errmsg err;
	const char *name;

	snprintf(reason, sizeof(reason), "%s", c->p.reason && *c->p.reason ? c->p.reason : "asked by a client");
	name = freeze_begin(s, before, after, reason, &err);
	if (!name) {
		call_error(c, API_LIMIT, "%s", err.text);
		return;
	}
	w = call_data(c);
	json_add_str(w, "session", s->id);
	json_add_str(w, "bundle", name);
	call_end(c);
}

/* ---- ends ------------------------------------------------------------------------------------------------------ */

void jobs_client_gone(struct front *f, uint64_t client)
{
	for (struct job *j = f->jobs, *next; j; j = next) {
		next = j->next;
		if (j->kind != JOB_FREEZE && j->client == client && !j->answered)
			job_free(j);
	}
}

void jobs_session_ends(struct session *s)
{
	for (struct job *j = s->front->jobs; j; j = j->next)
		if (j->kind == JOB_FREEZE && !j->child.number && !strcmp(j->session, s->id) && j->to_ns > loop_realtime_ns())
			j->to_ns = loop_realtime_ns();
}

/* Those that are soon done. Others are not waited for: their bundlers go on by themselves. */
unsigned jobs_freezing(const struct front *f)
{
	int64_t soon = loop_realtime_ns() + 5 * second_ns;
	unsigned n = 0;

	for (const struct job *j = f->jobs; j; j = j->next)
		n += j->kind == JOB_FREEZE && j->to_ns < soon;
	return n;
}

void jobs_end(struct front *f)
{
	f->stopping = true; /* none that waits is begun now */
	while (f->jobs)
		job_free(f->jobs);
}
