/* SPDX-License-Identifier: MIT */
/*
 * EVE: one JSON object per line, as readers of Suricata's eve.json expect it (Suricata User Guide, "EVE JSON Format"):
 *
 *	{"timestamp":"2026-11-20T15:04:05.123456+0000","flow_id":1234,"event_type":"tls","src_ip":..,"proto":"TCP",..,"tls":{..}}
 *
 * Events: flow when a record has ended; dns (version 2: a query and an answer are two events), tls, quic, http, ssh and dhcp.
 * src is who began, in a dns answer too. What goes into the object of an event stands in a function of its own below
 * and in eve_dns.c.
 */
#include "eve.h"

#include "base/times.h"
#include "decode/space.h"

#include <stdlib.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20, ECE = 0x40, CWR = 0x80 };

/* ---- what all have ------------------------------------------------------------------------------ */

void eve_time_put(struct json_writer *w, struct timefmt *iso, const char *key, int64_t ns)
{
	char text[48];
	struct outbuf t;

	outbuf_fixed(&t, text, sizeof(text));
	timefmt_put(iso, &t, ns);
	jw_key(w, key);
	outbuf_char(w->o, '"');
	outbuf_bytes(w->o, text, outbuf_len(&t) - 1); /* without Z */
	outbuf_str(w->o, "+0000\"");
}

void eve_fact(struct json_writer *w, const char *key, const struct fact *f)
{
	if (f)
		jw_text(w, key, f->bytes, f->len);
}

void eve_fact_number(struct json_writer *w, const char *key, const struct fact *f)
{
	if (f)
		jw_u64(w, key, fact_number(f));
}

void eve_fact_address(struct json_writer *w, const char *key, const struct fact *f)
{
	if (f && (f->len == 4 || f->len == 16 || f->len == 6))
		jw_address(w, key, f->bytes, f->len);
}

struct eve_head {
	int64_t ts_ns;
	const char *type;
	const struct conversation_key *ends;
	enum flow_transport transport;
	int32_t number;
	uint8_t ip_proto;
	uint16_t icmp;
	const struct space *space;
};

static void put_proto(struct json_writer *w, uint8_t ip_proto)
{
	char number[4];
	const char *name = ip_proto == 58 ? "IPv6-ICMP" : ip_proto_name(ip_proto, number);
	char upper[16];
	size_t n = 0;

	for (; name[n] && n < sizeof(upper) - 1; n++)
		upper[n] = ip_proto != 58 && name[n] >= 'a' && name[n] <= 'z' ? (char)(name[n] - 0x20) : name[n];
	jw_text(w, "proto", upper, n);
}

/* Ids of VLANs, the outer first. */
static void put_vlan(struct json_writer *w, const struct space *s)
{
	if (!s || !s->vlan[0])
		return;
	jw_open(w, "vlan", '[');
	for (unsigned i = 0; i < 2 && s->vlan[i]; i++)
		jw_u64(w, NULL, s->vlan[i] - 1u);
	jw_close(w, ']');
}

static void put_head(struct json_writer *w, struct export *e, const struct eve_head *h)
{
	struct eve *eve = ((struct flow_export *)e->state)->own;
	bool icmp = h->ip_proto == 1 || h->ip_proto == 58;

	jw_open(w, NULL, '{');
	eve_time_put(w, &eve->iso, "timestamp", h->ts_ns);
	jw_u64(w, "flow_id", flow_id(e, h->ends, h->transport, h->number));
	jw_str(w, "event_type", h->type);
	put_vlan(w, h->space);
	jw_address(w, "src_ip", h->ends->src, h->ends->addr_len);
	if (h->transport != FLOW_OTHER)
		jw_u64(w, "src_port", h->ends->src_port);
	jw_address(w, "dest_ip", h->ends->dst, h->ends->addr_len);
	if (h->transport != FLOW_OTHER)
		jw_u64(w, "dest_port", h->ends->dst_port);
	put_proto(w, h->ip_proto);
	if (icmp) {
		jw_u64(w, "icmp_type", h->icmp >> 8);
		jw_u64(w, "icmp_code", h->icmp & 0xff);
	}
}

