/* SPDX-License-Identifier: MIT */
/*
 * A protocol is one file, lib/decode/NAME.c, that exports `const struct
 * protocol proto_NAME`, and one row in decode/protocols.def. The struct says
 * all there is to know: how the header is walked, what comes after which
 * number, which fields it has, how its summary reads. Filters, exports,
 * completion and documentation walk these tables; nothing else lists protocols
 * or fields.
 *
 * A field gets its value in one of four ways, the cheapest that fits:
 *
 *   fixed     a big-endian integer or a run of bytes at a constant offset of the
 *             header, with mask and shift: nothing to write but the row
 *   get       a function that computes the one value of the field in a layer
 *   walk      the protocol's walk() emits it, any number of times, in wire order
 *   either    the values of two or more other fields (tcp.port: srcport, dstport)
 */
#ifndef DECODE_PROTOCOL_H
#define DECODE_PROTOCOL_H

#include "base/each.h"
#include "base/outbuf.h"
#include "decode/named_values.h"
#include "decode/packet.h"

#include <string.h>

enum field_type {
	FIELD_BOOL,
	FIELD_UINT,
	FIELD_INT,
	FIELD_TIME,     /* i: ns since 1970 */
	FIELD_DURATION, /* i: ns */
	FIELD_IPV4,     /* bytes, 4 */
	FIELD_IPV6,     /* bytes, 16 */
	FIELD_ETHER,    /* bytes, 6 */
	FIELD_STRING,   /* bytes: text as found in the packet, not terminated, not trusted */
	FIELD_BYTES,
	FIELD_PROTOCOL  /* the protocol itself: from its header to the end of what it carries */
};

enum field_show { /* each type has one other way */
	SHOW_PLAIN,
	SHOW_HEX = 1,   /* UINT */
	SHOW_EPOCH = 1, /* TIME: seconds since 1970 instead of a date */
	SHOW_MS = 1     /* DURATION: milliseconds, "0.733"; a number without a unit is of these */
};

/* One value. Bytes point into the frame or into the packet's scratch memory and
 * live as long as the packet. */
struct value {
	union {
		uint64_t u;  /* BOOL, UINT */
		int64_t i;   /* INT, TIME, DURATION */
	};
	const uint8_t *bytes;
	uint32_t len;
};

struct field;
/* The value of `f` in `l`; false if this packet has none. Reads only inside packet_bytes(). */
typedef bool field_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v);

struct field {
	union {
		struct {
			uint32_t offset : 8;     /* fixed: from the start of the header */
			uint32_t shift : 7;      /* fixed: value = (word & mask) >> shift */
			uint32_t hex_digits : 5; /* SHOW_HEX: zero-padded to this many (0: 2 * width) */
			uint32_t width : 5;      /* fixed: bytes (1..8, or the length of an address); 0: not fixed */
			uint32_t show : 1;       /* enum field_show */
			uint32_t more : 6;       /* index + 1 in the protocol's `more`; 0: nothing there */
		};
		uint8_t either[2];      /* indices + 1 of the fields it stands for */
	};
	uint32_t mask : 24;             /* fixed: 0 means all bits */
	uint32_t type : 4;              /* enum field_type */
	uint32_t is_either : 1;
	uint32_t conversation : 1;      /* needs the numbering of decode/conversation.h */
	uint32_t analysis : 1;          /* needs decode/tcp_analysis.h */
	uint32_t innermost : 1;         /* depends on all layers of the packet: application layers are decoded for it */
};
_Static_assert(sizeof(struct field) == 8, "there are thousands of them in the binary");

/* What one field in ten has. */
struct field_more {
	field_get *get;
	const struct named_values *names;
};
/* That of a field, NULL if it has none. They search like field_proto(): ask once, not per packet. Who goes through the
 * fields of a protocol does not search: field_text_next(), field_more(). */
field_get *field_getter(const struct field *f);
const struct named_values *field_names(const struct field *f);

