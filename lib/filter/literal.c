/* SPDX-License-Identifier: MIT */
/*
 * The right-hand sides: text to a value of the type that the field wants. A literal has no type of its own; "53", 10.0.0.1
 * and aa:bb are only words until a field says what they should be. What cannot be one is refused in a sentence that names
 * both types.
 *
 *   numbers    443 0x1bb 0673 'c' -1 true, or a name that the field gives its numbers
 *   addresses  10.0.0.1 10.0.0.0/8 fe80::1 fe80::/10 aa:bb:cc:dd:ee:ff aa-bb-.. aabb.ccdd.eeff
 *   bytes      aa:bb aa-bb aa.bb aabb 0xaabb "text"
 *   times      2026-11-20 "2026-11-20 12:00:00.5" "Nov 20, 2026 12:00:00" 1795176000.5; spans 1.5 10ms
 */
#include "internal.h"

enum { WORD_MAX = 400 };

const char *type_name(uint8_t type)
{
	static const char *const names[] = {
		[FIELD_BOOL] = "true or false", [FIELD_UINT] = "a number", [FIELD_INT] = "a number",
		[FIELD_TIME] = "a point in time", [FIELD_DURATION] = "a span of time", [FIELD_IPV4] = "an IPv4 address",
		[FIELD_IPV6] = "an IPv6 address", [FIELD_ETHER] = "an Ethernet address", [FIELD_STRING] = "text",
		[FIELD_BYTES] = "bytes", [FIELD_PROTOCOL] = "a protocol",
	};

	return names[type];
}

/* The largest number a field can hold, UINT64_MAX when that is not known. */
static uint64_t field_maximum(const struct field *f)
{
	uint64_t max;

	if (f->is_either)
		return field_maximum(&protocols[field_proto(f)]->fields[f->either[0] - 1]);
	if (!f->width || f->width > 8)
		return UINT64_MAX;
	max = f->width == 8 ? UINT64_MAX : (1ull << f->width * 8) - 1;
	return f->mask ? (f->mask & max) >> f->shift : max;
}

/* ---- words of each type --------------------------------------------------------------- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool literal_bytes(const char *w, uint8_t *out, uint32_t *len)
{
	uint32_t n = 0, digits = 0;
	char sep = 0;

	if (w[0] == '0' && (w[1] | 0x20) == 'x')
		w += 2;
	while (hex_value(w[digits]) >= 0)
		digits++;
	if (digits <= 2 && w[digits] && strchr(":-.", w[digits]))
		sep = w[digits];
	else if (w[digits] || (digits > 1 && digits % 2))
		return false;
	for (;;) {
		if (hex_value(w[0]) < 0)
			return false;
		digits = 1 + (hex_value(w[1]) >= 0);
		out[n++] = (uint8_t)(digits == 2 ? hex_value(w[0]) * 16 + hex_value(w[1]) : hex_value(w[0]));
		w += digits;
		if (!*w)
			break;
		if (sep && *w++ != sep)
			return false;
	}
	*len = n;
	return true;
}

/* 443, 0x1bb, 0673, 0b11; a sign only for signed fields. */
static bool parse_number(const char *w, bool is_signed, uint64_t *v)
{
	bool minus = is_signed && *w == '-';
	uint64_t n = 0, base = 10;

	w += minus;
	if (*w == '0' && (w[1] | 0x20) == 'x') {
		base = 16;
		w += 2;
	} else if (*w == '0' && (w[1] | 0x20) == 'b') {
		base = 2;
		w += 2;
	} else if (*w == '0' && w[1]) {
		base = 8;
		w++;
	}
	if (!*w)
		return false;
	for (; *w; w++) {
		int d = hex_value(*w);

		if (d < 0 || (uint64_t)d >= base || n > (UINT64_MAX - (uint64_t)d) / base)
			return false;
		n = n * base + (uint64_t)d;
	}
	if (is_signed && n > (uint64_t)INT64_MAX + minus)
		return false;
	*v = minus ? -n : n;
	return true;
}

static bool same_word(const char *a, const char *b)
{
	for (; *a && *b && (*a == *b || ((*a | 0x20) == (*b | 0x20) && (*a | 0x20) >= 'a' && (*a | 0x20) <= 'z')); a++)
		b++;
	return !*a && !*b;
}

