/* SPDX-License-Identifier: MIT */
/*
 * --proc: who owns each connection, attached to its packets.
 *
 *   proc.c        with the packets: a table of connections, options for frames; holds no rights
 *   prochelper.c  a process of its own that looks at sockets and processes (lib/host); sees no packet
 */
#ifndef APPLETS_NWCAP_PROC_H
#define APPLETS_NWCAP_PROC_H

#include "nwcap.h"
#include "loop/loop.h"

struct proc;

/* Starts the helper, while there are rights and little is open. Says on stderr what cannot be seen. */
int proc_start(struct proc **p, const struct nwcap_options *o, struct errmsg *err);
/* Listens for connections that begin on this interface (of --netns), so that their owners are known before their packets are
 * read. Before the drop of privileges; where it cannot be done, answers come a little later. */
void proc_scout(struct proc *p, const char *ifname);
int proc_enter_loop(struct proc *p, struct loop *l, struct errmsg *err);
/* A batch of packets is about to be read. */
void proc_round(struct proc *p);
/* Does -Y ask for owners? If not, only those of packets that it lets through are looked up. */
bool proc_before_filter(const struct proc *p);
/* Looks the packet up; its owners become options of `f`, which live until the next call. */
void proc_attach(struct proc *p, const struct packet *packet, struct frame *f);
/* How many packets have owners, on stderr. */
void proc_say(const struct proc *p);
void proc_stop(struct proc *p); /* NULL is fine */

/* ---- prochelper.c --------------------------------------------------------------------------- */

enum { PROC_GREETING = 512 };
/* In the child: greets with 'H' and what cannot be seen, or 'E', the code and why not; then serves until the other end has
 * gone. Never returns. */
void prochelper_run(int fd, const struct nwcap_options *o) __attribute__((noreturn));

#endif
