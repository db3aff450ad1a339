/* SPDX-License-Identifier: MIT */
/* nwexport: options, and what exports no packets. */
#include "../applets.h"
#include "nwexport.h"

#include "base/text.h"
#include "base/version.h"
#include "export/info.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int apply_gzip(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct opts *o = opts;

	(void)row;
	o->gzip = GZIP_LEVEL;
	if (value && (!text_parse_u64(value, &o->gzip) || o->gzip < 1 || o->gzip > 9))
		return errmsg_set(err, NW_EINPUT, "--gzip=%s: the level is a number from 1 (fast) to 9 (small)", value);
	return 0;
}

/* --fields A,B and -e A: split at the commas, in place (argv is ours to write to). */
static int apply_columns(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct opts *o = opts;
	char *word = (char *)value, *comma;
	unsigned before = o->ncolumns;

	for (; word; word = comma) {
		comma = strchr(word, ',');
		if (comma)
			*comma++ = '\0';
		if (!*word)
			continue;
		if (o->ncolumns == EXPORT_FIELDS_MAX)
			return errmsg_set(err, NW_EINPUT, "more than %d fields", EXPORT_FIELDS_MAX);
		o->columns[o->ncolumns++] = word;
	}
	if (o->ncolumns == before)
		return errmsg_set(err, NW_EINPUT, "--%s: names no field; --list-fields shows all", row->name);
	return 0;
}

/* packets:100000,bytes:50M,seconds:3600 */
static int apply_split(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct opts *o = opts;
	char text[64], *word = text, *comma;

	(void)row;
	if (strlen(value) >= sizeof(text))
		goto wrong;
	memcpy(text, value, strlen(value) + 1);
	for (; word; word = comma) {
		comma = strchr(word, ',');
		if (comma)
			*comma++ = '\0';
		if (!strncmp(word, "packets:", 8) && text_parse_u64(word + 8, &o->part_packets) && o->part_packets)
			continue;
		if (!strncmp(word, "bytes:", 6) && text_parse_size(word + 6, &o->part_bytes) && o->part_bytes)
			continue;
		if (!strncmp(word, "seconds:", 8) && text_parse_duration(word + 8, &o->part_ns) && o->part_ns > 0)
			continue;
		goto wrong;
	}
	return 0;
wrong:
	return errmsg_set(err, NW_EINPUT, "--split %s: expected packets:N, bytes:N (10M) or seconds:N (1h), or several with commas",
			  value);
}

static int apply_width(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct opts *o = opts;

	(void)row;
	o->width_said = true;
	if (!text_parse_u64(value, &o->width) || o->width > 10000)
		return errmsg_set(err, NW_EINPUT, "--width %s: expected columns, 0 (nothing is cut) to 10000", value);
	return 0;
}

