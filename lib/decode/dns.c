/* SPDX-License-Identifier: MIT */
/*
 * DNS (RFC 1035 and the record types since), also as mDNS and LLMNR carry it.
 *
 *	+----+-------+---------------+----------+---------+-----------+------------+
 *	| id | flags | four counts   | question | answer  | authority | additional |
 *	+----+-------+---------------+----------+---------+-----------+------------+
 *	0    2       4               12         each: name, type, class, [ttl, length, data]
 *
 * Over TCP two bytes of length stand before each message and a segment may hold
 * several: each is a layer of its own, which starts at the id. One that goes on in
 * the next segment is decoded when it is whole (stream.h).
 *
 * The data of a record is described by a row of items in records[], so that a
 * record type is one row and its fields. Only OPT and the SvcParams of SVCB and
 * HTTPS need code.
 *
 * A name is expanded (dns_name.c) into the packet's scratch memory when somebody wants it.
 */
#include "decode/dns.h"
#include "decode/names.h"
#include "decode/reply.h"
#include "decode/stream.h"

enum {
	F_LENGTH, F_ID, F_FLAGS, F_RESPONSE, F_OPCODE, F_AUTHORITATIVE, F_CONFLICT, F_TRUNCATED, F_RECDESIRED, F_TENTATIVE,
	F_RECAVAIL, F_Z, F_AUTHENTICATED, F_CHECKDISABLE, F_RCODE,
	F_QUERIES, F_ZONES, F_ANSWERS, F_PREREQUISITES, F_AUTH_RR, F_UPDATES, F_ADD_RR,
	F_QRY_NAME, F_QRY_NAME_LEN, F_COUNT_LABELS, F_QRY_TYPE, F_QRY_CLASS, F_QRY_QU,
	F_RESP_NAME, F_SRV_SERVICE, F_SRV_PROTO, F_SRV_NAME, F_RESP_TYPE, F_RESP_CLASS, F_CACHE_FLUSH, F_RESP_TTL,
	F_UDP_SIZE, F_EXT_RCODE, F_EDNS0_VERSION, F_RESP_Z, F_RESP_Z_DO, F_RESP_Z_RESERVED, F_RESP_LEN,
	F_A, F_AAAA, F_NS, F_CNAME, F_DNAME, F_PTR, F_SOA_MNAME, F_SOA_RNAME, F_SOA_SERIAL, F_SOA_REFRESH, F_SOA_RETRY,
	F_SOA_EXPIRE, F_SOA_MINIMUM, F_HINFO_CPU_LEN, F_HINFO_CPU, F_HINFO_OS_LEN, F_HINFO_OS, F_MX_PREFERENCE,
	F_MX_EXCHANGE, F_TXT_LEN, F_TXT, F_SPF_LEN, F_SPF, F_NULL, F_SRV_PRIORITY, F_SRV_WEIGHT, F_SRV_PORT, F_SRV_TARGET,
	F_NAPTR_ORDER, F_NAPTR_PREFERENCE, F_NAPTR_FLAGS_LEN, F_NAPTR_FLAGS, F_NAPTR_SERVICE_LEN, F_NAPTR_SERVICE,
	F_NAPTR_REGEX_LEN, F_NAPTR_REGEX, F_NAPTR_REPLACEMENT,
	F_DS_KEY_ID, F_DS_ALGORITHM, F_DS_DIGEST_TYPE, F_DS_DIGEST, F_SSHFP_ALGORITHM, F_SSHFP_TYPE, F_SSHFP,
	F_RRSIG_COVERED, F_RRSIG_ALGORITHM, F_RRSIG_LABELS, F_RRSIG_TTL, F_RRSIG_EXPIRATION, F_RRSIG_INCEPTION,
	F_RRSIG_KEY_TAG, F_RRSIG_SIGNER, F_RRSIG_SIGNATURE, F_NSEC_NEXT, F_DNSKEY_FLAGS, F_DNSKEY_PROTOCOL,
	F_DNSKEY_ALGORITHM, F_DNSKEY_KEY, F_NSEC3_ALGO, F_NSEC3_FLAGS, F_NSEC3_ITERATIONS, F_NSEC3_SALT_LEN, F_NSEC3_SALT,
	F_NSEC3_HASH_LEN, F_TLSA_USAGE, F_TLSA_SELECTOR, F_TLSA_MATCHING, F_TLSA_DATA, F_CAA_FLAGS, F_CAA_TAG_LEN, F_CAA_TAG,
	F_CAA_VALUE, F_SVCB_PRIORITY, F_SVCB_TARGET, F_SVCB_KEY, F_SVCB_LEN, F_SVCB_MANDATORY, F_SVCB_ALPN_LEN, F_SVCB_ALPN,
	F_SVCB_PORT, F_SVCB_IPV4, F_SVCB_ECH, F_SVCB_IPV6, F_SVCB_VALUE,
	F_OPT_CODE, F_OPT_LEN, F_OPT_DATA, F_OPT_FAMILY, F_OPT_NETMASK, F_OPT_SCOPE, F_OPT_ADDR4, F_OPT_ADDR6,
	F_OPT_COOKIE_CLIENT, F_OPT_COOKIE_SERVER, F_OPT_KEEPALIVE, F_OPT_PADDING, F_OPT_ERROR, F_OPT_ERROR_TEXT,
	F_DATA, F_RESPONSE_TO, F_TIME, F_RETRANSMISSION, F_REQUEST_AGAIN, F_REQUEST_AGAIN_IN, F_RESPONSE_AGAIN,
	F_RESPONSE_AGAIN_IN, F_COUNT
};

enum { OPCODE_UPDATE = 5, CLASS_HIGH_BIT = 0x8000 /* mDNS: unicast answer wanted, cache flush (RFC 6762) */ };

/* ---- decode ---------------------------------------------------------------------------- */

/* By the layer that carries it: TCP, or a message before this one in the segment. */
static bool over_tcp(const struct layer *carrier)
{
	return carrier->proto == PROTO_tcp || (carrier->proto != PROTO_udp && carrier->aux[0]);
}

struct cursor dns_message(const struct packet *p, const struct layer *l, bool *tcp)
{
	*tcp = l->aux[0];
	return packet_cursor(p, l);
}

