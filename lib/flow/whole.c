/* SPDX-License-Identifier: MIT */
/*
 * See whole.h. Packets that wait are copied into chunks, one behind the other, and leave them from the front or (when a
 * conversation matches and goes out at once) from anywhere; a chunk that holds no packet any more is used again.
 *
 *	oldest |....ddd|                  newest |....    |         d: dead
 *	        ^ begin of the first               ^ end
 *
 * Each conversation has a list of its packets, by its newest. Fragments whose datagram is not whole yet are in a list by
 * their frame number instead, until the decoder says of which datagram they were.
 */
#include "flow/whole.h"
#include "base/series.h"
#include "decode/conversation.h"
#include "decode/fragment.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_MAX = 256 << 10, BUCKETS = 1024, REMEMBERED = 4096 };
enum kind { KIND_TCP, KIND_UDP, KIND_OTHER, KINDS, KIND_FRAGMENT = KINDS, KIND_NONE };

struct waiting {
	struct waiting *before, *behind; /* of the same conversation; KIND_FRAGMENT: in the same bucket */
	struct chunk *chunk;
	uint64_t number;                 /* of the frame */
	int64_t ts_ns;
	uint32_t caplen, wirelen, ifid, options_len;
	int32_t conversation;
	uint16_t linktype;
	uint8_t kind;                    /* enum kind */
	bool dead, matched;              /* matched: itself; of others their conversation says it */
	bool has_ts, foreign_order;
	/* then caplen bytes and options_len bytes */
};

struct chunk {
	struct chunk *older, *newer;
	size_t size, begin, end;         /* of bytes; begin: no packet before it is alive */
	size_t live;
	uint8_t bytes[] __attribute__((aligned(16)));
};

struct conversation {
	struct waiting *newest;
	uint32_t dropped;
	bool matched;
};

struct whole {
	struct whole_options o;
	struct conversations *others;
	struct series conversations[KINDS];
	struct chunk *oldest, *newest, *spare;
	size_t chunk_size, bytes;        /* bytes: of all chunks in use */
	struct waiting *fragments[BUCKETS];
	uint64_t remembered[REMEMBERED]; /* numbers of fragments that matched, by their low bits */
	struct whole_counts counts;
};

int whole_new(struct whole **out, const struct whole_options *o, struct decoder *d, struct errmsg *err)
{
	static const char *const wanted[] = { "tcp.stream", "udp.stream" };
	struct whole *w = calloc(1, sizeof(*w));

	*out = w;
	if (!w || !(w->others = conversations_new(CONVERSATIONS_MAX)))
		return errmsg_set(err, NW_ELIMIT, "no memory for conversations");
	w->o = *o;
	if (!w->o.max_bytes)
		w->o.max_bytes = WHOLE_BYTES;
	if (w->o.max_bytes < WHOLE_BYTES_MIN)
		w->o.max_bytes = WHOLE_BYTES_MIN;
	w->chunk_size = w->o.max_bytes / 16 < CHUNK_MAX ? w->o.max_bytes / 16 : CHUNK_MAX;
	for (unsigned i = 0; i < KINDS; i++)
		series_init(&w->conversations[i], sizeof(struct conversation), CONVERSATIONS_MAX);
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		decoder_want_field(d, field_find(wanted[i], strlen(wanted[i])));
	return 0;
}

void whole_free(struct whole *w)
{
	if (!w)
		return;
	for (struct chunk *c = w->oldest, *next; c; c = next) {
		next = c->newer;
		free(c);
	}
	free(w->spare);
	for (unsigned i = 0; i < KINDS; i++)
		series_release(&w->conversations[i]);
	conversations_free(w->others);
	free(w);
}

const struct whole_counts *whole_counts(const struct whole *w)
{
	return &w->counts;
}

/* ---- the buffer ------------------------------------------------------------------------------ */

static size_t size_of(const struct waiting *p)
{
	return (sizeof(*p) + p->caplen + p->options_len + 15) & ~(size_t)15;
}

static struct conversation *conversation_of(const struct whole *w, const struct waiting *p)
{
	return p->kind < KINDS ? series_peek(&w->conversations[p->kind], (uint32_t)p->conversation) : NULL;
}

