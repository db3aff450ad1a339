/* SPDX-License-Identifier: MIT */
/*
 * The text of Multipath TCP's option: RFC 6824 (version 0), RFC 8684 (version 1).
 *
 *	|kind 30|length|subtype 4 bits, flags or version 4 bits|...
 */
#include "summary.h"

enum subtype { CAPABLE, JOIN, DSS, ADD_ADDR, REMOVE_ADDR, PRIORITY, FAIL, FAST_CLOSE, RESET };
enum { SYN = 2, ACK = 16 };
enum { DSS_ACK = 1, DSS_ACK_8 = 2, DSS_MAP = 4, DSS_SEQ_8 = 8, DSS_FIN = 16 };

static void put_number(struct outbuf *o, const char *label, uint64_t v)
{
	outbuf_str(o, label);
	outbuf_u64(o, v);
}

static void put_hex(struct outbuf *o, const char *label, struct cursor *c, size_t n)
{
	const uint8_t *p = cursor_take(c, n);

	if (!p)
		return;
	outbuf_str(o, label);
	outbuf_hexbytes(o, p, n, 0);
}

/* "0x82f": without leading zeros */
static void put_short_hex(struct outbuf *o, const char *label, uint32_t v)
{
	int digits = 1;

	while (digits < 8 && v >> (4 * digits))
		digits++;
	outbuf_str(o, label);
	outbuf_hex(o, v, digits);
}

static bool put_capable(struct outbuf *o, struct cursor c, unsigned head)
{
	size_t len = cursor_left(&c) + 3;
	unsigned flags = cursor_u8(&c);

	if (len != 4 && len != 12 && len != 20 && len != 22 && len != 24)
		return false;
	put_number(o, " capable v", head & 15);
	if (flags & 0x80)
		outbuf_str(o, " csum");
	if (len >= 12)
		put_hex(o, " {0x", &c, 8);
	if (len >= 20)
		put_hex(o, ",0x", &c, 8);
	if (len >= 12)
		outbuf_char(o, '}');
	return true;
}

static bool put_join(struct outbuf *o, struct cursor c, unsigned head, unsigned tcp_flags)
{
	size_t len = cursor_left(&c) + 3;
	unsigned id = cursor_u8(&c);

	if (len != (tcp_flags & SYN ? tcp_flags & ACK ? 16u : 12u : 24u))
		return false;
	outbuf_str(o, " join");
	if (tcp_flags & SYN) {
		outbuf_str(o, head & 1 ? " backup" : "");
		put_number(o, " id ", id);
		if (tcp_flags & ACK)
			put_hex(o, " hmac 0x", &c, 8);
		else
			put_short_hex(o, " token 0x", cursor_be32(&c));
		put_short_hex(o, " nonce 0x", cursor_be32(&c));
	} else {
		put_hex(o, " hmac 0x", &c, 20);
	}
	return true;
}

static uint64_t take_number(struct cursor *c, bool wide)
{
	uint64_t high = wide ? (uint64_t)cursor_be32(c) << 32 : 0;

	return high | cursor_be32(c);
}

static bool put_dss(struct outbuf *o, struct cursor c)
{
	unsigned flags = cursor_u8(&c);

	outbuf_str(o, " dss");
	if (flags & DSS_FIN)
		outbuf_str(o, " fin");
	if (flags & DSS_ACK)
		put_number(o, " ack ", take_number(&c, flags & DSS_ACK_8));
	if (flags & DSS_MAP) {
		put_number(o, " seq ", take_number(&c, flags & DSS_SEQ_8));
		put_number(o, " subseq ", cursor_be32(&c));
		put_number(o, " len ", cursor_be16(&c));
		if (cursor_left(&c) >= 2)
			put_short_hex(o, " csum 0x", cursor_be16(&c));
	}
	return !c.cut;
}

/* Version 0 says 4 or 6 where version 1 has the echo bit; the length tells which address it is. */
static bool put_add_address(struct outbuf *o, struct cursor c, unsigned head)
{
	size_t len = cursor_left(&c) + 3;
	bool v0 = (head & 15) == 4 || (head & 15) == 6, v6 = v0 ? (head & 15) == 6 : len == 20 || len == 22 || len == 28 || len == 30;
	unsigned id = cursor_u8(&c);
	const uint8_t *addr = cursor_take(&c, v6 ? 16 : 4);

	if (!addr)
		return false;
	outbuf_str(o, " add-addr ");
	if (v0)
		outbuf_str(o, v6 ? "v0-ip6" : "v0-ip4");
	else
		outbuf_str(o, head & 1 ? "v1 echo" : "v1");
	put_number(o, " id ", id);
	outbuf_char(o, ' ');
	if (v6)
		outbuf_ipv6(o, addr);
	else
		outbuf_ipv4(o, addr);
	if (cursor_left(&c) == 2 || cursor_left(&c) == 10)
		put_number(o, ":", cursor_be16(&c));
	if (cursor_left(&c) == 8)
		put_hex(o, " hmac 0x", &c, 8);
	return true;
}

bool summary_mptcp(struct outbuf *o, struct cursor c, unsigned tcp_flags)
{
	unsigned head, left = (unsigned)cursor_left(&c);

	put_number(o, " ", left + 2);
	if (!left)
		return false;
	head = cursor_u8(&c);
	switch ((enum subtype)(head >> 4)) {
	case CAPABLE:
		return put_capable(o, c, head);
	case JOIN:
		return put_join(o, c, head, tcp_flags);
	case DSS:
		return put_dss(o, c);
	case ADD_ADDR:
		return put_add_address(o, c, head);
	case REMOVE_ADDR:
		outbuf_str(o, " rem-addr id");
		while (cursor_left(&c))
			put_number(o, " ", cursor_u8(&c));
		return true;
	case PRIORITY:
		outbuf_str(o, head & 1 ? " prio backup" : " prio");
		if (cursor_left(&c))
			put_number(o, " id ", cursor_u8(&c));
		return true;
	case FAIL:
		cursor_skip(&c, 1);
		put_number(o, " fail seq ", take_number(&c, true));
		return !c.cut;
	case FAST_CLOSE:
		cursor_skip(&c, 1);
		put_hex(o, " fast-close key 0x", &c, 8);
		return !c.cut;
	case RESET:
		put_number(o, " reset reason ", cursor_left(&c) ? cursor_u8(&c) : 0);
		return true;
	}
	put_short_hex(o, " unknown subtype 0x", head >> 4);
	return true;
}
