/* SPDX-License-Identifier: MIT */
/* EVE: the objects dns (version 2) and dhcp. */
#include "eve.h"

enum { RESPONSE = 0x8000, AA = 0x0400, TC = 0x0200, RD = 0x0100, RA = 0x0080, Z = 0x0040, RCODE = 0x000f, TEXT_MAX = 4096 };

static uint64_t flags_of(const struct transaction *t)
{
	return fact_number(fact_find(t, FACT_DNS_FLAGS));
}

/* The question of this number; NULL: there is none. */
static const struct fact *question(const struct transaction *t, unsigned n, const struct fact **type)
{
	const struct fact *f = NULL;

	while ((f = fact_next(t, f)) && (f->id != FACT_DNS_NAME || n--))
		;
	for (*type = f; *type && (*type)->id != FACT_DNS_TYPE;)
		*type = fact_next(t, *type);
	return f;
}

unsigned eve_dns_events(const struct transaction *t)
{
	const struct fact *type;
	unsigned n = 0;

	if (flags_of(t) & RESPONSE)
		return 1;
	while (question(t, n, &type))
		n++;
	return n;
}

static void put_name(struct json_writer *w, const char *key, const void *text, size_t len)
{
	bool root = len == 6 && !memcmp(text, "<Root>", 6);

	jw_text(w, key, root ? "" : text, root ? 0 : len);
}

static void put_type(struct json_writer *w, const char *key, uint64_t type)
{
	char text[24];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	dns_type_put(&o, type);
	jw_text(w, key, text, outbuf_len(&o));
}

static void put_soa(struct json_writer *w, const struct transaction *t, const struct dns_rr *rr)
{
	jw_open(w, "soa", '{');
	eve_fact(w, "mname", dns_rr_fact(t, rr, FACT_RR_SOA_MNAME));
	eve_fact(w, "rname", dns_rr_fact(t, rr, FACT_RR_SOA_RNAME));
	eve_fact_number(w, "serial", dns_rr_fact(t, rr, FACT_RR_SOA_SERIAL));
	eve_fact_number(w, "refresh", dns_rr_fact(t, rr, FACT_RR_SOA_REFRESH));
	eve_fact_number(w, "retry", dns_rr_fact(t, rr, FACT_RR_SOA_RETRY));
	eve_fact_number(w, "expire", dns_rr_fact(t, rr, FACT_RR_SOA_EXPIRE));
	eve_fact_number(w, "minimum", dns_rr_fact(t, rr, FACT_RR_SOA_MINIMUM));
	jw_close(w, '}');
}

static void put_record(struct json_writer *w, const struct transaction *t, const struct dns_rr *rr)
{
	char text[TEXT_MAX];
	struct outbuf o;

	jw_open(w, NULL, '{');
	outbuf_fixed(&o, text, sizeof(text));
	dns_rr_name_put(&o, t, rr);
	put_name(w, "rrname", text, outbuf_len(&o));
	put_type(w, "rrtype", rr->type);
	jw_u64(w, "ttl", rr->ttl);
	outbuf_fixed(&o, text, sizeof(text));
	if (dns_rr_fact(t, rr, FACT_RR_SOA_MNAME))
		put_soa(w, t, rr);
	else if (dns_rr_data_put(&o, t, rr))
		jw_text(w, "rdata", text, outbuf_len(&o));
	jw_close(w, '}');
}

/* Records [from..to) as an array. */
static void put_records(struct json_writer *w, const struct transaction *t, const char *key, uint64_t from, uint64_t to)
{
	struct dns_rr rr = { NULL, NULL, 0, 0, 0 };
	bool some = false;

	while (dns_rr_next(t, &rr) && rr.index < to) {
		if (rr.index < from)
			continue;
		if (!some)
			jw_open(w, key, '[');
		some = true;
		put_record(w, t, &rr);
	}
	if (some)
		jw_close(w, ']');
}

/* "grouped":{"A":["192.0.2.1",...],"CNAME":[...]}: each type where it comes first. */
static void put_grouped(struct json_writer *w, const struct transaction *t, uint64_t answers)
{
	struct dns_rr first = { NULL, NULL, 0, 0, 0 };
	char text[TEXT_MAX], type[24];
	bool opened = false;
	struct outbuf o;

	while (dns_rr_next(t, &first) && first.index < answers) {
		struct dns_rr rr = { NULL, NULL, 0, 0, 0 };
		bool before = false, some = false;

		while (dns_rr_next(t, &rr) && rr.index < first.index)
			before |= rr.type == first.type;
		if (before)
			continue;
		for (rr = (struct dns_rr){ NULL, NULL, 0, 0, 0 }; dns_rr_next(t, &rr) && rr.index < answers;) {
			outbuf_fixed(&o, text, sizeof(text));
			if (rr.type != first.type || dns_rr_fact(t, &rr, FACT_RR_SOA_MNAME) || !dns_rr_data_put(&o, t, &rr))
				continue;
			if (!opened)
				jw_open(w, "grouped", '{');
			opened = true;
			if (!some) {
				struct outbuf name;

				outbuf_fixed(&name, type, sizeof(type));
				dns_type_put(&name, rr.type);
				jw_open(w, outbuf_cstr(&name), '[');
			}
			some = true;
			jw_text(w, NULL, text, outbuf_len(&o));
		}
		if (some)
			jw_close(w, ']');
	}
	if (opened)
		jw_close(w, '}');
}

