/* SPDX-License-Identifier: MIT */
/*
 * Flows: what the packets of one conversation add up to.
 *
 *	decoder    numbers the conversations (tcp.stream, udp.stream: decode/conversation.h)
 *	flows      one record by that number: who, when, how much, which flags, which application
 *	views      conversations, endpoints, top talkers, ... are sums over records; exports get each record when it ends
 *
 * The originator is who sent the first packet (of TCP: who sent the SYN, when one is seen). A record ends when nothing comes
 * for idle_ns, when it has lasted active_ns, when the ceiling is reached, or with the capture; a packet after that
 * begins another record with the same number, originator and name. TCP that has closed ends by its idle time too: last segments follow.
 *
 * At the ceiling those that appeared first end, SERIES_CHUNK at a time, and are forgotten: a conversation that goes on gets
 * a new number. How many is in flows_evicted().
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "base/errmsg.h"
#include "decode/conversation.h"
#include "decode/packet.h"
#include "decode/tcp_analysis.h"

struct flows;

enum flow_transport { FLOW_TCP, FLOW_UDP, FLOW_OTHER /* by addresses and IP protocol */, FLOW_TRANSPORTS };
enum { FLOW_ORIG, FLOW_RESP };
/* Why a record ended: the numbers of IPFIX's flowEndReason (RFC 5102 section 5.11.3). */
enum flow_reason { FLOW_OPEN, FLOW_IDLE, FLOW_ACTIVE, FLOW_END_DETECTED, FLOW_FORCED /* end of the capture */, FLOW_EVICTED };

struct flow {
	int64_t first_ns, last_ns;
	uint64_t packets[2], bytes[2]; /* [FLOW_ORIG], [FLOW_RESP]; bytes of whole frames on the wire */
	uint32_t name;                 /* flow_record.name */
	uint8_t tcp_flags[2];          /* all that were set */
	uint8_t proto;                 /* enum proto_id of the application, PROTO_frame (0): not known */
	uint8_t ip_proto;
	uint8_t orig_high;             /* the originator is the high end of the conversation */
	uint8_t open;                  /* a record is under way */
	uint8_t looks;                 /* packets with data in which its application was looked for */
};

/* More of a record, when asked for. */
struct flow_detail {
	uint64_t payload[2];           /* bytes behind the TCP or UDP header */
	uint64_t ip_bytes[2];          /* bytes of the IP packets, headers included */
	uint64_t first_frame;          /* number of the frame that began the record */
	uint64_t missed[2];            /* bytes of TCP that were not captured, or came before this */
	int64_t syn_ns, handshake_ns;  /* when the SYN was captured; from there to the ACK of its answer; 0: not seen */
	uint32_t next_seq[2];
	uint8_t sequence_known;        /* of whom next_seq is: 1 << side */
	bool syn_ack_seen;
	uint16_t icmp;                 /* type << 8 | code of the first packet */
	uint16_t letters[2];           /* which letters of `history` each side has had */
	uint8_t history_len;
	/* What happened first, in Zeek's letters, the originator's in capitals: S SYN, H SYN+ACK, A ACK, D data, F FIN, R RST,
	 * C bad checksum (not used), T retransmission, W zero window, G gap. */
	char history[22];
};

struct flow_limits {
	uint32_t ceiling;              /* conversations of each transport that are remembered; 0: CONVERSATIONS_MAX */
	int64_t idle_ns, active_ns;    /* 0: never */
	unsigned separate;             /* enum separate of decode/space.h: what else tells conversations apart */
};

/* One record as views and exports see it; valid for the call. */
struct flow_record {
	enum flow_transport transport;
	int32_t number;                /* tcp.stream or udp.stream; of the others a count of their own */
	enum flow_reason reason;
	struct conversation_key ends;  /* src: the originator. FLOW_OTHER: ports are 0 */
	const struct flow *flow;
	const struct flow_detail *detail; /* NULL unless asked for */
	const struct tcp_timing *timing;  /* TCP, when it is asked for; NULL: none */
	const char *name;              /* server name, host or question first seen, not trusted; NULL: none */
	const struct space *space;     /* NULL unless something is separated */
};

/* False: no more of them. */
typedef bool flow_record_fn(void *user, const struct flow_record *r);

struct flow_options {
	struct flow_limits limits;
	bool detail;                   /* struct flow_detail */
	bool timing;                   /* struct tcp_timing, and the letters T, W and G of the history: TCP is analysed */
	bool names;                    /* application and name: application layers are decoded */
	flow_record_fn *ended;         /* each record when it ends, flows_end() included; NULL: nobody wants them. Its result is ignored */
	void *user;
};

/* Asks `d` for what it needs; `d` is borrowed until flows_free(). NW_ELIMIT: no memory. */
int flows_new(struct flows **f, const struct flow_options *o, struct decoder *d, struct errmsg *err);
/* Without flows_end() what is open is dropped. NULL is fine. */
void flows_free(struct flows *f);

/* Books a packet that was decoded with that decoder, by its innermost network and transport layer that is not quoted.
 * The record it belongs to now (the sender's side in *side, which may be NULL), or NULL: no IP, or no memory. */
const struct flow *flows_packet(struct flows *f, const struct packet *p, unsigned *side);
/* The conversation of the packet that flows_packet() was called with last; valid until the next call. */
const struct flow_record *flows_current(struct flows *f);

/* All that are open, TCP, UDP, others, each in the order of their numbers. */
void flows_each(struct flows *f, flow_record_fn *each, void *user);
/* Ends all that are open (FLOW_FORCED). */
void flows_end(struct flows *f);

/* Conversations whose records ended because of the ceiling; packets that found no memory; bytes held. */
uint64_t flows_evicted(const struct flows *f);
uint64_t flows_lost(const struct flows *f);
size_t flows_bytes(const struct flows *f);

/* The ICMP (1) or ICMPv6 (58) type that answers this one, and the other way round; -1: none does. */
int icmp_answer(uint8_t ip_proto, uint8_t type);
/* "tcp", "udp", or the IP protocol's name in lower case ("icmp", "ipv6-icmp", "sctp"); a number when it has none. */
const char *ip_proto_name(uint8_t ip_proto, char text[4]);

#endif
