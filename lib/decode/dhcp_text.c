/* SPDX-License-Identifier: MIT */
/* A DHCP message in tcpdump's words: "BOOTP/DHCP, Request from 00:53:00:00:00:01, length 300", and with -v a line per
 * address and option. */
#include "decode/dhcp.h"

static void put_text(struct outbuf *o, const uint8_t *p, size_t n)
{
	outbuf_char(o, '"');
	for (; n; n--, p++) {
		uint8_t ch = *p & 0x7f;

		if (*p & 0x80)
			outbuf_bytes(o, "M-", 2);
		if (ch < 0x20 || ch == 0x7f) {
			outbuf_char(o, '^');
			ch ^= 0x40;
		}
		outbuf_char(o, (char)ch);
	}
	outbuf_char(o, '"');
}

static void put_number(struct outbuf *o, const char *before, uint64_t v)
{
	outbuf_str(o, before);
	outbuf_u64(o, v);
}

static void put_dotted(struct outbuf *o, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_number(o, i ? "." : "", p[i]);
}

static void put_word(struct outbuf *o, unsigned code)
{
	const struct dhcp_option *row = dhcp_option_find(code);

	outbuf_str(o, row && row->word ? row->word : "Unknown");
	put_number(o, " (", code);
	outbuf_char(o, ')');
}

static void put_message(struct outbuf *o, unsigned type)
{
	static const char words[][16] = { "", "Discover", "Offer", "Request", "Decline", "ACK", "NACK", "Release", "Inform",
					  "", "LeaseQuery", "LeaseUnassigned", "LeaseUnknown", "LeaseActive" };

	if (type < sizeof(words) / sizeof(words[0]) && words[type][0]) {
		outbuf_str(o, words[type]);
	} else {
		put_number(o, "Unknown (", type);
		outbuf_char(o, ')');
	}
}

static void put_client(struct outbuf *o, struct cursor *v)
{
	unsigned type = cursor_u8(v);

	if (!type) {
		put_text(o, v->pos, cursor_left(v));
		return;
	}
	if (type == 1)
		outbuf_str(o, "ether ");
	else
		put_number(o, "hardware-type ", type);
	if (type != 1)
		outbuf_str(o, ", ");
	outbuf_hexbytes(o, v->pos, cursor_left(v), ':');
}

static void put_fqdn(struct outbuf *o, struct cursor *v)
{
	const uint8_t *h = cursor_take(v, 3);

	if (!h)
		return;
	if (h[0] & 0x0f) {
		outbuf_char(o, '[');
		for (unsigned bit = 0; bit < 4; bit++)
			if (h[0] >> bit & 1)
				outbuf_char(o, "SOEN"[bit]);
		outbuf_str(o, "] ");
	}
	if (h[1] || h[2]) {
		put_number(o, "", h[1]);
		put_number(o, "/", h[2]);
		outbuf_char(o, ' ');
	}
	put_text(o, v->pos, cursor_left(v));
}

static void put_agent(struct outbuf *o, struct cursor *v)
{
	static const char words[][14] = { "", "Circuit-ID", "Remote-ID" };

	while (cursor_left(v)) {
		unsigned code = cursor_u8(v), n = cursor_u8(v);
		const uint8_t *b = cursor_take(v, n);

		if (!b)
			return;
		outbuf_str(o, "\n\t      ");
		outbuf_str(o, code == 1 || code == 2 ? words[code] : "Unknown");
		put_number(o, " SubOption ", code);
		put_number(o, ", length ", n);
		outbuf_str(o, ": ");
		if (code == 1 || code == 2)
			outbuf_escaped(o, b, n);
		else
			outbuf_hexbytes(o, b, n, 0);
	}
}

static void put_routes(struct outbuf *o, struct cursor *v)
{
	unsigned n;
	const char *before = "";

	for (const uint8_t *b; (b = dhcp_route_next(v, &n)); before = ",") {
		uint8_t net[4] = { 0 };

		memcpy(net, b + 1, n - 5);
		outbuf_str(o, before);
		outbuf_char(o, '(');
		if (*b) {
			outbuf_ipv4(o, net);
			put_number(o, "/", *b);
		} else {
			outbuf_str(o, "default");
		}
		outbuf_char(o, ':');
		outbuf_ipv4(o, b + n - 4);
		outbuf_char(o, ')');
	}
}

static void put_list(struct outbuf *o, struct cursor *v)
{
	for (unsigned i = 0; cursor_left(v); i++) {
		outbuf_str(o, i % 4 ? ", " : "\n\t      ");
		put_word(o, cursor_u8(v));
	}
}

/* One of a run of numbers, addresses or yes and no. */
static bool put_one(struct outbuf *o, unsigned kind, struct cursor *v)
{
	static const char nodes[9][7] = { [1] = "b-node", [2] = "p-node", [4] = "m-node", [8] = "h-node" };
	const uint8_t *b;
	unsigned n;

	switch (kind) {
	case DHCP_IPV4:
	case DHCP_PAIRS:
		b = cursor_take(v, kind == DHCP_PAIRS ? 8 : 4);
		if (!b)
			return false;
		if (kind == DHCP_PAIRS)
			outbuf_char(o, '(');
		outbuf_ipv4(o, b);
		if (kind == DHCP_PAIRS) {
			outbuf_char(o, ':');
			outbuf_ipv4(o, b + 4);
			outbuf_char(o, ')');
		}
		return true;
	case DHCP_U16:
		outbuf_u64(o, cursor_be16(v));
		break;
	case DHCP_U32:
		outbuf_u64(o, cursor_be32(v));
		break;
	case DHCP_I32:
		outbuf_i64(o, (int32_t)cursor_be32(v));
		break;
	case DHCP_BOOL:
		n = cursor_u8(v);
		if (n < 2)
			outbuf_char(o, "NY"[n]);
		else
			put_number(o, "", n);
		if (n >= 2)
			outbuf_char(o, '?');
		break;
	case DHCP_NODE:
		n = cursor_u8(v);
		if (n < 9 && nodes[n][0])
			outbuf_str(o, nodes[n]);
		else
			put_number(o, "#", n);
		break;
	}
	return !v->cut;
}

