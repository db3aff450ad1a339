/* SPDX-License-Identifier: MIT */
/*
 * What is told of an X.509 certificate (RFC 5280 section 4.1), out of its DER:
 *
 *	SEQUENCE { SEQUENCE { [0] version, serial, algorithm, issuer, { not before, not after }, subject, key, .. [3] extensions } .. }
 *
 * A name is written in its own order, "C=US, O=Example, CN=www.example.com". What cannot be read is left out.
 */
#include "crypto/digest.h"
#include "decode/cursor.h"
#include "events.h"

#include <string.h>

enum { INTEGER = 0x02, OID = 0x06, SEQUENCE = 0x30, SET = 0x31, UTC_TIME = 0x17, GENERALIZED_TIME = 0x18, VERSION = 0xa0,
	EXTENSIONS = 0xa3, OCTETS = 0x04, DNS_NAME = 0x82, TEXT_MAX = 1024, NAMES_MAX = 64 };

/* The next element: its tag, and its content in *c. 0: there is none, or it is broken. */
static unsigned element(struct cursor *from, struct cursor *c)
{
	unsigned tag = cursor_u8(from), n = cursor_u8(from);
	uint32_t len = n;

	if (n & 0x80) {
		n &= 0x7f;
		if (!n || n > 3)
			return 0;
		for (len = 0; n--;)
			len = len << 8 | cursor_u8(from);
	}
	if (from->cut || len > cursor_left(from))
		return 0;
	*c = cursor_sub(from, len);
	return tag;
}

static bool expect(struct cursor *from, unsigned tag, struct cursor *c)
{
	return element(from, c) == tag;
}

/* ---- names --------------------------------------------------------------------------------------- */

