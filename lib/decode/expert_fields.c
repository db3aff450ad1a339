/* SPDX-License-Identifier: MIT */
/* Findings (decode/expert.h) as values of fields, and Wireshark's words for its numbers. */
#include "expert_fields.h"

NAMED_WIDE_VALUES(expert_severities,
	(EXPERT_COMMENT, "Comment"), (EXPERT_CHAT, "Chat"), (EXPERT_NOTE, "Note"), (EXPERT_WARNING, "Warning"),
	(EXPERT_ERROR, "Error")
);

#define GROUP(number, name) ((uint32_t)EXPERT_##number << EXPERT_GROUP_SHIFT, name)
NAMED_WIDE_VALUES(expert_groups,
	GROUP(CHECKSUM, "Checksum"), GROUP(SEQUENCE, "Sequence"), GROUP(RESPONSE, "Response"), GROUP(REQUEST, "Request"),
	GROUP(UNDECODED, "Undecoded"), GROUP(REASSEMBLE, "Reassemble"), GROUP(MALFORMED, "Malformed"), GROUP(DEBUG, "Debug"),
	GROUP(PROTOCOL, "Protocol"), GROUP(SECURITY, "Security"), GROUP(COMMENTS, "Comment"), GROUP(DECRYPTION, "Decryption"),
	GROUP(ASSUMPTION, "Assumption"), GROUP(DEPRECATED, "Deprecated")
);

const char *expert_severity_name(uint32_t severity)
{
	return named_value(&expert_severities, severity);
}

const char *expert_group_name(uint32_t group)
{
	return named_value(&expert_groups, group);
}

struct expert_fields {
	struct walk *w;
	unsigned first;
};

/* "Expert Info (Chat/Sequence): Connection finish (FIN)" */
static bool walk_finding(void *user, const struct expert *e)
{
	static const char head[] = "Expert Info (";
	const char *severity = expert_severity_name(e->severity), *group = expert_group_name(e->group);
	const struct expert_fields *f = user;
	uint32_t size = (uint32_t)(sizeof(head) + strlen(severity) + strlen(group) + 4 + e->len);
	bool wanted = walk_wants(f->w, f->first + EXPERT_FIELD) || walk_wants(f->w, f->first + EXPERT_FIELD_MESSAGE);
	uint8_t *text = wanted ? packet_scratch(f->w->p, size) : NULL;
	struct outbuf o;

	if (text) {
		outbuf_fixed(&o, (char *)text, size);
		outbuf_str(&o, head);
		outbuf_str(&o, severity);
		outbuf_char(&o, '/');
		outbuf_str(&o, group);
		outbuf_bytes(&o, "): ", 3);
		outbuf_bytes(&o, e->message, e->len);
		walk_bytes(f->w, f->first + EXPERT_FIELD, text, (uint32_t)outbuf_len(&o));
	}
	walk_uint(f->w, f->first + EXPERT_FIELD_SEVERITY, e->severity);
	walk_uint(f->w, f->first + EXPERT_FIELD_GROUP, e->group);
	if (text)
		walk_bytes(f->w, f->first + EXPERT_FIELD_MESSAGE, text + outbuf_len(&o) - e->len, e->len);
	return true;
}

static bool wants_any(const struct walk *w, unsigned first)
{
	for (unsigned i = 0; i < EXPERT_FIELDS; i++)
		if (walk_wants(w, first + i))
			return true;
	return false;
}

void expert_walk(struct walk *w, const struct packet *p, unsigned first)
{
	struct expert_fields f = { w, first };

	if (wants_any(w, first))
		expert_each(p, walk_finding, &f);
}
