/* SPDX-License-Identifier: MIT */
/* lib/ipc/server.c and answers.c: the policies, each with somebody else who is served in the meantime; handles,
 * subscriptions, ends, memory. */
#include "ipc_daemon.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A connection of which the test sends and reads the bytes itself. */
struct raw {
	int fd;
	struct ipc_reader reader;
};

static struct raw raw_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct raw r = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	CHECK_EQ(connect(r.fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ipc_reader_init(&r.reader, IPC_ANSWER_MAX);
	return r;
}

static void raw_close(struct raw *r)
{
	ipc_reader_release(&r->reader);
	close(r->fd);
}

static void raw_send(struct raw *r, const void *bytes, size_t len)
{
	CHECK_EQ(send(r->fd, bytes, len, MSG_NOSIGNAL), len);
}

/* The next message as text, "" when there is none in time, "closed" at the end. */
static const char *raw_text(struct raw *r, int timeout_ms)
{
	static char text[1024];
	struct ipc_message m;
	int rc = ipc_receive(&r->reader, r->fd, timeout_ms, &m, NULL);

	if (rc)
		return rc == NW_ETIME ? "" : "closed";
	snprintf(text, sizeof(text), "%.*s", (int)m.len, m.text);
	return text;
}

/* Somebody else is served. */
static void others_are_served(struct ipc_daemon *d)
{
	struct ipc_answer a = { 0 };

	ask(d, &a, "Ping", NULL, 0);
	CHECK_STR(a.message, "pong");
	ipc_answer_release(&a);
}

TEST(ids_come_back_as_they_were)
{
	static const char *const ids[][2] = {
		{ "\"id\":7,", "\"id\":7," }, { "\"id\":\"a\\\"b\",", "\"id\":\"a\\\"b\"," }, { "", "" },
		{ "\"id\":-3,", "\"id\":-3," }, { "\"id\":18446744073709551615,", "\"id\":18446744073709551615," },
	};
	struct test_daemon t;
	struct raw r;
	char text[200], want[200];

	daemon_start(&t, (struct ipc_server_options){ 0 });
	r = raw_connect(t.path);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "{%s\"type\":\"Ping\"}", ids[i][0]);
		snprintf(want, sizeof(want), "{%s\"type\":\"Success\",\"message\":\"pong\"}", ids[i][1]);
		CHECK_EQ(ipc_send(r.fd, text, strlen(text), NULL, 0, NULL), 0);
		CHECK_STR(raw_text(&r, 1000), want);
	}
	raw_close(&r);
	daemon_stop(&t);
}

TEST(an_id_is_an_integer_or_a_text)
{
	struct json *j;
	char text[IPC_ID_MAX], request[400];

	CHECK_EQ(json_parse(&j, "{\"a\":12,\"b\":\"x\",\"c\":[1],\"d\":1.5}", 32, "t", NULL), 0);
	CHECK_EQ(ipc_id_text(json_get(json_root(j), "a"), text, NULL), 0);
	CHECK_STR(text, "12");
	CHECK_EQ(ipc_id_text(json_get(json_root(j), "b"), text, NULL), 0);
	CHECK_STR(text, "\"x\"");
	CHECK_EQ(ipc_id_text(NULL, text, NULL), 0);
	CHECK_STR(text, "");
	CHECK_EQ(ipc_id_text(json_get(json_root(j), "c"), text, NULL), NW_EINPUT);
	CHECK_EQ(ipc_id_text(json_get(json_root(j), "d"), text, NULL), NW_EINPUT);
	json_free(j);
	snprintf(request, sizeof(request), "[\"%0300d\"]", 0);
	CHECK_EQ(json_parse(&j, request, strlen(request), "t", NULL), 0);
	CHECK_EQ(ipc_id_text(json_at(json_root(j), 0), text, NULL), NW_EINPUT);
	CHECK_STR(text, "");
	json_free(j);
}