static void chunk_remove(struct whole *w, struct chunk *c)
{
	*(c->older ? &c->older->newer : &w->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &w->newest) = c->older;
	w->bytes -= c->size;
	if (c->size == w->chunk_size && !w->spare)
		w->spare = c;
	else
		free(c);
}

static struct waiting **bucket_of(struct whole *w, uint64_t number)
{
	return &w->fragments[number % BUCKETS];
}

/* Out of the list it is in. */
static void unlink_packet(struct whole *w, struct waiting *p)
{
	struct conversation *v = conversation_of(w, p);

	if (p->before)
		p->before->behind = p->behind;
	else if (p->kind == KIND_FRAGMENT)
		*bucket_of(w, p->number) = p->behind;
	if (p->behind)
		p->behind->before = p->before;
	else if (v && v->newest == p)
		v->newest = p->before;
	p->before = p->behind = NULL;
}

/* It is gone; its chunk too when it was the last one in it. */
static void kill(struct whole *w, struct waiting *p)
{
	struct chunk *c = p->chunk;

	unlink_packet(w, p);
	p->dead = true;
	c->live -= size_of(p);
	if (!c->live && c != w->newest)
		chunk_remove(w, c);
	else if (!c->live)
		c->begin = c->end = 0;
}

/* The oldest packet that waits, or NULL. */
static struct waiting *oldest(struct whole *w)
{
	for (struct chunk *c = w->oldest; c; c = c->newer)
		for (; c->begin < c->end; c->begin += size_of((struct waiting *)(c->bytes + c->begin)))
			if (!((struct waiting *)(c->bytes + c->begin))->dead)
				return (struct waiting *)(c->bytes + c->begin);
	return NULL;
}

static bool is_wanted(const struct whole *w, const struct waiting *p)
{
	const struct conversation *v = conversation_of(w, p);

	return p->matched || (v && v->matched);
}

static int give(struct whole *w, struct waiting *p, struct errmsg *err)
{
	const uint8_t *bytes = (const uint8_t *)(p + 1);
	struct frame f = { .number = p->number, .ts_ns = p->ts_ns, .data = bytes, .caplen = p->caplen, .wirelen = p->wirelen,
			   .ifid = p->ifid, .linktype = p->linktype, .has_ts = p->has_ts, .foreign_order = p->foreign_order,
			   .options_len = p->options_len, .options = p->options_len ? bytes + p->caplen : NULL };
	int rc = w->o.give(w->o.user, &f, err);

	kill(w, p);
	return rc < 0 ? rc : 0;
}

/* The oldest one makes room. */
static int make_room(struct whole *w, struct errmsg *err)
{
	struct waiting *p = oldest(w);
	struct conversation *v;

	if (!p)
		return 0;
	if (is_wanted(w, p))
		return give(w, p, err);
	v = conversation_of(w, p);
	if (v)
		v->dropped++;
	w->counts.dropped++;
	w->counts.dropped_bytes += p->caplen;
	kill(w, p);
	return 0;
}

static struct chunk *chunk_new(struct whole *w, size_t size)
{
	struct chunk *c = size <= w->chunk_size ? w->spare : NULL;

	if (size < w->chunk_size)
		size = w->chunk_size;
	if (c)
		w->spare = NULL;
	else
		c = malloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	*c = (struct chunk){ .older = w->newest, .size = size };
	*(w->newest ? &w->newest->newer : &w->oldest) = c;
	w->newest = c;
	w->bytes += size;
	if (w->bytes > w->counts.most_bytes)
		w->counts.most_bytes = w->bytes;
	return c;
}