static bool parse_bool(const char *w, uint64_t *v)
{
	*v = same_word(w, "true") || same_word(w, "set"); /* what flags are called */
	return *v || same_word(w, "false") || same_word(w, "not set");
}

/* Seconds (`ms`: milliseconds) with up to nine decimals, maybe negative, to ns; or what text_parse_duration takes. */
static bool parse_span(const char *w, int64_t *ns, bool ms)
{
	bool minus = *w == '-';

	if (!text_parse_duration(w + minus, ns))
		return false;
	if (ms && !w[strspn(w, "-.0123456789")])
		*ns /= 1000;
	if (minus)
		*ns = -*ns;
	return true;
}

/* "Nov 20, 2026 12:00:00.5" as Wireshark prints it, rewritten as 2026-11-20 12:00:00.5 */
static bool parse_month_time(const char *w, int64_t *ns)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char iso[64], day[3] = "00";
	struct outbuf o;
	const char *m;
	int digits;
	size_t n;
	bool utc;

	if (strlen(w) < 12 || strlen(w) > 50 || w[3] != ' ')
		return false;
	for (m = months; *m && strncmp(m, w, 3); m += 3)
		;
	if (!*m)
		return false;
	for (w += 4; *w == ' '; w++)
		;
	for (digits = 0; digits < 2 && w[digits] >= '0' && w[digits] <= '9'; digits++)
		;
	if (!digits || w[digits] != ',' || w[digits + 1] != ' ')
		return false;
	day[1] = w[digits - 1];
	if (digits == 2)
		day[0] = w[0];
	w += digits + 2;
	if (strlen(w) < 4)
		return false;
	outbuf_fixed(&o, iso, sizeof(iso));
	outbuf_bytes(&o, w, 4);
	outbuf_char(&o, '-');
	outbuf_padded(&o, (uint32_t)(m - months) / 3 + 1, 2);
	outbuf_char(&o, '-');
	outbuf_str(&o, day);
	n = strlen(w);
	utc = n > 4 && !strcmp(w + n - 4, " UTC");
	outbuf_bytes(&o, w + 4, n - 4 - (utc ? 4 : 0));
	outbuf_str(&o, utc ? "Z" : "");
	return text_parse_time(outbuf_cstr(&o), ns);
}

/* 10.0.0.0/8: the first and last address of the block. */
static bool parse_ipv4_block(const char *w, uint64_t *lo, uint64_t *hi)
{
	char addr[WORD_MAX];
	const char *slash = strchr(w, '/');
	size_t n = slash ? (size_t)(slash - w) : strlen(w);
	uint64_t bits = 32, host;
	uint8_t b[4];

	if (n >= sizeof(addr))
		return false;
	memcpy(addr, w, n);
	addr[n] = 0;
	if (!text_parse_ipv4(addr, b) || (slash && (!text_parse_u64(slash + 1, &bits) || bits > 32)))
		return false;
	host = 0xffffffffull >> bits;
	*lo = get_be32(b) & ~host;
	*hi = get_be32(b) | host;
	return true;
}

static bool parse_ipv6_block(const char *w, uint8_t addr[16], uint8_t *prefix)
{
	char text[WORD_MAX];
	const char *slash = strchr(w, '/');
	size_t n = slash ? (size_t)(slash - w) : strlen(w);
	uint64_t bits = 128;

	if (n >= sizeof(text))
		return false;
	memcpy(text, w, n);
	text[n] = 0;
	if (!text_parse_ipv6(text, addr) || (slash && (!text_parse_u64(slash + 1, &bits) || bits > 128)))
		return false;
	*prefix = (uint8_t)bits;
	return true;
}

int literal_address_type(const char *w)
{
	uint8_t b[16], prefix;
	uint64_t lo, hi;

	if (text_parse_mac(w, b))
		return FIELD_ETHER;
	if (parse_ipv4_block(w, &lo, &hi))
		return FIELD_IPV4;
	return parse_ipv6_block(w, b, &prefix) ? FIELD_IPV6 : -1;
}

/* ---- by the field's type ------------------------------------------------------------------ */

