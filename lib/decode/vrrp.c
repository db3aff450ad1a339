/* SPDX-License-Identifier: MIT */
/*
 * VRRP, versions 2 (RFC 3768) and 3 (RFC 5798).
 *
 *	v2 |version 4|type 4|router 8|priority 8|addresses 8|authentication 8|interval 8, s|checksum 16| addresses, password
 *	v3 |                                              |0 4|interval 12, 1/100 s     |checksum 16| addresses of 4 or 16
 */
#include "layout.h"
#include "summary.h"

enum {
	TYPEVER, VERSION, TYPE, ROUTER, PRIORITY, COUNT, CHECKSUM, AUTH_TYPE, INTERVAL, INTERVAL_3, ADDRESS_4, ADDRESS_6, AUTH_STRING
};
enum { HEADER = 8 };

static enum decode_result vrrp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static void vrrp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot v2[] = { { AUTH_TYPE, 4, 1, 0 }, { INTERVAL, 5, 1, 0 } };
	static const struct slot v3[] = { { INTERVAL_3, 4, 2, 0x0fff } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *address;
	bool six = l[-1].proto == PROTO_ipv6;

	if (!h)
		return;
	if (h[0] >> 4 == 3)
		layout_walk(w, v3, SLOTS(v3), h, HEADER);
	else
		layout_walk(w, v2, SLOTS(v2), h, HEADER);
	for (unsigned n = h[3]; n && (address = cursor_take(&c, six ? 16 : 4)); n--)
		walk_bytes(w, six ? ADDRESS_6 : ADDRESS_4, address, six ? 16 : 4);
	if (h[0] >> 4 == 2 && h[4] == 1 && !c.cut && (address = cursor_take(&c, 8)))
		walk_bytes(w, AUTH_STRING, address, (uint32_t)strnlen((const char *)address, 8));
}

static NAMED_VALUES(auth_types, (0, "none"), (1, "simple"), (2, "ah"));

/* -v: the addresses, and the password in clear */
static void put_addresses(struct outbuf *o, const uint8_t *h, struct cursor c, unsigned len)
{
	const uint8_t *address;

	outbuf_str(o, ", addrs");
	if (h[3] != 1)
		outbuf_printf(o, "(%u)", h[3]);
	outbuf_bytes(o, ": ", 2);
	for (unsigned i = 0; i < h[3] && (address = cursor_take(&c, len)); i++) {
		if (i)
			outbuf_char(o, ',');
		layout_address(o, address, len);
	}
}

static void vrrp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);
	const char *auth;
	unsigned ttl;

	if (!h)
		return;
	outbuf_printf(s->out, "VRRPv%u, ", h[0] >> 4);
	if ((h[0] & 15) != 1) {
		outbuf_printf(s->out, "unknown type (%u)", h[0] & 15);
		return;
	}
	outbuf_str(s->out, "Advertisement");
	ttl = layer_at(p, l - 1)[l[-1].proto == PROTO_ipv6 ? 7 : 8];
	if (ttl != 255) /* from another link: not to be believed */
		outbuf_printf(s->out, ", (ttl %u)", ttl);
	outbuf_printf(s->out, ", vrid %u, prio %u", h[1], h[2]);
	auth = named_value(&auth_types, h[4]);
	if (h[0] >> 4 == 2) {
		outbuf_str(s->out, ", authtype ");
		auth ? outbuf_str(s->out, auth) : outbuf_printf(s->out, "unknown type#%u", h[4]);
		outbuf_printf(s->out, ", intvl %us, length %u", h[5], summary_outer_len(p, l));
	} else {
		outbuf_printf(s->out, ", intvl %ucs, length %u", get_be16(h + 4) & 0xfffu, summary_outer_len(p, l));
	}
	if (s->verbose)
		put_addresses(s->out, h, c, l[-1].proto == PROTO_ipv6 ? 16 : 4);
}

FIELD_TABLE(vrrp_fields,
	(TYPEVER, FIELD_FIXED(FIELD_UINT, "vrrp.typever", 0, 1, "Version and type")),
	(VERSION, FIELD_BITS(FIELD_UINT, "vrrp.version", 0, 1, 0xf0, "Version")),
	(TYPE, FIELD_BITS(FIELD_UINT, "vrrp.type", 0, 1, 0x0f, "Type")),
	(ROUTER, FIELD_FIXED(FIELD_UINT, "vrrp.virt_rtr_id", 1, 1, "Virtual router")),
	(PRIORITY, FIELD_FIXED(FIELD_UINT, "vrrp.prio", 2, 1, "Priority")),
	(COUNT, FIELD_FIXED(FIELD_UINT, "vrrp.addr_count", 3, 1, "Number of addresses")),
	(CHECKSUM, FIELD_FIXED_HEX("vrrp.checksum", 6, 2, "Checksum")),
	(AUTH_TYPE, FIELD_WALK(FIELD_UINT, "vrrp.auth_type", "Authentication type")),
	(INTERVAL, FIELD_WALK(FIELD_UINT, "vrrp.adver_int", "Interval, s")),
	(INTERVAL_3, FIELD_WALK(FIELD_UINT, "vrrp.short_adver_int", "Interval, 1/100 s")),
	(ADDRESS_4, FIELD_WALK(FIELD_IPV4, "vrrp.ip_addr", "Address")),
	(ADDRESS_6, FIELD_WALK(FIELD_IPV6, "vrrp.ipv6_addr", "Address")),
	(AUTH_STRING, FIELD_WALK(FIELD_STRING, "vrrp.auth_string", "Password"))
);

static const struct claim vrrp_claims[] = { { CLAIM_IPPROTO, 112 }, { CLAIM_NONE, 0 } };

const struct protocol proto_vrrp = {
	.name = "vrrp",
	.column = "VRRP",
	.title = "Virtual Router Redundancy Protocol",
	.reference = "RFC 3768, RFC 5798",
	.decode = vrrp_decode,
	PROTOCOL_WALK(vrrp_walk),
	.summary = vrrp_summary,
	PROTOCOL_FIELDS(vrrp_fields),
	.claims = vrrp_claims,
};
