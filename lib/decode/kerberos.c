/* SPDX-License-Identifier: MIT */
/*
 * Kerberos 5, RFC 4120: messages in DER, on TCP with four bytes of length in front (section 7.2.2).
 *
 *	|0x6a: AS-REQ|length|0x30|length| { |0xa0 + n|length|value of member n| }
 *
 * A message is a tree of sequences whose members are numbered; members[] says of each kind of
 * sequence which member is what. What is encrypted stays bytes.
 *
 * aux[0]: bytes of the length in front, 0 or 4.
 */
#include "decode/ber.h"
#include "message.h"
#include "summary.h"

enum {
	RM_LENGTH, PVNO, MSG_TYPE, PADATA_TYPE, PADATA_VALUE, KDC_OPTIONS, CREALM, REALM, NAME_TYPE, CNAME, SNAME, NONCE, ENCTYPE, TKT_VNO,
	ETYPE, KVNO, CIPHER, AP_OPTIONS, CUSEC, SUSEC, ERROR_CODE, E_TEXT, E_DATA, F_COUNT
};
enum { MARK = 4, PORT = 88, MESSAGE_MAX = 1 << 20, TICKET_TAG = 0x61, PA_TGS_REQ = 1, PA_ENC_TIMESTAMP = 2, PA_ETYPE_INFO = 11, PA_ETYPE_INFO2 = 19 };

/* Kinds of sequences. A message's kind follows from its tag. */
enum node { KDC_REQ, KDC_REP, AP_REQ, AP_REP, KRB_ERROR, BODY, PADATA, TICKET, CLIENT, SERVER, ENCRYPTED, ETYPE_INFO };
/* What a member is: a number, bytes or text; all of the same in a sequence; bits; a sequence of kind `what` */
enum shape { NUMBER, BYTES, NUMBERS, TEXTS, BITS, ONE, LIST };

static const struct member {
	uint8_t node, tag, shape, what; /* index of a field, or enum node */
} members[] = {
	{ KDC_REQ, 1, NUMBER, PVNO }, { KDC_REQ, 2, NUMBER, MSG_TYPE }, { KDC_REQ, 3, LIST, PADATA }, { KDC_REQ, 4, ONE, BODY },
	{ KDC_REP, 0, NUMBER, PVNO }, { KDC_REP, 1, NUMBER, MSG_TYPE }, { KDC_REP, 2, LIST, PADATA }, { KDC_REP, 3, BYTES, CREALM },
	{ KDC_REP, 4, ONE, CLIENT }, { KDC_REP, 5, ONE, TICKET }, { KDC_REP, 6, ONE, ENCRYPTED },
	{ AP_REQ, 0, NUMBER, PVNO }, { AP_REQ, 1, NUMBER, MSG_TYPE }, { AP_REQ, 2, BITS, AP_OPTIONS }, { AP_REQ, 3, ONE, TICKET },
	{ AP_REQ, 4, ONE, ENCRYPTED },
	{ AP_REP, 0, NUMBER, PVNO }, { AP_REP, 1, NUMBER, MSG_TYPE }, { AP_REP, 2, ONE, ENCRYPTED },
	{ KRB_ERROR, 0, NUMBER, PVNO }, { KRB_ERROR, 1, NUMBER, MSG_TYPE }, { KRB_ERROR, 3, NUMBER, CUSEC }, { KRB_ERROR, 5, NUMBER, SUSEC },
	{ KRB_ERROR, 6, NUMBER, ERROR_CODE }, { KRB_ERROR, 7, BYTES, CREALM }, { KRB_ERROR, 8, ONE, CLIENT }, { KRB_ERROR, 9, BYTES, REALM },
	{ KRB_ERROR, 10, ONE, SERVER }, { KRB_ERROR, 11, BYTES, E_TEXT }, { KRB_ERROR, 12, BYTES, E_DATA },
	{ BODY, 0, BITS, KDC_OPTIONS }, { BODY, 1, ONE, CLIENT }, { BODY, 2, BYTES, REALM }, { BODY, 3, ONE, SERVER },
	{ BODY, 7, NUMBER, NONCE }, { BODY, 8, NUMBERS, ENCTYPE },
	{ PADATA, 1, NUMBER, PADATA_TYPE }, { PADATA, 2, BYTES, PADATA_VALUE },
	{ TICKET, 0, NUMBER, TKT_VNO }, { TICKET, 1, BYTES, REALM }, { TICKET, 2, ONE, SERVER }, { TICKET, 3, ONE, ENCRYPTED },
	{ CLIENT, 0, NUMBER, NAME_TYPE }, { CLIENT, 1, TEXTS, CNAME },
	{ SERVER, 0, NUMBER, NAME_TYPE }, { SERVER, 1, TEXTS, SNAME },
	{ ETYPE_INFO, 0, NUMBER, ETYPE }, { ENCRYPTED, 0, NUMBER, ETYPE }, { ENCRYPTED, 1, NUMBER, KVNO }, { ENCRYPTED, 2, BYTES, CIPHER },
};

