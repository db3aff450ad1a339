/* SPDX-License-Identifier: MIT */
/*
 * A small table without chains: a connection has one place, and whoever comes
 * later takes it. What is lost by that is a word in a column.
 *
 * It is asked only for segments of TLS and HTTP, so that others cost nothing.
 */
#include "decode/notes.h"

#include <stdlib.h>

enum { PLACES = 4096 }; /* power of two; 32 KiB */

struct notes {
	struct note {
		uint32_t tag;
		uint16_t note;
	} place[PLACES];
};

struct notes *notes_new(void)
{
	return calloc(1, sizeof(struct notes));
}

void notes_free(struct notes *n)
{
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

uint16_t *decode_note(const struct decode *d, const struct layer *tcp)
{
	const struct layer *net = tcp;
	const uint8_t *ip, *ports = d->p->frame->data + tcp->off;
	struct note *n;
	unsigned len;
	uint64_t h;

	if (!d->decoder->notes || tcp->proto != PROTO_tcp)
		return NULL;
	while (net->proto != PROTO_ip && net->proto != PROTO_ipv6)
		if (net-- == d->p->layers)
			return NULL;
	len = net->proto == PROTO_ip ? 4 : 16;
	ip = d->p->frame->data + net->off + (len == 4 ? 12 : 8);
	h = mix(hash_end(ip, len, ports) + hash_end(ip + len, len, ports + 2));
	n = &d->decoder->notes->place[h % PLACES];
	if (n->tag != (uint32_t)(h >> 32)) {
		n->tag = (uint32_t)(h >> 32);
		n->note = NOTE_NONE;
	}
	return &n->note;
}
