/* SPDX-License-Identifier: MIT */
/*
 * What stands in Zeek's logs: conn.log has a line for each record, dns.log for each question, ssl.log for each handshake, http.log
 * for each request; columns and types of Zeek 6, and ja3, ja3s and ja4 in ssl.log as the packages of these names add them.
 *
 * docs.zeek.org: Conn::Info, DNS::Info, SSL::Info, HTTP::Info
 */
#include "eve.h"
#include "zeek.h"

#include "base/times.h"

#include <strings.h>

#define CONNECTION \
	{ "ts", Z_TIME }, { "uid", Z_STRING }, { "id.orig_h", Z_ADDR }, { "id.orig_p", Z_PORT }, { "id.resp_h", Z_ADDR }, \
	{ "id.resp_p", Z_PORT }

static const struct zeek_column conn_columns[] = {
	CONNECTION, { "proto", Z_ENUM }, { "service", Z_STRING }, { "duration", Z_INTERVAL }, { "orig_bytes", Z_COUNT },
	{ "resp_bytes", Z_COUNT }, { "conn_state", Z_STRING }, { "local_orig", Z_BOOL }, { "local_resp", Z_BOOL },
	{ "missed_bytes", Z_COUNT }, { "history", Z_STRING }, { "orig_pkts", Z_COUNT }, { "orig_ip_bytes", Z_COUNT },
	{ "resp_pkts", Z_COUNT }, { "resp_ip_bytes", Z_COUNT }, { "tunnel_parents", Z_STRINGS }, { "community_id", Z_STRING },
	{ NULL, 0 }
};
static const struct zeek_column dns_columns[] = {
	CONNECTION, { "proto", Z_ENUM }, { "trans_id", Z_COUNT }, { "rtt", Z_INTERVAL }, { "query", Z_STRING },
	{ "qclass", Z_COUNT }, { "qclass_name", Z_STRING }, { "qtype", Z_COUNT }, { "qtype_name", Z_STRING }, { "rcode", Z_COUNT },
	{ "rcode_name", Z_STRING }, { "AA", Z_BOOL }, { "TC", Z_BOOL }, { "RD", Z_BOOL }, { "RA", Z_BOOL }, { "Z", Z_COUNT },
	{ "answers", Z_STRING_VECTOR }, { "TTLs", Z_INTERVAL_VECTOR }, { "rejected", Z_BOOL }, { NULL, 0 }
};
static const struct zeek_column ssl_columns[] = {
	CONNECTION, { "version", Z_STRING }, { "cipher", Z_STRING }, { "curve", Z_STRING }, { "server_name", Z_STRING },
	{ "resumed", Z_BOOL }, { "last_alert", Z_STRING }, { "next_protocol", Z_STRING }, { "established", Z_BOOL },
	{ "ssl_history", Z_STRING }, { "cert_chain_fps", Z_STRING_VECTOR }, { "client_cert_chain_fps", Z_STRING_VECTOR },
	{ "sni_matches_cert", Z_BOOL }, { "ja3", Z_STRING }, { "ja3s", Z_STRING }, { "ja4", Z_STRING }, { NULL, 0 }
};
static const struct zeek_column http_columns[] = {
	CONNECTION, { "trans_depth", Z_COUNT }, { "method", Z_STRING }, { "host", Z_STRING }, { "uri", Z_STRING },
	{ "referrer", Z_STRING }, { "version", Z_STRING }, { "user_agent", Z_STRING }, { "origin", Z_STRING },
	{ "request_body_len", Z_COUNT }, { "response_body_len", Z_COUNT }, { "status_code", Z_COUNT }, { "status_msg", Z_STRING },
	{ "info_code", Z_COUNT }, { "info_msg", Z_STRING }, { "tags", Z_ENUMS }, { "username", Z_STRING },
	{ "password", Z_STRING }, { "proxied", Z_STRINGS }, { "orig_fuids", Z_STRING_VECTOR }, { "orig_filenames", Z_STRING_VECTOR },
	{ "orig_mime_types", Z_STRING_VECTOR }, { "resp_fuids", Z_STRING_VECTOR }, { "resp_filenames", Z_STRING_VECTOR },
	{ "resp_mime_types", Z_STRING_VECTOR }, { NULL, 0 }
};
const struct zeek_column *const zeek_columns[ZEEK_LOGS] = { conn_columns, dns_columns, ssl_columns, http_columns };

