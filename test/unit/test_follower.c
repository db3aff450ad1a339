/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"
#include "base/outbuf.h"
#include "check.h"
#include "decode/protocol.h"
#include "flow/follower.h"

#include <stdlib.h>

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* What a follower tells, as text: '>' or '<' and bytes, [n] a gap, | the end of a direction, * that it is gone. */
struct world {
	struct decoder d;
	struct follower f;
	struct packet *p;
	uint64_t frames;
	char text[4096];
	struct outbuf o;
};

static void on_data(void *user, struct followed *s, unsigned dir, const uint8_t *data, uint32_t len)
{
	struct world *w = user;

	(void)s;
	outbuf_char(&w->o, dir == FLOW_ORIG ? '>' : '<');
	if (data) {
		outbuf_bytes(&w->o, data, len);
	} else {
		outbuf_char(&w->o, '[');
		outbuf_u64(&w->o, len);
		outbuf_char(&w->o, ']');
	}
}

static void on_end(void *user, struct followed *s, unsigned dir, bool whole)
{
	struct world *w = user;

	(void)s;
	outbuf_str(&w->o, dir == FLOW_ORIG ? whole ? ">|" : ">!" : whole ? "<|" : "<!");
}

static void on_gone(void *user, struct followed *s)
{
	struct world *w = user;

	(void)s;
	outbuf_char(&w->o, '*');
}

static const struct follower_events events = { on_data, on_end, on_gone };

static void world_begin(struct world *w, const char *choice)
{
	struct follower_choice c;
	const char *rest;

	memset(w, 0, sizeof(*w));
	outbuf_fixed(&w->o, w->text, sizeof(w->text));
	w->p = calloc(1, sizeof(*w->p));
	decoder_init(&w->d);
	CHECK_EQ(follower_choice_parse(&c, choice, &rest, NULL), 0);
	follower_init(&w->f, &c, &events, w, &w->d);
}

static const char *world_end(struct world *w)
{
	follower_end(&w->f);
	follower_release(&w->f);
	decoder_release(&w->d);
	free(w->p);
	return outbuf_cstr(&w->o);
}

