/* SPDX-License-Identifier: MIT */
/* TCP, RFC 9293, with the options that matter: MSS, window scale (RFC 7323), SACK (RFC 2018), time stamps (RFC 7323).
 * What only the segments before it tell is in tcp_analysis.c. */
#include "decode/protocol.h"
#include "decode/tcp_analysis.h"
#include "reply.h"
#include "stream.h"
#include "summary.h"
#include "tcp.h"

enum {
	SRCPORT, DSTPORT, PORT, STREAM, LEN, SEQ_RAW, ACK_RAW, HDR_LEN, FLAGS, RES, AE, CWR, ECE, URG, ACK, PUSH, RESET, SYN, FIN,
	WINDOW, CHECKSUM, URGENT, PAYLOAD, OPTIONS, OPTION_KIND, OPTION_LEN, MSS, WSCALE, SACK_PERM, SACK_LE, SACK_RE, TSVAL, TSECR,
	MPTCP_SUBTYPE, SEQ, NXTSEQ, ACK_NUMBER, WINDOW_SIZE, SCALE, TIME_RELATIVE, TIME_DELTA, ANALYSIS, INITIAL_RTT, ACKS_FRAME, ACK_RTT,
	IN_FLIGHT, DUPLICATE_FRAME, DUPLICATE_NUM, RTO, RTO_FRAME, COMPLETENESS,
	VERDICT /* and those behind it, in no order */
};
enum { HEADER = 20 };
enum { OPT_MSS = 2, OPT_WSCALE = 3, OPT_SACK_PERM = 4, OPT_SACK = 5, OPT_TIMESTAMP = 8, OPT_MPTCP = 30 };

static enum decode_result tcp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	bool reused = false, outer;
	uint32_t hlen;

	l->aux[0] = l->aux[1] = 0xffff; /* no conversation */
	if (!h)
		return cursor_short(&d->c);
	if (d->decoder->tcp)
		reused = decode_conversation(d, l, h);
	outer = d->p->transport > 0 && d->p->layers[d->p->transport].proto == PROTO_tcp;
	if (!d->quoted)
		d->p->transport = (int8_t)(l - d->p->layers);
	if (!d->quoted && (h[13] & 0x12) == 0x02) /* SYN alone */
		reply_connection_begins(d);
	hlen = (h[12] >> 4) * 4u;
	if (hlen < HEADER)
		return DECODE_MALFORMED;
	if (hlen > HEADER && !decode_take(d, hlen - HEADER))
		return cursor_short(&d->c);
	if (d->decoder->analyzer && !d->quoted)
		tcp_analyze_layer(d, l, h, reused);
	if (decode_settled(d, l))
		return DECODE_OK;
	if (ENABLE_REASSEMBLY && d->decoder->streams && !d->quoted && !outer)
		stream_segment(d, l, h);
	else
		d->next = decode_application(d, CLAIM_TCP_PORT, get_be16(h), get_be16(h + 2));
	return DECODE_OK;
}

static bool get_len(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;
	uint32_t start;

	(void)f;
	if (l->result == DECODE_MALFORMED || packet_bytes(p, l, &h) < HEADER || layer_quoted(p, l))
		return false; /* of what somebody quotes, the length is not to be trusted */
	start = l->off + (h[12] >> 4) * 4u; /* also of a header that was cut in its options */
	v->u = l->wire_end > start ? l->wire_end - start : 0;
	return true;
}

static bool get_hdr_len(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	(void)f;
	if (packet_bytes(p, l, &h) < 13)
		return false;
	v->u = (h[12] >> 4) * 4u;
	return true;
}

static bool get_payload(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	return l->result == DECODE_OK && payload_field(p, l, f, v); /* else where it begins is not known */
}

static bool get_options(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)f;
	if (l->hlen <= HEADER)
		return false;
	v->bytes = layer_at(p, l) + HEADER;
	v->len = l->hlen - HEADER;
	return true;
}