/* A copy at the end of the buffer; *copy NULL: it alone is more than the bound. */
static int keep(struct whole *w, const struct frame *f, struct waiting **copy, struct errmsg *err)
{
	struct waiting made = { .number = f->number, .ts_ns = f->ts_ns, .caplen = w->o.no_bytes ? 0 : f->caplen, .wirelen = f->wirelen,
				.ifid = f->ifid, .options_len = w->o.no_bytes ? 0 : f->options_len, .linktype = f->linktype,
				.has_ts = f->has_ts, .foreign_order = f->foreign_order };
	size_t size = size_of(&made);
	struct chunk *c = w->newest;
	uint8_t *bytes;

	*copy = NULL;
	if (size > w->o.max_bytes)
		return 0;
	if (!c || size > c->size - c->end) {
		size_t need = size > w->chunk_size ? size : w->chunk_size;

		if (c && !c->live)
			chunk_remove(w, c);
		while (w->bytes + need > w->o.max_bytes && w->oldest) {
			int rc = make_room(w, err);

			if (rc)
				return rc;
			while (w->oldest && !w->oldest->live) /* the newest is kept while it is empty */
				chunk_remove(w, w->oldest);
		}
		c = chunk_new(w, size);
		if (!c)
			return errmsg_set(err, NW_ELIMIT, "no memory for packets that wait; a bound below %zu bytes helps", w->o.max_bytes);
	}
	made.chunk = c;
	*copy = (struct waiting *)(c->bytes + c->end);
	**copy = made;
	bytes = (uint8_t *)(*copy + 1);
	if (made.caplen)
		memcpy(bytes, f->data, made.caplen);
	if (made.options_len)
		memcpy(bytes + made.caplen, f->options, made.options_len);
	c->end += size;
	c->live += size;
	return 0;
}

/* ---- conversations ----------------------------------------------------------------------------- */

/* Is the innermost IP layer a fragment with nothing decoded behind it? */
static bool is_fragment(const struct packet *p)
{
	const struct layer *l = &p->layers[p->network];

	if (p->network + 1 != p->nlayers || fragment_source(p, l))
		return false;
	return l->proto == PROTO_ip ? (l->aux[0] & 0x3fff) != 0 : (l->aux[1] & 0xfff9) != 0;
}

/* Which conversation a packet belongs to. */
static enum kind classify(struct whole *w, const struct packet *p, int32_t *number)
{
	const struct layer *l = p->transport >= 0 ? &p->layers[p->transport] : NULL;
	struct conversation_key k;
	const uint8_t *ip;

	if (l && p->transport > p->network) {
		*number = (int32_t)((uint32_t)l->aux[0] << 16 | l->aux[1]);
		if (*number != CONVERSATION_NONE)
			return l->proto == PROTO_tcp ? KIND_TCP : KIND_UDP;
	}
	if (p->network < 0)
		return KIND_NONE;
	l = &p->layers[p->network];
	if (packet_bytes(p, l, &ip) < (l->proto == PROTO_ip ? 20u : 40u))
		return KIND_NONE;
	if (is_fragment(p))
		return KIND_FRAGMENT;
	k = (struct conversation_key){ .addr_len = l->proto == PROTO_ip ? 4 : 16,
				       .src_port = l->proto == PROTO_ip ? ip[9] : l->aux[0] };
	k.src = ip + (l->proto == PROTO_ip ? 12 : 8);
	k.dst = k.src + k.addr_len;
	k.dst_port = k.src_port;
	*number = conversation_number(w->others, &k);
	return *number == CONVERSATION_NONE ? KIND_NONE : KIND_OTHER;
}

static struct conversation *conversation_at(struct whole *w, enum kind kind, int32_t number)
{
	struct series *s = &w->conversations[kind];

	while (series_full(s, (uint32_t)number)) {
		series_drop(s); /* their packets stay in the buffer until they are the oldest */
		w->counts.forgotten += SERIES_CHUNK;
	}
	return series_item(s, (uint32_t)number);
}

/* Into its conversation's list, by its number: fragments come later than they were captured. */
static void link_packet(struct conversation *v, struct waiting *p)
{
	struct waiting *before = v->newest, *behind = NULL;

	while (before && before->number > p->number) {
		behind = before;
		before = before->before;
	}
	p->before = before;
	p->behind = behind;
	if (before)
		before->behind = p;
	*(behind ? &behind->before : &v->newest) = p;
}

static void fragment_link(struct whole *w, struct waiting *p)
{
	struct waiting **bucket = bucket_of(w, p->number);

	p->behind = *bucket;
	if (p->behind)
		p->behind->before = p;
	*bucket = p;
}

