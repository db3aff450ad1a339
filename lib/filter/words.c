/* SPDX-License-Identifier: MIT */
/*
 * The words for people in a hurry, which name no field:
 *
 *   [tcp|udp|ip|…] [src|dst] [host|net|port|portrange] VALUE      as tcpdump users type it; VALUE may be a range or a {set}
 *   stream 7                                                       the seventh conversation, once decoding numbers them
 *   10.0.0.1   fe80::/10   aa:bb:cc:dd:ee:ff                       either end has this address
 *   anything else, "quoted or not"                                 text anywhere in the frame, upper and lower case alike
 *
 * Each becomes tests of the fields in the table below; a field that no decoder has is passed over.
 */
#include "internal.h"

enum direction { EITHER, SOURCE, DESTINATION, DIRECTIONS };
enum subject { ADDRESS_IPV4, ADDRESS_IPV6, ADDRESS_ETHER, PORTS, STREAMS };
enum { ALTERNATIVES = 3 };

static const char *const fields_of[][DIRECTIONS][ALTERNATIVES] = {
	[ADDRESS_IPV4] = { { "ip.addr", "arp.src.proto_ipv4", "arp.dst.proto_ipv4" },
			   { "ip.src", "arp.src.proto_ipv4" },
			   { "ip.dst", "arp.dst.proto_ipv4" } },
	[ADDRESS_IPV6] = { { "ipv6.addr" }, { "ipv6.src" }, { "ipv6.dst" } },
	[ADDRESS_ETHER] = { { "eth.addr" }, { "eth.src" }, { "eth.dst" } },
	[PORTS] = { { "tcp.port", "udp.port", "sctp.port" },
		    { "tcp.srcport", "udp.srcport", "sctp.srcport" },
		    { "tcp.dstport", "udp.dstport", "sctp.dstport" } },
	[STREAMS] = { { "tcp.stream", "udp.stream" }, { NULL }, { NULL } },
};

/* Is `name` a field of the protocol? NULL means any. */
static bool belongs(const char *name, const struct field *protocol)
{
	size_t n;

	if (!protocol)
		return true;
	n = strlen(field_name(protocol));
	return !strncmp(name, field_name(protocol), n) && name[n] == '.';
}

static struct operand *literal_here(struct parser *ps)
{
	struct operand *lit = parser_alloc(ps, sizeof(*lit));

	if (!lit)
		return NULL;
	lit->tok = ps->tok;
	parser_next(ps);
	return lit;
}

/* The value at the token, tested against each field of the row; the text is read once per field. */
static struct node *any_field(struct parser *ps, enum subject what, enum direction dir, const struct field *protocol,
			      const struct token *word)
{
	struct node *either = node_new(ps, NODE_OR), *n;
	struct parser start = *ps;

	for (int i = 0; i < ALTERNATIVES && either; i++) {
		const char *name = fields_of[what][dir][i];
		const struct field *f = name && belongs(name, protocol) ? field_find(name, strlen(name)) : NULL;

		if (!f)
			continue;
		if (ps->error)
			return NULL;
		*ps = start;
		n = token_is(ps, "{") ? relation_in(ps, 0, operand_of_field(ps, f, &ps->tok)) :
					relation_equals(ps, name, literal_here(ps));
		if (!n)
			return NULL;
		n->test->at = word->at;
		n->test->len = ps->prev_end - word->at;
		node_append(either, n);
	}
	if (either && !either->first) {
		char text[40];

		token_text(ps, word, text, sizeof(text));
		if (what == STREAMS)
			parser_fail(ps, word->at, word->len, "%s needs the field tcp.stream, which comes with flows; this version "
				    "has none", text);
		else
			parser_fail(ps, word->at, word->len, "%s has nothing that %s could be compared with",
				    protocol ? field_name(protocol) : text, text);
	}
	return either && either->first && !either->first->next ? either->first : either;
}

static int address_subject(const struct parser *ps)
{
	static const uint8_t subject[] = { [FIELD_IPV4] = ADDRESS_IPV4, [FIELD_IPV6] = ADDRESS_IPV6,
					   [FIELD_ETHER] = ADDRESS_ETHER };
	char text[80];
	int type = -1;

	if (ps->tok.kind == TOKEN_WORD && ps->tok.len < sizeof(text))
		type = literal_address_type(token_text(ps, &ps->tok, text, sizeof(text)));
	return type < 0 ? -1 : subject[type];
}

