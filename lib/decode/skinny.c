/* SPDX-License-Identifier: MIT */
/*
 * Skinny Client Control Protocol (Cisco): what IP telephones and their call manager say to each other over TCP, little-endian.
 *
 *	|length 32|header version 32|message 32|...       the length counts from the message number on
 */
#include "message.h"
#include "summary.h"

enum { DATA_LENGTH, HDR_VERSION, MESSAGE_ID, F_COUNT };
enum { HEADER = 12, BEFORE_DATA = 8, LENGTH_MAX = 1 << 16, VERSION_MAX = 32, MESSAGE_MAX = 0x8200 };

static const struct value_name messages[] = {
	{ 0, "KeepAlive" }, { 1, "Register" }, { 2, "IpPort" }, { 3, "KeypadButton" }, { 5, "Stimulus" }, { 6, "OffHook" },
	{ 7, "OnHook" }, { 34, "OpenReceiveChannelAck" }, { 38, "SoftKeyEvent" }, { 39, "Unregister" }, { 129, "RegisterAck" },
	{ 130, "StartTone" }, { 131, "StopTone" }, { 133, "SetRinger" }, { 134, "SetLamp" }, { 136, "SetSpeakerMode" },
	{ 138, "StartMediaTransmission" }, { 139, "StopMediaTransmission" }, { 143, "CallInfo" }, { 157, "RegisterReject" },
	{ 256, "KeepAliveAck" }, { 261, "OpenReceiveChannel" }, { 262, "CloseReceiveChannel" }, { 272, "SelectSoftKeys" },
	{ 273, "CallState" }, { 278, "ActivateCallPlane" }, { 325, "DisplayPromptStatusV2" }, { 330, "CallInfoV2" },
	{ 340, "StartMediaTransmissionAck" }, { 0, NULL }
};

static bool header_fits(const uint8_t *h)
{
	return get_le32(h) >= 4 && get_le32(h) < LENGTH_MAX && get_le32(h + 4) <= VERSION_MAX && get_le32(h + 8) <= MESSAGE_MAX;
}

static bool skinny_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, HEADER);

	if (message_rest(d))
		return !message_within(d);
	return h && header_fits(h);
}

static enum decode_result skinny_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;

	if (message_resume(d, l, PROTO_skinny))
		return DECODE_OK;
	h = cursor_peek(&d->c, HEADER);
	if (!h || !header_fits(h)) {
		d->c.pos = d->c.end;
		return !h && d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
	}
	message_end(d, l, BEFORE_DATA + get_le32(h), PROTO_skinny);
	return DECODE_OK;
}

/* Wireshark says so when one of a segment's messages, the last such, asks for something or answers. */
static const char *skinny_column(const struct packet *p, const struct layer *l)
{
	for (; l > p->layers && l->proto == PROTO_skinny; l--) {
		const uint8_t *h;

		if (packet_bytes(p, l, &h) < HEADER)
			continue;
		if (get_le32(h + 8) == 138 || get_le32(h + 8) == 261)
			return "SKINNY/REQ";
		if (get_le32(h + 8) == 34 || get_le32(h + 8) == 340)
			return "SKINNY/RESP";
	}
	return "SKINNY";
}

static void skinny_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (!s->verbose || packet_bytes(p, l, &h) < HEADER)
		return;
	name = summary_name(messages, get_le32(h + 8));
	outbuf_str(s->out, "\n\tSKINNY: ");
	outbuf_str(s->out, name ? name : "message ");
	if (!name)
		outbuf_u64(s->out, get_le32(h + 8));
}

static const struct field fields[F_COUNT] = {
	[DATA_LENGTH] = FIELD_LE(FIELD_UINT, "skinny.data_length", 0, 4, "Length"),
	[HDR_VERSION] = FIELD_LE_HEX("skinny.hdr_version", 4, 4, "Header version"),
	[MESSAGE_ID] = { .name = "skinny.messageId", .label = "Message", .type = FIELD_UINT, .offset = 8, .shift = 4, .get = field_le,
			 .names = messages },
};

static const struct claim claims[] = { { CLAIM_TCP_PORT, 2000 }, { CLAIM_NONE, 0 } };

const struct protocol proto_skinny = {
	.name = "skinny",
	.title = "Skinny Client Control Protocol",
	.reference = "Cisco SCCP",
	.application = true,
	.decode = skinny_decode,
	.detect = skinny_detect,
	.column_of = skinny_column,
	.summary = skinny_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
