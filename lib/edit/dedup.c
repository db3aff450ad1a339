/* SPDX-License-Identifier: MIT */
/*
 * Duplicates: a packet is dropped when one like it is among the last N, or the last so many seconds. What a packet is like
 * is a keyed 64-bit hash (SipHash-2-4, Aumasson and Bernstein, 2012) and its length; the key is new in every run, so nobody
 * can make two packets look alike.
 *
 *	exact     every byte
 *	packet    without what a router changes: TTL or hop limit, and the IP, TCP and UDP checksums
 *	network   and only from the IP header to the end of the IP packet: no MAC addresses, tags, padding, FCS
 *
 *	ring   |hash time next|hash time next|...     oldest overwritten
 *	heads  chains of ring entries by hash, so that a long window costs no more than a short one
 */
#include "internal.h"

#include <stdlib.h>
#include <sys/random.h>

enum { NONE = -1, NO_CHAIN = UINT32_MAX };

struct seen {
	uint64_t hash;
	int64_t ts_ns;
	uint32_t len; /* NO_CHAIN: a newer one like it has taken its place in the chain, which so stays short */
	int32_t next; /* in its chain */
};

struct dedup {
	uint64_t key[2];
	uint8_t mode;
	int64_t window_ns;    /* 0: by number */
	uint32_t size, used, at; /* ring: entries, filled, next to overwrite */
	struct seen *ring;
	int32_t *heads;       /* size rounded up to a power of two */
	uint32_t mask;
};

/* ---- SipHash ---------------------------------------------------------------------------- */

struct sip {
	uint64_t v[4], word;
	uint64_t total;
};

static inline uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_init(struct sip *s, const uint64_t key[2])
{
	static const uint64_t start[4] = { 0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573 };

	for (unsigned i = 0; i < 4; i++)
		s->v[i] = start[i] ^ key[i % 2];
	s->word = s->total = 0;
}

static inline void sip_word(struct sip *s, uint64_t m)
{
	s->v[3] ^= m;
	sip_round(s->v);
	sip_round(s->v);
	s->v[0] ^= m;
}

static void sip_bytes(struct sip *s, const uint8_t *p, size_t n)
{
	while (n && s->total % 8) {
		s->word |= (uint64_t)*p++ << 8 * (s->total++ % 8);
		n--;
		if (s->total % 8 == 0) {
			sip_word(s, s->word);
			s->word = 0;
		}
	}
	for (; n >= 8; n -= 8, p += 8) {
		sip_word(s, get_le64(p));
		s->total += 8;
	}
	for (; n; n--)
		s->word |= (uint64_t)*p++ << 8 * (s->total++ % 8);
}

