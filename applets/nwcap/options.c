/* SPDX-License-Identifier: MIT */
/*
 * nwcap's command line. The letters are tcpdump's and mean what they mean there; what
 * tcpdump has no letter for has a long name only, dumpcap's where dumpcap has it. Where the two
 * disagree about a letter, it is tcpdump's (but -a and -b, which are dumpcap's: tcpdump's -b asks
 * for another spelling of AS numbers).
 *
 * Letters that are not offered are rows too, so that --help says what to use instead.
 */
#include "nwcap.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- dumpcap's -a and -b: KEY:VALUE ------------------------------------------------------ */

enum { KEY_NUMBER, KEY_TIME, KEY_TEXT };

struct key {
	const char *name;
	size_t offset;        /* in struct nwcap_options: uint64_t, int64_t for times, const char * for text */
	uint8_t kind;
	uint16_t unit;
};

static int apply_key(void *opts, const struct key *k, const char *option, const char *value, struct errmsg *err)
{
	const char *colon = strchr(value, ':'), *text = colon + 1;
	void *member = (char *)opts + k->offset;
	uint64_t number;
	int64_t ns;

	switch (k->kind) {
	case KEY_TEXT:
		if (!*text)
			return errmsg_set(err, NW_EINPUT, "%s %s: after the colon comes a file name", option, value);
		memcpy(member, &text, sizeof(text));
		return 0;
	case KEY_TIME:
		if (!text_parse_duration(text, &ns) || ns <= 0)
			return errmsg_set(err, NW_EINPUT, "%s %s: after the colon come seconds, as in %s:10 or %s:0.5", option, value,
					  k->name, k->name);
		memcpy(member, &ns, sizeof(ns));
		return 0;
	default:
		if (!text_parse_u64(text, &number) || !number || number > INT64_MAX / k->unit)
			return errmsg_set(err, NW_EINPUT, "%s %s: after the colon comes a whole number from 1, as in %s:10", option,
					  value, k->name);
		number *= k->unit;
		memcpy(member, &number, sizeof(number));
		return 0;
	}
}

static int find_key(void *opts, const struct key *keys, const char *option, const char *value, const char *all,
		    struct errmsg *err)
{
	const char *colon = strchr(value, ':');

	for (; colon && keys->name; keys++)
		if (!strncmp(keys->name, value, (size_t)(colon - value)) && !keys->name[colon - value])
			return apply_key(opts, keys, option, value, err);
	return errmsg_set(err, NW_EINPUT, "%s %s: it takes one of %s", option, value, all);
}

#define STOP_KEYS "duration:SECONDS, filesize:KB, packets:N, files:N"
#define RING_KEYS "filesize:KB, duration:SECONDS, interval:SECONDS, packets:N, files:N, printname:FILE, nametimenum:1|2"
#define KEY(name, member, kind, unit) { name, offsetof(struct nwcap_options, member), kind, unit }

static int apply_autostop(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	static const struct key keys[] = {
		KEY("duration", stop_ns, KEY_TIME, 1), KEY("filesize", stop_bytes, KEY_NUMBER, 1000),
		KEY("packets", count, KEY_NUMBER, 1), KEY("files", stop_files, KEY_NUMBER, 1), { NULL, 0, 0, 0 }
	};

	(void)row;
	return find_key(opts, keys, "-a", value, STOP_KEYS, err);
}

static int apply_ring(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	static const struct key keys[] = {
		KEY("filesize", max_bytes, KEY_NUMBER, 1000), KEY("duration", duration_ns, KEY_TIME, 1),
		KEY("interval", interval_ns, KEY_TIME, 1), KEY("packets", max_packets, KEY_NUMBER, 1),
		KEY("files", keep, KEY_NUMBER, 1), KEY("printname", print_name, KEY_TEXT, 1),
		KEY("nametimenum", name_time_number, KEY_NUMBER, 1), { NULL, 0, 0, 0 }
	};

	(void)row;
	return find_key(opts, keys, "-b", value, RING_KEYS, err);
}

static int apply_doctor(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwcap_options *o = opts;

	(void)row;
	o->doctor = true;
	if (value && strcmp(value, "json") && strcmp(value, "table"))
		return errmsg_set(err, NW_EINPUT, "--doctor=%s: it answers as table or as json", value);
	if (value)
		o->output = value;
	return 0;
}

/* ---- what is not offered -------------------------------------------------------------------- */

static int apply_refused(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	(void)opts;
	(void)value;
	return errmsg_set(err, NW_EINPUT, "-%c: %s", row->letter, row->help);
}

