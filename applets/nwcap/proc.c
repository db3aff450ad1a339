/* SPDX-License-Identifier: MIT */
/*
 * Owners of connections, with the packets. For each packet one look-up in a table of connections; system calls are made for
 * those that are new, and seldom again:
 *
 *   scout: a SYN, a DNS query ──ask──> helper ──answer──> table of connections ──> options of each frame
 *   ring:  a packet of an unknown connection ──ask and wait a little──┘
 *
 * The kernel hands packets over in blocks, some time after they were sent; a connection that lives shorter than that is gone by
 * then. So a second socket of each interface, the scout, lets through nothing but what begins a connection, at once, and the
 * question is asked while the socket is there. For what it does not see (the middle of connections, UDP) the question is
 * asked when the first packet is read, and the answer waited for: WAIT_NS at once and, where packets come fast, a fifth of the
 * time, so that the kernel's ring does not overflow meanwhile.
 *
 * A connection whose owner is not known exactly is asked about again after a while, more and more seldom; what was known
 * better stays.
 *
 * Ceilings: 65536 connections, four to a place, of which the one unused for longest goes; 2048 different owners, eight to
 * a place, likewise (about as many processes); SCOUTS_ASK questions of the scouts a second. Questions
 * that the helper has no room for are not asked now and counted.
 */
#include "proc.h"
#include "decode/protocol.h"
#include "filter/filter.h"
#include "host/wire.h"
#include "sys/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	TCP = 6, UDP = 17,
	FLOWS = 65536, FLOW_WAYS = 4, OWNERS = 2048, OWNER_WAYS = 8,
	OWNER_BITS = 12,            /* of a reference: place + 1; the rest is its generation */
	TICK_SHIFT = 20,            /* a tick is 2^20 ns, about a millisecond */
	WAIT_NS = 250000000, WAIT_SHARE = 5,
	FAST = 4000,                /* packets a second: the smallest ring holds some WAIT_NS of them */
	PATIENCE_MS = 2000,         /* with a helper that ought to end */
	REFUSED = 10,               /* ticks without questions when there was no room for one */
	ROUND_NS = 2000000000,      /* longer ones count as this */
	ANSWERS = 1024,             /* read at once */
	SCOUTS_ASK = 4000,          /* questions of theirs in a second */
	SCOUTED = 128,              /* bytes of a packet that the scout looks at */
	OPTIONS = 12 + 2 * (4 + OWNER_TEXT_MAX + 4),
	SECOND = 1000,              /* ticks, about */
	IN_USE = 60 * SECOND
};

/* When an owner is asked for again, in ticks: by how often it was. */
static const uint16_t again[] = { 0, 50, 200, 1000, 5000, 30000 };
/* A guess made while its process may have lived is asked for once more when its packet is read. */
enum { GUESS_AGAIN = 5 };

struct connection {
	struct wire_flow key;
	uint8_t asked, sure;        /* how often; every local end is known exactly */
	bool answered, known;       /* the last question is; the socket of some end was found */
	uint32_t owner[2];          /* references, 0: nobody */
	uint32_t asked_at, used_at; /* ticks */
	int64_t began_ns;           /* when its first packet was seen, since 1970 */
};

struct owner {
	uint32_t generation, used_at, hash;
	uint32_t pid, end_at;
	uint16_t len;
	uint8_t match;
	uint8_t text[OWNER_TEXT_MAX];
};

struct scout {
	struct loop_fd io;
	struct proc *proc;
};

struct proc {
	const struct nwcap_options *o;
	int fd;
	pid_t helper;
	uint64_t key;
	struct connection *flows;
	struct owner *owners;
	struct loop_fd io;
	struct scout scouts[OPTION_LIST_MAX];
	unsigned nscouts;
	int64_t may_wait_ns, round_ns; /* what is left of it, and when it was last renewed */
	uint64_t seen, seen_before; /* packets, now and in the round before */
	uint64_t packets[OWNER_EXACT + 1]; /* by the best match of a process at their ends */
	uint64_t others;            /* neither TCP nor UDP */
	uint32_t scouting_at, scouted; /* a second, and the scouts' questions in it */
	uint32_t refused_at;        /* tick of the last question there was no room for */
	bool refused;
	uint64_t unasked, late;     /* questions without room; packets that went out before the answer came */
	uint64_t pushed_out;        /* connections in use that had to make room for others */
	bool gone;                  /* the helper has ended */
	bool before_filter;         /* -Y asks for owners */
	uint8_t options[OPTIONS];
};

