/* SPDX-License-Identifier: MIT */
/*
 * See events.h: messages to transactions.
 *
 *	sessions      by conversation number; made when a transaction has to wait
 *	transactions  a list in each session, and one of all by age, for the bound on what waits
 */
#include "events.h"

#include "base/series.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FIXED_MAX = 16, READERS = 6 };
enum { HELLO_CLIENT = 1, HELLO_SERVER = 2, RECORD_CIPHER_SPEC = 20, RECORD_DATA = 23, TLS_1_3 = 0x0304 };
enum { SEEN_FIRST = 1, SEEN_SECOND = 2 };

/* How the layers of one protocol are read: a walk for all its facts, and those that are fixed. */
struct reader {
	uint8_t proto, kind;
	unsigned nfixed;
	struct {
		const struct field *field;
		uint8_t fact;
	} fixed[FIXED_MAX];
	uint8_t *fact_of; /* by field index: enum fact_id + 1 */
	uint64_t *want;
};

struct events {
	transaction_fn *done;
	void *user;
	unsigned how;
	struct reader reader[READERS];
	unsigned nreaders;
	uint8_t reader_of[PROTO_COUNT]; /* index + 1 */
	struct proto_set read;
	struct series sessions[2];      /* of struct session *: FLOW_TCP, FLOW_UDP */
	struct transaction *oldest, *newest;
	size_t bytes;
	uint64_t evicted, cut;

	/* the message being read */
	uint64_t body, chunks; /* its length, bytes in its chunks */
	bool last_chunk;
	uint32_t used;
	uint8_t side;
	_Alignas(struct fact) uint8_t facts[FACTS_MAX];
};

static const struct source {
	const char *field;
	uint8_t kind;
	bool once;
} sources[] = {
#define FACT(name, kind_, field_, once_) [FACT_##name] = { field_, EVENT_##kind_, once_ },
	EVENT_FACTS(FACT)
#undef FACT
};
enum { SOURCES = sizeof(sources) / sizeof(*sources) };
_Static_assert(FACT_COUNT < 128, "a set of facts is two words");

/* ---- facts ------------------------------------------------------------------------------------------ */

static uint32_t fact_size(uint32_t len)
{
	return (uint32_t)(sizeof(struct fact) + len + 1) & ~1u; /* so that the next one is aligned */
}

const struct fact *fact_next(const struct transaction *t, const struct fact *after)
{
	uint32_t at = after ? (uint32_t)((const uint8_t *)after - t->facts) + fact_size(after->len) : 0;

	return at < t->used ? (const struct fact *)(t->facts + at) : NULL;
}

const struct fact *fact_find(const struct transaction *t, enum fact_id id)
{
	for (const struct fact *f = NULL; (f = fact_next(t, f));)
		if (f->id == id)
			return f;
	return NULL;
}

const struct fact *fact_of(const struct transaction *t, enum fact_id id, unsigned side)
{
	for (const struct fact *f = NULL; (f = fact_next(t, f));)
		if (f->id == id && f->side == side)
			return f;
	return NULL;
}

uint64_t fact_number(const struct fact *f)
{
	uint64_t v = 0;

	if (f && f->len == sizeof(v))
		memcpy(&v, f->bytes, sizeof(v));
	return v;
}

static void fact_put(struct events *ev, enum fact_id id, const void *bytes, size_t len)
{
	struct fact *f = (struct fact *)(ev->facts + ev->used);

	if (len > FACT_BYTES_MAX)
		len = FACT_BYTES_MAX;
	if (fact_size((uint32_t)len) > FACTS_MAX - ev->used) {
		ev->cut++;
		return;
	}
	f->id = (uint8_t)id;
	f->side = ev->side;
	f->len = (uint16_t)len;
	memcpy(f->bytes, bytes, len);
	ev->used += fact_size((uint32_t)len);
}

static void fact_put_number(struct events *ev, enum fact_id id, uint64_t v)
{
	fact_put(ev, id, &v, sizeof(v));
}

static void certificate_put(void *user, enum fact_id id, const void *bytes, size_t len)
{
	fact_put(user, id, bytes, len);
}

