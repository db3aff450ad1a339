/* SPDX-License-Identifier: MIT */
/*
 * Link layer discovery: who a device is, on which port, what it can. Values, to the end or the type 0:
 *
 *	|type 7|length 9|value|     type 127: |organization 24|subtype 8|...|
 *
 * IEEE 802.1AB-2016 clause 8, with the values of 802.1Q annex D, 802.3 clause 79 and ANSI/TIA-1057 (MED).
 */
#include "parts.h"
#include "summary.h"

enum {
	TLV_TYPE, TLV_LEN, CHASSIS_SUBTYPE, CHASSIS_MAC, CHASSIS_IP4, CHASSIS_IP6, CHASSIS_ID, PORT_SUBTYPE, PORT_MAC, PORT_IP4,
	PORT_IP6, PORT_ID, TTL, PORT_DESC, SYSTEM_NAME, SYSTEM_DESC, CAPS, CAP_OTHER, CAP_REPEATER, CAP_BRIDGE, CAP_WLAN,
	CAP_ROUTER, CAP_TELEPHONE, CAP_DOCSIS, CAP_STATION, ENABLED, EN_OTHER, EN_REPEATER, EN_BRIDGE, EN_WLAN, EN_ROUTER,
	EN_TELEPHONE, EN_DOCSIS, EN_STATION, MGMT_LEN, MGMT_SUBTYPE, MGMT_IP4, MGMT_IP6, MGMT_IF_SUBTYPE, MGMT_IF, MGMT_OID_LEN,
	OUI, DOT1_SUBTYPE, PVID, PPVID_FLAGS, PPVID_SUPPORTED, PPVID_ENABLED, PPVID, VLAN_ID, VLAN_NAME_LEN, VLAN_NAME,
	DOT3_SUBTYPE, AUTONEG, AUTONEG_SUPPORTED, AUTONEG_ENABLED, AUTONEG_CAPS, MAU, POWER, POWER_CLASS_PORT, POWER_SUPPORTED,
	POWER_ENABLED, POWER_PAIRS, POWER_PAIR, POWER_CLASS, POWER_TYPE, POWER_SOURCE, POWER_PRIORITY, AGGREGATION, AGG_CAPABLE,
	AGG_ENABLED, AGG_PORT, FRAME_SIZE, MED_SUBTYPE, MED_CAPS, MED_CAPS_MED, MED_CAPS_POLICY, MED_CAPS_LOCATION, MED_CAPS_PSE,
	MED_CAPS_PD, MED_CAPS_INVENTORY, MED_CLASS, MED_APP, MED_UNKNOWN, MED_TAGGED, MED_VLAN, MED_L2, MED_DSCP, MED_HARDWARE,
	MED_FIRMWARE, MED_SOFTWARE, MED_SERIAL, MED_MANUFACTURER, MED_MODEL, MED_ASSET
};
enum {
	T_END = 0, T_CHASSIS = 1, T_PORT = 2, T_TTL = 3, T_PORT_DESC = 4, T_NAME = 5, T_DESC = 6, T_CAPS = 7, T_MGMT = 8,
	T_ORGANIZATION = 127
};
enum { OUI_DOT1 = 0x0080c2, OUI_DOT3 = 0x00120f, OUI_MED = 0x0012bb };
/* pieces of the organizations: these numbers and the subtype */
enum { DOT1 = 0x100, DOT3 = 0x200, MED = 0x300, MGMT_INTERFACE = 0x80 };

struct tlv {
	unsigned type, len;
	const uint8_t *value;
};

/* False at the end, and where a length reaches beyond it (c->cut). */
static bool next_tlv(struct cursor *c, struct tlv *t)
{
	const uint8_t *h;

	if (!cursor_left(c))
		return false;
	h = cursor_take(c, 2);
	if (!h)
		return false;
	t->type = h[0] >> 1;
	t->len = get_be16(h) & 0x1ff;
	t->value = cursor_take(c, t->len);
	return t->value;
}

static enum decode_result lldp_decode(struct decode *d, struct layer *l)
{
	struct tlv t;