/* ---- the helper ---------------------------------------------------------------------------------- */

/* The fields of a frame's options, by their names: in doubt yes. */
static bool asks_for_owners(const char *filter)
{
	return filter && (strstr(filter, "proc") || strstr(filter, "container") || strstr(filter, "comment"));
}

enum { GREETING_MS = 20000 }; /* it reads all of /proc first */

int proc_start(struct proc **out, const struct nwcap_options *o, struct errmsg *err)
{
	struct proc *p = calloc(1, sizeof(*p));
	char greeting[PROC_GREETING + 1];
	int ends[2];
	ssize_t n;

	*out = NULL;
	if (!p || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		free(p);
		return errmsg_errno(err, "--proc");
	}
	p->o = o;
	p->fd = ends[0];
	p->round_ns = loop_monotonic_ns();
	p->before_filter = asks_for_owners(o->display_filter);
	p->key = (uint64_t)loop_realtime_ns() ^ (uintptr_t)p;
	p->flows = calloc(FLOWS, sizeof(*p->flows)); /* what is never used is never touched */
	p->owners = calloc(OWNERS, sizeof(*p->owners));
	p->helper = p->flows && p->owners ? fork() : -1;
	if (!p->helper) {
		close(ends[0]);
		prochelper_run(ends[1], o);
	}
	close(ends[1]);
	if (p->helper < 0) {
		proc_stop(p);
		return errmsg_set(err, NW_ELIMIT, "--proc: cannot start the process that looks for owners");
	}
	n = poll(&(struct pollfd){ .fd = p->fd, .events = POLLIN }, 1, GREETING_MS) > 0 ? recv(p->fd, greeting, PROC_GREETING, 0) : -1;
	greeting[n > 0 ? n : 0] = 0;
	if (n < 2 || greeting[0] != 'H') {
		int code = n >= 2 && greeting[0] == 'E' ? '0' - greeting[1] : NW_EFAIL;

		proc_stop(p);
		return errmsg_set(err, code < 0 ? code : NW_EFAIL, "--proc: %s", n >= 2 ? greeting + 2 : n ? "its helper says nothing" : "its helper ended at once");
	}
	if (greeting[2])
		fprintf(stderr, "nwcap: --proc: %s\n", greeting + 2);
	*out = p;
	return 0;
}

