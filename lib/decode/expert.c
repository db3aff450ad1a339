/* SPDX-License-Identifier: MIT */
/*
 * The table of what an expert would point at, and how it is asked.
 *
 *	for each layer, from the outside in      for each rule of its protocol      does it hold?
 *
 * A row says all: whose layer, what must hold (a function, and a number for those that differ by one only), how bad it is,
 * what it is about, the colour, and Wireshark's words, in which % stands for what the function found. A row without a
 * severity is there for its colour alone.
 */
#include "decode/expert.h"
#include "decode/protocol.h"

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };
enum { HOP_BY_HOP = 0, IGMP = 2, NO_NEXT_HEADER = 59, PIM = 103 }; /* IP protocols */
enum { TCP_HEADER = 20, UDP_HEADER = 8, MESSAGE_MAX = 512 };

struct rule;
/* What stands for the % of a message. */
struct found {
	uint64_t number[2];
	unsigned numbers;
	const uint8_t *text;
	uint32_t len;
};

/* Does it hold for this layer, of which `n` bytes are at `h`? */
typedef bool holds_fn(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		      struct found *found);

struct rule {
	holds_fn *holds;
	const char *message;
	uint32_t arg;
	uint8_t proto;
	uint8_t severity; /* enum expert_severity >> 20; 0: nothing to say */
	uint8_t group;    /* enum expert_group */
	uint8_t colour;   /* enum expert_colour, if it holds for the packet alone */
};

static void find_number(struct found *f, uint64_t number)
{
	f->number[f->numbers++] = number;
}

/* ---- Ethernet and IP -------------------------------------------------------------------- */

static bool from_group(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		       struct found *found)
{
	(void)p;
	(void)l;
	(void)r;
	(void)found;
	return n >= 12 && h[6] & 1;
}

/* 224.0.0.0/24 is never forwarded: most protocols there send with a TTL of 1 and some, to be sure of it, with 255. */
static unsigned local_ttl(unsigned last_octet)
{
	return last_octet == 18 || last_octet == 102 || last_octet == 251 ? 255 : 1;
}

static bool is_local_group(const uint8_t *ip)
{
	return get_be32(ip + 16) >> 8 == 0xe00000;
}

static bool ttl_of_group(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
			 struct found *found)
{
	(void)p;
	(void)l;
	(void)r;
	if (n < 20 || !is_local_group(h) || h[8] == local_ttl(h[19]) || h[9] == IGMP)
		return false;
	find_number(found, local_ttl(h[19]));
	return true;
}

static bool ttl_low(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		    struct found *found)
{
	(void)p;
	(void)l;
	if (n < 20 || h[0] >> 4 != 4 || h[8] >= r->arg || h[16] >> 4 == 14 || h[9] == PIM)
		return false;
	find_number(found, h[8]);
	return true;
}

/* Also asked by malformed(), as this is said in other words. */
static bool ip_too_long(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
			struct found *found)
{
	(void)p;
	(void)r;
	if (n < 20 || l->result != DECODE_MALFORMED || h[0] >> 4 != 4 || get_be16(h + 2) <= l->wire_end - l->off)
		return false;
	find_number(found, l->wire_end - l->off);
	return true;
}

static bool bogus_version(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
			  struct found *found)
{
	(void)p;
	(void)l;
	(void)found;
	return n && h[0] >> 4 != r->arg;
}

static bool ipv6_no_length(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
			   struct found *found)
{
	(void)p;
	(void)l;
	(void)r;
	(void)found;
	return n >= 40 && h[0] >> 4 == 6 && !get_be16(h + 4) && h[6] != HOP_BY_HOP && h[6] != NO_NEXT_HEADER;
}

static bool traceroute(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		       struct found *found)
{
	enum { FIRST = 33434, LAST = FIRST + 90, PER_HOP = 3 };
	unsigned port = n >= UDP_HEADER ? get_be16(h + 2) : 0;

	(void)p;
	(void)l;
	(void)r;
	if (port <= FIRST || port > LAST)
		return false;
	find_number(found, (port - FIRST - 1) / PER_HOP + 1);
	find_number(found, (port - FIRST - 1) % PER_HOP + 1);
	return true;
}

