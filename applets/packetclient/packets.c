/* SPDX-License-Identifier: MIT */
/*
 * Packets of the record. The daemon answers Open with the reading end of a pipe of pcapng; every other form is made here by
 * nwexport, so that all its formats, fields and reports are there, and decoding happens with the rights of who asked.
 */
#include "packetclient.h"

#include "base/jsonout.h"
#include "loop/loop.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 80, TERMINAL_PACKETS = 100, COPY_BYTES = 256 * 1024, IDLE_MS = 1000 };

int packets_open(struct client *c, const char *session, uint64_t skip, bool follow, int64_t from_ns, struct opened *p,
		 struct errmsg *err)
{
	const struct client_options *o = &c->o;
	struct ipc_answer a = { 0 };
	struct jsonout *w;
	int rc = daemon_connect(c, true, err);

	*p = (struct opened){ .fd = -1 };
	if (rc)
		return rc;
	w = request_begin(c, "Open");
	json_add_str(w, "session", session);
	if (o->filter)
		json_add_str(w, "filter", o->filter);
	if (o->bundle)
		json_add_str(w, "bundle", o->bundle);
	if (from_ns)
		json_add_ns(w, "from", from_ns);
	if (o->to_ns)
		json_add_ns(w, "to", o->to_ns);
	if (o->limit)
		json_add_u64(w, "limit", o->limit);
	if (skip)
		json_add_u64(w, "skip", skip);
	if (follow)
		json_add_bool(w, "follow", true);
	rc = request_call(c, &a, err);
	if (!rc && !a.nfds)
		rc = errmsg_set(err, NW_EFAIL, "the daemon sent no pipe with the packets");
	if (!rc) {
		p->fd = a.fds[0];
		a.fds[0] = -1;
		p->bytes = json_u64(json_get(a.data, "bytes"), NULL);
		p->packets = json_u64(json_get(a.data, "packets_at_most"), NULL);
		snprintf(p->session, sizeof(p->session), "%s", value_text_or(json_get(a.data, "session"), session));
		client_say(c, 1, "session %s: at most %llu packets, %llu bytes; %llu of %llu chunks are read", p->session,
		    (unsigned long long)p->packets, (unsigned long long)p->bytes,
		    (unsigned long long)json_u64(json_get(a.data, "chunks_read"), NULL),
		    (unsigned long long)json_u64(json_get(a.data, "chunks"), NULL));
	}
	ipc_answer_release(&a);
	return rc;
}

static int too_many_words(struct errmsg *err)
{
	return errmsg_set(err, NW_EINPUT, "more than %d words behind --", WORDS_MAX - 20);
}

/* Runs nwexport on the pipe with `words` and what stands behind "--". */
static int export_to_stdout(struct client *c, struct opened *p, const char **words, int n, struct errmsg *err)
{
	int pid, rc;

	if (c->nextra > WORDS_MAX - n - 1)
		return too_many_words(err);
	for (int i = 0; i < c->nextra; i++)
		words[n++] = c->extra[i];
	words[n] = NULL;
	rc = outbuf_flush(&c->out, err);
	if (rc)
		return rc;
	interrupts_catch(true); /* Ctrl-C is the child's: it finishes its output */
	pid = child_start(p->fd, STDOUT_FILENO, words, err);
	close(p->fd); /* what the child does not read, nobody does: the daemon's reader ends */
	p->fd = -1;
	rc = pid < 0 ? pid : child_wait(pid, err);
	interrupts_catch(false);
	return rc;
}

static const char *format_of(const struct client *c, const char *people)
{
	static const char *const formats[] = { [OUTPUT_JSON] = "json", [OUTPUT_YAML] = "yaml", [OUTPUT_CSV] = "csv",
					       [OUTPUT_QUIET] = "tsv" };

	return c->o.format ? c->o.format : c->output == OUTPUT_TABLE ? people : formats[c->output];
}

/* Words that change what is written would come in twice. */
static bool extra_has(const struct client *c, const char *option)
{
	for (int i = 0; i < c->nextra; i++)
		if (!strncmp(c->extra[i], option, strlen(option)))
			return true;
	return false;
}

int run_packets(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	const char *format = format_of(c, "table"), *words[WORDS_MAX] = { "nwexport", "-f", format };
	bool terminal = io_is_terminal(STDOUT_FILENO), cut = false;
	struct opened p;
	int n = 3, rc;

	(void)m;
	(void)argc;
	if (terminal && !c->o.limit_given && !c->o.follow && !strcmp(format, "table")) {
		c->o.limit = TERMINAL_PACKETS;
		cut = true;
	}
	rc = packets_open(c, argv[0], c->o.skip, c->o.follow, c->o.from_ns, &p, err);
	if (rc)
		return rc;
	if (c->output == OUTPUT_QUIET && !c->o.format) {
		words[n++] = "--fields";
		words[n++] = "number";
		words[n++] = "--no-header";
	}
	if (c->o.follow)
		words[n++] = "-l";
	if (c->o.utc && !extra_has(c, "--utc"))
		words[n++] = "--utc";
	rc = export_to_stdout(c, &p, words, n, err);
	if (!rc && cut && p.packets > TERMINAL_PACKETS)
		client_say(c, 0, "the first %d packets; --limit N shows more, --limit 0 all", TERMINAL_PACKETS);
	return rc;
}

