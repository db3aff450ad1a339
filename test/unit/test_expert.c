/* SPDX-License-Identifier: MIT */
/* lib/decode: findings of an expert, colours, and which request a message answers. What tshark says of real captures is
 * compared by test/corpus/findings_vs_tshark.py. */
#include "check.h"
#include "decode/expert.h"
#include "decode_hex.h"

#define IP4(protocol) "45000000 00000000 40" protocol "0000 0a000001 0a000002"
#define IP4_BACK(protocol) "45000000 00000000 40" protocol "0000 0a000002 0a000001"

static void open_decoder(void)
{
	decoder_release(&decoder);
	decoder_init(&decoder);
	decoder_want_all(&decoder);
	decoder_want_expert(&decoder);
	frame.number = 0;
}

/* The next packet, `ms` after some time: an IPv4 packet whose length is set here, and text behind it. */
static void next(int64_t ms, const char *hex, const char *text)
{
	uint32_t n = 0, number = (uint32_t)frame.number;

	for (; *hex; hex++) {
		if (*hex == ' ' || *hex == '|')
			continue;
		bytes[n++] = (uint8_t)strtoul((char[]){ hex[0], hex[1], 0 }, NULL, 16);
		hex++;
	}
	memcpy(bytes + n, text, strlen(text));
	n += (uint32_t)strlen(text);
	if (!(bytes[2] | bytes[3]))
		bytes[3] = (uint8_t)n;
	if (bytes[9] == 17)
		bytes[25] = (uint8_t)(n - 20);
	frame = (struct frame){ .number = number + 1, .ts_ns = 1700000000000000000 + ms * 1000000, .has_ts = true, .data = bytes,
				.caplen = n, .wirelen = n, .linktype = LINKTYPE_RAW };
	packet_decode(&packet, &decoder, &frame);
}

static void tcp(int64_t ms, bool back, const char *header, const char *text)
{
	char hex[200];

	snprintf(hex, sizeof(hex), "%s%s", back ? IP4_BACK("06") : IP4("06"), header);
	next(ms, hex, text);
}

#define MESSAGES values("_ws.expert.message")

