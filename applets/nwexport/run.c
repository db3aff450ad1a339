/* SPDX-License-Identifier: MIT */
/*
 * nwexport: from the inputs through the filter to the output.
 *
 * A live pipe is followed closely: when nothing more is waiting, what has been
 * exported is written before the next packet is waited for. Bad input ends the
 * output in good order. With --split every part is an export of its own; with
 * --state the inputs are read one after the other, each from where the last run
 * stopped, and no output is touched before there is something new.
 */
#include "nwexport.h"

#include "decode/protocol.h"
#include "decode/space.h"
#include "pcapio/reader.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS_MAX = 16 * 1024 * 1024, CAPTURE_MIN = 28 /* bytes of the shortest header of a pcapng */ };

/* Blocks of a pcapng that go into every part. */
struct kept_block {
	struct kept_block *next;
	struct block b;
	uint8_t bytes[];
};

struct run {
	struct opts *o;
	const struct export_format *format;
	struct input in;
	struct target out;
	struct decoder decoder;
	struct filter *filter;
	struct export *export;      /* NULL: no part is open */
	struct export_options eo;
	struct packet *packet;
	struct progress progress;
	bool raw;                   /* nobody looks behind the frame */
	bool lazy;                  /* a part is opened by its first packet */
	bool parts;                 /* --split */
	uint64_t exported, in_part;
	int64_t part_key;           /* --split seconds: which of them this part is */
	long part_zone;             /* and seconds east of Greenwich at its begin */
	int input_error;            /* of the input, after what was good has been exported */
	struct errmsg input_text;

	struct state state;
	struct state_file *current; /* of the file being read */
	uint64_t taken;             /* packets of it that need not be read again */
	uint32_t ifid_base;         /* interfaces of the files before it */

	struct kept_block *blocks, **blocks_end;
	size_t block_bytes;
	unsigned left_out;
};

/* ---- parts ----------------------------------------------------------------------------------- */

static const struct interface *input_interface(void *source, uint32_t ifid)
{
	struct input *in = source;

	if (in->merge)
		return ifid < merge_interfaces(in->merge) ? merge_interface(in->merge, ifid) : NULL;
	return in->count && ifid < reader_interfaces(in->reader[0]) ? reader_interface(in->reader[0], ifid) : NULL;
}

/* What the output begins with, or NULL. This also asks the decoder for all that will be needed, and finds what is wrong
 * with the options: a part that is opened by its first packet is too late for both. */
static char *dry_run(struct run *r, struct errmsg *err)
{
	enum { HEADER_MAX = 64 * 1024 };
	char *text = malloc(HEADER_MAX);
	struct outbuf o;
	struct export *e;

	if (!text) {
		errmsg_set(err, NW_ELIMIT, "no memory for a header");
		return NULL;
	}
	outbuf_fixed(&o, text, HEADER_MAX);
	if (export_open(&e, &r->eo, &r->decoder, &o, err)) {
		free(text);
		return NULL;
	}
	export_abandon(e);
	outbuf_cstr(&o);
	return text;
}

static int part_open(struct run *r, int64_t ts_ns, struct errmsg *err)
{
	bool continued = r->o->append && r->format->append == APPEND_HEADER && r->eo.header, has_header;
	char *header = NULL;
	int rc;

	if (continued && !(header = dry_run(r, err)))
		return NW_EINPUT;
	rc = target_open(&r->out, ts_ns, header, &has_header, err);
	free(header);
	if (!rc && r->o->state)
		rc = state_before(&r->state, &r->out, false, err);
	if (!rc) {
		r->eo.output_name = r->out.name;
		r->eo.folder = r->out.folder ? r->out.path : NULL;
		r->eo.header = r->eo.header && !has_header;
		rc = export_open(&r->export, &r->eo, &r->decoder, &r->out.buf, err);
	}
	for (const struct kept_block *k = r->blocks; !rc && k; k = k->next)
		rc = export_block(r->export, &k->b, err);
	r->in_part = 0;
	return rc;
}

