/* SPDX-License-Identifier: MIT */
/* Numbers and their names; see the header. */
#include "decode/named_values.h"

#include <stddef.h>
#include <string.h>

bool named_values_next(const struct named_values *table, struct named_value *n)
{
	uint32_t at = n->place;

	if (!table || at == table->count)
		return false;
	n->name = at ? n->name + strlen(n->name) + 1 : table->names;
	n->value = table->wide ? (uint32_t)table->values[2 * at] << 16 | table->values[2 * at + 1] : table->values[at];
	n->place++;
	return true;
}

const char *named_value(const struct named_values *table, uint64_t value)
{
	for (struct named_value n = { 0 }; named_values_next(table, &n);)
		if (n.value == value)
			return n.name;
	return NULL;
}
