/* SPDX-License-Identifier: MIT */
#include "notify.h"
#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int64_t watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us = 0, whose = 0;

	if (!usec || !text_parse_u64(usec, &us) || us > UINT64_C(86400000000))
		return 0;
	if (pid && text_parse_u64(pid, &whose) && whose != (uint64_t)getpid())
		return 0;
	return (int64_t)us * 1000 / 2;
}

int notify_open(int64_t *watchdog_ns)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd = -1;

	*watchdog_ns = watchdog();
	if (len > 1 && len < sizeof(a.sun_path) && (*path == '/' || *path == '@')) {
		memcpy(a.sun_path, path, len);
		if (*path == '@')
			a.sun_path[0] = 0;
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len))) {
			close(fd);
			fd = -1;
		}
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return fd;
}

void notify(int fd, const char *fmt, ...)
{
	char text[300];
	va_list args;
	int len;

	if (fd < 0)
		return;
	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len > 0)
		send(fd, text, len < (int)sizeof(text) ? (size_t)len : sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}
