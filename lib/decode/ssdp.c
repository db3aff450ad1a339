/* SPDX-License-Identifier: MIT */
/* Simple Service Discovery Protocol: HTTP messages in UDP datagrams (UPnP Device Architecture 1.1). The fields are those of
 * http, the protocol is its own. */
#include "decode/http.h"

static bool ssdp_detect(const struct decode *d, const struct cursor *payload)
{
	(void)d;
	return http_starts(payload);
}

static const struct claim claims[] = { { CLAIM_UDP_PORT, 1900 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ssdp = {
	.name = "ssdp",
	.column = "SSDP",
	.title = "Simple Service Discovery Protocol",
	.reference = "UPnP Device Architecture 1.1",
	.application = true,
	.fields_of = &proto_http,
	.decode = http_decode,
	.detect = ssdp_detect,
	PROTOCOL_WALK(http_walk),
	.claims = claims,
};
