/* SPDX-License-Identifier: MIT */
/*
 * Community ID, version 1, seed 0: the same short text for both directions of a flow, as Zeek, Suricata and Arkime write it.
 *
 *	"1:" base64(SHA-1(seed, lower address, higher address, protocol, 0, lower's port, higher's port))
 *
 * ICMP has its type and code, or those of the answer, in place of the ports. github.com/corelight/community-id-spec
 */
#include "crypto/digest.h"
#include "internal.h"

/* ICMP types that answer each other. */
static const uint8_t icmp_pairs[][2] = { { 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 }, { 10, 9 } };
static const uint8_t icmpv6_pairs[][2] = { { 128, 129 }, { 133, 134 }, { 135, 136 }, { 130, 131 }, { 139, 140 }, { 144, 145 } };

static int icmp_answer(const uint8_t (*pairs)[2], unsigned n, uint8_t type)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < 2; j++)
			if (pairs[i][j] == type)
				return pairs[i][!j];
	return -1;
}

/* Both "ports" and the protocol; false if this is no flow. *one_way: only this direction exists. */
static bool flow_of(const struct packet *p, const struct endpoints *ends, uint8_t *proto, uint16_t port[2], bool *one_way)
{
	const struct layer *l;
	const uint8_t *h;
	int answer;

	*one_way = false;
	if (ends->has_ports && p->transport >= 0) {
		*proto = p->layers[p->transport].proto == PROTO_tcp ? 6 : 17;
		port[0] = ends->sport;
		port[1] = ends->dport;
		return true;
	}
	if (p->network < 0 || p->network + 1 >= p->nlayers)
		return false;
	l = &p->layers[p->network + 1];
	if ((l->proto != PROTO_icmp && l->proto != PROTO_icmpv6) || packet_bytes(p, l, &h) < 2)
		return false;
	*proto = l->proto == PROTO_icmp ? 1 : 58;
	answer = *proto == 1 ? icmp_answer(icmp_pairs, sizeof(icmp_pairs) / 2, h[0]) :
			       icmp_answer(icmpv6_pairs, sizeof(icmpv6_pairs) / 2, h[0]);
	port[0] = h[0];
	port[1] = answer < 0 ? h[1] : (uint16_t)answer;
	*one_way = answer < 0;
	return true;
}

static void base64(char *at, const uint8_t *p, unsigned len)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < len ? p[i + 2] : 0);

		*at++ = digit[v >> 18];
		*at++ = digit[v >> 12 & 63];
		*at++ = i + 1 < len ? digit[v >> 6 & 63] : '=';
		*at++ = i + 2 < len ? digit[v & 63] : '=';
	}
	*at = '\0';
}

bool community_id(const struct packet *p, const struct endpoints *ends, char text[COMMUNITY_ID_MAX])
{
	uint8_t tuple[2 + 2 * 16 + 2 + 4], sha1[SHA1_BYTES], proto, *at = tuple;
	const struct endpoint *end[2] = { &ends->src, &ends->dst };
	uint16_t port[2];
	bool one_way, swap;
	int order;

	if (!ends->src.addr || ends->src.len == 6 || !flow_of(p, ends, &proto, port, &one_way))
		return false;
	order = memcmp(ends->src.addr, ends->dst.addr, ends->src.len);
	swap = !one_way && (order > 0 || (order == 0 && port[0] > port[1]));
	*at++ = 0;
	*at++ = 0;
	for (unsigned i = 0; i < 2; i++) {
		memcpy(at, end[i ^ swap]->addr, ends->src.len);
		at += ends->src.len;
	}
	*at++ = proto;
	*at++ = 0;
	for (unsigned i = 0; i < 2; i++) {
		*at++ = (uint8_t)(port[i ^ swap] >> 8);
		*at++ = (uint8_t)port[i ^ swap];
	}
	digest_sha1(tuple, (size_t)(at - tuple), sha1);
	text[0] = '1';
	text[1] = ':';
	base64(text + 2, sha1, SHA1_BYTES);
	return true;
}
