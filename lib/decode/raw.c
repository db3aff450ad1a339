/* SPDX-License-Identifier: MIT */
/* Raw IP: no link header; the first four bits are the IP version. LINKTYPE_RAW. */
#include "decode/protocol.h"
#include "summary.h"

static enum decode_result raw_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	d->next = *h >> 4 == 4 ? PROTO_ip : *h >> 4 == 6 ? PROTO_ipv6 : PROTO_NONE;
	return d->next == PROTO_NONE ? DECODE_MALFORMED : DECODE_OK;
}

static const struct claim raw_claims[] = {
	{ CLAIM_LINKTYPE, LINKTYPE_RAW },
	{ CLAIM_LINKTYPE, LINKTYPE_RAW_BSD12 },
	{ CLAIM_LINKTYPE, LINKTYPE_RAW_BSD14 },
	{ CLAIM_LINKTYPE, LINKTYPE_IPV4 },
	{ CLAIM_LINKTYPE, LINKTYPE_IPV6 },
	{ CLAIM_NONE, 0 },
};

const struct protocol proto_raw = {
	.name = "raw",
	.column = "Raw",
	.title = "Raw IP",
	.reference = "LINKTYPE_RAW",
	.decode = raw_decode,
	.summary = raw_summary,
	.claims = raw_claims,
};
