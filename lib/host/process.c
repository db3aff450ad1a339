/* SPDX-License-Identifier: MIT */
/*
 * Processes, by number: who they are, and which socket inodes they hold.
 *
 * Reading a process is six small files, its descriptors a readlink(2) each; so who is read, and when, is the point:
 *
 *   - events of the process connector keep the list fresh; a child is its parent until it runs another program
 *   - a socket that nobody is known to hold is looked for in those who were born last, in those who held sockets before
 *     and in everybody, who are swept through at most every SWEEP_LEAST and never for more than a twentieth of the time
 *
 * A dead process stays until its place is needed: packets of it are still on their way.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FIRST_HOLDERS = 1024, HOLDERS_MAX = 1 << 18,
	DESCRIPTORS_MAX = 1 << 20, /* of one process that are looked at */
	TEXT = 4096,
	SWEEP_SHARE = 20,
	RESCAN = 2          /* times what it took to look at some has to pass before they are looked at again */
};
static const int64_t sweep_least_ns = 200000000, young_ns = 3000000000, stale_ns = 5000000000,
		     soon_stale_ns = 50000000; /* it may have become another program, and nobody said so */

/* ---- the table -------------------------------------------------------------------------- */

static uint32_t hash(uint32_t v)
{
	return v * 0x9e3779b1u;
}

int processes_open(struct processes *p, unsigned size, struct errmsg *err)
{
	p->size = size;
	p->item = calloc(size, sizeof(*p->item)); /* what is never used is never touched */
	p->bucket = calloc(size, sizeof(*p->bucket));
	p->holders_size = FIRST_HOLDERS;
	p->holder = calloc(p->holders_size, sizeof(*p->holder));
	p->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!p->item || !p->bucket || !p->holder)
		return errmsg_set(err, NW_ELIMIT, "no memory for %u processes", size);
	return p->proc < 0 ? errmsg_errno(err, "/proc, which says who holds which socket") : 0;
}

void processes_close(struct processes *p)
{
	if (p->proc > 0)
		close(p->proc);
	free(p->item);
	free(p->bucket);
	free(p->holder);
	*p = (struct processes){ .proc = -1 };
}

static uint32_t *bucket_of(struct processes *p, uint32_t pid)
{
	return &p->bucket[(uint64_t)hash(pid) * p->size >> 32];
}

struct process *process_find(struct processes *p, uint32_t pid)
{
	for (uint32_t i = *bucket_of(p, pid); i; i = p->item[i - 1].next)
		if (p->item[i - 1].pid == pid)
			return &p->item[i - 1];
	return NULL;
}

static void unlink_process(struct processes *p, struct process *q)
{
	uint32_t *at = bucket_of(p, q->pid), index = (uint32_t)(q - p->item) + 1;

	while (*at && *at != index)
		at = &p->item[*at - 1].next;
	if (*at)
		*at = q->next;
}

/* A place: free, of the one who died first among some, or of anybody. */
static struct process *make_room(struct processes *p)
{
	enum { LOOKED_AT = 64 };
	struct process *best = NULL;

	if (p->used < p->size)
		return &p->item[p->used++];
	for (unsigned i = 0; i < LOOKED_AT; i++) {
		struct process *q = &p->item[p->hand = (p->hand + 1) % p->size];

		if (!best || (q->died_ns && (!best->died_ns || q->died_ns < best->died_ns)))
			best = q;
	}
	unlink_process(p, best);
	p->evicted++;
	return best;
}

static struct process *process_new(struct processes *p, uint32_t pid)
{
	struct process *q = process_find(p, pid);
	uint32_t *at;

	if (q) { /* the number is used again */
		uint32_t next = q->next;

		*q = (struct process){ .pid = pid, .next = next };
		return q;
	}
	q = make_room(p);
	at = bucket_of(p, pid);
	*q = (struct process){ .pid = pid, .next = *at };
	*at = (uint32_t)(q - p->item) + 1;
	return q;
}

void processes_each(struct processes *p, void (*each)(void *user, struct process *of), void *user)
{
	for (uint32_t i = 0; i < p->used; i++)
		each(user, &p->item[i]);
}

/* ---- who they are ----------------------------------------------------------------------- */

