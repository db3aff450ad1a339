/* SPDX-License-Identifier: MIT */
/* The commands, each once: what runs, what is completed and what --help prints come from here. */
#include "../applets.h"
#include "packetclient.h"

#include "api/operations.h"
#include "base/text.h"
#include "base/version.h"
#include "sys/io.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD, LOOK, PACKETS, HAPPENED, DAEMON, GROUPS, MANY = 255, ROWS_MAX = 96, WORDS_MAX = 256 };
static const char *const group_titles[GROUPS] = { "Record", "Sessions", "Packets", "What happened",
						  "The daemon and this client" };

#define SETTINGS "interface filter name profile netns snaplen direction no-promiscuous buffer storage settings duration packets bytes " \
	"keep-bytes keep-time keep-free segment-bytes segment-time"
#define PART "filter from to limit skip bundle"

const struct command commands[] = {
	{ .name = "start", .group = RECORD, .arguments = "[SESSION]", .most = 1, .words = "session",
	  .run = run_start, .view = &view_started,
	  .help = "start a session, or one that is stopped again", .options = SETTINGS,
	  .examples = "  packetclient start --interface eth0 --filter \"port 443\"\n"
		      "  packetclient start --name uplink --interface eth0 --keep-bytes 10G --keep-time 7d\n"
		      "  packetclient start uplink                    # one that was stopped\n" },
	{ .name = "stop", .group = RECORD, .arguments = "SESSION…", .least = 1, .most = MANY, .words = "session",
	  .run = run_sessions_each, .type = "Stop", .view = &view_ended,
	  .help = "end a session; its record stays", .options = "" },
	{ .name = "restart", .group = RECORD, .arguments = "SESSION…", .least = 1, .most = MANY, .words = "session",
	  .run = run_sessions_each, .type = "Restart", .view = &view_started,
	  .help = "stop a session and start it; its record goes on", .options = "" },
	{ .name = "delete", .group = RECORD, .arguments = "SESSION…", .least = 1, .most = MANY, .words = "session",
	  .run = run_sessions_each, .type = "Delete",
	  .help = "remove a session and its record", .options = "force" },
	{ .name = "capture", .group = RECORD, .arguments = "", .words = "", .run = run_capture, .view = &view_ended,
	  .help = "start a session, show how it goes, stop it at Ctrl-C", .options = SETTINGS " file format no-resume",
	  .examples = "  packetclient capture --interface eth0 --duration 60\n"
		      "  packetclient capture -i eth0 -c 1000 -f 'udp port 53' -o dns.pcapng\n" },
	{ .name = "freeze", .group = RECORD, .arguments = "SESSION", .least = 1, .most = 1, .words = "session",
	  .run = run_freeze, .view = &view_frozen,
	  .help = "keep the minutes before and after now as a bundle", .options = "before after reason wait",
	  .examples = "  packetclient freeze uplink --before 10m --after 1m --reason 'the web shop hangs' --wait\n" },

	{ .name = "sessions", .group = LOOK, .arguments = "", .words = "",
	  .run = run_simple, .type = "List", .view = &view_sessions,
	  .help = "all sessions", .options = "state" },
	{ .name = "show", .group = LOOK, .arguments = "SESSION", .least = 1, .most = 1, .words = "session",
	  .run = run_session, .type = "Show", .view = &view_show,
	  .help = "everything about one session", .options = "" },
	{ .name = "stats", .group = LOOK, .arguments = "[SESSION]", .most = 1, .words = "session",
	  .run = run_session, .type = "Stats", .view = &view_stats,
	  .help = "counters and rates, of one session or of all", .options = "session" },
	{ .name = "top", .group = LOOK, .arguments = "[SESSION]", .most = 1, .words = "session",
	  .run = run_top, .view = &view_sessions,
	  .help = "live statistics on the whole screen", .options = "session interval" },
	{ .name = "interfaces", .group = LOOK, .arguments = "", .words = "",
	  .run = run_simple, .type = "Interfaces", .view = &view_interfaces,
	  .help = "what can be captured on", .options = "netns" },
	{ .name = "profiles", .group = LOOK, .arguments = "", .words = "",
	  .run = run_simple, .type = "Profiles", .view = &view_profiles,
	  .help = "the named settings of the daemon's configuration", .options = "" },

	{ .name = "packets", .group = PACKETS, .arguments = "SESSION [-- OPTION…]", .least = 1, .most = 1, .words = "session",
	  .extra = true, .run = run_packets,
	  .help = "packets of the record, a line each", .options = PART " follow format",
	  .examples = "  packetclient packets a1 --limit 100 --filter \"tcp\"\n"
		      "  packetclient packets uplink --from -5m --format csv -- --fields time,ip.src,dns.qry.name -Y dns\n" },
	{ .name = "export", .group = PACKETS, .arguments = "SESSION [-- OPTION…]", .least = 1, .most = 1, .words = "session",
	  .extra = true, .run = run_export, .view = &view_exported,
	  .help = "packets of the record into a file", .options = PART " format file no-resume",
	  .examples = "  packetclient export a1 --format pcapng -o a1.pcapng\n"
		      "  packetclient export uplink --from '2026-11-19 14:00' --to '2026-11-19 15:00' \\\n"
		      "      --filter 'ip.addr == 192.0.2.7' -o talk.pcap\n" },
	{ .name = "top-talkers", .group = PACKETS, .arguments = "SESSION [-- OPTION…]", .least = 1, .most = 1, .words = "session",
	  .extra = true, .run = run_report, .type = "endpoints,ip",
	  .help = "addresses by bytes", .options = PART " top format" },
	{ .name = "protocols", .group = PACKETS, .arguments = "SESSION [-- OPTION…]", .least = 1, .most = 1, .words = "session",
	  .extra = true, .run = run_report, .type = "hierarchy",
	  .help = "protocols by packets and bytes", .options = PART " format" },
	{ .name = "tap", .group = PACKETS, .arguments = "SESSION", .least = 1, .most = 1, .words = "session", .run = run_tap,
	  .help = "pcapng to standard output, live", .options = "filter from limit all",
	  .examples = "  packetclient tap a1 | nwfilter 'dns' | nwexport\n" },

	{ .name = "events", .group = HAPPENED, .arguments = "[SESSION]", .most = 1, .words = "session",
	  .run = run_follow, .type = "Events", .view = &view_events,
	  .help = "what happened", .options = "session kind since limit follow",
	  .examples = "  packetclient events --follow --output json\n" },
	{ .name = "alerts", .group = HAPPENED, .arguments = "[SESSION]", .most = 1, .words = "session",
	  .run = run_follow, .type = "Alerts", .view = &view_alerts,
	  .help = "alerts of rules", .options = "session since limit follow" },
	{ .name = "logs", .group = HAPPENED, .arguments = "[SESSION]", .most = 1, .words = "session",
	  .run = run_follow, .type = "Logs", .view = &view_logs,
	  .help = "log lines", .options = "session level since limit follow" },
	{ .name = "losses", .group = HAPPENED, .arguments = "SESSION", .least = 1, .most = 1, .words = "session",
	  .run = run_session, .type = "Losses", .view = &view_losses,
	  .help = "what is not in the record, and why", .options = "since limit" },
	{ .name = "bundles", .group = HAPPENED, .arguments = "[SESSION]", .most = 1, .words = "session",
	  .run = run_session, .type = "Bundles", .view = &view_bundles,
	  .help = "what was frozen", .options = "session" },

	{ .name = "status", .group = DAEMON, .arguments = "[SESSION]", .most = 1, .words = "session",
	  .run = run_session, .type = "Status", .view = &view_status,
	  .help = "how the daemon is, or one session", .options = "session" },
	{ .name = "health", .group = DAEMON, .arguments = "", .words = "", .quiet = true,
	  .run = run_health, .type = "Health", .view = &view_health,
	  .help = "is all well; status 1 when it is not", .options = "" },
	{ .name = "version", .group = DAEMON, .arguments = "", .words = "", .quiet = true,
	  .run = run_version, .type = "Version", .view = &view_version,
	  .help = "versions of this program and of the daemon", .options = "" },
	{ .name = "ping", .group = DAEMON, .arguments = "", .words = "", .quiet = true,
	  .run = run_ping, .type = "Ping", .view = &view_message,
	  .help = "is a daemon there", .options = "" },
	{ .name = "check-filter", .group = DAEMON, .arguments = "FILTER…", .least = 1, .most = MANY, .words = "",
	  .run = run_check_filter, .type = "CheckFilter", .view = &view_message,
	  .help = "does a filter compile", .options = "display" },
	{ .name = "reload", .group = DAEMON, .arguments = "", .words = "", .quiet = true, .run = run_reload, .type = "Reload",
	  .help = "have the daemon read its configuration again; status 5 if it is not valid", .options = "" },
	{ .name = "shutdown", .group = DAEMON, .arguments = "", .words = "", .quiet = true,
	  .run = run_shutdown, .type = "Shutdown",
	  .help = "end the daemon, orderly; returns when it has ended", .options = "" },
	{ .name = "operations", .group = DAEMON, .arguments = "", .words = "",
	  .run = run_simple, .type = "Help", .view = &view_operations,
	  .help = "what the daemon can be asked, for programs", .options = "" },
	{ .name = "interactive", .group = DAEMON, .arguments = "", .words = "", .quiet = true, .run = run_interactive,
	  .help = "a prompt for all of these; also reads them from a pipe", .options = "" },
	{ .name = "complete", .group = DAEMON, .arguments = "[-- WORD…]", .words = "", .quiet = true, .extra = true,
	  .run = run_complete,
	  .help = "for shells: what the last word may become", .options = "" },
	{ .name = "help", .group = DAEMON, .arguments = "[COMMAND]", .most = 1, .words = "command", .quiet = true,
	  .run = command_run_help,
	  .help = "this list, or one command", .options = "" },
	{ .name = NULL }
};

