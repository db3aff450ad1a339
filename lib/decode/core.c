/* SPDX-License-Identifier: MIT */
/*
 * The walk from the link type to the last layer.
 *
 *	linktype --claims--> eth --ethertype--> ip --protocol--> tcp --content, port--> tls
 *
 * Each protocol's decode() reads its header, narrows the cursor to its payload
 * and names the next protocol; the loop here books the layers. Which number
 * belongs to which protocol stands in the protocols' own claims; they are put
 * into one small hash table at start, because a look-up per layer is on the
 * path of every packet.
 */
#include "decode/conversation.h"
#include "decode/expect.h"
#include "decode/fragment.h"
#include "decode/memory.h"
#include "decode/message.h"
#include "decode/names.h"
#include "decode/notes.h"
#include "decode/protocol.h"
#include "decode/reply.h"
#include "decode/space.h"
#include "decode/stream.h"
#include "decode/tcp_analysis.h"
#include "host_name.h"

#include <stdlib.h>
#include <string.h>

/* Stands in for what the profile leaves out: the linker drops what nothing refers to. */
static const struct protocol proto_left_out = { .name = "", .title = "", .reference = "", .application = true };

const struct protocol *const protocols[PROTO_COUNT] = {
#define PROTOCOL(name) &proto_##name,
#define CARRIER(name) ENABLE_CARRIERS ? &proto_##name : &proto_left_out,
#define CONTROL(name) ENABLE_CONTROL_PROTOCOLS ? &proto_##name : &proto_left_out,
#define APPLICATION(name) ENABLE_APP_PROTOCOLS ? &proto_##name : &proto_left_out,
#define SERVICE(name) ENABLE_APP_PROTOCOLS && ENABLE_SERVICE_PROTOCOLS ? &proto_##name : &proto_left_out,
#include "decode/protocols.def"
#undef PROTOCOL
};

/* ---- claims --------------------------------------------------------------------- */

enum { CLAIM_SLOTS = 1 << CLAIM_BITS, CLAIMS_MAX = CLAIM_SLOTS / 2 };

struct claim_slot claim_slots[CLAIM_SLOTS];
struct port_range tcp_envelopes;
static unsigned claims;
/* By content: who may accept a payload that begins with this byte, [0] on TCP, [1] on UDP. */
static struct proto_set detectors[2][256];

static void envelope_port(unsigned port)
{
	struct port_range *r = &tcp_envelopes;
	unsigned first = r->count && r->first < port ? r->first : port;
	unsigned end = r->count && r->first + r->count > port ? r->first + r->count : port + 1;

	*r = (struct port_range){ first, end - first };
}

int decoder_claim(unsigned kind, unsigned value, unsigned proto)
{
	uint32_t key = (uint32_t)kind << 16 | (uint16_t)value, i = claim_hash(key);

	while (claim_slots[i].key && claim_slots[i].key != key)
		i = (i + 1) % CLAIM_SLOTS;
	if (!claim_slots[i].key) {
		if (claims == CLAIMS_MAX)
			return NW_ELIMIT;
		claims++;
	}
	claim_slots[i] = (struct claim_slot){ key, proto };
	if (kind == CLAIM_TCP_PORT && protocols[proto]->envelope)
		envelope_port(value);
	return 0;
}

static void detector_add(struct proto_set of[256], const struct protocol *p, unsigned proto)
{
	for (unsigned byte = 0; byte < (p->detect_first ? p->ndetect_first : 256u); byte++)
		proto_set_add(&of[p->detect_first ? (uint8_t)p->detect_first[byte] : byte], proto);
}

static void tables_init(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		const struct protocol *p = protocols[i];

		for (const struct claim *c = p->claims; c && c->kind != CLAIM_NONE; c++)
			decoder_claim(c->kind, c->value, i);
		for (int udp = 0; udp < 2; udp++)
			if (p->detect && p->detect_on >> (udp ? CLAIM_UDP_PORT : CLAIM_TCP_PORT) & 1)
				detector_add(detectors[udp], p, i);
	}
}

/* ---- decoder ---------------------------------------------------------------------- */

void decoder_init(struct decoder *d)
{
	tables_init();
	memset(d, 0, sizeof(*d));
	d->reassemble = ENABLE_REASSEMBLY;
}

