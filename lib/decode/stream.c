/* SPDX-License-Identifier: MIT */
/*
 * See stream.h. Each direction of a conversation has 56 bytes, found by the conversation's number: what is expected next, the
 * gaps that were passed over, as their bytes may still come, and the message under way, if there is one. Messages under
 * way are in a list by when they were last touched, so that the first is who goes when all of them together are too long.
 *
 * Bytes of a gap are news whenever they come, acknowledged or not: a capture may have the two directions out of order. So no
 * gap is forgotten within reach; with too many of them the oldest two become one, with what lies between, which may then
 * be decoded twice, but is not left out.
 *
 * The bytes of a message that was completed belong to the packet that completed it: they live until the next TCP
 * segment, whose decoding takes their buffer for its own messages.
 */
#include "stream.h"

#include "base/series.h"
#include "decode/conversation.h"
#include "decode/reorder.h"

#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { FAR = 1 << 26 /* further back than any window */, NEAR = 1 << 22 /* further ahead: believed when another follows it */ };
enum { GAPS = 3 };
enum { FIRST_BYTES = 512, SPARE_MAX = 1 << 16, ALONE_SEGMENTS = 32 };

enum state { NEW, IDLE, KEEPING, SKIPPING };

/* Numbers below `next` that were not seen. */
struct gap {
	uint32_t from, end;
};

struct half {
	uint32_t next;         /* unless NEW */
	uint32_t stray;        /* where the last segment ended that was too far away; 0: none */
	uint32_t fin;          /* number of the FIN, if `finishing` */
	struct gap gap[GAPS];  /* in the order they were passed over */
	uint8_t ngaps, state;
	uint8_t finishing : 1;
	uint8_t nhead : 7, proto; /* SKIPPING: how much of the message is in `head`, and whose it is */
	uint8_t head[STREAM_HEAD];
	union {
		struct message *message; /* KEEPING */
		uint32_t end;            /* SKIPPING: number behind what is skipped */
	};
};

struct stream {
	struct half half[2]; /* [1]: sent by the high end */
};

/* A message under way. */
struct message {
	struct message *older, *newer;
	struct half *half;
	struct reorder order;  /* what came early */
	uint8_t *bytes;
	uint32_t have, size;
	uint32_t need;         /* 0: any more will do */
	uint32_t gone;         /* bytes that came when it was lost */
	uint32_t charged;      /* what it counts for in counts.held */
	uint8_t proto;
	bool show, lost;
	bool empty;            /* none has begun: its first bytes are in a gap, and what is behind that waits in `order` */
};

struct streams {
	struct series streams;
	struct conversations *numbers; /* NULL: the decoder's */
	struct message *oldest, *newest;
	struct message *shown, *spare; /* what the last packet was decoded from; a buffer to use again */
	struct stream_counts counts;
	bool ready;
	struct {
		uint8_t ends[32];      /* source, destination */
		uint16_t src_port, dst_port, space;
		uint8_t addr_len;      /* 0: none */
		int32_t number;
	} last;                        /* with `numbers`: whose segment came last; many come in a row */
	/* The segment being decoded. */
	struct {
		struct half *half;     /* NULL: nothing is known of it */
		const uint8_t *start, *end;
		uint32_t seq_end;      /* number behind `end` */
		uint8_t source, proto;
		bool may_wait;
		bool rest, head;       /* stream_rest(), stream_head() */
		uint8_t bytes[STREAM_HEAD];
	} now;
};

struct streams *streams_new(void)
{
	return calloc(1, sizeof(struct streams));
}

const struct stream_counts *streams_counts(const struct streams *s)
{
	return &s->counts;
}

/* ---- messages under way ------------------------------------------------------------------ */

static void take_out(struct streams *s, struct message *m)
{
	*(m->older ? &m->older->newer : &s->oldest) = m->newer;
	*(m->newer ? &m->newer->older : &s->newest) = m->older;
	m->older = m->newer = NULL;
	s->counts.held -= m->charged;
	m->charged = 0;
	s->counts.waiting--;
}

