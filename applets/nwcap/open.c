/* SPDX-License-Identifier: MIT */
/*
 * Opening a live capture. The order is the point:
 *
 *   open interfaces ── compile filters ── open output ── drop privileges ── (live.c) read packets
 *                                            (with -Z: drop first, so that files belong to that user)
 *
 * What needs rights or files of the system comes before the drop; what looks at
 * bytes from outside comes after it. The rings fill from the moment the filters
 * are set, so nothing is missed in between.
 */
#include "live.h"
#include "proc.h"
#include "base/text.h"
#include "sys/io.h"
#include "sys/privilege.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TERMINAL_TIMEOUT_MS = 10 };

/* ---- interfaces -------------------------------------------------------------------------------- */

struct numbered {
	uint64_t wanted;     /* 0: the first that is up */
	uint64_t count;
	char *name;
	size_t size;
};

static void find_device(void *user, const struct capture_device *d)
{
	struct numbered *n = user;
	bool first = !n->wanted && d->up && d->running && !d->loopback && strcmp(d->name, "any");

	n->count++;
	if ((first && !n->name[0]) || n->count == n->wanted)
		snprintf(n->name, n->size, "%s", d->name);
}

/* The interface to open: as given, by its number in -D, or the first one that is up when none is given. */
static int choose_interface(const struct nwcap_options *o, const char *given, char *name, size_t size, struct errmsg *err)
{
	struct numbered n = { .name = name, .size = size };
	int found;

	*name = 0;
	if (given && !text_parse_u64(given, &n.wanted)) {
		if (!*given || strlen(given) >= size)
			return errmsg_set(err, NW_EINPUT, "-i %s: no such interface; nwcap -D lists them", given);
		memcpy(name, given, strlen(given) + 1);
		return 0;
	}
	found = capture_devices(o->netns, find_device, &n, err);
	if (found < 0)
		return found;
	if (*name)
		return 0;
	if (given)
		return errmsg_set(err, NW_EINPUT, "-i %s: there are only %d interfaces; nwcap -D numbers them", given, found);
	return errmsg_set(err, NW_EINPUT, "no interface is up; name one with -i (nwcap -D lists them)");
}

/* `group` is the fan-out group of this interface. */
static int open_source(struct live *l, const char *given, uint16_t *group, struct errmsg *err)
{
	const struct nwcap_options *o = l->o;
	struct source *s = &l->sources[l->nsources];
	bool impatient = o->proc || o->line_buffered || (l->out.to_text && io_is_terminal(STDOUT_FILENO));
	char name[64];
	struct capture_options c = {
		.interface = name,
		.netns = o->netns,
		.snaplen = (uint32_t)o->snaplen,
		.buffer_bytes = o->buffer_bytes,
		.timeout_ms = impatient ? TERMINAL_TIMEOUT_MS : 0,
		.immediate = o->immediate,
		.no_promiscuous = o->no_promiscuous,
		.monitor = o->monitor,
		.tstamp_type = o->tstamp_type,
		.nano = o->nano,
		.linktype = o->linktype_number,
		.filter = o->bpf,
		.optimize = !o->no_optimize,
		.hold = true,
		.fanout = l->members < 2 ? FANOUT_NONE : o->fanout && !strcmp(o->fanout, "cpu") ? FANOUT_CPU : FANOUT_HASH,
		.group = group,
	};
	int bad = choose_interface(o, given, name, sizeof(name), err);

	if (bad)
		return bad;
	if (o->direction && strcmp(o->direction, "inout"))
		c.direction = strcmp(o->direction, "in") ? DIRECTION_OUT : DIRECTION_IN;
	bad = capture_open(&s->capture, &c, err);
	if (bad)
		return bad;
	s->live = l;
	l->nsources++;
	return 0;
}

/* These words move the offsets of all that stands beside them, so the filter of -Y cannot join them. */
static bool moves_offsets(const char *bpf)
{
	static const char *const words[] = { "vlan", "mpls", "pppoes", "geneve" };

	for (const char *p = bpf; *p;) {
		size_t len = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789.-_");

		for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (len == strlen(words[i]) && !strncmp(p, words[i], len))
				return true;
		p += len ? len : 1;
	}
	return false;
}

/* The user's BPF and what BPF can express of -Y, joined. When that is all of -Y on every interface, -Y need not run again. */
static int start_source(struct live *l, struct source *s, bool *exact, struct errmsg *err)
{
	const char *bpf = l->o->bpf;
	char narrow[4096] = "";
	char *both = NULL;
	int bad;

	*exact = false;
	if (ENABLE_DISPLAY_FILTER && l->out.filter && !moves_offsets(bpf))
		filter_bpf(l->out.filter, capture_interface(s->capture)->linktype, narrow, sizeof(narrow), exact);
	if (narrow[0] && bpf[0]) {
		size_t size = strlen(narrow) + strlen(bpf) + 16;

		both = malloc(size);
		if (!both)
			return errmsg_set(err, NW_ELIMIT, "no memory for the capture filter");
		snprintf(both, size, "(%s) and (%s)", bpf, narrow);
	}
	if (both) /* the user's part alone first, so that an error is about it */
		bad = capture_check_filter(s->capture, bpf, err);
	else
		bad = 0;
	if (!bad)
		bad = capture_set_filter(s->capture, both ? both : narrow[0] ? narrow : bpf, !l->o->no_optimize, err);
	free(both);
	s->loss.looked_ns = loop_realtime_ns();
	return bad ? nwcap_filter_hint(bad, bpf, err) : 0;
}