void decoder_segments(struct decoder *d)
{
	d->reassemble = false;
	if (ENABLE_REASSEMBLY) {
		fragments_free(d->fragments);
		streams_free(d->streams);
	}
	d->streams = NULL;
	d->fragments = NULL;
}

void decoder_release(struct decoder *d)
{
	conversations_free(d->tcp);
	conversations_free(d->udp);
	tcp_analyzer_free(d->analyzer);
	notes_free(d->notes);
	free(d->times);
	names_free(d->names);
	d->names = NULL;
	spaces_free(d->spaces);
	d->spaces = NULL;
	memories_free(d->memories);
	expectations_free(d->expectations);
	decoder_segments(d);
	d->tcp = d->udp = NULL;
	d->analyzer = NULL;
	d->notes = NULL;
	d->memories = NULL;
	d->expectations = NULL;
}

static void want_fragments(struct decoder *d)
{
	if (ENABLE_REASSEMBLY && d->reassemble && !d->fragments)
		d->fragments = fragments_new();
}

struct fragment_counts decoder_fragments(const struct decoder *d)
{
	return ENABLE_REASSEMBLY && d->fragments ? *fragments_counts(d->fragments) : (struct fragment_counts){ 0 };
}

struct stream_counts decoder_streams(const struct decoder *d)
{
	return ENABLE_REASSEMBLY && d->streams ? *streams_counts(d->streams) : (struct stream_counts){ 0 };
}

static void want_memories(struct decoder *d)
{
	if (ENABLE_APP_PROTOCOLS && !d->memories)
		d->memories = memories_new();
}

static void want_applications(struct decoder *d)
{
	d->application = true;
	d->settled = NULL;
	want_fragments(d);
	if (ENABLE_REASSEMBLY && ENABLE_APP_PROTOCOLS && d->reassemble && !d->streams)
		d->streams = streams_new();
	want_memories(d);
	if (ENABLE_APP_PROTOCOLS && !d->expectations)
		d->expectations = expectations_new();
}

void decoder_settle(struct decoder *d, bool (*settled)(void *user, const struct layer *l), void *user)
{
	d->settled = settled;
	d->settled_user = user;
}

static uint32_t ceiling_of(const struct decoder *d)
{
	return d->ceiling ? d->ceiling : CONVERSATIONS_MAX;
}

void decoder_limit(struct decoder *d, uint32_t conversations)
{
	d->ceiling = conversations;
	if (d->tcp)
		conversations_limit(d->tcp, ceiling_of(d));
	if (d->udp)
		conversations_limit(d->udp, ceiling_of(d));
}

int decoder_separate(struct decoder *d, unsigned separate)
{
	if (!separate || d->spaces)
		return 0;
	d->spaces = spaces_new(separate);
	return d->spaces ? 0 : NW_ELIMIT;
}

static void want_conversations(struct decoder *d, unsigned proto)
{
	want_fragments(d);
	if (proto == PROTO_tcp && !d->tcp)
		d->tcp = conversations_new(ceiling_of(d));
	if (proto == PROTO_udp && !d->udp)
		d->udp = conversations_new(ceiling_of(d));
}

void decoder_want(struct decoder *d, unsigned proto)
{
	proto_set_add(&d->want, proto);
	if (protocols[proto]->application)
		want_applications(d);
	if (protocols[proto]->notes && !d->notes)
		d->notes = notes_new();
}

void decoder_want_all(struct decoder *d)
{
	memset(&d->want, 0xff, sizeof(d->want));
	d->bulk = true;
	want_applications(d);
	if (!d->notes)
		d->notes = notes_new();
	want_conversations(d, PROTO_tcp);
	want_conversations(d, PROTO_udp);
	if (!d->analyzer)
		d->analyzer = tcp_analyzer_new(ceiling_of(d));
}

void decoder_want_timing(struct decoder *d)
{
	want_conversations(d, PROTO_tcp);
	if (!d->analyzer)
		d->analyzer = tcp_analyzer_new(ceiling_of(d));
	if (d->analyzer)
		tcp_analyzer_want_timing(d->analyzer);
}

