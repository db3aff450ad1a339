/* SPDX-License-Identifier: MIT */
/*
 * The last so many entries of something that goes on for ever: in memory for those who ask, in a file for those who come
 * after a restart. Two files of at most JOURNAL_FILE_MAX bytes: NAME and, older, NAME.1.
 */
#ifndef NETWATCHD_JOURNAL_H
#define NETWATCHD_JOURNAL_H

#include "api/operations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JOURNAL_ENTRIES = 4096, JOURNAL_FILE_MAX = 1 << 20, JOURNAL_LOADED = 512 };

struct journal_entry {
	int64_t at_ns;
	uint32_t len;                       /* of data */
	uint8_t kind;                       /* enum event_kind */
	uint8_t level;                      /* enum log_level, of log_line */
	char session[SESSION_ID_LEN + 1];   /* "": of the daemon */
	char data[];                        /* a JSON object */
};

struct journal {
	struct journal_entry **entries;     /* a ring */
	uint32_t first, count;
	uint64_t all;
	int dirfd, fd;                      /* the caller's; -1: no file */
	const char *name;
	uint64_t size;
	bool broken;                        /* the last write failed */
};

/* The file and its newest entries. NW_ELIMIT: no memory. A file that cannot be had is no error, but `broken`. */
int journal_open(struct journal *j, int dirfd, const char *name, struct errmsg *err);
void journal_close(struct journal *j);
/* The oldest goes when there are too many. Returns the entry; NULL without memory (then it is in the file only). */
const struct journal_entry *journal_add(struct journal *j, int64_t at_ns, enum event_kind kind, enum log_level level,
					const char *session, const char *data, size_t len);
/* Entry `i` from the oldest. */
const struct journal_entry *journal_at(const struct journal *j, uint32_t i);
/* {"type":"Event","event_type":…,"time":…,"session":…,"data":{…}} as members of an object that is open. */
void journal_write(struct jsonout *w, const struct journal_entry *e);

#endif
