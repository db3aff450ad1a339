/* SPDX-License-Identifier: MIT */
/*
 * From the inputs through the judge to the output. One input whose format stays
 * is copied: matching records go out as they stand in the reader's buffer, and
 * every other block of a pcapng with them. Several inputs are merged by time and
 * written anew, as is a capture whose format changes.
 *
 * A live pipeline must not lag: whenever the input has nothing ready, what
 * has gathered goes out before we wait.
 */
#include "nwfilter.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POLL_MS = 1000, DRAIN_MS = 500 };

struct run {
	const struct nwfilter_options *o;
	struct judge *judge;
	struct reader *readers[OPTION_LIST_MAX];
	unsigned nreaders;
	struct merge *merge;       /* several inputs */
	struct writer *writer;     /* NULL: -c, -q */
	bool copies;               /* the writer follows the reader */
	uint32_t *ifids;           /* merge's or reader's interface -> the writer's */
	uint32_t nifids;
	uint64_t matched;
	int fd;                    /* output */
	bool done;                 /* -m or -q: enough */
	int status;                /* of bad inputs that did not end the run */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signo)
{
	(void)signo;
	interrupted = 1;
}

int nwfilter_say(int code, const struct errmsg *err)
{
	if (code != NW_ECLOSED) /* head took its ten packets: no news */
		fprintf(stderr, "nwfilter: %s\n", err->text);
	return errmsg_exit_code(code);
}

/* ---- inputs ------------------------------------------------------------------------------ */

static int open_inputs(struct run *r, struct errmsg *err)
{
	struct reader_options ro = { .follow = r->o->follow };
	int count = r->o->read.count;
	int rc = 0;

	if (count == 0) {
		if (io_is_terminal(STDIN_FILENO))
			return errmsg_set(err, NW_EINPUT, "no input: use -r FILE, or a pipe (nwcap -w - | nwfilter ...)");
		rc = reader_open(&r->readers[0], "-", &ro, err);
		r->nreaders = !rc;
	}
	for (int i = 0; i < count && !rc; i++) {
		rc = reader_open(&r->readers[i], r->o->read.item[i], &ro, err);
		r->nreaders += !rc;
	}
	if (!rc && count > 1)
		rc = merge_open(&r->merge, r->readers, r->nreaders, err);
	return rc;
}

static const struct interface *source_interface(const struct run *r, uint32_t ifid)
{
	return r->merge ? merge_interface(r->merge, ifid) : reader_interface(r->readers[0], ifid);
}

/* ---- output -------------------------------------------------------------------------------- */

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

/* -F, else what the name says, else pcap if every input is pcap of one link type. */
static enum capture_format output_format(const struct run *r)
{
	const char *f = r->o->format;
	uint32_t count = r->merge ? merge_interfaces(r->merge) : reader_interfaces(r->readers[0]);

	if (f)
		return strcmp(f, "pcap") == 0 ? FORMAT_PCAP : FORMAT_PCAPNG;
	if (r->o->write && has_suffix(r->o->write, ".pcapng"))
		return FORMAT_PCAPNG;
	for (unsigned i = 0; i < r->nreaders; i++)
		if (reader_format(r->readers[i]) == FORMAT_PCAPNG)
			return FORMAT_PCAPNG;
	for (uint32_t i = 1; i < count; i++)
		if (source_interface(r, i)->linktype != source_interface(r, 0)->linktype)
			return FORMAT_PCAPNG;
	return FORMAT_PCAP;
}

