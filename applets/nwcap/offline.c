/* SPDX-License-Identifier: MIT */
/*
 * -r: packets from a file or a pipe (-V: from several, one after the other), through the capture filter (run here, in
 * user space), the display filter, to lines or to another file. The bytes come from
 * elsewhere, so this too runs without privileges.
 */
#include "nwcap.h"
#include "sys/io.h"
#include "sys/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILTERS_MAX = 16,   /* link types in one file that a capture filter is compiled for */
	LIST_MAX = 1 << 20, /* bytes of the file of -V */
	FILES_MAX = 4096    /* names in it */
};

/* One file of -V, opened before the privileges go. */
struct input {
	const char *name;
	int fd;
};

struct offline {
	const struct nwcap_options *o;
	struct reader *reader;        /* of the file being read */
	char *list;                   /* -V: the text with the names */
	struct input *inputs;
	unsigned ninputs, next;
	struct output out;
	struct {
		struct bpf *bpf;
		uint16_t linktype;
	} filters[FILTERS_MAX];
	unsigned nfilters;
	uint32_t known;               /* interfaces of the reader that the file knows */
	uint32_t before;              /* interfaces of the readers before */
	uint64_t matched;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signo)
{
	(void)signo;
	interrupted = 1;
}

static int compile_for(struct offline *x, uint16_t linktype, struct errmsg *err)
{
	int bad;

	if (x->nfilters == FILTERS_MAX)
		return errmsg_set(err, NW_ELIMIT, "%s has more than %d link types, too many for a capture filter",
				  reader_name(x->reader), FILTERS_MAX);
	bad = bpf_compile(&x->filters[x->nfilters].bpf, x->o->bpf, linktype, CAPTURE_SNAPLEN_MAX, err);
	if (bad == NW_EINPUT)
		capture_filter_error(x->o->bpf, linktype, err);
	if (bad)
		return nwcap_filter_hint(bad, x->o->bpf, err);
	x->filters[x->nfilters++].linktype = linktype;
	return 0;
}

/* Names of hosts and services are looked up in files that the drop of privileges takes away, so filters are
 * compiled before. A pcapng says its link types only on the way: the usual ones are prepared, and where the filter makes
 * no sense is said when a packet needs it. */
static int compile_ahead(struct offline *x, struct errmsg *err)
{
	static const uint16_t usual[] = { LINKTYPE_ETHERNET, LINKTYPE_RAW, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2,
					  LINKTYPE_NULL };
	const int count = sizeof(usual) / sizeof(usual[0]);

	if (!x->o->bpf[0])
		return 0;
	if (reader_format(x->reader) == FORMAT_PCAP && !x->ninputs)
		return compile_for(x, reader_interface(x->reader, 0)->linktype, err);
	for (int i = 0; i < count; i++)
		compile_for(x, usual[i], NULL);
	return x->nfilters ? 0 : compile_for(x, LINKTYPE_ETHERNET, err);
}

static int passes_bpf(struct offline *x, const struct frame *f, struct errmsg *err)
{
	unsigned i = 0;

	if (!x->o->bpf[0])
		return 1;
	while (i < x->nfilters && x->filters[i].linktype != f->linktype)
		i++;
	if (i == x->nfilters) {
		int bad = compile_for(x, f->linktype, err);

		if (bad)
			return bad;
	}
	return bpf_match(x->filters[i].bpf, f);
}

/* Interfaces of a pcapng appear on the way; the copy gets them in the same order, so that their numbers agree. */
static int learn_interfaces(struct offline *x, struct errmsg *err)
{
	uint32_t ifid;
	int bad = 0;

	for (; !bad && x->known < reader_interfaces(x->reader); x->known++)
		bad = output_add_interface(&x->out, reader_interface(x->reader, x->known), &ifid, err);
	return bad;
}

/* Waits for the next bytes in a way that a signal ends. False: interrupted. */
static bool wait_for_input(struct reader *r)
{
	struct pollfd p = { .fd = reader_fd(r), .events = POLLIN };

	if (!interrupted && p.fd >= 0 && !reader_ready(r))
		poll(&p, 1, -1);
	return !interrupted;
}

