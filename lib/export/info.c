/* SPDX-License-Identifier: MIT */
/*
 * The report on a capture file, after capinfos: one pass over its packets, then
 * the same list of properties in whichever form was asked for.
 *
 * Each property is put by one call of property(), text or number, so that text,
 * tables and JSON cannot disagree. Hashes of the file are left to sha256sum.
 */
#include "export/info.h"

#include "base/timefmt.h"
#include "base/times.h"
#include "internal.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKTYPES_MAX = 16, TEXT_MAX = 512, LABEL_WIDTH = 24 };

struct per_linktype {
	uint16_t linktype;
	uint64_t packets;
};

struct file_info {
	struct reader *reader;
	uint64_t packets, bytes, kept_bytes;
	uint64_t cut_packets;
	uint32_t cut_min, cut_max;      /* lengths kept of packets that were cut */
	int64_t first_ns, last_ns, previous_ns;
	bool has_time, unordered;
	uint64_t *interface_packets;
	uint32_t ninterface_packets;
	struct per_linktype linktypes[LINKTYPES_MAX];
	unsigned nlinktypes;
	char comment[TEXT_MAX], hardware[TEXT_MAX], os[TEXT_MAX], application[TEXT_MAX]; /* of the first section */
	unsigned sections, comments, secrets, names;
};

/* ---- gathering ------------------------------------------------------------------------ */

static void keep_text(char *to, const uint8_t *value, uint32_t len)
{
	if (len >= TEXT_MAX)
		len = TEXT_MAX - 1;
	if (*to)
		return;
	memcpy(to, value, len);
	to[len] = '\0';
}

static int on_block(void *user, const struct block *b, struct errmsg *err)
{
	struct file_info *f = user;
	const uint8_t *opts = b->options, *value;
	uint32_t left = b->options_len;
	uint16_t code, len;

	(void)err;
	f->secrets += b->type == BLOCK_DSB;
	f->names += b->type == BLOCK_NRB;
	if (b->type != BLOCK_SHB)
		return 0;
	f->sections++;
	while (opts && pcapng_option_next(&opts, &left, b->foreign_order, &code, &value, &len) > 0) {
		if (code == 1)
			keep_text(f->comment, value, len);
		else if (code == 2)
			keep_text(f->hardware, value, len);
		else if (code == 3)
			keep_text(f->os, value, len);
		else if (code == 4)
			keep_text(f->application, value, len);
	}
	return 0;
}

static bool interface_room(struct file_info *f, uint32_t ifid)
{
	uint32_t n = ifid + 16;
	uint64_t *counts;

	if (ifid < f->ninterface_packets)
		return true;
	counts = realloc(f->interface_packets, n * sizeof(*counts));
	if (!counts)
		return false;
	memset(counts + f->ninterface_packets, 0, (n - f->ninterface_packets) * sizeof(*counts));
	f->interface_packets = counts;
	f->ninterface_packets = n;
	return true;
}

static void count_linktype(struct file_info *f, uint16_t linktype)
{
	for (unsigned i = 0; i < f->nlinktypes; i++)
		if (f->linktypes[i].linktype == linktype) {
			f->linktypes[i].packets++;
			return;
		}
	if (f->nlinktypes < LINKTYPES_MAX)
		f->linktypes[f->nlinktypes++] = (struct per_linktype){ linktype, 1 };
}

static bool has_comment(const struct frame *f)
{
	const uint8_t *opts = f->options, *value;
	uint32_t left = f->options_len;
	uint16_t code, len;

	while (opts && pcapng_option_next(&opts, &left, f->foreign_order, &code, &value, &len) > 0)
		if (code == 1)
			return true;
	return false;
}