/* What this run has taken so far is what the state will say. */
static void note_position(struct run *r)
{
	if (r->current)
		r->current->packets = r->taken;
}

/* Closes the part, with or without success; the state follows what is on disk. */
static int part_close(struct run *r, int rc, struct errmsg *err)
{
	struct errmsg *why = rc ? NULL : err; /* the first error is the one to tell */
	int closed = export_close(r->export, why);

	r->export = NULL;
	rc = target_finish(&r->out, rc ? rc : closed, err);
	note_position(r);
	if (!rc && r->o->state)
		rc = state_before(&r->state, &r->out, true, err);
	if (!rc)
		rc = target_commit(&r->out, err);
	else
		target_finish(&r->out, rc, NULL); /* gives the file up if that has not been done */
	if (!rc && r->o->state)
		rc = state_save(&r->state, false, err);
	return rc;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t seconds_key(const struct run *r, int64_t ts_ns)
{
	return floor_divide(ts_ns + r->part_zone * 1000000000ll, r->o->part_ns);
}

/* This packet begins a new part. Seconds count from midnight; a packet from before them stays in this part. */
static bool part_is_full(const struct run *r, const struct frame *f)
{
	const struct opts *o = r->o;

	return (o->part_packets && r->in_part >= o->part_packets) || (o->part_bytes && target_bytes(&r->out) >= o->part_bytes) ||
	       (o->part_ns && f->has_ts && r->in_part && seconds_key(r, f->ts_ns) > r->part_key);
}

static int64_t wall_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Opens a part for this packet, if none is open or the one that is has become full. */
static int part_for(struct run *r, const struct frame *f, struct errmsg *err)
{
	int64_t ts_ns = r->parts && f->has_ts ? f->ts_ns : wall_clock();
	int rc = 0;

	if (r->export && !part_is_full(r, f))
		return 0;
	if (r->export)
		rc = part_close(r, 0, err);
	if (!rc && r->o->part_ns) {
		time_t t = (time_t)floor_divide(ts_ns, 1000000000);
		struct tm tm;

		r->part_zone = !r->o->utc && localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
		r->part_key = seconds_key(r, ts_ns);
	}
	return rc ? rc : part_open(r, ts_ns, err);
}

/* ---- packets --------------------------------------------------------------------------------------- */

static bool run_wants(struct run *r, struct packet *p)
{
	if (!ENABLE_DISPLAY_FILTER || !r->filter)
		return true;
	return r->raw ? filter_match_frame(r->filter, p->frame) : filter_match(r->filter, p);
}

/* One frame. 1: go on; 0: no more are wanted; or an error of the output. */
static int run_frame(struct run *r, struct frame *f, struct errmsg *err)
{
	struct packet *p = r->packet;
	int failed;

	progress_packet(&r->progress, f->record_len, r->exported);
	f->ifid += r->ifid_base;
	if (r->raw)
		p->frame = f;
	else
		packet_decode(p, &r->decoder, f);
	if (!run_wants(r, p)) {
		r->taken = f->number;
		return 1;
	}
	if (r->lazy) {
		int rc = part_for(r, f, err);

		if (rc)
			return rc;
	}
	failed = export_packet(r->export, p);
	r->taken = f->number;
	r->exported++;
	r->in_part++;
	if (r->o->line_buffered)
		export_flush(r->export, NULL);
	if (__builtin_expect(r->out.buf.error || failed, 0))
		return export_flush(r->export, err);
	return r->exported != r->o->count;
}

/* The source pauses: what there is goes out. */
static int run_pause(struct run *r, struct errmsg *err)
{
	int rc = 0;

	progress_tick(&r->progress, r->exported);
	if (r->export)
		rc = export_flush(r->export, err);
	return rc || !r->out.gzip ? rc : gzip_sink_flush(r->out.gzip, err);
}

/* 1: the input has ended, or is broken; 0: enough; or an error of the output. */
static int run_one(struct run *r, struct errmsg *err)
{
	struct reader *reader = r->in.reader[0];
	struct frame f;
	int n;

	for (;;) {
		while ((n = reader_next(reader, &f, &r->input_text)) > 0) {
			int rc = run_frame(r, &f, err);

			if (rc <= 0)
				return rc;
		}
		if (n == 0) {
			if (!reader_ready(reader)) {
				int rc = run_pause(r, err);

				if (rc)
					return rc;
			}
			n = reader_fill(reader, &r->input_text);
		}
		if (n <= 0) {
			r->input_error = n;
			return 1;
		}
	}
}

static int run_merged(struct run *r, struct errmsg *err)
{
	struct frame f;
	int n;

	for (;;) {
		struct errmsg text;

		if (!merge_ready(r->in.merge)) {
			int rc = run_pause(r, err);

			if (rc)
				return rc;
		}
		n = merge_read(r->in.merge, &f, &text);
		if (n > 0) {
			int rc = run_frame(r, &f, err);

			if (rc <= 0)
				return rc;
		} else if (n < 0) { /* one input is broken: the others go on */
			if (r->input_error)
				fprintf(stderr, "nwexport: %s\n", r->input_text.text);
			r->input_error = n;
			r->input_text = text;
		} else {
			return 1;
		}
	}
}

/* ---- blocks of a pcapng that belong to all of it ---------------------------------------------------- */

static int on_block(void *user, const struct block *b, struct errmsg *err)
{
	struct run *r = user;
	struct kept_block *k;
	int rc = 0;

	if (b->type != BLOCK_NRB && b->type != BLOCK_DSB && b->type != BLOCK_CUSTOM)
		return 0;
	if (r->export)
		rc = export_block(r->export, b, err);
	if (b->foreign_order || (r->lazy && r->block_bytes + b->len > BLOCKS_MAX)) {
		r->left_out++;
		return 0;
	}
	if (rc || !r->lazy)
		return rc;
	k = malloc(sizeof(*k) + b->len);
	if (!k)
		return errmsg_set(err, NW_ELIMIT, "no memory for a block of %u bytes", b->len);
	memcpy(k->bytes, b->bytes, b->len);
	k->next = NULL;
	k->b = *b;
	k->b.bytes = k->bytes;
	k->b.options = NULL;
	*r->blocks_end = k;
	r->blocks_end = &k->next;
	r->block_bytes += b->len;
	return 0;
}

static int keep_blocks(struct run *r, struct errmsg *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < r->in.count && !strcmp(r->format->name, "pcapng"); i++)
		rc = reader_on_block(r->in.reader[i], on_block, r, err);
	return rc;
}