/* An option without a row: numbers if its length allows it. */
static unsigned kind_of(const struct dhcp_option *row, size_t len)
{
	if (row && row->word)
		return row->kind;
	return len && len % 4 == 0 ? DHCP_U32 : len && len % 2 == 0 ? DHCP_U16 : DHCP_BYTES;
}

static void put_value(struct outbuf *o, unsigned kind, struct cursor *v)
{
	static const char overload[][13] = { "", "file", "sname", "file+sname" };
	unsigned n;

	switch (kind) {
	case DHCP_BYTES:
	case DHCP_U8:
	case DHCP_DOMAINS:
	case DHCP_USER:
		put_dotted(o, v->pos, cursor_left(v));
		return;
	case DHCP_TEXT:
		put_text(o, v->pos, cursor_left(v));
		return;
	case DHCP_LIST:
		put_list(o, v);
		return;
	case DHCP_MESSAGE:
		put_message(o, cursor_u8(v));
		return;
	case DHCP_OVERLOAD:
		n = cursor_u8(v);
		outbuf_str(o, n < 4 ? overload[n] : "#");
		return;
	case DHCP_CLIENT:
		put_client(o, v);
		return;
	case DHCP_FQDN:
		put_fqdn(o, v);
		return;
	case DHCP_AGENT:
		put_agent(o, v);
		return;
	case DHCP_ROUTES:
		put_routes(o, v);
		return;
	}
	for (const char *before = ""; cursor_left(v); before = ",") {
		outbuf_str(o, before);
		if (!put_one(o, kind, v))
			return;
	}
}

static void put_options(struct outbuf *o, struct cursor c)
{
	struct cursor v;
	unsigned code;
	bool cut = false;

	outbuf_str(o, "\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x63825363");
	while (dhcp_option_next(&c, &code, &v, &cut) && !cut) {
		size_t len = cursor_left(&v);

		outbuf_str(o, "\n\t    ");
		put_word(o, code);
		put_number(o, ", length ", len);
		outbuf_str(o, len || kind_of(dhcp_option_find(code), len) != DHCP_TEXT ? ": " : "");
		put_value(o, kind_of(dhcp_option_find(code), len), &v);
	}
}

static void put_address(struct outbuf *o, const char *label, const uint8_t *addr)
{
	if (!get_be32(addr))
		return;
	outbuf_str(o, label);
	outbuf_ipv4(o, addr);
}

static void put_name(struct outbuf *o, const char *label, const uint8_t *p, size_t size)
{
	size_t n = strnlen((const char *)p, size);

	if (!n)
		return;
	outbuf_str(o, label);
	put_text(o, p, n);
}

static void put_details(struct outbuf *o, const uint8_t *h, struct cursor c, int verbose)
{
	if (h[1] != 1)
		put_number(o, ", htype ", h[1]);
	if (h[2] != 6)
		put_number(o, ", hlen ", h[2]);
	if (h[3])
		put_number(o, ", hops ", h[3]);
	outbuf_str(o, ", xid 0x");
	outbuf_printf(o, "%x", get_be32(h + 4));
	if (get_be16(h + 8))
		put_number(o, ", secs ", get_be16(h + 8));
	outbuf_str(o, h[10] & 0x80 ? ", Flags [Broadcast]" : ", Flags [none]");
	if (verbose > 1 || get_be16(h + 10) & 0x7fff)
		outbuf_printf(o, " (0x%04x)", get_be16(h + 10));
	put_address(o, "\n\t  Client-IP ", h + 12);
	put_address(o, "\n\t  Your-IP ", h + 16);
	put_address(o, "\n\t  Server-IP ", h + 20);
	put_address(o, "\n\t  Gateway-IP ", h + 24);
	if (h[1] == 1 && h[2] == 6) {
		outbuf_str(o, "\n\t  Client-Ethernet-Address ");
		outbuf_mac(o, h + 28);
	}
	if (!cursor_skip(&c, DHCP_HEADER))
		return;
	put_name(o, "\n\t  sname ", h + 44, 64);
	put_name(o, "\n\t  file ", h + 108, 128);
	if (cursor_be32(&c) == DHCP_COOKIE && !c.cut)
		put_options(o, c);
}

void dhcp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (n < 3)
		return;
	outbuf_str(s->out, "BOOTP/DHCP, ");
	if (h[0] == 1)
		outbuf_str(s->out, "Request");
	else if (h[0] == 2)
		outbuf_str(s->out, "Reply");
	else
		outbuf_printf(s->out, "unknown (0x%02x)", h[0]);
	if (h[0] == 1 && h[1] == 1 && h[2] == 6 && n >= 34) {
		outbuf_str(s->out, " from ");
		outbuf_mac(s->out, h + 28);
	}
	put_number(s->out, ", length ", l->wire_end - l->off);
	if (s->verbose && n >= 44)
		put_details(s->out, h, c, s->verbose);
}
