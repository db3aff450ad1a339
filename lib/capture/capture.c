/* SPDX-License-Identifier: MIT */
/*
 * Live capture.
 *
 * libpcap maps a TPACKET_V3 ring: blocks of 256 KiB which the kernel fills and
 * hands over when they are full or when `timeout_ms` has passed. One dispatch
 * takes what is ready, block by block, without a system call per packet.
 *
 *   ring   [ full ][ full ][ being filled ][ free ][ free ] ...
 *             ^ dispatch      ^ kernel
 *
 * Exact counting needs care at both ends, because packets pass while the socket
 * is being set up and while it is being stopped:
 *
 *   bind ── ring made ── "reject all" ── counters read ── filter on ──────────── "reject all" ── drain ── counters
 *   |<── early: counted by the kernel, not wanted ──>|     |<── the capture ──>|
 *
 * While "reject all" stands no packet enters the ring, so the counters can be read at rest: what
 * they say there is subtracted ever after, and early packets in the ring are
 * known by their time. At the end the same filter stops the flow (closing would lose what is in
 * the ring), the kernel hands over its last block, and what it counted is what was handed out.
 *
 * Three libpcap habits would spoil the counts:
 * - -Q is applied after the ring: here it is a part of the kernel's filter;
 * - on loopback devices every packet passes twice and the outgoing copy is thrown away
 *   after the ring: here it never enters;
 * - after pcap_setfilter() the first blocks are filtered once more in user space, where
 *   "inbound" and "ifindex" match nothing: so libpcap is let translate the filter for the kernel, then is told to
 *   accept everything, and its translation is put back onto the socket.
 */
#include "private.h"
#include "sys/netns.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum {
	TIMEOUT_MS = 100,
	EARLY_NS = 1000000000, /* a packet before the start by more than that: the clock was set back */
	PACKETS_PER_DISPATCH = 16384,
	RING_MIN = 2 << 20,
	RING_MAX = 64 << 20,
};

struct capture {
	pcap_t *pcap;
	capture_packet_fn *fn;
	void *user;
	struct errmsg *err;
	int fn_error;
	struct frame frame;            /* number counts what was handed out */
	int64_t start_ns;              /* packets before are early */
	int fraction_ns;               /* of what libpcap has in tv_usec: 1, or 1000 where it knows no nanoseconds (nflog) */
	struct interface interface;
	struct link link;
	uint64_t buffer_bytes;
	uint32_t snaplen;
	int timeout_ms;
	enum capture_direction direction;
	bool loopback, any;
	bool running, stopped;
	int64_t stopped_ns;            /* monotonic */
	struct pcap_stat last;         /* as libpcap said it last, wrapping */
	struct capture_counters sum;
	uint64_t ifdrops_before;
};

/* ---- counters ------------------------------------------------------------------------ */

static int read_kernel(struct capture *c, struct errmsg *err)
{
	struct pcap_stat now;

	if (pcap_stats(c->pcap, &now))
		return errmsg_set(err, NW_ESYS, "%s: %s", c->interface.name, pcap_geterr(c->pcap));
	c->sum.received += (uint32_t)(now.ps_recv - c->last.ps_recv);
	c->sum.dropped += (uint32_t)(now.ps_drop - c->last.ps_drop);
	c->last = now;
	return 0;
}

int capture_counters(struct capture *c, struct capture_counters *k, struct errmsg *err)
{
	int bad = read_kernel(c, err);
	uint64_t drops = link_drops(&c->link);

	if (drops > c->ifdrops_before)
		c->sum.ifdropped = drops - c->ifdrops_before;
	*k = c->sum;
	return bad;
}

/* ---- the kernel's filter ----------------------------------------------------------- */

static void attach(pcap_t *p, struct sock_fprog *program)
{
	setsockopt(pcap_fileno(p), SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof(*program));
}

/* One instruction, "return 0", straight onto the socket: libpcap must not learn of it, or it
 * would apply it to what is already in the ring. A packet that another processor is just putting into the ring still
 * sees the old filter; a millisecond later it is through. */
static void reject_all(pcap_t *p)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);

	attach(p, &(struct sock_fprog){ 1, &none });
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* What stands on the socket, into memory that the caller frees. False: nothing does, libpcap filters in user space. */
static bool attached(pcap_t *p, struct sock_fprog *program)
{
	socklen_t count = 0; /* this option counts instructions, not bytes */

	program->filter = NULL;
	if (getsockopt(pcap_fileno(p), SOL_SOCKET, SO_GET_FILTER, NULL, &count) || !count || count > BPF_MAXINSNS)
		return false;
	program->filter = calloc(count, sizeof(*program->filter));
	if (!program->filter || getsockopt(pcap_fileno(p), SOL_SOCKET, SO_GET_FILTER, program->filter, &count)) {
		free(program->filter);
		program->filter = NULL;
		return false;
	}
	program->len = (unsigned short)count;
	return true;
}

