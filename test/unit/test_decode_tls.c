/* SPDX-License-Identifier: MIT */
/* lib/decode: TLS, DTLS, QUIC, SSH, HTTP/2 and WebSocket, with the vectors that their specifications print (RFC 9001 and
 * RFC 9369 appendix A, RFC 7541 appendix C, RFC 6455 section 5.7) and the published examples of JA3 and JA4. Other packets were
 * sealed with an independent implementation. */
#include "check.h"
#include "decode_hex.h"
#include "decode/hpack.h"
#include "decode/quic.h"

/* ---- packets ---------------------------------------------------------------------------------- */

static uint64_t number;

static void start(void)
{
	static bool started;

	if (started)
		decoder_release(&decoder);
	started = true;
	decoder_init(&decoder);
	decoder_want_all(&decoder);
}

static uint32_t from_hex(uint8_t *out, const char *hex)
{
	uint32_t n = 0;

	for (; hex[2 * n]; n++)
		out[n] = (uint8_t)strtoul((char[]){ hex[2 * n], hex[2 * n + 1], 0 }, NULL, 16);
	return n;
}

/* A packet of 10.0.0.1 (client) or 10.0.0.2, with a header of `head` bytes behind the IP header; `missing` were cut off. */
static void send_packet(unsigned protocol, bool server, uint32_t head, uint32_t n, uint32_t missing)
{
	uint32_t len = 20 + head + n;
	uint8_t ip[20] = { 0x45, 0, (uint8_t)((len + missing) >> 8), (uint8_t)(len + missing), 0, 1, 0, 0, 64, (uint8_t)protocol, 0, 0,
			   10, 0, 0, server ? 2 : 1, 10, 0, 0, server ? 1 : 2 };

	memcpy(bytes, ip, sizeof(ip));
	frame = (struct frame){ .number = ++number, .data = bytes, .caplen = len, .wirelen = len + missing, .linktype = LINKTYPE_RAW };
	packet_decode(&packet, &decoder, &frame);
}

static void udp_cut(bool server, unsigned client_port, unsigned server_port, const char *hex, uint32_t missing)
{
	uint32_t n = from_hex(bytes + 28, hex) - missing;
	unsigned from = server ? server_port : client_port, to = server ? client_port : server_port, len = 8 + n + missing;
	uint8_t h[8] = { (uint8_t)(from >> 8), (uint8_t)from, (uint8_t)(to >> 8), (uint8_t)to, (uint8_t)(len >> 8), (uint8_t)len };

	memcpy(bytes + 20, h, sizeof(h));
	send_packet(17, server, 8, n, missing);
}

static void udp(bool server, const char *hex)
{
	udp_cut(server, 50000, 443, hex, 0);
}

static uint32_t sequence[2];

