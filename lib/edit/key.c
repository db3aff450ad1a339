/* SPDX-License-Identifier: MIT */
/* The key of --anonymize from what a file holds. */
#include "internal.h"

#include "crypto/digest.h"

int edit_make_key(const void *file, size_t len, uint8_t key[32], struct errmsg *err)
{
	if (!len)
		return errmsg_set(err, NW_EINPUT, "the key file is empty; write 32 random bytes into it (head -c 32 /dev/urandom)");
	if (len == 32)
		memcpy(key, file, 32);
	else
		digest_sha256(file, len, key);
	return 0;
}