/* It has no reason to live, or has died: its end is seen to, but not waited for without limit. */
static void reap(struct proc *p, int patience_ms)
{
	while (p->helper > 0 && !waitpid(p->helper, NULL, WNOHANG)) {
		if (patience_ms-- <= 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	p->helper = 0;
}

bool proc_before_filter(const struct proc *p)
{
	return p->before_filter;
}

void proc_stop(struct proc *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->nscouts; i++) {
		loop_remove_fd(&p->scouts[i].io);
		close(p->scouts[i].io.fd);
	}
	loop_remove_fd(&p->io);
	close(p->fd);
	reap(p, PATIENCE_MS);
	if (p->helper > 0 && !kill(p->helper, SIGKILL))
		reap(p, PATIENCE_MS);
	free(p->flows);
	free(p->owners);
	free(p);
}

void proc_say(const struct proc *p)
{
	fprintf(stderr, "%" PRIu64 " packets with an exact owner, %" PRIu64 " with a listener's, %" PRIu64 " with a guessed one, "
		"%" PRIu64 " with none, %" PRIu64 " neither TCP nor UDP\n", p->packets[OWNER_EXACT], p->packets[OWNER_LISTENER],
		p->packets[OWNER_GUESS], p->packets[OWNER_NONE], p->others);
	if (p->late || p->unasked)
		fprintf(stderr, "  %" PRIu64 " of them were written before the answer came, %" PRIu64 " questions were not asked as too many "
			"were\n", p->late, p->unasked);
	if (p->pushed_out)
		fprintf(stderr, "  %" PRIu64 " connections were looked up again, as there is room for %d\n", p->pushed_out, FLOWS);
	if (p->gone)
		fprintf(stderr, "  the process that looks for owners ended before its time\n");
}

/* ---- the tables ------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Ticks from `then` to `now`. The scout is ahead of the ring, so it may be less than none. */
static int32_t since(uint32_t then, uint32_t now)
{
	return (int32_t)(now - then);
}

static uint32_t flow_place(const struct proc *p, const struct wire_flow *k)
{
	uint64_t h = mix(p->key, (uint64_t)k->proto << 32 | (uint32_t)k->port[0] << 16 | k->port[1]);

	for (unsigned i = 0; i < 2; i++)
		h = mix(mix(h, load64(k->address[i])), load64(k->address[i] + 8));
	return (uint32_t)(h >> 32) % (FLOWS / FLOW_WAYS) * FLOW_WAYS;
}

static bool same_flow(const struct wire_flow *a, const struct wire_flow *b)
{
	return a->proto == b->proto && a->port[0] == b->port[0] && a->port[1] == b->port[1] &&
	       !memcmp(a->address, b->address, sizeof(a->address));
}

/* NULL, or a new one in the place of the one that was unused for longest. */
static struct connection *flow_find(struct proc *p, const struct wire_flow *k, bool add, uint32_t now)
{
	struct connection *f = &p->flows[flow_place(p, k)], *oldest = f;

	for (struct connection *g = f; g < f + FLOW_WAYS; g++) {
		if (same_flow(&g->key, k))
			return g;
		if (!g->key.proto || (oldest->key.proto && since(g->used_at, now) > since(oldest->used_at, now)))
			oldest = g;
	}
	if (!add)
		return NULL;
	p->pushed_out += oldest->key.proto && since(oldest->used_at, now) < IN_USE;
	*oldest = (struct connection){ .key = *k, .used_at = now };
	return oldest;
}

static const struct owner *owner_of(const struct proc *p, uint32_t reference)
{
	const struct owner *w = &p->owners[((reference & ((1u << OWNER_BITS) - 1)) - 1) % OWNERS];

	return reference && w->generation == reference >> OWNER_BITS ? w : NULL;
}

/* The same text is kept once. */
static uint32_t owner_keep(struct proc *p, const uint8_t *text, uint32_t len, const struct owner_view *v, uint32_t now)
{
	uint64_t h = p->key;
	struct owner *first, *place;

	for (uint32_t i = 0; i < len; i++)
		h = mix(h, text[i]);
	place = first = &p->owners[(uint32_t)(h >> 32) % (OWNERS / OWNER_WAYS) * OWNER_WAYS];
	for (struct owner *w = first; w < first + OWNER_WAYS; w++) {
		if (w->hash == (uint32_t)h && w->len == len && !memcmp(w->text, text, len)) {
			place = w;
			goto found;
		}
		if (!w->len || (place->len && since(w->used_at, now) > since(place->used_at, now)))
			place = w;
	}
	*place = (struct owner){
		.generation = (place->generation + 1) & (UINT32_MAX >> OWNER_BITS),
		.hash = (uint32_t)h, .pid = v->pid, .end_at = v->end_at, .len = (uint16_t)len, .match = v->match,
	};
	memcpy(place->text, text, len);
found:
	place->used_at = now;
	return place->generation << OWNER_BITS | (uint32_t)(place - p->owners + 1);
}

/* ---- questions and answers ------------------------------------------------------------------------------ */

static void ask(struct proc *p, struct connection *f, int64_t seen_ns, uint32_t now)
{
	uint8_t question[WIRE_QUESTION];

	if (p->gone)
		return;
	if (p->refused && (uint32_t)since(p->refused_at, now) < REFUSED) {
		p->unasked++;
		return;
	}
	if (!f->began_ns)
		f->began_ns = seen_ns > 0 ? seen_ns : 0;
	wire_question_encode(question, &f->key, f->began_ns);
	p->refused = send(p->fd, question, sizeof(question), MSG_DONTWAIT | MSG_NOSIGNAL) < 0;
	if (p->refused) {
		p->gone = errno == EPIPE || errno == ECONNRESET;
		p->refused_at = now;
		p->unasked++;
		return;
	}
	f->asked += f->asked < sizeof(again) / sizeof(*again) - 1;
	f->asked_at = now;
	f->answered = false;
}

static unsigned match_of(const struct proc *p, uint32_t reference)
{
	const struct owner *w = owner_of(p, reference);

	return w ? w->match + (w->pid ? 4u : 0) : 0; /* an owner with a process is better than any without */
}

/* What is known better stays, until the same is said of somebody else. */
static void take_answer(struct proc *p, const struct wire_answer *a)
{
	struct connection *f = flow_find(p, &a->flow, false, 0);
	bool sure = false, unsure = false;

	if (!f)
		return;
	f->answered = true;
	for (unsigned i = 0; i < 2; i++) {
		const struct owner_view *v = &a->end[i].owner;

		if (!a->end[i].len)
			continue;
		if (v->match + (v->pid ? 4u : 0) >= match_of(p, f->owner[i]))
			f->owner[i] = owner_keep(p, a->end[i].text, a->end[i].len, v, f->used_at);
		f->known |= v->match > OWNER_GUESS && v->pid;
		sure |= v->match == OWNER_EXACT && v->pid;
		unsure |= v->match != OWNER_EXACT || !v->pid;
	}
	f->sure = sure && !unsure;
}

static void read_answers(struct proc *p)
{
	uint8_t message[WIRE_ANSWER_MAX + 1];
	struct wire_answer a;

	for (int i = 0; i < ANSWERS && !p->gone; i++) {
		ssize_t n = recv(p->fd, message, sizeof(message), MSG_DONTWAIT);

		if (n == 0)
			p->gone = true;
		if (n <= 0)
			return;
		if (wire_answer_decode(message, (uint32_t)n, &a))
			take_answer(p, &a);
	}
}

static void wait_for(struct proc *p, const struct connection *f)
{
	struct pollfd ready = { .fd = p->fd, .events = POLLIN };
	int64_t before = loop_monotonic_ns(), left = p->may_wait_ns;

	while (!f->answered && !p->gone && left > 0) {
		struct timespec most = { .tv_nsec = (long)left };

		if (ppoll(&ready, 1, &most, NULL) > 0)
			read_answers(p);
		left = p->may_wait_ns - (loop_monotonic_ns() - before);
	}
	p->may_wait_ns = left;
}

static void helper_lost(struct proc *p)
{
	loop_remove_fd(&p->io);
	reap(p, REFUSED);
}

void proc_round(struct proc *p)
{
	int64_t now = loop_monotonic_ns(), passed = now - p->round_ns < ROUND_NS ? now - p->round_ns : ROUND_NS;
	bool fast = (int64_t)(p->seen - p->seen_before) * 1000000000 > passed * FAST;

	p->may_wait_ns += fast ? passed / WAIT_SHARE : passed;
	p->may_wait_ns = p->may_wait_ns < WAIT_NS ? p->may_wait_ns : WAIT_NS;
	p->round_ns = now;
	p->seen_before = p->seen;
	read_answers(p);
	if (p->gone)
		helper_lost(p);
}

/* ---- packets -------------------------------------------------------------------------------------------------- */

/* The ends of a connection in order; *swapped: the sender is the high one. */
static void order_ends(struct wire_flow *k, const uint8_t *src, const uint8_t *dst, bool ipv6, uint16_t sport, uint16_t dport,
		       bool *swapped)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	int order = memcmp(src, dst, ipv6 ? 16 : 4);

	*swapped = order > 0 || (!order && sport > dport);
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *address = (i != 0) != *swapped ? dst : src;

		if (!ipv6)
			memcpy(k->address[i], mapped, sizeof(mapped));
		memcpy(k->address[i] + (ipv6 ? 0 : 12), address, ipv6 ? 16 : 4);
	}
	k->port[*swapped] = sport;
	k->port[!*swapped] = dport;
}

