/* SPDX-License-Identifier: MIT */
/*
 * What the files of lib/host share.
 *
 *   namespace.c   a sock_diag and a route socket in each network namespace; which addresses are whose
 *   process.c     processes: who they are, read from /proc, and which socket inodes they hold
 *   events.c      the process connector: who was born, became another program, died
 *   host.c        from the ends of a packet to an owner; what is remembered of sockets that are gone
 *
 * Times are CLOCK_MONOTONIC, as those of the process connector.
 */
#ifndef LIB_HOST_INTERNAL_H
#define LIB_HOST_INTERNAL_H

#include "host/container.h"
#include "host/host.h"
#include "host/procevent.h"

enum {
	NAMESPACES_MAX = 256,   /* two descriptors each */
	ADDRESSES_MAX = 4096,   /* of one namespace; beyond, every address is taken for its own */
	RECENT = 512,           /* processes that were born, or ran another program, last */
	MESSAGE = 32768         /* a piece of a dump; the kernel fills at most this much */
};

int64_t host_now_ns(void);

/* ---- namespace.c ------------------------------------------------------------------------- */

struct space {
	uint32_t inode;
	int diag, route;
	uint8_t (*address)[16];
	unsigned naddresses;
	bool every;             /* too many addresses */
	bool wanted;            /* some process is in it; set while processes are looked through */
	int64_t learnt_ns;      /* when its addresses were read */
};

struct spaces {
	struct space space[NAMESPACES_MAX]; /* [0]: where packets are captured; it stays */
	unsigned count;
	uint32_t sequence;
	bool refused;           /* entering one was not permitted */
	uint64_t left_out;      /* there were too many */
	_Alignas(8) uint8_t message[MESSAGE];
};

/* `which`: as netns_enter() takes it; NULL: this one. */
int spaces_open(struct spaces *s, const char *which, struct errmsg *err);
void spaces_close(struct spaces *s);
/* The namespace with this inode number, which process `pid` is in; NULL when it cannot be entered. */
struct space *spaces_get(struct spaces *s, uint32_t inode, uint32_t pid);
/* A namespace that nobody is in ends when we leave it too. */
void spaces_close_unwanted(struct spaces *s);
/* Would a packet to this address be delivered here? Reads the addresses when they are older than a moment. */
bool space_has(struct spaces *s, struct space *n, const uint8_t address[16]);
/* The socket that gets packets between these ends. 1, 0: none, or NW_ESYS. */
int space_find(struct spaces *s, struct space *n, const struct socket_ends *e, struct diag_socket *found);
/* All sockets of TCP and UDP. The first error of `each` ends it. */
typedef int space_each_fn(void *user, struct space *n, const struct diag_socket *d);
int space_dump(struct spaces *s, struct space *n, space_each_fn *each, void *user, struct errmsg *err);

/* ---- process.c --------------------------------------------------------------------------------- */

struct process {
	uint32_t pid, parent, uid, netns;
	uint64_t cgroup;        /* id in the unified hierarchy, 0: not known */
	int64_t born_ns;        /* 0: before we looked */
	int64_t died_ns;        /* 0: it lives, for all we know */
	int64_t read_ns;        /* when /proc was asked who it is; 0: its parent's word is all */
	int64_t scanned_ns;     /* when its descriptors were read; 0: never */
	uint32_t next;          /* in its bucket, + 1 */
	uint32_t listed;        /* in which look at /proc it was there */
	bool sockets;           /* it held some then */
	struct container container;
	char name[17], cmdline[201];
};

struct holder {
	int64_t at_ns;          /* when it was seen */
	uint32_t inode, pid, fd; /* inode 0: free */
};

struct processes {
	int proc;               /* /proc */
	struct process *item;
	uint32_t *bucket;       /* index + 1 */
	uint32_t size, used, hand;
	struct holder *holder;  /* open addressing */
	uint32_t holders_size, holders;
	uint32_t recent[RECENT], nrecent; /* pids, a ring */
	struct look {
		int64_t at_ns, cost_ns;
	} listing, young, holding, sweeping; /* the last looks at /proc, and at the descriptors of the young, of those who held
					      * sockets, of everybody */
	uint32_t listings;
	bool told;              /* of births and deaths by the process connector */
	bool moved;             /* somebody is in another namespace than his parent: perhaps a new one */
	uint64_t evicted, forgotten, unread; /* processes pushed out; socket inodes forgotten; processes that could not be read */
	bool refused;           /* somebody's descriptors could not be read for lack of rights */
};

int processes_open(struct processes *p, unsigned size, struct errmsg *err);
void processes_close(struct processes *p);
struct process *process_find(struct processes *p, uint32_t pid);
/* The same, read from /proc if it is new or was read long ago. NULL: there is no such process. */
struct process *process_get(struct processes *p, uint32_t pid);
/* The same, if it is the one that had this number then; NULL: somebody born later has it. */
struct process *process_then(struct processes *p, uint32_t pid, int64_t then_ns);
void process_event(struct processes *p, const struct proc_event_view *e);
/* Who holds the socket? Looks at those who held some, the young, and everybody, in this order, as far as that was not done
 * just now. 0: nobody that can be seen. */
uint32_t processes_holding(struct processes *p, uint32_t inode);
/* Everybody that lives: read, descriptors too. */
void processes_sweep(struct processes *p);
/* Where nobody tells: who is new, who has gone. */
void processes_list(struct processes *p);
/* Calls `each` for everybody that is known, dead ones too. */
void processes_each(struct processes *p, void (*each)(void *user, struct process *of), void *user);

/* ---- events.c ------------------------------------------------------------------------------------ */

/* A socket that reads the process connector, or -1 with why not. */
int events_open(struct errmsg *err);

#endif
