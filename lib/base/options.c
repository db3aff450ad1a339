/* SPDX-License-Identifier: MIT */
/*
 * The option parser of every applet; include/base/options.h has the grammar.
 *
 * Words that are no options are moved to the end of argv as they are met, in
 * order, by rotating them behind what follows; so `first` is where they start.
 */
#include "base/options.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* One option as it was typed. */
struct typed {
	const struct option_row *row;
	char name[80];      /* "-c" or "--count", for messages */
	const char *value;  /* NULL: none */
};

static const struct option_row help_row = { .type = OPTION_FLAG, .letter = 'h', .name = "help", .help = "show this help" };
static const struct option_row version_row = { .type = OPTION_FLAG, .name = "version", .help = "show the version" };

static bool row_is_option(const struct option_row *r)
{
	return r->type != OPTION_GROUP;
}

static bool wants_value(const struct option_row *r)
{
	return r->arg && r->arg[0] != '[';
}

static const struct option_row *find_letter(const struct usage *u, char c)
{
	for (const struct option_row *r = u->rows; r->type != OPTION_END; r++)
		if (row_is_option(r) && r->letter == c && c)
			return r;
	return c == 'h' ? &help_row : NULL;
}

/* --help and --version stand behind the applet's own rows. */
static const struct option_row *next_row(const struct option_row *r)
{
	if (r == &help_row)
		return &version_row;
	if (r == &version_row)
		return NULL;
	r++;
	return r->type == OPTION_END ? &help_row : r;
}

static const struct option_row *first_row(const struct usage *u)
{
	return u->rows->type == OPTION_END ? &help_row : u->rows;
}

static const struct option_row *find_name(const struct usage *u, const char *name, size_t len, struct errmsg *err)
{
	const struct option_row *found = NULL;
	char word[80];
	struct text_nearest near = { .word = word };
	bool several = false;

	for (const struct option_row *r = first_row(u); r; r = next_row(r)) {
		if (!row_is_option(r) || !r->name || strncmp(r->name, name, len))
			continue;
		if (!r->name[len])
			return r;
		several = found;
		found = r;
	}
	if (found && !several)
		return found;
	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	if (several) {
		errmsg_set(err, NW_EINPUT, "--%s could be several options (--%s …); write it out", word, found->name);
		return NULL;
	}
	for (const struct option_row *r = first_row(u); r; r = next_row(r))
		if (row_is_option(r) && r->name)
			text_nearest_try(&near, r->name);
	if (near.best)
		errmsg_set(err, NW_EINPUT, "unknown option --%s; did you mean --%s?", word, near.best);
	else
		errmsg_set(err, NW_EINPUT, "unknown option --%s; '%s --help' lists them", word, u->name);
	return NULL;
}

static int parse_u64(const struct typed *t, uint64_t *v, struct errmsg *err)
{
	const struct option_range *r = t->row->range;

	if (!text_parse_u64(t->value, v) && *t->value && !t->value[strspn(t->value, "0123456789")])
		return errmsg_set(err, NW_EINPUT, "%s: %s is too large (%llu to %llu)", t->name, t->value,
				  (unsigned long long)r->min, (unsigned long long)(r->max ? r->max : UINT64_MAX));
	if (!text_parse_u64(t->value, v))
		return errmsg_set(err, NW_EINPUT, "%s: '%s' is no number; it takes a whole number, as in %s 10", t->name,
				  t->value, t->name);
	if (*v < r->min || (r->max && *v > r->max))
		return errmsg_set(err, NW_EINPUT, "%s: %s is out of range (%llu to %llu)", t->name, t->value,
				  (unsigned long long)r->min, (unsigned long long)(r->max ? r->max : UINT64_MAX));
	return 0;
}

