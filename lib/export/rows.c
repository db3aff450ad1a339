/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { KEPT_MAX = 4 * 1024 * 1024, CELL_MAX = 4096, BAR_COLUMNS = 20 };

struct rows {
	struct export *e;
	struct outbuf *o;
	enum row_style style;
	bool several, object, picture;
	const struct row_column *columns, *header; /* of this table; the last that csv has named */
	const char *key, *title;
	unsigned n, at;        /* columns; the next cell */
	unsigned tables;       /* begun */
	uint64_t count;        /* rows of this table */
	bool first;            /* json: no cell of this row yet */
	struct timefmt time;
	bool own;              /* e was made by rows_begin() */

	/* for people: texts that are kept until the widths are known */
	unsigned shown;        /* columns that have a title */
	char *kept;            /* text, 0, text, 0, … */
	size_t nkept, room;
	bool settled;
	uint32_t width[ROWS_COLUMNS_MAX];
	uint8_t how[ROWS_COLUMNS_MAX];
};

static bool for_people(const struct rows *r)
{
	return r->style == ROWS_TABLE || r->style == ROWS_HTML;
}

static bool is_text(unsigned type)
{
	return type == ROW_TEXT || type == ROW_ADDRESS || type == ROW_BAR;
}

/* ---- a table for people ------------------------------------------------------------------------------ */

static void put_heading(struct rows *r)
{
	if (r->tables > 1)
		outbuf_char(r->o, '\n');
	if (!r->title)
		return;
	sgr_put(r->e, "1");
	outbuf_str(r->o, r->title);
	sgr_put(r->e, "0");
	outbuf_char(r->o, '\n');
}

/* One row: a text for each column that is shown. Returns what follows. */
static const char *put_line(struct rows *r, const char *cells)
{
	for (unsigned i = 0; i < r->shown; i++) {
		if (i)
			blanks_put(r->o, CELL_GAP);
		cell_put(r->o, cells, r->width[i], r->how[i]);
		cells += strlen(cells) + 1;
	}
	outbuf_char(r->o, '\n');
	return cells;
}

static void put_titles(struct rows *r)
{
	unsigned i = 0;

	if (!r->e->o.header)
		return;
	sgr_put(r->e, "1");
	for (const struct row_column *c = r->columns; c->key; c++) {
		if (!c->title)
			continue;
		if (i)
			blanks_put(r->o, CELL_GAP);
		cell_put(r->o, c->title, r->width[i], r->how[i]);
		i++;
	}
	sgr_put(r->e, "0");
	outbuf_char(r->o, '\n');
}

/* "title: value", one below the other. */
static void put_list(struct rows *r)
{
	const char *text = r->kept;
	uint32_t width = 0;

	for (const struct row_column *c = r->columns; c->key; c++)
		if (c->title && text_width(c->title) > width)
			width = text_width(c->title);
	for (const struct row_column *c = r->columns; c->key && r->nkept; c++) {
		if (!c->title)
			continue;
		if (*text) {
			outbuf_str(r->o, r->title ? "  " : "");
			outbuf_str(r->o, c->title);
			outbuf_char(r->o, ':');
			blanks_put(r->o, width - text_width(c->title) + CELL_GAP);
			outbuf_str(r->o, text);
			outbuf_char(r->o, '\n');
		}
		text += strlen(text) + 1;
	}
}

/* The widths are known: what was kept is written. */
static void settle(struct rows *r)
{
	const char *at = r->kept, *end = at + r->nkept;

	if (r->settled || r->style != ROWS_TABLE)
		return;
	r->settled = true;
	put_heading(r);
	if (r->object) {
		put_list(r);
	} else {
		cells_fit(r->width, r->how, r->shown, r->e->o.width);
		put_titles(r);
		while (at < end)
			at = put_line(r, at);
	}
	r->nkept = 0;
}

static void prepare_table(struct rows *r)
{
	unsigned i = 0;

	r->settled = false;
	r->nkept = 0;
	for (const struct row_column *c = r->columns; c->key; c++) {
		if (!c->title)
			continue;
		r->width[i] = r->e->o.header ? text_width(c->title) : 1;
		r->how[i++] = (is_text(c->type) ? 0 : CELL_RIGHT) | (r->e->o.width ? CELL_CUT : 0);
	}
	r->shown = i;
	if (i)
		r->how[i - 1] |= CELL_LAST;
}

