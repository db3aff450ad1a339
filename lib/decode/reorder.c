/* SPDX-License-Identifier: MIT */
/*
 * See reorder.h. What waits is a list of copies in the order of their numbers, no two of which cover the same number:
 *
 *	given ........ next   [early  ]   [early][early cut ..]      fin
 *	                   gap         gap
 *
 * A new segment is cut where it meets bytes that were there before. Most come in order and never see the list; after a
 * loss nearly all belong behind its last entry. The others look for their place from the front: the limits bound that, to
 * about 13 µs a packet with 10,000 that wait.
 */
#include "decode/reorder.h"

#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4 };
enum { FAR = 1 << 26 /* more than any window in use */ };

struct reorder_segment {
	struct reorder_segment *next;
	uint32_t seq, len;
	uint32_t caplen; /* of `len`; the rest is a gap that nothing will fill */
	uint8_t data[];
};

/* What is left of a segment that comes in. */
struct piece {
	uint32_t seq, len, caplen;
	const uint8_t *data;
};

/* Where an entry points and where the bytes go. */
struct giver {
	reorder_give *give;
	void *user;
};

/* How far `a` is ahead of `b`; negative: behind. */
static int32_t ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* Leaves out the first n bytes. */
static void piece_skip(struct piece *p, uint32_t n)
{
	n = n < p->len ? n : p->len;
	p->seq += n;
	p->len -= n;
	if (n > p->caplen)
		n = p->caplen;
	p->caplen -= n;
	if (p->data)
		p->data += n;
}

static void give_gap(struct reorder *r, uint32_t len, const struct giver *g)
{
	if (!len)
		return;
	r->next += len;
	r->missing += len;
	g->give(g->user, NULL, len);
}

/* Gives `len` bytes that are next, of which `caplen` are there. */
static void give_bytes(struct reorder *r, const uint8_t *data, uint32_t caplen, uint32_t len, const struct giver *g)
{
	caplen = caplen < len ? caplen : len;
	if (caplen) {
		r->next += caplen;
		r->given += caplen;
		g->give(g->user, data, caplen);
	}
	give_gap(r, len - caplen, g);
}

/* The first segment that waits, without what has been given meanwhile. */
static void give_first(struct reorder *r, const struct giver *g)
{
	struct reorder_segment *s = r->first;
	struct piece p = { s->seq, s->len, s->caplen, s->data };

	r->first = s->next;
	if (!r->first)
		r->last = NULL;
	r->segments--;
	r->bytes -= s->caplen;
	piece_skip(&p, r->next - s->seq);
	give_bytes(r, p.data, p.caplen, p.len, g);
	free(s);
}

/* Everything that waits and has no gap before it. */
static void drain(struct reorder *r, const struct giver *g)
{
	while (r->first && ahead(r->first->seq, r->next) <= 0)
		give_first(r, g);
	if (r->finishing && ahead(r->next, r->fin) >= 0) {
		r->next += r->next == r->fin;
		r->finishing = false;
		r->ended = true;
	}
}

/* The number of the first thing that waits; false if nothing does. */
static bool waits_at(const struct reorder *r, uint32_t *seq)
{
	if (!r->first && !r->finishing)
		return false;
	*seq = r->first && (!r->finishing || ahead(r->fin, r->first->seq) >= 0) ? r->first->seq : r->fin;
	return true;
}

static struct reorder_segment *segment_new(const struct piece *p, uint32_t len)
{
	uint32_t caplen = p->caplen < len ? p->caplen : len;
	struct reorder_segment *s = malloc(sizeof(*s) + caplen);

	if (!s)
		return NULL;
	*s = (struct reorder_segment){ .seq = p->seq, .len = len, .caplen = caplen };
	if (caplen)
		memcpy(s->data, p->data, caplen);
	return s;
}

