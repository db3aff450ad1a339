/* SPDX-License-Identifier: MIT */
/*
 * Where the inline functions of the headers below are for calls that are not inlined: once, not in every file that has such.
 * Files compiled for size call them, those for speed have them in their midst.
 */
#include "decode/protocol.h"

/* decode/cursor.h */
extern inline struct cursor cursor_over(const uint8_t *p, size_t len, bool snapped);
extern inline size_t cursor_left(const struct cursor *c);
extern inline enum decode_result cursor_short(const struct cursor *c);
extern inline const uint8_t *cursor_take(struct cursor *c, size_t n);
extern inline const uint8_t *cursor_peek(const struct cursor *c, size_t n);
extern inline bool cursor_skip(struct cursor *c, size_t n);
extern inline uint8_t cursor_u8(struct cursor *c);
extern inline uint16_t cursor_be16(struct cursor *c);
extern inline uint32_t cursor_be24(struct cursor *c);
extern inline uint32_t cursor_be32(struct cursor *c);
extern inline void cursor_limit(struct cursor *c, size_t n);
extern inline struct cursor cursor_sub(struct cursor *c, size_t n);
extern inline bool cursor_option(struct cursor *c, struct cursor_option *o);

/* decode/packet.h */
extern inline bool proto_set_has(const struct proto_set *s, unsigned proto);
extern inline void proto_set_add(struct proto_set *s, unsigned proto);
extern inline void proto_set_remove(struct proto_set *s, unsigned proto);
extern inline uint32_t packet_bytes(const struct packet *p, const struct layer *l, const uint8_t **bytes);
extern inline const uint8_t *layer_at(const struct packet *p, const struct layer *l);
extern inline const struct reply *layer_reply(const struct packet *p, const struct layer *l);

/* decode/protocol.h */
extern inline const char *field_text_next(const char *text);
extern inline const uint8_t *decode_take(struct decode *d, uint32_t n);
extern inline uint32_t claim_hash(uint32_t key);
extern inline uint8_t decode_claimed(enum claim_kind kind, unsigned value);
extern inline bool decode_envelope_near(uint16_t port);
extern inline bool decode_settled(const struct decode *d, const struct layer *l);
extern inline uint8_t decode_application(const struct decode *d, enum claim_kind kind, uint16_t src_port, uint16_t dst_port);
extern inline bool walk_wants(const struct walk *w, unsigned field);
extern inline void walk_uint(struct walk *w, unsigned field, uint64_t v);
extern inline void walk_bytes(struct walk *w, unsigned field, const uint8_t *p, uint32_t len);
