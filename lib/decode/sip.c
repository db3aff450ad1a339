/* SPDX-License-Identifier: MIT */
/*
 * Session Initiation Protocol, over UDP a message a datagram, over TCP as it comes. RFC 3261.
 *
 *	INVITE sip:bob@example.com SIP/2.0\r\n       SIP/2.0 200 OK\r\n
 *	Via: SIP/2.0/UDP host;branch=z9hG4bK1\r\n    ...
 *	From: "A" <sip:alice@example.com>;tag=1\r\n
 *	Content-Type: application/sdp\r\n
 *	\r\n
 *	v=0 ...                                      a layer of its own: sdp
 *
 * A header is a row of headers[]: its names, its field, and what its value consists of.
 */
#include "decode/sdp.h"
#include "decode/service.h"

enum {
	REQUEST_LINE, METHOD, R_URI, R_USER, R_HOST, R_PORT, R_PARAM, STATUS_LINE, STATUS_CODE, MSG_HDR, VIA, VIA_TRANSPORT, VIA_ADDR, VIA_PORT,
	VIA_BRANCH, VIA_RPORT, VIA_RECEIVED, FROM, FROM_ADDR, FROM_USER, FROM_HOST, FROM_PORT, FROM_PARAM, FROM_TAG, TO, TO_ADDR, TO_USER, TO_HOST, TO_PORT,
	TO_PARAM, TO_TAG, TAG, CONTACT, CONTACT_URI, CONTACT_USER, CONTACT_HOST, CONTACT_PORT, CONTACT_PARAM, PAI, PAI_ADDR, PAI_USER, PAI_HOST,
	PAI_PORT, PAI_PARAM, CALL_ID, CSEQ, CSEQ_SEQ, CSEQ_METHOD, MAX_FORWARDS, CONTENT_TYPE, CONTENT_LENGTH, USER_AGENT, SERVER, ALLOW, SUPPORTED,
	REQUIRE, ACCEPT, EXPIRES, ROUTE, RECORD_ROUTE, SUBJECT, REASON, AUTHORIZATION, WWW_AUTHENTICATE, PROXY_AUTHENTICATE,
	PROXY_AUTHORIZATION, PRIVACY, HISTORY_INFO, SESSION_EXPIRES, MIN_SE, ALERT_INFO, EVENT, DATE, REFER_TO, SUBSCRIPTION_STATE, WARNING
};
enum { PORT = 5060, CODE_AT = 8 };

/* What a value consists of. The fields of an address follow that of the header: URI, user, host, port, parameter, tag. */
enum form { PLAIN, NUMBER, ADDRESS, TAGGED, VIA_VALUE, CSEQ_VALUE };

static const struct header {
	char name[22];
	char compact; /* RFC 3261 section 7.3.3; 0: none */
	uint8_t field;
	uint8_t form;
} headers[] = {
	{ "via", 'v', VIA, VIA_VALUE }, { "from", 'f', FROM, TAGGED }, { "to", 't', TO, TAGGED },
	{ "contact", 'm', CONTACT, ADDRESS }, { "call-id", 'i', CALL_ID, PLAIN }, { "cseq", 0, CSEQ, CSEQ_VALUE },
	{ "max-forwards", 0, MAX_FORWARDS, NUMBER }, { "content-type", 'c', CONTENT_TYPE, PLAIN },
	{ "content-length", 'l', CONTENT_LENGTH, NUMBER }, { "user-agent", 0, USER_AGENT, PLAIN }, { "server", 0, SERVER, PLAIN },
	{ "allow", 0, ALLOW, PLAIN }, { "supported", 'k', SUPPORTED, PLAIN }, { "require", 0, REQUIRE, PLAIN },
	{ "accept", 0, ACCEPT, PLAIN }, { "expires", 0, EXPIRES, NUMBER }, { "route", 0, ROUTE, PLAIN },
	{ "record-route", 0, RECORD_ROUTE, PLAIN }, { "subject", 's', SUBJECT, PLAIN }, { "reason", 0, REASON, PLAIN },
	{ "authorization", 0, AUTHORIZATION, PLAIN }, { "www-authenticate", 0, WWW_AUTHENTICATE, PLAIN },
	{ "proxy-authenticate", 0, PROXY_AUTHENTICATE, PLAIN }, { "proxy-authorization", 0, PROXY_AUTHORIZATION, PLAIN },
	{ "p-asserted-identity", 0, PAI, ADDRESS }, { "privacy", 0, PRIVACY, PLAIN }, { "history-info", 0, HISTORY_INFO, PLAIN },
	{ "session-expires", 'x', SESSION_EXPIRES, PLAIN }, { "min-se", 0, MIN_SE, PLAIN }, { "alert-info", 0, ALERT_INFO, PLAIN },
	{ "event", 'o', EVENT, PLAIN }, { "date", 0, DATE, PLAIN }, { "refer-to", 'r', REFER_TO, PLAIN },
	{ "subscription-state", 0, SUBSCRIPTION_STATE, PLAIN }, { "warning", 0, WARNING, PLAIN },
};