static void tcp_bytes(bool server, unsigned server_port, uint32_t n)
{
	unsigned from = server ? server_port : 50000, to = server ? 50000 : server_port;
	uint32_t seq = sequence[server];
	uint8_t h[20] = { (uint8_t)(from >> 8), (uint8_t)from, (uint8_t)(to >> 8), (uint8_t)to, (uint8_t)(seq >> 24),
			  (uint8_t)(seq >> 16), (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 0, 0x50, 0x18 };

	memcpy(bytes + 20, h, sizeof(h));
	sequence[server] += n;
	send_packet(6, server, 20, n, 0);
}

static void tcp(bool server, unsigned server_port, const char *hex)
{
	tcp_bytes(server, server_port, from_hex(bytes + 40, hex));
}

static void tcp_text(bool server, unsigned server_port, const char *text)
{
	memcpy(bytes + 40, text, strlen(text));
	tcp_bytes(server, server_port, (uint32_t)strlen(text));
}

/* ---- QUIC ------------------------------------------------------------------------------------ */

#define CLIENT_HELLO_IN_PIECES \
	"c400000001088394c8f03e5157080000408919d6b7bb4bd6688f55e11239b12e0d4cdf916f8452ef84b8c2e167b6c8b124173623187edb91" \
	"592ff082d50c270e57c76b25ba1dc48d1679f54a1d8ca643a3b15e7fc1173c0c80d8885b718cb35798c3d6995de611e30cc7adeaab6f711b" \
	"3d6dd31c9d7733f3e2addf671723c92413b2a043e402a8ea627f9574cfd75ec6d39e788a509a396cd34b53"
#define ZERO_RTT "d000000001088394c8f03e5157080014000102030405060708090a0b0c0d0e0f10111213"
#define SERVER_V1 /* RFC 9001 appendix A.3 */ \
	"cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf7" \
	"3c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f" \
	"58891850abbdca3d20398c276456cbc42158407dd074ee"

TEST(quic_initial_of_version_1)
{
	start();
	udp(false, CLIENT_HELLO_IN_PIECES ZERO_RTT "00000000");
	CHECK_STR(stack(), "raw:ip:udp:quic:tls:quic");
	CHECK_STR(packet_column(&packet), "QUIC");
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("quic.version"), "0x00000001,0x00000001");
	CHECK_STR(values("quic.long.packet_type"), "0,1");
	CHECK_STR(values("quic.dcid"), "8394c8f03e515708,8394c8f03e515708");
	CHECK_STR(values("quic.packet_number"), "2");
	CHECK_STR(values("quic.frame_type"), "0x0000000000000001,0x0000000000000006,0x0000000000000000,0x0000000000000006,"
					     "0x0000000000000000");
	CHECK_STR(values("quic.crypto.offset"), "50,0");
	CHECK_STR(values("quic.padding_length"), "3,5");
	CHECK_STR(values("quic.remaining_payload"), "000102030405060708090a0b0c0d0e0f10111213");
	/* put together from two frames */
	CHECK_STR(values("tls.handshake.length"), "101");
	CHECK_STR(values("tls.handshake.extensions_server_name"), "example.com");
	CHECK_STR(values("tls.handshake.extensions_alpn_str"), "h3");
	CHECK_STR(values("tls.quic.parameter.initial_max_streams_bidi"), "100");
	CHECK_STR(values("tls.handshake.ja3_full"), "771,4865-4866,0-16-43-57,,");
	CHECK_STR(values("tls.handshake.ja4_r"), "q13d0204h3_1301,1302_002b,0039");
	/* the server's, with keys of the client's first id */
	udp(true, SERVER_V1);
	CHECK_STR(stack(), "raw:ip:udp:quic:tls");
	CHECK_STR(values("quic.ack.largest_acknowledged"), "0");
	CHECK_STR(values("tls.handshake.type"), "2");
	CHECK_STR(values("tls.handshake.extensions.supported_version"), "0x0304");
	/* sent again, it is not shown again; nor is what comes without the client's */
	udp(true, SERVER_V1);
	CHECK_STR(stack(), "raw:ip:udp:quic");
	CHECK_STR(values("quic.packet_number"), "1");
	start();
	udp(true, SERVER_V1);
	CHECK_STR(stack(), "raw:ip:udp:quic");
	CHECK_STR(values("quic.packet_number"), "");
}

TEST(quic_close_and_short_header)
{
	start();
	udp(false, CLIENT_HELLO_IN_PIECES);
	udp(true, "c1000000010008f067a5502a4262b500402a794916d6608dd184d5e1bf6a2d268a30134473fd801635e855ff"
		"1bf9debe4d57c39cd44632c71ed16eea");
	CHECK_STR(values("quic.ack.ack_delay"), "7");
	CHECK_STR(values("quic.ack.gap"), "0");
	CHECK_STR(values("quic.cc.error_code"), "296");
	CHECK_STR(values("quic.cc.error_code.tls_alert"), "40");
	CHECK_STR(values("quic.cc.reason_phrase"), "bad");
	/* the client knows itself by no id, the server by f067a5502a4262b5 */
	udp(false, "60f067a5502a4262b5aabbccdd");
	CHECK_STR(stack(), "raw:ip:udp:quic");
	CHECK_STR(values("quic.dcid"), "f067a5502a4262b5");
	CHECK_STR(values("quic.spin_bit"), "1");
	CHECK_STR(values("quic.remaining_payload"), "aabbccdd");
	udp(true, "40aabbccdd");
	CHECK_STR(values("quic.dcid"), "");
	/* nobody else's datagram is QUIC for that */
	udp_cut(false, 50001, 443, "60f067a5502a4262b5aabbccdd", 0);
	CHECK_STR(values("quic.dcid"), "");
	CHECK(!packet_layer(&packet, PROTO_quic));
}

TEST(quic_initial_of_version_2)
{
	start();
	udp(false, "d36b3343cf088394c8f03e5157080003746f6b408699ffe67bf2bcdb4210b48536fd26d5955d80bd8cad8d3c29c497683e77561b"
			 "076f6e36e9a7e949b9edfb579f9a3dd4425ae4d0992c07f18ecf0fdb5a842d09747052f17ac2053d21f57ca2"
				"340f284f0d0a6a8c"
			 "07a8b78a6c8d2a409c8ad52beee270c0ac4339143340c85d128c4e3f24a978f595c4d19f7348fbfc5eb1b966"
				"e3d16d56629c8f");
	CHECK_STR(values("quic.long.packet_type_v2"), "1");
	CHECK_STR(values("quic.long.packet_type"), "");
	CHECK_STR(values("quic.token"), "746f6b");
	CHECK_STR(values("tls.handshake.extensions_server_name"), "example.com");
	udp(true, "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87263017915358"
			 "230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2"
				"c984c707f0a0812d"
			 "8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140"); /* RFC 9369 appendix A.3 */
	CHECK_STR(values("tls.handshake.ciphersuite"), "0x1301");
}

