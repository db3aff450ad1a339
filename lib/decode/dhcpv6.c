/* SPDX-License-Identifier: MIT */
/*
 * DHCP for IPv6. RFC 8415, RFC 3646, RFC 4704.
 *
 *	client, server: |message 8|transaction 24| { option 16, length 16, value } ...
 *	relay:          |12 or 13|hops 8|link address 128|peer address 128| options, one of which is the message relayed
 *
 * Options hold options (an address in its association, a message in a relay's): the walk goes down, to a depth.
 */
#include "decode/dns.h"
#include "decode/parts.h"
#include "summary.h"

enum {
	MSGTYPE, XID, HOPCOUNT, LINKADDR, PEERADDR, OPTION_TYPE, OPTION_LENGTH, DUID, DUID_TYPE, LLT_HWTYPE, LLT_TIME, LLT_ADDR, EN_NUMBER,
	EN_IDENTIFIER, LL_HWTYPE, LL_ADDR, UUID, IAID, IAID_T1, IAID_T2, IAADDR_IP, IAADDR_PREF, IAADDR_VALID, REQUESTED, PREFERENCE,
	ELAPSED, STATUS_CODE, STATUS_MSG, USER_LENGTH, USER_DATA, VC_ENTERPRISE, VC_DATA, VO_ENTERPRISE, VO_CODE, VO_LENGTH, VO_DATA,
	INTERFACE_ID, DNS_SERVER, SEARCH, IAPREFIX_PREF, IAPREFIX_VALID, IAPREFIX_LEN, IAPREFIX_ADDR, FQDN_FLAGS, FQDN_N, FQDN_S,
	FQDN_NAME, FQDN_TLD, SNTP_SERVER, REMOTE_ENTERPRISE, REMOTE_ID
};
enum message { RELAY_FORWARD = 12, RELAY_REPLY = 13 };
enum option {
	CLIENT_ID = 1, SERVER_ID, IA_NA, IA_TA, IAADDR, ORO, OPT_PREFERENCE, ELAPSED_TIME, RELAY_MSG, OPT_AUTH = 11, UNICAST, STATUS = 13, RAPID_COMMIT,
	USER_CLASS, VENDOR_CLASS, VENDOR_OPTS, OPT_INTERFACE_ID, RECONF_MSG, RECONF_ACCEPT, DNS_SERVERS = 23, DOMAIN_LIST, IA_PD, IAPREFIX,
	SNTP_SERVERS = 31, INFO_REFRESH, OPT_REMOTE_ID = 37, CLIENT_FQDN = 39
};
enum { HEADER = 4, RELAY_HEADER = 34, DEPTH_MAX = 8, DUID_LLT = 1, DUID_EN, DUID_LL, DUID_UUID };

static bool is_relay(unsigned type)
{
	return type == RELAY_FORWARD || type == RELAY_REPLY;
}

/* The next option; its value is cut when it is longer than what there is. */
static bool option_next(struct cursor *c, unsigned *type, struct cursor *value)
{
	const uint8_t *h = cursor_take(c, 4);

	if (!h)
		return false;
	*type = get_be16(h);
	*value = cursor_sub(c, get_be16(h + 2));
	return true;
}

/* Bytes of an option's own before the options it holds; 0: it holds none. */
static unsigned nested_at(unsigned type, const struct cursor *v)
{
	switch (type) {
	case IA_NA:
	case IA_PD: return 12;
	case IA_TA: return 4;
	case IAADDR: return 24;
	case IAPREFIX: return 25;
	case RELAY_MSG: return cursor_left(v) && is_relay(*v->pos) ? RELAY_HEADER : HEADER;
	}
	return 0;
}

/* ---- decode ----------------------------------------------------------------------------------- */

static enum decode_result dhcpv6_decode(struct decode *d, struct layer *l)
{
	struct cursor c = d->c, value;
	unsigned type, message = cursor_u8(&c);

	d->c.pos = d->c.end;
	if (!cursor_skip(&c, (is_relay(message) ? RELAY_HEADER : HEADER) - 1))
		return cursor_short(&c);
	l->aux[0] = (uint16_t)message;
	while (cursor_left(&c) && option_next(&c, &type, &value))
		;
	return c.cut ? cursor_short(&c) : DECODE_OK;
}

