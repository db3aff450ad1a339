/* SPDX-License-Identifier: MIT */
/* Where the inline functions of base/bytes.h are for calls that are not inlined: once, not in every file that has such. */
#include "base/bytes.h"

extern inline uint16_t get_be16(const uint8_t *p);
extern inline uint32_t get_be24(const uint8_t *p);
extern inline uint32_t get_be32(const uint8_t *p);
extern inline uint64_t get_be64(const uint8_t *p);
extern inline uint16_t get_le16(const uint8_t *p);
extern inline uint32_t get_le32(const uint8_t *p);
extern inline uint64_t get_le64(const uint8_t *p);
extern inline void put_u16(uint8_t *p, uint16_t v);
extern inline void put_u32(uint8_t *p, uint32_t v);
