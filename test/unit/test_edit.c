/* SPDX-License-Identifier: MIT */
/* Each edit on packets made here: what comes out, byte by byte where it is short, and what stays as it is. */
#include "edit/edit.h"
#include "filter_frames.h"

#include "check.h"

#include <stdlib.h>

#define SRC "\x80\x0b\x44\x84" /* 128.11.68.132 */
#define DST "\x81\x76\x4a\x04" /* 129.118.74.4 */
#define SRC6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define DST6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"

/* The key of the sample that came with Crypto-PAn, and what it says of some addresses. */
static const uint8_t sample_key[32] = { 21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
					216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2 };

static struct edit_options none(void)
{
	return (struct edit_options){ .link = -1 };
}

/* Applies `o` to one frame: 1, 0 or an error; bytes are copied, so that they live on. */
static int edited(const struct edit_options *o, const struct frame *in, struct frame *out)
{
	static uint8_t bytes[4][4096];
	static unsigned next;
	struct errmsg err = { "" };
	struct edits *e;
	int rc;

	if (!CHECK(!edits_open(&e, o, &err)) || !CHECK(e != NULL))
		return -1;
	rc = edits_apply(e, in, out, &err);
	if (rc == 1 && CHECK(out->caplen <= sizeof(bytes[0]))) {
		uint8_t *copy = bytes[next++ % 4];

		memcpy(copy, out->data, out->caplen);
		out->data = copy;
	}
	CHECK_EQ(rc < 0, err.text[0] != 0);
	edits_close(e);
	return rc;
}

static struct frame *tcp_frame(struct built *b, const char *payload)
{
	struct frame *f;

	built_eth(b, 0x0800);
	built_ip(b, 6, SRC, DST);
	built_tcp(b, 40000, 443, 0x18);
	built_add(b, payload, strlen(payload));
	f = built_frame(b);
	f->has_ts = true;
	f->ts_ns = 1000000000;
	f->number = 1;
	return f;
}

static uint32_t add16(uint32_t s, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		s += (uint32_t)p[i] << (i & 1 ? 0 : 8);
	return s;
}

static uint32_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* The sums over header and segment of an IPv4 packet at `ip`, 0xffff when right. */
static uint32_t ip_sum(const uint8_t *ip)
{
	return fold(add16(0, ip, (ip[0] & 15) * 4u));
}

static uint32_t transport_sum(const uint8_t *ip)
{
	uint32_t header = (ip[0] & 15) * 4u, n = get_be16(ip + 2) - header;

	return fold(add16(add16(ip[9] + n, ip + 12, 8), ip + header, n));
}

static void set_checksums(uint8_t *ip, uint32_t at)
{
	uint32_t s = ~ip_sum(ip) & 0xffff;
	uint8_t *t = ip + (ip[0] & 15) * 4u + at;

	ip[10] = (uint8_t)(s >> 8);
	ip[11] = (uint8_t)s;
	s = ~transport_sum(ip) & 0xffff;
	t[0] = (uint8_t)(s >> 8);
	t[1] = (uint8_t)s;
}

TEST(nothing_asked_is_nothing_done)
{
	struct edit_options o = none();
	struct edits *e;

	CHECK(!edits_open(&e, &o, NULL));
	CHECK(e == NULL);
	edits_close(NULL);
}

TEST(a_packet_that_needs_no_change_is_not_copied)
{
	struct edit_options o = none();
	struct built b;
	struct frame *f = tcp_frame(&b, "x"), out;
	struct edits *e;

	o.strip_vlan = true;
	o.decap = "any";
	f->record = b.bytes;
	if (!CHECK(!edits_open(&e, &o, NULL)))
		return;
	CHECK_EQ(edits_apply(e, f, &out, NULL), 1);
	CHECK(out.data == f->data && out.record == f->record);
	edits_close(e);
}

