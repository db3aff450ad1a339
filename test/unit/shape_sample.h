/* SPDX-License-Identifier: MIT */
/* A table with a row of each kind, for the test of shapes and the fuzz targets of JSON and YAML. */
#ifndef TEST_UNIT_SHAPE_SAMPLE_H
#define TEST_UNIT_SHAPE_SAMPLE_H

#include "base/shape.h"

struct sample_limits {
	uint64_t bytes;
	int64_t age_ns;
	double percent;
};

struct sample_rule {
	const char *name;
	double above;
};

struct sample {
	const char *name;
	bool flag, snaplen_given;
	uint64_t snaplen, mode;
	int64_t from_ns;
	int storage;
	const char *interface[3];
	unsigned interfaces;
	struct sample_limits limits;
	struct sample_rule rule[2];
	unsigned rules;
	char label[8], tag[2][6];
	unsigned tags;
	bool quiet;
	uint16_t port;
	uint8_t in_memory;
	const struct json_value *anything;
};

static const struct shape_row sample_limits_rows[] = {
	SHAPE_SIZE("bytes", struct sample_limits, bytes, "64M", 4096, 1ull << 40, "most bytes on disk"),
	SHAPE_DURATION("age", struct sample_limits, age_ns, "1h", 1000000000, 0, "oldest packet that is kept"),
	SHAPE_PERCENT("percent", struct sample_limits, percent, "5", "free space"),
	SHAPE_END
};

static const struct shape_row sample_rule_rows[] = {
	SHAPE_STRING("name", struct sample_rule, name, NULL, "what the rule is called", .required = true, .min = 1, .max = 8),
	SHAPE_REAL("above", struct sample_rule, above, "1.5", 0, 1000, "threshold"),
	SHAPE_END
};

static const struct shape_row sample_more_rows[] = {
	SHAPE_U64("port", struct sample, port, NULL, 0, 0, "port"),
	SHAPE_CHOICE("where", struct sample, in_memory, "disk", "disk memory", "where"),
	SHAPE_END
};

static const struct shape_row sample_rows[] = {
	SHAPE_STRING("name", struct sample, name, "nobody", "name of the session"),
	SHAPE_BOOL("promiscuous", struct sample, flag, "yes", "receive frames for others too"),
	SHAPE_U64("snaplen", struct sample, snaplen, "262144", 0, 262144, "bytes kept of a packet", .unit = "bytes",
		  .given = offsetof(struct sample, snaplen_given)),
	SHAPE_OCTAL("mode", struct sample, mode, "0660", 0777, "mode of the socket"),
	SHAPE_TIME("from", struct sample, from_ns, "first packet"),
	SHAPE_CHOICE("storage", struct sample, storage, "disk", "disk memory", "where packets are kept"),
	SHAPE_STRINGS("interfaces", struct sample, interface, interfaces, "interfaces to capture on"),
	SHAPE_OBJECT("limits", struct sample, limits, sample_limits_rows, "what is kept"),
	SHAPE_LIST("rules", struct sample, rule, rules, sample_rule_rows, "what to watch"),
	SHAPE_TEXT("label", struct sample, label, NULL, "at most seven letters"),
	SHAPE_TEXTS("tags", struct sample, tag, tags, "at most five letters each"),
	SHAPE_BOOL("loud", struct sample, quiet, "true", "kept as its opposite", .invert = true),
	SHAPE_GROUP("more", sample_more_rows, "members of the struct itself"),
	SHAPE_VALUE("anything", struct sample, anything, "unchecked"),
	SHAPE_END
};

#endif
