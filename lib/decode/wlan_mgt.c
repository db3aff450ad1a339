/* SPDX-License-Identifier: MIT */
/*
 * The bodies of 802.11 management frames: fixed fields that depend on the subtype, then elements.
 *
 *	|...| |number 8|length 8|value| ...      48, RSN: |version 16|group cipher 32|n 16|cipher 32 ...|n 16|AKM 32 ...|...|
 *
 * All numbers are little-endian, but organizations. IEEE 802.11-2020 clauses 9.3.3, 9.4. The fields are in wlan.c.
 */
#include "parts.h"
#include "wlan.h"

enum {
	ASSOC_REQUEST, ASSOC_RESPONSE, REASSOC_REQUEST, REASSOC_RESPONSE, PROBE_REQUEST, PROBE_RESPONSE, BEACON = 8, ATIM = 9,
	DISASSOC = 10, AUTH = 11, DEAUTH = 12, ACTION = 13
};
enum {
	E_SSID = 0, E_RATES = 1, E_CHANNEL = 3, E_TIM = 5, E_COUNTRY = 7, E_QBSS = 11, E_POWER_LOCAL = 32, E_POWER = 33, E_ERP = 42, E_ERP_DRAFT = 47,
	E_HT_CAPS = 45, E_RSN = 48, E_EXT_RATES = 50, E_HT_INFO = 61, E_VENDOR = 221
};
enum { OUI_MICROSOFT = 0x0050f2, TYPE_WPA = 1 };
enum { CATEGORY_SPECTRUM = 0, CATEGORY_BLOCK_ACK = 3, CATEGORY_RADIO = 5, NEIGHBOR_REQUEST = 4, ADDBA_REQUEST = 0, ADDBA_RESPONSE = 1 };

/* Pieces: an element by its number; the others by these */
enum { OF_SUBTYPE = 0x100, OF_CAPS = 0x200, OF_STATUS, OF_BA, OF_RSN_CAPS, OF_WPA };
static const struct part parts[] = {
	{ OF_SUBTYPE + DISASSOC, W_REASON, 2 }, { OF_SUBTYPE + DEAUTH, W_REASON, 2 },
	{ OF_SUBTYPE + BEACON, W_TIMESTAMP, 8 }, { OF_SUBTYPE + BEACON, W_BEACON, 2 },
	{ OF_SUBTYPE + PROBE_RESPONSE, W_TIMESTAMP, 8 }, { OF_SUBTYPE + PROBE_RESPONSE, W_BEACON, 2 },
	{ OF_SUBTYPE + ASSOC_REQUEST, W_LISTEN, 2 }, { OF_SUBTYPE + REASSOC_REQUEST, W_LISTEN, 2 },
	{ OF_SUBTYPE + REASSOC_REQUEST, W_CURRENT_AP, 6 }, { OF_SUBTYPE + ASSOC_RESPONSE, W_AID, 2 },
	{ OF_SUBTYPE + REASSOC_RESPONSE, W_AID, 2 }, { OF_SUBTYPE + AUTH, W_AUTH_ALG, 2 }, { OF_SUBTYPE + AUTH, W_AUTH_SEQ, 2 },
	{ OF_SUBTYPE + ACTION, W_CATEGORY, 1 },
	{ OF_CAPS, W_CAPS, 2 }, { OF_CAPS, W_CAP_ESS, 2 }, { OF_CAPS, W_CAP_IBSS, 2 }, { OF_CAPS, W_CAP_PRIVACY, 2 },
	{ OF_CAPS, W_CAP_PREAMBLE, 2 }, { OF_CAPS, W_CAP_SPECTRUM, 2 }, { OF_CAPS, W_CAP_QOS, 2 }, { OF_CAPS, W_CAP_SLOT, 2 },
	{ OF_CAPS, W_CAP_APSD, 2 }, { OF_CAPS, W_CAP_RADIO, 2 }, { OF_STATUS, W_STATUS, 2 },
	{ OF_BA, W_BA, 2 }, { OF_BA, W_BA_AMSDU, 2 }, { OF_BA, W_BA_POLICY, 2 }, { OF_BA, W_BA_TID, 2 }, { OF_BA, W_BA_SIZE, 2 },
	{ OF_BA, W_BA_TIMEOUT, 2 },
	{ E_CHANNEL, W_CHANNEL, 1 }, { E_TIM, W_DTIM_COUNT, 1 }, { E_TIM, W_DTIM_PERIOD, 1 }, { E_TIM, W_BITMAP, 0 },
	{ E_COUNTRY, W_COUNTRY, 2 }, { E_QBSS, W_QBSS_STATIONS, 2 }, { E_QBSS, W_QBSS_CU, 1 }, { E_POWER_LOCAL, W_POWER_LOCAL, 1 },
	{ E_POWER, W_POWER_MIN, 1 }, { E_POWER, W_POWER_MAX, 1 }, { E_ERP, W_ERP, 1 }, { E_ERP, W_ERP_PRESENT, 1 },
	{ E_ERP, W_ERP_PROTECT, 1 }, { E_ERP, W_ERP_BARKER, 1 }, { E_HT_CAPS, W_HT_CAPS, 2 }, { E_HT_INFO, W_HT_PRIMARY, 1 },
	{ E_RSN, W_RSN_VERSION, 2 }, { OF_WPA, W_WPA_VERSION, 2 }, { OF_RSN_CAPS, W_RSN_CAPS, 2 },
	{ OF_RSN_CAPS, W_RSN_PREAUTH, 2 }, { OF_RSN_CAPS, W_RSN_NO_PAIRWISE, 2 }, { OF_RSN_CAPS, W_RSN_MFPR, 2 },
	{ OF_RSN_CAPS, W_RSN_MFPC, 2 },
};

