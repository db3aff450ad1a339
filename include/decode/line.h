/* SPDX-License-Identifier: MIT */
/*
 * Lines of text in packets, for protocols that people can type: FTP, SMTP, POP, IMAP, IRC, SIP, RTSP, SDP ...
 *
 *	USER anonymous\r\n         a word and the rest
 *	230 Login successful.\r\n  a reply code and the rest
 *	Content-Length: 12\r\n     a name and a value
 *
 * A struct text is a view into the packet.
 */
#ifndef DECODE_LINE_H
#define DECODE_LINE_H

#include "decode/protocol.h"

struct text {
	const uint8_t *p;
	uint32_t len;
};

/* The next line without its end, and past the end; `whole` says whether it had one. False when nothing is left. */
bool line_next(struct cursor *c, struct text *line, bool *whole);
/* The next word up to a blank, tab or the end; `t` goes past it and the blanks behind it. Empty at the end. */
struct text text_word(struct text *t);
/* Everything up to `stop`, and past it; all of it when there is no `stop`. */
struct text text_until(struct text *t, char stop);
/* Without blanks and tabs at both ends. */
struct text text_trim(struct text t);
/* Is it this word, whatever the case of its letters? `word` is in lower case. */
bool text_is(const struct text *t, const char *word);
/* Does it begin with these bytes, exactly / whatever the case (`word` in lower case)? */
bool text_begins(const struct text *t, const char *word);
bool text_begins_nocase(const struct text *t, const char *word);
/* The decimal number that it begins with, 0 if none; what does not fit 64 bits stops there. */
uint64_t text_decimal(const struct text *t);
/* A reply code: three digits, then a blank, '-' or the end; `t` goes past code and separator. */
bool text_code(struct text *t, unsigned *code);
/* Dotted quad at the start of `t`. */
bool text_ipv4(const struct text *t, uint8_t addr[4]);
/* True if all of the first `n` (or fewer) bytes could be text: printable, blank or of an encoding beyond ASCII. */
bool text_likely(const struct cursor *c, size_t n);

static inline void walk_text(struct walk *w, unsigned field, const struct text *t)
{
	walk_bytes(w, field, t->p, t->len);
}

#endif