/* The bytes of /proc/PID/WHAT, terminated. Negative: it is not there, or not for us. */
static long read_file(struct processes *p, uint32_t pid, const char *what, char *text, size_t size)
{
	char path[40];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%u/%s", pid, what);
	fd = openat(p->proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	return n;
}

/* The number in a link like "socket:[123]"; 0: it is another kind of link. */
static uint32_t link_number(const char *text, size_t len, const char *kind)
{
	size_t n = strlen(kind);
	uint64_t v = 0;

	if (len < n + 3 || memcmp(text, kind, n) || text[n] != ':' || text[n + 1] != '[' || text[len - 1] != ']')
		return 0;
	for (size_t i = n + 2; i < len - 1; i++) {
		if (text[i] < '0' || text[i] > '9' || v > UINT32_MAX)
			return 0;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	return v <= UINT32_MAX ? (uint32_t)v : 0;
}

static uint32_t number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? (uint32_t)strtoul(at + strlen(word), NULL, 10) : 0;
}

static uint32_t read_namespace(struct processes *p, uint32_t pid)
{
	char path[40], text[40];
	ssize_t n;

	snprintf(path, sizeof(path), "%u/ns/net", pid);
	n = readlinkat(p->proc, path, text, sizeof(text));
	return n > 0 ? link_number(text, (size_t)n, "net") : 0;
}

/* The number of its control group, as sockets have it. */
static uint64_t cgroup_id(const char *path, size_t len)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct stat s;
	char text[TEXT];

	for (unsigned i = 2; i-- > 0;) { /* where the second is, the first is no control group */
		snprintf(text, sizeof(text), "%s%.*s", mounts[i], (int)len, path);
		if (!stat(text, &s))
			return s.st_ino;
	}
	return 0;
}

static void read_cgroup(struct processes *p, struct process *q)
{
	char text[TEXT];
	long n = read_file(p, q->pid, "cgroup", text, sizeof(text));
	const char *unified;
	size_t len;

	if (n <= 0)
		return;
	container_of_cgroups(text, (size_t)n, &q->container, &unified, &len);
	q->cgroup = unified ? cgroup_id(unified, len) : 0;
}

static void read_cmdline(struct processes *p, struct process *q)
{
	char text[sizeof(q->cmdline)];
	long n = read_file(p, q->pid, "cmdline", text, sizeof(text));

	while (n > 0 && !text[n - 1])
		n--;
	if (n <= 0)
		return;
	for (long i = 0; i < n; i++)
		text[i] = text[i] ? text[i] : ' ';
	memcpy(q->cmdline, text, (size_t)n);
	q->cmdline[n] = 0;
}

/* False: it is gone. What was known of it stays. */
static bool read_identity(struct processes *p, struct process *q)
{
	char text[TEXT];
	long n = read_file(p, q->pid, "status", text, sizeof(text));
	uint32_t space;

	if (n <= 0)
		return false;
	q->parent = number_after(text, "\nPPid:");
	q->uid = number_after(text, "\nUid:");
	n = read_file(p, q->pid, "comm", text, sizeof(q->name));
	if (n > 0) {
		text[strcspn(text, "\n")] = 0;
		memcpy(q->name, text, strlen(text) + 1);
	}
	space = read_namespace(p, q->pid);
	p->moved |= space && space != q->netns;
	q->netns = space ? space : q->netns;
	read_cmdline(p, q);
	read_cgroup(p, q);
	q->read_ns = host_now_ns();
	return true;
}

static bool is_young(const struct process *q, int64_t now)
{
	return q->born_ns && now - q->born_ns < young_ns;
}

struct process *process_get(struct processes *p, uint32_t pid)
{
	struct process *q = process_find(p, pid);
	int64_t now = host_now_ns();

	if (!q)
		q = process_new(p, pid);
	if (!q->died_ns && (!q->read_ns || now - q->read_ns > (!p->told && is_young(q, now) ? soon_stale_ns : stale_ns)) &&
	    !read_identity(p, q)) {
		q->died_ns = now;
		if (!q->name[0]) {
			p->unread++;
			return NULL;
		}
	}
	return q;
}

struct process *process_then(struct processes *p, uint32_t pid, int64_t then_ns)
{
	struct process *q = process_get(p, pid);

	return q && q->born_ns > then_ns ? NULL : q;
}

static void add_recent(struct processes *p, uint32_t pid)
{
	p->recent[p->nrecent++ % RECENT] = pid;
}

