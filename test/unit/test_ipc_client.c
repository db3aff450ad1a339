/* SPDX-License-Identifier: MIT */
/* lib/ipc/client.c and address.c: where the daemon is, answers and events in any order, descriptors, and what a person is
 * told when there is no daemon, or one that is not for him. */
#include "api/operations.h"
#include "ipc_daemon.h"

#include <errno.h>
#include <sys/stat.h>

/* ---- addresses ----------------------------------------------------------------------- */

TEST(the_first_that_is_given_decides)
{
	struct ipc_address a;

	setenv("NWBOX_SOCKET", "/e/s", 1);
	CHECK_EQ(ipc_address(&a, "/o/s", "/c/s", IPC_FOR_CLIENT, NULL), 0);
	CHECK_STR(a.path, "/o/s");
	CHECK_STR(a.from, "--socket");
	CHECK_EQ(ipc_address(&a, NULL, "/c/s", IPC_FOR_CLIENT, NULL), 0);
	CHECK_STR(a.path, "/e/s");
	CHECK_STR(a.from, "NWBOX_SOCKET");
	setenv("NWBOX_SOCKET", "", 1);
	CHECK_EQ(ipc_address(&a, NULL, "/c/s", IPC_FOR_DAEMON, NULL), 0);
	CHECK_STR(a.path, "/c/s");
	CHECK_STR(a.from, "the configuration");
	CHECK(!chdir("/tmp") && !ipc_address(&a, "s.sock", NULL, IPC_FOR_DAEMON, NULL));
	CHECK_STR(a.path, "/tmp/s.sock");
	CHECK(!chdir("/") && !ipc_address(&a, "s.sock", NULL, IPC_FOR_CLIENT, NULL));
	CHECK_STR(a.path, "/s.sock");
	unsetenv("NWBOX_SOCKET");
}

TEST(a_path_that_is_too_long_is_named_with_its_length)
{
	char path[140] = "/";
	struct ipc_address a;
	struct errmsg err;

	memset(path + 1, 'd', 107);
	CHECK_EQ(ipc_address(&a, path, NULL, IPC_FOR_DAEMON, &err), NW_EINPUT);
	CHECK(strstr(err.text, "108") && strstr(err.text, "107") && strstr(err.text, path));
	path[107] = 0;
	CHECK_EQ(ipc_address(&a, path, NULL, IPC_FOR_DAEMON, &err), 0);
	CHECK_STR(a.path, path);
	CHECK_EQ(ipc_address(&a, "", NULL, IPC_FOR_DAEMON, &err), NW_EINPUT);
}

/* What holds for another user than root, tried in a child that becomes one. */
static int as_user(uid_t uid)
{
	char folder[] = "/tmp/nwbox-xdg.XXXXXX", private[64], want[96];
	struct ipc_address a;
	struct errmsg err = { "" };
	int bad = 0;

	if (setgid(uid) || setuid(uid) || !mkdtemp(folder))
		return 99;
	unsetenv("NWBOX_SOCKET");
	setenv("XDG_RUNTIME_DIR", folder, 1);
	snprintf(want, sizeof(want), "%s/netwatchd.sock", folder);
	bad |= ipc_address(&a, NULL, NULL, IPC_FOR_DAEMON, &err) || strcmp(a.path, want) ? 1 : 0;
	rmdir(folder); /* it does not exist any more */
	snprintf(private, sizeof(private), "/tmp/netwatchd-%u", (unsigned)uid);
	snprintf(want, sizeof(want), "%s/netwatchd.sock", private);
	bad |= ipc_address(&a, NULL, NULL, IPC_FOR_CLIENT, &err) || !strcmp(a.path, "") ? 2 : 0;
	bad |= !access(private, F_OK) ? 4 : 0; /* asking makes no folder */
	bad |= ipc_address(&a, NULL, NULL, IPC_FOR_DAEMON, &err) || strcmp(a.path, want) ? 8 : 0;
	bad |= chmod(private, 0750) || ipc_address(&a, NULL, NULL, IPC_FOR_DAEMON, &err) != NW_EPERM ||
			       !strstr(err.text, "0750") ? 16 : 0;
	rmdir(private);
	bad |= symlink("/tmp", private) || ipc_address(&a, NULL, NULL, IPC_FOR_DAEMON, &err) != NW_EPERM ? 32 : 0;
	unlink(private);
	return bad;
}

