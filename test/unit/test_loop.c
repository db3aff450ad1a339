/* SPDX-License-Identifier: MIT */
/* The loop: order of timers, handles that vanish while their events are pending, signals, wall clock. */
#include "check.h"
#include "loop/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct pipe_end {
	struct loop_fd io;
	int writer;
	int calls;
	uint32_t events;
	struct pipe_end *victim;  /* removed when this one is called */
};

static void on_ready(struct loop_fd *h, uint32_t events)
{
	struct pipe_end *p = container_of(h, struct pipe_end, io);
	char byte;

	p->calls++;
	p->events |= events;
	if (events & LOOP_READ)
		CHECK_EQ(read(h->fd, &byte, 1), 1);
	if (p->victim) {
		loop_remove_fd(&p->victim->io);
		memset(&p->victim->io, 0xee, sizeof(p->victim->io)); /* as if its owner had been freed */
	}
}

static void open_pipe(struct loop *l, struct pipe_end *p)
{
	int fds[2];

	memset(p, 0, sizeof(*p));
	CHECK_EQ(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	p->io = (struct loop_fd){ .fd = fds[0], .events = LOOP_READ, .ready = on_ready };
	p->writer = fds[1];
	CHECK_EQ(loop_add_fd(l, &p->io, NULL), 0);
}

struct tick {
	struct loop_timer timer;
	struct loop *loop;
	char name;
	int64_t again_ns;         /* armed again so much later */
	struct tick *removes;
};

static char fired[32];

static void on_tick(struct loop_timer *t)
{
	struct tick *k = container_of(t, struct tick, timer);
	size_t n = strlen(fired);

	if (n + 1 < sizeof(fired))
		fired[n] = k->name;
	if (k->again_ns)
		loop_add_timer(k->loop, t, t->at_ns + k->again_ns);
	if (k->removes)
		loop_remove_timer(&k->removes->timer);
}

static void arm(struct loop *l, struct tick *k, char name, int64_t in_ns, bool wall)
{
	*k = (struct tick){ .timer = { .fire = on_tick, .wall = wall }, .loop = l, .name = name };
	loop_add_timer(l, &k->timer, (wall ? loop_realtime_ns() : loop_monotonic_ns()) + in_ns);
}

TEST(a_handle_is_called_when_it_is_ready)
{
	struct pipe_end p;
	struct loop l;

	if (!CHECK_EQ(loop_init(&l, NULL), 0))
		return;
	open_pipe(&l, &p);
	CHECK_EQ(loop_once(&l, 0, NULL), 0);
	CHECK_EQ(p.calls, 0);
	CHECK_EQ(write(p.writer, "x", 1), 1);
	CHECK_EQ(loop_once(&l, 1000, NULL), 0);
	CHECK_EQ(p.calls, 1);
	close(p.writer);
	CHECK_EQ(loop_once(&l, 1000, NULL), 0);
	CHECK(p.events & LOOP_HANGUP);
	loop_remove_fd(&p.io);
	loop_remove_fd(&p.io); /* harmless */
	close(p.io.fd);
	loop_release(&l);
	loop_release(&l); /* harmless */
}

TEST(no_events_still_tells_of_the_other_end)
{
	struct loop l;
	struct pipe_end p;
	int fds[2];

	CHECK_EQ(loop_init(&l, NULL), 0);
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	memset(&p, 0, sizeof(p));
	p.io = (struct loop_fd){ .fd = fds[1], .ready = on_ready };
	CHECK_EQ(loop_add_fd(&l, &p.io, NULL), 0);
	loop_once(&l, 0, NULL);
	CHECK_EQ(p.calls, 0); /* writable, but nobody asked */
	close(fds[0]);
	loop_once(&l, 1000, NULL);
	CHECK(p.events & LOOP_ERROR);
	loop_remove_fd(&p.io);
	close(fds[1]);
	loop_release(&l);
}

TEST(what_was_removed_is_not_called_in_the_same_round)
{
	struct pipe_end a, b;
	struct loop l;

	loop_init(&l, NULL);
	open_pipe(&l, &a);
	open_pipe(&l, &b);
	a.victim = &b;
	b.victim = &a;
	CHECK_EQ(write(a.writer, "x", 1), 1);
	CHECK_EQ(write(b.writer, "x", 1), 1);
	loop_once(&l, 1000, NULL);
	CHECK_EQ(a.calls + b.calls, 1);
	loop_release(&l);
	close(a.writer);
	close(b.writer);
}

TEST(regular_files_are_refused)
{
	char name[] = "/tmp/nwbox-loop-XXXXXX";
	struct loop_fd h = { .fd = mkstemp(name), .events = LOOP_READ, .ready = on_ready };
	struct errmsg err;
	struct loop l;

	loop_init(&l, NULL);
	CHECK_EQ(loop_add_fd(&l, &h, &err), NW_EINPUT);
	CHECK(strstr(err.text, "regular file"));
	close(h.fd);
	unlink(name);
	loop_release(&l);
}

TEST(timers_fire_in_order)
{
	struct tick a, b, c, d;
	struct loop l;

	memset(fired, 0, sizeof(fired));
	loop_init(&l, NULL);
	arm(&l, &c, 'c', 30000000, false);
	arm(&l, &a, 'a', 1000000, false);
	arm(&l, &b, 'b', 15000000, false);
	arm(&l, &d, 'd', 20000000, true);
	for (int i = 0; i < 50 && strlen(fired) < 4; i++)
		loop_once(&l, 1000, NULL);
	/* between the two clocks there is no order when both are late */
	CHECK_EQ(strlen(fired), 4);
	CHECK(strchr(fired, 'd') && strchr(fired, 'a') < strchr(fired, 'b') && strchr(fired, 'b') < strchr(fired, 'c'));
	CHECK(!a.timer.loop && !l.timers && !l.wall_timers);
	loop_release(&l);
}

TEST(a_timer_may_arm_itself_and_remove_another)
{
	struct tick a, b;
	struct loop l;

	memset(fired, 0, sizeof(fired));
	loop_init(&l, NULL);
	arm(&l, &a, 'a', -2000000, false);
	arm(&l, &b, 'b', -1000000, false);
	a.again_ns = 1;  /* already past: waits for the next round, so the loop goes on */
	a.removes = &b;  /* due in the same round */
	loop_once(&l, 0, NULL);
	CHECK_STR(fired, "a");
	loop_once(&l, 0, NULL);
	CHECK_STR(fired, "aa");
	loop_remove_timer(&a.timer);
	loop_remove_timer(&a.timer); /* harmless */
	loop_once(&l, 0, NULL);
	CHECK_STR(fired, "aa");
	loop_release(&l);
}

TEST(re_arming_moves_a_timer)
{
	struct tick a, b;
	struct loop l;

	memset(fired, 0, sizeof(fired));
	loop_init(&l, NULL);
	arm(&l, &a, 'a', 3600000000000, false);
	arm(&l, &b, 'b', 5000000, false);
	loop_add_timer(&l, &a.timer, loop_monotonic_ns() - 1);
	loop_once(&l, 1000, NULL);
	CHECK_STR(fired, "a");
	loop_once(&l, 1000, NULL);
	CHECK_STR(fired, "ab");
	loop_release(&l);
}

static int signals_seen[3], nsignals;

static void on_signal(struct loop *l, int signo)
{
	if (nsignals < 3)
		signals_seen[nsignals++] = signo;
	loop_stop(l);
}

TEST(signals_come_through_the_loop)
{
	static const int wanted[] = { SIGUSR1, SIGHUP, 0 };
	struct loop l;

	loop_init(&l, NULL);
	CHECK_EQ(loop_signals(&l, wanted, on_signal, NULL), 0);
	signal(SIGHUP, SIG_IGN); /* as nohup leaves it: a blocked signal arrives all the same */
	raise(SIGUSR1);
	CHECK_EQ(loop_run(&l, NULL), 0);
	CHECK_EQ(nsignals, 1);
	CHECK_EQ(signals_seen[0], SIGUSR1);
	loop_release(&l);
}

/* Blocked, they could not end a process that waits in open() or write(). */
TEST(the_signals_that_end_us_interrupt_a_call)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	struct sigaction a;
	struct loop l;
	sigset_t set;

	loop_init(&l, NULL);
	nsignals = 0;
	CHECK_EQ(loop_signals(&l, wanted, on_signal, NULL), 0);
	sigprocmask(SIG_BLOCK, NULL, &set);
	CHECK(sigismember(&set, SIGHUP));
	CHECK(!sigismember(&set, SIGINT));
	CHECK(!sigismember(&set, SIGTERM));
	CHECK_EQ(sigaction(SIGTERM, NULL, &a), 0);
	CHECK(!(a.sa_flags & SA_RESTART));
	raise(SIGTERM);
	raise(SIGTERM); /* timeout(1) sends each signal twice */
	CHECK_EQ(loop_run(&l, NULL), 0);
	CHECK_EQ(nsignals, 1);
	CHECK_EQ(signals_seen[0], SIGTERM);
	loop_release(&l);
}

static void forget_signal(struct loop *l, int signo)
{
	(void)l;
	(void)signo;
}

TEST(a_second_signal_ends_what_does_not_end)
{
	static const int wanted[] = { SIGINT, SIGTERM, 0 };
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct loop l;

		loop_init(&l, NULL);
		loop_signals(&l, wanted, forget_signal, NULL);
		raise(SIGINT);
		loop_once(&l, 0, NULL);
		usleep(400000);
		raise(SIGTERM);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGTERM);
}

TEST(a_time_out_is_kept)
{
	struct loop l;
	int64_t before, waited;

	loop_init(&l, NULL);
	before = loop_monotonic_ns();
	loop_once(&l, 20, NULL);
	waited = loop_monotonic_ns() - before;
	CHECK(waited >= 19000000);
	loop_release(&l);
}
