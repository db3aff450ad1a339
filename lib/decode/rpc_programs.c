/* SPDX-License-Identifier: MIT */
/*
 * The programs behind ONC RPC (rpc.c) that a network administrator looks for: the port mapper (RFC 1833),
 * mount and NFS (RFC 1094, RFC 1813, RFC 7530). Which procedure of which version, and of the port
 * mapper what was asked for and the answer.
 *
 * aux[0]: version; aux[1]: procedure.
 */
#include "message.h"
#include "rpc.h"
#include "summary.h"

static enum decode_result program_decode(struct decode *d, struct layer *l)
{
	struct rpc_call call;

	if (rpc_call(d->p, l - 1, &call)) {
		l->aux[0] = (uint16_t)call.version;
		l->aux[1] = (uint16_t)call.procedure;
	}
	return rpc_finish(d, l);
}

/* A field "procedure_vN": N stands in the field's `shift`. */
static bool get_procedure(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)p;
	v->u = l->aux[1];
	return l->aux[0] == f->shift;
}

#define PROCEDURE(n, version, nam) \
	FIELD_HAS(n, "Procedure, version " #version, (.get = get_procedure, .names = nam), .type = FIELD_UINT, \
		.shift = version)

/* ---- port mapper ----------------------------------------------------------------------------------- */

enum { PM_V2, PM_V3, PM_V4, PM_PROG, PM_VERSION, PM_PROTO, PM_PORT, PM_UADDR, PM_COUNT };
enum { SET = 1, UNSET = 2, GETPORT = 3, GETADDR = 3 };

static void portmap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	bool reply = rpc_is_reply(p, l - 1);
	uint32_t len;

	if (l->aux[0] == 2 && reply && l->aux[1] == GETPORT && cursor_left(&c) >= 4) {
		walk_uint(w, PM_PORT, cursor_be32(&c));
	} else if (l->aux[0] == 2 && !reply && l->aux[1] >= SET && l->aux[1] <= GETPORT && cursor_left(&c) >= 16) {
		walk_uint(w, PM_PROG, cursor_be32(&c));
		walk_uint(w, PM_VERSION, cursor_be32(&c));
		walk_uint(w, PM_PROTO, cursor_be32(&c));
		walk_uint(w, PM_PORT, cursor_be32(&c));
	} else if (l->aux[0] >= 3 && reply && l->aux[1] == GETADDR) {
		len = cursor_be32(&c);
		if (!c.cut && len <= cursor_left(&c))
			walk_bytes(w, PM_UADDR, c.pos, len);
	}
}

static NAMED_VALUES(portmap_v2,
	(0, "NULL"), (SET, "SET"), (UNSET, "UNSET"), (GETPORT, "GETPORT"), (4, "DUMP"), (5, "CALLIT")
);
static NAMED_VALUES(portmap_v3,
	(0, "NULL"), (SET, "SET"), (UNSET, "UNSET"), (GETADDR, "GETADDR"), (4, "DUMP"), (5, "CALLIT"), (6, "GETTIME"),
	(7, "UADDR2TADDR"), (8, "TADDR2UADDR"), (9, "GETVERSADDR"), (10, "INDIRECT"), (11, "GETADDRLIST"),
	(12, "GETSTAT")
);

FIELD_TABLE(portmap_fields,
	(PM_V2, PROCEDURE("portmap.procedure_v2", 2, &portmap_v2)),
	(PM_V3, PROCEDURE("portmap.procedure_v3", 3, &portmap_v3)),
	(PM_V4, PROCEDURE("portmap.procedure_v4", 4, &portmap_v3)),
	(PM_PROG, FIELD_WALK(FIELD_UINT, "portmap.prog", "Program")),
	(PM_VERSION, FIELD_WALK(FIELD_UINT, "portmap.version", "Version")),
	(PM_PROTO, FIELD_WALK(FIELD_UINT, "portmap.proto", "Protocol")),
	(PM_PORT, FIELD_WALK(FIELD_UINT, "portmap.port", "Port")),
	(PM_UADDR, FIELD_WALK(FIELD_STRING, "portmap.uaddr", "Universal address"))
);

