/* SPDX-License-Identifier: MIT */
/* Binary application protocols: messages over several segments, several in one, replies that need their calls, lengths that lie. */
#include "check.h"
#include "decode_hex.h"

#include <string.h>

#define ETH "00005e005301 00005e005302 "
#define IP ETH "0800 4500 0000 0000 4000 40 06 0000 c0000201 c0000202 "
#define SERVER_IP ETH "0800 4500 0000 0000 4000 40 06 0000 c0000202 c0000201 "
#define TCP(ports, seq) ports seq "00000001 5018 2000 0000 0000 "
#define UDP_IP ETH "0800 4500 0000 0000 4000 40 11 0000 c0000201 c0000202 "
#define UDP_SERVER_IP ETH "0800 4500 0000 0000 4000 40 11 0000 c0000202 c0000201 "

/* One more packet for a decoder that goes on, as with a capture. The lengths of IP and UDP are put right. */
static void next(const char *hex)
{
	enum { ETH_HEADER = 14, IP_LENGTH = 16, IP_PROTO = 23, UDP_LENGTH = 38, HEADERS = 34 };
	uint32_t n = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		bytes[n++] = (uint8_t)strtoul((char[]){ hex[0], hex[1], 0 }, NULL, 16);
		hex++;
	}
	bytes[IP_LENGTH] = (uint8_t)((n - ETH_HEADER) >> 8);
	bytes[IP_LENGTH + 1] = (uint8_t)(n - ETH_HEADER);
	if (bytes[IP_PROTO] == 17)
		bytes[UDP_LENGTH + 1] = (uint8_t)(n - HEADERS);
	frame = (struct frame){ .number = 1, .has_ts = true, .data = bytes, .caplen = n, .wirelen = n, .linktype = 1 };
	packet_decode(&packet, &decoder, &frame);
}

static void begin(void)
{
	decoder_init(&decoder);
	decoder_want_all(&decoder);
}

#define SMB2_HEAD "fe534d42 4000 0100 00000000 "
#define SMB2_TAIL "0100 00000000 00000000 0700000000000000 fffe0000 05000000 1100000000000000 00000000000000000000000000000000 "

static void echo_in_two_segments(void)
{
	/* an echo (68 bytes) of which the first 40 are here */
	next(IP TCP("c350 01bd", "00001000") "00000044 " SMB2_HEAD "0d00 0100 00000000 00000000 0700000000000000 fffe0000");
	CHECK_STR(stack(), decoder.reassemble ? "eth:ip:tcp" : "eth:ip:tcp:nbss:smb2");
	CHECK_STR(values("smb2.msg_id"), "");
	/* its end, and another */
	next(IP TCP("c350 01bd", "00001028") "05000000 1100000000000000 00000000000000000000000000000000 04000000 "
	     "00000044 " SMB2_HEAD "0d00 " SMB2_TAIL "04000000");
	CHECK_STR(stack(), decoder.reassemble ? "eth:ip:tcp:nbss:smb2:nbss:smb2" : "eth:ip:tcp:nbss:nbss:smb2");
	CHECK_STR(values("smb2.msg_id"), decoder.reassemble ? "7,7" : "7");
	CHECK_STR(values("nbss.length"), decoder.reassemble ? "68,68" : "68");
	CHECK_STR(packet_column(&packet), "SMB2");
	decoder_release(&decoder);
}

TEST(smb2_in_two_segments)
{
	begin();
	echo_in_two_segments();
	begin();
	decoder_segments(&decoder);
	echo_in_two_segments();
}

TEST(segment_within_a_message_is_nobodys)
{
	begin();
	decoder_segments(&decoder);
	next(IP TCP("c350 01bd", "00001000") "00010000 " SMB2_HEAD "0900 " SMB2_TAIL);
	CHECK_STR(stack(), "eth:ip:tcp:nbss:smb2");
	next(IP TCP("c350 01bd", "00001044") "00000004 fe534d42"); /* looks like a message, but is data of the one before */
	CHECK_STR(stack(), "eth:ip:tcp:data");
	decoder_release(&decoder);
}

