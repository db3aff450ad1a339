/* SPDX-License-Identifier: MIT */
/*
 * Does this packet match? The cheapest question first: time, then --bpf, which
 * needs no decoding, then the display filter. (Running the display filter's BPF
 * half ahead of it, as live capture does, was measured and is slower here:
 * decoding costs less than libpcap's interpreter.)
 */
#include "nwfilter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPLEN = 262144 };

int judge_open(struct judge *j, const struct nwfilter_options *o, struct errmsg *err)
{
	struct filter_notes notes = { "" };
	int rc;

	memset(j, 0, offsetof(struct judge, packet));
	j->o = o;
	j->rate_second = INT64_MIN;
	decoder_init(&j->decoder);
	if (o->no_reassembly)
		decoder_segments(&j->decoder);
	if (!o->text[strspn(o->text, " \t\r\n")]) {
		if (o->whole_flow && !o->bpf)
			return errmsg_set(err, NW_EINPUT, "--whole-flow needs a filter that says which conversations");
		return 0;
	}
	if (!ENABLE_DISPLAY_FILTER)
		return errmsg_set(err, NW_EINPUT, "display filters are not in this build; use --bpf EXPR");
	rc = filter_compile(&j->filter, o->text, &notes, err);
	if (rc)
		return rc;
	if (notes.hint[0])
		fprintf(stderr, "nwfilter: %s\n", notes.hint);
	filter_want(j->filter, &j->decoder);
	j->decode = filter_needs_decoding(j->filter);
	j->plain = j->decode && !o->bpf && !o->invert && o->after_ns == INT64_MIN && o->before_ns == INT64_MAX && o->sample <= 1 &&
		   !o->rate && !o->nranges;
	return 0;
}

void judge_close(struct judge *j)
{
	for (struct gate *g = j->gates, *next; g; g = next) {
		next = g->next;
		if (g->bpf)
			bpf_free(g->bpf);
		free(g);
	}
	if (j->filter)
		filter_free(j->filter);
	decoder_release(&j->decoder);
	j->gates = j->gate = NULL;
	j->filter = NULL;
}

int judge_gate(struct judge *j, uint16_t linktype, struct errmsg *err)
{
	struct gate *g;

	for (g = j->gates; g; g = g->next) {
		if (g->linktype == linktype) {
			j->gate = g;
			return 0;
		}
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		return errmsg_set(err, NW_ELIMIT, "no memory for a filter");
	g->linktype = linktype;
	g->refused = j->o->bpf && bpf_compile(&g->bpf, j->o->bpf, linktype, SNAPLEN, &j->why) != 0;
	j->closed += g->refused;
	j->open += !g->refused;
	g->next = j->gates;
	j->gates = j->gate = g;
	return 0;
}

/* The expression may not exist for this link type ("tcp" on a serial line): nothing of that kind matches then. */
static bool refuse(struct gate *g, const char *why)
{
	const char *name = linktype_name(g->linktype);

	if (!g->told)
		fprintf(stderr, "nwfilter: no packet of link type %u (%s) matches: %s\n", g->linktype,
			name ? name : "unknown", why);
	g->told = true;
	return false;
}

/* `decoded`: j->packet is this one already. */
static bool filters_match(struct judge *j, struct gate *g, const struct frame *f, bool decoded)
{
	if (g->refused)
		return refuse(g, j->why.text);
	if (g->bpf && !bpf_match(g->bpf, f))
		return false;
	if (!j->filter)
		return true;
	if (!j->decode)
		return filter_match_frame(j->filter, f);
	if (!decoded)
		packet_decode(&j->packet, &j->decoder, f);
	return filter_match(j->filter, &j->packet);
}

/* At most N packets in each second of the packets' own time. */
static bool within_rate(struct judge *j, const struct frame *f)
{
	int64_t second = f->ts_ns / 1000000000;

	if (second != j->rate_second) {
		j->rate_second = second;
		j->rate_used = 0;
	}
	return j->rate_used++ < j->o->rate;
}

/* Is it one of the numbers of --range? */
static bool in_range(struct judge *j, uint64_t number)
{
	while (j->range < j->o->nranges && number > j->o->ranges[j->range].last)
		j->range++;
	j->over = j->range == j->o->nranges;
	return !j->over && number >= j->o->ranges[j->range].first;
}

/* Do --range, --after and --before let it in? */
static bool is_inside(struct judge *j, const struct frame *f)
{
	const struct nwfilter_options *o = j->o;

	if (o->nranges && !in_range(j, f->number))
		return false;
	/* a time that does not fit is INT64_MAX; without --before it is not too late */
	return f->ts_ns >= o->after_ns && (f->ts_ns < o->before_ns || o->before_ns == INT64_MAX);
}

static int enter_gate(struct judge *j, const struct frame *f, struct errmsg *err)
{
	return j->gate && j->gate->linktype == f->linktype ? 0 : judge_gate(j, f->linktype, err);
}

int judge_look(struct judge *j, const struct frame *f, bool *matches, struct errmsg *err)
{
	int rc = enter_gate(j, f, err);

	if (rc || !is_inside(j, f))
		return rc;
	packet_decode(&j->packet, &j->decoder, f);
	*matches = filters_match(j, j->gate, f, true) != j->o->invert;
	return 1;
}

int judge_match(struct judge *j, const struct frame *f, struct errmsg *err)
{
	const struct nwfilter_options *o = j->o;
	int rc;

	if (__builtin_expect(j->plain && j->gate && j->gate->linktype == f->linktype, 1)) {
		packet_decode(&j->packet, &j->decoder, f);
		return filter_match(j->filter, &j->packet);
	}
	rc = enter_gate(j, f, err);
	if (rc || !is_inside(j, f))
		return rc;
	if (filters_match(j, j->gate, f, false) == o->invert)
		return 0;
	if (o->sample > 1 && j->sampled++ % o->sample)
		return 0;
	return !o->rate || within_rate(j, f);
}
