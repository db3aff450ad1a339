/* SPDX-License-Identifier: MIT */
/*
 * LDAP, RFC 4511: each message is a BER sequence of an id and an operation, whose tag says what it is; on UDP it is
 * "connectionless" (MS-ADTS section 6.3.3).
 *
 *	|0x30|length|2|1|message id|0x60 + operation|length|members...| [0xa0|length|controls]
 *
 * After a SASL bind with a security layer messages are wrapped, and nobody sees them.
 */
#include "decode/ber.h"
#include "message.h"
#include "summary.h"

enum {
	MESSAGE_ID, PROTOCOL_OP, VERSION, NAME, AUTHENTICATION, SIMPLE, MECHANISM, RESULT_CODE, MATCHED_DN, ERROR_MESSAGE, SASL_CREDS,
	BASE_OBJECT, SCOPE, DEREF, SIZE_LIMIT, TIME_LIMIT, TYPES_ONLY, ATTRIBUTE, OBJECT_NAME, OBJECT, ENTRY, DEL_REQUEST, NEWRDN,
	REQUEST_NAME, RESPONSE_NAME, CONTROL_TYPE, F_COUNT
};
enum {
	BIND_REQUEST = 0, BIND_RESPONSE, UNBIND, SEARCH_REQUEST, SEARCH_ENTRY, SEARCH_DONE, MODIFY, MODIFY_RESPONSE, ADD, ADD_RESPONSE,
	DELETE, DELETE_RESPONSE, MODIFY_DN, MODIFY_DN_RESPONSE, COMPARE, COMPARE_RESPONSE, ABANDON, SEARCH_REFERENCE = 19,
	EXTENDED = 23, EXTENDED_RESPONSE, INTERMEDIATE
};
enum { MESSAGE_MAX = 1 << 24, HEADER_MAX = 14 };

static NAMED_VALUES(operations,
	(BIND_REQUEST, "bindRequest"), (BIND_RESPONSE, "bindResponse"), (UNBIND, "unbindRequest"),
	(SEARCH_REQUEST, "searchRequest"), (SEARCH_ENTRY, "searchResEntry"), (SEARCH_DONE, "searchResDone"),
	(MODIFY, "modifyRequest"), (MODIFY_RESPONSE, "modifyResponse"), (ADD, "addRequest"), (ADD_RESPONSE, "addResponse"),
	(DELETE, "delRequest"), (DELETE_RESPONSE, "delResponse"), (MODIFY_DN, "modDNRequest"),
	(MODIFY_DN_RESPONSE, "modDNResponse"), (COMPARE, "compareRequest"), (COMPARE_RESPONSE, "compareResponse"),
	(ABANDON, "abandonRequest"), (SEARCH_REFERENCE, "searchResRef"), (EXTENDED, "extendedReq"),
	(EXTENDED_RESPONSE, "extendedResp"), (INTERMEDIATE, "intermediateResponse")
);

/* A sequence with a small positive id and a known operation. Gives the message's length with tag and length. */
static bool message_fits(const struct cursor *payload, uint32_t *len)
{
	struct cursor c = *payload;
	struct ber message, id, operation;
	int64_t v;

	if (!cursor_left(&c) || *c.pos != BER_SEQUENCE || !ber_next(&c, &message) || message.len > MESSAGE_MAX)
		return false;
	*len = message.len + (uint32_t)(message.c.pos - message.start);
	return ber_take(&message.c, BER_INTEGER, &id) && id.len <= 5 && ber_int(&id, &v) && v >= 0 && ber_next(&message.c, &operation) &&
	       (operation.tag & 0xc0) == BER_APPLICATION && named_value(&operations, operation.tag & 0x1f);
}

static bool over_tcp(const struct decode *d)
{
	return d->p->transport > 0 && d->p->layers[d->p->transport].proto == PROTO_tcp;
}

static bool ldap_detect(const struct decode *d, const struct cursor *payload)
{
	uint32_t len;

	if (over_tcp(d) && message_rest(d))
		return !message_within(d);
	return message_fits(payload, &len);
}

static enum decode_result ldap_decode(struct decode *d, struct layer *l)
{
	uint32_t len;

	if (over_tcp(d) && message_resume(d, l, PROTO_ldap))
		return DECODE_OK;
	if (!message_fits(&d->c, &len)) {
		bool cut = cursor_left(&d->c) < HEADER_MAX && d->c.snapped;

		d->c.pos = d->c.end;
		return cut ? DECODE_TRUNCATED : DECODE_OK;
	}
	if (message_waits(d, l, len))
		return DECODE_WAITS;
	message_end(d, l, len, PROTO_ldap);
	return DECODE_OK;
}

