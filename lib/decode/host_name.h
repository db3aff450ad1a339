/* SPDX-License-Identifier: MIT */
/* ip.src_host and its like: the name of an address (decode/names.h), or the address as text when none was learnt. */
#ifndef LIB_DECODE_HOST_NAME_H
#define LIB_DECODE_HOST_NAME_H

#include "decode/protocol.h"

enum { HOST_SRC, HOST_DST, HOST_EITHER, HOST_FIELDS };

field_get host_src_field, host_dst_field;

/* Rows of the field tables of IPv4 and IPv6; `first` is the index of the first. */
#define HOST_ROWS(first, proto) \
	((first) + HOST_SRC, FIELD_GET(FIELD_STRING, proto ".src_host", host_src_field, "Source's name by DNS, or address")), \
	((first) + HOST_DST, FIELD_GET(FIELD_STRING, proto ".dst_host", host_dst_field, "Destination's name by DNS, or address")), \
	((first) + HOST_EITHER, FIELD_EITHER(FIELD_STRING, proto ".host", "Source's or destination's name or address", \
		(first) + HOST_SRC + 1, (first) + HOST_DST + 1))

/* Does this field, or one it stands for, need names? */
bool host_name_wanted(const struct field *f);

#endif
