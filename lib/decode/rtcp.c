/* SPDX-License-Identifier: MIT */
/*
 * RTP control protocol: several packets in a datagram, whose lengths must fill it exactly. That makes them certain enough
 * to be found on any odd port. RFC 3550 section 6, RFC 4585.
 *
 *	|V 2|P|count 5|packet type 8|words - 1 16|sender 32| ...
 *	sender report 200: |NTP 64|RTP time 32|packets 32|octets 32| count * report block
 *	receiver report 201: count * report block |source 32|lost 8|lost 24|highest 32|jitter 32|last SR 32|delay 32|
 */
#include "decode/expect.h"
#include "decode/service.h"

enum {
	VERSION, PADDING, COUNT_RC, COUNT_SC, FORMAT, TYPE, LENGTH, SENDER, NTP_MSW, NTP_LSW, RTP_TIME, PACKETS, OCTETS, SOURCE, FRACTION, LOST,
	HIGHEST, JITTER, LAST_SR, DELAY, SDES_TYPE, SDES_LENGTH, SDES_TEXT
};
enum { SR = 200, RR, SDES, BYE, APP, RTPFB, PSFB, XR, BLOCK = 24 };

static bool chain_fits(struct cursor c, uint32_t wire)
{
	const uint8_t *h = cursor_peek(&c, 4);
	bool first = true;

	if (!h || cursor_left(&c) != wire)
		return false;
	for (; (h = cursor_take(&c, 4)); first = false)
		if (h[0] >> 6 != 2 || h[1] < (first ? SR : 192) || h[1] > (first ? XR : 223) || !cursor_skip(&c, get_be16(h + 2) * 4u))
			return false;
	return !cursor_left(&c);
}

static bool rtcp_detect(const struct decode *d, const struct cursor *payload)
{
	const struct layer *udp = &d->p->layers[d->p->nlayers - 1];
	const uint8_t *ports = layer_at(d->p, udp);

	return chain_fits(*payload, d->wire_left) &&
	       ((get_be16(ports) | get_be16(ports + 2)) & 1 ||
		decode_expected(d, CLAIM_UDP_PORT, get_be16(ports), get_be16(ports + 2)) == PROTO_rtp);
}

static enum decode_result rtcp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, 4);

	if (!h || !decode_take(d, get_be16(h + 2) * 4u))
		return cursor_short(&d->c);
	l->wire_end = (uint32_t)(d->c.pos - d->p->source[l->source].data);
	if (cursor_left(&d->c) && *d->c.pos >> 6 == 2)
		d->next = PROTO_rtcp;
	return DECODE_OK;
}

static void walk_blocks(struct walk *w, struct cursor *c, unsigned n)
{
	for (const uint8_t *b; n && (b = cursor_take(c, BLOCK)); n--) {
		walk_uint(w, SOURCE, get_be32(b));
		walk_uint(w, FRACTION, b[4]);
		walk_uint(w, LOST, get_be24(b + 5));
		walk_uint(w, HIGHEST, get_be16(b + 10));
		walk_uint(w, JITTER, get_be32(b + 12));
		walk_uint(w, LAST_SR, get_be32(b + 16));
		walk_uint(w, DELAY, get_be32(b + 20));
	}
}

static void walk_descriptions(struct walk *w, struct cursor *c, unsigned n)
{
	for (; n && cursor_left(c) >= 4; n--) {
		const uint8_t *start = c->pos;

		walk_uint(w, SOURCE, cursor_be32(c));
		for (unsigned type; cursor_left(c);) {
			unsigned len;
			const uint8_t *text;

			type = cursor_u8(c);
			walk_uint(w, SDES_TYPE, type);
			if (!type)
				break;
			len = cursor_u8(c);
			text = cursor_take(c, len);
			walk_uint(w, SDES_LENGTH, len);
			if (text)
				walk_bytes(w, SDES_TEXT, text, len);
		}
		cursor_skip(c, -(size_t)(c->pos - start) & 3);
	}
}