/* arg: the type of an ICMP or ICMPv6 message */
static bool icmp_type(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		      struct found *found)
{
	(void)p;
	(void)l;
	(void)found;
	return n && h[0] == r->arg;
}

/* ---- TCP ----------------------------------------------------------------------------------- */

static const struct tcp_analysis *analysis_of(const struct packet *p, const struct layer *l)
{
	return p->analysed && l == &p->layers[p->analysed] ? &p->analysis : NULL;
}

/* arg: which of SYN and ACK must be set, and which flags must not */
#define FLAGS(set, clear) ((set) | (clear) << 8)
static bool flags_are(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		      struct found *found)
{
	(void)found;
	return n >= TCP_HEADER && (h[13] & r->arg & 0xff) == (r->arg & 0xff) && !(h[13] & r->arg >> 8) && !layer_quoted(p, l);
}

static bool connects(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		     struct found *found)
{
	if (!flags_are(p, l, r, h, n, found))
		return false;
	find_number(found, get_be16(h + (h[13] & ACK ? 0 : 2)));
	return true;
}

/* arg: does its sender begin to close the connection? */
static bool closes(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		   struct found *found)
{
	const struct tcp_analysis *a = analysis_of(p, l);

	(void)found;
	return a && n >= TCP_HEADER && h[13] & FIN && a->closes_first == r->arg;
}

static bool ack_without_flag(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
			     struct found *found)
{
	(void)r;
	(void)found;
	return n >= TCP_HEADER && !(h[13] & ACK) && get_be32(h + 8) && !layer_quoted(p, l);
}

/* RFC 2883: the first block is of what was acknowledged already, or lies within the second. */
static bool dsack(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		  struct found *found)
{
	enum { OPT_SACK = 5 };
	uint32_t hlen = n >= TCP_HEADER ? (h[12] >> 4) * 4u : 0;
	struct cursor c = cursor_over(h + TCP_HEADER, hlen > TCP_HEADER && hlen <= n ? hlen - TCP_HEADER : 0, false);
	struct cursor_option o;

	(void)p;
	(void)l;
	(void)r;
	(void)found;
	while (cursor_option(&c, &o)) {
		uint32_t left, right;

		if (o.kind != OPT_SACK || cursor_left(&o.body) < 8)
			continue;
		left = cursor_be32(&o.body);
		right = cursor_be32(&o.body);
		if ((int32_t)(left - get_be32(h + 8)) < 0)
			return true;
		return cursor_left(&o.body) >= 8 && (int32_t)(left - cursor_be32(&o.body)) >= 0 &&
		       (int32_t)(right - cursor_be32(&o.body)) <= 0;
	}
	return false;
}

/* arg: enum tcp_verdict */
static bool verdict(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		    struct found *found)
{
	const struct tcp_analysis *a = analysis_of(p, l);

	(void)h;
	(void)n;
	if (!a || !(a->verdicts & r->arg))
		return false;
	find_number(found, r->arg == TCP_DUPLICATE_ACK ? a->duplicate_ack_num : 0);
	return true;
}

/* The header alone tells. */
static bool window_closed(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
			  struct found *found)
{
	const struct tcp_analysis *a = analysis_of(p, l);

	return flags_are(p, l, r, h, n, found) && !get_be16(h + 14) && (!a || a->verdicts & TCP_ZERO_WINDOW);
}

/* ---- applications ---------------------------------------------------------------------------- */

/* arg: enum reply_kind */
static bool reply_is(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		     struct found *found)
{
	const struct reply *reply = layer_reply(p, l);

	(void)h;
	(void)n;
	if (!reply || reply->kind != r->arg)
		return false;
	find_number(found, reply->frame);
	return true;
}

