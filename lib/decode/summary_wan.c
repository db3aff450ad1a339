/* SPDX-License-Identifier: MIT */
/* Text lines of the link layers other than Ethernet, and of what stands between a link and IP. */
#include "pppoe.h"
#include "summary.h"

#include <string.h>

static void put_number(struct outbuf *o, const char *label, uint32_t v)
{
	outbuf_str(o, label);
	outbuf_u64(o, v);
}

/* ---- LLC -------------------------------------------------------------------------------- */

enum { LLC_SNAP = 8, LLC_UNNUMBERED = 3, LLC_SUPERVISORY = 1 };

static NAMED_VALUES(saps,
	(0x00, "Null"), (0x02, "802.1B I"), (0x04, "SNA"), (0x06, "IP"), (0x0e, "ProWay NM"), (0x42, "STP"),
	(0x7e, "X.25"), (0x80, "3Com XNS"), (0x98, "ARP"), (0xaa, "SNAP"), (0xbc, "Banyan Vines"), (0xe0, "IPX"),
	(0xf0, "NetBeui"), (0xfe, "ISO CLNS"), (0xff, "Global")
);

static NAMED_VALUES(llc_commands,
	(0x03, "ui"), (0xe3, "test"), (0xaf, "xid"), (0x6f, "sabme"), (0x43, "disc"), (0x63, "ua"), (0x87, "frmr"),
	(0x0f, "dm")
);

static NAMED_WIDE_VALUES(organizations,
	(0x000000, "Ethernet"), (0x00000c, "Cisco"), (0x0000f8, "Cisco bridged"), (0x00000f, "IANA"),
	(0x0080c2, "Ethernet bridged"), (0x080007, "Appletalk"), (0x00005e, "IANA"), (0x00e02b, "Extreme")
);

static NAMED_VALUES(cisco_protocols,
	(0x010b, "PVST"), (0x0111, "UDLD"), (0x0102, "DRiP"), (0x2000, "CDP"), (0x2003, "VTP"), (0x2004, "DTP")
);

static const char *or_unknown(const char *name)
{
	return name ? name : "Unknown";
}

static void put_llc_header(struct outbuf *o, const uint8_t *h, const struct layer *l)
{
	outbuf_printf(o, "LLC, dsap %s (0x%02x) %s, ssap %s (0x%02x) %s, ctrl 0x%0*x: ",
		      or_unknown(named_value(&saps, h[0] & 0xfe)), h[0] & 0xfe, h[0] & 1 ? "Group" : "Individual",
		      or_unknown(named_value(&saps, h[1] & 0xfe)), h[1] & 0xfe, h[1] & 1 ? "Response" : "Command",
		      (l->aux[0] & 3) == LLC_UNNUMBERED ? 2 : 4, l->aux[0]);
}

static void put_snap(struct outbuf *o, const uint8_t *snap, uint32_t length)
{
	uint32_t oui = get_be24(snap);
	unsigned type = get_be16(snap + 3);
	bool ether = oui == 0 || oui == 0x0000f8 || oui == 0x080007;
	const char *name = ether ? ethertype_name(type) : oui == 0x00000c ? named_value(&cisco_protocols, type) :
			   oui != 0x0080c2 ? NULL : type == 1 ? "Ethernet + FCS" : type == 7 ? "Ethernet w/o FCS" : NULL;

	outbuf_printf(o, "oui %s (0x%06x), %s %s (0x%04x), length %u: ", or_unknown(named_value(&organizations, oui)), oui,
		      ether ? "ethertype" : "pid", or_unknown(name), type, length);
}

/* "Unnumbered, ui, Flags [Command], length 3" */
static void put_llc_control(struct outbuf *o, const uint8_t *h, const struct layer *l, uint32_t length)
{
	bool u = (l->aux[0] & 3) == LLC_UNNUMBERED, poll = u ? h[2] & 0x10 : l->aux[0] & 0x100, response = h[1] & 1;
	const char *name = named_value(&llc_commands, h[2] & 0xef);

	if (u)
		outbuf_printf(o, "Unnumbered, %s", name ? name : "unknown");
	else if ((l->aux[0] & 3) == LLC_SUPERVISORY)
		outbuf_printf(o, "Supervisory, %s, rcv seq %u", (h[2] >> 2 & 3) == 0 ? "Receiver Ready" :
			      (h[2] >> 2 & 3) == 1 ? "Receiver not Ready" : "Reject", l->aux[0] >> 9);
	else
		outbuf_printf(o, "Information, send seq %u, rcv seq %u", h[2] >> 1, l->aux[0] >> 9);
	outbuf_printf(o, ", Flags [%s], length %u", response ? poll ? "Final" : "Response" : poll ? "Poll" : "Command", length);
}

