/* SPDX-License-Identifier: MIT */
/* What libmaxminddb's configure would have found out; without the byte order its doubles are wrong. */
#define PACKAGE_VERSION "1.12.2"
#define MMDB_UINT128_IS_BYTE_ARRAY 1
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MMDB_LITTLE_ENDIAN 1
#endif
