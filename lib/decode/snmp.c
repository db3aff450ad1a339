/* SPDX-License-Identifier: MIT */
/*
 * Simple Network Management Protocol, versions 1 (RFC 1157), 2c (RFC 3416) and the header of 3 (RFC 3412, RFC 3414), in BER.
 *
 *	30 { 02 version, 04 community, a0..a8 { 02 request id, 02 error, 02 error index, 30 { 30 { 06 OID, value } ... } } }
 *	30 { 02 version, 30 { id, size, flags, model }, 04 { security parameters }, 30 { 04 engine, 04 context, a0..a8 } or 04 encrypted }
 *	trap of version 1: a4 { 06 enterprise, 40 agent, 02 generic, 02 specific, 43 time, 30 { ... } }
 *
 * The same reader serves fields and text: it goes through the message in order and reports to whoever asks.
 */
#include "decode/ber.h"
#include "decode/service.h"

enum {
	VERSION, COMMUNITY, MSG_VERSION, MSG_ID, MSG_MAX_SIZE, MSG_FLAGS, MSG_SECURITY_MODEL, ENGINE_ID, ENGINE_BOOTS, ENGINE_TIME, USER_NAME,
	AUTH_PARAMETERS, PRIV_PARAMETERS, ENCRYPTED, CONTEXT_ENGINE_ID, CONTEXT_NAME, DATA, ENTERPRISE, AGENT_ADDR, GENERIC_TRAP,
	SPECIFIC_TRAP, TIME_STAMP, REQUEST_ID, NON_REPEATERS, MAX_REPETITIONS, ERROR_STATUS, ERROR_INDEX, BINDINGS, NAME,
	V_INT, V_OCTETS, V_OID, V_IPV4, V_COUNTER, V_G32, V_TIMETICKS, V_OPAQUE, V_NSAP, V_U32, V_ADDR
};

enum {
	GET = 0xa0, GET_NEXT, RESPONSE, SET, TRAP, GET_BULK, INFORM, TRAP_2, REPORT,
	IPADDRESS = 0x40, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, NSAP, COUNTER64, UINTEGER32,
	NO_SUCH_OBJECT = 0x80, NO_SUCH_INSTANCE, END_OF_MIB_VIEW,
	USM = 3, GENERIC_ENTERPRISE = 6
};

/* ---- decode ---------------------------------------------------------------------------- */

/* A version that exists, and behind it what that version has there. */
static bool snmp_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	struct ber message, version, next;
	uint64_t v;

	if (payload->snapped && cursor_left(payload) < 16) /* too little is left to tell */
		return service_port(d, 161) || service_port(d, 162);
	return ber_take(&c, BER_SEQUENCE, &message) && (ber_whole(&message) || c.snapped || message.c.snapped) &&
	       ber_take(&message.c, BER_INTEGER, &version) && ber_uint(&version, &v) && (v <= 1 || v == 3) &&
	       ber_next(&message.c, &next) && next.tag == (v == 3 ? BER_SEQUENCE : BER_OCTET_STRING);
}

/* Every element has to end inside the one around it. */
static bool tree_whole(struct cursor c, unsigned depth)
{
	struct ber e;

	while (ber_next(&c, &e)) {
		if (!ber_whole(&e))
			return false;
		if (e.tag & BER_CONSTRUCTED && depth < 6 && !tree_whole(e.c, depth + 1))
			return false;
	}
	return !c.cut;
}

static enum decode_result snmp_decode(struct decode *d, struct layer *l)
{
	struct cursor c = d->c, message;
	struct ber e;

	(void)l;
	d->c.pos = d->c.end;
	if (!ber_take(&c, BER_SEQUENCE, &e) || !ber_whole(&e))
		return cursor_short(&c);
	message = e.c;
	return tree_whole(message, 0) ? DECODE_OK : DECODE_MALFORMED;
}

/* ---- fields ---------------------------------------------------------------------------- */

