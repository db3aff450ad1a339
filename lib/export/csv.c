/* SPDX-License-Identifier: MIT */
/*
 * Lines of values: csv and tsv, and with their knobs what tshark -T fields prints.
 *
 * CSV (RFC 4180) quotes a value that holds the separator, a quote or outer blanks
 * and doubles the quotes inside. TSV never quotes. In both, bytes that are not
 * printable text are written as \n \t \\ \xNN, so a row is always one line and
 * what a packet says cannot steer a terminal. Nothing else of a value is changed;
 * for tshark's -T fields (bare_backslash) not even a backslash that it has.
 */
#include "internal.h"

enum { TEXT_MAX = 1024 };

/* Types whose text is digits, letters, '.', ':' and '-' only. */
static bool plain_type(const struct field *f)
{
	switch (f->type) {
	case FIELD_BOOL:
	case FIELD_UINT:
	case FIELD_INT:
	case FIELD_IPV4:
	case FIELD_IPV6:
	case FIELD_ETHER:
	case FIELD_BYTES:
		return true;
	default:
		return false;
	}
}

static bool plain_separator(char c)
{
	return c == ',' || c == '\t' || c == ';' || c == '|' || c == ' ';
}

static bool wants_quotes(const struct export *e, const uint8_t *text, size_t len)
{
	if (len && (text[0] == ' ' || text[len - 1] == ' '))
		return true;
	return memchr(text, e->o.separator, len) || memchr(text, '"', len);
}

void csv_text_put(struct outbuf *o, const uint8_t *text, size_t len, char quote)
{
	const uint8_t *at;

	while (quote && (at = memchr(text, quote, len))) {
		size_t n = (size_t)(at - text) + 1;

		outbuf_escaped(o, text, n);
		outbuf_char(o, quote);
		text += n;
		len -= n;
	}
	outbuf_escaped(o, text, len);
}

void csv_string_put(struct outbuf *o, const char *text, size_t len)
{
	outbuf_char(o, '"');
	csv_text_put(o, (const uint8_t *)text, len, '"');
	outbuf_char(o, '"');
}

/* The same for a value; as tshark has it, a backslash in it is not doubled. */
static void put_text(struct export *e, const uint8_t *text, size_t len, char quote)
{
	const uint8_t *at;

	for (; e->o.bare_backslash && (at = memchr(text, '\\', len)); text = at + 1) {
		csv_text_put(e->out, text, (size_t)(at - text), quote);
		outbuf_char(e->out, '\\');
		len -= (size_t)(at + 1 - text);
	}
	csv_text_put(e->out, text, len, quote);
}

static bool is_csv(const struct export *e)
{
	return e->state != NULL;
}

/* One text as a whole column: quoted where needed. */
static void put_column_text(struct export *e, const uint8_t *text, size_t len)
{
	char quote = e->o.quote;

	if (!quote && is_csv(e) && wants_quotes(e, text, len))
		quote = '"';
	if (quote)
		outbuf_char(e->out, quote);
	put_text(e, text, len, quote);
	if (quote)
		outbuf_char(e->out, quote);
}

/* The text of a value that is not of a plain type. */
static const uint8_t *value_text(const struct cell *cell, char *buf, size_t *len)
{
	struct outbuf o;

	if (cell->field->type == FIELD_STRING) {
		*len = cell->value.len;
		return cell->value.bytes;
	}
	outbuf_fixed(&o, buf, TEXT_MAX);
	value_format(&o, cell->field, &cell->value);
	*len = outbuf_len(&o);
	return (const uint8_t *)buf;
}

static bool column_wants_quotes(const struct export *e, const struct column *col)
{
	char buf[TEXT_MAX];
	size_t len;

	if (!is_csv(e))
		return false;
	if (e->columns.cells[col->first - 1].next && e->o.aggregator == e->o.separator)
		return true;
	for (uint32_t i = col->first; i; i = e->columns.cells[i - 1].next) {
		const struct cell *cell = &e->columns.cells[i - 1];

		if (!plain_type(cell->field) || !plain_separator(e->o.separator)) {
			const uint8_t *text = value_text(cell, buf, &len);

			if (wants_quotes(e, text, len))
				return true;
		}
	}
	return false;
}

static void put_cells(struct export *e, const struct column *col)
{
	char buf[TEXT_MAX], quote = e->o.quote;
	size_t len;

	if (!quote && column_wants_quotes(e, col))
		quote = '"';
	if (quote)
		outbuf_char(e->out, quote);
	for (uint32_t i = col->first; i; i = e->columns.cells[i - 1].next) {
		const struct cell *cell = &e->columns.cells[i - 1];

		if (i != col->first)
			outbuf_char(e->out, e->o.aggregator);
		if (plain_type(cell->field)) {
			value_format(e->out, cell->field, &cell->value);
		} else {
			const uint8_t *text = value_text(cell, buf, &len);

			put_text(e, text, len, quote);
		}
	}
	if (quote)
		outbuf_char(e->out, quote);
}

static void put_pseudo(struct export *e, const struct column *col, struct packet *p, const struct endpoints *ends)
{
	const char *text;
	size_t len;

	if (col->kind != COLUMN_INFO) {
		pseudo_put(e, col, p, ends, e->out);
		return;
	}
	text = export_info(e, p, &len);
	put_column_text(e, (const uint8_t *)text, len);
}

static void put_row(struct export *e, struct packet *p)
{
	struct columns *c = &e->columns;
	struct endpoints ends;

	packet_endpoints(p, &ends);
	if (!c->pseudo_only)
		columns_gather(c, p);
	for (unsigned i = 0; i < c->ncolumns; i++) {
		const struct column *col = &c->column[i];
		bool quoted = e->o.quote && col->kind < COLUMN_INFO;

		if (i)
			outbuf_char(e->out, e->o.separator);
		if (quoted)
			outbuf_char(e->out, e->o.quote);
		if (col->kind <= COLUMN_INFO)
			put_pseudo(e, col, p, &ends);
		else if (col->first)
			put_cells(e, col);
		if (quoted)
			outbuf_char(e->out, e->o.quote);
	}
	outbuf_char(e->out, '\n');
}

static int rows_begin(struct export *e, char separator)
{
	char quote = e->o.quote;

	if (!e->o.separator)
		e->o.separator = separator;
	if (!e->o.aggregator)
		e->o.aggregator = ',';
	if (!e->o.header)
		return 0;
	e->o.quote = 0; /* tshark does not quote the header either */
	for (unsigned i = 0; i < e->columns.ncolumns; i++) {
		if (i)
			outbuf_char(e->out, e->o.separator);
		put_column_text(e, (const uint8_t *)e->columns.column[i].name, strlen(e->columns.column[i].name));
	}
	e->o.quote = quote;
	outbuf_char(e->out, '\n');
	return 0;
}

int csv_begin(struct export *e, struct errmsg *err)
{
	(void)err;
	e->state = e; /* quotes where needed */
	return rows_begin(e, ',');
}

int tsv_begin(struct export *e, struct errmsg *err)
{
	(void)err;
	return rows_begin(e, '\t');
}

void csv_packet(struct export *e, struct packet *p)
{
	put_row(e, p);
}

void tsv_packet(struct export *e, struct packet *p)
{
	put_row(e, p);
}