	(void)l;
	while (next_tlv(&d->c, &t))
		if (t.type == T_END) {
			decode_limit(d, 0); /* what follows is padding */
			break;
		}
	return d->c.cut ? cursor_short(&d->c) : DECODE_OK;
}

static const struct part parts[] = {
	{ T_CHASSIS, CHASSIS_SUBTYPE, 1 }, { T_PORT, PORT_SUBTYPE, 1 }, { T_TTL, TTL, 2 },
	{ T_PORT_DESC, PORT_DESC, 0 }, { T_NAME, SYSTEM_NAME, 0 }, { T_DESC, SYSTEM_DESC, 0 },
	{ T_CAPS, CAPS, 2 }, { T_CAPS, CAP_OTHER, 2 }, { T_CAPS, CAP_REPEATER, 2 }, { T_CAPS, CAP_BRIDGE, 2 },
	{ T_CAPS, CAP_WLAN, 2 }, { T_CAPS, CAP_ROUTER, 2 }, { T_CAPS, CAP_TELEPHONE, 2 }, { T_CAPS, CAP_DOCSIS, 2 },
	{ T_CAPS, CAP_STATION, 2 }, { T_CAPS, ENABLED, 2 }, { T_CAPS, EN_OTHER, 2 }, { T_CAPS, EN_REPEATER, 2 },
	{ T_CAPS, EN_BRIDGE, 2 }, { T_CAPS, EN_WLAN, 2 }, { T_CAPS, EN_ROUTER, 2 }, { T_CAPS, EN_TELEPHONE, 2 },
	{ T_CAPS, EN_DOCSIS, 2 }, { T_CAPS, EN_STATION, 2 },
	{ T_MGMT, MGMT_LEN, 1 }, { T_MGMT, MGMT_SUBTYPE, 1 },
	{ MGMT_INTERFACE, MGMT_IF_SUBTYPE, 1 }, { MGMT_INTERFACE, MGMT_IF, 4 }, { MGMT_INTERFACE, MGMT_OID_LEN, 1 },
	{ DOT1 + 1, PVID, 2 }, { DOT1 + 2, PPVID_FLAGS, 1 }, { DOT1 + 2, PPVID_SUPPORTED, 1 }, { DOT1 + 2, PPVID_ENABLED, 1 },
	{ DOT1 + 2, PPVID, 2 }, { DOT1 + 3, VLAN_ID, 2 }, { DOT1 + 3, VLAN_NAME_LEN, 1 }, { DOT1 + 3, VLAN_NAME, 0 },
	{ DOT3 + 1, AUTONEG, 1 }, { DOT3 + 1, AUTONEG_SUPPORTED, 1 }, { DOT3 + 1, AUTONEG_ENABLED, 1 },
	{ DOT3 + 1, AUTONEG_CAPS, 2 }, { DOT3 + 1, MAU, 2 }, { DOT3 + 2, POWER, 1 }, { DOT3 + 2, POWER_CLASS_PORT, 1 },
	{ DOT3 + 2, POWER_SUPPORTED, 1 }, { DOT3 + 2, POWER_ENABLED, 1 }, { DOT3 + 2, POWER_PAIRS, 1 }, { DOT3 + 2, POWER_PAIR, 1 },
	{ DOT3 + 2, POWER_CLASS, 1 }, { DOT3 + 2, POWER_TYPE, 1 }, { DOT3 + 2, POWER_SOURCE, 1 }, { DOT3 + 2, POWER_PRIORITY, 1 },
	{ DOT3 + 3, AGGREGATION, 1 }, { DOT3 + 3, AGG_CAPABLE, 1 }, { DOT3 + 3, AGG_ENABLED, 1 }, { DOT3 + 3, AGG_PORT, 4 },
	{ DOT3 + 4, FRAME_SIZE, 2 }, { MED + 1, MED_CAPS, 2 }, { MED + 1, MED_CAPS_MED, 2 }, { MED + 1, MED_CAPS_POLICY, 2 },
	{ MED + 1, MED_CAPS_LOCATION, 2 }, { MED + 1, MED_CAPS_PSE, 2 }, { MED + 1, MED_CAPS_PD, 2 },
	{ MED + 1, MED_CAPS_INVENTORY, 2 }, { MED + 1, MED_CLASS, 1 }, { MED + 2, MED_APP, 1 }, { MED + 2, MED_UNKNOWN, 3 },
	{ MED + 2, MED_TAGGED, 3 }, { MED + 2, MED_VLAN, 3 }, { MED + 2, MED_L2, 3 }, { MED + 2, MED_DSCP, 3 },
	{ MED + 5, MED_HARDWARE, 0 }, { MED + 6, MED_FIRMWARE, 0 }, { MED + 7, MED_SOFTWARE, 0 }, { MED + 8, MED_SERIAL, 0 },
	{ MED + 9, MED_MANUFACTURER, 0 }, { MED + 10, MED_MODEL, 0 }, { MED + 11, MED_ASSET, 0 },
};