static const char *ldap_column(const struct packet *p, const struct layer *l)
{
	return l > p->layers && l[-1].proto == PROTO_udp ? "CLDAP" : "LDAP";
}

/* ---- fields ----------------------------------------------------------------------------------- */

/* The next element if there is one: its content as bytes, or as a number. */
static void walk_next_bytes(struct walk *w, unsigned field, struct cursor *c)
{
	struct ber e;

	if (ber_next(c, &e))
		walk_bytes(w, field, e.c.pos, (uint32_t)cursor_left(&e.c));
}

static void walk_next_number(struct walk *w, unsigned field, struct cursor *c)
{
	struct ber e;
	int64_t v;

	if (ber_next(c, &e) && ber_int(&e, &v))
		walk_uint(w, field, e.tag == BER_BOOLEAN ? v != 0 : (uint64_t)v);
}

static void walk_bind(struct walk *w, struct cursor c)
{
	struct ber e;

	walk_next_number(w, VERSION, &c);
	walk_next_bytes(w, NAME, &c);
	if (!ber_next(&c, &e))
		return;
	walk_uint(w, AUTHENTICATION, e.tag & 0x1f);
	if ((e.tag & 0x1f) == 0)
		walk_bytes(w, SIMPLE, e.c.pos, (uint32_t)cursor_left(&e.c));
	else
		walk_next_bytes(w, MECHANISM, &e.c);
}

static void walk_search(struct walk *w, struct cursor c)
{
	struct ber e;

	walk_next_bytes(w, BASE_OBJECT, &c);
	for (unsigned field = SCOPE; field <= TYPES_ONLY; field++)
		walk_next_number(w, field, &c);
	if (!ber_next(&c, &e) || !ber_take(&c, BER_SEQUENCE, &e)) /* the filter; then what is wanted */
		return;
	while (cursor_left(&e.c) && !e.c.cut)
		walk_next_bytes(w, ATTRIBUTE, &e.c);
}

static void walk_operation(struct walk *w, unsigned operation, struct cursor c)
{
	struct ber e;

	switch (operation) {
	case BIND_REQUEST:
		walk_bind(w, c);
		break;
	case SEARCH_REQUEST:
		walk_search(w, c);
		break;
	case SEARCH_ENTRY:
		walk_next_bytes(w, OBJECT_NAME, &c);
		break;
	case MODIFY:
		walk_next_bytes(w, OBJECT, &c);
		break;
	case ADD:
	case MODIFY_DN:
	case COMPARE:
		walk_next_bytes(w, ENTRY, &c);
		if (operation == MODIFY_DN)
			walk_next_bytes(w, NEWRDN, &c);
		break;
	case DELETE:
		walk_bytes(w, DEL_REQUEST, c.pos, (uint32_t)cursor_left(&c));
		break;
	case EXTENDED:
		walk_next_bytes(w, REQUEST_NAME, &c);
		break;
	case BIND_RESPONSE:
	case SEARCH_DONE:
	case MODIFY_RESPONSE:
	case ADD_RESPONSE:
	case DELETE_RESPONSE:
	case MODIFY_DN_RESPONSE:
	case COMPARE_RESPONSE:
	case EXTENDED_RESPONSE:
		walk_next_number(w, RESULT_CODE, &c);
		walk_next_bytes(w, MATCHED_DN, &c);
		walk_next_bytes(w, ERROR_MESSAGE, &c);
		while (ber_next(&c, &e))
			if (e.tag == (BER_CONTEXT | 7))
				walk_bytes(w, SASL_CREDS, e.c.pos, (uint32_t)cursor_left(&e.c));
			else if (e.tag == (BER_CONTEXT | 10))
				walk_bytes(w, RESPONSE_NAME, e.c.pos, (uint32_t)cursor_left(&e.c));
		break;
	}
}

static void ldap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct ber message, e, control;
	int64_t v;

	if (!ber_take(&c, BER_SEQUENCE, &message) || !ber_take(&message.c, BER_INTEGER, &e) || !ber_int(&e, &v))
		return;
	walk_uint(w, MESSAGE_ID, (uint64_t)v);
	if (!ber_next(&message.c, &e))
		return;
	walk_uint(w, PROTOCOL_OP, e.tag & 0x1f);
	walk_operation(w, e.tag & 0x1f, e.c);
	if (ber_take(&message.c, BER_CONTEXT | BER_CONSTRUCTED, &e))
		while (ber_take(&e.c, BER_SEQUENCE, &control))
			walk_next_bytes(w, CONTROL_TYPE, &control.c);
}

/* ---- text -------------------------------------------------------------------------------------- */

