/* SPDX-License-Identifier: MIT */
/*
 * Network namespaces. A netlink socket belongs for ever to the namespace it was made in, so each is entered once, for a
 * moment, and asked through its sockets from then on. They hold the namespace, so they are closed when no process is in it any
 * more (but the first one's).
 *
 * The addresses of a namespace (rtnetlink(7)) say whose a packet is: without them a server bound to port 80 of any address
 * would own every packet to port 80 of any machine.
 */
#include "internal.h"
#include "base/bytes.h"
#include "sys/netns.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TCP = 6, UDP = 17 };
static const int64_t addresses_stay_ns = 1000000000;

int64_t host_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- opening ------------------------------------------------------------------------------ */

static int open_netlink(int protocol)
{
	const struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static void space_close(struct space *n)
{
	if (n->diag >= 0)
		close(n->diag);
	if (n->route >= 0)
		close(n->route);
	free(n->address);
	*n = (struct space){ .diag = -1, .route = -1 };
}

/* Of the namespace the caller is in. */
static int space_open(struct space *n, struct errmsg *err)
{
	struct stat s;

	*n = (struct space){ .diag = open_netlink(NETLINK_SOCK_DIAG), .route = open_netlink(NETLINK_ROUTE), .wanted = true };
	if (n->diag < 0 || n->route < 0) {
		errmsg_errno(err, "cannot ask the kernel for its sockets (NETLINK_SOCK_DIAG)");
		space_close(n);
		return NW_ESYS;
	}
	if (!stat("/proc/thread-self/ns/net", &s))
		n->inode = (uint32_t)s.st_ino;
	return 0;
}

static int dump(struct spaces *s, struct space *n, uint8_t proto, bool ipv6, uint32_t states, space_each_fn *each, void *user,
		struct errmsg *err);

static int pass_over(void *user, struct space *n, const struct diag_socket *d)
{
	(void)user;
	(void)n;
	(void)d;
	return 0;
}

int spaces_open(struct spaces *s, const char *which, struct errmsg *err)
{
	int back = -1, bad = which ? netns_enter(which, &back, err) : 0;

	if (bad)
		return bad;
	s->space[0] = (struct space){ .diag = -1, .route = -1 };
	bad = space_open(&s->space[0], err);
	s->count = !bad;
	if (!bad && dump(s, &s->space[0], TCP, false, 1u << DIAG_LISTEN, pass_over, NULL, NULL) > 0)
		bad = errmsg_set(err, NW_ESYS, "this kernel does not tell of its TCP sockets; it needs CONFIG_INET_DIAG, or modprobe "
				 "tcp_diag");
	if (which && netns_leave(back, bad ? NULL : err))
		return NW_ESYS;
	return bad;
}

void spaces_close(struct spaces *s)
{
	while (s->count)
		space_close(&s->space[--s->count]);
}

struct space *spaces_get(struct spaces *s, uint32_t inode, uint32_t pid)
{
	struct space *n = &s->space[s->count];
	char path[40];
	int back, bad;

	if (!inode)
		return NULL;
	for (unsigned i = 0; i < s->count; i++)
		if (s->space[i].inode == inode)
			return &s->space[i];
	if (s->count == NAMESPACES_MAX) {
		s->left_out++;
		return NULL;
	}
	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	bad = netns_enter(path, &back, NULL);
	if (bad) {
		s->refused |= bad == NW_EPERM;
		return NULL;
	}
	bad = space_open(n, NULL);
	netns_leave(back, NULL);
	if (bad || n->inode != inode) { /* it is in another one by now */
		if (!bad)
			space_close(n);
		return NULL;
	}
	s->count++;
	return n;
}

void spaces_close_unwanted(struct spaces *s)
{
	for (unsigned i = 1; i < s->count;) {
		if (s->space[i].wanted) {
			i++;
			continue;
		}
		space_close(&s->space[i]);
		s->space[i] = s->space[--s->count];
	}
}

/* ---- addresses ------------------------------------------------------------------------------ */

static void keep_address(struct space *n, const uint8_t *bytes, size_t len)
{
	uint8_t (*grown)[16];

	if ((len != 4 && len != 16) || n->every)
		return;
	if (n->naddresses % 64 == 0) {
		grown = n->naddresses < ADDRESSES_MAX ? realloc(n->address, (n->naddresses + 64) * sizeof(*grown)) : NULL;
		n->every = !grown;
		if (!grown)
			return;
		n->address = grown;
	}
	if (len == 4)
		address_from_ipv4(n->address[n->naddresses++], bytes);
	else
		memcpy(n->address[n->naddresses++], bytes, 16);
}

/* RTM_NEWADDR: the addresses that packets may be sent to. */
static void take_address_message(struct space *n, const uint8_t *p, size_t left)
{
	struct {
		const uint8_t *at;
		size_t len;
	} found[IFA_BROADCAST + 1] = { { NULL, 0 } };
	struct nlattr a;

	if (left < sizeof(struct ifaddrmsg))
		return;
	p += sizeof(struct ifaddrmsg);
	left -= sizeof(struct ifaddrmsg);
	while (left >= sizeof(a)) {
		size_t step;

		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > left)
			break;
		if (a.nla_type <= IFA_BROADCAST) {
			found[a.nla_type].at = p + sizeof(a);
			found[a.nla_type].len = a.nla_len - sizeof(a);
		}
		step = NLA_ALIGN((size_t)a.nla_len);
		step = step < left ? step : left;
		p += step;
		left -= step;
	}
	if (found[IFA_LOCAL].at) /* then the other is that of the far end */
		keep_address(n, found[IFA_LOCAL].at, found[IFA_LOCAL].len);
	else
		keep_address(n, found[IFA_ADDRESS].at, found[IFA_ADDRESS].len);
	keep_address(n, found[IFA_BROADCAST].at, found[IFA_BROADCAST].len);
}

