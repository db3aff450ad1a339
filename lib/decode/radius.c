/* SPDX-License-Identifier: MIT */
/*
 * RADIUS: questions of access servers and their accounts. RFC 2865, RFC 2866, RFC 2869, RFC 5176.
 *
 *	|code 8|id 8|length 16|authenticator 16 bytes| { type 8, length 8, value } ...
 *
 * An attribute is a row of attributes[]: its number, its field, how its value is read; numbers are of 32 bits.
 */
#include "decode/service.h"

enum {
	CODE, ID, LENGTH, AUTHENTICATOR, AVP, AVP_TYPE, AVP_LENGTH, VENDOR_ID, USER_NAME, USER_PASSWORD, NAS_IP, NAS_PORT, SERVICE_TYPE,
	FRAMED_PROTOCOL, FRAMED_IP, FRAMED_NETMASK, FILTER_ID, FRAMED_MTU, REPLY_MESSAGE, STATE, CLASS, SESSION_TIMEOUT, IDLE_TIMEOUT,
	TERMINATION_ACTION, CALLED, CALLING, NAS_IDENTIFIER, ACCT_STATUS_TYPE, ACCT_DELAY, ACCT_INPUT, ACCT_OUTPUT, ACCT_SESSION_ID,
	ACCT_AUTHENTIC, ACCT_SESSION_TIME, ACCT_INPUT_PACKETS, ACCT_OUTPUT_PACKETS, ACCT_TERMINATE, EVENT_TIME, NAS_PORT_TYPE,
	CONNECT_INFO, MESSAGE_AUTH, NAS_PORT_ID, ERROR_CAUSE
};
enum { HEADER = 20, VENDOR = 26 };
enum kind { OTHER, TEXT, U32, ADDR, BYTES };

static const struct attribute {
	uint8_t type, field, kind;
	char name[22];
} attributes[] = {
	{ 1, USER_NAME, TEXT, "User-Name" },
	{ 2, USER_PASSWORD, BYTES, "User-Password" },
	{ 4, NAS_IP, ADDR, "NAS-IP-Address" },
	{ 5, NAS_PORT, U32, "NAS-Port" },
	{ 6, SERVICE_TYPE, U32, "Service-Type" },
	{ 7, FRAMED_PROTOCOL, U32, "Framed-Protocol" },
	{ 8, FRAMED_IP, ADDR, "Framed-IP-Address" },
	{ 9, FRAMED_NETMASK, ADDR, "Framed-IP-Network" },
	{ 11, FILTER_ID, TEXT, "Filter-Id" },
	{ 12, FRAMED_MTU, U32, "Framed-MTU" },
	{ 18, REPLY_MESSAGE, TEXT, "Reply-Message" },
	{ 24, STATE, BYTES, "State" },
	{ 25, CLASS, BYTES, "Class" },
	{ VENDOR, 0, OTHER, "Vendor-Specific" },
	{ 27, SESSION_TIMEOUT, U32, "Session-Timeout" },
	{ 28, IDLE_TIMEOUT, U32, "Idle-Timeout" },
	{ 29, TERMINATION_ACTION, U32, "Termination-Action" },
	{ 30, CALLED, TEXT, "Called-Station-Id" },
	{ 31, CALLING, TEXT, "Calling-Station-Id" },
	{ 32, NAS_IDENTIFIER, TEXT, "NAS-Identifier" },
	{ 40, ACCT_STATUS_TYPE, U32, "Acct-Status-Type" },
	{ 41, ACCT_DELAY, U32, "Acct-Delay-Time" },
	{ 42, ACCT_INPUT, U32, "Acct-Input-Octets" },
	{ 43, ACCT_OUTPUT, U32, "Acct-Output-Octets" },
	{ 44, ACCT_SESSION_ID, TEXT, "Acct-Session-Id" },
	{ 45, ACCT_AUTHENTIC, U32, "Acct-Authentic" },
	{ 46, ACCT_SESSION_TIME, U32, "Acct-Session-Time" },
	{ 47, ACCT_INPUT_PACKETS, U32, "Acct-Input-Packets" },
	{ 48, ACCT_OUTPUT_PACKETS, U32, "Acct-Output-Packets" },
	{ 49, ACCT_TERMINATE, U32, "Acct-Terminate-Cause" },
	{ 55, EVENT_TIME, OTHER, "Event-Timestamp" },
	{ 61, NAS_PORT_TYPE, U32, "NAS-Port-Type" },
	{ 77, CONNECT_INFO, TEXT, "Connect-Info" },
	{ 80, MESSAGE_AUTH, BYTES, "Message-Authenticator" },
	{ 87, NAS_PORT_ID, TEXT, "NAS-Port-Id" },
	{ 101, ERROR_CAUSE, U32, "Error-Cause" },
};

