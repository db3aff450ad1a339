/* SPDX-License-Identifier: MIT */
/*
 * CAPWAP, RFC 5415 section 4.3. Data: what wireless stations send, from an access point
 * to its controller, as 802.3 or 802.11 frames. Control: what the two say to each other, on a port of its own; only the
 * first messages are in the clear. Encrypted, fragmented and keep-alive packets carry nothing that can be seen.
 *
 *	|version 4|type 4|words 5|radio 5|binding 5|T F L W M K reserved 3|fragment 16|offset 13|...|
 *	control: |enterprise 24|message 8|sequence 8|length 16|flags 8| elements: |type 16|length 16|...|
 *
 * aux[0]: 1 for control.
 */
#include "carrier.h"
#include "layout.h"
#include "summary.h"

enum {
	LENGTH, RID, WBID, FLAGS_T, FLAGS_F, FLAGS_K, MESSAGE_TYPE, ENTERPRISE, MESSAGE, SEQUENCE, ELEMENTS_LENGTH,
	ELEMENT_TYPE, ELEMENT_LENGTH
};
enum { HEADER = 8, CLEAR = 0, NATIVE = 0x100, FRAGMENT = 0x80, KEEP_ALIVE = 0x08, BINDING_802_11 = 1 };
enum { PORT_CONTROL = 5246, PORT_DATA = 5247, CONTROL_HEADER = 8 };

static bool is_control(const struct packet *p, const struct layer *l)
{
	const uint8_t *udp = p->source[l[-1].source].data + l[-1].off;

	return l[-1].proto == PROTO_udp && (get_be16(udp) == PORT_CONTROL || get_be16(udp + 2) == PORT_CONTROL);
}

static enum decode_result capwap_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	uint32_t word, len;

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = is_control(d->p, l);
	word = get_be24(h + 1);
	len = (word >> 19) * 4;
	if (len < HEADER)
		return DECODE_MALFORMED;
	if (!decode_take(d, len - HEADER))
		return cursor_short(&d->c);
	if (word & (FRAGMENT | KEEP_ALIVE) || !d->wire_left || l->aux[0])
		return DECODE_OK;
	if (!(word & NATIVE))
		d->next = PROTO_eth;
	else if ((word >> 9 & 31) == BINDING_802_11)
		d->next = PROTO_wlan;
	return DECODE_OK;
}

static bool capwap_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 1);

	(void)d;
	return h && *h == CLEAR;
}

static const char *capwap_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l->aux[0] ? "CAPWAP-Control" : "CAPWAP-Data";
}

static void capwap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot control[] = {
		{ MESSAGE_TYPE, 0, 4, 0 }, { ENTERPRISE, 0, 3, 0 }, { MESSAGE, 0, 4, 0 }, { SEQUENCE, 4, 1, 0 }, { ELEMENTS_LENGTH, 5, 2, 0 },
	};
	struct cursor c = packet_payload(p, l);
	const uint8_t *h;

	if (!l->aux[0] || l->result != DECODE_OK || !(h = cursor_take(&c, CONTROL_HEADER)))
		return;
	layout_walk(w, control, SLOTS(control), h, CONTROL_HEADER);
	while ((h = cursor_take(&c, 4))) {
		walk_uint(w, ELEMENT_TYPE, get_be16(h));
		walk_uint(w, ELEMENT_LENGTH, get_be16(h + 2));
		cursor_skip(&c, get_be16(h + 2));
	}
}

FIELD_TABLE(capwap_fields,
	(LENGTH, FIELD_BITS(FIELD_UINT, "capwap.header.length", 0, 4, 0x00f80000, "Length of the header, words")),
	(RID, FIELD_BITS(FIELD_UINT, "capwap.header.rid", 0, 4, 0x0007c000, "Radio")),
	(WBID, FIELD_BITS(FIELD_UINT, "capwap.header.wbid", 0, 4, 0x00003e00, "Wireless binding")),
	(FLAGS_T, FIELD_BITS(FIELD_BOOL, "capwap.header.flags.t", 0, 4, NATIVE, "Frame of the binding")),
	(FLAGS_F, FIELD_BITS(FIELD_BOOL, "capwap.header.flags.f", 0, 4, FRAGMENT, "Fragment")),
	(FLAGS_K, FIELD_BITS(FIELD_BOOL, "capwap.header.flags.k", 0, 4, KEEP_ALIVE, "Keep-alive")),
	(MESSAGE_TYPE, FIELD_WALK(FIELD_UINT, "capwap.control.header.message_type", "Control message")),
	(ENTERPRISE, FIELD_WALK(FIELD_UINT, "capwap.control.header.message_type.enterprise_number", "Control message: enterprise")),
	(MESSAGE, FIELD_WALK(FIELD_UINT, "capwap.control.header.message_type.enterprise_specific", "Control message: its number")),
	(SEQUENCE, FIELD_WALK(FIELD_UINT, "capwap.control.header.sequence_number", "Sequence number")),
	(ELEMENTS_LENGTH, FIELD_WALK(FIELD_UINT, "capwap.control.header.message_element_length", "Length of the elements")),
	(ELEMENT_TYPE, FIELD_WALK(FIELD_UINT, "capwap.message_element.type", "Element")),
	(ELEMENT_LENGTH, FIELD_WALK(FIELD_UINT, "capwap.message_element.length", "Element length"))
);

static const struct claim capwap_claims[] = { { CLAIM_UDP_PORT, PORT_DATA }, { CLAIM_UDP_PORT, PORT_CONTROL }, { CLAIM_NONE, 0 } };

const struct protocol proto_capwap = {
	.name = "capwap",
	.column = "CAPWAP-Data",
	.title = "Control And Provisioning of Wireless Access Points",
	.reference = "RFC 5415",
	.decode = capwap_decode,
	.detect = capwap_detect,
	.column_of = capwap_column,
	PROTOCOL_WALK(capwap_walk),
	.summary = capwap_summary,
	PROTOCOL_FIELDS(capwap_fields),
	.claims = capwap_claims,
};
