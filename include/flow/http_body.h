/* SPDX-License-Identifier: MIT */
/*
 * The messages of an HTTP/1 connection (RFC 9112) and their bodies, from the bytes of both directions in order.
 *
 *	orig   GET /a   HEAD /b   POST /c body        begin(), body() ..., end() of each message; a response is told
 *	resp       200 body   200     100  204        which request it answers, and how its body ends depends on that
 *
 * Chunks are taken apart; the content's own coding (gzip) is not. What is not HTTP is looked at only where a piece begins,
 * until a message does: so a capture may begin anywhere, and after a gap it goes on with the next message.
 */
#ifndef FLOW_HTTP_BODY_H
#define FLOW_HTTP_BODY_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HTTP_HEAD_MAX = 64 << 10, /* bytes of first line and headers; a longer one is left out */
	HTTP_PIPELINE_MAX = 64,   /* requests that wait for their response; beyond, the oldest are forgotten */
	HTTP_NAME_MAX = 2048,     /* bytes of target and host that are kept of a request, each */
	HTTP_HELD_MAX = 64 << 20  /* bytes of heads under way and requests that wait, of all connections with one `held` */
};

/* Not trusted, not terminated; len 0: not there. */
struct http_name {
	const char *text;
	uint32_t len;
};

/* A message whose head is whole. Everything is borrowed for the call. */
struct http_message {
	bool response;
	bool has_body;                /* body() may follow; end() does */
	uint16_t status;              /* of a response */
	struct http_name method, target, host; /* of the request; for a response of the one it answers, if that was seen */
	struct http_name type, encoding;       /* Content-Type, Content-Encoding (or what Transfer-Encoding has beside chunked) */
	bool has_length;
	uint64_t length_bytes;        /* Content-Length */
};

struct http_body_events {
	void (*begin)(void *user, unsigned dir, const struct http_message *m);
	/* data NULL: `len` bytes are missing. */
	void (*body)(void *user, unsigned dir, const uint8_t *data, uint32_t len);
	/* Of a message with has_body; `whole`: its last byte was seen. */
	void (*end)(void *user, unsigned dir, bool whole);
};

struct http_half {
	uint8_t state;
	bool close_seen;
	uint8_t *head;                /* what there is of a head; NULL: nothing */
	uint32_t nhead, room, line;   /* bytes, bytes allocated, where its last line begins */
	uint64_t left;                /* of a body or chunk */
	uint32_t digits;              /* of a chunk's size; characters of a trailer line */
};

struct http_request;

/* All zero (but `held`): nothing was seen. */
struct http_body {
	struct http_half half[2];     /* orig, resp */
	struct http_request *first, *last; /* without a response so far */
	uint32_t waiting;
	uint64_t *held;               /* what all connections hold, the caller's; NULL: this one is alone */
	uint32_t messages;            /* of both directions */
	uint32_t too_long;            /* heads beyond HTTP_HEAD_MAX, or for which there was no room in HTTP_HELD_MAX */
	uint32_t forgotten;           /* requests beyond HTTP_PIPELINE_MAX, or likewise */
};

/* The next bytes of a direction (0: of who began); data NULL: a gap. */
void http_body_data(struct http_body *h, unsigned dir, const uint8_t *data, uint32_t len, const struct http_body_events *ev, void *user);
/* The direction has ended; `closed`: in good order, so that what lasts until the end is whole. */
void http_body_end(struct http_body *h, unsigned dir, bool closed, const struct http_body_events *ev, void *user);
/* Frees what it holds; it is zero again but for `held`. */
void http_body_release(struct http_body *h);

#endif
