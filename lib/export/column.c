/* SPDX-License-Identifier: MIT */
/*
 * Columns: names to readers, once, so that a packet costs no lookup.
 *
 * Values are gathered before anything is written, because that is cheaper in one
 * respect that matters: the fields of a protocol that only its walk() can find
 * (DNS names, TLS extensions, TCP options) come out in one walk over the layer,
 * whatever the number of columns. They land in cells, a list per column:
 *
 *	column "dns.qry.name"  first -> [0] a.example -> [2] b.example
 *	column "dns.qry.type"  first -> [1] 1         -> [3] 28
 */
#include "internal.h"
#include "base/text.h"

#include <stdlib.h>
#include <strings.h>

enum { CELLS_MAX = 1 << 16, STORE_MAX = 1 << 20 };

/* Names of what every packet has; the second is Wireshark's (without "_ws.col."). */
const char *const table_columns[] = { "number", "time", "src", "dst", "proto", "length", "info", NULL };
const char *const export_columns[] = { "number", "time", "src", "dst", "sport", "dport", "proto", "length", NULL };
static const struct {
	const char *name, *wireshark;
	uint8_t kind;
} pseudo[] = {
	{ "number", "Number", COLUMN_NUMBER },
	{ "time", "Time", COLUMN_TIME },
	{ "src", "Source", COLUMN_SRC },
	{ "dst", "Destination", COLUMN_DST },
	{ "sport", "SrcPort", COLUMN_SPORT },
	{ "dport", "DstPort", COLUMN_DPORT },
	{ "proto", "Protocol", COLUMN_PROTO },
	{ "length", "Length", COLUMN_LENGTH },
	{ "info", "Info", COLUMN_INFO },
};
enum { PSEUDO = sizeof(pseudo) / sizeof(*pseudo) };

static int pseudo_find(const char *name)
{
	static const char ws[] = "_ws.col.";
	bool wireshark = !strncmp(name, ws, sizeof(ws) - 1);

	if (wireshark)
		name += sizeof(ws) - 1;
	for (int i = 0; i < PSEUDO; i++)
		if (wireshark ? !strcasecmp(name, pseudo[i].wireshark) : !strcmp(name, pseudo[i].name))
			return pseudo[i].kind;
	return -1;
}

static int unknown_field(const char *name, struct errmsg *err)
{
	struct text_nearest near = { .word = name };
	const char *field = field_nearest(name);

	for (int i = 0; i < PSEUDO; i++)
		text_nearest_try(&near, pseudo[i].name);
	if (near.best)
		field = near.best;
	if (field)
		return errmsg_set(err, NW_EINPUT, "'%s' is no field; did you mean %s? --list-fields shows all", name, field);
	return errmsg_set(err, NW_EINPUT, "'%s' is no field; --list-fields shows all", name);
}

static uint8_t kind_of(const struct field *f)
{
	if (f->is_either || f->type == FIELD_PROTOCOL)
		return COLUMN_EITHER;
	return f->width || field_getter(f) ? COLUMN_FIXED : COLUMN_WALK;
}

static int column_resolve(struct columns *c, struct column *col, const char *name, struct decoder *d, struct errmsg *err)
{
	int kind = pseudo_find(name);

	col->name = name;
	if (kind >= 0) {
		col->kind = (uint8_t)kind;
		c->info |= kind == COLUMN_INFO;
		c->proto |= kind == COLUMN_PROTO;
		return 0;
	}
	col->field = field_find(name, strlen(name));
	if (!col->field)
		return unknown_field(name, err);
	c->pseudo_only = false;
	col->kind = kind_of(col->field);
	col->proto = (uint8_t)field_proto(col->field);
	decoder_want_field(d, col->field);
	return 0;
}

static struct column_group *group_of(struct columns *c, unsigned proto)
{
	struct column_group *g;
	unsigned n = protocols[proto]->nfields;

	for (unsigned i = 0; i < c->ngroups; i++)
		if (c->group[i].proto == proto)
			return &c->group[i];
	g = &c->group[c->ngroups];
	g->column = calloc(n, sizeof(*g->column));
	g->want = calloc(n / 64 + 1, sizeof(*g->want));
	if (!g->column || !g->want) {
		free(g->column);
		free(g->want);
		return NULL;
	}
	g->proto = (uint8_t)proto;
	c->ngroups++;
	return g;
}

/* Joins walk columns of one protocol; a second column of the same field stays alone. */
static int columns_group(struct columns *c, struct errmsg *err)
{
	for (unsigned i = 0; i < c->ncolumns; i++) {
		struct column *col = &c->column[i];
		struct column_group *g;
		unsigned index;

		if (col->kind != COLUMN_WALK)
			continue;
		g = group_of(c, col->proto);
		if (!g)
			return errmsg_set(err, NW_ELIMIT, "no memory for the columns");
		index = field_index(col->field);
		if (g->column[index]) {
			col->kind = COLUMN_EITHER;
			continue;
		}
		g->column[index] = (uint16_t)(i + 1);
		g->want[index / 64] |= 1ull << (index % 64);
	}
	return 0;
}

