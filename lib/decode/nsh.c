/* SPDX-License-Identifier: MIT */
/*
 * Network Service Header, RFC 8300: the path through a chain of services that a packet is on, and where it stands.
 *
 *	|version 2, OAM 1, -, time to live 6, length 6|-, metadata type 4|next protocol 8|path 24|index 8|metadata|
 *
 * The length is of all, in words. Metadata of type 1 are four words, of type 2 any number of
 * |class 16|type 8|-, length 7|...|, each filled up to a word.
 */
#include "carrier.h"
#include "summary.h"

enum {
	VERSION, OAM, CRITICAL, TTL, LENGTH, MD_TYPE, NEXT_PROTO, SPI, SI, CONTEXT, MD_CLASS, MD_KIND, MD_UNASSIGNED, MD_LEN, METADATA
};
enum { HEADER = 8, WORD = 4, MD_FIXED = 1, MD_VARIABLE = 2 };

static uint8_t next_of(unsigned number)
{
	static const uint8_t next[] = { PROTO_NONE, PROTO_ip, PROTO_ipv6, PROTO_eth, PROTO_nsh, PROTO_mpls };

	return number < sizeof(next) ? next[number] : PROTO_NONE;
}

static enum decode_result nsh_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	unsigned length;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	if (h[0] >> 6)
		return DECODE_OK; /* RFC 8300 has version 0 only */
	length = (h[1] & 63u) * WORD;
	if (length < HEADER)
		return DECODE_MALFORMED;
	if (!decode_take(d, length - HEADER))
		return cursor_short(&d->c);
	d->next = next_of(h[3]);
	return DECODE_OK;
}

static void walk_items(struct walk *w, struct cursor c)
{
	const uint8_t *item, *data;

	while ((item = cursor_take(&c, WORD))) {
		unsigned len = item[3] & 0x7f;

		walk_uint(w, MD_CLASS, get_be16(item));
		walk_uint(w, MD_KIND, item[2]);
		walk_uint(w, MD_UNASSIGNED, item[3] >> 7);
		walk_uint(w, MD_LEN, len);
		data = cursor_take(&c, len);
		if (data && len)
			walk_bytes(w, METADATA, data, len);
		cursor_skip(&c, -len % WORD);
	}
}

static void nsh_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *word;

	if (!h || l->hlen < HEADER)
		return;
	cursor_limit(&c, l->hlen - HEADER);
	if ((h[2] & 15) == MD_VARIABLE)
		walk_items(w, c);
	else if ((h[2] & 15) == MD_FIXED)
		while ((word = cursor_take(&c, WORD)))
			walk_bytes(w, CONTEXT, word, WORD);
}

static void nsh_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_str(s->out, "NSH, ");
	if (h[0] >> 6) {
		outbuf_printf(s->out, "ver %u (unknown)", h[0] >> 6);
		return;
	}
	outbuf_printf(s->out, "flags [%s], service-path-id 0x%06x, service-index 0x%x", h[0] & 0x20 ? "O" : "none",
		      get_be24(h + 4), h[7]);
	if (l->result != DECODE_OK)
		return;
	outbuf_str(s->out, s->verbose ? "\n    " : ": ");
	if (!summary_next(p, l))
		outbuf_str(s->out, "ERROR: unknown-next-protocol");
}

#define FIELD_BITS_HEX(n, off, msk, sh, digits, lab) \
	FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .offset = off, .width = 2, .mask = msk, .shift = sh, \
		.hex_digits = digits)

FIELD_TABLE(nsh_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "nsh.version", 0, 2, 0xc000, "Version")),
	(OAM, FIELD_BITS(FIELD_UINT, "nsh.Obit", 0, 2, 0x2000, "Operations, administration and maintenance")),
	(CRITICAL, FIELD_BITS(FIELD_UINT, "nsh.CBit", 0, 2, 0x1000, "Critical metadata")),
	(TTL, FIELD_BITS_HEX("nsh.ttl", 0, 0x0fc0, 6, 4, "Time to live")),
	(LENGTH, FIELD_BITS(FIELD_UINT, "nsh.length", 0, 2, 0x003f, "Length in words")),
	(MD_TYPE, FIELD_FIXED(FIELD_UINT, "nsh.mdtype", 2, 1, "Metadata type")),
	(NEXT_PROTO, FIELD_FIXED(FIELD_UINT, "nsh.nextproto", 3, 1, "Next protocol")),
	(SPI, FIELD_FIXED(FIELD_UINT, "nsh.spi", 4, 3, "Service path")),
	(SI, FIELD_FIXED(FIELD_UINT, "nsh.si", 7, 1, "Service index")),
	(CONTEXT, FIELD_WALK(FIELD_BYTES, "nsh.contextheader", "Context header")),
	(MD_CLASS, FIELD_WALK(FIELD_UINT, "nsh.metadataclass", "Metadata class")),
	(MD_KIND, FIELD_WALK(FIELD_UINT, "nsh.metadatatype", "Kind of metadata")),
	(MD_UNASSIGNED, FIELD_PLAIN("nsh.metadataunassignedbit", "Unassigned bit", .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(MD_LEN, FIELD_PLAIN("nsh.metadatalen", "Length of metadata", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(METADATA, FIELD_WALK(FIELD_BYTES, "nsh.metadata", "Metadata"))
);

static const struct claim nsh_claims[] = { { CLAIM_ETHERTYPE, 0x894f }, { CLAIM_NONE, 0 } };

const struct protocol proto_nsh = {
	.name = "nsh",
	.column = "NSH",
	.title = "Network Service Header",
	.reference = "RFC 8300",
	.decode = nsh_decode,
	PROTOCOL_WALK(nsh_walk),
	.summary = nsh_summary,
	PROTOCOL_FIELDS(nsh_fields),
	.claims = nsh_claims,
};