static void put_answer(struct json_writer *w, const struct transaction *t, uint64_t flags)
{
	static const struct {
		uint16_t bit;
		const char *key;
	} bits[] = { { RESPONSE, "qr" }, { AA, "aa" }, { TC, "tc" }, { RD, "rd" }, { RA, "ra" }, { Z, "z" } };
	uint64_t answers = fact_number(fact_find(t, FACT_DNS_ANSWERS)), authorities = fact_number(fact_find(t, FACT_DNS_AUTHORITIES));
	char text[24];
	struct outbuf o;

	jw_key(w, "flags");
	outbuf_char(w->o, '"');
	outbuf_hex(w->o, flags, 4);
	outbuf_char(w->o, '"');
	for (unsigned i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (flags & bits[i].bit)
			jw_bool(w, bits[i].key, true);
	outbuf_fixed(&o, text, sizeof(text));
	dns_rcode_put(&o, (unsigned)(flags & RCODE));
	jw_text(w, "rcode", text, outbuf_len(&o));
	put_records(w, t, "answers", 0, answers);
	put_grouped(w, t, answers);
	put_records(w, t, "authorities", answers, answers + authorities);
}

void eve_put_dns(struct json_writer *w, const struct transaction *t, unsigned event, const char *key)
{
	const struct fact *type, *name = question(t, event, &type);
	uint64_t flags = flags_of(t);

	jw_open(w, key, '{');
	if (flags & RESPONSE)
		jw_u64(w, "version", 2);
	jw_str(w, "type", flags & RESPONSE ? "answer" : "query");
	eve_fact_number(w, "id", fact_find(t, FACT_DNS_ID));
	if (name)
		put_name(w, "rrname", name->bytes, name->len);
	if (type)
		put_type(w, "rrtype", fact_number(type));
	if (!(flags & RESPONSE))
		jw_u64(w, "tx_id", event);
	jw_u64(w, "opcode", flags >> 11 & 0xf);
	if (flags & RESPONSE)
		put_answer(w, t, flags);
	jw_close(w, '}');
}

/* ---- dhcp ----------------------------------------------------------------------------------- */

static void put_addresses(struct json_writer *w, const struct transaction *t, const char *key, enum fact_id id)
{
	bool some = false;

	for (const struct fact *f = NULL; (f = fact_next(t, f));) {
		if (f->id != id)
			continue;
		if (!some)
			jw_open(w, key, '[');
		some = true;
		eve_fact_address(w, NULL, f);
	}
	if (some)
		jw_close(w, ']');
}

void eve_put_dhcp(struct json_writer *w, const struct transaction *t)
{
	static const char *const types[] = { NULL, "discover", "offer", "request", "decline", "ack", "nak", "release", "inform" };
	uint64_t type = fact_number(fact_find(t, FACT_DHCP_MESSAGE));
	const struct fact *id = fact_find(t, FACT_DHCP_CLIENT_ID);

	jw_open(w, "dhcp", '{');
	jw_str(w, "type", fact_number(fact_find(t, FACT_DHCP_TYPE)) == 1 ? "request" : "reply");
	eve_fact_number(w, "id", fact_find(t, FACT_DHCP_ID));
	eve_fact_address(w, "client_mac", fact_find(t, FACT_DHCP_MAC));
	eve_fact_address(w, "assigned_ip", fact_find(t, FACT_DHCP_ASSIGNED_IP));
	eve_fact_address(w, "client_ip", fact_find(t, FACT_DHCP_CLIENT_IP));
	eve_fact_address(w, "relay_ip", fact_find(t, FACT_DHCP_RELAY_IP));
	eve_fact_address(w, "next_server_ip", fact_find(t, FACT_DHCP_NEXT_IP));
	if (type && type < sizeof(types) / sizeof(*types))
		jw_str(w, "dhcp_type", types[type]);
	if (id) {
		jw_key(w, "client_id");
		outbuf_char(w->o, '"');
		outbuf_hexbytes(w->o, id->bytes, id->len, ':');
		outbuf_char(w->o, '"');
	}
	eve_fact_address(w, "requested_ip", fact_find(t, FACT_DHCP_REQUESTED_IP));
	eve_fact(w, "hostname", fact_find(t, FACT_DHCP_HOSTNAME));
	eve_fact(w, "vendor_class_identifier", fact_find(t, FACT_DHCP_VENDOR));
	eve_fact_number(w, "lease_time", fact_find(t, FACT_DHCP_LEASE));
	eve_fact_number(w, "renewal_time", fact_find(t, FACT_DHCP_RENEWAL));
	eve_fact_number(w, "rebinding_time", fact_find(t, FACT_DHCP_REBINDING));
	eve_fact_address(w, "subnet_mask", fact_find(t, FACT_DHCP_MASK));
	put_addresses(w, t, "routers", FACT_DHCP_ROUTER);
	put_addresses(w, t, "dns_servers", FACT_DHCP_DNS);
	jw_close(w, '}');
}
