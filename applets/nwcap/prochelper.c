/* SPDX-License-Identifier: MIT */
/*
 * The process that looks at sockets and processes for --proc. It is forked before packets are captured and keeps the three
 * capabilities that other users' processes and other network namespaces take, no more (sys/privilege.h). All it hears from
 * the process that sees packets is addresses and ports, in datagrams of fixed size (host/wire.h).
 *
 * When the first look finds a socket and no process, or who listens, or has to guess, it looks again by itself a little
 * later: by then the process has been found among others, or has died and is the only one that can have been it. What it
 * finds is sent as a further answer.
 */
#include "proc.h"
#include "host/host.h"
#include "host/wire.h"
#include "sys/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A question that is looked into again. */
struct doubt {
	struct wire_flow flow;
	int64_t seen_ns, due_ns;
	unsigned tries;         /* 0: free */
};

enum { TCP = 6, DOUBTS = 1024, TICK_MS = 1000, PRIORITY = -10 };
static const int64_t patience_ns[] = { 0, 2000000, 8000000, 40000000, 200000000 };
enum { LOOKS = sizeof(patience_ns) / sizeof(*patience_ns) - 1 };

struct helper_state {
	int fd;
	struct host *host;
	struct doubt doubt[DOUBTS]; /* a ring: when it is full, the oldest is not looked into again */
	unsigned next;
};

/* The owner of end `mine`, as text, NULL: nobody is known. */
static const char *find_end(struct host *h, const struct wire_flow *f, unsigned mine, int64_t at_ns,
			    char text[OWNER_TEXT_MAX + 1], bool *doubtful)
{
	struct socket_ends e = { .proto = f->proto, .local_port = f->port[mine], .remote_port = f->port[!mine] };
	struct socket_owner w;
	struct outbuf o;

	memcpy(e.local, f->address[mine], 16);
	memcpy(e.remote, f->address[!mine], 16);
	host_find(h, &e, at_ns, &w);
	*doubtful |= w.netns && (w.match <= OWNER_GUESS || !w.pid || (w.match == OWNER_LISTENER && f->proto == TCP));
	if (w.match == OWNER_NONE)
		return NULL;
	outbuf_fixed(&o, text, OWNER_TEXT_MAX + 1);
	owner_format(&o, &w, OWNER_SRC, NULL);
	return outbuf_cstr(&o);
}

/* True: it is worth another look. */
static bool answer(struct helper_state *s, const struct wire_flow *f, int64_t seen_ns)
{
	char text[2][OWNER_TEXT_MAX + 1];
	uint8_t message[WIRE_ANSWER_MAX];
	const char *found[2];
	bool doubtful = false;
	uint32_t n;

	for (unsigned i = 0; i < 2; i++)
		found[i] = find_end(s->host, f, i, seen_ns, text[i], &doubtful);
	n = wire_answer_encode(message, f, found);
	while (send(s->fd, message, n, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
	return doubtful;
}

static void doubt(struct helper_state *s, const struct wire_flow *f, int64_t seen_ns)
{
	s->doubt[s->next++ % DOUBTS] = (struct doubt){ *f, seen_ns, clock_ns(CLOCK_MONOTONIC) + patience_ns[1], 1 };
}

/* Those whose time has come. Milliseconds to the next one. */
static int look_again(struct helper_state *s)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC), next = now + (int64_t)TICK_MS * 1000000;

	for (struct doubt *d = s->doubt; d < s->doubt + DOUBTS; d++) {
		if (!d->tries)
			continue;
		if (d->due_ns <= now) {
			d->tries = answer(s, &d->flow, d->seen_ns) && d->tries < LOOKS ? d->tries + 1 : 0;
			d->due_ns = now + patience_ns[d->tries];
		}
		if (d->tries && d->due_ns < next)
			next = d->due_ns;
	}
	return (int)((next - now) / 1000000) + 1;
}