/*
 * A protocol's table of fields. A row is the field's index in the file's enum, in whose order the rows stand (left empty
 * where the enum has no word for it), and one of the macros below:
 *
 *	FIELD_TABLE(arp_fields,
 *		(HW_TYPE, FIELD_FIXED(FIELD_UINT, "arp.hw.type", 0, 2, "Hardware type")),
 *		(OPCODE, FIELD_HAS("arp.opcode", "Operation", (.names = opcode_names), .type = FIELD_UINT, .offset = 6, .width = 2)),
 *	);
 *
 * Names (Wireshark's) and labels (what people call it) are one string of the protocol, "arp.hw.type\0Hardware type\0…",
 * which field_name() and field_label() find their part of; a build without labels drops a quarter of the bytes.
 */
#define FIELD_TABLE(array, ...) \
	static const char array##_text[] = EACH(FIELD_TEXT_OF, , __VA_ARGS__); \
	enum { array##_rows = __COUNTER__ + 1, array##_in_order = 0 EACH(FIELD_ORDER_OF, array, __VA_ARGS__) }; \
	enum { array##_more_rows = __COUNTER__ }; \
	static const struct field array[] = { EACH(FIELD_BITS_OF, array, __VA_ARGS__) }; \
	static const struct field_more array##_more[] = { EACH(FIELD_MORE_OF, , __VA_ARGS__) }

#define FIELD_TEXT_OF(...) FIELD_TEXT_OF_(__VA_ARGS__)
#define FIELD_TEXT_OF_(context, index, text, more, ...) text
/* 0; no constant where a row stands elsewhere than the enum says */
#define FIELD_ORDER_OF(...) FIELD_ORDER_OF_(__VA_ARGS__)
#define FIELD_ORDER_OF_(array, index, ...) FIELD_PLACE(__COUNTER__ - array##_rows, index)
#define FIELD_PLACE(place, ...) + 0 * (place) __VA_OPT__(* sizeof(char[(__VA_ARGS__) == (place) ? 1 : -1]))
#define FIELD_BITS_OF(...) FIELD_BITS_OF_(__VA_ARGS__)
#define FIELD_BITS_OF_(array, index, text, more, ...) { __VA_ARGS__ FIELD_MORE_INDEX(array, EACH_OPEN more) },
#define FIELD_MORE_INDEX(...) FIELD_MORE_INDEX_(__VA_ARGS__)
#define FIELD_MORE_INDEX_(array, ...) __VA_OPT__(, .more = __COUNTER__ - array##_more_rows)
#define FIELD_MORE_OF(...) FIELD_MORE_OF_(__VA_ARGS__)
#define FIELD_MORE_OF_(context, index, text, more, ...) FIELD_MORE_ROW more
#define FIELD_MORE_ROW(...) __VA_OPT__({ __VA_ARGS__ },)

/* Name, label, and the members of struct field that are not 0; FIELD_HAS also those of struct field_more. */
#define FIELD_PLAIN(n, lab, ...) FIELD_HAS(n, lab, (), __VA_ARGS__)
#if ENABLE_FIELD_LABELS
#define FIELD_HAS(n, lab, more, ...) n "\0" lab "\0", more, __VA_ARGS__
#else
#define FIELD_HAS(n, lab, more, ...) n "\0\0", more, __VA_ARGS__
#endif

#define FIELD_FIXED(ty, n, off, wid, lab) FIELD_PLAIN(n, lab, .type = ty, .offset = off, .width = wid)
#define FIELD_FIXED_HEX(n, off, wid, lab) \
	FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .offset = off, .width = wid)
/* `msk` within the big-endian word of `wid` bytes; the value is shifted down to bit 0 */
#define FIELD_BITS(ty, n, off, wid, msk, lab) \
	FIELD_PLAIN(n, lab, .type = ty, .offset = off, .width = wid, .mask = msk, .shift = __builtin_ctzll(msk))
#define FIELD_GET(ty, n, fn, lab) FIELD_HAS(n, lab, (.get = fn), .type = ty)
#define FIELD_WALK(ty, n, lab) FIELD_PLAIN(n, lab, .type = ty)
#define FIELD_EITHER(ty, n, lab, ...) FIELD_PLAIN(n, lab, .type = ty, .is_either = true, .either = { __VA_ARGS__ })

/* By what number (or look) a protocol is chosen by the layer before it. */
enum claim_kind {
	CLAIM_NONE,
	CLAIM_LINKTYPE,   /* LINKTYPE_ */
	CLAIM_ETHERTYPE,
	CLAIM_IPPROTO,
	CLAIM_TCP_PORT,
	CLAIM_UDP_PORT,
	CLAIM_PPP,        /* PPP protocol number */
	CLAIM_LLC_SAP,
	CLAIM_CISCO_PID   /* SNAP of Cisco's organization */
};

struct claim {
	uint16_t kind;
	uint16_t value;
};

struct walk;
struct decode;
struct summary;

/* From one field's name in protocol.field_text to that of the next. */
inline const char *field_text_next(const char *text)
{
	text += strlen(text) + 1;
	return text + strlen(text) + 1;
}

struct protocol {
	const char *name;         /* filter name: "tcp" */
	const char *column;       /* what _ws.col.Protocol shows: "TCP"; NULL: keeps the outer one's */
	const char *title;        /* "Transmission Control Protocol" */
	const char *reference;    /* "RFC 9293" */
	bool application;         /* decoded only when asked for */
	bool notes;               /* remembers connections: lib/decode/notes.h */
	/* An application that carries whole frames (decode_later()): decoded whenever its port says so, as somebody may ask
	 * for what is in them; the packet stays its own, not theirs. */
	bool envelope;
	/* A layer of this protocol carries that protocol's fields (mdns: dns). NULL: its own. */
	const struct protocol *fields_of;
	/* Reads the header with decode_take(), narrows to the payload with
	 * decode_limit() and sets d->next, also with a bad result when going on makes
	 * sense. A chain must advance: returning OK without taking bytes is a bug. */
	enum decode_result (*decode)(struct decode *d, struct layer *l);
	/* Does this look like ours? Cheap, certain enough to call without a port. NULL: never by content. */
	bool (*detect)(const struct decode *d, const struct cursor *payload);
	/* What the column shows for this packet, when it is not always the same ("TLSv1.3"). */
	const char *(*column_of)(const struct packet *p, const struct layer *l);
	/* Emits the fields that are neither fixed nor get, in wire order. */
	void (*walk)(struct walk *w, const struct packet *p, const struct layer *l);
	/* The protocol's part of the one-line summary, as tcpdump users expect it. */
	void (*summary)(struct summary *s, const struct packet *p, const struct layer *l);
	const struct field *fields;
	const char *field_text;   /* names and labels in turn, each with its NUL */
	const struct field_more *more;
	uint16_t nfields;
	uint16_t detect_on;       /* enum claim_kind: CLAIM_TCP_PORT and/or CLAIM_UDP_PORT payloads, as 1 << kind */
	uint16_t ndetect_first;
	const char *detect_first; /* DETECT_FIRST: the first bytes that detect() can accept; NULL: any */
	const struct claim *claims; /* ends with CLAIM_NONE; NULL: none */
};

/* What the field of this protocol has more than its bits; zeros if nothing. */
static inline const struct field_more *field_more(const struct protocol *owner, const struct field *f)
{
	static const struct field_more nothing;

	return f->more ? &owner->more[f->more - 1] : &nothing;
}

/* detect() is called only for payloads that begin with one of these bytes: DETECT_FIRST("\x16\x17") */
#define DETECT_FIRST(bytes) .detect_first = (bytes), .ndetect_first = sizeof(bytes) - 1

/* A build without display filters and exports has nobody who asks for fields: then their tables go too. */
#define HAVE_FIELDS (ENABLE_DISPLAY_FILTER || ENABLE_NWEXPORT)
#define PROTOCOL_FIELDS(array) \
	.fields = HAVE_FIELDS ? (array) : NULL, .nfields = HAVE_FIELDS ? sizeof(array) / sizeof(*(array)) : 0, \
	.field_text = HAVE_FIELDS ? array##_text : NULL, .more = HAVE_FIELDS ? array##_more : NULL
#define PROTOCOL_WALK(function) .walk = HAVE_FIELDS ? (function) : NULL

/* proto_id is the position in protocols.def. */
enum proto_id {
#define PROTOCOL(name) PROTO_##name,
#include "decode/protocols.def"
#undef PROTOCOL
	PROTO_COUNT,
	PROTO_NONE = 0xff
};
_Static_assert((int)PROTO_COUNT <= (int)PROTO_SET_BITS, "struct proto_set is too small");

extern const struct protocol *const protocols[PROTO_COUNT];

#define PROTOCOL(name) extern const struct protocol proto_##name;
#include "decode/protocols.def"
#undef PROTOCOL

/* frame.c: one more frame. The same number again changes nothing. */
void frame_times_next(struct frame_times *t, const struct frame *f);

/* ---- for the decode functions ------------------------------------------------- */

struct decode;
/* Where the walk goes on when the chain of layers has ended: decode_later(). */
struct decode_return {
	uint8_t (*next)(struct decode *d); /* NULL: nowhere */
	struct cursor c;
	uint32_t wire_left;
	uint8_t source;
	int8_t transport;
	bool quoted, fragment;
};

struct decode {
	struct packet *p;
	const struct decoder *decoder;
	struct cursor c;     /* what is left for the layer being decoded */
	uint32_t wire_left;  /* bytes the outer lengths promise from c.pos on, kept or not */
	uint8_t next;        /* enum proto_id of what follows, or PROTO_NONE */
	uint8_t source;      /* of the layer that follows: decode_source() */
	bool quoted;         /* inside an ICMP error: a cut packet is no news */
	bool fragment;       /* inside the first of several IP fragments: lengths reach beyond it */
	bool inside;         /* of a frame entered with decode_enter() */
	struct decode_return back;
};

/* The next n bytes of the header, and past them; NULL if they were not kept (return cursor_short(&d->c)). */
inline const uint8_t *decode_take(struct decode *d, uint32_t n)
{
	const uint8_t *h = cursor_take(&d->c, n);

	if (h)
		d->wire_left -= n; /* wire_left >= cursor_left, always */
	return h;
}

/* What follows is `n` bytes long by this header: narrows cursor and wire_left. Returns
 * false and narrows nothing if the outer layer does not have as many on the wire (the header lies). */
bool decode_limit(struct decode *d, uint32_t n);

/* Whole frames in the records of a protocol (sFlow's samples). When the chain of layers has ended, next() is called with
 * cursor and wire_left as they are now and returns the protocol that goes on there, or PROTO_NONE; it may say decode_later()
 * again, then decode_enter() the frame and return its protocol. False inside of such a frame: one level is all there is. */
bool decode_later(struct decode *d, uint8_t (*next)(struct decode *d));
/* What follows is a frame of which `len` bytes are at `frame`: quoted, so that a cut one is no news. */
void decode_enter(struct decode *d, const uint8_t *frame, uint32_t len);

/* What follows is not in the frame but in `len` bytes that the layer made of it (decrypted, put together), in scratch
 * memory: cursor and wire_left are set on them, and the layers from here on are in that source; the layer's header ends
 * where the cursor was. Returns false when the packet has no more room for sources; then nothing is changed. */
bool decode_source(struct decode *d, const uint8_t *bytes, uint32_t len);

/* The claims of all protocols as one hash table, open addressing, half full at
 * most; filled by decoder_init() and decoder_claim(). Only decode_claimed() reads it. */
enum { CLAIM_BITS = 10 };
struct claim_slot {
	uint32_t key;  /* kind << 16 | value, 0: free */
	uint32_t proto;
};
extern struct claim_slot claim_slots[1 << CLAIM_BITS];

inline uint32_t claim_hash(uint32_t key)
{
	return key * 0x9e3779b1u >> (32 - CLAIM_BITS);
}

/* Who claims this number; PROTO_NONE if nobody. Inline: it runs for every layer of every packet. */
inline uint8_t decode_claimed(enum claim_kind kind, unsigned value)
{
	uint32_t key = (uint32_t)kind << 16 | (uint16_t)value;

	for (uint32_t i = claim_hash(key); claim_slots[i].key; i = (i + 1) & ((1 << CLAIM_BITS) - 1))
		if (claim_slots[i].key == key)
			return (uint8_t)claim_slots[i].proto;
	return PROTO_NONE;
}

/* Application protocol on top of TCP or UDP (kind CLAIM_TCP_PORT or CLAIM_UDP_PORT):
 * by content where content tells, by port otherwise. PROTO_NONE when nothing
 * asked for application layers or nobody knows it. Tunnels in UDP, which have
 * claims but are no applications, are always given. */
uint8_t decode_by_ports(const struct decode *d, enum claim_kind kind, uint16_t src_port, uint16_t dst_port);

/* Where envelopes are over TCP: a test of the ports that costs nothing. */
extern struct port_range {
	uint32_t first, count;
} tcp_envelopes;

inline bool decode_envelope_near(uint16_t port)
{
	return port - tcp_envelopes.first < tcp_envelopes.count;
}

/* Nobody wants to know more of the conversation of this TCP or UDP layer. */
inline bool decode_settled(const struct decode *d, const struct layer *l)
{
	return d->decoder->settled && d->decoder->settled(d->decoder->settled_user, l);
}

inline uint8_t decode_application(const struct decode *d, enum claim_kind kind, uint16_t src_port, uint16_t dst_port)
{
	/* over TCP there are applications and hardly anything else, over UDP there are tunnels too */
	if (kind == CLAIM_TCP_PORT && !(ENABLE_APP_PROTOCOLS && d->decoder->application) && !decode_envelope_near(src_port) &&
	    !decode_envelope_near(dst_port))
		return PROTO_NONE;
	return decode_by_ports(d, kind, src_port, dst_port);
}

/* Books the conversation of a TCP or UDP layer, when somebody asked for its number; `h` is its header. True: a new
 * TCP conversation on the ends of an earlier one. */
bool decode_conversation(struct decode *d, struct layer *l, const uint8_t *h);
/* The addresses and ports of a TCP or UDP layer and the IP layer that carries it; false if there is none. */
struct conversation_key;
bool decode_ends(const struct decode *d, const struct layer *l, const uint8_t *h, struct conversation_key *k);
/* Is this layer within a packet that an ICMP error quotes or an envelope carries? */
bool layer_quoted(const struct packet *p, const struct layer *l);
/* tcp.stream, udp.stream: what decode_conversation() booked in aux. */
field_get conversation_field;
/* tcp.payload, udp.payload: what follows the header, if anything does. */
field_get payload_field;

/* ---- for the walk functions ----------------------------------------------------- */

struct walk {
	const struct protocol *proto; /* whose layer is being walked */
	const uint64_t *want;         /* bit per field index of proto, NULL: all */
	struct packet *p;             /* for scratch memory */
	void (*emit)(struct walk *w, const struct field *f, const struct value *v);
};

inline bool walk_wants(const struct walk *w, unsigned field)
{
	return !w->want || (w->want[field / 64] >> (field % 64) & 1);
}

inline void walk_uint(struct walk *w, unsigned field, uint64_t v)
{
	if (walk_wants(w, field))
		w->emit(w, &w->proto->fields[field], &(struct value){ .u = v });
}

inline void walk_bytes(struct walk *w, unsigned field, const uint8_t *p, uint32_t len)
{
	if (walk_wants(w, field))
		w->emit(w, &w->proto->fields[field], &(struct value){ .bytes = p, .len = len });
}

/* ---- for the summary functions --------------------------------------------------- */

struct seq_table;
/* How lines for people are written; one per output, shared by all its packets. */
struct summary {
	struct outbuf *out;
	int verbose;               /* number of -v */
	bool quiet;                /* -q */
	bool absolute_seq;         /* -S */
	bool link_header;          /* -e */
	bool no_checksums;         /* -K: those of IP, TCP and UDP are not looked at */
	struct seq_table *seq;     /* first sequence numbers, NULL: absolute ones are shown */
	const char *(*interface_name)(uint32_t ifindex); /* for cooked captures on this machine; NULL: not known */
};

#endif