static void message_free(struct message *m)
{
	if (!m)
		return;
	reorder_release(&m->order);
	free(m->bytes);
	free(m);
}

static void discard(void *user, const uint8_t *data, uint32_t len)
{
	(void)user;
	(void)data;
	(void)len;
}

/* Gives up what `h` was waiting for. */
static void give_up(struct streams *s, struct half *h, uint64_t *counter)
{
	struct message *m = h->message;

	if (h->state == KEEPING) {
		++*counter;
		s->counts.bytes += m->have + m->order.bytes + m->gone;
		reorder_end(&m->order, discard, NULL);
		h->next = m->order.next;
		take_out(s, m);
		message_free(m);
	}
	if (h->state != NEW)
		h->state = IDLE;
	h->message = NULL;
}

/* Puts `m` behind the others, with what it holds now; what is too much for all of them goes at the front. */
static void touch(struct streams *s, struct message *m)
{
	enum { OVERHEAD = 64 /* of a segment that waits, and of malloc() */ };

	if (m->charged)
		take_out(s, m);
	m->charged = (uint32_t)sizeof(*m) + m->size + m->order.bytes + (m->order.segments + 1) * OVERHEAD;
	s->counts.held += m->charged;
	s->counts.waiting++;
	m->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = m;
	s->newest = m;
	while (s->counts.held > STREAM_TOTAL_MAX && s->oldest != m)
		give_up(s, s->oldest->half, &s->counts.limits);
}

static bool add(struct message *m, const uint8_t *data, uint32_t len)
{
	uint32_t size = m->size ? m->size : FIRST_BYTES;
	uint8_t *more;

	if (!len)
		return true;
	if (len > m->size - m->have) {
		while (size - m->have < len)
			size *= 4; /* have and len are 2 MiB at most */
		more = realloc(m->bytes, size);
		if (!more)
			return false;
		m->bytes = more;
		m->size = size;
	}
	memcpy(m->bytes + m->have, data, len);
	m->have += len;
	return true;
}

static void append(void *user, const uint8_t *data, uint32_t len)
{
	struct message *m = user;

	if (m->lost && data)
		m->gone += len;
	if (!data && !m->have)
		return; /* a gap before the first byte takes nothing from it */
	m->lost = m->lost || !data || m->have > 2 * STREAM_MESSAGE_MAX || !add(m, data, len);
}

/* Nobody reads `m` any more; its buffer may be used again. */
static void message_done(struct streams *s, struct message *m)
{
	if (!m || s->spare || m->size > SPARE_MAX) {
		message_free(m);
		return;
	}
	reorder_release(&m->order);
	*m = (struct message){ .bytes = m->bytes, .size = m->size };
	s->spare = m;
}

/* A message of the bytes from `from` on. NULL: no memory. */
static struct message *message_new(struct streams *s, const uint8_t *from, uint32_t len)
{
	struct message *m = s->spare;

	s->spare = NULL;
	if (!m)
		m = calloc(1, sizeof(*m));
	if (m && add(m, from, len))
		return m;
	message_free(m);
	return NULL;
}

/* The bytes from `from` on: those of the message that this packet is made of need no copy. What `h` has early waits for it. */
static struct message *message_of(struct streams *s, struct half *h, const uint8_t *from, uint32_t len)
{
	struct message *m = s->shown, *empty = h->state == KEEPING ? h->message : NULL;

	if (m && from == m->bytes)
		s->shown = NULL;
	else
		m = message_new(s, from, len);
	if (m && empty) {
		take_out(s, empty);
		m->order = empty->order;
		empty->order = (struct reorder){ 0 };
		message_done(s, empty);
	}
	return m;
}

