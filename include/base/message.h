/* SPDX-License-Identifier: MIT */
/* What a program tells people on standard error. */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

/*
 * "PROGRAM: text" and a line end, in one write. Whatever the text quotes (an argument, a file, another process's answer) is
 * harmless for a terminal: escaped as by outbuf_escaped, but for line ends, since a filter's complaint points with a caret
 * in its third line. What is beyond 4000 bytes is cut.
 */
void message_print(const char *program, const char *text);
/* The same from a format; at most 1000 bytes. */
void message_printf(const char *program, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
