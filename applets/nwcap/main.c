/* SPDX-License-Identifier: MIT */
/*
 * nwcap's command line. The letters are tcpdump's and mean what they mean there; what
 * tcpdump has no letter for has a long name only.
 */
#include "nwcap.h"
#include "../applets.h"
#include "base/text.h"
#include "base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- dumpcap's -a and -b: KEY:VALUE ------------------------------------------------------ */

struct key {
	const char *name;
	size_t offset;        /* in struct nwcap_options, of a uint64_t (or of an int64_t for times) */
	uint64_t unit;
};

static int apply_key(void *opts, const struct key *keys, const char *option, const char *value, struct errmsg *err)
{
	const char *colon = strchr(value, ':');
	uint64_t number, *member;

	for (; colon && keys->name; keys++) {
		if (strncmp(keys->name, value, (size_t)(colon - value)) || keys->name[colon - value])
			continue;
		if (!text_parse_u64(colon + 1, &number) || !number || number > INT64_MAX / keys->unit)
			return errmsg_set(err, NW_EINPUT, "%s %s: after the colon comes a whole number from 1, as in %s:10", option,
					  value, keys->name);
		number *= keys->unit;
		member = (uint64_t *)((char *)opts + keys->offset);
		memcpy(member, &number, sizeof(number));
		return 0;
	}
	return errmsg_set(err, NW_EINPUT, "%s %s: it takes one of %s", option, value,
			  option[1] == 'a' ? "duration:SECONDS, filesize:KB, packets:N" :
					     "filesize:KB, duration:SECONDS, packets:N, files:N");
}

static int apply_autostop(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	static const struct key keys[] = {
		{ "duration", offsetof(struct nwcap_options, stop_ns), 1000000000 },
		{ "filesize", offsetof(struct nwcap_options, stop_bytes), 1000 },
		{ "packets", offsetof(struct nwcap_options, count), 1 },
		{ NULL, 0, 0 },
	};

	(void)row;
	return apply_key(opts, keys, "-a", value, err);
}

static int apply_ring(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	static const struct key keys[] = {
		{ "filesize", offsetof(struct nwcap_options, max_bytes), 1000 },
		{ "duration", offsetof(struct nwcap_options, interval_ns), 1000000000 },
		{ "packets", offsetof(struct nwcap_options, max_packets), 1 },
		{ "files", offsetof(struct nwcap_options, keep), 1 },
		{ NULL, 0, 0 },
	};

	(void)row;
	return apply_key(opts, keys, "-b", value, err);
}

/* ---- the options ---------------------------------------------------------------------------- */

#define S struct nwcap_options

