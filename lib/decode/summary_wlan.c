/* SPDX-License-Identifier: MIT */
/* Text lines of 802.11 and of the radiotap header in front of it. */
#include "summary.h"
#include "wlan.h"

/* ---- radiotap -------------------------------------------------------------------------- */

enum {
	RT_TSFT, RT_FLAGS, RT_RATE, RT_CHANNEL, RT_FHSS, RT_DBM_SIGNAL, RT_DBM_NOISE, RT_LOCK, RT_TX_ATTENUATION,
	RT_DB_TX_ATTENUATION, RT_DBM_TX_POWER, RT_ANTENNA, RT_DB_SIGNAL, RT_DB_NOISE, RT_RX_FLAGS, RT_KNOWN
};
enum { BIT_VENDOR = 30, BIT_MORE = 31 };

/* Size of each value; its alignment too, but that of a channel, which is two numbers of two bytes. */
static const uint8_t value_sizes[RT_KNOWN] = { 8, 1, 1, 4, 2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 2 };

static void put_channel(struct outbuf *o, const uint8_t *h)
{
	unsigned flags = get_le16(h + 2);

	outbuf_printf(o, "%u MHz", get_le16(h));
	outbuf_str(o, (flags & 0x0480) == 0x0480 ? " 11g" : (flags & 0x00c0) == 0x00c0 ? " 11g" : flags & 0x0800 ? " FHSS" :
		      (flags & 0x0140) == 0x0140 ? " 11a" : (flags & 0x00a0) == 0x00a0 ? " 11b" : "");
	outbuf_char(o, ' ');
}

static void put_value(struct outbuf *o, unsigned bit, const uint8_t *h)
{
	switch (bit) {
	case RT_TSFT:
		outbuf_u64(o, get_le64(h));
		outbuf_str(o, "us tsft ");
		break;
	case RT_FLAGS:
		outbuf_str(o, *h & 0x01 ? "cfp " : "");
		outbuf_str(o, *h & 0x02 ? "short preamble " : "");
		outbuf_str(o, *h & 0x04 ? "wep " : "");
		outbuf_str(o, *h & 0x08 ? "fragmented " : "");
		outbuf_str(o, *h & 0x40 ? "bad-fcs " : "");
		break;
	case RT_RATE:
		outbuf_printf(o, "%u.%u Mb/s ", *h / 2, *h % 2 * 5);
		break;
	case RT_CHANNEL: put_channel(o, h); break;
	case RT_FHSS: outbuf_printf(o, "fhset %u fhpat %u ", h[0], h[1]); break;
	case RT_DBM_SIGNAL: outbuf_printf(o, "%ddBm signal ", (int8_t)*h); break;
	case RT_DBM_NOISE: outbuf_printf(o, "%ddBm noise ", (int8_t)*h); break;
	case RT_LOCK: outbuf_printf(o, "%u sq ", get_le16(h)); break;
	case RT_TX_ATTENUATION: outbuf_printf(o, "%d tx power ", -(int)get_le16(h)); break;
	case RT_DB_TX_ATTENUATION: outbuf_printf(o, "%ddB tx attenuation ", -(int)get_le16(h)); break;
	case RT_DBM_TX_POWER: outbuf_printf(o, "%ddBm tx power ", (int8_t)*h); break;
	case RT_ANTENNA: outbuf_printf(o, "antenna %u ", *h); break;
	case RT_DB_SIGNAL: outbuf_printf(o, "%udB signal ", *h); break;
	case RT_DB_NOISE: outbuf_printf(o, "%udB noise ", *h); break;
	}
}

void radiotap_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h = layer_at(p, l);
	uint32_t at = 8, word = 4;

	if (l->hlen < 8)
		return;
	while (at <= l->hlen && get_le32(h + at - 4) >> BIT_MORE)
		at += 4;
	for (;;) {
		uint32_t present = get_le32(h + word);

		for (unsigned bit = 0; bit < RT_KNOWN; bit++) {
			unsigned size = value_sizes[bit], align = bit == RT_CHANNEL || bit == RT_FHSS ? 2 : size;

			if (!(present >> bit & 1))
				continue;
			at = (at + align - 1) & ~(align - 1);
			if (at + size > l->hlen)
				return;
			put_value(s->out, bit, h + at);
			at += size;
		}
		/* values we do not know end what can be found */
		if (!(present >> BIT_MORE) || present >> BIT_VENDOR & 1 || present & 0x1fff8000)
			return;
		word += 4;
	}
}

