/* SPDX-License-Identifier: MIT */
/*
 * A table without chains, like the one of notes.c: what is remembered has one place, found by a hash
 * of the connection's ends and a key, and whoever comes later takes it. 4096 places of
 * 16 bytes, so that nothing has to be freed, aged or limited.
 */
#include "memory.h"

#include <stdlib.h>

enum { PLACES = 4096 }; /* power of two; 64 KiB */

struct memories {
	struct memory place[PLACES];
};

struct memories *memories_new(void)
{
	return calloc(1, sizeof(struct memories));
}

void memories_free(struct memories *m)
{
	free(m);
}

static uint64_t mix(uint64_t h)
{
	h *= 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static uint64_t hash_end(const uint8_t *addr, unsigned len, const uint8_t *port)
{
	uint64_t h = get_be16(port) + 1u;

	for (unsigned i = 0; i < len; i += 4)
		h = mix(h ^ get_be32(addr + i));
	return mix(h);
}

struct memory *decode_memory(const struct decode *d, uint64_t key, bool directed)
{
	const struct layer *transport, *net;
	const uint8_t *ip, *ports;
	struct memory *m;
	uint64_t src, dst, h;
	unsigned len;

	if (!d->decoder->memories || d->p->transport <= 0)
		return NULL;
	net = transport = &d->p->layers[d->p->transport];
	while (net->proto != PROTO_ip && net->proto != PROTO_ipv6)
		if (net-- == d->p->layers)
			return NULL;
	if (transport->source || net->source)
		return NULL;
	len = net->proto == PROTO_ip ? 4 : 16;
	ip = d->p->frame->data + net->off + (len == 4 ? 12 : 8);
	ports = d->p->frame->data + transport->off;
	src = hash_end(ip, len, ports);
	dst = hash_end(ip + len, len, ports + 2);
	h = mix((directed ? src + 3 * dst : src + dst) ^ mix(key));
	m = &d->decoder->memories->place[h % PLACES];
	if (m->tag != (uint32_t)(h >> 32))
		*m = (struct memory){ .tag = (uint32_t)(h >> 32) };
	return m;
}
