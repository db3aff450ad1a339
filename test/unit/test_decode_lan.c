/* SPDX-License-Identifier: MIT */
/* lib/decode: protocols of links and LANs. What they say is in the golden cases; here is how each of their lengths can lie,
 * and who is called with what. */
#include "check.h"
#include "decode_hex.h"

#define MACS "01 80 c2 00 00 00 | 00 53 00 00 00 01 | "
#define SNAP_CISCO "aa aa 03 | 00 00 0c | "

TEST(who_is_next)
{
	decode_hex(LINKTYPE_ETHERNET, MACS "00 07 | 42 42 03 | 00 00 00 80", 0);
	CHECK_STR(stack(), "eth:llc:stp");
	CHECK_EQ(packet.result, DECODE_OK);
	decode_hex(LINKTYPE_ETHERNET, MACS "00 0c | " SNAP_CISCO "01 0b | 00 00 00 80", 0);
	CHECK_STR(stack(), "eth:llc:stp");
	decode_hex(LINKTYPE_ETHERNET, MACS "00 0c | " SNAP_CISCO "20 00 | 02 b4 00 00", 0);
	CHECK_STR(stack(), "eth:llc:cdp");
	/* of Cisco's organization, but no protocol of ours; and that number without the organization */
	decode_hex(LINKTYPE_ETHERNET, MACS "00 0c | " SNAP_CISCO "20 99 | 02 b4 00 00", 0);
	CHECK_STR(stack(), "eth:llc");
	decode_hex(LINKTYPE_ETHERNET, MACS "00 0c | aa aa 03 00 00 00 | 20 00 | 02 b4 00 00", 0);
	CHECK_STR(stack(), "eth:llc");
	/* ISO's protocols: IS-IS is known by its discriminator */
	decode_hex(LINKTYPE_ETHERNET, MACS "00 0b | fe fe 03 | 83 08 01 00 03 01 00 00", 0);
	CHECK_STR(stack(), "eth:llc:isis");
	decode_hex(LINKTYPE_ETHERNET, MACS "00 0b | fe fe 03 | 82 08 01 00 03 01 00 00", 0);
	CHECK_STR(stack(), "eth:llc");
	decode_hex(LINKTYPE_C_HDLC, "8f 00 fe fe | 03 | 83 08 01 00 03 01 00 00", 0);
	CHECK_STR(stack(), "chdlc:isis");
	decode_hex(LINKTYPE_FRELAY, "18 41 03 | 83 08 01 00 03 01 00 00", 0);
	CHECK_STR(stack(), "fr:isis");
	decode_hex(LINKTYPE_PPP, "ff 03 80 21 | 01 01 00 04", 0);
	CHECK_STR(stack(), "ppp:ipcp");
	CHECK_STR(values("ppp.code"), "1");
	CHECK_STR(values("_ws.col.Protocol"), "PPP IPCP");
}

TEST(spanning_tree_lengths)
{
	/* a classic one of 35 bytes; a rapid one needs another */
#define TREE(version, type) "00 00 " version " " type " 0c | 80 01 00 53 00 00 00 01 | 00 00 00 04 | 80 07 00 53 00 00 00 02 | " \
	"80 03 | 01 00 14 00 02 00 0f 00"
	decode_hex(LINKTYPE_ETHERNET, MACS "00 26 | 42 42 03 | " TREE("00", "00"), 0);
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("stp.root.prio"), "32768");
	CHECK_STR(values("stp.root.ext"), "1");
	CHECK_STR(values("stp.flags.port_role"), "");
	decode_hex(LINKTYPE_ETHERNET, MACS "00 26 | 42 42 03 | " TREE("02", "02"), 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	decode_hex(LINKTYPE_ETHERNET, MACS "00 27 | 42 42 03 | " TREE("02", "02"), 1);
	CHECK_EQ(packet.result, DECODE_TRUNCATED);
	decode_hex(LINKTYPE_ETHERNET, MACS "00 27 | 42 42 03 | " TREE("02", "02") "00", 0);
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("stp.flags.port_role"), "3");
	/* version 3 says how long its part is: more than there is */
	decode_hex(LINKTYPE_ETHERNET, MACS "00 29 | 42 42 03 | " TREE("03", "02") "00 | 00 40", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	CHECK_STR(values("mstp.version_3_length"), "");
#undef TREE
}

