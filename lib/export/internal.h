/* SPDX-License-Identifier: MIT */
/* What the files of lib/export share: the open export, its columns, and how the values of one packet are gathered. */
#ifndef EXPORT_INTERNAL_H
#define EXPORT_INTERNAL_H

#include "base/jsonout.h"
#include "export/export.h"

enum column_kind {
	COLUMN_NUMBER,
	COLUMN_TIME,
	COLUMN_SRC,
	COLUMN_DST,
	COLUMN_SPORT,
	COLUMN_DPORT,
	COLUMN_PROTO,
	COLUMN_LENGTH,
	COLUMN_INFO,
	COLUMN_FIXED,  /* a field with one value per layer */
	COLUMN_WALK,   /* a field that its protocol's walk() emits */
	COLUMN_EITHER  /* everything else: field_each() knows */
};

struct column {
	uint8_t kind;
	uint8_t proto;
	const char *name;
	const struct field *field; /* NULL for the first nine kinds */
	char *key;                 /* json: "\"name\":" */
	uint32_t key_len;
	uint32_t first, last;      /* its values in columns.cells: index + 1, 0: none */
};

/* One value of one column; several of the same column form a list in wire order. */
struct cell {
	const struct field *field;
	struct value value;
	uint32_t next;             /* index + 1 */
};

/* All requested walk fields of one protocol: its layers are walked once for all of them. */
struct column_group {
	uint8_t proto;
	uint16_t *column;          /* by field index: column number + 1, 0: not asked for */
	uint64_t *want;
};

/* Copies of what stood in a packet's scratch memory, which is used again and again while the packet is read. */
struct value_store {
	uint8_t *bytes;
	uint32_t used;
};
/* Makes `v` last until the store is emptied; false if it is full: leave the value out. */
bool value_keep(struct value_store *s, const struct packet *p, struct value *v);

struct columns {
	struct column *column;
	unsigned ncolumns, ngroups;
	struct column_group *group;
	struct cell *cells;        /* grows to the largest packet met */
	uint32_t ncells, room;
	struct value_store store;
	bool pseudo_only;          /* no registered field among them: nothing to gather */
	bool info, proto;          /* the summary or the protocol is wanted */
	char occurrence;           /* 'f', 'l' or 'a' */
};

extern const char *const table_columns[]; /* export_columns of the table, ends with NULL */
/* The column names of `o`, or the default ones; asks `d` for what they look at. */
int columns_open(struct columns *c, const struct export_options *o, struct decoder *d, struct errmsg *err);
void columns_release(struct columns *c);
/* Collects the values of all registered fields of the packet. They live as long as `p`. */
void columns_gather(struct columns *c, struct packet *p);

/* What the name-less columns show. */
struct endpoint {
	const uint8_t *addr; /* NULL: none */
	uint8_t len;         /* 4, 16 or 6 */
};
struct endpoints {
	struct endpoint src, dst;
	bool has_ports;
	uint16_t sport, dport;
};
void packet_endpoints(const struct packet *p, struct endpoints *e);
void endpoint_put(struct outbuf *o, const struct endpoint *e);

enum { ALL_FLAT = 1, ALL_NESTED = 2 };
enum object_syntax { OBJECT_JSON, OBJECT_YAML, OBJECT_EK };

struct export {
	const struct export_format *format;
	struct export_options o;
	struct outbuf *out;
	struct decoder *decoder;  /* while the export is opened */
	struct columns columns;
	uint8_t all;            /* every decoded field: 0, ALL_FLAT or ALL_NESTED */
	bool profile;           /* ECS documents instead */
	uint8_t syntax;         /* enum object_syntax */
	struct timefmt iso;     /* UTC */
	uint8_t capture_format; /* enum capture_format */
	uint64_t packets;
	void *state;            /* the format's own */
	void *profile_state;
	int failed;             /* an error of a report that is not the output's; `error` tells */
	struct errmsg error;
	bool abandoned;         /* end() frees and writes nothing */
	char info[4096];        /* the summary, when it is a column */
};

/* The summary of a packet as a fixed text in e->info. */
const char *export_info(struct export *e, struct packet *p, size_t *len);
/* A column of the first nine kinds: is there one, and its text, not escaped. */
bool pseudo_there(const struct column *col, const struct packet *p, const struct endpoints *ends);
void pseudo_put(struct export *e, const struct column *col, struct packet *p, const struct endpoints *ends, struct outbuf *o);

/* JSON text of a value; what tshark's ek has for it. */
void json_value_put(struct outbuf *o, const struct field *f, const struct value *v);
void ek_value_put(struct outbuf *o, const struct field *f, const struct value *v);
/* Escaped, with every `quote` doubled (0: none is). */
void csv_text_put(struct outbuf *o, const uint8_t *text, size_t len, char quote);
/* A quoted CSV value. */
void csv_string_put(struct outbuf *o, const char *text, size_t len);
/* Every decoded field as one object, or as one per layer. */
int all_begin(struct export *e, bool nested, struct errmsg *err);
void all_packet(struct export *e, struct packet *p);
void all_end(struct export *e);
/* An ECS document. */
int ecs_begin(struct export *e, struct errmsg *err);
void ecs_packet(struct export *e, struct packet *p);
void ecs_end(struct export *e);
enum { COMMUNITY_ID_MAX = 32 };
bool community_id(const struct packet *p, const struct endpoints *ends, char text[COMMUNITY_ID_MAX]);

#define FORMAT_BEGIN(name) int name##_begin(struct export *e, struct errmsg *err)
#define FORMAT_PACKET(name) void name##_packet(struct export *e, struct packet *p)
#define FORMAT_END(name) void name##_end(struct export *e)
/* export_options.say, printf-like. */
void export_say(struct export *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* cells.c: texts for people, escaped and terminated, in columns that line up. */
enum { CELL_GAP = 2, CELL_RIGHT = 1, CELL_LAST = 2 /* of the line */, CELL_CUT = 4 /* "…" instead of what has no room */ };
uint32_t text_width(const char *text);
void blanks_put(struct outbuf *o, uint32_t n);
void cell_put(struct outbuf *o, const char *text, uint32_t room, unsigned how);
/* Takes columns away from the widest text, then from the widest number, until a line fits into `limit` (0: any does). */
void cells_fit(uint32_t *width, const uint8_t *how, unsigned n, uint32_t limit);
/* "\033[1m" when there are colours. */
void sgr_put(const struct export *e, const char *sgr);

FORMAT_BEGIN(text); FORMAT_PACKET(text); FORMAT_END(text);
FORMAT_BEGIN(table); FORMAT_PACKET(table); FORMAT_END(table);
void table_flush(struct export *e);
FORMAT_BEGIN(csv); FORMAT_PACKET(csv);
FORMAT_BEGIN(tsv); FORMAT_PACKET(tsv);
FORMAT_BEGIN(json); FORMAT_PACKET(json); FORMAT_END(json);
FORMAT_BEGIN(ndjson); FORMAT_PACKET(ndjson); FORMAT_END(objects);
FORMAT_BEGIN(yaml); FORMAT_END(yaml);
FORMAT_BEGIN(ek); FORMAT_PACKET(ek);
FORMAT_BEGIN(hex); FORMAT_PACKET(hex);
FORMAT_PACKET(c);
FORMAT_BEGIN(pcap); FORMAT_BEGIN(pcapng); FORMAT_PACKET(pcap); FORMAT_END(pcap);
void pcap_flush(struct export *e);

#endif
