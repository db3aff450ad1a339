/* SPDX-License-Identifier: MIT */
/* Bytes that are no capture of ours: what they look like, and what to do about it. */
#include "pcapio/source.h"

static const struct look {
	uint8_t len;
	uint8_t magic[8];
	const char *what;
} looks[] = {
	{ 4, { 0x28, 0xb5, 0x2f, 0xfd }, "is compressed with zstd; use: zstd -dc FILE | nwfilter" },
	{ 6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, "is compressed with xz; use: xz -dc FILE | nwfilter" },
	{ 4, { 0x04, 0x22, 0x4d, 0x18 }, "is compressed with lz4; use: lz4 -dc FILE | nwfilter" },
	{ 3, { 'B', 'Z', 'h' }, "is compressed with bzip2; use: bzip2 -dc FILE | nwfilter" },
	{ 4, { 'P', 'K', 3, 4 }, "is a zip archive; unpack it first" },
	{ 8, { 's', 'n', 'o', 'o', 'p', 0, 0, 0 }, "is a snoop capture; use: editcap -F pcapng FILE NEW" },
	{ 5, { 'R', 'T', 'S', 'S' }, "is a Network Monitor capture; use: editcap -F pcapng FILE NEW" },
	{ 4, { 'G', 'M', 'B', 'U' }, "is a Network Monitor capture; use: editcap -F pcapng FILE NEW" },
	{ 4, { 0x54, 0x52, 0x53, 0x4e }, "is a Sniffer capture; use: editcap -F pcapng FILE NEW" },
	{ 4, { 'X', 'C', 'P', 0 }, "is a Sniffer capture; use: editcap -F pcapng FILE NEW" },
	{ 4, { 0x7f, 'E', 'L', 'F' }, "is a program, not a capture" },
	{ 1, { '{' }, "is JSON text, not a capture" },
};

static bool is_text(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((p[i] < ' ' && p[i] != '\n' && p[i] != '\t' && p[i] != '\r') || p[i] == 0x7f)
			return false;
	return len > 0;
}

/* Endace ERF has no magic; a record says its own type and length and starts with a
 * little-endian time in 2^-32 seconds. */
static bool is_erf(const uint8_t *p, size_t len)
{
	return len >= 16 && (p[8] & 0x7f) >= 1 && (p[8] & 0x7f) <= 48 && get_be16(p + 10) >= 16 &&
	       get_be16(p + 14) > 0 && get_be16(p + 14) <= get_be16(p + 10) &&
	       get_le32(p + 4) > 800000000u && get_le32(p + 4) < 4000000000u;
}

int sniff_refuse(const uint8_t *head, size_t len, const char *name, struct errmsg *err)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (len >= looks[i].len && memcmp(head, looks[i].magic, looks[i].len) == 0)
			return errmsg_set(err, NW_EINPUT, "%s: %s", name, looks[i].what);
	if (len >= 4 && is_text(head, len < 64 ? len : 64))
		return errmsg_set(err, NW_EINPUT, "%s: is text, not a capture; give a pcap or pcapng file", name);
	if (is_erf(head, len))
		return errmsg_set(err, NW_EINPUT, "%s: looks like an ERF capture; use: editcap -F pcapng FILE NEW", name);
	if (len < 4)
		return errmsg_set(err, NW_EINPUT, "%s: holds %zu bytes, too few for a capture", name, len);
	return errmsg_set(err, NW_EINPUT,
			  "%s: is neither pcap nor pcapng (it starts with %02x %02x %02x %02x); give a capture file", name,
			  head[0], head[1], head[2], head[3]);
}
