/* SPDX-License-Identifier: MIT */
/*
 * Conversations and endpoints of --stats: who talks with whom, or who talks, in each layer.
 *
 * A packet counts in every layer it has: of a tunnel, both pairs of addresses are counted, each with the whole frame, as
 * Wireshark does. (--flows books a packet once, with its innermost conversation.) Numbers and ends are those of
 * decode/conversation.h: the decoder's for TCP and UDP, so that a row's number is tcp.stream, tables of our own for the rest.
 */
#include "stat.h"

#include "base/series.h"
#include "decode/conversation.h"
#include "decode/space.h"

#include <stdlib.h>

enum { SYN = 0x02, ACK = 0x10, TCP_FLAGS = 13 };

const char *const talk_names[TALK_LAYERS] = { "eth", "ip", "ipv6", "tcp", "udp" };

/* ---- beginning and end --------------------------------------------------------------------------------- */

int talks_layers(unsigned *layers, const char *argument, const char *report, unsigned usual, struct errmsg *err)
{
	const char *word = argument, *end;

	*layers = argument ? 0 : usual;
	for (; word; word = *end ? end + 1 : NULL) {
		size_t len = strcspn(word, ",");
		unsigned i = 0;

		end = word + len;
		while (i < TALK_LAYERS && (strlen(talk_names[i]) != len || memcmp(talk_names[i], word, len)))
			i++;
		if (i < TALK_LAYERS)
			*layers |= 1u << i;
		else if (len == 3 && !memcmp(word, "all", 3))
			*layers = (1u << TALK_LAYERS) - 1;
		else
			return errmsg_set(err, NW_EINPUT, "--stats %s,%s: there are eth, ip, ipv6, tcp, udp (with commas between) and all",
					  report, argument);
	}
	return 0;
}

static int table_init(struct talk_table *t, enum talk_layer layer, bool ends, uint32_t ceiling, struct decoder *d)
{
	static const char *const streams[TALK_LAYERS] = { [TALK_TCP] = "tcp.stream", [TALK_UDP] = "udp.stream" };

	series_init(&t->talks, sizeof(struct talk), ceiling);
	t->own = ends || !streams[layer];
	if (t->own) {
		t->c = conversations_new(ceiling);
	} else {
		decoder_want_field(d, field_find(streams[layer], strlen(streams[layer])));
		t->c = layer == TALK_TCP ? d->tcp : d->udp;
	}
	return t->c ? 0 : NW_ELIMIT;
}

int talks_init(struct talks *t, unsigned layers, bool ends, const struct export_options *o, struct decoder *d, struct errmsg *err)
{
	uint32_t ceiling = o->flow.ceiling ? o->flow.ceiling : CONVERSATIONS_MAX;
	int rc;

	*t = (struct talks){ .d = d, .ends = ends };
	decoder_limit(d, ceiling);
	rc = decoder_separate(d, o->flow.separate);
	for (unsigned i = 0; !rc && i < TALK_LAYERS; i++)
		if (layers >> i & 1)
			rc = table_init(&t->table[i], (enum talk_layer)i, ends, ceiling, d);
	if (rc)
		talks_release(t);
	return rc ? errmsg_set(err, rc, "no memory for conversations") : 0;
}

void talks_release(struct talks *t)
{
	for (unsigned i = 0; i < TALK_LAYERS; i++) {
		series_release(&t->table[i].talks);
		if (t->table[i].own)
			conversations_free(t->table[i].c);
		t->table[i].c = NULL;
	}
}

/* ---- counting -------------------------------------------------------------------------------------------- */

/* Begins a chunk of the series; the oldest makes room. */
static __attribute__((noinline)) struct talk *talk_new(struct talk_table *t, int32_t number)
{
	struct talk *talk = NULL;

	if (number >= 0) {
		while (series_full(&t->talks, (uint32_t)number))
			series_drop(&t->talks);
		talk = series_item(&t->talks, (uint32_t)number);
	}
	t->lost += !talk;
	return talk;
}

static struct talk *talk_of(struct talk_table *t, int32_t number, const struct frame *f)
{
	struct talk *talk = number >= 0 ? series_peek(&t->talks, (uint32_t)number) : NULL;

	if (__builtin_expect(!talk, 0) && !(talk = talk_new(t, number)))
		return NULL;
	if (!talk->packets[0] && !talk->packets[1]) {
		talk->first_ns = talk->last_ns = f->ts_ns;
		if (t->end <= (uint32_t)number)
			t->end = (uint32_t)number + 1;
	} else if (f->ts_ns > talk->last_ns) {
		talk->last_ns = f->ts_ns;
	} else if (f->ts_ns < talk->first_ns) {
		talk->first_ns = f->ts_ns;
	}
	return talk;
}

static void count_end(struct talk_table *t, const uint8_t *addr, uint16_t port, unsigned side, const struct conversation_key *of,
		      const struct frame *f)
{
	struct conversation_key k = { addr, addr, of->addr_len, port, port, of->space };
	struct talk *talk = talk_of(t, conversation_number(t->c, &k), f);

	if (!talk)
		return;
	talk->packets[side]++;
	talk->bytes[side] += f->wirelen;
}

/* `answers`: this is what comes back, though nothing went before it (a SYN-ACK). */
static void count_pair(struct talk_table *t, int32_t number, bool high, bool answers, const struct frame *f)
{
	struct talk *talk = talk_of(t, number, f);
	unsigned side;

	if (!talk)
		return;
	if (!talk->packets[0] && !talk->packets[1])
		talk->swapped = high != answers;
	side = high != talk->swapped;
	talk->packets[side]++;
	talk->bytes[side] += f->wirelen;
}

