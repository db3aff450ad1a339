/* SPDX-License-Identifier: MIT */
/*
 * Live capture, once everything is open (open.c):
 *
 *   read packets ── stop ── drain ── count
 *
 * One loop serves all interfaces, signals and timers. A round takes a batch of
 * blocks from each ring that is ready; output is flushed when a ring has been
 * emptied into a pipe or lines, else once a second. With --threads each thread has such a loop (threads.c); when all
 * have ended their members are drained and closed here, one after the other.
 */
#include "live.h"
#include "proc.h"
#include "sys/io.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { DRAIN_STEP_NS = 2000000, KEYLOG_BATCH = 256, KEYLOG_ROUND = 16384 };
static const int64_t second_ns = 1000000000;

static const char *name_of(const struct source *s)
{
	return capture_interface(s->capture)->name;
}

/* ---- packets --------------------------------------------------------------------------- */

static int went_out(struct source *s)
{
	s->captured++;
	if (__builtin_expect(++s->live->captured < s->live->limit, 1))
		return 0;
	s->live->enough = true;
	return NW_ELIMIT; /* leaves the dispatch; nobody shows it */
}

/* Straight to the file. */
static int take_plain(void *user, const struct frame *f, struct errmsg *err)
{
	struct source *s = user;
	int bad = ring_frame(s->live->out.ring, f, s->ifid, err);

	if (__builtin_expect(!bad, 1))
		return went_out(s);
	if (bad == RING_ENOUGH) {
		s->live->enough = true;
		return NW_ELIMIT;
	}
	return s->live->output_error = bad;
}

static int take_filtered(void *user, const struct frame *f, struct errmsg *err)
{
	struct source *s = user;
	int went = output_frame(&s->live->out, f, s->ifid, s->live->out.many ? name_of(s) : NULL, err);

	if (went > 0)
		return went_out(s);
	if (!went)
		s->unmatched++;
	else if (s->live->out.enough)
		s->live->enough = true;
	else
		s->live->output_error = went;
	return went;
}

/*
 * Keys that are in the key log now go into the file now, and this is asked before packets are taken from a ring: a key that
 * was written before its packet was sent is in the file before that packet. So that it stays true for packets that come
 * meanwhile, KEYLOG_BATCH are taken at a time.
 */
static void take_keys(struct live *l)
{
	const char *lines;
	size_t len;
	int rc = 0;

	while (!rc && (rc = keylog_read(l->keylog, &lines, &len, &l->err)) > 0)
		rc = writer_secrets(ring_writer(l->out.ring), SECRETS_TLS, lines, len, &l->err);
	if (rc < 0)
		l->output_error = rc;
}

static int dispatch(struct source *s)
{
	struct live *l = s->live;
	int n, sum = 0;

	if (ENABLE_PROC && __builtin_expect(l->out.proc != NULL, 0))
		proc_round(l->out.proc);
	if (__builtin_expect(!l->keylog, 1))
		return capture_dispatch(s->capture, 0, l->take, s, &l->err);
	do {
		take_keys(l);
		n = l->output_error ? l->output_error : capture_dispatch(s->capture, KEYLOG_BATCH, l->take, s, &l->err);
		sum += n;
	} while (n == KEYLOG_BATCH && sum < KEYLOG_ROUND);
	return n < 0 ? n : sum;
}

/* Ends the capture, once. A reader who has seen enough is no failure. */
static void output_failed(struct live *l, int code)
{
	l->output_error = code;
	if (code != NW_ECLOSED && !l->status)
		l->status = nwcap_fail(code, &l->err);
	loop_stop(&l->loop);
}

/* What the kernel has taken already is still in the ring, or in a block that it hands over within the time-out. */
static void take_rest(struct source *s)
{
	struct live *l = s->live;

	capture_stop(s->capture);
	do {
		dispatch(s);
		if (l->output_error || l->enough || !capture_pending(s->capture))
			return;
	} while (!nanosleep(&(struct timespec){ .tv_nsec = DRAIN_STEP_NS }, NULL));
}

