/* SPDX-License-Identifier: MIT */
/*
 * nwexport --stats dns: what was asked and answered, how long answers took, which names and servers.
 *
 * An answer belongs to the question with its id in the same conversation. A question that is asked again counts once more
 * but is one that waits; its time counts from the first. PENDING_MAX questions wait at a time: beyond, the one that has
 * waited longest in its neighbourhood is taken for unanswered. DNS only, over UDP and TCP: not mDNS, LLMNR or NetBIOS.
 */
#include "stat.h"

#include "decode/protocol.h"

#include <stdlib.h>

enum { PENDING_MAX = 65536, PROBES = 8, NAMES_MAX = 65536, FEW_MAX = 1024, SERVERS_MAX = 16384, HEADER = 12 };

static const struct row_column all_columns[] = {
	{ "queries", "Queries", ROW_COUNT }, { "responses", "Responses", ROW_COUNT }, { "repeated", "Asked again", ROW_COUNT },
	{ "answered", "Answered", ROW_COUNT }, { "unanswered", "Unanswered", ROW_COUNT },
	{ "unasked", "Responses to no query seen", ROW_COUNT }, { "truncated", "Truncated responses", ROW_COUNT },
	TIMES_COLUMNS("time", "Response time"), { "time_average", "Response time average", ROW_DURATION }, { NULL }
};
static const struct row_column type_columns[] = { { "type", "Type", ROW_TEXT }, { "queries", "Queries", ROW_COUNT }, { NULL } };
static const struct row_column rcode_columns[] = { { "rcode", "Code", ROW_TEXT }, { "responses", "Responses", ROW_COUNT }, { NULL } };
static const struct row_column name_columns[] = {
	{ "name", "Name", ROW_TEXT }, { "queries", "Queries", ROW_COUNT }, { "failed", "Failed", ROW_COUNT }, { NULL }
};
static const struct row_column server_columns[] = {
	{ "server", "Server", ROW_ADDRESS }, { "queries", "Queries", ROW_COUNT }, { "answered", "Answered", ROW_COUNT },
	{ "time_average", "Average", ROW_DURATION }, { NULL }
};

struct pending {
	uint64_t key;      /* transport, conversation, id; 0: free */
	int64_t ts_ns;
	bool answered;
};

/* ---- beginning and end ------------------------------------------------------------------------------------- */

int dns_stats_init(struct dns_stats *s, struct decoder *d, struct errmsg *err)
{
	static const struct {
		const char *name;
		size_t place;
	} fields[] = {
		{ "dns.qry.name", offsetof(struct dns_stats, name_field) }, { "dns.qry.type", offsetof(struct dns_stats, type_field) },
		{ "dns.flags.rcode", offsetof(struct dns_stats, rcode_field) },
	};
	int rc = 0;

	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct field *f = field_find(fields[i].name, strlen(fields[i].name));

		*(const struct field **)((char *)s + fields[i].place) = f;
		if (f)
			decoder_want_field(d, f);
	}
	decoder_want_field(d, field_find("tcp.stream", 10));
	decoder_want_field(d, field_find("udp.stream", 10));
	s->pending = calloc(PENDING_MAX, sizeof(*s->pending));
	if (!s->pending)
		rc = errmsg_set(err, NW_ELIMIT, "no memory for questions");
	rc = rc ? rc : tally_init(&s->names, NAMES_MAX, err);
	rc = rc ? rc : tally_init(&s->types, FEW_MAX, err);
	rc = rc ? rc : tally_init(&s->rcodes, FEW_MAX, err);
	rc = rc ? rc : tally_init(&s->servers, SERVERS_MAX, err);
	if (rc)
		dns_stats_release(s);
	return rc;
}

void dns_stats_release(struct dns_stats *s)
{
	free(s->pending);
	s->pending = NULL;
	tally_release(&s->names);
	tally_release(&s->types);
	tally_release(&s->rcodes);
	tally_release(&s->servers);
}

/* ---- counting ---------------------------------------------------------------------------------------------- */