static const struct attribute *attribute_find(unsigned type)
{
	for (unsigned i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (attributes[i].type == type)
			return &attributes[i];
	return NULL;
}

/* The next attribute; false at the end or when its length makes no sense. */
static bool attribute_next(struct cursor *c, unsigned *type, struct cursor *value)
{
	const uint8_t *h = cursor_peek(c, 2);

	if (!h || h[1] < 2)
		return false;
	*type = h[0];
	cursor_skip(c, 2);
	*value = cursor_sub(c, h[1] - 2u);
	return true;
}

/* ---- decode ------------------------------------------------------------------------------------- */

static bool radius_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 4);

	if (!h)
		return payload->snapped;
	return *h && get_be16(h + 2) >= HEADER && (get_be16(h + 2) <= d->wire_left || d->fragment);
}

static enum decode_result radius_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	struct cursor c, value;
	unsigned type;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	if (!decode_limit(d, get_be16(h + 2) - HEADER))
		return DECODE_MALFORMED;
	c = d->c;
	while (attribute_next(&c, &type, &value))
		;
	decode_take(d, (uint32_t)cursor_left(&d->c));
	return c.cut || cursor_left(&c) ? cursor_short(&c) : DECODE_OK;
}

/* ---- fields --------------------------------------------------------------------------------------- */

static void walk_value(struct walk *w, const struct attribute *a, const struct cursor *v)
{
	uint32_t n = (uint32_t)cursor_left(v);

	if (a->type == VENDOR && n >= 4) {
		walk_uint(w, VENDOR_ID, get_be32(v->pos));
	} else if (a->type == 55 && n == 4 && walk_wants(w, EVENT_TIME)) {
		w->emit(w, &w->proto->fields[EVENT_TIME], &(struct value){ .i = get_be32(v->pos) * 1000000000ll });
	} else if (a->kind == TEXT || a->kind == BYTES) {
		walk_bytes(w, a->field, v->pos, n);
	} else if (n == 4 && a->kind == U32) {
		walk_uint(w, a->field, get_be32(v->pos));
	} else if (n == 4 && a->kind == ADDR) {
		walk_bytes(w, a->field, v->pos, 4);
	}
}

static void radius_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), v;
	unsigned type;

	if (!cursor_skip(&c, HEADER))
		return;
	for (const uint8_t *start = c.pos; attribute_next(&c, &type, &v); start = c.pos) {
		const struct attribute *a = attribute_find(type);

		walk_bytes(w, AVP, start, (uint32_t)(c.pos - start));
		walk_uint(w, AVP_TYPE, type);
		walk_uint(w, AVP_LENGTH, start[1]);
		if (a && !c.cut)
			walk_value(w, a, &v);
	}
}

/* ---- text ----------------------------------------------------------------------------------------- */

static NAMED_VALUES(codes,
	(1, "Access-Request"), (2, "Access-Accept"), (3, "Access-Reject"), (4, "Accounting-Request"),
	(5, "Accounting-Response"), (11, "Access-Challenge"), (12, "Status-Server"), (13, "Status-Client"),
	(40, "Disconnect-Request"), (41, "Disconnect-ACK"), (42, "Disconnect-NAK"), (43, "CoA-Request"), (44, "CoA-ACK"),
	(45, "CoA-NAK"), (255, "Reserved")
);

static void put_attribute(struct outbuf *o, unsigned type, const struct cursor *v)
{
	const struct attribute *a = attribute_find(type);
	size_t n = cursor_left(v);

	outbuf_str(o, "\n\t  ");
	outbuf_str(o, a ? a->name : "Unknown");
	outbuf_str(o, " Attribute (");
	outbuf_u64(o, type);
	outbuf_str(o, "), length: ");
	outbuf_u64(o, v->pos[-1]);
	outbuf_str(o, ", Value: ");
	if (a && a->kind == TEXT)
		outbuf_escaped(o, v->pos, n);
	else if (a && a->kind == U32 && n == 4)
		outbuf_u64(o, get_be32(v->pos));
	else if (a && a->kind == ADDR && n == 4)
		outbuf_ipv4(o, v->pos);
	else
		outbuf_hexbytes(o, v->pos, n, 0);
}

static void radius_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), v;
	const uint8_t *h = cursor_take(&c, HEADER);
	struct outbuf *o = s->out;
	const char *name;
	unsigned type;

	if (!h)
		return;
	name = named_value(&codes, h[0]);
	outbuf_str(o, "RADIUS, ");
	if (s->verbose) {
		outbuf_str(o, "length: ");
		outbuf_u64(o, get_be16(h + 2));
		outbuf_str(o, "\n\t");
	}
	outbuf_str(o, name ? name : "Unknown Command");
	outbuf_str(o, " (");
	outbuf_u64(o, h[0]);
	outbuf_str(o, "), id: 0x");
	outbuf_hex(o, h[1], 2);
	if (!s->verbose) {
		outbuf_str(o, " length: ");
		outbuf_u64(o, get_be16(h + 2));
		return;
	}
	outbuf_str(o, ", Authenticator: ");
	outbuf_hexbytes(o, h + 4, 16, 0);
	while (attribute_next(&c, &type, &v))
		put_attribute(o, type, &v);
}

