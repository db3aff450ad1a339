/* SPDX-License-Identifier: MIT */
/*
 * Cisco discovery: who a device is, on which port, what it can.
 *
 *	|version 8|time to live 8|checksum 16| values: |type 16|length 16|...|
 *
 * Addresses are lists: |number 32| then |protocol type 8|length 8|protocol|length 16|address|. Cisco, "Frame Formats" in
 * "Configuring Cisco Discovery Protocol".
 */
#include "cisco.h"
#include "parts.h"
#include "summary.h"

enum {
	VERSION, TTL, CHECKSUM, TLV_TYPE, TLV_LEN, DEVICE_ID, SOFTWARE, PLATFORM, ADDRESSES, PROTOCOL_TYPE, PROTOCOL_LENGTH,
	PROTOCOL, ADDRESS_LENGTH, IP_ADDRESS, IPV6_ADDRESS, PORT, CAPABILITIES, C_ROUTER, C_TRANS_BRIDGE, C_SRC_BRIDGE, C_SWITCH,
	C_HOST, C_IGMP, C_REPEATER, C_PHONE, C_REMOTE, C_CVTA, C_MAC_RELAY, IP_PREFIX, VTP_DOMAIN, NATIVE_VLAN, DUPLEX, OUI,
	PROTOCOL_ID, CLUSTER_MASTER, CLUSTER_IP, CLUSTER_VERSION, CLUSTER_SUB_VERSION, CLUSTER_STATUS, CLUSTER_COMMANDER,
	CLUSTER_SWITCH, CLUSTER_VLAN, TRUST, UNTRUSTED_COS, POWER, REQUEST_ID, MANAGEMENT_ID, POWER_REQUESTED, VOICE_VLAN, DATA,
	MTU, SYSTEM_NAME, LOCATION
};
enum { HEADER = 4 };
enum {
	T_DEVICE = 0x01, T_ADDRESS = 0x02, T_PORT = 0x03, T_CAPABILITIES = 0x04, T_VERSION = 0x05, T_PLATFORM = 0x06,
	T_PREFIXES = 0x07, T_HELLO = 0x08, T_VTP = 0x09, T_VLAN = 0x0a, T_DUPLEX = 0x0b, T_VOICE_REPLY = 0x0e, T_VOICE_QUERY = 0x0f,
	T_POWER = 0x10, T_MTU = 0x11, T_TRUST = 0x12, T_COS = 0x13, T_NAME = 0x14, T_MANAGEMENT = 0x16, T_LOCATION = 0x17,
	T_REQUESTED = 0x19, T_AVAILABLE = 0x1a
};

static enum decode_result cdp_decode(struct decode *d, struct layer *l)
{
	struct cisco_tlv t;

	(void)l;
	if (!decode_take(d, HEADER))
		return cursor_short(&d->c);
	while (cisco_next(&d->c, &t))
		;
	return d->c.cut ? cursor_short(&d->c) : DECODE_OK;
}

static const struct part parts[] = {
	{ T_DEVICE, DEVICE_ID, 0 }, { T_PORT, PORT, 0 }, { T_PLATFORM, PLATFORM, 0 }, { T_CAPABILITIES, CAPABILITIES, 4 },
	{ T_CAPABILITIES, C_ROUTER, 4 }, { T_CAPABILITIES, C_TRANS_BRIDGE, 4 }, { T_CAPABILITIES, C_SRC_BRIDGE, 4 },
	{ T_CAPABILITIES, C_SWITCH, 4 }, { T_CAPABILITIES, C_HOST, 4 }, { T_CAPABILITIES, C_IGMP, 4 },
	{ T_CAPABILITIES, C_REPEATER, 4 }, { T_CAPABILITIES, C_PHONE, 4 }, { T_CAPABILITIES, C_REMOTE, 4 },
	{ T_CAPABILITIES, C_CVTA, 4 }, { T_CAPABILITIES, C_MAC_RELAY, 4 }, { T_VLAN, NATIVE_VLAN, 2 }, { T_DUPLEX, DUPLEX, 1 },
	{ T_HELLO, OUI, 3 }, { T_HELLO, PROTOCOL_ID, 2 }, { T_HELLO, CLUSTER_MASTER, 4 }, { T_HELLO, CLUSTER_IP, 4 },
	{ T_HELLO, CLUSTER_VERSION, 1 }, { T_HELLO, CLUSTER_SUB_VERSION, 1 }, { T_HELLO, CLUSTER_STATUS, 1 },
	{ T_HELLO, CLUSTER_COMMANDER, 6 }, { T_HELLO, CLUSTER_SWITCH, 6 }, { T_HELLO, CLUSTER_VLAN, 2 }, { T_TRUST, TRUST, 1 },
	{ T_COS, UNTRUSTED_COS, 1 }, { T_POWER, POWER, 2 }, { T_MTU, MTU, 4 }, { T_NAME, SYSTEM_NAME, 0 },
	{ T_LOCATION, LOCATION, 0 }, { T_REQUESTED, REQUEST_ID, 2 }, { T_REQUESTED, MANAGEMENT_ID, 2 },
	{ T_AVAILABLE, REQUEST_ID, 2 }, { T_AVAILABLE, MANAGEMENT_ID, 2 },
	{ T_VOICE_REPLY, DATA, 1 }, { T_VOICE_REPLY, VOICE_VLAN, 2 }, { T_VOICE_QUERY, DATA, 1 }, { T_VOICE_QUERY, VOICE_VLAN, 2 },
};