/* Does the message keep what its counts promise? */
static enum decode_result message_check(struct cursor c)
{
	const uint8_t *h = cursor_take(&c, DNS_HEADER);
	unsigned records;

	if (!h)
		return cursor_short(&c);
	for (unsigned n = get_be16(h + 4); n; n--)
		if (!dns_name_skip(&c) || !cursor_skip(&c, 4))
			return cursor_short(&c);
	records = get_be16(h + 6) + get_be16(h + 8) + get_be16(h + 10);
	for (struct dns_record r; records; records--)
		if (!dns_record_read(&c, &r) || c.cut)
			return cursor_short(&c);
	return DECODE_OK;
}

/* Over TCP what follows the length must look like a header: most segments on the
 * port that do not start a message are the rest of a long one. */
static bool dns_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h;
	uint32_t seq;

	if (!over_tcp(&d->p->layers[d->p->nlayers - 1]))
		return true;
	if (cursor_left(&c) >= 2 && cursor_left(&c) < 2 + DNS_HEADER && !c.snapped && stream_position(d, c.pos, &seq))
		return get_be16(c.pos) >= DNS_HEADER && (cursor_left(&c) < 5 || (c.pos[4] >> 3 & 15) <= 6); /* some send the length alone */
	h = cursor_take(&c, 2 + DNS_HEADER);
	return h && get_be16(h) >= DNS_HEADER && (h[4] >> 3 & 15) <= 6 && get_be16(h + 6) <= 16 && h[8] < 16;
}

/* The id tells the requests of a connection apart; the same one again within 5 s is a repetition, as in Wireshark. */
static void match(struct decode *d, struct layer *l, const uint8_t *h)
{
	enum { RESPONSE = 0x80 };

	if (h[2] & RESPONSE)
		reply_answer(d, l, REPLY_DNS, get_be16(h));
	else
		reply_request(d, l, REPLY_DNS, get_be16(h), 5000000000);
}

enum decode_result dns_decode(struct decode *d, struct layer *l)
{
	uint32_t len = d->wire_left;
	bool more = false; /* in the next segment */
	struct cursor msg;
	enum decode_result r;

	if (over_tcp(l - 1)) {
		const uint8_t *start = d->c.pos, *prefix = decode_take(d, 2);

		len = prefix ? get_be16(prefix) : 0;
		if (len + 2 > (uint32_t)(d->c.end - start) && stream_wait(d, start, len + 2, l->proto, 0))
			return DECODE_WAITS;
		if (!prefix)
			return cursor_short(&d->c);
		l->off += 2;
		l->aux[0] = 1;
		more = len > d->wire_left;
		if (more)
			len = d->wire_left;
		l->wire_end = l->off + len;
	}
	msg = cursor_sub(&d->c, len);
	d->c.cut = false;
	if (cursor_left(&msg) >= DNS_HEADER)
		match(d, l, msg.pos);
	r = message_check(msg);
	if (ENABLE_PROC && d->decoder->names)
		names_learn(d->decoder->names, msg, d->p->frame->ts_ns);
	if (r == DECODE_MALFORMED && more)
		r = DECODE_OK;
	if (cursor_left(&d->c) > 2) {
		d->wire_left -= len;
		d->next = l->proto;
	} else if (cursor_left(&d->c)) {
		stream_wait(d, d->c.pos, 0, l->proto, 0);
	}
	return r;
}

/* ---- fields of the header ------------------------------------------------------------ */

static bool flags_read(const struct packet *p, const struct layer *l, uint16_t *flags)
{
	const uint8_t *b;

	if (packet_bytes(p, l, &b) < 4)
		return false;
	*flags = get_be16(b + 2);
	return true;
}

static bool bits_take(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *b;

	if (packet_bytes(p, l, &b) < f->offset + 2u)
		return false;
	v->u = (get_be16(b + f->offset) & f->mask) >> f->shift;
	return true;
}

/* LLMNR gives some of the bits other names (RFC 4795). */
static bool dns_bits(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	return l->proto != PROTO_llmnr && bits_take(p, l, f, v);
}

static bool llmnr_bits(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	return l->proto == PROTO_llmnr && bits_take(p, l, f, v);
}

static bool answer_bits(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	uint16_t flags;

	return flags_read(p, l, &flags) && flags & 0x8000 && dns_bits(p, l, f, v);
}

/* Wireshark shows the AD bit of a query only when it is set. */
static bool authenticated_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	uint16_t flags;

	return flags_read(p, l, &flags) && flags & 0x8020 && dns_bits(p, l, f, v);
}

static bool rcode_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	uint16_t flags;

	return flags_read(p, l, &flags) && flags & 0x8000 && bits_take(p, l, f, v);
}

static bool length_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)f;
	if (!l->aux[0])
		return false;
	v->u = get_be16(layer_at(p, l) - 2);
	return true;
}

/* The counts have other names in a dynamic update (RFC 2136). */
static bool count_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	uint16_t flags;
	bool update;

	if (!flags_read(p, l, &flags))
		return false;
	update = (flags >> 11 & 15) == OPCODE_UPDATE;
	return update == (f->shift != 0) && bits_take(p, l, &(struct field){ .offset = f->offset, .mask = 0xffff }, v);
}

/* ---- walk ------------------------------------------------------------------------------ */

struct message {
	struct walk *w;
	const uint8_t *start, *end;
	bool multicast; /* mDNS: the upper bit of the class means something else */
};

static bool wants_any(const struct walk *w, unsigned from, unsigned to)
{
	for (unsigned f = from; f <= to; f++)
		if (walk_wants(w, f))
			return true;
	return false;
}

static void emit_text(struct walk *w, unsigned field, const uint8_t *text, uint32_t len)
{
	uint8_t *copy = walk_wants(w, field) ? packet_scratch(w->p, len) : NULL;

	if (copy) {
		memcpy(copy, text, len);
		walk_bytes(w, field, copy, len);
	}
}

/* Emits the name at `c`; false if it is broken. */
static bool walk_name(const struct message *m, struct cursor *c, unsigned field)
{
	struct dns_name n;

	if (!walk_wants(m->w, field))
		return dns_name_skip(c);
	if (!dns_name_read(c, m->start, m->end, &n))
		return false;
	emit_text(m->w, field, n.text, n.len);
	return true;
}

