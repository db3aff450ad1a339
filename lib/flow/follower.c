/* SPDX-License-Identifier: MIT */
/*
 * See follower.h. Who is in which list:
 *
 *	open     oldest <-> ... <-> newest      the next packet makes it the newest; beyond FOLLOWED_MAX the oldest goes
 *	closed   oldest <-> ... <-> newest      both directions have ended; beyond FOLLOWED_CLOSED_MAX the oldest goes
 *
 * One that went is marked in the index, and what still comes of a closed one (mostly repetitions) is left out. One that had
 * to go for others begins again with its next packet.
 */
#include "flow/follower.h"

#include "base/bytes.h"
#include "decode/protocol.h"

#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static char gone_mark; /* only its address counts */
#define FOLLOWED_GONE ((struct followed *)(void *)&gone_mark)

/* ---- lists ----------------------------------------------------------------------------- */

static void list_add(struct followed_list *list, struct followed *s)
{
	s->newer = NULL;
	s->older = list->newest;
	if (list->newest)
		list->newest->newer = s;
	else
		list->oldest = s;
	list->newest = s;
	list->count++;
}

static void list_remove(struct followed_list *list, struct followed *s)
{
	if (s->older)
		s->older->newer = s->newer;
	else
		list->oldest = s->newer;
	if (s->newer)
		s->newer->older = s->older;
	else
		list->newest = s->older;
	list->count--;
}

static struct followed_list *list_of(struct follower *f, const struct followed *s)
{
	return s->ended[FLOW_ORIG] && s->ended[FLOW_RESP] ? &f->closed : &f->open;
}

/* ---- giving ------------------------------------------------------------------------------ */

struct giving {
	struct follower *f;
	struct followed *s;
	unsigned dir;
};

static void give(void *user, const uint8_t *data, uint32_t len)
{
	const struct giving *g = user;

	if (data)
		g->s->given[g->dir] += len;
	else
		g->s->missing[g->dir] += len;
	g->f->events->data(g->f->user, g->s, g->dir, data, len);
}

/* What waits in one direction is counted for all of them together, around each change. */
static void account(struct follower *f, const struct reorder *r, uint32_t bytes_before, uint32_t overflows_before)
{
	f->waiting += r->bytes;
	f->waiting -= bytes_before;
	f->overflows += r->overflows - overflows_before;
}

/* When all together have too much, nothing more may wait in this one. */
static void limit(const struct follower *f, struct reorder *r)
{
	r->max_bytes = f->waiting < FOLLOWER_WAITING_MAX ? 0 : r->bytes ? r->bytes : 1;
}

static void half_end(struct follower *f, struct followed *s, unsigned dir, bool whole)
{
	struct giving g = { f, s, dir };
	struct reorder *r = &s->half[dir];
	uint32_t bytes = r->bytes;

	if (!s->udp && (r->segments || r->finishing)) {
		reorder_end(r, give, &g);
		account(f, r, bytes, r->overflows);
	}
	if (s->ended[dir])
		return;
	s->ended[dir] = true;
	if (f->events->end)
		f->events->end(f->user, s, dir, whole);
}

/* Ends a direction that its FIN or RST has been reached of. */
static void half_closed(struct follower *f, struct followed *s, unsigned dir)
{
	if (!s->half[dir].ended || s->ended[dir])
		return;
	list_remove(list_of(f, s), s);
	half_end(f, s, dir, true);
	list_add(list_of(f, s), s);
}

static void followed_free(struct follower *f, struct followed *s)
{
	struct followed **at = series_peek(&f->index, (uint32_t)s->number);

	if (at && *at == s)
		*at = s->ended[FLOW_ORIG] && s->ended[FLOW_RESP] ? FOLLOWED_GONE : NULL;
	list_remove(list_of(f, s), s);
	if (f->events->gone)
		f->events->gone(f->user, s);
	for (unsigned dir = 0; dir < 2; dir++) {
		f->waiting -= s->half[dir].bytes;
		reorder_release(&s->half[dir]);
	}
	free(s);
}

static void followed_end(struct follower *f, struct followed *s)
{
	list_remove(list_of(f, s), s);
	half_end(f, s, FLOW_ORIG, false);
	half_end(f, s, FLOW_RESP, false);
	list_add(list_of(f, s), s);
	followed_free(f, s);
}

/* ---- who it is ------------------------------------------------------------------------------ */

static bool packet_ends(const struct packet *p, const struct layer *l, const uint8_t *ports, struct conversation_key *k)
{
	for (const struct layer *n = l; n-- > p->layers;) {
		unsigned len = n->proto == PROTO_ip ? 4 : n->proto == PROTO_ipv6 ? 16 : 0;
		const uint8_t *ip = p->source[n->source].data + n->off + (len == 4 ? 12 : 8);

		if (!len)
			continue;
		*k = (struct conversation_key){ .src = ip, .dst = ip + len, .addr_len = len,
						  .src_port = get_be16(ports), .dst_port = get_be16(ports + 2) };
		return true;
	}
	return false;
}

static bool ends_are(const struct conversation_key *k, const struct follower_choice *c)
{
	for (unsigned i = 0; i < 2; i++)
		if (k->src_port == c->port[i] && k->dst_port == c->port[!i] && k->addr_len == c->addr_len &&
		    !memcmp(k->src, c->addr[i], k->addr_len) && !memcmp(k->dst, c->addr[!i], k->addr_len))
			return true;
	return false;
}

static struct followed *followed_new(struct follower *f, int32_t number, const struct conversation_key *k, bool from_resp)
{
	struct followed *s = calloc(1, sizeof(*s));
	unsigned from = from_resp ? FLOW_RESP : FLOW_ORIG;