TEST(quic_draft_and_part_of_a_hello)
{
	static const char hello[] =
		"c9ff00001d088394c8f03e515708020102004064deaba665d60a22b34e5431739e430235b5bba2067efcfa7db7fc91ba1921f97b"
			 "b5830b74f3708a0b7e29a11b26bcfc842cc2b362d071350fcac27ee087f2e4d3b5ff96a33fc2c63f64380de9"
				"7fc0ff02211fe453"
			 "ea7f3a27095cb563fab92faeb47cad38";

	start();
	udp(false, hello);
	CHECK_STR(values("quic.version"), "0xff00001d");
	CHECK_STR(stack(), "raw:ip:udp:quic"); /* it waits for the rest */
	start();
	decoder_segments(&decoder);
	udp(false, hello);
	CHECK_STR(values("tls.handshake.length"), "101");
	CHECK_STR(values("tls.handshake.ciphersuite"), "0x1301,0x1302");
	CHECK_STR(values("tls.handshake.ja3"), "");
}

/* One hello in three packets with pieces that overlap, another in two, sealed with another implementation. */
#define PIECES_1 \
	"c20000000108001122334455667702aabb004069cf615840d799defe9e0b3675e2098491803f11f7cecbd6def7d45720d31763503da21346" \
	"0b57be1d2d8f54cc11948e10053436475b43e80b8a086f38a2bf01fd052b60de4e0cf81990b820b17093b2b1a1f4fad88a5621df45f7dced" \
	"3f4e4a41faca2a5c0da973c4f8"
#define PIECES_2 \
	"ce0000000108001122334455667702aabb002aef3631806c2257249b8a8dbec6e259f7c64eeccc620757eae92d9a57db9d734ea5a1342e58" \
	"b1c2906b95"
#define PIECES_3 \
	"c20000000108001122334455667702aabb00405183b20129710071fcd33a6795284b5e46d87125985acca5719ae6b6914edf21e6412da33c" \
	"a30730c91e0420c1b6c06cbff948abbb85843286dad4ed1ae6cc8408f3525c5a5f8515e78c92a7f43ba3ccb217"
#define OTHER_1 \
	"c700000001088899aabbccddeeff02aabb004051dab86ca9d85b22fda12db5d1ab272e5e4c0c0623cdc7c80cfabda479c546f84d47517df1" \
	"d6c385c9436c6cb90a4febc7737c65f8f74f24407052c598ec915dbbe3c934d3ec217da6a45624f8473c218778"
#define OTHER_2 \
	"c800000001088899aabbccddeeff02aabb004069763184b9792fa90916c8c8a652361535358f789ca93216f48741ed4ff7a27065ee76078e" \
	"9329cb3b7f8cdb9e3fc7e620489dba9edaaf8597a7679b0e84b9ab2536962f056523276d481cc159f6e06cc9f914c8e0874073c4cedf1c29" \
	"22a26f037e18b5b2ea262ee231"

TEST(quic_hello_over_several_packets)
{
	static const char *const pieces[3] = { PIECES_1, PIECES_2, PIECES_3 };
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (unsigned i = 0; i < 6; i++) {
		start();
		for (unsigned k = 0; k < 3; k++) {
			CHECK_STR(k ? stack() : "raw:ip:udp:quic", "raw:ip:udp:quic");
			udp(false, pieces[orders[i][k]]);
		}
		CHECK_STR(stack(), "raw:ip:udp:quic:tls");
		CHECK_STR(values("tls.handshake.extensions_server_name"), "pq.example");
		CHECK_STR(values("tls.handshake.extensions_alpn_str"), "h3");
		CHECK_STR(values("tls.handshake.ja3_full"), "771,4865,0-16-43-10-51,4588,");
		CHECK_STR(values("tls.handshake.ja4_r"), "q13d0105h3_1301_000a,002b,0033");
		CHECK_STR(packet_column(&packet), "QUIC");
		udp(false, pieces[0]); /* sent again */
		CHECK_STR(stack(), "raw:ip:udp:quic");
	}
}