static bool walk_question(const struct message *m, struct cursor *c)
{
	struct walk *w = m->w;
	struct dns_name n;
	const uint8_t *h;
	unsigned class;

	if (wants_any(w, F_QRY_NAME, F_COUNT_LABELS)) {
		unsigned labels = 1;

		if (!dns_name_read(c, m->start, m->end, &n))
			return false;
		emit_text(w, F_QRY_NAME, n.text, n.len);
		for (unsigned i = 0; i < n.len; i++)
			labels += n.text[i] == '.';
		/* Wireshark counts a name of one character as empty */
		walk_uint(w, F_QRY_NAME_LEN, n.len > 1 ? n.len : 0);
		walk_uint(w, F_COUNT_LABELS, n.len > 1 ? labels : 0);
	} else if (!dns_name_skip(c)) {
		return false;
	}
	h = cursor_take(c, 4);
	if (!h)
		return false;
	class = get_be16(h + 2);
	walk_uint(w, F_QRY_TYPE, get_be16(h));
	walk_uint(w, F_QRY_CLASS, m->multicast ? class & ~CLASS_HIGH_BIT : class);
	if (m->multicast)
		walk_uint(w, F_QRY_QU, class >> 15);
	return true;
}

/* What the data of a record consists of. The length before a string or bytes has the field before theirs. */
enum item_kind {
	ITEM_END,
	ITEM_U8, ITEM_U16, ITEM_U32,
	ITEM_TIME,    /* 32 bits, seconds since 1970 */
	ITEM_IPV4, ITEM_IPV6,
	ITEM_NAME,
	ITEM_STRING,  /* length byte, text or bytes */
	ITEM_STRINGS, /* the same, as many as there are */
	ITEM_HIDDEN,  /* the same, only its length is shown */
	ITEM_REST,
	ITEM_TYPES,   /* bit map of types, RFC 4034 section 4.1.2 */
	ITEM_PARAMS   /* SvcParams, RFC 9460 */
};

#define I(kind, field) (ITEM_##kind << 8 | (field))
static const struct record {
	uint16_t type;
	uint16_t items[10];
} records[] = {
	{ DNS_A, { I(IPV4, F_A) } },
	{ DNS_NS, { I(NAME, F_NS) } },
	{ DNS_CNAME, { I(NAME, F_CNAME) } },
	{ DNS_SOA, { I(NAME, F_SOA_MNAME), I(NAME, F_SOA_RNAME), I(U32, F_SOA_SERIAL), I(U32, F_SOA_REFRESH),
		     I(U32, F_SOA_RETRY), I(U32, F_SOA_EXPIRE), I(U32, F_SOA_MINIMUM) } },
	{ DNS_NULL, { I(REST, F_NULL) } },
	{ DNS_PTR, { I(NAME, F_PTR) } },
	{ DNS_HINFO, { I(STRING, F_HINFO_CPU), I(STRING, F_HINFO_OS) } },
	{ DNS_MX, { I(U16, F_MX_PREFERENCE), I(NAME, F_MX_EXCHANGE) } },
	{ DNS_TXT, { I(STRINGS, F_TXT) } },
	{ DNS_AAAA, { I(IPV6, F_AAAA) } },
	{ DNS_SRV, { I(U16, F_SRV_PRIORITY), I(U16, F_SRV_WEIGHT), I(U16, F_SRV_PORT), I(NAME, F_SRV_TARGET) } },
	{ DNS_NAPTR, { I(U16, F_NAPTR_ORDER), I(U16, F_NAPTR_PREFERENCE), I(STRING, F_NAPTR_FLAGS),
		       I(STRING, F_NAPTR_SERVICE), I(STRING, F_NAPTR_REGEX), I(NAME, F_NAPTR_REPLACEMENT) } },
	{ DNS_DNAME, { I(NAME, F_DNAME) } },
	{ DNS_DS, { I(U16, F_DS_KEY_ID), I(U8, F_DS_ALGORITHM), I(U8, F_DS_DIGEST_TYPE), I(REST, F_DS_DIGEST) } },
	{ DNS_SSHFP, { I(U8, F_SSHFP_ALGORITHM), I(U8, F_SSHFP_TYPE), I(REST, F_SSHFP) } },
	{ DNS_RRSIG, { I(U16, F_RRSIG_COVERED), I(U8, F_RRSIG_ALGORITHM), I(U8, F_RRSIG_LABELS), I(U32, F_RRSIG_TTL),
		       I(TIME, F_RRSIG_EXPIRATION), I(TIME, F_RRSIG_INCEPTION), I(U16, F_RRSIG_KEY_TAG),
		       I(NAME, F_RRSIG_SIGNER), I(REST, F_RRSIG_SIGNATURE) } },
	{ DNS_NSEC, { I(NAME, F_NSEC_NEXT), I(TYPES, F_RESP_TYPE) } },
	{ DNS_DNSKEY, { I(U16, F_DNSKEY_FLAGS), I(U8, F_DNSKEY_PROTOCOL), I(U8, F_DNSKEY_ALGORITHM), I(REST, F_DNSKEY_KEY) } },
	{ DNS_NSEC3, { I(U8, F_NSEC3_ALGO), I(U8, F_NSEC3_FLAGS), I(U16, F_NSEC3_ITERATIONS), I(STRING, F_NSEC3_SALT),
		       I(HIDDEN, F_NSEC3_HASH_LEN + 1), I(TYPES, F_RESP_TYPE) } },
	{ DNS_TLSA, { I(U8, F_TLSA_USAGE), I(U8, F_TLSA_SELECTOR), I(U8, F_TLSA_MATCHING), I(REST, F_TLSA_DATA) } },
	{ DNS_SVCB, { I(U16, F_SVCB_PRIORITY), I(NAME, F_SVCB_TARGET), I(PARAMS, 0) } },
	{ DNS_HTTPS, { I(U16, F_SVCB_PRIORITY), I(NAME, F_SVCB_TARGET), I(PARAMS, 0) } },
	{ DNS_SPF, { I(STRINGS, F_SPF) } },
	{ DNS_CAA, { I(U8, F_CAA_FLAGS), I(STRING, F_CAA_TAG), I(REST, F_CAA_VALUE) } },
};
static const struct record unknown_record = { 0, { I(REST, F_DATA) } };

