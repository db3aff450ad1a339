/* SPDX-License-Identifier: MIT */
/* lib/decode: what stands between a link and the addresses people filter on. Text and fields of whole packets are golden
 * cases; here are the promises of decode/packet.h and the ways a header can lie. */
#include "check.h"
#include "decode_hex.h"

#define ETH "00 11 22 33 44 55 | 66 77 88 99 aa bb | "
#define ETH_IP ETH "08 00 | "
#define IP_HEAD(len, proto) "45 00 " len " 00 01 00 00 40 " proto " 00 00 0a 00 00 01 0a 00 00 02 | "
/* an inner packet of 29 bytes: UDP 5 to 6, one byte */
#define INNER "45 00 00 1d 00 02 00 00 40 11 00 00 c0 00 02 01 c0 00 02 02 | 00 05 00 06 00 09 00 00 | 78 | "
#define INNER_6 "60 00 00 00 00 09 11 40 | 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 | " \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 | 00 05 00 06 00 09 00 00 | 78 | "

TEST(innermost_network_and_transport)
{
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 31", "04") INNER, 0);
	CHECK_STR(stack(), "eth:ip:ip:udp");
	CHECK_EQ(packet.network, 3);
	CHECK_EQ(packet.transport, 4);
	CHECK_STR(values("ip.src"), "10.0.0.1,192.0.2.1");
	CHECK_STR(values("udp.length"), "9");
	/* a tunnel in UDP has two of each; the inner ones count */
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 4f", "11") "c0 00 12 b5 00 3b 00 00 | 08 00 00 00 00 00 2a 00 | " ETH_IP INNER, 0);
	CHECK_STR(stack(), "eth:ip:udp:vxlan:eth:ip:udp");
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_EQ(packet.network, 6);
	CHECK_EQ(packet.transport, 7);
	CHECK_STR(values("vxlan.vni"), "42");
	CHECK_STR(values("udp.dstport"), "4789,6");
	CHECK_STR(values("_ws.col.Protocol"), "UDP");
	/* quoted by an ICMP error: none of them does */
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 4d", "01") "03 01 00 00 00 00 00 00 | " IP_HEAD("00 31", "04") INNER, 0);
	CHECK_STR(stack(), "eth:ip:icmp:ip:ip:udp");
	CHECK_EQ(packet.network, 2);
	CHECK_EQ(packet.transport, -1);
}

TEST(wire_lengths_narrow)
{
	/* four bytes of Ethernet padding behind a PPPoE session packet belong to no inner layer */
	decode_hex(LINKTYPE_ETHERNET, ETH "88 64 | 11 00 00 07 00 1f | 00 21 | " INNER "00 00 00 00", 0);
	CHECK_STR(stack(), "eth:pppoes:ppp:ip:udp");
	CHECK_EQ(packet.layers[2].wire_end, 14 + 6 + 31);
	CHECK_EQ(packet.layers[3].wire_end, 14 + 6 + 31);
	CHECK_STR(values("pppoe.payload_length"), "31");
	/* 802.3: the length counts LLC and what it carries */
	decode_hex(LINKTYPE_ETHERNET, ETH "00 25 | aa aa 03 00 00 00 08 00 | " INNER "00 00 00", 0);
	CHECK_STR(stack(), "eth:llc:ip:udp");
	CHECK_EQ(packet.layers[2].wire_end, 14 + 37);
	CHECK_EQ(packet.result, DECODE_OK);
	/* radiotap says that a check sequence follows: it is no payload */
	decode_hex(LINKTYPE_IEEE802_11_RADIO, "00 00 09 00 02 00 00 00 10 | 08 00 00 00 | 00 53 00 00 00 01 | 00 53 00 00 00 02 | "
		   "00 53 00 00 00 03 | 10 00 | aa aa 03 00 00 00 08 00 | " INNER "de ad be ef", 0);
	CHECK_STR(stack(), "radiotap:wlan:llc:ip:udp");
	CHECK_EQ(packet.layers[2].wire_end, 9 + 24 + 8 + 29);
}

