/* SPDX-License-Identifier: MIT */
/*
 * Link-layer headers: read into one form, and written from it.
 *
 *	ether  |dst 6|src 6|type 2|
 *	sll    |packet type 2|ARPHRD 2|address length 2|address 8|type 2|          LINKTYPE_LINUX_SLL
 *	sll2   |type 2|0 2|interface 4|ARPHRD 2|packet type 1|length 1|address 8|  LINKTYPE_LINUX_SLL2
 *	null   |address family 4, order of the machine that captured|
 *	raw    nothing: the IP header says its version
 *
 * What has no Ethernet addresses gets 00:00:00:00:00:00, a broadcast or multicast destination where the old header says so.
 * raw and null hold IP only; other packets are left out and counted.
 */
#include "internal.h"

#include "base/text.h"

enum { ETHER_LEN = 14, SLL_LEN = 16, SLL2_LEN = 20, NULL_LEN = 4, TAG_LEN = 4, TAGS_MAX = 8 };
enum { TYPE_IP = 0x0800, TYPE_IPV6 = 0x86dd, SLL_8022 = 4, ARPHRD_ETHER = 1, ARPHRD_NONE = 0xfffe };
enum { KIND_US = 0, KIND_BROADCAST = 1, KIND_MULTICAST = 2 };

