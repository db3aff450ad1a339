/* SPDX-License-Identifier: MIT */
/*
 * Talking to the drop monitor:
 *
 *   CTRL_CMD_GETFAMILY "NET_DM" ─> family and group numbers, or: this kernel has none
 *   NET_DM_CMD_CONFIG            packet mode, bytes kept, length of the queue (only while it is off)
 *   NET_DM_CMD_START             ─> NET_DM_CMD_PACKET_ALERT to the group "events", one per packet
 *   NET_DM_CMD_STOP
 *
 * START and STOP need CAP_NET_ADMIN when they are sent, and the monitor does not go off when its user dies. So a small process
 * keeps that capability and waits: when the other end of its pipe closes, by whatever end, it sends STOP.
 * It reads nothing from anybody.
 */
#include "capture/dropmon.h"
#include "sys/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CMD_CONFIG = 2, CMD_START = 3, CMD_STOP = 4, CMD_STATS_GET = 8,
	ATTR_ALERT_MODE = 1, ATTR_TRUNC_LEN = 9, ATTR_QUEUE_LEN = 11, ATTR_SW_DROPS = 20, ATTR_HW_DROPS = 21,
	MODE_PACKET = 1,
	QUEUE = 1000,               /* packets that the kernel keeps for us; as many as dropwatch(1) asks for */
	RECEIVE_BUFFER = 4 << 20,
	MESSAGE = 256,              /* that we send */
	ANSWER = 128 << 10,         /* one packet of 64 KiB and its attributes */
	AT_ONCE = 256               /* messages per dropmon_read() */
};

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

struct dropmon {
	int fd;
	uint16_t family;
	int keeper;                 /* our end of its pipe */
	pid_t keeper_pid;
	uint64_t overruns;          /* of our own receive buffer: at least so many */
	_Alignas(8) uint8_t answer[ANSWER];
};

/* ---- messages --------------------------------------------------------------------------------- */

struct message {
	size_t len;
	_Alignas(4) uint8_t bytes[MESSAGE];
};

static void message_begin(struct message *m, uint16_t type, uint8_t command, bool acknowledge)
{
	struct nlmsghdr h = { .nlmsg_type = type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (acknowledge ? NLM_F_ACK : 0)) };
	struct genlmsghdr g = { .cmd = command, .version = 1 };

	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, &h, sizeof(h));
	memcpy(m->bytes + NLMSG_HDRLEN, &g, sizeof(g));
	m->len = NLMSG_HDRLEN + GENL_HDRLEN;
}

static void message_attribute(struct message *m, unsigned type, const void *value, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = (uint16_t)type };

	memcpy(m->bytes + m->len, &a, sizeof(a));
	if (len)
		memcpy(m->bytes + m->len + sizeof(a), value, len);
	m->len += NLA_ALIGN(a.nla_len);
}

static int message_send(int fd, struct message *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->bytes, &len, sizeof(len)); /* nlmsg_len comes first */
	return send(fd, m->bytes, m->len, 0) < 0 ? -errno : 0;
}

/* Sends and takes the answer into d->answer. Its length; 0: an acknowledgement; or -errno as the kernel said it. */
static long ask(struct dropmon *d, struct message *m)
{
	struct nlmsghdr h;
	int32_t error;
	long n = message_send(d->fd, m);

	if (n)
		return n;
	n = recv(d->fd, d->answer, sizeof(d->answer), 0);
	if (n < (long)sizeof(h))
		return n < 0 ? -errno : -EPROTO;
	memcpy(&h, d->answer, sizeof(h));
	if (h.nlmsg_type != NLMSG_ERROR)
		return n;
	if (n < (long)(sizeof(h) + sizeof(error)))
		return -EPROTO;
	memcpy(&error, d->answer + sizeof(h), sizeof(error));
	return error;
}

static long command(struct dropmon *d, uint8_t what)
{
	struct message m;

	message_begin(&m, d->family, what, true);
	message_attribute(&m, ATTR_SW_DROPS, NULL, 0);
	return ask(d, &m);
}

/* ---- opening ------------------------------------------------------------------------------------- */

static int find_family(struct dropmon *d, uint32_t *group, struct errmsg *err)
{
	struct timeval patience = { .tv_sec = 2 };
	struct message m;
	long n;

	d->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (d->fd < 0)
		return errmsg_errno(err, "--drops: cannot talk to the kernel (generic netlink)");
	setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	message_begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, false);
	message_attribute(&m, CTRL_ATTR_FAMILY_NAME, "NET_DM", sizeof("NET_DM"));
	n = ask(d, &m);
	if (n == -ENOENT && geteuid())
		return errmsg_set(err, NW_EPERM, "--drops needs root, and a kernel that shows its drop monitor, which this one does not "
				  "now; where it is a module: modprobe drop_monitor");
	if (n == -ENOENT)
		return errmsg_set(err, NW_ESYS, "this kernel has no drop monitor (CONFIG_NET_DROP_MONITOR) or, in a container, does not "
				  "show it; where it is a module: modprobe drop_monitor");
	if (n <= 0 || !dropmon_parse_family(d->answer, (size_t)n, &d->family, group))
		return errmsg_set(err, NW_ESYS, "--drops: the kernel does not say how to reach its drop monitor: %s",
				  strerror(n < 0 ? (int)-n : EPROTO));
	return 0;
}

