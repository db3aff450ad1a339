/* SPDX-License-Identifier: MIT */
/*
 * Load on a daemon's local socket, and on lib/ipc alone.
 *
 *	ipc_load requests    [OPTION...]    CLIENTS connections with DEPTH requests under way each; rate and latency
 *	ipc_load idle        [OPTION...]    CLIENTS idle connections: memory of the daemon for each, latency of another client
 *	ipc_load subscribers [OPTION...]    CLIENTS subscribers while EVENT is asked 50 times a second: latency of another client
 *
 *	-s PATH     the daemon's socket; without, lib/ipc serves in a child of this program: Status gives 200 bytes of JSON
 *	-c CLIENTS  -p DEPTH  -t SECONDS
 *	-r JSON     the request (default {"type":"Status"})
 *	-e JSON     the request that makes an event (default {"type":"Reload"}; alone: {"type":"Event"})
 *	-A          not pinned: otherwise the daemon of -s is where it is, a child is on CPU 0 and the load on CPU 1
 *
 * Prints one line of name=value like limit_ipc of the shared benchmarks, whose figures it stands beside.
 */
#include "base/json.h"
#include "ipc/server.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS_MAX = 20000, DEPTH_MAX = 1024, EVENTS = 256, SAMPLES = 1 << 20, EVENT_EVERY_US = 20000 };

static const char *path, *request = "{\"type\":\"Status\"}", *event;
static int clients = 1, depth = 1;
static double seconds = 3;
static bool pinned = true;
static pid_t child;

static void die(const char *what)
{
	fprintf(stderr, "ipc_load: %s: %s\n", what, strerror(errno));
	if (child)
		kill(child, SIGKILL);
	exit(1);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (pinned)
		sched_setaffinity(0, sizeof(set), &set);
}

/* ---- lib/ipc alone ------------------------------------------------------------------- */

static struct json *parsed;

static void on_message(struct ipc_client *c, const char *text, size_t len)
{
	static const char pad[] = "0123456789012345678901234567890123456789012345678901234567890";
	const struct json_value *root, *id;
	struct jsonout *w;

	if (json_reparse(&parsed, text, len, JSON_TEXT_MAX, "request", NULL)) {
		ipc_answer_error(c, NULL, "invalid", "no JSON");
		return;
	}
	root = json_root(parsed);
	id = json_get(root, "id");
	if (json_is(json_get(root, "type"), "Subscribe")) {
		ipc_subscribe(c, 1, NULL, NULL);
		ipc_answer_success(c, id, "subscribed");
		return;
	}
	if (json_is(json_get(root, "type"), "Event")) {
		static const char one[] = "{\"type\":\"Event\",\"event_type\":\"configuration_reloaded\",\"time\":1.5,\"data\":{}}";

		ipc_event_send(ipc_client_server(c), 1, NULL, one, sizeof(one) - 1);
	}
	w = ipc_answer_begin(c, id, "Data");
	json_add_object(w, "data");
	json_add_str(w, "version", "0.1.0");
	json_add_u64(w, "pid", 4711);
	json_add_ns(w, "uptime", 86400123456789);
	json_add_u64(w, "packets", 1234567890);
	json_add_str(w, "padding", pad);
	json_close(w);
	ipc_answer_end(c);
}

static void serve_in_child(void)
{
	static char name[100];
	struct ipc_server_options o = { .path = name, .listen_fd = -1, .max_clients = CLIENTS_MAX, .on_message = on_message };
	struct ipc_server *s;
	struct loop l;
	struct errmsg err;
	int ready[2];
	char byte;

	snprintf(name, sizeof(name), "/tmp/ipc_load.%d", (int)getpid());
	path = name;
	if (pipe(ready))
		die("pipe");
	child = fork();
	if (child == 0) {
		pin(0);
		if (loop_init(&l, &err) || ipc_server_open(&s, &l, &o, &err)) {
			fprintf(stderr, "ipc_load: %s\n", err.text);
			_exit(1);
		}
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(loop_run(&l, NULL) ? 1 : 0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("the server did not start");
	close(ready[0]);
}

/* ---- the load --------------------------------------------------------------------------- */

static int connect_one(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(a.sun_path))
		die("the path is too long");
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die(path);
	return fd;
}

static pid_t pid_of(int fd)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.pid;
}

static size_t frame(char *to, const char *text)
{
	size_t len = strlen(text);

	for (unsigned i = 0; i < 4; i++)
		to[i] = (char)(len >> (8 * i));
	memcpy(to + 4, text, len);
	return len + 4;
}

static void write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t r = send(fd, p, n, MSG_NOSIGNAL);

		if (r < 0 && errno != EINTR)
			die("the daemon closed the connection");
		p += r > 0 ? r : 0;
		n -= r > 0 ? (size_t)r : 0;
	}
}

