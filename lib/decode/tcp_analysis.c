/* SPDX-License-Identifier: MIT */
/*
 * The two directions of a connection and what waits in them for its acknowledgement.
 *
 *	connection  number -> two directions        a series (base/series.h); the oldest go first
 *	direction   expected next, last acknowledged, window, ...
 *	            -> newest unacknowledged segment -> the one before -> ...     a pool with a free list
 *
 * Sequence numbers wrap: all comparisons are of distances (RFC 9293 section 3.4).
 */
#include "decode/tcp_analysis.h"

#include "base/series.h"
#include "base/times.h"
#include "tcp_timing.h"

#include <stdlib.h>
#include <string.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };
enum { NO_SEGMENT = 0 };
/* direction.seen */
enum { SEEN_SEQ = 1, SEEN_NEXT = 2, SEEN_ACK = 4, SEEN_WINDOW = 8, SEEN_TO_BE_ACKED = 16, IN_FLIGHT_UNSURE = 32 };
enum { SCALE_UNKNOWN = -1, SCALE_NONE = -2 };
/* A segment behind the expected number is out of order, not repeated, when it comes this soon after. */
static const int64_t OUT_OF_ORDER_NS = 3000000, FAST_RETRANSMISSION_NS = 20000000;

struct unacked {
	uint32_t seq, next_seq;
	uint32_t older; /* index in the pool, NO_SEGMENT: the last */
	bool again;     /* its acknowledgement may be that of an earlier one */
	uint64_t frame;
	int64_t ts_ns;
};

struct direction {
	int64_t next_ns, last_ack_ns;      /* when next_seq was reached; when something was acknowledged last */
	uint64_t next_frame;               /* which segment reached next_seq */
	uint64_t first_frame;              /* which segment was the first to acknowledge last_ack */
	uint32_t base_seq;                 /* relative numbers count from here */
	uint32_t next_seq;                 /* expected next */
	uint32_t last_ack;
	uint32_t to_be_acked;              /* up to here everything was captured */
	uint32_t duplicates;               /* acknowledgements like the last one */
	uint32_t unacked, nunacked;
	uint16_t window, last_verdicts;
	int8_t scale;
	uint8_t seen;
};

struct connection {
	struct direction dir[2];
	int64_t syn_ns, initial_rtt_ns;
	int64_t first_ns, last_ns;
	struct tcp_history history;
	bool used;
};

struct tcp_analyzer {
	struct tcp_analysis result;
	struct series connections;
	struct series timings;  /* by the same numbers */
	bool timing;
	uint32_t forgotten;
	uint64_t overflows;
	struct unacked *pool;
	uint32_t pool_size, pool_used, pool_free;
};

struct tcp_analyzer *tcp_analyzer_new(unsigned ceiling)
{
	struct tcp_analyzer *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	series_init(&a->connections, sizeof(struct connection), ceiling);
	series_init(&a->timings, sizeof(struct tcp_timing), ceiling);
	a->pool_used = 1; /* 0 is NO_SEGMENT */
	return a;
}

void tcp_analyzer_free(struct tcp_analyzer *a)
{
	if (!a)
		return;
	series_release(&a->connections);
	series_release(&a->timings);
	free(a->pool);
	free(a);
}

/* ---- memory ---------------------------------------------------------------------- */

static void segment_free(struct tcp_analyzer *a, uint32_t at)
{
	a->pool[at].older = a->pool_free;
	a->pool_free = at;
}

static uint32_t segment_new(struct tcp_analyzer *a)
{
	uint32_t at = a->pool_free;

	if (at) {
		a->pool_free = a->pool[at].older;
		return at;
	}
	if (a->pool_used >= a->pool_size) {
		uint32_t size = a->pool_size ? 2 * a->pool_size : 1024;
		struct unacked *pool = size <= TCP_WAITING_MAX ? realloc(a->pool, size * sizeof(*pool)) : NULL;

		if (!pool) {
			a->overflows++;
			return NO_SEGMENT;
		}
		a->pool = pool;
		a->pool_size = size;
	}
	return a->pool_used++;
}

