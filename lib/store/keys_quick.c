/* SPDX-License-Identifier: MIT */
/* The short way for nearly all packets: enough of their headers in one number to say "this flow was seen already". */
#include "store/keys.h"

#include "base/bytes.h"
#include "base/frame.h"

enum { ETHERTYPE_IP = 0x0800, ETHERTYPE_VLAN = 0x8100, ETHERTYPE_IPV6 = 0x86dd, ETHERTYPE_QINQ = 0x88a8, IP_TCP = 6, IP_UDP = 17 };

#define MIX_1 0x9e3779b97f4a7c15u
#define MIX_2 0xd6e8feb86659fd93u

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* One end of a flow: address and port, or what is left of them. */
static inline uint64_t quick_end(uint64_t end, uint64_t seed)
{
	end = (end ^ seed) * MIX_1;
	return end ^ end >> 32;
}

static inline uint64_t quick_flow(uint64_t ends, uint8_t protocol, uint64_t seed)
{
	uint64_t x = (ends + protocol + seed) * MIX_2;

	return (x ^ x >> 31) | 1;
}

static inline uint64_t quick_ipv4(const uint8_t *h, uint64_t seed)
{
	uint32_t ports = get_le32(h + 20);
	uint64_t src = (uint64_t)(ports & 0xffff) << 32 | load32(h + 12), dst = (uint64_t)(ports >> 16) << 32 | load32(h + 16);

	return quick_flow(quick_end(src, seed) + quick_end(dst, seed), h[9], seed);
}

static uint64_t quick_ipv6(const uint8_t *h, uint64_t seed)
{
	uint32_t ports = get_le32(h + 40);
	uint64_t src = quick_end(load64(h + 8), seed) + load64(h + 16), dst = quick_end(load64(h + 24), seed) + load64(h + 32);

	src = quick_end(src, ~seed) + (ports & 0xffff);
	dst = quick_end(dst, ~seed) + (ports >> 16);
	return quick_flow(quick_end(src, seed) + quick_end(dst, seed), h[6], seed);
}

uint64_t keys_quick(unsigned linktype, const uint8_t *data, uint32_t len, uint64_t seed)
{
	unsigned at, type_at;

	switch (linktype) {
	case LINKTYPE_ETHERNET: at = 14; type_at = 12; break;
	case LINKTYPE_LINUX_SLL2: at = 20; type_at = 0; break;
	case LINKTYPE_LINUX_SLL: at = 16; type_at = 14; break;
	case LINKTYPE_RAW: case LINKTYPE_IPV4: case LINKTYPE_IPV6: at = type_at = 0; break;
	default: return 0;
	}
	if (len < at + 24)
		return 0;
	if (at) {
		unsigned type = get_be16(data + type_at);

		for (int tags = 0; tags < 2 && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); tags++) {
			type = get_be16(data + at + 2);
			at += 4;
		}
		if (type != ETHERTYPE_IP && type != ETHERTYPE_IPV6)
			return 0;
		if (type == ETHERTYPE_IP ? data[at] != 0x45 : data[at] >> 4 != 6)
			return 0;
		if (len < at + 24)
			return 0;
	}
	data += at;
	if (data[0] == 0x45)
		return (data[9] == IP_TCP || data[9] == IP_UDP) && !(get_be16(data + 6) & 0x3fff) ? quick_ipv4(data, seed) : 0;
	return data[0] >> 4 == 6 && len >= at + 44 && (data[6] == IP_TCP || data[6] == IP_UDP) ? quick_ipv6(data, seed) : 0;
}