/* Room for one more row; when there is none, what was kept goes out and the rows that follow come as they are. */
static bool kept_room(struct rows *r)
{
	size_t least = r->nkept + (size_t)ROWS_COLUMNS_MAX * CELL_MAX;
	char *more;

	if (least <= r->room)
		return true;
	if (r->nkept > KEPT_MAX) {
		settle(r);
		return true;
	}
	more = realloc(r->kept, least + KEPT_MAX / 4);
	if (!more) {
		settle(r); /* there is room for a row, if there ever was */
		return r->kept != NULL;
	}
	r->kept = more;
	r->room = least + KEPT_MAX / 4;
	return true;
}

/* ---- html -------------------------------------------------------------------------------------------- */

static void html_str(struct outbuf *o, const char *text)
{
	html_text_put(o, text, strlen(text));
}

static void html_heading(struct rows *r)
{
	outbuf_str(r->o, "<section>\n");
	if (r->title) {
		outbuf_str(r->o, "<h2>");
		html_str(r->o, r->title);
		outbuf_str(r->o, "</h2>\n");
	}
}

static void html_begin(struct rows *r)
{
	struct outbuf *o = r->o;

	html_heading(r);
	outbuf_str(o, r->object ? "<table class=\"facts\">\n<tbody>\n" : "<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr>");
	if (r->object)
		return;
	for (const struct row_column *c = r->columns; c->key; c++) {
		if (!c->title)
			continue;
		outbuf_str(o, is_text(c->type) ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"n\">");
		html_str(o, c->title);
		outbuf_str(o, "</th>");
	}
	outbuf_str(o, "</tr></thead>\n<tbody>\n");
}

static void html_end(struct rows *r)
{
	if (r->columns)
		outbuf_str(r->o, r->object ? "</tbody>\n</table>\n</section>\n" : "</tbody>\n</table></div>\n</section>\n");
}

static void html_cell(struct rows *r, const struct row_column *c, const char *text, double share)
{
	struct outbuf *o = r->o;

	if (r->object) {
		if (!*text)
			return;
		outbuf_str(o, "<tr><th scope=\"row\">");
		html_str(o, c->title);
		outbuf_str(o, "</th>");
	}
	outbuf_str(o, is_text(c->type) || r->object ? "<td>" : "<td class=\"n\">");
	if (c->type == ROW_BAR && *text)
		outbuf_printf(o, "<span class=\"bar\" style=\"width:%.1fem\"></span> ", share * 10);
	html_str(o, text);
	outbuf_str(o, r->object ? "</td></tr>\n" : "</td>");
}

/* ---- tables ------------------------------------------------------------------------------------------ */

int rows_open(struct rows **out, struct export *e, bool several, struct errmsg *err)
{
	static const char *const names[] = { "table", "csv", "json", "ndjson", "html" };
	struct rows *r = calloc(1, sizeof(*r));

	if (!r)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	r->e = e;
	r->o = e->out;
	r->several = several;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) /* and text is a table */
		if (!strcmp(e->format->name, names[i]))
			r->style = (enum row_style)i;
	if (r->style == ROWS_CSV && !e->o.separator)
		e->o.separator = ',';
	timefmt_init(&r->time, TIMEFMT_DATE_TIME, 6, e->o.time.utc);
	*out = r;
	return 0;
}

int rows_begin(struct rows **r, enum row_style style, const struct rows_look *look, bool several, struct outbuf *out,
	       struct errmsg *err)
{
	static const struct export_format formats[] = { { .name = "table" }, { .name = "csv" }, { .name = "json" },
							{ .name = "ndjson" }, { .name = "html" } };
	struct export *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return errmsg_set(err, NW_ELIMIT, "no memory for a table");
	e->format = &formats[style];
	e->out = out;
	e->o.header = look->header;
	e->o.colour = look->colour;
	e->o.width = look->width;
	e->o.time.utc = look->utc;
	rc = rows_open(r, e, several, err);
	if (rc)
		free(e);
	else
		(*r)->own = true;
	return rc;
}