/* ---- settings ------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum timefmt_style style;
} time_styles[] = {
	{ "time", TIMEFMT_TIME }, { "epoch", TIMEFMT_EPOCH }, { "delta", TIMEFMT_DELTA }, { "date", TIMEFMT_DATE_TIME },
	{ "first", TIMEFMT_SINCE_FIRST }, { "iso", TIMEFMT_ISO8601 }, { "none", TIMEFMT_NONE },
};

static int time_style(const char *name, enum timefmt_style *style, struct errmsg *err)
{
	for (size_t i = 0; name && i < sizeof(time_styles) / sizeof(*time_styles); i++)
		if (!strcmp(name, time_styles[i].name)) {
			*style = time_styles[i].style;
			return 0;
		}
	return name ? errmsg_set(err, NW_EINPUT, "-t %s: there are time, epoch, delta, date, first, iso and none", name) : 0;
}

static void say_sentence(void *user, const char *sentence)
{
	const struct run *r = user;

	if (r->o->quiet)
		return;
	progress_clear(&((struct run *)user)->progress);
	fprintf(stderr, "nwexport: %s\n", sentence);
}

static int export_settings(struct run *r, struct errmsg *err)
{
	const struct opts *o = r->o;
	enum timefmt_style style = TIMEFMT_TIME;
	bool people = !strcmp(o->format, "text") || !strcmp(o->format, "table");
	int rc = time_style(o->time, &style, err);

	r->eo = (struct export_options){
		.format = o->format,
		.profile = o->profile,
		.fields = o->ncolumns ? o->columns : NULL,
		.nfields = o->ncolumns,
		.separator = o->separator,
		.header = o->header_said ? o->header : !o->no_header,
		.quote = o->quote,
		.aggregator = o->aggregator,
		.occurrence = o->occurrence,
		.bare_backslash = o->tshark_format && !strcmp(o->tshark_format, "fields"),
		.append = o->append,
		.width = (unsigned)o->width,
		.colour = !o->output && io_is_terminal(STDOUT_FILENO) && !getenv("NO_COLOR"),
		.summary = { .verbose = o->verbose, .quiet = o->quick, .absolute_seq = o->absolute_seq,
			     .link_header = o->link_header },
		.hexdump = o->hex_ascii ? 'X' : o->hex ? 'x' : o->ascii ? 'A' : 0,
		.hexdump_link = o->hex > 1 || o->hex_ascii > 1 || o->ascii > 1,
		.interface = input_interface,
		.source = &r->in,
		.report = o->report,
		.argument = o->argument,
		.flow = o->flow,
		.log = o->log,
		.rtt = o->rtt,
		.datagrams = r->out.collector,
		.ipfix = { o->domain, o->templates_ns },
		.top = (uint32_t)o->top,
		.input_name = r->in.count == 1 && !o->state ? reader_name(r->in.reader[0]) : NULL,
		.say = say_sentence,
		.say_user = r,
	};
	timefmt_init(&r->eo.time, style, o->nano ? 9 : people ? 6 : input_digits(&r->in), o->utc);
	return rc;
}

/* ---- --state: one file after the other ----------------------------------------------------------------- */

