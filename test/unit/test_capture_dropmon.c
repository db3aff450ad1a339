/* SPDX-License-Identifier: MIT */
/* Messages of the drop monitor, built by hand after include/uapi/linux/net_dropmon.h and genetlink.h. */
#include "check.h"

#include "base/frame.h"
#include "capture/dropmon.h"

#include <stdlib.h>

enum { FAMILY = 27 };

struct bytes {
	uint8_t at[1024];
	size_t len;
};

static void put(struct bytes *b, const void *data, size_t len)
{
	memcpy(b->at + b->len, data, len);
	b->len += len;
}

static void put_u16(struct bytes *b, uint16_t v) { put(b, &v, 2); }
static void put_u32(struct bytes *b, uint32_t v) { put(b, &v, 4); }

/* nlmsghdr (length comes later) and genlmsghdr */
static struct bytes message(uint16_t type, uint8_t command)
{
	struct bytes b = { .len = 0 };

	put_u32(&b, 0);
	put_u16(&b, type);
	put_u16(&b, 0);
	put_u32(&b, 0);
	put_u32(&b, 0);
	put(&b, (uint8_t[]){ command, 1, 0, 0 }, 4);
	return b;
}

static void attribute(struct bytes *b, uint16_t type, const void *value, uint16_t len)
{
	put_u16(b, (uint16_t)(4 + len));
	put_u16(b, type);
	put(b, value, len);
	while (b->len % 4)
		b->at[b->len++] = 0;
}

static void number(struct bytes *b, uint16_t type, uint64_t v, uint16_t len)
{
	uint16_t v2 = (uint16_t)v;
	uint32_t v4 = (uint32_t)v;

	attribute(b, type, len == 8 ? (void *)&v : len == 4 ? (void *)&v4 : (void *)&v2, len);
}

static void text(struct bytes *b, uint16_t type, const char *s)
{
	attribute(b, type, s, (uint16_t)(strlen(s) + 1));
}

static void finish(struct bytes *b)
{
	uint32_t len = (uint32_t)b->len;

	memcpy(b->at, &len, 4);
}

static const uint8_t ethernet[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28 };

/* NET_DM_CMD_PACKET_ALERT as net_dm_packet_report_fill() writes it. */
static struct bytes alert(void)
{
	struct bytes b = message(FAMILY, 5), port = { .len = 0 };

	number(&b, 14, 0, 2);                              /* ORIGIN: software */
	number(&b, 2, 0xffffffff81234567, 8);              /* PC */
	text(&b, 3, "__udp4_lib_rcv+0x5c5");               /* SYMBOL */
	number(&port, 0, 3, 4);                            /* PORT_NETDEV_IFINDEX */
	text(&port, 1, "eth0");
	attribute(&b, 4 | 0x8000, port.at, (uint16_t)port.len);
	number(&b, 5, 1700000000123456789, 8);             /* TIMESTAMP */
	number(&b, 10, 1500, 4);                           /* ORIG_LEN */
	attribute(&b, 7, ethernet, sizeof(ethernet));      /* PAYLOAD */
	number(&b, 6, 0x0800, 2);                          /* PROTO */
	text(&b, 23, "NO_SOCKET");                         /* REASON */
	finish(&b);
	return b;
}

TEST(a_packet_with_reason_and_place)
{
	struct bytes b = alert();
	struct dropped d;

	CHECK_EQ(dropmon_parse(b.at, b.len, FAMILY, &d), 1);
	CHECK_STR(d.reason, "NO_SOCKET");
	CHECK_STR(d.symbol, "__udp4_lib_rcv+0x5c5");
	CHECK_STR(d.ifname, "eth0");
	CHECK_EQ(d.ifindex, 3);
	CHECK_EQ(d.pc, 0xffffffff81234567);
	CHECK_EQ(d.ts_ns, 1700000000123456789);
	CHECK_EQ(d.proto, 0x0800);
	CHECK(!d.hardware);
	CHECK_EQ(d.wirelen, 1500);
	CHECK_EQ(d.caplen, sizeof(ethernet));
	CHECK_MEM(d.data, ethernet, sizeof(ethernet));
	CHECK_EQ(d.linktype, LINKTYPE_ETHERNET);
}

