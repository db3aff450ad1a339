/* SPDX-License-Identifier: MIT */
/* The filter language: what each kind of test says of packets made here, and what wrong filters are told. */
#include "filter_frames.h"

#include "check.h"

#define SRC "\x0a\x00\x00\x01"
#define DST "\xc0\xa8\x01\x02"
#define SRC6 "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
#define DST6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"

enum { FIN = 1, SYN = 2, ACK = 16 };

struct expectation {
	const char *filter;
	int match;
};

static void expect_all(const struct frame *f, const struct expectation *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int said = filter_says(e[i].filter, f);

		check_report(said == e[i].match, __FILE__, __LINE__, "%s: got %d, want %d", e[i].filter, said, e[i].match);
	}
}
#define EXPECT(frame, ...)                                                                     \
	do {                                                                                   \
		static const struct expectation all_[] = { __VA_ARGS__ };                      \
		expect_all(frame, all_, sizeof(all_) / sizeof(all_[0]));                       \
	} while (0)

static struct frame *tcp_packet(struct built *b)
{
	built_eth(b, 0x0800);
	built_ip(b, 6, SRC, DST);
	built_tcp(b, 49152, 443, SYN | ACK);
	built_add(b, "GET /Index.html HTTP/1.1\r\n", 26);
	return built_frame(b);
}

static struct frame *udp6_packet(struct built *b)
{
	built_eth(b, 0x86dd);
	built_ip6(b, 17, SRC6, DST6, 8 + 4);
	built_udp(b, 5353, 5353);
	built_add(b, "\x00\x01\x02\x03", 4);
	return built_frame(b);
}

/* An ICMP error about a UDP packet that went the other way. */
static struct frame *icmp_error(struct built *b)
{
	uint32_t quoted;

	built_eth(b, 0x0800);
	built_ip(b, 1, SRC, DST);
	built_add(b, "\x03\x03\0\0\0\0\0\0", 8);
	quoted = b->len;
	built_ip(b, 17, DST, SRC);
	b->ip_at = 14;
	b->bytes[quoted + 3] = 28;
	built_udp(b, 53, 1234);
	return built_frame(b);
}

TEST(protocols_and_connectives)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "", 1 }, { "  \t", 1 }, { "tcp", 1 }, { "udp", 0 }, { "ip and tcp", 1 }, { "ip && !udp", 1 },
	       { "udp or tcp", 1 }, { "udp || arp", 0 }, { "not udp", 1 }, { "!tcp", 0 }, { "not not tcp", 1 }, { "NOT udp AND tcp", 1 },
	       { "arp or ip and tcp", 1 }, { "(arp or ip) and udp", 0 }, { "tcp or udp and arp", 1 }, { "not udp and arp", 0 },
	       { "not (udp and arp)", 1 }, { "eth", 1 }, { "frame", 1 }, { "ipv6", 0 }, { "((((tcp))))", 1 });
}

TEST(numbers)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "tcp.dstport == 443", 1 }, { "tcp.dstport==443", 1 }, { "tcp.dstport = 443", 1 },
	       { "tcp.dstport eq 0x1bb", 1 }, { "tcp.dstport == 0673", 1 }, { "tcp.dstport == 0b110111011", 1 },
	       { "443 == tcp.dstport", 1 }, { "tcp.dstport != 443", 0 }, { "tcp.dstport ne 80", 1 }, { "tcp.dstport > 442", 1 },
	       { "tcp.dstport > 443", 0 }, { "tcp.dstport gt 443", 0 }, { "tcp.dstport >= 443", 1 }, { "tcp.dstport ge 444", 0 },
	       { "tcp.dstport < 444", 1 }, { "tcp.dstport lt 443", 0 }, { "tcp.dstport <= 443", 1 }, { "tcp.dstport le 442", 0 },
	       { "400 < tcp.dstport < 500", 1 }, { "400 < tcp.dstport < 443", 0 }, { "444 > tcp.dstport", 1 },
	       { "tcp.dstport > 65535", 0 }, { "tcp.dstport < 0", 0 }, { "tcp.dstport >= 0", 1 }, { "tcp.dstport <= 65535", 1 },
	       { "tcp.dstport in {443}", 1 }, { "tcp.dstport in {80, 443, 8000..8080}", 1 }, { "tcp.dstport in {80 400..500}", 1 },
	       { "tcp.dstport in {80,400 .. 500}", 1 }, { "tcp.dstport in {80,400.. 500}", 1 }, { "tcp.dstport in {80,400 ..500}", 1 },
	       { "tcp.dstport in {1,2,3,4,5,6,7,8,9,443,450}", 1 }, { "tcp.dstport in {1,2,3,4,5,6,7,8,9,442,450}", 0 },
	       { "tcp.dstport not in {80}", 1 }, { "not tcp.dstport in {80, 443}", 0 }, { "tcp.dstport in 443", 1 },
	       { "tcp.dstport == 400..500", 1 }, { "ip.ttl == '@'", 1 }, { "frame.number == 7", 1 }, { "frame.len > 79", 1 },
	       { "frame.len == 80", 1 }, { "frame.len == frame.cap_len", 1 });
}

