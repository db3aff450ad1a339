/* SPDX-License-Identifier: MIT */
/* A small daemon for the tests of lib/ipc: a child process that serves at a path in a folder of its own. Its operations:
 * Ping, Echo {bytes}, Later (answered 20 ms later), Subscribe {kinds, session}, Unsubscribe {session}, Fire {count, bytes,
 * session}, Pipe (a descriptor), Counts, Bye (answers, then closes), Silent (no answer), Bad (an answer that is not
 * well-formed), Stop. */
#ifndef TEST_UNIT_IPC_DAEMON_H
#define TEST_UNIT_IPC_DAEMON_H

#include "ipc/client.h"
#include "ipc/server.h"

#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct test_daemon {
	char folder[64], path[96];
	pid_t pid;
};

static rlim_t daemon_descriptors; /* its limit, if not 0 */
static struct loop daemon_loop;
static struct json *daemon_request;

struct later {
	struct loop_timer timer;
	struct ipc_server *server;
	uint64_t client;
	char id[IPC_ID_MAX];
};

static void later_fire(struct loop_timer *t)
{
	struct later *l = container_of(t, struct later, timer);
	struct ipc_client *c = ipc_server_find(l->server, l->client);

	if (c) {
		json_add_str(ipc_answer_begin_raw(c, l->id, "Success"), "message", "late");
		ipc_answer_end(c);
	}
	free(l);
}

static void answer_later(struct ipc_client *c, const struct json_value *id)
{
	struct later *l = calloc(1, sizeof(*l));

	l->timer.fire = later_fire;
	l->server = ipc_client_server(c);
	l->client = ipc_client_handle(c);
	ipc_id_text(id, l->id, NULL);
	loop_add_timer(&daemon_loop, &l->timer, daemon_loop.now_ns + 20000000);
}

static void fire_events(struct ipc_server *s, const struct json_value *root)
{
	uint64_t count = json_u64(json_get(root, "count"), NULL), bytes = json_u64(json_get(root, "bytes"), NULL);
	const char *session = json_string(json_get(root, "session"), NULL);
	char *text = malloc(bytes + 200);

	for (uint64_t i = 0; i < count; i++) {
		int n = sprintf(text, "{\"type\":\"Event\",\"event_type\":\"log_line\",\"time\":1.5,\"data\":{\"n\":%d,\"x\":\"%0*d\"}}",
				(int)i, (int)bytes, 0);

		ipc_event_send(s, 1, session, text, (size_t)n);
	}
	free(text);
}

static void answer_counts(struct ipc_client *c, const struct json_value *id)
{
	struct ipc_server_counts k;
	struct jsonout *w;

	ipc_server_counts(ipc_client_server(c), &k);
	w = ipc_answer_begin(c, id, "Data");
	json_add_object(w, "data");
	json_add_u64(w, "clients", k.clients);
	json_add_u64(w, "max_clients", k.max_clients);
	json_add_u64(w, "subscribers", k.subscribers);
	json_add_u64(w, "events", k.events);
	json_add_u64(w, "events_lost", k.events_lost);
	json_add_u64(w, "disconnected", k.disconnected);
	json_add_u64(w, "refused", k.refused);
	json_add_u64(w, "subscribed", ipc_subscribed(ipc_client_server(c)));
	json_close(w);
	ipc_answer_end(c);
}

static void answer_echo(struct ipc_client *c, const struct json_value *id, const struct json_value *root)
{
	uint64_t bytes = json_u64(json_get(root, "bytes"), NULL);
	struct jsonout *w = ipc_answer_begin(c, id, "Data");
	char *text = malloc(bytes + 1);

	memset(text, 'e', bytes);
	json_add_object(w, "data");
	json_add_string(w, "echo", text, bytes);
	json_close(w);
	ipc_answer_end(c);
	free(text);
}

static void answer_pipe(struct ipc_client *c, const struct json_value *id)
{
	struct jsonout *w = ipc_answer_begin(c, id, "Data");
	int p[2];

	if (pipe(p) || write(p[1], "through the pipe", 16) != 16)
		_exit(9);
	close(p[1]);
	json_add_object(w, "data");
	json_close(w);
	ipc_answer_end_fds(c, p, 1);
}

