/* SPDX-License-Identifier: MIT */
/*
 * What the files of lib/filter share. The stages, each one file:
 *
 *   text --lexer--> tokens --parser, relation, literal--> tree of typed tests --compile--> flat program --eval--> bool
 *                                                             |
 *                                                             +--pushdown--> BPF text (a superset)
 *
 * All memory of a filter hangs on one pool and goes in one call.
 */
#ifndef LIB_FILTER_INTERNAL_H
#define LIB_FILTER_INTERNAL_H

#include "base/text.h"
#include "decode/protocol.h"
#include "filter/filter.h"

/* ---- memory: pool.c -------------------------------------------------------------- */

struct pool_chunk;
struct pool {
	struct pool_chunk *chunks;
};

/* Zeroed and aligned for anything; NULL when there is no memory. */
void *pool_alloc(struct pool *p, size_t size);
void pool_release(struct pool *p);

/* ---- tokens: lexer.c ------------------------------------------------------------- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_CHAR, TOKEN_SIGN };

struct token {
	uint8_t kind;          /* enum token_kind */
	bool raw;              /* r"..." */
	uint32_t at, len;      /* span in the text, quotes included */
	const uint8_t *string; /* TOKEN_STRING: the bytes, escapes resolved; TOKEN_CHAR: one byte */
	uint32_t string_len;
	uint32_t bad_escape;   /* offset + 1 of an unknown escape (kept with its backslash), or 0 */
};

struct parser {
	const char *text;
	uint32_t len;
	struct pool *pool;
	struct token tok;      /* the one to look at */
	uint32_t prev_end;     /* where the token before ended */
	int depth;
	int error;             /* first enum nw_err, sticky: then everything returns NULL */
	struct errmsg *err;
	struct filter_notes *notes;
};

