/* SPDX-License-Identifier: MIT */
/* Frames for the filter tests, built header by header into one buffer; lengths and offsets right, checksums 0. */
#ifndef TEST_UNIT_FILTER_FRAMES_H
#define TEST_UNIT_FILTER_FRAMES_H

#include "base/frame.h"
#include "decode/packet.h"
#include "filter/filter.h"

#include <string.h>

struct built {
	uint8_t bytes[2048];
	uint32_t len;
	uint32_t ip_at;  /* of the IP header whose length built_frame() writes; 0: none */
	uint32_t udp_at; /* the same of UDP */
	struct frame frame;
};

static inline void built_add(struct built *b, const void *p, size_t n)
{
	memcpy(b->bytes + b->len, p, n);
	b->len += (uint32_t)n;
}

static inline void built_be16(struct built *b, unsigned v)
{
	built_add(b, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

static inline void built_eth(struct built *b, unsigned type)
{
	memset(b, 0, sizeof(*b));
	built_add(b, "\x02\x00\x00\x00\x00\x02\x00\x11\x22\x33\x44\x55", 12);
	built_be16(b, type);
}

static inline void built_vlan(struct built *b, unsigned id, unsigned type)
{
	built_be16(b, id);
	built_be16(b, type);
}

static inline void built_ip(struct built *b, unsigned proto, const char *src, const char *dst)
{
	b->ip_at = b->len;
	built_add(b, "\x45\x00\x00\x00\x12\x34\x40\x00\x40", 9);
	built_add(b, &(uint8_t){ (uint8_t)proto }, 1);
	built_be16(b, 0);
	built_add(b, src, 4);
	built_add(b, dst, 4);
}

static inline void built_ip6(struct built *b, unsigned next, const char *src, const char *dst, unsigned payload_len)
{
	built_add(b, "\x60\x00\x00\x00", 4);
	built_be16(b, payload_len);
	built_add(b, (uint8_t[]){ (uint8_t)next, 64 }, 2);
	built_add(b, src, 16);
	built_add(b, dst, 16);
}

static inline void built_tcp(struct built *b, unsigned src, unsigned dst, unsigned flags)
{
	built_be16(b, src);
	built_be16(b, dst);
	built_add(b, "\x00\x00\x00\x01\x00\x00\x00\x02\x50", 9);
	built_add(b, &(uint8_t){ (uint8_t)flags }, 1);
	built_add(b, "\x20\x00\x00\x00\x00\x00", 6);
}

static inline void built_udp(struct built *b, unsigned src, unsigned dst)
{
	b->udp_at = b->len;
	built_be16(b, src);
	built_be16(b, dst);
	built_be16(b, 0);
	built_be16(b, 0);
}

/* Writes the lengths and returns the frame. */
static inline struct frame *built_frame(struct built *b)
{
	if (b->udp_at) {
		b->bytes[b->udp_at + 4] = (uint8_t)((b->len - b->udp_at) >> 8);
		b->bytes[b->udp_at + 5] = (uint8_t)(b->len - b->udp_at);
	}
	if (b->ip_at) {
		b->bytes[b->ip_at + 2] = (uint8_t)((b->len - b->ip_at) >> 8);
		b->bytes[b->ip_at + 3] = (uint8_t)(b->len - b->ip_at);
	}
	b->frame = (struct frame){ .number = 7, .ts_ns = 1795176000000000000, .has_ts = true, .data = b->bytes, .caplen = b->len,
				   .wirelen = b->len, .linktype = LINKTYPE_ETHERNET };
	return &b->frame;
}

/* Does the filter match? -1 when it does not compile. */
static inline int filter_says(const char *text, const struct frame *frame)
{
	static struct packet p;
	struct filter *f;
	struct decoder d;
	bool match;

	if (filter_compile(&f, text, NULL, NULL))
		return -1;
	decoder_init(&d);
	filter_want(f, &d);
	packet_decode(&p, &d, frame);
	match = filter_match(f, &p);
	if (!filter_needs_decoding(f) && filter_match_frame(f, frame) != match)
		match = 2; /* neither: the two ways must agree */
	decoder_release(&d);
	filter_free(f);
	return match;
}

#endif
