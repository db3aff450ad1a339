/* SPDX-License-Identifier: MIT */
/* _ws.expert: fields of the frame (layer 0), as a packet has findings and none of its layers. */
#ifndef LIB_DECODE_EXPERT_FIELDS_H
#define LIB_DECODE_EXPERT_FIELDS_H

#include "decode/expert.h"
#include "decode/protocol.h"

enum expert_field { EXPERT_FIELD, EXPERT_FIELD_SEVERITY, EXPERT_FIELD_GROUP, EXPERT_FIELD_MESSAGE, EXPERT_FIELDS };

extern const struct named_values expert_severities, expert_groups;

#define EXPERT_ROW(ty, n, nam, lab) FIELD_HAS(n, lab, (.names = nam), .type = ty, .innermost = true, .analysis = true)
/* `first`: the index of EXPERT_FIELD in the frame's table. */
#define EXPERT_ROWS(first) \
	((first) + EXPERT_FIELD, EXPERT_ROW(FIELD_STRING, "_ws.expert", NULL, "Something an expert would point at")), \
	((first) + EXPERT_FIELD_SEVERITY, EXPERT_ROW(FIELD_UINT, "_ws.expert.severity", &expert_severities, "How bad it is")), \
	((first) + EXPERT_FIELD_GROUP, EXPERT_ROW(FIELD_UINT, "_ws.expert.group", &expert_groups, "What it is about")), \
	((first) + EXPERT_FIELD_MESSAGE, EXPERT_ROW(FIELD_STRING, "_ws.expert.message", NULL, "What it says"))

/* Emits them; `first` as above. */
void expert_walk(struct walk *w, const struct packet *p, unsigned first);

#endif