TEST(values_that_lie)
{
	/* LLDP: longer than the frame; the bytes of the good one before it are kept */
	decode_hex(LINKTYPE_ETHERNET, MACS "88 cc | 06 02 00 78 | 0a ff 61 62", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	CHECK_STR(values("lldp.time_to_live"), "120");
	CHECK_STR(values("lldp.tlv.type"), "3");
	/* padding behind the end is not looked at */
	decode_hex(LINKTYPE_ETHERNET, MACS "88 cc | 06 02 00 78 | 00 00 | ff ff ff ff", 0);
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("lldp.tlv.type"), "3,0");
	/* a management address longer than its value, one of no length */
	decode_hex(LINKTYPE_ETHERNET, MACS "88 cc | 10 03 09 01 c0 | 10 01 00 | 10 00 | 00 00", 0);
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("lldp.mgn.addr.ip4"), "");
	/* CDP: a length that does not reach past its own four bytes would never end */
	decode_hex(LINKTYPE_ETHERNET, MACS "00 10 | " SNAP_CISCO "20 00 | 02 b4 00 00 | 00 01 00 00", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	CHECK_STR(values("cdp.tlv.type"), "");
	/* as many addresses as it likes, but one is there */
	decode_hex(LINKTYPE_ETHERNET, MACS "00 1d | " SNAP_CISCO "20 00 | 02 b4 00 00 | 00 02 00 11 ff ff ff ff 01 01 cc 00 04 c0 00 02 01", 0);
	CHECK_STR(values("cdp.nrgyz.ip_address"), "192.0.2.1");
	/* VTP: the name of a domain has 32 bytes of room */
	decode_hex(LINKTYPE_ETHERNET, MACS "00 2c | " SNAP_CISCO "20 03 | 01 01 00 21 | 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 "
		   "61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	/* an option of PPP of one byte */
	decode_hex(LINKTYPE_PPP, "c0 21 | 01 01 00 08 | 01 01 05 d4", 0);
	CHECK_STR(values("lcp.opt.type"), "");
	/* EAPOL that claims more than the frame has; a key whose data does */
	decode_hex(LINKTYPE_ETHERNET, MACS "88 8e | 01 00 00 ff | 01 07 00 05 01", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	CHECK_STR(stack(), "eth:eapol");
}

TEST(igmp_versions_by_length)
{
#define IP_IGMP(len) "01 00 5e 00 00 01 | 00 53 00 00 00 01 | 08 00 | 45 00 " len " 00 01 00 00 01 02 00 00 c0 00 02 01 e0 00 00 01 | "
	decode_hex(LINKTYPE_ETHERNET, IP_IGMP("00 1c") "11 00 ee ff 00 00 00 00", 0);
	CHECK_STR(values("_ws.col.Protocol"), "IGMPv1");
	CHECK_STR(values("igmp.max_resp"), "");
	decode_hex(LINKTYPE_ETHERNET, IP_IGMP("00 1c") "11 64 ee 9b 00 00 00 00", 0);
	CHECK_STR(values("_ws.col.Protocol"), "IGMPv2");
	CHECK_STR(values("igmp.max_resp"), "100");
	decode_hex(LINKTYPE_ETHERNET, IP_IGMP("00 20") "11 64 ec 1e 00 00 00 00 02 7d 00 00", 0);
	CHECK_STR(values("_ws.col.Protocol"), "IGMPv3");
	CHECK_STR(values("igmp.qrv"), "2");
	/* the length on the wire decides, not what was kept */
	decode_hex(LINKTYPE_ETHERNET, IP_IGMP("00 20") "11 64 ec 1e 00 00 00 00", 4);
	CHECK_STR(values("_ws.col.Protocol"), "IGMPv3");
	CHECK_EQ(packet.result, DECODE_TRUNCATED);
	CHECK_STR(values("igmp.qrv"), "");
	/* more records and sources than bytes */
	decode_hex(LINKTYPE_ETHERNET, IP_IGMP("00 28") "22 00 00 00 00 00 ff ff | 04 00 ff ff ef 01 02 03 | c0 00 02 01", 0);
	CHECK_STR(values("igmp.maddr"), "239.1.2.3");
	CHECK_STR(values("igmp.saddr"), "192.0.2.1");
#undef IP_IGMP
}

TEST(options_of_neighbours)
{
#define IP6_ND(len) "33 33 00 00 00 01 | 00 53 00 00 00 01 | 86 dd | 60 00 00 00 " len " 3a ff | " \
	"fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 | ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01 | "
	/* an option without length would never end */
	decode_hex(LINKTYPE_ETHERNET, IP6_ND("00 10") "85 00 00 00 00 00 00 00 | 01 00 00 00 00 00 00 00", 0);
	CHECK_STR(values("icmpv6.opt.type"), "");
	/* one that is longer than the packet */
	decode_hex(LINKTYPE_ETHERNET, IP6_ND("00 18") "85 00 00 00 00 00 00 00 | 01 01 00 53 00 00 00 01 | 03 04 00 00 00 00 00 00", 0);
	CHECK_STR(values("icmpv6.opt.type"), "1");
	CHECK_STR(values("icmpv6.opt.src_linkaddr"), "005300000001");
	/* two domains, padded; then a name that runs out of its option */
	decode_hex(LINKTYPE_ETHERNET, IP6_ND("00 20") "86 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00 | "
		   "1f 02 00 00 00 00 00 3c 01 61 00 01 62 00 00 00", 0);
	CHECK_STR(values("icmpv6.opt.dnssl"), "a,b");
	decode_hex(LINKTYPE_ETHERNET, IP6_ND("00 20") "86 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00 | "
		   "1f 02 00 00 00 00 00 3c 01 61 3f 62 00 00 00 00", 0);
	CHECK_STR(values("icmpv6.opt.dnssl"), "a");
#undef IP6_ND
}

TEST(messages_of_netlink)
{
#define COOKED "00 04 03 38 00 00 00 00 00 00 00 00 00 00 00 00 | "
	/* each message tells its byte order */
	decode_hex(253, COOKED "14 00 00 00 03 00 02 00 01 00 00 00 00 00 00 00 00 00 00 00 | "
		   "00 00 00 10 00 03 00 02 00 00 00 02 00 00 00 00", 0);
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("netlink.hdr_type"), "0x0003,0x0003");
	CHECK_STR(values("netlink.hdr_seq"), "1,2");
	CHECK_STR(values("_ws.col.Protocol"), "Netlink");
	/* shorter than its header, longer than the frame */
	decode_hex(253, COOKED "0f 00 00 00 03 00 02 00 01 00 00 00 00 00 00 00", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	decode_hex(253, COOKED "40 00 00 00 10 00 02 00 01 00 00 00 00 00 00 00 00 00", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	CHECK_STR(values("netlink.hdr_len"), "");
	/* not netlink behind its link type */
	decode_hex(253, "00 04 00 01 00 00 00 00 00 00 00 00 00 00 00 00", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	/* in a Linux cooked capture the family is the protocol */
	decode_hex(LINKTYPE_LINUX_SLL, "00 04 03 38 00 00 00 00 00 00 00 00 00 00 00 00 | 10 00 00 00 10 00 05 00 07 00 00 00 00 00 00 00", 0);
	CHECK_STR(stack(), "sll:netlink");
	CHECK_STR(values("_ws.col.Protocol"), "Netlink route");
#undef COOKED
}

TEST(management_of_802_11)
{
#define MANAGEMENT(fc) fc " 00 00 | 00 53 00 00 00 02 | 00 53 00 00 00 01 | 00 53 00 00 00 03 | 10 00 | "
	/* an element longer than the frame ends the list */
	decode_hex(LINKTYPE_IEEE802_11, MANAGEMENT("40 00") "00 03 6c 61 62 | 01 ff 82", 0);
	CHECK_STR(values("wlan.ssid"), "6c6162");
	CHECK_STR(values("wlan.tag.number"), "0");
	/* RSN with more ciphers than bytes */
	decode_hex(LINKTYPE_IEEE802_11, MANAGEMENT("40 00") "30 0c 01 00 00 0f ac 04 ff ff 00 0f ac 04", 0);
	CHECK_STR(values("wlan.rsn.pcs.count"), "65535");
	CHECK_STR(values("wlan.rsn.pcs.type"), "4");
	CHECK_STR(values("wlan.rsn.akms.count"), "");
	/* an encrypted body is no elements */
	decode_hex(LINKTYPE_IEEE802_11, MANAGEMENT("c0 40") "03 00", 0);
	CHECK_STR(values("wlan.fixed.reason_code"), "");
	decode_hex(LINKTYPE_IEEE802_11, MANAGEMENT("c0 00") "03 00", 0);
	CHECK_STR(values("wlan.fixed.reason_code"), "0x0003");
	/* radiotap: a second antenna in a second word */
	decode_hex(LINKTYPE_IEEE802_11_RADIO, "00 00 0e 00 | 20 00 00 a0 | 20 00 00 00 | c4 ba | d4 00 00 00 00 53 00 00 00 01", 0);
	CHECK_STR(values("radiotap.dbm_antsignal"), "-60,-70");
	CHECK_STR(stack(), "radiotap:wlan");
	/* a header of Prism that says it is shorter than it can be */
	decode_hex(119, "44 00 00 00 | 08 00 00 00 | d4 00 00 00 00 53 00 00 00 01 00 00 00 00 00 00", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
#undef MANAGEMENT
}

TEST(system_identifiers)
{
	decode_hex(LINKTYPE_ETHERNET, MACS "00 26 | fe fe 03 | 83 11 01 00 1a 01 00 00 | 00 23 11 11 22 22 33 33 01 | "
		   "09 10 04 ae 44 44 55 55 66 66 02 03 00 00 00 05 43 82", 0);
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("isis.psnp.source_id"), "1111.2222.3333");
	CHECK_STR(values("isis.csnp.lsp_id"), "4444.5555.6666.02-03");
	CHECK_STR(values("_ws.col.Protocol"), "ISIS PSNP");
	/* identifiers of another length: the header is all we read */
	decode_hex(LINKTYPE_ETHERNET, MACS "00 26 | fe fe 03 | 83 11 01 08 1a 01 00 00 | 00 23 11 11 22 22 33 33 01 | "
		   "09 10 04 ae 44 44 55 55 66 66 02 03 00 00 00 05 43 82", 0);
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("isis.psnp.source_id"), "");
	CHECK_STR(values("isis.type"), "26");
	/* a message that says it is shorter than its own fixed part */
	decode_hex(LINKTYPE_ETHERNET, MACS "00 14 | fe fe 03 | 83 11 01 00 1a 01 00 00 | 00 08 11 11 22 22 33 33 01", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
}
