/* SPDX-License-Identifier: MIT */
/*
 * nwexport --flows: what its formats share.
 *
 *	packets --> flows --> a record that has ended --> csv, json, table, ipfix, ecs
 *	        '-> events --> a transaction (question and answer, handshake) --> eve, zeek, with the records
 *
 * A format is three functions as any other; begin() calls flow_export_open() and says who takes records and transactions.
 */
#ifndef EXPORT_FLOW_EXPORT_H
#define EXPORT_FLOW_EXPORT_H

#include "events.h"
#include "internal.h"

enum { FLOW_UID_MAX = 24 };
/* Time-outs when none are asked for: those of YAF, and Zeek's for TCP. Collectors want to hear of a long conversation
 * before it ends; files have one record of it. */
#define FLOW_USUAL_IDLE_NS 300000000000ll
#define FLOW_USUAL_ACTIVE_NS 1800000000000ll

struct flow_export {
	struct flows *flows;
	struct events *events;         /* NULL: none are wanted */
	struct decoder *decoder;
	int64_t begin_ns, now_ns;      /* times of the first and of the last packet */
	bool begun;
	uint64_t records;
	void *own;                     /* the format's */
};

struct flow_wants {
	bool detail, timing, names;    /* of records: struct flow_options */
	int64_t idle_ns, active_ns;    /* time-outs unless others are asked for; 0: never */
	flow_record_fn *record;        /* its user is the export */
	transaction_fn *transaction;   /* NULL: no events; its user is the export */
	unsigned events;               /* enum events_how */
};

/* e->state becomes a struct flow_export. NW_ELIMIT, NW_EINPUT. */
int flow_export_open(struct export *e, const struct flow_wants *w, struct errmsg *err);
/* Books the packet, and what applications say in it. */
void flow_export_packet(struct export *e, struct packet *p);
/* Ends what is open, unless the export is abandoned; says which bounds were hit, and frees all but `own`. */
void flow_export_close(struct export *e);

/* ---- what a flow is called ------------------------------------------------------------------ */

/* The same for a conversation all through a run, and for the same capture in every run. */
uint64_t flow_id(const struct export *e, const struct conversation_key *ends, enum flow_transport t, int32_t number);
/* Zeek's: "C" and up to 17 digits and letters. */
void flow_uid(const struct export *e, const struct conversation_key *ends, enum flow_transport t, int32_t number,
	      char text[FLOW_UID_MAX]);
/* Zeek's conn_state: S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH. Without details REJ may be RSTR. */
const char *flow_state(const struct flow_record *r);
/* "SAPF": the flags that were set, tcpdump's letters. */
void flow_flags_put(struct outbuf *o, unsigned flags);
const char *flow_reason_name(enum flow_reason r);
/* An address of this machine's side of the Internet: private, link-local, loopback. */
bool address_is_local(const uint8_t *addr, unsigned len);
/* The name of the application, NULL: not known. */
const char *flow_application(const struct flow *f);
/* community_id.c: of a record, and of the ends of a TCP or UDP conversation. */
bool community_id_flow(const struct flow_record *r, char text[COMMUNITY_ID_MAX]);
bool community_id_ends(const struct conversation_key *ends, uint8_t ip_proto, char text[COMMUNITY_ID_MAX]);

/* ---- JSON, one value after the other ------------------------------------------------------------- */

/* Keys are ours and need no escapes; key NULL: inside an array. */
struct json_writer {
	struct outbuf *o;
	bool more; /* something stands before: a comma comes first */
};
void jw_key(struct json_writer *w, const char *key);
void jw_open(struct json_writer *w, const char *key, char bracket);  /* '{' or '[' */
void jw_close(struct json_writer *w, char bracket);                  /* '}' or ']' */
void jw_text(struct json_writer *w, const char *key, const void *text, size_t len);
void jw_str(struct json_writer *w, const char *key, const char *text); /* NULL: left out */
void jw_u64(struct json_writer *w, const char *key, uint64_t v);
void jw_bool(struct json_writer *w, const char *key, bool v);
void jw_address(struct json_writer *w, const char *key, const uint8_t *addr, unsigned len);

/* ---- the formats ------------------------------------------------------------------------------------ */

extern const struct export_format flows_formats[];

FORMAT_BEGIN(flow_rows); FORMAT_END(flow_rows);
void flow_rows_flush(struct export *e);
FORMAT_BEGIN(eve); FORMAT_END(eve);
FORMAT_BEGIN(zeek); FORMAT_BEGIN(zeek_json); FORMAT_END(zeek);
void zeek_flush(struct export *e);
FORMAT_BEGIN(ipfix); FORMAT_END(ipfix);
void ipfix_flush(struct export *e);
int ecs_flow_begin(struct export *e, struct errmsg *err);
void ecs_flow_end(struct export *e);

#endif
