/* SPDX-License-Identifier: MIT */
/*
 * Clients and a server for test/net/proc.sh. Each client writes into the file TRUTH, in one write, what it was and who:
 *
 *	KIND PROTOCOL LOCAL-PORT PID
 *
 *	owner server PORT TRUTH       TCP, a child for each connection, which writes "served tcp REMOTE-PORT PID"; and UDP; says
 *	                              "ready PID"
 *	owner KIND TRUTH COUNT ADDRESS PORT
 *
 * KIND, COUNT times one after the other unless said otherwise:
 *	long      a process (fork and exec), TCP: connects, sends, stays for 300 ms, ends; all at once
 *	child     the same as a child that runs no other program
 *	short     a process, TCP: connects, sends one packet, ends at once
 *	oneshot   a process, UDP: one packet from an unconnected socket, ends at once
 *	loop      one process, TCP: connects, sends, closes
 *	udploop   one process, a UDP socket for each packet
 *	connected one process, COUNT connected UDP sockets at once, held for 300 ms
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *self, *kind, *truth;
static struct sockaddr_in peer;

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void tell(int fd, const char *protocol)
{
	struct sockaddr_in here;
	socklen_t size = sizeof(here);
	char line[100];
	int out = open(truth, O_WRONLY | O_CREAT | O_APPEND, 0644), n;

	getsockname(fd, (struct sockaddr *)&here, &size);
	n = snprintf(line, sizeof(line), "%s %s %u %d\n", kind, protocol, ntohs(here.sin_port), (int)getpid());
	if (out < 0 || write(out, line, (size_t)n) != n)
		exit(1);
	close(out);
}

/* Told before the packet where it must end at once after it. */
static int talk(int type, int bind_first)
{
	int fd = socket(AF_INET, type, 0);
	struct sockaddr_in any = { .sin_family = AF_INET };

	if (bind_first) {
		bind(fd, (struct sockaddr *)&any, sizeof(any));
		tell(fd, type == SOCK_STREAM ? "tcp" : "udp");
	}
	if (type == SOCK_DGRAM && bind_first) {
		sendto(fd, "x", 1, 0, (struct sockaddr *)&peer, sizeof(peer));
		return fd;
	}
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		exit(1);
	if (!bind_first)
		tell(fd, type == SOCK_STREAM ? "tcp" : "udp");
	send(fd, "x", 1, 0);
	return fd;
}

static void client(void)
{
	if (!strcmp(kind, "long") || !strcmp(kind, "child")) {
		talk(SOCK_STREAM, 0);
		pause_ms(300);
	} else {
		talk(!strcmp(kind, "short") ? SOCK_STREAM : SOCK_DGRAM, 1);
	}
	_exit(0);
}

static void spawn(char **argv, int run_program, int wait)
{
	pid_t child = fork();

	if (!child && run_program) {
		execl(self, self, kind, truth, "1", argv[4], argv[5], "now", (char *)NULL);
		_exit(1);
	}
	if (!child)
		client();
	if (wait) {
		waitpid(child, NULL, 0);
		pause_ms(3);
	}
}

/* Who serves the client at that port. */
static void tell_served(const struct sockaddr_in *who)
{
	int out = open(truth, O_WRONLY | O_CREAT | O_APPEND, 0644), n;
	char line[100];

	n = snprintf(line, sizeof(line), "served tcp %u %d\n", ntohs(who->sin_port), (int)getpid());
	if (out < 0 || write(out, line, (size_t)n) != n)
		_exit(1);
	close(out);
}

static int serve(int port)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0), one = 1;

	signal(SIGCHLD, SIG_IGN);
	setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(tcp, (struct sockaddr *)&here, sizeof(here)) || listen(tcp, 128) || bind(udp, (struct sockaddr *)&here, sizeof(here)))
		return 1;
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	for (;;) {
		struct sockaddr_in who;
		socklen_t size = sizeof(who);
		int fd = accept(tcp, (struct sockaddr *)&who, &size);
		char bytes[16];

		if (fd >= 0 && !fork()) {
			close(tcp);
			tell_served(&who);
			while (read(fd, bytes, sizeof(bytes)) > 0)
				;
			_exit(0);
		}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	int count, fds[1000];

	if (argc == 4 && !strcmp(argv[1], "server")) {
		truth = argv[3];
		return serve(atoi(argv[2]));
	}
	if (argc < 6)
		return 2;
	self = argv[0];
	kind = argv[1];
	truth = argv[2];
	count = atoi(argv[3]);
	peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[5])) };
	inet_pton(AF_INET, argv[4], &peer.sin_addr);
	if (argc > 6)
		client();
	if (!strcmp(kind, "connected")) {
		for (int i = 0; i < count && i < 1000; i++)
			fds[i] = talk(SOCK_DGRAM, 0);
		pause_ms(300);
		return fds[0] < 0;
	}
	for (int i = 0; i < count; i++) {
		if (strstr(kind, "loop")) {
			close(talk(strcmp(kind, "loop") ? SOCK_DGRAM : SOCK_STREAM, 1));
			pause_ms(3);
		} else {
			int together = !strcmp(kind, "long") || !strcmp(kind, "child");

			spawn(argv, strcmp(kind, "child"), !together);
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
