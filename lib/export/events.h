/* SPDX-License-Identifier: MIT */
/*
 * What applications say in conversations, as transactions: a DNS question with its answer, an HTTP request with its
 * response, the handshake of TLS, QUIC or SSH, a DHCP message.
 *
 *	layer --fields--> facts of one message --joined by the conversation--> transaction --> EVE, Zeek
 *
 * A fact is a value by one of the names below. The facts of a transaction lie one behind the other in the order in which
 * they stood in the packets:
 *
 *	|FACT_DNS_NAME, question| FACT_DNS_TYPE | FACT_RR_NAME, answer | FACT_RR_TTL | FACT_A | FACT_RR_NAME ...
 *
 * so that a list of records needs no structure of its own. Bounds: FACTS_MAX bytes of facts in a transaction (what does
 * not fit is left out, and counted), PENDING_MAX transactions that wait for their end in a conversation, EVENTS_BYTES_MAX
 * bytes that wait in all. At a bound the one that has waited longest is given as it is.
 */
#ifndef EXPORT_EVENTS_H
#define EXPORT_EVENTS_H

#include "decode/protocol.h"
#include "flow/flow.h"

enum { FACTS_MAX = 32768, FACT_BYTES_MAX = 4096, PENDING_MAX = 100, EVENTS_BYTES_MAX = 64 << 20 };

enum event_kind { EVENT_DNS, EVENT_HTTP, EVENT_TLS, EVENT_SSH, EVENT_DHCP, EVENT_KINDS };