struct cdp_address {
	const uint8_t *head, *protocol, *bytes; /* head: type, length of the protocol */
	unsigned len;
};

static bool next_address(struct cursor *c, struct cdp_address *a)
{
	a->head = cursor_take(c, 2);
	a->protocol = a->head ? cursor_take(c, a->head[1]) : NULL;
	a->len = a->protocol ? cursor_be16(c) : 0;
	a->bytes = cursor_take(c, a->len);
	return a->bytes;
}

/* NLPID 0xcc; and what is long enough to be one: an LLC header with ethertype 86dd */
static bool is_ipv4(const struct cdp_address *a)
{
	return a->head[0] == 1 && a->head[1] == 1 && *a->protocol == 0xcc && a->len == 4;
}

static bool is_ipv6(const struct cdp_address *a)
{
	return a->head[0] == 2 && a->head[1] == 8 && get_be16(a->protocol + 6) == 0x86dd && a->len == 16;
}

static void walk_addresses(struct walk *w, const struct cisco_tlv *t)
{
	struct cursor c = cursor_over(t->value, t->len, false);
	uint32_t n = cursor_be32(&c);
	struct cdp_address a;

	if (c.cut)
		return;
	for (walk_uint(w, ADDRESSES, n); n-- && next_address(&c, &a);) {
		walk_uint(w, PROTOCOL_TYPE, a.head[0]);
		walk_uint(w, PROTOCOL_LENGTH, a.head[1]);
		walk_bytes(w, PROTOCOL, a.protocol, a.head[1]);
		walk_uint(w, ADDRESS_LENGTH, a.len);
		if (is_ipv4(&a))
			walk_bytes(w, IP_ADDRESS, a.bytes, 4);
		else if (is_ipv6(&a))
			walk_bytes(w, IPV6_ADDRESS, a.bytes, 16);
	}
}

/* Each line is a value of its own. */
static void walk_lines(struct walk *w, const uint8_t *text, uint32_t len)
{
	const uint8_t *end;

	for (; len; len -= (uint32_t)(end + 1 - text), text = end + 1) {
		end = memchr(text, '\n', len);
		if (!end) {
			walk_bytes(w, SOFTWARE, text, len);
			return;
		}
		walk_bytes(w, SOFTWARE, text, (uint32_t)(end - text));
	}
}

static void cdp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct cisco_tlv t;

	cursor_skip(&c, HEADER);
	while (cisco_next(&c, &t)) {
		walk_uint(w, TLV_TYPE, t.type);
		walk_uint(w, TLV_LEN, t.len + 4u);
		walk_parts(w, parts, t.type, t.value, t.len);
		switch (t.type) {
		case T_ADDRESS:
		case T_MANAGEMENT: walk_addresses(w, &t); break;
		case T_VERSION: walk_lines(w, t.value, t.len); break;
		case T_VTP: walk_bytes(w, VTP_DOMAIN, t.value, t.len); break;
		case T_PREFIXES:
			for (unsigned at = 0; at + 5 <= t.len; at += 5)
				walk_bytes(w, IP_PREFIX, t.value + at, 4);
			break;
		case T_REQUESTED:
		case T_AVAILABLE:
			for (unsigned at = 4; at + 4 <= t.len; at += 4)
				walk_uint(w, POWER_REQUESTED, get_be32(t.value + at));
		}
	}
}

/* ---- text ------------------------------------------------------------------------------- */

