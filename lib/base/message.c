/* SPDX-License-Identifier: MIT */
/* See include/base/message.h. */
#include "base/message.h"
#include "base/outbuf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void message_print(const char *program, const char *text)
{
	char line[4096];
	struct outbuf o;
	const char *end;
	size_t done = 0, len;

	outbuf_fixed(&o, line, sizeof(line) - 1); /* one byte for the line end */
	outbuf_str(&o, program);
	outbuf_str(&o, ": ");
	for (; (end = strchr(text, '\n')); text = end + 1) {
		outbuf_escaped(&o, text, (size_t)(end - text));
		outbuf_char(&o, '\n');
	}
	outbuf_escaped(&o, text, strlen(text));
	len = outbuf_len(&o);
	line[len++] = '\n';
	while (done < len) {
		ssize_t n = write(STDERR_FILENO, line + done, len - done);

		if (n < 0 && errno != EINTR)
			return; /* nobody reads it */
		done += n > 0 ? (size_t)n : 0;
	}
}

void message_printf(const char *program, const char *fmt, ...)
{
	char text[1000];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	message_print(program, text);
}
