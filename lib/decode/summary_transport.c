/* SPDX-License-Identifier: MIT */
/*
 * Text lines of TCP (RFC 9293) and UDP (RFC 768).
 *
 * Sequence numbers count from the first segment seen of a connection, as tcpdump
 * does it: the segment that makes a connection known shows its own numbers, those
 * after it the distance from there. -S shows all as they are.
 */
#include "decode/seq_table.h"
#include "summary.h"

enum { TCP_HEADER = 20, UDP_HEADER = 8, FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

static void put_flags(struct outbuf *o, unsigned flags)
{
	static const char letters[] = "FSRP.UEWe"; /* bit 0 first */
	char text[16], *at = text;

	for (int i = 0; i < 9; i++)
		if (flags >> i & 1)
			*at++ = letters[i];
	outbuf_bytes(o, "Flags [", 7);
	if (at == text)
		outbuf_bytes(o, "none", 4);
	outbuf_bytes(o, text, (size_t)(at - text));
	outbuf_char(o, ']');
}

static void put_number(struct outbuf *o, const char *label, uint32_t v)
{
	outbuf_str(o, label);
	outbuf_u64(o, v);
}

/* ---- options ------------------------------------------------------------------------ */

enum {
	OPT_EOL = 0, OPT_NOP = 1, OPT_MSS = 2, OPT_WSCALE = 3, OPT_SACK_OK = 4, OPT_SACK = 5, OPT_ECHO = 6, OPT_ECHO_REPLY = 7,
	OPT_TS = 8, OPT_CC = 11, OPT_CCNEW = 12, OPT_CCECHO = 13, OPT_MD5 = 19, OPT_SCPS = 20, OPT_UTO = 28, OPT_AO = 29,
	OPT_MPTCP = 30, OPT_TFO = 34, OPT_EXP1 = 253, OPT_EXP2 = 254
};

static NAMED_VALUES(option_names,
	(OPT_EOL, "eol"), (OPT_NOP, "nop"), (OPT_MSS, "mss"), (OPT_WSCALE, "wscale"), (OPT_SACK_OK, "sackOK"),
	(OPT_SACK, "sack"), (OPT_ECHO, "echo"), (OPT_ECHO_REPLY, "echoreply"), (OPT_TS, "TS"), (OPT_CC, "cc"),
	(OPT_CCNEW, "ccnew"), (OPT_CCECHO, "ccecho"), (OPT_MD5, "md5"), (OPT_SCPS, "scps"), (OPT_UTO, "uto"),
	(OPT_AO, "tcp-ao"), (OPT_MPTCP, "mptcp"), (OPT_TFO, "tfo"), (OPT_EXP2, "exp")
);

static void put_sack(struct outbuf *o, struct cursor c, uint32_t base)
{
	if (cursor_left(&c) % 8) {
		outbuf_str(o, " malformed sack");
		return;
	}
	outbuf_char(o, ' ');
	outbuf_u64(o, cursor_left(&c) / 8);
	outbuf_char(o, ' ');
	while (cursor_left(&c)) {
		outbuf_char(o, '{');
		outbuf_u64(o, (uint32_t)(cursor_be32(&c) - base));
		outbuf_char(o, ':');
		outbuf_u64(o, (uint32_t)(cursor_be32(&c) - base));
		outbuf_char(o, '}');
	}
}

static void put_hex(struct outbuf *o, struct cursor c)
{
	if (!cursor_left(&c))
		return;
	outbuf_bytes(o, " 0x", 3);
	outbuf_hexbytes(o, c.pos, cursor_left(&c), 0);
}

/* The value of one option. False if it is not as long as its kind needs. */
static bool put_option(struct outbuf *o, unsigned kind, struct cursor c, uint32_t sack_base, unsigned tcp_flags)
{
	size_t len = cursor_left(&c);

	switch (kind) {
	case OPT_MSS:
		put_number(o, " ", cursor_be16(&c));
		return len == 2;
	case OPT_WSCALE:
		put_number(o, " ", cursor_u8(&c));
		return len == 1;
	case OPT_SACK_OK:
		return len == 0;
	case OPT_SACK:
		put_sack(o, c, sack_base);
		return true;
	case OPT_ECHO:
	case OPT_ECHO_REPLY:
	case OPT_CC:
	case OPT_CCNEW:
	case OPT_CCECHO:
		put_number(o, " ", cursor_be32(&c));
		return len == 4;
	case OPT_TS:
		put_number(o, " val ", cursor_be32(&c));
		put_number(o, " ecr ", cursor_be32(&c));
		return len == 8;
	case OPT_UTO: {
		unsigned v = cursor_be16(&c);

		outbuf_str(o, " 0x");
		outbuf_hex(o, v, v > 0xfff ? 4 : v > 0xff ? 3 : v > 0xf ? 2 : 1);
		put_number(o, " ", v & 1 ? (v >> 1) * 60 : v >> 1); /* RFC 5482: minutes or seconds */
		return len == 2;
	}
	case OPT_TFO:
		outbuf_str(o, len ? "  cookie " : "  cookiereq");
		outbuf_hexbytes(o, c.pos, len, 0);
		return true;
	case OPT_MPTCP:
		return summary_mptcp(o, c, tcp_flags);
	case OPT_MD5:
		outbuf_str(o, " shared secret not supplied with -M, can't check - ");
		outbuf_hexbytes(o, c.pos, len, 0);
		return len == 16;
	default:
		put_hex(o, c);
		return true;
	}
}

enum options_end { OPTIONS_WHOLE, OPTIONS_CUT, OPTIONS_BAD };

/* "options [nop,nop,TS val 1 ecr 2]". `c` is what was kept of `len` bytes of options. */
static enum options_end put_options(struct outbuf *o, struct cursor c, uint32_t len, uint32_t sack_base,
				    unsigned tcp_flags)
{
	const uint8_t *start = c.pos;
	bool first = true;

	outbuf_str(o, ", options [");
	while ((uint32_t)(c.pos - start) < len) {
		unsigned kind, size = 1;
		const char *name;
		struct cursor body;

		if (!first)
			outbuf_char(o, ',');
		first = false;
		kind = cursor_u8(&c);
		if (!c.cut && kind != OPT_EOL && kind != OPT_NOP)
			size = cursor_u8(&c);
		if (c.cut)
			return OPTIONS_CUT;
		if (size > 1 ? size - 2 > len - (uint32_t)(c.pos - start) : kind != OPT_EOL && kind != OPT_NOP)
			return OPTIONS_BAD;
		name = named_value(&option_names, kind);
		if (name)
			outbuf_str(o, name);
		else
			put_number(o, "unknown-", kind);
		if (kind == OPT_EOL)
			break;
		if (kind == OPT_NOP)
			continue;
		body = cursor_sub(&c, size - 2);
		if (c.cut)
			return OPTIONS_CUT;
		if (!put_option(o, kind, body, sack_base, tcp_flags)) {
			put_number(o, "[len ", size);
			outbuf_char(o, ']');
		}
	}
	outbuf_char(o, ']');
	return OPTIONS_WHOLE;
}

/* ---- TCP ---------------------------------------------------------------------------- */

static void put_tcp_checksum(struct outbuf *o, const struct packet *p, const struct layer *l, const uint8_t *h)
{
	uint16_t sum;

	if (!checksum_transport(p, l, 6, &sum))
		return;
	outbuf_str(o, ", cksum 0x");
	outbuf_hex(o, get_be16(h + 16), 4);
	if (sum) {
		outbuf_str(o, " (incorrect -> 0x");
		outbuf_hex(o, checksum_should_be(get_be16(h + 16), sum), 4);
		outbuf_char(o, ')');
	} else {
		outbuf_str(o, " (correct)");
	}
}

static struct seq_base base_of(struct summary *s, const struct packet *p, const struct layer *l, const uint8_t *h)
{
	const struct layer *net = summary_network(p, l);
	const uint8_t *ip;
	bool v4;

