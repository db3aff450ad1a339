/* SPDX-License-Identifier: MIT */
/*
 * Secure Shell in one TCP segment (RFC 4253, RFC 4419, RFC 5656): the banners, the
 * key exchange, and then nothing that can be read.
 *
 *	SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n
 *	| length 4 | padding length 1 | message 1, ... | padding |          not encrypted until NEWKEYS
 *		KEXINIT (20): cookie 16, ten lists of names with 4 bytes of length before each, follows 1, reserved 4
 *	version 1: | length 4 | padding, 8 - length mod 8 | message 1, ... , checksum 4 |
 *
 * Which version it is, and which end encrypts, is remembered for the connection (notes.h): state[end] says how far that end is.
 *
 * HASSH is the MD5 of four of the client's lists, kex;encryption;mac;compression, HASSHServer of the server's
 * (Salesforce, 2018).
 */
#include "crypto/digest.h"
#include "decode/message.h"
#include "decode/notes.h"

enum {
	F_DIRECTION, F_PROTOCOL, F_PACKET_LENGTH, F_PADDING_LENGTH, F_PADDING, F_PAYLOAD, F_LENGTH_ENCRYPTED, F_ENCRYPTED,
	F_CODE, F_COOKIE,
	F_FIRST_LIST, /* ten of them: length, names */
	F_FOLLOWS = F_FIRST_LIST + 20, F_RESERVED, F_HASSH_ALGORITHMS, F_HASSH, F_HASSHSERVER_ALGORITHMS, F_HASSHSERVER,
	F_MPINT_LENGTH, F_DH_E, F_DH_F, F_GEX_MIN, F_GEX_BITS, F_GEX_MAX, F_GEX_P, F_GEX_G, F_QC_LENGTH, F_QC, F_QS_LENGTH, F_QS,
	F_HOST_KEY_LENGTH, F_HOST_KEY_TYPE_LENGTH, F_HOST_KEY_TYPE, F_RSA_E, F_RSA_N, F_ECDSA_ID_LENGTH, F_ECDSA_ID,
	F_ECDSA_Q_LENGTH, F_ECDSA_Q, F_EDDSA_KEY_LENGTH, F_EDDSA_KEY, F_SIG_LENGTH, F_SIG_TYPE_LENGTH, F_SIG_TYPE, F_SIG_RSA,
	F_COUNT
};
enum { PORT = 22, PACKET_MAX = 35000 /* RFC 4253 section 6.1 */, COOKIE = 16, LISTS = 10 };
enum message { KEXINIT = 20, NEWKEYS = 21, DH_INIT = 30, DH_REPLY = 31, GEX_INIT = 32, GEX_REPLY = 33, GEX_REQUEST = 34 };

/* layer.aux[0]: version, 0 if it is not known; aux[1]: bits */
enum { FROM_SERVER = 1, ENCRYPTED = 2, BANNER = 4, GROUP_EXCHANGE = 8, UNREADABLE = 16, SHOW_VERSION = 32 };
/* note.state[]; GROUP_EXCHANGE as above */
enum { STATE_ENCRYPTED = 2, STATE_AEAD = 4 };

static bool starts(const struct cursor *c)
{
	return cursor_left(c) >= 6 && !memcmp(c->pos, "SSH-", 4);
}

static const uint8_t *ports_of(const struct packet *p, const struct layer *tcp)
{
	return p->source[tcp->source].data + tcp->off;
}

static bool ssh_port(unsigned port)
{
	return port == PORT || decode_claimed(CLAIM_TCP_PORT, port) == PROTO_ssh;
}

static bool ssh_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *ports = ports_of(d->p, &d->p->layers[d->p->nlayers - 1]);

	return starts(payload) || ssh_port(get_be16(ports)) || ssh_port(get_be16(ports + 2));
}

/* ---- packets ------------------------------------------------------------------------------- */

struct ssh_packet {
	uint32_t len, padding;
	struct cursor body;    /* message code first; in version 1 the padding is in front of it */
	const uint8_t *pad;
};

