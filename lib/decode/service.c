/* SPDX-License-Identifier: MIT */
/* See service.h. */
#include "decode/service.h"
#include "decode/tls.h"

enum { LINE_SHOWN_MAX = 200 };

static const struct layer *transport_of(const struct packet *p, const struct layer *l)
{
	while (l > p->layers && l->proto != PROTO_tcp && l->proto != PROTO_udp)
		l--;
	return l > p->layers ? l : NULL;
}

void service_begin(struct summary *s, const struct packet *p, const struct layer *l, const char *name)
{
	const struct layer *t = transport_of(p, l);

	if (t && t->proto == PROTO_udp && l == t + 1) {
		outbuf_str(s->out, "UDP, length ");
		outbuf_u64(s->out, summary_outer_len(p, l));
	}
	outbuf_bytes(s->out, ": ", 2);
	outbuf_str(s->out, name);
}

void service_line(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct text line;
	bool whole;

	service_begin(s, p, l, protocols[l->proto]->column);
	if (!line_next(&c, &line, &whole) || !line.len)
		return;
	outbuf_bytes(s->out, ": ", 2);
	outbuf_escaped(s->out, line.p, line.len < LINE_SHOWN_MAX ? line.len : LINE_SHOWN_MAX);
}

bool service_port(const struct decode *d, unsigned port)
{
	const struct layer *l = &d->p->layers[d->p->nlayers - 1];
	const uint8_t *h = layer_at(d->p, l);

	return (l->proto == PROTO_tcp || l->proto == PROTO_udp) &&
	       (get_be16(h) == port || get_be16(h + 2) == port);
}

unsigned service_source(const struct packet *p, const struct layer *l)
{
	const struct layer *t = transport_of(p, l);

	return t ? get_be16(layer_at(p, t)) : 0;
}

bool service_is_reply(const struct packet *p, const struct layer *l, unsigned proto)
{
	const struct layer *t = transport_of(p, l);
	const uint8_t *h;
	enum claim_kind kind;
	bool from, to;

	if (!t)
		return false;
	h = layer_at(p, t);
	kind = t->proto == PROTO_tcp ? CLAIM_TCP_PORT : CLAIM_UDP_PORT;
	from = decode_claimed(kind, get_be16(h)) == proto;
	to = decode_claimed(kind, get_be16(h + 2)) == proto;
	return from != to ? from : get_be16(h) < get_be16(h + 2);
}

bool service_detect(const struct decode *d, const struct cursor *payload)
{
	(void)d;
	return !tls_starts(payload);
}

enum decode_result service_decode(struct decode *d, struct layer *l)
{
	(void)l;
	decode_take(d, (uint32_t)cursor_left(&d->c));
	return d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
}

enum decode_result service_silent(struct decode *d, struct layer *l)
{
	(void)l;
	decode_take(d, (uint32_t)cursor_left(&d->c));
	return DECODE_OK;
}
