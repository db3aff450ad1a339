/* SPDX-License-Identifier: MIT */
/* Text lines of ICMP (RFC 792) and ICMPv6 (RFC 4443, neighbour discovery RFC 4861, listener discovery RFC 2710 and 3810). */
#include "summary.h"

enum { HEADER = 8 };

static void put_number(struct outbuf *o, const char *label, uint32_t v)
{
	outbuf_str(o, label);
	outbuf_u64(o, v);
}

/* Writes a pattern in which %d is the quoted packet's destination and %g the gateway of a redirect. */
static void put_pattern(struct outbuf *o, const char *pattern, const uint8_t *dst, const uint8_t *gateway)
{
	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			outbuf_char(o, *pattern);
			continue;
		}
		outbuf_ipv4(o, *++pattern == 'd' ? dst : gateway);
	}
}

/* ---- ICMP --------------------------------------------------------------------------- */

static NAMED_VALUES(unreachable,
	(0, "net %d unreachable"),
	(1, "host %d unreachable"),
	(5, "%d unreachable - source route failed"),
	(6, "net %d unreachable - unknown"),
	(7, "host %d unreachable - unknown"),
	(8, "%d unreachable - source host isolated"),
	(9, "net %d unreachable - admin prohibited"),
	(10, "host %d unreachable - admin prohibited"),
	(11, "net %d unreachable - tos prohibited"),
	(12, "host %d unreachable - tos prohibited"),
	(13, "host %d unreachable - admin prohibited filter"),
	(14, "host %d unreachable - host precedence violation"),
	(15, "host %d unreachable - precedence cutoff")
);

static NAMED_VALUES(redirects,
	(0, "redirect %d to net %g"),
	(1, "redirect %d to host %g"),
	(2, "redirect-tos %d to net %g"),
	(3, "redirect-tos %d to host %g")
);

static NAMED_VALUES(simple_types,
	(4, "source quench"), (10, "router solicitation"), (15, "information request"), (16, "information reply"),
	(17, "address mask request")
);

/* "10.0.0.1 udp port 53", from the quoted headers. False if they were not kept. */
static bool put_quoted_port(struct outbuf *o, struct cursor c)
{
	const uint8_t *ip = cursor_take(&c, 20), *ports;
	uint32_t options;

	if (!ip)
		return false;
	options = (ip[0] & 15u) * 4;
	if (options > 20)
		cursor_skip(&c, options - 20);
	ports = cursor_take(&c, 4);
	if (!ports)
		return false;
	outbuf_ipv4(o, ip + 16);
	if (ip[9] == 6 || ip[9] == 17)
		put_number(o, ip[9] == 6 ? " tcp port " : " udp port ", get_be16(ports + 2));
	else {
		put_number(o, " protocol ", ip[9]);
		put_number(o, " port ", get_be16(ports + 2));
	}
	outbuf_str(o, " unreachable");
	return true;
}

static bool put_unreachable(struct outbuf *o, const uint8_t *h, struct cursor c)
{
	const uint8_t *ip = cursor_peek(&c, 20);
	const char *pattern;

	if (!ip)
		return false;
	switch (h[1]) {
	case 2:
		outbuf_ipv4(o, ip + 16);
		put_number(o, " protocol ", ip[9]);
		outbuf_str(o, " unreachable");
		return true;
	case 3:
		return put_quoted_port(o, c);
	case 4:
		outbuf_ipv4(o, ip + 16);
		outbuf_str(o, " unreachable - need to frag");
		if (get_be16(h + 6)) {
			put_number(o, " (mtu ", get_be16(h + 6));
			outbuf_char(o, ')');
		}
		return true;
	}
	pattern = named_value(&unreachable, h[1]);
	put_pattern(o, pattern ? pattern : "%d unreachable - #", ip + 16, NULL);
	if (!pattern)
		outbuf_u64(o, h[1]);
	return true;
}