/* ts to id.resp_p */
static void put_connection(struct zeek_line *z, struct export *e, int64_t ts_ns, const struct conversation_key *k,
			   enum flow_transport t, int32_t number, uint16_t orig_port, uint16_t resp_port)
{
	char uid[FLOW_UID_MAX];

	flow_uid(e, k, t, number, uid);
	z_ns(z, ts_ns);
	z_str(z, uid);
	z_addr(z, k->src, k->addr_len);
	z_u64(z, orig_port);
	z_addr(z, k->dst, k->addr_len);
	z_u64(z, resp_port);
}

/* ---- conn.log --------------------------------------------------------------------------------------- */

/* Zeek knows three transports and calls all else by no name. */
static const char *proto_name(const struct flow *f)
{
	return f->ip_proto == 6 ? "tcp" : f->ip_proto == 17 ? "udp" : f->ip_proto == 1 || f->ip_proto == 58 ? "icmp" :
	       "unknown_transport";
}

static const char *service_name(const struct flow *f)
{
	return f->proto == PROTO_tls ? "ssl" : f->proto == PROTO_mdns || f->proto == PROTO_llmnr ? "dns" : flow_application(f);
}

bool zeek_put_record(void *user, const struct flow_record *r)
{
	struct export *e = user;
	struct zeek_line *z = zeek_line(e, ZEEK_CONN);
	const struct flow_detail *d = r->detail;
	const struct flow *f = r->flow;
	bool icmp = f->ip_proto == 1 || f->ip_proto == 58, lasted = f->last_ns > f->first_ns;
	char id[COMMUNITY_ID_MAX];

	if (!z || !d)
		return true;
	put_connection(z, e, f->first_ns, &r->ends, r->transport, r->number, icmp ? d->icmp >> 8 : r->ends.src_port,
		       icmp ? d->icmp & 0xff : r->ends.dst_port);
	z_str(z, proto_name(f));
	z_str(z, service_name(f));
	if (lasted) {
		z_ns(z, ns_between(f->first_ns, f->last_ns));
		z_u64(z, d->payload[FLOW_ORIG]);
		z_u64(z, d->payload[FLOW_RESP]);
	} else {
		z_none(z);
		z_none(z);
		z_none(z);
	}
	z_str(z, flow_state(r));
	z_bool(z, address_is_local(r->ends.src, r->ends.addr_len));
	z_bool(z, address_is_local(r->ends.dst, r->ends.addr_len));
	z_u64(z, d->missed[FLOW_ORIG] + d->missed[FLOW_RESP]);
	if (d->history_len)
		z_text(z, d->history, d->history_len);
	else
		z_none(z);
	for (unsigned side = 0; side < 2; side++) {
		z_u64(z, f->packets[side]);
		z_u64(z, d->ip_bytes[side]);
	}
	z_none(z); /* tunnel_parents */
	z_str(z, community_id_flow(r, id) ? id : NULL);
	zeek_line_end(z);
	return true;
}

static void put_transaction_head(struct zeek_line *z, struct export *e, const struct transaction *t)
{
	const struct session *s = t->session;
	struct conversation_key k;

	session_ends(s, &k);
	put_connection(z, e, t->begin_ns, &k, s->transport, s->number, k.src_port, k.dst_port);
}

/* ---- dns.log ------------------------------------------------------------------------------------------- */

static void put_class_name(struct zeek_line *z, uint64_t class)
{
	static NAMED_VALUES(classes, (1, "C_INTERNET"), (2, "C_CSNET"), (3, "C_CHAOS"), (4, "C_HESOD"), (254, "C_NONE"), (255, "C_ANY"));
	const char *name = named_value(&classes, class);
	char text[24];
	struct outbuf o;

	if (name) {
		z_str(z, name);
		return;
	}
	outbuf_fixed(&o, text, sizeof(text));
	outbuf_str(&o, "qclass-");
	outbuf_u64(&o, class);
	z_str(z, outbuf_cstr(&o));
}

