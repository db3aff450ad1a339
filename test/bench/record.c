/* SPDX-License-Identifier: MIT */
/*
 * Records for tests and measurements, made and asked without the daemon.
 *
 *	record write DIR [SEGMENT_BYTES] <CAPTURE    a record of the packets of a capture (pcap or pcapng) in DIR
 *	record query DIR FILTER [all]                how many packets match, where they are and what that took; all: no index
 *	record check DIR COUNT SEED                  COUNT random filters, made of what the packets hold: by index and without
 *
 * Results are JSON, an object a line.
 */
#include "base/text.h"
#include "decode/protocol.h"
#include "filter/narrow.h"
#include "pcapio/reader.h"
#include "store/query.h"
#include "store/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TERMS = 4096, TERM_BYTES = 160, SAMPLES = 400, TICK_PACKETS = 10000 };

static struct errmsg err;

static void die(const char *what)
{
	fprintf(stderr, "record: %s: %s\n", what, err.text[0] ? err.text : strerror(errno));
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static long peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

/* ---- write ---------------------------------------------------------------------------------------- */

static int write_record(const char *path, const char *segment)
{
	struct record_options o = { .name = path };
	struct reader *in;
	struct record *r;
	struct frame f;
	uint32_t known = 0, *number = NULL;
	uint64_t packets = 0;
	double begin = now_s();
	int rc;

	mkdir(path, 0755);
	o.dirfd = open_dir(path);
	if (segment && !text_parse_u64(segment, &o.segment_bytes))
		die(segment);
	if (reader_open(&in, "-", NULL, &err) || record_open(&r, &o, NULL, &err))
		die(path);
	while ((rc = reader_read(in, &f, &err)) > 0) {
		for (; known <= f.ifid; known++) {
			number = reallocarray(number, known + 1, sizeof(*number));
			if (!number || record_interface(r, reader_interface(in, known), &number[known], &err))
				die("interface");
		}
		if (record_frame(r, &f, number[f.ifid]))
			die("a packet is too large");
		if (++packets % TICK_PACKETS == 0)
			record_tick(r);
	}
	if (rc < 0)
		fprintf(stderr, "record: %s\n", err.text); /* what was before it is recorded */
	record_tick(r);
	if (record_close(r, &err))
		die(path);
	reader_close(in);
	free(number);
	printf("{\"packets\":%llu,\"seconds\":%.3f,\"peak_kib\":%ld}\n", (unsigned long long)packets, now_s() - begin, peak_kib());
	return 0;
}

/* ---- query ------------------------------------------------------------------------------------------ */

struct answer {
	uint64_t packets, bytes, looked_at;
	uint64_t hash;            /* of the places and numbers */
	struct query_cost cost;
	struct query_done done;
	double seconds;
};

static bool ask(int dir, const char *filter, bool no_index, struct answer *a)
{
	struct query_options o = QUERY_OPTIONS_ALL(dir);
	struct query *q;
	struct frame f;
	double begin = now_s();
	int rc;

	*a = (struct answer){ .hash = 14695981039346656037ull };
	o.filter = filter;
	o.no_index = no_index;
	if (query_open(&q, &o, &err))
		return false;
	while ((rc = query_next(q, &f, &err)) > 0) {
		struct query_position p = query_position(q);

		a->packets++;
		a->bytes += f.caplen;
		a->hash = (a->hash ^ p.segment) * 1099511628211ull;
		a->hash = (a->hash ^ p.packet) * 1099511628211ull;
		a->hash = (a->hash ^ f.number) * 1099511628211ull;
	}
	if (rc < 0)
		die(filter);
	query_cost(q, &a->cost);
	query_done(q, &a->done);
	query_close(q);
	a->seconds = now_s() - begin;
	return true;
}

static int query_record(const char *path, const char *filter, bool no_index)
{
	struct answer a;

	if (!ask(open_dir(path), filter, no_index, &a))
		die(filter);
	printf("{\"packets\":%llu,\"milliseconds\":%.1f,\"cpu_milliseconds\":%.1f,\"segments\":%llu,\"segments_read\":%llu,"
	       "\"chunks\":%llu,\"chunks_read\":%llu,"
	       "\"bytes\":%llu,\"bytes_read\":%llu,\"packets_read\":%llu,\"damaged\":%llu,\"peak_kib\":%ld}\n",
	       (unsigned long long)a.packets, a.seconds * 1e3, cpu_s() * 1e3, (unsigned long long)a.cost.segments,
	       (unsigned long long)a.cost.segments_read, (unsigned long long)a.cost.chunks, (unsigned long long)a.cost.chunks_read,
	       (unsigned long long)a.cost.bytes, (unsigned long long)a.cost.bytes_read, (unsigned long long)a.done.looked_at,
	       (unsigned long long)a.done.damaged, peak_kib());
	return 0;
}

/* ---- check ------------------------------------------------------------------------------------------- */

static char terms[TERMS][TERM_BYTES];
static unsigned nterms;
static uint64_t rng;

static unsigned below(unsigned n)
{
	rng = rng * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)((rng >> 33) % n);
}

