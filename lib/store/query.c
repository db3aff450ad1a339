/* SPDX-License-Identifier: MIT */
/*
 * The packets of a query: read in the order of the record, numbered, judged by time, place and filters, given out.
 *
 * A filter that needs to see the packets before those that match (filter/narrow.h) judges all packets in the time range that
 * may have to do with it, also those in front of the place where the query goes on; these are just not given out.
 */
#include "store/query.h"

#include "base/text.h"
#include "query_private.h"
#include "store/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SNAPLEN = 262144, DELAY_FIRST_MS = 50, DELAY_MAX_MS = 200, INTERFACES_MAX = 4096, ASK_AFTER_PACKETS = 8192 };

/* ---- opening ------------------------------------------------------------------------------------ */

static bool is_blank(const char *text)
{
	return !text || !text[strspn(text, " \t\r\n")];
}

static int copy_text(char **to, const char *text, struct errmsg *err)
{
	if (is_blank(text))
		return 0;
	*to = strdup(text);
	return *to ? 0 : errmsg_set(err, NW_ELIMIT, "no memory for a query");
}

static int open_filter(struct query *q, struct errmsg *err)
{
	int rc;

	decoder_init(&q->decoder);
	if (!q->filter_text)
		return 0;
	if (!ENABLE_DISPLAY_FILTER)
		return errmsg_set(err, NW_EINPUT, "display filters are not in this build");
	rc = filter_compile(&q->filter, q->filter_text, &q->notes, err);
	if (rc)
		return rc;
	filter_want(q->filter, &q->decoder);
	q->decode = filter_needs_decoding(q->filter);
	filter_narrow(q->filter, &q->narrow);
	return 0;
}

/* An expression is right if it is for any of the usual link types; that of a serial line may lack "tcp". */
static int check_capture_filter(const struct query *q, struct errmsg *err)
{
	static const uint16_t links[] = { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, LINKTYPE_RAW };
	int rc = 0;

	for (unsigned i = 0; q->bpf_text && i < sizeof(links) / sizeof(links[0]); i++) {
		struct bpf *b = NULL;
		struct errmsg why;
		int one = bpf_compile(&b, q->bpf_text, links[i], SNAPLEN, &why);

		bpf_free(b);
		if (!one)
			return 0;
		if (!i)
			rc = errmsg_set(err, one, "%s", why.text);
	}
	return rc;
}

int query_open(struct query **out, const struct query_options *o, struct errmsg *err)
{
	struct query *q = calloc(1, sizeof(*q));
	int rc;

	*out = NULL;
	if (!q)
		return errmsg_set(err, NW_ELIMIT, "no memory for a query");
	q->o = *o;
	q->view.fd = -1;
	q->skip_left = o->skip;
	q->finished_total = UINT64_MAX;
	q->o.follow = o->follow && !o->file;
	rc = o->from_ns > o->to_ns ? errmsg_set(err, NW_EINPUT, "the time range ends before it begins") : 0;
	if (!rc)
		rc = copy_text(&q->filter_text, o->filter, err);
	if (!rc)
		rc = copy_text(&q->bpf_text, o->capture_filter, err);
	if (!rc)
		rc = copy_text(&q->file, o->file, err);
	if (!rc)
		rc = open_filter(q, err);
	if (!rc)
		rc = check_capture_filter(q, err);
	if (!rc)
		rc = query_make_plan(q, err);
	if (rc) {
		query_close(q);
		return rc;
	}
	q->ended = !q->last_segment && !q->o.follow;
	*out = q;
	return 0;
}

void query_close(struct query *q)
{
	if (!q)
		return;
	query_segment_close(q);
	for (struct bpf_gate *g = q->gates, *next; g; g = next) {
		next = g->next;
		bpf_free(g->bpf);
		free(g);
	}
	for (uint32_t i = 0; i < q->interface_count; i++)
		free(q->interfaces[i]);
	free(q->interfaces);
	free(q->interface_of);
	if (ENABLE_DISPLAY_FILTER)
		filter_free(q->filter);
	decoder_release(&q->decoder);
	free(q->plan);
	free(q->filter_text);
	free(q->bpf_text);
	free(q->file);
	free(q);
}

