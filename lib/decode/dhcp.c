/* SPDX-License-Identifier: MIT */
/*
 * DHCP for IPv4 and BOOTP (RFC 2131, RFC 2132 and the options since).
 *
 *	+------------+--------------------+--------------+------------+--------+----------------------------+-----+
 *	| op .. flags| four IPv4 addresses| chaddr 16    | sname 64   |file 128| cookie | code len value ...| end |
 *	+------------+--------------------+--------------+------------+--------+----------------------------+-----+
 *	0            12                   28             44           108      236      240
 *
 * An option is a row of options[]: its number, how its value is built, its
 * field, tcpdump's word for it. BOOTP is the same without the cookie's options:
 * what has no message type is shown as BOOTP.
 */
#include "decode/dhcp.h"
#include "decode/dns.h"

enum {
	F_TYPE, F_HW_TYPE, F_HW_LEN, F_HOPS, F_ID, F_SECS, F_FLAGS, F_FLAGS_BC, F_FLAGS_RESERVED, F_IP_CLIENT, F_IP_YOUR,
	F_IP_SERVER, F_IP_RELAY, F_HW_MAC, F_HW_ADDR, F_HW_PADDING, F_SERVER, F_FILE, F_COOKIE,
	F_OPTION_TYPE, F_OPTION_LENGTH, F_OPTION_VALUE, F_OPTION_END, F_OPTION_PADDING,
	F_SUBNET_MASK, F_TIME_OFFSET, F_ROUTER, F_TIME_SERVER, F_NAME_SERVER, F_DOMAIN_NAME_SERVER, F_LOG_SERVER,
	F_LPR_SERVER, F_HOSTNAME, F_BOOT_FILE_SIZE, F_DOMAIN_NAME, F_ROOT_PATH, F_IP_FORWARDING, F_DEFAULT_TTL,
	F_INTERFACE_MTU, F_BROADCAST, F_ROUTER_DISCOVER, F_STATIC_ROUTE_IP, F_STATIC_ROUTE_ROUTER, F_NIS_DOMAIN,
	F_NIS_SERVER, F_NTP_SERVER, F_VENDOR_VALUE, F_NETBIOS_NAME_SERVER, F_NETBIOS_DD_SERVER, F_NETBIOS_NODE_TYPE,
	F_NETBIOS_SCOPE, F_REQUESTED_IP, F_LEASE_TIME, F_OVERLOAD, F_DHCP, F_SERVER_ID, F_REQUEST_ITEM, F_MESSAGE,
	F_MAX_MESSAGE_SIZE, F_RENEWAL_TIME, F_REBINDING_TIME, F_VENDOR_CLASS, F_CLIENT_TYPE, F_CLIENT_UNDEF, F_CLIENT_DUID,
	F_SMTP_SERVER, F_POP3_SERVER, F_TFTP_SERVER_NAME, F_BOOTFILE_NAME, F_USER_CLASS, F_FQDN_FLAGS, F_FQDN_RCODE1,
	F_FQDN_RCODE2, F_FQDN_NAME, F_AGENT_SUBOPTION, F_AGENT_CIRCUIT, F_AGENT_REMOTE, F_AGENT_LINK, F_ARCHITECTURE,
	F_AUTO_CONFIGURATION, F_CAPTIVE_PORTAL, F_DOMAIN_SEARCH, F_ROUTE, F_TFTP_SERVER_ADDRESS, F_PROXY_AUTODISCOVERY,
	F_COUNT
};
_Static_assert(F_COUNT <= 255, "struct dhcp_option keeps a field in 8 bits");

