/* SPDX-License-Identifier: MIT */
/*
 * ONC RPC, RFC 5531. Over TCP each record has its length in front, the first bit says that it is a
 * message's last (section 11).
 *
 *	call    |xid 32|0|2|program 32|version 32|procedure 32|credentials|verifier|arguments
 *	reply   |xid 32|1|0: accepted|verifier|state 32|results
 *	        |xid 32|1|1: denied|reason 32|...
 *
 * A reply does not say what it answers: the calls are remembered by their xid.
 *
 * aux[0]: 1 + where in scratch memory struct rpc_call is, 0: not known.
 * aux[1]: bytes of the record mark, 0 or 4.
 */
#include "memory.h"
#include "message.h"
#include "rpc.h"
#include "summary.h"

enum {
	LASTFRAG, FRAGLEN, XID, MSGTYP, VERSION, PROGRAM, PROGRAM_VERSION, PROCEDURE, REPLY_STATE, ACCEPT_STATE, REJECT_STATE,
	AUTH_FLAVOR, AUTH_LENGTH, AUTH_STAMP, AUTH_MACHINE, AUTH_UID, AUTH_GID, F_COUNT
};
enum { MARK = 4, LAST = 0x80000000u, FRAGMENT_MAX = 1 << 22, CALL = 0, REPLY = 1, CALL_HEADER = 24, AUTH_MAX = 400, AUTH_UNIX = 1 };
enum { PROGRAM_FIRST = 100000, PROGRAM_LAST = 600000000, VERSIONS = 64, PROCEDURES = 1024 };

static NAMED_WIDE_VALUES(programs,
	(RPC_PORTMAP, "Portmap"), (100001, "RSTAT"), (RPC_NFS, "NFS"), (100004, "YPSERV"), (RPC_MOUNT, "MOUNT"),
	(100007, "YPBIND"), (100008, "WALL"), (100009, "YPPASSWD"), (100011, "RQUOTA"), (100012, "SPRAY"),
	(100020, "KLM"), (100021, "NLM"), (100024, "STAT"), (100026, "BOOTPARAMS"), (100083, "TTDBSERVER"),
	(100227, "NFSACL"), (100232, "SADMIND"), (100300, "NISPLUS"), (150001, "PCNFSD"), (395183, "PORTMAP")
);

static bool over_tcp(const struct packet *p)
{
	return p->transport > 0 && p->layers[p->transport].proto == PROTO_tcp;
}

static bool call_fits(const uint8_t *h)
{
	return get_be32(h + 4) == CALL && get_be32(h + 8) == 2 && get_be32(h + 12) >= PROGRAM_FIRST &&
	       get_be32(h + 12) < PROGRAM_LAST && get_be32(h + 16) < VERSIONS && get_be32(h + 20) < PROCEDURES;
}

/* Of a reply there is little to see, but we know what was asked. */
static bool reply_fits(const struct decode *d, const uint8_t *h)
{
	const struct memory *m;

	if (get_be32(h + 4) != REPLY || get_be32(h + 8) > 1)
		return false;
	m = decode_memory(d, MEMORY_CALL(get_be32(h)), false);
	return m && m->value[0];
}

/* Nothing can be seen of what the capture cut; on NFS's port that is believed to be RPC. */
static bool cut_nfs(const struct decode *d, const struct cursor *c)
{
	const uint8_t *ports = layer_at(d->p, &d->p->layers[d->p->transport > 0 ? d->p->transport : 0]);

	return c->snapped && d->p->transport > 0 && (get_be16(ports) == RPC_PORT_NFS || get_be16(ports + 2) == RPC_PORT_NFS);
}

