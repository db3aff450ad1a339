/* SPDX-License-Identifier: MIT */
/* lib/store/keys.c: keys of packets are what a query computes from what it is asked for, and nothing that the decoder finds is
 * missing among them. The second is also what the fuzz target keys looks for. */
#include "../fuzz/keys_promise.h"
#include "base/frame.h"
#include "check.h"
#include "pcapio/reader.h"

#include <dirent.h>

static const uint8_t a4[4] = { 192, 0, 2, 1 }, b4[4] = { 198, 51, 100, 7 };
static const uint8_t a6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, b6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 2 };

struct made {
	uint8_t bytes[512];
	uint32_t len;
};

static void put(struct made *m, const void *p, size_t n)
{
	memcpy(m->bytes + m->len, p, n);
	m->len += (uint32_t)n;
}

static void put_be16(struct made *m, unsigned v)
{
	m->bytes[m->len++] = (uint8_t)(v >> 8);
	m->bytes[m->len++] = (uint8_t)v;
}

static void ether(struct made *m, unsigned type)
{
	put(m, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	put_be16(m, type);
}

static void vlan(struct made *m, unsigned type)
{
	put_be16(m, 7);
	put_be16(m, type);
}

static void ipv4(struct made *m, const uint8_t *src, const uint8_t *dst, unsigned protocol, unsigned fragment)
{
	put(m, "\x45\0\0\x40\0\1", 6);
	put_be16(m, fragment);
	m->bytes[m->len++] = 64;
	m->bytes[m->len++] = (uint8_t)protocol;
	put_be16(m, 0);
	put(m, src, 4);
	put(m, dst, 4);
}

static void ipv6(struct made *m, const uint8_t *src, const uint8_t *dst, unsigned next)
{
	put(m, "\x60\0\0\0\0\x20", 6);
	m->bytes[m->len++] = (uint8_t)next;
	m->bytes[m->len++] = 64;
	put(m, src, 16);
	put(m, dst, 16);
}

static void ports(struct made *m, unsigned src, unsigned dst)
{
	put_be16(m, src);
	put_be16(m, dst);
	memset(m->bytes + m->len, 0, 20);
	m->len += 20;
}

static struct packet_keys keys_of(const struct made *m, unsigned linktype)
{
	struct packet_keys k;

	keys_extract(&k, linktype, m->bytes, m->len);
	return k;
}

static bool has(const struct packet_keys *k, enum key_kind kind, uint32_t key)
{
	const uint32_t *keys = kind == KEY_FLOW ? k->flow : kind == KEY_HOST ? k->host : k->port;

	return among(keys, kind == KEY_FLOW ? k->flows : kind == KEY_HOST ? k->hosts : k->ports, key);
}

TEST(keys_of_plain_packets)
{
	static const struct {
		const char *name;
		unsigned linktype, tags;
	} links[] = { { "Ethernet", LINKTYPE_ETHERNET, 0 }, { "VLAN", LINKTYPE_ETHERNET, 1 }, { "QinQ", LINKTYPE_ETHERNET, 2 },
		      { "three tags", LINKTYPE_ETHERNET, 3 }, { "SLL", LINKTYPE_LINUX_SLL, 0 }, { "SLL2", LINKTYPE_LINUX_SLL2, 0 },
		      { "raw", LINKTYPE_RAW, 0 }, { "loop", LINKTYPE_NULL, 0 } };

	for (unsigned v6 = 0; v6 < 2; v6++) {
		for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
			unsigned type = v6 ? 0x86dd : 0x0800;
			struct made m = { .len = 0 };
			struct packet_keys k;

			if (links[i].linktype == LINKTYPE_ETHERNET)
				ether(&m, links[i].tags ? 0x8100 : type);
			for (unsigned t = links[i].tags; t; t--)
				vlan(&m, t > 1 ? 0x8100 : type);
			if (links[i].linktype == LINKTYPE_LINUX_SLL) {
				put(&m, "\0\0\0\1\0\6\2\0\0\0\0\1\0\0", 14);
				put_be16(&m, type);
			} else if (links[i].linktype == LINKTYPE_LINUX_SLL2) {
				put_be16(&m, type);
				put(&m, "\0\0\0\0\0\2\0\1\0\6\2\0\0\0\0\1\0\0", 18);
			} else if (links[i].linktype == LINKTYPE_NULL) {
				put(&m, v6 ? "\x1e\0\0\0" : "\2\0\0\0", 4);
			}
			v6 ? ipv6(&m, a6, b6, 6) : ipv4(&m, a4, b4, 6, 0x4000);
			ports(&m, 51000, 443);
			k = keys_of(&m, links[i].linktype);
			CHECK_EQ(k.unknown, 0);
			CHECK(k.constant);
			CHECK(has(&k, KEY_HOST, v6 ? key_host(a6, 16) : key_host(a4, 4)));
			CHECK(has(&k, KEY_HOST, v6 ? key_host(b6, 16) : key_host(b4, 4)));
			CHECK(has(&k, KEY_PORT, key_port(51000)) && has(&k, KEY_PORT, key_port(443)));
			CHECK(has(&k, KEY_FLOW, v6 ? key_flow(b6, 443, a6, 51000, 16, 6) : key_flow(b4, 443, a4, 51000, 4, 6)));
			CHECK_EQ(keys_quick(links[i].linktype, m.bytes, m.len, 1) != 0,
				 links[i].tags < 3 && links[i].linktype != LINKTYPE_NULL);
		}
	}
}

