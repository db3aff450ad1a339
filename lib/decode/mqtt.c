/* SPDX-License-Identifier: MIT */
/*
 * MQTT 3.1, 3.1.1 and 5 over TCP.
 *
 *	|type 4|flags 4|length 1..4 bytes of 7 bits|message                                   several in a segment: a layer each
 *
 *	CONNECT   <name> version 1, flags 1, keep alive 2, [properties], <client>, [<will topic>, <will>], [<user>], [<password>]
 *	PUBLISH   <topic>, [id 2, if QoS > 0], [properties], message
 *	SUBSCRIBE id 2, [properties], { <filter>, options 1 } ...                            <x>: two bytes of length before it
 *
 * Properties are in version 5 only; which version a connection has is said by CONNECT and remembered.
 */
#include "decode/message.h"
#include "decode/memory.h"
#include "decode/notes.h"
#include "decode/service.h"

enum {
	HDRFLAGS, MSGTYPE, HDR_RESERVED, DUPFLAG, QOS, RETAIN, LEN, PROTO_LEN, PROTONAME, VER, CONFLAGS, CF_UNAME, CF_PASSWD, CF_RETAIN,
	CF_QOS, CF_WILL, CF_CLEAN, CF_RESERVED, KALIVE, PROPERTY_LEN, CLIENTID_LEN, CLIENTID, WILLTOPIC_LEN, WILLTOPIC, WILLMSG_LEN,
	WILLMSG, USERNAME_LEN, USERNAME, PASSWD_LEN, PASSWD, ACK_RESERVED, ACK_SP, CONNACK_VAL, CONNACK_REASON, PUBACK_REASON,
	PUBREC_REASON, PUBREL_REASON, PUBCOMP_REASON, SUBACK_REASON, UNSUBACK_REASON, DISCONNECT_REASON, AUTH_REASON,
	TOPIC_LEN, TOPIC, MSGID, SUB_QOS, SUBACK_QOS, SUB_OPTIONS, SUB_RESERVED, SUB_RETAIN, SUB_RAP, SUB_NL, SUB_OPT_QOS, MSG
};
enum kind { CONNECT = 1, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ,
	    PINGRESP, DISCONNECT, AUTH };
enum { LENGTH_BYTES_MAX = 4, V5 = 5, PORT = 1883 };

/* Numbers of 7 bits a byte, the low ones first; `c` is cut when it makes no sense. */
static uint32_t varint(struct cursor *c)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < LENGTH_BYTES_MAX; i++) {
		uint8_t b = cursor_u8(c);

		v |= (b & 0x7fu) << 7 * i;
		if (!(b & 0x80))
			return v;
	}
	c->cut = true;
	return 0;
}

/* ---- decode ------------------------------------------------------------------------------ */

/* Are the low bits of the first byte what the kind of message asks for? */
static bool flags_good(uint8_t first)
{
	unsigned kind = first >> 4, flags = first & 15;

	if (!kind)
		return false;
	if (kind == PUBLISH)
		return (flags & 6) != 6;
	return flags == (kind == PUBREL || kind == SUBSCRIBE || kind == UNSUBSCRIBE ? 2 : 0);
}

/* On its port any message; elsewhere only the one that a connection begins with. */
static bool mqtt_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *name;
	uint8_t first;

	if (message_within(d))
		return false;
	if (message_rest(d))
		return true;
	first = cursor_u8(&c);
	varint(&c);
	if (c.cut || !flags_good(first))
		return false;
	if (service_port(d, PORT))
		return true;
	name = cursor_peek(&c, 7);
	return first >> 4 == CONNECT && name && (!memcmp(name, "\0\4MQTT", 6) || !memcmp(name, "\0\6MQIsd", 7));
}

static enum decode_result mqtt_decode(struct decode *d, struct layer *l)
{
	struct memory *m = decode_memory(d, MEMORY_CONNECTION, false);
	struct cursor c = d->c;
	struct note *note;
	uint8_t first;
	uint32_t n;

	if (message_resume(d, l, PROTO_mqtt))
		return DECODE_OK;
	first = cursor_u8(&c);
	n = varint(&c);
	if (c.cut)
		return cursor_short(&d->c);
	if (!flags_good(first))
		return DECODE_MALFORMED;
	if (first >> 4 == CONNECT && (note = decode_note(d, l - 1)))
		note_stay(d, note, PROTO_mqtt);
	if (first >> 4 == CONNECT && m && cursor_left(&c) > 2) {
		struct cursor name = c;

		cursor_skip(&name, cursor_be16(&name));
		m->value[0] = cursor_u8(&name) & 0x7f;
	}
	l->aux[0] = m ? (uint16_t)m->value[0] : 0;
	l->aux[1] = first;
	return message_whole(d, l, (uint32_t)(c.pos - d->c.pos) + n, PROTO_mqtt);
}

