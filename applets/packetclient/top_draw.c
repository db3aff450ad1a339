/* SPDX-License-Identifier: MIT */
/*
 * The screen of top, at 80 columns:
 *
 *	netwatchd 0.1.0   up 2 h 13 min   3 running, 1 stopped, 0 failed             14:03:05
 *	Disk   ██████████▍            12.3 GB of 20.0 GB, 181 GB free
 *	Alerts 1 holds: uplink port_scan: 192.0.2.7 asked 312 ports
 *
 *	ID        NAME      STATE    INTERFACE        RATE                PACKETS  LOST    DISK
 *	a1b2c3d4… uplink    running  eth0     12.3 Mbit/s ████▎       12,345,678     0  1.2 GB
 *
 *	a1b2c3d4 uplink: 1,234 packets/s, the last minute (highest 4,321)
 *	▁▂▃▅█▇▅▃▂▁...
 *	Up Down select  Enter details  s sort: rate  ? help  q quit
 */
#include "top.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { HEAD_ROWS = 5, CHART_ROWS = 5, TEXT_MAX = 256 };

static const char *human(char *text, size_t size, void (*put)(struct outbuf *o, double v), double v)
{
	struct outbuf o;

	outbuf_fixed(&o, text, size);
	put(&o, v);
	return outbuf_cstr(&o);
}

static void put_count(struct outbuf *o, double v) { human_count(o, v > 0 ? (uint64_t)v : 0); }
static void put_bytes(struct outbuf *o, double v) { human_scaled(o, v, "B"); }
static void put_bps(struct outbuf *o, double v) { human_scaled(o, v, "bit/s"); }

/* Whole seconds: a clock that runs needs no fractions. */
static void put_seconds(struct outbuf *o, double v)
{
	if (v < 60)
		outbuf_printf(o, "%u s", v > 0 ? (unsigned)v : 0);
	else
		human_duration(o, (int64_t)v * 1000000000);
}

#define HUMAN(put, v) human((char[TEXT_MAX]){ "" }, TEXT_MAX, put, v)

static double at(const struct json_value *v, const char *path)
{
	return json_real(value_at(v, path));
}

/* A line made of pieces; returns where the next begins. */
static unsigned add(struct grid *g, unsigned x, unsigned y, unsigned style, const char *text)
{
	return x < g->columns ? x + grid_text(g, x, y, g->columns - x, style, text) : x;
}

/* ---- head -------------------------------------------------------------------------------------------------------- */

