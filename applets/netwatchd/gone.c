/* SPDX-License-Identifier: MIT */
/*
 * Interfaces that went. A worker goes on with those that are left, and cannot open one again: it has no rights any more.
 *
 *	gone ──> state running, with a reason ──each 5 s: is it there?──> worker ends orderly, a new one opens all ──> ledger
 *
 * What there is is asked by a prober, which may look into the session's namespace. The ledger's entry has no number: nobody
 * counts packets of an interface that is not open. It covers the short pause of the others, too. A restart that does not
 * help (the interface is there, and cannot be opened) is tried again after twice the time, up to five minutes.
 */
#include "front.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_S = 5, LOOK_MAX_S = 300 };

static void look(struct loop_timer *t);

static void look_later(struct session *s)
{
	int64_t pause = LOOK_S;

	for (unsigned i = 0; i < s->gone_tries && pause < LOOK_MAX_S; i++)
		pause *= 2;
	s->gone_timer.fire = look;
	loop_add_timer(&s->front->loop, &s->gone_timer,
		       loop_monotonic_ns() + (pause < LOOK_MAX_S ? pause : LOOK_MAX_S) * second_ns);
}

static void look(struct loop_timer *t)
{
	struct session *s = container_of(t, struct session, gone_timer);
	struct errmsg err;

	if (s->state != STATE_RUNNING || !*s->gone)
		return;
	if (job_look(s, &err))
		front_log(s->front, LEVEL_WARNING, s, "cannot look for %s: %s", s->gone, err.text);
	look_later(s);
}

static bool is_open(const struct json_value *open, const char *name)
{
	struct json_iter it = { 0 };
	const struct json_value *v;

	while ((v = json_each(open, &it, NULL)))
		if (json_is(v, name))
			return true;
	return false;
}

static void add_name(struct session *s, const char *name)
{
	size_t used = strlen(s->gone);

	snprintf(s->gone + used, sizeof(s->gone) - used, "%s%s", used ? " " : "", name);
}

static bool is_gone(const struct session *s, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = s->gone; (at = strstr(at, name)); at += len)
		if ((at == s->gone || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static void entered(struct session *s, const char *until)
{
	char note[200];

	snprintf(note, sizeof(note), "%s%snot recorded until %s", s->gone, *s->gone ? " " : "", until);
	losses_unknown(s, s->gone_ns, note);
	s->gone_ns = 0;
}

void gone_reason(const struct session *s, char *text, size_t size)
{
	bool one = !strchr(s->gone, ' ');

	text[0] = 0;
	if (*s->gone)
		snprintf(text, size, "%s %s not there; the others are recorded, and it is looked for each %d s", s->gone,
			 one ? "is" : "are", LOOK_S);
}

void gone_one(struct session *s, const char *name, int64_t at_ns)
{
	if (!name || !*name || is_gone(s, name))
		return;
	add_name(s, name);
	if (!s->gone_ns)
		s->gone_ns = at_ns;
	if (s->state != STATE_RUNNING || s->settings.interface_count < 2)
		return; /* the last one: the worker ends, which says more */
	gone_reason(s, s->reason, sizeof(s->reason));
	session_keep(s);
	front_changed(s->front);
	look_later(s);
}

void gone_update(struct session *s, const struct json_value *open)
{
	char before[sizeof(s->gone)];
	struct json_iter it = { 0 };
	unsigned n = 0;

	loop_remove_timer(&s->gone_timer);
	if (!open) {
		if (s->gone_ns)
			entered(s, "the session ended");
		s->gone[0] = 0;
		s->gone_tries = 0;
		return;
	}
	if (json_type(open) != JSON_ARRAY)
		return;
	snprintf(before, sizeof(before), "%s", s->gone);
	s->gone[0] = 0;
	while (json_each(open, &it, NULL))
		n++;
	for (unsigned i = 0; n < s->settings.interface_count && i < s->settings.interface_count; i++)
		if (!is_open(open, s->settings.interfaces[i]))
			add_name(s, s->settings.interfaces[i]);
	if (*s->gone) {
		s->gone_ns = s->gone_ns ? s->gone_ns : loop_realtime_ns();
		s->gone_tries += s->resume;
		look_later(s);
	} else {
		snprintf(s->gone, sizeof(s->gone), "%s", before);
		if (s->gone_ns)
			entered(s, "a new worker was ready");
		s->gone[0] = 0;
		s->gone_tries = 0;
	}
	s->resume = false;
}

void gone_found(struct session *s, const struct json_value *interfaces)
{
	struct json_iter it = { 0 };
	const struct json_value *v;
	char reason[200];

	if (s->state != STATE_RUNNING || !*s->gone)
		return;
	while ((v = json_each(interfaces, &it, NULL))) {
		const char *name = json_string(json_get(v, "name"), NULL);

		if (!name || !json_bool(json_get(v, "up")) || !is_gone(s, name))
			continue;
		snprintf(reason, sizeof(reason), "%.64s is there again", name);
		s->again = s->resume = true;
		session_input(s, INPUT_STOP, reason);
		return;
	}
}

void gone_forget(struct session *s)
{
	loop_remove_timer(&s->gone_timer);
}
