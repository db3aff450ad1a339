/* SPDX-License-Identifier: MIT */
/* The life of a session: what must hold for any table that is right, and the ways through this one. */
#include "check.h"

#include "api/states.h"

static bool active(enum session_state s)
{
	return s != STATE_STOPPED && s != STATE_FAILED;
}

TEST(nothing_leads_out_of_the_table)
{
	for (int s = 0; s < SESSION_STATES; s++)
		for (int i = 0; i < SESSION_INPUTS; i++) {
			const struct session_transition *t = &session_table[s][i];

			CHECK(!t->valid || t->next < SESSION_STATES);
			CHECK(!t->valid || t->action != ACT_NONE);
			CHECK(t->valid || (!t->next && !t->action));
		}
}

TEST(every_state_can_be_reached_and_left)
{
	for (int s = 0; s < SESSION_STATES; s++) {
		bool in = false, out = false;

		for (int from = 0; from < SESSION_STATES; from++)
			for (int i = 0; i < SESSION_INPUTS; i++) {
				in |= from != s && session_table[from][i].valid && session_table[from][i].next == s;
				out |= from == s && session_table[from][i].valid && session_table[from][i].next != s;
			}
		CHECK(in);
		CHECK(out);
	}
}

/* A worker is started by LAUNCH alone, so whatever ends one must lead where there is none, and the other way round. */
TEST(an_ended_worker_is_not_waited_for)
{
	static const enum session_input ends[] = { INPUT_DONE, INPUT_REFUSED, INPUT_CRASH };

	for (int s = STATE_STARTING; s <= STATE_STOPPING; s++)
		for (unsigned i = 0; i < 3; i++) {
			const struct session_transition *t = &session_table[s][ends[i]];

			if (s == STATE_RESTARTING && ends[i] != INPUT_CRASH)
				continue; /* there is none that could */
			CHECK(t->valid);
			CHECK(t->next == STATE_STOPPED || t->next == STATE_FAILED || t->next == STATE_RESTARTING);
			CHECK(t->action == ACT_END || t->action == ACT_WAIT);
		}
	for (int s = 0; s < SESSION_STATES; s++)
		for (int i = 0; i < SESSION_INPUTS; i++)
			if (session_table[s][i].action == ACT_LAUNCH)
				CHECK_EQ(session_table[s][i].next, STATE_STARTING);
}

TEST(stop_stops_from_everywhere)
{
	for (int s = 0; s < SESSION_STATES; s++) {
		const struct session_transition *t = &session_table[s][INPUT_STOP];

		CHECK(s == STATE_STOPPED ? !t->valid : t->valid && (t->next == STATE_STOPPING || t->next == STATE_STOPPED));
	}
	for (int i = 0; i < SESSION_INPUTS; i++) { /* and nothing brings it back to life while it stops */
		const struct session_transition *t = &session_table[STATE_STOPPING][i];

		CHECK(!t->valid || t->next == STATE_STOPPING || t->next == STATE_STOPPED);
	}
}

TEST(start_starts_what_does_not_run)
{
	for (int s = 0; s < SESSION_STATES; s++) {
		bool may = !active((enum session_state)s) || s == STATE_RESTARTING;

		CHECK_EQ(session_table[s][INPUT_START].valid, may);
	}
}

static enum session_state walk(const enum session_input *in, unsigned n)
{
	enum session_state s = STATE_STOPPED;

	for (unsigned i = 0; i < n; i++) {
		if (!CHECK(session_table[s][in[i]].valid))
			return SESSION_STATES;
		s = (enum session_state)session_table[s][in[i]].next;
	}
	return s;
}

TEST(a_crash_is_survived_and_too_many_are_not)
{
	static const enum session_input well[] = { INPUT_START, INPUT_READY, INPUT_CRASH, INPUT_RETRY, INPUT_READY };
	static const enum session_input ill[] = { INPUT_START, INPUT_CRASH, INPUT_RETRY, INPUT_CRASH, INPUT_GIVE_UP };
	static const enum session_input again[] = { INPUT_START, INPUT_REFUSED, INPUT_START, INPUT_READY, INPUT_STOP, INPUT_DONE };
	static const enum session_input adopted[] = { INPUT_READY, INPUT_STOP, INPUT_TIMEOUT, INPUT_CRASH };

	CHECK_EQ(walk(well, 5), STATE_RUNNING);
	CHECK_EQ(walk(ill, 5), STATE_FAILED);
	CHECK_EQ(walk(again, 6), STATE_STOPPED);
	CHECK_EQ(walk(adopted, 4), STATE_STOPPED);
}
