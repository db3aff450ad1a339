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

/* The filters as they apply to one link type. */
struct gate {
	uint16_t linktype;
	bool refused;          /* --bpf does not exist for this link type: nothing matches */
	struct bpf *bpf;       /* --bpf */
	struct bpf *ahead;     /* what the display filter lets through at most, or NULL */
	bool exact;            /* `ahead` decides alone */
	struct gate *next;
};

struct judge {
	const struct nwfilter_options *o;
	struct filter *filter; /* NULL: everything */
	bool decode;           /* the filter looks at decoded packets */
	struct gate *gate;     /* of the last packet */
	struct gate *gates;
	bool any_gate_open;    /* some link type could be filtered */
	int64_t rate_second;
	uint64_t rate_used, sampled;
	struct decoder decoder;
	struct packet packet;
};

/* Compiles the display filter and checks --bpf. Hints go to stderr. NW_EINPUT. */
int judge_open(struct judge *j, const struct nwfilter_options *o, struct errmsg *err);
void judge_close(struct judge *j);
/* A link type that was not seen before: compiles for it. Wanted by judge_match(). NW_EINPUT when nothing can ever match. */
int judge_gate(struct judge *j, uint16_t linktype, struct errmsg *err);
/* 1: goes out, 0: does not, or an error of judge_gate(). */
int judge_match(struct judge *j, const struct frame *f, struct errmsg *err);

/* ---- run.c ------------------------------------------------------------------------------ */

/* Everything from opening the inputs to closing the output. Returns the exit status. */
int nwfilter_run(const struct nwfilter_options *o, struct judge *j);
/* "nwfilter: <sentence>" on stderr; returns the exit status for `code`. */
int nwfilter_say(int code, const struct errmsg *err);

#endif
