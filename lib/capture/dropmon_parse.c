/* SPDX-License-Identifier: MIT */
/*
 * Messages of the drop monitor. Three layers, each padded to four bytes:
 *
 *   | nlmsghdr: length, type = family, … | genlmsghdr: command, version | attribute | attribute | …
 *     16 bytes                             4 bytes                        length, type, value
 *
 * The numbers are those of include/uapi/linux/net_dropmon.h, an ABI; they stand here because the headers of a
 * builder may be older than the kernel of a user. Byte order is the machine's.
 */
#include "capture/dropmon.h"
#include "base/bytes.h"
#include "base/frame.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

enum {
	CMD_PACKET = 5, CMD_STATS_NEW = 9,
	ATTR_PC = 2, ATTR_SYMBOL = 3, ATTR_IN_PORT = 4, ATTR_TIMESTAMP = 5, ATTR_PROTO = 6, ATTR_PAYLOAD = 7, ATTR_ORIG_LEN = 10,
	ATTR_STATS = 12, ATTR_HW_STATS = 13, ATTR_ORIGIN = 14, ATTR_TRAP_GROUP = 15, ATTR_TRAP = 16, ATTR_REASON = 23,
	PORT_IFINDEX = 0, PORT_IFNAME = 1,
	STATS_DROPPED = 0,
	MASK = 0x3fff /* of an attribute's type: NLA_F_NESTED and NLA_F_NET_BYTEORDER are above */
};

/* Attributes one after the other. */
struct attributes {
	const uint8_t *pos, *end;
};

struct attribute {
	unsigned type;
	const uint8_t *value;
	uint32_t len;
};

/* 1: `a` is the next one, 0: the end, NW_EINPUT: it is longer than what is left. */
static int next(struct attributes *all, struct attribute *a)
{
	size_t left = (size_t)(all->end - all->pos), step;
	struct nlattr head;

	if (left < sizeof(head)) /* less than a header is padding */
		return 0;
	memcpy(&head, all->pos, sizeof(head));
	if (head.nla_len < sizeof(head) || head.nla_len > left)
		return NW_EINPUT;
	a->type = head.nla_type & MASK;
	a->value = all->pos + sizeof(head);
	a->len = (uint32_t)(head.nla_len - sizeof(head));
	step = (size_t)NLA_ALIGN(head.nla_len);
	all->pos += step < left ? step : left;
	return 1;
}

/* The attributes of a generic message with this command. False: it is another message, or broken. */
static bool begin(const uint8_t *message, size_t len, unsigned family, int command, struct attributes *all)
{
	struct nlmsghdr h;

	if (len < NLMSG_HDRLEN + GENL_HDRLEN)
		return false;
	memcpy(&h, message, sizeof(h));
	if (h.nlmsg_type != family || h.nlmsg_len > len || h.nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN ||
	    message[NLMSG_HDRLEN] != command)
		return false;
	all->pos = message + NLMSG_HDRLEN + GENL_HDRLEN;
	all->end = message + h.nlmsg_len;
	return true;
}

/* Numbers of another size than expected are not there. */
static uint64_t number(const struct attribute *a, size_t size)
{
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	if (a->len != size)
		return 0;
	if (size == sizeof(v8))
		return memcpy(&v8, a->value, sizeof(v8)), v8;
	if (size == sizeof(v4))
		return memcpy(&v4, a->value, sizeof(v4)), v4;
	return memcpy(&v2, a->value, sizeof(v2)), v2;
}

/* Printable ASCII only; the kernel has no other names, and lines go to a terminal. */
static void text(const struct attribute *a, char *to, size_t size)
{
	size_t n = 0;

	for (; n < a->len && n < size - 1 && a->value[n]; n++)
		to[n] = a->value[n] > ' ' && a->value[n] < 0x7f ? (char)a->value[n] : '?';
	to[n] = 0;
}

static int take_port(const struct attribute *nested, struct dropped *d)
{
	struct attributes all = { nested->value, nested->value + nested->len };
	struct attribute a;
	int rc;

	while ((rc = next(&all, &a)) > 0) {
		if (a.type == PORT_IFINDEX)
			d->ifindex = (uint32_t)number(&a, 4);
		else if (a.type == PORT_IFNAME)
			text(&a, d->ifname, sizeof(d->ifname));
	}
	return rc;
}

