/* SPDX-License-Identifier: MIT */
/* Questions and answers between the part of nwcap that sees packets and the one that sees processes (host/wire.h). */
#include "host/wire.h"
#include "base/bytes.h"

enum { TCP = 6, UDP = 17, QUESTION = 'Q', ANSWER = 'A' };

static void store16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put_flow(uint8_t *to, uint8_t kind, const struct wire_flow *f)
{
	to[0] = kind;
	to[1] = f->proto;
	to[2] = to[3] = 0;
	store16(to + 4, f->port[0]);
	store16(to + 6, f->port[1]);
	memcpy(to + 8, f->address[0], 16);
	memcpy(to + 24, f->address[1], 16);
}

static bool take_flow(const uint8_t *from, uint8_t kind, struct wire_flow *f)
{
	if (from[0] != kind || (from[1] != TCP && from[1] != UDP))
		return false;
	f->proto = from[1];
	f->port[0] = get_be16(from + 4);
	f->port[1] = get_be16(from + 6);
	memcpy(f->address[0], from + 8, 16);
	memcpy(f->address[1], from + 24, 16);
	return true;
}

void wire_question_encode(uint8_t to[WIRE_QUESTION], const struct wire_flow *f, int64_t seen_ns)
{
	put_flow(to, QUESTION, f);
	for (unsigned i = 0; i < 8; i++)
		to[WIRE_FLOW + i] = (uint8_t)((uint64_t)seen_ns >> (56 - 8 * i));
}

bool wire_question_decode(const uint8_t *bytes, uint32_t len, struct wire_flow *f, int64_t *seen_ns)
{
	if (len != WIRE_QUESTION || !take_flow(bytes, QUESTION, f))
		return false;
	*seen_ns = (int64_t)get_be64(bytes + WIRE_FLOW);
	return *seen_ns >= 0;
}

uint32_t wire_answer_encode(uint8_t to[WIRE_ANSWER_MAX], const struct wire_flow *f, const char *const text[2])
{
	uint32_t at = WIRE_FLOW + 4;

	put_flow(to, ANSWER, f);
	for (unsigned i = 0; i < 2; i++) {
		size_t len = text[i] ? strlen(text[i]) : 0;

		len = len <= OWNER_TEXT_MAX ? len : 0;
		store16(to + WIRE_FLOW + 2 * i, (uint32_t)len);
		if (len)
			memcpy(to + at, text[i], len);
		at += (uint32_t)len;
	}
	return at;
}

bool wire_answer_decode(const uint8_t *bytes, uint32_t len, struct wire_answer *a)
{
	uint32_t at = WIRE_FLOW + 4;

	if (len < at || !take_flow(bytes, ANSWER, &a->flow))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t n = get_be16(bytes + WIRE_FLOW + 2 * i);

		if (n > OWNER_TEXT_MAX || n > len - at)
			return false;
		a->end[i].text = bytes + at;
		a->end[i].len = n;
		if (n && (!owner_parse(bytes + at, n, &a->end[i].owner) || !a->end[i].owner.end_at))
			return false;
		at += n;
	}
	return at == len;
}