static bool rpc_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h;

	if (over_tcp(d->p)) {
		if (message_within(d))
			return false;
		cursor_skip(&c, message_rest(d));
		h = cursor_take(&c, MARK);
		if (!h)
			return message_rest(d) > 0;
		if ((get_be32(h) & ~LAST) > FRAGMENT_MAX || (get_be32(h) & ~LAST) < 12)
			return false;
	}
	h = cursor_peek(&c, 12);
	if (!h)
		return cut_nfs(d, payload);
	if (get_be32(h + 4) > REPLY) /* nearly everything that is not RPC leaves here */
		return false;
	if (get_be32(h + 4) == REPLY)
		return reply_fits(d, h);
	h = cursor_peek(&c, CALL_HEADER);
	return h ? call_fits(h) : cut_nfs(d, payload);
}

/* ---- decode --------------------------------------------------------------------------------- */

static bool skip_auth(struct decode *d)
{
	const uint8_t *h = decode_take(d, 8);

	return h && get_be32(h + 4) <= AUTH_MAX && decode_take(d, (get_be32(h + 4) + 3) & ~3u);
}

/* Books what the message is about; of a call it is remembered. */
static void book(struct decode *d, struct layer *l, const uint8_t *h, struct rpc_call *call)
{
	struct memory *m = decode_memory(d, MEMORY_CALL(get_be32(h)), false);
	uint8_t *room;

	if (get_be32(h + 4) == CALL) {
		*call = (struct rpc_call){ get_be32(h + 12), get_be32(h + 16), get_be32(h + 20) };
		if (m) {
			m->value[0] = call->program;
			m->value[1] = call->version;
			m->value[2] = call->procedure;
		}
	} else if (m && m->value[0]) {
		*call = (struct rpc_call){ m->value[0], m->value[1], m->value[2] };
	} else {
		return;
	}
	room = packet_scratch(d->p, sizeof(*call));
	if (!room)
		return;
	memcpy(room, call, sizeof(*call));
	l->aux[0] = (uint16_t)(room - d->p->scratch + 1);
}

static enum decode_result rpc_decode(struct decode *d, struct layer *l)
{
	struct rpc_call call = { 0 };
	uint32_t end = d->wire_left;
	const uint8_t *h, *start = d->c.pos;
	bool going;

	if (over_tcp(d->p)) {
		if (message_resume(d, l, PROTO_rpc))
			return DECODE_OK;
		h = cursor_peek(&d->c, MARK);
		if (!h || (get_be32(h) & ~LAST) <= FRAGMENT_MAX)
			if (message_waits(d, l, MARK + (h ? get_be32(h) & ~LAST : 0)))
				return DECODE_WAITS;
		h = decode_take(d, MARK);
		if (!h || (get_be32(h) & ~LAST) > FRAGMENT_MAX) {
			d->c.pos = d->c.end;
			return d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
		}
		l->aux[1] = MARK;
		end = MARK + (get_be32(h) & ~LAST);
	}
	h = decode_take(d, 8);
	if (!h || get_be32(h + 4) > REPLY || (get_be32(h + 4) == CALL && !cursor_peek(&d->c, 16))) {
		message_end(d, l, l->aux[1] && end > (uint32_t)(d->c.pos - start) ? end - (uint32_t)(d->c.pos - start) : 0, PROTO_rpc);
		return d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
	}
	book(d, l, h, &call);
	going = get_be32(h + 4) == CALL ? decode_take(d, 16) && skip_auth(d) && skip_auth(d) :
		cursor_left(&d->c) >= 4 && !get_be32(d->c.pos) && decode_take(d, 4) && skip_auth(d) && decode_take(d, 4);
	d->c.cut = false;
	if (end < (uint32_t)(d->c.pos - start)) {
		end = (uint32_t)(d->c.pos - start); /* the mark lies: nothing behind the header is its */
	} else if (end < d->wire_left + (uint32_t)(d->c.pos - start)) {
		l->wire_end = l->off + end;
	} else if (end > d->wire_left + (uint32_t)(d->c.pos - start)) {
		struct decode rest = *d;

		message_end(&rest, l, end - (uint32_t)(d->c.pos - start), PROTO_rpc);
	}
	if (going && (call.program == RPC_PORTMAP || call.program == RPC_NFS || call.program == RPC_MOUNT)) {
		d->next = call.program == RPC_PORTMAP ? PROTO_portmap : call.program == RPC_NFS ? PROTO_nfs : PROTO_mount;
		return DECODE_OK;
	}
	return message_end(d, l, end - (uint32_t)(d->c.pos - start), over_tcp(d->p) ? PROTO_rpc : PROTO_NONE);
}