static int take(const struct attribute *a, struct dropped *d)
{
	switch (a->type) {
	case ATTR_PC:
		d->pc = number(a, 8);
		break;
	case ATTR_SYMBOL:
		text(a, d->symbol, sizeof(d->symbol));
		break;
	case ATTR_IN_PORT:
		return take_port(a, d);
	case ATTR_TIMESTAMP:
		d->ts_ns = (int64_t)number(a, 8);
		break;
	case ATTR_PROTO:
		d->proto = (uint16_t)number(a, 2);
		break;
	case ATTR_PAYLOAD:
		d->data = a->value;
		d->caplen = a->len;
		break;
	case ATTR_ORIG_LEN:
		d->wirelen = (uint32_t)number(a, 4);
		break;
	case ATTR_ORIGIN:
		d->hardware = number(a, 2) == 1;
		break;
	case ATTR_TRAP_GROUP:
		text(a, d->group, sizeof(d->group));
		break;
	case ATTR_TRAP:
		text(a, d->trap, sizeof(d->trap));
		break;
	case ATTR_REASON:
		text(a, d->reason, sizeof(d->reason));
		break;
	default:
		break;
	}
	return 0;
}

/* The monitor does not say whether there is a link-layer header; its type field or the IP version does. */
static uint16_t guess_linktype(const struct dropped *d)
{
	unsigned version = d->caplen ? d->data[0] >> 4 : 0;

	if (d->caplen >= 14 && (get_be16(d->data + 12) == d->proto || get_be16(d->data + 12) == 0x8100))
		return LINKTYPE_ETHERNET;
	if ((d->proto == 0x0800 && version == 4) || (d->proto == 0x86dd && version == 6))
		return LINKTYPE_RAW;
	return LINKTYPE_ETHERNET;
}

int dropmon_parse(const uint8_t *message, size_t len, uint16_t family, struct dropped *d)
{
	struct attributes all;
	struct attribute a;
	int rc;

	*d = (struct dropped){ 0 };
	if (!begin(message, len, family, CMD_PACKET, &all))
		return 0;
	while ((rc = next(&all, &a)) > 0 && !take(&a, d))
		;
	if (rc)
		return NW_EINPUT;
	if (d->wirelen < d->caplen)
		d->wirelen = d->caplen;
	if (d->ts_ns < 0)
		d->ts_ns = 0;
	d->linktype = guess_linktype(d);
	return 1;
}

bool dropmon_parse_stats(const uint8_t *message, size_t len, uint16_t family, uint64_t *lost)
{
	struct attributes all, inner;
	struct attribute a, b;

	*lost = 0;
	if (!begin(message, len, family, CMD_STATS_NEW, &all))
		return false;
	while (next(&all, &a) > 0) {
		if (a.type != ATTR_STATS && a.type != ATTR_HW_STATS)
			continue;
		inner = (struct attributes){ a.value, a.value + a.len };
		while (next(&inner, &b) > 0)
			if (b.type == STATS_DROPPED)
				*lost += number(&b, 8);
	}
	return true;
}

/* Groups are a list of nested attributes, each with a name and a number. */
static void take_group(const struct attribute *nested, uint32_t *group)
{
	struct attributes all = { nested->value, nested->value + nested->len };
	struct attribute a;
	char name[32] = "";
	uint32_t id = 0;

	while (next(&all, &a) > 0) {
		if (a.type == CTRL_ATTR_MCAST_GRP_NAME)
			text(&a, name, sizeof(name));
		else if (a.type == CTRL_ATTR_MCAST_GRP_ID)
			id = (uint32_t)number(&a, 4);
	}
	if (!strcmp(name, "events"))
		*group = id;
}

bool dropmon_parse_family(const uint8_t *message, size_t len, uint16_t *family, uint32_t *group)
{
	struct attributes all, inner;
	struct attribute a, b;

	*family = 0;
	*group = 0;
	if (!begin(message, len, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, &all))
		return false;
	while (next(&all, &a) > 0) {
		if (a.type == CTRL_ATTR_FAMILY_ID)
			*family = (uint16_t)number(&a, 2);
		if (a.type != CTRL_ATTR_MCAST_GROUPS)
			continue;
		inner = (struct attributes){ a.value, a.value + a.len };
		while (next(&inner, &b) > 0)
			take_group(&b, group);
	}
	return *family && *group;
}