static int apply_nothing(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	(void)opts;
	(void)row;
	(void)value;
	(void)err;
	return 0;
}

/* ---- the rows ------------------------------------------------------------------------------- */

#define S struct nwcap_options

static const struct option_row rows[] = {
	OPT_GROUP("Where packets come from"),
	OPT_LIST('i', "interface", S, interfaces, "IFACE", "capture on IFACE, any, or number N of -D; may be given again"),
	OPT_STRING(0, "netns", S, netns, "NAME|PID", "capture in that network namespace"),
	OPT_STRING('r', "read", S, read, "FILE", "read packets from FILE (-: standard input) instead"),
	OPT_STRING('V', NULL, S, read_list, "FILE", "read the captures that FILE names, one a line, one after the other"),
	OPT_FLAG(0, "drops", S, drops, "show packets that the kernel throws away, with reason and place; -i: only from there"),
	OPT_FLAG(0, "proc", S, proc, "find the processes that own the connections: into the file, and at the end of lines"),
	OPT_FLAG('D', "list-interfaces", S, list_devices, "list the interfaces"),
	OPT_FLAG('L', "list-data-link-types", S, list_linktypes, "list the link types of the interface"),
	OPT_STRING('y', "linktype", S, linktype, "TYPE", "capture with this link type of -L"),
	OPT_FLAG('J', "list-time-stamp-types", S, list_tstamp_types, "list the time stamp types of the interface"),
	OPT_STRING('j', "time-stamp-type", S, tstamp_type, "TYPE", "take time stamps of this type of -J"),
	OPT_CHOICE('Q', "direction", S, direction, "DIR", "in out inout", "capture only packets in that direction"),
	OPT_FLAG('p', "no-promiscuous-mode", S, no_promiscuous, "do not ask for packets to other stations"),
	OPT_FLAG('I', "monitor-mode", S, monitor, "Wi-Fi: capture in monitor mode"),
	OPT_SIZE('s', "snapshot-length", S, snaplen, "BYTES", 1, 0, CAPTURE_SNAPLEN_MAX, "keep that many bytes of a packet"),
	OPT_SIZE('B', "buffer-size", S, buffer_bytes, "KIB", 1024, 4096, INT32_MAX,
		 "kernel buffer (default: 1/256 of the memory, 2 to 64 MiB)"),
	OPT_U64(0, "threads", S, threads, "N", 1, 64, "capture in N threads, each into its own file: FILE-t0, FILE-t1, …"),
	OPT_CHOICE(0, "fanout", S, fanout, "HOW", "hash cpu", "deal packets out to threads by flow or by processor"),
	OPT_FLAG(0, "immediate-mode", S, immediate, "deliver each packet at once"),
	OPT_CHOICE(0, "time-stamp-precision", S, precision, "UNIT", "micro nano", "of time stamps in files and on the screen"),
	OPT_FLAG(0, "micro", S, micro, "the same as --time-stamp-precision micro, the default"),
	OPT_FLAG(0, "nano", S, nano, "the same as --time-stamp-precision nano"),

	OPT_GROUP("Which packets"),
	OPT_STRING('F', "filter-file", S, filter_file, "FILE", "read the capture filter from FILE"),
	OPT_STRING('Y', "display-filter", S, display_filter, "FILTER", "display filter; the kernel gets the part it can do"),
	OPT_U64('c', NULL, S, count, "N", 1, 0, "stop after N packets"),
	OPT_U64(0, "skip", S, skip, "N", 1, 0, "leave out the first N packets that match"),
	OPT_COUNT('d', NULL, S, dump, "print the compiled capture filter (-dd as C, -ddd as numbers) and stop"),
	OPT_FLAG('O', "no-optimize", S, no_optimize, "do not optimize the capture filter"),

	OPT_GROUP("Files"),
	OPT_STRING('w', "write", S, write, "FILE", "write packets to FILE (-: standard output)"),
	OPT_CHOICE(0, "format", S, format, "FORMAT", "pcap pcapng",
		   "pcap or pcapng (default: by the name's end, else pcap for one interface, pcapng for several)"),
	OPT_SIZE('C', "file-size", S, max_bytes, "MB", 1000000, 1000, 0, "next file after that many million bytes (or 64k, 1G)"),
	OPT_DURATION('G', "rotate-interval", S, interval_ns, "SECONDS",
		     "next file every so often by the clock; FILE may hold strftime names (%H%M%S)"),
	OPT_U64('W', "file-count", S, file_count, "N", 1, 100000, "with -C keep the newest N files; with -G alone end after N files"),
	OPT_CALL('b', "ring-buffer", apply_ring, "KEY:VALUE", RING_KEYS " as in dumpcap"),
	OPT_CALL('a', "autostop", apply_autostop, "KEY:VALUE", "stop after " STOP_KEYS),
	OPT_FLAG(0, "gzip", S, gzip, "finished files become FILE.gz in the background; a ring named FILE.gz is the same"),
	OPT_STRING('z', NULL, S, command, "COMMAND", "run COMMAND FILE for each finished file, at the lowest priority"),
	OPT_FLAG('U', "packet-buffered", S, packet_buffered, "write as soon as packets are there"),
	OPT_FLAG(0, "print", S, print, "print lines although packets go to a file"),
	OPT_STRING(0, "keylog", S, keylog, "FILE", "pcapng: TLS keys that appear in FILE (SSLKEYLOGFILE), before their packets"),
	OPT_LIST(0, "comment", S, comments, "TEXT", "pcapng: a comment about the capture; may be given again"),
	OPT_LIST(0, "capture-comment", S, comments, "TEXT", "the same"),
	OPT_LIST(0, "ifname", S, ifnames, "NAME", "pcapng: call the first -i NAME in the file, the next --ifname the second"),
	OPT_LIST(0, "ifdescr", S, ifdescrs, "TEXT", "pcapng: describe the first -i so, and so on"),
	OPT_FLAG('g', NULL, S, group_read, "new files may be read by their group too, and by nobody else"),

	OPT_GROUP("Lines"),
	OPT_FLAG('#', "number", S, number, "the packet's number in front"),
	OPT_FLAG(0, "lengths", S, lengths, "captured and original length in front"),
	OPT_FLAG('q', "quick", S, quiet, "shorter lines"),
	OPT_COUNT('v', "verbose", S, verbose, "longer lines (-vv, -vvv); with -w: a running count"),
	OPT_FLAG('K', "dont-verify-checksums", S, no_checksums, "-v says nothing about IP, TCP and UDP check sums"),
	OPT_FLAG('e', "link-level", S, link_header, "show the link-level header"),
	OPT_COUNT('x', NULL, S, hex, "dump bytes in hexadecimal (-xx: with the link-level header)"),
	OPT_COUNT('X', NULL, S, hex_both, "dump bytes in hexadecimal and ASCII (-XX: with the link-level header)"),
	OPT_COUNT('A', NULL, S, hex_ascii, "dump bytes in ASCII (-AA: with the link-level header)"),
	OPT_COUNT('t', NULL, S, times,
		  "-t no time, -tt epoch, -ttt since the packet before, -tttt date, -ttttt since the first"),
	OPT_FLAG('S', "absolute-tcp-sequence-numbers", S, absolute_seq, "absolute TCP sequence numbers"),
	OPT_FLAG('l', "line-buffered", S, line_buffered, "lines at once, also into a pipe"),
	OPT_COUNT('n', NULL, S, no_names, "accepted; addresses and ports are always numbers"),
	OPT_CALL('f', NULL, apply_nothing, NULL, "accepted, as -n"),
	OPT_CALL('N', NULL, apply_nothing, NULL, "accepted, as -n"),

	OPT_GROUP("Reports and rights"),
	OPT_CALL(0, "doctor", apply_doctor, "[=FORMAT]", "what this kernel and these rights allow, and what cures the rest"),
	OPT_CHOICE(0, "output", S, output, "FORMAT", "table json", "form of --doctor"),
	OPT_DURATION(0, "stats", S, stats_ns, "SECONDS", "counters on standard error every so often"),
	OPT_FLAG(0, "count", S, count_only, "with -r: only say how many packets match"),
	OPT_STRING('Z', "relinquish-privileges", S, user, "USER", "become USER once the interface is open"),

	OPT_GROUP("Of tcpdump and dumpcap, not offered"),
	OPT_CALL('E', NULL, apply_refused, "SECRET", "decryption of ESP is not offered; tshark does it (-o esp.enable_encryption_decode)"),
	OPT_CALL('H', NULL, apply_refused, NULL, "802.11s draft mesh headers are not detected; tshark -Y wlan.mesh does it"),
	OPT_CALL('k', NULL, apply_refused, "CHANNEL", "channels are set by: iw dev IFACE set channel N"),
	OPT_CALL('m', NULL, apply_refused, "MODULE", "SNMP names are not looked up; snmptranslate does it"),
	OPT_CALL('M', NULL, apply_refused, "SECRET", "TCP-MD5 digests are shown, not checked; tcpdump -M does it"),
	OPT_CALL('P', NULL, apply_refused, NULL, "the file format is chosen by --format, or by the name's end"),
	OPT_CALL('T', NULL, apply_refused, "TYPE", "protocols are forced onto ports by: nwexport -f text -d udp.port==N,PROTO"),
	OPT_CALL('u', NULL, apply_refused, NULL, "NFS handles are not decoded; tshark -Y nfs does it"),
	OPT_END
};
#undef S