static void put_sap(struct outbuf *o, unsigned sap, const char *unknown)
{
	const char *name = named_value(&saps, sap & 0xfe);

	if (name)
		outbuf_str(o, name);
	else
		outbuf_printf(o, "%s 0x%02x", unknown, sap & 0xfe);
}

/* "00:53:00:00:00:01 Null > 00:53:00:00:00:02 SNA ", and one name where both are the same */
static void put_llc_ends(struct outbuf *o, const struct packet *p, const struct layer *l, const uint8_t *h)
{
	const struct layer *link = l;
	const uint8_t *to = NULL;

	while (link > p->layers && link->proto != PROTO_eth && link->proto != PROTO_fddi && link->proto != PROTO_tr)
		link--;
	if (link > p->layers)
		to = layer_at(p, link) + (link->proto == PROTO_tr ? 2 : link->proto == PROTO_fddi);
	for (int i = 1; i >= 0; i--) {
		if (to) {
			uint8_t mac[6];

			memcpy(mac, to + 6 * i, sizeof(mac));
			mac[0] &= i && link->proto == PROTO_tr ? 0x7f : 0xff; /* the other bit says that a route follows */
			outbuf_mac(o, mac);
			outbuf_char(o, ' ');
		}
		if ((h[0] ^ h[1]) & 0xfe)
			put_sap(o, h[i], i ? "Unknown SSAP" : "Unknown DSAP");
		if (i)
			outbuf_str(o, (h[0] ^ h[1]) & 0xfe ? " > " : to ? "> " : "");
	}
	if (!((h[0] ^ h[1]) & 0xfe))
		put_sap(o, h[0], "Unknown DSAP");
	outbuf_char(o, ' ');
}

void llc_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const struct layer *next = summary_next(p, l);
	uint32_t length = summary_outer_len(p, l);
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < 3 || l->result != DECODE_OK)
		return;
	if (s->link_header)
		put_llc_header(s->out, h, l);
	if (l->hlen == LLC_SNAP) {
		if (s->link_header)
			put_snap(s->out, h + 3, length - LLC_SNAP);
		return;
	}
	if (next)
		return;
	if (!s->link_header)
		put_llc_ends(s->out, p, l, h);
	put_llc_control(s->out, h, l, length);
}

/* ---- PPP -------------------------------------------------------------------------------- */

static NAMED_VALUES(ppp_protocols,
	(0x0021, "IP"), (0x0057, "IP6"), (0x0281, "MPLS"), (0x0283, "MPLS"), (0x003d, "MLPPP"), (0x002d, "VJC"),
	(0x002f, "VJNC"), (0x0023, "OSI"), (0x002b, "IPX"), (0x00fd, "COMP"), (0x0031, "BPDU"), (0xc021, "LCP"),
	(0xc023, "PAP"), (0xc025, "LQM"), (0xc223, "CHAP"), (0xc227, "EAP"), (0xc029, "CBCP"), (0xc02b, "BACP"),
	(0xc02d, "BAP"), (0x8021, "IPCP"), (0x8057, "IP6CP"), (0x8023, "OSINLCP"), (0x80fd, "CCP"),
	(0x8053, "ECP"), (0x8281, "MPLSCP"), (0x8031, "BCP")
);

static NAMED_VALUES(control_codes,
	(0, "Vend-Ext"), (1, "Conf-Request"), (2, "Conf-Ack"), (3, "Conf-Nack"), (4, "Conf-Reject"), (5, "Term-Request"),
	(6, "Term-Ack"), (7, "Code-Reject"), (8, "Prot-Reject"), (9, "Echo-Request"), (10, "Echo-Reply"),
	(11, "Disc-Req"), (12, "Ident"), (13, "Time-Remaining")
);

