/* SPDX-License-Identifier: MIT */
/* Application protocols of servers: what their files share, and what golden text does not show. */
#include "check.h"
#include "decode/ber.h"
#include "decode/expect.h"
#include "decode/line.h"
#include "decode_hex.h"

static struct ber element;

/* The first element of `n` bytes. */
static bool ber_of(const char *text, size_t n)
{
	struct cursor c = cursor_over((const uint8_t *)text, n, false);

	return ber_next(&c, &element) && !c.cut;
}

#define BER(text) ber_of(text, sizeof(text) - 1)

TEST(ber_lengths)
{
	CHECK(BER("\x04\x00"));
	CHECK_EQ(element.len, 0);
	CHECK(BER("\x30\x03" "abc"));
	CHECK_EQ(element.tag, BER_SEQUENCE);
	CHECK_EQ(cursor_left(&element.c), 3);
	CHECK(BER("\x04\x81\x01" "a"));
	CHECK(BER("\x04\x84\x00\x00\x00\x01" "a"));
	CHECK_EQ(element.len, 1);
	CHECK(!BER("\x04\x80" "a"));                         /* indefinite */
	CHECK(!BER("\x04\x85\x00\x00\x00\x00\x01" "a"));     /* five bytes of length */
	CHECK(!BER("\x1f\x20\x01" "a"));                     /* a tag of several bytes */
	CHECK(!BER("\x04"));
	CHECK(!BER("\x04\x82\x00"));
	CHECK(!BER("\x04\x03" "ab"));                        /* longer than its cursor: given, but cut */
	CHECK_EQ(cursor_left(&element.c), 2);
	CHECK(!ber_whole(&element));
}

TEST(ber_numbers)
{
	int64_t i = 0;
	uint64_t u = 0;

	CHECK(BER("\x02\x01\x80") && ber_int(&element, &i) && ber_uint(&element, &u));
	CHECK_EQ(i, -128);
	CHECK_EQ(u, 128);
	CHECK(BER("\x02\x02\x00\x80") && ber_int(&element, &i));
	CHECK_EQ(i, 128);
	CHECK(BER("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff") && ber_uint(&element, &u));
	CHECK(u == UINT64_MAX);
	CHECK(BER("\x02\x09\x01\xff\xff\xff\xff\xff\xff\xff\xff") && !ber_uint(&element, &u));
	CHECK(BER("\x02\x00") && !ber_int(&element, &i));
}

static const char *oid(const char *text, size_t n, bool good)
{
	static char out[64];
	struct outbuf o;

	outbuf_fixed(&o, out, sizeof(out));
	CHECK_EQ(ber_oid_text(&o, cursor_over((const uint8_t *)text, n, false)), good);
	return outbuf_cstr(&o);
}

TEST(ber_oids)
{
	CHECK_STR(oid("\x2b\x06\x01\x02\x01", 5, true), "1.3.6.1.2.1");
	CHECK_STR(oid("\x88\x37\x03", 3, true), "2.999.3"); /* X.690 section 8.19.5 */
	CHECK_STR(oid("\x00\x00", 2, true), "0.0.0");
	CHECK_STR(oid("\x2b\x8f\xff\xff\xff\x7f", 6, true), "1.3.4294967295");
	CHECK_STR(oid("\x2b\x90\x80\x80\x80\x00", 6, false), "1.3");
	CHECK_STR(oid("\x2b\x86", 2, false), "1.3");
	CHECK_STR(oid("", 0, true), "");
}

/* ---- lines ---------------------------------------------------------------------------------- */

static struct text text_of(const char *s)
{
	return (struct text){ (const uint8_t *)s, (uint32_t)strlen(s) };
}

static bool text_equals(const struct text *t, const char *s)
{
	return t->len == strlen(s) && !memcmp(t->p, s, t->len);
}

TEST(lines)
{
	struct cursor c = cursor_over((const uint8_t *)"a\r\nb\n\r\nc", 8, false);
	struct text line;
	bool whole;

	CHECK(line_next(&c, &line, &whole) && whole && text_equals(&line, "a"));
	CHECK(line_next(&c, &line, &whole) && whole && text_equals(&line, "b"));
	CHECK(line_next(&c, &line, &whole) && whole && line.len == 0);
	CHECK(line_next(&c, &line, &whole) && !whole && text_equals(&line, "c"));
	CHECK(!line_next(&c, &line, &whole));
}