static void count(struct talks *t, enum talk_layer layer, const struct packet *p, const struct layer *l, struct conversation_key *k)
{
	struct talk_table *table = &t->table[layer];
	const struct frame *f = p->frame;
	bool transport = layer >= TALK_TCP, syn_ack = false;
	int32_t number;

	if (t->d->spaces && !k->space)
		k->space = space_number(t->d->spaces, p, (unsigned)(l - p->layers));
	if (t->ends) {
		count_end(table, k->src, k->src_port, 0, k, f);
		count_end(table, k->dst, k->dst_port, 1, k, f);
		return;
	}
	if (layer == TALK_TCP)
		syn_ack = (layer_at(p, l)[TCP_FLAGS] & (SYN | ACK)) == (SYN | ACK);
	number = transport ? (int32_t)((uint32_t)l->aux[0] << 16 | l->aux[1]) : conversation_number(table->c, k);
	count_pair(table, number, conversation_from_high(k), syn_ack, f);
}

static void count_eth(struct talks *t, const struct packet *p, const struct layer *l)
{
	uint8_t ends[2][16] = { { 0 } };
	struct conversation_key k = { ends[0], ends[1], 16, 0, 0, 0 };
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < 12)
		return;
	memcpy(ends[0], h + 6, 6);
	memcpy(ends[1], h, 6);
	count(t, TALK_ETH, p, l, &k);
}

void talks_packet(struct talks *t, const struct packet *p)
{
	struct conversation_key k = { .addr_len = 0 };

	t->packets++;
	if (p->frame->has_ts && (!t->has_time || p->frame->ts_ns < t->first_ns)) {
		t->first_ns = p->frame->ts_ns;
		t->has_time = true;
	}
	for (const struct layer *l = p->layers + 1; l < p->layers + p->nlayers; l++) {
		const uint8_t *h;
		uint32_t n;

		switch (l->proto) {
		case PROTO_eth:
			if (t->table[TALK_ETH].c)
				count_eth(t, p, l);
			break;
		case PROTO_ip:
		case PROTO_ipv6:
			n = packet_bytes(p, l, &h);
			k.addr_len = 0;
			if (n < (l->proto == PROTO_ip ? 20 : 40))
				break;
			k = l->proto == PROTO_ip ? (struct conversation_key){ h + 12, h + 16, 4, 0, 0, 0 } :
						   (struct conversation_key){ h + 8, h + 24, 16, 0, 0, 0 };
			if (t->table[l->proto == PROTO_ip ? TALK_IP : TALK_IPV6].c)
				count(t, l->proto == PROTO_ip ? TALK_IP : TALK_IPV6, p, l, &k);
			break;
		case PROTO_tcp:
		case PROTO_udp:
			if (!t->table[l->proto == PROTO_tcp ? TALK_TCP : TALK_UDP].c || !k.addr_len)
				break;
			if (packet_bytes(p, l, &h) < (l->proto == PROTO_tcp ? TCP_FLAGS + 1u : 4u))
				break;
			k.src_port = get_be16(h);
			k.dst_port = get_be16(h + 2);
			count(t, l->proto == PROTO_tcp ? TALK_TCP : TALK_UDP, p, l, &k);
			break;
		case PROTO_icmp:
		case PROTO_icmpv6:
			return; /* what follows is quoted */
		default:
			if (protocols[l->proto]->envelope)
				return;
		}
	}
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

static int most_bytes_first(const void *a, const void *b)
{
	const struct talk_row *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->number < y->number ? -1 : x->number > y->number;
}

struct talk_row *talks_sorted(const struct talks *t, enum talk_layer layer, uint32_t *count_out)
{
	const struct talk_table *table = &t->table[layer];
	struct talk_row *rows = NULL;
	uint32_t n = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint32_t i = series_first(&table->talks), at = 0; table->c && i < table->end; i++) {
			const struct talk *talk = series_peek(&table->talks, i);

			if (!talk || (!talk->packets[0] && !talk->packets[1]))
				continue;
			if (rows)
				rows[at] = (struct talk_row){ talk, i, talk->bytes[0] + talk->bytes[1] };
			at++;
			n = at;
		}
		if (!pass)
			rows = n ? malloc(n * sizeof(*rows)) : NULL;
		if (!rows)
			break;
	}
	*count_out = n;
	if (rows)
		qsort(rows, n, sizeof(*rows), most_bytes_first);
	return rows;
}

bool talks_ends(const struct talks *t, enum talk_layer layer, const struct talk_row *r, struct conversation_key *k)
{
	struct conversation_key c;

	if (!conversation_ends(t->table[layer].c, (int32_t)r->number, &c))
		return false;
	*k = r->talk->swapped ? (struct conversation_key){ c.dst, c.src, c.addr_len, c.dst_port, c.src_port, c.space } : c;
	if (layer == TALK_ETH)
		k->addr_len = 6;
	return true;
}

void talks_say(const struct talks *t, struct export *e)
{
	for (unsigned i = 0; i < TALK_LAYERS; i++) {
		const struct talk_table *table = &t->table[i];
		uint32_t forgotten = table->c ? conversations_forgotten(table->c) : 0;

		if (forgotten)
			export_say(e, "%s: %u of the earliest %s are not in the report: more than %u are not kept (--max-flows)",
				   talk_names[i], forgotten, t->ends ? "ends" : "conversations",
				   t->d->ceiling ? t->d->ceiling : CONVERSATIONS_MAX);
		if (table->lost)
			export_say(e, "%s: %llu packets are not counted: no memory", talk_names[i], (unsigned long long)table->lost);
	}
}