/* An interface is gone. The others go on. */
static void source_lost(struct source *s)
{
	struct live *l = s->live;
	struct errmsg why = l->err;

	loop_remove_fd(&s->io);
	l->alive--;
	take_rest(s);
	if (l->output_error) {
		output_failed(l, l->output_error);
		return;
	}
	if (!l->index)
		fprintf(stderr, "nwcap: %s%s\n", why.text, l->alive ? "; the other interfaces go on" : "");
	if (!l->alive) {
		l->status = 1;
		loop_stop(&l->loop);
	}
}

void live_flush(struct live *l)
{
	int bad = output_flush(&l->out, &l->err);

	if (bad)
		output_failed(l, bad);
}

static void source_take(struct source *s)
{
	struct live *l = s->live;
	int n = dispatch(s);

	if (l->output_error)
		output_failed(l, l->output_error);
	else if (l->enough)
		loop_stop(&l->loop);
	else if (n < 0)
		source_lost(s);
	else if (l->o->stop_bytes && writer_bytes(ring_writer(l->out.ring)) >= l->o->stop_bytes)
		loop_stop(&l->loop);
	else if (n && l->flush_each_round)
		live_flush(l);
	else if (n && !l->flush.loop)
		loop_add_timer(&l->loop, &l->flush, l->loop.now_ns + second_ns);
}

static void source_ready(struct loop_fd *h, uint32_t events)
{
	(void)events;
	source_take(container_of(h, struct source, io));
}

/* ---- what is said ------------------------------------------------------------------------ */

/* Asking resets what the kernel counts, so each thread asks for its own and leaves the answer to the others. */
static void look_at_counters(struct source *s)
{
	struct capture_counters k;

	capture_counters(s->capture, &k, NULL);
	s->known = k;
}

static void add_counters(const struct source *s, struct capture_counters *sum)
{
	sum->received += s->known.received;
	sum->dropped += s->known.dropped;
	sum->ifdropped += s->known.ifdropped;
}

/* All sources of one member. */
static void sum_member(struct live *l, bool look, struct capture_counters *sum)
{
	for (unsigned i = 0; i < l->nsources; i++) {
		if (look)
			look_at_counters(&l->sources[i]);
		add_counters(&l->sources[i], sum);
	}
}

/* Of the team. Others are as they were within the last second, unless their threads have ended. */
static uint64_t sum_counters(struct live *l, struct capture_counters *sum)
{
	uint64_t captured = 0;

	*sum = (struct capture_counters){ 0 };
	for (struct live *m = l->team; m < l->team + l->members; m++) {
		sum_member(m, m == l || l->joined, sum);
		captured += m->captured;
	}
	return captured;
}

/* One line for each interface, if there are several, and for each thread. */
static void say_parts(struct live *l)
{
	const char *format = "%" PRIu64 " captured, %" PRIu64 " received by filter, %" PRIu64 " dropped by kernel";

	for (unsigned i = 0; i < l->nsources && l->nsources > 1; i++) {
		struct capture_counters k = { 0 };
		uint64_t captured = 0;

		for (struct live *m = l->team; m < l->team + l->members; m++) {
			add_counters(&m->sources[i], &k);
			captured += m->sources[i].captured;
		}
		fprintf(stderr, "  %s: ", name_of(&l->sources[i]));
		fprintf(stderr, format, captured, k.received, k.dropped);
		fprintf(stderr, ", %" PRIu64 " dropped by interface\n", k.ifdropped);
	}
	for (struct live *m = l->team; m < l->team + l->members && l->members > 1; m++) {
		struct capture_counters k = { 0 };

		sum_member(m, false, &k);
		fprintf(stderr, "  %s: ", m->o->write);
		fprintf(stderr, format, m->captured, k.received, k.dropped);
		fputc('\n', stderr);
	}
}

