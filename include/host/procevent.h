/* SPDX-License-Identifier: MIT */
/* Messages of the process connector (NETLINK_CONNECTOR, CN_IDX_PROC), taken apart with checks. */
#ifndef HOST_PROCEVENT_H
#define HOST_PROCEVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum proc_event_kind { PROCESS_OTHER, PROCESS_BORN, PROCESS_EXEC, PROCESS_NAMED, PROCESS_DIED };

struct proc_event_view {
	enum proc_event_kind kind;
	int64_t at_ns;       /* CLOCK_MONOTONIC */
	uint32_t pid;        /* of a whole process; events of threads alone are PROCESS_OTHER */
	uint32_t parent;     /* born */
	char name[17];       /* named */
};

/* The next message of what one recv() gave, and past it. 1, 0: the end, NW_EINPUT: it contradicts itself. */
int proc_event_next(const uint8_t **at, size_t *left, struct proc_event_view *e);

#endif
