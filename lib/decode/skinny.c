/* SPDX-License-Identifier: MIT */
/*
 * Skinny Client Control Protocol of Cisco's telephones, over TCP; all numbers little-endian.
 *
 *	|length 32|version of the header 32|message 32|data, length - 4|      several in a segment: a layer each
 *
 * The messages that open a channel name the port of its RTP.
 */
#include "decode/expect.h"
#include "decode/message.h"
#include "decode/service.h"

enum { DATA_LENGTH, HDR_VERSION, MESSAGE_ID, REMOTE_ADDR, REMOTE_PORT, TRANSMIT_ADDR, IP_ADDR, PORT_NUMBER };
enum { HEADER = 12, LENGTH_MAX = 4096, PORT = 2000, WITH_KIND_OF_ADDRESS = 17 };
enum message { OPEN_RECEIVE_ACK = 0x22, START_MEDIA = 0x8a, OPEN_RECEIVE = 0x105, START_MEDIA_ACK = 0x154 };

static bool skinny_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, HEADER);

	if (message_rest(d))
		return !message_within(d);
	return h && get_le32(h) >= 4 && get_le32(h) <= LENGTH_MAX && get_le32(h + 4) <= 0x20 && get_le32(h + 8) < 0x200;
}

/* Where a message has an address: from its header on. In the newer form the kind of address stands before sixteen bytes. */
struct place {
	uint32_t addr, port;
};

static bool address_place(const uint8_t *h, struct place *at)
{
	bool newer = get_le32(h + 4) >= WITH_KIND_OF_ADDRESS;

	switch (get_le32(h + 8)) {
	case START_MEDIA: at->addr = HEADER + 8; break;         /* conference, party */
	case START_MEDIA_ACK: at->addr = HEADER + 12; break;    /* conference, party, call */
	case OPEN_RECEIVE_ACK: at->addr = HEADER + 4; break;    /* status */
	default: return false;
	}
	at->addr += newer ? 4 : 0;
	at->port = at->addr + (newer ? 16 : 4);
	return !newer || !get_le32(h + at->addr - 4); /* only IPv4 is announced */
}

static void announce(const struct decode *d, const uint8_t *h, uint32_t n)
{
	struct place at;

	if (n < HEADER + 16 || get_le32(h + 8) == START_MEDIA_ACK || !address_place(h, &at) || at.port + 4 > n)
		return;
	decode_expect(d, CLAIM_UDP_PORT, h + at.addr, 4, (uint16_t)get_le32(h + at.port), PROTO_rtp);
	decode_expect(d, CLAIM_UDP_PORT, h + at.addr, 4, (uint16_t)(get_le32(h + at.port) + 1), PROTO_rtcp);
}

static enum decode_result skinny_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;
	uint32_t n, left;

	if (message_resume(d, l, PROTO_skinny))
		return DECODE_OK;
	h = cursor_peek(&d->c, HEADER);
	if (!h)
		return cursor_short(&d->c);
	n = get_le32(h);
	if (n < 4 || n > LENGTH_MAX)
		return DECODE_MALFORMED;
	l->aux[0] = (uint16_t)get_le32(h + 8);
	left = (uint32_t)cursor_left(&d->c);
	announce(d, h, n + 8 < left ? n + 8 : left);
	return message_whole(d, l, n + 8, PROTO_skinny);
}

static const char *skinny_column(const struct packet *p, const struct layer *l)
{
	const char *column = "SKINNY";

	for (const struct layer *m = p->layers; m <= l; m++) {
		if (m->proto != PROTO_skinny)
			continue;
		if (m->aux[0] == OPEN_RECEIVE || m->aux[0] == START_MEDIA)
			column = "SKINNY/REQ";
		else if (m->aux[0] == OPEN_RECEIVE_ACK || m->aux[0] == START_MEDIA_ACK)
			column = "SKINNY/RESP";
	}
	return column;
}

static bool get_place(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned index = field_index(f);
	bool addr = index == REMOTE_ADDR || index == TRANSMIT_ADDR || index == IP_ADDR;
	const uint8_t *h;
	struct place at;
	uint32_t n = packet_bytes(p, l, &h);
	unsigned message = index == REMOTE_ADDR || index == REMOTE_PORT ? START_MEDIA : index == TRANSMIT_ADDR ? START_MEDIA_ACK :
			   index == IP_ADDR ? OPEN_RECEIVE_ACK : 0;

	if (n < HEADER + 16 || !address_place(h, &at) || at.port + 4 > n)
		return false;
	if (message ? l->aux[0] != message : l->aux[0] == START_MEDIA)
		return false;
	if (addr) {
		v->bytes = h + at.addr;
		v->len = 4;
	} else {
		v->u = get_le32(h + at.port);
	}
	return true;
}

static void skinny_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(names, (0, "KeepAlive"), (1, "Register"), (3, "KeypadButton"), (6, "OffHook"), (7, "OnHook"),
		(OPEN_RECEIVE_ACK, "OpenReceiveChannelAck"), (0x26, "SoftKeyEvent"), (0x81, "RegisterAck"), (0x82, "StartTone"),
		(0x83, "StopTone"), (0x85, "SetRinger"), (0x86, "SetLamp"), (0x88, "SetSpeakerMode"),
		(START_MEDIA, "StartMediaTransmission"), (0x8b, "StopMediaTransmission"), (0x100, "KeepAliveAck"),
		(OPEN_RECEIVE, "OpenReceiveChannel"), (0x106, "CloseReceiveChannel"), (0x110, "SelectSoftKeys"),
		(0x111, "CallState"), (START_MEDIA_ACK, "StartMediaTransmissionAck"));
	const char *name = named_value(&names, l->aux[0]);

	if (l[-1].proto == PROTO_skinny)
		outbuf_char(s->out, ',');
	else
		service_begin(s, p, l, "SKINNY");
	outbuf_char(s->out, ' ');
	outbuf_str(s->out, name ? name : "message ");
	if (!name)
		outbuf_u64(s->out, l->aux[0]);
}

FIELD_TABLE(skinny_fields,
	(DATA_LENGTH, FIELD_LE(FIELD_UINT, "skinny.data_length", 0, 4, "Length")),
	(HDR_VERSION, FIELD_LE_HEX("skinny.hdr_version", 4, 4, "Version of the header")),
	(MESSAGE_ID, FIELD_LE(FIELD_UINT, "skinny.messageId", 8, 4, "Message")),
	(REMOTE_ADDR, FIELD_GET(FIELD_IPV4, "skinny.remoteIpAddr.ipv4", get_place, "Where RTP is to go")),
	(REMOTE_PORT, FIELD_GET(FIELD_UINT, "skinny.remotePortNumber", get_place, "Port where RTP is to go")),
	(TRANSMIT_ADDR, FIELD_GET(FIELD_IPV4, "skinny.transmitIpAddr.ipv4", get_place, "Where RTP comes from")),
	(IP_ADDR, FIELD_GET(FIELD_IPV4, "skinny.ipAddr.ipv4", get_place, "Where RTP is awaited")),
	(PORT_NUMBER, FIELD_GET(FIELD_UINT, "skinny.portNumber", get_place, "Port of RTP"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_skinny = {
	.name = "skinny",
	.column = "SKINNY",
	.title = "Skinny Client Control Protocol",
	.reference = "Cisco",
	.application = true,
	.decode = skinny_decode,
	.detect = skinny_detect,
	.column_of = skinny_column,
	.summary = skinny_summary,
	PROTOCOL_FIELDS(skinny_fields),
	.claims = claims,
};
