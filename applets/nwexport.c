/* SPDX-License-Identifier: MIT */
/*
 * nwexport: captures in, one of the formats of lib/export out.
 *
 *	files, pipes --reader, merge--> frame --decode--> packet --filter--> export --outbuf, gzip--> file or standard output
 *
 * A live pipe is followed closely: when nothing more is waiting, what has been
 * exported is written before the next packet is waited for. The output file
 * appears under its name when it is complete; bad input ends it in good order.
 */
#include "applets.h"
#include "base/options.h"
#include "base/text.h"
#include "base/version.h"
#include "decode/protocol.h"
#include "export/export.h"
#include "export/info.h"
#include "filter/filter.h"
#include "pcapio/gzip.h"
#include "pcapio/reader.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 256 * 1024, PIPE_BYTES = 1024 * 1024, INPUTS_MAX = 256 };

struct opts {
	struct option_list inputs, fields, tshark_fields, tshark_settings, decode_as;
	const char *format, *tshark_format, *filter, *output, *time;
	uint64_t count, gzip;
	int verbose, hex, hex_ascii, ascii;
	bool info, list_fields, no_header, utc, nano, quiet, link_header, absolute_seq, line_buffered, follow;
	char separator, quote, aggregator, occurrence;
	bool header_said, header, gzip_said;
};

/* ---- the command line ----------------------------------------------------------------- */

static int apply_gzip(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct opts *o = opts;

	(void)row;
	o->gzip = GZIP_LEVEL;
	if (value && (!text_parse_u64(value, &o->gzip) || o->gzip < 1 || o->gzip > 9))
		return errmsg_set(err, NW_EINPUT, "--gzip=%s: the level is a number from 1 (fast) to 9 (small)", value);
	return 0;
}

static const struct option_row rows[] = {
	OPT_GROUP("Input"),
	OPT_LIST('r', "read", struct opts, inputs, "FILE", "read FILE, '-' is standard input; several are merged by time"),
	OPT_FLAG('F', "follow", struct opts, follow, "wait for more when a file ends, as tail -f does"),
	OPT_STRING('Y', "filter", struct opts, filter, "FILTER", "only packets that match this display filter"),
	OPT_U64('c', "count", struct opts, count, "N", 1, UINT64_MAX, "stop after N packets"),
	OPT_LIST('d', "decode-as", struct opts, decode_as, "TEST,PROTO", "tcp.port==8888,http: this port carries that protocol"),
	OPT_GROUP("Output"),
	OPT_STRING('f', "format", struct opts, format, "FORMAT", "text, csv, tsv, json, ndjson, pcap or pcapng (default: text)"),
	OPT_LIST(0, "fields", struct opts, fields, "A,B,…", "these columns; 'all': every field there is (json, ndjson)"),
	OPT_STRING('o', "output", struct opts, output, "FILE", "write FILE, which appears when it is complete; .gz compresses"),
	OPT_CALL(0, "gzip", apply_gzip, "[=LEVEL]", "compress the output (1 fast … 9 small)"),
	OPT_FLAG(0, "no-header", struct opts, no_header, "no line with the column names (csv, tsv)"),
	OPT_FLAG('l', "line-buffered", struct opts, line_buffered, "write every packet at once"),
	OPT_GROUP("As tshark does it"),
	OPT_CHOICE('T', "tshark", struct opts, tshark_format, "KIND", "fields json ek text", "tab-separated -e fields, or json, ek, text"),
	OPT_LIST('e', "field", struct opts, tshark_fields, "FIELD", "one more column"),
	OPT_LIST('E', "setting", struct opts, tshark_settings, "KEY=VALUE",
		 "header=y|n separator=/t|/s|C quote=d|s|n occurrence=f|l|a aggregator=,|/s|C"),
	OPT_GROUP("Text lines, as tcpdump does it"),
	OPT_STRING('t', "time", struct opts, time, "STYLE", "time, epoch, delta, date, first, iso or none (default: time)"),
	OPT_FLAG(0, "utc", struct opts, utc, "times of the day in UTC"),
	OPT_FLAG(0, "nano", struct opts, nano, "nine places of the second even in text"),
	OPT_COUNT('v', "verbose", struct opts, verbose, "more of each packet; -vv more still"),
	OPT_FLAG('q', "quiet", struct opts, quiet, "less of each packet"),
	OPT_FLAG(0, "link-header", struct opts, link_header, "the link-layer header too (tcpdump -e)"),
	OPT_FLAG('S', "absolute", struct opts, absolute_seq, "TCP sequence numbers as they are on the wire"),
	OPT_COUNT('x', "hex", struct opts, hex, "the bytes of each packet; -xx with the link-layer header"),
	OPT_COUNT('X', "hex-ascii", struct opts, hex_ascii, "the bytes and their characters; -XX likewise"),
	OPT_COUNT('A', "ascii", struct opts, ascii, "the packet as text; -AA likewise"),
	OPT_GROUP("Instead of packets"),
	OPT_FLAG(0, "info", struct opts, info, "what the files are: format, counts, times, rates, interfaces (text, csv, json)"),
	OPT_FLAG(0, "list-fields", struct opts, list_fields, "every field: name, type, what it is"),
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
		"  nwexport --info *.pcap                            # what is in these files\n",
	.rows = rows,
};