	if (!s)
		return NULL;
	s->number = number;
	s->udp = f->choice.udp;
	s->addr_len = (uint8_t)k->addr_len;
	s->orig_high = conversation_from_high(k) != from_resp;
	memcpy(s->addr[from], k->src, k->addr_len);
	memcpy(s->addr[!from], k->dst, k->addr_len);
	s->port[from] = k->src_port;
	s->port[!from] = k->dst_port;
	list_add(&f->open, s);
	return s;
}

/* The conversation of the packet, begun if it is a new one. NULL: it is over, or there is no memory. */
static struct followed *find(struct follower *f, int32_t number, const struct conversation_key *k, unsigned flags)
{
	struct followed **at;

	while (series_full(&f->index, (uint32_t)number)) {
		uint32_t first = series_first(&f->index);

		for (uint32_t i = first; i < first + SERIES_CHUNK; i++) {
			at = series_peek(&f->index, i);
			if (at && *at && *at != FOLLOWED_GONE)
				followed_end(f, *at);
		}
		series_drop(&f->index);
	}
	at = series_item(&f->index, (uint32_t)number);
	if (at && *at)
		return *at == FOLLOWED_GONE ? NULL : *at;
	if (f->open.count == FOLLOWED_MAX) {
		followed_end(f, f->open.oldest);
		f->evicted++;
	}
	if (at)
		*at = followed_new(f, number, k, (flags & (SYN | ACK)) == (SYN | ACK));
	if (!at || !*at) {
		f->lost++;
		return NULL;
	}
	return *at;
}

/* ---- packets ---------------------------------------------------------------------------------- */

static void segment(struct follower *f, struct followed *s, unsigned dir, const uint8_t *h, const uint8_t *data, uint32_t caplen,
		    uint32_t len)
{
	struct reorder *r = &s->half[dir], *other = &s->half[!dir];
	struct giving g = { f, s, dir }, back = { f, s, !dir };
	uint32_t bytes = other->bytes, overflows = other->overflows;

	if (h[13] & ACK && (other->segments || other->finishing)) {
		reorder_acked(other, get_be32(h + 8), give, &back);
		account(f, other, bytes, overflows);
		half_closed(f, s, !dir);
	}
	if (r->begun && !len && !(h[13] & (SYN | FIN | RST)))
		return;
	bytes = r->bytes;
	overflows = r->overflows;
	limit(f, r);
	reorder_segment(r, get_be32(h + 4), h[13], data, caplen, len, give, &g);
	account(f, r, bytes, overflows);
	half_closed(f, s, dir);
}

/* A TCP or UDP layer of a conversation that is followed; those in tunnels have conversations of their own. */
static void follow_layer(struct follower *f, const struct packet *p, const struct layer *l, int32_t number)
{
	const uint8_t *h;
	uint32_t kept = packet_bytes(p, l, &h), head = f->choice.udp ? 8 : (h[12] >> 4) * 4u; /* hlen has more if messages were joined */
	uint32_t len = l->wire_end > l->off + head ? l->wire_end - l->off - head : 0, caplen = kept > head ? kept - head : 0;
	struct conversation_key k;
	struct followed *s;
	unsigned dir;

	if (!packet_ends(p, l, h, &k) || (!f->choice.all && f->choice.number < 0 && !ends_are(&k, &f->choice)))
		return;
	s = find(f, number, &k, f->choice.udp ? 0 : h[13]);
	if (!s)
		return;
	if (s->newer) {
		list_remove(list_of(f, s), s);
		list_add(list_of(f, s), s);
	}
	s->frame = p->frame->number;
	s->ts_ns = p->frame->ts_ns;
	dir = conversation_from_high(&k) != s->orig_high;
	if (!s->udp) {
		segment(f, s, dir, h, h + head, caplen, len);
	} else {
		struct giving g = { f, s, dir };

		give(&g, h + head, caplen);
		if (caplen < len)
			give(&g, NULL, len - caplen);
	}
	if (f->closed.count > FOLLOWED_CLOSED_MAX)
		followed_free(f, f->closed.oldest);
}

void follower_packet(struct follower *f, const struct packet *p)
{
	unsigned proto = f->choice.udp ? PROTO_udp : PROTO_tcp;

	if (!proto_set_has(&p->present, proto))
		return;
	for (const struct layer *l = p->layers; l < p->layers + p->nlayers; l++) {
		int32_t number = (int32_t)((uint32_t)l->aux[0] << 16 | l->aux[1]);

		if (l->proto == proto && (f->choice.number < 0 ? number >= 0 : number == f->choice.number) &&
		    l->result == DECODE_OK && !layer_quoted(p, l))
			follow_layer(f, p, l, number);
	}
}

/* ---- life --------------------------------------------------------------------------------------- */

void follower_init(struct follower *f, const struct follower_choice *c, const struct follower_events *events, void *user,
		   struct decoder *d)
{
	*f = (struct follower){ .choice = *c, .events = events, .user = user };
	series_init(&f->index, sizeof(struct followed *), CONVERSATIONS_MAX);
	decoder_want(d, c->udp ? PROTO_udp : PROTO_tcp);
	decoder_want_field(d, field_find(c->udp ? "udp.stream" : "tcp.stream", 10));
}

void follower_end(struct follower *f)
{
	while (f->open.oldest)
		followed_end(f, f->open.oldest);
	while (f->closed.oldest)
		followed_free(f, f->closed.oldest);
}

void follower_release(struct follower *f)
{
	while (f->open.oldest)
		followed_free(f, f->open.oldest);
	while (f->closed.oldest)
		followed_free(f, f->closed.oldest);
	series_release(&f->index);
}
