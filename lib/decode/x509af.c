/* SPDX-License-Identifier: MIT */
/*
 * The certificates that a TLS or DTLS end shows (RFC 5280), in strict DER: who issued them, for whom, from when to when,
 * for which host names. The layer is the list in a Certificate message that is all there.
 *
 *	list         length 3, then (length 3, Certificate) one after the other: the end's own first
 *	Certificate  SEQ { SEQ { [0] version, serial, algorithm, issuer, validity, subject, key, [3] extensions },
 *			   algorithm, signature }
 *	Name         SEQ of SET of SEQ { attribute, text }        a text's field is named after its ASN.1 type, as in Wireshark
 */
#include "decode/ber.h"
#include "decode/tls.h"

enum {
	F_VERSION, F_SERIAL, F_ALGORITHM, F_NOT_BEFORE, F_NOT_AFTER, F_UTC_TIME, F_GENERALIZED_TIME, F_EXTENSION, F_CRITICAL,
	F_COUNTRY, F_PRINTABLE, F_UTF8, F_TELETEX, F_PRINTABLE_SYNTAX, F_IA5, F_DNS, F_RFC822, F_URI, F_IP
};
enum { VERSION_TAG = 0xa0, EXTENSIONS_TAG = 0xa3, OID_TEXT = 64 };

static enum decode_result x509_decode(struct decode *d, struct layer *l)
{
	(void)l;
	d->c.pos = d->c.end;
	return DECODE_OK;
}

/* ---- pieces ------------------------------------------------------------------------------------ */

static void walk_content(struct walk *w, unsigned field, const struct ber *e)
{
	walk_bytes(w, field, e->c.pos, (uint32_t)cursor_left(&e->c));
}

static void walk_oid(struct walk *w, unsigned field, const struct ber *e)
{
	uint32_t before = w->p->scratch_used;
	struct outbuf o;
	uint8_t *text;

	if (!walk_wants(w, field))
		return;
	text = packet_scratch(w->p, OID_TEXT);
	if (!text)
		return;
	outbuf_fixed(&o, (char *)text, OID_TEXT);
	if (ber_oid_text(&o, e->c) && !o.cut)
		walk_bytes(w, field, text, (uint32_t)outbuf_len(&o));
	w->p->scratch_used = before;
}

/* AlgorithmIdentifier: SEQ { algorithm, parameters } */
static void walk_algorithm(struct walk *w, struct cursor *c)
{
	struct ber seq, oid;

	if (ber_take(c, BER_SEQUENCE, &seq) && ber_take(&seq.c, BER_OID, &oid))
		walk_oid(w, F_ALGORITHM, &oid);
}

static bool oid_is(const struct ber *e, const char *bytes, size_t len)
{
	return cursor_left(&e->c) == len && !memcmp(e->c.pos, bytes, len);
}
#define OID_IS(e, literal) oid_is(e, literal, sizeof(literal) - 1)

/* The field of a text, by its attribute and its type; -1: none. */
static int text_field(const struct ber *attribute, unsigned tag)
{
	if (OID_IS(attribute, "\x55\x04\x06")) /* country */
		return F_COUNTRY;
	if (OID_IS(attribute, "\x55\x04\x05") || OID_IS(attribute, "\x55\x04\x2e")) /* serial number, qualifier: only printable */
		return F_PRINTABLE_SYNTAX;
	switch (tag) {
	case BER_PRINTABLE_STRING:
		return F_PRINTABLE;
	case BER_UTF8_STRING:
		return F_UTF8;
	case BER_T61_STRING:
		return F_TELETEX;
	case BER_IA5_STRING:
		return F_IA5;
	}
	return -1;
}

static void walk_name(struct walk *w, struct cursor *c)
{
	struct ber name, set, pair, attribute, text;

	if (!ber_take(c, BER_SEQUENCE, &name))
		return;
	while (ber_take(&name.c, BER_SET, &set))
		while (ber_take(&set.c, BER_SEQUENCE, &pair)) {
			int field;

			if (!ber_take(&pair.c, BER_OID, &attribute) || !ber_next(&pair.c, &text) || !ber_whole(&text))
				return;
			field = text_field(&attribute, text.tag);
			if (field >= 0)
				walk_content(w, (unsigned)field, &text);
		}
}