/* The next packet of version 2, if all of it is there and it can be one. */
static bool packet_next(struct cursor *c, struct ssh_packet *k)
{
	const uint8_t *h = cursor_peek(c, 6);

	if (!h)
		return false;
	k->len = get_be32(h);
	k->padding = h[4];
	if (k->len > PACKET_MAX || k->len < k->padding + 2 || k->len > cursor_left(c) - 4)
		return false;
	cursor_skip(c, 5);
	k->body = cursor_sub(c, k->len - 1 - k->padding);
	k->pad = cursor_take(c, k->padding);
	return true;
}

/* The same of one that may not be all there, for messages_wait(). */
static uint32_t packet_length(const uint8_t *h)
{
	return get_be32(h) <= PACKET_MAX ? 4 + get_be32(h) : 0;
}

static bool packet1_next(struct cursor *c, struct ssh_packet *k)
{
	const uint8_t *h = cursor_peek(c, 4);

	if (!h)
		return false;
	k->len = get_be32(h);
	k->padding = 8 - k->len % 8;
	if (k->len < 5 || k->len > PACKET_MAX || k->len + k->padding > cursor_left(c) - 4)
		return false;
	cursor_skip(c, 4);
	k->pad = cursor_take(c, k->padding);
	k->body = cursor_sub(c, k->len);
	return true;
}

/* A string with four bytes of length before it. */
static struct cursor string_take(struct cursor *c)
{
	uint32_t n = cursor_be32(c);

	return cursor_sub(c, n);
}

/* ---- decode -------------------------------------------------------------------------------- */

/* Ciphers that hide the packet's length in their own way: then there is nothing to show of a packet. */
static bool aead_first(struct cursor c)
{
	enum { CIPHERS = 2 };
	struct cursor list = { 0 };
	static const char chacha[] = "chacha20-poly1305@", gcm[] = "-gcm@";
	const uint8_t *comma;

	cursor_skip(&c, 1 + COOKIE);
	for (unsigned i = 0; i <= CIPHERS; i++)
		list = string_take(&c);
	if (c.cut)
		return false;
	comma = memchr(list.pos, ',', cursor_left(&list));
	if (comma)
		list.end = comma;
	return memmem(list.pos, cursor_left(&list), chacha, sizeof(chacha) - 1) ||
	       memmem(list.pos, cursor_left(&list), gcm, sizeof(gcm) - 1);
}

/* What the packets of this segment mean for the next ones. */
static void learn(struct note *note, unsigned end, bool server, const struct layer *l, struct cursor c)
{
	struct ssh_packet k;

	if (l->aux[0] == 1) {
		while (packet1_next(&c, &k))
			if (!server && *k.body.pos == 3) /* the session's key */
				note->state[0] = note->state[1] |= STATE_ENCRYPTED;
		return;
	}
	while (packet_next(&c, &k))
		switch (*k.body.pos) {
		case KEXINIT:
			note->state[end] &= (uint8_t)~GROUP_EXCHANGE;
			if (!server && aead_first(k.body)) {
				note->state[0] |= STATE_AEAD;
				note->state[1] |= STATE_AEAD;
			}
			break;
		case GEX_REQUEST:
			note->state[0] |= GROUP_EXCHANGE;
			note->state[1] |= GROUP_EXCHANGE;
			break;
		case NEWKEYS:
			note->state[end] |= STATE_ENCRYPTED;
			return;
		}
}

static enum decode_result ssh_decode(struct decode *d, struct layer *l)
{
	const uint8_t *ports = ports_of(d->p, l - 1);
	unsigned from = get_be16(ports), to = get_be16(ports + 2), end = note_end(d->p, l - 1);
	struct note none = { 0 }, *note = decode_note(d, l - 1);
	bool server = ssh_port(from) || (!ssh_port(to) && from < to);
	struct cursor c = d->c;

