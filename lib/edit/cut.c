/* SPDX-License-Identifier: MIT */
/*
 * Edits that know nothing of protocols: the time moved, bytes cut out; and the words for windows, cuts and moves.
 *
 * A cut is editcap's -C [OFFSET:]LENGTH:
 *
 *	4        the first 4 bytes          -4       the last 4
 *	12:4     4 bytes from byte 12 on    20:-4    the 4 bytes that end before byte 20
 *	-8:4     4 bytes from the 8th last  -8:-4    the 4 bytes that end 8 bytes before the end
 */
#include "internal.h"

#include "base/text.h"

/* ---- time ----------------------------------------------------------------------------- */

int edit_shift(struct edits *e, struct work *w)
{
	int64_t ts;

	if (!w->f.has_ts)
		return EDIT_ON;
	if (!e->shifted) {
		e->shifted = true;
		e->offset_ns = e->o.shift_ns;
		if (e->o.shift_to && __builtin_sub_overflow(e->o.shift_ns, w->f.ts_ns, &e->offset_ns))
			return errmsg_set(w->err, NW_EINPUT, "the first packet's time cannot be moved that far");
	}
	if (__builtin_add_overflow(w->f.ts_ns, e->offset_ns, &ts) || ts < 0)
		return errmsg_set(w->err, NW_EINPUT, "packet %llu would be from before 1970 or after 2262; move the time by less",
				  (unsigned long long)w->f.number);
	w->f.ts_ns = ts;
	w->changed |= e->offset_ns != 0;
	return EDIT_ON;
}

/* ---- bytes ------------------------------------------------------------------------------- */

/* [*from, *to) of a frame of `n` bytes; empty when the offset is outside of it. */
static void chop_range(const struct edit_chop *c, int64_t n, int64_t *from, int64_t *to)
{
	int64_t at = c->offset < 0 || (c->offset == 0 && c->length < 0) ? n + c->offset : c->offset;

	*from = *to = 0;
	if (at < 0 || at > n)
		return;
	*from = c->length < 0 ? at + c->length : at;
	*to = c->length < 0 ? at : at + c->length;
	if (*from < 0)
		*from = 0;
	if (*to > n)
		*to = n;
}

static int chop(struct work *w, const struct edit_chop *c, bool adjust)
{
	uint32_t wirelen = w->f.wirelen, n;
	int64_t from, to;
	uint8_t *data;

	chop_range(c, w->f.caplen, &from, &to);
	if (from >= to)
		return EDIT_ON;
	n = (uint32_t)(to - from);
	if (from == 0) {
		w->f.data += n;
	} else if (to < w->f.caplen) {
		data = work_own(w);
		if (!data)
			return NW_ELIMIT;
		memmove(data + from, data + to, w->f.caplen - (size_t)to);
	}
	w->f.caplen -= n;
	w->f.wirelen = adjust ? wirelen - n : wirelen;
	w->changed = true;
	return EDIT_ON;
}

int edit_chop(struct edits *e, struct work *w)
{
	int rc = EDIT_ON;

	for (unsigned i = 0; i < e->o.nchops && rc == EDIT_ON; i++)
		rc = chop(w, &e->o.chops[i], e->o.adjust_length);
	return rc;
}

/* ---- words ---------------------------------------------------------------------------------- */

static bool parse_signed(const char *s, size_t len, int64_t *v)
{
	bool minus = len && *s == '-';
	int64_t n = 0;

	s += minus;
	len -= minus;
	if (!len || len > 9)
		return false;
	for (; len--; s++) {
		if (*s < '0' || *s > '9')
			return false;
		n = n * 10 + (*s - '0');
	}
	*v = minus ? -n : n;
	return true;
}

bool edit_parse_chop(const char *text, struct edit_options *o)
{
	struct edit_chop *c = &o->chops[o->nchops];
	const char *colon = strchr(text, ':');
	const char *length = colon ? colon + 1 : text;

	if (o->nchops == EDIT_CHOPS_MAX)
		return false;
	*c = (struct edit_chop){ 0, 0 };
	if ((colon && !parse_signed(text, (size_t)(colon - text), &c->offset)) ||
	    !parse_signed(length, strlen(length), &c->length) || !c->length)
		return false;
	o->nchops++;
	return true;
}

bool edit_parse_window(const char *text, struct edit_options *o)
{
	uint64_t n;

	if (text_parse_u64(text, &n)) {
		o->dedup_packets = (unsigned)n;
		return n > 0 && n <= EDIT_WINDOW_MAX;
	}
	o->dedup_packets = 0;
	return text_parse_duration(text, &o->dedup_ns) && o->dedup_ns > 0;
}

bool edit_parse_shift(const char *text, int64_t *ns)
{
	bool minus = *text == '-';

	if (!text_parse_duration(text + (minus || *text == '+'), ns))
		return false;
	if (minus)
		*ns = -*ns;
	return true;
}
