/* SPDX-License-Identifier: MIT */
/*
 * NetBIOS datagram service (RFC 1002 section 4.4), and the announcements of Microsoft's browser that are nearly all
 * of what it carries.
 *
 *	|type 8|flags 8|id 16|source address 32|port 16| length 16|offset 16|source name 34|destination name 34|    16, 17, 18
 *	                                                error 8                                                    19
 *	                                                destination name 34                                        20 .. 22
 *	then ff "SMB" ... \MAILSLOT\BROWSE: the browser's layer begins where the SMB transaction says
 */
#include "decode/nbns.h"
#include "decode/service.h"

enum { TYPE, FLAGS, NEXT, FIRST, NODE_TYPE, ID, SRC_IP, SRC_PORT, LENGTH, OFFSET, SOURCE_NAME, DESTINATION_NAME, ERROR };
enum { HEADER = 10, DIRECT_UNIQUE = 0x10, BROADCAST = 0x12, DATAGRAM_ERROR = 0x13, QUERY_LAST = 0x16, NAME = 34, SMB_HEADER = 32 };

/* Where the data of a transaction for the browser begins, from the SMB header on; 0: it is none. */
static uint32_t browser_at(const struct cursor *smb)
{
	enum { TRANSACTION = 0x25, DATA_COUNT = SMB_HEADER + 1 + 22, DATA_OFFSET = DATA_COUNT + 2, WORDS = 17 };
	static const char slot[] = "\\MAILSLOT\\BROWSE";
	const uint8_t *h = cursor_peek(smb, SMB_HEADER + 1 + WORDS * 2 + 2 + sizeof(slot));
	uint32_t at;

	if (!h || memcmp(h, "\xffSMB\x25", 5) || h[SMB_HEADER] != WORDS ||
	    memcmp(h + SMB_HEADER + 1 + WORDS * 2 + 2, slot, sizeof(slot)))
		return 0;
	at = get_le16(h + DATA_OFFSET);
	return get_le16(h + DATA_COUNT) && at < cursor_left(smb) ? at : 0;
}

static bool nbdgm_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, HEADER);

	(void)d;
	return h && h[0] >= DIRECT_UNIQUE && h[0] <= QUERY_LAST;
}

static enum decode_result nbdgm_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	uint32_t at;

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	if (h[0] > BROADCAST)
		return decode_take(d, h[0] == DATAGRAM_ERROR ? 1 : NAME) ? DECODE_OK : cursor_short(&d->c);
	if (!decode_take(d, 4 + 2 * NAME))
		return cursor_short(&d->c);
	at = browser_at(&d->c);
	if (at) {
		decode_take(d, at);
		d->next = PROTO_browser;
	}
	return DECODE_OK;
}

static void walk_name(struct walk *w, unsigned field, struct cursor *c)
{
	const uint8_t *b = cursor_take(c, NAME);
	uint8_t name[16], *text = b && walk_wants(w, field) ? packet_scratch(w->p, NBNS_NAME_MAX) : NULL;

	if (text && nbns_name_decode(b + 1, NAME - 2, name))
		walk_bytes(w, field, text, nbns_name_text(name, true, text));
}

static void nbdgm_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	if (!cursor_skip(&c, HEADER) || !cursor_left(&c))
		return;
	if (l->aux[0] == DATAGRAM_ERROR) {
		walk_uint(w, ERROR, cursor_u8(&c));
	} else if (l->aux[0] > BROADCAST) {
		walk_name(w, DESTINATION_NAME, &c);
	} else if (cursor_left(&c) >= 4) {
		walk_uint(w, LENGTH, cursor_be16(&c));
		walk_uint(w, OFFSET, cursor_be16(&c));
		walk_name(w, SOURCE_NAME, &c);
		walk_name(w, DESTINATION_NAME, &c);
	}
}

static void nbdgm_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	service_begin(s, p, l, "NBDS");
}

FIELD_TABLE(nbdgm_fields,
	(TYPE, FIELD_FIXED(FIELD_UINT, "nbdgm.type", 0, 1, "Type")),
	(FLAGS, FIELD_FIXED_HEX("nbdgm.flags", 1, 1, "Flags")),
	(NEXT, FIELD_BITS(FIELD_BOOL, "nbdgm.next", 1, 1, 0x01, "More fragments follow")),
	(FIRST, FIELD_BITS(FIELD_BOOL, "nbdgm.first", 1, 1, 0x02, "First fragment")),
	(NODE_TYPE, FIELD_BITS(FIELD_UINT, "nbdgm.node_type", 1, 1, 0x0c, "Kind of node")),
	(ID, FIELD_FIXED_HEX("nbdgm.dgram_id", 2, 2, "Datagram")),
	(SRC_IP, FIELD_FIXED(FIELD_IPV4, "nbdgm.src.ip", 4, 4, "Source")),
	(SRC_PORT, FIELD_FIXED(FIELD_UINT, "nbdgm.src.port", 8, 2, "Source port")),
	(LENGTH, FIELD_WALK(FIELD_UINT, "nbdgm.dgram_len", "Length")),
	(OFFSET, FIELD_WALK(FIELD_UINT, "nbdgm.pkt_offset", "Offset of the fragment")),
	(SOURCE_NAME, FIELD_WALK(FIELD_STRING, "nbdgm.source_name", "Source name")),
	(DESTINATION_NAME, FIELD_WALK(FIELD_STRING, "nbdgm.destination_name", "Destination name")),
	(ERROR, FIELD_WALK(FIELD_UINT, "nbdgm.error_code", "Error"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, 138 }, { CLAIM_NONE, 0 } };

const struct protocol proto_nbdgm = {
	.name = "nbdgm",
	.column = "NBDS",
	.title = "NetBIOS Datagram Service",
	.reference = "RFC 1002",
	.application = true,
	.decode = nbdgm_decode,
	.detect = nbdgm_detect,
	PROTOCOL_WALK(nbdgm_walk),
	.summary = nbdgm_summary,
	PROTOCOL_FIELDS(nbdgm_fields),
	.claims = claims,
};
