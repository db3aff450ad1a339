/* SPDX-License-Identifier: MIT */
/*
 * Protocol Independent Multicast, RFC 7761 and 5059: what its messages say, and the multicast packet
 * that a register message carries to the rendezvous point.
 *
 *	|version 4|type 4|reserved 8|checksum 16|      register: |B N reserved 30| IP packet
 */
#include "carrier.h"
#include "layout.h"
#include "summary.h"

enum {
	VERSION, TYPE, CKSUM, REGISTER_FLAG, BORDER, NULL_REGISTER, OPTION_TYPE, OPTION_LENGTH, HOLDTIME, T_BIT, PROPAGATION_DELAY,
	OVERRIDE_INTERVAL, DR_PRIORITY, GENERATION_ID, FAMILY, ENCODING, MASK_LEN, UPSTREAM_4, UPSTREAM_6, GROUP_4, GROUP_6, SOURCE_4,
	SOURCE_6, JOIN_4, JOIN_6, PRUNE_4, PRUNE_6, RP_4, RP_6, BSR_4, BSR_6, ORIGINATOR_4,
	ORIGINATOR_6, LIST_4, LIST_6, NUMGROUPS, NUMJOINS, NUMPRUNES, RPT, METRIC_PREF, METRIC,
	FRAGMENT_TAG, HASH_MASK_LEN, BSR_PRIORITY, RP_COUNT, FRP_COUNT, PRIORITY, PREFIX_COUNT
};
enum { HELLO = 0, REGISTER_STOP = 2, JOIN_PRUNE, BOOTSTRAP, ASSERT, GRAFT, GRAFT_ACK, CANDIDATE_RP, STATE_REFRESH, DF_ELECTION };
enum { ADDRESS_LIST = 24 };
enum { REGISTER = 1 };

static enum decode_result pim_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;

	if (!d->wire_left) /* the packet in a null register has nothing behind its header */
		return DECODE_OK;
	h = decode_take(d, 4);
	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	if (h[0] != (2 << 4 | REGISTER))
		return DECODE_OK;
	if (!decode_take(d, 4))
		return cursor_short(&d->c);
	d->next = next_by_version(d);
	return DECODE_OK;
}

static bool get_register(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f);
	const uint8_t *h;

	if (l->hlen < 8 || packet_bytes(p, l, &h) < 8)
		return false;
	v->u = part == REGISTER_FLAG ? get_be32(h + 4) : part == BORDER ? h[4] >> 7 : h[4] >> 6 & 1;
	return true;
}

/* ---- bodies, RFC 7761 section 4.9: addresses are |family 8|encoding 8|[flags 8|mask length 8]|address| ---------------- */

/* Emits the address as `field` or, of IPv6, as the field after it. `plain`: without flags and mask. */
static bool walk_address(struct walk *w, struct cursor *c, unsigned field, bool plain)
{
	const uint8_t *h = cursor_take(c, plain ? 2 : 4), *address;
	unsigned len = h && h[0] == 2 ? 16 : 4;

	if (!h || (h[0] != 1 && h[0] != 2) || !(address = cursor_take(c, len)))
		return false;
	walk_uint(w, FAMILY, h[0]);
	walk_uint(w, ENCODING, h[1]);
	if (!plain)
		walk_uint(w, MASK_LEN, h[3]);
	walk_bytes(w, field + (len == 16), address, len);
	/* Wireshark has a group's address twice, and that of a source under its own name, too */
	if (field == GROUP_4 || field == JOIN_4 || field == PRUNE_4)
		walk_bytes(w, (field == GROUP_4 ? GROUP_4 : SOURCE_4) + (len == 16), address, len);
	return true;
}

static void walk_hello(struct walk *w, struct cursor c)
{
	static const struct slot header[] = { { OPTION_TYPE, 0, 2, 0 }, { OPTION_LENGTH, 2, 2, 0 } };
	static const struct typed_slot values[] = {
		{ 1, { HOLDTIME, 4, 2, 0 } }, { 2, { T_BIT, 4, 1, 0x80 } }, { 2, { PROPAGATION_DELAY, 4, 2, 0x7fff } },
		{ 2, { OVERRIDE_INTERVAL, 6, 2, 0 } }, { 19, { DR_PRIORITY, 4, 4, 0 } }, { 20, { GENERATION_ID, 4, 4, 0 } },
	};
	const uint8_t *h;

	while ((h = cursor_peek(&c, 4))) {
		struct cursor body = cursor_sub(&c, get_be16(h + 2) + 4u);

		layout_walk(w, header, SLOTS(header), h, 4);
		layout_walk_type(w, values, SLOTS(values), get_be16(h), h, cursor_left(&body));
		cursor_skip(&body, 4);
		while (get_be16(h) == ADDRESS_LIST && walk_address(w, &body, LIST_4, true))
			;
	}
}

