/* SPDX-License-Identifier: MIT */
/*
 * nwexport --streams DIR: what each side of every TCP connection said, a file for each, named as tcpflow names them,
 *
 *	010.000.000.001.49152-010.000.000.002.00080     from - to; of IPv6 the addresses as they are usually written
 *	010.000.000.001.49152-010.000.000.002.00080c7   the ports were used before: connection 7
 *
 * and a row for each connection on standard output. What the capture lacks is left out of the file and counted in the row.
 * While the connection lasts ".incomplete" is behind the name; it stays there when the run fails.
 */
#include "files.h"
#include "follow.h"
#include "object_name.h"
#include "rows.h"

#include <stdlib.h>

enum { NAMES_MAX = 1000 };

/* Of a connection: followed.user. */
struct pair {
	struct small_file file[2];
	int64_t first_ns;
};

struct streams {
	struct export *e;
	struct follower follower;
	struct files files;
	struct rows *rows;
	uint64_t missing;
};

static const struct row_column columns[] = {
	{ "stream", "Stream", ROW_NUMBER }, { "time", NULL, ROW_TIME }, { "orig", "Originator", ROW_ADDRESS },
	{ "orig_port", "Port", ROW_NUMBER }, { "resp", "Responder", ROW_ADDRESS }, { "resp_port", "Port", ROW_NUMBER },
	{ "orig_bytes", "Bytes ->", ROW_BYTES }, { "resp_bytes", "<- Bytes", ROW_BYTES },
	{ "orig_missing", "Missing ->", ROW_BYTES }, { "resp_missing", "<- Missing", ROW_BYTES },
	{ "orig_file", "File", ROW_TEXT }, { "resp_file", "File", ROW_TEXT }, { NULL, NULL, 0 }
};

static void name_end(struct outbuf *o, const struct followed *s, unsigned dir)
{
	if (s->addr_len == 4) {
		for (int i = 0; i < 4; i++) {
			outbuf_padded(o, s->addr[dir][i], 3);
			outbuf_char(o, '.');
		}
	} else {
		outbuf_ipv6(o, s->addr[dir]);
		outbuf_char(o, '.');
	}
	outbuf_padded(o, s->port[dir], 5);
}

/* The name; with `n` > 0 another one for the same ends. */
static const char *file_name(struct outbuf *o, const struct followed *s, unsigned dir, unsigned n)
{
	o->pos = o->start;
	name_end(o, s, dir);
	outbuf_char(o, '-');
	name_end(o, s, !dir);
	if (n) {
		outbuf_char(o, 'c');
		outbuf_u64(o, (uint32_t)s->number);
	}
	if (n > 1) {
		outbuf_char(o, '-');
		outbuf_u64(o, n);
	}
	return outbuf_cstr(o);
}

/* Makes NAME.incomplete such that NAME is free, too. True: it has one. */
static bool file_made(struct streams *v, struct small_file *f, const char *name)
{
	char unfinished[FILE_NAME_MAX + sizeof(INCOMPLETE)];
	struct outbuf o;

	if (files_has(&v->files, name))
		return false;
	outbuf_fixed(&o, unfinished, sizeof(unfinished));
	outbuf_str(&o, name);
	outbuf_str(&o, INCOMPLETE);
	return files_make(&v->files, f, outbuf_cstr(&o)) > 0;
}

static void make_file(struct streams *v, struct followed *s, unsigned dir)
{
	struct pair *pair = s->user;
	char text[FILE_NAME_MAX];
	struct outbuf o;
	unsigned n = 0;

	outbuf_fixed(&o, text, sizeof(text));
	while (!file_made(v, &pair->file[dir], file_name(&o, s, dir, n)) && !v->e->failed)
		if (++n > NAMES_MAX)
			v->e->failed = errmsg_set(&v->e->error, NW_ELIMIT, "%s/%s: there are %d files for these ends; use an empty folder",
						  v->files.path, text, NAMES_MAX);
}