TEST(several_occurrences)
{
	struct built b;

	/* ports 49152 and 443 */
	EXPECT(tcp_packet(&b), { "tcp.port == 443", 1 }, { "tcp.port == 80", 0 }, { "tcp.port != 443", 0 }, { "tcp.port != 80", 1 },
	       { "tcp.port === 443", 0 }, { "tcp.port !== 443", 1 }, { "tcp.port ~= 443", 1 }, { "tcp.port any_ne 443", 1 },
	       { "tcp.port all_eq 443", 0 }, { "any tcp.port != 443", 1 }, { "all tcp.port == 443", 0 }, { "all tcp.port >= 443", 1 },
	       { "all tcp.port > 443", 0 }, { "any tcp.port > 443", 1 }, { "tcp.port >= 443 and tcp.port <= 443", 1 },
	       { "!(tcp.port == 443)", 0 }, { "all tcp.port in {443, 49152}", 1 }, { "all tcp.port in {443}", 0 },
	       { "ip.addr == 10.0.0.1 and ip.addr == 192.168.1.2", 1 }, { "ip.addr != 10.0.0.1", 0 },
	       /* a field that is not there makes every comparison false, != too */
	       { "udp.port != 53", 0 }, { "udp.port == 53", 0 }, { "!(udp.port == 53)", 1 }, { "all udp.port == 53", 0 },
	       { "udp.port !== 53", 0 }, { "udp.port not in {53}", 1 });
	/* two IP headers, one quoted */
	EXPECT(icmp_error(&b), { "udp.port == 53", 1 }, { "udp.srcport == 53", 1 }, { "ip.src == 192.168.1.2", 1 },
	       { "ip.src == 10.0.0.1", 1 }, { "ip.src != 10.0.0.1", 0 }, { "ip.src === 10.0.0.1", 0 }, { "icmp and udp", 1 },
	       { "count(ip.src) == 2", 1 }, { "count(ip) > 1", 1 }, { "count(ip.addr) == 4", 1 }, { "count(tcp.port) == 0", 0 },
	       { "icmp.type == 3 and icmp.code == 3", 1 });
}

TEST(addresses)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "ip.src == 10.0.0.1", 1 }, { "ip.src == 10.0.0.0/8", 1 }, { "ip.src == 11.0.0.0/8", 0 },
	       { "ip.src == 10.0.0.99/24", 1 }, { "ip.dst == 192.168.0.0/16", 1 }, { "ip.src == 0.0.0.0/0", 1 },
	       { "ip.src == 10.0.0.0..10.0.0.5", 1 }, { "ip.addr in {1.2.3.4, 192.168.1.0/24}", 1 },
	       { "ip.src in {10.0.0.2 .. 10.0.0.9}", 0 }, { "ip.src < 10.0.0.2", 1 }, { "ip.src > 10.0.0.0/8", 0 },
	       { "ip.src >= 10.0.0.0/8", 1 }, { "eth.src == 00:11:22:33:44:55", 1 }, { "eth.src == 00-11-22-33-44-55", 1 },
	       { "eth.src == 0011.2233.4455", 1 }, { "eth.addr == 02:00:00:00:00:02", 1 }, { "eth.dst == 00:11:22:33:44:55", 0 },
	       { "eth.src > 00:11:22:33:44:54", 1 }, { "ipv6.src == ::1", 0 });
	EXPECT(udp6_packet(&b), { "ipv6.src == fe80::1", 1 }, { "ipv6.src == fe80::/10", 1 }, { "ipv6.addr == 2001:db8::/32", 1 },
	       { "ipv6.addr == 2001:db9::/32", 0 }, { "ipv6.src != fe80::/10", 0 }, { "ipv6.dst != fe80::/10", 1 },
	       { "ipv6.addr === fe80::/10", 0 }, { "ipv6.addr !== fe80::/10", 1 }, { "ipv6.src == ::/0", 1 },
	       { "ipv6.src > fe80::", 1 }, { "ipv6.src < fe80::2", 1 }, { "ipv6.src > fe80::/10", 0 },
	       { "ipv6.src in {::1, fe80::/64}", 1 }, { "ipv6.src in {fe80::2..fe80::9}", 0 }, { "ipv6.src == fe80::0:1", 1 },
	       { "ip.src == 10.0.0.1", 0 }, { "ipv6.src == 2001:db8::2/127", 0 });
}