static void walk_types(struct walk *w, struct cursor *c)
{
	while (cursor_left(c) >= 2 && !c->cut && walk_wants(w, F_RESP_TYPE)) {
		unsigned base = cursor_u8(c) << 8, n = cursor_u8(c);
		const uint8_t *map = cursor_take(c, n);

		for (unsigned bit = 0; map && bit < n * 8; bit++)
			if (map[bit / 8] & 0x80 >> bit % 8)
				walk_uint(w, F_RESP_TYPE, base + bit);
	}
}

/* Every `width` bytes one value. */
static void walk_each(struct walk *w, struct cursor *c, unsigned field, unsigned width)
{
	for (const uint8_t *b; cursor_left(c) && (b = cursor_take(c, width));)
		if (width == 2)
			walk_uint(w, field, get_be16(b));
		else
			walk_bytes(w, field, b, width);
}

static void walk_string(struct walk *w, struct cursor *c, unsigned field)
{
	unsigned n = cursor_u8(c);
	const uint8_t *b = cursor_take(c, n);

	walk_uint(w, field - 1, n);
	if (b)
		walk_bytes(w, field, b, n);
}

static void walk_params(struct walk *w, struct cursor *c)
{
	enum { MANDATORY, ALPN, NO_DEFAULT_ALPN, PORT, IPV4HINT, ECH, IPV6HINT };

	while (cursor_left(c) && !c->cut) {
		unsigned key = cursor_be16(c), n = cursor_be16(c);
		struct cursor v = cursor_sub(c, n);

		if (c->cut)
			return;
		walk_uint(w, F_SVCB_KEY, key);
		walk_uint(w, F_SVCB_LEN, n);
		switch (key) {
		case MANDATORY:
			walk_each(w, &v, F_SVCB_MANDATORY, 2);
			break;
		case ALPN:
			while (cursor_left(&v) && !v.cut)
				walk_string(w, &v, F_SVCB_ALPN);
			break;
		case PORT:
			walk_each(w, &v, F_SVCB_PORT, 2);
			break;
		case IPV4HINT:
			walk_each(w, &v, F_SVCB_IPV4, 4);
			break;
		case IPV6HINT:
			walk_each(w, &v, F_SVCB_IPV6, 16);
			break;
		case ECH:
			walk_bytes(w, F_SVCB_ECH, v.pos, n);
			break;
		default:
			if (n)
				walk_bytes(w, F_SVCB_VALUE, v.pos, n);
		}
	}
}

/* One item; false when the data of the record has run out. */
static bool walk_item(const struct message *m, struct cursor *c, unsigned item)
{
	static const uint8_t width[] = { [ITEM_U8] = 1, [ITEM_U16] = 2, [ITEM_U32] = 4, [ITEM_TIME] = 4,
					 [ITEM_IPV4] = 4, [ITEM_IPV6] = 16 };
	unsigned kind = item >> 8, field = item & 0xff;
	struct walk *w = m->w;
	const uint8_t *b;
	unsigned n;

	switch (kind) {
	case ITEM_NAME:
		return walk_name(m, c, field);
	case ITEM_STRINGS:
	case ITEM_STRING:
		do
			walk_string(w, c, field);
		while (kind == ITEM_STRINGS && cursor_left(c) && !c->cut);
		return !c->cut;
	case ITEM_HIDDEN:
		n = cursor_u8(c);
		walk_uint(w, field - 1, n);
		return cursor_skip(c, n);
	case ITEM_REST:
		if (cursor_left(c))
			walk_bytes(w, field, c->pos, (uint32_t)cursor_left(c));
		return true;
	case ITEM_TYPES:
		walk_types(w, c);
		return true;
	case ITEM_PARAMS:
		walk_params(w, c);
		return true;
	}
	b = cursor_take(c, width[kind]);
	if (!b)
		return false;
	switch (kind) {
	case ITEM_U8:
		walk_uint(w, field, *b);
		break;
	case ITEM_U16:
		walk_uint(w, field, get_be16(b));
		break;
	case ITEM_U32:
		walk_uint(w, field, get_be32(b));
		break;
	case ITEM_TIME:
		if (walk_wants(w, field))
			w->emit(w, &w->proto->fields[field], &(struct value){ .i = get_be32(b) * 1000000000ll });
		break;
	default:
		walk_bytes(w, field, b, width[kind]);
	}
	return true;
}

/* An address of the client subnet option is cut behind its last bit that counts (RFC 7871). */
static void walk_subnet(struct walk *w, struct cursor *c)
{
	const uint8_t *h = cursor_take(c, 4);
	size_t n = cursor_left(c);
	unsigned family, full;
	uint8_t *addr;

	if (!h)
		return;
	family = get_be16(h);
	full = family == 1 ? 4 : 16;
	walk_uint(w, F_OPT_FAMILY, family);
	walk_uint(w, F_OPT_NETMASK, h[2]);
	walk_uint(w, F_OPT_SCOPE, h[3]);
	if ((family != 1 && family != 2) || n > full || !(addr = packet_scratch(w->p, full)))
		return;
	memset(addr, 0, full);
	memcpy(addr, c->pos, n);
	walk_bytes(w, family == 1 ? F_OPT_ADDR4 : F_OPT_ADDR6, addr, full);
}