	if (note && !ssh_port(from) && !ssh_port(to))
		note_stay(d, note, PROTO_ssh);
	note = note ? note : &none;
	if (note->proto != PROTO_ssh || (starts(&c) && note->state[end] & STATE_ENCRYPTED)) {
		note->version = 0;
		note->state[0] = note->state[1] = 0;
		note->proto = PROTO_ssh;
	}
	d->c.pos = d->c.end;
	l->aux[0] = note->version;
	l->aux[1] = (server ? FROM_SERVER : 0) | (note->version ? SHOW_VERSION : 0) | (starts(&c) ? BANNER : 0);
	if (l->aux[1] & BANNER) {
		if (!server) /* as in Wireshark the client's banner decides */
			note->version = c.pos[4] == '1' && cursor_left(&c) > 6 && c.pos[6] != '9' ? 1 : 2;
		return c.snapped && !memchr(c.pos, '\n', cursor_left(&c)) ? DECODE_TRUNCATED : DECODE_OK;
	}
	if (note->version == 2 && !(note->state[end] & STATE_ENCRYPTED)) {
		d->c = c;
		messages_wait(d, l, 4, packet_length); /* also where a packet only begins it is SSH */
		c = d->c;
		d->c.pos = d->c.end;
	}
	l->aux[1] |= note->state[end] & (STATE_ENCRYPTED | GROUP_EXCHANGE);
	if (note->state[end] & STATE_ENCRYPTED && note->state[end] & STATE_AEAD)
		l->aux[1] |= UNREADABLE;
	if (note->version && !(note->state[end] & STATE_ENCRYPTED))
		learn(note, end, server, l, c);
	return DECODE_OK;
}

static const char *ssh_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return !(l->aux[1] & SHOW_VERSION) ? "SSH" : l->aux[0] == 1 ? "SSHv1" : "SSHv2";
}

/* ---- walk ----------------------------------------------------------------------------------- */

/* Emits a string's length in `field` and its text or bytes in the one behind. */
static struct cursor walk_string(struct walk *w, unsigned field, struct cursor *c)
{
	struct cursor s = string_take(c);

	if (c->cut)
		return s;
	walk_uint(w, field, cursor_left(&s));
	walk_bytes(w, field + 1, s.pos, (uint32_t)cursor_left(&s));
	return s;
}

static void walk_mpint(struct walk *w, unsigned field, struct cursor *c)
{
	struct cursor s = string_take(c);

	if (c->cut)
		return;
	walk_uint(w, F_MPINT_LENGTH, cursor_left(&s));
	if (cursor_left(&s))
		walk_bytes(w, field, s.pos, (uint32_t)cursor_left(&s));
}

static void walk_hassh(struct walk *w, const struct cursor list[LISTS], bool server)
{
	static const uint8_t parts[2][4] = { { 0, 2, 4, 6 }, { 0, 3, 5, 7 } };
	unsigned field = server ? F_HASSHSERVER_ALGORITHMS : F_HASSH_ALGORITHMS;
	uint8_t md5[MD5_BYTES], *text, *hex;
	uint32_t n = 0, len = 0, before = w->p->scratch_used;
	struct outbuf o;

	if (!walk_wants(w, field) && !walk_wants(w, field + 1))
		return;
	for (unsigned i = 0; i < 4; i++)
		len += (uint32_t)cursor_left(&list[parts[server][i]]) + 1;
	text = packet_scratch(w->p, len);
	hex = packet_scratch(w->p, 2 * MD5_BYTES);
	for (unsigned i = 0; i < 4 && text && hex; i++) {
		const struct cursor *l = &list[parts[server][i]];

		memcpy(text + n, l->pos, cursor_left(l));
		n += (uint32_t)cursor_left(l);
		text[n++] = ';';
	}
	if (n) {
		walk_bytes(w, field, text, n - 1);
		digest_md5(text, n - 1, md5);
		outbuf_fixed(&o, (char *)hex, 2 * MD5_BYTES);
		outbuf_hexbytes(&o, md5, MD5_BYTES, 0);
		walk_bytes(w, field + 1, hex, 2 * MD5_BYTES);
	}
	w->p->scratch_used = before;
}

static void walk_kexinit(struct walk *w, struct cursor c, bool server)
{
	const uint8_t *cookie = cursor_take(&c, COOKIE), *rest;
	struct cursor list[LISTS];

	if (!cookie)
		return;
	walk_bytes(w, F_COOKIE, cookie, COOKIE);
	for (unsigned i = 0; i < LISTS; i++) {
		list[i] = walk_string(w, F_FIRST_LIST + 2 * i, &c);
		if (c.cut)
			return;
	}
	rest = cursor_take(&c, 5);
	if (!rest)
		return;
	walk_uint(w, F_FOLLOWS, rest[0]);
	walk_bytes(w, F_RESERVED, rest + 1, 4);
	walk_hassh(w, list, server);
}

static bool string_is(const struct cursor *s, const char *word)
{
	return cursor_left(s) == strlen(word) && !memcmp(s->pos, word, cursor_left(s));
}

/* RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4 */
static void walk_host_key(struct walk *w, struct cursor *c)
{
	struct cursor key = string_take(c), type;

	if (c->cut)
		return;
	walk_uint(w, F_HOST_KEY_LENGTH, cursor_left(&key));
	type = walk_string(w, F_HOST_KEY_TYPE_LENGTH, &key);
	if (string_is(&type, "ssh-rsa")) {
		walk_mpint(w, F_RSA_E, &key);
		walk_mpint(w, F_RSA_N, &key);
	} else if (cursor_left(&type) > 11 && !memcmp(type.pos, "ecdsa-sha2-", 11)) {
		walk_string(w, F_ECDSA_ID_LENGTH, &key);
		walk_string(w, F_ECDSA_Q_LENGTH, &key);
	} else if (string_is(&type, "ssh-ed25519")) {
		walk_string(w, F_EDDSA_KEY_LENGTH, &key);
	}
}

static void walk_host_signature(struct walk *w, struct cursor *c)
{
	struct cursor sig = string_take(c), type;

	if (c->cut)
		return;
	walk_uint(w, F_SIG_LENGTH, cursor_left(&sig));
	type = walk_string(w, F_SIG_TYPE_LENGTH, &sig);
	if (string_is(&type, "ssh-rsa") || string_is(&type, "rsa-sha2-256") || string_is(&type, "rsa-sha2-512"))
		walk_mpint(w, F_SIG_RSA, &sig);
}

/* A number of a Diffie-Hellman group, by its size; keys of curves and lattices have others. */
static bool is_dh(const struct cursor *c)
{
	uint32_t n = cursor_left(c) >= 4 ? get_be32(c->pos) & ~1u : 0;

	return n == 128 || n == 256 || n == 384 || n == 512 || n == 768 || n == 1024;
}

static void walk_key(struct walk *w, struct cursor *c, unsigned dh_field, unsigned ec_field)
{
	if (is_dh(c))
		walk_mpint(w, dh_field, c);
	else
		walk_string(w, ec_field, c);
}

static void walk_message(struct walk *w, struct cursor c, unsigned bits)
{
	unsigned code = cursor_u8(&c);

	walk_uint(w, F_CODE, code);
	switch (code) {
	case KEXINIT:
		walk_kexinit(w, c, bits & FROM_SERVER);
		break;
	case DH_INIT:
		walk_key(w, &c, F_DH_E, F_QC_LENGTH);
		break;
	case GEX_INIT:
		walk_mpint(w, F_DH_E, &c);
		break;
	case DH_REPLY:
		if (bits & GROUP_EXCHANGE) { /* the group */
			walk_mpint(w, F_GEX_P, &c);
			walk_mpint(w, F_GEX_G, &c);
			break;
		}
		/* fall through */
	case GEX_REPLY:
		walk_host_key(w, &c);
		if (code == GEX_REPLY)
			walk_mpint(w, F_DH_F, &c);
		else
			walk_key(w, &c, F_DH_F, F_QS_LENGTH);
		walk_host_signature(w, &c);
		break;
	case GEX_REQUEST:
		for (unsigned f = F_GEX_MIN; f <= F_GEX_MAX && cursor_left(&c) >= 4; f++)
			walk_uint(w, f, cursor_be32(&c));
		break;
	}
}

static void walk_banner(struct walk *w, struct cursor c)
{
	const uint8_t *end = memchr(c.pos, '\n', cursor_left(&c));

	if (!end)
		end = c.end;
	if (end > c.pos && end[-1] == '\r')
		end--;
	walk_bytes(w, F_PROTOCOL, c.pos, (uint32_t)(end - c.pos));
}

static void walk_encrypted(struct walk *w, const struct cursor *c)
{
	if (cursor_left(c) < 4)
		return;
	walk_bytes(w, F_LENGTH_ENCRYPTED, c->pos, 4);
	if (cursor_left(c) > 4)
		walk_bytes(w, F_ENCRYPTED, c->pos + 4, (uint32_t)cursor_left(c) - 4);
}

