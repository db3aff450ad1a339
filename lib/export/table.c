/* SPDX-License-Identifier: MIT */
/*
 * A table for people: a header, columns that line up, colours on a terminal.
 *
 *	number  time             src        dst         proto  length  info
 *	     1  22:13:20.123456  192.0.2.1  192.0.2.53  DNS        71  IP 192.0.2.1.40000 > 192.0.2.53.53: 1+ A? example.com. (29)
 *
 * The first rows are kept until there are enough of them, or the source pauses, to know how wide each column is. With a
 * width to fit into, the widest columns give way until the line fits, and what is longer than its column ends in "…";
 * without one, nothing is cut. Everything a packet says is escaped; wide and combining characters are counted as they
 * are shown.
 */
#include "internal.h"

#include <stdlib.h>

enum { LEARN_ROWS = 64, LEARN_BYTES = 256 * 1024, CELL_MAX = 4096, GAP = 2, LEAST = 3 };

struct table {
	uint32_t *width;
	char *kept;             /* cells of the first rows: text, 0, text, 0, …; a byte of colour before each row */
	uint32_t nkept, rows;
	bool settled;
};

/* ---- what a terminal makes of a text --------------------------------------------------------- */

static const struct {
	uint32_t first, last;
	uint8_t width;
} odd_characters[] = {
	{ 0x0300, 0x036f, 0 }, { 0x0483, 0x0489, 0 }, { 0x0591, 0x05c7, 0 }, { 0x0610, 0x061a, 0 }, { 0x064b, 0x065f, 0 },
	{ 0x0900, 0x0902, 0 }, { 0x1100, 0x115f, 2 }, { 0x200b, 0x200f, 0 }, { 0x202a, 0x202e, 0 }, { 0x2060, 0x206f, 0 },
	{ 0x20d0, 0x20ff, 0 }, { 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 }, { 0xfe20, 0xfe2f, 0 }, { 0xfe30, 0xfe6f, 2 }, { 0xfeff, 0xfeff, 0 }, { 0xff00, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
};

/* One character of valid UTF-8 (outbuf_escaped() leaves nothing else): its bytes, and its columns in *width. */
static size_t character(const char *text, unsigned *width)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c = *p & (0xffu >> (n == 1 ? 1 : n + 1));

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*width = 1;
	for (unsigned i = 0; n > 1 && i < sizeof(odd_characters) / sizeof(*odd_characters); i++)
		if (c >= odd_characters[i].first && c <= odd_characters[i].last)
			*width = odd_characters[i].width;
	return n;
}

static uint32_t text_width(const char *text)
{
	uint32_t total = 0;

	while (*text) {
		unsigned width;

		text += character(text, &width);
		total += width;
	}
	return total;
}

/* ---- colours ------------------------------------------------------------------------------------- */

enum { COLOUR_NONE, COLOUR_TROUBLE };

/* SGR by the begin of the protocol column */
static const struct {
	const char *protocol, *sgr;
} colours[] = {
	{ "", "" }, { "", "31" }, /* COLOUR_NONE, COLOUR_TROUBLE: the whole row */
	{ "DNS", "36" }, { "MDNS", "36" }, { "LLMNR", "36" }, { "NBNS", "36" }, { "HTTP", "32" }, { "TLS", "34" },
	{ "QUIC", "34" }, { "SSH", "34" }, { "DTLS", "34" }, { "ARP", "33" }, { "DHCP", "33" }, { "ICMP", "35" }, { "STP", "33" },
	{ "SMB", "32" }, { "SIP", "32" }, { "NTP", "33" },
};

static uint8_t row_colour(const struct packet *p)
{
	const struct layer *tcp = packet_layer(p, PROTO_tcp);
	const char *column = packet_column(p);
	const uint8_t *h;

	if (p->result == DECODE_MALFORMED || (tcp && packet_bytes(p, tcp, &h) >= 14 && h[13] & 4))
		return COLOUR_TROUBLE;
	for (unsigned i = COLOUR_TROUBLE + 1; column && i < sizeof(colours) / sizeof(*colours); i++)
		if (!strncmp(column, colours[i].protocol, strlen(colours[i].protocol)))
			return (uint8_t)i;
	return COLOUR_NONE;
}