static const struct option_row rows[] = {
	OPT_GROUP("Input"),
	OPT_LIST('r', "read", struct opts, inputs, "FILE", "read FILE, '-' is standard input; several are merged by time"),
	OPT_FLAG('F', "tail", struct opts, follow, "wait for more when a file ends, as tail -f does"),
	OPT_STRING('Y', "filter", struct opts, filter, "FILTER", "only packets that match this display filter"),
	OPT_U64('c', "count", struct opts, count, "N", 1, UINT64_MAX, "stop after N packets"),
	OPT_FLAG(0, "no-reassembly", struct opts, no_reassembly, "decode TCP segments and IP fragments as they stand"),
	OPT_LIST('d', "decode-as", struct opts, decode_as, "TEST,PROTO", "tcp.port==8888,http: this port carries that protocol"),
	OPT_GROUP("Output"),
	OPT_STRING('f', "format", struct opts, format, "FORMAT",
		   "text, table, csv, tsv, json, ndjson, yaml, ek, hex, c, pcap, pcapng (text)"),
	OPT_CALL(0, "fields", apply_columns, "A,B,…", "these columns; 'all': all fields in one flat object (json, ndjson, yaml)"),
#if ENABLE_DIALECTS
	OPT_STRING(0, "profile", struct opts, profile, "NAME", "ecs: Elastic Common Schema documents (json, ndjson, yaml, ek)"),
#endif
	OPT_STRING('o', "output", struct opts, output, "FILE", "write FILE, which appears when it is complete; .gz compresses; %Y…; ipfix: udp://HOST:PORT"),
	OPT_FLAG(0, "append", struct opts, append, "go on at the end of -o FILE"),
	OPT_CALL(0, "split", apply_split, "WHAT", "parts of packets:N, bytes:N or seconds:N: FILE-00001.csv, …"),
	OPT_CALL(0, "gzip", apply_gzip, "[=LEVEL]", "compress the output (1 fast … 9 small)"),
	OPT_FLAG(0, "no-header", struct opts, no_header, "no line with the column names (csv, tsv, table)"),
	OPT_CALL(0, "width", apply_width, "N", "table: columns of a line (the terminal's; 0: nothing is cut)"),
	OPT_FLAG('l', "line-buffered", struct opts, line_buffered, "write every packet at once"),
	OPT_GROUP("Again and again (cron)"),
	OPT_STRING(0, "state", struct opts, state, "FILE", "take what earlier runs have not; inputs may be folders and patterns"),
	OPT_STRING(0, "lock", struct opts, lock, "FILE", "only one run at a time; another one ends with status 3"),
	OPT_FLAG(0, "quiet", struct opts, quiet, "nothing but errors on stderr; a lock that is taken is none"),
	OPT_GROUP("As tshark does it"),
	OPT_CHOICE('T', "tshark", struct opts, tshark_format, "KIND", "fields json ek text", "tab-separated -e fields, or json, ek, text"),
	OPT_CALL('e', "field", apply_columns, "FIELD", "one more column"),
	OPT_LIST('E', "setting", struct opts, tshark_settings, "KEY=VALUE",
		 "header=y|n separator=/t|/s|C quote=d|s|n occurrence=f|l|a aggregator=,|/s|C"),
	OPT_GROUP("Text lines, as tcpdump does it"),
	OPT_STRING('t', "time", struct opts, time, "STYLE", "time, epoch, delta, date, first, iso or none (default: time)"),
	OPT_FLAG(0, "utc", struct opts, utc, "times of the day in UTC"),
	OPT_FLAG(0, "nano", struct opts, nano, "nine places of the second even in text"),
	OPT_COUNT('v', "verbose", struct opts, verbose, "more of each packet; -vv more still"),
	OPT_FLAG('q', "quick", struct opts, quick, "less of each packet"),
	OPT_FLAG(0, "link-header", struct opts, link_header, "the link-layer header too (tcpdump -e)"),
	OPT_FLAG('S', "absolute", struct opts, absolute_seq, "TCP sequence numbers as they are on the wire"),
	OPT_COUNT('x', "hex", struct opts, hex, "the bytes of each packet; -xx with the link-layer header"),
	OPT_COUNT('X', "hex-ascii", struct opts, hex_ascii, "the bytes and their characters; -XX likewise"),
	OPT_COUNT('A', "ascii", struct opts, ascii, "the packet as text; -AA likewise"),
	OPT_GROUP("Instead of packets"),
	OPT_CALL(0, "flows", apply_report, NULL, "conversations, each as one record (csv, table, json, ndjson, eve, zeek, zeek-json, ipfix)"),
	OPT_CALL(0, "flow-idle", apply_timeout, "TIME", "a record ends when nothing has come for TIME (5m; 0: never)"),
	OPT_CALL(0, "flow-active", apply_timeout, "TIME", "and when it has lasted TIME: the rest is another (0: never; ipfix: 30m)"),
	OPT_FLAG(0, "rtt", struct opts, rtt, "with round-trip times of TCP and what was sent again (csv, table, json, ndjson)"),
	OPT_U64(0, "max-flows", struct opts, max_flows, "N", 1, UINT32_MAX, "conversations of a transport that are remembered (1048576)"),
#if ENABLE_DIALECTS
	OPT_CHOICE(0, "log", struct opts, log, "NAME", "conn dns ssl http", "of Zeek's logs this one (conn); -o FOLDER/ has all of them"),
#endif
	OPT_CALL(0, "ipfix", apply_ipfix, "KEY=VALUE,…", "domain=N, templates=TIME: how often a collector gets them (60s)"),
	OPT_CALL(0, "separate", apply_separate, "WHAT,…", "vlan, vni, interface: equal addresses there are others"),
	OPT_CALL(0, "follow", apply_report, "tcp|udp,N",
		 "what was said in conversation N (its tcp.stream; or A:PORT,B:PORT; all); ,orig ,resp: one side (text, hex, raw)"),
	OPT_CALL(0, "streams", apply_report, "DIR", "every TCP connection into files of DIR, one for each side; a row for each"),
	OPT_CALL(0, "objects", apply_report, "DIR", "bodies of HTTP/1 as files of DIR; ,object:64M,all:1G: at most; a row for each"),
	OPT_CALL(0, "stats", apply_stats, "NAME[,ARG]", "conv endpoints hierarchy io,SECONDS handshakes expert dns http (table, csv, json, ndjson)"),
	OPT_CALL(0, "summary", apply_report, NULL, "a page about the whole capture (text, json, html)"),
	OPT_U64(0, "top", struct opts, top, "N", 1, UINT32_MAX, "of tables that are sorted the first N rows"),
	OPT_FLAG(0, "info", struct opts, info, "what the files are: format, counts, times, rates, interfaces (text, csv, json)"),
	OPT_FLAG(0, "list-fields", struct opts, list_fields, "every field: name, type, what it is (-f json: for programs)"),
	OPT_END
};

