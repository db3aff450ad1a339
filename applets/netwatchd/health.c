/* SPDX-License-Identifier: MIT */
/*
 * Is all well? A check is a function that says ok, degraded (it records, but not as it should) or failing (something that was
 * asked for is not done), and a sentence. Health lists all of them, Status those that are not ok.
 */
#include "front.h"
#include "place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

enum verdict { FINE, DEGRADED, FAILING };

struct finding {
	enum verdict verdict;
	char text[300];
};

static void say(struct finding *found, enum verdict v, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(struct finding *found, enum verdict v, const char *fmt, ...)
{
	va_list args;

	found->verdict = v;
	va_start(args, fmt);
	vsnprintf(found->text, sizeof(found->text), fmt, args);
	va_end(args);
}

const char *human_bytes(uint64_t bytes, char text[24])
{
	static const char units[][3] = { "B", "kB", "MB", "GB", "TB" };
	double v = (double)bytes;
	unsigned u = 0;

	for (; v >= 1000 && u < 4; u++)
		v /= 1000;
	snprintf(text, 24, u ? "%.1f %s" : "%.0f %s", v, units[u]);
	return text;
}

static void check_starter(struct front *f, struct finding *found)
{
	if (f->starter_gone)
		say(found, FAILING, "the process that keeps the rights has ended; start netwatchd again");
	else
		say(found, FINE, "sessions can be started");
}

static void check_sessions(struct front *f, struct finding *found)
{
	unsigned failed = 0, restarting = 0, running = 0;
	const struct session *one = NULL;

	for (unsigned i = 0; i < f->count; i++) {
		const struct session *s = f->sessions[i];

		running += s->state == STATE_RUNNING;
		restarting += s->state == STATE_RESTARTING;
		failed += s->state == STATE_FAILED;
		if (s->state == STATE_FAILED || (!one && s->state == STATE_RESTARTING))
			one = s;
	}
	if (one)
		say(found, failed ? FAILING : DEGRADED, "%u failed, %u restarting; %s%s%s: %.150s", failed, restarting, one->id,
		    *one->settings.name ? " " : "", one->settings.name, one->reason);
	else
		say(found, FINE, "%u running", running);
}

static void check_disk(struct front *f, struct finding *found)
{
	struct statvfs v;
	uint64_t available, all;
	char room[24];

	if (fstatvfs(place_state_fd(f->place), &v)) {
		say(found, DEGRADED, "%s cannot be looked at", f->state_dir);
		return;
	}
	available = (uint64_t)v.f_bavail * v.f_frsize;
	all = (uint64_t)v.f_blocks * v.f_frsize;
	if (!available)
		say(found, FAILING, "%s is full", f->state_dir);
	else if (available < all / 100 && available < 256u << 20)
		say(found, DEGRADED, "%s has %s left", f->state_dir, human_bytes(available, room));
	else
		say(found, FINE, "%s free", human_bytes(available, room));
}

static void check_journal(struct front *f, struct finding *found)
{
	if (f->events.broken || f->logs.broken)
		say(found, DEGRADED, "events and log lines cannot be written to %s", f->state_dir);
	else
		say(found, FINE, "events are kept");
}

static void check_configuration(struct front *f, struct finding *found)
{
	if (*f->reload_error)
		say(found, DEGRADED, "the configuration file is not valid, an earlier one is in force: %.200s", f->reload_error);
	else
		say(found, FINE, "%s", f->config_path ? "in force" : "no file, the defaults are in force");
}

/* What was not recorded in the last minute, by what the workers told. */
static void check_losses(struct front *f, struct finding *found)
{
	int64_t since = loop_realtime_ns() - 60 * second_ns;
	unsigned n = 0;

	for (uint32_t i = f->events.count; i-- > 0 && journal_at(&f->events, i)->at_ns >= since;)
		n += journal_at(&f->events, i)->kind == EVENT_PACKET_LOSS && strstr(journal_at(&f->events, i)->data, "\"packets\"");
	if (n)
		say(found, DEGRADED, "packets were lost in the last minute; packetclient losses SESSION says which");
	else
		say(found, FINE, "none in the last minute");
}

static void check_alerts(struct front *f, struct finding *found)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->count; i++)
		for (unsigned r = 0; r < SETTINGS_RULES_MAX; r++)
			n += f->sessions[i]->alerts[r] != NULL;
	if (n)
		say(found, DEGRADED, "%u alert%s", n, n == 1 ? "" : "s");
	else
		say(found, FINE, "none");
}

static const struct {
	const char *name;
	void (*check)(struct front *f, struct finding *found);
} checks[] = {
	{ "starter", check_starter }, { "sessions", check_sessions }, { "disk", check_disk }, { "journal", check_journal },
	{ "configuration", check_configuration }, { "losses", check_losses }, { "alerts", check_alerts },
};
enum { CHECKS = sizeof(checks) / sizeof(*checks) };

void write_health(struct jsonout *w, struct front *f)
{
	static const char *const words[] = { "ok", "degraded", "failing" };
	struct finding found[CHECKS];
	enum verdict worst = FINE;

	for (unsigned i = 0; i < CHECKS; i++) {
		checks[i].check(f, &found[i]);
		if (found[i].verdict > worst)
			worst = found[i].verdict;
	}
	json_add_str(w, "status", words[worst]);
	json_add_array(w, "checks");
	for (unsigned i = 0; i < CHECKS; i++) {
		json_open_object(w);
		json_add_str(w, "name", checks[i].name);
		json_add_str(w, "status", words[found[i].verdict]);
		json_add_str(w, "message", found[i].text);
		json_close(w);
	}
	json_close(w);
}

void write_warnings(struct jsonout *w, struct front *f)
{
	struct finding found;

	for (unsigned i = 0; i < CHECKS; i++) {
		checks[i].check(f, &found);
		if (found.verdict != FINE)
			json_put_str(w, found.text);
	}
}