static void count_frame(struct file_info *i, const struct frame *f)
{
	i->packets++;
	i->bytes += f->wirelen;
	i->kept_bytes += f->caplen;
	if (f->caplen < f->wirelen) {
		i->cut_min = !i->cut_packets || f->caplen < i->cut_min ? f->caplen : i->cut_min;
		i->cut_max = f->caplen > i->cut_max ? f->caplen : i->cut_max;
		i->cut_packets++;
	}
	if (f->has_ts) {
		i->unordered |= i->has_time && f->ts_ns < i->previous_ns;
		i->first_ns = !i->has_time || f->ts_ns < i->first_ns ? f->ts_ns : i->first_ns;
		i->last_ns = !i->has_time || f->ts_ns > i->last_ns ? f->ts_ns : i->last_ns;
		i->previous_ns = f->ts_ns;
		i->has_time = true;
	}
	if (interface_room(i, f->ifid))
		i->interface_packets[f->ifid]++;
	count_linktype(i, f->linktype);
	i->comments += f->options && has_comment(f);
}

/* ---- writing --------------------------------------------------------------------------- */

enum form { FORM_TEXT, FORM_TABLE_HEAD, FORM_TABLE, FORM_JSON };

struct report {
	struct outbuf *o;
	enum form form;
	char separator;   /* tables */
	bool first;       /* no property of this object yet */
	bool inner;       /* text: within an interface */
	bool utc;
	int digits;
};

/* The label, by form. False when the value is not to follow. */
static bool put_label(struct report *r, const char *key, const char *label)
{
	struct outbuf *o = r->o;
	bool first = r->first;

	r->first = false;
	switch (r->form) {
	case FORM_TEXT:
		if (r->inner)
			outbuf_printf(o, "%22s%s = ", "", label);
		else
			outbuf_printf(o, "%s:%*s", label, (int)(strlen(label) < LABEL_WIDTH ? LABEL_WIDTH - strlen(label) : 1), "");
		return true;
	case FORM_TABLE_HEAD:
	case FORM_TABLE:
		if (!first)
			outbuf_char(o, r->separator);
		if (r->form == FORM_TABLE_HEAD)
			outbuf_str(o, key);
		return r->form == FORM_TABLE;
	default:
		outbuf_printf(o, "%s\"%s\":", first ? "" : ",", key);
		return true;
	}
}

static void put_end(struct report *r, const char *unit)
{
	if (r->form != FORM_TEXT)
		return;
	outbuf_str(r->o, unit);
	outbuf_char(r->o, '\n');
}

static void put_string(struct report *r, const char *key, const char *label, const char *text)
{
	if (!put_label(r, key, label))
		return;
	if (r->form == FORM_JSON)
		json_string_put(r->o, text, strlen(text));
	else if (r->form == FORM_TABLE && r->separator == ',' && (strchr(text, ',') || strchr(text, '"')))
		csv_string_put(r->o, text, strlen(text));
	else
		outbuf_escaped(r->o, text, strlen(text));
	put_end(r, "");
}

static void put_number(struct report *r, const char *key, const char *label, uint64_t v, const char *unit)
{
	if (!put_label(r, key, label))
		return;
	outbuf_u64(r->o, v);
	put_end(r, unit);
}

static void put_real(struct report *r, const char *key, const char *label, double v, const char *unit)
{
	if (!put_label(r, key, label))
		return;
	outbuf_printf(r->o, "%.2f", v);
	put_end(r, unit);
}

/* Seconds since 1970 for programs, a date for people. */
static void put_time(struct report *r, const char *key, const char *label, int64_t ts_ns)
{
	if (!put_label(r, key, label))
		return;
	if (r->form == FORM_TEXT) {
		struct timefmt t;

		timefmt_init(&t, TIMEFMT_DATE_TIME, r->digits, r->utc);
		timefmt_put(&t, r->o, ts_ns);
	} else {
		outbuf_epoch(r->o, ts_ns, r->digits);
	}
	put_end(r, "");
}

static void put_bool(struct report *r, const char *key, const char *label, bool v)
{
	if (!put_label(r, key, label))
		return;
	if (r->form == FORM_TEXT)
		outbuf_str(r->o, v ? "True" : "False");
	else
		outbuf_str(r->o, v ? "true" : "false");
	put_end(r, "");
}

/* Nothing to say: tables need their column, the others leave it out. */
static void put_nothing(struct report *r, const char *key, const char *label)
{
	if (r->form == FORM_TABLE || r->form == FORM_TABLE_HEAD)
		put_label(r, key, label);
}

