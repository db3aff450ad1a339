/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions over bytes for `matches`: a pattern becomes a small machine whose states are walked all at once
 * (Thompson 1968), so time is linear in the text whatever the pattern, and memory is fixed when it is compiled.
 *
 * The common subset of PCRE, without regard to case as in Wireshark:
 *   . [a-z] [^a-z] [[:alpha:]]  \d \w \s \D \W \S  \n \r \t \f \v \a \e \0 \xHH  \. and other signs
 *   * + ? {m} {m,} {m,n} (a ? behind them changes nothing about whether a text matches)  a|b  (a)  (?:a)
 *   ^ $ \A \z \b \B   and (?i) (?-i) (?s) at the start of the pattern
 * Not there: references back, look-around, atomic groups; they are named in the error.
 *
 * The program, with jumps relative to the instruction, so that a piece can be moved and copied:
 *   a|b   split +1,+3   a   jump +2   b          a*   split +1,+3   a   jump -2
 */
#include "internal.h"

enum {
	REGEX_INSNS_MAX = 2048,
	REGEX_REPEAT_MAX = 1000,
	REGEX_DEPTH_MAX = 100
};

enum insn_op { I_BYTE, I_LETTER, I_SET, I_JUMP, I_SPLIT, I_BEGIN, I_END, I_LAST, I_WORD, I_NOT_WORD, I_MATCH };

struct insn {
	uint8_t op, byte;
	int16_t x, y; /* relative targets; I_SET: x is the set's number */
};

struct byte_set {
	uint32_t bits[8];
};

struct regex {
	uint16_t ninsns;
	bool anchored;          /* can only match at the start */
	bool literal;           /* the pattern is nothing but `needle` */
	bool prefixed;          /* each match begins with `needle` */
	struct insn *insns;
	struct byte_set *sets;
	struct byte_set first;  /* bytes a match can begin with */
	bool first_any;         /* a match can be empty or begin with anything */
	struct needle needle;
};

static bool set_has(const struct byte_set *s, uint8_t c)
{
	return s->bits[c / 32] >> (c % 32) & 1;
}

static void set_add(struct byte_set *s, unsigned c)
{
	s->bits[c / 32] |= 1u << (c % 32);
}

