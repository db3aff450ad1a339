/* SPDX-License-Identifier: MIT */
#include "base/intern.h"
#include "check.h"
#include "decode/protocol.h"
#include "decode/space.h"
#include "flow/flow.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16, ORIG_PORT = 1000 };
static const int64_t S = 1000000000;

/* What a test looks at of the records that ended. */
struct seen {
	unsigned count, reasons[8];
	uint64_t packets[2], bytes[2], payload[2];
	struct flow_record last;
	struct flow flow;
	char history[32], name[64];
};

static bool ended(void *user, const struct flow_record *r)
{
	struct seen *s = user;

	s->count++;
	s->reasons[r->reason]++;
	s->last = *r;
	s->flow = *r->flow;
	for (unsigned i = 0; i < 2; i++) {
		s->packets[i] += r->flow->packets[i];
		s->bytes[i] += r->flow->bytes[i];
		s->payload[i] += r->detail ? r->detail->payload[i] : 0;
	}
	snprintf(s->history, sizeof(s->history), "%.*s", r->detail ? r->detail->history_len : 0, r->detail ? r->detail->history : "");
	snprintf(s->name, sizeof(s->name), "%s", r->name ? r->name : "");
	return true;
}

struct rig {
	struct decoder d;
	struct flows *f;
	struct packet p;
	struct seen seen;
	uint8_t bytes[200];
	struct frame frame;
	uint64_t number;
};

static void rig_open(struct rig *r, struct flow_options o)
{
	memset(r, 0, sizeof(*r));
	decoder_init(&r->d);
	o.ended = ended;
	o.user = &r->seen;
	CHECK_EQ(flows_new(&r->f, &o, &r->d, NULL), 0);
}

static void rig_close(struct rig *r)
{
	flows_free(r->f);
	decoder_release(&r->d);
}

/* A frame of the conversation `n`, `back` from its responder; `vlan` 0: untagged. */
static const struct flow *segment(struct rig *r, uint32_t n, bool back, uint8_t proto, unsigned flags, uint32_t seq, unsigned len,
				  int64_t ts_ns, unsigned vlan, unsigned *side)
{
	uint8_t *h = r->bytes, *ip, *t;
	unsigned header = proto == 6 ? 20 : proto == 17 ? 8 : 8, total = 20 + header + len;
	uint16_t port = back ? 53 : ORIG_PORT;

	memset(r->bytes, 0, sizeof(r->bytes));
	h[12] = vlan ? 0x81 : 8;
	ip = h + 14;
	if (vlan) {
		h[14] = (uint8_t)(vlan >> 8);
		h[15] = (uint8_t)vlan;
		h[16] = 8;
		ip += 4;
	}
	ip[0] = 0x45;
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	ip[8] = 64;
	ip[9] = proto;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *a = ip + (i == back ? 12 : 16);

		a[0] = i ? 192 : 10;
		a[1] = i ? 0 : (uint8_t)(n >> 16);
		a[2] = i ? 2 : (uint8_t)(n >> 8);
		a[3] = i ? 1 : (uint8_t)n;
	}
	t = ip + 20;
	if (proto != 1) {
		t[0] = (uint8_t)(port >> 8);
		t[1] = (uint8_t)port;
		port = back ? ORIG_PORT : 53;
		t[2] = (uint8_t)(port >> 8);
		t[3] = (uint8_t)port;
	} else {
		t[0] = back ? 0 : 8;
	}
	if (proto == 6) {
		for (unsigned i = 0; i < 4; i++)
			t[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
		t[12] = 0x50;
		t[13] = (uint8_t)flags;
		t[14] = 1;
	} else if (proto == 17) {
		t[5] = (uint8_t)(8 + len);
	}
	r->frame = (struct frame){ .number = ++r->number, .ts_ns = ts_ns, .has_ts = true, .data = r->bytes, .linktype = 1,
				   .caplen = (uint32_t)(ip - h) + total, .wirelen = (uint32_t)(ip - h) + total };
	packet_decode(&r->p, &r->d, &r->frame);
	return flows_packet(r->f, &r->p, side);
}

