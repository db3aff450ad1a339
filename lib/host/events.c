/* SPDX-License-Identifier: MIT */
/*
 * The process connector: the kernel tells of each process that is born, becomes another program or ends, so that one that
 * lives for a millisecond is known by name. It takes CAP_NET_ADMIN, the first network namespace (which is entered for a moment)
 * and the first user and process namespaces. Where that is not to be had /proc is looked through instead.
 *
 *   | nlmsghdr 16 | cn_msg 20: index 4, value 4, sequence 4, acknowledge 4, length 2, flags 2 |
 *   | proc_event: what 4, processor 4, time 8, then by kind |
 */
#include "internal.h"
#include "base/errmsg.h"
#include "sys/netns.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { RECEIVE_BUFFER = 1 << 20, CN_HEAD = 20, EVENT_HEAD = 16 };

_Static_assert(sizeof(struct cn_msg) == CN_HEAD, "the kernel's layout");
_Static_assert(offsetof(struct proc_event, event_data) == EVENT_HEAD, "the kernel's layout");

/* ---- reading ------------------------------------------------------------------------- */

static uint32_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void take_event(const uint8_t *p, size_t len, struct proc_event_view *e)
{
	const uint8_t *data = p + EVENT_HEAD;
	int64_t at;

	memset(e, 0, sizeof(*e));
	if (len < EVENT_HEAD + 8)
		return;
	memcpy(&at, p + 8, sizeof(at));
	e->at_ns = at > 0 ? at : 0;
	switch (word(p)) {
	case PROC_EVENT_FORK:
		if (len < EVENT_HEAD + 16 || word(data + 8) != word(data + 12))
			return; /* a thread */
		e->kind = PROCESS_BORN;
		e->pid = word(data + 8);
		e->parent = word(data + 4);
		return;
	case PROC_EVENT_EXEC:
		e->kind = PROCESS_EXEC;
		e->pid = word(data + 4);
		return;
	case PROC_EVENT_COMM:
		if (len < EVENT_HEAD + 24 || word(data) != word(data + 4))
			return;
		e->kind = PROCESS_NAMED;
		e->pid = word(data + 4);
		memcpy(e->name, data + 8, 16);
		return;
	case PROC_EVENT_EXIT:
		if (word(data) != word(data + 4))
			return;
		e->kind = PROCESS_DIED;
		e->pid = word(data + 4);
		return;
	default:
		return;
	}
}

int proc_event_next(const uint8_t **at, size_t *left, struct proc_event_view *e)
{
	while (*left >= NLMSG_HDRLEN) {
		const uint8_t *body = *at + NLMSG_HDRLEN;
		struct nlmsghdr h;
		struct cn_msg c;
		size_t len, step;

		memcpy(&h, *at, sizeof(h));
		if (h.nlmsg_len < NLMSG_HDRLEN || h.nlmsg_len > *left)
			return NW_EINPUT;
		len = h.nlmsg_len - (size_t)NLMSG_HDRLEN;
		step = NLMSG_ALIGN((size_t)h.nlmsg_len);
		step = step < *left ? step : *left;
		*at += step;
		*left -= step;
		if (len < CN_HEAD)
			continue;
		memcpy(&c, body, sizeof(c));
		if (c.id.idx != CN_IDX_PROC || c.id.val != CN_VAL_PROC || c.len > len - CN_HEAD)
			continue;
		take_event(body + CN_HEAD, c.len, e);
		return 1;
	}
	return 0;
}

/* ---- opening ---------------------------------------------------------------------------- */

enum { ASK_READS = 256 };

/* Is this the acknowledgement of what we sent? It goes to all who listen, as events do. *error: the kernel's errno, 0 for yes. */
static bool acknowledged(const uint8_t *answer, size_t len, uint32_t sequence, int *error)
{
	const uint8_t *event = answer + NLMSG_HDRLEN + CN_HEAD;
	struct cn_msg c;

	if (len < NLMSG_HDRLEN + CN_HEAD + EVENT_HEAD + 4 || word(event) != PROC_EVENT_NONE)
		return false;
	memcpy(&c, answer + NLMSG_HDRLEN, sizeof(c));
	*error = (int)word(event + EVENT_HEAD);
	return c.seq == sequence;
}

static int ask(int fd)
{
	const struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	struct nlmsghdr h = { .nlmsg_len = NLMSG_HDRLEN + CN_HEAD + 4, .nlmsg_type = NLMSG_DONE, .nlmsg_pid = (uint32_t)getpid() };
	struct cn_msg c = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .seq = (uint32_t)getpid(), .len = 4 };
	const uint32_t listen = PROC_CN_MCAST_LISTEN;
	const int buffer = RECEIVE_BUFFER;
	uint8_t message[NLMSG_HDRLEN + CN_HEAD + 4], answer[256];
	struct timeval patience = { .tv_sec = 1 };
	ssize_t n = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (const struct sockaddr *)&group, sizeof(group)))
		return -1;
	memcpy(message, &h, sizeof(h));
	memcpy(message + NLMSG_HDRLEN, &c, sizeof(c));
	memcpy(message + NLMSG_HDRLEN + CN_HEAD, &listen, sizeof(listen));
	if (send(fd, message, sizeof(message), 0) < 0)
		return -1;
	for (unsigned i = 0; i < ASK_READS; i++) {
		int error = 0;

		n = recv(fd, answer, sizeof(answer), 0);
		if (n < 0 && errno == ENOBUFS)
			return 0; /* more events than fit: they come */
		if (n < 0)
			return -1;
		if (acknowledged(answer, (size_t)n, c.seq, &error)) {
			errno = error;
			return error ? -1 : 0;
		}
	}
	return 0; /* events enough */
}

int events_open(struct errmsg *err)
{
	int back = -1, fd, moved = netns_enter("/proc/1/ns/net", &back, NULL);

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	if (fd < 0 || ask(fd)) {
		errmsg_errno(err, "the process connector");
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	if (!moved)
		netns_leave(back, NULL);
	return fd;
}