static uint64_t sip_end(struct sip *s)
{
	sip_word(s, s->word | s->total << 56);
	s->v[2] ^= 0xff;
	for (unsigned i = 0; i < 4; i++)
		sip_round(s->v);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

/* ---- what is hashed ------------------------------------------------------------------------ */

struct hole {
	uint32_t at, len;
};

struct view {
	uint32_t from, to; /* bytes of the frame that count */
	struct hole holes[4]; /* in order */
	unsigned nholes;
};

static void add_hole(struct view *v, uint32_t at, uint32_t len)
{
	v->holes[v->nholes++] = (struct hole){ at, len };
}

static void transport_hole(struct view *v, uint8_t proto, uint32_t at)
{
	if (proto == 6)
		add_hole(v, at + 16, 2);
	else if (proto == 17)
		add_hole(v, at + 6, 2);
}

static void look_at(const struct frame *f, uint8_t mode, struct view *v)
{
	const uint8_t *ip;
	struct link l;
	uint32_t at, left, end;
	uint16_t type;

	*v = (struct view){ .to = f->caplen };
	if (mode == DEDUP_EXACT || !link_parse(f->data, f->caplen, f->linktype, &l))
		return;
	type = link_payload(f->data, f->caplen, &l, &at);
	ip = f->data + at;
	left = f->caplen - at;
	if (type == 0x0800 && left >= 20 && (ip[0] & 15) >= 5) {
		add_hole(v, at + 8, 1);
		add_hole(v, at + 10, 2);
		if (!(get_be16(ip + 6) & 0x1fff))
			transport_hole(v, ip[9], at + (ip[0] & 15) * 4u);
		end = at + get_be16(ip + 2);
	} else if (type == 0x86dd && left >= 40) {
		add_hole(v, at + 7, 1);
		transport_hole(v, ip[6], at + 40);
		end = at + 40 + get_be16(ip + 4);
	} else {
		return;
	}
	if (mode != DEDUP_NETWORK)
		return;
	v->from = at;
	if (end > at && end < v->to)
		v->to = end;
}

static uint64_t hash_frame(const struct dedup *d, const struct frame *f, uint32_t *len)
{
	struct view v;
	struct sip s;
	uint32_t at;

	look_at(f, d->mode, &v);
	sip_init(&s, d->key);
	at = v.from;
	for (unsigned i = 0; i < v.nholes && v.holes[i].at < v.to; i++) {
		if (v.holes[i].at > at)
			sip_bytes(&s, f->data + at, v.holes[i].at - at);
		at = v.holes[i].at + v.holes[i].len;
	}
	if (at < v.to)
		sip_bytes(&s, f->data + at, v.to - at);
	*len = v.to - v.from;
	return sip_end(&s);
}

/* ---- the window ------------------------------------------------------------------------------- */

int dedup_open(struct dedup **out, const struct edit_options *o, struct errmsg *err)
{
	struct dedup *d = *out = calloc(1, sizeof(*d));
	uint32_t heads = 1;

	if (!d)
		return errmsg_set(err, NW_ELIMIT, "no memory for --dedup");
	d->mode = o->dedup;
	d->window_ns = o->dedup_packets ? 0 : o->dedup_ns;
	d->size = o->dedup_packets ? o->dedup_packets : EDIT_WINDOW_MAX;
	while (heads < d->size)
		heads *= 2;
	d->mask = heads - 1;
	d->ring = malloc(d->size * sizeof(*d->ring));
	d->heads = malloc(heads * sizeof(*d->heads));
	if (!d->ring || !d->heads)
		return errmsg_set(err, NW_ELIMIT, "no memory for a window of %u packets", d->size);
	memset(d->heads, 0xff, heads * sizeof(*d->heads)); /* NONE */
	if (getrandom(d->key, sizeof(d->key), 0) != sizeof(d->key))
		return errmsg_errno(err, "no random key for --dedup");
	return 0;
}

void dedup_close(struct dedup *d)
{
	if (!d)
		return;
	free(d->ring);
	free(d->heads);
	free(d);
}

static int32_t *chain(const struct dedup *d, uint64_t hash)
{
	return &d->heads[(uint32_t)hash & d->mask];
}

/* Takes an entry out of its chain. */
static void forget(struct dedup *d, uint32_t i)
{
	int32_t *link = chain(d, d->ring[i].hash);

	if (d->ring[i].len == NO_CHAIN)
		return;
	while (*link != (int32_t)i)
		link = &d->ring[*link].next;
	*link = d->ring[i].next;
	d->ring[i].len = NO_CHAIN;
}

static void remember(struct dedup *d, uint64_t hash, const struct frame *f, uint32_t len)
{
	uint32_t i = d->at;

	if (d->used == d->size)
		forget(d, i);
	else
		d->used++;
	d->ring[i] = (struct seen){ hash, f->ts_ns, len, *chain(d, hash) };
	*chain(d, hash) = (int32_t)i;
	d->at = i + 1 == d->size ? 0 : i + 1;
}

int edit_dedup(struct edits *e, struct work *w)
{
	struct dedup *d = e->dedup;
	bool duplicate = false;
	uint32_t len;
	uint64_t hash = hash_frame(d, &w->f, &len);

	for (int32_t i = *chain(d, hash); i != NONE; i = d->ring[i].next)
		if (d->ring[i].hash == hash && d->ring[i].len == len) {
			int64_t ago;

			duplicate = !d->window_ns || (!__builtin_sub_overflow(w->f.ts_ns, d->ring[i].ts_ns, &ago) && ago >= 0 &&
						      ago <= d->window_ns);
			forget(d, (uint32_t)i);
			break;
		}
	remember(d, hash, &w->f, len);
	e->counts.duplicates += duplicate;
	return duplicate ? EDIT_DROPPED : EDIT_ON;
}
