/* SPDX-License-Identifier: MIT */
/*
 * See reply.h. Three places of memory.h belong to a request, and one to a connection whose answers come in order:
 *
 *	QUESTION   frame number 4 | time 8
 *	ANSWER     frame number 4 of the first answer; 0: none yet
 *	TARGET     where the text is in the memories' ring, its length; what its segment acknowledges (0: not known)
 *	COUNTERS   requests; those whose answer came, or will not be seen; sequence number of the end of the last answer
 *
 * Frame numbers are kept in 32 bits; from the 4,294,967,296th frame on nothing is remembered.
 */
#include "decode/reply.h"
#include "base/times.h"
#include "decode/memory.h"
#include "decode/message.h"

enum what { QUESTION = 1, ANSWER, TARGET, COUNTERS };
enum { PENDING_MAX = 64 /* requests that wait; answers to older ones were not captured */ };

/* Numbers are up to 32 bits, or well mixed. */
static uint64_t key_of(enum reply_family family, enum what what, uint64_t id)
{
	return (uint64_t)(8 * family + what) << 56 ^ id;
}

static struct memory *place(const struct decode *d, enum reply_family family, enum what what, uint64_t id)
{
	uint64_t key = key_of(family, what, id);

	if (!ENABLE_APP_PROTOCOLS)
		return NULL; /* ICMP is there, and nobody who asks for fields */
	return family == REPLY_ICMP || family == REPLY_ICMPV6 ? memory_of_hosts(d, key) : decode_memory(d, key, false);
}

static uint32_t number_of(const struct decode *d)
{
	return d->p->frame->number <= UINT32_MAX ? (uint32_t)d->p->frame->number : 0;
}

static int64_t time_kept(const struct memory *m)
{
	return (int64_t)((uint64_t)m->value[1] << 32 | m->value[2]);
}

static struct reply *reply_new(struct decode *d, struct layer *l, enum reply_kind kind)
{
	struct packet *p = d->p;

	if (p->nreplies == PACKET_REPLIES_MAX)
		return NULL;
	p->replies[p->nreplies] = (struct reply){ .kind = (uint8_t)kind };
	l->reply = ++p->nreplies;
	return &p->replies[p->nreplies - 1];
}

static void keep_request(struct decode *d, enum reply_family family, uint64_t id, bool timed)
{
	int64_t ts_ns = d->p->frame->ts_ns;
	struct memory *m = place(d, family, QUESTION, id);

	m->value[0] = timed ? number_of(d) : 0;
	m->value[1] = (uint32_t)((uint64_t)ts_ns >> 32);
	m->value[2] = (uint32_t)ts_ns;
	m = place(d, family, ANSWER, id);
	m->value[0] = 0;
}

void reply_request(struct decode *d, struct layer *l, enum reply_family family, uint64_t id, int64_t again_ns)
{
	const struct memory *m = d->quoted ? NULL : place(d, family, QUESTION, id);
	uint32_t before = m ? m->value[0] : 0;
	int64_t since_ns = m ? ns_between(time_kept(m), d->p->frame->ts_ns) : 0;
	struct reply *r;

	if (!m)
		return;
	if (again_ns && before && since_ns >= 0 && since_ns <= again_ns && !place(d, family, ANSWER, id)->value[0]) {
		r = reply_new(d, l, REPLY_ASKS_AGAIN);
		if (r)
			r->frame = before;
		return;
	}
	keep_request(d, family, id, true);
}

void reply_answer(struct decode *d, struct layer *l, enum reply_family family, uint64_t id)
{
	const struct memory *question = d->quoted ? NULL : place(d, family, QUESTION, id);
	uint32_t request = question ? question->value[0] : 0;
	int64_t asked_ns = question ? time_kept(question) : 0;
	struct memory *answer;
	struct reply *r;

	if (!request)
		return;
	answer = place(d, family, ANSWER, id); /* may have taken the question's place */
	r = reply_new(d, l, answer->value[0] ? REPLY_ANSWERS_AGAIN : REPLY_ANSWERS);
	if (!r)
		return;
	r->request = request;
	r->frame = answer->value[0] ? answer->value[0] : request;
	r->ns = ns_between(asked_ns, d->p->frame->ts_ns);
	if (!answer->value[0])
		answer->value[0] = number_of(d);
}

