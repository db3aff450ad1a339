/* SPDX-License-Identifier: MIT */
/* The options of packetclient, each once: commands choose from them by name, so that one word means one thing everywhere. */
#include "packetclient.h"

#include "base/text.h"
#include "loop/loop.h"

#include <string.h>

/* A time, or "-5m": so long ago. */
static int apply_time(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	int64_t *member = (int64_t *)(void *)((char *)opts + row->offset), ns;

	if (*value == '-' && text_parse_duration(value + 1, &ns)) {
		*member = loop_realtime_ns() - ns;
		return 0;
	}
	if (text_parse_time(value, member) && *member > 0)
		return 0;
	return errmsg_set(err, NW_EINPUT, "--%s: '%s' is no time; write 2026-11-20T12:03:07 (Z or +01:00 may follow), "
			  "seconds since 1970, or -5m for five minutes ago", row->name, value);
}

static int apply_limit(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct client_options *o = opts;

	o->limit_given = true;
	if (text_parse_u64(value, &o->limit))
		return 0;
	return errmsg_set(err, NW_EINPUT, "--%s: '%s' is no number; 0 means all", row->name, value);
}

static int apply_span(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct client_options *o = opts;
	bool before = !strcmp(row->name, "before");

	*(before ? &o->before_given : &o->after_given) = true;
	if (text_parse_duration(value, before ? &o->before_ns : &o->after_ns))
		return 0;
	return errmsg_set(err, NW_EINPUT, "--%s: '%s' is no duration; it takes seconds or a number with s, m, h or d, as in "
			  "--%s 5m",
			  row->name, value, row->name);
}

#define O struct client_options
#define OPT_MOMENT(n, m, h) { .type = OPTION_CALL, .name = n, .offset = offsetof(O, m), .arg = "TIME", .help = h, .apply = apply_time }