TEST(lengths_that_lie)
{
	/* PPPoE longer than its frame: said, and read on */
	decode_hex(LINKTYPE_ETHERNET, ETH "88 64 | 11 00 00 07 01 00 | 00 21 | " INNER, 0);
	CHECK_STR(stack(), "eth:pppoes:ppp:ip:udp");
	CHECK_EQ(packet.layers[2].result, DECODE_MALFORMED);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	/* the same length, but the snaplen explains it */
	decode_hex(LINKTYPE_ETHERNET, ETH "88 64 | 11 00 00 07 01 00 | 00 21 | " INNER, 1000);
	CHECK_EQ(packet.layers[2].result, DECODE_OK);
	/* a GTP extension header of no length would be read for ever */
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 2c", "11") "08 68 08 68 00 18 00 00 | 34 ff 00 08 00 00 00 01 | 00 00 00 85 | 00 00 00 00", 0);
	CHECK_STR(stack(), "eth:ip:udp:gtp");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	/* L2TP shorter than its own header */
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 26", "11") "06 a5 06 a5 00 12 00 00 | 40 02 00 03 00 01 00 02 | 00 21", 0);
	CHECK_STR(stack(), "eth:ip:udp:l2tp");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	/* a radiotap header shorter than its fixed part */
	decode_hex(LINKTYPE_IEEE802_11_RADIO, "00 00 07 00 00 00 00 00 | 00", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
}

TEST(cut_by_the_snaplen_at_every_byte)
{
	static const char whole[] = ETH "81 00 | 00 05 88 47 | 00 01 01 40 | " IP_HEAD("00 35", "2f") "00 00 08 00 | " INNER;
	static const char names[] = "eth:vlan:mpls:ip:gre:ip:udp";
	uint32_t full, n;

	decode_hex(LINKTYPE_ETHERNET, whole, 0);
	CHECK_STR(stack(), names);
	CHECK_EQ(packet.result, DECODE_OK);
	full = frame.caplen;
	for (n = 0; n < full; n++) {
		frame.caplen = n;
		packet_decode(&packet, &decoder, &frame);
		CHECK(packet.result != DECODE_MALFORMED);
		CHECK(!strncmp(stack(), names, strlen(stack())));
	}
}

TEST(gre_parts_are_found_behind_each_other)
{
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 41", "2f") "b0 00 08 00 | 12 34 00 00 | 00 00 ca fe | 00 00 00 07 | " INNER, 0);
	CHECK_STR(stack(), "eth:ip:gre:ip:udp");
	CHECK_STR(values("gre.checksum"), "0x1234");
	CHECK_STR(values("gre.key"), "0x0000cafe");
	CHECK_STR(values("gre.sequence_number"), "7");
	CHECK_STR(values("gre.ack_number"), "");
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 3b", "2f") "20 81 88 0b | 00 1f 00 05 | 00 00 00 09 | 00 21 | " INNER, 0);
	CHECK_STR(stack(), "eth:ip:gre:ppp:ip:udp");
	CHECK_STR(values("gre.key"), "");
	CHECK_STR(values("gre.key.call_id"), "5");
	CHECK_STR(values("gre.key.payload_length"), "31");
	CHECK_STR(values("gre.ack_number"), "9");
	CHECK_STR(values("gre.flags.ack"), "1");
	/* another version says nothing that could be believed */
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 35", "2f") "00 02 08 00 | " INNER, 0);
	CHECK_STR(stack(), "eth:ip:gre");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
}

TEST(mpls_guesses_what_it_carries)
{
	decode_hex(LINKTYPE_ETHERNET, ETH "88 47 | 00 06 40 3f | 00 0c 81 40 | " INNER_6, 0);
	CHECK_STR(stack(), "eth:mpls:ipv6:udp");
	CHECK_STR(values("mpls.label"), "100,200");
	CHECK_STR(values("mpls.bottom"), "0,1");
	decode_hex(LINKTYPE_ETHERNET, ETH "88 47 | 00 01 01 40 | 00 00 00 00 | " ETH_IP INNER, 0);
	CHECK_STR(stack(), "eth:mpls:eth:ip:udp"); /* a control word */
	decode_hex(LINKTYPE_ETHERNET, ETH "88 47 | 00 01 01 40 | 00 11 22 33 44 55 | 66 77 88 99 aa bb | 81 00 00 07 08 00 | " INNER, 0);
	CHECK_STR(stack(), "eth:mpls:eth:vlan:ip:udp"); /* none, though the address begins with 0 */
	decode_hex(LINKTYPE_ETHERNET, ETH "88 47 | 00 00 d1 01 | 10 00 00 07 | 61 62", 0);
	CHECK_STR(stack(), "eth:mpls"); /* an associated channel */
	CHECK_EQ(packet.result, DECODE_OK);
}

TEST(a_stack_without_bottom_ends)
{
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes + 12, "\x88\x47", 2);
	frame = (struct frame){ .data = bytes, .caplen = sizeof(bytes), .wirelen = sizeof(bytes), .linktype = LINKTYPE_ETHERNET };
	decoder_init(&decoder);
	packet_decode(&packet, &decoder, &frame);
	CHECK_STR(stack(), "eth:mpls");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	/* as does a header in a header in a header: IPv4 in IPv4 to the end of the frame */
	memcpy(bytes + 12, "\x08\x00", 2);
	for (unsigned at = 14; at + 20 <= sizeof(bytes); at += 20) {
		memcpy(bytes + at, "\x45\x00\x00\x00", 4);
		bytes[at + 9] = 4;
	}
	packet_decode(&packet, &decoder, &frame);
	CHECK_EQ(packet.nlayers, PACKET_LAYERS_MAX);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
}