static void input_failed(struct run *r, int rc, const struct errmsg *text)
{
	if (r->input_error)
		nwexport_say(r->input_error, &r->input_text);
	r->input_error = rc;
	r->input_text = *text;
}

/* Reads past what earlier runs have taken. What follows connections must see it all. */
static int skip_taken(struct run *r, uint64_t packets, struct errmsg *err)
{
	bool follows = r->decoder.tcp || r->decoder.udp || r->decoder.notes;
	struct frame f;
	int n = 1;

	for (uint64_t i = 0; i < packets && (n = reader_read(r->in.reader[0], &f, err)) > 0; i++) {
		progress_packet(&r->progress, f.record_len, r->exported);
		if (follows && !r->raw)
			packet_decode(r->packet, &r->decoder, &f);
	}
	r->taken = packets;
	return n < 0 ? n : 0;
}

/* What is new in one file. 1: go on with the next; 0: enough; or an error of the output. */
static int run_file(struct run *r, const struct input_file *file, int fd, struct errmsg *err)
{
	struct errmsg text, before_text;
	struct stat st = { .st_size = 0 };
	int rc, before;

	r->current = state_find(&r->state, file->path, fd, err);
	if (!r->current || fstat(fd, &st) < 0 || st.st_size < CAPTURE_MIN || state_is_done(r->current, fd)) {
		close(fd);
		if (r->current && st.st_size < CAPTURE_MIN)
			state_forget(r->current); /* not even begun */
		return r->current ? 1 : NW_EFAIL;
	}
	rc = input_add_fd(&r->in, fd, file->path, false, &text);
	if (!rc) {
		signals_watch(&r->in);
		if (!r->export)
			rc = export_settings(r, &text); /* now the digits of its times are known */
	}
	if (!rc)
		rc = keep_blocks(r, &text);
	if (!rc)
		rc = skip_taken(r, r->current->packets, &text);
	if (rc) {
		if (!file->listed || rc != NW_EINPUT || r->in.count)
			input_failed(r, rc, &text);
		else
			state_forget(r->current); /* a folder may hold other files */
		return 1;
	}
	before = r->input_error;
	before_text = r->input_text;
	r->input_error = 0;
	rc = run_one(r, err);
	if (r->input_error && reader_was_cut(r->in.reader[0]))
		r->input_error = 0; /* the rest of that record is for the next run */
	note_position(r);
	r->current->complete = rc == 1 && !interrupted;
	r->current->size = (uint64_t)st.st_size;
	if (before && r->input_error)
		nwexport_say(before, &before_text);
	else if (before)
		input_failed(r, before, &before_text);
	return rc;
}

