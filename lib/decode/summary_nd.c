/* SPDX-License-Identifier: MIT */
/* Text lines of the options of neighbour discovery: RFC 4861, 4191 (routes), 6275 (mobility), 8106 (names). */
#include "summary.h"

enum {
	SOURCE = 1, TARGET = 2, PREFIX = 3, REDIRECTED = 4, MTU = 5, INTERVAL = 7, HOME_AGENT = 8, ROUTE = 24, RDNSS = 25, DNSSL = 31
};

static NAMED_VALUES(names,
	(SOURCE, "source link-address"), (TARGET, "destination link-address"), (PREFIX, "prefix info"),
	(REDIRECTED, "redirected header"), (MTU, "mtu"), (INTERVAL, "advertisement interval"),
	(HOME_AGENT, "homeagent information"), (ROUTE, "route info"), (RDNSS, "rdnss"), (DNSSL, "dnssl")
);

static void put_seconds(struct outbuf *o, const char *label, uint32_t seconds)
{
	outbuf_str(o, label);
	if (seconds == 0xffffffff)
		outbuf_str(o, "infinity");
	else
		outbuf_printf(o, "%us", seconds);
}

static void put_prefix(struct outbuf *o, const uint8_t *opt)
{
	static NAMED_VALUES(flags, (0x80, "onlink"), (0x40, "auto"), (0x20, "router"));
	bool any = false;

	outbuf_ipv6(o, opt + 16);
	outbuf_printf(o, "/%u, Flags [", opt[2]);
	for (struct named_value f = { 0 }; named_values_next(&flags, &f);)
		if (opt[3] & f.value) {
			outbuf_printf(o, "%s%s", any ? ", " : "", f.name);
			any = true;
		}
	put_seconds(o, any ? "], valid time " : "none], valid time ", get_be32(opt + 4));
	put_seconds(o, ", pref. time ", get_be32(opt + 8));
}

static void put_route(struct outbuf *o, const uint8_t *opt, unsigned len)
{
	static const char preference[][9] = { "medium", "high", "reserved", "low" };
	uint8_t prefix[16] = { 0 };

	memcpy(prefix, opt + 8, len - 8 < 16 ? len - 8 : 16);
	outbuf_char(o, ' ');
	outbuf_ipv6(o, prefix);
	outbuf_printf(o, "/%u, pref=%s", opt[2], preference[opt[3] >> 3 & 3]);
	put_seconds(o, ", lifetime=", get_be32(opt + 4));
}

/* Names as in DNS, each shown with the dot at its end. */
static void put_domains(struct outbuf *o, const uint8_t *v, unsigned len)
{
	bool inside = false;

	outbuf_str(o, ", domain(s):");
	for (unsigned at = 0; at < len && v[at] < len - at; at += v[at] + 1u) {
		if (v[at] && !inside)
			outbuf_char(o, ' ');
		outbuf_escaped(o, v + at + 1, v[at]);
		if (v[at])
			outbuf_char(o, '.');
		inside = v[at];
	}
}

static void put_option(struct outbuf *o, unsigned type, const uint8_t *opt, unsigned len)
{
	switch (type) {
	case SOURCE:
	case TARGET: outbuf_hexbytes(o, opt + 2, len - 2, ':'); break;
	case PREFIX:
		if (len >= 32)
			put_prefix(o, opt);
		break;
	case MTU: outbuf_printf(o, " %u", get_be32(opt + 4)); break;
	case INTERVAL: outbuf_printf(o, " %ums", get_be32(opt + 4)); break;
	case HOME_AGENT: outbuf_printf(o, " preference %u, lifetime %u", get_be16(opt + 4), get_be16(opt + 6)); break;
	case ROUTE: put_route(o, opt, len); break;
	case RDNSS:
		put_seconds(o, " lifetime ", get_be32(opt + 4));
		outbuf_char(o, ',');
		for (unsigned i = 8; i + 16 <= len; i += 16) {
			outbuf_str(o, " addr: ");
			outbuf_ipv6(o, opt + i);
		}
		break;
	case DNSSL:
		put_seconds(o, " lifetime ", get_be32(opt + 4));
		put_domains(o, opt + 8, len - 8);
		break;
	}
}

void summary_nd_options(struct outbuf *o, struct cursor c)
{
	while (cursor_left(&c) >= 2) {
		unsigned type = c.pos[0], len = c.pos[1] * 8u;
		const uint8_t *opt = cursor_take(&c, len);
		const char *name = named_value(&names, type);

		if (!len || !opt)
			return;
		outbuf_printf(o, "\n\t  %s option (%u), length %u (%u): ", name ? name : "unknown", type, len, len / 8);
		put_option(o, type, opt, len);
	}
}
