/* SPDX-License-Identifier: MIT */
/* What is kept of TCP connections: handshake, round trips, states, counters; numbers that wrap, segments that contradict
 * each other, and more connections than there is room for. */
#include "check.h"
#include "decode/tcp_analysis.h"

enum { F = 0x01, S = 0x02, R = 0x04, A = 0x10, CLIENT = 0, SERVER = 1 };

static struct tcp_analyzer *a;
static uint64_t frame_number;

static void begin(unsigned ceiling)
{
	a = tcp_analyzer_new(ceiling);
	if (a)
		tcp_analyzer_want_timing(a);
	frame_number = 0;
}

static void end(void)
{
	tcp_analyzer_free(a);
}

/* One segment of conversation 0, at `ms` after some time. */
static const struct tcp_analysis *say(bool who, int64_t ms, unsigned flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct tcp_segment s = { .high = who, .flags = (uint8_t)flags, .seq = seq, .ack = ack, .len = len, .window = 1000,
				 .window_shift = TCP_NO_SCALE, .frame = ++frame_number, .ts_ns = 1000000000 + ms * 1000000 };

	return tcp_analyze(a, &s);
}

static const char *states(void)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s %s, %s", tcp_state_name(tcp_state(a, 0, CLIENT)), tcp_state_name(tcp_state(a, 0, SERVER)),
		 tcp_state_name(tcp_connection_state(a, 0)));
	return text;
}

static void handshake(uint32_t seq, uint32_t peer)
{
	say(CLIENT, 0, S, seq, 0, 0);
	say(SERVER, 30, S | A, peer, seq + 1, 0);
	say(CLIENT, 32, A, seq + 1, peer + 1, 0);
}

TEST(handshake_and_states)
{
	const struct tcp_timing *t;

	begin(1000);
	say(CLIENT, 0, S, 100, 0, 0);
	CHECK_STR(states(), "SYN-SENT LISTEN, SYN-SENT");
	say(CLIENT, 1000, S, 100, 0, 0); /* again: the answer is to this one, as in tcp.analysis.initial_rtt */
	say(SERVER, 1030, S | A, 500, 101, 0);
	CHECK_STR(states(), "ESTABLISHED SYN-RECEIVED, ESTABLISHED");
	say(CLIENT, 1032, A, 101, 501, 0);
	CHECK_STR(states(), "ESTABLISHED ESTABLISHED, ESTABLISHED");
	t = tcp_timing(a, 0);
	if (!CHECK(t != NULL))
		return;
	CHECK_EQ(t->syn_ack_ns - t->syn_ns, 30000000);
	CHECK_EQ(t->ack_ns - t->syn_ack_ns, 2000000);
	CHECK_EQ(t->end[CLIENT].retransmissions, 1);
	CHECK_EQ(tcp_completeness(a, 0), TCP_SEEN_SYN | TCP_SEEN_SYN_ACK | TCP_SEEN_ACK);
	say(CLIENT, 2000, F | A, 101, 501, 0);
	CHECK_STR(states(), "FIN-WAIT-1 ESTABLISHED, FIN-WAIT-1");
	say(SERVER, 2001, A, 501, 102, 0);
	CHECK_STR(states(), "FIN-WAIT-2 CLOSE-WAIT, FIN-WAIT-2");
	say(SERVER, 2002, F | A, 501, 102, 0);
	CHECK_STR(states(), "FIN-WAIT-2 LAST-ACK, FIN-WAIT-2");
	say(CLIENT, 2003, A, 102, 502, 0);
	CHECK_STR(states(), "TIME-WAIT CLOSED, TIME-WAIT");
	CHECK(tcp_timing(a, 1) == NULL && tcp_timing(a, -1) == NULL);
	CHECK_EQ(tcp_state(a, 7, CLIENT), TCP_CLOSED);
	end();
}

