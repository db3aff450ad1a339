/* SPDX-License-Identifier: MIT */
/*
 * Windows slide by halves: what is counted lies in the half that runs now and the one before, so a count covers between
 * half a window and all of it, and nothing older.
 *
 * A source's ports are a bitmap of hashes for each half. How many there are is added up as bits turn from 0 to 1, each weighing
 * bits / zeros: those that fell on a bit already set are made up for (a linear counter without its logarithm).
 */
#include "insight/detect.h"
#include "base/bytes.h"
#include "base/times.h"
#include "decode/protocol.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	WAYS = 8, SETS_DST = DETECT_DESTINATIONS_MAX / WAYS, SETS_SRC = DETECT_SOURCES_MAX / WAYS,
	BITS = 1024, WORDS = BITS / 64,
	RCODES = 16,
	WEIGHT = 256 /* of one port, as a fixed-point number */
};

static const int64_t disorder_ns = 2000000000; /* packets of several interfaces come no further out of order */

struct address {
	uint8_t bytes[16];
	uint8_t len; /* 4 or 16; 0: free */
};

struct destination {
	struct address address;
	int64_t seen_ns;
};

struct half {
	uint64_t bits[WORDS];
	uint32_t zeros;
	uint64_t all, fresh; /* weights of its ports; of those that the half before has not */
};

struct source {
	struct address address;
	uint64_t number;     /* of the half that `now` is */
	struct half now, before;
};

struct detector {
	enum detector_kind kind;
	int64_t window_ns, memory_ns, learn_until_ns, learn_ns;
	int64_t now_ns, last_ns;           /* of all that was asked and seen; of packets */
	bool begun, packets;
	uint64_t key;
	int64_t tcp_next, udp_next;        /* conversations that were seen begin */
	uint64_t half;                     /* number of the running half */
	uint64_t count[2];                 /* of this half and the one before */
	uint64_t codes[2][RCODES];
	struct address newest[DETECT_NEWEST];
	uint32_t news;                     /* new destinations since the list was begun */
	struct destination *destinations;
	struct source *sources;
	struct address worst;
};

struct detector *detector_new(enum detector_kind kind, int64_t window_ns, int64_t memory_ns, int64_t learn_ns)
{
	struct detector *d = calloc(1, sizeof(*d));
	struct timespec t;

