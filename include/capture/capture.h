/* SPDX-License-Identifier: MIT */
/*
 * Live capture through libpcap: the only user of pcap_open/activate. Opens
 * (needs CAP_NET_RAW), then the caller drops privileges, then reads.
 *
 * Every packet that the kernel accepts is either handed out by
 * capture_dispatch() or counted as dropped, from the moment capture_open() (or the first
 * capture_set_filter() after `hold`) returns to the moment capture_stop() returns: when capture_pending() has become
 * false, handed out + dropped = received, to the packet.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "base/errmsg.h"
#include "base/frame.h"
#include "base/outbuf.h"

struct capture;

enum capture_direction { DIRECTION_BOTH, DIRECTION_IN, DIRECTION_OUT };
/* How the kernel deals packets out among captures of one group: by flow (both directions together), or by processor. */
enum capture_fanout { FANOUT_NONE, FANOUT_HASH, FANOUT_CPU };

struct capture_options {
	const char *interface;    /* a name, or "any" (SLL2) */
	const char *netns;        /* name of ip-netns(8), a PID, or a path; NULL: this one */
	uint32_t snaplen;         /* 0: 262144, which is also the most */
	uint64_t buffer_bytes;    /* kernel ring; 0: from the machine's memory (said by capture_buffer_bytes) */
	int timeout_ms;           /* how long the kernel may gather packets; 0: 100 */
	bool immediate;
	bool no_promiscuous;
	bool monitor;             /* Wi-Fi monitor mode */
	const char *tstamp_type;  /* a name of capture_tstamp_types(); NULL: the host's clock */
	enum capture_fanout fanout;
	uint16_t *group;          /* fanout: 0 makes a group and stores its number, which the next capture then joins */
	bool nano;                /* said in interface.tsresol; frames carry nanoseconds in any case */
	enum capture_direction direction;
	int linktype;             /* LINKTYPE_ asked for with -y, or -1 */
	const char *filter;       /* BPF text, NULL or "": none */
	bool optimize;            /* of the BPF compiler; -O switches it off */
	bool hold;                /* take no packet until capture_set_filter(), whose text may depend on the link type */
};

enum { CAPTURE_SNAPLEN_MAX = 262144 };

/* Errors: NW_EINPUT (no such interface, with the nearest name; interface down; filter with libpcap's reason;
 * link type, with those there are), NW_EPERM (with what is missing and the command that grants it), NW_ESYS. */
int capture_open(struct capture **c, const struct capture_options *o, struct errmsg *err);
void capture_close(struct capture *c);
/* The filter of a capture opened with `hold`, which begins now, or another one on a running capture. NULL: everything. */
int capture_set_filter(struct capture *c, const char *bpf, bool optimize, struct errmsg *err);

/* Would this text be a filter? Same errors, nothing is changed. */
int capture_check_filter(struct capture *c, const char *bpf, struct errmsg *err);

/* For poll(): readable when packets wait. */
int capture_fd(const struct capture *c);
const struct interface *capture_interface(const struct capture *c);
uint64_t capture_buffer_bytes(const struct capture *c);
/* The kernel ring of who asks for none: 1/256 of the machine's memory, 2 to 64 MiB. */
uint64_t capture_default_ring(void);

/* Hands out what waits, up to `max` packets (0: some thousand, so that others get their turn); never blocks. The
 * frame is borrowed for the call; number counts from 1 per capture. The callback returns 0 to go on or a negative
 * error, which ends the call and is returned. Otherwise the number of packets, or NW_ESYS ("eth0: the interface
 * disappeared"). An interface that merely goes down is no error: see capture_is_up(). */
typedef int capture_packet_fn(void *user, const struct frame *f, struct errmsg *err);
int capture_dispatch(struct capture *c, unsigned max, capture_packet_fn *fn, void *user, struct errmsg *err);
/* False while the interface is administratively down; the capture goes on when it comes back. Asks the kernel. */
bool capture_is_up(const struct capture *c);

/* The kernel takes no more packets for this capture; what is in the ring is still to be dispatched. */
void capture_stop(struct capture *c);
/* After capture_stop(): may packets still come out of the ring? (The kernel hands over its last block within
 * the time-out.) Dispatch and ask again every few milliseconds until false. */
bool capture_pending(struct capture *c);

struct capture_counters {
	uint64_t received;   /* passed the filter, kernel drops included */
	uint64_t dropped;    /* by the kernel: our ring was full */
	uint64_t ifdropped;  /* by the interface or its driver */
};
/* Since capture_open(); 64-bit although the kernel's counters wrap. */
int capture_counters(struct capture *c, struct capture_counters *k, struct errmsg *err);

/* Adds to `k` what the kernel counted on a packet socket since it was asked last, by whomever: for a duplicate of capture_fd()
 * whose process has died. Between two askers counts are divided, so nobody else asks while the capture lives. ifdropped
 * is left alone. NW_ESYS: not a packet socket. */
int capture_fd_counters(int fd, struct capture_counters *k, struct errmsg *err);

/* ---- without opening ------------------------------------------------------------- */

struct capture_device {
	char name[64], description[128];
	bool up, running, loopback, wireless;
	char addresses[256];   /* blank-separated */
};
/* -D. Calls `each` for every device; returns their number or an error. */
int capture_devices(const char *netns, void (*each)(void *user, const struct capture_device *d), void *user,
		    struct errmsg *err);
/* -L. Link types of an interface (LINKTYPE_); at most `max` are stored; returns the number. */
int capture_linktypes(const char *interface, const char *netns, int *types, int max, struct errmsg *err);
/* -J. Time stamp types of an interface; as above. At least the host's. */
int capture_tstamp_types(const char *interface, const char *netns, int *types, int max, struct errmsg *err);
const char *capture_tstamp_name(int type, const char **description);
/* Why `bpf` is no capture filter for this link type, as three lines: the sentence with the column and the nearest word,
 * the text, a caret. NW_EINPUT; 0 if it is one. */
int capture_filter_error(const char *bpf, unsigned linktype, struct errmsg *err);
/* -d, -dd, -ddd: the compiled filter as text. `style` is the number of d. */
int capture_dump_filter(const char *bpf, unsigned linktype, uint32_t snaplen, bool optimize, int style,
			struct outbuf *out, struct errmsg *err);

#endif