static const struct {
	const char *name;
	enum timefmt_style style;
} time_styles[] = {
	{ "time", TIMEFMT_TIME }, { "epoch", TIMEFMT_EPOCH }, { "delta", TIMEFMT_DELTA }, { "date", TIMEFMT_DATE_TIME },
	{ "first", TIMEFMT_SINCE_FIRST }, { "iso", TIMEFMT_ISO8601 }, { "none", TIMEFMT_NONE },
};

static int time_style(const char *name, enum timefmt_style *style, struct errmsg *err)
{
	for (size_t i = 0; i < sizeof(time_styles) / sizeof(*time_styles); i++)
		if (!strcmp(name, time_styles[i].name)) {
			*style = time_styles[i].style;
			return 0;
		}
	return errmsg_set(err, NW_EINPUT, "-t %s: there are time, epoch, delta, date, first, iso and none", name);
}

/* tshark writes /t for a tab and /s for a blank. */
static bool setting_char(const char *value, char *c)
{
	if (value[0] == '/' && value[1] && !value[2])
		*c = value[1] == 't' ? '\t' : value[1] == 's' ? ' ' : value[1] == 'n' ? '\n' : value[1];
	else if (value[0] && !value[1])
		*c = value[0];
	else
		return false;
	return true;
}

static int tshark_setting(struct opts *o, const char *text, struct errmsg *err)
{
	const char *value = strchr(text, '=');
	size_t len = value ? (size_t)(value - text) : 0;
	bool good = false;

	if (value++) {
		bool yes = !strcmp(value, "y"), no = !strcmp(value, "n");

		if (len == 6 && !strncmp(text, "header", len)) {
			good = yes || no;
			o->header = yes;
			o->header_said = true;
		} else if (len == 9 && !strncmp(text, "separator", len)) {
			good = setting_char(value, &o->separator);
		} else if (len == 10 && !strncmp(text, "aggregator", len)) {
			good = setting_char(value, &o->aggregator);
		} else if (len == 5 && !strncmp(text, "quote", len)) {
			good = *value && strchr("dsn", *value) && !value[1];
			o->quote = *value == 'd' ? '"' : *value == 's' ? '\'' : 0;
		} else if (len == 10 && !strncmp(text, "occurrence", len)) {
			good = *value && strchr("fla", *value) && !value[1];
			o->occurrence = *value;
		}
	}
	if (good)
		return 0;
	return errmsg_set(err, NW_EINPUT,
			  "-E %s: expected header=y|n, separator=C, quote=d|s|n, occurrence=f|l|a or aggregator=C, where C is one "
			  "character, /t (tab) or /s (blank)",
			  text);
}

