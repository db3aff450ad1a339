/* SPDX-License-Identifier: MIT */
/* lib/ipc/frame.c and queue.c: any split of the bytes, lengths that lie, descriptors with their message, queues at their
 * ceiling, the pair that waits. */
#include "ipc/frame.h"
#include "loop/loop.h"

#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t put_frame(char *to, const char *text, size_t len)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (char)(len >> (8 * i));
	memcpy(to + 4, text, len);
	return 4 + len;
}

static const char *const texts[] = { "{}", "{\"id\":1,\"type\":\"Ping\"}", "x", "{\"type\":\"Status\",\"session\":\"a1\"}",
				     "12345" };
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static size_t put_all(char *to)
{
	size_t n = 0;

	for (unsigned i = 0; i < TEXTS; i++)
		n += put_frame(to + n, texts[i], strlen(texts[i]));
	return n;
}

/* Takes what is whole, compares it with texts[] from *next on. */
static bool take(struct ipc_reader *r, unsigned *next)
{
	struct ipc_message m;
	int rc;

	while ((rc = ipc_reader_next(r, &m, NULL)) == 1) {
		if (*next >= TEXTS || m.len != strlen(texts[*next]) || memcmp(m.text, texts[*next], m.len))
			return false;
		++*next;
	}
	return rc == 0;
}

TEST(every_pair_of_splits)
{
	char bytes[256];
	size_t n = put_all(bytes);

	for (size_t a = 0; a <= n; a++) {
		for (size_t b = a; b <= n; b++) {
			struct ipc_reader r;
			unsigned next = 0;
			const size_t cut[] = { 0, a, b, n };

			ipc_reader_init(&r, IPC_REQUEST_MAX);
			for (unsigned i = 0; i < 3; i++) {
				size_t len = cut[i + 1] - cut[i];
				char *piece = malloc(len + 1); /* so that what is not copied is noticed */

				memcpy(piece, bytes + cut[i], len);
				if (ipc_reader_give(&r, piece, len, NULL) || !take(&r, &next) || ipc_reader_keep(&r, NULL))
					CHECK(false);
				memset(piece, 'z', len);
				free(piece);
			}
			if (!CHECK_EQ(next, TEXTS) || !CHECK(!r.own))
				return;
			ipc_reader_release(&r);
		}
	}
}

TEST(byte_by_byte)
{
	char bytes[256];
	size_t n = put_all(bytes);
	struct ipc_reader r;
	unsigned next = 0;

	ipc_reader_init(&r, IPC_REQUEST_MAX);
	for (size_t i = 0; i < n; i++) {
		CHECK(!ipc_reader_give(&r, bytes + i, 1, NULL) && take(&r, &next) && !ipc_reader_keep(&r, NULL));
		CHECK_EQ(ipc_reader_half(&r), r.own != NULL);
	}
	CHECK_EQ(next, TEXTS);
	CHECK(!r.own && !ipc_reader_half(&r));
	ipc_reader_release(&r);
}

TEST(whole_messages_that_were_not_taken_are_kept)
{
	char bytes[256];
	size_t n = put_all(bytes);
	struct ipc_reader r;
	struct ipc_message m;
	unsigned next = 1;

	ipc_reader_init(&r, IPC_REQUEST_MAX);
	CHECK_EQ(ipc_reader_give(&r, bytes, n, NULL), 0);
	CHECK_EQ(ipc_reader_next(&r, &m, NULL), 1);
	CHECK_EQ(ipc_reader_keep(&r, NULL), 0);
	memset(bytes, 0xff, n);
	CHECK(ipc_reader_ready(&r) && !ipc_reader_half(&r));
	CHECK(take(&r, &next));
	CHECK_EQ(next, TEXTS);
	CHECK(!ipc_reader_ready(&r));
	ipc_reader_release(&r);
}