/* All of it is there: it gets its name. */
static void file_done(struct streams *v, struct small_file *f)
{
	char name[FILE_NAME_MAX];
	struct outbuf o;

	if (!f->name || v->e->abandoned)
		return;
	outbuf_fixed(&o, name, sizeof(name));
	outbuf_bytes(&o, f->name, strlen(f->name) - strlen(INCOMPLETE));
	files_rename(&v->files, f, outbuf_cstr(&o));
}

static void on_data(void *user, struct followed *s, unsigned dir, const uint8_t *data, uint32_t len)
{
	struct streams *v = user;
	struct pair *pair = s->user;

	if (!data) {
		v->missing += len;
		return;
	}
	if (!pair) {
		pair = s->user = calloc(1, sizeof(*pair));
		if (!pair) {
			v->follower.lost++;
			return;
		}
		pair->first_ns = s->ts_ns;
	}
	if (!pair->file[dir].name)
		make_file(v, s, dir);
	files_write(&v->files, &pair->file[dir], data, len);
}

static void put_row(struct streams *v, const struct followed *s, const struct pair *pair)
{
	rows_u64(v->rows, (uint32_t)s->number);
	rows_ns(v->rows, pair->first_ns);
	for (unsigned dir = 0; dir < 2; dir++) {
		rows_address(v->rows, s->addr[dir], s->addr_len);
		rows_u64(v->rows, s->port[dir]);
	}
	rows_u64(v->rows, pair->file[FLOW_ORIG].bytes);
	rows_u64(v->rows, pair->file[FLOW_RESP].bytes);
	rows_u64(v->rows, s->missing[FLOW_ORIG]);
	rows_u64(v->rows, s->missing[FLOW_RESP]);
	rows_text(v->rows, pair->file[FLOW_ORIG].name);
	rows_text(v->rows, pair->file[FLOW_RESP].name);
}

static void on_gone(void *user, struct followed *s)
{
	struct streams *v = user;
	struct pair *pair = s->user;

	if (!pair)
		return;
	file_done(v, &pair->file[FLOW_ORIG]);
	file_done(v, &pair->file[FLOW_RESP]);
	put_row(v, s, pair);
	files_finish(&v->files, &pair->file[FLOW_ORIG]);
	files_finish(&v->files, &pair->file[FLOW_RESP]);
	free(pair);
}

/* ---- the report ------------------------------------------------------------------------------------ */

static int begin(struct export *e, struct errmsg *err)
{
	static const struct follower_events events = { .data = on_data, .gone = on_gone };
	struct follower_choice all = { .all = true, .number = CONVERSATION_NONE };
	struct streams *v = calloc(1, sizeof(*v));
	int rc = *e->o.argument ? 0 : errmsg_set(err, NW_EINPUT, "--streams: name a folder");

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory to follow connections");
	if (!rc)
		rc = follower_open(&v->follower, e, &all, &events, v, err);
	if (!rc)
		rc = rows_open(&v->rows, e, false, err);
	if (rc) {
		free(v);
		return rc;
	}
	v->e = e;
	e->state = v;
	files_init(&v->files, e, e->o.argument);
	rows_table(v->rows, NULL, "TCP connections with data", columns);
	return 0;
}

static void packet(struct export *e, struct packet *p)
{
	struct streams *v = e->state;

	follower_packet(&v->follower, p);
}

static void flush(struct export *e)
{
	struct streams *v = e->state;

	files_flush(&v->files);
	rows_flush(v->rows);
}

static void end(struct export *e)
{
	struct streams *v = e->state;

	if (!e->abandoned)
		follower_end(&v->follower);
	follower_release(&v->follower);
	files_release(&v->files);
	rows_close(v->rows);
	follower_say(e, &v->follower);
	if (v->missing)
		export_say(e, "%llu bytes are missing in the capture; the rows say of which connections", (unsigned long long)v->missing);
	free(v);
}

const struct export_format streams_formats[] = ROWS_FORMATS(begin, packet, end, flush);
