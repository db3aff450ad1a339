/* SPDX-License-Identifier: MIT */
/*
 * SMB 1, [MS-CIFS] section 2.2.3: a header of 32 bytes, little-endian, a count of words with the words,
 * a count of bytes with the bytes. AndX commands name another one that stands behind, with words and bytes of its own.
 *
 *	0  |ff 'S' 'M' 'B'|command 8|status 32     |flags 8|flags2 16|pid high 16|
 *	14 |signature 64  |reserved 16|tree 16|pid 16|user 16|multiplex 16|words 8|...
 *
 * What named pipes carry (Trans, Write and Read AndX) goes on as DCE/RPC where it is that.
 */
#include "message.h"
#include "nbss.h"
#include "summary.h"

enum {
	COMPONENT, CMD, NT_STATUS, ERROR_CLASS, ERROR_CODE, FLAGS, RESPONSE, NOTIFY, OPLOCK, CANON, CASELESS, BUFFER, LOCK, FLAGS2,
	STRING, NT_ERROR, ROE, DFS, ESN, REPARSE, LONG_USED, SIG_REQUIRED, COMPRESSED, SIG, EA, LONG_ALLOWED, PID_HIGH, SIGNATURE,
	TID, PID, UID, MID, WCT, ANDX_OFFSET, BCC, F_COUNT
};
enum { HEADER = 32, FLAG_RESPONSE = 0x80, TRANS = 0x25, READ_ANDX = 0x2e, WRITE_ANDX = 0x2f, ANDX_MAX = 8, NO_MORE = 0xff };

static bool is_response(const uint8_t *h)
{
	return h[9] & FLAG_RESPONSE;
}

static bool has_nt_status(const uint8_t *h)
{
	return get_le16(h + 10) & 0x4000;
}

/* What goes through a named pipe, from the header's start; `n` bytes of message. */
static bool pipe_data(const uint8_t *h, uint32_t n, uint32_t *at, uint32_t *len)
{
	static const struct { uint8_t command, response, words, at, len; } places[] = {
		{ TRANS, 0, 14, 24, 22 }, { TRANS, FLAG_RESPONSE, 10, 14, 12 }, { WRITE_ANDX, 0, 12, 22, 20 },
		{ READ_ANDX, FLAG_RESPONSE, 12, 12, 10 },
	};
	const uint8_t *words = h + HEADER + 1;

	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (places[i].command != h[4] || places[i].response != (h[9] & FLAG_RESPONSE) || h[HEADER] < places[i].words ||
		    n < HEADER + 1 + 2u * places[i].words)
			continue;
		*at = get_le16(words + places[i].at);
		*len = get_le16(words + places[i].len);
		return true;
	}
	return false;
}

static enum decode_result smb_decode(struct decode *d, struct layer *l)
{
	uint32_t left = (uint32_t)cursor_left(&d->c), end = nbss_end(d->p, l), at, len;
	const uint8_t *h = cursor_peek(&d->c, HEADER + 1);

	if (!h) {
		nbss_finish(d, l, end);
		return d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
	}
	decode_take(d, HEADER + 1);
	if (pipe_data(h, left, &at, &len) && len <= end - l->off && at <= end - l->off - len && nbss_pipe(d, l, l->off + at, len)) {
		l->wire_end = end;
		return DECODE_OK;
	}
	nbss_finish(d, l, end);
	return DECODE_OK;
}

/* ---- fields --------------------------------------------------------------------------------- */

static bool has_andx(unsigned command)
{
	return command == 0x24 || command == 0x2d || command == READ_ANDX || command == WRITE_ANDX ||
	       (command >= 0x73 && command <= 0x75) || command == 0xa2;
}

/* Words and bytes of one command after another, RFC-less but in [MS-CIFS] section 2.2.3.4. */
static void walk_commands(struct walk *w, const uint8_t *h, uint32_t n)
{
	uint32_t at = HEADER;
	unsigned command = h[4];

	for (unsigned i = 0; i < ANDX_MAX && at < n; i++) {
		unsigned words = h[at];
		uint32_t bytes = at + 1 + 2 * words, next = at;

		walk_uint(w, WCT, words);
		if (has_andx(command) && words >= 2 && at + 5 <= n) {
			command = h[at + 1];
			next = get_le16(h + at + 3);
			walk_uint(w, CMD, command);
			walk_uint(w, ANDX_OFFSET, next);
		} else {
			command = NO_MORE;
		}
		if (bytes + 2 <= n)
			walk_uint(w, BCC, get_le16(h + bytes));
		if (command == NO_MORE || next <= at)
			return;
		at = next;
	}
}

static void smb_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (n <= HEADER)
		return;
	walk_uint(w, CMD, h[4]);
	if (has_nt_status(h)) {
		walk_uint(w, NT_STATUS, get_le32(h + 5));
	} else {
		walk_uint(w, ERROR_CLASS, h[5]);
		walk_uint(w, ERROR_CODE, get_le16(h + 7));
	}
	walk_bytes(w, SIGNATURE, h + 14, 8);
	walk_commands(w, h, n);
}

/* ---- text -------------------------------------------------------------------------------------- */

