/* SPDX-License-Identifier: MIT */
/* top: the daemon and its sessions on one screen, asked anew every second. */
#include "top.h"

#include "loop/loop.h"
#include "sys/io.h"
#include "term/keys.h"
#include "term/term.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 3000 };

const char *const top_sort_names[SORTS] = { "rate", "packets", "lost", "disk", "name" };

/* ---- what is known ------------------------------------------------------------------------------------------- */

static double number(const struct json_value *session, const char *name)
{
	return json_real(json_get(session, name));
}

static double sort_value(const struct json_value *session, enum top_sort sort)
{
	switch (sort) {
	case SORT_PACKETS: return number(session, "packets");
	case SORT_LOST: return number(session, "lost") + number(session, "dropped");
	case SORT_DISK: return number(session, "stored_bytes");
	default: return number(session, "bits_per_second");
	}
}

static const char *label(const struct json_value *session)
{
	return value_text_or(json_get(session, "name"), value_text_or(json_get(session, "id"), ""));
}

static int compare(const void *a, const void *b, void *user)
{
	const struct json_value *const *x = a, *const *y = b;
	enum top_sort sort = *(const enum top_sort *)user;
	double one = sort_value(*x, sort), other = sort_value(*y, sort);

	if (sort != SORT_NAME && one != other)
		return one < other ? 1 : -1;
	return strcmp(label(*x), label(*y));
}

/* An insertion sort: the order hardly changes from second to second. */
static void sort_rows(struct top *t)
{
	for (unsigned i = 1; i < t->rows; i++)
		for (unsigned k = i; k && compare(&t->row[k - 1], &t->row[k], &t->sort) > 0; k--) {
			const struct json_value *swap = t->row[k];

			t->row[k] = t->row[k - 1];
			t->row[k - 1] = swap;
		}
}

static bool is_only(const struct top *t, const struct json_value *session)
{
	const char *id = value_text_or(json_get(session, "id"), "");

	return !t->only || !strncmp(id, t->only, strlen(t->only)) || json_is(json_get(session, "name"), t->only);
}

static void take_rows(struct top *t)
{
	const struct json_value *one;
	struct json_iter it = { 0 };
	bool there = false;

	t->rows = 0;
	while ((one = json_each(json_get(t->sessions.data, "sessions"), &it, NULL)) && t->rows < TOP_SESSIONS_MAX)
		if (is_only(t, one))
			t->row[t->rows++] = one;
	sort_rows(t);
	for (unsigned i = 0; i < t->rows; i++)
		there = there || json_is(json_get(t->row[i], "id"), t->chosen);
	if (!there)
		snprintf(t->chosen, sizeof(t->chosen), "%s", t->rows ? value_text_or(json_get(t->row[0], "id"), "") : "");
}

static int ask(struct top *t, const char *type, const char *session, struct ipc_answer *into, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	int rc = request_simple(t->c, type, session, &a, err);

	if (rc) {
		ipc_answer_release(&a);
		return rc;
	}
	ipc_answer_release(into);
	*into = a;
	return 0;
}

/* What cannot be had leaves what was known, with the reason. */
static void refresh(struct top *t)
{
	struct errmsg err = { "" };
	int rc = daemon_connect(t->c, false, &err);

	if (!rc)
		rc = ask(t, "List", NULL, &t->sessions, &err);
	if (!rc) {
		take_rows(t);
		rc = ask(t, "Status", NULL, &t->status, &err);
	}
	if (!rc)
		rc = ask(t, "Alerts", NULL, &t->alerts, &err);
	if (!rc)
		rc = ask(t, "Stats", *t->chosen ? t->chosen : NULL, &t->stats, &err);
	snprintf(t->trouble, sizeof(t->trouble), "%s", rc ? err.text : "");
	if (rc && rc != NW_EINPUT)
		daemon_disconnect(t->c);
}

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static unsigned chosen_row(const struct top *t)
{
	for (unsigned i = 0; i < t->rows; i++)
		if (json_is(json_get(t->row[i], "id"), t->chosen))
			return i;
	return 0;
}

static void choose(struct top *t, int step)
{
	int row = (int)chosen_row(t) + step, last = (int)t->rows - 1;

	if (!t->rows)
		return;
	row = row < 0 ? 0 : row > last ? last : row;
	snprintf(t->chosen, sizeof(t->chosen), "%s", value_text_or(json_get(t->row[row], "id"), ""));
}

static void leave_session(struct top *t)
{
	t->screen = SCREEN_LIST;
	t->scroll = 0;
	top_reports_end(t);
}

static void list_key(struct top *t, uint32_t key)
{
	int page = t->grid.rows > 14 ? (int)t->grid.rows - 14 : 1;

	switch (key) {
	case KEY_UP: case 'k': choose(t, -1); break;
	case KEY_DOWN: case 'j': choose(t, 1); break;
	case KEY_PAGE_UP: choose(t, -page); break;
	case KEY_PAGE_DOWN: choose(t, page); break;
	case KEY_HOME: choose(t, -TOP_SESSIONS_MAX); break;
	case KEY_END: choose(t, TOP_SESSIONS_MAX); break;
	case KEY_ENTER: case KEY_RIGHT:
		if (t->rows) {
			t->screen = SCREEN_SESSION;
			t->reports_next_ns = 0;
		}
		break;
	case 's':
		t->sort = (t->sort + 1) % SORTS;
		sort_rows(t);
		break;
	default: return;
	}
	t->next_ns = 0; /* the numbers of what is chosen now */
}

