/* SPDX-License-Identifier: MIT */
/*
 * Reads capture files and streams: pcap (us, ns, modified; both byte orders) and
 * pcapng (both orders, every standard block, many sections and interfaces),
 * gzip around any of them, from a file, a pipe, a FIFO or a growing file. Of the
 * obsolete relatives of pcap those that tshark reads are read too.
 *
 * A large regular file is read with the help of a second thread, if there is a
 * second core; nothing of that is visible here.
 *
 * The reader owns one buffer. Frames are handed out as they stand in it; all of
 * them stay valid until the buffer is filled again, and filling happens only in
 * reader_fill(). So a sink may gather pointers to whole runs of records and
 * write them in one piece before the next fill:
 *
 *	while ((n = reader_fill(r, &err)) > 0) {
 *		while (reader_next(r, &frame, &err) > 0)
 *			...
 *		writer_sync(w, &err);      // borrowed runs out before the buffer moves
 *	}
 *
 * Who does not care uses reader_read(), which does both.
 */
#ifndef PCAPIO_READER_H
#define PCAPIO_READER_H

#include "base/errmsg.h"
#include "base/frame.h"

#include <stdio.h>

struct reader;

enum capture_format { FORMAT_UNKNOWN, FORMAT_PCAP, FORMAT_PCAPNG };

struct reader_options {
	bool follow;            /* wait for a regular file to grow (tail -f) instead of ending */
	uint32_t max_record;    /* largest record accepted; 0: 64 MiB. A larger one is a lie (NW_EINPUT) */
	size_t buffer_bytes;    /* read at a time; 0: the size that measured best (512 KiB). The buffer grows to the largest
				 * record met, as its bytes come: a lie about a length takes no memory */
	uint64_t end;           /* of a plain regular file only the bytes before this offset are read; 0: all. See reader_seek() */
};

/* Opens `path` ("-": standard input, which stays open at close). Reads the file
 * header, so it may wait for a pipe. Errors: NW_ESYS/NW_EPERM (cannot open),
 * NW_EINPUT (neither pcap nor pcapng; names what it looks like). */
int reader_open(struct reader **r, const char *path, const struct reader_options *o, struct errmsg *err);
/* The same over a descriptor, which the reader does not close. `name` is for messages. */
int reader_open_fd(struct reader **r, int fd, const char *name, const struct reader_options *o, struct errmsg *err);
void reader_close(struct reader *r);

/* Waits for more bytes. 1: there are whole records to hand out; 0: end of input;
 * negative: NW_ESYS, NW_EINPUT. Invalidates all frames of this reader. */
int reader_fill(struct reader *r, struct errmsg *err);
/* 1: `f` is filled; 0: nothing whole left in the buffer, call reader_fill();
 * NW_EINPUT: the record after the last good one is broken or cut off (the
 * sentence says which, at which byte and after how many packets); everything
 * handed out before stays good and the reader is at its end. */
int reader_next(struct reader *r, struct frame *f, struct errmsg *err);
/* reader_fill() and reader_next() in one: 1, 0 at the end, or an error. */
int reader_read(struct reader *r, struct frame *f, struct errmsg *err);

/* Goes on at another place of a plain regular file that was opened with options.end: at the record that begins at `from`, up
 * to `end`, both between records. Interfaces that are known stay known (so those of a pcapng whose blocks were not
 * passed are not). Also after an end or a broken record. Invalidates all frames. 0; NW_EINPUT: no such file; NW_ESYS. */
int reader_seek(struct reader *r, uint64_t from, uint64_t end, struct errmsg *err);
/* Where the record begins that is handed out next, or that is broken: bytes of the (unpacked) input. */
uint64_t reader_offset(const struct reader *r);

/* True when input is buffered or readable without waiting (for merging and flushing). */
bool reader_ready(const struct reader *r);
/* For poll(); -1 when everything is in memory. */
int reader_fd(const struct reader *r);

/* After NW_EINPUT of reader_next(): the input ends inside a record, as a file does that is being written. */
bool reader_was_cut(const struct reader *r);
const char *reader_name(const struct reader *r);
enum capture_format reader_format(const struct reader *r);
/* "pcap" | "pcapng", with what is particular: "pcap, nanoseconds, big-endian, gzip". */
void reader_describe(const struct reader *r, char *text, size_t size);
/* Interfaces seen so far over all sections, in order; frame.ifid indexes them. pcap has one. */
uint32_t reader_interfaces(const struct reader *r);
const struct interface *reader_interface(const struct reader *r, uint32_t ifid);
/* The bytes that make a reader of this very stream understand its records: the
 * pcap file header. For pass-through of RECORD_PCAP_* records. */
const uint8_t *reader_file_header(const struct reader *r, uint32_t *len);

/* ---- everything in a pcapng that is not a packet -------------------------------- */

struct block {
	uint32_t type;        /* in host order: BLOCK_ below or a custom number */
	const uint8_t *bytes; /* the whole block as stored */
	uint32_t len;
	bool foreign_order;
	const uint8_t *options; /* the block's options as stored, or NULL */
	uint32_t options_len;
};

enum {
	BLOCK_SHB = 0x0a0d0d0a, BLOCK_IDB = 1, BLOCK_PB = 2, BLOCK_SPB = 3, BLOCK_NRB = 4, BLOCK_ISB = 5,
	BLOCK_EPB = 6, BLOCK_DSB = 10, BLOCK_CUSTOM = 0x00000bad, BLOCK_CUSTOM_NOCOPY = 0x40000bad
};

/* Called from reader_open/next for each block that is no packet, in file order,
 * section headers and interfaces included (so a pass-through writer loses
 * nothing). Borrowed for the call. Set before the first reader_fill(); blocks
 * read at open are replayed by this call. */
typedef int reader_block_fn(void *user, const struct block *b, struct errmsg *err);
int reader_on_block(struct reader *r, reader_block_fn *fn, void *user, struct errmsg *err);

/* Walks pcapng options: `*opts` and `*len` advance. 1: code, value, vlen set; 0: end; NW_EINPUT: broken. */
int pcapng_option_next(const uint8_t **opts, uint32_t *len, bool foreign_order, uint16_t *code, const uint8_t **value,
		       uint16_t *vlen);

/* ---- several inputs as one --------------------------------------------------------- */

/* Merges by time stamp (stable: equal times keep the order of the inputs; an
 * input that is not sorted is not sorted by us). Frame numbers count the merged
 * stream; ifid indexes merge_interface(). */
struct merge;
int merge_open(struct merge **m, struct reader *const *readers, unsigned count, struct errmsg *err);
/* 1, 0 at the end of all, or the first error (the inputs that are good go on with the next call). */
int merge_read(struct merge *m, struct frame *f, struct errmsg *err);
/* False when the next merge_read() would have to wait for its input: the moment to write out what there is. */
bool merge_ready(const struct merge *m);
/* The input for which the next merge_read() would have to wait (to poll() it meanwhile), or NULL: none. */
const struct reader *merge_waits_for(const struct merge *m);
uint32_t merge_interfaces(const struct merge *m);
const struct interface *merge_interface(const struct merge *m, uint32_t ifid);
void merge_close(struct merge *m); /* not the readers */

#endif
