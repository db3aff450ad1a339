/* SPDX-License-Identifier: MIT */
/* See decode/space.h. The spaces lie in the order of their numbers; an index by hash finds them. */
#include "decode/space.h"
#include "decode/protocol.h"

#include <stdlib.h>

enum { SLOTS = 2 * SPACES_MAX }; /* power of two */

struct spaces {
	unsigned separate;
	uint32_t count, room;
	uint64_t merged;        /* packets whose space has no number */
	struct space *space;    /* number - 1 */
	uint16_t slot[SLOTS];   /* number; 0: free */
};

struct spaces *spaces_new(unsigned separate)
{
	struct spaces *s = calloc(1, sizeof(*s));

	if (s)
		s->separate = separate;
	return s;
}

void spaces_free(struct spaces *s)
{
	if (!s)
		return;
	free(s->space);
	free(s);
}

static void look_at(struct space *space, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (l->proto == PROTO_vlan && n >= 2)
		space->vlan[space->vlan[0] != 0] = (uint16_t)((get_be16(h) & 0xfff) + 1);
	else if ((l->proto == PROTO_vxlan || l->proto == PROTO_geneve) && n >= 8)
		space->vni = (get_be32(h + 4) >> 8) + 1; /* RFC 7348 section 5, RFC 8926 section 3.4 */
}

static uint32_t hash(const struct space *s)
{
	uint64_t h = ((uint64_t)s->vni << 32 | s->ifid) * 0x9e3779b97f4a7c15ull;

	h = (h ^ h >> 29 ^ ((uint64_t)s->vlan[0] << 16 | s->vlan[1])) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(h >> 32) % SLOTS;
}

static bool same(const struct space *a, const struct space *b)
{
	return a->vlan[0] == b->vlan[0] && a->vlan[1] == b->vlan[1] && a->vni == b->vni && a->ifid == b->ifid;
}

static uint16_t add(struct spaces *s, const struct space *space, uint32_t slot)
{
	if (s->count == SPACES_MAX) {
		s->merged++;
		return 0;
	}
	if (s->count == s->room) {
		uint32_t room = s->room ? 2 * s->room : 16;
		struct space *more = realloc(s->space, room * sizeof(*more));

		if (!more)
			return 0;
		s->space = more;
		s->room = room;
	}
	s->space[s->count++] = *space;
	return s->slot[slot] = (uint16_t)s->count;
}

uint16_t space_number(struct spaces *s, const struct packet *p, unsigned nlayers)
{
	struct space space = { .ifid = s->separate & SEPARATE_INTERFACE ? p->frame->ifid + 1 : 0 };
	uint32_t slot;

	for (unsigned i = 0; i < nlayers; i++)
		look_at(&space, p, &p->layers[i]);
	if (!(s->separate & SEPARATE_VLAN))
		space.vlan[0] = space.vlan[1] = 0;
	if (!(s->separate & SEPARATE_VNI))
		space.vni = 0;
	if (same(&space, &(struct space){ .ifid = 0 }))
		return 0;
	for (slot = hash(&space); s->slot[slot]; slot = (slot + 1) % SLOTS)
		if (same(&s->space[s->slot[slot] - 1], &space))
			return s->slot[slot];
	return add(s, &space, slot);
}

uint64_t spaces_merged(const struct spaces *s)
{
	return s ? s->merged : 0;
}

const struct space *space_get(const struct spaces *s, uint16_t number)
{
	return s && number && number <= s->count ? &s->space[number - 1] : NULL;
}
