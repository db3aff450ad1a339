/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2 in the clear (RFC 9113): the client's preface, then frames, one layer each.
 *
 *	PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n
 *	| length 3 | type 1 | flags 1 | reserved 1, stream 31 | payload
 *
 * The connection is known by its preface, or by HTTP's "101 Switching Protocols" (notes.h). Header blocks are opened when
 * the frame is decoded, for the compression goes on from block to block (hpack.h): the dynamic tables of the last
 * connections are kept, and a block that is not all in one segment loses its connection's.
 */
#include "decode/hpack.h"
#include "decode/http.h"
#include "decode/message.h"
#include "decode/notes.h"

enum {
	F_MAGIC, F_LENGTH, F_TYPE, F_FLAGS, F_END_STREAM, F_END_HEADERS, F_PADDED, F_PRIORITY, F_ACK_SETTINGS, F_ACK_PING,
	F_UNUSED, F_UNUSED_DATA, F_UNUSED_HEADERS, F_UNUSED_SETTINGS, F_UNUSED_PUSH, F_UNUSED_PING, F_UNUSED_CONTINUATION,
	F_RESERVED, F_STREAM, F_PAD_LENGTH, F_DATA, F_EXCLUSIVE, F_DEPENDENCY, F_WEIGHT, F_BLOCK, F_HEADER_LENGTH,
	F_HEADER_COUNT, F_NAME_LENGTH, F_NAME, F_VALUE_LENGTH, F_VALUE, F_UNESCAPED, F_REPR, F_INDEX, F_RST_ERROR, F_SETTING,
	F_FIRST_SETTING, /* header_table_size, enable_push, max_concurrent_streams, initial_window_size, ... */
	F_EXTENDED_CONNECT = F_FIRST_SETTING + 6, F_UNKNOWN_SETTING, F_PROMISED, F_PING, F_PONG, F_GOAWAY_LAST, F_GOAWAY_ERROR,
	F_GOAWAY_DATA, F_WINDOW_RESERVED, F_INCREMENT, F_FULL_URI, F_FIRST_HEADER /* named[] */
};
enum { MAGIC = 24, HEADER = 9, SETTING = 6, HEADERS_MAX = 64, FRAME_MAX = 1 << 24 };
enum type { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION, TYPES };
enum { END_STREAM = 0x01, ACK = 0x01, END_HEADERS = 0x04, PADDED = 0x08, WITH_PRIORITY = 0x20 };

static const char magic[MAGIC + 1] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* layer.aux[0]: where in scratch memory the headers are, + 1; aux[1]: their number, or GOES_ON */
enum { GOES_ON = 0xffff };

struct http2_frame {
	uint32_t len, stream;
	uint8_t type, flags;
	struct cursor payload; /* what of it is in the segment, without padding and what comes before data and blocks */
	uint32_t pad;
};

bool http2_starts(const struct cursor *c)
{
	return cursor_left(c) >= MAGIC && !memcmp(c->pos, magic, MAGIC);
}

static bool frame_read(struct cursor c, struct http2_frame *f)
{
	const uint8_t *h = cursor_take(&c, HEADER);

	if (!h)
		return false;
	*f = (struct http2_frame){ .len = get_be24(h), .type = h[3], .flags = h[4], .stream = get_be32(h + 5) };
	cursor_limit(&c, f->len);
	if (f->flags & PADDED && (f->type == DATA || f->type == HEADERS || f->type == PUSH_PROMISE)) {
		f->pad = cursor_u8(&c);
		c.end -= f->pad < cursor_left(&c) ? f->pad : cursor_left(&c);
	}
	f->payload = c;
	return true;
}

static bool http2_detect(const struct decode *d, const struct cursor *payload)
{
	(void)d;
	return http2_starts(payload);
}

/* ---- decode ------------------------------------------------------------------------------------ */

/* Where a header block begins in a frame that has one. */
static bool block_of(const struct http2_frame *f, struct cursor *c)
{
	*c = f->payload;
	if (f->type == HEADERS && f->flags & WITH_PRIORITY)
		cursor_skip(c, 5);
	if (f->type == PUSH_PROMISE)
		cursor_skip(c, 4);
	return (f->type == HEADERS || f->type == PUSH_PROMISE) && !c->cut;
}

