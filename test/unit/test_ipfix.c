/* SPDX-License-Identifier: MIT */
/* IPFIX messages: whole in the outbuf whatever its size, never longer than 1400 bytes, templates again for a collector. */
#include "check.h"
#include "decode/cursor.h"
#include "export/export.h"

#include <stdlib.h>

/* IPv4 and IPv6 datagrams of one conversation each */
static uint8_t datagram4[] = { 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 0, 2, 53, 0x13, 0x88, 0x13, 0x89, 0, 8, 0, 0 };
static uint8_t datagram6[] = { 0x60, 0, 0, 0, 0, 8, 17, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
			       0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 53, 0x13, 0x88, 0x13, 0x89, 0, 8, 0, 0 };

struct got {
	unsigned messages, templates, broken;
	uint32_t next;   /* sequence number that the next one must have */
	uint32_t domain;
};

/* What target.c does with the pieces it is given: each must be whole messages. */
static int take(void *user, const char *data, size_t len, struct errmsg *err)
{
	const uint8_t *p = (const uint8_t *)data;
	struct got *g = user;

	(void)err;
	while (len) {
		size_t n = len >= 16 ? get_be16(p + 2) : 0;

		if (n < 16 || n > len || n > 1400 || get_be16(p) != 10) {
			g->broken++;
			return 0;
		}
		g->broken += get_be32(p + 8) < g->next || get_be32(p + 12) != g->domain;
		g->next = get_be32(p + 8);
		g->templates += get_be16(p + 16) == 2;
		g->messages++;
		p += n;
		len -= n;
	}
	return 0;
}

static struct got run(unsigned flows, bool datagrams, size_t buffer, int64_t again_ns)
{
	struct export_options o = { .report = "flows", .format = "ipfix", .datagrams = datagrams, .ipfix = { 9, again_ns } };
	struct packet *p = malloc(sizeof(*p));
	struct got g = { .domain = 9 };
	struct decoder d;
	struct outbuf out;
	struct export *e;

	decoder_init(&d);
	outbuf_to_sink(&out, take, &g, buffer, NULL);
	if (CHECK(!export_open(&e, &o, &d, &out, NULL))) {
		for (unsigned i = 0; i < flows; i++) {
			bool v6 = i % 3 == 2;
			uint8_t *data = v6 ? datagram6 : datagram4, *end = v6 ? datagram6 + 23 : datagram4 + 15;
			struct frame f = { .number = i + 1, .ts_ns = 1700000000000000000 + i, .data = data, .has_ts = true,
					   .linktype = LINKTYPE_RAW };

			f.caplen = f.wirelen = v6 ? sizeof(datagram6) : sizeof(datagram4);
			end[0] = (uint8_t)i;
			end[-1] = (uint8_t)(i >> 8);
			packet_decode(p, &d, &f);
			export_packet(e, p);
		}
		CHECK(!export_close(e, NULL));
		outbuf_flush(&out, NULL);
	}
	outbuf_release(&out);
	decoder_release(&d);
	free(p);
	return g;
}

TEST(messages_are_whole_in_any_buffer)
{
	static const size_t buffers[] = { 4096, 5000, 65536, 262144 };

	for (unsigned i = 0; i < sizeof(buffers) / sizeof(*buffers); i++) {
		struct got g = run(1000, false, buffers[i], 0);

		CHECK_EQ(g.broken, 0);
		CHECK_EQ(g.templates, 1);
		CHECK(g.messages > 50 && g.next > 950 && g.next < 1000);
	}
}

TEST(a_collector_gets_templates_again)
{
	struct got g = run(1000, true, 65536, 1); /* a nanosecond has always passed */

	CHECK_EQ(g.broken, 0);
	CHECK_EQ(g.templates, g.messages);
	g = run(1000, true, 65536, 3600000000000ll);
	CHECK_EQ(g.templates, 1);
}

TEST(no_flows_are_the_templates_alone)
{
	struct got g = run(0, false, 4096, 0);

	CHECK_EQ(g.messages, 1);
	CHECK_EQ(g.templates, 1);
	CHECK_EQ(g.broken, 0);
}
