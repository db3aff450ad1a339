/* SPDX-License-Identifier: MIT */
/*
 * The watcher of a session follows its record and keeps the rules that need packets. It reads behind the worker, at its own
 * pace: what it costs is not the capture's. It begins with the segment that is open, so that a watcher that had to be started again
 * knows the destinations of the last minutes.
 */
#include "netwatchd.h"
#include "base/json.h"
#include "base/times.h"
#include "decode/packet.h"
#include "insight/detect.h"
#include "ipc/frame.h"
#include "loop/loop.h"
#include "rules.h"
#include "store/query.h"
#include "sys/privilege.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MS = 10000, BATCH = 2000, CONVERSATIONS = 65536, TEXT_MAX = 2048 };

static const int64_t judge_ns = 500000000, near_ns = 2000000000, minute_ns = 60000000000, day_ns = 1440 * 60000000000;

struct watched {
	const struct rule *rule;
	struct detector *detector;
	struct gauge gauge;
};

struct watcher {
	struct session_settings settings;
	struct watched watched[SETTINGS_RULES_MAX];
	unsigned count;
	struct decoder decoder;
	struct packet packet;
	struct query *query;
	const struct progress_page *page;
	int64_t last_ns, last_at_ns;   /* time of the last packet, and when it was seen (monotonic) */
	int64_t judged_ns;
	bool caught_up;                /* what was in the record at the start was read */
};

static int tell(struct watcher *w, const struct watched *r, enum gauge_change change, struct errmsg *err)
{
	char text[TEXT_MAX], about[512];
	struct outbuf o, subject;
	struct jsonout j;

	(void)w;
	outbuf_fixed(&subject, about, sizeof(about));
	detector_subject(r->detector, &subject);
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&j, &o);
	json_open_object(&j);
	json_add_str(&j, "type", "event");
	json_add_str(&j, "event_type", change == GAUGE_RAISED ? "alert" : "alert_cleared");
	json_add_object(&j, "data");
	rule_write(&j, r->rule, &r->gauge, change, outbuf_cstr(&subject));
	json_close(&j);
	json_close(&j);
	return jsonout_end(&j) ? ipc_send(CONTROL_FD, text, outbuf_len(&o), NULL, 0, err) : 0;
}

/* The packets' clock goes on while none comes. */
static int judge(struct watcher *w, int64_t now_ns, struct errmsg *err)
{
	int64_t at_ns;
	int rc = 0;

	w->judged_ns = now_ns;
	if (!w->last_at_ns || __builtin_add_overflow(w->last_ns, now_ns - w->last_at_ns, &at_ns))
		return 0;
	for (unsigned i = 0; !rc && i < w->count; i++) {
		struct watched *r = &w->watched[i];
		enum gauge_change change = gauge_feed(&r->gauge, detector_value(r->detector, at_ns), now_ns);

		if (change != GAUGE_SAME)
			rc = tell(w, r, change, err);
	}
	return rc;
}

static void look(struct watcher *w, const struct frame *f, int64_t now_ns)
{
	packet_decode(&w->packet, &w->decoder, f);
	for (unsigned i = 0; i < w->count; i++)
		detector_packet(w->watched[i].detector, &w->packet);
	if (f->has_ts) {
		w->last_ns = f->ts_ns;
		w->last_at_ns = now_ns;
	}
}

/* What is read at the start happened before: it is not judged as if it came now. */
static bool catch_up(struct watcher *w, bool read_all, int64_t now_ns)
{
	int64_t late_ns = ns_between(w->last_ns, loop_realtime_ns());

	if (w->caught_up || (!read_all && (!w->last_at_ns || late_ns > near_ns)))
		return w->caught_up;
	if (w->last_at_ns && late_ns > 0 && late_ns < 3650 * day_ns)
		w->last_at_ns = now_ns - late_ns;
	return w->caught_up = true;
}