static void headers_decode(struct decode *d, struct layer *l, const struct http2_frame *f, struct cursor c)
{
	const struct layer *tcp = &d->p->layers[d->p->transport > 0 ? d->p->transport : 0];
	struct note *note = decode_note(d, tcp);
	struct hpack_table *table = note ? note_hpack(d, note, note_end(d->p, tcp)) : NULL;
	struct hpack_header header[HEADERS_MAX], *kept;
	uint32_t n = 0, before;

	if (!table)
		return;
	if (f->len > d->wire_left || !(f->flags & END_HEADERS)) {
		table->lost = true;
		return;
	}
	for (int more; (more = hpack_next(table, &c, d->p, &header[n])) != 0;) {
		if (more < 0)
			break;
		if (n < HEADERS_MAX - 1)
			n++;
	}
	before = d->p->scratch_used;
	d->p->scratch_used = (before + 7) & ~7u;
	/* the array may be aligned to 4 only: what is in it is copied in and out */
	kept = (struct hpack_header *)(void *)packet_scratch(d->p, n * (uint32_t)sizeof(*kept));
	if (!kept || !n) {
		d->p->scratch_used = before;
		return;
	}
	memcpy(kept, header, n * sizeof(*kept));
	l->aux[0] = (uint16_t)((uint8_t *)kept - d->p->scratch + 1);
	l->aux[1] = (uint16_t)n;
}

static enum decode_result http2_decode(struct decode *d, struct layer *l)
{
	struct http2_frame f;
	struct cursor block;

	if (l[-1].proto == PROTO_tcp && message_resume(d, l, PROTO_http2))
		return DECODE_OK;
	if (http2_starts(&d->c)) {
		struct note *note = l[-1].proto == PROTO_tcp ? decode_note(d, l - 1) : NULL;

		if (note && !(note->proto == PROTO_http2 && note->stays)) {
			note->state[0] = note->state[1] = 0;
			note_stay(d, note, PROTO_http2);
		}
		if (message_waits(d, l, MAGIC))
			return DECODE_WAITS;
		message_end(d, l, MAGIC, PROTO_http2);
		return DECODE_OK;
	}
	if (message_waits(d, l, HEADER + (frame_read(d->c, &f) ? f.len : 0)))
		return DECODE_WAITS;
	if (!frame_read(d->c, &f)) {
		d->c.pos = d->c.end;
		return cursor_short(&d->c);
	}
	decode_take(d, HEADER);
	if (block_of(&f, &block))
		headers_decode(d, l, &f, block);
	if (f.len > d->wire_left)
		l->aux[1] = GOES_ON;
	message_end(d, l, f.len, PROTO_http2);
	return DECODE_OK;
}

static const char *http2_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l->aux[1] == GOES_ON ? NULL : "HTTP2";
}

/* ---- walk ------------------------------------------------------------------------------------------ */

/* Which flags a type of frame has, and the field of those that it has not. */
static const struct flags {
	uint8_t used, unused_field, end_stream;
} flags[TYPES + 1] = {
	[DATA] = { END_STREAM | PADDED, F_UNUSED_DATA, F_END_STREAM },
	[HEADERS] = { END_STREAM | END_HEADERS | PADDED | WITH_PRIORITY, F_UNUSED_HEADERS, F_END_STREAM },
	[PRIORITY] = { 0, F_UNUSED, 0 },
	[RST_STREAM] = { 0, F_UNUSED, 0 },
	[SETTINGS] = { ACK, F_UNUSED_SETTINGS, F_ACK_SETTINGS },
	[PUSH_PROMISE] = { END_HEADERS | PADDED, F_UNUSED_PUSH, 0 },
	[PING] = { ACK, F_UNUSED_PING, F_ACK_PING },
	[GOAWAY] = { 0, F_UNUSED, 0 },
	[WINDOW_UPDATE] = { 0, F_UNUSED, 0 },
	[CONTINUATION] = { END_HEADERS, F_UNUSED_CONTINUATION, 0 },
	[TYPES] = { 0, F_UNUSED, 0 },
};

static void walk_flags(struct walk *w, const struct http2_frame *f)
{
	const struct flags *r = &flags[f->type < TYPES ? f->type : TYPES];

	walk_uint(w, F_FLAGS, f->flags);
	walk_uint(w, r->unused_field, f->flags & (uint8_t)~r->used);
	if (r->used & WITH_PRIORITY)
		walk_uint(w, F_PRIORITY, !!(f->flags & WITH_PRIORITY));
	if (r->used & PADDED)
		walk_uint(w, F_PADDED, !!(f->flags & PADDED));
	if (r->used & END_HEADERS)
		walk_uint(w, F_END_HEADERS, !!(f->flags & END_HEADERS));
	if (r->used & END_STREAM)
		walk_uint(w, r->end_stream, f->flags & END_STREAM);
}

