/* SPDX-License-Identifier: MIT */
/*
 * Fingerprints of TLS clients and servers, by what their hellos offer.
 *
 *	JA3    version,cipher-cipher,extension-extension,group-group,format-format     numbers; MD5 of that
 *	JA3S   version,cipher,extension-extension
 *	JA4    t13d1516h2_8daaf6152771_e5627efa2ab1
 *	       |||||| | |  |            '- SHA-256 of the sorted extensions (less server name and ALPN), _ signature algorithms
 *	       |||||| | |  '- SHA-256 of the sorted ciphers, 12 digits
 *	       |||||| | '- first and last letter of the first ALPN protocol
 *	       |||| | '- number of extensions, of ciphers before it
 *	       |||'- d: a server name, i: none
 *	       |'- version
 *	       '- t: TCP, q: QUIC, d: DTLS
 *
 * GREASE (RFC 8701) is left out everywhere. Salesforce's JA3 (2017), FoxIO's JA4 (2023), the part that is free of patents.
 */
#include "decode/tls.h"
#include "crypto/digest.h"

#include <string.h>

enum { VALUES_MAX = 512 /* more is no client's hello */, DIGITS12 = 6, SHORT_TEXT = 40 };
enum { EXT_SERVER_NAME = 0, EXT_GROUPS = 10, EXT_POINT_FORMATS = 11, EXT_SIG_ALGS = 13, EXT_ALPN = 16, EXT_VERSIONS = 43 };

struct parts {
	uint16_t version;
	struct cursor ciphers, extensions;
};

static bool hello_split(struct parts *h, enum tls_over over, unsigned type, struct cursor c)
{
	bool client = type == TLS_CLIENT_HELLO;

	h->version = cursor_be16(&c);
	cursor_skip(&c, TLS_RANDOM_LEN);
	cursor_skip(&c, cursor_u8(&c));
	if (tls_has_cookie(over, type))
		cursor_skip(&c, cursor_u8(&c));
	h->ciphers = cursor_sub(&c, client ? cursor_be16(&c) : 2);
	cursor_skip(&c, client ? cursor_u8(&c) : 1);
	if (c.cut)
		return false;
	h->extensions = cursor_sub(&c, cursor_left(&c) ? cursor_be16(&c) : 0);
	return !c.cut;
}

static bool extension_next(struct cursor *c, unsigned *type, struct cursor *data)
{
	if (!cursor_left(c))
		return false;
	*type = cursor_be16(c);
	*data = cursor_sub(c, cursor_be16(c));
	return !c->cut;
}

/* The list in an extension, behind its length of `prefix` bytes; empty if the hello has no such extension. */
static struct cursor extension_list(struct cursor c, unsigned wanted, unsigned prefix)
{
	struct cursor data;
	unsigned type;

	while (extension_next(&c, &type, &data))
		if (type == wanted)
			return cursor_sub(&data, prefix == 1 ? cursor_u8(&data) : cursor_be16(&data));
	return cursor_over(c.end, 0, false);
}

static void walk_text(struct walk *w, unsigned field, const struct outbuf *o)
{
	if (!o->cut)
		walk_bytes(w, field, (const uint8_t *)o->start, (uint32_t)outbuf_len(o));
}

/* ---- JA3 ----------------------------------------------------------------------------------- */

static void put_numbers(struct outbuf *o, struct cursor c, unsigned width)
{
	for (bool first = true; cursor_left(&c) >= width;) {
		unsigned v = width == 1 ? cursor_u8(&c) : cursor_be16(&c);

		if (width == 2 && tls_grease(v))
			continue;
		if (!first)
			outbuf_char(o, '-');
		first = false;
		outbuf_u64(o, v);
	}
}

static void put_extensions(struct outbuf *o, struct cursor c)
{
	struct cursor data;
	unsigned type;

	for (bool first = true; extension_next(&c, &type, &data);) {
		if (tls_grease(type))
			continue;
		if (!first)
			outbuf_char(o, '-');
		first = false;
		outbuf_u64(o, type);
	}
}