TEST(shift)
{
	struct edit_options o = none();
	struct built b;
	struct frame *f = tcp_frame(&b, "x"), out;
	struct errmsg err;
	struct edits *e;

	CHECK(edit_parse_shift("-0.25", &o.shift_ns));
	CHECK_EQ(edited(&o, f, &out), 1);
	CHECK_EQ(out.ts_ns, 750000000);
	CHECK(out.record == NULL && out.caplen == f->caplen);
	CHECK(edit_parse_shift("+2h", &o.shift_ns));
	CHECK_EQ(o.shift_ns, 7200000000000);
	CHECK(!edit_parse_shift("later", &o.shift_ns));
	o.shift_ns = -2000000000;
	CHECK_EQ(edited(&o, f, &out), NW_EINPUT);
	o.shift_ns = INT64_MAX;
	CHECK_EQ(edited(&o, f, &out), NW_EINPUT);

	/* to a start: the second packet keeps its distance */
	o.shift_ns = 50000000000;
	o.shift_to = true;
	if (!CHECK(!edits_open(&e, &o, &err)))
		return;
	CHECK_EQ(edits_apply(e, f, &out, &err), 1);
	CHECK_EQ(out.ts_ns, 50000000000);
	f->ts_ns += 7;
	CHECK_EQ(edits_apply(e, f, &out, &err), 1);
	CHECK_EQ(out.ts_ns, 50000000007);
	edits_close(e);
}

TEST(chop)
{
	static const struct {
		const char *text, *gives; /* of "0123456789" */
	} all[] = {
		{ "4", "456789" }, { "-4", "012345" }, { "2:3", "0156789" }, { "5:-2", "01256789" }, { "-3:2", "01234569" }, { "-3:-2", "01234789" },
		{ "20", "" }, { "-20", "" }, { "8:9", "01234567" }, { "20:1", "0123456789" }, { "-20:1", "0123456789" },
	};
	struct frame f = { .data = (const uint8_t *)"0123456789", .caplen = 10, .wirelen = 100, .number = 1 }, out;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct edit_options o = none();
		const char *gives = all[i].gives;
		uint32_t n = (uint32_t)strlen(gives);

		CHECK(edit_parse_chop(all[i].text, &o));
		for (int adjust = 0; adjust < 2; adjust++) {
			o.adjust_length = adjust;
			CHECK_EQ(edited(&o, &f, &out), 1);
			check_report(out.caplen == n && !memcmp(out.data, gives, n), __FILE__, __LINE__, "%s gives %.*s, want %s",
				     all[i].text, (int)out.caplen, out.data, gives);
			CHECK_EQ(out.wirelen, adjust ? 90u + n : 100u);
		}
	}
	for (const char *const *bad = (const char *const[]){ "", "x", "0", "1:", ":1", "1:0", "1:2:3", "99999999999", NULL }; *bad; bad++) {
		struct edit_options o = none();

		check_report(!edit_parse_chop(*bad, &o), __FILE__, __LINE__, "\"%s\" is taken", *bad);
	}
}

TEST(strip_vlan)
{
	struct edit_options o = none();
	struct built b;
	struct frame out;

	o.strip_vlan = true;
	built_eth(&b, 0x88a8);
	built_vlan(&b, 5, 0x8100);
	built_vlan(&b, 6, 0x0800);
	built_add(&b, "payload", 7);
	CHECK_EQ(edited(&o, built_frame(&b), &out), 1);
	CHECK_EQ(out.caplen, 21);
	CHECK_EQ(out.wirelen, 21);
	CHECK(!memcmp(out.data, b.bytes, 12) && get_be16(out.data + 12) == 0x0800 && !memcmp(out.data + 14, "payload", 7));
	o.vlan_tags = 1;
	CHECK_EQ(edited(&o, built_frame(&b), &out), 1);
	CHECK_EQ(out.caplen, 25);
	CHECK(get_be16(out.data + 12) == 0x8100 && get_be16(out.data + 14) == 6);
}

