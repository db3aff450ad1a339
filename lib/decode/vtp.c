/* SPDX-License-Identifier: MIT */
/*
 * VLAN trunking, Cisco's: a server tells the switches of its domain which VLANs there are.
 *
 *	|version 8|code 8|followers or sequence 8|length of the domain 8|domain, padded to 32|
 *	summary (1)  |revision 32|updater 32|time, text 12|MD5 16|
 *	subset (2)   |revision 32| VLANs: |length 8|status 8|type 8|length of the name 8|number 16|MTU 16|index 32|name|...
 *	request (3)  |first VLAN 16|
 *
 * Cisco, "Understanding VLAN Trunk Protocol (VTP)", document 10558.
 */
#include "parts.h"
#include "summary.h"

enum {
	VERSION, CODE, FOLLOWERS, SEQ_NUM, MD_LEN, MD, REVISION, UPDATER, TIMESTAMP, DIGEST, START, V_LEN, V_STATUS, V_SUSPENDED,
	V_TYPE, V_NAME_LEN, V_ID, V_MTU, V_INDEX, V_NAME
};
enum { SUMMARY = 1, SUBSET = 2, REQUEST = 3, JOIN = 4 };
enum { HEADER = 36, VLAN = 12, PIECE_VLAN = 5 };

static enum decode_result vtp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[1];
	return h[3] <= 32 ? DECODE_OK : DECODE_MALFORMED;
}

/* Pieces 1 to 3 are what follows the header of that code. */
static const struct part parts[] = {
	{ SUMMARY, REVISION, 4 }, { SUMMARY, UPDATER, 4 }, { SUMMARY, TIMESTAMP, 12 }, { SUMMARY, DIGEST, 16 },
	{ SUBSET, REVISION, 4 }, { REQUEST, START, 2 },
	{ PIECE_VLAN, V_LEN, 1 }, { PIECE_VLAN, V_STATUS, 1 }, { PIECE_VLAN, V_SUSPENDED, 1 }, { PIECE_VLAN, V_TYPE, 1 },
	{ PIECE_VLAN, V_NAME_LEN, 1 }, { PIECE_VLAN, V_ID, 2 }, { PIECE_VLAN, V_MTU, 2 }, { PIECE_VLAN, V_INDEX, 4 },
};

/* The next VLAN of a subset, or NULL. */
static const uint8_t *next_vlan(struct cursor *c)
{
	const uint8_t *len = cursor_peek(c, 1), *v = len ? cursor_take(c, *len) : NULL;

	return v && *len >= VLAN && v[3] <= *len - VLAN ? v : NULL;
}

static void vtp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);
	const uint8_t *v;

	walk_parts(w, parts, l->aux[0], c.pos, cursor_left(&c));
	if (l->aux[0] != SUBSET || !cursor_skip(&c, 4))
		return;
	while ((v = next_vlan(&c))) {
		walk_parts(w, parts, PIECE_VLAN, v, VLAN);
		walk_bytes(w, V_NAME, v + VLAN, v[3]);
	}
}

static bool get_third(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return false;
	v->u = h[2];
	return l->aux[0] == (field_index(f) == FOLLOWERS ? SUMMARY : SUBSET);
}

static bool get_domain(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	(void)f;
	if (packet_bytes(p, l, &h) < HEADER)
		return false;
	v->bytes = h + 4;
	v->len = (uint32_t)strnlen((const char *)h + 4, 32);
	return true;
}

static void put_more(struct outbuf *o, unsigned code, struct cursor c)
{
	static const char types[][12] = { "Unknown", "Ethernet", "FDDI", "TokenRing", "FDDI-Net", "TokenBR-Net" };
	const uint8_t *b = cursor_peek(&c, 4), *v;

	if (code == SUMMARY && cursor_left(&c) >= HEADER) {
		outbuf_printf(o, "\n\t  Config Rev %x, Updater ", get_be32(b));
		outbuf_ipv4(o, b + 4);
		outbuf_printf(o, ", Timestamp 0x%08x 0x%08x 0x%08x, MD5 digest: ", get_be32(b + 8), get_be32(b + 12),
			      get_be32(b + 16));
		outbuf_hexbytes(o, b + 20, 16, 0);
	} else if (code == SUBSET && b) {
		outbuf_printf(o, ", Config Rev %x", get_be32(b));
		cursor_skip(&c, 4);
		while ((v = next_vlan(&c))) {
			outbuf_printf(o, "\n\tVLAN info status %s, type %s, VLAN-id %u, MTU %u, SAID 0x%08x, Name ",
				      v[1] ? "Suspended" : "Operational", types[v[2] <= 5 ? v[2] : 0], get_be16(v + 4), get_be16(v + 6),
				      get_be32(v + 8));
			outbuf_escaped(o, v + VLAN, v[3]);
		}
	} else if (code == REQUEST && b) {
		outbuf_printf(o, "\n\tStart value: %u", get_be32(b));
	}
}