/* Copies what of `p` nobody has yet. False: no room or no memory, and `p` is what is left. */
static bool keep(struct reorder *r, struct piece *p)
{
	uint32_t max_segments = r->max_segments ? r->max_segments : REORDER_SEGMENTS;
	uint32_t max_bytes = r->max_bytes ? r->max_bytes : REORDER_BYTES;
	struct reorder_segment **at = &r->first;

	if (r->last && ahead(p->seq, r->last->seq + r->last->len) >= 0)
		at = &r->last->next;
	while (p->len) {
		struct reorder_segment *s = *at;
		uint32_t n = p->len;

		if (s && ahead(p->seq, s->seq) >= 0) { /* here or behind: only what is beyond its end counts */
			if (ahead(s->seq + s->len, p->seq) > 0)
				piece_skip(p, s->seq + s->len - p->seq);
			at = &s->next;
			continue;
		}
		if (s && s->seq - p->seq < n)
			n = s->seq - p->seq;
		if (r->segments == max_segments || (p->caplen < n ? p->caplen : n) > max_bytes - r->bytes)
			return false;
		s = segment_new(p, n);
		if (!s)
			return false;
		s->next = *at;
		*at = s;
		if (!s->next)
			r->last = s;
		at = &s->next;
		r->segments++;
		r->bytes += s->caplen;
		piece_skip(p, n);
	}
	return true;
}

/* Bytes that are next, as far as none of them waits already. */
static void give_piece(struct reorder *r, struct piece *p, const struct giver *g)
{
	uint32_t n = p->len;

	if (r->first && r->first->seq - r->next < n)
		n = r->first->seq - r->next;
	give_bytes(r, p->data, p->caplen, n, g);
	piece_skip(p, n);
	drain(r, g);
}

static void take(struct reorder *r, struct piece *p, const struct giver *g)
{
	while (p->len) {
		int32_t early = ahead(p->seq, r->next);
		uint32_t until;

		if (early < 0) {
			piece_skip(p, (uint32_t)-early);
		} else if (!early) {
			give_piece(r, p, g);
		} else if (!keep(r, p)) {
			r->overflows++;
			until = r->first && ahead(p->seq, r->first->seq) > 0 ? r->first->seq : p->seq;
			give_gap(r, until - r->next, g);
			drain(r, g);
		}
	}
}

/* Is this segment too far away? If another one follows such a segment, the stream has gone there. */
static bool strays(struct reorder *r, uint32_t seq, uint32_t len, const struct giver *g)
{
	int32_t far = ahead(seq, r->next);
	bool goes_on = r->strayed && r->stray == seq;

	if (far >= -FAR && far <= FAR)
		return false;
	r->strayed = len > 1; /* not a keep-alive, not a bare RST */
	r->stray = seq + len;
	if (!goes_on || !len)
		return true;
	r->strayed = false;
	reorder_end(r, g->give, g->user);
	r->ended = false;
	give_gap(r, seq - r->next, g);
	return false;
}

void reorder_segment(struct reorder *r, uint32_t seq, unsigned flags, const uint8_t *data, uint32_t caplen, uint32_t len,
		     reorder_give *give, void *user)
{
	struct piece p = { seq + !!(flags & SYN), len, caplen < len ? caplen : len, data };
	struct giver g = { give, user };

	if (!r->begun) {
		r->begun = true;
		r->next = p.seq;
	}
	if (flags & RST && p.seq != r->next) /* at the number that is expected it may say why: RFC 9293 section 3.5.3 */
		p.len = p.caplen = 0;
	if (strays(r, p.seq, p.len, &g))
		return;
	if (flags & RST)
		r->ended = r->ended || ahead(p.seq, r->next) >= 0;
	if (flags & FIN && !(flags & RST) && !r->finishing && !r->ended) {
		r->finishing = true;
		r->fin = p.seq + p.len;
	}
	if (p.seq == r->next && !r->first) { /* nearly always */
		give_bytes(r, p.data, p.caplen, p.len, &g);
		p.len = 0;
	}
	take(r, &p, &g);
	drain(r, &g);
}

void reorder_acked(struct reorder *r, uint32_t ack, reorder_give *give, void *user)
{
	struct giver g = { give, user };
	uint32_t seq;

	while (r->begun && waits_at(r, &seq) && ahead(ack, seq) >= 0 && ahead(ack, r->next) <= FAR) {
		give_gap(r, seq - r->next, &g);
		drain(r, &g);
	}
}

void reorder_end(struct reorder *r, reorder_give *give, void *user)
{
	struct giver g = { give, user };
	uint32_t seq;

	while (waits_at(r, &seq)) {
		give_gap(r, seq - r->next, &g);
		drain(r, &g);
	}
}

void reorder_release(struct reorder *r)
{
	struct reorder limits = { .max_segments = r->max_segments, .max_bytes = r->max_bytes };

	while (r->first) {
		struct reorder_segment *s = r->first;

		r->first = s->next;
		free(s);
	}
	*r = limits;
}
