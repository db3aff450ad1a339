/* SPDX-License-Identifier: MIT */
/*
 * One captured frame and the interface it came from, as every source (file,
 * pipe, live capture) hands it out and every sink (filter, writer, exporter)
 * takes it.
 *
 * A frame is borrowed: everything it points to belongs to the source and is
 * valid until the source is asked for more (see each source for the exact
 * call). Nothing in it is trusted but the pointers and lengths themselves.
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* How the record around the packet is stored in the source's buffer, so that a
 * sink of the same kind can pass it on as it stands, without a copy. */
enum record_kind {
	RECORD_NONE,      /* no record: live capture, made by a program */
	RECORD_PCAP_US,   /* 16-byte header, host byte order, microseconds */
	RECORD_PCAP_NS,   /* the same, nanoseconds */
	RECORD_PCAPNG,    /* a whole packet block in the section's own byte order */
	RECORD_OTHER      /* foreign byte order or a variant: must be written anew */
};

struct interface;

struct frame {
	uint64_t number;       /* from 1, in the order read */
	int64_t ts_ns;         /* since 1970-01-01 UTC; 0 if the record has no time (has_ts false) */
	const uint8_t *data;   /* caplen bytes */
	uint32_t caplen;       /* bytes kept; <= wirelen unless the file says otherwise */
	uint32_t wirelen;      /* bytes on the wire */
	uint32_t ifid;         /* index into the source's interfaces */
	uint16_t linktype;     /* LINKTYPE_ number (not DLT_) */
	uint8_t record_kind;   /* enum record_kind */
	bool has_ts;
	bool foreign_order;    /* options are in the other byte order */
	const uint8_t *record; /* the whole record, header included; NULL for RECORD_NONE */
	uint32_t record_len;
	uint32_t options_len;
	const uint8_t *options; /* pcapng packet options as stored, or NULL */
	const struct interface *interface; /* the source's, or NULL */
};

/* What is known of one interface; strings are NUL-terminated and cut at their size. */
struct interface {
	uint16_t linktype;
	uint32_t snaplen;         /* 0: no limit */
	uint8_t tsresol;          /* as in pcapng if_tsresol: 6 is us, 9 is ns, 0x80|n is 2^-n s */
	int64_t tsoffset_s;       /* pcapng if_tsoffset */
	uint64_t speed_bps;       /* 0: unknown */
	bool has_mac;
	uint8_t mac[6];
	char name[64];
	char description[128];
	char filter[512];         /* capture filter text, without the leading type byte */
	char os[128];
	char hardware[128];
	/* pcapng ISB counters; UINT64_MAX: not said. */
	uint64_t received, dropped, ifdropped, delivered;
};

/* LINKTYPE_ numbers (https://www.tcpdump.org/linktypes.html) that this program treats specially. */
enum linktype {
	LINKTYPE_NULL = 0,
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_IEEE802_5 = 6,
	LINKTYPE_PPP = 9,
	LINKTYPE_FDDI = 10,
	LINKTYPE_RAW_BSD12 = 12,
	LINKTYPE_RAW_BSD14 = 14,
	LINKTYPE_PPP_HDLC = 50,
	LINKTYPE_PPP_ETHER = 51,
	LINKTYPE_RAW = 101,
	LINKTYPE_C_HDLC = 104,
	LINKTYPE_IEEE802_11 = 105,
	LINKTYPE_FRELAY = 107,
	LINKTYPE_LOOP = 108,
	LINKTYPE_LINUX_SLL = 113,
	LINKTYPE_IEEE802_11_RADIO = 127,
	LINKTYPE_JUNIPER_ETHERNET = 178,
	LINKTYPE_PPI = 192,
	LINKTYPE_PPP_WITH_DIR = 204,
	LINKTYPE_IPV4 = 228,
	LINKTYPE_IPV6 = 229,
	LINKTYPE_NFLOG = 239,
	LINKTYPE_LINUX_SLL2 = 276
};

/* "EN10MB" for 1, NULL for an unknown number. The names are libpcap's. */
const char *linktype_name(unsigned linktype);
const char *linktype_description(unsigned linktype);
/* The number for a name (any case) or a decimal number; -1 if there is none. */
int linktype_parse(const char *text);

#endif