static int compile(pcap_t *p, struct bpf_program *code, const char *text, bool optimize, struct errmsg *err)
{
	char reason[PCAP_ERRBUF_SIZE];
	int bad;

	if (!pcap_compile(p, code, text, optimize, PCAP_NETMASK_UNKNOWN))
		return 0;
	snprintf(reason, sizeof(reason), "%s", pcap_geterr(p));
	bad = capture_filter_error(text, (unsigned)linktype_of_dlt(pcap_datalink(p)), err);
	/* what is only wrong on a live interface is nothing that the explanation knows of */
	return bad ? bad : errmsg_set(err, NW_EINPUT, "capture filter \"%.200s\": %s", text, reason);
}

/* What direction and loopback demand of the filter, beside the user's words. */
static const char *kernel_condition(const struct capture *c)
{
	if (c->direction == DIRECTION_IN)
		return "inbound";
	if (c->direction == DIRECTION_OUT)
		return c->any ? "outbound and not ifindex 1" : "outbound";
	if (c->loopback)
		return "inbound";
	return c->any ? "not (outbound and ifindex 1)" : "";
}

/* The user's words alone first: an error is about them, and "a) or (b" stays one. */
static int compile_whole(struct capture *c, struct bpf_program *code, const char *bpf, bool optimize, struct errmsg *err)
{
	const char *condition = kernel_condition(c);
	int bad = compile(c->pcap, code, bpf, optimize, err);
	size_t size;
	char *whole;

	if (bad || !*condition)
		return bad;
	pcap_freecode(code);
	size = strlen(condition) + strlen(bpf) + 16;
	whole = malloc(size);
	if (!whole)
		return errmsg_set(err, NW_ELIMIT, "no memory for a filter of %zu bytes", size);
	snprintf(whole, size, *bpf ? "%s and (%s)" : "%s", condition, bpf);
	bad = compile(c->pcap, code, whole, optimize, err);
	free(whole);
	return bad;
}

int capture_check_filter(struct capture *c, const char *bpf, struct errmsg *err)
{
	struct bpf_program code;
	int bad = compile(c->pcap, &code, bpf, false, err);

	if (!bad)
		pcap_freecode(&code);
	return bad;
}

static int set_filter(struct capture *c, struct bpf_program *code, struct errmsg *err)
{
	if (pcap_setfilter(c->pcap, code))
		return errmsg_set(err, NW_ESYS, "%s: cannot set the filter: %s", c->interface.name, pcap_geterr(c->pcap));
	return 0;
}

/* From a capture at rest to a running one; see the top of the file. */
static int begin(struct capture *c, struct bpf_program *code, struct errmsg *err)
{
	struct bpf_insn accept = BPF_STMT(BPF_RET | BPF_K, c->snaplen);
	struct sock_fprog kernel;
	struct timespec now;
	bool in_kernel;
	int bad = set_filter(c, code, err);

	if (bad)
		return bad;
	in_kernel = attached(c->pcap, &kernel);
	if (in_kernel)
		bad = set_filter(c, &(struct bpf_program){ 1, &accept }, err);
	reject_all(c->pcap);
	if (!bad)
		bad = read_kernel(c, err);
	c->sum = (struct capture_counters){ 0 };
	c->ifdrops_before = link_drops(&c->link);
	clock_gettime(CLOCK_REALTIME, &now);
	c->start_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	c->running = true;
	if (in_kernel)
		attach(c->pcap, &kernel);
	else
		setsockopt(pcap_fileno(c->pcap), SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, sizeof(int));
	free(kernel.filter);
	return bad;
}

int capture_set_filter(struct capture *c, const char *bpf, bool optimize, struct errmsg *err)
{
	struct bpf_program code;
	int bad;

	if (!bpf)
		bpf = "";
	bad = compile_whole(c, &code, bpf, optimize, err);
	if (bad)
		return bad;
	bad = c->running ? set_filter(c, &code, err) : begin(c, &code, err);
	pcap_freecode(&code);
	if (!bad)
		snprintf(c->interface.filter, sizeof(c->interface.filter), "%s", bpf);
	return bad;
}