/* tcpdump's words, which scripts look for; then, for several interfaces, a line for each. */
static void say_counters(struct live *l)
{
	struct capture_counters k;
	uint64_t captured = sum_counters(l, &k), unmatched = 0;

	for (struct live *m = l->team; m < l->team + l->members; m++) {
		for (unsigned i = 0; i < m->nsources; i++)
			unmatched += m->sources[i].unmatched;
		unmatched -= m->out.skipped;
	}
	fprintf(stderr, "%" PRIu64 " packet%s captured\n", captured, nwcap_plural(captured));
	if (unmatched)
		fprintf(stderr, "%" PRIu64 " packet%s did not match the display filter\n", unmatched, nwcap_plural(unmatched));
	fprintf(stderr, "%" PRIu64 " packet%s received by filter\n", k.received, nwcap_plural(k.received));
	fprintf(stderr, "%" PRIu64 " packet%s dropped by kernel\n", k.dropped, nwcap_plural(k.dropped));
	if (k.ifdropped)
		fprintf(stderr, "%" PRIu64 " packet%s dropped by interface\n", k.ifdropped, nwcap_plural(k.ifdropped));
	if (ENABLE_PROC && l->team->out.proc)
		proc_say(l->team->out.proc);
	say_parts(l);
}

static void say_stats(struct loop_timer *t)
{
	struct live *l = container_of(t, struct live, stats);
	double seconds = (double)(l->loop.now_ns - l->stats_at_ns) / 1e9;
	struct capture_counters k;
	uint64_t now = sum_counters(l, &k);
	struct timefmt time;
	struct outbuf o;
	char clock[40];

	timefmt_init(&time, TIMEFMT_TIME, 0, false);
	outbuf_fixed(&o, clock, sizeof(clock));
	timefmt_put(&time, &o, loop_realtime_ns());
	fprintf(stderr, "%s %" PRIu64 " captured, %.0f/s, %" PRIu64 " received by filter, %" PRIu64 " dropped by kernel\n",
		outbuf_cstr(&o), now, seconds > 0 ? (double)(now - l->stats_captured) / seconds : 0.0, k.received, k.dropped);
	l->stats_captured = now;
	l->stats_at_ns = l->loop.now_ns;
	loop_add_timer(&l->loop, t, l->loop.now_ns + l->o->stats_ns);
}

static void say_listening(const struct live *l)
{
	for (unsigned i = 0; i < l->nsources; i++) {
		const struct interface *f = capture_interface(l->sources[i].capture);
		const char *type = linktype_name(f->linktype), *what = linktype_description(f->linktype);

		fprintf(stderr, "nwcap: listening on %s, link-type %s (%s), snapshot length %u bytes\n", f->name, type ? type : "?",
			what ? what : "?", f->snaplen);
	}
}

/* ---- timers and signals --------------------------------------------------------------------- */

static void watch_source(struct source *s, int64_t now_ns, bool finish)
{
	look_at_counters(s);
	loss_look(&s->loss, &s->known, now_ns, s->live->nsources > 1 ? name_of(s) : NULL, finish);
}

/* Once a second: losses, interfaces that went down, came back or vanished. */
static void watch(struct loop_timer *t)
{
	struct live *l = container_of(t, struct live, watch);
	int64_t now = loop_realtime_ns();

	for (unsigned i = 0; i < l->nsources && !l->loop.stopping; i++) {
		struct source *s = &l->sources[i];
		bool down;

		if (!s->io.loop)
			continue;
		watch_source(s, now, false);
		down = !capture_is_up(s->capture);
		if (down)
			source_take(s); /* learns whether it is gone for good; the kernel does not wake us for that */
		if (down != s->down && s->io.loop && !l->index)
			fprintf(stderr, "nwcap: %s %s\n", name_of(s),
				down ? "went down; waiting for it to come back" : "is up again");
		s->down = down;
	}
	if (l->o->verbose && l->out.to_file && !l->out.to_text && !l->index && io_is_terminal(STDERR_FILENO)) {
		struct capture_counters k;

		fprintf(stderr, "Got %" PRIu64 "\r", sum_counters(l, &k));
	}
	loop_add_timer(&l->loop, t, l->loop.now_ns + second_ns);
}

static void stop_timer(struct loop_timer *t)
{
	loop_stop(&container_of(t, struct live, stop)->loop);
}

static void flush_timer(struct loop_timer *t)
{
	live_flush(container_of(t, struct live, flush));
}

static void arm_rotation(struct live *l)
{
	int64_t at = l->out.ring ? ring_deadline_ns(l->out.ring) : INT64_MAX;

	if (at != INT64_MAX)
		loop_add_timer(&l->loop, &l->rotate, at);
}