static bool dns_rcode(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		      struct found *found)
{
	(void)p;
	(void)l;
	(void)found;
	return n >= 4 && h[2] & 0x80 && (h[3] & 15) == r->arg;
}

/* The first line of a request or response; its end goes with it. */
static bool http_line(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
		      struct found *found)
{
	const uint8_t *end;

	(void)p;
	(void)r;
	if (!l->aux[0])
		return false; /* the rest of a message */
	for (; n && (*h == '\r' || *h == '\n'); n--)
		h++;
	end = n ? memchr(h, '\n', n) : NULL;
	found->text = h;
	found->len = end ? (uint32_t)(end - h) + 1 : n;
	return n;
}

/* "HTTP/1.1 404" */
static bool http_failed(const struct packet *p, const struct layer *l, const struct rule *r, const uint8_t *h, uint32_t n,
			struct found *found)
{
	return http_line(p, l, r, h, n, found) && found->len >= 12 && !memcmp(found->text, "HTTP/1.", 7) &&
	       (found->text[9] == '4' || found->text[9] == '5');
}

/* ---- the frame --------------------------------------------------------------------------------- */

static bool malformed(const struct packet *p, const struct layer *frame, const struct rule *r, const uint8_t *h, uint32_t n,
		      struct found *found)
{
	(void)frame;
	(void)r;
	(void)h;
	(void)n;
	if (p->result != DECODE_MALFORMED)
		return false;
	for (unsigned i = 1; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		struct found other = { .numbers = 0 };
		const uint8_t *bytes;
		uint32_t kept = packet_bytes(p, l, &bytes);

		if (l->result != DECODE_MALFORMED || layer_quoted(p, l))
			continue;
		if (l->proto == PROTO_ip && kept && (ip_too_long(p, l, r, bytes, kept, &other) || bytes[0] >> 4 != 4))
			continue;
		if (l->proto == PROTO_ipv6 && kept && bytes[0] >> 4 != 6)
			continue;
		return true;
	}
	(void)found;
	return false;
}

/* ---- the table ------------------------------------------------------------------------------------ */

enum { COLOUR_ONLY, CHAT = EXPERT_CHAT >> 20, NOTE = EXPERT_NOTE >> 20, WARNING = EXPERT_WARNING >> 20, ERROR = EXPERT_ERROR >> 20 };