static const struct header *header_find(const struct text *name)
{
	for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (text_is(name, headers[i].name) ||
		    (name->len == 1 && headers[i].compact && (*name->p | 0x20) == headers[i].compact))
			return &headers[i];
	return NULL;
}

/* ---- decode -------------------------------------------------------------------------------------- */

static bool is_reply(const struct text *line)
{
	return text_begins(line, "SIP/2.0 ");
}

/* "METHOD uri SIP/2.0" or "SIP/2.0 200 ..." */
static bool sip_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	struct text line;
	bool whole;

	if (!cursor_left(&c) || *c.pos < 'A' || *c.pos > 'Z' || !line_next(&c, &line, &whole))
		return false;
	if (is_reply(&line))
		return true;
	if (!whole) /* the snaplen */
		return payload->snapped && service_port(d, PORT);
	text_word(&line);
	text_word(&line);
	return text_begins(&line, "SIP/2.0") && line.len == 7;
}

/* Goes past the headers; `type` is the value of Content-Type. False if the empty line behind them is not there. */
static bool headers_skip(struct cursor *c, struct text *type)
{
	struct text line;
	bool whole;

	*type = (struct text){ c->pos, 0 };
	while (line_next(c, &line, &whole)) {
		const struct header *h;
		struct text name;

		if (!line.len && whole)
			return true;
		name = text_until(&line, ':');
		name = text_trim(name);
		h = header_find(&name);
		if (h && h->field == CONTENT_TYPE)
			*type = text_trim(line);
	}
	return false;
}

static enum decode_result sip_decode(struct decode *d, struct layer *l)
{
	struct cursor c = d->c, sdp;
	struct text type;

	if (!headers_skip(&c, &type)) {
		bool cut = c.snapped;

		(void)l;
		d->c.pos = d->c.end;
		return cut ? DECODE_TRUNCATED : DECODE_OK;
	}
	decode_take(d, (uint32_t)(c.pos - d->c.pos));
	if (!sdp_find(&type, d->c, &sdp))
		return DECODE_OK;
	decode_take(d, (uint32_t)(sdp.pos - d->c.pos));
	if (decode_limit(d, (uint32_t)cursor_left(&sdp)))
		d->next = PROTO_sdp;
	return DECODE_OK;
}

/* ---- fields --------------------------------------------------------------------------------------- */

/* "sip:user@host:port;parameter;..." */
static void walk_uri(struct walk *w, unsigned uri_field, struct text uri)
{
	const uint8_t *at;
	struct text part, host;

	walk_text(w, uri_field, &uri);
	text_until(&uri, ':');
	at = uri.len ? memchr(uri.p, '@', uri.len) : NULL;
	if (at) {
		walk_bytes(w, uri_field + 1, uri.p, (uint32_t)(at - uri.p));
		uri = (struct text){ at + 1, (uint32_t)(uri.p + uri.len - at - 1) };
	}
	part = text_until(&uri, ';');
	if (part.len && *part.p == '[') { /* an IPv6 address */
		host = text_until(&part, ']');
		host.len += host.p + host.len < part.p;
		text_until(&part, ':');
	} else {
		host = text_until(&part, ':');
	}
	walk_text(w, uri_field + 2, &host);
	if (part.len)
		walk_text(w, uri_field + 3, &part);
	while (uri.len && uri_field != R_URI) {
		part = text_until(&uri, ';');
		walk_text(w, uri_field + 4, &part);
	}
}

static void walk_tag(struct walk *w, unsigned field, struct text t)
{
	while (t.len) {
		struct text part = text_until(&t, ';');

		part = text_trim(part);
		if (!text_begins_nocase(&part, "tag="))
			continue;
		part = (struct text){ part.p + 4, part.len - 4 };
		walk_text(w, field, &part);
		walk_text(w, TAG, &part);
	}
}

/* "name <uri>;tag=1", or a bare URI, whose parameters are the header's */
static void walk_address(struct walk *w, unsigned field, struct text value, bool tagged)
{
	struct text uri = value;

	if (memchr(value.p, '<', value.len)) {
		text_until(&value, '<');
		uri = text_until(&value, '>');
	} else {
		uri = text_until(&value, ';');
	}
	walk_uri(w, field + 1, uri);
	if (tagged)
		walk_tag(w, field + 6, value);
}

