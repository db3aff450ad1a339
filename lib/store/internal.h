/* SPDX-License-Identifier: MIT */
/* Private to lib/store: what the files of the writer share. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "pcapio/writer.h"
#include "store/index.h"
#include "store/ledger.h"
#include "store/record.h"
#include "store/segment.h"

#include <pthread.h>
#include <string.h>

enum {
	CHUNK_BYTES = 512 * 1024,      /* the least of a chunk that is not a segment's last */
	GROUP_CHUNKS = 128,            /* chunks whose bits lie side by side */
	BLOCK_ROWS = 256,              /* all bits of a key are among so many rows: one page of a full group */
	GROUP_BLOCKS = 128,
	COLUMN_BYTES = GROUP_BLOCKS * BLOCK_ROWS / 8, /* a chunk's bits while they are gathered: 4 KiB */
	KEY_BITS = 3,
	FIRSTS = 256,
	SEEN = 4096,                   /* packets remembered as "its keys are in this chunk's bits already" */
	PACKET_MAX = CAPTURE_SNAPLEN_MAX,
	OPTIONS_MAX = 65535,
	STAMPS = 4096,                 /* closed segments of this run whose age is known to the nanosecond */
	LOSS_PERIOD_S = 60
};

#define SECOND_NS INT64_C(1000000000)

/* ---- packets counted ---------------------------------------------------------------------------- */

struct tally {
	uint64_t packets, bytes;       /* bytes: on the wire */
	int64_t first_ns, last_ns;     /* least and greatest; INT64_MAX, INT64_MIN: none */
};

static inline void tally_clear(struct tally *t)
{
	*t = (struct tally){ .first_ns = INT64_MAX, .last_ns = INT64_MIN };
}

static inline void tally_add(struct tally *t, const struct tally *more)
{
	t->packets += more->packets;
	t->bytes += more->bytes;
	if (more->first_ns < t->first_ns)
		t->first_ns = more->first_ns;
	if (more->last_ns > t->last_ns)
		t->last_ns = more->last_ns;
}

static inline void tally_packet(struct tally *t, uint32_t wirelen, bool has_ts, int64_t ts_ns)
{
	t->packets++;
	t->bytes += wirelen;
	if (!has_ts)
		return;
	if (ts_ns < t->first_ns)
		t->first_ns = ts_ns;
	if (ts_ns > t->last_ns)
		t->last_ns = ts_ns;
}

/* ---- blocks of a segment (segment.c) ----------------------------------------------------------------- */

/* In the order of this machine: what we wrote. */
static inline uint32_t get_host32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The whole blocks in `len` bytes; counts their packets into `t` (may be NULL). `head` (may be NULL) gets the bytes in front
 * of the first packet. What we wrote: no time is taken from them. */
size_t blocks_whole(const uint8_t *data, size_t len, struct tally *t, size_t *head);

/* Walks a file of any content block by block. */
struct block_walk {
	int fd;
	uint64_t size;                 /* of the file */
	uint64_t at;                   /* the block that comes next */
	uint8_t *buf;
	uint64_t buf_at;               /* where in the file buf begins */
	size_t buf_len;
};
enum { WALK_BUFFER = 512 * 1024 };
enum walk_result {
	WALK_END,                      /* exactly at the end of the file */
	WALK_BLOCK,
	WALK_TORN,                     /* the file ends inside the block at `at`, or there are zeros only up to its end */
	WALK_BROKEN,                   /* nothing that is a block is there */
	WALK_FOREIGN,                  /* a section in the other byte order: not written here */
	WALK_ERROR                     /* errno */
};
/* `buf` of WALK_BUFFER bytes is the caller's. Returns the result of looking at the section header. */
void block_walk_init(struct block_walk *w, int fd, uint64_t size, uint8_t *buf);
enum walk_result block_walk_next(struct block_walk *w, const uint8_t **block, uint32_t *len);