/* Headers that have a field of their own, F_FIRST_HEADER + position: X for a text, N for a number. */
#define NAMED_HEADERS(X, N) \
	X(":authority", "authority") N(":status", "status") X(":path", "path") X(":method", "method") X(":scheme", "scheme") \
	X("accept", "accept") X("accept-charset", "accept_charset") X("accept-encoding", "accept_encoding") \
	X("accept-language", "accept_language") X("accept-ranges", "accept_ranges") N("age", "age") X("allow", "allow") \
	X("authorization", "authorization") X("cache-control", "cache_control") \
	X("content-disposition", "content_disposition") X("content-encoding", "content_encoding") \
	X("content-language", "content_language") N("content-length", "content_length") \
	X("content-location", "content_location") X("content-range", "content_range") X("content-type", "content_type") \
	X("cookie", "cookie") X("date", "date") X("etag", "etag") X("expect", "expect") X("expires", "expires") \
	X("from", "from") X("if-match", "if_match") X("if-modified-since", "if_modified_since") \
	X("if-none-match", "if_none_match") X("if-range", "if_range") X("if-unmodified-since", "if_unmodified_since") \
	X("last-modified", "last_modified") X("link", "link") X("location", "location") \
	X("proxy-authenticate", "proxy_authenticate") X("proxy-authorization", "proxy_authorization") X("range", "range") \
	X("referer", "referer") X("refresh", "refresh") X("retry-after", "retry_after") X("server", "server") \
	X("set-cookie", "set_cookie") X("strict-transport-security", "strict_transport_security") \
	X("user-agent", "user_agent") X("vary", "vary") X("via", "via") X("www-authenticate", "www_authenticate")
enum { STATUS = 1, AGE = 10, CONTENT_LENGTH = 17, AUTHORITY = 0, PATH = 2, SCHEME = 4 /* positions in it */ };

#define X(name, field) name,
static const char *const named[] = { NAMED_HEADERS(X, X) };
#undef X
enum { NAMED = sizeof(named) / sizeof(named[0]) };

static void walk_text(struct walk *w, unsigned field, const struct hpack_text *t)
{
	walk_bytes(w, field, t->bytes, t->len);
}

static int name_find(const struct hpack_text *t)
{
	for (int i = 0; i < NAMED; i++)
		if (strlen(named[i]) == t->len && !memcmp(named[i], t->bytes, t->len))
			return i;
	return -1;
}

static void walk_named(struct walk *w, int i, const struct hpack_text *value)
{
	uint64_t v = 0;

	if (i != STATUS && i != AGE && i != CONTENT_LENGTH) {
		walk_text(w, F_FIRST_HEADER + (unsigned)i, value);
		return;
	}
	for (uint32_t k = 0; k < value->len && k < 19 && value->bytes[k] >= '0' && value->bytes[k] <= '9'; k++)
		v = v * 10 + (value->bytes[k] - '0');
	walk_uint(w, F_FIRST_HEADER + (unsigned)i, v);
}

static void walk_repr(struct walk *w, const struct hpack_header *h)
{
	static const char *const texts[4][2] = {
		{ "Indexed Header Field", "Indexed Header Field" },
		{ "Literal Header Field with Incremental Indexing - New Name",
		  "Literal Header Field with Incremental Indexing - Indexed Name" },
		{ "Literal Header Field without Indexing - New Name", "Literal Header Field without Indexing - Indexed Name" },
		{ "Literal Header Field never Indexed - New Name", "Literal Header Field never Indexed - Indexed Name" },
	};
	const char *text = texts[h->repr][h->index != 0];

	walk_bytes(w, F_REPR, (const uint8_t *)text, (uint32_t)strlen(text));
	if (h->index)
		walk_uint(w, F_INDEX, h->index);
}

/* scheme://authority/path */
static void walk_uri(struct walk *w, const struct hpack_text part[NAMED])
{
	static const char between[] = "://";
	const struct hpack_text *s = &part[SCHEME], *a = &part[AUTHORITY], *p = &part[PATH];
	uint32_t len = s->len + 3 + a->len + p->len;
	uint8_t *uri;

	if (!s->len || !a->len || !p->len || !walk_wants(w, F_FULL_URI))
		return;
	uri = packet_scratch(w->p, len);
	if (!uri)
		return;
	memcpy(uri, s->bytes, s->len);
	memcpy(uri + s->len, between, 3);
	memcpy(uri + s->len + 3, a->bytes, a->len);
	memcpy(uri + s->len + 3 + a->len, p->bytes, p->len);
	walk_bytes(w, F_FULL_URI, uri, len);
}