TEST(lengths_that_lie)
{
	static const struct {
		char bytes[8];
		const char *code;
	} lies[] = { { "\0\0\0\0{}", "invalid" }, { "\1\0\20\0{}", "limit" }, { "\xff\xff\xff\xff{}", "limit" },
		     { "{\"id\":1", "limit" } };
	struct test_daemon t;
	struct ipc_daemon *other;

	daemon_start(&t, (struct ipc_server_options){ 0 });
	other = daemon_connect(&t);
	for (unsigned i = 0; i < 4; i++) {
		struct raw r = raw_connect(t.path);
		char want[64];
		const char *got;

		raw_send(&r, lies[i].bytes, 6);
		got = raw_text(&r, 1000);
		snprintf(want, sizeof(want), "{\"type\":\"Error\",\"code\":\"%s\"", lies[i].code);
		CHECK(!strncmp(got, want, strlen(want)));
		CHECK_STR(raw_text(&r, 1000), "closed");
		others_are_served(other);
		raw_close(&r);
	}
	CHECK_EQ(count_of(other, "disconnected"), 4);
	CHECK_EQ(count_of(other, "clients"), 1);
	ipc_disconnect(other);
	daemon_stop(&t);
}

/* Who lies and goes on sending still gets the answer: no reset overtakes it. */
TEST(the_answer_to_a_lie_is_not_overtaken)
{
	struct test_daemon t;
	struct raw r;
	char *rubbish = malloc(1 << 20);

	memset(rubbish, 0xff, 1 << 20);
	daemon_start(&t, (struct ipc_server_options){ 0 });
	r = raw_connect(t.path);
	for (int i = 0; i < 4; i++)
		raw_send(&r, rubbish, 1 << 20);
	CHECK(strstr(raw_text(&r, 1000), "\"limit\"") != NULL);
	CHECK_STR(raw_text(&r, 1000), "closed");
	raw_close(&r);
	free(rubbish);
	daemon_stop(&t);
}

TEST(half_a_message)
{
	struct test_daemon t;
	struct ipc_daemon *other;
	struct raw r, slow;

	daemon_start(&t, (struct ipc_server_options){ .half_ns = 200000000 });
	other = daemon_connect(&t);
	r = raw_connect(t.path);
	slow = raw_connect(t.path);
	raw_send(&r, "\20\0\0\0{\"ty", 8);
	for (int i = 0; i < 15; i++) { /* each byte alone: not half for long */
		raw_send(&slow, &"\17\0\0\0{\"type\":\"Pi\"}"[i], 1);
		usleep(2000);
	}
	others_are_served(other);
	CHECK(strstr(raw_text(&r, 1000), "\"code\":\"timeout\"") != NULL);
	CHECK_STR(raw_text(&r, 1000), "closed");
	raw_close(&r);
	raw_close(&slow);
	ipc_disconnect(other);
	daemon_stop(&t);
}

TEST(a_flood_leaves_room_for_others)
{
	enum { MESSAGES = 3000 };
	struct test_daemon t;
	struct ipc_daemon *other;
	struct raw r;
	char *all = malloc(MESSAGES * 20), *p = all;
	unsigned got = 0;

	for (int i = 0; i < MESSAGES; i++)
		p = mempcpy(p, "\17\0\0\0{\"type\":\"Ping\"}", 19);
	daemon_start(&t, (struct ipc_server_options){ 0 });
	other = daemon_connect(&t);
	r = raw_connect(t.path);
	raw_send(&r, all, (size_t)(p - all));
	others_are_served(other);
	while (got < MESSAGES && strstr(raw_text(&r, 2000), "pong"))
		got++;
	CHECK_EQ(got, MESSAGES);
	free(all);
	raw_close(&r);
	ipc_disconnect(other);
	daemon_stop(&t);
}

