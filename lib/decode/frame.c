/* SPDX-License-Identifier: MIT */
/* The frame itself as layer 0: what the capture says of a packet, before any of its bytes. */
#include "expert_fields.h"
#include "proc.h"

enum { NUMBER, TIME, TIME_EPOCH, RELATIVE, DELTA, DELTA_DISPLAYED, LEN, CAP_LEN, INTERFACE_ID, INTERFACE_NAME, ENCAP, PROTOCOLS, COLUMN, SHORT,
	MALFORMED, FINDINGS, OF_OPTIONS = FINDINGS + (ENABLE_EXPERT ? EXPERT_FIELDS : 0) };

static bool get_frame(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)l;
	switch (field_index(f)) {
	case NUMBER: v->u = p->frame->number; return true;
	case LEN: v->u = p->frame->wirelen; return true;
	case CAP_LEN: v->u = p->frame->caplen; return true;
	case INTERFACE_ID: v->u = p->frame->ifid; return true;
	case ENCAP: v->u = p->frame->linktype; return true;
	default: v->i = p->frame->ts_ns; return p->frame->has_ts;
	}
}

void frame_times_next(struct frame_times *t, const struct frame *f)
{
	if (t->number == f->number || !f->has_ts)
		return;
	t->before_ns = t->number ? t->now_ns : f->ts_ns;
	if (!t->number)
		t->first_ns = f->ts_ns;
	t->now_ns = f->ts_ns;
	t->number = f->number;
}

static bool get_span(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const struct frame_times *t = p->times;
	int64_t since;

	(void)l;
	if (!t || t->number != p->frame->number)
		return false;
	switch (field_index(f)) {
	case RELATIVE: since = t->first_ns; break;
	case DELTA: since = t->before_ns; break;
	default: since = !t->filtered ? t->before_ns : t->shown ? t->shown_ns : t->now_ns;
	}
	return !__builtin_sub_overflow(t->now_ns, since, &v->i);
}

static bool get_interface_name(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)l;
	(void)f;
	if (!p->frame->interface || !p->frame->interface->name[0])
		return false;
	v->bytes = (const uint8_t *)p->frame->interface->name;
	v->len = (uint32_t)strlen(p->frame->interface->name);
	return true;
}

/* Wireshark has a decoder for each version. */
static const char *openflow_step(const struct layer *l)
{
	switch (l->aux[0]) {
	case 1: return "openflow_v1";
	case 4: return "openflow_v4";
	case 5: return "openflow_v5";
	case 6: return "openflow_v6";
	default: return NULL;
	}
}

/* What kind of message it is. */
static const char *isis_step(const struct layer *l)
{
	switch (l->aux[0]) {
	case 15:
	case 16:
	case 17: return "isis.hello";
	case 18:
	case 20: return "isis.lsp";
	case 24:
	case 25: return "isis.csnp";
	case 26:
	case 27: return "isis.psnp";
	default: return NULL;
	}
}

/* Wireshark names steps of its own between some layers; NULL for those between which it has none. */
static const char *step_behind(const struct layer *l)
{
	switch (l->proto) {
	case PROTO_eth:
	case PROTO_vlan: return l->aux[0] >= 1536 ? "ethertype" : NULL;
	case PROTO_sll: return l->aux[1] >= 1536 ? "ethertype" : NULL;
	case PROTO_isis: return isis_step(l);
	case PROTO_openflow: return openflow_step(l);
	case PROTO_igmp: return l->aux[1] ? "igmp" : l->aux[0] == 0x14 ? "pim" : NULL;
	case PROTO_netlink: return !(l->aux[1] & 0x100) ? NULL : !l->aux[0] ? "netlink-route" :
				   l->aux[0] == 12 ? "netlink-netfilter" : NULL;
	case PROTO_tr: return l->aux[0] ? "trmac" : NULL;
	case PROTO_prism:
	case PROTO_radiotap: return "wlan_radio";
	default: return NULL;
	}
}

static void put_name(struct outbuf *o, const char *name)
{
	if (outbuf_len(o))
		outbuf_char(o, ':');
	outbuf_str(o, name);
}

