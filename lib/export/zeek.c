/* SPDX-License-Identifier: MIT */
/*
 * Zeek's logs, as Zeek 6 writes them by default: TSV with a header that says how it is to be read, or JSON.
 *
 *	#separator \x09                                       {"ts":1300475168.724007,"uid":"C...","id.orig_h":"192.0.2.1",
 *	#fields ts      uid     id.orig_h ...                  ...}
 *	1300475168.724007       C...    192.0.2.1
 *
 * One log to the output (--log, usually conn; of zeek-json without --log all of them, told apart by "_path"), or with
 * -o FOLDER/ each to a file of its own, which appears when it is complete. #open and #close are times of the capture, so that
 * the same capture gives the same bytes.
 */
#include "zeek.h"

#include "sys/io.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 65536 };

struct zeek_file {
	struct outfile file;
	struct outbuf out;      /* of the file */
	struct zeek_line line;
	bool wanted, open, named;
};

struct zeek {
	bool json, folder, path;
	bool made;              /* the folder, by us */
	struct zeek_file log[ZEEK_LOGS];
};

const char *const zeek_log_names[ZEEK_LOGS + 1] = { "conn", "dns", "ssl", "http", NULL };

static const char *const type_names[Z_TYPES] = {
	[Z_TIME] = "time", [Z_STRING] = "string", [Z_ADDR] = "addr", [Z_PORT] = "port", [Z_ENUM] = "enum",
	[Z_INTERVAL] = "interval", [Z_COUNT] = "count", [Z_BOOL] = "bool", [Z_STRINGS] = "set[string]", [Z_ENUMS] = "set[enum]",
	[Z_STRING_VECTOR] = "vector[string]", [Z_INTERVAL_VECTOR] = "vector[interval]",
};

/* ---- cells -------------------------------------------------------------------------------------- */

/* The separator and the key. */
static void begin(struct zeek_line *z)
{
	if (z->more)
		outbuf_char(z->o, z->json ? ',' : '\t');
	z->more = true;
	if (z->json) {
		outbuf_char(z->o, '"');
		outbuf_str(z->o, z->column->name);
		outbuf_bytes(z->o, "\":", 2);
	}
	z->column++;
}

void z_none(struct zeek_line *z)
{
	if (z->json) {
		z->column++;
		return;
	}
	begin(z);
	outbuf_char(z->o, '-');
}

/* Separators, what is not printable and not UTF-8, and what would be read as "nothing" as \xNN; in a set its separator too. */
static void put_escaped(struct outbuf *o, const uint8_t *p, size_t len, bool item)
{
	if ((len == 1 && *p == '-') || (len == 7 && !memcmp(p, "(empty)", 7))) {
		outbuf_bytes(o, "\\x", 2);
		outbuf_hex(o, *p++, 2);
		len--;
	}
	while (len) {
		size_t n = 0;

		while (n < len && p[n] >= 0x20 && p[n] < 0x7f && p[n] != '\\' && (p[n] != ',' || !item))
			n++;
		outbuf_bytes(o, p, n);
		p += n;
		len -= n;
		if (!len)
			break;
		n = utf8_length(p, len);
		if (n > 1) {
			outbuf_bytes(o, p, n);
		} else {
			outbuf_bytes(o, *p == '\\' ? "\\\\" : "\\x", 2);
			if (*p != '\\')
				outbuf_hex(o, *p, 2);
			n = 1;
		}
		p += n;
		len -= n;
	}
}

void z_text(struct zeek_line *z, const void *text, size_t len)
{
	begin(z);
	if (z->json)
		json_string_put(z->o, text, len);
	else if (!len)
		outbuf_str(z->o, "(empty)");
	else
		put_escaped(z->o, text, len, false);
}

void z_str(struct zeek_line *z, const char *text)
{
	if (text)
		z_text(z, text, strlen(text));
	else
		z_none(z);
}

void z_fact(struct zeek_line *z, const struct fact *f)
{
	if (f)
		z_text(z, f->bytes, f->len);
	else
		z_none(z);
}

void z_u64(struct zeek_line *z, uint64_t v)
{
	begin(z);
	outbuf_u64(z->o, v);
}

void z_bool(struct zeek_line *z, bool v)
{
	begin(z);
	if (z->json)
		outbuf_str(z->o, v ? "true" : "false");
	else
		outbuf_char(z->o, v ? 'T' : 'F');
}