/* ---- the protocol ----------------------------------------------------------------------------------- */

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define STR(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define RAW(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
#define IPV4(n, lab) FIELD_WALK(FIELD_IPV4, n, lab)
FIELD_TABLE(radius_fields,
	(CODE, FIELD_HAS("radius.code", "Code", (.names = &codes), .type = FIELD_UINT, .offset = 0, .width = 1)),
	(ID, FIELD_FIXED(FIELD_UINT, "radius.id", 1, 1, "Identifier")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "radius.length", 2, 2, "Length")),
	(AUTHENTICATOR, FIELD_FIXED(FIELD_BYTES, "radius.authenticator", 4, 16, "Authenticator")),
	(AVP, RAW("radius.avp", "Attribute, all of it")),
	(AVP_TYPE, UINT("radius.avp.type", "Attribute")),
	(AVP_LENGTH, UINT("radius.avp.length", "Length of the attribute")),
	(VENDOR_ID, UINT("radius.avp.vendor_id", "Vendor of the attribute")),
	(USER_NAME, STR("radius.User_Name", "User name")),
	(USER_PASSWORD, RAW("radius.User_Password_encrypted", "Password, hidden")),
	(NAS_IP, IPV4("radius.NAS_IP_Address", "Access server")),
	(NAS_PORT, UINT("radius.NAS_Port", "Port of the access server")),
	(SERVICE_TYPE, UINT("radius.Service_Type", "Service")),
	(FRAMED_PROTOCOL, UINT("radius.Framed_Protocol", "Protocol of the link")),
	(FRAMED_IP, IPV4("radius.Framed_IP_Address", "Address of the user")),
	(FRAMED_NETMASK, IPV4("radius.Framed_IP_Netmask", "Netmask of the user")),
	(FILTER_ID, STR("radius.Filter_Id", "Filter")),
	(FRAMED_MTU, UINT("radius.Framed_MTU", "MTU")),
	(REPLY_MESSAGE, STR("radius.Reply_Message", "Message to the user")),
	(STATE, RAW("radius.State", "State")),
	(CLASS, RAW("radius.Class", "Class")),
	(SESSION_TIMEOUT, UINT("radius.Session_Timeout", "Longest session in seconds")),
	(IDLE_TIMEOUT, UINT("radius.Idle_Timeout", "Longest idle time in seconds")),
	(TERMINATION_ACTION, UINT("radius.Termination_Action", "What follows the session")),
	(CALLED, STR("radius.Called_Station_Id", "Called station")),
	(CALLING, STR("radius.Calling_Station_Id", "Calling station")),
	(NAS_IDENTIFIER, STR("radius.NAS_Identifier", "Access server")),
	(ACCT_STATUS_TYPE, UINT("radius.Acct_Status_Type", "Start, stop or between")),
	(ACCT_DELAY, UINT("radius.Acct_Delay_Time", "Seconds of delay")),
	(ACCT_INPUT, UINT("radius.Acct_Input_Octets", "Bytes received")),
	(ACCT_OUTPUT, UINT("radius.Acct_Output_Octets", "Bytes sent")),
	(ACCT_SESSION_ID, STR("radius.Acct_Session_Id", "Session")),
	(ACCT_AUTHENTIC, UINT("radius.Acct_Authentic", "How the user was authenticated")),
	(ACCT_SESSION_TIME, UINT("radius.Acct_Session_Time", "Seconds of the session")),
	(ACCT_INPUT_PACKETS, UINT("radius.Acct_Input_Packets", "Packets received")),
	(ACCT_OUTPUT_PACKETS, UINT("radius.Acct_Output_Packets", "Packets sent")),
	(ACCT_TERMINATE, UINT("radius.Acct_Terminate_Cause", "Why the session ended")),
	(EVENT_TIME, FIELD_WALK(FIELD_TIME, "radius.Event_Timestamp", "Time of the event")),
	(NAS_PORT_TYPE, UINT("radius.NAS_Port_Type", "Kind of port")),
	(CONNECT_INFO, STR("radius.Connect_Info", "Connection")),
	(MESSAGE_AUTH, RAW("radius.Message_Authenticator", "Message authenticator")),
	(NAS_PORT_ID, STR("radius.NAS_Port_Id", "Port of the access server")),
	(ERROR_CAUSE, UINT("radius.Error_Cause", "Cause of the error"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, 1812 }, { CLAIM_UDP_PORT, 1813 }, { CLAIM_UDP_PORT, 1645 },
				       { CLAIM_UDP_PORT, 1646 }, { CLAIM_UDP_PORT, 3799 }, { CLAIM_NONE, 0 } };

const struct protocol proto_radius = {
	.name = "radius",
	.column = "RADIUS",
	.title = "Remote Authentication Dial-In User Service",
	.reference = "RFC 2865, RFC 2866, RFC 5176",
	.application = true,
	.decode = radius_decode,
	.detect = radius_detect,
	PROTOCOL_WALK(radius_walk),
	.summary = radius_summary,
	PROTOCOL_FIELDS(radius_fields),
	.claims = claims,
};
