/* SPDX-License-Identifier: MIT */
/*
 * Point-to-Point Tunneling Protocol, RFC 2637: the control connection in TCP. The packets are in GRE.
 *
 *	|length 16|1 16|cookie 1a2b3c4d|type 16|0 16|...|
 */
#include "layout.h"
#include "summary.h"

enum {
	LENGTH, TYPE, COOKIE, MESSAGE, VERSION, CONTROL_RESULT, OUT_RESULT, IN_RESULT, ERROR, FRAMING, BEARER, CHANNELS, FIRMWARE, HOST,
	VENDOR, CALL, SERIAL, MIN_BPS, MAX_BPS, PEER_CALL, WINDOW, DELAY, SPEED, CAUSE, IDENTIFIER, STOP_REASON
};
enum { HEADER = 12, MAGIC = 0x1a2b3c4d };
enum {
	SCCRQ = 1, SCCRP, STOPRQ, STOPRP, ECHORQ, ECHORP, OCRQ, OCRP, ICRQ, ICRP, ICCN, CLEAR, DISCONNECT, WEN, SLI
};

static bool pptp_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, HEADER);

	(void)d;
	return h && get_be32(h + 4) == MAGIC;
}

static enum decode_result pptp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static const struct typed_slot slots[] = {
	{ SCCRQ, { VERSION, 12, 2, 0 } }, { SCCRQ, { FRAMING, 16, 4, 0 } }, { SCCRQ, { BEARER, 20, 4, 0 } },
	{ SCCRQ, { CHANNELS, 24, 2, 0 } }, { SCCRQ, { FIRMWARE, 26, 2, 0 } },
	{ SCCRP, { VERSION, 12, 2, 0 } }, { SCCRP, { CONTROL_RESULT, 14, 1, 0 } }, { SCCRP, { ERROR, 15, 1, 0 } },
	{ SCCRP, { FRAMING, 16, 4, 0 } }, { SCCRP, { BEARER, 20, 4, 0 } }, { SCCRP, { CHANNELS, 24, 2, 0 } },
	{ SCCRP, { FIRMWARE, 26, 2, 0 } },
	{ STOPRQ, { STOP_REASON, 12, 1, 0 } }, { ECHORQ, { IDENTIFIER, 12, 4, 0 } }, { ECHORP, { IDENTIFIER, 12, 4, 0 } },
	{ ECHORP, { ERROR, 17, 1, 0 } }, { STOPRP, { ERROR, 13, 1, 0 } },
	{ OCRQ, { CALL, 12, 2, 0 } }, { OCRQ, { SERIAL, 14, 2, 0 } }, { OCRQ, { MIN_BPS, 16, 4, 0 } }, { OCRQ, { MAX_BPS, 20, 4, 0 } },
	{ OCRQ, { WINDOW, 32, 2, 0 } }, { OCRQ, { DELAY, 34, 2, 0 } },
	{ OCRP, { CALL, 12, 2, 0 } }, { OCRP, { PEER_CALL, 14, 2, 0 } }, { OCRP, { OUT_RESULT, 16, 1, 0 } },
	{ OCRP, { ERROR, 17, 1, 0 } }, { OCRP, { CAUSE, 18, 2, 0 } }, { OCRP, { SPEED, 20, 4, 0 } }, { OCRP, { WINDOW, 24, 2, 0 } },
	{ OCRP, { DELAY, 26, 2, 0 } },
	{ ICRQ, { CALL, 12, 2, 0 } }, { ICRQ, { SERIAL, 14, 2, 0 } },
	{ ICRP, { CALL, 12, 2, 0 } }, { ICRP, { PEER_CALL, 14, 2, 0 } }, { ICRP, { IN_RESULT, 16, 1, 0 } },
	{ ICRP, { ERROR, 17, 1, 0 } }, { ICRP, { WINDOW, 18, 2, 0 } }, { ICRP, { DELAY, 20, 2, 0 } },
	{ CLEAR, { CALL, 12, 2, 0 } }, { DISCONNECT, { CALL, 12, 2, 0 } }, { DISCONNECT, { CAUSE, 16, 2, 0 } },
	{ ICCN, { PEER_CALL, 12, 2, 0 } }, { ICCN, { SPEED, 16, 4, 0 } }, { ICCN, { WINDOW, 20, 2, 0 } },
	{ ICCN, { DELAY, 22, 2, 0 } }, { WEN, { PEER_CALL, 12, 2, 0 } }, { SLI, { PEER_CALL, 12, 2, 0 } },
};

