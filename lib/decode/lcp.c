/* SPDX-License-Identifier: MIT */
/*
 * PPP's protocols that set up the line (LCP, RFC 1661), IPv4 (IPCP, RFC 1332 and 1877), IPv6 (IPV6CP, RFC 5072) and
 * compression (CCP, RFC 1962) on it: one shape, and so one table for their four protocols.
 *
 *	|code 8|identifier 8|length 16| options: |type 8|length 8|value|     codes 1 to 4: request, ack, nak, reject
 *
 * Their text is written by ppp_summary().
 */
#include "parts.h"

enum {
	CODE, IDENTIFIER, LENGTH, DATA, L_TYPE, L_LENGTH, L_MRU, L_ASYNCMAP, L_AUTH, L_ALGORITHM, L_QUALITY, L_PERIOD, L_MAGIC,
	L_FCS, L_CALLBACK, L_MRRU, L_EP_CLASS, L_EP_IP, L_EP_MAC, L_DISCRIM, MAGIC, ECHO_DATA, MESSAGE, SECS, REJECTED,
	I_TYPE, I_LENGTH, I_SRC, I_DST, I_COMPRESS, I_SLOTS, I_COMP_SLOT, I_ADDRESS, I_DNS_1, I_NBNS_1, I_DNS_2, I_NBNS_2,
	V_TYPE, V_LENGTH, V_IDENTIFIER, C_TYPE, C_LENGTH, C_MPPE, C_MPPE_H, C_MPPE_M, C_MPPE_S, C_MPPE_L, C_MPPE_D, C_MPPE_C,
	C_BSD, C_BSD_VERSION, C_BSD_DICT, C_FEATURES, C_PXP, C_HISTORY, C_CONTEXTS, C_WINDOW, C_METHOD, C_MBZ, C_CHK
};
enum { HEADER = 4 };
enum { CONF_REQUEST = 1, CONF_REJECT = 4, TERM_REQUEST, TERM_ACK, CODE_REJECT, PROTOCOL_REJECT, IDENT = 12, TIME = 13 };
/* pieces: an option by its type, within its protocol; a message of LCP by its code */
enum { OF_LCP = 0x000, OF_IPCP = 0x100, OF_IPV6CP = 0x200, OF_CCP = 0x300, OF_MESSAGE = 0x400 };

static enum decode_result control_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	if (get_be16(h + 2) < HEADER)
		return DECODE_MALFORMED;
	return decode_limit(d, get_be16(h + 2) - HEADER) || d->fragment || d->quoted ? DECODE_OK : DECODE_MALFORMED;
}

static const struct part parts[] = {
	{ OF_LCP + 1, L_MRU, 2 }, { OF_LCP + 2, L_ASYNCMAP, 4 }, { OF_LCP + 3, L_AUTH, 2 }, { OF_LCP + 3, L_ALGORITHM, 1 },
	{ OF_LCP + 4, L_QUALITY, 2 }, { OF_LCP + 4, L_PERIOD, 4 }, { OF_LCP + 5, L_MAGIC, 4 }, { OF_LCP + 9, L_FCS, 1 },
	{ OF_LCP + 13, L_CALLBACK, 1 }, { OF_LCP + 17, L_MRRU, 2 }, { OF_LCP + 19, L_EP_CLASS, 1 }, { OF_LCP + 23, L_DISCRIM, 2 },
	{ OF_MESSAGE + PROTOCOL_REJECT, REJECTED, 2 }, { OF_MESSAGE + 9, MAGIC, 4 }, { OF_MESSAGE + 9, ECHO_DATA, 0 },
	{ OF_MESSAGE + 10, MAGIC, 4 }, { OF_MESSAGE + 10, ECHO_DATA, 0 }, { OF_MESSAGE + 11, MAGIC, 4 },
	{ OF_MESSAGE + 11, ECHO_DATA, 0 }, { OF_MESSAGE + IDENT, MAGIC, 4 }, { OF_MESSAGE + IDENT, MESSAGE, 0 },
	{ OF_MESSAGE + TIME, MAGIC, 4 }, { OF_MESSAGE + TIME, SECS, 4 },
	{ OF_IPCP + 1, I_SRC, 4 }, { OF_IPCP + 1, I_DST, 4 }, { OF_IPCP + 2, I_COMPRESS, 2 }, { OF_IPCP + 2, I_SLOTS, 1 },
	{ OF_IPCP + 2, I_COMP_SLOT, 1 }, { OF_IPCP + 3, I_ADDRESS, 4 }, { OF_IPCP + 129, I_DNS_1, 4 },
	{ OF_IPCP + 130, I_NBNS_1, 4 }, { OF_IPCP + 131, I_DNS_2, 4 }, { OF_IPCP + 132, I_NBNS_2, 4 },
	{ OF_IPV6CP + 1, V_IDENTIFIER, 8 },
	{ OF_CCP + 18, C_MPPE, 4 }, { OF_CCP + 18, C_MPPE_H, 4 }, { OF_CCP + 18, C_MPPE_M, 4 }, { OF_CCP + 18, C_MPPE_S, 4 },
	{ OF_CCP + 18, C_MPPE_L, 4 }, { OF_CCP + 18, C_MPPE_D, 4 }, { OF_CCP + 18, C_MPPE_C, 4 }, { OF_CCP + 21, C_BSD, 1 },
	{ OF_CCP + 21, C_BSD_VERSION, 1 }, { OF_CCP + 21, C_BSD_DICT, 1 }, { OF_CCP + 24, C_FEATURES, 1 }, { OF_CCP + 24, C_PXP, 1 },
	{ OF_CCP + 24, C_HISTORY, 1 }, { OF_CCP + 24, C_CONTEXTS, 1 }, { OF_CCP + 26, C_WINDOW, 1 }, { OF_CCP + 26, C_METHOD, 1 },
	{ OF_CCP + 26, C_MBZ, 1 }, { OF_CCP + 26, C_CHK, 1 },
};