/* "SIP/2.0/UDP host:port;branch=...;received=..." */
static void walk_via(struct walk *w, struct text value)
{
	struct text part = text_word(&value), host;

	text_until(&part, '/');
	text_until(&part, '/');
	walk_text(w, VIA_TRANSPORT, &part);
	part = text_until(&value, ';');
	host = text_until(&part, ':');
	host = text_trim(host);
	walk_text(w, VIA_ADDR, &host);
	part = text_trim(part);
	if (part.len)
		walk_uint(w, VIA_PORT, text_decimal(&part) & UINT16_MAX);
	while (value.len) {
		struct text name;

		part = text_until(&value, ';');
		part = text_trim(part);
		name = text_until(&part, '=');
		if (text_is(&name, "branch"))
			walk_text(w, VIA_BRANCH, &part);
		else if (text_is(&name, "rport") && part.len)
			walk_uint(w, VIA_RPORT, text_decimal(&part) & UINT16_MAX);
		else if (text_is(&name, "received"))
			walk_text(w, VIA_RECEIVED, &part);
	}
}

static void walk_header(struct walk *w, const struct header *h, struct text value)
{
	struct text part;

	if (h->form == NUMBER)
		walk_uint(w, h->field, text_decimal(&value) & UINT32_MAX);
	else
		walk_text(w, h->field, &value);
	switch (h->form) {
	case ADDRESS:
	case TAGGED:
		walk_address(w, h->field, value, h->form == TAGGED);
		break;
	case VIA_VALUE:
		walk_via(w, value);
		break;
	case CSEQ_VALUE:
		part = text_word(&value);
		walk_uint(w, CSEQ_SEQ, text_decimal(&part) & UINT32_MAX);
		walk_text(w, CSEQ_METHOD, &value);
	}
}

static void walk_first_line(struct walk *w, struct text line)
{
	struct text word;

	if (is_reply(&line)) {
		walk_text(w, STATUS_LINE, &line);
		word = (struct text){ line.p + CODE_AT, line.len - CODE_AT };
		walk_uint(w, STATUS_CODE, text_decimal(&word) & UINT32_MAX);
		return;
	}
	walk_text(w, REQUEST_LINE, &line);
	word = text_word(&line);
	walk_text(w, METHOD, &word);
	word = text_word(&line);
	walk_uri(w, R_URI, word);
}

static void sip_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), end;
	struct text line;
	bool whole;

	cursor_limit(&c, l->hlen);
	if (!line_next(&c, &line, &whole))
		return;
	walk_first_line(w, line);
	end = packet_cursor(p, l);
	if (end.end > c.pos) /* the body belongs to it in Wireshark */
		walk_bytes(w, MSG_HDR, c.pos, (uint32_t)(end.end - c.pos));
	while (line_next(&c, &line, &whole) && line.len) {
		struct text name = text_until(&line, ':');
		const struct header *h;

		name = text_trim(name);
		h = header_find(&name);
		if (h)
			walk_header(w, h, text_trim(line));
	}
}

/* ---- text ------------------------------------------------------------------------------------------ */

/* tcpdump's words: the first line, with -v all lines, those of the body too. */
static void sip_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct text line;
	bool whole;

	outbuf_str(s->out, l[-1].proto == PROTO_tcp ? ": SIP" : "SIP");
	if (!s->verbose) {
		outbuf_bytes(s->out, ": ", 2);
		if (line_next(&c, &line, &whole))
			outbuf_escaped(s->out, line.p, line.len);
		return;
	}
	outbuf_str(s->out, ", length: ");
	outbuf_u64(s->out, l->wire_end - l->off);
	while (line_next(&c, &line, &whole)) {
		outbuf_str(s->out, "\n\t");
		outbuf_escaped(s->out, line.p, line.len);
	}
}