static void pptp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = c.pos;
	unsigned message;
	size_t n = cursor_left(&c);

	if (n < HEADER)
		return;
	message = get_be16(h + 8);
	layout_walk_type(w, slots, SLOTS(slots), message, h, n);
	if (message <= SCCRP && n >= 156) {
		walk_bytes(w, HOST, h + 28, (uint32_t)strnlen((const char *)h + 28, 64));
		walk_bytes(w, VENDOR, h + 92, (uint32_t)strnlen((const char *)h + 92, 64));
	}
}

static NAMED_VALUES(messages,
	(SCCRQ, "SCCRQ"), (SCCRP, "SCCRP"), (STOPRQ, "StopCCRQ"), (STOPRP, "StopCCRP"), (ECHORQ, "ECHORQ"),
	(ECHORP, "ECHORP"), (OCRQ, "OCRQ"), (OCRP, "OCRP"), (ICRQ, "ICRQ"), (ICRP, "ICRP"), (ICCN, "ICCN"),
	(CLEAR, "CCRQ"), (DISCONNECT, "CDN"), (WEN, "WEN"), (SLI, "SLI")
);

/* tcpdump's words, each with its value in parentheses: "CALL_ID(0) CALL_SER_NUM(30760) MIN_BPS(300) ..." */
enum word_kind { NUMBER_8 = 1, NUMBER_16 = 2, NUMBER_32 = 4, HEX_32, TEXT, DOTTED, FRAMES, BEARERS };