/* -a files: the last one is complete; packets that still come are in none. */
static void enough(struct live *l)
{
	l->enough = true;
	loop_stop(&l->loop);
}

static void rotate_timer(struct loop_timer *t)
{
	struct live *l = container_of(t, struct live, rotate);
	int bad = ring_tick(l->out.ring, loop_realtime_ns(), &l->err);

	if (bad == RING_ENOUGH)
		enough(l);
	else if (bad)
		output_failed(l, bad);
	else
		arm_rotation(l);
}

/* What is in the file stays good, so a next one that cannot be opened is only said. */
void live_rotate(struct live *l)
{
	int bad = l->out.ring ? ring_rotate(l->out.ring, &l->err) : 0;

	if (bad == RING_ENOUGH)
		enough(l);
	else if (bad)
		nwcap_fail(NW_ESYS, &l->err);
	arm_rotation(l);
}

static void ask_others(struct live *team, enum live_request what)
{
	if (ENABLE_FANOUT)
		threads_ask(team, what);
}

static void on_signal(struct loop *loop, int signo)
{
	struct live *l = container_of(loop, struct live, loop);

	if (signo == SIGUSR1) {
		say_counters(l);
	} else if (signo == SIGUSR2) {
		live_flush(l);
		ask_others(l, LIVE_FLUSH);
	} else if (signo == SIGHUP && (l->o->max_bytes || l->o->interval_ns || l->o->max_packets || l->o->duration_ns)) {
		live_rotate(l);
		ask_others(l, LIVE_ROTATE);
	} else { /* HUP too, when there is no ring: the terminal has gone, and nohup(1) would have ignored it */
		if (io_is_terminal(STDERR_FILENO))
			fputc('\n', stderr); /* after the terminal's ^C */
		loop_stop(loop);
	}
}

static void reader_gone(struct loop_fd *h, uint32_t events)
{
	struct live *l = container_of(h, struct live, reader_gone);

	if (events & (LOOP_ERROR | LOOP_HANGUP)) {
		loop_remove_fd(h);
		output_failed(l, NW_ECLOSED);
	}
}

/* ---- the beginning ------------------------------------------------------------------------------ */

static int enter_loop(struct live *l, struct errmsg *err)
{
	bool pipe = io_is_pipe(STDOUT_FILENO) && (l->out.to_text || !strcmp(l->o->write, "-"));
	int bad = 0;

	l->take = output_is_plain(&l->out) ? take_plain : take_filtered;
	l->limit = l->o->count ? l->o->count : UINT64_MAX;
	l->flush_each_round = l->out.to_text || l->o->packet_buffered || pipe;
	for (unsigned i = 0; i < l->nsources && !bad; i++) {
		struct source *s = &l->sources[i];

		s->io = (struct loop_fd){ .fd = capture_fd(s->capture), .events = LOOP_READ, .ready = source_ready };
		bad = loop_add_fd(&l->loop, &s->io, err);
	}
	if (ENABLE_PROC && !bad && l->out.proc)
		bad = proc_enter_loop(l->out.proc, &l->loop, err);
	l->alive = l->nsources;
	l->reader_gone = (struct loop_fd){ .fd = STDOUT_FILENO, .ready = reader_gone };
	if (!bad && pipe)
		bad = loop_add_fd(&l->loop, &l->reader_gone, err);
	l->watch.fire = watch;
	l->flush.fire = flush_timer;
	l->stats.fire = say_stats;
	l->rotate = (struct loop_timer){ .wall = true, .fire = rotate_timer };
	loop_add_timer(&l->loop, &l->watch, l->loop.now_ns + second_ns);
	l->stats_at_ns = l->loop.now_ns;
	l->stop.fire = stop_timer;
	if (l->o->stop_ns && !l->index)
		loop_add_timer(&l->loop, &l->stop, l->loop.now_ns + l->o->stop_ns);
	if (l->o->stats_ns && !l->index)
		loop_add_timer(&l->loop, &l->stats, l->loop.now_ns + l->o->stats_ns);
	arm_rotation(l);
	l->started_ns = loop_realtime_ns();
	return bad;
}