TEST(decap)
{
	static const struct {
		const char *type;
		uint32_t caplen;
	} all[] = { { "vxlan", 14 + 28 + 4 }, { "any", 14 + 28 + 4 }, { "gre", 0 }, { "ipip", 0 } };
	struct edit_options o = none();
	struct built b;
	struct frame *f, out;
	uint32_t inner;

	built_eth(&b, 0x0800);
	built_ip(&b, 17, SRC, DST);
	b.bytes[16] = 0;
	b.bytes[17] = 28 + 8 + 14 + 28 + 4;
	b.ip_at = 0;
	built_udp(&b, 50000, 4789);
	b.udp_at = 0;
	b.bytes[14 + 20 + 5] = 8 + 8 + 14 + 28 + 4;
	built_add(&b, "\x08\0\0\0\0\0\x2a\0", 8);
	inner = b.len;
	built_add(&b, "\x02\0\0\0\0\x07\x02\0\0\0\0\x08\x08\0", 14);
	built_add(&b, "\x45\0\0\x20\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\x10\0\x10\1\0\x0c\0\0four", 32);
	f = built_frame(&b);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		o.decap = all[i].type;
		CHECK_EQ(edited(&o, f, &out), 1);
		CHECK_EQ(out.caplen, all[i].caplen ? all[i].caplen : f->caplen);
		CHECK_EQ(out.linktype, LINKTYPE_ETHERNET);
		if (all[i].caplen)
			CHECK(!memcmp(out.data, b.bytes + inner, all[i].caplen));
	}

	/* IP in IP behind a tag: the outer Ethernet header without it */
	built_eth(&b, 0x8100);
	built_vlan(&b, 5, 0x0800);
	built_add(&b, "\x45\0\0\x34\0\0\0\0\x40\x04\0\0\x0a\0\0\x01\x0a\0\0\x02", 20);
	built_add(&b, "\x45\0\0\x20\0\0\0\0\x40\x11\0\0\x0b\0\0\x01\x0b\0\0\x02\x10\0\x10\1\0\x0c\0\0four", 32);
	o.decap = "ipip";
	CHECK_EQ(edited(&o, built_frame(&b), &out), 1);
	CHECK_EQ(out.caplen, 14 + 32);
	CHECK(!memcmp(out.data, b.bytes, 12) && get_be16(out.data + 12) == 0x0800 && out.data[14 + 12] == 0x0b);
	/* and without a link header */
	f = built_frame(&b);
	f->data += 18;
	f->caplen -= 18;
	f->wirelen -= 18;
	f->linktype = LINKTYPE_RAW;
	CHECK_EQ(edited(&o, f, &out), 1);
	CHECK_EQ(out.caplen, 32);
	CHECK_EQ(out.linktype, LINKTYPE_RAW);
}

TEST(every_tunnel_has_a_name)
{
	char names[] = EDIT_TUNNELS " ", *at = names;
	struct built b;
	struct frame *f = tcp_frame(&b, "x"), out;

	for (char *end; (end = strchr(at, ' ')) != NULL; at = end + 1) {
		struct edit_options o = none();

		*end = 0;
		o.decap = at;
		CHECK_EQ(edited(&o, f, &out), 1);
	}
}