static void take_question(struct helper_state *s, const uint8_t *question, ssize_t len)
{
	struct wire_flow f;
	int64_t seen_ns;

	if (!wire_question_decode(question, (uint32_t)len, &f, &seen_ns))
		return;
	if (seen_ns)
		seen_ns += clock_ns(CLOCK_MONOTONIC) - clock_ns(CLOCK_REALTIME);
	seen_ns = seen_ns > 0 ? seen_ns : 0;
	if (answer(s, &f, seen_ns))
		doubt(s, &f, seen_ns);
}

static void serve(struct helper_state *s)
{
	enum { QUESTIONS = 16 };
	struct pollfd waits[2] = { { .fd = s->fd, .events = POLLIN }, { .fd = host_fd(s->host), .events = POLLIN } };
	uint8_t question[WIRE_QUESTION + 1];

	for (;;) {
		if (poll(waits, 2, look_again(s)) < 0 && errno != EINTR)
			return;
		host_tick(s->host); /* who was born comes before who asks */
		for (int i = 0; i < QUESTIONS; i++) {
			ssize_t n = recv(s->fd, question, sizeof(question), MSG_DONTWAIT);

			if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
				return;
			if (n < 0)
				break;
			take_question(s, question, n);
		}
	}
}

/* Which of its ceilings were reached. */
static void say_limits(const struct host *h)
{
	struct host_counts c;

	host_counts(h, &c);
	if (c.processes_evicted)
		fprintf(stderr, "nwcap: --proc: %" PRIu64 " processes were forgotten, as there were too many\n", c.processes_evicted);
	if (c.inodes_forgotten)
		fprintf(stderr, "nwcap: --proc: %" PRIu64 " sockets were forgotten and looked for again, as there were too many\n",
			c.inodes_forgotten);
	if (c.namespaces_left_out)
		fprintf(stderr, "nwcap: --proc: some of the network namespaces were left out, as there were too many\n");
}

static void greet(int fd, char kind, int code, const char *text)
{
	char message[PROC_GREETING];
	int n = snprintf(message, sizeof(message), "%c%c%s", kind, '0' - code, text);

	if (send(fd, message, (size_t)n < sizeof(message) ? (size_t)n : sizeof(message) - 1, MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* Nothing of the capture stays open here, least of all the ends of sockets whose other ends wait for them to be closed. */
static void close_range_of(unsigned first, unsigned last)
{
	enum { CLOSE_RANGE = 436, AT_MOST = 65536 }; /* the same number on every architecture */
	long most = sysconf(_SC_OPEN_MAX);

	if (first > last || !syscall(CLOSE_RANGE, first, last, 0))
		return;
	most = most < 0 || most > AT_MOST ? AT_MOST : most; /* before Linux 5.9 */
	for (unsigned i = first; i <= last && i < (unsigned)most; i++)
		close((int)i);
}

static void close_others(int fd)
{
	unsigned own = (unsigned)fd;

	if (own > STDERR_FILENO)
		close_range_of(STDERR_FILENO + 1, own - 1);
	close_range_of(own > STDERR_FILENO ? own + 1 : STDERR_FILENO + 1, ~0u);
}

void prochelper_run(int fd, const struct nwcap_options *o)
{
	struct privilege_needs needs = { .user = o->user, .look_at_others = true };
	struct privilege_report report;
	struct errmsg err = { "" };
	struct helper_state *s = calloc(1, sizeof(*s));
	sigset_t none;
	int bad, null;

	close_others(fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!s)
		_exit(1);
	s->fd = fd;
	setpgid(0, 0); /* ^C is for the capture, whose end ends us */
	signal(SIGHUP, SIG_IGN);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	setpriority(PRIO_PROCESS, 0, PRIORITY); /* little work, but at once, as what is asked about ends soon; no matter if refused */
	bad = host_open(&s->host, o->netns, &err);
	if (!bad)
		bad = privilege_drop(&needs, &report, &err);
	greet(fd, bad ? 'E' : 'H', bad, bad ? err.text : host_limits(s->host));
	if (!bad)
		serve(s);
	if (!bad)
		say_limits(s->host);
	host_close(s->host);
	_exit(bad ? 1 : 0);
}