/* By code; the words are tcpdump's. */
static const struct dhcp_option options[] = {
	{ 1, DHCP_IPV4, F_SUBNET_MASK, "Subnet-Mask" },
	{ 2, DHCP_I32, F_TIME_OFFSET, "Time-Zone" },
	{ 3, DHCP_IPV4, F_ROUTER, "Default-Gateway" },
	{ 4, DHCP_IPV4, F_TIME_SERVER, "Time-Server" },
	{ 5, DHCP_IPV4, F_NAME_SERVER, "IEN-Name-Server" },
	{ 6, DHCP_IPV4, F_DOMAIN_NAME_SERVER, "Domain-Name-Server" },
	{ 7, DHCP_IPV4, F_LOG_SERVER, "LOG" },
	{ 8, DHCP_IPV4, 0, "CS" },
	{ 9, DHCP_IPV4, F_LPR_SERVER, "LPR-Server" },
	{ 10, DHCP_IPV4, 0, "IM" },
	{ 11, DHCP_IPV4, 0, "RL" },
	{ 12, DHCP_TEXT, F_HOSTNAME, "Hostname" },
	{ 13, DHCP_U16, F_BOOT_FILE_SIZE, "BS" },
	{ 14, DHCP_TEXT, 0, "DP" },
	{ 15, DHCP_TEXT, F_DOMAIN_NAME, "Domain-Name" },
	{ 16, DHCP_IPV4, 0, "SS" },
	{ 17, DHCP_TEXT, F_ROOT_PATH, "RP" },
	{ 18, DHCP_TEXT, 0, "EP" },
	{ 19, DHCP_BOOL, F_IP_FORWARDING, "IPF" },
	{ 20, DHCP_BOOL, 0, "SRT" },
	{ 21, DHCP_PAIRS, 0, "PF" },
	{ 22, DHCP_U16, 0, "RSZ" },
	{ 23, DHCP_U8, F_DEFAULT_TTL, "TTL" },
	{ 24, DHCP_U32, 0, "MTU-Timeout" },
	{ 25, DHCP_U16, 0, "MTU-Table" },
	{ 26, DHCP_U16, F_INTERFACE_MTU, "MTU" },
	{ 27, DHCP_BOOL, 0, "LSN" },
	{ 28, DHCP_IPV4, F_BROADCAST, "BR" },
	{ 29, DHCP_BOOL, 0, "MD" },
	{ 30, DHCP_BOOL, 0, "MS" },
	{ 31, DHCP_BOOL, F_ROUTER_DISCOVER, "Router-Discovery" },
	{ 32, DHCP_IPV4, 0, "RSA" },
	{ 33, DHCP_PAIRS, F_STATIC_ROUTE_IP, "Static-Route" },
	{ 34, DHCP_BOOL, 0, "UT" },
	{ 35, DHCP_U32, 0, "AT" },
	{ 36, DHCP_BOOL, 0, "IE" },
	{ 37, DHCP_U8, 0, "TT" },
	{ 38, DHCP_U32, 0, "KI" },
	{ 39, DHCP_BOOL, 0, "KG" },
	{ 40, DHCP_TEXT, F_NIS_DOMAIN, "YD" },
	{ 41, DHCP_IPV4, F_NIS_SERVER, "YS" },
	{ 42, DHCP_IPV4, F_NTP_SERVER, "NTP" },
	{ 43, DHCP_BYTES, F_VENDOR_VALUE, "Vendor-Option" },
	{ 44, DHCP_IPV4, F_NETBIOS_NAME_SERVER, "Netbios-Name-Server" },
	{ 45, DHCP_IPV4, F_NETBIOS_DD_SERVER, "WDD" },
	{ 46, DHCP_NODE, F_NETBIOS_NODE_TYPE, "Netbios-Node" },
	{ 47, DHCP_TEXT, F_NETBIOS_SCOPE, "Netbios-Scope" },
	{ 48, DHCP_IPV4, 0, "XFS" },
	{ 49, DHCP_IPV4, 0, "XDM" },
	{ 50, DHCP_IPV4, F_REQUESTED_IP, "Requested-IP" },
	{ 51, DHCP_U32, F_LEASE_TIME, "Lease-Time" },
	{ 52, DHCP_OVERLOAD, F_OVERLOAD, "OO" },
	{ 53, DHCP_MESSAGE, F_DHCP, "DHCP-Message" },
	{ 54, DHCP_IPV4, F_SERVER_ID, "Server-ID" },
	{ 55, DHCP_LIST, F_REQUEST_ITEM, "Parameter-Request" },
	{ 56, DHCP_TEXT, F_MESSAGE, "MSG" },
	{ 57, DHCP_U16, F_MAX_MESSAGE_SIZE, "MSZ" },
	{ 58, DHCP_U32, F_RENEWAL_TIME, "RN" },
	{ 59, DHCP_U32, F_REBINDING_TIME, "RB" },
	{ 60, DHCP_TEXT, F_VENDOR_CLASS, "Vendor-Class" },
	{ 61, DHCP_CLIENT, F_CLIENT_TYPE, "Client-ID" },
	{ 64, DHCP_U16, 0, "N+D" },
	{ 65, DHCP_IPV4, 0, "N+S" },
	{ 66, DHCP_TEXT, F_TFTP_SERVER_NAME, "TFTP" },
	{ 67, DHCP_TEXT, F_BOOTFILE_NAME, "BF" },
	{ 68, DHCP_IPV4, 0, "MH" },
	{ 69, DHCP_IPV4, F_SMTP_SERVER, "SMTP" },
	{ 70, DHCP_IPV4, F_POP3_SERVER, "POP3" },
	{ 71, DHCP_IPV4, 0, "NNTP" },
	{ 72, DHCP_IPV4, 0, "WWW" },
	{ 73, DHCP_IPV4, 0, "FG" },
	{ 74, DHCP_IPV4, 0, "IRC" },
	{ 75, DHCP_IPV4, 0, "STS" },
	{ 76, DHCP_IPV4, 0, "STDA" },
	{ 77, DHCP_USER, F_USER_CLASS, "User-Class" },
	{ 78, DHCP_BYTES, 0, "SLP-DA" },
	{ 79, DHCP_BYTES, 0, "SLP-SCOPE" },
	{ 80, DHCP_TEXT, 0, "SLP-NA" }, /* it is Rapid Commit since RFC 4039 */
	{ 81, DHCP_FQDN, F_FQDN_FLAGS, "FQDN" },
	{ 82, DHCP_AGENT, F_AGENT_SUBOPTION, "Agent-Information" },
	{ 83, DHCP_BYTES, 0, "ARMT" },
	{ 88, DHCP_TEXT, 0, "TZSTR" },
	{ 89, DHCP_BYTES, 0, "FQDNS" },
	{ 90, DHCP_BYTES, 0, "AUTH" },
	{ 91, DHCP_U32, 0, "Last-Transaction-Time" },
	{ 92, DHCP_IPV4, 0, "Associated-IP" },
	{ 93, DHCP_U16, F_ARCHITECTURE, "ARCH" },
	{ 94, DHCP_BYTES, 0, "NDI" },
	{ 95, DHCP_TEXT, 0, "LDAP" },
	{ 97, DHCP_BYTES, 0, "GUID" },
	{ 98, DHCP_TEXT, 0, "UAP" },
	{ 100, DHCP_TEXT, 0, "POSIX-TZ" },
	{ 101, DHCP_TEXT, 0, "TZ-Name" },
	{ 112, DHCP_IPV4, 0, "NI" },
	{ 113, DHCP_TEXT, 0, "NITAG" },
	{ 114, DHCP_TEXT, F_CAPTIVE_PORTAL, "URL" },
	{ 116, DHCP_BOOL, F_AUTO_CONFIGURATION, "NOAUTO" },
	{ 117, DHCP_U16, 0, "NSSEARCH" },
	{ 118, DHCP_IPV4, 0, "SUBNET" },
	{ 119, DHCP_DOMAINS, F_DOMAIN_SEARCH, NULL },
	{ 121, DHCP_ROUTES, F_ROUTE, "Classless-Static-Route" },
	{ 150, DHCP_IPV4, F_TFTP_SERVER_ADDRESS, "TFTP-Server-Address" },
	{ 160, DHCP_TEXT, F_CAPTIVE_PORTAL, NULL },
	{ 161, DHCP_TEXT, 0, "MUD-URL" },
	{ 249, DHCP_ROUTES, F_ROUTE, "Classless-Static-Route-Microsoft" },
	{ 252, DHCP_TEXT, F_PROXY_AUTODISCOVERY, NULL },
};

