/* SPDX-License-Identifier: MIT */
/*
 * See fragment.h. A datagram under way is found by a hash of addresses, protocol, id and what carries it (VLAN, overlay
 * network); all of them are in a list by when they last grew. Its bytes stand where they belong from the start, with a bit for
 * each 8 bytes that have come, as all fragments but the last are multiples of 8:
 *
 *	bytes  |########........########........|            map  1 0 1 0
 *	        0       8       16      24
 *
 * So a fragment costs one copy, whatever the order, and it is known at once what overlaps.
 */
#include "decode/fragment.h"
#include "base/times.h"

#include <stdlib.h>
#include <string.h>

enum { UNIT = 8, ROOM_MIN = 4096, LENGTH_MAX = 65535, PIECES_MIN = 8, PIECES_MAX = LENGTH_MAX / UNIT + 1 };
enum { BUCKETS = 1024, SPARES_MAX = 16 };

struct datagram {
	struct datagram *chain;           /* in its bucket */
	struct datagram *older, *newer;   /* in the list by time; of one that is over, older is the next */
	uint64_t hash;
	uint8_t addresses[32];
	uint32_t id, space;
	uint8_t addr_len, proto;
	bool refused;                     /* fragments of IPv6 that overlapped: the rest is swallowed */
	bool ended;                       /* the last fragment has come: `length` is known */
	uint32_t length, reach;           /* of the whole; end of the farthest bytes that came */
	uint32_t units;                   /* of 8 bytes that have come */
	uint32_t room;                    /* bytes; the map is behind them */
	uint8_t *bytes;
	struct fragment_piece *piece;
	uint32_t pieces_room;
	struct datagram_parts parts;
	int64_t last_ns;
};

struct fragments {
	struct datagram *bucket[BUCKETS];
	struct datagram *oldest, *newest;
	struct datagram *given;           /* whole ones, whose bytes the packet in hand uses */
	struct datagram *spare;           /* small ones to use again */
	uint32_t spares;
	size_t held;                      /* bytes of those under way */
	struct fragment_counts counts;
};

struct fragments *fragments_new(void)
{
	return calloc(1, sizeof(struct fragments));
}

const struct fragment_counts *fragments_counts(const struct fragments *f)
{
	return &f->counts;
}

/* ---- datagrams ------------------------------------------------------------------------- */

static size_t bytes_of(const struct datagram *g)
{
	return sizeof(*g) + g->room + g->room / (UNIT * 8) + g->pieces_room * sizeof(*g->piece);
}

static void datagram_free(struct datagram *g)
{
	free(g->bytes);
	free(g->piece);
	free(g);
}

/* It is over, and nobody reads it any more. */
static void recycle(struct fragments *f, struct datagram *g)
{
	if (f->spares == SPARES_MAX || g->room != ROOM_MIN || g->pieces_room != PIECES_MIN) {
		datagram_free(g);
		return;
	}
	g->older = f->spare;
	f->spare = g;
	f->spares++;
}

static void recycle_all(struct fragments *f, struct datagram **list)
{
	for (struct datagram *g = *list, *next; g; g = next) {
		next = g->older;
		recycle(f, g);
	}
	*list = NULL;
}

static void list_remove(struct fragments *f, struct datagram *g)
{
	*(g->older ? &g->older->newer : &f->oldest) = g->newer;
	*(g->newer ? &g->newer->older : &f->newest) = g->older;
}

static void list_append(struct fragments *f, struct datagram *g)
{
	g->older = f->newest;
	g->newer = NULL;
	*(f->newest ? &f->newest->newer : &f->oldest) = g;
	f->newest = g;
}

/* Out of the table; whoever calls has it now. */
static void take_out(struct fragments *f, struct datagram *g)
{
	struct datagram **at = &f->bucket[g->hash % BUCKETS];

	while (*at != g)
		at = &(*at)->chain;
	*at = g->chain;
	list_remove(f, g);
	f->held -= bytes_of(g);
	f->counts.waiting--;
}

