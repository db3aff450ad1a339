/* SPDX-License-Identifier: MIT */
/*
 * One live capture of nwcap: what opening it (open.c) and running it (live.c, threads.c) share.
 *
 * With --threads there is a team of them, one in each thread, each with its own sockets, loop and file. The first runs in
 * the thread of main(), has the signals, and says what there is to say.
 */
#ifndef APPLETS_NWCAP_LIVE_H
#define APPLETS_NWCAP_LIVE_H

#include "nwcap.h"
#include "loop/loop.h"
#include "pcapio/keylog.h"

struct live;

struct source {
	struct live *live;
	struct capture *capture;
	struct loop_fd io;
	uint32_t ifid;                /* in the file */
	uint64_t captured;            /* packets that went out */
	uint64_t unmatched;           /* packets that -Y in user space kept back */
	struct loss loss;
	struct capture_counters known; /* as its own thread saw them last */
	bool down;
};

struct live {
	const struct nwcap_options *o;
	struct live *team;            /* the first of all, or itself */
	unsigned index, members;
	bool joined;                  /* the other threads have ended */
	struct thread *thread;        /* threads.c; NULL: alone */
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
	struct keylog *keylog;        /* --keylog, or NULL */
	struct loop_fd reader_gone;   /* our output pipe, to learn of its end without traffic */
	struct loop_timer watch, flush, rotate, stats, stop;
	uint64_t stats_captured;
	int64_t stats_at_ns;
	struct errmsg err;
};

/* Interfaces, filters, output, the drop of privileges, for a whole team. Errors leave what was opened to the caller, who closes it
 * anyway. */
int live_open(struct live *team, struct errmsg *err);
/* The file of this live capture is finished and the next one begins (SIGHUP); what is buffered goes out (SIGUSR2). */
void live_rotate(struct live *l);
void live_flush(struct live *l);

/* ---- threads.c ---------------------------------------------------------------------- */

enum live_request { LIVE_STOP = 1, LIVE_ROTATE = 2, LIVE_FLUSH = 4 };

/* The options of a member: the same but for its file. */
int threads_prepare(struct live *l, struct errmsg *err);
/* Starts the loops of all members but the first. */
int threads_start(struct live *team, struct errmsg *err);
/* Asks all others for something; harmless when there are none. */
void threads_ask(struct live *team, enum live_request what);
/* Ends their loops and waits; from now on everything belongs to the caller. */
void threads_join(struct live *team);
void threads_release(struct live *team);

#endif
