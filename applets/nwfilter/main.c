/* SPDX-License-Identifier: MIT */
/* nwfilter: options, and what reads no packets. */
#include "../applets.h"
#include "base/text.h"
#include "base/version.h"
#include "capture/capture.h"
#include "decode/protocol.h"
#include "filter/complete.h"
#include "nwfilter.h"
#include "sys/io.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SNAPLEN_MAX = 262144 };

static int apply_fields(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;

	(void)row;
	(void)err;
	o->list_fields = true;
	o->fields_pattern = value;
	return 0;
}

#define O struct nwfilter_options
static const struct option_row rows[] = {
	OPT_GROUP("Input and output"),
	OPT_LIST('r', "read", O, read, "FILE", "read FILE instead of standard input; several are merged by time"),
	OPT_STRING('w', "write", O, write, "FILE", "write to FILE instead of standard output"),
	OPT_CHOICE('F', "format", O, format, "FORMAT", "pcap pcapng", "format of the output; else that of the input"),
	OPT_FLAG(0, "follow", O, follow, "wait for more at the end of a file that grows"),
	OPT_FLAG(0, "flush", O, flush, "write each packet at once, not only when the input pauses"),
	OPT_GROUP("What matches"),
	OPT_STRING('f', "filter-file", O, filter_file, "FILE", "read the display filter from FILE (lines with # are comments)"),
	OPT_STRING(0, "bpf", O, bpf, "EXPR", "packets that match EXPR, in libpcap's language (pcap-filter(7)); both must match"),
	OPT_FLAG('v', "invert", O, invert, "packets that do not match the filter"),
	OPT_FLAG(0, "no-reassembly", O, no_reassembly, "decode TCP segments and IP fragments as they stand"),
	OPT_TIME(0, "after", O, after_ns, "TIME", "not before TIME: 2026-11-20, 2026-11-20T12:03:07.5Z, or seconds since 1970"),
	OPT_TIME(0, "before", O, before_ns, "TIME", "before TIME"),
	OPT_CALL(0, "whole-flow", apply_whole_flow, "[=SIZE]",
		 "all packets of the conversations of which one matches; at most SIZE (64M) waits for that"),
	OPT_GROUP("How much of it"),
	OPT_U64('m', "max-count", O, max, "N", 1, UINT64_MAX, "end after N packets have matched"),
	OPT_U64(0, "sample", O, sample, "N", 1, UINT64_MAX, "every Nth of those that match, the first included"),
	OPT_U64(0, "rate", O, rate, "N", 1, UINT64_MAX, "at most N packets in a second (of the packets' time)"),
	OPT_U64('s', "snaplen", O, snaplen, "BYTES", 1, SNAPLEN_MAX, "keep the first BYTES of each packet"),
	OPT_CALL(0, "range", apply_ranges, "N-M,...", "packets by their number in the input: 1-100,205,300-"),
	OPT_GROUP("Changes, made in this order"),
#if ENABLE_EDIT
	OPT_CALL(0, "shift", apply_shift, "TIME", "move the time stamps: 3600, -0.5, +2h"),
	OPT_CALL(0, "shift-to", apply_shift_to, "TIME", "move them so that the first packet is at TIME"),
	OPT_CALL(0, "strip-vlan", apply_strip_vlan, "[=N]", "take VLAN tags off, all or the outer N"),
	OPT_CHOICE(0, "decap", O, decap, "TUNNEL", EDIT_TUNNELS,
		   "take the innermost such tunnel off; inner IP stays behind the outer link header"),
	OPT_CALL(0, "dedup", apply_dedup, "[=WINDOW]", "leave out what was among the last 5 packets; WINDOW: 100 packets, 0.5s"),
	OPT_CHOICE(0, "dedup-by", O, dedup_by, "WHAT", "exact packet network",
		   "compare all bytes; all but TTL and checksums (default); of that the IP packet alone, without MACs and padding"),
	OPT_CHOICE(0, "link", O, link, "TYPE", EDIT_LINKS, "change the link-layer header; raw and null hold IP only"),
	OPT_STRING(0, "anonymize", O, key_file, "KEYFILE", "replace IP and MAC addresses, equal prefixes by equal prefixes; payload goes"),
	OPT_CHOICE(0, "anonymize-payload", O, payload, "HOW", "drop zero keep", "what is behind the headers: cut off (default), zeros, as it is"),
	OPT_FLAG(0, "keep-oui", O, edit.keep_oui, "the vendor part of MAC addresses stays"),
	OPT_CALL(0, "chop", apply_chop, "CUT", "cut bytes out: 4 (first), -4 (last), 12:4 (at 12); may be given again"),
	OPT_FLAG('L', "adjust-length", O, edit.adjust_length, "what --chop and -s cut is off the length on the wire too"),
#endif
	OPT_STRING(0, "inject-keys", O, inject_keys, "FILE", "put the TLS keys of FILE (SSLKEYLOGFILE) into the pcapng"),
	OPT_CALL(0, "split", apply_split, "BY", "several files NAME-KEY: flow, host, seconds:60, packets:1000, bytes:10M"),
	OPT_GROUP("Instead of packets"),
	OPT_FLAG('c', "count", O, count_only, "print how many match (packets too, if -w names a file)"),
	OPT_FLAG('q', "quiet", O, quiet, "print nothing; exit 0 at the first match, 1 if there is none"),
	OPT_FLAG(0, "explain", O, explain, "print what the filter was understood as, its program and its BPF half"),
	OPT_STRING(0, "complete", O, complete, "TEXT", "how the filter TEXT can go on, one way a line (for shells)"),
	OPT_CALL(0, "fields", apply_fields, "[=PATTERN]", "list the fields a filter can name; PATTERN: tcp, 'ip.*'"),
	OPT_END
};
#undef O

