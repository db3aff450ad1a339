/* SPDX-License-Identifier: MIT */
/*
 * Session Description Protocol, in the messages of SIP and RTSP. RFC 8866.
 *
 *	v=0
 *	o=- 192 1 IN IP4 10.226.40.56     who: user, session, version, network, kind of address, address
 *	c=IN IP4 10.226.40.54             where media go, for the session or for the medium before
 *	m=audio 5202 RTP/AVP 8 0 101      medium, port, protocol, formats
 *	a=rtpmap:101 telephone-event/8000
 *
 * The ports of media over RTP are announced (expect.h).
 */
#include "base/text.h"
#include "decode/expect.h"
#include "decode/sdp.h"
#include "decode/service.h"

enum {
	VERSION, OWNER, O_USER, O_SESSION, O_VERSION, O_NETWORK, O_ADDR_TYPE, O_ADDR, NAME, INFO, URI, EMAIL, PHONE, CONNECTION, C_NETWORK, C_ADDR_TYPE,
	C_ADDR, C_TTL, BANDWIDTH, B_MODIFIER, B_VALUE, TIME, T_START, T_STOP, SESSION_ATTR, S_FIELD, S_VALUE, MEDIA, M_MEDIA, M_PORT_STRING, M_PORT,
	M_PROTO, M_FORMAT, MEDIA_ATTR, A_FIELD, A_VALUE
};

/* The next "x=value" line: x, or 0 at the end or where there is none. */
static char sdp_next(struct cursor *c, struct text *line, struct text *value)
{
	bool whole;

	if (!line_next(c, line, &whole) || line->len < 2 || line->p[1] != '=')
		return 0;
	*value = (struct text){ line->p + 2, line->len - 2 };
	return (char)line->p[0];
}

bool sdp_find(const struct text *content_type, struct cursor body, struct cursor *sdp)
{
	struct text line;
	bool whole, inside = text_begins_nocase(content_type, "application/sdp");

	if (!inside && !text_begins_nocase(content_type, "multipart/"))
		return false;
	while (!inside && line_next(&body, &line, &whole)) {
		if (!text_begins_nocase(&line, "content-type:"))
			continue;
		text_until(&line, ':');
		line = text_trim(line);
		inside = text_begins_nocase(&line, "application/sdp");
		while (inside && line_next(&body, &line, &whole) && line.len)
			; /* its other headers */
	}
	*sdp = body;
	while (inside && line_next(&body, &line, &whole))
		if (text_begins(&line, "--")) { /* the next part */
			sdp->end = line.p;
			sdp->snapped = false;
			break;
		}
	return inside && cursor_left(sdp);
}

/* ---- decode ------------------------------------------------------------------------------------ */

/* The medium's port is that of RTP, the next one RTCP's. */
static void announce(const struct decode *d, const uint8_t *addr, unsigned len, uint32_t port)
{
	if (!len || !port || port > UINT16_MAX)
		return;
	decode_expect(d, CLAIM_UDP_PORT, addr, len, (uint16_t)port, PROTO_rtp);
	if (port < UINT16_MAX)
		decode_expect(d, CLAIM_UDP_PORT, addr, len, (uint16_t)(port + 1), PROTO_rtcp);
}

static unsigned connection_addr(struct text value, uint8_t addr[16])
{
	char text[46] = "";
	struct text part;

	text_word(&value);
	part = text_word(&value);
	value = text_until(&value, '/');
	if (text_is(&part, "ip4"))
		return text_ipv4(&value, addr) ? 4 : 0;
	if (!text_is(&part, "ip6") || value.len >= sizeof(text))
		return 0;
	memcpy(text, value.p, value.len);
	return text_parse_ipv6(text, addr) ? 16 : 0;
}

static enum decode_result sdp_decode(struct decode *d, struct layer *l)
{
	uint8_t addr[16], session[16];
	unsigned len = 0, session_len = 0;
	uint32_t port = 0;
	bool in_media = false;
	struct cursor c = d->c;
	struct text line, value;

	for (char x; (x = sdp_next(&c, &line, &value));) {
		if (x == 'c' && !in_media) {
			session_len = len = connection_addr(value, session);
			memcpy(addr, session, sizeof(addr));
		} else if (x == 'c') {
			len = connection_addr(value, addr);
		} else if (x == 'm') {
			struct text rest = value;

			announce(d, addr, len, port); /* of the medium before */
			text_word(&rest);
			port = (uint32_t)text_decimal(&rest);
			text_word(&rest);
			if (!text_begins(&rest, "RTP/"))
				port = 0;
			len = session_len;
			memcpy(addr, session, sizeof(addr));
			in_media = true;
		}
	}
	announce(d, addr, len, port);
	return service_decode(d, l);
}

