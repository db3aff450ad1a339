/* SPDX-License-Identifier: MIT */
/*
 * A buffer that text and bytes are appended to. It ends in one of two ways:
 *
 *   outbuf_to_fd     what is full is written to a file descriptor in large pieces
 *   outbuf_fixed     the caller's array; what does not fit is dropped and `cut` is set
 *
 * Errors are sticky: after the first failed write everything is dropped and
 * outbuf_flush() reports it, so that a line can be built without a check per
 * field. No printf anywhere: these are the formatters of the per-packet paths.
 */
#ifndef BASE_OUTBUF_H
#define BASE_OUTBUF_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Takes what has gathered: writes, compresses, hashes. Returns 0 or an enum nw_err. */
typedef int outbuf_sink(void *user, const char *data, size_t len, struct errmsg *err);

struct outbuf {
	char *start, *pos, *end;
	outbuf_sink *sink; /* NULL: fixed */
	void *user;
	int fd;
	int error;         /* first enum nw_err of the sink, sticky */
	bool cut;          /* fixed: something did not fit */
	bool owned;        /* start was allocated here */
	struct errmsg err;
};

/* Over the caller's array of `size` bytes, which must outlive it. Always NUL-terminated by outbuf_cstr(). */
void outbuf_fixed(struct outbuf *o, char *array, size_t size);
/* Allocates `size` bytes (>= 4096) and writes to `fd`, which stays the caller's. Returns 0 or NW_ELIMIT (no memory). */
int outbuf_to_fd(struct outbuf *o, int fd, size_t size, struct errmsg *err);
/* The same with any other sink. */
int outbuf_to_sink(struct outbuf *o, outbuf_sink *sink, void *user, size_t size, struct errmsg *err);
/* Hands everything to the sink. Returns 0 or the sticky error with its sentence in `err`. */
int outbuf_flush(struct outbuf *o, struct errmsg *err);
/* Frees the memory; does not flush, does not close. Harmless on a zeroed struct. */
void outbuf_release(struct outbuf *o);
/* Terminates and returns the text of a fixed buffer (the last byte is given up when full). */
const char *outbuf_cstr(struct outbuf *o);

/* Slow path of outbuf_room: makes room for n bytes by flushing; false when that cannot be. */
bool outbuf_make_room(struct outbuf *o, size_t n);

/* True when `n` (<= 4096) bytes may be stored at o->pos without further checks. */
inline bool outbuf_room(struct outbuf *o, size_t n)
{
	return __builtin_expect(n <= (size_t)(o->end - o->pos), 1) || outbuf_make_room(o, n);
}

void outbuf_bytes(struct outbuf *o, const void *data, size_t len);

inline void outbuf_char(struct outbuf *o, char c)
{
	if (outbuf_room(o, 1))
		*o->pos++ = c;
}

inline void outbuf_str(struct outbuf *o, const char *s)
{
	outbuf_bytes(o, s, strlen(s));
}

inline size_t outbuf_len(const struct outbuf *o)
{
	return (size_t)(o->pos - o->start);
}

void outbuf_u64(struct outbuf *o, uint64_t v);
void outbuf_i64(struct outbuf *o, int64_t v);
/* Lower-case hexadecimal, zero-padded to `digits` (1..16), without "0x". */
void outbuf_hex(struct outbuf *o, uint64_t v, int digits);
/* Zero-padded decimal of exactly `digits` (1..9) places; v < 10^digits. */
void outbuf_padded(struct outbuf *o, uint32_t v, int digits);
void outbuf_ipv4(struct outbuf *o, const uint8_t addr[4]);
/* RFC 5952 text. */
void outbuf_ipv6(struct outbuf *o, const uint8_t addr[16]);
/* aa:bb:cc:dd:ee:ff */
void outbuf_mac(struct outbuf *o, const uint8_t mac[6]);
/* Bytes as aa:bb:cc (sep ':') or aabbcc (sep 0). */
void outbuf_hexbytes(struct outbuf *o, const uint8_t *p, size_t len, char sep);
/* Seconds since 1970 with `digits` (0, 3, 6, 9) decimals: 1700000000.123456 */
void outbuf_epoch(struct outbuf *o, int64_t ts_ns, int digits);
/* Foreign text made harmless for a terminal: printable ASCII as it is, valid
 * UTF-8 beyond U+009F as it is, everything else (controls, escape, DEL, broken
 * UTF-8, backslash) as \n \t \\ or \xNN. */
void outbuf_escaped(struct outbuf *o, const void *data, size_t len);
/* printf into the buffer, for cold paths only; at most 4096 bytes. */
void outbuf_printf(struct outbuf *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