static void daemon_message(struct ipc_client *c, const char *text, size_t len)
{
	const struct json_value *root, *id, *type;
	struct errmsg err;

	if (json_reparse(&daemon_request, text, len, JSON_TEXT_MAX, "request", &err)) {
		ipc_answer_error(c, NULL, "invalid", err.text);
		return;
	}
	root = json_root(daemon_request);
	id = json_get(root, "id");
	type = json_get(root, "type");
	if (json_is(type, "Ping"))
		ipc_answer_success(c, id, "pong");
	else if (json_is(type, "Echo"))
		answer_echo(c, id, root);
	else if (json_is(type, "Later"))
		answer_later(c, id);
	else if (json_is(type, "Subscribe") && ipc_subscribe(c, (uint32_t)json_u64(json_get(root, "kinds"), NULL),
							     json_string(json_get(root, "session"), NULL), &err))
		ipc_answer_error(c, id, "limit", err.text);
	else if (json_is(type, "Subscribe"))
		ipc_answer_success(c, id, "subscribed");
	else if (json_is(type, "Unsubscribe"))
		ipc_unsubscribe(c, json_string(json_get(root, "session"), NULL)), ipc_answer_success(c, id, "unsubscribed");
	else if (json_is(type, "Fire"))
		fire_events(ipc_client_server(c), root), ipc_answer_success(c, id, "fired");
	else if (json_is(type, "Pipe"))
		answer_pipe(c, id);
	else if (json_is(type, "Counts"))
		answer_counts(c, id);
	else if (json_is(type, "Bye"))
		ipc_answer_success(c, id, "bye"), ipc_client_close(c);
	else if (json_is(type, "Bad"))
		json_put_str(ipc_answer_begin(c, id, "Data"), "a value without a name"), ipc_answer_end(c);
	else if (json_is(type, "Stop"))
		ipc_answer_success(c, id, "stopping"), loop_stop(&daemon_loop);
	else if (!json_is(type, "Silent"))
		ipc_answer_error(c, id, "unknown_type", "there is no such operation");
}

/* In the child. */
static void daemon_run(const char *path, struct ipc_server_options *o, int ready)
{
	struct ipc_server *s;
	struct errmsg err;

	if (daemon_descriptors)
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){ daemon_descriptors, daemon_descriptors });
	o->path = path;
	o->on_message = daemon_message;
	if (loop_init(&daemon_loop, &err) || ipc_server_open(&s, &daemon_loop, o, &err)) {
		fprintf(stderr, "# %s\n", err.text);
		_exit(9);
	}
	if (write(ready, "", 1) != 1)
		_exit(9);
	loop_run(&daemon_loop, NULL);
	ipc_server_close(s);
	loop_release(&daemon_loop);
	json_free(daemon_request);
	exit(0); /* not _exit: LeakSanitizer looks */
}

static void daemon_start(struct test_daemon *t, struct ipc_server_options o)
{
	int ready[2];
	char byte;

	snprintf(t->folder, sizeof(t->folder), "/tmp/nwbox-ipc.XXXXXX");
	CHECK(mkdtemp(t->folder) != NULL);
	snprintf(t->path, sizeof(t->path), "%s/run/s.sock", t->folder);
	CHECK_EQ(pipe(ready), 0);
	fflush(NULL);
	t->pid = fork();
	if (t->pid == 0) {
		o.listen_fd = -1;
		daemon_run(t->path, &o, ready[1]);
	}
	close(ready[1]);
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static struct ipc_daemon *daemon_connect(const struct test_daemon *t)
{
	struct ipc_address a = { .from = "--socket" };
	struct ipc_daemon *d = NULL;
	struct errmsg err = { "" };

	snprintf(a.path, sizeof(a.path), "%s", t->path);
	CHECK_EQ(ipc_connect(&d, &a, 1000, &err), 0);
	CHECK_STR(err.text, "");
	return d;
}

/* Ends it with Stop and looks whether everything is gone. */
static void daemon_stop(struct test_daemon *t)
{
	struct ipc_daemon *d = daemon_connect(t);
	struct ipc_answer a = { 0 };
	int status = -1;
	char run[80];

	if (d) {
		ipc_request_begin(d, "Stop");
		CHECK_EQ(ipc_call(d, 5000, &a, NULL), 0);
		ipc_answer_release(&a);
		ipc_disconnect(d);
	} else {
		kill(t->pid, SIGKILL);
	}
	CHECK_EQ(waitpid(t->pid, &status, 0), t->pid);
	CHECK_EQ(status, 0);
	snprintf(run, sizeof(run), "%s/run", t->folder);
	CHECK_EQ(rmdir(run), 0); /* neither socket nor lock is left */
	CHECK_EQ(rmdir(t->folder), 0);
}

/* A request without parameters, or with one number; the answer's data, or NULL. Release `a`. */
static const struct json_value *ask(struct ipc_daemon *d, struct ipc_answer *a, const char *type, const char *name,
				    uint64_t number)
{
	struct jsonout *w = ipc_request_begin(d, type);
	struct errmsg err = { "" };

	if (name)
		json_add_u64(w, name, number);
	CHECK_EQ(ipc_call(d, 5000, a, &err), 0);
	CHECK_STR(err.text, "");
	return a->data;
}

static inline uint64_t count_of(struct ipc_daemon *d, const char *name)
{
	struct ipc_answer a = { 0 };
	uint64_t n = json_u64(json_get(ask(d, &a, "Counts", NULL, 0), name), NULL);

	ipc_answer_release(&a);
	return n;
}

#endif