TEST(a_length_of_nothing_and_one_over_the_ceiling)
{
	static const char zero[4], big[4] = { 1, 0, 16, 0 }, huge[4] = { -1, -1, -1, -1 }, most[5] = { 0, 0, 16, 0, '{' };
	struct ipc_reader r;
	struct ipc_message m;
	struct errmsg err;

	ipc_reader_init(&r, IPC_REQUEST_MAX);
	CHECK_EQ(ipc_reader_give(&r, zero, 4, NULL), 0);
	CHECK(ipc_reader_ready(&r));
	CHECK_EQ(ipc_reader_next(&r, &m, &err), NW_EINPUT);
	ipc_reader_release(&r);
	CHECK_EQ(ipc_reader_give(&r, big, 4, NULL), 0);
	CHECK_EQ(ipc_reader_next(&r, &m, &err), NW_ELIMIT);
	CHECK(strstr(err.text, "1048577") && strstr(err.text, "1048576"));
	ipc_reader_release(&r);
	CHECK_EQ(ipc_reader_give(&r, huge, 4, NULL), 0);
	CHECK_EQ(ipc_reader_next(&r, &m, &err), NW_ELIMIT);
	CHECK(strstr(err.text, "4294967295") != NULL);
	ipc_reader_release(&r);
	CHECK_EQ(ipc_reader_give(&r, most, 5, NULL), 0);
	CHECK_EQ(ipc_reader_next(&r, &m, &err), 0);
	CHECK(ipc_reader_half(&r));
	CHECK_EQ(ipc_reader_keep(&r, NULL), 0);
	CHECK(r.size <= 4096); /* memory grows as bytes come, not as the length claims */
	ipc_reader_release(&r);
}

TEST(the_largest_message_comes_whole)
{
	int s[2];
	char *text = malloc(IPC_REQUEST_MAX);
	struct ipc_reader r;
	struct ipc_message m;
	pid_t child;
	int status = 1;

	memset(text, 'a', IPC_REQUEST_MAX);
	text[IPC_REQUEST_MAX - 1] = 'z';
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	child = fork();
	if (child == 0)
		_exit(ipc_send(s[1], text, IPC_REQUEST_MAX, NULL, 0, NULL) ? 1 : 0);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	CHECK_EQ(ipc_receive(&r, s[0], 5000, &m, NULL), 0);
	CHECK_EQ(m.len, IPC_REQUEST_MAX);
	CHECK(m.len == IPC_REQUEST_MAX && !memcmp(m.text, text, m.len));
	CHECK(r.size <= 4 << 20);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(ipc_receive(&r, s[0], 0, &m, NULL), NW_ETIME);
	CHECK(!r.own);
	ipc_reader_release(&r);
	close(s[0]);
	close(s[1]);
	free(text);
}

/* ---- descriptors ------------------------------------------------------------------- */

static bool is_device(int fd)
{
	struct stat st = { 0 };

	return !fstat(fd, &st) && S_ISCHR(st.st_mode);
}

/* Messages 0..5 with 0..5 descriptors each, all read at once or in pieces of `size` bytes. */
static void descriptors_in_pieces(size_t size)
{
	int s[2], given = 0;
	struct ipc_reader r;
	struct ipc_message m;
	struct ipc_queue q;
	char scratch[8192], text[64];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	ipc_queue_init(&q, 1 << 20);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	for (int i = 0; i < 6; i++) {
		int fds[5];
		struct ipc_shared *shared;

		for (int j = 0; j < i; j++)
			fds[j] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		snprintf(text, sizeof(text), "{\"message\":%d,\"padding\":\"%0*d\"}", i, i * 5, 0);
		shared = ipc_shared_new(text, strlen(text), fds, (unsigned)i);
		CHECK_EQ(ipc_queue_add(&q, shared, NULL), 0);
		ipc_shared_drop(shared);
	}
	CHECK_EQ(ipc_queue_write(&q, s[1], NULL), 1);
	CHECK(ipc_queue_empty(&q) && !q.items && !q.bytes);
	for (int turn = 0; turn < 2000 && given < 6; turn++) {
		long n = ipc_reader_fill(&r, s[0], scratch, size, true, NULL);

		CHECK(n >= 0);
		while (ipc_reader_next(&r, &m, NULL) == 1) {
			CHECK(m.text[11] == '0' + given);
			CHECK_EQ(m.nfds, given);
			for (unsigned j = 0; j < m.nfds; j++) {
				CHECK(fcntl(m.fds[j], F_GETFD) == FD_CLOEXEC);
				CHECK(is_device(m.fds[j]));
			}
			ipc_message_close(&m);
			given++;
		}
		ipc_reader_keep(&r, NULL);
	}
	CHECK_EQ(given, 6);
	CHECK(!r.incoming && !r.own);
	ipc_reader_release(&r);
	ipc_queue_release(&q);
	close(s[0]);
	close(s[1]);
}

