/* SPDX-License-Identifier: MIT */
/*
 * The field registry: it is nothing but the tables of the protocols, found by
 * name, read from a packet in one of the four ways of struct field, and turned
 * into text.
 */
#include "base/text.h"
#include "decode/protocol.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- names ------------------------------------------------------------------------ */

/* A protocol name is a field too ("tcp", "dns contains ..."): made from the table at first use. */
static struct field protocol_fields[PROTO_COUNT];

const struct field *protocol_field(unsigned proto)
{
	protocol_fields[proto].type = FIELD_PROTOCOL;
	return &protocol_fields[proto];
}

unsigned field_proto(const struct field *f)
{
	if (f >= protocol_fields && f < protocol_fields + PROTO_COUNT)
		return (unsigned)(f - protocol_fields);
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (protocols[i]->nfields && f >= protocols[i]->fields && f < protocols[i]->fields + protocols[i]->nfields)
			return i;
	return PROTO_NONE;
}

static const char *text_of(const struct protocol *p, const struct field *f)
{
	const char *text = p->field_text;

	for (const struct field *before = p->fields; before < f; before++)
		text = field_text_next(text);
	return text;
}

const char *field_name(const struct field *f)
{
	const struct protocol *p = protocols[field_proto(f)];

	return f->type == FIELD_PROTOCOL ? p->name : text_of(p, f);
}

const char *field_label(const struct field *f)
{
	const struct protocol *p = protocols[field_proto(f)];
	const char *name = f->type == FIELD_PROTOCOL ? NULL : text_of(p, f);

	return name ? name + strlen(name) + 1 : p->title;
}

field_get *field_getter(const struct field *f)
{
	return field_more(protocols[field_proto(f)], f)->get;
}

const struct named_values *field_names(const struct field *f)
{
	return f->more ? field_more(protocols[field_proto(f)], f)->names : NULL;
}

unsigned field_index(const struct field *f)
{
	return f->type == FIELD_PROTOCOL ? 0 : (unsigned)(f - protocols[field_proto(f)]->fields);
}

bool field_carried(unsigned layer_proto, unsigned proto)
{
	return layer_proto == proto || protocols[layer_proto]->fields_of == protocols[proto];
}

const struct field *field_find(const char *name, size_t len)
{
	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		const struct protocol *p = protocols[i];
		const char *text;

		if (!strncmp(p->name, name, len) && !p->name[len])
			return protocol_field(i);
		text = p->field_text;
		for (unsigned j = 0; j < p->nfields; j++, text = field_text_next(text))
			if (!strncmp(text, name, len) && !text[len])
				return &p->fields[j];
	}
	return NULL;
}

const char *field_nearest(const char *name)
{
	struct text_nearest near = { .word = name };

	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		const struct protocol *p = protocols[i];
		const char *text = p->field_text;

		text_nearest_try(&near, p->name);
		for (unsigned j = 0; j < p->nfields; j++, text = field_text_next(text))
			text_nearest_try(&near, text);
	}
	return near.best;
}

/* ---- values ----------------------------------------------------------------------- */

static uint64_t load_be(const uint8_t *p, unsigned width)
{
	uint64_t v = 0;

	switch (width) {
	case 1: return *p;
	case 2: return get_be16(p);
	case 4: return get_be32(p);
	}
	while (width--)
		v = v << 8 | *p++;
	return v;
}

bool field_value(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *bytes;
	uint32_t n;

	if (f->more) {
		const struct protocol *owner = protocols[l->proto]->fields_of ? protocols[l->proto]->fields_of : protocols[l->proto];
		field_get *get = field_more(owner, f)->get;

		if (get)
			return get(p, l, f, v);
	}
	n = packet_bytes(p, l, &bytes);
	if (f->type == FIELD_PROTOCOL) {
		v->bytes = bytes;
		v->len = n;
		return true;
	}
	if (!f->width || n < (uint32_t)f->offset + f->width)
		return false;
	bytes += f->offset;
	if (f->type <= FIELD_INT) {
		v->u = load_be(bytes, f->width);
		if (f->mask)
			v->u = (v->u & f->mask) >> f->shift;
	} else {
		v->bytes = bytes;
		v->len = f->width;
	}
	return true;
}