static const struct option_row rows[] = {
	OPT_GROUP("Where packets come from"),
	OPT_LIST('i', "interface", S, interfaces, "IFACE", "capture on IFACE, any, or number N of -D; may be given again"),
	OPT_STRING(0, "netns", S, netns, "NAME|PID", "capture in that network namespace"),
	OPT_STRING('r', "read", S, read, "FILE", "read packets from FILE (-: standard input) instead"),
	OPT_FLAG('D', "list-interfaces", S, list_devices, "list the interfaces"),
	OPT_FLAG('L', "list-data-link-types", S, list_linktypes, "list the link types of the interface"),
	OPT_STRING('y', "linktype", S, linktype, "TYPE", "capture with this link type of -L"),
	OPT_CHOICE('Q', "direction", S, direction, "DIR", "in out inout", "capture only packets in that direction"),
	OPT_FLAG('p', "no-promiscuous-mode", S, no_promiscuous, "do not ask for packets to other stations"),
	OPT_SIZE('s', "snapshot-length", S, snaplen, "BYTES", 1, 0, CAPTURE_SNAPLEN_MAX, "keep that many bytes of a packet"),
	OPT_SIZE('B', "buffer-size", S, buffer_bytes, "KIB", 1024, 4096, INT32_MAX,
		 "kernel buffer (default: 1/256 of the memory, 2 to 64 MiB)"),
	OPT_FLAG(0, "immediate-mode", S, immediate, "deliver each packet at once"),
	OPT_FLAG(0, "nano", S, nano, "nanosecond time stamps in files and on the screen"),

	OPT_GROUP("Which packets"),
	OPT_STRING('F', "filter-file", S, filter_file, "FILE", "read the capture filter from FILE"),
	OPT_STRING('Y', "display-filter", S, display_filter, "FILTER", "display filter; the kernel gets the part it can do"),
	OPT_U64('c', NULL, S, count, "N", 1, 0, "stop after N packets"),
	OPT_COUNT('d', NULL, S, dump, "print the compiled capture filter (-dd as C, -ddd as numbers) and stop"),
	OPT_FLAG('O', "no-optimize", S, no_optimize, "do not optimize the capture filter"),

	OPT_GROUP("Files"),
	OPT_STRING('w', "write", S, write, "FILE", "write packets to FILE (-: standard output)"),
	OPT_CHOICE(0, "format", S, format, "FORMAT", "pcap pcapng",
		   "pcap or pcapng (default: by the name's end, else pcap for one interface, pcapng for several)"),
	OPT_SIZE('C', "file-size", S, max_bytes, "MB", 1000000, 1000, 0, "next file after that many million bytes (or 64k, 1G)"),
	OPT_DURATION('G', "rotate-interval", S, interval_ns, "SECONDS",
		     "next file every so often by the clock; FILE may hold strftime names (%H%M%S)"),
	OPT_U64('W', "file-count", S, keep, "N", 1, 100000, "keep the newest N files"),
	OPT_CALL('b', "ring-buffer", apply_ring, "KEY:VALUE", "filesize:KB, duration:SECONDS, packets:N, files:N as in dumpcap"),
	OPT_CALL('a', "autostop", apply_autostop, "KEY:VALUE", "stop after duration:SECONDS, filesize:KB or packets:N"),
	OPT_FLAG('U', "packet-buffered", S, packet_buffered, "write as soon as packets are there"),
	OPT_FLAG(0, "print", S, print, "print lines although packets go to a file"),

	OPT_GROUP("Lines"),
	OPT_FLAG('q', "quick", S, quiet, "shorter lines"),
	OPT_COUNT('v', "verbose", S, verbose, "longer lines (-vv, -vvv); with -w: a running count"),
	OPT_FLAG('e', "link-level", S, link_header, "show the link-level header"),
	OPT_COUNT('x', NULL, S, hex, "dump bytes in hexadecimal (-xx: with the link-level header)"),
	OPT_COUNT('X', NULL, S, hex_both, "dump bytes in hexadecimal and ASCII (-XX: with the link-level header)"),
	OPT_FLAG('A', NULL, S, hex_ascii, "dump bytes in ASCII"),
	OPT_COUNT('t', NULL, S, times,
		  "-t no time, -tt epoch, -ttt since the packet before, -tttt date, -ttttt since the first"),
	OPT_FLAG('S', "absolute-tcp-sequence-numbers", S, absolute_seq, "absolute TCP sequence numbers"),
	OPT_FLAG('l', "line-buffered", S, line_buffered, "lines at once, also into a pipe"),
	OPT_COUNT('n', NULL, S, no_names, "accepted; addresses and ports are always numbers"),

	OPT_GROUP("Reports and rights"),
	OPT_DURATION(0, "stats", S, stats_ns, "SECONDS", "counters on standard error every so often"),
	OPT_FLAG(0, "count", S, count_only, "with -r: only say how many packets match"),
	OPT_STRING('Z', "relinquish-privileges", S, user, "USER", "become USER once the interface is open"),
	OPT_END
};
#undef S

static const struct usage nwcap_usage = {
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

int nwcap_fail(int code, const struct errmsg *err)
{
	fprintf(stderr, "nwcap: %s\n", err->text);
	return errmsg_exit_code(code);
}

int nwcap_filter_hint(int code, const char *bpf, struct errmsg *err)
{
	size_t used = err ? strlen(err->text) : 0;
	struct filter *f = NULL;

	if (ENABLE_DISPLAY_FILTER && err && code == NW_EINPUT && !filter_compile(&f, bpf, NULL, NULL)) {
		/* bare words are display filters too, so only what has an operator is a hint worth giving */
		if (strpbrk(bpf, "=<>.~"))
			snprintf(err->text + used, sizeof(err->text) - used, "\nAs a display filter it is fine: give it with -Y");
		filter_free(f);
	}
	return code;
}

const char *nwcap_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- the capture filter's text --------------------------------------------------------- */

enum { FILTER_MAX = 65536 };

/* As in tcpdump: from '#' to the end of the line is a comment. */
static void blank_comments(char *text)
{
	bool comment = false;

	for (; *text; text++) {
		if (*text == '#')
			comment = true;
		if (*text == '\n')
			comment = false;
		if (comment || *text == '\n')
			*text = ' ';
	}
}

static int filter_from_file(const char *path, char *text, struct errmsg *err)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	size_t used = 0;
	ssize_t n = 1;

	if (fd < 0)
		return errmsg_errno(err, "-F %s", path);
	while (used < FILTER_MAX && (n = read(fd, text + used, FILTER_MAX - used)) > 0)
		used += (size_t)n;
	if (n < 0)
		errmsg_errno(err, "-F %s", path);
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0)
		return NW_ESYS;
	if (used == FILTER_MAX)
		return errmsg_set(err, NW_EINPUT, "-F %s: the filter is longer than %d bytes", path, FILTER_MAX - 1);
	text[used] = 0;
	blank_comments(text);
	return 0;
}

