/* SPDX-License-Identifier: MIT */
/* Text lines of the link layers (tcpdump -e) and ARP. */
#include "summary.h"

enum { TYPE_MIN = 1536 };

static NAMED_VALUES(ethertypes,
	(0x0800, "IPv4"), (0x0806, "ARP"), (0x8035, "Reverse ARP"), (0x86dd, "IPv6"), (0x8100, "802.1Q"),
	(0x88a8, "802.1Q-QinQ"), (0x9100, "802.1Q-9100"), (0x9200, "802.1Q-9200"), (0x8847, "MPLS unicast"),
	(0x8848, "MPLS multicast"), (0x8863, "PPPoE D"), (0x8864, "PPPoE S"), (0x888e, "EAPOL"), (0x88cc, "LLDP"),
	(0x8809, "Slow Protocols"), (0x9000, "Loopback"), (0x894f, "NSH"), (0x8902, "CFM"), (0x88ca, "TIPC"),
	(0x6558, "TEB"), (0x880b, "PPP"), (0x8137, "IPX"), (0x809b, "Appletalk"), (0x80f3, "Appletalk ARP"),
	(0x8899, "RRCP"), (0x88a2, "AoE"), (0x8808, "MPCP"), (0x6002, "MOP RC"), (0x6001, "MOP DL")
);

const char *ethertype_name(unsigned type)
{
	return named_value(&ethertypes, type);
}

void summary_ethertype(struct summary *s, unsigned type)
{
	const char *name = ethertype_name(type);

	if (!s->quiet)
		outbuf_str(s->out, "ethertype ");
	if (name)
		outbuf_str(s->out, name);
	else
		outbuf_str(s->out, s->quiet ? "Unknown Ethertype" : "Unknown");
	if (!s->quiet || !name) {
		outbuf_bytes(s->out, " (0x", 4);
		outbuf_hex(s->out, type, 4);
		outbuf_char(s->out, ')');
	}
}

void eth_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t length = summary_outer_len(p, l);

	if (!s->link_header || packet_bytes(p, l, &h) < 14)
		return;
	outbuf_mac(s->out, h + 6);
	outbuf_bytes(s->out, " > ", 3);
	outbuf_mac(s->out, h);
	outbuf_bytes(s->out, ", ", 2);
	if (get_be16(h + 12) < TYPE_MIN) {
		outbuf_str(s->out, "802.3");
		length = get_be16(h + 12);
	} else {
		summary_ethertype(s, get_be16(h + 12));
	}
	outbuf_str(s->out, ", length ");
	outbuf_u64(s->out, length);
	outbuf_bytes(s->out, ": ", 2);
}

void vlan_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	unsigned tci;

	if (!s->link_header || packet_bytes(p, l, &h) < 4)
		return;
	tci = get_be16(h);
	outbuf_str(s->out, "vlan ");
	outbuf_u64(s->out, tci & 0xfff);
	outbuf_str(s->out, ", p ");
	outbuf_u64(s->out, tci >> 13);
	outbuf_str(s->out, tci & 0x1000 ? ", DEI, " : ", ");
	if (get_be16(h + 2) >= TYPE_MIN) {
		summary_ethertype(s, get_be16(h + 2));
		outbuf_bytes(s->out, ", ", 2);
	} else {
		outbuf_str(s->out, "802.3"); /* tcpdump goes on without a comma */
	}
}

static const char *packet_type(unsigned type)
{
	static const char names[][4] = { "In", "B", "M", "P", "Out" };

	return type < 5 ? names[type] : "?";
}

static void put_right(struct outbuf *o, const char *text, size_t width)
{
	for (size_t n = strlen(text); n < width; n++)
		outbuf_char(o, ' ');
	outbuf_str(o, text);
}

static void put_left(struct outbuf *o, const char *text, size_t width)
{
	outbuf_str(o, text);
	for (size_t n = strlen(text); n < width; n++)
		outbuf_char(o, ' ');
}

/* Version 2 always shows interface and direction; -e adds the rest. */
void sll_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	bool v2 = l->hlen == 20;
	const uint8_t *h = layer_at(p, l), *addr = h + (v2 ? 12 : 6);
	unsigned halen;

	if (!l->hlen)
		return;
	halen = v2 ? h[11] : get_be16(h + 4);
	if (v2) {
		const char *name = s->interface_name ? s->interface_name(get_be32(h + 4)) : NULL;

		put_left(s->out, name ? name : "?", 5);
		outbuf_char(s->out, ' ');
		put_left(s->out, packet_type(h[10]), 3);
		outbuf_char(s->out, ' ');
	}
	if (!s->link_header)
		return;
	if (v2) {
		outbuf_str(s->out, "ifindex ");
		outbuf_u64(s->out, get_be32(h + 4));
		outbuf_char(s->out, ' ');
	} else {
		put_right(s->out, packet_type(get_be16(h)), 3);
		outbuf_char(s->out, ' ');
	}
	if (halen) {
		outbuf_hexbytes(s->out, addr, halen > 8 ? 8 : halen, ':');
		outbuf_char(s->out, ' ');
	}
	summary_ethertype(s, l->aux[1]);
	outbuf_str(s->out, ", length ");
	outbuf_u64(s->out, summary_outer_len(p, l));
	outbuf_bytes(s->out, ": ", 2);
}