const struct usage nwfilter_usage = {
	.name = "nwfilter",
	.synopsis = "[OPTION…] [FILTER WORD…]",
	.purpose = "Reads a capture (pcap, pcapng, gzipped), writes the packets that match, changed if so asked.",
	.examples = "  nwcap -i eth0 -w - | nwfilter 'tls and ip.dst == 10.0.0.0/8' | nwexport -f csv\n"
		    "  nwfilter -r a.pcap -r b.pcap -w both.pcapng          # merge by time\n"
		    "  nwfilter -r day.pcapng -c 'dns.qry.name contains \"example\"'\n"
		    "  nwfilter -r day.pcap -q 'tcp.flags.reset == 1' && echo resets\n"
		    "  nwfilter -r day.pcapng --anonymize key -w share.pcap  # addresses replaced, payload gone\n"
		    "  nwfilter -r mirror.pcap --decap any --dedup -w inner.pcap\n"
		    "  nwfilter -r day.pcap --bpf 'tcp port 443' --after 2026-11-20T12:00 -w noon.pcap\n",
	.rows = rows,
};

/* ---- the filter's text ------------------------------------------------------------------- */

/* The words joined with blanks. */
static char *join(char **words, int count, struct errmsg *err)
{
	size_t len = 1, at = 0;
	char *text;

	for (int i = 0; i < count; i++)
		len += strlen(words[i]) + 1;
	text = malloc(len);
	if (!text) {
		errmsg_set(err, NW_ELIMIT, "no memory for the filter");
		return NULL;
	}
	for (int i = 0; i < count; i++) {
		size_t n = strlen(words[i]);

		if (i)
			text[at++] = ' ';
		memcpy(text + at, words[i], n);
		at += n;
	}
	text[at] = '\0';
	return text;
}

/* Lines that start with # become blank, so that columns in messages stay right. */
static void blank_comments(char *text)
{
	for (char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (line[strspn(line, " \t")] == '#')
			memset(line, ' ', len);
		line += len;
		if (*line)
			*line++ = ' ';
	}
}

