/* SPDX-License-Identifier: MIT */
/* What the files of the dashboard share: what is known, and what is looked at. top_draw.c draws, top.c asks and takes keys. */
#ifndef PACKETCLIENT_TOP_H
#define PACKETCLIENT_TOP_H

#include "packetclient.h"
#include "term/grid.h"

enum top_sort { SORT_RATE, SORT_PACKETS, SORT_LOST, SORT_DISK, SORT_NAME, SORTS };
extern const char *const top_sort_names[SORTS];

enum top_screen { SCREEN_LIST, SCREEN_SESSION, SCREEN_HELP };

enum { TOP_SESSIONS_MAX = 1024, REPORTS = 2, REPORT_BYTES_MAX = 1 << 20 };

/* What a child makes of the packets of the last time. */
struct top_report {
	int pid, fd;               /* of its output; pid 0: none runs */
	char *text;                /* what it has written so far */
	size_t len;
	struct json *result;       /* of the last one that came to its end */
};

struct top {
	struct client *c;
	struct grid grid;
	const char *only;          /* this session only, NULL: all */
	struct ipc_answer status, sessions, alerts, stats;
	const struct json_value *row[TOP_SESSIONS_MAX]; /* of `sessions`, sorted */
	unsigned rows;
	enum top_sort sort;
	enum top_screen screen, behind_help;
	char chosen[64];           /* id of the selected session */
	unsigned first;            /* row at the top of the list */
	unsigned scroll;           /* of the reports */
	char trouble[480];         /* why there is nothing new; "" */
	struct top_report report[REPORTS];
	int64_t next_ns, reports_next_ns;
};

/* The whole grid anew. */
void top_draw(struct top *t);

/* top_detail.c: starts the reports about the chosen session when it is time for them, takes what they have written. */
void top_reports(struct top *t, int64_t now_ns);
void top_reports_end(struct top *t);
/* From row `y` on, `rows` of them. */
void top_draw_reports(struct top *t, unsigned y, unsigned rows);

#endif