static void put_question(struct zeek_line *z, const struct transaction *t)
{
	const struct fact *name = fact_find(t, FACT_DNS_NAME), *type = fact_find(t, FACT_DNS_TYPE), *class = fact_find(t, FACT_DNS_CLASS);
	bool root = name && name->len == 6 && !memcmp(name->bytes, "<Root>", 6);
	char text[24];
	struct outbuf o;

	if (root)
		z_str(z, ".");
	else
		z_fact(z, name);
	if (!name || !type || !class) {
		for (unsigned i = 0; i < 4; i++)
			z_none(z);
		return;
	}
	z_u64(z, fact_number(class) & 0x7fff);
	put_class_name(z, fact_number(class) & 0x7fff);
	z_u64(z, fact_number(type));
	outbuf_fixed(&o, text, sizeof(text));
	if (fact_number(type) == 255)
		outbuf_char(&o, '*');
	else
		dns_type_put(&o, fact_number(type));
	z_str(z, outbuf_cstr(&o));
}

/* A record's data as Zeek tells them. */
static bool put_data(struct outbuf *o, const struct transaction *t, const struct dns_rr *rr)
{
	const struct fact *text = dns_rr_fact(t, rr, FACT_RR_TXT);

	if (!text)
		return dns_rr_data_put(o, t, rr);
	outbuf_str(o, "TXT ");
	outbuf_u64(o, text->len);
	outbuf_char(o, ' ');
	outbuf_bytes(o, text->bytes, text->len);
	return true;
}

static void put_answers(struct zeek_line *z, const struct transaction *t, uint64_t answers)
{
	struct dns_rr rr = { NULL, NULL, 0, 0, 0 };
	char text[FACT_BYTES_MAX];
	struct outbuf o;

	if (!answers || !dns_rr_next(t, &rr)) {
		z_none(z);
		z_none(z);
		return;
	}
	z_list(z);
	do {
		outbuf_fixed(&o, text, sizeof(text));
		if (rr.index < answers && put_data(&o, t, &rr))
			z_item(z, text, outbuf_len(&o));
	} while (dns_rr_next(t, &rr));
	z_list_end(z);
	rr = (struct dns_rr){ NULL, NULL, 0, 0, 0 };
	z_list(z);
	while (dns_rr_next(t, &rr)) {
		outbuf_fixed(&o, text, sizeof(text));
		if (rr.index < answers && put_data(&o, t, &rr))
			z_item_ns(z, (int64_t)rr.ttl * 1000000000);
	}
	z_list_end(z);
}

static void put_dns(struct export *e, const struct transaction *t)
{
	struct zeek_line *z = zeek_line(e, ZEEK_DNS);
	uint64_t question = fact_number(fact_of(t, FACT_DNS_FLAGS, t->side)), flags = question;
	uint64_t answers = fact_number(fact_of(t, FACT_DNS_ANSWERS, !t->side));
	bool response = question & 0x8000;
	char text[24];
	struct outbuf o;

	if (!z)
		return;
	if (t->answered) {
		flags = fact_number(fact_of(t, FACT_DNS_FLAGS, !t->side));
		response = true;
	} else if (response) {
		answers = fact_number(fact_find(t, FACT_DNS_ANSWERS));
	}
	put_transaction_head(z, e, t);
	z_str(z, t->session->transport == FLOW_TCP ? "tcp" : "udp");
	z_u64(z, fact_number(fact_find(t, FACT_DNS_ID)));
	if (t->answered)
		z_ns(z, ns_between(t->begin_ns, t->end_ns));
	else
		z_none(z);
	put_question(z, t);
	if (response) {
		outbuf_fixed(&o, text, sizeof(text));
		dns_rcode_put(&o, flags & 0xf);
		z_u64(z, flags & 0xf);
		z_str(z, outbuf_cstr(&o));
	} else {
		z_none(z);
		z_none(z);
	}
	z_bool(z, response && flags & 0x0400);
	z_bool(z, flags & 0x0200);
	z_bool(z, (flags | question) & 0x0100);
	z_bool(z, response && flags & 0x0080);
	z_u64(z, flags >> 4 & 7);
	put_answers(z, t, response ? answers : 0);
	z_bool(z, response && flags & 0xf && !answers);
	zeek_line_end(z);
}