static int parse_size(const struct typed *t, uint64_t *v, struct errmsg *err)
{
	const struct option_range *r = t->row->range;
	uint64_t unit = r->unit == 1024 && r->min % 1024 == 0 ? 1024 : 1;
	size_t len = strlen(t->value);

	if (!text_parse_size(t->value, v))
		return errmsg_set(err, NW_EINPUT, "%s: '%s' is no size; it takes a number with k, M or G, as in %s 10M", t->name,
				  t->value, t->name);
	if (r->unit > 1 && len && t->value[len - 1] >= '0' && t->value[len - 1] <= '9' && __builtin_mul_overflow(*v, r->unit, v))
		*v = UINT64_MAX;
	if (*v < r->min || (r->max && *v > r->max)) /* said in the unit that a plain number has */
		return errmsg_set(err, NW_EINPUT, "%s: %s is out of range (%llu to %llu %s)", t->name, t->value,
				  (unsigned long long)(r->min / unit), (unsigned long long)((r->max ? r->max : UINT64_MAX) / unit),
				  unit == 1024 ? "KiB" : "bytes");
	return 0;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);
	const char *p = choices;

	while ((p = strstr(p, value)) && len) {
		if ((p == choices || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return true;
		p += len;
	}
	return false;
}

/* The member that the row names gets its value. */
static int apply(const struct typed *t, void *opts, struct errmsg *err)
{
	const struct option_row *r = t->row;
	void *member = (char *)opts + r->offset;

	switch (r->type) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_COUNT:
		++*(int *)member;
		return 0;
	case OPTION_STRING:
		*(const char **)member = t->value;
		return 0;
	case OPTION_LIST: {
		struct option_list *list = member;

		if (list->count == OPTION_LIST_MAX)
			return errmsg_set(err, NW_EINPUT, "%s may be given %d times at most", t->name, OPTION_LIST_MAX);
		list->item[list->count++] = t->value;
		return 0;
	}
	case OPTION_U64:
		return parse_u64(t, member, err);
	case OPTION_SIZE:
		return parse_size(t, member, err);
	case OPTION_DURATION:
		if (!text_parse_duration(t->value, member))
			return errmsg_set(err, NW_EINPUT,
					  "%s: '%s' is no duration; it takes seconds or a number with ms, s, m, h or d, as in %s 5m",
					  t->name, t->value, t->name);
		return 0;
	case OPTION_TIME:
		if (!text_parse_time(t->value, member))
			return errmsg_set(err, NW_EINPUT,
					  "%s: '%s' is no time; write 2026-11-20T12:03:07 (Z or +01:00 may follow) or seconds since 1970",
					  t->name, t->value);
		return 0;
	case OPTION_CHOICE:
		if (!is_choice(r->choices, t->value))
			return errmsg_set(err, NW_EINPUT, "%s: '%s' is not one of: %s", t->name, t->value, r->choices);
		*(const char **)member = t->value;
		return 0;
	default:
		return r->apply(opts, r, t->value, err);
	}
}

static int missing_value(const struct typed *t, struct errmsg *err)
{
	return errmsg_set(err, NW_EINPUT, "%s needs a value: %s %s", t->name, t->name, t->row->arg);
}

/* argv[at] is "--name" or "--name=value". Returns how many words it took, or an error, or OPTIONS_ in *special. */
static int parse_long(const struct usage *u, int argc, char **argv, int at, void *opts, int *special, struct errmsg *err)
{
	const char *name = argv[at] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	struct typed t = { .row = find_name(u, name, len, err), .value = equals ? equals + 1 : NULL };
	int used = 1, rc;

	if (!t.row)
		return NW_EINPUT;
	if (t.row == &help_row || t.row == &version_row) {
		*special = t.row == &help_row ? OPTIONS_HELP : OPTIONS_VERSION;
		return 1;
	}
	snprintf(t.name, sizeof(t.name), "--%s", t.row->name);
	if (t.value && !t.row->arg)
		return errmsg_set(err, NW_EINPUT, "%s takes no value", t.name);
	if (!t.value && wants_value(t.row)) {
		if (at + 1 >= argc)
			return missing_value(&t, err);
		t.value = argv[at + 1];
		used = 2;
	}
	rc = apply(&t, opts, err);
	return rc < 0 ? rc : used;
}

/* argv[at] is "-x…": one letter or several. */
static int parse_short(const struct usage *u, int argc, char **argv, int at, void *opts, int *special, struct errmsg *err)
{
	for (const char *p = argv[at] + 1; *p; p++) {
		struct typed t = { .row = find_letter(u, *p) };
		int rc, used = 1;

		snprintf(t.name, sizeof(t.name), "-%c", *p);
		if (!t.row) {
			if (*p > 0x20 && *p < 0x7f)
				return errmsg_set(err, NW_EINPUT, "unknown option -%c; '%s --help' lists them", *p, u->name);
			return errmsg_set(err, NW_EINPUT, "an option is one ASCII letter after '-'; '%s --help' lists them", u->name);
		}
		if (t.row == &help_row) {
			*special = OPTIONS_HELP;
			return 1;
		}
		if (wants_value(t.row)) {
			t.value = p[1] ? p + 1 : at + 1 < argc ? argv[at + 1] : NULL;
			if (!t.value)
				return missing_value(&t, err);
			used = p[1] ? 1 : 2;
		}
		rc = apply(&t, opts, err);
		if (rc < 0)
			return rc;
		if (t.value)
			return used;
	}
	return 1;
}

