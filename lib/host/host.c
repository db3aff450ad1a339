/* SPDX-License-Identifier: MIT */
/*
 * From the ends of a packet to an owner. What is asked, in this order, until something is known:
 *
 *   1. the socket of the five-tuple, or the one bound or listening there          exact, listener
 *   2. what was found for the same five-tuple before (TIME_WAIT has no process)   as then
 *   3. the only young process of the namespace when the packet was seen, or of
 *      several the one that died at once                                          guess
 *   4. the last owner of the local port; when nobody is young there, the last
 *      owner of a socket to the same remote end; if he still lived                guess
 *
 * 2 and 4 are a table of 64-bit hashes, four to a place, of which the oldest goes; a hash is keyed by this run, and two
 * connections with the same one are not expected within the age of anything. A namespace is asked when the address is its
 * own; when several have it and none has the five-tuple, what they say is a guess.
 */
#include "internal.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TCP = 6,
	PROCESSES = 8192, WAYS = 4, MEMORIES = 16384, USERS = 256,
	EVENTS = 65536      /* bytes of one recv() */
};
static const int64_t remember_ns = 120000000000, port_ns = 60000000000, tick_ns = 1000000000;

struct memory {
	uint64_t hash;      /* 0: free */
	int64_t at_ns;
	uint32_t pid, uid, netns;
	uint8_t match;
};

struct user {
	uint32_t uid;
	bool known;
	char name[33];
};

struct host {
	struct spaces spaces;
	struct processes processes;
	struct memory memory[MEMORIES];
	struct user user[USERS];
	int events;
	uint64_t key;
	int64_t ticked_ns;
	struct host_counts counts;
	char limits[300];
	uint8_t received[EVENTS];
};

/* ---- opening -------------------------------------------------------------------------------- */

static void add_limit(struct host *h, const char *what)
{
	size_t used = strlen(h->limits);

	snprintf(h->limits + used, sizeof(h->limits) - used, "%s%s", used ? "; " : "", what);
}

static void find_limits(struct host *h, const struct errmsg *no_events)
{
	h->limits[0] = 0;
	if (h->processes.refused)
		add_limit(h, "other users' processes cannot be looked into (CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH)");
	if (h->spaces.refused)
		add_limit(h, "other network namespaces cannot be entered (CAP_SYS_ADMIN)");
	if (h->spaces.left_out)
		add_limit(h, "there are more network namespaces than can be asked");
	if (h->events < 0 && no_events)
		add_limit(h, "processes that live shortly are missed, as the kernel does not tell of them (process connector: "
			     "CAP_NET_ADMIN of the machine)");
	if (h->processes.refused || h->spaces.refused)
		add_limit(h, "run as root of the machine");
}

/* Opens the namespaces of everybody who is known, and marks those that are still needed. */
static void want_namespace(void *user, struct process *q)
{
	struct host *h = user;
	struct space *n = q->died_ns ? NULL : spaces_get(&h->spaces, q->netns, q->pid);

	if (n)
		n->wanted = true;
}

int host_open(struct host **out, const char *netns, struct errmsg *err)
{
	struct host *h = calloc(1, sizeof(*h));
	struct errmsg no_events = { "" };
	int bad;

	*out = NULL;
	if (!h)
		return errmsg_set(err, NW_ELIMIT, "no memory for the table of processes");
	h->events = -1;
	h->processes.proc = -1;
	h->key = (uint64_t)host_now_ns() * 0x9e3779b97f4a7c15ull ^ (uintptr_t)h;
	bad = processes_open(&h->processes, PROCESSES, err);
	if (!bad)
		bad = spaces_open(&h->spaces, netns, err);
	if (bad) {
		host_close(h);
		return bad;
	}
	h->events = events_open(&no_events);
	h->counts.events = h->processes.told = h->events >= 0;
	processes_sweep(&h->processes);
	processes_each(&h->processes, want_namespace, h);
	find_limits(h, &no_events);
	*out = h;
	return 0;
}

void host_close(struct host *h)
{
	if (!h)
		return;
	if (h->events >= 0)
		close(h->events);
	spaces_close(&h->spaces);
	processes_close(&h->processes);
	free(h);
}

const char *host_limits(const struct host *h)
{
	return h->limits;
}