	if (!s->seq || s->absolute_seq || !(h[13] & ACK) || !net)
		return (struct seq_base){ 0 };
	v4 = net->proto == PROTO_ip;
	ip = layer_at(p, net);
	return seq_table_base(s->seq, ip + (v4 ? 12 : 8), ip + (v4 ? 16 : 24), v4 ? 4 : 16, get_be16(h), get_be16(h + 2),
			      get_be32(h + 4), get_be32(h + 8), h[13] & SYN);
}

/*
 * Text protocols that no file of ours decodes yet, and the pieces of messages
 * that do not start here: known by the port alone, shown by their first line if
 * that is a command ("USER x"), a reply ("220 hello") or a version ("SSH-2.0").
 */
static const struct text_port {
	uint16_t port;
	bool silent;  /* says nothing of what is no line */
	bool replies; /* a line may start with a three-digit code */
	char name[5];
} text_ports[] = {
	{ 21, false, true, "FTP" }, { 22, true, false, "SSH" }, { 25, false, true, "SMTP" }, { 80, false, false, "HTTP" },
	{ 554, false, false, "RTSP" }, { 8080, false, false, "HTTP" }, { 8554, false, false, "RTSP" },
};

static const struct text_port *text_port(unsigned sport, unsigned dport)
{
	for (size_t i = 0; i < sizeof(text_ports) / sizeof(*text_ports); i++)
		if (text_ports[i].port == sport || text_ports[i].port == dport)
			return &text_ports[i];
	return NULL;
}

/* Length of the first line if it is worth showing, else 0. */
static size_t command_line(struct cursor c, const struct text_port *port)
{
	size_t len = 0, word = 0, name_len = strlen(port->name), left = cursor_left(&c);

	while (word < left && c.pos[word] >= 'A' && c.pos[word] <= 'Z')
		word++;
	if (word == 0 && port->replies)
		while (word < left && word < 3 && c.pos[word] >= '0' && c.pos[word] <= '9')
			word++;
	if (word < 3 || word == left || word > 20)
		return 0;
	if (c.pos[word] != ' ' && c.pos[word] != '-' && c.pos[word] != '\r' &&
	    (word != name_len || memcmp(c.pos, port->name, word) || c.pos[word] != '/'))
		return 0;
	while (len < left && c.pos[len] >= ' ' && c.pos[len] < 0x7f)
		len++;
	return len < left && c.pos[len] != '\r' && c.pos[len] != '\n' ? 0 : len;
}

static void put_by_port(struct outbuf *o, const struct packet *p, const struct layer *l, const uint8_t *h)
{
	const struct text_port *port = text_port(get_be16(h), get_be16(h + 2));
	struct cursor c = packet_payload(p, l);
	size_t len;

	if (!port)
		return;
	len = command_line(c, port);
	if (!len && port->silent)
		return;
	outbuf_bytes(o, ": ", 2);
	outbuf_str(o, port->name);
	if (len) {
		outbuf_bytes(o, ": ", 2);
		outbuf_bytes(o, c.pos, len);
		if (len == cursor_left(&c) && c.snapped)
			outbuf_str(o, " [|text]");
	}
}

/* Protocols on TCP write what joins them to the line themselves (" 12345+ A? ...", ": HTTP: GET / ...", nothing). */
static void put_payload(struct outbuf *o, const struct packet *p, const struct layer *l, const uint8_t *h)
{
	const struct layer *next = summary_next(p, l);

	if (!next)
		summary_payload_cut(o, p, l, CLAIM_TCP_PORT, get_be16(h), get_be16(h + 2));
	if (!next || !protocols[next->proto]->summary)
		put_by_port(o, p, l, h);
}

/* The segment's length by the IP header, also where the frame is shorter than that says: what tcpdump counts with. */
static uint32_t segment_len(const struct packet *p, const struct layer *l)
{
	const uint8_t *ip = layer_at(p, l - 1);
	uint32_t len = l->wire_end - l->off, promised = 0;

	if (l[-1].result != DECODE_MALFORMED)
		return len;
	if (l[-1].proto == PROTO_ip)
		promised = get_be16(ip + 2);
	else if (l[-1].proto == PROTO_ipv6)
		promised = get_be16(ip + 4) + 40u;
	return promised > l[-1].hlen + len ? promised - l[-1].hlen : len;
}

void tcp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h), hlen, wire = segment_len(p, l), length, seq, ack;
	struct seq_base base;

	if (n < 4) {
		const struct layer *net = summary_network(p, l);

		if (net)
			summary_addresses(o, p, net);
		outbuf_char(o, ':');
		return;
	}
	summary_ports(o, p, l, 6, get_be16(h), get_be16(h + 2));
	if (n < TCP_HEADER)
		return;
	hlen = (h[12] >> 4) * 4u;
	if (hlen < TCP_HEADER) {
		outbuf_printf(o, " tcp %d [bad hdr length %u - too short, < %d]", (int)(wire - hlen), hlen, TCP_HEADER);
		return;
	}
	if (s->quiet)
		outbuf_printf(o, "tcp %d", (int)(wire - hlen));
	else
		put_flags(o, (h[12] & 1u) << 8 | h[13]);
	if (hlen > wire)
		outbuf_printf(o, " [bad hdr length %u - too long, > %u]", hlen, wire);
	if (s->quiet || hlen > wire)
		return;
	length = wire - hlen;
	if (s->verbose && !s->no_checksums)
		put_tcp_checksum(o, p, l, h);
	base = base_of(s, p, l, h);
	seq = get_be32(h + 4);
	ack = get_be32(h + 8);
	if (base.known) {
		seq -= base.own;
		ack -= base.other;
	}
	if (s->verbose > 1 || length || h[13] & (SYN | FIN | RST)) {
		put_number(o, ", seq ", seq);
		if (length)
			put_number(o, ":", seq + length);
	}
	if (h[13] & ACK)
		put_number(o, ", ack ", ack);
	put_number(o, ", win ", get_be16(h + 14));
	if (h[13] & URG)
		put_number(o, ", urg ", get_be16(h + 18));
	if (hlen > TCP_HEADER) {
		uint32_t kept = n < hlen ? n : hlen;
		enum options_end end = put_options(o, cursor_over(h + TCP_HEADER, kept - TCP_HEADER, n < hlen),
						   hlen - TCP_HEADER, base.other, h[13]);

		if (end == OPTIONS_BAD)
			outbuf_str(o, "[bad opt]");
		if (end != OPTIONS_WHOLE || kept < hlen)
			return;
	}
	put_number(o, ", length ", length);
	if (length && !(h[13] & RST))
		put_payload(o, p, l, h);
}