/* "tcp.port==8888,http" */
static int decode_as(const char *text, struct errmsg *err)
{
	char name[64], port[8];
	const char *at = strstr(text, "=="), *comma = strrchr(text, ',');
	unsigned kind = CLAIM_NONE;
	uint64_t number;

	if (!strncmp(text, "tcp.port==", 10))
		kind = CLAIM_TCP_PORT;
	else if (!strncmp(text, "udp.port==", 10))
		kind = CLAIM_UDP_PORT;
	if (!kind || !comma || comma < at || (size_t)(comma - at - 2) >= sizeof(port) || strlen(comma) > sizeof(name))
		return errmsg_set(err, NW_EINPUT, "-d %s: expected a port and a protocol: tcp.port==8888,http or udp.port==5300,dns",
				  text);
	snprintf(port, sizeof(port), "%.*s", (int)(comma - at - 2), at + 2);
	if (!text_parse_u64(port, &number) || number > 65535)
		return errmsg_set(err, NW_EINPUT, "-d %s: '%s' is no port; ports are 0 to 65535", text, port);
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (protocols[i]->application && !strcmp(protocols[i]->name, comma + 1))
			return decoder_claim(kind, (unsigned)number, i) ? errmsg_set(err, NW_ELIMIT, "too many -d") : 0;
	return errmsg_set(err, NW_EINPUT, "-d %s: '%s' is no protocol on top of TCP or UDP; --list-fields shows all", text, comma + 1);
}

/* ---- --list-fields ------------------------------------------------------------------------ */

static const char *type_name(unsigned type)
{
	static const char *const names[] = { "boolean", "number", "signed", "time", "duration", "IPv4", "IPv6", "MAC", "text",
					     "bytes", "protocol" };

	return type < sizeof(names) / sizeof(*names) ? names[type] : "?";
}

static int list_fields(void)
{
	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		printf("%s\tprotocol\t%s (%s)\n", protocols[i]->name, protocols[i]->title, protocols[i]->reference);
		for (unsigned j = 0; j < protocols[i]->nfields; j++)
			printf("%s\t%s\t%s\n", protocols[i]->fields[j].name, type_name(protocols[i]->fields[j].type),
			       protocols[i]->fields[j].label);
	}
	return 0; /* main() sees whether it has arrived */
}

/* ---- input ----------------------------------------------------------------------------------- */

struct input {
	struct reader *reader[INPUTS_MAX];
	int fd[INPUTS_MAX];
	unsigned count;
	struct merge *merge; /* NULL for one */
};

/* What a signal does: every input ends at once, so that the output is finished as at any other end. */
static volatile sig_atomic_t interrupted;
static int signal_fds[INPUTS_MAX], signal_count, signal_empty = -1;

static void on_signal(int signo)
{
	int saved = errno;

	(void)signo;
	interrupted = 1;
	for (int i = 0; i < signal_count; i++)
		if (signal_empty >= 0)
			dup2(signal_empty, signal_fds[i]);
	errno = saved;
}

/* A deleted empty file: reading gives the end, and following it too. */
static void signals_catch(const struct input *in)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	signal_empty = memfd_create("nwexport", MFD_CLOEXEC);
	for (unsigned i = 0; i < in->count; i++)
		signal_fds[i] = in->fd[i];
	signal_count = (int)in->count;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static int input_add(struct input *in, const char *path, const struct opts *o, struct errmsg *err)
{
	struct reader_options ro = { .follow = o->follow };
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), rc;
	struct stat st;

	if (in->count == INPUTS_MAX)
		return errmsg_set(err, NW_EINPUT, "more than %d inputs; merge some of them first", INPUTS_MAX);
	if (fd < 0)
		return errmsg_errno(err, "%s: cannot open it", path);
	if (standard && io_is_terminal(fd))
		return errmsg_set(err, NW_EINPUT, "standard input is a terminal; name a capture file, or pipe one in");
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		rc = errmsg_set(err, NW_EINPUT, "%s: is a directory; name a file in it", path);
	else
		rc = reader_open_fd(&in->reader[in->count], fd, standard ? "standard input" : path, &ro, err);
	if (rc) {
		if (!standard)
			close(fd);
		return rc;
	}
	in->fd[in->count++] = fd;
	return 0;
}

static int input_open(struct input *in, const struct opts *o, char **files, int nfiles, struct errmsg *err)
{
	int rc = 0;

	for (int i = 0; !rc && i < o->inputs.count; i++)
		rc = input_add(in, o->inputs.item[i], o, err);
	for (int i = 0; !rc && i < nfiles; i++)
		rc = input_add(in, files[i], o, err);
	if (!rc && !in->count)
		rc = input_add(in, "-", o, err);
	if (!rc && in->count > 1)
		rc = merge_open(&in->merge, in->reader, in->count, err);
	return rc;
}

static void input_close(struct input *in)
{
	if (in->merge)
		merge_close(in->merge);
	for (unsigned i = 0; i < in->count; i++) {
		reader_close(in->reader[i]);
		if (in->fd[i] != STDIN_FILENO)
			close(in->fd[i]);
	}
}

