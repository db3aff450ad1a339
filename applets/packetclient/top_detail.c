/* SPDX-License-Identifier: MIT */
/*
 * One session of top: who talks, and which protocols. Every few seconds the packets of the last minute are opened, and two
 * nwexports make a report of them each; their output is read as it comes, so that the screen never waits.
 */
#include "top.h"

#include "loop/loop.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVERY_S = 5, SPAN_S = 60, PACKETS_MAX = 100000, TOP_ROWS = 20, PROTOCOLS_MAX = 64, DEPTH_MAX = 16 };

static const char *const report_names[REPORTS] = { "endpoints,ip", "hierarchy" };

static void end_report(struct top_report *r)
{
	int status;

	if (!r->pid)
		return;
	kill(r->pid, SIGKILL);
	waitpid(r->pid, &status, 0);
	close(r->fd);
	free(r->text);
	r->pid = 0;
	r->text = NULL;
}

void top_reports_end(struct top *t)
{
	for (int i = 0; i < REPORTS; i++) {
		end_report(&t->report[i]);
		json_free(t->report[i].result);
		t->report[i].result = NULL;
	}
}

/* What a report tells about errors must not go to the screen. */
static int start_quietly(int in, int out, const char *const *words, struct errmsg *err)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_WRONLY | O_CLOEXEC), pid;

	if (saved < 0 || null < 0) {
		if (saved >= 0)
			close(saved);
		if (null >= 0)
			close(null);
		return errmsg_set(err, NW_ESYS, "no descriptor is left");
	}
	dup2(null, STDERR_FILENO);
	pid = child_start(in, out, words, err);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	return pid;
}

static int start_report(struct top *t, unsigned i, struct errmsg *err)
{
	const char *words[] = { "nwexport", "--stats", report_names[i], "-f", "json", i ? NULL : "--top", "20", NULL };
	struct top_report *r = &t->report[i];
	struct client_options saved = t->c->o;
	struct opened p;
	int out[2], rc;

	t->c->o.limit = PACKETS_MAX;
	t->c->o.filter = NULL;
	t->c->o.to_ns = 0;
	rc = packets_open(t->c, t->chosen, 0, false, loop_realtime_ns() - (int64_t)SPAN_S * 1000000000, &p, err);
	t->c->o = saved;
	if (rc)
		return rc;
	r->text = malloc(REPORT_BYTES_MAX);
	r->len = 0;
	if (!r->text || pipe2(out, O_CLOEXEC)) {
		free(r->text);
		r->text = NULL;
		close(p.fd);
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	}
	rc = start_quietly(p.fd, out[1], words, err);
	close(p.fd);
	close(out[1]);
	r->fd = out[0];
	fcntl(r->fd, F_SETFL, O_NONBLOCK);
	r->pid = rc > 0 ? rc : 0;
	if (rc <= 0) {
		close(r->fd);
		free(r->text);
		r->text = NULL;
	}
	return rc < 0 ? rc : 0;
}

/* What it has written by now; at its end it is the report that is shown. */
static void take_report(struct top_report *r)
{
	struct json *j = NULL;
	ssize_t n = -1;

	while (r->pid && r->len < REPORT_BYTES_MAX && (n = read(r->fd, r->text + r->len, REPORT_BYTES_MAX - r->len)) > 0)
		r->len += (size_t)n;
	if (!r->pid || (n < 0 && r->len < REPORT_BYTES_MAX && (errno == EAGAIN || errno == EINTR)))
		return;
	if (!n && !json_parse(&j, r->text, r->len, "report", NULL)) {
		json_free(r->result);
		r->result = j;
	}
	end_report(r);
}

void top_reports(struct top *t, int64_t now_ns)
{
	struct errmsg err;

	for (int i = 0; i < REPORTS; i++)
		take_report(&t->report[i]);
	if (now_ns < t->reports_next_ns)
		return;
	t->reports_next_ns = now_ns + (int64_t)EVERY_S * 1000000000;
	for (unsigned i = 0; i < REPORTS; i++)
		if (!t->report[i].pid && start_report(t, i, &err))
			snprintf(t->trouble, sizeof(t->trouble), "%s", err.text);
}

/* ---- drawing ------------------------------------------------------------------------------------------------------- */

