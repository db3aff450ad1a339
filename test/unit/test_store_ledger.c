/* SPDX-License-Identifier: MIT */
/* The ledger of losses and the page of progress: what one process writes, another one reads whole. */
#include "check.h"
#include "store/progress.h"
#include "store_dir.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define T0 1700000000000000000ll

struct read_back {
	unsigned count;
	uint64_t packets, bytes;
	struct ledger_entry first, last;
};

static bool take(void *user, const struct ledger_entry *e)
{
	struct read_back *b = user;

	if (!b->count++)
		b->first = *e;
	b->last = *e;
	b->packets += e->packets;
	b->bytes += e->bytes;
	return true;
}

static struct read_back all_of(int dir)
{
	struct read_back b = { 0 };

	int n = ledger_read(dir, take, &b, NULL);

	CHECK_EQ(n, b.count);
	return b;
}

static struct ledger_entry entry(uint64_t packets)
{
	struct ledger_entry e = { .time_ns = T0, .kind = LOSS_KERNEL, .from_ns = T0 - 2000000000, .to_ns = T0 - 1000000000,
				  .has_packets = true, .packets = packets, .note = "eth0: ring full" };

	return e;
}

TEST(entries_come_back)
{
	int dir = dir_open();
	struct ledger_entry e = entry(12), bare = { .kind = LOSS_NOT_RUNNING };
	char text[LEDGER_LINE_MAX];
	struct outbuf o;
	struct read_back b;

	CHECK_EQ(all_of(dir).count, 0);
	outbuf_fixed(&o, text, sizeof(text));
	ledger_format(&o, &e);
	CHECK_STR(outbuf_cstr(&o), "{\"time\":1700000000.000000000,\"kind\":\"kernel\",\"from\":1699999998.000000000,"
				   "\"to\":1699999999.000000000,\"packets\":12,\"note\":\"eth0: ring full\"}");
	CHECK_EQ(ledger_append(dir, &e, NULL), 0);
	CHECK_EQ(ledger_append(dir, &bare, NULL), 0);
	b = all_of(dir);
	CHECK_EQ(b.count, 2);
	CHECK_EQ(b.first.time_ns, T0);
	CHECK_EQ(b.first.from_ns, e.from_ns);
	CHECK_EQ(b.first.to_ns, e.to_ns);
	CHECK_EQ(b.first.kind, LOSS_KERNEL);
	CHECK(b.first.has_packets);
	CHECK_STR(b.first.note, e.note);
	CHECK(b.last.time_ns > T0);
	CHECK(!b.last.has_packets);
	CHECK_EQ(b.last.kind, LOSS_NOT_RUNNING);
	dir_close(dir);
}

TEST(torn_and_foreign_lines)
{
	int dir = dir_open(), fd;
	struct ledger_entry e = entry(5);
	static const char odd[] = "\n[]\nnull\n{\"kind\":7}\n{\"kind\":\"moon\"}\n\0\xff\n";
	static char longer[9000];

	CHECK_EQ(ledger_append(dir, &e, NULL), 0);
	fd = openat(dir, "ledger.ndjson", O_WRONLY | O_APPEND);
	CHECK_EQ(write(fd, "{\"time\":1,\"kind\":\"ker", 21), 21); /* a writer died here */
	CHECK_EQ(all_of(dir).count, 1);
	CHECK_EQ(ledger_append(dir, &e, NULL), 0);
	CHECK_EQ(all_of(dir).count, 2);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\n';
	CHECK_EQ(write(fd, longer, sizeof(longer)), sizeof(longer));
	CHECK_EQ(write(fd, odd, sizeof(odd) - 1), sizeof(odd) - 1);
	CHECK_EQ(ledger_append(dir, &e, NULL), 0);
	CHECK_EQ(all_of(dir).count, 3);
	CHECK_EQ(all_of(dir).packets, 15);
	close(fd);
	dir_close(dir);
}

TEST(a_note_of_controls_fits)
{
	int dir = dir_open();
	struct ledger_entry e = entry(1);

	memset(e.note, 1, sizeof(e.note) - 1);
	CHECK_EQ(ledger_append(dir, &e, NULL), 0);
	CHECK_EQ(all_of(dir).count, 1);
	CHECK(strlen(all_of(dir).last.note) > 50);
	dir_close(dir);
}

