/* SPDX-License-Identifier: MIT */
/* One connection on a loop; see ipc/link.h. */
#include "ipc/link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCRATCH = 16384 };

void ipc_link_close(struct ipc_link *l)
{
	if (!l->io.loop)
		return;
	if (l->gone)
		*l->gone = true;
	l->gone = NULL;
	loop_remove_fd(&l->io);
	close(l->io.fd);
	l->io.fd = -1;
	ipc_reader_release(&l->reader);
	ipc_queue_release(&l->queue);
}

static void link_end(struct ipc_link *l, const char *reason)
{
	ipc_link_close(l);
	l->on_close(l, reason);
}

/* Returns false when the link is no more. */
static bool link_read(struct ipc_link *l)
{
	char scratch[SCRATCH];
	struct errmsg err;
	struct ipc_message m;
	bool gone = false;
	long n = ipc_reader_fill(&l->reader, l->io.fd, scratch, sizeof(scratch), true, &err);
	int rc = n < 0 ? (int)n : 0;

	l->gone = &gone;
	while (n > 0 && (rc = ipc_reader_next(&l->reader, &m, &err)) > 0) {
		l->on_message(l, &m);
		ipc_message_close(&m);
		if (gone)
			return false;
	}
	l->gone = NULL;
	if (rc == 0)
		rc = ipc_reader_keep(&l->reader, &err);
	if (rc == 0)
		return true;
	link_end(l, rc == NW_ECLOSED && !ipc_reader_half(&l->reader) ? "" : err.text);
	return false;
}

static void link_write(struct ipc_link *l)
{
	struct errmsg err;
	int rc = ipc_queue_write(&l->queue, l->io.fd, &err);

	if (rc >= 0)
		loop_set_events(&l->io, rc ? LOOP_READ : LOOP_READ | LOOP_WRITE, NULL);
	else /* what came before is still read, then the end is seen */
		shutdown(l->io.fd, SHUT_RDWR);
	if (rc < 0)
		ipc_queue_release(&l->queue);
}

static void link_ready(struct loop_fd *h, uint32_t events)
{
	struct ipc_link *l = container_of(h, struct ipc_link, io);

	if (events & (LOOP_READ | LOOP_ERROR | LOOP_HANGUP) && !link_read(l))
		return;
	if (events & LOOP_WRITE)
		link_write(l);
}

int ipc_link_open(struct ipc_link *l, struct loop *loop, int fd, size_t max, size_t queue_max, struct errmsg *err)
{
	int rc;

	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)) {
		rc = errmsg_errno(err, "cannot use descriptor %d", fd);
		close(fd);
		return rc;
	}
	ipc_reader_init(&l->reader, max);
	ipc_queue_init(&l->queue, queue_max);
	l->gone = NULL;
	l->io = (struct loop_fd){ .fd = fd, .events = LOOP_READ, .ready = link_ready };
	rc = loop_add_fd(loop, &l->io, err);
	if (rc) {
		close(fd);
		l->io.fd = -1;
	}
	return rc;
}

int ipc_link_send(struct ipc_link *l, const char *text, size_t len, const int *fds, unsigned nfds, struct errmsg *err)
{
	struct ipc_shared *m = ipc_shared_new(text, len, fds, nfds);
	bool idle = ipc_queue_empty(&l->queue);
	int rc;

	if (!m)
		return errmsg_set(err, NW_ELIMIT, "no memory for a message of %zu bytes", len);
	if (l->io.loop)
		rc = ipc_queue_add(&l->queue, m, err);
	else
		rc = errmsg_set(err, NW_ECLOSED, "the connection was closed");
	ipc_shared_drop(m);
	if (!rc && idle)
		link_write(l);
	return rc;
}
