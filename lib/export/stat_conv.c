/* SPDX-License-Identifier: MIT */
/*
 * nwexport --stats conv[,eth|ip|ipv6|tcp|udp|all]: each pair of ends, what each of the two sent, when it began and how long
 * it took; --stats endpoints: each end. The one with most bytes comes first.
 */
#include "stat.h"

#include "decode/conversation.h"
#include "decode/space.h"

#include <stdlib.h>

static const struct row_column pair_columns[] = {
	{ "stream", "Stream", ROW_NUMBER }, { "addr_a", "Address A", ROW_ADDRESS }, { "port_a", "Port", ROW_NUMBER },
	{ "addr_b", "Address B", ROW_ADDRESS }, { "port_b", "Port", ROW_NUMBER }, { "packets", "Packets", ROW_COUNT },
	{ "bytes", "Bytes", ROW_BYTES }, { "packets_a", "A → B", ROW_COUNT }, { "bytes_a", "Bytes", ROW_BYTES },
	{ "packets_b", "B → A", ROW_COUNT }, { "bytes_b", "Bytes", ROW_BYTES }, { "first", NULL, ROW_TIME },
	{ "start", "Start", ROW_DURATION }, { "duration", "Duration", ROW_DURATION }, { "bps_a", "A → B", ROW_BPS },
	{ "bps_b", "B → A", ROW_BPS }, { "vlan", NULL, ROW_NUMBER }, { "vlan_inner", NULL, ROW_NUMBER }, { "vni", NULL, ROW_NUMBER },
	{ "interface", NULL, ROW_NUMBER }, { NULL }
};
static const struct row_column end_columns[] = {
	{ "addr", "Address", ROW_ADDRESS }, { "port", "Port", ROW_NUMBER }, { "packets", "Packets", ROW_COUNT },
	{ "bytes", "Bytes", ROW_BYTES }, { "packets_sent", "Sent", ROW_COUNT }, { "bytes_sent", "Bytes", ROW_BYTES },
	{ "packets_received", "Received", ROW_COUNT }, { "bytes_received", "Bytes", ROW_BYTES }, { "first", NULL, ROW_TIME },
	{ "start", "Start", ROW_DURATION }, { "duration", "Duration", ROW_DURATION }, { "vlan", NULL, ROW_NUMBER },
	{ "vlan_inner", NULL, ROW_NUMBER }, { "vni", NULL, ROW_NUMBER }, { "interface", NULL, ROW_NUMBER }, { NULL }
};
static const struct {
	const char *pairs, *ends;
} titles[TALK_LAYERS] = {
	{ "Ethernet conversations", "Ethernet addresses" }, { "IPv4 conversations", "IPv4 addresses" },
	{ "IPv6 conversations", "IPv6 addresses" }, { "TCP connections", "TCP addresses and ports" },
	{ "UDP conversations", "UDP addresses and ports" },
};

struct conv {
	struct rows *rows;
	unsigned layers;
	struct talks talks;
	/* of csv all columns, so that every table has the same; else without ports where there are none */
	struct row_column columns[TALK_LAYERS][ROWS_COLUMNS_MAX];
};

/* ---- columns ---------------------------------------------------------------------------------------------- */

static bool is_of_transport(const char *key)
{
	return !strncmp(key, "port", 4) || !strcmp(key, "stream");
}

/* What tells conversations apart beside their ends; 0: not a column about that. */
static unsigned separate_of(const char *key)
{
	return !strncmp(key, "vlan", 4) ? SEPARATE_VLAN : !strcmp(key, "vni") ? SEPARATE_VNI :
	       !strcmp(key, "interface") ? SEPARATE_INTERFACE : 0;
}

