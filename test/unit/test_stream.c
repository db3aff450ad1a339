/* SPDX-License-Identifier: MIT */
/* Messages over several TCP segments: whole where they end, given up where they cannot end, never more memory than is said. */
#include "check.h"
#include "decode_hex.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* ---- segments of 10.0.0.1 (client, port 50000 and up) and 10.0.0.2 ------------------------------ */

static struct {
	unsigned client, server;  /* ports */
	uint32_t ack;
	uint64_t number;
	uint32_t cut;             /* bytes that the snaplen takes of the next segment */
} net;

static void begin(unsigned server)
{
	static bool begun;

	if (begun)
		decoder_release(&decoder);
	begun = true;
	decoder_init(&decoder);
	decoder_want_all(&decoder);
	net.client = 50000;
	net.server = server;
	net.ack = 1;
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void segment(bool server, uint32_t seq, unsigned flags, const void *data, uint32_t n)
{
	uint32_t len = 40 + n;
	unsigned from = server ? net.server : net.client, to = server ? net.client : net.server;
	uint8_t h[40] = { 0x45, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, server ? 2 : 1, 10, 0, 0,
			  server ? 1 : 2, (uint8_t)(from >> 8), (uint8_t)from, (uint8_t)(to >> 8), (uint8_t)to };

	put32(h + 24, seq);
	put32(h + 28, net.ack);
	h[32] = 0x50;
	h[33] = (uint8_t)flags;
	memcpy(bytes, h, sizeof(h));
	if (n)
		memcpy(bytes + 40, data, n);
	frame = (struct frame){ .number = ++net.number, .data = bytes, .caplen = len - net.cut, .wirelen = len,
				.linktype = LINKTYPE_RAW };
	net.cut = 0;
	packet_decode(&packet, &decoder, &frame);
}

static void client(uint32_t seq, const char *data, uint32_t n)
{
	segment(false, seq, ACK, data, n);
}

#define CLIENT(seq, text) client(seq, text, sizeof(text) - 1)

/* The other end has everything before `ack`. */
static void acked(uint32_t ack)
{
	net.ack = ack;
	segment(true, 1, ACK, "", 0);
	net.ack = 1;
}

/* ---- DNS: two bytes of length before each message ------------------------------------------------- */

#define QUERY(id, name) "\0\x1c" id "\1\0\0\1\0\0\0\0\0\0\7example\2" name "\0\0\1\0\1"
static const char query[] = QUERY("\x12\x34", "de");
enum { QUERY_LEN = sizeof(query) - 1 };

TEST(dns_cut_anywhere)
{
	begin(53);
	CHECK_EQ(QUERY_LEN, 30);
	for (uint32_t i = 2; i < QUERY_LEN; i++) {
		client(1000 * i, query, i);
		CHECK_STR(stack(), "raw:ip:tcp");
		client(1000 * i + i, query + i, QUERY_LEN - i);
		CHECK_STR(stack(), "raw:ip:tcp:dns");
		CHECK_STR(values("dns.qry.name"), "example.de");
		CHECK_STR(values("dns.length"), "28");
		CHECK_EQ(packet.result, DECODE_OK);
	}
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
	CHECK_EQ(decoder_streams(&decoder).gaps, 0);
}

TEST(tcp_keeps_its_own_bytes)
{
	begin(53);
	client(1, query, 20);
	client(21, query + 20, 10);
	CHECK_STR(values("tcp.len"), "10");
	CHECK_STR(values("tcp.hdr_len"), "20");
	CHECK_STR(values("tcp.payload"), "6c650264650000010001");
	CHECK_EQ(packet.nsources, 2);
	CHECK_EQ(packet.source[1].len, QUERY_LEN);
	CHECK_EQ(packet_layer(&packet, PROTO_tcp)->hlen, 20);
}

TEST(messages_share_segments)
{
	static const char three[] = QUERY("\0\1", "aa") QUERY("\0\2", "bb") QUERY("\0\3", "cc");

	begin(53);
	client(1, three, 40); /* one and a third */
	CHECK_STR(values("dns.id"), "0x0001");
	client(41, three + 40, 20); /* to the end of the second */
	CHECK_STR(values("dns.id"), "0x0002");
	client(61, three + 60, 30);
	CHECK_STR(values("dns.id"), "0x0003");
	CHECK_EQ(packet.nsources, 1); /* where it lies */
	client(91, three, 10);
	client(101, three + 10, 75);
	CHECK_STR(values("dns.id"), "0x0001,0x0002");
	client(176, three + 85, 5);
	CHECK_STR(values("dns.id"), "0x0003");
}

TEST(one_byte_at_a_time)
{
	begin(53);
	client(1, query, 2);
	for (uint32_t i = 2; i < QUERY_LEN; i++) {
		CHECK_STR(stack(), "raw:ip:tcp");
		client(1 + i, query + i, 1);
	}
	CHECK_STR(values("dns.qry.name"), "example.de");
}

TEST(numbers_wrap)
{
	begin(53);
	client(0xfffffff0, query, 20);
	client(4, query + 20, 10);
	CHECK_STR(values("dns.qry.name"), "example.de");
	client(0xfffffff0, query, 20); /* again */
	CHECK_STR(stack(), "raw:ip:tcp");
}

/* ---- order ------------------------------------------------------------------------------------- */

TEST(what_was_sent_before_is_not_decoded_again)
{
	static const char two[] = QUERY("\0\1", "aa") QUERY("\0\2", "bb");

	begin(53);
	client(1, two, 30);
	CHECK_STR(values("dns.id"), "0x0001");
	client(1, two, 30);
	CHECK_STR(stack(), "raw:ip:tcp");
	client(1, two, 60); /* old and new */
	CHECK_STR(values("dns.id"), "0x0002");
	CHECK_STR(values("tcp.len"), "60");
	CHECK_STR(stack(), "raw:ip:tcp:dns");
	client(60, "x", 1); /* a keep-alive */
	CHECK_STR(stack(), "raw:ip:tcp");
	client(61, two, 30);
	CHECK_STR(values("dns.id"), "0x0001");
}

TEST(gaps_do_not_hide_each_other)
{
	static const char noise[] = "\xee\xee\xee\xee\xee\xee\xee\xee";
	uint32_t seq = 1;

	begin(53);
	client(seq, query, 30);
	client(seq + 60, query, 30); /* one is lost */
	client(seq + 50000000, noise, 8);
	client(seq + 1000000, noise, 8); /* near enough: what is before it is a gap */
	for (seq += 90; seq < 30000; seq += 60) { /* swapped, all over */
		client(seq + 30, query, 30);
		CHECK_STR(values("dns.qry.name"), "example.de");
		client(seq, query, 30);
		CHECK_STR(values("dns.qry.name"), "example.de");
	}
	client(1, query, 30); /* again */
	CHECK_STR(stack(), "raw:ip:tcp");
	client(31, query, 30); /* the one that was lost */
	CHECK_STR(values("dns.qry.name"), "example.de");
	client(31, query, 30);
	CHECK_STR(stack(), "raw:ip:tcp");
}

TEST(many_gaps_are_all_filled)
{
	begin(53);
	for (uint32_t i = 0; i < 100; i++)
		client(1 + 60 * i, query, 30);
	for (uint32_t i = 0; i < 99; i++) {
		client(31 + 60 * i, query, 30);
		CHECK_STR(values("dns.qry.name"), "example.de");
	}
	client(31 + 60 * 98, query, 30);
	CHECK_STR(stack(), "raw:ip:tcp");
	client(10001, query, 30); /* and one gap in parts, with bytes before it */
	client(9991, query, 10);
	client(9931, query, 30);
	CHECK_STR(values("dns.qry.name"), "example.de");
	client(9931, query, 30);
	CHECK_STR(stack(), "raw:ip:tcp");
	CLIENT(9951, "0123456789" QUERY("\0\2", "bb"));
	CHECK_STR(values("dns.id"), "0x0002");
}

TEST(gaps_out_of_reach_are_forgotten)
{
	enum { STEP = 3 << 20 };

	begin(53);
	for (uint32_t i = 0; i < 30; i++) /* 90 MB: by then the oldest gap ends further back than any window */
		client(1 + STEP * i, query, 30);
	client(1000, query, 30); /* far back, and alone */
	CHECK_STR(values("dns.qry.name"), "example.de");
	client(1 + STEP * 29 - 60, query, 30); /* of the last */
	CHECK_STR(values("dns.qry.name"), "example.de");
	client(1 + STEP * 20 - 60, query, 30); /* of those that became one */
	CHECK_STR(values("dns.qry.name"), "example.de");
	client(1 + STEP * 29, query, 30);
	CHECK_STR(stack(), "raw:ip:tcp");
}

TEST(gaps_are_filled_while_a_message_is_under_way)
{
	begin(53);
	client(1, query, 30);
	client(61, query, 10);
	CLIENT(31, QUERY("\0\2", "bb"));
	CHECK_STR(values("dns.id"), "0x0002");
	client(71, query + 10, 20);
	CHECK_STR(values("dns.id"), "0x1234");
}

TEST(early_segments_wait_for_a_message_under_way)
{
	begin(53);
	client(1, query, 10);
	client(21, query + 20, 10);
	CHECK_STR(stack(), "raw:ip:tcp");
	client(11, query + 10, 10);
	CHECK_STR(values("dns.qry.name"), "example.de");
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
}

TEST(early_segments_wait_behind_further_gaps)
{
	static const char five[] = QUERY("\0\1", "aa") QUERY("\0\2", "bb") QUERY("\0\3", "cc") QUERY("\0\4", "dd")
				   QUERY("\0\5", "ee");

	begin(53);
	client(1, five, 10);
	client(61, five + 60, 30);
	client(121, five + 120, 10); /* the fifth begins, behind a further gap */
	client(11, five + 10, 20);
	CHECK_STR(values("dns.id"), "0x0001");
	CHECK_EQ(decoder_streams(&decoder).waiting, 1);
	client(31, five + 30, 10); /* a message begins while others wait */
	CHECK_STR(stack(), "raw:ip:tcp");
	client(41, five + 40, 20);
	CHECK_STR(values("dns.id"), "0x0002,0x0003");
	client(91, five + 90, 30);
	CHECK_STR(values("dns.id"), "0x0004");
	client(131, five + 130, 20);
	CHECK_STR(values("dns.id"), "0x0005");
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
	CHECK_EQ(decoder_streams(&decoder).held, 0);
	CHECK_EQ(decoder_streams(&decoder).gaps, 0);
}

TEST(early_segments_outlive_the_gap_before_them)
{
	static const char three[] = QUERY("\0\1", "aa") QUERY("\0\2", "bb") QUERY("\0\3", "cc");

	begin(53);
	segment(true, 1, ACK, "", 0);
	client(1, three, 10);
	client(61, three + 60, 30);
	client(11, three + 10, 20);
	CHECK_STR(values("dns.id"), "0x0001");
	acked(91); /* the second was not captured */
	client(91, three, 30);
	CHECK_STR(values("dns.id"), "0x0003,0x0001");
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
	client(121, three, 10);
	client(181, three, 30);
	client(131, three + 10, 20);
	acked(211);
	segment(false, 211, FIN | ACK, "", 0); /* nothing to show them with */
	CHECK_EQ(decoder_streams(&decoder).ended, 1);
	CHECK_EQ(decoder_streams(&decoder).bytes, 30);
	CHECK_EQ(decoder_streams(&decoder).held, 0);
}

TEST(bytes_that_came_first_count)
{
	begin(53);
	client(1, query, 10);
	client(15, query + 14, 6);
	CLIENT(11, "\0\0\0\0xxxxxxyyyyyyyyyyyyyy"); /* contradicts; what was early stays */
	CHECK_STR(stack(), "raw:ip:tcp:dns");
	CHECK_STR(values("dns.id"), "0x1234");
}

TEST(without_a_message_early_segments_are_decoded_and_late_ones_too)
{
	begin(53);
	client(1, query, 30);
	CLIENT(91, QUERY("\0\4", "dd"));
	CHECK_STR(values("dns.id"), "0x0004");
	CLIENT(61, QUERY("\0\3", "cc")); /* of the gap */
	CHECK_STR(values("dns.id"), "0x0003");
	CLIENT(31, QUERY("\0\2", "bb"));
	CHECK_STR(values("dns.id"), "0x0002");
	CLIENT(31, QUERY("\0\2", "bb"));
	CHECK_STR(stack(), "raw:ip:tcp");
	CLIENT(121, QUERY("\0\5", "ee"));
	CHECK_STR(values("dns.id"), "0x0005");
}

TEST(acknowledged_gaps_give_a_message_up)
{
	begin(53);
	segment(true, 1, ACK, "", 0);
	client(1, query, 10);
	client(21, query + 20, 10); /* 11..20 were not captured */
	CHECK_EQ(decoder_streams(&decoder).waiting, 1);
	acked(11);
	CHECK_EQ(decoder_streams(&decoder).waiting, 1);
	acked(31);
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
	CHECK_EQ(decoder_streams(&decoder).gaps, 1);
	CHECK_EQ(decoder_streams(&decoder).bytes, 20);
	CHECK_EQ(decoder_streams(&decoder).held, 0);
	client(31, query, 30);
	CHECK_STR(values("dns.qry.name"), "example.de");
}

TEST(nobody_acknowledges_in_a_capture_of_one_direction)
{
	begin(53);
	client(1, query, 10);
	for (uint32_t i = 0; i < 40; i++)
		client(31 + 30 * i, query, 30);
	CHECK_STR(values("dns.qry.name"), "example.de");
	CHECK_EQ(decoder_streams(&decoder).limits, 1);
}

TEST(connections_end)
{
	begin(53);
	client(1, query, 10);
	segment(false, 11, FIN | ACK, "", 0);
	CHECK_EQ(decoder_streams(&decoder).ended, 1);
	begin(53);
	client(1, query, 10);
	segment(false, 0x70000000, RST, "", 0); /* of another time */
	CHECK_EQ(decoder_streams(&decoder).waiting, 1);
	segment(false, 11, RST, "", 0);
	CHECK_EQ(decoder_streams(&decoder).ended, 1);
	begin(53);
	segment(false, 0, SYN, "", 0);
	client(1, query, 10);
	segment(false, 70000, SYN, "", 0); /* the ports again */
	client(70001, query, 30);
	CHECK_STR(values("dns.qry.name"), "example.de");
}

TEST(nothing_waits_on_the_last_segment)
{
	static const char head[] = "GET /x HTTP/1.0\r\nHost: a.example\r\n";

	begin(80);
	segment(false, 1, FIN | ACK, head, sizeof(head) - 1);
	CHECK_STR(values("http.host"), "a.example");
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
	begin(53);
	client(1, query, 10);
	segment(false, 21, FIN | ACK, query + 20, 10); /* early */
	client(11, query + 10, 10);
	CHECK_STR(values("dns.qry.name"), "example.de");
	begin(53);
	client(1, query, 20);
	segment(false, 31, FIN | ACK, query, 20); /* early, with half a message */
	client(21, query + 20, 10);
	CHECK_STR(values("dns.id"), "0x1234,0x1234");
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
	CHECK_EQ(decoder_streams(&decoder).held, 0);
}

TEST(far_away_is_somewhere_else)
{
	begin(53);
	client(1, query, 10);
	client(0x60000000, query, 30);
	CHECK_STR(values("dns.qry.name"), "example.de");
	CHECK_EQ(decoder_streams(&decoder).waiting, 1);
	client(11, query + 10, 10); /* a lone one moves nothing */
	CHECK_STR(stack(), "raw:ip:tcp");
	client(0x6000001e, query, 20); /* another follows it */
	CHECK_EQ(decoder_streams(&decoder).gaps, 1);
	client(0x60000032, query + 20, 10);
	CHECK_STR(values("dns.qry.name"), "example.de");
	client(50000000, query, 30); /* behind, and followed */
	client(50000030, query, 20);
	client(50000050, query + 20, 10);
	CHECK_STR(values("dns.qry.name"), "example.de");
}

TEST(cut_segments_are_decoded_as_they_stand)
{
	begin(53);
	net.cut = 5;
	client(1, query, 20);
	CHECK_EQ(packet.result, DECODE_TRUNCATED);
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
	client(21, query, 20);
	net.cut = 5;
	client(41, query + 20, 10);
	CHECK_EQ(decoder_streams(&decoder).gaps, 1);
}

TEST(segments_as_they_stand)
{
	begin(53);
	decoder_segments(&decoder);
	client(1, query, 20);
	CHECK_STR(stack(), "raw:ip:tcp:dns");
	client(1, query, 30);
	CHECK_STR(stack(), "raw:ip:tcp:dns");
	CHECK_EQ(decoder_streams(&decoder).waiting, 0);
}

/* ---- TLS and HTTP -------------------------------------------------------------------------------- */

TEST(tls_message_over_records)
{
	/* a hello in three records, with the end of the handshake behind it */
	static const char flight[] = "\x16\3\3\0\x0a\2\0\0\x46\3\3" "0123" "\x16\3\3\0\x10" "4567890123456789" "\x16\3\3\0\x34"
				     "012345678901\x20" "01234567890123456789012345678901" "\xc0\x2f\0" "\x0e\0\0\0";

	begin(443);
	for (uint32_t i = 5; i < sizeof(flight) - 1; i += 7) {
		segment(true, 1000 * i, ACK, flight, i);
		segment(true, 1000 * i + i, ACK, flight + i, (uint32_t)sizeof(flight) - 1 - i);
		CHECK_STR(values("tls.handshake.type"), "2,14");
		CHECK_STR(values("tls.handshake.ciphersuite"), "0xc02f");
		CHECK_STR(values("tls.record.length"), "10,16,52");
		CHECK_STR(packet_column(&packet), "TLSv1.2");
	}
	segment(true, 900000, ACK, flight, sizeof(flight) - 1);
	CHECK_STR(values("tls.handshake.type"), "2,14");
}

TEST(tls_application_data_is_kept_for_who_wants_it)
{
	static const char data[] = "\x17\3\3\0\x14" "aaaaaaaaaabbbbbbbbbb" "\x17\3\3\0\2cc";

	for (int bulk = 0; bulk < 2; bulk++) {
		begin(443);
		decoder.bulk = bulk;
		segment(true, 1, ACK, data, 12);
		CHECK_STR(values("tls.record.length"), "");
		CHECK_STR(stack(), "raw:ip:tcp:tls");
		segment(true, 13, ACK, data + 12, 5);
		CHECK_STR(stack(), "raw:ip:tcp");
		segment(true, 18, ACK, data + 17, (uint32_t)sizeof(data) - 18);
		CHECK_STR(values("tls.record.length"), "20,2");
		CHECK_STR(values("tls.app_data"), bulk ? "6161616161616161616162626262626262626262,6363" : "6363");
		CHECK_EQ(packet.result, DECODE_OK);
		CHECK_EQ(decoder_streams(&decoder).waiting, 0);
		segment(true, 42, ACK, data, 10); /* the next begins where a record of the tail did */
		segment(true, 52, ACK, data + 10, 15);
		CHECK_STR(values("tls.record.length"), "20");
		segment(true, 67, ACK, data + 25, 7);
		CHECK_STR(values("tls.record.length"), "2");
	}
}

TEST(http_header_over_segments)
{
	static const char request[] = "GET /a HTTP/1.1\r\nHost: example.com\r\nX: y\r\n\r\n";

	begin(80);
	for (uint32_t i = 16; i < sizeof(request) - 1; i++) {
		client(1000 * i, request, i);
		CHECK_STR(values("http.request.method"), "");
		client(1000 * i + i, request + i, (uint32_t)sizeof(request) - 1 - i);
		CHECK_STR(values("http.request.method"), "GET");
		CHECK_STR(values("http.host"), "example.com");
		CHECK_STR(stack(), "raw:ip:tcp:http");
	}
}

/* ---- bounds -------------------------------------------------------------------------------------- */

TEST(half_a_message_of_very_many)
{
	enum { CONNECTIONS = 200000, STREAM_TOTAL = 64 << 20 };
	size_t most = 0;
	struct stream_counts c;

	begin(53);
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		net.client = 1024 + i % 60000;
		net.server = 53;
		segment(false, i, SYN, "", 0); /* the ports again and again */
		client(i + 1, query, 20);
		c = decoder_streams(&decoder);
		most = c.held > most ? c.held : most;
	}
	CHECK(most <= STREAM_TOTAL);
	CHECK(c.limits > 0);
	CHECK_EQ(c.limits + c.waiting, CONNECTIONS);
	client(CONNECTIONS + 20, query + 20, 10); /* the last is still there */
	CHECK_STR(values("dns.qry.name"), "example.de");
}