/* ---- finding -------------------------------------------------------------------------------------------- */

/* What other programs call it. */
static const char *known_as(const char *name)
{
	static const char *const words[][2] = { { "list", "sessions" }, { "ls", "sessions" }, { "info", "show" }, { "rm", "delete" },
						{ "remove", "delete" }, { "record", "start" }, { "live", "tap" },
						{ "follow", "tap" }, { "dump", "packets" }, { "ifaces", "interfaces" } };

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i][0], name))
			return words[i][1];
	return NULL;
}

const struct command *command_find(const char *name, struct errmsg *err)
{
	struct text_nearest near = { .word = name };
	const char *other = known_as(name);
	const struct command *found = NULL;
	unsigned several = 0;

	for (const struct command *m = commands; m->name; m++) {
		if (!strcmp(m->name, name))
			return m;
		if (*name && !strncmp(m->name, name, strlen(name))) {
			found = found ? found : m;
			several++;
		}
		text_nearest_try(&near, m->name);
	}
	if (other)
		near.best = other;
	if (several == 1)
		return found;
	if (several)
		errmsg_set(err, NW_EINPUT, "'%s' could be several commands (%s, …); packetclient help lists them", name,
			   found->name);
	else if (near.best)
		errmsg_set(err, NW_EINPUT, "'%s' is no command; did you mean %s? packetclient help lists them", name,
			   near.best);
	else
		errmsg_set(err, NW_EINPUT, "'%s' is no command; packetclient help lists them", name);
	return NULL;
}

