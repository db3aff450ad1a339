/* SPDX-License-Identifier: MIT */
/* A record under way in a directory of its own, packets for it, and answers of queries as text. Included once by a test. */
#ifndef TEST_UNIT_QUERY_SCENE_H
#define TEST_UNIT_QUERY_SCENE_H

#include "check.h"
#include "filter_frames.h"
#include "pcapio/reader.h"
#include "pcapio/writer.h"
#include "store/query.h"
#include "store/record.h"
#include "store/segment.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0 1700000000000000000ll
#define SECOND 1000000000ll

enum { BIG = 60000 }; /* packets of this size fill a chunk with nine of them */

/* A record under way, in a directory of its own. */
struct scene {
	char path[64];
	int dir, page_fd;
	struct progress_page *page;
	const struct progress_page *seen;
	struct record *record;
	uint32_t eth;
	uint64_t written;
};

static struct errmsg err;
static uint8_t payload[65536];

static bool scene_record(struct scene *s, uint64_t segment_bytes)
{
	struct record_options o = { .dirfd = s->dir, .segment_bytes = segment_bytes, .progress = s->page };
	struct interface i = { .linktype = LINKTYPE_ETHERNET, .snaplen = 262144, .tsresol = 9, .name = "veth0" };

	if (!CHECK_EQ(record_open(&s->record, &o, NULL, &err), 0) || !CHECK_EQ(record_interface(s->record, &i, &s->eth, &err), 0)) {
		fprintf(stderr, "# %s\n", err.text);
		return false;
	}
	return true;
}

static bool scene_open(struct scene *s, uint64_t segment_bytes)
{
	*s = (struct scene){ .path = "/tmp/nwbox-query.XXXXXX" };
	if (!CHECK(mkdtemp(s->path) != NULL))
		return false;
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY);
	s->page = progress_create(&s->page_fd, &err);
	s->seen = s->page ? progress_open(s->page_fd, &err) : NULL;
	return CHECK(s->seen != NULL) && scene_record(s, segment_bytes);
}

static void remove_all(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *e; d && (e = readdir(d));) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (e->d_type == DT_DIR)
			remove_all(fd, e->d_name);
		else
			unlinkat(fd, e->d_name, 0);
	}
	if (d)
		closedir(d);
	unlinkat(at, name, AT_REMOVEDIR);
}

static void scene_close(struct scene *s)
{
	if (s->record)
		CHECK_EQ(record_close(s->record, &err), 0);
	progress_close(s->page);
	progress_close(s->seen);
	close(s->page_fd);
	close(s->dir);
	remove_all(AT_FDCWD, s->path);
}

/* A UDP packet between 10.0.0.a and 10.0.0.b, padded to `len` bytes, one second after the last. */
static void scene_udp(struct scene *s, unsigned a, unsigned b, unsigned port, uint32_t len)
{
	static uint8_t bytes[65536];
	struct built p;
	struct frame *f;
	char src[4] = { 10, 0, 0, (char)a }, dst[4] = { 10, 0, 0, (char)b };

	built_eth(&p, 0x0800);
	built_ip(&p, 17, src, dst);
	built_udp(&p, 40000, port);
	f = built_frame(&p);
	memcpy(bytes, p.bytes, p.len);
	memcpy(bytes + p.len, payload, sizeof(payload) - p.len);
	f->data = bytes;
	f->caplen = f->wirelen = len > p.len ? len : p.len;
	f->ts_ns = T0 + (int64_t)s->written++ * SECOND;
	CHECK_EQ(record_frame(s->record, f, s->eth), 0);
}

static void scene_end(struct scene *s)
{
	CHECK_EQ(record_close(s->record, &err), 0);
	s->record = NULL;
}

/* ---- asking ------------------------------------------------------------------------------------- */

static struct query_options all_of(const struct scene *s)
{
	struct query_options o = QUERY_OPTIONS_ALL(s->dir);

	o.progress = s->seen;
	return o;
}

/* The answer as text: "1-3 7 " by number. */
static const char *answer(const struct query_options *o, struct query_done *done, struct query_cost *cost)
{
	static char text[4096];
	uint64_t first = 0, last = 0;
	size_t used = 0;
	struct query *q;
	struct frame f;
	int rc;

	text[0] = 0;
	if (!CHECK_EQ(query_open(&q, o, &err), 0)) {
		fprintf(stderr, "# %s\n", err.text);
		return "";
	}
	do {
		rc = query_next(q, &f, &err);
		if (rc > 0 && last && f.number == last + 1) {
			last++;
			continue;
		}
		if (last && used < sizeof(text) - 64)
			used += (size_t)(last > first ? sprintf(text + used, "%d-%d ", (int)first, (int)last) :
							sprintf(text + used, "%d ", (int)first));
		first = last = rc > 0 ? f.number : 0;
	} while (rc > 0);
	CHECK_EQ(rc, 0);
	if (done)
		query_done(q, done);
	if (cost)
		query_cost(q, cost);
	CHECK(o->follow || query_ended(q));
	query_close(q);
	return text;
}

static const char *filtered(const struct scene *s, const char *filter, bool no_index, struct query_cost *cost)
{
	struct query_options o = all_of(s);

	o.filter = filter;
	o.no_index = no_index;
	return answer(&o, NULL, cost);
}

#endif
