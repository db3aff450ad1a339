/* SPDX-License-Identifier: MIT */
/* Documents: what is taken, what is refused and in which words; values; lines of YAML; JSON written. */
#include "base/json.h"
#include "base/jsonout.h"
#include "check.h"

#include <stdlib.h>

static struct errmsg err;

static struct json *parsed(const char *text)
{
	struct json *j;

	err.text[0] = 0;
	json_parse(&j, text, strlen(text), "t", &err);
	return j;
}

/* The sentence of a refusal; "" if it was taken. */
static const char *refused(const char *text, size_t len)
{
	struct json *j;

	err.text[0] = 0;
	if (json_parse(&j, text, len, "t", &err) != NW_EINPUT)
		snprintf(err.text, sizeof(err.text), "taken");
	json_free(j);
	return err.text;
}

#define REFUSED(text) refused(text, sizeof(text) - 1)

static struct json *yaml(const char *text)
{
	struct json *j;

	err.text[0] = 0;
	yaml_parse(&j, text, strlen(text), "f.yaml", &err);
	return j;
}

static const char *yaml_refused(const char *text)
{
	struct json *j = yaml(text);

	if (j)
		snprintf(err.text, sizeof(err.text), "taken");
	json_free(j);
	return err.text;
}

/* A document as one line of JSON. */
static const char *text_of(struct json *j)
{
	static char text[4096];
	struct jsonout w;
	struct outbuf o;

	if (!j)
		return err.text;
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_copy(&w, json_root(j));
	CHECK(jsonout_end(&w));
	json_free(j);
	return outbuf_cstr(&o);
}

TEST(json_values)
{
	struct json *j = parsed("{\"n\":null,\"t\":true,\"i\":-7,\"u\":18446744073709551615,\"r\":2.5,\"k\":1e3,"
				"\"s\":\"a\\u00e4\\n\",\"l\":[1,[2],3],\"o\":{\"x\":1}}");
	const struct json_value *root = json_root(j), *v;
	struct json_iter it = { 0 };
	const char *name;
	size_t len, n = 0;
	bool ok;

	if (!CHECK(root))
		return;
	CHECK_EQ(json_type(root), JSON_OBJECT);
	CHECK_EQ(json_count(root), 9);
	CHECK_EQ(json_type(json_get(root, "n")), JSON_NULL);
	CHECK(json_bool(json_get(root, "t")));
	CHECK_EQ(json_i64(json_get(root, "i"), &ok), -7);
	CHECK(ok);
	json_u64(json_get(root, "i"), &ok);
	CHECK(!ok);
	CHECK(json_u64(json_get(root, "u"), &ok) == UINT64_MAX);
	CHECK(ok);
	json_i64(json_get(root, "u"), &ok);
	CHECK(!ok);
	CHECK(json_real(json_get(root, "r")) == 2.5);
	json_i64(json_get(root, "r"), &ok);
	CHECK(!ok);
	CHECK_EQ(json_type(json_get(root, "k")), JSON_REAL);
	CHECK_EQ(json_u64(json_get(root, "k"), &ok), 1000);
	CHECK_STR(json_string(json_get(root, "s"), &len), "a\xc3\xa4\n");
	CHECK_EQ(len, 4);
	CHECK(json_is(json_get(root, "s"), "a\xc3\xa4\n") && !json_is(json_get(root, "t"), "true"));
	CHECK_EQ(json_i64(json_at(json_get(root, "l"), 2), NULL), 3);
	CHECK(!json_at(json_get(root, "l"), 3));
	CHECK(!json_get(root, "x") && !json_get(json_get(root, "l"), "x") && !json_get(NULL, "x"));
	CHECK_EQ(json_line(j, root), 0);
	while ((v = json_each(root, &it, &name))) {
		CHECK(v == json_get(root, name));
		n++;
	}
	CHECK_EQ(n, 9);
	it = (struct json_iter){ 0 };
	CHECK(!json_each(json_get(root, "s"), &it, &name) && !json_each(NULL, &it, NULL));
	json_free(j);
	json_free(NULL);
}