static const struct {
	uint8_t len;
	const char *oid, *name;
} attributes[] = {
	{ 3, "\x55\x04\x03", "CN" }, { 3, "\x55\x04\x06", "C" }, { 3, "\x55\x04\x07", "L" }, { 3, "\x55\x04\x08", "ST" },
	{ 3, "\x55\x04\x0a", "O" }, { 3, "\x55\x04\x0b", "OU" }, { 3, "\x55\x04\x05", "serialNumber" }, { 3, "\x55\x04\x09", "street" },
	{ 3, "\x55\x04\x0f", "businessCategory" }, { 3, "\x55\x04\x11", "postalCode" }, { 3, "\x55\x04\x04", "SN" },
	{ 3, "\x55\x04\x2a", "GN" }, { 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress" },
	{ 10, "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC" },
};

/* 1.3.6.1.4.1.311.60.2.1.3 */
static void oid_put(struct outbuf *o, struct cursor c)
{
	uint64_t v = 0;
	bool first = true;

	while (cursor_left(&c)) {
		uint8_t byte = cursor_u8(&c);

		v = v << 7 | (byte & 0x7f);
		if (byte & 0x80)
			continue;
		if (first) {
			outbuf_u64(o, v < 80 ? v / 40 : 2);
			v -= v < 80 ? v / 40 * 40 : 80;
		}
		first = false;
		outbuf_char(o, '.');
		outbuf_u64(o, v);
		v = 0;
	}
}

static void attribute_put(struct outbuf *o, const struct cursor *oid)
{
	for (unsigned i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		if (cursor_left(oid) == attributes[i].len && !memcmp(oid->pos, attributes[i].oid, attributes[i].len)) {
			outbuf_str(o, attributes[i].name);
			return;
		}
	oid_put(o, *oid);
}

static void name_put(struct outbuf *o, struct cursor name)
{
	struct cursor set, pair, oid, text;
	bool first = true;

	while (cursor_left(&name) && expect(&name, SET, &set))
		while (cursor_left(&set) && expect(&set, SEQUENCE, &pair)) {
			if (!expect(&pair, OID, &oid) || !element(&pair, &text))
				return;
			if (!first)
				outbuf_str(o, ", ");
			first = false;
			attribute_put(o, &oid);
			outbuf_char(o, '=');
			outbuf_bytes(o, text.pos, cursor_left(&text));
		}
}

/* ---- the parts ----------------------------------------------------------------------------------------- */

struct out {
	certificate_fn *put;
	void *user;
};

static void put_text(const struct out *out, enum fact_id id, struct outbuf *o)
{
	out->put(out->user, id, o->start, outbuf_len(o));
}

static void put_name(const struct out *out, enum fact_id id, const struct cursor *name)
{
	char text[TEXT_MAX];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	name_put(&o, *name);
	put_text(out, id, &o);
}

/* 0A:1B */
static void put_serial(const struct out *out, const struct cursor *serial)
{
	char text[3 * 64];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	outbuf_hexbytes(&o, serial->pos, cursor_left(serial) < 64 ? cursor_left(serial) : 64, ':');
	for (char *at = text; at < o.pos; at++)
		if (*at >= 'a')
			*at -= 'a' - 'A';
	put_text(out, FACT_CERT_SERIAL, &o);
}

/* YYMMDDhhmmssZ or YYYYMMDDhhmmssZ: 2026-11-20T15:04:05 */
static void put_time(const struct out *out, enum fact_id id, unsigned tag, const struct cursor *c)
{
	static const char between[] = "--T::";
	const char *at = (const char *)c->pos;
	size_t year = tag == GENERALIZED_TIME ? 4 : 2;
	char text[24];
	struct outbuf o;

	if ((tag != GENERALIZED_TIME && tag != UTC_TIME) || cursor_left(c) < year + 10)
		return;
	for (size_t i = 0; i < year + 10; i++)
		if (at[i] < '0' || at[i] > '9')
			return;
	outbuf_fixed(&o, text, sizeof(text));
	if (year == 2)
		outbuf_str(&o, *at < '5' ? "20" : "19"); /* RFC 5280 section 4.1.2.5.1 */
	outbuf_bytes(&o, at, year);
	for (unsigned i = 0; i < 5; i++) {
		outbuf_char(&o, between[i]);
		outbuf_bytes(&o, at + year + 2 * i, 2);
	}
	put_text(out, id, &o);
}

/* The DNS names of subjectAltName (2.5.29.17). */
static void put_alternatives(const struct out *out, struct cursor extensions)
{
	struct cursor list, one, oid, c, names;
	unsigned left = NAMES_MAX, tag;

	if (!expect(&extensions, SEQUENCE, &list))
		return;
	while (cursor_left(&list) && expect(&list, SEQUENCE, &one)) {
		if (!expect(&one, OID, &oid) || cursor_left(&oid) != 3 || memcmp(oid.pos, "\x55\x1d\x11", 3))
			continue;
		do
			tag = element(&one, &c); /* critical, or not */
		while (tag && tag != OCTETS);
		if (!tag || !expect(&c, SEQUENCE, &names))
			return;
		while (left-- && cursor_left(&names) && (tag = element(&names, &c)))
			if (tag == DNS_NAME)
				out->put(out->user, FACT_CERT_NAME, c.pos, cursor_left(&c));
		return;
	}
}

static void put_digests(const struct out *out, const uint8_t *der, size_t len)
{
	uint8_t sha1[SHA1_BYTES], sha256[SHA256_BYTES];

	digest_sha1(der, len, sha1);
	digest_sha256(der, len, sha256);
	out->put(out->user, FACT_CERT_SHA1, sha1, sizeof(sha1));
	out->put(out->user, FACT_CERT_SHA256, sha256, sizeof(sha256));
}

void certificate_facts(const uint8_t *der, size_t len, certificate_fn *put, void *user)
{
	struct cursor all = cursor_over(der, (uint32_t)len, false), certificate, c, part, validity;
	const struct out out = { put, user };
	unsigned tag;

	if (!expect(&all, SEQUENCE, &certificate) || !expect(&certificate, SEQUENCE, &c))
		return;
	put_digests(&out, der, len);
	tag = element(&c, &part);
	if (tag == VERSION)
		tag = element(&c, &part);
	if (tag != INTEGER)
		return;
	put_serial(&out, &part);
	if (!expect(&c, SEQUENCE, &part) || !expect(&c, SEQUENCE, &part))
		return;
	put_name(&out, FACT_CERT_ISSUER, &part);
	if (!expect(&c, SEQUENCE, &validity))
		return;
	tag = element(&validity, &part);
	put_time(&out, FACT_CERT_BEGIN, tag, &part);
	tag = tag ? element(&validity, &part) : 0;
	put_time(&out, FACT_CERT_END, tag, &part);
	if (!expect(&c, SEQUENCE, &part))
		return;
	put_name(&out, FACT_CERT_SUBJECT, &part);
	while (cursor_left(&c) && (tag = element(&c, &part)))
		if (tag == EXTENSIONS)
			put_alternatives(&out, part);
}