/* ---- in the order of the requests ---------------------------------------------------- */

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* What the sender of this segment has of the other's; 0: it does not say. */
static uint32_t acknowledged(const struct decode *d)
{
	const struct layer *l = &d->p->layers[d->p->transport > 0 ? d->p->transport : 0];
	const uint8_t *h = layer_at(d->p, l);

	return l->proto == PROTO_tcp && h[13] & 0x10 ? get_be32(h + 8) : 0;
}

/* The request that an answer at `seq` belongs to, from `id` on; false: to one that was not captured.
 *
 *	ack of request 1 = ack of 2       ack of 3
 *	answers  |1 - - - |2 - - - - - - -|3 - -
 *
 * No answer begins before the number that its request acknowledges. One to the first request that waits would begin
 * there or where the answer before it ended; when a later request acknowledges something behind that, it was seen by
 * the client, and what begins at `seq` belongs to the last such request. Requests one right after the other
 * acknowledge the same: then it is the first of these. One too many heals when all requests have their answer. */
static bool find_request(const struct decode *d, enum reply_family family, const struct memory *counters, uint32_t seq,
			 uint32_t *id)
{
	uint32_t end = counters->value[2], n = counters->value[0];
	uint32_t ack = place(d, family, TARGET, *id)->value[2], from;

	from = end && !before(seq, end) && before(ack, end) ? end : ack;
	for (uint32_t i = *id + 1; ack && i != n; i++) {
		uint32_t next = place(d, family, TARGET, i)->value[2];

		if (next && before(from, next) && !before(seq, next)) {
			*id = i;
			from = ack = next;
		}
	}
	return !ack || !before(seq, ack);
}

void reply_connection_begins(struct decode *d)
{
	if (ENABLE_APP_PROTOCOLS && d->decoder->memories)
		memory_forget(d, key_of(REPLY_HTTP, COUNTERS, 0), false);
}

void reply_next_request(struct decode *d, enum reply_family family, bool timed, const struct reply_text *target,
			unsigned parts)
{
	struct memory *counters = d->quoted ? NULL : place(d, family, COUNTERS, 0), *text;
	uint32_t id, at = 0, len = 0;

	if (!counters)
		return;
	id = counters->value[0]++;
	keep_request(d, family, id, timed);
	for (unsigned i = 0; i < parts; i++)
		len += target[i].len;
	text = place(d, family, TARGET, id);
	if (!memory_text_begin(d, len, &at))
		len = 0;
	for (unsigned i = 0, done = 0; len && i < parts; done += target[i++].len)
		memory_text_put(d, at + done, target[i].bytes, target[i].len);
	text->value[0] = at;
	text->value[1] = len;
	text->value[2] = acknowledged(d);
}

void reply_next_answer(struct decode *d, struct layer *l, enum reply_family family, uint32_t len)
{
	struct memory *counters = d->quoted ? NULL : place(d, family, COUNTERS, 0);
	const struct memory *text;
	const uint8_t *kept;
	struct reply *r;
	uint8_t *copy;
	uint32_t id, n, seq;

	if (!counters)
		return;
	n = counters->value[0];
	id = n - counters->value[1] > PENDING_MAX ? n - PENDING_MAX : counters->value[1];
	if (message_number(d, &seq)) {
		if (id != n && !find_request(d, family, counters, seq, &id))
			return;
		counters = place(d, family, COUNTERS, 0); /* may have had to give way */
		counters->value[0] = n;
		counters->value[2] = seq + len;
	}
	counters->value[1] = id == n ? n : id + 1;
	if (id == n)
		return; /* more answers than requests */
	reply_answer(d, l, family, id);
	r = l->reply ? &d->p->replies[l->reply - 1] : reply_new(d, l, REPLY_ANSWERS);
	if (!r)
		return;
	text = place(d, family, TARGET, id);
	kept = memory_text(d, text->value[0], text->value[1]);
	copy = kept ? packet_scratch(d->p, text->value[1]) : NULL;
	if (!copy)
		return;
	memcpy(copy, kept, text->value[1]);
	r->text = copy;
	r->len = text->value[1];
}

/* ---- fields ------------------------------------------------------------------------------ */

bool reply_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const struct reply *r = layer_reply(p, l);

	if (!r || (f->mask && !(f->mask & 1u << r->kind)))
		return false;
	switch (f->shift) {
	case REPLY_FRAME:
		v->u = r->frame;
		return v->u;
	case REPLY_REQUEST:
		v->u = r->request;
		return v->u;
	case REPLY_TIME:
		v->i = r->ns;
		return r->request;
	case REPLY_TEXT:
		v->bytes = r->text;
		v->len = r->len;
		return r->text && r->len;
	default:
		v->u = 1;
		return true;
	}
}