	if (!d)
		return NULL;
	clock_gettime(CLOCK_REALTIME, &t);
	d->kind = kind;
	d->key = ((uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec ^ (uintptr_t)d) | 1; /* nobody can choose who shares a place */
	d->window_ns = window_ns > 2 ? window_ns : 2;
	d->memory_ns = memory_ns;
	d->learn_ns = learn_ns;
	if (kind == DETECT_DESTINATIONS)
		d->destinations = calloc(DETECT_DESTINATIONS_MAX, sizeof(*d->destinations));
	else if (kind == DETECT_SCANS)
		d->sources = calloc(DETECT_SOURCES_MAX, sizeof(*d->sources));
	if ((kind == DETECT_DESTINATIONS && !d->destinations) || (kind == DETECT_SCANS && !d->sources)) {
		detector_free(d);
		return NULL;
	}
	return d;
}

void detector_free(struct detector *d)
{
	if (!d)
		return;
	free(d->destinations);
	free(d->sources);
	free(d);
}

void detector_want(const struct detector *d, struct decoder *decoder)
{
	static const char *const fields[][3] = {
		[DETECT_DESTINATIONS] = { "tcp.stream", "udp.stream" },
		[DETECT_SCANS] = { "tcp.stream", "udp.stream" },
		[DETECT_DNS_FAILURES] = { "dns.flags.rcode" },
	};

	for (const char *const *f = fields[d->kind]; *f; f++)
		decoder_want_field(decoder, field_find(*f, strlen(*f)));
}

/* ---- time ------------------------------------------------------------------------------------- */

/* The clock was set back, or a stamp of the future was none: counting begins anew, what was learnt stays. */
static void begin_again(struct detector *d, int64_t now_ns)
{
	int64_t learning_ns = ns_between(d->now_ns, d->learn_until_ns);

	d->count[0] = d->count[1] = 0;
	memset(d->codes, 0, sizeof(d->codes));
	d->news = 0;
	d->half = (uint64_t)(now_ns > 0 ? now_ns : 0) / ((uint64_t)d->window_ns / 2);
	d->now_ns = d->last_ns = now_ns;
	if (learning_ns > 0 && __builtin_add_overflow(now_ns, learning_ns, &d->learn_until_ns))
		d->learn_until_ns = INT64_MAX;
	for (unsigned i = 0; d->destinations && i < DETECT_DESTINATIONS_MAX; i++)
		if (d->destinations[i].seen_ns > now_ns)
			d->destinations[i].seen_ns = now_ns;
}

static void go_to(struct detector *d, int64_t now_ns)
{
	int64_t half = d->window_ns / 2;
	uint64_t number = (uint64_t)((now_ns > 0 ? now_ns : 0) / half);

	if (!d->begun) {
		d->begun = true;
		d->half = number;
		d->now_ns = now_ns;
		if (__builtin_add_overflow(now_ns, d->learn_ns, &d->learn_until_ns))
			d->learn_until_ns = INT64_MAX;
	}
	if (now_ns > d->now_ns)
		d->now_ns = now_ns;
	if (number <= d->half)
		return; /* a packet out of order belongs to the running half */
	d->count[1] = number - d->half == 1 ? d->count[0] : 0;
	d->count[0] = 0;
	if (number - d->half == 1)
		memcpy(d->codes[1], d->codes[0], sizeof(d->codes[1]));
	else
		memset(d->codes[1], 0, sizeof(d->codes[1]));
	memset(d->codes[0], 0, sizeof(d->codes[0]));
	if (!d->count[1])
		d->news = 0;
	d->half = number;
}

/* Packets may come late after now_ns, which goes on without them, but hardly so after each other. */
static void packet_time(struct detector *d, int64_t ts_ns)
{
	bool back = d->packets && ns_between(ts_ns, d->last_ns) > disorder_ns && ns_between(ts_ns, d->last_ns) > d->window_ns / 2;

	if (back)
		begin_again(d, ts_ns);
	go_to(d, ts_ns);
	if (!d->packets || ts_ns > d->last_ns)
		d->last_ns = ts_ns;
	d->packets = true;
}

/* ---- who begins to speak to whom ------------------------------------------------------------------ */

static uint64_t mix(const struct detector *d, const void *data, size_t len, uint64_t more)
{
	uint64_t h = d->key ^ more * 0x9e3779b97f4a7c15u;
	const uint8_t *p = data;

	for (; len >= 4; p += 4, len -= 4) {
		h = (h ^ get_le32(p)) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h * 0xc4ceb9fe1a85ec53u >> 16;
}

struct contact {
	struct address from, to;
	uint16_t port;
};

static bool multicast(const struct address *a)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	return a->len == 4 ? a->bytes[0] >> 4 == 14 || !memcmp(a->bytes, all, 4) : a->bytes[0] == 255;
}

/* The first packet of a conversation, by its sender. */
static bool begins(struct detector *d, const struct packet *p, struct contact *c)
{
	const struct layer *n, *t;
	const uint8_t *h, *ip;
	int64_t number, *next;
	bool six;

	if (p->network < 0 || p->transport < 0)
		return false;
	n = &p->layers[p->network];
	t = &p->layers[p->transport];
	number = (int64_t)((uint32_t)t->aux[0] << 16 | t->aux[1]);
	next = t->proto == PROTO_tcp ? &d->tcp_next : &d->udp_next;
	if (number < *next || number == 0xffffffff || packet_bytes(p, t, &h) < 4)
		return false;
	*next = number + 1;
	if (t->proto == PROTO_tcp && (packet_bytes(p, t, &h) < 14 || (h[13] & 0x12) != 2))
		return false; /* joined in the middle: who began it is not known */
	six = n->proto == PROTO_ipv6;
	if (packet_bytes(p, n, &ip) < (six ? 40u : 20u))
		return false;
	memset(c, 0, sizeof(*c));
	c->from.len = c->to.len = six ? 16 : 4;
	memcpy(c->from.bytes, ip + (six ? 8 : 12), c->from.len);
	memcpy(c->to.bytes, ip + (six ? 24 : 16), c->to.len);
	c->port = get_be16(h + 2);
	return true;
}

static void on_destination(struct detector *d, const struct contact *c)
{
	struct destination *set = d->destinations + mix(d, c->to.bytes, 16, 0) % SETS_DST * WAYS, *place = set;
	bool known = false;

	if (multicast(&c->to))
		return;
	for (unsigned i = 0; i < WAYS && !known; i++) {
		known = !memcmp(&set[i].address, &c->to, sizeof(c->to));
		if (known || !set[i].address.len || (place->address.len && set[i].seen_ns < place->seen_ns))
			place = &set[i];
		if (!set[i].address.len)
			break;
	}
	known = known && ns_between(place->seen_ns, d->now_ns) <= d->memory_ns;
	place->address = c->to;
	place->seen_ns = d->now_ns;
	if (known || d->now_ns < d->learn_until_ns)
		return;
	d->count[0]++;
	d->newest[d->news++ % DETECT_NEWEST] = c->to;
}

/* ---- ports of a source ------------------------------------------------------------------------------- */

static void half_clear(struct half *h)
{
	memset(h, 0, sizeof(*h));
	h->zeros = BITS;
}

static void source_go_to(struct source *s, uint64_t number)
{
	if (s->number == number)
		return;
	if (number - s->number == 1)
		s->before = s->now;
	else
		half_clear(&s->before);
	half_clear(&s->now);
	s->number = number;
}

static uint64_t source_value(const struct source *s)
{
	return (s->before.all + s->now.fresh + WEIGHT / 2) / WEIGHT;
}

static void on_port(struct detector *d, const struct contact *c)
{
	struct source *set = d->sources + mix(d, c->from.bytes, 16, 0) % SETS_SRC * WAYS, *s = NULL;
	uint64_t bit = mix(d, c->to.bytes, 16, c->port + 1u) % BITS, mask = 1ull << bit % 64, weight;

	for (unsigned i = 0; i < WAYS && !s; i++)
		if (!memcmp(&set[i].address, &c->from, sizeof(c->from)))
			s = &set[i];
	if (!s) {
		s = set;
		for (unsigned i = 0; i < WAYS; i++) {
			if (set[i].address.len)
				source_go_to(&set[i], d->half);
			if (!set[i].address.len || source_value(&set[i]) < source_value(s))
				s = &set[i];
			if (!s->address.len)
				break;
		}
		s->address = c->from;
		s->number = d->half;
		half_clear(&s->now);
		half_clear(&s->before);
	}
	source_go_to(s, d->half);
	if (s->now.bits[bit / 64] & mask)
		return;
	weight = (uint64_t)BITS * WEIGHT / (s->now.zeros ? s->now.zeros : 1);
	s->now.bits[bit / 64] |= mask;
	s->now.zeros--;
	s->now.all += weight;
	if (!(s->before.bits[bit / 64] & mask))
		s->now.fresh += weight;
}

static uint64_t worst_source(struct detector *d)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < DETECT_SOURCES_MAX; i++) {
		struct source *s = &d->sources[i];
		uint64_t value;

		if (!s->address.len)
			continue;
		source_go_to(s, d->half);
		value = source_value(s);
		if (value <= most)
			continue;
		most = value;
		d->worst = s->address;
	}
	return most;
}

