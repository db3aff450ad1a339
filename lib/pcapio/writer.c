/* SPDX-License-Identifier: MIT */
/*
 * Writing captures: the buffer, runs borrowed from a reader, pcap records, and
 * what happens when the disk is full.
 *
 *	reader's buffer   |rec|rec|rec|rec|rec|rec|      run: neighbouring records that
 *	                      `--run--'   `run'          are kept, one memcpy or write
 *	our buffer        |rec|rec|rec| ...              whole records, written when full
 *
 * Measured: copying runs into a buffer and one write(2) of that is as fast as
 * writev(2) of the runs where they stand, and a long run is written from where
 * it stands without a copy. The buffer starts and ends with a whole record, so
 * that after a failed write the file can be cut behind the last whole one.
 */
#include "pcapio/sink.h"
#include "sys/io.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BUFFER = 256 * 1024,
	DIRECT = 64 * 1024, /* a run as long as this is written from where it stands */
	PIPE_BYTES = 1024 * 1024,
	DEFAULT_SNAPLEN = 262144
};

/* ---- to the descriptor ------------------------------------------------------------------- */

/* The end of the last record that is whole within `done` bytes of a piece; counts the packets up to there. */
static size_t whole_records(const struct writer *w, const uint8_t *data, size_t done, uint64_t *packets)
{
	size_t at = data == w->buf ? w->head : 0;
	bool swapped = w->out_swapped;

	if (at > done)
		return 0;
	while (done - at >= PCAP_RECORD) {
		const uint8_t *p = data + at;
		uint32_t type;
		size_t n;

		if (w->o.format == FORMAT_PCAP) {
			n = PCAP_RECORD + (size_t)load_u32(p + 8, false);
			type = BLOCK_EPB;
		} else {
			if (load_u32(p, false) == BLOCK_SHB)
				swapped = load_u32(p + 8, false) != ORDER_MARK;
			n = ((size_t)load_u32(p + 4, swapped) + 3) & ~(size_t)3;
			type = load_u32(p, swapped);
		}
		if (n > done - at)
			break;
		at += n;
		*packets += type == BLOCK_EPB || type == BLOCK_SPB || type == BLOCK_PB;
	}
	return at;
}

/* `done` bytes of a piece went out, then errno. What is torn is cut off, if that is possible. */
static int write_failed(struct writer *w, const uint8_t *data, size_t done, struct errmsg *err)
{
	int why = errno;
	size_t whole = whole_records(w, data, done, &w->out_packets);
	off_t at = lseek(w->fd, 0, SEEK_CUR);
	char good[80] = "no packet is in it";
	struct stat st;

	if (whole < done && at >= 0 && fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    ftruncate(w->fd, at - (off_t)(done - whole)) < 0)
		errno = why; /* nothing more can be done; the reader of the file will say that it is cut off */
	if (w->out_packets)
		snprintf(good, sizeof(good), "the %llu packets before that are in it and good", (unsigned long long)w->out_packets);
	if (why == EPIPE)
		w->failed = errmsg_set(err, NW_ECLOSED, "%s: its reader went away after %llu packets", w->name,
				       (unsigned long long)w->out_packets);
	else
		w->failed = errmsg_set(err, NW_ESYS, "%s: %s; %s%s", w->name, strerror(why), good,
				       why == ENOSPC || why == EDQUOT ? ", make room or name another place with -w" : "");
	w->run = w->run_end = NULL;
	w->pos = w->buf;
	return w->failed;
}

static int write_out(struct writer *w, const uint8_t *data, size_t len, struct errmsg *err)
{
	size_t done = 0;

	if (w->o.sink)
		return w->failed = w->o.sink(w->o.sink_user, (const char *)data, len, err);
	while (done < len) {
		ssize_t n = write(w->fd, data + done, len - done);

		if (n >= 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd p = { .fd = w->fd, .events = POLLOUT };

			poll(&p, 1, -1);
		} else if (errno != EINTR) {
			return write_failed(w, data, done, err);
		}
	}
	return 0;
}

static int flush_buffer(struct writer *w, struct errmsg *err)
{
	int rc = write_out(w, w->buf, (size_t)(w->pos - w->buf), err);

	if (rc)
		return rc;
	w->pos = w->buf;
	w->head = 0;
	w->out_packets += w->buf_packets;
	w->buf_packets = 0;
	w->out_swapped = w->swapped;
	return 0;
}

