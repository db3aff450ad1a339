/* SPDX-License-Identifier: MIT */
/*
 * How far a connection came, and its timing. The states of RFC 9293 (figure 5) are not kept but follow from the little
 * that each end was seen to do, so that none can be wrong for long when segments are missing:
 *
 *	           SYN ->          nothing yet: LISTEN
 *	SYN-SENT        <- SYN ACK       SYN-RECEIVED
 *	ESTABLISHED     ACK ->           ESTABLISHED
 *	FIN-WAIT-1      FIN ->
 *	FIN-WAIT-2          <- ACK       CLOSE-WAIT
 *	FIN-WAIT-2          <- FIN       LAST-ACK
 *	TIME-WAIT       ACK ->           CLOSED
 *
 * The estimator of the round-trip time is that of RFC 6298.
 */
#include "tcp_timing.h"

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };
/* tcp_history.end: it sent a SYN, that was acknowledged, a FIN, that was acknowledged; its FIN came after it had the
 * other's; it sent anything but a SYN; a RST */
enum { DID_SYN = 1, SYN_ACKED = 2, DID_FIN = 4, FIN_ACKED = 8, FIN_IS_ANSWER = 16, SPOKE = 32, RESET = 64 };

const char *tcp_state_name(enum tcp_state s)
{
	static const char *const names[] = {
		[TCP_LISTEN] = "LISTEN", [TCP_SYN_SENT] = "SYN-SENT", [TCP_SYN_RECEIVED] = "SYN-RECEIVED",
		[TCP_ESTABLISHED] = "ESTABLISHED", [TCP_FIN_WAIT_1] = "FIN-WAIT-1", [TCP_FIN_WAIT_2] = "FIN-WAIT-2",
		[TCP_CLOSE_WAIT] = "CLOSE-WAIT", [TCP_CLOSING] = "CLOSING", [TCP_LAST_ACK] = "LAST-ACK",
		[TCP_TIME_WAIT] = "TIME-WAIT", [TCP_CLOSED] = "CLOSED",
	};

	return names[s];
}

/* ---- what was seen ------------------------------------------------------------------ */

/* As Wireshark counts: an acknowledgement is one without data, and what a capture begins within is not known. */
static unsigned completeness(const struct tcp_history *h, const struct tcp_segment *s)
{
	unsigned seen = 0;

	if ((s->flags & (SYN | ACK)) == SYN)
		return TCP_SEEN_SYN;
	if (!h->end[0] && !h->end[1])
		return 0;
	if (s->flags & SYN)
		return TCP_SEEN_SYN_ACK;
	seen = s->len ? TCP_SEEN_DATA : s->flags & ACK ? TCP_SEEN_ACK : 0;
	if (s->flags & FIN)
		seen |= TCP_SEEN_FIN;
	if (s->flags & RST)
		seen |= TCP_SEEN_RST;
	return seen;
}

void tcp_history_add(struct tcp_history *h, const struct tcp_segment *s, bool acks_syn, bool acks_all)
{
	uint8_t *me = &h->end[s->high], *you = &h->end[!s->high], who = s->high ? TCP_HIGH : TCP_LOW;

	h->completeness |= (uint8_t)completeness(h, s);
	if (s->flags & ACK) {
		if (*you & DID_SYN && acks_syn)
			*you |= SYN_ACKED;
		if (*you & DID_FIN && acks_all)
			*you |= FIN_ACKED;
	}
	if (s->flags & SYN) {
		*me |= DID_SYN;
		if (!h->opener)
			h->opener = s->flags & ACK ? TCP_LOW + TCP_HIGH - who : who;
	} else {
		*me |= s->flags & RST ? SPOKE | RESET : SPOKE;
	}
	if (s->flags & FIN && !(*me & DID_FIN)) {
		*me |= *you & FIN_ACKED ? DID_FIN | FIN_IS_ANSWER : DID_FIN;
		if (!h->closer)
			h->closer = who;
	}
}

enum tcp_state tcp_history_state(const struct tcp_history *h, bool high)
{
	unsigned me = h->end[high], you = h->end[!high];
	bool has_fin = you & FIN_ACKED; /* it acknowledged the other's FIN, so it has it */

