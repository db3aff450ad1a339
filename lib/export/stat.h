/* SPDX-License-Identifier: MIT */
/* What the files of nwexport --stats share; each report is a file stat_NAME.c, and its formats are a row of report.c. */
#ifndef EXPORT_STAT_H
#define EXPORT_STAT_H

#include "base/series.h"
#include "base/times.h"
#include "decode/conversation.h"
#include "flow/flow.h"
#include "rows.h"

extern const struct export_format conv_formats[], endpoints_formats[], hierarchy_formats[], io_formats[], handshakes_formats[],
	expert_formats[], dns_formats[], http_formats[], summary_formats[];

/* ---- stat_talks.c: who with whom, layer by layer ------------------------------------------------ */

enum talk_layer { TALK_ETH, TALK_IP, TALK_IPV6, TALK_TCP, TALK_UDP, TALK_LAYERS };
extern const char *const talk_names[TALK_LAYERS]; /* "eth" */

/* One pair of ends, or one end. */
struct talk {
	int64_t first_ns, last_ns;
	uint64_t packets[2], bytes[2]; /* a pair: by who spoke first, by the other; an end: sent, received */
	uint32_t swapped;              /* a pair: who spoke first is the high end (decode/conversation.h) */
};

struct talk_table {
	struct conversations *c;       /* numbers them; NULL: this layer is not asked for */
	bool own;                      /* not the decoder's */
	struct series talks;
	uint32_t end;                  /* numbers so far */
	uint64_t lost;                 /* packets of conversations that were forgotten, or that no memory was there for */
};

struct talks {
	struct talk_table table[TALK_LAYERS];
	struct decoder *d;
	bool ends;
	uint64_t packets;
	int64_t first_ns;              /* of the capture; valid with has_time */
	bool has_time;
};

/* "tcp,udp", "all", NULL for `usual` into a bit for each layer. NW_EINPUT. */
int talks_layers(unsigned *layers, const char *argument, const char *report, unsigned usual, struct errmsg *err);
/* `ends`: single ends instead of pairs. */
int talks_init(struct talks *t, unsigned layers, bool ends, const struct export_options *o, struct decoder *d, struct errmsg *err);
void talks_release(struct talks *t);
/* Counts the packet in each of its layers, as Wireshark does; what an ICMP error quotes does not count. */
void talks_packet(struct talks *t, const struct packet *p);
/* All of one layer, the one with most bytes first; free() it. *count of them; NULL with *count 0: there are none, else no memory. */
struct talk_row {
	const struct talk *talk;
	uint32_t number;
	uint64_t bytes;
} *talks_sorted(const struct talks *t, enum talk_layer layer, uint32_t *count);
/* The ends of a row, src the one that spoke first. False: forgotten. */
bool talks_ends(const struct talks *t, enum talk_layer layer, const struct talk_row *r, struct conversation_key *k);
/* Says which bounds were hit. */
void talks_say(const struct talks *t, struct export *e);

/* ---- stat_times.c: many durations in fixed memory ------------------------------------------------------- */

enum { TIMES_BUCKETS = 58 * 64 };

struct times {
	uint64_t count;
	int64_t min_ns, max_ns;
	double sum_ns;
	uint32_t bucket[TIMES_BUCKETS];
};

void times_add(struct times *t, int64_t ns); /* less than 0 counts as 0 */
/* What this share (0 to 1) of them does not exceed, within 1 %; 0 if there are none. */
int64_t times_at(const struct times *t, double share);
int64_t times_average(const struct times *t);
/* How many are at least `from_ns` and less than `to_ns`. */
uint64_t times_between(const struct times *t, int64_t from_ns, int64_t to_ns);
/* Four cells: min, median, 95th percentile, max; none when there are none. */
void times_put(const struct times *t, struct rows *r);
#define TIMES_COLUMNS(key, title) \
	{ key "_min", title " min", ROW_DURATION }, { key "_median", title " median", ROW_DURATION }, \
	{ key "_p95", title " p95", ROW_DURATION }, { key "_max", title " max", ROW_DURATION }

/* ---- stat_timeline.c: packets over time ------------------------------------------------------------------- */

/* Intervals from the first packet on. When there are more than `max`, two become one: nothing is lost but detail. */
struct timeline {
	int64_t base_ns, interval_ns;
	uint32_t count, max;
	uint32_t doublings;
	uint64_t untimed;              /* packets without a time */
	struct slice {
		uint64_t packets, bytes;
	} *slice;
};

int timeline_init(struct timeline *t, int64_t interval_ns, uint32_t max, struct errmsg *err);
void timeline_release(struct timeline *t);
void timeline_add(struct timeline *t, const struct frame *f);
/* When slice `i` begins, and how long after the first. */
int64_t timeline_at(const struct timeline *t, uint32_t i);
int64_t timeline_start(const struct timeline *t, uint32_t i);

/* ---- stat_layers.c: which protocols in which order ---------------------------------------------------------- */

enum { LAYER_NODES_MAX = 8192, LAYER_DEPTH_MAX = 96 };

