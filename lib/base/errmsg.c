/* SPDX-License-Identifier: MIT */
/* Sentences about failures; see include/base/errmsg.h for the convention. */
#include "base/errmsg.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int errmsg_set(struct errmsg *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		vsnprintf(err->text, sizeof(err->text), fmt, ap);
		va_end(ap);
	}
	return code;
}

int errmsg_errno(struct errmsg *err, const char *fmt, ...)
{
	int e = errno;
	va_list ap;

	if (err) {
		size_t n;

		va_start(ap, fmt);
		vsnprintf(err->text, sizeof(err->text), fmt, ap);
		va_end(ap);
		n = strlen(err->text);
		snprintf(err->text + n, sizeof(err->text) - n, ": %s", strerror(e));
	}
	errno = e;
	switch (e) {
	case EACCES:
	case EPERM:
		return NW_EPERM;
	case EPIPE:
		return NW_ECLOSED;
	default:
		return NW_ESYS;
	}
}

int errmsg_prefix(struct errmsg *err, int code, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;
	size_t n;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = strlen(text);
	snprintf(text + n, sizeof(text) - n, "%s", err->text);
	memcpy(err->text, text, sizeof(text));
	return code;
}

int errmsg_exit_code(int code)
{
	switch (code) {
	case NW_EAUTH:
	case NW_ETIME:
	case NW_ECONN:
	case NW_EINPUT:
	case NW_EPAIR:
	case NW_EPERM:
		return -code;
	case NW_ECLOSED:
		return 0;
	default:
		return code < 0 ? 1 : 0;
	}
}