/* False: the dump is over. */
static bool take_addresses(struct space *n, const uint8_t *at, size_t left, uint32_t sequence)
{
	struct nlmsghdr h;

	while (left >= NLMSG_HDRLEN) {
		size_t step;

		memcpy(&h, at, sizeof(h));
		if (h.nlmsg_len < NLMSG_HDRLEN || h.nlmsg_len > left)
			return false;
		if (h.nlmsg_seq == sequence && (h.nlmsg_type == NLMSG_DONE || h.nlmsg_type == NLMSG_ERROR))
			return false;
		if (h.nlmsg_seq == sequence && h.nlmsg_type == RTM_NEWADDR)
			take_address_message(n, at + NLMSG_HDRLEN, h.nlmsg_len - (size_t)NLMSG_HDRLEN);
		step = NLMSG_ALIGN((size_t)h.nlmsg_len);
		step = step < left ? step : left;
		at += step;
		left -= step;
	}
	return true;
}

static void learn_addresses(struct spaces *s, struct space *n)
{
	const struct nlmsghdr h = { .nlmsg_len = NLMSG_HDRLEN + sizeof(struct ifaddrmsg), .nlmsg_type = RTM_GETADDR,
				    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = ++s->sequence };
	uint8_t message[NLMSG_HDRLEN + sizeof(struct ifaddrmsg)] = { 0 };
	ssize_t got;

	memcpy(message, &h, sizeof(h)); /* AF_UNSPEC: of both families */
	n->naddresses = 0;
	n->every = false;
	n->learnt_ns = host_now_ns();
	if (send(n->route, message, sizeof(message), 0) < 0)
		return;
	do
		got = recv(n->route, s->message, sizeof(s->message), 0);
	while ((got < 0 && errno == EINTR) || (got > 0 && take_addresses(n, s->message, (size_t)got, h.nlmsg_seq)));
}

static bool is_group(const uint8_t a[16])
{
	return address_is_ipv4(a) ? a[12] >= 224 : a[0] == 0xff;
}

static bool is_loopback(const uint8_t a[16])
{
	static const uint8_t v6[16] = { [15] = 1 };

	return address_is_ipv4(a) ? a[12] == 127 : !memcmp(a, v6, 16);
}

static bool has_address(const struct space *n, const uint8_t address[16])
{
	for (unsigned i = 0; i < n->naddresses; i++)
		if (!memcmp(n->address[i], address, 16))
			return true;
	return n->every;
}

bool space_has(struct spaces *s, struct space *n, const uint8_t address[16])
{
	bool first = n == &s->space[0];

	if (is_loopback(address) || is_group(address) || address_is_any(address))
		return first; /* of the place where the packet was seen */
	if (n->learnt_ns && has_address(n, address))
		return true;
	if (n->learnt_ns && host_now_ns() - n->learnt_ns < addresses_stay_ns)
		return false;
	learn_addresses(s, n);
	return has_address(n, address);
}

/* ---- sockets ------------------------------------------------------------------------------------ */

int space_find(struct spaces *s, struct space *n, const struct socket_ends *e, struct diag_socket *found)
{
	uint8_t request[SOCKDIAG_REQUEST];
	uint32_t sequence = ++s->sequence;
	int error = 0, got = SOCKDIAG_END;

	sockdiag_find_request(request, e, sequence);
	if (send(n->diag, request, sizeof(request), 0) < 0)
		return NW_ESYS;
	while (got == SOCKDIAG_END) {
		ssize_t len = recv(n->diag, s->message, sizeof(s->message), 0);
		const uint8_t *at = s->message;
		size_t left = len > 0 ? (size_t)len : 0;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return NW_ESYS;
		got = sockdiag_next(&at, &left, e->proto, sequence, found, &error);
	}
	return got == SOCKDIAG_SOCKET ? 1 : got == SOCKDIAG_ERROR && error == ENOENT ? 0 : NW_ESYS;
}

/* 1: the kernel does not know this family or protocol. */
static int dump(struct spaces *s, struct space *n, uint8_t proto, bool ipv6, uint32_t states, space_each_fn *each, void *user,
		struct errmsg *err)
{
	uint8_t request[SOCKDIAG_REQUEST];
	uint32_t sequence = ++s->sequence;
	struct diag_socket d;
	int error = 0, got, rc = 0;

	sockdiag_dump_request(request, proto, ipv6, states, sequence);
	if (send(n->diag, request, sizeof(request), 0) < 0)
		return errmsg_errno(err, "sock_diag");
	for (;;) {
		ssize_t len = recv(n->diag, s->message, sizeof(s->message), 0);
		const uint8_t *at = s->message;
		size_t left = len > 0 ? (size_t)len : 0;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return errmsg_errno(err, "sock_diag");
		while ((got = sockdiag_next(&at, &left, proto, sequence, &d, &error)) == SOCKDIAG_SOCKET)
			rc = rc ? rc : each(user, n, &d);
		if (got == SOCKDIAG_DONE)
			return rc;
		if (got == SOCKDIAG_ERROR && error == ENOENT)
			return 1;
		if (got != SOCKDIAG_END)
			return errmsg_set(err, NW_ESYS, "sock_diag: %s", error ? strerror(error) : "a broken answer");
	}
}

int space_dump(struct spaces *s, struct space *n, space_each_fn *each, void *user, struct errmsg *err)
{
	int rc = 0;

	for (int i = 0; i < 4 && !rc; i++) {
		rc = dump(s, n, i & 1 ? UDP : TCP, i & 2, ~0u, each, user, err);
		rc = rc > 0 ? 0 : rc;
	}
	return rc;
}