/* `h` waits for `m` now. */
static void message_wait(struct streams *s, struct half *h, struct message *m)
{
	m->half = h;
	m->order.next = h->next;
	m->order.begun = true;
	m->order.max_bytes = REORDER_BYTES - STREAM_MESSAGE_MAX;
	h->state = KEEPING;
	h->message = m;
	touch(s, m);
}

/* `m` is whole. What came early and has a gap before it still waits: for what begins in that gap. */
static void message_whole(struct streams *s, struct half *h, struct message *m)
{
	struct message *empty;

	take_out(s, m);
	h->state = IDLE;
	h->message = NULL;
	if (!m->order.segments)
		return;
	empty = message_new(s, NULL, 0);
	if (!empty) {
		s->counts.limits++;
		s->counts.bytes += m->order.bytes;
		return;
	}
	empty->order = m->order;
	m->order = (struct reorder){ 0 };
	empty->empty = true;
	message_wait(s, h, empty);
}

bool stream_number(const struct decode *d, const uint8_t *at, uint32_t *seq)
{
	const struct streams *s = d->decoder->streams;
	const struct packet *p = d->p;

	if (!s->now.half || d->quoted || d->source != s->now.source || p->transport <= 0 ||
	    p->layers[p->transport].proto != PROTO_tcp || at < s->now.start || at > s->now.end)
		return false;
	*seq = s->now.seq_end - (uint32_t)(s->now.end - at);
	return true;
}

bool stream_under_way(const struct decode *d)
{
	const struct streams *s = d->decoder->streams;
	uint32_t seq;

	return s->now.rest && s->now.start == d->c.pos && stream_number(d, d->c.pos, &seq);
}

bool stream_head_only(const struct decode *d)
{
	const struct streams *s = d->decoder->streams;

	return s->now.head && d->c.pos == s->now.bytes;
}

bool stream_keep(struct decode *d, const uint8_t *from, uint32_t need, unsigned proto, unsigned how)
{
	struct streams *s = d->decoder->streams;
	struct half *h = s->now.half;
	struct message *m;
	uint32_t seq, have = (uint32_t)(s->now.end - from);

	if (!stream_number(d, from, &seq) || !s->now.may_wait || (need && need <= have))
		return false;
	if (how & STREAM_SKIP && h->state != KEEPING) { /* in order, with nothing that waits behind it */
		if (!need || need > FAR)
			return false;
		h->state = SKIPPING;
		h->proto = (uint8_t)proto;
		h->nhead = have < STREAM_HEAD ? (uint8_t)have : STREAM_HEAD;
		memcpy(h->head, from, h->nhead);
		h->end = seq + need;
		s->now.may_wait = false;
		return true;
	}
	if (need > STREAM_MESSAGE_MAX || have > STREAM_MESSAGE_MAX || (!need && have >= STREAM_UNKNOWN_MAX))
		return false;
	m = message_of(s, h, from, have);
	if (!m)
		return false;
	m->need = need;
	m->proto = (uint8_t)proto;
	m->show = how & STREAM_SHOW;
	m->empty = false;
	s->now.may_wait = false;
	message_wait(s, h, m);
	return true;
}

/* ---- segments ------------------------------------------------------------------------------ */

static void forget_oldest(struct streams *s)
{
	struct stream *oldest = series_peek(&s->streams, series_first(&s->streams));

	for (unsigned i = 0; oldest && i < SERIES_CHUNK; i++) {
		give_up(s, &oldest[i].half[0], &s->counts.limits);
		give_up(s, &oldest[i].half[1], &s->counts.limits);
	}
	series_drop(&s->streams);
}

void streams_free(struct streams *s)
{
	if (!s)
		return;
	while (s->oldest)
		give_up(s, s->oldest->half, &s->counts.limits);
	message_free(s->shown);
	message_free(s->spare);
	series_release(&s->streams);
	conversations_free(s->numbers);
	free(s);
}

