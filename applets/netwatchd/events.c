/* SPDX-License-Identifier: MIT */
/*
 * What happened goes three ways: into the journal (memory and file), to subscribers, and, if it is a log line, to the log:
 * standard error, a file, syslog. Under a service manager that reads standard error, lines begin with its "<3>".
 */
#include "front.h"
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

struct jsonout *event_begin(struct event *e, struct front *f, enum event_kind kind, struct session *s)
{
	e->front = f;
	e->session = s;
	e->kind = kind;
	e->at_ns = loop_realtime_ns();
	outbuf_fixed(&e->out, e->text, sizeof(e->text));
	jsonout_begin(&e->w, &e->out);
	json_open_object(&e->w);
	return &e->w;
}

static void tell(struct front *f, struct session *s, const struct journal_entry *e)
{
	char text[6144];
	struct jsonout w;
	struct outbuf o;

	if (!f->server || !(ipc_subscribed(f->server) >> e->kind & 1))
		return;
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	journal_write(&w, e);
	json_close(&w);
	if (jsonout_end(&w))
		ipc_event_send(f->server, 1u << e->kind, s ? s->id : NULL, text, outbuf_len(&o));
}

static void add(struct front *f, enum event_kind kind, enum log_level level, struct session *s, int64_t at_ns, const char *data,
		size_t len)
{
	const struct journal_entry *e = journal_add(kind == EVENT_LOG_LINE ? &f->logs : &f->events, at_ns, kind, level,
						    s ? s->id : NULL, data, len);

	if (e)
		tell(f, s, e);
	if (kind != EVENT_LOG_LINE)
		front_changed(f);
}

void event_end(struct event *e)
{
	json_close(&e->w);
	if (jsonout_end(&e->w))
		add(e->front, e->kind, LEVEL_INFO, e->session, e->at_ns, e->text, outbuf_len(&e->out));
}

void event_raw(struct front *f, enum event_kind kind, struct session *s, int64_t at_ns, const char *data, size_t len)
{
	add(f, kind, LEVEL_INFO, s, at_ns, data, len);
}

/* ---- the log ------------------------------------------------------------------------------------- */

static void put_line(int fd, const char *line, size_t len)
{
	if (write(fd, line, len) < 0)
		return; /* there is nowhere to say so */
}

static void log_out(struct front *f, enum log_level level, const char *text, int64_t now_ns)
{
	static const int priorities[LOG_LEVELS] = { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR };
	time_t at = (time_t)(now_ns / second_ns);
	char line[1200], when[40];
	struct outbuf o;
	struct tm tm;

	outbuf_fixed(&o, line, sizeof(line) - 1);
	if (f->log_fd >= 0 && gmtime_r(&at, &tm)) {
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
		outbuf_printf(&o, "%s %s ", when, log_level_names[level]);
		outbuf_escaped(&o, text, strlen(text));
		outbuf_cstr(&o);
		*o.pos++ = '\n';
		put_line(f->log_fd, line, outbuf_len(&o));
	}
	if (f->config->log_syslog)
		syslog(priorities[level], "%s", text);
	if (f->quiet_stderr || (f->log_fd >= 0 && !isatty(STDERR_FILENO)))
		return;
	outbuf_fixed(&o, line, sizeof(line) - 1);
	if (getenv("JOURNAL_STREAM"))
		outbuf_printf(&o, "<%d>", priorities[level]);
	else
		outbuf_str(&o, "netwatchd: ");
	outbuf_escaped(&o, text, strlen(text));
	outbuf_cstr(&o);
	*o.pos++ = '\n';
	put_line(STDERR_FILENO, line, outbuf_len(&o));
}

void front_log(struct front *f, enum log_level level, struct session *s, const char *fmt, ...)
{
	int64_t now = loop_realtime_ns();
	char text[800], line[900], data[1800];
	struct jsonout w;
	struct outbuf o;
	va_list args;

	if ((int)level < f->log_level)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text[strcspn(text, "\n")] = 0; /* what follows shows a place in a filter, which takes a terminal */
	if (s)
		snprintf(line, sizeof(line), "%.60s%s%.12s%s: %s", s->settings.name, s->settings.name[0] ? " (" : "", s->id,
			 s->settings.name[0] ? ")" : "", text);
	log_out(f, level, s ? line : text, now);
	outbuf_fixed(&o, data, sizeof(data));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_str(&w, "level", log_level_names[level]);
	json_add_str(&w, "text", text);
	json_close(&w);
	if (f->logs.entries && jsonout_end(&w))
		add(f, EVENT_LOG_LINE, level, s, now, data, outbuf_len(&o));
}

void log_reopen(struct front *f)
{
	const char *path = f->config->log_file;
	int fd = path && *path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640) : -1;

	if (fd < 0 && path && *path)
		front_log(f, LEVEL_WARNING, NULL, "%s: cannot be opened again (%s); the old one is written on", path, strerror(errno));
	if (fd < 0)
		return;
	if (f->log_fd >= 0)
		close(f->log_fd);
	f->log_fd = fd;
}

int event_files_open(struct front *f, struct errmsg *err)
{
	int state = place_state_fd(f->place);
	int bad = journal_open(&f->events, state, "events.ndjson", err);

	return bad ? bad : journal_open(&f->logs, state, "log.ndjson", err);
}

void event_files_close(struct front *f)
{
	journal_close(&f->events);
	journal_close(&f->logs);
	if (f->log_fd >= 0)
		close(f->log_fd);
	f->log_fd = -1;
}
