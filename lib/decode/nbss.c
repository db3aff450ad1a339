/* SPDX-License-Identifier: MIT */
/*
 * NetBIOS session service, RFC 1002 section 4.3, and its heir on port 445, which has nothing but
 * session messages and a length of 24 bits ([MS-SMB2] section 2.1).
 *
 *	|type 8|flags 7|length 17|...    port 139; the only flag is the length's first bit
 *	|0    8|       length  24|...    port 445
 *
 * A message that does not fit one segment continues in segments without a header: message.h.
 *
 * aux[0]: 1 if the length has 24 bits.
 */
#include "message.h"
#include "nbss.h"
#include "summary.h"

enum { TYPE, FLAGS, FLAG_E, LENGTH, ERROR_CODE, CALLED, CALLING, F_COUNT };
enum { HEADER = 4, PORT_DIRECT = 445, MESSAGE = 0, REQUEST = 0x81, POSITIVE = 0x82, NEGATIVE = 0x83, RETARGET = 0x84, KEEPALIVE = 0x85 };
enum { ENCODED_NAME = 34 };

static bool is_direct(const struct packet *p)
{
	const struct layer *tcp = packet_layer(p, PROTO_tcp);
	const uint8_t *ports = tcp ? p->source[tcp->source].data + tcp->off : NULL;

	return ports && (get_be16(ports) == PORT_DIRECT || get_be16(ports + 2) == PORT_DIRECT);
}

static bool header_fits(const uint8_t *h, bool direct)
{
	if (h[0] == MESSAGE)
		return direct || h[1] <= 1;
	return h[0] >= REQUEST && h[0] <= KEEPALIVE && h[1] == 0 && (h[0] == KEEPALIVE || h[0] == POSITIVE) == !get_be16(h + 2) &&
	       get_be16(h + 2) <= 2 * ENCODED_NAME;
}

uint8_t nbss_content(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, 4);

	if (!h || h[1] != 'S' || h[2] != 'M' || h[3] != 'B')
		return PROTO_NONE;
	return h[0] == 0xff ? PROTO_smb : h[0] >= 0xfc ? PROTO_smb2 : PROTO_NONE;
}

static bool nbss_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h;

	if (message_within(d))
		return false;
	cursor_skip(&c, message_rest(d));
	h = cursor_take(&c, HEADER);
	if (!h || !header_fits(h, is_direct(d->p)))
		return message_rest(d) > 0;
	return h[0] != MESSAGE || cursor_left(&c) < 4 || nbss_content(&c) != PROTO_NONE;
}

static enum decode_result nbss_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;
	uint32_t len;

	if (message_resume(d, l, PROTO_nbss))
		return DECODE_OK;
	h = cursor_peek(&d->c, HEADER);
	l->aux[0] = is_direct(d->p);
	if (!h || !header_fits(h, l->aux[0])) {
		d->c.pos = d->c.end; /* not where a message begins */
		return d->c.snapped && !h ? DECODE_TRUNCATED : DECODE_OK;
	}
	len = get_be24(h + 1) & (l->aux[0] ? 0xffffff : 0x1ffff);
	if (message_waits(d, l, HEADER + len))
		return DECODE_WAITS;
	decode_take(d, HEADER);
	if (h[0] == MESSAGE && len <= d->wire_left) {
		l->wire_end = l->off + HEADER + len;
		d->next = nbss_content(&d->c);
		if (d->next != PROTO_NONE)
			return DECODE_OK;
	} else if (h[0] == MESSAGE) {
		uint8_t content = nbss_content(&d->c);
		struct decode rest = *d;

		message_end(&rest, l, len, PROTO_nbss); /* remembers where it ends; what is there of it is read on */
		d->next = content;
		if (content == PROTO_NONE)
			d->c.pos = d->c.end;
		return DECODE_OK;
	}
	message_end(d, l, len, PROTO_nbss);
	return DECODE_OK;
}

/* ---- for what it carries ---------------------------------------------------------------- */

uint32_t nbss_end(const struct packet *p, const struct layer *l)
{
	for (const struct layer *n = l; n-- > p->layers;)
		if (n->proto == PROTO_nbss)
			return n->wire_end;
	return l->wire_end;
}

