/* SPDX-License-Identifier: MIT */
#include "base/outbuf.h"
#include "check.h"
#include "flow/http_body.h"

#include <stdlib.h>

enum { ORIG, RESP };

/* What was told, as text: "GET /a? begin", body bytes, "." whole or "!" not. */
struct heard {
	char text[4096];
	struct outbuf o;
};

static void on_begin(void *user, unsigned dir, const struct http_message *m)
{
	struct heard *h = user;

	outbuf_str(&h->o, dir == RESP ? "<" : ">");
	outbuf_bytes(&h->o, m->method.text, m->method.len);
	outbuf_char(&h->o, ' ');
	outbuf_bytes(&h->o, m->host.text, m->host.len);
	outbuf_bytes(&h->o, m->target.text, m->target.len);
	if (m->response) {
		outbuf_char(&h->o, ' ');
		outbuf_u64(&h->o, m->status);
	}
	if (m->encoding.len) {
		outbuf_char(&h->o, ' ');
		outbuf_bytes(&h->o, m->encoding.text, m->encoding.len);
	}
	outbuf_str(&h->o, m->has_body ? ":" : ";");
}

static void on_body(void *user, unsigned dir, const uint8_t *data, uint32_t len)
{
	struct heard *h = user;

	(void)dir;
	if (data) {
		outbuf_bytes(&h->o, data, len);
	} else {
		outbuf_char(&h->o, '[');
		outbuf_u64(&h->o, len);
		outbuf_char(&h->o, ']');
	}
}

static void on_end(void *user, unsigned dir, bool whole)
{
	struct heard *h = user;

	(void)dir;
	outbuf_char(&h->o, whole ? '.' : '!');
}

static const struct http_body_events events = { on_begin, on_body, on_end };

/* What is said: '>' or '<' and the bytes; a gap is "\1" and a digit. */
struct said {
	unsigned dir;
	const char *text;
};

static void say(struct http_body *h, struct heard *heard, unsigned dir, const char *p, size_t len)
{
	uint8_t *copy;

	if (!len)
		return;
	if (*p == '\1') {
		http_body_data(h, dir, NULL, (uint32_t)(p[1] - '0'), &events, heard);
		return;
	}
	copy = malloc(len); /* exactly as long as it is */
	memcpy(copy, p, len);
	http_body_data(h, dir, copy, (uint32_t)len, &events, heard);
	free(copy);
}

/* Everything of `said` (ends with text NULL), each text in pieces of `piece` bytes (0: whole), then both ends. */
static const char *hear(struct heard *heard, const struct said *said, size_t piece, bool closed)
{
	struct http_body h = { .messages = 0 };

	outbuf_fixed(&heard->o, heard->text, sizeof(heard->text));
	for (; said->text; said++) {
		size_t len = strlen(said->text), step = piece && *said->text != '\1' ? piece : len;

		for (size_t at = 0; at < len; at += step)
			say(&h, heard, said->dir, said->text + at, len - at < step ? len - at : step);
	}
	http_body_end(&h, ORIG, closed, &events, heard);
	http_body_end(&h, RESP, closed, &events, heard);
	http_body_release(&h);
	return outbuf_cstr(&heard->o);
}

/* The same, whatever the pieces. */
static void check_hears(const struct said *said, const char *want)
{
	static struct heard heard;

	for (size_t piece = 0; piece < 12; piece++)
		if (!CHECK_STR(hear(&heard, said, piece, true), want))
			return;
}

