/* SPDX-License-Identifier: MIT */
/* What a filter demands of hosts, ports, flows and times, in words. test_store_query.c shows that nothing is missed. */
#include "check.h"
#include "filter/narrow.h"

static struct narrow n;

static const char *narrowed(const char *text)
{
	static char words[8192];
	struct errmsg err = { "" };
	struct filter *f;
	struct outbuf o;

	if (!CHECK_EQ(filter_compile(&f, text, NULL, &err), 0)) {
		fprintf(stderr, "# %.200s\n", err.text);
		return "";
	}
	filter_narrow(f, &n);
	filter_free(f);
	outbuf_fixed(&o, words, sizeof(words));
	narrow_format(&n, &o);
	return outbuf_cstr(&o);
}

TEST(hosts)
{
	CHECK_STR(narrowed("ip.addr == 10.0.0.1"), "host 10.0.0.1");
	CHECK_STR(narrowed("ip.src == 10.0.0.1"), "host 10.0.0.1");
	CHECK_STR(narrowed("host 10.0.0.1"), "host 10.0.0.1");
	CHECK_STR(narrowed("10.0.0.1"), "host 10.0.0.1");
	CHECK_STR(narrowed("ipv6.addr == fe80::1"), "host fe80::1");
	CHECK_STR(narrowed("dst host fe80::1"), "host fe80::1");
	CHECK_STR(narrowed("all ip.addr == 10.0.0.1"), "host 10.0.0.1");
	CHECK_STR(narrowed("arp.src.proto_ipv4 == 10.0.0.1"), "host 10.0.0.1");
	CHECK_STR(narrowed("ip.addr in {10.0.0.1, 10.0.0.7}"), "host 10.0.0.1 or host 10.0.0.7");
	CHECK_STR(narrowed("ipv6.addr in {fe80::1, fe80::2}"), "host fe80::1 or host fe80::2");
	CHECK_STR(narrowed("ip.addr == 10.0.0.0/31"), "host 10.0.0.0 or host 10.0.0.1");
}

TEST(networks_are_anything)
{
	CHECK_STR(narrowed("ip.addr == 10.0.0.0/8"), "anything");
	CHECK_STR(narrowed("ipv6.addr == fe80::/10"), "anything");
	CHECK_STR(narrowed("ip.addr > 10.0.0.1"), "anything");
	CHECK_STR(narrowed("ipv6.addr > fe80::1"), "anything");
	CHECK_STR(narrowed("ip.addr == 10.0.0.0/8 and tcp.port == 80"), "port 80");
}

TEST(ports)
{
	CHECK_STR(narrowed("port 443"), "port 443");
	CHECK_STR(narrowed("tcp.port == 443"), "port 443");
	CHECK_STR(narrowed("udp.srcport == 53"), "port 53");
	CHECK_STR(narrowed("sctp.dstport == 38412"), "port 38412");
	CHECK_STR(narrowed("udplite.port == 7"), "port 7");
	CHECK_STR(narrowed("tcp.port in {80, 443}"), "port 80 or port 443");
	CHECK_STR(narrowed("tcp.port in {80..82}"), "port 80 or port 81 or port 82");
	CHECK_STR(narrowed("tcp.port in {1000..2000}"), "anything");
	CHECK_STR(narrowed("tcp.port == 53 or udp.port == 53"), "port 53");
	CHECK_STR(narrowed("tcp.port < 3"), "port 0 or port 1 or port 2");
}

TEST(not_and_or)
{
	CHECK_STR(narrowed("not ip.addr == 10.0.0.1"), "anything");
	CHECK_STR(narrowed("ip.addr != 10.0.0.1"), "anything");
	CHECK_STR(narrowed("ip.addr !== 10.0.0.1"), "anything");
	CHECK_STR(narrowed("ip.addr == 10.0.0.1 or ip.ttl < 5"), "anything");
	CHECK_STR(narrowed("ip.addr == 10.0.0.1 and ip.ttl < 5"), "host 10.0.0.1");
	CHECK_STR(narrowed("ip.addr == 10.0.0.1 and not tcp.port == 22"), "host 10.0.0.1");
	CHECK_STR(narrowed("(ip.addr == 10.0.0.1 and tcp) or udp.port == 53"), "port 53 or host 10.0.0.1");
	CHECK_STR(narrowed("ip.addr == 10.0.0.1 and (port 80 or port 443)"), "host 10.0.0.1 and (port 80 or port 443)");
	CHECK_STR(narrowed(""), "anything");
	CHECK_STR(narrowed("tcp"), "anything");
	CHECK_STR(narrowed("contains \"x\""), "anything");
}

TEST(values_that_are_made_are_not_looked_at)
{
	CHECK_STR(narrowed("ip.addr[0:2] == 0a:00"), "anything");
	CHECK_STR(narrowed("tcp.port & 1"), "anything");
	CHECK_STR(narrowed("tcp.port + 1 == 81"), "anything");
	CHECK_STR(narrowed("ip.src == ip.dst"), "anything");
	CHECK_STR(narrowed("ip.addr#2 == 10.0.0.1"), "anything");
	CHECK_STR(narrowed("ip.addr"), "anything");
}