TEST(both_directions_add_up_and_the_syn_says_who_began)
{
	struct rig r;
	unsigned side;

	rig_open(&r, (struct flow_options){ .detail = true });
	CHECK(segment(&r, 7, true, 6, SYN | ACK, 900, 0, S, 0, &side)); /* the SYN was not captured */
	CHECK_EQ(side, FLOW_RESP);
	segment(&r, 7, false, 6, ACK, 101, 0, S + 1, 0, &side);
	CHECK_EQ(side, FLOW_ORIG);
	segment(&r, 7, false, 6, ACK, 101, 10, S + 2, 0, &side);
	segment(&r, 7, true, 6, ACK, 901, 30, S + 3, 0, &side);
	segment(&r, 7, true, 6, FIN | ACK, 931, 0, 3 * S, 0, &side);
	CHECK_EQ(flows_current(r.f)->ends.src[3], 7);
	flows_end(r.f);
	CHECK_EQ(r.seen.count, 1);
	CHECK_EQ(r.seen.reasons[FLOW_FORCED], 1);
	CHECK_EQ(r.seen.packets[FLOW_ORIG], 2);
	CHECK_EQ(r.seen.packets[FLOW_RESP], 3);
	CHECK_EQ(r.seen.bytes[FLOW_ORIG], 2 * 54 + 10);
	CHECK_EQ(r.seen.payload[FLOW_RESP], 30);
	CHECK_EQ(r.seen.flow.first_ns, S);
	CHECK_EQ(r.seen.flow.last_ns, 3 * S);
	CHECK_EQ(r.seen.flow.tcp_flags[FLOW_RESP], SYN | ACK | FIN);
	CHECK(!strcmp(r.seen.history, "hADdf"));
	flows_end(r.f);
	CHECK_EQ(r.seen.count, 1);
	rig_close(&r);
}

TEST(time_outs_end_records_and_begin_others_of_the_same_number)
{
	struct rig r;

	rig_open(&r, (struct flow_options){ .limits = { .idle_ns = 10 * S, .active_ns = 60 * S } });
	segment(&r, 1, false, 17, 0, 0, 4, 100 * S, 0, NULL);
	segment(&r, 2, false, 17, 0, 0, 4, 109 * S, 0, NULL);
	CHECK_EQ(r.seen.count, 0);
	segment(&r, 2, false, 17, 0, 0, 4, 114 * S, 0, NULL); /* by now 1 is idle */
	CHECK_EQ(r.seen.reasons[FLOW_IDLE], 1);
	CHECK_EQ(r.seen.last.number, 0);
	segment(&r, 1, true, 17, 0, 0, 4, 115 * S, 0, NULL);
	CHECK_EQ(flows_current(r.f)->number, 0);
	CHECK_EQ(flows_current(r.f)->ends.src[0], 10); /* a record of its own, but who began the conversation is known */
	for (int i = 0; i < 20; i++)
		segment(&r, 2, false, 17, 0, 0, 4, (116 + 5 * i) * S, 0, NULL);
	CHECK(r.seen.reasons[FLOW_ACTIVE]);
	flows_end(r.f);
	CHECK_EQ(r.seen.packets[0] + r.seen.packets[1], r.number);
	rig_close(&r);
}

TEST(one_time_far_in_the_future_stops_no_time_outs)
{
	struct rig r;

	rig_open(&r, (struct flow_options){ .limits = { .idle_ns = 10 * S } });
	segment(&r, 1, false, 17, 0, 0, 4, 100 * S, 0, NULL);
	segment(&r, 2, false, 17, 0, 0, 4, INT64_MAX - 1, 0, NULL);
	r.seen.count = 0;
	segment(&r, 3, false, 17, 0, 0, 4, 101 * S, 0, NULL);
	for (int i = 0; i < 3000; i++)
		segment(&r, 4, false, 17, 0, 0, 4, 102 * S + i * S / 100, 0, NULL);
	CHECK_EQ(r.seen.count, 1); /* 3; of 2 nobody knows */
	CHECK_EQ(r.seen.last.reason, FLOW_IDLE);
	CHECK_EQ(r.seen.last.number, 2);
	rig_close(&r);
}

TEST(a_closed_connection_says_so)
{
	struct rig r;

	rig_open(&r, (struct flow_options){ .limits = { .idle_ns = 10 * S } });
	segment(&r, 1, false, 6, RST, 5, 0, S, 0, NULL);
	segment(&r, 2, false, 17, 0, 0, 4, 100 * S, 0, NULL);
	segment(&r, 2, false, 17, 0, 0, 4, 105 * S, 0, NULL);
	CHECK_EQ(r.seen.reasons[FLOW_END_DETECTED], 1);
	rig_close(&r);
}

