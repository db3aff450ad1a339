/* SPDX-License-Identifier: MIT */
/*
 * Answers as the person or the program wants them. The daemon's data goes out as it is (json, yaml); tables and csv take the
 * columns of a view from it, quiet one member.
 */
#include "packetclient.h"

#include "base/jsonout.h"
#include "base/timefmt.h"
#include "sys/io.h"
#include "term/term.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const output_names[] = { "table", "json", "yaml", "csv", "quiet", NULL };

/* ---- values -------------------------------------------------------------------------------------------- */

bool value_is_number(const struct json_value *v)
{
	return json_type(v) == JSON_INTEGER || json_type(v) == JSON_REAL;
}

const char *value_text_or(const struct json_value *v, const char *otherwise)
{
	const char *text = json_string(v, NULL);

	return text ? text : otherwise;
}

int64_t value_ns(const struct json_value *v)
{
	double ns = json_real(v) * 1e9;
	bool whole;
	int64_t s = json_i64(v, &whole);

	if (whole && s < INT64_MAX / 1000000000 && s > INT64_MIN / 1000000000)
		return s * 1000000000;
	return ns >= 9.2e18 ? INT64_MAX : ns <= -9.2e18 ? INT64_MIN : (int64_t)ns;
}

const struct json_value *value_at(const struct json_value *object, const char *path)
{
	const char *dot = strchr(path, '.');
	char name[64];

	if (!dot)
		return json_get(object, path);
	if ((size_t)(dot - path) >= sizeof(name))
		return NULL;
	memcpy(name, path, (size_t)(dot - path));
	name[dot - path] = '\0';
	return value_at(json_get(object, name), dot + 1);
}

void value_text(struct outbuf *o, const struct json_value *v)
{
	struct json_iter it = { 0 };
	const struct json_value *part;
	const char *name;
	struct jsonout w;
	size_t len;
	const char *text = json_string(v, &len);
	bool first = true;

	if (text) {
		outbuf_bytes(o, text, len);
		return;
	}
	if (json_type(v) != JSON_ARRAY && json_type(v) != JSON_OBJECT) {
		jsonout_begin(&w, o);
		if (v)
			json_copy(&w, v);
		return;
	}
	while ((part = json_each(v, &it, &name))) {
		outbuf_str(o, first ? "" : ", ");
		first = false;
		if (name) {
			outbuf_str(o, name);
			outbuf_char(o, ' ');
		}
		value_text(o, part);
	}
}

/* A number of an event's data, by what its name says it is. */
static void number_for_people(const struct client *c, struct outbuf *o, const char *name, const struct json_value *v)
{
	static const struct {
		const char *names; /* with a blank around each */
		enum { MOMENT, LENGTH, SIZE } what;
	} known[] = { { " from to ", MOMENT }, { " delay duration window step age ", LENGTH }, { " bytes free stored_bytes ", SIZE } };
	struct timefmt t;
	char word[34];
	bool whole;

	snprintf(word, sizeof(word), " %.31s ", name);
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++) {
		bool moment = known[i].what == MOMENT;

		/* before and after are times of a clock that jumped, else a state (a text) */
		if (!strstr(known[i].names, word) && !(moment && (!strcmp(name, "before") || !strcmp(name, "after"))))
			continue;
		timefmt_init(&t, TIMEFMT_DATE_TIME, 3, c->o.utc);
		if (moment)
			timefmt_put(&t, o, value_ns(v));
		else if (known[i].what == LENGTH && json_real(v) >= 0)
			human_duration(o, value_ns(v));
		else if (known[i].what == SIZE)
			human_scaled(o, json_real(v), "B");
		else
			value_text(o, v);
		return;
	}
	json_u64(v, &whole);
	if (whole && !strstr(" pid status signal attempt attempts ", word))
		human_count(o, json_u64(v, NULL));
	else
		value_text(o, v);
}

static void data_for_people(const struct client *c, struct outbuf *o, const struct json_value *data)
{
	const struct json_value *part;
	struct json_iter it = { 0 };
	const char *name;

	for (bool first = true; (part = json_each(data, &it, &name)); first = false) {
		outbuf_str(o, first ? "" : ", ");
		outbuf_str(o, name);
		outbuf_char(o, ' ');
		if (value_is_number(part))
			number_for_people(c, o, name, part);
		else
			value_text(o, part);
	}
}

