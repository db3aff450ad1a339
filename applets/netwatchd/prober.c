/* SPDX-License-Identifier: MIT */
/*
 * netwatchd prober: one question of a client that is answered by parsing what the client wrote (a filter) or by asking
 * libpcap (interfaces). A process of its own, so that neither happens in the front. For a filter it drops its rights before
 * the text is parsed. Interfaces of another network namespace take rights, so it keeps them for that, and takes a name from
 * the client, not a path (a session's own may be one). An answer takes milliseconds; who needs more than 10 s of processor is ended.
 */
#include "netwatchd.h"
#include "base/json.h"
#include "base/jsonout.h"
#include "capture/capture.h"
#include "filter/filter.h"
#include "ipc/frame.h"
#include "sys/privilege.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ETHERNET = 1, ANSWER_SIZE = 256 << 10, WAIT_MS = 5000 };

struct answer {
	struct jsonout w;
	struct outbuf o;
	char text[ANSWER_SIZE];
};

static void begin(struct answer *a, const char *type)
{
	outbuf_fixed(&a->o, a->text, sizeof(a->text));
	jsonout_begin(&a->w, &a->o);
	json_open_object(&a->w);
	json_add_str(&a->w, "type", type);
}

static int finish(struct answer *a)
{
	json_close(&a->w);
	return jsonout_end(&a->w) && !ipc_send(CONTROL_FD, a->text, outbuf_len(&a->o), NULL, 0, NULL) ? 0 : 1;
}

static int failed(struct answer *a, int code, const char *message)
{
	begin(a, "failed");
	json_add_str(&a->w, "code", code == NW_EINPUT ? "invalid" : code == NW_EPERM ? "permission" : "failed");
	json_add_str(&a->w, "message", message);
	return finish(a);
}

static int drop(struct errmsg *err)
{
	const struct privilege_needs needs = { 0 };
	struct privilege_report report;

	return privilege_drop(&needs, &report, err);
}

static int check(struct answer *a, const struct json_value *q)
{
	const char *text = json_string(json_get(q, "filter"), NULL);
	struct filter *f = NULL;
	struct errmsg err = { "" };
	int bad = drop(&err);

	if (!bad && !text)
		bad = errmsg_set(&err, NW_EINPUT, "filter: a text is expected");
	if (!bad && !json_bool(json_get(q, "display")))
		bad = capture_filter_error(text, ETHERNET, &err);
	else if (!bad && ENABLE_DISPLAY_FILTER)
		bad = filter_compile(&f, text, NULL, &err);
	else if (!bad)
		bad = errmsg_set(&err, NW_EINPUT, "this build has no display filters (ENABLE_DISPLAY_FILTER)");
	if (ENABLE_DISPLAY_FILTER)
		filter_free(f);
	if (bad)
		return failed(a, bad, err.text);
	begin(a, "done");
	return finish(a);
}

static void add_device(void *user, const struct capture_device *d)
{
	struct jsonout *w = user;

	json_open_object(w);
	json_add_str(w, "name", d->name);
	json_add_str(w, "description", d->description);
	json_add_array(w, "addresses");
	for (const char *at = d->addresses; *at;) {
		size_t len = strcspn(at, " ");

		if (len)
			json_put_string(w, at, len);
		at += len + (at[len] == ' ');
	}
	json_close(w);
	json_add_bool(w, "up", d->up);
	json_add_bool(w, "running", d->running);
	json_add_bool(w, "wireless", d->wireless);
	json_add_bool(w, "loopback", d->loopback);
	json_close(w);
}

/* With the rights there are: libpcap opens sockets to look, and the namespace may be another one. */
static int interfaces(struct answer *a, const struct json_value *q)
{
	const char *netns = json_string(json_get(q, "netns"), NULL);
	struct errmsg err = { "" };
	int found;

	if (netns && strchr(netns, '/') && !json_bool(json_get(q, "session")))
		return failed(a, NW_EINPUT, "netns: a name or a process id is expected, not a path");
	begin(a, "done");
	json_add_array(&a->w, "interfaces");
	found = capture_devices(netns, add_device, &a->w, &err);
	json_close(&a->w);
	return found < 0 ? failed(a, found, err.text) : finish(a);
}

int prober_main(const char *session_id)
{
	const struct rlimit seconds = { 10, 10 };
	struct answer *a = malloc(sizeof(*a));
	struct ipc_reader r;
	struct ipc_message m;
	struct json *j;
	int status = 1;

	(void)session_id;
	if (!a)
		return 1;
	setrlimit(RLIMIT_CPU, &seconds);
	ipc_reader_init(&r, IPC_REQUEST_MAX);
	if (!ipc_receive(&r, CONTROL_FD, WAIT_MS, &m, NULL) && !json_parse(&j, m.text, m.len, "question", NULL)) {
		const struct json_value *q = json_root(j);

		if (json_is(json_get(q, "type"), "check"))
			status = check(a, q);
		else if (json_is(json_get(q, "type"), "interfaces"))
			status = interfaces(a, q);
		json_free(j);
	}
	ipc_reader_release(&r);
	free(a);
	return status;
}
