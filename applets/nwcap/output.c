/* SPDX-License-Identifier: MIT */
/*
 * Where packets go, from a live capture or from a file:
 *
 *   frame ──> display filter ──┬──> file, ring or pipe    -w
 *                              └──> lines of text         without -w, or --print
 *
 * The file format follows one rule: --format decides; else the name's end
 * (.pcap, .pcapng, also .ntar); else pcap for one interface, because that is
 * what everything downstream of tcpdump reads, and pcapng for several, because pcap
 * cannot say which interface a packet came from, and for comments, names and keys.
 */
#include "proc.h"
#include "pcapio/gzip.h"
#include "sys/io.h"
#include "sys/netns.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcasecmp(s + n - m, end);
}

/* Ends so, or so and .gz. */
static bool is_named(const char *s, const char *end)
{
	char with_gz[16];

	snprintf(with_gz, sizeof(with_gz), "%s.gz", end);
	return ends_with(s, end) || ends_with(s, with_gz);
}

/* What pcap has no place for. */
static bool needs_pcapng(const struct nwcap_options *o)
{
	return o->comments.count || o->ifnames.count || o->ifdescrs.count || o->keylog ||
	       (o->proc && !o->read && !o->read_list);
}

static enum capture_format choose_format(const struct nwcap_options *o, unsigned interfaces)
{
	if (o->format)
		return strcmp(o->format, "pcap") ? FORMAT_PCAPNG : FORMAT_PCAP;
	if (is_named(o->write, ".pcapng") || is_named(o->write, ".ntar"))
		return FORMAT_PCAPNG;
	if (is_named(o->write, ".pcap") || is_named(o->write, ".cap"))
		return FORMAT_PCAP;
	return interfaces > 1 || needs_pcapng(o) ? FORMAT_PCAPNG : FORMAT_PCAP;
}

static int check_rotation(const struct nwcap_options *o, struct errmsg *err)
{
	const char *what = o->max_bytes ? "-C" : o->interval_ns ? "-G" : o->max_packets ? "-b packets" :
			   o->duration_ns ? "-b duration" : o->file_count ? "-W" : o->keep ? "-b files" : o->stop_files ? "-a files" :
			   o->gzip ? "--gzip" : o->name_time_number ? "-b nametimenum" : o->print_name ? "-b printname" : o->command ? "-z" : NULL;
	bool rotates = o->max_bytes || o->interval_ns || o->max_packets || o->duration_ns;

	if (!what)
		return 0;
	if (!o->write)
		return errmsg_set(err, NW_EINPUT, "%s is about files; give a name with -w FILE", what);
	if (!strcmp(o->write, "-"))
		return errmsg_set(err, NW_EINPUT, "%s is about files, and standard output is none; give a name with -w FILE", what);
	if (!rotates && (o->keep || o->stop_files || o->name_time_number))
		return errmsg_set(err, NW_EINPUT, "%s needs -C SIZE, -G SECONDS, -b duration:S or -b packets:N, which say when the next "
				  "file begins", what);
	return 0;
}

