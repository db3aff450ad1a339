/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing of length-prefixed messages; see ipc/frame.h.
 *
 *	       pos              end
 *	[      [ 4 ][ JSON ][ 4 ][ JS|           bytes of one read: in the caller's scratch, or in `own` when a part
 *	        \_ handed out _/ \_ kept          of a message was kept before it
 *
 * Descriptors. The kernel hands out what was sent along with the bytes of the call that sent it, and ends a read there. Who
 * sends (here and in queue.c) gives a message with descriptors a call of its own, so they belong to the message that holds
 * the last byte of that read. Positions are counted from the beginning of the connection.
 */
#include "ipc/frame.h"

#include "base/bytes.h"
#include "loop/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	INCOMING_MAX = 4 * IPC_FDS_MAX,
	OWN_MIN = 1024,                 /* first size of a buffer for the part of a message */
	RECEIVE_SCRATCH = 16384
};

struct ipc_incoming {
	unsigned count;
	struct {
		uint64_t at;            /* position of the byte they came with */
		int fd;
	} item[INCOMING_MAX];
};

void ipc_message_close(struct ipc_message *m)
{
	for (unsigned i = 0; i < m->nfds; i++)
		close(m->fds[i]);
	m->nfds = 0;
}

/* ---- reader ------------------------------------------------------------------ */

void ipc_reader_init(struct ipc_reader *r, size_t max)
{
	*r = (struct ipc_reader){ .max = max };
}

void ipc_reader_release(struct ipc_reader *r)
{
	for (unsigned i = 0; r->incoming && i < r->incoming->count; i++)
		close(r->incoming->item[i].fd);
	free(r->incoming);
	free(r->own);
	*r = (struct ipc_reader){ .max = r->max };
}

static size_t rest_of(const struct ipc_reader *r)
{
	return (size_t)(r->end - r->pos);
}

static int no_memory(size_t bytes, struct errmsg *err)
{
	return errmsg_set(err, NW_ELIMIT, "no memory for a message of %zu bytes", bytes);
}

/* Moves what is left into a buffer of `size` bytes, which may be the one it is in. */
static int own_resize(struct ipc_reader *r, size_t size, struct errmsg *err)
{
	size_t rest = rest_of(r);
	char *to = r->own;

	if (!to || size != r->size) {
		to = malloc(size);
		if (!to)
			return no_memory(size, err);
	}
	if (rest)
		memmove(to, r->pos, rest);
	if (to != r->own)
		free(r->own);
	r->own = to;
	r->size = size;
	r->pos = to;
	r->end = to + rest;
	return 0;
}

int ipc_reader_keep(struct ipc_reader *r, struct errmsg *err)
{
	size_t rest = rest_of(r);

	if (!rest) {
		free(r->own);
		r->own = NULL;
		r->size = 0;
		r->pos = r->end = NULL;
		return 0;
	}
	if (r->own && (r->pos == r->own || rest > r->size / 4))
		return own_resize(r, r->size, err);
	return own_resize(r, rest < OWN_MIN ? OWN_MIN : rest, err);
}

/* Room for `more` bytes behind what is kept. A message is not whole when it has fewer than 4 + max bytes: beyond that
 * somebody fills without taking. */
static int own_grow(struct ipc_reader *r, size_t more, struct errmsg *err)
{
	size_t need = rest_of(r) + more, size = r->size < OWN_MIN ? OWN_MIN : r->size;

	if (rest_of(r) > r->max + 4)
		return errmsg_set(err, NW_ELIMIT, "messages come and are not taken");
	while (size < need)
		size *= 2;
	return own_resize(r, size, err);
}

static int incoming_add(struct ipc_reader *r, const int *fds, size_t n, uint64_t at, struct errmsg *err)
{
	size_t added = 0;

	if (!r->incoming)
		r->incoming = calloc(1, sizeof(*r->incoming));
	for (; r->incoming && added < n && r->incoming->count < INCOMING_MAX; added++) {
		r->incoming->item[r->incoming->count].at = at;
		r->incoming->item[r->incoming->count++].fd = fds[added];
	}
	if (added == n)
		return 0;
	while (added < n)
		close(fds[added++]);
	return errmsg_set(err, NW_ELIMIT, "more descriptors were sent than messages");
}

/* Descriptors of one recvmsg that brought `n` bytes. */
static int take_control(struct ipc_reader *r, struct msghdr *h, struct errmsg *err)
{
	int rc = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		int fds[IPC_FDS_MAX];
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), n * sizeof(int)); /* no more fit into the control buffer */
		rc = incoming_add(r, fds, n, r->total - 1, err);
	}
	return rc;
}

