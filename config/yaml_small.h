/* SPDX-License-Identifier: MIT */
/*
 * libyaml's scanner repeats its character tests and copies, which are long macros, some two hundred times. As functions
 * they are called instead: the same code by definition, 12 kB less. Included by src/scanner.c behind the macros, where
 * config/libyaml-scanner.sed puts it.
 */
#define OUT_OF_LINE static __attribute__((noinline))

struct small_string {
	const yaml_char_t *pointer;
};

OUT_OF_LINE void small_skip(yaml_parser_t *parser)
{
	SKIP(parser);
}

OUT_OF_LINE void small_skip_line(yaml_parser_t *parser)
{
	(void)(SKIP_LINE(parser));
}

OUT_OF_LINE int small_read(yaml_parser_t *parser, yaml_string_t *string)
{
	return READ(parser, (*string));
}

OUT_OF_LINE int small_read_line(yaml_parser_t *parser, yaml_string_t *string)
{
	return READ_LINE(parser, (*string));
}

OUT_OF_LINE int small_is_break(const yaml_char_t *p)
{
	struct small_string s = { p };

	return IS_BREAK(s);
}

OUT_OF_LINE int small_is_breakz(const yaml_char_t *p)
{
	struct small_string s = { p };

	return IS_BREAKZ(s);
}

OUT_OF_LINE int small_is_blankz(const yaml_char_t *p)
{
	struct small_string s = { p };

	return IS_BLANKZ(s);
}

OUT_OF_LINE int small_is_alpha(const yaml_char_t *p)
{
	struct small_string s = { p };

	return IS_ALPHA(s);
}

OUT_OF_LINE int small_cache(yaml_parser_t *parser, size_t length)
{
	return CACHE(parser, length);
}

#undef SKIP
#undef SKIP_LINE
#undef READ
#undef READ_LINE
#undef IS_BREAK_AT
#undef IS_BREAKZ_AT
#undef IS_BLANKZ_AT
#undef IS_ALPHA_AT
#undef CACHE
#define SKIP(parser) small_skip(parser)
#define SKIP_LINE(parser) small_skip_line(parser)
#define READ(parser, string) small_read(parser, &(string))
#define READ_LINE(parser, string) small_read_line(parser, &(string))
#define IS_BREAK_AT(string, offset) small_is_break((string).pointer + (offset))
#define IS_BREAKZ_AT(string, offset) small_is_breakz((string).pointer + (offset))
#define IS_BLANKZ_AT(string, offset) small_is_blankz((string).pointer + (offset))
#define IS_ALPHA_AT(string, offset) small_is_alpha((string).pointer + (offset))
#define CACHE(parser, length) small_cache(parser, length)
