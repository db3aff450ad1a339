/* SPDX-License-Identifier: MIT */
/* Records whose writer was killed, whose files were damaged, and directories in which others left things: what is whole stays,
 * what is torn goes and is counted, the rest is none of our business. */
#include "check.h"
#include "store_dir.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define T0 1700000000000000000ll

static void write_packets(int dir, uint64_t first, unsigned count, unsigned per_segment)
{
	struct record_options o = { .dirfd = dir };
	struct record *r;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	for (unsigned i = 0; i < count; i++) {
		if (i && i % per_segment == 0)
			record_rotate(r);
		store_packet(r, id, first + i, 100, T0 + i);
	}
	record_close(r, NULL);
}

static struct record_recovery recover_now(int dir)
{
	struct record_options o = { .dirfd = dir };
	struct record_recovery recovery;
	struct errmsg err = { "" };
	struct record *r;

	if (!CHECK_EQ(record_open(&r, &o, &recovery, &err), 0))
		fprintf(stderr, "# %s\n", err.text);
	record_close(r, NULL);
	return recovery;
}

static bool has_index(int dir, uint64_t number)
{
	struct index *x;
	int rc = index_open(&x, dir, number, NULL);

	index_close(x);
	return rc == 0;
}

static size_t read_all(int dir, const char *name, uint8_t *to, size_t size)
{
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, to, size);

	if (n < 0)
		abort();
	close(fd);
	return (size_t)n;
}

/* A killed writer leaves a file that ends anywhere. */
TEST(cut_at_every_byte)
{
	static uint8_t bytes[8192];
	int dir = dir_open();
	size_t len, whole = 0, packets = 0, head;

	write_packets(dir, 1, 20, 1000);
	len = read_all(dir, "000001.pcapng", bytes, sizeof(bytes));
	head = len - 20 * 132;
	for (size_t n = 0; n < len; n++) {
		struct record_recovery got;

		unlinkat(dir, "000001.idx", 0);
		file_write(dir, "000001.pcapng", bytes, n);
		packets = n < head ? 0 : (n - head) / 132;
		whole = head + packets * 132;
		got = recover_now(dir);
		CHECK(got.was_killed);
		CHECK_EQ(got.packets, packets);
		CHECK_EQ(got.segments, packets ? 1 : 0);
		CHECK_EQ(got.removed, packets ? 0 : 1);
		if (packets) {
			CHECK_EQ(got.cut_bytes, n - whole);
			CHECK_EQ(got.indexed, 1);
			CHECK(has_index(dir, 1));
			CHECK_EQ(contents_of(dir).packets, packets);
			CHECK_EQ(contents_of(dir).errors, 0);
			CHECK_EQ(file_bytes(dir, "000001.pcapng"), whole);
		}
	}
	dir_close(dir);
}

/* Power loss: the length is there, the blocks are not. */
TEST(zeros_at_the_end)
{
	static uint8_t bytes[65536];
	int dir = dir_open();
	struct record_recovery got;
	size_t len;

	write_packets(dir, 1, 20, 10); /* the one before the last too: it is synced when the next is complete */
	for (unsigned number = 1; number <= 2; number++) {
		char name[SEGMENT_NAME_SIZE];

		segment_name(name, number);
		len = read_all(dir, name, bytes, sizeof(bytes));
		memset(bytes + len - 3 * 132, 0, 40000);
		file_write(dir, name, bytes, len + 30000);
		segment_index_name(name, number);
		unlinkat(dir, name, 0);
	}
	got = recover_now(dir);
	CHECK_EQ(got.packets, 14);
	CHECK_EQ(got.cut_bytes, 2 * (30000 + 3 * 132));
	CHECK_EQ(got.cut_segment, 2);
	CHECK_EQ(got.indexed, 2);
	CHECK_EQ(contents_of(dir).packets, 14);
	CHECK_EQ(contents_of(dir).errors, 0);
	dir_close(dir);
}

/* In the middle of an older segment nothing is cut: somebody may still get something out of it. */
TEST(broken_in_the_middle)
{
	static uint8_t bytes[65536];
	int dir = dir_open();
	struct record_recovery got;
	const struct index_chunk *c;
	struct index *x;
	uint64_t may[1];
	size_t len;

	write_packets(dir, 1, 40, 20);
	for (unsigned number = 1; number <= 2; number++) {
		char name[SEGMENT_NAME_SIZE];

		segment_name(name, number);
		len = read_all(dir, name, bytes, sizeof(bytes));
		memset(bytes + len - 10 * 132, 0x41, 8);
		file_write(dir, name, bytes, len);
		segment_index_name(name, number);
		unlinkat(dir, name, 0);
	}
	got = recover_now(dir);
	CHECK_EQ(got.packets, 20);
	CHECK_EQ(got.damaged, 1);
	CHECK_EQ(got.cut_segment, 2);
	CHECK_EQ(got.cut_bytes, 10 * 132);
	CHECK_EQ(file_bytes(dir, "000001.pcapng"), len);
	if (CHECK_EQ(index_open(&x, dir, 1, NULL), 0)) {
		CHECK_EQ(index_info(x)->packets, 10);
		CHECK_EQ(index_info(x)->chunks, 2);
		c = index_chunk(x, 1);
		CHECK(c->damaged && !index_chunk(x, 0)->damaged);
		CHECK_EQ(c->bytes, 10 * 132);
		index_lookup(x, KEY_PORT, key_port(53), may);
		CHECK_EQ(may[0], 1);
		index_close(x);
	}
	dir_close(dir);
}

