/* SPDX-License-Identifier: MIT */
/* PPP over Ethernet: what its two stages share. The fields of both are in pppoes.c. */
#ifndef LIB_DECODE_PPPOE_H
#define LIB_DECODE_PPPOE_H

#include "decode/protocol.h"

enum { PPPOE_HEADER = 6 };
enum {
	PPPOE_TAG_END = 0, PPPOE_TAG_SERVICE = 0x0101, PPPOE_TAG_AC_NAME = 0x0102, PPPOE_TAG_HOST_UNIQ = 0x0103,
	PPPOE_TAG_AC_COOKIE = 0x0104
};

/* Takes the header and narrows to its payload. aux[0]: the code. */
enum decode_result pppoe_header(struct decode *d, struct layer *l);
void pppoe_walk_tags(struct walk *w, const struct packet *p, const struct layer *l);

#endif