static bool key_of_packet(const struct packet *packet, struct wire_flow *k, bool *swapped, bool *syn)
{
	enum { TCP_FLAGS = 13, SYN = 2, ACK = 16 };
	const uint8_t *ip, *transport;
	const struct layer *n, *t;
	uint32_t ip_len, len;
	bool ipv6;

	if (packet->transport < 0 || packet->network < 0)
		return false;
	n = &packet->layers[packet->network];
	t = &packet->layers[packet->transport];
	ip_len = packet_bytes(packet, n, &ip);
	len = packet_bytes(packet, t, &transport);
	ipv6 = n->proto == PROTO_ipv6;
	if (ip_len < (ipv6 ? 40u : 20u) || len < 4 || (t->proto != PROTO_tcp && t->proto != PROTO_udp))
		return false;
	k->proto = t->proto == PROTO_tcp ? TCP : UDP;
	order_ends(k, ip + (ipv6 ? 8 : 12), ip + (ipv6 ? 24 : 16), ipv6, get_be16(transport), get_be16(transport + 2), swapped);
	*syn = k->proto == TCP && len > TCP_FLAGS && (transport[TCP_FLAGS] & (SYN | ACK)) == SYN;
	return true;
}

static uint8_t *put_option(uint8_t *at, uint16_t code, uint16_t len)
{
	memcpy(at, &code, sizeof(code));
	memcpy(at + 2, &len, sizeof(len));
	memset(at + 4 + (len & ~3u), 0, len & 3 ? 4 : 0);
	return at + 4;
}

