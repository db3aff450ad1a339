/* SPDX-License-Identifier: MIT */
/*
 * netwatchd is several processes of one binary; the front (main.c) has others executed with a word behind the name:
 *
 *	netwatchd worker ID     records one session        3: listening control socket, 4: the session's directory
 *	netwatchd reader ID     the record into a pipe     1: the pipe, 3: socket of the request, 4: directory, 5: progress
 *	netwatchd watcher ID    rules that need packets    3: socket, 4: directory, 5: progress
 *	netwatchd bundler ID    what a freeze keeps        3: socket, 4: directory, 5: progress
 *
 * Each drops what it does not need before it reads what somebody else wrote, and returns an exit status of DESIGN section 8.
 */
#ifndef NETWATCHD_H
#define NETWATCHD_H

enum { CONTROL_FD = 3, SESSION_DIR_FD = 4, PROGRESS_FD = 5 };

int worker_main(const char *session_id);
int reader_main(const char *session_id);
int watcher_main(const char *session_id);
int bundler_main(const char *session_id);

#endif