/* Header lines of a request that somebody asks for. */
static bool header_wanted(const uint8_t *line, size_t len)
{
	static const char *const names[] = { "origin:", "via:", "forwarded:", "x-forwarded-for:", "client-ip:", "proxy-connection:" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (len > strlen(names[i]) && !strncasecmp((const char *)line, names[i], strlen(names[i])))
			return true;
	return false;
}

static void take(struct events *ev, enum fact_id id, const struct field *f, const struct value *v)
{
	if (id == FACT_HTTP_CHUNK) {
		ev->chunks += v->u;
		ev->last_chunk |= !v->u;
	} else if (f->type < FIELD_IPV4) {
		fact_put_number(ev, id, v->u);
	} else if (id == FACT_TLS_CERTIFICATE) {
		certificate_facts(v->bytes, v->len, certificate_put, ev);
	} else if (id != FACT_HTTP_HEADER || header_wanted(v->bytes, v->len)) {
		fact_put(ev, id, v->bytes, v->len);
	}
}

struct reading {
	struct walk walk; /* first: emit() gets a pointer to it */
	struct events *ev;
	const struct reader *r;
	uint64_t had[2];  /* facts that are wanted once */
};

static void read_one(struct walk *w, const struct field *f, const struct value *v)
{
	struct reading *reading = (struct reading *)w;
	unsigned id = reading->r->fact_of[f - w->proto->fields];

	if (!id--)
		return;
	if (sources[id].once) {
		if (reading->had[id / 64] >> (id % 64) & 1)
			return;
		reading->had[id / 64] |= 1ull << (id % 64);
	}
	take(reading->ev, (enum fact_id)id, f, v);
}

/* The facts of one layer into ev->facts. */
static void read_layer(struct events *ev, const struct reader *r, struct packet *p, const struct layer *l)
{
	struct reading reading = {
		.walk = { .proto = protocols[r->proto], .want = r->want, .p = p, .emit = read_one }, .ev = ev, .r = r
	};
	uint32_t scratch = p->scratch_used;
	struct value v;

	ev->used = 0;
	ev->body = ev->chunks = 0;
	ev->last_chunk = false;
	for (unsigned i = 0; i < r->nfixed; i++)
		if (field_value(p, l, r->fixed[i].field, &v))
			take(ev, (enum fact_id)r->fixed[i].fact, r->fixed[i].field, &v);
	if (protocols[l->proto]->walk)
		protocols[l->proto]->walk(&reading.walk, p, l);
	p->scratch_used = scratch;
}

/* The message as a transaction of its own, on the caller's stack. */
static struct transaction message_of(struct events *ev, struct session *s, const struct packet *p, const struct layer *l)
{
	return (struct transaction){
		.session = s, .begin_ns = p->frame->ts_ns, .end_ns = p->frame->ts_ns, .frame = p->frame->number, .used = ev->used,
		.kind = ev->reader[ev->reader_of[l->proto] - 1].kind, .proto = l->proto, .side = ev->side, .facts = ev->facts,
	};
}

/* ---- sessions ------------------------------------------------------------------------------------------ */

void session_ends(const struct session *s, struct conversation_key *k)
{
	*k = (struct conversation_key){ s->addr[0], s->addr[1], s->addr_len, s->port[0], s->port[1], s->space };
}

static void session_fill(struct session *s, const struct flow_record *r)
{
	*s = (struct session){ .addr_len = (uint8_t)r->ends.addr_len, .transport = (uint8_t)r->transport, .number = r->number,
			       .port = { r->ends.src_port, r->ends.dst_port }, .space = r->ends.space };
	memcpy(s->addr[0], r->ends.src, r->ends.addr_len);
	memcpy(s->addr[1], r->ends.dst, r->ends.addr_len);
}

static void transaction_free(struct events *ev, struct transaction *t)
{
	struct transaction **at = &t->session->first;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->session->waiting--;
	*(t->older ? &t->older->newer : &ev->oldest) = t->newer;
	*(t->newer ? &t->newer->older : &ev->newest) = t->older;
	ev->bytes -= sizeof(*t) + t->room;
	free(t->facts);
	free(t);
}

/* It is complete, or its time is over. */
static void transaction_give(struct events *ev, struct transaction *t)
{
	ev->done(ev->user, t);
	transaction_free(ev, t);
}

static void session_free(struct events *ev, struct session *s, bool give)
{
	while (s->first)
		give ? transaction_give(ev, s->first) : transaction_free(ev, s->first);
	ev->bytes -= sizeof(*s);
	free(s);
}

/* The oldest chunk of conversations is about to go. */
static void sessions_drop(struct events *ev, struct series *of)
{
	uint32_t first = series_first(of);

	for (uint32_t n = first; n < first + SERIES_CHUNK; n++) {
		struct session **s = series_peek(of, n);

		if (s && *s)
			session_free(ev, *s, true);
	}
	series_drop(of);
}

/* The session of this conversation; NULL: no memory, or there is none and `make` is false. */
static struct session *session_of(struct events *ev, const struct flow_record *r, bool make)
{
	struct series *of = &ev->sessions[r->transport];
	struct session **s;

	while (make && series_full(of, (uint32_t)r->number))
		sessions_drop(ev, of);
	s = make ? series_item(of, (uint32_t)r->number) : series_peek(of, (uint32_t)r->number);
	if (!s || *s || !make)
		return s ? *s : NULL;
	*s = malloc(sizeof(**s));
	if (*s) {
		session_fill(*s, r);
		ev->bytes += sizeof(**s);
	}
	return *s;
}

void events_end(struct events *ev, enum flow_transport t, int32_t number)
{
	struct session **s = t < FLOW_OTHER ? series_peek(&ev->sessions[t], (uint32_t)number) : NULL;

	if (!s || !*s)
		return;
	session_free(ev, *s, true);
	*s = NULL;
}

/* ---- transactions ----------------------------------------------------------------------------------------- */

/* Adds what is in ev->facts. */
static void transaction_add(struct events *ev, struct transaction *t, const struct packet *p)
{
	uint32_t want = t->used + ev->used, room = t->room ? t->room : 256;

	t->end_ns = p->frame->ts_ns;
	t->frame = p->frame->number;
	t->answered |= ev->side != t->side;
	while (room < want && room < FACTS_MAX)
		room *= 2;
	if (room > t->room) {
		uint8_t *facts = realloc(t->facts, room);

		if (facts) {
			ev->bytes += room - t->room;
			t->facts = facts;
			t->room = room;
		}
	}
	if (want > t->room) {
		ev->cut++;
		return;
	}
	memcpy(t->facts + t->used, ev->facts, ev->used);
	t->used = want;
}

/* A transaction that waits, with the message in it; NULL: no memory. */
static struct transaction *transaction_new(struct events *ev, const struct flow_record *r, const struct packet *p,
					   const struct layer *l)
{
	struct session *s = session_of(ev, r, true);
	struct transaction *t = s ? malloc(sizeof(*t)) : NULL, **last;

	if (!t) {
		ev->cut++;
		return NULL;
	}
	if (s->waiting == PENDING_MAX) {
		ev->evicted++;
		transaction_give(ev, s->first);
	}
	*t = message_of(ev, s, p, l);
	t->facts = NULL;
	t->used = 0;
	t->depth = ++s->depth;
	for (last = &s->first; *last; last = &(*last)->next)
		;
	*last = t;
	s->waiting++;
	t->older = ev->newest;
	*(t->older ? &t->older->newer : &ev->oldest) = t;
	ev->newest = t;
	ev->bytes += sizeof(*t);
	transaction_add(ev, t, p);
	return t;
}

static struct transaction *waiting(struct session *s, enum event_kind kind)
{
	struct transaction *t = s ? s->first : NULL;

	while (t && t->kind != kind)
		t = t->next;
	return t;
}

/* A message that is a transaction, or one whose beginning was not seen. */
static void give_at_once(struct events *ev, const struct flow_record *r, const struct packet *p, const struct layer *l)
{
	struct session *s = session_of(ev, r, false), alone;
	struct transaction t;

	if (!s)
		session_fill(&alone, r);
	t = message_of(ev, s ? s : &alone, p, l);
	t.body[ev->side] = ev->body;
	t.depth = s ? ++s->depth : 1;
	ev->done(ev->user, &t);
}

/* ---- joining, by protocol ------------------------------------------------------------------------------------ */

static void join_dns(struct events *ev, const struct flow_record *r, const struct packet *p, const struct layer *l)
{
	struct transaction message = message_of(ev, NULL, p, l), *t = NULL;
	const struct fact *id = fact_find(&message, FACT_DNS_ID), *flags = fact_find(&message, FACT_DNS_FLAGS);

	if (!id || !flags)
		return;
	if (!(ev->how & EVENTS_JOIN_DNS)) {
		give_at_once(ev, r, p, l);
		return;
	}
	if (!(fact_number(flags) & 0x8000)) {
		transaction_new(ev, r, p, l);
		return;
	}
	for (t = waiting(session_of(ev, r, false), EVENT_DNS); t; t = t->next)
		if (t->kind == EVENT_DNS && t->side != ev->side && fact_number(fact_find(t, FACT_DNS_ID)) == fact_number(id))
			break;
	if (!t) {
		give_at_once(ev, r, p, l);
		return;
	}
	transaction_add(ev, t, p);
	transaction_give(ev, t);
}

/* Content-Length; none, or one that no message has, is HTTP_BODY_UNKNOWN. */
static uint64_t content_length(const struct fact *f)
{
	uint64_t v = 0;
	unsigned i = 0;

	for (; f && i < f->len && f->bytes[i] >= '0' && f->bytes[i] <= '9' && v <= INT64_MAX; i++) {
		if (v > INT64_MAX / 10)
			return HTTP_BODY_UNKNOWN;
		v = v * 10 + (uint64_t)(f->bytes[i] - '0');
	}
	while (i && i < f->len && (f->bytes[i] == ' ' || f->bytes[i] == '\t'))
		i++;
	return i && i == f->len && v <= INT64_MAX ? v : HTTP_BODY_UNKNOWN;
}

/* Bytes of the message's body (RFC 9112 section 6.3); `method` NULL: it is a request, or the one it answers was not seen. */
static uint64_t body_length(const struct events *ev, const struct transaction *message, const struct fact *method)
{
	const struct fact *status = fact_find(message, FACT_HTTP_STATUS), *length = fact_find(message, FACT_HTTP_LENGTH);
	uint64_t code = fact_number(status);

	if (status && (code < 200 || code == 204 || code == 304))
		return 0;
	if (status && method && method->len == 4 && !memcmp(method->bytes, "HEAD", 4))
		return 0;
	if (status && method && method->len == 7 && !memcmp(method->bytes, "CONNECT", 7) && code < 300)
		return 0;
	if (fact_find(message, FACT_HTTP_CODING))
		return ev->last_chunk ? ev->chunks : HTTP_BODY_UNKNOWN;
	return length || status ? content_length(length) : 0;
}

static void join_http(struct events *ev, const struct flow_record *r, const struct packet *p, const struct layer *l)
{
	struct transaction message = message_of(ev, NULL, p, l), *t;
	const struct fact *status = fact_find(&message, FACT_HTTP_STATUS);

	ev->body = body_length(ev, &message, NULL);
	if (fact_find(&message, FACT_HTTP_METHOD)) {
		t = transaction_new(ev, r, p, l);
		if (t)
			t->body[ev->side] = ev->body;
		return;
	}
	if (!status)
		return;
	for (t = waiting(session_of(ev, r, false), EVENT_HTTP); t && (t->kind != EVENT_HTTP || t->side == ev->side); t = t->next)
		;
	if (!t) {
		give_at_once(ev, r, p, l);
		return;
	}
	t->body[ev->side] = body_length(ev, &message, fact_find(t, FACT_HTTP_METHOD));
	transaction_add(ev, t, p);
	if (fact_number(status) >= 200 || fact_number(status) == 101)
		transaction_give(ev, t);
}

/* What its records and messages say of how far the handshake is. True: nothing more is to be seen of it. */
static bool tls_learn(struct transaction *t, const struct transaction *message)
{
	bool alert = false;

	for (const struct fact *f = NULL; (f = fact_next(message, f));) {
		uint64_t v = fact_number(f);

		if (f->id == FACT_TLS_RECORD && (v == RECORD_CIPHER_SPEC || v == RECORD_DATA))
			t->seen[f->side] |= v == RECORD_DATA ? SEEN_SECOND : SEEN_FIRST;
		alert |= f->id == FACT_TLS_ALERT;
	}
	if (t->quic)
		t->established = t->answered;
	else if (fact_number(fact_of(t, FACT_TLS_SUPPORTED, !t->side)) == TLS_1_3)
		t->established = t->seen[0] & t->seen[1] & SEEN_SECOND;
	else
		t->established = t->answered && t->seen[0] & t->seen[1] & SEEN_FIRST;
	return t->established || alert;
}

static void join_tls(struct events *ev, const struct flow_record *r, const struct packet *p, const struct layer *l, bool quic)
{
	struct session *s = session_of(ev, r, false);
	struct transaction message = message_of(ev, NULL, p, l), *t = waiting(s, EVENT_TLS);
	uint64_t hello = fact_number(fact_find(&message, FACT_TLS_TYPE));

	if (t)
		transaction_add(ev, t, p);
	else if (hello == HELLO_CLIENT || hello == HELLO_SERVER)
		t = transaction_new(ev, r, p, l);
	if (!t)
		return;
	if (hello == HELLO_SERVER && t->side == ev->side) /* the client's was not seen */
		t->side = !ev->side;
	t->quic = quic;
	if (tls_learn(t, &message)) {
		t->session->done |= 1 << EVENT_TLS;
		transaction_give(ev, t);
	}
}

static void join_ssh(struct events *ev, const struct flow_record *r, const struct packet *p, const struct layer *l)
{
	struct session *s = session_of(ev, r, false);
	struct transaction message = message_of(ev, NULL, p, l), *t = waiting(s, EVENT_SSH);
	bool banner = fact_find(&message, FACT_SSH_BANNER);
	bool kex = fact_find(&message, FACT_SSH_HASSH) || fact_find(&message, FACT_SSH_HASSH_SERVER);

	if (!banner && !kex)
		return;
	if (t)
		transaction_add(ev, t, p);
	else
		t = transaction_new(ev, r, p, l);
	if (!t)
		return;
	t->seen[ev->side] |= (banner ? SEEN_FIRST : 0) | (kex ? SEEN_SECOND : 0);
	if (t->seen[0] & t->seen[1] & SEEN_SECOND) {
		t->session->done |= 1 << EVENT_SSH;
		transaction_give(ev, t);
	}
}

/* The conversation has told all that there is of this kind: its data need not be read. */
static bool settled(struct events *ev, const struct flow_record *r, unsigned kind)
{
	struct session *s = kind == EVENT_TLS || kind == EVENT_SSH ? session_of(ev, r, false) : NULL;

	return s && s->done >> kind & 1;
}

void events_packet(struct events *ev, struct packet *p, const struct flow_record *r, unsigned side)
{
	uint64_t quic_version = 0;
	bool quic = false, any = false;

	for (unsigned i = 0; i < PROTO_SET_BITS / 64; i++)
		any |= (p->present.bits[i] & ev->read.bits[i]) != 0;
	if (!any || p->transport < 0 || r->transport >= FLOW_OTHER)
		return;
	ev->side = (uint8_t)side;
	for (unsigned i = (unsigned)p->transport + 1; i < p->nlayers && protocols[p->layers[i].proto]->application; i++) {
		const struct layer *l = &p->layers[i];
		unsigned reader = ev->reader_of[l->proto];

		if (!reader)
			continue;
		if (settled(ev, r, ev->reader[reader - 1].kind))
			continue;
		read_layer(ev, &ev->reader[reader - 1], p, l);
		if (l->proto == PROTO_quic) {
			const struct fact *v = (const struct fact *)ev->facts;

			quic = true;
			quic_version = ev->used ? fact_number(v) : quic_version;
			continue;
		}
		if (quic && l->proto == PROTO_tls)
			fact_put_number(ev, FACT_QUIC_VERSION, quic_version);
		if (!ev->used)
			continue;
		switch (ev->reader[reader - 1].kind) {
		case EVENT_DNS: join_dns(ev, r, p, l); break;
		case EVENT_HTTP: join_http(ev, r, p, l); break;
		case EVENT_TLS: join_tls(ev, r, p, l, quic); break;
		case EVENT_SSH: join_ssh(ev, r, p, l); break;
		case EVENT_DHCP: give_at_once(ev, r, p, l); break;
		}
	}
	while (ev->bytes > EVENTS_BYTES_MAX && ev->oldest) {
		ev->evicted++;
		transaction_give(ev, ev->oldest);
	}
}

/* ---- setting up -------------------------------------------------------------------------------------------------- */

static struct reader *reader_for(struct events *ev, unsigned proto, unsigned kind)
{
	unsigned n = protocols[proto]->nfields;
	struct reader *r;

	if (ev->reader_of[proto])
		return &ev->reader[ev->reader_of[proto] - 1];
	if (ev->nreaders == READERS)
		return NULL;
	r = &ev->reader[ev->nreaders++];
	r->proto = (uint8_t)proto;
	r->kind = (uint8_t)kind;
	r->fact_of = calloc(n, sizeof(*r->fact_of));
	r->want = calloc(n / 64 + 1, sizeof(*r->want));
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (field_carried(i, proto)) {
			ev->reader_of[i] = (uint8_t)ev->nreaders;
			proto_set_add(&ev->read, i);
		}
	return r->fact_of && r->want ? r : NULL;
}

/* False: no memory. */
static bool source_add(struct events *ev, unsigned id, struct decoder *d)
{
	const struct field *f = field_find(sources[id].field, strlen(sources[id].field));
	struct reader *r;
	unsigned index;

	if (!f) /* not in this profile */
		return true;
	decoder_want_field(d, f);
	r = reader_for(ev, field_proto(f), sources[id].kind);
	if (!r)
		return false;
	if (f->width || field_getter(f)) {
		if (r->nfixed == FIXED_MAX)
			return false;
		r->fixed[r->nfixed].field = f;
		r->fixed[r->nfixed++].fact = (uint8_t)id;
		return true;
	}
	index = field_index(f);
	r->fact_of[index] = (uint8_t)(id + 1);
	r->want[index / 64] |= 1ull << (index % 64);
	return true;
}

int events_new(struct events **out, unsigned how, uint32_t ceiling, transaction_fn *done, void *user, struct decoder *d,
	       struct errmsg *err)
{
	struct events *ev = calloc(1, sizeof(*ev));
	bool good = ev != NULL;

	for (unsigned t = FLOW_TCP; good && t <= FLOW_UDP; t++)
		series_init(&ev->sessions[t], sizeof(struct session *), ceiling ? ceiling : CONVERSATIONS_MAX);
	for (unsigned i = 0; good && i < SOURCES; i++)
		good = source_add(ev, i, d);
	if (!good) {
		events_free(ev);
		return errmsg_set(err, NW_ELIMIT, "no memory for events");
	}
	ev->how = how;
	ev->done = done;
	ev->user = user;
	*out = ev;
	return 0;
}

void events_free(struct events *ev)
{
	if (!ev)
		return;
	while (ev->oldest)
		transaction_free(ev, ev->oldest);
	for (unsigned t = FLOW_TCP; t <= FLOW_UDP; t++) {
		struct series *of = &ev->sessions[t];

		for (uint32_t n = series_first(of), end = of->end * SERIES_CHUNK; n < end; n++) {
			struct session **s = series_peek(of, n);

			if (s && *s)
				session_free(ev, *s, false);
		}
		series_release(of);
	}
	for (unsigned i = 0; i < ev->nreaders; i++) {
		free(ev->reader[i].fact_of);
		free(ev->reader[i].want);
	}
	free(ev);
}

uint64_t events_evicted(const struct events *ev)
{
	return ev->evicted;
}

uint64_t events_cut(const struct events *ev)
{
	return ev->cut;
}

size_t events_bytes(const struct events *ev)
{
	return ev->bytes + series_bytes(&ev->sessions[FLOW_TCP]) + series_bytes(&ev->sessions[FLOW_UDP]);
}