static void rtcp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, 4), *b;
	unsigned n;

	if (!h)
		return;
	n = h[0] & 31;
	walk_uint(w, h[1] == SDES || h[1] == BYE ? COUNT_SC : h[1] == RTPFB || h[1] == PSFB ? FORMAT : COUNT_RC, n);
	walk_uint(w, TYPE, h[1]);
	walk_uint(w, LENGTH, get_be16(h + 2));
	if (h[1] == SDES) {
		walk_descriptions(w, &c, n);
		return;
	}
	if (cursor_left(&c) < 4)
		return;
	for (unsigned i = 0; i < (h[1] == BYE ? n : 1) && cursor_left(&c) >= 4; i++)
		walk_uint(w, h[1] == BYE ? SOURCE : SENDER, cursor_be32(&c));
	if (h[1] == SR && (b = cursor_take(&c, 20))) {
		walk_uint(w, NTP_MSW, get_be32(b));
		walk_uint(w, NTP_LSW, get_be32(b + 4));
		walk_uint(w, RTP_TIME, get_be32(b + 8));
		walk_uint(w, PACKETS, get_be32(b + 12));
		walk_uint(w, OCTETS, get_be32(b + 16));
	}
	if (h[1] == SR || h[1] == RR)
		walk_blocks(w, &c, n);
}

static void rtcp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(names, (SR, "sender report"), (RR, "receiver report"), (SDES, "description"), (BYE, "goodbye"),
		(APP, "application"), (RTPFB, "transport feedback"), (PSFB, "payload feedback"), (XR, "extended report"));
	const uint8_t *h;
	const char *name;

	if (l[-1].proto == PROTO_rtcp)
		outbuf_str(s->out, ",");
	else
		service_begin(s, p, l, "RTCP");
	if (packet_bytes(p, l, &h) < 2)
		return;
	name = named_value(&names, h[1]);
	outbuf_char(s->out, ' ');
	outbuf_str(s->out, name ? name : "type ");
	if (!name)
		outbuf_u64(s->out, h[1]);
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define HEX32(n, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 8)
FIELD_TABLE(rtcp_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "rtcp.version", 0, 1, 0xc0, "Version")),
	(PADDING, FIELD_BITS(FIELD_BOOL, "rtcp.padding", 0, 1, 0x20, "Padded")),
	(COUNT_RC, UINT("rtcp.rc", "Report blocks")),
	(COUNT_SC, UINT("rtcp.sc", "Sources")),
	(FORMAT, UINT("rtcp.rtpfb.fmt", "Kind of feedback")),
	(TYPE, UINT("rtcp.pt", "Packet type")),
	(LENGTH, UINT("rtcp.length", "Words less one")),
	(SENDER, HEX32("rtcp.senderssrc", "Sender")),
	(NTP_MSW, UINT("rtcp.timestamp.ntp.msw", "Time of day, seconds since 1900")),
	(NTP_LSW, UINT("rtcp.timestamp.ntp.lsw", "Time of day, fraction")),
	(RTP_TIME, UINT("rtcp.timestamp.rtp", "The same time in the units of RTP")),
	(PACKETS, UINT("rtcp.sender.packetcount", "Packets sent")),
	(OCTETS, UINT("rtcp.sender.octetcount", "Bytes sent")),
	(SOURCE, HEX32("rtcp.ssrc.identifier", "Source")),
	(FRACTION, UINT("rtcp.ssrc.fraction", "Lost lately, of 256")),
	(LOST, UINT("rtcp.ssrc.cum_nr", "Lost in all")),
	(HIGHEST, UINT("rtcp.ssrc.high_seq", "Highest sequence number")),
	(JITTER, UINT("rtcp.ssrc.jitter", "Jitter")),
	(LAST_SR, UINT("rtcp.ssrc.lsr", "Last sender report")),
	(DELAY, UINT("rtcp.ssrc.dlsr", "Delay since then")),
	(SDES_TYPE, UINT("rtcp.sdes.type", "Kind of description")),
	(SDES_LENGTH, UINT("rtcp.sdes.length", "Length of the description")),
	(SDES_TEXT, FIELD_WALK(FIELD_STRING, "rtcp.sdes.text", "Description"))
);

const struct protocol proto_rtcp = {
	.name = "rtcp",
	.column = "RTCP",
	.title = "RTP Control Protocol",
	.reference = "RFC 3550, RFC 4585",
	.application = true,
	.decode = rtcp_decode,
	.detect = rtcp_detect,
	.detect_on = 1 << CLAIM_UDP_PORT,
	DETECT_FIRST("\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b"
		     "\x9c\x9d\x9e\x9f"),
	PROTOCOL_WALK(rtcp_walk),
	.summary = rtcp_summary,
	PROTOCOL_FIELDS(rtcp_fields),
};