struct layer_node {
	uint64_t packets, bytes;
	uint16_t parent, child, next;  /* index; 0: none (0 is the frame, the root) */
	uint8_t proto;
};

struct layer_tree {
	struct layer_node *node;
	uint32_t count;
	uint64_t folded;               /* packets whose innermost layers found no room */
};

/* Asks `d` for every protocol. */
int layer_tree_init(struct layer_tree *t, struct decoder *d, struct errmsg *err);
void layer_tree_release(struct layer_tree *t);
void layer_tree_packet(struct layer_tree *t, const struct packet *p);
/* The children of each layer by packets, most first. */
void layer_tree_sort(struct layer_tree *t);

/* ---- stat_handshakes.c: how TCP connections began --------------------------------------------------------------- */

enum handshake {
	HANDSHAKE_COMPLETE,
	HANDSHAKE_REFUSED,    /* the SYN was answered by a reset */
	HANDSHAKE_UNANSWERED,
	HANDSHAKE_HALF_OPEN,  /* no ACK after the SYN-ACK */
	HANDSHAKE_NOT_SEEN,   /* no SYN: it began before the capture */
	HANDSHAKES
};

struct handshake_counts {
	uint64_t connections, of[HANDSHAKES];
	struct times syn_ack, ack, total;
};

/* Of a record of TCP with details (flow_options.detail). */
enum handshake handshake_of(const struct flow_record *r);
void handshake_count(struct handshake_counts *c, const struct flow_record *r);

/* ---- stat_tally.c: how often each text came ------------------------------------------------------------------- */

struct tally_entry {
	uint64_t count, first_frame;
	uint64_t more[2];              /* the user's */
	uint32_t text, hash;
	uint16_t len;
};

struct tally {
	struct tally_entry *entry;     /* in the order of appearance, until tally_sort() */
	uint32_t count, entries, ceiling;
	uint32_t *slot, slots;
	char *bytes;                   /* the texts */
	uint32_t used, room;
	uint64_t others;               /* texts that found no room: they are counted here alone */
	uint64_t key;
};

/* At most `ceiling` different texts, of 512 bytes each and 64 on average; beyond, no new ones. NW_ELIMIT. */
int tally_init(struct tally *t, uint32_t ceiling, struct errmsg *err);
void tally_release(struct tally *t);
/* One more of this text; NULL: no room. The entry stays where it is until the next call. */
struct tally_entry *tally_add(struct tally *t, const void *text, size_t len, uint64_t frame);
static inline const char *tally_text(const struct tally *t, const struct tally_entry *e)
{
	return t->bytes + e->text;
}
/* Most first; nothing may be added after it. */
void tally_sort(struct tally *t);
/* A table of two columns, text and count, of the `top` most frequent (0: all). */
void tally_put(struct tally *t, struct rows *r, const char *key, const char *title, const struct row_column *columns, uint32_t top);
/* Says if there was no room. */
void tally_say(const struct tally *t, struct export *e, const char *what);

/* ---- stat_expert.c --------------------------------------------------------------------------------------------- */

enum { FINDING_SEVERITIES = 5 };
extern const uint32_t finding_severities[FINDING_SEVERITIES]; /* the worst first */

struct finding_table {
	struct tally tally;
	uint64_t frame;
	uint64_t by_severity[FINDING_SEVERITIES];
};

int findings_init(struct finding_table *t, struct decoder *d, struct errmsg *err);
void findings_packet(struct finding_table *t, const struct packet *p);
/* Of the `worst` severities the `top` rows (0: all). */
void findings_put(struct finding_table *t, struct rows *r, const char *key, const char *title, uint32_t worst, uint32_t top);

/* ---- stat_dns.c, stat_http.c ------------------------------------------------------------------------------------- */

struct pending;

struct dns_stats {
	const struct field *name_field, *type_field, *rcode_field;
	uint64_t queries, responses, repeated, answered, unasked, truncated;
	struct times times;
	struct pending *pending;
	struct tally names, types, rcodes, servers;
};

int dns_stats_init(struct dns_stats *s, struct decoder *d, struct errmsg *err);
void dns_stats_release(struct dns_stats *s);
void dns_stats_packet(struct dns_stats *s, struct packet *p);
void dns_stats_put_all(const struct dns_stats *s, struct rows *r);
void dns_stats_put_rcodes(struct dns_stats *s, struct rows *r);
void dns_stats_put_names(struct dns_stats *s, struct rows *r, uint32_t top);

enum { HTTP_STATS_FIELDS = 5 };

struct http_stats {
	const struct field *field[HTTP_STATS_FIELDS];
	uint64_t requests, responses, errors;
	struct times times;
	struct series waits;           /* by tcp.stream */
	struct tally methods, statuses, hosts, paths;
};

int http_stats_init(struct http_stats *s, struct decoder *d, struct errmsg *err);
void http_stats_release(struct http_stats *s);
void http_stats_packet(struct http_stats *s, struct packet *p);
void http_stats_put_all(const struct http_stats *s, struct rows *r);
void http_stats_put_statuses(struct http_stats *s, struct rows *r);
void http_stats_put_hosts(struct http_stats *s, struct rows *r, uint32_t top);

#endif