static int run_files(struct run *r, char **names, int nnames, struct errmsg *err)
{
	struct input_file *files = NULL;
	unsigned count = 0, i;
	int rc = input_list(&files, &count, r->o, names, nnames, err);

	rc = rc ? rc : 1;
	for (i = 0; rc == 1 && i < count && !interrupted; i++) {
		int fd = open(files[i].path, O_RDONLY | O_CLOEXEC);
		struct errmsg text;

		if (fd < 0) {
			input_failed(r, errmsg_errno(&text, "%s: cannot open it", files[i].path), &text);
			continue;
		}
		rc = run_file(r, &files[i], fd, err);
		r->current = NULL;
		if (r->in.count)
			r->ifid_base += !strcmp(r->format->name, "pcapng") ? reader_interfaces(r->in.reader[0]) : 0;
		input_close(&r->in);
	}
	input_list_free(files, count);
	if (rc >= 0) {
		bool all = rc == 1 && i == count && !interrupted;

		rc = r->export ? part_close(r, 0, err) : 0;
		if (!rc)
			rc = state_save(&r->state, all, err);
	} else if (r->export || r->out.open) {
		part_close(r, rc, NULL);
	}
	return rc;
}

/* ---- all of it --------------------------------------------------------------------------------------------- */

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
	if (notes.hint[0] && !r->o->quiet)
		fprintf(stderr, "nwexport: %s\n", notes.hint);
	filter_want(r->filter, &r->decoder);
	r->raw = r->raw && !filter_needs_decoding(r->filter);
	return 0;
}

static int prepare_parts(struct run *r, struct errmsg *err)
{
	char *text = dry_run(r, err);

	free(text);
	return text ? 0 : NW_EINPUT;
}

/* Several inputs at once, merged by time. */
static int run_inputs(struct run *r, char **files, int nfiles, struct errmsg *err)
{
	int rc = input_open(&r->in, r->o, files, nfiles, err);

	if (!rc)
		rc = export_settings(r, err);
	if (!rc && r->lazy)
		rc = prepare_parts(r, err);
	if (rc)
		return rc;
	progress_init(&r->progress, r->progress.shown, r->in.measured ? r->in.bytes : 0);
	if (!r->lazy)
		rc = part_open(r, wall_clock(), err);
	signals_watch(&r->in);
	signals_catch();
	if (!rc)
		rc = keep_blocks(r, err);
	if (!rc)
		rc = r->in.merge ? run_merged(r, err) : run_one(r, err);
	rc = rc > 0 ? 0 : rc;
	return r->export || r->out.open ? part_close(r, rc, err) : rc;
}

static void run_release(struct run *r)
{
	input_close(&r->in);
	state_release(&r->state);
	while (r->blocks) {
		struct kept_block *next = r->blocks->next;

		free(r->blocks);
		r->blocks = next;
	}
	if (ENABLE_DISPLAY_FILTER)
		filter_free(r->filter);
	decoder_release(&r->decoder);
	free(r->packet);
}

/* Bounds that were hit while packets were put together. */
static void say_given_up(const struct decoder *d)
{
	uint64_t fragments = decoder_fragments(d).evicted, messages = decoder_streams(d).limits;

	if (fragments)
		fprintf(stderr, "nwexport: %llu datagram%s in fragments given up, as more than 1,024 or 16 MiB of them were under way; "
			"a filter on addresses leaves fewer\n", (unsigned long long)fragments, fragments == 1 ? " was" : "s were");
	if (messages)
		fprintf(stderr, "nwexport: %llu message%s over several TCP segments given up, as they, or what came early, took too much "
			"memory\n", (unsigned long long)messages, messages == 1 ? " was" : "s were");
}

