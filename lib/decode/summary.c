/* SPDX-License-Identifier: MIT */
/*
 * One line for people, in the words of tcpdump -nn, which is what they know:
 *
 *	IP 10.0.0.1.443 > 10.0.0.2.5555: Flags [P.], seq 1:100, ack 1, win 501, length 99
 *	^^ip^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^tcp
 *
 * Each layer writes its part. A line ends with " [|tcp]" where the snaplen cut
 * the named layer, and with " [malformed: ip]" where it contradicts itself.
 * What no protocol of ours claims is shown in hexadecimal, as tcpdump does.
 */
#include "summary.h"

enum { DUMP_LINE = 16 };

const struct layer *summary_network(const struct packet *p, const struct layer *l)
{
	while (--l > p->layers)
		if (l->proto == PROTO_ip || l->proto == PROTO_ipv6)
			return l;
	return NULL;
}

const struct layer *summary_next(const struct packet *p, const struct layer *l)
{
	return ++l < p->layers + p->nlayers ? l : NULL;
}

uint32_t summary_outer_len(const struct packet *p, const struct layer *l)
{
	uint32_t end = l > p->layers ? l[-1].wire_end : l->wire_end;

	return end > l->off ? end - l->off : 0;
}

void summary_addresses(struct outbuf *o, const struct packet *p, const struct layer *net)
{
	const uint8_t *h = layer_at(p, net);

	if (net->proto == PROTO_ip) {
		outbuf_ipv4(o, h + 12);
		outbuf_bytes(o, " > ", 3);
		outbuf_ipv4(o, h + 16);
	} else {
		outbuf_ipv6(o, h + 8);
		outbuf_bytes(o, " > ", 3);
		outbuf_ipv6(o, h + 24);
	}
}

/* True if the IP header itself names `number`: then no extension header stood in between. */
static bool directly(const struct packet *p, const struct layer *net, unsigned number)
{
	return layer_at(p, net)[net->proto == PROTO_ip ? 9 : 6] == number;
}

void summary_ports(struct outbuf *o, const struct packet *p, const struct layer *l, unsigned number, unsigned sport,
		   unsigned dport)
{
	const struct layer *net = summary_network(p, l);
	const uint8_t *h;

	if (!net || !directly(p, net, number)) {
		outbuf_u64(o, sport);
		outbuf_bytes(o, " > ", 3);
	} else {
		bool v4 = net->proto == PROTO_ip;

		h = layer_at(p, net);
		v4 ? outbuf_ipv4(o, h + 12) : outbuf_ipv6(o, h + 8);
		outbuf_char(o, '.');
		outbuf_u64(o, sport);
		outbuf_bytes(o, " > ", 3);
		v4 ? outbuf_ipv4(o, h + 16) : outbuf_ipv6(o, h + 24);
		outbuf_char(o, '.');
	}
	outbuf_u64(o, dport);
	outbuf_bytes(o, ": ", 2);
}

/* ---- checksums --------------------------------------------------------------------- */

uint32_t checksum_add(uint32_t sum, const uint8_t *bytes, uint32_t len)
{
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get_be16(bytes + i);
	if (len & 1)
		sum += (uint32_t)bytes[len - 1] << 8;
	return sum;
}

uint16_t checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t checksum_should_be(uint16_t field, uint16_t sum)
{
	uint32_t v = (uint32_t)field + sum;

	v = (v & 0xffff) + (v >> 16);
	return (uint16_t)v ? (uint16_t)v : 0xffff;
}

bool checksum_transport(const struct packet *p, const struct layer *l, unsigned number, uint16_t *sum)
{
	const struct layer *net = summary_network(p, l);
	const uint8_t *bytes, *h;
	uint32_t n, total;

	if (!net || net->result == DECODE_MALFORMED)
		return false;
	n = packet_bytes(p, l, &bytes);
	if (net->wire_end < l->off || n < net->wire_end - l->off)
		return false;
	h = layer_at(p, net);
	if (net->proto == PROTO_ip) {
		if (net->aux[0] & 0x3fff)
			return false;
		total = checksum_add(number + n, h + 12, 8);
	} else {
		if (net->aux[1] & 0xfff9 || h[6] == 43) /* of a fragment; behind a routing header `dst` is not the last */
			return false;
		total = checksum_add(number + n, h + 8, 32);
	}
	*sum = checksum_fold(checksum_add(total, bytes, n));
	return true;
}