static int lowest_free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

TEST(descriptors_come_with_their_message)
{
	int before = lowest_free_fd();

	descriptors_in_pieces(8192);
	for (size_t size = 1; size < 80; size++)
		descriptors_in_pieces(size);
	CHECK_EQ(lowest_free_fd(), before);
}

TEST(descriptors_nobody_wants_are_closed)
{
	int s[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), before = lowest_free_fd();
	struct ipc_reader r;
	struct ipc_message m;
	char scratch[4096];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	CHECK_EQ(ipc_send(s[1], "{}", 2, &null, 1, NULL), 0);
	CHECK(ipc_reader_fill(&r, s[0], scratch, sizeof(scratch), false, NULL) == 6);
	CHECK_EQ(ipc_reader_next(&r, &m, NULL), 1);
	CHECK_EQ(m.nfds, 0);
	CHECK_EQ(ipc_send(s[1], "{}", 2, &null, 1, NULL), 0);
	ipc_reader_keep(&r, NULL);
	CHECK(ipc_reader_fill(&r, s[0], scratch, 3, true, NULL) == 3); /* its message never becomes whole */
	ipc_reader_release(&r);
	close(s[0]);
	close(s[1]);
	CHECK_EQ(lowest_free_fd(), before);
	close(null);
}

TEST(too_many_descriptors)
{
	int s[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), fds[IPC_FDS_MAX + 1], before = lowest_free_fd(), rc = 0;
	struct ipc_reader r;
	char scratch[4096];

	for (int i = 0; i <= IPC_FDS_MAX; i++)
		fds[i] = null;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(ipc_send(s[1], "{}", 2, fds, IPC_FDS_MAX + 1, NULL), NW_EINPUT);
	CHECK_EQ(ipc_send(s[1], "", 0, NULL, 0, NULL), NW_EINPUT);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	for (int i = 0; i < 8 && !rc; i++) { /* messages that are never taken */
		CHECK_EQ(ipc_send(s[1], "{}", 2, fds, IPC_FDS_MAX, NULL), 0);
		rc = (int)ipc_reader_fill(&r, s[0], scratch, sizeof(scratch), true, NULL);
		rc = rc > 0 ? 0 : rc;
		ipc_reader_keep(&r, NULL);
	}
	CHECK_EQ(rc, NW_ELIMIT);
	ipc_reader_release(&r);
	close(s[0]);
	close(s[1]);
	CHECK_EQ(lowest_free_fd(), before);
	close(null);
}

/* ---- queue ---------------------------------------------------------------------------- */

static void add_text(struct ipc_queue *q, const char *text, bool event, int want)
{
	struct ipc_shared *m = ipc_shared_new(text, strlen(text), NULL, 0);

	m->event = event;
	CHECK_EQ(ipc_queue_add(q, m, NULL), want);
	ipc_shared_drop(m);
}

/* What comes out of a socket, as one text: messages separated by blanks. */
static const char *drained(int fd, struct ipc_reader *r)
{
	static char all[4096];
	struct ipc_message m;
	size_t n = 0;

	while (ipc_receive(r, fd, 0, &m, NULL) == 0)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%.*s", n ? " " : "", (int)m.len, m.text);
	all[n] = 0;
	return all;
}

TEST(many_messages_go_in_order)
{
	int s[2];
	struct ipc_queue q;
	struct ipc_reader r;
	char want[4096] = "", text[16];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	ipc_queue_init(&q, 1 << 20);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "%d", i);
		add_text(&q, text, i % 3 == 0, 0);
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s%s", i ? " " : "", text);
	}
	CHECK_EQ(ipc_queue_write(&q, s[1], NULL), 1);
	CHECK_STR(drained(s[0], &r), want);
	CHECK(!q.bytes && !q.event_bytes && !q.items);
	ipc_reader_release(&r);
	close(s[0]);
	CHECK_EQ(ipc_queue_write(&q, s[1], NULL), 1);
	add_text(&q, "late", false, 0);
	CHECK_EQ(ipc_queue_write(&q, s[1], NULL), NW_ECLOSED);
	ipc_queue_release(&q);
	close(s[1]);
}

