/* SPDX-License-Identifier: MIT */
/*
 * The half of a filter that the kernel runs must let through all that the filter matches: tried with many filters on packets
 * made here, cut and damaged in many ways, and on the captures of a corpus (CORPUS=folder) when there is one. Then BPF
 * itself, as --bpf uses it.
 */
#include "filter_frames.h"
#include "pcapio/reader.h"

#include "check.h"

#include <dirent.h>
#include <stdlib.h>

#define SRC "\x0a\x00\x00\x01"
#define DST "\xc0\xa8\x01\x02"
#define SRC6 "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
#define DST6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"

static const char *const filters[] = {
	"tcp", "udp", "ip", "ipv6", "arp", "icmp", "icmpv6", "vlan", "eth", "dns", "tls", "http", "dhcp", "ntp", "mdns", "data",
	"tcp.port == 443", "tcp.port == 80", "udp.port == 53", "tcp.port != 443", "not tcp.port == 443", "!(udp.port == 53)",
	"tcp.srcport == 80", "tcp.dstport in {22, 80, 443}", "tcp.port in {1..1023}", "tcp.port > 1024", "all tcp.port > 1024",
	"tcp and port 443", "port 53", "src port 53", "not port 53", "udp and not dns", "tcp and not (tcp.port == 80 or tcp.port == 443)",
	"ip.addr == 10.0.0.0/8", "ip.addr != 10.0.0.1", "ip.src == 10.0.0.1", "ip.dst == 192.168.0.0/16", "not ip.addr == 10.0.0.1",
	"ip.src in {10.0.0.1..10.0.0.7, 192.168.1.2}", "ip.src > 10.0.0.1", "10.0.0.1", "host 192.168.1.2 and tcp", "ip.ttl < 64",
	"ip.ttl != 64", "ip.proto == 17", "ip.flags.mf == 1 or ip.frag_offset > 0", "ip.frag_offset == 0", "ip.len > 100",
	"ipv6.addr == fe80::/10", "ipv6.src == fe80::1", "ipv6.dst != fe80::1", "ipv6.nxt == 58", "ipv6.hlim < 100", "ipv6.plen < 50",
	"tcp.flags & 0x02", "tcp.flags.syn == 1 and tcp.flags.ack == 0", "tcp.flags.reset == 1", "tcp.flags.fin", "tcp.flags.push != 1",
	"tcp.window_size_value < 1000", "tcp.len > 0", "tcp.hdr_len > 20", "udp.length > 100", "udp.length != 12", "icmp.type == 8",
	"icmp.type == 3", "icmp.type != 8", "icmpv6.type == 135 or icmpv6.type == 136", "not icmpv6.type == 135", "arp.opcode == 1",
	"arp.opcode != 1", "not arp", "not ip", "not tcp and not udp", "not vlan", "vlan.id == 10", "not vlan.id == 10",
	"eth.dst == ff:ff:ff:ff:ff:ff", "eth.addr == 00:11:22:33:44:55", "eth.addr != 00:11:22:33:44:55", "not eth.src == 00:11:22:33:44:55",
	"eth.type == 0x0800", "eth.type == 0x8100", "frame.len > 100", "frame.len <= 60", "frame.len in {60..70, 100}", "not frame.len > 60",
	"frame.len > 1000 and tcp", "tcp or frame.len < 80", "frame contains \"GET\"", "tcp contains \"GET\"", "ip[8] == 40",
	"tcp.srcport == tcp.dstport", "udp.srcport < udp.dstport or arp", "tcp.port == 1 or not udp.port == 2", "tcp.stream == 0",
	"(ip.src == 10.0.0.1 or ipv6) and (tcp.port == 443 or udp)", "not (ip and tcp.port == 443)", "tcp.port == udp.port",
	"ip and not (tcp or icmp)", "tcp.checksum == 0 or udp.checksum == 0", "tcp.urgent_pointer != 0", "ip.id & 1", "ip.dsfield.dscp == 0",
	"ipv6.flow == 0", "dns.qry.name contains \"com\"", "tls.handshake.type == 1", "http.request.method == \"GET\"",
};
enum { FILTERS = sizeof(filters) / sizeof(filters[0]), LINKTYPES = 300 };