static void walk_version_1(struct walk *w, struct cursor c, bool encrypted)
{
	struct ssh_packet k;

	while (packet1_next(&c, &k)) {
		walk_uint(w, F_PACKET_LENGTH, k.len);
		walk_uint(w, F_PADDING_LENGTH, k.padding);
		if (!encrypted)
			walk_uint(w, F_CODE, cursor_u8(&k.body));
		walk_bytes(w, F_PAYLOAD, k.body.pos, (uint32_t)cursor_left(&k.body));
	}
}

static void ssh_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned bits = l->aux[1];
	struct ssh_packet k;

	walk_uint(w, F_DIRECTION, bits & FROM_SERVER);
	if (bits & BANNER) {
		walk_banner(w, c);
		return;
	}
	if (l->aux[0] == 1) {
		walk_version_1(w, c, bits & ENCRYPTED);
		return;
	}
	if (l->aux[0] == 2 && !(bits & ENCRYPTED)) {
		while (packet_next(&c, &k)) {
			bool keys = *k.body.pos == NEWKEYS;

			walk_uint(w, F_PACKET_LENGTH, k.len);
			walk_uint(w, F_PADDING_LENGTH, k.padding);
			walk_message(w, k.body, bits);
			walk_bytes(w, F_PADDING, k.pad, k.padding);
			if (keys)
				return;
		}
		return;
	}
	if (!(bits & UNREADABLE))
		walk_encrypted(w, &c);
}

/* ---- text -------------------------------------------------------------------------------------- */

/* tcpdump's ": SSH: SSH-2.0-OpenSSH_9.2", on its port; on others with -v. */
static void ssh_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *ports = ports_of(p, l - 1);
	struct cursor c = packet_cursor(p, l);
	const uint8_t *end;

	if (!(l->aux[1] & BANNER) || (!s->verbose && get_be16(ports) != PORT && get_be16(ports + 2) != PORT))
		return;
	end = memchr(c.pos, '\n', cursor_left(&c));
	if (!end)
		end = c.end;
	if (end > c.pos && end[-1] == '\r')
		end--;
	outbuf_str(s->out, ": SSH: ");
	outbuf_escaped(s->out, c.pos, (size_t)(end - c.pos));
}

/* ---- the protocol ------------------------------------------------------------------------------ */

static NAMED_VALUES(codes,
	(1, "Disconnect"), (2, "Ignore"), (3, "Unimplemented"), (4, "Debug"), (KEXINIT, "Key Exchange Init"),
	(NEWKEYS, "New Keys"), (DH_INIT, "Key Exchange Init, of the method"), (DH_REPLY, "Key Exchange Reply, of the method"),
	(GEX_INIT, "Diffie-Hellman Group Exchange Init"), (GEX_REPLY, "Diffie-Hellman Group Exchange Reply"),
	(GEX_REQUEST, "Diffie-Hellman Group Exchange Request")
);

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define LIST(i, n, lab) \
	(F_FIRST_LIST + 2 * (i), UINT(n "_length", lab ", length")), (F_FIRST_LIST + 2 * (i) + 1, TEXT(n, lab))