/* ---- 802.11 ------------------------------------------------------------------------------ */

static const char management_names[16][20] = {
	"Assoc Request", "Assoc Response", "ReAssoc Request", "ReAssoc Response", "Probe Request", "Probe Response", "", "",
	"Beacon", "ATIM", "Disassociation", "Authentication", "DeAuthentication", "Action", "NoAck Action", "",
};

static const char control_names[16][20] = {
	"", "", "", "", "", "", "", "Wrapper", "BAR", "BA", "Power Save-Poll", "Request-To-Send", "Clear-To-Send", "Acknowledgment",
	"CF-End", "CF-End+CF-Ack",
};

static void put_address(struct outbuf *o, const char *label, const uint8_t *mac)
{
	outbuf_str(o, label);
	outbuf_mac(o, mac);
	outbuf_char(o, ' ');
}

/* -e */
static void put_addresses(struct outbuf *o, unsigned fc, const uint8_t *h, uint32_t hlen)
{
	if (wlan_type(fc) == WLAN_CONTROL) {
		put_address(o, "RA:", h + 4);
		if (hlen >= 16)
			put_address(o, "TA:", h + 10);
		return;
	}
	if (wlan_type(fc) == WLAN_MANAGEMENT) {
		put_address(o, "BSSID:", h + 16);
		put_address(o, "DA:", h + 4);
		put_address(o, "SA:", h + 10);
		return;
	}
	switch (fc & (WLAN_TO_DS | WLAN_FROM_DS)) {
	case 0:
		put_address(o, "DA:", h + 4);
		put_address(o, "SA:", h + 10);
		put_address(o, "BSSID:", h + 16);
		break;
	case WLAN_FROM_DS:
		put_address(o, "DA:", h + 4);
		put_address(o, "BSSID:", h + 10);
		put_address(o, "SA:", h + 16);
		break;
	case WLAN_TO_DS:
		put_address(o, "BSSID:", h + 4);
		put_address(o, "SA:", h + 10);
		put_address(o, "DA:", h + 16);
		break;
	default:
		put_address(o, "RA:", h + 4);
		put_address(o, "TA:", h + 10);
		put_address(o, "DA:", h + 16);
		put_address(o, "SA:", h + 24);
	}
}

/* The information elements of a beacon or a request: network name, rates, and with `capabilities` the channel. */
static void put_elements(struct outbuf *o, struct cursor c, bool beacon, unsigned capabilities, bool rates)
{
	const uint8_t *h, *value;
	struct cursor again = c;
	unsigned channel = 0;

	outbuf_str(o, " (");
	for (; (h = cursor_take(&c, 2)) && (value = cursor_take(&c, h[1]));)
		if (h[0] == 0) {
			outbuf_escaped(o, value, h[1]);
			break;
		}
	outbuf_char(o, ')');
	for (c = again; (h = cursor_take(&c, 2)) && (value = cursor_take(&c, h[1]));) {
		if (h[0] == 1 && rates) {
			for (unsigned i = 0; i < h[1]; i++)
				outbuf_printf(o, "%s%u.%u%s", i ? " " : " [", (value[i] & 127u) / 2, value[i] % 2 * 5,
					      value[i] & 0x80 ? "*" : "");
			outbuf_str(o, h[1] ? " Mbit]" : "");
		} else if (h[0] == 3 && h[1] == 1) {
			channel = *value;
		}
	}
	if (!capabilities)
		return;
	if (beacon)
		outbuf_str(o, capabilities & 1 ? " ESS" : " IBSS");
	if (channel)
		outbuf_printf(o, " CH: %u", channel);
	outbuf_str(o, capabilities & 0x10 ? ", PRIVACY" : "");
}

