/* SPDX-License-Identifier: MIT */
/*
 * What Cisco's access points say to each other (Wireless LAN Context Control Protocol): the header that their
 * advertisements have. No public specification.
 *
 *	|version 8 = 0|length 8|type 16|destination 48|source 48|
 *
 * llc.c knows it by its organization in SNAP. The other version, which has an ethertype, is another header.
 */
#include "decode/protocol.h"
#include "summary.h"

enum { VERSION, LENGTH, TYPE, DSTMAC, SRCMAC };
enum { HEADER = 16 };

static enum decode_result wlccp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	(void)l;
	return h ? DECODE_OK : cursor_short(&d->c);
}

static void wlccp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_printf(s->out, "WLCCPv%u, type 0x%04x, ", h[0], get_be16(h + 2));
	outbuf_mac(s->out, h + 10);
	outbuf_str(s->out, " > ");
	outbuf_mac(s->out, h + 4);
	outbuf_printf(s->out, ", length %u", l->wire_end - l->off);
}

FIELD_TABLE(wlccp_fields,
	(VERSION, FIELD_FIXED_HEX("wlccp.version", 0, 1, "Version")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "wlccp.length", 1, 1, "Length")),
	(TYPE, FIELD_FIXED_HEX("wlccp.type", 3, 1, "Type, its low byte")),
	(DSTMAC, FIELD_FIXED(FIELD_ETHER, "wlccp.dstmac", 4, 6, "Destination")),
	(SRCMAC, FIELD_FIXED(FIELD_ETHER, "wlccp.srcmac", 10, 6, "Source"))
);

const struct protocol proto_wlccp = {
	.name = "wlccp",
	.column = "WLCCP",
	.title = "Cisco Wireless LAN Context Control Protocol",
	.reference = "SNAP 00:40:96",
	.decode = wlccp_decode,
	.summary = wlccp_summary,
	PROTOCOL_FIELDS(wlccp_fields),
};
