/* SPDX-License-Identifier: MIT */
/*
 * nwexport --follow: what was said in a conversation, in order, both directions as they came.
 *
 *	text   # tcp.stream 7: 10.0.0.1:49152 > 10.0.0.2:80       hex   00000000  47 45 54 20 ...  GET ...
 *	       > GET / HTTP/1.1                                         	00000000  48 54 54 50 ...  HTTP...
 *	       > Host: example.com
 *	       < HTTP/1.1 200 OK                                  raw   the bytes, nothing else
 *	       [1460 bytes missing in the capture]
 *
 * On a terminal text has colours instead of the marks. In it nothing that came over the network can be taken for one of
 * our lines or reach the terminal as anything but characters. A piece of TCP may end anywhere: a character or the end of
 * a line that it cuts in two is held until the rest comes.
 */
#include "follow.h"

#include <stdlib.h>

enum { HEX_LINE = 16, HEX_ASCII = 60 /* column of the characters */, HELD_MAX = 4, NOBODY = -1 };

struct follow {
	struct export *e;
	struct follower follower;
	bool wanted[2];           /* directions */
	int32_t heading;          /* whose heading was written last */
	bool found, in_line;      /* in_line: the last line of text is not at its end */
	unsigned dir;             /* of it */
	uint8_t held[HELD_MAX];   /* a CR, or the beginning of a character, that its piece ended with */
	unsigned nheld;
	uint64_t gaps, missing;   /* raw: they cannot be seen in it */
	void (*put)(struct follow *v, const struct followed *s, unsigned dir, const uint8_t *data, uint32_t len);
};

static const char *const colour[2] = { "\033[31m", "\033[36m" };
static const char gap_colour[] = "\033[33m", heading_colour[] = "\033[1m";

/* ---- what text and hex share ------------------------------------------------------------------ */

static void put_end(struct outbuf *o, const struct followed *s, unsigned dir)
{
	if (s->addr_len == 4) {
		outbuf_ipv4(o, s->addr[dir]);
	} else {
		outbuf_char(o, '[');
		outbuf_ipv6(o, s->addr[dir]);
		outbuf_char(o, ']');
	}
	outbuf_char(o, ':');
	outbuf_u64(o, s->port[dir]);
}

static void put_heading(struct follow *v, const struct followed *s)
{
	struct outbuf *o = v->e->out;

	if (v->heading == s->number)
		return;
	v->heading = s->number;
	if (v->e->o.colour)
		outbuf_str(o, heading_colour);
	outbuf_str(o, s->udp ? "# udp.stream " : "# tcp.stream ");
	outbuf_u64(o, (uint32_t)s->number);
	outbuf_str(o, ": ");
	put_end(o, s, FLOW_ORIG);
	outbuf_str(o, " > ");
	put_end(o, s, FLOW_RESP);
	outbuf_str(o, v->e->o.colour ? "\033[m\n" : "\n");
}

static void put_missing(struct follow *v, uint32_t len)
{
	struct outbuf *o = v->e->out;

	if (v->e->o.colour)
		outbuf_str(o, gap_colour);
	outbuf_char(o, '[');
	outbuf_u64(o, len);
	outbuf_str(o, len == 1 ? " byte missing in the capture]" : " bytes missing in the capture]");
	outbuf_str(o, v->e->o.colour ? "\033[m\n" : "\n");
}

/* ---- text -------------------------------------------------------------------------------------- */

static void line_begin(struct follow *v)
{
	if (v->in_line)
		return;
	v->in_line = true;
	outbuf_str(v->e->out, v->e->o.colour ? colour[v->dir] : v->dir == FLOW_ORIG ? "> " : "< ");
}

static void line_end(struct follow *v)
{
	v->in_line = false;
	outbuf_str(v->e->out, v->e->o.colour ? "\033[m\n" : "\n");
}

/* Text without line ends; tabs stay. */
static void put_part(struct follow *v, const uint8_t *p, size_t len)
{
	if (!len)
		return;
	line_begin(v);
	for (const uint8_t *tab; (tab = memchr(p, '\t', len)) != NULL; p = tab + 1) {
		outbuf_escaped(v->e->out, p, (size_t)(tab - p));
		outbuf_char(v->e->out, '\t');
		len -= (size_t)(tab + 1 - p);
	}
	outbuf_escaped(v->e->out, p, len);
}

static void held_release(struct follow *v)
{
	put_part(v, v->held, v->nheld);
	v->nheld = 0;
}

/* Whatever comes next begins a line. */
static void text_break(struct follow *v)
{
	held_release(v);
	if (v->in_line)
		line_end(v);
}

