/* SPDX-License-Identifier: MIT */
/*
 * One value as JSON, which is YAML too.
 *
 * Numbers are numbers (hexadecimal ones too), flags true or false, times seconds since 1970, everything else text as
 * tshark prints it (base/jsonout.h has the string); bytes proper are hexadecimal digits.
 */
#include "internal.h"

/* Apart, so that the array is not set up (and guarded) for every number. */
static __attribute__((noinline)) void put_formatted(struct outbuf *o, const struct field *f, const struct value *v)
{
	char text[1024];
	struct outbuf t;

	outbuf_fixed(&t, text, sizeof(text));
	value_format(&t, f, v);
	json_string_put(o, text, outbuf_len(&t));
}

void json_value_put(struct outbuf *o, const struct field *f, const struct value *v)
{
	switch (f->type) {
	case FIELD_BOOL:
		if (v->u)
			outbuf_bytes(o, "true", 4);
		else
			outbuf_bytes(o, "false", 5);
		break;
	case FIELD_UINT:
		outbuf_u64(o, v->u);
		break;
	case FIELD_INT:
		outbuf_i64(o, v->i);
		break;
	case FIELD_TIME:
	case FIELD_DURATION:
		outbuf_epoch(o, v->i, 9);
		break;
	case FIELD_STRING:
		json_string_put(o, v->bytes, v->len);
		break;
	case FIELD_PROTOCOL:
		put_formatted(o, f, v);
		break;
	case FIELD_IPV4:
		outbuf_char(o, '"');
		outbuf_ipv4(o, v->bytes);
		outbuf_char(o, '"');
		break;
	default: /* addresses and bytes: nothing to escape */
		outbuf_char(o, '"');
		value_format(o, f, v);
		outbuf_char(o, '"');
	}
}