/* host, net and plain src or dst: what the value looks like decides. In a set the first value does. */
static struct node *address_words(struct parser *ps, enum direction dir, const struct field *protocol, const struct token *word)
{
	struct parser start = *ps;
	int subject;
	char text[40];

	if (token_is(ps, "{"))
		parser_next(ps);
	subject = address_subject(ps);
	*ps = start;
	if (subject >= 0)
		return any_field(ps, (enum subject)subject, dir, protocol, word);
	parser_fail(ps, ps->tok.at, ps->tok.len, "%s wants an address such as 10.0.0.1, 10.0.0.0/8, fe80::1 or "
		    "aa:bb:cc:dd:ee:ff", token_text(ps, word, text, sizeof(text)));
	return NULL;
}

static bool starts_value(const struct parser *ps)
{
	return ps->tok.kind == TOKEN_WORD || token_is(ps, "{");
}

/* Words that go between tests and so are never a value. */
static bool is_connective(const struct parser *ps)
{
	static const char *const words[] = { "and", "or", "not", "AND", "OR", "NOT" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (token_is(ps, words[i]))
			return true;
	return relation_of(ps) != REL_NONE;
}

struct node *words_parse(struct parser *ps, const struct field *protocol)
{
	struct parser start = *ps;
	struct token word = ps->tok;
	enum direction dir = token_is(ps, "src") ? SOURCE : token_is(ps, "dst") ? DESTINATION : EITHER;
	bool port, address;

	if (ps->tok.kind != TOKEN_WORD)
		return NULL;
	if (dir != EITHER)
		parser_next(ps);
	port = token_is(ps, "port") || token_is(ps, "portrange");
	address = token_is(ps, "host") || token_is(ps, "net");
	if (port || address) {
		word = ps->tok;
		parser_next(ps);
	} else if (dir == EITHER && token_is(ps, "stream")) {
		parser_next(ps);
		if (starts_value(ps) && !is_connective(ps))
			return any_field(ps, STREAMS, dir, protocol, &word);
	}
	if (starts_value(ps) && !is_connective(ps)) {
		if (port)
			return any_field(ps, PORTS, dir, protocol, &word);
		if (address || dir != EITHER)
			return address_words(ps, dir, protocol, &word);
	}
	*ps = start; /* a text to search for, after all */
	return NULL;
}

/* ---- values on their own --------------------------------------------------------------------- */

static void hint(struct parser *ps, const char *fmt, const char *word, const char *near)
{
	struct outbuf o;

	if (!ps->notes || ps->notes->hint[0])
		return;
	outbuf_fixed(&o, ps->notes->hint, sizeof(ps->notes->hint));
	outbuf_printf(&o, fmt, word, near);
	outbuf_cstr(&o);
}

static void hint_about(struct parser *ps, const char *word)
{
	const char *near = field_nearest(word), *dot = strchr(word, '.');
	uint64_t number;

	if (text_parse_u64(word, &number) && number < 65536)
		hint(ps, "the word %s is searched as text in the frames; did you mean port %s?", word, word);
	else if (near && strlen(word) > 2)
		hint(ps, "the word %s is searched as text in the frames; did you mean %s?", word, near);
	else if (dot && field_find(word, (size_t)(dot - word))) /* tcp.analysis.flags, ip.src_host: found nowhere, and why? */
		hint(ps, "the word %s is searched as text in the frames, as it is no field%s (--fields lists them)", word, "");
	else if (!word[strspn(word, "0123456789./")])
		hint(ps, "the word %s is searched as text in the frames, as it is no whole address%s", word, "");
}

struct node *words_bare(struct parser *ps, const struct token *t)
{
	struct parser at = *ps;
	char word[80];
	int subject;

	if (t->kind != TOKEN_WORD)
		return search_frame(ps, t->string, t->string_len, true, t);
	at.tok = *t;
	subject = address_subject(&at);
	if (subject >= 0) {
		struct node *n = any_field(&at, (enum subject)subject, EITHER, NULL, t);

		ps->error = at.error;
		return n;
	}
	token_text(ps, t, word, sizeof(word));
	hint_about(ps, word);
	return search_frame(ps, (const uint8_t *)ps->text + t->at, t->len, true, t);
}
