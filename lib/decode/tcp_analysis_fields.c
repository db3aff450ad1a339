/* SPDX-License-Identifier: MIT */
/* The way from a TCP header into the analysis, and out of it as fields. */
#include "decode/conversation.h"
#include "decode/tcp_analysis.h"
#include "tcp.h"

enum { HEADER = 20, OPT_WSCALE = 3, SYN = 0x02 };

/* RFC 7323 section 2.2 */
static uint8_t window_shift(const uint8_t *h, uint32_t hlen)
{
	struct cursor c = cursor_over(h + HEADER, hlen - HEADER, false);
	struct cursor_option o;

	while (cursor_option(&c, &o))
		if (o.kind == OPT_WSCALE && o.len == 3)
			return cursor_u8(&o.body);
	return TCP_NO_SCALE;
}

void tcp_analyze_layer(struct decode *d, const struct layer *l, const uint8_t *h, bool reused)
{
	struct tcp_segment s = { .conversation = (int32_t)((uint32_t)l->aux[0] << 16 | l->aux[1]), .reused = reused };
	const struct tcp_analysis *a;
	struct conversation_key k;

	if (!decode_ends(d, l, h, &k))
		return;
	s.high = conversation_from_high(&k);
	s.seq = get_be32(h + 4);
	s.ack = get_be32(h + 8);
	s.flags = h[13];
	s.window = get_be16(h + 14);
	s.window_shift = s.flags & SYN ? window_shift(h, (h[12] >> 4) * 4u) : TCP_NO_SCALE;
	s.len = d->wire_left;
	s.frame = d->p->frame->number;
	s.ts_ns = d->p->frame->ts_ns;
	a = tcp_analyze(d->decoder->analyzer, &s);
	if (a) {
		d->p->analysis = *a;
		d->p->analysed = (uint8_t)(l - d->p->layers);
	}
}

/* What was said of this layer, or NULL. */
static const struct tcp_analysis *analysis_of(const struct packet *p, const struct layer *l)
{
	return p->analysed && l == &p->layers[p->analysed] ? &p->analysis : NULL;
}

uint32_t tcp_ack_base(const struct packet *p, const struct layer *l)
{
	const struct tcp_analysis *a = analysis_of(p, l);

	return a ? get_be32(p->source[l->source].data + l->off + 8) - a->relative_ack : 0;
}

static bool any(const struct tcp_analysis *a)
{
	return a->verdicts || a->acks_frame || a->bytes_in_flight;
}

bool tcp_verdict_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const struct tcp_analysis *a = analysis_of(p, l);

	v->u = 1;
	return a && a->verdicts & f->mask;
}

bool tcp_result_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const struct tcp_analysis *a = analysis_of(p, l);
	const uint8_t *h = p->source[l->source].data + l->off;

	if (!a)
		return false;
	switch (f->shift) {
	case RESULT_SEQ:
		v->u = a->relative_seq;
		return true;
	case RESULT_NXTSEQ:
		v->u = a->next_seq;
		return true;
	case RESULT_ACK:
		v->u = h[13] & 0x10 ? a->relative_ack : get_be32(h + 8);
		return true;
	case RESULT_WINDOW:
		v->u = (uint64_t)a->window_size;
		return true;
	case RESULT_SCALE:
		v->i = a->window_scale < 0 ? a->window_scale : (int64_t)1 << a->window_scale;
		return !(h[13] & SYN);
	case RESULT_TIME_RELATIVE:
		v->i = a->time_relative_ns;
		return true;
	case RESULT_TIME_DELTA:
		v->i = a->time_delta_ns;
		return true;
	case RESULT_ANY:
		v->u = 1;
		return any(a);
	case RESULT_INITIAL_RTT:
		v->i = a->initial_rtt_ns;
		return v->i >= 0;
	case RESULT_ACKS_FRAME:
		v->u = a->acks_frame;
		return v->u;
	case RESULT_ACK_RTT:
		v->i = a->ack_rtt_ns;
		return a->acks_frame;
	case RESULT_IN_FLIGHT:
		v->u = a->bytes_in_flight;
		return v->u;
	case RESULT_DUPLICATE_FRAME:
		v->u = a->duplicate_ack_frame;
		return v->u;
	case RESULT_DUPLICATE_NUM:
		v->u = a->duplicate_ack_num;
		return v->u;
	case RESULT_RTO:
		v->i = a->rto_ns;
		return a->rto_frame && a->rto_ns > 0;
	case RESULT_RTO_FRAME:
		v->u = a->rto_frame;
		return v->u && a->rto_ns > 0;
	case RESULT_FLAGS:
		v->u = 1;
		return a->verdicts;
	case RESULT_COMPLETENESS:
		v->u = a->completeness;
		return true;
	}
	return false;
}
