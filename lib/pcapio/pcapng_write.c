/* SPDX-License-Identifier: MIT */
/*
 * Writing pcapng blocks (draft-ietf-opsawg-pcapng), in our byte order, or in
 * that of the section that is being copied. A block is built in the writer's
 * buffer: the length is worked out first, so nothing is moved afterwards.
 */
#include "base/version.h"
#include "pcapio/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

enum {
	OPT_COMMENT = 1, SHB_HARDWARE = 2, SHB_OS = 3, SHB_APPLICATION = 4,
	IF_NAME = 2, IF_DESCRIPTION = 3, IF_MAC = 6, IF_SPEED = 8, IF_TSRESOL = 9, IF_FILTER = 11, IF_OS = 12, IF_HARDWARE = 15,
	EPB_FLAGS = 2, EPB_DROPCOUNT = 4, EPB_PACKETID = 5, EPB_QUEUE = 6, EPB_PROCESSID_THREADID = 8,
	ISB_START = 2, ISB_END = 3, ISB_RECEIVED = 4, ISB_IFDROP = 5, ISB_OSDROP = 7, ISB_DELIVERED = 8,
	CUSTOM_TEXT = 2988, CUSTOM_BYTES = 2989, CUSTOM_TEXT_NOCOPY = 19372, CUSTOM_BYTES_NOCOPY = 19373
};

static inline uint32_t padded(uint32_t n)
{
	return (n + 3) & ~3u;
}

/* Where a block is being put together. */
struct block_at {
	uint8_t *p;
	bool swap;
};

static void put16(struct block_at *b, uint16_t v)
{
	put_u16(b->p, b->swap ? __builtin_bswap16(v) : v);
	b->p += 2;
}

static void put32(struct block_at *b, uint32_t v)
{
	put_u32(b->p, b->swap ? __builtin_bswap32(v) : v);
	b->p += 4;
}

static void put_padded(struct block_at *b, const void *data, uint32_t len)
{
	copy_packet(b->p, data, len);
	b->p += len;
	for (; len % 4; len++)
		*b->p++ = 0;
}

static void put_option(struct block_at *b, uint16_t code, const void *data, size_t len)
{
	if (len > UINT16_MAX)
		len = UINT16_MAX & ~3u;
	put16(b, code);
	put16(b, (uint16_t)len);
	put_padded(b, data, (uint32_t)len);
}

static void put_text(struct block_at *b, uint16_t code, const char *text)
{
	if (text && *text)
		put_option(b, code, text, strlen(text));
}

static void put_number(struct block_at *b, uint16_t code, uint64_t v)
{
	if (b->swap)
		v = __builtin_bswap64(v);
	put_option(b, code, &v, sizeof(v));
}

/* Bytes that a text option takes at most. */
static size_t text_room(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	return (n > UINT16_MAX ? UINT16_MAX : n) + 8;
}

/* Ends a block that began at w->pos. */
static int put_end(struct writer *w, struct block_at *b, unsigned packets, struct errmsg *err)
{
	struct block_at head = { w->pos + 4, b->swap };
	uint32_t len = (uint32_t)(b->p - w->pos) + 4;

	put32(b, len);
	put32(&head, len);
	return writer_added(w, len, packets, err);
}

/* ---- section and interfaces ------------------------------------------------------------------ */

