/* SPDX-License-Identifier: MIT */
/*
 *   | length 4, type 2, flags 2, sequence 4, port 4 | bytes | padding to 4 |     a message
 *   | length 2, type 2 | bytes | padding to 4 |                                  an attribute
 *
 * A length counts its header and no padding, which may be missing after the last one.
 */
#include "sys/netlink.h"
#include "base/errmsg.h"

#include <linux/netlink.h>
#include <string.h>

enum { TYPE_MASK = 0x3fff }; /* above are flags: nested, network byte order */

static int step_over(const uint8_t **at, size_t *left, size_t head, size_t len, struct netlink_piece *p)
{
	size_t step = (len + 3) & ~(size_t)3;

	if (len < head || len > *left)
		return NW_EINPUT;
	p->bytes = *at + head;
	p->len = len - head;
	step = step < *left ? step : *left;
	*at += step;
	*left -= step;
	return 1;
}

int netlink_message_next(const uint8_t **at, size_t *left, struct netlink_piece *m)
{
	struct nlmsghdr h;

	if (*left < sizeof(h))
		return 0;
	memcpy(&h, *at, sizeof(h));
	m->type = h.nlmsg_type;
	m->sequence = h.nlmsg_seq;
	return step_over(at, left, sizeof(h), h.nlmsg_len, m);
}

int netlink_attribute_next(const uint8_t **at, size_t *left, struct netlink_piece *a)
{
	struct nlattr h;

	if (*left < sizeof(h))
		return 0;
	memcpy(&h, *at, sizeof(h));
	a->type = h.nla_type & TYPE_MASK;
	return step_over(at, left, sizeof(h), h.nla_len, a);
}