static NAMED_VALUES(chap_codes,
	(1, "Challenge"), (2, "Response"), (3, "Success"), (4, "Fail")
);

static NAMED_VALUES(pap_codes, (1, "Auth-Req"), (2, "Auth-ACK"), (3, "Auth-NACK"));

/* Challenge and response: a value and who sends it; the others: text. RFC 1994. */
static void put_chap(struct outbuf *o, struct cursor c)
{
	const uint8_t *h = cursor_take(&c, 4), *value;
	unsigned len;

	cursor_limit(&c, get_be16(h + 2) > 4 ? get_be16(h + 2) - 4u : 0);
	if (h[0] == 1 || h[0] == 2) {
		len = cursor_u8(&c);
		value = cursor_take(&c, len);
		if (!value)
			return;
		outbuf_str(o, ", Value ");
		outbuf_hexbytes(o, value, len, 0);
		outbuf_str(o, ", Name ");
	} else {
		outbuf_str(o, ", Msg ");
	}
	outbuf_escaped(o, c.pos, cursor_left(&c));
}

/* A request: a name and a password; an answer: a message. Each behind its length. RFC 1334. */
static void put_pap(struct outbuf *o, struct cursor c)
{
	const uint8_t *h = cursor_take(&c, 4);
	const char *label = h[0] == 1 ? ", Peer " : ", Msg ";

	cursor_limit(&c, get_be16(h + 2) > 4 ? get_be16(h + 2) - 4u : 0);
	for (int i = h[0] == 1 ? 2 : 1; i--; label = ", Name ") {
		const uint8_t *n = cursor_take(&c, 1), *text = n ? cursor_take(&c, *n) : NULL;

		if (!text)
			return;
		outbuf_str(o, label);
		outbuf_escaped(o, text, *n);
	}
}

/* Protocols that set the link up: code, identifier, length. */
static bool put_control(struct outbuf *o, unsigned proto, struct cursor c, uint32_t length)
{
	const struct named_values *codes = proto == 0xc223 ? &chap_codes : proto == 0xc023 ? &pap_codes : &control_codes;
	const uint8_t *h = cursor_peek(&c, 4);
	const char *name;

	if (!(proto & 0x8000) || !named_value(&ppp_protocols, proto) || proto == 0xc025 || proto == 0xc227)
		return false;
	outbuf_str(o, named_value(&ppp_protocols, proto));
	outbuf_str(o, ", ");
	if (!h) {
		outbuf_str(o, "[|ppp]");
		return true;
	}
	name = named_value(codes, h[0]);
	outbuf_printf(o, "%s (0x%02x), id %u", name ? name : codes == &control_codes ? "Unknown Opcode" : "Unknown", h[0], h[1]);
	if (codes == &control_codes)
		put_number(o, ", length ", length + 2);
	else if (codes == &chap_codes)
		put_chap(o, c);
	else if (h[0] >= 1 && h[0] <= 3)
		put_pap(o, c);
	return true;
}

/* A layer that has no text of its own: its line is ours. */
static bool is_control(const struct layer *l)
{
	return !protocols[l->proto]->summary || l->proto == PROTO_eap;
}

void ppp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const struct layer *next = summary_next(p, l);
	const char *name = named_value(&ppp_protocols, l->aux[0]);
	struct cursor c = packet_payload(p, l);

	if ((next && next->proto == PROTO_chdlc) || l->result != DECODE_OK)
		return;
	if (s->link_header) {
		outbuf_printf(s->out, "%s (0x%04x), length %u", name ? name : "unknown", l->aux[0], summary_outer_len(p, l));
		if (!name)
			return;
		outbuf_bytes(s->out, ": ", 2);
	}
	if ((next && !is_control(next)) || put_control(s->out, l->aux[0], c, l->wire_end - l->off - l->hlen))
		return;
	if (name) {
		if (!s->link_header)
			outbuf_printf(s->out, "%s, ", name);
		put_number(s->out, "length ", l->wire_end - l->off - l->hlen);
		return;
	}
	outbuf_printf(s->out, "unknown PPP protocol (0x%04x) ", l->aux[0]);
	summary_unknown(s->out, c.pos, (uint32_t)cursor_left(&c));
}

