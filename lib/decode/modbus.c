/* SPDX-License-Identifier: MIT */
/*
 * Modbus application protocol (V1.1b3): a function code and what it needs, behind mbtcp.c's header.
 *
 *	request   |function 8|first register 16|how many 16|...
 *	response  |function 8|bytes 8|values...
 *	error     |function 8, first bit set|exception 8|
 *
 * Request and response can only be told apart by the port: the server has 502, or where neither
 * end has it the smaller number.
 *
 * aux[0]: 1 for a response.
 */
#include "message.h"
#include "modbus.h"
#include "summary.h"

enum { FUNC, EXCEPTION, REFERENCE, WORD_COUNT, BIT_COUNT, BYTE_COUNT, DATA, F_COUNT };
enum {
	READ_COILS = 1, READ_DISCRETE, READ_HOLDING, READ_INPUT, WRITE_COIL, WRITE_REGISTER, READ_EXCEPTION, DIAGNOSTICS,
	GET_COUNTER = 11, GET_LOG, WRITE_COILS = 15, WRITE_REGISTERS, REPORT_ID, READ_FILE = 20, WRITE_FILE, MASK_WRITE, READ_WRITE,
	READ_FIFO, ENCAPSULATED = 43, ERROR = 0x80
};

static bool from_server(const struct packet *p)
{
	const struct layer *tcp = packet_layer(p, PROTO_tcp);
	const uint8_t *ports = tcp ? p->source[tcp->source].data + tcp->off : NULL;

	if (!ports)
		return false;
	if (get_be16(ports) == MODBUS_PORT || get_be16(ports + 2) == MODBUS_PORT)
		return get_be16(ports) == MODBUS_PORT;
	return get_be16(ports) < get_be16(ports + 2);
}

static enum decode_result modbus_decode(struct decode *d, struct layer *l)
{
	uint32_t end = l[-1].wire_end;

	l->aux[0] = from_server(d->p);
	message_end(d, l, end > l->off ? end - l->off : 0, PROTO_mbtcp);
	return DECODE_OK;
}

static void modbus_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned function = cursor_u8(&c), count = 0;
	bool response = l->aux[0];

	if (function & ERROR) {
		if (cursor_left(&c))
			walk_uint(w, EXCEPTION, *c.pos);
		return;
	}
	switch (function) {
	case READ_COILS:
	case READ_DISCRETE:
	case READ_HOLDING:
	case READ_INPUT:
		count = function <= READ_DISCRETE ? BIT_COUNT : WORD_COUNT;
		if (response)
			break;
		/* fall through */
	case WRITE_COILS:
	case WRITE_REGISTERS:
		if (cursor_left(&c) < 4)
			return;
		count = function == WRITE_COILS || function <= READ_DISCRETE ? BIT_COUNT : WORD_COUNT;
		walk_uint(w, REFERENCE, cursor_be16(&c));
		walk_uint(w, count, cursor_be16(&c));
		if (response || function < WRITE_COILS)
			return;
		break;
	case WRITE_COIL:
	case WRITE_REGISTER:
	case MASK_WRITE:
		if (cursor_left(&c) >= 2)
			walk_uint(w, REFERENCE, cursor_be16(&c));
		if (function == WRITE_COIL && cursor_left(&c) >= 2)
			walk_bytes(w, DATA, c.pos, 2);
		return;
	case READ_WRITE:
	case REPORT_ID:
		if (response)
			break;
		return;
	default:
		if (cursor_left(&c) && function > READ_FIFO && function != ENCAPSULATED)
			walk_bytes(w, DATA, c.pos, (uint32_t)cursor_left(&c));
		return;
	}
	if (cursor_left(&c))
		walk_uint(w, BYTE_COUNT, *c.pos);
}

static NAMED_VALUES(functions,
	(READ_COILS, "Read Coils"), (READ_DISCRETE, "Read Discrete Inputs"), (READ_HOLDING, "Read Holding Registers"),
	(READ_INPUT, "Read Input Registers"), (WRITE_COIL, "Write Single Coil"), (WRITE_REGISTER, "Write Single Register"),
	(READ_EXCEPTION, "Read Exception Status"), (DIAGNOSTICS, "Diagnostics"), (GET_COUNTER, "Get Comm Event Counter"),
	(GET_LOG, "Get Comm Event Log"), (WRITE_COILS, "Write Multiple Coils"), (WRITE_REGISTERS, "Write Multiple Registers"),
	(REPORT_ID, "Report Server ID"), (READ_FILE, "Read File Record"), (WRITE_FILE, "Write File Record"),
	(MASK_WRITE, "Mask Write Register"), (READ_WRITE, "Read Write Registers"), (READ_FIFO, "Read FIFO Queue"),
	(ENCAPSULATED, "Encapsulated Interface Transport")
);
static NAMED_VALUES(exceptions,
	(1, "Illegal function"), (2, "Illegal data address"), (3, "Illegal data value"), (4, "Server device failure"),
	(5, "Acknowledge"), (6, "Server device busy"), (8, "Memory parity error"), (10, "Gateway path unavailable"),
	(11, "Gateway target failed to respond")
);

static void modbus_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);
	const char *name;

	if (!s->verbose || !n)
		return;
	name = named_value(&functions, h[0] & 0x7f);
	outbuf_str(s->out, l->aux[0] ? ", response, " : ", query, ");
	outbuf_str(s->out, name ? name : "function ");
	if (!name)
		outbuf_u64(s->out, h[0] & 0x7f);
	if (h[0] & ERROR && n > 1) {
		name = named_value(&exceptions, h[1]);
		outbuf_str(s->out, ", exception ");
		outbuf_u64(s->out, h[1]);
		if (name) {
			outbuf_str(s->out, ": ");
			outbuf_str(s->out, name);
		}
	} else if (!l->aux[0] && n >= 5 && (h[0] <= WRITE_REGISTER || h[0] == WRITE_COILS || h[0] == WRITE_REGISTERS)) {
		outbuf_str(s->out, " ");
		outbuf_u64(s->out, get_be16(h + 1));
		outbuf_str(s->out, h[0] == WRITE_COIL || h[0] == WRITE_REGISTER ? " = " : " + ");
		outbuf_u64(s->out, get_be16(h + 3));
	}
}

FIELD_TABLE(fields,
	(FUNC, FIELD_HAS("modbus.func_code", "Function", (.names = &functions), .type = FIELD_UINT, .width = 1, .mask = 0x7f)),
	(EXCEPTION, FIELD_HAS("modbus.exception_code", "Exception", (.names = &exceptions), .type = FIELD_UINT)),
	(REFERENCE, FIELD_WALK(FIELD_UINT, "modbus.reference_num", "First register or coil")),
	(WORD_COUNT, FIELD_WALK(FIELD_UINT, "modbus.word_cnt", "Number of registers")),
	(BIT_COUNT, FIELD_WALK(FIELD_UINT, "modbus.bit_cnt", "Number of coils")),
	(BYTE_COUNT, FIELD_WALK(FIELD_UINT, "modbus.byte_cnt", "Number of bytes")),
	(DATA, FIELD_WALK(FIELD_BYTES, "modbus.data", "Data"))
);

const struct protocol proto_modbus = {
	.name = "modbus",
	.title = "Modbus",
	.reference = "Modbus Application Protocol V1.1b3",
	.application = true,
	.decode = modbus_decode,
	PROTOCOL_WALK(modbus_walk),
	.summary = modbus_summary,
	PROTOCOL_FIELDS(fields),
};