TEST(link_types_there_and_back)
{
	char names[] = EDIT_LINKS " ", *at = names;
	struct built b;
	struct frame *f = tcp_frame(&b, "data"), out, back;

	for (char *end; (end = strchr(at, ' ')) != NULL; at = end + 1) {
		struct edit_options o = none();
		struct frame there;

		*end = 0;
		o.link = edit_link(at);
		CHECK(o.link >= 0);
		CHECK_EQ(edited(&o, f, &there), 1);
		CHECK_EQ(there.linktype, o.link);
		o.link = LINKTYPE_ETHERNET;
		CHECK_EQ(edited(&o, &there, &back), 1);
		CHECK_EQ(back.caplen, f->caplen);
		CHECK(get_be16(back.data + 12) == 0x0800 && !memcmp(back.data + 14, f->data + 14, f->caplen - 14));
		if (o.link == LINKTYPE_LINUX_SLL || o.link == LINKTYPE_LINUX_SLL2)
			CHECK(!memcmp(back.data + 6, f->data + 6, 6)); /* the source address fits in there */
	}
	CHECK_EQ(edit_link("token-ring"), -1);

	/* what is no IP has no place in raw */
	built_eth(&b, 0x0806);
	built_add(&b, "\0\x01\x08\0\x06\x04\0\x01", 8);
	{
		struct edit_options o = none();

		o.link = LINKTYPE_RAW;
		CHECK_EQ(edited(&o, built_frame(&b), &out), 0);
		o.link = LINKTYPE_LINUX_SLL;
		CHECK_EQ(edited(&o, built_frame(&b), &out), 1);
		CHECK_EQ(get_be16(out.data + 14), 0x0806);
	}
	/* multicast has its address again */
	built_eth(&b, 0x0800);
	built_ip(&b, 17, SRC, "\xe0\x81\x02\x03");
	f = built_frame(&b);
	f->data += 14;
	f->caplen -= 14;
	f->linktype = LINKTYPE_RAW;
	{
		struct edit_options o = none();

		o.link = LINKTYPE_ETHERNET;
		CHECK_EQ(edited(&o, f, &out), 1);
		CHECK(!memcmp(out.data, "\x01\0\x5e\x01\x02\x03\0\0\0\0\0\0\x08\0", 14));
	}
}

/* Runs packets made by `make` through one dedup; returns how many pass, as bits from the first. */
static unsigned passing(struct edit_options *o, struct frame *(*make)(struct built *, unsigned), unsigned n)
{
	unsigned bits = 0;
	struct edits *e;
	struct frame out;

	if (!CHECK(!edits_open(&e, o, NULL)))
		return 0;
	for (unsigned i = 0; i < n; i++) {
		struct built b;

		bits |= (unsigned)(edits_apply(e, make(&b, i), &out, NULL) == 1) << i;
	}
	CHECK_EQ(edits_counts(e)->duplicates, n - (unsigned)__builtin_popcount(bits));
	edits_close(e);
	return bits;
}

/* 0 and 1 are equal; 2 has passed a router; 3 came over another link; 4 has other data; 5 equals 0 again. 100 ms apart. */
static struct frame *copies(struct built *b, unsigned i)
{
	struct frame *f = tcp_frame(b, i == 4 ? "other" : "data");

	if (i == 2 || i == 3) {
		b->bytes[14 + 8]--;
		b->bytes[14 + 10] ^= 0x55;
		b->bytes[14 + 20 + 16] ^= 0x55;
	}
	if (i == 3) {
		memset(b->bytes, 0x33, 12);
		f->caplen = f->wirelen += 4; /* a trailer */
	}
	f->ts_ns += i * 100000000ll;
	return f;
}

TEST(dedup)
{
	struct edit_options o = none();

	CHECK(edit_parse_window("5", &o));
	o.dedup = DEDUP_EXACT;
	CHECK_EQ(passing(&o, copies, 6), 0x1d);
	o.dedup = DEDUP_PACKET;
	CHECK_EQ(passing(&o, copies, 6), 0x19);
	o.dedup = DEDUP_NETWORK;
	CHECK_EQ(passing(&o, copies, 6), 0x11);
	CHECK(edit_parse_window("1", &o));
	CHECK_EQ(passing(&o, copies, 6), 0x31);
	CHECK(edit_parse_window("100ms", &o));
	CHECK_EQ(passing(&o, copies, 6), 0x31);
	CHECK(edit_parse_window("0.2s", &o));
	CHECK_EQ(passing(&o, copies, 6), 0x11);
	CHECK(!edit_parse_window("0", &o));
	CHECK(!edit_parse_window("2000000", &o));
	CHECK(!edit_parse_window("soon", &o));
}

static struct frame *in_turn(struct built *b, unsigned i)
{
	static const char *const texts[] = { "a", "b", "c", "d" };

	return tcp_frame(b, texts[i % 4]);
}