void null_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const struct layer *next = summary_next(p, l);
	const uint8_t *h;
	uint32_t family;

	if (!s->link_header || packet_bytes(p, l, &h) < 4)
		return;
	family = get_be32(h);
	if (family & 0xffff0000)
		family = get_le32(h);
	outbuf_str(s->out, "AF ");
	outbuf_str(s->out, next && next->proto == PROTO_ip ? "IPv4" : next && next->proto == PROTO_ipv6 ? "IPv6" : "Unknown");
	outbuf_bytes(s->out, " (", 2);
	outbuf_u64(s->out, family);
	outbuf_str(s->out, "), length ");
	outbuf_u64(s->out, summary_outer_len(p, l));
	outbuf_bytes(s->out, ": ", 2);
}

void raw_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (s->link_header)
		outbuf_str(s->out, "ip: ");
	if (l->result == DECODE_MALFORMED && packet_bytes(p, l, &h)) {
		outbuf_str(s->out, "unknown ip ");
		outbuf_u64(s->out, *h >> 4);
	}
}

/* ---- ARP --------------------------------------------------------------------------- */

static NAMED_VALUES(hardware_names,
	(1, "Ethernet"), (6, "TokenRing"), (7, "ArcNet"), (15, "FrameRelay"), (19, "ATM"), (23, "Strip"),
	(24, "IEEE 1394"), (32, "InfiniBand")
);

static NAMED_VALUES(operation_names,
	(1, "Request"), (2, "Reply"), (3, "Reverse Request"), (4, "Reverse Reply"), (8, "Inverse Request"),
	(9, "Inverse Reply"), (10, "NACK Reply")
);

static void put_named(struct outbuf *o, const char *name, const char *unknown, unsigned value, int hex)
{
	if (name) {
		outbuf_str(o, name);
		return;
	}
	outbuf_str(o, unknown);
	if (hex)
		outbuf_hex(o, value, hex);
	else
		outbuf_u64(o, value);
	outbuf_char(o, ')');
}

static bool any_set(const uint8_t *p, unsigned n)
{
	while (n--)
		if (*p++)
			return true;
	return false;
}

static void put_who_has(struct outbuf *o, const uint8_t *h, const uint8_t *sender, const uint8_t *target)
{
	unsigned hln = h[4];

	outbuf_str(o, "who-has ");
	outbuf_ipv4(o, target + hln);
	if (any_set(target, hln)) {
		outbuf_bytes(o, " (", 2);
		outbuf_hexbytes(o, target, hln, ':');
		outbuf_char(o, ')');
	}
	outbuf_str(o, " tell ");
	outbuf_ipv4(o, sender + hln);
}

static void put_operation(struct outbuf *o, const uint8_t *h)
{
	unsigned hln = h[4], op = get_be16(h + 6);
	const uint8_t *sender = h + 8, *target = sender + hln + 4;

	switch (op) {
	case 1:
		put_who_has(o, h, sender, target);
		break;
	case 2:
		outbuf_ipv4(o, sender + hln);
		outbuf_str(o, " is-at ");
		outbuf_hexbytes(o, sender, hln, ':');
		break;
	case 3:
	case 8:
		outbuf_str(o, "who-is ");
		outbuf_hexbytes(o, target, hln, ':');
		outbuf_str(o, " tell ");
		outbuf_hexbytes(o, sender, hln, ':');
		break;
	case 4:
		outbuf_hexbytes(o, target, hln, ':');
		outbuf_str(o, " at ");
		outbuf_ipv4(o, target + hln);
		break;
	case 9:
		outbuf_hexbytes(o, sender, hln, ':');
		outbuf_str(o, " at ");
		outbuf_ipv4(o, sender + hln);
		break;
	}
}

void arp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	const uint8_t *h;
	unsigned protocol;
	bool known;

	if (packet_bytes(p, l, &h) < 8 || l->result != DECODE_OK)
		return;
	if (!s->link_header)
		outbuf_str(o, "ARP, ");
	protocol = get_be16(h + 2);
	known = protocol == 0x0800 && h[5] == 4 && h[4];
	if (!known || s->verbose) {
		put_named(o, named_value(&hardware_names, get_be16(h)), "Unknown Hardware (", get_be16(h), 0);
		outbuf_str(o, " (len ");
		outbuf_u64(o, h[4]);
		outbuf_str(o, "), ");
		put_named(o, ethertype_name(protocol), "Unknown Protocol (0x", protocol, 4);
		outbuf_str(o, " (len ");
		outbuf_u64(o, h[5]);
		outbuf_char(o, ')');
		if (known)
			outbuf_bytes(o, ", ", 2);
	}
	if (known) {
		put_named(o, named_value(&operation_names, get_be16(h + 6)), "Unknown (", get_be16(h + 6), 0);
		outbuf_char(o, ' ');
		put_operation(o, h);
	}
	outbuf_str(o, ", length ");
	outbuf_u64(o, summary_outer_len(p, l));
}