/* ---- fields ----------------------------------------------------------------------------------- */

static const struct part parts[] = {
	{ IA_NA, IAID, 4 }, { IA_NA, IAID_T1, 4 }, { IA_NA, IAID_T2, 4 }, { IA_PD, IAID, 4 }, { IA_PD, IAID_T1, 4 }, { IA_PD, IAID_T2, 4 },
	{ IA_TA, IAID, 4 }, { IAADDR, IAADDR_IP, 16 }, { IAADDR, IAADDR_PREF, 4 }, { IAADDR, IAADDR_VALID, 4 },
	{ OPT_PREFERENCE, PREFERENCE, 1 }, { STATUS, STATUS_CODE, 2 }, { STATUS, STATUS_MSG, 0 }, { VENDOR_CLASS, VC_ENTERPRISE, 4 },
	{ VENDOR_OPTS, VO_ENTERPRISE, 4 }, { OPT_INTERFACE_ID, INTERFACE_ID, 0 }, { IAPREFIX, IAPREFIX_PREF, 4 },
	{ IAPREFIX, IAPREFIX_VALID, 4 }, { IAPREFIX, IAPREFIX_LEN, 1 }, { IAPREFIX, IAPREFIX_ADDR, 16 },
	{ OPT_REMOTE_ID, REMOTE_ENTERPRISE, 4 }, { OPT_REMOTE_ID, REMOTE_ID, 0 }, { CLIENT_FQDN, FQDN_FLAGS, 1 }, { CLIENT_FQDN, FQDN_N, 1 },
	{ CLIENT_FQDN, FQDN_S, 1 },
};

static void walk_hardware(struct walk *w, unsigned field, const struct cursor *c)
{
	uint8_t *text = walk_wants(w, field) && cursor_left(c) ? packet_scratch(w->p, (uint32_t)cursor_left(c) * 3) : NULL;
	struct outbuf o;

	if (!text)
		return;
	outbuf_fixed(&o, (char *)text, cursor_left(c) * 3);
	outbuf_hexbytes(&o, c->pos, cursor_left(c), ':');
	walk_bytes(w, field, text, (uint32_t)outbuf_len(&o));
}

/* Seconds since 2000. */
static void walk_time(struct walk *w, uint32_t s)
{
	enum { YEAR_2000 = 946684800 };

	if (walk_wants(w, LLT_TIME))
		w->emit(w, &w->proto->fields[LLT_TIME], &(struct value){ .i = ((int64_t)s + YEAR_2000) * 1000000000 });
}

static void walk_duid(struct walk *w, struct cursor c)
{
	unsigned type;

	walk_bytes(w, DUID, c.pos, (uint32_t)cursor_left(&c));
	if (cursor_left(&c) < 2)
		return;
	type = cursor_be16(&c);
	walk_uint(w, DUID_TYPE, type);
	switch (type) {
	case DUID_LLT:
		if (cursor_left(&c) < 6)
			break;
		walk_uint(w, LLT_HWTYPE, cursor_be16(&c));
		walk_time(w, cursor_be32(&c));
		walk_hardware(w, LLT_ADDR, &c);
		break;
	case DUID_EN:
		if (cursor_left(&c) < 4)
			break;
		walk_uint(w, EN_NUMBER, cursor_be32(&c));
		walk_bytes(w, EN_IDENTIFIER, c.pos, (uint32_t)cursor_left(&c));
		break;
	case DUID_LL:
		if (cursor_left(&c) < 2)
			break;
		walk_uint(w, LL_HWTYPE, cursor_be16(&c));
		walk_hardware(w, LL_ADDR, &c);
		break;
	case DUID_UUID:
		walk_bytes(w, UUID, c.pos, (uint32_t)cursor_left(&c));
	}
}