struct each_walk {
	struct walk w;
	field_each_fn *each;
	void *user;
	unsigned count;
	bool stop;
};

static void each_emit(struct walk *w, const struct field *f, const struct value *v)
{
	struct each_walk *e = (struct each_walk *)w;

	if (e->stop)
		return;
	e->count++;
	e->stop = !e->each(e->user, f, v);
}

/* All values of one field, or of the fields it stands for, in one layer. */
static void each_in_layer(struct each_walk *e, const struct layer *l, const struct protocol *owner, const struct field *f)
{
	struct value v;

	if (f->is_either) {
		for (unsigned i = 0; i < sizeof(f->either) && f->either[i] && !e->stop; i++)
			each_in_layer(e, l, owner, &owner->fields[f->either[i] - 1]);
		return;
	}
	if (f->width || f->type == FIELD_PROTOCOL || field_more(owner, f)->get) {
		if (field_value(e->w.p, l, f, &v))
			each_emit(&e->w, f, &v);
		return;
	}
	if (protocols[l->proto]->walk) {
		unsigned index = (unsigned)(f - owner->fields);
		uint64_t want[4] = { 0 };
		uint32_t scratch = e->w.p->scratch_used;

		want[index / 64] = 1ull << (index % 64);
		e->w.want = want;
		e->w.proto = owner;
		protocols[l->proto]->walk(&e->w, e->w.p, l);
		e->w.p->scratch_used = scratch;
	}
}

unsigned field_each(struct packet *p, const struct field *f, field_each_fn *each, void *user)
{
	struct each_walk e = { .w = { .p = p, .emit = each_emit }, .each = each, .user = user };
	unsigned proto = field_proto(f);

	for (unsigned i = 0; i < p->nlayers && !e.stop; i++) {
		const struct layer *l = &p->layers[i];

		if (f->type == FIELD_PROTOCOL ? l->proto == proto : field_carried(l->proto, proto))
			each_in_layer(&e, l, protocols[proto], f);
	}
	return e.count;
}

bool field_each_in_layer(struct packet *p, const struct layer *l, const struct field *f, field_each_fn *each, void *user)
{
	struct each_walk e = { .w = { .p = p, .emit = each_emit }, .each = each, .user = user };

	each_in_layer(&e, l, protocols[field_proto(f)], f);
	return !e.stop;
}

struct all_walk {
	struct walk w;
	packet_each_fn *each;
	void *user;
	const struct layer *layer;
};

static void all_emit(struct walk *w, const struct field *f, const struct value *v)
{
	struct all_walk *a = (struct all_walk *)w;

	a->each(a->user, a->layer, f, v);
}

static void each_alternative(struct packet *p, const struct layer *l, const struct protocol *owner, const struct field *f,
			     packet_each_fn *each, void *user)
{
	struct value v;

	for (unsigned i = 0; i < sizeof(f->either) && f->either[i]; i++)
		if (field_value(p, l, &owner->fields[f->either[i] - 1], &v))
			each(user, l, f, &v);
}

void layer_each_field(struct packet *p, const struct layer *l, bool alternatives, packet_each_fn *each, void *user)
{
	struct all_walk a = { .w = { .p = p, .emit = all_emit }, .each = each, .user = user, .layer = l };
	const struct protocol *proto = protocols[l->proto];
	const struct protocol *owner = proto->fields_of ? proto->fields_of : proto;
	uint32_t scratch = p->scratch_used;

	for (unsigned j = 0; j < owner->nfields; j++) {
		const struct field *f = &owner->fields[j];
		struct value v;

		if (!f->is_either) {
			if (field_value(p, l, f, &v))
				each(user, l, f, &v);
		} else if (alternatives) {
			each_alternative(p, l, owner, f, each, user);
		}
	}
	if (proto->walk) {
		a.w.proto = owner;
		proto->walk(&a.w, p, l);
	}
	p->scratch_used = scratch;
}

