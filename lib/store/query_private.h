/* SPDX-License-Identifier: MIT */
/*
 * What the files of a query share.
 *
 *	query.c           the packets: judging them, numbers, interfaces, what is told to the caller
 *	query_plan.c      the segments at the time of query_open(): which have something to read, what that costs
 *	query_segment.c   one segment after the other: windows of it to read, the end that moves, evicted and damaged ones
 *	query_choice.c    which chunks of one segment can match, by its index
 */
#ifndef LIB_STORE_QUERY_PRIVATE_H
#define LIB_STORE_QUERY_PRIVATE_H

#include "decode/packet.h"
#include "filter/filter.h"
#include "filter/narrow.h"
#include "pcapio/reader.h"
#include "store/index.h"
#include "store/progress.h"
#include "store/query.h"

/* A packet is in the file so long after it came, whatever the writer's buffer; and interfaces are not in step. */
#define QUERY_LATE_NS 1000000000ll

/* A segment as one finds it. */
struct segment_view {
	uint64_t number;
	int fd;
	uint64_t size;            /* of the file */
	struct index *index;      /* NULL: none, or of no use for reading */
	uint64_t *may;            /* with index: the chunks to read */
	bool counted;             /* the next three are known */
	uint64_t packets, before; /* in it; of the session before it */
};

struct planned_segment {
	uint64_t number;
	uint32_t packets;         /* to be read; UINT32_MAX: unknown */
	bool wanted;
};

struct bpf_gate {
	struct bpf_gate *next;
	struct bpf *bpf;          /* NULL: the expression does not exist for this link type */
	uint16_t linktype;
};

struct query {
	struct query_options o;   /* texts are owned */
	char *filter_text, *bpf_text, *file;
	struct filter *filter;    /* NULL: all packets */
	bool decode;              /* the filter looks into packets */
	struct decoder decoder;
	struct bpf_gate *gates;
	struct filter_notes notes;
	struct query_cost cost;
	struct query_done done;
	uint64_t skip_left;
	bool ended;
	unsigned unasked;         /* packets since go_on() was asked */
	bool from_end;            /* QUERY_END was asked for */
	unsigned delay_ms;

	/* ---- the record at query_open() */
	struct planned_segment *plan;
	size_t planned, next_planned;
	uint64_t last_segment;    /* 0: there was none */
	uint64_t last_bytes;      /* whole blocks of it */

	/* ---- the segment being read; view.fd is -1 without one */
	struct segment_view view;
	struct reader *reader;    /* NULL: not opened yet */
	uint32_t chunk;           /* with an index: the next to look at */
	uint64_t chunk_packets;   /* in those before it */
	uint64_t at, seen;        /* where reading goes on; the end that was offered to the reader last */
	uint64_t packet;          /* the number in the segment of the last one read */
	uint64_t finished;        /* the number of the last segment that was gone through, or passed over; 0: none */
	uint64_t finished_total;  /* packets of the session up to its end; UINT64_MAX: not known */
	uint32_t *interface_of;   /* query's number by the reader's */
	uint32_t mapped;

	struct interface **interfaces;
	uint32_t interface_count;
	struct query_position position;
	struct narrow narrow;
	struct packet packet_buf;
};

/* Do packets that were passed over change what the filter says of others? Then none may be that is in the range. */
static inline bool query_judges_alone(const struct query *q)
{
	return !q->filter || q->narrow.needs == NEEDS_PACKET;
}

/* query_choice.c: opens a segment and finds what of it can match. 1; 0: it is gone; or an error. */
int segment_view_open(struct query *q, struct segment_view *v, uint64_t number, struct errmsg *err);
void segment_view_close(struct segment_view *v);
/* Chunks of it to read, their bytes and packets. */
void segment_view_cost(const struct segment_view *v, uint64_t *chunks, uint64_t *bytes, uint64_t *packets);

/* query_plan.c */
int query_make_plan(struct query *q, struct errmsg *err);
/* The end of the newest segment's whole blocks, as far as anybody knows: `size` is its file's. */
uint64_t query_live_end(const struct query *q, uint64_t number, uint64_t size);

/* query_segment.c: makes q->reader ready for reader_next(). 1; 0: nothing (more, or yet: q->ended says which); an error. */
int query_advance(struct query *q, struct errmsg *err);
/* The reader said that it is at the end of its window, or that it cannot go on (why). */
void query_window_done(struct query *q);
void query_window_broken(struct query *q, const struct errmsg *why);
void query_segment_close(struct query *q);

#endif
