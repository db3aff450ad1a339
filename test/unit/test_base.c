/* SPDX-License-Identifier: MIT */
/* lib/base: text both ways, options, times, errors. */
#include "base/options.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char array[512];

static struct outbuf fresh(void)
{
	struct outbuf o;

	outbuf_fixed(&o, array, sizeof(array));
	return o;
}

TEST(outbuf_integers)
{
	struct outbuf o = fresh();

	outbuf_u64(&o, 0);
	outbuf_char(&o, ' ');
	outbuf_u64(&o, 99);
	outbuf_char(&o, ' ');
	outbuf_u64(&o, 100);
	outbuf_char(&o, ' ');
	outbuf_u64(&o, UINT64_MAX);
	outbuf_char(&o, ' ');
	outbuf_i64(&o, INT64_MIN);
	outbuf_char(&o, ' ');
	outbuf_hex(&o, 0xabc, 4);
	outbuf_char(&o, ' ');
	outbuf_padded(&o, 42, 6);
	CHECK_STR(outbuf_cstr(&o), "0 99 100 18446744073709551615 -9223372036854775808 0abc 000042");
}

static const char *ipv6_text(const char *in)
{
	uint8_t a[16];
	struct outbuf o = fresh();

	if (!text_parse_ipv6(in, a))
		return "refused";
	outbuf_ipv6(&o, a);
	return outbuf_cstr(&o);
}

