/* SPDX-License-Identifier: MIT */
/*
 * nwexport --stats expert: what an expert would point at, each finding once with how often it came and where first; the
 * worst first. The findings are those of decode/expert.h, as tshark -z expert has them.
 */
#include "stat.h"

#include "decode/expert.h"

#include <stdlib.h>

enum { FINDINGS_MAX = 16384, HEAD = 8 /* severity and group before the message in a key */ };

static const struct row_column columns[] = {
	{ "severity", "Severity", ROW_TEXT }, { "group", "Group", ROW_TEXT }, { "packets", "Packets", ROW_COUNT },
	{ "first_frame", "First", ROW_NUMBER }, { "message", "Message", ROW_TEXT }, { NULL }
};

struct experts {
	struct rows *rows;
	struct finding_table findings;
};

static bool add(void *user, const struct expert *x)
{
	struct finding_table *t = user;
	uint8_t key[HEAD + 256];
	uint32_t len = x->len < sizeof(key) - HEAD ? x->len : (uint32_t)sizeof(key) - HEAD;

	/* the end of a line of HTTP, as Wireshark writes it */
	if (len > 4 && !memcmp(x->message + len - 4, "\\r\\n", 4))
		len -= 4;

	memcpy(key, &x->severity, 4);
	memcpy(key + 4, &x->group, 4);
	memcpy(key + HEAD, x->message, len);
	tally_add(&t->tally, key, HEAD + len, t->frame);
	for (unsigned i = 0; i < FINDING_SEVERITIES; i++)
		t->by_severity[i] += finding_severities[i] == x->severity;
	return true;
}

const uint32_t finding_severities[FINDING_SEVERITIES] = { EXPERT_ERROR, EXPERT_WARNING, EXPERT_NOTE, EXPERT_CHAT, EXPERT_COMMENT };

int findings_init(struct finding_table *t, struct decoder *d, struct errmsg *err)
{
	memset(t->by_severity, 0, sizeof(t->by_severity));
	decoder_want_expert(d);
	return tally_init(&t->tally, FINDINGS_MAX, err);
}

void findings_packet(struct finding_table *t, const struct packet *p)
{
	t->frame = p->frame->number;
	expert_each(p, add, t);
}

static uint32_t severity_of(const struct tally *t, const struct tally_entry *e)
{
	uint32_t severity;

	memcpy(&severity, tally_text(t, e), 4);
	return severity;
}

static void put_finding(struct rows *r, const struct tally *t, const struct tally_entry *e)
{
	uint32_t group;

	memcpy(&group, tally_text(t, e) + 4, 4);
	rows_text(r, expert_severity_name(severity_of(t, e)));
	rows_text(r, expert_group_name(group));
	rows_u64(r, e->count);
	rows_u64(r, e->first_frame);
	rows_bytes(r, tally_text(t, e) + HEAD, e->len - HEAD);
}

void findings_put(struct finding_table *t, struct rows *r, const char *key, const char *title, uint32_t worst, uint32_t top)
{
	uint32_t n = 0;

	tally_sort(&t->tally);
	rows_table(r, key, title, columns);
	for (uint32_t s = 0; s < worst; s++)
		for (uint32_t i = 0; i < t->tally.count; i++) {
			const struct tally_entry *e = &t->tally.entry[i];

			if (severity_of(&t->tally, e) != finding_severities[s])
				continue;
			if (top && n++ >= top)
				return;
			put_finding(r, &t->tally, e);
		}
}

/* ---- the report ---------------------------------------------------------------------------------------------- */

static int expert_begin(struct export *e, struct errmsg *err)
{
	struct experts *v = calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	rc = findings_init(&v->findings, e->decoder, err);
	if (!rc)
		rc = rows_open(&v->rows, e, false, err);
	if (rc) {
		tally_release(&v->findings.tally);
		free(v);
		return rc;
	}
	e->state = v;
	return 0;
}

static void expert_packet(struct export *e, struct packet *p)
{
	struct experts *v = e->state;

	findings_packet(&v->findings, p);
}

static void expert_end(struct export *e)
{
	struct experts *v = e->state;

	if (!e->abandoned)
		findings_put(&v->findings, v->rows, NULL, NULL, FINDING_SEVERITIES, e->o.top);
	tally_say(&v->findings.tally, e, "findings");
	rows_close(v->rows);
	tally_release(&v->findings.tally);
	free(v);
}

const struct export_format expert_formats[] = ROWS_FORMATS(expert_begin, expert_packet, expert_end, NULL);
