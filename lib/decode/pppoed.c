/* SPDX-License-Identifier: MIT */
/* PPP over Ethernet discovery, RFC 2516 section 5: a host and an access concentrator find each other. */
#include "pppoe.h"
#include "summary.h"

static const struct claim pppoed_claims[] = { { CLAIM_ETHERTYPE, 0x8863 }, { CLAIM_NONE, 0 } };

const struct protocol proto_pppoed = {
	.name = "pppoed",
	.column = "PPPoED",
	.title = "PPP over Ethernet discovery",
	.reference = "RFC 2516",
	.fields_of = &proto_pppoes,
	.decode = pppoe_header,
	PROTOCOL_WALK(pppoe_walk_tags),
	.summary = pppoed_summary,
	.claims = pppoed_claims,
};