/* The place of this question, or where it can go: a free one, or the one that has waited longest nearby. */
static struct pending *pending_place(struct dns_stats *s, uint64_t key)
{
	uint64_t h = (key ^ key >> 29) * 0x9e3779b97f4a7c15ull;
	struct pending *oldest = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		struct pending *q = &s->pending[((h >> 40) + i) % PENDING_MAX];

		if (!q->key || q->key == key)
			return q;
		if (!oldest || q->ts_ns < oldest->ts_ns)
			oldest = q;
	}
	return oldest;
}

struct message {
	struct dns_stats *s;
	const struct packet *p;
	bool response;
	unsigned rcode;
	bool first;      /* no question of it yet */
};

static bool on_name(void *user, const struct field *f, const struct value *v)
{
	struct message *m = user;
	static const char root[] = ".";
	const void *text = v->len ? (const void *)v->bytes : root;
	struct tally_entry *e;

	(void)f;
	if (!m->first)
		return false; /* servers do not answer more than one */
	m->first = false;
	e = tally_add(&m->s->names, text, v->len ? v->len : 1, m->p->frame->number);
	if (e && m->response) {
		e->count--; /* questions are counted, and of responses how many failed */
		e->more[0] += m->rcode != 0;
	}
	return false;
}

/* "A (1)": what people and programs read. */
static void tally_value(struct tally *t, const struct field *f, uint64_t v, uint64_t frame)
{
	const char *name = f ? named_value(field_names(f), v) : NULL;
	char text[64];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	if (name)
		outbuf_str(&o, name);
	else
		outbuf_u64(&o, v);
	tally_add(t, text, outbuf_len(&o), frame);
}

static bool on_type(void *user, const struct field *f, const struct value *v)
{
	struct message *m = user;

	tally_value(&m->s->types, f, v->u, m->p->frame->number);
	return false;
}

static struct tally_entry *server_of(struct dns_stats *s, const struct packet *p, bool response)
{
	const struct layer *net = p->network > 0 ? &p->layers[p->network] : NULL;
	unsigned len = net && net->proto == PROTO_ip ? 4 : 16;
	const uint8_t *h;
	struct tally_entry *e;

	if (!net || packet_bytes(p, net, &h) < (len == 4 ? 20u : 40u))
		return NULL;
	h += (len == 4 ? 12 : 8) + (response ? 0 : len);
	e = tally_add(&s->servers, h, len, p->frame->number);
	if (e && response)
		e->count--;
	return e;
}

static void on_query(struct dns_stats *s, const struct packet *p, uint64_t key)
{
	struct pending *q = pending_place(s, key);

	s->queries++;
	server_of(s, p, false);
	if (q->key == key && !q->answered) {
		s->repeated++;
		return;
	}
	*q = (struct pending){ .key = key, .ts_ns = p->frame->ts_ns };
}

static void on_response(struct dns_stats *s, const struct packet *p, uint64_t key)
{
	struct pending *q = pending_place(s, key);
	struct tally_entry *server = server_of(s, p, true);
	int64_t took_ns;

	s->responses++;
	if (q->key != key || q->answered) {
		s->unasked += q->key != key;
		return;
	}
	q->answered = true;
	s->answered++;
	if (!p->frame->has_ts)
		return;
	took_ns = ns_between(q->ts_ns, p->frame->ts_ns);
	times_add(&s->times, took_ns);
	if (server) {
		server->more[0]++;
		server->more[1] += took_ns > 0 ? (uint64_t)took_ns : 0;
	}
}

static void on_message(struct dns_stats *s, struct packet *p, const struct layer *l)
{
	const struct layer *t = &p->layers[p->transport];
	const uint8_t *h = layer_at(p, l);
	bool tcp = t->proto == PROTO_tcp;
	struct message m = { .s = s, .p = p, .first = true };
	uint64_t key;

	if (tcp && packet_bytes(p, l, &h) >= HEADER + 2u)
		h += 2; /* the length in front of each message */
	else if (tcp || packet_bytes(p, l, &h) < HEADER)
		return;
	key = 1ull << 63 | (uint64_t)tcp << 62 | (uint64_t)t->aux[0] << 32 | (uint64_t)t->aux[1] << 16 | get_be16(h);
	m.response = h[2] >> 7;
	m.rcode = h[3] & 15;
	if (m.response) {
		s->truncated += h[2] >> 1 & 1;
		tally_value(&s->rcodes, s->rcode_field, m.rcode, p->frame->number);
		on_response(s, p, key);
	} else {
		on_query(s, p, key);
		if (s->type_field)
			field_each_in_layer(p, l, s->type_field, on_type, &m);
	}
	if (s->name_field)
		field_each_in_layer(p, l, s->name_field, on_name, &m);
}

