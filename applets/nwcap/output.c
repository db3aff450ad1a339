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
 * cannot say which interface a packet came from.
 */
#include "nwcap.h"
#include "sys/io.h"
#include "sys/netns.h"

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

static enum capture_format choose_format(const struct nwcap_options *o, unsigned interfaces)
{
	if (o->format)
		return strcmp(o->format, "pcap") ? FORMAT_PCAPNG : FORMAT_PCAP;
	if (ends_with(o->write, ".pcapng") || ends_with(o->write, ".ntar"))
		return FORMAT_PCAPNG;
	if (ends_with(o->write, ".pcap") || ends_with(o->write, ".cap"))
		return FORMAT_PCAP;
	return interfaces > 1 ? FORMAT_PCAPNG : FORMAT_PCAP;
}

static int check_rotation(const struct nwcap_options *o, struct errmsg *err)
{
	const char *what = o->max_bytes ? "-C" : o->interval_ns ? "-G" : o->max_packets ? "-b packets" : o->keep ? "-W" : NULL;

	if (!what)
		return 0;
	if (!o->write)
		return errmsg_set(err, NW_EINPUT, "%s is about files; give a name with -w FILE", what);
	if (!strcmp(o->write, "-"))
		return errmsg_set(err, NW_EINPUT, "%s cannot cut standard output into files; give a name with -w FILE", what);
	if (o->keep && !o->max_bytes && !o->interval_ns && !o->max_packets)
		return errmsg_set(err, NW_EINPUT, "-W %llu needs -C SIZE, -G SECONDS or -b packets:N, which say when the next file begins",
				  (unsigned long long)o->keep);
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

int output_prepare(struct output *out, const struct nwcap_options *o, unsigned interfaces, struct errmsg *err)
{
	int bad = check_rotation(o, err);

	out->o = o;
	out->to_file = o->write != NULL;
	out->to_text = !o->count_only && (!o->write || o->print);
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
	}
	decoder_init(&out->decoder);
	return o->display_filter ? compile_display_filter(out, err) : 0;
}

static int open_file(struct output *out, const struct interface *first, struct errmsg *err)
{
	const struct nwcap_options *o = out->o;
	struct ring_options r = {
		.path = o->write,
		.max_bytes = o->max_bytes,
		.interval_ns = o->interval_ns,
		.max_packets = o->max_packets,
		.keep = (unsigned)o->keep,
		.dirfd = -1,
		.writer = {
			.format = out->format,
			.nano = o->nano || (o->read && first->tsresol == 9),
			.snaplen = first->snaplen,
			.linktype = first->linktype,
		},
	};

	if (!strcmp(o->write, "-"))
		io_grow_pipe(STDOUT_FILENO, 1 << 20);
	return ring_open(&out->ring, &r, err);
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
		},
		.hexdump = o->hex_ascii ? 'A' : o->hex_both ? 'X' : o->hex ? 'x' : 0,
		.hexdump_link = o->hex_both > 1 || o->hex > 1,
	};
	int bad;

	if (!o->read) {
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
	*ifid = 0;
	return out->ring ? writer_add_interface(ring_writer(out->ring), i, ifid, err) : 0;
}

bool output_is_plain(const struct output *out)
{
	return out->ring && !out->to_text && (!out->filter || out->filter_in_kernel);
}

static bool passes_filter(struct output *out, const struct frame *f, bool *decoded)
{
	if (!ENABLE_DISPLAY_FILTER || !out->filter || out->filter_in_kernel)
		return true;
	/* even what looks at the frame alone reaches it through the packet */
	packet_decode(&out->packet, &out->decoder, f);
	*decoded = true;
	return filter_match(out->filter, &out->packet);
}

int output_frame(struct output *out, const struct frame *f, uint32_t ifid, struct errmsg *err)
{
	bool decoded = false;
	int bad;

	if (!passes_filter(out, f, &decoded))
		return 0;
	if (out->ring) {
		bad = ring_frame(out->ring, f, ifid, err);
		if (bad)
			return bad;
	}
	if (out->export) {
		if (!decoded)
			packet_decode(&out->packet, &out->decoder, f);
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

	return bad || !out->ring ? bad : writer_flush(ring_writer(out->ring), err);
}

int output_close(struct output *out, struct errmsg *err)
{
	int bad = 0, worse;

	if (out->export) {
		export_close(out->export);
		bad = outbuf_flush(&out->text, err);
	}
	if (out->ring) {
		worse = ring_close(out->ring, bad ? NULL : err);
		bad = bad ? bad : worse;
	}
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
