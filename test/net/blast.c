/* SPDX-License-Identifier: MIT */
/*
 * The sender of the live tests: puts an exactly known number of UDP frames on an
 * interface and says how many went out.
 *
 *	blast IFACE COUNT [SIZE [PER_SECOND [PORT]]]     -> "sent 1000"
 *
 * SIZE is the whole frame in bytes (60), PER_SECOND 0 is as fast as possible. Frames go through a packet socket, so
 * no ARP and no other host is needed; the payload begins with the frame's number. A frame that the
 * kernel has no room for is sent again, so the number is what the receiver's interface got.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { HEADERS = 42, LARGEST = 1514 };

static void be16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Ethernet, IPv4 and UDP (without checksum) around SIZE - 42 bytes. */
static void make_frame(uint8_t *f, unsigned size, unsigned port)
{
	static const uint8_t start[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0,
					 64, 17, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2 };
	uint32_t sum = 0;

	memset(f, 0, size);
	memcpy(f, start, sizeof(start));
	be16(f + 16, size - 14);
	for (int i = 14; i < 34; i += 2)
		sum += (unsigned)(f[i] << 8 | f[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	be16(f + 24, ~(sum + (sum >> 16)) & 0xffff);
	be16(f + 34, 40000);
	be16(f + 36, port);
	be16(f + 38, size - 34);
}

static void wait_until(const struct timespec *start, uint64_t ns)
{
	struct timespec at = *start;

	ns += (uint64_t)at.tv_nsec;
	at.tv_sec += (time_t)(ns / 1000000000);
	at.tv_nsec = (long)(ns % 1000000000);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, rate = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	unsigned size = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 60;
	unsigned port = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 9999;
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct timespec start;
	uint8_t frame[LARGEST];

	if (argc < 3 || size < HEADERS + 4 || size > LARGEST) {
		fputs("usage: blast IFACE COUNT [SIZE [PER_SECOND [PORT]]]\n", stderr);
		return 5;
	}
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror(argv[1]);
		return 1;
	}
	make_frame(frame, size, port);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned long i = 0; i < count; i++) {
		uint32_t number = htonl((uint32_t)i);

		memcpy(frame + HEADERS, &number, sizeof(number));
		if (rate && i % 16 == 0)
			wait_until(&start, i * 1000000000 / rate);
		while (send(fd, frame, size, 0) < 0)
			if (errno != ENOBUFS && errno != EINTR && errno != EAGAIN) {
				perror("send");
				return 1;
			}
	}
	printf("sent %lu\n", count);
	return 0;
}
