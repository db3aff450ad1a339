/* SPDX-License-Identifier: MIT */
/*
 * What was lost when a worker died. The front holds a duplicate of each packet socket of its worker, so a dead worker's
 * sockets live on, and the kernel goes on counting what passes their filter:
 *
 *	                 last look      death          next worker is ready
 *	received by page ───┴── counted ──┴── counted on ─────┴── what the next one received so far
 *	written  ───────────┘
 *
 * At death: received by the page, plus what the sockets counted since, less what is in the file and what was in the ledger
 * already (drops): the ledger's entry `crash`. When the next worker is ready: what the sockets counted since, less what
 * its own have received: the entry `not_running`. The sockets are not read; that their rings are full does not matter, as
 * what found no room is counted, too.
 */
#include "front.h"
#include "capture/capture.h"
#include "store/ledger.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void sockets_close(int *fds, unsigned *n)
{
	while (*n)
		close(fds[--*n]);
}

static uint64_t counted(const int *fds, unsigned n)
{
	struct capture_counters k = { 0 };

	for (unsigned i = 0; i < n; i++)
		capture_fd_counters(fds[i], &k, NULL);
	return k.received;
}

static void lost(struct session *s, enum loss_kind kind, int64_t from_ns, bool known, uint64_t packets, const char *note)
{
	struct ledger_entry e = { .kind = (uint8_t)kind, .from_ns = from_ns, .to_ns = loop_realtime_ns(), .has_packets = known,
				  .packets = packets };
	struct event ev;
	struct errmsg err;
	struct jsonout *w;

	if (known && !packets)
		return;
	s->past.lost += packets;
	snprintf(e.note, sizeof(e.note), "%s", note);
	if (ledger_append(s->dirfd, &e, &err))
		front_log(s->front, LEVEL_WARNING, s, "a loss cannot be entered in the ledger: %s", err.text);
	w = event_begin(&ev, s->front, EVENT_PACKET_LOSS, s);
	json_add_str(w, "kind", loss_kind_names[kind]);
	if (known)
		json_add_u64(w, "packets", packets);
	json_add_ns(w, "from", e.from_ns);
	json_add_ns(w, "to", e.to_ns);
	event_end(&ev);
}

void losses_crashed(struct session *s)
{
	struct progress *p = &s->now;
	uint64_t came, kept;

	sockets_close(s->orphans, &s->norphans);
	if (!s->page)
		return;
	progress_read(s->page, p);
	if (!s->nsockets) { /* it died before it had any, or they were not passed */
		lost(s, LOSS_CRASH, p->last_ns, false, 0, "the worker died; nothing counted what came");
		return;
	}
	came = p->received + counted(s->sockets, s->nsockets);
	kept = p->written + p->stated; /* what was dropped lately is not in the ledger yet */
	lost(s, LOSS_CRASH, p->last_ns, true, came > kept ? came - kept : 0, "the worker died with them");
	memcpy(s->orphans, s->sockets, sizeof(s->orphans));
	s->norphans = s->nsockets;
	s->nsockets = 0;
	s->orphaned_ns = loop_realtime_ns();
}

void losses_resumed(struct session *s, uint64_t received)
{
	uint64_t came;

	if (!s->norphans)
		return;
	came = counted(s->orphans, s->norphans);
	lost(s, LOSS_NOT_RUNNING, s->orphaned_ns, true, came > received ? came - received : 0, "until the next worker was ready");
	sockets_close(s->orphans, &s->norphans);
}

void losses_given_up(struct session *s)
{
	if (!s->norphans)
		return;
	lost(s, LOSS_NOT_RUNNING, s->orphaned_ns, true, counted(s->orphans, s->norphans), "until the session ended");
	sockets_close(s->orphans, &s->norphans);
}

void losses_unknown(struct session *s, int64_t from_ns, const char *note)
{
	lost(s, LOSS_NOT_RUNNING, from_ns, false, 0, note);
}
