/* SPDX-License-Identifier: MIT */
/*
 * A frame after decoding: which layers it has and where each starts. Nothing is
 * copied and nothing allocated; fields are read from the frame's bytes when
 * somebody asks for them. Only what is not readable in the frame (a QUIC Initial) is
 * laid out beside it, in the packet's scratch memory: a second source of bytes.
 *
 *   frame.data   |eth..........|ip..............|tcp.......|tls.....|
 *   layers[0]    frame: off 0
 *   layers[1]    eth:   off 0, hlen 14
 *   layers[2]    ip:    off 14, hlen 20, wire_end 14 + total length
 *
 * Layers 1.. are in wire order; headers quoted in an ICMP error and tunnelled
 * ones follow their carriers. Link, network and transport are always there;
 * application layers only if the decoder was asked for them (decoder_want).
 */
#ifndef DECODE_PACKET_H
#define DECODE_PACKET_H

#include "base/frame.h"
#include "decode/cursor.h"
#include "decode/tcp_analysis.h"

enum {
	PACKET_LAYERS_MAX = 80, /* deeper nesting ends in DECODE_MALFORMED on the last layer kept */
	PACKET_REPLIES_MAX = 16, /* messages of which it is said what they answer */
	PACKET_SOURCES_MAX = 4, /* the frame, and what was decrypted or put together from it */
	PACKET_SCRATCH = 8192,  /* bytes for names and joined values of one packet */
	PROTO_SET_BITS = 192
};

struct layer {
	uint8_t proto;     /* enum proto_id */
	uint8_t result;    /* enum decode_result of this header */
	uint8_t source;    /* whose bytes: index of packet.source; 0 is the frame */
	uint8_t reply;     /* index + 1 of what it answers, in packet.replies; 0: nothing that is known */
	uint32_t hlen;     /* bytes of header; the payload follows */
	uint32_t off;      /* first byte, from the start of the source (of frame.data) */
	uint32_t wire_end; /* where header and payload end by the lengths in the headers; may be beyond what was kept */
	uint16_t aux[2];   /* the protocol's own, said in its file */
};

struct proto_set {
	uint64_t bits[PROTO_SET_BITS / 64];
};

inline bool proto_set_has(const struct proto_set *s, unsigned proto)
{
	return s->bits[proto / 64] >> (proto % 64) & 1;
}

inline void proto_set_add(struct proto_set *s, unsigned proto)
{
	s->bits[proto / 64] |= 1ull << (proto % 64);
}

inline void proto_set_remove(struct proto_set *s, unsigned proto)
{
	s->bits[proto / 64] &= ~(1ull << (proto % 64));
}

struct datagram_parts;
struct packet_source {
	const uint8_t *data;
	uint32_t len; /* of the frame: caplen */
	uint8_t of;   /* put together of fragments: index of the IP layer */
	const struct datagram_parts *parts; /* those fragments; NULL: it was not */
};

/* What a message is to an earlier one. */
enum reply_kind {
	REPLY_ANSWERS,         /* it answers the request in `frame` */
	REPLY_ASKS_AGAIN,      /* the request of `frame` again */
	REPLY_ANSWERS_AGAIN,   /* the answer of `frame` again */
	REPLY_UNASKED          /* an answer without a request */
};

struct reply {
	uint64_t frame;      /* the earlier message's; 0: none */
	uint64_t request;    /* answers: the frame with the request; 0: not known */
	int64_t ns;          /* since the request */
	const uint8_t *text; /* HTTP: what was asked for, in scratch memory; NULL: not known */
	uint32_t len;
	uint8_t kind;        /* enum reply_kind */
};

/* What frame.time_delta and its like need of the frames before this one. */
struct frame_times {
	uint64_t number;   /* of the frame that `now_ns` is of; 0: none yet */
	int64_t first_ns, before_ns, now_ns;
	int64_t shown_ns;  /* of the last frame that passed a filter */
	bool filtered, shown;
};

struct packet {
	const struct frame *frame;
	struct packet_source source[PACKET_SOURCES_MAX]; /* [0] is the frame */
	struct proto_set present;  /* protocols that occur in layers[] */
	uint8_t nlayers;
	uint8_t nsources;
	uint8_t result;            /* the worst of the layers */
	int8_t network;            /* index of the innermost IPv4/IPv6 layer that is not quoted, -1: none */
	int8_t transport;          /* the same for TCP/UDP */
	bool application_done;     /* application layers were looked for */
	uint8_t nreplies;
	uint8_t analysed;          /* index of the TCP layer that `analysis` is of; 0: none */
	struct tcp_analysis analysis; /* when analysed */
	struct frame_times *times; /* the decoder's */
	const struct names *names; /* likewise: of addresses (decode/names.h), or NULL */
	struct reply replies[PACKET_REPLIES_MAX];
	uint32_t scratch_used;
	struct layer layers[PACKET_LAYERS_MAX];
	uint8_t scratch[PACKET_SCRATCH];
};

