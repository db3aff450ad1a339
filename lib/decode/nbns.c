/* SPDX-License-Identifier: MIT */
/*
 * NetBIOS name service: DNS messages in which a name is sixteen bytes, two letters for each (RFC 1001, RFC 1002).
 *
 *	+----+-------+---------------+----------+---------+-----------+------------+
 *	| id | flags | four counts   | question | answer  | authority | additional |    20 "FDEFFC..." 00: one label, 32 letters
 *	+----+-------+---------------+----------+---------+-----------+------------+
 *
 * The sixteenth byte tells what the name stands for: WORKGROUP<1d> is its master browser.
 */
#include "decode/dns.h"
#include "decode/nbns.h"

enum {
	ID, FLAGS, RESPONSE, OPCODE, AUTHORITATIVE, TRUNCATED, RECDESIRED, RECAVAIL, BROADCAST, RCODE, QUERIES, ANSWERS, AUTH_RR,
	ADD_RR, NAME, TYPE, CLASS, TTL, DATA_LENGTH, NB_FLAGS, NB_GROUP, NB_ONT, ADDR, NAMES, NETBIOS_NAME, NAME_FLAGS, NF_GROUP,
	NF_ONT, NF_DRG, NF_CNF, NF_ACT, NF_PRM, UNIT_ID
};
enum { TYPE_NB = 32, TYPE_NBSTAT = 33, NAME_BYTES = 16 };

/* ---- names ------------------------------------------------------------------------------ */

static void put_byte(uint8_t *text, unsigned *n, unsigned byte)
{
	static const char digits[] = "0123456789abcdef";

	if (byte >= ' ' && byte < 0x7f) {
		text[(*n)++] = (uint8_t)byte;
		return;
	}
	text[(*n)++] = '<';
	text[(*n)++] = (uint8_t)digits[byte >> 4];
	text[(*n)++] = (uint8_t)digits[byte & 15];
	text[(*n)++] = '>';
}