static void vtp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char codes[][24] = { "Unknown", "Summary advertisement", "Subset advertisement", "Advertisement request",
					  "Join message" };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);

	if (!h)
		return;
	outbuf_printf(s->out, "VTPv%u, Message %s (0x%02x), length %u", h[0], codes[h[1] <= JOIN ? h[1] : 0], h[1],
		      l->wire_end - l->off);
	if (!s->verbose || h[3] > 32)
		return;
	outbuf_str(s->out, "\n\tDomain name: ");
	outbuf_escaped(s->out, h + 4, h[3]);
	outbuf_printf(s->out, ", %s: %u", h[1] == SUBSET ? "Seq number" : h[1] == SUMMARY ? "Followers" : "Rsvd", h[2]);
	put_more(s->out, h[1], c);
}

FIELD_TABLE(vtp_fields,
	(VERSION, FIELD_FIXED_HEX("vtp.version", 0, 1, "Version")),
	(CODE, FIELD_FIXED_HEX("vtp.code", 1, 1, "Code")),
	(FOLLOWERS, FIELD_GET(FIELD_UINT, "vtp.followers", get_third, "Subsets that follow")),
	(SEQ_NUM, FIELD_GET(FIELD_UINT, "vtp.seq_num", get_third, "Sequence number of the subset")),
	(MD_LEN, FIELD_FIXED(FIELD_UINT, "vtp.md_len", 3, 1, "Length of the domain's name")),
	(MD, FIELD_GET(FIELD_STRING, "vtp.md", get_domain, "Domain")),
	(REVISION, PART_FIELD(FIELD_UINT, "vtp.conf_rev_num", 0, "Revision of the configuration")),
	(UPDATER, PART_FIELD(FIELD_IPV4, "vtp.upd_id", 4, "Who made the last change")),
	(TIMESTAMP, FIELD_PLAIN("vtp.upd_ts", "When, yymmddhhmmss", .type = FIELD_STRING, .offset = 8)),
	(DIGEST, PART_FIELD(FIELD_BYTES, "vtp.md5_digest", 20, "MD5")),
	(START, PART_HEX("vtp.start_value", 0, 4, "First VLAN wanted")),
	(V_LEN, PART_FIELD(FIELD_UINT, "vtp.vlan_info.len", 0, "Length of a VLAN's part")),
	(V_STATUS, PART_HEX("vtp.vlan_info.status", 1, 2, "Status of the VLAN")),
	(V_SUSPENDED, PART_BITS(FIELD_BOOL, "vtp.vlan_info.status.vlan_susp", 1, 0x01, "The VLAN is suspended")),
	(V_TYPE, PART_HEX("vtp.vlan_info.vlan_type", 2, 2, "Type of the VLAN")),
	(V_NAME_LEN, PART_FIELD(FIELD_UINT, "vtp.vlan_info.vlan_name_len", 3, "Length of the VLAN's name")),
	(V_ID, PART_HEX("vtp.vlan_info.isl_vlan_id", 4, 4, "Number of the VLAN")),
	(V_MTU, PART_FIELD(FIELD_UINT, "vtp.vlan_info.mtu_size", 6, "MTU of the VLAN")),
	(V_INDEX, PART_HEX("vtp.vlan_info.802_10_index", 8, 8, "802.10 index")),
	(V_NAME, FIELD_WALK(FIELD_STRING, "vtp.vlan_info.vlan_name", "Name of the VLAN"))
);

static const struct claim vtp_claims[] = { { CLAIM_CISCO_PID, 0x2003 }, { CLAIM_NONE, 0 } };

const struct protocol proto_vtp = {
	.name = "vtp",
	.column = "VTP",
	.title = "VLAN Trunking Protocol",
	.reference = "Cisco document 10558",
	.decode = vtp_decode,
	PROTOCOL_WALK(vtp_walk),
	.summary = vtp_summary,
	PROTOCOL_FIELDS(vtp_fields),
	.claims = vtp_claims,
};