/* The borrowed run into the buffer, or to the descriptor if it is long. */
static int close_run(struct writer *w, struct errmsg *err)
{
	size_t len = (size_t)(w->run_end - w->run);
	int rc = 0;

	if (len > (size_t)(w->limit - w->pos) || len >= DIRECT)
		rc = flush_buffer(w, err);
	if (!rc && len >= DIRECT) {
		rc = write_out(w, w->run, len, err);
		if (!rc)
			w->out_packets += w->run_packets;
	} else if (!rc) {
		copy_packet(w->pos, w->run, len);
		w->pos += len;
		w->buf_packets += w->run_packets;
	}
	w->run = w->run_end = NULL;
	w->run_packets = 0;
	return rc;
}

/* ---- the buffer ------------------------------------------------------------------------------- */

static int start_file(struct writer *w, struct errmsg *err)
{
	w->started = true;
	if (w->source && w->o.format == FORMAT_PCAPNG)
		return 0; /* the first block of the source is its header */
	if (w->o.format == FORMAT_PCAPNG) {
		int rc = pcapng_put_section(w, err);

		for (uint32_t i = 0; !rc && i < w->ninterfaces; i++)
			rc = pcapng_put_interface(w, &w->interfaces[i], err);
		return rc ? rc : pcapng_put_kept_secrets(w, err);
	}
	if (w->source && w->pass_kind != RECORD_NONE) {
		uint32_t len;

		memcpy(w->pos, reader_file_header(w->source, &len), PCAP_HEADER);
	} else {
		memset(w->pos, 0, PCAP_HEADER);
		put_u32(w->pos, w->o.nano ? 0xa1b23c4d : 0xa1b2c3d4);
		put_u16(w->pos + 4, 2);
		put_u16(w->pos + 6, 4);
		put_u32(w->pos + 16, w->o.snaplen ? w->o.snaplen : DEFAULT_SNAPLEN);
		put_u32(w->pos + 20, w->o.linktype);
	}
	w->pos += PCAP_HEADER;
	w->head = PCAP_HEADER;
	w->bytes += PCAP_HEADER;
	return 0;
}

int writer_room(struct writer *w, size_t len, struct errmsg *err)
{
	size_t used;
	uint8_t *grown;
	int rc = 0;

	if (w->failed)
		return w->failed;
	if (!w->started)
		rc = start_file(w, err);
	if (!rc && w->run)
		rc = close_run(w, err);
	if (rc || len <= (size_t)(w->limit - w->pos))
		return rc;
	rc = flush_buffer(w, err);
	if (rc || len <= (size_t)(w->limit - w->buf))
		return rc;
	used = (size_t)(w->pos - w->buf);
	grown = realloc(w->buf, len);
	if (!grown)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory for a record of %zu bytes", w->name, len);
	w->buf = grown;
	w->pos = grown + used;
	w->limit = grown + len;
	return 0;
}

static inline int added(struct writer *w, size_t len, unsigned packets, struct errmsg *err)
{
	w->pos += len;
	w->bytes += len;
	w->packets += packets;
	w->buf_packets += packets;
	return w->o.unbuffered && packets ? flush_buffer(w, err) : 0;
}

int writer_added(struct writer *w, size_t len, unsigned packets, struct errmsg *err)
{
	return added(w, len, packets, err);
}

/* ---- opening and closing ------------------------------------------------------------------------ */

static void set_target(struct writer *w, int fd, const char *name)
{
	snprintf(w->name, sizeof(w->name), "%s", name);
	w->fd = fd;
	w->started = false;
	w->head = 0;
	w->packets = w->bytes = w->out_packets = w->buf_packets = 0;
	w->failed = 0;
	io_grow_pipe(fd, PIPE_BYTES);
}

int writer_open(struct writer **out, int fd, const char *name, const struct writer_options *o, struct errmsg *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	size_t size = o->buffer_bytes > 4096 ? o->buffer_bytes : BUFFER;

	*out = NULL;
	if (!w)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory", name);
	w->o = *o;
	w->comment = o->comment ? strdup(o->comment) : NULL;
	w->application = o->application ? strdup(o->application) : NULL;
	w->buf = malloc(size);
	if (!w->buf || (o->comment && !w->comment) || (o->application && !w->application)) {
		w->failed = NW_ELIMIT;
		writer_close(w, NULL);
		return errmsg_set(err, NW_ELIMIT, "%s: no memory", name);
	}
	w->pos = w->buf;
	w->limit = w->buf + size;
	set_target(w, fd, name);
	*out = w;
	return 0;
}

