/* SPDX-License-Identifier: MIT */
/* lib/decode: routing protocols, transports and tunnels. What they say when they are well is in the golden cases; here is where
 * lengths lie, where content must tell a protocol for certain, and what the tables' helpers promise. */
#include "check.h"
#include "decode_hex.h"

#define ETH "00 11 22 33 44 55 | 66 77 88 99 aa bb | "
#define IP_HEAD(len, proto) ETH "08 00 | 45 00 " len " 00 01 00 00 40 " proto " 00 00 0a 00 00 01 0a 00 00 02 | "
#define UDP_HEAD(ip_len, src, dst, udp_len) IP_HEAD(ip_len, "11") src dst udp_len " 00 00 | "
#define TCP_HEAD(ip_len, src, dst) IP_HEAD(ip_len, "06") src dst " 00 00 00 01 00 00 00 01 50 18 02 00 00 00 00 00 | "

/* With all applications wanted */
static void decode_all(const char *hex, uint32_t missing)
{
	decode_hex(LINKTYPE_ETHERNET, hex, missing);
	decoder_want_all(&decoder);
	packet_decode(&packet, &decoder, &frame);
	decoder_release(&decoder);
}

TEST(options_end_where_they_should)
{
	static const uint8_t list[] = { 1, 2, 4, 5, 180, 3, 3, 7, 0, 9, 9, 9 }; /* behind END: not looked at */
	static const uint8_t lying[] = { 2, 4, 5 }, too_short[] = { 2, 1, 5, 5 }, bare[] = { 30 };
	struct cursor c = cursor_over(list, sizeof(list), false);
	struct cursor_option o;

	CHECK(cursor_option(&c, &o) && o.kind == 1 && o.len == 0);
	CHECK(cursor_option(&c, &o) && o.kind == 2 && o.len == 4 && !o.body.cut && cursor_left(&o.body) == 2);
	CHECK(cursor_option(&c, &o) && o.kind == 3 && o.len == 3 && o.body.pos[0] == 7);
	CHECK(cursor_option(&c, &o) && o.kind == 0 && o.len == 0);
	CHECK(!cursor_option(&c, &o));
	c = cursor_over(lying, sizeof(lying), false);
	CHECK(cursor_option(&c, &o) && o.len == 4 && o.body.cut);
	CHECK(!cursor_option(&c, &o));
	c = cursor_over(too_short, sizeof(too_short), false);
	CHECK(cursor_option(&c, &o) && o.kind == 2 && o.len == 1);
	CHECK(!cursor_option(&c, &o));
	c = cursor_over(bare, sizeof(bare), true);
	CHECK(cursor_option(&c, &o) && o.kind == 30 && o.len == 0);
	CHECK(!cursor_option(&c, &o));
}

TEST(columns_that_name_the_carrier)
{
	/* Multipath TCP */
	decode_all(IP_HEAD("00 34", "06") "13 88 0b 59 00 00 00 01 00 00 00 00 80 02 02 00 00 00 00 00 | 1e 0c 00 81 01 02 03 04 05 06 07 08", 0);
	CHECK_STR(stack(), "eth:ip:tcp");
	CHECK_STR(values("_ws.col.Protocol"), "MPTCP");
	CHECK_STR(values("tcp.options.mptcp.subtype"), "0");
	/* UDP in GTP in UDP */
	decode_all(UDP_HEAD("00 41", "08 68 ", "08 68 ", "00 2d") "30 ff 00 1d 00 00 00 01 | 45 00 00 1d 00 01 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02 | "
		   "13 88 0b 59 00 09 00 00 | 78", 0);
	CHECK_STR(stack(), "eth:ip:udp:gtp:ip:udp:data");
	CHECK_STR(values("_ws.col.Protocol"), "GTP <UDP>");
	/* what PIM registers does not make the packet one of UDP */
	decode_all(IP_HEAD("00 39", "67") "21 00 00 00 00 00 00 00 | 45 00 00 1d 00 01 00 00 40 11 00 00 0a 00 00 01 e0 00 01 02 | "
		   "13 88 0b 59 00 09 00 00 | 78", 0);
	CHECK_STR(stack(), "eth:ip:pim:ip:udp:data");
	CHECK_STR(values("_ws.col.Protocol"), "PIMv2");
}

#define ZERO16 "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "

TEST(wireguard_is_told_by_content_alone)
{
	/* a cookie reply has 64 bytes, no more and no less */
	decode_all(UDP_HEAD("00 5c", "13 88 ", "0b 59 ", "00 48") "03 00 00 00 01 02 03 04 00 00 00 00 00 00 00 00 " ZERO16 ZERO16 ZERO16, 0);
	CHECK_STR(stack(), "eth:ip:udp:wg");
	CHECK_STR(values("wg.receiver"), "0x04030201");
	decode_all(UDP_HEAD("00 5b", "13 88 ", "0b 59 ", "00 47") "03 00 00 00 01 02 03 04 00 00 00 00 00 00 00 " ZERO16 ZERO16 ZERO16, 0);
	CHECK_STR(stack(), "eth:ip:udp:data");
	/* data is padded to 16; the counter is little-endian and of 64 bits */
	decode_all(UDP_HEAD("00 3c", "13 88 ", "0b 59 ", "00 28") "04 00 00 00 01 02 03 04 ff ff ff ff ff ff ff ff " ZERO16, 0);
	CHECK_STR(stack(), "eth:ip:udp:wg");
	CHECK_STR(values("wg.counter"), "18446744073709551615");
	/* one of the three bytes behind the type is not zero */
	decode_all(UDP_HEAD("00 3c", "13 88 ", "0b 59 ", "00 28") "04 00 01 00 01 02 03 04 ff ff ff ff ff ff ff ff " ZERO16, 0);
	CHECK_STR(stack(), "eth:ip:udp:data");
	/* nobody asked for applications */
	decode_hex(LINKTYPE_ETHERNET, UDP_HEAD("00 3c", "13 88 ", "0b 59 ", "00 28") "04 00 00 00 01 02 03 04 ff ff ff ff ff ff ff ff " ZERO16, 0);
	CHECK_STR(stack(), "eth:ip:udp");
}

TEST(ipsec_in_udp)
{
	decode_all(UDP_HEAD("00 1d", "11 94 ", "11 94 ", "00 09") "ff", 0);
	CHECK_STR(stack(), "eth:ip:udp:udpencap");
	CHECK_STR(values("udpencap.nat_keepalive"), "1");
	decode_all(UDP_HEAD("00 24", "11 94 ", "11 94 ", "00 10") "00 00 00 01 00 00 00 02", 0);
	CHECK_STR(stack(), "eth:ip:udp:udpencap:esp");
	CHECK_STR(values("esp.spi"), "0x00000001");
	/* the marker, and an IKE message shorter than its header */
	decode_all(UDP_HEAD("00 24", "11 94 ", "11 94 ", "00 10") "00 00 00 00 00 00 00 02", 0);
	CHECK_STR(stack(), "eth:ip:udp:udpencap:isakmp");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
}

TEST(isakmp_payloads_do_not_nest_for_ever)
{
	/* proposals inside of proposals inside of ... : two levels are read */
	decode_all(UDP_HEAD("00 68", "01 f4 ", "01 f4 ", "00 54") "01 02 03 04 05 06 07 08 00 00 00 00 00 00 00 00 21 20 22 08 00 00 00 00 00 00 00 4c | "
		   "00 00 00 30 | 00 00 00 2c 01 01 00 01 | 00 00 00 24 01 01 00 01 | 00 00 00 1c 01 01 00 01 | 00 00 00 14 01 01 00 01 | "
		   "00 00 00 0c 01 01 00 01 00 00 00 00", 0);
	CHECK_STR(stack(), "eth:ip:udp:isakmp");
	CHECK_STR(values("isakmp.typepayload"), "33,2,3");
	CHECK_STR(values("isakmp.payloadlength"), "48,44,36");
	/* a payload of no length would be read for ever */
	decode_all(UDP_HEAD("00 40", "01 f4 ", "01 f4 ", "00 2c") "01 02 03 04 05 06 07 08 00 00 00 00 00 00 00 00 28 20 22 08 00 00 00 00 00 00 00 24 | "
		   "28 00 00 00 28 00 00 00", 0);
	CHECK_STR(values("isakmp.typepayload"), "");
}

TEST(sctp_chunks)
{
	/* a chunk that says nothing of its length ends the list; what was before it counts */
	decode_all(IP_HEAD("00 2c", "84") "13 88 0b 59 00 00 00 01 00 00 00 00 | 0b 00 00 04 | 0e 01 00 00 00 00 00 00", 0);
	CHECK_STR(stack(), "eth:ip:sctp");
	CHECK_STR(values("sctp.chunk_type"), "11");
	/* longer than the packet: what is there is read */
	decode_all(IP_HEAD("00 30", "84") "13 88 0b 59 00 00 00 01 00 00 00 00 | 03 00 01 00 00 00 00 01 00 00 10 00 00 01 00 00", 0);
	CHECK_STR(values("sctp.chunk_length"), "256");
	CHECK_STR(values("sctp.sack_a_rwnd"), "4096");
	CHECK_STR(values("sctp.sack_gap_block_start"), "");
	/* M3UA only out of a whole message: not out of a first fragment */
	decode_all(IP_HEAD("00 38", "84") "13 88 0b 59 00 00 00 01 00 00 00 00 | 00 03 00 18 00 00 00 01 00 00 00 00 00 00 00 03 | 01 00 03 03 00 00 00 08", 0);
	CHECK_STR(stack(), "eth:ip:sctp:m3ua");
	CHECK_STR(values("m3ua.message_class"), "3");
	CHECK_STR(values("sctp.data_payload_proto_id"), "3");
	decode_all(IP_HEAD("00 38", "84") "13 88 0b 59 00 00 00 01 00 00 00 00 | 00 02 00 18 00 00 00 01 00 00 00 00 00 00 00 03 | 01 00 03 03 00 00 00 08", 0);
	CHECK_STR(stack(), "eth:ip:sctp");
}