static void walk_oid(struct walk *w, unsigned field, const struct ber *e)
{
	enum { TEXT_MAX = 512 };
	uint8_t *text = walk_wants(w, field) ? packet_scratch(w->p, TEXT_MAX) : NULL;
	struct outbuf o;

	if (!text)
		return;
	outbuf_fixed(&o, (char *)text, TEXT_MAX);
	ber_oid_text(&o, e->c);
	w->p->scratch_used -= TEXT_MAX - (uint32_t)outbuf_len(&o);
	walk_bytes(w, field, text, (uint32_t)outbuf_len(&o));
}

static void walk_int(struct walk *w, unsigned field, const struct ber *e)
{
	struct value v = { 0 };

	if (walk_wants(w, field) && ber_int(e, &v.i))
		w->emit(w, &w->proto->fields[field], &v);
}

static void walk_content(struct walk *w, unsigned field, const struct ber *e)
{
	walk_bytes(w, field, e->c.pos, (uint32_t)cursor_left(&e->c));
}

static void walk_value(struct walk *w, const struct ber *e)
{
	static const uint8_t unsigned_field[] = { [COUNTER32] = V_COUNTER, [GAUGE32] = V_G32, [TIMETICKS] = V_TIMETICKS,
						  [COUNTER64] = V_COUNTER, [UINTEGER32] = V_U32 };
	uint64_t v;

	switch (e->tag) {
	case BER_INTEGER: walk_int(w, V_INT, e); break;
	case BER_OCTET_STRING: walk_content(w, V_OCTETS, e); break;
	case BER_OID: walk_oid(w, V_OID, e); break;
	case IPADDRESS: walk_content(w, e->len == 4 && ber_whole(e) ? V_IPV4 : V_ADDR, e); break;
	case OPAQUE: walk_content(w, V_OPAQUE, e); break;
	case NSAP: walk_content(w, V_NSAP, e); break;
	case COUNTER32: case GAUGE32: case TIMETICKS: case COUNTER64: case UINTEGER32:
		if (ber_uint(e, &v))
			walk_uint(w, unsigned_field[e->tag], v);
	}
}

static void walk_bindings(struct walk *w, struct cursor c)
{
	struct ber list, bind, e;
	unsigned n = 0;

	if (!ber_take(&c, BER_SEQUENCE, &list))
		return;
	for (c = list.c; ber_next(&c, &bind);)
		n++;
	walk_uint(w, BINDINGS, n);
	while (ber_take(&list.c, BER_SEQUENCE, &bind)) {
		if (!ber_take(&bind.c, BER_OID, &e))
			return;
		walk_oid(w, NAME, &e);
		if (ber_next(&bind.c, &e))
			walk_value(w, &e);
	}
}

/* Elements of a sequence, each with its field; false when one is missing. */
static bool walk_members(struct walk *w, struct cursor *c, const uint8_t *fields, unsigned n)
{
	struct ber e;

	for (; n; n--, fields++) {
		if (!ber_next(c, &e))
			return false;
		if (e.tag == BER_OID)
			walk_oid(w, *fields, &e);
		else if (e.tag == BER_INTEGER || e.tag == TIMETICKS)
			walk_int(w, *fields, &e);
		else if (*fields != AGENT_ADDR || (e.len == 4 && ber_whole(&e)))
			walk_content(w, *fields, &e);
	}
	return true;
}

static void walk_pdu(struct walk *w, struct cursor *c)
{
	static const uint8_t plain[] = { REQUEST_ID, ERROR_STATUS, ERROR_INDEX };
	static const uint8_t bulk[] = { REQUEST_ID, NON_REPEATERS, MAX_REPETITIONS };
	static const uint8_t trap[] = { ENTERPRISE, AGENT_ADDR, GENERIC_TRAP, SPECIFIC_TRAP, TIME_STAMP };
	struct ber pdu;

	if (!ber_next(c, &pdu) || pdu.tag < GET || pdu.tag > REPORT)
		return;
	walk_uint(w, DATA, pdu.tag - GET);
	if (pdu.tag == TRAP ? walk_members(w, &pdu.c, trap, sizeof(trap))
			    : walk_members(w, &pdu.c, pdu.tag == GET_BULK ? bulk : plain, sizeof(plain)))
		walk_bindings(w, pdu.c);
}