/* Names one after the other; with `dot` as a domain, which ends in one. */
static void walk_names(struct walk *w, unsigned field, struct cursor *c, bool dot)
{
	const uint8_t *start = c->pos;
	struct dns_name n;

	while (walk_wants(w, field) && cursor_left(c) && dns_name_read(c, start, c->end, &n)) {
		uint8_t *copy = packet_scratch(w->p, n.len + 1u);

		if (!copy)
			return;
		memcpy(copy, n.text, n.len);
		copy[n.len] = '.';
		walk_bytes(w, field, copy, n.len + dot);
	}
}

/* A client's name may lack the zero at its end: then it is no domain yet. Wireshark has one field for that and for
 * domains, another for domains of a single label. */
static void walk_fqdn(struct walk *w, struct cursor *c)
{
	uint32_t size = (uint32_t)cursor_left(c) + 1, n = 0, labels = 0;
	uint8_t *text = walk_wants(w, FQDN_NAME) || walk_wants(w, FQDN_TLD) ? packet_scratch(w->p, size) : NULL;
	bool ended = false;

	while (text && cursor_left(c) && !ended) {
		unsigned len = cursor_u8(c);
		const uint8_t *label = cursor_take(c, len);

		if (!label)
			break;
		ended = !len;
		if (len && labels++)
			text[n++] = '.';
		memcpy(text + n, label, len);
		n += len;
	}
	if (ended && labels == 1) {
		text[n] = '.';
		walk_bytes(w, FQDN_TLD, text, n + 1);
	} else if (n) {
		walk_bytes(w, FQDN_NAME, text, n);
	}
}

/* Strings with two bytes of length each. */
static void walk_strings(struct walk *w, unsigned length_field, unsigned field, struct cursor *c)
{
	while (cursor_left(c) >= 2) {
		unsigned n = cursor_be16(c);
		const uint8_t *b = cursor_take(c, n);

		if (length_field)
			walk_uint(w, length_field, n);
		if (b && n)
			walk_bytes(w, field, b, n);
	}
}

static void walk_vendor_options(struct walk *w, struct cursor *c)
{
	struct cursor v;
	unsigned type;

	for (cursor_skip(c, 4); cursor_left(c) && option_next(c, &type, &v);) {
		walk_uint(w, VO_CODE, type);
		walk_uint(w, VO_LENGTH, get_be16(v.pos - 2));
		if (cursor_left(&v))
			walk_bytes(w, VO_DATA, v.pos, (uint32_t)cursor_left(&v));
	}
}

static void walk_value(struct walk *w, unsigned type, struct cursor *v)
{
	const uint8_t *b;

	walk_parts(w, parts, type, v->pos, cursor_left(v));
	switch (type) {
	case CLIENT_ID:
	case SERVER_ID:
		walk_duid(w, *v);
		break;
	case ORO:
		while ((b = cursor_take(v, 2)))
			walk_uint(w, REQUESTED, get_be16(b));
		break;
	case ELAPSED_TIME:
		if (cursor_left(v) == 2)
			walk_uint(w, ELAPSED, cursor_be16(v) * 10u);
		break;
	case USER_CLASS:
		walk_strings(w, USER_LENGTH, USER_DATA, v);
		break;
	case VENDOR_CLASS:
		if (cursor_skip(v, 4))
			walk_strings(w, 0, VC_DATA, v);
		break;
	case VENDOR_OPTS:
		walk_vendor_options(w, v);
		break;
	case DNS_SERVERS:
	case SNTP_SERVERS:
		while ((b = cursor_take(v, 16)))
			walk_bytes(w, type == DNS_SERVERS ? DNS_SERVER : SNTP_SERVER, b, 16);
		break;
	case DOMAIN_LIST:
		walk_names(w, SEARCH, v, true);
		break;
	case CLIENT_FQDN:
		if (cursor_skip(v, 1))
			walk_fqdn(w, v);
	}
}

static void walk_message(struct walk *w, struct cursor c, unsigned depth);

static void walk_options(struct walk *w, struct cursor *c, unsigned depth)
{
	struct cursor v;
	unsigned type, at;

	while (cursor_left(c) && option_next(c, &type, &v)) {
		walk_uint(w, OPTION_TYPE, type);
		walk_uint(w, OPTION_LENGTH, get_be16(v.pos - 2));
		if (c->cut)
			return;
		at = nested_at(type, &v);
		if (type == RELAY_MSG) {
			if (depth < DEPTH_MAX)
				walk_message(w, v, depth + 1);
			continue;
		}
		walk_value(w, type, &v);
		if (at && depth < DEPTH_MAX && cursor_skip(&v, at))
			walk_options(w, &v, depth + 1);
	}
}

