/* SPDX-License-Identifier: MIT */
/* What queries read by an index, and that it never changes an answer, whatever stands in the packets. */
#include "query_scene.h"

TEST(index_leaves_out)
{
	struct scene s;
	struct query_cost c, all;

	if (!scene_open(&s, 4 << 20))
		return;
	for (unsigned i = 0; i < 200; i++)
		scene_udp(&s, 1, i == 100 ? 77 : 2 + i / 100, i == 30 ? 999 : 53, BIG);
	scene_end(&s);
	CHECK_STR(filtered(&s, "ip.addr == 10.0.0.77", false, &c), "101 ");
	CHECK_STR(filtered(&s, "ip.addr == 10.0.0.77", true, &all), "101 ");
	CHECK(c.chunks_read == 1 && c.chunks > 15);
	CHECK(c.bytes_read < 1 << 20 && all.bytes_read > 11 << 20);
	CHECK(c.packets_known && c.packets_at_most < 20);
	CHECK_STR(filtered(&s, "udp.port == 999", false, &c), "31 ");
	CHECK_EQ(c.chunks_read, 1);
	CHECK_STR(filtered(&s, "ip.src == 10.0.0.1 and ip.dst == 10.0.0.2 and udp.srcport == 40000 and udp.dstport == 999", false, &c), "31 ");
	CHECK_EQ(c.chunks_read, 1);
	CHECK_STR(filtered(&s, "host 10.0.0.9", false, &c), "");
	CHECK_EQ(c.bytes_read, 0);
	CHECK_STR(filtered(&s, "host 10.0.0.77 or port 999", false, &c), "31 101 ");
	CHECK_EQ(c.chunks_read, 2);
	CHECK_STR(filtered(&s, "host 10.0.0.77 and port 999", false, NULL), "");
	CHECK_STR(filtered(&s, "frame.time_epoch < 1700000003", false, &c), "1-3 ");
	CHECK_EQ(c.chunks_read, 1);
	CHECK_STR(filtered(&s, "not udp.port == 53", false, &c), "31 ");
	CHECK_EQ(c.chunks_read, c.chunks);
	CHECK_STR(filtered(&s, "udp.stream == 1", false, NULL), "31 ");
	scene_close(&s);
}

static unsigned rng = 1;

static unsigned below(unsigned n)
{
	rng = rng * 1664525u + 1013904223u;
	return (unsigned)((uint64_t)rng * n >> 32);
}

static char host_of(void)
{
	return (char)(1 + (below(4) ? below(6) : below(60)));
}

/* All kinds of headers in headers; addresses and ports from small sets. */
static void odd_packet(struct scene *s)
{
	static const uint16_t ports[] = { 53, 80, 443, 4789, 6081, 1701, 2152, 40000, 123, 9999 };
	unsigned kind = below(12), sp = ports[below(10)], dp = ports[below(10)];
	char a[4] = { 10, 0, 0, host_of() }, b[4] = { 10, 0, 0, host_of() };
	char a6[16] = { (char)0xfe, (char)0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host_of() };
	char b6[16] = { (char)0xfe, (char)0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host_of() };
	struct built p;
	struct frame *f;
	static uint8_t bytes[16384];
	unsigned pad = 3000 + below(9000);

	built_eth(&p, kind == 9 ? 0x8100 : kind == 6 || kind == 7 ? 0x86dd : 0x0800);
	if (kind == 9)
		built_vlan(&p, 5, 0x0800);
	if (kind == 6 || kind == 7)
		built_ip6(&p, kind == 7 ? 0 : 17, a6, b6, 60);
	if (kind == 7)
		built_add(&p, "\x06\x00\x01\x04\x00\x00\x00\x00", 8); /* hop-by-hop, then TCP */
	if (kind != 6 && kind != 7)
		built_ip(&p, kind == 1 ? 4 : kind == 2 ? 1 : kind == 3 ? 47 : kind == 4 || kind == 9 ? 6 : 17, a, b);
	if (kind == 5) { /* a later fragment */
		p.bytes[p.ip_at + 6] = 0;
		p.bytes[p.ip_at + 7] = 100;
	}
	if (kind == 2) /* an error that quotes */
		built_add(&p, "\x03\x03\x00\x00\x00\x00\x00\x00", 8);
	if (kind == 3)
		built_add(&p, "\x00\x00\x08\x00", 4);
	if (kind >= 1 && kind <= 3) {
		char c[4] = { 10, 0, 0, host_of() }, d[4] = { 10, 0, 0, host_of() };
		struct built inner = { .len = 0 };

		built_ip(&inner, 17, c, d);
		inner.bytes[3] = 28 + 8;
		built_udp(&inner, sp, dp);
		inner.bytes[25] = 16;
		built_add(&p, inner.bytes, inner.len);
	} else if (kind == 4 || kind == 9 || kind == 7) {
		built_tcp(&p, sp, dp, 2);
	} else {
		built_udp(&p, sp, dp);
	}
	f = built_frame(&p);
	memcpy(bytes, p.bytes, p.len);
	memset(bytes + p.len, 0, sizeof(bytes) - p.len);
	f->data = bytes;
	f->caplen = f->wirelen = p.len + pad;
	if (!below(20))
		f->caplen = below(60); /* cut short */
	f->ts_ns = T0 + (int64_t)s->written++ * SECOND;
	CHECK_EQ(record_frame(s->record, f, s->eth), 0);
}