/* "name": with the escapes JSON wants; field names have none, but who knows tomorrow. */
static bool column_key(struct column *col)
{
	size_t len = strlen(col->name);

	col->key = malloc(len + 4);
	if (!col->key)
		return false;
	col->key[0] = '"';
	memcpy(col->key + 1, col->name, len);
	memcpy(col->key + 1 + len, "\":", 3);
	col->key_len = (uint32_t)len + 3;
	return true;
}

int columns_open(struct columns *c, const struct export_options *o, struct decoder *d, struct errmsg *err)
{
	const char *const *name = o->fields;
	unsigned n = o->nfields;
	int rc;

	memset(c, 0, sizeof(*c));
	c->pseudo_only = true;
	c->occurrence = o->occurrence ? o->occurrence : 'f';
	if (n > EXPORT_FIELDS_MAX)
		return errmsg_set(err, NW_EINPUT, "%u fields are asked for; at most %d are possible", n, EXPORT_FIELDS_MAX);
	c->column = calloc(n, sizeof(*c->column));
	c->group = calloc(PROTO_COUNT, sizeof(*c->group));
	if (!c->column || !c->group)
		return errmsg_set(err, NW_ELIMIT, "no memory for %u columns", n);
	for (; c->ncolumns < n; c->ncolumns++) {
		rc = column_resolve(c, &c->column[c->ncolumns], name[c->ncolumns], d, err);
		if (rc)
			return rc;
		if (!column_key(&c->column[c->ncolumns]))
			return errmsg_set(err, NW_ELIMIT, "no memory for %u columns", n);
	}
	if (c->proto || c->info)
		for (unsigned i = 0; i < PROTO_COUNT; i++)
			if (protocols[i]->application)
				decoder_want(d, i);
	return columns_group(c, err);
}

void columns_release(struct columns *c)
{
	for (unsigned i = 0; i < c->ncolumns; i++)
		free(c->column[i].key);
	for (unsigned i = 0; i < c->ngroups; i++) {
		free(c->group[i].column);
		free(c->group[i].want);
	}
	free(c->column);
	free(c->group);
	free(c->cells);
	free(c->store.bytes);
	memset(c, 0, sizeof(*c));
}

/* ---- gathering ------------------------------------------------------------------- */

bool value_keep(struct value_store *s, const struct packet *p, struct value *v)
{
	if (v->bytes < p->scratch || v->bytes >= p->scratch + PACKET_SCRATCH)
		return true;
	if (!s->bytes && !(s->bytes = malloc(STORE_MAX)))
		return false;
	if (v->len > STORE_MAX - s->used)
		return false;
	memcpy(s->bytes + s->used, v->bytes, v->len);
	v->bytes = s->bytes + s->used;
	s->used += v->len;
	return true;
}

static bool cells_grow(struct columns *c)
{
	uint32_t room = c->room ? c->room * 2 : 64;
	struct cell *cells;

	if (room > CELLS_MAX)
		return false;
	cells = realloc(c->cells, room * sizeof(*cells));
	if (!cells)
		return false;
	c->cells = cells;
	c->room = room;
	return true;
}

/* Takes one more value of a column; false when no further one of this column is wanted. */
static bool column_add(struct columns *c, struct column *col, const struct packet *p, const struct field *f,
		       const struct value *v)
{
	struct value kept = { .u = 0 };
	struct cell *cell;

	if (col->last && c->occurrence == 'f')
		return false;
	if (f->type < FIELD_IPV4) {
		kept.u = v->u;
	} else {
		kept.bytes = v->bytes;
		kept.len = v->len;
		if (!value_keep(&c->store, p, &kept))
			return true;
	}
	if (col->last && c->occurrence == 'l') {
		cell = &c->cells[col->last - 1];
	} else {
		if (c->ncells == c->room && !cells_grow(c))
			return false;
		cell = &c->cells[c->ncells++];
		if (col->last)
			c->cells[col->last - 1].next = c->ncells;
		else
			col->first = c->ncells;
		col->last = c->ncells;
	}
	cell->field = f;
	cell->value.u = kept.u; /* one by one: see all.c */
	cell->value.bytes = kept.bytes;
	cell->value.len = kept.len;
	cell->next = 0;
	return c->occurrence != 'f';
}

struct gather {
	struct walk walk; /* first: emit() gets a pointer to it */
	struct columns *c;
	const struct column_group *g;
};

static void gather_emit(struct walk *w, const struct field *f, const struct value *v)
{
	struct gather *ga = (struct gather *)w;
	unsigned column = ga->g->column[f - w->proto->fields];

	if (column)
		column_add(ga->c, &ga->c->column[column - 1], w->p, f, v);
}

static void gather_group(struct columns *c, const struct column_group *g, struct packet *p)
{
	struct gather ga = {
		.walk = { .proto = protocols[g->proto], .want = g->want, .p = p, .emit = gather_emit }, .c = c, .g = g
	};

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		uint32_t scratch = p->scratch_used;

		if (!field_carried(l->proto, g->proto) || !protocols[l->proto]->walk)
			continue;
		protocols[l->proto]->walk(&ga.walk, p, l);
		p->scratch_used = scratch;
	}
}