/* ---- opening ------------------------------------------------------------------------- */

/* A burst must fit while the writer waits for the disk: a 256th of the memory, within bounds. */
uint64_t capture_default_ring(void)
{
	struct sysinfo s;
	uint64_t bytes;

	if (sysinfo(&s))
		return RING_MIN;
	bytes = (uint64_t)s.totalram * s.mem_unit / 256;
	return bytes < RING_MIN ? RING_MIN : bytes > RING_MAX ? RING_MAX : bytes;
}

static void list_linktypes(pcap_t *p, char *text, size_t size)
{
	int *dlts, n = pcap_list_datalinks(p, &dlts);
	size_t used = 0;

	*text = 0;
	for (int i = 0; i < n && used < size; i++) {
		const char *name = linktype_name((unsigned)linktype_of_dlt(dlts[i]));

		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", name ? name : "?");
	}
	if (n >= 0)
		pcap_free_datalinks(dlts);
}

static int choose_linktype(struct capture *c, const struct capture_options *o, struct errmsg *err)
{
	int wanted = o->linktype;
	char have[200];

	if (wanted < 0 && c->any)
		wanted = LINKTYPE_LINUX_SLL2;
	if (wanted >= 0 && pcap_set_datalink(c->pcap, dlt_of_linktype(wanted))) {
		const char *name = linktype_name((unsigned)wanted);

		list_linktypes(c->pcap, have, sizeof(have));
		return errmsg_set(err, NW_EINPUT, "%s: link type %s is not available here; there is %s", o->interface,
				  name ? name : "?", have);
	}
	c->interface.linktype = (uint16_t)linktype_of_dlt(pcap_datalink(c->pcap));
	return 0;
}

static void describe(struct capture *c, const struct capture_options *o)
{
	struct interface *i = &c->interface;
	struct utsname os;

	snprintf(i->name, sizeof(i->name), "%s", o->interface);
	i->snaplen = c->snaplen;
	i->tsresol = o->nano ? 9 : 6;
	i->received = i->dropped = i->ifdropped = i->delivered = UINT64_MAX;
	if (!uname(&os))
		snprintf(i->os, sizeof(i->os), "%.60s %.60s", os.sysname, os.release);
	if (!c->any)
		link_describe(pcap_fileno(c->pcap), o->interface, i);
}

/*
 * One group of sockets, among which the kernel deals out the packets of an interface: each packet goes to one of
 * them. Until then every one would get them all, so this comes while "reject all" still stands.
 * The first lets the kernel choose a number that nobody has (Linux 4.11); before, one is made up. packet(7)
 */
static int join_group(struct capture *c, const struct capture_options *o, struct errmsg *err)
{
	unsigned mode = o->fanout == FANOUT_CPU ? PACKET_FANOUT_CPU : PACKET_FANOUT_HASH;
	unsigned want = *o->group | mode << 16;
	socklen_t size = sizeof(want);
	int fd = pcap_fileno(c->pcap);

	if (!*o->group) {
		want |= (unsigned)PACKET_FANOUT_FLAG_UNIQUEID << 16;
		if (!setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &want, sizeof(want)) &&
		    !getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &want, &size)) {
			*o->group = (uint16_t)want;
			return 0;
		}
		*o->group = (uint16_t)(getpid() | 1);
		want = *o->group | mode << 16;
	}
	if (!setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &want, sizeof(want)))
		return 0;
	return errmsg_errno(err, "%s: several threads need the kernel's packet fan-out", o->interface);
}