static const struct interface *input_interface(void *source, uint32_t ifid)
{
	struct input *in = source;

	if (in->merge)
		return ifid < merge_interfaces(in->merge) ? merge_interface(in->merge, ifid) : NULL;
	return ifid < reader_interfaces(in->reader[0]) ? reader_interface(in->reader[0], ifid) : NULL;
}

/* Nanoseconds in any of the inputs: then times have nine places. */
static int input_digits(const struct input *in)
{
	for (unsigned i = 0; i < in->count; i++)
		for (uint32_t j = 0; j < reader_interfaces(in->reader[i]); j++) {
			const struct interface *f = reader_interface(in->reader[i], j);

			if (f->tsresol & 0x80 ? (f->tsresol & 0x7f) > 20 : f->tsresol > 6)
				return 9;
		}
	return 6;
}

/* ---- output ------------------------------------------------------------------------------------ */

struct output {
	struct outfile file;
	struct gzip_sink *gzip;
	struct outbuf buf;
	int fd;
	bool own;
	const char *name;
};

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && !strcmp(s + n - m, tail);
}

static int output_open(struct output *out, struct opts *o, bool binary, struct errmsg *err)
{
	bool standard = !o->output || !strcmp(o->output, "-");
	int rc;

	if (!o->gzip && !standard && ends_with(o->output, ".gz"))
		o->gzip = GZIP_LEVEL;
	out->fd = STDOUT_FILENO;
	out->name = standard ? "standard output" : o->output;
	if (!standard) {
		rc = outfile_open(&out->file, o->output, err);
		if (rc)
			return rc;
		out->fd = out->file.fd;
		out->own = true;
	}
	if ((binary || o->gzip) && io_is_terminal(out->fd))
		return errmsg_set(err, NW_EINPUT, "binary output is not written to a terminal; use -o FILE, or pipe it on");
	if (standard) {
		io_grow_pipe(out->fd, PIPE_BYTES);
	}
	if (o->gzip) {
		rc = gzip_sink_open(&out->gzip, out->fd, out->name, (int)o->gzip, err);
		return rc ? rc : outbuf_to_sink(&out->buf, gzip_sink_write, out->gzip, OUTPUT_BYTES, err);
	}
	return outbuf_to_fd(&out->buf, out->fd, OUTPUT_BYTES, err);
}

/* Everything out; the file gets its name unless `rc` says that writing failed. */
static int output_close(struct output *out, int rc, struct errmsg *err)
{
	int end;

	if (!rc && out->buf.start)
		rc = outbuf_flush(&out->buf, err);
	end = gzip_sink_close(out->gzip, rc ? NULL : err);
	rc = rc ? rc : end;
	if (out->own && rc)
		outfile_abort(&out->file);
	else if (out->own)
		rc = outfile_commit(&out->file, err);
	outbuf_release(&out->buf);
	return rc;
}

/* ---- the work ---------------------------------------------------------------------------------------- */

struct run {
	struct opts *o;
	struct input in;
	struct output out;
	struct decoder decoder;
	struct filter *filter;
	struct export *export;
	bool raw;          /* nobody looks behind the frame */
	uint64_t exported;
	int input_error;   /* of the input, after what was good has been exported */
	struct errmsg input_text;
};

static bool run_wants(struct run *r, struct packet *p)
{
	if (!ENABLE_DISPLAY_FILTER || !r->filter)
		return true;
	return r->raw ? filter_match_frame(r->filter, p->frame) : filter_match(r->filter, p);
}

/* One frame. False when no more are wanted. */
static bool run_frame(struct run *r, const struct frame *f, struct packet *p)
{
	if (r->raw)
		p->frame = f;
	else
		packet_decode(p, &r->decoder, f);
	if (!run_wants(r, p))
		return true;
	export_packet(r->export, p);
	r->exported++;
	if (r->o->line_buffered)
		export_flush(r->export, NULL);
	return r->exported != r->o->count && !r->out.buf.error;
}

static int run_flush(struct run *r, struct errmsg *err)
{
	int rc = export_flush(r->export, err);

	return rc || !r->out.gzip ? rc : gzip_sink_flush(r->out.gzip, err);
}

