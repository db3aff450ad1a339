/* SPDX-License-Identifier: MIT */
/* What can be said without capturing: the list of devices, their link types, and a compiled filter as text. */
#include "private.h"
#include "sys/netns.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void format_addresses(const pcap_if_t *dev, char *text, size_t size)
{
	struct outbuf o;

	outbuf_fixed(&o, text, size);
	for (const pcap_addr_t *a = dev->addresses; a; a = a->next) {
		char *before = o.pos;

		if (!a->addr || (a->addr->sa_family != AF_INET && a->addr->sa_family != AF_INET6))
			continue;
		if (outbuf_len(&o))
			outbuf_char(&o, ' ');
		if (a->addr->sa_family == AF_INET)
			outbuf_ipv4(&o, (const uint8_t *)&((const struct sockaddr_in *)(const void *)a->addr)->sin_addr);
		else
			outbuf_ipv6(&o, (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)a->addr)->sin6_addr);
		if (o.cut || o.end - o.pos < 1) { /* whole addresses only */
			o.pos = before;
			break;
		}
	}
	outbuf_cstr(&o);
}

int capture_devices(const char *netns, void (*each)(void *user, const struct capture_device *d), void *user,
		    struct errmsg *err)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_if_t *all = NULL;
	int back = -1, count = 0, bad = netns ? netns_enter(netns, &back, err) : 0;

	if (bad)
		return bad;
	if (pcap_findalldevs(&all, reason))
		bad = errmsg_set(err, NW_ESYS, "cannot list the interfaces: %s", reason);
	if (back >= 0) {
		int lost = netns_leave(back, bad ? NULL : err);

		bad = bad ? bad : lost;
	}
	for (const pcap_if_t *dev = all; dev && !bad; dev = dev->next, count++) {
		struct capture_device d = {
			.up = dev->flags & PCAP_IF_UP,
			.running = dev->flags & PCAP_IF_RUNNING,
			.loopback = dev->flags & PCAP_IF_LOOPBACK,
			.wireless = dev->flags & PCAP_IF_WIRELESS,
		};

		snprintf(d.name, sizeof(d.name), "%s", dev->name);
		if (dev->description)
			snprintf(d.description, sizeof(d.description), "%s", dev->description);
		format_addresses(dev, d.addresses, sizeof(d.addresses));
		each(user, &d);
	}
	if (all)
		pcap_freealldevs(all);
	return bad ? bad : count;
}

int capture_linktypes(const char *interface, const char *netns, int *types, int max, struct errmsg *err)
{
	struct capture_options o = { .interface = interface, .no_promiscuous = true, .linktype = -1 };
	const uint64_t small_ring = 1 << 18;
	int back = -1, n, bad = netns ? netns_enter(netns, &back, err) : 0;
	pcap_t *p = NULL;
	int *dlts;

	if (bad)
		return bad;
	bad = capture_activate(&p, &o, small_ring, err);
	if (back >= 0) {
		int lost = netns_leave(back, bad ? NULL : err);

		bad = bad ? bad : lost;
	}
	if (bad) {
		if (p)
			pcap_close(p);
		return bad;
	}
	n = pcap_list_datalinks(p, &dlts);
	if (n < 0) {
		bad = errmsg_set(err, NW_ESYS, "%s: %s", interface, pcap_geterr(p));
		pcap_close(p);
		return bad;
	}
	for (int i = 0; i < n && i < max; i++)
		types[i] = linktype_of_dlt(dlts[i]);
	pcap_free_datalinks(dlts);
	pcap_close(p);
	return n < max ? n : max;
}

/* A handle that is not activated: nothing is opened that would need rights. */
int capture_tstamp_types(const char *interface, const char *netns, int *types, int max, struct errmsg *err)
{
	char reason[PCAP_ERRBUF_SIZE];
	int back = -1, n, *all = NULL, bad = netns ? netns_enter(netns, &back, err) : 0;
	pcap_t *p;

	if (bad)
		return bad;
	p = if_nametoindex(interface) || !strcmp(interface, "any") ? pcap_create(interface, reason) : NULL;
	if (!p)
		bad = errmsg_set(err, NW_EINPUT, "%s: no such interface; nwcap -D lists them", interface);
	if (back >= 0) {
		int lost = netns_leave(back, bad ? NULL : err);

		bad = bad ? bad : lost;
	}
	n = p && !bad ? pcap_list_tstamp_types(p, &all) : 0;
	for (int i = 0; i < n && i < max; i++)
		types[i] = all[i];
	if (n > 0)
		pcap_free_tstamp_types(all);
	if (p)
		pcap_close(p);
	if (!bad && n <= 0) {
		types[0] = PCAP_TSTAMP_HOST;
		n = 1;
	}
	return bad ? bad : n < max ? n : max;
}

const char *capture_tstamp_name(int type, const char **description)
{
	*description = pcap_tstamp_type_val_to_description(type);
	return pcap_tstamp_type_val_to_name(type);
}

int capture_dump_filter(const char *bpf, unsigned linktype, uint32_t snaplen, bool optimize, int style,
			struct outbuf *out, struct errmsg *err)
{
	pcap_t *p = pcap_open_dead(dlt_of_linktype((int)linktype), snaplen ? (int)snaplen : CAPTURE_SNAPLEN_MAX);
	struct bpf_program code;

	if (!p)
		return errmsg_set(err, NW_ELIMIT, "no memory to compile a filter");
	if (pcap_compile(p, &code, bpf, optimize, PCAP_NETMASK_UNKNOWN)) {
		pcap_close(p);
		return capture_filter_error(bpf, linktype, err);
	}
	if (style > 2)
		outbuf_printf(out, "%u\n", code.bf_len);
	for (unsigned i = 0; i < code.bf_len; i++) {
		const struct bpf_insn *in = &code.bf_insns[i];

		if (style > 2)
			outbuf_printf(out, "%u %u %u %u\n", in->code, in->jt, in->jf, in->k);
		else if (style == 2)
			outbuf_printf(out, "{ 0x%x, %u, %u, 0x%08x },\n", in->code, in->jt, in->jf, in->k);
		else
			outbuf_printf(out, "%s\n", bpf_image(in, (int)i));
	}
	pcap_freecode(&code);
	pcap_close(p);
	return 0;
}
