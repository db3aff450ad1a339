/* SPDX-License-Identifier: MIT */
/*
 * Two halves that talk over a SOCK_SEQPACKET pair: a request is one struct with descriptors, so is an answer.
 *
 *	front                      starter
 *	RUN part, id, fds  ──────>  fork, descriptors to their places, exec
 *	                   <──────  STARTED number, pid      (pid 0: it could not)
 *	                   <──────  ENDED number, wait status
 *	KILL number        ──────>  only one of its own children
 *	CONFIG             ──────>  opens the one path it was given
 *	                   <──────  CONFIG with a descriptor
 *
 * Only one half may wait for the other, or both would wait for ever: the front never does. What does not fit into its
 * socket is queued, up to a bound behind which nothing more is started; and it reads whenever there is something. So the
 * starter may wait until its answer is taken.
 *
 * When the front is gone the starter ends, and its children do not: a worker records on and is found by the next front.
 * The starter leads its own session, so that a terminal's signals reach the front alone.
 */
#include "starter.h"
#include "netwatchd.h"
#include "base/message.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const part_names[PARTS] = { "worker", "reader", "watcher", "bundler", "prober" };

enum what { RUN, STARTED, ENDED, KILL, CONFIG };
enum { PASSED = 4, CHILDREN_MAX = 1024, ID_SIZE = 16, RUNS_QUEUED_MAX = 64, END_MS = 1000 };

struct parcel {
	uint32_t what, number;
	int32_t part, value;      /* value: pid, wait status */
	uint32_t given;           /* bit per descriptor of child_fds that was sent along */
	char id[ID_SIZE];
};

static const int places[PASSED] = { STDOUT_FILENO, CONTROL_FD, SESSION_DIR_FD, PROGRESS_FD };

union control {
	char bytes[CMSG_SPACE(PASSED * sizeof(int))];
	struct cmsghdr align;
};

/* 0, or -1 with errno: EAGAIN only with MSG_DONTWAIT. */
static int parcel_send(int fd, const struct parcel *p, const int *fds, unsigned nfds, int flags)
{
	struct iovec iov = { .iov_base = (void *)p, .iov_len = sizeof(*p) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control c;
	ssize_t n;

	if (nfds) {
		struct cmsghdr *h = &c.align;

		memset(&c, 0, sizeof(c));
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(h), fds, nfds * sizeof(int));
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	}
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*p) ? 0 : -1;
}

/* 1: a parcel; 0: nothing there, or not of ours; -1: the other half is gone. Descriptors are the caller's. */
static int parcel_receive(int fd, struct parcel *p, int fds[PASSED], unsigned *nfds, int flags)
{
	struct iovec iov = { .iov_base = p, .iov_len = sizeof(*p) };
	union control c;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | flags);

	*nfds = 0;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		*nfds = (unsigned)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(h), *nfds * sizeof(int));
	}
	p->id[ID_SIZE - 1] = 0;
	return !n ? -1 : n == (ssize_t)sizeof(*p);
}

static void close_all(const int *fds, unsigned nfds)
{
	for (unsigned i = 0; i < nfds; i++)
		close(fds[i]);
}

/* ---- the starter's half ------------------------------------------------------------------------- */

struct own {
	int fd, signals;
	const char *config;
	struct {
		uint32_t number;
		pid_t pid;
	} child[CHILDREN_MAX];
	unsigned children;
};

/* In the child: the descriptors to their places. They were received after 0 to 2 were taken, so each is moved above the
 * places first; what a part must not have closes with exec. */
static void put_in_place(const struct parcel *p, int *fds)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), from[PASSED], next = 0;

	for (int i = 0; i < PASSED; i++)
		from[i] = fcntl(p->given >> i & 1 ? fds[next++] : null, F_DUPFD_CLOEXEC, PROGRESS_FD + 1);
	dup2(null, STDIN_FILENO);
	for (int i = 0; i < PASSED; i++)
		if (from[i] < 0 || dup2(from[i], places[i]) < 0)
			_exit(1);
}