/* ---- ssl.log -------------------------------------------------------------------------------------------- */

/* Letters of ssl_history: what was sent, the client's in capitals. */
static size_t history(const struct transaction *t, char text[101])
{
	static const char messages[] = "hcsvtej.o..xkrnyg...fwua"; /* by type of handshake message */
	static const uint8_t retry[4] = { 0xcf, 0x21, 0xad, 0x74 }; /* RFC 8446 section 4.1.3 */
	const struct fact *random = fact_of(t, FACT_TLS_RANDOM, !t->side);
	bool again = random && random->len == 32 && !memcmp(random->bytes, retry, sizeof(retry));
	size_t n = 0;

	for (const struct fact *f = NULL; n < 100 && (f = fact_next(t, f));) {
		uint64_t v = fact_number(f);
		char c = 0;

		if (f->id == FACT_TLS_RECORD)
			c = v == 20 ? 'i' : v == 21 ? 'l' : 0;
		else if (f->id == FACT_TLS_TYPE)
			c = v < sizeof(messages) - 1 && messages[v] != '.' ? messages[v] : 'z';
		if (c == 's' && again) {
			c = 'j';
			again = false;
		}
		if (c)
			text[n++] = f->side == t->side ? (char)(c - 0x20) : c;
	}
	return n;
}

static void put_named(struct zeek_line *z, const struct fact *f, const char *name)
{
	char text[32];
	struct outbuf o;

	if (!f || name) {
		z_str(z, f ? name : NULL);
		return;
	}
	outbuf_fixed(&o, text, sizeof(text));
	outbuf_str(&o, "unknown-");
	outbuf_u64(&o, fact_number(f));
	z_str(z, outbuf_cstr(&o));
}

static void put_chain(struct zeek_line *z, const struct transaction *t, unsigned side)
{
	char hex[64];
	struct outbuf o;

	if (!fact_find(t, FACT_CERT_SHA256)) {
		z_none(z);
		return;
	}
	z_list(z);
	for (const struct fact *f = NULL; (f = fact_next(t, f));) {
		if (f->id != FACT_CERT_SHA256 || f->side != side)
			continue;
		outbuf_fixed(&o, hex, sizeof(hex));
		outbuf_hexbytes(&o, f->bytes, f->len, 0);
		z_item(z, hex, outbuf_len(&o));
	}
	z_list_end(z);
}

static bool name_matches(const uint8_t *pattern, size_t len, const uint8_t *name, size_t n)
{
	if (len > 2 && pattern[0] == '*' && pattern[1] == '.') { /* RFC 6125 section 6.4.3: one label */
		const uint8_t *dot = memchr(name, '.', n);

		if (!dot)
			return false;
		n -= (size_t)(dot - name);
		name = dot;
		pattern++;
		len--;
	}
	return len == n && !strncasecmp((const char *)pattern, (const char *)name, n);
}

static void put_match(struct zeek_line *z, const struct transaction *t)
{
	const struct fact *sni = fact_find(t, FACT_TLS_SNI), *subject = fact_of(t, FACT_CERT_SUBJECT, !t->side);
	const uint8_t *cn = subject ? memmem(subject->bytes, subject->len, "CN=", 3) : NULL, *end, *comma;
	bool match = false;

	if (!sni || !subject) {
		z_none(z);
		return;
	}
	if (cn) {
		cn += 3;
		end = subject->bytes + subject->len;
		comma = memchr(cn, ',', (size_t)(end - cn));
		match = name_matches(cn, (size_t)((comma ? comma : end) - cn), sni->bytes, sni->len);
	}
	for (const struct fact *f = NULL; !match && (f = fact_next(t, f));)
		match = f->id == FACT_CERT_NAME && f->side != t->side && name_matches(f->bytes, f->len, sni->bytes, sni->len);
	z_bool(z, match);
}

