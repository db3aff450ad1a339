/* SPDX-License-Identifier: MIT */
/* UDP, RFC 768. A length of 0 is a jumbogram's (RFC 2675 section 4): the rest of the packet. */
#include "decode/protocol.h"
#include "summary.h"

enum { SRCPORT, DSTPORT, PORT, STREAM, LENGTH, CHECKSUM, PAYLOAD };
enum { HEADER = 8 };

static enum decode_result udp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	enum decode_result result = DECODE_OK;
	uint32_t len;

	l->aux[0] = l->aux[1] = 0xffff; /* no conversation */
	if (!h)
		return cursor_short(&d->c);
	if (d->decoder->udp)
		decode_conversation(d, l, h);
	if (!d->quoted)
		d->p->transport = (int8_t)(l - d->p->layers);
	len = get_be16(h + 4);
	if (len && len < HEADER)
		return DECODE_MALFORMED;
	if (len && !decode_limit(d, len - HEADER) && !d->quoted && !d->fragment)
		result = DECODE_MALFORMED; /* longer than the packet: go on with what there is */
	if (decode_settled(d, l))
		return result;
	d->next = decode_application(d, CLAIM_UDP_PORT, get_be16(h), get_be16(h + 2));
	return result;
}

FIELD_TABLE(udp_fields,
	(SRCPORT, FIELD_FIXED(FIELD_UINT, "udp.srcport", 0, 2, "Source port")),
	(DSTPORT, FIELD_FIXED(FIELD_UINT, "udp.dstport", 2, 2, "Destination port")),
	(PORT, FIELD_EITHER(FIELD_UINT, "udp.port", "Source or destination port", SRCPORT + 1, DSTPORT + 1)),
	(STREAM, FIELD_HAS("udp.stream", "Conversation, counted from 0", (.get = conversation_field), .type = FIELD_UINT,
		.conversation = true)),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "udp.length", 4, 2, "Length, header included")),
	(CHECKSUM, FIELD_FIXED_HEX("udp.checksum", 6, 2, "Checksum")),
	(PAYLOAD, FIELD_GET(FIELD_BYTES, "udp.payload", payload_field, "Payload"))
);

static const struct claim udp_claims[] = { { CLAIM_IPPROTO, 17 }, { CLAIM_NONE, 0 } };

const struct protocol proto_udp = {
	.name = "udp",
	.column = "UDP",
	.title = "User Datagram Protocol",
	.reference = "RFC 768",
	.decode = udp_decode,
	.summary = udp_summary,
	PROTOCOL_FIELDS(udp_fields),
	.claims = udp_claims,
};