static void walk_version_3(struct walk *w, struct cursor *c)
{
	static const uint8_t header[] = { MSG_ID, MSG_MAX_SIZE, MSG_FLAGS, MSG_SECURITY_MODEL };
	static const uint8_t usm[] = { ENGINE_ID, ENGINE_BOOTS, ENGINE_TIME, USER_NAME, AUTH_PARAMETERS, PRIV_PARAMETERS };
	static const uint8_t scope[] = { CONTEXT_ENGINE_ID, CONTEXT_NAME };
	struct ber e, parameters;

	if (!ber_take(c, BER_SEQUENCE, &e) || !walk_members(w, &e.c, header, sizeof(header)))
		return;
	if (!ber_take(c, BER_OCTET_STRING, &e))
		return;
	if (ber_take(&e.c, BER_SEQUENCE, &parameters))
		walk_members(w, &parameters.c, usm, sizeof(usm));
	if (!ber_next(c, &e))
		return;
	if (e.tag == BER_OCTET_STRING)
		walk_content(w, ENCRYPTED, &e);
	else if (e.tag == BER_SEQUENCE && walk_members(w, &e.c, scope, sizeof(scope)))
		walk_pdu(w, &e.c);
}

static void snmp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct ber message, e;
	int64_t version;

	if (!ber_take(&c, BER_SEQUENCE, &message) || !ber_take(&message.c, BER_INTEGER, &e) || !ber_int(&e, &version))
		return;
	walk_int(w, version == 3 ? MSG_VERSION : VERSION, &e);
	if (version == 3) {
		walk_version_3(w, &message.c);
		return;
	}
	if (!ber_take(&message.c, BER_OCTET_STRING, &e))
		return;
	walk_content(w, COMMUNITY, &e);
	walk_pdu(w, &message.c);
}

/* ---- text ------------------------------------------------------------------------------ */

static const char pdu_names[][15] = { "GetRequest", "GetNextRequest", "GetResponse", "SetRequest", "Trap", "GetBulk",
				      "InformRequest", "V2Trap", "Report" };
static const char error_names[][20] = { "noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
					"wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation",
					"inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed",
					"authorizationError", "notWritable", "inconsistentName" };
static const char trap_names[][22] = { "coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure",
				       "egpNeighborLoss", "enterpriseSpecific" };

static void put_string(struct outbuf *o, const struct cursor *c)
{
	size_t n = cursor_left(c);
	bool printable = true;

	for (size_t i = 0; i < n && printable; i++)
		printable = (c->pos[i] >= ' ' && c->pos[i] < 0x7f) || (c->pos[i] >= '\t' && c->pos[i] <= '\r');
	if (!printable) {
		outbuf_hexbytes(o, c->pos, n, '_');
		return;
	}
	outbuf_char(o, '"');
	for (size_t i = 0; i < n; i++) {
		if (c->pos[i] < ' ')
			outbuf_char(o, '^');
		outbuf_char(o, (char)(c->pos[i] < ' ' ? c->pos[i] ^ 0x40 : c->pos[i]));
	}
	outbuf_char(o, '"');
}

static void put_number(struct outbuf *o, const struct ber *e)
{
	uint64_t u = 0;
	int64_t i = 0;

	if (e->tag == BER_INTEGER ? !ber_int(e, &i) : !ber_uint(e, &u))
		return;
	if (e->tag == BER_INTEGER)
		outbuf_i64(o, i);
	else
		outbuf_u64(o, u);
}

static void put_value(struct outbuf *o, const struct ber *e)
{
	switch (e->tag) {
	case BER_OID:
		outbuf_char(o, '.');
		ber_oid_text(o, e->c);
		break;
	case BER_OCTET_STRING: case OPAQUE: case NSAP:
		put_string(o, &e->c);
		break;
	case IPADDRESS:
		if (cursor_left(&e->c) == 4)
			outbuf_ipv4(o, e->c.pos);
		break;
	case NO_SUCH_OBJECT: outbuf_str(o, "[noSuchObject]"); break;
	case NO_SUCH_INSTANCE: outbuf_str(o, "[noSuchInstance]"); break;
	case END_OF_MIB_VIEW: outbuf_str(o, "[endOfMibView]"); break;
	default: put_number(o, e);
	}
}