static void walk_message(struct walk *w, struct cursor c, unsigned depth)
{
	unsigned type = cursor_u8(&c);
	const uint8_t *h = cursor_take(&c, (is_relay(type) ? RELAY_HEADER : HEADER) - 1);

	if (!h)
		return;
	walk_uint(w, MSGTYPE, type);
	if (is_relay(type)) {
		walk_uint(w, HOPCOUNT, h[0]);
		walk_bytes(w, LINKADDR, h + 1, 16);
		walk_bytes(w, PEERADDR, h + 17, 16);
	} else {
		walk_uint(w, XID, get_be24(h));
	}
	walk_options(w, &c, depth);
}

static void dhcpv6_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	walk_message(w, packet_cursor(p, l), 0);
}

/* ---- text ------------------------------------------------------------------------------------- */

static NAMED_VALUES(messages,
	(1, "solicit"), (2, "advertise"), (3, "request"), (4, "confirm"), (5, "renew"), (6, "rebind"), (7, "reply"),
	(8, "release"), (9, "decline"), (10, "reconf"), (11, "inf-req"), (12, "relay-fwd"), (13, "relay-reply"),
	(14, "lease-query"), (15, "lease-query-reply"), (16, "lease-query-done"), (17, "lease-query-data")
);
static NAMED_VALUES(option_names,
	(1, "client-ID"), (2, "server-ID"), (3, "IA_NA"), (4, "IA_TA"), (5, "IA_ADDR"), (6, "option-request"),
	(7, "preference"), (8, "elapsed-time"), (9, "relay-message"), (11, "authentication"), (12, "server-unicast"),
	(13, "status-code"), (14, "rapid-commit"), (15, "user-class"), (16, "vendor-class"), (17, "vendor-specific-info"),
	(18, "interface-ID"), (19, "reconfigure-message"), (20, "reconfigure-accept"), (21, "SIP-servers-domain"),
	(22, "SIP-servers-address"), (23, "DNS-server"), (24, "DNS-search-list"), (25, "IA_PD"), (26, "IA_PD-prefix"),
	(27, "NIS-server"), (28, "NISP-server"), (29, "NIS-domain-name"), (30, "NISP-domain-name"), (31, "SNTP-servers"),
	(32, "lifetime"), (33, "BCMCS-server"), (34, "BCMCS-server"), (36, "geoconf-civic"), (37, "remote-ID"),
	(38, "subscriber-ID"), (39, "Client-FQDN"), (40, "PANA-agent"), (41, "new-POSIX-timezone"), (42, "new-tzdb-timezone"),
	(43, "ERO"), (44, "Lease-query"), (45, "Client-data"), (46, "Clt-time"), (47, "LQ-relay-data"), (48, "LQ-client-link"),
	(56, "NTP-server"), (64, "AFTR-Name")
);
static const char status_names[][15] = { "Success", "UnspecFail", "NoAddrsAvail", "NoBinding", "NotOnLink", "UseMulticast",
					 "NoPrefixAvail" };

static void put_name(struct outbuf *o, unsigned type)
{
	const char *name = named_value(&option_names, type);

	outbuf_str(o, name ? name : "opt_");
	if (!name)
		outbuf_u64(o, type);
}

static void put_number(struct outbuf *o, const char *label, uint32_t v)
{
	outbuf_str(o, label);
	outbuf_u64(o, v);
}

