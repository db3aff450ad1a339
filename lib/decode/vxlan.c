/* SPDX-License-Identifier: MIT */
/*
 * VXLAN, RFC 7348: Ethernet frames in UDP, with a network number. The generic
 * protocol extension (port 4790, draft-ietf-nvo3-vxlan-gpe) says in the last byte of the
 * first word what it carries.
 *
 *	|flags 8|reserved 8|group policy 16 or reserved 8 and next protocol 8|network 24|reserved 8|
 *
 * aux[0]: 1 for the extension.
 */
#include "carrier.h"
#include "summary.h"

enum { FLAGS, FLAG_G, FLAG_I, GBP, VNI, NEXT_PROTO };
enum { HEADER = 8, PORT_GPE = 4790, GPE_IP = 1, GPE_IPV6 = 2, GPE_ETHERNET = 3, GPE_NSH = 4, GPE_MPLS = 5 };

static bool is_gpe(const struct packet *p, const struct layer *l)
{
	const uint8_t *udp = layer_at(p, l - 1);

	return l[-1].proto == PROTO_udp && (get_be16(udp) == PORT_GPE || get_be16(udp + 2) == PORT_GPE);
}

static enum decode_result vxlan_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	d->next = PROTO_eth;
	l->aux[0] = is_gpe(d->p, l);
	if (l->aux[0])
		d->next = h[3] == GPE_IP ? PROTO_ip : h[3] == GPE_IPV6 ? PROTO_ipv6 : h[3] == GPE_MPLS ? PROTO_mpls :
			  h[3] == GPE_ETHERNET ? PROTO_eth : h[3] == GPE_NSH ? PROTO_nsh : PROTO_NONE;
	return DECODE_OK;
}

static bool get_last_word(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;
	bool gpe = field_index(f) == NEXT_PROTO;

	if (packet_bytes(p, l, &h) < HEADER)
		return false;
	v->u = gpe ? h[3] : get_be16(h + 2);
	return gpe == l->aux[0];
}

FIELD_TABLE(vxlan_fields,
	(FLAGS, FIELD_FIXED_HEX("vxlan.flags", 0, 2, "Flags")),
	(FLAG_G, FIELD_BITS(FIELD_BOOL, "vxlan.flag_g", 0, 2, 0x8000, "Has a group policy")),
	(FLAG_I, FIELD_BITS(FIELD_BOOL, "vxlan.flag_i", 0, 2, 0x0800, "Has a network number")),
	(GBP, FIELD_GET(FIELD_UINT, "vxlan.gbp", get_last_word, "Group policy")),
	(VNI, FIELD_FIXED(FIELD_UINT, "vxlan.vni", 4, 3, "Network")),
	(NEXT_PROTO, FIELD_GET(FIELD_UINT, "vxlan.next_proto", get_last_word, "Next protocol"))
);

static const struct claim vxlan_claims[] = {
	{ CLAIM_UDP_PORT, 4789 }, { CLAIM_UDP_PORT, PORT_GPE }, { CLAIM_NONE, 0 },
};

const struct protocol proto_vxlan = {
	.name = "vxlan",
	.column = "VXLAN",
	.title = "Virtual eXtensible Local Area Network",
	.reference = "RFC 7348",
	.decode = vxlan_decode,
	.summary = vxlan_summary,
	PROTOCOL_FIELDS(vxlan_fields),
	.claims = vxlan_claims,
};
