/* SPDX-License-Identifier: MIT */
/*
 * nwexport --objects DIR: what HTTP/1 carried, each body a file, and a row for each on standard output.
 *
 *	follower --bytes in order--> http_body --body--> inflater, if it is coded --> NAME.incomplete --whole--> NAME
 *
 * A file gets its name when it is whole; what is cut, damaged or beyond a limit keeps ".incomplete", even if not a byte of it
 * was there, and its row says why. What says that it is coded and of which nothing could be unpacked is written as it came.
 * Neither a small message that unpacks to gigabytes nor a long capture can fill the disk: --objects DIR,object:64M,all:1G
 * are the limits unless said otherwise.
 */
#include "files.h"
#include "follow.h"
#include "object_name.h"
#include "rows.h"

#include "base/text.h"
#include "pcapio/inflate.h"

#include <stdlib.h>

enum {
	OPEN_MAX = 1024,         /* objects under way; beyond, the one without data for longest ends */
	OBJECTS_MAX = 1000000,   /* files of a run */
	COUNTERS = 1024,         /* names of which the next number is remembered */
	SAME_NAME_MAX = 1000000,
	KEPT_MAX = 512           /* bytes of a coded body before anything comes out of it */
};
static const uint64_t object_default = 64 << 20, all_default = 1 << 30;

enum ended { WHOLE, CUT, MISSING, DAMAGED, LIMITED };
static const char *const ended_name[] = { "yes", "cut", "missing bytes", "damaged", "limit" };

/* The body of a message. */
struct object {
	struct small_file file;
	char *name;                      /* that it will have, without a number */
	struct inflater *inflater;       /* NULL: it is not coded, or in a way that we do not know */
	uint64_t missing, wire;          /* bytes not captured; as they came */
	uint8_t ended;                   /* enum ended so far */
	bool raw;                        /* it says that it is coded, and is written as it comes */
	bool unpacking;                  /* what was packed has not ended yet */
	uint8_t kept[KEPT_MAX];          /* while nothing has come out: what went in */
	uint32_t nkept;
	bool kept_all;
	/* for the row */
	struct followed *connection;
	unsigned dir;
	uint64_t frame;
	int64_t ts_ns;
	uint16_t status;
	char *method, *host, *target, *type, *encoding;
	struct object *newer, *older;    /* by their last data */
};

/* Of a connection: followed.user. */
struct http_connection {
	struct http_body http;
	struct object *object[2];
	struct followed *followed;
	struct objects *all;
};

struct objects {
	struct export *e;
	struct follower follower;
	struct files files;
	struct rows *rows;
	char *path;
	uint64_t object_max, all_max;    /* bytes */
	uint64_t bytes, made;
	struct object *newest, *oldest;
	uint32_t open;
	uint64_t http_held;              /* bytes */
	struct { /* by hash of a name: the last number it was given, so that the thousandth "index.html" is found at once */
		uint64_t hash;
		unsigned n;
	} counter[COUNTERS];
	/* what is to be said */
	uint64_t incomplete, limited, left_out, given_up, too_long, forgotten;
};

static const struct row_column columns[] = {
	{ "frame", "Frame", ROW_NUMBER }, { "stream", "Stream", ROW_NUMBER }, { "time", NULL, ROW_TIME }, { "kind", "Kind", ROW_TEXT },
	{ "method", "Method", ROW_TEXT }, { "status", "Status", ROW_NUMBER }, { "host", "Host", ROW_TEXT }, { "uri", NULL, ROW_TEXT },
	{ "content_type", "Type", ROW_TEXT }, { "content_encoding", NULL, ROW_TEXT }, { "wire_bytes", NULL, ROW_BYTES },
	{ "size", "Size", ROW_BYTES }, { "missing", NULL, ROW_BYTES }, { "complete", "Complete", ROW_TEXT }, { "file", "File", ROW_TEXT },
	{ NULL, NULL, 0 }
};

/* ---- names --------------------------------------------------------------------------------------- */

static uint64_t name_hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3ull;
	return h | 1;
}