struct gather_one {
	struct columns *c;
	struct column *col;
	const struct packet *p;
};

static bool gather_each(void *user, const struct field *f, const struct value *v)
{
	struct gather_one *one = user;

	return column_add(one->c, one->col, one->p, f, v);
}

static void gather_fixed(struct columns *c, struct column *col, struct packet *p)
{
	struct value v;

	for (unsigned i = 0; i < p->nlayers; i++)
		if (field_carried(p->layers[i].proto, col->proto) && field_value(p, &p->layers[i], col->field, &v) &&
		    !column_add(c, col, p, col->field, &v))
			return;
}

void columns_gather(struct columns *c, struct packet *p)
{
	unsigned i;

	c->ncells = c->store.used = 0;
	for (i = 0; i < c->ncolumns; i++)
		c->column[i].first = c->column[i].last = 0;
	for (i = 0; i < c->ngroups; i++)
		gather_group(c, &c->group[i], p);
	for (i = 0; i < c->ncolumns; i++) {
		struct column *col = &c->column[i];

		if (col->kind == COLUMN_FIXED)
			gather_fixed(c, col, p);
		else if (col->kind == COLUMN_EITHER)
			field_each(p, col->field, gather_each, &(struct gather_one){ c, col, p });
	}
}

/* ---- addresses and ports ---------------------------------------------------------- */

/* The innermost IP addresses and the ports on top of them, as Wireshark's columns
 * have it; of ARP and other frames without IP the hardware addresses. What an
 * ICMP error quotes is somebody else's packet. */
void packet_endpoints(const struct packet *p, struct endpoints *e)
{
	const struct layer *net = NULL, *eth = NULL, *transport = NULL;
	const uint8_t *h;

	memset(e, 0, sizeof(*e));
	for (unsigned i = 1; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		switch (l->proto) {
		case PROTO_eth: /* also inside a tunnel */
			eth = l;
			net = transport = NULL;
			continue;
		case PROTO_ip:
		case PROTO_ipv6:
			net = l;
			transport = NULL;
			continue;
		case PROTO_tcp:
		case PROTO_udp:
			transport = l;
			continue;
		case PROTO_icmp:
		case PROTO_icmpv6:
			break;
		default:
			if (!protocols[l->proto]->envelope)
				continue;
		}
		break;
	}
	if (net) {
		bool v4 = net->proto == PROTO_ip;

		if (packet_bytes(p, net, &h) >= (v4 ? 20 : 40)) {
			e->src = (struct endpoint){ h + (v4 ? 12 : 8), v4 ? 4 : 16 };
			e->dst = (struct endpoint){ h + (v4 ? 16 : 24), v4 ? 4 : 16 };
		}
	} else if (eth && packet_bytes(p, eth, &h) >= 12) {
		e->src = (struct endpoint){ h + 6, 6 };
		e->dst = (struct endpoint){ h, 6 };
	}
	if (transport && packet_bytes(p, transport, &h) >= 4) {
		e->has_ports = true;
		e->sport = get_be16(h);
		e->dport = get_be16(h + 2);
	}
}

void endpoint_put(struct outbuf *o, const struct endpoint *e)
{
	if (!e->addr)
		return;
	if (e->len == 4)
		outbuf_ipv4(o, e->addr);
	else if (e->len == 16)
		outbuf_ipv6(o, e->addr);
	else
		outbuf_mac(o, e->addr);
}

bool pseudo_there(const struct column *col, const struct packet *p, const struct endpoints *ends)
{
	switch (col->kind) {
	case COLUMN_TIME: return p->frame->has_ts;
	case COLUMN_SRC: return ends->src.addr;
	case COLUMN_DST: return ends->dst.addr;
	case COLUMN_SPORT:
	case COLUMN_DPORT: return ends->has_ports;
	case COLUMN_PROTO: return packet_column(p);
	default: return true;
	}
}

void pseudo_put(struct export *e, const struct column *col, struct packet *p, const struct endpoints *ends, struct outbuf *o)
{
	const struct frame *f = p->frame;
	const char *text;
	size_t len;

	switch (col->kind) {
	case COLUMN_NUMBER:
		outbuf_u64(o, f->number);
		break;
	case COLUMN_TIME:
		if (f->has_ts)
			outbuf_epoch(o, f->ts_ns, e->o.time.digits);
		break;
	case COLUMN_SRC:
		endpoint_put(o, &ends->src);
		break;
	case COLUMN_DST:
		endpoint_put(o, &ends->dst);
		break;
	case COLUMN_SPORT:
		if (ends->has_ports)
			outbuf_u64(o, ends->sport);
		break;
	case COLUMN_DPORT:
		if (ends->has_ports)
			outbuf_u64(o, ends->dport);
		break;
	case COLUMN_PROTO:
		text = packet_column(p);
		if (text)
			outbuf_str(o, text);
		break;
	case COLUMN_LENGTH:
		outbuf_u64(o, f->wirelen);
		break;
	case COLUMN_INFO:
		text = export_info(e, p, &len);
		outbuf_bytes(o, text, len);
		break;
	}
}
