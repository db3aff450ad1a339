/* SPDX-License-Identifier: MIT */
/*
 * --split: one file for each flow, host, span of time, or so many packets or bytes.
 *
 *	day.pcap   flow     day-tcp-10.0.0.1.443-10.0.0.2.50000.pcap, day-ip-A-B.pcap without ports, day-other.pcap without IP
 *	           host     day-10.0.0.1.pcap; a packet is in the files of both its ends
 *	           seconds  day-00000.pcap, counted from the first packet; spans without packets make no file
 *	           packets, bytes   day-00000.pcap, day-00001.pcap, ...
 *
 * More keys than open files are common, so only OPEN_MAX of them are open: the one that was not used for the longest time is
 * closed, and opened again to go on at its end. A pcapng then gets another section; a pcap goes on without a header.
 * There are FILES_MAX files at most.
 */
#include "nwfilter.h"

#include "base/bytes.h"
#include "decode/protocol.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_MAX_FILES = 64, FILES_MAX = 65536, SLOTS = 2 * FILES_MAX, KEY_MAX = 120, BUFFER = 16384, PCAP_HEADER_LEN = 24 };

struct part {
	char *key;
	char *path;               /* while it is open */
	int fd;                   /* -1: not open */
	bool begun;               /* there is a file, whose header is not written again */
	uint32_t to_skip;         /* bytes of a pcap header that the file has already */
	struct packet_file out;
	uint64_t used;            /* when, for choosing which to close */
};

struct split {
	struct split_options o;
	struct writer_options wo;
	size_t stem, suffix;      /* of o.path: where the key goes in */
	struct part **slots;      /* by the hash of the key */
	struct part **parts;
	struct part *open[OPEN_MAX_FILES];
	unsigned count, nopen;
	uint64_t clock;
	uint64_t number;          /* SECONDS, PACKETS, BYTES: of the file */
	uint64_t filled;          /* packets or bytes in it */
	int64_t first_ns;
	bool started;
	struct decoder decoder;
	struct packet packet;
};

/* ---- keys ------------------------------------------------------------------------------- */

static void put_address(struct outbuf *o, const uint8_t *a, bool v6)
{
	char text[64];
	struct outbuf t;

	outbuf_fixed(&t, text, sizeof(text));
	if (v6)
		outbuf_ipv6(&t, a);
	else
		outbuf_ipv4(&t, a);
	outbuf_cstr(&t);
	for (char *c = text; *c; c++)
		outbuf_char(o, *c == ':' ? '_' : *c); /* a colon is trouble in file names */
}

/* The addresses of the innermost IP header. False: none. */
static bool addresses(const struct packet *p, const uint8_t **src, const uint8_t **dst, bool *v6)
{
	const struct layer *l = p->network >= 0 ? &p->layers[p->network] : NULL;
	const uint8_t *b;
	uint32_t n = l ? packet_bytes(p, l, &b) : 0;

	*v6 = l && l->proto == PROTO_ipv6;
	if (n < (*v6 ? 40u : 20u))
		return false;
	*src = b + (*v6 ? 8 : 12);
	*dst = *src + (*v6 ? 16 : 4);
	return true;
}

static void put_port(struct outbuf *o, bool ports, unsigned port)
{
	if (ports) {
		outbuf_char(o, '.');
		outbuf_u64(o, port);
	}
}

static void flow_key(struct split *s, const struct frame *f, char *key)
{
	const struct packet *p = &s->packet;
	const uint8_t *src, *dst, *t = NULL;
	const struct layer *l;
	struct outbuf o;
	bool v6, ports, swap;
	unsigned a = 0, b = 0;
	int order;

	packet_decode(&s->packet, &s->decoder, f);
	outbuf_fixed(&o, key, KEY_MAX);
	if (!addresses(p, &src, &dst, &v6)) {
		outbuf_str(&o, "other");
		outbuf_cstr(&o);
		return;
	}
	l = p->transport > p->network ? &p->layers[p->transport] : NULL;
	ports = l && packet_bytes(p, l, &t) >= 4;
	if (ports) {
		a = get_be16(t);
		b = get_be16(t + 2);
	}
	order = memcmp(src, dst, v6 ? 16 : 4);
	swap = order > 0 || (order == 0 && a > b);
	outbuf_str(&o, ports ? protocols[l->proto]->name : "ip");
	outbuf_char(&o, '-');
	put_address(&o, swap ? dst : src, v6);
	put_port(&o, ports, swap ? b : a);
	outbuf_char(&o, '-');
	put_address(&o, swap ? src : dst, v6);
	put_port(&o, ports, swap ? a : b);
	outbuf_cstr(&o);
}