/* A negative result is the output's; the input's error is kept for the end. */
static int run_one(struct run *r, struct packet *p, struct errmsg *err)
{
	struct reader *reader = r->in.reader[0];
	struct frame f;
	int n;

	for (;;) {
		while ((n = reader_next(reader, &f, &r->input_text)) > 0)
			if (!run_frame(r, &f, p))
				return r->out.buf.error ? outbuf_flush(&r->out.buf, err) : 0;
		if (n == 0) {
			if (!reader_ready(reader)) {
				int rc = run_flush(r, err);

				if (rc)
					return rc;
			}
			n = reader_fill(reader, &r->input_text);
		}
		if (n <= 0) {
			r->input_error = n;
			return 0;
		}
	}
}

static int run_merged(struct run *r, struct packet *p, struct errmsg *err)
{
	struct frame f;
	int n;

	for (;;) {
		struct errmsg text;

		if (!merge_ready(r->in.merge)) {
			int rc = run_flush(r, err);

			if (rc)
				return rc;
		}
		n = merge_read(r->in.merge, &f, &text);
		if (n > 0) {
			if (!run_frame(r, &f, p))
				return r->out.buf.error ? outbuf_flush(&r->out.buf, err) : 0;
		} else if (n < 0) { /* one input is broken: the others go on */
			if (r->input_error)
				fprintf(stderr, "nwexport: %s\n", r->input_text.text);
			r->input_error = n;
			r->input_text = text;
		} else {
			return 0;
		}
	}
}

static int run_filter(struct run *r, struct errmsg *err)
{
	struct filter_notes notes = { "" };
	int rc;

	if (!r->o->filter)
		return 0;
	if (!ENABLE_DISPLAY_FILTER)
		return errmsg_set(err, NW_EINPUT, "this build has no display filter (-Y)");
	rc = filter_compile(&r->filter, r->o->filter, &notes, err);
	if (rc)
		return rc;
	if (notes.hint[0])
		fprintf(stderr, "nwexport: %s\n", notes.hint);
	filter_want(r->filter, &r->decoder);
	return 0;
}

/* Splits the --fields words at their commas, in place; adds -e. Returns their number. */
static unsigned collect_fields(const struct opts *o, const char **fields, struct errmsg *err)
{
	unsigned n = 0;

	for (int i = 0; i < o->fields.count; i++) {
		char *word = (char *)o->fields.item[i], *comma; /* argv is ours to write to */

		for (; word; word = comma) {
			comma = strchr(word, ',');
			if (comma)
				*comma++ = '\0';
			if (!*word)
				continue;
			if (n == EXPORT_FIELDS_MAX) {
				errmsg_set(err, NW_EINPUT, "more than %d fields", EXPORT_FIELDS_MAX);
				return EXPORT_FIELDS_MAX + 1;
			}
			fields[n++] = word;
		}
	}
	for (int i = 0; i < o->tshark_fields.count && n < EXPORT_FIELDS_MAX; i++)
		fields[n++] = o->tshark_fields.item[i];
	return n;
}

/* What -T means in our words. */
static void apply_tshark(struct opts *o)
{
	if (!strcmp(o->tshark_format, "fields")) {
		o->format = "tsv";
		if (!o->header_said)
			o->no_header = true;
	} else if (!strcmp(o->tshark_format, "ek")) {
		o->format = "ndjson";
	} else {
		o->format = o->tshark_format;
	}
	if (!o->occurrence)
		o->occurrence = 'a';
	if (o->format[0] != 't' && !o->fields.count && !o->tshark_fields.count) {
		o->fields.item[0] = "all";
		o->fields.count = 1;
	}
}