/* A double is a tenth of a microsecond off. */
TEST(json_times)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{ "1795176187.123456789", 1795176187123456789 }, { "1700000000.000000001", 1700000000000000001 },
		{ "-0.5", -500000000 }, { "0", 0 }, { "1.5e3", 1500000000000 }, { "1E-9", 1 }, { "1700000000", 1700000000000000000 },
		{ "0.1234567894", 123456789 }, { "0.1234567896", 123456790 }, { "-0.1234567896", -123456790 },
		{ "9223372036.854775807", INT64_MAX }, { "-9223372036.854775808", INT64_MIN },
	};
	static const char *const refused[] = { "9223372036.854775808", "9223372037", "99999999999999999999.5", "1e10", "\"1\"", "true",
					       "null" };
	int64_t ns;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json *j = parsed(cases[i].text);

		CHECK(json_ns(json_root(j), &ns));
		if (!CHECK_EQ(ns, cases[i].ns))
			fprintf(stderr, "# %s\n", cases[i].text);
		json_free(j);
	}
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct json *j = parsed(refused[i]);

		if (!CHECK(!json_ns(json_root(j), &ns)))
			fprintf(stderr, "# %s\n", refused[i]);
		json_free(j);
	}
	CHECK_STR(text_of(parsed("[1795176187.123456789,18446744073709551615,-9223372036854775808,1e3]")),
		  "[1795176187.123456789,18446744073709551615,-9223372036854775808,1e3]");
	CHECK(!json_ns(NULL, &ns));
}

TEST(json_refusals)
{
	CHECK_STR(REFUSED(""), "t: empty; JSON is expected");
	CHECK_STR(REFUSED("  \n"), "t: empty; JSON is expected");
	CHECK_STR(REFUSED("{\"a\":1,}"), "t: offset 6: trailing comma is not allowed at ',}'");
	CHECK_STR(REFUSED("{\"a\":1"), "t: offset 6: unexpected end of data");
	CHECK_STR(REFUSED("[1] x"), "t: offset 4: unexpected content after document at 'x'");
	CHECK_STR(REFUSED("{\"a\":1,\"b\":2,\"a\":3}"), "t: 'a' is there twice; leave one out");
	CHECK_STR(REFUSED("[{\"a\\n\":1,\"a\\u000a\":2}]"), "t: 'a\\n' is there twice; leave one out");
	CHECK_STR(REFUSED("\"a\\u0000b\""), "t: a text holds U+0000, which nothing here takes");
	CHECK_STR(REFUSED("{\"a\\u0000b\":1}"), "t: a text holds U+0000, which nothing here takes");
	CHECK(strstr(REFUSED("\"a\0b\""), "t: offset 2: "));
	CHECK(strstr(REFUSED("\"\xff\""), "t: offset 1: "));
	CHECK(strstr(REFUSED("\"\xed\xa0\x80\""), "t: offset 1: "));
	CHECK(strstr(REFUSED("\"\\ud800\""), "t: offset "));
	CHECK(strstr(REFUSED("\xef\xbb\xbf{}"), "byte order mark"));
	CHECK(strstr(REFUSED("01"), "leading zero"));
	CHECK_STR(REFUSED("[1e999]"), "t: a number is beyond the range of numbers");
	CHECK(strstr(REFUSED("nan"), "t: offset 0: "));
	CHECK(strstr(REFUSED("// x\n1"), "t: offset 0: "));
}

TEST(json_many_members)
{
	char *text = malloc(200000), *p = text;

	*p++ = '{';
	for (int i = 0; i < 10000; i++)
		p += snprintf(p, 20, "\"k%d\":%d,", i * 7919 % 10007, i);
	snprintf(p, 20, "\"last\":1}");
	CHECK_STR(refused(text, strlen(text)), "taken");
	snprintf(p, 20, "\"k7919\":1}");
	CHECK_STR(refused(text, strlen(text)), "t: 'k7919' is there twice; leave one out");
	free(text);
}

TEST(json_ceilings)
{
	char *big = malloc(JSON_TEXT_MAX + 2), deep[200];
	struct json *j = NULL;

	memset(big, ' ', JSON_TEXT_MAX + 2);
	big[0] = '1';
	CHECK_STR(refused(big, JSON_TEXT_MAX), "taken");
	CHECK_STR(refused(big, JSON_TEXT_MAX + 1), "t: 1048577 bytes, at most 1048576 are taken");
	CHECK_EQ(json_reparse(&j, big, JSON_TEXT_MAX + 2, JSON_TEXT_MAX + 2, "t", &err), 0);
	json_free(j);
	memset(big, '[', JSON_TEXT_MAX); /* no stack is needed to refuse it */
	CHECK(strstr(refused(big, JSON_TEXT_MAX), "unexpected end"));
	memset(big + JSON_TEXT_MAX / 2, ']', JSON_TEXT_MAX / 2);
	CHECK_STR(refused(big, JSON_TEXT_MAX), "t: objects and lists are more than 32 deep within each other");
	free(big);
	memset(deep, '[', 32);
	memset(deep + 32, ']', 32);
	CHECK_STR(refused(deep, 64), "taken");
	memset(deep, '[', 33);
	memset(deep + 33, ']', 33);
	CHECK_STR(refused(deep, 66), "t: objects and lists are more than 32 deep within each other");
}