/* pid of the sender, or else of the receiver; a comment for each. */
static void put_options(struct proc *p, const struct owner *src, const struct owner *dst, struct frame *f)
{
	const struct owner *ends[2] = { src, dst };
	uint32_t pid = src ? src->pid : dst->pid;
	uint8_t *at = p->options;

	if (pid) {
		at = put_option(at, 8, 8);
		memset(at, 0, 8);
		memcpy(at, &pid, sizeof(pid));
		at += 8;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!ends[i])
			continue;
		at = put_option(at, 1, ends[i]->len);
		memcpy(at, ends[i]->text, ends[i]->len);
		memcpy(at + ends[i]->end_at, i ? "dst" : "src", OWNER_END_PLACES);
		at += (ends[i]->len + 3u) & ~3u;
	}
	f->options = p->options;
	f->options_len = (uint32_t)(at - p->options);
}

/* Is it time to ask (again)? */
static bool due(const struct connection *f, bool syn, uint32_t now)
{
	int32_t ago = since(f->asked_at, now);

	if (!f->asked || (syn && ago > SECOND))
		return true;
	if (f->asked == 1 && !f->known && ago >= GUESS_AGAIN)
		return true;
	return ago > (f->sure ? again[sizeof(again) / sizeof(*again) - 1] : again[f->asked]);
}

void proc_attach(struct proc *p, const struct packet *packet, struct frame *f)
{
	uint32_t now = (uint32_t)((uint64_t)f->ts_ns >> TICK_SHIFT);
	const struct owner *src, *dst;
	unsigned match = OWNER_NONE;
	struct wire_flow key;
	struct connection *flow;
	bool swapped, syn;

	p->seen++;
	if (!key_of_packet(packet, &key, &swapped, &syn)) {
		p->others++;
		return;
	}
	flow = flow_find(p, &key, true, now);
	flow->used_at = now;
	if (__builtin_expect(due(flow, syn, now), 0)) {
		if (syn && flow->asked && since(flow->asked_at, now) > SECOND)
			*flow = (struct connection){ .key = key, .used_at = now }; /* the same ends, another connection */
		ask(p, flow, f->ts_ns, now);
	}
	if (__builtin_expect(flow->asked && !flow->answered && !flow->known, 0)) {
		wait_for(p, flow);
		p->late += !flow->answered;
	}
	src = owner_of(p, flow->owner[swapped]);
	dst = owner_of(p, flow->owner[!swapped]);
	if (src && src->pid)
		match = src->match;
	if (dst && dst->pid && dst->match > match)
		match = dst->match;
	p->packets[match]++;
	if (src || dst)
		put_options(p, src, dst, f);
}

/* ---- the scout --------------------------------------------------------------------------------------------------- */

/*
 * What the scout lets through, from the network header on: TCP with SYN and without ACK, UDP to port 53, of IPv4 (no later
 * fragments) and IPv6 (no extension headers); and of these what the capture filter does, unless that is about the link
 * header, which is not there. The filter comes second, as words like geneve move the offsets of what follows.
 */
static int compile_scout(const char *filter, struct bpf **out)
{
	static const char beginnings[] = "(tcp[13] & 18 == 2 or udp dst port 53 or (ip6[6] == 6 and ip6[53] & 18 == 2))";
	size_t size = sizeof(beginnings) + strlen(filter) + 16;
	char *text = malloc(size);
	int bad = !text || !*filter;

	*out = NULL;
	if (!bad) {
		snprintf(text, size, "%s and (%s)", beginnings, filter);
		bad = bpf_compile(out, text, LINKTYPE_RAW_BSD12, SCOUTED, NULL);
	}
	free(text);
	return bad ? bpf_compile(out, beginnings, LINKTYPE_RAW_BSD12, SCOUTED, NULL) : 0;
}