void nbss_finish(struct decode *d, struct layer *l, uint32_t end)
{
	uint32_t at = (uint32_t)(d->c.pos - d->p->source[d->source].data), session = nbss_end(d->p, l), n;

	if (end > session)
		end = session;
	n = end > at ? end - at : 0;
	l->wire_end = end;
	if (n >= cursor_left(&d->c)) {
		d->c.pos = d->c.end;
		return;
	}
	decode_take(d, n);
	if (d->p->nlayers + 3 >= PACKET_LAYERS_MAX)
		return; /* no room for the others */
	if (end < session)
		d->next = nbss_content(&d->c);
	else
		d->next = PROTO_nbss;
}

bool nbss_pipe(struct decode *d, struct layer *l, uint32_t at, uint32_t len)
{
	struct cursor c = d->c;
	uint32_t here = (uint32_t)(d->c.pos - d->p->source[d->source].data);

	if (at < here || !cursor_skip(&c, at - here) || !dcerpc_starts(&c, len))
		return false;
	decode_take(d, at - here);
	l->wire_end = at + len;
	d->next = PROTO_dcerpc;
	return true;
}

/* ---- fields --------------------------------------------------------------------------------- */

/* RFC 1001 section 14.1: 32 letters, two for each of 16 bytes; the last byte is the kind of service. */
static void walk_name(struct walk *w, unsigned field, const uint8_t *h)
{
	uint8_t *text = h[0] == 32 ? packet_scratch(w->p, 20) : NULL;
	uint32_t n = 15;

	if (!text)
		return;
	for (unsigned i = 0; i < 16; i++)
		text[i] = (uint8_t)((h[1 + 2 * i] - 'A') << 4 | ((h[2 + 2 * i] - 'A') & 15));
	h = text + 15;
	text[16] = (uint8_t)"0123456789abcdef"[*h >> 4];
	text[17] = (uint8_t)"0123456789abcdef"[*h & 15];
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '<';
	text[n + 1] = text[16];
	text[n + 2] = text[17];
	text[n + 3] = '>';
	walk_bytes(w, field, text, n + 4);
}

static void nbss_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (n < HEADER)
		return;
	if (!l->aux[0]) {
		walk_uint(w, FLAGS, h[1]);
		walk_uint(w, FLAG_E, h[1] & 1);
	}
	walk_uint(w, LENGTH, get_be24(h + 1) & (l->aux[0] ? 0xffffff : 0x1ffff));
	if (h[0] == NEGATIVE && n > HEADER)
		walk_uint(w, ERROR_CODE, h[HEADER]);
	if (h[0] == REQUEST && n >= HEADER + 2 * ENCODED_NAME) {
		walk_name(w, CALLED, h + HEADER);
		walk_name(w, CALLING, h + HEADER + ENCODED_NAME);
	}
}

static NAMED_VALUES(types,
	(MESSAGE, "Session message"), (REQUEST, "Session request"), (POSITIVE, "Positive session response"),
	(NEGATIVE, "Negative session response"), (RETARGET, "Retarget session response"),
	(KEEPALIVE, "Session keep-alive")
);

static void nbss_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (!s->verbose || packet_bytes(p, l, &h) < HEADER || h[0] == MESSAGE)
		return;
	name = named_value(&types, h[0]);
	outbuf_str(s->out, "\n\tNBSS: ");
	outbuf_str(s->out, name ? name : "?");
}

/* What only ends an earlier message says nothing of its own. */
static const char *nbss_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l->wire_end == l->off ? NULL : "NBSS";
}

FIELD_TABLE(fields,
	(TYPE, FIELD_HAS("nbss.type", "Message type", (.names = &types), .type = FIELD_UINT, .show = SHOW_HEX, .width = 1)),
	(FLAGS, FIELD_PLAIN("nbss.flags", "Flags", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(FLAG_E, FIELD_WALK(FIELD_BOOL, "nbss.flags.e", "First bit of the length")),
	(LENGTH, FIELD_WALK(FIELD_UINT, "nbss.length", "Length")),
	(ERROR_CODE, FIELD_PLAIN("nbss.error_code", "Error code", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(CALLED, FIELD_WALK(FIELD_STRING, "nbss.called_name", "Called name")),
	(CALLING, FIELD_WALK(FIELD_STRING, "nbss.calling_name", "Calling name"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 139 }, { CLAIM_TCP_PORT, PORT_DIRECT }, { CLAIM_NONE, 0 } };

const struct protocol proto_nbss = {
	.name = "nbss",
	.title = "NetBIOS Session Service",
	.reference = "RFC 1002 section 4.3",
	.application = true,
	.decode = nbss_decode,
	.detect = nbss_detect,
	.column_of = nbss_column,
	PROTOCOL_WALK(nbss_walk),
	.summary = nbss_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