TEST(at_the_ceiling_the_oldest_end_and_no_packet_is_lost)
{
	enum { CEILING = 4096, ALL = 20000 };
	struct rig r;
	size_t bytes = 0;

	rig_open(&r, (struct flow_options){ .limits = { .ceiling = CEILING }, .detail = true });
	for (uint32_t i = 0; i < ALL; i++) {
		segment(&r, i, false, i & 1 ? 6 : 17, SYN, i, 0, S + i, 0, NULL);
		if (i == ALL / 2)
			bytes = flows_bytes(r.f);
	}
	CHECK(flows_evicted(r.f) >= ALL - 2 * CEILING);
	CHECK_EQ(flows_lost(r.f), 0);
	CHECK(flows_bytes(r.f) <= bytes + bytes / 8); /* flat */
	flows_end(r.f);
	CHECK_EQ(r.seen.count, ALL);
	CHECK_EQ(r.seen.packets[0], ALL);
	CHECK_EQ(r.seen.reasons[FLOW_EVICTED], flows_evicted(r.f));
	rig_close(&r);
}

TEST(what_is_asked_and_answered_by_icmp_is_one_flow)
{
	struct rig r;
	unsigned side;

	rig_open(&r, (struct flow_options){ .detail = true });
	segment(&r, 1, false, 1, 0, 0, 8, S, 0, &side);
	CHECK_EQ(side, FLOW_ORIG);
	segment(&r, 1, true, 1, 0, 0, 8, S, 0, &side);
	CHECK_EQ(side, FLOW_RESP);
	CHECK_EQ(flows_current(r.f)->transport, FLOW_OTHER);
	CHECK_EQ(flows_current(r.f)->detail->icmp, 8 << 8);
	CHECK_EQ(flows_current(r.f)->ends.src_port, 0);
	flows_end(r.f);
	CHECK_EQ(r.seen.count, 1);
	rig_close(&r);
}

TEST(vlans_separate_when_asked_to)
{
	struct rig r;

	for (unsigned separate = 0; separate <= SEPARATE_VLAN; separate++) {
		rig_open(&r, (struct flow_options){ .limits = { .separate = separate } });
		segment(&r, 1, false, 17, 0, 0, 4, S, 5, NULL);
		segment(&r, 1, true, 17, 0, 0, 4, S, 6, NULL);
		segment(&r, 1, true, 17, 0, 0, 4, S, 5, NULL);
		if (separate)
			CHECK_EQ(flows_current(r.f)->space->vlan[0], 6); /* id + 1 */
		else
			CHECK(!flows_current(r.f)->space);
		flows_end(r.f);
		CHECK_EQ(r.seen.count, separate ? 2 : 1);
		rig_close(&r);
	}
}

/* The frame of `inner` in a VXLAN packet of this network (RFC 7348), booked. */
static const struct flow_record *in_vxlan(struct rig *r, const struct rig *inner, unsigned vni)
{
	enum { OUTER = 14 + 20 + 8 + 8 };
	uint8_t *h = r->bytes, *ip = h + 14;
	unsigned total = OUTER - 14 + inner->frame.caplen;

	memset(h, 0, OUTER);
	h[12] = 8;
	ip[0] = 0x45;
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	ip[9] = 17;
	ip[12] = ip[16] = 10;
	ip[20] = 0x80;
	ip[22] = 4789 >> 8;
	ip[23] = (uint8_t)4789;
	ip[24] = (uint8_t)((total - 20) >> 8);
	ip[25] = (uint8_t)(total - 20);
	ip[28] = 8; /* the network's number is valid */
	ip[32] = (uint8_t)(vni >> 16);
	ip[33] = (uint8_t)(vni >> 8);
	ip[34] = (uint8_t)vni;
	memcpy(h + OUTER, inner->bytes, inner->frame.caplen);
	r->frame = inner->frame;
	r->frame.data = h;
	r->frame.caplen = r->frame.wirelen = total + 14;
	packet_decode(&r->p, &r->d, &r->frame);
	flows_packet(r->f, &r->p, NULL);
	return flows_current(r->f);
}

