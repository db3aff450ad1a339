/* SPDX-License-Identifier: MIT */
/*
 * SOCKS, versions 4 (with 4a's names) and 5 (RFC 1928, RFC 1929): a few messages that ask a proxy for a connection; what
 * follows is that connection, decoded by its content or the port that was asked for.
 *
 *	5: client |05|methods n|method * n|           server |05|method|
 *	   client |01|n|user|n|password|              server |01|status|               if that method was chosen
 *	   client |05|command|00|type|address|port|   server |05|result|00|type|address|port|
 *	4: client |04|command|port|address|user 00|[name 00]|   server |00|result|port|address|
 *
 * How far a connection has come is remembered, and what was asked for. layer.aux[0]: which message this is, and of the
 * payload also version and command; aux[1]: the port asked for.
 */
#include "decode/memory.h"
#include "decode/service.h"

enum {
	VERSION, METHOD_COUNT, METHOD, ACCEPTED, SUB_VERSION, USERNAME, PASSWORD, AUTH_STATUS, COMMAND, RESULTS, RESERVED, ADDRESS_TYPE,
	DST, DST_V6, REMOTE_NAME, V4A_NAME, PORT, DSTPORT
};
enum message { NOTHING, METHODS, METHOD_CHOSEN, LOGIN, LOGIN_ANSWER, CONNECT, CONNECT_ANSWER, CONNECT_4, ANSWER_4, PAYLOAD };
enum { SERVER_PORT = 1080, IPV4 = 1, DOMAIN_NAME = 3, IPV6 = 4 };
/* memory: [0] the last message, [1] the port asked for, [2] version and command of the request */

static bool from_server(const struct packet *p, const struct layer *l)
{
	return service_source(p, l) == SERVER_PORT;
}

/* ---- messages ---------------------------------------------------------------------------------- */

/* Address and port behind the type; false if it is not all there. */
static bool address_skip(struct cursor *c, uint16_t *port)
{
	unsigned type = cursor_u8(c);

	cursor_skip(c, type == IPV4 ? 4 : type == IPV6 ? 16 : type == DOMAIN_NAME ? cursor_u8(c) : 0);
	*port = cursor_be16(c);
	return !c->cut && (type == IPV4 || type == IPV6 || type == DOMAIN_NAME);
}

/* What this segment is after message `last`, if it is as it should be. */
static enum message message_next(const struct cursor *payload, bool server, unsigned last, uint16_t *port)
{
	struct cursor c = *payload;
	unsigned version = cursor_u8(&c), second = cursor_u8(&c);

	*port = 0;
	if (c.cut)
		return NOTHING;
	if (last == CONNECT_ANSWER || last == ANSWER_4 || last == PAYLOAD)
		return PAYLOAD;
	if (server) {
		if (last == METHODS && version == 5 && !cursor_left(&c))
			return METHOD_CHOSEN;
		if (last == LOGIN && version == 1 && !cursor_left(&c))
			return LOGIN_ANSWER;
		if (last == CONNECT && version == 5 && cursor_skip(&c, 1) && address_skip(&c, port))
			return CONNECT_ANSWER;
		return last == CONNECT_4 && version == 0 && cursor_left(&c) >= 6 ? ANSWER_4 : NOTHING;
	}
	if (version == 5 && second && cursor_left(&c) == second)
		return METHODS;
	if (version == 1 && last == METHOD_CHOSEN)
		return LOGIN;
	if (version == 5 && second <= 3 && cursor_u8(&c) == 0 && address_skip(&c, port) && !cursor_left(&c))
		return CONNECT;
	if (version == 4 && second >= 1 && second <= 2 && cursor_left(&c) >= 7 && !c.end[-1]) {
		*port = cursor_be16(&c);
		return CONNECT_4;
	}
	return NOTHING;
}

/* ---- decode ------------------------------------------------------------------------------------- */

static bool socks_detect(const struct decode *d, const struct cursor *payload)
{
	const struct memory *m = decode_memory(d, MEMORY_CONNECTION, false);
	const struct layer *tcp = &d->p->layers[d->p->nlayers - 1];
	uint16_t port;

	return service_port(d, SERVER_PORT) &&
	       message_next(payload, from_server(d->p, tcp), m ? m->value[0] : NOTHING, &port) != NOTHING;
}

static enum decode_result socks_decode(struct decode *d, struct layer *l)
{
	struct memory *m = decode_memory(d, MEMORY_CONNECTION, false);
	uint16_t port;
	enum message message = message_next(&d->c, from_server(d->p, l), m ? m->value[0] : NOTHING, &port);

	l->aux[0] = (uint16_t)message;
	l->aux[1] = m ? (uint16_t)m->value[1] : 0;
	if (message == PAYLOAD) {
		m->value[0] = PAYLOAD;
		l->aux[0] |= (uint16_t)(m->value[2] << 8);
		d->next = decode_application(d, CLAIM_TCP_PORT, l->aux[1], l->aux[1]);
		if (d->next == PROTO_socks)
			d->next = PROTO_NONE;
		return DECODE_OK;
	}
	if (m && message != NOTHING) {
		m->value[0] = message;
		if (message == CONNECT || message == CONNECT_4) {
			m->value[1] = port;
			m->value[2] = (uint32_t)(d->c.pos[0] << 4 | d->c.pos[1]);
		}
	}
	return service_decode(d, l);
}

