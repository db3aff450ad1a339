/* SPDX-License-Identifier: MIT */
/* The records of a DNS message, out of the facts in wire order: each begins with its owner's name. */
#include "events.h"


static bool begins_record(const struct fact *f)
{
	return f->id == FACT_RR_NAME || f->id == FACT_RR_SERVICE;
}

static const struct fact *record_after(const struct transaction *t, const struct fact *f)
{
	while ((f = fact_next(t, f)) && !begins_record(f))
		;
	return f;
}

const struct fact *dns_rr_fact(const struct transaction *t, const struct dns_rr *rr, enum fact_id id)
{
	for (const struct fact *f = rr->at; f && f != rr->end; f = fact_next(t, f))
		if (f->id == id)
			return f;
	return NULL;
}

bool dns_rr_next(const struct transaction *t, struct dns_rr *rr)
{
	rr->index = rr->at ? rr->index + 1 : 0;
	rr->at = rr->at ? rr->end : record_after(t, NULL);
	if (!rr->at)
		return false;
	rr->end = record_after(t, rr->at);
	rr->type = fact_number(dns_rr_fact(t, rr, FACT_RR_TYPE)); /* the first: NSEC lists others behind it */
	rr->ttl = fact_number(dns_rr_fact(t, rr, FACT_RR_TTL));
	return true;
}

void dns_rr_name_put(struct outbuf *o, const struct transaction *t, const struct dns_rr *rr)
{
	static const enum fact_id parts[] = { FACT_RR_SERVICE, FACT_RR_SERVICE_PROTO, FACT_RR_SERVICE_NAME };
	const struct fact *f = rr->at;

	if (f->id == FACT_RR_NAME) {
		outbuf_bytes(o, f->bytes, f->len);
		return;
	}
	for (unsigned i = 0; i < 3 && (f = dns_rr_fact(t, rr, parts[i])); i++) {
		if (i)
			outbuf_char(o, '.');
		outbuf_bytes(o, f->bytes, f->len);
	}
}

bool dns_rr_data_put(struct outbuf *o, const struct transaction *t, const struct dns_rr *rr)
{
	static const enum fact_id names[] = { FACT_RR_CNAME, FACT_RR_DNAME, FACT_RR_NS, FACT_RR_PTR, FACT_RR_MX, FACT_RR_SRV,
					      FACT_RR_SOA_MNAME, FACT_RR_TXT };
	const struct fact *f;

	if ((f = dns_rr_fact(t, rr, FACT_RR_A)) && f->len == 4) {
		outbuf_ipv4(o, f->bytes);
		return true;
	}
	if ((f = dns_rr_fact(t, rr, FACT_RR_AAAA)) && f->len == 16) {
		outbuf_ipv6(o, f->bytes);
		return true;
	}
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((f = dns_rr_fact(t, rr, names[i]))) {
			outbuf_bytes(o, f->bytes, f->len);
			return true;
		}
	return false;
}

void dns_type_put(struct outbuf *o, uint64_t type)
{
	static const struct field *field;
	const char *name;

	if (!field)
		field = field_find("dns.qry.type", 12);
	name = field ? named_value(field_names(field), type) : NULL;
	if (name) {
		outbuf_str(o, name);
		return;
	}
	outbuf_str(o, "TYPE"); /* RFC 3597 section 5 */
	outbuf_u64(o, type);
}
