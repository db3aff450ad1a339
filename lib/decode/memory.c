/* SPDX-License-Identifier: MIT */
/*
 * A table without chains, like the one of notes.c: what is remembered has one place, found by a hash
 * of the connection's ends, its space and a key, and whoever comes later takes it. 16384 places of
 * 16 bytes, so that nothing has to be freed, aged or limited. The kernel gives memory for those that are used.
 */
#include "memory.h"
#include "decode/space.h"

#include <stdlib.h>

enum { PLACES = 1 << 14 }; /* 256 KiB */

struct memories {
	struct memory place[PLACES];
	uint32_t text_end; /* bytes that the ring was ever given */
	uint8_t text[MEMORY_TEXT];
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

/* `transport`: the layer whose ports count, NULL: none. *tag: what the place has if it is theirs. */
static struct memory *find(const struct decode *d, const struct layer *net, const struct layer *transport, uint64_t key,
			   bool directed, uint32_t *tag)
{
	static const uint8_t no_ports[4];
	const uint8_t *ports = transport ? layer_at(d->p, transport) : no_ports;
	unsigned len = net->proto == PROTO_ip ? 4 : 16;
	const uint8_t *ip = layer_at(d->p, net) + (len == 4 ? 12 : 8);
	uint64_t src = hash_end(ip, len, ports), dst = hash_end(ip + len, len, ports + 2);
	uint64_t h = mix((directed ? src + 3 * dst : src + dst) ^ mix(key));

	if (d->decoder->spaces)
		h = mix(h ^ space_number(d->decoder->spaces, d->p, (unsigned)((transport ? transport : net) - d->p->layers)));
	*tag = (uint32_t)(h >> 32);
	return &d->decoder->memories->place[h % PLACES];
}

static struct memory *taken(struct memory *m, uint32_t tag)
{
	if (m->tag != tag)
		*m = (struct memory){ .tag = tag };
	return m;
}

/* Of the innermost transport layer; NULL if nothing is remembered. */
static struct memory *find_connection(const struct decode *d, uint64_t key, bool directed, uint32_t *tag)
{
	const struct layer *transport, *net;

	if (!d->decoder->memories || d->p->transport <= 0)
		return NULL;
	net = transport = &d->p->layers[d->p->transport];
	while (net->proto != PROTO_ip && net->proto != PROTO_ipv6)
		if (net-- == d->p->layers)
			return NULL;
	return find(d, net, transport, key, directed, tag);
}

struct memory *decode_memory(const struct decode *d, uint64_t key, bool directed)
{
	uint32_t tag;
	struct memory *m = find_connection(d, key, directed, &tag);

	return m ? taken(m, tag) : NULL;
}

void memory_forget(const struct decode *d, uint64_t key, bool directed)
{
	uint32_t tag;
	struct memory *m = find_connection(d, key, directed, &tag);

	if (m && m->tag == tag)
		memset(m->value, 0, sizeof(m->value));
}

struct memory *memory_of_hosts(const struct decode *d, uint64_t key)
{
	struct memory *m;
	uint32_t tag;

	if (!d->decoder->memories || d->p->network <= 0)
		return NULL;
	m = find(d, &d->p->layers[d->p->network], NULL, key, false, &tag);
	return taken(m, tag);
}

bool memory_text_begin(const struct decode *d, uint32_t len, uint32_t *at)
{
	struct memories *m = d->decoder->memories;

	if (!m || !len || len > MEMORY_TEXT / 16)
		return false;
	if (m->text_end % MEMORY_TEXT + len > MEMORY_TEXT)
		m->text_end += MEMORY_TEXT - m->text_end % MEMORY_TEXT; /* in one piece */
	*at = m->text_end;
	m->text_end += len;
	return true;
}

void memory_text_put(const struct decode *d, uint32_t at, const void *bytes, uint32_t len)
{
	memcpy(d->decoder->memories->text + at % MEMORY_TEXT, bytes, len);
}

const uint8_t *memory_text(const struct decode *d, uint32_t at, uint32_t len)
{
	const struct memories *m = d->decoder->memories;

	return len && m->text_end - at <= MEMORY_TEXT ? m->text + at % MEMORY_TEXT : NULL;
}
