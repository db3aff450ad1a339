/* SPDX-License-Identifier: MIT */
/* IP Encapsulating Security Payload, RFC 4303: |SPI 32|sequence 32| and nothing that could be read. */
#include "layout.h"
#include "summary.h"

enum { SPI, SEQUENCE };
enum { HEADER = 8 };

static enum decode_result esp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_take(d, HEADER) ? DECODE_OK : cursor_short(&d->c);
}

static void esp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) >= HEADER)
		outbuf_printf(s->out, "ESP(spi=0x%08x,seq=0x%x), length %u", get_be32(h), get_be32(h + 4), summary_outer_len(p, l));
}

FIELD_TABLE(esp_fields,
	(SPI, FIELD_FIXED_HEX("esp.spi", 0, 4, "Security parameters index")),
	(SEQUENCE, FIELD_FIXED(FIELD_UINT, "esp.sequence", 4, 4, "Sequence number"))
);

static const struct claim esp_claims[] = { { CLAIM_IPPROTO, 50 }, { CLAIM_NONE, 0 } };

const struct protocol proto_esp = {
	.name = "esp",
	.column = "ESP",
	.title = "Encapsulating Security Payload",
	.reference = "RFC 4303",
	.decode = esp_decode,
	.summary = esp_summary,
	PROTOCOL_FIELDS(esp_fields),
	.claims = esp_claims,
};
