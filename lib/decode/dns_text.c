/* SPDX-License-Identifier: MIT */
/*
 * A DNS message in one line, in tcpdump's words:
 *
 *	12345+ A? example.com. (29)                     id, recursion desired, question, bytes
 *	12345* 1/2/0 A 192.0.2.1 (78)                   id, authoritative, counts, answers, bytes
 *
 * Flags: + recursion desired, % checking disabled; in answers * authoritative, - no recursion, | truncated, $ authentic.
 * Names end in a dot, except that a message which ends too early ends in [|domain]. -v shows the owners of records, -vv
 * all sections, -vvv the TTLs.
 */
#include "decode/dns.h"

struct line {
	struct summary *s;
	struct outbuf *out;
	const uint8_t *start, *end;
	bool multicast;
};

/* Bytes as fn_print of tcpdump shows them: ^A, M-a. */
static void put_visible(struct outbuf *o, const uint8_t *p, size_t n)
{
	for (; n; n--, p++) {
		uint8_t ch = *p;

		if (ch & 0x80) {
			outbuf_bytes(o, "M-", 2);
			ch &= 0x7f;
		}
		if (ch < 0x20 || ch == 0x7f) {
			outbuf_char(o, '^');
			ch ^= 0x40;
		}
		outbuf_char(o, (char)ch);
	}
}

static bool put_name(const struct line *l, struct cursor *c)
{
	struct dns_name n;

	if (!dns_name_read(c, l->start, l->end, &n)) {
		outbuf_str(l->out, "<BAD PTR>");
		return false;
	}
	if (n.text[0] != '<') {
		put_visible(l->out, n.text, n.len);
	} else if (n.len > 1 && n.text[1] != 'R') {
		outbuf_str(l->out, n.len > 20 ? "<BAD PTR>" : "<DOMAIN NAME TOO LONG>");
		return n.len <= 20;
	}
	outbuf_char(l->out, '.');
	return true;
}

static void put_type(struct outbuf *o, unsigned type)
{
	const char *name = dns_type_name(type);

	outbuf_char(o, ' ');
	outbuf_str(o, name ? name : "Type");
	if (!name)
		outbuf_u64(o, type);
}

static void put_class(struct outbuf *o, unsigned class)
{
	static const char *const names[] = { [3] = " CHAOS", [4] = " HS" };

	if (class == 1)
		return;
	if (class == 255) {
		outbuf_str(o, " ANY");
	} else if (class == 3 || class == 4) {
		outbuf_str(o, names[class]);
	} else {
		outbuf_str(o, " (Class ");
		outbuf_u64(o, class);
		outbuf_char(o, ')');
	}
}

static bool put_question(const struct line *l, struct cursor *c)
{
	struct cursor at = *c;
	const uint8_t *h;
	unsigned class;

	if (!dns_name_skip(c) || !(h = cursor_take(c, 4)))
		return false;
	class = get_be16(h + 2);
	put_type(l->out, get_be16(h));
	put_class(l->out, l->multicast ? class & 0x7fff : class);
	if (l->multicast)
		outbuf_str(l->out, class & 0x8000 ? " (QU)" : " (QM)");
	outbuf_str(l->out, "? ");
	return put_name(l, &at);
}

static void put_u(struct outbuf *o, char before, uint64_t v)
{
	outbuf_char(o, before);
	outbuf_u64(o, v);
}

static bool put_strings(const struct line *l, struct cursor *c)
{
	while (cursor_left(c)) {
		unsigned n = cursor_u8(c);
		const uint8_t *text = cursor_take(c, n);

		outbuf_str(l->out, " \"");
		if (!text)
			return false;
		put_visible(l->out, text, n);
		outbuf_char(l->out, '"');
	}
	return true;
}

static bool put_soa(const struct line *l, struct cursor *c)
{
	const uint8_t *h;

	if (!l->s->verbose)
		return true;
	for (int i = 0; i < 2; i++) {
		outbuf_char(l->out, ' ');
		if (!put_name(l, c))
			return false;
	}
	h = cursor_take(c, 20);
	for (int i = 0; h && i < 20; i += 4)
		put_u(l->out, ' ', get_be32(h + i));
	return h;
}