bool is_tag(uint16_t ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

static uint16_t type_of_ip(const uint8_t *p, uint32_t len)
{
	return !len ? 0 : *p >> 4 == 4 ? TYPE_IP : *p >> 4 == 6 ? TYPE_IPV6 : 0;
}

bool link_parse(const uint8_t *data, uint32_t len, unsigned linktype, struct link *l)
{
	*l = (struct link){ .type_at = UINT32_MAX };
	switch (linktype) {
	case LINKTYPE_ETHERNET:
		if (len < ETHER_LEN)
			return false;
		l->len = ETHER_LEN;
		l->type_at = 12;
		l->dst = data;
		l->src = data + 6;
		l->kind = data[0] == 0xff ? KIND_BROADCAST : data[0] & 1 ? KIND_MULTICAST : KIND_US;
		break;
	case LINKTYPE_LINUX_SLL:
		if (len < SLL_LEN)
			return false;
		l->len = SLL_LEN;
		l->type_at = 14;
		l->src = get_be16(data + 4) == 6 ? data + 6 : NULL;
		l->kind = data[1];
		break;
	case LINKTYPE_LINUX_SLL2:
		if (len < SLL2_LEN)
			return false;
		l->len = SLL2_LEN;
		l->type_at = 0;
		l->src = data[11] == 6 ? data + 12 : NULL;
		l->kind = data[10];
		break;
	case LINKTYPE_NULL: case LINKTYPE_LOOP:
		if (len < NULL_LEN)
			return false;
		l->len = NULL_LEN;
		break;
	case LINKTYPE_RAW: case LINKTYPE_RAW_BSD12: case LINKTYPE_RAW_BSD14: case LINKTYPE_IPV4: case LINKTYPE_IPV6:
		break;
	default:
		return false;
	}
	l->type = l->type_at == UINT32_MAX ? type_of_ip(data + l->len, len - l->len) : get_be16(data + l->type_at);
	return true;
}

uint16_t link_payload(const uint8_t *data, uint32_t len, const struct link *l, uint32_t *at)
{
	uint16_t type = l->type;

	*at = l->len;
	for (unsigned i = 0; i < TAGS_MAX && is_tag(type) && len - *at >= TAG_LEN; i++) {
		type = get_be16(data + *at + 2);
		*at += TAG_LEN;
	}
	return type;
}

static void put_be16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

int edit_strip_vlan(struct edits *e, struct work *w)
{
	uint32_t n = 0, max = e->o.vlan_tags ? e->o.vlan_tags : UINT32_MAX;
	uint16_t type;
	struct link l;
	uint8_t header[SLL2_LEN];

	if (!link_parse(w->f.data, w->f.caplen, w->f.linktype, &l) || !is_tag(l.type))
		return EDIT_ON;
	for (type = l.type; n < max && is_tag(type) && w->f.caplen - l.len >= (n + 1) * TAG_LEN; n++)
		type = get_be16(w->f.data + l.len + n * TAG_LEN + 2);
	memcpy(header, w->f.data, l.len);
	put_be16(header + l.type_at, type);
	return n ? work_replace_front(w, l.len + n * TAG_LEN, header, l.len) : EDIT_ON;
}

/* ---- another header --------------------------------------------------------------------- */

struct target {
	const char *name;
	uint16_t linktype;
	bool ip_only;
	/* Writes the header for what `l` says; returns its length. */
	uint32_t (*put)(uint8_t *out, const struct link *l, const uint8_t *payload, uint32_t len);
};

/* The destination that a packet must have had: multicast addresses follow from the group. */
static void guess_destination(uint8_t mac[6], const struct link *l, const uint8_t *ip, uint32_t len)
{
	memset(mac, l->kind == KIND_BROADCAST ? 0xff : 0, 6);
	if (l->type == TYPE_IP && len >= 20 && ip[16] >> 4 == 14) {
		memcpy(mac, "\x01\0\x5e", 3);
		mac[3] = ip[17] & 0x7f;
		memcpy(mac + 4, ip + 18, 2);
	} else if (l->type == TYPE_IPV6 && len >= 40 && ip[24] == 0xff) {
		memset(mac, 0x33, 2);
		memcpy(mac + 2, ip + 36, 4);
	}
}

static uint32_t put_ether(uint8_t *out, const struct link *l, const uint8_t *payload, uint32_t len)
{
	if (l->dst)
		memcpy(out, l->dst, 6);
	else
		guess_destination(out, l, payload, len);
	memset(out + 6, 0, 6);
	if (l->src)
		memcpy(out + 6, l->src, 6);
	put_be16(out + 12, l->type == SLL_8022 ? len : l->type);
	return ETHER_LEN;
}

static uint32_t put_sll(uint8_t *out, const struct link *l, const uint8_t *payload, uint32_t len)
{
	(void)payload;
	(void)len;
	memset(out, 0, SLL_LEN);
	out[1] = l->kind;
	put_be16(out + 2, l->src ? ARPHRD_ETHER : ARPHRD_NONE);
	out[5] = l->src ? 6 : 0;
	if (l->src)
		memcpy(out + 6, l->src, 6);
	put_be16(out + 14, l->type < 1536 ? SLL_8022 : l->type);
	return SLL_LEN;
}

static uint32_t put_sll2(uint8_t *out, const struct link *l, const uint8_t *payload, uint32_t len)
{
	(void)payload;
	(void)len;
	memset(out, 0, SLL2_LEN);
	put_be16(out, l->type < 1536 ? SLL_8022 : l->type);
	put_be16(out + 8, l->src ? ARPHRD_ETHER : ARPHRD_NONE);
	out[10] = l->kind;
	out[11] = l->src ? 6 : 0;
	if (l->src)
		memcpy(out + 12, l->src, 6);
	return SLL2_LEN;
}

static uint32_t put_null(uint8_t *out, const struct link *l, const uint8_t *payload, uint32_t len)
{
	(void)payload;
	(void)len;
	put_u32(out, l->type == TYPE_IPV6 ? 10 : 2); /* Linux's AF_INET6; every reader knows the others too */
	return NULL_LEN;
}

static uint32_t put_raw(uint8_t *out, const struct link *l, const uint8_t *payload, uint32_t len)
{
	(void)out;
	(void)l;
	(void)payload;
	(void)len;
	return 0;
}

static const struct target targets[] = {
	{ "ether", LINKTYPE_ETHERNET, false, put_ether }, { "raw", LINKTYPE_RAW, true, put_raw },
	{ "sll", LINKTYPE_LINUX_SLL, false, put_sll }, { "sll2", LINKTYPE_LINUX_SLL2, false, put_sll2 },
	{ "null", LINKTYPE_NULL, true, put_null },
};
enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };

int edit_link(const char *name)
{
	for (size_t i = 0; i < TARGETS; i++)
		if (!strcmp(targets[i].name, name))
			return targets[i].linktype;
	return -1;
}

int edit_link_type(struct edits *e, struct work *w)
{
	const struct target *to = targets;
	uint8_t header[HEADROOM];
	uint32_t at, n;
	struct link l;

	while (to->linktype != e->o.link)
		to++;
	if (w->f.linktype == to->linktype)
		return EDIT_ON;
	if (!link_parse(w->f.data, w->f.caplen, w->f.linktype, &l)) {
		e->counts.unlinkable++;
		return EDIT_DROPPED;
	}
	at = l.len;
	if (to->ip_only)
		l.type = link_payload(w->f.data, w->f.caplen, &l, &at);
	if (!l.type || (to->ip_only && l.type != TYPE_IP && l.type != TYPE_IPV6)) {
		e->counts.unlinkable++;
		return EDIT_DROPPED;
	}
	n = to->put(header, &l, w->f.data + at, w->f.caplen - at);
	w->f.linktype = to->linktype;
	if (n)
		return work_replace_front(w, at, header, n);
	work_drop_front(w, at);
	return EDIT_ON;
}