static void put_sgr(struct export *e, const char *sgr)
{
	if (!e->o.colour || !*sgr)
		return;
	outbuf_bytes(e->out, "\033[", 2);
	outbuf_str(e->out, sgr);
	outbuf_char(e->out, 'm');
}

/* ---- cells ----------------------------------------------------------------------------------------- */

static bool is_number(const struct column *col)
{
	if (!col->field)
		return col->kind == COLUMN_NUMBER || col->kind == COLUMN_LENGTH || col->kind == COLUMN_SPORT ||
		       col->kind == COLUMN_DPORT;
	return col->field->type == FIELD_UINT || col->field->type == FIELD_INT || col->field->type == FIELD_DURATION;
}

/* Room that later rows will need, whatever the first ones have. */
static uint32_t least_width(const struct column *col)
{
	switch (col->kind) {
	case COLUMN_NUMBER: return 6;
	case COLUMN_SPORT:
	case COLUMN_DPORT:
	case COLUMN_LENGTH: return 5;
	default: return 1;
	}
}

/* A cell's text, escaped and terminated. */
static void cell_text(struct export *e, const struct column *col, struct packet *p, const struct endpoints *ends, char *text)
{
	const struct columns *c = &e->columns;
	char raw[CELL_MAX];
	struct outbuf o, t;

	outbuf_fixed(&o, text, CELL_MAX);
	if (col->kind == COLUMN_TIME) {
		timefmt_put(&e->o.time, &o, p->frame->ts_ns);
	} else if (col->kind <= COLUMN_INFO) {
		outbuf_fixed(&t, raw, sizeof(raw));
		pseudo_put(e, col, p, ends, &t);
		outbuf_escaped(&o, raw, outbuf_len(&t));
	}
	for (uint32_t i = col->first; i; i = c->cells[i - 1].next) {
		outbuf_fixed(&t, raw, sizeof(raw));
		value_format(&t, c->cells[i - 1].field, &c->cells[i - 1].value);
		if (i != col->first)
			outbuf_char(&o, ',');
		outbuf_escaped(&o, raw, outbuf_len(&t));
	}
	outbuf_cstr(&o);
}

static void put_blanks(struct outbuf *o, uint32_t n)
{
	while (n--)
		outbuf_char(o, ' ');
}

static void put_cell(struct export *e, unsigned i, const char *text)
{
	struct table *t = e->state;
	uint32_t width = text_width(text), room = t->width[i], used = 0;
	bool last = i + 1 == e->columns.ncolumns;

	if (width > room && e->o.width) {
		while (used + 1 < room) {
			unsigned w;
			size_t n = character(text, &w);

			if (used + w + 1 > room)
				break;
			outbuf_bytes(e->out, text, n);
			text += n;
			used += w;
		}
		if (room)
			outbuf_str(e->out, "…");
		put_blanks(e->out, room > used + 1 && !last ? room - used - 1 : 0);
		return;
	}
	if (width < room && is_number(&e->columns.column[i]))
		put_blanks(e->out, room - width);
	outbuf_str(e->out, text);
	if (width < room && !last && !is_number(&e->columns.column[i]))
		put_blanks(e->out, room - width);
}

/* `cells`: as many texts as there are columns, one behind the other. Returns what follows. */
static const char *put_row(struct export *e, uint8_t colour, const char *cells)
{
	const char *sgr = colours[colour].sgr;

	if (colour == COLOUR_TROUBLE)
		put_sgr(e, sgr);
	for (unsigned i = 0; i < e->columns.ncolumns; i++) {
		bool coloured = colour > COLOUR_TROUBLE && e->columns.column[i].kind == COLUMN_PROTO;

		if (i)
			put_blanks(e->out, GAP);
		if (coloured)
			put_sgr(e, sgr);
		put_cell(e, i, cells);
		if (coloured)
			put_sgr(e, "0");
		cells += strlen(cells) + 1;
	}
	if (colour == COLOUR_TROUBLE)
		put_sgr(e, "0");
	outbuf_char(e->out, '\n');
	return cells;
}