TEST(words_and_parts)
{
	struct text t = text_of("RETR  a b"), part = text_word(&t);

	CHECK(text_equals(&part, "RETR") && text_equals(&t, "a b"));
	CHECK(text_is(&part, "retr") && !text_is(&part, "ret") && !text_is(&part, "retry"));
	t = text_of("x=1;y");
	part = text_until(&t, ';');
	CHECK(text_equals(&part, "x=1") && text_equals(&t, "y"));
	part = text_until(&t, ';');
	CHECK(text_equals(&part, "y") && t.len == 0);
	part = text_until(&t, ';');
	CHECK(part.len == 0);
	t = text_of(" \t x ");
	t = text_trim(t);
	CHECK(text_equals(&t, "x"));
}

TEST(reply_codes)
{
	struct text t = text_of("250-first");
	unsigned code = 0;

	CHECK(text_code(&t, &code) && code == 250 && text_equals(&t, "first"));
	t = text_of("354");
	CHECK(text_code(&t, &code) && code == 354 && t.len == 0);
	t = text_of("2500 x");
	CHECK(!text_code(&t, &code));
	t = text_of("25 x");
	CHECK(!text_code(&t, &code));
	t = text_of("99999999999999999999999");
	CHECK(text_decimal(&t) >= UINT64_MAX / 10 - 1); /* stops instead of wrapping */
}

TEST(addresses_in_text)
{
	uint8_t addr[4];
	struct text t = text_of("192.0.2.10 x");

	CHECK(text_ipv4(&t, addr) && addr[0] == 192 && addr[3] == 10);
	t = text_of("192.0.2");
	CHECK(!text_ipv4(&t, addr));
	t = text_of("192.0.2.256");
	CHECK(!text_ipv4(&t, addr));
}

/* ---- announced ports ------------------------------------------------------------------------- */

TEST(expectations)
{
	static uint8_t ip[] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
				0x10, 0, 0x20, 0, 0, 8, 0, 0 };
	struct frame f = { .number = 1, .data = ip, .caplen = sizeof(ip), .wirelen = sizeof(ip), .linktype = 101 };
	struct decode d = { .p = &packet, .decoder = &decoder };

	decoder_init(&decoder);
	decoder_want(&decoder, PROTO_rtp);
	packet_decode(&packet, &decoder, &f);
	CHECK_EQ(decode_expected(&d, CLAIM_UDP_PORT, 0x1000, 0x2000), PROTO_NONE);
	decode_expect(&d, CLAIM_UDP_PORT, ip + 16, 4, 0x2000, PROTO_rtp);
	CHECK_EQ(decode_expected(&d, CLAIM_UDP_PORT, 0x1000, 0x2000), PROTO_rtp);
	CHECK_EQ(decode_expected(&d, CLAIM_TCP_PORT, 0x1000, 0x2000), PROTO_NONE);
	CHECK_EQ(decode_expected(&d, CLAIM_UDP_PORT, 0x2000, 0x1000), PROTO_NONE); /* the other host's port */
	decode_expect_end(&d, CLAIM_UDP_PORT, true, 0x1000, PROTO_tftp);
	CHECK_EQ(decode_expected(&d, CLAIM_UDP_PORT, 0x1000, 0x3000), PROTO_tftp);
	decode_expect(&d, CLAIM_UDP_PORT, ip + 16, 4, 0, PROTO_rtp); /* no port: nothing */
	CHECK_EQ(decode_expected(&d, CLAIM_UDP_PORT, 1, 0), PROTO_NONE);
	for (unsigned port = 1; port < 65535; port++) /* far more than there are places */
		decode_expect(&d, CLAIM_UDP_PORT, ip + 16, 4, (uint16_t)port, PROTO_rtcp);
	CHECK_EQ(decode_expected(&d, CLAIM_UDP_PORT, 1, 65534), PROTO_rtcp);
	decoder_release(&decoder);
	CHECK(decoder.expectations == NULL);
}

/* Nothing but content decides, and content that is only nearly right is nobody's. */
TEST(detection_is_certain)
{
	decode_hex(101, "4500002c0000000040110000c0000201c0000202" "1000200000180000" "0001000c2112a442" "000102030405060708090a0b", 0);
	CHECK_STR(stack(), "raw:ip:udp"); /* nobody asked for applications */
	decode_hex(101, "450000300000000040110000c0000201c0000202" "10002000001c0000" "000100002112a442000102030405060708090a0b", 0);
	decoder_want_all(&decoder);
	packet_decode(&packet, &decoder, &frame);
	CHECK_STR(stack(), "raw:ip:udp:stun");
	bytes[28 + 3] = 4; /* longer than the datagram */
	packet_decode(&packet, &decoder, &frame);
	CHECK(!packet_layer(&packet, PROTO_stun));
	bytes[28 + 3] = 0;
	bytes[28 + 4] ^= 1; /* no magic cookie */
	packet_decode(&packet, &decoder, &frame);
	CHECK(!packet_layer(&packet, PROTO_stun));
	decoder_release(&decoder);
}