static NAMED_VALUES(commands,
	(0x00, "Create Directory"), (0x01, "Delete Directory"), (0x02, "Open"), (0x03, "Create"), (0x04, "Close"),
	(0x05, "Flush"), (0x06, "Delete"), (0x07, "Rename"), (0x08, "Query Information"), (0x09, "Set Information"),
	(0x0a, "Read"), (0x0b, "Write"), (0x0c, "Lock Byte Range"), (0x0d, "Unlock Byte Range"), (0x10, "Check Directory"),
	(0x24, "Locking AndX"), (TRANS, "Trans"), (0x2b, "Echo"), (0x2d, "Open AndX"), (READ_ANDX, "Read AndX"),
	(WRITE_ANDX, "Write AndX"), (0x32, "Trans2"), (0x34, "Find Close2"), (0x70, "Tree Connect"),
	(0x71, "Tree Disconnect"), (0x72, "Negotiate Protocol"), (0x73, "Session Setup AndX"), (0x74, "Logoff AndX"),
	(0x75, "Tree Connect AndX"), (0x80, "Query Information Disk"), (0x81, "Search"), (0xa0, "NT Trans"),
	(0xa2, "NT Create AndX"), (0xa4, "NT Cancel"), (0xa5, "NT Rename"), (NO_MORE, "No further commands")
);

static void smb_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (!s->verbose || packet_bytes(p, l, &h) < HEADER)
		return;
	name = named_value(&commands, h[4]);
	outbuf_str(s->out, "\n\tSMB: ");
	outbuf_str(s->out, name ? name : "command ");
	if (!name)
		outbuf_u64(s->out, h[4]);
	outbuf_str(s->out, is_response(h) ? " response" : " request");
	if (get_le32(h + 5)) {
		outbuf_str(s->out, ", status 0x");
		outbuf_hex(s->out, get_le32(h + 5), 8);
	}
	outbuf_str(s->out, ", tree ");
	outbuf_u64(s->out, get_le16(h + 24));
	outbuf_str(s->out, ", user ");
	outbuf_u64(s->out, get_le16(h + 28));
	outbuf_str(s->out, ", id ");
	outbuf_u64(s->out, get_le16(h + 30));
}

#define FLAG(n, msk, lab) FIELD_BITS(FIELD_BOOL, "smb.flags." n, 9, 1, msk, lab)
#define FLAG2(n, msk, lab) FIELD_LE_BITS(FIELD_BOOL, "smb.flags2." n, 10, 2, msk, lab)
#define WALK_HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)

FIELD_TABLE(fields,
	(COMPONENT, FIELD_LE_HEX("smb.server_component", 0, 4, "Protocol id")),
	(CMD, FIELD_HAS("smb.cmd", "Command", (.names = &commands), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(NT_STATUS, WALK_HEX("smb.nt_status", 8, "Status")),
	(ERROR_CLASS, WALK_HEX("smb.error_class", 2, "Error class")),
	(ERROR_CODE, WALK_HEX("smb.error_code", 4, "Error code")),
	(FLAGS, FIELD_FIXED_HEX("smb.flags", 9, 1, "Flags")),
	(RESPONSE, FLAG("response", 0x80, "Response")),
	(NOTIFY, FLAG("notify", 0x40, "Notify")),
	(OPLOCK, FLAG("oplock", 0x20, "Opportunistic lock")),
	(CANON, FLAG("canon", 0x10, "Canonical paths")),
	(CASELESS, FLAG("caseless", 0x08, "Paths without case")),
	(BUFFER, FLAG("receive_buffer", 0x02, "Receive buffer posted")),
	(LOCK, FLAG("lock", 0x01, "Lock and read")),
	(FLAGS2, FIELD_LE_HEX("smb.flags2", 10, 2, "More flags")),
	(STRING, FLAG2("string", 0x8000, "Unicode")),
	(NT_ERROR, FLAG2("nt_error", 0x4000, "NT status codes")),
	(ROE, FLAG2("roe", 0x2000, "Read if execute is allowed")),
	(DFS, FLAG2("dfs", 0x1000, "Distributed file system")),
	(ESN, FLAG2("esn", 0x0800, "Extended security")),
	(REPARSE, FLAG2("reparse_path", 0x0400, "Reparse path")),
	(LONG_USED, FLAG2("long_names_used", 0x0040, "Long names used")),
	(SIG_REQUIRED, FLAG2("sec_sig_required", 0x0010, "Signatures required")),
	(COMPRESSED, FLAG2("compressed", 0x0008, "Compressed")),
	(SIG, FLAG2("sec_sig", 0x0004, "Signatures")),
	(EA, FLAG2("ea", 0x0002, "Extended attributes")),
	(LONG_ALLOWED, FLAG2("long_names_allowed", 0x0001, "Long names allowed")),
	(PID_HIGH, FIELD_LE(FIELD_UINT, "smb.pid.high", 12, 2, "Process id, high half")),
	(SIGNATURE, FIELD_WALK(FIELD_BYTES, "smb.signature", "Signature")),
	(TID, FIELD_LE(FIELD_UINT, "smb.tid", 24, 2, "Tree id")),
	(PID, FIELD_LE(FIELD_UINT, "smb.pid", 26, 2, "Process id")),
	(UID, FIELD_LE(FIELD_UINT, "smb.uid", 28, 2, "User id")),
	(MID, FIELD_LE(FIELD_UINT, "smb.mid", 30, 2, "Multiplex id")),
	(WCT, FIELD_WALK(FIELD_UINT, "smb.wct", "Number of words")),
	(ANDX_OFFSET, FIELD_WALK(FIELD_UINT, "smb.andxoffset", "Where the next command is")),
	(BCC, FIELD_WALK(FIELD_UINT, "smb.bcc", "Number of bytes"))
);

const struct protocol proto_smb = {
	.name = "smb",
	.column = "SMB",
	.title = "Server Message Block",
	.reference = "[MS-CIFS]",
	.application = true,
	.decode = smb_decode,
	PROTOCOL_WALK(smb_walk),
	.summary = smb_summary,
	PROTOCOL_FIELDS(fields),
};