int wlan_elements_at(unsigned subtype)
{
	static const int8_t at[16] = {
		[ASSOC_REQUEST] = 4, [ASSOC_RESPONSE] = 6, [REASSOC_REQUEST] = 10, [REASSOC_RESPONSE] = 6, [PROBE_REQUEST] = 0,
		[PROBE_RESPONSE] = 12, [6] = -1, [7] = -1, [BEACON] = 12, [ATIM] = -1, [DISASSOC] = 2, [AUTH] = 6, [DEAUTH] = 2,
		[ACTION] = -1, [14] = -1, [15] = -1,
	};

	return at[subtype & 15];
}

/* |organization 24|type 8|: the whole, then the two */
static void walk_suite(struct walk *w, unsigned field, const uint8_t *s)
{
	walk_uint(w, field, get_be32(s));
	walk_uint(w, field + 1, get_be24(s));
	walk_uint(w, field + 2, s[3]);
}

static bool walk_suites(struct walk *w, struct cursor *c, unsigned count_field)
{
	const uint8_t *n = cursor_take(c, 2), *s;

	if (!n)
		return false;
	walk_uint(w, count_field, get_le16(n));
	for (unsigned i = get_le16(n); i; i--) {
		s = cursor_take(c, 4);
		if (!s)
			return false;
		walk_suite(w, count_field + 1, s);
	}
	return true;
}

/* RSN, and WPA before it, which has no more than the two lists. */
static void walk_security(struct walk *w, struct cursor c, bool wpa)
{
	const uint8_t *v = cursor_take(&c, 2), *s, *n;

	if (!v)
		return;
	walk_parts_le(w, parts, wpa ? OF_WPA : E_RSN, v, 2);
	s = cursor_take(&c, 4);
	if (!s)
		return;
	walk_suite(w, wpa ? W_WPA_MCS : W_RSN_GCS, s);
	if (!walk_suites(w, &c, wpa ? W_WPA_UCS_COUNT : W_RSN_PCS_COUNT) ||
	    !walk_suites(w, &c, wpa ? W_WPA_AKM_COUNT : W_RSN_AKM_COUNT) || wpa)
		return;
	v = cursor_take(&c, 2);
	if (v)
		walk_parts_le(w, parts, OF_RSN_CAPS, v, 2);
	n = cursor_take(&c, 2);
	if (!n)
		return;
	walk_uint(w, W_RSN_PMKID_COUNT, get_le16(n));
	for (unsigned i = get_le16(n); i && (v = cursor_take(&c, 16)); i--)
		walk_bytes(w, W_RSN_PMKID, v, 16);
}