/* The words of IEEE 802.11-2020, table 9-49, for the reasons that are met; tables 9-50 for the status. */
static NAMED_VALUES(reasons,
	(0, "Reserved"), (1, "Unspecified reason"), (2, "Previous authentication no longer valid"),
	(3, "Deauthenticated because sending STA is leaving (or has left) IBSS or ESS"),
	(4, "Disassociated due to inactivity"),
	(5, "Disassociated because AP is unable to handle all currently associated STAs"),
	(6, "Class 2 frame received from nonauthenticated STA"), (7, "Class 3 frame received from nonassociated STA"),
	(8, "Disassociated because sending STA is leaving (or has left) BSS"),
	(9, "STA requesting (re)association is not authenticated with responding STA"),
	(12, "Disassociated due to BSS transition management"), (14, "Message integrity code (MIC) failure"),
	(15, "4-Way Handshake timeout"), (16, "Group key handshake timeout"), (18, "Invalid group cipher"),
	(19, "Invalid pairwise cipher"), (20, "Invalid AKMP"), (21, "Unsupported RSNE version"),
	(22, "Invalid RSNE capabilities"), (23, "IEEE 802.1X authentication failed"),
	(24, "Cipher suite rejected because of the security policy")
);

static NAMED_VALUES(statuses,
	(0, "Successful"), (1, "Unspecified failure"), (5, "Security disabled"), (6, "Unacceptable lifetime"),
	(7, "Not in same BSS"), (13, "Responding STA does not support the specified authentication algorithm"),
	(15, "Authentication rejected because of challenge failure"),
	(17, "Association denied because AP is unable to handle additional associated STAs"),
	(30, "Association request rejected temporarily; try again later"),
	(31, "Robust management frame policy violation"), (37, "The request has been declined"),
	(41, "Invalid group cipher"), (42, "Invalid pairwise cipher"), (43, "Invalid AKMP"),
	(44, "Unsupported RSNE version"), (45, "Invalid RSNE capabilities"), (53, "Invalid pairwise master key identifier (PMKID)")
);

static void put_named(struct outbuf *o, const struct named_values *names, const char *what, unsigned value)
{
	const char *name = named_value(names, value);

	if (name)
		outbuf_str(o, name);
	else
		outbuf_printf(o, "%s %u", what, value);
}

/* "Authentication (Open System)-1: Successful"; only every other step has a status to show */
static void put_authentication(struct outbuf *o, const uint8_t *fixed, struct cursor c)
{
	static const char algorithms[][12] = { "Open System", "Shared Key", "EAP", "Reserved" };
	unsigned alg = get_le16(fixed), step = get_le16(fixed + 2);
	const uint8_t *challenge = cursor_peek(&c, 2);

	if (alg == 0x80)
		alg = 3;
	outbuf_printf(o, " (%s)-%u", algorithms[alg < 3 ? alg : 3], step);
	if (alg == 1 && (step == 2 || step == 3)) {
		outbuf_str(o, challenge && challenge[0] == 16 ? " [Challenge Text] " : " ");
		if (step == 2)
			return;
	} else {
		outbuf_str(o, ": ");
	}
	if (step & 1)
		put_named(o, &statuses, "Status", get_le16(fixed + 4));
}

static void put_action(struct outbuf *o, unsigned category, unsigned action)
{
	static NAMED_VALUES(categories,
		(0, "Spectrum Management"), (1, "QoS"), (2, "DLS"), (3, "BA"), (7, "HT"), (127, "Vendor")
	);
	static const char block_acks[][15] = { "ADDBA Request", "ADDBA Response", "DELBA" };
	const char *name = named_value(&categories, category);

	if (name)
		outbuf_str(o, name);
	else
		outbuf_printf(o, "Reserved(%u)", category);
	if (category == 3 && action < 3)
		outbuf_printf(o, " %s", block_acks[action]);
	else if (category == 7 && action < 2)
		outbuf_str(o, action ? " MIMOPwrSave" : " TxChWidth");
	else
		outbuf_printf(o, " Act#%u", action);
}

