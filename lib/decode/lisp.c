/* SPDX-License-Identifier: MIT */
/*
 * Locator/ID separation, control messages: RFC 9301.
 *
 *	|type 4|flags ...|records 8|nonce 64| register, notify: |key 16|length 16|digest|
 *	record  |TTL 32|locators 8|prefix length 8|action 3|A 1|0 12|0 4|version 12|family 16|prefix|
 *	locator |priority 8|weight 8|multicast priority 8|weight 8|0 13|L p R|family 16|address|
 */
#include "layout.h"
#include "summary.h"

enum {
	TYPE, IRC, RECORDS, NONCE, KEYID, AUTH_LENGTH, AUTH, XTRID, SITEID, TTL, LOCATORS, MASKLEN, ACTION, AUTHORITATIVE, MAP_VERSION,
	EID_AFI, EID_4, EID_6, LOC_PRIORITY, LOC_WEIGHT, LOC_M_PRIORITY, LOC_M_WEIGHT, LOC_FLAGS, LOC_LOCAL, LOC_PROBE, LOC_REACH,
	LOC_AFI
};
enum { HEADER = 12, MAP_REQUEST = 1, MAP_REPLY, MAP_REGISTER, MAP_NOTIFY, INFO = 7, ENCAPSULATED = 8, AFI_IP = 1, AFI_IP6 = 2 };

static enum decode_result lisp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, 4);
}

static bool has_digest(unsigned type)
{
	return type == MAP_REGISTER || type == MAP_NOTIFY;
}

/* Bytes of an address of a family; -1: not ours to read */
static int address_len(unsigned afi)
{
	return afi == 0 ? 0 : afi == AFI_IP ? 4 : afi == AFI_IP6 ? 16 : -1;
}

static bool walk_locators(struct walk *w, struct cursor *c, unsigned n)
{
	static const struct slot slots[] = {
		{ LOC_PRIORITY, 0, 1, 0 }, { LOC_WEIGHT, 1, 1, 0 }, { LOC_M_PRIORITY, 2, 1, 0 }, { LOC_M_WEIGHT, 3, 1, 0 },
		{ LOC_FLAGS, 4, 2, 0 }, { LOC_LOCAL, 4, 2, 4 }, { LOC_PROBE, 4, 2, 2 }, { LOC_REACH, 4, 2, 1 }, { LOC_AFI, 6, 2, 0 },
	};
	const uint8_t *h;

	for (; n; n--) {
		h = cursor_take(c, 8);
		if (!h)
			return false;
		layout_walk(w, slots, SLOTS(slots), h, 8);
		if (address_len(get_be16(h + 6)) < 0 || !cursor_skip(c, (size_t)address_len(get_be16(h + 6))))
			return false;
	}
	return true;
}

static void walk_records(struct walk *w, struct cursor *c, unsigned n)
{
	static const struct slot slots[] = {
		{ TTL, 0, 4, 0 }, { LOCATORS, 4, 1, 0 }, { MASKLEN, 5, 1, 0 }, { ACTION, 6, 2, 0xe000 }, { AUTHORITATIVE, 6, 2, 0x1000 },
		{ MAP_VERSION, 8, 2, 0x0fff }, { EID_AFI, 10, 2, 0 },
	};

	for (; n; n--) {
		const uint8_t *h = cursor_take(c, 12), *address;
		int len = h ? address_len(get_be16(h + 10)) : -1;

		if (!h)
			return;
		layout_walk(w, slots, SLOTS(slots), h, 12);
		if (len < 0 || !(address = cursor_take(c, (size_t)len)))
			return;
		if (len)
			walk_bytes(w, len == 4 ? EID_4 : EID_6, address, (uint32_t)len);
		if (!walk_locators(w, c, h[4]))
			return;
	}
}

static void lisp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot nonce[] = { { NONCE, 4, 8, 0 } };
	static const struct slot records[] = { { RECORDS, 3, 1, 0 } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *digest, *at;
	unsigned type = h ? h[0] >> 4 : 0;

	if (!h || type == ENCAPSULATED)
		return;
	layout_walk(w, nonce, SLOTS(nonce), h, HEADER);
	if (type <= MAP_NOTIFY)
		layout_walk(w, records, SLOTS(records), h, HEADER);
	if (type == MAP_REQUEST)
		walk_uint(w, IRC, h[2] & 0x1f);
	if (has_digest(type)) {
		digest = cursor_take(&c, 4);
		if (!digest)
			return;
		walk_uint(w, KEYID, get_be16(digest));
		walk_uint(w, AUTH_LENGTH, get_be16(digest + 2));
		at = cursor_take(&c, get_be16(digest + 2));
		if (!at)
			return;
		walk_bytes(w, AUTH, at, get_be16(digest + 2));
	}
	if (type == MAP_REPLY || has_digest(type))
		walk_records(w, &c, h[3]);
	/* who registered, when the I bit says so */
	if (type == MAP_NOTIFY ? h[0] & 8 : type == MAP_REGISTER && h[0] & 2)
		if ((at = cursor_take(&c, 24))) {
			walk_bytes(w, XTRID, at, 16);
			walk_bytes(w, SITEID, at + 16, 8);
		}
}