/* It stays small, and the sums stay right. */
TEST(the_older_half_becomes_sums)
{
	int dir = dir_open();
	struct read_back b;
	unsigned n = 20000;

	for (unsigned i = 0; i < n; i++) {
		struct ledger_entry e = entry(3);

		e.kind = i % 2 ? LOSS_KERNEL : LOSS_DISK;
		e.bytes = 100;
		e.from_ns = T0 + i * 1000000000ll;
		e.to_ns = e.from_ns + 1000;
		if (!CHECK_EQ(ledger_append(dir, &e, NULL), 0))
			break;
		if (i % 500 == 0)
			CHECK(file_bytes(dir, "ledger.ndjson") <= LEDGER_BYTES_MAX);
	}
	b = all_of(dir);
	CHECK(file_bytes(dir, "ledger.ndjson") <= LEDGER_BYTES_MAX);
	CHECK(b.count > 2000 && b.count < n);
	CHECK_EQ(b.packets, 3 * n);
	CHECK_EQ(b.bytes, 100 * n);
	CHECK_EQ(b.first.from_ns, T0 + (b.first.kind == LOSS_KERNEL) * 1000000000ll);
	CHECK(strstr(b.first.note, "the sum of ") == b.first.note);
	dir_close(dir);
}

TEST(several_writers)
{
	enum { WRITERS = 4, EACH = 3000 };
	int dir = dir_open();

	for (unsigned i = 0; i < WRITERS; i++) {
		if (fork() == 0) {
			for (unsigned j = 0; j < EACH; j++) {
				struct ledger_entry e = entry(1);

				if (ledger_append(dir, &e, NULL) < 0)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		int status;

		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(all_of(dir).packets, WRITERS * EACH); /* through a file that was made shorter on the way */
	dir_close(dir);
}

/* ---- progress -------------------------------------------------------------------------------------------- */

TEST(progress_is_read_whole)
{
	const struct progress_page *seen;
	struct progress p = { 0 };
	struct progress_page *page;
	int fd;
	pid_t pid;

	page = progress_create(&fd, NULL);
	if (!CHECK(page != NULL))
		return;
	seen = progress_open(fd, NULL);
	if (!CHECK(seen != NULL))
		return;
	CHECK(progress_read(seen, &p));
	CHECK_EQ(p.packets, 0);
	pid = fork();
	if (pid == 0) {
		for (uint64_t i = 1;; i++) {
			p.segment = p.packets = p.evicted = i;
			p.updated_ns = (int64_t)i;
			progress_write(page, &p);
		}
	}
	for (unsigned i = 0; i < 20000; i++) {
		if (!progress_read(seen, &p))
			continue;
		if (!CHECK(p.segment == p.packets && p.packets == p.evicted && p.updated_ns == (int64_t)p.packets))
			break;
	}
	kill(pid, SIGKILL); /* in the middle of a word or not: the last whole copy stays */
	waitpid(pid, NULL, 0);
	CHECK(progress_read(seen, &p));
	CHECK(p.segment == p.packets && p.updated_ns == (int64_t)p.packets);
	progress_close(seen);
	progress_close(page);
	close(fd);
}

TEST(a_page_cannot_be_made_smaller_or_written_by_others)
{
	struct progress_page *page;
	struct errmsg err;
	int fd, plain;

	page = progress_create(&fd, NULL);
	CHECK(ftruncate(fd, 0) < 0);
	CHECK(ftruncate(fd, 1 << 20) < 0);
	CHECK(write(fd, "x", 1) < 0);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	progress_close(page);
	close(fd);
	plain = memfd_create("other", MFD_ALLOW_SEALING);
	CHECK(progress_open(plain, &err) == NULL);
	CHECK_STR(err.text, "this descriptor is no page of progress");
	close(plain);
	plain = open("/dev/null", O_RDONLY);
	CHECK(progress_open(plain, NULL) == NULL);
	close(plain);
	CHECK(progress_open(-1, NULL) == NULL);
}
