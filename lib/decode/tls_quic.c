/* SPDX-License-Identifier: MIT */
/*
 * QUIC's transport parameters, an extension of its hellos (RFC 9000 section 18, RFC 9368):
 *
 *	type v | length v | value        v: a variable-length integer
 */
#include "decode/tls_quic.h"
#include "decode/quic.h"
#include "decode/tls.h"

enum kind { KIND_UINT, KIND_BYTES, KIND_STRING, KIND_VERSIONS };

#define X(number, kind, name, label) { number, KIND_##kind },
static const struct parameter {
	uint32_t number;
	uint8_t kind;
} parameters[] = { TLS_QUIC_PARAMETERS(X) };
#undef X

static void walk_parameter(struct walk *w, uint64_t type, struct cursor c)
{
	unsigned field = TLS_QUIC_FIRST;
	const struct parameter *p = parameters, *end = parameters + sizeof(parameters) / sizeof(parameters[0]);

	for (; p < end && p->number != type; p++)
		field++;
	if (p == end)
		return;
	switch (p->kind) {
	case KIND_UINT:
		walk_uint(w, field, quic_varint(&c));
		break;
	case KIND_VERSIONS:
		if (type == 0xff73db) /* the draft's number of what the row before is */
			field--;
		if (cursor_left(&c) >= 4)
			walk_uint(w, field, cursor_be32(&c));
		while (p->number != 0x4752 && cursor_left(&c) >= 4)
			walk_uint(w, field + 1, cursor_be32(&c));
		break;
	default:
		walk_bytes(w, field, c.pos, (uint32_t)cursor_left(&c));
	}
}

void tls_walk_quic(struct walk *w, struct cursor c)
{
	while (cursor_left(&c) && !c.cut) {
		uint64_t type = quic_varint(&c), len = quic_varint(&c);
		struct cursor value;

		if (c.cut || len > cursor_left(&c))
			return;
		value = cursor_sub(&c, (size_t)len);
		walk_uint(w, TLS_QUIC_TYPE, type);
		walk_uint(w, TLS_QUIC_LENGTH, len);
		walk_bytes(w, TLS_QUIC_VALUE, value.pos, (uint32_t)len);
		walk_parameter(w, type, value);
	}
}