/* What an interface block says that is needed to read its packets. */
struct block_interface {
	uint16_t linktype;
	uint32_t snaplen;
	uint16_t tick_ns;              /* 1 or 1000 */
	bool odd_time;                 /* times of this interface are not what this program writes */
};
bool block_section(const uint8_t *block, uint32_t len);
/* False: its options are broken. */
bool block_interface(const uint8_t *block, uint32_t len, struct block_interface *i);

/* ---- making an index (index_make.c) ------------------------------------------------------------------- */

struct index_maker {
	/* looked at for every packet */
	uint64_t seed;
	uint8_t *column;               /* bits of the chunk being filled */
	uint64_t seen[SEEN];           /* two places for each hash: the last one, and the one before it */
	uint8_t unknown, unknown_whole; /* of the chunk being filled */
	struct first_fragment *firsts; /* FIRSTS of the last, by their datagram: those behind have no ports */

	/* the segment */
	struct tally chunk, all;       /* of what is in the file */
	uint64_t chunk_at;             /* where the chunk being filled begins */
	uint64_t head;
	bool late_interfaces;
	uint32_t chunks_done;          /* in groups that are in the index file */
	uint32_t in_group;             /* closed in this group */
	int dirfd, fd;                 /* of the index file; -1: not made yet */
	uint64_t number, written;
	bool failed;                   /* this segment gets no index */
	int error;

	/* memory of its life */
	uint32_t columns;              /* chunks of a group, at most GROUP_CHUNKS */
	uint8_t *bits;                 /* columns * COLUMN_BYTES */
	struct stored_chunk *table;    /* columns */
	uint8_t *rows;                 /* one block in the form of the file */
	/* Asked when the disk is full: makes room and says whether it is worth another try. */
	bool (*make_room)(void *user);
	void *user;
};

/* For segments of at most so many bytes (more is fine: then in several groups). NW_ELIMIT. */
int index_maker_init(struct index_maker *m, int dirfd, uint64_t segment_bytes, struct errmsg *err);
void index_maker_release(struct index_maker *m);
/* A new segment. What was gathered before and not finished is gone. */
void index_maker_begin(struct index_maker *m, uint64_t number);
/* Keys of a packet that was not seen, into the bits. `quick` is its keys_quick() or 0. */
void index_maker_keys(struct index_maker *m, unsigned linktype, const uint8_t *data, uint32_t len, uint64_t quick);
/* All packets whose keys were given are now in the file, which is `size` bytes long, or are not and never will be; `t`
 * counts those that are. Closes the chunk if it is large enough. */
void index_maker_flushed(struct index_maker *m, const struct tally *t, uint64_t size);
/* From `at` to the end of the segment nothing can be read. */
void index_maker_damaged(struct index_maker *m, uint64_t at, uint64_t size);
/* The segment is complete: the file gets its name. `all`: of the session, with this segment. 0 or NW_ESYS: no index. */
int index_maker_finish(struct index_maker *m, uint64_t size, uint64_t all_packets, uint64_t all_bytes, uint64_t all_evicted,
		       struct errmsg *err);
uint64_t index_maker_bytes(const struct index_maker *m); /* of the last finished file */
/* Throws the unfinished file away. */
void index_maker_abort(struct index_maker *m);

static inline void index_maker_packet(struct index_maker *m, unsigned linktype, const uint8_t *data, uint32_t len)
{
	uint64_t quick = keys_quick(linktype, data, len, m->seed), *seen = &m->seen[quick % SEEN & ~1u];

	if (!quick || (seen[0] != quick && seen[1] != quick))
		index_maker_keys(m, linktype, data, len, quick);
}

/* ---- the file of an index -------------------------------------------------------------------------------
 *
 *	header | group | group ...        group: head | chunk table | check sums of the blocks | blocks
 *
 * A full group has GROUP_CHUNKS chunks and GROUP_BLOCKS blocks, which begin at a page; the last one has what it takes, and its
 * blocks are folded until they are small enough. A block is BLOCK_ROWS rows, a row one bit per chunk. */

#define INDEX_MAGIC "NWBIDX2\n" /* another number when the layout or a hash of keys changes: then indexes are made anew */