/* `base`: what the numbers of SACK blocks count from */
static void walk_option(struct walk *w, unsigned kind, struct cursor c, uint32_t base)
{
	switch (kind) {
	case OPT_MSS:
		if (cursor_left(&c) >= 2)
			walk_uint(w, MSS, cursor_be16(&c));
		break;
	case OPT_WSCALE:
		if (cursor_left(&c) >= 1)
			walk_uint(w, WSCALE, cursor_u8(&c));
		break;
	case OPT_SACK_PERM:
		walk_uint(w, SACK_PERM, 1);
		break;
	case OPT_SACK:
		while (cursor_left(&c) >= 8) {
			walk_uint(w, SACK_LE, cursor_be32(&c) - base);
			walk_uint(w, SACK_RE, cursor_be32(&c) - base);
		}
		break;
	case OPT_MPTCP:
		if (cursor_left(&c) >= 1)
			walk_uint(w, MPTCP_SUBTYPE, cursor_u8(&c) >> 4);
		break;
	case OPT_TIMESTAMP:
		if (cursor_left(&c) >= 8) {
			walk_uint(w, TSVAL, cursor_be32(&c));
			walk_uint(w, TSECR, cursor_be32(&c));
		}
		break;
	}
}

static struct cursor options_of(const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	cursor_limit(&c, l->hlen > HEADER ? l->hlen : HEADER);
	cursor_skip(&c, HEADER);
	return c;
}

static void tcp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = options_of(p, l);
	struct cursor_option o;

	while (cursor_option(&c, &o)) {
		walk_uint(w, OPTION_KIND, o.kind);
		if (o.len >= 2)
			walk_uint(w, OPTION_LEN, o.len);
		if (o.len >= 2 && !o.body.cut)
			walk_option(w, o.kind, o.body, tcp_ack_base(p, l));
	}
}

/* With an option of Multipath TCP (RFC 8684) it is one of its subflows. */
static const char *tcp_column(const struct packet *p, const struct layer *l)
{
	struct cursor c = options_of(p, l);
	struct cursor_option o;

	while (cursor_option(&c, &o))
		if (o.kind == OPT_MPTCP)
			return "MPTCP";
	return "TCP";
}

#define FLAG(n, msk, lab) FIELD_BITS(FIELD_BOOL, n, 12, 2, msk, lab)
#define RESULT(ty, n, what, lab) \
	FIELD_HAS(n, lab, (.get = tcp_result_get), .type = ty, .shift = what, .conversation = true, .analysis = true)
#define VERDICT_FIELD(n, verdict, lab) \
	FIELD_HAS(n, lab, (.get = tcp_verdict_get), .type = FIELD_BOOL, .mask = verdict, .conversation = true, \
		.analysis = true)

