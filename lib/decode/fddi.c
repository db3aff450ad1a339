/* SPDX-License-Identifier: MIT */
/*
 * Fiber Distributed Data Interface, ANSI X3.139: a ring of fibre. The addresses are on the wire, and in capture files, with
 * the bits of each byte the other way round: fields give them the way of Ethernet, text lines as they are (as tcpdump does).
 *
 *	|frame control 8: class 1, long addresses 1, kind 2, its number 4|destination 48|source 48|LLC, if asynchronous|
 */
#include "carrier.h"
#include "summary.h"

enum { FC, CLASS, PRIORITY, SMT, MAC, DST, SRC, ADDR };
enum { HEADER = 13, KIND_SMT = 0x40, KIND_ASYNC = 0x50, KIND_MAC = 0xc0, RESTRICTED = 8 };

static enum decode_result fddi_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	if ((h[0] & 0xf0) == KIND_ASYNC)
		d->next = PROTO_llc;
	return DECODE_OK;
}

static bool get_number(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;
	unsigned which = field_index(f);

	if (!packet_bytes(p, l, &h))
		return false;
	v->u = h[0] & (which == PRIORITY ? 7 : 15);
	return which == PRIORITY ? (h[0] & (0xf0 | RESTRICTED)) == KIND_ASYNC :
				   (h[0] & 0xf0) == (which == SMT ? KIND_SMT : KIND_MAC);
}

static bool get_address(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned at = field_index(f) == DST ? 1 : 7;
	const uint8_t *h;
	uint8_t *address;

	if (packet_bytes(p, l, &h) < at + 6)
		return false;
	address = packet_scratch((struct packet *)p, 6); /* the part of a packet that reading may change */
	if (!address)
		return false;
	for (unsigned i = 0; i < 6; i++) {
		unsigned b = h[at + i];

		b = (b & 0xf0) >> 4 | (b & 0x0f) << 4;
		b = (b & 0xcc) >> 2 | (b & 0x33) << 2;
		address[i] = (uint8_t)((b & 0xaa) >> 1 | (b & 0x55) << 1);
	}
	v->bytes = address;
	v->len = 6;
	return true;
}

static NAMED_VALUES(controls,
	(0x40, "void"), (0x41, "info"), (0x4f, "nsa"), (0x80, "nrt"), (0xc0, "rt"), (0xc2, "beacon"), (0xc3, "claim")
);

static NAMED_VALUES(kinds,
	(KIND_SMT, "smt"), (KIND_ASYNC, "async"), (0x60, "imp_async"), (KIND_MAC, "mac"), (0xd0, "sync"),
	(0xe0, "imp_sync")
);

static void fddi_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name, *kind;

	if (!s->link_header || packet_bytes(p, l, &h) < HEADER)
		return;
	name = named_value(&controls, h[0]);
	kind = named_value(&kinds, h[0] & 0xf0);
	if (!s->quiet) {
		outbuf_str(s->out, name ? name : kind ? kind : "");
		if (!name)
			outbuf_hex(s->out, kind ? h[0] & 15 : h[0], kind ? 1 : 2);
		outbuf_char(s->out, ' ');
	}
	outbuf_mac(s->out, h + 7);
	outbuf_bytes(s->out, " > ", 3);
	outbuf_mac(s->out, h + 1);
	outbuf_str(s->out, ", length ");
	outbuf_u64(s->out, summary_outer_len(p, l));
	outbuf_bytes(s->out, ": ", 2);
}

FIELD_TABLE(fddi_fields,
	(FC, FIELD_FIXED_HEX("fddi.fc", 0, 1, "Frame control")),
	(CLASS, FIELD_PLAIN("fddi.fc.clf", "Class, length of addresses, kind", .type = FIELD_UINT, .show = SHOW_HEX,
		.width = 1, .mask = 0xf0, .shift = 4, .hex_digits = 2)),
	(PRIORITY, FIELD_GET(FIELD_UINT, "fddi.fc.prio", get_number, "Priority")),
	(SMT, FIELD_GET(FIELD_UINT, "fddi.fc.smt_subtype", get_number, "Kind of station management")),
	(MAC, FIELD_GET(FIELD_UINT, "fddi.fc.mac_subtype", get_number, "Kind of a frame of the ring's own")),
	(DST, FIELD_GET(FIELD_ETHER, "fddi.dst", get_address, "Destination")),
	(SRC, FIELD_GET(FIELD_ETHER, "fddi.src", get_address, "Source")),
	(ADDR, FIELD_EITHER(FIELD_ETHER, "fddi.addr", "Source or destination", DST + 1, SRC + 1))
);

static const struct claim fddi_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_FDDI }, { CLAIM_NONE, 0 } };

const struct protocol proto_fddi = {
	.name = "fddi",
	.column = "FDDI",
	.title = "Fiber Distributed Data Interface",
	.reference = "ANSI X3.139",
	.decode = fddi_decode,
	.summary = fddi_summary,
	PROTOCOL_FIELDS(fddi_fields),
	.claims = fddi_claims,
};
