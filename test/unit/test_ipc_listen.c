/* SPDX-License-Identifier: MIT */
/* lib/ipc/listen.c: sockets that are stale, live, passed by somebody, too long, somebody else's. */
#include "ipc_daemon.h"

#include <fcntl.h>
#include <sys/stat.h>

static int try_open(struct ipc_server_options o, struct errmsg *err)
{
	struct loop l;
	struct ipc_server *s;
	int rc;

	CHECK_EQ(loop_init(&l, NULL), 0);
	o.on_message = daemon_message;
	rc = ipc_server_open(&s, &l, &o, err);
	ipc_server_close(s);
	loop_release(&l);
	return rc;
}

TEST(a_second_daemon)
{
	struct test_daemon t;
	struct errmsg err;
	struct ipc_daemon *d;
	char want[160];

	daemon_start(&t, (struct ipc_server_options){ 0 });
	d = daemon_connect(&t);
	CHECK_EQ(try_open((struct ipc_server_options){ .path = t.path, .listen_fd = -1 }, &err), NW_EFAIL);
	snprintf(want, sizeof(want), "another netwatchd (pid %d) answers at %s", (int)t.pid, t.path);
	CHECK_STR(err.text, want);
	CHECK(count_of(d, "max_clients") > 0);
	ipc_disconnect(d);
	daemon_stop(&t);
}

TEST(a_stale_socket_is_taken_over)
{
	struct test_daemon t, second;
	char name[128];

	daemon_start(&t, (struct ipc_server_options){ 0 });
	kill(t.pid, SIGKILL);
	waitpid(t.pid, NULL, 0);
	CHECK_EQ(access(t.path, F_OK), 0);
	second = t;
	{
		int ready[2];
		char byte;

		CHECK_EQ(pipe(ready), 0);
		second.pid = fork();
		if (second.pid == 0)
			daemon_run(second.path, &(struct ipc_server_options){ .listen_fd = -1 }, ready[1]);
		close(ready[1]);
		CHECK_EQ(read(ready[0], &byte, 1), 1);
		close(ready[0]);
	}
	snprintf(name, sizeof(name), "%s.lock", t.path);
	CHECK_EQ(access(name, F_OK), 0);
	daemon_stop(&second);
}

TEST(what_is_no_socket_stays)
{
	char path[] = "/tmp/nwbox-file.XXXXXX";
	struct errmsg err;
	struct stat st;
	int fd = mkstemp(path);

	CHECK_EQ(try_open((struct ipc_server_options){ .path = path, .listen_fd = -1 }, &err), NW_EINPUT);
	CHECK(strstr(err.text, path) && strstr(err.text, "no socket"));
	CHECK(!stat(path, &st) && S_ISREG(st.st_mode));
	close(fd);
	unlink(path);
}

TEST(paths_that_cannot_be)
{
	char longer[200];
	struct errmsg err;

	memset(longer, 'x', sizeof(longer));
	longer[0] = '/';
	longer[150] = 0;
	CHECK_EQ(try_open((struct ipc_server_options){ .path = longer, .listen_fd = -1 }, &err), NW_EINPUT);
	CHECK(strstr(err.text, "150") && strstr(err.text, "107") && strstr(err.text, longer));
	CHECK(try_open((struct ipc_server_options){ .path = "/proc/none/s.sock", .listen_fd = -1 }, &err) < 0);
	CHECK(strstr(err.text, "/proc/none") != NULL);
}

TEST(mode_of_the_socket)
{
	struct test_daemon t;
	struct stat st;

	daemon_start(&t, (struct ipc_server_options){ 0 });
	CHECK(!stat(t.path, &st) && (st.st_mode & 07777) == 0660);
	daemon_stop(&t);
	daemon_start(&t, (struct ipc_server_options){ .mode = 0600 });
	CHECK(!stat(t.path, &st) && (st.st_mode & 07777) == 0600);
	daemon_stop(&t);
}

TEST(a_socket_that_was_passed)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/nwbox-ipc.XXXXXX", number[16];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), status = -1, ready[2];
	struct ipc_address where = { .from = "--socket" };
	struct ipc_daemon *d;
	struct ipc_answer answer = { 0 };
	char byte;
	pid_t pid;

	CHECK(mkdtemp(folder) != NULL);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", folder);
	CHECK(!bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, 5) && !pipe(ready));
	pid = fork();
	if (pid == 0) {
		struct ipc_server_options o = { 0 };

		dup2(fd, 3);
		snprintf(number, sizeof(number), "%d", (int)getpid());
		setenv("LISTEN_PID", number, 1);
		setenv("LISTEN_FDS", "1", 1);
		dup2(ready[1], 10);
		o.listen_fd = ipc_adopted_fd();
		if (o.listen_fd != 3 || getenv("LISTEN_FDS") || ipc_adopted_fd() != -1)
			_exit(8);
		daemon_run("", &o, 10);
	}
	close(fd);
	close(ready[1]);
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	snprintf(where.path, sizeof(where.path), "%s", a.sun_path);
	CHECK_EQ(ipc_connect(&d, &where, 1000, NULL), 0);
	ask(d, &answer, "Stop", NULL, 0);
	ipc_answer_release(&answer);
	ipc_disconnect(d);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(unlink(a.sun_path), 0); /* systemd's socket stays */
	CHECK_EQ(rmdir(folder), 0);
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	CHECK_EQ(ipc_adopted_fd(), -1); /* meant for another process */
}

TEST(what_is_passed_must_listen)
{
	struct errmsg err;
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(try_open((struct ipc_server_options){ .listen_fd = s[0] }, &err), NW_EINPUT);
	CHECK(strstr(err.text, "no listening Unix socket") != NULL);
	CHECK(fcntl(s[0], F_GETFD) < 0); /* it was taken over */
	close(s[1]);
}