const struct dhcp_option *dhcp_option_find(unsigned code)
{
	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]) && options[i].code <= code; i++)
		if (options[i].code == code)
			return &options[i];
	return NULL;
}

bool dhcp_option_next(struct cursor *c, unsigned *code, struct cursor *value, bool *cut)
{
	do {
		if (!cursor_left(c))
			return false;
		*code = cursor_u8(c);
	} while (*code == DHCP_PAD);
	*cut = false;
	if (*code == DHCP_END)
		return false;
	*value = cursor_sub(c, cursor_u8(c));
	*cut = c->cut;
	return true;
}

const uint8_t *dhcp_route_next(struct cursor *c, unsigned *len)
{
	const uint8_t *b = cursor_peek(c, 1);

	if (!b || *b > 32)
		return NULL;
	*len = 1 + (*b + 7u) / 8 + 4;
	return cursor_take(c, *len);
}

/* ---- decode -------------------------------------------------------------------------------- */

static enum decode_result dhcp_decode(struct decode *d, struct layer *l)
{
	struct cursor c = d->c, value;
	unsigned code;
	bool cut = false;

	d->c.pos = d->c.end;
	if (!cursor_skip(&c, DHCP_HEADER))
		return cursor_short(&c);
	if (cursor_be32(&c) != DHCP_COOKIE || c.cut)
		return DECODE_OK;
	while (dhcp_option_next(&c, &code, &value, &cut)) {
		if (code == 53)
			l->aux[0] = 1;
		if (cut)
			return cursor_short(&c);
	}
	return DECODE_OK;
}

