/* SPDX-License-Identifier: MIT */
/* packetclient: the command line to a netwatchd. */
#include "../applets.h"
#include "packetclient.h"

#include "base/message.h"
#include "base/version.h"
#include "sys/io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const struct usage packetclient_usage = {
	"packetclient", "[OPTION…] COMMAND [ARGUMENT…]", "Asks a netwatchd.", NULL, client_options,
};

volatile sig_atomic_t client_interrupted, client_waits_on = -1;

static void on_interrupt(int signo)
{
	if (client_interrupted) { /* once more: at once */
		signal(signo, SIG_DFL);
		raise(signo);
	}
	client_interrupted = 1;
	if (client_waits_on >= 0)
		shutdown(client_waits_on, SHUT_RDWR); /* an answer that takes its time is not waited for */
}

void interrupts_catch(bool on)
{
	static unsigned depth;
	struct sigaction a = { .sa_handler = on_interrupt }; /* no SA_RESTART: what waits comes back */

	if (on ? depth++ : --depth)
		return; /* caught, and caught still */
	a.sa_handler = on ? on_interrupt : SIG_DFL;
	client_interrupted = 0;
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
}

static int status_of(int rc, const struct errmsg *err)
{
	if (rc < 0 && rc != NW_ECLOSED)
		message_print("packetclient", err->text);
	return rc < 0 ? errmsg_exit_code(rc) : rc;
}

static int no_command(struct client *c, struct errmsg *err)
{
	static char word[] = "interactive";
	char *words[] = { word };

	if (io_is_terminal(STDIN_FILENO) && io_is_terminal(STDOUT_FILENO))
		return command_line(c, 1, words, err);
	return errmsg_set(err, NW_EINPUT, "which command? packetclient --help lists them; packetclient interactive reads "
			  "them from standard input");
}

static bool only_options(int argc, char **argv, const char *which)
{
	return argc == 2 && !strcmp(argv[1], which);
}

int packetclient_main(int argc, char **argv)
{
	struct client *c = calloc(1, sizeof(*c));
	struct errmsg err = { "" };
	int rc;

	if (!c || outbuf_to_fd(&c->out, STDOUT_FILENO, 65536, &err))
		return status_of(errmsg_set(&err, NW_ELIMIT, "no memory"), &err);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* an error of write(2) instead */
	if (only_options(argc, argv, "--help") || only_options(argc, argv, "-h")) {
		commands_help(&c->out);
		rc = outbuf_flush(&c->out, &err);
	} else if (only_options(argc, argv, "--version")) {
		outbuf_str(&c->out, "packetclient (nwbox) " NWBOX_VERSION "\n");
		rc = outbuf_flush(&c->out, &err);
	} else {
		rc = argc > 1 ? command_line(c, argc - 1, argv + 1, &err) : no_command(c, &err);
	}
	rc = status_of(rc, &err);
	daemon_disconnect(c);
	outbuf_release(&c->out);
	json_free(c->config);
	free(c);
	return rc;
}