static void session_key(struct top *t, uint32_t key)
{
	if (key == KEY_ESCAPE || key == KEY_LEFT || key == KEY_BACKSPACE || key == KEY_ENTER)
		leave_session(t);
	else if ((key == KEY_DOWN || key == 'j') && t->scroll < 100)
		t->scroll++;
	else if ((key == KEY_UP || key == 'k') && t->scroll)
		t->scroll--;
	else if (key == 'r')
		t->reports_next_ns = 0;
}

/* False: it is the end. */
static bool take_key(struct top *t, uint32_t key)
{
	if (t->screen == SCREEN_HELP) {
		t->screen = t->behind_help;
		return true;
	}
	if (key == 'q' && t->screen == SCREEN_SESSION) {
		leave_session(t);
		return true;
	}
	if (key == 'q')
		return false;
	if (key == '?' || key == 'h' || key == KEY_F1) {
		t->behind_help = t->screen;
		t->screen = SCREEN_HELP;
	} else if (key == KEY_CTRL('l')) {
		grid_forget(&t->grid);
	} else if (t->screen == SCREEN_SESSION) {
		session_key(t, key);
	} else {
		list_key(t, key);
	}
	return true;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static int show(struct top *t, struct errmsg *err)
{
	unsigned columns, rows;
	struct outbuf o;
	int rc = 0;

	term_size(STDOUT_FILENO, &columns, &rows);
	if (columns != t->grid.columns || rows != t->grid.rows)
		rc = grid_resize(&t->grid, columns, rows, err);
	if (!rc)
		rc = outbuf_to_fd(&o, STDOUT_FILENO, 1 << 20, err); /* a frame fits: one write */
	if (rc)
		return rc;
	top_draw(t);
	grid_put(&t->grid, &o);
	rc = outbuf_flush(&o, err);
	outbuf_release(&o);
	return rc;
}

/* Waits for keys and reports until the next question is due. */
static void wait_some(struct top *t, const struct keys *k)
{
	int64_t left = (t->next_ns - loop_monotonic_ns()) / 1000000 + 1;
	struct pollfd p[1 + REPORTS] = { { STDIN_FILENO, POLLIN, 0 } };

	for (int i = 0; i < REPORTS; i++)
		p[1 + i] = (struct pollfd){ t->report[i].pid ? t->report[i].fd : -1, POLLIN, 0 };
	left = left < 0 ? 0 : left > 1000 ? 1000 : left;
	poll(p, 1 + REPORTS, k->n ? KEYS_WAIT_MS : (int)left);
}

static bool take_keys(struct top *t, struct keys *k)
{
	bool came = term_wait(STDIN_FILENO, 0), goes_on = true;
	uint8_t bytes[32];
	uint32_t key;
	ssize_t n;

	if (came) {
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			return false;
		if (n > 0)
			keys_feed(k, bytes, (size_t)n);
	}
	while (goes_on && (key = keys_next(k, !came)))
		goes_on = take_key(t, key);
	return goes_on;
}

static int live(struct top *t, struct errmsg *err)
{
	int64_t interval = t->c->o.interval_ns > 0 ? t->c->o.interval_ns : 1000000000;
	struct keys k = { .n = 0 };
	int rc = 0;

	while (!rc && !client_interrupted) {
		int64_t now = loop_monotonic_ns();

		if (now >= t->next_ns) {
			refresh(t);
			t->next_ns = now + interval;
		}
		if (t->screen == SCREEN_SESSION)
			top_reports(t, now);
		if (term_changed())
			grid_forget(&t->grid);
		rc = show(t, err);
		if (!rc)
			wait_some(t, &k);
		if (!take_keys(t, &k))
			break;
	}
	return rc;
}

/* Without a terminal the sessions once. */
static int once(struct client *c, const struct command *m, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	int rc = request_simple(c, "List", NULL, &a, err);

	if (!rc)
		rc = view_render(c, m->view, a.data, err);
	ipc_answer_release(&a);
	return rc;
}

int run_top(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct top *t;
	int rc = daemon_connect(c, true, err), timeout_ms = c->timeout_ms;

	if (rc || !io_is_terminal(STDIN_FILENO) || !io_is_terminal(STDOUT_FILENO) || c->output != OUTPUT_TABLE)
		return rc ? rc : once(c, m, err);
	t = calloc(1, sizeof(*t));
	if (!t)
		return errmsg_set(err, NW_ELIMIT, "no memory for a screen");
	t->c = c;
	t->only = argc ? argv[0] : c->o.session;
	t->grid.colour = c->colour;
	c->timeout_ms = timeout_ms < ANSWER_MS ? timeout_ms : ANSWER_MS;
	interrupts_catch(true);
	rc = term_begin(STDIN_FILENO, STDOUT_FILENO, TERM_SCREEN | TERM_SIGNALS, err);
	if (!rc)
		rc = live(t, err);
	term_end();
	interrupts_catch(false);
	top_reports_end(t);
	c->timeout_ms = timeout_ms;
	ipc_answer_release(&t->status);
	ipc_answer_release(&t->sessions);
	ipc_answer_release(&t->alerts);
	ipc_answer_release(&t->stats);
	grid_release(&t->grid);
	free(t);
	return rc;
}