static const char *dhcp_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l->aux[0] ? "DHCP" : "BOOTP";
}

/* Some old clients write the seconds in the wrong order; Wireshark undoes it, and so do we. */
static bool secs_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *b;

	(void)f;
	if (packet_bytes(p, l, &b) < 10)
		return false;
	v->u = b[8] && !b[9] ? b[8] : get_be16(b + 8);
	return true;
}

/* sname or file, up to the first zero; absent when empty */
static bool text_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	uint32_t size = f->offset == 44 ? 64 : 128;
	const uint8_t *b;

	if (packet_bytes(p, l, &b) < f->offset + size)
		return false;
	v->bytes = b + f->offset;
	v->len = (uint32_t)strnlen((const char *)v->bytes, size);
	return v->len;
}

/* ---- walk ---------------------------------------------------------------------------------- */

static void walk_hardware(struct walk *w, unsigned type, const uint8_t *addr, unsigned len)
{
	walk_uint(w, F_HW_TYPE, type);
	if (type == 1 && len == 6)
		walk_bytes(w, F_HW_MAC, addr, 6);
	else if (len)
		walk_bytes(w, F_HW_ADDR, addr, len);
}

static void walk_client(struct walk *w, struct cursor *v)
{
	enum { TEXT = 0, DUID = 255 };
	unsigned type = cursor_u8(v), n = (unsigned)cursor_left(v);

	if (type == TEXT) {
		walk_uint(w, F_CLIENT_TYPE, type);
		walk_bytes(w, F_CLIENT_UNDEF, v->pos, n);
	} else if (type == DUID) {
		walk_bytes(w, F_CLIENT_DUID, v->pos, n);
	} else if (n == 6 || n == 16) {
		walk_hardware(w, type, v->pos, n);
	}
}

static void walk_text(struct walk *w, unsigned field, const uint8_t *p, size_t n)
{
	walk_bytes(w, field, p, (uint32_t)strnlen((const char *)p, n));
}

static void walk_domains(struct walk *w, struct cursor *v)
{
	const uint8_t *start = v->pos;
	struct dns_name n;

	while (cursor_left(v) && dns_name_read(v, start, v->end, &n)) {
		uint8_t *copy = walk_wants(w, F_DOMAIN_SEARCH) ? packet_scratch(w->p, n.len) : NULL;

		if (copy)
			walk_bytes(w, F_DOMAIN_SEARCH, memcpy(copy, n.text, n.len), n.len);
	}
}

static void walk_agent(struct walk *w, struct cursor *v)
{
	enum { CIRCUIT = 1, REMOTE = 2, LINK_SELECTION = 5 };

	while (cursor_left(v)) {
		unsigned code = cursor_u8(v), n = cursor_u8(v);
		const uint8_t *b = cursor_take(v, n);

		walk_uint(w, F_AGENT_SUBOPTION, code);
		if (!b)
			return;
		if (code == CIRCUIT)
			walk_bytes(w, F_AGENT_CIRCUIT, b, n);
		else if (code == REMOTE)
			walk_bytes(w, F_AGENT_REMOTE, b, n);
		else if (code == LINK_SELECTION && n == 4)
			walk_bytes(w, F_AGENT_LINK, b, 4);
	}
}