static NAMED_VALUES(pppoe_codes,
	(0x09, "PADI"), (0x07, "PADO"), (0x19, "PADR"), (0x65, "PADS"), (0xa7, "PADT"), (0, "")
);

static NAMED_VALUES(pppoe_tags,
	(0x0000, "EOL"), (0x0101, "Service-Name"), (0x0102, "AC-Name"), (0x0103, "Host-Uniq"), (0x0104, "AC-Cookie"),
	(0x0105, "Vendor-Specific"), (0x0110, "Relay-Session-ID"), (0x0120, "PPP-Max-Payload"),
	(0x0201, "Service-Name-Error"), (0x0202, "AC-System-Error"), (0x0203, "Generic-Error")
);

/* Text in quotes when it is all printable, hexadecimal otherwise. */
static void put_tag_value(struct outbuf *o, const uint8_t *value, unsigned len)
{
	unsigned i = 0;

	while (i < len && value[i] >= 0x20 && value[i] < 0x7f)
		i++;
	if (i == len) {
		outbuf_bytes(o, " \"", 2);
		outbuf_bytes(o, value, len);
		outbuf_char(o, '"');
		return;
	}
	outbuf_str(o, " 0x");
	for (i = 0; i < len; i++)
		outbuf_printf(o, "%02X", value[i]);
}

static void put_tags(struct outbuf *o, struct cursor c)
{
	const uint8_t *h, *value;

	while ((h = cursor_take(&c, 4))) {
		unsigned type = get_be16(h), len = get_be16(h + 2);
		const char *name = named_value(&pppoe_tags, type);

		value = cursor_take(&c, len);
		outbuf_str(o, " [");
		if (name)
			outbuf_str(o, name);
		else
			outbuf_printf(o, "TAG-0x%x", type);
		if (value && len)
			put_tag_value(o, value, len);
		outbuf_char(o, ']');
		if (type == PPPOE_TAG_END)
			return;
	}
}

static const uint8_t *put_pppoe(struct outbuf *o, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (packet_bytes(p, l, &h) < PPPOE_HEADER)
		return NULL;
	name = named_value(&pppoe_codes, h[1]);
	outbuf_str(o, "PPPoE ");
	if (name)
		outbuf_str(o, name);
	else
		outbuf_printf(o, "PAD-0x%X", h[1]);
	if (l->result == DECODE_MALFORMED)
		outbuf_printf(o, " [len %u > %u!]", get_be16(h + 4), l->wire_end - l->off - PPPOE_HEADER);
	if (get_be16(h + 2))
		outbuf_printf(o, " [ses 0x%x]", get_be16(h + 2));
	return h;
}

void pppoes_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	if (put_pppoe(s->out, p, l))
		outbuf_char(s->out, ' ');
}

void pppoed_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	if (put_pppoe(s->out, p, l))
		put_tags(s->out, packet_payload(p, l));
}

/* ---- MPLS ------------------------------------------------------------------------------ */

void mpls_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char reserved[][20] = { "IPv4 explicit NULL", "router alert", "IPv6 explicit NULL", "implicit NULL" };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	outbuf_str(s->out, "MPLS");
	for (unsigned i = 0; i < l->aux[0] && (h = cursor_take(&c, 4)); i++) {
		uint32_t entry = get_be32(h);

		put_number(s->out, i && s->verbose ? "\n\t(label " : " (label ", entry >> 12);
		if (s->verbose && entry >> 12 < 4)
			outbuf_printf(s->out, " (%s)", reserved[entry >> 12]);
		put_number(s->out, ", tc ", entry >> 9 & 7);
		if (entry & 0x100)
			outbuf_str(s->out, ", [S]");
		put_number(s->out, ", ttl ", entry & 255);
		outbuf_char(s->out, ')');
	}
	if (summary_next(p, l))
		outbuf_str(s->out, s->verbose ? "\n\t" : " ");
	else if (l->result == DECODE_OK)
		put_number(s->out, ", length ", summary_outer_len(p, l));
}

/* ---- other serial lines ---------------------------------------------------------------- */