static unsigned digits(const uint8_t *p, unsigned n)
{
	unsigned v = 0;

	while (n--)
		v = v * 10 + (*p++ - '0') % 10u;
	return v;
}

/* YYMMDDhhmmssZ as text "2026-11-20 12:00:00 (UTC)", YYYYMMDDhhmmssZ as a time (RFC 5280 section 4.1.2.5). */
static void walk_time(struct walk *w, const struct ber *e, unsigned choice_field)
{
	enum { SHORT = 13, LONG = 15, TEXT = 25 };
	const uint8_t *p = e->c.pos;
	bool utc = e->tag == BER_UTC_TIME;
	unsigned n = utc ? SHORT : LONG;

	if (cursor_left(&e->c) != n || p[n - 1] != 'Z' || (e->tag != BER_UTC_TIME && e->tag != BER_GENERALIZED_TIME))
		return;
	for (unsigned i = 0; i < n - 1; i++)
		if (p[i] < '0' || p[i] > '9')
			return;
	walk_uint(w, choice_field, !utc);
	if (utc) {
		uint32_t before = w->p->scratch_used;
		uint8_t *text = walk_wants(w, F_UTC_TIME) ? packet_scratch(w->p, TEXT) : NULL;

		if (!text)
			return;
		memcpy(text, p[0] < '5' ? "20YY-MM-DD hh:mm:ss (UTC)" : "19YY-MM-DD hh:mm:ss (UTC)", TEXT);
		for (unsigned i = 0; i < 6; i++)
			memcpy(text + 2 + 3 * i, p + 2 * i, 2);
		walk_bytes(w, F_UTC_TIME, text, TEXT);
		w->p->scratch_used = before;
	} else if (walk_wants(w, F_GENERALIZED_TIME)) {
		unsigned y = digits(p, 4), m = digits(p + 4, 2), d = digits(p + 6, 2);
		int64_t days;

		/* days since 1970 of a date, years beginning in March so that February is last */
		y -= m <= 2;
		days = 365ll * y + y / 4 - y / 100 + y / 400 + (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1 - 719468;
		w->emit(w, &w->proto->fields[F_GENERALIZED_TIME], &(struct value){ .i =
			(days * 86400 + digits(p + 8, 2) * 3600 + digits(p + 10, 2) * 60 + digits(p + 12, 2)) * 1000000000ll });
	}
}

static void walk_validity(struct walk *w, struct cursor *c)
{
	struct ber seq, t;

	if (!ber_take(c, BER_SEQUENCE, &seq))
		return;
	for (unsigned f = F_NOT_BEFORE; f <= F_NOT_AFTER && ber_next(&seq.c, &t); f++)
		walk_time(w, &t, f);
}

/* GeneralNames of the subject (section 4.2.1.6) */
static void walk_names(struct walk *w, struct cursor c)
{
	struct ber seq, name;

	if (!ber_take(&c, BER_SEQUENCE, &seq))
		return;
	while (ber_next(&seq.c, &name) && ber_whole(&name))
		switch (name.tag) {
		case BER_CONTEXT | 1:
			walk_content(w, F_RFC822, &name);
			break;
		case BER_CONTEXT | 2:
			walk_content(w, F_DNS, &name);
			break;
		case BER_CONTEXT | 6:
			walk_content(w, F_URI, &name);
			break;
		case BER_CONTEXT | 7:
			walk_content(w, F_IP, &name);
			break;
		}
}

static void walk_extensions(struct walk *w, struct cursor c)
{
	struct ber seq, extension, oid, critical, value;
	uint64_t yes;

	if (!ber_take(&c, BER_SEQUENCE, &seq))
		return;
	while (ber_take(&seq.c, BER_SEQUENCE, &extension)) {
		if (!ber_take(&extension.c, BER_OID, &oid))
			return;
		walk_oid(w, F_EXTENSION, &oid);
		if (ber_take(&extension.c, BER_BOOLEAN, &critical) && ber_uint(&critical, &yes))
			walk_uint(w, F_CRITICAL, yes != 0);
		if (ber_take(&extension.c, BER_OCTET_STRING, &value) && OID_IS(&oid, "\x55\x1d\x11"))
			walk_names(w, value.c);
	}
}

static void walk_certificate(struct walk *w, struct cursor der)
{
	struct ber certificate, tbs, e;
	uint64_t version;

	if (!ber_take(&der, BER_SEQUENCE, &certificate) || !ber_whole(&certificate) || !ber_take(&certificate.c, BER_SEQUENCE, &tbs))
		return;
	if (ber_take(&tbs.c, VERSION_TAG, &e)) {
		struct ber number;

		if (ber_take(&e.c, BER_INTEGER, &number) && ber_uint(&number, &version))
			walk_uint(w, F_VERSION, version);
	}
	if (!ber_take(&tbs.c, BER_INTEGER, &e))
		return;
	walk_content(w, F_SERIAL, &e);
	walk_algorithm(w, &tbs.c);
	walk_name(w, &tbs.c);
	walk_validity(w, &tbs.c);
	walk_name(w, &tbs.c);
	if (ber_take(&tbs.c, BER_SEQUENCE, &e)) /* the key: algorithm and bits */
		walk_algorithm(w, &e.c);
	while (ber_next(&tbs.c, &e))
		if (e.tag == EXTENSIONS_TAG)
			walk_extensions(w, e.c);
	walk_algorithm(w, &certificate.c);
}

static void x509_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), der;

	cursor_skip(&c, 3);
	while (cursor_left(&c) && tls_certificates_next(&c, &der))
		walk_certificate(w, der);
}

