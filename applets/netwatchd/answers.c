/* SPDX-License-Identifier: MIT */
/*
 * What the daemon knows, as JSON. Members that are not known are absent. The daemon's own Status is asked most often, by
 * many: its text is kept until something has changed or 100 ms have passed.
 */
#include "front.h"
#include "place.h"
#include "base/version.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- rates ---------------------------------------------------------------------------------------- */

/* `back` seconds ago, or the oldest there is. NULL: none. */
static const struct session_sample *sample(const struct session *s, unsigned back)
{
	unsigned have = s->samples < HISTORY ? s->samples : HISTORY;

	return back < have ? &s->history[(s->samples - 1 - back) % HISTORY] : NULL;
}

void session_rates(const struct session *s, double *packets, double *bits)
{
	const struct session_sample *now = sample(s, 0), *before = sample(s, 1);
	double seconds = now && before ? (double)(now->at_ns - before->at_ns) / 1e9 : 0;

	*packets = *bits = 0;
	if (s->state != STATE_RUNNING || seconds <= 0)
		return;
	*packets = (double)(now->packets - before->packets) / seconds;
	*bits = (double)(now->bytes - before->bytes) * 8 / seconds;
}

static double rounded(double v)
{
	return (double)(uint64_t)(v * 10 + .5) / 10;
}

/* ---- a session -------------------------------------------------------------------------------------- */

void write_limits(struct jsonout *w, const struct space_limits *l)
{
	json_add_object(w, "limits");
	if (l->bytes)
		json_add_u64(w, "bytes", l->bytes);
	if (l->age_ns)
		json_add_ns(w, "age", l->age_ns);
	if (l->free_percent)
		json_add_u64(w, "free_percent", l->free_percent);
	if (l->free_bytes)
		json_add_u64(w, "free_bytes", l->free_bytes);
	json_close(w);
}

static void maybe_ns(struct jsonout *w, const char *name, int64_t ns)
{
	if (ns)
		json_add_ns(w, name, ns);
}

static void maybe_str(struct jsonout *w, const char *name, const char *text)
{
	if (*text)
		json_add_str(w, name, text);
}

static void write_asked(struct jsonout *w, const struct session *s)
{
	const struct session_settings *a = &s->settings;

	json_key(w, "interfaces");
	if (s->interfaces) {
		json_put_raw(w, s->interfaces, strlen(s->interfaces));
	} else {
		json_open_array(w);
		for (unsigned i = 0; i < a->interface_count; i++)
			json_put_str(w, a->interfaces[i]);
		json_close(w);
	}
	maybe_str(w, "filter", a->filter);
	maybe_str(w, "netns", a->netns);
	if (a->snaplen)
		json_add_u64(w, "snaplen", a->snaplen);
	json_add_str(w, "storage", a->in_memory ? "memory" : "disk");
}

static void write_counters(struct jsonout *w, const struct session *s)
{
	const struct progress *p = &s->now;
	double packets, bits;

	json_add_u64(w, "packets", p->packets);
	json_add_u64(w, "bytes", p->bytes);
	json_add_u64(w, "stored_bytes", p->stored_bytes);
	json_add_u64(w, "segments", p->segments);
	json_add_u64(w, "evicted_segments", p->evicted);
	maybe_ns(w, "first_packet", p->first_ns);
	maybe_ns(w, "last_packet", p->last_ns);
	json_add_u64(w, "received", s->past.received + p->received);
	json_add_u64(w, "dropped", s->past.dropped + p->dropped);
	json_add_u64(w, "interface_dropped", s->past.ifdropped + p->ifdropped);
	json_add_u64(w, "disk_dropped", s->past.disk_dropped + p->disk_dropped);
	json_add_u64(w, "lost", s->past.lost);
	session_rates(s, &packets, &bits);
	json_add_real(w, "packets_per_second", rounded(packets));
	json_add_real(w, "bits_per_second", rounded(bits));
}