static void walk_headers(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *kept = p->scratch + l->aux[0] - 1;
	struct hpack_text part[NAMED] = { { NULL, 0 } };
	uint32_t total = 0;
	struct hpack_header h;

	for (unsigned i = 0; i < l->aux[1]; i++) {
		memcpy(&h, kept + i * sizeof(h), sizeof(h));
		total += 8 + h.name.len + h.value.len;
	}
	walk_uint(w, F_HEADER_LENGTH, total);
	walk_uint(w, F_HEADER_COUNT, l->aux[1]);
	for (unsigned i = 0; i < l->aux[1]; i++) {
		int known;

		memcpy(&h, kept + i * sizeof(h), sizeof(h));
		walk_uint(w, F_NAME_LENGTH, h.name.len);
		walk_text(w, F_NAME, &h.name);
		walk_uint(w, F_VALUE_LENGTH, h.value.len);
		walk_text(w, F_VALUE, &h.value);
		known = name_find(&h.name);
		if (known >= 0) {
			walk_named(w, known, &h.value);
			part[known] = h.value;
		}
		walk_text(w, F_UNESCAPED, &h.value);
		walk_repr(w, &h);
	}
	walk_uri(w, part);
}

static void walk_settings(struct walk *w, struct cursor c)
{
	enum { MAX_HEADER_LIST = 6, EXTENDED_CONNECT = 8 };

	while (cursor_left(&c) >= SETTING) {
		unsigned id = cursor_be16(&c);
		uint32_t v = cursor_be32(&c);

		walk_uint(w, F_SETTING, id);
		if (id >= 1 && id <= MAX_HEADER_LIST)
			walk_uint(w, F_FIRST_SETTING + id - 1, v);
		else
			walk_uint(w, id == EXTENDED_CONNECT ? F_EXTENDED_CONNECT : F_UNKNOWN_SETTING, v);
	}
}

static void walk_priority(struct walk *w, struct cursor *c)
{
	const uint8_t *h = cursor_take(c, 5);

	if (!h)
		return;
	walk_uint(w, F_EXCLUSIVE, h[0] >> 7);
	walk_uint(w, F_DEPENDENCY, get_be32(h) & 0x7fffffff);
	walk_uint(w, F_WEIGHT, h[4]);
}

static void walk_payload(struct walk *w, const struct packet *p, const struct layer *l, const struct http2_frame *f)
{
	struct cursor c = f->payload;
	uint32_t n = (uint32_t)cursor_left(&c);

	switch (f->type) {
	case DATA:
		walk_uint(w, F_PAD_LENGTH, f->pad);
		if (n && l->aux[1] != GOES_ON)
			walk_bytes(w, F_DATA, c.pos, n);
		break;
	case HEADERS:
	case PUSH_PROMISE:
		walk_uint(w, F_PAD_LENGTH, f->pad);
		if (f->type == PUSH_PROMISE)
			walk_uint(w, F_PROMISED, cursor_be32(&c) & 0x7fffffff);
		else if (f->flags & WITH_PRIORITY)
			walk_priority(w, &c);
		if (cursor_left(&c))
			walk_bytes(w, F_BLOCK, c.pos, (uint32_t)cursor_left(&c));
		if (l->aux[0])
			walk_headers(w, p, l);
		break;
	case PRIORITY:
		walk_priority(w, &c);
		break;
	case RST_STREAM:
		walk_uint(w, F_RST_ERROR, cursor_be32(&c));
		break;
	case SETTINGS:
		walk_settings(w, c);
		break;
	case PING:
		if (n)
			walk_bytes(w, f->flags & ACK ? F_PONG : F_PING, c.pos, n);
		break;
	case GOAWAY:
		if (n < 8)
			break;
		walk_uint(w, F_GOAWAY_LAST, cursor_be32(&c) & 0x7fffffff);
		walk_uint(w, F_GOAWAY_ERROR, cursor_be32(&c));
		if (cursor_left(&c))
			walk_bytes(w, F_GOAWAY_DATA, c.pos, (uint32_t)cursor_left(&c));
		break;
	case WINDOW_UPDATE:
		if (n < 4)
			break;
		walk_uint(w, F_WINDOW_RESERVED, c.pos[0] >> 7);
		walk_uint(w, F_INCREMENT, get_be32(c.pos) & 0x7fffffff);
		break;
	}
}

