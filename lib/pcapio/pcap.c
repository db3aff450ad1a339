/* SPDX-License-Identifier: MIT */
/*
 * Reading pcap (draft-ietf-opsawg-pcap) and its relatives.
 *
 *	file    magic 4 | major 2 | minor 2 | zone 4 | sigfigs 4 | snaplen 4 | linktype 4
 *	record  seconds 4 | fraction 4 | caplen 4 | wirelen 4 | (more, in the variants) | packet
 *
 * The magic number tells byte order and resolution, but patched libpcaps of the
 * nineties wrote longer record headers, some of them under the standard magic.
 * For those the first records are looked at under every layout, and the one
 * that makes most sense is taken; only for files, where they are at hand.
 */
#include "pcapio/source.h"

#include <stdio.h>

enum {
	MAGIC_US = 0xa1b2c3d4,
	MAGIC_NS = 0xa1b23c4d,
	MAGIC_MODIFIED = 0xa1b2cd34, /* A. Kuznetzov's patches */
	MAGIC_IXIA_NS = 0x1c0001ac,  /* 4 bytes more of file header: the size of all records */
	MAGIC_IXIA_US = 0x1c0001ab
};

enum pcap_variant { PLAIN, MODIFIED, MODIFIED_SS990915, NOKIA, AIX, IXIA };
enum pcap_lengths { LENGTHS_NORMAL, LENGTHS_EXCHANGED, LENGTHS_UNSURE };

static const struct {
	const char *name;
	uint8_t record_header;
} variants[] = {
	[PLAIN] = { "pcap", 16 },
	[MODIFIED] = { "modified pcap", 24 },              /* + ifindex 4, protocol 2, packet type 1, pad 1 */
	[MODIFIED_SS990915] = { "modified pcap (ss990915)", 28 }, /* + two CPU numbers, pad 2 */
	[NOKIA] = { "pcap (Nokia)", 20 },
	[AIX] = { "pcap (AIX)", 16 },
	[IXIA] = { "pcap (Ixia)", 16 },
};

static bool known_magic(uint32_t m)
{
	return m == MAGIC_US || m == MAGIC_NS || m == MAGIC_MODIFIED || m == MAGIC_IXIA_NS || m == MAGIC_IXIA_US;
}

bool pcapfile_magic(const uint8_t *p)
{
	return known_magic(load_u32(p, false)) || known_magic(load_u32(p, true));
}

const char *pcapfile_variant_name(const struct reader *r)
{
	return variants[r->variant].name;
}

/* ---- guessing the record layout ------------------------------------------------------- */

static unsigned record_doubts(const struct reader *r, const uint8_t *p, enum pcap_variant v, uint32_t snaplen)
{
	uint32_t caplen = load_u32(p + 8, r->swapped), wirelen = load_u32(p + 12, r->swapped);
	unsigned doubts = 0;

	doubts += load_u32(p + 4, r->swapped) >= 1000000;
	doubts += caplen > 262144;
	doubts += caplen > snaplen;
	doubts += wirelen > 128 * 1024 * 1024;
	doubts += caplen > wirelen;
	if (v == MODIFIED || v == MODIFIED_SS990915) {
		doubts += load_u32(p + 16, r->swapped) > 10000;     /* ifindex */
		doubts += p[22] > 4;                                /* packet type: host .. outgoing */
		doubts += load_u16(p + 20, r->swapped) == 0;        /* protocol */
	}
	return doubts;
}

/* How little sense the first three records make in this layout; 0: all. `cut` says that
 * the last of them is not whole, which is one doubt more. */
static unsigned layout_doubts(const struct reader *r, enum pcap_variant v, uint32_t snaplen, bool *cut)
{
	const uint8_t *p = r->pos + PCAP_HEADER;
	unsigned doubts = 0;

	*cut = false;
	for (int i = 0; i < 3 && p < r->end && !*cut; i++) {
		size_t left = (size_t)(r->end - p), header = variants[v].record_header;

		*cut = left < header;
		if (!*cut) {
			uint32_t caplen = load_u32(p + 8, r->swapped);

			doubts += record_doubts(r, p, v, snaplen);
			*cut = caplen > left - header;
			p += *cut ? 0 : header + caplen;
		}
	}
	return doubts + *cut;
}

/* The standard layout, unless another leaves no doubt at all. Nokia's headers have nothing that
 * could be checked: a cut-off file of the standard layout is not taken for one. */
static enum pcap_variant guess_standard(const struct reader *r, uint32_t snaplen)
{
	bool cut, other_cut;
	unsigned doubts = layout_doubts(r, PLAIN, snaplen, &cut);

	if (doubts > 0 && layout_doubts(r, MODIFIED, snaplen, &other_cut) == 0)
		return MODIFIED;
	if (doubts > cut && layout_doubts(r, NOKIA, snaplen, &other_cut) == 0)
		return NOKIA;
	return PLAIN;
}

static enum pcap_variant guess_patched(const struct reader *r, uint32_t snaplen)
{
	bool cut;

	return layout_doubts(r, MODIFIED_SS990915, snaplen, &cut) < layout_doubts(r, MODIFIED, snaplen, &cut) ?
		       MODIFIED_SS990915 : MODIFIED;
}