static NAMED_VALUES(messages,
	(10, "AS-REQ"), (11, "AS-REP"), (12, "TGS-REQ"), (13, "TGS-REP"), (14, "AP-REQ"), (15, "AP-REP"), (20, "KRB-SAFE"),
	(21, "KRB-PRIV"), (22, "KRB-CRED"), (30, "KRB-ERROR")
);

/* The kind of a message's sequence by the application number of its tag; -1: nothing we read further. */
static int node_of(unsigned tag)
{
	switch (tag & 0x1f) {
	case 10: case 12: return KDC_REQ;
	case 11: case 13: return KDC_REP;
	case 14: return AP_REQ;
	case 15: return AP_REP;
	case 30: return KRB_ERROR;
	default: return -1;
	}
}

static bool over_tcp(const struct decode *d)
{
	return d->p->transport > 0 && d->p->layers[d->p->transport].proto == PROTO_tcp;
}

/* The tag of a message and a sequence in it, which fills it. */
static bool message_fits(const struct cursor *payload, uint32_t promised)
{
	struct cursor c = *payload;
	struct ber e, sequence;

	if (!cursor_left(&c) || (*c.pos & 0xe0) != 0x60 || !named_value(&messages, *c.pos & 0x1f))
		return false;
	if (!ber_next(&c, &e) || cursor_left(&e.c) < 2)
		return payload->snapped; /* so far it is one */
	return e.len + (uint32_t)(e.c.pos - e.start) <= promised && (!ber_next(&e.c, &sequence) ? payload->snapped :
	       sequence.tag == BER_SEQUENCE && sequence.len + (uint32_t)(sequence.c.pos - sequence.start) == e.len);
}

static bool kerberos_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h;

	if (!over_tcp(d))
		return message_fits(&c, d->wire_left);
	if (message_within(d))
		return false;
	if (message_rest(d))
		return true;
	h = cursor_take(&c, MARK);
	return h && get_be32(h) < MESSAGE_MAX && message_fits(&c, get_be32(h));
}

static enum decode_result kerberos_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;

	if (!over_tcp(d)) {
		return message_end(d, l, d->wire_left, PROTO_NONE);
	}
	if (message_resume(d, l, PROTO_kerberos))
		return DECODE_OK;
	h = cursor_peek(&d->c, MARK);
	if (!h || get_be32(h) >= MESSAGE_MAX) {
		d->c.pos = d->c.end;
		return !h && d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
	}
	if (message_waits(d, l, MARK + get_be32(h)))
		return DECODE_WAITS;
	l->aux[0] = MARK;
	return message_end(d, l, MARK + get_be32(h), PROTO_kerberos);
}

/* ---- fields ----------------------------------------------------------------------------------- */

