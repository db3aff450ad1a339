/* SPDX-License-Identifier: MIT */
/* The rows of reports in each style: types, escapes, several tables, what is not there, tables too long to be held. */
#include "check.h"
#include "../../lib/export/rows.h"

#include <stdlib.h>

static char text[16384];
static struct outbuf out;

static const struct row_column columns[] = {
	{ "name", "Name", ROW_TEXT }, { "addr", "Address", ROW_ADDRESS }, { "n", "Count", ROW_COUNT }, { "size", "Bytes", ROW_BYTES },
	{ "took", "Time", ROW_DURATION }, { "at", NULL, ROW_TIME }, { "share", "Share", ROW_SHARE }, { "up", "Up", ROW_BOOL }, { NULL }
};
static const struct row_column few[] = { { "a", "A", ROW_NUMBER }, { "b", "B", ROW_BAR }, { NULL } };

static struct rows *begin(struct export *e, const char *format, bool several)
{
	static struct export_format f;
	struct rows *r = NULL;

	f.name = format;
	outbuf_fixed(&out, text, sizeof(text));
	*e = (struct export){ .format = &f, .out = &out, .o = { .header = true, .time = { .utc = true } } };
	CHECK_EQ(rows_open(&r, e, several, NULL), 0);
	return r;
}

static void two_rows(struct rows *r)
{
	rows_text(r, "a,\"b\"\033<");
	rows_address(r, (const uint8_t[]){ 192, 0, 2, 1 }, 4);
	rows_u64(r, 1234567);
	rows_u64(r, 12345);
	rows_ns(r, 1500000);
	rows_ns(r, 1700000000000000001);
	rows_real(r, 0.125);
	rows_u64(r, 1);
	for (unsigned i = 0; i < 8; i++)
		rows_none(r);
}

static const char *simple(const char *format)
{
	struct export e;
	struct rows *r = begin(&e, format, false);

	rows_table(r, NULL, NULL, columns);
	two_rows(r);
	rows_close(r);
	return outbuf_cstr(&out);
}

TEST(styles)
{
	CHECK_STR(simple("csv"), "name,addr,n,size,took,at,share,up\n"
		  "\"a,\"\"b\"\"\\x1b<\",192.0.2.1,1234567,12345,0.001500000,1700000000.000000001,0.125000,true\n,,,,,,,\n");
	CHECK_STR(simple("json"), "[\n{\"name\":\"a,\\\"b\\\"\\u001b<\",\"addr\":\"192.0.2.1\",\"n\":1234567,\"size\":12345,"
		  "\"took\":0.001500000,\"at\":1700000000.000000001,\"share\":0.125000,\"up\":true},\n{}\n]\n");
	CHECK_STR(simple("ndjson"), "{\"name\":\"a,\\\"b\\\"\\u001b<\",\"addr\":\"192.0.2.1\",\"n\":1234567,\"size\":12345,"
		  "\"took\":0.001500000,\"at\":1700000000.000000001,\"share\":0.125000,\"up\":true}\n{}\n");
	CHECK_STR(simple("table"), "Name        Address        Count    Bytes     Time    Share   Up\n"
		  "a,\"b\"\\x1b<  192.0.2.1  1,234,567  12.3 kB  1.50 ms   12.5 %  yes\n"
		  "                                                                \n");
	CHECK(strstr(simple("html"), "<td>a,&#34;b&#34;\\x1b&#60;</td><td>192.0.2.1</td><td class=\"n\">1,234,567</td>") != NULL);
}

static void several(struct rows *r)
{
	rows_object(r, "all", "All", few);
	rows_u64(r, 7);
	rows_real(r, 0.5);
	rows_table(r, "one", "One", few);
	rows_table(r, "two", "Two", few);
	rows_u64(r, 1);
	rows_real(r, 0.0 / 0.0);
	rows_close(r);
}

TEST(several_tables)
{
	struct export e;

	several(begin(&e, "json", true));
	CHECK_STR(outbuf_cstr(&out), "{\n\"all\":{\"a\":7,\"b\":0.500000},\n\"one\":[\n],\n\"two\":[\n{\"a\":1}\n]\n}\n");
	several(begin(&e, "csv", true));
	CHECK_STR(outbuf_cstr(&out), "table,a,b\nall,7,0.500000\ntwo,1,\n");
	several(begin(&e, "ndjson", true));
	CHECK_STR(outbuf_cstr(&out), "{\"table\":\"all\",\"a\":7,\"b\":0.500000}\n{\"table\":\"two\",\"a\":1}\n");
	several(begin(&e, "table", true));
	CHECK_STR(outbuf_cstr(&out), "All\n  A:  7\n  B:   50.0 %  ██████████\n\nOne\nA  B\n\nTwo\nA  B\n1  \n");
}

TEST(empty)
{
	struct export e;

	rows_close(begin(&e, "json", false));
	CHECK_STR(outbuf_cstr(&out), "[]\n");
	rows_close(begin(&e, "json", true));
	CHECK_STR(outbuf_cstr(&out), "{}\n");
}

/* An outbuf that counts lines. */
static int count_lines(void *user, const char *data, size_t len, struct errmsg *err)
{
	(void)err;
	for (size_t i = 0; i < len; i++)
		*(unsigned *)user += data[i] == '\n';
	return 0;
}

TEST(longer_than_what_is_held)
{
	struct export e;
	struct rows *r = begin(&e, "table", false);
	unsigned lines = 0;
	char name[201];

	CHECK_EQ(outbuf_to_sink(&out, count_lines, &lines, 65536, NULL), 0);
	memset(name, 'x', sizeof(name) - 1);
	name[200] = 0;
	rows_table(r, NULL, NULL, few + 2);
	rows_table(r, NULL, NULL, (const struct row_column[]){ { "t", "T", ROW_TEXT }, { "n", "N", ROW_COUNT }, { NULL } });
	for (unsigned i = 0; i < 100000; i++) {
		rows_text(r, name);
		rows_u64(r, i);
	}
	rows_close(r);
	CHECK_EQ(outbuf_flush(&out, NULL), 0);
	CHECK_EQ(lines, 100000 + 3); /* both titles, a line between the tables */
	outbuf_release(&out);
}

static const char *human(void (*put)(struct outbuf *o, int64_t v), int64_t v)
{
	outbuf_fixed(&out, text, sizeof(text));
	put(&out, v);
	return outbuf_cstr(&out);
}

static void bytes(struct outbuf *o, int64_t v)
{
	human_scaled(o, (double)v, "B");
}

TEST(numbers_for_people)
{
	CHECK_STR(human(human_duration, 0), "0 s");
	CHECK_STR(human(human_duration, 999), "999 ns");
	CHECK_STR(human(human_duration, -1500), "-1.50 µs");
	CHECK_STR(human(human_duration, 59999000000), "59.999 s");
	CHECK_STR(human(human_duration, 60000000000), "1 min 00 s");
	CHECK_STR(human(human_duration, 7261000000000), "2 h 01 min");
	CHECK_STR(human(human_duration, INT64_MIN), "-106751 d 23 h");
	CHECK_STR(human(bytes, 999), "999 B");
	CHECK_STR(human(bytes, 1000), "1.00 kB");
	CHECK_STR(human(bytes, 999499), "999 kB");
	CHECK_STR(human(bytes, 999500), "1.00 MB");
}
