/* SPDX-License-Identifier: MIT */
/* What the files of the format eve share, and what it shares with Zeek's logs: eve.c, eve_dns.c, flow_app.c. */
#ifndef EXPORT_EVE_H
#define EXPORT_EVE_H

#include "flow_export.h"

struct eve {
	struct timefmt iso;
};

void eve_time_put(struct json_writer *w, struct timefmt *iso, const char *key, int64_t ns);
/* A fact as text, number, address; nothing when it is NULL. */
void eve_fact(struct json_writer *w, const char *key, const struct fact *f);
void eve_fact_number(struct json_writer *w, const char *key, const struct fact *f);
void eve_fact_address(struct json_writer *w, const char *key, const struct fact *f);

/* A message is as many events as it has questions, an answer is one. */
unsigned eve_dns_events(const struct transaction *t);
void eve_put_dns(struct json_writer *w, const struct transaction *t, unsigned event, const char *key);
void eve_put_dhcp(struct json_writer *w, const struct transaction *t);

/* flow_app.c: bytes of "example.com:8080", "[2001:db8::1]:80" without the port. */
size_t host_length(const uint8_t *host, size_t len);
/* The version that was agreed, or the highest offered; 0: none is known. */
uint64_t tls_version(const struct transaction *t);
bool tls_resumed(const struct transaction *t);
/* "NOERROR", "NXDOMAIN"; "RCODE23" */
void dns_rcode_put(struct outbuf *o, unsigned rcode);
/* "TLS_AES_128_GCM_SHA256", "x25519"; NULL: not among those that are in use. */
const char *tls_cipher_name(uint64_t cipher);
const char *tls_curve_name(uint64_t curve);

#endif