/* ---- the end ----------------------------------------------------------------------------------- */

static void drain(struct live *l)
{
	for (unsigned i = 0; i < l->nsources && !l->output_error && !l->enough; i++)
		if (l->sources[i].io.loop)
			take_rest(&l->sources[i]);
	if (l->output_error)
		output_failed(l, l->output_error);
}

/* The kernel takes nothing more for anybody; what it had taken is still written. */
static int finish(struct live *team)
{
	struct live *end = team + team->members;
	int status = 0;

	for (struct live *l = team; l < end; l++)
		for (unsigned i = 0; i < l->nsources; i++)
			if (!l->output_error && !l->enough)
				capture_stop(l->sources[i].capture);
	for (struct live *l = team; l < end; l++) {
		int bad;

		if (!l->output_error && !l->enough)
			drain(l);
		for (unsigned i = 0; i < l->nsources; i++)
			watch_source(&l->sources[i], loop_realtime_ns(), true);
		if (l->keylog && !l->output_error)
			take_keys(l);
		bad = output_close(&l->out, &l->err);
		if (bad && !l->output_error)
			output_failed(l, bad);
		if (!status)
			status = l->status;
	}
	if (team->keylog && keylog_left_out(team->keylog))
		fprintf(stderr, "nwcap: --keylog %s: %" PRIu64 " line%s and left out\n", team->o->keylog,
			keylog_left_out(team->keylog), keylog_left_out(team->keylog) == 1 ? " is no key" : "s are no keys");
	say_counters(team);
	return status;
}

static int prepare(struct live *l, struct errmsg *err)
{
	unsigned expected = l->o->interfaces.count ? (unsigned)l->o->interfaces.count : 1;
	int bad = ENABLE_FANOUT && l->members > 1 ? threads_prepare(l, err) : 0;

	if (!bad)
		bad = output_prepare(&l->out, l->o, expected, err);
	if (!bad && l->o->keylog)
		bad = keylog_open(&l->keylog, l->o->keylog, err);
	return bad ? bad : loop_init(&l->loop, err);
}

/* From here on there is one thread. */
static void join(struct live *team)
{
	if (ENABLE_FANOUT)
		threads_join(team);
}

static int run(struct live *team)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, 0 };
	struct live *end = team + team->members;
	struct errmsg *err = &team->err;
	int bad = 0;

	for (struct live *l = team; l < end && !bad; l++)
		bad = prepare(l, err);
	if (!bad)
		bad = loop_signals(&team->loop, signals, on_signal, err);
	if (!bad)
		bad = live_open(team, err);
	for (struct live *l = team; l < end && !bad; l++)
		bad = enter_loop(l, err);
	if (ENABLE_FANOUT && !bad && team->members > 1)
		bad = threads_start(team, err);
	if (bad) {
		join(team);
		for (struct live *l = team; l < end; l++)
			output_close(&l->out, NULL);
		return nwcap_fail(bad, err);
	}
	say_listening(team);
	bad = loop_run(&team->loop, err);
	if (bad)
		team->status = nwcap_fail(bad, err);
	join(team);
	return finish(team);
}

int nwcap_live(const struct nwcap_options *o)
{
	unsigned members = ENABLE_FANOUT && o->threads > 1 ? (unsigned)o->threads : 1;
	struct live *team = calloc(members, sizeof(*team));
	int status;

	if (!team)
		return nwcap_fail(NW_ELIMIT, &(struct errmsg){ "no memory" });
	for (unsigned i = 0; i < members; i++)
		team[i] = (struct live){ .o = o, .team = team, .index = i, .members = members,
					 .loop = { .epfd = -1, .sigfd = -1, .endfd = -1, .wallfd = -1 } };
	status = run(team);
	if (ENABLE_PROC)
		proc_stop(team->out.proc);
	for (struct live *l = team; l < team + members; l++) {
		for (unsigned i = 0; i < l->nsources; i++)
			capture_close(l->sources[i].capture);
		keylog_close(l->keylog);
		loop_release(&l->loop);
	}
	if (ENABLE_FANOUT)
		threads_release(team);
	free(team);
	return status;
}