/* What the word looks like, for the sentence that refuses it. */
static const char *looks_like(const struct operand *lit, const char *w)
{
	int address = literal_address_type(w);
	uint64_t v;

	if (lit->tok.kind == TOKEN_STRING)
		return "text";
	if (address >= 0)
		return type_name((uint8_t)address);
	if (parse_number(w, true, &v) || parse_number(w, false, &v))
		return "a number";
	return parse_bool(w, &v) ? "true or false" : NULL;
}

static const char *example_of(uint8_t type)
{
	switch (type) {
	case FIELD_BOOL: return "true, false, 1 or 0";
	case FIELD_UINT: case FIELD_INT: return "443 or 0x1bb";
	case FIELD_TIME: return "\"2026-11-20 12:00:00\"";
	case FIELD_DURATION: return "0.5 (seconds) or 10ms";
	case FIELD_IPV4: return "10.0.0.1 or 10.0.0.0/8";
	case FIELD_IPV6: return "fe80::1 or fe80::/10";
	case FIELD_ETHER: return "aa:bb:cc:dd:ee:ff";
	case FIELD_STRING: return "\"text\"";
	default: return "aa:bb:cc or \"text\"";
	}
}

static const char *called(const struct operand *field)
{
	return field->called ? field->called : field_name(field->field);
}

static const char *operand_name(const struct parser *ps, const struct operand *o, char *buf, size_t size)
{
	struct token t = o->tok;

	if (!o->steps)
		return called(o);
	return token_text(ps, &t, buf, size);
}

static bool refuse(struct parser *ps, const struct operand *field, const struct operand *lit, const char *w)
{
	char name[60];
	const char *kind = looks_like(lit, w);
	const char *quote = lit->tok.kind == TOKEN_STRING ? "\"" : "";

	operand_name(ps, field, name, sizeof(name));
	if (field->field && !field->steps)
		parser_fail(ps, lit->tok.at, lit->tok.len, "%s is %s and %s%.40s%s is %s; compare it with %s", called(field),
			    type_name(field->type), quote, w, quote, kind ? kind : "none", example_of(field->type));
	else
		parser_fail(ps, lit->tok.at, lit->tok.len, "%s gives %s and %s%.40s%s is %s; compare it with %s", name,
			    type_name(field->type), quote, w, quote, kind ? kind : "none", example_of(field->type));
	return false;
}

static bool parse_name(const struct field *f, const char *w, uint64_t *v)
{
	for (struct named_value n = { 0 }; named_values_next(field_names(f), &n);)
		if (same_word(n.name, w)) {
			*v = n.value;
			return true;
		}
	return false;
}

static bool refuse_name(struct parser *ps, const struct operand *field, const struct operand *lit, const char *w)
{
	const struct named_values *names = field_names(field->field);
	struct text_nearest near = { .word = w };
	struct named_value first = { 0 };

	for (struct named_value n = { 0 }; named_values_next(names, &n);)
		text_nearest_try(&near, n.name);
	named_values_next(names, &first);
	if (near.best)
		parser_fail(ps, lit->tok.at, lit->tok.len, "%.40s is no value of %s; did you mean \"%s\"?", w, called(field),
			    near.best);
	else
		parser_fail(ps, lit->tok.at, lit->tok.len, "%.40s is no value of %s, which is a number such as %u (%s)", w,
			    called(field), first.value, first.name);
	return false;
}

static bool parse_integer(struct parser *ps, const struct operand *field, const struct operand *lit, const char *w,
			  struct literal *v)
{
	bool is_signed = field->type == FIELD_INT, plain = field->field && !field->steps;
	uint64_t max = plain ? field_maximum(field->field) : UINT64_MAX, n;

	if (lit->tok.kind == TOKEN_CHAR)
		n = lit->tok.string[0];
	else if (!parse_number(w, is_signed, &n) && !(plain && parse_name(field->field, w, &n)) && !parse_bool(w, &n))
		return plain && field_names(field->field) && !looks_like(lit, w) ? refuse_name(ps, field, lit, w) :
										refuse(ps, field, lit, w);
	if (!is_signed && n > max) {
		parser_fail(ps, lit->tok.at, lit->tok.len, "%.30s is too large for %s, which goes up to %llu", w,
			    called(field), (unsigned long long)max);
		return false;
	}
	v->lo = v->hi = is_signed ? n ^ KEY_SIGN : n;
	return true;
}