int host_fd(const struct host *h)
{
	return h->events;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void read_events(struct host *h)
{
	enum { AT_ONCE = 256 };

	for (int i = 0; i < AT_ONCE && h->events >= 0; i++) {
		ssize_t n = recv(h->events, h->received, sizeof(h->received), MSG_DONTWAIT);
		const uint8_t *at = h->received;
		struct proc_event_view e;
		size_t left = n > 0 ? (size_t)n : 0;

		if (n < 0 && errno == ENOBUFS)
			continue; /* some were lost; who is met is read */
		if (n <= 0)
			return;
		while (proc_event_next(&at, &left, &e) > 0)
			process_event(&h->processes, &e);
	}
}

void host_tick(struct host *h)
{
	int64_t now = host_now_ns();
	bool full = now - h->ticked_ns >= tick_ns;

	read_events(h);
	if (full && !h->processes.told)
		processes_list(&h->processes);
	for (unsigned i = 0; i < h->spaces.count && full; i++)
		h->spaces.space[i].wanted = false;
	if (full || h->processes.moved)
		processes_each(&h->processes, want_namespace, h);
	h->processes.moved = false;
	if (!full)
		return;
	spaces_close_unwanted(&h->spaces);
	h->ticked_ns = now;
}

/* ---- what is remembered --------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t word;

	for (; len; p += sizeof(word), len -= len < sizeof(word) ? len : sizeof(word)) {
		word = 0;
		memcpy(&word, p, len < sizeof(word) ? len : sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	return h ? h : 1;
}

enum memory_key { BY_TUPLE, BY_PORT, BY_REMOTE };

static uint64_t memory_hash(const struct host *h, const struct socket_ends *e, uint32_t netns, enum memory_key key)
{
	uint32_t head[4] = { netns, e->proto, key == BY_REMOTE ? 0 : e->local_port, key == BY_PORT ? 0 : e->remote_port };
	uint64_t sum = mix(h->key + key, head, sizeof(head));

	if (key != BY_REMOTE)
		sum = mix(sum, e->local, sizeof(e->local));
	return key != BY_PORT ? mix(sum, e->remote, sizeof(e->remote)) : sum;
}

static struct memory *memory_find(struct host *h, uint64_t hash)
{
	struct memory *m = &h->memory[hash % (MEMORIES / WAYS) * WAYS];

	for (unsigned i = 0; i < WAYS; i++)
		if (m[i].hash == hash)
			return &m[i];
	return NULL;
}

static void remember(struct host *h, const struct socket_ends *e, const struct socket_owner *w)
{
	for (enum memory_key key = BY_TUPLE; key <= BY_REMOTE; key++) {
		uint64_t hash = memory_hash(h, e, w->netns, key);
		struct memory *place = memory_find(h, hash), *m = &h->memory[hash % (MEMORIES / WAYS) * WAYS];

		for (unsigned i = 0; i < WAYS && !place; i++)
			if (!m[i].hash)
				place = &m[i];
		if (!place)
			place = m;
		for (unsigned i = 0; i < WAYS && place->hash && place->hash != hash; i++)
			if (m[i].at_ns < place->at_ns)
				place = &m[i];
		*place = (struct memory){ hash, host_now_ns(), w->pid, w->uid, w->netns, w->match };
	}
}

/* ---- who they are ------------------------------------------------------------------------------------ */

static const char *user_name(struct host *h, uint32_t uid)
{
	struct user *u = &h->user[uid % USERS];

	if (!u->known || u->uid != uid) {
		const struct passwd *pw = getpwuid(uid);

		*u = (struct user){ .uid = uid, .known = true };
		if (pw)
			snprintf(u->name, sizeof(u->name), "%s", pw->pw_name);
	}
	return u->name;
}

static void fill(struct host *h, const struct process *q, struct socket_owner *w)
{
	w->pid = q->pid;
	w->uid = q->uid;
	memcpy(w->name, q->name, sizeof(w->name));
	memcpy(w->cmdline, q->cmdline, sizeof(w->cmdline));
	memcpy(w->container, q->container.id, sizeof(w->container));
	memcpy(w->runtime, q->container.runtime, sizeof(w->runtime));
	snprintf(w->user, sizeof(w->user), "%s", user_name(h, w->uid));
}

struct in_cgroup {
	uint64_t id;
	const struct process *found;
};

static void see_cgroup(void *user, struct process *q)
{
	struct in_cgroup *c = user;

	if (q->cgroup == c->id && q->container.id[0])
		c->found = q;
}

/* No process is found, but the socket says whose it is. */
static void fill_from_socket(struct host *h, const struct diag_socket *d, struct socket_owner *w)
{
	struct in_cgroup c = { .id = d->cgroup };

	w->pid = 0;
	w->uid = d->uid;
	snprintf(w->user, sizeof(w->user), "%s", user_name(h, w->uid));
	if (d->cgroup > 1)
		processes_each(&h->processes, see_cgroup, &c);
	if (c.found) {
		memcpy(w->container, c.found->container.id, sizeof(w->container));
		memcpy(w->runtime, c.found->container.runtime, sizeof(w->runtime));
	}
}

static bool fill_by_pid(struct host *h, uint32_t pid, struct socket_owner *w)
{
	const struct process *q = pid ? process_get(&h->processes, pid) : NULL;

	if (q)
		fill(h, q, w);
	return q;
}

/* ---- guesses --------------------------------------------------------------------------------------------- */

/* Processes that were young when a packet was seen at `at_ns`, and may have sent it. */
struct suspects {
	uint32_t netns;
	uint64_t cgroup;
	int64_t at_ns;
	const struct process *best; /* who died first after it; if nobody has, who lives */
	int64_t second_ns;          /* when the next one died */
};

static void suspect(void *user, struct process *q)
{
	static const int64_t young_ns = 3000000000, slack_ns = 50000 /* between two clocks */;
	struct suspects *s = user;
	int64_t died = q->died_ns ? q->died_ns : INT64_MAX;

	if (q->netns != s->netns || (s->cgroup > 1 && q->cgroup && q->cgroup != s->cgroup) || !q->born_ns ||
	    s->at_ns - q->born_ns > young_ns || q->born_ns > s->at_ns || died < s->at_ns - slack_ns)
		return;
	if (!s->best || died < (s->best->died_ns ? s->best->died_ns : INT64_MAX)) {
		s->second_ns = !s->best ? 0 : s->best->died_ns ? s->best->died_ns : INT64_MAX;
		s->best = q;
	} else if (!s->second_ns || died < s->second_ns) {
		s->second_ns = died;
	}
}

/* Only one, or the first to die by far. *nobody: there was no young process at all, so it must have been an old one. */
static bool guess_young(struct host *h, uint32_t netns, uint64_t cgroup, int64_t at_ns, struct socket_owner *w, bool *nobody)
{
	struct suspects s = { .netns = netns, .cgroup = cgroup, .at_ns = at_ns };

	*nobody = false;
	if (!h->processes.told) /* who has come and gone unseen? */
		return false;
	read_events(h);
	processes_each(&h->processes, suspect, &s);
	*nobody = !s.best;
	if (!s.best || (s.second_ns && (!s.best->died_ns || (s.second_ns - at_ns) / 4 < s.best->died_ns - at_ns)))
		return false;
	fill(h, s.best, w);
	w->netns = netns;
	w->match = OWNER_GUESS;
	return true;
}

/* The last owner. For other connections than his own only if he lived when the packet was seen. */
static bool recall(struct host *h, const struct socket_ends *e, uint32_t netns, enum memory_key key, int64_t at_ns,
		   struct socket_owner *w)
{
	const struct memory *m = memory_find(h, memory_hash(h, e, netns, key));
	int64_t age = m ? host_now_ns() - m->at_ns : 0;
	bool fresh = m && age <= (key == BY_TUPLE ? remember_ns : port_ns);
	const struct process *q = fresh ? process_then(&h->processes, m->pid, m->at_ns) : NULL;

	if (!q || (key != BY_TUPLE && q->died_ns && q->died_ns < at_ns))
		return false;
	fill(h, q, w);
	w->netns = m->netns;
	w->match = key == BY_TUPLE ? m->match : OWNER_GUESS;
	return true;
}

/* ---- finding ------------------------------------------------------------------------------------------------ */

static bool is_exact(const struct socket_ends *e, const struct diag_socket *d)
{
	return d->state != DIAG_LISTEN && d->ends.remote_port && d->ends.remote_port == e->remote_port;
}

/* The owner of a socket that some process holds. False: it is not found, and w says whose user it is. */
static bool own(struct host *h, const struct space *n, const struct socket_ends *e, const struct diag_socket *d,
		struct socket_owner *w)
{
	w->netns = n->inode;
	w->match = is_exact(e, d) ? OWNER_EXACT : OWNER_LISTENER;
	if (fill_by_pid(h, processes_holding(&h->processes, d->inode), w)) {
		remember(h, e, w);
		return true;
	}
	fill_from_socket(h, d, w);
	return false;
}

/* A connection that was not accepted yet, or whose process was not found yet: it is, or was, of whoever listens there. */
static bool find_listener(struct host *h, struct space *n, const struct socket_ends *e, struct socket_owner *w)
{
	struct socket_ends listening = *e;
	struct socket_owner there = { 0 };
	struct diag_socket d;
	bool ipv4 = address_is_ipv4(e->remote);

	listening.remote_port = 0;
	memset(listening.remote + (ipv4 ? 12 : 0), 0, ipv4 ? 4 : 16);
	if (space_find(&h->spaces, n, &listening, &d) <= 0 || d.state != DIAG_LISTEN || !d.inode ||
	    !own(h, n, e, &d, &there))
		return false;
	*w = there;
	return true;
}

/* What one namespace knows. */
static bool find_in(struct host *h, struct space *n, const struct socket_ends *e, int64_t at_ns, struct socket_owner *w)
{
	struct diag_socket d = { 0 };
	int got = space_find(&h->spaces, n, e, &d);
	bool nobody;

	if (got > 0 && d.inode && own(h, n, e, &d, w))
		return true;
	if (recall(h, e, n->inode, BY_TUPLE, at_ns, w))
		return true;
	if (got > 0 && e->proto == TCP && d.state != DIAG_LISTEN && d.state != DIAG_TIME_WAIT && find_listener(h, n, e, w))
		return true;
	if (got > 0 && d.inode)
		return true; /* no process, but a user */
	if (guess_young(h, n->inode, d.cgroup, at_ns, w, &nobody) || recall(h, e, n->inode, BY_PORT, at_ns, w) ||
	    (nobody && recall(h, e, n->inode, BY_REMOTE, at_ns, w)))
		return true;
	if (got <= 0 || d.state == DIAG_TIME_WAIT)
		return false;
	w->netns = n->inode; /* orphaned: no process, but a user and a control group */
	w->match = OWNER_EXACT;
	fill_from_socket(h, &d, w);
	return true;
}

enum owner_match host_find(struct host *h, const struct socket_ends *e, int64_t at_ns, struct socket_owner *w)
{
	struct socket_owner here;
	unsigned several = 0;

	memset(w, 0, sizeof(*w));
	h->counts.asked++;
	if (!at_ns)
		at_ns = host_now_ns();
	for (unsigned i = 0; i < h->spaces.count && w->match != OWNER_EXACT; i++) {
		struct space *n = &h->spaces.space[i];

		memset(&here, 0, sizeof(here));
		if (!space_has(&h->spaces, n, e->local))
			continue;
		if (!w->netns)
			w->netns = n->inode;
		if (!find_in(h, n, e, at_ns, &here))
			continue;
		several++;
		if (here.match > w->match)
			*w = here;
		if (i == 0 && w->match >= OWNER_LISTENER)
			break; /* the place where the packet was seen has the address: nobody else is meant */
	}
	if (several > 1 && w->match == OWNER_LISTENER)
		w->match = OWNER_GUESS;
	h->counts.exact += w->match == OWNER_EXACT;
	h->counts.listener += w->match == OWNER_LISTENER;
	h->counts.guess += w->match == OWNER_GUESS;
	return w->match;
}

/* ---- all of them ---------------------------------------------------------------------------------------------- */

struct listing {
	struct host *h;
	host_socket_fn *each;
	void *user;
	int count;
};

static int list_socket(void *user, struct space *n, const struct diag_socket *d)
{
	struct listing *l = user;
	struct socket_owner w = { .netns = n->inode, .uid = d->uid };
	int rc;

	w.match = d->state == DIAG_LISTEN || !d->ends.remote_port ? OWNER_LISTENER : OWNER_EXACT;
	if (!d->inode || !fill_by_pid(l->h, processes_holding(&l->h->processes, d->inode), &w))
		fill_from_socket(l->h, d, &w);
	rc = l->each(l->user, d, &w);
	l->count += !rc;
	return rc;
}

int host_sockets(struct host *h, host_socket_fn *each, void *user, struct errmsg *err)
{
	struct listing l = { h, each, user, 0 };
	int rc = 0;

	host_tick(h);
	processes_sweep(&h->processes);
	processes_each(&h->processes, want_namespace, h);
	for (unsigned i = 0; i < h->spaces.count && !rc; i++)
		rc = space_dump(&h->spaces, &h->spaces.space[i], list_socket, &l, err);
	return rc ? rc : l.count;
}

void host_counts(const struct host *h, struct host_counts *c)
{
	*c = h->counts;
	c->processes = h->processes.used;
	c->namespaces = h->spaces.count;
	c->processes_evicted = h->processes.evicted;
	c->inodes_forgotten = h->processes.forgotten;
	c->namespaces_left_out = h->spaces.left_out;
}
