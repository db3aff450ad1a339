/* SPDX-License-Identifier: MIT */
/* The pipeline: one table of edits, run over each packet in its order. */
#include "internal.h"

#include <stdlib.h>

/* ---- the packet ------------------------------------------------------------------------ */

uint8_t *work_own(struct work *w)
{
	size_t need = (size_t)w->f.caplen + HEADROOM;

	w->changed = true;
	if (w->owned)
		return w->buf + (w->f.data - w->buf);
	if (need > w->size) {
		size_t size = need + need / 2;
		uint8_t *grown = realloc(w->buf, size);

		if (!grown) {
			errmsg_set(w->err, NW_ELIMIT, "no memory for a packet of %u bytes", w->f.caplen);
			return NULL;
		}
		w->buf = grown;
		w->size = size;
	}
	if (w->f.caplen)
		memcpy(w->buf + HEADROOM, w->f.data, w->f.caplen);
	w->f.data = w->buf + HEADROOM;
	w->owned = true;
	return w->buf + HEADROOM;
}

void work_drop_front(struct work *w, uint32_t n)
{
	w->f.data += n;
	w->f.caplen -= n;
	w->f.wirelen -= n < w->f.wirelen ? n : w->f.wirelen;
	w->changed = true;
}

int work_replace_front(struct work *w, uint32_t skip, const uint8_t *header, uint32_t n)
{
	uint8_t copy[HEADROOM], *data;

	memcpy(copy, header, n); /* it may lie in what is overwritten */
	work_drop_front(w, skip);
	data = work_own(w);
	if (!data)
		return NW_ELIMIT;
	if ((size_t)(data - w->buf) < n) { /* several headers in a row have used it up */
		if (w->size - (size_t)(data - w->buf) < (size_t)n + w->f.caplen)
			return errmsg_set(w->err, NW_ELIMIT, "no room for another header");
		memmove(data + n, data, w->f.caplen);
	} else {
		data -= n;
	}
	memcpy(data, copy, n);
	w->f.data = data;
	w->f.caplen += n;
	w->f.wirelen += n;
	return EDIT_ON;
}

void work_limit(struct work *w, uint32_t wirelen)
{
	if (wirelen >= w->f.wirelen)
		return;
	w->f.wirelen = wirelen;
	if (w->f.caplen > wirelen)
		w->f.caplen = wirelen;
	w->changed = true;
}

/* ---- the table --------------------------------------------------------------------------- */

static bool wants_shift(const struct edit_options *o) { return o->shift_ns || o->shift_to; }
static bool wants_strip(const struct edit_options *o) { return o->strip_vlan; }
static bool wants_decap(const struct edit_options *o) { return o->decap; }
static bool wants_dedup(const struct edit_options *o) { return o->dedup != DEDUP_OFF; }
static bool wants_link(const struct edit_options *o) { return o->link >= 0; }
static bool wants_anonymize(const struct edit_options *o) { return o->key; }
static bool wants_chop(const struct edit_options *o) { return o->nchops; }

static const struct edit {
	bool (*wanted)(const struct edit_options *o);
	int (*apply)(struct edits *e, struct work *w); /* EDIT_ON, EDIT_DROPPED or an error */
} table[] = {
	{ wants_shift, edit_shift },
	{ wants_strip, edit_strip_vlan },
	{ wants_decap, edit_decap },
	{ wants_dedup, edit_dedup },
	{ wants_link, edit_link_type },
	{ wants_anonymize, edit_anonymize },
	{ wants_chop, edit_chop },
};
enum { EDITS = sizeof(table) / sizeof(table[0]) };

int edits_open(struct edits **out, const struct edit_options *o, struct errmsg *err)
{
	struct edits *e;
	bool any = false;
	int rc = 0;

	*out = NULL;
	for (size_t i = 0; i < EDITS; i++)
		any |= table[i].wanted(o);
	if (!any)
		return 0;
	e = calloc(1, sizeof(*e));
	if (!e)
		return errmsg_set(err, NW_ELIMIT, "no memory for edits");
	e->o = *o;
	if (o->dedup)
		rc = dedup_open(&e->dedup, o, err);
	if (!rc && o->decap)
		rc = decapsulator_open(&e->decapsulator, o->decap, err);
	if (!rc && o->key)
		rc = anonymizer_open(&e->anonymizer, o, err);
	if (rc) {
		edits_close(e);
		return rc;
	}
	*out = e;
	return 0;
}

void edits_close(struct edits *e)
{
	if (!e)
		return;
	dedup_close(e->dedup);
	decapsulator_close(e->decapsulator);
	anonymizer_close(e->anonymizer);
	free(e->w.buf);
	free(e);
}

bool edits_change_link(const struct edits *e)
{
	return e && (e->o.decap || e->o.link >= 0);
}

const struct edit_counts *edits_counts(const struct edits *e)
{
	return &e->counts;
}

int edits_apply(struct edits *e, const struct frame *in, struct frame *out, struct errmsg *err)
{
	struct work *w = &e->w;

	w->f = *in;
	if (w->f.wirelen < w->f.caplen)
		w->f.wirelen = w->f.caplen; /* a file that says otherwise is wrong */
	w->owned = w->changed = false;
	w->err = err;
	for (size_t i = 0; i < EDITS; i++) {
		int rc = table[i].wanted(&e->o) ? table[i].apply(e, w) : EDIT_ON;

		if (rc <= 0)
			return rc;
	}
	if (!w->changed) {
		*out = *in;
		return 1;
	}
	w->f.record = NULL; /* what it was in the file it is no longer */
	w->f.record_len = 0;
	w->f.record_kind = RECORD_NONE;
	*out = w->f;
	return 1;
}
