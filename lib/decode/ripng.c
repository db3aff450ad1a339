/* SPDX-License-Identifier: MIT */
/* RIPng, RFC 2080: |command 8|version 8|0 16| and routes |prefix 128|tag 16|prefix length 8|metric 8|. */
#include "layout.h"
#include "summary.h"

enum { COMMAND, VERSION, PREFIX, TAG, PLEN, METRIC };
enum { HEADER = 4, ENTRY = 20, REQUEST = 1, RESPONSE = 2, INFINITE = 16 };

static enum decode_result ripng_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static void ripng_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot route[] = { { PREFIX, 0, 16, 0 }, { TAG, 16, 2, 0 }, { PLEN, 18, 1, 0 }, { METRIC, 19, 1, 0 } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	cursor_skip(&c, HEADER);
	while ((h = cursor_take(&c, ENTRY)))
		layout_walk(w, route, SLOTS(route), h, ENTRY);
}

static void put_route(struct outbuf *o, const uint8_t *h)
{
	outbuf_ipv6(o, h);
	outbuf_printf(o, "/%u", h[18]);
	if (get_be16(h + 16))
		outbuf_printf(o, " [%u]", get_be16(h + 16));
	outbuf_printf(o, " (%u)", h[19]);
}

static void put_routes(struct summary *s, struct cursor c, const char *name, uint32_t len)
{
	const uint8_t *h;

	outbuf_printf(s->out, " ripng-%s %u:", name, len / ENTRY);
	while ((h = cursor_take(&c, ENTRY))) {
		outbuf_str(s->out, s->verbose > 1 ? "\n\t" : " ");
		put_route(s->out, h);
	}
}

static void ripng_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *route = cursor_peek(&c, ENTRY);
	uint32_t len = summary_outer_len(p, l) - HEADER;

	if (!h)
		return;
	if (h[0] == REQUEST && len == ENTRY && route && route[19] == INFINITE && !get_be64(route) && !get_be64(route + 8))
		outbuf_str(s->out, " ripng-req dump");
	else if (h[0] == REQUEST || h[0] == RESPONSE)
		put_routes(s, c, h[0] == REQUEST ? "req" : "resp", len);
	else
		outbuf_printf(s->out, " ripng-%u ?? %u", h[0], len + HEADER);
	if (h[1] != 1)
		outbuf_printf(s->out, " [vers %u]", h[1]);
}

static NAMED_VALUES(commands, (REQUEST, "Request"), (RESPONSE, "Response"));

FIELD_TABLE(ripng_fields,
	(COMMAND, FIELD_HAS("ripng.cmd", "Command", (.names = &commands), .type = FIELD_UINT, .width = 1)),
	(VERSION, FIELD_FIXED(FIELD_UINT, "ripng.version", 1, 1, "Version")),
	(PREFIX, FIELD_WALK(FIELD_IPV6, "ripng.rte.ipv6_prefix", "Prefix")),
	(TAG, FIELD_WALK_HEX("ripng.rte.route_tag", 4, "Route tag")),
	(PLEN, FIELD_WALK(FIELD_UINT, "ripng.rte.prefix_length", "Prefix length")),
	(METRIC, FIELD_WALK(FIELD_UINT, "ripng.rte.metric", "Metric"))
);

static const struct claim ripng_claims[] = { { CLAIM_UDP_PORT, 521 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ripng = {
	.name = "ripng",
	.column = "RIPng",
	.title = "RIPng",
	.reference = "RFC 2080",
	.application = true,
	.decode = ripng_decode,
	PROTOCOL_WALK(ripng_walk),
	.summary = ripng_summary,
	PROTOCOL_FIELDS(ripng_fields),
	.claims = ripng_claims,
};
