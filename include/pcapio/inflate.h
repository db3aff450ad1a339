/* SPDX-License-Identifier: MIT */
/* What was sent with Content-Encoding: gzip or deflate, unpacked as it comes (RFC 9110 section 8.4.1). */
#ifndef PCAPIO_INFLATE_H
#define PCAPIO_INFLATE_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stdint.h>

struct inflater;

/* Takes a piece of what comes out. False: enough. */
typedef bool inflater_give(void *user, const uint8_t *data, uint32_t len);

enum inflater_result { INFLATE_MORE, INFLATE_END, INFLATE_STOPPED, INFLATE_DAMAGED };

/* For gzip (several members one after the other are one content), zlib, and deflate without a header, told apart by how they
 * begin. About 45 kB. NULL: no memory, or this build has no gzip (ENABLE_GZIP). */
struct inflater *inflater_new(void);
/* The next bytes. After INFLATE_END only what begins another member gives more; after INFLATE_DAMAGED nothing does. */
enum inflater_result inflater_data(struct inflater *i, const uint8_t *data, uint32_t len, inflater_give *give, void *user);
/* Was there a header, or has anything come out? If not, and it is damaged, it is no such content. */
bool inflater_begun(const struct inflater *i);
void inflater_free(struct inflater *i); /* NULL is fine */

#endif