struct conversations;
struct tcp_analyzer;
struct streams;
struct expectations;
struct names;
struct memories;
struct notes;
struct field;
struct value;
struct walk;
struct protocol;

/* ---- decoding ---------------------------------------------------------------- */

/* What to decode and how; one per reader of packets, shared by all its frames.
 * Whoever needs a protocol or a field says so once, before the first packet. */
struct decoder {
	struct proto_set want;
	bool application; /* some wanted protocol is an application protocol */
	bool bulk;        /* somebody wants the bytes of applications, or of their fields: those of long messages are kept, too */
	bool reassemble;  /* what several packets carry is put together, when it is wanted; not after decoder_segments() */
	struct conversations *tcp, *udp; /* NULL unless tcp.stream or udp.stream is wanted */
	struct tcp_analyzer *analyzer;   /* NULL unless a field of it is wanted */
	struct notes *notes;             /* of connections; NULL unless a protocol that keeps some is wanted */
	struct memories *memories;       /* what messages leave for later ones; NULL unless an application is wanted */
	struct expectations *expectations; /* what was announced (decode/expect.h); NULL likewise */
	struct frame_times *times;       /* NULL unless a time between frames is wanted */
	struct names *names;             /* NULL unless a name of an address is wanted */
	struct streams *streams;         /* messages over several TCP segments; NULL unless an application is wanted */
	struct fragments *fragments;     /* IP fragments under way; NULL unless an application or a conversation is wanted */
	struct spaces *spaces;           /* NULL unless something separates conversations: decoder_separate() */
	/* decoder_settle(); NULL: applications are always looked for */
	bool (*settled)(void *user, const struct layer *l);
	void *settled_user;
	uint32_t ceiling;                /* conversations of a transport that are remembered; 0: CONVERSATIONS_MAX */
};

/* Prepares the tables (once per process, cheap) and a decoder that wants no application layer. */
void decoder_init(struct decoder *d);
void decoder_release(struct decoder *d);
void decoder_want(struct decoder *d, unsigned proto);
void decoder_want_field(struct decoder *d, const struct field *f);
void decoder_want_all(struct decoder *d);
/* Applications of conversations that are settled(), by their TCP or UDP layer, need not be decoded any more; for who asked for
 * application layers and knows when it has seen enough. They are all the same as soon as somebody else asks. */
void decoder_settle(struct decoder *d, bool (*settled)(void *user, const struct layer *l), void *user);
/* Segments and fragments are decoded as they stand, as tcpdump reads them. */
void decoder_segments(struct decoder *d);
/* TCP conversations are numbered and analysed, and d->analyzer keeps tcp_timing() of each. */
void decoder_want_timing(struct decoder *d);
/* Before the first packet: how many conversations of each transport are remembered, and what keeps them apart beside
 * addresses and ports (enum separate of decode/space.h; 0: nothing). NW_ELIMIT: no memory. */
void decoder_limit(struct decoder *d, uint32_t conversations);
int decoder_separate(struct decoder *d, unsigned separate);
/* IP fragments: datagrams made whole, and those that were given up. All zero when none were looked for. */
struct fragment_counts {
	uint64_t whole;       /* datagrams */
	uint64_t expired;     /* not whole within 30 s */
	uint64_t evicted;     /* there were too many under way, or too many bytes */
	uint64_t overlapping; /* IPv6, RFC 5722 */
	uint32_t waiting;
};
struct fragment_counts decoder_fragments(const struct decoder *d);
/* Messages over several TCP segments that were given up, by reason. */
struct stream_counts {
	uint64_t gaps;        /* a segment of theirs was not captured, or not all of it */
	uint64_t limits;      /* they, or what came early, were too much */
	uint64_t ended;       /* their connection ended before they did */
	uint64_t bytes;       /* of theirs that were captured */
	uint32_t waiting;     /* still under way */
	size_t held;          /* memory they take */
};
struct stream_counts decoder_streams(const struct decoder *d);
/* -d port==proto: says which protocol a TCP or UDP port carries (kind is enum claim_kind).
 * Process-wide; call before decoding. Returns 0 or NW_ELIMIT. */