static void put_tail(struct json_writer *w)
{
	jw_close(w, '}');
	outbuf_char(w->o, '\n');
}

/* ---- flow --------------------------------------------------------------------------------------------- */

static const char *state_name(const struct flow_record *r)
{
	const struct flow *f = r->flow;
	uint8_t flags = f->tcp_flags[0] | f->tcp_flags[1];

	if (r->transport == FLOW_TCP && (flags & RST || (f->tcp_flags[0] & FIN && f->tcp_flags[1] & FIN)))
		return "closed";
	if (r->transport == FLOW_TCP && flags & SYN && !(f->tcp_flags[0] & ACK && f->tcp_flags[1] & ACK))
		return "new";
	return f->packets[0] && f->packets[1] ? "established" : "new";
}

/* Suricata's word for the state of a TCP session. */
static const char *tcp_state_word(const struct flow_record *r)
{
	const uint8_t *flags = r->flow->tcp_flags, all = flags[0] | flags[1];
	bool fins = flags[0] & flags[1] & FIN;

	if (all & RST || fins)
		return "closed";
	if (all & FIN)
		return flags[FLOW_ORIG] & FIN ? "fin_wait1" : "close_wait";
	if (!(all & SYN))
		return "established";
	if (!(flags[FLOW_RESP] & SYN))
		return "syn_sent";
	return flags[FLOW_ORIG] & ACK ? "established" : "syn_recv";
}

static void put_flags(struct json_writer *w, const char *key, unsigned flags)
{
	jw_key(w, key);
	outbuf_char(w->o, '"');
	outbuf_hex(w->o, flags, 2);
	outbuf_char(w->o, '"');
}

static void put_tcp(struct json_writer *w, const struct flow_record *r)
{
	static const struct {
		uint8_t bit;
		const char *key;
	} names[] = { { SYN, "syn" }, { FIN, "fin" }, { RST, "rst" }, { PSH, "psh" }, { ACK, "ack" }, { URG, "urg" },
		      { ECE, "ecn" }, { CWR, "cwr" } };
	const uint8_t *flags = r->flow->tcp_flags;

	jw_open(w, "tcp", '{');
	put_flags(w, "tcp_flags", flags[0] | flags[1]);
	put_flags(w, "tcp_flags_ts", flags[FLOW_ORIG]);
	put_flags(w, "tcp_flags_tc", flags[FLOW_RESP]);
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((flags[0] | flags[1]) & names[i].bit)
			jw_bool(w, names[i].key, true);
	jw_str(w, "state", tcp_state_word(r));
	jw_close(w, '}');
}

static bool put_flow(void *user, const struct flow_record *r)
{
	struct export *e = user;
	struct eve *eve = ((struct flow_export *)e->state)->own;
	struct json_writer w = { e->out, false };
	const struct flow *f = r->flow;
	char id[COMMUNITY_ID_MAX];

	put_head(&w, e, &(struct eve_head){ f->last_ns, "flow", &r->ends, r->transport, r->number, f->ip_proto,
					    r->detail ? r->detail->icmp : 0, r->space });
	jw_str(&w, "app_proto", flow_application(f));
	jw_str(&w, "community_id", community_id_flow(r, id) ? id : NULL);
	jw_open(&w, "flow", '{');
	jw_u64(&w, "pkts_toserver", f->packets[FLOW_ORIG]);
	jw_u64(&w, "pkts_toclient", f->packets[FLOW_RESP]);
	jw_u64(&w, "bytes_toserver", f->bytes[FLOW_ORIG]);
	jw_u64(&w, "bytes_toclient", f->bytes[FLOW_RESP]);
	eve_time_put(&w, &eve->iso, "start", f->first_ns);
	eve_time_put(&w, &eve->iso, "end", f->last_ns);
	jw_u64(&w, "age", (uint64_t)((ns_between(f->first_ns, f->last_ns)) / 1000000000));
	jw_str(&w, "state", state_name(r));
	jw_str(&w, "reason", r->reason == FLOW_IDLE || r->reason == FLOW_END_DETECTED ? "timeout" :
			     r->reason == FLOW_FORCED ? "shutdown" : "forced");
	jw_bool(&w, "alerted", false);
	jw_close(&w, '}');
	if (r->transport == FLOW_TCP)
		put_tcp(&w, r);
	put_tail(&w);
	return true;
}

