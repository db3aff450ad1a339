/* SPDX-License-Identifier: MIT */
/*
 * Fields of a frame's pcapng options: comments (option 1), pid and tid (option 8), and who owns the connection, which
 * comments of the form of decode/owner.h say. A packet between two processes of the captured machine has two owners, so
 * these fields may have two values, the sender's first when nwcap wrote them.
 *
 * draft-ietf-opsawg-pcapng, sections 3.5 and 4.3
 */
#include "proc.h"

enum { OPT_END = 0, OPT_COMMENT = 1, EPB_PROCESSID_THREADID = 8 };

struct option {
	uint16_t code, len;
	const uint8_t *value;
};

static uint16_t number16(const uint8_t *p, bool foreign)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return foreign ? __builtin_bswap16(v) : v;
}

static uint32_t number32(const uint8_t *p, bool foreign)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return foreign ? __builtin_bswap32(v) : v;
}

static bool option_next(struct cursor *c, bool foreign, struct option *o)
{
	const uint8_t *h = cursor_take(c, 4);

	if (!h)
		return false;
	o->code = number16(h, foreign);
	o->len = number16(h + 2, foreign);
	o->value = cursor_take(c, o->len);
	if (o->code == OPT_END || !o->value)
		return false;
	cursor_skip(c, -(uint32_t)o->len & 3); /* the last one may lack its padding */
	return true;
}

/* Unescaped in the frame when it can be, in scratch memory otherwise. */
static void emit_text(struct walk *w, unsigned field, const struct owner_text *t)
{
	uint8_t *copy;

	if (!t->len || !walk_wants(w, field))
		return;
	if (!memchr(t->at, '%', t->len)) {
		walk_bytes(w, field, t->at, t->len);
		return;
	}
	copy = packet_scratch(w->p, t->len);
	if (copy)
		walk_bytes(w, field, copy, owner_unescape(t, copy));
}

static void emit_word(struct walk *w, unsigned field, const char *word)
{
	walk_bytes(w, field, (const uint8_t *)word, (uint32_t)strlen(word));
}

static void emit_owner(struct walk *w, const struct owner_view *v, unsigned first)
{
	if (v->pid)
		emit_text(w, first + PROC_NAME, &v->text[OWNER_NAME]);
	emit_text(w, first + PROC_CMDLINE, &v->text[OWNER_CMDLINE]);
	emit_text(w, first + PROC_USER, &v->text[OWNER_USER]);
	if (v->has_uid)
		walk_uint(w, first + PROC_UID, v->uid);
	emit_word(w, first + PROC_MATCH, owner_match_name(v->match));
	emit_word(w, first + PROC_END, v->end == OWNER_SRC ? "src" : "dst");
	if (v->netns)
		walk_uint(w, first + PROC_NETNS, v->netns);
	emit_text(w, first + PROC_CONTAINER_ID, &v->text[OWNER_CONTAINER]);
	emit_text(w, first + PROC_CONTAINER_RUNTIME, &v->text[OWNER_RUNTIME]);
}

void proc_walk(struct walk *w, const struct packet *p, unsigned first)
{
	const struct frame *f = p->frame;
	struct cursor c = cursor_over(f->options, f->options_len, false);
	struct owner_view v;
	struct option o;
	uint32_t said = 0; /* the pid of option 8, which a comment repeats */

	while (option_next(&c, f->foreign_order, &o)) {
		if (o.code == EPB_PROCESSID_THREADID && o.len == 8) {
			said = number32(o.value, f->foreign_order);
			if (said)
				walk_uint(w, first + PROC_PID, said);
			if (number32(o.value + 4, f->foreign_order))
				walk_uint(w, first + PROC_TID, number32(o.value + 4, f->foreign_order));
		} else if (o.code == OPT_COMMENT) {
			walk_bytes(w, first + PROC_COMMENT, o.value, o.len);
			if (!owner_parse(o.value, o.len, &v))
				continue;
			if (v.pid && v.pid != said)
				walk_uint(w, first + PROC_PID, v.pid);
			emit_owner(w, &v, first);
		}
	}
}

/* " src=curl[1234] dst=nginx[77]" */
void packet_owners_put(struct outbuf *out, const struct packet *p)
{
	const struct frame *f = p->frame;
	struct cursor c = cursor_over(f->options, f->options_len, false);
	struct owner_view v;
	struct option o;

	while (option_next(&c, f->foreign_order, &o)) {
		if (o.code != OPT_COMMENT || !owner_parse(o.value, o.len, &v))
			continue;
		outbuf_str(out, v.end == OWNER_SRC ? " src=" : " dst=");
		outbuf_escaped(out, v.text[OWNER_NAME].at, v.text[OWNER_NAME].len);
		outbuf_char(out, '[');
		outbuf_u64(out, v.pid);
		outbuf_char(out, ']');
		if (v.match == OWNER_GUESS)
			outbuf_char(out, '?');
	}
}