static void walk_node(struct walk *w, unsigned node, struct cursor c, unsigned depth);

static void walk_message(struct walk *w, struct cursor c, unsigned depth)
{
	struct ber message, sequence;

	if (ber_next(&c, &message) && (message.tag & 0xe0) == 0x60 && node_of(message.tag) >= 0 &&
	    ber_take(&message.c, BER_SEQUENCE, &sequence))
		walk_node(w, (unsigned)node_of(message.tag), sequence.c, depth);
}

static void walk_number(struct walk *w, unsigned field, const struct ber *e)
{
	int64_t v;

	if (ber_int(e, &v))
		walk_uint(w, field, (uint64_t)v);
}

/* A member that is there; `e` is its value. */
static void walk_member(struct walk *w, const struct member *m, struct ber *e, unsigned depth)
{
	struct ber part;

	switch (m->shape) {
	case NUMBER:
		walk_number(w, m->what, e);
		break;
	case BYTES:
		walk_bytes(w, m->what, e->c.pos, (uint32_t)cursor_left(&e->c));
		break;
	case BITS:
		if (cursor_left(&e->c) > 1)
			walk_bytes(w, m->what, e->c.pos + 1, (uint32_t)cursor_left(&e->c) - 1);
		break;
	case NUMBERS:
		while (ber_next(&e->c, &part))
			walk_number(w, m->what, &part);
		break;
	case TEXTS:
		while (ber_next(&e->c, &part))
			walk_bytes(w, m->what, part.c.pos, (uint32_t)cursor_left(&part.c));
		break;
	case LIST:
		while (ber_next(&e->c, &part))
			walk_node(w, m->what, part.c, depth + 1);
		break;
	case ONE: /* a ticket has a tag of its own around its sequence */
		if (e->tag != TICKET_TAG)
			walk_node(w, m->what, e->c, depth + 1);
		else if (ber_take(&e->c, BER_SEQUENCE, &part))
			walk_node(w, m->what, part.c, depth + 1);
		break;
	}
}

/* What an error wants to see before it gives a ticket (section 5.9.1), or Microsoft's status in the same shape. */
static void walk_error_data(struct walk *w, struct cursor c, unsigned depth)
{
	struct ber list, part;

	if (!ber_take(&c, BER_SEQUENCE, &list) || !cursor_left(&list.c))
		return;
	if (*list.c.pos != BER_SEQUENCE)
		walk_node(w, PADATA, list.c, depth);
	else
		while (ber_next(&list.c, &part))
			walk_node(w, PADATA, part.c, depth);
}

static void walk_padata(struct walk *w, int64_t kind, struct cursor c, unsigned depth)
{
	struct ber list, part;

	if (kind == PA_TGS_REQ) {
		walk_message(w, c, depth);
	} else if (kind == PA_ENC_TIMESTAMP && ber_take(&c, BER_SEQUENCE, &list)) {
		walk_node(w, ENCRYPTED, list.c, depth);
	} else if ((kind == PA_ETYPE_INFO || kind == PA_ETYPE_INFO2) && ber_take(&c, BER_SEQUENCE, &list)) {
		while (ber_next(&list.c, &part))
			walk_node(w, ETYPE_INFO, part.c, depth);
	}
}

static void walk_node(struct walk *w, unsigned node, struct cursor c, unsigned depth)
{
	enum { DEPTH_MAX = 8, E_DATA_TAG = 12 };
	struct ber member, value;
	int64_t kind = 0; /* of pre-authentication data */

	while (depth < DEPTH_MAX && ber_next(&c, &member)) {
		if ((member.tag & 0xe0) != (BER_CONTEXT | BER_CONSTRUCTED) || !ber_next(&member.c, &value))
			continue;
		for (unsigned i = 0; i < sizeof(members) / sizeof(*members); i++)
			if (members[i].node == node && members[i].tag == (member.tag & 0x1f)) {
				struct ber copy = value;

				walk_member(w, &members[i], &copy, depth);
			}
		if (node == KRB_ERROR && (member.tag & 0x1f) == E_DATA_TAG)
			walk_error_data(w, value.c, depth + 1);
		else if (node == PADATA && (member.tag & 0x1f) == 1)
			ber_int(&value, &kind);
		else if (node == PADATA)
			walk_padata(w, kind, value.c, depth + 1);
	}
}

