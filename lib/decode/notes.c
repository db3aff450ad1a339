/* SPDX-License-Identifier: MIT */
/*
 * A small table without chains: a connection has one place, and whoever comes
 * later takes it. What is lost by that is a word in a column, or the rest of a
 * connection that cannot be told by its look.
 *
 * It is asked for segments of protocols that keep notes, and for all of them once
 * a connection stays with one.
 */
#include "decode/notes.h"
#include "decode/hpack.h"
#include "decode/quic.h"
#include "decode/space.h"

#include <stdlib.h>

enum { PLACES = 4096 }; /* power of two; 192 KiB, of which the kernel gives what is touched */

enum { TABLES = 32 }; /* of 4 KiB, allocated when HTTP/2 is seen */

struct notes {
	unsigned staying; /* how many notes were ever told to stay */
	unsigned next_table;
	struct quic_hellos *hellos;
	struct {
		const struct note *of; /* NULL: free */
		unsigned end;
		uint32_t tag;
		struct hpack_table *table;
	} hpack[TABLES];
	struct note place[PLACES];
};

struct notes *notes_new(void)
{
	return calloc(1, sizeof(struct notes));
}

void notes_free(struct notes *n)
{
	for (unsigned i = 0; n && i < TABLES; i++)
		free(n->hpack[i].table);
	if (ENABLE_REASSEMBLY && n)
		quic_hellos_free(n->hellos);
	free(n);
}

static uint64_t mix(uint64_t h)
{
	h *= 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

/* The same for both directions: the ends are mixed alone and then added. */
static uint64_t hash_end(const uint8_t *addr, unsigned len, const uint8_t *port)
{
	uint64_t h = get_be16(port);

	for (unsigned i = 0; i < len; i += 4)
		h = mix(h ^ get_be32(addr + i));
	return mix(h);
}

/* The source address of the IP layer under `l`, the destination's behind it; NULL if there is none. */
static const uint8_t *addresses(const struct packet *p, const struct layer *l, unsigned *len)
{
	while (l->proto != PROTO_ip && l->proto != PROTO_ipv6)
		if (l-- == p->layers)
			return NULL;
	*len = l->proto == PROTO_ip ? 4 : 16;
	return p->source[l->source].data + l->off + (*len == 4 ? 12 : 8);
}

struct note *decode_note(const struct decode *d, const struct layer *l)
{
	const uint8_t *ip, *ports = d->p->source[l->source].data + l->off;
	struct note *n;
	unsigned len;
	uint64_t h;

	if (!d->decoder->notes || (l->proto != PROTO_tcp && l->proto != PROTO_udp))
		return NULL;
	ip = addresses(d->p, l, &len);
	if (!ip)
		return NULL;
	h = mix(hash_end(ip, len, ports) + hash_end(ip + len, len, ports + 2) + l->proto);
	if (d->decoder->spaces)
		h = mix(h ^ space_number(d->decoder->spaces, d->p, (unsigned)(l - d->p->layers)));
	n = &d->decoder->notes->place[h % PLACES];
	if (n->tag != (uint32_t)(h >> 32))
		*n = (struct note){ .tag = (uint32_t)(h >> 32) };
	return n;
}

struct quic_hellos **note_hellos(const struct decode *d)
{
	return &d->decoder->notes->hellos;
}

unsigned note_end(const struct packet *p, const struct layer *l)
{
	const uint8_t *ip, *ports = p->source[l->source].data + l->off;
	unsigned len = 0;
	int order;

	ip = addresses(p, l, &len);
	order = ip ? memcmp(ip, ip + len, len) : 0;
	if (!order)
		order = memcmp(ports, ports + 2, 2);
	return order > 0;
}

void note_stay(const struct decode *d, struct note *n, uint8_t proto)
{
	if (!n || (n->stays && n->proto == proto))
		return;
	n->proto = proto;
	n->stays = true;
	d->decoder->notes->staying++;
}

struct hpack_table *note_hpack(const struct decode *d, struct note *n, unsigned end)
{
	struct notes *all = d->decoder->notes;
	unsigned i = 0;

	while (i < TABLES && (all->hpack[i].of != n || all->hpack[i].end != end || all->hpack[i].tag != n->tag))
		i++;
	if (i == TABLES) {
		i = all->next_table++ % TABLES;
		if (!all->hpack[i].table && !(all->hpack[i].table = malloc(sizeof(struct hpack_table))))
			return NULL;
		all->hpack[i].of = n;
		all->hpack[i].end = end;
		all->hpack[i].tag = n->tag;
		n->state[end]++; /* how many tables it had: more than one, and it is not the first block */
		hpack_table_init(all->hpack[i].table);
		all->hpack[i].table->lost = n->state[end] > 1;
	} else if (!n->state[end]) { /* a new connection between the same ends */
		n->state[end] = 1;
		hpack_table_init(all->hpack[i].table);
	}
	return all->hpack[i].table;
}

uint8_t note_stays(const struct decode *d)
{
	enum { FLAGS = 13, SYN = 2 };
	const struct layer *l = &d->p->layers[d->p->nlayers - 1];
	struct note *n;

	if (!d->decoder->notes->staying)
		return PROTO_NONE;
	n = decode_note(d, l);
	if (!n || !n->stays)
		return PROTO_NONE;
	if (l->proto == PROTO_tcp && d->p->source[l->source].data[l->off + FLAGS] & SYN) {
		*n = (struct note){ .tag = n->tag };
		return PROTO_NONE;
	}
	return n->proto;
}
