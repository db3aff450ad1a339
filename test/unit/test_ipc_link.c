/* SPDX-License-Identifier: MIT */
/* lib/ipc/link.c: two links that talk over one loop, descriptors, and every way to end. */
#include "ipc/link.h"

#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct side {
	struct ipc_link link;
	char heard[512], ended[256];
	unsigned messages, descriptors;
	enum { LISTEN, ECHO, CLOSE, FREE } act;
};

static struct loop loop;

static void heard(struct ipc_link *l, struct ipc_message *m)
{
	struct side *s = container_of(l, struct side, link);

	snprintf(s->heard, sizeof(s->heard), "%.*s", (int)m->len, m->text);
	s->messages++;
	s->descriptors += m->nfds;
	switch (s->act) {
	case LISTEN:
		break;
	case ECHO:
		ipc_link_send(l, m->text, m->len, m->fds, m->nfds, NULL);
		m->nfds = 0;
		break;
	case CLOSE:
		ipc_link_close(l);
		break;
	case FREE:
		ipc_link_close(l);
		free(s);
		break;
	}
}

static void ended(struct ipc_link *l, const char *reason)
{
	struct side *s = container_of(l, struct side, link);

	snprintf(s->ended, sizeof(s->ended), "<%s>", reason);
}

static struct side *side_new(int fd, int act)
{
	struct side *s = calloc(1, sizeof(*s));

	s->act = act;
	s->link.on_message = heard;
	s->link.on_close = ended;
	CHECK_EQ(ipc_link_open(&s->link, &loop, fd, 65536, 1 << 20, NULL), 0);
	return s;
}

static void side_free(struct side *s)
{
	ipc_link_close(&s->link);
	free(s);
}

static void turn(int rounds)
{
	for (int i = 0; i < rounds; i++)
		loop_once(&loop, 0, NULL);
}

TEST(messages_and_descriptors_go_there_and_back)
{
	int s[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd;
	struct side *a, *b;

	CHECK_EQ(loop_init(&loop, NULL), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	a = side_new(s[0], LISTEN);
	b = side_new(s[1], ECHO);
	for (int i = 0; i < 100; i++) {
		fd = dup(null);
		CHECK_EQ(ipc_link_send(&a->link, "{\"type\":\"rotate\"}", 17, &fd, 1, NULL), 0);
		CHECK_EQ(ipc_link_send(&a->link, "{}", 2, NULL, 0, NULL), 0);
	}
	turn(400);
	CHECK_EQ(a->messages, 200);
	CHECK_EQ(a->descriptors, 100);
	CHECK_STR(a->heard, "{}");
	fd = dup(null);
	CHECK(fd < null + 8); /* nothing was left open */
	close(fd);
	side_free(a);
	turn(2);
	CHECK_STR(b->ended, "<>");
	CHECK(!b->link.io.loop);
	CHECK_EQ(ipc_link_send(&b->link, "{}", 2, NULL, 0, NULL), NW_ECLOSED);
	side_free(b);
	close(null);
	loop_release(&loop);
}

TEST(a_link_may_be_closed_and_freed_by_its_message)
{
	for (int act = CLOSE; act <= FREE; act++) {
		int s[2];
		struct side *a, *b;

		CHECK_EQ(loop_init(&loop, NULL), 0);
		CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
		a = side_new(s[0], LISTEN);
		b = side_new(s[1], act);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(ipc_link_send(&a->link, "{}", 2, NULL, 0, NULL), 0);
		turn(3);
		CHECK(a->ended[0] == '<');
		if (act == CLOSE) {
			CHECK_EQ(b->messages, 1);
			CHECK_STR(b->ended, "");
			side_free(b);
		}
		side_free(a);
		loop_release(&loop);
	}
}

TEST(what_was_said_before_the_end_is_heard)
{
	int s[2];
	struct side *b;

	CHECK_EQ(loop_init(&loop, NULL), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	b = side_new(s[1], ECHO); /* cannot answer any more */
	CHECK_EQ(ipc_send(s[0], "first", 5, NULL, 0, NULL), 0);
	CHECK_EQ(ipc_send(s[0], "last", 4, NULL, 0, NULL), 0);
	close(s[0]);
	turn(4);
	CHECK_STR(b->heard, "last");
	CHECK(b->ended[0] == '<');
	side_free(b);
	loop_release(&loop);
}

TEST(rules_that_are_broken_end_it_with_a_reason)
{
	int s[2];
	struct side *b;

	CHECK_EQ(loop_init(&loop, NULL), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	b = side_new(s[1], LISTEN);
	CHECK_EQ(write(s[0], "\1\0\1\0", 4), 4);
	turn(3);
	CHECK(strstr(b->ended, "65537") != NULL);
	side_free(b);
	close(s[0]);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	b = side_new(s[1], LISTEN);
	CHECK_EQ(write(s[0], "\11\0\0\0{", 5), 5);
	close(s[0]);
	turn(4);
	CHECK(strlen(b->ended) > 2);
	side_free(b);
	loop_release(&loop);
}

TEST(a_side_that_does_not_read_is_told_of)
{
	int s[2], rc = 0;
	struct side *a;
	char *text = calloc(1, 60000);

	CHECK_EQ(loop_init(&loop, NULL), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	a = side_new(s[0], LISTEN);
	for (int i = 0; i < 100 && !rc; i++)
		rc = ipc_link_send(&a->link, text, 60000, NULL, 0, NULL);
	CHECK_EQ(rc, NW_ELIMIT);
	CHECK(a->link.queue.bytes <= 1 << 20);
	CHECK_STR(a->ended, "");
	side_free(a);
	close(s[1]);
	free(text);
	loop_release(&loop);
}
