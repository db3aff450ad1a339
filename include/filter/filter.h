/* SPDX-License-Identifier: MIT */
/*
 * Display filters: the language of DESIGN section 3, which is Wireshark's plus
 * a few words for people in a hurry. Text -> tokens -> typed tree -> flat
 * program; the program runs on a struct packet and looks only at what it needs.
 *
 *	tcp   ip.src   tcp.flags.syn              is it there?
 *	tcp.port == 443   ip.ttl < 5 (lt)         == != > >= < <=, eq ne gt ge lt le, === all_eq, !== ~= any_ne
 *	1 < udp.length <= 64   ip.src == ip.dst   chains; field against field
 *	any/all tcp.port > 1024                   overrules what the relation says of several occurrences
 *	tcp.port in {80, 443, 8000..8080}, not in; ip.src == 10.0.0.0/8; ipv6.src == fe80::1..fe80::9
 *	http.host contains "exa"                  case counts
 *	http.host matches "^www[0-9]"             case does not; lib/filter/regex.c says which expressions
 *	eth.src[0:3] == 00:11:22   [1-3] [4] [:4] [4:] [-2:] [0:2,4]
 *	tcp.flags & 0x12 == 0x10                  binds tighter than ==; alone: is any bit set?
 *	len(x) count(x) lower(x) upper(x) string(x)
 *	frame.time >= "2026-11-20 12:00:00"       also T between, Z or +01:00, "Nov 20, 2026 12:00:00", seconds since 1970
 *	port 443   src 10.0.0.1   dst net 10.0.0.0/8   host fe80::1   tcp dst port 80   stream 7   10.0.0.1   aa:bb:cc:dd:ee:ff
 *	contains "x"   matches "x"                anywhere in the frame
 *	word   "two words"                        the same, upper and lower case alike
 *	not ! > and && > or ||, parentheses
 *
 * A comparison with a field that is not there is false, also with !=.
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include "base/errmsg.h"
#include "base/outbuf.h"
#include "decode/packet.h"

struct filter;

enum { FILTER_TEXT_MAX = 65536, FILTER_DEPTH_MAX = 200 };

/* What the compiler wants to say besides yes or no. */
struct filter_notes {
	char hint[240];       /* "bare word 'htpp' is searched as text; did you mean http?" or empty */
};

/* Compiles `text`. On NW_EINPUT `err` holds three lines: the sentence with the
 * column and the nearest name, the text, a caret under the place. An empty or
 * blank text matches everything. `notes` may be NULL. */
int filter_compile(struct filter **f, const char *text, struct filter_notes *notes, struct errmsg *err);
void filter_free(struct filter *f);

/* Asks the decoder for what the filter looks at. */
void filter_want(const struct filter *f, struct decoder *d);
/* True when the packet matches. Decoded with a decoder that filter_want() has seen. */
bool filter_match(const struct filter *f, struct packet *p);
/* True if the filter can decide from the frame alone (numbers, lengths, times, bytes):
 * then packet_decode() may be left out and filter_match_frame() called. */
bool filter_needs_decoding(const struct filter *f);
bool filter_match_frame(const struct filter *f, const struct frame *frame);

/* A BPF expression that lets through everything the filter can match, and maybe
 * more; "" when none is narrower than everything. `exact` says that the filter need
 * not run after it. Fits in `size` or is "". It is for packets as they were on the
 * wire: on frames that a snaplen has cut inside the headers it may say no where the
 * filter says yes. Joined with another expression it stands in parentheses of its
 * own, and not together with one that uses vlan, mpls, pppoes or geneve, as these
 * words move the offsets of what is behind them. */
void filter_bpf(const struct filter *f, unsigned linktype, char *bpf, size_t size, bool *exact);
/* --explain: tree, program and BPF half as text. */
void filter_explain(const struct filter *f, unsigned linktype, struct outbuf *o);

/* ---- classic BPF in user space, for --bpf on files -------------------------------- */

struct bpf;
/* libpcap's language. NW_EINPUT with its reason. Cached per link type by the caller. */
int bpf_compile(struct bpf **b, const char *text, unsigned linktype, uint32_t snaplen, struct errmsg *err);
bool bpf_match(const struct bpf *b, const struct frame *f);
/* Instructions of the program; the kernel takes 4096. */
unsigned bpf_length(const struct bpf *b);
/* They, as the kernel takes them: struct sock_filter. */
void *bpf_code(const struct bpf *b);
void bpf_free(struct bpf *b);

#endif
