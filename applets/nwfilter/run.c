/* SPDX-License-Identifier: MIT */
/*
 * From the inputs through the judge and the edits to the output. One input whose format and link type stay
 * is copied: matching records go out as they stand in the reader's buffer, and
 * every other block of a pcapng with them. Several inputs are merged by time and
 * written anew, as is a capture whose format changes, or that is split or anonymized.
 *
 * A live pipeline must not lag: whenever the input has nothing ready, what
 * has gathered goes out before we wait.
 */
#include "flow/whole.h"
#include "nwfilter.h"

#include "loop/loop.h"
#include "pcapio/keylog.h"
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
	struct packet_file out;    /* of the writer, unless it copies */
	struct split *split;       /* --split: instead of the writer */
	struct edits *edits;       /* NULL: packets stay as they are */
	struct whole *whole;       /* --whole-flow */
	char *secrets;             /* --inject-keys */
	size_t secrets_len;
	uint64_t matched;
	int fd;                    /* output */
	bool done;                 /* -m or -q: enough */
	int status;                /* of bad inputs that did not end the run */
};

static volatile sig_atomic_t interrupted;
static int64_t interrupted_ns;

/* The second signal ends us at once. But timeout(1) sends each twice, to the process and to its group: what comes right
 * after the first is still the first. */
static void on_signal(int signo)
{
	enum { SAME_SIGNAL_NS = 300000000 };
	int64_t now = loop_monotonic_ns();

	if (interrupted && now - interrupted_ns > SAME_SIGNAL_NS) {
		signal(signo, SIG_DFL);
		raise(signo);
		return;
	}
	if (!interrupted)
		interrupted_ns = now;
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
	if ((r->o->write && has_suffix(r->o->write, ".pcapng")) || r->secrets)
		return FORMAT_PCAPNG;
	for (unsigned i = 0; i < r->nreaders; i++)
		if (reader_format(r->readers[i]) == FORMAT_PCAPNG)
			return FORMAT_PCAPNG;
	if (r->o->edit.link >= 0)
		return FORMAT_PCAP; /* all are of one type then */
	for (uint32_t i = 0; i < count; i++)
		if (source_interface(r, i)->linktype != (r->o->edit.decap ? LINKTYPE_ETHERNET : source_interface(r, 0)->linktype))
			return FORMAT_PCAPNG; /* what a tunnel carries may be Ethernet */
	return FORMAT_PCAP;
}

/* Is it a file that we read? */
static bool is_input(const struct run *r, const struct stat *out)
{
	struct stat in;

	for (unsigned i = 0; i < r->nreaders; i++) {
		const char *name = r->o->read.count ? r->o->read.item[i] : "-";
		bool there = strcmp(name, "-") == 0 ? fstat(STDIN_FILENO, &in) == 0 : stat(name, &in) == 0;

		if (there && S_ISREG(in.st_mode) && in.st_dev == out->st_dev && in.st_ino == out->st_ino)
			return true;
	}
	return false;
}

static int open_output_fd(struct run *r, struct errmsg *err)
{
	const char *path = r->o->write;
	struct stat out;

	if (!path || strcmp(path, "-") == 0) {
		if (fstat(STDOUT_FILENO, &out) == 0 && is_input(r, &out)) /* -r X >> X would never end */
			return errmsg_set(err, NW_EINPUT, "standard output is also the input; write to another file");
		if (io_is_terminal(STDOUT_FILENO))
			return errmsg_set(err, NW_EINPUT,
					  "binary packets do not go to a terminal: use -w FILE, or a pipe (| nwexport -f text)");
		r->fd = STDOUT_FILENO;
		return 0;
	}
	if (stat(path, &out) == 0 && is_input(r, &out))
		return errmsg_set(err, NW_EINPUT, "%s: is also the input; write to another file", path);
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
			wo->linktype = r->o->edit.link >= 0 ? (uint16_t)r->o->edit.link : in->linktype;
		if (in->tsresol > 6)
			wo->nano = true;
		if (in->snaplen > wo->snaplen)
			wo->snaplen = in->snaplen;
	}
}

static int open_split(struct run *r, const struct writer_options *wo, struct errmsg *err)
{
	struct split_options so = { .by = r->o->split, .size = r->o->split_size, .span_ns = r->o->split_ns, .path = r->o->write,
				    .writer = wo, .bare = r->o->edit.key, .secrets = r->secrets, .secrets_len = r->secrets_len };

	return split_open(&r->split, &so, err);
}