static void walk_join_prune(struct walk *w, struct cursor c)
{
	static const struct slot head[] = { { NUMGROUPS, 1, 1, 0 }, { HOLDTIME, 2, 2, 0 } };
	static const struct slot counts[] = { { NUMJOINS, 0, 2, 0 }, { NUMPRUNES, 2, 2, 0 } };
	const uint8_t *h;

	if (!walk_address(w, &c, UPSTREAM_4, true) || !(h = cursor_take(&c, 4)))
		return;
	layout_walk(w, head, SLOTS(head), h, 4);
	for (unsigned groups = h[1]; groups && walk_address(w, &c, GROUP_4, false) && (h = cursor_take(&c, 4)); groups--) {
		unsigned joins = get_be16(h), prunes = get_be16(h + 2);

		layout_walk(w, counts, SLOTS(counts), h, 4);
		while (joins && walk_address(w, &c, JOIN_4, false))
			joins--;
		while (prunes && walk_address(w, &c, PRUNE_4, false))
			prunes--;
	}
}

static void walk_bootstrap(struct walk *w, struct cursor c)
{
	static const struct slot head[] = { { FRAGMENT_TAG, 0, 2, 0 }, { HASH_MASK_LEN, 2, 1, 0 }, { BSR_PRIORITY, 3, 1, 0 } };
	static const struct slot counts[] = { { RP_COUNT, 0, 1, 0 }, { FRP_COUNT, 1, 1, 0 } };
	static const struct slot point[] = { { HOLDTIME, 0, 2, 0 }, { PRIORITY, 2, 1, 0 } };
	const uint8_t *h = cursor_take(&c, 4);

	if (!h)
		return;
	layout_walk(w, head, SLOTS(head), h, 4);
	if (!walk_address(w, &c, BSR_4, true))
		return;
	while (walk_address(w, &c, GROUP_4, false) && (h = cursor_take(&c, 4))) {
		layout_walk(w, counts, SLOTS(counts), h, 4);
		for (unsigned n = h[1]; n && walk_address(w, &c, RP_4, true) && (h = cursor_take(&c, 4)); n--)
			layout_walk(w, point, SLOTS(point), h, 4);
	}
}

static void walk_candidate(struct walk *w, struct cursor c)
{
	static const struct slot head[] = { { PREFIX_COUNT, 0, 1, 0 }, { PRIORITY, 1, 1, 0 }, { HOLDTIME, 2, 2, 0 } };
	const uint8_t *h = cursor_take(&c, 4);

	if (!h)
		return;
	layout_walk(w, head, SLOTS(head), h, 4);
	if (walk_address(w, &c, RP_4, true))
		for (unsigned n = h[0]; n && walk_address(w, &c, GROUP_4, false); n--)
			;
}

static void pim_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot metrics[] = { { RPT, 0, 1, 0x80 }, { METRIC_PREF, 0, 4, 0x7fffffff }, { METRIC, 4, 4, 0 } };
	struct cursor c = packet_payload(p, l);

	if (l->hlen < 4 || l->aux[0] >> 4 != 2)
		return;
	switch (l->aux[0] & 15) {
	case HELLO:
		walk_hello(w, c);
		break;
	case REGISTER_STOP:
	case ASSERT:
		if (!walk_address(w, &c, GROUP_4, false) || !walk_address(w, &c, SOURCE_4, true))
			return;
		if ((l->aux[0] & 15) == ASSERT)
			layout_walk(w, metrics, SLOTS(metrics), c.pos, cursor_left(&c));
		break;
	case DF_ELECTION:
		if (walk_address(w, &c, RP_4, true))
			layout_walk(w, metrics + 1, SLOTS(metrics) - 1, c.pos, cursor_left(&c));
		break;
	case STATE_REFRESH:
		if (walk_address(w, &c, GROUP_4, false) && walk_address(w, &c, SOURCE_4, true) &&
		    walk_address(w, &c, ORIGINATOR_4, true))
			layout_walk(w, metrics, SLOTS(metrics), c.pos, cursor_left(&c));
		break;
	case JOIN_PRUNE:
	case GRAFT:
	case GRAFT_ACK:
		walk_join_prune(w, c);
		break;
	case BOOTSTRAP:
		walk_bootstrap(w, c);
		break;
	case CANDIDATE_RP:
		walk_candidate(w, c);
		break;
	}
}

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define ADDRESS_4(n, lab) FIELD_WALK(FIELD_IPV4, n, lab)
#define ADDRESS_6(n, lab) FIELD_WALK(FIELD_IPV6, n, lab)