static bool word_in(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += len)
		if ((p == list || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return true;
	return false;
}

bool command_takes(const struct command *m, const char *option)
{
	bool every = false;

	for (const struct option_row *r = client_options; r->type != OPTION_END; r++) {
		every = every || (r->type == OPTION_GROUP && !strcmp(r->help, "Every command"));
		if (r->type != OPTION_GROUP && !strcmp(r->name, option))
			return every || word_in(m->options, option);
	}
	return false;
}

/* The rows that a command takes, with the headings that have any. */
static void select_rows(const struct command *m, struct option_row *rows)
{
	unsigned n = 0;

	for (const struct option_row *r = client_options; r->type != OPTION_END && n < ROWS_MAX - 1; r++) {
		if (r->type == OPTION_GROUP && n && rows[n - 1].type == OPTION_GROUP)
			n--;
		if (r->type != OPTION_GROUP && !command_takes(m, r->name))
			continue;
		rows[n] = *r;
		if (r->type != OPTION_GROUP && !strcmp(r->name, "filter"))
			rows[n].help = m->group == RECORD ? "what the kernel lets through, as in nwcap and tcpdump (BPF)" :
							    "packets that match this display filter, as in nwfilter";
		n++;
	}
	rows[n] = (struct option_row)OPT_END;
}

struct command_usage {
	struct usage u;
	char name[48], synopsis[128], purpose[128];
	struct option_row rows[ROWS_MAX];
};

static void make_usage(struct command_usage *cu, const struct command *m)
{
	snprintf(cu->name, sizeof(cu->name), "packetclient %s", m->name);
	snprintf(cu->synopsis, sizeof(cu->synopsis), "[OPTION…]%s%s", *m->arguments ? " " : "", m->arguments);
	select_rows(m, cu->rows);
	snprintf(cu->purpose, sizeof(cu->purpose), "%s.", m->help ? m->help : "");
	cu->purpose[0] = (char)toupper(cu->purpose[0]);
	cu->u = (struct usage){ .name = cu->name, .synopsis = cu->synopsis, .purpose = cu->purpose, .examples = m->examples,
				.rows = cu->rows };
}

/* ---- help ------------------------------------------------------------------------------------------------ */

void commands_help(struct outbuf *o)
{
	struct command every = { .name = "", .arguments = "", .options = "" };
	struct command_usage *cu = malloc(sizeof(*cu));
	char purpose[4096];
	struct outbuf text;

	if (!cu)
		return;
	make_usage(cu, &every);
	outbuf_fixed(&text, purpose, sizeof(purpose));
	outbuf_str(&text, "Asks a netwatchd, and starts one when none runs.\n");
	for (unsigned group = 0; group < GROUPS; group++) {
		outbuf_printf(&text, "\n%s:\n", group_titles[group]);
		for (const struct command *m = commands; m->name; m++)
			if (m->group == group)
				outbuf_printf(&text, "  %-14s%s\n", m->name, m->help);
	}
	outbuf_str(&text, "\nSESSION is a name, an id or the beginning of an id. packetclient COMMAND --help tells more.");
	cu->u.name = "packetclient";
	cu->u.synopsis = "[OPTION…] COMMAND [ARGUMENT…]";
	cu->u.purpose = outbuf_cstr(&text);
	cu->u.examples = "  packetclient start --interface eth0 --filter \"port 443\"\n"
			 "  packetclient capture --interface eth0 --duration 60\n"
			 "  packetclient packets a1 --limit 100 --filter \"tcp\"\n"
			 "  packetclient export a1 --format csv -o a1.csv\n"
			 "  packetclient tap a1 | nwfilter dns | nwexport\n"
			 "  packetclient                                 # a prompt with history and completion\n";
	options_help(&cu->u, o);
	free(cu);
}

void command_help(const struct command *m, struct outbuf *o)
{
	struct command_usage *cu = malloc(sizeof(*cu));

	if (!cu)
		return;
	make_usage(cu, m);
	options_help(&cu->u, o);
	free(cu);
	if (!command_takes(m, "kind"))
		return;
	outbuf_str(o, "\nKinds of events, and their data:\n");
	for (unsigned i = 0; i < EVENT_KINDS; i++)
		outbuf_printf(o, "  %-24s%s\n", event_rows[i].name, event_rows[i].help);
}

int command_run_help(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	const struct command *which = argc ? command_find(argv[0], err) : m;

	if (!which)
		return NW_EINPUT;
	if (which == m)
		commands_help(&c->out);
	else
		command_help(which, &c->out);
	return outbuf_flush(&c->out, err);
}

/* ---- one command line -------------------------------------------------------------------------------------- */

/* Does this word take the next one as its value? It may stand in front of the command. */
static bool takes_next(const char *word)
{
	const struct option_row *r;

	if (word[1] == '-')
		r = strchr(word, '=') ? NULL : option_find(word + 2, strlen(word + 2));
	else
		r = word[2] ? NULL : option_letter(word[1]);
	return r && r->arg;
}

/* An option in front of the command that there is not: said before its value is taken for a command. */
static int check_front(const char *word, struct errmsg *err)
{
	char name[] = "packetclient", copy[128], *words[] = { name, copy, NULL };
	const struct usage all = { .name = "packetclient", .rows = client_options };
	const struct option_row *r = word[1] == '-' ? option_find(word + 2, strcspn(word + 2, "=")) : option_letter(word[1]);
	struct client_options o = { .socket = NULL };
	int first, rc;

	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(word, "="), word);
	if (r || !strcmp(copy, "--help") || !strcmp(copy, "-h") || !strcmp(copy, "--version"))
		return 0;
	rc = options_parse(&all, 2, words, &o, &first, err);
	return rc < 0 ? rc : 0;
}