static const char *sdp_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l[-1].proto == PROTO_sip ? "SIP/SDP" : l[-1].proto == PROTO_rtsp ? "RTSP/SDP" : "SDP";
}

/* ---- fields ------------------------------------------------------------------------------------ */

static const struct line_kind {
	char letter;
	uint8_t field; /* of the whole value */
	uint8_t first; /* of its words, */
	uint8_t words; /* so many in order */
} kinds[] = {
	{ 'v', VERSION, 0, 0 }, { 'o', OWNER, O_USER, 6 }, { 's', NAME, 0, 0 }, { 'i', INFO, 0, 0 }, { 'u', URI, 0, 0 },
	{ 'e', EMAIL, 0, 0 }, { 'p', PHONE, 0, 0 }, { 'c', CONNECTION, C_NETWORK, 2 }, { 't', TIME, T_START, 2 },
};

static const char *format_name(const struct text *number)
{
	static NAMED_VALUES(names,
		(0, "ITU-T G.711 PCMU"), (3, "GSM 06.10"), (4, "ITU-T G.723"), (5, "DVI4 8000 samples/s"),
		(6, "DVI4 16000 samples/s"), (7, "Experimental linear predictive encoding"), (8, "ITU-T G.711 PCMA"),
		(9, "ITU-T G.722"), (10, "16-bit uncompressed audio, stereo"), (11, "16-bit uncompressed audio, monaural"),
		(12, "Qualcomm Code Excited Linear Predictive coding"), (13, "Comfort noise"), (14, "MPEG-I/II Audio"),
		(15, "ITU-T G.728"), (16, "DVI4 11025 samples/s"), (17, "DVI4 22050 samples/s"), (18, "ITU-T G.729"),
		(26, "JPEG-compressed video"), (31, "ITU-T H.261"), (32, "MPEG-I/II Video"), (33, "MPEG-II transport streams"),
		(34, "ITU-T H.263")
	);

	for (uint32_t i = 0; i < number->len; i++)
		if (number->p[i] < '0' || number->p[i] > '9')
			return NULL;
	return named_value(&names, (uint32_t)text_decimal(number));
}

/* "DynamicRTP-Type-101" for the numbers whose meaning an attribute gives. */
static void walk_format(struct walk *w, const struct text *t)
{
	static const char dynamic[] = "DynamicRTP-Type-";
	const char *name = format_name(t);
	uint64_t number = text_decimal(t);
	uint8_t *text;

	if (name) {
		walk_bytes(w, M_FORMAT, (const uint8_t *)name, (uint32_t)strlen(name));
	} else if (number >= 96 && number <= 127 && walk_wants(w, M_FORMAT)) {
		text = packet_scratch(w->p, sizeof(dynamic) - 1 + t->len);
		if (!text)
			return;
		memcpy(text, dynamic, sizeof(dynamic) - 1);
		memcpy(text + sizeof(dynamic) - 1, t->p, t->len);
		walk_bytes(w, M_FORMAT, text, sizeof(dynamic) - 1 + t->len);
	} else {
		walk_text(w, M_FORMAT, t);
	}
}

static void walk_media(struct walk *w, struct text value)
{
	struct text word;
	bool rtp;

	walk_text(w, MEDIA, &value);
	word = text_word(&value);
	walk_text(w, M_MEDIA, &word);
	word = text_word(&value);
	walk_text(w, M_PORT_STRING, &word);
	walk_uint(w, M_PORT, text_decimal(&word) & UINT16_MAX);
	word = text_word(&value);
	walk_text(w, M_PROTO, &word);
	rtp = text_begins(&word, "RTP/");
	while (value.len) {
		word = text_word(&value);
		if (rtp)
			walk_format(w, &word);
		else
			walk_text(w, M_FORMAT, &word);
	}
}

static void walk_attribute(struct walk *w, struct text value, bool in_media)
{
	struct text field;

	walk_text(w, in_media ? MEDIA_ATTR : SESSION_ATTR, &value);
	field = text_until(&value, ':');
	if (!value.len) /* a property */
		return;
	walk_text(w, in_media ? A_FIELD : S_FIELD, &field);
	if (text_is(&field, "rtpmap") || text_is(&field, "fmtp")) {
		field = text_word(&value);
		walk_text(w, M_FORMAT, &field);
	} else {
		walk_text(w, in_media ? A_VALUE : S_VALUE, &value);
	}
}