/* Moves argv[from..to) behind argv[to..end): the words that are no options wait at the end. */
static void rotate(char **argv, int from, int to, int end)
{
	for (; to < end; to++, from++) {
		char *word = argv[to];

		memmove(&argv[from + 1], &argv[from], (size_t)(to - from) * sizeof(*argv));
		argv[from] = word;
	}
}

int options_parse(const struct usage *u, int argc, char **argv, void *opts, int *first, struct errmsg *err)
{
	int words = 1; /* argv[words..at) are no options */
	int special = 0;

	for (int at = 1; at < argc;) {
		int used;

		if (!strcmp(argv[at], "--")) {
			rotate(argv, words, at, at + 1);
			words++;
			break;
		}
		if (argv[at][0] != '-' || !argv[at][1]) {
			at++;
			continue;
		}
		if (argv[at][1] == '-')
			used = parse_long(u, argc, argv, at, opts, &special, err);
		else
			used = parse_short(u, argc, argv, at, opts, &special, err);
		if (used < 0)
			return used;
		if (special)
			return special;
		rotate(argv, words, at, at + used);
		words += used;
		at += used;
	}
	*first = words;
	return 0;
}

/* ---- --help ------------------------------------------------------------------ */

enum { HELP_COLUMN = 30, HELP_WIDTH = 100 };

/* Columns that a UTF-8 text takes. */
static int shown_width(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

/* `text` broken at blanks into lines from HELP_COLUMN on; the cursor is at `column`. */
static void put_wrapped(struct outbuf *o, const char *text, int column)
{
	while (*text) {
		const char *end = text + strcspn(text, " ");
		char word[256];

		snprintf(word, sizeof(word), "%.*s", (int)(end - text), text);
		if (column + 1 + shown_width(word) > HELP_WIDTH && column > HELP_COLUMN) {
			outbuf_printf(o, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			outbuf_char(o, ' ');
			column++;
		}
		outbuf_str(o, word);
		column += shown_width(word);
		text = end + (*end == ' ');
	}
	outbuf_char(o, '\n');
}

static void help_row_line(const struct option_row *r, struct outbuf *o)
{
	char text[128], letter[4] = "";
	int n = 0;

	if (r->letter)
		snprintf(letter, sizeof(letter), "-%c", r->letter);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "  %2s%s", letter, r->name ? (r->letter ? ", " : "  ") : "");
	if (r->name)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "--%s", r->name);
	if (r->arg)
		snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", r->arg[0] == '[' ? "" : " ", r->arg);
	outbuf_str(o, text);
	n = shown_width(text);
	if (n > HELP_COLUMN - 2)
		outbuf_printf(o, "\n%*s", HELP_COLUMN, "");
	else
		outbuf_printf(o, "%*s", HELP_COLUMN - n, "");
	if (r->type == OPTION_CHOICE) {
		char help[512];

		snprintf(help, sizeof(help), "%s: %s", r->help, r->choices);
		put_wrapped(o, help, HELP_COLUMN);
	} else {
		put_wrapped(o, r->help, HELP_COLUMN);
	}
}

void options_help(const struct usage *u, struct outbuf *o)
{
	outbuf_printf(o, "Usage: %s %s\n%s\n", u->name, u->synopsis, u->purpose);
	for (const struct option_row *r = u->rows; r->type != OPTION_END; r++) {
		if (r->type == OPTION_GROUP)
			outbuf_printf(o, "\n%s:\n", r->help);
		else
			help_row_line(r, o);
	}
	outbuf_str(o, "\n");
	help_row_line(find_letter(u, 'h') == &help_row ? &help_row :
		      &(const struct option_row){ .type = OPTION_FLAG, .name = "help", .help = help_row.help }, o);
	help_row_line(&version_row, o);
	if (u->examples)
		outbuf_printf(o, "\nExamples:\n%s", u->examples);
}

void options_table(const struct usage *u, struct outbuf *o)
{
	for (const struct option_row *r = first_row(u); r; r = next_row(r)) {
		bool letter = r->letter && (r != &help_row || find_letter(u, 'h') == r);

		if (!row_is_option(r))
			continue;
		outbuf_printf(o, "%.*s\t%s\t%s\t%s\t%s\n", letter, &r->letter, r->name ? r->name : "", r->arg ? r->arg : "",
			      r->choices ? r->choices : "", r->help);
	}
}