static int open_output(struct run *r, struct errmsg *err)
{
	struct writer_options wo = { .unbuffered = r->o->flush };
	const char *name = r->o->write && strcmp(r->o->write, "-") != 0 ? r->o->write : "standard output";
	/* a copy of a pcapng is good in its own order alone: packets that have waited may come behind another section */
	bool anew = r->merge || (ENABLE_EDIT && edits_change_link(r->edits)) || r->o->edit.key ||
		    (r->whole && reader_format(r->readers[0]) == FORMAT_PCAPNG);
	int rc;

	if (r->o->quiet || (r->o->count_only && !r->o->write))
		return 0;
	wo.format = output_format(r);
	header_from_inputs(r, &wo);
	if (r->o->split)
		return open_split(r, &wo, err);
	rc = open_output_fd(r, err);
	if (rc)
		return rc;
	rc = writer_open(&r->writer, r->fd, name, &wo, err);
	r->out = (struct packet_file){ .writer = r->writer, .bare = r->o->edit.key };
	r->copies = !anew && wo.format == reader_format(r->readers[0]);
	if (!rc && r->copies)
		rc = writer_follow(r->writer, r->readers[0], err);
	if (!rc && r->secrets)
		rc = writer_secrets(r->writer, SECRETS_TLS, r->secrets, r->secrets_len, err);
	/* names, keys and comments tell what anonymizing hides */
	for (unsigned i = 0; !rc && !r->copies && !r->o->edit.key && i < r->nreaders; i++)
		rc = writer_keep_blocks(r->writer, r->readers[i], err);
	return rc;
}

/* Cut by -s. */
static const struct frame *snapped(const struct run *r, const struct frame *f, struct frame *cut)
{
	if (!r->o->snaplen || f->caplen <= r->o->snaplen)
		return f;
	*cut = *f;
	cut->caplen = (uint32_t)r->o->snaplen;
	if (r->o->edit.adjust_length)
		cut->wirelen = cut->caplen;
	cut->record = NULL;
	cut->record_kind = RECORD_NONE;
	return cut;
}

static int write_packet(struct run *r, const struct frame *f, struct errmsg *err)
{
	const struct interface *in = source_interface(r, f->ifid);
	struct frame changed, cut;

	if (ENABLE_EDIT && r->edits) {
		int rc = edits_apply(r->edits, f, &changed, err);

		if (rc <= 0)
			return rc;
		f = &changed;
	}
	f = snapped(r, f, &cut);
	if (r->split)
		return split_packet(r->split, in, f, err);
	if (!r->copies)
		return packet_file_add(&r->out, in, f, err);
	return f->record ? writer_pass(r->writer, f, err) : writer_frame(r->writer, f, 0, NULL, err);
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

/* ---- whole conversations ---------------------------------------------------------------------- */

/* A packet of a conversation that has matched: from struct whole. */
static int take_whole(void *user, const struct frame *f, struct errmsg *err)
{
	struct run *r = user;
	int rc = 0;

	if (r->o->max && r->matched == r->o->max)
		return 0; /* what still waited is left out */
	r->matched++;
	if (r->writer || r->split)
		rc = write_packet(r, f, err);
	r->done |= r->matched == r->o->max;
	return rc;
}

/* Files are read to their end, so that packets can be kept in order; who listens to a stream wants them when they match. */
static bool any_live(const struct run *r)
{
	for (unsigned i = 0; i < r->nreaders; i++) {
		const char *name = r->o->read.count ? r->o->read.item[i] : "-";
		struct stat st;

		if ((strcmp(name, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(name, &st)) != 0 || !S_ISREG(st.st_mode))
			return true;
	}
	return r->o->follow || r->o->flush;
}

static int open_whole(struct run *r, struct errmsg *err)
{
	struct whole_options o = { .max_bytes = r->o->whole_bytes, .at_once = any_live(r), .give = take_whole, .user = r,
				   .no_bytes = r->o->count_only && !r->o->write };

	if (!ENABLE_FLOWS || !r->o->whole_flow || r->o->quiet) /* -q: the first match is enough */
		return 0;
	return whole_new(&r->whole, &o, &r->judge->decoder, err);
}

/* What the bound has cost, and the cure. */
static void say_whole(const struct run *r)
{
	const struct whole_counts *c = whole_counts(r->whole);
	uint64_t kib = (r->o->whole_bytes ? r->o->whole_bytes : WHOLE_BYTES) >> 10;
	bool mib = kib % 1024 == 0;

	if (c->dropped)
		fprintf(stderr, "nwfilter: more than %llu %s waited for a match of their conversation: the oldest %llu packets were "
			"given up, and %llu of them, of %llu conversation%s that matched later, are missing; --whole-flow=SIZE keeps more\n",
			(unsigned long long)(mib ? kib >> 10 : kib), mib ? "MiB" : "KiB", (unsigned long long)c->dropped,
			(unsigned long long)c->missing, (unsigned long long)c->missing_conversations, c->missing_conversations == 1 ? "" : "s");
	if (c->forgotten)
		fprintf(stderr, "nwfilter: %llu conversations were forgotten, as there are more than a million; what came of them "
			"later counts as another\n", (unsigned long long)c->forgotten);
}

/* Bounds that were hit while packets were put together. */
static void say_given_up(const struct run *r)
{
	uint64_t fragments = r->judge ? decoder_fragments(&r->judge->decoder).evicted : 0;
	uint64_t messages = r->judge ? decoder_streams(&r->judge->decoder).limits : 0;

	if (fragments && !r->o->quiet)
		fprintf(stderr, "nwfilter: %llu datagram%s in fragments given up, as too many were under way\n",
			(unsigned long long)fragments, fragments == 1 ? " was" : "s were");
	if (messages && !r->o->quiet)
		fprintf(stderr, "nwfilter: %llu message%s over several TCP segments given up, as they, or what came early, took too much "
			"memory\n", (unsigned long long)messages, messages == 1 ? " was" : "s were");
}

/* A filter on what the analysis of TCP says saw less than all. */
static void say_unanalysed(const struct run *r)
{
	const struct tcp_analyzer *a = r->judge ? r->judge->decoder.analyzer : NULL;
	uint32_t forgotten = a ? tcp_analyzer_forgotten(a) : 0;

	if (forgotten && !r->o->quiet)
		fprintf(stderr, "nwfilter: %lu TCP connection%s forgotten, as more than a million were open; what came of them later is "
			"judged as new; a filter on addresses leaves fewer\n", (unsigned long)forgotten, forgotten == 1 ? " was" : "s were");
}

/* ---- the loops -------------------------------------------------------------------------------- */

static int take(struct run *r, const struct frame *f, struct errmsg *err)
{
	bool matches = false;
	int rc;

	if (ENABLE_FLOWS && r->whole) {
		rc = judge_look(r->judge, f, &matches, err);
		if (rc > 0)
			rc = whole_packet(r->whole, &r->judge->packet, matches, err);
		r->done |= r->judge->over;
		return rc;
	}
	rc = judge_match(r->judge, f, err);
	if (rc <= 0) {
		r->done |= r->judge->over;
		return rc;
	}
	r->matched++;
	if (r->writer || r->split)
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
	struct sigaction sa = { .sa_handler = on_signal };

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
		fprintf(stderr, "nwfilter: %u block%s (names, secrets) in the other byte order could not be taken over; only "
			"filtering one file, without changes, copies them as they stand\n", left_out, left_out == 1 ? "" : "s");
	if (r->fd > STDERR_FILENO && close(r->fd) < 0 && errno != EINTR && !rc)
		rc = errmsg_errno(err, "%s", r->o->write);
	r->writer = NULL;
	packet_file_release(&r->out);
	if (!rc)
		rc = split_close(r->split, err);
	else
		split_close(r->split, &(struct errmsg){ "" });
	return rc;
}

/* What edits have left out. */
static void say_edits(const struct run *r)
{
	const struct edit_counts *c = ENABLE_EDIT && r->edits ? edits_counts(r->edits) : NULL;

	if (c && r->o->edit.dedup)
		fprintf(stderr, "nwfilter: %llu duplicate%s left out\n", (unsigned long long)c->duplicates, c->duplicates == 1 ? "" : "s");
	if (c && c->unlinkable)
		fprintf(stderr, "nwfilter: %llu packet%s left out, as --link %s has no form for them\n",
			(unsigned long long)c->unlinkable, c->unlinkable == 1 ? "" : "s", r->o->link);
	if (c && c->not_understood)
		fprintf(stderr, "nwfilter: %llu packet%s of link types that --anonymize does not know; all their bytes are payload\n",
			(unsigned long long)c->not_understood, c->not_understood == 1 ? "" : "s");
}

/* A key log has a line that is a key. Anything else, such as a private key, has no business in a capture. */
static bool is_key_log(const char *text, size_t len)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len, n = line;

		if (n && text[n - 1] == '\r')
			n--;
		if (keylog_is_key(text, n) || (n > 15 && !memcmp(text, "RSA Session-ID:", 15)))
			return true;
		text += line + (end != NULL);
		len -= line + (end != NULL);
	}
	return false;
}