/* Before the first segment: if nobody asked for tcp.stream, the numbers are our own. */
static void get_ready(struct streams *s, const struct decoder *d)
{
	uint32_t ceiling = d->ceiling ? d->ceiling : CONVERSATIONS_MAX;

	s->ready = true;
	series_init(&s->streams, sizeof(struct stream), ceiling);
	if (!d->tcp)
		s->numbers = conversations_new(ceiling);
}

/* The number of our own. */
static int32_t number_of(struct streams *s, const struct conversation_key *k, const uint8_t *h)
{
	bool reused, same = s->last.addr_len == k->addr_len && s->last.src_port == k->src_port && s->last.dst_port == k->dst_port &&
		    s->last.space == k->space && !memcmp(s->last.ends, k->src, k->addr_len) &&
		    !memcmp(s->last.ends + 16, k->dst, k->addr_len);

	if (same && !(h[13] & SYN))
		return s->last.number;
	memcpy(s->last.ends, k->src, k->addr_len);
	memcpy(s->last.ends + 16, k->dst, k->addr_len);
	s->last.src_port = k->src_port;
	s->last.dst_port = k->dst_port;
	s->last.space = k->space;
	s->last.addr_len = (uint8_t)k->addr_len;
	s->last.number = conversation_number_tcp(s->numbers, k, get_be32(h + 4), h[13], &reused);
	return s->last.number;
}

static struct stream *stream_of(const struct decode *d, const struct layer *l, const struct conversation_key *k,
				const uint8_t *h)
{
	struct streams *s = d->decoder->streams;
	int32_t number = (int32_t)((uint32_t)l->aux[0] << 16 | l->aux[1]);

	if (s->numbers)
		number = number_of(s, k, h);
	if (number < 0)
		return NULL;
	while (series_full(&s->streams, (uint32_t)number))
		forget_oldest(s);
	return series_item(&s->streams, (uint32_t)number);
}

/* The payload from its n-th byte on. */
static bool begin_at(struct decode *d, uint32_t n)
{
	uint32_t wire = d->wire_left - n;
	bool snapped = d->c.snapped;

	if (n >= cursor_left(&d->c) || !decode_source(d, d->c.pos + n, (uint32_t)cursor_left(&d->c) - n))
		return false;
	d->c.snapped = snapped;
	d->wire_left = wire;
	return true;
}

/* Has `h` had its last byte? */
static bool at_end(const struct half *h)
{
	return h->finishing && h->next == h->fin;
}

static void set_now(struct streams *s, struct half *h, const struct decode *d)
{
	s->now.half = h;
	s->now.start = d->c.pos;
	s->now.end = d->c.end;
	s->now.seq_end = h->next;
	s->now.rest = s->now.head = false;
	s->now.source = d->source;
	s->now.may_wait = cursor_left(&d->c) == d->wire_left && !at_end(h);
}

/* The chain of layers of a message's head has ended: what is behind the message goes on. */
static uint8_t behind_head(struct decode *d)
{
	struct streams *s = d->decoder->streams;

	set_now(s, s->now.half, d);
	return s->now.proto;
}

/* A message with STREAM_SKIP ends in `left` bytes from here: its head is decoded, in a source of its own, then what follows. */
static void show_head(struct streams *s, struct half *h, struct decode *d, uint32_t left)
{
	struct decode_return back = { behind_head, d->c, d->wire_left - left, d->source, d->p->transport, d->quoted, d->fragment };

	memcpy(s->now.bytes, h->head, h->nhead);
	if (!decode_source(d, s->now.bytes, h->nhead))
		return;
	s->now.half = h;
	s->now.seq_end = h->next;
	s->now.proto = h->proto;
	s->now.start = s->now.end = NULL;
	s->now.rest = s->now.may_wait = false;
	s->now.head = true;
	d->next = h->proto;
	if (cursor_skip(&back.c, left) && cursor_left(&back.c))
		d->back = back;
}