TEST(indexes_are_made_anew)
{
	int dir = dir_open();
	struct record_recovery got;
	uint8_t index[4096];
	size_t len;

	write_packets(dir, 1, 100, 10);
	unlinkat(dir, "000003.idx", 0);
	len = read_all(dir, "000004.idx", index, sizeof(index));
	index[len / 2] ^= 1;
	file_write(dir, "000004.idx", index, len);
	index[len / 2] ^= 1;
	index[20] ^= 1;
	file_write(dir, "000005.idx", index, len);
	file_write(dir, "000006.idx", index, len / 2);
	file_write(dir, "000007.idx", "", 0);
	len = read_all(dir, "000001.idx", index, sizeof(index));
	file_write(dir, "000008.idx", index, len); /* of another segment of the same length */
	unlinkat(dir, "000009.idx", 0);
	mkdirat(dir, "000009.idx", 0700);
	got = recover_now(dir);
	CHECK(!got.was_killed);
	CHECK_EQ(got.packets, 100);
	CHECK_EQ(got.indexed, 5);
	for (unsigned number = 3; number <= 7; number++)
		CHECK(has_index(dir, number));
	CHECK(!has_index(dir, 9));
	CHECK_EQ(contents_of(dir).packets, 100);
	dir_close(dir);
}

TEST(files_of_others_are_left_alone)
{
	static const char *const foreign[] = { "notes.txt", "1.pcapng", "capture.pcapng", "000001.pcapng.gz", "0000001.pcapng",
					       "\x1b[2J" };
	int dir = dir_open();
	struct record_recovery got;

	write_packets(dir, 1, 10, 10);
	for (unsigned i = 0; i < 6; i++)
		file_write(dir, foreign[i], "hello", 5);
	mkdirat(dir, "000007.pcapng", 0700);
	symlinkat("notes.txt", dir, "000008.pcapng");
	file_write(dir, "session.json", "{}", 2);
	file_write(dir, "000009.idx", "x", 1);         /* its segment is gone */
	file_write(dir, "000009.idx.part", "x", 1);
	file_write(dir, "000009.pcapng.part", "", 0);
	got = recover_now(dir);
	CHECK_EQ(got.segments, 1);
	CHECK_EQ(got.foreign, 8);
	CHECK(got.foreign_name[0] != 0);
	for (unsigned i = 0; i < 6; i++)
		CHECK_EQ(file_bytes(dir, foreign[i]), 5);
	CHECK_EQ(faccessat(dir, "000007.pcapng", F_OK, 0), 0);
	CHECK(faccessat(dir, "000009.idx", F_OK, 0) < 0 && faccessat(dir, "000009.idx.part", F_OK, 0) < 0 &&
	      faccessat(dir, "000009.pcapng.part", F_OK, 0) < 0);
	dir_close(dir);
}

/* A file of the name of the next segment is not replaced. */
TEST(somebody_takes_the_next_number)
{
	int dir = dir_open();
	struct record_options o = { .dirfd = dir };
	struct record *r = NULL;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	store_packet(r, id, 1, 100, T0);
	file_write(dir, "000001.pcapng", "hello", 5);
	record_close(r, NULL);
	CHECK_EQ(file_bytes(dir, "000001.pcapng"), 5);
	CHECK(file_bytes(dir, "000002.pcapng") > 100);
	CHECK(has_index(dir, 2));
	dir_close(dir);
}

/* Something else under the name of a segment: neither read as one nor removed. */
TEST(segments_that_are_none)
{
	static uint8_t bytes[4096];
	int dir = dir_open();
	struct record_recovery got;
	size_t len;

	write_packets(dir, 1, 10, 10);
	len = read_all(dir, "000001.pcapng", bytes, sizeof(bytes));
	bytes[8] = 0x1a; /* the other byte order: of another machine */
	bytes[9] = 0x2b;
	bytes[10] = 0x3c;
	bytes[11] = 0x4d;
	file_write(dir, "000002.pcapng", bytes, len);
	file_write(dir, "000003.pcapng", "this is no capture at all", 25);
	got = recover_now(dir);
	CHECK_EQ(got.packets, 10);
	CHECK_EQ(got.segments, 3);
	CHECK_EQ(got.damaged, 1);
	CHECK_EQ(file_bytes(dir, "000002.pcapng"), len);
	CHECK_EQ(file_bytes(dir, "000003.pcapng"), 25);
	write_packets(dir, 11, 1, 1);
	CHECK(file_bytes(dir, "000004.pcapng") > 100);
	dir_close(dir);
}