/* ---- http, tls, quic, ssh ------------------------------------------------------------------------------- */

static void put_http(struct json_writer *w, const struct transaction *t)
{
	const struct fact *version = fact_find(t, FACT_HTTP_VERSION), *status = NULL;
	const struct fact *host = fact_find(t, FACT_HTTP_HOST);
	unsigned client = fact_find(t, FACT_HTTP_METHOD) ? t->side : !t->side;
	size_t name = host ? host_length(host->bytes, host->len) : 0;
	uint64_t port = 0;

	for (const struct fact *f = NULL; (f = fact_next(t, f));)
		if (f->id == FACT_HTTP_STATUS)
			status = f; /* the last: not 100 Continue */
	jw_open(w, "http", '{');
	if (host) {
		jw_text(w, "hostname", host->bytes, name);
		for (size_t i = name + 1; i < host->len && host->bytes[i] >= '0' && host->bytes[i] <= '9' && port < 65536; i++)
			port = port * 10 + host->bytes[i] - '0';
		if (port)
			jw_u64(w, "http_port", port);
	}
	eve_fact(w, "url", fact_find(t, FACT_HTTP_URI));
	eve_fact(w, "http_user_agent", fact_find(t, FACT_HTTP_USER_AGENT));
	eve_fact(w, "http_content_type", fact_of(t, FACT_HTTP_CONTENT_TYPE, !client));
	eve_fact(w, "http_refer", fact_find(t, FACT_HTTP_REFERER));
	eve_fact(w, "http_method", fact_find(t, FACT_HTTP_METHOD));
	eve_fact(w, "protocol", version ? version : fact_find(t, FACT_HTTP_REQUEST_VERSION));
	eve_fact_number(w, "status", status);
	eve_fact(w, "redirect", fact_find(t, FACT_HTTP_LOCATION));
	if (t->body[!client] != HTTP_BODY_UNKNOWN)
		jw_u64(w, "length", t->body[!client]);
	jw_close(w, '}');
}

static void put_hash(struct json_writer *w, const char *key, const struct fact *hash, const struct fact *text)
{
	if (!hash)
		return;
	jw_open(w, key, '{');
	eve_fact(w, "hash", hash);
	eve_fact(w, "string", text);
	jw_close(w, '}');
}

static void put_fingerprints(struct json_writer *w, const struct transaction *t)
{
	put_hash(w, "ja3", fact_find(t, FACT_TLS_JA3), fact_find(t, FACT_TLS_JA3_FULL));
	put_hash(w, "ja3s", fact_find(t, FACT_TLS_JA3S), fact_find(t, FACT_TLS_JA3S_FULL));
	eve_fact(w, "ja4", fact_find(t, FACT_TLS_JA4));
}

static void put_alpns(struct json_writer *w, const struct transaction *t, const char *key, unsigned side)
{
	bool some = false;

	for (const struct fact *f = NULL; (f = fact_next(t, f));) {
		if (f->id != FACT_TLS_ALPN || f->side != side)
			continue;
		if (!some)
			jw_open(w, key, '[');
		some = true;
		jw_text(w, NULL, f->bytes, f->len);
	}
	if (some)
		jw_close(w, ']');
}