struct pair { /* a filter and its BPF half for one link type */
	struct filter *filter;
	struct decoder decoder;
	struct bpf *bpf[LINKTYPES];
	bool exact[LINKTYPES], asked[LINKTYPES];
	unsigned long passed, matched;
};

static struct pair pairs[FILTERS];
static unsigned long packets;

static void compile_all(void)
{
	for (size_t i = 0; i < FILTERS && !pairs[i].filter; i++) {
		struct errmsg err = { "" };

		check_report(!filter_compile(&pairs[i].filter, filters[i], NULL, &err), __FILE__, __LINE__, "%s: %s", filters[i], err.text);
		decoder_init(&pairs[i].decoder);
		if (pairs[i].filter)
			filter_want(pairs[i].filter, &pairs[i].decoder);
	}
}

static void release_all(void)
{
	for (size_t i = 0; i < FILTERS; i++) {
		for (unsigned k = 0; k < LINKTYPES; k++)
			bpf_free(pairs[i].bpf[k]);
		decoder_release(&pairs[i].decoder);
		filter_free(pairs[i].filter);
	}
	memset(pairs, 0, sizeof(pairs));
}

/* One packet, all filters. False (and reported) when a half lost it. */
static bool superset_holds(const struct frame *f, const char *where)
{
	static struct packet p;
	bool good = true;

	if (f->linktype >= LINKTYPES)
		return true;
	packets++;
	for (size_t i = 0; i < FILTERS; i++) {
		struct pair *x = &pairs[i];
		char text[4096];
		bool match, pass;

		if (!x->filter)
			return false;
		if (!x->asked[f->linktype]) {
			x->asked[f->linktype] = true;
			filter_bpf(x->filter, f->linktype, text, sizeof(text), &x->exact[f->linktype]);
			if (text[0])
				CHECK(!bpf_compile(&x->bpf[f->linktype], text, f->linktype, 0, NULL));
		}
		if (!x->bpf[f->linktype])
			continue;
		packet_decode(&p, &x->decoder, f);
		match = filter_match(x->filter, &p);
		pass = bpf_match(x->bpf[f->linktype], f);
		x->passed += pass;
		x->matched += match;
		good &= check_report(pass || !match, __FILE__, __LINE__, "%s, packet %lu: BPF loses what %s matches", where,
				     (unsigned long)f->number, filters[i]);
		good &= check_report(pass == match || !x->exact[f->linktype], __FILE__, __LINE__, "%s, packet %lu: %s is not exact", where,
				     (unsigned long)f->number, filters[i]);
	}
	return good;
}

/* ---- packets made here ------------------------------------------------------------------ */

static const char hop_by_hop[] = "\x06\0\x01\x04\0\0\0\0", fragment_first[] = "\x11\0\0\x01\0\0\0\x09", fragment_later[] = "\x11\0\0\x08\0\0\0\x09";