static void put_optional(struct report *r, const char *key, const char *label, const char *text)
{
	if (*text)
		put_string(r, key, label, text);
	else
		put_nothing(r, key, label);
}

static const char *linktype_text(unsigned linktype, char *buf, size_t size)
{
	const char *name = linktype_description(linktype);
	struct outbuf o;

	if (name)
		return name;
	outbuf_fixed(&o, buf, size);
	outbuf_str(&o, "link type ");
	outbuf_u64(&o, linktype);
	return outbuf_cstr(&o);
}

static const char *resolution_text(uint8_t tsresol, char *buf, size_t size)
{
	static const char *const names[] = { [0] = "seconds", [3] = "milliseconds", [6] = "microseconds", [9] = "nanoseconds" };
	struct outbuf o;

	outbuf_fixed(&o, buf, size);
	if (tsresol & 0x80)
		outbuf_printf(&o, "1/2^%u s", tsresol & 0x7f);
	else if (tsresol < 10 && names[tsresol])
		outbuf_printf(&o, "%s (%u)", names[tsresol], tsresol);
	else
		outbuf_printf(&o, "10^-%u s", tsresol);
	return outbuf_cstr(&o);
}

/* By the packets, or by the interfaces when there are none. */
static void put_encapsulation(struct report *r, const struct file_info *f)
{
	const struct interface *i = reader_interfaces(f->reader) ? reader_interface(f->reader, 0) : NULL;
	char buf[64];

	if (f->nlinktypes > 1)
		put_string(r, "encapsulation", "File encapsulation", "Per packet");
	else
		put_string(r, "encapsulation", "File encapsulation",
			   linktype_text(f->nlinktypes ? f->linktypes[0].linktype : i ? i->linktype : 0, buf, sizeof(buf)));
	if (f->nlinktypes < 2 || r->form != FORM_TEXT)
		return;
	outbuf_str(r->o, "Encapsulation in use by packets (# of pkts):\n");
	for (unsigned n = 0; n < f->nlinktypes; n++)
		outbuf_printf(r->o, "%22s%s (%llu)\n", "", linktype_text(f->linktypes[n].linktype, buf, sizeof(buf)),
			      (unsigned long long)f->linktypes[n].packets);
}

static uint64_t file_size(const char *name, bool *known)
{
	struct stat st;

	*known = !strcmp(name, "standard input") ? fstat(STDIN_FILENO, &st) == 0 : stat(name, &st) == 0;
	*known = *known && S_ISREG(st.st_mode);
	return *known ? (uint64_t)st.st_size : 0;
}

static void put_sizes(struct report *r, const struct file_info *f, uint32_t snaplen)
{
	bool known;
	uint64_t size = file_size(reader_name(f->reader), &known);

	if (snaplen)
		put_number(r, "snaplen", "Packet size limit", snaplen, " bytes");
	else if (r->form == FORM_TEXT)
		put_string(r, "snaplen", "Packet size limit", "(not set)");
	else
		put_nothing(r, "snaplen", "Packet size limit");
	put_number(r, "packets", "Number of packets", f->packets, "");
	put_number(r, "packets_cut", "Packets cut short", f->cut_packets, "");
	if (f->cut_packets && r->form == FORM_TEXT) {
		put_label(r, "", "Kept of those");
		outbuf_printf(r->o, "%u", f->cut_min);
		if (f->cut_max != f->cut_min)
			outbuf_printf(r->o, " to %u", f->cut_max);
		put_end(r, " bytes");
	}
	if (known)
		put_number(r, "file_bytes", "File size", size, " bytes");
	else
		put_nothing(r, "file_bytes", "File size");
	put_number(r, "data_bytes", "Data size", f->bytes, " bytes");
}