static void put_number(struct grid *g, unsigned x, unsigned y, unsigned room, double v, bool bytes)
{
	char text[64];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	if (bytes)
		human_scaled(&o, v, "B");
	else
		human_count(&o, v > 0 ? (uint64_t)v : 0);
	grid_right(g, x, y, room, 0, outbuf_cstr(&o));
}

static double real(const struct json_value *v, const char *name)
{
	return json_real(json_get(v, name));
}

/* One row of either report: a name, a bar, packets, bytes. */
static void draw_row(struct grid *g, unsigned x, unsigned y, unsigned room, const char *name, unsigned indent,
		     const struct json_value *v,
		     double highest)
{
	unsigned name_room = room > 40 ? room - 28 : 12;

	if (indent >= name_room)
		indent = name_room - 1;
	grid_text(g, x + indent, y, name_room - indent, 0, name);
	put_number(g, x + name_room, y, 9, real(v, "packets"), false);
	put_number(g, x + name_room + 9, y, 9, real(v, "bytes"), true);
	if (room >= name_room + 27)
		grid_bar(g, x + name_room + 19, y, 7, GRID_FG(GRID_CYAN), highest > 0 ? real(v, "bytes") / highest : 0);
}

static void draw_title(struct grid *g, unsigned x, unsigned y, unsigned room, const char *title)
{
	unsigned name_room = room > 40 ? room - 28 : 12;

	grid_fill(g, x, y, room - 1, 1, ' ', GRID_REVERSE);
	grid_text(g, x, y, name_room, GRID_REVERSE, title);
	grid_right(g, x + name_room, y, 9, GRID_REVERSE, "PACKETS");
	grid_right(g, x + name_room + 9, y, 9, GRID_REVERSE, "BYTES");
}

static void draw_talkers(struct top *t, unsigned x, unsigned y, unsigned room, unsigned rows)
{
	const struct json_value *all = json_root(t->report[0].result), *one;
	struct json_iter it = { 0 };
	double highest = real(json_at(all, 0), "bytes");

	draw_title(&t->grid, x, y, room, "TOP TALKERS");
	for (unsigned i = 0, row = 1; row < rows && (one = json_each(all, &it, NULL)); i++)
		if (i >= t->scroll)
			draw_row(&t->grid, x, y + row++, room, value_text_or(json_get(one, "addr"), ""), 0, one, highest);
	if (!t->report[0].result)
		grid_text(&t->grid, x, y + 1, room, GRID_DIM, "counting …");
	else if (!json_count(all))
		grid_text(&t->grid, x, y + 1, room, 0, "no packet in the last minute");
}

struct tree {
	struct top *t;
	unsigned x, y, room, rows, seen, row;
	double all;
};

static void draw_tree(struct tree *tree, const struct json_value *v, unsigned depth)
{
	const struct json_value *one;
	struct json_iter it = { 0 };

	if (!depth)
		tree->all = real(v, "bytes");
	if (depth > DEPTH_MAX || tree->seen > PROTOCOLS_MAX || tree->row >= tree->rows)
		return;
	if (tree->seen++ >= tree->t->scroll)
		draw_row(&tree->t->grid, tree->x, tree->y + tree->row++, tree->room,
			 value_text_or(json_get(v, "protocol"), ""), depth, v, tree->all);
	while ((one = json_each(json_get(v, "children"), &it, NULL)))
		draw_tree(tree, one, depth + 1);
}

void top_draw_reports(struct top *t, unsigned y, unsigned rows)
{
	unsigned half = t->grid.columns / 2;
	bool beside = t->grid.columns >= 76;
	struct tree tree = { .t = t, .x = beside ? half : 0, .y = beside ? y : y + rows / 2,
			     .room = beside ? t->grid.columns - half : t->grid.columns,
			     .rows = beside ? rows : rows - rows / 2, .row = 1 };

	draw_talkers(t, 0, y, beside ? half : t->grid.columns, beside ? rows : rows / 2);
	draw_title(&t->grid, tree.x, tree.y, tree.room, "PROTOCOLS");
	if (json_type(json_root(t->report[1].result)) == JSON_OBJECT)
		draw_tree(&tree, json_root(t->report[1].result), 0);
}