/* Bounds that were hit while TCP was analysed. */
static void say_unanalysed(const struct tcp_analyzer *a)
{
	uint32_t forgotten = a ? tcp_analyzer_forgotten(a) : 0;
	uint64_t overflows = a ? tcp_analyzer_overflows(a) : 0;

	if (forgotten)
		fprintf(stderr, "nwexport: %lu TCP connection%s forgotten, as more than a million were open; what came of them later is "
			"judged as new; a filter on addresses leaves fewer\n", (unsigned long)forgotten, forgotten == 1 ? " was" : "s were");
	if (overflows)
		fprintf(stderr, "nwexport: %llu segment%s could not wait for the acknowledgement, as %d others did: round trips and bytes "
			"in flight lack them\n", (unsigned long long)overflows, overflows == 1 ? "" : "s", TCP_WAITING_MAX);
}

static void say_counters(const struct run *r)
{
	if (r->o->quiet)
		return;
	say_given_up(&r->decoder);
	if (spaces_merged(r->decoder.spaces))
		fprintf(stderr, "nwexport: %llu packets were of more than %d VLANs, networks or interfaces, and are in one with what has none; "
			"separate fewer, or filter first\n", (unsigned long long)spaces_merged(r->decoder.spaces), SPACES_MAX);
	say_unanalysed(r->decoder.analyzer);
	if (interrupted)
		fprintf(stderr, "nwexport: stopped by a signal: %llu packets read, %llu exported\n",
			(unsigned long long)r->progress.packets, (unsigned long long)r->exported);
	if (r->left_out)
		fprintf(stderr, "nwexport: %u block%s (names, secrets) in the other byte order, or too large to be kept for every part, "
			"could not be taken over\n", r->left_out, r->left_out == 1 ? "" : "s");
}

int nwexport_run(struct opts *o, char **files, int nfiles, struct errmsg *err)
{
	struct run r = { .o = o, .format = export_format_find(o->report, o->format) };
	int rc = 0;

	r.blocks_end = &r.blocks;
	r.parts = o->part_packets || o->part_bytes || o->part_ns;
	r.lazy = r.parts || o->state;
	r.raw = r.format && r.format->raw;
	decoder_init(&r.decoder);
	if (o->no_reassembly)
		decoder_segments(&r.decoder);
	r.packet = malloc(sizeof(*r.packet));
	if (!r.packet)
		rc = errmsg_set(err, NW_ELIMIT, "no memory for a packet");
	else
		r.packet->nlayers = 0;
	if (!rc && !r.format) /* says which there are */
		rc = export_open(&r.export, &(struct export_options){ .format = o->format, .report = o->report }, &r.decoder, &r.out.buf, err);
	if (!rc)
		rc = target_check(o, r.format, err);
	target_init(&r.out, o, r.format);
	if (!rc)
		rc = run_filter(&r, err);
	progress_init(&r.progress, !o->quiet && io_is_terminal(STDERR_FILENO) && !(r.out.standard && io_is_terminal(STDOUT_FILENO)), 0);
	if (!rc && o->state) {
		rc = export_settings(&r, err);
		if (!rc)
			rc = prepare_parts(&r, err);
		signals_catch();
		if (!rc)
			rc = state_open(&r.state, o->state, err);
		if (!rc)
			rc = run_files(&r, files, nfiles, err);
	} else if (!rc) {
		rc = run_inputs(&r, files, nfiles, err);
	}
	progress_clear(&r.progress);
	if (!rc && r.input_error && !interrupted) {
		rc = r.input_error;
		*err = r.input_text;
	}
	say_counters(&r);
	run_release(&r);
	return rc;
}