void packet_each_field(struct packet *p, packet_each_fn *each, void *user)
{
	for (unsigned i = 0; i < p->nlayers; i++)
		layer_each_field(p, &p->layers[i], false, each, user);
}

/* ---- text --------------------------------------------------------------------------- */

/* tshark's "Nov 20, 2026 12:03:07.123456789 UTC" */
static void format_time(struct outbuf *o, int64_t ts_ns)
{
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t s = ts_ns / 1000000000, ns = ts_ns % 1000000000;
	struct tm tm;
	time_t t;

	if (ns < 0) {
		ns += 1000000000;
		s--;
	}
	t = (time_t)s;
	if (!gmtime_r(&t, &tm)) {
		outbuf_epoch(o, ts_ns, 9);
		return;
	}
	outbuf_str(o, month[tm.tm_mon]);
	outbuf_char(o, ' ');
	if (tm.tm_mday < 10)
		outbuf_char(o, ' ');
	outbuf_u64(o, (uint64_t)tm.tm_mday);
	outbuf_str(o, ", ");
	outbuf_i64(o, (int64_t)tm.tm_year + 1900);
	outbuf_char(o, ' ');
	outbuf_padded(o, (uint32_t)tm.tm_hour, 2);
	outbuf_char(o, ':');
	outbuf_padded(o, (uint32_t)tm.tm_min, 2);
	outbuf_char(o, ':');
	outbuf_padded(o, (uint32_t)tm.tm_sec, 2);
	outbuf_char(o, '.');
	outbuf_padded(o, (uint32_t)ns, 9);
	outbuf_str(o, " UTC");
}

/* "0.733" */
static void format_ms(struct outbuf *o, int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint32_t rest = (uint32_t)(size % 1000000);
	int digits = 6;

	if (ns < 0)
		outbuf_char(o, '-');
	outbuf_u64(o, size / 1000000);
	if (!rest)
		return;
	for (; rest % 10 == 0; rest /= 10)
		digits--;
	outbuf_char(o, '.');
	outbuf_padded(o, rest, digits);
}

void value_format(struct outbuf *o, const struct field *f, const struct value *v)
{
	switch (f->type) {
	case FIELD_BOOL:
		outbuf_char(o, v->u ? '1' : '0');
		break;
	case FIELD_UINT:
		if (f->show == SHOW_HEX) {
			int digits = f->hex_digits ? f->hex_digits : f->width ? 2 * f->width : 8;

			while (digits < 16 && v->u >> 4 * digits)
				digits++; /* a walked number may be wider than most of its kind */
			outbuf_bytes(o, "0x", 2);
			outbuf_hex(o, v->u, digits);
		} else {
			outbuf_u64(o, v->u);
		}
		break;
	case FIELD_INT:
		outbuf_i64(o, v->i);
		break;
	case FIELD_TIME:
		if (f->show == SHOW_EPOCH)
			outbuf_epoch(o, v->i, 9);
		else
			format_time(o, v->i);
		break;
	case FIELD_DURATION:
		if (f->show == SHOW_MS)
			format_ms(o, v->i);
		else
			outbuf_epoch(o, v->i, 9);
		break;
	case FIELD_IPV4:
		outbuf_ipv4(o, v->bytes);
		break;
	case FIELD_IPV6:
		outbuf_ipv6(o, v->bytes);
		break;
	case FIELD_ETHER:
		outbuf_mac(o, v->bytes);
		break;
	case FIELD_STRING:
		outbuf_bytes(o, v->bytes, v->len);
		break;
	case FIELD_BYTES:
		outbuf_hexbytes(o, v->bytes, v->len, 0);
		break;
	case FIELD_PROTOCOL:
		outbuf_str(o, field_label(f));
		break;
	}
}