TEST(keys_are_the_same_everywhere)
{
	/* what indexes of yesterday were made with */
	CHECK_EQ(key_host(a4, 4), 0xa397bfee);
	CHECK_EQ(key_host(a6, 16), 0x67b23629);
	CHECK_EQ(key_port(443), 0x65387823);
	CHECK_EQ(key_flow(a4, 1, b4, 2, 4, 6), 0x46ae53aa);
	CHECK_EQ(key_flow(a4, 1, b4, 2, 4, 6), key_flow(b4, 2, a4, 1, 4, 6));
	CHECK(key_flow(a4, 1, b4, 2, 4, 6) != key_flow(a4, 2, b4, 1, 4, 6));
	CHECK(key_flow(a4, 1, b4, 2, 4, 6) != key_flow(a4, 1, b4, 2, 4, 17));
}

TEST(quick_tells_flows_apart)
{
	uint64_t seen[6];
	unsigned n = 0;

	for (unsigned i = 0; i < 6; i++) {
		struct made m = { .len = 0 };

		ether(&m, 0x0800);
		ipv4(&m, i == 1 ? b4 : a4, i == 1 ? a4 : b4, i == 2 ? 17 : 6, 0x4000);
		ports(&m, i == 3 ? 2 : 1, i == 4 ? 444 : 443);
		seen[n++] = keys_quick(LINKTYPE_ETHERNET, m.bytes, m.len, i == 5 ? 2 : 1);
		for (unsigned j = 0; j < i; j++)
			CHECK(seen[j] != seen[i]);
	}
	for (unsigned protocol = 0; protocol < 256; protocol++) { /* others, and fragments, take the long way */
		struct made m = { .len = 0 };

		ether(&m, 0x0800);
		ipv4(&m, a4, b4, protocol, protocol == 6 ? 0x2000 : 0);
		ports(&m, 1, 2);
		CHECK_EQ(keys_quick(LINKTYPE_ETHERNET, m.bytes, m.len, 1) != 0, protocol == 17);
	}
}

TEST(arp_has_hosts)
{
	struct made m = { .len = 0 };
	struct packet_keys k;

	ether(&m, 0x0806);
	put(&m, "\0\1\x8\0\6\4\0\1", 8);
	put(&m, "\2\0\0\0\0\1", 6);
	put(&m, a4, 4);
	put(&m, "\0\0\0\0\0\0", 6);
	put(&m, b4, 4);
	k = keys_of(&m, LINKTYPE_ETHERNET);
	CHECK_EQ(k.unknown, 0);
	CHECK_EQ(k.hosts, 2);
	CHECK(has(&k, KEY_HOST, key_host(a4, 4)) && has(&k, KEY_HOST, key_host(b4, 4)));
}

