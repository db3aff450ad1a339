/* SPDX-License-Identifier: MIT */
/*
 * Who owns a connection: from the ends of a packet to the process that holds the socket, its user and its container, across
 * network namespaces, by sock_diag and /proc.
 *
 *   ends ──> namespace ──> socket (sock_diag) ──> inode ──> process (/proc/PID/fd) ──> name, user, container
 *             its addresses      │                            │
 *                                └ gone: remembered ──────────┴ gone: as it was when it lived (process connector)
 *
 * One thread uses it. It makes system calls, up to some thousand when everybody's descriptors have to be read, which is
 * done rarely enough to cost at most a twentieth of a processor; so it does not belong on the path of a packet: see
 * applets/nwcap/proc.c for how answers are had in time. It needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH for other users'
 * processes, CAP_SYS_ADMIN for other namespaces, CAP_NET_ADMIN for the process connector; without, it sees less and says so.
 *
 * Ceilings: 8192 processes (the longest dead go first), 262144 socket inodes (all are forgotten and learnt anew), 16384
 * remembered connections (the oldest of four in a place goes), 256 namespaces (more are left out).
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "base/errmsg.h"
#include "decode/owner.h"
#include "host/sockdiag.h"

struct host;

/* `netns`: the namespace that packets are captured in, as --netns names it; NULL: this one. Call it with all rights there
 * are. NW_ESYS: this kernel has no sock_diag; NW_EINPUT, NW_EPERM: of the namespace. */
int host_open(struct host **h, const char *netns, struct errmsg *err);
void host_close(struct host *h); /* NULL is fine */

/* What cannot be seen here, and the cure, as one sentence; "" if everything can. */
const char *host_limits(const struct host *h);
/* Readable when host_tick() has something to read; -1: never. */
int host_fd(const struct host *h);
/* Reads events that wait and, at most once a second, closes what is no longer needed. Never blocks. */
void host_tick(struct host *h);

/* The owner of the local end of `e`, whose packet was seen at `at_ns` (CLOCK_MONOTONIC; 0: now). The match: OWNER_NONE when
 * no namespace here has the local address (then w->netns is 0) or nothing is known. pid 0: the socket is known, and no
 * process could be found. */
enum owner_match host_find(struct host *h, const struct socket_ends *e, int64_t at_ns, struct socket_owner *w);

/* Every TCP and UDP socket of every namespace with its owner (pid 0: none), as they are now. The first error that `each`
 * returns ends it. The number of sockets or an error. */
typedef int host_socket_fn(void *user, const struct diag_socket *s, const struct socket_owner *w);
int host_sockets(struct host *h, host_socket_fn *each, void *user, struct errmsg *err);

struct host_counts {
	unsigned processes, namespaces;
	uint64_t asked, exact, listener, guess;  /* host_find() */
	uint64_t processes_evicted, inodes_forgotten, namespaces_left_out;
	bool events;                             /* the process connector works */
};
void host_counts(const struct host *h, struct host_counts *c);

#endif