/* `header` is shown already (-e): then the sender need not be named again. */
static void put_management(struct outbuf *o, unsigned sub, struct cursor c, const uint8_t *h, bool header)
{
	const uint8_t *fixed;

	if (management_names[sub][0])
		outbuf_str(o, management_names[sub]);
	else
		outbuf_printf(o, "Unhandled Management subtype(%x)", sub);
	switch (sub) {
	case 0: /* capabilities, listen interval */
	case 2: /* and the address of the old access point */
		fixed = cursor_take(&c, sub ? 10 : 4);
		if (!fixed)
			return;
		put_elements(o, c, false, 0, !sub);
		if (sub) {
			outbuf_str(o, " AP : ");
			outbuf_mac(o, fixed + 4);
		}
		return;
	case 1:
	case 3: /* capabilities, status, association */
		fixed = cursor_take(&c, 6);
		if (!fixed)
			return;
		outbuf_printf(o, " AID(%x) :%s: ", get_le16(fixed + 4) & 0x3fff, get_le16(fixed) & 0x10 ? " PRIVACY " : "");
		put_named(o, &statuses, "Status", get_le16(fixed + 2));
		return;
	case 4:
		put_elements(o, c, false, 0, true);
		return;
	case 10:
	case 12:
		fixed = cursor_take(&c, 2);
		if (!fixed)
			return;
		if (sub == 12 && !header) {
			outbuf_str(o, " (");
			outbuf_mac(o, h + 10);
			outbuf_char(o, ')');
		}
		outbuf_str(o, ": ");
		put_named(o, &reasons, "Reason", get_le16(fixed));
		return;
	case 11:
		fixed = cursor_take(&c, 6);
		if (fixed)
			put_authentication(o, fixed, c);
		return;
	case 13:
		fixed = cursor_take(&c, 2);
		if (!fixed)
			return;
		if (!header) {
			outbuf_str(o, " (");
			outbuf_mac(o, h + 10);
			outbuf_char(o, ')');
		}
		outbuf_str(o, ": ");
		put_action(o, fixed[0], fixed[1]);
		return;
	case 5:
	case 8: /* time, interval, capabilities */
		fixed = cursor_take(&c, 12);
		if (fixed)
			put_elements(o, c, sub == 8, 1u << 16 | get_le16(fixed + 10), true);
	}
}

static void put_flags(struct outbuf *o, unsigned fc, unsigned duration)
{
	static NAMED_VALUES(names,
		(WLAN_MORE_DATA, "More Data "), (WLAN_MORE_FRAGMENTS, "More Fragments "), (WLAN_SLEEPS, "Pwr Mgmt "),
		(WLAN_RETRY, "Retry "), (WLAN_ORDER, "+Order "), (WLAN_PROTECTED, "Protected ")
	);

	for (struct named_value n = { 0 }; named_values_next(&names, &n);)
		if (fc & n.value)
			outbuf_str(o, n.name);
	outbuf_printf(o, "%uus ", duration);
}

void wlan_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h = layer_at(p, l);
	struct cursor c = packet_payload(p, l);
	const uint8_t *iv = cursor_peek(&c, 4);
	unsigned fc = l->aux[0];
	struct outbuf *o = s->out;

	if (l->hlen < 10 || l->result != DECODE_OK)
		return;
	if (s->link_header) {
		if (s->verbose)
			put_flags(o, fc, get_le16(h + 2));
		if (wlan_type(fc) == WLAN_DATA && wlan_subtype(fc) & 8)
			outbuf_str(o, "CF +QoS ");
		put_addresses(o, fc, h, l->hlen);
	}
	if (summary_next(p, l))
		return;
	switch (wlan_type(fc)) {
	case WLAN_MANAGEMENT:
		if (fc & WLAN_PROTECTED && wlan_subtype(fc) == 11 && iv)
			outbuf_printf(o, "Authentication IV:%3x Pad %x KeyID %x", iv[0] | iv[1] << 8 | iv[2] << 16, iv[3] & 63u, iv[3] >> 6);
		else
			put_management(o, wlan_subtype(fc), c, h, s->link_header);
		break;
	case WLAN_CONTROL:
		if (control_names[wlan_subtype(fc)][0])
			outbuf_str(o, control_names[wlan_subtype(fc)]);
		else
			outbuf_printf(o, "Unknown CTRL subtype(%x)", wlan_subtype(fc));
		if (!s->link_header) {
			outbuf_char(o, ' ');
			put_address(o, wlan_subtype(fc) == 11 ? "TA:" : "RA:", wlan_subtype(fc) == 11 ? h + 10 : h + 4);
		}
		break;
	default:
		outbuf_str(o, wlan_subtype(fc) & 4 ? "Null" : "Data");
		if (fc & WLAN_PROTECTED && iv)
			outbuf_printf(o, " IV:%3x Pad %x KeyID %x", iv[0] | iv[1] << 8 | iv[2] << 16, iv[3] & 63u, iv[3] >> 6);
	}
}
