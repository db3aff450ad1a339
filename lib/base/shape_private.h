/* SPDX-License-Identifier: MIT */
/* Numbers of a row as people write them, for messages and documentation. */
#ifndef BASE_SHAPE_PRIVATE_H
#define BASE_SHAPE_PRIVATE_H

#include "base/shape.h"

/* "64M", "5m", "7", by the type of the row. */
void shape_put_number(struct outbuf *o, const struct shape_row *row, uint64_t v);
/* "1 to 64 packets", "4K or more", or nothing when everything goes. */
void shape_put_range(struct outbuf *o, const struct shape_row *row);

#endif
