/* SPDX-License-Identifier: MIT */
/*
 * nwfilter: capture stream in, capture stream out, filter and edits in between.
 *
 *   main.c     options, and what reads no packets (--explain, --fields, --complete)
 *   editing.c  options of edits
 *   judge.c    does this packet match?
 *   run.c      from the inputs through the judge (and lib/flow/whole.c) and the edits (lib/edit) to the output
 *   output.c   what files are called and hold; one of them being written
 *   split.c    many of them (--split)
 */
#ifndef APPLETS_NWFILTER_H
#define APPLETS_NWFILTER_H

#include "base/errmsg.h"
#include "base/options.h"
#include "decode/packet.h"
#include "edit/edit.h"
#include "filter/filter.h"
#include "pcapio/writer.h"

enum { RANGES_MAX = 1024 };

struct number_range {
	uint64_t first, last;
};

enum split_by { SPLIT_NONE, SPLIT_FLOW, SPLIT_HOST, SPLIT_SECONDS, SPLIT_PACKETS, SPLIT_BYTES };

struct nwfilter_options {
	struct option_list read;
	const char *write, *format, *bpf, *filter_file, *fields_pattern, *complete;
	bool invert, count_only, quiet, flush, explain, follow, list_fields, no_reassembly;
	uint64_t max, snaplen, sample, rate;
	int64_t after_ns, before_ns; /* INT64_MIN, INT64_MAX: not given */
	const char *text;            /* display filter: the words, or the file; "" */
	unsigned nranges;            /* --range: sorted and apart; 0: all packets */
	struct number_range ranges[RANGES_MAX];
	struct edit_options edit;
	const char *key_file, *payload, *dedup_by, *link, *decap, *inject_keys;
	uint8_t key[32];
	bool whole_flow;
	uint64_t whole_bytes;        /* 0: as usual */
	uint8_t split;               /* enum split_by */
	uint64_t split_size;
	int64_t split_ns;
};

/* ---- editing.c ------------------------------------------------------------------------ */

option_apply apply_ranges, apply_shift, apply_shift_to, apply_strip_vlan, apply_dedup, apply_chop, apply_split, apply_whole_flow;
/* What can only be checked when all options are known; reads the key file. */
int editing_check(struct nwfilter_options *o, struct errmsg *err);
/* A whole file of at most `max` bytes; the caller frees `data`. NULL, an error and a message otherwise. */
int read_whole_file(const char *path, size_t max, char **data, size_t *len, struct errmsg *err);

/* ---- judge.c -------------------------------------------------------------------------- */

/* --bpf as it applies to one link type. */
struct gate {
	uint16_t linktype;
	bool refused, told;    /* the expression does not exist for this link type: nothing matches; this was said */
	struct bpf *bpf;       /* NULL: no --bpf */
	struct gate *next;
};

struct judge {
	const struct nwfilter_options *o;
	struct filter *filter; /* NULL: everything */
	bool decode;           /* the filter looks at decoded packets */
	bool plain;            /* the display filter alone decides: the short way */
	struct gate *gate;     /* of the last packet */
	struct gate *gates;
	unsigned open, closed; /* link types that --bpf can be compiled for, and others */
	struct errmsg why;     /* of the last that cannot */
	int64_t rate_second;
	uint64_t rate_used, sampled;
	unsigned range;        /* the first one that is not over yet */
	bool over;             /* all of them are: no further packet matches */
	struct decoder decoder;
	struct packet packet;
};

/* Compiles the display filter and checks --bpf. Hints go to stderr. NW_EINPUT. */
int judge_open(struct judge *j, const struct nwfilter_options *o, struct errmsg *err);
void judge_close(struct judge *j);
/* Makes j->gate that of a link type, compiling for it when it is new. Only memory can be lacking. */
int judge_gate(struct judge *j, uint16_t linktype, struct errmsg *err);
/* 1: goes out, 0: does not, or an error of judge_gate(). */
int judge_match(struct judge *j, const struct frame *f, struct errmsg *err);
/* The same for --whole-flow: 1: it belongs to the input by number and time, was decoded into j->packet, and *matches is set. */
int judge_look(struct judge *j, const struct frame *f, bool *matches, struct errmsg *err);

/* ---- output.c --------------------------------------------------------------------------- */

/* An interface of the file, by what comes in: edits may change the link type of some packets. */
struct out_interface {
	uint32_t ifid, number;
	uint16_t linktype;
};

/* A file that packets are written to anew. */
struct packet_file {
	struct writer *writer;
	struct out_interface *interfaces;
	unsigned count, last; /* the one used last */
	bool bare;            /* anonymized: of an interface only what is needed to read the packets */
};

/* `in` is what the frame came from. */
int packet_file_add(struct packet_file *o, const struct interface *in, const struct frame *f, struct errmsg *err);
/* Forgets the interfaces: the file goes on with a new header. */
void packet_file_release(struct packet_file *o);

/* ---- split.c ----------------------------------------------------------------------------- */

struct split;
struct split_options {
	uint8_t by;
	uint64_t size;
	int64_t span_ns;
	const char *path;              /* NAME.pcap: NAME-KEY.pcap and so on */
	const struct writer_options *writer; /* borrowed */
	bool bare;
	const char *secrets;           /* for each file, or NULL */
	size_t secrets_len;
};

int split_open(struct split **s, const struct split_options *o, struct errmsg *err);
int split_packet(struct split *s, const struct interface *in, const struct frame *f, struct errmsg *err);
/* Says on stderr how many files there are, when stderr is a terminal. The split is gone, also on error. */
int split_close(struct split *s, struct errmsg *err);

/* ---- run.c ------------------------------------------------------------------------------ */

/* Everything from opening the inputs to closing the output. Returns the exit status. */
int nwfilter_run(const struct nwfilter_options *o, struct judge *j);
/* "nwfilter: <sentence>" on stderr; returns the exit status for `code`. */
int nwfilter_say(int code, const struct errmsg *err);

#endif