static void give_up(struct fragments *f, struct datagram *g, uint64_t *counter)
{
	take_out(f, g);
	*counter += !g->refused; /* those were counted */
	recycle(f, g);
}

void fragments_free(struct fragments *f)
{
	if (!f)
		return;
	while (f->oldest)
		give_up(f, f->oldest, &f->counts.expired);
	recycle_all(f, &f->given);
	for (struct datagram *g = f->spare, *next; g; g = next) {
		next = g->older;
		datagram_free(g);
	}
	free(f);
}

/* Room for bytes up to `end` and one more piece; the oldest others go when all are too large together. False: no memory. */
static bool reserve(struct fragments *f, struct datagram *g, uint32_t end)
{
	uint32_t room = g->room ? g->room : ROOM_MIN, pieces = g->pieces_room ? g->pieces_room : PIECES_MIN;
	bool good = false;

	while (room < end)
		room *= 2;
	if (g->parts.count == pieces && pieces < PIECES_MAX)
		pieces *= 2;
	f->held -= bytes_of(g);
	if (room != g->room) {
		uint8_t *bytes = malloc(room + room / (UNIT * 8));

		if (!bytes)
			goto out;
		memset(bytes + room, 0, room / (UNIT * 8));
		if (g->room) {
			memcpy(bytes, g->bytes, g->reach);
			memcpy(bytes + room, g->bytes + g->room, g->room / (UNIT * 8));
		}
		free(g->bytes);
		g->bytes = bytes;
		g->room = room;
	}
	if (pieces != g->pieces_room) {
		struct fragment_piece *piece = realloc(g->piece, pieces * sizeof(*piece));

		if (!piece)
			goto out;
		g->parts.piece = g->piece = piece;
		g->pieces_room = pieces;
	}
	good = true;
out:
	f->held += bytes_of(g);
	while (f->held > FRAGMENT_BYTES && f->oldest != g)
		give_up(f, f->oldest, &f->counts.evicted);
	return good;
}

static struct datagram *datagram_new(struct fragments *f, const struct fragment *p, uint64_t hash, uint32_t space)
{
	struct datagram *g = f->spare, old = { 0 };

	if (g) {
		f->spare = g->older;
		f->spares--;
		old = *g;
		memset(old.bytes + old.room, 0, old.room / (UNIT * 8));
	} else if (!(g = malloc(sizeof(*g)))) {
		return NULL;
	}
	*g = (struct datagram){ .hash = hash, .id = p->id, .space = space, .addr_len = p->addr_len, .proto = p->proto,
				.bytes = old.bytes, .room = old.room, .piece = old.piece, .pieces_room = old.pieces_room };
	memcpy(g->addresses, p->addresses, 2u * p->addr_len);
	g->parts.piece = g->piece;
	g->parts.proto = p->proto;
	if (f->counts.waiting == FRAGMENT_DATAGRAMS)
		give_up(f, f->oldest, &f->counts.evicted);
	g->chain = f->bucket[hash % BUCKETS];
	f->bucket[hash % BUCKETS] = g;
	list_append(f, g);
	f->counts.waiting++;
	f->held += bytes_of(g);
	return g;
}