/* Makes NAME.incomplete, or NAME(2).incomplete, ..., such that the name without it is free, too. */
static bool object_make(struct objects *v, struct object *x)
{
	uint64_t hash = name_hash(x->name);
	unsigned *n = &v->counter[hash % COUNTERS].n;
	char name[FILE_NAME_MAX], unfinished[FILE_NAME_MAX + 16];

	if (v->counter[hash % COUNTERS].hash != hash) {
		v->counter[hash % COUNTERS].hash = hash;
		*n = 0;
	}
	while (++*n < SAME_NAME_MAX) {
		struct outbuf o;
		int made;

		object_name_number(x->name, *n, name, sizeof(name));
		outbuf_fixed(&o, unfinished, sizeof(unfinished));
		outbuf_str(&o, name);
		outbuf_str(&o, INCOMPLETE);
		if (files_has(&v->files, name))
			continue;
		made = files_make(&v->files, &x->file, outbuf_cstr(&o));
		if (made < 0)
			return false;
		if (!made)
			continue;
		free(x->name);
		x->name = strdup(name);
		return x->name != NULL;
	}
	return false;
}

/* ---- objects --------------------------------------------------------------------------------------- */

static char *keep(struct http_name n)
{
	char *s = n.len ? malloc(n.len + 1) : NULL;

	if (s) {
		memcpy(s, n.text, n.len);
		s[n.len] = '\0';
	}
	return s;
}

static bool name_is(struct http_name n, const char *word)
{
	uint32_t i = 0;

	while (i < n.len && word[i] && (n.text[i] | 32) == word[i])
		i++;
	return i == n.len && !word[i];
}

static bool is_coded(struct http_name encoding)
{
	return name_is(encoding, "gzip") || name_is(encoding, "x-gzip") || name_is(encoding, "deflate");
}

static void list_remove(struct objects *v, struct object *x)
{
	if (x->older)
		x->older->newer = x->newer;
	else
		v->oldest = x->newer;
	if (x->newer)
		x->newer->older = x->older;
	else
		v->newest = x->older;
	v->open--;
}

static void list_add(struct objects *v, struct object *x)
{
	x->newer = NULL;
	x->older = v->newest;
	if (v->newest)
		v->newest->newer = x;
	else
		v->oldest = x;
	v->newest = x;
	v->open++;
}

static void object_free(struct objects *v, struct object *x)
{
	struct http_connection *c = x->connection->user;

	list_remove(v, x);
	files_finish(&v->files, &x->file);
	inflater_free(x->inflater);
	c->object[x->dir] = NULL;
	free(x->name);
	free(x->method);
	free(x->host);
	free(x->target);
	free(x->type);
	free(x->encoding);
	free(x);
}

static void put_row(struct objects *v, const struct object *x)
{
	struct rows *r = v->rows;

	rows_u64(r, x->frame);
	rows_u64(r, (uint32_t)x->connection->number);
	rows_ns(r, x->ts_ns);
	rows_text(r, x->dir == FLOW_RESP ? "response" : "request");
	rows_text(r, x->method);
	if (x->status)
		rows_u64(r, x->status);
	else
		rows_none(r);
	rows_text(r, x->host);
	rows_text(r, x->target);
	rows_text(r, x->type);
	rows_text(r, x->encoding);
	rows_u64(r, x->wire);
	rows_u64(r, x->file.bytes);
	rows_u64(r, x->missing);
	rows_text(r, ended_name[x->ended]);
	rows_text(r, x->file.name);
}

/* What is to be in the file. False: a limit. */
static bool object_put(void *user, const uint8_t *data, uint32_t len)
{
	struct object *x = user;
	struct objects *v = ((struct http_connection *)x->connection->user)->all;
	uint64_t left = v->object_max - x->file.bytes;
	uint32_t n = len;

	if (x->ended == LIMITED || v->e->failed)
		return false;
	if (!x->file.name && (v->made == OBJECTS_MAX || v->bytes == v->all_max || !x->name)) {
		x->ended = LIMITED;
		v->left_out++;
		return false;
	}
	if (!x->file.name && !object_make(v, x)) {
		x->ended = LIMITED;
		v->left_out += !v->e->failed;
		return false;
	}
	v->made += !x->file.bytes;
	left = left < v->all_max - v->bytes ? left : v->all_max - v->bytes;
	if (n > left)
		n = (uint32_t)left;
	files_write(&v->files, &x->file, data, n);
	v->bytes += n;
	if (n == len)
		return true;
	x->ended = LIMITED;
	v->limited++;
	return false;
}

/* Nothing has come out of it: the bytes that went in. */
static void object_put_kept(struct object *x)
{
	object_put(x, x->kept, x->nkept);
	x->nkept = 0;
}