const struct usage nwcap_usage = {
	.name = "nwcap",
	.synopsis = "[OPTION…] [CAPTURE FILTER WORD…]",
	.purpose = "Captures packets from interfaces to the screen, a file, a ring of files or a pipe.",
	.examples = "  nwcap -i eth0 port 53                              # DNS on the screen\n"
		    "  nwcap -i eth0 -w ring.pcap -C 100 -G 3600 -W 24    # a ring: the newest 24 files\n"
		    "  nwcap -i eth0 -i wlan0 -w both.pcapng              # two interfaces into one file\n"
		    "  nwcap --netns web -i any -w - | nwfilter 'tls' | nwexport -f csv\n"
		    "  nwcap -r trace.pcap -Y 'dns.qry.name contains \"example\"'\n",
	.rows = rows,
};

/* ---- what goes together ----------------------------------------------------------------------- */

static int check_source(const struct nwcap_options *o, struct errmsg *err)
{
	const char *file = o->read ? o->read : o->read_list;

	if (o->read && o->read_list)
		return errmsg_set(err, NW_EINPUT, "packets come from -r %s or from the files of -V %s, not from both", o->read,
				  o->read_list);
	if (file && o->interfaces.count)
		return errmsg_set(err, NW_EINPUT, "packets come from %s %s or from -i %s, not from both", o->read ? "-r" : "-V", file,
				  o->interfaces.item[0]);
	if (file && o->netns)
		return errmsg_set(err, NW_EINPUT, "--netns is about interfaces; a file (-r) is in no network namespace");
	if (file && (o->monitor || o->tstamp_type))
		return errmsg_set(err, NW_EINPUT, "%s is about interfaces; packets of a file have been captured already",
				  o->monitor ? "-I" : "-j");
	if (file && o->proc && o->write && !o->print)
		return errmsg_set(err, NW_EINPUT, "--proc finds owners while packets are captured; those that a file names are copied without "
				  "it, and shown in lines (leave -w out, or add --print)");
	if (o->count_only && !file)
		return errmsg_set(err, NW_EINPUT, "--count goes with -r FILE; a live capture says its counts at the end");
	if (o->stop_ns && file)
		return errmsg_set(err, NW_EINPUT, "-a duration is about live captures; -r ends with its file");
	if ((o->micro || (o->precision && o->precision[0] == 'm')) && o->nano)
		return errmsg_set(err, NW_EINPUT, "time stamps are in micro- or in nanoseconds, not both");
	return 0;
}

