/* SPDX-License-Identifier: MIT */
/*
 * Bidirectional Forwarding Detection, RFC 5880, on one hop (RFC 5881), many (RFC 5883) and bundled links (RFC 7130).
 *
 *	|version 3|diagnostic 5|state 2|P F C A D M|multiplier 8|length 8|my discriminator 32|yours 32|
 *	 desired transmit 32, us|required receive 32|required echo 32| with A: |type 8|length 8|key 8|...|
 *
 * Version 0 has flags where later ones have the state.
 */
#include "layout.h"
#include "summary.h"

enum {
	VERSION, DIAG, STATE, FLAGS, F_P, F_F, F_C, F_A, F_D, F_M, MULTIPLIER, LENGTH, MINE, YOURS, TX, RX, ECHO_RX, AUTH_TYPE, AUTH_LEN,
	AUTH_KEY, AUTH_PASSWORD, AUTH_SEQUENCE
};
enum { HEADER = 24, AUTHENTICATED = 4, SIMPLE_PASSWORD = 1, SINGLE_HOP = 3784, MULTIHOP = 4784, LAG = 6784 };

static enum decode_result bfd_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static void bfd_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot v1[] = {
		{ STATE, 1, 1, 0xc0 }, { F_P, 1, 1, 0x20 }, { F_F, 1, 1, 0x10 }, { F_C, 1, 1, 0x08 }, { F_A, 1, 1, 0x04 },
		{ F_D, 1, 1, 0x02 }, { F_M, 1, 1, 0x01 },
	};
	static const struct slot v0[] = {
		{ F_D, 1, 1, 0x40 }, { F_P, 1, 1, 0x20 }, { F_F, 1, 1, 0x10 },
	};
	static const struct slot auth[] = { { AUTH_TYPE, 0, 1, 0 }, { AUTH_LEN, 1, 1, 0 }, { AUTH_KEY, 2, 1, 0 } };
	static const struct slot password[] = { { AUTH_PASSWORD, 3, SLOT_REST, 0 } };
	static const struct slot digest[] = { { AUTH_SEQUENCE, 4, 4, 0 } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);

	if (!h)
		return;
	if (h[0] >> 5)
		layout_walk(w, v1, SLOTS(v1), h, HEADER);
	else
		layout_walk(w, v0, SLOTS(v0), h, HEADER);
	if (!(h[1] & AUTHENTICATED) || !cursor_peek(&c, 3))
		return;
	cursor_limit(&c, c.pos[1]);
	layout_walk(w, auth, SLOTS(auth), c.pos, cursor_left(&c));
	if (*c.pos == SIMPLE_PASSWORD)
		layout_walk(w, password, SLOTS(password), c.pos, cursor_left(&c));
	else
		layout_walk(w, digest, SLOTS(digest), c.pos, cursor_left(&c));
}

static NAMED_VALUES(v0_flags,
	(0x80, "I Hear You"), (0x40, "Demand"), (0x20, "Poll"), (0x10, "Final"), (0x08, "Control Plane Independent"),
	(0x04, "Authentication Present"), (0x02, "Reserved"), (0x01, "Reserved")
);
static NAMED_VALUES(v1_flags,
	(0x20, "Poll"), (0x10, "Final"), (0x08, "Control Plane Independent"), (0x04, "Authentication Present"),
	(0x02, "Demand"), (0x01, "Reserved")
);

static void bfd_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char *const states[] = { "AdminDown", "Down", "Init", "Up" };
	const uint8_t *h, *udp = p->source[l[-1].source].data + l[-1].off;
	unsigned port = l[-1].proto == PROTO_udp ? get_be16(udp + 2) : 0;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_printf(s->out, "BFDv%u, %s, ", h[0] >> 5, port == MULTIHOP ? "Multihop" : port == LAG ? "Lag" : "Control");
	if (h[0] >> 5)
		outbuf_printf(s->out, "State %s, ", states[h[1] >> 6]);
	outbuf_str(s->out, "Flags: [");
	layout_bits(s->out, h[0] >> 5 ? &v1_flags : &v0_flags, h[1], ", ");
	outbuf_printf(s->out, "], length: %u", summary_outer_len(p, l));
}

#define FLAG(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)

static NAMED_VALUES(state_names, (0, "AdminDown"), (1, "Down"), (2, "Init"), (3, "Up"));

FIELD_TABLE(bfd_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "bfd.version", 0, 1, 0xe0, "Version")),
	(DIAG, FIELD_PLAIN("bfd.diag", "Diagnostic", .type = FIELD_UINT, .show = SHOW_HEX, .width = 1, .mask = 0x1f,
		.hex_digits = 2)),
	(STATE, FIELD_HAS("bfd.sta", "State", (.names = &state_names), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(FLAGS, FIELD_FIXED_HEX("bfd.flags", 1, 1, "Flags, and the state before them")),
	(F_P, FLAG("bfd.flags.p", "Poll")),
	(F_F, FLAG("bfd.flags.f", "Final")),
	(F_C, FLAG("bfd.flags.c", "Independent of the control plane")),
	(F_A, FLAG("bfd.flags.a", "Authentication present")),
	(F_D, FLAG("bfd.flags.d", "Demand")),
	(F_M, FLAG("bfd.flags.m", "Multipoint")),
	(MULTIPLIER, FIELD_FIXED(FIELD_UINT, "bfd.detect_time_multiplier", 2, 1, "Detection time multiplier")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "bfd.message_length", 3, 1, "Length")),
	(MINE, FIELD_FIXED_HEX("bfd.my_discriminator", 4, 4, "My discriminator")),
	(YOURS, FIELD_FIXED_HEX("bfd.your_discriminator", 8, 4, "Your discriminator")),
	(TX, FIELD_FIXED(FIELD_UINT, "bfd.desired_min_tx_interval", 12, 4, "Desired transmit interval, us")),
	(RX, FIELD_FIXED(FIELD_UINT, "bfd.required_min_rx_interval", 16, 4, "Required receive interval, us")),
	(ECHO_RX, FIELD_FIXED(FIELD_UINT, "bfd.required_min_echo_interval", 20, 4, "Required echo interval, us")),
	(AUTH_TYPE, FIELD_WALK(FIELD_UINT, "bfd.auth.type", "Authentication type")),
	(AUTH_LEN, FIELD_WALK(FIELD_UINT, "bfd.auth.len", "Authentication length")),
	(AUTH_KEY, FIELD_WALK(FIELD_UINT, "bfd.auth.key", "Authentication key")),
	(AUTH_PASSWORD, FIELD_WALK(FIELD_STRING, "bfd.auth.password", "Password")),
	(AUTH_SEQUENCE, FIELD_WALK_HEX("bfd.auth.seq_num", 8, "Authentication sequence number"))
);

static const struct claim bfd_claims[] = {
	{ CLAIM_UDP_PORT, SINGLE_HOP }, { CLAIM_UDP_PORT, MULTIHOP }, { CLAIM_UDP_PORT, LAG }, { CLAIM_NONE, 0 },
};

const struct protocol proto_bfd = {
	.name = "bfd",
	.column = "BFD Control",
	.title = "Bidirectional Forwarding Detection",
	.reference = "RFC 5880",
	.application = true,
	.decode = bfd_decode,
	PROTOCOL_WALK(bfd_walk),
	.summary = bfd_summary,
	PROTOCOL_FIELDS(bfd_fields),
	.claims = bfd_claims,
};
