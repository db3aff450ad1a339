/* SPDX-License-Identifier: MIT */
/*
 * IPsec through address translators, RFC 3948: on port 4500 either ESP, or four zero bytes and IKE, or one byte
 * that keeps the translation alive.
 */
#include "layout.h"
#include "summary.h"

enum { KEEPALIVE, MARKER };
enum { KEEPALIVE_BYTE = 0xff };

static enum decode_result udpencap_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	l->aux[0] = d->wire_left == 1 && h && *h == KEEPALIVE_BYTE;
	if (l->aux[0])
		return decode_rest(d, 1);
	h = cursor_peek(&d->c, 4);
	if (!h)
		return cursor_short(&d->c);
	if (get_be32(h)) {
		d->next = PROTO_esp;
	} else {
		decode_take(d, 4);
		if (ENABLE_CONTROL_PROTOCOLS)
			d->next = PROTO_isakmp;
	}
	return DECODE_OK;
}

static bool get_flag(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)p;
	v->u = 1;
	return field_index(f) == KEEPALIVE ? l->aux[0] : l->hlen == 4;
}

static void udpencap_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	(void)p;
	if (l->aux[0])
		outbuf_str(s->out, "isakmp-nat-keep-alive");
	else if (l->result == DECODE_OK)
		outbuf_str(s->out, l->hlen ? "NONESP-encap: " : "UDP-encap: ");
}

FIELD_TABLE(udpencap_fields,
	(KEEPALIVE, FIELD_GET(FIELD_BOOL, "udpencap.nat_keepalive", get_flag, "Keeps a translation alive")),
	(MARKER, FIELD_GET(FIELD_BOOL, "udpencap.non_esp_marker", get_flag, "IKE, not ESP"))
);

static const struct claim udpencap_claims[] = { { CLAIM_UDP_PORT, 4500 }, { CLAIM_NONE, 0 } };

const struct protocol proto_udpencap = {
	.name = "udpencap",
	.column = "UDPENCAP",
	.title = "UDP Encapsulation of IPsec Packets",
	.reference = "RFC 3948",
	.decode = udpencap_decode,
	.summary = udpencap_summary,
	PROTOCOL_FIELDS(udpencap_fields),
	.claims = udpencap_claims,
};
