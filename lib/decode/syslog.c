/* SPDX-License-Identifier: MIT */
/*
 * Syslog in UDP datagrams, the old and the new form.
 *
 *	<30>Jan  1 00:01:47 host dhcpd[12]: text                       RFC 3164: what is in use, more or less
 *	<165>1 2003-10-11T22:14:15.003Z host app 123 ID47 [data] text  RFC 5424
 *	  ^ facility * 8 + severity
 */
#include "decode/line.h"
#include "summary.h"

enum { FACILITY, LEVEL, MSG, VERSION, TIMESTAMP, TIMESTAMP_3164, HOSTNAME, APPNAME, PROCID, MSGID };
enum { PRIORITY_DIGITS = 3, OLD_STAMP = 15 };

static const char facilities[][9] = { "kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
				      "authpriv", "ftp", "ntp", "security", "console", "cron", "local0", "local1", "local2",
				      "local3", "local4", "local5", "local6", "local7" };
static const char levels[][10] = { "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug" };

/* "<165>": the number, and `c` behind it; -1 if there is none. */
static int priority(struct cursor *c)
{
	const uint8_t *b = c->pos;
	size_t n = cursor_left(c), i;
	int v = 0;

	if (!n || *b != '<')
		return -1;
	for (i = 1; i < n && i <= PRIORITY_DIGITS && b[i] >= '0' && b[i] <= '9'; i++)
		v = v * 10 + (b[i] - '0');
	if (i == 1 || i >= n || b[i] != '>')
		return -1;
	c->pos += i + 1;
	return v;
}

static enum decode_result syslog_decode(struct decode *d, struct layer *l)
{
	(void)l;
	decode_take(d, (uint32_t)cursor_left(&d->c));
	return DECODE_OK;
}

static bool syslog_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *udp = layer_at(d->p, &d->p->layers[d->p->nlayers - 1]);
	struct cursor c = *payload;

	/* of another port a message must have a priority and be text */
	return get_be16(udp) == 514 || get_be16(udp + 2) == 514 || (priority(&c) >= 0 && cursor_left(&c) && text_likely(&c, 32));
}

/* ---- fields ------------------------------------------------------------------------------ */

static unsigned digits(const uint8_t *p, unsigned n)
{
	unsigned v = 0;

	while (n--)
		v = v * 10 + (unsigned)(*p++ - '0');
	return v;
}

/* 2003-10-11T22:14:15.003Z or with +01:00 at the end, as ns since 1970. */
static bool timestamp_read(const struct text *t, int64_t *ns)
{
	static const char form[] = "0000-00-00T00:00:00";
	const uint8_t *p = t->p;
	int64_t days, s;
	uint32_t frac = 0, scale = 100000000, i;
	unsigned y, m;

	if (t->len < sizeof(form))
		return false;
	for (i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '0' ? p[i] < '0' || p[i] > '9' : p[i] != (uint8_t)form[i])
			return false;
	for (i += p[i] == '.'; i < t->len && p[i] >= '0' && p[i] <= '9'; i++, scale /= 10)
		frac += scale * (p[i] - '0');
	m = digits(p + 5, 2);
	y = digits(p, 4) - (m <= 2);
	/* days since 1970 of a date, years counted from March */
	days = 365ll * y + y / 4 - y / 100 + y / 400 + (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + digits(p + 8, 2) - 1 - 719468;
	s = days * 86400 + digits(p + 11, 2) * 3600 + digits(p + 14, 2) * 60 + digits(p + 17, 2);
	if (t->len - i >= 6 && (p[i] == '+' || p[i] == '-')) {
		int64_t zone = digits(p + i + 1, 2) * 3600 + digits(p + i + 4, 2) * 60;

		s += p[i] == '-' ? zone : -zone;
	}
	*ns = s * 1000000000 + frac;
	return true;
}

static void walk_new(struct walk *w, struct text t)
{
	static const uint8_t words[] = { HOSTNAME, APPNAME, PROCID };
	struct text word = text_word(&t);
	struct value v = { 0 };

	walk_text(w, VERSION, &word);
	word = text_word(&t);
	if (walk_wants(w, TIMESTAMP) && timestamp_read(&word, &v.i))
		w->emit(w, &w->proto->fields[TIMESTAMP], &v);
	for (unsigned i = 0; i < sizeof(words) && t.len; i++) {
		word = text_word(&t);
		walk_text(w, words[i], &word);
	}
	if (t.len)
		walk_text(w, MSGID, &t);
}

static void walk_old(struct walk *w, struct text t)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	struct text stamp = { t.p, OLD_STAMP }, word;
	char month[4] = "";
	uint32_t n = 0;

	if (t.len <= OLD_STAMP || t.p[3] != ' ' || t.p[OLD_STAMP] != ' ')
		return;
	for (unsigned i = 0; i < 36 && !month[0]; i += 3) {
		memcpy(month, months + i, 3);
		if (!text_begins_nocase(&t, month))
			month[0] = 0;
	}
	if (!month[0])
		return;
	walk_text(w, TIMESTAMP_3164, &stamp);
	t = (struct text){ t.p + OLD_STAMP + 1, t.len - OLD_STAMP - 1 };
	word = text_word(&t);
	walk_text(w, HOSTNAME, &word);
	while (n < t.len && t.p[n] != ':' && t.p[n] != '[' && t.p[n] != ' ')
		n++;
	if (n == t.len)
		return;
	walk_bytes(w, PROCID, t.p, n);
	walk_bytes(w, MSGID, t.p + n, t.len - n);
}

