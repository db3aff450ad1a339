/* SPDX-License-Identifier: MIT */
/*
 * SMB 2 and 3, [MS-SMB2] section 2.2.1: a header of 64 bytes, little-endian, in front of each command. Several
 * commands may stand in one session message; each says where the next one begins.
 *
 *	0  |fe 'S' 'M' 'B'      |header length 16|credit charge 16|
 *	8  |status 32 (request: channel sequence 16)|command 16   |credits 16|
 *	16 |flags 32            |next command 32    |
 *	24 |message id 64       |process id 32, tree id 32; or async id 64|
 *	40 |session id 64       |signature 128      |  command's own
 *
 * Of the commands' bodies the file id, the name of a file to open, and what goes to named pipes are read. fd and fc in
 * place of fe are encrypted and compressed messages: only their session id is readable.
 */
#include "message.h"
#include "nbss.h"
#include "summary.h"

enum {
	PROTOCOL_ID, HEADER_LEN, CHARGE, CHANNEL_SEQUENCE, NT_STATUS, CMD, REQUESTED, GRANTED, FLAGS, RESPONSE, ASYNC, CHAINED, SIGNED,
	PRIORITY, DFS, REPLAY, CHAIN_OFFSET, MSG_ID, PID, TID, AID, SESID, SIGNATURE, BUFFER_CODE, DIALECT_COUNT, DIALECT,
	FILENAME, FID, READ_LENGTH, WRITE_LENGTH, FILE_OFFSET, F_COUNT
};
enum { HEADER = 64, TRANSFORM = 52, PLAIN = 0xfe, FLAG_RESPONSE = 1, FLAG_ASYNC = 2 };
enum {
	NEGOTIATE, SESSION_SETUP, LOGOFF, TREE_CONNECT, TREE_DISCONNECT, CREATE, CLOSE, FLUSH, READ, WRITE, LOCK, IOCTL, CANCEL,
	ECHO, QUERY_DIRECTORY, CHANGE_NOTIFY, QUERY_INFO, SET_INFO, OPLOCK_BREAK, COMMANDS
};
enum { STATUS_OVERFLOW = 0x80000005, FSCTL_PIPE_TRANSCEIVE = 0x0011c017 };

static bool is_response(const uint8_t *h)
{
	return h[16] & FLAG_RESPONSE;
}

/* Is the body the command's own, not an error's? */
static bool is_success(const uint8_t *h)
{
	return !is_response(h) || !get_le32(h + 8) || get_le32(h + 8) == STATUS_OVERFLOW;
}

/* What goes through a named pipe: where it is by the command's body. Both numbers count from the header's start. */
static bool pipe_data(const uint8_t *h, uint32_t n, uint32_t *at, uint32_t *len)
{
	const uint8_t *body = h + HEADER;
	unsigned command = get_le16(h + 12);
	bool response = is_response(h);

	if (!is_success(h))
		return false;
	if (command == WRITE && !response && n >= HEADER + 8) {
		*at = get_le16(body + 2);
		*len = get_le32(body + 4);
	} else if (command == READ && response && n >= HEADER + 8) {
		*at = body[2];
		*len = get_le32(body + 4);
	} else if (command == IOCTL && n >= HEADER + 40 && get_le32(body + 4) == FSCTL_PIPE_TRANSCEIVE) {
		*at = get_le32(body + (response ? 32 : 24));
		*len = get_le32(body + (response ? 36 : 28));
	} else {
		return false;
	}
	return *at >= HEADER;
}

static enum decode_result smb2_decode(struct decode *d, struct layer *l)
{
	uint32_t left = (uint32_t)cursor_left(&d->c), start = l->off, end, at, len;
	const uint8_t *h = cursor_peek(&d->c, 4);
	enum decode_result result = DECODE_OK;

	if (!h)
		return cursor_short(&d->c);
	end = nbss_end(d->p, l);
	if (h[0] != PLAIN || left < HEADER) {
		if (h[0] == PLAIN && d->c.snapped)
			result = DECODE_TRUNCATED;
	} else if (get_le16(h + 4) != HEADER) {
		result = DECODE_MALFORMED;
	} else {
		uint32_t next = get_le32(h + 20);

		if (next >= HEADER && next < end - start)
			end = start + next;
		decode_take(d, HEADER);
		if (pipe_data(h, left, &at, &len) && len <= end - start && at <= end - start - len &&
		    nbss_pipe(d, l, start + at, len)) {
			l->wire_end = end;
			return DECODE_OK;
		}
	}
	nbss_finish(d, l, end);
	return result;
}

/* ---- fields ----------------------------------------------------------------------------------- */

/* The plain header, or NULL. */
static const uint8_t *header(const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	return packet_bytes(p, l, &h) >= HEADER && h[0] == PLAIN ? h : NULL;
}

static bool get_plain(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	return header(p, l) && field_le(p, l, f, v);
}

static bool get_request(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = header(p, l);

	return h && !is_response(h) && field_le(p, l, f, v);
}