/* Nothing more comes for it. */
static void object_end(struct objects *v, struct object *x, enum ended how)
{
	if (x->ended == WHOLE)
		x->ended = how == WHOLE && x->unpacking && inflater_begun(x->inflater) ? DAMAGED : (uint8_t)how;
	if (x->nkept && !x->file.bytes)
		object_put_kept(x);
	if (!x->file.name && x->ended != WHOLE)
		object_put(x, NULL, 0);
	if (x->file.name) {
		if (x->ended == WHOLE)
			files_rename(&v->files, &x->file, x->name);
		v->incomplete += x->ended != WHOLE;
		put_row(v, x);
	}
	object_free(v, x);
}

static void object_new(struct objects *v, struct http_connection *c, unsigned dir, const struct http_message *m)
{
	struct object *x = calloc(1, sizeof(*x));
	char name[OBJECT_NAME_MAX];

	if (!x) {
		v->left_out++;
		return;
	}
	if (v->open == OPEN_MAX) {
		object_end(v, v->oldest, CUT);
		v->given_up++;
	}
	object_name(m, name);
	*x = (struct object){ .name = strdup(name), .connection = c->followed, .dir = dir, .frame = c->followed->frame,
			      .ts_ns = c->followed->ts_ns, .status = m->response ? m->status : 0, .method = keep(m->method),
			      .host = keep(m->host), .target = keep(m->target), .type = keep(m->type), .encoding = keep(m->encoding) };
	if (is_coded(m->encoding))
		x->inflater = inflater_new();
	x->kept_all = x->inflater != NULL;
	c->object[dir] = x;
	list_add(v, x);
}

static void object_data(struct object *x, const uint8_t *data, uint32_t len)
{
	enum inflater_result rc;

	x->wire += len;
	if (!x->inflater || x->raw) {
		object_put(x, data, len);
		return;
	}
	if (x->ended != WHOLE)
		return; /* behind a gap or damage a coded body makes no sense any more */
	rc = inflater_data(x->inflater, data, len, object_put, x);
	x->unpacking = rc == INFLATE_MORE;
	if (rc == INFLATE_DAMAGED) {
		if (inflater_begun(x->inflater)) /* otherwise a coding was named that is not used, as some servers do */
			x->ended = DAMAGED;
		if (x->file.bytes || !x->kept_all)
			return;
		x->raw = true;
		object_put_kept(x);
		object_put(x, data, len);
	} else if (rc == INFLATE_MORE && x->kept_all && !x->file.bytes && len <= KEPT_MAX - x->nkept) {
		memcpy(x->kept + x->nkept, data, len);
		x->nkept += len;
	} else {
		x->kept_all = false;
		x->nkept = 0;
	}
}

/* ---- what HTTP says ------------------------------------------------------------------------------------- */

static void on_begin(void *user, unsigned dir, const struct http_message *m)
{
	struct http_connection *c = user;

	if (m->has_body)
		object_new(c->all, c, dir, m);
}

static void on_body(void *user, unsigned dir, const uint8_t *data, uint32_t len)
{
	struct http_connection *c = user;
	struct object *x = c->object[dir];

	if (!x)
		return;
	if (x != c->all->newest) {
		list_remove(c->all, x);
		list_add(c->all, x);
	}
	if (data) {
		object_data(x, data, len);
		return;
	}
	x->missing += len;
	if (x->ended == WHOLE)
		x->ended = MISSING;
}

static void on_end(void *user, unsigned dir, bool whole)
{
	struct http_connection *c = user;

	if (c->object[dir])
		object_end(c->all, c->object[dir], whole ? WHOLE : CUT);
}

static const struct http_body_events http_events = { on_begin, on_body, on_end };

static void on_data(void *user, struct followed *s, unsigned dir, const uint8_t *data, uint32_t len)
{
	struct objects *v = user;
	struct http_connection *c = s->user;

	if (!c) {
		c = s->user = calloc(1, sizeof(*c));
		if (!c) {
			v->follower.lost++;
			return;
		}
		c->followed = s;
		c->all = v;
		c->http.held = &v->http_held;
	}
	http_body_data(&c->http, dir, data, len, &http_events, c);
}

static void on_closed(void *user, struct followed *s, unsigned dir, bool closed)
{
	struct http_connection *c = s->user;

	(void)user;
	if (c)
		http_body_end(&c->http, dir, closed, &http_events, c);
}

static void on_gone(void *user, struct followed *s)
{
	struct objects *v = user;
	struct http_connection *c = s->user;

	if (!c)
		return;
	for (unsigned dir = 0; dir < 2; dir++)
		if (c->object[dir])
			object_free(v, c->object[dir]);
	v->too_long += c->http.too_long;
	v->forgotten += c->http.forgotten;
	http_body_release(&c->http);
	free(c);
}