/* RFC 1990 section 5.1.3: what identifies the other end */
static void walk_endpoint(struct walk *w, const uint8_t *v, unsigned len)
{
	if (len == 5 && v[0] == 2)
		walk_bytes(w, L_EP_IP, v + 1, 4);
	else if (len == 7 && v[0] == 3)
		walk_bytes(w, L_EP_MAC, v + 1, 6);
}

static void walk_options(struct walk *w, struct cursor c, unsigned of, unsigned type_field)
{
	const uint8_t *h, *v;

	while ((h = cursor_take(&c, 2)) && h[1] >= 2 && (v = cursor_take(&c, h[1] - 2u))) {
		walk_uint(w, type_field, h[0]);
		walk_uint(w, type_field + 1, h[1]);
		walk_parts(w, parts, of + h[0], v, h[1] - 2u);
		if (of == OF_LCP && h[0] == 19)
			walk_endpoint(w, v, h[1] - 2u);
	}
}

static void control_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);
	unsigned code = l->aux[0];

	if (code >= CONF_REQUEST && code <= CONF_REJECT) {
		switch (l->proto) {
		case PROTO_lcp: walk_options(w, c, OF_LCP, L_TYPE); break;
		case PROTO_ipcp: walk_options(w, c, OF_IPCP, I_TYPE); break;
		case PROTO_ipv6cp: walk_options(w, c, OF_IPV6CP, V_TYPE); break;
		default: walk_options(w, c, OF_CCP, C_TYPE);
		}
	} else if (code == TERM_REQUEST || code == TERM_ACK) {
		if (cursor_left(&c))
			walk_bytes(w, DATA, c.pos, (uint32_t)cursor_left(&c));
	} else if (l->proto == PROTO_lcp) {
		walk_parts(w, parts, OF_MESSAGE + code, c.pos, cursor_left(&c));
	}
}

#define FLAG(n, off, msk, lab) PART_BITS(FIELD_BOOL, n, off, msk, lab)

