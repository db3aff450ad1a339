/* SPDX-License-Identifier: MIT */
/*
 * OpenVPN: the first bytes of its messages; in TCP each has its length in front.
 *
 *	UDP |opcode 5|key 3|session 64|...|      TCP |length 16|opcode 5|key 3|session 64|...|      data: |opcode 5|key 3|[peer 24]|
 *
 * What follows the session of a control message depends on keys that both ends were given (a digest, a counter, a
 * time or nothing): that is found by where the list of acknowledgments can be.
 */
#include "layout.h"
#include "summary.h"

enum { PLEN, TYPE, OPCODE, KEYID, SESSION, HMAC, PID, ARRAY_LENGTH };
enum { SOFT_RESET = 3, CONTROL = 4, ACK = 5, DATA_1 = 6, RESET_CLIENT_2 = 7, RESET_SERVER_2 = 8, DATA_2 = 9, RESET_CLIENT_3 = 10 };
enum { TCP_LEN_MAX = 2048 /* packets of a link and a little more */, ACKS_MAX = 8, SESSION_LEN = 8, DIGEST = 20, AUTHENTICATED = SESSION_LEN + DIGEST + 8 /* counter, time */ };

static bool is_control(unsigned opcode)
{
	return opcode && opcode != DATA_1 && opcode != DATA_2 && opcode <= RESET_CLIENT_3;
}

/* Where the number of acknowledgments is, from the opcode on: it is small. */
static unsigned acknowledgments_at(const uint8_t *h, size_t n)
{
	return n > SESSION_LEN + 1 && n < AUTHENTICATED + 2 && h[SESSION_LEN + 1] <= ACKS_MAX ? SESSION_LEN + 1 : AUTHENTICATED + 1;
}

/* A control message carries a piece of TLS: |acknowledgments 8|each 32|[the other's session 64]|message 32| TLS. The bytes up
 * to there if a record begins, else 0. */
static uint32_t tls_at(const uint8_t *h, size_t n)
{
	unsigned at = acknowledgments_at(h, n), acks = n > at ? h[at] : 0;

	at += 1 + acks * 4 + (acks ? SESSION_LEN : 0) + 4;
	return *h >> 3 == CONTROL && acks <= ACKS_MAX && n > at + 5 && h[at] >= 20 && h[at] <= 23 && h[at + 1] == 3 ? at : 0;
}

/* The bytes in front of the opcode: aux[0] */
static enum decode_result openvpn_decode(struct decode *d, struct layer *l)
{
	size_t n = cursor_left(&d->c);
	uint32_t tls;

	l->aux[0] = l[-1].proto == PROTO_tcp ? 2 : 0;
	tls = ENABLE_APP_PROTOCOLS && n > l->aux[0] ? tls_at(d->c.pos + l->aux[0], n - l->aux[0]) : 0;
	if (!tls)
		return decode_rest(d, l->aux[0] + 1u);
	decode_take(d, l->aux[0] + tls);
	d->next = PROTO_tls;
	return DECODE_OK;
}

static bool openvpn_detect(const struct decode *d, const struct cursor *payload)
{
	bool tcp = d->p->layers[d->p->nlayers - 1].proto == PROTO_tcp;
	const uint8_t *h = cursor_peek(payload, tcp ? 3 : 1);
	unsigned opcode = h ? h[tcp ? 2 : 0] >> 3 : 0;

	return opcode && opcode <= RESET_CLIENT_3 && (!tcp || (get_be16(h) && get_be16(h) <= TCP_LEN_MAX));
}

/* One message from its opcode on */
static void walk_message(struct walk *w, struct cursor c)
{
	static const struct slot type[] = { { TYPE, 0, 1, 0 }, { OPCODE, 0, 1, 0xf8 }, { KEYID, 0, 1, 0x07 } };
	static const struct slot control[] = { { SESSION, 1, 8, 0 } };
	static const struct slot authenticated[] = { { HMAC, 9, 20, 0 }, { PID, 29, 4, 0 }, { ARRAY_LENGTH, 37, 1, 0 } };
	static const struct slot plain[] = { { ARRAY_LENGTH, 9, 1, 0 } };
	const uint8_t *h = c.pos;
	size_t n = cursor_left(&c);

	layout_walk(w, type, SLOTS(type), h, n);
	if (!n || !is_control(*h >> 3))
		return;
	layout_walk(w, control, SLOTS(control), h, n);
	if (acknowledgments_at(h, n) == SESSION_LEN + 1)
		layout_walk(w, plain, SLOTS(plain), h, n);
	else
		layout_walk(w, authenticated, SLOTS(authenticated), h, n);
}

static void openvpn_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	if (!l->aux[0])
		walk_message(w, c);
	while (l->aux[0] && cursor_left(&c) > 2) {
		unsigned len = cursor_be16(&c);

		walk_uint(w, PLEN, len);
		walk_message(w, cursor_sub(&c, len));
	}
}

static NAMED_VALUES(opcodes,
	(1, "P_CONTROL_HARD_RESET_CLIENT_V1"), (2, "P_CONTROL_HARD_RESET_SERVER_V1"), (SOFT_RESET, "P_CONTROL_SOFT_RESET_V1"),
	(CONTROL, "P_CONTROL_V1"), (ACK, "P_ACK_V1"), (DATA_1, "P_DATA_V1"),
	(RESET_CLIENT_2, "P_CONTROL_HARD_RESET_CLIENT_V2"), (RESET_SERVER_2, "P_CONTROL_HARD_RESET_SERVER_V2"),
	(DATA_2, "P_DATA_V2"), (RESET_CLIENT_3, "P_CONTROL_HARD_RESET_CLIENT_V3")
);

static void openvpn_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (!l->aux[0])
		outbuf_printf(s->out, "UDP, length %u", summary_outer_len(p, l));
	if (n <= l->aux[0])
		return;
	outbuf_str(s->out, ": OpenVPN: ");
	layout_name(s->out, &opcodes, h[l->aux[0]] >> 3, "opcode ");
}

FIELD_TABLE(openvpn_fields,
	(PLEN, FIELD_WALK(FIELD_UINT, "openvpn.plen", "Length")),
	(TYPE, FIELD_WALK_HEX("openvpn.type", 2, "Operation and key")),
	(OPCODE, FIELD_HAS("openvpn.opcode", "Operation", (.names = &opcodes), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(KEYID, FIELD_WALK(FIELD_UINT, "openvpn.keyid", "Key")),
	(SESSION, FIELD_WALK(FIELD_UINT, "openvpn.sessionid", "Session")),
	(HMAC, FIELD_WALK(FIELD_BYTES, "openvpn.hmac", "Digest")),
	(PID, FIELD_WALK(FIELD_UINT, "openvpn.pid", "Counter")),
	(ARRAY_LENGTH, FIELD_WALK(FIELD_UINT, "openvpn.mpidarraylength", "Acknowledgments"))
);

static const struct claim openvpn_claims[] = { { CLAIM_UDP_PORT, 1194 }, { CLAIM_TCP_PORT, 1194 }, { CLAIM_NONE, 0 } };

const struct protocol proto_openvpn = {
	.name = "openvpn",
	.column = "OpenVPN",
	.title = "OpenVPN",
	.reference = "OpenVPN network protocol",
	.application = true,
	.decode = openvpn_decode,
	.detect = openvpn_detect,
	PROTOCOL_WALK(openvpn_walk),
	.summary = openvpn_summary,
	PROTOCOL_FIELDS(openvpn_fields),
	.claims = openvpn_claims,
};
