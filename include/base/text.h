/* SPDX-License-Identifier: MIT */
/* Text to values: what command lines, filters and configuration files hold. All
 * take a NUL-terminated string, accept it whole or refuse it, and never depend
 * on the locale. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal, or hexadecimal after 0x; no sign, no blanks. */
bool text_parse_u64(const char *s, uint64_t *v);
/* 10, 10k, 10K, 10KiB, 10kB, 10M, 2G …: powers of 1024, except kB MB GB TB (1000). */
bool text_parse_size(const char *s, uint64_t *bytes);
/* 10 (seconds), 1.5s, 250ms, 10us, 5m, 2h, 1d. */
bool text_parse_duration(const char *s, int64_t *ns);
/* Dotted quad exactly. */
bool text_parse_ipv4(const char *s, uint8_t addr[4]);
/* RFC 4291 text, without zone. */
bool text_parse_ipv6(const char *s, uint8_t addr[16]);
/* Six hexadecimal octets separated by ':' or '-', or three groups of four by '.'. */
bool text_parse_mac(const char *s, uint8_t mac[6]);
/* A point in time: epoch seconds with fraction, "2026-11-20T12:03:07[.frac][Z|+hh:mm]",
 * "2026-11-20 12:03:07", "2026-11-20"; local time zone when none is given. */
bool text_parse_time(const char *s, int64_t *ts_ns);

/* Restricted edit distance (insert, delete, replace, swap neighbours), capped at `max` + 1. */
int text_distance(const char *a, const char *b, int max);

/* "nearest name" for an error message. Call once with each candidate; best starts NULL. */
struct text_nearest {
	const char *word;
	const char *best;
	int distance;
};
void text_nearest_try(struct text_nearest *n, const char *candidate);

/* Whole match of a shell pattern (* and ? only). */
bool text_glob(const char *pattern, const char *s);

#endif