static void http2_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct http2_frame f;

	if (http2_starts(&c)) {
		walk_bytes(w, F_MAGIC, c.pos, MAGIC);
		return;
	}
	if (!frame_read(c, &f))
		return;
	walk_uint(w, F_LENGTH, f.len);
	walk_uint(w, F_TYPE, f.type);
	walk_flags(w, &f);
	walk_uint(w, F_RESERVED, f.stream >> 31);
	walk_uint(w, F_STREAM, f.stream & 0x7fffffff);
	walk_payload(w, p, l, &f);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static NAMED_VALUES(types,
	(DATA, "DATA"), (HEADERS, "HEADERS"), (PRIORITY, "PRIORITY"), (RST_STREAM, "RST_STREAM"), (SETTINGS, "SETTINGS"),
	(PUSH_PROMISE, "PUSH_PROMISE"), (PING, "PING"), (GOAWAY, "GOAWAY"), (WINDOW_UPDATE, "WINDOW_UPDATE"),
	(CONTINUATION, "CONTINUATION")
);

/* tcpdump does not know it; with -v a line for each frame. */
static void http2_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const uint8_t shown[] = { 3, STATUS, SCHEME, AUTHORITY, PATH }; /* ":method" first */
	struct cursor c = packet_cursor(p, l);
	struct http2_frame f;
	const char *name;

	http_port_summary(s, p, l);
	if (!s->verbose || !cursor_left(&c))
		return;
	if (http2_starts(&c)) {
		outbuf_str(s->out, "\n\tHTTP/2: preface");
		return;
	}
	if (!frame_read(c, &f))
		return;
	name = named_value(&types, f.type);
	outbuf_str(s->out, "\n\tHTTP/2: ");
	outbuf_str(s->out, name ? name : "frame");
	outbuf_str(s->out, ", stream ");
	outbuf_u64(s->out, f.stream & 0x7fffffff);
	for (unsigned k = 0; l->aux[0] && k < sizeof(shown); k++)
		for (unsigned i = 0; i < l->aux[1]; i++) {
			struct hpack_header h;

			memcpy(&h, p->scratch + l->aux[0] - 1 + i * sizeof(h), sizeof(h));
			if (name_find(&h.name) != shown[k])
				continue;
			outbuf_char(s->out, ' ');
			outbuf_escaped(s->out, h.value.bytes, h.value.len);
		}
	outbuf_str(s->out, ", length ");
	outbuf_u64(s->out, f.len);
}

/* ---- the protocol ------------------------------------------------------------------------------------ */

static NAMED_VALUES(errors,
	(0, "NO_ERROR"), (1, "PROTOCOL_ERROR"), (2, "INTERNAL_ERROR"), (3, "FLOW_CONTROL_ERROR"), (4, "SETTINGS_TIMEOUT"),
	(5, "STREAM_CLOSED"), (6, "FRAME_SIZE_ERROR"), (7, "REFUSED_STREAM"), (8, "CANCEL"), (9, "COMPRESSION_ERROR"),
	(10, "CONNECT_ERROR"), (11, "ENHANCE_YOUR_CALM"), (12, "INADEQUATE_SECURITY"), (13, "HTTP_1_1_REQUIRED")
);

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define NUMBER(n, nam, lab) FIELD_HAS(n, lab, (.names = nam), .type = FIELD_UINT)
#define HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)
#define BOOL(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)
#define BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define X(header, n) (, TEXT("http2.headers." n, header)),
#define N(header, n) (, UINT("http2.headers." n, header)),