static uint64_t mix(uint64_t h, uint32_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static struct datagram *datagram_of(struct fragments *f, const struct fragment *p, uint32_t space)
{
	uint64_t h = mix(mix(p->addr_len, p->id), space);
	struct datagram *g;

	for (unsigned i = 0; i < 2u * p->addr_len; i += 4)
		h = mix(h, get_be32(p->addresses + i));
	if (p->addr_len == 4)
		h = mix(h, p->proto);
	for (g = f->bucket[h % BUCKETS]; g; g = g->chain)
		if (g->hash == h && g->id == p->id && g->space == space && g->addr_len == p->addr_len &&
		    (p->addr_len == 16 || g->proto == p->proto) && !memcmp(g->addresses, p->addresses, 2u * p->addr_len)) {
			list_remove(f, g);
			list_append(f, g);
			return g;
		}
	return datagram_new(f, p, h, space);
}

/* ---- fragments --------------------------------------------------------------------------- */

static bool has_unit(const struct datagram *g, uint32_t unit)
{
	return g->bytes[g->room + unit / 8] >> (unit % 8) & 1;
}

/* Nothing is behind `length`: what came of it does not count. */
static void set_length(struct datagram *g, uint32_t length)
{
	g->ended = true;
	g->length = length;
	for (uint32_t unit = (length + UNIT - 1) / UNIT; unit < (g->reach + UNIT - 1) / UNIT; unit++) {
		g->units -= has_unit(g, unit);
		g->bytes[g->room + unit / 8] &= (uint8_t)~(1 << unit % 8);
	}
	if (g->reach > length)
		g->reach = length;
}

/* The bytes that are new, where they belong. */
static void place(struct datagram *g, uint32_t offset, const uint8_t *data, uint32_t len, struct fragment_piece *piece)
{
	for (uint32_t done = 0; done < len; done += UNIT) {
		uint32_t unit = (offset + done) / UNIT, n = len - done < UNIT ? len - done : UNIT, at = offset + done;

		if (!has_unit(g, unit)) {
			memcpy(g->bytes + at, data + done, n);
			g->bytes[g->room + unit / 8] |= (uint8_t)(1 << unit % 8);
			g->units++;
			continue;
		}
		piece->overlap = true;
		piece->conflict |= memcmp(g->bytes + at, data + done, n) != 0;
	}
	if (len && offset + len > g->reach)
		g->reach = offset + len;
}

/* Would it overlap, other than as an exact copy of what is there? (RFC 8200 section 4.5 allows those.) */
static bool overlaps(const struct datagram *g, uint32_t offset, const uint8_t *data, uint32_t len, bool more)
{
	uint32_t end = offset + len, old = 0;

	if (g->ended && (more ? end > g->length : end != g->length))
		return true;
	if (!more && g->reach > end)
		return true;
	for (uint32_t at = offset; at < end && at < g->reach; at += UNIT)
		old += has_unit(g, at / UNIT);
	return old && (old != (len + UNIT - 1) / UNIT || end > g->reach || memcmp(g->bytes + offset, data, len));
}

/* RFC 5722: the datagram and all its fragments are dropped, those that are still to come as well. */
static void refuse(struct fragments *f, struct datagram *g)
{
	size_t before = bytes_of(g);

	free(g->bytes);
	free(g->piece);
	g->bytes = NULL;
	g->parts.piece = g->piece = NULL;
	g->room = g->pieces_room = 0;
	g->refused = true;
	f->held -= before - bytes_of(g);
	f->counts.overlapping++;
}

/* One more fragment. True when the datagram is whole with it. */
static bool grow(struct fragments *f, struct datagram *g, const struct fragment *p, const uint8_t *data, uint32_t len,
		 const struct frame *frame)
{
	struct fragment_piece piece = { .frame = frame->number };
	uint32_t end = p->offset + len;

	g->last_ns = frame->ts_ns;
	if (g->refused)
		return false;
	if (g->addr_len == 16 && g->room && overlaps(g, p->offset, data, len, p->more)) {
		refuse(f, g);
		return false;
	}
	if (!reserve(f, g, end))
		return false;
	if (!p->offset)
		g->parts.proto = p->proto;
	if (!p->more && !g->ended)
		set_length(g, end);
	if (g->ended && end > g->length) /* behind the end that came first */
		len = p->offset < g->length ? g->length - p->offset : 0;
	if (p->offset + len != g->length)
		len -= len % UNIT; /* another end before it: of the last unit only a part */
	place(g, p->offset, data, len, &piece);
	if (g->parts.count < g->pieces_room)
		g->piece[g->parts.count++] = piece;
	return g->ended && g->units == (g->length + UNIT - 1) / UNIT;
}

/* What was idle for too long. Times that go back make nothing older; of what came at a later time than now, that time
 * was wrong, or all are told by another clock: it is as old as this packet, and does not keep those behind it. */
static void expire(struct fragments *f, int64_t now_ns)
{
	for (struct datagram *g = f->oldest; g && g->last_ns > now_ns; g = g->newer)
		g->last_ns = now_ns;
	while (f->oldest && ns_between(f->oldest->last_ns, now_ns) > FRAGMENT_IDLE_S * 1000000000ll)
		give_up(f, f->oldest, &f->counts.expired);
}

/* Networks that carry the same addresses: the VLANs, and the number that overlays have at byte 4 of their header. */
static uint32_t space_of(const struct packet *p)
{
	uint64_t h = 0;

	for (unsigned i = 1; i + 1 < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		if (l->proto == PROTO_vlan && l->hlen >= 2)
			h = mix(h, 1u + (get_be16(layer_at(p, l)) & 0xfff));
		else if ((l->proto == PROTO_vxlan || l->proto == PROTO_geneve || l->proto == PROTO_gtp) && l->hlen >= 8)
			h = mix(h, 0x80000000u ^ get_be32(layer_at(p, l) + 4));
	}
	return (uint32_t)(h >> 32 ^ h);
}

bool decode_fragment(struct decode *d, const struct fragment *p, const struct datagram_parts **whole)
{
	struct fragments *f = d->decoder->fragments;
	const struct frame *frame = d->p->frame;
	uint32_t len = d->wire_left;
	struct datagram *g;

	*whole = NULL;
	if (!f || !d->decoder->reassemble || d->quoted || d->p->nsources == PACKET_SOURCES_MAX || cursor_left(&d->c) != len ||
	    len > LENGTH_MAX - p->offset || (p->more && (!len || len % UNIT)))
		return false;
	if (d->p->nsources == 1)
		recycle_all(f, &f->given);
	expire(f, frame->ts_ns);
	g = datagram_of(f, p, space_of(d->p));
	if (!g)
		return false;
	if (!grow(f, g, p, d->c.pos, len, frame))
		return true; /* its bytes wait */
	take_out(f, g);
	g->older = f->given;
	f->given = g;
	f->counts.whole++;
	decode_source(d, g->bytes, g->length);
	d->p->source[d->source].parts = *whole = &g->parts;
	d->p->source[d->source].of = (uint8_t)(d->p->nlayers - 1);
	d->fragment = false;
	return true;
}

/* ---- fields --------------------------------------------------------------------------------- */

const struct packet_source *fragment_source(const struct packet *p, const struct layer *l)
{
	for (unsigned i = 1; i < p->nsources; i++)
		if (p->source[i].parts && &p->layers[p->source[i].of] == l)
			return &p->source[i];
	return NULL;
}

void walk_fragments(struct walk *w, const struct packet *p, const struct layer *l, unsigned first)
{
	const struct packet_source *s = fragment_source(p, l);

	if (!s)
		return;
	walk_uint(w, first + FRAGMENT_ALL, 1);
	for (uint32_t i = 0; i < s->parts->count; i++) {
		const struct fragment_piece *piece = &s->parts->piece[i];

		walk_uint(w, first + FRAGMENT_FRAME, piece->frame);
		if (piece->overlap)
			walk_uint(w, first + FRAGMENT_OVERLAP, 1);
		if (piece->conflict)
			walk_uint(w, first + FRAGMENT_CONFLICT, 1);
	}
	walk_uint(w, first + FRAGMENT_COUNT, s->parts->count);
	walk_uint(w, first + FRAGMENT_LENGTH, s->len);
	walk_bytes(w, first + FRAGMENT_DATA, s->data, s->len);
}