void decoder_want_field(struct decoder *d, const struct field *f)
{
	unsigned proto = field_proto(f);

	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (field_carried(i, proto))
			decoder_want(d, i);
	if (f->innermost)
		want_applications(d);
	d->bulk |= (f->type == FIELD_PROTOCOL || f->type == FIELD_BYTES) && protocols[proto]->application;
	if (field_getter(f) == reply_field)
		want_memories(d);
	if (ENABLE_PROC && host_name_wanted(f)) {
		d->names = d->names ? d->names : names_new();
		for (unsigned i = 0; i < PROTO_COUNT; i++)
			if (field_carried(i, PROTO_dns))
				decoder_want(d, i);
	}
	if (f->conversation && proto == PROTO_frame && !d->times)
		d->times = calloc(1, sizeof(*d->times));
	if (f->conversation || f->analysis)
		want_conversations(d, f->analysis ? PROTO_tcp : proto);
	if (f->analysis && !d->analyzer)
		d->analyzer = tcp_analyzer_new(ceiling_of(d));
}

uint8_t decode_by_ports(const struct decode *d, enum claim_kind kind, uint16_t src_port, uint16_t dst_port)
{
	bool udp = kind == CLAIM_UDP_PORT;
	uint16_t low = src_port < dst_port ? src_port : dst_port;
	uint16_t high = src_port < dst_port ? dst_port : src_port;
	bool application = ENABLE_APP_PROTOCOLS && d->decoder->application;
	uint8_t by_port = ENABLE_APP_PROTOCOLS && d->decoder->notes ? note_stays(d) : PROTO_NONE;

	if (!cursor_left(&d->c))
		return PROTO_NONE;
	if (by_port != PROTO_NONE)
		return udp || !message_within(d) ? by_port : PROTO_NONE;
	if (application) {
		by_port = decode_expected(d, kind, src_port, dst_port);
		if (by_port != PROTO_NONE && (!protocols[by_port]->detect || protocols[by_port]->detect(d, &d->c)))
			return by_port;
	}
	by_port = decode_claimed(kind, low);
	if (by_port == PROTO_NONE)
		by_port = decode_claimed(kind, high);
	if (by_port != PROTO_NONE && (application || !protocols[by_port]->application || protocols[by_port]->envelope) &&
	    (!protocols[by_port]->detect || protocols[by_port]->detect(d, &d->c)))
		return by_port;
	if (!application)
		return PROTO_NONE;
	for (unsigned word = 0; word < PROTO_SET_BITS / 64; word++)
		for (uint64_t left = detectors[udp][*d->c.pos].bits[word]; left; left &= left - 1) {
			unsigned proto = word * 64 + (unsigned)__builtin_ctzll(left);

			if (proto != by_port && protocols[proto]->detect(d, &d->c))
				return (uint8_t)proto;
		}
	return proto_set_has(&d->decoder->want, PROTO_data) ? PROTO_data : PROTO_NONE;
}

bool decode_ends(const struct decode *d, const struct layer *l, const uint8_t *h, struct conversation_key *k)
{
	for (const struct layer *n = l; n-- > d->p->layers;) {
		const uint8_t *ip = d->p->source[n->source].data + n->off;
		unsigned len = n->proto == PROTO_ip ? 4 : n->proto == PROTO_ipv6 ? 16 : 0;

		if (!len)
			continue;
		ip += len == 4 ? 12 : 8;
		*k = (struct conversation_key){ ip, ip + len, len, get_be16(h), get_be16(h + 2), 0 };
		if (__builtin_expect(d->decoder->spaces != NULL, 0))
			k->space = space_number(d->decoder->spaces, d->p, (unsigned)(l - d->p->layers));
		return true;
	}
	return false;
}

bool decode_conversation(struct decode *d, struct layer *l, const uint8_t *h)
{
	struct conversations *c = l->proto == PROTO_tcp ? d->decoder->tcp : d->decoder->udp;
	struct conversation_key k;
	bool reused = false;
	int32_t number;

	if (!c || !decode_ends(d, l, h, &k))
		return false;
	number = l->proto == PROTO_tcp ? conversation_number_tcp(c, &k, get_be32(h + 4), h[13], &reused) :
					 conversation_number(c, &k);
	l->aux[0] = (uint16_t)((uint32_t)number >> 16);
	l->aux[1] = (uint16_t)number;
	return reused;
}

bool conversation_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	uint32_t number = (uint32_t)l->aux[0] << 16 | l->aux[1];

	(void)p;
	(void)f;
	v->u = number;
	return number != (uint32_t)CONVERSATION_NONE;
}

bool payload_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	struct cursor c = packet_payload(p, l);

	(void)f;
	v->bytes = c.pos;
	v->len = (uint32_t)cursor_left(&c);
	return v->len;
}

