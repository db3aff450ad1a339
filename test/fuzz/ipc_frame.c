/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of lib/ipc/frame.c and queue.c. The first two bytes say in which pieces the rest arrives. The messages must
 * be those that a reading of the whole finds; memory must follow the bytes, not the lengths; what was read must go through
 * a queue and a socket and come out the same.
 */
#include "ipc/frame.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CEILING = 4096, KEPT = 64 };

static void must_at(bool good, int line)
{
	if (good)
		return;
	fprintf(stderr, "ipc_frame.c:%d\n", line);
	abort();
}

#define must(good) must_at(good, __LINE__)

struct reading {
	const uint8_t *bytes;
	size_t size, at;   /* how far whole messages were found */
	struct ipc_queue queue;
	unsigned queued;
};

/* Compares one message with what stands in the input. */
static void take(struct reading *g, const struct ipc_message *m)
{
	size_t len = get_le32(g->bytes + g->at);
	struct ipc_shared *shared;

	must(len && len <= CEILING && m->len == len && g->size - g->at - 4 >= len);
	must(!m->nfds && !memcmp(m->text, g->bytes + g->at + 4, len));
	g->at += 4 + len;
	if (g->queued == KEPT)
		return;
	shared = ipc_shared_new(m->text, m->len, NULL, 0);
	shared->event = len % 2;
	g->queued += !ipc_queue_add(&g->queue, shared, NULL) && !g->queue.lost;
	ipc_shared_drop(shared);
}

/* What is in the queue goes through a socket: the first messages of the input again. */
static void through_a_socket(struct reading *g)
{
	struct ipc_reader r;
	struct ipc_message m;
	size_t at = 0;
	unsigned n = 0;
	int s[2], rc;

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
	ipc_reader_init(&r, CEILING);
	do {
		rc = ipc_queue_write(&g->queue, s[1], NULL);
		must(rc >= 0);
		while (!ipc_receive(&r, s[0], 0, &m, NULL)) {
			size_t len = get_le32(g->bytes + at);

			must(m.len == len && !memcmp(m.text, g->bytes + at + 4, len));
			at += 4 + len;
			n++;
		}
	} while (!rc);
	must(n == g->queued && !g->queue.bytes && !g->queue.event_bytes);
	ipc_reader_release(&r);
	close(s[0]);
	close(s[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading g = { 0 };
	struct ipc_reader r;
	struct ipc_message m;
	size_t piece, fed = 0;
	int rc = 0;

	if (size < 2 || size > 1 << 16)
		return 0;
	g.bytes = data + 2;
	g.size = size - 2;
	piece = 1 + data[0] + data[1] * 16u;
	ipc_reader_init(&r, CEILING);
	ipc_queue_init(&g.queue, 1 << 20); /* never full: 64 messages of 4 KiB */
	while (fed < g.size && !rc) {
		size_t n = g.size - fed < piece ? g.size - fed : piece;
		char *copy = malloc(n); /* what is not kept is noticed */

		memcpy(copy, g.bytes + fed, n);
		fed += n;
		must(!ipc_reader_give(&r, copy, n, NULL));
		while ((rc = ipc_reader_next(&r, &m, NULL)) > 0)
			take(&g, &m);
		must(ipc_reader_ready(&r) == (rc < 0));
		must(!ipc_reader_keep(&r, NULL));
		must(r.size <= 2 * fed + 1024 && (r.own || g.at == fed));
		free(copy);
	}
	if (rc) { /* refused: a length that may not be */
		size_t len = get_le32(g.bytes + g.at);

		must(rc == (len ? NW_ELIMIT : NW_EINPUT) && (!len || len > CEILING));
	} else {
		must(g.size - g.at < 4 || g.size - g.at - 4 < get_le32(g.bytes + g.at));
		must(ipc_reader_half(&r) == (g.size > g.at));
	}
	ipc_reader_release(&r);
	through_a_socket(&g);
	ipc_queue_release(&g.queue);
	return 0;
}