static bool put_redirect(struct outbuf *o, const uint8_t *h, struct cursor c)
{
	const uint8_t *ip = cursor_peek(&c, 20);
	const char *pattern = named_value(&redirects, h[1]);

	if (!ip)
		return false;
	if (!pattern) {
		put_number(o, "redirect-#", h[1]);
		pattern = " %d to net %g";
	}
	put_pattern(o, pattern, ip + 16, h + 4);
	return true;
}

/* RFC 1256 */
static bool put_router(struct outbuf *o, const uint8_t *h, struct cursor c)
{
	unsigned lifetime = get_be16(h + 6), count = h[4];

	outbuf_str(o, "router advertisement lifetime ");
	if (lifetime < 60)
		outbuf_u64(o, lifetime);
	else if (lifetime < 3600)
		outbuf_printf(o, "%u:%02u", lifetime / 60, lifetime % 60);
	else
		outbuf_printf(o, "%u:%02u:%02u", lifetime / 3600, lifetime % 3600 / 60, lifetime % 60);
	put_number(o, " ", count);
	outbuf_char(o, ':');
	if (h[5] != 2) {
		put_number(o, " [size ", h[5]);
		outbuf_char(o, ']');
		return true;
	}
	while (count--) {
		const uint8_t *entry = cursor_take(&c, 8);

		if (!entry)
			return false;
		outbuf_bytes(o, " {", 2);
		outbuf_ipv4(o, entry);
		put_number(o, " ", get_be32(entry + 4));
		outbuf_char(o, '}');
	}
	return true;
}