bool decode_source(struct decode *d, const uint8_t *bytes, uint32_t len)
{
	struct packet *p = d->p;
	struct layer *l = &p->layers[p->nlayers - 1];

	if (p->nsources == PACKET_SOURCES_MAX)
		return false;
	l->hlen = (uint32_t)(d->c.pos - layer_at(p, l));
	d->source = p->nsources++;
	p->source[d->source] = (struct packet_source){ .data = bytes, .len = len };
	d->c = cursor_over(bytes, len, false);
	d->wire_left = len;
	return true;
}

bool decode_limit(struct decode *d, uint32_t n)
{
	if (n > d->wire_left)
		return false;
	d->wire_left = n;
	cursor_limit(&d->c, n);
	return true;
}

bool decode_later(struct decode *d, uint8_t (*next)(struct decode *d))
{
	if (d->inside)
		return false;
	d->back = (struct decode_return){ next, d->c, d->wire_left, d->source, d->p->transport, d->quoted, d->fragment };
	return true;
}

void decode_enter(struct decode *d, const uint8_t *frame, uint32_t len)
{
	d->c = cursor_over(frame, len, true);
	d->wire_left = len;
	d->inside = d->quoted = true;
	d->fragment = false;
	d->p->transport = -1; /* memories of connections are not of sampled ones */
}

/* The chain has ended: what goes on where decode_later() was said. PROTO_NONE if the packet has no room for it. */
static uint8_t go_back(struct decode *d)
{
	enum { ROOM = 8 };
	struct decode_return b = d->back;

	d->back.next = NULL;
	d->c = b.c;
	d->wire_left = b.wire_left;
	d->source = b.source;
	d->p->transport = b.transport;
	d->inside = false;
	d->quoted = b.quoted;
	d->fragment = b.fragment;
	return d->p->nlayers + ROOM < PACKET_LAYERS_MAX ? b.next(d) : PROTO_NONE;
}

/* The last layer was none. */
static void drop_layer(struct packet *p)
{
	const struct layer *l = &p->layers[--p->nlayers];

	for (unsigned i = 0; i < p->nlayers; i++)
		if (p->layers[i].proto == l->proto)
			return;
	proto_set_remove(&p->present, l->proto);
}

void packet_decode(struct packet *p, const struct decoder *decoder, const struct frame *f)
{
	struct layer *l = p->layers;
	unsigned n = 1, proto = decode_claimed(CLAIM_LINKTYPE, f->linktype);
	uint32_t at = 0; /* where the next layer begins */
	struct decode d;

	d.p = p;
	d.decoder = decoder;
	d.c = cursor_over(f->data, f->caplen, f->wirelen > f->caplen);
	d.wire_left = f->wirelen > f->caplen ? f->wirelen : f->caplen;
	d.quoted = d.fragment = d.inside = false;
	d.back.next = NULL;
	d.source = 0;
	p->frame = f;
	p->source[0] = (struct packet_source){ .data = f->data, .len = f->caplen };
	p->nsources = 1;
	p->present = (struct proto_set){ { 1u << PROTO_frame } };
	p->result = DECODE_OK;
	p->network = p->transport = -1;
	p->scratch_used = 0;
	p->analysed = p->nreplies = 0;
	p->times = decoder->times;
	p->names = decoder->names;
	if (__builtin_expect(decoder->times != NULL, 0))
		frame_times_next(decoder->times, f);
	*l = (struct layer){ .proto = PROTO_frame, .wire_end = d.wire_left };
	p->nlayers = 1;
	while (proto != PROTO_NONE) {
		enum decode_result r;
		uint32_t end;

		if (!protocols[proto]->decode) {
			proto = PROTO_NONE; /* left out */
			goto ended;
		}
		if (n == PACKET_LAYERS_MAX) {
			l->result = p->result = DECODE_MALFORMED;
			break;
		}
		l++;
		p->nlayers = (uint8_t)++n; /* detect() looks at the layers so far */
		l->proto = (uint8_t)proto;
		l->result = DECODE_OK;
		l->source = d.source;
		l->reply = 0;
		l->off = at;
		l->wire_end = at + d.wire_left;
		l->aux[0] = l->aux[1] = 0;
		proto_set_add(&p->present, proto);
		d.next = PROTO_NONE;
		r = protocols[proto]->decode(&d, l);
		if (__builtin_expect(d.source != l->source, 0)) {
			at = (uint32_t)(d.c.pos - p->source[d.source].data); /* what follows is elsewhere */
		} else {
			end = (uint32_t)(d.c.pos - p->source[d.source].data);
			l->hlen = end - at;
			at = end;
		}
		proto = d.next;
		if (__builtin_expect(r != DECODE_OK, 0)) {
			if (r == DECODE_WAITS) {
				drop_layer(p);
				l--;
				n--;
				proto = PROTO_NONE;
				goto ended;
			}
			l->result = (uint8_t)r;
			if (r > p->result && !d.quoted)
				p->result = (uint8_t)r;
			d.c.cut = false;
			if (proto == PROTO_NONE)
				goto ended; /* what the header says of its end is not to be believed */
		}
		/* only ever narrower: a last layer may walk its bytes without counting them off wire_left */
		if (d.source == l->source && at + d.wire_left < l->wire_end)
			l->wire_end = at + d.wire_left;
ended:
		if (__builtin_expect(proto == PROTO_NONE && d.back.next, 0)) {
			proto = go_back(&d);
			at = (uint32_t)(d.c.pos - p->source[d.source].data);
		}
	}
}

