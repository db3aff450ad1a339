/* SPDX-License-Identifier: MIT */
/* Messages of netlink(7), and the attributes within them, one after the other. No socket here: bytes only, those of the
 * kernel checked like everybody's. */
#ifndef SYS_NETLINK_H
#define SYS_NETLINK_H

#include <stddef.h>
#include <stdint.h>

struct netlink_piece {
	uint16_t type;           /* of an attribute without its flags */
	uint32_t sequence;       /* of a message */
	const uint8_t *bytes;    /* after the header */
	size_t len;
};

/* The next message of what one recv() gave, and past it. 1, 0: the end (less than a header is padding), NW_EINPUT: it is
 * longer than what is left. */
int netlink_message_next(const uint8_t **at, size_t *left, struct netlink_piece *m);
/* The next attribute of a message, after its fixed part, or of another attribute. The same results. */
int netlink_attribute_next(const uint8_t **at, size_t *left, struct netlink_piece *a);

#endif
