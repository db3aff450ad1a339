/* SPDX-License-Identifier: MIT */
/*
 * The life of a session, as one table: what can happen in which state, where it leads, what is done then.
 *
 *	stopped ──START──> starting ──READY──> running ──STOP──> stopping ──DONE──> stopped
 *	                      ^  │ REFUSED        │ CRASH
 *	                      │  └──> failed      v
 *	                      └────RETRY──── restarting ──GIVE_UP──> failed
 */
#ifndef API_STATES_H
#define API_STATES_H

#include "api/operations.h"

enum session_input {
	INPUT_START,    /* somebody wants it */
	INPUT_STOP,     /* somebody does not */
	INPUT_READY,    /* its worker records */
	INPUT_DONE,     /* its worker has ended, orderly */
	INPUT_REFUSED,  /* its worker has ended for a reason that another one would meet, too */
	INPUT_CRASH,    /* its worker has ended for any other reason */
	INPUT_RETRY,    /* the pause after a crash is over */
	INPUT_GIVE_UP,  /* too many crashes */
	INPUT_TIMEOUT,  /* its worker takes too long to begin, or to end */
	SESSION_INPUTS
};

enum session_action {
	ACT_NONE,
	ACT_LAUNCH,     /* start a worker */
	ACT_RUN,        /* it runs: rules, watcher, answers to those who wait */
	ACT_STOP,       /* tell the worker to end */
	ACT_END,        /* there is no worker any more */
	ACT_WAIT,       /* there is none for a while */
	ACT_KILL,       /* end the worker */
	ACT_CANCEL,     /* there was none, and none is to be started */
	ACT_IGNORE      /* nothing: it is so already */
};

struct session_transition {
	bool valid;
	uint8_t next;   /* enum session_state */
	uint8_t action; /* enum session_action */
};
extern const struct session_transition session_table[SESSION_STATES][SESSION_INPUTS];

#endif
