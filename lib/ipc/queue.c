/* SPDX-License-Identifier: MIT */
/*
 * What waits to be written to one connection: a ring of references to messages. An event for a hundred subscribers is one
 * message with a hundred references; answers are gathered into one message by the server before they come here.
 *
 * A write gathers items up to the first that carries descriptors, which goes alone (see frame.c).
 */
#include "ipc/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	UPKEEP = 64,      /* what an item costs beside its bytes, roughly */
	GATHER = 64,      /* items in one write */
	RING_MIN = 8
};

/* ---- shared messages ------------------------------------------------------------ */

/* The descriptors stand behind the data, aligned: this far from the beginning. */
static size_t fds_offset(size_t len)
{
	return (offsetof(struct ipc_shared, data) + len + sizeof(int) - 1) / sizeof(int) * sizeof(int);
}

static int *shared_fds(struct ipc_shared *m)
{
	return (int *)(void *)((char *)m + fds_offset(m->len));
}

static struct ipc_shared *shared_alloc(size_t len, unsigned nfds)
{
	struct ipc_shared *m = NULL;

	if (len <= UINT32_MAX - 64)
		m = malloc(fds_offset(len) + nfds * sizeof(int));
	if (m)
		*m = (struct ipc_shared){ .refs = 1, .len = (uint32_t)len, .nfds = (uint8_t)nfds };
	return m;
}

struct ipc_shared *ipc_shared_new(const char *text, size_t len, const int *fds, unsigned nfds)
{
	struct ipc_shared *m = nfds <= IPC_FDS_MAX ? shared_alloc(len + 4, nfds) : NULL;

	if (!m) {
		for (unsigned i = 0; i < nfds; i++)
			close(fds[i]);
		return NULL;
	}
	for (unsigned i = 0; i < 4; i++)
		m->data[i] = (char)(len >> (8 * i));
	memcpy(m->data + 4, text, len);
	if (nfds)
		memcpy(shared_fds(m), fds, nfds * sizeof(int));
	return m;
}

struct ipc_shared *ipc_shared_frames(const char *frames, size_t len)
{
	struct ipc_shared *m = shared_alloc(len, 0);

	if (m)
		memcpy(m->data, frames, len);
	return m;
}

void ipc_shared_drop(struct ipc_shared *m)
{
	if (!m || --m->refs)
		return;
	for (unsigned i = 0; i < m->nfds; i++)
		close(shared_fds(m)[i]);
	free(m);
}

/* ---- queue ------------------------------------------------------------------------ */

void ipc_queue_init(struct ipc_queue *q, size_t max)
{
	*q = (struct ipc_queue){ .max = max };
}

static struct ipc_shared **item_at(const struct ipc_queue *q, uint32_t i)
{
	return &q->items[(q->first + i) & (q->size - 1)];
}

static void forget(struct ipc_queue *q, struct ipc_shared *m)
{
	q->bytes -= m->len + UPKEEP;
	if (m->event)
		q->event_bytes -= m->len + UPKEEP;
	ipc_shared_drop(m);
}

static void ring_free(struct ipc_queue *q)
{
	free(q->items);
	q->items = NULL;
	q->size = q->first = 0;
	q->sent = 0;
}

void ipc_queue_release(struct ipc_queue *q)
{
	for (uint32_t i = 0; i < q->count; i++)
		forget(q, *item_at(q, i));
	q->count = 0;
	ring_free(q);
}

static bool ring_grow(struct ipc_queue *q)
{
	uint32_t size = q->size ? q->size * 2 : RING_MIN;
	struct ipc_shared **items;

	if (q->count < q->size)
		return true;
	items = calloc(size, sizeof(*items));
	if (!items)
		return false;
	for (uint32_t i = 0; i < q->count; i++)
		items[i] = *item_at(q, i);
	free(q->items);
	q->items = items;
	q->size = size;
	q->first = 0;
	return true;
}

/* Takes events out, oldest first, until `need` bytes fit; not one that is partly written. */
static void events_make_room(struct ipc_queue *q, size_t need)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < q->count; i++) {
		struct ipc_shared *m = *item_at(q, i);

		if (m->event && q->bytes + need > q->max && !(i == 0 && q->sent)) {
			forget(q, m);
			q->lost++;
		} else {
			*item_at(q, left++) = m;
		}
	}
	q->count = left;
}

int ipc_queue_add(struct ipc_queue *q, struct ipc_shared *m, struct errmsg *err)
{
	size_t need = m->len + UPKEEP;

	if (q->bytes + need > q->max && !m->event && q->event_bytes)
		events_make_room(q, need);
	if (q->bytes + need > q->max) {
		if (!m->event)
			return errmsg_set(err, NW_ELIMIT, "more than %zu bytes would wait to be read", q->max);
		q->lost++;
		return 0;
	}
	if (!ring_grow(q))
		return errmsg_set(err, NW_ELIMIT, "no memory for a queue of %u messages", q->count);
	*item_at(q, q->count++) = m;
	m->refs++;
	q->bytes += need;
	if (m->event)
		q->event_bytes += need;
	return 0;
}

/* n bytes went out. */
static void advance(struct ipc_queue *q, size_t n)
{
	while (n) {
		struct ipc_shared *m = *item_at(q, 0);

		if (n < m->len - q->sent) {
			q->sent += n;
			return;
		}
		n -= m->len - q->sent;
		q->sent = 0;
		q->first = (q->first + 1) & (q->size - 1);
		q->count--;
		forget(q, m);
	}
}

static ssize_t write_some(struct ipc_queue *q, int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec part[GATHER];
	struct msghdr h = { .msg_iov = part };
	struct ipc_shared *m = *item_at(q, 0);

	part[0] = (struct iovec){ m->data + q->sent, m->len - q->sent };
	h.msg_iovlen = 1;
	if (m->nfds && !q->sent) {
		h.msg_control = control.space;
		h.msg_controllen = CMSG_SPACE(m->nfds * sizeof(int));
		*CMSG_FIRSTHDR(&h) = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(m->nfds * sizeof(int))
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), shared_fds(m), m->nfds * sizeof(int));
	} else {
		for (uint32_t i = 1; i < q->count && i < GATHER && !(*item_at(q, i))->nfds; i++)
			part[h.msg_iovlen++] = (struct iovec){ (*item_at(q, i))->data, (*item_at(q, i))->len };
	}
	return sendmsg(fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int ipc_queue_write(struct ipc_queue *q, int fd, struct errmsg *err)
{
	while (q->count) {
		ssize_t n = write_some(q, fd);

		if (n >= 0) {
			advance(q, (size_t)n);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return 0;
		if (errno == ECONNRESET || errno == ENOTCONN)
			return errmsg_set(err, NW_ECLOSED, "the connection was closed");
		return errmsg_errno(err, "cannot write to a connection");
	}
	ring_free(q);
	return 1;
}