struct conn {
	int fd;
	struct ipc_reader reader;
	int64_t sent_ns;
};

/* Whole answers that came in one read; an Error ends the measurement. */
static int take(struct conn *c)
{
	static char scratch[262144];
	struct ipc_message m;
	struct errmsg err = { "" };
	int n = 0, rc;

	if (ipc_reader_fill(&c->reader, c->fd, scratch, sizeof(scratch), false, &err) < 0)
		die("the daemon closed the connection");
	while ((rc = ipc_reader_next(&c->reader, &m, &err)) > 0) {
		if (m.len > 20 && (memmem(m.text, m.len < 60 ? m.len : 60, "\"type\":\"Error\"", 14))) {
			fprintf(stderr, "ipc_load: %.*s\n", (int)m.len, m.text);
			exit(1);
		}
		n += !memmem(m.text, m.len < 60 ? m.len : 60, "\"type\":\"Event\"", 14);
	}
	if (rc || ipc_reader_keep(&c->reader, &err))
		die(err.text);
	return n;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* CPU time of the daemon so far, in seconds. */
static double cpu_of(pid_t pid)
{
	char name[64], line[1024];
	unsigned long user = 0, sys = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	f = fopen(name, "r");
	if (f && fgets(line, sizeof(line), f) && strrchr(line, ')'))
		sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
	if (f)
		fclose(f);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static long resident_kb(pid_t pid)
{
	char name[64], line[128];
	long kb = -1;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kb);
	if (f)
		fclose(f);
	return kb;
}

static void requests(void)
{
	static struct conn conn[CLIENTS_MAX];
	static uint32_t lat[SAMPLES];
	struct epoll_event ev[EVENTS];
	char *many = malloc((strlen(request) + 4) * DEPTH_MAX);
	size_t one = 0, lats = 0;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int64_t start, t, end;
	uint64_t n = 0;
	double cpu;
	pid_t pid;

	for (int i = 0; i < depth; i++)
		one = frame(many + (size_t)i * (strlen(request) + 4), request);
	for (int i = 0; i < clients; i++) {
		conn[i].fd = connect_one();
		ipc_reader_init(&conn[i].reader, IPC_ANSWER_MAX);
		epoll_ctl(ep, EPOLL_CTL_ADD, conn[i].fd, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = &conn[i] });
	}
	pid = pid_of(conn[0].fd);
	cpu = cpu_of(pid);
	start = t = loop_monotonic_ns();
	end = start + (int64_t)(seconds * 1e9);
	for (int i = 0; i < clients; i++) {
		conn[i].sent_ns = t;
		write_all(conn[i].fd, many, one * (size_t)depth);
	}
	while (t < end) {
		int k = epoll_wait(ep, ev, EVENTS, 200);

		for (int i = 0; i < k; i++) {
			struct conn *c = ev[i].data.ptr;
			int got = take(c);

			t = loop_monotonic_ns();
			if (got && lats < SAMPLES)
				lat[lats++] = (uint32_t)(t - c->sent_ns);
			n += (uint64_t)got;
			c->sent_ns = t;
			write_all(c->fd, many, one * (size_t)got);
		}
		t = loop_monotonic_ns();
	}
	qsort(lat, lats, sizeof(*lat), compare);
	printf("requests=%llu rate=%.0f p50_us=%.1f p99_us=%.1f server_cpu_us_each=%.2f\n", (unsigned long long)n,
	       (double)n / ((double)(t - start) * 1e-9), lats ? lat[lats / 2] / 1e3 : 0, lats ? lat[lats * 99 / 100] / 1e3 : 0,
	       n ? (cpu_of(pid) - cpu) * 1e6 / (double)n : 0);
	free(many);
}

/* Round trips of one client, one at a time, for a third of the time. */
static void probe(const char *what, struct conn *c)
{
	static uint32_t lat[SAMPLES];
	int64_t t = loop_monotonic_ns(), end = t + (int64_t)(seconds * 1e9 / 3);
	char bytes[1024];
	size_t len = frame(bytes, request), n;

	for (n = 0; n < SAMPLES && (t < end || n < 100); n++) {
		int64_t sent = t;

		write_all(c->fd, bytes, len);
		while (!take(c))
			;
		t = loop_monotonic_ns();
		lat[n] = (uint32_t)(t - sent);
	}
	qsort(lat, n, sizeof(*lat), compare);
	printf(" %s_p50_us=%.1f %s_p99_us=%.1f", what, lat[n / 2] / 1e3, what, lat[n * 99 / 100] / 1e3);
}

static struct conn conn_new(void)
{
	struct conn c = { .fd = connect_one() };

