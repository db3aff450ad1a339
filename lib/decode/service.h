/* SPDX-License-Identifier: MIT */
/* What the application protocols of this folder share: their part of the line where tcpdump has no words of its own. */
#ifndef LIB_DECODE_SERVICE_H
#define LIB_DECODE_SERVICE_H

#include "decode/line.h"
#include "decode/message.h"
#include "summary.h"

/* "UDP, length 20: NAME" or, over TCP, ": NAME": what tcpdump says of the payload, then ours. */
void service_begin(struct summary *s, const struct packet *p, const struct layer *l, const char *name);
/* The same, then ": " and the first line of the layer, shortened. */
void service_line(struct summary *s, const struct packet *p, const struct layer *l);

/* Is `port` one of the two ports of the TCP or UDP layer that comes right before the one being detected? */
bool service_port(const struct decode *d, unsigned port);
/* The source port of the TCP or UDP layer that `l` is in. */
unsigned service_source(const struct packet *p, const struct layer *l);
/* True if the layer `l` was sent by the server: the end that has a port of this protocol, or the lower port. */
bool service_is_reply(const struct packet *p, const struct layer *l, unsigned proto);
/* For detect(): no TLS, which many services may change to on their port (STARTTLS). */
bool service_detect(const struct decode *d, const struct cursor *payload);
/* Takes all that is left: a layer that ends where its segment ends. service_silent() says nothing of what the snaplen cut:
 * for protocols that have no words in a line. */
enum decode_result service_decode(struct decode *d, struct layer *l);
enum decode_result service_silent(struct decode *d, struct layer *l);

/* message_end() (message.h), and whether the snaplen cut the message. */
static inline enum decode_result message_whole(struct decode *d, struct layer *l, uint32_t n, unsigned proto)
{
	/* a message behind it that was left out altogether counts too */
	bool cut = d->c.snapped && (n > cursor_left(&d->c) || (n == cursor_left(&d->c) && n < d->wire_left));

	if (message_waits(d, l, n))
		return DECODE_WAITS;
	message_end(d, l, n, proto);
	return cut ? DECODE_TRUNCATED : DECODE_OK;
}

#endif
