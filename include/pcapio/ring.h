/* SPDX-License-Identifier: MIT */
/*
 * Where a capture goes: one file, or a ring of them. Rotation by size, wall
 * clock and packet count, in any combination; -W N keeps the newest N in all
 * cases (the one being written included; tcpdump ends after N files when -G and -W
 * come together). A file is written under a temporary name (".NAME.part") and appears
 * under its own atomically when it is complete; the next one is open before the switch,
 * so a full disk or a missing right shows before the old one is given up.
 *
 * Names: `path` with strftime conversions (in its last part) is expanded with the
 * file's start time, and a number follows when that name was just used; otherwise
 * tcpdump's numbering: out.pcap, out.pcap1, out.pcap2 …, and with -W N from 0, padded
 * to the width of N, round and round (out.pcap00). When nothing rotates the file has
 * its own name from the start and grows in place, so that tail and Wireshark can
 * follow it.
 *
 * A killed process leaves its last file as ".NAME.part", whole but for the last
 * record; who comes next under the same name keeps it as "NAME.rescued" (then "NAME.rescued.1" and so on).
 */
#ifndef PCAPIO_RING_H
#define PCAPIO_RING_H

#include "pcapio/writer.h"

struct ring;

/* As tcpdump (above), or as dumpcap, where the number goes on for ever: out_00001_20261120120307.pcap */
enum ring_names { RING_TCPDUMP, RING_NUMBER_TIME, RING_TIME_NUMBER };

/* ring_frame(), ring_tick(), ring_rotate(): max_files are complete; nothing was written, nothing more should be. */
enum { RING_ENOUGH = 1 };

struct ring_options {
	const char *path;        /* "-" is standard output (cannot rotate) */
	uint64_t max_bytes;      /* -C; 0: off. A file is never longer, unless one packet alone is */
	int64_t duration_ns;     /* from the start of each file; 0: off */
	int64_t interval_ns;     /* -G; 0: off. Fires on wall-clock multiples (counted from local midnight), packets or not */
	uint64_t max_packets;    /* rotate after that many; 0: off */
	unsigned keep;           /* -W; 0: all */
	uint64_t max_files;      /* so many in all, then RING_ENOUGH; 0: no end */
	enum ring_names names;
	bool gzip;               /* finished files become NAME.gz in the background (pcapio/compress.h) */
	int gzip_level;          /* a file that nothing rotates is compressed as it is written; 0: it is not */
	int dirfd;               /* directory of path opened before privileges were dropped, or -1 */
	unsigned mode;           /* of new files; 0: 0644 less umask */
	int64_t (*clock)(void);  /* ns since 1970; NULL: CLOCK_REALTIME (tests bring their own) */
	struct writer_options writer;
};

/* Opens the first file; checks that the directory can be written. */
int ring_open(struct ring **r, const struct ring_options *o, struct errmsg *err);
/* The writer of the current file: for interfaces and statistics. */
struct writer *ring_writer(struct ring *r);
/* writer_frame() with rotation before it when due. */
int ring_frame(struct ring *r, const struct frame *f, uint32_t ifid, struct errmsg *err);
/* To be called when `ring_deadline_ns` has passed: rotates by time without a packet. */
int ring_tick(struct ring *r, int64_t now_ns, struct errmsg *err);
/* Next wall-clock moment (ns since 1970) that ring_tick wants; INT64_MAX: never. */
int64_t ring_deadline_ns(const struct ring *r);
/* Rotates now (SIGHUP). No-op when the current file holds no packet. */
int ring_rotate(struct ring *r, struct errmsg *err);
/* What the writer holds, and the compressor, goes to the descriptor. */
int ring_flush(struct ring *r, struct errmsg *err);
/* Called with each finished file's name, just after it appeared; with `gzip` in another thread, NAME.gz, or NAME with the reason
 * why it stays so (`err`, else NULL). */
void ring_on_finished(struct ring *r, void (*fn)(void *user, const char *path, const struct errmsg *err), void *user);
/* Called before a file is completed, to append its statistics (writer_statistics); room for them is kept. */
void ring_on_finishing(struct ring *r, int (*fn)(void *user, struct writer *w, struct errmsg *err), void *user);
/* Completes the last file. */
int ring_close(struct ring *r, struct errmsg *err);

#endif
