/* SPDX-License-Identifier: MIT */
/* What eve and zeek know alike of applications: names of numbers, and what a handshake came to. */
#include "eve.h"

size_t host_length(const uint8_t *host, size_t len)
{
	const uint8_t *colon = memrchr(host, ':', len), *bracket = memrchr(host, ']', len);

	return colon && (!bracket || colon > bracket) ? (size_t)(colon - host) : len;
}

uint64_t tls_version(const struct transaction *t)
{
	const struct fact *f = fact_of(t, FACT_TLS_SUPPORTED, !t->side);

	if (!f)
		f = fact_of(t, FACT_TLS_VERSION, !t->side);
	if (!f)
		f = fact_of(t, FACT_TLS_VERSION, t->side);
	return fact_number(f);
}

/* Before 1.3 the server repeats the client's session id; in 1.3 it names a key that both had. */
bool tls_resumed(const struct transaction *t)
{
	const struct fact *client = fact_of(t, FACT_TLS_SESSION, t->side), *server = fact_of(t, FACT_TLS_SESSION, !t->side);

	if (tls_version(t) >= 0x0304)
		return fact_of(t, FACT_TLS_PSK, !t->side);
	return client && server && client->len && client->len == server->len && !memcmp(client->bytes, server->bytes, client->len);
}

void dns_rcode_put(struct outbuf *o, unsigned rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
					     "NXRRSET", "NOTAUTH", "NOTZONE" };

	if (rcode < sizeof(names) / sizeof(*names)) {
		outbuf_str(o, names[rcode]);
		return;
	}
	outbuf_str(o, "RCODE");
	outbuf_u64(o, rcode);
}

/* IANA's registry: what servers choose today, and what old ones chose. */
static NAMED_VALUES(ciphers,
	(0x1301, "TLS_AES_128_GCM_SHA256"), (0x1302, "TLS_AES_256_GCM_SHA384"), (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
	(0x1304, "TLS_AES_128_CCM_SHA256"), (0x1305, "TLS_AES_128_CCM_8_SHA256"),
	(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
	(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
	(0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"), (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
	(0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
	(0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"), (0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
	(0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"), (0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
	(0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"), (0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
	(0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), (0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
	(0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"), (0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"),
	(0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
	(0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"), (0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
	(0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"), (0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
	(0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"), (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
	(0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"), (0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA"),
	(0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
	(0x0045, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"), (0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"),
	(0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"), (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
	(0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"), (0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
	(0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"), (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
	(0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"), (0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"),
	(0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"), (0x0005, "TLS_RSA_WITH_RC4_128_SHA"), (0x0004, "TLS_RSA_WITH_RC4_128_MD5"),
	(0x0009, "TLS_RSA_WITH_DES_CBC_SHA"), (0x0000, "TLS_NULL_WITH_NULL_NULL")
);
static NAMED_VALUES(curves,
	(29, "x25519"), (23, "secp256r1"), (24, "secp384r1"), (25, "secp521r1"), (30, "x448"), (256, "ffdhe2048"),
	(257, "ffdhe3072"), (258, "ffdhe4096"), (22, "secp256k1"), (26, "brainpoolP256r1"), (27, "brainpoolP384r1"),
	(28, "brainpoolP512r1"), (0x11ec, "X25519MLKEM768"), (0x11eb, "SecP256r1MLKEM768"), (0x6399, "X25519Kyber768Draft00")
);

const char *tls_cipher_name(uint64_t cipher)
{
	return named_value(&ciphers, cipher);
}

const char *tls_curve_name(uint64_t curve)
{
	return named_value(&curves, curve);
}