/* From an activated handle to a capture at rest. */
static int prepare(struct capture *c, const struct capture_options *o, struct errmsg *err)
{
	char reason[PCAP_ERRBUF_SIZE];
	int bad;

	reject_all(c->pcap);
	c->loopback = !c->any && link_flag(pcap_fileno(c->pcap), o->interface, IFF_LOOPBACK);
	describe(c, o);
	if (pcap_setnonblock(c->pcap, 1, reason))
		return errmsg_set(err, NW_ESYS, "%s: %s", o->interface, reason);
	bad = choose_linktype(c, o, err);
	if (bad)
		return bad;
	if (o->fanout)
		bad = join_group(c, o, err);
	if (bad)
		return bad;
	c->frame.linktype = c->interface.linktype;
	c->frame.has_ts = true;
	c->fraction_ns = pcap_get_tstamp_precision(c->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
	return o->hold ? 0 : capture_set_filter(c, o->filter, o->optimize, err);
}

static int open_here(struct capture *c, const struct capture_options *o, struct errmsg *err)
{
	bool first = !o->fanout || !*o->group; /* what the interface itself lost is counted once in a group */
	int bad = capture_activate(&c->pcap, o, c->buffer_bytes, err);

	if (bad)
		return bad;
	if (!c->any && first)
		link_open(&c->link, o->interface);
	return prepare(c, o, err);
}

int capture_open(struct capture **out, const struct capture_options *o, struct errmsg *err)
{
	struct capture *c = calloc(1, sizeof(*c));
	int back = -1, bad = 0;

	*out = NULL;
	if (!c)
		return errmsg_set(err, NW_ELIMIT, "no memory for a capture");
	c->any = !strcmp(o->interface, "any");
	c->link.fd = -1;
	c->direction = o->direction;
	c->buffer_bytes = o->buffer_bytes ? o->buffer_bytes : capture_default_ring();
	c->snaplen = o->snaplen && o->snaplen < CAPTURE_SNAPLEN_MAX ? o->snaplen : CAPTURE_SNAPLEN_MAX;
	c->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_MS;
	if (o->netns)
		bad = netns_enter(o->netns, &back, err);
	if (!bad) {
		bad = open_here(c, o, err);
		if (back >= 0) {
			int lost = netns_leave(back, bad ? NULL : err);

			bad = bad ? bad : lost;
		}
	}
	if (bad) {
		capture_close(c);
		return bad;
	}
	*out = c;
	return 0;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	link_close(&c->link);
	free(c);
}

/* ---- reading ------------------------------------------------------------------------- */

static void on_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct capture *c = (struct capture *)user;
	struct frame *f = &c->frame;

	/* short packets lie close together in the ring, in lines that another processor has just written: ask for
	 * those of the next two in time (measured: 3 ns a packet of 64 bytes) */
	__builtin_prefetch(bytes + 320);
	__builtin_prefetch(bytes + 384);
	f->ts_ns = (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec * c->fraction_ns;
	if (__builtin_expect(f->ts_ns < c->start_ns && !f->number && c->start_ns - f->ts_ns < EARLY_NS, 0))
		return;
	f->number++;
	f->data = bytes;
	f->caplen = h->caplen;
	f->wirelen = h->len;
	c->fn_error = c->fn(c->user, f, c->err);
	if (__builtin_expect(c->fn_error, 0))
		pcap_breakloop(c->pcap);
}

int capture_dispatch(struct capture *c, unsigned max, capture_packet_fn *fn, void *user, struct errmsg *err)
{
	uint64_t before = c->frame.number;
	int n;

	c->fn = fn;
	c->user = user;
	c->err = err;
	c->fn_error = 0;
	n = pcap_dispatch(c->pcap, max && max < PACKETS_PER_DISPATCH ? (int)max : PACKETS_PER_DISPATCH, on_packet,
			  (u_char *)c);
	if (c->fn_error)
		return c->fn_error;
	if (n == PCAP_ERROR) {
		const char *why = pcap_geterr(c->pcap);

		if (strstr(why, "disappeared"))
			return errmsg_set(err, NW_ESYS, "%s: the interface disappeared", c->interface.name);
		return errmsg_set(err, NW_ESYS, "%s: %s", c->interface.name, why);
	}
	return (int)(c->frame.number - before);
}

bool capture_is_up(const struct capture *c)
{
	return c->any || link_flag(pcap_fileno(c->pcap), c->interface.name, IFF_UP);
}

void capture_stop(struct capture *c)
{
	struct timespec now;

	if (c->stopped)
		return;
	reject_all(c->pcap);
	clock_gettime(CLOCK_MONOTONIC, &now);
	c->stopped_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	c->stopped = true;
}

/* The kernel closes a block that has been open for a whole time-out, so two pass at most. When the counters
 * already agree nobody has to wait. */
bool capture_pending(struct capture *c)
{
	struct timespec now;
	int64_t waited_ms;

	if (!read_kernel(c, NULL) && c->frame.number + c->sum.dropped >= c->sum.received)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	waited_ms = ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec - c->stopped_ns) / 1000000;
	return waited_ms < 2 * c->timeout_ms + 50;
}

int capture_fd(const struct capture *c)
{
	return pcap_get_selectable_fd(c->pcap);
}

const struct interface *capture_interface(const struct capture *c)
{
	return &c->interface;
}

uint64_t capture_buffer_bytes(const struct capture *c)
{
	return c->buffer_bytes;
}
