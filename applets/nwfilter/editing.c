/* SPDX-License-Identifier: MIT */
/* Options that change packets or choose them by number, from words to struct edit_options. */
#include "base/text.h"
#include "flow/whole.h"
#include "nwfilter.h"
#include "sys/io.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- ranges ------------------------------------------------------------------------------ */

static bool parse_number(const char **s, uint64_t *n)
{
	const char *p = *s;

	for (*n = 0; *p >= '0' && *p <= '9' && *n < 1000000000000000000u; p++)
		*n = *n * 10 + (uint64_t)(*p - '0');
	if (p == *s || (*p >= '0' && *p <= '9'))
		return false;
	*s = p;
	return true;
}

/* 5, 5-9, 5-, -9 */
static bool parse_range(const char **s, struct number_range *r)
{
	r->first = 1;
	if (**s != '-' && !parse_number(s, &r->first))
		return false;
	r->last = r->first;
	if (**s == '-') {
		++*s;
		r->last = UINT64_MAX;
		if (**s && **s != ',' && !parse_number(s, &r->last))
			return false;
	}
	return r->first && r->first <= r->last;
}

static int by_first(const void *a, const void *b)
{
	const struct number_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

int apply_ranges(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;
	unsigned n = 0;

	(void)row;
	for (const char *s = value;; s++) {
		if (o->nranges == RANGES_MAX)
			return errmsg_set(err, NW_EINPUT, "--range: %d ranges are allowed", RANGES_MAX);
		if (!parse_range(&s, &o->ranges[o->nranges]) || (*s && *s != ','))
			return errmsg_set(err, NW_EINPUT, "--range %s: packet numbers are written as in 1-100,205,300-", value);
		o->nranges++;
		if (!*s)
			break;
	}
	qsort(o->ranges, o->nranges, sizeof(o->ranges[0]), by_first);
	for (unsigned i = 1; i < o->nranges; i++) {
		struct number_range *last = &o->ranges[n];

		if (o->ranges[i].first > last->last && o->ranges[i].first - last->last > 0)
			o->ranges[++n] = o->ranges[i];
		else if (o->ranges[i].last > last->last)
			last->last = o->ranges[i].last;
	}
	o->nranges = n + 1;
	return 0;
}

/* ---- edits ---------------------------------------------------------------------------------- */

int apply_shift(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;

	(void)row;
	if (o->edit.shift_to)
		return errmsg_set(err, NW_EINPUT, "--shift and --shift-to: both move the time stamps; use one of them");
	if (!edit_parse_shift(value, &o->edit.shift_ns))
		return errmsg_set(err, NW_EINPUT, "--shift %s: is no span of time, such as 3600, -0.5 or +2h", value);
	return 0;
}

int apply_shift_to(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;

	(void)row;
	if (o->edit.shift_ns && !o->edit.shift_to)
		return errmsg_set(err, NW_EINPUT, "--shift and --shift-to: both move the time stamps; use one of them");
	o->edit.shift_to = true;
	if (!text_parse_time(value, &o->edit.shift_ns))
		return errmsg_set(err, NW_EINPUT, "--shift-to %s: is no time, such as 2026-11-20T12:00:00Z", value);
	return 0;
}

int apply_strip_vlan(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;
	uint64_t n = 0;

	(void)row;
	if (value && (!text_parse_u64(value, &n) || !n || n > 8))
		return errmsg_set(err, NW_EINPUT, "--strip-vlan=%s: is no number of tags, 1 to 8", value);
	o->edit.strip_vlan = true;
	o->edit.vlan_tags = (unsigned)n;
	return 0;
}

int apply_dedup(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;

	(void)row;
	if (!edit_parse_window(value ? value : "5", &o->edit))
		return errmsg_set(err, NW_EINPUT, "--dedup=%s: is no window: a number of packets up to %d, or a span such as 0.5s or 20ms",
				  value, EDIT_WINDOW_MAX);
	if (!o->edit.dedup)
		o->edit.dedup = DEDUP_PACKET;
	return 0;
}

int apply_chop(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;

	(void)row;
	if (o->edit.nchops == EDIT_CHOPS_MAX)
		return errmsg_set(err, NW_EINPUT, "--chop %s: %d of them are allowed", value, EDIT_CHOPS_MAX);
	if (!edit_parse_chop(value, &o->edit))
		return errmsg_set(err, NW_EINPUT, "--chop %s: is no [OFFSET:]LENGTH such as 4, -4, 12:4 or -8:-4", value);
	return 0;
}

int apply_split(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;
	const char *colon = strchr(value, ':'), *size = colon ? colon + 1 : "";
	size_t n = colon ? (size_t)(colon - value) : strlen(value);
	static const struct {
		const char *name;
		uint8_t by;
	} kinds[] = { { "flow", SPLIT_FLOW }, { "host", SPLIT_HOST }, { "seconds", SPLIT_SECONDS }, { "packets", SPLIT_PACKETS },
		      { "bytes", SPLIT_BYTES } };
	bool good = false;

	(void)row;
	o->split = SPLIT_NONE;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == n && !memcmp(kinds[i].name, value, n))
			o->split = kinds[i].by;
	switch (o->split) {
	case SPLIT_FLOW: case SPLIT_HOST: good = !colon; break;
	case SPLIT_SECONDS: good = text_parse_duration(size, &o->split_ns) && o->split_ns > 0; break;
	case SPLIT_PACKETS: good = text_parse_u64(size, &o->split_size) && o->split_size; break;
	case SPLIT_BYTES: good = text_parse_size(size, &o->split_size) && o->split_size; break;
	}
	return good ? 0 : errmsg_set(err, NW_EINPUT, "--split %s: is none of flow, host, seconds:60, packets:1000, bytes:10M", value);
}