/* ---- the line ---------------------------------------------------------------------- */

/* The name tcpdump's users know a layer by. */
static const char *mark_name(unsigned proto)
{
	switch (proto) {
	case PROTO_eth: return "ether";
	case PROTO_ipv6: return "ip6";
	case PROTO_icmpv6: return "icmp6";
	case PROTO_dns:
	case PROTO_mdns: return "domain";
	case PROTO_dhcp: return "bootp";
	case PROTO_tr: return "token-ring";
	default: return protocols[proto]->name;
	}
}

static void put_cut(struct outbuf *o, const struct layer *l)
{
	outbuf_bytes(o, " [|", 3);
	outbuf_str(o, mark_name(l->proto));
	outbuf_char(o, ']');
}

static void put_mark(struct outbuf *o, const struct layer *l)
{
	if (l->result == DECODE_TRUNCATED) {
		put_cut(o, l);
	} else if (l->result == DECODE_MALFORMED) {
		outbuf_bytes(o, " [malformed: ", 13);
		outbuf_str(o, protocols[l->proto]->name);
		outbuf_char(o, ']');
	}
}

void summary_payload_cut(struct outbuf *o, const struct packet *p, const struct layer *l, unsigned kind, unsigned sport,
			 unsigned dport)
{
	unsigned proto = decode_claimed(kind, sport < dport ? sport : dport);
	const struct packet_source *source = &p->source[l->source];

	if (packet_payload(p, l).pos < source->data + source->len || source->len >= l->wire_end)
		return;
	if (proto == PROTO_NONE)
		proto = decode_claimed(kind, sport < dport ? dport : sport);
	if (proto == PROTO_NONE || !protocols[proto]->summary || proto == PROTO_http || proto == PROTO_tls)
		return;
	outbuf_bytes(o, " [|", 3);
	outbuf_str(o, mark_name(proto));
	outbuf_char(o, ']');
}

/* Was something behind this last layer that the snaplen cut, and would we have told of it? */
static bool payload_cut(const struct packet *p, const struct layer *l)
{
	return l->result != DECODE_TRUNCATED && l->wire_end > p->source[l->source].len && l->proto != PROTO_tcp &&
	       l->proto != PROTO_udp &&
	       ((l->proto >= PROTO_ppp && l->proto < PROTO_arp) || (l->proto > PROTO_icmpv6 && l->proto < PROTO_dns));
}

/* tcpdump puts what L2TP carries in braces. */
static void close_l2tp(struct summary *s, const struct packet *p)
{
	for (unsigned i = 0; i + 1 < p->nlayers; i++)
		if (p->layers[i].proto == PROTO_l2tp && !s->quiet)
			outbuf_char(s->out, '}');
}

/* Behind this layer, the next one that the line is about: not what is in the records of an envelope. */
static unsigned next_told(const struct packet *p, unsigned i)
{
	unsigned proto = p->layers[i++].proto;

	while (protocols[proto]->envelope && i < p->nlayers && p->layers[i].proto != proto)
		i++;
	return i;
}

static void put_layers(struct summary *s, const struct packet *p, unsigned from)
{
	const struct layer *bad = NULL; /* contradicts itself, but it could be read on */

	for (unsigned i = from, next; i < p->nlayers; i = next) {
		const struct layer *l = &p->layers[i];

		next = next_told(p, i);
		if (protocols[l->proto]->summary)
			protocols[l->proto]->summary(s, p, l);
		/* an ICMP error shows the packet it quotes itself; of a quiet line the ports are the end */
		if (l->proto == PROTO_icmp || l->proto == PROTO_icmpv6 || (s->quiet && l->proto >= PROTO_tcp) ||
		    next == p->nlayers) {
			if (payload_cut(p, l))
				put_cut(s->out, l);
			put_mark(s->out, l);
			break;
		}
		if (l->result != DECODE_OK)
			bad = l;
	}
	if (proto_set_has(&p->present, PROTO_l2tp) && from == 1)
		close_l2tp(s, p);
	if (bad)
		put_mark(s->out, bad);
}