static int64_t run_time(const struct session *s)
{
	return s->duration_done_ns + (s->run_ns ? loop_monotonic_ns() - s->run_ns : 0);
}

static void write_history(struct jsonout *w, const struct session *s)
{
	json_add_array(w, "history");
	for (unsigned i = 0; i < s->nsteps; i++) {
		json_open_object(w);
		json_add_ns(w, "time", s->steps[i].at_ns);
		json_add_str(w, "state", session_state_names[s->steps[i].state]);
		maybe_str(w, "reason", s->steps[i].reason);
		json_close(w);
	}
	json_close(w);
}

void write_session(struct jsonout *w, struct session *s, bool full)
{
	session_refresh(s);
	json_add_str(w, "id", s->id);
	maybe_str(w, "name", s->settings.name);
	maybe_str(w, "profile", s->settings.profile);
	json_add_str(w, "state", session_state_names[s->state]);
	maybe_str(w, "reason", s->reason);
	write_asked(w, s);
	json_add_ns(w, "created", s->created_ns);
	maybe_ns(w, "started", s->started_ns);
	if (!session_active(s))
		maybe_ns(w, "stopped", s->stopped_ns);
	json_add_ns(w, "duration", run_time(s));
	write_counters(w, s);
	write_limits(w, &s->settings.limits);
	json_add_u64(w, "restarts", s->restarts);
	if (s->pid)
		json_add_i64(w, "pid", s->pid);
	json_add_str(w, "owner", s->owner);
	json_add_bool(w, "configured", s->configured);
	if (!full)
		return;
	json_add_object(w, "settings");
	settings_write(w, &s->settings);
	json_close(w);
	write_history(w, s);
}

/* ---- Stats -------------------------------------------------------------------------------------------- */

struct sums {
	uint64_t packets, bytes, stored, received, dropped, ifdropped, disk_dropped, lost;
	double packets_per_second, bits_per_second;
};

static void sum_up(struct sums *n, struct session *s)
{
	double packets, bits;

	session_refresh(s);
	session_rates(s, &packets, &bits);
	n->packets += s->now.packets;
	n->bytes += s->now.bytes;
	n->stored += s->now.stored_bytes;
	n->received += s->past.received + s->now.received;
	n->dropped += s->past.dropped + s->now.dropped;
	n->ifdropped += s->past.ifdropped + s->now.ifdropped;
	n->disk_dropped += s->past.disk_dropped + s->now.disk_dropped;
	n->lost += s->past.lost;
	n->packets_per_second += packets;
	n->bits_per_second += bits;
}

/* What came in each of the last seconds, over one session or all; the samples of all are taken at the same moments. */
static void write_minute(struct jsonout *w, struct front *f, const struct session *only)
{
	json_add_array(w, "history");
	for (int back = HISTORY - 2; back >= 0; back--) {
		uint64_t packets = 0, bytes = 0;
		int64_t at = 0;

		for (unsigned i = 0; i < f->count; i++) {
			const struct session *s = f->sessions[i];
			const struct session_sample *now = sample(s, (unsigned)back), *before = sample(s, (unsigned)back + 1);

			if ((only && s != only) || !now || !before || !session_active(s))
				continue;
			at = now->at_ns;
			packets += now->packets - before->packets;
			bytes += now->bytes - before->bytes;
		}
		if (!at)
			continue;
		json_open_object(w);
		json_add_ns(w, "time", at);
		json_add_u64(w, "packets", packets);
		json_add_u64(w, "bytes", bytes);
		json_close(w);
	}
	json_close(w);
}