static void put_rates(struct report *r, const struct file_info *f)
{
	double seconds = (double)(ns_between(f->first_ns, f->last_ns)) / 1e9;

	if (f->has_time) {
		if (put_label(r, "duration", "Capture duration")) {
			outbuf_epoch(r->o, ns_between(f->first_ns, f->last_ns), r->digits);
			put_end(r, " seconds");
		}
		put_time(r, "first", "First packet time", f->first_ns);
		put_time(r, "last", "Last packet time", f->last_ns);
	} else {
		put_nothing(r, "duration", "");
		put_nothing(r, "first", "");
		put_nothing(r, "last", "");
	}
	if (f->has_time && seconds > 0) {
		put_real(r, "byte_rate", "Data byte rate", (double)f->bytes / seconds, " bytes/s");
		put_real(r, "bit_rate", "Data bit rate", (double)f->bytes * 8 / seconds, " bits/s");
	} else {
		put_nothing(r, "byte_rate", "");
		put_nothing(r, "bit_rate", "");
	}
	if (f->packets)
		put_real(r, "average_size", "Average packet size", (double)f->bytes / (double)f->packets, " bytes");
	else
		put_nothing(r, "average_size", "");
	if (f->has_time && seconds > 0)
		put_real(r, "packet_rate", "Average packet rate", (double)f->packets / seconds, " packets/s");
	else
		put_nothing(r, "packet_rate", "");
	put_bool(r, "time_order", "Strict time order", !f->unordered);
}

static void put_counter(struct report *r, const char *key, const char *label, uint64_t v)
{
	if (v != UINT64_MAX)
		put_number(r, key, label, v, "");
}

static void put_interface(struct report *r, const struct file_info *f, uint32_t n)
{
	const struct interface *i = reader_interface(f->reader, n);
	char buf[64];

	if (r->form == FORM_TEXT)
		outbuf_printf(r->o, "Interface #%u info:\n", n);
	else
		outbuf_str(r->o, n ? ",{" : "{");
	r->inner = r->first = true;
	put_optional(r, "name", "Name", i->name);
	put_optional(r, "description", "Description", i->description);
	put_string(r, "encapsulation", "Encapsulation", linktype_text(i->linktype, buf, sizeof(buf)));
	put_number(r, "snaplen", "Capture length", i->snaplen, "");
	put_string(r, "resolution", "Time precision", resolution_text(i->tsresol, buf, sizeof(buf)));
	if (i->tsoffset_s && put_label(r, "offset", "Time offset")) {
		outbuf_i64(r->o, i->tsoffset_s);
		put_end(r, " seconds");
	}
	if (i->speed_bps)
		put_number(r, "speed", "Speed", i->speed_bps, " bits/s");
	if (i->has_mac && put_label(r, "mac", "MAC address")) {
		outbuf_str(r->o, r->form == FORM_JSON ? "\"" : "");
		outbuf_mac(r->o, i->mac);
		outbuf_str(r->o, r->form == FORM_JSON ? "\"" : "");
		put_end(r, "");
	}
	put_optional(r, "filter", "Filter string", i->filter);
	put_optional(r, "os", "Operating system", i->os);
	put_optional(r, "hardware", "Hardware", i->hardware);
	put_number(r, "packets", "Number of packets", n < f->ninterface_packets ? f->interface_packets[n] : 0, "");
	put_counter(r, "received", "Received", i->received);
	put_counter(r, "ifdropped", "Dropped by the interface", i->ifdropped);
	put_counter(r, "dropped", "Dropped by the kernel", i->dropped);
	put_counter(r, "delivered", "Delivered", i->delivered);
	r->inner = r->first = false;
	if (r->form == FORM_JSON)
		outbuf_char(r->o, '}');
}

static void put_interfaces(struct report *r, const struct file_info *f)
{
	uint32_t n = reader_interfaces(f->reader);

	put_number(r, "interfaces", "Number of interfaces", n, "");
	if (r->form != FORM_TEXT && r->form != FORM_JSON)
		return;
	if (r->form == FORM_JSON)
		outbuf_str(r->o, ",\"interface\":[");
	for (uint32_t i = 0; i < n; i++)
		put_interface(r, f, i);
	if (r->form == FORM_JSON)
		outbuf_char(r->o, ']');
}