/* FACT(name, layer's kind, field of lib/decode, F_ONCE: the first of a message is enough) */
#define EVENT_FACTS(FACT) \
	FACT(DNS_ID, DNS, "dns.id", 1) \
	FACT(DNS_FLAGS, DNS, "dns.flags", 1) \
	FACT(DNS_ANSWERS, DNS, "dns.count.answers", 1) \
	FACT(DNS_AUTHORITIES, DNS, "dns.count.auth_rr", 1) \
	FACT(DNS_NAME, DNS, "dns.qry.name", 0) \
	FACT(DNS_TYPE, DNS, "dns.qry.type", 0) \
	FACT(DNS_CLASS, DNS, "dns.qry.class", 0) \
	FACT(RR_NAME, DNS, "dns.resp.name", 0) \
	FACT(RR_SERVICE, DNS, "dns.srv.service", 0) \
	FACT(RR_SERVICE_PROTO, DNS, "dns.srv.proto", 0) \
	FACT(RR_SERVICE_NAME, DNS, "dns.srv.name", 0) \
	FACT(RR_TYPE, DNS, "dns.resp.type", 0) \
	FACT(RR_TTL, DNS, "dns.resp.ttl", 0) \
	FACT(RR_A, DNS, "dns.a", 0) \
	FACT(RR_AAAA, DNS, "dns.aaaa", 0) \
	FACT(RR_CNAME, DNS, "dns.cname", 0) \
	FACT(RR_DNAME, DNS, "dns.dname", 0) \
	FACT(RR_NS, DNS, "dns.ns", 0) \
	FACT(RR_PTR, DNS, "dns.ptr.domain_name", 0) \
	FACT(RR_MX, DNS, "dns.mx.mail_exchange", 0) \
	FACT(RR_TXT, DNS, "dns.txt", 0) \
	FACT(RR_SRV, DNS, "dns.srv.target", 0) \
	FACT(RR_SOA_MNAME, DNS, "dns.soa.mname", 0) \
	FACT(RR_SOA_RNAME, DNS, "dns.soa.rname", 0) \
	FACT(RR_SOA_SERIAL, DNS, "dns.soa.serial_number", 0) \
	FACT(RR_SOA_REFRESH, DNS, "dns.soa.refresh_interval", 0) \
	FACT(RR_SOA_RETRY, DNS, "dns.soa.retry_interval", 0) \
	FACT(RR_SOA_EXPIRE, DNS, "dns.soa.expire_limit", 0) \
	FACT(RR_SOA_MINIMUM, DNS, "dns.soa.minimum_ttl", 0) \
	FACT(HTTP_METHOD, HTTP, "http.request.method", 1) \
	FACT(HTTP_URI, HTTP, "http.request.uri", 1) \
	FACT(HTTP_REQUEST_VERSION, HTTP, "http.request.version", 1) \
	FACT(HTTP_VERSION, HTTP, "http.response.version", 1) \
	FACT(HTTP_STATUS, HTTP, "http.response.code", 1) \
	FACT(HTTP_PHRASE, HTTP, "http.response.phrase", 1) \
	FACT(HTTP_HOST, HTTP, "http.host", 1) \
	FACT(HTTP_USER_AGENT, HTTP, "http.user_agent", 1) \
	FACT(HTTP_REFERER, HTTP, "http.referer", 1) \
	FACT(HTTP_CONTENT_TYPE, HTTP, "http.content_type", 1) \
	FACT(HTTP_LOCATION, HTTP, "http.location", 1) \
	FACT(HTTP_CREDENTIALS, HTTP, "http.authbasic", 1) \
	FACT(HTTP_LENGTH, HTTP, "http.content_length_header", 1) \
	FACT(HTTP_CODING, HTTP, "http.transfer_encoding", 1) \
	FACT(HTTP_CHUNK, HTTP, "http.chunk_size", 0) \
	FACT(HTTP_HEADER, HTTP, "http.request.line", 0) \
	FACT(TLS_RECORD, TLS, "tls.record.content_type", 0) \
	FACT(TLS_TYPE, TLS, "tls.handshake.type", 0) \
	FACT(TLS_VERSION, TLS, "tls.handshake.version", 1) \
	FACT(TLS_SUPPORTED, TLS, "tls.handshake.extensions.supported_version", 1) \
	FACT(TLS_CIPHER, TLS, "tls.handshake.ciphersuite", 1) \
	FACT(TLS_RANDOM, TLS, "tls.handshake.random", 1) \
	FACT(TLS_SESSION, TLS, "tls.handshake.session_id", 1) \
	FACT(TLS_CURVE, TLS, "tls.handshake.server_named_curve", 1) \
	FACT(TLS_GROUP, TLS, "tls.handshake.extensions_key_share_group", 1) \
	FACT(TLS_PSK, TLS, "tls.handshake.extensions.psk.identity.selected", 1) \
	FACT(TLS_SNI, TLS, "tls.handshake.extensions_server_name", 1) \
	FACT(TLS_ALPN, TLS, "tls.handshake.extensions_alpn_str", 0) \
	FACT(TLS_ALERT, TLS, "tls.alert_message.desc", 0) \
	FACT(TLS_CERTIFICATE, TLS, "tls.handshake.certificate", 0) \
	FACT(TLS_JA3, TLS, "tls.handshake.ja3", 1) \
	FACT(TLS_JA3_FULL, TLS, "tls.handshake.ja3_full", 1) \
	FACT(TLS_JA3S, TLS, "tls.handshake.ja3s", 1) \
	FACT(TLS_JA3S_FULL, TLS, "tls.handshake.ja3s_full", 1) \
	FACT(TLS_JA4, TLS, "tls.handshake.ja4", 1) \
	FACT(QUIC_VERSION, TLS, "quic.version", 1) \
	FACT(SSH_BANNER, SSH, "ssh.protocol", 1) \
	FACT(SSH_HASSH, SSH, "ssh.kex.hassh", 1) \
	FACT(SSH_HASSH_FULL, SSH, "ssh.kex.hassh_algorithms", 1) \
	FACT(SSH_HASSH_SERVER, SSH, "ssh.kex.hasshserver", 1) \
	FACT(SSH_HASSH_SERVER_FULL, SSH, "ssh.kex.hasshserver_algorithms", 1) \
	FACT(DHCP_TYPE, DHCP, "dhcp.type", 1) \
	FACT(DHCP_ID, DHCP, "dhcp.id", 1) \
	FACT(DHCP_MAC, DHCP, "dhcp.hw.mac_addr", 1) \
	FACT(DHCP_CLIENT_IP, DHCP, "dhcp.ip.client", 1) \
	FACT(DHCP_ASSIGNED_IP, DHCP, "dhcp.ip.your", 1) \
	FACT(DHCP_NEXT_IP, DHCP, "dhcp.ip.server", 1) \
	FACT(DHCP_RELAY_IP, DHCP, "dhcp.ip.relay", 1) \
	FACT(DHCP_MESSAGE, DHCP, "dhcp.option.dhcp", 1) \
	FACT(DHCP_CLIENT_ID, DHCP, "dhcp.client_id", 1) \
	FACT(DHCP_HOSTNAME, DHCP, "dhcp.option.hostname", 1) \
	FACT(DHCP_REQUESTED_IP, DHCP, "dhcp.option.requested_ip_address", 1) \
	FACT(DHCP_LEASE, DHCP, "dhcp.option.ip_address_lease_time", 1) \
	FACT(DHCP_RENEWAL, DHCP, "dhcp.option.renewal_time_value", 1) \
	FACT(DHCP_REBINDING, DHCP, "dhcp.option.rebinding_time_value", 1) \
	FACT(DHCP_MASK, DHCP, "dhcp.option.subnet_mask", 1) \
	FACT(DHCP_ROUTER, DHCP, "dhcp.option.router", 0) \
	FACT(DHCP_DNS, DHCP, "dhcp.option.domain_name_server", 0) \
	FACT(DHCP_VENDOR, DHCP, "dhcp.option.vendor_class_id", 1)

enum fact_id {
#define FACT(name, kind, field, once) FACT_##name,
	EVENT_FACTS(FACT)
#undef FACT
	/* made of others */
	FACT_CERT_SUBJECT, FACT_CERT_ISSUER, FACT_CERT_SERIAL, FACT_CERT_BEGIN, FACT_CERT_END, FACT_CERT_SHA1, FACT_CERT_SHA256,
	FACT_CERT_NAME, /* subject alternative name, dNSName */
	FACT_COUNT
};