static void walk_fqdn(struct walk *w, struct cursor *v)
{
	enum { ENCODED = 4 };
	const uint8_t *h = cursor_take(v, 3);
	struct dns_name n;
	uint8_t *copy;

	if (!h)
		return;
	walk_uint(w, F_FQDN_FLAGS, h[0]);
	walk_uint(w, F_FQDN_RCODE1, h[1]);
	walk_uint(w, F_FQDN_RCODE2, h[2]);
	if (!cursor_left(v) || !walk_wants(w, F_FQDN_NAME))
		return;
	if (!(h[0] & ENCODED))
		walk_bytes(w, F_FQDN_NAME, v->pos, (uint32_t)cursor_left(v));
	else if (dns_name_read(v, v->pos, v->end, &n) && (copy = packet_scratch(w->p, n.len)))
		walk_bytes(w, F_FQDN_NAME, memcpy(copy, n.text, n.len), n.len);
}

/* Values of one width, as many as there are. */
static void walk_values(struct walk *w, const struct dhcp_option *o, struct cursor *v)
{
	static const uint8_t widths[] = { [DHCP_IPV4] = 4, [DHCP_U8] = 1, [DHCP_U16] = 2, [DHCP_U32] = 4, [DHCP_I32] = 4,
					  [DHCP_BOOL] = 1, [DHCP_LIST] = 1, [DHCP_MESSAGE] = 1, [DHCP_OVERLOAD] = 1,
					  [DHCP_NODE] = 1, [DHCP_PAIRS] = 4 };
	unsigned width = widths[o->kind], field = o->field;

	for (const uint8_t *b; cursor_left(v) && (b = cursor_take(v, width));) {
		if (o->kind == DHCP_IPV4 || o->kind == DHCP_PAIRS)
			walk_bytes(w, field, b, 4);
		else if (o->kind == DHCP_I32 && walk_wants(w, field))
			w->emit(w, &w->proto->fields[field], &(struct value){ .i = (int32_t)get_be32(b) });
		else if (o->kind != DHCP_I32)
			walk_uint(w, field, width == 1 ? *b : width == 2 ? get_be16(b) : get_be32(b));
		if (o->kind == DHCP_PAIRS)
			field = o->field + (field == o->field);
	}
}

static void walk_option(struct walk *w, const struct dhcp_option *o, struct cursor *v)
{
	const uint8_t *b;
	unsigned n;

	switch (o->kind) {
	case DHCP_BYTES:
	case DHCP_USER:
		walk_bytes(w, o->field, v->pos, (uint32_t)cursor_left(v));
		break;
	case DHCP_TEXT:
		walk_text(w, o->field, v->pos, cursor_left(v));
		break;
	case DHCP_CLIENT:
		walk_client(w, v);
		break;
	case DHCP_FQDN:
		walk_fqdn(w, v);
		break;
	case DHCP_AGENT:
		walk_agent(w, v);
		break;
	case DHCP_ROUTES:
		while ((b = dhcp_route_next(v, &n)))
			walk_bytes(w, o->field, b, n);
		break;
	case DHCP_DOMAINS:
		walk_domains(w, v);
		break;
	default:
		walk_values(w, o, v);
	}
}

/* A run of pads is one option. */
static void walk_pads(struct walk *w, struct cursor *c)
{
	const uint8_t *start = c->pos;

	while (cursor_left(c) && *c->pos == DHCP_PAD)
		c->pos++;
	if (c->pos == start)
		return;
	walk_uint(w, F_OPTION_TYPE, DHCP_PAD);
	walk_bytes(w, F_OPTION_PADDING, start, (uint32_t)(c->pos - start));
}