/* By the subtype: 4 a MAC and 5 an address (chassis), 3 and 4 (port); the others are names. */
static void walk_identifier(struct walk *w, const struct tlv *t)
{
	bool chassis = t->type == T_CHASSIS;
	unsigned subtype = t->len ? t->value[0] : 0;
	const uint8_t *id = t->value + 1;
	unsigned len = t->len - 1;

	if (!t->len)
		return;
	if (subtype == (chassis ? 4 : 3) && len == 6)
		walk_bytes(w, chassis ? CHASSIS_MAC : PORT_MAC, id, len);
	else if (subtype == (chassis ? 5 : 4) && len == 5 && id[0] == 1)
		walk_bytes(w, chassis ? CHASSIS_IP4 : PORT_IP4, id + 1, 4);
	else if (subtype == (chassis ? 5 : 4) && len == 17 && id[0] == 2)
		walk_bytes(w, chassis ? CHASSIS_IP6 : PORT_IP6, id + 1, 16);
	else
		walk_bytes(w, chassis ? CHASSIS_ID : PORT_ID, id, (uint32_t)strnlen((const char *)id, len));
}

static void walk_management(struct walk *w, const struct tlv *t)
{
	unsigned len = t->len ? t->value[0] : 0; /* with the subtype */

	if (len < 1 || len + 1 > t->len)
		return;
	if (t->value[1] == 1 && len == 5)
		walk_bytes(w, MGMT_IP4, t->value + 2, 4);
	else if (t->value[1] == 2 && len == 17)
		walk_bytes(w, MGMT_IP6, t->value + 2, 16);
	walk_parts(w, parts, MGMT_INTERFACE, t->value + 1 + len, t->len - 1 - len);
}

static void walk_organization(struct walk *w, const struct tlv *t)
{
	uint32_t oui;
	unsigned subtype;

	if (t->len < 4)
		return;
	oui = get_be24(t->value);
	subtype = t->value[3];
	walk_uint(w, OUI, oui);
	if (oui == OUI_DOT1) {
		walk_uint(w, DOT1_SUBTYPE, subtype);
		walk_parts(w, parts, DOT1 + subtype, t->value + 4, t->len - 4);
	} else if (oui == OUI_DOT3) {
		walk_uint(w, DOT3_SUBTYPE, subtype);
		walk_parts(w, parts, DOT3 + subtype, t->value + 4, t->len - 4);
	} else if (oui == OUI_MED) {
		walk_uint(w, MED_SUBTYPE, subtype);
		walk_parts(w, parts, MED + subtype, t->value + 4, t->len - 4);
	}
}

static void lldp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct tlv t;

	while (next_tlv(&c, &t)) {
		walk_uint(w, TLV_TYPE, t.type);
		walk_uint(w, TLV_LEN, t.len);
		walk_parts(w, parts, t.type, t.value, t.len);
		switch (t.type) {
		case T_CHASSIS:
		case T_PORT: walk_identifier(w, &t); break;
		case T_MGMT: walk_management(w, &t); break;
		case T_ORGANIZATION: walk_organization(w, &t); break;
		case T_END: return;
		}
	}
}