TEST(flags_and_bits)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "tcp.flags.syn == 1", 1 }, { "tcp.flags.syn == True", 1 }, { "tcp.flags.fin == false", 1 },
	       { "tcp.flags.fin", 1 }, /* presence, as in Wireshark 4 */
	       { "tcp.flags.fin == 1", 0 }, { "tcp.flags.syn == 1 && tcp.flags.ack == 1", 1 }, { "tcp.flags & 0x02", 1 },
	       { "tcp.flags & 0x01", 0 }, { "tcp.flags & 0x12 == 0x12", 1 }, { "(tcp.flags & 0x12) == 0x12", 1 },
	       { "tcp.flags & 0x13 == 0x12", 1 }, { "tcp.flags bitand 1 == 1", 0 }, { "tcp[13] & 2", 1 }, { "tcp[13] & 1", 0 },
	       { "tcp.flags & 0x2 & 0x1", 0 }, { "ip.flags.df == 1", 1 }, { "ip.flags.mf == 1", 0 }, { "tcp.port & 1 == 1", 1 },
	       { "!(tcp.flags & 0x01)", 1 }, { "tcp.flags == 0x12", 1 });
}

TEST(bytes_and_slices)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "eth.src[0:3] == 00:11:22", 1 }, { "eth.src[0-2] == 00:11:22", 1 }, { "eth.src[:3] == 00:11:22", 1 },
	       { "eth.src[3:] == 33:44:55", 1 }, { "eth.src[4] == 44", 1 }, { "eth.src[-1] == 55", 1 }, { "eth.src[-3:2] == 33:44", 1 },
	       { "eth.src[ 1 : 2 ] == 11:22", 1 }, { "eth.src[0,5] == 00:55", 1 }, { "eth.src[0:2,4-5] == 00:11:44:55", 1 },
	       { "frame[0:2] == 02:00", 1 }, { "frame[12:2] == 08:00", 1 }, { "frame[12:2] == 0x0800", 1 }, { "frame[12:2] == 0800", 1 },
	       { "frame[12:2] == 08-00", 1 }, { "frame[12:2] == 8.0", 1 }, { "eth.src[9:3] == 00:11:22", 0 },
	       { "eth.src[9:3] != 00:11:22", 1 }, { "udp.payload[0:1] != 00", 0 }, { "eth.src[9]", 0 },
	       { "eth.src[5:1]", 1 }, { "eth.src[5:2]", 0 }, { "eth.src[0:3] contains 11:22", 1 }, { "eth.src contains 22:33", 1 },
	       { "eth.src contains 22:34", 0 }, { "frame contains 45:00", 1 }, { "tcp.payload[0:3] == \"GET\"", 1 },
	       { "tcp.payload[0:3] == 'G'", 0 }, { "tcp.payload[0] == 'G'", 1 }, { "tcp.payload contains \"Index\"", 1 },
	       { "tcp.payload contains \"index\"", 0 }, { "tcp contains \"HTTP\"", 1 }, { "ip contains GET", 1 },
	       { "tcp.payload > \"GAT\"", 1 }, { "tcp.payload > \"GET0\"", 0 }, { "tcp.payload in {\"A\", \"GET\"..\"GEU\"}", 1 },
	       { "tcp.payload contains \"\\r\\n\"", 1 }, { "tcp.payload contains \"\\x47\\105T\"", 1 }, { "len(tcp.payload) == 26", 1 },
	       { "len(eth.src) == 6", 1 }, { "len(tcp.payload[3:]) == 23", 1 }, { "frame contains 0d:0a", 1 },
	       { "eth.src[0:3] == eth.src[0:3]", 1 }, { "eth.src[0:3] == eth.dst[0:3]", 0 });
}

TEST(text_and_case)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "contains \"Index\"", 1 }, { "contains \"index\"", 0 }, { "contains Index", 1 }, { "index", 1 },
	       { "INDEX", 1 }, { "\"get /index\"", 1 }, { "nothere", 0 }, { "not nothere", 1 }, { "HTTP/1.1", 1 },
	       { "matches \"get|post\"", 1 }, { "frame matches \"(?-i)get\"", 0 }, { "tcp.payload matches r\"^get\\s/\\w+\\.html\"", 1 },
	       { "tcp.payload matches \"\\\\.html\"", 1 }, { "tcp.payload matches \"\\.html\"", 1 }, { "tcp.payload ~ \"html$\"", 0 },
	       { "string(ip.src) matches \"^10\\\\.\"", 1 }, { "string(tcp.dstport) == \"443\"", 1 },
	       { "string(frame.number) matches \"[02468]$\"", 0 }, { "frame.protocols contains \"tcp\"", 1 },
	       { "upper(frame.protocols) contains \"TCP\"", 1 }, { "lower(frame.protocols) contains \"ip:tcp\"", 1 });
}

