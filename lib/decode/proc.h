/* SPDX-License-Identifier: MIT */
/*
 * proc.*, container.* and frame.comment: what the pcapng options of a frame say. They are fields of the frame (layer 0), as
 * the options are; these rows stand at the end of its table.
 */
#ifndef LIB_DECODE_PROC_H
#define LIB_DECODE_PROC_H

#include "decode/owner.h"
#include "decode/protocol.h"

enum proc_field {
	PROC_COMMENT, PROC_PID, PROC_TID, PROC_NAME, PROC_CMDLINE, PROC_USER, PROC_UID, PROC_MATCH, PROC_END, PROC_NETNS,
	PROC_CONTAINER_ID, PROC_CONTAINER_RUNTIME, PROC_FIELDS
};

/* `first`: the index of PROC_COMMENT in the frame's table. */
#define PROC_ROWS(first) \
	((first) + PROC_COMMENT, FIELD_WALK(FIELD_STRING, "frame.comment", "Comment on the packet")), \
	((first) + PROC_PID, FIELD_WALK(FIELD_UINT, "proc.pid", "Process that owns an end of the connection")), \
	((first) + PROC_TID, FIELD_WALK(FIELD_UINT, "proc.tid", "Thread of the process")), \
	((first) + PROC_NAME, FIELD_WALK(FIELD_STRING, "proc.name", "Name of the process")), \
	((first) + PROC_CMDLINE, FIELD_WALK(FIELD_STRING, "proc.cmdline", "Command line of the process")), \
	((first) + PROC_USER, FIELD_WALK(FIELD_STRING, "proc.user", "User of the process")), \
	((first) + PROC_UID, FIELD_WALK(FIELD_UINT, "proc.uid", "User number of the process")), \
	((first) + PROC_MATCH, FIELD_WALK(FIELD_STRING, "proc.match", "How the process was found: exact, listener, guess")), \
	((first) + PROC_END, FIELD_WALK(FIELD_STRING, "proc.end", "Which end of the packet it is: src, dst")), \
	((first) + PROC_NETNS, FIELD_WALK(FIELD_UINT, "proc.netns", "Inode number of its network namespace")), \
	((first) + PROC_CONTAINER_ID, FIELD_WALK(FIELD_STRING, "container.id", "Container of the process")), \
	((first) + PROC_CONTAINER_RUNTIME, FIELD_WALK(FIELD_STRING, "container.runtime", "What runs the container"))

/* Emits them; `first` as above. Only for frames that have options. */
void proc_walk(struct walk *w, const struct packet *p, unsigned first);

#endif