static bool is_word_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_letter(uint8_t c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

/* ---- compiling ----------------------------------------------------------------------- */

struct build {
	const uint8_t *start, *pos, *end;
	struct insn insns[REGEX_INSNS_MAX];
	int ninsns, nsets, depth;
	struct byte_set *sets;
	int sets_max;
	bool fold, dot_all;
	const char *why;
	const uint8_t *where;
};

static void build_alternatives(struct build *b);

static void build_fail(struct build *b, const uint8_t *where, const char *why)
{
	if (b->why)
		return;
	b->why = why;
	b->where = where;
	b->pos = b->end;
}

static void emit(struct build *b, uint8_t op, uint8_t byte, int x, int y)
{
	if (b->ninsns >= REGEX_INSNS_MAX - 1)
		build_fail(b, b->pos, "the expression is too large");
	else
		b->insns[b->ninsns++] = (struct insn){ op, byte, (int16_t)x, (int16_t)y };
}

/* Opens a gap of one instruction at `at`; what follows moves as a whole. */
static void emit_before(struct build *b, int at, uint8_t op, int x, int y)
{
	emit(b, op, 0, 0, 0);
	if (b->why)
		return;
	memmove(&b->insns[at + 1], &b->insns[at], (size_t)(b->ninsns - 1 - at) * sizeof(b->insns[0]));
	b->insns[at] = (struct insn){ op, 0, (int16_t)x, (int16_t)y };
}

static void emit_byte(struct build *b, uint8_t c)
{
	if (b->fold && is_letter(c))
		emit(b, I_LETTER, lower(c), 0, 0);
	else
		emit(b, I_BYTE, c, 0, 0);
}

static void emit_set(struct build *b, const struct byte_set *s)
{
	if (b->nsets >= b->sets_max) {
		build_fail(b, b->pos, "the expression has too many classes");
		return;
	}
	b->sets[b->nsets] = *s;
	emit(b, I_SET, 0, b->nsets++, 0);
}

/* Adds a class by the letter of its escape (d w s, upper case: all others). False if it is no class. */
static bool set_add_class(struct byte_set *s, uint8_t letter)
{
	struct byte_set k = { { 0 } };

	for (unsigned c = 0; c < 256; c++) {
		bool in;

		switch (letter | 0x20) {
		case 'd': in = c >= '0' && c <= '9'; break;
		case 'w': in = is_word_byte((uint8_t)c); break;
		case 's': in = c == ' ' || (c >= '\t' && c <= '\r'); break;
		default: return false;
		}
		if (in != !(letter & 0x20))
			set_add(&k, c);
	}
	for (int i = 0; i < 8; i++)
		s->bits[i] |= k.bits[i];
	return true;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The single byte that an escape stands for; pos is at the letter. */
static uint8_t read_escaped_byte(struct build *b)
{
	static const char from[] = "nrtfvae", to[] = "\n\r\t\f\v\a\033";
	uint8_t c = *b->pos++;
	const char *p = c ? strchr(from, c) : NULL;
	unsigned v = 0;

	if (p)
		return (uint8_t)to[p - from];
	if (c == '0')
		return 0;
	if (c == 'x') {
		for (int i = 0; i < 2 && b->pos < b->end && hex_value(*b->pos) >= 0; i++)
			v = v * 16 + (unsigned)hex_value(*b->pos++);
		return (uint8_t)v;
	}
	if (c >= '1' && c <= '9')
		build_fail(b, b->pos - 2, "references back are not supported");
	else if (is_letter(c))
		build_fail(b, b->pos - 2, "unknown escape");
	return c;
}

/* [:name:] with pos behind "[:". */
static bool set_add_posix(struct build *b, struct byte_set *s)
{
	static const struct {
		const char *name;
		const char *ranges; /* pairs of first and last */
	} table[] = {
		{ "alpha:]", "azAZ" }, { "digit:]", "09" }, { "alnum:]", "azAZ09" }, { "upper:]", "AZ" }, { "lower:]", "az" },
		{ "space:]", "\t\r  " }, { "blank:]", "\t\t  " }, { "xdigit:]", "09afAF" }, { "punct:]", "!/:@[`{~" },
		{ "print:]", " ~" }, { "graph:]", "!~" }, { "cntrl:]", "\001\037\177\177" }, { "word:]", "azAZ09__" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t n = strlen(table[i].name);

		if ((size_t)(b->end - b->pos) < n || memcmp(b->pos, table[i].name, n))
			continue;
		for (const char *r = table[i].ranges; *r; r += 2)
			for (int c = r[0]; c <= r[1]; c++)
				set_add(s, (unsigned)c);
		b->pos += n;
		return true;
	}
	build_fail(b, b->pos - 2, "unknown class name");
	return false;
}

/* One end of a range in [...], or a whole class (then false). */
static bool read_set_byte(struct build *b, struct byte_set *s, uint8_t *c)
{
	*c = *b->pos++;
	if (*c == '[' && b->pos < b->end && *b->pos == ':') {
		b->pos++;
		set_add_posix(b, s);
		return false;
	}
	if (*c != '\\')
		return true;
	if (b->pos >= b->end) {
		build_fail(b, b->pos - 1, "the expression ends in a backslash");
		return false;
	}
	if (set_add_class(s, *b->pos)) {
		b->pos++;
		return false;
	}
	if (*b->pos == 'b') { /* in a class, a backspace */
		b->pos++;
		*c = '\b';
	} else {
		*c = read_escaped_byte(b);
	}
	return true;
}

/* A class in brackets; pos is behind '['. */
static void build_set(struct build *b)
{
	const uint8_t *open = b->pos - 1;
	struct byte_set s = { { 0 } };
	bool negate = b->pos < b->end && *b->pos == '^';

	b->pos += negate;
	for (const uint8_t *first = b->pos; b->pos < b->end && (*b->pos != ']' || b->pos == first);) {
		uint8_t lo, hi;

		if (!read_set_byte(b, &s, &lo))
			continue;
		hi = lo;
		if (b->end - b->pos >= 2 && *b->pos == '-' && b->pos[1] != ']') {
			const uint8_t *dash = b->pos++;

			if (!read_set_byte(b, &s, &hi) || hi < lo) {
				build_fail(b, dash, "the range in brackets has no order");
				return;
			}
		}
		for (unsigned c = lo; c <= hi; c++)
			set_add(&s, c);
	}
	if (b->pos >= b->end) {
		build_fail(b, open, "the bracket that opens here is never closed");
		return;
	}
	b->pos++;
	for (unsigned c = 'a'; b->fold && c <= 'z'; c++)
		if (set_has(&s, (uint8_t)c) || set_has(&s, (uint8_t)(c - 32))) {
			set_add(&s, c);
			set_add(&s, c - 32);
		}
	for (int i = 0; negate && i < 8; i++)
		s.bits[i] = ~s.bits[i];
	emit_set(b, &s);
}

static void build_group(struct build *b)
{
	const uint8_t *open = b->pos - 1;

	if (b->pos < b->end && *b->pos == '?') {
		if (b->end - b->pos < 2 || b->pos[1] != ':') {
			build_fail(b, open, "look-around, names and options inside the expression are not supported");
			return;
		}
		b->pos += 2;
	}
	if (++b->depth > REGEX_DEPTH_MAX) {
		build_fail(b, open, "the parentheses are nested too deep");
		return;
	}
	build_alternatives(b);
	b->depth--;
	if (b->pos >= b->end)
		build_fail(b, open, "the parenthesis that opens here is never closed");
	else
		b->pos++;
}

static void build_escape(struct build *b)
{
	struct byte_set s = { { 0 } };

	if (b->pos >= b->end) {
		build_fail(b, b->pos - 1, "the expression ends in a backslash");
	} else if (set_add_class(&s, *b->pos)) {
		b->pos++;
		emit_set(b, &s);
	} else if (strchr("bBAzZ", *b->pos) && *b->pos) {
		static const char letters[] = "bBAzZ";
		static const uint8_t ops[] = { I_WORD, I_NOT_WORD, I_BEGIN, I_END, I_LAST };

		emit(b, ops[strchr(letters, *b->pos++) - letters], 0, 0, 0);
	} else {
		emit_byte(b, read_escaped_byte(b));
	}
}

static void build_dot(struct build *b)
{
	struct byte_set s;

	memset(&s, 0xff, sizeof(s));
	if (!b->dot_all)
		s.bits['\n' / 32] &= ~(1u << '\n' % 32);
	emit_set(b, &s);
}

static void build_atom(struct build *b)
{
	uint8_t c = *b->pos++;

	switch (c) {
	case '(': build_group(b); break;
	case '[': build_set(b); break;
	case '\\': build_escape(b); break;
	case '.': build_dot(b); break;
	case '^': emit(b, I_BEGIN, 0, 0, 0); break;
	case '$': emit(b, I_LAST, 0, 0, 0); break;
	case '*': case '+': case '?': build_fail(b, b->pos - 1, "there is nothing to repeat"); break;
	default: emit_byte(b, c); break;
	}
}

/* {m}, {m,}, {m,n} at pos; false (and nothing taken) if it is a brace like any other sign. max -1: no limit */
static bool read_counts(struct build *b, int *min, int *max)
{
	const uint8_t *p = b->pos + 1;
	int n[2] = { -1, -1 }, k = 0;

	for (; p < b->end && *p != '}'; p++) {
		if (*p == ',' && !k) {
			k = 1;
		} else if (*p >= '0' && *p <= '9') {
			n[k] = (n[k] < 0 ? 0 : n[k] * 10) + (*p - '0');
			if (n[k] > REGEX_REPEAT_MAX) {
				build_fail(b, b->pos, "the number of repetitions is too large");
				return false;
			}
		} else {
			return false;
		}
	}
	if (p >= b->end || n[0] < 0)
		return false;
	*min = n[0];
	*max = k ? n[1] : n[0];
	if (*max >= 0 && *max < *min) {
		build_fail(b, b->pos, "the numbers of repetitions have no order");
		return false;
	}
	b->pos = p + 1;
	return true;
}

/* Repeats the piece [from, ninsns) between min and max times. */
static void build_repeat(struct build *b, int from, int min, int max)
{
	int len = b->ninsns - from, copies = max < 0 ? min + 1 : max;
	struct insn *piece = &b->insns[from];

	if (len * (copies > 1 ? copies : 1) + 2 * copies > REGEX_INSNS_MAX - from - 1) {
		build_fail(b, b->pos - 1, "the expression is too large");
		return;
	}
	if (!copies) {
		b->ninsns = from;
		return;
	}
	if (max < 0 && min > 0)
		copies = min; /* the last one loops: a{2,} is aa+ */
	for (int i = 1; i < copies; i++) {
		memcpy(&b->insns[b->ninsns], piece, (size_t)len * sizeof(*piece));
		b->ninsns += len;
	}
	if (max < 0 && min > 0) {
		emit(b, I_SPLIT, 0, -len, 1);
	} else if (max < 0) {
		emit_before(b, from, I_SPLIT, 1, len + 2);
		emit(b, I_JUMP, 0, -len - 1, 0);
	} else {
		for (int i = copies; i > min; i--) /* from the back: each optional one may skip to the end */
			emit_before(b, from + (i - 1) * len, I_SPLIT, 1, b->ninsns - (from + (i - 1) * len) + 1);
	}
}

static void build_sequence(struct build *b)
{
	while (b->pos < b->end && *b->pos != '|' && *b->pos != ')') {
		int from = b->ninsns;

		build_atom(b);
		while (b->pos < b->end && !b->why) {
			int min = *b->pos == '+', max = *b->pos == '?' ? 1 : -1;

			if (*b->pos == '*' || *b->pos == '+' || *b->pos == '?')
				b->pos++;
			else if (*b->pos != '{' || !read_counts(b, &min, &max))
				break;
			build_repeat(b, from, min, max);
			if (b->pos < b->end && *b->pos == '?')
				b->pos++;
			else if (b->pos < b->end && *b->pos == '+')
				build_fail(b, b->pos, "possessive repetition is not supported");
		}
	}
}

static void build_alternatives(struct build *b)
{
	int from = b->ninsns;

	build_sequence(b);
	while (b->pos < b->end && *b->pos == '|') {
		int len = b->ninsns - from, jump;

		b->pos++;
		emit_before(b, from, I_SPLIT, 1, len + 2);
		jump = b->ninsns;
		emit(b, I_JUMP, 0, 0, 0);
		/* the rest of the alternatives, then the jump over them */
		build_alternatives(b);
		if (!b->why)
			b->insns[jump].x = (int16_t)(b->ninsns - jump);
	}
}

/* (?i) and friends in front. */
static void build_options(struct build *b)
{
	while (b->end - b->pos >= 3 && b->pos[0] == '(' && b->pos[1] == '?' && strchr("is-", b->pos[2]) && b->pos[2]) {
		bool on = true;

		for (b->pos += 2; b->pos < b->end && *b->pos != ')'; b->pos++) {
			if (*b->pos == '-')
				on = false;
			else if (*b->pos == 'i')
				b->fold = on;
			else if (*b->pos == 's')
				b->dot_all = on;
			else
				build_fail(b, b->pos, "only the options i and s are known");
			if (b->why)
				return;
		}
		if (b->pos >= b->end)
			build_fail(b, b->pos, "the parenthesis that opens here is never closed");
		else
			b->pos++;
	}
}

/* ---- running ---------------------------------------------------------------------------- */

/* A set of states: the members in order, and where each one stands in that order. */
struct states {
	unsigned n;
	uint16_t member[REGEX_INSNS_MAX], place[REGEX_INSNS_MAX];
};

struct moment { /* what the assertions look at */
	const uint8_t *start, *pos, *end;
};

static bool assertion_holds(uint8_t op, const struct moment *m)
{
	bool before = m->pos > m->start && is_word_byte(m->pos[-1]);
	bool after = m->pos < m->end && is_word_byte(*m->pos);

	switch (op) {
	case I_BEGIN: return m->pos == m->start;
	case I_END: return m->pos == m->end;
	case I_LAST: return m->pos == m->end || (m->end - m->pos == 1 && *m->pos == '\n');
	case I_WORD: return before != after;
	default: return before == after;
	}
}

static bool states_add(struct states *s, unsigned pc)
{
	unsigned place = s->place[pc];

	if (place < s->n && s->member[place] == pc)
		return false;
	s->place[pc] = (uint16_t)s->n;
	s->member[s->n++] = (uint16_t)pc;
	return true;
}

/* Adds pc and everything reachable from it without reading a byte. True when that includes the end of the pattern. With m
 * NULL each assertion is taken to hold. The set itself is the work list: members are followed in the order added. */
static bool follow(const struct regex *re, struct states *s, unsigned pc, const struct moment *m)
{
	unsigned next = s->n;

	states_add(s, pc);
	for (; next < s->n; next++) {
		const struct insn *i = &re->insns[s->member[next]];

		pc = s->member[next];
		switch (i->op) {
		case I_MATCH:
			return true;
		case I_JUMP:
			states_add(s, pc + (unsigned)i->x);
			break;
		case I_SPLIT:
			states_add(s, pc + (unsigned)i->x);
			states_add(s, pc + (unsigned)i->y);
			break;
		case I_BYTE: case I_LETTER: case I_SET:
			break;
		default:
			if (!m || assertion_holds(i->op, m))
				states_add(s, pc + 1);
		}
	}
	return false;
}

static bool insn_takes(const struct regex *re, const struct insn *i, uint8_t c)
{
	switch (i->op) {
	case I_BYTE: return c == i->byte;
	case I_LETTER: return (c | 0x20) == i->byte;
	case I_SET: return set_has(&re->sets[i->x], c);
	default: return false;
	}
}

bool regex_search(const struct regex *re, const uint8_t *s, size_t len)
{
	struct states a, b, *now = &a, *then = &b, *swap;
	struct moment m = { s, s, s + len };

	if (re->prefixed) {
		bool there = needle_find(&re->needle, s, len);

		if (!there || re->literal)
			return there;
	}
	now->n = 0;
	for (;; m.pos++) {
		if (!now->n && !re->first_any && !re->anchored)
			while (m.pos < m.end && !set_has(&re->first, *m.pos))
				m.pos++;
		if ((!re->anchored || m.pos == s) && follow(re, now, 0, &m))
			return true;
		if (m.pos >= m.end || (!now->n && re->anchored))
			return false;
		then->n = 0;
		m.pos++; /* assertions behind the byte see its other side */
		for (unsigned k = 0; k < now->n; k++)
			if (insn_takes(re, &re->insns[now->member[k]], m.pos[-1]) && follow(re, then, now->member[k] + 1u, &m))
				return true;
		m.pos--;
		swap = now;
		now = then;
		then = swap;
	}
}

/* ---- putting it together ------------------------------------------------------------------- */

static void find_first(struct regex *re)
{
	struct states s;

	s.n = 0;
	re->first_any = follow(re, &s, 0, NULL);
	for (unsigned k = 0; k < s.n; k++)
		for (unsigned c = 0; c < 256; c++)
			if (insn_takes(re, &re->insns[s.member[k]], (uint8_t)c))
				set_add(&re->first, c);
	re->anchored = re->insns[0].op == I_BEGIN;
}

/* The bytes that each match begins with: looked for first, as a search for bytes is much faster than the machine. */
static void find_prefix(struct pool *pool, struct regex *re, bool fold)
{
	uint32_t n = 0;
	uint8_t *bytes;

	while (re->insns[n].op == I_BYTE || re->insns[n].op == I_LETTER)
		n++;
	bytes = n ? pool_alloc(pool, n) : NULL;
	if (!bytes)
		return;
	for (uint32_t i = 0; i < n; i++)
		bytes[i] = re->insns[i].byte;
	needle_init(&re->needle, bytes, n, fold);
	re->prefixed = true;
	re->literal = re->insns[n].op == I_MATCH;
}

struct regex *regex_compile(struct pool *pool, const uint8_t *pattern, uint32_t len, const char **why, uint32_t *at)
{
	struct regex *re = pool_alloc(pool, sizeof(*re));
	struct build b; /* 13 KB; only insns[0..ninsns) is ever read */

	*why = NULL;
	b.start = b.pos = pattern;
	b.end = pattern + len;
	b.ninsns = b.nsets = b.depth = 0;
	b.fold = true;
	b.dot_all = false;
	b.why = NULL;
	b.sets_max = len < REGEX_INSNS_MAX ? (int)len : REGEX_INSNS_MAX;
	b.sets = pool_alloc(pool, (size_t)(b.sets_max + 1) * sizeof(*b.sets));
	if (!re || !b.sets)
		return NULL;
	build_options(&b);
	build_alternatives(&b);
	if (b.pos < b.end)
		build_fail(&b, b.pos, "this parenthesis was never opened");
	if (b.why) {
		*why = b.why;
		*at = (uint32_t)(b.where - b.start);
		return NULL;
	}
	b.insns[b.ninsns++] = (struct insn){ .op = I_MATCH };
	re->ninsns = (uint16_t)b.ninsns;
	re->insns = pool_alloc(pool, (size_t)b.ninsns * sizeof(b.insns[0]));
	re->sets = b.sets;
	if (!re->insns)
		return NULL;
	memcpy(re->insns, b.insns, (size_t)b.ninsns * sizeof(b.insns[0]));
	find_first(re);
	find_prefix(pool, re, b.fold);
	return re;
}