int pcapng_put_section(struct writer *w, struct errmsg *err)
{
	const char *application = w->application ? w->application : "nwbox " NWBOX_VERSION;
	char os[256] = "";
	struct utsname u;
	struct block_at b = { NULL, false };
	size_t room = 0;
	int rc;

	if (uname(&u) == 0)
		snprintf(os, sizeof(os), "%.60s %.120s", u.sysname, u.release);
	for (const char *const *c = w->o.comments; c && *c; c++)
		room += text_room(*c);
	rc = writer_room(w, 64 + room + text_room(w->comment) + text_room(os) + text_room(application), err);
	if (rc)
		return rc;
	b.p = w->pos;
	put32(&b, BLOCK_SHB);
	put32(&b, 0);
	put32(&b, ORDER_MARK);
	put16(&b, 1);
	put16(&b, 0);
	memset(b.p, 0xff, 8); /* section length: not said */
	b.p += 8;
	put_text(&b, OPT_COMMENT, w->comment);
	for (const char *const *c = w->o.comments; c && *c; c++)
		put_text(&b, OPT_COMMENT, *c);
	put_text(&b, SHB_OS, os);
	put_text(&b, SHB_APPLICATION, application);
	put32(&b, 0);
	return put_end(w, &b, 0, err);
}

uint8_t pcapng_resolution(const struct writer *w, const struct interface *i)
{
	return w->o.nano || i->tsresol > 6 ? 9 : 6;
}

int pcapng_put_interface(struct writer *w, const struct interface *i, struct errmsg *err)
{
	struct block_at b = { NULL, w->swapped };
	uint8_t resolution = pcapng_resolution(w, i);
	int rc = writer_room(w, sizeof(*i) + 128, err);

	if (rc)
		return rc;
	b.p = w->pos;
	put32(&b, BLOCK_IDB);
	put32(&b, 0);
	put16(&b, i->linktype);
	put16(&b, 0);
	put32(&b, i->snaplen);
	put_text(&b, IF_NAME, i->name);
	put_text(&b, IF_DESCRIPTION, i->description);
	if (i->has_mac)
		put_option(&b, IF_MAC, i->mac, 6);
	if (i->speed_bps)
		put_number(&b, IF_SPEED, i->speed_bps);
	put_option(&b, IF_TSRESOL, &resolution, 1);
	if (i->filter[0]) {
		char filter[sizeof(i->filter) + 1] = { 0 }; /* a zero byte: libpcap's language */

		memcpy(filter + 1, i->filter, strlen(i->filter));
		put_option(&b, IF_FILTER, filter, strlen(i->filter) + 1);
	}
	put_text(&b, IF_OS, i->os);
	put_text(&b, IF_HARDWARE, i->hardware);
	put32(&b, 0);
	return put_end(w, &b, 0, err);
}

/* ---- secrets ------------------------------------------------------------------------------------ */

enum { SECRET_HEAD = 8 };

int pcapng_put_secrets(struct writer *w, uint32_t type, const void *data, uint32_t len, struct errmsg *err)
{
	struct block_at b = { NULL, false };
	int rc = writer_room(w, 24 + padded(len), err);

	if (rc)
		return rc;
	b.swap = w->swapped; /* known once the header of the section is there, which is now */
	b.p = w->pos;
	put32(&b, BLOCK_DSB);
	put32(&b, 0);
	put32(&b, type);
	put32(&b, len);
	put_padded(&b, data, len);
	return put_end(w, &b, 0, err);
}

int pcapng_put_kept_secrets(struct writer *w, struct errmsg *err)
{
	int rc = 0;

	for (size_t at = 0; !rc && at < w->nsecrets;) {
		uint32_t type = load_u32(w->secrets + at, false), len = load_u32(w->secrets + at + 4, false);

		rc = pcapng_put_secrets(w, type, w->secrets + at + SECRET_HEAD, len, err);
		at += SECRET_HEAD + len;
	}
	return rc;
}