TEST(words)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "port 443", 1 }, { "port 80", 0 }, { "tcp port 443", 1 }, { "udp port 443", 0 },
	       { "tcp and port 443", 1 }, { "src port 443", 0 }, { "dst port 443", 1 }, { "port 400-500", 1 }, { "portrange 400-500", 1 },
	       { "port 400..500", 1 }, { "port {80, 443}", 1 }, { "10.0.0.1", 1 }, { "10.0.0.0/8", 1 },
	       { "10.0.0.2", 0 }, { "host 192.168.1.2", 1 }, { "src 10.0.0.1", 1 }, { "dst 10.0.0.1", 0 }, { "src host 10.0.0.1", 1 },
	       { "net 192.168.0.0/16", 1 }, { "dst net 192.168.0.0/16", 1 }, { "ip host 10.0.0.1", 1 }, { "ip src 10.0.0.1", 1 },
	       { "00:11:22:33:44:55", 1 }, { "src 00:11:22:33:44:55", 1 }, { "dst 00:11:22:33:44:55", 0 },
	       { "src {10.0.0.1, 10.0.0.2}", 1 }, { "port", 0 }, { "host and tcp", 0 }, { "not port 80 and dst port 443", 1 },
	       { "tcp port 443 and ip", 1 });
	EXPECT(udp6_packet(&b), { "port 5353", 1 }, { "fe80::1", 1 }, { "fe80::/10", 1 }, { "src fe80::1", 1 }, { "dst fe80::1", 0 },
	       { "udp port 5353", 1 }, { "tcp port 5353", 0 }, { "net 2001:db8::/32", 1 });
}

TEST(fields_against_fields)
{
	struct built b;

	EXPECT(udp6_packet(&b), { "udp.srcport == udp.dstport", 1 }, { "udp.srcport != udp.dstport", 0 },
	       { "udp.srcport < udp.dstport", 0 }, { "udp.srcport <= udp.dstport", 1 }, { "ipv6.src == ipv6.dst", 0 },
	       { "ipv6.src > ipv6.dst", 1 }, { "ipv6.addr == ipv6.addr", 1 }, { "ipv6.addr != ipv6.addr", 0 },
	       { "ipv6.addr === ipv6.addr", 0 }, { "ipv6.addr !== ipv6.addr", 1 }, { "udp.srcport == tcp.srcport", 0 },
	       { "udp.srcport != tcp.srcport", 0 }, { "frame[0:2] == eth.dst[0:2]", 1 }, { "frame contains eth.src", 1 },
	       { "udp.payload contains eth.src", 0 }, { "all udp.port == udp.dstport", 1 });
}

TEST(times)
{
	struct built b;

	EXPECT(tcp_packet(&b), /* 1795176000 is 2026-11-20 12:00:00 UTC */
	       { "frame.time >= \"2026-11-20T12:00:00Z\"", 1 }, { "frame.time > \"2026-11-20T12:00:00Z\"", 0 },
	       { "frame.time == 2026-11-20T12:00:00Z", 1 }, { "frame.time < \"2026-11-20T12:00:00.000000001Z\"", 1 },
	       { "frame.time_epoch == 1795176000", 1 }, { "frame.time_epoch > 1795175999.9", 1 },
	       { "frame.time > \"Nov 18, 2026 12:00:00\"", 1 }, { "frame.time > \"Nov 22, 2026\"", 0 },
	       { "frame.time in {2026-11-18 .. 2026-11-22}", 1 });
}

TEST(truncated_packets_have_only_what_was_kept)
{
	struct built b;
	struct frame *f = tcp_packet(&b);

	f->caplen = 14 + 20 + 3; /* the source port and half of the destination port */
	EXPECT(f, { "tcp", 1 }, { "tcp.srcport == 49152", 1 }, { "tcp.dstport", 0 }, { "tcp.port == 443", 0 }, { "tcp.port != 443", 1 },
	       { "tcp.port != 49152", 0 }, { "frame.len == 80", 1 }, { "frame.cap_len == 37", 1 }, { "contains \"GET\"", 0 },
	       { "tcp[0:3] == c0:00:01", 1 }, { "tcp[0:4]", 0 });
	for (f->caplen = 0; f->caplen < 14; f->caplen++)
		EXPECT(f, { "ip", 0 }, { "frame", 1 }, { "not tcp.port == 1", 1 });
}