static bool get_response(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = header(p, l);

	return h && is_response(h) && field_le(p, l, f, v);
}

static bool get_sync(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = header(p, l);

	return h && !(h[16] & FLAG_ASYNC) && field_le(p, l, f, v);
}

static bool get_async(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = header(p, l);

	return h && h[16] & FLAG_ASYNC && field_le(p, l, f, v);
}

static bool get_signature(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = header(p, l);

	(void)f;
	if (!h)
		return false;
	v->bytes = h + 48;
	v->len = 16;
	return true;
}

/* Where the 16 bytes of a file id are in the body. */
static unsigned file_id_at(unsigned command, bool response)
{
	static const uint8_t request[COMMANDS] = {
		[CLOSE] = 8, [FLUSH] = 8, [READ] = 16, [WRITE] = 16, [LOCK] = 8, [IOCTL] = 8, [QUERY_DIRECTORY] = 8,
		[CHANGE_NOTIFY] = 8, [QUERY_INFO] = 24, [SET_INFO] = 16
	};

	if (command >= COMMANDS)
		return 0;
	return response ? (command == CREATE ? 64 : command == IOCTL ? 8 : 0) : request[command];
}

static void walk_negotiate(struct walk *w, struct cursor c, bool response)
{
	if (response) {
		cursor_skip(&c, 4);
		if (cursor_left(&c) >= 2)
			walk_uint(w, DIALECT, get_le16(c.pos));
		return;
	}
	if (cursor_left(&c) < 36)
		return;
	walk_uint(w, DIALECT_COUNT, get_le16(c.pos + 2));
	for (unsigned n = get_le16(c.pos + 2), i = 0; i < n && 36 + 2 * i + 2 <= cursor_left(&c); i++)
		walk_uint(w, DIALECT, get_le16(c.pos + 36 + 2 * i));
}

/* A name at an offset that counts from the header: two numbers of 16 bits at `at` in the body. */
static void walk_name(struct walk *w, unsigned field, struct cursor c, const uint8_t *h, uint32_t at)
{
	uint32_t offset, len;

	if (cursor_left(&c) < at + 4)
		return;
	offset = get_le16(c.pos + at);
	len = get_le16(c.pos + at + 2);
	if (offset <= (uint32_t)(c.end - h) && len <= (uint32_t)(c.end - h) - offset)
		walk_utf16(w, field, h + offset, len);
}

static void smb2_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h = header(p, l);
	struct cursor c = packet_cursor(p, l);
	unsigned command, id;
	bool response;

	if (!h)
		return;
	command = get_le16(h + 12);
	response = is_response(h);
	id = file_id_at(command, response);
	cursor_skip(&c, HEADER);
	if (cursor_left(&c) >= 2)
		walk_uint(w, BUFFER_CODE, get_le16(c.pos));
	if (!is_success(h))
		return;
	if (command == NEGOTIATE)
		walk_negotiate(w, c, response);
	else if (command == CREATE && !response)
		walk_name(w, FILENAME, c, h, 44);
	if ((command == READ || command == WRITE) && !response && cursor_left(&c) >= 16) {
		walk_uint(w, command == READ ? READ_LENGTH : WRITE_LENGTH, get_le32(c.pos + 4));
		walk_uint(w, FILE_OFFSET, get_le64(c.pos + 8));
	}
	if (id && cursor_left(&c) >= id + 16)
		walk_guid(w, FID, c.pos + id);
}

/* ---- text -------------------------------------------------------------------------------------- */

static NAMED_VALUES(commands,
	(NEGOTIATE, "Negotiate"), (SESSION_SETUP, "Session Setup"), (LOGOFF, "Logoff"), (TREE_CONNECT, "Tree Connect"),
	(TREE_DISCONNECT, "Tree Disconnect"), (CREATE, "Create"), (CLOSE, "Close"), (FLUSH, "Flush"), (READ, "Read"),
	(WRITE, "Write"), (LOCK, "Lock"), (IOCTL, "Ioctl"), (CANCEL, "Cancel"), (ECHO, "Echo"),
	(QUERY_DIRECTORY, "Query Directory"), (CHANGE_NOTIFY, "Change Notify"), (QUERY_INFO, "Query Info"),
	(SET_INFO, "Set Info"), (OPLOCK_BREAK, "Oplock Break")
);

static void smb2_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h = header(p, l);
	const char *name;

	if (!s->verbose)
		return;
	outbuf_str(s->out, "\n\tSMB2: ");
	if (!h) {
		outbuf_str(s->out, "no plain header");
		return;
	}
	name = named_value(&commands, get_le16(h + 12));
	outbuf_str(s->out, name ? name : "command ");
	if (!name)
		outbuf_u64(s->out, get_le16(h + 12));
	outbuf_str(s->out, is_response(h) ? " response" : " request");
	if (is_response(h) && get_le32(h + 8)) {
		outbuf_str(s->out, ", status 0x");
		outbuf_hex(s->out, get_le32(h + 8), 8);
	}
	outbuf_str(s->out, ", id ");
	outbuf_u64(s->out, get_le64(h + 24));
	if (!(h[16] & FLAG_ASYNC)) {
		outbuf_str(s->out, ", tree ");
		outbuf_u64(s->out, get_le32(h + 36));
	}
	outbuf_str(s->out, ", session 0x");
	outbuf_hex(s->out, get_le64(h + 40), 16);
}

