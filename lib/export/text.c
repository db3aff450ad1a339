/* SPDX-License-Identifier: MIT */
/*
 * One line per packet in tcpdump's words, and the packet's bytes below it on request.
 *
 *	12:03:07.123456 IP 10.0.0.1.443 > 10.0.0.2.5555: Flags [P.], seq 1:100, ack 1, win 501, length 99
 *
 * The line is packet_summary(); this file adds time and bytes.
 */
#include "decode/owner.h"
#include "decode/seq_table.h"
#include "export/hexdump.h"
#include "internal.h"

/* What text lines tell of an application; the rest is a length. */
static const uint8_t told[] = { PROTO_dns, PROTO_mdns, PROTO_dhcp, PROTO_ntp, PROTO_http };

int text_begin(struct export *e, struct errmsg *err)
{
	e->o.summary.out = e->out;
	decoder_segments(e->decoder); /* a line is about a packet */
	if (!e->o.summary.quiet)
		for (unsigned i = 0; i < sizeof(told); i++)
			decoder_want(e->decoder, told[i]);
	if (e->o.summary.verbose && !e->o.summary.quiet)
		decoder_want(e->decoder, PROTO_tls);
	if (e->o.summary.absolute_seq)
		return 0;
	e->o.summary.seq = seq_table_new(SEQ_TABLE_FLOWS);
	return e->o.summary.seq ? 0 : errmsg_set(err, NW_ELIMIT, "no memory for %d connections", SEQ_TABLE_FLOWS);
}

/* Where the link-layer header ends. */
static uint32_t network_offset(const struct packet *p)
{
	for (unsigned i = 1; i < p->nlayers; i++)
		if (p->layers[i].proto >= PROTO_arp)
			return p->layers[i].off;
	return p->nlayers > 1 ? p->layers[p->nlayers - 1].off + p->layers[p->nlayers - 1].hlen : 0;
}

static void put_bytes(struct export *e, const struct packet *p)
{
	uint32_t from = e->o.hexdump_link ? 0 : network_offset(p);
	const uint8_t *data = p->frame->data + from;
	uint32_t len = p->frame->caplen - from;

	if (e->o.hexdump == 'A')
		hexdump_ascii(e->out, data, len);
	else
		hexdump_put(e->out, data, len, e->o.hexdump == 'X');
}

void text_packet(struct export *e, struct packet *p)
{
	if (e->o.time.style != TIMEFMT_NONE) {
		timefmt_put(&e->o.time, e->out, p->frame->ts_ns);
		outbuf_char(e->out, ' ');
	}
	packet_summary(&e->o.summary, p);
	if (ENABLE_PROC && e->o.owners && p->frame->options_len)
		packet_owners_put(e->out, p);
	if (e->o.hexdump)
		put_bytes(e, p);
	outbuf_char(e->out, '\n');
}

void text_end(struct export *e)
{
	seq_table_free(e->o.summary.seq);
}
