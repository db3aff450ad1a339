/* SPDX-License-Identifier: MIT */
/*
 * A prompt for the same commands with the same output. An error is told and the next line is read; Ctrl-C ends the line or the
 * command. Without a terminal commands are read from standard input, a line each; # begins a comment.
 */
#include "packetclient.h"

#include "base/message.h"
#include "sys/io.h"
#include "term/line.h"
#include "term/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROMPT "packetclient> "
enum { WORDS_MAX = 200 };

/* ---- a line into words ---------------------------------------------------------------------------------------- */

struct split {
	char *words[WORDS_MAX + 2];
	int n;
	char bytes[LINE_MAX_BYTES + WORDS_MAX];
	bool open;            /* a quote is not closed */
	size_t last;          /* where the last word begins in the line */
};

/* Blanks separate; '...' and "..." keep them; a backslash keeps the character behind it, but in '...'. With `partial` the last
 * word is the one that is being typed: empty behind a blank. */
static int split_line(struct split *s, const char *text, bool partial, struct errmsg *err)
{
	char *out = s->bytes;
	const char *p = text;

	s->n = 0;
	s->open = false;
	for (;;) {
		char quote = 0;

		while (*p == ' ' || *p == '\t')
			p++;
		if (!*p || (*p == '#' && !partial))
			break;
		if (s->n == WORDS_MAX)
			return errmsg_set(err, NW_EINPUT, "more than %d words", WORDS_MAX);
		s->last = (size_t)(p - text);
		s->words[s->n++] = out;
		for (; *p && (quote || (*p != ' ' && *p != '\t')); p++) {
			if (!quote && (*p == '"' || *p == '\''))
				quote = *p;
			else if (quote && *p == quote)
				quote = 0;
			else if (*p == '\\' && quote != '\'' && p[1])
				*out++ = *++p;
			else
				*out++ = *p;
		}
		*out++ = '\0';
		s->open = quote != 0;
	}
	if (partial && (!s->n || (!s->open && p > text && (p[-1] == ' ' || p[-1] == '\t')))) {
		s->last = (size_t)(p - text);
		*out = '\0';
		s->words[s->n++] = out;
	}
	s->words[s->n] = NULL;
	if (s->open && !partial)
		return errmsg_set(err, NW_EINPUT, "a quote is not closed");
	return 0;
}

/* ---- completion -------------------------------------------------------------------------------------------------- */

static void add_candidate(void *user, const char *text)
{
	struct line_candidates *candidates = user;
	char quoted[256];

	if (strpbrk(text, " '\"\\")) {
		if ((size_t)snprintf(quoted, sizeof(quoted), "\"%s\"", text) >= sizeof(quoted) || strpbrk(text, "\"\\"))
			return;
		text = quoted;
	}
	line_candidate_add(candidates, text);
}

static void complete_line(void *user, const char *text, size_t cursor, struct line_candidates *candidates)
{
	struct split *s = malloc(sizeof(*s));
	char until[LINE_MAX_BYTES];
	struct errmsg why;

	snprintf(until, sizeof(until), "%.*s", (int)cursor, text);
	if (s && !split_line(s, until, true, &why) && !s->open) {
		candidates->from = s->last;
		complete_words(user, s->words, s->n, add_candidate, candidates);
		if (candidates->count == 1 && !strncmp(until + s->last, "--", 2) && s->n && strchr(s->words[s->n - 1], '='))
			candidates->open = true;
	}
	free(s);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* One line with options of its own: those that packetclient itself was given stay. */
static int run_line(struct client *c, const char *text)
{
	const struct client_options given = c->o;
	const enum output output = c->output;
	const int timeout_ms = c->timeout_ms;
	struct split *s = malloc(sizeof(*s));
	struct errmsg err = { "" };
	int rc;

	interrupts_catch(true); /* Ctrl-C ends the command, not the prompt */
	rc = s ? split_line(s, text, false, &err) : errmsg_set(&err, NW_ELIMIT, "no memory");

	if (!rc && s->n) {
		char **words = s->words;
		int n = s->n;

		if (n > 1 && !strcmp(words[0], "packetclient")) { /* pasted from a manual */
			words++;
			n--;
		}
		rc = command_line(c, n, words, &err);
	}
	if (rc < 0 && rc != NW_ECLOSED) {
		if (client_interrupted && io_is_terminal(STDERR_FILENO))
			fputc('\n', stderr); /* the terminal has echoed ^C */
		message_print("packetclient", err.text);
	}
	c->o = given;
	c->output = output;
	c->timeout_ms = timeout_ms;
	interrupts_catch(false);
	free(s);
	return rc < 0 ? errmsg_exit_code(rc) : rc;
}

static bool is_end(const char *text)
{
	text += strspn(text, " \t");
	return !strcmp(text, "exit") || !strcmp(text, "quit");
}

static int from_terminal(struct client *c, struct errmsg *err)
{
	struct line *l = line_new(complete_line, c);
	struct errmsg why;
	char path[4096];
	int rc = 0;

	if (!l)
		return errmsg_set(err, NW_ELIMIT, "no memory for a line");
	if (config_path("history", path, sizeof(path)) && line_history_open(l, path, &why))
		client_say(c, 0, "%s", why.text);
	puts("packetclient: help lists the commands, Tab completes, Ctrl-D ends.");
	fflush(stdout);
	while (rc >= 0) {
		rc = line_read(l, STDIN_FILENO, STDOUT_FILENO, PROMPT, err);
		if (rc == LINE_END || (rc == LINE_DONE && is_end(line_text(l, NULL)))) {
			rc = 0;
			break;
		}
		if (rc == LINE_DONE)
			run_line(c, line_text(l, NULL));
	}
	line_free(l);
	return rc;
}

/* The status is that of the last command that failed, so that a script notices. */
static int from_pipe(struct client *c, struct errmsg *err)
{
	char text[LINE_MAX_BYTES];
	int status = 0;

	while (fgets(text, sizeof(text), stdin)) {
		size_t len = strlen(text);
		int rc;

		if (len == sizeof(text) - 1 && text[len - 1] != '\n')
			return errmsg_set(err, NW_EINPUT, "a line is longer than %d bytes", LINE_MAX_BYTES - 2);
		text[strcspn(text, "\r\n")] = '\0';
		if (is_end(text))
			break;
		rc = run_line(c, text);
		status = rc ? rc : status;
	}
	return status;
}

int run_interactive(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	int rc;

	(void)m;
	(void)argc;
	(void)argv;
	if (c->interactive)
		return 0; /* it is one already */
	c->interactive = true;
	rc = io_is_terminal(STDIN_FILENO) && io_is_terminal(STDOUT_FILENO) ? from_terminal(c, err) : from_pipe(c, err);
	c->interactive = false;
	return rc;
}