	if ((me | you) & RESET)
		return TCP_CLOSED;
	if (me & DID_FIN) {
		if (!(me & FIN_ACKED))
			return me & FIN_IS_ANSWER ? TCP_LAST_ACK : has_fin ? TCP_CLOSING : TCP_FIN_WAIT_1;
		return me & FIN_IS_ANSWER ? TCP_CLOSED : has_fin ? TCP_TIME_WAIT : TCP_FIN_WAIT_2;
	}
	if (has_fin)
		return TCP_CLOSE_WAIT;
	if (me & DID_SYN)
		return me & SYN_ACKED ? TCP_ESTABLISHED : you & DID_SYN ? TCP_SYN_RECEIVED : TCP_SYN_SENT;
	return you & DID_SYN && !(me & SPOKE) ? TCP_LISTEN : TCP_ESTABLISHED;
}

/* ---- timing --------------------------------------------------------------------------- */

/* The side that opened the connection ends the handshake: what the other sends before (RFC 7413) is not part of it. */
static void handshake(struct tcp_timing *t, const struct tcp_segment *s, bool opener)
{
	if (t->ack_ns)
		return;
	if (s->flags & SYN && !(s->flags & ACK)) {
		t->syn_ns = s->ts_ns;
		t->syn_ack_ns = 0;
	} else if (s->flags & SYN) {
		t->syn_ack_ns = s->ts_ns;
	} else if (opener && s->flags & ACK && !(s->flags & (FIN | RST)) && t->syn_ns && t->syn_ack_ns) {
		t->ack_ns = s->ts_ns;
	}
}

static void round_trip(struct tcp_end *e, int64_t ns)
{
	int64_t off = e->srtt_ns > ns ? e->srtt_ns - ns : ns - e->srtt_ns;

	if (!e->rtt_samples++) {
		e->srtt_ns = e->rtt_min_ns = e->rtt_max_ns = ns;
		e->rttvar_ns = ns / 2;
		return;
	}
	e->rttvar_ns += (off - e->rttvar_ns) / 4;
	e->srtt_ns += (ns - e->srtt_ns) / 8;
	if (ns < e->rtt_min_ns)
		e->rtt_min_ns = ns;
	if (ns > e->rtt_max_ns)
		e->rtt_max_ns = ns;
}

int64_t tcp_rto_ns(const struct tcp_end *e)
{
	const int64_t least_ns = 1000000000, most_ns = 60 * least_ns; /* (2.4), (2.5) */
	int64_t rto_ns;

	if (e->srtt_ns > most_ns || e->rttvar_ns > most_ns)
		return most_ns; /* the sum may be too much for a number */
	rto_ns = e->srtt_ns + 4 * e->rttvar_ns;
	return rto_ns < least_ns ? least_ns : rto_ns > most_ns ? most_ns : rto_ns;
}

void tcp_timing_add(struct tcp_timing *t, const struct tcp_segment *s, bool opener, unsigned verdicts, int64_t sample_ns)
{
	struct tcp_end *me = &t->end[s->high];

	handshake(t, s, opener);
	if (sample_ns >= 0)
		round_trip(&t->end[!s->high], sample_ns);
	me->resets += (s->flags & RST) != 0;
	if (!verdicts)
		return;
	me->retransmissions += (verdicts & TCP_RETRANSMISSION) != 0;
	me->fast_retransmissions += (verdicts & TCP_FAST_RETRANSMISSION) != 0;
	me->spurious_retransmissions += (verdicts & TCP_SPURIOUS_RETRANSMISSION) != 0;
	me->out_of_order += (verdicts & TCP_OUT_OF_ORDER) != 0;
	me->lost += (verdicts & TCP_LOST_SEGMENT) != 0;
	me->ack_lost += (verdicts & TCP_ACK_LOST_SEGMENT) != 0;
	me->duplicate_acks += (verdicts & TCP_DUPLICATE_ACK) != 0;
	me->zero_windows += (verdicts & TCP_ZERO_WINDOW) != 0;
	me->windows_full += (verdicts & TCP_WINDOW_FULL) != 0;
	me->keep_alives += (verdicts & TCP_KEEP_ALIVE) != 0;
}