static void put_duid(struct outbuf *o, struct cursor *v)
{
	const uint8_t *b = v->pos;
	size_t n = cursor_left(v);
	unsigned type;

	if (n < 2) {
		outbuf_str(o, " ?)");
		return;
	}
	type = get_be16(b);
	if (type == DUID_LLT && n >= 8) {
		put_number(o, " hwaddr/time type ", get_be16(b + 2));
		put_number(o, " time ", get_be32(b + 4));
		outbuf_char(o, ' ');
		outbuf_hexbytes(o, b + 8, n - 8, 0);
	} else if (type == DUID_EN && n >= 6) {
		outbuf_str(o, " vid ");
		outbuf_hexbytes(o, b + 2, n - 2, 0);
	} else if (type == DUID_LL && n >= 4) {
		put_number(o, " hwaddr type ", get_be16(b + 2));
		outbuf_char(o, ' ');
		outbuf_hexbytes(o, b + 4, n - 4, 0);
	} else {
		put_number(o, " type ", type);
	}
}

static void put_options(struct outbuf *o, struct cursor *c, unsigned depth);

/* Addresses, each after a blank. */
static void put_addresses(struct outbuf *o, struct cursor *v)
{
	for (const uint8_t *b; (b = cursor_take(v, 16));) {
		outbuf_char(o, ' ');
		outbuf_ipv6(o, b);
	}
}

static void put_names(struct outbuf *o, struct cursor *v)
{
	const uint8_t *start = v->pos;
	struct dns_name name;

	while (cursor_left(v) && dns_name_read(v, start, v->end, &name)) {
		outbuf_char(o, ' ');
		outbuf_escaped(o, name.text, name.len);
		outbuf_char(o, '.');
	}
}

static void put_status(struct outbuf *o, unsigned code)
{
	outbuf_char(o, ' ');
	if (code < sizeof(status_names) / sizeof(status_names[0]))
		outbuf_str(o, status_names[code]);
	else
		put_number(o, "code", code);
}

/* The option's own part, before the options that it holds. */
static void put_value(struct outbuf *o, unsigned type, struct cursor *v)
{
	const uint8_t *b = v->pos;
	size_t n = cursor_left(v);

	switch (type) {
	case CLIENT_ID:
	case SERVER_ID:
		put_duid(o, v);
		break;
	case IA_NA:
	case IA_PD:
		if (n < 12)
			break;
		put_number(o, " IAID:", get_be32(b));
		put_number(o, " T1:", get_be32(b + 4));
		put_number(o, " T2:", get_be32(b + 8));
		break;
	case IA_TA:
		if (n >= 4)
			put_number(o, " IAID:", get_be32(b));
		break;
	case IAADDR:
		if (n < 24)
			break;
		outbuf_char(o, ' ');
		outbuf_ipv6(o, b);
		put_number(o, " pltime:", get_be32(b + 16));
		put_number(o, " vltime:", get_be32(b + 20));
		break;
	case IAPREFIX:
		if (n < 25)
			break;
		outbuf_char(o, ' ');
		outbuf_ipv6(o, b + 9);
		put_number(o, "/", b[8]);
		put_number(o, " pltime:", get_be32(b));
		put_number(o, " vltime:", get_be32(b + 4));
		break;
	case ORO:
		while ((b = cursor_take(v, 2))) {
			outbuf_char(o, ' ');
			put_name(o, get_be16(b));
		}
		break;
	case OPT_PREFERENCE:
		if (n == 1)
			put_number(o, " ", *b);
		break;
	case ELAPSED_TIME:
		if (n == 2)
			put_number(o, " ", get_be16(b));
		break;
	case STATUS:
		if (n >= 2)
			put_status(o, get_be16(b));
		break;
	case DNS_SERVERS:
	case SNTP_SERVERS:
		put_addresses(o, v);
		break;
	case INFO_REFRESH:
		if (n == 4)
			put_number(o, " ", get_be32(b));
		break;
	case DOMAIN_LIST:
		put_names(o, v);
		break;
	case OPT_INTERFACE_ID:
		outbuf_char(o, ' ');
		outbuf_hexbytes(o, b, n > 10 ? 10 : n, 0);
		outbuf_str(o, "...");
		break;
	}
}

