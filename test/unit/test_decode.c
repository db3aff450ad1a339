/* SPDX-License-Identifier: MIT */
/* lib/decode: the cursor, the walk from link to transport, the field registry. */
#include "check.h"
#include "decode_hex.h"

#define ETH "00 11 22 33 44 55 | 66 77 88 99 aa bb | "
#define IP_TCP "45 00 00 2a 12 34 40 00 40 06 00 00 0a 00 00 01 c0 a8 00 02 | "
#define TCP "01 bb c0 01 00 00 00 05 00 00 00 07 50 18 02 00 00 00 00 00 | "

TEST(eth_ip_tcp)
{
	decode_hex(LINKTYPE_ETHERNET, ETH "08 00 | " IP_TCP TCP "68 69 | 00 00 00 00", 0);
	CHECK_STR(stack(), "eth:ip:tcp");
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("eth.addr"), "00:11:22:33:44:55,66:77:88:99:aa:bb");
	CHECK_STR(values("eth.type"), "0x0800");
	CHECK_STR(values("eth.len"), "");
	CHECK_STR(values("ip.src"), "10.0.0.1");
	CHECK_STR(values("ip.addr"), "10.0.0.1,192.168.0.2");
	CHECK_STR(values("ip.flags.df"), "1");
	CHECK_STR(values("ip.hdr_len"), "20");
	CHECK_STR(values("tcp.port"), "443,49153");
	CHECK_STR(values("tcp.flags"), "0x0018");
	CHECK_STR(values("tcp.flags.push"), "1");
	CHECK_STR(values("tcp.flags.syn"), "0");
	CHECK_STR(values("tcp.len"), "2"); /* the Ethernet padding does not count */
	CHECK_STR(values("tcp.payload"), "6869");
	CHECK_STR(values("frame.time_epoch"), "1700000000.123456789");
	CHECK_STR(values("frame.time"), "Nov 14, 2023 22:13:20.123456789 UTC");
	CHECK_STR(values("_ws.col.Protocol"), "TCP");
	CHECK_EQ(packet.network, 2);
	CHECK_EQ(packet.transport, 3);
}

TEST(vlan_stacks)
{
	decode_hex(LINKTYPE_ETHERNET, ETH "88 a8 | 60 0a 81 00 | 10 14 08 00 | " IP_TCP TCP "00 00", 0);
	CHECK_STR(stack(), "eth:vlan:vlan:ip:tcp");
	CHECK_STR(values("vlan.id"), "10,20");
	CHECK_STR(values("vlan.priority"), "3,0");
	CHECK_STR(values("vlan.dei"), "0,1");
	CHECK_STR(values("vlan.etype"), "0x8100,0x0800");
}

TEST(ieee8023_length)
{
	decode_hex(LINKTYPE_ETHERNET, ETH "00 03 | e0 e0 03 | 00 00 00", 0);
	CHECK_STR(stack(), "eth:llc");
	CHECK_STR(values("eth.len"), "3");
	CHECK_STR(values("eth.type"), "");
	CHECK_EQ(packet.layers[1].wire_end, 17);
}

TEST(ip_options_and_fragments)
{
	decode_hex(LINKTYPE_IPV4, "46 00 00 20 00 01 00 00 40 11 00 00 7f 00 00 01 7f 00 00 02 | 94 04 00 00 | 00 35 00 35 00 08 00 00", 0);
	CHECK_STR(stack(), "raw:ip:udp");
	CHECK_STR(values("ip.opt.type"), "148");
	CHECK_STR(values("ip.opt.len"), "4");
	CHECK_STR(values("udp.length"), "8");
	/* a later fragment: no ports */
	decode_hex(LINKTYPE_RAW, "45 00 00 1c 00 01 00 b9 40 11 00 00 7f 00 00 01 7f 00 00 02 | 00 35 00 35 00 08 00 00", 0);
	CHECK_STR(stack(), "raw:ip");
	CHECK_STR(values("ip.frag_offset"), "185");
	/* the first fragment: ports, and a UDP length beyond it is no lie */
	decode_hex(LINKTYPE_RAW, "45 00 00 1c 00 01 20 00 40 11 00 00 7f 00 00 01 7f 00 00 02 | 00 35 00 35 10 00 00 00", 0);
	CHECK_STR(stack(), "raw:ip:udp");
	CHECK_EQ(packet.result, DECODE_OK);
}