static void become_part(const struct parcel *p, int *fds)
{
	char *argv[] = { (char *)"netwatchd", (char *)part_names[p->part], (char *)p->id, NULL };
	sigset_t none;

	put_in_place(p, fds);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL);
	execv("/proc/self/exe", argv);
	message_printf("netwatchd", "cannot execute itself: %s; is /proc mounted?", strerror(errno));
	_exit(127);
}

static bool id_harmless(const char *id)
{
	return !strcmp(id, "-") || (*id && strspn(id, "0123456789abcdef") == strlen(id));
}

static void run(struct own *s, const struct parcel *p, int *fds, unsigned nfds)
{
	struct parcel answer = { .what = STARTED, .number = p->number };
	pid_t pid = -1;

	if (p->part >= 0 && p->part < PARTS && id_harmless(p->id) && s->children < CHILDREN_MAX &&
	    (unsigned)__builtin_popcount(p->given & ((1u << PASSED) - 1)) == nfds)
		pid = fork();
	if (!pid)
		become_part(p, fds);
	if (pid > 0) {
		s->child[s->children].number = p->number;
		s->child[s->children++].pid = pid;
		answer.value = pid;
	}
	parcel_send(s->fd, &answer, NULL, 0, 0);
}

static void end(const struct own *s, uint32_t number)
{
	for (unsigned i = 0; i < s->children; i++)
		if (s->child[i].number == number)
			kill(s->child[i].pid, SIGKILL);
}

static void open_config(const struct own *s)
{
	struct parcel answer = { .what = CONFIG };
	int fd = s->config ? open(s->config, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	answer.value = fd < 0 ? errno : 0;
	parcel_send(s->fd, &answer, &fd, fd >= 0, 0);
	if (fd >= 0)
		close(fd);
}

static void reap(struct own *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < s->children; i++) {
			struct parcel answer = { .what = ENDED, .number = s->child[i].number, .value = status };

			if (s->child[i].pid != pid)
				continue;
			s->child[i] = s->child[--s->children];
			parcel_send(s->fd, &answer, NULL, 0, 0);
			break;
		}
}

static void own_signals(struct own *s)
{
	sigset_t set;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What the front had open is not ours: a lock held here would outlive it. */
static void close_others(int fd, bool quiet)
{
	int null = quiet ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	for (int i = STDERR_FILENO + 1; i < 256; i++)
		if (i != fd)
			close(i);
}

/* Rights that no part ever needs are given up, for the children, too: what stays is for packets (NET_RAW, NET_ADMIN), other
 * namespaces (SYS_ADMIN, SYS_PTRACE for those of a process), becoming another user, ending children of another user, directories and
 * the configuration whoever they belong to. */
static void keep_needed_rights(void)
{
	enum { CHOWN = 0, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL_OTHERS = 5, SETGID, SETUID, SETPCAP, NET_ADMIN = 12, NET_RAW,
	       IPC_LOCK, SYS_PTRACE = 19, SYS_ADMIN = 21, SYS_RESOURCE = 24, LAST = 63 };
	const uint64_t keep = 1ull << CHOWN | 1ull << DAC_OVERRIDE | 1ull << DAC_READ_SEARCH | 1ull << FOWNER | 1ull << KILL_OTHERS |
			      1ull << SETGID | 1ull << SETUID | 1ull << SETPCAP | 1ull << NET_ADMIN | 1ull << NET_RAW |
			      1ull << IPC_LOCK | 1ull << SYS_PTRACE | 1ull << SYS_ADMIN | 1ull << SYS_RESOURCE;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	for (int i = 0; i <= LAST; i++)
		if (!(keep >> i & 1))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* one that the kernel has not, or that we may not: then we have none */
	if (syscall(SYS_capget, &head, data))
		return;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].effective &= (uint32_t)(keep >> 32 * i);
		data[i].inheritable &= (uint32_t)(keep >> 32 * i);
	}
	syscall(SYS_capset, &head, data);
}