TEST(ports_of_tunnels_need_no_wish)
{
	/* nobody asked for applications; the tunnel is there all the same, from either end of the port */
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 44", "11") "17 c1 c0 00 00 30 00 00 | 01 00 08 00 00 00 07 00 | 01 00 01 00 | " INNER, 0);
	CHECK_STR(stack(), "eth:ip:udp:geneve:ip:udp");
	CHECK_STR(values("geneve.vni"), "0x000007");
	/* what does not look like Teredo at its port is none */
	decode_hex(LINKTYPE_ETHERNET, ETH_IP IP_HEAD("00 20", "11") "0d d8 0d d8 00 0c 00 00 | 12 34 56 78", 0);
	CHECK_STR(stack(), "eth:ip:udp");
	CHECK_EQ(packet.result, DECODE_OK);
}

TEST(inside_a_fragment_lengths_reach_beyond)
{
	/* the first of several fragments holds a tunnelled packet that goes on in the others */
	decode_hex(LINKTYPE_ETHERNET, ETH_IP "45 00 00 30 00 01 20 00 40 04 00 00 0a 00 00 01 0a 00 00 02 | "
		   "45 00 05 00 00 02 00 00 40 11 00 00 c0 00 02 01 c0 00 02 02 | 00 05 00 06 04 ec 00 00", 0);
	CHECK_STR(stack(), "eth:ip:ip:udp");
	CHECK_EQ(packet.result, DECODE_OK);
}

TEST(ppp_without_what_it_may_leave_out)
{
	decode_hex(LINKTYPE_PPP, "ff 03 00 21 | " INNER, 0);
	CHECK_STR(stack(), "ppp:ip:udp");
	CHECK_STR(values("ppp.address"), "0xff");
	CHECK_STR(values("ppp.protocol"), "0x0021");
	decode_hex(LINKTYPE_PPP, "21 | " INNER, 0);
	CHECK_STR(stack(), "ppp:ip:udp");
	CHECK_STR(values("ppp.address"), "");
	CHECK_STR(values("ppp.protocol"), "0x0021");
	decode_hex(LINKTYPE_PPP, "0f 00 08 00 | " INNER, 0);
	CHECK_STR(stack(), "ppp:chdlc:ip:udp");
	decode_hex(LINKTYPE_C_HDLC, "8f 00 80 35 | 00 00 00 02 | 00 00 00 01 00 00 00 01 ff ff", 0);
	CHECK_STR(stack(), "chdlc"); /* not RARP */
}

TEST(wlan_addresses_by_direction)
{
#define WLAN(fc) fc " 00 00 | 00 53 00 00 00 01 | 00 53 00 00 00 02 | 00 53 00 00 00 03 | 10 00 | "
	decode_hex(LINKTYPE_IEEE802_11, WLAN("08 01") "aa aa 03 00 00 00 08 00 | " INNER, 0);
	CHECK_STR(stack(), "wlan:llc:ip:udp");
	CHECK_STR(values("wlan.bssid"), "00:53:00:00:00:01");
	CHECK_STR(values("wlan.sa"), "00:53:00:00:00:02");
	CHECK_STR(values("wlan.da"), "00:53:00:00:00:03");
	decode_hex(LINKTYPE_IEEE802_11, WLAN("08 02") "aa aa 03 00 00 00 08 00 | " INNER, 0);
	CHECK_STR(values("wlan.da"), "00:53:00:00:00:01");
	CHECK_STR(values("wlan.bssid"), "00:53:00:00:00:02");
	CHECK_STR(values("wlan.sa"), "00:53:00:00:00:03");
	/* encrypted: nothing behind it is read */
	decode_hex(LINKTYPE_IEEE802_11, WLAN("08 41") "aa aa 03 00 00 00 08 00 | " INNER, 0);
	CHECK_STR(stack(), "wlan");
	CHECK_STR(values("wlan.fc.protected"), "1");
}

TEST(frame_relay_addresses)
{
	decode_hex(LINKTYPE_FRELAY, "48 e1 | 08 00 | " INNER, 0);
	CHECK_STR(stack(), "fr:ip:udp");
	CHECK_STR(values("fr.dlci"), "302");
	decode_hex(LINKTYPE_FRELAY, "18 40 02 05 | 03 cc | " INNER, 0);
	CHECK_STR(stack(), "fr:ip:udp");
	CHECK_STR(values("fr.dlci"), "819265");
	decode_hex(LINKTYPE_FRELAY, "18 40 02 04 | 03 cc | " INNER, 0); /* no end within four bytes */
	CHECK_STR(stack(), "fr");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
}