long ipc_reader_fill(struct ipc_reader *r, int fd, char *scratch, size_t size, bool take_fds, struct errmsg *err)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
	} control;
	struct iovec to;
	struct msghdr h = { .msg_iov = &to, .msg_iovlen = 1 };
	ssize_t n;
	int rc = 0;

	if (rest_of(r) <= size / 2) { /* what is kept goes in front: a whole read follows it */
		size_t rest = rest_of(r);

		if (rest)
			memmove(scratch, r->pos, rest);
		free(r->own);
		r->own = NULL;
		r->size = 0;
		r->pos = scratch;
		r->end = scratch + rest;
		to = (struct iovec){ scratch + rest, size - rest };
	} else {
		rc = own_grow(r, OWN_MIN, err);
		if (rc)
			return rc;
		to = (struct iovec){ r->own + rest_of(r), r->size - rest_of(r) };
	}
	if (take_fds) {
		h.msg_control = control.space;
		h.msg_controllen = sizeof(control.space);
	}
	n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC);
	if (n < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
			return 0;
		errmsg_errno(err, "the connection broke");
		return NW_ECONN;
	}
	if (n == 0)
		return errmsg_set(err, NW_ECLOSED, "the connection was closed");
	r->end += n;
	r->total += (uint64_t)n;
	if (take_fds)
		rc = take_control(r, &h, err);
	return rc ? rc : n;
}

int ipc_reader_give(struct ipc_reader *r, const char *data, size_t len, struct errmsg *err)
{
	if (rest_of(r) || r->own) {
		int rc = own_grow(r, len, err);

		if (rc)
			return rc;
		memcpy(r->own + rest_of(r), data, len);
	} else {
		r->pos = r->end = data;
	}
	r->end += len;
	r->total += len;
	return 0;
}

static void take_fds_before(struct ipc_reader *r, uint64_t position, struct ipc_message *m)
{
	struct ipc_incoming *in = r->incoming;
	unsigned left = 0;

	for (unsigned i = 0; i < in->count; i++) {
		if (in->item[i].at >= position)
			in->item[left++] = in->item[i];
		else if (m->nfds < IPC_FDS_MAX)
			m->fds[m->nfds++] = in->item[i].fd;
		else
			close(in->item[i].fd);
	}
	in->count = left;
	if (!left) {
		free(in);
		r->incoming = NULL;
	}
}

int ipc_reader_next(struct ipc_reader *r, struct ipc_message *m, struct errmsg *err)
{
	size_t rest = rest_of(r), len;

	m->nfds = 0;
	if (rest < 4)
		return 0;
	len = get_le32((const uint8_t *)r->pos);
	if (!len)
		return errmsg_set(err, NW_EINPUT, "a message of 0 bytes was announced; each begins with the length of its JSON text, "
						  "4 bytes, little-endian");
	if (len > r->max)
		return errmsg_set(err, NW_ELIMIT, "a message of %zu bytes was announced; the limit is %zu (a length is 4 bytes, "
						  "little-endian)", len, r->max);
	if (rest - 4 < len)
		return 0;
	m->text = r->pos + 4;
	m->len = len;
	r->pos += 4 + len;
	if (r->incoming)
		take_fds_before(r, r->total - rest_of(r), m);
	return 1;
}

bool ipc_reader_ready(const struct ipc_reader *r)
{
	size_t rest = rest_of(r), len;

	if (rest < 4)
		return false;
	len = get_le32((const uint8_t *)r->pos);
	return !len || len > r->max || rest - 4 >= len;
}

