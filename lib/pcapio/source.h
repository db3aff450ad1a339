/* SPDX-License-Identifier: MIT */
/* Private to lib/pcapio: what the files of the reader share. */
#ifndef PCAPIO_SOURCE_H
#define PCAPIO_SOURCE_H

#include "base/bytes.h"
#include "pcapio/reader.h"

#include <sys/types.h>

enum {
	PCAP_HEADER = 24,
	PCAP_RECORD = 16,
	EPB_HEADER = 28,
	BLOCK_MIN = 12,
	ORDER_MARK = 0x1a2b3c4d,
	MAX_INTERFACES = 65536,
	BASE_SHIFT = 80,               /* where read() puts bytes within a page, see reader.c */
	AHEAD_HEADROOM = 64 * 1024,
	AHEAD_MIN_BYTES = 4 * 1024 * 1024
};

/* Integers of a file in the order of the machine that wrote it. */
static inline uint16_t load_u16(const uint8_t *p, bool swap)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap16(v) : v;
}

static inline uint32_t load_u32(const uint8_t *p, bool swap)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap32(v) : v;
}

static inline uint64_t load_u64(const uint8_t *p, bool swap)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap64(v) : v;
}

/* How to turn a pcapng time stamp into nanoseconds. Worked out once per interface. */
struct time_scale {
	uint64_t multiply;   /* of resolutions up to a nanosecond without offset, else 0: the long way */
	int64_t offset_s;
	uint8_t exponent;    /* a tick is 10^-exponent or 2^-exponent seconds */
	bool binary;
};

/* tstime.c */
void time_scale_init(struct time_scale *t, uint8_t tsresol, int64_t tsoffset_s);
int64_t time_scale_long_way(const struct time_scale *t, uint64_t ticks);

static inline int64_t time_scale_ns(const struct time_scale *t, uint64_t ticks)
{
	uint64_t ns;

	if (t->multiply && !__builtin_mul_overflow(ticks, t->multiply, &ns) && ns <= INT64_MAX)
		return (int64_t)ns;
	return time_scale_long_way(t, ticks);
}

/* What is needed per packet of an interface, and the rest behind a pointer that never moves. */
struct source_interface {
	struct time_scale time;
	uint32_t snaplen;
	uint16_t linktype;
	struct interface *info;
};

struct gunzip;
struct ahead;

struct reader {
	/* ---- looked at for every packet */
	const uint8_t *pos, *end;      /* bytes read and not yet handed out */
	uint64_t number;               /* packets handed out */
	uint32_t max_record;
	uint32_t subsecond_ns;         /* pcap: 1000 or 1; 0: not the plain pcap of this machine */
	struct frame blank;            /* a frame with everything that does not change */

	/* ---- the format */
	enum capture_format format;
	bool swapped;                  /* pcap file or current pcapng section is in the other byte order */
	uint8_t variant;               /* enum pcap_variant */
	uint8_t lengths;               /* enum pcap_lengths */
	uint32_t record_header;        /* pcap: bytes in front of each packet */
	uint32_t header_len;           /* pcap: bytes of the file header */
	uint8_t header[PCAP_HEADER + 4];

	/* ---- pcapng */
	struct source_interface *interfaces;
	uint32_t ninterfaces, interfaces_size;
	uint32_t section_first;        /* ifid of the section's interface 0 */
	reader_block_fn *on_block;
	void *on_block_user;
	const uint8_t *first_block;    /* blocks read at open, for the replay: up to pos */

	/* ---- the buffer:  buf [ headroom | base: chunk, chunk, ... ] limit */
	uint8_t *buf, *base, *limit;
	size_t chunk;                  /* bytes asked of read() at a time */
	uint64_t offset;               /* of `end` in the (unpacked) stream */
	uint64_t stop;                 /* offset behind which nothing is read; UINT64_MAX: none */
	struct ahead *ahead;           /* then pos..end is in one of its chunks, and buf is not used */
	uint64_t ahead_next;           /* chunk to take next */
	bool ahead_tried;

	/* ---- where it comes from */
	int fd;
	bool own_fd, regular, follow, ended, eof, cut;
	int watch_fd;                  /* inotify, follow only */
	struct gunzip *gunzip;
	char name[256];
};

/* sniff.c: says what the bytes look like when they are no capture: "is compressed with zstd; ..." */
int sniff_refuse(const uint8_t *head, size_t len, const char *name, struct errmsg *err);

/* pcap.c (not pcap_: libpcap has those names) */
bool pcapfile_magic(const uint8_t *p);
int pcap_file_open(struct reader *r, struct errmsg *err);
int pcap_file_next(struct reader *r, struct frame *f, struct errmsg *err);
/* Bytes of the record at r->pos, 0 if that cannot be said yet. */
uint64_t pcapfile_record_len(const struct reader *r);
const char *pcapfile_variant_name(const struct reader *r);

/* A record of this many bytes is a lie, not a packet: the most a packet may have, and room for headers and options. */
static inline bool record_too_long(const struct reader *r, uint64_t bytes)
{
	return bytes > (uint64_t)r->max_record + 128;
}

/* pcapng.c */
int pcapng_open(struct reader *r, struct errmsg *err);
int pcapng_next(struct reader *r, struct frame *f, struct errmsg *err);
uint64_t pcapng_record_len(const struct reader *r);
int pcapng_replay(struct reader *r, struct errmsg *err);

/* pcapng_blocks.c: the blocks that are no packets. Interfaces become known, the block goes to on_block. */
int pcapng_block(struct reader *r, const uint8_t *p, uint32_t len, struct errmsg *err);
void pcapng_describe_block(struct block *b, const uint8_t *p, uint32_t len, bool swapped);

/* A build that only captures reads files for a person at the screen: it has no use for a second thread. */
#define READ_AHEAD (ENABLE_NWFILTER || ENABLE_NWEXPORT)

/* ahead.c: chunks of a large file, read by two threads. NULL when that is no use: no regular file, a
 * small rest, one core. Reads from where the descriptor stands. */
struct ahead *ahead_start(int fd, size_t chunk);
/* Chunk `index` (0, 1, 2, ...): its bytes at *base with AHEAD_HEADROOM free bytes in front. Bytes, fewer than a
 * chunk at the end; or -errno. Stays until given back; in order. */
ssize_t ahead_take(struct ahead *a, uint64_t index, uint8_t **base);
void ahead_give_back(struct ahead *a, uint64_t index);
/* Ends it; the descriptor stands behind `chunks_used` chunks. */
void ahead_stop(struct ahead *a, uint64_t chunks_used);

/* gzip.c; reads from r->fd. Both return NW_EINPUT when ENABLE_GZIP is off. */
int gunzip_open(struct gunzip **g, const uint8_t *head, size_t len, struct errmsg *err);
/* Unpacked bytes, 0 at the end, or an error (after everything good was given out). */
long gunzip_read(struct gunzip *g, struct reader *r, void *data, size_t len, struct errmsg *err);
void gunzip_close(struct gunzip *g);

/* reader.c, for the two formats: adds an interface. */
struct source_interface *reader_new_interface(struct reader *r, struct errmsg *err);
/* Bytes from the descriptor as they are, waiting for growth if asked to. */
long reader_raw(struct reader *r, void *data, size_t len, struct errmsg *err);
/* The record at r->pos is not whole and nothing more comes, or it lies: ends the reader. */
int reader_cut(struct reader *r, uint64_t want, struct errmsg *err);
int reader_broken(struct reader *r, struct errmsg *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
