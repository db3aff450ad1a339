/* SPDX-License-Identifier: MIT */
/*
 * What recording costs a packet, beside nwcap's way to a file: the same packets, from memory, in one process, in turn.
 *
 *	record_cost [FOLDER [MIB]]     where the files go (default: $TMPDIR, /tmp); how much is written a row (default: 200)
 *
 * nwcap's rows are ring_frame() of lib/pcapio with files of 64 MiB, as `nwcap -w` and `-C` write them; the record's are
 * record_frame() and a tick every 200 ms of the packets' time. Each row is the best of five, after one that is not counted.
 * Times are this process's own, user and system, without what making the packets takes.
 */
#include "pcapio/ring.h"
#include "store/record.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define T0 1700000000000000000ll

enum { FRAMES = 4096, RUNS = 5, HEADERS = 54, FILE_BYTES = 64 << 20 };

static char path[512];
static int dir = -1;
static uint8_t *memory;
static struct frame frames[FRAMES];
static const struct interface eth0 = { .linktype = LINKTYPE_ETHERNET, .snaplen = 262144, .tsresol = 9, .name = "eth0" };

struct traffic {
	const char *name;
	uint32_t len;          /* 0: 7 of 64, 4 of 594, 1 of 1518 */
	uint32_t flows;        /* 0: every packet another one */
	bool v6;
};

static void make_frames(const struct traffic *t)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < FRAMES; i++) {
		uint32_t len = t->len ? t->len : i % 12 < 7 ? 64 : i % 12 < 11 ? 594 : 1518;
		uint8_t *p = memory + at;

		memset(p, 0x55, len);
		memcpy(p, "\2\0\0\0\0\1\2\0\0\0\0\2\x8\0\x45\0\0\x32\0\0\x40\0\x40\6\0\0", 26);
		if (t->v6) {
			p[12] = 0x86;
			p[13] = 0xdd;
			memcpy(p + 14, "\x60\0\0\0\0\x14\6\x40", 8);
		}
		frames[i] = (struct frame){ .data = p, .caplen = len, .wirelen = len, .linktype = LINKTYPE_ETHERNET, .has_ts = true,
					    .interface = &eth0 };
		at += (len + 63) & ~63u;
	}
}

/* The next packet: another flow of `flows`, or of all there are. */
static inline const struct frame *next(const struct traffic *t, uint64_t i)
{
	struct frame *f = &frames[i % FRAMES];
	uint32_t flow = (uint32_t)(i * 2654435761u >> 7);
	uint8_t *p = (uint8_t *)f->data + (t->v6 ? 34 : 26);

	if (t->flows)
		flow %= t->flows;
	memcpy(p, &flow, sizeof(flow));
	f->ts_ns = T0 + (int64_t)i * 1000;
	return f;
}

static void clean(void)
{
	DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));

	for (struct dirent *e; d && (e = readdir(d));)
		unlinkat(dir, e->d_name, 0);
	closedir(d);
}

/* Of this process, user and system: exact, while the division into both is an estimate of the kernel's. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *what, const struct errmsg *err)
{
	fprintf(stderr, "record_cost: %s: %s\n", what, err->text);
	exit(1);
}

static void by_ring(const struct traffic *t, uint64_t packets, enum capture_format format)
{
	struct ring_options o = { .dirfd = -1, .max_bytes = FILE_BYTES, .keep = 8, .writer = { .format = format, .nano = true,
				  .linktype = LINKTYPE_ETHERNET } };
	struct errmsg err = { "" };
	struct ring *r;
	char name[600];
	uint32_t id;

	snprintf(name, sizeof(name), "%s/ring", path);
	o.path = name;
	if (ring_open(&r, &o, &err) < 0 || writer_add_interface(ring_writer(r), &eth0, &id, &err) < 0)
		fail(name, &err);
	for (uint64_t i = 0; i < packets; i++)
		if (ring_frame(r, next(t, i), id, &err) < 0)
			fail(name, &err);
	if (ring_close(r, &err) < 0)
		fail(name, &err);
}

static void by_record(const struct traffic *t, uint64_t packets)
{
	struct record_options o = { .dirfd = dir, .limits.bytes = 8ull * FILE_BYTES };
	struct errmsg err = { "" };
	struct record *r;
	uint32_t id;
	int fd;

	o.progress = progress_create(&fd, &err);
	if (!o.progress || record_open(&r, &o, NULL, &err) < 0 || record_interface(r, &eth0, &id, &err) < 0)
		fail("record", &err);
	for (uint64_t i = 0; i < packets; i++) {
		record_frame(r, next(t, i), id);
		if (i % 200000 == 0)
			record_tick(r);
	}
	if (record_close(r, &err) < 0)
		fail("record", &err);
	progress_close(o.progress);
	close(fd);
}

enum way { NOTHING, PCAP, PCAPNG, RECORD, WAYS };
static const char *const names[WAYS] = { "packets made", "nwcap, pcap", "nwcap, pcapng", "record" };

static volatile uint64_t sink;

static double once(enum way way, const struct traffic *t, uint64_t packets)
{
	double before;

	clean();
	before = now();
	if (way == RECORD)
		by_record(t, packets);
	else if (way != NOTHING)
		by_ring(t, packets, way == PCAP ? FORMAT_PCAP : FORMAT_PCAPNG);
	for (uint64_t i = 0; way == NOTHING && i < packets; i++)
		sink += next(t, i)->caplen;
	return (now() - before) / (double)packets;
}

static void rows(const struct traffic *t, uint64_t bytes)
{
	uint64_t packets = bytes / ((t->len ? t->len : 362) + 32);
	double best[WAYS];

	make_frames(t);
	for (int run = -1; run < RUNS; run++) {
		for (int way = 0; way < WAYS; way++) {
			double cost = once(way, t, packets);

			if (run <= 0 || cost < best[way])
				best[way] = cost;
		}
	}
	printf("%-32s", t->name);
	for (int way = PCAP; way < WAYS; way++)
		printf(" %14.1f", best[way] - best[NOTHING]);
	printf(" %+13.1f ns %+6.1f %%\n", best[RECORD] - best[PCAPNG],
	       ((best[RECORD] - best[NOTHING]) / (best[PCAPNG] - best[NOTHING]) - 1) * 100);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const struct traffic all[] = {
		{ "64 bytes, 1 flow", 64, 1, false },
		{ "64 bytes, 1000 flows", 64, 1000, false },
		{ "64 bytes, 1000 flows, IPv6", 64, 1000, true },
		{ "64 bytes, 100000 flows", 64, 100000, false },
		{ "64 bytes, every packet another", 64, 0, false },
		{ "mixed sizes, 1000 flows", 0, 1000, false },
		{ "1500 bytes, 1000 flows", 1500, 1000, false },
	};
	const char *tmp = argc > 1 ? argv[1] : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	uint64_t bytes = (argc > 2 ? strtoull(argv[2], NULL, 10) : 200) << 20;

	snprintf(path, sizeof(path), "%s/record_cost.XXXXXX", tmp);
	memory = malloc((size_t)FRAMES * 1600);
	if (!memory || !mkdtemp(path) || (dir = open(path, O_RDONLY | O_DIRECTORY)) < 0) {
		fprintf(stderr, "record_cost: %s: cannot work there\n", tmp);
		return 1;
	}
	printf("%-32s %14s %14s %14s %s\n", "CPU time, ns a packet", names[PCAP], names[PCAPNG], names[RECORD], "  more than pcapng");
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		rows(&all[i], bytes);
	clean();
	rmdir(path);
	return 0;
}
