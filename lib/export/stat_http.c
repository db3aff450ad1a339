/* SPDX-License-Identifier: MIT */
/*
 * nwexport --stats http: requests by method, host and path, responses by status, how long they took (HTTP/1, as far as it is
 * not encrypted). A response belongs to the oldest request of its connection that has none; of requests that follow
 * each other without waiting the first ones of WAITING_MAX are timed.
 */
#include "stat.h"

#include "decode/protocol.h"

#include <stdlib.h>

enum { WAITING_MAX = 4, HOSTS_MAX = 16384, PATHS_MAX = 65536, FEW_MAX = 1024 };

static const struct row_column all_columns[] = {
	{ "requests", "Requests", ROW_COUNT }, { "responses", "Responses", ROW_COUNT }, { "errors", "Responses 4xx and 5xx", ROW_COUNT },
	TIMES_COLUMNS("time", "Response time"), { "time_average", "Response time average", ROW_DURATION }, { NULL }
};
static const struct row_column method_columns[] = { { "method", "Method", ROW_TEXT }, { "requests", "Requests", ROW_COUNT }, { NULL } };
static const struct row_column status_columns[] = { { "status", "Status", ROW_TEXT }, { "responses", "Responses", ROW_COUNT }, { NULL } };
static const struct row_column host_columns[] = {
	{ "host", "Host", ROW_TEXT }, { "requests", "Requests", ROW_COUNT }, { "errors", "Errors", ROW_COUNT },
	{ "time_average", "Average", ROW_DURATION }, { NULL }
};
static const struct row_column path_columns[] = { { "path", "Path", ROW_TEXT }, { "requests", "Requests", ROW_COUNT }, { NULL } };

/* What a connection waits for. */
struct http_wait {
	int64_t asked_ns[WAITING_MAX];
	uint32_t host[WAITING_MAX];     /* entry of the tally + 1; 0: none */
	uint32_t answered, requests;
};

enum { F_METHOD, F_HOST, F_URI, F_CODE, F_PHRASE, FIELDS };
_Static_assert((int)FIELDS == (int)HTTP_STATS_FIELDS, "struct http_stats has as many");

/* ---- beginning and end ------------------------------------------------------------------------------------- */

int http_stats_init(struct http_stats *s, struct decoder *d, struct errmsg *err)
{
	static const char *const names[FIELDS] = {
		[F_METHOD] = "http.request.method", [F_HOST] = "http.host", [F_URI] = "http.request.uri",
		[F_CODE] = "http.response.code", [F_PHRASE] = "http.response.phrase"
	};
	int rc;

	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < FIELDS; i++) {
		s->field[i] = field_find(names[i], strlen(names[i]));
		if (s->field[i])
			decoder_want_field(d, s->field[i]);
	}
	decoder_want_field(d, field_find("tcp.stream", 10));
	series_init(&s->waits, sizeof(struct http_wait), d->ceiling ? d->ceiling : CONVERSATIONS_MAX);
	rc = tally_init(&s->methods, FEW_MAX, err);
	rc = rc ? rc : tally_init(&s->statuses, FEW_MAX, err);
	rc = rc ? rc : tally_init(&s->hosts, HOSTS_MAX, err);
	rc = rc ? rc : tally_init(&s->paths, PATHS_MAX, err);
	if (rc)
		http_stats_release(s);
	return rc;
}

void http_stats_release(struct http_stats *s)
{
	series_release(&s->waits);
	tally_release(&s->methods);
	tally_release(&s->statuses);
	tally_release(&s->hosts);
	tally_release(&s->paths);
}

/* ---- counting ---------------------------------------------------------------------------------------------- */

/* The first value of a text field in a layer, copied: texts live only until the walk goes on. */
struct taken {
	char text[512];
	size_t len;
	bool found;
};

static bool take(void *user, const struct field *f, const struct value *v)
{
	struct taken *t = user;

	(void)f;
	t->len = v->len < sizeof(t->text) ? v->len : sizeof(t->text);
	memcpy(t->text, v->bytes, t->len);
	t->found = true;
	return false;
}

static bool take_number(void *user, const struct field *f, const struct value *v)
{
	(void)f;
	*(uint64_t *)user = v->u;
	return false;
}

static bool text_of(const struct http_stats *s, struct packet *p, const struct layer *l, unsigned field, struct taken *t)
{
	t->found = false;
	t->len = 0;
	if (s->field[field])
		field_each_in_layer(p, l, s->field[field], take, t);
	return t->found;
}

static struct http_wait *wait_of(struct http_stats *s, const struct packet *p)
{
	const struct layer *t = &p->layers[p->transport];
	uint32_t number = (uint32_t)t->aux[0] << 16 | t->aux[1];

	if (t->proto != PROTO_tcp || number > INT32_MAX)
		return NULL;
	while (series_full(&s->waits, number))
		series_drop(&s->waits);
	return series_item(&s->waits, number);
}

static void on_request(struct http_stats *s, struct packet *p, const struct layer *l, const struct taken *method)
{
	struct http_wait *w = wait_of(s, p);
	struct tally_entry *host = NULL;
	struct taken text;

	s->requests++;
	tally_add(&s->methods, method->text, method->len, p->frame->number);
	if (text_of(s, p, l, F_HOST, &text))
		host = tally_add(&s->hosts, text.text, text.len, p->frame->number);
	if (text_of(s, p, l, F_URI, &text)) {
		const char *query = memchr(text.text, '?', text.len);

		tally_add(&s->paths, text.text, query ? (size_t)(query - text.text) : text.len, p->frame->number);
	}
	if (!w)
		return;
	if (w->requests - w->answered < WAITING_MAX) {
		w->asked_ns[w->requests % WAITING_MAX] = p->frame->ts_ns;
		w->host[w->requests % WAITING_MAX] = host ? (uint32_t)(host - s->hosts.entry) + 1 : 0;
	}
	w->requests++;
}

