/* SPDX-License-Identifier: MIT */
/*
 * File Transfer Protocol, the control connection.
 *
 *	PORT 192,168,0,13,234,10\r\n             230-Welcome\r\n
 *	RETR file\r\n                            230 Login successful.\r\n
 *
 * Who connects to the server's port asks, the other answers. PORT, PASV, EPRT and EPSV say at which address and port the
 * next file will come: those are announced (expect.h) as ftp-data. RFC 959, RFC 2428.
 */
#include "decode/expect.h"
#include "decode/service.h"

enum { REQUEST, RESPONSE, COMMAND, REQ_ARG, CODE, RSP_ARG, ACTIVE_IP, ACTIVE_PORT, PASSIVE_IP, PASSIVE_PORT, EPRT_AF, EPRT_IP,
	EPRT_PORT, EPSV_PORT };
enum { PASSIVE = 227, EXTENDED_PASSIVE = 229, AF_4 = 1 };

static bool is_reply(const struct packet *p, const struct layer *l)
{
	return service_is_reply(p, l, PROTO_ftp);
}

/* ---- addresses in arguments ---------------------------------------------------------------- */

/* "192,168,0,13,234,10", wherever it starts in `t`. */
static bool six_numbers(struct text t, uint8_t addr[4], uint16_t *port)
{
	unsigned v[6], n = 0;

	while (t.len && (*t.p < '0' || *t.p > '9')) {
		t.p++;
		t.len--;
	}
	for (; n < 6 && t.len && *t.p >= '0' && *t.p <= '9'; n++) {
		struct text part = text_until(&t, ',');

		v[n] = (unsigned)text_decimal(&part);
		if (v[n] > 255)
			return false;
	}
	for (unsigned i = 0; n == 6 && i < 4; i++)
		addr[i] = (uint8_t)v[i];
	*port = n == 6 ? (uint16_t)(v[4] << 8 | v[5]) : 0;
	return n == 6;
}

/* "|1|132.235.1.2|6275|"; only the port in the answer to EPSV: "(|||6446|)". */
struct extended {
	unsigned family;
	struct text addr;
	uint16_t port;
};

static bool extended_read(struct text t, struct extended *e)
{
	struct text part;
	char bar;

	if (!t.len)
		return false;
	bar = (char)*t.p;
	text_until(&t, bar);
	part = text_until(&t, bar);
	e->family = (unsigned)text_decimal(&part);
	e->addr = text_until(&t, bar);
	part = text_until(&t, bar);
	e->port = (uint16_t)text_decimal(&part);
	return e->port != 0;
}

static struct text in_parentheses(struct text t)
{
	text_until(&t, '(');
	return text_until(&t, ')');
}

/* ---- decode ----------------------------------------------------------------------------------- */

static void announce(const struct decode *d, bool reply, struct text line)
{
	struct extended e;
	struct text word;
	uint8_t addr[4];
	uint16_t port;
	unsigned code;

	if (reply) {
		if (!text_code(&line, &code))
			return;
		if (code == PASSIVE && six_numbers(in_parentheses(line), addr, &port))
			decode_expect(d, CLAIM_TCP_PORT, addr, 4, port, PROTO_ftp_data);
		else if (code == EXTENDED_PASSIVE && extended_read(in_parentheses(line), &e))
			decode_expect_end(d, CLAIM_TCP_PORT, true, e.port, PROTO_ftp_data);
		return;
	}
	word = text_word(&line);
	if (text_is(&word, "port") && six_numbers(line, addr, &port))
		decode_expect(d, CLAIM_TCP_PORT, addr, 4, port, PROTO_ftp_data);
	else if (text_is(&word, "eprt") && extended_read(line, &e))
		decode_expect_end(d, CLAIM_TCP_PORT, true, e.port, PROTO_ftp_data);
}

static enum decode_result ftp_decode(struct decode *d, struct layer *l)
{
	struct cursor c = d->c;
	struct text line;
	bool whole;

	if (line_next(&c, &line, &whole))
		announce(d, is_reply(d->p, l), line);
	return service_decode(d, l);
}