static struct frame *make(struct built *b, int which)
{
	built_eth(b, 0x0800);
	switch (which) {
	case 0: built_ip(b, 6, SRC, DST); built_tcp(b, 49152, 443, 0x12); built_add(b, "GET / HTTP/1.1\r\n\r\n", 18); break;
	case 1: built_ip(b, 17, SRC, DST); built_udp(b, 53, 4000); built_add(b, "12345678901234567890", 20); break;
	case 2: built_ip(b, 17, SRC, DST); built_udp(b, 5, 6); break;
	case 3: built_ip(b, 1, SRC, DST); built_add(b, "\x08\0\0\0\0\x01\0\x01", 8); break;
	case 4: built_ip(b, 1, SRC, DST); built_add(b, "\x03\x03\0\0\0\0\0\0", 8); built_ip(b, 17, DST, SRC); b->ip_at = 14;
		built_udp(b, 53, 1234); break;
	case 5: built_eth(b, 0x0806); built_add(b, "\0\x01\x08\0\x06\x04\0\x01\0\x11\x22\x33\x44\x55" SRC "\0\0\0\0\0\0" DST, 28); break;
	case 6: built_eth(b, 0x8100); built_vlan(b, 10, 0x0800); built_ip(b, 6, SRC, DST); built_tcp(b, 80, 443, 2); break;
	case 7: built_eth(b, 0x88a8); built_vlan(b, 20, 0x8100); built_vlan(b, 10, 0x86dd); built_ip6(b, 17, SRC6, DST6, 8);
		built_udp(b, 53, 53); break;
	case 8: built_eth(b, 0x86dd); built_ip6(b, 6, SRC6, DST6, 20); built_tcp(b, 443, 1, 2); break;
	case 9: built_eth(b, 0x86dd); built_ip6(b, 58, SRC6, DST6, 24); built_add(b, "\x87\0\0\0\0\0\0\0" DST6, 24); break;
	case 10: built_eth(b, 0x86dd); built_ip6(b, 0, SRC6, DST6, 28); built_add(b, hop_by_hop, 8); built_tcp(b, 443, 80, 4); break;
	case 11: built_eth(b, 0x86dd); built_ip6(b, 44, SRC6, DST6, 16); built_add(b, fragment_first, 8); built_udp(b, 53, 53); break;
	case 12: built_eth(b, 0x86dd); built_ip6(b, 44, SRC6, DST6, 16); built_add(b, fragment_later, 8); built_udp(b, 53, 53); break;
	case 13: built_ip(b, 17, SRC, DST); built_udp(b, 53, 53); b->bytes[20] = 0; b->bytes[21] = 0x10; break; /* a later fragment */
	case 14: built_ip(b, 6, SRC, DST); b->bytes[14] = 0x46; built_add(b, "\x94\x04\0\0", 4); built_tcp(b, 443, 443, 1); break; /* options */
	case 15: built_eth(b, 0x86dd); built_ip6(b, 58, SRC6, DST6, 56); built_add(b, "\x01\x04\0\0\0\0\0\0", 8);
		built_ip6(b, 17, DST6, SRC6, 8); built_udp(b, 53, 53); break; /* an error about a datagram */
	case 16: built_ip(b, 58, SRC, DST); built_add(b, "\x87\0\0\0\0\0\0\0" DST6, 24); break; /* ICMPv6 in IPv4 */
	case 17: built_eth(b, 0x86dd); built_ip6(b, 1, SRC6, DST6, 8); built_add(b, "\x08\0\0\0\0\x01\0\x01", 8); break;
	case 18: built_eth(b, 40); built_add(b, "\x42\x42\x03 0123456789012345678901234567890123456", 40); break; /* LLC */
	case 19: built_ip(b, 47, SRC, DST); built_add(b, "\0\0\x08\0", 4); built_ip(b, 6, SRC, DST); b->ip_at = 14;
		built_tcp(b, 443, 80, 2); break; /* GRE */
	default: return NULL;
	}
	return built_frame(b);
}

/* The link header of another type in front of what follows Ethernet's. */
static struct frame *relink(struct built *b, struct built *out, unsigned linktype)
{
	unsigned type = (unsigned)b->bytes[12] << 8 | b->bytes[13];

	*out = (struct built){ .len = 0 };
	if (linktype == LINKTYPE_LINUX_SLL) {
		built_add(out, "\0\0\0\x01\0\x06\0\x11\x22\x33\x44\x55\0\0", 14);
		built_be16(out, type);
	} else if (linktype == LINKTYPE_LINUX_SLL2) {
		built_be16(out, type);
		built_add(out, "\0\0\0\0\0\x02\0\x01\0\x06\0\x11\x22\x33\x44\x55\0\0", 18);
	}
	built_add(out, b->bytes + 14, b->len - 14);
	built_frame(out);
	out->frame.linktype = (uint16_t)linktype;
	return &out->frame;
}

TEST(superset_on_made_packets)
{
	static const uint16_t linktypes[] = { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, LINKTYPE_RAW, LINKTYPE_NULL };
	struct built b, other;
	unsigned made = 0;

	compile_all();
	for (int which = 0; make(&b, which); which++, made++)
		for (size_t k = 0; k < sizeof(linktypes) / sizeof(linktypes[0]); k++) {
			struct frame *f = linktypes[k] == LINKTYPE_ETHERNET ? &b.frame : relink(&b, &other, linktypes[k]);
			uint32_t full = f->caplen;
			char where[40];

			f->number = (uint64_t)which;
			snprintf(where, sizeof(where), "made, link type %u", linktypes[k]);
			superset_holds(f, where);
			/* shorter on the wire, from the end of the link header on */
			for (f->caplen = 20; f->caplen < full; f->caplen++) {
				f->wirelen = f->caplen;
				superset_holds(f, where);
			}
			f->caplen = f->wirelen = full;
		}
	CHECK_EQ(made, 20);
}