enum row_style rows_style(const struct rows *r)
{
	return r->style;
}

static void csv_text(struct rows *r, const char *text, size_t len)
{
	const struct export_options *eo = &r->e->o;
	char quote = eo->quote;

	if (!quote && len && (*text == ' ' || text[len - 1] == ' ' || memchr(text, eo->separator, len) || memchr(text, '"', len)))
		quote = '"';
	if (quote)
		outbuf_char(r->o, quote);
	csv_text_put(r->o, (const uint8_t *)text, len, quote);
	if (quote)
		outbuf_char(r->o, quote);
}

/* The same columns need no other header. */
static bool same_keys(const struct row_column *a, const struct row_column *b)
{
	while (a->key && b->key && !strcmp(a->key, b->key)) {
		a++;
		b++;
	}
	return !a->key && !b->key;
}

static void csv_header(struct rows *r)
{
	if (!r->e->o.header || (r->header && same_keys(r->header, r->columns)))
		return;
	if (r->header)
		outbuf_char(r->o, '\n');
	r->header = r->columns;
	if (r->several)
		outbuf_str(r->o, "table");
	for (const struct row_column *c = r->columns; c->key; c++) {
		if (c != r->columns || r->several)
			outbuf_char(r->o, r->e->o.separator);
		outbuf_str(r->o, c->key);
	}
	outbuf_char(r->o, '\n');
}

/* The end of a table or a picture, or nothing before the first. */
static void table_over(struct rows *r)
{
	if (r->picture && r->style == ROWS_HTML)
		outbuf_str(r->o, "</section>\n");
	r->picture = false;
	if (!r->columns)
		return;
	if (r->style == ROWS_JSON && r->object)
		outbuf_str(r->o, r->count ? "" : "{}");
	else if (r->style == ROWS_JSON)
		outbuf_str(r->o, r->count ? "\n]" : "]");
	else if (r->style == ROWS_HTML)
		html_end(r);
	settle(r);
	r->columns = NULL;
}

static void table_begin_as(struct rows *r, const char *key, const char *title, const struct row_column *columns, bool object)
{
	table_over(r);
	r->key = key;
	r->title = title;
	r->columns = columns;
	r->object = object;
	r->count = r->at = r->n = 0;
	while (columns[r->n].key)
		r->n++;
	r->tables++;
	if (r->style == ROWS_TABLE)
		prepare_table(r);
	else if (r->style == ROWS_CSV)
		csv_header(r);
	else if (r->style == ROWS_HTML)
		html_begin(r);
	if (r->style != ROWS_JSON)
		return;
	if (r->several) {
		outbuf_str(r->o, r->tables == 1 ? "{\n" : ",\n");
		json_string_put(r->o, key, strlen(key));
		outbuf_char(r->o, ':');
	}
	outbuf_str(r->o, object ? "" : "[\n");
}

void rows_table(struct rows *r, const char *key, const char *title, const struct row_column *columns)
{
	table_begin_as(r, key, title, columns, false);
}

void rows_object(struct rows *r, const char *key, const char *title, const struct row_column *columns)
{
	table_begin_as(r, key, title, columns, true);
}

bool rows_picture(struct rows *r, const char *title)
{
	if (!for_people(r))
		return false;
	table_over(r);
	r->title = title;
	r->picture = true;
	r->tables++;
	if (r->style == ROWS_TABLE)
		put_heading(r);
	else
		html_heading(r);
	return true;
}

void rows_flush(struct rows *r)
{
	if (r->columns && r->count)
		settle(r);
}

void rows_close(struct rows *r)
{
	if (!r)
		return;
	if (!r->e->abandoned) {
		table_over(r);
		if (r->style == ROWS_JSON)
			outbuf_str(r->o, r->several ? r->tables ? "\n}\n" : "{}\n" : r->tables ? "\n" : "[]\n");
	}
	if (r->own)
		free(r->e);
	free(r->kept);
	free(r);
}

/* ---- cells ------------------------------------------------------------------------------------------- */

