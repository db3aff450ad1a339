/* SPDX-License-Identifier: MIT */
/* What a flow is called: Community IDs against the published vectors, states of TCP, what is local. */
#include "check.h"
#include "decode/conversation.h"
#include "export/flow_export.h"

static struct conversation_key v4(const uint8_t src[4], uint16_t sport, const uint8_t dst[4], uint16_t dport)
{
	return (struct conversation_key){ src, dst, 4, sport, dport, 0 };
}

/* github.com/corelight/community-id-spec, baseline_deflt.json */
TEST(community_id_vectors)
{
	static const uint8_t a[4] = { 128, 232, 110, 120 }, b[4] = { 66, 35, 250, 204 }, c[4] = { 192, 168, 1, 52 }, dns[4] = { 8, 8, 8, 8 };
	struct conversation_key tcp = v4(a, 34855, b, 80), back = v4(b, 80, a, 34855), udp = v4(c, 54585, dns, 53);
	char text[COMMUNITY_ID_MAX];

	CHECK(community_id_ends(&tcp, 6, text));
	CHECK_STR(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	CHECK(community_id_ends(&back, 6, text));
	CHECK_STR(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	CHECK(community_id_ends(&udp, 17, text));
	CHECK_STR(text, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
}

TEST(community_id_of_icmp)
{
	static const uint8_t a[4] = { 192, 168, 0, 89 }, b[4] = { 192, 168, 0, 1 };
	const struct flow flow = { .ip_proto = 1 };
	struct flow_detail detail = { .icmp = 8 << 8 };
	struct flow_record r = { .transport = FLOW_OTHER, .ends = v4(a, 0, b, 0), .flow = &flow, .detail = &detail };
	char text[COMMUNITY_ID_MAX];

	CHECK(community_id_flow(&r, text));
	CHECK_STR(text, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
	detail.icmp = 0; /* the answer, the other way */
	r.ends = v4(b, 0, a, 0);
	CHECK(community_id_flow(&r, text));
	CHECK_STR(text, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
}

static const char *state_of(uint8_t orig, uint8_t resp, uint64_t from_orig, uint64_t from_resp)
{
	const struct flow flow = { .ip_proto = 6, .packets = { from_orig, from_resp }, .tcp_flags = { orig, resp } };
	const struct flow_record r = { .transport = FLOW_TCP, .flow = &flow };

	return flow_state(&r);
}

enum { F = 1, S = 2, R = 4, A = 16 };

TEST(states_of_tcp)
{
	CHECK_STR(state_of(S, 0, 1, 0), "S0");
	CHECK_STR(state_of(S | A, S | A, 2, 1), "S1");
	CHECK_STR(state_of(S | A | F, S | A | F, 4, 4), "SF");
	CHECK_STR(state_of(S, R | A, 1, 1), "REJ");
	CHECK_STR(state_of(S | A | F, S | A, 4, 4), "S2");
	CHECK_STR(state_of(S | A, S | A | F, 4, 4), "S3");
	CHECK_STR(state_of(S | A | R, S | A, 4, 4), "RSTO");
	CHECK_STR(state_of(S | A, S | A | R, 4, 4), "RSTR");
	CHECK_STR(state_of(S | R, 0, 2, 0), "RSTOS0");
	CHECK_STR(state_of(0, S | A | R, 0, 2), "RSTRH");
	CHECK_STR(state_of(S | F, 0, 2, 0), "SH");
	CHECK_STR(state_of(0, S | A | F, 0, 2), "SHR");
	CHECK_STR(state_of(A, A, 3, 3), "OTH");
}

TEST(what_is_local)
{
	static const struct {
		uint8_t addr[4];
		bool local;
	} v[] = { { { 10, 0, 0, 1 }, true }, { { 11, 0, 0, 1 }, false }, { { 172, 15, 1, 1 }, false }, { { 172, 16, 1, 1 }, true },
		  { { 172, 32, 1, 1 }, false }, { { 192, 168, 9, 9 }, true }, { { 100, 63, 1, 1 }, false }, { { 100, 64, 1, 1 }, true },
		  { { 127, 0, 0, 1 }, true }, { { 8, 8, 8, 8 }, false }, { { 169, 254, 1, 1 }, true } };
	static const uint8_t ula[16] = { 0xfd }, link[16] = { 0xfe, 0x80 }, global[16] = { 0x20, 0x01 }, self[16] = { [15] = 1 };

	for (unsigned i = 0; i < sizeof(v) / sizeof(*v); i++)
		CHECK_EQ(address_is_local(v[i].addr, 4), v[i].local);
	CHECK(address_is_local(ula, 16));
	CHECK(address_is_local(link, 16));
	CHECK(address_is_local(self, 16));
	CHECK(!address_is_local(global, 16));
}