/* RFC 7413: data of the end that was called ends no handshake. */
TEST(handshake_ends_with_who_began_it)
{
	const struct tcp_timing *t;

	begin(1000);
	say(CLIENT, 0, S, 100, 0, 0);
	say(SERVER, 10, S | A, 500, 101, 0);
	say(SERVER, 11, A, 501, 101, 5);
	t = tcp_timing(a, 0);
	if (!CHECK(t != NULL))
		return;
	CHECK_EQ(t->ack_ns, 0);
	say(CLIENT, 50, A, 101, 501, 0);
	say(CLIENT, 51, A, 101, 506, 0);
	CHECK_EQ(t->ack_ns - t->syn_ns, 50000000);
	end();
	begin(1000);
	say(SERVER, 0, S, 100, 0, 0); /* the high end may be the one that opens */
	say(CLIENT, 10, S | A, 500, 101, 0);
	say(CLIENT, 11, A, 501, 101, 5);
	CHECK_EQ(tcp_timing(a, 0)->ack_ns, 0);
	say(SERVER, 12, A, 101, 506, 0);
	CHECK_EQ(tcp_timing(a, 0)->ack_ns - tcp_timing(a, 0)->syn_ns, 12000000);
	end();
}

TEST(closing_at_the_same_time_and_reset)
{
	begin(1000);
	handshake(100, 500);
	say(CLIENT, 100, F | A, 101, 501, 0);
	say(SERVER, 101, F | A, 501, 101, 0);
	CHECK_STR(states(), "FIN-WAIT-1 FIN-WAIT-1, FIN-WAIT-1");
	say(CLIENT, 102, A, 102, 502, 0);
	CHECK_STR(states(), "CLOSING FIN-WAIT-2, CLOSING");
	say(SERVER, 103, A, 502, 102, 0);
	CHECK_STR(states(), "TIME-WAIT TIME-WAIT, TIME-WAIT");
	say(SERVER, 104, R, 502, 0, 0);
	CHECK_STR(states(), "CLOSED CLOSED, CLOSED");
	CHECK_EQ(tcp_timing(a, 0)->end[SERVER].resets, 1);
	end();
}

TEST(round_trips)
{
	const struct tcp_end *e;

	begin(1000);
	handshake(100, 500);
	e = &tcp_timing(a, 0)->end[CLIENT];
	CHECK_EQ(e->rtt_samples, 1); /* the SYN counts */
	CHECK_EQ(e->srtt_ns, 30000000);
	CHECK_EQ(e->rttvar_ns, 15000000);
	CHECK_EQ(tcp_rto_ns(e), 1000000000); /* never less */
	say(CLIENT, 100, A, 101, 501, 10);
	say(SERVER, 146, A, 501, 111, 0);
	CHECK_EQ(e->rtt_samples, 2);
	CHECK_EQ(e->rttvar_ns, 15000000 * 3 / 4 + 16000000 / 4); /* 3/4 of it and 1/4 of |30 - 46| ms */
	CHECK_EQ(e->srtt_ns, 32000000);                          /* 7/8 of 30 ms and 1/8 of 46 ms */
	CHECK_EQ(e->rtt_min_ns, 30000000);
	CHECK_EQ(e->rtt_max_ns, 46000000);
	/* Karn: which of the two was acknowledged is not known */
	say(CLIENT, 200, A, 111, 501, 10);
	say(CLIENT, 1200, A, 111, 501, 10);
	say(SERVER, 1201, A, 501, 121, 0);
	CHECK_EQ(e->rtt_samples, 2);
	CHECK_EQ(e->retransmissions, 1);
	end();
}

TEST(numbers_that_wrap)
{
	const struct tcp_analysis *r;

	begin(1000);
	handshake(0xfffffff0, 0xffffffff);
	say(CLIENT, 50, A, 0xfffffff1, 0, 100);
	r = say(SERVER, 80, A, 0, 0x55, 0);
	CHECK(r && !r->verdicts);
	CHECK_EQ(r->ack_rtt_ns, 30000000);
	r = say(CLIENT, 90, A, 0x55, 0, 10);
	CHECK(r && !r->verdicts);
	CHECK_EQ(r->relative_seq, 101);
	r = say(CLIENT, 5000, A, 0xfffffff1, 0, 100); /* again, across the wrap */
	CHECK_EQ(r->verdicts, TCP_RETRANSMISSION | TCP_SPURIOUS_RETRANSMISSION);
	CHECK_EQ(tcp_timing(a, 0)->end[CLIENT].spurious_retransmissions, 1);
	end();
}