static void put_option(struct outbuf *o, unsigned code, const uint8_t *v, unsigned n)
{
	enum { SUBNET = 8, COOKIE = 10, KEEPALIVE = 11, PADDING = 12 };
	static const char names[][10] = { [1] = "LLQ", [2] = "UL", [3] = "NSID", [5] = "DAU", [6] = "DHU", [7] = "N3U",
					  [8] = "ECS", [9] = "EXPIRE", [10] = "COOKIE", [11] = "KEEPALIVE",
					  [12] = "PADDING", [13] = "CHAIN", [14] = "KEYTAG" };
	uint8_t addr[16] = { 0 };

	if (code < sizeof(names) / sizeof(names[0]) && names[code][0]) {
		outbuf_str(o, names[code]);
	} else {
		outbuf_str(o, "Opt");
		outbuf_u64(o, code);
	}
	outbuf_char(o, ' ');
	if (code == SUBNET && n >= 4 && n - 4 <= (get_be16(v) == 1 ? 4 : 16)) {
		memcpy(addr, v + 4, n - 4);
		if (get_be16(v) == 1)
			outbuf_ipv4(o, addr);
		else
			outbuf_ipv6(o, addr);
		put_u(o, '/', v[2]);
		put_u(o, '/', v[3]);
	} else if (code == COOKIE && n > 8) {
		outbuf_hexbytes(o, v, 8, 0);
		outbuf_char(o, ' ');
		outbuf_hexbytes(o, v + 8, n - 8, 0);
	} else if (code == KEEPALIVE && n == 2) {
		outbuf_u64(o, get_be16(v) / 10);
		put_u(o, '.', get_be16(v) % 10);
		outbuf_str(o, " sec");
	} else if (code == PADDING) {
		put_u(o, '(', n);
		outbuf_char(o, ')');
	} else {
		outbuf_hexbytes(o, v, n, 0);
	}
}

static void put_opt(const struct line *l, const struct dns_record *r)
{
	struct cursor c = r->data;
	bool any = false;

	outbuf_str(l->out, " UDPsize=");
	outbuf_u64(l->out, r->class);
	if (r->ttl & 0x8000)
		outbuf_str(l->out, " DO");
	while (cursor_left(&c)) {
		unsigned code = cursor_be16(&c), n = cursor_be16(&c);
		const uint8_t *v = cursor_take(&c, n);

		if (!v)
			break;
		outbuf_str(l->out, any ? "," : " [");
		put_option(l->out, code, v, n);
		any = true;
	}
	if (any)
		outbuf_char(l->out, ']');
}

/* The data of a record; false if it is broken. */
static bool put_data(const struct line *l, struct dns_record *r)
{
	struct cursor *c = &r->data;
	struct outbuf *o = l->out;
	const uint8_t *h;

	switch (r->type) {
	case DNS_A:
		h = cursor_take(c, 4);
		if (!h)
			return false;
		outbuf_char(o, ' ');
		outbuf_ipv4(o, h);
		return true;
	case DNS_AAAA:
		h = cursor_take(c, 16);
		if (!h)
			return false;
		outbuf_char(o, ' ');
		outbuf_ipv6(o, h);
		return true;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
	case DNS_DNAME:
		outbuf_char(o, ' ');
		return put_name(l, c);
	case DNS_SOA:
		return put_soa(l, c);
	case DNS_MX:
		h = cursor_take(c, 2);
		outbuf_char(o, ' ');
		if (!h || !put_name(l, c))
			return false;
		put_u(o, ' ', get_be16(h));
		return true;
	case DNS_SRV:
		h = cursor_take(c, 6);
		outbuf_char(o, ' ');
		if (!h || !put_name(l, c))
			return false;
		put_u(o, ':', get_be16(h + 4));
		put_u(o, ' ', get_be16(h));
		put_u(o, ' ', get_be16(h + 2));
		return true;
	case DNS_TXT:
		return put_strings(l, c);
	case DNS_OPT:
		put_opt(l, r);
		return true;
	}
	return true;
}

