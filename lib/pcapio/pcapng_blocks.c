/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a pcapng that are no packets: sections, interfaces, statistics.
 * What is understood is kept in struct interface; every block, understood or
 * not, goes to the reader's on_block.
 */
#include "pcapio/source.h"

#include <stdio.h>

enum { SHB_BODY = 24, IDB_BODY = 16, ISB_BODY = 20 };

enum {
	OPT_END_OF = 0,
	IF_NAME = 2, IF_DESCRIPTION = 3, IF_MAC = 6, IF_SPEED = 8, IF_TSRESOL = 9, IF_FILTER = 11, IF_OS = 12,
	IF_TSOFFSET = 14, IF_HARDWARE = 15,
	ISB_RECEIVED = 4, ISB_IFDROP = 5, ISB_OSDROP = 7, ISB_DELIVERED = 8
};

int pcapng_option_next(const uint8_t **opts, uint32_t *len, bool foreign_order, uint16_t *code, const uint8_t **value,
		       uint16_t *vlen)
{
	uint32_t step;

	if (*len < 4) /* up to three bytes of padding do not hurt */
		return 0;
	*code = load_u16(*opts, foreign_order);
	*vlen = load_u16(*opts + 2, foreign_order);
	*value = *opts + 4;
	if (*code == OPT_END_OF)
		return 0;
	if (*vlen > *len - 4)
		return NW_EINPUT;
	step = 4 + ((*vlen + 3u) & ~3u);
	if (step > *len)
		step = *len;
	*opts += step;
	*len -= step;
	return 1;
}

static void copy_text(char *to, size_t size, const uint8_t *value, uint16_t len)
{
	size_t n = strnlen((const char *)value, len);

	if (n >= size)
		n = size - 1;
	memcpy(to, value, n);
	to[n] = '\0';
}

/* ---- where the options are --------------------------------------------------------------- */

/* Behind the records of a name resolution block. */
static uint32_t nrb_options(const uint8_t *p, uint32_t end, bool swapped)
{
	uint32_t at = 8;

	while (end - at >= 4) {
		uint16_t type = load_u16(p + at, swapped);
		uint32_t step = 4 + ((load_u16(p + at + 2, swapped) + 3u) & ~3u);

		if (step > end - at)
			return end;
		at += step;
		if (type == 0)
			break;
	}
	return at;
}

void pcapng_describe_block(struct block *b, const uint8_t *p, uint32_t len, bool swapped)
{
	uint32_t end = len - 4, at = end;

	*b = (struct block){ .type = load_u32(p, swapped), .bytes = p, .len = (len + 3) & ~3u, .foreign_order = swapped };
	if (b->type == BLOCK_SHB)
		at = SHB_BODY;
	else if (b->type == BLOCK_IDB)
		at = IDB_BODY;
	else if (b->type == BLOCK_ISB)
		at = ISB_BODY;
	else if (b->type == BLOCK_NRB)
		at = nrb_options(p, end, swapped);
	else if (b->type == BLOCK_DSB && end >= 16 && load_u32(p + 12, swapped) <= end - 16)
		at = 16 + ((load_u32(p + 12, swapped) + 3) & ~3u);
	if (at < end) {
		b->options = p + at;
		b->options_len = end - at;
	}
}

/* ---- each kind --------------------------------------------------------------------------------- */

static int section(struct reader *r, const struct block *b, uint32_t len, struct errmsg *err)
{
	uint16_t major;

	if (len < SHB_BODY + 4)
		return reader_broken(r, err, "a section header of %u bytes; the least is %d", len, SHB_BODY + 4);
	major = load_u16(b->bytes + 12, b->foreign_order);
	if (major != 1)
		return reader_broken(r, err, "a section of pcapng version %u; version 1 is known", major);
	r->swapped = b->foreign_order;
	r->section_first = r->ninterfaces;
	return 0;
}