static int take(struct offline *x, struct frame *f, struct errmsg *err)
{
	int went = passes_bpf(x, f, err);

	if (went > 0 && x->o->snaplen && f->caplen > x->o->snaplen)
		f->caplen = (uint32_t)x->o->snaplen;
	if (went > 0)
		went = learn_interfaces(x, err);
	else
		return went;
	return went ? went : output_frame(&x->out, f, x->before + f->ifid, NULL, err);
}

/* 0: the end, or enough (`enough` or -c), or interrupted. */
static int copy(struct offline *x, struct errmsg *err)
{
	struct frame f;
	int got = 1;

	while (wait_for_input(x->reader) && (got = reader_fill(x->reader, err)) > 0) {
		while ((got = reader_next(x->reader, &f, err)) > 0) {
			int went = take(x, &f, err);

			if (went < 0)
				return x->out.enough ? 0 : went;
			x->matched += (uint64_t)went;
			if (x->o->count && x->matched == x->o->count)
				return 0;
		}
		if (got < 0)
			return got;
		if (x->o->line_buffered || x->o->packet_buffered || !reader_ready(x->reader))
			got = output_flush(&x->out, err);
		if (got < 0)
			return got;
	}
	return got;
}

static void say_reading(const struct offline *x)
{
	const struct interface *i = reader_interfaces(x->reader) ? reader_interface(x->reader, 0) : NULL;
	const char *type = i ? linktype_name(i->linktype) : NULL, *what = i ? linktype_description(i->linktype) : NULL;
	char format[80];

	reader_describe(x->reader, format, sizeof(format));
	if (!i)
		fprintf(stderr, "reading from %s (%s)\n", reader_name(x->reader), format);
	else
		fprintf(stderr, "reading from %s (%s), link-type %s (%s), snapshot length %u\n", reader_name(x->reader), format,
			type ? type : "?", what ? what : "?", i->snaplen ? i->snaplen : CAPTURE_SNAPLEN_MAX);
}

/* Opening the output would empty the input before it is read. */
static int check_same_file(const struct nwcap_options *o, const char *input, struct errmsg *err)
{
	struct stat in, out;
	int rc = o->write && strcmp(o->write, "-") ? stat(o->write, &out) : -1;

	if (!rc)
		rc = strcmp(input, "-") ? stat(input, &in) : fstat(STDIN_FILENO, &in);
	if (!rc && S_ISREG(in.st_mode) && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
		return errmsg_set(err, NW_EINPUT, "%s: is also the input; write to another file", o->write);
	return 0;
}

/* ---- -V ------------------------------------------------------------------------------ */

static int read_list(struct offline *x, struct errmsg *err)
{
	const char *path = x->o->read_list;
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	size_t used = 0;
	long n = 1;

	if (fd < 0)
		return errmsg_errno(err, "-V %s", path);
	x->list = malloc(LIST_MAX + 1);
	x->inputs = calloc(FILES_MAX, sizeof(*x->inputs));
	if (!x->list || !x->inputs)
		n = errmsg_set(err, NW_ELIMIT, "-V %s: no memory", path);
	while (n > 0 && used < LIST_MAX && (n = io_read(fd, x->list + used, LIST_MAX - used, path, err)) > 0)
		used += (size_t)n;
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0)
		return (int)n;
	if (used == LIST_MAX)
		return errmsg_set(err, NW_ELIMIT, "-V %s: it holds more than %d bytes of names", path, LIST_MAX);
	x->list[used] = 0;
	return 0;
}

static int add_input(struct offline *x, const char *name, struct errmsg *err)
{
	struct input *in = &x->inputs[x->ninputs];
	int bad;

	if (x->ninputs == FILES_MAX)
		return errmsg_set(err, NW_ELIMIT, "-V %s: it names more than %d files", x->o->read_list, FILES_MAX);
	bad = check_same_file(x->o, name, err);
	if (bad)
		return bad;
	in->name = name;
	in->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return errmsg_errno(err, "%s, named by -V %s", name, x->o->read_list);
	x->ninputs++;
	return 0;
}