static void walk_options(struct walk *w, struct cursor *c)
{
	enum { SUBNET = 8, COOKIE = 10, KEEPALIVE = 11, PADDING = 12, EXTENDED_ERROR = 15 };

	while (cursor_left(c) && !c->cut) {
		unsigned code = cursor_be16(c), n = cursor_be16(c);
		struct cursor v = cursor_sub(c, n);

		if (c->cut)
			return;
		walk_uint(w, F_OPT_CODE, code);
		walk_uint(w, F_OPT_LEN, n);
		if (n)
			walk_bytes(w, F_OPT_DATA, v.pos, n);
		if (code == SUBNET) {
			walk_subnet(w, &v);
		} else if (code == COOKIE && n >= 8) {
			walk_bytes(w, F_OPT_COOKIE_CLIENT, v.pos, 8);
			if (n > 8)
				walk_bytes(w, F_OPT_COOKIE_SERVER, v.pos + 8, n - 8);
		} else if (code == KEEPALIVE && n == 2) {
			walk_uint(w, F_OPT_KEEPALIVE, get_be16(v.pos));
		} else if (code == PADDING && n) {
			walk_bytes(w, F_OPT_PADDING, v.pos, n);
		} else if (code == EXTENDED_ERROR && n >= 2) {
			walk_uint(w, F_OPT_ERROR, get_be16(v.pos));
			if (n > 2)
				walk_bytes(w, F_OPT_ERROR_TEXT, v.pos + 2, n - 2);
		}
	}
}

/* The owner of an SRV record is shown in its parts: _service._proto.name */
static void walk_service(struct walk *w, const struct dns_name *n)
{
	const uint8_t *at = n->text, *end = n->text + n->len;

	for (unsigned field = F_SRV_SERVICE; field <= F_SRV_NAME; field++) {
		const uint8_t *dot = field < F_SRV_NAME ? memchr(at, '.', (size_t)(end - at)) : NULL;

		emit_text(w, field, at, (uint32_t)((dot ? dot : end) - at));
		if (!dot)
			return;
		at = dot + 1;
	}
}

static bool walk_owner(const struct message *m, const struct dns_record *r)
{
	struct cursor c = cursor_over(r->name, (size_t)(m->end - r->name), false);
	struct dns_name n;

	if (!wants_any(m->w, F_RESP_NAME, F_SRV_NAME))
		return true;
	if (!dns_name_read(&c, m->start, m->end, &n))
		return false;
	if (r->type == DNS_SRV)
		walk_service(m->w, &n);
	else
		emit_text(m->w, F_RESP_NAME, n.text, n.len);
	return true;
}

/* RFC 6891: class and TTL of OPT are something else */
static void walk_opt(struct walk *w, struct dns_record *r, bool multicast)
{
	walk_uint(w, F_UDP_SIZE, multicast ? r->class & ~CLASS_HIGH_BIT : r->class);
	if (multicast)
		walk_uint(w, F_CACHE_FLUSH, r->class >> 15);
	walk_uint(w, F_EXT_RCODE, r->ttl >> 24);
	walk_uint(w, F_EDNS0_VERSION, r->ttl >> 16 & 0xff);
	walk_uint(w, F_RESP_Z, r->ttl & 0xffff);
	walk_uint(w, F_RESP_Z_DO, r->ttl >> 15 & 1);
	walk_uint(w, F_RESP_Z_RESERVED, r->ttl & 0x7fff);
	walk_uint(w, F_RESP_LEN, r->len);
	walk_options(w, &r->data);
}

static bool walk_record(const struct message *m, struct cursor *c)
{
	const struct record *what = &unknown_record;
	struct walk *w = m->w;
	struct dns_record r;

	if (!dns_record_read(c, &r) || !walk_owner(m, &r))
		return false;
	walk_uint(w, F_RESP_TYPE, r.type);
	if (r.type == DNS_OPT) {
		walk_opt(w, &r, m->multicast);
		return !c->cut;
	}
	walk_uint(w, F_RESP_CLASS, m->multicast ? r.class & ~CLASS_HIGH_BIT : r.class);
	if (m->multicast)
		walk_uint(w, F_CACHE_FLUSH, r.class >> 15);
	walk_uint(w, F_RESP_TTL, r.ttl);
	walk_uint(w, F_RESP_LEN, r.len);
	if (!r.len) /* a dynamic update may name a record without giving its data */
		return true;
	for (unsigned i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		if (records[i].type == r.type)
			what = &records[i];
	for (const uint16_t *item = what->items; *item && walk_item(m, &r.data, *item); item++)
		;
	return !c->cut;
}

void dns_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	bool tcp;
	struct cursor c = dns_message(p, l, &tcp);
	struct message m = { w, c.pos, c.end, l->proto == PROTO_mdns };
	const uint8_t *h = cursor_take(&c, DNS_HEADER);
	unsigned n;

	if (!h || !wants_any(w, F_QRY_NAME, F_COUNT - 1))
		return;
	for (n = get_be16(h + 4); n; n--)
		if (!walk_question(&m, &c))
			return;
	if (!wants_any(w, F_RESP_NAME, F_COUNT - 1))
		return;
	for (n = get_be16(h + 6) + get_be16(h + 8) + get_be16(h + 10); n; n--)
		if (!walk_record(&m, &c))
			return;
}

/* ---- the protocol -------------------------------------------------------------------- */

static NAMED_VALUES(opcodes, (0, "Standard query"), (1, "Inverse query"), (2, "Server status request"),
	(4, "Zone change notification"), (5, "Dynamic update"), (6, "DNS Stateful operations"));
static NAMED_VALUES(rcodes, (0, "No error"), (1, "Format error"), (2, "Server failure"), (3, "No such name"),
	(4, "Not implemented"), (5, "Refused"), (6, "Name exists"), (7, "RRset exists"), (8, "RRset does not exist"),
	(9, "Not authoritative"), (10, "Name out of zone"));