/* "TLS 1.3"; of what the server chose, or the client offered when there was no answer. */
static void put_version(struct json_writer *w, const struct transaction *t)
{
	static const char *const names[] = { "SSLv3", "TLSv1", "TLS 1.1", "TLS 1.2", "TLS 1.3" };
	uint64_t v = tls_version(t);

	if (v >= 0x0300 && v <= 0x0304)
		jw_str(w, "version", names[v - 0x0300]);
	else if (v)
		jw_str(w, "version", "UNDETERMINED");
}

/* The server's first certificate; the digest is SHA-1, as Suricata's. */
static void put_certificate(struct json_writer *w, const struct transaction *t)
{
	const struct fact *sha1 = fact_of(t, FACT_CERT_SHA1, !t->side);

	eve_fact(w, "subject", fact_of(t, FACT_CERT_SUBJECT, !t->side));
	eve_fact(w, "issuerdn", fact_of(t, FACT_CERT_ISSUER, !t->side));
	eve_fact(w, "serial", fact_of(t, FACT_CERT_SERIAL, !t->side));
	if (sha1) {
		jw_key(w, "fingerprint");
		outbuf_char(w->o, '"');
		outbuf_hexbytes(w->o, sha1->bytes, sha1->len, ':');
		outbuf_char(w->o, '"');
	}
	eve_fact(w, "notbefore", fact_of(t, FACT_CERT_BEGIN, !t->side));
	eve_fact(w, "notafter", fact_of(t, FACT_CERT_END, !t->side));
}

static void put_tls(struct json_writer *w, const struct transaction *t)
{
	jw_open(w, "tls", '{');
	put_certificate(w, t);
	if (tls_resumed(t))
		jw_bool(w, "session_resumed", true);
	eve_fact(w, "sni", fact_find(t, FACT_TLS_SNI));
	put_version(w, t);
	put_fingerprints(w, t);
	put_alpns(w, t, "client_alpns", t->side);
	put_alpns(w, t, "server_alpns", !t->side);
	jw_close(w, '}');
}

static void put_quic(struct json_writer *w, const struct transaction *t)
{
	static const struct field *field;
	uint64_t version = fact_number(fact_find(t, FACT_QUIC_VERSION));
	const char *name;

	if (!field)
		field = field_find("quic.version", 12);
	name = field ? named_value(field_names(field), version) : NULL;
	jw_open(w, "quic", '{');
	if (name) {
		jw_str(w, "version", name);
	} else if (version) {
		jw_key(w, "version");
		outbuf_str(w->o, "\"0x");
		outbuf_hex(w->o, version, 8);
		outbuf_char(w->o, '"');
	}
	eve_fact(w, "sni", fact_find(t, FACT_TLS_SNI));
	put_fingerprints(w, t);
	put_alpns(w, t, "client_alpns", t->side);
	jw_close(w, '}');
}

/* SSH-2.0-OpenSSH_9.2 Debian: versions of protocol and software, behind them a comment. */
static void put_ssh_end(struct json_writer *w, const struct transaction *t, const char *key, unsigned side, enum fact_id hassh)
{
	const struct fact *banner = fact_of(t, FACT_SSH_BANNER, side), *hash = fact_of(t, hassh, side);
	const uint8_t *at, *dash, *end;

	if (!banner && !hash)
		return;
	jw_open(w, key, '{');
	if (banner && banner->len > 4 && !memcmp(banner->bytes, "SSH-", 4)) {
		at = banner->bytes + 4;
		end = banner->bytes + banner->len;
		dash = memchr(at, '-', (size_t)(end - at));
		jw_text(w, "proto_version", at, (size_t)((dash ? dash : end) - at));
		if (dash) {
			const uint8_t *blank = memchr(dash, ' ', (size_t)(end - dash));

			jw_text(w, "software_version", dash + 1, (size_t)((blank ? blank : end) - dash - 1));
		}
	}
	put_hash(w, "hassh", hash, fact_of(t, (enum fact_id)(hassh + 1), side));
	jw_close(w, '}');
}