void process_event(struct processes *p, const struct proc_event_view *e)
{
	struct process *q, *parent;

	switch (e->kind) {
	case PROCESS_BORN:
		parent = process_get(p, e->parent);
		q = process_new(p, e->pid);
		if (parent) { /* who may have been moved out of its place: then it is nobody */
			uint32_t next = q->next;

			parent = process_find(p, e->parent);
			if (parent)
				*q = *parent;
			q->pid = e->pid;
			q->parent = e->parent;
			q->next = next;
			q->died_ns = q->read_ns = q->scanned_ns = 0;
		}
		q->born_ns = e->at_ns;
		add_recent(p, e->pid);
		return;
	case PROCESS_EXEC:
		q = process_find(p, e->pid);
		if (!q) {
			q = process_new(p, e->pid);
			q->born_ns = e->at_ns;
		}
		add_recent(p, e->pid);
		q->scanned_ns = 0;
		read_identity(p, q);
		return;
	case PROCESS_NAMED:
		q = process_find(p, e->pid);
		if (q)
			memcpy(q->name, e->name, sizeof(q->name));
		return;
	case PROCESS_DIED:
		q = process_find(p, e->pid);
		if (q)
			q->died_ns = e->at_ns;
		return;
	default:
		return;
	}
}

/* ---- what they hold ------------------------------------------------------------------------ */

static struct holder *holder_place(struct processes *p, uint32_t inode)
{
	uint32_t mask = p->holders_size - 1, i = hash(inode) & mask;

	while (p->holder[i].inode && p->holder[i].inode != inode)
		i = (i + 1) & mask;
	return &p->holder[i];
}

static void holder_put(struct processes *p, const struct holder *h)
{
	struct holder *to = holder_place(p, h->inode);

	p->holders += !to->inode;
	*to = *h;
}

/* Does the process still hold it there? It may have closed it, and a child may have it. */
static bool holds(struct processes *p, const struct holder *h)
{
	char path[40], text[40];
	ssize_t n;

	snprintf(path, sizeof(path), "%u/fd/%u", h->pid, h->fd);
	n = readlinkat(p->proc, path, text, sizeof(text));
	return n > 0 && link_number(text, (size_t)n, "socket") == h->inode;
}

/* Twice the room, or at the ceiling an empty table, which fills again as it is needed. */
static void holders_grow(struct processes *p)
{
	struct holder *old = p->holder, *grown;
	uint32_t size = p->holders_size;

	grown = size < HOLDERS_MAX ? calloc(2 * size, sizeof(*grown)) : NULL;
	if (!grown) {
		p->forgotten += p->holders;
		memset(old, 0, size * sizeof(*old));
		p->holders = 0;
		return;
	}
	p->holder = grown;
	p->holders_size = 2 * size;
	p->holders = 0;
	for (uint32_t i = 0; i < size; i++)
		if (old[i].inode)
			holder_put(p, &old[i]);
	free(old);
}

/* One of those who hold a socket is enough: who had it first, as a server before its children, as long as he has it. */
static void add_holder(struct processes *p, uint32_t inode, uint32_t pid, uint32_t fd, int64_t now)
{
	const struct holder new = { now, inode, pid, fd }, *old;

	if (p->holders >= p->holders_size / 3 * 2)
		holders_grow(p); /* what was found before it is gone */
	old = holder_place(p, inode);
	if (!old->inode || old->pid == pid || !holds(p, old))
		holder_put(p, &new);
}

