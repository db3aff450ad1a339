/* SPDX-License-Identifier: MIT */
/* Losses of the writer on their way to the ledger: gathered, so that a bad hour is sixty lines and not a million. */
#include "store/internal.h"

#include <stdio.h>

void loss_add(struct pending_loss *l, uint64_t packets, uint64_t bytes, int64_t from_ns, int64_t to_ns)
{
	if (!l->packets && !l->bytes)
		l->from_ns = from_ns;
	l->to_ns = to_ns;
	l->packets += packets;
	l->bytes += bytes;
}

void record_loss(struct record *r, enum loss_kind kind, uint64_t packets, int64_t from_ns, int64_t to_ns, const char *note)
{
	struct pending_loss *l = &r->losses[kind];

	if (!packets)
		return;
	loss_add(l, packets, 0, from_ns, to_ns);
	if (note)
		snprintf(l->note, sizeof(l->note), "%s", note);
}

void loss_write(struct record *r, bool all)
{
	bool failed = false;

	if (!all && r->now_ns < r->loss_retry_ns)
		return;
	for (unsigned kind = 0; kind < LOSS_KINDS; kind++) {
		struct pending_loss *l = &r->losses[kind];
		struct ledger_entry e = { .time_ns = record_wall(r), .kind = (uint8_t)kind, .from_ns = l->from_ns, .to_ns = l->to_ns,
					  .has_packets = true, .packets = l->packets, .bytes = l->bytes };

		if (!l->packets || (!all && r->now_ns < l->due_ns))
			continue;
		snprintf(e.note, sizeof(e.note), "%s", l->note);
		if (ledger_append(r->dirfd, &e, NULL) < 0) {
			failed = true;
			continue;
		}
		if (kind == LOSS_KERNEL || kind == LOSS_DISK)
			r->stated += l->packets;
		l->packets = l->bytes = 0;
		l->due_ns = r->now_ns + LOSS_PERIOD_S * SECOND_NS;
	}
	r->loss_retry_ns = failed ? r->now_ns + SECOND_NS : 0;
}