TEST(quic_hello_of_another_connection)
{
	start();
	udp(false, PIECES_1);
	udp_cut(false, 50001, 443, OTHER_1, 0);
	udp(false, PIECES_3);
	udp_cut(false, 50001, 443, OTHER_2, 0);
	CHECK_STR(values("tls.handshake.extensions_server_name"), "other.example");
	udp(false, PIECES_2);
	CHECK_STR(values("tls.handshake.extensions_server_name"), "pq.example");
	/* on the same ports: what was there of the one before is forgotten */
	start();
	udp(false, OTHER_2);
	udp(false, PIECES_1);
	udp(false, OTHER_1);
	CHECK_STR(stack(), "raw:ip:udp:quic");
	udp(false, OTHER_2);
	CHECK_STR(values("tls.handshake.extensions_server_name"), "other.example");
	/* so many at a time */
	start();
	for (unsigned port = 1000; port < 1040; port++)
		udp_cut(false, port, 443, PIECES_1, 0);
	for (unsigned port = 1039; port >= 1000; port--) {
		udp_cut(false, port, 443, PIECES_2, 0);
		udp_cut(false, port, 443, PIECES_3, 0);
		CHECK_STR(values("tls.handshake.extensions_server_name"), port < 1008 ? "" : "pq.example");
	}
}

TEST(quic_without_keys)
{
	start();
	udp(true, "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba"); /* RFC 9001 appendix A.4 */
	CHECK_STR(values("quic.retry_token"), "746f6b656e");
	CHECK_STR(values("quic.retry_integrity_tag"), "04a265ba2eff4d829058fb3f0f2496ba");
	start();
	udp(true, "80000000000008f067a5502a4262b5000000016b3343cf0a1a2a3a");
	CHECK_STR(values("quic.supported_version"), "0x00000001,0x6b3343cf,0x0a1a2a3a");
	CHECK_STR(values("quic.scid"), "f067a5502a4262b5");
	/* zeroes are no version negotiation unless they offer a version that exists */
	start();
	udp(true, "80000000000008f067a5502a4262b512345678");
	CHECK(!packet_layer(&packet, PROTO_quic));
	/* one wrong bit and an Initial stays closed */
	start();
	udp(false, "c500000001" "088394c8f03e515708" "00" "00408919d6b7bb4bd6688f55e11239b12e0d4cdf916f8452ef84b8c2e167b6c8b124");
	CHECK_STR(stack(), "raw:ip:udp:quic");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
}

TEST(quic_cut_at_every_byte)
{
	for (uint32_t missing = 1; missing <= 180; missing++) {
		start();
		udp_cut(false, 50000, 443, CLIENT_HELLO_IN_PIECES ZERO_RTT, missing);
		CHECK(packet.result != DECODE_MALFORMED);
	}
}

/* ---- TLS -------------------------------------------------------------------------------------- */

