/* SPDX-License-Identifier: MIT */
/* See expect.h. A table without chains: an announcement has one place, and whoever comes later takes it. */
#include "decode/expect.h"

#include <stdlib.h>

struct expectations {
	unsigned count;
	struct expectation {
		uint8_t addr[16];
		uint8_t addr_len; /* 0: free */
		uint8_t kind;
		uint8_t proto;
		uint16_t port;
	} place[EXPECTATIONS_MAX];
};

struct expectations *expectations_new(void)
{
	return calloc(1, sizeof(struct expectations));
}

void expectations_free(struct expectations *e)
{
	free(e);
}

static struct expectation *place(struct expectations *e, enum claim_kind kind, const uint8_t *addr, unsigned len, unsigned port)
{
	uint32_t h = port << 8 ^ (uint32_t)kind;

	for (unsigned i = 0; i < len; i += 4)
		h = (h ^ get_be32(addr + i)) * 0x9e3779b1u;
	return &e->place[(h >> 16) % EXPECTATIONS_MAX];
}

static bool is_for(const struct expectation *x, enum claim_kind kind, const uint8_t *addr, unsigned len, unsigned port)
{
	return x->addr_len == len && x->kind == kind && x->port == port && !memcmp(x->addr, addr, len);
}

void decode_expect(const struct decode *d, enum claim_kind kind, const uint8_t *addr, unsigned addr_len, uint16_t port,
		   unsigned proto)
{
	struct expectations *e = d->decoder->expectations;
	struct expectation *x;

	if (!e || !port || (addr_len != 4 && addr_len != 16))
		return;
	x = place(e, kind, addr, addr_len, port);
	e->count += !x->addr_len;
	*x = (struct expectation){ .addr_len = (uint8_t)addr_len, .kind = (uint8_t)kind, .proto = (uint8_t)proto, .port = port };
	memcpy(x->addr, addr, addr_len);
}

/* The addresses of the innermost packet: source, and behind it destination. */
static const uint8_t *addresses(const struct decode *d, unsigned *len)
{
	const struct packet *p = d->p;

	for (unsigned i = p->nlayers; i-- > 0;) {
		const struct layer *l = &p->layers[i];

		if (l->proto != PROTO_ip && l->proto != PROTO_ipv6)
			continue;
		*len = l->proto == PROTO_ip ? 4 : 16;
		return layer_at(p, l) + (*len == 4 ? 12 : 8);
	}
	return NULL;
}

void decode_expect_end(const struct decode *d, enum claim_kind kind, bool sender, uint16_t port, unsigned proto)
{
	unsigned len;
	const uint8_t *addr = addresses(d, &len);

	if (addr)
		decode_expect(d, kind, addr + (sender ? 0 : len), len, port, proto);
}

uint8_t decode_expected(const struct decode *d, enum claim_kind kind, uint16_t src_port, uint16_t dst_port)
{
	struct expectations *e = d->decoder->expectations;
	const struct expectation *x;
	const uint8_t *addr;
	unsigned len;

	if (!e || !e->count || !(addr = addresses(d, &len)))
		return PROTO_NONE;
	x = place(e, kind, addr + len, len, dst_port);
	if (is_for(x, kind, addr + len, len, dst_port))
		return x->proto;
	x = place(e, kind, addr, len, src_port);
	return is_for(x, kind, addr, len, src_port) ? x->proto : PROTO_NONE;
}