int writer_reopen(struct writer *w, int fd, const char *name, struct errmsg *err)
{
	int rc = writer_flush(w, err);

	if (w->source && w->o.format == FORMAT_PCAPNG)
		return errmsg_set(err, NW_EFAIL, "%s: a copy of a pcapng stream cannot go on in another file", name);
	w->pos = w->buf; /* what the old file could not take was reported */
	w->run = w->run_end = NULL;
	w->run_packets = 0;
	set_target(w, fd, name);
	return rc;
}

int writer_close(struct writer *w, struct errmsg *err)
{
	int rc;

	if (!w)
		return 0;
	rc = w->buf && !w->failed ? writer_flush(w, err) : 0;
	free(w->interfaces);
	free(w->secrets);
	free(w->comment);
	free(w->application);
	free(w->buf);
	free(w);
	return rc;
}

/* ---- interfaces and packets ------------------------------------------------------------------------ */

int writer_add_interface(struct writer *w, const struct interface *i, uint32_t *ifid, struct errmsg *err)
{
	int rc = 0;

	if (w->o.format == FORMAT_PCAP && i->linktype != w->o.linktype)
		return errmsg_set(err, NW_EINPUT,
				  "%s: pcap holds one link type, and this one has %u (%s) and %u (%s); write pcapng "
				  "(--format pcapng, or a name ending in .pcapng)",
				  w->name, w->o.linktype, linktype_name(w->o.linktype) ? linktype_name(w->o.linktype) : "unknown",
				  i->linktype, linktype_name(i->linktype) ? linktype_name(i->linktype) : "unknown");
	if (w->ninterfaces == w->interfaces_size) {
		uint32_t size = w->interfaces_size ? 2 * w->interfaces_size : 2;
		struct interface *grown = size <= MAX_INTERFACES ? realloc(w->interfaces, size * sizeof(*grown)) : NULL;

		if (!grown)
			return errmsg_set(err, NW_ELIMIT, "%s: no memory for %u interfaces", w->name, size);
		w->interfaces = grown;
		w->interfaces_size = size;
	}
	w->interfaces[w->ninterfaces] = *i;
	if (w->o.format == FORMAT_PCAPNG && w->started)
		rc = writer_room(w, 0, err);
	if (!rc && w->o.format == FORMAT_PCAPNG && w->started)
		rc = pcapng_put_interface(w, i, err);
	*ifid = w->ninterfaces++;
	return rc;
}

static int put_pcap(struct writer *w, const struct frame *f, struct errmsg *err)
{
	size_t len = PCAP_RECORD + (size_t)f->caplen;
	int64_t s = f->ts_ns / 1000000000, ns = f->ts_ns % 1000000000;
	int rc;

	if (f->linktype != w->o.linktype)
		return errmsg_set(err, NW_EINPUT, "%s: pcap holds one link type (%u), this packet has %u; write pcapng (--format pcapng)",
				  w->name, w->o.linktype, f->linktype);
	if (!w->started || w->failed || w->run || len > (size_t)(w->limit - w->pos)) {
		rc = writer_room(w, len, err);
		if (rc)
			return rc;
	}
	if (ns < 0) {
		s--;
		ns += 1000000000;
	}
	put_u32(w->pos, (uint32_t)s);
	put_u32(w->pos + 4, (uint32_t)(w->o.nano ? ns : ns / 1000));
	put_u32(w->pos + 8, f->caplen);
	put_u32(w->pos + 12, f->wirelen);
	copy_packet(w->pos + PCAP_RECORD, f->data, f->caplen);
	return added(w, len, 1, err);
}

int writer_frame(struct writer *w, const struct frame *f, uint32_t ifid, const char *comment, struct errmsg *err)
{
	if (w->o.format == FORMAT_PCAP)
		return put_pcap(w, f, err);
	return pcapng_put_packet(w, f, ifid, comment, err);
}

int writer_statistics(struct writer *w, uint32_t ifid, const struct interface *counters, int64_t start_ns, int64_t end_ns,
		      struct errmsg *err)
{
	return w->o.format == FORMAT_PCAP ? 0 : pcapng_put_statistics(w, ifid, counters, start_ns, end_ns, err);
}