bool ipc_reader_half(const struct ipc_reader *r)
{
	return rest_of(r) && !ipc_reader_ready(r);
}

/* ---- for those who may wait ----------------------------------------------------- */

int ipc_send(int fd, const char *text, size_t len, const int *fds, unsigned nfds, struct errmsg *err)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
	} control = { 0 };
	uint8_t head[4] = { (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), (uint8_t)(len >> 24) };
	struct iovec part[2] = { { head, 4 }, { (void *)(uintptr_t)text, len } };
	struct msghdr h = { .msg_iov = part, .msg_iovlen = 2 };

	if (!len || len > UINT32_MAX - 4 || nfds > IPC_FDS_MAX)
		return errmsg_set(err, NW_EINPUT, "a message of %zu bytes and %u descriptors cannot be sent", len, nfds);
	if (nfds) {
		h.msg_control = control.space;
		h.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		*CMSG_FIRSTHDR(&h) = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(nfds * sizeof(int))
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), fds, nfds * sizeof(int));
	}
	while (part[0].iov_len + part[1].iov_len) {
		ssize_t n = sendmsg(fd, &h, MSG_NOSIGNAL);
		size_t of_head;

		if (n < 0) {
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
			else if (errno != EINTR)
				return errno == ECONNRESET ? errmsg_set(err, NW_ECLOSED, "the connection was closed") :
							     errmsg_errno(err, "cannot send a message");
			continue;
		}
		of_head = (size_t)n < part[0].iov_len ? (size_t)n : part[0].iov_len;
		part[0].iov_base = (char *)part[0].iov_base + of_head;
		part[0].iov_len -= of_head;
		part[1].iov_base = (char *)part[1].iov_base + ((size_t)n - of_head);
		part[1].iov_len -= (size_t)n - of_head;
		h.msg_control = NULL;
		h.msg_controllen = 0;
	}
	return 0;
}

/* The connection ended: between messages, or within one. */
static int ended(const struct ipc_reader *r, int code, struct errmsg *err)
{
	if (code == NW_ECLOSED && rest_of(r))
		return errmsg_set(err, NW_ECONN, "the connection was closed in the middle of a message");
	return code;
}

int ipc_receive(struct ipc_reader *r, int fd, int timeout_ms, struct ipc_message *m, struct errmsg *err)
{
	int64_t until = timeout_ms < 0 ? 0 : loop_monotonic_ns() + (int64_t)timeout_ms * 1000000;

	for (;;) {
		char scratch[RECEIVE_SCRATCH];
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int rc = ipc_reader_next(r, m, err), wait_ms = timeout_ms;
		long n;

		if (rc)
			return rc < 0 ? rc : 0;
		rc = ipc_reader_keep(r, err);
		if (rc)
			return rc;
		if (timeout_ms > 0) {
			int64_t left = until - loop_monotonic_ns();

			wait_ms = left > 0 ? (int)((left + 999999) / 1000000) : 0;
		}
		if (poll(&p, 1, wait_ms) == 0)
			return errmsg_set(err, NW_ETIME, "nothing came for %d ms", timeout_ms);
		if (!p.revents)
			continue; /* a signal */
		n = ipc_reader_fill(r, fd, scratch, sizeof(scratch), true, err);
		if (n < 0)
			return ended(r, (int)n, err);
		rc = ipc_reader_keep(r, err);
		if (rc)
			return rc;
	}
}

/* ---- errors on the wire ----------------------------------------------------------- */

int ipc_error_code(const char *word)
{
	static const struct {
		const char *word;
		int code;
	} codes[] = {
		{ "invalid", NW_EINPUT }, { "not_found", NW_EINPUT }, { "ambiguous", NW_EINPUT }, { "unknown_type", NW_EINPUT },
		{ "permission", NW_EPERM }, { "authentication", NW_EAUTH }, { "limit", NW_ELIMIT }, { "timeout", NW_ETIME },
		{ "unavailable", NW_ECONN },
	};

	for (unsigned i = 0; word && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(word, codes[i].word))
			return codes[i].code;
	return NW_EFAIL;
}