/* ---- fields ------------------------------------------------------------------------------------- */

static void walk_six(struct walk *w, unsigned field, struct text t)
{
	uint8_t *addr = packet_scratch(w->p, 4);
	uint16_t port;

	if (!addr || !six_numbers(t, addr, &port))
		return;
	walk_bytes(w, field, addr, 4);
	walk_uint(w, field + 1, port);
}

static void walk_extended(struct walk *w, struct text t)
{
	struct extended e;
	uint8_t *addr;

	if (!extended_read(t, &e))
		return;
	walk_uint(w, EPRT_AF, e.family);
	addr = e.family == AF_4 ? packet_scratch(w->p, 4) : NULL;
	if (addr && text_ipv4(&e.addr, addr))
		walk_bytes(w, EPRT_IP, addr, 4);
	walk_uint(w, EPRT_PORT, e.port);
}

static void walk_request(struct walk *w, struct text line)
{
	struct text word = text_word(&line);

	walk_uint(w, REQUEST, 1);
	walk_uint(w, RESPONSE, 0);
	if (word.len)
		walk_text(w, COMMAND, &word);
	if (line.len)
		walk_text(w, REQ_ARG, &line);
	if (text_is(&word, "port"))
		walk_six(w, ACTIVE_IP, line);
	else if (text_is(&word, "eprt"))
		walk_extended(w, line);
}

static void walk_response(struct walk *w, struct text line)
{
	struct extended e;
	unsigned code;

	walk_uint(w, REQUEST, 0);
	walk_uint(w, RESPONSE, 1);
	if (text_code(&line, &code))
		walk_uint(w, CODE, code);
	if (line.len)
		walk_text(w, RSP_ARG, &line);
	if (code == PASSIVE)
		walk_six(w, PASSIVE_IP, in_parentheses(line));
	else if (code == EXTENDED_PASSIVE && extended_read(in_parentheses(line), &e))
		walk_uint(w, EPSV_PORT, e.port);
}

static void ftp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct text line;
	bool whole;

	if (!line_next(&c, &line, &whole))
		return;
	if (is_reply(p, l))
		walk_response(w, line);
	else
		walk_request(w, line);
}

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
FIELD_TABLE(ftp_fields,
	(REQUEST, FIELD_WALK(FIELD_BOOL, "ftp.request", "From the client")),
	(RESPONSE, FIELD_WALK(FIELD_BOOL, "ftp.response", "From the server")),
	(COMMAND, TEXT("ftp.request.command", "Command")),
	(REQ_ARG, TEXT("ftp.request.arg", "Argument of the command")),
	(CODE, UINT("ftp.response.code", "Reply code")),
	(RSP_ARG, TEXT("ftp.response.arg", "Text of the reply")),
	(ACTIVE_IP, FIELD_WALK(FIELD_IPV4, "ftp.active.cip", "Address the client listens at")),
	(ACTIVE_PORT, UINT("ftp.active.port", "Port the client listens at")),
	(PASSIVE_IP, FIELD_WALK(FIELD_IPV4, "ftp.passive.ip", "Address the server listens at")),
	(PASSIVE_PORT, UINT("ftp.passive.port", "Port the server listens at")),
	(EPRT_AF, UINT("ftp.eprt.af", "Address family")),
	(EPRT_IP, FIELD_WALK(FIELD_IPV4, "ftp.eprt.ip", "Address the client listens at")),
	(EPRT_PORT, UINT("ftp.eprt.port", "Port the client listens at")),
	(EPSV_PORT, UINT("ftp.epsv.port", "Port the server listens at"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 21 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ftp = {
	.name = "ftp",
	.column = "FTP",
	.title = "File Transfer Protocol",
	.reference = "RFC 959, RFC 2428",
	.application = true,
	.decode = ftp_decode,
	.detect = service_detect,
	PROTOCOL_WALK(ftp_walk),
	PROTOCOL_FIELDS(ftp_fields),
	.claims = claims,
};
