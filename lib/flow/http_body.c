/* SPDX-License-Identifier: MIT */
/*
 * See http_body.h. Each direction is in one of these states:
 *
 *	LOST --a piece begins--> HEAD --no message--> LOST
 *	                         HEAD --empty line--> LENGTH, CHUNK_SIZE, CLOSE or, without a body, HEAD
 *	CHUNK_SIZE --> CHUNK_DATA --> CHUNK_SIZE --0--> TRAILER --empty line--> HEAD
 *	TUNNEL      CONNECT, or an upgrade: what follows is no HTTP
 */
#include "flow/http_body.h"

#include "decode/line.h"

#include <stdlib.h>
#include <string.h>

enum state { LOST, HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, TRAILER, CLOSE, TUNNEL };
enum { ORIG, RESP };
enum { METHOD_MAX = 24, HEAD_FIRST = 1024, CHUNK_DIGITS = 15 };

struct http_request {
	struct http_request *next;
	uint32_t method, target, host; /* lengths; the texts follow one another */
	char text[];
};

struct run {
	struct http_body *h;
	unsigned dir;
	const struct http_body_events *ev;
	void *user;
};

static struct http_half *half_of(const struct run *r)
{
	return &r->h->half[r->dir];
}

/* ---- what is held, of all connections together ------------------------------------------------ */

static bool hold(struct http_body *h, uint64_t bytes)
{
	if (h->held && bytes > HTTP_HELD_MAX - *h->held)
		return false;
	if (h->held)
		*h->held += bytes;
	return true;
}

static void let_go(struct http_body *h, uint64_t bytes)
{
	if (h->held)
		*h->held -= bytes;
}

static void head_free(struct http_body *h, struct http_half *f)
{
	let_go(h, f->room);
	free(f->head);
	f->head = NULL;
	f->room = f->nhead = f->line = 0;
}

/* ---- requests that wait -------------------------------------------------------------------- */

static size_t request_bytes(const struct http_request *q)
{
	return sizeof(*q) + q->method + q->target + q->host;
}

static void request_free(struct http_body *h, struct http_request *q)
{
	if (q)
		let_go(h, request_bytes(q));
	free(q);
}

static struct http_request *request_take(struct http_body *h)
{
	struct http_request *q = h->first;

	if (q) {
		h->first = q->next;
		if (!h->first)
			h->last = NULL;
		h->waiting--;
	}
	return q;
}

static void requests_forget(struct http_body *h)
{
	while (h->first)
		request_free(h, request_take(h));
}

static void request_add(struct http_body *h, const struct http_message *m)
{
	struct http_request lengths = { .method = m->method.len, .target = m->target.len, .host = m->host.len }, *q;

	if (h->waiting == HTTP_PIPELINE_MAX) {
		request_free(h, request_take(h));
		h->forgotten++;
	}
	q = hold(h, request_bytes(&lengths)) ? malloc(request_bytes(&lengths)) : NULL;
	if (!q) { /* its response, and those behind it, would be taken for others' */
		h->forgotten += h->waiting + 1;
		requests_forget(h);
		return;
	}
	*q = lengths;
	memcpy(q->text, m->method.text, q->method);
	memcpy(q->text + q->method, m->target.text, q->target);
	if (q->host)
		memcpy(q->text + q->method + q->target, m->host.text, q->host);
	if (h->last)
		h->last->next = q;
	else
		h->first = q;
	h->last = q;
	h->waiting++;
}

static void request_names(const struct http_request *q, struct http_message *m)
{
	m->method = (struct http_name){ q->text, q->method };
	m->target = (struct http_name){ q->text + q->method, q->target };
	m->host = (struct http_name){ q->text + q->method + q->target, q->host };
}

/* ---- the head ---------------------------------------------------------------------------------- */

static struct http_name name_of(struct text t)
{
	return (struct http_name){ (const char *)t.p, t.len < HTTP_NAME_MAX ? t.len : HTTP_NAME_MAX };
}

static bool is_method(const struct text *t)
{
	if (!t->len || t->len > METHOD_MAX)
		return false;
	for (uint32_t i = 0; i < t->len; i++)
		if ((t->p[i] < 'A' || t->p[i] > 'Z') && t->p[i] != '-' && t->p[i] != '_')
			return false;
	return true;
}

/* Could this be how a message begins, as far as it is there? */
static bool may_begin(const struct http_half *f, unsigned dir)
{
	const uint8_t *end = memchr(f->head, ' ', f->nhead);
	struct text word = { f->head, end ? (uint32_t)(end - f->head) : f->nhead };

	if (dir == RESP)
		return !memcmp(f->head, "HTTP/1.", f->nhead < 7 ? f->nhead : 7);
	return is_method(&word);
}

/* The first line, "GET /a HTTP/1.1" or "HTTP/1.1 200 OK", without its end. */
static bool first_line(struct text line, struct http_message *m)
{
	if (m->response) {
		struct text code = { line.p + 9, line.len > 9 ? line.len - 9 : 0 };
		uint64_t status = code.len >= 3 ? text_decimal(&code) : 0;

		m->status = (uint16_t)status;
		return line.p[8] == ' ' && status >= 100 && status < 1000;
	}
	m->method = name_of(text_word(&line));
	m->target = name_of(text_word(&line));
	return m->target.len && text_begins(&line, "HTTP/1.");
}

