/* SPDX-License-Identifier: MIT */
/* One live capture of nwcap: what opening it (open.c) and running it (live.c) share. */
#ifndef APPLETS_NWCAP_LIVE_H
#define APPLETS_NWCAP_LIVE_H

#include "nwcap.h"
#include "loop/loop.h"

struct live;

struct source {
	struct live *live;
	struct capture *capture;
	struct loop_fd io;
	uint32_t ifid;                /* in the file */
	uint64_t captured;            /* packets that went out */
	uint64_t unmatched;           /* packets that -Y in user space kept back */
	struct loss loss;
	bool down;
};

struct live {
	const struct nwcap_options *o;
	struct output out;
	struct loop loop;
	struct source sources[OPTION_LIST_MAX];
	unsigned nsources, alive;
	capture_packet_fn *take;
	uint64_t captured, limit;
	bool enough;                  /* -c is reached */
	bool flush_each_round;
	int output_error;             /* enum nw_err of file or pipe; ends the capture */
	int status;
	int64_t started_ns;           /* wall clock */
	struct loop_fd reader_gone;   /* our output pipe, to learn of its end without traffic */
	struct loop_timer watch, flush, rotate, stats, stop;
	uint64_t stats_captured;
	int64_t stats_at_ns;
	struct errmsg err;
};

/* Interfaces, filters, output, the drop of privileges. Errors leave what was opened to the caller, who closes it anyway. */
int live_open(struct live *l, struct errmsg *err);

#endif