/* Index of the command, or argc. */
static int command_at(int argc, char **argv)
{
	int i = 0;

	while (i < argc && argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "--"))
		i += takes_next(argv[i]) ? 2 : 1;
	return i < argc && strcmp(argv[i], "--") ? i : argc;
}

static int check_arguments(const struct command *m, int n, char **argv, struct errmsg *err)
{
	if (n < m->least)
		return errmsg_set(err, NW_EINPUT, "%s: %s is missing; packetclient %s --help shows how", m->name,
				  m->arguments, m->name);
	if (n > m->most)
		return errmsg_set(err, NW_EINPUT, "%s: '%s' is one word too many; packetclient %s --help shows how", m->name,
				  argv[m->most],
				  m->name);
	return 0;
}

static bool wants_colour(const struct client *c)
{
	const char *no = getenv("NO_COLOR");

	if (c->o.no_color || c->set.colour == 2 || c->output != OUTPUT_TABLE)
		return false;
	return c->set.colour == 1 || (io_is_terminal(STDOUT_FILENO) && !(no && *no));
}

static int settle(struct client *c, struct errmsg *err)
{
	const char *output = c->o.json ? "json" : c->o.output;
	int rc = c->config || c->interactive ? 0 : config_read(c, err);

	if (rc)
		return rc;
	output = output ? output : c->set.output;
	for (unsigned i = 0; output_names[i]; i++)
		if (!strcmp(output, output_names[i]))
			c->output = (enum output)i;
	c->o.utc = c->o.utc || c->set.utc;
	c->colour = wants_colour(c);
	if (!c->o.timeout_ns)
		c->o.timeout_ns = c->set.timeout_ns;
	c->timeout_ms = c->o.timeout_ns / 1000000 < INT32_MAX ? (int)(c->o.timeout_ns / 1000000) : INT32_MAX;
	return 0;
}