TEST(findings_of_a_connection)
{
	open_decoder();
	tcp(0, false, "c000 0050 00000001 00000000 5002 1000 0000 0000", "");
	CHECK_STR(MESSAGES, "Connection establish request (SYN): server port 80");
	CHECK_STR(values("_ws.expert.severity"), "2097152");
	CHECK_STR(values("_ws.expert"), "Expert Info (Chat/Sequence): Connection establish request (SYN): server port 80");
	CHECK_EQ(packet_colour(&packet), EXPERT_PLAIN);
	tcp(1, true, "0050 c000 00000100 00000002 5012 1000 0000 0000", "");
	CHECK_STR(MESSAGES, "Connection establish acknowledge (SYN+ACK): server port 80");
	tcp(2, false, "c000 0050 00000002 00000101 5018 1000 0000 0000", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	CHECK_STR(MESSAGES, "GET /a HTTP/1.1\\r\\n");
	tcp(30, true, "0050 c000 00000101 0000001e 5018 1000 0000 0000", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	CHECK_STR(MESSAGES, "HTTP/1.1 404 Not Found\\r\\n");
	CHECK_EQ(packet_colour(&packet), EXPERT_YELLOW);
	CHECK_STR(values("http.time"), "0.028000000");
	CHECK_STR(values("http.request_in"), "3");
	CHECK_STR(values("http.response_for.uri"), "http://h/a");
	tcp(40, false, "c000 0050 0000001e 0000012e 5011 1000 0000 0000", "");
	CHECK_STR(MESSAGES, "Connection finish (FIN),This frame initiates the connection closing");
	CHECK_EQ(packet_colour(&packet), EXPERT_CYAN);
	tcp(41, true, "0050 c000 0000012e 0000001f 5011 1000 0000 0000", "");
	CHECK_STR(MESSAGES, "Connection finish (FIN),This frame undergoes the connection closing");
	tcp(42, false, "c000 0050 0000001f 00000000 5004 0000 0000 0000", "");
	CHECK_STR(MESSAGES, "Connection reset (RST)");
	CHECK_STR(values("_ws.expert.severity"), "6291456");
	CHECK_EQ(packet_colour(&packet), EXPERT_RED);
}

TEST(closed_window)
{
	open_decoder();
	tcp(0, false, "c000 0050 00000001 00000001 5010 0000 0000 0000", "");
	CHECK_STR(MESSAGES, "TCP Zero Window segment");
	CHECK_EQ(packet_colour(&packet), EXPERT_YELLOW);
}

/* The colour is of the packet alone: no analysis, no application, is needed for those of TCP and ICMP. */
TEST(colours_without_analysis)
{
	decoder_release(&decoder);
	decoder_init(&decoder);
	frame.number = 0;
	tcp(0, false, "c000 0050 00000001 00000001 5014 0000 0000 0000", "");
	CHECK_EQ(packet_colour(&packet), EXPERT_RED);
	tcp(0, false, "c000 0050 00000001 00000001 5010 0000 0000 0000", "");
	CHECK_EQ(packet_colour(&packet), EXPERT_YELLOW);
	next(0, IP4("01") "0301 0000 00000000" IP4("11") "0035 0035 0008 0000", "");
	CHECK_EQ(packet_colour(&packet), EXPERT_YELLOW);
}

TEST(dns_answers)
{
	open_decoder();
	next(0, IP4("11") "9c40 0035 0000 0000 1234 0100 0001 0000 0000 0000 01 61 02 62 63 00 0001 0001", "");
	CHECK_STR(MESSAGES, "");
	next(1000, IP4("11") "9c40 0035 0000 0000 1234 0100 0001 0000 0000 0000 01 61 02 62 63 00 0001 0001", "");
	CHECK_STR(MESSAGES, "DNS query retransmission. Original request in frame 1");
	CHECK_STR(values("dns.retransmit_request_in"), "1");
	next(1020, IP4_BACK("11") "0035 9c40 0000 0000 1234 8183 0001 0000 0000 0000 01 61 02 62 63 00 0001 0001", "");
	CHECK_STR(values("dns.time"), "1.020000000");
	CHECK_STR(values("dns.response_to"), "1");
	CHECK_EQ(packet_colour(&packet), EXPERT_RED); /* no such name */
	next(1021, IP4_BACK("11") "0035 9c40 0000 0000 1234 8180 0001 0000 0000 0000 01 61 02 62 63 00 0001 0001", "");
	CHECK_STR(MESSAGES, "DNS response retransmission. Original response in frame 3");
	CHECK_STR(values("dns.time"), "");
	next(1022, IP4_BACK("11") "0035 9c40 0000 0000 4321 8180 0001 0000 0000 0000 01 61 02 62 63 00 0001 0001", "");
	CHECK_STR(values("dns.response_to"), ""); /* nobody asked */
	CHECK_STR(MESSAGES, "");
}

TEST(echo_and_clock_answers)
{
	open_decoder();
	next(0, IP4("01") "0800 0000 0001 0007", "");
	next(3, IP4_BACK("01") "0000 0000 0001 0008", "");
	CHECK_STR(values("icmp.resp_to"), ""); /* of another one */
	next(12, IP4_BACK("01") "0000 0000 0001 0007", "");
	CHECK_STR(values("icmp.resp_to"), "1");
	CHECK_STR(values("icmp.resptime"), "12");
	next(20, IP4("11") "007b 007b 0000 0000 23000000 00000000 00000000 00000000 0000000000000000 0000000000000000"
		 "0000000000000000 e1b8407811111111", "");
	next(27, IP4_BACK("11") "007b 007b 0000 0000 24010000 00000000 00000000 00000000 0000000000000000 e1b8407811111111"
		 "e1b8407822222222 e1b8407833333333", "");
	CHECK_STR(values("ntp.request_in"), "4");
	CHECK_STR(values("ntp.delta_time"), "0.007000000");
}

TEST(lies_are_errors)
{
	open_decoder();
	next(0, "45000100 00000000 4011 0000 0a000001 0a000002 0035 0035 0008 0000", "");
	CHECK_STR(MESSAGES, "IPv4 total length exceeds packet length (28 bytes)");
	CHECK_STR(values("_ws.expert.severity"), "8388608");
	CHECK_EQ(packet_colour(&packet), EXPERT_RED);
	next(0, IP4("06") "c000 0050 00000001 00000000 1002 1000 0000 0000", "");
	CHECK(strstr(MESSAGES, "Malformed Packet (Exception occurred)") != NULL);
}

static bool first_only(void *user, const struct expert *e)
{
	(void)e;
	++*(int *)user;
	return false;
}

TEST(each_ends_when_told)
{
	int count = 0;

	open_decoder();
	tcp(0, false, "c000 0050 00000001 00000005 5011 1000 0000 0000", ""); /* two findings */
	expert_each(&packet, first_only, &count);
	CHECK_EQ(count, 1);
	CHECK_STR(expert_severity_name(EXPERT_WARNING), "Warning");
	CHECK_STR(expert_group_name(EXPERT_SEQUENCE << EXPERT_GROUP_SHIFT), "Sequence");
	CHECK(!expert_severity_name(1) && !expert_group_name(0));
}