/* "eth:ethertype:ip:tcp:tls" */
static bool get_protocols(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	enum { SIZE = 512 };
	/* scratch memory is the part of a packet that reading may change */
	uint8_t *text = packet_scratch((struct packet *)p, SIZE);
	struct outbuf o;

	(void)l;
	(void)f;
	if (!text)
		return false;
	outbuf_fixed(&o, (char *)text, SIZE);
	for (unsigned i = 1; i < p->nlayers; i++) {
		const char *step = step_behind(&p->layers[i]);

		if (p->layers[i].proto == PROTO_isis)
			put_name(&o, "osi"); /* a step of Wireshark's too */
		put_name(&o, protocols[p->layers[i].proto]->name);
		if (step)
			put_name(&o, step);
	}
	v->bytes = text;
	v->len = (uint32_t)outbuf_len(&o);
	return true;
}

static bool get_column(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const char *text = packet_column(p);

	(void)l;
	(void)f;
	v->bytes = (const uint8_t *)text;
	v->len = (uint32_t)strlen(text);
	return true;
}

static bool get_damage(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)l;
	v->u = p->result == (field_index(f) == SHORT ? DECODE_TRUNCATED : DECODE_MALFORMED);
	return v->u;
}

static void frame_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	(void)l;
	if (ENABLE_PROC && p->frame->options_len)
		proc_walk(w, p, OF_OPTIONS);
	if (ENABLE_EXPERT)
		expert_walk(w, p, FINDINGS);
}

static enum decode_result frame_decode(struct decode *d, struct layer *l)
{
	(void)d;
	(void)l;
	return DECODE_OK; /* packet_decode() books layer 0 itself */
}

FIELD_TABLE(frame_fields,
	(NUMBER, FIELD_GET(FIELD_UINT, "frame.number", get_frame, "Frame number")),
	(TIME, FIELD_GET(FIELD_TIME, "frame.time", get_frame, "Arrival time")),
	(TIME_EPOCH, FIELD_HAS("frame.time_epoch", "Arrival time, seconds since 1970", (.get = get_frame), .type = FIELD_TIME,
		.show = SHOW_EPOCH)),
	(RELATIVE, FIELD_HAS("frame.time_relative", "Time since the first frame", (.get = get_span), .type = FIELD_DURATION,
		.conversation = true)),
	(DELTA, FIELD_HAS("frame.time_delta", "Time since the frame before", (.get = get_span), .type = FIELD_DURATION,
		.conversation = true)),
	(DELTA_DISPLAYED, FIELD_HAS("frame.time_delta_displayed", "Time since the frame before that matched",
		(.get = get_span), .type = FIELD_DURATION, .conversation = true)),
	(LEN, FIELD_GET(FIELD_UINT, "frame.len", get_frame, "Length on the wire")),
	(CAP_LEN, FIELD_GET(FIELD_UINT, "frame.cap_len", get_frame, "Length kept")),
	(INTERFACE_ID, FIELD_GET(FIELD_UINT, "frame.interface_id", get_frame, "Interface number")),
	(INTERFACE_NAME, FIELD_GET(FIELD_STRING, "frame.interface_name", get_interface_name, "Interface name")),
	(ENCAP, FIELD_GET(FIELD_UINT, "frame.linktype", get_frame, "LINKTYPE number")),
	(PROTOCOLS, FIELD_HAS("frame.protocols", "Protocols in the frame", (.get = get_protocols), .type = FIELD_STRING,
		.innermost = true)),
	(COLUMN, FIELD_HAS("_ws.col.Protocol", "Innermost protocol", (.get = get_column), .type = FIELD_STRING,
		.innermost = true)),
	(SHORT, FIELD_HAS("_ws.short", "Cut by the snaplen inside a header", (.get = get_damage), .type = FIELD_BOOL,
		.innermost = true)),
	(MALFORMED, FIELD_HAS("_ws.malformed", "Contradicts itself", (.get = get_damage), .type = FIELD_BOOL,
		.innermost = true)),
#if ENABLE_EXPERT
	EXPERT_ROWS(FINDINGS),
#endif
#if ENABLE_PROC
	PROC_ROWS(OF_OPTIONS),
#endif
);

const struct protocol proto_frame = {
	.name = "frame",
	.title = "Frame",
	.reference = "draft-ietf-opsawg-pcapng",
	.decode = frame_decode,
	PROTOCOL_WALK(frame_walk),
	PROTOCOL_FIELDS(frame_fields),
};