/* Sends requests and reads nothing: they wait with the sender, memory has a ceiling; in the end it is closed. */
TEST(one_that_never_reads)
{
	struct test_daemon t;
	struct ipc_daemon *other;
	struct raw r;
	static const char request[] = "\35\0\0\0{\"type\":\"Echo\",\"bytes\":30000}";
	int sent = 0;

	daemon_start(&t, (struct ipc_server_options){ .queue_bytes = 1 << 20, .unread_ns = 300000000 });
	other = daemon_connect(&t);
	r = raw_connect(t.path);
	fcntl(r.fd, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 20000; i++) {
		if (send(r.fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0)
			break;
		sent++;
	}
	CHECK(sent > 10 && sent < 20000); /* the daemon has stopped reading */
	others_are_served(other);
	for (int i = 0; i < 40 && count_of(other, "disconnected") == 0; i++)
		usleep(50000);
	CHECK_EQ(count_of(other, "disconnected"), 1);
	CHECK_EQ(count_of(other, "clients"), 1);
	raw_close(&r);
	ipc_disconnect(other);
	daemon_stop(&t);
}

TEST(events_are_lost_first_and_that_is_told)
{
	enum { EVENTS = 2000 };
	struct test_daemon t;
	struct ipc_daemon *other;
	struct ipc_answer a = { 0 };
	struct raw r;
	unsigned events = 0;
	long lost = 0, next = 0;
	bool in_order = true;
	const char *text;

	daemon_start(&t, (struct ipc_server_options){ .queue_bytes = 100000 });
	other = daemon_connect(&t);
	r = raw_connect(t.path);
	CHECK_EQ(ipc_send(r.fd, "{\"type\":\"Subscribe\",\"kinds\":1}", 30, NULL, 0, NULL), 0);
	CHECK(strstr(raw_text(&r, 1000), "subscribed") != NULL);
	json_add_u64(ipc_request_begin(other, "Fire"), "count", EVENTS);
	CHECK_EQ(ipc_call(other, 5000, &a, NULL), 0);
	ipc_answer_release(&a);
	json_add_u64(ipc_request_begin(other, "Fire"), "count", EVENTS);
	CHECK_EQ(ipc_call(other, 5000, &a, NULL), 0);
	ipc_answer_release(&a);
	others_are_served(other);
	while (*(text = raw_text(&r, 300)) == '{') {
		const char *n = strstr(text, "\"dropped\":"), *x = strstr(text, "\"n\":");

		if (n)
			lost += strtol(n + 10, NULL, 10);
		if (n)
			next = -1;
		if (!x)
			continue;
		in_order &= next < 0 || strtol(x + 4, NULL, 10) == next % EVENTS;
		next = strtol(x + 4, NULL, 10) + 1;
		events++;
	}
	CHECK_STR(text, "");
	CHECK(in_order); /* nothing is missing without an event that says so */
	CHECK(lost > 0);
	CHECK_EQ(events + lost, 2 * EVENTS);
	CHECK_EQ(count_of(other, "events_lost"), lost);
	CHECK_EQ(count_of(other, "clients"), 2);
	raw_close(&r);
	ipc_disconnect(other);
	daemon_stop(&t);
}

TEST(subscriptions)
{
	static const struct {
		const char *kinds, *session, *fire;
		bool wanted;
	} cases[] = {
		{ "1", NULL, NULL, true }, { "1", NULL, "a1", true }, { "2", NULL, "a1", false },
		{ "1", "a1", "a1", true }, { "1", "a1", "b2", false }, { "1", "a1", NULL, false },
	};
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	struct ipc_event e;
	struct errmsg err;
	char session[16];

	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct jsonout *w = ipc_request_begin(d, "Subscribe");

		json_add_u64(w, "kinds", strtoul(cases[i].kinds, NULL, 10));
		if (cases[i].session)
			json_add_str(w, "session", cases[i].session);
		CHECK_EQ(ipc_call(d, 5000, &a, NULL), 0);
		ipc_answer_release(&a);
		CHECK_EQ(count_of(d, "subscribers"), 1);
		CHECK_EQ(count_of(d, "subscribed"), strtoul(cases[i].kinds, NULL, 10));
		w = ipc_request_begin(d, "Fire");
		json_add_u64(w, "count", 1);
		if (cases[i].fire)
			json_add_str(w, "session", cases[i].fire);
		CHECK_EQ(ipc_call(d, 5000, &a, NULL), 0);
		ipc_answer_release(&a);
		others_are_served(d);
		if (!CHECK_EQ(ipc_event_next(d, 0, &e, NULL), cases[i].wanted))
			fprintf(stderr, "# case %u\n", i);
		ipc_event_release(&e);
		ask(d, &a, "Unsubscribe", NULL, 0);
		ipc_answer_release(&a);
		CHECK_EQ(count_of(d, "subscribers"), 0);
		CHECK_EQ(count_of(d, "subscribed"), 0);
	}
	for (int i = 0; i <= IPC_SUBSCRIPTIONS_MAX; i++) {
		struct jsonout *w = ipc_request_begin(d, "Subscribe");

		snprintf(session, sizeof(session), "s%d", i);
		json_add_u64(w, "kinds", 1);
		json_add_str(w, "session", session);
		CHECK_EQ(ipc_call(d, 5000, &a, &err), i < IPC_SUBSCRIPTIONS_MAX ? 0 : NW_ELIMIT);
		ipc_answer_release(&a);
	}
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(answers_of_every_size)
{
	static const unsigned sizes[] = { 0, 1, 31000, 32690, 32768, 32800, 65536, 100000, 1000000, 2000000 };
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	struct errmsg err;

	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *echo = json_string(json_get(ask(d, &a, "Echo", "bytes", sizes[i]), "echo"), NULL);

		CHECK(echo && strlen(echo) == sizes[i]);
		ipc_answer_release(&a);
	}
	for (unsigned bytes = 32600; bytes < 32800; bytes++) { /* around the end of the buffer, several in a batch */
		uint64_t id[3];

		for (unsigned i = 0; i < 3; i++) {
			json_add_u64(ipc_request_begin(d, "Echo"), "bytes", i == 1 ? bytes : 10);
			ipc_request_send(d, &id[i], NULL);
		}
		for (unsigned i = 0; i < 3; i++) {
			CHECK_EQ(ipc_answer_wait(d, id[i], 5000, &a, NULL), 0);
			CHECK_EQ(strlen(json_string(json_get(a.data, "echo"), NULL)), i == 1 ? bytes : 10);
			ipc_answer_release(&a);
		}
	}
	json_add_u64(ipc_request_begin(d, "Echo"), "bytes", 3 << 20);
	CHECK_EQ(ipc_call(d, 5000, &a, &err), NW_ELIMIT);
	CHECK(strstr(err.text, "2097152") != NULL);
	ipc_answer_release(&a);
	ipc_request_begin(d, "Bad");
	CHECK_EQ(ipc_call(d, 5000, &a, &err), NW_EFAIL);
	CHECK(strstr(err.text, "not well-formed") != NULL);
	ipc_answer_release(&a);
	others_are_served(d);
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(more_clients_than_there_may_be)
{
	struct test_daemon t;
	struct ipc_daemon *d[3];
	struct ipc_answer a = { 0 };
	struct ipc_address where = { .from = "--socket" };
	struct ipc_daemon *fourth;
	struct errmsg err;

	daemon_start(&t, (struct ipc_server_options){ .max_clients = 3 });
	for (int i = 0; i < 3; i++)
		others_are_served(d[i] = daemon_connect(&t));
	snprintf(where.path, sizeof(where.path), "%s", t.path);
	CHECK_EQ(ipc_connect(&fourth, &where, 1000, &err), 0);
	ipc_request_begin(fourth, "Ping");
	CHECK_EQ(ipc_call(fourth, 1000, &a, &err), NW_ELIMIT);
	CHECK(strstr(err.text, "3 clients are connected already") != NULL);
	ipc_disconnect(fourth);
	others_are_served(d[0]);
	CHECK_EQ(count_of(d[0], "refused"), 1);
	ipc_disconnect(d[2]);
	for (int i = 0; i < 100 && count_of(d[0], "clients") > 2; i++)
		usleep(1000);
	others_are_served(d[2] = daemon_connect(&t));
	ipc_disconnect(d[1]);
	ipc_disconnect(d[2]);
	for (int i = 0; i < 100 && count_of(d[0], "clients") > 1; i++)
		usleep(1000);
	ipc_disconnect(d[0]);
	usleep(20000);
	daemon_stop(&t);
}

/* In a child that is another user: how many of eight connections are served; 100 when the refusal says something else. */
static int connections_of_another_user(const char *path)
{
	int served = 0;

	if (setgid(54321) || setuid(54321))
		return 101;
	for (int i = 0; i < 8; i++) {
		struct raw r = raw_connect(path);
		const char *text;

		ipc_send(r.fd, "{\"type\":\"Ping\"}", 15, NULL, 0, NULL);
		text = raw_text(&r, 1000);
		if (strstr(text, "pong"))
			served++;
		else if (!strstr(text, "three quarters of the 8 connections"))
			return 100;
	}
	return served;
}

TEST(one_user_does_not_get_all_connections)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	pid_t child;
	int status = 0;

	if (geteuid() != 0)
		SKIP("needs root, to become another user");
	daemon_start(&t, (struct ipc_server_options){ .max_clients = 8, .mode = 0666 });
	CHECK_EQ(chmod(t.folder, 0755), 0);
	child = fork();
	if (child == 0)
		_exit(connections_of_another_user(t.path));
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 6);
	d = daemon_connect(&t);
	others_are_served(d);
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(a_limit_of_descriptors_limits_clients)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	uint64_t max;

	daemon_descriptors = 64;
	daemon_start(&t, (struct ipc_server_options){ 0 });
	daemon_descriptors = 0;
	d = daemon_connect(&t);
	max = count_of(d, "max_clients");
	CHECK(max > 8 && max < 64);
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(no_descriptors_are_left)
{
	struct test_daemon t;
	struct ipc_daemon *first;
	struct raw r[12];
	unsigned served = 0, refused = 0;

	daemon_descriptors = 18; /* some of which the daemon has before anybody comes */
	daemon_start(&t, (struct ipc_server_options){ 0 });
	daemon_descriptors = 0;
	first = daemon_connect(&t);
	for (int i = 0; i < 12; i++) {
		const char *text;

		r[i] = raw_connect(t.path);
		ipc_send(r[i].fd, "{\"type\":\"Ping\"}", 15, NULL, 0, NULL);
		text = raw_text(&r[i], 1000);
		served += strstr(text, "pong") != NULL;
		refused += strstr(text, "\"code\":\"limit\"") != NULL;
		others_are_served(first);
	}
	CHECK_EQ(served + refused, 12);
	CHECK(served > 0 && refused > 0);
	for (int i = 0; i < 12; i++)
		raw_close(&r[i]);
	for (int i = 0; i < 100 && count_of(first, "clients") > 1; i++)
		usleep(1000);
	ipc_disconnect(first);
	daemon_stop(&t);
}