/* One byte of a good packet changed, in turn all of them. */
TEST(superset_on_damaged_packets)
{
	static const uint8_t changes[] = { 0xff, 0x0f, 0x40, 0x01 };
	struct built b;

	compile_all();
	for (int which = 0; make(&b, which); which++)
		for (uint32_t i = 12; i < b.len && i < 80; i++)
			for (size_t k = 0; k < sizeof(changes); k++) {
				b.bytes[i] ^= changes[k];
				b.frame.number = i;
				superset_holds(&b.frame, "damaged");
				b.bytes[i] ^= changes[k];
			}
}

TEST(superset_on_corpus)
{
	const char *corpus = getenv("CORPUS") ? getenv("CORPUS") : "../shared/corpus";
	char folder[512], path[1024];
	unsigned files = 0;
	DIR *d;

	snprintf(folder, sizeof(folder), "%s/captures", corpus);
	d = opendir(folder);
	if (!d)
		SKIP("no captures (set CORPUS)");
	compile_all();
	for (struct dirent *e; (e = readdir(d));) {
		struct reader *r;
		struct frame f;
		unsigned n = 0;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] == '.' || reader_open(&r, path, NULL, NULL))
			continue;
		while (n++ < 150 && reader_read(r, &f, NULL) > 0)
			if (f.caplen >= f.wirelen) /* the kernel sees packets before the snaplen cuts them */
				superset_holds(&f, e->d_name);
		reader_close(r);
		files++;
	}
	closedir(d);
	CHECK(files > 0);
}

/* Letting everything through would be a superset too. */
TEST(halves_are_narrow)
{
	static const char *const narrow[] = { "tcp.port == 443", "udp.port == 53", "ip.src == 10.0.0.1", "arp", "icmp.type == 8", "tcp and port 443" };
	struct built b;

	make(&b, 1); /* UDP from port 53, 28 bytes */
	b.bytes[14 + 20 + 1] = 54;
	b.bytes[14 + 15] = 9; /* from 10.0.0.9 */
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		struct filter *f;
		struct bpf *bpf = NULL;
		char text[4096];
		bool exact;

		if (!CHECK(!filter_compile(&f, narrow[i], NULL, NULL)))
			continue;
		filter_bpf(f, LINKTYPE_ETHERNET, text, sizeof(text), &exact);
		check_report(text[0] != 0, __FILE__, __LINE__, "%s has no half", narrow[i]);
		if (CHECK(!bpf_compile(&bpf, text, LINKTYPE_ETHERNET, 0, NULL)))
			check_report(!bpf_match(bpf, &b.frame), __FILE__, __LINE__, "%s lets UDP port 54 through: %s", narrow[i], text);
		bpf_free(bpf);
		filter_free(f);
	}
	release_all();
	CHECK(packets > 1000);
}

/* Of a datagram in fragments the ports are in one of them; who looks into it needs all. */
TEST(fragments_pass_where_datagrams_are_read)
{
	static const struct {
		const char *filter;
		bool first, later;
	} cases[] = { { "udp.port == 54", false, false }, { "dns", true, true }, { "dns.qry.name == \"a\" and udp.port == 54", true, true },
		      { "udp.port == 54 or tls", true, true } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned later = 0; later < 2; later++) {
			struct filter *f;
			struct bpf *bpf = NULL;
			struct built b;
			char text[4096];
			bool exact;

			make(&b, 13); /* UDP from and to port 53 */
			b.bytes[14 + 20 + 1] = b.bytes[14 + 20 + 3] = 9;
			b.bytes[14 + 6] = 0x20;
			b.bytes[14 + 7] = later ? 0x10 : 0;
			if (!CHECK(!filter_compile(&f, cases[i].filter, NULL, NULL)))
				continue;
			filter_bpf(f, LINKTYPE_ETHERNET, text, sizeof(text), &exact);
			if (CHECK(!bpf_compile(&bpf, text, LINKTYPE_ETHERNET, 0, NULL)))
				check_report(bpf_match(bpf, &b.frame) == (later ? cases[i].later : cases[i].first), __FILE__, __LINE__,
					     "%s, %s fragment: %s", cases[i].filter, later ? "later" : "first", text);
			bpf_free(bpf);
			filter_free(f);
		}
}