TEST(needs_decoding)
{
	static const struct {
		const char *filter;
		bool decoding, application;
	} all[] = {
		{ "frame.len > 100", false, false },	   { "contains \"x\"", false, false }, { "frame[0:2] == 00:00", false, false },
		{ "word and frame.number < 5", false, false }, { "ip", true, false },	       { "tcp.port == 443", true, false },
		{ "frame.len > 100 or tcp", true, false }, { "dns", true, true },	       { "not tls", true, true },
		{ "dns.qry.name contains \"x\"", true, true }, { "frame.protocols contains \"x\"", true, true }, { "", false, false },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct decoder d;
		struct filter *f;

		if (!CHECK(!filter_compile(&f, all[i].filter, NULL, NULL)))
			continue;
		decoder_init(&d);
		filter_want(f, &d);
		check_report(filter_needs_decoding(f) == all[i].decoding && d.application == all[i].application, __FILE__, __LINE__,
			     "%s: decoding %d, application layers %d", all[i].filter, filter_needs_decoding(f), d.application);
		decoder_release(&d);
		filter_free(f);
	}
}

/* The whole message, as it is part of the interface. */
TEST(errors)
{
	static const struct {
		const char *filter, *error;
	} all[] = {
		{ "tcp.prot == 80", "column 1: tcp.prot is no field; did you mean tcp.port?\n  tcp.prot == 80\n  ^~~~~~~~" },
		{ "ip and tcp.prot == 80", "column 8: tcp.prot is no field; did you mean tcp.port?\n  ip and tcp.prot == 80\n"
					   "         ^~~~~~~~" },
		{ "lne(ip.src) == 4", "column 1: there is no function lne(); did you mean len()?\n  lne(ip.src) == 4\n  ^~~" },
		{ "udp and foo(ip.src)", "column 9: there is no function foo(); there are len, count, lower, upper, string, max, min and "
					 "abs\n  udp and foo(ip.src)\n          ^~~" },
		{ "ip.src == 443", "column 11: ip.src is an IPv4 address and 443 is a number; compare it with 10.0.0.1 or 10.0.0.0/8\n"
				   "  ip.src == 443\n            ^~~" },
		{ "tcp.port == 10.0.0.1", "column 13: tcp.port is a number and 10.0.0.1 is an IPv4 address; compare it with 443 or 0x1bb\n"
					  "  tcp.port == 10.0.0.1\n              ^~~~~~~~" },
		{ "ip.ttl == 256", "column 11: 256 is too large for ip.ttl, which goes up to 255\n  ip.ttl == 256\n            ^~~" },
		{ "\xc3\xa4 and ip.ttl == 256", "column 17: 256 is too large for ip.ttl, which goes up to 255\n"
					      "  \xc3\xa4 and ip.ttl == 256\n                  ^~~" },
		{ "(tcp", "column 1: the parenthesis that opens here is never closed\n  (tcp\n  ^" },
		{ "tcp)", "column 4: this parenthesis was never opened\n  tcp)\n     ^" },
		{ "tcp and", "column 8: expected a test instead of the end\n  tcp and\n         ^" },
		{ "tcp udp", "column 5: expected and, or or a comparison before udp\n  tcp udp\n      ^~~" },
		{ "contains \"x", "column 10: the quote that opens here is never closed\n  contains \"x\n           ^" },
		{ "tcp.port in {80", "column 16: the set is never closed; } is missing\n  tcp.port in {80\n                 ^" },
		{ "tcp.port in {90..80}", "column 14: the range has no values, as it ends below where it begins\n  tcp.port in {90..80}\n"
					  "               ^~~~~~" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct errmsg err = { "" };
		struct filter *f;

		CHECK_EQ(filter_compile(&f, all[i].filter, NULL, &err), NW_EINPUT);
		CHECK_STR(err.text, all[i].error);
	}
}

/* Enough that it is refused, at this column. */
TEST(more_errors)
{
	static const struct {
		const char *filter;
		unsigned column;
		const char *says;
	} all[] = {
		{ "tcp.port matches \"x\"", 1, "matches wants text or bytes" },
		{ "ip.src contains", 16, "expected a field or a value" },
		{ "tcp.port contains 80", 1, "contains wants text or bytes" },
		{ "tcp.port[0] == 1", 9, "no bytes can be taken" },
		{ "eth.src[] == 1", 9, "a slice is" },
		{ "eth.src[1:0] == 1", 9, "a slice is" },
		{ "eth.src[3-1] == 1", 9, "a slice is" },
		{ "eth.src[1", 8, "never closed" },
		{ "eth.src & 1", 9, "& tests bits" },
		{ "eth.src[0:3] & f0@0f", 16, "a bit mask" },
		{ "tcp.flags & syn", 13, "a bit mask is a number and syn is none" },
		{ "ip == 1.2.3.4x", 1, "ip is a protocol" },
		{ "ip.src == tcp.port", 11, "cannot be compared" },
		{ "ip.src == eth.src", 11, "cannot be compared" },
		{ "1 == 2", 1, "one side of a comparison must be a field" },
		{ "foo.bar == 2", 1, "foo.bar is no field" },
		{ "len(frame.len) == 2", 5, "len() wants" },
		{ "len(tcp.payload)", 1, "compare it with" },
		{ "len(tcp.payload == 2", 17, "expected ) to close len(" },
		{ "lower(x) == \"a\"", 7, "lower() wants a field" },
		{ "count(ip.src[0]) == 1", 7, "count() wants" },
		{ "frame matches \"(a\"", 16, "never closed" },
		{ "frame matches \"a**(\"", 19, "never closed" },
		{ "frame matches r\"\\1\"", 17, "references back" },
		{ "frame contains \"\\q\"", 17, "unknown escape" },
		{ "any tcp.port", 5, "any and all want a comparison" },
		{ "tcp.port == ", 13, "expected a field or a value" },
		{ "== 80", 1, "expected a test" },
		{ "tcp | udp", 5, "a single |" },
		{ "ip.src#x == 1.1.1.1", 8, "number of a layer" },
		{ "ip.src#0", 8, "number of a layer" },
		{ "tcp.port == 80 $", 16, "unexpected '$'" },
		{ "tcp.port == ${tcp.port}", 13, "selected in a window" },
		{ "ip.src + 1 == 1.1.1.1", 1, "arithmetic wants numbers" },
		{ "frame.time_relative * 2 > 1", 1, "can be added and subtracted only" },
		{ "tcp.dstport + frame.time_relative > 1", 15, "do not go together" },
		{ "max(1, 2) == 2", 5, "max() wants a field" },
		{ "max(tcp.port, ip.src) == 2", 15, "do not go together" },
		{ "{tcp.port + 1 == 2", 1, "never closed" },
		{ "tcp.port == 5 / 0", 13, "no result" },
		{ "tcp.port + == 2", 12, "expected a field or a value" },
		{ "frame contains \"\\ud800\"", 17, "unknown escape" },
		{ "'ab' == 1", 1, "single quotes hold one character" },
		{ "port x", 6, "is a number" },
		{ "host x", 6, "host wants an address" },
		{ "frame.time > yesterday", 14, "is a point in time" },
		{ "ip.src == 10.0.0.0/33", 11, "is an IPv4 address" },
		{ "tcp.port == 99999999999999999999999", 13, "is a number" },
		{ "tcp.port == -1", 13, "tcp.port" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct errmsg err = { "" };
		struct filter *f;
		char column[32];

		snprintf(column, sizeof(column), "column %u: ", all[i].column);
		CHECK_EQ(filter_compile(&f, all[i].filter, NULL, &err), NW_EINPUT);
		check_report(!strncmp(err.text, column, strlen(column)) && strstr(err.text, all[i].says), __FILE__, __LINE__,
			     "%s: \"%s\", want %s%s", all[i].filter, err.text, column, all[i].says);
	}
}

TEST(arithmetic)
{
	struct built b;

	/* ports 49152 and 443, ttl 64, 26 bytes of payload */
	EXPECT(tcp_packet(&b), { "tcp.srcport - tcp.dstport == 48709", 1 }, { "tcp.dstport - tcp.srcport == -48709", 1 },
	       { "tcp.dstport - tcp.srcport < 0", 1 }, { "abs(tcp.dstport - tcp.srcport) == 48709", 1 },
	       { "tcp.dstport + 1 == 444", 1 }, { "tcp.dstport+1 == 444", 1 }, { "tcp.dstport-1 == 442", 1 },
	       { "tcp.dstport -1 == 442", 1 }, { "tcp.dstport == 442 + 1", 1 }, { "444 - 1 == tcp.dstport", 1 },
	       { "2 * {tcp.dstport + 7} == 900", 1 }, { "2 * tcp.dstport + 7 == 893", 1 }, { "tcp.dstport / 2 == 221", 1 },
	       { "tcp.dstport/2 == 221", 1 }, { "tcp.dstport % 2 == 1", 1 }, { "-tcp.dstport == -443", 1 }, { "+tcp.dstport == 443", 1 },
	       { "tcp.dstport / 0 == 1", 0 }, { "not tcp.dstport / 0 == 1", 1 }, { "tcp.dstport & 0x0f + 1 == 16", 1 },
	       { "tcp.dstport & tcp.srcport == 0", 1 }, { "tcp.dstport & tcp.srcport", 0 }, { "tcp.dstport & ip.ttl", 0 },
	       { "tcp.dstport - 443", 0 }, { "tcp.dstport - 442", 1 }, { "udp.dstport - 1 > 0", 0 },
	       { "tcp.port + tcp.port == 886", 1 }, { "tcp.port + tcp.port == 49595", 1 }, { "all tcp.port + 1 > 444", 0 },
	       { "all tcp.port + 1 >= 444", 1 }, { "tcp.port + 1 != 444", 0 }, { "tcp.port + 1 in {444, 9}", 1 },
	       { "ip.len - 40 == len(tcp.payload)", 1 }, { "len(tcp.payload) + 40 == ip.len", 1 },
	       { "frame.len - 14 == ip.len and tcp", 1 }, { "tcp.srcport * 65536 * 65536 * 65536 > 0", 0 },
	       { "max(tcp.port) == 49152", 1 }, { "min(tcp.port) == 443", 1 }, { "max(tcp.srcport, tcp.dstport, 50000) == 50000", 1 },
	       { "max(udp.port, tcp.dstport) == 443", 1 }, { "max(udp.port, 7) == 7", 1 }, { "max(udp.port) == 7", 0 },
	       { "max(ip.src, ip.dst) == 192.168.1.2", 1 }, { "min(ip.addr) == 10.0.0.0/8", 1 },
	       { "count(ip.addr) + 1 == 3", 1 }, { "count(ip.addr) == count(tcp.port)", 1 }, { "count(udp.port) == count(udp.port)", 0 });
	EXPECT(udp6_packet(&b), { "udp.length - 8 == 4", 1 }, { "udp.dstport - udp.srcport", 0 }, { "tcp.dstport - 443", 0 });
}

TEST(layers)
{
	struct built b;

	EXPECT(icmp_error(&b), { "ip.src#1 == 10.0.0.1", 1 }, { "ip.src#2 == 10.0.0.1", 0 }, { "ip.src#2 == 192.168.1.2", 1 },
	       { "ip.src#[-1] == 192.168.1.2", 1 }, { "ip.src#[-2] == 10.0.0.1", 1 }, { "ip.src#3", 0 }, { "ip#2", 1 }, { "ip#3", 0 },
	       { "ip.src#[1-2] == 10.0.0.1", 1 }, { "ip.src#[2:] == 10.0.0.1", 0 }, { "ip.src#[1,2] == 192.168.1.2", 1 },
	       { "ip.src#1 == ip.dst#2", 1 }, { "ip.src#1 == ip.src#2", 0 }, { "string(ip.src#2) contains \"192\"", 1 },
	       { "udp.port#1 == 53", 1 }, { "udp.port#2 == 53", 0 }, { "ip.ttl#1 + ip.ttl#2 == 128", 1 }, { "not ip.addr#2 == 9.9.9.9", 1 });
}

TEST(addresses_as_text)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "ip.src_host == \"10.0.0.1\"", 1 }, { "ip.host contains \"168\"", 1 }, { "ip.dst_host", 1 },
	       { "ipv6.src_host", 0 }, { "eth.src_resolved matches \"^00:11\"", 1 }, { "eth.dst_resolved[0:2] == \"02\"", 1 },
	       { "ip.src == frame[26:4]", 1 }, { "ip.dst == frame[26:4]", 0 }, { "frame[6:6] == eth.src", 1 });
}

