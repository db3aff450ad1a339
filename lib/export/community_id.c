/* SPDX-License-Identifier: MIT */
/*
 * Community ID, version 1, seed 0: the same short text for both directions of a flow, as Zeek, Suricata and Arkime write it.
 *
 *	"1:" base64(SHA-1(seed, lower address, higher address, protocol, 0, lower's port, higher's port))
 *
 * ICMP has its type and code, or those of the answer, in place of the ports; what has no ports has none here. github.com/corelight/community-id-spec
 */
#include "crypto/digest.h"
#include "flow_export.h"

enum { IP_ICMP = 1, IP_ICMPV6 = 58, IP_SCTP = 132 };

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
	answer = icmp_answer(*proto, h[0]);
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

/* What is hashed. `port` NULL: the protocol has none. */
struct tuple {
	const uint8_t *addr[2];
	unsigned addr_len;
	uint8_t proto;
	const uint16_t *port;
	bool one_way;
};

static void tuple_text(const struct tuple *t, char text[COMMUNITY_ID_MAX])
{
	uint8_t bytes[2 + 2 * 16 + 2 + 4], sha1[SHA1_BYTES], *at = bytes;
	int order = memcmp(t->addr[0], t->addr[1], t->addr_len);
	bool swap = !t->one_way && (order > 0 || (order == 0 && t->port && t->port[0] > t->port[1]));

	*at++ = 0;
	*at++ = 0;
	for (unsigned i = 0; i < 2; i++) {
		memcpy(at, t->addr[i ^ swap], t->addr_len);
		at += t->addr_len;
	}
	*at++ = t->proto;
	*at++ = 0;
	for (unsigned i = 0; t->port && i < 2; i++) {
		*at++ = (uint8_t)(t->port[i ^ swap] >> 8);
		*at++ = (uint8_t)t->port[i ^ swap];
	}
	digest_sha1(bytes, (size_t)(at - bytes), sha1);
	text[0] = '1';
	text[1] = ':';
	base64(text + 2, sha1, SHA1_BYTES);
}

bool community_id(const struct packet *p, const struct endpoints *ends, char text[COMMUNITY_ID_MAX])
{
	struct tuple t = { .addr = { ends->src.addr, ends->dst.addr }, .addr_len = ends->src.len };
	uint16_t port[2];

	if (!ends->src.addr || ends->src.len == 6 || !flow_of(p, ends, &t.proto, port, &t.one_way))
		return false;
	t.port = port;
	tuple_text(&t, text);
	return true;
}

bool community_id_ends(const struct conversation_key *k, uint8_t ip_proto, char text[COMMUNITY_ID_MAX])
{
	const uint16_t port[2] = { k->src_port, k->dst_port };

	tuple_text(&(struct tuple){ .addr = { k->src, k->dst }, .addr_len = k->addr_len, .proto = ip_proto, .port = port }, text);
	return true;
}

bool community_id_flow(const struct flow_record *r, char text[COMMUNITY_ID_MAX])
{
	struct tuple t = { .addr = { r->ends.src, r->ends.dst }, .addr_len = r->ends.addr_len, .proto = r->flow->ip_proto };
	uint16_t port[2];
	int answer;

	if (r->transport != FLOW_OTHER)
		return community_id_ends(&r->ends, t.proto, text);
	if (t.proto == IP_SCTP || !r->detail) /* has ports, which the record has not */
		return false;
	if (t.proto == IP_ICMP || t.proto == IP_ICMPV6) {
		answer = icmp_answer(t.proto, (uint8_t)(r->detail->icmp >> 8));
		port[0] = r->detail->icmp >> 8;
		port[1] = answer < 0 ? r->detail->icmp & 0xff : (uint16_t)answer;
		t.port = port;
		t.one_way = answer < 0;
	}
	tuple_text(&t, text);
	return true;
}
