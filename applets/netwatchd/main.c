/* SPDX-License-Identifier: MIT */
/* netwatchd: its command line, which of its processes this is, and what needs no daemon (--check, --list-operations). */
#include "front.h"
#include "../applets.h"
#include "netwatchd.h"
#include "base/message.h"
#include "base/options.h"
#include "base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define O struct front_options
static const struct option_row rows[] = {
	OPT_GROUP("Daemon"),
	OPT_STRING('c', "config", O, config, "FILE", "settings; default /etc/netwatchd/netwatchd.yaml if it is there"),
	OPT_STRING('s', "socket", O, socket, "PATH", "answer here (NWBOX_SOCKET, configuration)"),
	OPT_STRING(0, "state-dir", O, state_dir, "DIR", "sessions and their packets; as root /var/lib/netwatchd"),
	OPT_STRING(0, "runtime-dir", O, runtime_dir, "DIR", "sockets and memory sessions; as root /run/netwatchd"),
	OPT_FLAG('f', "foreground", O, foreground, "stay in the terminal (this is the default)"),
	OPT_FLAG('b', "background", O, background, "return when it answers, or with why it does not"),
	OPT_STRING('p', "pid-file", O, pid_file, "FILE", "write and lock the process id"),
	OPT_CHOICE('l', "log-level", O, log_level, "LEVEL", LOG_LEVEL_CHOICES, "log these and what is worse"),
	OPT_COUNT('v', "verbose", O, verbose, "log everything"),
	OPT_GROUP("Instead of a daemon"),
	OPT_FLAG(0, "check", O, check, "is the configuration valid? Status 5 and all complaints if not"),
	OPT_FLAG(0, "doctor", O, doctor, "what this system allows, and what would help"),
	OPT_FLAG(0, "list-operations", O, list_operations, "what clients can ask"),
	OPT_CHOICE(0, "output", O, output, "FORMAT", "text json", "of --doctor and --list-operations"),
	OPT_END
};
#undef O

const struct usage netwatchd_usage = {
	"netwatchd", "[OPTION…]", "Records sessions of network traffic and answers clients (packetclient).",
	"  netwatchd --check -c my.yaml   # is it right?\n"
	"  netwatchd -b                   # start it, return when it answers\n"
	"  packetclient start -i eth0     # record\n",
	rows
};

static int fail(int code, const struct errmsg *err)
{
	message_print("netwatchd", err->text);
	return errmsg_exit_code(code);
}

/* ---- without a daemon -------------------------------------------------------------------------------- */

/* Everything that is wrong, a line each. */
static void print_problems(const struct complaints *p)
{
	for (unsigned i = 0; i < p->kept; i++)
		message_print("netwatchd", p->item[i].text);
	if (p->count > p->kept)
		message_printf("netwatchd", "and %u more", p->count - p->kept);
}

static int load(const struct front_options *o, bool filters, struct config **c)
{
	struct complaints *problems = calloc(1, sizeof(*problems));
	struct errmsg err = { "no memory" };
	int bad = problems ? config_load(o->config, c, problems, &err) : NW_ELIMIT;

	if (!bad && filters) {
		config_check_filters(*c, o->config, problems);
		if (problems->count)
			bad = NW_EINPUT;
	}
	if (bad && problems && problems->count)
		print_problems(problems);
	else if (bad)
		fail(bad, &err);
	free(problems);
	return errmsg_exit_code(bad);
}

static int check(const struct front_options *o)
{
	struct config *c = NULL;
	int status;

	if (!o->config) {
		printf("%s is not there: the defaults are in force\n", CONFIG_PATH);
		return 0;
	}
	status = load(o, true, &c);
	if (!status)
		printf("%s is valid: %u session%s, %u profile%s\n", o->config, c->session_count, c->session_count == 1 ? "" : "s",
		       c->profile_count, c->profile_count == 1 ? "" : "s");
	config_free(c);
	return status;
}