const struct option_row client_options[] = {
	OPT_GROUP("What to capture"),
	OPT_LIST('i', "interface", O, interfaces, "IFACE", "capture on IFACE; may be given again"),
	OPT_STRING(0, "name", O, name, "NAME", "what the session is called"),
	OPT_STRING(0, "profile", O, profile, "NAME", "settings of this profile, under those given here"),
	OPT_STRING(0, "netns", O, netns, "NETNS", "interfaces of this network namespace: a name or a process id"),
	OPT_U64('s', "snaplen", O, snaplen, "BYTES", 1, 262144, "keep so much of each packet"),
	OPT_CHOICE('Q', "direction", O, direction, "WHICH", "both in out", "packets that come, that go"),
	OPT_FLAG('p', "no-promiscuous", O, no_promiscuous, "only what is addressed to this machine"),
	OPT_SIZE('B', "buffer", O, buffer, "SIZE", 1, 4096, 0, "the kernel's ring"),
	OPT_CHOICE(0, "storage", O, storage, "WHERE", "disk memory", "where the record lies"),
	OPT_STRING(0, "settings", O, settings, "FILE", "more settings (rules, freeze, limits), as YAML or JSON; - is "
		   "standard input"),
	OPT_GROUP("Which packets"),
	OPT_STRING('f', "filter", O, filter, "FILTER", "start, capture: BPF; packets, export, tap: display filter"),
	OPT_GROUP("How long, how much"),
	OPT_DURATION('d', "duration", O, duration_ns, "TIME", "ends by itself after TIME: 60, 5m, 2h"),
	OPT_U64('c', "packets", O, packets, "N", 1, UINT64_MAX, "ends by itself after N packets"),
	OPT_SIZE(0, "bytes", O, bytes, "SIZE", 1, 1, 0, "ends by itself after SIZE of packets"),
	OPT_SIZE(0, "keep-bytes", O, keep_bytes, "SIZE", 1, 1, 0, "the record takes at most SIZE; the oldest goes"),
	OPT_DURATION(0, "keep-time", O, keep_ns, "TIME", "what is older than TIME goes"),
	OPT_U64(0, "keep-free", O, keep_free, "PERCENT", 1, 99, "of the disk stays free; the oldest goes"),
	OPT_SIZE(0, "segment-bytes", O, segment_bytes, "SIZE", 1, 65536, 0, "size of the record's files"),
	OPT_DURATION(0, "segment-time", O, segment_ns, "TIME", "a new file at the latest after TIME"),
	OPT_GROUP("Which of them"),
	OPT_STRING(0, "session", O, session, "ID", "of this session only"),
	OPT_STRING(0, "bundle", O, bundle, "NAME", "those of this bundle (packetclient bundles)"),
	OPT_MOMENT("from", from_ns, "none before TIME: 2026-11-20T12:03:07, seconds since 1970, -5m"),
	OPT_MOMENT("to", to_ns, "none after TIME"),
	OPT_MOMENT("since", since_ns, "nothing older than TIME"),
	{ .type = OPTION_CALL, .letter = 'n', .name = "limit", .arg = "N", .help = "at most N; 0: all",
	  .apply = apply_limit },
	OPT_U64(0, "skip", O, skip, "N", 0, UINT64_MAX, "leave out the first N that match"),
	OPT_FLAG('F', "follow", O, follow, "go on with what comes, until Ctrl-C"),
	OPT_FLAG('a', "all", O, all, "tap: what is recorded already, too"),
	OPT_CHOICE(0, "state", O, state, "STATE", "stopped starting running restarting stopping failed",
		   "sessions in this state"),
	OPT_CHOICE(0, "level", O, level, "LEVEL", "debug info warning error", "these lines and what is worse"),
	OPT_STRING(0, "kind", O, kind, "EVENT", "events of this kind (packetclient help events)"),
	OPT_GROUP("Packets out"),
	OPT_STRING(0, "format", O, format, "FORMAT",
		   "text table csv tsv json ndjson yaml ek hex c pcap pcapng; behind -- further options of nwexport"),
	OPT_STRING('o', "file", O, file, "FILE", "write FILE, which appears when it is complete"),
	OPT_FLAG(0, "no-resume", O, no_resume, "start anew, also where an interrupted export could go on"),
	OPT_U64(0, "top", O, top, "N", 1, UINT32_MAX, "the first N rows"),
	OPT_GROUP("Particulars"),
	OPT_FLAG(0, "force", O, force, "delete: also when it still runs"),
	{ .type = OPTION_CALL, .name = "before", .arg = "TIME", .help = "freeze: so much of what was", .apply = apply_span },
	{ .type = OPTION_CALL, .name = "after", .arg = "TIME", .help = "freeze: so much of what comes", .apply = apply_span },
	OPT_STRING(0, "reason", O, reason, "TEXT", "freeze: why, for the summary"),
	OPT_FLAG('w', "wait", O, wait, "freeze: until the bundle is complete"),
	OPT_FLAG(0, "display", O, display, "check-filter: a display filter, not BPF"),
	OPT_DURATION(0, "interval", O, interval_ns, "TIME", "top: how often numbers are asked for (1)"),
	OPT_GROUP("Every command"),
	OPT_STRING(0, "socket", O, socket, "PATH", "where the daemon listens (NWBOX_SOCKET)"),
	OPT_STRING(0, "config", O, config, "FILE", "settings (~/.packetclient/config.yaml, "
		   "/etc/netwatchd/packetclient.yaml)"),
	OPT_CHOICE(0, "output", O, output, "FORMAT", "table json yaml csv quiet", "how answers look; quiet: ids only"),
	OPT_FLAG(0, "json", O, json, "the same as --output json"),
	OPT_DURATION(0, "timeout", O, timeout_ns, "TIME", "wait so long for an answer (30)"),
	OPT_FLAG(0, "no-start", O, no_start, "start no daemon when none runs (NWBOX_NO_START)"),
	OPT_FLAG(0, "no-color", O, no_color, "no colours (NO_COLOR)"),
	OPT_FLAG(0, "utc", O, utc, "times in UTC"),
	OPT_COUNT('v', "verbose", O, verbose, "say more on stderr"),
	OPT_FLAG(0, "debug", O, debug, "messages sent and received, on stderr"),
	OPT_END
};
#undef O

const struct option_row *option_letter(char letter)
{
	for (const struct option_row *r = client_options; r->type != OPTION_END; r++)
		if (r->type != OPTION_GROUP && r->letter == letter)
			return r;
	return NULL;
}

const struct option_row *option_find(const char *name, size_t len)
{
	const struct option_row *found = NULL;

	for (const struct option_row *r = client_options; r->type != OPTION_END; r++) {
		if (r->type == OPTION_GROUP || strncmp(r->name, name, len))
			continue;
		if (!r->name[len])
			return r;
		found = r;
	}
	return found;
}
