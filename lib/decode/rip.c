/* SPDX-License-Identifier: MIT */
/*
 * RIP, versions 1 (RFC 1058) and 2 (RFC 2453): |command 8|version 8|domain 16| and up to 25 routes of 20 bytes:
 *
 *	|family 16|tag 16|address 32|mask 32|next hop 32|metric 32|    family ffff: |type 16|password, or where a digest is|
 */
#include "layout.h"
#include "summary.h"

enum {
	COMMAND, VERSION, FAMILY, TAG, ADDRESS, NETMASK, NEXT_HOP, METRIC, AUTH_TYPE, AUTH_PASSWORD, DIGEST_OFFSET, KEY_ID,
	AUTH_LENGTH, SEQUENCE
};
enum { HEADER = 4, ENTRY = 20, AUTHENTICATION = 0xffff, AF_IP = 2, DIGEST_ITSELF = 1, PASSWORD = 2, DIGEST = 3 };

static enum decode_result rip_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static void walk_authentication(struct walk *w, const uint8_t *h)
{
	static const struct slot digest[] = {
		{ DIGEST_OFFSET, 4, 2, 0 }, { KEY_ID, 6, 1, 0 }, { AUTH_LENGTH, 7, 1, 0 }, { SEQUENCE, 8, 4, 0 },
	};

	if (get_be16(h + 2) == DIGEST_ITSELF)
		return; /* at the end */
	walk_uint(w, AUTH_TYPE, get_be16(h + 2));
	if (get_be16(h + 2) == PASSWORD)
		walk_bytes(w, AUTH_PASSWORD, h + 4, (uint32_t)strnlen((const char *)h + 4, 16));
	else if (get_be16(h + 2) == DIGEST)
		layout_walk(w, digest, SLOTS(digest), h, ENTRY);
}

static void rip_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot all[] = { { ADDRESS, 4, 4, 0 }, { METRIC, 16, 4, 0xffff } };
	static const struct slot v2[] = { { TAG, 2, 2, 0 }, { NETMASK, 8, 4, 0 }, { NEXT_HOP, 12, 4, 0 } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);
	unsigned version = h ? h[1] : 0;

	while ((h = cursor_take(&c, ENTRY))) {
		if (get_be16(h) == AUTHENTICATION) {
			walk_authentication(w, h);
			continue;
		}
		walk_uint(w, FAMILY, get_be16(h));
		if (get_be16(h) == AF_IP) {
			layout_walk(w, all, SLOTS(all), h, ENTRY);
			if (version == 2)
				layout_walk(w, v2, SLOTS(v2), h, ENTRY);
		} else if (get_be16(h) == 0) {
			walk_uint(w, METRIC, get_be32(h + 16) & 0xffff);
		}
	}
}

static NAMED_VALUES(commands,
	(1, "Request"), (2, "Response"), (3, "Trace on"), (4, "Trace off"), (5, "Poll"), (6, "Poll Entry")
);

static void put_routes(struct outbuf *o, struct cursor c)
{
	const uint8_t *h;

	while ((h = cursor_take(&c, ENTRY))) {
		if (get_be16(h) != AF_IP)
			continue;
		outbuf_str(o, "\n\t  AFI IPv4, ");
		outbuf_ipv4(o, h + 4);
		outbuf_printf(o, "/%d, tag 0x%04x, metric: %u, next-hop: ", __builtin_popcount(get_be32(h + 8)), get_be16(h + 2),
			      get_be32(h + 16));
		if (get_be32(h + 12))
			outbuf_ipv4(o, h + 12);
		else
			outbuf_str(o, "self");
	}
}

static void rip_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);
	const char *name;

	if (!h)
		return;
	name = named_value(&commands, h[0]);
	outbuf_printf(s->out, "%sRIPv%u, ", s->verbose ? "\n\t" : "", h[1]);
	if (name)
		outbuf_str(s->out, name);
	else
		outbuf_printf(s->out, "unknown command (%u)", h[0]);
	outbuf_printf(s->out, ", length: %u", summary_outer_len(p, l));
	if (s->verbose && h[1] == 2 && h[0] == 2) {
		outbuf_printf(s->out, ", routes: %u or less", (summary_outer_len(p, l) - HEADER) / ENTRY);
		put_routes(s->out, c);
	}
}

FIELD_TABLE(rip_fields,
	(COMMAND, FIELD_HAS("rip.command", "Command", (.names = &commands), .type = FIELD_UINT, .width = 1)),
	(VERSION, FIELD_FIXED(FIELD_UINT, "rip.version", 1, 1, "Version")),
	(FAMILY, FIELD_WALK(FIELD_UINT, "rip.family", "Address family")),
	(TAG, FIELD_WALK(FIELD_UINT, "rip.route_tag", "Route tag")),
	(ADDRESS, FIELD_WALK(FIELD_IPV4, "rip.ip", "Address")),
	(NETMASK, FIELD_WALK(FIELD_IPV4, "rip.netmask", "Mask")),
	(NEXT_HOP, FIELD_WALK(FIELD_IPV4, "rip.next_hop", "Next hop")),
	(METRIC, FIELD_WALK(FIELD_UINT, "rip.metric", "Metric")),
	(AUTH_TYPE, FIELD_WALK(FIELD_UINT, "rip.auth.type", "Authentication type")),
	(AUTH_PASSWORD, FIELD_WALK(FIELD_STRING, "rip.auth.passwd", "Password")),
	(DIGEST_OFFSET, FIELD_WALK(FIELD_UINT, "rip.digest_offset", "Where the digest is")),
	(KEY_ID, FIELD_WALK(FIELD_UINT, "rip.key_id", "Key")),
	(AUTH_LENGTH, FIELD_WALK(FIELD_UINT, "rip.auth_data_len", "Digest length")),
	(SEQUENCE, FIELD_WALK(FIELD_UINT, "rip.seq_num", "Sequence number"))
);

static const struct claim rip_claims[] = { { CLAIM_UDP_PORT, 520 }, { CLAIM_NONE, 0 } };

static const char *rip_column(const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	return packet_bytes(p, l, &h) < 2 || h[1] < 1 || h[1] > 2 ? "RIP" : h[1] == 1 ? "RIPv1" : "RIPv2";
}

const struct protocol proto_rip = {
	.name = "rip",
	.column = "RIP",
	.title = "Routing Information Protocol",
	.reference = "RFC 2453",
	.application = true,
	.decode = rip_decode,
	.column_of = rip_column,
	PROTOCOL_WALK(rip_walk),
	.summary = rip_summary,
	PROTOCOL_FIELDS(rip_fields),
	.claims = rip_claims,
};