TEST(length_chunks_and_until_the_end)
{
	check_hears((struct said[]){
		{ ORIG, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" },
		{ RESP, "HTTP/1.1 200 OK\r\ncontent-LENGTH:  5\r\n\r\nhello" },
		{ ORIG, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n" },
		{ RESP, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0A ; x=y\r\n0123456789\r\n0\r\nX: y\r\n\r\n" },
		{ ORIG, "GET /c HTTP/1.0\r\n\r\n" },
		{ RESP, "HTTP/1.0 200 OK\r\n\r\nuntil the end" },
		{ 0, NULL } },
		">GET x/a;<GET x/a 200:hello.>GET x/b;<GET x/b 200 gzip:abc0123456789.>GET /c;<GET /c 200:until the end.");
}

TEST(what_has_no_body)
{
	check_hears((struct said[]){
		{ ORIG, "HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\nPOST /d HTTP/1.1\r\nContent-Length: 2\r\n"
			"Expect: 100-continue\r\n\r\n" },
		{ RESP, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"
			"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" },
		{ ORIG, "hi" },
		{ RESP, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
		{ 0, NULL } },
		">HEAD /a;>GET /b;>GET /c;>POST /d:<HEAD /a 200;<GET /b 304;<GET /c 204;<  100;hi.<POST /d 200;");
}

TEST(responses_find_their_requests)
{
	check_hears((struct said[]){
		{ ORIG, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n\r\nGET /3 HTTP/1.1\r\n\r\n" },
		{ RESP, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"
			"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc" },
		{ 0, NULL } },
		">GET /1;>GET /2;>GET /3;<GET /1 200:a.<GET /2 200:b.<GET /3 200:c.");
}

TEST(tunnels_are_left_alone)
{
	check_hears((struct said[]){
		{ ORIG, "CONNECT h:443 HTTP/1.1\r\n\r\n" },
		{ RESP, "HTTP/1.1 200 OK\r\n\r\n" },
		{ ORIG, "GET /not HTTP/1.1\r\n\r\n" },
		{ RESP, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx" },
		{ 0, NULL } },
		">CONNECT h:443;<CONNECT h:443 200;");
	check_hears((struct said[]){
		{ ORIG, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n" },
		{ RESP, "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi" },
		{ ORIG, "GET /not HTTP/1.1\r\n\r\n" },
		{ 0, NULL } },
		">GET /ws;<GET /ws 101;");
}

TEST(gaps_are_counted_or_end_a_body)
{
	static struct heard heard;
	static const struct said in_length[] = {
		{ ORIG, "GET /a HTTP/1.1\r\n\r\n" }, { RESP, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab" }, { RESP, "\1" "2" },
		{ RESP, "ef" }, { ORIG, "GET /b HTTP/1.1\r\n\r\n" }, { RESP, "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx" }, { 0, NULL } };
	static const struct said beyond[] = {
		{ ORIG, "GET /a HTTP/1.1\r\n\r\n" }, { RESP, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcde" }, { RESP, "\1" "9" },
		{ RESP, "noise\r\n\r\n" }, { RESP, "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx" }, { 0, NULL } };
	static const struct said in_size[] = {
		{ ORIG, "GET /a HTTP/1.1\r\n\r\n" }, { RESP, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" },
		{ RESP, "\1" "1" }, { RESP, "abc\r\n0\r\n\r\n" }, { 0, NULL } };

	CHECK_STR(hear(&heard, in_length, 0, true), ">GET /a;<GET /a 200:ab[2]ef.>GET /b;<GET /b 404:x.");
	CHECK_STR(hear(&heard, beyond, 0, true), ">GET /a;<GET /a 200:abcde[1]!<  404:x.");
	CHECK_STR(hear(&heard, in_size, 0, true), ">GET /a;<GET /a 200:abc!");
}

TEST(ends_that_are_no_ends)
{
	static struct heard heard;
	static const struct said cut[] = { { RESP, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc" }, { 0, NULL } };
	static const struct said open[] = { { RESP, "HTTP/1.1 200 OK\r\n\r\nabc" }, { 0, NULL } };

	CHECK_STR(hear(&heard, cut, 0, true), "<  200:abc!");
	CHECK_STR(hear(&heard, open, 0, true), "<  200:abc.");
	CHECK_STR(hear(&heard, open, 0, false), "<  200:abc!"); /* the capture ended, not the connection */
}

TEST(what_is_not_http)
{
	static struct heard heard;
	static const struct said tls[] = { { ORIG, "\x16\x03\x01 GET / HTTP/1.1\r\n\r\n" }, { RESP, "HTTP/2 200\r\n\r\n" }, { 0, NULL } };
	static const struct said later[] = { { ORIG, "rest of something\r\n" }, { ORIG, "GET / HTTP/1.1\r\n\r\n" }, { 0, NULL } };
	static const struct said bad_chunk[] = {
		{ RESP, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" }, { RESP, "HTTP/1.1 204 No\r\n\r\n" }, { 0, NULL } };
	static const struct said overflow[] = {
		{ RESP, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx" }, { 0, NULL } };

	CHECK_STR(hear(&heard, tls, 0, true), "");
	CHECK_STR(hear(&heard, later, 0, true), ">GET /;");
	CHECK_STR(hear(&heard, bad_chunk, 0, true), "<  200:!<  204;");
	CHECK_STR(hear(&heard, overflow, 0, true), "<  200:!");
}

TEST(heads_and_requests_have_a_ceiling)
{
	static struct heard heard;
	struct http_body h = { .messages = 0 };
	static uint8_t line[4096];

	outbuf_fixed(&heard.o, heard.text, sizeof(heard.text));
	memset(line, 'a', sizeof(line));
	http_body_data(&h, RESP, (const uint8_t *)"HTTP/1.1 200 OK\r\n", 17, &events, &heard);
	for (int i = 0; i < 20; i++)
		http_body_data(&h, RESP, line, sizeof(line), &events, &heard);
	CHECK_EQ(h.too_long, 1);
	CHECK(h.half[RESP].room <= 2 * HTTP_HEAD_MAX);
	for (int i = 0; i < HTTP_PIPELINE_MAX + 5; i++)
		http_body_data(&h, ORIG, (const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18, &events, &heard);
	CHECK_EQ(h.waiting, HTTP_PIPELINE_MAX);
	CHECK_EQ(h.forgotten, 5);
	http_body_release(&h);
	CHECK_EQ(h.waiting, 0);
}

TEST(all_connections_have_a_ceiling)
{
	static struct heard heard;
	static struct http_body many[3000];
	static uint8_t line[60000];
	uint64_t held = 0;
	unsigned refused = 0;

	outbuf_fixed(&heard.o, heard.text, sizeof(heard.text));
	memset(line, 'a', sizeof(line));
	memcpy(line, "HTTP/1.1 200 OK\r\n", 17);
	for (unsigned i = 0; i < 3000; i++) {
		many[i].held = &held;
		http_body_data(&many[i], RESP, line, sizeof(line), &events, &heard);
		refused += many[i].too_long;
	}
	CHECK(held <= HTTP_HELD_MAX);
	CHECK_EQ(refused, 3000 - HTTP_HELD_MAX / HTTP_HEAD_MAX);
	for (unsigned i = 0; i < 3000; i++)
		http_body_release(&many[i]);
	CHECK_EQ(held, 0);
}