TEST(a_client_that_is_gone_gets_no_late_answer)
{
	struct test_daemon t;
	struct ipc_daemon *d = NULL, *other;
	uint64_t id;

	daemon_start(&t, (struct ipc_server_options){ 0 });
	other = daemon_connect(&t);
	for (int i = 0; i < 20; i++) {
		d = daemon_connect(&t);
		ipc_request_begin(d, "Later");
		CHECK_EQ(ipc_request_send(d, &id, NULL), 0);
		ipc_disconnect(d);
		others_are_served(d = daemon_connect(&t)); /* in the same slot, perhaps */
		CHECK_EQ(ipc_event_next(d, 2, &(struct ipc_event){ 0 }, NULL), 0);
		ipc_disconnect(d);
	}
	usleep(50000);
	others_are_served(other);
	ipc_disconnect(other);
	daemon_stop(&t);
}

TEST(the_last_answer_before_the_end)
{
	struct test_daemon t;
	struct raw r;

	daemon_start(&t, (struct ipc_server_options){ 0 });
	r = raw_connect(t.path);
	CHECK_EQ(ipc_send(r.fd, "{\"type\":\"Bye\"}", 14, NULL, 0, NULL), 0);
	CHECK_EQ(ipc_send(r.fd, "{\"type\":\"Ping\"}", 15, NULL, 0, NULL), 0);
	CHECK(strstr(raw_text(&r, 1000), "bye") != NULL);
	CHECK_STR(raw_text(&r, 1000), "closed");
	raw_close(&r);
	/* a client that has said all and only listens */
	r = raw_connect(t.path);
	CHECK_EQ(ipc_send(r.fd, "{\"type\":\"Echo\",\"bytes\":1500000}", 31, NULL, 0, NULL), 0);
	shutdown(r.fd, SHUT_WR);
	CHECK(strlen(raw_text(&r, 1000)) == 1023);
	CHECK_STR(raw_text(&r, 1000), "closed");
	raw_close(&r);
	daemon_stop(&t);
}

/* ---- memory ----------------------------------------------------------------------------------- */

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

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

TEST(idle_clients_cost_little)
{
	enum { CLIENTS = 700 }; /* below the usual limit of 1024 descriptors */
	static int fd[CLIENTS];
	struct test_daemon t;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct ipc_daemon *d;
	long before, after;

	daemon_start(&t, (struct ipc_server_options){ 0 });
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", t.path);
	d = daemon_connect(&t);
	others_are_served(d);
	before = resident_kb(t.pid);
	for (int i = 0; i < CLIENTS; i++) {
		struct raw r = raw_connect(t.path);

		ipc_send(r.fd, "{\"type\":\"Ping\"}", 15, NULL, 0, NULL);
		fd[i] = r.fd;
		if (!CHECK(strstr(raw_text(&r, 1000), "pong") != NULL))
			break;
		ipc_reader_release(&r.reader);
	}
	CHECK_EQ(count_of(d, "clients"), CLIENTS + 1);
	after = resident_kb(t.pid);
	CHECK(SANITIZED || (after - before) * 1024 / CLIENTS <= 1024);
	for (int i = 0; i < CLIENTS; i++)
		close(fd[i]);
	ipc_disconnect(d);
	daemon_stop(&t);
}