#define GET(ty, n, off, bytes, fn, lab) FIELD_HAS(n, lab, (.get = fn), .type = ty, .offset = off, .shift = bytes)
#define GET_HEX(n, off, bytes, fn, lab) \
	FIELD_HAS(n, lab, (.get = fn), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2 * (bytes), .offset = off, \
		.shift = bytes)
/* a bit of byte `off` */
#define FLAG(n, off, msk, lab) \
	FIELD_HAS("smb2.flags." n, lab, (.get = get_plain), .type = FIELD_BOOL, .offset = off, .shift = 1, .mask = msk)
#define WALK_HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)

FIELD_TABLE(fields,
	(PROTOCOL_ID, FIELD_PLAIN("smb2.protocol_id", "Protocol id", .type = FIELD_UINT, .show = SHOW_HEX, .width = 4)),
	(HEADER_LEN, GET(FIELD_UINT, "smb2.header_len", 4, 2, get_plain, "Header length")),
	(CHARGE, GET(FIELD_UINT, "smb2.credit.charge", 6, 2, get_plain, "Credit charge")),
	(CHANNEL_SEQUENCE, GET(FIELD_UINT, "smb2.channel_sequence", 8, 2, get_request, "Channel sequence")),
	(NT_STATUS, GET_HEX("smb2.nt_status", 8, 4, get_response, "Status")),
	(CMD, FIELD_HAS("smb2.cmd", "Command", (.get = get_plain, .names = &commands), .type = FIELD_UINT, .offset = 12,
		.shift = 2)),
	(REQUESTED, GET(FIELD_UINT, "smb2.credits.requested", 14, 2, get_request, "Credits requested")),
	(GRANTED, GET(FIELD_UINT, "smb2.credits.granted", 14, 2, get_response, "Credits granted")),
	(FLAGS, GET_HEX("smb2.flags", 16, 4, get_plain, "Flags")),
	(RESPONSE, FLAG("response", 16, 1, "Response")),
	(ASYNC, FLAG("async", 16, 2, "Asynchronous")),
	(CHAINED, FLAG("chained", 16, 4, "Related to the command before")),
	(SIGNED, FLAG("signature", 16, 8, "Signed")),
	(PRIORITY, FLAG("priority_mask", 16, 0x70, "Has a priority")),
	(DFS, FLAG("dfs", 19, 0x10, "Distributed file system")),
	(REPLAY, FLAG("replay", 19, 0x20, "Replay")),
	(CHAIN_OFFSET, GET_HEX("smb2.chain_offset", 20, 4, get_plain, "Where the next command begins")),
	(MSG_ID, GET(FIELD_UINT, "smb2.msg_id", 24, 8, get_plain, "Message id")),
	(PID, GET_HEX("smb2.pid", 32, 4, get_sync, "Process id")),
	(TID, GET_HEX("smb2.tid", 36, 4, get_sync, "Tree id")),
	(AID, GET_HEX("smb2.aid", 32, 8, get_async, "Asynchronous id")),
	(SESID, GET_HEX("smb2.sesid", 40, 8, get_plain, "Session id")),
	(SIGNATURE, FIELD_GET(FIELD_BYTES, "smb2.signature", get_signature, "Signature")),
	(BUFFER_CODE, WALK_HEX("smb2.buffer_code", 4, "Structure size of the body")),
	(DIALECT_COUNT, FIELD_WALK(FIELD_UINT, "smb2.dialect_count", "Number of dialects")),
	(DIALECT, WALK_HEX("smb2.dialect", 4, "Dialect")),
	(FILENAME, FIELD_WALK(FIELD_STRING, "smb2.filename", "File name")),
	(FID, FIELD_WALK(FIELD_STRING, "smb2.fid", "File id")),
	(READ_LENGTH, FIELD_WALK(FIELD_UINT, "smb2.read_length", "Bytes to read")),
	(WRITE_LENGTH, FIELD_WALK(FIELD_UINT, "smb2.write_length", "Bytes to write")),
	(FILE_OFFSET, FIELD_WALK(FIELD_UINT, "smb2.file_offset", "Place in the file"))
);

const struct protocol proto_smb2 = {
	.name = "smb2",
	.column = "SMB2",
	.title = "Server Message Block, versions 2 and 3",
	.reference = "[MS-SMB2]",
	.application = true,
	.decode = smb2_decode,
	PROTOCOL_WALK(smb2_walk),
	.summary = smb2_summary,
	PROTOCOL_FIELDS(fields),
};