const struct usage nwexport_usage = {
	.name = "nwexport",
	.synopsis = "[OPTION…] [FILE…]",
	.purpose = "Writes the packets of captures as text, tables, JSON or captures; reads standard input without FILE.",
	.examples =
		"  nwexport -f csv -o day.csv.gz day.pcapng          # a table, compressed\n"
		"  nwcap -i eth0 -w - | nwexport -f ndjson           # live, one object per packet\n"
		"  nwexport -f csv --fields frame.number,ip.src,dns.qry.name -Y dns day.pcap\n"
		"  nwexport -T fields -e ip.src -e tcp.dstport -E separator=, day.pcap\n"
		"  nwexport --state s -f csv -o all.csv --append /var/captures    # cron: what is new\n"
		"  nwexport --info *.pcap                            # what is in these files\n",
	.rows = rows,
};

int nwexport_say(int code, const struct errmsg *err)
{
	if (code && code != NW_ECLOSED)
		fprintf(stderr, "nwexport: %s\n", err->text);
	return errmsg_exit_code(code);
}

/* ---- options that depend on each other ---------------------------------------------------------- */

/* Columns of a line: the terminal's, for a table on it. */
static void find_width(struct opts *o)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (o->width_said || o->output || !io_is_terminal(STDOUT_FILENO))
		return;
	if (columns && text_parse_u64(columns, &o->width) && o->width && o->width <= 10000)
		return;
	o->width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* Columns without a format: a table for people who look at it, tab-separated for programs. */
static const char *default_format(const struct opts *o)
{
	if (o->profile)
		return "ndjson";
	if (!o->ncolumns)
		return "text";
	return !o->output && io_is_terminal(STDOUT_FILENO) ? "table" : "tsv";
}

/* What is neither text nor a table has no lines for people. */
static int check_lines(const struct opts *o, struct errmsg *err)
{
	bool text = !strcmp(o->format, "text"), table = !strcmp(o->format, "table");
	bool columns = table || !strcmp(o->format, "csv") || !strcmp(o->format, "tsv");
	const char *what = o->hex ? "-x" : o->hex_ascii ? "-X" : o->ascii ? "-A" : NULL;

	if (what && !text)
		return errmsg_set(err, NW_EINPUT, "%s belongs to the format text, not to %s; -f hex and -f c write bytes", what, o->format);
	if (o->time && !text && !table)
		return errmsg_set(err, NW_EINPUT, "-t belongs to the formats text and table; %s has one form of time", o->format);
	if (o->width_said && !columns)
		return errmsg_set(err, NW_EINPUT, "--width is about tables; use -f table, or leave it out");
	if ((o->header_said || o->separator || o->quote || o->aggregator) && !columns)
		return errmsg_set(err, NW_EINPUT, "-E header, separator, quote and aggregator are about rows; %s has none", o->format);
	return 0;
}

/* --info and --list-fields look at no packets one by one. */
static int check_reports(const struct opts *o, struct errmsg *err)
{
	const char *what = o->filter ? "-Y" : o->count ? "-c" : o->ncolumns ? "--fields" : o->follow ? "-F" : o->profile ? "--profile" :
			   o->decode_as.count ? "-d" : o->state ? "--state" : o->append ? "--append" :
			   o->part_packets || o->part_bytes || o->part_ns ? "--split" : NULL;

	if (o->info && o->list_fields)
		return errmsg_set(err, NW_EINPUT, "--info and --list-fields are two reports; use one of them");
	if (what && o->info)
		return errmsg_set(err, NW_EINPUT, "--info reports on whole files; leave %s out%s", what,
				  o->filter || o->count ? " (nwfilter … | nwexport --info reports on a part)" : "");
	if (!what && o->list_fields && o->output)
		what = "-o";
	if (what && o->list_fields)
		return errmsg_set(err, NW_EINPUT, "--list-fields writes its list to standard output; leave %s out", what);
	return 0;
}

