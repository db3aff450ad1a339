/* SPDX-License-Identifier: MIT */
/*
 * Packets that the kernel threw away, with the place and the reason: the drop monitor (generic netlink family NET_DM,
 * CONFIG_NET_DROP_MONITOR, Linux 5.4 for whole packets, 5.17 for reasons). It watches the whole machine and can be
 * asked in the initial network namespace alone.
 */
#ifndef CAPTURE_DROPMON_H
#define CAPTURE_DROPMON_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One packet; text is cut at its size, the bytes are borrowed from the message. */
struct dropped {
	int64_t ts_ns;             /* since 1970; 0: not said */
	uint64_t pc;               /* where in the kernel */
	char symbol[128];          /* the same as text: "__udp4_lib_rcv+0x5c5"; "" when not said */
	char reason[64];           /* "NO_SOCKET"; "" before Linux 5.17 */
	char trap[64], group[64];  /* of hardware: the trap's name and its group */
	char ifname[64];           /* where it had come in; "" if nowhere */
	uint32_t ifindex;
	uint16_t proto;            /* ethertype */
	bool hardware;             /* a switch chip did it */
	const uint8_t *data;       /* from the link-layer header on, or from the IP header if there is none */
	uint32_t caplen, wirelen;
	uint16_t linktype;         /* LINKTYPE_ETHERNET, or LINKTYPE_RAW */
};

/* ---- parsing, from bytes to struct ------------------------------------------------------ */

/* One netlink message of `family`, header included. 1: a dropped packet; 0: something else; NW_EINPUT: it contradicts
 * itself (every length is checked; nothing is read beyond `len`). */
int dropmon_parse(const uint8_t *message, size_t len, uint16_t family, struct dropped *d);
/* The answer to NET_DM_CMD_STATS_GET: drops for which the monitor's queue had no room. False if it is none. */
bool dropmon_parse_stats(const uint8_t *message, size_t len, uint16_t family, uint64_t *lost);
/* The answer to CTRL_CMD_GETFAMILY: number of the family and of its group "events". */
bool dropmon_parse_family(const uint8_t *message, size_t len, uint16_t *family, uint32_t *group);

/* ---- the monitor -------------------------------------------------------------------------- */

struct dropmon;

enum { DROPMON_SNAPLEN_MAX = 65535 };

/* Switches it on; `snaplen` 0: all bytes. A process that keeps CAP_NET_ADMIN alone waits to switch it off again when the
 * caller's process ends, however it ends. Call it before privileges are dropped and before threads. NW_ESYS: this kernel has none, or
 * somebody else uses it; NW_EPERM. Each with the command that cures it. */
int dropmon_open(struct dropmon **m, uint32_t snaplen, struct errmsg *err);
int dropmon_fd(const struct dropmon *m);
/* Hands out what waits, never blocks. The callback returns 0 to go on or a negative error. The number or that error. */
int dropmon_read(struct dropmon *m, int (*fn)(void *user, const struct dropped *d, struct errmsg *err), void *user,
		 struct errmsg *err);
/* Drops that could not be told, in the kernel's queue and ours. */
uint64_t dropmon_lost(struct dropmon *m);
void dropmon_close(struct dropmon *m);
/* Is there one? 0, or why not and the cure. Changes nothing. */
int dropmon_probe(struct errmsg *err);

#endif