static NAMED_VALUES(names,
	(T_DEVICE, "Device-ID"), (T_ADDRESS, "Address"), (T_PORT, "Port-ID"), (T_CAPABILITIES, "Capability"),
	(T_VERSION, "Version String"), (T_PLATFORM, "Platform"), (T_PREFIXES, "Prefixes"),
	(T_HELLO, "Protocol-Hello option"), (T_VTP, "VTP Management Domain"), (T_VLAN, "Native VLAN ID"),
	(T_DUPLEX, "Duplex"), (T_VOICE_REPLY, "ATA-186 VoIP VLAN assignment"), (T_VOICE_QUERY, "ATA-186 VoIP VLAN request"),
	(T_POWER, "power consumption"), (T_MTU, "MTU"), (T_TRUST, "AVVID trust bitmap"),
	(T_COS, "AVVID untrusted ports CoS"), (T_NAME, "System Name"), (0x15, "System Object ID (not decoded)"),
	(T_MANAGEMENT, "Management Addresses"), (T_LOCATION, "Physical Location")
);

static void put_addresses(struct outbuf *o, const struct cisco_tlv *t)
{
	struct cursor c = cursor_over(t->value, t->len, false);
	struct cdp_address a;
	bool any = false;

	for (uint32_t n = cursor_be32(&c); n-- && next_address(&c, &a); any = true) {
		outbuf_str(o, any ? " " : "");
		if (is_ipv4(&a)) {
			outbuf_printf(o, "IPv4 (%u) ", 1);
			outbuf_ipv4(o, a.bytes);
		} else if (is_ipv6(&a)) {
			outbuf_printf(o, "IPv6 (%u) ", 1);
			outbuf_ipv6(o, a.bytes);
		} else {
			outbuf_printf(o, "pt=0x%02x, pl=%u, pb=", a.head[0], a.head[1]);
			outbuf_hexbytes(o, a.protocol, a.head[1], ' ');
			outbuf_printf(o, ", al=%u, a=", a.len);
			outbuf_hexbytes(o, a.bytes, a.len, ' ');
		}
	}
}

static void put_capabilities(struct outbuf *o, uint32_t bits)
{
	static const char kinds[][15] = { "Router", "TB Bridge", "SR Bridge", "L2 Switch", "L3 capable", "IGMP snooping", "L1 capable" };
	bool any = false;

	outbuf_printf(o, "(0x%08x): ", bits);
	for (unsigned i = 0; i < 7; i++)
		if (bits >> i & 1) {
			outbuf_printf(o, "%s%s", any ? ", " : "", kinds[i]);
			any = true;
		}
	outbuf_str(o, any ? "" : "none");
}

static void put_lines(struct outbuf *o, const uint8_t *text, uint32_t len)
{
	const uint8_t *end;

	for (; len; len -= (uint32_t)(end + 1 - text), text = end + 1) {
		end = memchr(text, '\n', len);
		outbuf_str(o, "\n\t  ");
		outbuf_escaped(o, text, end ? (size_t)(end - text) : len);
		if (!end)
			return;
	}
}

static void put_value(struct outbuf *o, const struct cisco_tlv *t)
{
	const char *name = named_value(&names, t->type);

	outbuf_printf(o, "\n\t%s (0x%02x), value length: %u byte%s: ", name ? name : "Unknown field type", t->type, t->len,
		      t->len == 1 ? "" : "s");
	switch (t->type) {
	case T_DEVICE:
	case T_PORT:
	case T_PLATFORM:
	case T_VTP:
	case T_NAME:
		outbuf_char(o, '\'');
		outbuf_escaped(o, t->value, t->len);
		outbuf_char(o, '\'');
		return;
	case T_VERSION: put_lines(o, t->value, t->len); return;
	case T_ADDRESS:
	case T_MANAGEMENT: put_addresses(o, t); return;
	case T_HELLO: return;
	case T_PREFIXES:
		outbuf_printf(o, " IPv4 Prefixes (%u):", t->len / 5u);
		for (unsigned at = 0; at + 5 <= t->len; at += 5) {
			outbuf_char(o, ' ');
			outbuf_ipv4(o, t->value + at);
			outbuf_printf(o, "/%u", t->value[at + 4]);
		}
		return;
	case T_LOCATION:
		if (t->len)
			outbuf_printf(o, "%u/", t->value[0]);
		outbuf_escaped(o, t->value + 1, t->len ? strnlen((const char *)t->value + 1, t->len - 1u) : 0);
		return;
	}
	if (t->type == T_CAPABILITIES && t->len == 4)
		put_capabilities(o, get_be32(t->value));
	else if (t->type == T_VLAN && t->len == 2)
		outbuf_u64(o, get_be16(t->value));
	else if (t->type == T_DUPLEX && t->len == 1)
		outbuf_str(o, *t->value ? "full" : "half");
	else if (t->type == T_VOICE_REPLY && t->len >= 3)
		outbuf_printf(o, "app %u, vlan %u", t->value[0], get_be16(t->value + 1));
	else if (t->type == T_POWER && t->len == 2)
		outbuf_printf(o, "%u.%02uW", (get_be16(t->value) + 5u) / 1000, (get_be16(t->value) + 5u) % 1000 / 10);
	else if (t->type == T_MTU && t->len == 4)
		outbuf_printf(o, "%u bytes", get_be32(t->value));
	else if ((t->type == T_TRUST || t->type == T_COS) && t->len == 1)
		outbuf_printf(o, "0x%02x", *t->value);
	else
		summary_unknown(o, t->value, t->len);
}