/* Sums over the whole session outlive what was evicted. */
TEST(the_session_goes_on_counting)
{
	int dir = dir_open();
	struct record_options o = { .dirfd = dir };
	struct record_recovery got;
	struct progress p;
	struct record *r;
	uint32_t id;

	write_packets(dir, 1, 100, 10);
	CHECK_EQ(record_evict_oldest(dir, UINT64_MAX, 3, NULL, NULL, NULL), 0);
	got = recover_now(dir);
	CHECK_EQ(got.packets, 30);
	CHECK_EQ(got.all_packets, 100);
	r = store_open(&o, NULL, &id);
	store_packet(r, id, 101, 100, T0);
	record_tick(r);
	record_progress(r, &p);
	CHECK_EQ(p.packets, 101);
	CHECK_EQ(p.bytes, 10100);
	CHECK_EQ(p.written, 1);
	CHECK_EQ(p.segments, 4);
	CHECK_EQ(p.first_ns, T0 / 1000 * 1000);
	record_evict(r, 1);
	record_close(r, NULL);
	unlinkat(dir, "000011.idx", 0);
	CHECK_EQ(recover_now(dir).all_packets, 101);
	dir_close(dir);
}

/* ---- kill -9 ------------------------------------------------------------------------------------------------- */

/* Writes until it is killed; small buffers and segments, so that every kind of moment comes often. */
static void writer_to_be_killed(int dir, uint64_t first, struct progress_page *page, uint32_t segment_bytes, uint64_t limit)
{
	struct record_options o = { .dirfd = dir, .segment_bytes = segment_bytes, .buffer_bytes = 8192, .progress = page,
				    .limits.bytes = limit };
	struct record *r;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	for (uint64_t i = first;; i++) {
		store_packet(r, id, i, 60 + i % 700, T0 + (int64_t)i);
		if (i % 37 == 0)
			record_tick(r);
	}
}