TEST(flows)
{
	CHECK_STR(narrowed("ip.src == 10.0.0.1 and ip.dst == 10.0.0.2 and tcp.srcport == 1024 and tcp.dstport == 80"),
		  "tcp 10.0.0.1:1024 - 10.0.0.2:80 and host 10.0.0.1 and host 10.0.0.2 and port 1024 and port 80");
	CHECK_STR(narrowed("ip.addr == 10.0.0.1 and ip.addr == 10.0.0.2 and udp.port == 1024 and udp.port == 53"),
		  "(udp 10.0.0.1:1024 - 10.0.0.2:53 or udp 10.0.0.1:53 - 10.0.0.2:1024) and host 10.0.0.1 and host 10.0.0.2 and "
		  "port 1024 and port 53");
	CHECK_STR(narrowed("ip.src == 10.0.0.1 and ip.dst == 10.0.0.2 and udp.srcport == 123 and udp.dstport == 123"),
		  "udp 10.0.0.1:123 - 10.0.0.2:123 and host 10.0.0.1 and host 10.0.0.2 and port 123 and port 123");
	CHECK_STR(narrowed("ipv6.src == fe80::1 and ipv6.dst == fe80::2 and tcp.srcport == 1 and tcp.dstport == 2"),
		  "tcp [fe80::1]:1 - [fe80::2]:2 and port 1 and port 2 and host fe80::1 and host fe80::2");
	CHECK_STR(narrowed("ip.addr == 10.0.0.1 and ip.addr == 10.0.0.2 and tcp.port == 80"),
		  "host 10.0.0.1 and host 10.0.0.2 and port 80");
	CHECK_STR(narrowed("ip.addr == 10.0.0.1 and ip.addr == 10.0.0.2 and udp.port == 1 and tcp.port == 2"),
		  "host 10.0.0.1 and host 10.0.0.2 and port 1 and port 2");
}

TEST(times)
{
	CHECK_STR(narrowed("frame.time_epoch >= 5 and frame.time_epoch < 10"), "time 5.000000000.. and time ..9.999999999");
	CHECK_STR(narrowed("frame.time_epoch >= 5 and http"), "anything");
	CHECK_EQ(n.needs, NEEDS_CONNECTION);
}

TEST(what_must_be_seen)
{
	static const struct { const char *text; int needs; } cases[] = {
		{ "ip.addr == 10.0.0.1", NEEDS_PACKET }, { "tcp.flags.syn", NEEDS_PACKET }, { "icmp.type == 8", NEEDS_PACKET },
		{ "frame.number > 5", NEEDS_PACKET }, { "http", NEEDS_CONNECTION }, { "dns.qry.name contains \"x\"", NEEDS_CONNECTION },
		{ "tcp.analysis.retransmission", NEEDS_CONNECTION }, { "tcp.stream == 5", NEEDS_ALL }, { "udp.stream == 5", NEEDS_ALL },
		{ "frame.time_delta > 1", NEEDS_ALL }, { "frame.time_relative > 1", NEEDS_ALL }, { "rtp", NEEDS_ALL },
		{ "not ftp-data", NEEDS_ALL }, { "frame.protocols contains \"dns\"", NEEDS_ALL }, { "icmp.resp_to", NEEDS_ALL },
		{ "_ws.expert", NEEDS_ALL }, { "frame.interface_id == 1", NEEDS_ALL }, { "data", NEEDS_ALL },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		narrowed(cases[i].text);
		if (!CHECK_EQ(n.needs, cases[i].needs))
			fprintf(stderr, "# %s\n", cases[i].text);
	}
	CHECK_STR(narrowed("tcp.stream == 1 and ip.addr == 10.0.0.1"), "anything");
	CHECK_STR(narrowed("http and ip.addr == 10.0.0.1"), "host 10.0.0.1");
	CHECK_STR(narrowed("tcp.analysis.retransmission and port 80"), "port 80");
}

/* More terms than there is room for, and deeper: anything, or what can still be said. */
TEST(ceilings)
{
	static char text[65536];
	size_t used = 0;

	for (unsigned i = 0; i < 400; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s(ip.addr == 10.0.%u.%u and ip.ttl == %u)", i ? " or " : "",
					 i / 256, i % 256, i % 256);
	CHECK_STR(narrowed(text), "anything");
	CHECK(n.count <= NARROW_TERMS_MAX);
	used = 0;
	for (unsigned i = 0; i < 30; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "(tcp.port == %u %s ", i, i % 2 ? "and" : "or");
	used += (size_t)snprintf(text + used, sizeof(text) - used, "udp.port == 9");
	for (unsigned i = 0; i < 30; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ")");
	narrowed(text);
	CHECK(n.count <= NARROW_TERMS_MAX);
}
