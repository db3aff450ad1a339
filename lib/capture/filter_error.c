/* SPDX-License-Identifier: MIT */
/*
 * Where a capture filter is wrong. libpcap's parser only says "syntax error", so
 * it is asked again: with the first word, the first two, and so on, each
 * time completed in the ways a filter can go on. The first beginning that nothing completes
 * ends with the word at fault.
 *
 *	tcp              tcp            fine
 *	tcp prot         tcp prot 1, tcp prot tcp, tcp prot = 0 ...   none is
 *
 *	nwcap: capture filter, column 5: "prot" is not understood here; did you mean port?
 *	  tcp prot 80
 *	      ^~~~
 *
 * A dozen compilations of a short text take less than a millisecond.
 */
#include "private.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 300, SHOWN_MAX = 160 };

static const char *const endings[] = {
	"", " 1", " 1.2.3.4", " 1:2:3:4:5:6", " 1-2", " tcp", " host 1.2.3.4", " port 1", " = 0", " 1 = 0", "1 = 0", "] = 0",
	"1] = 0", " 255.0.0.0",
};

static const char *const keywords[] = {
	"and", "or", "not", "host", "net", "port", "portrange", "proto", "protochain", "src", "dst", "ether", "ip", "ip6", "arp",
	"rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "esp", "ah", "vlan", "mpls", "pppoes", "pppoed", "geneve", "vxlan",
	"broadcast", "multicast", "gateway", "less", "greater", "len", "mask", "inbound", "outbound", "ifindex", "llc", "stp",
	"wlan", "type", "subtype", "dir",
};

/* Anything but a syntax error is good grammar: an unknown host, or words that only work on another link type. */
static bool is_grammar(pcap_t *p, const char *text)
{
	struct bpf_program code;

	if (pcap_compile(p, &code, text, 0, PCAP_NETMASK_UNKNOWN))
		return !strstr(pcap_geterr(p), "syntax error");
	pcap_freecode(&code);
	return true;
}

static bool can_go_on(pcap_t *p, const char *text, size_t len)
{
	const int endings_count = sizeof(endings) / sizeof(endings[0]);
	char whole[2 * TEXT_MAX];
	int open = 0;

	for (size_t i = 0; i < len; i++)
		open += (text[i] == '(') - (text[i] == ')');
	if (open < 0)
		return false;
	for (int i = 0; i < endings_count; i++) {
		int used = snprintf(whole, sizeof(whole), "%.*s%s", (int)len, text, endings[i]);

		for (int k = 0; k < open && used + 1 < (int)sizeof(whole); k++)
			whole[used++] = ')';
		whole[used] = 0;
		if (is_grammar(p, whole))
			return true;
	}
	return false;
}

static size_t word_end(const char *text, size_t at)
{
	size_t end = at + 1;

	if (text[at] == '(' || text[at] == ')')
		return end;
	while (text[end] && !isspace((unsigned char)text[end]) && text[end] != '(' && text[end] != ')')
		end++;
	return end;
}

/* The first word that no beginning of a filter can end with. False: every beginning can go on, so the end is missing. */
static bool find_word(pcap_t *p, const char *text, size_t *from, size_t *to)
{
	for (size_t at = 0; text[at];) {
		size_t end;

		if (isspace((unsigned char)text[at])) {
			at++;
			continue;
		}
		end = word_end(text, at);
		if (!can_go_on(p, text, end)) {
			*from = at;
			*to = end;
			return true;
		}
		at = end;
	}
	return false;
}

/* Words that libpcap quotes in its reason: unknown host 'x'. */
static bool find_quoted(const char *text, const char *reason, size_t *from, size_t *to)
{
	const char *quote = strchr(reason, '\''), *end = quote ? strchr(quote + 1, '\'') : NULL;
	char word[128];
	const char *at;

	if (!end || end - quote < 2 || end - quote > (long)sizeof(word))
		return false;
	snprintf(word, sizeof(word), "%.*s", (int)(end - quote - 1), quote + 1);
	at = strstr(text, word);
	if (!at)
		return false;
	*from = (size_t)(at - text);
	*to = *from + strlen(word);
	return true;
}

/* `what` is the sentence; below it the text, around the place if it is long, and the caret. */
static int show(const char *text, size_t from, size_t to, const char *what, struct errmsg *err)
{
	size_t start = from > SHOWN_MAX / 2 ? from - SHOWN_MAX / 2 : 0, len = to - from;
	char marks[SHOWN_MAX + 1];

	if (len > SHOWN_MAX - (from - start))
		len = SHOWN_MAX - (from - start);
	memset(marks, '~', sizeof(marks) - 1);
	marks[len > 1 ? len - 1 : 0] = 0;
	return errmsg_set(err, NW_EINPUT, "capture filter, column %zu: %s\n  %.*s\n  %*s^%s", from + 1, what, SHOWN_MAX,
			  text + start, (int)(from - start), "", marks);
}

static int syntax_error(pcap_t *p, const char *text, struct errmsg *err)
{
	const int keywords_count = sizeof(keywords) / sizeof(keywords[0]);
	struct text_nearest near = { 0 };
	char word[80], what[160];
	size_t from, to;

	if (!find_word(p, text, &from, &to))
		return show(text, strlen(text), strlen(text) + 1, "something is missing at the end", err);
	snprintf(word, sizeof(word), "%.*s", (int)(to - from), text + from);
	near.word = word;
	for (int i = 0; i < keywords_count; i++)
		text_nearest_try(&near, keywords[i]);
	if (near.best && strcmp(near.best, word))
		snprintf(what, sizeof(what), "\"%.60s\" is not understood here; did you mean %s?", word, near.best);
	else
		snprintf(what, sizeof(what), "\"%.60s\" is not understood here (man pcap-filter has the words)", word);
	return show(text, from, to, what, err);
}

int capture_filter_error(const char *text, unsigned linktype, struct errmsg *err)
{
	pcap_t *p = pcap_open_dead(dlt_of_linktype((int)linktype), CAPTURE_SNAPLEN_MAX);
	char reason[PCAP_ERRBUF_SIZE];
	struct bpf_program code;
	size_t from, to;
	int bad;

	if (!p)
		return errmsg_set(err, NW_ELIMIT, "no memory to compile a filter");
	if (!pcap_compile(p, &code, text, 0, PCAP_NETMASK_UNKNOWN)) {
		pcap_freecode(&code);
		pcap_close(p);
		return 0;
	}
	snprintf(reason, sizeof(reason), "%s", pcap_geterr(p));
	if (strstr(reason, "syntax error") && strlen(text) < TEXT_MAX)
		bad = syntax_error(p, text, err);
	else if (find_quoted(text, reason, &from, &to))
		bad = show(text, from, to, reason, err);
	else
		bad = errmsg_set(err, NW_EINPUT, "capture filter \"%.200s\": %s", text, reason);
	pcap_close(p);
	return bad;
}