/* It is at work when it has said something; then some more time, in which it writes some thousand packets. */
static void kill_later(pid_t pid, const struct progress_page *page, int64_t before_ns)
{
	struct timespec a_moment = { .tv_nsec = 20000 }, wait = { .tv_nsec = rand() % 1500000 };
	struct progress p;

	for (unsigned i = 0; i < 100000; i++) {
		progress_read(page, &p);
		if (p.updated_ns != before_ns && p.written)
			break;
		nanosleep(&a_moment, NULL);
	}
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

static unsigned rounds(unsigned otherwise)
{
	const char *text = getenv("KILLS");

	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/* What was said to be written is there, everything is in order, and each file is good to its end. KILLS=1000: a thousand
 * times. */
TEST(killed_at_any_moment)
{
	int dir = dir_open(), fd;
	struct progress_page *page = progress_create(&fd, NULL);
	uint64_t there = 0, saved = 0, cut = 0, gone = 0;
	unsigned n = rounds(300), killed = 0;
	struct progress said = { 0 };

	srand(4711);
	for (unsigned i = 0; i < n; i++) {
		struct record_recovery got;
		struct contents c;
		pid_t pid = fork();

		if (pid == 0)
			writer_to_be_killed(dir, there + 1, page, 65536, 0);
		kill_later(pid, page, said.updated_ns);
		progress_read(page, &said);
		got = recover_now(dir);
		killed += got.was_killed;
		cut += got.cut_bytes;
		if (!CHECK(got.all_packets >= said.packets) || !CHECK_EQ(got.all_packets, got.packets + gone))
			break;
		saved += got.all_packets - said.packets;
		there = got.all_packets;
		if (i % 50 == 49 || i == n - 1) { /* the whole record, now and then */
			c = contents_of(dir);
			CHECK_EQ(c.packets, there - gone);
			CHECK_EQ(c.errors, 0);
			if (!CHECK(c.in_order) || !CHECK_EQ(c.last, there))
				break;
			CHECK_EQ(record_evict_oldest(dir, UINT64_MAX, 2, NULL, NULL, NULL), 0);
			gone += c.packets - contents_of(dir).packets;
		}
	}
	printf("# %u of %u killed while writing, %llu packets, %llu saved unsaid, %llu bytes cut\n", killed, n,
	       (unsigned long long)there, (unsigned long long)saved, (unsigned long long)cut);
	CHECK(there > n);
	progress_close(page);
	close(fd);
	dir_close(dir);
}

/* The same within a quota: what is evicted is gone in one piece. */
TEST(killed_while_evicting)
{
	int dir = dir_open(), fd;
	struct progress_page *page = progress_create(&fd, NULL);
	struct progress said = { 0 };
	uint64_t there = 0;

	for (unsigned i = 0; i < rounds(100); i++) {
		struct record_recovery got;
		struct contents c;
		pid_t pid = fork();

		if (pid == 0)
			writer_to_be_killed(dir, there + 1, page, 65536, 600000);
		kill_later(pid, page, said.updated_ns);
		progress_read(page, &said);
		got = recover_now(dir);
		c = contents_of(dir);
		CHECK_EQ(c.packets, got.packets);
		CHECK_EQ(c.errors, 0);
		CHECK(c.in_order);
		CHECK_EQ(c.last, got.all_packets);
		CHECK(dir_bytes(dir) <= 600000);
		there = got.all_packets;
	}
	progress_close(page);
	close(fd);
	dir_close(dir);
}

/* The quota of all took every segment of a stopped session: its number and its sums go on nevertheless. */
TEST(a_session_goes_on_behind_its_last_segment)
{
	int dir = dir_open();
	struct record_options o = { .dirfd = dir };
	uint64_t freed, gone;
	struct progress p;
	struct record *r;
	uint32_t id;

	write_packets(dir, 1, 100, 10);
	CHECK_EQ(record_evict_oldest(dir, 1, 0, &freed, &gone, NULL), 0);
	CHECK_EQ(gone, 1);
	CHECK_EQ(record_evict_oldest(dir, UINT64_MAX, 0, &freed, &gone, NULL), 0);
	CHECK_EQ(gone, 9);
	CHECK_EQ(contents_of(dir).segments, 0);
	CHECK_EQ(file_bytes(dir, "000010.idx"), 128);
	CHECK_EQ(record_evict_oldest(dir, UINT64_MAX, 0, &freed, &gone, NULL), 0);
	CHECK_EQ(gone, 0);
	CHECK_EQ(recover_now(dir).all_packets, 100);
	r = store_open(&o, NULL, &id);
	store_packet(r, id, 101, 100, T0);
	record_tick(r);
	record_progress(r, &p);
	CHECK_EQ(p.packets, 101);
	CHECK_EQ(p.bytes, 10100);
	CHECK_EQ(p.evicted, 10);
	CHECK_EQ(p.segment, 11);
	CHECK_EQ(file_bytes(dir, "000010.idx"), 128); /* until the next one has an index */
	record_close(r, NULL);
	CHECK_EQ(recover_now(dir).all_packets, 101);
	CHECK(faccessat(dir, "000010.idx", F_OK, 0) < 0);
	CHECK_EQ(contents_of(dir).packets, 1);
	dir_close(dir);
}

/* The only file that knows the sums is its last segment: it stays. */
TEST(a_last_segment_without_an_index_stays)
{
	int dir = dir_open();
	uint64_t gone;

	write_packets(dir, 1, 20, 10);
	unlinkat(dir, "000002.idx", 0);
	CHECK_EQ(record_evict_oldest(dir, UINT64_MAX, 0, NULL, &gone, NULL), 0);
	CHECK_EQ(gone, 1);
	CHECK_EQ(contents_of(dir).packets, 10);
	dir_close(dir);
}

static bool find_crash(void *user, const struct ledger_entry *e)
{
	struct ledger_entry *found = user;

	if (e->kind == LOSS_CRASH)
		*found = *e;
	return true;
}

/* What was cut is said where losses are; nobody can say of how many packets it was. */
TEST(what_is_cut_is_in_the_ledger)
{
	static uint8_t bytes[8192];
	struct ledger_entry found = { .kind = LOSS_KINDS };
	int dir = dir_open();
	size_t len;

	write_packets(dir, 1, 20, 1000);
	recover_now(dir);
	CHECK_EQ(ledger_read(dir, find_crash, &found, NULL), 0);
	len = read_all(dir, "000001.pcapng", bytes, sizeof(bytes));
	unlinkat(dir, "000001.idx", 0);
	file_write(dir, "000001.pcapng", bytes, len - 30);
	recover_now(dir);
	CHECK_EQ(ledger_read(dir, find_crash, &found, NULL), 1);
	CHECK_EQ(found.kind, LOSS_CRASH);
	CHECK(!found.has_packets);
	CHECK_EQ(found.bytes, 102);
	CHECK_EQ(found.from_ns, T0 + 18);
	CHECK_STR(found.note, "segment 000001 ended in the middle of a packet; 102 bytes were cut off");
	recover_now(dir);
	CHECK_EQ(ledger_read(dir, find_crash, &found, NULL), 1);
	dir_close(dir);
}