/* The newest stay. One that is larger than all the room is in this file alone, unless it has to wait for its section. */
static int keep_secrets(struct writer *w, uint32_t type, const void *data, uint32_t len, struct errmsg *err)
{
	size_t most = w->secrets_due ? SECRETS_MAX + SECRET_HEAD : SECRETS_KEPT, from = 0, size;
	uint8_t *grown;

	if (len + SECRET_HEAD > most)
		return 0;
	while (w->nsecrets - from + SECRET_HEAD + len > most)
		from += SECRET_HEAD + load_u32(w->secrets + from + 4, false);
	if (from)
		memmove(w->secrets, w->secrets + from, w->nsecrets - from);
	w->nsecrets -= from;
	size = w->nsecrets + SECRET_HEAD + len;
	grown = realloc(w->secrets, size);
	if (!grown)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory for %zu bytes of keys", w->name, size);
	w->secrets = grown;
	put_u32(grown + w->nsecrets, type);
	put_u32(grown + w->nsecrets + 4, len);
	memcpy(grown + w->nsecrets + SECRET_HEAD, data, len);
	w->nsecrets = size;
	return 0;
}

int writer_secrets(struct writer *w, uint32_t type, const void *data, size_t len, struct errmsg *err)
{
	int rc = 0;

	if (w->o.format != FORMAT_PCAPNG)
		return errmsg_set(err, NW_EINPUT, "%s: pcap has no place for keys; write pcapng (--format pcapng, or a name ending "
				  "in .pcapng)", w->name);
	if (len > SECRETS_MAX)
		return errmsg_set(err, NW_ELIMIT, "%s: keys of %zu bytes at once; at most %d", w->name, len, SECRETS_MAX);
	if (!w->secrets_due)
		rc = pcapng_put_secrets(w, type, data, (uint32_t)len, err); /* starts the file, with what is kept so far */
	return rc ? rc : keep_secrets(w, type, data, (uint32_t)len, err);
}

/* ---- packets ------------------------------------------------------------------------------------ */

/* A numeric option of the other byte order is turned; text and bytes stay. */
static void put_foreign_option(struct block_at *b, uint16_t code, const uint8_t *value, uint16_t len)
{
	uint8_t turned[8];
	uint32_t number = 0;

	if ((code == EPB_FLAGS || code == EPB_QUEUE) && len == 4)
		number = 4;
	else if ((code == EPB_DROPCOUNT || code == EPB_PACKETID) && len == 8)
		number = 8;
	if (code == EPB_PROCESSID_THREADID && len == 8) { /* two numbers */
		put_u32(turned, load_u32(value, true));
		put_u32(turned + 4, load_u32(value + 4, true));
		put_option(b, code, turned, 8);
		return;
	}
	if (number) {
		for (uint32_t i = 0; i < number; i++)
			turned[i] = value[number - 1 - i];
		put_option(b, code, turned, number);
		return;
	}
	put_option(b, code, value, len);
	if ((code == CUSTOM_TEXT || code == CUSTOM_BYTES) && len >= 4) { /* the enterprise number in front */
		uint8_t *pen = b->p - padded(len);

		put_u32(pen, load_u32(value, true));
	}
}

/* The options the packet came with, and a comment. */
static void put_packet_options(struct block_at *b, const struct frame *f, const char *comment)
{
	const uint8_t *opts = f->options, *value;
	uint32_t left = f->options_len;
	uint8_t *start = b->p;
	uint16_t code, len;

	while (pcapng_option_next(&opts, &left, f->foreign_order, &code, &value, &len) > 0) {
		if (code == CUSTOM_TEXT_NOCOPY || code == CUSTOM_BYTES_NOCOPY)
			continue;
		if (f->foreign_order == b->swap)
			put_option(b, code, value, len);
		else
			put_foreign_option(b, code, value, len);
	}
	put_text(b, OPT_COMMENT, comment);
	if (b->p != start)
		put32(b, 0);
}

/* Ticks in the resolution that the interface has in our file. */
static uint64_t packet_ticks(const struct writer *w, const struct frame *f, uint32_t ifid)
{
	uint64_t ns = f->ts_ns > 0 ? (uint64_t)f->ts_ns : 0; /* before 1970 pcapng has no time */

	return pcapng_resolution(w, &w->interfaces[ifid]) == 9 ? ns : ns / 1000;
}