static int open_scout(const char *ifname, const struct bpf *code)
{
	const struct sock_fprog filter = { (unsigned short)bpf_length(code), bpf_code(code) };
	bool any = !strcmp(ifname, "any");
	const int on = 1;
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = any ? 0 : (int)if_nametoindex(ifname) };
	int fd = any || at.sll_ifindex ? socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0)
		return -1;
	/* the protocol comes with bind(), so nothing gets in before the filter stands */
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) || bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	return fd;
}

static void take_beginning(struct proc *p, const uint8_t *bytes, uint32_t len, int64_t at_ns)
{
	struct cursor c = cursor_over(bytes, len, true);
	const uint8_t *ip = cursor_peek(&c, 40), *ports;
	uint32_t now = (uint32_t)((uint64_t)at_ns >> TICK_SHIFT);
	bool ipv6, swapped;
	struct wire_flow k;
	struct connection *f;

	if (!ip)
		ip = cursor_peek(&c, 28); /* IPv4 and UDP with nothing in it */
	if (!ip)
		return;
	ipv6 = *ip >> 4 == 6;
	cursor_skip(&c, ipv6 ? 40 : (*ip & 15u) * 4);
	ports = cursor_take(&c, 4);
	if (!ports)
		return;
	k.proto = ip[ipv6 ? 6 : 9];
	order_ends(&k, ip + (ipv6 ? 8 : 12), ip + (ipv6 ? 24 : 16), ipv6, get_be16(ports), get_be16(ports + 2), &swapped);
	if ((uint32_t)since(p->scouting_at, now) >= SECOND) {
		p->scouting_at = now;
		p->scouted = 0;
	}
	if (p->scouted >= SCOUTS_ASK)
		return; /* those of them that come through the ring are asked about then */
	f = flow_find(p, &k, true, now);
	if (f->asked && since(f->asked_at, now) <= SECOND)
		return;
	*f = (struct connection){ .key = k, .used_at = now };
	p->scouted++;
	ask(p, f, at_ns, now);
}

/* When the kernel saw it: a process may have come and gone until now. */
static int64_t time_of(struct msghdr *m)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m); /* the one kind that was asked for */
	struct timespec t;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS && c->cmsg_len >= CMSG_LEN(sizeof(t))) {
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	}
	return loop_realtime_ns();
}

static void scout_ready(struct loop_fd *h, uint32_t events)
{
	enum { AT_ONCE = 64 };
	struct scout *s = container_of(h, struct scout, io);
	uint8_t bytes[SCOUTED];

	(void)events;
	for (int i = 0; i < AT_ONCE; i++) {
		_Alignas(struct cmsghdr) uint8_t control[64];
		struct iovec into = { bytes, sizeof(bytes) };
		struct sockaddr_ll from;
		struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &into, .msg_iovlen = 1,
				    .msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(h->fd, &m, 0);

		if (n <= 0)
			return;
		if (from.sll_pkttype != PACKET_OTHERHOST)
			take_beginning(s->proc, bytes, (uint32_t)n, time_of(&m));
	}
}

void proc_scout(struct proc *p, const char *ifname)
{
	struct scout *s = &p->scouts[p->nscouts];
	struct bpf *code;
	int back = -1, fd;

	if (p->nscouts == OPTION_LIST_MAX || compile_scout(p->o->bpf, &code))
		return;
	if (p->o->netns && netns_enter(p->o->netns, &back, NULL)) {
		bpf_free(code);
		return;
	}
	fd = open_scout(ifname, code);
	bpf_free(code);
	if (p->o->netns)
		netns_leave(back, NULL);
	if (fd < 0)
		return;
	*s = (struct scout){ .io = { .fd = fd, .events = LOOP_READ, .ready = scout_ready }, .proc = p };
	p->nscouts++;
}

static void answers_ready(struct loop_fd *h, uint32_t events)
{
	struct proc *p = container_of(h, struct proc, io);

	(void)events;
	read_answers(p);
	if (p->gone)
		helper_lost(p);
}

int proc_enter_loop(struct proc *p, struct loop *l, struct errmsg *err)
{
	int bad;

	p->io = (struct loop_fd){ .fd = p->fd, .events = LOOP_READ, .ready = answers_ready };
	bad = loop_add_fd(l, &p->io, err);
	for (unsigned i = 0; i < p->nscouts && !bad; i++)
		bad = loop_add_fd(l, &p->scouts[i].io, err);
	return bad;
}