/* True is every number but 0, as some flags are wider than a bit. */
static bool parse_flag(struct parser *ps, const struct operand *field, const struct operand *lit, const char *w, struct literal *v)
{
	uint64_t n;

	if (!parse_bool(w, &n) && !parse_number(w, false, &n) && !(field->field && parse_name(field->field, w, &n)))
		return refuse(ps, field, lit, w);
	v->lo = n != 0;
	v->hi = n ? UINT64_MAX : 0;
	return true;
}

static bool parse_moment(struct parser *ps, const struct operand *field, const struct operand *lit, const char *w,
			 struct literal *v)
{
	bool ms = field->field && field->field->show == SHOW_MS;
	int64_t ns;

	if (field->type == FIELD_DURATION ? !parse_span(w, &ns, ms) : !text_parse_time(w, &ns) && !parse_month_time(w, &ns))
		return refuse(ps, field, lit, w);
	v->lo = v->hi = (uint64_t)ns ^ KEY_SIGN;
	return true;
}

static bool parse_address(struct parser *ps, const struct operand *field, const struct operand *lit, const char *w,
			  struct literal *v)
{
	uint8_t *b;

	if (field->type == FIELD_IPV4) {
		if (!parse_ipv4_block(w, &v->lo, &v->hi))
			return refuse(ps, field, lit, w);
		return true;
	}
	b = parser_alloc(ps, 16);
	if (!b)
		return false;
	if (field->type == FIELD_ETHER) {
		if (!text_parse_mac(w, b))
			return refuse(ps, field, lit, w);
		v->lo = v->hi = (uint64_t)get_be16(b) << 32 | get_be32(b + 2);
		return true;
	}
	v->bytes = b;
	v->len = 16;
	return parse_ipv6_block(w, b, &v->prefix) || refuse(ps, field, lit, w);
}

/* STRING, BYTES and PROTOCOL. */
static bool parse_text(struct parser *ps, const struct operand *field, const struct operand *lit, const char *w, struct literal *v)
{
	uint8_t *b;

	if (lit->tok.kind == TOKEN_STRING || lit->tok.kind == TOKEN_CHAR) {
		v->bytes = lit->tok.string;
		v->len = lit->tok.string_len;
		return true;
	}
	b = parser_alloc(ps, strlen(w) + 1);
	if (!b)
		return false;
	v->bytes = b;
	if (field->type != FIELD_STRING)
		return literal_bytes(w, b, &v->len) || refuse(ps, field, lit, w);
	v->len = (uint32_t)strlen(w);
	memcpy(b, w, v->len);
	return true;
}

/* The literal as a C string; one with a NUL byte inside gives "", which only text and bytes accept. */
static const char *literal_word(struct parser *ps, const struct operand *lit)
{
	uint32_t len = lit->tok.string ? lit->tok.string_len : lit->tok.len;
	char *w = parser_alloc(ps, len + 1u);

	if (!w)
		return NULL;
	if (!lit->tok.string)
		return token_text(ps, &lit->tok, w, len + 1u);
	if (!memchr(lit->tok.string, 0, len))
		memcpy(w, lit->tok.string, len);
	return w;
}

bool literal_parse(struct parser *ps, const struct operand *field, const struct operand *lit, struct literal *v)
{
	const char *w = lit->part ? lit->part : literal_word(ps, lit);

	*v = (struct literal){ .prefix = 128 };
	if (!w)
		return false;
	if (lit->tok.bad_escape) {
		parser_fail(ps, lit->tok.bad_escape - 1, 2, "unknown escape; \\n \\r \\t \\xHH \\uHHHH \\\" and \\\\ are known");
		return false;
	}
	switch (field->type) {
	case FIELD_UINT: case FIELD_INT: return parse_integer(ps, field, lit, w, v);
	case FIELD_BOOL: return parse_flag(ps, field, lit, w, v);
	case FIELD_TIME: case FIELD_DURATION: return parse_moment(ps, field, lit, w, v);
	case FIELD_IPV4: case FIELD_IPV6: case FIELD_ETHER: return parse_address(ps, field, lit, w, v);
	default: return parse_text(ps, field, lit, w, v);
	}
}