TEST(events_go_first_at_the_ceiling)
{
	int s[2];
	struct ipc_queue q;
	struct ipc_reader r;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	ipc_queue_init(&q, 4 * (4 + 2 + 64)); /* four messages of two bytes */
	add_text(&q, "a1", false, 0);
	add_text(&q, "e1", true, 0);
	add_text(&q, "e2", true, 0);
	add_text(&q, "e3", true, 0);
	add_text(&q, "e4", true, 0);           /* does not fit */
	CHECK_EQ(q.lost, 1);
	add_text(&q, "a2", false, 0);          /* in the place of e1 */
	CHECK_EQ(q.lost, 2);
	add_text(&q, "a3", false, 0);
	add_text(&q, "a4", false, 0);
	CHECK_EQ(q.lost, 4);
	CHECK_EQ(q.event_bytes, 0);
	add_text(&q, "a5", false, NW_ELIMIT);
	CHECK_EQ(ipc_queue_write(&q, s[1], NULL), 1);
	CHECK_STR(drained(s[0], &r), "a1 a2 a3 a4");
	ipc_reader_release(&r);
	ipc_queue_release(&q);
	close(s[0]);
	close(s[1]);
}

TEST(a_socket_that_is_full_loses_nothing)
{
	int s[2], rc, full = 0, small = 4096;
	struct ipc_queue q;
	struct ipc_reader r;
	struct ipc_message m;
	char *text = malloc(3000);
	unsigned got = 0;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	setsockopt(s[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	ipc_queue_init(&q, 1 << 20);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, 3000, "%02u%02997d", i, 0);
		text[2999] = 0;
		add_text(&q, text, i % 2 == 1, 0);
	}
	do {
		rc = ipc_queue_write(&q, s[1], NULL);
		full += rc == 0;
		while (ipc_receive(&r, s[0], 0, &m, NULL) == 0) {
			CHECK(m.len == 2999 && (unsigned)((m.text[0] - '0') * 10 + m.text[1] - '0') == got);
			got++;
		}
	} while (rc == 0);
	CHECK_EQ(rc, 1);
	CHECK_EQ(got, 100);
	CHECK(full > 0);
	free(text);
	ipc_reader_release(&r);
	close(s[0]);
	close(s[1]);
}

/* ---- the pair that waits ---------------------------------------------------------------- */

TEST(waiting_ends)
{
	int s[2];
	struct ipc_reader r;
	struct ipc_message m;
	struct errmsg err;
	int64_t before;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	before = loop_monotonic_ns();
	CHECK_EQ(ipc_receive(&r, s[0], 30, &m, &err), NW_ETIME);
	CHECK(loop_monotonic_ns() - before >= 29000000);
	CHECK_EQ(ipc_send(s[1], "last", 4, NULL, 0, NULL), 0);
	CHECK_EQ(write(s[1], "\6\0\0\0ha", 6), 6);
	close(s[1]);
	CHECK_EQ(ipc_receive(&r, s[0], -1, &m, &err), 0);
	CHECK_MEM(m.text, "last", 4);
	CHECK_EQ(ipc_receive(&r, s[0], -1, &m, &err), NW_ECONN);
	CHECK_EQ(ipc_send(s[0], "more", 4, NULL, 0, &err), NW_ECLOSED);
	ipc_reader_release(&r);
	close(s[0]);
}

TEST(words_of_errors)
{
	CHECK_EQ(ipc_error_code("not_found"), NW_EINPUT);
	CHECK_EQ(ipc_error_code("permission"), NW_EPERM);
	CHECK_EQ(ipc_error_code("unavailable"), NW_ECONN);
	CHECK_EQ(ipc_error_code("conflict"), NW_EFAIL);
	CHECK_EQ(ipc_error_code("something new"), NW_EFAIL);
	CHECK_EQ(ipc_error_code(NULL), NW_EFAIL);
}