static int run(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	int first, rc;
	struct command_usage *cu = malloc(sizeof(*cu));

	if (!cu)
		return errmsg_set(err, NW_ELIMIT, "no memory");
	make_usage(cu, m);
	rc = options_parse(&cu->u, argc, argv, &c->o, &first, err);
	free(cu);
	if (rc == OPTIONS_HELP) {
		command_help(m, &c->out);
		return outbuf_flush(&c->out, err);
	}
	if (rc == OPTIONS_VERSION) {
		outbuf_str(&c->out, "packetclient (nwbox) " NWBOX_VERSION "\n");
		return outbuf_flush(&c->out, err);
	}
	if (!rc)
		rc = check_arguments(m, argc - first, argv + first, err);
	if (!rc)
		rc = settle(c, err);
	return rc ? rc : m->run(c, m, argc - first, argv + first, err);
}

int command_line(struct client *c, int argc, char **argv, struct errmsg *err)
{
	char *words[WORDS_MAX + 1];
	const struct command *m;
	int at = command_at(argc, argv), n = argc;

	for (int i = 0; i < at; i++)
		if (argv[i][0] == '-' && check_front(argv[i], err))
			return NW_EINPUT;
	if (at == argc)
		return errmsg_set(err, NW_EINPUT, "which command? packetclient --help lists them");
	m = command_find(argv[at], err);
	if (!m)
		return NW_EINPUT;
	c->nextra = 0;
	for (int i = at + 1; m->extra && i < n; i++)
		if (!strcmp(argv[i], "--")) {
			c->extra = argv + i + 1;
			c->nextra = argc - i - 1;
			n = i;
		}
	if (n > WORDS_MAX)
		return errmsg_set(err, NW_EINPUT, "more than %d words", WORDS_MAX);
	memcpy(words, argv, (size_t)n * sizeof(*words));
	memmove(words + 1, words, (size_t)at * sizeof(*words)); /* the command goes where a program's name is */
	words[0] = argv[at];
	words[n] = NULL;
	return run(c, m, n, words, err);
}