static void put_file(struct report *r, const struct file_info *f)
{
	const struct interface *i = reader_interfaces(f->reader) ? reader_interface(f->reader, 0) : NULL;
	char text[128];

	r->first = true;
	r->digits = i && !(i->tsresol & 0x80) && i->tsresol <= 6 ? 6 : 9;
	reader_describe(f->reader, text, sizeof(text));
	put_string(r, "file", "File name", reader_name(f->reader));
	put_string(r, "type", "File type", text);
	put_encapsulation(r, f);
	if (i)
		put_string(r, "resolution", "Time precision", resolution_text(i->tsresol, text, sizeof(text)));
	else
		put_nothing(r, "resolution", "");
	put_sizes(r, f, i ? i->snaplen : 0);
	put_rates(r, f);
	put_optional(r, "hardware", "Capture hardware", f->hardware);
	put_optional(r, "os", "Capture oper-sys", f->os);
	put_optional(r, "application", "Capture application", f->application);
	put_optional(r, "comment", "Capture comment", f->comment);
	if (f->sections > 1 || r->form != FORM_TEXT)
		put_number(r, "sections", "Number of sections", f->sections ? f->sections : 1, "");
	if (f->comments || r->form != FORM_TEXT)
		put_number(r, "packet_comments", "Packet comments", f->comments, "");
	if (f->names || r->form != FORM_TEXT)
		put_number(r, "name_blocks", "Name blocks", f->names, "");
	if (f->secrets || r->form != FORM_TEXT)
		put_number(r, "secret_blocks", "Secret blocks", f->secrets, "");
	put_interfaces(r, f);
}

/* ---- all files ------------------------------------------------------------------------ */

static int read_all(struct file_info *f, struct errmsg *text)
{
	struct frame frame;
	int rc = reader_on_block(f->reader, on_block, f, text);

	while (!rc && (rc = reader_read(f->reader, &frame, text)) > 0) {
		count_frame(f, &frame);
		rc = 0;
	}
	return rc;
}

static void write_one(struct report *r, const struct file_info *f, const char *format, unsigned n)
{
	struct outbuf *o = r->o;

	if (r->form == FORM_TABLE) {
		if (!n) {
			r->form = FORM_TABLE_HEAD;
			put_file(r, f);
			outbuf_char(o, '\n');
			r->form = FORM_TABLE;
		}
		put_file(r, f);
		outbuf_char(o, '\n');
	} else if (r->form == FORM_JSON) {
		bool array = !strcmp(format, "json");

		outbuf_str(o, array ? n ? ",\n{" : "[\n{" : "{");
		put_file(r, f);
		outbuf_str(o, array ? "}" : "}\n");
	} else {
		if (n)
			outbuf_char(o, '\n');
		put_file(r, f);
	}
}

int info_write(struct outbuf *o, const char *format, struct reader *const *readers, unsigned count, bool utc,
	       int *input_error, struct errmsg *input_text, struct errmsg *err)
{
	struct report r = { .o = o, .utc = utc };
	struct file_info *f;

	if (!strcmp(format, "csv") || !strcmp(format, "tsv")) {
		r.form = FORM_TABLE;
		r.separator = *format == 'c' ? ',' : '\t';
	} else if (!strcmp(format, "json") || !strcmp(format, "ndjson")) {
		r.form = FORM_JSON;
	} else if (strcmp(format, "text")) {
		return errmsg_set(err, NW_EINPUT, "--info is written as text, csv, tsv, json or ndjson, not %s", format);
	}
	f = malloc(sizeof(*f));
	if (!f)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	for (unsigned i = 0; i < count && !o->error; i++) {
		struct errmsg text;
		int rc;

		memset(f, 0, sizeof(*f));
		f->reader = readers[i];
		rc = read_all(f, &text);
		if (rc && !*input_error) {
			*input_error = rc;
			*input_text = text;
		}
		write_one(&r, f, format, i);
		free(f->interface_packets);
	}
	free(f);
	if (r.form == FORM_JSON && !strcmp(format, "json"))
		outbuf_str(o, "\n]\n");
	return o->error ? outbuf_flush(o, err) : 0;
}