static void ldap_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct ber message, id, operation, first;
	const char *name;
	int64_t v;

	if (l[-1].proto == PROTO_udp) {
		outbuf_str(s->out, "UDP, length ");
		outbuf_u64(s->out, summary_outer_len(p, l));
	}
	if (!s->verbose || !ber_next(&c, &message) || !ber_next(&message.c, &id) || !ber_int(&id, &v) ||
	    !ber_next(&message.c, &operation))
		return;
	name = named_value(&operations, operation.tag & 0x1f);
	outbuf_str(s->out, "\n\tLDAP: ");
	outbuf_str(s->out, name ? name : "?");
	outbuf_str(s->out, ", message ");
	outbuf_i64(s->out, v);
	if (!ber_next(&operation.c, &first))
		return;
	if (first.tag == BER_OCTET_STRING && cursor_left(&first.c)) {
		outbuf_str(s->out, ", ");
		outbuf_escaped(s->out, first.c.pos, cursor_left(&first.c));
	} else if (first.tag == BER_ENUMERATED && ber_int(&first, &v)) {
		outbuf_str(s->out, ", result ");
		outbuf_i64(s->out, v);
	}
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, "ldap." n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, "ldap." n, lab)

static NAMED_VALUES(results,
	(0, "success"), (1, "operationsError"), (2, "protocolError"), (3, "timeLimitExceeded"), (4, "sizeLimitExceeded"),
	(7, "authMethodNotSupported"), (8, "strongerAuthRequired"), (10, "referral"), (14, "saslBindInProgress"),
	(16, "noSuchAttribute"), (32, "noSuchObject"), (34, "invalidDNSyntax"), (48, "inappropriateAuthentication"),
	(49, "invalidCredentials"), (50, "insufficientAccessRights"), (51, "busy"), (52, "unavailable"),
	(53, "unwillingToPerform"), (65, "objectClassViolation"), (68, "entryAlreadyExists"), (80, "other")
);

FIELD_TABLE(fields,
	(MESSAGE_ID, UINT("messageID", "Message")),
	(PROTOCOL_OP, FIELD_HAS("ldap.protocolOp", "Operation", (.names = &operations), .type = FIELD_UINT)),
	(VERSION, UINT("version", "Version")),
	(NAME, TEXT("name", "Name")),
	(AUTHENTICATION, UINT("authentication", "Kind of authentication")),
	(SIMPLE, TEXT("simple", "Password")),
	(MECHANISM, TEXT("mechanism", "SASL mechanism")),
	(RESULT_CODE, FIELD_HAS("ldap.resultCode", "Result", (.names = &results), .type = FIELD_UINT)),
	(MATCHED_DN, TEXT("matchedDN", "Name found so far")),
	(ERROR_MESSAGE, TEXT("errorMessage", "Error message")),
	(SASL_CREDS, FIELD_WALK(FIELD_BYTES, "ldap.serverSaslCreds", "Server's SASL credentials")),
	(BASE_OBJECT, TEXT("baseObject", "Base")),
	(SCOPE, UINT("scope", "Scope")),
	(DEREF, UINT("derefAliases", "Follow aliases")),
	(SIZE_LIMIT, UINT("sizeLimit", "Most entries")),
	(TIME_LIMIT, UINT("timeLimit", "Most seconds")),
	(TYPES_ONLY, FIELD_WALK(FIELD_BOOL, "ldap.typesOnly", "Types only")),
	(ATTRIBUTE, TEXT("AttributeDescription", "Attribute wanted")),
	(OBJECT_NAME, TEXT("objectName", "Name of an entry found")),
	(OBJECT, TEXT("object", "Entry to modify")),
	(ENTRY, TEXT("entry", "Entry")),
	(DEL_REQUEST, TEXT("delRequest", "Entry to delete")),
	(NEWRDN, TEXT("newrdn", "New name")),
	(REQUEST_NAME, TEXT("requestName", "Extended request")),
	(RESPONSE_NAME, TEXT("responseName", "Extended response")),
	(CONTROL_TYPE, TEXT("controlType", "Control"))
);

static const struct claim claims[] = {
	{ CLAIM_TCP_PORT, 389 }, { CLAIM_TCP_PORT, 3268 }, { CLAIM_UDP_PORT, 389 }, { CLAIM_NONE, 0 }
};

const struct protocol proto_ldap = {
	.name = "ldap",
	.title = "Lightweight Directory Access Protocol",
	.reference = "RFC 4511",
	.application = true,
	.decode = ldap_decode,
	.detect = ldap_detect,
	.column_of = ldap_column,
	PROTOCOL_WALK(ldap_walk),
	.summary = ldap_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