/* ---- reading ------------------------------------------------------------------------ */

struct cursor packet_cursor(const struct packet *p, const struct layer *l)
{
	const uint8_t *bytes;
	uint32_t n = packet_bytes(p, l, &bytes);

	return cursor_over(bytes, n, l->wire_end > p->source[l->source].len);
}

struct cursor packet_payload(const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	if (!cursor_skip(&c, l->hlen))
		c.pos = c.end;
	c.cut = false;
	return c;
}

const struct layer *packet_layer(const struct packet *p, unsigned proto)
{
	if (!proto_set_has(&p->present, proto))
		return NULL;
	for (unsigned i = 0; i < p->nlayers; i++)
		if (p->layers[i].proto == proto)
			return &p->layers[i];
	return NULL;
}

uint8_t *packet_scratch(struct packet *p, uint32_t len)
{
	uint8_t *at = p->scratch + p->scratch_used;

	if (len > PACKET_SCRATCH - p->scratch_used)
		return NULL;
	p->scratch_used += len;
	return at;
}

/* May there be layers that are not the packet's own? */
static bool quotes(const struct packet *p)
{
	return proto_set_has(&p->present, PROTO_icmp) || proto_set_has(&p->present, PROTO_icmpv6) ||
	       proto_set_has(&p->present, PROTO_sflow) || proto_set_has(&p->present, PROTO_openflow);
}

bool layer_quoted(const struct packet *p, const struct layer *l)
{
	if (quotes(p))
		while (l-- > p->layers)
			if (l->proto == PROTO_icmp || l->proto == PROTO_icmpv6 || protocols[l->proto]->envelope)
				return true;
	return false;
}

/* What these carry does not make the packet one of those: an ICMP error quotes it, PIM registers it, sFlow samples it. */
static bool names_the_packet(unsigned proto)
{
	return proto == PROTO_icmp || proto == PROTO_icmpv6 || proto == PROTO_pim || protocols[proto]->envelope;
}

/* "GTP <UDP>": the mobile networks' tunnel stays visible, as in Wireshark. */
static const char *column_in_gtp(const struct packet *p, const char *inner)
{
	size_t n = strlen(inner);
	char *text = (char *)packet_scratch((struct packet *)p, (uint32_t)n + sizeof("GTP <>"));

	if (!text)
		return inner;
	memcpy(text, "GTP <", 5);
	memcpy(text + 5, inner, n);
	memcpy(text + 5 + n, ">", 2);
	return text;
}

const char *packet_column(const struct packet *p)
{
	unsigned n = p->nlayers;

	if (quotes(p) || proto_set_has(&p->present, PROTO_pim))
		for (unsigned i = 0; i < n; i++)
			if (names_the_packet(p->layers[i].proto))
				n = i + 1;
	while (n-- > 0) {
		const struct layer *l = &p->layers[n];
		const struct protocol *proto = protocols[l->proto];
		const char *text = proto->column_of ? proto->column_of(p, l) : proto->column;

		if (text)
			return proto_set_has(&p->present, PROTO_gtp) && l->proto != PROTO_gtp ? column_in_gtp(p, text) : text;
	}
	return "";
}