/* ---- interfaces ------------------------------------------------------------------------------------ */

/* The same but for what was counted on it. Both were made of zeroed memory, so padding does not differ. */
static bool same_interface(const struct interface *a, const struct interface *b)
{
	struct interface x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	x.received = x.dropped = x.ifdropped = x.delivered = y.received = y.dropped = y.ifdropped = y.delivered = 0;
	return !memcmp(&x, &y, sizeof(x));
}

static int add_interface(struct query *q, const struct interface *i, uint32_t *number, struct errmsg *err)
{
	struct interface **grown, *copy;

	for (*number = 0; *number < q->interface_count; ++*number)
		if (same_interface(q->interfaces[*number], i))
			return 0;
	if (q->interface_count == INTERFACES_MAX)
		return errmsg_set(err, NW_ELIMIT, "the record has more than %d different interfaces; ask for less of it", INTERFACES_MAX);
	grown = reallocarray(q->interfaces, q->interface_count + 1, sizeof(struct interface *));
	if (grown)
		q->interfaces = grown;
	copy = grown ? malloc(sizeof(*copy)) : NULL;
	if (!copy)
		return errmsg_set(err, NW_ELIMIT, "no memory for an interface");
	memcpy(copy, i, sizeof(*copy));
	q->interfaces[q->interface_count++] = copy;
	return 0;
}

/* The numbers of all interfaces that the reader knows so far. */
static int map_interfaces(struct query *q, struct errmsg *err)
{
	uint32_t count = reader_interfaces(q->reader), *grown = reallocarray(q->interface_of, count, sizeof(*grown));
	int rc = 0;

	if (!grown)
		return errmsg_set(err, NW_ELIMIT, "no memory for %u interfaces", count);
	q->interface_of = grown;
	for (; !rc && q->mapped < count; q->mapped++)
		rc = add_interface(q, reader_interface(q->reader, q->mapped), &grown[q->mapped], err);
	return rc;
}

/* ---- judging ------------------------------------------------------------------------------------------ */

static int capture_filter_match(struct query *q, const struct frame *f, bool *matches, struct errmsg *err)
{
	struct bpf_gate *g = q->gates;

	while (g && g->linktype != f->linktype)
		g = g->next;
	if (!g) {
		g = calloc(1, sizeof(*g));
		if (!g)
			return errmsg_set(err, NW_ELIMIT, "no memory for a filter");
		g->linktype = f->linktype;
		bpf_compile(&g->bpf, q->bpf_text, f->linktype, SNAPLEN, NULL);
		g->next = q->gates;
		q->gates = g;
	}
	*matches = g->bpf && bpf_match(g->bpf, f);
	return 0;
}

/* Is it at or in front of the place behind which the query goes on? */
static bool is_before(const struct query *q)
{
	const struct query_position *after = &q->o.after;

	if (after->segment == UINT64_MAX)
		return q->view.number < q->last_segment ||
		       (q->view.number == q->last_segment && reader_offset(q->reader) <= q->last_bytes);
	return q->view.number < after->segment || (q->view.number == after->segment && q->packet <= after->packet);
}