/* Headers in headers: all of them have keys, and flows are not believed. */
TEST(layers_below_layers)
{
	static const uint8_t c4[4] = { 10, 0, 0, 1 }, d4[4] = { 10, 0, 0, 2 };

	for (unsigned kind = 0; kind < 6; kind++) {
		struct made m = { .len = 0 };
		struct packet_keys k;

		ether(&m, 0x0800);
		ipv4(&m, a4, b4, kind == 0 ? 1 : kind == 1 ? 4 : kind == 2 ? 47 : 17, 0);
		if (kind == 0)
			put(&m, "\3\1\0\0\0\0\0\0", 8); /* unreachable */
		if (kind == 2)
			put(&m, "\x20\0\x8\0\0\0\0\7", 8); /* GRE with a key */
		if (kind >= 3) {
			put_be16(&m, 50000);
			put_be16(&m, kind == 3 ? 4789 : kind == 4 ? 6081 : 2152);
			put(&m, "\0\x40\0\0", 4);
			put(&m, kind == 3 ? "\x8\0\0\0\0\0\7\0" : kind == 4 ? "\0\0\x65\x58\0\0\7\0" : "\x30\xff\0\x2c\0\0\0\1", 8);
			if (kind < 5)
				ether(&m, 0x0800);
		}
		ipv4(&m, c4, d4, 6, 0);
		ports(&m, 1234, 80);
		k = keys_of(&m, LINKTYPE_ETHERNET);
		CHECK_EQ(k.unknown, 1 << KEY_FLOW);
		CHECK(!k.constant);
		CHECK(has(&k, KEY_HOST, key_host(a4, 4)) && has(&k, KEY_HOST, key_host(d4, 4)));
		CHECK(has(&k, KEY_PORT, key_port(80)));
		CHECK(has(&k, KEY_FLOW, key_flow(c4, 1234, d4, 80, 4, 6)));
	}
}

TEST(what_is_not_understood_is_unknown)
{
	static const struct {
		const char *name;
		unsigned linktype, type, protocol, port;
		unsigned unknown;
	} cases[] = {
		{ "802.11", LINKTYPE_IEEE802_11, 0x0800, 6, 1, 7 },
		{ "NSH", LINKTYPE_ETHERNET, 0x894f, 6, 1, 7 },
		{ "L2TP", LINKTYPE_ETHERNET, 0x0800, 17, 1701, 7 },
		{ "sFlow", LINKTYPE_ETHERNET, 0x0800, 17, 6343, 7 },
		{ "OpenFlow", LINKTYPE_ETHERNET, 0x0800, 6, 6653, 7 },
		{ "AH", LINKTYPE_ETHERNET, 0x0800, 51, 1, 7 },
		{ "LLDP", LINKTYPE_ETHERNET, 0x88cc, 6, 1, 0 },
		{ "OSPF", LINKTYPE_ETHERNET, 0x0800, 89, 1, 0 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m = { .len = 0 };

		ether(&m, cases[i].type);
		ipv4(&m, a4, b4, cases[i].protocol, 0);
		ports(&m, 40000, cases[i].port);
		if (!CHECK_EQ(keys_of(&m, cases[i].linktype).unknown, cases[i].unknown))
			fprintf(stderr, "# %s\n", cases[i].name);
	}
}

/* What stands in a fragment is known; what it completes is not, ports with TCP and everything with what may be a tunnel. */
TEST(fragments)
{
	for (unsigned protocol = 6; protocol <= 17; protocol += 11)
		for (unsigned first = 0; first < 2; first++) {
			struct made m = { .len = 0 };
			struct packet_keys k;

			ether(&m, 0x0800);
			ipv4(&m, a4, b4, protocol, first ? 0x2000 : 0x2010);
			ports(&m, 1, 2);
			k = keys_of(&m, LINKTYPE_ETHERNET);
			CHECK_EQ(k.unknown, 0);
			CHECK_EQ(k.hosts, 2);
			CHECK_EQ(k.ports, first ? 2 : 0);
			CHECK_EQ(k.flows, first);
			CHECK_EQ(k.unknown_whole, protocol == 6 ? 1 << KEY_FLOW | 1 << KEY_PORT : 7);
			CHECK_EQ(k.fragment, first ? KEYS_FIRST_FRAGMENT : KEYS_LATER_FRAGMENT);
		}
}

static struct packet packet;
static unsigned short_ways;
static struct decoder decoder;

/* Whatever the short way takes, it takes as the long way does. */
static bool short_way_agrees(const struct packet_keys *k, const struct frame *f)
{
	struct plain_keys plain;

	if (!keys_quick(f->linktype, f->data, f->caplen, 1) || !keys_plain(&plain, f->linktype, f->data, f->caplen))
		return true;
	short_ways++;
	return k->constant && !k->unknown && !k->unknown_whole && !k->fragment && k->flows == 1 && k->hosts == 2 && k->ports &&
	       plain.key[0] == k->flow[0] && plain.key[1] == k->host[0] && plain.key[2] == k->host[1] && plain.key[3] == k->port[0] &&
	       plain.key[4] == k->port[k->ports - 1];
}

static bool promise_holds(const struct frame *f, const char *where)
{
	struct packet_keys k;
	const char *broken;

	keys_extract(&k, f->linktype, f->data, f->caplen);
	CHECK(short_way_agrees(&k, f));
	packet_decode(&packet, &decoder, f);
	broken = promise_broken(&packet, &k);
	if (!CHECK(broken == NULL))
		fprintf(stderr, "# %s: packet %llu: %s\n", where, (unsigned long long)f->number, broken);
	return !broken;
}

/* Reassembly included: what a packet completes is in it for the decoder. */
TEST(promise_on_corpus)
{
	const char *corpus = getenv("CORPUS") ? getenv("CORPUS") : "../shared/corpus";
	char folder[512], path[1024];
	unsigned files = 0;
	DIR *d;

	snprintf(folder, sizeof(folder), "%s/captures", corpus);
	d = opendir(folder);
	if (!d)
		SKIP("no captures (set CORPUS)");
	for (struct dirent *e; (e = readdir(d));) {
		struct reader *r;
		struct frame f;
		unsigned n = 0;
		bool good = true;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] == '.' || reader_open(&r, path, NULL, NULL))
			continue;
		decoder_init(&decoder);
		promise_want(&decoder);
		decoder_want_all(&decoder);
		while (good && n++ < 300 && reader_read(r, &f, NULL) > 0)
			good = promise_holds(&f, e->d_name);
		decoder_release(&decoder);
		reader_close(r);
		files++;
	}
	closedir(d);
	CHECK(files > 0);
	CHECK(short_ways > 1000);
}

