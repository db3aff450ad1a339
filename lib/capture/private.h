/* SPDX-License-Identifier: MIT */
/* Shared by the files of lib/capture. */
#ifndef LIB_CAPTURE_PRIVATE_H
#define LIB_CAPTURE_PRIVATE_H

#include "capture/capture.h"

#include <pcap/pcap.h>

/* LINKTYPE_ is what files hold, DLT_ what libpcap's live side speaks; on Linux they differ for raw IP alone. */
int linktype_of_dlt(int dlt);
int dlt_of_linktype(int linktype);

/* pcap_activate() with everything but filter and link type; the cure is in `err`. On error *p is NULL. */
int capture_activate(pcap_t **p, const struct capture_options *o, uint64_t buffer_bytes, struct errmsg *err);

/* ---- link.c: what the kernel knows of an interface, asked in its own namespace ---- */

struct link {
	int fd;          /* netlink socket, made in the interface's namespace */
	int ifindex;     /* 0: "any" or not a network device */
};

/* Fails softly: then fd is -1 and link_drops() says 0. */
void link_open(struct link *l, const char *ifname);
void link_close(struct link *l);
/* Packets that interface and driver lost for lack of room since they exist. */
uint64_t link_drops(struct link *l);
/* MAC, speed, alias, driver into `i`; `fd` is any socket of the namespace. */
void link_describe(int fd, const char *ifname, struct interface *i);
bool link_flag(int fd, const char *ifname, int flag);

#endif