void summary_quoted(struct summary *s, const struct packet *p, const struct layer *l)
{
	bool shown = s->link_header;

	s->link_header = false;
	put_layers(s, p, (unsigned)(l - p->layers) + 1);
	s->link_header = shown;
}

void summary_unknown(struct outbuf *o, const uint8_t *data, uint32_t len)
{
	for (uint32_t at = 0; at < len; at += DUMP_LINE) {
		uint32_t n = len - at < DUMP_LINE ? len - at : DUMP_LINE, column = 0;

		outbuf_bytes(o, "\n\t0x", 4);
		outbuf_hex(o, at, at > 0xffff ? 8 : 4);
		outbuf_bytes(o, ": ", 2);
		for (uint32_t i = 0; i < n; i++) {
			if (!(i & 1)) {
				outbuf_char(o, ' ');
				column++;
			}
			outbuf_hex(o, data[at + i], 2);
			column += 2;
		}
		for (; column < 42; column++)
			outbuf_char(o, ' ');
		for (uint32_t i = 0; i < n; i++)
			outbuf_char(o, data[at + i] > ' ' && data[at + i] < 0x7f ? (char)data[at + i] : '.');
	}
}

/* Is this last layer a link's that says nothing of its content itself? */
static bool is_stranger(const struct packet *p, const struct layer *last)
{
	switch (last->proto) {
	case PROTO_ppp:
	case PROTO_pppoed:
	case PROTO_mpls:
	case PROTO_tr:
	case PROTO_juniper:
	case PROTO_radiotap:
	case PROTO_wlan:
		return false;
	case PROTO_llc:
		return last->hlen == 8; /* SNAP */
	case PROTO_chdlc:
		return last->aux[0] != 0x8035; /* SLARP */
	default:
		return last->proto < PROTO_arp && last > p->layers;
	}
}

static bool in_envelope(const struct packet *p)
{
	for (unsigned i = 0; i < p->nlayers; i++)
		if (protocols[p->layers[i].proto]->envelope)
			return true;
	return false;
}

/* A link-layer frame whose content nobody knows: its header, whether asked for or not, and its bytes. */
static void put_stranger(struct summary *s, const struct packet *p)
{
	const struct layer *last = &p->layers[p->nlayers - 1];
	struct cursor c = packet_payload(p, last);
	bool shown = s->link_header;

	if (last->result != DECODE_OK || in_envelope(p))
		return;
	s->link_header = true;
	if (!shown)
		for (unsigned i = 1; i < p->nlayers; i++)
			if (protocols[p->layers[i].proto]->summary)
				protocols[p->layers[i].proto]->summary(s, p, &p->layers[i]);
	s->link_header = shown;
	summary_unknown(s->out, c.pos, (uint32_t)cursor_left(&c));
}

void packet_summary(struct summary *s, struct packet *p)
{
	if (!p->frame->caplen) {
		outbuf_str(s->out, p->frame->wirelen ? "[|frame]" : "[empty frame]");
		return;
	}
	if (p->nlayers < 2) {
		outbuf_str(s->out, "link type ");
		outbuf_u64(s->out, p->frame->linktype);
		outbuf_str(s->out, ", length ");
		outbuf_u64(s->out, p->frame->wirelen);
		summary_unknown(s->out, p->frame->data, p->frame->caplen);
		return;
	}
	put_layers(s, p, 1);
	if (is_stranger(p, &p->layers[p->nlayers - 1]))
		put_stranger(s, p);
}