void dns_stats_packet(struct dns_stats *s, struct packet *p)
{
	if (!proto_set_has(&p->present, PROTO_dns) || p->transport <= 0)
		return;
	for (const struct layer *l = p->layers + p->transport + 1; l < p->layers + p->nlayers; l++)
		if (l->proto == PROTO_dns)
			on_message(s, p, l);
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

void dns_stats_put_all(const struct dns_stats *s, struct rows *r)
{
	rows_object(r, "dns", "DNS", all_columns);
	rows_u64(r, s->queries);
	rows_u64(r, s->responses);
	rows_u64(r, s->repeated);
	rows_u64(r, s->answered);
	rows_u64(r, s->queries > s->repeated + s->answered ? s->queries - s->repeated - s->answered : 0);
	rows_u64(r, s->unasked);
	rows_u64(r, s->truncated);
	times_put(&s->times, r);
	if (s->times.count)
		rows_ns(r, times_average(&s->times));
	else
		rows_none(r);
}

void dns_stats_put_names(struct dns_stats *s, struct rows *r, uint32_t top)
{
	struct tally *t = &s->names;

	tally_sort(t);
	rows_table(r, "names", "Names asked for", name_columns);
	for (uint32_t i = 0; i < t->count && (!top || i < top); i++) {
		rows_bytes(r, tally_text(t, &t->entry[i]), t->entry[i].len);
		rows_u64(r, t->entry[i].count);
		rows_u64(r, t->entry[i].more[0]);
	}
}

static void put_servers(struct tally *t, struct rows *r, uint32_t top)
{
	tally_sort(t);
	rows_table(r, "servers", "Servers", server_columns);
	for (uint32_t i = 0; i < t->count && (!top || i < top); i++) {
		const struct tally_entry *e = &t->entry[i];

		rows_address(r, (const uint8_t *)tally_text(t, e), e->len);
		rows_u64(r, e->count);
		rows_u64(r, e->more[0]);
		if (e->more[0])
			rows_ns(r, (int64_t)(e->more[1] / e->more[0]));
		else
			rows_none(r);
	}
}

void dns_stats_put_rcodes(struct dns_stats *s, struct rows *r)
{
	tally_put(&s->rcodes, r, "rcodes", "Response codes", rcode_columns, 0);
}

/* ---- the report ---------------------------------------------------------------------------------------------- */

struct dns_report {
	struct rows *rows;
	struct dns_stats stats;
};

static int dns_begin(struct export *e, struct errmsg *err)
{
	struct dns_report *v = malloc(sizeof(*v));
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	rc = dns_stats_init(&v->stats, e->decoder, err);
	if (!rc) {
		rc = rows_open(&v->rows, e, true, err);
		if (rc)
			dns_stats_release(&v->stats);
	}
	if (rc) {
		free(v);
		return rc;
	}
	e->state = v;
	return 0;
}

static void dns_packet(struct export *e, struct packet *p)
{
	struct dns_report *v = e->state;

	dns_stats_packet(&v->stats, p);
}

static void dns_end(struct export *e)
{
	struct dns_report *v = e->state;
	struct dns_stats *s = &v->stats;

	if (!e->abandoned) {
		dns_stats_put_all(s, v->rows);
		tally_put(&s->types, v->rows, "types", "Types asked for", type_columns, e->o.top);
		dns_stats_put_rcodes(s, v->rows);
		dns_stats_put_names(s, v->rows, e->o.top);
		put_servers(&s->servers, v->rows, e->o.top);
	}
	tally_say(&s->names, e, "names");
	tally_say(&s->servers, e, "messages of servers");
	rows_close(v->rows);
	dns_stats_release(s);
	free(v);
}

const struct export_format dns_formats[] = ROWS_FORMATS(dns_begin, dns_packet, dns_end, NULL);
