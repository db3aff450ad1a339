/* SPDX-License-Identifier: MIT */
/*
 * From a name to an activated libpcap handle, and from libpcap's many ways of
 * saying no to one sentence with its cure.
 */
#include "private.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int linktype_of_dlt(int dlt)
{
	return dlt == DLT_RAW ? LINKTYPE_RAW : dlt;
}

int dlt_of_linktype(int linktype)
{
	return linktype == LINKTYPE_RAW ? DLT_RAW : linktype;
}

static int no_such_interface(const char *name, struct errmsg *err)
{
	struct if_nameindex *all = if_nameindex();
	struct text_nearest near = { .word = name };
	int code;

	for (struct if_nameindex *i = all; i && i->if_name; i++)
		text_nearest_try(&near, i->if_name);
	text_nearest_try(&near, "any");
	code = near.best ? errmsg_set(err, NW_EINPUT, "%s: no such interface; did you mean %s? nwcap -D lists them", name,
				      near.best) :
			   errmsg_set(err, NW_EINPUT, "%s: no such interface; nwcap -D lists them", name);
	if (all)
		if_freenameindex(all);
	return code;
}

static int not_permitted(const char *name, struct errmsg *err)
{
	char self[256];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = 0;
	if (!geteuid())
		return errmsg_set(err, NW_EPERM, "%s: capturing needs the capability CAP_NET_RAW, which root does not have here; "
				  "start the container with it (docker: --cap-add NET_RAW)", name);
	return errmsg_set(err, NW_EPERM, "%s: capturing needs the capability CAP_NET_RAW; run as root, or grant it once: "
			  "setcap cap_net_raw,cap_net_admin=ep %s", name, n > 0 ? self : "nwbox");
}

static int explain(pcap_t *p, int status, const char *name, struct errmsg *err)
{
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return no_such_interface(name, err);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return not_permitted(name, err);
	case PCAP_ERROR_IFACE_NOT_UP:
		return errmsg_set(err, NW_EINPUT, "%s: the interface is down; ip link set %s up", name, name);
	case PCAP_ERROR_RFMON_NOTSUP:
		return errmsg_set(err, NW_EINPUT, "%s: monitor mode (-I) is not possible on it; on Wi-Fi make an interface for it: "
				  "iw dev %s interface add mon0 type monitor; ip link set mon0 up; nwcap -i mon0", name, name);
	case PCAP_ERROR_CAPTURE_NOTSUP:
		return errmsg_set(err, NW_EINPUT, "%s: this device cannot capture packets: %s", name, pcap_geterr(p));
	default:
		return errmsg_set(err, NW_ESYS, "%s: %s", name, *pcap_geterr(p) ? pcap_geterr(p) : pcap_statustostr(status));
	}
}

/* Does not ask the device yet: that it has no such stamps may also be a warning of pcap_activate(). */
static int set_tstamp_type(pcap_t *p, const char *type, const char *name, struct errmsg *err)
{
	int number = pcap_tstamp_type_name_to_val(type);

	if (number < 0)
		return errmsg_set(err, NW_EINPUT, "-j %s: there is no such time stamp type; nwcap -i %s -J lists them", type, name);
	if (pcap_set_tstamp_type(p, number))
		return errmsg_set(err, NW_EINPUT, "-j %s: %s has no such time stamps; nwcap -i %s -J lists them", type, name, name);
	return 0;
}

int capture_activate(pcap_t **out, const struct capture_options *o, uint64_t buffer_bytes, struct errmsg *err)
{
	char reason[PCAP_ERRBUF_SIZE];
	const char *name = o->interface;
	int status;
	pcap_t *p;

	*out = NULL;
	if (!*name || strlen(name) >= sizeof(((struct interface *)0)->name))
		return no_such_interface(*name ? name : "\"\"", err);
	p = pcap_create(name, reason);
	if (!p)
		return errmsg_set(err, NW_ESYS, "%s: %s", name, reason);
	pcap_set_snaplen(p, o->snaplen && o->snaplen < CAPTURE_SNAPLEN_MAX ? (int)o->snaplen : CAPTURE_SNAPLEN_MAX);
	pcap_set_promisc(p, !o->no_promiscuous);
	pcap_set_timeout(p, o->timeout_ms > 0 ? o->timeout_ms : 100);
	pcap_set_immediate_mode(p, o->immediate);
	pcap_set_buffer_size(p, buffer_bytes > INT_MAX ? INT_MAX : (int)buffer_bytes);
	pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	if (o->monitor)
		pcap_set_rfmon(p, 1);
	status = o->tstamp_type ? set_tstamp_type(p, o->tstamp_type, name, err) : 0;
	if (status) {
		pcap_close(p);
		return status;
	}
	status = pcap_activate(p); /* positive: a warning, such as no promiscuous mode on "any" */
	if (status < 0) {
		/* a device that is no network interface at all is reported as one that may not be opened */
		if (status == PCAP_ERROR && strcmp(name, "any") && !if_nametoindex(name) && !strchr(name, ':'))
			status = PCAP_ERROR_NO_SUCH_DEVICE;
		status = explain(p, status, name, err);
		pcap_close(p);
		return status;
	}
	if (status == PCAP_WARNING_TSTAMP_TYPE_NOTSUP) {
		pcap_close(p);
		return errmsg_set(err, NW_EINPUT, "-j %s: %s has no such time stamps; nwcap -i %s -J lists them", o->tstamp_type, name,
				  name);
	}
	if (pcap_get_selectable_fd(p) < 0) {
		pcap_close(p);
		return errmsg_set(err, NW_EINPUT, "%s: this kind of device is not supported; nwcap -D lists network interfaces",
				  name);
	}
	*out = p;
	return 0;
}
