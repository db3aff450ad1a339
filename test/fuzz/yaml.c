/* SPDX-License-Identifier: MIT */
/* Fuzz target of lib/base/yaml.c: a configuration. Each value has a line of the input; as JSON it is JSON. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errmsg err = { "" };
	unsigned lines = 2; /* an empty value may be on the line behind the last */
	struct json *j;
	int rc = yaml_parse(&j, (const char *)data, size, "file", &err);

	must(rc ? !j && !strncmp(err.text, "file:", 5) : j && json_root(j));
	for (size_t i = 0; i < size; i++) /* what YAML 1.1 takes for an end of line, U+0085 and U+2028 too, counts */
		lines += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 || data[i] == 0xa8 || data[i] == 0xa9;
	if (j)
		examine(j, lines);
	json_free(j);
	return 0;
}
