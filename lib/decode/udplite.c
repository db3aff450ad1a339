/* SPDX-License-Identifier: MIT */
/* UDP-Lite, RFC 3828: UDP whose checksum covers only the first bytes. Applications behind it are looked for as behind UDP. */
#include "decode/protocol.h"
#include "layout.h"
#include "summary.h"

enum { SRCPORT, DSTPORT, PORT, COVERAGE, CHECKSUM };
enum { HEADER = 8 };

static enum decode_result udplite_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	d->next = decode_application(d, CLAIM_UDP_PORT, get_be16(h), get_be16(h + 2));
	return DECODE_OK;
}

static void udplite_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const struct layer *next = summary_next(p, l);
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	summary_ports(s->out, p, l, 136, get_be16(h), get_be16(h + 2));
	if (!next || !protocols[next->proto]->summary || s->quiet)
		outbuf_printf(s->out, "UDP-Lite, length %u", summary_outer_len(p, l) - HEADER);
}

FIELD_TABLE(udplite_fields,
	(SRCPORT, FIELD_FIXED(FIELD_UINT, "udplite.srcport", 0, 2, "Source port")),
	(DSTPORT, FIELD_FIXED(FIELD_UINT, "udplite.dstport", 2, 2, "Destination port")),
	(PORT, FIELD_EITHER(FIELD_UINT, "udplite.port", "Source or destination port", SRCPORT + 1, DSTPORT + 1)),
	(COVERAGE, FIELD_FIXED(FIELD_UINT, "udplite.checksum_coverage", 4, 2, "Bytes the checksum covers; 0: all")),
	(CHECKSUM, FIELD_FIXED_HEX("udplite.checksum", 6, 2, "Checksum"))
);

static const struct claim udplite_claims[] = { { CLAIM_IPPROTO, 136 }, { CLAIM_NONE, 0 } };

const struct protocol proto_udplite = {
	.name = "udplite",
	.column = "UDP-Lite",
	.title = "Lightweight User Datagram Protocol",
	.reference = "RFC 3828",
	.decode = udplite_decode,
	.summary = udplite_summary,
	PROTOCOL_FIELDS(udplite_fields),
	.claims = udplite_claims,
};
