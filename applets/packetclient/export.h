/* SPDX-License-Identifier: MIT */
/* What export.c and resume.c share: a file that is being written and what of it an earlier run has left. */
#ifndef PACKETCLIENT_EXPORT_H
#define PACKETCLIENT_EXPORT_H

#include "packetclient.h"

enum export_kind {
	EXPORT_COPY,     /* pcapng as the daemon sends it: goes on behind the last whole block */
	EXPORT_RECORDS,  /* pcap: goes on behind the last whole record */
	EXPORT_DECODED   /* all else: made again from the start, as numbers and streams depend on what was before; only what is
			  * not there already is written */
};

struct part {
	char path[4096], temporary[4096], state[4096];
	int fd;
	enum export_kind kind;
	uint64_t size;           /* bytes of it that stay */
	uint64_t packets;        /* in them (COPY, RECORDS) */
	size_t head;             /* bytes before the first packet, which come again; 0: nothing is there */
	bool later_interfaces;   /* COPY: some were declared behind the first packet: what follows is a section of its own */
	uint64_t resumed_at;
};

/* Opens PATH.part, alone. When its state says that it belongs to the same question (`key`), what is whole of it stays;
 * otherwise, and with `anew`, it is emptied. NW_ELIMIT: another export writes it. */
int part_open(struct part *p, const char *path, enum export_kind kind, const char *key, size_t key_len, bool anew,
	      struct errmsg *err);
/* It becomes PATH; the state goes. */
int part_commit(struct part *p, struct errmsg *err);
/* It stays for the next run, or goes when there is nothing in it. */
void part_leave(struct part *p);

#endif