struct stored_header {
	char magic[8];
	uint32_t order;                /* 0x01020304 in the machine's order */
	uint32_t sum;                  /* of this header with sum 0 */
	uint64_t segment_bytes, head_bytes, packets, bytes;
	int64_t first_ns, last_ns;
	uint64_t all_packets, all_bytes, all_evicted;
	uint32_t chunks, flags;
	uint32_t columns;              /* chunks of a full group */
	uint32_t reserved[7];
};

enum { STORED_LATE_INTERFACES = 1 };

struct stored_group {
	uint32_t sum;                  /* of the rest of this head, the table and the check sums */
	uint32_t chunks, blocks, row_bytes;
};

struct stored_chunk {
	uint64_t offset, bytes, wire_bytes;
	int64_t first_ns, last_ns;
	uint32_t packets, flags;       /* flags: unknown kinds, those of STORED_WHOLE, STORED_DAMAGED */
};

enum { STORED_WHOLE = KEY_KINDS, /* shift of unknown_whole */ STORED_DAMAGED = 1 << 8 };

_Static_assert(sizeof(struct stored_header) == 128 && sizeof(struct stored_group) == 16 && sizeof(struct stored_chunk) == 48,
	       "the same on every machine");

uint32_t index_sum(uint32_t sum, const void *data, size_t len);
/* The header of an index file, whose sum is right, as it stands but for `sum` (0). */
bool index_header(int fd, struct stored_header *h);
/* Where the blocks of a group begin that begins at `at`. */
static inline uint64_t index_blocks_at(uint64_t at, const struct stored_group *g)
{
	at += sizeof(*g) + g->chunks * sizeof(struct stored_chunk) + g->blocks * sizeof(uint32_t);
	return g->chunks == GROUP_CHUNKS && g->blocks == GROUP_BLOCKS ? (at + 4095) & ~UINT64_C(4095) : at;
}
static inline uint64_t index_group_bytes(uint64_t at, const struct stored_group *g)
{
	return index_blocks_at(at, g) + (uint64_t)g->blocks * BLOCK_ROWS * g->row_bytes - at;
}
/* Rows of a key: the block of a full group, and KEY_BITS rows in it. Keys are hashes already. */
static inline uint64_t index_place(uint32_t key)
{
	return (key + UINT64_C(0x632be59bd9b4e019)) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint32_t place_block(uint64_t place)
{
	return (uint32_t)(place >> 57);
}

static inline uint8_t place_row(uint64_t place, unsigned i)
{
	return (uint8_t)(place >> (32 + 8 * i));
}

/* ---- complete segments go to the disk (sync.c) ------------------------------------------------------------ */

struct segment_sync {
	pthread_t thread;
	uint64_t number;
	int fd;
	bool running, done;
};

/* Takes the descriptor; never waits. */
void segment_sync_start(struct segment_sync *s, int fd, uint64_t number);
void segment_sync_wait(struct segment_sync *s);

/* ---- the record -------------------------------------------------------------------------------------- */

struct record_interface {
	uint16_t linktype;
	bool counted;                  /* counters were given */
	bool stated;                   /* these drops are in an ISB already */
	struct capture_counters now;
};

struct pending_loss {
	uint64_t packets, bytes;
	int64_t from_ns, to_ns;        /* wall clock */
	int64_t due_ns;                /* monotonic: not before, so that there is one entry a minute */
	char note[200];
};

struct record {
	struct index_maker index;      /* first: looked at for every packet */
	struct writer *writer;
	struct record_interface *interfaces;
	uint32_t ninterfaces;
	struct tally waiting;          /* in the writer's buffer */
	uint64_t taken;
	uint64_t fill, fill_max;       /* bytes of the open segment with the buffer; a new one begins beyond fill_max */
	bool rotate;                   /* a new segment before the next packet */
	bool closed;                   /* nothing is written any more */
	bool restart;                  /* the writer must begin with a section header again: its last one was dropped */

	struct record_options o;
	char name[64];
	char *application, *comment;
	int dirfd, lock;

	/* ---- the open segment (output.c) */
	int fd;                        /* -1: none */
	uint64_t number;               /* of the open one, or of the last one */
	uint64_t size;                 /* of its whole blocks */
	uint64_t last_size;            /* of the one before it */
	bool head_known;
	struct tally segment;          /* what is in it */
	int64_t segment_since_ns;      /* monotonic: its first packet; 0: none yet */
	int64_t segment_wall_ns;       /* the same by the wall clock, for its statistics */
	int64_t newest_ns;             /* monotonic: the last packet that was written */
	struct segment_sync sync;      /* of the one before it */

	/* ---- failures */
	bool full;                     /* nothing can be written; packets are dropped */
	bool full_told;
	int full_error;                /* errno, 0: a limit */
	const char *full_limit;        /* which one */
	int64_t full_retry_ns;         /* monotonic */
	uint64_t disk_dropped;
	struct pending_loss episode;   /* dropped since the disk is full */
	bool again;                    /* the episode ended: to be told */
	uint64_t stated;               /* packets of this run that are in the ledger */
	struct pending_loss losses[LOSS_KINDS]; /* not yet in the ledger */
	int64_t loss_retry_ns;         /* the ledger could not be written */

	/* ---- limits (limits.c) */
	struct space_limits limits;
	uint64_t segment_asked;        /* o.segment_bytes is this, or less by the limits */
	uint64_t first;                /* oldest segment */
	uint64_t segments;             /* that are there, the open one too */
	uint64_t segment_bytes;        /* of closed segments and all indexes */
	uint64_t other_bytes;
	uint64_t free_bytes, total_bytes; /* of the file system, as of free_at_ns, less what was written since */
	int64_t free_at_ns, other_at_ns;
	int64_t now_ns;                /* monotonic, as of the last look */
	uint64_t old_last;             /* segments up to this one were there at the start */
	int64_t open_wall_ns, open_ns;
	int64_t *stamps;               /* monotonic: when segment n was closed, at n % STAMPS */
	uint64_t evicted, evicted_before;
	struct record_event evictions; /* not yet told */
	int64_t evictions_told_ns;
	int no_index_error;            /* to be told */

	/* ---- clocks, sums */
	int64_t wall_offset_ns;        /* wall clock - monotonic clock */
	uint64_t before_packets, before_bytes; /* of earlier runs, by their indexes; what was evicted too */
	uint64_t done_packets, done_bytes;     /* of this run, closed segments */
	int64_t first_ns, last_ns;     /* of the packets that are there; 0: none */
	int64_t published_ns;
};

int64_t record_wall(const struct record *r);
/* The monotonic clock; remembered as r->now_ns. */
int64_t record_mono(struct record *r);
void record_publish(struct record *r);

/* output.c: the writer's sink. Never fails: what cannot be written is dropped and counted. */
int output_write(void *user, const char *data, size_t len, struct errmsg *err);
/* The open segment gets its index and is closed; what waited was flushed. */
void output_close_segment(struct record *r);

/* limits.c */
/* The oldest closed segment goes. False: there is none, or it cannot be removed. */
bool limits_evict(struct record *r);
/* Makes room for `len` bytes. False: a limit does not allow it and nothing is left to evict; full_limit says which. */
bool limits_room(struct record *r, uint64_t len);
/* What is too old goes. */
void limits_age(struct record *r);
/* Counts ledger, bundles and the rest anew. */
void limits_look(struct record *r);
/* The time of the oldest packet that is there, anew. */
void limits_first(struct record *r);

/* recover.c: sets first, segments, number, sums. */
int recover(struct record *r, struct record_recovery *out, struct errmsg *err);
int recover_lock(struct record *r, struct errmsg *err);

/* loss.c */
void loss_add(struct pending_loss *l, uint64_t packets, uint64_t bytes, int64_t from_ns, int64_t to_ns);
/* Entries whose time has come (all: every one) into the ledger. */
void loss_write(struct record *r, bool all);

#endif