/* The datagrams that this packet completes: their other fragments belong to its conversation. True if one of those matched. */
static bool take_fragments(struct whole *w, const struct packet *p, enum kind kind, int32_t number, struct conversation *v)
{
	bool matched = false;

	for (unsigned i = 1; i < p->nsources; i++) {
		const struct datagram_parts *parts = p->source[i].parts;

		for (uint32_t k = 0; parts && k < parts->count; k++) {
			uint64_t frame = parts->piece[k].frame;
			struct waiting *f = *bucket_of(w, frame);

			matched |= frame && w->remembered[frame % REMEMBERED] == frame;
			while (f && f->number != frame)
				f = f->behind;
			if (!f)
				continue;
			unlink_packet(w, f);
			f->kind = (uint8_t)kind;
			f->conversation = number;
			link_packet(v, f);
		}
	}
	return matched;
}

/* ---- packets ---------------------------------------------------------------------------------------- */

/* Of a conversation that goes out at once: all that waits. */
static int release(struct whole *w, struct conversation *v, struct errmsg *err)
{
	struct waiting *p = v->newest;
	int rc = 0;

	while (p && p->before)
		p = p->before;
	while (p && !rc) {
		struct waiting *next = p->behind;

		rc = give(w, p, err);
		p = next;
	}
	return rc;
}

/* In order: those at the front that are decided. */
static int drain(struct whole *w, struct errmsg *err)
{
	struct waiting *p;
	int rc = 0;

	while (!rc && (p = oldest(w)) && is_wanted(w, p))
		rc = give(w, p, err);
	return rc;
}

static int pass(struct whole *w, const struct frame *f, struct errmsg *err)
{
	int rc = w->o.give(w->o.user, f, err);

	return rc < 0 ? rc : 0;
}

/* This packet goes out, now or behind those before it. */
static int wanted(struct whole *w, const struct frame *f, struct errmsg *err)
{
	struct waiting *copy;
	int rc;

	if (w->o.at_once || !oldest(w))
		return pass(w, f, err);
	rc = keep(w, f, &copy, err);
	if (rc)
		return rc;
	if (!copy) /* too large to wait */
		return pass(w, f, err);
	copy->kind = KIND_NONE;
	copy->matched = true;
	return drain(w, err);
}

/* This one waits in the list of its conversation, or (v NULL) among the fragments. */
static int waits(struct whole *w, const struct frame *f, enum kind kind, int32_t number, struct conversation *v,
		 struct errmsg *err)
{
	struct waiting *copy;
	int rc = keep(w, f, &copy, err);

	if (rc)
		return rc;
	if (!copy) {
		if (v)
			v->dropped++;
		w->counts.dropped++;
		w->counts.dropped_bytes += f->caplen;
		return 0;
	}
	copy->kind = (uint8_t)kind;
	copy->conversation = number;
	if (v)
		link_packet(v, copy);
	else
		fragment_link(w, copy);
	return 0;
}

int whole_packet(struct whole *w, const struct packet *p, bool matches, struct errmsg *err)
{
	const struct frame *f = p->frame;
	struct conversation *v = NULL;
	int32_t number = CONVERSATION_NONE;
	enum kind kind = classify(w, p, &number);

	if (kind < KINDS && !(v = conversation_at(w, kind, number)))
		kind = KIND_NONE; /* forgotten, or no memory */
	if (kind == KIND_NONE)
		return matches ? wanted(w, f, err) : 0;
	if (kind == KIND_FRAGMENT) {
		if (!matches)
			return waits(w, f, kind, number, NULL, err);
		w->remembered[f->number % REMEMBERED] = f->number;
		return wanted(w, f, err);
	}
	matches |= take_fragments(w, p, kind, number, v);
	if (matches && !v->matched) {
		v->matched = true;
		w->counts.missing += v->dropped;
		w->counts.missing_conversations += v->dropped != 0;
	}
	if (!v->matched)
		return waits(w, f, kind, number, v, err);
	if (v->newest && w->o.at_once) {
		int rc = release(w, v, err);

		if (rc)
			return rc;
	} else if (v->newest) {
		int rc = drain(w, err);

		if (rc)
			return rc;
	}
	return wanted(w, f, err);
}

int whole_end(struct whole *w, struct errmsg *err)
{
	struct waiting *p;
	int rc = 0;

	while (!rc && (p = oldest(w)))
		if (is_wanted(w, p))
			rc = give(w, p, err);
		else
			kill(w, p);
	return rc;
}