/* ---- UDP ---------------------------------------------------------------------------- */

static void put_udp_checksum(struct outbuf *o, const struct packet *p, const struct layer *l, const uint8_t *h)
{
	uint16_t sum;

	if (!get_be16(h + 6)) {
		outbuf_str(o, "[no cksum] ");
	} else if (checksum_transport(p, l, 17, &sum)) {
		if (sum)
			outbuf_printf(o, "[bad udp cksum 0x%04x -> 0x%04x!] ", get_be16(h + 6),
				      checksum_should_be(get_be16(h + 6), sum));
		else
			outbuf_str(o, "[udp sum ok] ");
	}
}

void udp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const struct layer *net = summary_network(p, l), *next = summary_next(p, l);
	struct outbuf *o = s->out;
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h), len;

	if (n < 4) {
		if (net)
			summary_addresses(o, p, net);
		outbuf_bytes(o, ": ", 2);
		return;
	}
	summary_ports(o, p, l, 17, get_be16(h), get_be16(h + 2));
	if (n < UDP_HEADER)
		return;
	len = get_be16(h + 4);
	if (len && len < UDP_HEADER) {
		put_number(o, "truncated-udplength ", len);
		return;
	}
	if (!len)
		len = l->wire_end - l->off;
	/* tcpdump's own habit: of IPv4 the checksum is worth one more -v */
	if (!s->no_checksums && (s->verbose > 1 || (s->verbose && net && net->proto == PROTO_ipv6)))
		put_udp_checksum(o, p, l, h);
	if (next && protocols[next->proto]->summary && !s->quiet)
		return;
	if (l->result == DECODE_MALFORMED && len > l->wire_end - l->off) {
		put_number(o, "UDP, bad length ", len - UDP_HEADER);
		put_number(o, " > ", l->wire_end - l->off - UDP_HEADER);
		return;
	}
	put_number(o, "UDP, length ", len - UDP_HEADER);
	if (!next && !s->quiet)
		summary_payload_cut(o, p, l, CLAIM_UDP_PORT, get_be16(h), get_be16(h + 2));
}