static void put_alert(struct zeek_line *z, const struct transaction *t)
{
	static NAMED_VALUES(names,
		(0, "close_notify"), (10, "unexpected_message"), (20, "bad_record_mac"), (21, "decryption_failed"),
		(22, "record_overflow"), (40, "handshake_failure"), (41, "no_certificate"), (42, "bad_certificate"),
		(43, "unsupported_certificate"), (44, "certificate_revoked"), (45, "certificate_expired"),
		(46, "certificate_unknown"), (47, "illegal_parameter"), (48, "unknown_ca"), (49, "access_denied"),
		(50, "decode_error"), (51, "decrypt_error"), (70, "protocol_version"), (71, "insufficient_security"),
		(80, "internal_error"), (86, "inappropriate_fallback"), (90, "user_canceled"), (100, "no_renegotiation"),
		(109, "missing_extension"), (110, "unsupported_extension"), (112, "unrecognized_name"),
		(116, "certificate_required"), (120, "no_application_protocol")
	);
	const struct fact *alert = NULL;

	for (const struct fact *f = NULL; (f = fact_next(t, f));)
		if (f->id == FACT_TLS_ALERT)
			alert = f;
	put_named(z, alert, alert ? named_value(&names, fact_number(alert)) : NULL);
}

static void put_ssl(struct export *e, const struct transaction *t)
{
	static const char *const versions[] = { "SSLv3", "TLSv10", "TLSv11", "TLSv12", "TLSv13" };
	struct zeek_line *z = zeek_line(e, ZEEK_SSL);
	const struct fact *cipher = fact_of(t, FACT_TLS_CIPHER, !t->side), *curve = fact_find(t, FACT_TLS_CURVE);
	bool chosen = fact_of(t, FACT_TLS_VERSION, !t->side);
	uint64_t version = tls_version(t);
	char text[101];

	if (!z)
		return;
	put_transaction_head(z, e, t);
	z_str(z, chosen && version >= 0x0300 && version <= 0x0304 ? versions[version - 0x0300] : NULL);
	put_named(z, cipher, cipher ? tls_cipher_name(fact_number(cipher)) : NULL);
	if (!curve)
		curve = fact_of(t, FACT_TLS_GROUP, !t->side);
	put_named(z, curve, curve ? tls_curve_name(fact_number(curve)) : NULL);
	z_fact(z, fact_find(t, FACT_TLS_SNI));
	z_bool(z, tls_resumed(t));
	put_alert(z, t);
	z_fact(z, fact_of(t, FACT_TLS_ALPN, !t->side));
	z_bool(z, t->established);
	z_text(z, text, history(t, text));
	put_chain(z, t, !t->side);
	put_chain(z, t, t->side);
	put_match(z, t);
	z_fact(z, fact_find(t, FACT_TLS_JA3));
	z_fact(z, fact_find(t, FACT_TLS_JA3S));
	z_fact(z, fact_find(t, FACT_TLS_JA4));
	zeek_line_end(z);
}

/* ---- http.log ----------------------------------------------------------------------------------------------- */

/* "HTTP/1.1" -> "1.1" */
static void put_http_version(struct zeek_line *z, const struct fact *f)
{
	if (f && f->len > 5)
		z_text(z, f->bytes + 5, f->len - 5u);
	else
		z_none(z);
}

