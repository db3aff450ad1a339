/* SPDX-License-Identifier: MIT */
/*
 * The ledger of losses, ledger.ndjson of a session: each packet that is not in the record although it came is in one entry.
 * Several processes append (writer: disk, kernel, interface; front: crash, not_running, subscriber): one write(2) with
 * O_APPEND per line.
 *
 *	{"time":1700000000.000000000,"kind":"kernel","from":…,"to":…,"packets":12,"note":"eth0: ring full"}
 *
 * The file stays below LEDGER_BYTES_MAX: then its older half goes, in whose place stands one entry per kind with the sums of
 * what went (its note says of how many entries); so sums over the ledger stay right for ever.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "base/errmsg.h"
#include "base/outbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEDGER_BYTES_MAX = 1 << 20, LEDGER_LINE_MAX = 1024 };

enum loss_kind {
	LOSS_KERNEL,       /* the ring had no room */
	LOSS_INTERFACE,    /* the interface or its driver dropped */
	LOSS_DISK,         /* nowhere to write them to */
	LOSS_CRASH,        /* the writer died with them; without packets but with bytes: cut off a torn segment */
	LOSS_NOT_RUNNING,  /* nobody listened */
	LOSS_SUBSCRIBER,   /* events for a client that did not read */
	LOSS_KINDS
};
extern const char *const loss_kind_names[LOSS_KINDS]; /* "kernel", … "not_running", "subscriber" */

struct ledger_entry {
	int64_t time_ns;          /* when it was written; 0: now */
	uint8_t kind;             /* enum loss_kind */
	int64_t from_ns, to_ns;   /* since 1970; 0: not known */
	bool has_packets;
	uint64_t packets, bytes;  /* bytes 0: not known */
	char note[256];           /* one sentence or "" */
};

/* NW_ESYS (a full disk: nothing of the line stays; try again later). */
int ledger_append(int dirfd, const struct ledger_entry *e, struct errmsg *err);

/* Calls `each` for every entry, oldest first; it returns false to stop. A torn last line and lines that are no entry are
 * left out. Returns the number of entries seen; 0 without a file; NW_ESYS. */
int ledger_read(int dirfd, bool (*each)(void *user, const struct ledger_entry *e), void *user, struct errmsg *err);

/* The entry as one JSON object, without a newline: what stands in the file, and in answers to Losses. */
void ledger_format(struct outbuf *o, const struct ledger_entry *e);

#endif
