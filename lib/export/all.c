/* SPDX-License-Identifier: MIT */
/*
 * Every decoded field of a packet as one JSON object.
 *
 * A key must occur once, but fields repeat (tunnels, DNS answers, TCP options),
 * and they come in wire order. What a layer has once, of a protocol that the
 * packet has once, is written as it comes: nearly everything. The rest is gathered
 * and follows: a cell per value, chained per field, fields in order of appearance.
 * A stamp per field says whether its chain is of this packet, so that nothing has
 * to be cleared between packets.
 */
#include "internal.h"

#include <stdlib.h>

enum { CELLS_FIRST = 512, CELLS_LIMIT = 1 << 17 };

struct all_field {
	char *key;          /* "\"ip.src\":" */
	uint32_t key_len;
	uint32_t stamp;     /* of the packet that first and last belong to */
	uint32_t first, last;
};

struct all {
	uint32_t stamp;
	uint32_t base[PROTO_COUNT];     /* of the fields that a layer of this protocol carries in field[] */
	const struct field *fields[PROTO_COUNT]; /* whose they are */
	struct value_store store;
	const struct packet *packet;
	struct outbuf *out;
	struct proto_set repeated;      /* owners of fields that several layers of this packet carry */
	uint8_t owner[PROTO_COUNT];     /* whose fields a layer of this protocol carries */
	bool first;                     /* no key written yet */
	struct all_field *field;
	struct cell *cells;
	uint32_t *order;    /* fields of this packet as they appeared */
	uint32_t ncells, norder, room, nfields;
	char *keys;
};

/* Whose fields a layer of this protocol carries. */
static const struct protocol *owner_of(unsigned proto)
{
	return protocols[proto]->fields_of ? protocols[proto]->fields_of : protocols[proto];
}

static bool cells_grow(struct all *a)
{
	uint32_t room = a->room ? a->room * 2 : CELLS_FIRST;
	struct cell *cells;

	if (room > CELLS_LIMIT)
		return false;
	cells = realloc(a->cells, room * sizeof(*cells));
	if (!cells)
		return false;
	a->cells = cells;
	a->room = room;
	return true;
}

/* Field by field on purpose: a 24-byte copy of what the caller has just stored in pieces stalls the processor. */
static bool cell_set(struct all *a, struct cell *cell, const struct field *f, const struct value *v)
{
	cell->field = f;
	cell->next = 0;
	if (f->type < FIELD_IPV4) {
		cell->value.u = v->u;
		return true;
	}
	cell->value.bytes = v->bytes;
	cell->value.len = v->len;
	return value_keep(&a->store, a->packet, &cell->value);
}

static void put_key(struct all *a, const struct all_field *af)
{
	outbuf_char(a->out, a->first ? '{' : ',');
	a->first = false;
	outbuf_bytes(a->out, af->key, af->key_len);
}

static void all_each(void *user, const struct layer *l, const struct field *f, const struct value *v)
{
	struct all *a = user;
	uint32_t slot = a->base[l->proto] + (uint32_t)(f - a->fields[l->proto]);
	struct all_field *af = &a->field[slot];

	if ((f->width || f->get) && !proto_set_has(&a->repeated, a->owner[l->proto])) {
		put_key(a, af);
		json_value_put(a->out, f, v);
		return;
	}
	if ((a->ncells == a->room && !cells_grow(a)) || !cell_set(a, &a->cells[a->ncells], f, v))
		return;
	a->ncells++;
	if (af->stamp != a->stamp) {
		af->stamp = a->stamp;
		af->first = a->ncells;
		a->order[a->norder++] = slot;
	} else {
		a->cells[af->last - 1].next = a->ncells;
	}
	af->last = a->ncells;
}

static void find_repeated(struct all *a, const struct packet *p)
{
	struct proto_set seen = { { 0 } };

	memset(&a->repeated, 0, sizeof(a->repeated));
	for (unsigned i = 0; i < p->nlayers; i++) {
		unsigned owner = a->owner[p->layers[i].proto];

		if (proto_set_has(&seen, owner))
			proto_set_add(&a->repeated, owner);
		proto_set_add(&seen, owner);
	}
}

static void put_gathered(struct all *a)
{
	for (uint32_t i = 0; i < a->norder; i++) {
		const struct all_field *af = &a->field[a->order[i]];
		const struct cell *cell = &a->cells[af->first - 1];
		bool array = cell->next;

		put_key(a, af);
		if (array)
			outbuf_char(a->out, '[');
		json_value_put(a->out, cell->field, &cell->value);
		while (cell->next) {
			cell = &a->cells[cell->next - 1];
			outbuf_char(a->out, ',');
			json_value_put(a->out, cell->field, &cell->value);
		}
		if (array)
			outbuf_char(a->out, ']');
	}
}

void all_packet(struct export *e, struct packet *p)
{
	struct all *a = e->state;

	a->stamp++;
	a->ncells = a->norder = a->store.used = 0;
	a->packet = p;
	a->first = true;
	find_repeated(a, p);
	packet_each_field(p, all_each, a);
	put_gathered(a);
	if (a->first)
		outbuf_char(a->out, '{');
	outbuf_char(a->out, '}');
}

/* Numbers the fields of all protocols and makes their keys, in one allocation. */
static bool fields_make(struct all *a)
{
	size_t size = 0;
	char *at;

	for (unsigned p = 0; p < PROTO_COUNT; p++)
		for (unsigned i = 0; i < protocols[p]->nfields; i++)
			size += strlen(protocols[p]->fields[i].name) + 3;
	a->keys = at = malloc(size + 1);
	if (!at)
		return false;
	for (unsigned p = 0; p < PROTO_COUNT; p++) {
		for (unsigned q = 0; q < PROTO_COUNT; q++)
			if (owner_of(q) == protocols[p]) {
				a->base[q] = a->nfields;
				a->owner[q] = (uint8_t)p;
			}
		for (unsigned i = 0; i < protocols[p]->nfields; i++) {
			const char *name = protocols[p]->fields[i].name;
			size_t len = strlen(name);
			struct all_field *af = &a->field[a->nfields++];

			af->key = at;
			af->key_len = (uint32_t)len + 3;
			*at++ = '"';
			memcpy(at, name, len);
			memcpy(at + len, "\":", 2);
			at += len + 2;
		}
	}
	return true;
}

int all_begin(struct export *e, struct errmsg *err)
{
	struct all *a = calloc(1, sizeof(*a));
	unsigned n = 0;

	if (!a)
		return errmsg_set(err, NW_ELIMIT, "no memory for the fields");
	e->state = a;
	a->out = e->out;
	for (unsigned p = 0; p < PROTO_COUNT; p++) {
		n += protocols[p]->nfields;
		a->fields[p] = owner_of(p)->fields;
	}
	a->field = calloc(n + 1, sizeof(*a->field));
	a->order = calloc(n + 1, sizeof(*a->order));
	if (!a->field || !a->order || !fields_make(a)) {
		all_end(e);
		return errmsg_set(err, NW_ELIMIT, "no memory for %u fields", n);
	}
	return 0;
}

void all_end(struct export *e)
{
	struct all *a = e->state;

	free(a->field);
	free(a->order);
	free(a->cells);
	free(a->store.bytes);
	free(a->keys);
	free(a);
	e->state = NULL;
}