void z_ns(struct zeek_line *z, int64_t ns)
{
	begin(z);
	outbuf_epoch(z->o, ns, 6);
}

void z_addr(struct zeek_line *z, const uint8_t *addr, unsigned len)
{
	const struct endpoint end = { addr, (uint8_t)len };

	begin(z);
	if (z->json)
		outbuf_char(z->o, '"');
	endpoint_put(z->o, &end);
	if (z->json)
		outbuf_char(z->o, '"');
}

void z_list(struct zeek_line *z)
{
	begin(z);
	z->items = 0;
	if (z->json)
		outbuf_char(z->o, '[');
}

static void next_item(struct zeek_line *z)
{
	if (z->items++)
		outbuf_char(z->o, ',');
}

void z_item(struct zeek_line *z, const void *text, size_t len)
{
	next_item(z);
	if (z->json)
		json_string_put(z->o, text, len);
	else
		put_escaped(z->o, text, len, true);
}

void z_item_ns(struct zeek_line *z, int64_t ns)
{
	next_item(z);
	outbuf_epoch(z->o, ns, 6);
}

void z_list_end(struct zeek_line *z)
{
	if (z->json)
		outbuf_char(z->o, ']');
	else if (!z->items)
		outbuf_str(z->o, "(empty)");
}

/* ---- lines and headers ------------------------------------------------------------------------------ */

static void put_day(struct outbuf *o, const char *what, int64_t ns)
{
	time_t t = (time_t)(ns / 1000000000);
	char text[40];
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d-%H-%M-%S", &tm))
		return;
	outbuf_str(o, what);
	outbuf_str(o, text);
	outbuf_char(o, '\n');
}