static void syslog_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	int v = priority(&c);
	struct text t = { c.pos, (uint32_t)cursor_left(&c) };

	while (t.len && !t.p[t.len - 1])
		t.len--;
	if (v >= 0) {
		walk_uint(w, FACILITY, (unsigned)v >> 3);
		walk_uint(w, LEVEL, v & 7);
	}
	walk_text(w, MSG, &t);
	if (text_begins(&t, "1 "))
		walk_new(w, t);
	else
		walk_old(w, t);
}

/* ---- text -------------------------------------------------------------------------------- */

static void put_unknown(struct outbuf *o, unsigned v)
{
	outbuf_str(o, "unknown (");
	outbuf_u64(o, v);
	outbuf_char(o, ')');
}

static void put_facility(struct outbuf *o, unsigned v)
{
	if (v < sizeof(facilities) / sizeof(facilities[0]))
		outbuf_str(o, facilities[v]);
	else
		put_unknown(o, v);
}

static void syslog_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct outbuf *o = s->out;
	int v = priority(&c);
	unsigned facility = (unsigned)v >> 3;

	if (v < 0) {
		outbuf_str(o, c.snapped || cursor_left(&c) < PRIORITY_DIGITS + 1 ? " [|syslog]" : " (invalid)");
		return;
	}
	if (!s->verbose) {
		outbuf_str(o, "SYSLOG ");
		put_facility(o, facility);
		outbuf_char(o, '.');
		outbuf_str(o, levels[v & 7]);
	} else {
		outbuf_str(o, "SYSLOG");
	}
	outbuf_str(o, ", length: ");
	outbuf_u64(o, l->wire_end - l->off);
	if (!s->verbose)
		return;
	outbuf_str(o, "\n\tFacility ");
	put_facility(o, facility);
	outbuf_str(o, " (");
	outbuf_u64(o, facility);
	outbuf_str(o, "), Severity ");
	outbuf_str(o, levels[v & 7]);
	outbuf_str(o, " (");
	outbuf_u64(o, v & 7);
	outbuf_str(o, ")\n\tMsg: ");
	outbuf_escaped(o, c.pos, cursor_left(&c));
}

/* ---- the protocol --------------------------------------------------------------------------- */

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
FIELD_TABLE(syslog_fields,
	(FACILITY, FIELD_WALK(FIELD_UINT, "syslog.facility", "Facility")),
	(LEVEL, FIELD_WALK(FIELD_UINT, "syslog.level", "Severity")),
	(MSG, TEXT("syslog.msg", "Message")),
	(VERSION, TEXT("syslog.version", "Version")),
	(TIMESTAMP, FIELD_WALK(FIELD_TIME, "syslog.timestamp", "Time")),
	(TIMESTAMP_3164, TEXT("syslog.timestamp_rfc3164", "Time, without year and zone")),
	(HOSTNAME, TEXT("syslog.hostname", "Host")),
	(APPNAME, TEXT("syslog.appname", "Application")),
	(PROCID, TEXT("syslog.procid", "Process")),
	(MSGID, TEXT("syslog.msgid", "What follows the process: kind of message, data, text"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, 514 }, { CLAIM_NONE, 0 } };

const struct protocol proto_syslog = {
	.name = "syslog",
	.column = "Syslog",
	.title = "Syslog",
	.reference = "RFC 5424, RFC 3164",
	.application = true,
	.decode = syslog_decode,
	.detect = syslog_detect,
	PROTOCOL_WALK(syslog_walk),
	.summary = syslog_summary,
	PROTOCOL_FIELDS(syslog_fields),
	.claims = claims,
};