/* Later nothing may be opened any more, so all are opened at once. */
static int open_list(struct offline *x, struct errmsg *err)
{
	struct rlimit files;
	int bad = read_list(x, err);

	if (!bad && !getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	for (char *line = x->list, *end; !bad && *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		if (*line)
			bad = add_input(x, line, err);
	}
	if (!bad && !x->ninputs)
		bad = errmsg_set(err, NW_EINPUT, "-V %s: it names no file", x->o->read_list);
	return bad;
}

/* The next file of -V takes the place of the one that has been read. 1: there is one, 0: there is none. */
static int next_input(struct offline *x, struct errmsg *err)
{
	struct input *in = &x->inputs[x->next];
	int bad;

	if (x->next >= x->ninputs)
		return 0;
	if (x->reader) {
		x->before += reader_interfaces(x->reader);
		reader_close(x->reader);
		x->reader = NULL;
		x->known = 0;
	}
	x->next++;
	bad = reader_open_fd(&x->reader, in->fd, in->name, &(struct reader_options){ 0 }, err);
	return bad ? bad : 1;
}

static void free_list(struct offline *x)
{
	for (unsigned i = 0; i < x->ninputs; i++)
		close(x->inputs[i].fd);
	free(x->inputs);
	free(x->list);
}

/* ---- the beginning ----------------------------------------------------------------------- */

static int open_first(struct offline *x, struct errmsg *err)
{
	int bad;

	if (!x->o->read_list) {
		bad = reader_open(&x->reader, x->o->read, &(struct reader_options){ 0 }, err);
		return bad ? bad : check_same_file(x->o, x->o->read, err);
	}
	bad = open_list(x, err);
	if (!bad)
		bad = next_input(x, err);
	return bad < 0 ? bad : 0;
}

/* A pcap file is copied as pcap; a pcapng may hold several interfaces, so it counts as several. */
static int open_all(struct offline *x, struct errmsg *err)
{
	struct interface unknown = { .linktype = LINKTYPE_ETHERNET, .tsresol = 6 };
	struct privilege_needs needs = { .user = x->o->user };
	struct privilege_report report;
	int bad = open_first(x, err);

	if (bad)
		return bad;
	bad = output_prepare(&x->out, x->o, reader_format(x->reader) == FORMAT_PCAPNG ? 2 : 1, err);
	needs.write_dir = x->out.dir;
	if (!bad)
		bad = compile_ahead(x, err);
	if (!bad && x->o->user)
		bad = privilege_drop(&needs, &report, err);
	if (!bad)
		bad = output_open(&x->out, reader_interfaces(x->reader) ? reader_interface(x->reader, 0) : &unknown, err);
	if (!bad && !x->o->user)
		bad = privilege_drop(&needs, &report, err);
	return bad;
}

/* One file after the other. */
static int copy_all(struct offline *x, struct errmsg *err)
{
	int rc = 1;

	while (rc > 0) {
		say_reading(x);
		rc = x->out.ring ? writer_keep_blocks(ring_writer(x->out.ring), x->reader, err) : 0;
		if (!rc)
			rc = copy(x, err);
		if (!rc)
			rc = learn_interfaces(x, err);
		if (!rc && !x->out.enough && !interrupted && !(x->o->count && x->matched >= x->o->count))
			rc = next_input(x, err);
	}
	return rc;
}

int nwcap_offline(const struct nwcap_options *o)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct offline x = { .o = o };
	struct errmsg err, closing;
	int bad, worse;

	bad = open_all(&x, &err);
	if (!bad) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		bad = copy_all(&x, &err);
	}
	worse = output_close(&x.out, &closing);
	if (!bad && worse) {
		bad = worse;
		err = closing;
	}
	if (!bad && o->count_only)
		printf("%" PRIu64 " packet%s\n", x.matched, nwcap_plural(x.matched));
	for (unsigned i = 0; i < x.nfilters; i++)
		bpf_free(x.filters[i].bpf);
	reader_close(x.reader);
	free_list(&x);
	if (bad == NW_ECLOSED)
		return 0;
	if (!bad && (fflush(stdout) || ferror(stdout)))
		bad = errmsg_errno(&err, "standard output");
	return bad ? nwcap_fail(bad, &err) : 0;
}