static int open_output_fd(struct run *r, struct errmsg *err)
{
	const char *path = r->o->write;
	struct stat in, out;

	if (!path || strcmp(path, "-") == 0) {
		if (io_is_terminal(STDOUT_FILENO))
			return errmsg_set(err, NW_EINPUT,
					  "binary packets do not go to a terminal: use -w FILE, or a pipe (| nwexport -f text)");
		r->fd = STDOUT_FILENO;
		return 0;
	}
	for (unsigned i = 0; i < r->nreaders && stat(path, &out) == 0; i++) {
		const char *name = r->o->read.count ? r->o->read.item[i] : "-";
		bool same = strcmp(name, "-") == 0 ? fstat(STDIN_FILENO, &in) == 0 : stat(name, &in) == 0;

		if (same && S_ISREG(in.st_mode) && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
			return errmsg_set(err, NW_EINPUT, "%s: is also the input; write to another file", path);
	}
	r->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (r->fd < 0)
		return errmsg_errno(err, "%s: cannot create it", path);
	if (io_is_terminal(r->fd))
		return errmsg_set(err, NW_EINPUT, "%s: is a terminal, and packets are binary; name a file", path);
	return 0;
}

/* Link type, snap length and resolution of a pcap file header. */
static void header_from_inputs(const struct run *r, struct writer_options *wo)
{
	uint32_t count = r->merge ? merge_interfaces(r->merge) : reader_interfaces(r->readers[0]);

	for (uint32_t i = 0; i < count; i++) {
		const struct interface *in = source_interface(r, i);

		if (i == 0)
			wo->linktype = in->linktype;
		if (in->tsresol > 6)
			wo->nano = true;
		if (in->snaplen > wo->snaplen)
			wo->snaplen = in->snaplen;
	}
}

static int open_output(struct run *r, struct errmsg *err)
{
	struct writer_options wo = { .unbuffered = r->o->flush };
	const char *name = r->o->write && strcmp(r->o->write, "-") != 0 ? r->o->write : "standard output";
	int rc;

	if (r->o->quiet || (r->o->count_only && !r->o->write))
		return 0;
	rc = open_output_fd(r, err);
	if (rc)
		return rc;
	wo.format = output_format(r);
	header_from_inputs(r, &wo);
	rc = writer_open(&r->writer, r->fd, name, &wo, err);
	r->copies = !r->merge && wo.format == reader_format(r->readers[0]);
	if (!rc && r->copies)
		rc = writer_follow(r->writer, r->readers[0], err);
	for (unsigned i = 0; !rc && !r->copies && i < r->nreaders; i++)
		rc = writer_keep_blocks(r->writer, r->readers[i], err);
	return rc;
}

/* The writer's number of a source interface, which it gets to know when its first packet comes. */
static int output_interface(struct run *r, uint32_t ifid, uint32_t *out, struct errmsg *err)
{
	if (ifid >= r->nifids) {
		uint32_t *grown = realloc(r->ifids, (ifid + 1) * 2 * sizeof(*grown));

		if (!grown)
			return errmsg_set(err, NW_ELIMIT, "no memory for %u interfaces", ifid + 1);
		r->ifids = grown;
		for (; r->nifids < (ifid + 1) * 2; r->nifids++)
			r->ifids[r->nifids] = UINT32_MAX;
	}
	if (r->ifids[ifid] == UINT32_MAX) {
		int rc = writer_add_interface(r->writer, source_interface(r, ifid), &r->ifids[ifid], err);

		if (rc)
			return rc;
	}
	*out = r->ifids[ifid];
	return 0;
}

static int write_packet(struct run *r, const struct frame *f, struct errmsg *err)
{
	struct frame cut;
	uint32_t ifid = 0;
	int rc;

	if (r->o->snaplen && f->caplen > r->o->snaplen) {
		cut = *f;
		cut.caplen = (uint32_t)r->o->snaplen;
		f = &cut;
	} else if (r->copies) {
		return writer_pass(r->writer, f, err);
	}
	if (!r->copies) {
		rc = output_interface(r, f->ifid, &ifid, err);
		if (rc)
			return rc;
	}
	return writer_frame(r->writer, f, ifid, NULL, err);
}

/* A --bpf that no packet can match is refused before the output is made. In pcapng and pipes more interfaces may follow,
 * so there only what is wrong for Ethernet too is refused at once. */
static int check_bpf(struct run *r, struct errmsg *err)
{
	uint32_t count = r->merge ? merge_interfaces(r->merge) : reader_interfaces(r->readers[0]);
	struct judge *j = r->judge;
	bool more = count == 0;

	for (uint32_t i = 0; i < count; i++) {
		int rc = judge_gate(j, source_interface(r, i)->linktype, err);

		if (rc)
			return rc;
	}
	for (unsigned i = 0; i < r->nreaders; i++)
		more |= reader_format(r->readers[i]) == FORMAT_PCAPNG;
	if (j->open || !r->o->bpf)
		return 0;
	if (more) {
		struct bpf *b;

		if (bpf_compile(&b, r->o->bpf, LINKTYPE_ETHERNET, 0, &j->why) == 0) {
			bpf_free(b);
			return 0;
		}
	}
	return errmsg_set(err, NW_EINPUT, "--bpf: %s", j->why.text);
}

/* ---- the loops -------------------------------------------------------------------------------- */

static int take(struct run *r, const struct frame *f, struct errmsg *err)
{
	int rc = judge_match(r->judge, f, err);

	if (rc <= 0)
		return rc;
	r->matched++;
	if (r->writer)
		rc = write_packet(r, f, err);
	r->done = r->o->quiet || r->matched == r->o->max;
	return rc < 0 ? rc : 0;
}

/* Before waiting for a slow source: what has gathered goes out. False when a signal says that it is enough. */
static bool wait_for_input(struct run *r, const struct reader *in, int *rc, struct errmsg *err)
{
	*rc = 0;
	while (!reader_ready(in)) {
		struct pollfd p = { .fd = reader_fd(in), .events = POLLIN };
		bool stopping = interrupted;

		if (r->writer) {
			*rc = writer_flush(r->writer, err);
			if (*rc)
				return false;
		}
		/* After a signal, what the program in front of us still writes is taken until it ends or pauses. */
		if (poll(&p, 1, stopping ? DRAIN_MS : POLL_MS) == 0 && stopping)
			return false;
		if (stopping && r->o->follow)
			return false;
	}
	return !interrupted || (!r->o->follow && reader_fd(in) >= 0);
}

/* One input. Runs of matching records are written before the buffer moves. */
static int run_single(struct run *r, struct errmsg *err)
{
	struct reader *in = r->readers[0];
	struct frame f;
	int rc = 0;

	while (!r->done && rc >= 0) {
		if (!wait_for_input(r, in, &rc, err))
			break;
		rc = reader_fill(in, err);
		if (rc <= 0)
			break;
		while (!r->done && (rc = reader_next(in, &f, err)) > 0) {
			rc = take(r, &f, err);
			if (rc < 0)
				break;
		}
		if (r->writer) {
			struct errmsg why;
			int rc2 = writer_sync(r->writer, &why);

			if (rc2 && rc >= 0) {
				*err = why;
				rc = rc2;
			}
		}
	}
	return rc;
}

/* After a signal what is in pipes is still taken; files are not read to their end. */
static bool any_stream(const struct run *r)
{
	for (unsigned i = 0; i < r->nreaders; i++)
		if (reader_fd(r->readers[i]) >= 0)
			return true;
	return false;
}

/* Several inputs. A bad one is reported; the others go on. */
static int run_merged(struct run *r, struct errmsg *err)
{
	struct frame f;
	int rc = 0;

	while (!r->done) {
		const struct reader *slow = merge_waits_for(r->merge);

		if (slow && !wait_for_input(r, slow, &rc, err))
			break;
		if (!slow && interrupted && !any_stream(r))
			break;
		rc = merge_read(r->merge, &f, err);
		if (rc == 0)
			break;
		if (rc < 0) {
			r->status = nwfilter_say(rc, err);
			continue;
		}
		rc = take(r, &f, err);
		if (rc < 0)
			break;
	}
	return rc;
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND }; /* the second one ends us at once */

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static int close_output(struct run *r, struct errmsg *err)
{
	unsigned left_out = r->writer ? writer_left_out(r->writer) : 0;
	int rc = writer_close(r->writer, err);

	if (left_out)
		fprintf(stderr, "nwfilter: %u block%s (names, secrets) in the other byte order could not be taken over; filter "
			"one file at a time, which copies them as they stand\n", left_out, left_out == 1 ? "" : "s");
	if (r->fd > STDERR_FILENO && close(r->fd) < 0 && errno != EINTR && !rc)
		rc = errmsg_errno(err, "%s", r->o->write);
	r->writer = NULL;
	return rc;
}

static int print_count(const struct run *r, struct errmsg *err)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)r->matched);

	return io_write_all(STDOUT_FILENO, text, (size_t)n, "standard output", err);
}

int nwfilter_run(const struct nwfilter_options *o, struct judge *j)
{
	struct run r = { .o = o, .judge = j, .fd = -1 };
	struct errmsg err;
	int rc;

	catch_signals();
	rc = open_inputs(&r, &err);
	if (!rc)
		rc = check_bpf(&r, &err);
	if (!rc)
		rc = open_output(&r, &err);
	if (!rc)
		rc = r.merge ? run_merged(&r, &err) : run_single(&r, &err);
	if (rc < 0)
		r.status = nwfilter_say(rc, &err);
	else if (j->closed && !j->open && !r.status)
		r.status = errmsg_exit_code(NW_EINPUT); /* what could not match has been said */
	rc = close_output(&r, &err);
	if (rc < 0)
		r.status = nwfilter_say(rc, &err);
	if (o->count_only && !r.status) {
		rc = print_count(&r, &err);
		if (rc < 0)
			r.status = nwfilter_say(rc, &err);
	}
	merge_close(r.merge);
	for (unsigned i = 0; i < r.nreaders; i++)
		reader_close(r.readers[i]);
	free(r.ifids);
	if (o->quiet && (r.matched || !r.status))
		return !r.matched;
	return r.status;
}