enum decode_result rpc_finish(struct decode *d, struct layer *l)
{
	return message_end(d, l, l[-1].wire_end > l->off ? l[-1].wire_end - l->off : 0, over_tcp(d->p) ? PROTO_rpc : PROTO_NONE);
}

bool rpc_call(const struct packet *p, const struct layer *l, struct rpc_call *call)
{
	if (l->aux[0])
		memcpy(call, p->scratch + l->aux[0] - 1, sizeof(*call));
	return l->aux[0];
}

bool rpc_is_reply(const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	return packet_bytes(p, l, &h) >= l->aux[1] + 8u && get_be32(h + l->aux[1] + 4) == REPLY;
}

static const char *rpc_column(const struct packet *p, const struct layer *l)
{
	struct rpc_call call;
	const char *name = rpc_call(p, l, &call) ? named_value(&programs, call.program) : NULL;

	/* what only ends a message, or hardly begins one, says nothing of its own */
	return l->wire_end - l->off < l->aux[1] + (uint32_t)CALL_HEADER && !l->aux[0] ? NULL : name ? name : "RPC";
}

/* ---- fields ----------------------------------------------------------------------------------- */

static void walk_auth(struct walk *w, struct cursor *c)
{
	unsigned flavor = cursor_be32(c), len = cursor_be32(c), name, n;
	struct cursor body;

	if (c->cut || len > AUTH_MAX)
		return;
	walk_uint(w, AUTH_FLAVOR, flavor);
	walk_uint(w, AUTH_LENGTH, len);
	body = cursor_sub(c, (len + 3) & ~3u);
	if (flavor != AUTH_UNIX || cursor_left(&body) < 8)
		return;
	walk_uint(w, AUTH_STAMP, cursor_be32(&body));
	name = cursor_be32(&body);
	if (name > cursor_left(&body))
		return;
	walk_bytes(w, AUTH_MACHINE, body.pos, name);
	cursor_skip(&body, (name + 3) & ~3u);
	if (cursor_left(&body) < 12)
		return;
	walk_uint(w, AUTH_UID, cursor_be32(&body));
	walk_uint(w, AUTH_GID, cursor_be32(&body));
	for (n = cursor_be32(&body); n && cursor_left(&body) >= 4; n--)
		walk_uint(w, AUTH_GID, cursor_be32(&body));
}

static void rpc_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct rpc_call call;
	const uint8_t *h;

	if (l->aux[1]) {
		uint32_t mark = cursor_be32(&c);

		walk_uint(w, LASTFRAG, mark >> 31);
		walk_uint(w, FRAGLEN, mark & ~LAST);
	}
	h = cursor_take(&c, 12);
	if (!h)
		return;
	walk_uint(w, XID, get_be32(h));
	walk_uint(w, MSGTYP, get_be32(h + 4));
	if (rpc_call(p, l, &call)) {
		walk_uint(w, PROGRAM, call.program);
		walk_uint(w, PROGRAM_VERSION, call.version);
		walk_uint(w, PROCEDURE, call.procedure);
		if (named_value(&programs, call.program))
			walk_uint(w, PROGRAM_VERSION, call.version); /* Wireshark has it once more in the program it knows */
	}
	if (get_be32(h + 4) == CALL) {
		walk_uint(w, VERSION, get_be32(h + 8));
		cursor_skip(&c, 12);
		walk_auth(w, &c);
		walk_auth(w, &c);
		return;
	}
	walk_uint(w, REPLY_STATE, get_be32(h + 8));
	if (get_be32(h + 8)) {
		if (cursor_left(&c) >= 4)
			walk_uint(w, REJECT_STATE, get_be32(c.pos));
		return;
	}
	walk_auth(w, &c);
	if (!c.cut && cursor_left(&c) >= 4)
		walk_uint(w, ACCEPT_STATE, get_be32(c.pos));
}

