/* SPDX-License-Identifier: MIT */
/* Link-Local Multicast Name Resolution: DNS messages on port 5355, some of whose flags mean something else. The fields are
 * those of dns. tcpdump does not decode it; its line is what `length` bytes of UDP look like. RFC 4795. */
#include "decode/dns.h"

static const struct claim claims[] = { { CLAIM_UDP_PORT, 5355 }, { CLAIM_TCP_PORT, 5355 }, { CLAIM_NONE, 0 } };

const struct protocol proto_llmnr = {
	.name = "llmnr",
	.column = "LLMNR",
	.title = "Link-Local Multicast Name Resolution",
	.reference = "RFC 4795",
	.application = true,
	.fields_of = &proto_dns,
	.decode = dns_decode,
	PROTOCOL_WALK(dns_walk),
	.claims = claims,
};
