/* SPDX-License-Identifier: MIT */
/* Payload that no protocol of ours claims, kept as bytes. */
#include "decode/protocol.h"

enum { DATA, LEN };

static enum decode_result data_decode(struct decode *d, struct layer *l)
{
	(void)l;
	decode_take(d, (uint32_t)cursor_left(&d->c));
	return DECODE_OK;
}

static bool get_data(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *bytes;

	(void)f;
	v->len = packet_bytes(p, l, &bytes);
	v->bytes = bytes;
	return v->len;
}

static bool get_len(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *bytes;

	(void)f;
	v->u = packet_bytes(p, l, &bytes);
	return true;
}

FIELD_TABLE(data_fields,
	(DATA, FIELD_GET(FIELD_BYTES, "data.data", get_data, "Bytes")),
	(LEN, FIELD_GET(FIELD_UINT, "data.len", get_len, "Length"))
);

const struct protocol proto_data = {
	.name = "data",
	.title = "Data",
	.reference = "none",
	.application = true,
	.decode = data_decode,
	PROTOCOL_FIELDS(data_fields),
};