TEST(masks_of_bytes)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "eth.src[0:3] & 00:10:00", 1 }, { "eth.src[0:3] & 00:20:00", 0 }, { "eth.src[1] & 0x0f == 1", 1 },
	       { "eth.src[1:2] & f0:0f == 10:02", 1 }, { "ip[0] & 0xf0 == 0x40", 1 }, { "ip[0] & f0 == 40", 1 }, { "ip[0] & 0f == 5", 1 },
	       { "tcp[13] & 2", 1 }, { "tcp[13] & 12 == 12", 1 }, { "tcp[13] & 1", 0 }, { "(tcp[13] & 0x12) == 0x12", 1 });
}

TEST(words_for_values)
{
	struct built b;

	EXPECT(tcp_packet(&b), { "tcp.flags.syn == \"Set\"", 1 }, { "tcp.flags.fin == \"Not set\"", 1 }, { ".tcp.port == 443", 1 },
	       { "frame contains \"\\u0047ET\"", 1 }, { "\"\\U00000047ET\" == frame[54:3]", 1 },
	       { "frame.time > \"Nov 14, 2004 12:22:07 UTC\"", 1 }, { "len(tcp.port) == 2", 1 }, { "len(ip.ttl) == 1", 1 });
}

/* Three frames at 1.0, 1.25 and 3.25 s. */
TEST(times_between_frames)
{
	static const int64_t at_ms[] = { 1000, 1250, 3250 };
	static const struct {
		const char *filter;
		int match[3];
	} all[] = {
		{ "frame.time_relative == 0", { 1, 0, 0 } }, { "frame.time_relative >= 0.25", { 0, 1, 1 } },
		{ "frame.time_delta == 2", { 0, 0, 1 } }, { "frame.time_delta in {0.2 .. 0.3}", { 0, 1, 0 } },
		{ "frame.time_delta < 250ms", { 1, 0, 0 } }, { "frame.time_delta_displayed == 2.25 or frame.number == 1", { 1, 0, 1 } },
		{ "frame.time_relative - frame.time_delta == 0.25", { 0, 0, 1 } },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		static struct packet p;
		struct decoder d;
		struct filter *f;
		struct built b;

		if (!CHECK(!filter_compile(&f, all[i].filter, NULL, NULL)))
			continue;
		CHECK(filter_needs_decoding(f));
		decoder_init(&d);
		filter_want(f, &d);
		for (unsigned k = 0; k < 3; k++) {
			struct frame *frame = tcp_packet(&b);

			frame->number = k + 1;
			frame->has_ts = true;
			frame->ts_ns = at_ms[k] * 1000000;
			packet_decode(&p, &d, frame);
			check_report(filter_match(f, &p) == all[i].match[k], __FILE__, __LINE__, "%s, frame %u", all[i].filter, k + 1);
		}
		decoder_release(&d);
		filter_free(f);
	}
}