static void row_begin(struct rows *r)
{
	r->first = true;
	if (r->style == ROWS_HTML && !r->object) {
		outbuf_str(r->o, "<tr>");
	} else if (r->style == ROWS_JSON) {
		outbuf_str(r->o, r->count ? ",\n{" : "{");
	} else if (r->style == ROWS_NDJSON) {
		outbuf_char(r->o, '{');
		if (r->several) {
			outbuf_str(r->o, "\"table\":");
			json_string_put(r->o, r->key, strlen(r->key));
			r->first = false;
		}
	} else if (r->style == ROWS_CSV && r->several) {
		csv_text(r, r->key, strlen(r->key));
		outbuf_char(r->o, r->e->o.separator);
	}
}

static void row_end(struct rows *r)
{
	r->count++;
	r->at = 0;
	if (r->style == ROWS_HTML && !r->object)
		outbuf_str(r->o, "</tr>\n");
	else if (r->style == ROWS_JSON)
		outbuf_char(r->o, '}');
	else if (r->style == ROWS_NDJSON)
		outbuf_str(r->o, "}\n");
	else if (r->style == ROWS_CSV)
		outbuf_char(r->o, '\n');
}

/* Before a cell: what stands between it and the one before. */
static void cell_begin(struct rows *r, bool none)
{
	const struct row_column *c = &r->columns[r->at];

	if (!r->at)
		row_begin(r);
	if (r->style == ROWS_CSV && r->at)
		outbuf_char(r->o, r->e->o.separator);
	if (none || (r->style != ROWS_JSON && r->style != ROWS_NDJSON))
		return;
	if (!r->first)
		outbuf_char(r->o, ',');
	r->first = false;
	json_string_put(r->o, c->key, strlen(c->key));
	outbuf_char(r->o, ':');
}

static void cell_end(struct rows *r)
{
	if (++r->at == r->n)
		row_end(r);
}

/* For people; `text` is escaped for a terminal and ends with 0. */
static void people_cell(struct rows *r, const char *text, double share)
{
	const struct row_column *c = &r->columns[r->at];
	size_t len = strlen(text) + 1;
	unsigned i = 0;

	for (unsigned n = 0; n < r->at; n++)
		i += r->columns[n].title != NULL;
	if (r->style == ROWS_HTML) {
		if (c->title)
			html_cell(r, c, text, share);
		return;
	}
	if (!c->title || (!i && !kept_room(r)))
		return;
	if (r->nkept + len > r->room)
		return;
	if (r->settled) { /* widths are known; only this row is kept, until it is whole */
		memcpy(r->kept + r->nkept, text, len);
		r->nkept += len;
		if (i + 1 == r->shown) {
			put_line(r, r->kept);
			r->nkept = 0;
		}
		return;
	}
	memcpy(r->kept + r->nkept, text, len);
	r->nkept += len;
	if (!r->object && text_width(text) > r->width[i])
		r->width[i] = text_width(text);
}

void rows_none(struct rows *r)
{
	cell_begin(r, true);
	if (for_people(r))
		people_cell(r, "", 0);
	cell_end(r);
}

void rows_bytes(struct rows *r, const void *text, size_t len)
{
	cell_begin(r, false);
	if (for_people(r)) {
		char escaped[CELL_MAX];
		struct outbuf o;

		outbuf_fixed(&o, escaped, sizeof(escaped));
		outbuf_escaped(&o, text, len);
		people_cell(r, outbuf_cstr(&o), 0);
	} else if (r->style == ROWS_CSV) {
		csv_text(r, text, len);
	} else {
		json_string_put(r->o, text, len);
	}
	cell_end(r);
}

void rows_text(struct rows *r, const char *text)
{
	if (text)
		rows_bytes(r, text, strlen(text));
	else
		rows_none(r);
}

void rows_address(struct rows *r, const uint8_t *addr, unsigned len)
{
	const struct endpoint end = { .addr = addr, .len = (uint8_t)len };
	char text[64];
	struct outbuf o;

	if (!addr || (len != 4 && len != 6 && len != 16)) {
		rows_none(r);
		return;
	}
	outbuf_fixed(&o, text, sizeof(text));
	endpoint_put(&o, &end);
	rows_text(r, outbuf_cstr(&o));
}