static bool add_term(void *user, const struct field *f, const struct value *v)
{
	const char *name = user;
	struct outbuf o;

	if (nterms == TERMS)
		return false;
	outbuf_fixed(&o, terms[nterms], TERM_BYTES);
	outbuf_str(&o, name);
	outbuf_str(&o, " == ");
	value_format(&o, f, v);
	outbuf_cstr(&o);
	if (!o.cut)
		nterms++;
	return true;
}

/* Addresses and ports of some of the packets, as tests that match them. */
static void gather_terms(int dir)
{
	static const char *const names[] = { "ip.src", "ip.dst", "ip.addr", "ipv6.src", "ipv6.dst", "ipv6.addr", "tcp.srcport",
					     "tcp.dstport", "tcp.port", "udp.srcport", "udp.dstport", "udp.port", "sctp.port",
					     "dccp.srcport", "arp.src.proto_ipv4", "arp.dst.proto_ipv4" };
	struct query_options o = QUERY_OPTIONS_ALL(dir);
	static struct packet p;
	struct query_cost cost;
	struct decoder d;
	struct query *q;
	struct frame f;
	unsigned every = 1;

	if (query_open(&q, &o, &err))
		die("query");
	query_cost(q, &cost);
	if (cost.packets_at_most / SAMPLES)
		every = (unsigned)(cost.packets_at_most / SAMPLES);
	decoder_init(&d);
	while (query_next(q, &f, &err) > 0) {
		if (below(every))
			continue;
		packet_decode(&p, &d, &f);
		for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			const struct field *field = field_find(names[i], strlen(names[i]));

			if (field)
				field_each(&p, field, add_term, (void *)names[i]);
		}
		if (nterms < TERMS && !below(8))
			snprintf(terms[nterms++], TERM_BYTES, "frame.time_epoch %s %lld.%09lld", below(2) ? ">=" : "<",
				 (long long)(f.ts_ns / 1000000000), (long long)(f.ts_ns % 1000000000));
	}
	decoder_release(&d);
	query_close(q);
}

static void add(char *text, size_t size, const char *more)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, "%s", more);
}

static void random_filter(char *text, size_t size, unsigned depth, unsigned near)
{
	static const char *const others[] = { "tcp", "udp", "http", "dns", "tls", "tcp.flags.syn == 1", "ip.ttl < 64", "icmp",
					      "frame.len > 200", "tcp.analysis.flags", "tcp.stream < 5", "arp", "ip.frag_offset > 0",
					      "frame.number < 1000" };
	unsigned kind = depth ? below(8) : below(2);

	if (kind < 2 || strlen(text) > size / 2) {
		/* mostly of one packet and its neighbours, or nothing would match an "and" */
		add(text, size, !nterms || !below(7) ? others[below(sizeof(others) / sizeof(others[0]))] :
			       below(5) ? terms[(near + below(12)) % nterms] : terms[below(nterms)]);
		return;
	}
	if (kind == 2) {
		add(text, size, "not (");
		random_filter(text, size, depth - 1, near);
	} else {
		add(text, size, "(");
		random_filter(text, size, depth - 1, near);
		add(text, size, kind < 6 ? " and " : " or ");
		random_filter(text, size, depth - 1, near);
	}
	add(text, size, ")");
}

static int check_record(const char *path, unsigned count, unsigned seed)
{
	int dir = open_dir(path), bad = 0;
	uint64_t matches = 0, saved = 0, narrowed = 0;

	rng = seed;
	gather_terms(dir);
	for (unsigned i = 0; i < count; i++) {
		struct answer with, without;
		char filter[2000] = "";

		random_filter(filter, sizeof(filter), below(4), nterms ? below(nterms) : 0);
		if (!ask(dir, filter, false, &with) || !ask(dir, filter, true, &without)) {
			fprintf(stderr, "record: %.400s\n", err.text);
			return 1;
		}
		matches += with.packets > 0;
		narrowed += with.cost.chunks_read < with.cost.chunks;
		saved += without.cost.bytes_read - with.cost.bytes_read;
		if (with.packets == without.packets && with.hash == without.hash)
			continue;
		printf("{\"filter\":\"%s\",\"by_index\":%llu,\"without\":%llu}\n", filter, (unsigned long long)with.packets,
		       (unsigned long long)without.packets);
		bad++;
	}
	printf("{\"filters\":%u,\"terms\":%u,\"with_matches\":%llu,\"narrowed\":%llu,\"bytes_not_read\":%llu,\"wrong\":%d}\n",
	       count, nterms, (unsigned long long)matches, (unsigned long long)narrowed, (unsigned long long)saved, bad);
	return bad != 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && argc <= 4 && !strcmp(argv[1], "write"))
		return write_record(argv[2], argv[3]);
	if (argc >= 4 && argc <= 5 && !strcmp(argv[1], "query"))
		return query_record(argv[2], argv[3], argc == 5);
	if (argc == 5 && !strcmp(argv[1], "check"))
		return check_record(argv[2], (unsigned)strtoul(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10));
	fprintf(stderr, "usage: record write DIR [SEGMENT_BYTES] <CAPTURE | query DIR FILTER [all] | check DIR COUNT SEED\n");
	return 5;
}