FIELD_TABLE(fields,
	(F_MAGIC, TEXT("http2.magic", "Preface")),
	(F_LENGTH, UINT("http2.length", "Length")),
	(F_TYPE, NUMBER("http2.type", &types, "Type")),
	(F_FLAGS, HEX("http2.flags", 2, "Flags")),
	(F_END_STREAM, BOOL("http2.flags.end_stream", "End of the stream")),
	(F_END_HEADERS, BOOL("http2.flags.eh", "End of the headers")),
	(F_PADDED, BOOL("http2.flags.padded", "Padded")),
	(F_PRIORITY, BOOL("http2.flags.priority", "With priority")),
	(F_ACK_SETTINGS, BOOL("http2.flags.ack.settings", "Settings acknowledged")),
	(F_ACK_PING, BOOL("http2.flags.ack.ping", "Ping acknowledged")),
	(F_UNUSED, HEX("http2.flags.unused", 2, "Unused flags")),
	(F_UNUSED_DATA, HEX("http2.flags.unused_data", 2, "Unused flags of data")),
	(F_UNUSED_HEADERS, HEX("http2.flags.unused_headers", 2, "Unused flags of headers")),
	(F_UNUSED_SETTINGS, HEX("http2.flags.unused_settings", 2, "Unused flags of settings")),
	(F_UNUSED_PUSH, HEX("http2.flags.unused_push_promise", 2, "Unused flags of promises")),
	(F_UNUSED_PING, HEX("http2.flags.unused_ping", 2, "Unused flags of pings")),
	(F_UNUSED_CONTINUATION, HEX("http2.flags.unused_continuation", 2, "Unused flags of continuations")),
	(F_RESERVED, HEX("http2.r", 8, "Reserved")),
	(F_STREAM, UINT("http2.streamid", "Stream")),
	(F_PAD_LENGTH, UINT("http2.pad_length", "Padding length")),
	(F_DATA, BYTES("http2.data.data", "Data")),
	(F_EXCLUSIVE, BOOL("http2.exclusive", "Exclusive")),
	(F_DEPENDENCY, UINT("http2.stream_dependency", "Depends on stream")),
	(F_WEIGHT, UINT("http2.headers.weight", "Weight")),
	(F_BLOCK, BYTES("http2.headers", "Header block")),
	(F_HEADER_LENGTH, UINT("http2.header.length", "Length of all headers")),
	(F_HEADER_COUNT, UINT("http2.header.count", "Number of headers")),
	(F_NAME_LENGTH, UINT("http2.header.name.length", "Name length")),
	(F_NAME, TEXT("http2.header.name", "Name")),
	(F_VALUE_LENGTH, UINT("http2.header.value.length", "Value length")),
	(F_VALUE, TEXT("http2.header.value", "Value")),
	(F_UNESCAPED, TEXT("http2.header.unescaped", "Value, unescaped")),
	(F_REPR, TEXT("http2.header.repr", "Representation")),
	(F_INDEX, UINT("http2.header.index", "Index")),
	(F_RST_ERROR, NUMBER("http2.rst_stream.error", &errors, "Error")),
	(F_SETTING, UINT("http2.settings.id", "Setting")),
	(F_FIRST_SETTING, UINT("http2.settings.header_table_size", "Header table size")),
	(, UINT("http2.settings.enable_push", "Push")),
	(, UINT("http2.settings.max_concurrent_streams", "Streams at a time")),
	(, UINT("http2.settings.initial_window_size", "Initial window")),
	(, UINT("http2.settings.max_frame_size", "Largest frame")),
	(, UINT("http2.settings.max_header_list_size", "Largest list of headers")),
	(F_EXTENDED_CONNECT, UINT("http2.settings.extended_connect", "Extended CONNECT")),
	(F_UNKNOWN_SETTING, UINT("http2.settings.unknown", "Unknown setting")),
	(F_PROMISED, UINT("http2.push_promise.promised_stream_id", "Promised stream")),
	(F_PING, BYTES("http2.ping", "Ping")),
	(F_PONG, BYTES("http2.pong", "Pong")),
	(F_GOAWAY_LAST, UINT("http2.goaway.last_stream_id", "Last stream")),
	(F_GOAWAY_ERROR, NUMBER("http2.goaway.error", &errors, "Error")),
	(F_GOAWAY_DATA, BYTES("http2.goaway.addata", "Debug data")),
	(F_WINDOW_RESERVED, HEX("http2.window_update.r", 8, "Reserved")),
	(F_INCREMENT, UINT("http2.window_update.window_size_increment", "Window increment")),
	(F_FULL_URI, TEXT("http2.request.full_uri", "URI")),
	NAMED_HEADERS(X, N)
);
#undef X
#undef N

const struct protocol proto_http2 = {
	.name = "http2",
	.title = "Hypertext Transfer Protocol 2",
	.reference = "RFC 9113",
	.application = true,
	.notes = true,
	.decode = http2_decode,
	.detect = http2_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("P"),
	.column_of = http2_column,
	PROTOCOL_WALK(http2_walk),
	.summary = http2_summary,
	PROTOCOL_FIELDS(fields),
};