/* They stand in files: when one of these changes, INDEX_MAGIC has to. */
TEST(keys_are_what_they_were)
{
	CHECK_EQ(key_host(a4, 4), 0xa397bfee);
	CHECK_EQ(key_host(a6, 16), 0x67b23629);
	CHECK_EQ(key_port(0), 0x8007af0a);
	CHECK_EQ(key_port(443), 0x65387823);
	CHECK_EQ(key_flow(a4, 40000, b4, 443, 4, 6), 0x800944c0);
	CHECK_EQ(key_flow(b4, 443, a4, 40000, 4, 6), 0x800944c0);
	CHECK_EQ(key_flow(a6, 40000, b6, 443, 16, 17), 0x277a0499);
	CHECK_EQ(key_flow(a4, 0, b4, 0, 4, 1), 0xf0849139);
}

/* Made ones, too: every header field that decides, at every length. */
TEST(the_short_way_agrees)
{
	static const unsigned types[] = { 0x0800, 0x86dd, 0x8100, 0x0806 };
	static const uint16_t numbers[] = { 443, 4789, 6081, 2152, 6653, 1701, 53, 40000 };
	unsigned before = short_ways;

	for (unsigned i = 0; i < 4 * 8 * 8 * 3 * 3; i++) {
		unsigned protocol = (unsigned[]){ 6, 17, 132 }[i / 256 % 3], fragment = (unsigned[]){ 0, 0x4000, 0x2000 }[i / 768];
		struct made m = { .len = 0 };
		struct packet_keys k;

		ether(&m, types[i % 4]);
		if (types[i % 4] == 0x86dd)
			ipv6(&m, a6, b6, protocol);
		else
			ipv4(&m, a4, b4, protocol, fragment);
		ports(&m, numbers[i / 4 % 8], numbers[i / 32 % 8]);
		for (uint32_t len = 0; len <= m.len; len++) {
			struct frame f = { .data = m.bytes, .caplen = len, .linktype = LINKTYPE_ETHERNET };

			keys_extract(&k, f.linktype, f.data, f.caplen);
			CHECK(short_way_agrees(&k, &f));
		}
	}
	CHECK(short_ways > before);
}
