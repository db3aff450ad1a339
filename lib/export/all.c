/* SPDX-License-Identifier: MIT */
/*
 * Every decoded field of a packet: by layers, or as one flat object.
 *
 *	{"timestamp":"2023-11-14T22:13:20.123456Z","layers":{"frame":{...},"eth":{...},"ip":[{...},{...}],...}}
 *	{"frame.number":1,...,"ip.src":["192.0.2.1","10.0.0.1"],...}
 *
 * A key must occur once, but fields repeat (tunnels, DNS answers, TCP options),
 * and they come in wire order. What a layer has once, of a protocol that the
 * object has once, is written as it comes: nearly everything. The rest is gathered
 * and follows: a cell per value, chained per field, fields in order of appearance.
 * A stamp per field says whether its chain is of this object, so that nothing has
 * to be cleared between packets.
 *
 * The same walk writes JSON, YAML (block style down to the fields, flow style for several values) and tshark's ek.
 */
#include "internal.h"

#include <stdlib.h>

enum { CELLS_FIRST = 512, CELLS_LIMIT = 1 << 17 };

struct all_field {
	char *key;          /* ",\"ip.src\":", in YAML "ip.src: " */
	uint32_t key_len;   /* 0: not written */
	bool single;        /* at most one value in a layer */
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
	bool nested;                    /* an object per layer */
	uint8_t syntax;                 /* enum object_syntax */
	const char *yaml_first, *yaml_next; /* what stands before the first key of this object, and before the others */
	char *layer_key[PROTO_COUNT];   /* ",\"ip\":", "\n    ip:" */
	struct all_field *field;
	struct cell *cells;
	uint32_t *order;    /* fields of this packet as they appeared */
	uint32_t ncells, norder, room, nfields;
	char *keys;
};

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
	const char *key = af->key;
	uint32_t len = af->key_len;

	if (a->syntax == OBJECT_YAML) {
		outbuf_str(a->out, a->first ? a->yaml_first : a->yaml_next);
	} else if (a->first) {
		outbuf_char(a->out, '{');
		key++;
		len--;
	}
	a->first = false;
	outbuf_bytes(a->out, key, len);
}

static void put_value(struct all *a, const struct field *f, const struct value *v)
{
	if (a->syntax == OBJECT_EK)
		ek_value_put(a->out, f, v);
	else
		json_value_put(a->out, f, v);
}