static const struct word { uint8_t message, offset, kind; const char *word; } words[] = {
	{ SCCRQ, 12, DOTTED, "PROTO_VER" }, { SCCRQ, 16, FRAMES, "FRAME_CAP" }, { SCCRQ, 20, BEARERS, "BEARER_CAP" },
	{ SCCRQ, 24, NUMBER_16, "MAX_CHAN" }, { SCCRQ, 26, NUMBER_16, "FIRM_REV" }, { SCCRQ, 28, TEXT, "HOSTNAME" },
	{ SCCRQ, 92, TEXT, "VENDOR" },
	{ SCCRP, 12, DOTTED, "PROTO_VER" }, { SCCRP, 14, NUMBER_8, "RESULT_CODE" }, { SCCRP, 15, NUMBER_8, "ERR_CODE" },
	{ SCCRP, 16, FRAMES, "FRAME_CAP" }, { SCCRP, 20, BEARERS, "BEARER_CAP" }, { SCCRP, 24, NUMBER_16, "MAX_CHAN" },
	{ SCCRP, 26, NUMBER_16, "FIRM_REV" }, { SCCRP, 28, TEXT, "HOSTNAME" }, { SCCRP, 92, TEXT, "VENDOR" },
	{ STOPRQ, 12, NUMBER_8, "REASON" }, { STOPRP, 12, NUMBER_8, "RESULT_CODE" }, { STOPRP, 13, NUMBER_8, "ERR_CODE" },
	{ ECHORQ, 12, NUMBER_32, "ID" },
	{ ECHORP, 12, NUMBER_32, "ID" }, { ECHORP, 16, NUMBER_8, "RESULT_CODE" }, { ECHORP, 17, NUMBER_8, "ERR_CODE" },
	{ OCRQ, 12, NUMBER_16, "CALL_ID" }, { OCRQ, 14, NUMBER_16, "CALL_SER_NUM" }, { OCRQ, 16, NUMBER_32, "MIN_BPS" },
	{ OCRQ, 20, NUMBER_32, "MAX_BPS" }, { OCRQ, 24, BEARERS, "BEARER_TYPE" }, { OCRQ, 28, FRAMES, "FRAME_TYPE" },
	{ OCRQ, 32, NUMBER_16, "RECV_WIN" }, { OCRQ, 34, NUMBER_16, "PROC_DELAY" }, { OCRQ, 36, NUMBER_16, "PHONE_NO_LEN" },
	{ OCRQ, 40, TEXT, "PHONE_NO" }, { OCRQ, 104, TEXT, "SUB_ADDR" },
	{ OCRP, 12, NUMBER_16, "CALL_ID" }, { OCRP, 14, NUMBER_16, "PEER_CALL_ID" }, { OCRP, 16, NUMBER_8, "RESULT_CODE" },
	{ OCRP, 17, NUMBER_8, "ERR_CODE" }, { OCRP, 18, NUMBER_16, "CAUSE_CODE" }, { OCRP, 20, NUMBER_32, "CONN_SPEED" },
	{ OCRP, 24, NUMBER_16, "RECV_WIN" }, { OCRP, 26, NUMBER_16, "PROC_DELAY" }, { OCRP, 28, NUMBER_32, "PHY_CHAN_ID" },
	{ ICRQ, 12, NUMBER_16, "CALL_ID" }, { ICRQ, 14, NUMBER_16, "CALL_SER_NUM" }, { ICRQ, 16, BEARERS, "BEARER_TYPE" },
	{ ICRQ, 20, NUMBER_32, "PHY_CHAN_ID" }, { ICRQ, 24, NUMBER_16, "DIALED_NO_LEN" }, { ICRQ, 26, NUMBER_16, "DIALING_NO_LEN" },
	{ ICRQ, 28, TEXT, "DIALED_NO" }, { ICRQ, 92, TEXT, "DIALING_NO" }, { ICRQ, 156, TEXT, "SUB_ADDR" },
	{ ICRP, 12, NUMBER_16, "CALL_ID" }, { ICRP, 14, NUMBER_16, "PEER_CALL_ID" }, { ICRP, 16, NUMBER_8, "RESULT_CODE" },
	{ ICRP, 17, NUMBER_8, "ERR_CODE" }, { ICRP, 18, NUMBER_16, "RECV_WIN" }, { ICRP, 20, NUMBER_16, "PROC_DELAY" },
	{ ICCN, 12, NUMBER_16, "PEER_CALL_ID" }, { ICCN, 16, NUMBER_32, "CONN_SPEED" }, { ICCN, 20, NUMBER_16, "RECV_WIN" },
	{ ICCN, 22, NUMBER_16, "PROC_DELAY" }, { ICCN, 24, FRAMES, "FRAME_TYPE" },
	{ CLEAR, 12, NUMBER_16, "CALL_ID" },
	{ DISCONNECT, 12, NUMBER_16, "CALL_ID" }, { DISCONNECT, 14, NUMBER_8, "RESULT_CODE" },
	{ DISCONNECT, 15, NUMBER_8, "ERR_CODE" }, { DISCONNECT, 16, NUMBER_16, "CAUSE_CODE" },
	{ WEN, 12, NUMBER_16, "PEER_CALL_ID" }, { WEN, 16, NUMBER_32, "CRC_ERR" }, { WEN, 20, NUMBER_32, "FRAMING_ERR" },
	{ WEN, 24, NUMBER_32, "HARDWARE_OVERRUN" }, { WEN, 28, NUMBER_32, "BUFFER_OVERRUN" }, { WEN, 32, NUMBER_32, "TIMEOUT_ERR" },
	{ WEN, 36, NUMBER_32, "ALIGN_ERR" },
	{ SLI, 12, NUMBER_16, "PEER_CALL_ID" }, { SLI, 16, HEX_32, "SEND_ACCM" }, { SLI, 20, HEX_32, "RECV_ACCM" },
};

static uint32_t width_of(unsigned kind)
{
	return kind == TEXT ? 64 : kind == NUMBER_8 ? 1 : kind == NUMBER_16 || kind == DOTTED ? 2 : 4;
}