/* Until the front goes away. */
static int follow(struct watcher *w, struct errmsg *err)
{
	struct frame f;
	int rc = 0;

	while (rc >= 0) {
		struct pollfd front = { .fd = CONTROL_FD, .events = POLLIN };
		int64_t now_ns = loop_monotonic_ns();
		unsigned n = 0;

		rc = 1;
		while (n < BATCH && rc > 0) {
			rc = query_next(w->query, &f, err);
			if (rc > 0)
				look(w, &f, now_ns);
			n++;
		}
		if (rc >= 0 && catch_up(w, rc == 0, now_ns) && now_ns - w->judged_ns >= judge_ns)
			rc = judge(w, now_ns, err) < 0 ? NW_ECLOSED : rc;
		/* it sends nothing after its request: readable is its end */
		if (rc >= 0 && poll(&front, 1, rc > 0 ? 0 : (int)query_delay_ms(w->query)) > 0)
			return 0;
	}
	return rc == NW_ECLOSED ? 0 : rc;
}

static int prepare(struct watcher *w, struct errmsg *err)
{
	struct query_options o = QUERY_OPTIONS_ALL(SESSION_DIR_FD);
	struct progress p = { .segment = 0 };

	decoder_init(&w->decoder);
	decoder_limit(&w->decoder, CONVERSATIONS);
	for (unsigned i = 0; i < w->settings.rule_count; i++) {
		const struct rule *rule = &w->settings.rules[i];
		struct watched *r = &w->watched[w->count];

		if (!rule_needs_packets(rule))
			continue;
		r->rule = rule;
		rule_gauge(&r->gauge, rule);
		/* a destination is remembered for `window`, and what is spoken to while `for` runs at the start is learnt */
		if (rule->kind == RULE_NEW_DESTINATION) {
			r->gauge.for_ns = 0;
			r->detector = detector_new(DETECT_DESTINATIONS, minute_ns, rule->window_ns > 0 ? rule->window_ns : day_ns,
						   rule->for_ns > 0 ? rule->for_ns : minute_ns);
		} else
			r->detector = detector_new(rule->kind == RULE_PORT_SCAN ? DETECT_SCANS : DETECT_DNS_FAILURES,
						   rule_window_ns(rule), 0, 0);
		if (!r->detector)
			return errmsg_set(err, NW_ELIMIT, "no memory for rule %s", rule->name);
		detector_want(r->detector, &w->decoder);
		w->count++;
	}
	w->page = progress_open(PROGRESS_FD, NULL);
	if (w->page)
		progress_read(w->page, &p);
	o.progress = w->page;
	o.follow = true;
	o.after.segment = p.segment;
	return query_open(&w->query, &o, err);
}

static void release(struct watcher *w)
{
	query_close(w->query);
	progress_close(w->page);
	for (unsigned i = 0; i < w->count; i++)
		detector_free(w->watched[i].detector);
	decoder_release(&w->decoder);
}

static void failed(const struct errmsg *why)
{
	char text[TEXT_MAX];
	struct outbuf o;
	struct jsonout j;

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&j, &o);
	json_open_object(&j);
	json_add_str(&j, "type", "failed");
	json_add_str(&j, "code", "failed");
	json_add_str(&j, "message", why->text);
	json_close(&j);
	ipc_send(CONTROL_FD, text, outbuf_len(&o), NULL, 0, NULL);
}

int watcher_main(const char *session_id)
{
	const struct privilege_needs needs = { .as_owner = true, .owner_fd = SESSION_DIR_FD, .read_dir = "/proc/self/fd/4" };
	struct privilege_report report;
	struct ipc_reader reader;
	struct ipc_message m;
	struct watcher *w;
	struct json *request = NULL;
	struct errmsg err = { "" };
	int rc;

	(void)session_id; /* is for ps(1) */
	signal(SIGPIPE, SIG_IGN);
	ipc_reader_init(&reader, IPC_REQUEST_MAX);
	w = ENABLE_RULES ? calloc(1, sizeof(*w)) : NULL;
	rc = w ? privilege_drop(&needs, &report, &err) : errmsg_set(&err, NW_EFAIL, "this build keeps no rules about packets");
	rc = rc ? rc : ipc_receive(&reader, CONTROL_FD, REQUEST_MS, &m, &err);
	rc = rc ? rc : json_parse(&request, m.text, m.len, "watch", &err);
	rc = rc ? rc : settings_read(&w->settings, json_root(request), &err);
	rc = rc ? rc : prepare(w, &err);
	rc = rc ? rc : follow(w, &err);
	if (rc)
		failed(&err);
	json_free(request);
	ipc_reader_release(&reader);
	if (w)
		release(w);
	free(w);
	return errmsg_exit_code(rc);
}