static int complete(struct opts *o, struct errmsg *err)
{
	int rc = 0;

	for (int i = 0; !rc && i < o->tshark_settings.count; i++)
		rc = tshark_setting(o, o->tshark_settings.item[i], err);
	for (int i = 0; !rc && i < o->decode_as.count; i++)
		rc = tshark_decode_as(o->decode_as.item[i], err);
	if (o->tshark_format)
		tshark_apply(o);
	if (!rc && (o->info || o->list_fields))
		rc = check_reports(o, err);
	if (!rc)
		rc = check_report(o, err);
	if (!o->format && !o->list_fields)
		o->format = default_format(o);
	find_width(o);
	if (rc)
		return rc;
	if (o->state && o->follow)
		return errmsg_set(err, NW_EINPUT, "--state and -F: the one takes what is there and ends, the other waits; use one of them");
	return o->info || o->list_fields || o->report ? 0 : check_lines(o, err);
}

/* ---- instead of packets ----------------------------------------------------------------------------- */

static int to_stdout(int (*fn)(const struct opts *o, struct outbuf *out, struct errmsg *err), const struct opts *o, struct errmsg *err)
{
	struct outbuf out;
	int rc = outbuf_to_fd(&out, STDOUT_FILENO, 65536, err);

	if (rc)
		return rc;
	rc = fn(o, &out, err);
	outbuf_release(&out);
	return rc == NW_ESYS ? errmsg_prefix(err, rc, "standard output: ") : rc;
}

static int help(const struct opts *o, struct outbuf *out, struct errmsg *err)
{
	(void)o;
	options_help(&nwexport_usage, out);
	return outbuf_flush(out, err);
}

static int fields(const struct opts *o, struct outbuf *out, struct errmsg *err)
{
	return list_fields(o->format, out, err);
}

static int info(const struct opts *o, char **files, int nfiles, struct errmsg *err)
{
	const struct export_format *f = export_format_find(NULL, o->format);
	struct errmsg input_text;
	struct target out;
	struct input in = { .count = 0 };
	int input_error = 0, rc = input_open(&in, o, files, nfiles, err);
	bool header;

	target_init(&out, o, f ? f : export_formats);
	if (!rc)
		rc = target_open(&out, 0, NULL, &header, err);
	if (!rc) {
		signals_watch(&in);
		signals_catch();
		rc = info_write(&out.buf, o->format, in.reader, in.count, o->utc, &input_error, &input_text, err);
	}
	rc = target_finish(&out, rc, err);
	if (!rc)
		rc = target_commit(&out, err);
	if (!rc && input_error && !interrupted) {
		rc = input_error;
		*err = input_text;
	}
	input_close(&in);
	return rc;
}

int nwexport_main(int argc, char **argv)
{
	struct opts *o = calloc(1, sizeof(*o));
	struct errmsg err;
	int first, rc;

	if (!o)
		return nwexport_say(errmsg_set(&err, NW_ELIMIT, "no memory"), &err);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* an error of write(2) instead */
	rc = options_parse(&nwexport_usage, argc, argv, o, &first, &err);
	if (rc == OPTIONS_HELP) {
		rc = to_stdout(help, o, &err);
	} else if (rc == OPTIONS_VERSION) {
		rc = 0;
		puts("nwexport (nwbox) " NWBOX_VERSION);
	} else if (!rc) {
		rc = complete(o, &err);
		if (!rc && o->lock)
			rc = lock_take(o->lock, &err);
		if (rc == NW_ETIME && o->quiet)
			err.text[0] = '\0';
		else if (!rc && o->list_fields)
			rc = to_stdout(fields, o, &err);
		else if (!rc)
			rc = o->info ? info(o, argv + first, argc - first, &err) : nwexport_run(o, argv + first, argc - first, &err);
	}
	if (!rc || err.text[0])
		rc = nwexport_say(rc, &err);
	else
		rc = errmsg_exit_code(rc);
	free(o);
	return rc;
}
