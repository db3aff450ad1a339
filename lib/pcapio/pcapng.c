/* SPDX-License-Identifier: MIT */
/*
 * Reading pcapng (draft-ietf-opsawg-pcapng): walking the blocks and taking the
 * packets out of them. Each block is
 *
 *	type 4 | total length 4 | body, padded to 4 | options | total length 4
 *
 * in the byte order of its section, which the section header at its start
 * declares. Frames point into the block; nothing is copied or converted.
 */
#include "pcapio/source.h"

#include <stdio.h>

enum { PB_MIN = 32, SPB_MIN = 16 };

/* The byte order of the block at p: its own for a section header, else the section's. False: not known yet or wrong. */
static bool block_order(const struct reader *r, const uint8_t *p, size_t left, bool *swapped)
{
	*swapped = r->swapped;
	if (load_u32(p, false) != BLOCK_SHB)
		return true;
	if (left < BLOCK_MIN)
		return false;
	*swapped = load_u32(p + 8, false) != ORDER_MARK;
	return load_u32(p + 8, *swapped) == ORDER_MARK;
}

uint64_t pcapng_record_len(const struct reader *r)
{
	size_t left = (size_t)(r->end - r->pos);
	uint32_t len;
	bool swapped;

	if (left < BLOCK_MIN)
		return 0;
	if (!block_order(r, r->pos, left, &swapped))
		return UINT64_MAX;
	len = load_u32(r->pos + 4, swapped);
	/* A length that is no multiple of 4 is wrong; its block is padded all the same. */
	return len < BLOCK_MIN ? UINT64_MAX : ((uint64_t)len + 3) & ~3ull;
}

/* ---- packets ------------------------------------------------------------------------------ */

static int packet_interface(struct reader *r, struct frame *f, uint32_t id, struct errmsg *err)
{
	const struct source_interface *s;
	uint32_t count = r->ninterfaces - r->section_first;

	if (id >= count)
		return reader_broken(r, err, "a packet of interface %u, but only %u are described", id, count);
	s = &r->interfaces[r->section_first + id];
	f->ifid = r->section_first + id;
	f->linktype = s->linktype;
	return 0;
}

/* Enhanced packet block, and the obsolete packet block, which differs in the first word only. */
static int timed_packet(struct reader *r, struct frame *f, const uint8_t *p, uint32_t len, struct errmsg *err)
{
	bool old = load_u32(p, r->swapped) == BLOCK_PB;
	uint32_t padded;
	int rc;

	if (len < PB_MIN)
		return reader_broken(r, err, "a packet block of %u bytes, at least %d are needed", len, PB_MIN);
	f->caplen = load_u32(p + 20, r->swapped);
	f->wirelen = load_u32(p + 24, r->swapped);
	if (f->caplen > len - PB_MIN)
		return reader_broken(r, err, "a packet of %u bytes in a block of %u", f->caplen, len);
	rc = packet_interface(r, f, old ? load_u16(p + 8, r->swapped) : load_u32(p + 8, r->swapped), err);
	if (rc)
		return rc;
	f->ts_ns = time_scale_ns(&r->interfaces[f->ifid].time,
				 (uint64_t)load_u32(p + 12, r->swapped) << 32 | load_u32(p + 16, r->swapped));
	f->has_ts = true;
	f->data = p + EPB_HEADER;
	padded = (f->caplen + 3) & ~3u;
	if (len - PB_MIN > padded) {
		f->options = f->data + padded;
		f->options_len = len - PB_MIN - padded;
	}
	return 1;
}

/* Simple packet block: no time, no interface, and its length kept must be worked out. */
static int simple_packet(struct reader *r, struct frame *f, const uint8_t *p, uint32_t len, struct errmsg *err)
{
	uint32_t snaplen, room = len - SPB_MIN;
	int rc;

	if (len < SPB_MIN)
		return reader_broken(r, err, "a packet block of %u bytes, at least %d are needed", len, SPB_MIN);
	rc = packet_interface(r, f, 0, err);
	if (rc)
		return rc;
	snaplen = r->interfaces[f->ifid].snaplen;
	f->wirelen = f->caplen = load_u32(p + 8, r->swapped);
	if (snaplen && f->caplen > snaplen)
		f->caplen = snaplen;
	if (f->caplen > room)
		return reader_broken(r, err, "a packet of %u bytes in a block of %u", f->caplen, len);
	f->data = p + 12;
	return 1;
}

/* ---- walking -------------------------------------------------------------------------------- */

/* Checks the block at pos. 1: whole, its stored length in *len; 0: more is needed; or an error. */
static int whole_block(struct reader *r, uint32_t *len, struct errmsg *err)
{
	const uint8_t *p = r->pos;
	uint64_t left = (uint64_t)(r->end - p), want = pcapng_record_len(r);
	bool swapped;

	if (want == UINT64_MAX && !block_order(r, p, left, &swapped))
		return reader_broken(r, err, "a section header without its byte-order mark");
	if (want == UINT64_MAX)
		return reader_broken(r, err, "a block of %u bytes; the least is %d", load_u32(p + 4, r->swapped), BLOCK_MIN);
	if (record_too_long(r, want))
		return reader_broken(r, err, "a block of %llu bytes, more than any can have", (unsigned long long)want);
	if (!want || want > left)
		return r->eof && left ? reader_cut(r, want, err) : 0;
	block_order(r, p, left, &swapped);
	*len = load_u32(p + 4, swapped);
	if (load_u32(p + want - 4, swapped) != *len && load_u32(p + *len - 4, swapped) != *len)
		return reader_broken(r, err, "a block that gives its length as %u in front and %u behind", *len,
				     load_u32(p + want - 4, swapped));
	return 1;
}