/* Times as far apart as numbers go: differences end there, and nothing overflows. */
TEST(times_that_are_centuries_apart)
{
	static const int64_t times[] = { INT64_MIN + 1, INT64_MAX, 1, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1, INT64_MIN };
	const struct tcp_analysis *r;

	begin(1000);
	for (unsigned i = 0; i < 300; i++) {
		unsigned flags = i % 100 == 0 ? S : i % 100 == 1 ? S | A : A;
		struct tcp_segment s = { .high = i % 2, .flags = (uint8_t)flags, .seq = i / 4 * 10, .ack = i / 5 * 10, .len = i % 3 * 10,
					 .window = 1000, .window_shift = TCP_NO_SCALE, .frame = i + 1, .ts_ns = times[i % 7] };

		r = tcp_analyze(a, &s);
		if (!CHECK(r != NULL))
			break;
		if (i == 1)
			CHECK(r->time_relative_ns == INT64_MAX && r->time_delta_ns == INT64_MAX);
		if (i == 3)
			CHECK_EQ(r->time_delta_ns, INT64_MIN);
		for (unsigned end = 0; end < 2; end++)
			CHECK(tcp_rto_ns(&tcp_timing(a, 0)->end[end]) <= 60000000000 && tcp_rto_ns(&tcp_timing(a, 0)->end[end]) > 0);
	}
	end();
}

/* Nothing of this can be, and all of it is said: no reading outside, no count that goes backwards. */
TEST(segments_that_contradict_each_other)
{
	uint32_t random = 1;

	begin(4);
	for (unsigned i = 0; i < 20000; i++) {
		struct tcp_segment s;

		random = random * 1664525 + 1013904223;
		s = (struct tcp_segment){ .conversation = (int32_t)(random >> 30), .high = random >> 29 & 1, .flags = (uint8_t)(random >> 16),
					  .seq = random * 7, .ack = random * 13, .len = random >> 20 & 1 ? random >> 8 : 0,
					  .window = (uint16_t)(random >> 3), .window_shift = (uint8_t)random, .frame = i + 1,
					  .ts_ns = (int64_t)(random % 1000) * 1000000 };
		if (!CHECK(tcp_analyze(a, &s) != NULL))
			break;
		for (unsigned who = 0; who < 2; who++)
			if (!CHECK(tcp_state_name(tcp_state(a, s.conversation, who)) != NULL))
				break;
	}
	CHECK(tcp_analyzer_bytes(a) < 4u << 20);
	end();
}

/* A flood of SYNs: the oldest go, and how many that were is known. */
TEST(half_open_connections_are_bounded)
{
	enum { CEILING = 16 * 1024, ALL = 100000 };
	size_t most = 0;

	begin(CEILING);
	for (int32_t i = 0; i < ALL; i++) {
		struct tcp_segment s = { .conversation = i, .flags = S, .seq = (uint32_t)i * 77777, .window = 1000,
					 .window_shift = 7, .frame = (uint64_t)i + 1, .ts_ns = i * 1000ll + 1 };

		tcp_analyze(a, &s);
		if (tcp_analyzer_bytes(a) > most)
			most = tcp_analyzer_bytes(a);
	}
	CHECK(most < CEILING * (192 + 184 + 32) + (3u << 20)); /* and a pool that doubles */
	CHECK(tcp_analyzer_forgotten(a) >= ALL - CEILING - 1024 && tcp_analyzer_forgotten(a) < ALL);
	CHECK_EQ(tcp_analyzer_overflows(a), 0);
	CHECK(tcp_timing(a, 0) == NULL);
	CHECK_EQ(tcp_completeness(a, ALL - 1), TCP_SEEN_SYN);
	CHECK_EQ(tcp_state(a, ALL - 1, CLIENT), TCP_SYN_SENT);
	end();
}

/* More segments wait for an acknowledgement than are remembered: counted. */
TEST(unacknowledged_segments_are_bounded)
{
	begin(1 << 16);
	for (int32_t i = 0; i < TCP_WAITING_MAX / 4; i++)
		for (uint32_t n = 0; n < 5; n++) {
			struct tcp_segment s = { .conversation = i % (1 << 16), .flags = A, .seq = 1000 * n, .len = 1000, .window = 1000,
						 .window_shift = TCP_NO_SCALE, .frame = ++frame_number, .ts_ns = (int64_t)frame_number };

			tcp_analyze(a, &s);
		}
	CHECK(tcp_analyzer_overflows(a) > 0);
	CHECK(tcp_analyzer_bytes(a) < (1 << 16) * (192ull + 184) + TCP_WAITING_MAX * 32ull + (2u << 20));
	end();
}
