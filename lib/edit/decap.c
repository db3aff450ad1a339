/* SPDX-License-Identifier: MIT */
/*
 * Tunnels taken off. The decoder knows how each is built; here only a choice is made among its layers: the innermost
 * tunnel of the kind that is asked for goes, and everything in front of what it carries.
 *
 *	|eth|ip|udp|vxlan|eth|ip|tcp|   ->   |eth|ip|tcp|                inner Ethernet: as it is
 *	|eth|vlan|ip|gre|ip|tcp|        ->   |eth|ip|tcp|                inner IP or ARP: behind the outer link header, its tags gone
 *
 * So what came as Ethernet stays Ethernet. An inner Ethernet frame of a capture with another link type is one all the same,
 * and an inner IP packet becomes raw IP where the outer link header is none that we write.
 */
#include "internal.h"

#include "decode/protocol.h"

#include <stdlib.h>

static const struct tunnel {
	const char *name;
	uint8_t protos[4]; /* layers of the tunnel's own; 0: the end */
} tunnels[] = {
	{ "vxlan", { PROTO_vxlan } }, { "geneve", { PROTO_geneve } }, { "gre", { PROTO_gre } }, { "erspan", { PROTO_erspan } },
	{ "gtp", { PROTO_gtp } }, { "ipip", { 0 } }, { "mpls", { PROTO_mpls } }, { "pppoe", { PROTO_pppoes } },
	{ "l2tp", { PROTO_l2tp } }, { "teredo", { PROTO_teredo } }, { "capwap", { PROTO_capwap } },
};
enum { TUNNELS = sizeof(tunnels) / sizeof(tunnels[0]) };

struct decapsulator {
	struct decoder decoder;
	struct proto_set protos;
	bool ipip; /* IP in IP, which has no layer between the two */
	struct packet packet;
};

int decapsulator_open(struct decapsulator **out, const char *name, struct errmsg *err)
{
	struct decapsulator *d = *out = calloc(1, sizeof(*d));

	if (!d)
		return errmsg_set(err, NW_ELIMIT, "no memory for --decap");
	decoder_init(&d->decoder);
	for (size_t i = 0; i < TUNNELS; i++)
		if (!strcmp(name, tunnels[i].name) || !strcmp(name, "any")) {
			for (size_t k = 0; k < sizeof(tunnels[i].protos) && tunnels[i].protos[k]; k++)
				proto_set_add(&d->protos, tunnels[i].protos[k]);
			d->ipip |= !tunnels[i].protos[0];
		}
	return 0;
}

void decapsulator_close(struct decapsulator *d)
{
	if (!d)
		return;
	decoder_release(&d->decoder);
	free(d);
}

static uint16_t ethertype_of(const struct layer *l)
{
	return l->proto == PROTO_ip ? 0x0800 : l->proto == PROTO_ipv6 ? 0x86dd : l->proto == PROTO_arp ? 0x0806 : 0;
}

static bool is_ip(const struct layer *l)
{
	return l->proto == PROTO_ip || l->proto == PROTO_ipv6;
}

/* The layer that the innermost tunnel carries, or NULL. Quoted packets and what was decrypted do not count. */
static const struct layer *inner_layer(const struct decapsulator *d)
{
	const struct packet *p = &d->packet;
	const struct layer *inner = NULL;
	bool open = false; /* a tunnel began, what it carries is still to come */

	for (unsigned i = 1; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		if (l->source || l->proto == PROTO_icmp || l->proto == PROTO_icmpv6)
			break;
		if ((open && (ethertype_of(l) || l->proto == PROTO_eth)) || (d->ipip && is_ip(l) && is_ip(l - 1))) {
			inner = l;
			open = false;
		}
		open |= proto_set_has(&d->protos, l->proto);
	}
	return inner;
}

int edit_decap(struct edits *e, struct work *w)
{
	struct decapsulator *d = e->decapsulator;
	uint8_t header[HEADROOM];
	const struct layer *inner;
	uint32_t off, len;
	uint16_t type;
	struct link l;

	packet_decode(&d->packet, &d->decoder, &w->f);
	inner = inner_layer(d);
	if (!inner)
		return EDIT_ON;
	off = inner->off;
	len = inner->wire_end;
	type = ethertype_of(inner);
	if (off > w->f.caplen)
		return EDIT_ON;
	if (type == 0x0806 && (!link_parse(w->f.data, w->f.caplen, w->f.linktype, &l) || l.type_at == UINT32_MAX))
		return EDIT_ON; /* raw IP has no place for ARP */
	work_limit(w, len);
	if (inner->proto == PROTO_eth) {
		w->f.linktype = LINKTYPE_ETHERNET;
		work_drop_front(w, off);
		return EDIT_ON;
	}
	if (!link_parse(w->f.data, w->f.caplen, w->f.linktype, &l) || !l.len || l.len > off) {
		w->f.linktype = LINKTYPE_RAW;
		work_drop_front(w, off);
		return EDIT_ON;
	}
	memcpy(header, w->f.data, l.len);
	if (l.type_at != UINT32_MAX) {
		header[l.type_at] = (uint8_t)(type >> 8);
		header[l.type_at + 1] = (uint8_t)type;
	} else if (l.type != type) {
		uint32_t family = type == 0x0800 ? 2 : 10;

		if (w->f.linktype == LINKTYPE_LOOP)
			family = __builtin_bswap32(family);
		memcpy(header, &family, sizeof(family));
	}
	return work_replace_front(w, off, header, l.len);
}