FIELD_TABLE(control_fields,
	(CODE, FIELD_FIXED(FIELD_UINT, "ppp.code", 0, 1, "Code")),
	(IDENTIFIER, FIELD_FIXED(FIELD_UINT, "ppp.identifier", 1, 1, "Identifier")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "ppp.length", 2, 2, "Length")),
	(DATA, FIELD_WALK(FIELD_BYTES, "ppp.data", "Why the line ends")),
	(L_TYPE, FIELD_WALK(FIELD_UINT, "lcp.opt.type", "Option of LCP")),
	(L_LENGTH, FIELD_WALK(FIELD_UINT, "lcp.opt.length", "Length of an option of LCP")),
	(L_MRU, PART_FIELD(FIELD_UINT, "lcp.opt.mru", 0, "Greatest packet received")),
	(L_ASYNCMAP, PART_HEX("lcp.opt.asyncmap", 0, 8, "Characters to escape")),
	(L_AUTH, PART_HEX("lcp.opt.auth_protocol", 0, 4, "Protocol of authentication")),
	(L_ALGORITHM, PART_FIELD(FIELD_UINT, "lcp.opt.algorithm", 2, "Algorithm of CHAP")),
	(L_QUALITY, PART_HEX("lcp.opt.quality_protocol", 0, 4, "Protocol of line quality")),
	(L_PERIOD, PART_FIELD(FIELD_UINT, "lcp.opt.reporting_period", 2, "Time between reports, 1/100 s")),
	(L_MAGIC, PART_HEX("lcp.opt.magic_number", 0, 8, "Magic number offered")),
	(L_FCS, PART_HEX("lcp.opt.fcs_alternatives", 0, 2, "Check sequences")),
	(L_CALLBACK, PART_FIELD(FIELD_UINT, "lcp.opt.operation", 0, "How to call back")),
	(L_MRRU, PART_FIELD(FIELD_UINT, "lcp.opt.mrru", 0, "Greatest packet of the bundle")),
	(L_EP_CLASS, PART_FIELD(FIELD_UINT, "lcp.opt.ep_disc_class", 0, "How the other end is named")),
	(L_EP_IP, FIELD_WALK(FIELD_IPV4, "lcp.opt.ip_address", "Other end, by address")),
	(L_EP_MAC, FIELD_WALK(FIELD_ETHER, "lcp.opt.802_1_address", "Other end, by MAC address")),
	(L_DISCRIM, PART_FIELD(FIELD_UINT, "lcp.opt.link_discrim", 0, "Line within the bundle")),
	(MAGIC, PART_HEX("lcp.magic_number", 0, 8, "Magic number")),
	(ECHO_DATA, PART_FIELD(FIELD_BYTES, "lcp.data", 4, "Data to send back")),
	(MESSAGE, PART_FIELD(FIELD_STRING, "lcp.message", 4, "Message")),
	(SECS, PART_FIELD(FIELD_UINT, "lcp.secs_remaining", 4, "Time remaining, s")),
	(REJECTED, PART_HEX("lcp.rej_proto", 0, 4, "Protocol that is not wanted")),
	(I_TYPE, FIELD_WALK(FIELD_UINT, "ipcp.opt.type", "Option of IPCP")),
	(I_LENGTH, FIELD_WALK(FIELD_UINT, "ipcp.opt.length", "Length of an option of IPCP")),
	(I_SRC, PART_FIELD(FIELD_IPV4, "ipcp.opt.src_address", 0, "Own address, the old way")),
	(I_DST, PART_FIELD(FIELD_IPV4, "ipcp.opt.dst_address", 4, "Other's address, the old way")),
	(I_COMPRESS, PART_HEX("ipcp.opt.compress_proto", 0, 4, "Compression of headers")),
	(I_SLOTS, PART_FIELD(FIELD_UINT, "ipcp.opt.max_slot_id", 2, "Greatest slot")),
	(I_COMP_SLOT, FLAG("ipcp.opt.comp_slot_id", 3, 0x01, "The slot may be left out")),
	(I_ADDRESS, PART_FIELD(FIELD_IPV4, "ipcp.opt.ip_address", 0, "Address")),
	(I_DNS_1, PART_FIELD(FIELD_IPV4, "ipcp.opt.pri_dns_address", 0, "First name server")),
	(I_NBNS_1, PART_FIELD(FIELD_IPV4, "ipcp.opt.pri_nbns_address", 0, "First NetBIOS name server")),
	(I_DNS_2, PART_FIELD(FIELD_IPV4, "ipcp.opt.sec_dns_address", 0, "Second name server")),
	(I_NBNS_2, PART_FIELD(FIELD_IPV4, "ipcp.opt.sec_nbns_address", 0, "Second NetBIOS name server")),
	(V_TYPE, FIELD_WALK(FIELD_UINT, "ipv6cp.opt.type", "Option of IPV6CP")),
	(V_LENGTH, FIELD_WALK(FIELD_UINT, "ipv6cp.opt.length", "Length of an option of IPV6CP")),
	(V_IDENTIFIER, PART_FIELD(FIELD_BYTES, "ipv6cp.interface_identifier", 0, "Interface identifier")),
	(C_TYPE, FIELD_WALK(FIELD_UINT, "ccp.opt.type", "Option of CCP")),
	(C_LENGTH, FIELD_WALK(FIELD_UINT, "ccp.opt.length", "Length of an option of CCP")),
	(C_MPPE, PART_HEX("ccp.opt.supported_bits", 0, 8, "MPPE and MPPC")),
	(C_MPPE_H, FLAG("ccp.opt.supported_bits.h", 0, 0x01000000, "MPPE, stateless")),
	(C_MPPE_M, FLAG("ccp.opt.supported_bits.m", 0, 0x80, "MPPE, 56 bits")),
	(C_MPPE_S, FLAG("ccp.opt.supported_bits.s", 0, 0x40, "MPPE, 128 bits")),
	(C_MPPE_L, FLAG("ccp.opt.supported_bits.l", 0, 0x20, "MPPE, 40 bits")),
	(C_MPPE_D, FLAG("ccp.opt.supported_bits.d", 0, 0x10, "MPPE, obsolete")),
	(C_MPPE_C, FLAG("ccp.opt.supported_bits.c", 0, 0x01, "MPPC")),
	(C_BSD, PART_HEX("ccp.opt.vd", 0, 2, "BSD compression")),
	(C_BSD_VERSION, PART_BITS(FIELD_UINT, "ccp.opt.vd.vers", 0, 0xe0, "BSD compression, version")),
	(C_BSD_DICT, PART_BITS(FIELD_UINT, "ccp.opt.vd.dict", 0, 0x1f, "BSD compression, bits of the dictionary")),
	(C_FEATURES, PART_BITS(FIELD_UINT, "ccp.opt.fe", 0, 0xc0, "Magnalink, features")),
	(C_PXP, FLAG("ccp.opt.p", 0, 0x20, "Magnalink, each packet by itself")),
	(C_HISTORY, PART_BITS(FIELD_UINT, "ccp.opt.History", 0, 0x1f, "Magnalink, history")),
	(C_CONTEXTS, PART_FIELD(FIELD_UINT, "ccp.opt.contexts", 1, "Magnalink, contexts")),
	(C_WINDOW, PART_BITS(FIELD_UINT, "ccp.opt.window", 0, 0xf0, "Deflate, window")),
	(C_METHOD, PART_BITS(FIELD_UINT, "ccp.opt.method", 0, 0x0f, "Deflate, method")),
	(C_MBZ, PART_BITS(FIELD_UINT, "ccp.opt.mbz", 1, 0xfc, "Deflate, must be zero")),
	(C_CHK, PART_BITS(FIELD_UINT, "ccp.opt.chk", 1, 0x03, "Deflate, check"))
);