static void put_bindings(struct outbuf *o, struct cursor c, unsigned pdu)
{
	bool asks = pdu == GET || pdu == GET_NEXT || pdu == GET_BULK;
	struct ber list, bind, e;

	if (!ber_take(&c, BER_SEQUENCE, &list))
		return;
	while (ber_take(&list.c, BER_SEQUENCE, &bind)) {
		outbuf_char(o, ' ');
		if (!ber_take(&bind.c, BER_OID, &e))
			return;
		put_value(o, &e);
		if (!asks)
			outbuf_char(o, '=');
		if (!ber_next(&bind.c, &e))
			return;
		if (asks && e.tag != BER_NULL)
			outbuf_str(o, "[objVal!=NULL]");
		put_value(o, &e);
	}
}

/* "name", or the number of what has none */
static void put_name(struct outbuf *o, const char *names, unsigned size, unsigned n, int64_t v)
{
	if (v >= 0 && v < n)
		outbuf_str(o, names + (size_t)v * size);
	else
		outbuf_i64(o, v);
}

/* Error and index of an answer; they count repetitions in GetBulk. */
static void put_errors(struct outbuf *o, unsigned pdu, int64_t status, int64_t index)
{
	if (pdu == GET_BULK) {
		outbuf_str(o, " N=");
		outbuf_i64(o, status);
		outbuf_str(o, " M=");
		outbuf_i64(o, index);
		return;
	}
	if (status) {
		outbuf_str(o, pdu == RESPONSE ? " " : "[errorStatus(");
		put_name(o, error_names[0], sizeof(error_names[0]), sizeof(error_names) / sizeof(error_names[0]), status);
		if (pdu != RESPONSE)
			outbuf_str(o, ")!=0]");
	}
	if (pdu != RESPONSE && index) {
		outbuf_str(o, "[errorIndex(");
		outbuf_i64(o, index);
		outbuf_str(o, ")!=0]");
	} else if (index) {
		outbuf_str(o, status ? "@" : "[errorIndex==");
		outbuf_i64(o, index);
		if (!status)
			outbuf_char(o, ']');
	} else if (pdu == RESPONSE && status) {
		outbuf_str(o, "[errorIndex==0]");
	}
}

static void put_trap(struct outbuf *o, struct cursor c)
{
	struct ber enterprise, agent, generic, specific, time;
	int64_t kind = 0;

	if (!ber_next(&c, &enterprise) || !ber_next(&c, &agent) || !ber_next(&c, &generic) || !ber_next(&c, &specific) ||
	    !ber_next(&c, &time) || !ber_int(&generic, &kind))
		return;
	outbuf_char(o, ' ');
	put_value(o, &enterprise);
	outbuf_char(o, ' ');
	put_value(o, &agent);
	outbuf_char(o, ' ');
	put_name(o, trap_names[0], sizeof(trap_names[0]), sizeof(trap_names) / sizeof(trap_names[0]), kind);
	if (kind == GENERIC_ENTERPRISE) {
		outbuf_str(o, " s=");
		put_value(o, &specific);
	}
	outbuf_char(o, ' ');
	put_value(o, &time);
	put_bindings(o, c, TRAP);
}

static void put_pdu(struct summary *s, struct cursor *c)
{
	struct outbuf *o = s->out;
	struct ber pdu, id, status, index;
	int64_t v[3] = { 0 };

	if (!ber_next(c, &pdu) || pdu.tag < GET || pdu.tag > REPORT)
		return;
	if (s->verbose)
		outbuf_str(o, "{ ");
	outbuf_str(o, pdu_names[pdu.tag - GET]);
	outbuf_char(o, '(');
	outbuf_u64(o, pdu.len);
	outbuf_str(o, ") ");
	if (pdu.tag == TRAP) {
		put_trap(o, pdu.c);
	} else if (ber_next(&pdu.c, &id) && ber_int(&id, &v[0]) && ber_next(&pdu.c, &status) && ber_int(&status, &v[1]) &&
		   ber_next(&pdu.c, &index) && ber_int(&index, &v[2])) {
		if (s->verbose) {
			outbuf_str(o, "R=");
			outbuf_i64(o, v[0]);
			outbuf_char(o, ' ');
		}
		put_errors(o, pdu.tag, v[1], v[2]);
		put_bindings(o, pdu.c, pdu.tag);
	}
	if (s->verbose)
		outbuf_str(o, " } ");
}

