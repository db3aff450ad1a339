/* SPDX-License-Identifier: MIT */
/* What the DHCP decoder and its text share: the table of options. */
#ifndef LIB_DECODE_DHCP_H
#define LIB_DECODE_DHCP_H

#include "decode/protocol.h"

enum { DHCP_HEADER = 236, DHCP_COOKIE = 0x63825363, DHCP_PAD = 0, DHCP_END = 255 };

/* How the value of an option is built. */
enum dhcp_kind {
	DHCP_BYTES,
	DHCP_IPV4,    /* one or more */
	DHCP_PAIRS,   /* of addresses */
	DHCP_U8, DHCP_U16, DHCP_U32, /* one or more */
	DHCP_I32,
	DHCP_BOOL,
	DHCP_TEXT,
	DHCP_LIST,    /* of option codes */
	DHCP_MESSAGE, /* the type of message */
	DHCP_OVERLOAD,
	DHCP_NODE,    /* NetBIOS node type */
	DHCP_CLIENT,  /* client identifier: hardware type and address, or text */
	DHCP_FQDN,
	DHCP_AGENT,   /* sub-options of a relay (RFC 3046) */
	DHCP_ROUTES,  /* classless static routes (RFC 3442) */
	DHCP_DOMAINS, /* a list of names as in DNS (RFC 3397) */
	DHCP_USER     /* user class (RFC 3004) */
};

struct dhcp_option {
	uint8_t code;
	uint8_t kind;      /* enum dhcp_kind */
	uint8_t field;     /* index into the fields; of the first one if there are several; 0: none */
	const char *word;  /* tcpdump's; NULL: it has none */
};

/* The row of an option, or NULL. */
const struct dhcp_option *dhcp_option_find(unsigned code);
/* The next option at `c`, pads skipped; false at the end. *value holds its bytes; *cut: fewer than promised. */
bool dhcp_option_next(struct cursor *c, unsigned *code, struct cursor *value, bool *cut);
/* A classless route: "10.0.0.0/24", and the bytes taken from `c`; NULL when they are not all there. */
const uint8_t *dhcp_route_next(struct cursor *c, unsigned *len);

void dhcp_summary(struct summary *s, const struct packet *p, const struct layer *l);

#endif