/* 90061 -> 1d1h1m1s */
static void put_seconds(struct outbuf *o, uint32_t s)
{
	static const struct {
		uint32_t s;
		char letter;
	} units[] = { { 604800, 'w' }, { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	bool any = false;

	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint32_t n = s / units[i].s;

		s %= units[i].s;
		if (!n && (any || units[i].s > 1))
			continue;
		outbuf_u64(o, n);
		outbuf_char(o, units[i].letter);
		any = true;
	}
}

static bool put_record(const struct line *l, struct cursor *c)
{
	struct outbuf *o = l->out;
	struct dns_record r;
	struct cursor name = *c;

	if (l->s->verbose && !put_name(l, &name))
		return false;
	if (!dns_record_read(c, &r))
		return false;
	if (r.type != DNS_OPT)
		put_class(o, l->multicast ? r.class & 0x7fff : r.class);
	if (l->multicast && r.class & 0x8000 && r.type != DNS_OPT)
		outbuf_str(o, " (Cache flush)");
	if (l->s->verbose > 2 && r.type != DNS_OPT) {
		outbuf_str(o, " [");
		put_seconds(o, r.ttl);
		outbuf_char(o, ']');
	}
	put_type(o, r.type);
	/* a dynamic update may name a record without giving its data */
	return !c->cut && ((!r.len && r.type != DNS_OPT) || put_data(l, &r));
}

static bool put_section(const struct line *l, struct cursor *c, const char *title, unsigned n)
{
	if (n)
		outbuf_str(l->out, title);
	for (unsigned i = 0; i < n; i++) {
		if (i)
			outbuf_char(l->out, ',');
		if (l->s->verbose)
			outbuf_char(l->out, ' ');
		if (!put_record(l, c))
			return false;
	}
	return true;
}

/* The upper bits of the reply code, from an OPT record if there is one. */
static unsigned extended_rcode(struct cursor c, const uint8_t *h)
{
	struct dns_record r;
	unsigned n;

	for (n = get_be16(h + 4); n; n--)
		if (!dns_name_skip(&c) || !cursor_skip(&c, 4))
			return 0;
	for (n = get_be16(h + 6) + get_be16(h + 8) + get_be16(h + 10); n; n--) {
		if (!dns_record_read(&c, &r))
			return 0;
		if (r.type == DNS_OPT)
			return r.ttl >> 24 << 4;
	}
	return 0;
}

static void put_rcode(struct outbuf *o, unsigned rcode)
{
	static const char names[][11] = { "", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused", " YXDomain",
					  " YXRRSet", " NXRRSet", " NotAuth", " NotZone", "", "", "", "", " NoChange",
					  " BadVers", " BadKey", " BadTime", " BadMode", " BadName", " BadAlg", " BadTrunc",
					  " BadCookie" };

	if (rcode < sizeof(names) / sizeof(names[0]) && (names[rcode][0] || !rcode)) {
		outbuf_str(o, names[rcode]);
	} else {
		outbuf_str(o, " Resp");
		outbuf_u64(o, rcode);
	}
}

static const char opcode_words[16][10] = { "", " inv_q", " stat", " op3", " notify", " update", " op6", " op7", " op8",
					   " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit",
					   " zoneRef" };

static void put_count(struct outbuf *o, unsigned n, const char *what)
{
	outbuf_char(o, ' ');
	put_u(o, '[', n);
	outbuf_str(o, what);
	outbuf_char(o, ']');
}

static bool put_answer(const struct line *l, struct cursor *c, const uint8_t *h)
{
	unsigned flags = get_be16(h + 2), questions = get_be16(h + 4), answers = get_be16(h + 6);
	struct outbuf *o = l->out;

	put_rcode(o, (flags & 15) | extended_rcode(*c, h));
	if (flags & 0x0400)
		outbuf_char(o, '*');
	if (!(flags & 0x0080))
		outbuf_char(o, '-');
	if (flags & 0x0200)
		outbuf_char(o, '|');
	if (flags & 0x0020)
		outbuf_char(o, '$');
	if (questions != 1)
		put_count(o, questions, "q");
	for (unsigned i = 0; i < questions; i++) {
		if (i)
			outbuf_char(o, ',');
		if (l->s->verbose > 1)
			outbuf_str(o, " q:");
		if (l->s->verbose > 1 ? !put_question(l, c) : !dns_name_skip(c) || !cursor_skip(c, 4))
			return false;
	}
	put_u(o, ' ', answers);
	put_u(o, '/', get_be16(h + 8));
	put_u(o, '/', get_be16(h + 10));
	if (!put_section(l, c, "", answers))
		return false;
	return l->s->verbose < 2 ||
	       (put_section(l, c, " ns:", get_be16(h + 8)) && put_section(l, c, " ar:", get_be16(h + 10)));
}

static bool put_query(const struct line *l, struct cursor *c, const uint8_t *h)
{
	enum { INVERSE_QUERY = 1 };
	unsigned flags = get_be16(h + 2), opcode = flags >> 11 & 15, questions = get_be16(h + 4), answers = get_be16(h + 6);
	struct outbuf *o = l->out;

	if (flags & 0x0100)
		outbuf_char(o, '+');
	if (flags & 0x0010)
		outbuf_char(o, '%');
	if (flags & 0x06cf) {
		outbuf_str(o, " [b2&3=0x");
		outbuf_printf(o, "%x]", flags);
	}
	if (opcode == INVERSE_QUERY) {
		if (questions)
			put_count(o, questions, "q");
		if (answers != 1)
			put_count(o, answers, "a");
	} else {
		if (answers)
			put_count(o, answers, "a");
		if (questions != 1)
			put_count(o, questions, "q");
	}
	if (get_be16(h + 8))
		put_count(o, get_be16(h + 8), "n");
	if (get_be16(h + 10))
		put_count(o, get_be16(h + 10), "au");
	for (unsigned i = 0; i < questions; i++)
		if (!put_question(l, c))
			return false;
	return l->s->verbose < 2 || (put_section(l, c, "", answers) && put_section(l, c, " ns:", get_be16(h + 8)) &&
				     put_section(l, c, " ar:", get_be16(h + 10)));
}

/* tcpdump knows nothing of messages that span or share segments, and says so. */
static bool segment_is_message(struct outbuf *o, const struct packet *p, const struct layer *l)
{
	uint32_t promised = get_be16(layer_at(p, l) - 2);
	uint32_t there = l[-1].wire_end - l->off;

	if (promised == there)
		return true;
	outbuf_str(o, "[prefix length(");
	outbuf_u64(o, promised);
	outbuf_str(o, ") != length(");
	outbuf_u64(o, there);
	outbuf_str(o, ")] (invalid)");
	return false;
}

void dns_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	bool tcp, good;
	struct cursor c = dns_message(p, l, &tcp);
	struct line line = { s, s->out, c.pos, c.end, l->proto == PROTO_mdns };
	uint32_t len = l->wire_end - l->off;
	const uint8_t *h = cursor_take(&c, DNS_HEADER);

	if (tcp)
		outbuf_char(s->out, ' ');
	if (tcp && l[-1].proto == PROTO_tcp && !segment_is_message(s->out, p, l))
		return;
	if (!h && !c.snapped) {
		outbuf_str(s->out, "domain [length ");
		outbuf_u64(s->out, len);
		outbuf_str(s->out, " < 12] (invalid)");
		return;
	}
	good = h;
	if (h) {
		outbuf_u64(s->out, get_be16(h));
		outbuf_str(s->out, opcode_words[h[2] >> 3 & 15]);
		good = h[2] & 0x80 ? put_answer(&line, &c, h) : put_query(&line, &c, h);
	}
	if (!good) {
		if (l->result == DECODE_OK) /* otherwise whoever composes the line says so */
			outbuf_str(s->out, " [|domain]");
		return;
	}
	outbuf_char(s->out, ' ');
	put_u(s->out, '(', len);
	outbuf_char(s->out, ')');
}
