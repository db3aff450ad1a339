/* SPDX-License-Identifier: MIT */
/*
 * --flows --profile ecs: a record as a document of the Elastic Common Schema (8.11), as ecs.c does for a packet. source is
 * the originator. JSON (an array) and NDJSON.
 */
#include "flow_export.h"

#include "base/times.h"
#include "decode/space.h"

#include <stdlib.h>

struct ecs_flow {
	struct timefmt iso;
	bool array;
};

static void put_time(struct json_writer *w, struct timefmt *iso, const char *key, int64_t ns)
{
	jw_key(w, key);
	outbuf_char(w->o, '"');
	timefmt_put(iso, w->o, ns);
	outbuf_char(w->o, '"');
}

static void put_end(struct json_writer *w, const char *key, const struct flow_record *r, unsigned side)
{
	const struct conversation_key *k = &r->ends;

	jw_open(w, key, '{');
	jw_address(w, "ip", side == FLOW_ORIG ? k->src : k->dst, k->addr_len);
	if (r->transport != FLOW_OTHER)
		jw_u64(w, "port", side == FLOW_ORIG ? k->src_port : k->dst_port);
	jw_u64(w, "packets", r->flow->packets[side]);
	jw_u64(w, "bytes", r->flow->bytes[side]);
	if (side == FLOW_RESP && r->name && r->flow->proto != PROTO_dns)
		jw_str(w, "domain", r->name);
	jw_close(w, '}');
}

static void put_vlans(struct json_writer *w, const struct space *s)
{
	if (!s || !s->vlan[0])
		return;
	jw_open(w, "vlan", '{');
	jw_key(w, "id");
	outbuf_char(w->o, '"');
	outbuf_u64(w->o, s->vlan[0] - 1u);
	outbuf_char(w->o, '"');
	jw_close(w, '}');
	if (!s->vlan[1])
		return;
	jw_open(w, "inner", '{');
	jw_open(w, "vlan", '{');
	jw_key(w, "id");
	outbuf_char(w->o, '"');
	outbuf_u64(w->o, s->vlan[1] - 1u);
	outbuf_char(w->o, '"');
	jw_close(w, '}');
	jw_close(w, '}');
}

static void put_network(struct json_writer *w, const struct flow_record *r)
{
	const struct flow *f = r->flow;
	char id[COMMUNITY_ID_MAX], number[4];

	jw_open(w, "network", '{');
	jw_str(w, "type", r->ends.addr_len == 4 ? "ipv4" : "ipv6");
	jw_str(w, "transport", ip_proto_name(f->ip_proto, number));
	jw_str(w, "protocol", flow_application(f));
	jw_u64(w, "packets", f->packets[0] + f->packets[1]);
	jw_u64(w, "bytes", f->bytes[0] + f->bytes[1]);
	jw_str(w, "community_id", community_id_flow(r, id) ? id : NULL);
	put_vlans(w, r->space);
	jw_close(w, '}');
}

static bool put_record(void *user, const struct flow_record *r)
{
	struct export *e = user;
	struct flow_export *fx = e->state;
	struct ecs_flow *own = fx->own;
	struct json_writer w = { e->out, false };
	const struct flow *f = r->flow;

	if (own->array && fx->records > 1)
		outbuf_bytes(e->out, ",\n", 2);
	jw_open(&w, NULL, '{');
	put_time(&w, &own->iso, "@timestamp", f->first_ns);
	jw_open(&w, "ecs", '{');
	jw_str(&w, "version", "8.11.0");
	jw_close(&w, '}');
	jw_open(&w, "event", '{');
	jw_str(&w, "kind", "event");
	jw_open(&w, "category", '[');
	jw_str(&w, NULL, "network");
	jw_close(&w, ']');
	jw_open(&w, "type", '[');
	jw_str(&w, NULL, "connection");
	if (r->reason != FLOW_ACTIVE)
		jw_str(&w, NULL, "end");
	jw_close(&w, ']');
	jw_str(&w, "action", "network_flow");
	jw_str(&w, "module", "nwbox");
	jw_str(&w, "dataset", "nwbox.flow");
	put_time(&w, &own->iso, "start", f->first_ns);
	put_time(&w, &own->iso, "end", f->last_ns);
	jw_u64(&w, "duration", (uint64_t)(ns_between(f->first_ns, f->last_ns)));
	jw_str(&w, "reason", flow_reason_name(r->reason));
	jw_close(&w, '}');
	put_network(&w, r);
	put_end(&w, "source", r, FLOW_ORIG);
	put_end(&w, "destination", r, FLOW_RESP);
	if (r->name && f->proto == PROTO_dns) {
		jw_open(&w, "dns", '{');
		jw_open(&w, "question", '{');
		jw_str(&w, "name", r->name);
		jw_close(&w, '}');
		jw_close(&w, '}');
	}
	if (r->name && f->proto == PROTO_tls) {
		jw_open(&w, "tls", '{');
		jw_open(&w, "client", '{');
		jw_str(&w, "server_name", r->name);
		jw_close(&w, '}');
		jw_close(&w, '}');
	}
	jw_close(&w, '}');
	if (!own->array)
		outbuf_char(e->out, '\n');
	return true;
}

int ecs_flow_begin(struct export *e, struct errmsg *err)
{
	static const struct flow_wants wants = { .detail = true, .names = true, .idle_ns = FLOW_USUAL_IDLE_NS, .record = put_record };
	struct ecs_flow *own = calloc(1, sizeof(*own));
	int rc;

	if (!own)
		return errmsg_set(err, NW_ELIMIT, "no memory for the profile");
	rc = flow_export_open(e, &wants, err);
	if (rc) {
		free(own);
		return rc;
	}
	((struct flow_export *)e->state)->own = own;
	own->array = !strcmp(e->format->name, "json");
	timefmt_init(&own->iso, TIMEFMT_ISO8601, e->o.time.digits, true);
	if (own->array)
		outbuf_str(e->out, "[\n");
	return 0;
}

void ecs_flow_end(struct export *e)
{
	struct flow_export *fx = e->state;
	struct ecs_flow *own = fx->own;
	bool abandoned = e->abandoned, some;

	if (!abandoned)
		flows_end(fx->flows);
	some = fx->records;
	flow_export_close(e);
	if (own->array && !abandoned)
		outbuf_str(e->out, some ? "\n]\n" : "]\n");
	free(own);
}