/* 1: give it out; 0; or an error. */
static int judge(struct query *q, const struct frame *f, struct errmsg *err)
{
	bool before = q->o.after.segment && is_before(q), matches = true;
	int rc;

	if (q->o.follow && f->ts_ns > q->o.to_ns && f->ts_ns - q->o.to_ns > QUERY_LATE_NS)
		q->ended = true; /* it has caught up with its end */
	if (f->ts_ns < q->o.from_ns || f->ts_ns > q->o.to_ns || (before && query_judges_alone(q)))
		return 0;
	q->done.looked_at++;
	if (q->bpf_text) {
		rc = capture_filter_match(q, f, &matches, err);
		if (rc)
			return rc;
	}
	if (ENABLE_DISPLAY_FILTER && q->filter && (matches || !query_judges_alone(q))) {
		if (q->decode)
			packet_decode(&q->packet_buf, &q->decoder, f);
		if (!(q->decode ? filter_match(q->filter, &q->packet_buf) : filter_match_frame(q->filter, f)))
			matches = false;
	}
	if (!matches || before)
		return 0;
	if (q->skip_left) {
		q->skip_left--;
		return 0;
	}
	return 1;
}

/* A frame that was read: its number, its place, its interface. */
static int take(struct query *q, struct frame *f, struct errmsg *err)
{
	int rc = 0;

	if (++q->unasked == ASK_AFTER_PACKETS) {
		q->unasked = 0;
		q->ended |= q->o.go_on && !q->o.go_on(q->o.user);
	}
	q->packet++;
	q->done.bytes += f->record_len;
	q->delay_ms = 0;
	f->number = q->view.before + q->packet;
	if (f->ifid >= q->mapped)
		rc = map_interfaces(q, err);
	if (rc)
		return rc;
	f->ifid = q->interface_of[f->ifid];
	f->interface = q->interfaces[f->ifid];
	return judge(q, f, err);
}

int query_next(struct query *q, struct frame *f, struct errmsg *err)
{
	struct errmsg why;
	int rc;

	while (!q->ended) {
		rc = q->reader ? reader_read(q->reader, f, &why) : 0;
		if (rc > 0) {
			rc = take(q, f, err);
			if (!rc)
				continue;
			if (rc > 0) {
				q->position = (struct query_position){ q->view.number, q->packet };
				q->ended = ++q->done.matches == q->o.limit;
			} else {
				q->ended = true;
			}
			return rc;
		}
		if (q->reader && rc == NW_ELIMIT)
			return errmsg_set(err, rc, "%s", why.text);
		if (q->reader && rc < 0)
			query_window_broken(q, &why);
		else if (q->reader)
			query_window_done(q);
		rc = query_advance(q, err);
		if (rc < 0)
			q->ended = true;
		if (rc <= 0) {
			q->delay_ms = !q->delay_ms ? DELAY_FIRST_MS : q->delay_ms < DELAY_MAX_MS ? 2 * q->delay_ms : DELAY_MAX_MS;
			return rc;
		}
	}
	return 0;
}

/* ---- questions --------------------------------------------------------------------------------------------- */

bool query_ended(const struct query *q)
{
	return q->ended;
}

unsigned query_delay_ms(const struct query *q)
{
	return q->delay_ms;
}

struct query_position query_position(const struct query *q)
{
	return q->position;
}

uint32_t query_interfaces(const struct query *q)
{
	return q->interface_count;
}

const struct interface *query_interface(const struct query *q, uint32_t ifid)
{
	return ifid < q->interface_count ? q->interfaces[ifid] : NULL;
}

void query_cost(const struct query *q, struct query_cost *c)
{
	*c = q->cost;
}

void query_done(const struct query *q, struct query_done *d)
{
	*d = q->done;
}

const char *query_hint(const struct query *q)
{
	return q->notes.hint;
}

void query_position_format(char text[44], const struct query_position *p)
{
	snprintf(text, 44, "%llu:%llu", (unsigned long long)p->segment, (unsigned long long)p->packet);
}

bool query_position_parse(const char *text, struct query_position *p)
{
	const char *colon = strchr(text, ':');
	char segment[24];

	if (!colon || (size_t)(colon - text) >= sizeof(segment))
		return false;
	memcpy(segment, text, (size_t)(colon - text));
	segment[colon - text] = 0;
	return text_parse_u64(segment, &p->segment) && text_parse_u64(colon + 1, &p->packet);
}