/* ---- copying a reader's stream ------------------------------------------------------------------------ */

static int pass_bytes(struct writer *w, const uint8_t *p, uint32_t len, unsigned packets, struct errmsg *err)
{
	if (p != w->run_end) {
		int rc = writer_room(w, 0, err);

		if (rc)
			return rc;
		w->run = p;
	}
	w->run_end = p + len;
	w->run_packets += packets;
	w->packets += packets;
	w->bytes += len;
	return 0;
}

/* A block that is no packet, on its way from the reader. */
static int pass_block(void *user, const struct block *b, struct errmsg *err)
{
	struct writer *w = user;
	int rc;

	if (b->type == BLOCK_CUSTOM_NOCOPY)
		return 0; /* it asks not to be copied into a file that was changed */
	if (b->type == BLOCK_IDB)
		w->section_next++;
	if (b->type != BLOCK_SHB)
		return pass_bytes(w, b->bytes, b->len, 0, err);
	rc = writer_room(w, b->len, err);
	if (rc)
		return rc;
	w->swapped = b->foreign_order;
	w->section_first = w->section_next;
	memcpy(w->pos, b->bytes, b->len);
	memset(w->pos + 16, 0xff, 8); /* section length: not said, since packets may be left out */
	rc = writer_added(w, b->len, 0, err);
	if (!rc && w->secrets_due)
		rc = pcapng_put_kept_secrets(w, err);
	w->secrets_due = false;
	return rc;
}

int writer_follow(struct writer *w, struct reader *r, struct errmsg *err)
{
	const struct interface *i = reader_interface(r, 0);

	w->source = r;
	w->o.format = reader_format(r);
	w->secrets_due = true;
	if (w->o.format == FORMAT_PCAPNG) {
		int rc;

		w->pass_kind = RECORD_PCAPNG;
		rc = reader_on_block(r, pass_block, w, err);
		return rc ? rc : writer_sync(w, err); /* what was read at open is borrowed, and reader_fill() comes next */
	}
	w->o.linktype = i->linktype;
	w->o.snaplen = i->snaplen;
	w->o.nano = i->tsresol == 9;
	w->pass_kind = r->blank.record_kind == RECORD_OTHER ? RECORD_NONE : r->blank.record_kind;
	return 0;
}

/* A block about the capture, on its way into a file of ours. */
static int keep_block(void *user, const struct block *b, struct errmsg *err)
{
	struct writer *w = user;
	int rc;

	if (b->type != BLOCK_NRB && b->type != BLOCK_DSB && b->type != BLOCK_CUSTOM)
		return 0;
	if (b->foreign_order) {
		w->left_out++;
		return 0;
	}
	rc = writer_room(w, b->len, err);
	if (rc)
		return rc;
	memcpy(w->pos, b->bytes, b->len);
	return writer_added(w, b->len, 0, err);
}

int writer_keep_blocks(struct writer *w, struct reader *r, struct errmsg *err)
{
	if (w->o.format != FORMAT_PCAPNG || reader_format(r) != FORMAT_PCAPNG)
		return 0;
	return reader_on_block(r, keep_block, w, err);
}

unsigned writer_left_out(const struct writer *w)
{
	return w->left_out;
}

int writer_pass(struct writer *w, const struct frame *f, struct errmsg *err)
{
	if (f->record_kind != w->pass_kind)
		return writer_frame(w, f, f->ifid, NULL, err);
	if (w->failed)
		return w->failed;
	if (w->o.unbuffered) {
		int rc = pass_bytes(w, f->record, f->record_len, 1, err);

		return rc ? rc : writer_flush(w, err);
	}
	return pass_bytes(w, f->record, f->record_len, 1, err);
}

int writer_sync(struct writer *w, struct errmsg *err)
{
	if (w->failed)
		return w->failed;
	return w->run ? close_run(w, err) : 0;
}

int writer_flush(struct writer *w, struct errmsg *err)
{
	int rc = writer_room(w, 0, err);

	return rc ? rc : flush_buffer(w, err);
}

uint64_t writer_packets(const struct writer *w)
{
	return w->packets;
}

uint64_t writer_bytes(const struct writer *w)
{
	return w->bytes;
}