static void put_day_time(struct outbuf *o, uint32_t ms)
{
	outbuf_printf(o, "%02u:%02u:%02u.%03u", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

static bool put_stamps(struct outbuf *o, const uint8_t *h, struct cursor c)
{
	const uint8_t *t = cursor_take(&c, 12);

	if (h[0] == 14 && !t)
		return false;
	put_number(o, h[0] == 13 ? "time stamp query id " : "time stamp reply id ", get_be16(h + 4));
	put_number(o, " seq ", get_be16(h + 6));
	if (h[0] == 13)
		return true;
	outbuf_str(o, ": org ");
	put_day_time(o, get_be32(t));
	outbuf_str(o, ", recv ");
	put_day_time(o, get_be32(t + 4));
	outbuf_str(o, ", xmit ");
	put_day_time(o, get_be32(t + 8));
	return true;
}

/* The message itself. False if what it is about was cut off. */
static bool put_message(struct outbuf *o, const uint8_t *h, struct cursor c)
{
	const char *name;

	switch (h[0]) {
	case 0:
	case 8:
		put_number(o, h[0] ? "echo request, id " : "echo reply, id ", get_be16(h + 4));
		put_number(o, ", seq ", get_be16(h + 6));
		return true;
	case 3:
		return put_unreachable(o, h, c);
	case 5:
		return put_redirect(o, h, c);
	case 9:
		return put_router(o, h, c);
	case 11:
		if (h[1] < 2)
			outbuf_str(o, h[1] ? "ip reassembly time exceeded" : "time exceeded in-transit");
		else
			put_number(o, "time exceeded-#", h[1]);
		return cursor_left(&c) >= 20;
	case 12:
		put_number(o, h[1] ? "parameter problem - code " : "parameter problem - octet ", h[1] ? h[1] : h[4]);
		return true;
	case 13:
	case 14:
		return put_stamps(o, h, c);
	case 18:
		if (cursor_left(&c) < 4)
			return false;
		outbuf_str(o, "address mask is 0x");
		outbuf_hex(o, get_be32(c.pos), 8);
		return true;
	}
	name = named_value(&simple_types, h[0]);
	if (name)
		outbuf_str(o, name);
	else
		put_number(o, "type-#", h[0]);
	return true;
}

static bool icmp_is_error(unsigned type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

void icmp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const struct layer *net = summary_network(p, l);
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *bytes;
	uint32_t n = packet_bytes(p, l, &bytes);
	uint16_t sum;

	if (!h)
		return;
	outbuf_str(s->out, "ICMP ");
	if (!put_message(s->out, h, c)) {
		outbuf_str(s->out, " [|icmp]");
		return;
	}
	put_number(s->out, ", length ", l->wire_end - l->off);
	if (!s->verbose)
		return;
	if (net && !(net->aux[0] & 0x3fff) && n >= l->wire_end - l->off) {
		sum = checksum_fold(checksum_add(0, bytes, n));
		if (sum)
			outbuf_printf(s->out, " (wrong icmp cksum %x (->%x)!)", get_be16(h + 2),
				      checksum_should_be(get_be16(h + 2), sum));
	}
	if (icmp_is_error(h[0]) && summary_next(p, l)) {
		outbuf_bytes(s->out, "\n\t", 2);
		summary_quoted(s, p, l);
	}
}

/* ---- ICMPv6 ------------------------------------------------------------------------- */

static NAMED_VALUES(types_6,
	(1, "destination unreachable"),
	(2, "packet too big"),
	(3, "time exceeded in-transit"),
	(4, "parameter problem"),
	(128, "echo request"),
	(129, "echo reply"),
	(130, "multicast listener query"),
	(131, "multicast listener report"),
	(132, "multicast listener done"),
	(133, "router solicitation"),
	(134, "router advertisement"),
	(135, "neighbor solicitation"),
	(136, "neighbor advertisement"),
	(137, "redirect"),
	(138, "router renumbering"),
	(139, "node information query"),
	(140, "node information reply"),
	(141, "inverse neighbor solicitation"),
	(142, "inverse neighbor advertisement"),
	(143, "multicast listener report v2"),
	(144, "dhaad request"),
	(145, "dhaad reply"),
	(146, "mobile router solicitation"),
	(147, "mobile router advertisement"),
	(155, "RPL"),
	(200, "mtrace message"),
	(201, "mtrace response")
);

/* The ports of a quoted IPv6 packet: the upper header behind its chain. */
static bool quoted_upper(struct cursor c, unsigned *number, unsigned *dport)
{
	const uint8_t *h = cursor_take(&c, 40);
	unsigned next = h ? h[6] : 59;

	while (h && (next == 0 || next == 43 || next == 44 || next == 60)) {
		h = cursor_peek(&c, 8);
		if (!h || !cursor_skip(&c, next == 44 ? 8 : (h[1] + 1u) * 8))
			return false;
		next = h[0];
	}
	h = cursor_take(&c, 4);
	if (!h)
		return false;
	*number = next;
	*dport = get_be16(h + 2);
	return true;
}

static bool put_unreachable_6(struct outbuf *o, const uint8_t *h, struct cursor c)
{
	static const char codes[][24] = { "unreachable route", "unreachable prohibited", "beyond scope", "unreachable address",
					  "unreachable port" };
	const uint8_t *ip = cursor_peek(&c, 40);
	unsigned number, dport;

	if (!ip)
		return false;
	if (h[1] > 4) {
		put_number(o, ", unknown unreach code (", h[1]);
		outbuf_char(o, ')');
		return true;
	}
	outbuf_bytes(o, ", ", 2);
	outbuf_str(o, codes[h[1]]);
	if (h[1] == 4) {
		if (!quoted_upper(c, &number, &dport))
			return false;
		outbuf_bytes(o, ", ", 2);
		outbuf_ipv6(o, ip + 24);
		if (number == 6 || number == 17) {
			put_number(o, number == 6 ? " tcp port " : " udp port ", dport);
		} else {
			put_number(o, " protocol ", number);
			put_number(o, " port ", dport);
		}
		return true;
	}
	outbuf_char(o, ' ');
	outbuf_ipv6(o, ip + 24);
	if (h[1] == 2) {
		outbuf_str(o, ", source address ");
		outbuf_ipv6(o, ip + 8);
	}
	return true;
}

static void put_router_6(struct outbuf *o, const uint8_t *h)
{
	static const char preference[][9] = { "medium", "high", "reserved", "low" };
	bool any = false;

	outbuf_printf(o, "\n\thop limit %u, Flags [", h[4]);
	for (int i = 0; i < 3; i++)
		if (h[5] >> (7 - i) & 1) {
			static const char names[][15] = { "managed", "other stateful", "home agent" };

			outbuf_str(o, any ? ", " : "");
			outbuf_str(o, names[i]);
			any = true;
		}
	outbuf_printf(o, "%s], pref %s, router lifetime %us, reachable time %ums, retrans timer %ums", any ? "" : "none",
		      preference[h[5] >> 3 & 3], get_be16(h + 6), get_be32(h + 8), get_be32(h + 12));
}

static void put_neighbour_flags(struct outbuf *o, uint8_t flags)
{
	static const char names[][10] = { "router", "solicited", "override" };
	bool any = false;

	outbuf_str(o, ", Flags [");
	for (int i = 0; i < 3; i++)
		if (flags >> (7 - i) & 1) {
			outbuf_str(o, any ? ", " : "");
			outbuf_str(o, names[i]);
			any = true;
		}
	outbuf_str(o, any ? "]" : "none]");
}

static NAMED_VALUES(record_types,
	(1, "is_in"), (2, "is_ex"), (3, "to_in"), (4, "to_ex"), (5, "allow"), (6, "block")
);

/* Their number, and with -vv all of them; past them in `c`. */
static void put_sources_6(struct summary *s, struct cursor *c, unsigned n)
{
	const uint8_t *a;

	if (s->verbose < 2) {
		outbuf_printf(s->out, ", %u source(s)", n);
		cursor_skip(c, n * 16u);
		return;
	}
	outbuf_str(s->out, " {");
	while (n-- && (a = cursor_take(c, 16))) {
		outbuf_char(s->out, ' ');
		outbuf_ipv6(s->out, a);
	}
	outbuf_str(s->out, " }");
}

/* MLDv2, RFC 3810 section 5.2 */
static void put_listener_report(struct summary *s, const uint8_t *h, struct cursor c)
{
	struct outbuf *o = s->out;
	unsigned records = get_be16(h + 6);

	put_number(o, ", ", records);
	outbuf_str(o, " group record(s)");
	if (!s->verbose)
		return;
	while (records--) {
		const uint8_t *r = cursor_take(&c, 20);
		const char *name;
		unsigned sources;

		if (!r)
			return;
		name = named_value(&record_types, r[0]);
		sources = get_be16(r + 2);
		outbuf_str(o, " [gaddr ");
		outbuf_ipv6(o, r + 4);
		if (name)
			outbuf_printf(o, " %s", name);
		else
			outbuf_printf(o, "  [v2-report-#%u]", r[0]);
		if (cursor_left(&c) < sources * 16u) {
			outbuf_printf(o, " [invalid number of sources %u]", sources);
			return;
		}
		put_sources_6(s, &c, sources);
		outbuf_char(o, ']');
		if (!cursor_skip(&c, r[1] * 4u))
			return;
	}
}

/* RFC 2710 section 3 and, when longer, RFC 3810 section 5.1 */
static bool put_listener_query(struct summary *s, const uint8_t *h, struct cursor c, uint32_t length)
{
	const uint8_t *group = cursor_take(&c, 16), *more;
	uint32_t delay = get_be16(h + 4);

	if (!group)
		return false;
	more = cursor_take(&c, 4);
	if (!more && length > 24)
		return false;
	if (!more) {
		outbuf_printf(s->out, "max resp delay: %u addr: ", delay);
		outbuf_ipv6(s->out, group);
		return true;
	}
	if (delay >= 0x8000)
		delay = ((delay & 0x0fff) | 0x1000) << ((delay >> 12 & 7) + 3);
	outbuf_str(s->out, " v2");
	if (s->verbose)
		outbuf_printf(s->out, " [max resp delay=%u]", delay);
	outbuf_str(s->out, " [gaddr ");
	outbuf_ipv6(s->out, group);
	if (s->verbose)
		outbuf_printf(s->out, "%s robustness=%u qqi=%u", more[0] & 8 ? " sflag" : "", more[0] & 7, more[1]);
	if (get_be16(more + 2))
		put_sources_6(s, &c, get_be16(more + 2));
	outbuf_char(s->out, ']');
	return true;
}

/* What stands behind the type. False if it was cut off. */
static bool put_details_6(struct summary *s, const uint8_t *h, struct cursor c, uint32_t length)
{
	struct outbuf *o = s->out;
	const uint8_t *at;

	switch (h[0]) {
	case 1:
		return put_unreachable_6(o, h, c);
	case 2:
		put_number(o, ", mtu ", get_be32(h + 4));
		return true;
	case 3:
		at = cursor_take(&c, 40);
		if (!at)
			return false;
		if (h[1] > 1) {
			put_number(o, ", unknown code (", h[1]);
			outbuf_char(o, ')');
		} else if (h[1]) {
			outbuf_str(o, " (reassembly)");
		} else {
			outbuf_str(o, " for ");
			outbuf_ipv6(o, at + 24);
		}
		return true;
	case 4:
		if (h[1] > 2) {
			put_number(o, ", code-#", h[1]);
			return true;
		}
		put_number(o, h[1] == 0 ? ", erroneous - octet " : h[1] == 1 ? ", next header - octet " : ", option - octet ",
			   get_be32(h + 4));
		return true;
	case 128:
	case 129:
		put_number(o, ", id ", get_be16(h + 4));
		put_number(o, ", seq ", get_be16(h + 6));
		return true;
	case 130:
		return put_listener_query(s, h, c, length);
	case 131:
	case 132:
		at = cursor_take(&c, 16);
		if (!at)
			return false;
		put_number(o, "max resp delay: ", get_be16(h + 4));
		outbuf_str(o, " addr: ");
		outbuf_ipv6(o, at);
		return true;
	case 135:
	case 136:
		at = cursor_take(&c, 16);
		if (!at)
			return false;
		outbuf_str(o, h[0] == 135 ? ", who has " : ", tgt is ");
		outbuf_ipv6(o, at);
		if (s->verbose && h[0] == 136)
			put_neighbour_flags(o, h[4]);
		if (s->verbose)
			summary_nd_options(o, c);
		return true;
	case 133:
		if (s->verbose)
			summary_nd_options(o, c);
		return true;
	case 134:
		if (s->verbose && cursor_skip(&c, 8)) {
			put_router_6(o, h);
			summary_nd_options(o, c);
		}
		return true;
	case 137:
		at = cursor_take(&c, 32);
		if (!at)
			return false;
		outbuf_bytes(o, ", ", 2);
		outbuf_ipv6(o, at + 16);
		outbuf_str(o, " to ");
		outbuf_ipv6(o, at);
		if (s->verbose)
			summary_nd_options(o, c);
		return true;
	case 143:
		put_listener_report(s, h, c);
		return true;
	}
	return true;
}

/* tcpdump shows the length behind the type of these when it is verbose, and not at all of the others. */
static bool is_discovery(unsigned type)
{
	return type >= 133 && type <= 137;
}

void icmpv6_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);
	struct outbuf *o = s->out;
	uint32_t length = l->wire_end - l->off;
	const char *name;
	uint16_t sum;

	if (!h) {
		if (l->result == DECODE_OK) /* the four bytes that every message has */
			outbuf_str(o, "ICMP6 [|icmp6]");
		return;
	}
	if (s->verbose && checksum_transport(p, l, 58, &sum)) {
		if (sum)
			outbuf_printf(o, "[bad icmp6 cksum 0x%04x -> 0x%04x!] ", get_be16(h + 2),
				      checksum_should_be(get_be16(h + 2), sum));
		else
			outbuf_str(o, "[icmp6 sum ok] ");
	}
	outbuf_str(o, "ICMP6, ");
	name = named_value(&types_6, h[0]);
	if (name) {
		outbuf_str(o, name);
	} else {
		put_number(o, "unknown icmp6 type (", h[0]);
		outbuf_char(o, ')');
	}
	if (s->verbose && is_discovery(h[0]))
		put_number(o, ", length ", length);
	if (!put_details_6(s, h, c, length)) {
		outbuf_str(o, " [|icmp6]");
		return;
	}
	if (!s->verbose)
		put_number(o, ", length ", length);
}