/* AIX writes version 2.2, interface types of RFC 1573 and nanoseconds. */
static bool is_aix(uint16_t minor, uint32_t *linktype)
{
	static const uint8_t map[][2] = { { 6, LINKTYPE_ETHERNET }, { 9, 6 }, { 15, 10 }, { 24, LINKTYPE_NULL } };

	for (size_t i = 0; minor == 2 && i < sizeof(map) / sizeof(map[0]); i++) {
		if (*linktype == map[i][0]) {
			*linktype = map[i][1];
			return true;
		}
	}
	return false;
}

/* ---- opening ---------------------------------------------------------------------------- */

static int add_interface(struct reader *r, uint32_t linktype, uint32_t snaplen, bool nano, struct errmsg *err)
{
	struct source_interface *s = reader_new_interface(r, err);

	if (!s)
		return NW_ELIMIT;
	s->linktype = s->info->linktype = (uint16_t)linktype; /* above: FCS length and reserved bits */
	s->snaplen = s->info->snaplen = snaplen;
	s->info->tsresol = nano ? 9 : 6;
	r->blank = (struct frame){ .linktype = s->linktype, .has_ts = true, .record_kind = RECORD_OTHER };
	return 0;
}

int pcap_file_open(struct reader *r, struct errmsg *err)
{
	const uint8_t *h = r->pos;
	size_t left = (size_t)(r->end - h);
	uint32_t magic, linktype, snaplen;
	uint16_t major, minor;
	bool nano;
	int rc;

	r->format = FORMAT_PCAP;
	r->swapped = !known_magic(load_u32(h, false));
	magic = load_u32(h, r->swapped);
	r->header_len = magic == MAGIC_IXIA_NS || magic == MAGIC_IXIA_US ? PCAP_HEADER + 4 : PCAP_HEADER;
	if (left < r->header_len)
		return errmsg_set(err, NW_EINPUT, "%s: cut off in the file header: %zu of %u bytes are there, no packet", r->name,
				  left, r->header_len);
	memcpy(r->header, h, r->header_len);
	major = load_u16(h + 4, r->swapped);
	minor = load_u16(h + 6, r->swapped);
	if (major < 2)
		return errmsg_set(err, NW_EINPUT, "%s: pcap version %u.%u is not known; version 2.4 is", r->name, major, minor);
	snaplen = load_u32(h + 16, r->swapped);
	linktype = load_u32(h + 20, r->swapped);
	nano = magic == MAGIC_NS || magic == MAGIC_IXIA_NS;
	if (major == 543 || (major == 2 && minor < 3))
		r->lengths = LENGTHS_EXCHANGED;
	else if (major == 2 && minor == 3)
		r->lengths = LENGTHS_UNSURE;
	r->variant = r->header_len > PCAP_HEADER ? IXIA : PLAIN;
	if (magic == MAGIC_US && is_aix(minor, &linktype)) {
		r->variant = AIX;
		nano = true;
	} else if (magic == MAGIC_MODIFIED) {
		r->variant = r->regular ? guess_patched(r, snaplen) : MODIFIED;
	} else if (magic == MAGIC_US && r->lengths == LENGTHS_NORMAL && r->regular) {
		r->variant = guess_standard(r, snaplen);
	}
	r->record_header = variants[r->variant].record_header;
	rc = add_interface(r, linktype, snaplen, nano, err);
	r->pos += r->header_len;
	if (r->variant == PLAIN && !r->swapped && r->lengths == LENGTHS_NORMAL) {
		r->subsecond_ns = nano ? 1 : 1000;
		r->blank.record_kind = nano ? RECORD_PCAP_NS : RECORD_PCAP_US;
	}
	return rc;
}

/* ---- records ------------------------------------------------------------------------------ */

static void record_lengths(const struct reader *r, const uint8_t *p, uint32_t *caplen, uint32_t *wirelen)
{
	uint32_t first = load_u32(p + 8, r->swapped), second = load_u32(p + 12, r->swapped);
	bool exchanged = r->lengths == LENGTHS_EXCHANGED || (r->lengths == LENGTHS_UNSURE && first > second);

	*caplen = exchanged ? second : first;
	*wirelen = exchanged ? first : second;
}

uint64_t pcapfile_record_len(const struct reader *r)
{
	uint32_t caplen, wirelen;

	if ((size_t)(r->end - r->pos) < PCAP_RECORD)
		return 0;
	record_lengths(r, r->pos, &caplen, &wirelen);
	return (uint64_t)caplen + r->record_header;
}

/* What reader_next() does not do itself: byte order, variants, and every kind of bad news. */
int pcap_file_next(struct reader *r, struct frame *f, struct errmsg *err)
{
	const uint8_t *p = r->pos;
	size_t left = (size_t)(r->end - p);
	uint64_t want = pcapfile_record_len(r);
	uint32_t nano = r->interfaces[0].info->tsresol == 9 ? 1 : 1000;

	if (record_too_long(r, want))
		return reader_broken(r, err, "a packet of %llu bytes, more than any can have",
				     (unsigned long long)want - r->record_header);
	if (!want || want > left)
		return r->eof && left ? reader_cut(r, want, err) : 0;
	*f = r->blank;
	record_lengths(r, p, &f->caplen, &f->wirelen);
	f->number = ++r->number;
	f->ts_ns = (int64_t)load_u32(p, r->swapped) * 1000000000 + (int64_t)load_u32(p + 4, r->swapped) * nano;
	f->data = p + r->record_header;
	f->record = p;
	f->record_len = (uint32_t)want;
	r->pos = f->data + f->caplen;
	return 1;
}