static void walk_element(struct walk *w, unsigned number, const uint8_t *v, unsigned len)
{
	walk_uint(w, W_TAG, number);
	walk_uint(w, W_TAG_LEN, len);
	switch (number) {
	case E_SSID: walk_bytes(w, W_SSID, v, len); break;
	case E_RATES:
	case E_EXT_RATES:
		while (len--)
			walk_uint(w, number == E_RATES ? W_RATES : W_EXT_RATES, *v++);
		break;
	case E_RSN: walk_security(w, cursor_over(v, len, false), false); break;
	case E_VENDOR:
		if (len < 4)
			break;
		walk_uint(w, W_VENDOR_OUI, get_be24(v));
		walk_uint(w, W_VENDOR_TYPE, v[3]);
		if (get_be24(v) != OUI_MICROSOFT)
			break;
		walk_uint(w, W_WFA_TYPE, v[3]);
		if (v[3] == TYPE_WPA)
			walk_security(w, cursor_over(v + 4, len - 4, false), true);
		break;
	default: walk_parts_le(w, parts, number == E_ERP_DRAFT ? E_ERP : number, v, len);
	}
}

static void walk_elements(struct walk *w, struct cursor c)
{
	const uint8_t *e, *v;

	while ((e = cursor_take(&c, 2)) && (v = cursor_take(&c, e[1])))
		walk_element(w, e[0], v, e[1]);
}

void wlan_walk_key_data(struct walk *w, const struct packet *p, const struct layer *eapol)
{
	enum { INFORMATION = 1, DATA_LEN = 93, DATA = 95, ENCRYPTED = 0x1000, KEY = 3, RSN = 2, WPA = 254 };
	struct cursor c = packet_payload(p, eapol);
	const uint8_t *k = cursor_take(&c, DATA);

	if (!k || eapol->aux[0] != KEY || (k[0] != RSN && k[0] != WPA) || get_be16(k + INFORMATION) & ENCRYPTED)
		return;
	cursor_limit(&c, get_be16(k + DATA_LEN));
	walk_elements(w, c);
}

/* What block acknowledgment is about; of other actions only the category. */
static void walk_action(struct walk *w, const uint8_t *b, uint32_t n)
{
	unsigned at;

	if (n < 2 || (b[0] != CATEGORY_BLOCK_ACK && b[0] != CATEGORY_SPECTRUM && b[0] != CATEGORY_RADIO))
		return;
	walk_uint(w, W_ACTION, b[1]);
	if (b[0] == CATEGORY_RADIO && b[1] == NEIGHBOR_REQUEST && n > 3)
		walk_elements(w, cursor_over(b + 3, n - 3, false));
	if (b[0] != CATEGORY_BLOCK_ACK || b[1] > ADDBA_RESPONSE || n < 3)
		return;
	walk_uint(w, W_TOKEN, b[2]);
	at = b[1] == ADDBA_RESPONSE ? 5 : 3;
	if (b[1] == ADDBA_RESPONSE)
		walk_parts_le(w, parts, OF_STATUS, b + 3, n - 3);
	if (n > at)
		walk_parts_le(w, parts, OF_BA, b + at, n - at);
}

void wlan_walk_management(struct walk *w, const struct packet *p, const struct layer *l)
{
	/* where capabilities and status stand, by subtype */
	static const uint8_t status_at[16] = { [ASSOC_RESPONSE] = 2, [REASSOC_RESPONSE] = 2, [AUTH] = 4 };
	unsigned sub = wlan_subtype(l->aux[0]);
	struct cursor c = packet_payload(p, l);
	uint32_t n = (uint32_t)cursor_left(&c);
	int elements = wlan_elements_at(sub);
	const uint8_t *b = c.pos;

	walk_parts_le(w, parts, OF_SUBTYPE + sub, b, n);
	if (sub <= REASSOC_RESPONSE)
		walk_parts_le(w, parts, OF_CAPS, b, n);
	else if ((sub == PROBE_RESPONSE || sub == BEACON) && n >= 12)
		walk_parts_le(w, parts, OF_CAPS, b + 10, 2);
	if (status_at[sub] && n > status_at[sub])
		walk_parts_le(w, parts, OF_STATUS, b + status_at[sub], n - status_at[sub]);
	if (sub == ACTION)
		walk_action(w, b, n);
	if (elements >= 0 && cursor_skip(&c, (unsigned)elements))
		walk_elements(w, c);
}
