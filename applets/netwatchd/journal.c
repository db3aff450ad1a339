/* SPDX-License-Identifier: MIT */
#include "journal.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 8192 };

const struct journal_entry *journal_at(const struct journal *j, uint32_t i)
{
	return j->entries[(j->first + i) % JOURNAL_ENTRIES];
}

static const struct journal_entry *keep(struct journal *j, int64_t at_ns, enum event_kind kind, enum log_level level,
					const char *session, const char *data, size_t len)
{
	struct journal_entry *e = malloc(sizeof(*e) + len + 1);

	if (!e)
		return NULL;
	*e = (struct journal_entry){ .at_ns = at_ns, .len = (uint32_t)len, .kind = (uint8_t)kind, .level = (uint8_t)level };
	snprintf(e->session, sizeof(e->session), "%s", session ? session : "");
	memcpy(e->data, data, len);
	e->data[len] = 0;
	if (j->count == JOURNAL_ENTRIES) {
		free(j->entries[j->first]);
		j->first = (j->first + 1) % JOURNAL_ENTRIES;
		j->count--;
	}
	j->entries[(j->first + j->count++) % JOURNAL_ENTRIES] = e;
	j->all++;
	return e;
}

void journal_write(struct jsonout *w, const struct journal_entry *e)
{
	json_add_str(w, "type", "Event");
	json_add_str(w, "event_type", event_rows[e->kind].name);
	json_add_ns(w, "time", e->at_ns);
	if (e->session[0])
		json_add_str(w, "session", e->session);
	json_key(w, "data");
	json_put_raw(w, e->data, e->len);
}

/* ---- the file ------------------------------------------------------------------------------------ */

static void file_open(struct journal *j)
{
	struct stat s;

	j->fd = openat(j->dirfd, j->name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	j->size = j->fd >= 0 && !fstat(j->fd, &s) ? (uint64_t)s.st_size : 0;
	j->broken = j->fd < 0;
}

static void file_turn(struct journal *j)
{
	char older[64];

	snprintf(older, sizeof(older), "%s.1", j->name);
	if (j->fd >= 0)
		close(j->fd);
	renameat(j->dirfd, j->name, j->dirfd, older);
	file_open(j);
}

static void file_add(struct journal *j, const struct journal_entry *e)
{
	char line[LINE_MAX_BYTES];
	struct jsonout w;
	struct outbuf o;
	ssize_t n;

	if (j->dirfd < 0)
		return;
	outbuf_fixed(&o, line, sizeof(line));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	journal_write(&w, e);
	json_close(&w);
	if (!jsonout_end(&w))
		return;
	outbuf_char(&o, '\n');
	if (j->size + outbuf_len(&o) > JOURNAL_FILE_MAX)
		file_turn(j);
	else if (j->fd < 0)
		file_open(j);
	n = j->fd < 0 ? -1 : write(j->fd, line, outbuf_len(&o));
	j->broken = n != (ssize_t)outbuf_len(&o);
	if (j->broken && n > 0 && ftruncate(j->fd, (off_t)j->size) == 0)
		n = 0; /* a full disk: half a line is none */
	if (n > 0)
		j->size += (uint64_t)n;
}

const struct journal_entry *journal_add(struct journal *j, int64_t at_ns, enum event_kind kind, enum log_level level,
					const char *session, const char *data, size_t len)
{
	const struct journal_entry *e = keep(j, at_ns, kind, level, session, data, len);

	if (e)
		file_add(j, e);
	return e;
}

/* ---- after a restart ------------------------------------------------------------------------------ */

static void load_line(struct journal *j, const char *line, size_t len)
{
	struct json *doc;
	struct outbuf o;
	struct jsonout w;
	const char *type, *session, *level;
	char data[LINE_MAX_BYTES];
	int kind = -1, rank = LEVEL_INFO;

	if (!json_parse(&doc, line, len, j->name, NULL)) {
		type = json_string(json_get(json_root(doc), "event_type"), NULL);
		kind = event_kind_find(type);
	}
	if (kind >= 0) {
		const struct json_value *v = json_get(json_root(doc), "data");

		outbuf_fixed(&o, data, sizeof(data));
		jsonout_begin(&w, &o);
		json_copy(&w, v);
		session = json_string(json_get(json_root(doc), "session"), NULL);
		level = json_string(json_get(v, "level"), NULL);
		for (int i = 0; level && i < LOG_LEVELS; i++)
			if (!strcmp(level, log_level_names[i]))
				rank = i;
		if (jsonout_end(&w) && json_type(v) == JSON_OBJECT && (!session || session_id_valid(session)))
			keep(j, (int64_t)(json_real(json_get(json_root(doc), "time")) * 1e6) * 1000, (enum event_kind)kind,
			     (enum log_level)rank, session, data, outbuf_len(&o));
	}
	json_free(doc);
}

/* The newest lines of the newer file: enough to see what was before, without the memory of all of them. */
static void load(struct journal *j)
{
	enum { TAIL = 96 << 10 };
	int fd = openat(j->dirfd, j->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = malloc(TAIL), *end, *line;
	off_t from = j->size > TAIL ? (off_t)(j->size - TAIL) : 0;
	ssize_t n = fd >= 0 && text ? pread(fd, text, TAIL, from) : 0;

	if (fd >= 0)
		close(fd);
	end = text + (n > 0 ? n : 0);
	line = text;
	if (from && n > 0) { /* the first one is half a line */
		line = memchr(text, '\n', (size_t)n);
		line = line ? line + 1 : end;
	}
	while (line && line < end) {
		char *stop = memchr(line, '\n', (size_t)(end - line));

		if (!stop)
			break;
		load_line(j, line, (size_t)(stop - line));
		line = stop + 1;
	}
	free(text);
}

int journal_open(struct journal *j, int dirfd, const char *name, struct errmsg *err)
{
	*j = (struct journal){ .dirfd = dirfd, .fd = -1, .name = name };
	j->entries = calloc(JOURNAL_ENTRIES, sizeof(struct journal_entry *));
	if (!j->entries)
		return errmsg_set(err, NW_ELIMIT, "no memory for events");
	if (dirfd < 0)
		return 0;
	file_open(j);
	load(j);
	return 0;
}

void journal_close(struct journal *j)
{
	for (uint32_t i = 0; i < j->count; i++)
		free(j->entries[(j->first + i) % JOURNAL_ENTRIES]);
	free(j->entries);
	j->entries = NULL;
	j->count = 0;
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}