FIELD_TABLE(fields,
	(F_DIRECTION, FIELD_WALK(FIELD_BOOL, "ssh.direction", "From the server")),
	(F_PROTOCOL, TEXT("ssh.protocol", "Banner")),
	(F_PACKET_LENGTH, UINT("ssh.packet_length", "Packet length")),
	(F_PADDING_LENGTH, UINT("ssh.padding_length", "Padding length")),
	(F_PADDING, BYTES("ssh.padding_string", "Padding")),
	(F_PAYLOAD, BYTES("ssh.payload", "Payload")),
	(F_LENGTH_ENCRYPTED, BYTES("ssh.packet_length_encrypted", "Packet length, encrypted")),
	(F_ENCRYPTED, BYTES("ssh.encrypted_packet", "Encrypted packet")),
	(F_CODE, FIELD_HAS("ssh.message_code", "Message", (.names = &codes), .type = FIELD_UINT)),
	(F_COOKIE, BYTES("ssh.cookie", "Cookie")),
	LIST(0, "ssh.kex_algorithms", "Key exchange"),
	LIST(1, "ssh.server_host_key_algorithms", "Host keys"),
	LIST(2, "ssh.encryption_algorithms_client_to_server", "Encryption to the server"),
	LIST(3, "ssh.encryption_algorithms_server_to_client", "Encryption to the client"),
	LIST(4, "ssh.mac_algorithms_client_to_server", "MAC to the server"),
	LIST(5, "ssh.mac_algorithms_server_to_client", "MAC to the client"),
	LIST(6, "ssh.compression_algorithms_client_to_server", "Compression to the server"),
	LIST(7, "ssh.compression_algorithms_server_to_client", "Compression to the client"),
	LIST(8, "ssh.languages_client_to_server", "Languages to the server"),
	LIST(9, "ssh.languages_server_to_client", "Languages to the client"),
	(F_FOLLOWS, UINT("ssh.first_kex_packet_follows", "A guessed packet follows")),
	(F_RESERVED, BYTES("ssh.kex.reserved", "Reserved")),
	(F_HASSH_ALGORITHMS, TEXT("ssh.kex.hassh_algorithms", "HASSH, before the digest")),
	(F_HASSH, TEXT("ssh.kex.hassh", "HASSH")),
	(F_HASSHSERVER_ALGORITHMS, TEXT("ssh.kex.hasshserver_algorithms", "HASSHServer, before the digest")),
	(F_HASSHSERVER, TEXT("ssh.kex.hasshserver", "HASSHServer")),
	(F_MPINT_LENGTH, UINT("ssh.mpint_length", "Length of a number")),
	(F_DH_E, BYTES("ssh.dh.e", "Client's Diffie-Hellman key")),
	(F_DH_F, BYTES("ssh.dh.f", "Server's Diffie-Hellman key")),
	(F_GEX_MIN, UINT("ssh.dh_gex.min", "Smallest group, bits")),
	(F_GEX_BITS, UINT("ssh.dh_gex.nbits", "Wanted group, bits")),
	(F_GEX_MAX, UINT("ssh.dh_gex.max", "Largest group, bits")),
	(F_GEX_P, BYTES("ssh.dh_gex.p", "Group's prime")),
	(F_GEX_G, BYTES("ssh.dh_gex.g", "Group's generator")),
	(F_QC_LENGTH, UINT("ssh.ecdh.q_c_length", "Client's key, length")),
	(F_QC, BYTES("ssh.ecdh.q_c", "Client's key")),
	(F_QS_LENGTH, UINT("ssh.ecdh.q_s_length", "Server's key, length")),
	(F_QS, BYTES("ssh.ecdh.q_s", "Server's key")),
	(F_HOST_KEY_LENGTH, UINT("ssh.host_key.length", "Host key length")),
	(F_HOST_KEY_TYPE_LENGTH, UINT("ssh.host_key.type_length", "Host key type length")),
	(F_HOST_KEY_TYPE, TEXT("ssh.host_key.type", "Host key type")),
	(F_RSA_E, BYTES("ssh.host_key.rsa.e", "Host key, exponent")),
	(F_RSA_N, BYTES("ssh.host_key.rsa.n", "Host key, modulus")),
	(F_ECDSA_ID_LENGTH, UINT("ssh.host_key.ecdsa.id_length", "Host key, curve length")),
	(F_ECDSA_ID, TEXT("ssh.host_key.ecdsa.id", "Host key, curve")),
	(F_ECDSA_Q_LENGTH, UINT("ssh.host_key.ecdsa.q_length", "Host key, point length")),
	(F_ECDSA_Q, BYTES("ssh.host_key.ecdsa.q", "Host key, point")),
	(F_EDDSA_KEY_LENGTH, UINT("ssh.host_key.eddsa.key_length", "Host key, length of its number")),
	(F_EDDSA_KEY, BYTES("ssh.host_key.eddsa.key", "Host key, number")),
	(F_SIG_LENGTH, UINT("ssh.host_sig.length", "Signature length")),
	(F_SIG_TYPE_LENGTH, UINT("ssh.host_sig.type_length", "Signature type length")),
	(F_SIG_TYPE, TEXT("ssh.host_sig.type", "Signature type")),
	(F_SIG_RSA, BYTES("ssh.host_sig.rsa", "Signature"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_ssh = {
	.name = "ssh",
	.title = "Secure Shell",
	.reference = "RFC 4253",
	.application = true,
	.notes = true,
	.decode = ssh_decode,
	.detect = ssh_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("S"),
	.column_of = ssh_column,
	PROTOCOL_WALK(ssh_walk),
	.summary = ssh_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
