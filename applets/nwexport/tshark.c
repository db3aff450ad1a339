/* SPDX-License-Identifier: MIT */
/* nwexport: what tshark's options -T, -E and -d mean in our words. */
#include "nwexport.h"

#include "base/text.h"
#include "decode/protocol.h"

#include <stdio.h>
#include <string.h>

/* tshark writes /t for a tab and /s for a blank. */
static bool setting_char(const char *value, char *c)
{
	if (value[0] == '/' && value[1] && !value[2])
		*c = value[1] == 't' ? '\t' : value[1] == 's' ? ' ' : value[1] == 'n' ? '\n' : value[1];
	else if (value[0] && !value[1])
		*c = value[0];
	else
		return false;
	return true;
}

int tshark_setting(struct opts *o, const char *text, struct errmsg *err)
{
	const char *value = strchr(text, '=');
	size_t len = value ? (size_t)(value - text) : 0;
	bool good = false;

	if (value++) {
		bool yes = !strcmp(value, "y"), no = !strcmp(value, "n");

		if (len == 6 && !strncmp(text, "header", len)) {
			good = yes || no;
			o->header = yes;
			o->header_said = true;
		} else if (len == 9 && !strncmp(text, "separator", len)) {
			good = setting_char(value, &o->separator);
		} else if (len == 10 && !strncmp(text, "aggregator", len)) {
			good = setting_char(value, &o->aggregator);
		} else if (len == 5 && !strncmp(text, "quote", len)) {
			good = *value && strchr("dsn", *value) && !value[1];
			o->quote = *value == 'd' ? '"' : *value == 's' ? '\'' : 0;
		} else if (len == 10 && !strncmp(text, "occurrence", len)) {
			good = *value && strchr("fla", *value) && !value[1];
			o->occurrence = *value;
		}
	}
	if (good)
		return 0;
	return errmsg_set(err, NW_EINPUT,
			  "-E %s: expected header=y|n, separator=C, quote=d|s|n, occurrence=f|l|a or aggregator=C, where C is one "
			  "character, /t (tab) or /s (blank)",
			  text);
}

void tshark_apply(struct opts *o)
{
	if (!strcmp(o->tshark_format, "fields")) {
		o->format = "tsv";
		if (!o->header_said)
			o->no_header = true;
	} else {
		o->format = o->tshark_format;
	}
	if (!o->occurrence)
		o->occurrence = 'a';
}

int tshark_decode_as(const char *text, struct errmsg *err)
{
	char name[64], port[8];
	const char *at = strstr(text, "=="), *comma = strrchr(text, ',');
	unsigned kind = CLAIM_NONE;
	uint64_t number;

	if (!strncmp(text, "tcp.port==", 10))
		kind = CLAIM_TCP_PORT;
	else if (!strncmp(text, "udp.port==", 10))
		kind = CLAIM_UDP_PORT;
	if (!kind || !comma || comma < at || (size_t)(comma - at - 2) >= sizeof(port) || strlen(comma) > sizeof(name))
		return errmsg_set(err, NW_EINPUT, "-d %s: expected a port and a protocol: tcp.port==8888,http or udp.port==5300,dns",
				  text);
	snprintf(port, sizeof(port), "%.*s", (int)(comma - at - 2), at + 2);
	if (!text_parse_u64(port, &number) || number > 65535)
		return errmsg_set(err, NW_EINPUT, "-d %s: '%s' is no port; ports are 0 to 65535", text, port);
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (protocols[i]->application && !strcmp(protocols[i]->name, comma + 1))
			return decoder_claim(kind, (unsigned)number, i) ? errmsg_set(err, NW_ELIMIT, "too many -d") : 0;
	return errmsg_set(err, NW_EINPUT, "-d %s: '%s' is no protocol on top of TCP or UDP; --list-fields shows all", text, comma + 1);
}