FIELD_TABLE(tcp_fields,
	(SRCPORT, FIELD_FIXED(FIELD_UINT, "tcp.srcport", 0, 2, "Source port")),
	(DSTPORT, FIELD_FIXED(FIELD_UINT, "tcp.dstport", 2, 2, "Destination port")),
	(PORT, FIELD_EITHER(FIELD_UINT, "tcp.port", "Source or destination port", SRCPORT + 1, DSTPORT + 1)),
	(STREAM, FIELD_HAS("tcp.stream", "Conversation, counted from 0", (.get = conversation_field), .type = FIELD_UINT,
		.conversation = true)),
	(LEN, FIELD_GET(FIELD_UINT, "tcp.len", get_len, "Payload length")),
	(SEQ_RAW, FIELD_FIXED(FIELD_UINT, "tcp.seq_raw", 4, 4, "Sequence number")),
	(ACK_RAW, FIELD_FIXED(FIELD_UINT, "tcp.ack_raw", 8, 4, "Acknowledgment number")),
	(HDR_LEN, FIELD_GET(FIELD_UINT, "tcp.hdr_len", get_hdr_len, "Header length, bytes")),
	(FLAGS, FIELD_PLAIN("tcp.flags", "Flags", .type = FIELD_UINT, .show = SHOW_HEX, .offset = 12, .width = 2,
		.mask = 0x0fff, .hex_digits = 4)),
	(RES, FIELD_BITS(FIELD_UINT, "tcp.flags.res", 12, 2, 0x0e00, "Reserved bits")),
	(AE, FLAG("tcp.flags.ae", 0x0100, "Accurate ECN")),
	(CWR, FLAG("tcp.flags.cwr", 0x0080, "Congestion window reduced")),
	(ECE, FLAG("tcp.flags.ece", 0x0040, "ECN echo")),
	(URG, FLAG("tcp.flags.urg", 0x0020, "Urgent")),
	(ACK, FLAG("tcp.flags.ack", 0x0010, "Acknowledgment")),
	(PUSH, FLAG("tcp.flags.push", 0x0008, "Push")),
	(RESET, FLAG("tcp.flags.reset", 0x0004, "Reset")),
	(SYN, FLAG("tcp.flags.syn", 0x0002, "Syn")),
	(FIN, FLAG("tcp.flags.fin", 0x0001, "Fin")),
	(WINDOW, FIELD_FIXED(FIELD_UINT, "tcp.window_size_value", 14, 2, "Window, not scaled")),
	(CHECKSUM, FIELD_FIXED_HEX("tcp.checksum", 16, 2, "Checksum")),
	(URGENT, FIELD_FIXED(FIELD_UINT, "tcp.urgent_pointer", 18, 2, "Urgent pointer")),
	(PAYLOAD, FIELD_GET(FIELD_BYTES, "tcp.payload", get_payload, "Payload")),
	(OPTIONS, FIELD_GET(FIELD_BYTES, "tcp.options", get_options, "Options")),
	(OPTION_KIND, FIELD_WALK(FIELD_UINT, "tcp.option_kind", "Option kind")),
	(OPTION_LEN, FIELD_WALK(FIELD_UINT, "tcp.option_len", "Option length")),
	(MSS, FIELD_WALK(FIELD_UINT, "tcp.options.mss_val", "Maximum segment size")),
	(WSCALE, FIELD_WALK(FIELD_UINT, "tcp.options.wscale.shift", "Window scale, shift count")),
	(SACK_PERM, FIELD_WALK(FIELD_BOOL, "tcp.options.sack_perm", "SACK permitted")),
	(SACK_LE, FIELD_PLAIN("tcp.options.sack_le", "SACK left edge, counted from the first number", .type = FIELD_UINT,
		.conversation = true, .analysis = true)),
	(SACK_RE, FIELD_PLAIN("tcp.options.sack_re", "SACK right edge, counted from the first number", .type = FIELD_UINT,
		.conversation = true, .analysis = true)),
	(TSVAL, FIELD_WALK(FIELD_UINT, "tcp.options.timestamp.tsval", "Time stamp value")),
	(TSECR, FIELD_WALK(FIELD_UINT, "tcp.options.timestamp.tsecr", "Time stamp echo reply")),
	(MPTCP_SUBTYPE, FIELD_WALK(FIELD_UINT, "tcp.options.mptcp.subtype", "Multipath TCP, subtype")),
	/* in the light of the segments before: tcp_analysis_fields.c */
	(SEQ, RESULT(FIELD_UINT, "tcp.seq", RESULT_SEQ, "Sequence number, counted from the first")),
	(NXTSEQ, RESULT(FIELD_UINT, "tcp.nxtseq", RESULT_NXTSEQ, "Sequence number behind this segment")),
	(ACK_NUMBER, RESULT(FIELD_UINT, "tcp.ack", RESULT_ACK, "Acknowledgment number, counted from the first")),
	(WINDOW_SIZE, RESULT(FIELD_UINT, "tcp.window_size", RESULT_WINDOW, "Window, scaled")),
	(SCALE, RESULT(FIELD_INT, "tcp.window_size_scalefactor", RESULT_SCALE, "Factor of the window (-1: unknown, -2: none)")),
	(TIME_RELATIVE, RESULT(FIELD_DURATION, "tcp.time_relative", RESULT_TIME_RELATIVE, "Time since the conversation began")),
	(TIME_DELTA, RESULT(FIELD_DURATION, "tcp.time_delta", RESULT_TIME_DELTA, "Time since its segment before")),
	(ANALYSIS, RESULT(FIELD_BOOL, "tcp.analysis", RESULT_ANY, "Something is to be said of the segment")),
	(INITIAL_RTT, RESULT(FIELD_DURATION, "tcp.analysis.initial_rtt", RESULT_INITIAL_RTT, "Time the handshake took")),
	(ACKS_FRAME, RESULT(FIELD_UINT, "tcp.analysis.acks_frame", RESULT_ACKS_FRAME, "Frame that this acknowledges")),
	(ACK_RTT, RESULT(FIELD_DURATION, "tcp.analysis.ack_rtt", RESULT_ACK_RTT, "Time since that frame")),
	(IN_FLIGHT, RESULT(FIELD_UINT, "tcp.analysis.bytes_in_flight", RESULT_IN_FLIGHT, "Bytes not acknowledged yet")),
	(DUPLICATE_FRAME, RESULT(FIELD_UINT, "tcp.analysis.duplicate_ack_frame", RESULT_DUPLICATE_FRAME,
				   "Frame of the first acknowledgement of this number")),
	(DUPLICATE_NUM, RESULT(FIELD_UINT, "tcp.analysis.duplicate_ack_num", RESULT_DUPLICATE_NUM,
				 "How many-th duplicate acknowledgement")),
	(RTO, RESULT(FIELD_DURATION, "tcp.analysis.rto", RESULT_RTO, "Time since the oldest segment that waits was sent")),
	(RTO_FRAME, RESULT(FIELD_UINT, "tcp.analysis.rto_frame", RESULT_RTO_FRAME, "Frame of that segment")),
	(COMPLETENESS, RESULT(FIELD_UINT, "tcp.completeness", RESULT_COMPLETENESS,
				"What of the connection was seen before: SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32")),
	(VERDICT, RESULT(FIELD_BOOL, "tcp.analysis.flags", RESULT_FLAGS, "Something is not as it should be")),
	(, VERDICT_FIELD("tcp.analysis.retransmission", TCP_RETRANSMISSION, "Sent again")),
	(, VERDICT_FIELD("tcp.analysis.fast_retransmission", TCP_FAST_RETRANSMISSION, "Sent again after duplicate acknowledgements")),
	(, VERDICT_FIELD("tcp.analysis.spurious_retransmission", TCP_SPURIOUS_RETRANSMISSION, "Sent again although acknowledged")),
	(, VERDICT_FIELD("tcp.analysis.out_of_order", TCP_OUT_OF_ORDER, "Behind a later one")),
	(, VERDICT_FIELD("tcp.analysis.lost_segment", TCP_LOST_SEGMENT, "One before this was not captured")),
	(, VERDICT_FIELD("tcp.analysis.ack_lost_segment", TCP_ACK_LOST_SEGMENT, "Acknowledges what was not captured")),
	(, VERDICT_FIELD("tcp.analysis.duplicate_ack", TCP_DUPLICATE_ACK, "Acknowledges the same again")),
	(, VERDICT_FIELD("tcp.analysis.keep_alive", TCP_KEEP_ALIVE, "Keep-alive")),
	(, VERDICT_FIELD("tcp.analysis.keep_alive_ack", TCP_KEEP_ALIVE_ACK, "Answer to a keep-alive")),
	(, VERDICT_FIELD("tcp.analysis.zero_window", TCP_ZERO_WINDOW, "The window is closed")),
	(, VERDICT_FIELD("tcp.analysis.zero_window_probe", TCP_ZERO_WINDOW_PROBE, "Is the window still closed?")),
	(, VERDICT_FIELD("tcp.analysis.zero_window_probe_ack", TCP_ZERO_WINDOW_PROBE_ACK, "It is")),
	(, VERDICT_FIELD("tcp.analysis.window_update", TCP_WINDOW_UPDATE, "Only the window changed")),
	(, VERDICT_FIELD("tcp.analysis.window_full", TCP_WINDOW_FULL, "Fills the receiver's window")),
	(, VERDICT_FIELD("tcp.analysis.reused_ports", TCP_REUSED_PORTS, "A new connection on the ports of an old one"))
);

static const struct claim tcp_claims[] = { { CLAIM_IPPROTO, 6 }, { CLAIM_NONE, 0 } };

const struct protocol proto_tcp = {
	.name = "tcp",
	.column = "TCP",
	.title = "Transmission Control Protocol",
	.reference = "RFC 9293",
	.decode = tcp_decode,
	.column_of = tcp_column,
	PROTOCOL_WALK(tcp_walk),
	.summary = tcp_summary,
	PROTOCOL_FIELDS(tcp_fields),
	.claims = tcp_claims,
};
