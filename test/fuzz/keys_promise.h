/* SPDX-License-Identifier: MIT */
/* The promise of store/keys.h, held against the decoder: every address and port that it finds in a packet is among the keys, or
 * the keys say that they are not complete. */
#ifndef TEST_FUZZ_KEYS_PROMISE_H
#define TEST_FUZZ_KEYS_PROMISE_H

#include "base/bytes.h"
#include "decode/protocol.h"
#include "store/keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	uint8_t kind;
} promised[] = {
	{ "ip.src", KEY_HOST }, { "ip.dst", KEY_HOST }, { "ipv6.src", KEY_HOST }, { "ipv6.dst", KEY_HOST },
	{ "arp.src.proto_ipv4", KEY_HOST }, { "arp.dst.proto_ipv4", KEY_HOST },
	{ "tcp.srcport", KEY_PORT }, { "tcp.dstport", KEY_PORT }, { "udp.srcport", KEY_PORT }, { "udp.dstport", KEY_PORT },
	{ "udplite.srcport", KEY_PORT }, { "udplite.dstport", KEY_PORT }, { "sctp.srcport", KEY_PORT }, { "sctp.dstport", KEY_PORT },
	{ "dccp.srcport", KEY_PORT }, { "dccp.dstport", KEY_PORT },
};

enum { PROMISED = sizeof(promised) / sizeof(promised[0]) };

/* What a decoder has to be asked for. */
static inline void promise_want(struct decoder *d)
{
	for (unsigned i = 0; i < PROMISED; i++)
		decoder_want_field(d, field_find(promised[i].name, strlen(promised[i].name)));
}

struct promise {
	const struct packet_keys *keys;
	unsigned kind;
	const char *broken;            /* the field whose value is not there */
	uint64_t ports[2];             /* the last values of two fields */
	const uint8_t *hosts[2];
	unsigned which, seen;
};

static inline bool among(const uint32_t *keys, unsigned count, uint32_t key)
{
	for (unsigned i = 0; i < count; i++)
		if (keys[i] == key)
			return true;
	return false;
}

static inline bool promise_value(void *user, const struct field *f, const struct value *v)
{
	struct promise *p = user;
	const struct packet_keys *k = p->keys;
	bool there;

	if (p->kind == KEY_HOST)
		there = among(k->host, k->hosts, key_host(v->bytes, v->len));
	else
		there = among(k->port, k->ports, key_port((uint16_t)v->u));
	if (!there)
		p->broken = field_name(f);
	return true;
}

/* The field whose value is missing, NULL: the promise holds. `p` is decoded. */
static inline const char *promise_broken(struct packet *p, const struct packet_keys *k)
{
	struct promise x = { .keys = k };

	for (unsigned i = 0; i < PROMISED && !x.broken; i++) {
		x.kind = promised[i].kind;
		if (!((k->unknown | k->unknown_whole) >> x.kind & 1))
			field_each(p, field_find(promised[i].name, strlen(promised[i].name)), promise_value, &x);
	}
	return x.broken;
}

/* Packets of the same quick hash have the same keys if it says so; a quick hash says that there are no more than one flow. */
static inline bool promise_quick(const struct packet_keys *k, uint64_t quick)
{
	return !quick || !k->constant || (k->flows == 1 && k->hosts == 2 && k->ports && !(k->unknown | k->unknown_whole));
}

#endif