void parser_next(struct parser *ps);
bool token_is(const struct parser *ps, const char *sign_or_word);
/* The token's text as it stands, cut at the buffer's size. */
const char *token_text(const struct parser *ps, const struct token *t, char *buf, size_t size);
/* Fails with the sentence, the text and a caret under [at, at + len). Only the first failure counts. */
void parser_fail(struct parser *ps, uint32_t at, uint32_t len, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void parser_no_memory(struct parser *ps);
void *parser_alloc(struct parser *ps, size_t size);

/* ---- byte search: search.c --------------------------------------------------------- */

struct needle {
	const uint8_t *bytes;   /* lower-case when fold is set */
	uint32_t len;
	uint32_t first, second; /* positions of the two bytes that are looked for: the rarest ones */
	bool fold;              /* A-Z and a-z are the same */
};

void needle_init(struct needle *n, const uint8_t *bytes, uint32_t len, bool fold);
bool needle_find(const struct needle *n, const uint8_t *hay, size_t len);

/* ---- regular expressions: regex.c ---------------------------------------------------- */

struct regex;
/* Compiles into the pool. On failure returns NULL with the reason in *why and its place in *at; *why is NULL when there is
 * no memory. */
struct regex *regex_compile(struct pool *pool, const uint8_t *pattern, uint32_t len, const char **why, uint32_t *at);
bool regex_search(const struct regex *re, const uint8_t *s, size_t len);

/* ---- the typed tree -------------------------------------------------------------------- */

/* What happens to a field's value before it is tested, in this order along the list. STEP_LAYERS, STEP_COUNT and STEP_EXPR
 * say which values there are at all (operand_each) and stand first. */
enum step_kind { STEP_SLICE, STEP_MASK, STEP_LAYERS, STEP_EXPR, STEP_LEN, STEP_LOWER, STEP_UPPER, STEP_STRING, STEP_COUNT };

struct slice {
	int32_t offset; /* negative: from the end */
	int32_t length; /* -1: to the end */
};

struct step {
	struct step *next;
	uint8_t kind;
	uint8_t from;   /* enum field_type of what comes in */
	uint16_t nslices;
	uint64_t mask;             /* STEP_MASK of a number */
	const uint8_t *mask_bytes; /* STEP_MASK of bytes */
	uint32_t mask_len;
	struct slice *slices;      /* STEP_SLICE; STEP_LAYERS: which layers, the first being 1 */
	const struct expr *expr;   /* STEP_EXPR */
};

/* Arithmetic, max(), min(), abs(): a tree whose leaves are operands and constants. Integers are signed in here, whatever
 * the fields are, so that differences may be negative; what does not fit is no value. Where a field occurs more than once,
 * each value is taken with each of the other side, as in Wireshark. */
enum expr_kind { EXPR_CONSTANT, EXPR_OPERAND, EXPR_ADD, EXPR_SUBTRACT, EXPR_MULTIPLY, EXPR_DIVIDE, EXPR_MODULO, EXPR_AND,
		 EXPR_NEGATE, EXPR_ABS, EXPR_MAX, EXPR_MIN };
enum { EXPR_NODES_MAX = 64, EXPR_WORK_MAX = 10000 }; /* nodes of one expression; values made for one test of a packet */

struct expr {
	uint8_t kind;
	uint8_t type;             /* enum field_type: INT, DURATION, IPV4 or ETHER */
	uint16_t nodes;
	int64_t constant;
	struct operand *operand;
	struct expr *args, *next; /* one to two, or any number for max and min */
};

struct operand {
	const struct field *field; /* NULL: a literal, still without a type */
	struct step *steps, **steps_end;
	uint8_t type;              /* enum field_type after the steps */
	struct token tok;          /* where it stands; the literal itself */
	const char *part;          /* a literal cut out of the token (a..b), NUL-terminated, or NULL */
	const char *called;        /* in messages, where `field` stands for no field but a kind of value; else NULL */
};

/* A value made from text for a field of a known type. */
struct literal {
	uint64_t lo, hi;       /* keys, inclusive, when by_key */
	const uint8_t *bytes;  /* otherwise */
	uint32_t len;
	uint8_t prefix;        /* IPv6: bits that count */
};

/* Values are compared as keys: unsigned 64-bit numbers in the order of the values.
 * Signed types have their sign bit flipped; IPv4 and Ethernet addresses are read big-endian. */
static inline bool type_is_keyed(uint8_t type)
{
	return type <= FIELD_IPV4 || type == FIELD_ETHER;
}

static inline bool type_is_signed(uint8_t type)
{
	return type == FIELD_INT || type == FIELD_TIME || type == FIELD_DURATION;
}

static inline bool type_is_integer(uint8_t type)
{
	return type == FIELD_UINT || type == FIELD_INT;
}

static inline bool operand_begins_with(const struct operand *o, enum step_kind kind)
{
	return o && o->steps && o->steps->kind == kind;
}

static inline bool type_is_bytes(uint8_t type)
{
	return type >= FIELD_IPV4;
}

#define KEY_SIGN (1ull << 63)

struct key_range {
	uint64_t lo, span; /* lo <= key <= lo + span */
};

struct byte_range { /* bounds are compared bytewise, a prefix before what it begins */
	const uint8_t *lo, *hi; /* NULL: none */
	uint32_t lo_len, hi_len;
	bool lo_open, hi_open;  /* the bound itself is outside */
};

enum predicate_kind {
	PREDICATE_EXISTS,  /* any value will do */
	PREDICATE_KEYS,    /* key in one of `keys` */
	PREDICATE_BYTES,   /* bytes in one of `ranges` */
	PREDICATE_PREFIX,  /* 16 bytes under a mask */
	PREDICATE_CONTAINS,
	PREDICATE_REGEX,
	PREDICATE_FIELD    /* compared with each value of another operand */
};

enum relation { REL_EQ, REL_NE, REL_ALL_EQ, REL_ANY_NE, REL_GT, REL_GE, REL_LT, REL_LE, REL_CONTAINS, REL_MATCHES,
		REL_IN, REL_NONE };

/* One leaf of the tree: does any (or do all) of the operand's values satisfy the predicate? */
struct test {
	struct operand *operand;
	uint8_t kind;     /* enum predicate_kind */
	bool all;         /* every value must, and there must be one */
	bool invert;      /* the predicate is negated, value by value */
	uint8_t relation; /* PREDICATE_FIELD: EQ, GT, GE, LT, LE, CONTAINS */
	uint32_t nkeys, nranges;
	struct key_range *keys;
	struct byte_range *ranges;
	uint64_t prefix[2], prefix_mask[2];
	struct needle needle;
	struct regex *regex;
	struct operand *other;
	struct proto_set also; /* protocols whose field of the same layout is asked the same question */
	uint32_t at, len;      /* span in the text */
};

enum node_kind { NODE_TRUE, NODE_TEST, NODE_NOT, NODE_AND, NODE_OR };

struct node {
	uint8_t kind;
	uint32_t cost, position;   /* set by compile */
	struct node *first, *last; /* children */
	struct node *next;         /* sibling */
	struct test *test;
};

/* ---- parser.c, relation.c, literal.c, words.c --------------------------------------------- */

/* The whole text; NULL on failure (ps->error). */
struct node *parse_filter(struct parser *ps);
struct node *node_new(struct parser *ps, enum node_kind kind);
/* Appends `child` to a list node, taking over the children of a node of the same kind. */
void node_append(struct node *list, struct node *child);

/* What the token says as a relation, or REL_NONE. */
enum relation relation_of(const struct parser *ps);
/* any: 0 is the relation's own rule, 'a' any, 'A' all. */
struct node *relation_build(struct parser *ps, int quantifier, struct operand *a, enum relation rel, struct operand *b);
struct node *relation_in(struct parser *ps, int quantifier, struct operand *a);
struct node *relation_exists(struct parser *ps, struct operand *a);
/* field == literal for a field known by name; NULL without an error when there is no such field. */
struct node *relation_equals(struct parser *ps, const char *field_name, struct operand *literal);
struct operand *operand_of_field(struct parser *ps, const struct field *f, const struct token *t);
void operand_add_step(struct parser *ps, struct operand *o, enum step_kind kind);
/* ip.host and the like, which Wireshark makes of addresses: string(ip.addr). NULL: not one of them. */
struct operand *operand_of_alias(struct parser *ps, const struct token *t);
struct node *search_frame(struct parser *ps, const uint8_t *bytes, uint32_t len, bool fold, const struct token *t);

/* Text of a literal as a value of `field` (its type is o's type). False after parser_fail(). */
bool literal_parse(struct parser *ps, const struct operand *field, const struct operand *lit, struct literal *v);
/* Is this word an address on its own? FIELD_IPV4, FIELD_IPV6, FIELD_ETHER or -1. */
int literal_address_type(const char *word);
/* Bytes as aa:bb, aa-bb, aa.bb, aabb or 0xaabb; false if it is none of these. `out` holds strlen(word). */
bool literal_bytes(const char *word, uint8_t *out, uint32_t *len);
const char *type_name(uint8_t type); /* "an IPv4 address" */

/* Sorts and joins what overlaps or touches. */
void key_ranges_tidy(struct key_range *keys, uint32_t *n);

/* Seed words: host, net, port, portrange, src, dst, stream and values without a field. NULL and no error: not one of them. */
struct node *words_parse(struct parser *ps, const struct field *protocol);
struct node *words_bare(struct parser *ps, const struct token *t);

/* ---- operands: operand.c, arith.c --------------------------------------------------------------- */

/* A field or a literal with all that binds tighter than a relation: slices, layers, functions, arithmetic, masks. */
struct operand *operand_parse(struct parser *ps);
/* Do a sign of arithmetic or a brace begin an operand here? */
bool operand_starts(const struct parser *ps);
bool parser_next_is(const struct parser *ps, const char *sign);

/* A field, function, literal or { group }, without signs in front. */
struct operand *operand_primary(struct parser *ps);
/* Sums and products of primaries. */
struct operand *arith_parse(struct parser *ps);
/* max(a, b, ...), min(), abs() */
struct operand *arith_function(struct parser *ps, enum expr_kind kind, const char *name);
struct operand *arith_binary(struct parser *ps, enum expr_kind kind, struct operand *a, struct operand *b);
/* False: there is no result. */
bool arith_compute(enum expr_kind kind, int64_t a, int64_t b, int64_t *v);
/* The operand as an expression, if it is none. False after parser_fail(). */
bool arith_wrap(struct parser *ps, struct operand *o);
/* Calls `each` for every field that the operand reads. */
void operand_fields(const struct operand *o, void (*each)(void *user, const struct field *f), void *user);

/* ---- the program: compile.c, eval.c --------------------------------------------------------- */

enum op_code {
	OP_PRESENT,   /* a bit of packet.present */
	OP_FIXED,     /* integer at a constant offset in one key range */
	OP_FIXED_SET, /* the same, any number of ranges */
	OP_PREFIX,    /* 16 bytes at a constant offset under a mask */
	OP_GET,       /* a field with a get function */
	OP_FRAME,     /* search in the bytes of the frame */
	OP_LAYER,     /* a predicate on the bytes of a protocol */
	OP_VALUES,    /* anything else, through field_each */
	OP_COUNT      /* the number of values */
};

enum { PC_ACCEPT = 0, PC_REJECT = 1, PC_FIRST = 2, OP_SOURCES = 4 };

struct op {
	uint8_t code, width, shift, nsources;
	bool all, invert;
	uint16_t jump_true, jump_false;
	uint16_t offset[OP_SOURCES];
	struct proto_set protos; /* the layers looked at; without one of them the answer is no */
	uint64_t mask, bias;
	struct key_range range;
	const struct test *test;
	field_get *get;        /* OP_GET */
};

struct filter {
	struct pool pool;
	char *text;
	struct node *tree;
	struct op *ops;        /* from PC_FIRST */
	uint32_t nops, entry;
	bool needs_decoding;
};

/* values.c: the values of an operand, before its steps but for those that choose values. Until `each` returns false. */
void operand_each(struct packet *p, const struct operand *o, field_each_fn *each, void *user);
/* Slices, masks and functions applied to one value. False: there is no value then. Scratch memory stays taken. */
bool steps_apply(struct packet *p, const struct field *f, const struct step *s, struct value *v);
/* A value as a key; false when it has none: a wrong number of bytes. */
bool value_key(uint8_t type, const struct value *v, uint64_t *key);
uint64_t load_be(const uint8_t *p, unsigned width);
/* The number of values of a field. */
unsigned field_count(struct packet *p, const struct field *f);

/* The op of a test, without its jumps. */
void op_of_test(struct op *op, const struct test *t);
/* Orders, merges and flattens. 0 or NW_ELIMIT. */
int compile_program(struct filter *f, struct errmsg *err);

#endif