static void put_cell(const struct client *c, struct rows *r, const struct row_column *column, const struct json_value *v)
{
	char text[4096];
	struct outbuf o;
	bool whole;

	if (!v || json_type(v) == JSON_NULL) {
		rows_none(r);
		return;
	}
	if (column->type == ROW_BOOL && json_type(v) == JSON_BOOL) {
		rows_u64(r, json_bool(v));
	} else if (column->type != ROW_TEXT && value_is_number(v)) {
		uint64_t n = json_u64(v, &whole);

		if (column->type == ROW_DURATION || column->type == ROW_TIME || column->type == ROW_MOMENT)
			rows_ns(r, value_ns(v));
		else if (whole && column->type != ROW_BAR && column->type != ROW_SHARE)
			rows_u64(r, n);
		else
			rows_real(r, json_real(v));
	} else {
		outbuf_fixed(&o, text, sizeof(text));
		if (c->output == OUTPUT_TABLE && json_type(v) == JSON_OBJECT)
			data_for_people(c, &o, v);
		else
			value_text(&o, v);
		rows_bytes(r, text, outbuf_len(&o));
	}
}

/* ---- yaml ---------------------------------------------------------------------------------------------- */

/* A word that reads back as the same text without quotes. */
static bool is_plain(const char *text, size_t len)
{
	static const char *const other[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n", NULL };

	if (!len || len > 80 || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_", *text) ||
	    text[len - 1] == ':')
		return false;
	for (int i = 0; other[i]; i++)
		if (!strcasecmp(text, other[i]))
			return false;
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.-+@") == len;
}

static void yaml_value(struct outbuf *o, const struct json_value *v, unsigned depth, bool in_list);

static void yaml_members(struct outbuf *o, const struct json_value *v, unsigned depth, bool in_list)
{
	struct json_iter it = { 0 };
	const struct json_value *part;
	const char *name;
	bool first = true;

	while ((part = json_each(v, &it, &name))) {
		for (unsigned i = 0; i < 2 * depth && !(first && in_list); i++)
			outbuf_char(o, ' ');
		first = false;
		if (name && is_plain(name, strlen(name)))
			outbuf_str(o, name);
		else if (name)
			json_string_put(o, name, strlen(name));
		outbuf_char(o, name ? ':' : '-');
		yaml_value(o, part, depth + 1, !name);
	}
}

static void yaml_value(struct outbuf *o, const struct json_value *v, unsigned depth, bool in_list)
{
	bool object = json_type(v) == JSON_OBJECT, array = json_type(v) == JSON_ARRAY;
	struct jsonout w;
	size_t len;
	const char *text = json_string(v, &len);

	if ((object || array) && json_count(v)) {
		outbuf_char(o, in_list ? ' ' : '\n');
		yaml_members(o, v, depth, in_list);
		return;
	}
	outbuf_char(o, ' ');
	if (text && is_plain(text, len)) {
		outbuf_bytes(o, text, len);
	} else {
		jsonout_begin(&w, o);
		json_copy(&w, v);
	}
	outbuf_char(o, '\n');
}

void yaml_put(struct outbuf *o, const struct json_value *v)
{
	struct jsonout w;

	if ((json_type(v) == JSON_OBJECT || json_type(v) == JSON_ARRAY) && json_count(v)) {
		yaml_members(o, v, 0, false);
		return;
	}
	jsonout_begin(&w, o);
	json_copy(&w, v);
	outbuf_char(o, '\n');
}

/* ---- streams of rows ------------------------------------------------------------------------------------- */

int stream_begin(struct stream *s, struct client *c, const struct view *v, struct errmsg *err)
{
	struct rows_look look = { .header = true, .colour = c->colour, .utc = c->o.utc };
	unsigned height;
	int rc;

	*s = (struct stream){ .c = c, .v = v };
	if (c->output != OUTPUT_TABLE && c->output != OUTPUT_CSV)
		return 0;
	if (io_is_terminal(STDOUT_FILENO))
		term_size(STDOUT_FILENO, &look.width, &height);
	rc = rows_begin(&s->rows, c->output == OUTPUT_CSV ? ROWS_CSV : ROWS_TABLE, &look, false, &c->out, err);
	if (!rc)
		rows_table(s->rows, NULL, NULL, v->columns);
	return rc;
}

static void put_row(const struct client *c, struct rows *r, const struct row_column *columns, const struct json_value *object)
{
	for (const struct row_column *column = columns; column->key; column++)
		put_cell(c, r, column, value_at(object, column->key));
}

static void put_id(struct client *c, const struct view *v, const struct json_value *object)
{
	const struct json_value *id = v->id ? value_at(object, v->id) : NULL;
	char text[1024];
	struct outbuf o;

	if (!id)
		return;
	outbuf_fixed(&o, text, sizeof(text));
	value_text(&o, id);
	outbuf_escaped(&c->out, text, outbuf_len(&o));
	outbuf_char(&c->out, '\n');
}

/* An object of a stream for programs: a line of JSON, a document of YAML. */
static void put_object(struct client *c, const struct json_value *object)
{
	struct jsonout w;

	if (c->output == OUTPUT_YAML) {
		outbuf_str(&c->out, "---\n");
		yaml_put(&c->out, object);
		return;
	}
	jsonout_begin(&w, &c->out);
	json_copy(&w, object);
	outbuf_char(&c->out, '\n');
}

void stream_row(struct stream *s, const struct json_value *object)
{
	if (s->rows)
		put_row(s->c, s->rows, s->v->columns, object);
	else if (s->c->output == OUTPUT_QUIET)
		put_id(s->c, s->v, object);
	else
		put_object(s->c, object);
}

int stream_flush(struct stream *s, struct errmsg *err)
{
	if (s->rows)
		rows_flush(s->rows);
	return outbuf_flush(&s->c->out, err);
}

int stream_end(struct stream *s, struct errmsg *err)
{
	rows_close(s->rows);
	s->rows = NULL;
	return outbuf_flush(&s->c->out, err);
}

/* ---- whole answers ----------------------------------------------------------------------------------------- */

static int put_rows(struct client *c, const struct view *v, const struct json_value *data, struct errmsg *err)
{
	struct rows_look look = { .header = true, .colour = c->colour, .utc = c->o.utc };
	const struct json_value *list = v->list ? json_get(data, v->list) : NULL, *one;
	struct json_iter it = { 0 };
	const struct row_column *columns = v->columns;
	struct rows *r;
	unsigned height;
	int rc;

	if (v->list && !json_count(list) && c->output == OUTPUT_TABLE) {
		outbuf_str(&c->out, v->none ? v->none : "none");
		outbuf_char(&c->out, '\n');
	} else {
		if (io_is_terminal(STDOUT_FILENO))
			term_size(STDOUT_FILENO, &look.width, &height);
		if (v->narrow && look.width && look.width < VIEW_WIDE && c->output == OUTPUT_TABLE)
			columns = v->narrow;
		rc = rows_begin(&r, c->output == OUTPUT_CSV ? ROWS_CSV : ROWS_TABLE, &look, false, &c->out, err);
		if (rc)
			return rc;
		(v->list ? rows_table : rows_object)(r, NULL, v->title, columns);
		if (!v->list)
			put_row(c, r, columns, data);
		while (list && (one = json_each(list, &it, NULL)))
			put_row(c, r, columns, one);
		rows_close(r);
	}
	if (v->more && c->output == OUTPUT_TABLE)
		v->more(c, data, &c->out);
	return 0;
}

static void put_ids(struct client *c, const struct view *v, const struct json_value *data)
{
	const struct json_value *one;
	struct json_iter it = { 0 };

	if (!v->list)
		put_id(c, v, data);
	while (v->list && (one = json_each(json_get(data, v->list), &it, NULL)))
		put_id(c, v, one);
}

int view_render(struct client *c, const struct view *v, const struct json_value *data, struct errmsg *err)
{
	struct jsonout w;
	int rc = 0;

	switch (c->output) {
	case OUTPUT_JSON:
		if (io_is_terminal(STDOUT_FILENO)) {
			json_pretty(&c->out, data);
			break;
		}
		jsonout_begin(&w, &c->out);
		json_copy(&w, data);
		outbuf_char(&c->out, '\n');
		break;
	case OUTPUT_YAML: yaml_put(&c->out, data); break;
	case OUTPUT_QUIET: put_ids(c, v, data); break;
	default: rc = put_rows(c, v, data, err);
	}
	return rc ? rc : outbuf_flush(&c->out, err);
}