static void interface_option(struct interface *i, uint16_t code, const uint8_t *v, uint16_t len, bool swapped)
{
	if (code == IF_NAME)
		copy_text(i->name, sizeof(i->name), v, len);
	else if (code == IF_DESCRIPTION)
		copy_text(i->description, sizeof(i->description), v, len);
	else if (code == IF_OS)
		copy_text(i->os, sizeof(i->os), v, len);
	else if (code == IF_HARDWARE)
		copy_text(i->hardware, sizeof(i->hardware), v, len);
	else if (code == IF_FILTER && len > 0 && v[0] == 0) /* 0: libpcap's text */
		copy_text(i->filter, sizeof(i->filter), v + 1, (uint16_t)(len - 1));
	else if (code == IF_TSRESOL && len == 1)
		i->tsresol = v[0];
	else if (code == IF_TSOFFSET && len == 8)
		i->tsoffset_s = (int64_t)load_u64(v, swapped);
	else if (code == IF_SPEED && len == 8)
		i->speed_bps = load_u64(v, swapped);
	else if (code == IF_MAC && len == 6) {
		i->has_mac = true;
		memcpy(i->mac, v, 6);
	}
}

static int new_interface(struct reader *r, const struct block *b, uint32_t len, struct errmsg *err)
{
	struct source_interface *s;
	const uint8_t *opts = b->options, *value;
	uint32_t left = b->options_len;
	uint16_t code, vlen;

	if (len < IDB_BODY + 4)
		return reader_broken(r, err, "an interface of %u bytes; the least is %d", len, IDB_BODY + 4);
	s = reader_new_interface(r, err);
	if (!s)
		return NW_ELIMIT;
	s->linktype = s->info->linktype = load_u16(b->bytes + 8, b->foreign_order);
	s->snaplen = s->info->snaplen = load_u32(b->bytes + 12, b->foreign_order);
	while (pcapng_option_next(&opts, &left, b->foreign_order, &code, &value, &vlen) > 0)
		interface_option(s->info, code, value, vlen, b->foreign_order);
	time_scale_init(&s->time, s->info->tsresol, s->info->tsoffset_s);
	return 0;
}

static void statistics(struct reader *r, const struct block *b, uint32_t len)
{
	const uint8_t *opts = b->options, *value;
	uint32_t left = b->options_len, id;
	uint16_t code, vlen;
	struct interface *i;

	if (len < ISB_BODY + 4)
		return;
	id = load_u32(b->bytes + 8, b->foreign_order);
	if (id >= r->ninterfaces - r->section_first)
		return;
	i = r->interfaces[r->section_first + id].info;
	while (pcapng_option_next(&opts, &left, b->foreign_order, &code, &value, &vlen) > 0) {
		uint64_t n = vlen == 8 ? load_u64(value, b->foreign_order) : UINT64_MAX;

		if (code == ISB_RECEIVED)
			i->received = n;
		else if (code == ISB_IFDROP)
			i->ifdropped = n;
		else if (code == ISB_OSDROP)
			i->dropped = n;
		else if (code == ISB_DELIVERED)
			i->delivered = n;
	}
}

/* tshark gives up on a file whose section or interface has broken options, so that nobody reads it wrongly; so do we. */
static int check_options(struct reader *r, const struct block *b, struct errmsg *err)
{
	const uint8_t *opts = b->options, *value;
	uint32_t left = b->options_len;
	uint16_t code, vlen;
	int rc;

	while ((rc = pcapng_option_next(&opts, &left, b->foreign_order, &code, &value, &vlen)) > 0)
		;
	if (rc == 0)
		return 0;
	return reader_broken(r, err, "an option of %u bytes where %u are left", vlen, left - 4);
}

int pcapng_block(struct reader *r, const uint8_t *p, uint32_t len, struct errmsg *err)
{
	struct block b;
	bool swapped = r->swapped;
	int rc = 0;

	if (load_u32(p, false) == BLOCK_SHB) /* the same in both orders */
		swapped = load_u32(p + 8, false) != ORDER_MARK;
	pcapng_describe_block(&b, p, len, swapped);
	if (b.type == BLOCK_SHB || b.type == BLOCK_IDB)
		rc = check_options(r, &b, err);
	if (!rc && b.type == BLOCK_SHB)
		rc = section(r, &b, len, err);
	else if (!rc && b.type == BLOCK_IDB)
		rc = new_interface(r, &b, len, err);
	else if (b.type == BLOCK_ISB)
		statistics(r, &b, len);
	if (!rc && r->on_block)
		rc = r->on_block(r->on_block_user, &b, err);
	return rc;
}
