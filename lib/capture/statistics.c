/* SPDX-License-Identifier: MIT */
/*
 * What a packet socket counted, asked by somebody who only holds a duplicate of its descriptor: the process that captured
 * has died, and what it did not write is the difference. No libpcap: the asker has none.
 *
 * The kernel counts on while the descriptor is open, into a ring that nobody empties any more; asking resets it. packet(7)
 */
#include "capture/capture.h"

#include <linux/if_packet.h>
#include <sys/socket.h>

int capture_fd_counters(int fd, struct capture_counters *k, struct errmsg *err)
{
	/* the oldest form is the beginning of the one of TPACKET_V3, and the kernel cuts its answer at what is asked for */
	struct tpacket_stats_v3 now = { 0 };
	socklen_t size = sizeof(now);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &now, &size))
		return errmsg_errno(err, "cannot ask what was captured");
	k->received += now.tp_packets; /* those dropped are among them */
	k->dropped += now.tp_drops;
	return 0;
}
