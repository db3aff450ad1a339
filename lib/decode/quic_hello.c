/* SPDX-License-Identifier: MIT */
/*
 * Hellos over several QUIC packets: a post-quantum key alone is larger than a datagram, and the CRYPTO frames (RFC 9000
 * section 19.6) may come in any pieces and any order.
 *
 *	frame 1   CRYPTO 700..900, 0..300           frame 2   CRYPTO 900..1290       frame 3   CRYPTO 300..700: whole
 *
 * Each direction of a connection whose hello did not fit in its first packet gets a place of 16 KiB (and a bit for each byte);
 * there are few of them, and the one that was not touched for longest goes. Bytes that came first count.
 */
#include "decode/quic.h"
#include "decode/notes.h"

#include <stdlib.h>

enum { PLACES = 32, HELLO_MAX = 16384, MESSAGE_HEADER = 4, CLIENT_HELLO = 1, SERVER_HELLO = 2 };

struct hello {
	const struct note *of; /* NULL: it is over */
	uint32_t tag, version;
	uint8_t end;
	uint64_t used;
	uint32_t whole;        /* bytes from the first on that are there */
	uint8_t has[HELLO_MAX / 8];
	uint8_t bytes[HELLO_MAX];
};

struct quic_hellos {
	uint64_t clock, given_up;
	struct hello *place[PLACES];
};

void quic_hellos_free(struct quic_hellos *q)
{
	for (unsigned i = 0; q && i < PLACES; i++)
		free(q->place[i]);
	free(q);
}

uint64_t quic_hellos_given_up(const struct quic_hellos *q)
{
	return q ? q->given_up : 0;
}

static struct hello *hello_find(const struct quic_hellos *q, const struct note *n, unsigned end)
{
	for (unsigned i = 0; q && i < PLACES; i++) {
		struct hello *h = q->place[i];

		if (h && h->of == n && h->end == end && h->tag == n->tag)
			return h;
	}
	return NULL;
}

/* The place that was not used for longest: also of those that are over, as the packet in hand may still read the last one. */
static struct hello *hello_new(struct quic_hellos *q, const struct note *n, unsigned end)
{
	unsigned oldest = 0;
	struct hello *h;

	for (unsigned i = 0; i < PLACES && q->place[oldest]; i++)
		if (!q->place[i] || q->place[i]->used < q->place[oldest]->used)
			oldest = i;
	h = q->place[oldest];
	if (!h)
		h = q->place[oldest] = malloc(sizeof(*h));
	else
		q->given_up += h->of != NULL;
	if (!h)
		return NULL;
	h->of = n;
	h->tag = n->tag;
	h->end = (uint8_t)end;
	h->whole = 0;
	memset(h->has, 0, sizeof(h->has));
	return h;
}

void quic_hello_forget(struct quic_hellos *q, const struct note *n)
{
	for (unsigned end = 0; end < 2; end++) {
		struct hello *h = hello_find(q, n, end);

		if (h)
			h->of = NULL;
	}
}

static bool has_byte(const struct hello *h, uint32_t at)
{
	return h->has[at / 8] >> (at % 8) & 1;
}

static void add_piece(struct hello *h, const struct quic_piece *piece)
{
	for (uint32_t i = 0; i < piece->bytes.len && piece->offset + i < HELLO_MAX; i++) {
		uint32_t at = (uint32_t)piece->offset + i;

		if (has_byte(h, at))
			continue;
		h->has[at / 8] |= (uint8_t)(1 << at % 8);
		h->bytes[at] = piece->bytes.p[i];
	}
	while (h->whole < HELLO_MAX && has_byte(h, h->whole))
		h->whole++;
}

bool quic_hello_whole(const struct quic_bytes *b)
{
	return b->len >= MESSAGE_HEADER && get_be24(b->p + 1) <= b->len - MESSAGE_HEADER;
}

/* Is this the beginning of a message that a place can hold? */
static bool is_hello(const struct hello *h)
{
	return h->whole < MESSAGE_HEADER || ((h->bytes[0] == CLIENT_HELLO || h->bytes[0] == SERVER_HELLO) &&
					     get_be24(h->bytes + 1) <= HELLO_MAX - MESSAGE_HEADER);
}

bool quic_hello_add(struct quic_hellos **all, const struct note *n, unsigned end, uint32_t version, const struct quic_opened *o,
		    struct quic_bytes *hello)
{
	struct cursor c = cursor_over(o->plain, o->len, false);
	struct hello *h = hello_find(*all, n, end);
	struct quic_piece piece;

	*hello = (struct quic_bytes){ NULL, 0 };
	while (quic_crypto_next(&c, &piece)) {
		if (!*all && !(*all = calloc(1, sizeof(**all))))
			return false;
		if (h && h->version != version) { /* negotiated anew */
			h->of = NULL;
			h = NULL;
		}
		if (!h && !(h = hello_new(*all, n, end)))
			return false;
		h->version = version;
		h->used = ++(*all)->clock;
		add_piece(h, &piece);
	}
	if (!h)
		return true;
	if (!is_hello(h)) {
		h->of = NULL;
		return false;
	}
	*hello = (struct quic_bytes){ h->bytes, h->whole };
	if (!quic_hello_whole(hello))
		*hello = (struct quic_bytes){ NULL, 0 };
	else
		h->of = NULL;
	return true;
}
