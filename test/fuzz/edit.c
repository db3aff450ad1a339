/* SPDX-License-Identifier: MIT */
/*
 * Any frame through all edits. Input: 2 bytes link type, 1 byte what to do, 1 byte "left out of the capture", the frame. Each
 * result must lie in memory that can be read, have a length that fits, and an IPv4 header checksum that was right must still
 * be right after anonymizing.
 */
#include "base/bytes.h"
#include "edit/edit.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t touched;

static uint32_t header_sum(const uint8_t *p)
{
	uint32_t s = 0;

	for (unsigned i = 0; i < (p[0] & 15) * 4u; i += 2)
		s += get_be16(p + i);
	s = (s & 0xffff) + (s >> 16);
	return (s & 0xffff) + (s >> 16);
}

/* Is it Ethernet with a whole IPv4 header of a right checksum? */
static bool right(const struct frame *f)
{
	const uint8_t *ip = f->data + 14;

	return f->linktype == LINKTYPE_ETHERNET && f->caplen >= 34 && get_be16(f->data + 12) == 0x0800 && ip[0] >> 4 == 4 &&
	       (ip[0] & 15) >= 5 && f->caplen >= 14 + (ip[0] & 15) * 4u && get_be16(ip + 2) >= (ip[0] & 15) * 4u && header_sum(ip) == 0xffff;
}

static void run(const struct edit_options *o, const struct frame *in)
{
	struct errmsg err;
	struct edits *e;
	struct frame out;

	if (edits_open(&e, o, &err) || !e)
		return;
	for (int twice = 0; twice < 2; twice++) {
		if (edits_apply(e, in, &out, &err) != 1)
			continue;
		if (out.caplen > (in->caplen + 64) || out.wirelen < out.caplen)
			abort();
		for (uint32_t i = 0; i < out.caplen; i++)
			touched ^= out.data[i];
	}
	if (o->key && !o->decap && !o->strip_vlan && !o->nchops && o->link < 0 && !o->dedup && right(in) && !right(&out))
		abort();
	edits_close(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[32] = "a key that is no secret at all..";
	static const int links[] = { -1, LINKTYPE_ETHERNET, LINKTYPE_RAW, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, LINKTYPE_NULL };
	struct edit_options o = { .link = -1, .key = key };
	struct frame f = { .number = 1, .has_ts = true, .ts_ns = 5 };
	uint8_t *copy, what;

	if (size < 4)
		return 0;
	what = data[2];
	copy = malloc(size - 4 ? size - 4 : 1); /* exactly as long as it is: reading past the end is seen */
	if (!copy)
		return 0;
	memcpy(copy, data + 4, size - 4);
	f.linktype = get_be16(data);
	f.data = copy;
	f.caplen = (uint32_t)(size - 4);
	f.wirelen = f.caplen + data[3];
	for (int payload = PAYLOAD_DROP; payload <= PAYLOAD_KEEP; payload++) {
		o.payload = (uint8_t)payload;
		run(&o, &f);
	}
	o.strip_vlan = what & 1;
	o.decap = what & 2 ? "any" : what & 4 ? "ipip" : NULL;
	o.link = links[what >> 3 & 7 ? (what >> 3 & 7) % 6 : 0];
	o.dedup = what >> 6;
	o.dedup_packets = 3;
	o.nchops = 2;
	o.chops[0] = (struct edit_chop){ what & 15, 7 };
	o.chops[1] = (struct edit_chop){ -(what & 7), -3 };
	o.adjust_length = what & 8;
	o.shift_ns = 1;
	run(&o, &f);
	o.key = NULL;
	run(&o, &f);
	free(copy);
	return 0;
}