static void draw_head(struct top *t)
{
	const struct json_value *s = t->status.data;
	struct grid *g = &t->grid;
	char text[TEXT_MAX];
	time_t now = time(NULL);
	struct tm tm;
	unsigned x;

	snprintf(text, sizeof(text), "netwatchd %s", value_text_or(json_get(s, "version"), "?"));
	x = add(g, 0, 0, GRID_BOLD, text);
	snprintf(text, sizeof(text), "   up %s   ", HUMAN(put_seconds, at(s, "uptime")));
	x = add(g, x, 0, 0, text);
	snprintf(text, sizeof(text), "%s running, %s stopped, ", HUMAN(put_count, at(s, "sessions.running")),
		 HUMAN(put_count, at(s, "sessions.stopped")));
	x = add(g, x, 0, 0, text);
	snprintf(text, sizeof(text), "%s failed", HUMAN(put_count, at(s, "sessions.failed")));
	add(g, x, 0, at(s, "sessions.failed") > 0 ? GRID_BOLD | GRID_FG(GRID_RED) : 0, text);
	if ((t->c->o.utc ? gmtime_r(&now, &tm) : localtime_r(&now, &tm)) && g->columns > 70) {
		snprintf(text, sizeof(text), "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
		grid_right(g, g->columns - 8, 0, 8, 0, text);
	}
}

static void draw_disk(struct top *t, unsigned y)
{
	const struct json_value *s = t->status.data;
	double used = at(s, "disk.used"), limit = at(s, "disk.limit"), free_bytes = at(s, "disk.free");
	double all = limit > 0 ? limit : used + free_bytes, share = all > 0 ? used / all : 0;
	struct grid *g = &t->grid;
	char text[TEXT_MAX];
	unsigned x;

	x = add(g, 0, y, GRID_BOLD, "Disk   ");
	grid_fill(g, x, y, 20, 1, 0xb7, GRID_DIM);
	grid_bar(g, x, y, 20, GRID_FG(share > 0.95 ? GRID_RED : share > 0.8 ? GRID_YELLOW : GRID_GREEN), share);
	snprintf(text, sizeof(text), " %s", HUMAN(put_bytes, used));
	x = add(g, x + 20, y, 0, text);
	if (limit > 0) {
		snprintf(text, sizeof(text), " of %s", HUMAN(put_bytes, limit));
		x = add(g, x, y, 0, text);
	}
	snprintf(text, sizeof(text), ", %s free", HUMAN(put_bytes, free_bytes));
	add(g, x, y, 0, text);
}

static void draw_alerts(struct top *t, unsigned y)
{
	const struct json_value *active = json_get(t->alerts.data, "active"), *last;
	size_t n = json_count(active);
	struct grid *g = &t->grid;
	char text[TEXT_MAX];
	unsigned x = add(g, 0, y, GRID_BOLD, "Alerts ");

	if (*t->trouble) {
		grid_fill(g, 0, y, g->columns, 1, ' ', 0);
		add(g, 0, y, GRID_BOLD | GRID_FG(GRID_RED), t->trouble);
		return;
	}
	if (!n) {
		add(g, x, y, 0, "none");
		return;
	}
	last = json_at(active, n - 1);
	snprintf(text, sizeof(text), "%zu hold%s: %s %s: ", n, n == 1 ? "s" : "",
		 value_text_or(json_get(last, "session"), ""),
		 value_text_or(value_at(last, "data.rule"), value_text_or(json_get(last, "rule"), "")));
	x = add(g, x, y, GRID_BOLD | GRID_FG(GRID_YELLOW), text);
	add(g, x, y, 0, value_text_or(value_at(last, "data.text"), value_text_or(json_get(last, "text"), "")));
}

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

/* Columns from the left; what does not fit is not shown, the least important last. */
static const struct column {
	const char *title;
	unsigned width;
	bool right;
} list_columns[] = { { "ID", 8, false }, { "NAME", 10, false }, { "STATE", 10, false }, { "INTERFACE", 9, false },
		     { "RATE", 11, true }, { "", 6, false }, { "PACKETS", 11, true }, { "LOST", 5, true },
		     { "DISK", 7, true }, { "DROPPED", 9, true },
		     { "SINCE", 12, true }, { "FILTER", 30, false } };
enum { C_ID, C_NAME, C_STATE, C_INTERFACE, C_RATE, C_BAR, C_PACKETS, C_LOST, C_DISK, C_DROPPED, C_SINCE, C_FILTER, COLUMNS };

static void draw_titles(struct top *t, unsigned y)
{
	struct grid *g = &t->grid;
	unsigned x = 0;

	grid_fill(g, 0, y, g->columns, 1, ' ', GRID_REVERSE);
	for (unsigned i = 0; i < COLUMNS && x + list_columns[i].width <= g->columns; i++) {
		if (list_columns[i].right)
			grid_right(g, x, y, list_columns[i].width, GRID_REVERSE, list_columns[i].title);
		else
			grid_text(g, x, y, list_columns[i].width, GRID_REVERSE, list_columns[i].title);
		x += list_columns[i].width + (i == C_RATE || i == C_BAR ? 0 : 1);
	}
}

static void cell_text(const struct json_value *s, unsigned column, char *text, size_t size)
{
	struct outbuf o;

	outbuf_fixed(&o, text, size);
	switch (column) {
	case C_ID: /* its beginning is enough for every command */
		outbuf_printf(&o, "%.8s", value_text_or(json_get(s, "id"), ""));
		break;
	case C_NAME: value_text(&o, json_get(s, "name")); break;
	case C_STATE: value_text(&o, json_get(s, "state")); break;
	case C_INTERFACE: value_text(&o, json_get(s, "interfaces")); break;
	case C_RATE: put_bps(&o, at(s, "bits_per_second")); break;
	case C_PACKETS: put_count(&o, at(s, "packets")); break;
	case C_LOST: put_count(&o, at(s, "lost")); break;
	case C_DISK: put_bytes(&o, at(s, "stored_bytes")); break;
	case C_DROPPED: put_count(&o, at(s, "dropped")); break;
	case C_SINCE: put_seconds(&o, at(s, "duration")); break;
	case C_FILTER: value_text(&o, json_get(s, "filter")); break;
	default: break;
	}
	outbuf_cstr(&o);
}

static unsigned state_style(const struct json_value *s)
{
	const struct json_value *state = json_get(s, "state");

	return json_is(state, "running") ? GRID_FG(GRID_GREEN) : json_is(state, "failed") ? GRID_BOLD | GRID_FG(GRID_RED) :
	       json_is(state, "restarting") ? GRID_BOLD | GRID_FG(GRID_YELLOW) : 0;
}

static void draw_session(struct top *t, const struct json_value *s, unsigned y, double highest)
{
	bool chosen = json_is(json_get(s, "id"), t->chosen);
	struct grid *g = &t->grid;
	char text[TEXT_MAX];
	unsigned x = 0;

	for (unsigned i = 0; i < COLUMNS && x + list_columns[i].width <= g->columns; i++) {
		const struct column *c = &list_columns[i];
		unsigned style = i == C_STATE ? state_style(s) : 0;

		cell_text(s, i, text, sizeof(text));
		if (i == C_LOST && at(s, "lost") > 0)
			style = GRID_BOLD | GRID_FG(GRID_RED);
		if (i == C_BAR)
			grid_bar(g, x + 1, y, c->width - 2, GRID_FG(GRID_CYAN),
				 highest > 0 ? at(s, "bits_per_second") / highest : 0);
		else if (c->right)
			grid_right(g, x, y, c->width, style, text);
		else
			grid_text(g, x, y, c->width, style, text);
		x += c->width + (i == C_RATE || i == C_BAR ? 0 : 1);
	}
	if (chosen)
		grid_style(g, 0, y, g->columns, GRID_REVERSE | GRID_BOLD);
}

static void draw_list(struct top *t, unsigned y, unsigned rows)
{
	double highest = 0;
	unsigned chosen = 0;

	for (unsigned i = 0; i < t->rows; i++) {
		double rate = at(t->row[i], "bits_per_second");

		highest = rate > highest ? rate : highest;
		if (json_is(json_get(t->row[i], "id"), t->chosen))
			chosen = i;
	}
	if (chosen < t->first)
		t->first = chosen;
	if (rows && chosen >= t->first + rows)
		t->first = chosen - rows + 1;
	if (t->first + rows > t->rows)
		t->first = t->rows > rows ? t->rows - rows : 0;
	draw_titles(t, y);
	for (unsigned i = 0; i < rows && t->first + i < t->rows; i++)
		draw_session(t, t->row[t->first + i], y + 1 + i, highest);
	if (!t->rows && rows > 1)
		add(&t->grid, 2, y + 2, 0, t->only ? "There is no such session." :
		    "No session yet: packetclient start --interface IFACE makes one.");
}

/* ---- the last minute ---------------------------------------------------------------------------------------------- */

static void draw_chart(struct top *t, unsigned y, unsigned rows)
{
	const struct json_value *history = json_get(t->stats.data, "history"), *one;
	size_t i = 0;
	struct json_iter it = { 0 }, again = { 0 };
	struct grid *g = &t->grid;
	const char *name = *t->chosen ? t->chosen : "all";
	double most = 0;
	char text[TEXT_MAX];
	unsigned wide = g->columns >= 2 * 60 ? 2 : 1;

	while ((one = json_each(history, &it, NULL)))
		most = at(one, "bytes") > most ? at(one, "bytes") : most;
	for (unsigned k = 0; k < t->rows; k++)
		if (json_is(json_get(t->row[k], "id"), t->chosen))
			name = value_text_or(json_get(t->row[k], "name"), t->chosen);
	snprintf(text, sizeof(text), "%s: %s, ", name, HUMAN(put_bps, at(t->stats.data, "bits_per_second")));
	i = add(g, 0, y, GRID_BOLD, text);
	snprintf(text, sizeof(text), "%s packets/s; the last minute, highest %s",
		 HUMAN(put_count, at(t->stats.data, "packets_per_second")),
		 HUMAN(put_bps, most * 8));
	add(g, (unsigned)i, y, 0, text);
	i = 0;
	while (most > 0 && (one = json_each(history, &again, NULL))) {
		unsigned eighths = (unsigned)(at(one, "bytes") * (double)((rows - 1) * 8) / most + 0.5);
		unsigned x = (unsigned)i * wide;

		for (unsigned row = 0; row + 1 < rows && eighths; row++, eighths -= eighths > 8 ? 8 : eighths)
			grid_fill(g, x, y + rows - 1 - row, wide, 1, 0x2580 + (eighths > 8 ? 8 : eighths),
				  GRID_FG(GRID_CYAN));
		i++;
	}
}

/* ---- screens ------------------------------------------------------------------------------------------------------- */

static void draw_help(struct top *t)
{
	static const char *const lines[] = {
		"Keys", "",
		"  Up Down, k j        select a session",
		"  Page Up, Page Down  by screens; Home, End",
		"  Enter, Right        its top talkers and protocols; Escape goes back",
		"  s                   sort by rate, packets, lost, disk, name",
		"  r                   ask for the reports anew",
		"  Ctrl-L              draw all anew",
		"  q, Ctrl-C           quit", "",
		"RATE is the last second on the wire. LOST is what the ledger of the record has:",
		"packetclient losses SESSION tells when and why. DISK is the record with its index.",
		"Reports are about the packets of the last minute, at most 100,000 of them.", "",
		"Any key goes back.", NULL
	};

	for (unsigned i = 0; lines[i]; i++)
		grid_text(&t->grid, 1, i, t->grid.columns - 1, i ? 0 : GRID_BOLD, lines[i]);
}

static void draw_keys(struct top *t)
{
	char text[TEXT_MAX];

	if (t->screen == SCREEN_SESSION)
		snprintf(text, sizeof(text), " Up Down scroll  Escape back  r again  ? help  q back");
	else
		snprintf(text, sizeof(text), " Up Down select  Enter details  s sort: %s  ? help  q quit",
			 top_sort_names[t->sort]);
	grid_fill(&t->grid, 0, t->grid.rows - 1, t->grid.columns, 1, ' ', GRID_REVERSE);
	grid_text(&t->grid, 0, t->grid.rows - 1, t->grid.columns, GRID_REVERSE, text);
}

static void draw_detail(struct top *t, unsigned y)
{
	const struct json_value *s = NULL;
	struct grid *g = &t->grid;
	char text[TEXT_MAX], filter[TEXT_MAX];

	for (unsigned i = 0; i < t->rows; i++)
		if (json_is(json_get(t->row[i], "id"), t->chosen))
			s = t->row[i];
	snprintf(text, sizeof(text), "%s %s  %s", t->chosen, value_text_or(json_get(s, "name"), ""),
		 value_text_or(json_get(s, "state"), "gone"));
	add(g, 0, y, GRID_BOLD, text);
	cell_text(s, C_INTERFACE, text, sizeof(text));
	cell_text(s, C_FILTER, filter, sizeof(filter));
	add(g, add(g, add(g, add(g, 0, y + 1, 0, "on "), y + 1, 0, text), y + 1, 0, *filter ? ", filter " : ""), y + 1, 0,
	    filter);
	snprintf(text, sizeof(text), "%s packets, %s, ", HUMAN(put_count, at(s, "packets")),
		 HUMAN(put_bytes, at(s, "bytes")));
	y += 2;
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s dropped, %s lost", HUMAN(put_count, at(s, "dropped")),
		 HUMAN(put_count, at(s, "lost")));
	add(g, 0, y, 0, text);
}

void top_draw(struct top *t)
{
	struct grid *g = &t->grid;
	unsigned chart = g->rows >= 20 ? CHART_ROWS : 0, rows;

	grid_clear(g);
	if (t->screen == SCREEN_HELP) {
		draw_help(t);
		return;
	}
	draw_head(t);
	if (g->rows > 3)
		draw_alerts(t, 2);
	if (g->rows > 2)
		draw_disk(t, 1);
	if (t->screen == SCREEN_SESSION && g->rows > 10) {
		draw_detail(t, 4);
		top_draw_reports(t, 8, g->rows - 9);
	} else if (g->rows > HEAD_ROWS + 1) {
		rows = g->rows - HEAD_ROWS - 1 - (chart ? chart + 1 : 0);
		draw_list(t, 4, rows);
		if (chart)
			draw_chart(t, g->rows - 1 - chart, chart);
	}
	draw_keys(t);
}