TEST(ipv6_chain)
{
	decode_hex(LINKTYPE_IPV6,
		   "60 00 00 00 00 20 00 40 | fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 |"
		   "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 02 |"
		   "3c 00 05 02 00 00 01 00 | 2c 00 01 04 00 00 00 00 | 11 00 00 01 00 00 12 34 | 00 35 00 35 01 00 00 00", 0);
	CHECK_STR(stack(), "raw:ipv6:udp");
	CHECK_EQ(packet.layers[2].hlen, 64);
	CHECK_STR(values("ipv6.nxt"), "0");
	CHECK_STR(values("ipv6.src"), "fe80::1");
	CHECK_STR(values("ipv6.fraghdr.ident"), "0x00001234");
	CHECK_STR(values("ipv6.fraghdr.more"), "1");
	CHECK_STR(values("ipv6.hopopts.nxt"), "60");
	CHECK_STR(values("ipv6.dstopts.nxt"), "44");
	CHECK_STR(values("ipv6.opt.type"), "0x05,0x01,0x01");
}

TEST(icmp_error_quotes)
{
	decode_hex(LINKTYPE_RAW,
		   "45 00 00 38 00 00 00 00 40 01 00 00 0a 00 00 01 0a 00 00 02 | 03 01 00 00 00 00 00 00 |"
		   "45 00 05 dc 00 00 00 00 40 06 00 00 0a 00 00 02 c0 a8 00 01 | 00 50 04 00 00 00 00 01", 0);
	CHECK_STR(stack(), "raw:ip:icmp:ip:tcp");
	CHECK_EQ(packet.result, DECODE_OK); /* cut by the router, not by us */
	CHECK_STR(values("ip.src"), "10.0.0.1,10.0.0.2");
	CHECK_STR(values("tcp.srcport"), "80");
	CHECK_EQ(packet.network, 2);
	CHECK_EQ(packet.transport, -1);
}

TEST(other_links)
{
	decode_hex(LINKTYPE_NULL, "02 00 00 00 | 45 00 00 14 00 00 00 00 40 ff 00 00 0a 00 00 01 0a 00 00 02", 0);
	CHECK_STR(stack(), "null:ip");
	decode_hex(LINKTYPE_LOOP, "00 00 00 18 | 60 00 00 00 00 00 3b 40 | 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 | 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01", 0);
	CHECK_STR(stack(), "null:ipv6");
	decode_hex(LINKTYPE_LINUX_SLL, "00 04 00 01 00 06 00 11 22 33 44 55 00 00 08 06 | 00 01 08 00 06 04 00 02 00 11 22 33 44 55 0a 00 00 01 66 77 88 99 aa bb 0a 00 00 02", 0);
	CHECK_STR(stack(), "sll:arp");
	CHECK_STR(values("sll.src.eth"), "00:11:22:33:44:55");
	CHECK_STR(values("arp.opcode"), "2");
	CHECK_STR(values("arp.dst.proto_ipv4"), "10.0.0.2");
	decode_hex(LINKTYPE_LINUX_SLL2, "08 00 00 00 00 00 00 03 00 01 00 06 00 11 22 33 44 55 00 00 | 45 00 00 14 00 00 00 00 40 ff 00 00 0a 00 00 01 0a 00 00 02", 0);
	CHECK_STR(stack(), "sll:ip");
	CHECK_STR(values("sll.ifindex"), "3");
	decode_hex(9999, "01 02 03", 0);
	CHECK_STR(stack(), "");
	CHECK_EQ(packet.result, DECODE_OK);
}

