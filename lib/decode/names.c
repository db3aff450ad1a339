/* SPDX-License-Identifier: MIT */
/* Names for addresses (decode/names.h): a table of fixed size, filled from answers. RFC 1035, RFC 3596, RFC 6762 */
#include "decode/names.h"
#include "base/bytes.h"
#include "base/times.h"
#include "decode/dns.h"

#include <stdlib.h>
#include <time.h>

enum { PLACES = 8192, WAYS = 4, RECORDS_MAX = 256, HOUR_S = 3600 };
enum { FLAG_RESPONSE = 0x8000, RCODE = 0xf, CLASS = 0x7fff, IN = 1 };

struct entry {
	uint8_t address[16];
	uint8_t address_len;  /* 0: free */
	uint8_t len;
	uint32_t ttl_s;
	int64_t at_ns;
	uint8_t text[DNS_NAME_MAX];
};

struct names {
	uint64_t key;
	struct entry entry[PLACES];
};

struct names *names_new(void)
{
	struct names *n = calloc(1, sizeof(*n)); /* what is never used is never touched */
	struct timespec now;

	if (!n)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	n->key = ((uint64_t)now.tv_nsec << 32 ^ (uintptr_t)n) | 1;
	return n;
}

void names_free(struct names *n)
{
	free(n);
}

static uint32_t place(const struct names *n, const uint8_t *address, unsigned len)
{
	uint64_t h = n->key;

	for (unsigned i = 0; i < len; i += 4)
		h = (h ^ get_be32(address + i)) * 0x9e3779b97f4a7c15ull, h ^= h >> 32;
	return (uint32_t)(h >> 32) % (PLACES / WAYS) * WAYS;
}

static void keep(struct names *n, const uint8_t *address, unsigned len, const struct dns_name *name, uint32_t ttl_s,
		 int64_t now_ns)
{
	struct entry *first = &n->entry[place(n, address, len)], *to = first;

	if (!name->len || name->text[0] == '<') /* the root, or one that cannot be shown */
		return;
	for (struct entry *e = first; e < first + WAYS; e++) {
		if (e->address_len == len && !memcmp(e->address, address, len)) {
			to = e;
			break;
		}
		if (to->address_len && (!e->address_len || e->at_ns < to->at_ns))
			to = e;
	}
	to->address_len = (uint8_t)len;
	memcpy(to->address, address, len);
	to->len = (uint8_t)(name->len < sizeof(to->text) ? name->len : sizeof(to->text));
	memcpy(to->text, name->text, to->len);
	to->ttl_s = ttl_s;
	to->at_ns = now_ns;
}

bool names_find(const struct names *n, const uint8_t *address, unsigned len, int64_t now_ns, struct address_name *found)
{
	for (const struct entry *e = &n->entry[place(n, address, len)], *end = e + WAYS; e < end; e++) {
		int64_t stays_s = e->ttl_s > HOUR_S ? e->ttl_s : HOUR_S;

		if (e->address_len != len || memcmp(e->address, address, len))
			continue;
		*found = (struct address_name){ e->text, e->len, e->ttl_s, ns_between(e->at_ns, now_ns) };
		return found->age_ns <= stays_s * 1000000000;
	}
	return false;
}

/* ---- answers ------------------------------------------------------------------------------ */

static int digit(uint8_t c)
{
	c |= c >= 'A' && c <= 'F' ? 0x20 : 0;
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "1.2.0.192.in-addr.arpa" */
static bool reverse_ipv4(const uint8_t *p, uint32_t len, uint8_t address[4])
{
	unsigned part = 4;

	while (part && len) {
		unsigned v = 0, digits = 0;

		for (; len && *p != '.'; p++, len--, digits++) {
			if (*p < '0' || *p > '9' || digits == 3)
				return false;
			v = v * 10 + (unsigned)(*p - '0');
		}
		if (!digits || v > 255)
			return false;
		address[--part] = (uint8_t)v;
		if (len)
			p++, len--;
	}
	return !part && !len;
}

/* "1.0. … .8.b.d.0.1.0.0.2.ip6.arpa" */
static bool reverse_ipv6(const uint8_t *p, uint32_t len, uint8_t address[16])
{
	if (len != 63)
		return false;
	for (unsigned i = 0; i < 32; i++) {
		int v = digit(p[2 * i]);

		if (v < 0 || (i < 31 && p[2 * i + 1] != '.'))
			return false;
		address[15 - i / 2] = (uint8_t)(i % 2 ? address[15 - i / 2] | v << 4 : v);
	}
	return true;
}

/* The address that a PTR record is about. Its length, 0: none. */
static unsigned reverse(const struct dns_name *n, uint8_t address[16])
{
	static const char v4[] = ".in-addr.arpa", v6[] = ".ip6.arpa";
	const uint32_t n4 = sizeof(v4) - 1, n6 = sizeof(v6) - 1;

	if (n->len > n4 && !memcmp(n->text + n->len - n4, v4, n4) && reverse_ipv4(n->text, n->len - n4, address))
		return 4;
	if (n->len > n6 && !memcmp(n->text + n->len - n6, v6, n6) && reverse_ipv6(n->text, n->len - n6, address))
		return 16;
	return 0;
}

static bool read_name(const uint8_t *at, struct cursor message, struct dns_name *n)
{
	struct cursor c = message;

	cursor_skip(&c, (size_t)(at - message.pos));
	return dns_name_read(&c, message.pos, message.end, n);
}

/* A record; `asked` is the question's name, or NULL. */
static void learn_record(struct names *n, struct cursor message, struct dns_record *r, const struct dns_name *asked,
			 int64_t now_ns)
{
	unsigned len = r->type == DNS_A ? 4 : r->type == DNS_AAAA ? 16 : 0;
	struct dns_name name;
	const uint8_t *at;
	uint8_t address[16];

	if ((r->class & CLASS) != IN || (!len && r->type != DNS_PTR))
		return;
	at = cursor_peek(&r->data, len ? len : 1);
	if (!at || (len && r->len != len))
		return;
	if (len && asked) {
		keep(n, at, len, asked, r->ttl, now_ns);
	} else if (len) {
		if (read_name(r->name, message, &name))
			keep(n, at, len, &name, r->ttl, now_ns);
	} else if (read_name(r->name, message, &name)) {
		len = reverse(&name, address);
		if (len && read_name(at, message, &name))
			keep(n, address, len, &name, r->ttl, now_ns);
	}
}

void names_learn(struct names *n, struct cursor message, int64_t now_ns)
{
	struct cursor c = message;
	const uint8_t *h = cursor_take(&c, DNS_HEADER);
	struct dns_name question;
	bool of_question = false;
	unsigned records;

	if (!h || !(get_be16(h + 2) & FLAG_RESPONSE) || get_be16(h + 2) & RCODE)
		return;
	for (unsigned i = get_be16(h + 4); i; i--) {
		const uint8_t *type;

		if (!dns_name_read(&c, message.pos, message.end, &question))
			return;
		type = cursor_take(&c, 4);
		if (!type)
			return;
		of_question = get_be16(h + 4) == 1 && (get_be16(type) == DNS_A || get_be16(type) == DNS_AAAA);
	}
	/* all that answers the question belongs to it, by whatever chain of CNAMEs; what is additional has its own names */
	records = (unsigned)get_be16(h + 6) + get_be16(h + 8) + get_be16(h + 10);
	for (unsigned i = 0; i < records && i < RECORDS_MAX; i++) {
		struct dns_record r;

		if (!dns_record_read(&c, &r))
			return;
		learn_record(n, message, &r, of_question && i < get_be16(h + 6) ? &question : NULL, now_ns);
	}
}