static void put_ssh(struct json_writer *w, const struct transaction *t)
{
	bool turned = fact_of(t, FACT_SSH_HASSH, FLOW_RESP) || fact_of(t, FACT_SSH_HASSH_SERVER, FLOW_ORIG);
	unsigned client = turned ? FLOW_RESP : FLOW_ORIG;

	jw_open(w, "ssh", '{');
	put_ssh_end(w, t, "client", client, FACT_SSH_HASSH);
	put_ssh_end(w, t, "server", !client, FACT_SSH_HASSH_SERVER);
	jw_close(w, '}');
}

/* ---- the format ------------------------------------------------------------------------------------------- */

static const struct {
	const char *type, *app;
	void (*put)(struct json_writer *w, const struct transaction *t);
} kinds[] = {
	[EVENT_DNS] = { "dns", "dns", NULL /* eve_dns.c */ },
	[EVENT_HTTP] = { "http", "http", put_http },
	[EVENT_TLS] = { "tls", "tls", put_tls },
	[EVENT_SSH] = { "ssh", "ssh", put_ssh },
	[EVENT_DHCP] = { "dhcp", "dhcp", eve_put_dhcp },
};

static void head_of(struct json_writer *w, struct export *e, const struct transaction *t, const char *type, const char *app)
{
	struct flow_export *fx = e->state;
	const struct session *s = t->session;
	struct conversation_key ends;
	char id[COMMUNITY_ID_MAX];

	session_ends(s, &ends);
	put_head(w, e, &(struct eve_head){ t->end_ns, type, &ends, s->transport, s->number, s->transport == FLOW_TCP ? 6 : 17, 0,
					   space_get(fx->decoder->spaces, s->space) });
	if (e->o.source) /* of a file or a pipe of packets: their numbers */
		jw_u64(w, "pcap_cnt", t->frame);
	jw_str(w, "app_proto", app);
	jw_str(w, "community_id", community_id_ends(&ends, s->transport == FLOW_TCP ? 6 : 17, id) ? id : NULL);
}

static void put_transaction(void *user, const struct transaction *t)
{
	struct export *e = user;
	struct json_writer w = { e->out, false };
	const char *mdns = t->proto == PROTO_dns ? NULL : protocols[t->proto]->name;

	if (t->kind == EVENT_DNS) {
		unsigned n = eve_dns_events(t);

		for (unsigned i = 0; i < n; i++) {
			w.more = false;
			head_of(&w, e, t, mdns ? mdns : "dns", mdns ? mdns : "dns");
			eve_put_dns(&w, t, i, mdns ? mdns : "dns");
			put_tail(&w);
		}
		return;
	}
	head_of(&w, e, t, t->quic ? "quic" : kinds[t->kind].type, t->quic ? "quic" : kinds[t->kind].app);
	if (t->quic)
		put_quic(&w, t);
	else
		kinds[t->kind].put(&w, t);
	put_tail(&w);
}

int eve_begin(struct export *e, struct errmsg *err)
{
	static const struct flow_wants wants = { .detail = true, .timing = true, .names = true, .idle_ns = FLOW_USUAL_IDLE_NS, .record = put_flow,
						 .transaction = put_transaction };
	struct eve *eve = calloc(1, sizeof(*eve));
	int rc;

	if (!eve)
		return errmsg_set(err, NW_ELIMIT, "no memory for events");
	timefmt_init(&eve->iso, TIMEFMT_ISO8601, 6, true);
	rc = flow_export_open(e, &wants, err);
	if (rc)
		free(eve);
	else
		((struct flow_export *)e->state)->own = eve;
	return rc;
}

void eve_end(struct export *e)
{
	struct flow_export *fx = e->state;
	struct eve *eve = fx->own;

	flow_export_close(e);
	free(eve);
}