/* An IPv4 packet between 10.0.0.1:1000 + client and 10.0.0.2:80; `from`: 0 the client. */
static void packet(struct world *w, unsigned client, unsigned from, bool udp, uint32_t seq, uint32_t ack, unsigned flags, const char *text)
{
	size_t len = strlen(text), head = udp ? 28 : 40;
	uint8_t *b = calloc(1, head + len), *ip = b, *t = b + 20;
	struct frame f = { .number = ++w->frames, .linktype = LINKTYPE_RAW, .has_ts = true };

	ip[0] = 0x45;
	ip[2] = (uint8_t)((head + len) >> 8);
	ip[3] = (uint8_t)(head + len);
	ip[8] = 64;
	ip[9] = udp ? 17 : 6;
	memcpy(ip + 12, from ? "\12\0\0\2\12\0\0\1" : "\12\0\0\1\12\0\0\2", 8);
	t[from ? 2 : 0] = (uint8_t)((1000 + client) >> 8);
	t[from ? 3 : 1] = (uint8_t)(1000 + client);
	t[from ? 1 : 3] = 80;
	if (udp) {
		t[4] = (uint8_t)((8 + len) >> 8);
		t[5] = (uint8_t)(8 + len);
	} else {
		for (int i = 0; i < 4; i++) {
			t[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
			t[8 + i] = (uint8_t)(ack >> (24 - 8 * i));
		}
		t[12] = 0x50;
		t[13] = (uint8_t)flags;
	}
	memcpy(b + head, text, len);
	f.data = b;
	f.caplen = f.wirelen = (uint32_t)(head + len);
	packet_decode(w->p, &w->d, &f);
	follower_packet(&w->f, w->p);
	free(b);
}

TEST(a_connection_from_begin_to_end)
{
	struct world w;

	world_begin(&w, "tcp,0");
	packet(&w, 0, 0, false, 99, 0, SYN, "");
	packet(&w, 0, 1, false, 499, 100, SYN | ACK, "");
	packet(&w, 0, 0, false, 100, 500, ACK, "ask");
	packet(&w, 1, 0, false, 7, 0, ACK, "other");
	packet(&w, 0, 1, false, 503, 103, ACK, "wer");
	packet(&w, 0, 1, false, 500, 103, ACK, "ans");
	packet(&w, 0, 1, false, 500, 103, ACK, "ANS");
	packet(&w, 0, 0, false, 103, 506, FIN | ACK, "");
	packet(&w, 0, 1, false, 506, 104, FIN | ACK, "!");
	CHECK_STR(world_end(&w), ">ask<ans<wer>|<!<|*");
}

TEST(who_begins)
{
	struct world w;

	world_begin(&w, "tcp,all"); /* the handshake's second segment came first */
	packet(&w, 0, 1, false, 499, 100, SYN | ACK, "");
	packet(&w, 0, 0, false, 100, 500, ACK, "ask");
	CHECK_STR(world_end(&w), ">ask>!<!*");
	world_begin(&w, "tcp,all"); /* nobody knows: who is seen first */
	packet(&w, 0, 1, false, 500, 100, ACK, "tell");
	CHECK_STR(world_end(&w), ">tell>!<!*");
}

TEST(what_is_missing_is_a_gap)
{
	struct world w;

	world_begin(&w, "tcp,all");
	packet(&w, 0, 0, false, 100, 500, ACK, "ab");
	packet(&w, 0, 0, false, 105, 500, ACK, "fg");
	packet(&w, 0, 1, false, 500, 107, ACK, "yes"); /* it is acknowledged: nothing more comes */
	packet(&w, 0, 0, false, 110, 500, ACK, "kl");
	CHECK_STR(world_end(&w), ">ab>[3]>fg<yes>[3]>kl>!<!*");
}

TEST(by_number_ends_and_all)
{
	struct world w;

	world_begin(&w, "tcp,1");
	packet(&w, 0, 0, false, 1, 0, ACK, "a");
	packet(&w, 1, 0, false, 1, 0, ACK, "b");
	CHECK_STR(world_end(&w), ">b>!<!*");
	world_begin(&w, "tcp,10.0.0.2:80,10.0.0.1:1001");
	packet(&w, 0, 0, false, 1, 0, ACK, "a");
	packet(&w, 1, 0, false, 1, 0, ACK, "b");
	packet(&w, 1, 0, false, 90, 0, SYN, ""); /* the same ends again */
	packet(&w, 1, 0, false, 91, 0, ACK, "c");
	CHECK_STR(world_end(&w), ">b>c>!<!*>!<!*");
	world_begin(&w, "udp,all");
	packet(&w, 0, 0, true, 0, 0, 0, "q1");
	packet(&w, 0, 1, true, 0, 0, 0, "r1");
	packet(&w, 0, 1, true, 0, 0, 0, "");
	packet(&w, 0, 0, false, 1, 0, ACK, "tcp");
	CHECK_STR(world_end(&w), ">q1<r1<>!<!*");
}

TEST(choices)
{
	static const char *const wrong[] = { "", "tcp", "sctp,1", "tcp,", "tcp,x", "tcp,-1", "tcp,10.0.0.1:80", "tcp,10.0.0.1:80,fe80::1:80",
					     "tcp,10.0.0.1:80,10.0.0.2:65536", "tcp,4294967296", "icmp,0" };
	struct follower_choice c;
	struct errmsg err;
	const char *rest;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (!CHECK(follower_choice_parse(&c, wrong[i], &rest, &err) == NW_EINPUT))
			printf("# %s\n", wrong[i]);
	CHECK_EQ(follower_choice_parse(&c, "udp,12,orig", &rest, &err), 0);
	CHECK(c.udp && c.number == 12 && !c.all);
	CHECK_STR(rest, "orig");
	CHECK_EQ(follower_choice_parse(&c, "tcp,[fe80::1]:80,fe80::2:1234", &rest, &err), 0);
	CHECK(c.number == CONVERSATION_NONE && c.addr_len == 16 && c.port[0] == 80 && c.port[1] == 1234 && c.addr[1][15] == 2 && !rest);
}

TEST(closed_ones_are_forgotten)
{
	struct world w;
	unsigned stars = 0;

	world_begin(&w, "tcp,all");
	for (unsigned i = 0; i < FOLLOWED_CLOSED_MAX + 10; i++) {
		packet(&w, i, 0, false, 1, 0, FIN | ACK, "");
		packet(&w, i, 1, false, 1, 2, FIN | ACK, "");
	}
	CHECK_EQ(w.f.closed.count, FOLLOWED_CLOSED_MAX);
	CHECK_EQ(w.f.open.count, 0);
	w.o.pos = w.o.start;
	packet(&w, 0, 0, false, 2, 0, ACK, "too late");
	CHECK_EQ(outbuf_len(&w.o), 0);
	for (const char *s = world_end(&w); *s; s++)
		stars += *s == '*';
	CHECK_EQ(stars, FOLLOWED_CLOSED_MAX);
	CHECK_EQ(w.f.evicted, 0);
}

TEST(all_together_have_a_ceiling)
{
	struct world w;
	char *kilo = calloc(1, 60001);

	memset(kilo, 'x', 60000);
	world_begin(&w, "tcp,all");
	for (unsigned i = 0; i < 1200; i++) { /* 1200 times 60 kB that wait: 72 MB */
		packet(&w, i, 0, false, 0, 0, ACK, "a");
		packet(&w, i, 0, false, 100, 0, ACK, kilo);
	}
	CHECK(w.f.overflows > 50 && w.f.overflows < 120);
	CHECK(w.f.waiting <= FOLLOWER_WAITING_MAX + 60000);
	world_end(&w);
	CHECK_EQ(w.f.waiting, 0);
	free(kilo);
}
