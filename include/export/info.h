/* SPDX-License-Identifier: MIT */
/* What capinfos says of a capture: counts, sizes, times, rates, interfaces. */
#ifndef EXPORT_INFO_H
#define EXPORT_INFO_H

#include "base/outbuf.h"
#include "pcapio/reader.h"

/* Reads the readers to their ends and writes a report on each. `format` is "text" (Key: value, a blank line between
 * files), "csv" or "tsv" (a row per file), "json" or "ndjson" (an object per file); NW_EINPUT for any other. `utc`:
 * times of the text in UTC. What is wrong with an input does not end the report on it: the first such error and its
 * sentence come back in *input_error and *input_text. Returns 0 or the output's error. */
int info_write(struct outbuf *o, const char *format, struct reader *const *readers, unsigned count, bool utc,
	       int *input_error, struct errmsg *input_text, struct errmsg *err);

#endif
