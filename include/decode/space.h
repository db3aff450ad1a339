/* SPDX-License-Identifier: MIT */
/*
 * What separates traffic beside addresses and ports: the same private addresses may live in several VLANs, overlay
 * networks or on several interfaces (one for each network namespace, say). Nothing does unless asked for, as in Wireshark.
 *
 * A space is numbered from 1 in the order of appearance; 0 is what has nothing that separates it, and what comes when
 * there are more than SPACES_MAX.
 */
#ifndef DECODE_SPACE_H
#define DECODE_SPACE_H

#include "decode/packet.h"

enum separate { SEPARATE_VLAN = 1, SEPARATE_VNI = 2, SEPARATE_INTERFACE = 4 };
enum { SPACES_MAX = 16384 };

struct space {
	uint16_t vlan[2];   /* outer and inner VLAN id + 1; 0: none */
	uint32_t vni;       /* of VXLAN or Geneve + 1; 0: none */
	uint32_t ifid;      /* interface of the capture + 1; 0: not separated */
};

struct spaces;

struct spaces *spaces_new(unsigned separate); /* enum separate; NULL: no memory */
void spaces_free(struct spaces *s);           /* NULL is fine */
/* Of the packet's first `nlayers` layers. */
uint16_t space_number(struct spaces *s, const struct packet *p, unsigned nlayers);
/* Packets that came when there were SPACES_MAX of them already, in one that had no number: they are in space 0. */
uint64_t spaces_merged(const struct spaces *s);
/* NULL for 0. */
const struct space *space_get(const struct spaces *s, uint16_t number);

#endif
