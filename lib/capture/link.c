/* SPDX-License-Identifier: MIT */
/*
 * What the kernel knows of an interface. Everything is asked through sockets
 * made in the interface's network namespace: /sys/class/net belongs to the
 * namespace in which it was mounted, and would describe another eth0.
 *
 * The drop counters (rx_missed_errors and rx_fifo_errors, as libpcap counts them)
 * come from RTM_GETLINK, whose socket stays open after the privileges have gone. rtnetlink(7)
 */
#include "private.h"
#include "base/bytes.h"
#include "base/outbuf.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

void link_open(struct link *l, const char *ifname)
{
	struct timeval patience = { .tv_sec = 1 };

	l->ifindex = (int)if_nametoindex(ifname);
	l->fd = l->ifindex ? socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) : -1;
	if (l->fd >= 0)
		setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

void link_close(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* Finds attribute `type` in the attributes at `p`; its length or -1. */
static int attribute(const uint8_t *p, size_t left, int type, const uint8_t **value)
{
	while (left >= sizeof(struct rtattr)) {
		struct rtattr a;

		memcpy(&a, p, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > left)
			return -1;
		if (a.rta_type == type) {
			*value = p + sizeof(a);
			return (int)(a.rta_len - sizeof(a));
		}
		if (RTA_ALIGN(a.rta_len) >= left)
			return -1;
		left -= RTA_ALIGN(a.rta_len);
		p += RTA_ALIGN(a.rta_len);
	}
	return -1;
}

uint64_t link_drops(struct link *l)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} ask = {
		.h = { .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST },
		.i = { .ifi_family = AF_UNSPEC, .ifi_index = l->ifindex },
	};
	_Alignas(8) uint8_t answer[16384];
	const size_t head = sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg);
	struct rtnl_link_stats64 stats = { 0 };
	const uint8_t *value;
	struct nlmsghdr h;
	ssize_t n;
	int len;

	if (l->fd < 0 || send(l->fd, &ask, sizeof(ask), 0) < 0)
		return 0;
	n = recv(l->fd, answer, sizeof(answer), 0);
	if (n < (ssize_t)head)
		return 0;
	memcpy(&h, answer, sizeof(h));
	if (h.nlmsg_type != RTM_NEWLINK || h.nlmsg_len > (size_t)n || h.nlmsg_len < head)
		return 0;
	len = attribute(answer + head, h.nlmsg_len - head, IFLA_STATS64, &value);
	if (len <= 0)
		return 0;
	memcpy(&stats, value, (size_t)len < sizeof(stats) ? (size_t)len : sizeof(stats));
	return stats.rx_missed_errors + stats.rx_fifo_errors;
}

static bool ask_interface(int fd, const char *ifname, unsigned long request, struct ifreq *r)
{
	snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", ifname);
	return !ioctl(fd, request, r);
}

bool link_flag(int fd, const char *ifname, int flag)
{
	struct ifreq r = { 0 };

	return ask_interface(fd, ifname, SIOCGIFFLAGS, &r) && (r.ifr_flags & flag);
}

void link_describe(int fd, const char *ifname, struct interface *i)
{
	struct ethtool_cmd speed = { .cmd = ETHTOOL_GSET };
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq r = { 0 };
	const int ethernet = 1; /* ARPHRD_ETHER */

	if (ask_interface(fd, ifname, SIOCGIFHWADDR, &r) && r.ifr_hwaddr.sa_family == ethernet) {
		memcpy(i->mac, r.ifr_hwaddr.sa_data, sizeof(i->mac));
		i->has_mac = true;
	}
	r.ifr_data = (void *)&speed;
	if (ask_interface(fd, ifname, SIOCETHTOOL, &r)) {
		uint32_t mbps = ethtool_cmd_speed(&speed);

		if (mbps && mbps != UINT32_MAX && mbps != UINT16_MAX)
			i->speed_bps = (uint64_t)mbps * 1000000;
	}
	r.ifr_data = (void *)&driver;
	if (ask_interface(fd, ifname, SIOCETHTOOL, &r)) {
		driver.driver[sizeof(driver.driver) - 1] = 0;
		snprintf(i->hardware, sizeof(i->hardware), "%s", driver.driver);
	}
}