static void walk_simple(struct walk *w, char x, struct text value)
{
	for (const struct line_kind *k = kinds; k < kinds + sizeof(kinds) / sizeof(kinds[0]); k++) {
		if (k->letter != x)
			continue;
		walk_text(w, k->field, &value);
		for (unsigned i = 0; i < k->words && value.len; i++) {
			struct text word = text_word(&value);

			walk_text(w, k->first + i, &word);
		}
	}
	if (x == 'c' && value.len) {
		struct text addr = text_until(&value, '/');

		walk_text(w, C_ADDR, &addr);
		if (value.len)
			walk_text(w, C_TTL, &value);
	}
}

static void sdp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct text line, value, part;
	bool in_media = false;

	for (char x; (x = sdp_next(&c, &line, &value));) {
		switch (x) {
		case 'm':
			walk_media(w, value);
			in_media = true;
			break;
		case 'a':
			walk_attribute(w, value, in_media);
			break;
		case 'b':
			walk_text(w, BANDWIDTH, &value);
			part = text_until(&value, ':');
			walk_text(w, B_MODIFIER, &part);
			walk_text(w, B_VALUE, &value);
			break;
		default:
			walk_simple(w, x, value);
		}
	}
}

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
FIELD_TABLE(sdp_fields,
	(VERSION, TEXT("sdp.version", "Version")),
	(OWNER, TEXT("sdp.owner", "Owner")),
	(O_USER, TEXT("sdp.owner.username", "User")),
	(O_SESSION, TEXT("sdp.owner.sessionid", "Session")),
	(O_VERSION, TEXT("sdp.owner.version", "Version of the session")),
	(O_NETWORK, TEXT("sdp.owner.network_type", "Network of the owner")),
	(O_ADDR_TYPE, TEXT("sdp.owner.address_type", "Kind of the owner's address")),
	(O_ADDR, TEXT("sdp.owner.address", "Address of the owner")),
	(NAME, TEXT("sdp.session_name", "Name")),
	(INFO, TEXT("sdp.session_info", "Information")),
	(URI, TEXT("sdp.uri", "URI")),
	(EMAIL, TEXT("sdp.email", "Mail address")),
	(PHONE, TEXT("sdp.phone", "Telephone")),
	(CONNECTION, TEXT("sdp.connection_info", "Connection")),
	(C_NETWORK, TEXT("sdp.connection_info.network_type", "Network")),
	(C_ADDR_TYPE, TEXT("sdp.connection_info.address_type", "Kind of address")),
	(C_ADDR, TEXT("sdp.connection_info.address", "Address")),
	(C_TTL, TEXT("sdp.connection_info.ttl", "Time to live")),
	(BANDWIDTH, TEXT("sdp.bandwidth", "Bandwidth")),
	(B_MODIFIER, TEXT("sdp.bandwidth.modifier", "Kind of bandwidth")),
	(B_VALUE, TEXT("sdp.bandwidth.value", "Bandwidth")),
	(TIME, TEXT("sdp.time", "Time")),
	(T_START, TEXT("sdp.time.start", "Start")),
	(T_STOP, TEXT("sdp.time.stop", "Stop")),
	(SESSION_ATTR, TEXT("sdp.session_attr", "Attribute of the session")),
	(S_FIELD, TEXT("sdp.session_attr.field", "Its name")),
	(S_VALUE, TEXT("sdp.session_attr.value", "Its value")),
	(MEDIA, TEXT("sdp.media", "Medium")),
	(M_MEDIA, TEXT("sdp.media.media", "Kind of medium")),
	(M_PORT_STRING, TEXT("sdp.media.port_string", "Port as text")),
	(M_PORT, FIELD_WALK(FIELD_UINT, "sdp.media.port", "Port")),
	(M_PROTO, TEXT("sdp.media.proto", "Protocol of the medium")),
	(M_FORMAT, TEXT("sdp.media.format", "Format of the medium")),
	(MEDIA_ATTR, TEXT("sdp.media_attr", "Attribute of the medium")),
	(A_FIELD, TEXT("sdp.media_attribute.field", "Its name")),
	(A_VALUE, TEXT("sdp.media_attribute.value", "Its value"))
);

const struct protocol proto_sdp = {
	.name = "sdp",
	.column = "SDP",
	.title = "Session Description Protocol",
	.reference = "RFC 8866",
	.application = true,
	.decode = sdp_decode,
	.column_of = sdp_column,
	PROTOCOL_WALK(sdp_walk),
	PROTOCOL_FIELDS(sdp_fields),
};