static void human_put(struct outbuf *o, unsigned type, uint64_t v)
{
	switch (type) {
	case ROW_COUNT: human_count(o, v); break;
	case ROW_BYTES: human_scaled(o, (double)v, "B"); break;
	case ROW_BPS: human_scaled(o, (double)v, "bit/s"); break;
	case ROW_PPS: human_scaled(o, (double)v, "/s"); break;
	case ROW_BOOL: outbuf_str(o, v ? "yes" : "no"); break;
	default: outbuf_u64(o, v);
	}
}

void rows_u64(struct rows *r, uint64_t v)
{
	unsigned type = r->columns[r->at].type;

	cell_begin(r, false);
	if (for_people(r)) {
		char text[64];
		struct outbuf o;

		outbuf_fixed(&o, text, sizeof(text));
		human_put(&o, type, v);
		people_cell(r, outbuf_cstr(&o), 0);
	} else if (type == ROW_BOOL) {
		outbuf_str(r->o, v ? "true" : "false");
	} else {
		outbuf_u64(r->o, v);
	}
	cell_end(r);
}

/* "14:03:05", or "2026-11-19 14:03:05" when that is not today. */
static void moment_put(struct rows *r, struct outbuf *o, int64_t ns)
{
	char today[32], day[32];
	time_t now = time(NULL), t = (time_t)(ns / 1000000000);
	struct tm tm;

	if (!(r->e->o.time.utc ? gmtime_r(&now, &tm) : localtime_r(&now, &tm)) || !strftime(today, sizeof(today), "%F ", &tm) ||
	    !(r->e->o.time.utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) || !strftime(day, sizeof(day), "%F ", &tm))
		return;
	if (strcmp(day, today))
		outbuf_str(o, day);
	outbuf_printf(o, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void rows_ns(struct rows *r, int64_t ns)
{
	cell_begin(r, false);
	if (for_people(r)) {
		char text[64];
		struct outbuf o;

		outbuf_fixed(&o, text, sizeof(text));
		if (r->columns[r->at].type == ROW_TIME)
			timefmt_put(&r->time, &o, ns);
		else if (r->columns[r->at].type == ROW_MOMENT)
			moment_put(r, &o, ns);
		else
			human_duration(&o, ns);
		people_cell(r, outbuf_cstr(&o), 0);
	} else {
		outbuf_epoch(r->o, ns, 9);
	}
	cell_end(r);
}

static void real_for_people(struct rows *r, unsigned type, double v)
{
	char text[128];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	if (type == ROW_BPS || type == ROW_PPS) {
		human_scaled(&o, v, type == ROW_BPS ? "bit/s" : "/s");
	} else {
		v = v < 0 ? 0 : v > 1 ? 1 : v;
		outbuf_printf(&o, "%5.1f %%", v * 100);
		if (type == ROW_BAR && r->style == ROWS_TABLE) {
			outbuf_str(&o, v > 0 ? "  " : "");
			for (int i = 0; i < (int)(v * BAR_COLUMNS + 0.5); i++)
				outbuf_str(&o, "█");
		}
	}
	people_cell(r, outbuf_cstr(&o), v);
}

/* As printf("%.*f"), several times as fast: a million rows have two of these each. */
static void fixed_put(struct outbuf *o, double v, int digits)
{
	const double scale = digits == 3 ? 1e3 : 1e6;
	uint64_t whole;

	if (v < 0 || v > 1e12) {
		outbuf_printf(o, "%.*f", digits, v);
		return;
	}
	whole = (uint64_t)(v * scale + 0.5);
	outbuf_u64(o, whole / (uint64_t)scale);
	outbuf_char(o, '.');
	outbuf_padded(o, (uint32_t)(whole % (uint64_t)scale), digits);
}

void rows_real(struct rows *r, double v)
{
	unsigned type = r->columns[r->at].type;

	if (!isfinite(v)) {
		rows_none(r);
		return;
	}
	cell_begin(r, false);
	if (for_people(r))
		real_for_people(r, type, v);
	else
		fixed_put(r->o, v, type == ROW_BPS || type == ROW_PPS ? 3 : 6);
	cell_end(r);
}