static int start_sources(struct live *l, struct errmsg *err)
{
	bool all_exact = true, exact;

	for (unsigned i = 0; i < l->nsources; i++) {
		int bad = start_source(l, &l->sources[i], &exact, err);

		if (bad)
			return bad;
		all_exact &= exact;
	}
	l->out.filter_in_kernel = all_exact;
	return 0;
}

/* ---- output and rights --------------------------------------------------------------------------- */

/* pcapng: what each interface received and lost up to here, as the last blocks of every file. */
static int write_statistics(void *user, struct writer *w, struct errmsg *err)
{
	struct live *l = user;
	int64_t now = loop_realtime_ns();
	int bad = 0;

	for (unsigned i = 0; i < l->nsources && !bad; i++) {
		struct source *s = &l->sources[i];
		struct interface counters = *capture_interface(s->capture);
		struct capture_counters k;

		capture_counters(s->capture, &k, NULL);
		counters.received = k.received;
		counters.dropped = k.dropped;
		counters.ifdropped = k.ifdropped;
		counters.delivered = s->captured;
		bad = writer_statistics(w, s->ifid, &counters, l->started_ns, now, err);
	}
	return bad;
}

/* pcap has no place for two link types; said before anything is captured, with this applet's cure. */
static int check_linktypes(const struct live *l, struct errmsg *err)
{
	const struct interface *a = capture_interface(l->sources[0].capture);

	for (unsigned i = 1; i < l->nsources && l->out.to_file && l->out.format == FORMAT_PCAP; i++) {
		const struct interface *b = capture_interface(l->sources[i].capture);

		if (a->linktype != b->linktype)
			return errmsg_set(err, NW_EINPUT, "%s: pcap holds one link type, and %s has %s, %s has %s; write pcapng "
					  "(--format pcapng, or a name that ends in .pcapng)", l->o->write, a->name,
					  linktype_name(a->linktype), b->name, linktype_name(b->linktype));
	}
	return 0;
}

static int open_output(struct live *l, struct errmsg *err)
{
	int bad = check_linktypes(l, err);

	if (!bad)
		bad = output_open(&l->out, capture_interface(l->sources[0].capture), err);
	if (!bad && l->out.ring)
		ring_on_finishing(l->out.ring, write_statistics, l);
	for (unsigned i = 0; i < l->nsources && !bad; i++)
		bad = output_add_interface(&l->out, capture_interface(l->sources[i].capture), &l->sources[i].ifid, err);
	if (bad == NW_EPERM && l->o->user)
		errmsg_prefix(err, bad, "as user %s (-Z)", l->o->user);
	return bad;
}

static void say_privileges(const struct privilege_report *r)
{
	fprintf(stderr, "nwcap: privileges dropped:%s%s%s%s%s%s%s\n", r->user_changed ? " user," : "",
		r->capabilities_dropped ? " capabilities" : "", r->no_new_privs ? ", no_new_privs" : "",
		r->landlock ? ", Landlock" : "", r->seccomp ? ", seccomp" : "", r->notes[0] ? "; " : "", r->notes);
}

static int drop(const struct live *l, struct errmsg *err)
{
	struct privilege_needs n = { .user = l->o->user, .write_dir = l->out.dir };
	struct privilege_report r;
	int bad = privilege_drop(&n, &r, err);

	if (!bad && l->o->verbose)
		say_privileges(&r);
	return bad;
}

/* All members join the groups before the first packet is let in: nobody gets what another has. */
static int open_sources(struct live *team, struct errmsg *err)
{
	const struct option_list *names = &team->o->interfaces;
	int bad = 0;

	for (int i = 0; i < (names->count ? names->count : 1) && !bad; i++) {
		uint16_t group = 0;

		for (struct live *l = team; l < team + team->members && !bad; l++)
			bad = open_source(l, names->count ? names->item[i] : NULL, &group, err);
	}
	for (struct live *l = team; l < team + team->members && !bad; l++)
		bad = start_sources(l, err);
	return bad;
}

/* --proc, which is for one thread. */
static void open_scouts(struct live *l)
{
	for (unsigned i = 0; i < l->nsources && l->out.proc; i++)
		proc_scout(l->out.proc, capture_interface(l->sources[i].capture)->name);
}

int live_open(struct live *team, struct errmsg *err)
{
	int bad = ENABLE_PROC && team->o->proc ? proc_start(&team->out.proc, team->o, err) : 0;

	if (!bad)
		bad = open_sources(team, err);
	if (ENABLE_PROC && !bad)
		open_scouts(team);
	if (!bad && team->o->user)
		bad = drop(team, err);
	for (struct live *l = team; l < team + team->members && !bad; l++)
		bad = open_output(l, err);
	if (!bad && !team->o->user)
		bad = drop(team, err);
	return bad;
}