/* The example of salesforce/ja3's README. */
TEST(ja3)
{
	start();
	tcp(false, 443, "16030100610100005d0301000000000000000000000000000000000000000000000000000000000000000000"
		"0018002f00350005"
			 "000ac009c00ac013c01400320038001300040100001c00000006000400000178000a00080006001700180019"
				"000b00020100");
	CHECK_STR(values("tls.handshake.ja3_full"), "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
	CHECK_STR(values("tls.handshake.ja3"), "ada70206e40642a3e4461f35503241d5");
}

/* The example of FoxIO's README, with GREASE where Chrome has it. */
TEST(ja4)
{
	start();
	tcp(false, 443, "1603010135010001310303000000000000000000000000000000000000000000000000000000000000000020"
		"0000000000000000"
			 "00000000000000000000000000000000000000000000000000200a0a130113021303c02bc02fc02cc030cca9"
				"cca8c013c014009c"
			 "009d002f0035010000c81a1a00000000000e000c000009612e6578616d706c6500170000ff01000100000a00"
				"0a00082a2a001d00"
			 "170018000b00020100002300000010000e000c02683208687474702f312e31000500050100000000000d0012"
				"0010040308040401"
			 "05030805050108060601001200000033002b00293a3a000100001d0020000000000000000000000000000000"
				"0000000000000000"
			 "000000000000000000002d00020101002b0007064a4a03040303001b00030200024469000500030268325a5a"
				"0001000015000300"
			 "0000");
	CHECK_STR(values("tls.handshake.ja4"), "t13d1516h2_8daaf6152771_e5627efa2ab1");
	CHECK_STR(values("tls.handshake.ja4_r"),
		  "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_0005,000a,000b,000d,0012,"
		  "0015,0017,001b,0023,002b,002d,0033,4469,ff01_0403,0804,0401,0503,0805,0501,0806,0601");
}

TEST(server_hello_and_certificate)
{
	start();
	tcp(true, 443, "160303003e0200003a0303000000000000000000000000000000000000000000000000000000000000000000"
		"1301000012003300"
			 "08001d000400000000002b0002030416030301de0b0001c40001c10001be308201ba30820161a00302010202"
				"021234300a06082a"
			 "8648ce3d0403023033310b30090603550406130244453110300e060355040a0c074578616d706c6531123010"
				"06035504030c0961"
			 "2e6578616d706c653020170d3236313132303132353832315a180f32303531303731323132353832315a3033"
				"310b300906035504"
			 "06130244453110300e060355040a0c074578616d706c653112301006035504030c09612e6578616d706c6530"
				"59301306072a8648"
			 "ce3d020106082a8648ce3d03010703420004ce0fd85031dc6d1e37900d2e387b7f9b0eed14d30242bfb74b16"
				"4ff63c4cad8c6180"
			 "95f061fc09e40ff3db0571b00ec8255e810d07fff79826cbe4c6f1e330b7a363306130320603551d11042b30"
				"298209612e657861"
			 "6d706c658209622e6578616d706c65810b7840612e6578616d706c658704c0000201300c0603551d130101ff"
				"04023000301d0603"
			 "551d0e041604142b150b5e477128fa581c2621168e7f9bec9b703d300a06082a8648ce3d0403020347003044"
				"022048f767d92995"
			 "98767a62953c46a3969ecff63abb9ad55296f0fd41eaec5da58102201e87c415052b91450d61c668a7fcc83a"
				"a0af05184edeb60d"
			 "35711ca1ee6f13da0c00001203001d044444444408040006555555555555");
	CHECK_STR(packet_column(&packet), "TLSv1.3");
	CHECK_STR(values("tls.handshake.type"), "2,11,12");
	CHECK_STR(values("tls.handshake.ja3s_full"), "771,4865,51-43");
	CHECK_STR(values("tls.handshake.server_named_curve"), "0x001d");
	CHECK_STR(values("tls.handshake.server_point"), "44444444");
	CHECK_STR(values("tls.handshake.sig_hash_alg"), "0x0804");
	CHECK_STR(values("tls.handshake.sig"), "555555555555");
	CHECK_STR(stack(), "raw:ip:tcp:tls:x509af");
	CHECK_STR(values("x509af.version"), "2");
	CHECK_STR(values("x509af.serialNumber"), "1234");
	CHECK_STR(values("x509af.algorithm.id"), "1.2.840.10045.4.3.2,1.2.840.10045.2.1,1.2.840.10045.4.3.2");
	CHECK_STR(values("x509sat.CountryName"), "DE,DE");
	CHECK_STR(values("x509sat.uTF8String"), "Example,a.example,Example,a.example");
	CHECK_STR(values("x509af.utcTime"), "2026-11-20 12:58:21 (UTC)");
	CHECK_STR(values("x509af.generalizedTime"), "Jul 12, 2051 12:58:21.000000000 UTC");
	CHECK_STR(values("x509af.notBefore"), "0");
	CHECK_STR(values("x509af.notAfter"), "1");
	CHECK_STR(values("x509ce.dNSName"), "a.example,b.example");
	CHECK_STR(values("x509ce.rfc822Name"), "x@a.example");
	CHECK_STR(values("x509ce.iPAddress"), "c0000201");
}

/* Records on a port that is nobody's: a connection begins with a handshake. */
TEST(tls_on_any_port)
{
	start();
	tcp(false, 9000, "1703030004aabbccdd");
	CHECK(!packet_layer(&packet, PROTO_tls));
	tcp(false, 9000, "16030100610100005d0301000000000000000000000000000000000000000000000000000000000000000000"
		"0018002f00350005"
			 "000ac009c00ac013c01400320038001300040100001c00000006000400000178000a00080006001700180019"
				"000b00020100");
	CHECK_STR(stack(), "raw:ip:tcp:tls");
	tcp(false, 9000, "1703030004aabbccdd");
	CHECK_STR(stack(), "raw:ip:tcp:tls");
}

/* ---- DTLS ------------------------------------------------------------------------------------- */

TEST(dtls)
{
	start();
	udp_cut(false, 40000, 40001, "16fefd00000000000000000052010000460000000000000046fefd0000000000000000000000000000000000"
		"0000000000000000000000000000000002aabb0002c02b01000018000e000700040001000700001000090007"
		"06776562727463", 0);
	CHECK_STR(stack(), "raw:ip:udp:dtls");
	CHECK_STR(packet_column(&packet), "DTLS");
	CHECK_STR(values("dtls.record.sequence_number"), "0");
	CHECK_STR(values("dtls.handshake.cookie"), "aabb");
	CHECK_STR(values("dtls.use_srtp.protection_profile"), "0x0001,0x0007");
	CHECK_STR(values("dtls.handshake.extensions_alpn_str"), "webrtc");
	CHECK_STR(values("dtls.handshake.ja4_r"), "dd2i0102wc_c02b_000e");
	udp_cut(true, 40000, 40001, "16feff00000000000000000011030000050000000000000005feff02aabb", 0);
	CHECK_STR(packet_column(&packet), "DTLSv1.0");
	CHECK_STR(values("dtls.handshake.version"), "0xfeff");
	/* a message in two records of one datagram, then what is encrypted */
	udp_cut(true, 40000, 40001, "16fefd00000000000000020032020000260001000000000026fefd0000000000000000000000000000000000"
		"0000000000000000"
			 "0000000000000000c02b0016fefd000000000000000300700b0001c400020000000000640001c10001be3082"
				"01ba30820161a003"
			 "02010202021234300a06082a8648ce3d0403023033310b30090603550406130244453110300e060355040a0c"
				"074578616d706c65"
			 "3112301006035504030c09612e6578616d706c653020170d323631313230313216fefd000000000000000401"
				"6c0b0001c4000200"
			 "0064000160353832315a180f32303531303731323132353832315a3033310b30090603550406130244453110"
				"300e060355040a0c"
			 "074578616d706c653112301006035504030c09612e6578616d706c653059301306072a8648ce3d020106082a"
				"8648ce3d03010703"
			 "420004ce0fd85031dc6d1e37900d2e387b7f9b0eed14d30242bfb74b164ff63c4cad8c618095f061fc09e40f"
				"f3db0571b00ec825"
			 "5e810d07fff79826cbe4c6f1e330b7a363306130320603551d11042b30298209612e6578616d706c65820962"
				"2e6578616d706c65"
			 "810b7840612e6578616d706c658704c0000201300c0603551d130101ff04023000301d0603551d0e04160414"
				"2b150b5e477128fa"
			 "581c2621168e7f9bec9b703d300a06082a8648ce3d0403020347003044022048f767d9299598767a62953c46"
				"a3969ecff63abb9a"
			 "d55296f0fd41eaec5da58102201e87c415052b91450d61c668a7fcc83aa0af05184edeb60d35711ca1ee6f13da", 0);
	CHECK_STR(packet_column(&packet), "DTLSv1.2");
	CHECK_STR(values("dtls.handshake.fragment_offset"), "0,0,100");
	CHECK_STR(values("dtls.handshake.certificate_length"), "446");
	udp_cut(false, 40000, 40001, "17fefd00010000000000010004aabbccdd", 0);
	CHECK_STR(packet_column(&packet), "DTLSv1.2");
	CHECK_STR(values("dtls.app_data"), "aabbccdd");
	/* an encrypted handshake record says nothing of its message */
	udp_cut(false, 40000, 40001, "16fefd0001000000000002000c010000000000000000000000", 0);
	CHECK_STR(values("dtls.handshake.type"), "");
}

/* ---- SSH -------------------------------------------------------------------------------------- */

#define BANNER "5353482d322e302d610d0a"

TEST(ssh)
{
	start();
	tcp(true, 22, BANNER);
	CHECK_STR(packet_column(&packet), "SSH");
	CHECK_STR(values("ssh.protocol"), "SSH-2.0-a");
	CHECK_STR(values("ssh.direction"), "1");
	tcp(false, 22, BANNER);
	tcp(false, 22, "000000910414000102030405060708090a0b0c0d0e0f00000011637572766532353531392d73686132353600"
		"00000b7373682d65"
			 "6432353531390000000a6165733132382d6374720000000a6165733235362d6374720000000d686d61632d73"
				"6861322d32353600"
			 "000009686d61632d73686131000000046e6f6e65000000047a6c69620000000000000000000000000000000000");
	CHECK_STR(packet_column(&packet), "SSHv2");
	CHECK_STR(values("ssh.message_code"), "20");
	CHECK_STR(values("ssh.kex_algorithms"), "curve25519-sha256");
	CHECK_STR(values("ssh.compression_algorithms_server_to_client"), "zlib");
	CHECK_STR(values("ssh.kex.hassh_algorithms"), "curve25519-sha256;aes128-ctr;hmac-sha2-256;none");
	CHECK_STR(values("ssh.kex.hassh"), "e97d07603350d1111ec2b64bf25413c9");
	CHECK_STR(values("ssh.kex.hasshserver"), "");
	tcp(true, 22, "000000910414000102030405060708090a0b0c0d0e0f00000011637572766532353531392d73686132353600"
		"00000b7373682d65"
			 "6432353531390000000a6165733132382d6374720000000a6165733235362d6374720000000d686d61632d73"
				"6861322d32353600"
			 "000009686d61632d73686131000000046e6f6e65000000047a6c69620000000000000000000000000000000000");
	CHECK_STR(values("ssh.kex.hasshserver"), "1d28bf246fed683b2556414dbd13cd28");
	tcp(false, 22, "0000000c0a1500000000000000000000");
	CHECK_STR(values("ssh.message_code"), "21");
	tcp(false, 22, "0102030405060708");
	CHECK_STR(values("ssh.packet_length_encrypted"), "01020304");
	CHECK_STR(values("ssh.encrypted_packet"), "05060708");
	/* the other end does not encrypt yet */
	tcp(true, 22, "0000000c0a1500000000000000000000");
	CHECK_STR(values("ssh.message_code"), "21");
	/* on another port the banner says it, and the connection stays */
	start();
	tcp(false, 2222, BANNER);
	CHECK_STR(stack(), "raw:ip:tcp:ssh");
	tcp(true, 2222, "0000000c0a1500000000000000000000");
	CHECK_STR(values("ssh.message_code"), "21");
}

/* ---- WebSocket -------------------------------------------------------------------------------- */

TEST(websocket)
{
	start();
	tcp_text(false, 80, "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
	CHECK_STR(packet_column(&packet), "HTTP");
	tcp_text(true, 80, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
	CHECK_STR(packet_column(&packet), "HTTP");
	tcp(false, 80, "818537fa213d7f9f4d5158" "8900" "880303e97f"); /* RFC 6455 section 5.7: "Hello"; a ping, a close */
	CHECK_STR(stack(), "raw:ip:tcp:websocket:websocket:websocket");
	CHECK_STR(packet_column(&packet), "WebSocket");
	CHECK_STR(values("websocket.payload.text"), "Hello");
	CHECK_STR(values("websocket.masking_key"), "37fa213d");
	CHECK_STR(values("websocket.opcode"), "1,9,8");
	CHECK_STR(values("websocket.payload.close.status_code"), "1001");
	/* one frame over three segments: its header is in two of them, all of it shows in the last */
	tcp(true, 80, "827e00");
	CHECK(!packet_layer(&packet, PROTO_websocket));
	tcp(true, 80, "08" "010203");
	CHECK(!packet_layer(&packet, PROTO_websocket));
	tcp(true, 80, "0405060708" "8a00");
	CHECK_STR(packet_column(&packet), "WebSocket");
	CHECK_STR(values("websocket.payload_length_ext_16"), "8");
	CHECK_STR(values("websocket.opcode"), "2,10");
	/* without reassembly: its fields in the first, nothing in the second, its word in the last */
	decoder_segments(&decoder);
	tcp(true, 80, "827e0008" "0102");
	CHECK_STR(values("websocket.payload_length_ext_16"), "8");
	CHECK_STR(packet_column(&packet), "TCP");
	tcp(true, 80, "030405");
	CHECK(!packet_layer(&packet, PROTO_websocket));
	tcp(true, 80, "060708" "8a00");
	CHECK_STR(packet_column(&packet), "WebSocket");
	CHECK_STR(values("websocket.opcode"), "10");
	/* another connection begins */
	bytes[33] = 2;
	packet_decode(&packet, &decoder, &frame);
	tcp_text(false, 80, "GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(stack(), "raw:ip:tcp:http");
}

/* ---- HTTP/2 ------------------------------------------------------------------------------------ */

/* "name: value, ..." of a header block. */
static const char *block(struct hpack_table *t, const char *hex)
{
	static char text[512];
	uint8_t in[256];
	struct cursor c = cursor_over(in, from_hex(in, hex), false);
	struct hpack_header h;
	struct outbuf o;
	int got;

	packet.scratch_used = 0;
	outbuf_fixed(&o, text, sizeof(text));
	while ((got = hpack_next(t, &c, &packet, &h)) > 0) {
		outbuf_bytes(&o, h.name.bytes, h.name.len);
		outbuf_char(&o, '=');
		outbuf_bytes(&o, h.value.bytes, h.value.len);
		outbuf_char(&o, ' ');
	}
	outbuf_str(&o, got < 0 ? "lost" : ".");
	return outbuf_cstr(&o);
}

/* RFC 7541 appendix C.3 (without Huffman), C.4 (with it), C.6 (a table of 256 bytes, with eviction) */
TEST(hpack_requests)
{
	static const char *const blocks[2][3] = {
		{ "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
		  "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565" },
		{ "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
		  "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf" },
	};
	struct hpack_table t;

	for (unsigned i = 0; i < 2; i++) {
		hpack_table_init(&t);
		CHECK_STR(block(&t, blocks[i][0]), ":method=GET :scheme=http :path=/ :authority=www.example.com .");
		CHECK_EQ(t.size, 57);
		CHECK_STR(block(&t, blocks[i][1]),
			  ":method=GET :scheme=http :path=/ :authority=www.example.com cache-control=no-cache .");
		CHECK_EQ(t.size, 110);
		CHECK_STR(block(&t, blocks[i][2]),
			  ":method=GET :scheme=https :path=/index.html :authority=www.example.com custom-key=custom-value .");
		CHECK_EQ(t.size, 164);
	}
}

TEST(hpack_responses)
{
	struct hpack_table t;

	hpack_table_init(&t);
	t.max = 256;
	CHECK_STR(block(&t, "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c7"
		"8f0b97c8e9ae82"
			    "ae43d3"),
		  ":status=302 cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT location=https://www.example.com .");
	CHECK_EQ(t.size, 222);
	CHECK_STR(block(&t, "4883640effc1c0bf"),
		  ":status=307 cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT location=https://www.example.com .");
	CHECK_EQ(t.n, 4);
	CHECK_STR(block(&t, "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335"
		"dfdfcd5b3960d5af"
			    "27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"),
		  ":status=200 cache-control=private date=Mon, 21 Oct 2013 20:13:22 GMT location=https://www.example.com "
		  "content-encoding=gzip set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1 .");
	CHECK_EQ(t.size, 215);
	CHECK_EQ(t.n, 3);
	/* what is not in the table, a table larger than ours: lost, but literals still read */
	CHECK_STR(block(&t, "ff80"), "lost");
	CHECK_STR(block(&t, "82"), ":method=GET .");
	CHECK_STR(block(&t, "be"), "lost");
}

TEST(huffman)
{
	uint8_t out[32];

	/* the end of string, padding that is none, padding of a whole byte */
	CHECK_EQ(hpack_huffman((const uint8_t *)"\xff\xff\xff\xff", 4, out, sizeof(out)), -1);
	CHECK_EQ(hpack_huffman((const uint8_t *)"\x18", 1, out, sizeof(out)), -1);
	CHECK_EQ(hpack_huffman((const uint8_t *)"\x1f\xff", 2, out, sizeof(out)), -1);
	CHECK_EQ(hpack_huffman((const uint8_t *)"\x1f", 1, out, sizeof(out)), 1);
	CHECK_EQ(out[0], 'a');
	CHECK_EQ(hpack_huffman((const uint8_t *)"\x1f", 1, out, 0), -1);
}

TEST(http2)
{
	start();
	tcp(false, 8080, "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a" "000006040000000000" "000300000064"
			 "000011010500000001" "828684418cf1e3c2e5f23a6ba0ab90f4ff");
	CHECK_STR(stack(), "raw:ip:tcp:http2:http2:http2");
	CHECK_STR(packet_column(&packet), "HTTP2");
	CHECK_STR(values("http2.type"), "4,1");
	CHECK_STR(values("http2.settings.max_concurrent_streams"), "100");
	CHECK_STR(values("http2.headers.authority"), "www.example.com");
	CHECK_STR(values("http2.request.full_uri"), "http://www.example.com/");
	CHECK_STR(values("http2.flags.end_stream"), "1");
	tcp(false, 8080, "00000c010500000003" "828684be5886a8eb10649cbf");
	CHECK_STR(values("http2.headers.authority"), "www.example.com");
	CHECK_STR(values("http2.headers.cache_control"), "no-cache");
	CHECK_STR(values("http2.header.index"), "2,6,4,62,24");
	/* data that goes on in the next segment */
	tcp(true, 8080, "000004000100000001" "6162");
	CHECK(!packet_layer(&packet, PROTO_http2));
	tcp(true, 8080, "6364" "000008060000000000" "0102030405060708");
	CHECK_STR(values("http2.length"), "4,8");
	CHECK_STR(values("http2.ping"), "0102030405060708");
	decoder_segments(&decoder);
	tcp(true, 8080, "000004000100000001" "6162");
	CHECK_STR(values("http2.length"), "4");
	tcp(true, 8080, "6364" "000008060000000000" "0102030405060708");
	CHECK_STR(values("http2.length"), "8");
}

/* ---- HTTP bodies -------------------------------------------------------------------------------- */

TEST(body_in_the_column)
{
	start();
	tcp_text(true, 80, "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=x\r\nContent-Length: 4\r\n\r\n<a/>");
	CHECK_STR(packet_column(&packet), "HTTP/XML");
	tcp_text(true, 80, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
			   "2\r\n{}\r\n0\r\n\r\n");
	CHECK_STR(packet_column(&packet), "HTTP/JSON");
	tcp_text(true, 80, "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: 9\r\n\r\n0123");
	CHECK_STR(packet_column(&packet), "HTTP"); /* not all of it is there */
	tcp_text(true, 80, "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: 4\r\n\r\n0123");
	CHECK_STR(packet_column(&packet), "OCSP");
}
