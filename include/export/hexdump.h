/* SPDX-License-Identifier: MIT */
/* Packet bytes for people, laid out as tcpdump does (-x, -X, -A). */
#ifndef EXPORT_HEXDUMP_H
#define EXPORT_HEXDUMP_H

#include "base/outbuf.h"

/* "\n\t0x0000:  4500 003c …" for every 16 bytes; with `ascii` the characters beside it. */
void hexdump_put(struct outbuf *o, const uint8_t *data, uint32_t len, bool ascii);
/* -A: a new line, then the bytes as text; what is not printable as '.', line ends and tabs kept. */
void hexdump_ascii(struct outbuf *o, const uint8_t *data, uint32_t len);

#endif
