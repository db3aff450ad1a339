/* SPDX-License-Identifier: MIT */
/* Names of the addresses in an IP header. Without anybody who asked for them by name there is no table, and no value. */
#include "host_name.h"
#include "decode/names.h"

static bool host(const struct packet *p, const struct layer *l, unsigned at, struct value *v)
{
	enum { TEXT = 256 };
	unsigned len = l->proto == PROTO_ip ? 4 : 16;
	struct address_name found;
	const uint8_t *bytes;
	uint8_t *text;

	if (!p->names || packet_bytes(p, l, &bytes) < at + len)
		return false;
	text = packet_scratch((struct packet *)p, TEXT); /* the part of a packet that reading may change */
	if (!text)
		return false;
	if (names_find(p->names, bytes + at, len, p->frame->ts_ns, &found)) {
		memcpy(text, found.text, found.len); /* another packet's answer may take its place */
		v->len = found.len;
	} else {
		struct outbuf o;

		outbuf_fixed(&o, (char *)text, TEXT);
		if (len == 4)
			outbuf_ipv4(&o, bytes + at);
		else
			outbuf_ipv6(&o, bytes + at);
		v->len = (uint32_t)outbuf_len(&o);
	}
	v->bytes = text;
	return true;
}

bool host_src_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)f;
	return host(p, l, l->proto == PROTO_ip ? 12 : 8, v);
}

bool host_dst_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)f;
	return host(p, l, l->proto == PROTO_ip ? 16 : 24, v);
}

bool host_name_wanted(const struct field *f)
{
	if (f->is_either)
		f = &protocols[field_proto(f)]->fields[f->either[0] - 1];
	return field_getter(f) == host_src_field || field_getter(f) == host_dst_field;
}