static NAMED_VALUES(types,
	(0, "LISP-Reserved"), (MAP_REQUEST, "LISP-Map-Request"), (MAP_REPLY, "LISP-Map-Reply"),
	(MAP_REGISTER, "LISP-Map-Register"), (MAP_NOTIFY, "LISP-Map-Notify"), (INFO, "LISP-Info"),
	(ENCAPSULATED, "LISP-Encapsulated-Message")
);

static void put_locators(struct summary *s, struct cursor *c, unsigned n)
{
	const uint8_t *h, *address;
	int len;

	for (; n && (h = cursor_take(c, 8)); n--) {
		len = address_len(get_be16(h + 6));
		if (len < 0 || !(address = cursor_take(c, (size_t)len)))
			return;
		outbuf_str(s->out, " LOC ");
		layout_address(s->out, address, (unsigned)len);
	}
}

/* One line for each prefix registered, as tcpdump has it */
static void put_records(struct summary *s, struct cursor c, unsigned n)
{
	const uint8_t *h, *address;
	int len;

	if (!cursor_peek(&c, 4) || !cursor_skip(&c, 4u + get_be16(c.pos + 2)))
		return;
	for (; n && (h = cursor_take(&c, 12)); n--) {
		len = address_len(get_be16(h + 10));
		if (len < 0 || !(address = cursor_take(&c, (size_t)len)))
			return;
		outbuf_str(s->out, "\n EID ");
		layout_address(s->out, address, (unsigned)len);
		outbuf_printf(s->out, "/%u, %u locator(s)", h[5], h[4]);
		put_locators(s, &c, h[4]);
	}
}

static void lisp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, 4);

	if (!h)
		return;
	layout_name(s->out, &types, h[0] >> 4, "unknown type ");
	outbuf_char(s->out, ',');
	if (!has_digest(h[0] >> 4))
		return;
	outbuf_printf(s->out, " %u record(s),", h[3]);
	if (cursor_skip(&c, 8))
		put_records(s, c, h[3]);
}

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define FLAG(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)

FIELD_TABLE(lisp_fields,
	(TYPE, FIELD_BITS(FIELD_UINT, "lisp.type", 0, 1, 0xf0, "Type")),
	(IRC, NUMBER("lisp.irc", "Locators of the asker, less one")),
	(RECORDS, NUMBER("lisp.records", "Records")),
	(NONCE, FIELD_WALK_HEX("lisp.nonce", 16, "Nonce")),
	(KEYID, FIELD_WALK_HEX("lisp.keyid", 4, "Key")),
	(AUTH_LENGTH, NUMBER("lisp.authlen", "Digest length")),
	(AUTH, FIELD_WALK(FIELD_BYTES, "lisp.auth", "Digest")),
	(XTRID, FIELD_WALK(FIELD_BYTES, "lisp.xtrid", "Router")),
	(SITEID, FIELD_WALK(FIELD_BYTES, "lisp.siteid", "Site")),
	(TTL, NUMBER("lisp.mapping.ttl", "Time to live, min")),
	(LOCATORS, NUMBER("lisp.mapping.loccnt", "Locators of a record")),
	(MASKLEN, NUMBER("lisp.mapping.eid.masklen", "Prefix length")),
	(ACTION, NUMBER("lisp.mapping.act", "Action")),
	(AUTHORITATIVE, FLAG("lisp.mapping.auth", "Authoritative")),
	(MAP_VERSION, NUMBER("lisp.mapping.ver", "Version of the mapping")),
	(EID_AFI, NUMBER("lisp.mapping.eid.afi", "Prefix family")),
	(EID_4, FIELD_WALK(FIELD_IPV4, "lisp.mapping.eid.ipv4", "Prefix")),
	(EID_6, FIELD_WALK(FIELD_IPV6, "lisp.mapping.eid.ipv6", "Prefix")),
	(LOC_PRIORITY, NUMBER("lisp.loc.priority", "Locator: priority")),
	(LOC_WEIGHT, NUMBER("lisp.loc.weight", "Locator: weight")),
	(LOC_M_PRIORITY, NUMBER("lisp.loc.multicast_priority", "Locator: multicast priority")),
	(LOC_M_WEIGHT, NUMBER("lisp.loc.multicast_weight", "Locator: multicast weight")),
	(LOC_FLAGS, FIELD_WALK_HEX("lisp.loc.flags", 4, "Locator: flags")),
	(LOC_LOCAL, FLAG("lisp.loc.flags.local", "Locator: local")),
	(LOC_PROBE, FLAG("lisp.loc.flags.probe", "Locator: probed")),
	(LOC_REACH, FLAG("lisp.loc.flags.reach", "Locator: reachable")),
	(LOC_AFI, NUMBER("lisp.loc.afi", "Locator: family"))
);

static const struct claim lisp_claims[] = { { CLAIM_UDP_PORT, 4342 }, { CLAIM_NONE, 0 } };

const struct protocol proto_lisp = {
	.name = "lisp",
	.column = "LISP",
	.title = "Locator/ID Separation Protocol, control",
	.reference = "RFC 9301",
	.application = true,
	.decode = lisp_decode,
	PROTOCOL_WALK(lisp_walk),
	.summary = lisp_summary,
	PROTOCOL_FIELDS(lisp_fields),
	.claims = lisp_claims,
};
