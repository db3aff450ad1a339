/* SPDX-License-Identifier: MIT */
/*
 * The unit test harness. A test program includes this once and holds any number of
 *
 *     TEST(cursor_stops_at_end)
 *     {
 *             CHECK(cond);              CHECK_EQ(got, want);
 *             CHECK_STR(got, want);     CHECK_MEM(got, want, len_bytes);
 *     }
 *
 * They register themselves and run in the order of the file; `program NAME...` runs only those, `program -l` lists
 * them. A failed check does not leave the test; each check is also a condition: if (!CHECK(p)) return;
 * Output is one line per test, which test/run.sh counts: "ok NAME", "skip NAME: why" (SKIP("why") in the test) or
 * "not ok NAME: first failed check"; further failures of the same test go to stderr.
 */
#ifndef TEST_UNIT_CHECK_H
#define TEST_UNIT_CHECK_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct check_test {
	const char *name;
	void (*run)(void);
	struct check_test *next;
};

static struct check_test *check_first, **check_last = &check_first;
static const char *check_name;
static int check_failures;
static bool check_skipped;

#define TEST(id) \
	static void test_##id(void); \
	__attribute__((constructor)) static void register_##id(void) \
	{ \
		static struct check_test t = { #id, test_##id, NULL }; \
		*check_last = &t; \
		check_last = &t.next; \
	} \
	static void test_##id(void)

__attribute__((format(printf, 4, 5))) static inline bool check_report(bool good, const char *file, int line,
								     const char *format, ...)
{
	FILE *out = check_failures ? stderr : stdout;
	va_list args;

	if (good)
		return true;
	fprintf(out, "%s %s: %s:%d: ", check_failures++ ? "#" : "not ok", check_name, file, line);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
	return false;
}

static inline bool check_eq(intmax_t got, intmax_t want, const char *text, const char *file, int line)
{
	return check_report(got == want, file, line, "%s: got %jd (0x%jx), want %jd (0x%jx)", text, got, (uintmax_t)got,
			    want, (uintmax_t)want);
}

static inline bool check_str(const char *got, const char *want, const char *text, const char *file, int line)
{
	return check_report(got && want ? !strcmp(got, want) : got == want, file, line,
			    "%s: got \"%s\", want \"%s\"", text, got ? got : "(null)", want ? want : "(null)");
}

static inline bool check_mem(const void *got, const void *want, size_t len_bytes, const char *text, const char *file,
			     int line)
{
	const uint8_t *g = got, *w = want;
	size_t i = 0;

	while (i < len_bytes && g[i] == w[i])
		i++;
	return check_report(i == len_bytes, file, line, "%s: byte %zu of %zu: got %02x, want %02x", text, i, len_bytes,
			    i < len_bytes ? g[i] : 0, i < len_bytes ? w[i] : 0);
}

#define CHECK(cond) check_report(cond, __FILE__, __LINE__, "%s", #cond)
#define CHECK_EQ(got, want) check_eq((intmax_t)(got), (intmax_t)(want), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want) check_str(got, want, #got, __FILE__, __LINE__)
#define CHECK_MEM(got, want, len_bytes) check_mem(got, want, len_bytes, #got, __FILE__, __LINE__)

/* Ends the test, which needs something that is not there. */
#define SKIP(reason) do { printf("skip %s: %s\n", check_name, reason); check_skipped = true; return; } while (0)

int main(int argc, char **argv)
{
	int failed = 0, ran = 0;
	bool list = argc > 1 && !strcmp(argv[1], "-l");

	setvbuf(stdout, NULL, _IOLBF, 0); /* a crash must not swallow the lines before it */
	for (struct check_test *t = check_first; t; t = t->next) {
		bool wanted = argc == 1;

		for (int i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], t->name);
		if (list)
			puts(t->name);
		if (list || !wanted)
			continue;
		check_name = t->name;
		check_failures = 0;
		check_skipped = false;
		t->run();
		if (!check_failures && !check_skipped)
			printf("ok %s\n", t->name);
		failed += check_failures > 0;
		ran++;
	}
	return failed || (!ran && !list);
}

#endif