static void cdp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);
	struct cisco_tlv t;

	if (!h)
		return;
	outbuf_printf(s->out, "CDPv%u, ttl: %us", h[0], h[1]);
	if (s->verbose)
		outbuf_printf(s->out, ", checksum: 0x%04x (unverified), length %u", get_be16(h + 2), l->wire_end - l->off);
	while (cisco_next(&c, &t)) {
		if (s->verbose) {
			put_value(s->out, &t);
		} else if (t.type == T_DEVICE) {
			outbuf_str(s->out, ", Device-ID '");
			outbuf_escaped(s->out, t.value, t.len);
			outbuf_char(s->out, '\'');
		}
	}
}

/* ---- tables ------------------------------------------------------------------------------ */

#define CAPABILITY(n, msk, lab) PART_BITS(FIELD_BOOL, "cdp.capabilities." n, 0, msk, lab)

FIELD_TABLE(cdp_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "cdp.version", 0, 1, "Version")),
	(TTL, FIELD_FIXED(FIELD_UINT, "cdp.ttl", 1, 1, "Time to live, s")),
	(CHECKSUM, FIELD_FIXED_HEX("cdp.checksum", 2, 2, "Checksum")),
	(TLV_TYPE, PART_HEX("cdp.tlv.type", 0, 4, "Type of a value")),
	(TLV_LEN, FIELD_WALK(FIELD_UINT, "cdp.tlv.len", "Length of a value")),
	(DEVICE_ID, PART_FIELD(FIELD_STRING, "cdp.deviceid", 0, "Device")),
	(SOFTWARE, FIELD_WALK(FIELD_STRING, "cdp.software_version", "A line of the software's version")),
	(PLATFORM, PART_FIELD(FIELD_STRING, "cdp.platform", 0, "Platform")),
	(ADDRESSES, FIELD_WALK(FIELD_UINT, "cdp.number_of_addresses", "Number of addresses")),
	(PROTOCOL_TYPE, PART_HEX("cdp.protocol_type", 0, 2, "How the address's protocol is named")),
	(PROTOCOL_LENGTH, FIELD_WALK(FIELD_UINT, "cdp.protocol_length", "Length of the protocol's name")),
	(PROTOCOL, FIELD_WALK(FIELD_BYTES, "cdp.protocol", "Protocol of the address")),
	(ADDRESS_LENGTH, FIELD_WALK(FIELD_UINT, "cdp.address_length", "Length of the address")),
	(IP_ADDRESS, FIELD_WALK(FIELD_IPV4, "cdp.nrgyz.ip_address", "IPv4 address")),
	(IPV6_ADDRESS, FIELD_WALK(FIELD_IPV6, "cdp.nrgyz.ipv6_address", "IPv6 address")),
	(PORT, PART_FIELD(FIELD_STRING, "cdp.portid", 0, "Port")),
	(CAPABILITIES, PART_HEX("cdp.capabilities", 0, 8, "Capabilities")),
	(C_ROUTER, CAPABILITY("router", 0x001, "Router")),
	(C_TRANS_BRIDGE, CAPABILITY("trans_bridge", 0x002, "Transparent bridge")),
	(C_SRC_BRIDGE, CAPABILITY("src_bridge", 0x004, "Source route bridge")),
	(C_SWITCH, CAPABILITY("switch", 0x008, "Switch")),
	(C_HOST, CAPABILITY("host", 0x010, "Host")),
	(C_IGMP, CAPABILITY("igmp_capable", 0x020, "Listens to IGMP")),
	(C_REPEATER, CAPABILITY("repeater", 0x040, "Repeater")),
	(C_PHONE, CAPABILITY("voip_phone", 0x080, "Telephone")),
	(C_REMOTE, CAPABILITY("remote", 0x100, "Managed from elsewhere")),
	(C_CVTA, CAPABILITY("cvta", 0x200, "Camera, or resolves disputes of STP")),
	(C_MAC_RELAY, CAPABILITY("mac_relay", 0x400, "Relay of two ports")),
	(IP_PREFIX, FIELD_WALK(FIELD_IPV4, "cdp.ip_prefix", "Prefix behind this device")),
	(VTP_DOMAIN, FIELD_WALK(FIELD_STRING, "cdp.vtp_management_domain", "VTP domain")),
	(NATIVE_VLAN, PART_FIELD(FIELD_UINT, "cdp.native_vlan", 0, "Native VLAN")),
	(DUPLEX, PART_FIELD(FIELD_BOOL, "cdp.duplex", 0, "Full duplex")),
	(OUI, PART_FIELD(FIELD_UINT, "cdp.oui", 0, "Organization of the hello")),
	(PROTOCOL_ID, PART_HEX("cdp.protocol_id", 3, 4, "Protocol of the hello")),
	(CLUSTER_MASTER, PART_FIELD(FIELD_IPV4, "cdp.cluster.master_ip", 5, "Master of the cluster")),
	(CLUSTER_IP, PART_FIELD(FIELD_IPV4, "cdp.cluster.ip", 9, "Address of the cluster")),
	(CLUSTER_VERSION, PART_HEX("cdp.cluster.version", 13, 2, "Version of the cluster protocol")),
	(CLUSTER_SUB_VERSION, PART_HEX("cdp.cluster.sub_version", 14, 2, "Its minor version")),
	(CLUSTER_STATUS, PART_HEX("cdp.cluster.status", 15, 2, "Status of the cluster")),
	(CLUSTER_COMMANDER, PART_FIELD(FIELD_ETHER, "cdp.cluster.commander_mac", 17, "Commander of the cluster")),
	(CLUSTER_SWITCH, PART_FIELD(FIELD_ETHER, "cdp.cluster.switch_mac", 23, "This switch")),
	(CLUSTER_VLAN, PART_FIELD(FIELD_UINT, "cdp.cluster.management_vlan", 30, "Management VLAN of the cluster")),
	(TRUST, PART_HEX("cdp.trust_bitmap", 0, 2, "Trusts the marks of packets")),
	(UNTRUSTED_COS, PART_HEX("cdp.untrusted_port_cos", 0, 2, "Class given when not trusted")),
	(POWER, PART_FIELD(FIELD_UINT, "cdp.power_consumption", 0, "Power, mW")),
	(REQUEST_ID, PART_FIELD(FIELD_UINT, "cdp.request_id", 0, "Number of the request for power")),
	(MANAGEMENT_ID, PART_FIELD(FIELD_UINT, "cdp.management_id", 2, "Number of its management")),
	(POWER_REQUESTED, FIELD_WALK(FIELD_UINT, "cdp.power_requested", "Power wanted, mW")),
	(VOICE_VLAN, PART_FIELD(FIELD_UINT, "cdp.voice_vlan", 1, "VLAN for telephones")),
	(DATA, PART_FIELD(FIELD_BYTES, "cdp.data", 0, "Kind of the VLAN for telephones")),
	(MTU, PART_FIELD(FIELD_UINT, "cdp.mtu", 0, "MTU")),
	(SYSTEM_NAME, PART_FIELD(FIELD_STRING, "cdp.system_name", 0, "Name of the system")),
	(LOCATION, PART_FIELD(FIELD_STRING, "cdp.location", 1, "Location"))
);

static const struct claim cdp_claims[] = { { CLAIM_CISCO_PID, 0x2000 }, { CLAIM_PPP, 0x0207 }, { CLAIM_NONE, 0 } };

const struct protocol proto_cdp = {
	.name = "cdp",
	.column = "CDP",
	.title = "Cisco Discovery Protocol",
	.reference = "Cisco SNAP 0x2000",
	.decode = cdp_decode,
	PROTOCOL_WALK(cdp_walk),
	.summary = cdp_summary,
	PROTOCOL_FIELDS(cdp_fields),
	.claims = cdp_claims,
};
