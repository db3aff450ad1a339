/* SPDX-License-Identifier: MIT */
/* reload and shutdown: done when the daemon has done it, not when it has heard of it. */
#include "packetclient.h"

#include "base/jsonout.h"
#include "loop/loop.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int left_ms(int64_t until_ns)
{
	int64_t left = (until_ns - loop_monotonic_ns()) / 1000000;

	return left > 0 ? (int)left : 0;
}

/* ---- reload ---------------------------------------------------------------------------------------------- */

/* The event that says what came of it, at most until then. */
static int wait_for_reload(struct client *c, int64_t until_ns, struct errmsg *err)
{
	while (left_ms(until_ns) && !client_interrupted) {
		struct ipc_event e = { 0 };
		int got = event_next(c, left_ms(until_ns) < 500 ? left_ms(until_ns) : 500, &e, err);
		bool ours = got > 0 && e.type && !strcmp(e.type, "configuration_reloaded"), valid = json_bool(json_get(e.data, "valid"));

		if (ours && !valid)
			errmsg_set(err, NW_EINPUT, "the configuration is not valid, the earlier one stays in force: %s",
				   value_text_or(json_get(e.data, "message"), "netwatchd --check says more"));
		ipc_event_release(&e);
		if (got < 0)
			return got;
		if (ours)
			return valid ? 0 : NW_EINPUT;
	}
	if (client_interrupted)
		return errmsg_set(err, NW_EFAIL, "interrupted");
	return errmsg_set(err, NW_ETIME, "netwatchd still reads the configuration; packetclient events says what comes of it");
}

int run_reload(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	int64_t until_ns = loop_monotonic_ns() + (int64_t)c->timeout_ms * 1000000;
	struct ipc_answer a = { 0 };
	int rc = daemon_connect(c, false, err);

	(void)argc;
	(void)argv;
	if (!rc) { /* first, so that the event cannot have passed */
		json_add_str(request_begin(c, "Subscribe"), "events", "StatusEvents");
		rc = request_call(c, &a, err);
	}
	if (!rc)
		rc = request_simple(c, m->type, NULL, &a, err);
	ipc_answer_release(&a);
	interrupts_catch(true);
	if (!rc)
		rc = wait_for_reload(c, until_ns, err);
	interrupts_catch(false);
	daemon_disconnect(c); /* with its subscription */
	return rc ? rc : client_message(c, "the configuration was read and is in force", err);
}

/* ---- shutdown -------------------------------------------------------------------------------------------- */

/* A descriptor that is readable when the process has ended, or -1: it is not known for certain which process that is. A
 * socket that a service manager opened is the manager's, and the daemon may be in another process namespace. */
static int process_of(struct client *c, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	int fd = -1;

	if (!request_simple(c, "Version", NULL, &a, err) &&
	    json_i64(json_get(a.data, "pid"), NULL) == (int64_t)ipc_daemon_pid(c->daemon))
		fd = (int)syscall(SYS_pidfd_open, ipc_daemon_pid(c->daemon), 0);
	ipc_answer_release(&a);
	return fd;
}

/* Until the connection has ended, and the process if that can be seen. False: they have not. */
static bool has_ended(int connection, int process, int64_t until_ns)
{
	struct pollfd p = { .fd = process >= 0 ? process : connection,
			    .events = process >= 0 ? POLLIN : POLLRDHUP };
	int n = 0;

	while (!client_interrupted && n <= 0 && left_ms(until_ns))
		n = poll(&p, 1, left_ms(until_ns));
	return n > 0;
}

int run_shutdown(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	int64_t until_ns = loop_monotonic_ns() + (int64_t)c->timeout_ms * 1000000;
	struct ipc_answer a = { 0 };
	int process = -1, rc = daemon_connect(c, false, err);

	(void)argc;
	(void)argv;
	if (rc)
		return rc;
	process = process_of(c, err);
	rc = c->daemon ? request_simple(c, m->type, NULL, &a, err) : NW_ECONN;
	ipc_answer_release(&a);
	interrupts_catch(true);
	if (!rc && !has_ended(ipc_daemon_fd(c->daemon), process, until_ns))
		rc = client_interrupted ? errmsg_set(err, NW_EFAIL, "interrupted; netwatchd stops nevertheless") :
					  errmsg_set(err, NW_ETIME, "netwatchd has not ended yet; it still stops its sessions");
	interrupts_catch(false);
	if (process >= 0)
		close(process);
	daemon_disconnect(c);
	return rc ? rc : client_message(c, "netwatchd has ended", err);
}