static void kerberos_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	if (l->aux[0]) {
		uint32_t mark = cursor_be32(&c);

		walk_uint(w, RM_LENGTH, mark & 0x7fffffff);
	}
	walk_message(w, c, 0);
}

/* ---- text -------------------------------------------------------------------------------------- */

static void kerberos_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const char *name;
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (n <= l->aux[0])
		return;
	h += l->aux[0];
	if (!l->aux[0] && (h[0] == 0x6a || h[0] == 0x6b))
		outbuf_str(s->out, " v5"); /* what tcpdump says of it, and of nothing else */
	name = named_value(&messages, h[0] & 0x1f);
	if (!s->verbose || !name)
		return;
	outbuf_str(s->out, "\n\tKRB5: ");
	outbuf_str(s->out, name);
}

#define INT(n, lab) FIELD_WALK(FIELD_INT, "kerberos." n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, "kerberos." n, lab)
#define BYTE(n, lab) FIELD_WALK(FIELD_BYTES, "kerberos." n, lab)

FIELD_TABLE(fields,
	(RM_LENGTH, FIELD_WALK(FIELD_UINT, "kerberos.rm.length", "Record length")),
	(PVNO, INT("pvno", "Version")),
	(MSG_TYPE, FIELD_HAS("kerberos.msg_type", "Message type", (.names = &messages), .type = FIELD_INT)),
	(PADATA_TYPE, INT("padata_type", "Pre-authentication")),
	(PADATA_VALUE, BYTE("padata_value", "Pre-authentication data")),
	(KDC_OPTIONS, BYTE("kdc_options", "Options")),
	(CREALM, TEXT("crealm", "Client's realm")),
	(REALM, TEXT("realm", "Realm")),
	(NAME_TYPE, INT("name_type", "Kind of name")),
	(CNAME, TEXT("CNameString", "Client")),
	(SNAME, TEXT("SNameString", "Server")),
	(NONCE, FIELD_WALK(FIELD_UINT, "kerberos.nonce", "Nonce")),
	(ENCTYPE, INT("ENCTYPE", "Encryption type offered")),
	(TKT_VNO, INT("tkt_vno", "Ticket version")),
	(ETYPE, INT("etype", "Encryption type")),
	(KVNO, FIELD_WALK(FIELD_UINT, "kerberos.kvno", "Key version")),
	(CIPHER, BYTE("cipher", "Encrypted part")),
	(AP_OPTIONS, BYTE("ap_options", "Options of an application's request")),
	(CUSEC, FIELD_WALK(FIELD_UINT, "kerberos.cusec", "Client's microseconds")),
	(SUSEC, FIELD_WALK(FIELD_UINT, "kerberos.susec", "Server's microseconds")),
	(ERROR_CODE, INT("error_code", "Error")),
	(E_TEXT, TEXT("e_text", "Error text")),
	(E_DATA, BYTE("e_data", "Error data"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, PORT }, { CLAIM_TCP_PORT, PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_kerberos = {
	.name = "kerberos",
	.column = "KRB5",
	.title = "Kerberos",
	.reference = "RFC 4120",
	.application = true,
	.decode = kerberos_decode,
	.detect = kerberos_detect,
	.detect_on = 1 << CLAIM_UDP_PORT,
	DETECT_FIRST("\x6a\x6b\x6c\x6d\x6e\x6f\x7e"),
	PROTOCOL_WALK(kerberos_walk),
	.summary = kerberos_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
