/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF run in user space: libpcap compiles, its interpreter decides. This is the only file of lib/filter that knows
 * libpcap.
 */
#include "internal.h"

#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPLEN_MAX = 262144 };

struct bpf {
	struct bpf_program program;
};

/* A handle on an empty capture file of this link type. Not pcap_open_dead(): libpcap must know that the packets are from a
 * file, possibly of another system, whose number for IPv6 on a loopback interface is not ours. */
static pcap_t *open_empty(unsigned linktype, uint32_t snaplen)
{
	const uint32_t header[6] = { 0xa1b2c3d4, 0, 0, 0, snaplen ? snaplen : SNAPLEN_MAX, linktype };
	char bytes[sizeof(header)], why[PCAP_ERRBUF_SIZE];
	FILE *file;
	pcap_t *handle;

	if (!ENABLE_DISPLAY_FILTER) /* the capture profile does without libpcap's file reader, and so without such files */
		return pcap_open_dead((int)linktype, (int)header[4]);
	memcpy(bytes, header, sizeof(bytes));
	put_u16((uint8_t *)bytes + 4, PCAP_VERSION_MAJOR);
	put_u16((uint8_t *)bytes + 6, PCAP_VERSION_MINOR);
	file = fmemopen(bytes, sizeof(bytes), "r");
	handle = file ? pcap_fopen_offline(file, why) : NULL; /* has read the header */
	if (file && !handle)
		fclose(file);
	return handle;
}

int bpf_compile(struct bpf **out, const char *text, unsigned linktype, uint32_t snaplen, struct errmsg *err)
{
	struct bpf *b = calloc(1, sizeof(*b));
	pcap_t *handle = open_empty(linktype, snaplen);
	const char *name = linktype_name(linktype);
	int r = 0;

	*out = NULL;
	if (!b || !handle)
		r = errmsg_set(err, NW_ELIMIT, "out of memory while compiling the capture filter");
	else if (pcap_compile(handle, &b->program, text, 1, PCAP_NETMASK_UNKNOWN))
		r = errmsg_set(err, NW_EINPUT, "capture filter \"%.200s\" (link type %s): %s", text, name ? name : "unknown",
			       pcap_geterr(handle));
	if (handle)
		pcap_close(handle);
	if (r) {
		free(b);
		return r;
	}
	*out = b;
	return 0;
}

bool bpf_match(const struct bpf *b, const struct frame *f)
{
	return bpf_filter(b->program.bf_insns, f->data, f->wirelen, f->caplen) != 0;
}

unsigned bpf_length(const struct bpf *b)
{
	return b->program.bf_len;
}

void *bpf_code(const struct bpf *b)
{
	return b->program.bf_insns;
}

void bpf_free(struct bpf *b)
{
	if (!b)
		return;
	pcap_freecode(&b->program);
	free(b);
}