/* RFC 5952 section 4 and RFC 4291 section 2.2 */
TEST(ipv6_text)
{
	CHECK_STR(ipv6_text("::"), "::");
	CHECK_STR(ipv6_text("::1"), "::1");
	CHECK_STR(ipv6_text("1::"), "1::");
	CHECK_STR(ipv6_text("2001:0DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
	CHECK_STR(ipv6_text("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
	CHECK_STR(ipv6_text("fe80::1:2:3:4"), "fe80::1:2:3:4");
	CHECK_STR(ipv6_text("1:2:3:4:5:6:7:8"), "1:2:3:4:5:6:7:8");
	CHECK_STR(ipv6_text("1:2:3:4:5:6:0:0"), "1:2:3:4:5:6::");
	CHECK_STR(ipv6_text("::ffff:10.1.2.3"), "::ffff:10.1.2.3");
	CHECK_STR(ipv6_text("64:ff9b::1.2.3.4"), "64:ff9b::102:304");
	CHECK_STR(ipv6_text("1:2"), "refused");
	CHECK_STR(ipv6_text("1::2::3"), "refused");
	CHECK_STR(ipv6_text("1:2:3:4:5:6:7:8:9"), "refused");
	CHECK_STR(ipv6_text("1:2:3:4:5:6:7:"), "refused");
	CHECK_STR(ipv6_text("12345::"), "refused");
	CHECK_STR(ipv6_text(":1"), "refused");
	CHECK_STR(ipv6_text("::1.2.3"), "refused");
	CHECK_STR(ipv6_text(""), "refused");
}

TEST(addresses)
{
	uint8_t a[6];
	struct outbuf o = fresh();

	CHECK(text_parse_ipv4("192.0.2.7", a));
	outbuf_ipv4(&o, a);
	CHECK_STR(outbuf_cstr(&o), "192.0.2.7");
	CHECK(!text_parse_ipv4("192.0.2", a));
	CHECK(!text_parse_ipv4("192.0.2.256", a));
	CHECK(!text_parse_ipv4("192.0.2.7.", a));
	CHECK(text_parse_mac("00:1b:21:0a:Ff:09", a));
	CHECK_MEM(a, "\x00\x1b\x21\x0a\xff\x09", 6);
	CHECK(text_parse_mac("001b.210a.ff09", a));
	CHECK(!text_parse_mac("00:1b:21:0a:ff", a));
	CHECK(!text_parse_mac("00:1b-21:0a:ff:09", a));
}

TEST(sizes_and_durations)
{
	uint64_t v;
	int64_t ns;

	CHECK(text_parse_size("10", &v) && v == 10);
	CHECK(text_parse_size("10k", &v) && v == 10240);
	CHECK(text_parse_size("2MiB", &v) && v == 2097152);
	CHECK(text_parse_size("2MB", &v) && v == 2000000);
	CHECK(text_parse_size("1G", &v) && v == 1u << 30);
	CHECK(!text_parse_size("10x", &v));
	CHECK(!text_parse_size("-1", &v));
	CHECK(!text_parse_size("99999999999G", &v));
	CHECK(text_parse_duration("1.5s", &ns) && ns == 1500000000);
	CHECK(text_parse_duration("250ms", &ns) && ns == 250000000);
	CHECK(text_parse_duration("2h", &ns) && ns == 7200000000000);
	CHECK(text_parse_duration("10", &ns) && ns == 10000000000);
	CHECK(text_parse_duration("1.000000001d", &ns) && ns == 86400000086400);
	CHECK(text_parse_duration("0.123456789ms", &ns) && ns == 123456);
	CHECK(!text_parse_duration("5x", &ns));
	CHECK(!text_parse_duration("", &ns));
	CHECK(!text_parse_duration("999999999999d", &ns));
}

TEST(times)
{
	int64_t ns;

	setenv("TZ", "UTC0", 1);
	tzset();
	CHECK(text_parse_time("1700000000.25", &ns) && ns == 1700000000250000000);
	CHECK(text_parse_time("2023-11-14T22:13:20Z", &ns) && ns == 1700000000000000000);
	CHECK(text_parse_time("2023-11-14 22:13:20", &ns) && ns == 1700000000000000000);
	CHECK(text_parse_time("2023-11-14T23:13:20.5+01:00", &ns) && ns == 1700000000500000000);
	CHECK(text_parse_time("2023-11-14", &ns) && ns == 1699920000000000000);
	CHECK(!text_parse_time("2023-13-14", &ns));
	CHECK(!text_parse_time("2023-02-30", &ns));
	CHECK(text_parse_time("2024-02-29T23:59:59Z", &ns));
	CHECK(!text_parse_time("14.11.2023", &ns));
	CHECK(!text_parse_time("2023-11-14T22:13:20+", &ns));
}

static const char *time_text(enum timefmt_style style, int64_t a, int64_t b)
{
	struct timefmt t;
	struct outbuf o = fresh();

	timefmt_init(&t, style, 6, true);
	timefmt_put(&t, &o, a);
	outbuf_char(&o, '|');
	timefmt_put(&t, &o, b);
	return outbuf_cstr(&o);
}

TEST(time_styles)
{
	const int64_t a = 1700000000123456789, b = 1700003661000001000;

	CHECK_STR(time_text(TIMEFMT_NONE, a, b), "|");
	CHECK_STR(time_text(TIMEFMT_TIME, a, b), "22:13:20.123456|23:14:21.000001");
	CHECK_STR(time_text(TIMEFMT_EPOCH, a, b), "1700000000.123456|1700003661.000001");
	CHECK_STR(time_text(TIMEFMT_DELTA, a, b), " 00:00:00.000000| 01:01:00.876544");
	CHECK_STR(time_text(TIMEFMT_DATE_TIME, a, b), "2023-11-14 22:13:20.123456|2023-11-14 23:14:21.000001");
	CHECK_STR(time_text(TIMEFMT_ISO8601, a, b), "2023-11-14T22:13:20.123456Z|2023-11-14T23:14:21.000001Z");
	CHECK_STR(time_text(TIMEFMT_DELTA, b, a), " 00:00:00.000000|-01:01:00.876544");
	CHECK_STR(time_text(TIMEFMT_TIME, -1, 0), "23:59:59.999999|00:00:00.000000");
}

/* Nothing from the network reaches a terminal unescaped. */
TEST(escaping)
{
	static const char nasty[] = "a\033[31mb\\\n\x7f\xc3\xa9\xc2\x9b\xff\xe2\x80\xae";
	struct outbuf o = fresh();

	outbuf_escaped(&o, nasty, sizeof(nasty) - 1);
	CHECK_STR(outbuf_cstr(&o), "a\\x1b[31mb\\\\\\n\\x7f\xc3\xa9\\xc2\\x9b\\xff\\xe2\\x80\\xae");
}

/* A pipe that somebody who shares it made non-blocking: what does not fit waits, nothing is lost. */
TEST(a_full_pipe_is_waited_for)
{
	enum { WANTED = 300000 };
	char in[4096];
	int fds[2], status = 1;
	ssize_t n, sum = 0;
	pid_t child;

	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	child = fork();
	if (child == 0) {
		struct outbuf o;

		close(fds[0]);
		outbuf_to_fd(&o, fds[1], 65536, NULL);
		for (int i = 0; i < WANTED; i++)
			outbuf_char(&o, 'x');
		_exit(outbuf_flush(&o, NULL) ? 1 : 0);
	}
	close(fds[1]);
	fcntl(fds[0], F_SETFL, 0);
	usleep(50000);
	while ((n = read(fds[0], in, sizeof(in))) > 0)
		sum += n;
	close(fds[0]);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(sum, WANTED);
}

TEST(fixed_buffer_is_cut)
{
	char small[8];
	struct outbuf o;

	outbuf_fixed(&o, small, sizeof(small));
	outbuf_str(&o, "0123456789");
	CHECK(o.cut);
	CHECK_STR(outbuf_cstr(&o), "0123456");
	outbuf_fixed(&o, small, sizeof(small));
	outbuf_u64(&o, 12345678901);
	CHECK(o.cut);
	CHECK_EQ(strlen(outbuf_cstr(&o)), 7);
}

static int refuse(void *user, const char *data, size_t len, struct errmsg *err)
{
	(void)data;
	*(size_t *)user += len;
	return errmsg_set(err, NW_ESYS, "full");
}

TEST(sink_errors_are_sticky)
{
	struct outbuf o;
	struct errmsg err = { "" };
	size_t seen = 0;

	if (!CHECK_EQ(outbuf_to_sink(&o, refuse, &seen, 4096, &err), 0))
		return;
	for (int i = 0; i < 3000; i++)
		outbuf_str(&o, "0123456789");
	CHECK_EQ(outbuf_flush(&o, &err), NW_ESYS);
	CHECK_STR(err.text, "full");
	CHECK_EQ(seen, 4096);
	outbuf_release(&o);
}

TEST(nearest_names)
{
	struct text_nearest n = { .word = "tcp.prot" };

	text_nearest_try(&n, "udp.port");
	text_nearest_try(&n, "tcp.port");
	text_nearest_try(&n, "http.host");
	CHECK_STR(n.best, "tcp.port");
	n = (struct text_nearest){ .word = "zzzzzz" };
	text_nearest_try(&n, "tcp");
	CHECK(!n.best);
	CHECK_EQ(text_distance("ab", "ba", 3), 1);
	CHECK_EQ(text_distance("kitten", "sitting", 5), 3);
	CHECK_EQ(text_distance("abc", "xyz", 1), 2);
	CHECK(text_glob("tcp.*", "tcp.port") && text_glob("*", "") && text_glob("a?c*", "abcde") && !text_glob("a?c", "ac"));
}

struct opts {
	bool flag;
	int count;
	const char *text, *choice;
	struct option_list list;
	uint64_t number, size;
	int64_t duration;
};

static const struct option_row rows[] = {
	OPT_GROUP("Things"),
	OPT_FLAG('f', "flag", struct opts, flag, "a flag"),
	OPT_COUNT('v', "verbose", struct opts, count, "more"),
	OPT_STRING('t', "text", struct opts, text, "TEXT", "a text"),
	OPT_CHOICE(0, "choice", struct opts, choice, "KIND", "red green", "one of"),
	OPT_LIST('l', "list", struct opts, list, "ITEM", "again and again"),
	OPT_U64('n', "number", struct opts, number, "N", 1, 100, "a number"),
	OPT_SIZE('C', "size", struct opts, size, "SIZE", 1000000, 1, 0, "a size"),
	OPT_SIZE('B', "buffer", struct opts, size, "KIB", 1024, 4096, 1 << 20, "in KiB"),
	OPT_DURATION('d', "duration", struct opts, duration, "TIME", "a time"),
	OPT_FLAG(0, "text-only", struct opts, flag, "shares a prefix"),
	OPT_END,
};
static const struct usage usage = { "tool", "[OPTION…]", "A tool.", NULL, rows };

static struct opts opts;
static int first;
static struct errmsg err;

static int parse(char *a, char *b, char *c, char *d, char *e)
{
	char *argv[] = { "tool", a, b, c, d, e, NULL };
	int argc = 0;

	while (argv[argc])
		argc++;
	memset(&opts, 0, sizeof(opts));
	return options_parse(&usage, argc, argv, &opts, &first, &err);
}

TEST(options_are_read)
{
	CHECK_EQ(parse("-fvv", "-ttext", "--number=7", "word", NULL), 0);
	CHECK(opts.flag && opts.count == 2 && opts.number == 7);
	CHECK_STR(opts.text, "text");
	CHECK_EQ(first, 4);
	CHECK_EQ(parse("word", "-l", "a", "--list", "b"), 0);
	CHECK_EQ(first, 5);
	CHECK_EQ(opts.list.count, 2);
	CHECK_EQ(parse("-C", "2", "-d", "5m", NULL), 0);
	CHECK(opts.size == 2000000 && opts.duration == 300000000000);
	CHECK_EQ(parse("-C", "2k", "--verb", NULL, NULL), 0);
	CHECK(opts.size == 2048 && opts.count == 1);
	CHECK_EQ(parse("--", "-f", NULL, NULL, NULL), 0);
	CHECK(!opts.flag && first == 2);
	CHECK_EQ(parse("-f", "-", NULL, NULL, NULL), 0);
	CHECK_EQ(first, 2);
	CHECK_EQ(parse("--help", NULL, NULL, NULL, NULL), OPTIONS_HELP);
	CHECK_EQ(parse("-h", NULL, NULL, NULL, NULL), OPTIONS_HELP);
	CHECK_EQ(parse("--version", NULL, NULL, NULL, NULL), OPTIONS_VERSION);
	CHECK_EQ(parse("--choice", "green", NULL, NULL, NULL), 0);
}

TEST(option_errors_name_the_cure)
{
	CHECK_EQ(parse("-n", NULL, NULL, NULL, NULL), NW_EINPUT);
	CHECK_STR(err.text, "-n needs a value: -n N");
	CHECK_EQ(parse("-n", "ten", NULL, NULL, NULL), NW_EINPUT);
	CHECK_STR(err.text, "-n: 'ten' is no number; it takes a whole number, as in -n 10");
	CHECK_EQ(parse("-n", "101", NULL, NULL, NULL), NW_EINPUT);
	CHECK_STR(err.text, "-n: 101 is out of range (1 to 100)");
	CHECK_EQ(parse("-B", "0", NULL, NULL, NULL), NW_EINPUT);
	CHECK_STR(err.text, "-B: 0 is out of range (4 to 1024 KiB)");
	CHECK_EQ(parse("-n", "99999999999999999999999", NULL, NULL, NULL), NW_EINPUT);
	CHECK_STR(err.text, "-n: 99999999999999999999999 is too large (1 to 100)");
	CHECK_EQ(parse("--nubmer=1", NULL, NULL, NULL, NULL), NW_EINPUT);
	CHECK_STR(err.text, "unknown option --nubmer; did you mean --number?");
	CHECK_EQ(parse("-x", NULL, NULL, NULL, NULL), NW_EINPUT);
	CHECK_EQ(parse("--flag=1", NULL, NULL, NULL, NULL), NW_EINPUT);
	CHECK_EQ(parse("--te", "x", NULL, NULL, NULL), NW_EINPUT);
	CHECK_EQ(parse("--choice", "re", NULL, NULL, NULL), NW_EINPUT);
	CHECK_EQ(parse("--choice", "", NULL, NULL, NULL), NW_EINPUT);
	CHECK_EQ(parse("-C", "2Q", NULL, NULL, NULL), NW_EINPUT);
}

TEST(help_shows_each_row)
{
	struct outbuf o;
	char text[4096];

	outbuf_fixed(&o, text, sizeof(text));
	options_help(&usage, &o);
	outbuf_cstr(&o);
	for (const struct option_row *r = rows; r->type != OPTION_END; r++)
		CHECK(strstr(text, r->help));
	CHECK(strstr(text, "-n, --number N"));
	CHECK(strstr(text, "one of: red green"));
}

TEST(errors)
{
	struct errmsg e;

	CHECK_EQ(errmsg_set(&e, NW_EINPUT, "%s: bad", "x"), NW_EINPUT);
	CHECK_EQ(errmsg_prefix(&e, NW_EINPUT, "file %d: ", 3), NW_EINPUT);
	CHECK_STR(e.text, "file 3: x: bad");
	CHECK_EQ(errmsg_exit_code(NW_EINPUT), 5);
	CHECK_EQ(errmsg_exit_code(NW_EPERM), 7);
	CHECK_EQ(errmsg_exit_code(NW_ESYS), 1);
	CHECK_EQ(errmsg_exit_code(NW_ECLOSED), 0);
	CHECK_EQ(errmsg_exit_code(0), 0);
	CHECK_EQ(errmsg_set(NULL, NW_ESYS, "nobody listens"), NW_ESYS);
}