TEST(dedup_forgets_the_oldest)
{
	struct edit_options o = none();

	o.dedup = DEDUP_EXACT;
	CHECK(edit_parse_window("3", &o));
	CHECK_EQ(passing(&o, in_turn, 12), 0xfff);
	CHECK(edit_parse_window("4", &o));
	CHECK_EQ(passing(&o, in_turn, 12), 0xf);
}

static struct edit_options hiding(enum edit_payload payload)
{
	struct edit_options o = none();

	o.key = sample_key;
	o.payload = payload;
	return o;
}

TEST(anonymize_is_crypto_pan)
{
	struct edit_options o = hiding(PAYLOAD_KEEP);
	struct built b;
	struct frame *f = tcp_frame(&b, "secret"), out;

	CHECK_EQ(edited(&o, f, &out), 1);
	CHECK(!memcmp(out.data + 26, "\x87\xf2\xb4\x84", 4)); /* 135.242.180.132 */
	CHECK(!memcmp(out.data + 30, "\x86\x88\xba\x7b", 4)); /* 134.136.186.123 */
	CHECK_EQ(out.caplen, f->caplen);
	CHECK(!memcmp(out.data + 54, "secret", 6));
	CHECK(memcmp(out.data, f->data, 6) && memcmp(out.data + 6, f->data + 6, 6));
	CHECK((out.data[0] & 3) == (f->data[0] & 3) && (out.data[6] & 3) == (f->data[6] & 3));
	o.keep_oui = true;
	CHECK_EQ(edited(&o, f, &out), 1);
	CHECK(!memcmp(out.data + 6, f->data + 6, 3) && memcmp(out.data + 9, f->data + 9, 3));
}

TEST(anonymize_payload)
{
	struct edit_options o = hiding(PAYLOAD_DROP);
	struct built b;
	struct frame *f = tcp_frame(&b, "secret"), out;

	f->options = (const uint8_t *)"comment";
	f->options_len = 7;
	CHECK_EQ(edited(&o, f, &out), 1);
	CHECK_EQ(out.caplen, 54);
	CHECK_EQ(out.wirelen, f->wirelen);
	CHECK_EQ(out.options_len, 0);
	o = hiding(PAYLOAD_ZERO);
	CHECK_EQ(edited(&o, f, &out), 1);
	CHECK(out.caplen == f->caplen && !memcmp(out.data + 54, "\0\0\0\0\0\0", 6));
	/* what is not known has nothing but payload */
	built_eth(&b, 0x1234);
	built_add(&b, "secret", 6);
	o = hiding(PAYLOAD_DROP);
	CHECK_EQ(edited(&o, built_frame(&b), &out), 1);
	CHECK_EQ(out.caplen, 14);
	f = built_frame(&b);
	f->linktype = 147;
	CHECK_EQ(edited(&o, f, &out), 1);
	CHECK_EQ(out.caplen, 0);
}

TEST(anonymize_checksums)
{
	for (int payload = PAYLOAD_DROP; payload <= PAYLOAD_KEEP; payload++)
		for (int wrong = 0; wrong < 2; wrong++) {
			struct edit_options o = hiding((enum edit_payload)payload);
			struct built b;
			struct frame *f = tcp_frame(&b, "an odd number"), out;

			set_checksums(b.bytes + 14, 16);
			b.bytes[14 + 10] ^= wrong;
			b.bytes[14 + 20 + 16] ^= wrong;
			CHECK_EQ(edited(&o, f, &out), 1);
			CHECK_EQ(ip_sum(out.data + 14) == 0xffff, !wrong);
			if (payload != PAYLOAD_DROP)
				CHECK_EQ(transport_sum(out.data + 14) == 0xffff, !wrong);
		}
}