/* How many bytes the character has that begins with this one; 1 if none does. */
static unsigned character_bytes(uint8_t c)
{
	return c < 0xc2 || c > 0xf4 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* What was held, with the bytes that make it whole. False: it is still not. */
static bool held_complete(struct follow *v, const uint8_t **p, uint32_t *len)
{
	if (v->nheld && *v->held == '\r') {
		if (*len && **p == '\n')
			v->nheld = 0;
	} else if (v->nheld) {
		unsigned need = character_bytes(*v->held);

		for (; v->nheld < need && *len && (**p & 0xc0) == 0x80; (*p)++, (*len)--)
			v->held[v->nheld++] = **p;
		if (v->nheld < need && !*len)
			return false;
	}
	held_release(v);
	return true;
}

/* How many bytes at the end are to be held. */
static uint32_t to_hold(const uint8_t *p, uint32_t len)
{
	if (len && p[len - 1] == '\r')
		return 1;
	for (uint32_t n = 1; n < HELD_MAX && n <= len && p[len - n] >= 0x80; n++)
		if (p[len - n] >= 0xc0)
			return character_bytes(p[len - n]) > n ? n : 0;
	return 0;
}

static void put_text(struct follow *v, const struct followed *s, unsigned dir, const uint8_t *p, uint32_t len)
{
	uint32_t hold;

	if (v->heading != s->number || v->dir != dir || !p || s->udp)
		text_break(v);
	put_heading(v, s);
	v->dir = dir;
	if (!p) {
		put_missing(v, len);
		return;
	}
	if (!held_complete(v, &p, &len))
		return;
	hold = to_hold(p, len);
	len -= hold;
	memcpy(v->held, p + len, hold);
	v->nheld = hold;
	for (const uint8_t *lf; (lf = len ? memchr(p, '\n', len) : NULL) != NULL; p = lf + 1) {
		const uint8_t *end = lf > p && lf[-1] == '\r' ? lf - 1 : lf;

		put_part(v, p, (size_t)(end - p));
		line_begin(v);
		line_end(v);
		len -= (uint32_t)(lf + 1 - p);
	}
	put_part(v, p, len);
	if (s->udp)
		text_break(v);
}

/* ---- hex ------------------------------------------------------------------------------------------ */

/* One line as Wireshark shows it: offset, 16 bytes, their characters, a wider space in the middle of both. */
static void put_hex_line(struct outbuf *o, uint32_t offset, unsigned dir, const uint8_t *p, uint32_t n)
{
	static const char digit[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	char line[1 + HEX_ASCII + HEX_LINE + 2], *start = line, *hex, *text;

	memset(line, ' ', sizeof(line));
	if (dir == FLOW_RESP)
		*start++ = '\t';
	for (int i = 0; i < 8; i++)
		start[i] = upper[offset >> (28 - 4 * i) & 15];
	hex = start + 10;
	text = start + HEX_ASCII;
	for (uint32_t i = 0; i < n; i++) {
		if (i == HEX_LINE / 2) {
			hex++;
			text++;
		}
		*hex++ = digit[p[i] >> 4];
		*hex++ = digit[p[i] & 15];
		hex++;
		*text++ = p[i] >= ' ' && p[i] < 0x7f ? (char)p[i] : '.';
	}
	while (text[-1] == ' ') /* it does so, too */
		text--;
	*text++ = '\n';
	outbuf_bytes(o, line, (size_t)(text - line));
}

static void put_hex(struct follow *v, const struct followed *s, unsigned dir, const uint8_t *p, uint32_t len)
{
	uint32_t offset = (uint32_t)(s->given[dir] + s->missing[dir]) - len; /* this piece is counted already */

	put_heading(v, s);
	if (!p) {
		if (dir == FLOW_RESP)
			outbuf_char(v->e->out, '\t');
		put_missing(v, len);
		return;
	}
	for (uint32_t at = 0; at < len; at += HEX_LINE)
		put_hex_line(v->e->out, offset + at, dir, p + at, len - at < HEX_LINE ? len - at : HEX_LINE);
}

/* ---- raw -------------------------------------------------------------------------------------------- */

static void put_raw(struct follow *v, const struct followed *s, unsigned dir, const uint8_t *p, uint32_t len)
{
	(void)s;
	(void)dir;
	if (p)
		outbuf_bytes(v->e->out, p, len);
	v->gaps += !p;
	v->missing += p ? 0 : len;
}

/* ---- the report --------------------------------------------------------------------------------------- */

static void on_data(void *user, struct followed *s, unsigned dir, const uint8_t *data, uint32_t len)
{
	struct follow *v = user;

	v->found = true;
	if (v->wanted[dir])
		v->put(v, s, dir, data, len);
}

static int wrong_direction(const char *text, struct errmsg *err)
{
	return errmsg_set(err, NW_EINPUT, "--follow ...,%s: there are orig (what the one who began says), resp (what it is told) "
			  "and both", text);
}

static int begin(struct export *e, void (*put)(struct follow *, const struct followed *, unsigned, const uint8_t *, uint32_t),
		 struct errmsg *err)
{
	static const struct follower_events events = { .data = on_data };
	struct follow *v = calloc(1, sizeof(*v));
	struct follower_choice choice;
	const char *direction;
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory to follow a conversation");
	rc = follower_choice_parse(&choice, e->o.argument, &direction, err);
	v->wanted[FLOW_ORIG] = !direction || !strcmp(direction, "orig") || !strcmp(direction, "both");
	v->wanted[FLOW_RESP] = !direction || !strcmp(direction, "resp") || !strcmp(direction, "both");
	if (!rc && !v->wanted[FLOW_ORIG] && !v->wanted[FLOW_RESP])
		rc = wrong_direction(direction, err);
	if (!rc)
		rc = follower_open(&v->follower, e, &choice, &events, v, err);
	if (rc) {
		free(v);
		return rc;
	}
	v->e = e;
	v->put = put;
	v->heading = NOBODY;
	e->state = v;
	return 0;
}

static int text_follow(struct export *e, struct errmsg *err)
{
	return begin(e, put_text, err);
}

static int hex_follow(struct export *e, struct errmsg *err)
{
	return begin(e, put_hex, err);
}

static int raw_follow(struct export *e, struct errmsg *err)
{
	return begin(e, put_raw, err);
}

static void packet(struct export *e, struct packet *p)
{
	struct follow *v = e->state;

	follower_packet(&v->follower, p);
}

int follower_open(struct follower *f, struct export *e, const struct follower_choice *c, const struct follower_events *events,
		  void *user, struct errmsg *err)
{
	const struct flow_limits *limits = &e->o.flow;

	if (limits->idle_ns || limits->active_ns)
		return errmsg_set(err, NW_EINPUT, "--flow-idle and --flow-active end records; --%s has none: leave them out", e->o.report);
	if (decoder_separate(e->decoder, limits->separate))
		return errmsg_set(err, NW_ELIMIT, "no memory to keep conversations apart");
	follower_init(f, c, events, user, e->decoder);
	if (limits->ceiling)
		conversations_limit(c->udp ? e->decoder->udp : e->decoder->tcp, limits->ceiling);
	return 0;
}

void follower_say(struct export *e, const struct follower *f)
{
	if (f->overflows)
		export_say(e, "%llu times a direction had more than %d segments or %d MiB waiting for missing bytes, or all of them more "
			   "than %d MiB: what waited was given with a gap before it", (unsigned long long)f->overflows, REORDER_SEGMENTS,
			   REORDER_BYTES >> 20, FOLLOWER_WAITING_MAX >> 20);
	if (f->evicted)
		export_say(e, "more than %d conversations at a time: %llu were ended early, the one without packets for longest first",
			   FOLLOWED_MAX, (unsigned long long)f->evicted);
	if (f->lost)
		export_say(e, "no memory for %llu packets: they were left out", (unsigned long long)f->lost);
}

static void end(struct export *e)
{
	struct follow *v = e->state;

	if (!e->abandoned) {
		follower_end(&v->follower);
		text_break(v);
		follower_say(e, &v->follower);
		if (!v->found)
			export_say(e, "--follow %s: nothing was said in such a conversation (nwexport --stats conv lists them)", e->o.argument);
		if (v->gaps)
			export_say(e, "%llu bytes are missing in the capture, at %llu places; text and hex show where",
				   (unsigned long long)v->missing, (unsigned long long)v->gaps);
	}
	follower_release(&v->follower);
	free(v);
}

const struct export_format follow_formats[] = {
	{ .name = "text", .help = "characters, the rest escaped", .extension = "txt", .append = APPEND_ALWAYS,
	  .begin = text_follow, .packet = packet, .end = end },
	{ .name = "hex", .help = "offsets, bytes and characters, as Wireshark shows them", .extension = "txt", .append = APPEND_ALWAYS,
	  .begin = hex_follow, .packet = packet, .end = end },
	{ .name = "raw", .help = "the bytes", .extension = "bin", .binary = true, .append = APPEND_ALWAYS, .begin = raw_follow,
	  .packet = packet, .end = end },
	{ .name = NULL }
};