TEST(two_commands_in_one_message)
{
	begin();
	next(IP TCP("c350 01bd", "00001000") "0000008c "
	     "fe534d42 4000 0100 00000000 0d00 0100 00000000 48000000 0700000000000000 fffe0000 05000000 1100000000000000 "
	     "00000000000000000000000000000000 0400000000000000 " SMB2_HEAD "0d00 " SMB2_TAIL "04000000");
	CHECK_STR(stack(), "eth:ip:tcp:nbss:smb2:smb2");
	CHECK_STR(values("smb2.cmd"), "13,13");
	/* the next one would be behind the message: there is none */
	next(IP TCP("c350 01bd", "00002000") "00000044 "
	     "fe534d42 4000 0100 00000000 0d00 0100 00000000 ffffff7f 0700000000000000 fffe0000 05000000 1100000000000000 "
	     "00000000000000000000000000000000 04000000");
	CHECK_STR(stack(), "eth:ip:tcp:nbss:smb2");
	decoder_release(&decoder);
}

TEST(modbus_exception_and_pipelining)
{
	begin();
	next(SERVER_IP TCP("01f6 c350", "00001000") "0002 0000 0003 11 85 02");
	CHECK_STR(stack(), "eth:ip:tcp:mbtcp:modbus");
	CHECK_STR(values("modbus.func_code"), "5");
	CHECK_STR(values("modbus.exception_code"), "2");
	next(IP TCP("c350 01f6", "00001000") "0001 0000 0006 01 03 0000 0001 0002 0000 0006 01 04 0005 0002");
	CHECK_STR(stack(), "eth:ip:tcp:mbtcp:modbus:mbtcp:modbus");
	CHECK_STR(values("modbus.reference_num"), "0,5");
	CHECK_STR(values("mbtcp.trans_id"), "1,2");
	/* another protocol identifier, a length that cannot be */
	next(IP TCP("c350 01f6", "00009000") "0001 0001 0006 01 03 0000 0001");
	CHECK_STR(stack(), "eth:ip:tcp:data");
	next(IP TCP("c350 01f6", "0000a000") "0001 0000 ffff 01 03 0000 0001");
	CHECK_STR(stack(), "eth:ip:tcp:data");
	decoder_release(&decoder);
}

#define CALL "00000000 00000002 000186a0 00000002 00000003 00000000 00000000 00000000 00000000 000186a5 00000003 00000011 00000000"

TEST(rpc_reply_needs_its_call)
{
	begin();
	next(UDP_SERVER_IP "8000 c350 0024 0000 00000010 00000001 00000000 00000000 00000000 00000000 00000418");
	CHECK_STR(stack(), "eth:ip:udp:data");
	next(UDP_IP "c350 8000 0040 0000 00000010 " CALL);
	CHECK_STR(stack(), "eth:ip:udp:rpc:portmap");
	CHECK_STR(values("portmap.prog"), "100005");
	next(UDP_SERVER_IP "8000 c350 0024 0000 00000010 00000001 00000000 00000000 00000000 00000000 00000418");
	CHECK_STR(stack(), "eth:ip:udp:rpc:portmap");
	CHECK_STR(values("rpc.program"), "100000");
	CHECK_STR(values("portmap.procedure_v2"), "3");
	CHECK_STR(values("portmap.port"), "1048");
	CHECK_STR(packet_column(&packet), "Portmap");
	/* the same answer to somebody else */
	next(UDP_SERVER_IP "8000 c351 0024 0000 00000010 00000001 00000000 00000000 00000000 00000000 00000418");
	CHECK_STR(stack(), "eth:ip:udp:data");
	decoder_release(&decoder);
}

#define TEN(x) x x x x x x x x x x
#define QUERY "0001 0000 0006 01 03 0000 0001 "