/* ---- fields ------------------------------------------------------------------------------ */

/* Two bytes of length, and as many bytes; the field of the length is the one before. False at the end. */
static bool walk_string(struct walk *w, struct cursor *c, unsigned field)
{
	unsigned n = cursor_be16(c);
	const uint8_t *b;

	if (c->cut)
		return false;
	walk_uint(w, field - 1, n);
	b = cursor_take(c, n);
	if (b)
		walk_bytes(w, field, b, n);
	return b;
}

static void walk_properties(struct walk *w, struct cursor *c, unsigned version)
{
	uint32_t n;

	if (version != V5 || !cursor_left(c))
		return;
	n = varint(c);
	if (!c->cut)
		walk_uint(w, PROPERTY_LEN, n);
	cursor_skip(c, n);
}

static void walk_connect(struct walk *w, struct cursor *c)
{
	unsigned version, flags;

	if (!walk_string(w, c, PROTONAME) || cursor_left(c) < 4)
		return;
	version = cursor_u8(c);
	flags = cursor_u8(c);
	walk_uint(w, VER, version);
	walk_uint(w, CONFLAGS, flags);
	walk_uint(w, CF_UNAME, flags >> 7);
	walk_uint(w, CF_PASSWD, flags >> 6 & 1);
	walk_uint(w, CF_RETAIN, flags >> 5 & 1);
	walk_uint(w, CF_QOS, flags >> 3 & 3);
	walk_uint(w, CF_WILL, flags >> 2 & 1);
	walk_uint(w, CF_CLEAN, flags >> 1 & 1);
	walk_uint(w, CF_RESERVED, flags & 1);
	walk_uint(w, KALIVE, cursor_be16(c));
	walk_properties(w, c, version);
	if (!walk_string(w, c, CLIENTID))
		return;
	if (flags & 0x04) {
		walk_properties(w, c, version);
		if (!walk_string(w, c, WILLTOPIC) || !walk_string(w, c, WILLMSG))
			return;
	}
	if ((!(flags & 0x80) || walk_string(w, c, USERNAME)) && flags & 0x40)
		walk_string(w, c, PASSWD);
}

static void walk_subscriptions(struct walk *w, struct cursor *c, unsigned version, bool options)
{
	while (cursor_left(c) && walk_string(w, c, TOPIC) && (!options || cursor_left(c))) {
		unsigned v = options ? cursor_u8(c) : 0;

		if (!options)
			continue;
		if (version != V5) {
			walk_uint(w, SUB_QOS, v);
			continue;
		}
		walk_uint(w, SUB_OPTIONS, v);
		walk_uint(w, SUB_RESERVED, v >> 6);
		walk_uint(w, SUB_RETAIN, v >> 4 & 3);
		walk_uint(w, SUB_RAP, v >> 3 & 1);
		walk_uint(w, SUB_NL, v >> 2 & 1);
		walk_uint(w, SUB_OPT_QOS, v & 3);
	}
}

static void walk_connack(struct walk *w, struct cursor *c, unsigned version)
{
	const uint8_t *b = cursor_take(c, 2);

	if (!b)
		return;
	walk_uint(w, ACK_RESERVED, b[0] >> 1);
	walk_uint(w, ACK_SP, b[0] & 1);
	walk_uint(w, version == V5 ? CONNACK_REASON : CONNACK_VAL, b[1]);
	walk_properties(w, c, version);
}

static const uint8_t reasons[16] = { [PUBACK] = PUBACK_REASON, [PUBREC] = PUBREC_REASON, [PUBREL] = PUBREL_REASON,
				     [PUBCOMP] = PUBCOMP_REASON, [SUBACK] = SUBACK_REASON, [UNSUBACK] = UNSUBACK_REASON,
				     [DISCONNECT] = DISCONNECT_REASON, [AUTH] = AUTH_REASON };