/* Value of a header line, "Origin: https://example.com\r\n". */
static bool header_value(const struct fact *f, const uint8_t **value, size_t *len)
{
	const uint8_t *colon = memchr(f->bytes, ':', f->len), *end = f->bytes + f->len;

	if (!colon)
		return false;
	while (++colon < end && (*colon == ' ' || *colon == '\t'))
		;
	while (end > colon && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
		end--;
	*value = colon;
	*len = (size_t)(end - colon);
	return true;
}

static bool is_origin(const struct fact *f)
{
	return f->id == FACT_HTTP_HEADER && f->len > 7 && !strncasecmp((const char *)f->bytes, "origin:", 7);
}

static void put_origin(struct zeek_line *z, const struct transaction *t)
{
	const uint8_t *value;
	size_t len;

	for (const struct fact *f = NULL; (f = fact_next(t, f));)
		if (is_origin(f) && header_value(f, &value, &len)) {
			z_text(z, value, len);
			return;
		}
	z_none(z);
}

/* X-FORWARDED-FOR -> 192.0.2.1 */
static void put_proxied(struct zeek_line *z, const struct transaction *t)
{
	const uint8_t *value;
	char text[1024];
	struct outbuf o;
	bool some = false;
	size_t len;

	for (const struct fact *f = NULL; (f = fact_next(t, f));) {
		if (f->id != FACT_HTTP_HEADER || is_origin(f) || !header_value(f, &value, &len))
			continue;
		if (!some)
			z_list(z);
		some = true;
		outbuf_fixed(&o, text, sizeof(text));
		for (const uint8_t *c = f->bytes; *c != ':'; c++)
			outbuf_char(&o, (char)(*c >= 'a' && *c <= 'z' ? *c - 0x20 : *c));
		outbuf_str(&o, " -> ");
		outbuf_bytes(&o, value, len);
		z_item(z, text, outbuf_len(&o));
	}
	some ? z_list_end(z) : z_none(z);
}

/* Status codes of the answer, or of what came before it: 100 Continue. */
static const struct fact *status_of(const struct transaction *t, bool information)
{
	const struct fact *found = NULL;

	for (const struct fact *f = NULL; (f = fact_next(t, f));)
		if (f->id == FACT_HTTP_STATUS && (fact_number(f) < 200) == information)
			found = f;
	return found;
}

static void put_status(struct zeek_line *z, const struct transaction *t, const struct fact *status)
{
	const struct fact *phrase = status;

	if (!status) {
		z_none(z);
		z_none(z);
		return;
	}
	while (phrase && phrase->id != FACT_HTTP_PHRASE)
		phrase = fact_next(t, phrase);
	z_u64(z, fact_number(status));
	z_fact(z, phrase);
}

static void put_body_length(struct zeek_line *z, uint64_t len)
{
	len == HTTP_BODY_UNKNOWN ? z_none(z) : z_u64(z, len);
}

static void put_mime(struct zeek_line *z, const struct fact *type)
{
	const uint8_t *end = type ? memchr(type->bytes, ';', type->len) : NULL;

	if (!type) {
		z_none(z);
		return;
	}
	z_list(z);
	z_item(z, type->bytes, end ? (size_t)(end - type->bytes) : type->len);
	z_list_end(z);
}

static void put_http(struct export *e, const struct transaction *t)
{
	struct zeek_line *z = zeek_line(e, ZEEK_HTTP);
	unsigned client = fact_find(t, FACT_HTTP_METHOD) ? t->side : !t->side;
	const struct fact *user = fact_find(t, FACT_HTTP_CREDENTIALS), *status = status_of(t, false);
	const uint8_t *colon = user ? memchr(user->bytes, ':', user->len) : NULL;

	if (!z)
		return;
	if (!status && (status = status_of(t, true)) && fact_number(status) != 101)
		status = NULL;
	put_transaction_head(z, e, t);
	z_u64(z, t->depth);
	z_fact(z, fact_find(t, FACT_HTTP_METHOD));
	z_fact(z, fact_find(t, FACT_HTTP_HOST));
	z_fact(z, fact_find(t, FACT_HTTP_URI));
	z_fact(z, fact_find(t, FACT_HTTP_REFERER));
	put_http_version(z, fact_find(t, FACT_HTTP_VERSION));
	z_fact(z, fact_find(t, FACT_HTTP_USER_AGENT));
	put_origin(z, t);
	put_body_length(z, t->body[client]);
	put_body_length(z, t->body[!client]);
	put_status(z, t, status);
	put_status(z, t, status_of(t, true));
	z_list(z); /* tags */
	z_list_end(z);
	if (user)
		z_text(z, user->bytes, colon ? (size_t)(colon - user->bytes) : user->len);
	else
		z_none(z);
	z_none(z); /* password: Zeek leaves it out, and so do we */
	put_proxied(z, t);
	z_none(z); /* orig_fuids: there is no files.log */
	z_none(z);
	put_mime(z, fact_of(t, FACT_HTTP_CONTENT_TYPE, client));
	z_none(z);
	z_none(z);
	put_mime(z, fact_of(t, FACT_HTTP_CONTENT_TYPE, !client));
	zeek_line_end(z);
}

void zeek_put_transaction(void *user, const struct transaction *t)
{
	switch (t->kind) {
	case EVENT_DNS: put_dns(user, t); break;
	case EVENT_TLS: put_ssl(user, t); break;
	case EVENT_HTTP: put_http(user, t); break;
	}
}
