/* SPDX-License-Identifier: MIT */
/*
 * Telnet: text with commands in it. RFC 854.
 *
 *	hello\r\n  ff fd 18  (IAC DO terminal type)  ff fa 18 00 "xterm" ff f0  (IAC SB ... IAC SE)  ff ff (the byte ff)
 */
#include "decode/service.h"

enum { CMD, SUBCMD, OPTION_DATA, WIDTH, HEIGHT, DATA };
enum { SE = 240, SB = 250, WILL = 251, DONT = 254, IAC = 255, NAWS = 31 };

/* The option's data up to IAC SE, doubled IACs and all; past the end. */
static struct text subnegotiation(struct cursor *c)
{
	struct text t = { c->pos, 0 };

	while (cursor_left(c)) {
		if (*c->pos == IAC && cursor_left(c) >= 2 && c->pos[1] != IAC)
			break;
		cursor_skip(c, *c->pos == IAC && cursor_left(c) >= 2 ? 2 : 1);
	}
	t.len = (uint32_t)(c->pos - t.p);
	return t;
}

static void walk_command(struct walk *w, struct cursor *c)
{
	unsigned cmd = cursor_u8(c), option;
	struct text t;

	walk_uint(w, CMD, cmd);
	if (cmd < SB || cmd > DONT || !cursor_left(c))
		return;
	option = cursor_u8(c);
	walk_uint(w, SUBCMD, option);
	if (cmd != SB)
		return;
	t = subnegotiation(c);
	if (option == NAWS && t.len == 4) {
		walk_uint(w, WIDTH, get_be16(t.p));
		walk_uint(w, HEIGHT, get_be16(t.p + 2));
	} else if (t.len) {
		walk_text(w, OPTION_DATA, &t);
	}
}

/* One value for each line, its end included, as for each run of text between commands. */
static void walk_data(struct walk *w, struct cursor *c)
{
	const uint8_t *start = c->pos, *end;

	while (cursor_left(c) && (*c->pos != IAC || (cursor_left(c) >= 2 && c->pos[1] == IAC)))
		c->pos += *c->pos == IAC ? 2 : 1;
	for (end = c->pos; start < end;) {
		const uint8_t *newline = memchr(start, '\n', (size_t)(end - start)), *stop = newline ? newline + 1 : end;

		walk_bytes(w, DATA, start, (uint32_t)(stop - start));
		start = stop;
	}
}

static void telnet_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	while (cursor_left(&c)) {
		if (*c.pos == IAC && cursor_left(&c) == 1)
			return;
		if (*c.pos == IAC && c.pos[1] != IAC) {
			cursor_skip(&c, 1);
			walk_command(w, &c);
		} else {
			walk_data(w, &c);
		}
	}
}

static const char *const commands[] = { "SE", "NOP", "DMARK", "BRK", "IP", "AO", "AYT", "EC", "EL", "GA", "SB", "WILL", "WONT", "DO",
					"DONT" };
static NAMED_VALUES(options,
	(0, "BINARY"), (1, "ECHO"), (2, "RCP"), (3, "SUPPRESS GO AHEAD"), (4, "NAME"), (5, "STATUS"), (6, "TIMING MARK"),
	(24, "TERMINAL TYPE"), (25, "END OF RECORD"), (31, "NAWS"), (32, "TSPEED"), (33, "LFLOW"), (34, "LINEMODE"),
	(35, "XDISPLOC"), (36, "OLD-ENVIRON"), (37, "AUTHENTICATION"), (38, "ENCRYPT"), (39, "NEW-ENVIRON")
);

/* "IS 0x50 0 0x18": what an option is told, its first byte as a word. */
static void put_option(struct outbuf *o, struct text t)
{
	static const char words[][6] = { "IS", "SEND", "INFO", "NAME" };

	for (uint32_t i = 0; i < t.len; i++) {
		outbuf_char(o, ' ');
		if (!i && t.p[i] < sizeof(words) / sizeof(words[0]))
			outbuf_str(o, words[t.p[i]]);
		else
			outbuf_printf(o, "%#x", t.p[i]);
	}
}

static void telnet_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	bool any = false;

	while (cursor_left(&c) >= 2) {
		unsigned cmd, option;
		const char *name;

		if (*c.pos != IAC || c.pos[1] < SE || c.pos[1] == IAC) {
			cursor_skip(&c, *c.pos == IAC ? 2 : 1);
			continue;
		}
		cmd = c.pos[1];
		cursor_skip(&c, 2);
		outbuf_str(s->out, !any ? " [telnet " : cmd == SE ? " " : ", ");
		outbuf_str(s->out, commands[cmd - SE]);
		any = true;
		if (cmd < SB || !cursor_left(&c))
			continue;
		option = cursor_u8(&c);
		name = named_value(&options, option);
		outbuf_char(s->out, ' ');
		if (name)
			outbuf_str(s->out, name);
		else
			outbuf_u64(s->out, option);
		if (cmd == SB)
			put_option(s->out, subnegotiation(&c));
	}
	if (any)
		outbuf_char(s->out, ']');
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
FIELD_TABLE(telnet_fields,
	(CMD, UINT("telnet.cmd", "Command")),
	(SUBCMD, UINT("telnet.subcmd", "Option")),
	(OPTION_DATA, FIELD_WALK(FIELD_BYTES, "telnet.option_data", "Data of the option")),
	(WIDTH, UINT("telnet.naws_subopt.width", "Columns of the terminal")),
	(HEIGHT, UINT("telnet.naws_subopt.height", "Rows of the terminal")),
	(DATA, FIELD_WALK(FIELD_STRING, "telnet.data", "Text"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 23 }, { CLAIM_NONE, 0 } };

const struct protocol proto_telnet = {
	.name = "telnet",
	.column = "TELNET",
	.title = "Telnet",
	.reference = "RFC 854",
	.application = true,
	.decode = service_decode,
	.detect = service_detect,
	PROTOCOL_WALK(telnet_walk),
	.summary = telnet_summary,
	PROTOCOL_FIELDS(telnet_fields),
	.claims = claims,
};