/* Any segment may carry the end of a message: tests of single segments must not keep it from who looks into applications. */
TEST(segments_pass_where_messages_are_read)
{
	static const struct {
		const char *filter;
		bool passes;
	} cases[] = { { "tcp.flags.push == 1", false }, { "tls.handshake.type == 11 && tcp.flags.push == 1", true },
		      { "frame.len > 500 && http.request", true }, { "frame.len > 500", false }, { "ip.ttl == 3 and dns", true },
		      { "tls && tcp.port == 9", false }, { "tls and ip.src == 1.2.3.4", false }, { "dhcp and frame.len > 500", false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static const uint8_t segment[] = { 0x45, 0, 0, 41, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0xc3, 0x50, 0, 53,
						   0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0, 0, 0, 0, 0, 0, 'x' };
		struct filter *f;
		struct bpf *bpf = NULL;
		struct built b;
		char text[4096];
		bool exact;

		make(&b, 13);
		memcpy(b.bytes + 14, segment, sizeof(segment));
		b.frame.caplen = b.frame.wirelen = 14 + sizeof(segment);
		if (!CHECK(!filter_compile(&f, cases[i].filter, NULL, NULL)))
			continue;
		filter_bpf(f, LINKTYPE_ETHERNET, text, sizeof(text), &exact);
		if (CHECK(!bpf_compile(&bpf, text, LINKTYPE_ETHERNET, 0, NULL)))
			check_report(bpf_match(bpf, &b.frame) == cases[i].passes, __FILE__, __LINE__, "%s: %s", cases[i].filter, text);
		bpf_free(bpf);
		filter_free(f);
	}
}

TEST(halves_that_cannot_be)
{
	static const char *const none[] = { "", "frame contains \"x\"", "word", "not http", "tcp.stream == 1", "frame.number < 5",
					    "tcp or frame.number == 1", "frame.protocols contains \"tls\"" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct filter *f;
		char text[4096], small[8];
		bool exact;

		if (!CHECK(!filter_compile(&f, none[i], NULL, NULL)))
			continue;
		filter_bpf(f, LINKTYPE_ETHERNET, text, sizeof(text), &exact);
		CHECK_STR(text, "");
		filter_bpf(f, 147, text, sizeof(text), &exact);
		CHECK_STR(text, "");
		filter_free(f);
		if (CHECK(!filter_compile(&f, "tcp.port == 443", NULL, NULL))) {
			filter_bpf(f, LINKTYPE_ETHERNET, small, sizeof(small), &exact); /* does not fit */
			CHECK_STR(small, "");
			filter_free(f);
		}
	}
}

TEST(bpf)
{
	struct errmsg err = { "" };
	struct built b;
	struct bpf *bpf;

	make(&b, 0);
	if (CHECK(!bpf_compile(&bpf, "tcp dst port 443 and host 10.0.0.1", LINKTYPE_ETHERNET, 0, &err))) {
		CHECK(bpf_match(bpf, &b.frame));
		CHECK(bpf_length(bpf) > 5);
		b.bytes[14 + 20 + 3] = 80;
		CHECK(!bpf_match(bpf, &b.frame));
		bpf_free(bpf);
	}
	if (CHECK(!bpf_compile(&bpf, "", LINKTYPE_ETHERNET, 0, &err))) {
		CHECK(bpf_match(bpf, &b.frame));
		bpf_free(bpf);
	}
	if (CHECK(!bpf_compile(&bpf, "greater 60", LINKTYPE_ETHERNET, 0, &err))) {
		b.frame.wirelen = 61; /* the length on the wire counts, not what was kept */
		b.frame.caplen = 20;
		CHECK(bpf_match(bpf, &b.frame));
		bpf_free(bpf);
	}
	CHECK_EQ(bpf_compile(&bpf, "tcp prot 80", LINKTYPE_ETHERNET, 0, &err), NW_EINPUT);
	CHECK(strstr(err.text, "capture filter \"tcp prot 80\" (link type EN10MB): ") != NULL);
	CHECK(bpf == NULL);
	CHECK(!bpf_compile(&bpf, "ip", LINKTYPE_RAW, 0, &err));
	bpf_free(bpf);
	bpf_free(NULL);
}