/* "gzip, chunked": the last one says how it ends, what stands before it is a coding of the content. */
static void transfer_encoding(struct text value, struct http_message *m, bool *chunked)
{
	while (value.len) {
		struct text word = text_trim(text_until(&value, ','));

		*chunked = text_is(&word, "chunked");
		if (!*chunked && !text_is(&word, "identity"))
			m->encoding = name_of(word);
	}
}

static void header_line(struct text line, struct http_message *m, bool *chunked)
{
	struct text name = text_until(&line, ':'), value = text_trim(line);

	if (text_is(&name, "content-length")) {
		if (!m->has_length)
			m->length_bytes = text_decimal(&value);
		m->has_length = m->has_length || (value.len && value.p[0] >= '0' && value.p[0] <= '9');
	} else if (text_is(&name, "transfer-encoding")) {
		transfer_encoding(value, m, chunked);
	} else if (text_is(&name, "content-encoding")) {
		m->encoding = name_of(value);
	} else if (text_is(&name, "content-type")) {
		m->type = name_of(value);
	} else if (text_is(&name, "host") && !m->response) {
		m->host = name_of(value);
	}
}

/* What a response has to do with its request: is it a tunnel from here on? */
static bool answers(const struct http_request *q, struct http_message *m)
{
	struct text method = { NULL, 0 };
	bool connects;

	if (q) {
		request_names(q, m);
		method = (struct text){ (const uint8_t *)m->method.text, m->method.len };
	}
	connects = text_is(&method, "connect") && m->status >= 200 && m->status < 300;
	if (m->status < 200 || m->status == 204 || m->status == 304 || connects || text_is(&method, "head"))
		m->has_body = false;
	return m->status == 101 || connects;
}

static bool in_body(const struct http_half *f)
{
	return f->state >= LENGTH && f->state <= CLOSE;
}

static void message_end(const struct run *r, bool whole)
{
	half_of(r)->state = HEAD;
	r->ev->end(r->user, r->dir, whole);
}

static void tunnel(const struct run *r)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		struct run side = { r->h, dir, r->ev, r->user };

		if (in_body(half_of(&side)))
			message_end(&side, false);
		half_of(&side)->state = TUNNEL;
		head_free(r->h, half_of(&side));
	}
	requests_forget(r->h);
}

/* The head is whole: what kind of body follows? */
static void head_done(const struct run *r)
{
	struct http_half *f = half_of(r);
	struct http_message m = { .response = r->dir == RESP };
	struct cursor c = cursor_over(f->head, f->nhead, false);
	struct http_request *q = NULL;
	bool chunked = false, whole, into_tunnel = false;
	struct text line;

	line_next(&c, &line, &whole);
	first_line(line, &m); /* it is one: head_line() has seen it */
	while (line_next(&c, &line, &whole))
		header_line(line, &m, &chunked);
	f->state = chunked ? CHUNK_SIZE : m.has_length ? LENGTH : m.response ? CLOSE : HEAD;
	f->left = m.length_bytes;
	f->digits = 0;
	m.has_body = f->state != HEAD && !(f->state == LENGTH && !f->left);
	if (m.response) {
		q = m.status < 200 && m.status != 101 ? NULL : request_take(r->h);
		into_tunnel = answers(q, &m);
	} else {
		request_add(r->h, &m);
	}
	if (chunked)
		f->left = 0;
	if (!m.has_body)
		f->state = HEAD;
	r->h->messages++;
	r->ev->begin(r->user, r->dir, &m);
	f->nhead = f->line = 0;
	if (f->room > HEAD_FIRST)
		head_free(r->h, f);
	request_free(r->h, q);
	if (into_tunnel)
		tunnel(r);
}

static void lose(const struct run *r)
{
	struct http_half *f = half_of(r);

	f->state = LOST;
	head_free(r->h, f);
}

/* Bytes up to `len` in the head's buffer; false: it is too long, or there is no memory. */
static bool head_room(struct http_body *h, struct http_half *f, uint32_t len)
{
	uint32_t room = f->room ? f->room : HEAD_FIRST;
	uint8_t *head;

	if (len > HTTP_HEAD_MAX)
		return false;
	if (len <= f->room)
		return true;
	while (room < len)
		room *= 2;
	if (!hold(h, room - f->room))
		return false;
	head = realloc(f->head, room);
	if (!head) {
		let_go(h, room - f->room);
		return false;
	}
	f->head = head;
	f->room = room;
	return true;
}

/* A line of a head is whole. True: the head is, too. */
static bool head_line(const struct run *r)
{
	struct http_half *f = half_of(r);
	struct text line = { f->head + f->line, f->nhead - f->line - 1 };
	struct http_message m = { .response = r->dir == RESP };

	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	if (!line.len && !f->line) { /* an empty line before a message is to be forgiven (RFC 9112 section 2.2) */
		f->nhead = 0;
		return false;
	}
	if (!f->line && !first_line(line, &m)) {
		lose(r);
		return false;
	}
	f->line = f->nhead;
	return !line.len;
}