static void put_labelled(struct outbuf *o, const char *label, const struct ber *e)
{
	outbuf_str(o, label);
	put_value(o, e);
	outbuf_char(o, ' ');
}

static void put_version_3(struct summary *s, struct cursor *c)
{
	struct ber header, e, usm, member[6];
	struct outbuf *o = s->out;

	if (!ber_take(c, BER_SEQUENCE, &header))
		return;
	for (unsigned i = 0; i < 4; i++)
		if (!ber_next(&header.c, &member[i]))
			return;
	if (cursor_left(&member[2].c)) {
		uint8_t flags = *member[2].c.pos;

		outbuf_str(o, s->verbose ? "{ F=" : "F=");
		for (unsigned i = 0; i < 3; i++)
			if (flags >> i & 1)
				outbuf_char(o, "apr"[i]);
		outbuf_str(o, s->verbose ? " } " : " ");
	}
	if (!ber_take(c, BER_OCTET_STRING, &e) || !ber_take(&e.c, BER_SEQUENCE, &usm))
		return;
	for (unsigned i = 0; i < 6; i++)
		if (!ber_next(&usm.c, &member[i]))
			return;
	if (s->verbose) {
		outbuf_str(o, "{ USM ");
		put_labelled(o, "B=", &member[1]);
		put_labelled(o, "T=", &member[2]);
	}
	put_labelled(o, "U=", &member[3]);
	if (s->verbose)
		outbuf_str(o, "} ");
	if (!ber_next(c, &e))
		return;
	if (e.tag != BER_SEQUENCE) {
		outbuf_str(o, "[encrypted PDU]");
		return;
	}
	if (s->verbose)
		outbuf_str(o, "{ ScopedPDU ");
	for (unsigned i = 0; i < 2; i++) {
		if (!ber_next(&e.c, &member[i]))
			return;
		put_labelled(o, i ? "C=" : "E=_", &member[i]); /* it is tcpdump that begins with _ */
	}
	put_pdu(s, &e.c);
	if (s->verbose)
		outbuf_str(o, "} ");
}

static void snmp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct outbuf *o = s->out;
	struct ber message, e;
	int64_t version;

	outbuf_char(o, ' ');
	if (!ber_take(&c, BER_SEQUENCE, &message) || !ber_take(&message.c, BER_INTEGER, &e) || !ber_int(&e, &version))
		return;
	if (s->verbose)
		outbuf_str(o, version == 0 ? "{ SNMPv1 " : version == 1 ? "{ SNMPv2c " : "{ SNMPv3 ");
	if (version == 3) {
		put_version_3(s, &message.c);
	} else if (ber_take(&message.c, BER_OCTET_STRING, &e)) {
		if (cursor_left(&e.c) != 6 || memcmp(e.c.pos, "public", 6))
			put_labelled(o, "C=", &e);
		put_pdu(s, &message.c);
	}
	if (s->verbose)
		outbuf_str(o, "} ");
}

/* ---- the protocol ------------------------------------------------------------------------ */

static NAMED_VALUES(pdus, (0, "get-request"), (1, "get-next-request"), (2, "get-response"), (3, "set-request"), (4, "trap"),
	(5, "getBulkRequest"), (6, "informRequest"), (7, "snmpV2-trap"), (8, "report"));