/* ---- the protocol ------------------------------------------------------------------------------------ */

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define URI(at, n, lab) \
	(at##_USER, TEXT(n ".user", "User of " lab)), (at##_HOST, TEXT(n ".host", "Host of " lab)), \
	(at##_PORT, TEXT(n ".port", "Port of " lab)), (at##_PARAM, TEXT(n ".param", "Parameter of " lab))
FIELD_TABLE(sip_fields,
	(REQUEST_LINE, TEXT("sip.Request-Line", "Request")),
	(METHOD, TEXT("sip.Method", "Method")),
	(R_URI, TEXT("sip.r-uri", "URI of the request")),
	URI(R, "sip.r-uri", "the request"),
	(STATUS_LINE, TEXT("sip.Status-Line", "Reply")),
	(STATUS_CODE, UINT("sip.Status-Code", "Status")),
	(MSG_HDR, TEXT("sip.msg_hdr", "Headers and body")),
	(VIA, TEXT("sip.Via", "Via")),
	(VIA_TRANSPORT, TEXT("sip.Via.transport", "Transport")),
	(VIA_ADDR, TEXT("sip.Via.sent-by.address", "Sent by")),
	(VIA_PORT, UINT("sip.Via.sent-by.port", "Sent by port")),
	(VIA_BRANCH, TEXT("sip.Via.branch", "Branch")),
	(VIA_RPORT, UINT("sip.Via.rport", "Port that it came from")),
	(VIA_RECEIVED, TEXT("sip.Via.received", "Address that it came from")),
	(FROM, TEXT("sip.From", "From")),
	(FROM_ADDR, TEXT("sip.from.addr", "URI of the caller")),
	URI(FROM, "sip.from", "the caller"),
	(FROM_TAG, TEXT("sip.from.tag", "Tag of the caller")),
	(TO, TEXT("sip.To", "To")),
	(TO_ADDR, TEXT("sip.to.addr", "URI of the called")),
	URI(TO, "sip.to", "the called"),
	(TO_TAG, TEXT("sip.to.tag", "Tag of the called")),
	(TAG, TEXT("sip.tag", "Tag")),
	(CONTACT, TEXT("sip.Contact", "Contact")),
	(CONTACT_URI, TEXT("sip.contact.uri", "URI of the contact")),
	URI(CONTACT, "sip.contact", "the contact"),
	(PAI, TEXT("sip.P-Asserted-Identity", "Asserted identity")),
	(PAI_ADDR, TEXT("sip.pai.addr", "URI asserted")),
	URI(PAI, "sip.pai", "the URI asserted"),
	(CALL_ID, TEXT("sip.Call-ID", "Call")),
	(CSEQ, TEXT("sip.CSeq", "Sequence")),
	(CSEQ_SEQ, UINT("sip.CSeq.seq", "Sequence number")),
	(CSEQ_METHOD, TEXT("sip.CSeq.method", "Method of the request")),
	(MAX_FORWARDS, UINT("sip.Max-Forwards", "Hops left")),
	(CONTENT_TYPE, TEXT("sip.Content-Type", "Content type")),
	(CONTENT_LENGTH, UINT("sip.Content-Length", "Length of the body")),
	(USER_AGENT, TEXT("sip.User-Agent", "User agent")),
	(SERVER, TEXT("sip.Server", "Server")),
	(ALLOW, TEXT("sip.Allow", "Methods allowed")),
	(SUPPORTED, TEXT("sip.Supported", "Extensions supported")),
	(REQUIRE, TEXT("sip.Require", "Extensions required")),
	(ACCEPT, TEXT("sip.Accept", "Types accepted")),
	(EXPIRES, UINT("sip.Expires", "Seconds of validity")),
	(ROUTE, TEXT("sip.Route", "Route")),
	(RECORD_ROUTE, TEXT("sip.Record-Route", "Route recorded")),
	(SUBJECT, TEXT("sip.Subject", "Subject")),
	(REASON, TEXT("sip.Reason", "Reason")),
	(AUTHORIZATION, TEXT("sip.Authorization", "Credentials")),
	(WWW_AUTHENTICATE, TEXT("sip.WWW-Authenticate", "Challenge")),
	(PROXY_AUTHENTICATE, TEXT("sip.Proxy-Authenticate", "Challenge of a proxy")),
	(PROXY_AUTHORIZATION, TEXT("sip.Proxy-Authorization", "Credentials for a proxy")),
	(PRIVACY, TEXT("sip.Privacy", "Privacy")),
	(HISTORY_INFO, TEXT("sip.History-Info", "History")),
	(SESSION_EXPIRES, TEXT("sip.Session-Expires", "Longest session")),
	(MIN_SE, TEXT("sip.Min-SE", "Shortest session accepted")),
	(ALERT_INFO, TEXT("sip.Alert-Info", "Ring tone")),
	(EVENT, TEXT("sip.Event", "Event")),
	(DATE, TEXT("sip.Date", "Date")),
	(REFER_TO, TEXT("sip.Refer-To", "Referred to")),
	(SUBSCRIPTION_STATE, TEXT("sip.Subscription-State", "State of the subscription")),
	(WARNING, TEXT("sip.Warning", "Warning"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, PORT }, { CLAIM_TCP_PORT, PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_sip = {
	.name = "sip",
	.column = "SIP",
	.title = "Session Initiation Protocol",
	.reference = "RFC 3261",
	.application = true,
	.decode = sip_decode,
	.detect = sip_detect,
	.detect_on = 1 << CLAIM_UDP_PORT | 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("SIOARBCNPUM"),
	PROTOCOL_WALK(sip_walk),
	.summary = sip_summary,
	PROTOCOL_FIELDS(sip_fields),
	.claims = claims,
};
