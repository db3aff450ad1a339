/* SPDX-License-Identifier: MIT */
/* See sys/udp.h. The socket is connected, so that the kernel tells when the receiver's machine refuses what was sent. */
#include "sys/udp.h"

#include "base/text.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_MAX = 256, PORT_MAX = 32, QUEUE_MS = 10, REFUSAL_MS = 100 };

/* "[2001:db8::1]:4739" -> host and port; an IPv6 address without brackets has no port. */
static int split(const char *where, const char *usual, char host[HOST_MAX], char port[PORT_MAX])
{
	const char *colon = strrchr(where, ':'), *end = where + strlen(where), *close = strchr(where, ']');

	if (*where == '[') {
		if (!close || (close[1] && close[1] != ':'))
			return -1;
		colon = close[1] ? close + 1 : NULL;
		end = close;
		where++;
	} else if (colon && strchr(where, ':') != colon) {
		colon = NULL;
	}
	if (colon && *where != '[' && !close)
		end = colon;
	if (end == where || (colon && !colon[1]) || (size_t)(end - where) >= HOST_MAX || (colon && strlen(colon + 1) >= PORT_MAX))
		return -1;
	memcpy(host, where, (size_t)(end - where));
	host[end - where] = '\0';
	snprintf(port, PORT_MAX, "%s", colon ? colon + 1 : usual);
	return 0;
}

int udp_connect(const char *where, const char *usual, struct errmsg *err)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV };
	char host[HOST_MAX], port[PORT_MAX];
	struct addrinfo *all;
	uint64_t number;
	int rc, fd = -1;

	if (split(where, usual, host, port))
		return errmsg_set(err, NW_EINPUT, "'%s' is no host and port; write host:4739, 192.0.2.1:4739 or [2001:db8::1]:4739", where);
	if (!text_parse_u64(port, &number) || !number || number > UINT16_MAX)
		return errmsg_set(err, NW_EINPUT, "%s: '%s' is no port; name one from 1 to 65535", where, port);
	rc = getaddrinfo(host, port, &hints, &all);
	if (rc == EAI_NONAME || rc == EAI_SERVICE) { /* addresses of a family that this machine has none of: connect() tells */
		hints.ai_flags = AI_NUMERICSERV;
		rc = getaddrinfo(host, port, &hints, &all);
	}
	if (rc)
		return errmsg_set(err, rc == EAI_SERVICE ? NW_EINPUT : NW_ECONN, "%s: %s", where,
				  rc == EAI_SERVICE ? "the port is a number" : gai_strerror(rc));
	for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			int why = errno;

			close(fd);
			fd = -1;
			errno = why;
		}
	}
	freeaddrinfo(all);
	return fd >= 0 ? fd : errmsg_set(err, NW_ECONN, "%s: cannot send there: %s", where, strerror(errno));
}

static int refused(struct errmsg *err)
{
	return errmsg_set(err, NW_ECONN, "nobody listens there");
}

int udp_send(int fd, const void *data, size_t len, struct errmsg *err)
{
	while (send(fd, data, len, MSG_NOSIGNAL) < 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (errno == ECONNREFUSED)
			return refused(err);
		if (errno == ENOBUFS || errno == EAGAIN)
			poll(&p, errno == EAGAIN, QUEUE_MS);
		else if (errno != EINTR)
			return errmsg_errno(err, "cannot send");
	}
	return 0;
}

int udp_finish(int fd, struct errmsg *err)
{
	struct pollfd p = { .fd = fd };
	socklen_t len = sizeof(int);
	int why = 0;

	poll(&p, 1, REFUSAL_MS);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) == 0 && why == ECONNREFUSED)
		return refused(err);
	return 0;
}
