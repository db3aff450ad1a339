/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of lib/pcapio: any bytes are a capture. They are read with a large and with a small buffer, which must
 * give the same packets; copied as nwfilter copies; and written anew as pcapng. Copies, read back, hold the same packets.
 */
#include "pcapio/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must be the same however it is read. */
struct sum {
	uint64_t packets, bytes, hash;
};

static int input = -1, output = -1;
static char what[80]; /* was read last */

static void must_at(bool good, int line)
{
	if (good)
		return;
	fprintf(stderr, "reader.c:%d\n", line);
	abort();
}

#define must(good) must_at(good, __LINE__)

static int fresh(int fd, const char *name)
{
	if (fd < 0)
		fd = memfd_create(name, 0);
	must(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void add(struct sum *s, const struct frame *f, bool with_time)
{
	uint64_t h = s->hash * 31 + f->caplen;

	h = h * 31 + f->wirelen;
	h = h * 31 + f->linktype;
	if (with_time)
		h = h * 31 + (f->has_ts ? (uint64_t)f->ts_ns : 7);
	for (uint32_t i = 0; i < f->caplen; i++) /* every byte is touched: a sanitizer sees what is not ours */
		h = h * 131 + f->data[i];
	for (uint32_t i = 0; i < f->options_len; i++)
		h += f->options[i] & (with_time ? 0xff : 0);
	s->hash = h;
	s->packets++;
	s->bytes += f->caplen;
	must(f->number == s->packets);
}

static struct reader *open_at_start(int fd, size_t buffer)
{
	struct reader_options o = { .max_record = 1 << 20, .buffer_bytes = buffer };
	struct reader *r;
	struct errmsg err = { "" };

	lseek(fd, 0, SEEK_SET);
	if (reader_open_fd(&r, fd, "fuzz", &o, &err) != 0) {
		must(err.text[0] && !r);
		return NULL;
	}
	return r;
}

static bool read_through(int fd, size_t buffer, bool with_time, struct sum *s)
{
	struct reader *r = open_at_start(fd, buffer);
	struct errmsg err = { "" };
	struct frame f;
	int rc;

	memset(s, 0, sizeof(*s));
	if (!r)
		return false;
	reader_describe(r, what, sizeof(what));
	while ((rc = reader_read(r, &f, &err)) > 0) {
		must(reader_interface(r, f.ifid) != NULL);
		add(s, &f, with_time);
	}
	must(rc == 0 || err.text[0]);
	must(reader_read(r, &f, &err) == 0);
	reader_close(r);
	return true;
}

/* As nwfilter does it: runs of records, every other packet cut to 20 bytes if asked. */
static void copy(struct sum *s, bool cut)
{
	struct writer_options o = { .format = FORMAT_PCAPNG };
	struct reader *r = open_at_start(input, 4096);
	struct errmsg err;
	struct writer *w;
	struct frame f;
	int rc;

	memset(s, 0, sizeof(*s));
	output = fresh(output, "output");
	must(writer_open(&w, output, "copy", &o, &err) == 0);
	must(writer_follow(w, r, &err) == 0);
	while ((rc = reader_fill(r, &err)) > 0) {
		while ((rc = reader_next(r, &f, &err)) > 0) {
			if (cut && f.number % 2 && f.caplen > 20) {
				f.caplen = 20;
				must(writer_frame(w, &f, 0, NULL, &err) == 0);
			} else {
				must(writer_pass(w, &f, &err) == 0);
			}
			f.options_len = 0;
			add(s, &f, false);
		}
		must(writer_sync(w, &err) == 0);
	}
	must(writer_packets(w) == s->packets);
	must(writer_close(w, &err) == 0);
	reader_close(r);
}

static void write_anew(struct sum *s)
{
	struct writer_options o = { .format = FORMAT_PCAPNG, .nano = true };
	struct reader *r = open_at_start(input, 0);
	struct errmsg err;
	struct writer *w;
	struct frame f;
	uint32_t known = 0, id;

	memset(s, 0, sizeof(*s));
	output = fresh(output, "output");
	must(writer_open(&w, output, "anew", &o, &err) == 0);
	while (reader_read(r, &f, &err) > 0) {
		for (; known <= f.ifid; known++)
			must(writer_add_interface(w, reader_interface(r, known), &id, &err) == 0 && id == known);
		must(writer_frame(w, &f, f.ifid, f.number % 3 ? NULL : "a comment", &err) == 0);
		f.options_len = 0;
		add(s, &f, false);
	}
	must(writer_close(w, &err) == 0);
	reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum large, small, written, back;

	input = fresh(input, "input");
	must(write(input, data, size) == (ssize_t)size);
	if (!read_through(input, 0, true, &large))
		return 0;
	must(read_through(input, 4096, true, &small));
	must(memcmp(&large, &small, sizeof(large)) == 0);
	for (int cut = 0; cut < 2; cut++) {
		copy(&written, cut);
		must(written.packets == large.packets);
		/* what is left of nonsense may look like one of the old variants, which have no mark of their own */
		if (written.packets && read_through(output, 0, false, &back) && !strstr(what, "modified") && !strstr(what, "Nokia"))
			must(memcmp(&written, &back, sizeof(back)) == 0);
	}
	write_anew(&written);
	must(read_through(output, 0, false, &back));
	must(memcmp(&written, &back, sizeof(back)) == 0);
	return 0;
}