/* Of one protocol in the order in which Wireshark says it. */
static const struct rule rules[] = {
	{ from_group, "Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)", 0, PROTO_eth, WARNING,
	  EXPERT_PROTOCOL, 0 },
	{ bogus_version, "Bogus IPv4 version", 4, PROTO_ip, ERROR, EXPERT_PROTOCOL, EXPERT_RED },
	{ bogus_version, "Bogus IPv6 version", 6, PROTO_ipv6, ERROR, EXPERT_MALFORMED, EXPERT_RED },
	{ ipv6_no_length, "IPv6 payload length equals 0 (maybe because of \"TCP segmentation offload\" (TSO))", 0, PROTO_ipv6, CHAT,
	  EXPERT_PROTOCOL, 0 },
	{ ip_too_long, "IPv4 total length exceeds packet length (% bytes)", 0, PROTO_ip, ERROR, EXPERT_PROTOCOL, EXPERT_RED },
	{ ttl_of_group, "\"Time To Live\" != % for a packet sent to the Local Network Control Block (see RFC 3171)", 0, PROTO_ip,
	  NOTE, EXPERT_SEQUENCE, 0 },
	{ ttl_low, "\"Time To Live\" only %", 5, PROTO_ip, NOTE, EXPERT_SEQUENCE, 0 },
	{ traceroute, "Possible traceroute: hop #%, attempt #%", 0, PROTO_udp, CHAT, EXPERT_SEQUENCE, 0 },
	{ icmp_type, NULL, 3, PROTO_icmp, COLOUR_ONLY, 0, EXPERT_YELLOW },
	{ icmp_type, NULL, 1, PROTO_icmpv6, COLOUR_ONLY, 0, EXPERT_YELLOW },
	{ ack_without_flag, "The acknowledgment number field is nonzero while the ACK flag is not set", 0, PROTO_tcp, NOTE,
	  EXPERT_PROTOCOL, 0 },
	{ flags_are, "Connection reset (RST)", FLAGS(RST, 0), PROTO_tcp, WARNING, EXPERT_SEQUENCE, EXPERT_RED },
	{ connects, "Connection establish request (SYN): server port %", FLAGS(SYN, ACK), PROTO_tcp, CHAT, EXPERT_SEQUENCE, 0 },
	{ connects, "Connection establish acknowledge (SYN+ACK): server port %", FLAGS(SYN | ACK, 0), PROTO_tcp, CHAT,
	  EXPERT_SEQUENCE, 0 },
	{ flags_are, "Connection finish (FIN)", FLAGS(FIN, 0), PROTO_tcp, CHAT, EXPERT_SEQUENCE, EXPERT_CYAN },
	{ closes, "This frame initiates the connection closing", true, PROTO_tcp, NOTE, EXPERT_SEQUENCE, 0 },
	{ closes, "This frame undergoes the connection closing", false, PROTO_tcp, NOTE, EXPERT_SEQUENCE, 0 },
	{ dsack, "D-SACK Sequence", 0, PROTO_tcp, WARNING, EXPERT_SEQUENCE, 0 },
#define VERDICT(v, message, severity) { verdict, message, v, PROTO_tcp, severity, EXPERT_SEQUENCE, 0 }
	VERDICT(TCP_SPURIOUS_RETRANSMISSION, "This frame is a (suspected) spurious retransmission", NOTE),
	VERDICT(TCP_FAST_RETRANSMISSION, "This frame is a (suspected) fast retransmission", NOTE),
	VERDICT(TCP_RETRANSMISSION, "This frame is a (suspected) retransmission", NOTE),
	VERDICT(TCP_OUT_OF_ORDER, "This frame is a (suspected) out-of-order segment", WARNING),
	VERDICT(TCP_REUSED_PORTS, "A new tcp session is started with the same ports as an earlier session in this trace", NOTE),
	VERDICT(TCP_LOST_SEGMENT, "Previous segment(s) not captured (common at capture start)", WARNING),
	VERDICT(TCP_ACK_LOST_SEGMENT, "ACKed segment that wasn't captured (common at capture start)", WARNING),
	VERDICT(TCP_WINDOW_UPDATE, "TCP window update", CHAT),
	VERDICT(TCP_WINDOW_FULL, "TCP window specified by the receiver is now completely full", WARNING),
	VERDICT(TCP_KEEP_ALIVE, "TCP keep-alive segment", NOTE),
	VERDICT(TCP_KEEP_ALIVE_ACK, "ACK to a TCP keep-alive segment", NOTE),
	VERDICT(TCP_DUPLICATE_ACK, "Duplicate ACK (#%)", NOTE),
	VERDICT(TCP_ZERO_WINDOW_PROBE, "TCP Zero Window Probe", NOTE),
	{ window_closed, "TCP Zero Window segment", FLAGS(0, SYN | FIN | RST), PROTO_tcp, WARNING, EXPERT_SEQUENCE, EXPERT_YELLOW },
	VERDICT(TCP_ZERO_WINDOW_PROBE_ACK, "ACK to a TCP Zero Window Probe", NOTE),
	{ reply_is, "DNS query retransmission. Original request in frame %", REPLY_ASKS_AGAIN, PROTO_dns, WARNING, EXPERT_PROTOCOL,
	  0 },
	{ reply_is, "DNS response retransmission. Original response in frame %", REPLY_ANSWERS_AGAIN, PROTO_dns, WARNING,
	  EXPERT_PROTOCOL, 0 },
	{ dns_rcode, NULL, 3, PROTO_dns, COLOUR_ONLY, 0, EXPERT_RED },
	{ http_line, "%", 0, PROTO_http, CHAT, EXPERT_SEQUENCE, 0 },
	{ http_failed, NULL, 0, PROTO_http, COLOUR_ONLY, 0, EXPERT_YELLOW },
	{ malformed, "Malformed Packet (Exception occurred)", 0, PROTO_frame, ERROR, EXPERT_MALFORMED, EXPERT_RED },
};