static int check_files(const struct nwcap_options *o, struct errmsg *err)
{
	if (o->interval_ns && o->interval_ns < 1000000000)
		return errmsg_set(err, NW_EINPUT, "-G: the interval must be at least one second");
	if (o->duration_ns && o->duration_ns < 10000000)
		return errmsg_set(err, NW_EINPUT, "-b duration: a file must be given at least 0.01 seconds");
	if (!ENABLE_GZIP && o->gzip)
		return errmsg_set(err, NW_EINPUT, "this build cannot compress; -z gzip compresses finished files");
	if (o->keep > 100000)
		return errmsg_set(err, NW_EINPUT, "a ring has 100000 files at most");
	if (o->name_time_number > 2)
		return errmsg_set(err, NW_EINPUT, "-b nametimenum: 1 is NAME_NUMBER_TIME, 2 is NAME_TIME_NUMBER");
	if (o->stop_bytes && !o->write)
		return errmsg_set(err, NW_EINPUT, "-a filesize is about files; give a name with -w FILE");
	if (o->keylog && (o->read || o->read_list))
		return errmsg_set(err, NW_EINPUT, "--keylog follows a live capture; nwfilter --inject-keys puts keys into a file");
	if (o->keylog && !o->write)
		return errmsg_set(err, NW_EINPUT, "--keylog is about a pcapng file; name it with -w");
	if ((o->comments.count || o->ifnames.count || o->ifdescrs.count) && !o->write)
		return errmsg_set(err, NW_EINPUT, "--comment, --ifname and --ifdescr are about a pcapng file; name it with -w");
	if (o->comments.count == OPTION_LIST_MAX)
		return errmsg_set(err, NW_EINPUT, "--comment may be given %d times at most", OPTION_LIST_MAX - 1);
	if (!o->read && !o->read_list && o->ifnames.count > 1 &&
	    o->ifnames.count > o->interfaces.count)
		return errmsg_set(err, NW_EINPUT, "there are more --ifname than -i; the first names the first, and so on");
	if (!o->read && !o->read_list && o->ifdescrs.count > 1 &&
	    o->ifdescrs.count > o->interfaces.count)
		return errmsg_set(err, NW_EINPUT, "there are more --ifdescr than -i; the first describes the first, and so on");
	return 0;
}

