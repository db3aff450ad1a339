/* SPDX-License-Identifier: MIT */
/* Private to lib/pcapio: what the files of the writer share. */
#ifndef PCAPIO_SINK_H
#define PCAPIO_SINK_H

#include "pcapio/writer.h"
#include "pcapio/source.h"

struct writer {
	/* ---- looked at for every packet */
	const uint8_t *run, *run_end;  /* borrowed records, one after the other as in the reader's buffer */
	uint64_t run_packets;
	uint8_t *buf, *pos, *limit;    /* whole records only: buf .. pos */
	uint64_t buf_packets;
	uint64_t packets, bytes;       /* of the current file, everything not yet written included */
	uint8_t pass_kind;             /* enum record_kind that writer_pass() takes as it stands */

	uint64_t out_packets;          /* written to the descriptor */
	size_t head;                   /* bytes of pcap file header at buf, 0 once they are out */
	bool out_swapped;              /* byte order of the pcapng section that reaches into buf */
	int fd;
	bool started;                  /* the file header is there */
	int failed;                    /* the first error, enum nw_err; nothing is written after it */
	struct writer_options o;
	char name[256];
	char *comment, *application;   /* copies of what o points to */

	struct interface *interfaces;
	uint32_t ninterfaces, interfaces_size;

	uint8_t *secrets;              /* what later files repeat: type, length, bytes, one after the other */
	size_t nsecrets;
	bool secrets_due;              /* a copy's section header has not come yet */

	/* ---- a copy of a reader's stream */
	struct reader *source;
	unsigned left_out;             /* blocks of the other byte order that writer_keep_blocks() could not keep */
	bool swapped;                  /* the section being copied is in the other byte order */
	uint32_t section_first;        /* reader's ifid of that section's interface 0 */
	uint32_t section_next;
};

/* memcpy for packets. musl's is one `rep movsq`, which takes 9 ns to get going: for 64 bytes this is 2.5 ns instead of 9
 * (live capture: 40 ns a packet instead of 45); from 1500 bytes on they are equal. */
static inline void copy_packet(uint8_t *to, const uint8_t *from, size_t len)
{
	const uint8_t *last;

	if (len < 16 || len > 1024) {
		memcpy(to, from, len);
		return;
	}
	last = from + len - 16;
	memcpy(to + len - 16, last, 16);
	for (; from < last; from += 16, to += 16)
		memcpy(to, from, 16);
}

/* writer.c: room for `len` bytes at w->pos. 0 or an error. */
int writer_room(struct writer *w, size_t len, struct errmsg *err);
/* writer.c: `len` bytes at w->pos are one more record; `packets` is 0 or 1. */
int writer_added(struct writer *w, size_t len, unsigned packets, struct errmsg *err);

/* pcapng_write.c: each puts one block at w->pos. */
int pcapng_put_section(struct writer *w, struct errmsg *err);
int pcapng_put_interface(struct writer *w, const struct interface *i, struct errmsg *err);
int pcapng_put_packet(struct writer *w, const struct frame *f, uint32_t ifid, const char *comment, struct errmsg *err);
int pcapng_put_secrets(struct writer *w, uint32_t type, const void *data, uint32_t len, struct errmsg *err);
/* All that are kept. */
int pcapng_put_kept_secrets(struct writer *w, struct errmsg *err);
int pcapng_put_statistics(struct writer *w, uint32_t ifid, const struct interface *counters, int64_t start_ns,
			  int64_t end_ns, struct errmsg *err);
/* What is written for an interface of this resolution: 6 or 9. */
uint8_t pcapng_resolution(const struct writer *w, const struct interface *i);

#endif