/* One document after the other in the same memory; an error leaves none. */
TEST(json_reparse)
{
	static const char longer[] = "{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14]}";
	struct json *j = NULL;

	CHECK_EQ(json_reparse(&j, "[1,2,3]", 7, 100, "t", &err), 0);
	CHECK_EQ(json_count(json_root(j)), 3);
	CHECK_EQ(json_reparse(&j, "[1", 2, 100, "t", &err), NW_EINPUT);
	CHECK(!json_root(j));
	CHECK_EQ(json_reparse(&j, longer, strlen(longer), 100, "t", &err), 0);
	CHECK_EQ(json_i64(json_at(json_get(json_root(j), "a"), 13), NULL), 14);
	CHECK_EQ(json_reparse(&j, "7", 1, 100, "t", &err), 0);
	CHECK_EQ(json_i64(json_root(j), NULL), 7);
	json_free(j);
}

TEST(yaml_becomes_json)
{
	CHECK_STR(text_of(yaml("")), "null");
	CHECK_STR(text_of(yaml("# nothing\n")), "null");
	CHECK_STR(text_of(yaml("---\n...\n")), "null");
	CHECK_STR(text_of(yaml("a: 1\nb: [x, 'y', \"z\\t\"]\nc: {d: ~, e: }\n")),
		  "{\"a\":1,\"b\":[\"x\",\"y\",\"z\\t\"],\"c\":{\"d\":null,\"e\":null}}");
	CHECK_STR(text_of(yaml("- true\n- False\n- yes\n- 'true'\n- NULL\n- nil\n")), "[true,false,\"yes\",\"true\",null,\"nil\"]");
	CHECK_STR(text_of(yaml("[1, -2, +3, 0, 0x1F, 0o17, 007, 1.50, .5, 5., 1e3, -1.5E-2, 1_000, 12e, 1.2.3, -, 0x]")),
		  "[1,-2,3,0,31,15,\"007\",1.50,0.5,5,1e3,-1.5E-2,\"1_000\",\"12e\",\"1.2.3\",\"-\",\"0x\"]");
	CHECK_STR(text_of(yaml("[64M, 10s, 2026-11-20T12:03:07Z, .inf, 0660, 18446744073709551615]")),
		  "[\"64M\",\"10s\",\"2026-11-20T12:03:07Z\",\".inf\",\"0660\",18446744073709551615]");
	CHECK_STR(text_of(yaml("filter: |\n  port 443\n  or port 80\n")), "{\"filter\":\"port 443\\nor port 80\\n\"}");
	CHECK_STR(text_of(yaml("5: x\ntrue: y\n")), "{\"5\":\"x\",\"true\":\"y\"}");
	CHECK_STR(text_of(yaml("[!!str 5, !!int 5, ! 5]")), "[\"5\",5,\"5\"]");
	CHECK_STR(text_of(yaml("{\"json\": [1, {\"is\": \"yaml\"}]}")), "{\"json\":[1,{\"is\":\"yaml\"}]}");
	CHECK_STR(text_of(yaml("\xef\xbb\xbf" "a: \xc3\xa4\n")), "{\"a\":\"\xc3\xa4\"}");
}

TEST(yaml_lines)
{
	struct json *j = yaml("# a comment\nname: x\n\nsessions:\n  - interface: eth0\n    rules:\n      - {a: 1,\n         b: 2}\n"
			      "  - interface: \"l\\\n      o\"\nlast: 9\n");
	const struct json_value *root = json_root(j), *sessions = json_get(root, "sessions");

	if (!CHECK(root))
		return;
	CHECK_EQ(json_line(j, root), 2);
	CHECK_EQ(json_line(j, json_get(root, "name")), 2);
	CHECK_EQ(json_line(j, sessions), 5);
	CHECK_EQ(json_line(j, json_at(sessions, 0)), 5);
	CHECK_EQ(json_line(j, json_get(json_at(json_get(json_at(sessions, 0), "rules"), 0), "b")), 8);
	CHECK_EQ(json_line(j, json_get(json_at(sessions, 1), "interface")), 9);
	CHECK_EQ(json_line(j, json_get(root, "last")), 11);
	CHECK_EQ(json_line(j, NULL), 0);
	json_free(j);
}