#define INT(n, lab) FIELD_WALK(FIELD_INT, n, lab)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
FIELD_TABLE(snmp_fields,
	(VERSION, INT("snmp.version", "Version: 0 for 1, 1 for 2c")),
	(COMMUNITY, TEXT("snmp.community", "Community")),
	(MSG_VERSION, INT("snmp.msgVersion", "Version, of version 3")),
	(MSG_ID, UINT("snmp.msgID", "Message id")),
	(MSG_MAX_SIZE, UINT("snmp.msgMaxSize", "Longest message accepted")),
	(MSG_FLAGS, BYTES("snmp.msgFlags", "Flags")),
	(MSG_SECURITY_MODEL, UINT("snmp.msgSecurityModel", "Security model")),
	(ENGINE_ID, BYTES("snmp.msgAuthoritativeEngineID", "Engine")),
	(ENGINE_BOOTS, UINT("snmp.msgAuthoritativeEngineBoots", "Boots of the engine")),
	(ENGINE_TIME, UINT("snmp.msgAuthoritativeEngineTime", "Time of the engine")),
	(USER_NAME, TEXT("snmp.msgUserName", "User")),
	(AUTH_PARAMETERS, BYTES("snmp.msgAuthenticationParameters", "Authentication")),
	(PRIV_PARAMETERS, BYTES("snmp.msgPrivacyParameters", "Privacy")),
	(ENCRYPTED, BYTES("snmp.encryptedPDU", "Encrypted request or answer")),
	(CONTEXT_ENGINE_ID, BYTES("snmp.contextEngineID", "Engine of the context")),
	(CONTEXT_NAME, TEXT("snmp.contextName", "Context")),
	(DATA, FIELD_HAS("snmp.data", "Kind of request or answer", (.names = &pdus), .type = FIELD_UINT)),
	(ENTERPRISE, TEXT("snmp.enterprise", "Enterprise")),
	(AGENT_ADDR, FIELD_WALK(FIELD_IPV4, "snmp.agent_addr", "Agent")),
	(GENERIC_TRAP, INT("snmp.generic_trap", "Trap")),
	(SPECIFIC_TRAP, INT("snmp.specific_trap", "Trap of the enterprise")),
	(TIME_STAMP, UINT("snmp.time_stamp", "Time, in hundredths of a second")),
	(REQUEST_ID, INT("snmp.request_id", "Request id")),
	(NON_REPEATERS, UINT("snmp.non_repeaters", "Variables wanted once")),
	(MAX_REPETITIONS, UINT("snmp.max_repetitions", "Repetitions of the others")),
	(ERROR_STATUS, INT("snmp.error_status", "Error")),
	(ERROR_INDEX, INT("snmp.error_index", "Variable with the error")),
	(BINDINGS, UINT("snmp.variable_bindings", "Number of variables")),
	(NAME, TEXT("snmp.name", "Variable")),
	(V_INT, INT("snmp.value.int", "Integer")),
	(V_OCTETS, BYTES("snmp.value.octets", "Octets")),
	(V_OID, TEXT("snmp.value.oid", "Object identifier")),
	(V_IPV4, FIELD_WALK(FIELD_IPV4, "snmp.value.ipv4", "Address")),
	(V_COUNTER, UINT("snmp.value.counter", "Counter")),
	(V_G32, UINT("snmp.value.g32", "Gauge")),
	(V_TIMETICKS, UINT("snmp.value.timeticks", "Hundredths of a second")),
	(V_OPAQUE, BYTES("snmp.value.opaque", "Opaque")),
	(V_NSAP, BYTES("snmp.value.nsap", "NSAP")),
	(V_U32, UINT("snmp.value.u32", "Unsigned integer")),
	(V_ADDR, BYTES("snmp.value.addr", "Address of another length"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, 161 }, { CLAIM_UDP_PORT, 162 }, { CLAIM_NONE, 0 } };

const struct protocol proto_snmp = {
	.name = "snmp",
	.column = "SNMP",
	.title = "Simple Network Management Protocol",
	.reference = "RFC 3416, RFC 3412, RFC 1157",
	.application = true,
	.decode = snmp_decode,
	.detect = snmp_detect,
	.detect_on = 1 << CLAIM_UDP_PORT,
	DETECT_FIRST("\x30"),
	PROTOCOL_WALK(snmp_walk),
	.summary = snmp_summary,
	PROTOCOL_FIELDS(snmp_fields),
	.claims = claims,
};
