/* SPDX-License-Identifier: MIT */
/*
 * The worker: one process that records one session. Shared by the files worker*.c.
 *
 *	worker.c           its life: configured, opened, without rights, recording, ended
 *	worker_capture.c   interfaces: packets, counters, those that go down, come back or vanish
 *	worker_control.c   the socket to the front, or to the next front when that one has been killed
 *	worker_events.c    what is told, now or to the next front
 *
 * One loop. Per packet nothing is done but record_frame() and two subtractions. (The record has a thread that waits for the
 * disk.)
 */
#ifndef NETWATCHD_WORKER_H
#define NETWATCHD_WORKER_H

#include "netwatchd.h"
#include "api/operations.h"
#include "api/settings.h"
#include "base/jsonout.h"
#include "capture/capture.h"
#include "ipc/link.h"
#include "loop/loop.h"
#include "store/ledger.h"
#include "store/progress.h"
#include "store/record.h"

enum {
	WORKER_MESSAGE_MAX = 256 << 10, /* bytes of one message of the front */
	WORKER_QUEUE_MAX = 128 << 10,   /* bytes that wait for a front that does not read */
	WORKER_EVENTS_KEPT = 64,        /* events for the next front; the oldest go */
	WORKER_EVENT_MAX = 2048         /* bytes of one */
};

static const int64_t worker_second_ns = 1000000000;

struct worker;
struct json_value;

/* Packets that are not in the record, of one kind and one interface: to be told. */
struct worker_loss {
	uint64_t packets;
	int64_t from_ns, to_ns;
};

struct worker_source {
	struct worker *worker;
	struct capture *capture;
	struct loop_fd io;             /* in the loop as long as the interface exists */
	uint32_t ifid;
	bool down;
	bool lost;                     /* the interface is gone for good */
	struct capture_counters known; /* as last asked */
	struct worker_loss kernel, interface;
};

/* What stands in "configure" beside the settings. */
struct worker_orders {
	bool packets_given, bytes_given; /* else the record knows */
	uint64_t packets_done, bytes_done; /* by earlier runs */
	int64_t duration_done_ns, orphan_ns;
};

struct worker_events {
	char *kept[WORKER_EVENTS_KEPT]; /* whole messages, oldest first from `first` */
	unsigned first, count;
	uint64_t thrown;                /* that the next front will not hear of */
	struct worker_loss disk;
	struct outbuf out;              /* of the one that is being written */
	struct jsonout json;
	char text[WORKER_EVENT_MAX];
};

struct worker {
	const char *id;
	struct loop loop;
	struct errmsg err;
	struct ipc_link link;           /* to the front; closed while there is none */
	struct loop_fd listener;        /* in the loop while there is none */
	uid_t uid;                      /* whose session this is: the front's own */
	struct worker_events events;
	struct session_settings settings;
	int64_t orphan_ns;              /* how long it records without a front */
	uint64_t packets_left, bytes_left; /* until a limit of the session; UINT64_MAX: none */
	uint64_t packets_until, bytes_until; /* the limit by the record's counters; UINT64_MAX: none */
	struct worker_source sources[SETTINGS_INTERFACES_MAX];
	unsigned nsources, alive;
	bool missing;                   /* an interface of the settings is not there, or down */
	struct record *record;
	int progress_fd;
	struct progress_page *page;
	struct loop_timer tick, watch, duration, orphan;
	uint64_t taken;                 /* packets of this run, recorded or not */
	uint64_t ticked;                /* of these, when the record was last flushed */
	uint64_t disk_dropped;          /* as last seen */
	uint64_t refused;               /* packets that the record would not take */
	int64_t looked_ns;              /* realtime of the last look at counters */
	int64_t started_ns;             /* realtime; 0: not recording */
	const char *reason;             /* why it ends; NULL: it does not */
	int status;                     /* exit status */
};

/* ---- worker.c ---- */

/* The front's first message: opens, drops, records. What fails is told, and ends the worker. */
void worker_configure(struct worker *w, const struct json_value *root);
/* Ends the loop; `reason` is a constant. The first one counts. */
void worker_end(struct worker *w, const char *reason, int status);
/* Ends it with the message {"type":"failed"}. */
void worker_fail(struct worker *w, int code, const struct errmsg *err);
/* "packets", "bytes" or "duration": tells, and ends. */
void worker_limit_reached(struct worker *w, const char *limit);

/* ---- worker_capture.c ---- */

/* Needs rights. `again`: a session that has recorded before goes on without interfaces that there are no more. */
int worker_sources_open(struct worker *w, bool again, struct errmsg *err);
/* From here on packets are taken. */
int worker_sources_begin(struct worker *w, struct errmsg *err);
/* Once a second, and at the end: counters to the record, which has the ledger and the progress page; interfaces up and down. */
void worker_look(struct worker *w);
/* Takes no more packets; those that the kernel has are recorded, unless a limit has been reached. */
void worker_sources_stop(struct worker *w);
void worker_sources_close(struct worker *w);

/* ---- worker_control.c ---- */

int worker_control_open(struct worker *w, struct errmsg *err);
/* Settings and orders out of "configure". */
int worker_read_orders(struct worker *w, const struct json_value *root, struct worker_orders *o, struct errmsg *err);
/* A message to the front; false when there is none, or no room. Borrowed. */
bool worker_send(struct worker *w, const char *text, size_t len);
/* {"type":"ready"}, with the packet sockets. */
void worker_say_ready(struct worker *w);
/* Waits a moment until the front has everything, then closes. */
void worker_control_close(struct worker *w);

/* ---- worker_events.c ---- */

/* Begins an event; members of its data are added to the answer; worker_event_end() tells or keeps it. */
struct jsonout *worker_event(struct worker *w, enum event_kind kind);
void worker_event_end(struct worker *w);
void worker_log(struct worker *w, enum log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* What the record tells of itself: record_options.on_event. */
void worker_record_event(void *user, const struct record_event *e);
void worker_lost(struct worker_loss *l, uint64_t packets, int64_t from_ns, int64_t to_ns);
/* One event for each kind and interface; to be called once a second. */
void worker_tell_losses(struct worker *w);
/* What was kept, to a front that is new or reads again. */
void worker_tell_kept(struct worker *w);
void worker_events_release(struct worker *w);

#endif