static char *read_filter_file(const char *path, struct errmsg *err)
{
	char *text = malloc(FILTER_TEXT_MAX + 1);
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	long n = 0;

	if (fd < 0 || !text) {
		errmsg_errno(err, "%s: cannot read the filter", path);
		goto fail;
	}
	while (len <= FILTER_TEXT_MAX && (n = io_read(fd, text + len, FILTER_TEXT_MAX + 1 - len, path, err)) > 0)
		len += (size_t)n;
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0)
		goto fail;
	if (len > FILTER_TEXT_MAX || memchr(text, 0, len)) {
		errmsg_set(err, NW_EINPUT, "%s: is no filter: it has to be text of at most %d bytes", path, FILTER_TEXT_MAX);
		goto fail;
	}
	text[len] = '\0';
	blank_comments(text);
	return text;
fail:
	free(text);
	return NULL;
}

/* ---- what reads no packets ----------------------------------------------------------------- */

static int list_fields(const char *pattern)
{
	static const char *const types[] = { "true/false", "number",  "number", "time",  "duration", "IPv4 address",
					     "IPv6 address", "MAC address", "text",   "bytes", "protocol" };
	struct outbuf out;
	struct errmsg err;
	unsigned found = 0;
	int rc = outbuf_to_fd(&out, STDOUT_FILENO, 65536, &err);

	if (rc)
		return nwfilter_say(rc, &err);
	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		const struct protocol *p = protocols[i];
		bool whole;

		if (!p)
			continue;
		whole = !pattern || !*pattern || text_glob(pattern, p->name);
		if (whole) {
			outbuf_printf(&out, "%-40s %-13s %s (%s)\n", p->name, "protocol", p->title,
				      p->reference ? p->reference : "-");
			found++;
		}
		for (unsigned k = 0; k < p->nfields; k++) {
			const struct field *f = &p->fields[k];

			if (!whole && !text_glob(pattern, field_name(f)))
				continue;
			outbuf_printf(&out, "%-40s %-13s %s\n", field_name(f), types[f->type], field_label(f));
			found++;
		}
	}
	rc = outbuf_flush(&out, &err);
	outbuf_release(&out);
	if (!rc && !found)
		rc = errmsg_set(&err, NW_EINPUT, "no field or protocol is called '%s'; --fields lists all", pattern);
	return rc ? nwfilter_say(rc, &err) : 0;
}

/* For the link type of the first file, or Ethernet. */
static int explain(const struct nwfilter_options *o, struct judge *j)
{
	unsigned linktype = LINKTYPE_ETHERNET;
	struct outbuf out;
	struct errmsg err;
	int rc = 0;

	if (o->read.count) {
		struct reader *r;

		rc = reader_open(&r, o->read.item[0], NULL, &err);
		if (rc)
			return nwfilter_say(rc, &err);
		if (reader_interface(r, 0))
			linktype = reader_interface(r, 0)->linktype;
		reader_close(r);
	}
	rc = outbuf_to_fd(&out, STDOUT_FILENO, 65536, &err);
	if (rc)
		return nwfilter_say(rc, &err);
	if (j->filter)
		filter_explain(j->filter, linktype, &out);
	if (o->bpf) {
		outbuf_printf(&out, "--bpf %s\n", o->bpf);
		rc = capture_dump_filter(o->bpf, linktype, SNAPLEN_MAX, true, 1, &out, &err);
	} else if (!j->filter) {
		outbuf_str(&out, "no filter: every packet matches\n");
	}
	if (!rc)
		rc = outbuf_flush(&out, &err);
	outbuf_release(&out);
	return rc ? nwfilter_say(rc, &err) : 0;
}

/* "nwfilter day.pcap" is a filter for the text day.pcap; who typed it meant something else. */
static void hint_at_files(const struct nwfilter_options *o, char **words, int count)
{
	for (int i = 0; i < count && !o->read.count; i++)
		if (strlen(words[i]) > 2 && access(words[i], F_OK) == 0)
			fprintf(stderr, "nwfilter: %s is a file, taken here as a word of the filter; to read it: -r %s\n", words[i],
				words[i]);
}