static NAMED_VALUES(classes, (1, "IN"), (3, "CH"), (4, "HS"), (254, "NONE"), (255, "ANY"));
static NAMED_VALUES(types,
	(1, "A"), (2, "NS"), (3, "MD"), (4, "MF"), (5, "CNAME"), (6, "SOA"), (7, "MB"), (8, "MG"),
	(9, "MR"), (10, "NULL"), (11, "WKS"), (12, "PTR"), (13, "HINFO"), (14, "MINFO"), (15, "MX"),
	(16, "TXT"), (17, "RP"), (18, "AFSDB"), (19, "X25"), (20, "ISDN"), (21, "RT"), (22, "NSAP"),
	(23, "NSAP_PTR"), (24, "SIG"), (25, "KEY"), (26, "PX"), (27, "GPOS"), (28, "AAAA"), (29, "LOC"),
	(30, "NXT"), (31, "EID"), (32, "NIMLOC"), (33, "SRV"), (34, "ATMA"), (35, "NAPTR"), (36, "KX"),
	(37, "CERT"), (38, "A6"), (39, "DNAME"), (40, "SINK"), (41, "OPT"), (42, "APL"), (43, "DS"),
	(44, "SSHFP"), (45, "IPSECKEY"), (46, "RRSIG"), (47, "NSEC"), (48, "DNSKEY"), (49, "DHCID"),
	(50, "NSEC3"), (51, "NSEC3PARAM"), (52, "TLSA"), (53, "SMIMEA"), (55, "HIP"), (59, "CDS"),
	(60, "CDNSKEY"), (61, "OPENPGPKEY"), (62, "CSYNC"), (63, "ZONEMD"), (64, "SVCB"), (65, "HTTPS"),
	(99, "SPF"), (100, "UINFO"), (101, "UID"), (102, "GID"), (103, "UNSPEC"), (104, "UNSPECA"),
	(108, "EUI48"), (109, "EUI64"), (249, "TKEY"), (250, "TSIG"), (251, "IXFR"), (252, "AXFR"),
	(253, "MAILB"), (254, "MAILA"), (255, "ANY"), (256, "URI"), (257, "CAA")
);

const char *dns_type_name(unsigned type)
{
	return named_value(&types, type);
}

#define WALK_HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)
#define WALK_NAMED(n, nam, lab) FIELD_HAS(n, lab, (.names = nam), .type = FIELD_UINT)
#define FLAG(n, msk, fn, lab) \
	FIELD_HAS(n, lab, (.get = fn), .type = FIELD_BOOL, .offset = 2, .mask = msk, .shift = __builtin_ctz(msk))
/* shift 1: the name that this count has in a dynamic update */
#define COUNT(n, off, update, lab) FIELD_HAS(n, lab, (.get = count_get), .type = FIELD_UINT, .offset = off, .shift = update)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)