/* The body of a message that starts with its id, or with nothing. */
static void walk_body(struct walk *w, struct cursor *c, unsigned kind, unsigned version)
{
	if (kind >= PUBACK && kind <= UNSUBACK) {
		if (cursor_left(c) < 2)
			return;
		walk_uint(w, MSGID, cursor_be16(c));
	}
	switch (kind) {
	case SUBSCRIBE:
	case UNSUBSCRIBE:
		walk_properties(w, c, version);
		walk_subscriptions(w, c, version, kind == SUBSCRIBE);
		break;
	case SUBACK:
	case UNSUBACK:
		walk_properties(w, c, version);
		while (cursor_left(c))
			walk_uint(w, version == V5 ? reasons[kind] : SUBACK_QOS, cursor_u8(c));
		break;
	default:
		if (reasons[kind] && version == V5 && cursor_left(c)) {
			walk_uint(w, reasons[kind], cursor_u8(c));
			walk_properties(w, c, version);
		}
	}
}

static void walk_publish(struct walk *w, struct cursor *c, unsigned qos, unsigned version)
{
	if (!walk_string(w, c, TOPIC))
		return;
	if (qos && cursor_left(c) >= 2)
		walk_uint(w, MSGID, cursor_be16(c));
	walk_properties(w, c, version);
	if (cursor_left(c) && !c->cut)
		walk_bytes(w, MSG, c->pos, (uint32_t)cursor_left(c));
}

static void mqtt_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned first = cursor_u8(&c), kind = first >> 4, version = l->aux[0];
	uint32_t n = varint(&c);

	if (c.cut)
		return;
	walk_uint(w, HDRFLAGS, first);
	walk_uint(w, MSGTYPE, kind);
	if (kind == PUBLISH) {
		walk_uint(w, DUPFLAG, first >> 3 & 1);
		walk_uint(w, QOS, first >> 1 & 3);
		walk_uint(w, RETAIN, first & 1);
	} else {
		walk_uint(w, HDR_RESERVED, first & 15);
	}
	walk_uint(w, LEN, n);
	cursor_limit(&c, n);
	switch (kind) {
	case CONNECT: walk_connect(w, &c); break;
	case CONNACK: walk_connack(w, &c, version); break;
	case PUBLISH: walk_publish(w, &c, first >> 1 & 3, version); break;
	default: walk_body(w, &c, kind, version);
	}
}

/* ---- text -------------------------------------------------------------------------------- */

static void put_string(struct outbuf *o, const char *label, struct cursor *c)
{
	unsigned n = cursor_be16(c);
	const uint8_t *b = cursor_take(c, n);

	if (!b)
		return;
	outbuf_str(o, label);
	outbuf_escaped(o, b, n);
}

static void mqtt_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char names[][12] = { "", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE",
					  "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH" };
	struct cursor c = packet_cursor(p, l);
	unsigned kind = cursor_u8(&c) >> 4;

	if (l[-1].proto == PROTO_mqtt)
		outbuf_char(s->out, ',');
	else
		service_begin(s, p, l, "MQTT");
	if (!cursor_left(&c))
		return;
	varint(&c);
	outbuf_char(s->out, ' ');
	outbuf_str(s->out, names[kind]);
	if (kind == PUBLISH) {
		put_string(s->out, " topic ", &c);
	} else if (kind == CONNECT) {
		cursor_skip(&c, cursor_be16(&c));
		if (cursor_u8(&c) == V5) {
			cursor_skip(&c, 3);
			cursor_skip(&c, varint(&c));
		} else {
			cursor_skip(&c, 3);
		}
		put_string(s->out, " client ", &c);
	} else if (kind == SUBSCRIBE || kind == UNSUBSCRIBE) {
		cursor_skip(&c, 2);
		if (l->aux[0] == V5)
			cursor_skip(&c, varint(&c));
		put_string(s->out, " topic ", &c);
	}
}

