/* SPDX-License-Identifier: MIT */
/*
 * Capture files as output formats: lib/pcapio's writer behind the same table.
 *
 * The source's interfaces become the output's as their first packet comes; the
 * writer gives them numbers of its own. What it writes goes through the export's
 * outbuf, so that compression and -o work as for text.
 */
#include "internal.h"
#include "pcapio/writer.h"

#include <stdlib.h>

struct capture_out {
	struct writer *writer;
	uint32_t *number;      /* writer's interface + 1 by the source's ifid, 0: not yet known */
	uint32_t nnumbers;
	bool nano;
};

static int to_outbuf(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct outbuf *o = user;

	outbuf_bytes(o, data, len);
	return outbuf_flush(o, err);
}

static void fail(struct export *e, int rc, const struct errmsg *err)
{
	if (!rc || e->out->error)
		return;
	e->out->error = rc;
	e->out->err = *err;
}

static int capture_begin(struct export *e, enum capture_format format, struct errmsg *err)
{
	struct capture_out *c = calloc(1, sizeof(*c));

	(void)err;
	if (!c)
		return errmsg_set(err, NW_ELIMIT, "no memory for a capture file");
	c->nano = e->o.time.digits > 6;
	e->state = c;
	e->capture_format = (uint8_t)format;
	return 0;
}

int pcap_begin(struct export *e, struct errmsg *err)
{
	return capture_begin(e, FORMAT_PCAP, err);
}

int pcapng_begin(struct export *e, struct errmsg *err)
{
	return capture_begin(e, FORMAT_PCAPNG, err);
}

/* The file header needs the link type of the first packet. */
static int writer_start(struct export *e, unsigned linktype, uint32_t snaplen, struct errmsg *err)
{
	struct capture_out *c = e->state;
	struct writer_options o = {
		.format = (enum capture_format)e->capture_format,
		.nano = c->nano,
		.snaplen = snaplen,
		.linktype = (uint16_t)linktype,
		.sink = to_outbuf,
		.sink_user = e->out,
	};

	return writer_open(&c->writer, -1, e->o.output_name ? e->o.output_name : "standard output", &o, err);
}

/* The writer's number of the packet's interface. */
static int interface_number(struct export *e, const struct frame *f, uint32_t *number, struct errmsg *err)
{
	struct capture_out *c = e->state;
	struct interface made = { .linktype = f->linktype, .received = UINT64_MAX, .dropped = UINT64_MAX,
				  .ifdropped = UINT64_MAX, .delivered = UINT64_MAX, .tsresol = c->nano ? 9 : 6 };
	int rc;

	if (f->ifid < c->nnumbers && c->number[f->ifid]) {
		*number = c->number[f->ifid] - 1;
		return 0;
	}
	if (f->ifid >= c->nnumbers) {
		uint32_t n = f->ifid + 16, *number_new = realloc(c->number, n * sizeof(*number_new));

		if (!number_new)
			return errmsg_set(err, NW_ELIMIT, "no memory for interface %u", f->ifid);
		memset(number_new + c->nnumbers, 0, (n - c->nnumbers) * sizeof(*number_new));
		c->number = number_new;
		c->nnumbers = n;
	}
	rc = writer_add_interface(c->writer, f->interface ? f->interface : &made, number, err);
	if (!rc)
		c->number[f->ifid] = *number + 1;
	return rc;
}

int export_block(struct export *e, const struct block *b, struct errmsg *err)
{
	struct capture_out *c = e->state;
	int rc = 0;

	if (e->format->begin != pcapng_begin || (b->type != BLOCK_NRB && b->type != BLOCK_DSB && b->type != BLOCK_CUSTOM))
		return 0;
	if (b->foreign_order)
		return NW_EINPUT;
	if (!c->writer)
		rc = writer_start(e, 0, 0, err);
	if (!rc)
		rc = writer_flush(c->writer, err); /* at least the section header stands before it */
	if (!rc)
		outbuf_bytes(e->out, b->bytes, b->len);
	return rc;
}

void pcap_packet(struct export *e, struct packet *p)
{
	struct capture_out *c = e->state;
	const struct frame *f = p->frame;
	struct errmsg err;
	uint32_t number;
	int rc = 0;

	if (e->out->error)
		return;
	if (!c->writer)
		rc = writer_start(e, f->linktype, f->interface ? f->interface->snaplen : 0, &err);
	if (!rc)
		rc = interface_number(e, f, &number, &err);
	if (!rc)
		rc = writer_frame(c->writer, f, number, NULL, &err);
	fail(e, rc, &err);
}

void pcap_end(struct export *e)
{
	struct capture_out *c = e->state;
	const struct interface *first = e->o.interface ? e->o.interface(e->o.source, 0) : NULL;
	struct errmsg err;
	int rc = 0;

	/* no packet: still a file that can be opened */
	if (!c->writer && !e->out->error)
		rc = writer_start(e, first ? first->linktype : LINKTYPE_ETHERNET, first ? first->snaplen : 0, &err);
	if (c->writer && !rc)
		rc = writer_close(c->writer, &err);
	fail(e, rc, &err);
	free(c->number);
	free(c);
	e->state = NULL;
}

void pcap_flush(struct export *e)
{
	struct capture_out *c = e->state;
	struct errmsg err;

	if (c->writer)
		fail(e, writer_flush(c->writer, &err), &err);
}