TEST(ospf_lengths_that_lie)
{
#define OSPF_UPDATE "02 04 00 30 0a 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 | 00 00 00 02 | "
	/* an LSA shorter than its header */
	decode_all(IP_HEAD("00 44", "59") OSPF_UPDATE "00 01 02 01 0a 00 00 01 0a 00 00 01 80 00 00 01 ab cd 00 13", 0);
	CHECK_STR(stack(), "eth:ip:ospf");
	CHECK_STR(values("ospf.ls.number_of_lsas"), "2");
	CHECK_STR(values("ospf.lsa.seqnum"), "");
	/* and one longer than the packet */
	decode_all(IP_HEAD("00 44", "59") OSPF_UPDATE "00 01 02 01 0a 00 00 01 0a 00 00 01 80 00 00 01 ab cd ff ff", 0);
	CHECK_STR(values("ospf.lsa.seqnum"), "0x80000001");
	CHECK_EQ(packet.result, DECODE_OK);
	/* cut by the snaplen, it is not malformed */
	decode_all(IP_HEAD("00 44", "59") OSPF_UPDATE, 20);
	CHECK_EQ(packet.result, DECODE_TRUNCATED);
}

#define BGP_MARKER "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff "

TEST(bgp_prefixes)
{
	/* bits that do not fill a byte; a prefix of 33 bits does not exist and ends the list */
	decode_all(TCP_HEAD("00 47", "00 b3 ", "13 88 ") BGP_MARKER "00 1f 02 | 00 04 13 0a 01 e0 | 00 00 | 08 0b 21 01", 0);
	CHECK_STR(stack(), "eth:ip:tcp:bgp");
	CHECK_STR(values("bgp.withdrawn_prefix"), "10.1.224.0");
	CHECK_STR(values("bgp.nlri_prefix"), "11.0.0.0");
	CHECK_STR(values("bgp.prefix_length"), "19,8");
	/* sixteen bytes of something else are no marker, whatever the port */
	decode_all(TCP_HEAD("00 3b", "00 b3 ", "13 88 ") "fe ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff 00 13 04", 0);
	CHECK_STR(stack(), "eth:ip:tcp:data");
	/* and they are one on every port */
	decode_all(TCP_HEAD("00 3b", "0b 59 ", "13 88 ") BGP_MARKER "00 13 04", 0);
	CHECK_STR(stack(), "eth:ip:tcp:bgp");
}

TEST(bgp_path_of_two_or_four_bytes)
{
#define BGP_PATH(ip_len, len, attrs, path_len) TCP_HEAD(ip_len, "00 b3 ", "13 88 ") BGP_MARKER len " 02 | 00 00 | " attrs " | 40 02 " path_len " "
	decode_all(BGP_PATH("00 4a", "00 22", "00 0b", "08") "02 03 fd e8 fd e9 fd ea", 0);
	CHECK_STR(values("bgp.update.path_attribute.as_path_segment.as2"), "65000,65001,65002");
	CHECK_STR(values("bgp.update.path_attribute.as_path_segment.as4"), "");
	decode_all(BGP_PATH("00 48", "00 20", "00 09", "06") "02 01 00 01 00 00", 0);
	CHECK_STR(values("bgp.update.path_attribute.as_path_segment.as4"), "65536");
}

TEST(cflow_detects_what_adds_up)
{
	/* IPFIX says how long it is */
	decode_all(UDP_HEAD("00 2c", "13 88 ", "08 07 ", "00 18") "00 0a 00 10 65 53 44 00 00 00 00 01 00 00 00 02", 0);
	CHECK_STR(stack(), "eth:ip:udp:cflow");
	decode_all(UDP_HEAD("00 2c", "13 88 ", "08 07 ", "00 18") "00 0a 00 11 65 53 44 00 00 00 00 01 00 00 00 02", 0);
	CHECK_STR(stack(), "eth:ip:udp:data");
	/* version 5 has up to 30 records of 48 bytes: here not even one */
	decode_all(UDP_HEAD("00 34", "13 88 ", "08 07 ", "00 20") "00 05 00 01 00 00 00 01 65 53 44 00 00 00 00 01 00 00 00 02 00 00 00 00", 0);
	CHECK_STR(stack(), "eth:ip:udp:data");
}

TEST(dccp_header_shorter_than_its_type_needs)
{
	decode_all(IP_HEAD("00 24", "21") "13 88 0b 59 04 00 00 00 01 00 00 00 00 00 00 01", 0);
	CHECK_STR(stack(), "eth:ip:dccp");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	CHECK_STR(values("dccp.seq_raw"), "");
	CHECK_STR(values("dccp.srcport"), "5000");
}