TEST(yaml_aliases)
{
	struct json *j = yaml("a: &x {k: [1, 2]}\nb:\n  - 0\n  - &y text\nc: [*y, *x, 3]\nd: *x\n");
	const struct json_value *c = json_get(json_root(j), "c");

	CHECK_EQ(json_line(j, json_at(c, 1)), 1);
	CHECK_EQ(json_line(j, json_get(json_at(c, 1), "k")), 1);
	CHECK_EQ(json_line(j, json_at(c, 0)), 4);
	CHECK_EQ(json_line(j, json_at(c, 2)), 5);
	CHECK_EQ(json_line(j, json_get(json_root(j), "d")), 1);
	CHECK_STR(text_of(j), "{\"a\":{\"k\":[1,2]},\"b\":[0,\"text\"],\"c\":[\"text\",{\"k\":[1,2]},3],\"d\":{\"k\":[1,2]}}");
	CHECK_STR(text_of(yaml("[&a 1, &a 2, *a]")), "[1,2,2]");
	CHECK_STR(yaml_refused("a: *b\n"), "f.yaml:1: *b: there is no &b before it; a text that begins with '*' needs quotes");
	CHECK_STR(yaml_refused("\na: &b [*b]\n"), "f.yaml:2: *b stands within &b itself");
	CHECK_STR(yaml_refused("a: &b c\n*b : d\n"), "f.yaml:2: *b cannot be a name");
	CHECK_STR(yaml_refused("a: &b {c: d}\ne:\n  <<: *b\n"), "f.yaml:3: '<<' is not part of YAML 1.2; write the members out");
}

