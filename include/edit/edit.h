/* SPDX-License-Identifier: MIT */
/*
 * Packets changed on their way from a reader to a writer. What is asked for is one set of options; it is done to each
 * packet in this order, whatever the order of the options was:
 *
 *	shift       the time stamp
 *	strip_vlan  802.1Q and 802.1ad tags out of the frame
 *	decap       the tunnel around an inner packet
 *	dedup       packets seen a moment ago are dropped; so the same one in two VLANs or tunnels counts as one
 *	link        another link-layer header
 *	anonymize   addresses, and what lies behind the headers
 *	chop        bytes cut out
 *
 * A packet that nothing is done to is handed back as it came (zero copy). Others are built in one scratch frame that is
 * reused; it grows with the largest frame met, otherwise nothing is allocated per packet. All of it survives any bytes.
 */
#ifndef EDIT_EDIT_H
#define EDIT_EDIT_H

#include "base/errmsg.h"
#include "base/frame.h"
#include "base/outbuf.h"

enum { EDIT_CHOPS_MAX = 8, EDIT_WINDOW_MAX = 1 << 20 };

/* What packets can be changed to, and what can be taken off them; blank-separated. */
#define EDIT_LINKS "ether raw sll sll2 null"
#define EDIT_TUNNELS "vxlan geneve gre erspan gtp ipip mpls pppoe l2tp teredo capwap any"

enum edit_dedup { DEDUP_OFF, DEDUP_EXACT, DEDUP_PACKET, DEDUP_NETWORK };
enum edit_payload { PAYLOAD_DROP, PAYLOAD_ZERO, PAYLOAD_KEEP };

struct edit_chop {
	int64_t offset, length; /* editcap's -C: a positive length goes forward from offset, a negative one back from it;
				 * a negative offset counts from the end, and 0 is the end for a negative length */
};

struct edit_options {
	int64_t shift_ns;       /* 0: not */
	bool shift_to;          /* the first packet gets shift_ns as its time, the others follow it */
	bool strip_vlan;
	unsigned vlan_tags;     /* at most so many, from the outside; 0: all */
	const char *decap;      /* one of EDIT_TUNNELS; NULL: not */
	uint8_t dedup;          /* enum edit_dedup */
	unsigned dedup_packets; /* window: so many packets back; 0: by time */
	int64_t dedup_ns;       /* window: so long ago at most */
	int link;               /* LINKTYPE_ number, see edit_link(); -1: as it is */
	const uint8_t *key;     /* 32 bytes: anonymize; NULL: not */
	uint8_t payload;        /* enum edit_payload, when anonymizing */
	bool keep_oui;          /* MAC addresses keep their vendor when anonymizing */
	unsigned nchops;
	struct edit_chop chops[EDIT_CHOPS_MAX]; /* one after the other */
	bool adjust_length;     /* the length on the wire shrinks with what is chopped */
};

/* What was not handed on, and why. */
struct edit_counts {
	uint64_t duplicates, unlinkable, not_understood;
};

struct edits;

/* NULL in *e when the options ask for nothing. `o` (and its key) is copied. NW_ELIMIT: no memory; NW_ESYS: no randomness. */
int edits_open(struct edits **e, const struct edit_options *o, struct errmsg *err);
void edits_close(struct edits *e);
/* True if packets may leave with another link type than they came with. */
bool edits_change_link(const struct edits *e);

/* 1: *out is what goes on: `in` itself or a changed one, whose bytes live until the next call. 0: the packet is dropped.
 * NW_EINPUT: a time before 1970 or beyond 2262; NW_ELIMIT: no memory. */
int edits_apply(struct edits *e, const struct frame *in, struct frame *out, struct errmsg *err);
const struct edit_counts *edits_counts(const struct edits *e);

/* ---- what people write -------------------------------------------------------------- */

/* "5" packets, "0.5s" or "10ms". False: neither, or more than EDIT_WINDOW_MAX packets. */
bool edit_parse_window(const char *text, struct edit_options *o);
/* "LENGTH" or "OFFSET:LENGTH" appended to o->chops. False: no such thing, or too many. */
bool edit_parse_chop(const char *text, struct edit_options *o);
/* "+3600", "-1.5", "90m". */
bool edit_parse_shift(const char *text, int64_t *ns);
/* One of EDIT_LINKS, or -1. */
int edit_link(const char *name);
/* The key of anonymizing from the bytes of a key file: 32 bytes as they are, anything else by its digest. NW_EINPUT: empty. */
int edit_make_key(const void *file, size_t len, uint8_t key[32], struct errmsg *err);

#endif