/* ---- text -------------------------------------------------------------------------------------- */

static void rpc_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	struct rpc_call call;
	const char *name;
	const uint8_t *h;

	if (!over_tcp(p) && (!summary_next(p, l) || summary_next(p, l)->proto != PROTO_nfs)) {
		outbuf_str(o, "UDP, length "); /* tcpdump knows of no RPC but NFS */
		outbuf_u64(o, summary_outer_len(p, l));
	}
	if (!s->verbose || packet_bytes(p, l, &h) < l->aux[1] + 8u || (summary_next(p, l) && summary_next(p, l)->proto == PROTO_nfs))
		return;
	outbuf_str(o, "\n\tRPC: xid 0x");
	outbuf_hex(o, get_be32(h + l->aux[1]), 8);
	outbuf_str(o, rpc_is_reply(p, l) ? " reply" : " call");
	if (!rpc_call(p, l, &call))
		return;
	name = named_value(&programs, call.program);
	outbuf_char(o, ' ');
	name ? outbuf_str(o, name) : outbuf_u64(o, call.program);
	outbuf_str(o, " v");
	outbuf_u64(o, call.version);
	outbuf_str(o, " procedure ");
	outbuf_u64(o, call.procedure);
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, "rpc." n, lab)
#define HEX(n, lab) FIELD_PLAIN("rpc." n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 8)

static NAMED_VALUES(types, (CALL, "Call"), (REPLY, "Reply"));

FIELD_TABLE(fields,
	(LASTFRAG, FIELD_WALK(FIELD_BOOL, "rpc.lastfrag", "Last fragment")),
	(FRAGLEN, UINT("fraglen", "Fragment length")),
	(XID, HEX("xid", "Transaction")),
	(MSGTYP, FIELD_HAS("rpc.msgtyp", "Message type", (.names = &types), .type = FIELD_UINT)),
	(VERSION, UINT("version", "RPC version")),
	(PROGRAM, FIELD_HAS("rpc.program", "Program", (.names = &programs), .type = FIELD_UINT)),
	(PROGRAM_VERSION, UINT("programversion", "Program version")),
	(PROCEDURE, UINT("procedure", "Procedure")),
	(REPLY_STATE, UINT("replystat", "Denied")),
	(ACCEPT_STATE, UINT("state_accept", "Result of an accepted call")),
	(REJECT_STATE, UINT("state_reject", "Why it was denied")),
	(AUTH_FLAVOR, UINT("auth.flavor", "Kind of credentials")),
	(AUTH_LENGTH, UINT("auth.length", "Length of credentials")),
	(AUTH_STAMP, HEX("auth.stamp", "Stamp")),
	(AUTH_MACHINE, FIELD_WALK(FIELD_STRING, "rpc.auth.machinename", "Machine")),
	(AUTH_UID, UINT("auth.uid", "User")),
	(AUTH_GID, UINT("auth.gid", "Group"))
);

static const struct claim claims[] = {
	{ CLAIM_UDP_PORT, 111 }, { CLAIM_TCP_PORT, 111 }, { CLAIM_UDP_PORT, RPC_PORT_NFS }, { CLAIM_TCP_PORT, RPC_PORT_NFS },
	{ CLAIM_NONE, 0 }
};

const struct protocol proto_rpc = {
	.name = "rpc",
	.title = "Remote Procedure Call",
	.reference = "RFC 5531",
	.application = true,
	.decode = rpc_decode,
	.detect = rpc_detect,
	.detect_on = 1 << CLAIM_UDP_PORT,
	.column_of = rpc_column,
	PROTOCOL_WALK(rpc_walk),
	.summary = rpc_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