/* ---- text ------------------------------------------------------------------------------- */

static NAMED_VALUES(types,
	(T_END, "End"), (T_CHASSIS, "Chassis ID"), (T_PORT, "Port ID"), (T_TTL, "Time to Live"),
	(T_PORT_DESC, "Port Description"), (T_NAME, "System Name"), (T_DESC, "System Description"),
	(T_CAPS, "System Capabilities"), (T_MGMT, "Management Address"), (T_ORGANIZATION, "Organization specific")
);

static void put_identifier(struct outbuf *o, const struct tlv *t)
{
	static const char kinds[2][8][28] = {
		{ "Reserved", "Chassis component", "Interface alias", "Port component", "MAC address", "Network address",
		  "Interface name", "Local" },
		{ "Reserved", "Interface alias", "Port component", "MAC address", "Network Address", "Interface Name",
		  "Agent circuit ID", "Local" },
	};
	bool chassis = t->type == T_CHASSIS;
	unsigned subtype = t->len ? t->value[0] : 0;

	if (t->len < 2)
		return;
	outbuf_printf(o, "\n\t  Subtype %s (%u): ", subtype < 8 ? kinds[!chassis][subtype] : "Reserved", subtype);
	if (subtype == (chassis ? 4 : 3) && t->len == 7)
		outbuf_mac(o, t->value + 1);
	else if (subtype == (chassis ? 5 : 4) && t->len == 6 && t->value[1] == 1)
		outbuf_ipv4(o, t->value + 2);
	else if (subtype == (chassis ? 5 : 4) && t->len == 18 && t->value[1] == 2)
		outbuf_ipv6(o, t->value + 2);
	else
		outbuf_escaped(o, t->value + 1, t->len - 1);
}

static void put_capabilities(struct outbuf *o, const char *label, unsigned bits)
{
	static const char kinds[][18] = { "Other", "Repeater", "Bridge", "WLAN AP", "Router", "Telephone", "Docsis", "Station Only" };
	bool any = false;

	outbuf_str(o, label);
	for (unsigned i = 0; i < 8; i++)
		if (bits >> i & 1) {
			outbuf_printf(o, "%s%s", any ? ", " : "", kinds[i]);
			any = true;
		}
	outbuf_printf(o, "%s] (0x%04x)", any ? "" : "none", bits);
}

static void put_management(struct outbuf *o, const struct tlv *t)
{
	unsigned len = t->len ? t->value[0] : 0;
	const uint8_t *i;

	if (len < 1 || len + 7 > t->len)
		return;
	outbuf_printf(o, "\n\t  Management Address length %u, AFI %s (%u): ", len, t->value[1] == 1 ? "IPv4" :
		      t->value[1] == 2 ? "IPv6" : t->value[1] == 6 ? "802" : "Unknown", t->value[1]);
	if (t->value[1] == 1 && len == 5)
		outbuf_ipv4(o, t->value + 2);
	else if (t->value[1] == 2 && len == 17)
		outbuf_ipv6(o, t->value + 2);
	else
		outbuf_hexbytes(o, t->value + 2, len - 1, ':');
	i = t->value + 1 + len;
	outbuf_printf(o, "\n\t  %s Interface Numbering (%u): %u", i[0] == 2 ? "Interface Index" : i[0] == 3 ? "System Port Number" :
		      "Unknown", i[0], get_be32(i + 1));
	if (i[5])
		outbuf_printf(o, "\n\t  OID length %u", i[5]);
}