enum { RULES = sizeof(rules) / sizeof(*rules) };

/* ---- asking ------------------------------------------------------------------------------------- */

/* One line, whatever the packet says. */
static void put_message(struct outbuf *o, const char *message, const struct found *f)
{
	unsigned number = 0;

	for (; *message; message++) {
		if (*message != '%')
			outbuf_char(o, *message);
		else if (f->text)
			outbuf_escaped(o, f->text, f->len);
		else
			outbuf_u64(o, f->number[number++]);
	}
}

static bool rule_holds(const struct packet *p, const struct layer *l, const struct rule *r, struct found *found)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	return r->holds(p, l, r, h, n, found);
}

static bool try_layer(const struct packet *p, const struct layer *l, expert_each_fn *each, void *user)
{
	char message[MESSAGE_MAX];

	for (const struct rule *r = rules; r < rules + RULES; r++) {
		struct found found = { .numbers = 0 };
		struct expert e = { .severity = (uint32_t)r->severity << 20, .group = (uint32_t)r->group << EXPERT_GROUP_SHIFT };
		struct outbuf o;

		if (!r->severity || !field_carried(l->proto, r->proto) || !rule_holds(p, l, r, &found))
			continue;
		outbuf_fixed(&o, message, sizeof(message));
		put_message(&o, r->message, &found);
		e.message = message;
		e.len = (uint32_t)outbuf_len(&o);
		if (!each(user, &e))
			return false;
	}
	return true;
}

/* What people wrote about the packet (pcapng, opt_comment). */
static bool try_comments(const struct frame *f, expert_each_fn *each, void *user)
{
	enum { OPT_END = 0, OPT_COMMENT = 1 };
	struct cursor c = cursor_over(f->options, f->options ? f->options_len : 0, false);
	struct expert e = { .severity = EXPERT_COMMENT, .group = EXPERT_COMMENTS << EXPERT_GROUP_SHIFT };
	const uint8_t *h, *text;

	while ((h = cursor_take(&c, 4))) {
		uint16_t code, len;

		memcpy(&code, h, 2);
		memcpy(&len, h + 2, 2);
		if (f->foreign_order) {
			code = __builtin_bswap16(code);
			len = __builtin_bswap16(len);
		}
		text = code == OPT_END ? NULL : cursor_take(&c, (len + 3u) & ~3u);
		if (!text)
			return true;
		if (code != OPT_COMMENT)
			continue;
		e.message = (const char *)text;
		e.len = (uint32_t)strnlen(e.message, len);
		if (!each(user, &e))
			return false;
	}
	return true;
}

void expert_each(const struct packet *p, expert_each_fn *each, void *user)
{
	if (!try_comments(p->frame, each, user))
		return;
	for (unsigned i = 1; i < p->nlayers; i++)
		if (!try_layer(p, &p->layers[i], each, user))
			return;
	try_layer(p, &p->layers[0], each, user); /* what is said of the whole packet comes last */
}

enum expert_colour packet_colour(const struct packet *p)
{
	uint8_t colour = EXPERT_PLAIN;

	for (const struct rule *r = rules; r < rules + RULES; r++) {
		if (r->colour <= colour)
			continue;
		for (unsigned i = 0; i < p->nlayers; i++) {
			struct found found = { .numbers = 0 };

			if (field_carried(p->layers[i].proto, r->proto) && rule_holds(p, &p->layers[i], r, &found)) {
				colour = r->colour;
				break;
			}
		}
	}
	return colour;
}

void decoder_want_expert(struct decoder *d)
{
	const struct field *f = field_find("_ws.expert", sizeof("_ws.expert") - 1);

	if (f)
		decoder_want_field(d, f);
}