static void walk_options(struct walk *w, struct cursor c)
{
	struct cursor v;
	unsigned code;
	bool cut = false;

	for (walk_pads(w, &c); dhcp_option_next(&c, &code, &v, &cut); walk_pads(w, &c)) {
		const struct dhcp_option *o = dhcp_option_find(code);

		walk_uint(w, F_OPTION_TYPE, code);
		walk_uint(w, F_OPTION_LENGTH, v.pos[-1]);
		if (cut)
			return;
		if (cursor_left(&v))
			walk_bytes(w, F_OPTION_VALUE, v.pos, (uint32_t)cursor_left(&v));
		if (o && o->field)
			walk_option(w, o, &v);
	}
	if (c.pos[-1] != DHCP_END)
		return;
	walk_uint(w, F_OPTION_TYPE, 0); /* Wireshark gives the end no number but in its own field */
	walk_uint(w, F_OPTION_END, DHCP_END);
	if (cursor_left(&c))
		walk_bytes(w, F_OPTION_PADDING, c.pos, (uint32_t)cursor_left(&c));
}

static void dhcp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_peek(&c, 44);
	unsigned hlen;

	if (!h)
		return;
	hlen = h[2] <= 16 ? h[2] : 16;
	walk_hardware(w, h[1], h + 28, hlen);
	if (hlen && hlen < 16)
		walk_bytes(w, F_HW_PADDING, h + 28 + hlen, 16 - hlen);
	if (!cursor_skip(&c, DHCP_HEADER) || cursor_left(&c) < 4)
		return;
	walk_bytes(w, F_COOKIE, c.pos, 4);
	if (cursor_be32(&c) == DHCP_COOKIE && cursor_left(&c))
		walk_options(w, c);
}

/* ---- the protocol ---------------------------------------------------------------------------- */

static NAMED_VALUES(operations, (1, "Request"), (2, "Reply"));
static NAMED_VALUES(messages, (1, "Discover"), (2, "Offer"), (3, "Request"), (4, "Decline"), (5, "ACK"), (6, "NAK"),
	(7, "Release"), (8, "Inform"), (9, "Force Renew"), (10, "Lease query"), (11, "Lease Unassigned"), (12, "Lease Unknown"),
	(13, "Lease Active"));

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
#define IPV4(n, lab) FIELD_WALK(FIELD_IPV4, n, lab)
#define BOOL(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)