static int refused(long n, struct errmsg *err)
{
	if (n == -EPERM)
		return errmsg_set(err, NW_EPERM, "--drops needs the capability CAP_NET_ADMIN of the machine, not of a container; run as "
				  "root there");
	if (n == -EBUSY || n == -EAGAIN)
		return errmsg_set(err, NW_ESYS, "somebody else uses the drop monitor; end the other one (dropwatch, nwcap --drops)");
	return errmsg_set(err, NW_ESYS, "the drop monitor refuses: %s; whole packets need Linux 5.4", strerror((int)-n));
}

static int configure(struct dropmon *d, uint32_t snaplen, struct errmsg *err)
{
	const uint8_t mode = MODE_PACKET;
	const uint32_t queue = QUEUE;
	struct message m;
	long n;

	message_begin(&m, d->family, CMD_CONFIG, true);
	message_attribute(&m, ATTR_ALERT_MODE, &mode, sizeof(mode));
	message_attribute(&m, ATTR_TRUNC_LEN, &snaplen, sizeof(snaplen));
	message_attribute(&m, ATTR_QUEUE_LEN, &queue, sizeof(queue));
	n = ask(d, &m);
	return n < 0 ? refused(n, err) : 0;
}

/* The process that switches the monitor off. */
static void keep(struct dropmon *d, int pipe_end)
{
	struct privilege_needs needs = { .keep_net_admin = true };
	struct privilege_report report;
	struct message m;
	char byte;

	setpgid(0, 0); /* ^C is for the capture, whose end ends us */
	if (privilege_drop(&needs, &report, NULL))
		_exit(1);
	while (read(pipe_end, &byte, 1) < 0 && errno == EINTR)
		;
	message_begin(&m, d->family, CMD_STOP, false);
	message_attribute(&m, ATTR_SW_DROPS, NULL, 0);
	_exit(message_send(d->fd, &m) ? 1 : 0);
}

static int start(struct dropmon *d, struct errmsg *err)
{
	int ends[2];
	long n;

	if (pipe2(ends, O_CLOEXEC))
		return errmsg_errno(err, "--drops");
	d->keeper_pid = fork();
	if (!d->keeper_pid) {
		close(ends[1]);
		keep(d, ends[0]);
	}
	close(ends[0]);
	d->keeper = ends[1];
	if (d->keeper_pid < 0)
		return errmsg_errno(err, "--drops: cannot start the process that switches the monitor off");
	n = command(d, CMD_START);
	return n < 0 ? refused(n, err) : 0;
}

int dropmon_open(struct dropmon **out, uint32_t snaplen, struct errmsg *err)
{
	struct dropmon *d = calloc(1, sizeof(*d));
	const int buffer = RECEIVE_BUFFER;
	uint32_t group = 0;
	int bad;

	*out = NULL;
	if (!d)
		return errmsg_set(err, NW_ELIMIT, "--drops: no memory");
	d->fd = d->keeper = -1;
	bad = find_family(d, &group, err);
	if (!bad)
		bad = configure(d, snaplen && snaplen < DROPMON_SNAPLEN_MAX ? snaplen : DROPMON_SNAPLEN_MAX, err);
	if (!bad)
		bad = start(d, err);
	if (!bad && setsockopt(d->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)))
		setsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (!bad && setsockopt(d->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		bad = errmsg_errno(err, "--drops: cannot listen to the drop monitor");
	if (bad) {
		dropmon_close(d);
		return bad;
	}
	*out = d;
	return 0;
}

/* A question that changes nothing. */
int dropmon_probe(struct errmsg *err)
{
	struct dropmon *d = calloc(1, sizeof(*d));
	uint32_t group;
	int bad;

	if (!d)
		return errmsg_set(err, NW_ELIMIT, "no memory");
	d->keeper = -1;
	bad = find_family(d, &group, err);
	dropmon_close(d);
	return bad;
}

/* ---- reading -------------------------------------------------------------------------------------- */

int dropmon_fd(const struct dropmon *d)
{
	return d->fd;
}

int dropmon_read(struct dropmon *d, int (*fn)(void *user, const struct dropped *packet, struct errmsg *err), void *user,
		 struct errmsg *err)
{
	struct dropped packet;
	int count = 0, rc = 0;

	for (int i = 0; i < AT_ONCE && !rc; i++) {
		ssize_t n = recv(d->fd, d->answer, sizeof(d->answer), MSG_DONTWAIT);

		if (n < 0 && errno == ENOBUFS) {
			d->overruns++;
			continue;
		}
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? count : errmsg_errno(err, "--drops");
		if (dropmon_parse(d->answer, (size_t)n, d->family, &packet) <= 0)
			continue;
		rc = fn(user, &packet, err);
		count++;
	}
	return rc ? rc : count;
}

/* Asked at the end, between packets that still come. */
uint64_t dropmon_lost(struct dropmon *d)
{
	struct message m;
	uint64_t lost = 0;

	message_begin(&m, d->family, CMD_STATS_GET, false);
	if (message_send(d->fd, &m))
		return d->overruns;
	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t n = recv(d->fd, d->answer, sizeof(d->answer), 0);

		if (n < 0 && errno != ENOBUFS)
			break;
		if (n > 0 && dropmon_parse_stats(d->answer, (size_t)n, d->family, &lost))
			break;
	}
	return lost + d->overruns;
}

void dropmon_close(struct dropmon *d)
{
	if (!d)
		return;
	if (d->keeper >= 0)
		close(d->keeper);
	if (d->keeper_pid > 0)
		while (waitpid(d->keeper_pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (d->fd >= 0)
		close(d->fd);
	free(d);
}
