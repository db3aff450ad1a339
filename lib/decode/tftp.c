/* SPDX-License-Identifier: MIT */
/*
 * Trivial File Transfer Protocol. RFC 1350, RFC 2347.
 *
 *	1 read, 2 write: |op 16|file 00|mode 00| { option 00, value 00 } ...       6: |6|{ option 00, value 00 } ...
 *	3 data: |3|block 16|up to 512 bytes    4 acknowledgement: |4|block 16|     5 error: |5|code 16|text 00|
 *
 * The answer to a request comes from a port of the server's own choice: the client's is announced (expect.h).
 */
#include "decode/expect.h"
#include "decode/message.h"
#include "decode/service.h"

enum { OPCODE, SOURCE_FILE, DESTINATION_FILE, TYPE, BLOCK, ERROR_CODE, ERROR_MESSAGE, OPTION_NAME, OPTION_VALUE };
enum { RRQ = 1, WRQ, DATA, ACK, ERROR, OACK, PORT = 69 };

static bool tftp_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 2);

	(void)d;
	if (!h)
		return payload->snapped;
	return get_be16(h) >= RRQ && get_be16(h) <= OACK;
}

static enum decode_result tftp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 2), *udp = layer_at(d->p, l - 1);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = get_be16(h);
	if (l[-1].proto == PROTO_udp && (l->aux[0] == RRQ || l->aux[0] == WRQ))
		decode_expect_end(d, CLAIM_UDP_PORT, true, get_be16(udp), PROTO_tftp);
	return service_decode(d, l);
}

static void tftp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned op = cursor_be16(&c);

	if (c.cut)
		return;
	walk_uint(w, OPCODE, op);
	switch (op) {
	case RRQ:
	case WRQ:
		walk_cstring(w, op == RRQ ? SOURCE_FILE : DESTINATION_FILE, &c);
		walk_cstring(w, TYPE, &c);
		/* fall through */
	case OACK:
		while (cursor_left(&c)) {
			walk_cstring(w, OPTION_NAME, &c);
			if (cursor_left(&c))
				walk_cstring(w, OPTION_VALUE, &c);
		}
		break;
	case DATA:
	case ACK:
		if (cursor_left(&c) >= 2)
			walk_uint(w, BLOCK, cursor_be16(&c));
		break;
	case ERROR:
		if (cursor_left(&c) < 2)
			break;
		walk_uint(w, ERROR_CODE, cursor_be16(&c));
		walk_cstring(w, ERROR_MESSAGE, &c);
	}
}

/* Text up to a NUL, and past it; false if there was none. */
static bool put_text(struct outbuf *o, struct cursor *c)
{
	const uint8_t *end = cursor_left(c) ? memchr(c->pos, 0, cursor_left(c)) : NULL;

	outbuf_escaped(o, c->pos, end ? (size_t)(end - c->pos) : cursor_left(c));
	c->pos = end ? end + 1 : c->end;
	return end != NULL;
}

static void put_request(struct outbuf *o, struct cursor *c)
{
	outbuf_str(o, " \"");
	if (!put_text(o, c)) {
		outbuf_str(o, "\" [|tftp]");
		return;
	}
	outbuf_char(o, '"');
	while (cursor_left(c)) {
		outbuf_char(o, ' ');
		if (!put_text(o, c)) {
			outbuf_str(o, " [|tftp]");
			return;
		}
	}
}

static void tftp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char ops[][6] = { "", "RRQ", "WRQ", "DATA", "ACK", "ERROR", "OACK" };
	static NAMED_VALUES(errors, (0, "EUNDEF"), (1, "ENOTFOUND"), (2, "EACCESS"), (3, "ENOSPACE"), (4, "EBADOP"),
		(5, "EBADID"), (6, "EEXISTS"), (7, "ENOUSER"));
	struct cursor c = packet_cursor(p, l);
	const uint8_t *udp = layer_at(p, l - 1);
	struct outbuf *o = s->out;
	const char *name;
	unsigned code;

	if (l[-1].proto != PROTO_udp || (get_be16(udp) != PORT && get_be16(udp + 2) != PORT)) {
		service_begin(s, p, l, "TFTP"); /* tcpdump knows the port of requests only */
		outbuf_bytes(o, ", ", 2);
	} else {
		outbuf_str(o, "TFTP, length ");
		outbuf_u64(o, l->wire_end - l->off);
		outbuf_bytes(o, ", ", 2);
	}
	if (cursor_left(&c) < 2)
		return;
	cursor_skip(&c, 2);
	outbuf_str(o, ops[l->aux[0] <= OACK ? l->aux[0] : 0]);
	switch (l->aux[0]) {
	case RRQ:
	case WRQ:
		put_request(o, &c);
		break;
	case OACK:
		while (cursor_left(&c)) {
			outbuf_char(o, ' ');
			put_text(o, &c);
		}
		break;
	case DATA:
	case ACK:
		if (cursor_left(&c) < 2)
			break;
		outbuf_str(o, " block ");
		outbuf_u64(o, cursor_be16(&c));
		break;
	case ERROR:
		if (cursor_left(&c) < 2)
			break;
		code = cursor_be16(&c);
		name = named_value(&errors, code);
		outbuf_char(o, ' ');
		outbuf_str(o, name ? name : "tftp-#");
		if (!name)
			outbuf_u64(o, code);
		outbuf_str(o, " \"");
		put_text(o, &c);
		outbuf_char(o, '"');
	}
}

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
FIELD_TABLE(tftp_fields,
	(OPCODE, UINT("tftp.opcode", "Operation")),
	(SOURCE_FILE, TEXT("tftp.source_file", "File to be read")),
	(DESTINATION_FILE, TEXT("tftp.destination_file", "File to be written")),
	(TYPE, TEXT("tftp.type", "Mode")),
	(BLOCK, UINT("tftp.block", "Block")),
	(ERROR_CODE, UINT("tftp.error.code", "Error")),
	(ERROR_MESSAGE, TEXT("tftp.error.message", "Text of the error")),
	(OPTION_NAME, TEXT("tftp.option.name", "Option")),
	(OPTION_VALUE, TEXT("tftp.option.value", "Value of the option"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_tftp = {
	.name = "tftp",
	.column = "TFTP",
	.title = "Trivial File Transfer Protocol",
	.reference = "RFC 1350, RFC 2347",
	.application = true,
	.decode = tftp_decode,
	.detect = tftp_detect,
	PROTOCOL_WALK(tftp_walk),
	.summary = tftp_summary,
	PROTOCOL_FIELDS(tftp_fields),
	.claims = claims,
};