static int read_secrets(struct run *r, struct errmsg *err)
{
	int rc = r->o->inject_keys ? read_whole_file(r->o->inject_keys, SECRETS_MAX, &r->secrets, &r->secrets_len, err) : 0;

	if (!rc && r->secrets && !is_key_log(r->secrets, r->secrets_len))
		return errmsg_set(err, NW_EINPUT, "%s: holds no keys; lines of a key log are LABEL RANDOM SECRET (SSLKEYLOGFILE)",
				  r->o->inject_keys);
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
		rc = read_secrets(&r, &err);
	if (!rc && ENABLE_EDIT)
		rc = edits_open(&r.edits, &o->edit, &err);
	if (!rc)
		rc = open_whole(&r, &err);
	if (!rc)
		rc = open_output(&r, &err);
	if (!rc)
		rc = r.merge ? run_merged(&r, &err) : run_single(&r, &err);
	if (ENABLE_FLOWS && r.whole && (rc >= 0 || rc == NW_EINPUT)) { /* a broken input has packets before the break */
		struct errmsg why;
		int rc2 = whole_end(r.whole, &why);

		if (rc2 && rc >= 0) {
			err = why;
			rc = rc2;
		}
	}
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
	say_edits(&r);
	say_unanalysed(&r);
	say_given_up(&r);
	if (ENABLE_FLOWS && r.whole)
		say_whole(&r);
	if (ENABLE_FLOWS)
		whole_free(r.whole);
	if (ENABLE_EDIT)
		edits_close(r.edits);
	free(r.secrets);
	if (o->quiet && (r.matched || !r.status))
		return !r.matched;
	return r.status;
}