static int put_simple(struct writer *w, const struct frame *f, struct errmsg *err)
{
	struct block_at b = { w->pos, w->swapped };

	put32(&b, BLOCK_SPB);
	put32(&b, 0);
	put32(&b, f->wirelen);
	put_padded(&b, f->data, f->caplen);
	return put_end(w, &b, 1, err);
}

int pcapng_put_packet(struct writer *w, const struct frame *f, uint32_t ifid, const char *comment, struct errmsg *err)
{
	struct block_at b = { NULL, w->swapped };
	uint64_t ticks = 0;
	size_t room = 40 + padded(f->caplen) + f->options_len;
	int rc;

	if (w->source) /* in a copy: by the number within the section */
		ifid = f->ifid - w->section_first;
	else if (ifid >= w->ninterfaces)
		return errmsg_set(err, NW_EFAIL, "%s: a packet of interface %u of %u", w->name, ifid, w->ninterfaces);
	if (f->options_len || comment)
		room += text_room(comment) + f->options_len / 4;
	rc = writer_room(w, room, err);
	if (rc)
		return rc;
	b.p = w->pos;
	if (!f->has_ts && !w->source && ifid == 0 && !comment && !f->options_len) {
		uint32_t snaplen = w->interfaces[0].snaplen;

		if (f->caplen == (snaplen && snaplen < f->wirelen ? snaplen : f->wirelen))
			return put_simple(w, f, err);
	}
	put32(&b, BLOCK_EPB);
	put32(&b, 0);
	put32(&b, ifid);
	if (w->source && f->has_ts) { /* as it was, in the interface's own resolution */
		memcpy(b.p, f->record + 12, 8);
		b.p += 8;
	} else {
		if (f->has_ts)
			ticks = packet_ticks(w, f, ifid);
		put32(&b, (uint32_t)(ticks >> 32));
		put32(&b, (uint32_t)ticks);
	}
	put32(&b, f->caplen);
	put32(&b, f->wirelen);
	put_padded(&b, f->data, f->caplen);
	if (f->options_len || comment)
		put_packet_options(&b, f, comment);
	return put_end(w, &b, 1, err);
}

/* ---- statistics ----------------------------------------------------------------------------------- */

static void put_time(struct block_at *b, uint16_t code, uint64_t ticks)
{
	uint32_t halves[2] = { (uint32_t)(ticks >> 32), (uint32_t)ticks };

	put_option(b, code, halves, sizeof(halves));
}

static void put_counter(struct block_at *b, uint16_t code, uint64_t v)
{
	if (v != UINT64_MAX)
		put_number(b, code, v);
}

int pcapng_put_statistics(struct writer *w, uint32_t ifid, const struct interface *counters, int64_t start_ns,
			  int64_t end_ns, struct errmsg *err)
{
	struct block_at b = { NULL, false };
	uint64_t divide;
	int rc;

	if (ifid >= w->ninterfaces)
		return errmsg_set(err, NW_EFAIL, "%s: statistics of interface %u of %u", w->name, ifid, w->ninterfaces);
	divide = pcapng_resolution(w, &w->interfaces[ifid]) == 9 ? 1 : 1000;
	rc = writer_room(w, 128, err);
	if (rc)
		return rc;
	b.p = w->pos;
	put32(&b, BLOCK_ISB);
	put32(&b, 0);
	put32(&b, ifid);
	put32(&b, (uint32_t)((uint64_t)end_ns / divide >> 32));
	put32(&b, (uint32_t)((uint64_t)end_ns / divide));
	put_time(&b, ISB_START, (uint64_t)start_ns / divide);
	put_time(&b, ISB_END, (uint64_t)end_ns / divide);
	put_counter(&b, ISB_RECEIVED, counters->received);
	put_counter(&b, ISB_IFDROP, counters->ifdropped);
	put_counter(&b, ISB_OSDROP, counters->dropped);
	put_counter(&b, ISB_DELIVERED, counters->delivered);
	put32(&b, 0);
	return put_end(w, &b, 0, err);
}
