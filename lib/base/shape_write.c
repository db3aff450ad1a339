/* SPDX-License-Identifier: MIT */
/* The tables of shape.c the other way round: structs as JSON, tables as documentation. */
#include "shape_private.h"

#include <stdio.h>
#include <string.h>

/* ---- numbers for people ------------------------------------------------------------ */

static void put_size(struct outbuf *o, uint64_t bytes)
{
	static const char letters[] = "KMGT";
	int i = 0;

	while (i < 4 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	outbuf_u64(o, bytes);
	if (i)
		outbuf_char(o, letters[i - 1]);
}

static void put_duration(struct outbuf *o, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { 86400000000000, "d" }, { 3600000000000, "h" }, { 60000000000, "m" }, { 1000000000, "s" },
		      { 1000000, "ms" },       { 1000, "us" },         { 1, "ns" } };
	unsigned i = ns ? 0 : 3;

	while (ns % units[i].ns)
		i++;
	outbuf_u64(o, ns / units[i].ns);
	outbuf_str(o, units[i].name);
}

void shape_put_number(struct outbuf *o, const struct shape_row *row, uint64_t v)
{
	if (row->type == SHAPE_TYPE_SIZE)
		put_size(o, v);
	else if (row->type == SHAPE_TYPE_DURATION)
		put_duration(o, v);
	else
		outbuf_u64(o, v);
}

void shape_put_range(struct outbuf *o, const struct shape_row *row)
{
	if (!row->min && !row->max)
		return;
	shape_put_number(o, row, row->min);
	outbuf_str(o, row->max ? " to " : " or more");
	if (row->max)
		shape_put_number(o, row, row->max);
	if (row->unit) {
		outbuf_char(o, ' ');
		outbuf_str(o, row->unit);
	}
}

/* ---- structs as JSON ----------------------------------------------------------------------- */

/* A whole number of any size. */
static uint64_t load(const void *member, size_t size)
{
	uint8_t byte;
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	memcpy(size == 1 ? (void *)&byte : size == 2 ? (void *)&two : size == 4 ? (void *)&four : (void *)&eight, member, size);
	return size == 1 ? byte : size == 2 ? two : size == 4 ? four : eight;
}

static void put_choice(struct jsonout *w, const struct shape_row *row, uint64_t index)
{
	const char *p = row->choices;

	for (; index && *p; index--) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	json_add_string(w, row->name, p, strcspn(p, " "));
}

/* Numbers; 0 is left out where it may be. */
static void write_number(struct jsonout *w, const struct shape_row *row, const void *member)
{
	uint64_t v = load(member, row->size);
	char text[16];

	if (!v && !row->required)
		return;
	switch (row->type) {
	case SHAPE_TYPE_BOOL:
		json_add_bool(w, row->name, !v == row->invert);
		break;
	case SHAPE_TYPE_PERCENT:
	case SHAPE_TYPE_REAL:
		json_add_real(w, row->name, *(const double *)member);
		break;
	case SHAPE_TYPE_DURATION:
	case SHAPE_TYPE_TIME:
		json_add_ns(w, row->name, (int64_t)v);
		break;
	case SHAPE_TYPE_CHOICE:
		put_choice(w, row, v);
		break;
	case SHAPE_TYPE_OCTAL:
		snprintf(text, sizeof(text), "%04o", (unsigned)v);
		json_add_str(w, row->name, text);
		break;
	default:
		json_add_u64(w, row->name, v);
	}
}

static void write_list(struct jsonout *w, const struct shape_row *row, const void *from)
{
	unsigned n = *(const unsigned *)((const char *)from + row->count);
	const char *item = (const char *)from + row->offset;

	if (!n)
		return;
	json_add_array(w, row->name);
	for (unsigned i = 0; i < n; i++) {
		if (row->type == SHAPE_TYPE_STRINGS) {
			json_put_str(w, ((const char *const *)item)[i]);
		} else if (row->type == SHAPE_TYPE_TEXTS) {
			json_put_str(w, item + row->stride * i);
		} else {
			json_open_object(w);
			shape_write(w, row->sub, item + row->stride * i);
			json_close(w);
		}
	}
	json_close(w);
}

/* Would anything of it be written? */
static bool any(const struct shape_row *rows, const void *from)
{
	char text[64];
	struct outbuf o;
	struct jsonout w;

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	shape_write(&w, rows, from);
	return outbuf_len(&o) > 1;
}