unsigned nbns_name_text(const uint8_t name[NAME_BYTES], bool suffix, uint8_t text[NBNS_NAME_MAX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned n = 0, len = NAME_BYTES - 1;

	while (len && name[len - 1] == ' ')
		len--;
	for (unsigned i = 0; i < len; i++)
		put_byte(text, &n, name[i]);
	if (!suffix)
		return n;
	text[n++] = '<';
	text[n++] = (uint8_t)digits[name[NAME_BYTES - 1] >> 4];
	text[n++] = (uint8_t)digits[name[NAME_BYTES - 1] & 15];
	text[n++] = '>';
	return n;
}

bool nbns_name_decode(const uint8_t *letters, uint32_t len, uint8_t name[NAME_BYTES])
{
	if (len < 2 * NAME_BYTES)
		return false;
	for (unsigned i = 0; i < NAME_BYTES; i++, letters += 2) {
		if (letters[0] < 'A' || letters[0] > 'P' || letters[1] < 'A' || letters[1] > 'P')
			return false;
		name[i] = (uint8_t)((letters[0] - 'A') << 4 | (letters[1] - 'A'));
	}
	return true;
}

/* The name at `c`, with the scope that may follow it behind a dot; 0 if it is none. */
static unsigned name_read(struct cursor *c, const uint8_t *msg, uint8_t text[NBNS_NAME_MAX + DNS_NAME_MAX])
{
	struct dns_name n;
	uint8_t name[NAME_BYTES];
	unsigned len;

	if (!dns_name_read(c, msg, c->end, &n) || !nbns_name_decode(n.text, n.len, name))
		return 0;
	len = nbns_name_text(name, true, text);
	if (n.len > 2 * NAME_BYTES && n.text[2 * NAME_BYTES] == '.') {
		memcpy(text + len, n.text + 2 * NAME_BYTES, n.len - 2 * NAME_BYTES);
		len += n.len - 2 * NAME_BYTES;
	}
	return len;
}

/* ---- decode ------------------------------------------------------------------------------ */

/* Over UDP only: the session service on port 139 is another protocol. */
static bool nbns_detect(const struct decode *d, const struct cursor *payload)
{
	(void)d;
	return cursor_left(payload) >= DNS_HEADER || payload->snapped;
}

static enum decode_result nbns_decode(struct decode *d, struct layer *l)
{
	return dns_decode(d, l);
}

/* ---- fields ------------------------------------------------------------------------------ */

static bool walk_name(struct walk *w, struct cursor *c, const uint8_t *msg)
{
	uint8_t text[NBNS_NAME_MAX + DNS_NAME_MAX], *copy;
	unsigned n;

	if (!walk_wants(w, NAME))
		return dns_name_skip(c);
	n = name_read(c, msg, text);
	copy = n ? packet_scratch(w->p, n) : NULL;
	if (copy)
		walk_bytes(w, NAME, memcpy(copy, text, n), n);
	return !c->cut;
}

static void walk_names(struct walk *w, struct cursor *c)
{
	unsigned n = cursor_u8(c);

	walk_uint(w, NAMES, n);
	for (const uint8_t *b; n && (b = cursor_take(c, NAME_BYTES + 2)); n--) {
		unsigned flags = get_be16(b + NAME_BYTES);
		uint8_t *text = walk_wants(w, NETBIOS_NAME) ? packet_scratch(w->p, NBNS_NAME_MAX) : NULL;

		if (text)
			walk_bytes(w, NETBIOS_NAME, text, nbns_name_text(b, false, text));
		walk_uint(w, NAME_FLAGS, flags);
		walk_uint(w, NF_GROUP, flags >> 15);
		walk_uint(w, NF_ONT, flags >> 13 & 3);
		for (unsigned i = 0; i < 4; i++)
			walk_uint(w, NF_DRG + i, flags >> (12 - i) & 1);
	}
	if (cursor_left(c) >= 6)
		walk_bytes(w, UNIT_ID, c->pos, 6);
}

static bool walk_record(struct walk *w, struct cursor *c, const uint8_t *msg)
{
	const uint8_t *h;
	struct cursor data;
	unsigned type, len;

	if (!walk_name(w, c, msg) || !(h = cursor_take(c, 10)))
		return false;
	type = get_be16(h);
	len = get_be16(h + 8);
	walk_uint(w, TYPE, type);
	walk_uint(w, CLASS, get_be16(h + 2));
	walk_uint(w, TTL, get_be32(h + 4));
	walk_uint(w, DATA_LENGTH, len);
	data = cursor_sub(c, len);
	if (type == TYPE_NBSTAT)
		walk_names(w, &data);
	while (type == TYPE_NB && (h = cursor_take(&data, 6))) {
		walk_uint(w, NB_FLAGS, get_be16(h));
		walk_uint(w, NB_GROUP, h[0] >> 7);
		walk_uint(w, NB_ONT, h[0] >> 5 & 3);
		walk_bytes(w, ADDR, h + 2, 4);
	}
	return !c->cut;
}

static void nbns_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, DNS_HEADER), *b;
	unsigned records;

	if (!h)
		return;
	for (unsigned n = get_be16(h + 4); n; n--) {
		if (!walk_name(w, &c, h) || !(b = cursor_take(&c, 4)))
			return;
		walk_uint(w, TYPE, get_be16(b));
		walk_uint(w, CLASS, get_be16(b + 2));
	}
	for (records = get_be16(h + 6) + get_be16(h + 8) + get_be16(h + 10); records; records--)
		if (!walk_record(w, &c, h))
			return;
}

static bool answer_bits(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *b;

	if (packet_bytes(p, l, &b) < 4 || !(b[2] & 0x80))
		return false;
	v->u = (get_be16(b + 2) & f->mask) >> __builtin_ctz(f->mask);
	return true;
}