/* ---- the table ----------------------------------------------------------------------------------------- */

/* Takes columns away from the widest text, then from the widest number, until a line fits. */
static void fit(struct export *e)
{
	struct table *t = e->state;
	unsigned n = e->columns.ncolumns;
	uint64_t total = (uint64_t)(n - 1) * GAP;

	for (unsigned i = 0; i < n; i++)
		total += t->width[i];
	while (e->o.width && total > e->o.width) {
		unsigned widest = n;

		for (unsigned numbers = 0; numbers < 2 && widest == n; numbers++)
			for (unsigned i = 0; i < n; i++)
				if (is_number(&e->columns.column[i]) == (numbers == 1) && t->width[i] > LEAST &&
				    (widest == n || t->width[i] > t->width[widest]))
					widest = i;
		if (widest == n)
			return; /* too many columns for any terminal of this width */
		t->width[widest]--;
		total--;
	}
}

static void settle(struct export *e)
{
	struct table *t = e->state;
	const char *at = t->kept, *end = t->kept + t->nkept;

	if (t->settled)
		return;
	t->settled = true;
	fit(e);
	if (e->o.header) {
		put_sgr(e, "1");
		for (unsigned i = 0; i < e->columns.ncolumns; i++) {
			if (i)
				put_blanks(e->out, GAP);
			put_cell(e, i, e->columns.column[i].name);
		}
		put_sgr(e, "0");
		outbuf_char(e->out, '\n');
	}
	while (at < end) {
		uint8_t colour = (uint8_t)*at;

		at = put_row(e, colour, at + 1);
	}
}

void table_packet(struct export *e, struct packet *p)
{
	struct table *t = e->state;
	uint8_t colour = e->o.colour ? row_colour(p) : COLOUR_NONE;
	struct endpoints ends;
	char *row, *at;

	if (!t->settled && (t->rows == LEARN_ROWS || t->nkept > LEARN_BYTES))
		settle(e);
	t->rows++;
	packet_endpoints(p, &ends);
	if (!e->columns.pseudo_only)
		columns_gather(&e->columns, p);
	row = at = t->kept + (t->settled ? 0 : t->nkept);
	*at++ = (char)colour;
	for (unsigned i = 0; i < e->columns.ncolumns; i++) {
		cell_text(e, &e->columns.column[i], p, &ends, at);
		if (!t->settled && text_width(at) > t->width[i])
			t->width[i] = text_width(at);
		at += strlen(at) + 1;
	}
	if (t->settled)
		put_row(e, colour, row + 1);
	else
		t->nkept = (uint32_t)(at - t->kept);
}

static void table_release(struct export *e)
{
	struct table *t = e->state;

	if (t) {
		free(t->kept);
		free(t->width);
	}
	free(t);
	e->state = NULL;
}

int table_begin(struct export *e, struct errmsg *err)
{
	struct table *t = calloc(1, sizeof(*t));
	unsigned n = e->columns.ncolumns;

	e->state = t;
	if (t) {
		t->width = calloc(n, sizeof(*t->width));
		t->kept = malloc(LEARN_BYTES + (size_t)n * CELL_MAX + 1); /* one row more than is kept */
	}
	if (!t || !t->width || !t->kept) {
		table_release(e);
		return errmsg_set(err, NW_ELIMIT, "no memory for a table");
	}
	for (unsigned i = 0; i < n; i++) {
		uint32_t name = text_width(e->columns.column[i].name), least = least_width(&e->columns.column[i]);

		t->width[i] = !e->o.header || name < least ? least : name;
	}
	return 0;
}

void table_flush(struct export *e)
{
	struct table *t = e->state;

	if (t->rows)
		settle(e);
}

void table_end(struct export *e)
{
	settle(e);
	table_release(e);
}