/* ---- answers ----------------------------------------------------------------------------------------- */

static void on_dns(struct detector *d, const struct packet *p)
{
	const struct layer *l = packet_layer(p, PROTO_dns);
	const uint8_t *h = NULL;
	bool tcp = l && p->transport >= 0 && p->layers[p->transport].proto == PROTO_tcp;
	unsigned skip = tcp ? 2 : 0; /* the length in front of each message */

	if (!l || packet_bytes(p, l, &h) < 12 + skip || !(h[2 + skip] & 0x80) || !(h[3 + skip] & 15))
		return;
	d->count[0]++;
	d->codes[0][h[3 + skip] & 15]++;
}

/* ---- outside ------------------------------------------------------------------------------------------ */

void detector_packet(struct detector *d, struct packet *p)
{
	struct contact c;

	if (p->frame->has_ts)
		packet_time(d, p->frame->ts_ns);
	if (!d->begun)
		return;
	if (d->kind == DETECT_DNS_FAILURES)
		on_dns(d, p);
	else if (begins(d, p, &c)) {
		if (d->kind == DETECT_DESTINATIONS)
			on_destination(d, &c);
		else
			on_port(d, &c);
	}
}

uint64_t detector_value(struct detector *d, int64_t now_ns)
{
	if (!d->begun)
		return 0;
	go_to(d, now_ns);
	return d->kind == DETECT_SCANS ? worst_source(d) : d->count[0] + d->count[1];
}

static void put_address(struct outbuf *o, const struct address *a)
{
	if (a->len == 4)
		outbuf_ipv4(o, a->bytes);
	else if (a->len == 16)
		outbuf_ipv6(o, a->bytes);
}

static void put_codes(const struct detector *d, struct outbuf *o)
{
	static const char names[RCODES][10] = { "", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
						"NOTAUTH", "NOTZONE" }; /* RFC 6895, section 2.3 */
	bool some = false;

	for (unsigned i = 1; i < RCODES; i++) {
		uint64_t n = d->codes[0][i] + d->codes[1][i];

		if (!n)
			continue;
		outbuf_str(o, some ? ", " : "");
		if (names[i][0])
			outbuf_str(o, names[i]);
		else
			outbuf_printf(o, "code %u", i);
		outbuf_printf(o, " %llu", (unsigned long long)n);
		some = true;
	}
}

void detector_subject(struct detector *d, struct outbuf *o)
{
	uint32_t named = d->news < DETECT_NEWEST ? d->news : DETECT_NEWEST;

	if (d->kind == DETECT_DNS_FAILURES) {
		put_codes(d, o);
		return;
	}
	if (d->kind == DETECT_SCANS) {
		put_address(o, &d->worst);
		return;
	}
	for (uint32_t i = 0; i < named; i++) {
		outbuf_str(o, i ? ", " : "");
		put_address(o, &d->newest[(d->news - named + i) % DETECT_NEWEST]);
	}
	if (d->news > named)
		outbuf_printf(o, " and %u before", d->news - named);
}
