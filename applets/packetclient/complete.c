/* SPDX-License-Identifier: MIT */
/*
 * What may stand at a place of a command line: for shells (packetclient complete -- WORD...) and for the prompt. Names come from
 * the tables; sessions, interfaces and profiles from the daemon, if one runs.
 */
#include "packetclient.h"

#include "filter/complete.h"

#include <stdio.h>
#include <string.h>

enum { ASK_MS = 2000 };

/* Candidates that begin with what is there. */
struct offer {
	const char *prefix;
	candidate_fn *each;
	void *user;
};

static void offer(const struct offer *f, const char *text)
{
	if (text && !strncmp(text, f->prefix, strlen(f->prefix)))
		f->each(f->user, text);
}

static void offer_list(const struct offer *f, const char *blank_separated)
{
	char word[64];

	for (const char *p = blank_separated, *end; *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, " ");
		snprintf(word, sizeof(word), "%.*s", (int)(end - p), p);
		offer(f, word);
	}
}

/* Members of each element of a list that the daemon answers with. */
static void offer_answer(struct client *c, const struct offer *f, const char *type, const char *list,
			 const char *const *members)
{
	const struct json_value *one;
	struct ipc_answer a = { 0 };
	struct json_iter it = { 0 };
	struct errmsg why;
	int timeout_ms = c->timeout_ms;

	if (daemon_connect(c, false, &why))
		return;
	c->timeout_ms = ASK_MS;
	if (!request_simple(c, type, NULL, &a, &why))
		while ((one = json_each(json_get(a.data, list), &it, NULL)))
			for (const char *const *m = members; *m; m++)
				offer(f, json_string(json_get(one, *m), NULL));
	ipc_answer_release(&a);
	c->timeout_ms = timeout_ms;
}

static void offer_words(struct client *c, const struct offer *f, const char *what)
{
	static const char *const ids[] = { "name", "id", NULL }, *const names[] = { "name", NULL };

	if (!strcmp(what, "session"))
		offer_answer(c, f, "List", "sessions", ids);
	else if (!strcmp(what, "interface"))
		offer_answer(c, f, "Interfaces", "interfaces", names);
	else if (!strcmp(what, "profile"))
		offer_answer(c, f, "Profiles", "profiles", names);
	else if (!strcmp(what, "bundle"))
		offer_answer(c, f, "Bundles", "bundles", names);
	else if (!strcmp(what, "command"))
		for (const struct command *m = commands; m->name; m++)
			offer(f, m->name);
}

static void offer_field(void *user, const struct filter_candidate *candidate)
{
	const struct offer *f = user;

	f->each(f->user, candidate->text);
}

/* The value of an option. */
static void offer_value(struct client *c, const struct offer *f, const struct command *m, const struct option_row *r)
{
	uint32_t from;

	if (r->choices)
		offer_list(f, r->choices);
	else if (!strcmp(r->name, "format"))
		offer_list(f, "text table csv tsv json ndjson yaml ek hex c pcap pcapng");
	else if (!strcmp(r->name, "interface") || !strcmp(r->name, "session") || !strcmp(r->name, "profile") ||
		 !strcmp(r->name, "bundle"))
		offer_words(c, f, r->name);
	else if (ENABLE_DISPLAY_FILTER && !strcmp(r->name, "filter") && m && strcmp(m->name, "start") && strcmp(m->name, "capture"))
		filter_complete(f->prefix, (uint32_t)strlen(f->prefix), &from, offer_field, (void *)f);
}

static void offer_options(const struct offer *f, const struct command *m)
{
	char text[80];

	for (const struct option_row *r = client_options; r->type != OPTION_END; r++) {
		if (r->type == OPTION_GROUP || (m && !command_takes(m, r->name)))
			continue;
		snprintf(text, sizeof(text), "--%s", r->name);
		offer(f, text);
	}
	offer(f, "--help");
}

/* The option whose value the last word is, or NULL. */
static const struct option_row *value_of(char **words, int n)
{
	const char *before = n > 1 ? words[n - 2] : "";
	const struct option_row *r = NULL;

	if (before[0] == '-' && before[1] == '-' && !strchr(before, '='))
		r = option_find(before + 2, strlen(before + 2));
	else if (before[0] == '-' && before[1] && !before[2])
		r = option_letter(before[1]);
	return r && r->arg ? r : NULL;
}

void complete_words(struct client *c, char **words, int n, candidate_fn *each, void *user)
{
	struct offer f = { .prefix = n ? words[n - 1] : "", .each = each, .user = user };
	const struct option_row *r = value_of(words, n);
	const struct command *m = NULL;
	struct errmsg why;

	for (int i = 0; i + 1 < n && !m; i++)
		if (words[i][0] != '-' && !value_of(words, i + 1))
			m = command_find(words[i], &why);
	if (r)
		offer_value(c, &f, m, r);
	else if (f.prefix[0] == '-')
		offer_options(&f, m);
	else
		offer_words(c, &f, m ? m->words : "command");
}

static void print(void *user, const char *text)
{
	struct client *c = user;

	outbuf_escaped(&c->out, text, strlen(text));
	outbuf_char(&c->out, '\n');
}

int run_complete(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	(void)m;
	(void)argc;
	(void)argv;
	complete_words(c, c->extra, c->nextra, print, c);
	return outbuf_flush(&c->out, err);
}