FIELD_TABLE(fields,
	(F_TYPE, FIELD_HAS("dhcp.type", "Message type", (.names = &operations), .type = FIELD_UINT, .width = 1)),
	(F_HW_TYPE, FIELD_PLAIN("dhcp.hw.type", "Hardware type", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(F_HW_LEN, FIELD_FIXED(FIELD_UINT, "dhcp.hw.len", 2, 1, "Hardware address length")),
	(F_HOPS, FIELD_FIXED(FIELD_UINT, "dhcp.hops", 3, 1, "Hops")),
	(F_ID, FIELD_FIXED_HEX("dhcp.id", 4, 4, "Transaction ID")),
	(F_SECS, FIELD_GET(FIELD_UINT, "dhcp.secs", secs_get, "Seconds elapsed")),
	(F_FLAGS, FIELD_FIXED_HEX("dhcp.flags", 10, 2, "Flags")),
	(F_FLAGS_BC, FIELD_BITS(FIELD_BOOL, "dhcp.flags.bc", 10, 2, 0x8000, "Broadcast")),
	(F_FLAGS_RESERVED, FIELD_PLAIN("dhcp.flags.reserved", "Reserved flags", .type = FIELD_UINT, .show = SHOW_HEX,
		.offset = 10, .width = 2, .mask = 0x7fff)),
	(F_IP_CLIENT, FIELD_FIXED(FIELD_IPV4, "dhcp.ip.client", 12, 4, "Client address")),
	(F_IP_YOUR, FIELD_FIXED(FIELD_IPV4, "dhcp.ip.your", 16, 4, "Your (client) address")),
	(F_IP_SERVER, FIELD_FIXED(FIELD_IPV4, "dhcp.ip.server", 20, 4, "Next server address")),
	(F_IP_RELAY, FIELD_FIXED(FIELD_IPV4, "dhcp.ip.relay", 24, 4, "Relay agent address")),
	(F_HW_MAC, FIELD_WALK(FIELD_ETHER, "dhcp.hw.mac_addr", "Client MAC address")),
	(F_HW_ADDR, BYTES("dhcp.hw.addr", "Client hardware address")),
	(F_HW_PADDING, BYTES("dhcp.hw.addr_padding", "Client hardware address padding")),
	(F_SERVER, FIELD_HAS("dhcp.server", "Server host name", (.get = text_get), .type = FIELD_STRING, .offset = 44)),
	(F_FILE, FIELD_HAS("dhcp.file", "Boot file name", (.get = text_get), .type = FIELD_STRING, .offset = 108)),
	(F_COOKIE, IPV4("dhcp.cookie", "Magic cookie")),

	(F_OPTION_TYPE, UINT("dhcp.option.type", "Option")),
	(F_OPTION_LENGTH, UINT("dhcp.option.length", "Length")),
	(F_OPTION_VALUE, BYTES("dhcp.option.value", "Value")),
	(F_OPTION_END, UINT("dhcp.option.end", "End")),
	(F_OPTION_PADDING, BYTES("dhcp.option.padding", "Padding")),
	(F_SUBNET_MASK, IPV4("dhcp.option.subnet_mask", "Subnet mask")),
	(F_TIME_OFFSET, FIELD_WALK(FIELD_INT, "dhcp.option.time_offset", "Time offset")),
	(F_ROUTER, IPV4("dhcp.option.router", "Router")),
	(F_TIME_SERVER, IPV4("dhcp.option.time_server", "Time server")),
	(F_NAME_SERVER, IPV4("dhcp.option.name_server", "Name server")),
	(F_DOMAIN_NAME_SERVER, IPV4("dhcp.option.domain_name_server", "Domain name server")),
	(F_LOG_SERVER, IPV4("dhcp.option.log_server", "Log server")),
	(F_LPR_SERVER, IPV4("dhcp.option.lpr_server", "Printer server")),
	(F_HOSTNAME, TEXT("dhcp.option.hostname", "Host name")),
	(F_BOOT_FILE_SIZE, UINT("dhcp.option.boot_file_size", "Boot file size")),
	(F_DOMAIN_NAME, TEXT("dhcp.option.domain_name", "Domain name")),
	(F_ROOT_PATH, TEXT("dhcp.option.root_path", "Root path")),
	(F_IP_FORWARDING, BOOL("dhcp.option.ip_forwarding", "IP forwarding")),
	(F_DEFAULT_TTL, UINT("dhcp.option.default_ip_ttl", "Default TTL")),
	(F_INTERFACE_MTU, UINT("dhcp.option.interface_mtu", "Interface MTU")),
	(F_BROADCAST, IPV4("dhcp.option.broadcast_address", "Broadcast address")),
	(F_ROUTER_DISCOVER, BOOL("dhcp.option.perform_router_discover", "Router discovery")),
	(F_STATIC_ROUTE_IP, IPV4("dhcp.option.static_route.ip", "Static route, destination")),
	(F_STATIC_ROUTE_ROUTER, IPV4("dhcp.option.static_route.router", "Static route, router")),
	(F_NIS_DOMAIN, TEXT("dhcp.option.nis_domain", "NIS domain")),
	(F_NIS_SERVER, IPV4("dhcp.option.nis_server", "NIS server")),
	(F_NTP_SERVER, IPV4("dhcp.option.ntp_server", "NTP server")),
	(F_VENDOR_VALUE, BYTES("dhcp.option.vendor.value", "Vendor specific information")),
	(F_NETBIOS_NAME_SERVER, IPV4("dhcp.option.netbios_over_tcpip_name_server", "NetBIOS name server")),
	(F_NETBIOS_DD_SERVER, IPV4("dhcp.option.netbios_over_tcpip_dd_name_server", "NetBIOS datagram server")),
	(F_NETBIOS_NODE_TYPE, UINT("dhcp.option.netbios_over_tcpip_node_type", "NetBIOS node type")),
	(F_NETBIOS_SCOPE, TEXT("dhcp.option.netbios_over_tcpip_scope", "NetBIOS scope")),
	(F_REQUESTED_IP, IPV4("dhcp.option.requested_ip_address", "Requested address")),
	(F_LEASE_TIME, UINT("dhcp.option.ip_address_lease_time", "Lease time")),
	(F_OVERLOAD, UINT("dhcp.option.option_overload", "Option overload")),
	(F_DHCP, FIELD_HAS("dhcp.option.dhcp", "Message type", (.names = &messages), .type = FIELD_UINT)),
	(F_SERVER_ID, IPV4("dhcp.option.dhcp_server_id", "Server identifier")),
	(F_REQUEST_ITEM, UINT("dhcp.option.request_list_item", "Requested option")),
	(F_MESSAGE, TEXT("dhcp.option.message", "Message")),
	(F_MAX_MESSAGE_SIZE, UINT("dhcp.option.dhcp_max_message_size", "Maximum message size")),
	(F_RENEWAL_TIME, UINT("dhcp.option.renewal_time_value", "Renewal time")),
	(F_REBINDING_TIME, UINT("dhcp.option.rebinding_time_value", "Rebinding time")),
	(F_VENDOR_CLASS, TEXT("dhcp.option.vendor_class_id", "Vendor class")),
	(F_CLIENT_TYPE, UINT("dhcp.client_id.type", "Client identifier type")),
	(F_CLIENT_UNDEF, TEXT("dhcp.client_id.undef", "Client identifier")),
	(F_CLIENT_DUID, BYTES("dhcp.client_id", "Client identifier")),
	(F_SMTP_SERVER, IPV4("dhcp.option.smtp_server", "SMTP server")),
	(F_POP3_SERVER, IPV4("dhcp.option.pop3_server", "POP3 server")),
	(F_TFTP_SERVER_NAME, TEXT("dhcp.option.tftp_server_name", "TFTP server name")),
	(F_BOOTFILE_NAME, TEXT("dhcp.option.bootfile_name", "Boot file name")),
	(F_USER_CLASS, TEXT("dhcp.option.user_class.text", "User class")),
	(F_FQDN_FLAGS, FIELD_PLAIN("dhcp.fqdn.flags", "FQDN flags", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(F_FQDN_RCODE1, UINT("dhcp.fqdn.rcode1", "A record result")),
	(F_FQDN_RCODE2, UINT("dhcp.fqdn.rcode2", "PTR record result")),
	(F_FQDN_NAME, TEXT("dhcp.fqdn.name", "Client name")),
	(F_AGENT_SUBOPTION, UINT("dhcp.option.agent_information_option.suboption", "Relay agent sub-option")),
	(F_AGENT_CIRCUIT, BYTES("dhcp.option.agent_information_option.agent_circuit_id", "Circuit")),
	(F_AGENT_REMOTE, BYTES("dhcp.option.agent_information_option.agent_remote_id", "Remote")),
	(F_AGENT_LINK, IPV4("dhcp.option.agent_information_option.link_selection", "Link selection")),
	(F_ARCHITECTURE, UINT("dhcp.option.client_system_architecture", "Client architecture")),
	(F_AUTO_CONFIGURATION, UINT("dhcp.option.dhcp_auto_configuration", "Auto-configuration")),
	(F_CAPTIVE_PORTAL, TEXT("dhcp.option.captive_portal", "Captive portal")),
	(F_DOMAIN_SEARCH, TEXT("dhcp.option.dhcp_dns_domain_search_list_fqdn", "Search domain")),
	(F_ROUTE, BYTES("dhcp.option.classless_static_route", "Classless static route")),
	(F_TFTP_SERVER_ADDRESS, IPV4("dhcp.option.tftp_server_address", "TFTP server address")),
	(F_PROXY_AUTODISCOVERY, TEXT("dhcp.option.private_proxy_autodiscovery", "Proxy autodiscovery"))
);

static const struct claim claims[] = {
	{ CLAIM_UDP_PORT, 67 }, { CLAIM_UDP_PORT, 68 }, { CLAIM_UDP_PORT, 4011 }, { CLAIM_NONE, 0 }
};

const struct protocol proto_dhcp = {
	.name = "dhcp",
	.column = "DHCP",
	.title = "Dynamic Host Configuration Protocol",
	.reference = "RFC 2131",
	.application = true,
	.decode = dhcp_decode,
	.column_of = dhcp_column,
	PROTOCOL_WALK(dhcp_walk),
	.summary = dhcp_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