/* The block that nearly all are: an enhanced packet block of our byte order in which everything is right. False: look
 * at it closely. */
static inline bool quick_packet(struct reader *r, struct frame *f)
{
	const uint8_t *p = r->pos;
	const struct source_interface *s;
	size_t left = (size_t)(r->end - p);
	uint32_t len, caplen, id, padded;

	if (r->swapped || left < PB_MIN || load_u32(p, false) != BLOCK_EPB)
		return false;
	len = load_u32(p + 4, false);
	id = load_u32(p + 8, false) + r->section_first;
	caplen = load_u32(p + 20, false);
	padded = (caplen + 3) & ~3u;
	if (len > left || len % 4 || len < PB_MIN || caplen > len - PB_MIN || len > r->max_record || id < r->section_first ||
	    id >= r->ninterfaces || load_u32(p + len - 4, false) != len)
		return false;
	s = &r->interfaces[id];
	*f = (struct frame){ .number = ++r->number,
			     .ts_ns = time_scale_ns(&s->time, (uint64_t)load_u32(p + 12, false) << 32 | load_u32(p + 16, false)),
			     .data = p + EPB_HEADER, .caplen = caplen, .wirelen = load_u32(p + 24, false), .ifid = id,
			     .linktype = s->linktype, .record_kind = RECORD_PCAPNG, .has_ts = true, .record = p,
			     .record_len = len };
	if (len - PB_MIN > padded) {
		f->options = f->data + padded;
		f->options_len = len - PB_MIN - padded;
	}
	r->pos = p + len;
	__builtin_prefetch(r->pos);
	__builtin_prefetch(r->pos + 64);
	return true;
}

int pcapng_next(struct reader *r, struct frame *f, struct errmsg *err)
{
	for (;;) {
		const uint8_t *p = r->pos;
		uint32_t len, type;
		int rc;

		if (quick_packet(r, f))
			return 1;
		rc = whole_block(r, &len, err);

		if (rc <= 0)
			return rc;
		type = load_u32(p, r->swapped);
		*f = (struct frame){ .record = p, .record_len = (len + 3) & ~3u, .record_kind = RECORD_PCAPNG,
				     .foreign_order = r->swapped };
		if (type == BLOCK_EPB || type == BLOCK_PB)
			rc = timed_packet(r, f, p, len, err);
		else if (type == BLOCK_SPB)
			rc = simple_packet(r, f, p, len, err);
		else
			rc = pcapng_block(r, p, len, err);
		if (rc < 0)
			return rc;
		r->pos = p + f->record_len;
		if (rc > 0) {
			f->number = ++r->number;
			return 1;
		}
	}
}

/* ---- opening ----------------------------------------------------------------------------------- */

static bool is_packet(uint32_t type)
{
	return type == BLOCK_EPB || type == BLOCK_PB || type == BLOCK_SPB;
}

/* The section header, and the blocks after it that have already been read: with a file, all interfaces that stand in
 * front of the first packet. A pipe is not waited for. */
int pcapng_open(struct reader *r, struct errmsg *err)
{
	uint32_t len;
	int rc;

	r->format = FORMAT_PCAPNG;
	rc = reader_fill(r, err);
	if (rc < 0)
		return rc;
	r->first_block = r->pos;
	for (;;) {
		rc = whole_block(r, &len, err);
		if (rc <= 0 || is_packet(load_u32(r->pos, r->swapped)))
			break;
		rc = pcapng_block(r, r->pos, len, err);
		if (rc < 0)
			break;
		r->pos += (len + 3) & ~3u;
	}
	if (r->pos == r->first_block && rc <= 0)
		return rc < 0 ? rc : reader_cut(r, 0, err);
	r->ended = false; /* what is wrong with a later block is said when its turn comes */
	return 0;
}

int pcapng_replay(struct reader *r, struct errmsg *err)
{
	const uint8_t *stop = r->pos;
	bool swapped = r->swapped;
	reader_block_fn *fn = r->on_block;
	int rc = 0;

	/* walks the same bytes again with the callback alone */
	for (const uint8_t *p = r->first_block; p < stop && rc == 0;) {
		struct block b;
		uint32_t len;

		block_order(r, p, (size_t)(stop - p), &r->swapped);
		len = load_u32(p + 4, r->swapped);
		pcapng_describe_block(&b, p, len, r->swapped);
		rc = fn(r->on_block_user, &b, err);
		p += (len + 3) & ~3u;
	}
	r->swapped = swapped;
	r->first_block = NULL;
	return rc;
}