int apply_whole_flow(void *opts, const struct option_row *row, const char *value, struct errmsg *err)
{
	struct nwfilter_options *o = opts;

	(void)row;
	if (!ENABLE_FLOWS)
		return errmsg_set(err, NW_EINPUT, "--whole-flow is not in this build, which has no flows");
	o->whole_flow = true;
	if (value && (!text_parse_size(value, &o->whole_bytes) || o->whole_bytes < WHOLE_BYTES_MIN || o->whole_bytes > SIZE_MAX / 2))
		return errmsg_set(err, NW_EINPUT, "--whole-flow=%s: is no size of a buffer, such as 64M or 2G; 256K is the least", value);
	return 0;
}

/* ---- together ---------------------------------------------------------------------------------- */

int read_whole_file(const char *path, size_t max, char **data, size_t *len, struct errmsg *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	long n = 0;

	*data = NULL;
	*len = 0;
	if (fd < 0)
		return errmsg_errno(err, "%s: cannot read it", path);
	*data = malloc(max + 1);
	if (!*data)
		rc = errmsg_set(err, NW_ELIMIT, "%s: no memory for it", path);
	while (*data && *len <= max && (n = io_read(fd, *data + *len, max + 1 - *len, path, err)) > 0)
		*len += (size_t)n;
	close(fd);
	if (n < 0)
		rc = (int)n;
	else if (*len > max)
		rc = errmsg_set(err, NW_EINPUT, "%s: is longer than the %zu bytes that are allowed", path, max);
	if (rc) {
		free(*data);
		*data = NULL;
	}
	return rc;
}

static int read_key(struct nwfilter_options *o, struct errmsg *err)
{
	enum { KEY_FILE_MAX = 65536 };
	size_t len;
	char *data;
	int rc = read_whole_file(o->key_file, KEY_FILE_MAX, &data, &len, err);

	if (rc)
		return rc;
	rc = edit_make_key(data, len, o->key, err);
	explicit_bzero(data, len);
	free(data);
	o->edit.key = o->key;
	return rc ? errmsg_prefix(err, rc, "%s: ", o->key_file) : 0;
}

int editing_check(struct nwfilter_options *o, struct errmsg *err)
{
	bool edits = o->edit.shift_ns || o->edit.shift_to || o->edit.strip_vlan || o->edit.nchops || o->decap || o->link || o->key_file;

	o->edit.decap = o->decap;
	o->edit.link = ENABLE_EDIT && o->link ? edit_link(o->link) : -1;
	if (o->dedup_by && !o->edit.dedup)
		return errmsg_set(err, NW_EINPUT, "--dedup-by says how packets are compared: add --dedup");
	if (o->dedup_by)
		o->edit.dedup = !strcmp(o->dedup_by, "exact") ? DEDUP_EXACT : !strcmp(o->dedup_by, "network") ? DEDUP_NETWORK : DEDUP_PACKET;
	if ((o->payload || o->edit.keep_oui) && !o->key_file)
		return errmsg_set(err, NW_EINPUT, "%s goes with --anonymize KEYFILE", o->payload ? "--anonymize-payload" : "--keep-oui");
	if (o->payload)
		o->edit.payload = !strcmp(o->payload, "keep") ? PAYLOAD_KEEP : !strcmp(o->payload, "zero") ? PAYLOAD_ZERO : PAYLOAD_DROP;
	if (o->edit.adjust_length && !o->edit.nchops && !o->snaplen)
		return errmsg_set(err, NW_EINPUT, "-L shortens the length of what is cut: add --chop or -s");
	if (o->key_file && o->inject_keys)
		return errmsg_set(err, NW_EINPUT, "--anonymize and --inject-keys are at odds: keys open what is to be hidden");
	if ((edits || o->split || o->inject_keys) && !o->write && (o->count_only || o->quiet))
		return errmsg_set(err, NW_EINPUT, "%s writes no packets: leave out what changes them, or name a file with -w",
				  o->quiet ? "-q" : "-c");
	if (o->whole_flow && (o->sample || o->rate))
		return errmsg_set(err, NW_EINPUT, "--whole-flow keeps all packets of a conversation: leave out %s",
				  o->sample ? "--sample" : "--rate");
	if (o->split && (!o->write || !strcmp(o->write, "-")))
		return errmsg_set(err, NW_EINPUT, "--split makes several files: name them with -w NAME");
	if (o->inject_keys && o->format && !strcmp(o->format, "pcap"))
		return errmsg_set(err, NW_EINPUT, "--inject-keys: pcap has no place for keys; use -F pcapng");
	return ENABLE_EDIT && o->key_file ? read_key(o, err) : 0;
}