static int filter_text(struct nwcap_options *o, int words, char **word, char *text, struct errmsg *err)
{
	size_t used = 0;

	o->bpf = text;
	*text = 0;
	if (o->filter_file && words)
		return errmsg_set(err, NW_EINPUT, "a capture filter comes from -F or from words, not from both ('%s')", word[0]);
	if (o->filter_file)
		return filter_from_file(o->filter_file, text, err);
	for (int i = 0; i < words; i++) {
		size_t len = strlen(word[i]);

		if (len + 2 > FILTER_MAX - used)
			return errmsg_set(err, NW_EINPUT, "the capture filter is longer than %d bytes; put it into a file (-F)",
					  FILTER_MAX - 1);
		if (i)
			text[used++] = ' ';
		memcpy(text + used, word[i], len + 1);
		used += len;
	}
	return 0;
}

/* ---- without packets: -D -L -d ------------------------------------------------------------ */

static void print_device(void *user, const struct capture_device *d)
{
	int *number = user;

	printf("%d.%s", ++*number, d->name);
	if (d->description[0])
		printf(" (%s)", d->description);
	if (d->up || d->loopback)
		printf(" [%s%s%s%s]", d->up ? "Up" : "Down", d->running ? ", Running" : "", d->wireless ? ", Wireless" : "",
		       d->loopback ? ", Loopback" : "");
	printf("%s%s\n", d->addresses[0] ? " " : "", d->addresses);
}

static int list_devices(const struct nwcap_options *o, struct errmsg *err)
{
	int number = 0, found = capture_devices(o->netns, print_device, &number, err);

	if (!found)
		return errmsg_set(err, NW_EPERM, "no interface can be seen; listing needs a network namespace with interfaces");
	return found < 0 ? found : 0;
}

static int list_linktypes(const struct nwcap_options *o, struct errmsg *err)
{
	int types[64], n;

	if (o->interfaces.count != 1)
		return errmsg_set(err, NW_EINPUT, "-L needs the interface: nwcap -i IFACE -L");
	n = capture_linktypes(o->interfaces.item[0], o->netns, types, 64, err);
	if (n < 0)
		return n;
	printf("Data link types for %s (use option -y to set):\n", o->interfaces.item[0]);
	for (int i = 0; i < n; i++) {
		const char *name = linktype_name((unsigned)types[i]), *what = linktype_description((unsigned)types[i]);

		printf("  %s (%s)\n", name ? name : "?", what ? what : "?");
	}
	return 0;
}

/* The link type decides what a filter compiles to: that of -y, else of the interface or file, else Ethernet. */
static int dump_linktype(const struct nwcap_options *o, int *linktype, struct errmsg *err)
{
	struct reader *r;
	int n;

	*linktype = o->linktype_number >= 0 ? o->linktype_number : LINKTYPE_ETHERNET;
	if (o->linktype_number >= 0)
		return 0;
	if (o->interfaces.count) {
		n = capture_linktypes(o->interfaces.item[0], o->netns, linktype, 1, err);
		return n < 0 ? n : 0;
	}
	if (!o->read)
		return 0;
	n = reader_open(&r, o->read, &(struct reader_options){ 0 }, err);
	if (n)
		return n;
	if (!reader_interfaces(r)) /* pcapng says it a little later */
		reader_fill(r, NULL);
	if (reader_interfaces(r))
		*linktype = reader_interface(r, 0)->linktype;
	reader_close(r);
	return 0;
}

