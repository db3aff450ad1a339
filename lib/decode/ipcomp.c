/* SPDX-License-Identifier: MIT */
/* IP payload compression, RFC 3173: |next header 8|flags 8|compression parameter index 16| and compressed bytes. */
#include "layout.h"
#include "summary.h"

enum { FLAGS, CPI };
enum { HEADER = 4 };

static enum decode_result ipcomp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_take(d, HEADER) ? DECODE_OK : cursor_short(&d->c);
}

static void ipcomp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) >= HEADER)
		outbuf_printf(s->out, "IPComp(cpi=0x%04x)", get_be16(h + 2));
}

FIELD_TABLE(ipcomp_fields,
	(FLAGS, FIELD_FIXED_HEX("ipcomp.flags", 1, 1, "Flags")),
	(CPI, FIELD_FIXED_HEX("ipcomp.cpi", 2, 2, "Compression parameter index"))
);

static const struct claim ipcomp_claims[] = { { CLAIM_IPPROTO, 108 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ipcomp = {
	.name = "ipcomp",
	.column = "IPComp",
	.title = "IP Payload Compression",
	.reference = "RFC 3173",
	.decode = ipcomp_decode,
	.summary = ipcomp_summary,
	PROTOCOL_FIELDS(ipcomp_fields),
	.claims = ipcomp_claims,
};