/* Hands on what the cursor is on, bytes that end at h->next. */
static void decode_here(struct streams *s, struct half *h, struct decode *d, const uint8_t *tcp)
{
	uint32_t start = h->next - d->wire_left, left;

	if (h->state == SKIPPING) {
		left = h->end - start;
		if (left > d->wire_left && left <= FAR)
			return; /* all of it */
		h->state = IDLE;
		if (left && left <= FAR) {
			show_head(s, h, d, left);
			return;
		}
	}
	set_now(s, h, d);
	d->next = decode_application(d, CLAIM_TCP_PORT, get_be16(tcp), get_be16(tcp + 2));
}

/* A segment while a message is kept. False: that is given up, and the segment is to be decoded as it stands. */
static bool keep_segment(struct streams *s, struct half *h, struct decode *d, const uint8_t *tcp, uint32_t seq)
{
	struct message *m = h->message;
	uint32_t before = m->have, len = d->wire_left;

	reorder_segment(&m->order, seq, 0, d->c.pos, (uint32_t)cursor_left(&d->c), len, append, m);
	h->next = m->order.next;
	if (m->lost) {
		give_up(s, h, m->order.overflows ? &s->counts.limits : &s->counts.gaps);
		return false;
	}
	touch(s, m);
	if (m->have > (m->empty ? 0 : before) && m->have >= m->need) {
		message_whole(s, h, m);
		if (!decode_source(d, m->bytes, m->have)) {
			message_free(m);
			return false;
		}
		message_done(s, s->shown);
		s->shown = m;
		set_now(s, h, d);
		d->next = m->empty ? decode_application(d, CLAIM_TCP_PORT, get_be16(tcp), get_be16(tcp + 2)) : m->proto;
	} else if (m->show && len) {
		set_now(s, h, d);
		s->now.may_wait = false;
		s->now.rest = true;
		d->next = m->proto;
	}
	return true;
}

static void decode_as_it_stands(struct streams *s, struct decode *d, const uint8_t *tcp)
{
	s->now.half = NULL;
	d->next = decode_application(d, CLAIM_TCP_PORT, get_be16(tcp), get_be16(tcp + 2));
}

static void gap_drop(struct half *h, unsigned i)
{
	memmove(&h->gap[i], &h->gap[i + 1], (--h->ngaps - i) * sizeof(h->gap[0]));
}

static void gap_add(struct half *h, uint32_t from, uint32_t end)
{
	if (h->ngaps && from - h->gap[0].from > FAR) { /* what would fill it does not come */
		h->gap[0].from = from - FAR;
		if (from - h->gap[0].end >= FAR)
			gap_drop(h, 0);
	}
	if (h->ngaps == GAPS) {
		h->gap[1].from = h->gap[0].from;
		gap_drop(h, 0);
	}
	h->gap[h->ngaps++] = (struct gap){ from, end };
}

/* The i-th gap has the bytes from..end now. */
static void gap_fill(struct half *h, unsigned i, uint32_t from, uint32_t end)
{
	struct gap *g = &h->gap[i];

	if (end - g->from > g->end - g->from)
		end = g->end;
	if (from == g->from) {
		g->from = end;
	} else if (end == g->end) {
		g->end = from;
	} else if (h->ngaps < GAPS) { /* else these bytes may be decoded twice */
		memmove(g + 1, g, (h->ngaps++ - i) * sizeof(*g));
		g[0].end = from;
		g[1].from = end;
	}
	if (g->from == g->end)
		gap_drop(h, i);
}

/* Bytes before what is expected: sent again, unless they are of a gap; then they are decoded as they stand. False: no gap. */
static bool fill_gap(struct streams *s, struct half *h, struct decode *d, const uint8_t *tcp, uint32_t seq)
{
	uint32_t len = d->wire_left;

	for (unsigned i = 0; i < h->ngaps; i++) {
		uint32_t old = h->gap[i].from - seq;

		if (seq - h->gap[i].from < h->gap[i].end - h->gap[i].from)
			old = 0;
		else if (old >= len)
			continue;
		gap_fill(h, i, seq + old, seq + len);
		if (!old || begin_at(d, old))
			decode_as_it_stands(s, d, tcp);
		return true;
	}
	return false;
}