static int dump_filter(const struct nwcap_options *o, struct errmsg *err)
{
	int linktype, bad = dump_linktype(o, &linktype, err);
	struct outbuf out;

	if (bad)
		return bad;
	bad = outbuf_to_fd(&out, STDOUT_FILENO, 16384, err);
	if (bad)
		return bad;
	bad = capture_dump_filter(o->bpf, (unsigned)linktype, (uint32_t)o->snaplen, !o->no_optimize, o->dump, &out, err);
	if (!bad)
		bad = outbuf_flush(&out, err);
	outbuf_release(&out);
	return bad;
}

/* ---- main --------------------------------------------------------------------------------- */

static int check_options(struct nwcap_options *o, struct errmsg *err)
{
	o->linktype_number = o->linktype ? linktype_parse(o->linktype) : -1;
	if (o->linktype && o->linktype_number < 0)
		return errmsg_set(err, NW_EINPUT, "-y %s: unknown link type; nwcap -i IFACE -L lists those of an interface",
				  o->linktype);
	if (o->read && o->interfaces.count)
		return errmsg_set(err, NW_EINPUT, "packets come from -r %s or from -i %s, not from both", o->read,
				  o->interfaces.item[0]);
	if (o->read && o->netns)
		return errmsg_set(err, NW_EINPUT, "--netns is about interfaces; a file (-r) is in no network namespace");
	if (o->count_only && !o->read)
		return errmsg_set(err, NW_EINPUT, "--count goes with -r FILE; a live capture says its counts at the end");
	if (o->interval_ns && o->interval_ns < 1000000000)
		return errmsg_set(err, NW_EINPUT, "-G: the interval must be at least one second");
	if (o->keep > 100000)
		return errmsg_set(err, NW_EINPUT, "a ring has 100000 files at most");
	if (o->stop_ns && o->read)
		return errmsg_set(err, NW_EINPUT, "-a duration is about live captures; -r ends with its file");
	if (o->stop_bytes && !o->write)
		return errmsg_set(err, NW_EINPUT, "-a filesize is about files; give a name with -w FILE");
	if (o->stats_ns && o->stats_ns < 100000000)
		return errmsg_set(err, NW_EINPUT, "--stats: the interval must be at least 0.1 seconds");
	return 0;
}

static int version(void)
{
	return puts("nwcap (nwbox) " NWBOX_VERSION), 0; /* main() sees whether it has arrived */
}

static int help(void)
{
	struct outbuf out;
	struct errmsg err;
	int bad = outbuf_to_fd(&out, STDOUT_FILENO, 16384, &err);

	if (bad)
		return nwcap_fail(bad, &err);
	options_help(&nwcap_usage, &out);
	bad = outbuf_flush(&out, &err);
	outbuf_release(&out);
	return bad ? nwcap_fail(bad, &err) : 0;
}

int nwcap_main(int argc, char **argv)
{
	struct nwcap_options o = { 0 };
	char *text = NULL;
	struct errmsg err;
	int first, bad;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(2), handled like the others, */
	signal(SIGXFSZ, SIG_IGN); /* and so is a file that is larger than allowed (ulimit -f) */
	bad = options_parse(&nwcap_usage, argc, argv, &o, &first, &err);
	if (bad == OPTIONS_HELP)
		return help();
	if (bad == OPTIONS_VERSION)
		return version();
	if (!bad)
		bad = check_options(&o, &err);
	text = bad ? NULL : malloc(FILTER_MAX + 1);
	if (!bad && !text)
		bad = errmsg_set(&err, NW_ELIMIT, "no memory");
	if (!bad)
		bad = filter_text(&o, argc - first, argv + first, text, &err);
	if (!bad && o.list_devices)
		bad = list_devices(&o, &err);
	else if (!bad && o.list_linktypes)
		bad = list_linktypes(&o, &err);
	else if (!bad && o.dump)
		bad = dump_filter(&o, &err);
	else if (!bad) {
		int status = o.read ? nwcap_offline(&o) : nwcap_live(&o);

		free(text);
		return status;
	}
	free(text);
	return bad ? nwcap_fail(bad, &err) : fflush(stdout) ? nwcap_fail(errmsg_errno(&err, "standard output"), &err) : 0;
}