TEST(many_messages_stop_without_an_error)
{
	begin();
	next(IP TCP("c350 01f6", "00001000") TEN(QUERY) TEN(QUERY) TEN(QUERY) TEN(QUERY) TEN(QUERY));
	CHECK(packet.nlayers > 60 && packet.nlayers <= PACKET_LAYERS_MAX);
	CHECK_EQ(packet.result, DECODE_OK);
	decoder_release(&decoder);
}

TEST(tpkt_keeps_its_connection)
{
	begin();
	next(IP TCP("c350 0d3d", "00001000") "0300000b 06 e0 0000 0000 00");
	CHECK_STR(stack(), "eth:ip:tcp:tpkt:cotp");
	next(IP TCP("c350 0d3d", "0000100b") "17 0303 0005 0102030405");
	CHECK_STR(stack(), "eth:ip:tcp:tpkt:tls");
	CHECK_STR(packet_column(&packet), "TPKT");
	/* TLS on the port without that beginning */
	next(IP TCP("c351 0d3d", "0000100b") "16 0303 0005 0102030405");
	CHECK_STR(stack(), "eth:ip:tcp:tls");
	decoder_release(&decoder);
}

TEST(kerberos_lengths_must_agree)
{
	begin();
	next(UDP_IP "c350 0058 001e 0000 6a 14 30 12 a1 03 02 01 05 a2 03 02 01 0a 30 06 02 01 00 02 01 00");
	CHECK_STR(stack(), "eth:ip:udp:kerberos");
	CHECK_STR(values("kerberos.msg_type"), "10");
	next(UDP_IP "c350 0058 001e 0000 6a 14 30 11 a1 03 02 01 05 a2 03 02 01 0a 30 06 02 01 00 02 01 00");
	CHECK_STR(stack(), "eth:ip:udp:data");
	next(UDP_IP "c350 0058 001e 0000 6a 84 7f ff ff ff a1 03 02 01 05 a2 03 02 01 0a 30 06 02 01 00 02");
	CHECK_STR(stack(), "eth:ip:udp:data");
	decoder_release(&decoder);
}

TEST(mysql_by_its_greeting)
{
	begin();
	next(SERVER_IP TCP("8000 c350", "00001000") "30000000 0a 352e37 00 01000000 73616c7473616c74 00 ffff 08 0200 ffff 15 "
	     "00000000000000000000 73616c7473616c7473616c74");
	CHECK_STR(stack(), "eth:ip:tcp:mysql");
	CHECK_STR(values("mysql.version"), "5.7");
	next(IP TCP("c350 8000", "00001000") "0a000000 03 73656c6563742031 3b");
	CHECK_STR(values("mysql.query"), "select 1;");
	decoder_release(&decoder);
}

TEST(noise_is_nobodys)
{
	uint32_t seed = 1;

	begin();
	for (unsigned round = 0; round < 2000; round++) {
		unsigned n = 40;

		memcpy(bytes, "\0\0^\0S\1\0\0^\0S\2\x08\0\x45\0\0\x50\0\0\x40\0\x40\x06\0\0\xc0\0\2\1\xc0\0\2\2\x9c\x40\x9c\x41\0\0\0\0\0\0\0\0\x50\x18",
		       48);
		for (unsigned i = 48; i < 54 + n; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(seed >> 24);
		}
		frame = (struct frame){ .number = 1, .has_ts = true, .data = bytes, .caplen = 54 + n, .wirelen = 54 + n, .linktype = 1 };
		packet_decode(&packet, &decoder, &frame);
		for (unsigned i = 4; i < packet.nlayers; i++) {
			unsigned proto = packet.layers[i].proto;

			CHECK(proto != PROTO_dcerpc && proto != PROTO_tpkt && proto != PROTO_mysql && proto != PROTO_rpc);
		}
	}
	decoder_release(&decoder);
}