TEST(a_packet_of_hardware_without_link_layer)
{
	struct bytes b = message(FAMILY, 5);
	struct dropped d;

	number(&b, 14, 1, 2);
	text(&b, 15, "l3_drops");
	text(&b, 16, "blackhole_route");
	attribute(&b, 7, ethernet + 14, 4);
	number(&b, 6, 0x0800, 2);
	finish(&b);
	CHECK_EQ(dropmon_parse(b.at, b.len, FAMILY, &d), 1);
	CHECK(d.hardware);
	CHECK_STR(d.group, "l3_drops");
	CHECK_STR(d.trap, "blackhole_route");
	CHECK_EQ(d.wirelen, 4);
	CHECK_EQ(d.linktype, LINKTYPE_RAW);
	CHECK_STR(d.reason, "");
}

TEST(names_are_made_harmless_and_cut)
{
	char longest[300];
	struct bytes b = message(FAMILY, 5);
	struct dropped d;

	memset(longest, 'r', sizeof(longest));
	attribute(&b, 23, longest, sizeof(longest)); /* not ended by a zero */
	text(&b, 3, "a\x1b[2J b");
	number(&b, 6, 1, 4);                         /* a number of another size */
	finish(&b);
	CHECK_EQ(dropmon_parse(b.at, b.len, FAMILY, &d), 1);
	CHECK_EQ(strlen(d.reason), sizeof(d.reason) - 1);
	CHECK_STR(d.symbol, "a?[2J?b");
	CHECK_EQ(d.proto, 0);
}

TEST(other_messages_are_nothing)
{
	struct bytes b = alert();
	struct dropped d;

	CHECK_EQ(dropmon_parse(b.at, b.len, FAMILY + 1, &d), 0);
	b.at[16] = 1; /* NET_DM_CMD_ALERT */
	CHECK_EQ(dropmon_parse(b.at, b.len, FAMILY, &d), 0);
}

/* At every length a message is either whole, or shorter than it says and nothing; attributes that reach out are refused. */
TEST(what_contradicts_itself)
{
	struct bytes whole = alert();
	struct dropped d;

	for (size_t n = 0; n < whole.len; n++) {
		uint8_t *exact = malloc(n ? n : 1);
		uint32_t says = (uint32_t)n;

		memcpy(exact, whole.at, n);
		CHECK_EQ(dropmon_parse(exact, n, FAMILY, &d), 0);
		if (n >= 4)
			memcpy(exact, &says, 4);
		CHECK(dropmon_parse(exact, n, FAMILY, &d) <= 1);
		free(exact);
	}
	whole.at[20] = 3; /* shorter than its own header */
	CHECK_EQ(dropmon_parse(whole.at, whole.len, FAMILY, &d), NW_EINPUT);
	whole.at[21] = 0xff;
	CHECK_EQ(dropmon_parse(whole.at, whole.len, FAMILY, &d), NW_EINPUT);
}

TEST(statistics)
{
	struct bytes b = message(FAMILY, 9), inner = { .len = 0 };
	uint64_t lost;

	number(&inner, 0, 41, 8);
	attribute(&b, 12, inner.at, (uint16_t)inner.len);
	inner.len = 0;
	number(&inner, 0, 1, 8);
	attribute(&b, 13 | 0x8000, inner.at, (uint16_t)inner.len);
	finish(&b);
	CHECK(dropmon_parse_stats(b.at, b.len, FAMILY, &lost));
	CHECK_EQ(lost, 42);
	b.at[16] = 7;
	CHECK(!dropmon_parse_stats(b.at, b.len, FAMILY, &lost));
}

TEST(family)
{
	struct bytes b = message(0x10, 1), groups = { .len = 0 }, group = { .len = 0 };
	uint32_t events;
	uint16_t id;

	text(&b, 2, "NET_DM");
	number(&b, 1, 27, 2);
	text(&group, 1, "other");
	number(&group, 2, 8, 4);
	attribute(&groups, 1, group.at, (uint16_t)group.len);
	group.len = 0;
	text(&group, 1, "events");
	number(&group, 2, 9, 4);
	attribute(&groups, 2, group.at, (uint16_t)group.len);
	attribute(&b, 7, groups.at, (uint16_t)groups.len);
	finish(&b);
	CHECK(dropmon_parse_family(b.at, b.len, &id, &events));
	CHECK_EQ(id, 27);
	CHECK_EQ(events, 9);
	CHECK(!dropmon_parse_family(b.at, b.len - 1, &id, &events));
}

/* This kernel has a monitor or says precisely that it has none. */
TEST(probe)
{
	struct errmsg err = { "" };
	int rc = dropmon_probe(&err);

	CHECK(!rc || strstr(err.text, "CONFIG_NET_DROP_MONITOR") || strstr(err.text, "netlink"));
}