FIELD_TABLE(fields,
	(F_LENGTH, FIELD_GET(FIELD_UINT, "dns.length", length_get, "Length")),
	(F_ID, FIELD_FIXED_HEX("dns.id", 0, 2, "Transaction ID")),
	(F_FLAGS, FIELD_FIXED_HEX("dns.flags", 2, 2, "Flags")),
	(F_RESPONSE, FIELD_BITS(FIELD_BOOL, "dns.flags.response", 2, 2, 0x8000, "Response")),
	(F_OPCODE, FIELD_HAS("dns.flags.opcode", "Opcode", (.names = &opcodes), .type = FIELD_UINT, .offset = 2, .width = 2,
		.mask = 0x7800, .shift = 11)),
	(F_AUTHORITATIVE, FLAG("dns.flags.authoritative", 0x0400, answer_bits, "Authoritative")),
	(F_CONFLICT, FLAG("dns.flags.conflict", 0x0400, llmnr_bits, "Conflict")),
	(F_TRUNCATED, FIELD_BITS(FIELD_BOOL, "dns.flags.truncated", 2, 2, 0x0200, "Truncated")),
	(F_RECDESIRED, FLAG("dns.flags.recdesired", 0x0100, dns_bits, "Recursion desired")),
	(F_TENTATIVE, FLAG("dns.flags.tentative", 0x0100, llmnr_bits, "Tentative")),
	(F_RECAVAIL, FLAG("dns.flags.recavail", 0x0080, answer_bits, "Recursion available")),
	(F_Z, FLAG("dns.flags.z", 0x0040, dns_bits, "Z")),
	(F_AUTHENTICATED, FLAG("dns.flags.authenticated", 0x0020, authenticated_get, "Answer authenticated")),
	(F_CHECKDISABLE, FLAG("dns.flags.checkdisable", 0x0010, dns_bits, "Non-authenticated data acceptable")),
	(F_RCODE, FIELD_HAS("dns.flags.rcode", "Reply code", (.get = rcode_get, .names = &rcodes), .type = FIELD_UINT,
		.offset = 2, .mask = 0xf)),
	(F_QUERIES, COUNT("dns.count.queries", 4, 0, "Questions")),
	(F_ZONES, COUNT("dns.count.zones", 4, 1, "Zones")),
	(F_ANSWERS, COUNT("dns.count.answers", 6, 0, "Answer records")),
	(F_PREREQUISITES, COUNT("dns.count.prerequisites", 6, 1, "Prerequisites")),
	(F_AUTH_RR, COUNT("dns.count.auth_rr", 8, 0, "Authority records")),
	(F_UPDATES, COUNT("dns.count.updates", 8, 1, "Updates")),
	(F_ADD_RR, FIELD_FIXED(FIELD_UINT, "dns.count.add_rr", 10, 2, "Additional records")),

	(F_QRY_NAME, TEXT("dns.qry.name", "Name")),
	(F_QRY_NAME_LEN, UINT("dns.qry.name.len", "Name length")),
	(F_COUNT_LABELS, UINT("dns.count.labels", "Label count")),
	(F_QRY_TYPE, WALK_NAMED("dns.qry.type", &types, "Type")),
	(F_QRY_CLASS, FIELD_HAS("dns.qry.class", "Class", (.names = &classes), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 4)),
	(F_QRY_QU, FIELD_WALK(FIELD_BOOL, "dns.qry.qu", "Unicast answer wanted")),

	(F_RESP_NAME, TEXT("dns.resp.name", "Name")),
	(F_SRV_SERVICE, TEXT("dns.srv.service", "Service")),
	(F_SRV_PROTO, TEXT("dns.srv.proto", "Protocol")),
	(F_SRV_NAME, TEXT("dns.srv.name", "Name")),
	(F_RESP_TYPE, WALK_NAMED("dns.resp.type", &types, "Type")),
	(F_RESP_CLASS, FIELD_HAS("dns.resp.class", "Class", (.names = &classes), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 4)),
	(F_CACHE_FLUSH, FIELD_WALK(FIELD_BOOL, "dns.resp.cache_flush", "Cache flush")),
	(F_RESP_TTL, UINT("dns.resp.ttl", "Time to live")),
	(F_UDP_SIZE, UINT("dns.rr.udp_payload_size", "UDP payload size")),
	(F_EXT_RCODE, WALK_HEX("dns.resp.ext_rcode", 2, "Higher bits in extended reply code")),
	(F_EDNS0_VERSION, UINT("dns.resp.edns0_version", "EDNS0 version")),
	(F_RESP_Z, WALK_HEX("dns.resp.z", 4, "Z")),
	(F_RESP_Z_DO, FIELD_WALK(FIELD_BOOL, "dns.resp.z.do", "DNSSEC records accepted")),
	(F_RESP_Z_RESERVED, WALK_HEX("dns.resp.z.reserved", 4, "Reserved")),
	(F_RESP_LEN, UINT("dns.resp.len", "Data length")),

	(F_A, FIELD_WALK(FIELD_IPV4, "dns.a", "Address")),
	(F_AAAA, FIELD_WALK(FIELD_IPV6, "dns.aaaa", "Address")),
	(F_NS, TEXT("dns.ns", "Name server")),
	(F_CNAME, TEXT("dns.cname", "Canonical name")),
	(F_DNAME, TEXT("dns.dname", "Name")),
	(F_PTR, TEXT("dns.ptr.domain_name", "Domain name")),
	(F_SOA_MNAME, TEXT("dns.soa.mname", "Primary name server")),
	(F_SOA_RNAME, TEXT("dns.soa.rname", "Mailbox of who is responsible")),
	(F_SOA_SERIAL, UINT("dns.soa.serial_number", "Serial number")),
	(F_SOA_REFRESH, UINT("dns.soa.refresh_interval", "Refresh interval")),
	(F_SOA_RETRY, UINT("dns.soa.retry_interval", "Retry interval")),
	(F_SOA_EXPIRE, UINT("dns.soa.expire_limit", "Expire limit")),
	(F_SOA_MINIMUM, UINT("dns.soa.minimum_ttl", "Minimum TTL")),
	(F_HINFO_CPU_LEN, UINT("dns.hinfo.cpu_length", "CPU length")),
	(F_HINFO_CPU, TEXT("dns.hinfo.cpu", "CPU")),
	(F_HINFO_OS_LEN, UINT("dns.hinfo.os_length", "OS length")),
	(F_HINFO_OS, TEXT("dns.hinfo.os", "OS")),
	(F_MX_PREFERENCE, UINT("dns.mx.preference", "Preference")),
	(F_MX_EXCHANGE, TEXT("dns.mx.mail_exchange", "Mail exchange")),
	(F_TXT_LEN, UINT("dns.txt.length", "Text length")),
	(F_TXT, TEXT("dns.txt", "Text")),
	(F_SPF_LEN, UINT("dns.spf.length", "SPF length")),
	(F_SPF, TEXT("dns.spf", "SPF")),
	(F_NULL, BYTES("dns.null", "Data")),
	(F_SRV_PRIORITY, UINT("dns.srv.priority", "Priority")),
	(F_SRV_WEIGHT, UINT("dns.srv.weight", "Weight")),
	(F_SRV_PORT, UINT("dns.srv.port", "Port")),
	(F_SRV_TARGET, TEXT("dns.srv.target", "Target")),
	(F_NAPTR_ORDER, UINT("dns.naptr.order", "Order")),
	(F_NAPTR_PREFERENCE, UINT("dns.naptr.preference", "Preference")),
	(F_NAPTR_FLAGS_LEN, UINT("dns.naptr.flags_length", "Flags length")),
	(F_NAPTR_FLAGS, TEXT("dns.naptr.flags", "Flags")),
	(F_NAPTR_SERVICE_LEN, UINT("dns.naptr.service_length", "Service length")),
	(F_NAPTR_SERVICE, TEXT("dns.naptr.service", "Service")),
	(F_NAPTR_REGEX_LEN, UINT("dns.naptr.regex_length", "Expression length")),
	(F_NAPTR_REGEX, TEXT("dns.naptr.regex", "Expression")),
	(F_NAPTR_REPLACEMENT, TEXT("dns.naptr.replacement", "Replacement")),
	(F_DS_KEY_ID, WALK_HEX("dns.ds.key_id", 4, "Key id")),
	(F_DS_ALGORITHM, UINT("dns.ds.algorithm", "Algorithm")),
	(F_DS_DIGEST_TYPE, UINT("dns.ds.digest_type", "Digest type")),
	(F_DS_DIGEST, BYTES("dns.ds.digest", "Digest")),
	(F_SSHFP_ALGORITHM, UINT("dns.sshfp.algorithm", "Algorithm")),
	(F_SSHFP_TYPE, UINT("dns.sshfp.fingerprint.type", "Fingerprint type")),
	(F_SSHFP, BYTES("dns.sshfp.fingerprint", "Fingerprint")),
	(F_RRSIG_COVERED, WALK_NAMED("dns.rrsig.type_covered", &types, "Type covered")),
	(F_RRSIG_ALGORITHM, UINT("dns.rrsig.algorithm", "Algorithm")),
	(F_RRSIG_LABELS, UINT("dns.rrsig.labels", "Labels")),
	(F_RRSIG_TTL, UINT("dns.rrsig.original_ttl", "Original TTL")),
	(F_RRSIG_EXPIRATION, FIELD_WALK(FIELD_TIME, "dns.rrsig.signature_expiration", "Signature expires")),
	(F_RRSIG_INCEPTION, FIELD_WALK(FIELD_TIME, "dns.rrsig.signature_inception", "Signature begins")),
	(F_RRSIG_KEY_TAG, UINT("dns.rrsig.key_tag", "Key tag")),
	(F_RRSIG_SIGNER, TEXT("dns.rrsig.signers_name", "Signer")),
	(F_RRSIG_SIGNATURE, BYTES("dns.rrsig.signature", "Signature")),
	(F_NSEC_NEXT, TEXT("dns.nsec.next_domain_name", "Next domain name")),
	(F_DNSKEY_FLAGS, WALK_HEX("dns.dnskey.flags", 4, "Flags")),
	(F_DNSKEY_PROTOCOL, UINT("dns.dnskey.protocol", "Protocol")),
	(F_DNSKEY_ALGORITHM, UINT("dns.dnskey.algorithm", "Algorithm")),
	(F_DNSKEY_KEY, BYTES("dns.dnskey.public_key", "Public key")),
	(F_NSEC3_ALGO, UINT("dns.nsec3.algo", "Hash algorithm")),
	(F_NSEC3_FLAGS, UINT("dns.nsec3.flags", "Flags")),
	(F_NSEC3_ITERATIONS, UINT("dns.nsec3.iterations", "Iterations")),
	(F_NSEC3_SALT_LEN, UINT("dns.nsec3.salt_length", "Salt length")),
	(F_NSEC3_SALT, BYTES("dns.nsec3.salt_value", "Salt")),
	(F_NSEC3_HASH_LEN, UINT("dns.nsec3.hash_length", "Hash length")),
	(F_TLSA_USAGE, UINT("dns.tlsa.certificate_usage", "Certificate usage")),
	(F_TLSA_SELECTOR, UINT("dns.tlsa.selector", "Selector")),
	(F_TLSA_MATCHING, UINT("dns.tlsa.matching_type", "Matching type")),
	(F_TLSA_DATA, BYTES("dns.tlsa.certificate_association_data", "Certificate association data")),
	(F_CAA_FLAGS, WALK_HEX("dns.caa.flags", 2, "Flags")),
	(F_CAA_TAG_LEN, UINT("dns.caa.tag_length", "Tag length")),
	(F_CAA_TAG, TEXT("dns.caa.tag", "Tag")),
	(F_CAA_VALUE, TEXT("dns.caa.value", "Value")),
	(F_SVCB_PRIORITY, UINT("dns.svcb.svcpriority", "Priority")),
	(F_SVCB_TARGET, TEXT("dns.svcb.targetname", "Target name")),
	(F_SVCB_KEY, UINT("dns.svcb.svcparam.key", "Parameter key")),
	(F_SVCB_LEN, UINT("dns.svcb.svcparam.value.length", "Parameter length")),
	(F_SVCB_MANDATORY, UINT("dns.svcb.svcparam.mandatory.key", "Mandatory key")),
	(F_SVCB_ALPN_LEN, UINT("dns.svcb.svcparam.alpn.length", "ALPN length")),
	(F_SVCB_ALPN, TEXT("dns.svcb.svcparam.alpn", "ALPN")),
	(F_SVCB_PORT, UINT("dns.svcb.svcparam.port", "Port")),
	(F_SVCB_IPV4, FIELD_WALK(FIELD_IPV4, "dns.svcb.svcparam.ipv4hint.ip", "Address")),
	(F_SVCB_ECH, BYTES("dns.svcb.svcparam.echconfig", "ECH configuration")),
	(F_SVCB_IPV6, FIELD_WALK(FIELD_IPV6, "dns.svcb.svcparam.ipv6hint.ip", "Address")),
	(F_SVCB_VALUE, BYTES("dns.svcb.svcparam.value", "Parameter value")),
	(F_OPT_CODE, UINT("dns.opt.code", "Option code")),
	(F_OPT_LEN, UINT("dns.opt.len", "Option length")),
	(F_OPT_DATA, BYTES("dns.opt.data", "Option data")),
	(F_OPT_FAMILY, UINT("dns.opt.client.family", "Family")),
	(F_OPT_NETMASK, UINT("dns.opt.client.netmask", "Source netmask")),
	(F_OPT_SCOPE, UINT("dns.opt.client.scope", "Scope netmask")),
	(F_OPT_ADDR4, FIELD_WALK(FIELD_IPV4, "dns.opt.client.addr4", "Client subnet")),
	(F_OPT_ADDR6, FIELD_WALK(FIELD_IPV6, "dns.opt.client.addr6", "Client subnet")),
	(F_OPT_COOKIE_CLIENT, BYTES("dns.opt.cookie.client", "Client cookie")),
	(F_OPT_COOKIE_SERVER, BYTES("dns.opt.cookie.server", "Server cookie")),
	(F_OPT_KEEPALIVE, UINT("dns.opt.edns_tcp_keepalive.timeout", "Timeout")),
	(F_OPT_PADDING, BYTES("dns.opt.padding", "Padding")),
	(F_OPT_ERROR, UINT("dns.opt.ext_error.info_code", "Extended error")),
	(F_OPT_ERROR_TEXT, TEXT("dns.opt.ext_error.extra_text", "Extended error text")),
	(F_DATA, BYTES("dns.data", "Data")),

	(F_RESPONSE_TO, REPLY_FIELD(FIELD_UINT, "dns.response_to", REPLY_REQUEST, 1 << REPLY_ANSWERS, "Frame of the request")),
	(F_TIME, REPLY_FIELD(FIELD_DURATION, "dns.time", REPLY_TIME, 1 << REPLY_ANSWERS, "Time since the request")),
	(F_RETRANSMISSION, REPLY_FIELD(FIELD_BOOL, "dns.retransmission", REPLY_IS,
					 1 << REPLY_ASKS_AGAIN | 1 << REPLY_ANSWERS_AGAIN, "Sent before")),
	(F_REQUEST_AGAIN, REPLY_FIELD(FIELD_BOOL, "dns.retransmit_request", REPLY_IS, 1 << REPLY_ASKS_AGAIN, "Asks again")),
	(F_REQUEST_AGAIN_IN, REPLY_FIELD(FIELD_UINT, "dns.retransmit_request_in", REPLY_FRAME, 1 << REPLY_ASKS_AGAIN,
					   "Frame of the first such request")),
	(F_RESPONSE_AGAIN, REPLY_FIELD(FIELD_BOOL, "dns.retransmit_response", REPLY_IS, 1 << REPLY_ANSWERS_AGAIN, "Answers again")),
	(F_RESPONSE_AGAIN_IN, REPLY_FIELD(FIELD_UINT, "dns.retransmit_response_in", REPLY_FRAME, 1 << REPLY_ANSWERS_AGAIN,
					    "Frame of the first such answer"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, 53 }, { CLAIM_TCP_PORT, 53 }, { CLAIM_NONE, 0 } };

const struct protocol proto_dns = {
	.name = "dns",
	.column = "DNS",
	.title = "Domain Name System",
	.reference = "RFC 1035",
	.application = true,
	.decode = dns_decode,
	.detect = dns_detect,
	PROTOCOL_WALK(dns_walk),
	.summary = dns_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