TEST(hints)
{
	static const struct {
		const char *filter, *hint;
	} all[] = {
		{ "udpp", "the word udpp is searched as text in the frames; did you mean udp?" },
		{ "tcp.prot", "the word tcp.prot is searched as text in the frames; did you mean tcp.port?" },
		{ "udp.nothing.like.it", "the word udp.nothing.like.it is searched as text in the frames, as it is no field (--fields lists them)" },
		{ "443", "the word 443 is searched as text in the frames; did you mean port 443?" },
		{ "10.0.0", "the word 10.0.0 is searched as text in the frames, as it is no whole address" },
		{ "tcp.port == 80", "" },
		{ "\"udpp\"", "" },
		{ "supercalifragilistic", "" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct filter_notes notes;
		struct filter *f;

		if (!CHECK(!filter_compile(&f, all[i].filter, &notes, NULL)))
			continue;
		CHECK_STR(notes.hint, all[i].hint);
		filter_free(f);
	}
}

TEST(limits)
{
	static char text[FILTER_TEXT_MAX + 100];
	struct errmsg err;
	struct filter *f;
	struct built b;
	size_t n = 0;

	memset(text, '(', 1000);
	CHECK_EQ(filter_compile(&f, text, NULL, &err), NW_EINPUT);
	CHECK(strstr(err.text, "nested too deep") != NULL);
	for (int i = 0; i < 1000; i++)
		memcpy(text + 4 * i, "not ", 4);
	CHECK_EQ(filter_compile(&f, text, NULL, &err), NW_EINPUT);
	memset(text, 'a', sizeof(text) - 1);
	CHECK_EQ(filter_compile(&f, text, NULL, &err), NW_EINPUT);
	CHECK(strstr(err.text, "65536 are allowed") != NULL);

	/* thousands of tests side by side are no nesting */
	memset(text, 0, sizeof(text));
	for (n = 0; n + 40 < FILTER_TEXT_MAX; n += strlen(text + n))
		snprintf(text + n, 40, "%sip.ttl == %u", n ? " or " : "", (unsigned)(n % 50));
	snprintf(text + n, 40, " or tcp.dstport == 443");
	CHECK_EQ(filter_says(text, tcp_packet(&b)), 1);
	memset(text, 0, sizeof(text));
	for (n = 0; n + 40 < FILTER_TEXT_MAX; n += strlen(text + n))
		snprintf(text + n, 40, "%sip.ttl != %u", n ? " and " : "", (unsigned)(n % 50));
	CHECK_EQ(filter_says(text, tcp_packet(&b)), 1);
}

TEST(explain_names_every_part)
{
	static const char *const parts[] = { "filter      tcp and port 443\n", "tree        and\n", "tcp is there",
					     "program    2  present", "no: reject", "yes: accept",
					     "decoding    link, network and transport layers: tcp, udp, sctp\n", "tcp port 443 or udp port 443" };
	char text[4096];
	struct outbuf o;
	struct filter *f;

	if (!CHECK(!filter_compile(&f, "tcp and port 443", NULL, NULL)))
		return;
	outbuf_fixed(&o, text, sizeof(text));
	filter_explain(f, LINKTYPE_ETHERNET, &o);
	outbuf_cstr(&o);
	CHECK(!o.cut);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		check_report(strstr(text, parts[i]) != NULL, __FILE__, __LINE__, "no \"%s\" in:\n%s", parts[i], text);
	filter_free(f);
}