	ipc_reader_init(&c.reader, IPC_ANSWER_MAX);
	return c;
}

static void idle(void)
{
	static struct conn conn[CLIENTS_MAX];
	struct conn other = conn_new();
	pid_t pid = pid_of(other.fd);
	char bytes[1024];
	size_t len = frame(bytes, request);
	long before, after;

	probe("alone", &other);
	before = resident_kb(pid);
	for (int i = 0; i < clients; i++) { /* each has asked something once */
		conn[i] = conn_new();
		write_all(conn[i].fd, bytes, len);
		while (!take(&conn[i]))
			;
	}
	after = resident_kb(pid);
	probe("beside_idle", &other);
	printf(" clients=%d rss_before_kb=%ld rss_after_kb=%ld bytes_each=%.0f\n", clients, before, after,
	       (double)(after - before) * 1024 / clients);
}

/* Reads what the subscribers get, so that nothing waits; in a process of its own. */
static pid_t subscribe_all(void)
{
	static struct conn conn[CLIENTS_MAX];
	int ready[2], ep = epoll_create1(EPOLL_CLOEXEC);
	char byte, bytes[128];
	size_t len = frame(bytes, "{\"id\":1,\"type\":\"Subscribe\",\"events\":\"AllEvents\"}");
	pid_t pid;

	if (pipe(ready))
		die("pipe");
	pid = fork();
	if (pid) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			die("the subscribers did not start");
		close(ready[0]);
		return pid;
	}
	for (int i = 0; i < clients; i++) {
		conn[i] = conn_new();
		write_all(conn[i].fd, bytes, len);
		while (!take(&conn[i]))
			;
		epoll_ctl(ep, EPOLL_CTL_ADD, conn[i].fd, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = &conn[i] });
	}
	if (write(ready[1], "", 1) != 1)
		_exit(1);
	for (;;) {
		struct epoll_event ev[EVENTS];
		int k = epoll_wait(ep, ev, EVENTS, -1);

		for (int i = 0; i < k; i++)
			take(ev[i].data.ptr);
	}
}

/* Asks for an event every 20 ms. */
static pid_t make_events(void)
{
	char bytes[1024];
	size_t len = frame(bytes, event);
	pid_t pid = fork();
	struct conn c;

	if (pid)
		return pid;
	c = conn_new();
	for (;;) {
		write_all(c.fd, bytes, len);
		while (!take(&c))
			;
		usleep(EVENT_EVERY_US);
	}
}

static void subscribers(void)
{
	struct conn other = conn_new();
	pid_t reading, asking, pid = pid_of(other.fd);
	long before;

	probe("alone", &other);
	before = resident_kb(pid);
	reading = subscribe_all();
	probe("beside_subscribers", &other);
	asking = make_events();
	probe("beside_events", &other);
	printf(" subscribers=%d rss_before_kb=%ld rss_after_kb=%ld\n", clients, before, resident_kb(pid));
	kill(asking, SIGKILL);
	kill(reading, SIGKILL);
	waitpid(asking, NULL, 0);
	waitpid(reading, NULL, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int c;

	optind = 2;
	while (argc > 1 && (c = getopt(argc, argv, "s:c:p:t:r:e:A")) != -1)
		switch (c) {
		case 's': path = optarg; break;
		case 'c': clients = (int)strtol(optarg, NULL, 10); break;
		case 'p': depth = (int)strtol(optarg, NULL, 10); break;
		case 't': seconds = strtod(optarg, NULL); break;
		case 'r': request = optarg; break;
		case 'e': event = optarg; break;
		case 'A': pinned = false; break;
		default: return 2;
		}
	if (clients < 1 || clients > CLIENTS_MAX || depth < 1 || depth > DEPTH_MAX || strlen(request) > 900) {
		fputs("ipc_load: value out of range\n", stderr);
		return 2;
	}
	if (!event)
		event = path ? "{\"type\":\"Reload\"}" : "{\"type\":\"Event\"}";
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ CLIENTS_MAX, CLIENTS_MAX });
	if (!path)
		serve_in_child();
	pin(1);
	if (!strcmp(what, "requests"))
		requests();
	else if (!strcmp(what, "idle"))
		idle();
	else if (!strcmp(what, "subscribers"))
		subscribers();
	else
		fputs("usage: ipc_load requests|idle|subscribers [-s PATH] [-c CLIENTS] [-p DEPTH] [-t SECONDS] [-r JSON] [-e JSON] [-A]\n",
		      stderr);
	if (child) {
		kill(child, SIGTERM);
		waitpid(child, NULL, 0);
		unlink(path);
		char lock[128];

		snprintf(lock, sizeof(lock), "%s.lock", path);
		unlink(lock);
	}
	return 0;
}