/* The number of the file that this packet goes into. */
static void number_key(struct split *s, const struct frame *f, char *key)
{
	struct outbuf o;

	if (!s->started)
		s->first_ns = f->ts_ns;
	if (s->o.by == SPLIT_SECONDS) {
		s->number = f->ts_ns > s->first_ns ? (uint64_t)(f->ts_ns - s->first_ns) / (uint64_t)s->o.span_ns : 0;
	} else {
		uint64_t more = s->o.by == SPLIT_PACKETS ? 1 : f->caplen;

		if (s->started && s->filled + more > s->o.size) {
			s->number++;
			s->filled = 0;
		}
		s->filled += more;
	}
	s->started = true;
	outbuf_fixed(&o, key, KEY_MAX);
	outbuf_padded(&o, (uint32_t)s->number, 5);
	outbuf_cstr(&o);
}

/* ---- files ---------------------------------------------------------------------------------- */

/*
 * An outbuf_sink in front of a part's descriptor: leaves out the header of a pcap that is gone on with. It is given whole
 * records, so that a file whose disk is full is whole again when what has arrived of them is taken back.
 */
static int part_write(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct part *p = user;
	size_t skip = p->to_skip < len ? p->to_skip : len;
	bool known;
	struct stat st;
	struct errmsg why;
	int rc;

	known = fstat(p->fd, &st) == 0 && S_ISREG(st.st_mode);
	rc = io_write_all(p->fd, data + skip, len - skip, p->path, &why);
	p->to_skip -= (uint32_t)skip;
	if (!rc)
		return 0;
	if (known && ftruncate(p->fd, st.st_size) < 0)
		return errmsg_set(err, rc, "%s; its last packet is cut off", why.text);
	return errmsg_set(err, rc, "%s; what is in it is good, make room or name another place with -w", why.text);
}

static int part_close(struct split *s, struct part *p, struct errmsg *err)
{
	int rc = writer_close(p->out.writer, err);

	p->out.writer = NULL;
	packet_file_release(&p->out);
	if (close(p->fd) < 0 && errno != EINTR && !rc)
		rc = errmsg_errno(err, "%s", p->path);
	p->fd = -1;
	free(p->path);
	p->path = NULL;
	for (unsigned i = 0; i < s->nopen; i++)
		if (s->open[i] == p)
			s->open[i--] = s->open[--s->nopen];
	return rc;
}

static char *part_path(const struct split *s, const char *key)
{
	size_t n = strlen(s->o.path) + strlen(key) + 2;
	char *path = malloc(n);

	if (path)
		snprintf(path, n, "%.*s-%s%s", (int)s->stem, s->o.path, key, s->o.path + s->suffix);
	return path;
}

static int part_open(struct split *s, struct part *p, struct errmsg *err)
{
	struct writer_options wo = s->wo;
	struct part *oldest = NULL;
	int rc = 0;

	if (s->nopen == OPEN_MAX_FILES) {
		for (unsigned i = 0; i < s->nopen; i++)
			if (!oldest || s->open[i]->used < oldest->used)
				oldest = s->open[i];
		rc = part_close(s, oldest, err);
		if (rc)
			return rc;
	}
	p->path = part_path(s, p->key);
	if (!p->path)
		return errmsg_set(err, NW_ELIMIT, "no memory for a file name");
	p->fd = open(p->path, O_WRONLY | O_CLOEXEC | O_CREAT | (p->begun ? O_APPEND : O_TRUNC), 0666);
	if (p->fd < 0) {
		rc = errmsg_errno(err, "%s: cannot %s it", p->path, p->begun ? "go on with" : "create");
		free(p->path);
		p->path = NULL;
		return rc;
	}
	wo.sink = part_write;
	wo.sink_user = p;
	p->to_skip = p->begun && wo.format == FORMAT_PCAP ? PCAP_HEADER_LEN : 0;
	rc = writer_open(&p->out.writer, p->fd, p->path, &wo, err);
	if (!rc && s->o.secrets && !p->begun)
		rc = writer_secrets(p->out.writer, SECRETS_TLS, s->o.secrets, s->o.secrets_len, err);
	p->out.bare = s->o.bare;
	p->begun = true;
	s->open[s->nopen++] = p;
	return rc;
}

static struct part *part_find(struct split *s, const char *key, struct errmsg *err)
{
	uint32_t h = 2166136261u, i;
	struct part *p;

