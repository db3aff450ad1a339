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
#include "decode/expert.h"
#include "internal.h"

#include <stdlib.h>

enum { LEARN_ROWS = 64, LEARN_BYTES = 256 * 1024, CELL_MAX = 4096 };

struct table {
	uint32_t *width;
	uint8_t *how;            /* CELL_RIGHT and so on, of each column */
	char *kept;             /* cells of the first rows: text, 0, text, 0, …; a byte of colour before each row */
	uint32_t nkept, rows;
	bool settled;
};

/* ---- colours ------------------------------------------------------------------------------------- */

/* SGR: of a whole row by what an expert would say of the packet, else of the protocol column by how it begins */
static const struct {
	const char *protocol, *sgr;
} colours[] = {
	[EXPERT_PLAIN] = { "", "" }, [EXPERT_CYAN] = { "", "36" }, [EXPERT_YELLOW] = { "", "33" }, [EXPERT_RED] = { "", "31" },
	{ "DNS", "36" }, { "MDNS", "36" }, { "LLMNR", "36" }, { "NBNS", "36" }, { "HTTP", "32" }, { "TLS", "34" },
	{ "QUIC", "34" }, { "SSH", "34" }, { "DTLS", "34" }, { "ARP", "33" }, { "DHCP", "33" }, { "ICMP", "35" }, { "STP", "33" },
	{ "SMB", "32" }, { "SIP", "32" }, { "NTP", "33" },
};

static uint8_t row_colour(const struct packet *p)
{
	const char *column = packet_column(p);
	enum expert_colour expert = ENABLE_EXPERT ? packet_colour(p) : EXPERT_PLAIN;

	if (expert != EXPERT_PLAIN)
		return (uint8_t)expert;
	for (unsigned i = EXPERT_RED + 1; column && i < sizeof(colours) / sizeof(*colours); i++)
		if (!strncmp(column, colours[i].protocol, strlen(colours[i].protocol)))
			return (uint8_t)i;
	return EXPERT_PLAIN;
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

/* `cells`: as many texts as there are columns, one behind the other. Returns what follows. */
static const char *put_row(struct export *e, uint8_t colour, const char *cells)
{
	const struct table *t = e->state;
	const char *sgr = colours[colour].sgr;
	bool whole = colour && colour <= EXPERT_RED;

	if (whole)
		sgr_put(e, sgr);
	for (unsigned i = 0; i < e->columns.ncolumns; i++) {
		bool coloured = colour > EXPERT_RED && e->columns.column[i].kind == COLUMN_PROTO;

		if (i)
			blanks_put(e->out, CELL_GAP);
		if (coloured)
			sgr_put(e, sgr);
		cell_put(e->out, cells, t->width[i], t->how[i]);
		if (coloured)
			sgr_put(e, "0");
		cells += strlen(cells) + 1;
	}
	if (whole)
		sgr_put(e, "0");
	outbuf_char(e->out, '\n');
	return cells;
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static void settle(struct export *e)
{
	struct table *t = e->state;
	const char *at = t->kept, *end = t->kept + t->nkept;

	if (t->settled)
		return;
	t->settled = true;
	cells_fit(t->width, t->how, e->columns.ncolumns, e->o.width);
	if (e->o.header) {
		sgr_put(e, "1");
		for (unsigned i = 0; i < e->columns.ncolumns; i++) {
			if (i)
				blanks_put(e->out, CELL_GAP);
			cell_put(e->out, e->columns.column[i].name, t->width[i], t->how[i]);
		}
		sgr_put(e, "0");
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
	uint8_t colour = e->o.colour ? row_colour(p) : EXPERT_PLAIN;
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
		free(t->how);
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
		t->how = calloc(n, sizeof(*t->how));
		t->kept = malloc(LEARN_BYTES + (size_t)n * CELL_MAX + 1); /* one row more than is kept */
	}
	if (!t || !t->width || !t->how || !t->kept) {
		table_release(e);
		return errmsg_set(err, NW_ELIMIT, "no memory for a table");
	}
	for (unsigned i = 0; i < n; i++) {
		uint32_t name = text_width(e->columns.column[i].name), least = least_width(&e->columns.column[i]);

		t->width[i] = !e->o.header || name < least ? least : name;
		t->how[i] = (is_number(&e->columns.column[i]) ? CELL_RIGHT : 0) | (i + 1 == n ? CELL_LAST : 0) | (e->o.width ? CELL_CUT : 0);
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
