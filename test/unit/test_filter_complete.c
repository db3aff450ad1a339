/* SPDX-License-Identifier: MIT */
/* Completion: what is offered where, and what is not. */
#include "filter/complete.h"

#include "check.h"

#include <string.h>

struct heard {
	char all[200000]; /* " text text ..." */
	size_t len;
};

static void hear(void *user, const struct filter_candidate *c)
{
	struct heard *h = user;
	size_t n = strlen(c->text);

	CHECK(c->kind && c->label);
	if (h->len + n + 2 > sizeof(h->all))
		return;
	memcpy(h->all + h->len, c->text, n);
	h->len += n;
	memcpy(h->all + h->len, " ", 2);
	h->len++;
}

TEST(offers)
{
	static const struct {
		const char *text;
		unsigned from;
		const char *has, *has_not; /* whole words, blanks around; NULL: none */
	} all[] = {
		{ "", 0, " tcp ", " tcp.port " }, { "tc", 0, " tcp ", " udp " }, { "tcp.fl", 0, " tcp.flags.syn ", " tcp.port " },
		{ "tcp.port", 0, " tcp.port ", " == " }, { "tcp.port ", 9, " == ", " contains " }, { "http.host ", 10, " contains ", " & " },
		{ "tcp.port =", 10, NULL, " tcp " }, { "tcp.flags.syn == ", 17, " True ", " tcp " }, { "tcp.flags.syn == T", 17, " True ", " False " },
		{ "udp and tcp.fl", 8, " tcp.flags.ack ", NULL }, { "tcp.port == 80 ", 15, " and ", " == " }, { "tcp.port == 80 o", 15, " or ", " and " },
		{ "not (ud", 5, " udp ", " tcp " }, { "tcp.port in {80, ", 17, NULL, " tcp " }, { "len(http.ho", 4, " http.host ", NULL },
		{ "frame contains \"tc", 18, NULL, " tcp " }, { "tcp.port == udp.sr", 12, " udp.srcport ", NULL }, { "nosuch", 0, NULL, " tcp " },
		{ "le", 0, " len( ", NULL }, { "http.host ma", 10, " matches ", " contains " }, { "(tcp.port == 1) ", 16, " or ", " == " },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		static struct heard h;
		uint32_t from;
		unsigned n;

		h = (struct heard){ " ", 1 };
		n = filter_complete(all[i].text, (uint32_t)strlen(all[i].text), &from, hear, &h);
		CHECK_EQ(from, all[i].from);
		CHECK_EQ(n == 0, h.len == 1);
		if (all[i].has)
			check_report(strstr(h.all, all[i].has) != NULL, __FILE__, __LINE__, "\"%s\": no%sin%s", all[i].text, all[i].has, h.all);
		if (all[i].has_not)
			check_report(!strstr(h.all, all[i].has_not), __FILE__, __LINE__, "\"%s\": %sin%s", all[i].text, all[i].has_not, h.all);
	}
}

/* The cursor may stand in the middle, and every cut of a filter is survived. */
TEST(every_cursor)
{
	static const char text[] = "tcp.port == 80 and (http.host contains \"x\" or not ip.src#[1] in {10.0.0.0/8}) && max(udp.port, 3) > 'a'";
	static struct heard h;
	uint32_t from;

	for (uint32_t i = 0; i <= sizeof(text) - 1; i++) {
		h.len = 0;
		filter_complete(text, i, &from, hear, &h);
		CHECK(from <= i);
	}
	h = (struct heard){ " ", 1 };
	filter_complete("tcp.f and udp", 5, &from, hear, &h);
	CHECK(strstr(h.all, " tcp.flags ") && !strstr(h.all, " udp "));
}