const struct protocol proto_portmap = {
	.name = "portmap",
	.column = "Portmap",
	.title = "Portmap",
	.reference = "RFC 1833",
	.application = true,
	.decode = program_decode,
	PROTOCOL_WALK(portmap_walk),
	PROTOCOL_FIELDS(portmap_fields),
};

/* ---- mount ------------------------------------------------------------------------------------------ */

static NAMED_VALUES(mount_procedures,
	(0, "NULL"), (1, "MNT"), (2, "DUMP"), (3, "UMNT"), (4, "UMNTALL"), (5, "EXPORT")
);

FIELD_TABLE(mount_fields,
	(, PROCEDURE("mount.procedure_v1", 1, &mount_procedures)),
	(, PROCEDURE("mount.procedure_v2", 2, &mount_procedures)),
	(, PROCEDURE("mount.procedure_v3", 3, &mount_procedures))
);

const struct protocol proto_mount = {
	.name = "mount",
	.column = "MOUNT",
	.title = "Mount Service",
	.reference = "RFC 1813 appendix I",
	.application = true,
	.decode = program_decode,
	PROTOCOL_FIELDS(mount_fields),
};

/* ---- NFS ---------------------------------------------------------------------------------------------- */

/* In tcpdump's letters, as they are no worse than others. */
static NAMED_VALUES(nfs_v2,
	(0, "null"), (1, "getattr"), (2, "setattr"), (3, "root"), (4, "lookup"), (5, "readlink"), (6, "read"),
	(7, "writecache"), (8, "write"), (9, "create"), (10, "remove"), (11, "rename"), (12, "link"), (13, "symlink"),
	(14, "mkdir"), (15, "rmdir"), (16, "readdir"), (17, "fsstat")
);
static NAMED_VALUES(nfs_v3,
	(0, "null"), (1, "getattr"), (2, "setattr"), (3, "lookup"), (4, "access"), (5, "readlink"), (6, "read"),
	(7, "write"), (8, "create"), (9, "mkdir"), (10, "symlink"), (11, "mknod"), (12, "remove"), (13, "rmdir"),
	(14, "rename"), (15, "link"), (16, "readdir"), (17, "readdirplus"), (18, "fsstat"), (19, "fsinfo"),
	(20, "pathconf"), (21, "commit")
);
static NAMED_VALUES(nfs_v4, (0, "null"), (1, "compound"));

static void nfs_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const struct layer *rpc = l - 1;
	struct outbuf *o = s->out;
	const char *name = named_value(l->aux[0] == 2 ? &nfs_v2 : l->aux[0] == 3 ? &nfs_v3 : &nfs_v4, l->aux[1]);
	bool reply = rpc_is_reply(p, rpc);
	const uint8_t *h;

	if (packet_bytes(p, rpc, &h) < rpc->aux[1] + 4u)
		return;
	if (rpc->aux[1])
		outbuf_str(o, ": ");
	outbuf_str(o, reply ? "NFS reply xid " : "NFS request xid ");
	outbuf_u64(o, get_be32(h + rpc->aux[1]));
	outbuf_str(o, reply ? " reply ok " : " ");
	outbuf_u64(o, l->wire_end - rpc->off - rpc->aux[1]);
	outbuf_char(o, ' ');
	outbuf_str(o, name ? name : "proc-");
	if (!name)
		outbuf_u64(o, l->aux[1]);
}

FIELD_TABLE(nfs_fields,
	(, PROCEDURE("nfs.procedure_v2", 2, &nfs_v2)),
	(, PROCEDURE("nfs.procedure_v3", 3, &nfs_v3)),
	(, PROCEDURE("nfs.procedure_v4", 4, &nfs_v4))
);

const struct protocol proto_nfs = {
	.name = "nfs",
	.column = "NFS",
	.title = "Network File System",
	.reference = "RFC 1813",
	.application = true,
	.decode = program_decode,
	.summary = nfs_summary,
	PROTOCOL_FIELDS(nfs_fields),
};