void shape_write(struct jsonout *w, const struct shape_row *rows, const void *from)
{
	for (const struct shape_row *row = rows; row->type != SHAPE_TYPE_END; row++) {
		const void *member = (const char *)from + row->offset;

		switch (row->type) {
		case SHAPE_TYPE_STRING:
			if (*(const char *const *)member)
				json_add_str(w, row->name, *(const char *const *)member);
			break;
		case SHAPE_TYPE_TEXT:
			if (*(const char *)member)
				json_add_str(w, row->name, member);
			break;
		case SHAPE_TYPE_STRINGS:
		case SHAPE_TYPE_TEXTS:
		case SHAPE_TYPE_LIST:
			write_list(w, row, from);
			break;
		case SHAPE_TYPE_OBJECT:
			if (!any(row->sub, member))
				break;
			json_add_object(w, row->name);
			shape_write(w, row->sub, member);
			json_close(w);
			break;
		case SHAPE_TYPE_VALUE:
			if (!*(const struct json_value *const *)member)
				break;
			json_key(w, row->name);
			json_copy(w, *(const struct json_value *const *)member);
			break;
		default:
			write_number(w, row, member);
		}
	}
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_list(const struct shape_row *row, const void *a, const void *b)
{
	unsigned n = *(const unsigned *)((const char *)a + row->count);
	const char *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;

	if (n != *(const unsigned *)((const char *)b + row->count))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (row->type == SHAPE_TYPE_STRINGS ? !same_text(((const char *const *)x)[i], ((const char *const *)y)[i]) :
		    row->type == SHAPE_TYPE_TEXTS   ? !same_text(x + row->stride * i, y + row->stride * i) :
						      !shape_equal(row->sub, x + row->stride * i, y + row->stride * i))
			return false;
	return true;
}

bool shape_equal(const struct shape_row *rows, const void *a, const void *b)
{
	for (const struct shape_row *row = rows; row->type != SHAPE_TYPE_END; row++) {
		const char *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;
		bool same;

		switch (row->type) {
		case SHAPE_TYPE_STRING: same = same_text(*(const char *const *)x, *(const char *const *)y); break;
		case SHAPE_TYPE_TEXT: same = same_text(x, y); break;
		case SHAPE_TYPE_STRINGS:
		case SHAPE_TYPE_TEXTS:
		case SHAPE_TYPE_LIST: same = same_list(row, a, b); break;
		case SHAPE_TYPE_OBJECT: same = shape_equal(row->sub, x, y); break;
		default: same = !memcmp(x, y, row->size);
		}
		if (!same)
			return false;
	}
	return true;
}

/* ---- documentation -------------------------------------------------------------------------- */

void shape_put_type(struct outbuf *o, const struct shape_row *row)
{
	static const char *const words[] = {
		[SHAPE_TYPE_BOOL] = "true or false", [SHAPE_TYPE_U64] = "number",    [SHAPE_TYPE_SIZE] = "size",
		[SHAPE_TYPE_PERCENT] = "percent",    [SHAPE_TYPE_REAL] = "number",   [SHAPE_TYPE_DURATION] = "duration",
		[SHAPE_TYPE_TIME] = "time",          [SHAPE_TYPE_STRING] = "text",   [SHAPE_TYPE_OCTAL] = "octal file mode",
		[SHAPE_TYPE_STRINGS] = "texts",      [SHAPE_TYPE_OBJECT] = "object", [SHAPE_TYPE_LIST] = "list",
		[SHAPE_TYPE_VALUE] = "anything",     [SHAPE_TYPE_TEXT] = "text",     [SHAPE_TYPE_TEXTS] = "texts",
	};

	if (row->type == SHAPE_TYPE_CHOICE) {
		outbuf_str(o, "one of: ");
		outbuf_str(o, row->choices);
		return;
	}
	outbuf_str(o, words[row->type]);
	switch (row->type) {
	case SHAPE_TYPE_STRINGS:
	case SHAPE_TYPE_TEXTS:
	case SHAPE_TYPE_LIST:
		outbuf_str(o, ", at most ");
		outbuf_u64(o, row->max);
		break;
	case SHAPE_TYPE_U64:
	case SHAPE_TYPE_SIZE:
	case SHAPE_TYPE_DURATION:
		if (row->min || row->max) {
			outbuf_str(o, ", ");
			shape_put_range(o, row);
		} else if (row->unit) {
			outbuf_str(o, " of ");
			outbuf_str(o, row->unit);
		}
	}
}

void shape_table(struct outbuf *o, const struct shape_row *rows, const char *prefix)
{
	for (const struct shape_row *row = rows; row->type != SHAPE_TYPE_END; row++) {
		outbuf_str(o, prefix);
		outbuf_str(o, row->name);
		outbuf_char(o, '\t');
		shape_put_type(o, row);
		outbuf_char(o, '\t');
		outbuf_str(o, row->preset ? row->preset : "");
		outbuf_str(o, row->required ? "\trequired\t" : "\t\t");
		outbuf_str(o, row->help);
		outbuf_char(o, '\n');
		if (row->sub) {
			char path[160];

			snprintf(path, sizeof(path), "%s%s%s.", prefix, row->name, row->type == SHAPE_TYPE_LIST ? "[]" : "");
			shape_table(o, row->sub, path);
		}
	}
}
