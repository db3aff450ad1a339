/* SPDX-License-Identifier: MIT */
/*
 * EAP over LANs, IEEE 802.1X: authentication at a port, and the keys of 802.11.
 *
 *	|version 8|type 8|length 16| 0: EAP     3: a key, by its descriptor
 *	|descriptor 8|information 16|length 16|replay 64|nonce 256|IV 128|RSC 64|identifier 64|MIC 128|length 16|data|
 *
 * Descriptors 2 (RSN) and 254 (WPA): IEEE 802.11-2020 clause 12.7.2, with the MIC of 16 bytes that all but the
 * suites with SHA-384 have. Descriptor 1 (RC4): IEEE 802.1X-2004 clause 7.6. aux[0]: type, aux[1]: descriptor.
 */
#include "parts.h"
#include "summary.h"

enum {
	VERSION, TYPE, LENGTH, KEY_TYPE, MSGNR, INFO, I_VERSION, I_TYPE, I_INDEX, I_INSTALL, I_ACK, I_MIC, I_SECURE, I_ERROR,
	I_REQUEST, I_ENCRYPTED, I_SMK, KEY_LEN, REPLAY, NONCE, IV, RSC, ID, MIC, DATA_LEN, DATA, RC4_INDEX, RC4_UNICAST,
	RC4_NUMBER, RC4_SIGNATURE
};
enum { HEADER = 4, EAP_PACKET = 0, KEY = 3, DESCRIPTOR_RC4 = 1, DESCRIPTOR_RSN = 2, DESCRIPTOR_WPA = 254 };
enum { RSN_LEN = 94, RSN_DATA_LEN = 92 };
enum { INFO_PAIRWISE = 0x0008, INFO_ACK = 0x0080, INFO_MIC = 0x0100 };
enum { PIECE_RSN, PIECE_RC4 };

static enum decode_result eapol_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[1];
	if (!decode_limit(d, get_be16(h + 2)) && !d->fragment && !d->quoted)
		return DECODE_MALFORMED;
	if (h[1] == EAP_PACKET && d->wire_left)
		d->next = PROTO_eap;
	if (h[1] == KEY && cursor_left(&d->c))
		l->aux[1] = *d->c.pos;
	return DECODE_OK;
}

static const struct part parts[] = {
	{ PIECE_RSN, INFO, 2 }, { PIECE_RSN, I_VERSION, 2 }, { PIECE_RSN, I_TYPE, 2 }, { PIECE_RSN, I_INDEX, 2 },
	{ PIECE_RSN, I_INSTALL, 2 }, { PIECE_RSN, I_ACK, 2 }, { PIECE_RSN, I_MIC, 2 }, { PIECE_RSN, I_SECURE, 2 },
	{ PIECE_RSN, I_ERROR, 2 }, { PIECE_RSN, I_REQUEST, 2 }, { PIECE_RSN, I_ENCRYPTED, 2 }, { PIECE_RSN, I_SMK, 2 },
	{ PIECE_RSN, NONCE, 32 }, { PIECE_RSN, IV, 16 }, { PIECE_RSN, RSC, 8 }, { PIECE_RSN, ID, 8 }, { PIECE_RSN, MIC, 16 },
	{ PIECE_RSN, DATA_LEN, 2 }, { PIECE_RC4, RC4_INDEX, 1 }, { PIECE_RC4, RC4_UNICAST, 1 },
	{ PIECE_RC4, RC4_NUMBER, 1 }, { PIECE_RC4, RC4_SIGNATURE, 16 },
};

static bool is_rsn(const struct layer *l)
{
	return l->aux[1] == DESCRIPTOR_RSN || l->aux[1] == DESCRIPTOR_WPA;
}

/* Which message of the handshake of four, or of the group key's two. */
static unsigned message_number(unsigned info, unsigned data_len)
{
	if (!(info & INFO_PAIRWISE))
		return info & INFO_ACK ? 1 : 2;
	if (info & INFO_ACK)
		return info & INFO_MIC ? 3 : 1;
	return data_len ? 2 : 4;
}

static void eapol_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);
	const uint8_t *k = cursor_peek(&c, 1);
	uint32_t n = (uint32_t)cursor_left(&c), len;

	if (l->aux[0] != KEY || !k)
		return;
	walk_uint(w, KEY_TYPE, *k);
	if (is_rsn(l) && n > RSN_LEN) {
		len = get_be16(k + 1 + RSN_DATA_LEN);
		walk_uint(w, MSGNR, message_number(get_be16(k + 1), len));
		walk_parts(w, parts, PIECE_RSN, k + 1, n - 1);
		walk_uint(w, KEY_LEN, get_be16(k + 3));
		walk_uint(w, REPLAY, get_be64(k + 5));
		if (len && len <= n - 1 - RSN_LEN)
			walk_bytes(w, DATA, k + 1 + RSN_LEN, len);
	} else if (l->aux[1] == DESCRIPTOR_RC4 && n >= 44) {
		walk_uint(w, KEY_LEN, get_be16(k + 1));
		walk_uint(w, REPLAY, get_be64(k + 3));
		walk_bytes(w, IV, k + 11, 16);
		walk_parts(w, parts, PIECE_RC4, k + 1, n - 1);
	}
}