/* The directory in which files appear: nothing else may be written after the drop. A device or a pipe needs none. */
static void find_directory(struct output *out)
{
	const char *path = out->o->write, *slash = strrchr(path, '/'), *percent = strchr(path, '%');
	struct stat s;

	if (!strcmp(path, "-") || (!stat(path, &s) && !S_ISREG(s.st_mode)))
		return;
	if (slash && percent && percent < slash) /* strftime names in directories: the part above them */
		for (slash = percent; slash > path && *slash != '/'; slash--)
			;
	if (!slash || (slash == path && *path != '/'))
		snprintf(out->dir_text, sizeof(out->dir_text), ".");
	else
		snprintf(out->dir_text, sizeof(out->dir_text), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	out->dir = out->dir_text;
}

static int compile_display_filter(struct output *out, struct errmsg *err)
{
	struct filter_notes notes = { "" };
	int bad;

	if (!ENABLE_DISPLAY_FILTER)
		return errmsg_set(err, NW_EINPUT, "this build has no display filter (-Y); use a capture filter");
	bad = filter_compile(&out->filter, out->o->display_filter, &notes, err);
	if (!bad && notes.hint[0])
		fprintf(stderr, "nwcap: %s\n", notes.hint);
	return bad;
}

/* Where -b printname writes: opened now, since later no other file may be. */
static int open_print_name(struct output *out, struct errmsg *err)
{
	const char *name = out->o->print_name;

	if (!strcmp(name, "stderr"))
		out->names_fd = dup(STDERR_FILENO);
	else if (!strcmp(name, "stdout") || !strcmp(name, "-"))
		out->names_fd = dup(STDOUT_FILENO);
	else
		out->names_fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return out->names_fd < 0 ? errmsg_errno(err, "-b printname:%s", name) : 0;
}

/* A file is complete and has its name. */
static void file_finished(void *user, const char *path, const struct errmsg *why)
{
	struct output *out = user;
	struct errmsg err;

	if (why)
		fprintf(stderr, "nwcap: %s\n", why->text);
	if (out->names_fd > 0) {
		char line[4100];
		int n = snprintf(line, sizeof(line), "%s\n", path);

		if (io_write_all(out->names_fd, line, (size_t)n, "-b printname", &err))
			fprintf(stderr, "nwcap: %s\n", err.text);
	}
	if (out->o->command)
		helper_send(&out->helper, path);
}

static int check_pcapng_only(const struct output *out, struct errmsg *err)
{
	const struct nwcap_options *o = out->o;

	if (out->format == FORMAT_PCAP && needs_pcapng(o))
		return errmsg_set(err, NW_EINPUT, "%s: pcap has no place for comments, names, keys and owners (--proc); write pcapng "
				  "(--format pcapng, or a name that ends in .pcapng)", o->write);
	return 0;
}

int output_prepare(struct output *out, const struct nwcap_options *o, unsigned interfaces, struct errmsg *err)
{
	int bad = check_rotation(o, err);

	out->o = o;
	out->to_file = o->write != NULL;
	out->to_text = !o->count_only && (!o->write || o->print);
	out->many = interfaces > 1 && !o->read && !o->read_list;
	if (bad)
		return bad;
	if (out->to_file && !strcmp(o->write, "-")) {
		if (io_is_terminal(STDOUT_FILENO))
			return errmsg_set(err, NW_EINPUT, "packets are binary and standard output is a terminal; "
					  "write them to a file (-w FILE) or a program (nwcap -w - | nwfilter …)");
		if (out->to_text)
			return errmsg_set(err, NW_EINPUT, "lines (--print) and packets (-w -) cannot share standard output; "
					  "write the packets to a file");
	}
	if (out->to_file) {
		out->format = choose_format(o, interfaces);
		find_directory(out);
		bad = check_pcapng_only(out, err);
	}
	if (o->group_read)
		umask((umask(0) | 027) & ~(mode_t)040);
	if (!bad && o->print_name)
		bad = open_print_name(out, err);
	if (!bad && o->command)
		bad = helper_start(&out->helper, o, err);
	if (bad)
		return bad;
	decoder_init(&out->decoder);
	return o->display_filter ? compile_display_filter(out, err) : 0;
}

static int open_file(struct output *out, const struct interface *first, struct errmsg *err)
{
	const struct nwcap_options *o = out->o;
	bool rotates = o->max_bytes || o->interval_ns || o->max_packets || o->duration_ns;
	char plain[4096];
	int bad;
	struct ring_options r = {
		.path = o->write,
		.gzip = (o->gzip && !ends_with(o->write, ".gz")) || (rotates && ends_with(o->write, ".gz")),
		.gzip_level = rotates || !ends_with(o->write, ".gz") ? 0 : o->read || o->read_list ? GZIP_LEVEL : GZIP_FAST,
		.max_bytes = o->max_bytes,
		.interval_ns = o->interval_ns,
		.max_packets = o->max_packets,
		.duration_ns = o->duration_ns,
		.keep = (unsigned)o->keep,
		.max_files = o->stop_files,
		.names = (enum ring_names)o->name_time_number,
		.dirfd = -1,
		.writer = {
			.format = out->format,
			.nano = o->nano || (!o->micro && !o->precision && (o->read || o->read_list) && first->tsresol == 9),
			.snaplen = first->snaplen,
			.linktype = first->linktype,
			.comments = o->comments.item, /* one less than there is room for, so the last is NULL */
		},
	};

	if (!strcmp(o->write, "-"))
		io_grow_pipe(STDOUT_FILENO, 1 << 20);
	if (rotates && ends_with(o->write, ".gz")) { /* the ring's names are those before they are compressed */
		snprintf(plain, sizeof(plain), "%.*s", (int)(strlen(o->write) - 3), o->write);
		r.path = plain;
	}
	bad = ring_open(&out->ring, &r, err);
	if (!bad)
		ring_on_finished(out->ring, file_finished, out);
	return bad;
}

/*
 * Lines of "any" name the interface of each packet, and the packet has its number
 * only. Asked once, while that is still allowed (see drop privileges in live.c);
 * an interface that comes later is shown as "?".
 */
static struct if_nameindex *interface_names;

static int remember_interfaces(const char *netns, struct errmsg *err)
{
	int back = -1, bad = netns ? netns_enter(netns, &back, err) : 0;

	if (bad)
		return bad;
	interface_names = if_nameindex();
	return netns ? netns_leave(back, err) : 0;
}

static const char *interface_name(uint32_t ifindex)
{
	for (const struct if_nameindex *i = interface_names; i && i->if_name; i++)
		if (i->if_index == ifindex)
			return i->if_name;
	return NULL;
}

static const enum timefmt_style time_styles[] = { TIMEFMT_TIME, TIMEFMT_NONE, TIMEFMT_EPOCH, TIMEFMT_DELTA,
						  TIMEFMT_DATE_TIME, TIMEFMT_SINCE_FIRST };

static int open_text(struct output *out, struct errmsg *err)
{
	const struct nwcap_options *o = out->o;
	const int styles = sizeof(time_styles) / sizeof(time_styles[0]);
	struct export_options e = {
		.format = "text",
		.summary = {
			.verbose = o->verbose,
			.quiet = o->quiet,
			.absolute_seq = o->absolute_seq,
			.link_header = o->link_header,
			.no_checksums = o->no_checksums,
		},
		.hexdump = o->hex_ascii ? 'A' : o->hex_both ? 'X' : o->hex ? 'x' : 0,
		.hexdump_link = o->hex_both > 1 || o->hex > 1 || o->hex_ascii > 1,
		.owners = o->proc,
	};
	int bad;

	if (!o->read && !o->read_list) {
		bad = remember_interfaces(o->netns, err);
		if (bad)
			return bad;
		e.summary.interface_name = interface_name;
	}
	timefmt_init(&e.time, time_styles[o->times < styles ? o->times : styles - 1], o->nano ? 9 : 6, false);
	bad = outbuf_to_fd(&out->text, STDOUT_FILENO, 1 << 16, err);
	return bad ? bad : export_open(&out->export, &e, &out->decoder, &out->text, err);
}

int output_open(struct output *out, const struct interface *first, struct errmsg *err)
{
	int bad = 0;

	if (out->to_file)
		bad = open_file(out, first, err);
	if (!bad && out->to_text)
		bad = open_text(out, err);
	if (!bad && ENABLE_DISPLAY_FILTER && out->filter)
		filter_want(out->filter, &out->decoder);
	return bad;
}

int output_add_interface(struct output *out, const struct interface *i, uint32_t *ifid, struct errmsg *err)
{
	const struct nwcap_options *o = out->o;
	unsigned n = out->interfaces++;
	struct interface named;

	*ifid = 0;
	if (!out->ring)
		return 0;
	named = *i;
	if (n < (unsigned)o->ifnames.count)
		snprintf(named.name, sizeof(named.name), "%s", o->ifnames.item[n]);
	if (n < (unsigned)o->ifdescrs.count)
		snprintf(named.description, sizeof(named.description), "%s", o->ifdescrs.item[n]);
	return writer_add_interface(ring_writer(out->ring), &named, ifid, err);
}

bool output_is_plain(const struct output *out)
{
	return out->ring && !out->to_text && !out->o->skip && !out->proc && (!out->filter || out->filter_in_kernel);
}

static bool passes_filter(struct output *out, const struct frame *f, bool *decoded)
{
	if (!ENABLE_DISPLAY_FILTER || !out->filter || out->filter_in_kernel)
		return true;
	/* even what looks at the frame alone reaches it through the packet */
	if (!*decoded)
		packet_decode(&out->packet, &out->decoder, f);
	*decoded = true;
	return filter_match(out->filter, &out->packet);
}

/* -# --lengths, and which interface: in front of the line. */
static void put_front(struct output *out, const struct frame *f, const char *ifname)
{
	const struct nwcap_options *o = out->o;

	if (o->number) {
		uint64_t n = out->passed + out->skipped + 1;

		for (uint64_t width = 10000; width > n && width > 1; width /= 10)
			outbuf_char(&out->text, ' ');
		outbuf_u64(&out->text, n);
		outbuf_bytes(&out->text, "  ", 2);
	}
	if (o->lengths) {
		outbuf_str(&out->text, "caplen ");
		outbuf_u64(&out->text, f->caplen);
		outbuf_str(&out->text, " len ");
		outbuf_u64(&out->text, f->wirelen);
		outbuf_char(&out->text, ' ');
	}
	if (ifname) {
		outbuf_str(&out->text, ifname);
		outbuf_char(&out->text, ' ');
	}
}

int output_frame(struct output *out, const struct frame *f, uint32_t ifid, const char *ifname, struct errmsg *err)
{
	bool decoded = ENABLE_PROC && out->proc, first = ENABLE_PROC && decoded && proc_before_filter(out->proc);
	struct frame owned;
	int bad;

	if (decoded) {
		owned = *f;
		f = &owned;
		packet_decode(&out->packet, &out->decoder, f);
	}
	if (ENABLE_PROC && first)
		proc_attach(out->proc, &out->packet, &owned);
	if (!passes_filter(out, f, &decoded))
		return 0;
	if (out->skipped < out->o->skip) {
		out->skipped++;
		return 0;
	}
	if (ENABLE_PROC && out->proc && !first)
		proc_attach(out->proc, &out->packet, &owned);
	if (out->ring) {
		bad = ring_frame(out->ring, f, ifid, err);
		out->enough = bad == RING_ENOUGH;
		if (bad)
			return out->enough ? NW_ELIMIT : bad;
	}
	if (out->export) {
		if (!decoded)
			packet_decode(&out->packet, &out->decoder, f);
		put_front(out, f, ifname);
		export_packet(out->export, &out->packet);
		if (out->text.error) {
			if (err)
				*err = out->text.err;
			return out->text.error;
		}
	}
	out->passed++;
	return 1;
}

int output_flush(struct output *out, struct errmsg *err)
{
	int bad = out->export ? outbuf_flush(&out->text, err) : 0;

	return bad || !out->ring ? bad : ring_flush(out->ring, err);
}

int output_close(struct output *out, struct errmsg *err)
{
	int bad = 0, worse;

	if (out->export) {
		export_close(out->export, NULL);
		bad = outbuf_flush(&out->text, err);
	}
	if (out->ring) {
		worse = ring_close(out->ring, bad ? NULL : err);
		bad = bad ? bad : worse;
	}
	helper_finish(&out->helper);
	if (out->names_fd > 0)
		close(out->names_fd);
	out->names_fd = 0;
	outbuf_release(&out->text);
	if (ENABLE_DISPLAY_FILTER && out->filter)
		filter_free(out->filter);
	decoder_release(&out->decoder);
	if (interface_names)
		if_freenameindex(interface_names);
	interface_names = NULL;
	out->export = NULL;
	out->ring = NULL;
	out->filter = NULL;
	return bad;
}