/* The length of a body is what its header says of it; of chunks only where all of them lie in the packet of the header. */
#define HTTP_BODY_UNKNOWN UINT64_MAX

/* Numbers are 8 bytes in this machine's order; all else is bytes as the field has them. */
struct fact {
	uint8_t id;      /* enum fact_id */
	uint8_t side;    /* FLOW_ORIG or FLOW_RESP: who said it */
	uint16_t len;
	uint8_t bytes[];
};

struct session;

struct transaction {
	struct transaction *next;           /* of the same conversation, in the order they began */
	struct transaction *older, *newer;  /* of all that wait */
	struct session *session;
	int64_t begin_ns, end_ns;           /* when it began, when its last part came */
	uint64_t frame;                     /* number of the packet of its last part */
	uint32_t depth;                     /* which of the conversation it is, from 1 */
	uint32_t used, room;                /* bytes of facts */
	uint8_t kind;                       /* enum event_kind */
	uint8_t proto;                      /* enum proto_id of the layer: mdns and dns are both EVENT_DNS */
	uint8_t side;                       /* who began it */
	bool answered;                      /* both sides have spoken */
	bool quic;                          /* TLS: within QUIC */
	bool established;                   /* TLS: encrypted data has followed */
	uint8_t seen[2];                    /* TLS, SSH: the joiner's own */
	uint64_t body[2];                   /* HTTP: bytes of the bodies, or HTTP_BODY_UNKNOWN */
	uint8_t *facts;
};

/* A conversation, while it has something to tell. */
struct session {
	uint8_t addr[2][16];                /* [FLOW_ORIG], [FLOW_RESP] */
	uint16_t port[2];
	uint8_t addr_len;
	uint8_t transport;                  /* enum flow_transport */
	uint8_t done;                       /* of which there will be no other: 1 << enum event_kind */
	uint16_t waiting;
	uint16_t space;
	int32_t number;
	uint32_t depth;
	struct transaction *first;
};
/* Its ends, src the originator; valid as long as the session. */
void session_ends(const struct session *s, struct conversation_key *k);

/* NULL: there is none (any more). `after` NULL: the first. */
const struct fact *fact_next(const struct transaction *t, const struct fact *after);
/* The first of this id, of any side or of one. NULL: none. */
const struct fact *fact_find(const struct transaction *t, enum fact_id id);
const struct fact *fact_of(const struct transaction *t, enum fact_id id, unsigned side);
uint64_t fact_number(const struct fact *f); /* NULL: 0 */

/* A record of a DNS answer. */
struct dns_rr {
	const struct fact *at;      /* its first fact; for dns_rr_next() */
	const struct fact *end;     /* of the next record, or NULL */
	unsigned index;             /* from 0; compare with FACT_DNS_ANSWERS */
	uint64_t type, ttl;
};
/* The next record; the first when rr->at is NULL. */
bool dns_rr_next(const struct transaction *t, struct dns_rr *rr);
/* The fact of this id within the record, or NULL. */
const struct fact *dns_rr_fact(const struct transaction *t, const struct dns_rr *rr, enum fact_id id);
/* Owner and data as text, into `o`; false: this type's data are not told. */
void dns_rr_name_put(struct outbuf *o, const struct transaction *t, const struct dns_rr *rr);
bool dns_rr_data_put(struct outbuf *o, const struct transaction *t, const struct dns_rr *rr);
/* "A", "HTTPS"; "TYPE65400" without a name. */
void dns_type_put(struct outbuf *o, uint64_t type);

/* A transaction that is complete, or will be no more; valid for the call. */
typedef void transaction_fn(void *user, const struct transaction *t);

/* EVENTS_JOIN_DNS: question and answer are one transaction, otherwise each message is. */
enum events_how { EVENTS_JOIN_DNS = 1 };

struct events;

/* Asks `d` for the fields. NW_ELIMIT. */
int events_new(struct events **ev, unsigned how, uint32_t ceiling, transaction_fn *done, void *user, struct decoder *d,
	       struct errmsg *err);
void events_free(struct events *ev); /* NULL is fine; what waits is dropped */
/* Reads the application layers of a packet that flows_packet() has booked just now. */
void events_packet(struct events *ev, struct packet *p, const struct flow_record *r, unsigned side);
/* Gives what waits of a conversation. */
void events_end(struct events *ev, enum flow_transport t, int32_t number);
/* Transactions that were given before their time, facts that had no room, bytes held. */
uint64_t events_evicted(const struct events *ev);
uint64_t events_cut(const struct events *ev);
size_t events_bytes(const struct events *ev);

/* certificate.c: appends FACT_CERT_… of a DER certificate with put(). */
typedef void certificate_fn(void *user, enum fact_id id, const void *bytes, size_t len);
void certificate_facts(const uint8_t *der, size_t len, certificate_fn *put, void *user);

#endif