TEST(truncated_is_not_malformed)
{
	/* the snaplen cut the TCP header */
	decode_hex(LINKTYPE_ETHERNET, ETH "08 00 | " IP_TCP "01 bb c0 01 00 00", 20);
	CHECK_STR(stack(), "eth:ip:tcp");
	CHECK_EQ(packet.result, DECODE_TRUNCATED);
	CHECK_EQ(packet.layers[2].result, DECODE_OK);
	CHECK_STR(values("tcp.port"), "443,49153");
	CHECK_STR(values("tcp.flags"), "");
	/* the same bytes, and the wire had no more */
	decode_hex(LINKTYPE_ETHERNET, ETH "08 00 | " IP_TCP "01 bb c0 01 00 00", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	CHECK_STR(values("ip.src"), "10.0.0.1");
	/* a header length of 4 words */
	decode_hex(LINKTYPE_RAW, "44 00 00 14 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02", 0);
	CHECK_STR(stack(), "raw:ip");
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	decode_hex(LINKTYPE_ETHERNET, "", 0);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
	decode_hex(LINKTYPE_ETHERNET, "", 60);
	CHECK_EQ(packet.result, DECODE_TRUNCATED);
}

TEST(cursor_at_every_distance_from_the_end)
{
	static const uint8_t b[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	for (size_t left = 0; left <= 8; left++) {
		struct cursor c = cursor_over(b + 8 - left, left, false), sub;

		CHECK_EQ(cursor_be32(&c), left >= 4 ? get_be32(b + 8 - left) : 0);
		CHECK_EQ(c.cut, left < 4);
		CHECK_EQ(cursor_u8(&c), left >= 5 ? b[8 - left + 4] : 0);
		c = cursor_over(b + 8 - left, left, true);
		sub = cursor_sub(&c, 3);
		CHECK_EQ(cursor_left(&sub), left >= 3 ? 3 : left);
		CHECK_EQ(sub.snapped, left < 3);
		CHECK_EQ(c.cut, left < 3);
		c = cursor_over(b + 8 - left, left, true);
		cursor_limit(&c, 5);
		CHECK_EQ(cursor_left(&c), left >= 5 ? 5 : left);
		CHECK_EQ(c.snapped, left < 5);
		CHECK(!cursor_take(&c, SIZE_MAX));
		CHECK(c.cut && !cursor_peek(&c, 0));
	}
}

TEST(nesting_has_a_ceiling)
{
	decode_hex(LINKTYPE_ETHERNET, ETH "81 00", 0);
	frame.caplen = frame.wirelen = 14 + 4 * 100;
	for (int i = 0; i < 100; i++)
		memcpy(bytes + 14 + 4 * i, "\x00\x01\x81\x00", 4);
	packet_decode(&packet, &decoder, &frame);
	CHECK_EQ(packet.nlayers, PACKET_LAYERS_MAX);
	CHECK_EQ(packet.result, DECODE_MALFORMED);
}

/* The tables: what the compiler cannot see. */
TEST(registry_is_sound)
{
	decoder_init(&decoder);
	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		const struct protocol *p = protocols[i];

		CHECK(p->name && p->title && p->reference && p->decode);
		CHECK(p->nfields <= 255); /* struct walk's want and struct field's either */
		for (unsigned j = 0; j < p->nfields; j++) {
			const struct field *f = &p->fields[j];
			int ways = !!f->width + !!field_getter(f) + f->is_either;
			const char *name = field_name(f);

			if (!check_report(name && *field_label(f), __FILE__, __LINE__, "%s: field %u has no name or label", p->name, j))
				continue;
			check_report(ways <= 1, __FILE__, __LINE__, "%s gets its value in two ways", name);
			check_report(ways == 1 || p->walk, __FILE__, __LINE__, "%s gets its value in no way", name);
			check_report(field_find(name, strlen(name)) == f, __FILE__, __LINE__, "%s stands twice", name);
			check_report(field_proto(f) == i && field_index(f) == j, __FILE__, __LINE__, "%s is not found back", name);
			check_report(f->type > FIELD_INT || f->width <= 8, __FILE__, __LINE__, "%s is too wide", name);
			for (unsigned k = 0; f->is_either && k < sizeof(f->either) && f->either[k]; k++)
				check_report(f->either[k] <= p->nfields, __FILE__, __LINE__, "%s refers to no field", name);
		}
	}
	CHECK(field_find("tcp", 3) == protocol_field(PROTO_tcp));
	CHECK(!field_find("tcp.nonsense", 12));
	CHECK_STR(field_nearest("tcp.prot"), "tcp.port");
}

TEST(claims_can_be_overridden)
{
	decode_hex(LINKTYPE_ETHERNET, ETH "99 99 | 00 00", 0);
	CHECK_STR(stack(), "eth");
	CHECK_EQ(decoder_claim(CLAIM_ETHERTYPE, 0x9999, PROTO_arp), 0);
	decode_hex(LINKTYPE_ETHERNET, ETH "99 99 | 00 00", 0);
	CHECK_STR(stack(), "eth:arp");
}