static void all_each(void *user, const struct layer *l, const struct field *f, const struct value *v)
{
	struct all *a = user;
	uint32_t slot = a->base[l->proto] + (uint32_t)(f - a->fields[l->proto]);
	struct all_field *af = &a->field[slot];

	if (!af->key_len)
		return;
	if (af->single && (a->nested || !proto_set_has(&a->repeated, a->owner[l->proto]))) {
		put_key(a, af);
		put_value(a, f, v);
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

/* Owners of fields that are in several layers; of nested objects the protocols that are. */
static void find_repeated(struct all *a, const struct packet *p)
{
	struct proto_set seen = { { 0 } };

	memset(&a->repeated, 0, sizeof(a->repeated));
	for (unsigned i = 0; i < p->nlayers; i++) {
		unsigned owner = a->nested ? p->layers[i].proto : a->owner[p->layers[i].proto];

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
		put_value(a, cell->field, &cell->value);
		while (cell->next) {
			cell = &a->cells[cell->next - 1];
			outbuf_char(a->out, ',');
			put_value(a, cell->field, &cell->value);
		}
		if (array)
			outbuf_char(a->out, ']');
	}
}

static void object_begin(struct all *a, const char *yaml_first, const char *yaml_next)
{
	a->stamp++;
	a->ncells = a->norder = 0;
	a->first = true;
	a->yaml_first = yaml_first;
	a->yaml_next = yaml_next;
}

static void object_end(struct all *a)
{
	put_gathered(a);
	if (a->syntax != OBJECT_YAML) {
		if (a->first)
			outbuf_char(a->out, '{');
		outbuf_char(a->out, '}');
	} else if (a->first) { /* without a field */
		outbuf_str(a->out, *a->yaml_first == '\n' && !strchr(a->yaml_first, '-') ? " " : a->yaml_first);
		outbuf_bytes(a->out, "{}", 2);
	}
}

static void flat_packet(struct all *a, struct packet *p)
{
	object_begin(a, "- ", "\n  ");
	packet_each_field(p, all_each, a);
	object_end(a);
}

static void put_layer(struct all *a, struct packet *p, const struct layer *l, bool item)
{
	object_begin(a, item ? "\n      - " : "\n      ", item ? "\n        " : "\n      ");
	layer_each_field(p, l, a->syntax == OBJECT_EK, all_each, a);
	object_end(a);
}

/* All layers of the protocol that layer `i` is the first of. */
static void put_layers(struct all *a, struct packet *p, unsigned i)
{
	unsigned proto = p->layers[i].proto;
	bool array = proto_set_has(&a->repeated, proto), json = a->syntax != OBJECT_YAML;
	const char *key = a->layer_key[proto];

	outbuf_str(a->out, json && !i ? key + 1 : key);
	if (!array) {
		put_layer(a, p, &p->layers[i], false);
		return;
	}
	if (json)
		outbuf_char(a->out, '[');
	put_layer(a, p, &p->layers[i], true);
	while (++i < p->nlayers) {
		if (p->layers[i].proto != proto)
			continue;
		if (json)
			outbuf_char(a->out, ',');
		put_layer(a, p, &p->layers[i], true);
	}
	if (json)
		outbuf_char(a->out, ']');
}

static void put_timestamp(struct export *e, struct all *a, const struct frame *f)
{
	static const char *const open[] = {
		[OBJECT_JSON] = "{\"timestamp\":\"", [OBJECT_YAML] = "- timestamp: \"", [OBJECT_EK] = "{\"timestamp\":\""
	};
	static const char *const close[] = {
		[OBJECT_JSON] = "\",\"layers\":{", [OBJECT_YAML] = "\"\n  layers:", [OBJECT_EK] = "\",\"layers\":{"
	};

	if (!f->has_ts) {
		outbuf_str(a->out, a->syntax == OBJECT_YAML ? "- layers:" : "{\"layers\":{");
		return;
	}
	outbuf_str(a->out, open[a->syntax]);
	if (a->syntax == OBJECT_EK)
		outbuf_i64(a->out, f->ts_ns / 1000000 - (f->ts_ns % 1000000 < 0));
	else
		timefmt_put(&e->iso, a->out, f->ts_ns);
	outbuf_str(a->out, close[a->syntax]);
}

static void nested_packet(struct export *e, struct all *a, struct packet *p)
{
	struct proto_set done = { { 0 } };

	put_timestamp(e, a, p->frame);
	for (unsigned i = 0; i < p->nlayers; i++) {
		unsigned proto = p->layers[i].proto;

		if (proto_set_has(&done, proto))
			continue;
		if (proto_set_has(&a->repeated, proto))
			proto_set_add(&done, proto);
		put_layers(a, p, i);
	}
	if (a->syntax != OBJECT_YAML)
		outbuf_bytes(a->out, "}}", 2);
}

void all_packet(struct export *e, struct packet *p)
{
	struct all *a = e->state;

	a->store.used = 0;
	a->packet = p;
	find_repeated(a, p);
	if (a->nested)
		nested_packet(e, a, p);
	else
		flat_packet(a, p);
}

/* ---- the keys ----------------------------------------------------------------------- */

/* A key as it is written; returns its length. With `at` NULL nothing is written. */
static size_t make_key(const struct all *a, char *at, const char *owner, const char *name)
{
	char key[512];
	struct outbuf o;

	outbuf_fixed(&o, key, sizeof(key));
	if (a->syntax != OBJECT_YAML)
		outbuf_bytes(&o, ",\"", 2);
	if (a->syntax == OBJECT_EK) {
		if (!strncmp(name, "_ws.", 4)) /* ours alone */
			return 0;
		outbuf_str(&o, owner);
		outbuf_char(&o, '_');
		for (; *name; name++)
			outbuf_char(&o, *name == '.' ? '_' : *name);
	} else {
		outbuf_str(&o, name);
	}
	outbuf_str(&o, a->syntax == OBJECT_YAML ? ": " : "\":");
	if (at)
		memcpy(at, key, outbuf_len(&o));
	return outbuf_len(&o);
}

static size_t make_layer_key(const struct all *a, char *at, const char *name)
{
	char key[128];
	struct outbuf o;

	outbuf_fixed(&o, key, sizeof(key));
	outbuf_str(&o, a->syntax == OBJECT_YAML ? "\n    " : ",\"");
	outbuf_str(&o, name);
	outbuf_str(&o, a->syntax == OBJECT_YAML ? ":" : "\":");
	if (at)
		memcpy(at, outbuf_cstr(&o), outbuf_len(&o) + 1);
	return outbuf_len(&o) + 1;
}

/* Whose fields a layer of each protocol carries, and where their slots begin. */
static void number_fields(struct all *a)
{
	uint32_t base[PROTO_COUNT], n = 0;

	for (unsigned p = 0; p < PROTO_COUNT; p++) {
		base[p] = n;
		n += protocols[p]->nfields;
	}
	for (unsigned p = 0; p < PROTO_COUNT; p++) {
		const struct protocol *owner = protocols[p]->fields_of ? protocols[p]->fields_of : protocols[p];

		for (unsigned q = 0; q < PROTO_COUNT; q++)
			if (protocols[q] == owner)
				a->owner[p] = (uint8_t)q;
		a->base[p] = base[a->owner[p]];
		a->fields[p] = owner->fields;
	}
	a->nfields = n;
}

/* All keys one after the other in one allocation: with `at` NULL only their size. */
static size_t make_keys(struct all *a, char *at)
{
	uint32_t n = 0;
	size_t size = 0;

	for (unsigned p = 0; p < PROTO_COUNT; p++) {
		const char *name = protocols[p]->field_text;

		if (at)
			a->layer_key[p] = at + size;
		size += make_layer_key(a, at ? at + size : NULL, protocols[p]->name);
		for (unsigned i = 0; i < protocols[p]->nfields; i++, name = field_text_next(name)) {
			const struct field *f = &protocols[p]->fields[i];
			struct all_field *af = &a->field[n++];

			af->single = f->width || field_more(protocols[p], f)->get;
			af->key = at ? at + size : NULL;
			af->key_len = (uint32_t)make_key(a, af->key, protocols[p]->name, name);
			size += af->key_len;
		}
	}
	return size;
}

int all_begin(struct export *e, bool nested, struct errmsg *err)
{
	struct all *a = calloc(1, sizeof(*a));

	if (!a)
		return errmsg_set(err, NW_ELIMIT, "no memory for the fields");
	e->state = a;
	a->out = e->out;
	a->syntax = e->syntax;
	a->nested = nested;
	timefmt_init(&e->iso, TIMEFMT_ISO8601, e->o.time.digits, true);
	number_fields(a);
	a->field = calloc(a->nfields + 1, sizeof(*a->field));
	a->order = calloc(a->nfields + 1, sizeof(*a->order));
	if (a->field && a->order)
		a->keys = malloc(make_keys(a, NULL) + 1);
	if (!a->keys) {
		unsigned n = a->nfields;

		all_end(e);
		return errmsg_set(err, NW_ELIMIT, "no memory for %u fields", n);
	}
	make_keys(a, a->keys);
	return 0;
}

void all_end(struct export *e)
{
	struct all *a = e->state;

	if (!a)
		return;
	free(a->field);
	free(a->order);
	free(a->cells);
	free(a->store.bytes);
	free(a->keys);
	free(a);
	e->state = NULL;
}