static void put_message(struct outbuf *o, struct cursor c, bool verbose, unsigned depth)
{
	unsigned type = cursor_u8(&c);
	const char *name = named_value(&messages, type);
	const uint8_t *h;

	outbuf_str(o, "dhcp6");
	h = cursor_take(&c, (is_relay(type) ? RELAY_HEADER : HEADER) - 1);
	if (!h)
		return;
	outbuf_char(o, ' ');
	outbuf_str(o, name ? name : "msgtype-");
	if (!name)
		outbuf_u64(o, type);
	if (!verbose)
		return;
	outbuf_str(o, " (");
	if (is_relay(type)) {
		outbuf_str(o, "linkaddr=");
		outbuf_ipv6(o, h + 1);
		outbuf_str(o, " peeraddr=");
		outbuf_ipv6(o, h + 17);
	} else {
		outbuf_str(o, "xid=");
		outbuf_printf(o, "%x", get_be24(h));
	}
	put_options(o, &c, depth);
	outbuf_char(o, ')');
}

static void put_options(struct outbuf *o, struct cursor *c, unsigned depth)
{
	struct cursor v;
	unsigned type, at;

	while (cursor_left(c) && option_next(c, &type, &v)) {
		if (c->cut)
			return;
		outbuf_str(o, " (");
		put_name(o, type);
		at = nested_at(type, &v);
		if (type == RELAY_MSG && depth < DEPTH_MAX) {
			outbuf_str(o, " (");
			put_message(o, v, true, depth + 1);
			outbuf_char(o, ')');
		} else if (type != RELAY_MSG) {
			put_value(o, type, &v);
			if (at && depth < DEPTH_MAX && cursor_skip(&v, at))
				put_options(o, &v, depth + 1);
		}
		outbuf_char(o, ')');
	}
}

static void dhcpv6_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	put_message(s->out, packet_cursor(p, l), s->verbose, 0);
}