static void choose_columns(struct conv *v, const struct export *e)
{
	bool all = (v->layers & (v->layers - 1)) && rows_style(v->rows) == ROWS_CSV;

	for (unsigned i = 0; i < TALK_LAYERS; i++) {
		struct row_column *out = v->columns[i];

		for (const struct row_column *c = v->talks.ends ? end_columns : pair_columns; c->key; c++) {
			unsigned separate = separate_of(c->key);

			if ((is_of_transport(c->key) && i < TALK_TCP && !all) || (separate && !(e->o.flow.separate & separate)))
				continue;
			*out = *c;
			if (separate)
				out->title = c->key;
			out++;
		}
	}
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

static void put_number_or_none(struct rows *r, uint32_t plus_one)
{
	if (plus_one)
		rows_u64(r, plus_one - 1);
	else
		rows_none(r);
}

static void put_space(struct conv *v, const struct export *e, uint16_t number)
{
	static const struct space nothing;
	const struct space *s = number ? space_get(v->talks.d->spaces, number) : &nothing;

	s = s ? s : &nothing;
	if (e->o.flow.separate & SEPARATE_VLAN) {
		put_number_or_none(v->rows, s->vlan[0]);
		put_number_or_none(v->rows, s->vlan[1]);
	}
	if (e->o.flow.separate & SEPARATE_VNI)
		put_number_or_none(v->rows, s->vni);
	if (e->o.flow.separate & SEPARATE_INTERFACE)
		put_number_or_none(v->rows, s->ifid);
}

static void put_times(struct conv *v, const struct talk *t)
{
	struct rows *r = v->rows;

	if (v->talks.has_time) {
		rows_ns(r, t->first_ns);
		rows_ns(r, ns_between(v->talks.first_ns, t->first_ns));
		rows_ns(r, ns_between(t->first_ns, t->last_ns));
	} else {
		rows_none(r);
		rows_none(r);
		rows_none(r);
	}
}

static void put_counts(struct rows *r, const struct talk *t)
{
	rows_u64(r, t->packets[0] + t->packets[1]);
	rows_u64(r, t->bytes[0] + t->bytes[1]);
	for (unsigned side = 0; side < 2; side++) {
		rows_u64(r, t->packets[side]);
		rows_u64(r, t->bytes[side]);
	}
}

static void put_end(struct conv *v, enum talk_layer layer, const uint8_t *addr, const struct conversation_key *k, uint16_t port)
{
	struct rows *r = v->rows;

	rows_address(r, addr, k->addr_len);
	if (layer >= TALK_TCP)
		rows_u64(r, port);
	else if (is_of_transport(v->columns[layer][v->talks.ends ? 1 : 2].key))
		rows_none(r);
}

static void put_pair(struct conv *v, const struct export *e, enum talk_layer layer, const struct talk_row *row)
{
	const struct talk *t = row->talk;
	double seconds = (double)ns_between(t->first_ns, t->last_ns) / 1e9;
	struct conversation_key k;
	struct rows *r = v->rows;

	if (!talks_ends(&v->talks, layer, row, &k))
		return;
	if (layer >= TALK_TCP)
		rows_u64(r, row->number);
	else if (is_of_transport(v->columns[layer][0].key))
		rows_none(r);
	put_end(v, layer, k.src, &k, k.src_port);
	put_end(v, layer, k.dst, &k, k.dst_port);
	put_counts(r, t);
	put_times(v, t);
	for (unsigned side = 0; side < 2; side++)
		rows_real(r, (double)t->bytes[side] * 8 / seconds); /* of a moment: none */
	put_space(v, e, k.space);
}

static void put_one_end(struct conv *v, const struct export *e, enum talk_layer layer, const struct talk_row *row)
{
	struct conversation_key k;

	if (!talks_ends(&v->talks, layer, row, &k))
		return;
	put_end(v, layer, k.src, &k, k.src_port);
	put_counts(v->rows, row->talk);
	put_times(v, row->talk);
	put_space(v, e, k.space);
}

static void put_layer(struct conv *v, struct export *e, enum talk_layer layer)
{
	uint32_t n;
	struct talk_row *rows = talks_sorted(&v->talks, layer, &n);

	if (n && !rows)
		export_say(e, "%s: no memory for %u rows", talk_names[layer], n);
	if (e->o.top && n > e->o.top)
		n = e->o.top;
	rows_table(v->rows, talk_names[layer], v->talks.ends ? titles[layer].ends : titles[layer].pairs, v->columns[layer]);
	for (uint32_t i = 0; rows && i < n; i++) {
		if (v->talks.ends)
			put_one_end(v, e, layer, &rows[i]);
		else
			put_pair(v, e, layer, &rows[i]);
	}
	free(rows);
}

/* ---- the report --------------------------------------------------------------------------------------------- */

static int begin(struct export *e, bool ends, struct errmsg *err)
{
	struct conv *v = calloc(1, sizeof(*v));
	unsigned usual = ends ? 1u << TALK_IP | 1u << TALK_IPV6 : 1u << TALK_TCP | 1u << TALK_UDP;
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	rc = talks_layers(&v->layers, e->o.argument, ends ? "endpoints" : "conv", usual, err);
	if (!rc)
		rc = talks_init(&v->talks, v->layers, ends, &e->o, e->decoder, err);
	if (!rc) {
		rc = rows_open(&v->rows, e, (v->layers & (v->layers - 1)) != 0, err);
		if (rc)
			talks_release(&v->talks);
	}
	if (rc) {
		free(v);
		return rc;
	}
	choose_columns(v, e);
	e->state = v;
	return 0;
}

static int conv_begin(struct export *e, struct errmsg *err)
{
	return begin(e, false, err);
}

static int endpoints_begin(struct export *e, struct errmsg *err)
{
	return begin(e, true, err);
}

static void conv_packet(struct export *e, struct packet *p)
{
	struct conv *v = e->state;

	talks_packet(&v->talks, p);
}

static void conv_end(struct export *e)
{
	struct conv *v = e->state;

	for (unsigned i = 0; i < TALK_LAYERS && !e->abandoned; i++)
		if (v->layers >> i & 1)
			put_layer(v, e, (enum talk_layer)i);
	talks_say(&v->talks, e);
	rows_close(v->rows);
	talks_release(&v->talks);
	free(v);
}

const struct export_format conv_formats[] = ROWS_FORMATS(conv_begin, conv_packet, conv_end, NULL);
const struct export_format endpoints_formats[] = ROWS_FORMATS(endpoints_begin, conv_packet, conv_end, NULL);