int decoder_claim(unsigned kind, unsigned value, unsigned proto);

/* Decodes `f` into `p`, which may hold anything before. `f` must outlive the use
 * of `p`. Never fails: what is wrong is said by p->result and the layers' results. */
void packet_decode(struct packet *p, const struct decoder *d, const struct frame *f);

/* ---- reading ------------------------------------------------------------------ */

/* The header and payload bytes of a layer that were kept: from its start to its
 * wire_end or the end of the capture. Returns their number. */
inline uint32_t packet_bytes(const struct packet *p, const struct layer *l, const uint8_t **bytes)
{
	const struct packet_source *s = &p->source[l->source];
	uint32_t end = l->wire_end < s->len ? l->wire_end : s->len;

	*bytes = s->data + l->off;
	return end > l->off ? end - l->off : 0;
}

/* The first byte of a layer. Of what was put together (packet.source) it lives until the next packet_decode(). */
inline const uint8_t *layer_at(const struct packet *p, const struct layer *l)
{
	return p->source[l->source].data + l->off;
}

/* A cursor over the payload (after the header) of a layer. */
struct cursor packet_payload(const struct packet *p, const struct layer *l);
/* A cursor over a layer from its first byte. */
struct cursor packet_cursor(const struct packet *p, const struct layer *l);

/* What a message answers, or NULL. */
inline const struct reply *layer_reply(const struct packet *p, const struct layer *l)
{
	return l->reply ? &p->replies[l->reply - 1] : NULL;
}

/* First layer of a protocol, or NULL. */
const struct layer *packet_layer(const struct packet *p, unsigned proto);

/* The protocol and local index that a field belongs to. field_proto() searches: resolve once, not per packet. */
unsigned field_proto(const struct field *f);
/* "ip.src"; searches, like field_proto(). */
const char *field_name(const struct field *f);
/* "Source address" for ip.src, the title of a protocol; "" in a build without labels. */
const char *field_label(const struct field *f);
/* True if layers of protocol `layer_proto` carry the fields of `proto` (it itself, or by fields_of). */
bool field_carried(unsigned layer_proto, unsigned proto);
unsigned field_index(const struct field *f);
/* "ip.src" -> field, "tcp" -> the pseudo-field of type FIELD_PROTOCOL; NULL if unknown. Names are
 * compared exactly, in lower case. */
const struct field *field_find(const char *name, size_t len);
/* The FIELD_PROTOCOL pseudo-field of a protocol. */
const struct field *protocol_field(unsigned proto);
/* The nearest known name for an error message, or NULL. */
const char *field_nearest(const char *name);

/* The value of a fixed or get field in one layer; false if this layer has none
 * (or the field is of another kind). */
bool field_value(const struct packet *p, const struct layer *l, const struct field *f, struct value *v);

/* Calls `each` for every value of `f` in the packet, in wire order, until it
 * returns false. Returns the number of values given. Names put together in
 * scratch memory live until `each` returns; values inside the frame as long as the frame. */
typedef bool field_each_fn(void *user, const struct field *f, const struct value *v);
unsigned field_each(struct packet *p, const struct field *f, field_each_fn *each, void *user);

/* The same of one layer, which must carry the field's protocol. False when `each` ended it. */
bool field_each_in_layer(struct packet *p, const struct layer *l, const struct field *f, field_each_fn *each, void *user);

/* Every field of every layer, layer by layer: for "all decoded fields". */
typedef void packet_each_fn(void *user, const struct layer *l, const struct field *f, const struct value *v);
void packet_each_field(struct packet *p, packet_each_fn *each, void *user);
/* The same of one layer; with `alternatives` those that stand for others (ip.addr) too, once for each of its values. */
void layer_each_field(struct packet *p, const struct layer *l, bool alternatives, packet_each_fn *each, void *user);

/* Scratch memory of this packet, or NULL when it is used up (then leave the value out). */
uint8_t *packet_scratch(struct packet *p, uint32_t len);

/* The protocol column ("TLSv1.3", "DNS", "TCP"): of the innermost layer that has one. */
const char *packet_column(const struct packet *p);

/* A value as text, the way tshark -T fields prints it, unescaped for strings
 * (the caller quotes or escapes); see struct field for names and hex. */
struct outbuf;
void value_format(struct outbuf *o, const struct field *f, const struct value *v);

/* One line in tcpdump's words, without time and newline. */
struct summary;
void packet_summary(struct summary *s, struct packet *p);

#endif