static __attribute__((noreturn)) void serve(int fd, const char *config, bool quiet)
{
	struct own *s = calloc(1, sizeof(*s));
	struct pollfd wait[2];

	if (!s)
		_exit(1);
	close_others(fd, quiet);
	prctl(PR_SET_NAME, "netwatchd-start", 0, 0, 0);
	s->fd = fd;
	s->config = config;
	keep_needed_rights();
	own_signals(s);
	wait[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	for (;;) {
		struct signalfd_siginfo info;
		struct parcel p;
		int fds[PASSED], got = 0;
		unsigned nfds = 0;

		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		while (read(s->signals, &info, sizeof(info)) > 0)
			;
		reap(s);
		if (wait[0].revents)
			got = parcel_receive(fd, &p, fds, &nfds, MSG_DONTWAIT);
		if (got < 0)
			_exit(0); /* the front has ended */
		if (got && p.what == RUN)
			run(s, &p, fds, nfds);
		else if (got && p.what == KILL)
			end(s, p.number);
		else if (got && p.what == CONFIG)
			open_config(s);
		close_all(fds, nfds);
	}
}

int starter_begin(struct starter *s, const char *config, bool quiet, struct errmsg *err)
{
	int pair[2];
	pid_t pid;

	*s = (struct starter){ .io.fd = -1, .config_fd = -1, .queue_end = &s->queue };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return errmsg_errno(err, "cannot make the starter's socket");
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(pair[0]);
		serve(pair[1], config, quiet);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return errmsg_errno(err, "cannot start the starter");
	}
	s->pid = pid;
	s->io.fd = pair[0];
	return 0;
}

/* ---- the front's half ---------------------------------------------------------------------------- */

/* What did not fit into the socket, with descriptors of its own. */
struct queued {
	struct parcel p;
	int fds[PASSED];
	unsigned nfds;
	struct queued *next;
};

static void queued_free(struct starter *s)
{
	struct queued *q = s->queue;

	s->queue = q->next;
	if (!s->queue)
		s->queue_end = &s->queue;
	s->runs_queued -= q->p.what == RUN;
	close_all(q->fds, q->nfds);
	free(q);
}

