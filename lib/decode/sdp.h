/* SPDX-License-Identifier: MIT */
/* Where a session description lies in the body of a message of SIP or RTSP. */
#ifndef LIB_DECODE_SDP_H
#define LIB_DECODE_SDP_H

#include "decode/line.h"

/* The description in `body`, alone or as a part of it, by the message's content type; false if there is none. */
bool sdp_find(const struct text *content_type, struct cursor body, struct cursor *sdp);

#endif