TEST(a_user_has_a_folder_of_his_own)
{
	pid_t child;
	int status = 0;

	if (geteuid() != 0)
		SKIP("needs root, to become another user");
	child = fork();
	if (child == 0)
		_exit(as_user(54321));
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST(root_has_the_system_s)
{
	struct ipc_address a;

	if (geteuid() != 0)
		SKIP("needs root");
	unsetenv("NWBOX_SOCKET");
	CHECK_EQ(ipc_address(&a, NULL, NULL, IPC_FOR_CLIENT, NULL), 0);
	CHECK_STR(a.path, "/run/netwatchd/netwatchd.sock");
	CHECK_STR(a.from, "the default");
}

/* ---- connecting -------------------------------------------------------------------------- */

TEST(nobody_there)
{
	struct ipc_address a = { "/tmp/nwbox-nobody.sock", "--socket" };
	struct ipc_daemon *d;
	struct errmsg err;

	CHECK_EQ(ipc_connect(&d, &a, 100, &err), NW_ECONN);
	CHECK(strstr(err.text, a.path) && strstr(err.text, "netwatchd --background --socket"));
	CHECK(!d);
	snprintf(a.path, sizeof(a.path), "/dev/null");
	CHECK_EQ(ipc_connect(&d, &a, 100, &err), NW_EINPUT);
	CHECK(strstr(err.text, "no socket") != NULL);
}

TEST(a_socket_that_is_for_others)
{
	struct test_daemon t;
	struct ipc_address a = { .from = "--socket" };
	pid_t child;
	int status = 0;

	if (geteuid() != 0)
		SKIP("needs root, to become another user");
	daemon_start(&t, (struct ipc_server_options){ 0 });
	CHECK_EQ(chmod(t.folder, 0755), 0);
	snprintf(a.path, sizeof(a.path), "%s", t.path);
	child = fork();
	if (child == 0) {
		struct ipc_daemon *d;
		struct errmsg err;

		if (setgid(54321) || setuid(54321))
			_exit(1);
		if (ipc_connect(&d, &a, 100, &err) != NW_EPERM || !strstr(err.text, "members of group root"))
			_exit(2);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 0);
	daemon_stop(&t);
}

/* What is executed is this program, to which --background is no test. */
TEST(a_daemon_that_does_not_start)
{
	struct ipc_address a = { "/tmp/nwbox-nobody.sock", "--socket" };
	struct errmsg err;

	CHECK_EQ(ipc_start_daemon(&a, NULL, &err), NW_ECONN);
	CHECK_STR(err.text, "netwatchd did not start: it said nothing");
}

/* ---- answers and events ---------------------------------------------------------------------- */

TEST(answers_find_who_asked)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	struct errmsg err;
	uint64_t id[3];

	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	CHECK_EQ(ipc_daemon_pid(d), t.pid);
	ipc_request_begin(d, "Later");
	CHECK_EQ(ipc_request_send(d, &id[0], NULL), 0);
	json_add_u64(ipc_request_begin(d, "Echo"), "bytes", 100000);
	CHECK_EQ(ipc_request_send(d, &id[1], NULL), 0);
	ipc_request_begin(d, "Nonsense");
	CHECK_EQ(ipc_request_send(d, &id[2], NULL), 0);
	CHECK_EQ(ipc_answer_wait(d, id[2], 5000, &a, &err), NW_EINPUT);
	CHECK_STR(err.text, "there is no such operation");
	CHECK_STR(a.code, "unknown_type");
	CHECK(!a.success);
	ipc_answer_release(&a);
	CHECK_EQ(ipc_answer_wait(d, id[0], 5000, &a, &err), 0);
	CHECK_STR(a.message, "late");
	ipc_answer_release(&a);
	CHECK_EQ(ipc_answer_wait(d, id[1], 5000, &a, &err), 0);
	CHECK_EQ(strlen(json_string(json_get(a.data, "echo"), NULL)), 100000);
	ipc_answer_release(&a);
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(an_answer_that_does_not_come)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	struct errmsg err;
	uint64_t id;

	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	ipc_request_begin(d, "Later");
	CHECK_EQ(ipc_request_send(d, &id, NULL), 0);
	CHECK_EQ(ipc_answer_wait(d, id, 1, &a, &err), NW_ETIME);
	CHECK(strstr(err.text, "did not answer in 0.001 s") != NULL);
	ask(d, &a, "Ping", NULL, 0);
	CHECK_STR(a.message, "pong");
	ipc_answer_release(&a);
	usleep(50000); /* the late one is there and is dropped */
	ask(d, &a, "Ping", NULL, 0);
	CHECK_STR(a.message, "pong");
	ipc_answer_release(&a);
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(a_request_that_is_too_long_is_not_sent)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	struct errmsg err;
	char *text = malloc(IPC_REQUEST_MAX);

	memset(text, 'a', IPC_REQUEST_MAX);
	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	json_add_string(ipc_request_begin(d, "Ping"), "x", text, IPC_REQUEST_MAX);
	CHECK_EQ(ipc_call(d, 5000, &a, &err), NW_ELIMIT);
	json_add_string(ipc_request_begin(d, "Ping"), "x", text, IPC_REQUEST_MAX / 2); /* begun and forgotten */
	json_add_string(ipc_request_begin(d, "Ping"), "x", text, IPC_REQUEST_MAX - 100);
	CHECK_EQ(ipc_call(d, 5000, &a, &err), 0);
	ipc_answer_release(&a);
	free(text);
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(many_large_requests_under_way)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	uint64_t id[300];

	daemon_start(&t, (struct ipc_server_options){ .queue_bytes = 1 << 18 });
	d = daemon_connect(&t);
	for (unsigned i = 0; i < 300; i++) {
		json_add_u64(ipc_request_begin(d, "Echo"), "bytes", 30000 + i);
		CHECK_EQ(ipc_request_send(d, &id[i], NULL), 0);
	}
	usleep(50000); /* both sides' sockets are full now */
	for (unsigned i = 0; i < 300; i++) {
		if (!CHECK_EQ(ipc_answer_wait(d, id[299 - i], 5000, &a, NULL), 0))
			break;
		CHECK_EQ(strlen(json_string(json_get(a.data, "echo"), NULL)), 30000 + 299 - i);
		ipc_answer_release(&a);
	}
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(events_wait_until_they_are_fetched)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	struct ipc_event e;
	unsigned n = 0;

	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	ask(d, &a, "Subscribe", "kinds", 1);
	ipc_answer_release(&a);
	CHECK_EQ(ipc_event_next(d, 0, &e, NULL), 0);
	ask(d, &a, "Fire", "count", 3);
	ipc_answer_release(&a);
	ask(d, &a, "Ping", NULL, 0);
	ipc_answer_release(&a);
	while (ipc_event_next(d, 100, &e, NULL) == 1) {
		CHECK_STR(e.type, "log_line");
		CHECK_EQ(e.time_ns, 1500000000);
		CHECK(!e.session);
		CHECK_EQ(json_u64(json_get(e.data, "n"), NULL), n);
		ipc_event_release(&e);
		n++;
	}
	CHECK_EQ(n, 3);
	for (int i = 0; i < 5; i++) { /* more than are kept; asked for one after the other, so that the daemon loses none */
		ask(d, &a, "Fire", "count", IPC_EVENTS_KEPT / 4);
		ipc_answer_release(&a);
	}
	ask(d, &a, "Ping", NULL, 0);
	ipc_answer_release(&a);
	for (n = 0; ipc_event_next(d, 100, &e, NULL) == 1; n++)
		ipc_event_release(&e);
	CHECK_EQ(n, IPC_EVENTS_KEPT);
	CHECK_EQ(ipc_events_lost(d), IPC_EVENTS_KEPT / 4);
	CHECK_EQ(ipc_events_lost(d), 0);
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(a_pipe_comes_with_its_answer)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	uint64_t id[8];
	char text[32] = "";

	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	for (unsigned i = 0; i < 8; i++) { /* every second one has a descriptor */
		ipc_request_begin(d, i % 2 ? "Pipe" : "Ping");
		CHECK_EQ(ipc_request_send(d, &id[i], NULL), 0);
	}
	for (unsigned i = 0; i < 8; i++) {
		CHECK_EQ(ipc_answer_wait(d, id[i], 5000, &a, NULL), 0);
		if (CHECK_EQ(a.nfds, i % 2) && a.nfds) {
			CHECK_EQ(read(a.fds[0], text, sizeof(text)), 16);
			CHECK_MEM(text, "through the pipe", 16);
		}
		ipc_answer_release(&a);
	}
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(the_daemon_goes_away)
{
	struct test_daemon t;
	struct ipc_daemon *d;
	struct ipc_answer a = { 0 };
	struct ipc_event e;
	struct errmsg err;
	char name[128];

	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	kill(t.pid, SIGKILL);
	waitpid(t.pid, NULL, 0);
	ipc_request_begin(d, "Ping");
	CHECK_EQ(ipc_call(d, 5000, &a, &err), NW_ECONN);
	CHECK(strstr(err.text, t.path) && strstr(err.text, "closed"));
	CHECK_EQ(ipc_event_next(d, 0, &e, &err), NW_ECONN);
	ipc_disconnect(d);
	unlink(t.path);
	snprintf(name, sizeof(name), "%s.lock", t.path);
	unlink(name);
	snprintf(name, sizeof(name), "%s/run", t.folder);
	rmdir(name);
	rmdir(t.folder);
}

TEST(words_of_errors_are_those_of_the_table)
{
	for (unsigned i = 0; i < API_ERRORS; i++)
		if (!CHECK_EQ(ipc_error_code(api_errors[i].code), api_errors[i].nw_err))
			fprintf(stderr, "# %s\n", api_errors[i].code);
}