/* The stream goes on at `seq`, far away. */
static void go_to(struct streams *s, struct half *h, uint32_t seq)
{
	give_up(s, h, &s->counts.gaps);
	if (seq - h->next <= FAR)
		gap_add(h, h->next, seq);
	else
		h->ngaps = 0;
	h->next = seq;
	h->stray = 0;
}

static void payload(struct streams *s, struct half *h, struct decode *d, const uint8_t *tcp, uint32_t seq)
{
	int32_t ahead = (int32_t)(seq - h->next);
	uint32_t end = seq + d->wire_left, old;

	if (h->state == NEW) {
		h->state = IDLE;
		h->next = seq;
		ahead = 0;
	} else if (ahead > NEAR || ahead < -FAR) {
		if (!h->stray || h->stray != seq) {
			h->stray = end;
			decode_as_it_stands(s, d, tcp);
			return;
		}
		go_to(s, h, seq);
		ahead = 0;
	}
	if (ahead < 0 && (int32_t)(end - h->next) <= 0 && fill_gap(s, h, d, tcp, seq))
		return;
	if (h->state == KEEPING) {
		if (keep_segment(s, h, d, tcp, seq))
			return;
		ahead = 0; /* what the message had is lost: all of this segment is news */
	}
	if (ahead < 0 && (int32_t)(end - h->next) <= 0)
		return; /* sent again */
	if (ahead > 0)
		gap_add(h, h->next, seq);
	old = ahead < 0 ? (uint32_t)-ahead : 0;
	if ((int32_t)(end - h->next) > 0)
		h->next = end;
	if (!old || begin_at(d, old))
		decode_here(s, h, d, tcp);
}

/* What the other end has will not be sent again. */
static void acked(struct streams *s, struct half *h, uint32_t ack)
{
	struct message *m = h->message;

	if (h->state != KEEPING || !m->order.segments)
		return;
	reorder_acked(&m->order, ack, append, m);
	h->next = m->order.next;
	if (m->lost)
		give_up(s, h, &s->counts.gaps);
	else if (at_end(h))
		give_up(s, h, &s->counts.ended);
}

void stream_segment(struct decode *d, const struct layer *l, const uint8_t *h)
{
	struct streams *s = d->decoder->streams;
	uint32_t seq = get_be32(h + 4), len = d->wire_left;
	unsigned flags = h[13];
	struct conversation_key k;
	struct stream *pair;
	struct half *half, *other;
	bool high;

	s->now.half = NULL;
	s->now.head = false;
	if (!len && !(flags & (SYN | FIN | RST)) && !s->oldest)
		return; /* an acknowledgement of what nobody waits for */
	if (!s->ready)
		get_ready(s, d->decoder);
	pair = decode_ends(d, l, h, &k) ? stream_of(d, l, &k, h) : NULL;
	if (!pair) {
		d->next = decode_application(d, CLAIM_TCP_PORT, get_be16(h), get_be16(h + 2));
		return;
	}
	high = conversation_from_high(&k);
	half = &pair->half[high];
	other = &pair->half[!high];
	if (flags & ACK)
		acked(s, other, get_be32(h + 8));
	if (half->state == KEEPING)
		half->message->order.max_segments = other->state == NEW ? ALONE_SEGMENTS : 0;
	if (flags & SYN) {
		seq++;
		if (half->state == NEW) {
			half->state = IDLE;
			half->next = seq;
		}
	}
	if ((flags & (FIN | RST)) == FIN) { /* a message that begins before it has no segment to wait for */
		half->finishing = true;
		half->fin = seq + len;
	}
	if (len && !(flags & RST))
		payload(s, half, d, h, seq);
	if (at_end(half) || (flags & RST && seq == half->next))
		give_up(s, half, &s->counts.ended);
	if (flags & RST && seq == half->next)
		give_up(s, other, &s->counts.ended);
}