/* ---- the protocol ------------------------------------------------------------------------------- */

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define RAW(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
#define IPV6(n, lab) FIELD_WALK(FIELD_IPV6, n, lab)
#define P_UINT(n, off, lab) PART_FIELD(FIELD_UINT, n, off, lab)
FIELD_TABLE(dhcpv6_fields,
	(MSGTYPE, FIELD_HAS("dhcpv6.msgtype", "Message", (.names = &messages), .type = FIELD_UINT)),
	(XID, FIELD_PLAIN("dhcpv6.xid", "Transaction", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 6)),
	(HOPCOUNT, UINT("dhcpv6.hopcount", "Relays before")),
	(LINKADDR, IPV6("dhcpv6.linkaddr", "Link of the client")),
	(PEERADDR, IPV6("dhcpv6.peeraddr", "Address of the client or relay")),
	(OPTION_TYPE, UINT("dhcpv6.option.type", "Option")),
	(OPTION_LENGTH, UINT("dhcpv6.option.length", "Length of the option")),
	(DUID, RAW("dhcpv6.duid.bytes", "Identifier")),
	(DUID_TYPE, UINT("dhcpv6.duid.type", "Kind of identifier")),
	(LLT_HWTYPE, UINT("dhcpv6.duidllt.hwtype", "Hardware")),
	(LLT_TIME, FIELD_WALK(FIELD_TIME, "dhcpv6.duidllt.time", "Time of the identifier")),
	(LLT_ADDR, TEXT("dhcpv6.duidllt.link_layer_addr", "Link-layer address")),
	(EN_NUMBER, UINT("dhcpv6.duiden.enterprise", "Enterprise")),
	(EN_IDENTIFIER, RAW("dhcpv6.duiden.identifier", "Identifier of the enterprise")),
	(LL_HWTYPE, UINT("dhcpv6.duidll.hwtype", "Hardware")),
	(LL_ADDR, TEXT("dhcpv6.duidll.link_layer_addr", "Link-layer address")),
	(UUID, RAW("dhcpv6.duiduuid.bytes", "UUID")),
	(IAID, PART_FIELD(FIELD_BYTES, "dhcpv6.iaid", 0, "Association")),
	(IAID_T1, P_UINT("dhcpv6.iaid.t1", 4, "Renewal after")),
	(IAID_T2, P_UINT("dhcpv6.iaid.t2", 8, "Rebinding after")),
	(IAADDR_IP, PART_FIELD(FIELD_IPV6, "dhcpv6.iaaddr.ip", 0, "Address")),
	(IAADDR_PREF, P_UINT("dhcpv6.iaaddr.pref_lifetime", 16, "Preferred lifetime")),
	(IAADDR_VALID, P_UINT("dhcpv6.iaaddr.valid_lifetime", 20, "Valid lifetime")),
	(REQUESTED, UINT("dhcpv6.requested_option_code", "Option wanted")),
	(PREFERENCE, P_UINT("dhcpv6.option_preference", 0, "Preference")),
	(ELAPSED, UINT("dhcpv6.elapsed_time", "Milliseconds since the first try")),
	(STATUS_CODE, P_UINT("dhcpv6.status_code", 0, "Status")),
	(STATUS_MSG, PART_FIELD(FIELD_STRING, "dhcpv6.status_msg", 2, "Text of the status")),
	(USER_LENGTH, UINT("dhcpv6.userclass.length", "Length of the user class")),
	(USER_DATA, RAW("dhcpv6.userclass.opaque_data", "User class")),
	(VC_ENTERPRISE, P_UINT("dhcpv6.vendorclass.enterprise", 0, "Vendor")),
	(VC_DATA, TEXT("dhcpv6.vendorclass.data", "Class of the vendor")),
	(VO_ENTERPRISE, P_UINT("dhcpv6.vendoropts.enterprise", 0, "Vendor")),
	(VO_CODE, UINT("dhcpv6.vendoropts.enterprise.option_code", "Option of the vendor")),
	(VO_LENGTH, UINT("dhcpv6.vendoropts.enterprise.option_length", "Length of the vendor's option")),
	(VO_DATA, RAW("dhcpv6.vendoropts.enterprise.option_data", "Value of the vendor's option")),
	(INTERFACE_ID, PART_FIELD(FIELD_BYTES, "dhcpv6.interface_id", 0, "Interface of the relay")),
	(DNS_SERVER, IPV6("dhcpv6.dns_server", "DNS server")),
	(SEARCH, TEXT("dhcpv6.search_list_entry", "Domain searched")),
	(IAPREFIX_PREF, P_UINT("dhcpv6.iaprefix.pref_lifetime", 0, "Preferred lifetime")),
	(IAPREFIX_VALID, P_UINT("dhcpv6.iaprefix.valid_lifetime", 4, "Valid lifetime")),
	(IAPREFIX_LEN, P_UINT("dhcpv6.iaprefix.pref_len", 8, "Length of the prefix")),
	(IAPREFIX_ADDR, PART_FIELD(FIELD_IPV6, "dhcpv6.iaprefix.pref_addr", 9, "Prefix")),
	(FQDN_FLAGS, PART_HEX("dhcpv6.client_fqdn_flags", 0, 2, "Flags of the client's name")),
	(FQDN_N, PART_BITS(FIELD_BOOL, "dhcpv6.clientfqdn.client.n", 0, 0x04, "Server shall not update DNS")),
	(FQDN_S, PART_BITS(FIELD_BOOL, "dhcpv6.clientfqdn.client.s", 0, 0x01, "Server shall update AAAA")),
	(FQDN_NAME, TEXT("dhcpv6.client_domain", "Name of the client")),
	(FQDN_TLD, TEXT("dhcpv6.tld", "Name of the client that is a single label, with its dot")),
	(SNTP_SERVER, IPV6("dhcpv6.sntp_server", "SNTP server")),
	(REMOTE_ENTERPRISE, P_UINT("dhcpv6.remoteid.enterprise", 0, "Vendor of the relay")),
	(REMOTE_ID, PART_FIELD(FIELD_BYTES, "dhcpv6.remoteid_enterprise_id", 4, "Remote identifier"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, 546 }, { CLAIM_UDP_PORT, 547 }, { CLAIM_NONE, 0 } };

const struct protocol proto_dhcpv6 = {
	.name = "dhcpv6",
	.column = "DHCPv6",
	.title = "Dynamic Host Configuration Protocol for IPv6",
	.reference = "RFC 8415",
	.application = true,
	.decode = dhcpv6_decode,
	PROTOCOL_WALK(dhcpv6_walk),
	.summary = dhcpv6_summary,
	PROTOCOL_FIELDS(dhcpv6_fields),
	.claims = claims,
};