static void walk_ja3(struct walk *w, const struct parts *h, bool client, uint8_t *room, uint32_t size)
{
	unsigned full = client ? TLS_JA3_FULL : TLS_JA3S_FULL, digest = client ? TLS_JA3 : TLS_JA3S;
	uint8_t md5[MD5_BYTES];
	struct outbuf o, hex;

	outbuf_fixed(&o, (char *)room, size);
	outbuf_u64(&o, h->version);
	outbuf_char(&o, ',');
	put_numbers(&o, h->ciphers, 2);
	outbuf_char(&o, ',');
	put_extensions(&o, h->extensions);
	if (client) {
		outbuf_char(&o, ',');
		put_numbers(&o, extension_list(h->extensions, EXT_GROUPS, 2), 2);
		outbuf_char(&o, ',');
		put_numbers(&o, extension_list(h->extensions, EXT_POINT_FORMATS, 1), 1);
	}
	walk_text(w, full, &o);
	if (o.cut || !walk_wants(w, digest))
		return;
	digest_md5(o.start, outbuf_len(&o), md5);
	outbuf_fixed(&hex, (char *)room + size, SHORT_TEXT);
	outbuf_hexbytes(&hex, md5, sizeof(md5), 0);
	walk_text(w, digest, &hex);
}

/* ---- JA4 ------------------------------------------------------------------------------------ */

/* The values of a list without GREASE; false if there are more than any client offers. */
struct numbers {
	unsigned n;
	uint16_t v[VALUES_MAX];
};

static void number_add(struct numbers *l, unsigned v)
{
	if (!tls_grease(v) && l->n < VALUES_MAX)
		l->v[l->n++] = (uint16_t)v;
}

static void put_list(struct outbuf *o, const struct numbers *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (i)
			outbuf_char(o, ',');
		outbuf_hex(o, l->v[i], 4);
	}
}

static void sort(struct numbers *l)
{
	for (unsigned i = 1; i < l->n; i++) {
		uint16_t v = l->v[i];
		unsigned j = i;

		for (; j && l->v[j - 1] > v; j--)
			l->v[j] = l->v[j - 1];
		l->v[j] = v;
	}
}

static void put_version(struct outbuf *o, const struct parts *h, bool dtls)
{
	static const struct { uint16_t version; char text[3]; } versions[] = {
		{ 0x0304, "13" }, { 0x0303, "12" }, { 0x0302, "11" }, { 0x0301, "10" }, { 0x0300, "s3" }, { 0x0002, "s2" },
		{ DTLS_1_0, "d1" }, { DTLS_1_2, "d2" }, { DTLS_1_3, "d3" },
	};
	struct cursor list = extension_list(h->extensions, EXT_VERSIONS, 1);
	unsigned best = 0;

	while (cursor_left(&list) >= 2) {
		unsigned v = cursor_be16(&list);

		if (!tls_grease(v) && (!best || (dtls ? v < best : v > best))) /* DTLS counts down */
			best = v;
	}
	if (!best)
		best = h->version;
	for (unsigned i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].version == best) {
			outbuf_str(o, versions[i].text);
			return;
		}
	outbuf_str(o, "00");
}

static bool alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void put_alpn(struct outbuf *o, const struct parts *h)
{
	struct cursor list = extension_list(h->extensions, EXT_ALPN, 2);
	unsigned n = cursor_u8(&list);
	const uint8_t *name = cursor_take(&list, n);

	if (!name || !n) {
		outbuf_str(o, "00");
	} else if (alphanumeric(name[0]) && alphanumeric(name[n - 1])) {
		outbuf_char(o, (char)name[0]);
		outbuf_char(o, (char)name[n - 1]);
	} else {
		outbuf_hex(o, name[0] >> 4, 1);
		outbuf_hex(o, name[n - 1] & 15, 1);
	}
}