/* ---- the report --------------------------------------------------------------------------------------------- */

/* Does it look like a limit? In a folder's name there may be such a word when "./" is before it or '/' behind it. */
static bool is_limit(const char *text, const char *word)
{
	const char *c = word;

	while ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'))
		c++;
	return c > word && *c == ':' && !strchr(c, '/') && strncmp(text, "./", 2) != 0;
}

/* "DIR,object:64M,all:1G": the limits are words at the end. */
static int parse(struct objects *v, const char *text, struct errmsg *err)
{
	char *comma;

	v->object_max = object_default;
	v->all_max = all_default;
	v->path = strdup(text);
	if (!v->path)
		return errmsg_set(err, NW_ELIMIT, "no memory for the name of a folder");
	while ((comma = strrchr(v->path, ',')) != NULL) {
		bool one = !strncmp(comma + 1, "object:", 7), all = !strncmp(comma + 1, "all:", 4);
		uint64_t *limit = one ? &v->object_max : &v->all_max;

		if (!one && !all && is_limit(text, comma + 1))
			return errmsg_set(err, NW_EINPUT, "--objects %s: the limits are object:SIZE and all:SIZE; a folder of that name is %s%s%s",
					  text, *text == '/' ? "" : "./", text, *text == '/' ? "/" : "");
		if (!one && !all)
			break; /* of the folder's name */
		if (!text_parse_size(comma + 1 + (one ? 7 : 4), limit) || !*limit)
			return errmsg_set(err, NW_EINPUT, "--objects %s: expected object:SIZE or all:SIZE (64M, 1G) behind the folder", text);
		*comma = '\0';
	}
	return *v->path ? 0 : errmsg_set(err, NW_EINPUT, "--objects: name a folder");
}

static void objects_free(struct objects *v)
{
	free(v->path);
	free(v);
}

static int begin(struct export *e, struct errmsg *err)
{
	static const struct follower_events events = { .data = on_data, .end = on_closed, .gone = on_gone };
	struct follower_choice all = { .all = true, .number = CONVERSATION_NONE };
	struct objects *v = calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory to collect objects");
	rc = parse(v, e->o.argument, err);
	if (!rc)
		rc = follower_open(&v->follower, e, &all, &events, v, err);
	if (!rc)
		rc = rows_open(&v->rows, e, false, err);
	if (rc) {
		objects_free(v);
		return rc;
	}
	v->e = e;
	e->state = v;
	files_init(&v->files, e, v->path);
	rows_table(v->rows, NULL, "Objects of HTTP", columns);
	return 0;
}

static void packet(struct export *e, struct packet *p)
{
	struct objects *v = e->state;

	follower_packet(&v->follower, p);
}

static void flush(struct export *e)
{
	struct objects *v = e->state;

	files_flush(&v->files);
	rows_flush(v->rows);
}

static void say(struct objects *v)
{
	struct export *e = v->e;

	if (v->incomplete)
		export_say(e, "%llu objects are not whole: their files end with .incomplete", (unsigned long long)v->incomplete);
	if (v->limited || v->left_out)
		export_say(e, "%llu objects were cut and %llu left out, as one may have %llu bytes and all together %llu; "
			   "--objects DIR,object:SIZE,all:SIZE allow more", (unsigned long long)v->limited,
			   (unsigned long long)v->left_out, (unsigned long long)v->object_max, (unsigned long long)v->all_max);
	if (v->given_up)
		export_say(e, "more than %d objects at a time: %llu were ended early, the one without data for longest first", OPEN_MAX,
			   (unsigned long long)v->given_up);
	if (v->too_long)
		export_say(e, "%llu messages were left out: their headers are longer than %d bytes, or those under way than %d MiB",
			   (unsigned long long)v->too_long, HTTP_HEAD_MAX, HTTP_HELD_MAX >> 20);
	if (v->forgotten)
		export_say(e, "%llu requests were forgotten: more than %d waited for their response on one connection, or %d MiB of all",
			   (unsigned long long)v->forgotten, HTTP_PIPELINE_MAX, HTTP_HELD_MAX >> 20);
	follower_say(e, &v->follower);
}

static void end(struct export *e)
{
	struct objects *v = e->state;

	if (!e->abandoned)
		follower_end(&v->follower);
	follower_release(&v->follower);
	files_release(&v->files);
	rows_close(v->rows);
	say(v);
	objects_free(v);
}

const struct export_format objects_formats[] = ROWS_FORMATS(begin, packet, end, flush);