static void put_slarp(struct summary *s, struct cursor c, uint32_t length)
{
	const uint8_t *h = cursor_take(&c, 14);

	outbuf_printf(s->out, "SLARP (length: %u), ", length);
	if (h && get_be32(h) == 2)
		outbuf_printf(s->out, "keepalive: mineseen=0x%08x, yourseen=0x%08x, reliability=0x%04x", get_be32(h + 4),
			      get_be32(h + 8), get_be16(h + 12));
	else if (h)
		outbuf_str(s->out, get_be32(h) == 0 ? "request" : get_be32(h) == 1 ? "reply" : "unknown");
	else
		outbuf_str(s->out, "[|slarp]");
}

void chdlc_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < 4)
		return;
	if (s->link_header) {
		outbuf_str(s->out, h[0] == 0x0f ? "unicast, " : h[0] == 0x8f ? "bcast, " : "");
		if (h[0] != 0x0f && h[0] != 0x8f)
			outbuf_printf(s->out, "0x%02x, ", h[0]);
		summary_ethertype(s, get_be16(h + 2));
		put_number(s->out, ", length ", summary_outer_len(p, l));
		outbuf_bytes(s->out, ": ", 2);
	}
	if (l->aux[0] == 0x8035)
		put_slarp(s, packet_payload(p, l), summary_outer_len(p, l) - 4);
}

void fr_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(nlpids,
		(0x00, "NULL"), (0x08, "Q.933"), (0x80, "SNAP"), (0x81, "CLNP"), (0x82, "ES-IS"), (0x83, "IS-IS"),
		(0x8e, "IPv6"), (0xb0, "MLPPP"), (0xb1, "MLPPP"), (0xcc, "IPv4"), (0xcf, "PPP")
	);
	static NAMED_VALUES(flags, (2, "DE"), (4, "BECN"), (8, "FECN"));
	const uint8_t *h;
	unsigned len = l->aux[0];

	if (!s->link_header || packet_bytes(p, l, &h) < len + 2u || l->result != DECODE_OK)
		return;
	put_number(s->out, "Q.922, hdr-len ", len);
	put_number(s->out, ", DLCI ", fr_dlci(h, len));
	outbuf_str(s->out, ", Flags [");
	outbuf_str(s->out, h[0] & 2 ? "C!" : "");
	for (struct named_value f = { 0 }; named_values_next(&flags, &f);)
		if (h[1] & f.value) {
			outbuf_str(s->out, h[0] & 2 || h[1] & (f.value - 1) & 14 ? ", " : "");
			outbuf_str(s->out, f.name);
		}
	outbuf_str(s->out, h[0] & 2 || h[1] & 14 ? "], " : "none], ");
	if (h[len] != 3) {
		const char *name = ethertype_name(l->aux[1]);

		outbuf_printf(s->out, "cisco-ethertype %s (0x%04x), length %u: ", name ? name : "unknown", l->aux[1],
			      summary_outer_len(p, l));
		return;
	}
	outbuf_printf(s->out, "NLPID %s (0x%02x), length %u: ", or_unknown(named_value(&nlpids, l->aux[1])), l->aux[1],
		      summary_outer_len(p, l));
	if (l->aux[1] == 0x80 && packet_bytes(p, l, &h) >= l->hlen)
		put_snap(s->out, h + l->hlen - 5, l->wire_end - l->off - l->hlen);
}

/* ---- headers that capturing adds --------------------------------------------------------- */

void nflog_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (!s->link_header || packet_bytes(p, l, &h) < 4)
		return;
	outbuf_printf(s->out, "version %u, resource ID %u, family %s (%u), length %u: ", h[1], get_be16(h + 2),
		      h[0] == 2 ? "IPv4" : h[0] == 10 ? "IPv6" : "Unknown", h[0], summary_outer_len(p, l));
}

void ppi_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (!s->link_header || packet_bytes(p, l, &h) < 8)
		return;
	name = linktype_name(get_le32(h + 4));
	outbuf_printf(s->out, "V.%u DLT %s (%u) len %u, length %u: ", h[0], name ? name : "unknown", get_le32(h + 4),
		      get_le16(h + 2), summary_outer_len(p, l));
}
