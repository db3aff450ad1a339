/* SPDX-License-Identifier: MIT */
/*
 * The owner of one end of a connection: the process that holds its socket. Found by lib/host while packets are captured,
 * and carried with each packet in its pcapng options, so that live captures and files are read by the same code:
 *
 *	option 8   epb_processid_threadid: pid 4 | tid 4, 0: not known
 *	option 1   a comment for each end that is known:
 *
 *	proc: curl[1234] end=src match=exact user=root uid=0 netns=4026531840 container=0b5c… runtime=docker cmd=curl -s http://x
 *
 * After the name and the pid come words KEY=VALUE with one blank between, in any order, of which readers skip those that
 * they do not know; user, container, runtime and cmd may be missing. cmd is last and reaches to the end. In a value %XX
 * stands for a byte that is not printable ASCII, for '%', and but in cmd for blanks, '=', '[' and ']'.
 */
#ifndef DECODE_OWNER_H
#define DECODE_OWNER_H

#include "base/outbuf.h"

enum owner_match {
	OWNER_NONE,
	OWNER_GUESS,    /* no socket says so: the last owner of the port, or the only process there that can have been it */
	OWNER_LISTENER, /* its socket is bound to the local address and port, or to the port alone */
	OWNER_EXACT     /* its socket is that of the five-tuple */
};

enum owner_end { OWNER_SRC, OWNER_DST };

enum {
	OWNER_TEXT_MAX = 512,   /* of a comment; the command line is cut to fit */
	OWNER_END_PLACES = 3    /* "src", "dst" */
};

struct socket_owner {
	uint32_t pid;           /* of the process (thread group); 0: not known, but its user is */
	uint32_t uid;
	uint32_t netns;         /* inode number of the network namespace of the socket; 0: not known */
	uint8_t match;          /* enum owner_match */
	char name[17];          /* as the kernel shortens it; "" without pid */
	char user[33];          /* "": the uid has no name here */
	char container[65];     /* "": none */
	char runtime[13];       /* "docker", "kubernetes", …; "" */
	char cmdline[201];      /* arguments with blanks between, cut */
};

/* The comment, at most OWNER_TEXT_MAX bytes. *end_at is where its "src" or "dst" stands, for who changes it in place. */
void owner_format(struct outbuf *o, const struct socket_owner *w, enum owner_end end, uint32_t *end_at);

/* A comment taken apart. Texts point into it, still escaped; len 0: not there. */
struct owner_text {
	const uint8_t *at;
	uint32_t len;
};
enum owner_texts { OWNER_NAME, OWNER_USER, OWNER_CONTAINER, OWNER_RUNTIME, OWNER_CMDLINE, OWNER_TEXTS };
struct owner_view {
	uint32_t pid, uid, netns;
	uint8_t match, end;
	bool has_uid;
	uint32_t end_at;        /* where the value of end= stands; 0: nowhere */
	struct owner_text text[OWNER_TEXTS];
};

/* False: it is another comment, or a broken one. Nothing beyond `len` is read. */
bool owner_parse(const uint8_t *comment, uint32_t len, struct owner_view *v);
/* Undoes %XX into `to`, which has room for t->len bytes. The number of bytes. */
uint32_t owner_unescape(const struct owner_text *t, uint8_t *to);
/* "exact", "listener", "guess", "none" */
const char *owner_match_name(unsigned match);

struct packet;
/* " src=curl[1234] dst=nginx[77]": the owners that the options of the packet's frame name; "?" follows a guess. */
void packet_owners_put(struct outbuf *out, const struct packet *p);

#endif
