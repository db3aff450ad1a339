/* SPDX-License-Identifier: MIT */
/* capture: a session that is started, looked at and stopped again. Ctrl-C stops it orderly; its record stays. */
#include "packetclient.h"

#include "base/jsonout.h"
#include "base/message.h"
#include "loop/loop.h"
#include "sys/io.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EVERY_MS = 250, QUIET_EVERY = 40 /* of these between lines where stderr is no terminal and -v was given */ };

static bool is_over(const struct json_value *session)
{
	return json_is(json_get(session, "state"), "stopped") || json_is(json_get(session, "state"), "failed");
}

/* "1,234 packets  12.3 MB  3.45 Mbit/s  0 dropped  12.0 s of 60.0 s" */
static void progress_text(const struct client *c, const struct json_value *session, struct outbuf *o)
{
	uint64_t lost = json_u64(json_get(session, "dropped"), NULL) + json_u64(json_get(session, "disk_dropped"), NULL);

	outbuf_str(o, value_text_or(json_get(session, "id"), "?"));
	outbuf_str(o, ": ");
	human_count(o, json_u64(json_get(session, "packets"), NULL));
	outbuf_str(o, " packets, ");
	human_scaled(o, json_real(json_get(session, "bytes")), "B");
	outbuf_str(o, ", ");
	human_scaled(o, json_real(json_get(session, "bits_per_second")), "bit/s");
	if (lost) {
		outbuf_str(o, ", ");
		human_count(o, lost);
		outbuf_str(o, " dropped");
	}
	outbuf_printf(o, ", %.0f s", json_real(json_get(session, "duration")));
	if (c->o.duration_ns) {
		outbuf_str(o, " of ");
		outbuf_printf(o, "%.0f s", (double)c->o.duration_ns / 1e9);
	}
}

static void show_progress(const struct client *c, const struct json_value *session, unsigned round)
{
	char text[256];
	struct outbuf o;
	bool terminal = io_is_terminal(STDERR_FILENO);

	if (c->output == OUTPUT_QUIET || (!terminal && (!c->o.verbose || round % QUIET_EVERY)))
		return;
	outbuf_fixed(&o, text, sizeof(text));
	progress_text(c, session, &o);
	if (!terminal) {
		message_print("packetclient", outbuf_cstr(&o));
		return;
	}
	fputs("\r\033[K", stderr);
	fputs(outbuf_cstr(&o), stderr); /* numbers and units */
}

static void clear_progress(void)
{
	if (io_is_terminal(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* Until it is over or somebody has had enough. */
static int watch(struct client *c, const char *id, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	bool over = false;
	int rc = 0;

	for (unsigned round = 0; !rc && !over && !client_interrupted; round++) {
		rc = request_simple(c, "Status", id, &a, err);
		over = !rc && is_over(a.data);
		if (!rc && !over)
			show_progress(c, a.data, round);
		if (!rc && !over)
			usleep(EVERY_MS * 1000);
	}
	ipc_answer_release(&a);
	clear_progress();
	return client_interrupted ? 0 : rc;
}

/* Stops it if it still runs, and waits until it has. */
static int end_session(struct client *c, const char *id, struct ipc_answer *a, struct errmsg *err)
{
	int64_t until = loop_monotonic_ns() + (int64_t)c->timeout_ms * 1000000;
	int rc = daemon_connect(c, false, err);

	if (!rc)
		rc = request_simple(c, "Show", id, a, err);
	if (rc || is_over(a->data))
		return rc;
	rc = request_simple(c, "Stop", id, a, err);
	while (!rc && !is_over(a->data) && loop_monotonic_ns() < until) {
		usleep(50000);
		rc = request_simple(c, "Show", id, a, err);
	}
	return rc;
}

static int start(struct client *c, char *id, size_t size, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	struct jsonout *w;
	int rc;

	if (!c->o.interfaces.count && !c->o.profile && !c->o.settings)
		return errmsg_set(err, NW_EINPUT, "capture: on which interface? --interface IFACE says so; packetclient "
				  "interfaces lists them");
	rc = daemon_connect(c, true, err);
	if (rc)
		return rc;
	w = request_begin(c, "Start");
	rc = settings_add(c, w, err);
	if (!rc)
		rc = request_call(c, &a, err);
	if (!rc)
		snprintf(id, size, "%s", value_text_or(json_get(a.data, "id"), ""));
	ipc_answer_release(&a);
	return rc;
}

int run_capture(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	char id[64], *words[] = { id };
	bool failed;
	int rc;

	(void)argc;
	(void)argv;
	if (c->o.format && !c->o.file)
		return errmsg_set(err, NW_EINPUT, "capture: --format is about a file; name it with -o FILE");
	interrupts_catch(true);
	rc = start(c, id, sizeof(id), err);
	if (!rc) {
		client_say(c, 0, "session %s records; Ctrl-C ends it", id);
		rc = watch(c, id, err);
		if (rc == NW_ECONN)
			errmsg_prefix(err, rc, "session %s goes on without us: ", id);
	}
	if (!rc)
		rc = end_session(c, id, &a, err);
	interrupts_catch(false);
	failed = json_is(json_get(a.data, "state"), "failed");
	if (!rc && failed)
		rc = errmsg_set(err, NW_EFAIL, "session %s failed: %s", id,
				value_text_or(json_get(a.data, "reason"), "no reason was given"));
	if (!rc && !c->o.file)
		rc = view_render(c, m->view, a.data, err);
	ipc_answer_release(&a);
	if (rc || !c->o.file)
		return rc;
	c->o.filter = NULL; /* that was for the capture */
	return run_export(c, command_find("export", err), 1, words, err);
}