	for (const char *c = key; *c; c++)
		h = (h ^ (uint8_t)*c) * 16777619u;
	for (i = h % SLOTS; s->slots[i]; i = (i + 1) % SLOTS)
		if (!strcmp(s->slots[i]->key, key))
			return s->slots[i];
	if (s->count == FILES_MAX) {
		errmsg_set(err, NW_ELIMIT, "--split would make more than %d files; filter first, or split by seconds or packets", FILES_MAX);
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p || !(p->key = strdup(key))) {
		free(p);
		errmsg_set(err, NW_ELIMIT, "no memory for %u files", s->count + 1);
		return NULL;
	}
	p->fd = -1;
	s->slots[i] = s->parts[s->count++] = p;
	return p;
}

static int packet_to(struct split *s, const char *key, const struct interface *in, const struct frame *f, struct errmsg *err)
{
	struct part *p = part_find(s, key, err);
	int rc = p ? 0 : NW_ELIMIT;

	if (!rc && p->fd < 0)
		rc = part_open(s, p, err);
	if (rc)
		return rc;
	p->used = ++s->clock;
	return packet_file_add(&p->out, in, f, err);
}

/* Files of numbers are never gone back to, but for times out of order. */
static int packet_to_number(struct split *s, const struct interface *in, const struct frame *f, struct errmsg *err)
{
	uint64_t before = s->number;
	bool first = !s->started;
	char key[KEY_MAX];
	int rc = 0;

	number_key(s, f, key);
	if (!first && s->number != before && s->nopen)
		rc = part_close(s, s->open[0], err);
	return rc ? rc : packet_to(s, key, in, f, err);
}

static int packet_to_hosts(struct split *s, const struct interface *in, const struct frame *f, struct errmsg *err)
{
	const uint8_t *end[2];
	char key[2][KEY_MAX];
	bool v6;
	int rc;

	packet_decode(&s->packet, &s->decoder, f);
	if (!addresses(&s->packet, &end[0], &end[1], &v6))
		return packet_to(s, "other", in, f, err);
	for (int i = 0; i < 2; i++) {
		struct outbuf o;

		outbuf_fixed(&o, key[i], KEY_MAX);
		put_address(&o, end[i], v6);
		outbuf_cstr(&o);
	}
	rc = packet_to(s, key[0], in, f, err);
	return rc || !strcmp(key[0], key[1]) ? rc : packet_to(s, key[1], in, f, err);
}

int split_packet(struct split *s, const struct interface *in, const struct frame *f, struct errmsg *err)
{
	char key[KEY_MAX];

	switch (s->o.by) {
	case SPLIT_FLOW:
		flow_key(s, f, key);
		return packet_to(s, key, in, f, err);
	case SPLIT_HOST:
		return packet_to_hosts(s, in, f, err);
	default:
		return packet_to_number(s, in, f, err);
	}
}

int split_open(struct split **out, const struct split_options *o, struct errmsg *err)
{
	struct split *s = *out = calloc(1, sizeof(*s));
	const char *base, *dot;

	if (!s)
		return errmsg_set(err, NW_ELIMIT, "no memory for --split");
	s->o = *o;
	s->wo = *o->writer;
	s->wo.buffer_bytes = BUFFER;
	base = strrchr(o->path, '/');
	base = base ? base + 1 : o->path;
	dot = strrchr(base, '.');
	s->suffix = dot && dot > base ? (size_t)(dot - o->path) : strlen(o->path);
	s->stem = s->suffix;
	s->slots = calloc(SLOTS, sizeof(*s->slots));
	s->parts = calloc(FILES_MAX, sizeof(*s->parts));
	decoder_init(&s->decoder);
	return s->slots && s->parts ? 0 : errmsg_set(err, NW_ELIMIT, "no memory for --split");
}

int split_close(struct split *s, struct errmsg *err)
{
	int rc = 0;

	if (!s)
		return 0;
	while (s->nopen) {
		struct errmsg why;
		int bad = part_close(s, s->open[0], &why);

		if (bad && !rc) {
			*err = why;
			rc = bad;
		}
	}
	if (!rc && io_is_terminal(STDERR_FILENO))
		fprintf(stderr, "nwfilter: %u file%s\n", s->count, s->count == 1 ? "" : "s");
	for (unsigned i = 0; i < s->count; i++) {
		free(s->parts[i]->key);
		free(s->parts[i]);
	}
	decoder_release(&s->decoder);
	free(s->slots);
	free(s->parts);
	free(s);
	return rc;
}
