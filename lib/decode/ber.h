/* SPDX-License-Identifier: MIT */
/*
 * The Basic Encoding Rules of ASN.1 (ITU-T X.690) as far as SNMP, LDAP, Kerberos
 * and certificates use them: a tree of
 *
 *	tag 1 | length 1..5 | content
 *	          05            05 bytes follow
 *	          82 01 00      the next two bytes are the length: 256
 *
 * ber_next() opens the element at a cursor as a cursor of its own, which cannot see past the
 * content; going down is calling it on that one, going on is calling it on the first again. Every element
 * takes two bytes at least, so each loop ends. Tags of more than one byte and indefinite lengths
 * are refused (DER has neither, and those protocols forbid the latter).
 *
 *	struct ber e;
 *	while (ber_next(&c, &e))
 *		if (e.tag == BER_INTEGER && ber_uint(&e, &v)) ...
 */
#ifndef LIB_DECODE_BER_H
#define LIB_DECODE_BER_H

#include "base/outbuf.h"
#include "decode/cursor.h"

enum ber_tag {
	BER_BOOLEAN = 0x01, BER_INTEGER = 0x02, BER_BIT_STRING = 0x03, BER_OCTET_STRING = 0x04, BER_NULL = 0x05, BER_OID = 0x06,
	BER_ENUMERATED = 0x0a, BER_UTF8_STRING = 0x0c, BER_PRINTABLE_STRING = 0x13, BER_T61_STRING = 0x14, BER_IA5_STRING = 0x16,
	BER_UTC_TIME = 0x17, BER_GENERALIZED_TIME = 0x18, BER_GENERAL_STRING = 0x1b, BER_BMP_STRING = 0x1e, BER_SEQUENCE = 0x30,
	BER_SET = 0x31,
	BER_CONSTRUCTED = 0x20, BER_APPLICATION = 0x40, BER_CONTEXT = 0x80 /* or'ed to the number */
};

struct ber {
	uint8_t tag;        /* class, constructed and number as they stand; numbers up to 30 */
	uint32_t len;       /* that the content should have */
	const uint8_t *start; /* of the tag */
	struct cursor c;    /* the content, or what was kept of it: then c.snapped, and the outer cursor is cut */
};

/* The next element, which is skipped in `c`. False at the end of `c`, and (with c->cut) when tag and length are not
 * all there or not ours. An element that is longer than `c` is given with what there is, and `c` is cut: test c->cut where
 * whole elements matter. */
bool ber_next(struct cursor *c, struct ber *e);
/* The next element if it has this tag; otherwise false, and `c` is where it was. */
bool ber_take(struct cursor *c, unsigned tag, struct ber *e);
/* True if all of the content is there. */
static inline bool ber_whole(const struct ber *e)
{
	return cursor_left(&e->c) == e->len;
}

/* The number that the whole content is, of 1 to 8 bytes (9 when the first is a zero): two's complement, or
 * counting up from 0 whatever the first bit says (SNMP's counters). False if it is none. */
bool ber_int(const struct ber *e, int64_t *v);
bool ber_uint(const struct ber *e, uint64_t *v);

/* An object identifier's next number; the first two share one, 40 * a + b. False at the end, or (with c->cut) when it
 * is not all there or does not fit 32 bits. */
bool ber_oid_next(struct cursor *c, uint32_t *number);
/* "1.3.6.1.2.1"; false when the last number is not complete (what came before is written). */
bool ber_oid_text(struct outbuf *o, struct cursor c);

#endif