static int check_drops(const struct nwcap_options *o, struct errmsg *err)
{
	const char *what = o->read || o->read_list ? "-r" : o->threads > 1 ? "--threads" : o->netns ? "--netns" : o->linktype ? "-y" :
			   o->direction ? "-Q" : o->monitor ? "-I" : o->tstamp_type ? "-j" : o->keylog ? "--keylog" :
			   o->proc ? "--proc" : NULL;

	if (!ENABLE_DROPS)
		return errmsg_set(err, NW_EINPUT, "this build does not know --drops");
	if (what)
		return errmsg_set(err, NW_EINPUT, "--drops listens to the kernel of the whole machine; %s means nothing there", what);
	return 0;
}

/* Each thread writes its own file, and stops at its own pace. */
static int check_threads(const struct nwcap_options *o, struct errmsg *err)
{
	if (o->fanout && o->threads < 2)
		return errmsg_set(err, NW_EINPUT, "--fanout is about several threads (--threads N)");
	if (o->threads < 2)
		return 0;
	if (!ENABLE_FANOUT)
		return errmsg_set(err, NW_EINPUT, "this build captures in one thread; leave --threads out");
	if (!o->write || !strcmp(o->write, "-") || o->print)
		return errmsg_set(err, NW_EINPUT, "several threads write several files; %s", o->write && o->print ?
				  "leave --print out: the lines of one would be between those of the others" :
				  "name them with -w FILE (FILE-t0, FILE-t1 …)");
	if (o->read || o->read_list)
		return errmsg_set(err, NW_EINPUT, "--threads is about interfaces; a file is read in one go");
	if (o->proc)
		return errmsg_set(err, NW_EINPUT, "--proc looks up the packets of one thread; leave --threads out");
	if (o->count || o->skip)
		return errmsg_set(err, NW_EINPUT, "%s counts packets in their order, which several threads do not have; leave --threads out",
				  o->count ? "-c (-a packets)" : "--skip");
	return 0;
}

/* tcpdump's -W: a ring of so many files by size, but the end after so many by the clock alone. */
static int apply_file_count(struct nwcap_options *o, struct errmsg *err)
{
	if (o->file_count && o->keep)
		return errmsg_set(err, NW_EINPUT, "-W and -b files both say how many files; use one of them");
	if (o->file_count && o->interval_ns && !o->max_bytes && !o->max_packets && !o->duration_ns)
		o->stop_files = o->stop_files && o->stop_files < o->file_count ? o->stop_files : o->file_count;
	else
		o->keep = o->file_count ? o->file_count : o->keep;
	return 0;
}

int nwcap_check_options(struct nwcap_options *o, struct errmsg *err)
{
	int bad;

	o->linktype_number = o->linktype ? linktype_parse(o->linktype) : -1;
	if (o->linktype && o->linktype_number < 0)
		return errmsg_set(err, NW_EINPUT, "-y %s: unknown link type; nwcap -i IFACE -L lists those of an interface",
				  o->linktype);
	if (!ENABLE_DOCTOR && o->doctor)
		return errmsg_set(err, NW_EINPUT, "this build has no --doctor");
	if (!ENABLE_PROC && o->proc)
		return errmsg_set(err, NW_EINPUT, "this build does not know who owns connections (--proc)");
	if (o->output && !o->doctor)
		return errmsg_set(err, NW_EINPUT, "--output is the form of --doctor; packets have --format");
	o->nano |= o->precision && o->precision[0] == 'n';
	if (o->stats_ns && o->stats_ns < 100000000)
		return errmsg_set(err, NW_EINPUT, "--stats: the interval must be at least 0.1 seconds");
	bad = apply_file_count(o, err);
	if (!bad)
		bad = check_source(o, err);
	if (!bad && o->drops)
		bad = check_drops(o, err);
	if (!bad)
		bad = check_files(o, err);
	return bad ? bad : check_threads(o, err);
}