static int queue_add(struct starter *s, const struct parcel *p, const int *fds, unsigned nfds)
{
	struct queued *q = calloc(1, sizeof(*q));

	if (!q)
		return -1;
	q->p = *p;
	while (q->nfds < nfds && (q->fds[q->nfds] = fcntl(fds[q->nfds], F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) >= 0)
		q->nfds++;
	if (q->nfds < nfds) {
		close_all(q->fds, q->nfds);
		free(q);
		return -1;
	}
	*s->queue_end = q;
	s->queue_end = &q->next;
	s->runs_queued += p->what == RUN;
	return s->io.loop ? loop_set_events(&s->io, LOOP_READ | LOOP_WRITE, NULL) : 0;
}

/* Never waits. */
static int request(struct starter *s, const struct parcel *p, const int *fds, unsigned nfds)
{
	if (!s->queue && !parcel_send(s->io.fd, p, fds, nfds, MSG_DONTWAIT))
		return 0;
	return s->queue || errno == EAGAIN ? queue_add(s, p, fds, nfds) : -1;
}

static struct child **child_find(struct starter *s, uint32_t number)
{
	struct child **at = &s->children;

	while (*at && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

static void child_done(struct starter *s, uint32_t number, int status)
{
	struct child **at = child_find(s, number), *c = *at;

	if (!c)
		return;
	*at = c->next;
	c->number = 0;
	c->ended(c, status);
}

/* -1: no more can be written now. What can never be written was not started. */
static int queue_write(struct starter *s)
{
	while (s->queue) {
		const struct parcel p = s->queue->p;
		int bad = parcel_send(s->io.fd, &p, s->queue->fds, s->queue->nfds, MSG_DONTWAIT);

		if (bad && errno == EAGAIN)
			return -1;
		queued_free(s);
		if (bad && p.what == RUN)
			child_done(s, p.number, 127 << 8);
	}
	return 0;
}

static void answered(struct starter *s, const struct parcel *p, int *fds, unsigned *nfds)
{
	struct child *c;

	switch (p->what) {
	case STARTED:
		c = *child_find(s, p->number);
		if (c)
			c->pid = p->value;
		if (!p->value)
			child_done(s, p->number, 127 << 8);
		break;
	case ENDED:
		child_done(s, p->number, p->value);
		break;
	case CONFIG:
		if (s->config_opened)
			s->config_opened(s, *nfds ? fds[--*nfds] : -1);
		break;
	}
}

static void ready(struct loop_fd *h, uint32_t events)
{
	struct starter *s = container_of(h, struct starter, io);
	struct parcel p;
	int fds[PASSED], got;
	unsigned nfds;

	if (events & LOOP_WRITE && !queue_write(s))
		loop_set_events(h, LOOP_READ, NULL);
	while ((got = parcel_receive(h->fd, &p, fds, &nfds, MSG_DONTWAIT)) > 0) {
		answered(s, &p, fds, &nfds);
		close_all(fds, nfds);
	}
	if (got < 0) {
		loop_remove_fd(h);
		close(h->fd);
		h->fd = -1;
		while (s->queue)
			queued_free(s);
		s->gone(s);
	}
}

int starter_attach(struct starter *s, struct loop *l, struct errmsg *err)
{
	s->io.events = s->queue ? LOOP_READ | LOOP_WRITE : LOOP_READ;
	s->io.ready = ready;
	return loop_add_fd(l, &s->io, err);
}

static int no_starter(struct errmsg *err)
{
	return errmsg_set(err, NW_EFAIL, "the process that keeps the rights has ended; netwatchd has to be started again");
}

int part_start(struct starter *s, struct child *c, enum part part, const char *id, const struct child_fds *fds,
	       struct errmsg *err)
{
	const int all[PASSED] = { fds->output, fds->control, fds->directory, fds->progress };
	struct parcel p = { .what = RUN, .number = ++s->numbers ? s->numbers : ++s->numbers, .part = (int)part };
	int sent[PASSED];
	unsigned nfds = 0;

	if (s->io.fd < 0)
		return no_starter(err);
	if (s->runs_queued >= RUNS_QUEUED_MAX)
		return errmsg_set(err, NW_ELIMIT, "%d processes wait to be started already; try again in a moment", RUNS_QUEUED_MAX);
	snprintf(p.id, sizeof(p.id), "%s", id);
	for (unsigned i = 0; i < PASSED; i++)
		if (all[i] >= 0) {
			p.given |= 1u << i;
			sent[nfds++] = all[i];
		}
	if (request(s, &p, sent, nfds))
		return errmsg_errno(err, "cannot have a %s started", part_names[part]);
	c->number = p.number;
	c->pid = 0;
	c->next = s->children;
	s->children = c;
	return 0;
}

void part_forget(struct starter *s, struct child *c)
{
	struct child **at = child_find(s, c->number);

	if (c->number && *at)
		*at = c->next;
	c->number = 0;
}

void part_kill(struct starter *s, const struct child *c)
{
	const struct parcel p = { .what = KILL, .number = c->number };

	if (c->number && s->io.fd >= 0)
		request(s, &p, NULL, 0);
}

int starter_open_config(struct starter *s, struct errmsg *err)
{
	const struct parcel p = { .what = CONFIG };

	if (s->io.fd < 0)
		return no_starter(err);
	return request(s, &p, NULL, 0) ? errmsg_errno(err, "cannot ask for the configuration") : 0;
}

/* What waits is still said (a KILL), for a moment; answers are thrown away, so that the starter goes on reading. */
static void say_last(struct starter *s)
{
	int64_t until = loop_monotonic_ns() + END_MS * INT64_C(1000000);
	struct pollfd wait = { .fd = s->io.fd, .events = POLLIN | POLLOUT };
	int fds[PASSED];
	unsigned nfds;
	struct parcel p;

	while (s->queue && queue_write(s) && loop_monotonic_ns() < until && poll(&wait, 1, END_MS) > 0 &&
	       !(wait.revents & POLLHUP))
		while (parcel_receive(s->io.fd, &p, fds, &nfds, MSG_DONTWAIT) > 0)
			close_all(fds, nfds);
	while (s->queue)
		queued_free(s);
}

void starter_end(struct starter *s)
{
	if (s->io.fd < 0)
		return;
	loop_remove_fd(&s->io);
	say_last(s);
	close(s->io.fd);
	s->io.fd = -1;
}
