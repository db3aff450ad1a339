/* SPDX-License-Identifier: MIT */
/*
 * Writes pcap and pcapng (host byte order) to a descriptor in large pieces.
 *
 * Two ways to write a packet. writer_frame() builds a record in the writer's
 * buffer: one copy of the packet, no system call. writer_pass() takes the record
 * as it stands in the reader's buffer when the formats agree: neighbouring ones
 * become one run, and nothing is copied until writer_sync().
 *
 * Errors: NW_ECLOSED (the reader of our pipe went away), NW_ESYS with the
 * sentence ("out.pcap: No space left on device; 1204 packets are in the file").
 * Whatever was written before is a valid file up to the last whole record.
 */
#ifndef PCAPIO_WRITER_H
#define PCAPIO_WRITER_H

#include "base/errmsg.h"
#include "base/frame.h"
#include "pcapio/reader.h"

struct writer;

struct writer_options {
	enum capture_format format;
	bool nano;              /* pcap: nanosecond magic; pcapng: if_tsresol 9 (default for both when the source has ns) */
	uint32_t snaplen;       /* pcap file header / IDB */
	uint16_t linktype;      /* pcap file header; pcapng takes each interface's */
	const char *application;/* pcapng shb_userappl; NULL: "nwbox VERSION" */
	const char *comment;    /* pcapng shb comment or NULL */
	const char *const *comments; /* more of them, the last NULL; borrowed for the writer's life. NULL: none */
	size_t buffer_bytes;    /* 0: 256 KiB */
	bool unbuffered;        /* every packet at once (-U) */
	/* Takes what would be written to the descriptor (an outbuf_sink: gzip, an export's buffer); NULL: the descriptor. */
	int (*sink)(void *user, const char *data, size_t len, struct errmsg *err);
	void *sink_user;
};

/* Writes to `fd` (stays the caller's); `name` is for messages. Writes nothing yet. */
int writer_open(struct writer **w, int fd, const char *name, const struct writer_options *o, struct errmsg *err);
/* Goes on in another descriptor (a ring's next file) with a fresh file header and all interfaces. The old one is synced. */
int writer_reopen(struct writer *w, int fd, const char *name, struct errmsg *err);
/* Flushes; the writer is gone even on error. */
int writer_close(struct writer *w, struct errmsg *err);

/* Adds an interface (pcapng IDB; for pcap only the link type is checked) and gives its number.
 * NW_EINPUT: pcap cannot hold a second link type (the sentence says: use pcapng). */
int writer_add_interface(struct writer *w, const struct interface *i, uint32_t *ifid, struct errmsg *err);
/* Appends a packet for interface `ifid` of this writer. Optional comment (pcapng only; NULL: none). */
int writer_frame(struct writer *w, const struct frame *f, uint32_t ifid, const char *comment, struct errmsg *err);

/* Makes the writer a copy of the reader's stream: same format, header, byte order,
 * blocks (but custom blocks that ask not to be copied). From now on writer_pass() takes that reader's frames, and the
 * reader's other blocks are passed on by themselves (do not call reader_on_block). Call it before anything is written.
 * A pcap of the other byte order or an old variant is written anew in ours. writer_frame() may be used in between for
 * frames of that reader that were changed (cut short); it takes their interface from the frame, not from `ifid`. */
int writer_follow(struct writer *w, struct reader *r, struct errmsg *err);
/* For a writer that writes packets anew: the reader's blocks about the whole capture (names, secrets, custom blocks that may
 * be copied) go into the pcapng file as they stand. Those of a section in the other byte order cannot; they are counted by
 * writer_left_out(). Do not call reader_on_block too. No-op for pcap. */
int writer_keep_blocks(struct writer *w, struct reader *r, struct errmsg *err);
/* Blocks that could not be kept. */
unsigned writer_left_out(const struct writer *w);
/* Keeps this frame's record. Borrowed until writer_sync(), which must come before reader_fill(). */
int writer_pass(struct writer *w, const struct frame *f, struct errmsg *err);
/* Writes or copies the borrowed runs, so that the reader may go on. */
int writer_sync(struct writer *w, struct errmsg *err);
/* Everything to the descriptor. */
int writer_flush(struct writer *w, struct errmsg *err);

/* Secrets (pcapng DSB): what a reader needs to decrypt the packets that are written from now on; for SECRETS_TLS the lines
 * of a key log file (SSLKEYLOGFILE). They are kept, up to SECRETS_KEPT bytes of the newest, and stand at the head of every
 * further file (writer_reopen). In a copy (writer_follow) they come behind the first section header, or at once when
 * that has passed. NW_EINPUT: pcap has no place for them. NW_ELIMIT: more than SECRETS_MAX at once. */
enum { SECRETS_TLS = 0x544c534b, SECRETS_SSH = 0x5353484b, SECRETS_WIREGUARD = 0x57474b4c };
enum { SECRETS_MAX = 8 << 20, SECRETS_KEPT = 1 << 20 };
int writer_secrets(struct writer *w, uint32_t type, const void *data, size_t len, struct errmsg *err);

/* pcapng ISB at the end (interface statistics; times ns, UINT64_MAX counters are left out). No-op for pcap. */
int writer_statistics(struct writer *w, uint32_t ifid, const struct interface *counters, int64_t start_ns, int64_t end_ns,
		      struct errmsg *err);

uint64_t writer_packets(const struct writer *w);  /* in the current file */
uint64_t writer_bytes(const struct writer *w);    /* of the current file, buffered ones included */

#endif
