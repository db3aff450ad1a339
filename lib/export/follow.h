/* SPDX-License-Identifier: MIT */
/* What the reports made of a conversation's bytes share: --follow, --streams, --objects. */
#ifndef LIB_EXPORT_FOLLOW_H
#define LIB_EXPORT_FOLLOW_H

#include "internal.h"
#include "flow/follower.h"

extern const struct export_format follow_formats[], streams_formats[], objects_formats[];

/* The follower of a report, with the options that are about conversations. Less than 0: they do not fit. */
int follower_open(struct follower *f, struct export *e, const struct follower_choice *c, const struct follower_events *events,
		  void *user, struct errmsg *err);
/* Tells the user which bounds were hit. */
void follower_say(struct export *e, const struct follower *f);

#endif