/* ---- the protocol -------------------------------------------------------------------------- */

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define BOOL(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define HEX(n, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)
FIELD_TABLE(mqtt_fields,
	(HDRFLAGS, HEX("mqtt.hdrflags", "Kind of message and flags")),
	(MSGTYPE, UINT("mqtt.msgtype", "Kind of message")),
	(HDR_RESERVED, UINT("mqtt.hdr_reserved", "Reserved")),
	(DUPFLAG, BOOL("mqtt.dupflag", "Sent again")),
	(QOS, UINT("mqtt.qos", "Quality of service")),
	(RETAIN, BOOL("mqtt.retain", "To be kept for later subscribers")),
	(LEN, UINT("mqtt.len", "Length")),
	(PROTO_LEN, UINT("mqtt.proto_len", "Length of the protocol's name")),
	(PROTONAME, TEXT("mqtt.protoname", "Protocol")),
	(VER, UINT("mqtt.ver", "Version, 4 for 3.1.1")),
	(CONFLAGS, HEX("mqtt.conflags", "Flags of the connection")),
	(CF_UNAME, BOOL("mqtt.conflag.uname", "Has a user name")),
	(CF_PASSWD, BOOL("mqtt.conflag.passwd", "Has a password")),
	(CF_RETAIN, BOOL("mqtt.conflag.retain", "Will is kept")),
	(CF_QOS, UINT("mqtt.conflag.qos", "Quality of service of the will")),
	(CF_WILL, BOOL("mqtt.conflag.willflag", "Has a will")),
	(CF_CLEAN, BOOL("mqtt.conflag.cleansess", "Forgets earlier sessions")),
	(CF_RESERVED, BOOL("mqtt.conflag.reserved", "Reserved")),
	(KALIVE, UINT("mqtt.kalive", "Keep alive in seconds")),
	(PROPERTY_LEN, UINT("mqtt.property_len", "Length of the properties")),
	(CLIENTID_LEN, UINT("mqtt.clientid_len", "Length of the client's name")),
	(CLIENTID, TEXT("mqtt.clientid", "Client")),
	(WILLTOPIC_LEN, UINT("mqtt.willtopic_len", "Length of the will's topic")),
	(WILLTOPIC, TEXT("mqtt.willtopic", "Topic of the will")),
	(WILLMSG_LEN, UINT("mqtt.willmsg_len", "Length of the will")),
	(WILLMSG, FIELD_WALK(FIELD_BYTES, "mqtt.willmsg", "Will")),
	(USERNAME_LEN, UINT("mqtt.username_len", "Length of the user name")),
	(USERNAME, TEXT("mqtt.username", "User name")),
	(PASSWD_LEN, UINT("mqtt.passwd_len", "Length of the password")),
	(PASSWD, TEXT("mqtt.passwd", "Password")),
	(ACK_RESERVED, HEX("mqtt.conack.flags.reserved", "Reserved")),
	(ACK_SP, BOOL("mqtt.conack.flags.sp", "Session goes on")),
	(CONNACK_VAL, UINT("mqtt.conack.val", "Answer to the connection")),
	(CONNACK_REASON, UINT("mqtt.connack.reason_code", "Answer to the connection")),
	(PUBACK_REASON, UINT("mqtt.puback.reason_code", "Reason")),
	(PUBREC_REASON, UINT("mqtt.pubrec.reason_code", "Reason")),
	(PUBREL_REASON, UINT("mqtt.pubrel.reason_code", "Reason")),
	(PUBCOMP_REASON, UINT("mqtt.pubcomp.reason_code", "Reason")),
	(SUBACK_REASON, UINT("mqtt.suback.reason_code", "Reason")),
	(UNSUBACK_REASON, UINT("mqtt.unsuback.reason_code", "Reason")),
	(DISCONNECT_REASON, UINT("mqtt.disconnect.reason_code", "Reason")),
	(AUTH_REASON, UINT("mqtt.auth.reason_code", "Reason")),
	(TOPIC_LEN, UINT("mqtt.topic_len", "Length of the topic")),
	(TOPIC, TEXT("mqtt.topic", "Topic")),
	(MSGID, UINT("mqtt.msgid", "Message id")),
	(SUB_QOS, UINT("mqtt.sub.qos", "Quality of service wanted")),
	(SUBACK_QOS, UINT("mqtt.suback.qos", "Quality of service granted")),
	(SUB_OPTIONS, HEX("mqtt.subscription_options", "Options of the subscription")),
	(SUB_RESERVED, HEX("mqtt.subscription_options_reserved", "Reserved")),
	(SUB_RETAIN, UINT("mqtt.subscription_options_retain", "Handling of kept messages")),
	(SUB_RAP, BOOL("mqtt.subscription_options_rap", "Retain as published")),
	(SUB_NL, BOOL("mqtt.subscription_options_nl", "Not those of this client")),
	(SUB_OPT_QOS, UINT("mqtt.subscription_options_qos", "Quality of service wanted")),
	(MSG, FIELD_WALK(FIELD_BYTES, "mqtt.msg", "Message"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_mqtt = {
	.name = "mqtt",
	.column = "MQTT",
	.title = "MQ Telemetry Transport",
	.reference = "OASIS MQTT 5.0, ISO/IEC 20922",
	.application = true,
	.decode = mqtt_decode,
	.detect = mqtt_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("\x10"),
	.notes = true,
	PROTOCOL_WALK(mqtt_walk),
	.summary = mqtt_summary,
	PROTOCOL_FIELDS(mqtt_fields),
	.claims = claims,
};