static void put_count(struct outbuf *o, unsigned n)
{
	outbuf_padded(o, n < 99 ? n : 99, 2);
}

static void put_digest(struct outbuf *o, const char *text, size_t len)
{
	uint8_t sha[SHA256_BYTES] = { 0 };

	if (len)
		digest_sha256(text, len, sha);
	outbuf_hexbytes(o, sha, DIGITS12, 0);
}

static void walk_ja4(struct walk *w, enum tls_over over, const struct parts *h, uint8_t *room, uint32_t size)
{
	struct cursor c = h->extensions, data = h->ciphers;
	size_t head, ciphers, extensions;
	unsigned type, count = 0;
	bool named = false;
	struct outbuf o, short_form;
	struct numbers list;

	outbuf_fixed(&o, (char *)room, size);
	outbuf_char(&o, (char)over);
	put_version(&o, h, over == TLS_OVER_DTLS);
	while (extension_next(&c, &type, &data)) {
		named |= type == EXT_SERVER_NAME;
		count += !tls_grease(type);
	}
	outbuf_char(&o, named ? 'd' : 'i');
	list.n = 0;
	for (data = h->ciphers; cursor_left(&data) >= 2;)
		number_add(&list, cursor_be16(&data));
	put_count(&o, list.n);
	put_count(&o, count);
	put_alpn(&o, h);
	head = outbuf_len(&o);
	outbuf_char(&o, '_');
	sort(&list);
	put_list(&o, &list);
	ciphers = outbuf_len(&o);
	outbuf_char(&o, '_');
	list.n = 0;
	for (c = h->extensions; extension_next(&c, &type, &data);)
		if (type != EXT_SERVER_NAME && type != EXT_ALPN)
			number_add(&list, type);
	sort(&list);
	put_list(&o, &list);
	list.n = 0;
	for (data = extension_list(h->extensions, EXT_SIG_ALGS, 2); cursor_left(&data) >= 2;)
		number_add(&list, cursor_be16(&data));
	if (list.n)
		outbuf_char(&o, '_');
	put_list(&o, &list);
	extensions = outbuf_len(&o);
	walk_text(w, TLS_JA4_R, &o);
	if (o.cut || !walk_wants(w, TLS_JA4))
		return;
	outbuf_fixed(&short_form, (char *)room + size, SHORT_TEXT);
	outbuf_bytes(&short_form, o.start, head);
	outbuf_char(&short_form, '_');
	put_digest(&short_form, o.start + head + 1, ciphers - head - 1);
	outbuf_char(&short_form, '_');
	put_digest(&short_form, o.start + ciphers + 1, extensions - ciphers - 1);
	walk_text(w, TLS_JA4, &short_form);
}

void tls_walk_fingerprints(struct walk *w, enum tls_over over, unsigned type, struct cursor body)
{
	bool client = type == TLS_CLIENT_HELLO;
	uint32_t size = 64 + 3 * (uint32_t)cursor_left(&body); /* two bytes are six characters at most */
	uint32_t scratch = w->p->scratch_used;
	struct parts h;
	uint8_t *room;

	if (!walk_wants(w, TLS_JA3) && !walk_wants(w, TLS_JA3_FULL) && !walk_wants(w, TLS_JA3S) && !walk_wants(w, TLS_JA3S_FULL) &&
	    !walk_wants(w, TLS_JA4) && !walk_wants(w, TLS_JA4_R))
		return;
	room = packet_scratch(w->p, size + SHORT_TEXT); /* values are scratch memory or the packet's own bytes, never the stack's */
	if (!room || !hello_split(&h, over, type, body))
		return;
	walk_ja3(w, &h, client, room, size);
	if (client && (walk_wants(w, TLS_JA4) || walk_wants(w, TLS_JA4_R)))
		walk_ja4(w, over, &h, room, size);
	w->p->scratch_used = scratch;
}
