/* SPDX-License-Identifier: MIT */
/*
 * Zeek's logs as zeek.c writes them: a log is a list of columns with Zeek's types, a line is one call per column, in order.
 * zeek_logs.c says what stands in them.
 */
#ifndef EXPORT_ZEEK_H
#define EXPORT_ZEEK_H

#include "flow_export.h"

enum zeek_log { ZEEK_CONN, ZEEK_DNS, ZEEK_SSL, ZEEK_HTTP, ZEEK_LOGS };

enum zeek_type {
	Z_TIME, Z_STRING, Z_ADDR, Z_PORT, Z_ENUM, Z_INTERVAL, Z_COUNT, Z_BOOL, Z_STRINGS /* set */, Z_ENUMS /* set */,
	Z_STRING_VECTOR, Z_INTERVAL_VECTOR, Z_TYPES
};

struct zeek_column {
	const char *name; /* NULL ends the list */
	uint8_t type;     /* enum zeek_type */
};
extern const struct zeek_column *const zeek_columns[ZEEK_LOGS];
extern const char *const zeek_log_names[ZEEK_LOGS + 1]; /* ends with NULL */

struct zeek_line {
	struct outbuf *o;
	const struct zeek_column *column; /* the next cell's */
	bool json, more;
	unsigned items;                   /* of the list being written */
};

void z_none(struct zeek_line *z);
void z_text(struct zeek_line *z, const void *text, size_t len);
void z_str(struct zeek_line *z, const char *text);               /* NULL: none */
void z_fact(struct zeek_line *z, const struct fact *f);          /* as text; NULL: none */
void z_u64(struct zeek_line *z, uint64_t v);
void z_bool(struct zeek_line *z, bool v);
void z_ns(struct zeek_line *z, int64_t ns);                      /* time, interval */
void z_addr(struct zeek_line *z, const uint8_t *addr, unsigned len);
/* A set or vector: items between the two; without any it is empty. */
void z_list(struct zeek_line *z);
void z_item(struct zeek_line *z, const void *text, size_t len);
void z_item_ns(struct zeek_line *z, int64_t ns);
void z_list_end(struct zeek_line *z);

/* A line of this log; NULL: it is not wanted. zeek_line_end() when all columns have had their call. */
struct zeek_line *zeek_line(struct export *e, enum zeek_log log);
void zeek_line_end(struct zeek_line *z);

/* zeek_logs.c */
flow_record_fn zeek_put_record;
transaction_fn zeek_put_transaction;

#endif