/* What people look for; the rest is in the fields. */
static void put_organization(struct outbuf *o, const struct tlv *t)
{
	uint32_t oui = t->len >= 4 ? get_be24(t->value) : 0;
	unsigned subtype = t->len >= 4 ? t->value[3] : 0;
	const uint8_t *v = t->value + 4;

	if (t->len < 4)
		return;
	outbuf_printf(o, ": OUI %s (0x%06x)\n\t  Subtype (%u)", oui == OUI_DOT1 ? "Ethernet bridged" : oui == OUI_DOT3 ?
		      "IEEE 802.3 Private" : oui == OUI_MED ? "ANSI/TIA" : "Unknown", oui, subtype);
	if (oui == OUI_DOT1 && subtype == 1 && t->len >= 6)
		outbuf_printf(o, "\n\t    port vlan id (PVID): %u", get_be16(v));
	else if (oui == OUI_DOT1 && subtype == 3 && t->len >= 7 && v[2] <= t->len - 7) {
		outbuf_printf(o, "\n\t    vlan id (VID): %u\n\t    vlan name: ", get_be16(v));
		outbuf_escaped(o, v + 3, v[2]);
	} else if (oui == OUI_DOT3 && subtype == 4 && t->len >= 6)
		outbuf_printf(o, "\n\t    MTU size %u", get_be16(v));
}

static void put_value(struct outbuf *o, const struct tlv *t)
{
	const char *name = named_value(&types, t->type);

	outbuf_printf(o, "\n\t%s TLV (%u), length %u", name ? name : "Unknown", t->type, t->len);
	switch (t->type) {
	case T_CHASSIS:
	case T_PORT: put_identifier(o, t); break;
	case T_TTL:
		if (t->len >= 2)
			outbuf_printf(o, ": TTL %us", get_be16(t->value));
		break;
	case T_NAME:
	case T_PORT_DESC:
	case T_DESC:
		outbuf_str(o, t->type == T_DESC ? "\n\t  " : ": ");
		outbuf_escaped(o, t->value, t->len);
		break;
	case T_CAPS:
		if (t->len < 4)
			break;
		put_capabilities(o, "\n\t  System  Capabilities [", get_be16(t->value));
		put_capabilities(o, "\n\t  Enabled Capabilities [", get_be16(t->value + 2));
		break;
	case T_MGMT: put_management(o, t); break;
	case T_ORGANIZATION: put_organization(o, t); break;
	}
}

static void lldp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct tlv t;

	outbuf_printf(s->out, "LLDP, length %u", summary_outer_len(p, l));
	while (next_tlv(&c, &t)) {
		if (s->verbose) {
			put_value(s->out, &t);
		} else if (t.type == T_NAME) {
			outbuf_str(s->out, ": ");
			outbuf_escaped(s->out, t.value, t.len);
		}
		if (t.type == T_END)
			return;
	}
}

/* ---- tables ------------------------------------------------------------------------------ */

#define TEXT(n, off, lab) PART_FIELD(FIELD_STRING, n, off, lab)
#define FLAG(n, off, msk, lab) PART_BITS(FIELD_BOOL, n, off, msk, lab)