#define FLAG(ty, n, msk, lab) FIELD_BITS(ty, n, 2, 2, msk, lab)
#define ANSWER(ty, n, msk, lab) FIELD_HAS(n, lab, (.get = answer_bits), .type = ty, .mask = msk)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define HEX(n, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)
#define BOOL(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)
FIELD_TABLE(nbns_fields,
	(ID, FIELD_FIXED_HEX("nbns.id", 0, 2, "Transaction")),
	(FLAGS, FIELD_FIXED_HEX("nbns.flags", 2, 2, "Flags")),
	(RESPONSE, FLAG(FIELD_BOOL, "nbns.flags.response", 0x8000, "Answer")),
	(OPCODE, FLAG(FIELD_UINT, "nbns.flags.opcode", 0x7800, "Operation")),
	(AUTHORITATIVE, ANSWER(FIELD_BOOL, "nbns.flags.authoritative", 0x0400, "Authoritative")),
	(TRUNCATED, FLAG(FIELD_BOOL, "nbns.flags.truncated", 0x0200, "Truncated")),
	(RECDESIRED, FLAG(FIELD_BOOL, "nbns.flags.recdesired", 0x0100, "Recursion desired")),
	(RECAVAIL, ANSWER(FIELD_BOOL, "nbns.flags.recavail", 0x0080, "Recursion available")),
	(BROADCAST, FLAG(FIELD_BOOL, "nbns.flags.broadcast", 0x0010, "Broadcast")),
	(RCODE, ANSWER(FIELD_UINT, "nbns.flags.rcode", 0x000f, "Reply code")),
	(QUERIES, FIELD_FIXED(FIELD_UINT, "nbns.count.queries", 4, 2, "Questions")),
	(ANSWERS, FIELD_FIXED(FIELD_UINT, "nbns.count.answers", 6, 2, "Answers")),
	(AUTH_RR, FIELD_FIXED(FIELD_UINT, "nbns.count.auth_rr", 8, 2, "Authority records")),
	(ADD_RR, FIELD_FIXED(FIELD_UINT, "nbns.count.add_rr", 10, 2, "Additional records")),
	(NAME, FIELD_WALK(FIELD_STRING, "nbns.name", "Name")),
	(TYPE, UINT("nbns.type", "Type")),
	(CLASS, UINT("nbns.class", "Class")),
	(TTL, UINT("nbns.ttl", "Time to live")),
	(DATA_LENGTH, UINT("nbns.data_length", "Length of the data")),
	(NB_FLAGS, HEX("nbns.nb_flags", "Flags of the name")),
	(NB_GROUP, BOOL("nbns.nb_flags.group", "Group name")),
	(NB_ONT, UINT("nbns.nb_flags.ont", "Kind of node")),
	(ADDR, FIELD_WALK(FIELD_IPV4, "nbns.addr", "Address")),
	(NAMES, UINT("nbns.number_of_names", "Number of names")),
	(NETBIOS_NAME, FIELD_WALK(FIELD_STRING, "nbns.netbios_name", "Name of the node")),
	(NAME_FLAGS, HEX("nbns.name_flags", "Flags of the name")),
	(NF_GROUP, BOOL("nbns.name_flags.group", "Group name")),
	(NF_ONT, UINT("nbns.name_flags.ont", "Kind of node")),
	(NF_DRG, BOOL("nbns.name_flags.drg", "Being given up")),
	(NF_CNF, BOOL("nbns.name_flags.cnf", "In conflict")),
	(NF_ACT, BOOL("nbns.name_flags.act", "Active")),
	(NF_PRM, BOOL("nbns.name_flags.prm", "Permanent")),
	(UNIT_ID, FIELD_WALK(FIELD_ETHER, "nbns.unit_id", "Hardware address"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, 137 }, { CLAIM_NONE, 0 } };

const struct protocol proto_nbns = {
	.name = "nbns",
	.column = "NBNS",
	.title = "NetBIOS Name Service",
	.reference = "RFC 1002",
	.application = true,
	.decode = nbns_decode,
	.detect = nbns_detect,
	PROTOCOL_WALK(nbns_walk),
	PROTOCOL_FIELDS(nbns_fields),
	.claims = claims,
};