static void odd_filter(char *text, size_t size, unsigned depth)
{
	static const char *const ports[] = { "53", "80", "443", "4789", "40000", "9999", "123" };
	static const char *const fields[] = { "ip.addr", "ip.src", "ip.dst" };
	static const char *const port_fields[] = { "udp.port", "udp.srcport", "udp.dstport", "tcp.port", "tcp.dstport" };
	size_t n = strlen(text);

	if (depth && below(3)) {
		snprintf(text + n, size - n, below(6) ? "(" : "not (");
		odd_filter(text, size, depth - 1);
		n = strlen(text);
		snprintf(text + n, size - n, below(3) ? " and " : " or ");
		odd_filter(text, size, depth - 1);
		n = strlen(text);
		snprintf(text + n, size - n, ")");
		return;
	}
	switch (below(8)) {
	case 0: case 1: case 2:
		snprintf(text + n, size - n, "%s == 10.0.0.%d", fields[below(3)], host_of());
		break;
	case 3: case 4:
		snprintf(text + n, size - n, "%s == %s", port_fields[below(5)], ports[below(7)]);
		break;
	case 5:
		snprintf(text + n, size - n, "ipv6.addr == fe80::%x", host_of());
		break;
	case 6:
		snprintf(text + n, size - n, "frame.time_epoch >= %lld", T0 / SECOND + below(600));
		break;
	default:
		snprintf(text + n, size - n, "%s", below(2) ? "dns" : "udp.stream < 30");
	}
}

TEST(an_index_never_changes_an_answer)
{
	struct scene s;
	unsigned narrowed = 0, matched = 0;

	if (!scene_open(&s, 2 << 20))
		return;
	for (unsigned i = 0; i < 600; i++) {
		/* chunks of plain packets in between: where the index can say no */
		if (i / 100 % 2)
			odd_packet(&s);
		else
			scene_udp(&s, (unsigned)host_of(), (unsigned)host_of() + below(2), below(2) ? 53 : 123, 8000);
	}
	scene_end(&s);
	for (unsigned i = 0; i < 400; i++) {
		char filter[2000] = "", by_index[4096];
		struct query_cost c;

		odd_filter(filter, sizeof(filter), below(4));
		snprintf(by_index, sizeof(by_index), "%s", filtered(&s, filter, false, &c));
		narrowed += c.chunks_read < c.chunks;
		matched += by_index[0] != 0;
		if (!CHECK_STR(by_index, filtered(&s, filter, true, NULL)))
			fprintf(stderr, "# %s\n", filter);
	}
	CHECK(narrowed > 50);
	CHECK(matched > 100);
	scene_close(&s);
}

/* ---- datagrams in pieces ---------------------------------------------------------------------------------- */