FIELD_TABLE(lldp_fields,
	(TLV_TYPE, FIELD_WALK(FIELD_UINT, "lldp.tlv.type", "Type of a value")),
	(TLV_LEN, FIELD_WALK(FIELD_UINT, "lldp.tlv.len", "Length of a value")),
	(CHASSIS_SUBTYPE, PART_FIELD(FIELD_UINT, "lldp.chassis.subtype", 0, "Kind of the chassis identifier")),
	(CHASSIS_MAC, FIELD_WALK(FIELD_ETHER, "lldp.chassis.id.mac", "Chassis, by MAC address")),
	(CHASSIS_IP4, FIELD_WALK(FIELD_IPV4, "lldp.chassis.id.ip4", "Chassis, by IPv4 address")),
	(CHASSIS_IP6, FIELD_WALK(FIELD_IPV6, "lldp.chassis.id.ip6", "Chassis, by IPv6 address")),
	(CHASSIS_ID, FIELD_WALK(FIELD_STRING, "lldp.chassis.id", "Chassis")),
	(PORT_SUBTYPE, PART_FIELD(FIELD_UINT, "lldp.port.subtype", 0, "Kind of the port identifier")),
	(PORT_MAC, FIELD_WALK(FIELD_ETHER, "lldp.port.id.mac", "Port, by MAC address")),
	(PORT_IP4, FIELD_WALK(FIELD_IPV4, "lldp.port.id.ip4", "Port, by IPv4 address")),
	(PORT_IP6, FIELD_WALK(FIELD_IPV6, "lldp.port.id.ip6", "Port, by IPv6 address")),
	(PORT_ID, FIELD_WALK(FIELD_STRING, "lldp.port.id", "Port")),
	(TTL, PART_FIELD(FIELD_UINT, "lldp.time_to_live", 0, "Time to live, s")),
	(PORT_DESC, TEXT("lldp.port.desc", 0, "Description of the port")),
	(SYSTEM_NAME, TEXT("lldp.tlv.system.name", 0, "Name of the system")),
	(SYSTEM_DESC, TEXT("lldp.tlv.system.desc", 0, "Description of the system")),
	(CAPS, PART_HEX("lldp.tlv.system_cap", 0, 4, "Capabilities")),
	(CAP_OTHER, FLAG("lldp.tlv.system_cap.other", 0, 0x01, "Something else")),
	(CAP_REPEATER, FLAG("lldp.tlv.system_cap.repeater", 0, 0x02, "Repeater")),
	(CAP_BRIDGE, FLAG("lldp.tlv.system_cap.bridge", 0, 0x04, "Bridge")),
	(CAP_WLAN, FLAG("lldp.tlv.system_cap.wlan_access_pt", 0, 0x08, "Access point")),
	(CAP_ROUTER, FLAG("lldp.tlv.system_cap.router", 0, 0x10, "Router")),
	(CAP_TELEPHONE, FLAG("lldp.tlv.system_cap.telephone", 0, 0x20, "Telephone")),
	(CAP_DOCSIS, FLAG("lldp.tlv.system_cap.docsis_cable_device", 0, 0x40, "Cable modem")),
	(CAP_STATION, FLAG("lldp.tlv.system_cap.station_only", 0, 0x80, "Station only")),
	(ENABLED, PART_HEX("lldp.tlv.enable_system_cap", 2, 4, "Capabilities in use")),
	(EN_OTHER, FLAG("lldp.tlv.enable_system_cap.other", 2, 0x01, "Something else, in use")),
	(EN_REPEATER, FLAG("lldp.tlv.enable_system_cap.repeater", 2, 0x02, "Repeater, in use")),
	(EN_BRIDGE, FLAG("lldp.tlv.enable_system_cap.bridge", 2, 0x04, "Bridge, in use")),
	(EN_WLAN, FLAG("lldp.tlv.enable_system_cap.wlan_access_pt", 2, 0x08, "Access point, in use")),
	(EN_ROUTER, FLAG("lldp.tlv.enable_system_cap.router", 2, 0x10, "Router, in use")),
	(EN_TELEPHONE, FLAG("lldp.tlv.enable_system_cap.telephone", 2, 0x20, "Telephone, in use")),
	(EN_DOCSIS, FLAG("lldp.tlv.enable_system_cap.docsis_cable_device", 2, 0x40, "Cable modem, in use")),
	(EN_STATION, FLAG("lldp.tlv.enable_system_cap.station_only", 2, 0x80, "Station only, in use")),
	(MGMT_LEN, PART_FIELD(FIELD_UINT, "lldp.mgn.address.len", 0, "Length of the management address")),
	(MGMT_SUBTYPE, PART_FIELD(FIELD_UINT, "lldp.mgn.address.subtype", 1, "Kind of the management address")),
	(MGMT_IP4, FIELD_WALK(FIELD_IPV4, "lldp.mgn.addr.ip4", "Management address, IPv4")),
	(MGMT_IP6, FIELD_WALK(FIELD_IPV6, "lldp.mgn.addr.ip6", "Management address, IPv6")),
	(MGMT_IF_SUBTYPE, PART_FIELD(FIELD_UINT, "lldp.mgn.interface.subtype", 0, "How the interface is numbered")),
	(MGMT_IF, PART_FIELD(FIELD_UINT, "lldp.mgn.interface.number", 1, "Interface of the management address")),
	(MGMT_OID_LEN, PART_FIELD(FIELD_UINT, "lldp.mgn.obj.len", 5, "Length of the object identifier")),
	(OUI, FIELD_WALK(FIELD_UINT, "lldp.orgtlv.oui", "Organization of a value")),
	(DOT1_SUBTYPE, PART_HEX("lldp.ieee.802_1.subtype", 0, 2, "Type of a value of 802.1")),
	(PVID, PART_FIELD(FIELD_UINT, "lldp.ieee.802_1.port_vlan.id", 0, "VLAN of the port")),
	(PPVID_FLAGS, PART_HEX("lldp.ieee.802_1.port_and_vlan_id_flag", 0, 2, "Flags of the protocol VLAN")),
	(PPVID_SUPPORTED, FLAG("lldp.ieee.802_1.port_and_vlan_id_flag.supported", 0, 0x02, "Protocol VLANs are supported")),
	(PPVID_ENABLED, FLAG("lldp.ieee.802_1.port_and_vlan_id_flag.enabled", 0, 0x04, "Protocol VLANs are in use")),
	(PPVID, PART_FIELD(FIELD_UINT, "lldp.ieee.802_1.port_proto_vlan.id", 1, "Protocol VLAN")),
	(VLAN_ID, PART_FIELD(FIELD_UINT, "lldp.ieee.802_1.vlan.id", 0, "VLAN")),
	(VLAN_NAME_LEN, PART_FIELD(FIELD_UINT, "lldp.ieee.802_1.vlan.name_len", 2, "Length of the VLAN's name")),
	(VLAN_NAME, TEXT("lldp.ieee.802_1.vlan.name", 3, "Name of the VLAN")),
	(DOT3_SUBTYPE, PART_HEX("lldp.ieee.802_3.subtype", 0, 2, "Type of a value of 802.3")),
	(AUTONEG, PART_HEX("lldp.ieee.802_3.mac_phy_auto_neg_status", 0, 2, "Autonegotiation")),
	(AUTONEG_SUPPORTED, FLAG("lldp.ieee.802_3.mac_phy_auto_neg_status.supported", 0, 0x01, "Autonegotiation is supported")),
	(AUTONEG_ENABLED, FLAG("lldp.ieee.802_3.mac_phy_auto_neg_status.enabled", 0, 0x02, "Autonegotiation is in use")),
	(AUTONEG_CAPS, PART_HEX("lldp.ieee.802_3.pmd_auto_neg_advertised_caps", 1, 4, "Speeds offered")),
	(MAU, PART_HEX("lldp.ieee.802_3.pmd_mau_type", 3, 4, "Kind of the medium")),
	(POWER, PART_HEX("lldp.ieee.802_3.mdi_power_support", 0, 2, "Power over the cable")),
	(POWER_CLASS_PORT, FLAG("lldp.ieee.802_3.mdi_power_support.port_class", 0, 0x01, "The port gives power")),
	(POWER_SUPPORTED, FLAG("lldp.ieee.802_3.mdi_power_support.supported", 0, 0x02, "Power is supported")),
	(POWER_ENABLED, FLAG("lldp.ieee.802_3.mdi_power_support.enabled", 0, 0x04, "Power is in use")),
	(POWER_PAIRS, FLAG("lldp.ieee.802_3.mdi_power_support.pse_pairs", 0, 0x08, "The pairs can be chosen")),
	(POWER_PAIR, PART_FIELD(FIELD_UINT, "lldp.ieee.802_3.mdi_pse_pair", 1, "Pair that gives power")),
	(POWER_CLASS, PART_FIELD(FIELD_UINT, "lldp.ieee.802_3.mdi_power_class", 2, "Class of power")),
	(POWER_TYPE, PART_BITS(FIELD_UINT, "lldp.ieee.802_3.mdi_power_type", 3, 0xc0, "Type of power")),
	(POWER_SOURCE, PART_BITS(FIELD_UINT, "lldp.ieee.802_3.mdi_power_source", 3, 0x30, "Source of power")),
	(POWER_PRIORITY, PART_BITS(FIELD_UINT, "lldp.ieee.802_3.mdi_power_priority", 3, 0x0f, "Priority of power")),
	(AGGREGATION, PART_HEX("lldp.ieee.802_3.aggregation_status", 0, 2, "Aggregation")),
	(AGG_CAPABLE, FLAG("lldp.ieee.802_3.aggregation_status.cap", 0, 0x01, "Can be aggregated")),
	(AGG_ENABLED, FLAG("lldp.ieee.802_3.aggregation_status.enabled", 0, 0x02, "Is aggregated")),
	(AGG_PORT, PART_FIELD(FIELD_UINT, "lldp.ieee.802_3.aggregated_port_id", 1, "Aggregated port")),
	(FRAME_SIZE, PART_FIELD(FIELD_UINT, "lldp.ieee.802_3.max_frame_size", 0, "Greatest frame")),
	(MED_SUBTYPE, PART_HEX("lldp.media.subtype", 0, 2, "Type of a value of MED")),
	(MED_CAPS, PART_HEX("lldp.media.subtype.caps", 0, 4, "Capabilities of MED")),
	(MED_CAPS_MED, FLAG("lldp.media.subtype.caps.llpd", 0, 0x01, "Tells capabilities")),
	(MED_CAPS_POLICY, FLAG("lldp.media.subtype.caps.network_policy", 0, 0x02, "Tells the network policy")),
	(MED_CAPS_LOCATION, FLAG("lldp.media.subtype.caps.location_id", 0, 0x04, "Tells the location")),
	(MED_CAPS_PSE, FLAG("lldp.media.subtype.caps.mdi_pse", 0, 0x08, "Tells of power it gives")),
	(MED_CAPS_PD, FLAG("lldp.media.subtype.caps.mid_pd", 0, 0x10, "Tells of power it takes")),
	(MED_CAPS_INVENTORY, FLAG("lldp.media.subtype.caps.inventory", 0, 0x20, "Tells the inventory")),
	(MED_CLASS, PART_FIELD(FIELD_UINT, "lldp.media.subtype.class", 2, "Class of the device")),
	(MED_APP, PART_FIELD(FIELD_UINT, "lldp.media.app_type", 0, "Application of a policy")),
	(MED_UNKNOWN, FLAG("lldp.media.policy_flag", 1, 0x800000, "The policy is not known")),
	(MED_TAGGED, FLAG("lldp.media.tag_flag", 1, 0x400000, "The VLAN is tagged")),
	(MED_VLAN, PART_BITS(FIELD_UINT, "lldp.media.vlan_id", 1, 0x1ffe00, "VLAN of the application")),
	(MED_L2, PART_BITS(FIELD_UINT, "lldp.media.l2_prio", 1, 0x0001c0, "Priority of the application")),
	(MED_DSCP, PART_BITS(FIELD_UINT, "lldp.media.dscp", 1, 0x00003f, "DSCP of the application")),
	(MED_HARDWARE, TEXT("lldp.media.hardware", 0, "Revision of the hardware")),
	(MED_FIRMWARE, TEXT("lldp.media.firmware", 0, "Revision of the firmware")),
	(MED_SOFTWARE, TEXT("lldp.media.software", 0, "Revision of the software")),
	(MED_SERIAL, TEXT("lldp.media.sn", 0, "Serial number")),
	(MED_MANUFACTURER, TEXT("lldp.media.manufacturer", 0, "Manufacturer")),
	(MED_MODEL, TEXT("lldp.media.model", 0, "Model")),
	(MED_ASSET, TEXT("lldp.media.asset", 0, "Asset"))
);

static const struct claim lldp_claims[] = { { CLAIM_ETHERTYPE, 0x88cc }, { CLAIM_NONE, 0 } };

const struct protocol proto_lldp = {
	.name = "lldp",
	.column = "LLDP",
	.title = "Link Layer Discovery Protocol",
	.reference = "IEEE 802.1AB",
	.decode = lldp_decode,
	PROTOCOL_WALK(lldp_walk),
	.summary = lldp_summary,
	PROTOCOL_FIELDS(lldp_fields),
	.claims = lldp_claims,
};