TEST(a_message_that_never_ends)
{
	static char half[1000];
	struct stream_counts c;
	size_t most = 0;

	begin(80);
	memset(half, 'a', sizeof(half));
	memcpy(half, "GET /", 5);
	client(1, half, sizeof(half));
	for (uint32_t i = 1; i < 100; i++) {
		memset(half, 'a', 5);
		client(1 + i * (uint32_t)sizeof(half), half, sizeof(half));
		c = decoder_streams(&decoder);
		most = c.held > most ? c.held : most;
	}
	CHECK(most > 0 && most < 1 << 18);
	CHECK_EQ(c.waiting, 0);
}

TEST(contradictions_and_one_byte_segments_hold_bounded_memory)
{
	static char noise[64];
	uint32_t state = 1;
	size_t most = 0;
	struct stream_counts c;

	begin(53);
	for (uint32_t i = 0; i < 300000; i++) {
		state = state * 1664525 + 1013904223;
		net.client = 50000 + (state >> 28);
		net.ack = state >> 12 & 0xffff;
		memset(noise, (int)(state >> 20 & 3), sizeof(noise));
		memcpy(noise, query, state >> 8 & 31);
		segment(state >> 27 & 1, (state >> 4 & 0xffff) + (state & 0x80 ? 0 : i), state >> 16 & 0x17, noise,
			state >> 18 & 63);
		c = decoder_streams(&decoder);
		most = c.held > most ? c.held : most;
	}
	CHECK(most <= 64 << 20);
	CHECK(c.gaps > 0 && c.ended > 0);
}