static void put_header(struct zeek *zk, enum zeek_log log, int64_t begin_ns)
{
	struct outbuf *o = zk->log[log].line.o;

	zk->log[log].open = true;
	if (zk->json)
		return;
	outbuf_str(o, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t");
	outbuf_str(o, zeek_log_names[log]);
	put_day(o, "\n#open\t", begin_ns);
	outbuf_str(o, "#fields");
	for (const struct zeek_column *c = zeek_columns[log]; c->name; c++) {
		outbuf_char(o, '\t');
		outbuf_str(o, c->name);
	}
	outbuf_str(o, "\n#types");
	for (const struct zeek_column *c = zeek_columns[log]; c->name; c++) {
		outbuf_char(o, '\t');
		outbuf_str(o, type_names[c->type]);
	}
	outbuf_char(o, '\n');
}

struct zeek_line *zeek_line(struct export *e, enum zeek_log log)
{
	struct flow_export *fx = e->state;
	struct zeek *zk = fx->own;
	struct zeek_line *z = &zk->log[log].line;

	if (!zk->log[log].wanted)
		return NULL;
	if (!zk->log[log].open)
		put_header(zk, log, fx->begin_ns);
	z->column = zeek_columns[log];
	z->more = false;
	if (!z->json)
		return z;
	outbuf_char(z->o, '{');
	if (zk->path) {
		outbuf_str(z->o, "\"_path\":\"");
		outbuf_str(z->o, zeek_log_names[log]);
		outbuf_char(z->o, '"');
		z->more = true;
	}
	return z;
}

void zeek_line_end(struct zeek_line *z)
{
	outbuf_str(z->o, z->json ? "}\n" : "\n");
}

/* ---- files ---------------------------------------------------------------------------------------------- */

static int write_file(void *user, const char *data, size_t len, struct errmsg *err)
{
	const struct zeek_file *f = user;
	struct errmsg why;
	int rc = io_write_all(f->file.fd, data, len, f->file.path, &why);

	return rc ? errmsg_set(err, rc, "%s; make room or name another folder", why.text) : 0;
}

static int file_open(struct export *e, struct zeek_file *f, const char *name, struct errmsg *err)
{
	char path[sizeof(f->file.path)];
	struct outbuf o;
	int rc;

	outbuf_fixed(&o, path, sizeof(path));
	outbuf_printf(&o, "%s%s.log", e->o.folder, name);
	if (o.cut)
		return errmsg_set(err, NW_EINPUT, "%s: the name is too long; use a shorter one", e->o.folder);
	rc = outfile_open(&f->file, outbuf_cstr(&o), err);
	if (rc)
		return rc;
	f->named = true;
	rc = outbuf_to_sink(&f->out, write_file, f, BUFFER_BYTES, err);
	f->line.o = &f->out;
	return rc;
}

/* What has no name yet goes, and the folder with it when it is ours and empty. */
static void files_give_up(const struct export *e, struct zeek *zk)
{
	for (unsigned i = 0; i < ZEEK_LOGS; i++) {
		if (zk->log[i].named)
			outfile_abort(&zk->log[i].file);
		zk->log[i].named = false;
		outbuf_release(&zk->log[i].out);
	}
	if (zk->made)
		rmdir(e->o.folder);
}

/* Each of them gets its name when all are whole. */
static int files_commit(struct zeek *zk, struct errmsg *err)
{
	int rc = 0;

	for (unsigned i = 0; i < ZEEK_LOGS && !rc; i++)
		if (zk->log[i].named)
			rc = outbuf_flush(&zk->log[i].out, err);
	for (unsigned i = 0; i < ZEEK_LOGS && !rc; i++)
		if (zk->log[i].named) {
			rc = outfile_commit(&zk->log[i].file, err);
			zk->log[i].named = rc != 0;
		}
	return rc;
}

/* Which logs there will be, and where. */
static int logs_open(struct export *e, struct zeek *zk, struct errmsg *err)
{
	bool all = zk->folder || (zk->json && !e->o.log);
	int rc = 0;

	zk->path = all && !zk->folder;
	zk->made = zk->folder && mkdir(e->o.folder, 0777) == 0;
	if (zk->folder && !zk->made && errno != EEXIST)
		return errmsg_errno(err, "%s: cannot make the folder", e->o.folder);
	for (unsigned i = 0; i < ZEEK_LOGS && !rc; i++) {
		struct zeek_file *f = &zk->log[i];

		f->wanted = e->o.log ? !strcmp(e->o.log, zeek_log_names[i]) : all || i == ZEEK_CONN;
		f->line = (struct zeek_line){ .o = e->out, .json = zk->json };
		if (f->wanted && zk->folder)
			rc = file_open(e, f, zeek_log_names[i], err);
	}
	return rc;
}

static int zeek_open(struct export *e, bool json, struct errmsg *err)
{
	static const struct flow_wants wants = { .detail = true, .timing = true, .names = true, .idle_ns = FLOW_USUAL_IDLE_NS,
						 .record = zeek_put_record, .transaction = zeek_put_transaction,
						 .events = EVENTS_JOIN_DNS };
	struct zeek *zk = calloc(1, sizeof(*zk));
	int rc;

	if (!zk)
		return errmsg_set(err, NW_ELIMIT, "no memory for logs");
	zk->json = json;
	zk->folder = e->o.folder;
	rc = logs_open(e, zk, err);
	if (!rc)
		rc = flow_export_open(e, &wants, err);
	if (rc) {
		files_give_up(e, zk);
		free(zk);
		return rc;
	}
	((struct flow_export *)e->state)->own = zk;
	return 0;
}

int zeek_begin(struct export *e, struct errmsg *err)
{
	return zeek_open(e, false, err);
}

int zeek_json_begin(struct export *e, struct errmsg *err)
{
	return zeek_open(e, true, err);
}

void zeek_end(struct export *e)
{
	struct flow_export *fx = e->state;
	struct zeek *zk = fx->own;
	int64_t begin_ns = fx->begin_ns, now_ns = fx->now_ns;

	flow_export_close(e);
	for (unsigned i = 0; i < ZEEK_LOGS && !e->abandoned; i++) {
		if (!zk->log[i].wanted)
			continue;
		if (!zk->log[i].open) /* a log without a line says so */
			put_header(zk, (enum zeek_log)i, begin_ns);
		if (!zk->json)
			put_day(zk->log[i].line.o, "#close\t", now_ns);
	}
	if (zk->folder && !e->abandoned && !e->failed)
		e->failed = files_commit(zk, &e->error);
	files_give_up(e, zk);
	free(zk);
}

void zeek_flush(struct export *e)
{
	struct zeek *zk = ((struct flow_export *)e->state)->own;

	for (unsigned i = 0; i < ZEEK_LOGS && zk->folder && !e->failed; i++)
		if (zk->log[i].named)
			e->failed = outbuf_flush(&zk->log[i].out, &e->error);
}