/* ---- main ----------------------------------------------------------------------------------- */

static int check_options(const struct nwfilter_options *o, struct errmsg *err)
{
	if (o->quiet && (o->write || o->count_only))
		return errmsg_set(err, NW_EINPUT, "-q prints nothing: leave out %s", o->write ? "-w" : "-c");
	if (o->count_only && o->write && strcmp(o->write, "-") == 0)
		return errmsg_set(err, NW_EINPUT, "-c prints to standard output: name a file with -w, or leave it out");
	if (o->after_ns >= o->before_ns)
		return errmsg_set(err, NW_EINPUT, "--after is not before --before: nothing can match; exchange them");
	if (o->follow && o->split)
		return errmsg_set(err, NW_EINPUT, "--split does not follow a growing file: leave out --follow");
	if (o->follow && (o->read.count != 1 || strcmp(o->read.item[0], "-") == 0))
		return errmsg_set(err, NW_EINPUT, "--follow needs one file: use -r FILE");
	return 0;
}

static void print_candidate(void *out, const struct filter_candidate *c)
{
	outbuf_printf(out, "%s\t%s\n", c->text, c->label);
}

static int complete(const char *text)
{
	struct outbuf out;
	struct errmsg err;
	uint32_t from;
	int rc = outbuf_to_fd(&out, STDOUT_FILENO, 65536, &err);

	if (rc)
		return nwfilter_say(rc, &err);
	filter_complete(text, (uint32_t)strlen(text), &from, print_candidate, &out);
	rc = outbuf_flush(&out, &err);
	outbuf_release(&out);
	return rc ? nwfilter_say(rc, &err) : 0;
}

static int show_help(void)
{
	struct outbuf out;
	struct errmsg err;
	int rc = outbuf_to_fd(&out, STDOUT_FILENO, 16384, &err);

	if (!rc) {
		options_help(&nwfilter_usage, &out);
		rc = outbuf_flush(&out, &err);
		outbuf_release(&out);
	}
	return rc ? nwfilter_say(rc, &err) : 0;
}

static int with_filter(struct nwfilter_options *o)
{
	struct judge *j = malloc(sizeof(*j));
	struct errmsg err;
	int status, rc;

	if (!j)
		return nwfilter_say(errmsg_set(&err, NW_ELIMIT, "no memory"), &err);
	rc = judge_open(j, o, &err);
	if (rc)
		status = nwfilter_say(rc, &err);
	else
		status = o->explain ? explain(o, j) : nwfilter_run(o, j);
	judge_close(j);
	free(j);
	return status;
}

int nwfilter_main(int argc, char **argv)
{
	struct nwfilter_options o = { .after_ns = INT64_MIN, .before_ns = INT64_MAX, .edit.link = -1 };
	struct errmsg err;
	char *text;
	int first, rc = options_parse(&nwfilter_usage, argc, argv, &o, &first, &err), status;

	if (rc == OPTIONS_HELP)
		return show_help();
	if (rc == OPTIONS_VERSION)
		return puts("nwfilter (nwbox) " NWBOX_VERSION), 0;
	if (!rc && o.list_fields)
		return list_fields(o.fields_pattern || first == argc ? o.fields_pattern : argv[first]);
	if (!rc && o.complete)
		return complete(o.complete);
	if (!rc)
		rc = check_options(&o, &err);
	if (!rc)
		rc = editing_check(&o, &err);
	if (!rc && o.filter_file && first < argc)
		rc = errmsg_set(&err, NW_EINPUT, "two filters: -f %s and '%s'; use one of them", o.filter_file, argv[first]);
	if (rc)
		return nwfilter_say(rc, &err);
	hint_at_files(&o, argv + first, argc - first);
	text = o.filter_file ? read_filter_file(o.filter_file, &err) : join(argv + first, argc - first, &err);
	if (!text)
		return nwfilter_say(NW_EINPUT, &err);
	o.text = text;
	status = with_filter(&o);
	free(text);
	return status;
}