/* ---- text ------------------------------------------------------------------------------- */

static NAMED_VALUES(types,
	(EAP_PACKET, "EAP packet"), (1, "EAPOL start"), (2, "EAPOL logoff"), (KEY, "EAPOL key"),
	(4, "Encap ASF alert")
);

static void eapol_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const char *name = named_value(&types, l->aux[0]);
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_printf(s->out, "%s (%u) v%u, len %u", name ? name : "unknown", h[1], h[0], get_be16(h + 2));
}

/* ---- tables ------------------------------------------------------------------------------ */

#define RSN "wlan_rsna_eapol.keydes."
#define INFO_BIT(n, msk, lab) PART_BITS(FIELD_BOOL, RSN "key_info." n, 0, msk, lab)

FIELD_TABLE(eapol_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "eapol.version", 0, 1, "Version")),
	(TYPE, FIELD_FIXED(FIELD_UINT, "eapol.type", 1, 1, "Type")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "eapol.len", 2, 2, "Length")),
	(KEY_TYPE, FIELD_WALK(FIELD_UINT, "eapol.keydes.type", "Descriptor of the key")),
	(MSGNR, FIELD_WALK(FIELD_UINT, RSN "msgnr", "Message of the handshake")),
	(INFO, PART_HEX(RSN "key_info", 0, 4, "Information on the key")),
	(I_VERSION, PART_BITS(FIELD_UINT, RSN "key_info.keydes_version", 0, 0x0007, "Version of the descriptor")),
	(I_TYPE, INFO_BIT("key_type", 0x0008, "Pairwise key")),
	(I_INDEX, PART_BITS(FIELD_UINT, RSN "key_info.key_index", 0, 0x0030, "Index of the key")),
	(I_INSTALL, INFO_BIT("install", 0x0040, "Install it")),
	(I_ACK, INFO_BIT("key_ack", 0x0080, "Wants an answer")),
	(I_MIC, INFO_BIT("key_mic", 0x0100, "Has a MIC")),
	(I_SECURE, INFO_BIT("secure", 0x0200, "Keys are in place")),
	(I_ERROR, INFO_BIT("error", 0x0400, "Error")),
	(I_REQUEST, INFO_BIT("request", 0x0800, "Asks for a handshake")),
	(I_ENCRYPTED, INFO_BIT("encrypted_key_data", 0x1000, "The data is encrypted")),
	(I_SMK, INFO_BIT("smk_message", 0x2000, "Key between stations")),
	(KEY_LEN, FIELD_WALK(FIELD_UINT, "eapol.keydes.key_len", "Length of the key")),
	(REPLAY, FIELD_WALK(FIELD_UINT, "eapol.keydes.replay_counter", "Replay counter")),
	(NONCE, PART_FIELD(FIELD_BYTES, RSN "nonce", 12, "Nonce")),
	(IV, PART_FIELD(FIELD_BYTES, "eapol.keydes.key_iv", 44, "Initialization vector")),
	(RSC, PART_FIELD(FIELD_BYTES, RSN "rsc", 60, "Receive sequence counter")),
	(ID, PART_FIELD(FIELD_BYTES, RSN "id", 68, "Identifier")),
	(MIC, PART_FIELD(FIELD_BYTES, RSN "mic", 76, "Message integrity code")),
	(DATA_LEN, PART_FIELD(FIELD_UINT, RSN "data_len", 92, "Length of the data")),
	(DATA, FIELD_WALK(FIELD_BYTES, RSN "data", "Data")),
	(RC4_INDEX, PART_HEX("eapol.keydes.key_index", 26, 2, "RC4: index")),
	(RC4_UNICAST, PART_BITS(FIELD_BOOL, "eapol.keydes.key_index.type", 26, 0x80, "RC4: unicast key")),
	(RC4_NUMBER, PART_BITS(FIELD_UINT, "eapol.keydes.key_index.number", 26, 0x7f, "RC4: number of the key")),
	(RC4_SIGNATURE, PART_FIELD(FIELD_BYTES, "eapol.keydes.key_signature", 27, "RC4: signature"))
);

static const struct claim eapol_claims[] = { { CLAIM_ETHERTYPE, 0x888e }, { CLAIM_ETHERTYPE, 0x88c7 }, { CLAIM_NONE, 0 } };

const struct protocol proto_eapol = {
	.name = "eapol",
	.column = "EAPOL",
	.title = "EAP over LANs",
	.reference = "IEEE 802.1X, IEEE 802.11",
	.decode = eapol_decode,
	PROTOCOL_WALK(eapol_walk),
	.summary = eapol_summary,
	PROTOCOL_FIELDS(eapol_fields),
	.claims = eapol_claims,
};
