/* SPDX-License-Identifier: MIT */
/*
 * Microsoft's browser announcements: which machines of a workgroup there are. All numbers little-endian.
 *
 *	|command 8|count 8|period 32|name 16|major 8|minor 8|kind of server 32|version 8 8|aa55 16|comment 00     1, 12, 15
 *
 * [MS-BRWS] section 2.2.
 */
#include "decode/message.h"
#include "decode/service.h"

enum { COMMAND, UPDATE_COUNT, PERIOD, SERVER, OS_MAJOR, OS_MINOR, SERVER_TYPE, PROTO_MAJOR, PROTO_MINOR, SIGNATURE, COMMENT };
enum { HOST = 1, DOMAIN_NAME = 12, LOCAL_MASTER = 15, ANNOUNCEMENT = 32 };

static enum decode_result browser_decode(struct decode *d, struct layer *l)
{
	l->aux[0] = cursor_left(&d->c) ? *d->c.pos : 0;
	return service_decode(d, l);
}

static bool announces(const struct layer *l)
{
	return l->aux[0] == HOST || l->aux[0] == DOMAIN_NAME || l->aux[0] == LOCAL_MASTER;
}

/* Fixed, little-endian, in announcements only. */
static bool get_fixed(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	return announces(l) && field_le(p, l, f, v);
}

static void browser_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), name;

	if (!announces(l) || cursor_left(&c) < ANNOUNCEMENT)
		return;
	cursor_skip(&c, 6);
	name = cursor_sub(&c, 16);
	walk_cstring(w, SERVER, &name);
	cursor_skip(&c, ANNOUNCEMENT - 22);
	walk_cstring(w, COMMENT, &c);
}

static void browser_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(names, (HOST, "host announcement"), (2, "request announcement"), (8, "election"),
		(9, "get backup list"), (10, "backup list"), (11, "become backup"), (DOMAIN_NAME, "domain announcement"),
		(13, "master announcement"), (14, "reset"), (LOCAL_MASTER, "local master announcement"));
	const char *name = named_value(&names, l->aux[0]);

	service_begin(s, p, l, "BROWSER ");
	outbuf_str(s->out, name ? name : "command ");
	if (!name)
		outbuf_u64(s->out, l->aux[0]);
}

#define FIXED(n, off, bytes, lab) FIELD_HAS(n, lab, (.get = get_fixed), .type = FIELD_UINT, .offset = off, .shift = bytes)
#define FIXED_HEX(n, off, bytes, lab) \
	FIELD_HAS(n, lab, (.get = get_fixed), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2 * (bytes), .offset = off, \
		.shift = bytes)
FIELD_TABLE(browser_fields,
	(COMMAND, FIELD_FIXED_HEX("browser.command", 0, 1, "Command")),
	(UPDATE_COUNT, FIXED("browser.update_count", 1, 1, "Count")),
	(PERIOD, FIXED("browser.period", 2, 4, "Period in milliseconds")),
	(SERVER, FIELD_WALK(FIELD_STRING, "browser.server", "Name")),
	(OS_MAJOR, FIXED("browser.os_major", 22, 1, "System, major version")),
	(OS_MINOR, FIXED("browser.os_minor", 23, 1, "System, minor version")),
	(SERVER_TYPE, FIXED_HEX("browser.server_type", 24, 4, "Kinds of server that it is")),
	(PROTO_MAJOR, FIXED("browser.proto_major", 28, 1, "Protocol, major version")),
	(PROTO_MINOR, FIXED("browser.proto_minor", 29, 1, "Protocol, minor version")),
	(SIGNATURE, FIXED_HEX("browser.sig", 30, 2, "Signature")),
	(COMMENT, FIELD_WALK(FIELD_STRING, "browser.comment", "Comment"))
);

const struct protocol proto_browser = {
	.name = "browser",
	.column = "BROWSER",
	.title = "Microsoft Windows Browser Protocol",
	.reference = "MS-BRWS",
	.application = true,
	.decode = browser_decode,
	PROTOCOL_WALK(browser_walk),
	.summary = browser_summary,
	PROTOCOL_FIELDS(browser_fields),
};