/* ---- the protocol ---------------------------------------------------------------------------- */

static NAMED_VALUES(time_choice, (0, "utcTime"), (1, "generalizedTime"));
static NAMED_VALUES(versions, (0, "v1"), (1, "v2"), (2, "v3"));

#define NAMED(n, nam, lab) FIELD_HAS(n, lab, (.names = nam), .type = FIELD_UINT)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)

FIELD_TABLE(fields,
	(F_VERSION, NAMED("x509af.version", &versions, "Version")),
	(F_SERIAL, FIELD_WALK(FIELD_BYTES, "x509af.serialNumber", "Serial number")),
	(F_ALGORITHM, TEXT("x509af.algorithm.id", "Algorithm")),
	(F_NOT_BEFORE, NAMED("x509af.notBefore", &time_choice, "Not before, form")),
	(F_NOT_AFTER, NAMED("x509af.notAfter", &time_choice, "Not after, form")),
	(F_UTC_TIME, TEXT("x509af.utcTime", "Not before and not after")),
	(F_GENERALIZED_TIME, FIELD_WALK(FIELD_TIME, "x509af.generalizedTime", "Not before and not after, from 2050 on")),
	(F_EXTENSION, TEXT("x509af.extension.id", "Extension")),
	(F_CRITICAL, FIELD_WALK(FIELD_BOOL, "x509af.critical", "Critical")),
	(F_COUNTRY, TEXT("x509sat.CountryName", "Country")),
	(F_PRINTABLE, TEXT("x509sat.printableString", "Name, PrintableString")),
	(F_UTF8, TEXT("x509sat.uTF8String", "Name, UTF8String")),
	(F_TELETEX, TEXT("x509sat.teletexString", "Name, TeletexString")),
	(F_PRINTABLE_SYNTAX, TEXT("x509sat.PrintableString", "Serial number of the name")),
	(F_IA5, TEXT("x509sat.IA5String", "Name, IA5String")),
	(F_DNS, TEXT("x509ce.dNSName", "Host name")),
	(F_RFC822, TEXT("x509ce.rfc822Name", "Mail address")),
	(F_URI, TEXT("x509ce.uniformResourceIdentifier", "URI")),
	(F_IP, FIELD_WALK(FIELD_BYTES, "x509ce.iPAddress", "Address"))
);

const struct protocol proto_x509af = {
	.name = "x509af",
	.title = "X.509 certificates",
	.reference = "RFC 5280",
	.application = true,
	.decode = x509_decode,
	PROTOCOL_WALK(x509_walk),
	PROTOCOL_FIELDS(fields),
};
