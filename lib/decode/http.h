/* SPDX-License-Identifier: MIT */
/* What other protocols use of HTTP/1. */
#ifndef LIB_DECODE_HTTP_H
#define LIB_DECODE_HTTP_H

#include "decode/protocol.h"

/* Is there a first line of HTTP/1, certain enough on any port? */
bool http_starts(const struct cursor *payload);

/* Is there the preface of HTTP/2? */
bool http2_starts(const struct cursor *payload);

/* What tcpdump says of a segment on its two ports of HTTP, whatever is in it, for the first layer on TCP. */
void http_port_summary(struct summary *s, const struct packet *p, const struct layer *l);

enum decode_result http_decode(struct decode *d, struct layer *l);
void http_walk(struct walk *w, const struct packet *p, const struct layer *l);

#endif