static const struct claim lcp_claims[] = { { CLAIM_PPP, 0xc021 }, { CLAIM_NONE, 0 } };
static const struct claim ipcp_claims[] = { { CLAIM_PPP, 0x8021 }, { CLAIM_NONE, 0 } };
static const struct claim ipv6cp_claims[] = { { CLAIM_PPP, 0x8057 }, { CLAIM_NONE, 0 } };
static const struct claim ccp_claims[] = { { CLAIM_PPP, 0x80fd }, { CLAIM_NONE, 0 } };

const struct protocol proto_lcp = {
	.name = "lcp",
	.column = "PPP LCP",
	.title = "PPP Link Control Protocol",
	.reference = "RFC 1661",
	.decode = control_decode,
	PROTOCOL_WALK(control_walk),
	PROTOCOL_FIELDS(control_fields),
	.claims = lcp_claims,
};

const struct protocol proto_ipcp = {
	.name = "ipcp",
	.column = "PPP IPCP",
	.title = "PPP IP Control Protocol",
	.reference = "RFC 1332, RFC 1877",
	.fields_of = &proto_lcp,
	.decode = control_decode,
	PROTOCOL_WALK(control_walk),
	.claims = ipcp_claims,
};

const struct protocol proto_ipv6cp = {
	.name = "ipv6cp",
	.column = "PPP IPV6CP",
	.title = "PPP IPv6 Control Protocol",
	.reference = "RFC 5072",
	.fields_of = &proto_lcp,
	.decode = control_decode,
	PROTOCOL_WALK(control_walk),
	.claims = ipv6cp_claims,
};

const struct protocol proto_ccp = {
	.name = "ccp",
	.column = "PPP CCP",
	.title = "PPP Compression Control Protocol",
	.reference = "RFC 1962",
	.fields_of = &proto_lcp,
	.decode = control_decode,
	PROTOCOL_WALK(control_walk),
	.claims = ccp_claims,
};