/* Takes bytes of a head, at most a line. */
static uint32_t take_head(const struct run *r, const uint8_t *p, uint32_t len)
{
	struct http_half *f = half_of(r);
	const uint8_t *lf = memchr(p, '\n', len);
	uint32_t n = lf ? (uint32_t)(lf + 1 - p) : len;

	if (!f->nhead && *p == '\r') /* as above */
		return 1;
	if (!f->nhead && *p != '\n' && (r->dir == RESP ? *p != 'H' : *p < 'A' || *p > 'Z')) {
		lose(r); /* nearly everything that is no HTTP leaves here */
		return n;
	}
	if (!head_room(r->h, f, f->nhead + n)) {
		r->h->too_long += f->line || f->nhead + n <= HTTP_HEAD_MAX; /* a long line without end is no head */
		lose(r);
		return n;
	}
	memcpy(f->head + f->nhead, p, n);
	f->nhead += n;
	if (!f->line && *f->head != '\n' && !may_begin(f, r->dir))
		lose(r);
	else if (lf && head_line(r))
		head_done(r);
	return n;
}

/* ---- the body ------------------------------------------------------------------------------------- */

/* Bytes of a body or chunk; data NULL: missing ones, not more than there are to come. */
static uint32_t take_body(const struct run *r, const uint8_t *p, uint32_t len)
{
	struct http_half *f = half_of(r);
	uint32_t n = f->state == CLOSE || f->left > len ? len : (uint32_t)f->left;

	if (n)
		r->ev->body(r->user, r->dir, p, n);
	if (f->state == CLOSE)
		return n;
	f->left -= n;
	if (!f->left && f->state == LENGTH)
		message_end(r, true);
	else if (!f->left)
		f->state = CHUNK_SIZE;
	return n;
}

static int hex_value(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A character of "1a2b; name=value\r\n"; the end of line of the chunk before it may come first. */
static void chunk_size(const struct run *r, uint8_t c)
{
	enum { EXTENSION = 1 << 8 };
	struct http_half *f = half_of(r);
	int digit = hex_value(c);

	if (c == '\n' && f->digits) {
		f->state = f->left ? CHUNK_DATA : TRAILER;
		f->digits = 0;
	} else if (f->digits & EXTENSION || (!f->digits && (c == '\r' || c == '\n'))) {
		return;
	} else if (digit >= 0 && f->digits < CHUNK_DIGITS) {
		f->left = f->left << 4 | (unsigned)digit;
		f->digits++;
	} else if (f->digits && digit < 0) {
		f->digits |= EXTENSION;
	} else {
		message_end(r, false);
		lose(r);
	}
}

static void trailer(const struct run *r, uint8_t c)
{
	struct http_half *f = half_of(r);

	if (c == '\n' && !f->digits)
		message_end(r, true);
	else if (c == '\n')
		f->digits = 0;
	else if (c != '\r')
		f->digits = 1;
}

static void gap(const struct run *r, uint32_t len)
{
	struct http_half *f = half_of(r);

	if (f->state == CLOSE || ((f->state == LENGTH || f->state == CHUNK_DATA) && len <= f->left)) {
		take_body(r, NULL, len);
		return;
	}
	if (f->state == TUNNEL)
		return;
	if (f->state == LENGTH || f->state == CHUNK_DATA)
		r->ev->body(r->user, r->dir, NULL, (uint32_t)f->left);
	if (in_body(f))
		message_end(r, false);
	lose(r);
	requests_forget(r->h); /* which response belongs to which is not known any more */
}

void http_body_data(struct http_body *h, unsigned dir, const uint8_t *data, uint32_t len, const struct http_body_events *ev, void *user)
{
	struct run r = { h, dir, ev, user };
	struct http_half *f = &h->half[dir];

	if (!data) {
		gap(&r, len);
		return;
	}
	if (f->state == LOST)
		f->state = HEAD;
	while (len) {
		uint32_t n = 1;

		switch (f->state) {
		case HEAD: n = take_head(&r, data, len); break;
		case LENGTH:
		case CHUNK_DATA:
		case CLOSE: n = take_body(&r, data, len); break;
		case CHUNK_SIZE: chunk_size(&r, *data); break;
		case TRAILER: trailer(&r, *data); break;
		default: return; /* LOST, TUNNEL: the rest of the piece is nothing */
		}
		data += n;
		len -= n;
	}
}

void http_body_end(struct http_body *h, unsigned dir, bool closed, const struct http_body_events *ev, void *user)
{
	struct run r = { h, dir, ev, user };

	if (in_body(&h->half[dir]))
		message_end(&r, closed && h->half[dir].state == CLOSE);
	lose(&r);
}

void http_body_release(struct http_body *h)
{
	requests_forget(h);
	head_free(h, &h->half[ORIG]);
	head_free(h, &h->half[RESP]);
	*h = (struct http_body){ .held = h->held };
}