/* Nine levels of ten times the last: a thousand million words. */
TEST(yaml_laughs_not)
{
	char text[2000], *p = text;

	p += snprintf(p, 100, "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol,lol]\n");
	for (int i = 1; i < 10; i++) {
		p += snprintf(p, 100, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			p += snprintf(p, 100, "%s*a%d", k ? "," : "", i - 1);
		p += snprintf(p, 100, "]\n");
	}
	CHECK_STR(yaml_refused(text), "f.yaml: the document becomes too large (over 4 MiB); its aliases multiply");
}

TEST(yaml_refusals)
{
	CHECK_STR(yaml_refused("a: 1\nb: 2\na: 3\n"), "f.yaml:3: 'a' is there twice; leave one out");
	CHECK_STR(yaml_refused("a:\n\tb: 1\n"), "f.yaml:2: a tab cannot indent; use blanks");
	CHECK_STR(yaml_refused("a:\n  b: 1\n \tc: 2\n"), "f.yaml:3: a tab cannot indent; use blanks");
	CHECK_STR(yaml_refused("a: b: c\n"), "f.yaml:1: a ':' where no name can stand; check the indentation here and in the line "
					     "before, or put the text in quotes");
	CHECK_STR(yaml_refused("a: 1\n  b: 2\n"), "f.yaml:2: a ':' where no name can stand; check the indentation here and in the "
						  "line before, or put the text in quotes");
	CHECK_STR(yaml_refused("a: 1\nb\nc: 2\n"), "f.yaml:2: a name without a ':' behind it; write 'name: value'");
	CHECK_STR(yaml_refused("a:\n  - 1\n  b: 2\n"), "f.yaml:3: an item of the list, '- \xe2\x80\xa6', is expected here; check the "
						       "indentation");
	CHECK_STR(yaml_refused("a:\n    b: 1\n  c: 2\n"), "f.yaml:3: the indentation does not fit the lines before");
	CHECK_STR(yaml_refused("a: 1\nb: \"x\nc: 2\n"), "f.yaml:2: the quotes that open here are not closed");
	CHECK_STR(yaml_refused("a: [1, 2\nb: 3\n"), "f.yaml:1: the list that begins here with '[' lacks a ',' or its ']'");
	CHECK_STR(yaml_refused("a: @b\n"), "f.yaml:1: a text cannot begin with '@'; put it in quotes");
	CHECK_STR(yaml_refused("\xc3\xa4: 1\na: `b\n"), "f.yaml:2: a text cannot begin with '`'; put it in quotes");
	CHECK_STR(yaml_refused("a: \"\\q\"\n"), "f.yaml:1: an unknown escape in double quotes; double the backslash, or "
						"use single quotes");
	CHECK_STR(yaml_refused("a: 1\nb: \xff\n"), "f.yaml:2: this is not UTF-8");
	CHECK_STR(yaml_refused("a: 1\nb: \x01\n"), "f.yaml:2: a control character");
	CHECK_STR(yaml_refused("a: \"\\0\"\n"), "f.yaml:1: a text holds U+0000, which nothing here takes");
	CHECK_STR(yaml_refused("\"\\0\": 1\n"), "f.yaml:1: a name holds U+0000, which nothing here takes");
	CHECK_STR(yaml_refused("a: 1\n---\nb: 2\n"), "f.yaml:2: a second document (---); one is taken");
	CHECK_STR(yaml_refused("a: !!binary x\n"), "f.yaml:1: the tag tag:yaml.org,2002:binary is not known here; leave it out");
	CHECK_STR(yaml_refused("a: !%1b x\n"), "f.yaml:1: the tag !\\x1b is not known here; leave it out");
	CHECK_STR(yaml_refused("? [a]\n: 1\n"), "f.yaml:1: a name must be a text, not a list");
	CHECK_STR(yaml_refused("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
		  "f.yaml:1: objects and lists are more than 32 deep within each other");
}

TEST(jsonout_writes)
{
	char text[400];
	struct jsonout w;
	struct outbuf o;
	struct json *j;

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_u64(&w, "u", UINT64_MAX);
	json_add_i64(&w, "i", INT64_MIN);
	json_add_real(&w, "r", 0.1);
	json_add_real(&w, "w", 3);
	json_add_real(&w, "nan", 0.0 / (w.depth - 1.0));
	json_add_bool(&w, "t", true);
	json_add_str(&w, "s", "a\"\x01\x1b\xff\xc2\x9b");
	json_add_str(&w, "none", NULL);
	json_add_ns(&w, "time", 1700000000123456789);
	json_add_array(&w, "l");
	json_put_null(&w);
	json_put_raw(&w, "[1]", 3);
	json_open_object(&w);
	json_close(&w);
	json_open_array(&w);
	json_close(&w);
	json_close(&w);
	CHECK(!jsonout_end(&w));
	json_close(&w);
	CHECK(jsonout_end(&w));
	CHECK_STR(outbuf_cstr(&o), "{\"u\":18446744073709551615,\"i\":-9223372036854775808,\"r\":0.1,\"w\":3,\"nan\":null,\"t\":true,"
				   "\"s\":\"a\\\"\\u0001\\u001b\xef\xbf\xbd\\u009b\",\"none\":null,\"time\":1700000000.123456789,"
				   "\"l\":[null,[1],{},[]]}");
	j = parsed(text);
	CHECK(json_real(json_get(json_root(j), "r")) == 0.1);
	outbuf_fixed(&o, text, sizeof(text));
	json_pretty(&o, json_get(json_root(j), "l"));
	CHECK_STR(outbuf_cstr(&o), "[\n  null,\n  [\n    1\n  ],\n  {},\n  []\n]\n");
	json_free(j);
}

TEST(jsonout_mistakes)
{
	char text[200];
	struct jsonout w;
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	CHECK(!jsonout_end(&w)); /* nothing was written */
	json_put_u64(&w, 1);
	CHECK(jsonout_end(&w));
	json_put_u64(&w, 2);
	CHECK(!jsonout_end(&w));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_put_u64(&w, 1); /* no name */
	json_close(&w);
	CHECK(!jsonout_end(&w));
	jsonout_begin(&w, &o);
	json_close(&w);
	CHECK(!jsonout_end(&w));
	jsonout_begin(&w, &o);
	for (int i = 0; i < 100; i++)
		json_open_array(&w);
	for (int i = 0; i < 100; i++)
		json_close(&w);
	CHECK(!jsonout_end(&w));
	outbuf_fixed(&o, text, 5);
	jsonout_begin(&w, &o);
	json_put_str(&w, "too long");
	CHECK(!jsonout_end(&w));
}
