/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF run in user space: libpcap compiles, its interpreter decides. This is the only file of lib/filter that knows
 * libpcap.
 *
 * libpcap's compiler speaks DLT_ numbers, files speak LINKTYPE_ numbers. Up to 103 the two differ here and there
 * (https://www.tcpdump.org/linktypes.html), from 104 on they are the same but for a few that some systems had taken before.
 */
#include "internal.h"

#include <pcap.h>
#include <stdlib.h>

enum { SNAPLEN_MAX = 262144 };

struct bpf {
	struct bpf_program program;
};

static int dlt_of_linktype(unsigned linktype)
{
	static const struct {
		uint16_t linktype, dlt;
	} table[] = {
		{ 100, DLT_ATM_RFC1483 }, { LINKTYPE_RAW, DLT_RAW }, { LINKTYPE_RAW_BSD14, DLT_RAW }, { 102, DLT_SLIP_BSDOS },
		{ 103, DLT_PPP_BSDOS },	  { 106, DLT_ATM_CLIP },     { 246, DLT_PFSYNC },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].linktype == linktype)
			return table[i].dlt;
	return (int)linktype;
}

int bpf_compile(struct bpf **out, const char *text, unsigned linktype, uint32_t snaplen, struct errmsg *err)
{
	struct bpf *b = calloc(1, sizeof(*b));
	pcap_t *handle = pcap_open_dead(dlt_of_linktype(linktype), snaplen ? (int)snaplen : SNAPLEN_MAX);
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

void bpf_free(struct bpf *b)
{
	if (!b)
		return;
	pcap_freecode(&b->program);
	free(b);
}