static void put_word(struct outbuf *o, const struct word *word, const uint8_t *h)
{
	/* a capability is a bit each, a type is one of them or either */
	bool type = word->message >= OCRQ;
	uint32_t width = width_of(word->kind), v = width == 1 ? *h : width == 2 ? get_be16(h) : get_be32(h);

	outbuf_printf(o, " %s(", word->word);
	switch (word->kind) {
	case HEX_32:
		outbuf_printf(o, "0x%08x", v);
		break;
	case TEXT:
		outbuf_escaped(o, h, strnlen((const char *)h, 64));
		break;
	case DOTTED:
		outbuf_printf(o, "%u.%u", v >> 8, v & 255);
		break;
	case FRAMES:
		outbuf_str(o, type && v == 3 ? "E" : v & 1 ? "A" : "");
		outbuf_str(o, !(type && v == 3) && v & 2 ? "S" : "");
		break;
	case BEARERS:
		outbuf_str(o, type && v == 3 ? "Any" : v & 1 ? "A" : "");
		outbuf_str(o, !(type && v == 3) && v & 2 ? "D" : "");
		break;
	default:
		outbuf_u64(o, v);
	}
	outbuf_char(o, ')');
}

static void pptp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);
	unsigned message;

	outbuf_str(s->out, ": pptp");
	if (n < HEADER)
		return;
	message = get_be16(h + 8);
	outbuf_str(s->out, " CTRL_MSGTYPE=");
	layout_name(s->out, &messages, message, "UNKNOWN");
	for (size_t i = 0; i < SLOTS(words); i++)
		if (words[i].message == message && n >= words[i].offset + width_of(words[i].kind))
			put_word(s->out, &words[i], h + words[i].offset);
}

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(pptp_fields,
	(LENGTH, FIELD_FIXED(FIELD_UINT, "pptp.length", 0, 2, "Length")),
	(TYPE, FIELD_FIXED(FIELD_UINT, "pptp.type", 2, 2, "Type")),
	(COOKIE, FIELD_FIXED_HEX("pptp.magic_cookie", 4, 4, "1a2b3c4d")),
	(MESSAGE, FIELD_HAS("pptp.control_message_type", "Message", (.names = &messages), .type = FIELD_UINT, .offset = 8,
		.width = 2)),
	(VERSION, NUMBER("pptp.protocol_version", "Version")),
	(CONTROL_RESULT, NUMBER("pptp.control_result", "Result of the connection")),
	(OUT_RESULT, NUMBER("pptp.out_result", "Result of an outgoing call")),
	(IN_RESULT, NUMBER("pptp.in_result", "Result of an incoming call")),
	(ERROR, NUMBER("pptp.error", "Error")),
	(FRAMING, NUMBER("pptp.framing_capabilities", "Framing capabilities")),
	(BEARER, NUMBER("pptp.bearer_capabilities", "Bearer capabilities")),
	(CHANNELS, NUMBER("pptp.maximum_channels", "Channels")),
	(FIRMWARE, NUMBER("pptp.firmware_revision", "Firmware")),
	(HOST, FIELD_WALK(FIELD_STRING, "pptp.host_name", "Host")),
	(VENDOR, FIELD_WALK(FIELD_STRING, "pptp.vendor_name", "Vendor")),
	(CALL, NUMBER("pptp.call_id", "Call")),
	(SERIAL, NUMBER("pptp.call_serial_number", "Call serial number")),
	(MIN_BPS, NUMBER("pptp.minimum_bps", "Least bit rate")),
	(MAX_BPS, NUMBER("pptp.maximum_bps", "Highest bit rate")),
	(PEER_CALL, NUMBER("pptp.peer_call_id", "Peer's call")),
	(WINDOW, NUMBER("pptp.packet_receive_window_size", "Receive window, packets")),
	(DELAY, NUMBER("pptp.packet_processing_delay", "Processing delay, 1/10 s")),
	(SPEED, NUMBER("pptp.connect_speed", "Speed")),
	(CAUSE, NUMBER("pptp.cause", "Cause")),
	(IDENTIFIER, NUMBER("pptp.identifier", "Echo identifier")),
	(STOP_REASON, NUMBER("pptp.reason", "Reason"))
);

static const struct claim pptp_claims[] = { { CLAIM_TCP_PORT, 1723 }, { CLAIM_NONE, 0 } };

const struct protocol proto_pptp = {
	.name = "pptp",
	.column = "PPTP",
	.title = "Point-to-Point Tunneling Protocol",
	.reference = "RFC 2637",
	.application = true,
	.decode = pptp_decode,
	.detect = pptp_detect,
	PROTOCOL_WALK(pptp_walk),
	.summary = pptp_summary,
	PROTOCOL_FIELDS(pptp_fields),
	.claims = pptp_claims,
};
