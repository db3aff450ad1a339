/* SPDX-License-Identifier: MIT */
/* What rpc.c and the programs called by it share. */
#ifndef LIB_DECODE_RPC_H
#define LIB_DECODE_RPC_H

#include "decode/protocol.h"

enum rpc_program { RPC_PORTMAP = 100000, RPC_NFS = 100003, RPC_MOUNT = 100005 };
enum { RPC_PORT_NFS = 2049 };

/* Whether the RPC layer is a reply; which program, version and procedure it is about, if that is known. */
struct rpc_call {
	uint32_t program, version, procedure;
};
bool rpc_is_reply(const struct packet *p, const struct layer *l);
bool rpc_call(const struct packet *p, const struct layer *l, struct rpc_call *call);
/* The rest of the message of the RPC layer before `l`, and what follows it. */
enum decode_result rpc_finish(struct decode *d, struct layer *l);

#endif
