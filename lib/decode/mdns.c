/* SPDX-License-Identifier: MIT */
/* Multicast DNS: DNS messages on port 5353. Their fields are those of dns (so `dns.qry.name` finds them), the protocol is
 * its own (so `dns` does not). RFC 6762. */
#include "decode/dns.h"

static const struct claim claims[] = { { CLAIM_UDP_PORT, 5353 }, { CLAIM_NONE, 0 } };

const struct protocol proto_mdns = {
	.name = "mdns",
	.column = "MDNS",
	.title = "Multicast Domain Name System",
	.reference = "RFC 6762",
	.application = true,
	.fields_of = &proto_dns,
	.decode = dns_decode,
	PROTOCOL_WALK(dns_walk),
	.summary = dns_summary,
	.claims = claims,
};