static int list_operations(const struct front_options *o)
{
	struct outbuf out;
	struct jsonout w;
	struct errmsg err;
	int bad = outbuf_to_fd(&out, STDOUT_FILENO, 16384, &err);

	if (bad)
		return fail(bad, &err);
	if (o->output && !strcmp(o->output, "json")) {
		jsonout_begin(&w, &out);
		w.indent = 2;
		json_open_object(&w);
		operations_write(&w);
		json_close(&w);
		outbuf_char(&out, '\n');
	} else {
		outbuf_printf(&out, "%-12s %-9s %-6s %-36s %s\n", "TYPE", "ROLE", "METHOD", "PATH", "WHAT IT DOES");
		for (unsigned i = 0; i < OPERATIONS; i++)
			outbuf_printf(&out, "%-12s %-9s %-6s %-36s %s\n", operations[i].type, role_names[operations[i].role],
				      *operations[i].method ? operations[i].method : "-", *operations[i].path ? operations[i].path : "-",
				      operations[i].help);
	}
	bad = outbuf_flush(&out, &err);
	outbuf_release(&out);
	return bad ? fail(bad, &err) : 0;
}

/* ---- in the background ----------------------------------------------------------------------------------- */

/* The parent's part: its status is that of the start. */
static int wait_for_start(pid_t child, int fd)
{
	char ready;
	ssize_t n;
	int status;

	do
		n = read(fd, &ready, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
		message_print("netwatchd", "it ended while it started");
		return 1;
	}
	return WEXITSTATUS(status) ? WEXITSTATUS(status) : 1;
}

static int run_behind(const struct front_options *o, struct config *c)
{
	int ends[2], null, status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) || (child = fork()) < 0) {
		message_printf("netwatchd", "cannot go to the background: %s", strerror(errno));
		return 1;
	}
	if (child) {
		close(ends[1]);
		status = wait_for_start(child, ends[0]);
		close(ends[0]);
		config_free(c);
		return status;
	}
	close(ends[0]);
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	return front_run(o, c, ends[1]);
}

/* ---- which process this is ---------------------------------------------------------------------------------- */

static int part(const char *word, const char *id)
{
	static const struct {
		const char *word;
		int (*run)(const char *session_id);
	} parts[] = { { "worker", worker_main }, { "reader", reader_main }, { "watcher", watcher_main }, { "bundler", bundler_main },
		      { "prober", prober_main } };

	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!strcmp(word, parts[i].word))
			return parts[i].run(id);
	return -1;
}

static int print_help(void)
{
	struct outbuf o;
	int bad = outbuf_to_fd(&o, STDOUT_FILENO, 16384, NULL);

	if (!bad) {
		options_help(&netwatchd_usage, &o);
		bad = outbuf_flush(&o, NULL);
		outbuf_release(&o);
	}
	return bad ? 1 : 0;
}

int netwatchd_main(int argc, char **argv)
{
	struct front_options o = { 0 };
	struct config *c = NULL;
	struct errmsg err;
	int first, rc;

	if (argc == 3 && (rc = part(argv[1], argv[2])) >= 0)
		return rc;
	rc = options_parse(&netwatchd_usage, argc, argv, &o, &first, &err);
	if (rc == OPTIONS_HELP)
		return print_help();
	if (rc == OPTIONS_VERSION) {
		puts("netwatchd " NWBOX_VERSION);
		return 0;
	}
	if (!rc && first < argc)
		rc = errmsg_set(&err, NW_EINPUT, "'%s' is no option; netwatchd --help shows all, and packetclient is for commands",
				argv[first]);
	if (!rc && o.foreground && o.background)
		rc = errmsg_set(&err, NW_EINPUT, "--foreground and --background contradict each other");
	if (!rc && o.output && !o.doctor && !o.list_operations)
		rc = errmsg_set(&err, NW_EINPUT, "--output is for --doctor and --list-operations");
	if (rc)
		return fail(rc, &err);
	if (o.list_operations)
		return list_operations(&o);
	if (!o.config && !access(CONFIG_PATH, F_OK) && (!geteuid() || !access(CONFIG_PATH, R_OK)))
		o.config = CONFIG_PATH;
	if (o.check)
		return check(&o);
	rc = load(&o, false, &c);
	if (rc)
		return rc;
	if (o.doctor) {
		rc = ENABLE_DOCTOR ? doctor_run(&o, c) :
				     fail(errmsg_set(&err, NW_EINPUT, "this build has no --doctor (ENABLE_DOCTOR)"), &err);
		config_free(c);
		return rc;
	}
	return o.background ? run_behind(&o, c) : front_run(&o, c, -1);
}