/* ---- fields --------------------------------------------------------------------------------------- */

static void walk_address(struct walk *w, struct cursor *c)
{
	unsigned type = cursor_u8(c), n = type == IPV4 ? 4 : type == IPV6 ? 16 : cursor_u8(c);
	const uint8_t *b = cursor_take(c, n);

	if (!b)
		return;
	walk_uint(w, ADDRESS_TYPE, type);
	walk_bytes(w, type == IPV4 ? DST : type == IPV6 ? DST_V6 : REMOTE_NAME, b, n);
	if (cursor_left(c) >= 2)
		walk_uint(w, PORT, cursor_be16(c));
}

static void walk_login(struct walk *w, struct cursor *c)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned n = cursor_u8(c);
		const uint8_t *b = cursor_take(c, n);

		if (!b)
			return;
		walk_bytes(w, i ? PASSWORD : USERNAME, b, n);
	}
}

static void walk_version_4(struct walk *w, struct cursor *c, bool answer)
{
	const uint8_t *b = cursor_take(c, 7), *end;

	if (!b)
		return;
	walk_uint(w, answer ? RESULTS : COMMAND, b[0]);
	walk_uint(w, DSTPORT, get_be16(b + 1));
	walk_bytes(w, DST, b + 3, 4);
	end = answer ? NULL : memchr(c->pos, 0, cursor_left(c));
	if (!end)
		return;
	walk_bytes(w, USERNAME, c->pos, (uint32_t)(end - c->pos));
	c->pos = end + 1;
	if (get_be32(b + 3) < 256 && cursor_left(c))
		walk_bytes(w, V4A_NAME, c->pos, (uint32_t)strnlen((const char *)c->pos, cursor_left(c)));
}

static void socks_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned version = cursor_u8(&c);

	if (l->aux[0] == NOTHING || c.cut)
		return;
	if ((l->aux[0] & 0xff) == PAYLOAD) { /* of what the connection is, as Wireshark repeats it */
		walk_uint(w, VERSION, l->aux[0] >> 12);
		walk_uint(w, COMMAND, l->aux[0] >> 8 & 15);
		walk_uint(w, DSTPORT, l->aux[1]);
		return;
	}
	walk_uint(w, l->aux[0] == LOGIN || l->aux[0] == LOGIN_ANSWER ? SUB_VERSION : VERSION, version);
	switch (l->aux[0]) {
	case METHODS:
		walk_uint(w, METHOD_COUNT, cursor_u8(&c));
		while (cursor_left(&c))
			walk_uint(w, METHOD, cursor_u8(&c));
		break;
	case METHOD_CHOSEN: walk_uint(w, ACCEPTED, cursor_u8(&c)); break;
	case LOGIN: walk_login(w, &c); break;
	case LOGIN_ANSWER: walk_uint(w, AUTH_STATUS, cursor_u8(&c)); break;
	case CONNECT:
	case CONNECT_ANSWER:
		walk_uint(w, l->aux[0] == CONNECT ? COMMAND : RESULTS, cursor_u8(&c));
		walk_uint(w, RESERVED, cursor_u8(&c));
		walk_address(w, &c);
		break;
	default: walk_version_4(w, &c, l->aux[0] == ANSWER_4);
	}
}

static void socks_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char names[][22] = { "", " methods", " method chosen", " login", " login answer", " connect", " connect answer",
					  " connect (version 4)", " answer (version 4)", "" };

	service_begin(s, p, l, "Socks");
	outbuf_str(s->out, names[l->aux[0] & 0xff]);
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
FIELD_TABLE(socks_fields,
	(VERSION, UINT("socks.version", "Version")),
	(METHOD_COUNT, UINT("socks.auth_method_count", "Methods offered")),
	(METHOD, UINT("socks.auth_method", "Method offered")),
	(ACCEPTED, UINT("socks.auth_accepted_method", "Method chosen")),
	(SUB_VERSION, UINT("socks.subnegotiation_version", "Version of the login")),
	(USERNAME, TEXT("socks.username", "User name")),
	(PASSWORD, TEXT("socks.password", "Password")),
	(AUTH_STATUS, UINT("socks.auth_status", "Outcome of the login")),
	(COMMAND, UINT("socks.command", "Command")),
	(RESULTS, UINT("socks.results", "Result")),
	(RESERVED, UINT("socks.reserved", "Reserved")),
	(ADDRESS_TYPE, UINT("socks.address_type", "Kind of address")),
	(DST, FIELD_WALK(FIELD_IPV4, "socks.dst", "Address")),
	(DST_V6, FIELD_WALK(FIELD_IPV6, "socks.dstV6", "Address")),
	(REMOTE_NAME, TEXT("socks.remote_name", "Host")),
	(V4A_NAME, TEXT("socks.v4a_dns_name", "Host")),
	(PORT, UINT("socks.port", "Port")),
	(DSTPORT, UINT("socks.dstport", "Port asked for"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, SERVER_PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_socks = {
	.name = "socks",
	.column = "Socks",
	.title = "SOCKS",
	.reference = "RFC 1928, RFC 1929",
	.application = true,
	.decode = socks_decode,
	.detect = socks_detect,
	PROTOCOL_WALK(socks_walk),
	.summary = socks_summary,
	PROTOCOL_FIELDS(socks_fields),
	.claims = claims,
};