/* top-talkers, protocols: reports of nwexport. */
int run_report(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	const char *words[WORDS_MAX] = { "nwexport", "--stats", m->type, "-f", format_of(c, "table") };
	char top[24];
	struct opened p;
	int n = 5, rc = packets_open(c, argv[0], c->o.skip, false, c->o.from_ns, &p, err);

	(void)argc;
	if (rc)
		return rc;
	if (c->output == OUTPUT_QUIET && !c->o.format) /* a report has no ids */
		words[4] = "csv";
	if (!strncmp(m->type, "endpoints", 9)) {
		snprintf(top, sizeof(top), "%llu", (unsigned long long)(c->o.top ? c->o.top : 10));
		words[n++] = "--top";
		words[n++] = top;
	}
	return export_to_stdout(c, &p, words, n, err);
}

/* ---- tap ------------------------------------------------------------------------------------------------------ */

static bool is_running(struct client *c, const char *session, struct errmsg *err, int *rc)
{
	struct ipc_answer a = { 0 };
	bool running;

	*rc = daemon_connect(c, true, err);
	if (!*rc)
		*rc = request_simple(c, "Show", session, &a, err);
	running = json_is(json_get(a.data, "state"), "running") || json_is(json_get(a.data, "state"), "starting") ||
		  json_is(json_get(a.data, "state"), "restarting");
	ipc_answer_release(&a);
	return running;
}

/* Is there something to read? A session that is followed and stops has no end of its own in the pipe: when nothing has come for
 * a second it is asked whether it still runs; what was on its way then gets another second. */
static bool wait_for_packets(struct client *c, int fd, const char *session)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	struct errmsg why;
	int rc;

	while (!client_interrupted) {
		int n = poll(p, 2, IDLE_MS);

		if (n > 0)
			return !(p[1].revents & POLLERR); /* who read us has gone */
		if (n == 0 && session && !is_running(c, session, &why, &rc))
			return poll(p, 1, IDLE_MS) > 0;
	}
	return false;
}

/* Bytes of the pipe to standard output, by the kernel where both are pipes. `session`: it is followed. */
static int copy_through(struct client *c, int in, const char *session, struct errmsg *err)
{
	char *bytes = malloc(COPY_BYTES);
	bool pipes = io_is_pipe(STDOUT_FILENO);
	int rc = bytes ? 0 : errmsg_set(err, NW_ELIMIT, "no memory");

	io_grow_pipe(STDOUT_FILENO, 1 << 20);
	while (!rc && wait_for_packets(c, in, session)) {
		ssize_t n = pipes ? splice(in, NULL, STDOUT_FILENO, NULL, COPY_BYTES, SPLICE_F_MOVE)
				  : read(in, bytes, COPY_BYTES);

		if (!n)
			break;
		if (n < 0 && pipes && (errno == EINVAL || errno == ENOSYS))
			pipes = false;
		else if (n < 0 && errno != EINTR)
			rc = errmsg_errno(err, pipes ? "standard output" : "the pipe of the daemon");
		else if (n > 0 && !pipes)
			rc = io_write_all(STDOUT_FILENO, bytes, (size_t)n, "standard output", err);
	}
	free(bytes);
	return rc;
}

int run_tap(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	int64_t from_ns = c->o.from_ns;
	struct opened p;
	bool follow;
	int rc;

	(void)m;
	(void)argc;
	if (io_is_terminal(STDOUT_FILENO))
		return errmsg_set(err, NW_EINPUT, "tap writes a capture, which a terminal cannot show; pipe it: "
				  "packetclient tap %s | nwexport",
				  argv[0]);
	follow = is_running(c, argv[0], err, &rc);
	if (rc)
		return rc;
	if (follow && !c->o.all && !from_ns)
		from_ns = loop_realtime_ns();
	if (!follow)
		client_say(c, 1, "the session does not run: what it has recorded follows, then the end");
	rc = packets_open(c, argv[0], 0, follow, from_ns, &p, err);
	if (rc)
		return rc;
	interrupts_catch(true);
	rc = copy_through(c, p.fd, follow ? p.session : NULL, err);
	interrupts_catch(false);
	close(p.fd);
	return rc;
}