/* An error quotes a packet: inner and outer agree, and the sum over both is right. */
TEST(anonymize_quoted_packets)
{
	struct edit_options o = hiding(PAYLOAD_KEEP);
	struct built b;
	struct frame *f, out;
	uint32_t s;

	built_eth(&b, 0x0800);
	built_ip(&b, 1, SRC, DST);
	built_add(&b, "\x03\x03\0\0\0\0\0\0", 8);
	built_add(&b, "\x45\0\0\x1c\0\0\0\0\x40\x11\0\0" DST SRC "\0\x35\x10\0\0\x08\0\0", 28);
	f = built_frame(&b);
	s = ~fold(add16(0, b.bytes + 34, 36)) & 0xffff;
	b.bytes[36] = (uint8_t)(s >> 8);
	b.bytes[37] = (uint8_t)s;
	CHECK_EQ(edited(&o, f, &out), 1);
	CHECK(!memcmp(out.data + 26, out.data + 34 + 8 + 16, 4) && !memcmp(out.data + 30, out.data + 34 + 8 + 12, 4));
	CHECK_EQ(fold(add16(0, out.data + 34, 36)), 0xffff);
}

TEST(anonymize_keeps_what_names_no_host)
{
	static const char *const kept[] = { "\0\0\0\0", "\xff\xff\xff\xff", "\xe0\0\0\x01", "\x7f\0\0\x01" };
	struct edit_options o = hiding(PAYLOAD_DROP);
	struct built b;
	struct frame out;

	for (size_t i = 0; i < 4; i++) {
		built_eth(&b, 0x0800);
		built_ip(&b, 17, SRC, kept[i]);
		CHECK_EQ(edited(&o, built_frame(&b), &out), 1);
		CHECK(!memcmp(out.data + 30, kept[i], 4));
	}
	built_eth(&b, 0x86dd);
	memcpy(b.bytes, "\x33\x33\xff\x11\x22\x33", 6);
	built_ip6(&b, 58, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\x11\x22\x33", "\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff\x11\x22\x33", 32);
	built_add(&b, "\x87\0\0\0\0\0\0\0" SRC6 "\x01\x01\x02\0\0\0\0\x05", 32);
	CHECK_EQ(edited(&o, built_frame(&b), &out), 1);
	CHECK_EQ(out.caplen, 14 + 40 + 32);
	CHECK(out.data[22] == 0xfe && out.data[23] >> 6 == 2 && memcmp(out.data + 24, b.bytes + 24, 14));
	CHECK(!memcmp(out.data + 38, b.bytes + 38, 13) && memcmp(out.data + 51, b.bytes + 51, 3));
	CHECK(!memcmp(out.data + 3, out.data + 51, 3)); /* the group's Ethernet address says the same */
	CHECK(memcmp(out.data + 62, SRC6, 16) && memcmp(out.data + 80, "\x02\0\0\0\0\x05", 6));
}

/* Equal prefixes stay equal, to the bit. */
TEST(anonymize_keeps_prefixes)
{
	struct edit_options o = hiding(PAYLOAD_DROP);

	for (unsigned bit = 4; bit < 32; bit++) {
		uint8_t a[4] = { 0x0a, 0x51, 0x33, 0x77 }, c[4];
		struct built b;
		struct frame out;
		uint32_t differ;

		memcpy(c, a, 4);
		c[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		built_eth(&b, 0x0800);
		built_ip(&b, 17, (const char *)a, (const char *)c);
		CHECK_EQ(edited(&o, built_frame(&b), &out), 1);
		differ = get_be32(out.data + 26) ^ get_be32(out.data + 30);
		CHECK_EQ(differ ? __builtin_clz(differ) : 32, bit);
	}
}

TEST(keys)
{
	uint8_t key[32], again[32];
	struct errmsg err;

	CHECK(!edit_make_key(sample_key, 32, key, &err));
	CHECK(!memcmp(key, sample_key, 32));
	CHECK(!edit_make_key("a text\n", 7, key, &err) && !edit_make_key("a text\n", 7, again, &err));
	CHECK(!memcmp(key, again, 32));
	CHECK_EQ(edit_make_key("", 0, key, &err), NW_EINPUT);
}
