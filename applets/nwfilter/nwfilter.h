/* SPDX-License-Identifier: MIT */
/*
 * nwfilter: capture stream in, capture stream out, filter in between.
 *
 *   main.c    options, and what reads no packets (--explain, --fields)
 *   judge.c   does this packet match?
 *   run.c     from the inputs through the judge to the output
 */
#ifndef APPLETS_NWFILTER_H
#define APPLETS_NWFILTER_H

#include "base/errmsg.h"
#include "base/options.h"
#include "decode/packet.h"
#include "filter/filter.h"
#include "pcapio/writer.h"

struct nwfilter_options {
	struct option_list read;
	const char *write, *format, *bpf, *filter_file, *fields_pattern;
	bool invert, count_only, quiet, flush, explain, follow, list_fields;
	uint64_t max, snaplen, sample, rate;
	int64_t after_ns, before_ns; /* INT64_MIN, INT64_MAX: not given */
	const char *text;            /* display filter: the words, or the file; "" */
};

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

/* ---- run.c ------------------------------------------------------------------------------ */

/* Everything from opening the inputs to closing the output. Returns the exit status. */
int nwfilter_run(const struct nwfilter_options *o, struct judge *j);
/* "nwfilter: <sentence>" on stderr; returns the exit status for `code`. */
int nwfilter_say(int code, const struct errmsg *err);

#endif
