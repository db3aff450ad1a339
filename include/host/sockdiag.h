/* SPDX-License-Identifier: MIT */
/*
 * Messages of NETLINK_SOCK_DIAG for TCP and UDP (sock_diag(7)): questions, and answers taken apart. No socket here: bytes
 * only, those of the kernel checked like everybody's.
 */
#ifndef HOST_SOCKDIAG_H
#define HOST_SOCKDIAG_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The two ends as their socket sees them. IPv4 addresses are ::ffff:a.b.c.d. */
struct socket_ends {
	uint8_t proto;           /* 6: TCP, 17: UDP */
	uint16_t local_port, remote_port;
	uint8_t local[16], remote[16];
};

bool address_is_ipv4(const uint8_t address[16]);
void address_from_ipv4(uint8_t address[16], const uint8_t ipv4[4]);
/* 0.0.0.0 or :: */
bool address_is_any(const uint8_t address[16]);

struct diag_socket {
	struct socket_ends ends; /* remote all zero: not connected; local address zero: any */
	uint8_t state;           /* enum diag_state */
	uint32_t uid;
	uint32_t inode;          /* 0: no process holds it (orphaned, TIME_WAIT, not accepted yet) */
	uint32_t ifindex;
	uint64_t cgroup;         /* id in the unified hierarchy; 0: not said (before Linux 5.8) */
};

enum diag_state {
	DIAG_ESTABLISHED = 1, DIAG_SYN_SENT, DIAG_SYN_RECEIVED, DIAG_FIN_WAIT1, DIAG_FIN_WAIT2, DIAG_TIME_WAIT, DIAG_CLOSE,
	DIAG_CLOSE_WAIT, DIAG_LAST_ACK, DIAG_LISTEN, DIAG_CLOSING, DIAG_NEW_SYN_RECEIVED
};

enum { SOCKDIAG_REQUEST = 72 };
/* All sockets of `proto` in these states (a bit each, ~0: all), of IPv6 or IPv4. */
void sockdiag_dump_request(uint8_t message[SOCKDIAG_REQUEST], uint8_t proto, bool ipv6, uint32_t states, uint32_t sequence);
/* The one that the kernel would hand a packet from remote to local: connected, bound or listening. */
void sockdiag_find_request(uint8_t message[SOCKDIAG_REQUEST], const struct socket_ends *ends, uint32_t sequence);

enum { SOCKDIAG_END, SOCKDIAG_SOCKET, SOCKDIAG_DONE, SOCKDIAG_ERROR };
/* The next message of what one recv() gave, and past it: a socket; the end of a dump; an error, then s->state is nothing
 * and *error the errno; the end of the bytes. NW_EINPUT: it contradicts itself. What it does not know is skipped, and so are
 * answers to another question than `sequence`. */
int sockdiag_next(const uint8_t **at, size_t *left, uint8_t proto, uint32_t sequence, struct diag_socket *s, int *error);

#endif
