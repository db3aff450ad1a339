/* SPDX-License-Identifier: MIT */
/* Which conversations to follow, as people say it: by number, by the two ends as tshark's -z follow has them, or all. */
#include "flow/follower.h"

#include "base/text.h"

#include <string.h>

enum { WORD_MAX = 64 };

/* The next word up to a comma; commas do not stand in addresses. False: it is too long, or there is none. */
static bool word_next(const char **text, char word[WORD_MAX])
{
	size_t n = *text ? strcspn(*text, ",") : 0;

	if (!n || n >= WORD_MAX)
		return false;
	memcpy(word, *text, n);
	word[n] = '\0';
	*text = (*text)[n] ? *text + n + 1 : NULL;
	return true;
}

/* 10.0.0.1:80, [fe80::1]:80, and, as tshark writes it, fe80::1:80. */
static bool end_parse(char *word, uint8_t addr[16], uint8_t *addr_len, uint16_t *port)
{
	char *colon = strrchr(word, ':'), *address = word;
	uint64_t number;

	if (!colon || !text_parse_u64(colon + 1, &number) || number > 65535)
		return false;
	*port = (uint16_t)number;
	*colon = '\0';
	if (*word == '[' && colon > word + 1 && colon[-1] == ']') {
		colon[-1] = '\0';
		address++;
	}
	*addr_len = 4;
	if (text_parse_ipv4(address, addr))
		return true;
	*addr_len = 16;
	return text_parse_ipv6(address, addr);
}

int follower_choice_parse(struct follower_choice *c, const char *text, const char **rest, struct errmsg *err)
{
	const char *at = text;
	char word[WORD_MAX];
	uint64_t number;
	uint8_t other;

	*c = (struct follower_choice){ .number = CONVERSATION_NONE };
	if (!word_next(&at, word) || (strcmp(word, "tcp") && strcmp(word, "udp")))
		goto wrong;
	c->udp = *word == 'u';
	if (!word_next(&at, word))
		goto wrong;
	if (!strcmp(word, "all")) {
		c->all = true;
	} else if (text_parse_u64(word, &number) && number <= INT32_MAX) {
		c->number = (int32_t)number;
	} else if (!end_parse(word, c->addr[0], &c->addr_len, &c->port[0]) || !word_next(&at, word) ||
		   !end_parse(word, c->addr[1], &other, &c->port[1]) || other != c->addr_len) {
		goto wrong;
	}
	*rest = at;
	return 0;
wrong:
	return errmsg_set(err, NW_EINPUT, "'%s' names no conversation; tcp,7 or udp,7 (its number, tcp.stream or udp.stream), "
			  "tcp,10.0.0.1:80,10.0.0.2:1234 (its ends) or tcp,all", text);
}
