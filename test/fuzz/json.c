/* SPDX-License-Identifier: MIT */
/* Fuzz target of lib/base/json.c, jsonout.c and shape.c: a request as it comes from a client. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errmsg err = { "" };
	struct json *j;
	int rc = json_parse(&j, (const char *)data, size, "request", &err);

	must(rc ? !j && !strncmp(err.text, "request: ", 9) : j && json_root(j));
	if (j)
		examine(j, 0);
	json_free(j);
	return 0;
}