static void forget_unacked(struct tcp_analyzer *a, struct direction *d)
{
	for (uint32_t at = d->unacked; at;) {
		uint32_t older = a->pool[at].older;

		segment_free(a, at);
		at = older;
	}
	d->unacked = NO_SEGMENT;
	d->nunacked = 0;
}

/* The connection of this number; NULL if it was forgotten or memory is short. */
static struct connection *connection(struct tcp_analyzer *a, uint32_t number)
{
	struct connection *c;

	while (series_full(&a->connections, number)) {
		struct connection *oldest = series_peek(&a->connections, series_first(&a->connections));

		for (unsigned i = 0; oldest && i < SERIES_CHUNK; i++) {
			a->forgotten += oldest[i].used;
			for (unsigned high = 0; high < 2; high++)
				forget_unacked(a, &oldest[i].dir[high]);
		}
		series_drop(&a->connections);
	}
	c = series_item(&a->connections, number);
	if (c && !c->used) {
		c->used = true;
		c->dir[0].scale = c->dir[1].scale = SCALE_UNKNOWN;
	}
	return c;
}

/* ---- judging --------------------------------------------------------------------- */

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static bool up_to(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

/* Says nothing new: no data, the number that is expected, the acknowledgement of before. */
static bool repeats_ack(const struct direction *me, const struct tcp_segment *s)
{
	return !s->len && !(s->flags & (SYN | FIN | RST)) && s->seq == me->next_seq && s->ack == me->last_ack &&
	       me->seen & SEEN_ACK && me->seen & SEEN_NEXT;
}

/* Windows, probes and acknowledgements. Returns what the retransmission rules need not look at. */
static unsigned judge_window(const struct direction *me, const struct direction *you, const struct tcp_segment *s)
{
	bool plain = !(s->flags & (SYN | FIN | RST)), next = me->seen & SEEN_NEXT;
	unsigned v = 0;

	if (s->len == 1 && next && s->seq == me->next_seq && you->seen & SEEN_WINDOW && !you->window)
		return TCP_ZERO_WINDOW_PROBE;
	if (!s->window && plain)
		v |= TCP_ZERO_WINDOW;
	if (next && before(me->next_seq, s->seq) && !(s->flags & RST))
		v |= TCP_LOST_SEGMENT;
	if (s->len <= 1 && next && s->seq == me->next_seq - 1 && plain)
		v |= TCP_KEEP_ALIVE;
	if (s->window && s->window != me->window && repeats_ack(me, s))
		v |= TCP_WINDOW_UPDATE;
	if (s->len && plain && you->seen & SEEN_ACK && you->scale != SCALE_UNKNOWN &&
	    s->seq + s->len == you->last_ack + ((uint32_t)you->window << (you->scale > 0 ? you->scale : 0)))
		v |= TCP_WINDOW_FULL;
	return v;
}

static unsigned judge_ack(struct direction *me, const struct direction *you, const struct tcp_segment *s)
{
	if (s->window != me->window || !repeats_ack(me, s))
		return 0;
	if (you->last_verdicts & TCP_KEEP_ALIVE && s->window)
		return TCP_KEEP_ALIVE_ACK;
	if (you->last_verdicts & TCP_ZERO_WINDOW_PROBE && !s->window)
		return TCP_ZERO_WINDOW_PROBE_ACK;
	if (!s->window)
		return 0;
	me->duplicates++;
	return TCP_DUPLICATE_ACK;
}

static unsigned judge_repetition(const struct connection *c, const struct direction *me, const struct direction *you,
				 const struct tcp_segment *s)
{
	int64_t late_ns = ns_between(me->next_ns, s->ts_ns);
	int64_t soon_ns = c->initial_rtt_ns > 0 ? c->initial_rtt_ns : OUT_OF_ORDER_NS;

	if (!s->len && !(s->flags & (SYN | FIN)))
		return 0;
	if (!(me->seen & SEEN_NEXT) || !before(s->seq, me->next_seq))
		return 0;
	if (s->len && you->seen & SEEN_ACK && up_to(s->seq + s->len, you->last_ack))
		return TCP_RETRANSMISSION | TCP_SPURIOUS_RETRANSMISSION;
	if (you->duplicates >= 2 && you->last_ack == s->seq && ns_between(you->last_ack_ns, s->ts_ns) < FAST_RETRANSMISSION_NS)
		return TCP_RETRANSMISSION | TCP_FAST_RETRANSMISSION;
	if (late_ns < soon_ns && me->next_seq != s->seq + s->len + !!(s->flags & (SYN | FIN)))
		return TCP_OUT_OF_ORDER;
	return TCP_RETRANSMISSION;
}

/* A retransmission is for the oldest segment that waits; without any, for the one that went furthest. */
static void find_original(const struct tcp_analyzer *a, const struct direction *me, const struct tcp_segment *s,
			  struct tcp_analysis *r)
{
	r->rto_ns = ns_between(me->next_ns, s->ts_ns);
	r->rto_frame = me->next_frame;
	for (uint32_t at = me->unacked; at; at = a->pool[at].older) {
		r->rto_ns = ns_between(a->pool[at].ts_ns, s->ts_ns);
		r->rto_frame = a->pool[at].frame;
	}
}

/* Everything that is said before the segment is learnt. */
static unsigned judge(const struct tcp_analyzer *a, const struct connection *c, struct direction *me, struct direction *you, const struct tcp_segment *s,
		      struct tcp_analysis *r)
{
	unsigned v = judge_window(me, you, s), ack;

	if (s->reused)
		v |= TCP_REUSED_PORTS;
	if (v & TCP_ZERO_WINDOW_PROBE)
		return v;
	ack = judge_ack(me, you, s);
	if (ack & TCP_DUPLICATE_ACK) {
		r->duplicate_ack_num = me->duplicates;
		r->duplicate_ack_frame = me->first_frame;
	}
	v |= ack;
	if (s->flags & ACK && you->seen & SEEN_TO_BE_ACKED && before(you->to_be_acked, s->ack)) {
		v |= TCP_ACK_LOST_SEGMENT;
		you->to_be_acked = you->next_seq;
		you->seen |= IN_FLIGHT_UNSURE;
	}
	if (!(v & TCP_KEEP_ALIVE))
		v |= judge_repetition(c, me, you, s);
	if (v & TCP_RETRANSMISSION && !(v & (TCP_SPURIOUS_RETRANSMISSION | TCP_FAST_RETRANSMISSION)))
		find_original(a, me, s, r);
	if (v & TCP_LOST_SEGMENT)
		me->seen |= IN_FLIGHT_UNSURE;
	return v;
}

/* ---- learning -------------------------------------------------------------------- */

/* What `s` acknowledges leaves the other side's list; the time since it is the round trip. Returns that time, or -1 if
 * it says nothing of the way there and back: something of it was sent twice (Karn's rule). */
static int64_t take_acked(struct tcp_analyzer *a, struct direction *you, const struct tcp_segment *s, struct tcp_analysis *r)
{
	uint32_t *link = &you->unacked;
	bool again = false;

	while (*link) {
		struct unacked *u = &a->pool[*link];
		uint32_t at = *link;

		if (before(s->ack, u->next_seq)) {
			if (before(u->seq, s->ack))
				u->seq = s->ack; /* a part of it */
			link = &u->older;
			continue;
		}
		if (s->ack == u->next_seq) { /* of one repeated the first counts */
			r->acks_frame = u->frame;
			r->ack_rtt_ns = ns_between(u->ts_ns, s->ts_ns);
		}
		again |= u->again;
		*link = u->older;
		segment_free(a, at);
		you->nunacked--;
	}
	if (!you->nunacked)
		you->seen &= (uint8_t)~IN_FLIGHT_UNSURE;
	return again ? -1 : r->ack_rtt_ns;
}

static void add_unacked(struct tcp_analyzer *a, struct direction *me, const struct tcp_segment *s, uint32_t next_seq, unsigned v)
{
	bool again = v & (TCP_RETRANSMISSION | TCP_KEEP_ALIVE | TCP_ZERO_WINDOW_PROBE);
	uint32_t at;

	if (me->nunacked >= TCP_UNACKED_MAX)
		forget_unacked(a, me);
	at = segment_new(a);
	if (!at)
		return;
	a->pool[at] = (struct unacked){ s->seq, next_seq, me->unacked, again, s->frame, s->ts_ns };
	me->unacked = at;
	me->nunacked++;
}

static uint32_t in_flight(const struct tcp_analyzer *a, const struct direction *me)
{
	uint32_t first, last;

	if (!me->unacked || me->seen & IN_FLIGHT_UNSURE)
		return 0;
	first = a->pool[me->unacked].seq;
	last = a->pool[me->unacked].next_seq;
	for (uint32_t at = a->pool[me->unacked].older; at; at = a->pool[at].older) {
		if (before(a->pool[at].seq, first))
			first = a->pool[at].seq;
		if (before(last, a->pool[at].next_seq))
			last = a->pool[at].next_seq;
	}
	return last - first;
}

static void learn(struct tcp_analyzer *a, struct direction *me, const struct tcp_segment *s, unsigned verdicts)
{
	uint32_t next_seq = s->seq + s->len + !!(s->flags & (SYN | FIN));

	if ((!(me->seen & SEEN_NEXT) || before(me->next_seq, next_seq)) && !(verdicts & TCP_ZERO_WINDOW_PROBE)) {
		me->next_seq = next_seq;
		me->next_ns = s->ts_ns;
		me->next_frame = s->frame;
		me->seen |= SEEN_NEXT;
	}
	if (!(me->seen & SEEN_TO_BE_ACKED) || s->seq == me->to_be_acked) {
		if (!(verdicts & TCP_ZERO_WINDOW_PROBE))
			me->to_be_acked = me->next_seq;
		me->seen |= SEEN_TO_BE_ACKED;
	}
	me->window = s->window;
	me->seen |= SEEN_WINDOW;
	if (s->flags & ACK) {
		if (!(me->seen & SEEN_ACK) || s->ack != me->last_ack) {
			me->duplicates = 0;
			me->first_frame = s->frame;
		}
		me->last_ack_ns = s->ts_ns;
		me->last_ack = s->ack;
		me->seen |= SEEN_ACK;
	}
	me->last_verdicts = (uint16_t)verdicts;
	if (next_seq != s->seq)
		add_unacked(a, me, s, next_seq, verdicts);
}

static void learn_handshake(struct connection *c, struct direction *me, struct direction *you, const struct tcp_segment *s)
{
	if (s->flags & SYN) {
		me->scale = s->window_shift == TCP_NO_SCALE ? SCALE_NONE : (int8_t)(s->window_shift < 14 ? s->window_shift : 14);
		if (s->flags & ACK && (me->scale == SCALE_NONE || you->scale == SCALE_NONE))
			me->scale = you->scale = SCALE_NONE; /* RFC 7323: both or none */
		if (!(s->flags & ACK))
			c->syn_ns = s->ts_ns;
	} else if (!(s->flags & FIN) && s->flags & ACK && c->syn_ns && !c->initial_rtt_ns) {
		c->initial_rtt_ns = ns_between(c->syn_ns, s->ts_ns);
	}
}

static void learn_base(struct direction *me, struct direction *you, const struct tcp_segment *s)
{
	if (!(me->seen & SEEN_SEQ)) {
		me->base_seq = s->flags & SYN ? s->seq : s->seq - 1;
		me->seen |= SEEN_SEQ;
	}
	if (s->flags & ACK && !(you->seen & SEEN_SEQ)) {
		you->base_seq = s->ack - 1;
		you->seen |= SEEN_SEQ;
	}
}

static void learn_timing(struct tcp_analyzer *a, const struct tcp_segment *s, bool opener, unsigned verdicts, int64_t sample_ns)
{
	struct tcp_timing *t;

	while (series_full(&a->timings, (uint32_t)s->conversation))
		series_drop(&a->timings);
	t = series_item(&a->timings, (uint32_t)s->conversation);
	if (t)
		tcp_timing_add(t, s, opener, verdicts, sample_ns);
}

const struct tcp_analysis *tcp_analyze(struct tcp_analyzer *a, const struct tcp_segment *s)
{
	struct connection *c = s->conversation >= 0 ? connection(a, (uint32_t)s->conversation) : NULL;
	struct tcp_analysis *r = &a->result;
	struct direction *me, *you;
	int64_t sample_ns = -1;
	unsigned v;

	if (!c)
		return NULL;
	*r = (struct tcp_analysis){ .ack_rtt_ns = -1, .initial_rtt_ns = -1, .rto_ns = -1 };
	me = &c->dir[s->high];
	you = &c->dir[!s->high];
	learn_base(me, you, s);
	learn_handshake(c, me, you, s);
	v = judge(a, c, me, you, s, r);
	r->verdicts = (uint16_t)v;
	r->relative_seq = s->seq - me->base_seq;
	r->next_seq = r->relative_seq + s->len + !!(s->flags & (SYN | FIN));
	r->relative_ack = s->ack - you->base_seq;
	r->window_scale = me->scale;
	r->window_size = (int64_t)s->window << (me->scale > 0 && !(s->flags & SYN) ? me->scale : 0);
	if (c->last_ns) {
		r->time_relative_ns = ns_between(c->first_ns, s->ts_ns);
		r->time_delta_ns = ns_between(c->last_ns, s->ts_ns);
	} else {
		c->first_ns = s->ts_ns;
	}
	c->last_ns = s->ts_ns;
	if (s->flags & ACK)
		sample_ns = take_acked(a, you, s, r);
	learn(a, me, s, v);
	r->completeness = c->history.completeness;
	tcp_history_add(&c->history, s, !before(s->ack, you->base_seq + 1), !before(s->ack, you->next_seq));
	r->closes_first = c->history.closer == (s->high ? TCP_HIGH : TCP_LOW);
	if (a->timing)
		learn_timing(a, s, c->history.opener == (s->high ? TCP_HIGH : TCP_LOW), v, sample_ns);
	if (s->len && (r->bytes_in_flight = in_flight(a, me)))
		r->bytes_in_flight -= !!(s->flags & (SYN | FIN)); /* they take a number and are no byte */
	if (c->initial_rtt_ns && (v || r->acks_frame || r->bytes_in_flight))
		r->initial_rtt_ns = c->initial_rtt_ns;
	return r;
}

/* ---- asking ---------------------------------------------------------------------- */

void tcp_analyzer_want_timing(struct tcp_analyzer *a)
{
	a->timing = true;
}

/* What was seen of it, or NULL. */
static const struct tcp_history *history(const struct tcp_analyzer *a, int32_t conversation)
{
	const struct connection *c = conversation >= 0 ? series_peek(&a->connections, (uint32_t)conversation) : NULL;

	return c && c->used ? &c->history : NULL;
}

const struct tcp_timing *tcp_timing(const struct tcp_analyzer *a, int32_t conversation)
{
	return history(a, conversation) ? series_peek(&a->timings, (uint32_t)conversation) : NULL;
}

uint8_t tcp_completeness(const struct tcp_analyzer *a, int32_t conversation)
{
	const struct tcp_history *h = history(a, conversation);

	return h ? h->completeness : 0;
}

enum tcp_state tcp_state(const struct tcp_analyzer *a, int32_t conversation, bool high)
{
	const struct tcp_history *h = history(a, conversation);

	return h ? tcp_history_state(h, high) : TCP_CLOSED;
}

enum tcp_state tcp_connection_state(const struct tcp_analyzer *a, int32_t conversation)
{
	const struct tcp_history *h = history(a, conversation);

	return h ? tcp_history_state(h, h->closer ? h->closer == TCP_HIGH : h->opener == TCP_HIGH) : TCP_CLOSED;
}

uint32_t tcp_analyzer_forgotten(const struct tcp_analyzer *a)
{
	return a->forgotten;
}

uint64_t tcp_analyzer_overflows(const struct tcp_analyzer *a)
{
	return a->overflows;
}

size_t tcp_analyzer_bytes(const struct tcp_analyzer *a)
{
	return series_bytes(&a->connections) + series_bytes(&a->timings) + (size_t)a->pool_size * sizeof(*a->pool);
}