/* Reads the descriptors of one process. True: it holds `wanted`. */
static bool scan(struct processes *p, struct process *q, uint32_t wanted)
{
	int64_t now = host_now_ns();
	char path[32], text[40];
	bool found = false;
	struct dirent *e;
	unsigned count = 0;
	int fd;
	DIR *d;

	snprintf(path, sizeof(path), "%u/fd", q->pid);
	fd = openat(p->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		p->refused = true;
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	q->sockets = false;
	while ((e = readdir(d)) && count++ < DESCRIPTORS_MAX) {
		ssize_t n = e->d_name[0] == '.' ? 0 : readlinkat(dirfd(d), e->d_name, text, sizeof(text));
		uint32_t inode = n > 0 ? link_number(text, (size_t)n, "socket") : 0;

		if (!inode)
			continue;
		q->sockets = true;
		add_holder(p, inode, q->pid, (uint32_t)strtoul(e->d_name, NULL, 10), now);
		found |= inode == wanted;
	}
	closedir(d);
	q->scanned_ns = host_now_ns();
	return found;
}

static bool rested(const struct look *l, int64_t now)
{
	return now - l->at_ns >= RESCAN * l->cost_ns;
}

static void looked(struct look *l, int64_t start)
{
	l->at_ns = host_now_ns();
	l->cost_ns = l->at_ns - start;
}

/* Those born last, the youngest first; who was never looked at in any case. */
static bool look_at_young(struct processes *p, uint32_t inode)
{
	uint32_t n = p->nrecent < RECENT ? p->nrecent : RECENT;
	int64_t now = host_now_ns();
	bool again = rested(&p->young, now), found = false;

	for (uint32_t i = 0; i < n && !found; i++) {
		struct process *q = process_find(p, p->recent[(p->nrecent - 1 - i) % RECENT]);

		if (q && !q->died_ns && is_young(q, now) && ((again && q->scanned_ns < now) || !q->scanned_ns))
			found = scan(p, q, inode);
	}
	if (again)
		looked(&p->young, now);
	return found;
}

/* Those that held sockets when they were last looked at. */
static bool look_at_holders(struct processes *p, uint32_t inode)
{
	enum { AT_MOST = 128 };
	int64_t now = host_now_ns();
	unsigned count = 0;
	bool found = false;

	if (!rested(&p->holding, now))
		return false;
	for (uint32_t i = p->used; i-- > 0 && count < AT_MOST && !found;) {
		struct process *q = &p->item[i];

		if (!q->sockets || q->died_ns)
			continue;
		count++;
		found = scan(p, q, inode);
	}
	looked(&p->holding, now);
	return found;
}

static DIR *open_proc(struct processes *p)
{
	int fd = openat(p->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (!d && fd >= 0)
		close(fd);
	return d;
}

/* The next process of /proc; 0: that was all. */
static uint32_t next_pid(DIR *d)
{
	struct dirent *e;

	while ((e = readdir(d)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			return (uint32_t)strtoul(e->d_name, NULL, 10);
	return 0;
}

void processes_list(struct processes *p)
{
	int64_t now = host_now_ns();
	DIR *d = rested(&p->listing, now) ? open_proc(p) : NULL;
	uint32_t pid;

	if (!d)
		return;
	p->listings++;
	while ((pid = next_pid(d))) {
		struct process *q = process_find(p, pid);

		if (!q || q->died_ns) {
			q = process_new(p, pid);
			q->born_ns = now;
			add_recent(p, pid);
		}
		q->listed = p->listings;
	}
	closedir(d);
	for (uint32_t i = 0; i < p->used; i++)
		if (!p->item[i].died_ns && p->item[i].listed != p->listings)
			p->item[i].died_ns = now;
	looked(&p->listing, now);
}

/* Everybody in /proc, until `wanted` is found (0: never). */
static bool sweep(struct processes *p, uint32_t wanted)
{
	int64_t start = host_now_ns();
	DIR *d = open_proc(p);
	bool found = false;
	uint32_t pid;

	while (d && !found && (pid = next_pid(d))) {
		struct process *q = process_get(p, pid);

		if (q && q->died_ns && read_identity(p, q)) { /* the number is used again, and nobody said so */
			q->born_ns = q->died_ns;
			q->died_ns = 0;
		}
		found = q && scan(p, q, wanted);
	}
	if (d)
		closedir(d);
	looked(&p->sweeping, start);
	return found;
}

void processes_sweep(struct processes *p)
{
	sweep(p, 0);
}

uint32_t processes_holding(struct processes *p, uint32_t inode)
{
	const struct holder before = *holder_place(p, inode);
	int64_t pause = p->sweeping.cost_ns * SWEEP_SHARE;

	if (before.inode && holds(p, &before))
		return before.pid;
	if (!p->told)
		processes_list(p);
	if (look_at_young(p, inode) || look_at_holders(p, inode) ||
	    (host_now_ns() - p->sweeping.at_ns >= (pause > sweep_least_ns ? pause : sweep_least_ns) && sweep(p, inode)))
		return holder_place(p, inode)->pid;
	return before.inode && process_then(p, before.pid, before.at_ns) ? before.pid : 0;
}