static const char query_of_dns[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01" "a\x07" "example\x00\x00\x01\x00\x01";

/* One fragment of the datagram `d`: `len` bytes of what is behind its IP header, from `from` on. */
static void piece(struct scene *s, const struct built *d, unsigned from, unsigned len, bool more)
{
	struct built p = { .len = 0 };
	struct frame *f;

	built_add(&p, d->bytes, d->ip_at + 20);
	built_add(&p, d->bytes + d->ip_at + 20 + from, len);
	p.ip_at = d->ip_at;
	p.bytes[p.ip_at + 6] = (uint8_t)((more ? 0x20 : 0) | from / 8 >> 8);
	p.bytes[p.ip_at + 7] = (uint8_t)(from / 8);
	f = built_frame(&p);
	f->ts_ns = T0 + (int64_t)s->written++ * SECOND;
	CHECK_EQ(record_frame(s->record, f, s->eth), 0);
}

static void some_chunks(struct scene *s)
{
	for (unsigned i = 0; i < 25; i++)
		scene_udp(s, 1, 2, 123, BIG);
}

static void dns_from(struct built *d, unsigned host, bool in_vxlan)
{
	char src[4] = { 10, 0, 0, (char)host };

	built_eth(d, 0x0800);
	if (in_vxlan) {
		built_ip(d, 17, "\x0a\x00\x00\x32", "\x0a\x00\x00\x33");
		built_udp(d, 5000, 4789);
		built_add(d, "\x08\x00\x00\x00\x00\x00\x05\x00", 8);
		built_add(d, "\x02\x00\x00\x00\x00\x02\x00\x11\x22\x33\x44\x55\x08\x00", 14);
	}
	if (in_vxlan) {
		uint32_t outer = d->ip_at, outer_udp = d->udp_at, inner;

		built_ip(d, 17, src, "\x0a\x00\x00\x08");
		inner = d->ip_at;
		built_udp(d, 40000, 53);
		built_add(d, query_of_dns, sizeof(query_of_dns) - 1);
		built_frame(d);
		d->bytes[inner + 6] = 0;
		d->ip_at = outer;
		d->udp_at = outer_udp;
	} else {
		built_ip(d, 17, src, "\x0a\x00\x00\x08");
		built_udp(d, 40000, 53);
		built_add(d, query_of_dns, sizeof(query_of_dns) - 1);
	}
	built_frame(d); /* lengths */
}

static void same_by_index(const struct scene *s, const char *filter, const char *want, bool fewer)
{
	struct query_cost c;

	CHECK_STR(filtered(s, filter, true, NULL), want);
	CHECK_STR(filtered(s, filter, false, &c), want);
	CHECK_EQ(c.chunks_read < c.chunks, fewer);
}

/* The message is in the fragment that completes it, whose chunk knows of ports only by the first. */
TEST(fragments_in_other_chunks)
{
	struct built d;
	struct scene s;

	if (!scene_open(&s, 16 << 20))
		return;
	dns_from(&d, 7, false);
	piece(&s, &d, 0, 24, true);
	some_chunks(&s);
	piece(&s, &d, 24, d.len - d.ip_at - 20 - 24, false);
	some_chunks(&s);
	scene_end(&s);
	same_by_index(&s, "dns", "27 ", false);
	same_by_index(&s, "dns and udp.port == 53", "27 ", true);
	same_by_index(&s, "dns and ip.addr == 10.0.0.7", "27 ", true);
	same_by_index(&s, "dns and ip.src == 10.0.0.7 and ip.dst == 10.0.0.8 and udp.srcport == 40000 and udp.dstport == 53", "27 ", true);
	same_by_index(&s, "dns and ip.addr == 10.0.0.9", "", true);
	same_by_index(&s, "udp.port == 53", "1 ", true);
	scene_close(&s);
}

/* Out of order, and in a tunnel: then it can be in any chunk with a fragment. */
TEST(fragments_that_nobody_can_place)
{
	struct built d, t;
	struct scene s;

	if (!scene_open(&s, 16 << 20))
		return;
	dns_from(&d, 7, false);
	piece(&s, &d, 24, d.len - d.ip_at - 20 - 24, false);
	some_chunks(&s);
	piece(&s, &d, 0, 24, true);
	some_chunks(&s);
	dns_from(&t, 9, true);
	piece(&s, &t, 0, 64, true);
	some_chunks(&s);
	piece(&s, &t, 64, t.len - t.ip_at - 20 - 64, false);
	some_chunks(&s);
	scene_end(&s);
	same_by_index(&s, "dns and udp.port == 53", "27 79 ", true);
	same_by_index(&s, "dns and ip.addr == 10.0.0.7", "27 ", true);
	same_by_index(&s, "dns and ip.addr == 10.0.0.9", "79 ", true);
	same_by_index(&s, "ip.addr == 10.0.0.9", "53 ", true);
	scene_close(&s);
}