TEST(overlay_networks_separate_when_asked_to)
{
	struct rig r, inner;

	rig_open(&inner, (struct flow_options){ .names = false });
	segment(&inner, 1, false, 17, 0, 0, 4, S, 0, NULL);
	for (unsigned separate = 0; separate <= SEPARATE_VNI; separate += SEPARATE_VNI) {
		const struct flow_record *f;

		rig_open(&r, (struct flow_options){ .limits = { .separate = separate } });
		f = in_vxlan(&r, &inner, 70000);
		CHECK(f && f->ends.src_port == ORIG_PORT); /* the inner one's */
		f = in_vxlan(&r, &inner, 70001);
		if (separate)
			CHECK(f && f->space && f->space->vni == 70002); /* + 1 */
		else
			CHECK(f && !f->space);
		flows_end(r.f);
		CHECK_EQ(r.seen.count, separate ? 2 : 1);
		rig_close(&r);
	}
	rig_close(&inner);
}

TEST(interfaces_separate_when_asked_to)
{
	struct rig r;

	for (unsigned separate = 0; separate <= SEPARATE_INTERFACE; separate += SEPARATE_INTERFACE) {
		rig_open(&r, (struct flow_options){ .limits = { .separate = separate } });
		segment(&r, 1, false, 6, SYN, 1, 0, S, 0, NULL);
		r.frame.ifid = 1;
		packet_decode(&r.p, &r.d, &r.frame);
		flows_packet(r.f, &r.p, NULL);
		flows_end(r.f);
		CHECK_EQ(r.seen.count, separate ? 2 : 1);
		rig_close(&r);
	}
}

TEST(more_networks_than_can_be_told_apart_are_counted)
{
	struct rig r, inner;

	rig_open(&inner, (struct flow_options){ .names = false });
	segment(&inner, 1, false, 17, 0, 0, 4, S, 0, NULL);
	rig_open(&r, (struct flow_options){ .limits = { .separate = SEPARATE_VNI } });
	for (unsigned vni = 1; vni <= SPACES_MAX; vni++)
		in_vxlan(&r, &inner, vni);
	CHECK_EQ(spaces_merged(r.d.spaces), 0);
	CHECK(!in_vxlan(&r, &inner, SPACES_MAX + 1)->space);
	CHECK_EQ(spaces_merged(r.d.spaces), 1);
	CHECK_EQ(in_vxlan(&r, &inner, 1)->space->vni, 2);
	rig_close(&r);
	rig_close(&inner);
}

TEST(a_dns_question_names_the_flow)
{
	static const uint8_t question[] = "\0\1\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1";
	struct rig r;

	rig_open(&r, (struct flow_options){ .names = true });
	segment(&r, 1, false, 17, 0, 0, sizeof(question) - 1, S, 0, NULL);
	memcpy(r.bytes + 42, question, sizeof(question) - 1);
	packet_decode(&r.p, &r.d, &r.frame);
	flows_packet(r.f, &r.p, NULL);
	flows_end(r.f);
	CHECK(!strcmp(r.seen.name, "www.example.com"));
	CHECK(!strcmp(protocols[r.seen.flow.proto]->name, "dns"));
	rig_close(&r);
}

TEST(memory_of_a_flow)
{
	enum { FLOWS = 100000 };
	struct rig r;

	rig_open(&r, (struct flow_options){ .detail = false });
	for (uint32_t i = 0; i < FLOWS; i++)
		segment(&r, i, false, 6, SYN, i, 0, S, 0, NULL);
	CHECK(flows_bytes(r.f) / FLOWS < 112); /* 56 of the record, 24 and up to 24 of the index of the conversation */
	rig_close(&r);
}

TEST(texts_are_kept_once_and_up_to_a_ceiling)
{
	struct intern t;
	uint32_t a, b;
	char text[32];

	intern_init(&t, 4096);
	a = intern_put(&t, "alpha", 5);
	b = intern_put(&t, "alphabet", 8);
	CHECK(a && b && a != b);
	CHECK_EQ(intern_put(&t, "alphabet", 5), a);
	CHECK(!strcmp(intern_get(&t, b), "alphabet"));
	CHECK_EQ(intern_put(&t, "", 0), 0);
	CHECK(!intern_get(&t, 0));
	for (unsigned i = 0; i < 1000; i++)
		intern_put(&t, text, (size_t)snprintf(text, sizeof(text), "text %u", i));
	CHECK(t.refused > 0);
	CHECK_EQ(intern_put(&t, "alpha", 5), a);
	CHECK(intern_bytes(&t) < 3 * 4096);
	intern_release(&t);
}
