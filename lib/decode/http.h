/* SPDX-License-Identifier: MIT */
/* What else wants to know of HTTP: whether it is. */
#ifndef LIB_DECODE_HTTP_H
#define LIB_DECODE_HTTP_H

#include "decode/protocol.h"

/* Is there a first line of HTTP/1, certain enough on any port? */
bool http_starts(const struct cursor *payload);

#endif