void write_stats(struct jsonout *w, struct front *f, struct session *only)
{
	struct sums n = { 0 };

	for (unsigned i = 0; i < f->count; i++)
		if (!only || f->sessions[i] == only)
			sum_up(&n, f->sessions[i]);
	if (only)
		json_add_str(w, "session", only->id);
	json_add_u64(w, "packets", n.packets);
	json_add_u64(w, "bytes", n.bytes);
	json_add_real(w, "packets_per_second", rounded(n.packets_per_second));
	json_add_real(w, "bits_per_second", rounded(n.bits_per_second));
	json_add_u64(w, "stored_bytes", n.stored);
	json_add_u64(w, "received", n.received);
	json_add_u64(w, "dropped", n.dropped);
	json_add_u64(w, "interface_dropped", n.ifdropped);
	json_add_u64(w, "disk_dropped", n.disk_dropped);
	json_add_u64(w, "lost", n.lost);
	write_minute(w, f, only);
}

/* ---- Status of the daemon --------------------------------------------------------------------------------- */

static void write_disk(struct jsonout *w, const struct front *f, uint64_t used)
{
	struct statvfs v;

	json_add_object(w, "disk");
	json_add_u64(w, "used", used);
	if (f->config->limits.bytes)
		json_add_u64(w, "limit", f->config->limits.bytes);
	if (!fstatvfs(place_state_fd(f->place), &v))
		json_add_u64(w, "free", (uint64_t)v.f_bavail * v.f_frsize);
	json_close(w);
}

static void write_status(struct jsonout *w, struct front *f)
{
	unsigned running = 0, stopped = 0, failed = 0;
	struct ipc_server_counts k;
	struct sums n = { 0 };

	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];

		running += session_active(s);
		failed += s->state == STATE_FAILED;
		stopped += s->state == STATE_STOPPED;
		sum_up(&n, s);
	}
	ipc_server_counts(f->server, &k);
	json_add_str(w, "version", NWBOX_VERSION);
	json_add_i64(w, "pid", getpid());
	json_add_ns(w, "started", f->started_ns);
	json_add_ns(w, "uptime", loop_monotonic_ns() - f->started_mono_ns);
	json_add_str(w, "user", f->user);
	json_add_str(w, "socket", ipc_server_path(f->server));
	json_add_str(w, "state_dir", f->state_dir);
	json_add_object(w, "sessions");
	json_add_u64(w, "running", running);
	json_add_u64(w, "stopped", stopped);
	json_add_u64(w, "failed", failed);
	json_close(w);
	json_add_u64(w, "clients", k.clients);
	json_add_u64(w, "subscribers", k.subscribers);
	json_add_u64(w, "packets", n.packets);
	json_add_u64(w, "bytes", n.bytes);
	json_add_u64(w, "dropped", n.dropped + n.disk_dropped + n.lost);
	json_add_real(w, "packets_per_second", rounded(n.packets_per_second));
	json_add_real(w, "bits_per_second", rounded(n.bits_per_second));
	write_disk(w, f, n.stored);
	json_add_array(w, "warnings");
	write_warnings(w, f);
	json_close(w);
}

static int grow(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct status_cache *c = user;
	char *more;

	if (c->len + len > c->size) {
		more = realloc(c->text, c->len + len + 1024);
		if (!more)
			return errmsg_set(err, NW_ELIMIT, "no memory for the status");
		c->text = more;
		c->size = c->len + len + 1024;
	}
	memcpy(c->text + c->len, data, len);
	c->len += len;
	return 0;
}

const char *status_text(struct front *f, size_t *len)
{
	struct status_cache *c = &f->status;
	struct jsonout w;
	struct outbuf o;

	if (!c->len || c->changes != f->changes || f->loop.now_ns - c->made_ns >= 100 * ms_ns) {
		c->len = 0;
		c->changes = f->changes;
		c->made_ns = f->loop.now_ns;
		if (outbuf_to_sink(&o, grow, c, 4096, NULL))
			return NULL;
		jsonout_begin(&w, &o);
		json_open_object(&w);
		write_status(&w, f);
		json_close(&w);
		if (outbuf_flush(&o, NULL))
			c->len = 0;
		outbuf_release(&o);
	}
	*len = c->len;
	return c->len ? c->text : NULL;
}