/* Which request it answers. */
static void on_answer(struct http_stats *s, const struct packet *p, bool error)
{
	struct http_wait *w = wait_of(s, p);
	struct tally_entry *host;
	int64_t took_ns;
	unsigned i;

	if (!w || w->answered == w->requests)
		return;
	i = w->answered % WAITING_MAX;
	if (w->requests - w->answered > WAITING_MAX) { /* too many wait to tell which */
		w->answered++;
		return;
	}
	w->answered++;
	host = w->host[i] ? &s->hosts.entry[w->host[i] - 1] : NULL;
	if (host)
		host->more[1] += error;
	if (!p->frame->has_ts)
		return;
	took_ns = ns_between(w->asked_ns[i], p->frame->ts_ns);
	times_add(&s->times, took_ns);
	if (host) {
		host->more[0] += took_ns > 0 ? (uint64_t)took_ns : 0;
		host->more[1] += 1ull << 32; /* how many were timed, above the errors */
	}
}

static void on_response(struct http_stats *s, struct packet *p, const struct layer *l, uint64_t code)
{
	char status[64];
	struct outbuf o;
	struct taken text;

	if (code / 100 == 1 && code != 101)
		return; /* the answer is still to come */
	s->responses++;
	s->errors += code >= 400;
	outbuf_fixed(&o, status, sizeof(status));
	outbuf_u64(&o, code);
	if (text_of(s, p, l, F_PHRASE, &text) && text.len) {
		outbuf_char(&o, ' ');
		outbuf_bytes(&o, text.text, text.len < 40 ? text.len : 40);
	}
	tally_add(&s->statuses, status, outbuf_len(&o), p->frame->number);
	on_answer(s, p, code >= 400);
}

void http_stats_packet(struct http_stats *s, struct packet *p)
{
	if (!proto_set_has(&p->present, PROTO_http) || p->transport <= 0)
		return;
	for (const struct layer *l = p->layers + p->transport + 1; l < p->layers + p->nlayers; l++) {
		struct taken method;
		uint64_t code = 0;

		if (l->proto != PROTO_http)
			continue;
		if (text_of(s, p, l, F_METHOD, &method))
			on_request(s, p, l, &method);
		if (s->field[F_CODE])
			field_each_in_layer(p, l, s->field[F_CODE], take_number, &code);
		if (code)
			on_response(s, p, l, code);
	}
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

void http_stats_put_all(const struct http_stats *s, struct rows *r)
{
	rows_object(r, "http", "HTTP", all_columns);
	rows_u64(r, s->requests);
	rows_u64(r, s->responses);
	rows_u64(r, s->errors);
	times_put(&s->times, r);
	if (s->times.count)
		rows_ns(r, times_average(&s->times));
	else
		rows_none(r);
}

void http_stats_put_statuses(struct http_stats *s, struct rows *r)
{
	tally_put(&s->statuses, r, "statuses", "Statuses", status_columns, 0);
}

void http_stats_put_hosts(struct http_stats *s, struct rows *r, uint32_t top)
{
	struct tally *t = &s->hosts;

	tally_sort(t);
	rows_table(r, "hosts", "Hosts", host_columns);
	for (uint32_t i = 0; i < t->count && (!top || i < top); i++) {
		const struct tally_entry *e = &t->entry[i];
		uint64_t timed = e->more[1] >> 32;

		rows_bytes(r, tally_text(t, e), e->len);
		rows_u64(r, e->count);
		rows_u64(r, e->more[1] & UINT32_MAX);
		if (timed)
			rows_ns(r, (int64_t)(e->more[0] / timed));
		else
			rows_none(r);
	}
}

/* ---- the report ---------------------------------------------------------------------------------------------- */

struct http_report {
	struct rows *rows;
	struct http_stats stats;
};

static int http_begin(struct export *e, struct errmsg *err)
{
	struct http_report *v = malloc(sizeof(*v));
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	rc = http_stats_init(&v->stats, e->decoder, err);
	if (!rc) {
		rc = rows_open(&v->rows, e, true, err);
		if (rc)
			http_stats_release(&v->stats);
	}
	if (rc) {
		free(v);
		return rc;
	}
	e->state = v;
	return 0;
}

static void http_packet(struct export *e, struct packet *p)
{
	struct http_report *v = e->state;

	http_stats_packet(&v->stats, p);
}

static void http_end(struct export *e)
{
	struct http_report *v = e->state;
	struct http_stats *s = &v->stats;

	if (!e->abandoned) {
		http_stats_put_all(s, v->rows);
		tally_put(&s->methods, v->rows, "methods", "Methods", method_columns, e->o.top);
		http_stats_put_statuses(s, v->rows);
		http_stats_put_hosts(s, v->rows, e->o.top);
		tally_put(&s->paths, v->rows, "paths", "Paths", path_columns, e->o.top);
	}
	tally_say(&s->hosts, e, "requests");
	tally_say(&s->paths, e, "paths");
	rows_close(v->rows);
	http_stats_release(s);
	free(v);
}

const struct export_format http_formats[] = ROWS_FORMATS(http_begin, http_packet, http_end, NULL);