FIELD_TABLE(pim_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "pim.version", 0, 1, 0xf0, "Version")),
	(TYPE, FIELD_BITS(FIELD_UINT, "pim.type", 0, 1, 0x0f, "Type")),
	(CKSUM, FIELD_FIXED_HEX("pim.cksum", 2, 2, "Checksum")),
	(REGISTER_FLAG, FIELD_HAS("pim.register_flag", "Flags of a register message", (.get = get_register),
		.type = FIELD_UINT, .show = SHOW_HEX)),
	(BORDER, FIELD_GET(FIELD_BOOL, "pim.register_flag.border", get_register, "From a border router")),
	(NULL_REGISTER, FIELD_GET(FIELD_BOOL, "pim.register_flag.null_register", get_register, "Null register")),
	(OPTION_TYPE, NUMBER("pim.optiontype", "Hello: option")),
	(OPTION_LENGTH, NUMBER("pim.optionlength", "Hello: option length")),
	(HOLDTIME, NUMBER("pim.holdtime", "Hold time, s")),
	(T_BIT, FIELD_WALK(FIELD_BOOL, "pim.t", "Hello: can stop suppressing joins")),
	(PROPAGATION_DELAY, NUMBER("pim.propagation_delay", "Hello: propagation delay, ms")),
	(OVERRIDE_INTERVAL, NUMBER("pim.override_interval", "Hello: override interval, ms")),
	(DR_PRIORITY, NUMBER("pim.dr_priority", "Hello: priority as designated router")),
	(GENERATION_ID, NUMBER("pim.generation_id", "Hello: generation")),
	(FAMILY, NUMBER("pim.addr_address_family", "Address family")),
	(ENCODING, NUMBER("pim.addr_encoding_type", "Address encoding")),
	(MASK_LEN, NUMBER("pim.mask_len", "Mask length")),
	(UPSTREAM_4, ADDRESS_4("pim.upstream_neighbor", "Upstream neighbor")),
	(UPSTREAM_6, ADDRESS_6("pim.upstream_neighbor_ip6", "Upstream neighbor")),
	(GROUP_4, ADDRESS_4("pim.group", "Group")),
	(GROUP_6, ADDRESS_6("pim.group_ip6", "Group")),
	(SOURCE_4, ADDRESS_4("pim.source", "Source")),
	(SOURCE_6, ADDRESS_6("pim.source_ip6", "Source")),
	(JOIN_4, ADDRESS_4("pim.join_ip", "Joined source")),
	(JOIN_6, ADDRESS_6("pim.join_ip6", "Joined source")),
	(PRUNE_4, ADDRESS_4("pim.prune_ip", "Pruned source")),
	(PRUNE_6, ADDRESS_6("pim.prune_ip6", "Pruned source")),
	(RP_4, ADDRESS_4("pim.rp", "Rendezvous point")),
	(RP_6, ADDRESS_6("pim.rp_ip6", "Rendezvous point")),
	(BSR_4, ADDRESS_4("pim.bsr", "Bootstrap router")),
	(BSR_6, ADDRESS_6("pim.bsr_ip6", "Bootstrap router")),
	(ORIGINATOR_4, ADDRESS_4("pim.originator", "Originator")),
	(ORIGINATOR_6, ADDRESS_6("pim.originator_ip6", "Originator")),
	(LIST_4, ADDRESS_4("pim.address_list", "Hello: other address")),
	(LIST_6, ADDRESS_6("pim.address_list_ip6", "Hello: other address")),
	(NUMGROUPS, NUMBER("pim.numgroups", "Groups")),
	(NUMJOINS, NUMBER("pim.numjoins", "Joined sources")),
	(NUMPRUNES, NUMBER("pim.numprunes", "Pruned sources")),
	(RPT, FIELD_WALK(FIELD_BOOL, "pim.rpt", "Assert: of the shared tree")),
	(METRIC_PREF, NUMBER("pim.metric_pref", "Assert: metric preference")),
	(METRIC, NUMBER("pim.metric", "Assert: metric")),
	(FRAGMENT_TAG, FIELD_WALK_HEX("pim.fragment_tag", 4, "Bootstrap: fragment")),
	(HASH_MASK_LEN, NUMBER("pim.hash_mask_len", "Bootstrap: hash mask length")),
	(BSR_PRIORITY, NUMBER("pim.bsr_priority", "Bootstrap router's priority")),
	(RP_COUNT, NUMBER("pim.rp_count", "Rendezvous points")),
	(FRP_COUNT, NUMBER("pim.frp_count", "Rendezvous points in this fragment")),
	(PRIORITY, NUMBER("pim.priority", "Rendezvous point's priority")),
	(PREFIX_COUNT, NUMBER("pim.prefix_count", "Prefixes"))
);

static const struct claim pim_claims[] = { { CLAIM_IPPROTO, 103 }, { CLAIM_NONE, 0 } };

const struct protocol proto_pim = {
	.name = "pim",
	.column = "PIMv2",
	.title = "Protocol Independent Multicast",
	.reference = "RFC 7761",
	.decode = pim_decode,
	PROTOCOL_WALK(pim_walk),
	.summary = pim_summary,
	PROTOCOL_FIELDS(pim_fields),
	.claims = pim_claims,
};