static int run_export(struct run *r, struct errmsg *err)
{
	const struct opts *o = r->o;
	struct export_options eo = {
		.format = o->format,
		.separator = o->separator,
		.header = o->header_said ? o->header : !o->no_header,
		.quote = o->quote,
		.aggregator = o->aggregator,
		.occurrence = o->occurrence,
		.summary = { .verbose = o->verbose, .quiet = o->quiet, .absolute_seq = o->absolute_seq,
			     .link_header = o->link_header },
		.hexdump = o->hex_ascii ? 'X' : o->hex ? 'x' : o->ascii ? 'A' : 0,
		.hexdump_link = o->hex > 1 || o->hex_ascii > 1 || o->ascii > 1,
		.interface = input_interface,
		.source = &r->in,
		.output_name = r->out.name,
	};
	const char *fields[EXPORT_FIELDS_MAX];
	enum timefmt_style style = TIMEFMT_TIME;
	int rc = o->time ? time_style(o->time, &style, err) : 0;

	if (rc)
		return rc;
	eo.nfields = collect_fields(o, fields, err);
	if (eo.nfields > EXPORT_FIELDS_MAX)
		return NW_EINPUT;
	eo.fields = eo.nfields ? fields : NULL;
	timefmt_init(&eo.time, style, o->nano ? 9 : strcmp(o->format, "text") ? input_digits(&r->in) : 6, o->utc);
	return export_open(&r->export, &eo, &r->decoder, &r->out.buf, err);
}

static int run_packets(struct run *r, struct errmsg *err)
{
	const struct export_format *f = export_format_find(r->o->format);
	struct packet *p;
	int rc = output_open(&r->out, r->o, f && f->binary, err);

	if (!rc)
		rc = run_export(r, err);
	if (rc)
		return output_close(&r->out, rc, err);
	p = malloc(sizeof(*p));
	if (!p) {
		export_close(r->export);
		return output_close(&r->out, errmsg_set(err, NW_ELIMIT, "no memory for a packet"), err);
	}
	r->raw = f->raw && (!ENABLE_DISPLAY_FILTER || !r->filter || !filter_needs_decoding(r->filter));
	p->nlayers = 0;
	signals_catch(&r->in);
	rc = r->in.merge ? run_merged(r, p, err) : run_one(r, p, err);
	export_close(r->export);
	free(p);
	return output_close(&r->out, rc, err);
}

static int run_info(struct run *r, struct errmsg *err)
{
	int rc = output_open(&r->out, r->o, false, err);

	if (!rc) {
		signals_catch(&r->in);
		rc = info_write(&r->out.buf, r->o->format, r->in.reader, r->in.count, r->o->utc, &r->input_error,
				&r->input_text, err);
	}
	return output_close(&r->out, rc, err);
}

static int help(void)
{
	struct outbuf out;
	struct errmsg err;
	int rc = outbuf_to_fd(&out, STDOUT_FILENO, 16384, &err);

	if (rc)
		return errmsg_exit_code(rc);
	options_help(&nwexport_usage, &out);
	rc = outbuf_flush(&out, NULL);
	outbuf_release(&out);
	return errmsg_exit_code(rc);
}

static int complain(int rc, const struct errmsg *err)
{
	if (rc && rc != NW_ECLOSED)
		fprintf(stderr, "nwexport: %s\n", err->text);
	return errmsg_exit_code(rc);
}

int nwexport_main(int argc, char **argv)
{
	struct opts o = { .format = NULL };
	struct run r = { .o = &o };
	struct errmsg err;
	int first, rc;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* an error of write(2) instead */
	rc = options_parse(&nwexport_usage, argc, argv, &o, &first, &err);
	if (rc == OPTIONS_HELP)
		return help();
	if (rc == OPTIONS_VERSION)
		return puts("nwexport (nwbox) " NWBOX_VERSION), 0;
	if (rc)
		return complain(rc, &err);
	decoder_init(&r.decoder);
	if (o.list_fields)
		return list_fields();
	for (int i = 0; !rc && i < o.tshark_settings.count; i++)
		rc = tshark_setting(&o, o.tshark_settings.item[i], &err);
	for (int i = 0; !rc && i < o.decode_as.count; i++)
		rc = decode_as(o.decode_as.item[i], &err);
	if (o.tshark_format)
		apply_tshark(&o);
	if (!o.format)
		o.format = o.fields.count || o.tshark_fields.count ? "tsv" : "text";
	if (!rc)
		rc = run_filter(&r, &err);
	if (!rc)
		rc = input_open(&r.in, &o, argv + first, argc - first, &err);
	if (!rc)
		rc = o.info ? run_info(&r, &err) : run_packets(&r, &err);
	if (!rc && r.input_error && !interrupted) {
		rc = r.input_error;
		err = r.input_text;
	}
	input_close(&r.in);
	if (ENABLE_DISPLAY_FILTER)
		filter_free(r.filter);
	decoder_release(&r.decoder);
	return complain(rc, &err);
}
