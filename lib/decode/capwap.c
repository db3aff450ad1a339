/* SPDX-License-Identifier: MIT */
/*
 * CAPWAP data, RFC 5415 section 4.3: what wireless stations send, from an access point
 * to its controller, as 802.3 or 802.11 frames. Encrypted, fragmented and
 * keep-alive packets carry nothing that can be seen.
 *
 *	|version 4|type 4|words 5|radio 5|binding 5|T F L W M K reserved 3|fragment 16|offset 13|...|
 */
#include "carrier.h"
#include "summary.h"

enum { LENGTH, RID, WBID, FLAGS_T, FLAGS_F, FLAGS_K };
enum { HEADER = 8, CLEAR = 0, NATIVE = 0x100, FRAGMENT = 0x80, KEEP_ALIVE = 0x08, BINDING_802_11 = 1 };

static enum decode_result capwap_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	uint32_t word, len;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	word = get_be24(h + 1);
	len = (word >> 19) * 4;
	if (len < HEADER)
		return DECODE_MALFORMED;
	if (!decode_take(d, len - HEADER))
		return cursor_short(&d->c);
	if (word & (FRAGMENT | KEEP_ALIVE) || !d->wire_left)
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

static const struct field capwap_fields[] = {
	[LENGTH] = FIELD_BITS(FIELD_UINT, "capwap.header.length", 0, 4, 0x00f80000, "Length of the header, words"),
	[RID] = FIELD_BITS(FIELD_UINT, "capwap.header.rid", 0, 4, 0x0007c000, "Radio"),
	[WBID] = FIELD_BITS(FIELD_UINT, "capwap.header.wbid", 0, 4, 0x00003e00, "Wireless binding"),
	[FLAGS_T] = FIELD_BITS(FIELD_BOOL, "capwap.header.flags.t", 0, 4, NATIVE, "Frame of the binding"),
	[FLAGS_F] = FIELD_BITS(FIELD_BOOL, "capwap.header.flags.f", 0, 4, FRAGMENT, "Fragment"),
	[FLAGS_K] = FIELD_BITS(FIELD_BOOL, "capwap.header.flags.k", 0, 4, KEEP_ALIVE, "Keep-alive"),
};

static const struct claim capwap_claims[] = { { CLAIM_UDP_PORT, 5247 }, { CLAIM_NONE, 0 } };

const struct protocol proto_capwap = {
	.name = "capwap",
	.column = "CAPWAP-Data",
	.title = "Control And Provisioning of Wireless Access Points: data",
	.reference = "RFC 5415",
	.decode = capwap_decode,
	.detect = capwap_detect,
	.summary = capwap_summary,
	PROTOCOL_FIELDS(capwap_fields),
	.claims = capwap_claims,
};
