/* SPDX-License-Identifier: MIT */
/*
 * The profile ecs: a packet as a document of the Elastic Common Schema (8.11), the names that dashboards and detection
 * rules of Elasticsearch expect. Only what the schema has a name for is written.
 *
 *	{"@timestamp":"2023-11-14T22:13:20.123456Z","event":{"kind":"event",...},"source":{"ip":"192.0.2.1","port":40000},...}
 *
 * A row says which path gets what. Rows of one object stand together: the objects are opened and closed by comparing a
 * path with the one written before it.
 *
 * https://www.elastic.co/guide/en/ecs/8.11/ecs-field-reference.html; Community ID: github.com/corelight/community-id-spec
 */
#include "internal.h"

#include <stdlib.h>

enum ecs_how {
	ECS_CONSTANT,  /* JSON in `from` */
	ECS_FIRST,     /* first value of the field `from`, as JSON */
	ECS_ALL,       /* all of them, an array if they are several */
	ECS_NAME,      /* first value by its name in `names` (NULL: the field's own), else the number as text */
	ECS_TIME, ECS_NUMBER, ECS_BYTES, ECS_TYPE, ECS_TRANSPORT, ECS_PROTOCOL, ECS_COMMUNITY, /* of the packet */
	ECS_SRC, ECS_DST, ECS_SPORT, ECS_DPORT, ECS_SMAC, ECS_DMAC,
	ECS_VERSION,   /* "HTTP/1.1": 1.1 */
	ECS_DOMAIN,    /* "example.com:8080" without the port */
	ECS_SCHEME,    /* "http", when there is a request */
	ECS_TLS,       /* "TLSv1.3": 1.3 */
	ECS_MESSAGE
};

static NAMED_VALUES(opcodes, (0, "QUERY"), (1, "IQUERY"), (2, "STATUS"), (4, "NOTIFY"), (5, "UPDATE"), (6, "DSO"));
static NAMED_VALUES(rcodes, (0, "NOERROR"), (1, "FORMERR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (4, "NOTIMP"), (5, "REFUSED"),
	(6, "YXDOMAIN"), (7, "YXRRSET"), (8, "NXRRSET"), (9, "NOTAUTH"), (10, "NOTZONE"));
static const struct named_values no_names;
static NAMED_VALUES(answers, (0, "query"), (1, "answer"));

static const struct ecs_row {
	const char *path;
	uint8_t how;
	const char *from;
	const struct named_values *names;
} rows[] = {
	{ "@timestamp", ECS_TIME, NULL, NULL },
	{ "ecs.version", ECS_CONSTANT, "\"8.11.0\"", NULL },
	{ "event.kind", ECS_CONSTANT, "\"event\"", NULL },
	{ "event.category", ECS_CONSTANT, "[\"network\"]", NULL },
	{ "event.type", ECS_CONSTANT, "[\"info\"]", NULL },
	{ "event.module", ECS_CONSTANT, "\"nwbox\"", NULL },
	{ "event.dataset", ECS_CONSTANT, "\"nwbox.packet\"", NULL },
	{ "event.sequence", ECS_NUMBER, NULL, NULL },
	{ "observer.ingress.interface.name", ECS_FIRST, "frame.interface_name", NULL },
	{ "network.type", ECS_TYPE, NULL, NULL },
	{ "network.transport", ECS_TRANSPORT, NULL, NULL },
	{ "network.protocol", ECS_PROTOCOL, NULL, NULL },
	{ "network.bytes", ECS_BYTES, NULL, NULL },
	{ "network.packets", ECS_CONSTANT, "1", NULL },
	{ "network.community_id", ECS_COMMUNITY, NULL, NULL },
	{ "network.vlan.id", ECS_NAME, "vlan.id", &no_names },
	{ "source.ip", ECS_SRC, NULL, NULL },
	{ "source.port", ECS_SPORT, NULL, NULL },
	{ "source.mac", ECS_SMAC, "eth.src", NULL },
	{ "destination.ip", ECS_DST, NULL, NULL },
	{ "destination.port", ECS_DPORT, NULL, NULL },
	{ "destination.mac", ECS_DMAC, "eth.dst", NULL },
	{ "dns.id", ECS_NAME, "dns.id", &no_names },
	{ "dns.type", ECS_NAME, "dns.flags.response", &answers },
	{ "dns.op_code", ECS_NAME, "dns.flags.opcode", &opcodes },
	{ "dns.response_code", ECS_NAME, "dns.flags.rcode", &rcodes },
	{ "dns.question.name", ECS_FIRST, "dns.qry.name", NULL },
	{ "dns.question.type", ECS_NAME, "dns.qry.type", NULL },
	{ "dns.question.class", ECS_NAME, "dns.qry.class", NULL },
	{ "dns.resolved_ip", ECS_ALL, "dns.a", NULL },
	{ "dns.resolved_ip", ECS_ALL, "dns.aaaa", NULL },
	{ "tls.version", ECS_TLS, "tls.record.content_type", NULL },
	{ "tls.client.server_name", ECS_FIRST, "tls.handshake.extensions_server_name", NULL },
	{ "tls.client.ja3", ECS_FIRST, "tls.handshake.ja3", NULL },
	{ "tls.server.ja3s", ECS_FIRST, "tls.handshake.ja3s", NULL },
	{ "http.version", ECS_VERSION, "http.request.version", NULL },
	{ "http.version", ECS_VERSION, "http.response.version", NULL },
	{ "http.request.method", ECS_FIRST, "http.request.method", NULL },
	{ "http.request.referrer", ECS_FIRST, "http.referer", NULL },
	{ "http.response.status_code", ECS_FIRST, "http.response.code", NULL },
	{ "http.response.mime_type", ECS_FIRST, "http.content_type", NULL },
	{ "url.original", ECS_FIRST, "http.request.uri", NULL },
	{ "url.path", ECS_FIRST, "http.request.uri.path", NULL },
	{ "url.query", ECS_FIRST, "http.request.uri.query", NULL },
	{ "url.full", ECS_FIRST, "http.request.full_uri", NULL },
	{ "url.scheme", ECS_SCHEME, "http.request.method", NULL },
	{ "url.domain", ECS_DOMAIN, "http.host", NULL },
	{ "user_agent.original", ECS_FIRST, "http.user_agent", NULL },
	{ "process.pid", ECS_FIRST, "proc.pid", NULL },
	{ "process.name", ECS_FIRST, "proc.name", NULL },
	{ "process.command_line", ECS_FIRST, "proc.cmdline", NULL },
	{ "user.name", ECS_FIRST, "proc.user", NULL },
	{ "user.id", ECS_NAME, "proc.uid", &no_names },
	{ "container.id", ECS_FIRST, "container.id", NULL },
	{ "container.runtime", ECS_FIRST, "container.runtime", NULL },
	{ "message", ECS_MESSAGE, NULL, NULL },
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

struct ecs {
	const struct column *column[ROWS]; /* NULL: the row needs none, or this build lacks the field */
	const char *names[ROWS + 2];
	const char *previous;              /* path written last */
	struct outbuf *out;
	struct endpoints ends;
};

/* ---- objects inside objects ----------------------------------------------------------------- */

/* Closes and opens objects until a value can follow. A path written twice is left alone the second time. */
static bool put_path(struct ecs *s, const char *path)
{
	size_t same = 0;
	const char *dot;

	if (s->previous) {
		if (!strcmp(s->previous, path))
			return false;
		for (size_t i = 0; s->previous[i] && s->previous[i] == path[i]; i++)
			if (path[i] == '.')
				same = i + 1;
		for (dot = strchr(s->previous + same, '.'); dot; dot = strchr(dot + 1, '.'))
			outbuf_char(s->out, '}');
	}
	outbuf_char(s->out, s->previous ? ',' : '{');
	s->previous = path;
	for (path += same; (dot = strchr(path, '.')); path = dot + 1) {
		outbuf_char(s->out, '"');
		outbuf_bytes(s->out, path, (size_t)(dot - path));
		outbuf_bytes(s->out, "\":{", 3);
	}
	outbuf_char(s->out, '"');
	outbuf_str(s->out, path);
	outbuf_bytes(s->out, "\":", 2);
	return true;
}

static void put_text(struct ecs *s, const char *path, const char *text, size_t len)
{
	if (put_path(s, path))
		json_string_put(s->out, text, len);
}

static void put_number(struct ecs *s, const char *path, uint64_t v)
{
	if (put_path(s, path))
		outbuf_u64(s->out, v);
}

/* ---- of the packet ----------------------------------------------------------------------------- */

static void put_address(struct ecs *s, const char *path, const struct endpoint *end)
{
	if (!end->addr || end->len == 6 || !put_path(s, path))
		return;
	outbuf_char(s->out, '"');
	endpoint_put(s->out, end);
	outbuf_char(s->out, '"');
}

/* RFC 7042: capital letters and dashes */
static void put_mac(struct ecs *s, const char *path, const uint8_t *mac)
{
	static const char digit[] = "0123456789ABCDEF";
	char text[18];

	for (unsigned i = 0; i < 6; i++) {
		text[3 * i] = digit[mac[i] >> 4];
		text[3 * i + 1] = digit[mac[i] & 15];
		text[3 * i + 2] = '-';
	}
	put_text(s, path, text, 17);
}

/* IANA's keyword of what the innermost network layer carries. */
static const char *transport(const struct packet *p)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = { { PROTO_tcp, "tcp" }, { PROTO_udp, "udp" }, { PROTO_icmp, "icmp" }, { PROTO_icmpv6, "ipv6-icmp" } };

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (p->transport >= 0 ? p->layers[p->transport].proto == names[i].proto :
					proto_set_has(&p->present, names[i].proto))
			return names[i].name;
	return NULL;
}

static const char *application(const struct packet *p)
{
	const struct protocol *innermost = NULL;

	for (unsigned i = 0; i < p->nlayers && !(innermost && innermost->envelope); i++)
		if (protocols[p->layers[i].proto]->application)
			innermost = protocols[p->layers[i].proto];
	return innermost ? innermost->name : NULL;
}

static void put_packet_row(struct export *e, struct ecs *s, const struct ecs_row *row, struct packet *p)
{
	const char *text = NULL;
	size_t len = 0;
	char id[COMMUNITY_ID_MAX];

	switch (row->how) {
	case ECS_CONSTANT:
		if (put_path(s, row->path))
			outbuf_str(s->out, row->from);
		return;
	case ECS_TIME:
		if (p->frame->has_ts && put_path(s, row->path)) {
			outbuf_char(s->out, '"');
			timefmt_put(&e->iso, s->out, p->frame->ts_ns);
			outbuf_char(s->out, '"');
		}
		return;
	case ECS_NUMBER: put_number(s, row->path, p->frame->number); return;
	case ECS_BYTES: put_number(s, row->path, p->frame->wirelen); return;
	case ECS_SRC: put_address(s, row->path, &s->ends.src); return;
	case ECS_DST: put_address(s, row->path, &s->ends.dst); return;
	case ECS_SPORT:
	case ECS_DPORT:
		if (s->ends.has_ports)
			put_number(s, row->path, row->how == ECS_SPORT ? s->ends.sport : s->ends.dport);
		return;
	case ECS_TYPE: text = s->ends.src.len == 4 ? "ipv4" : s->ends.src.len == 16 ? "ipv6" : NULL; break;
	case ECS_TRANSPORT: text = transport(p); break;
	case ECS_PROTOCOL: text = application(p); break;
	case ECS_COMMUNITY: text = community_id(p, &s->ends, id) ? id : NULL; break;
	case ECS_MESSAGE: text = export_info(e, p, &len); break;
	}
	if (text)
		put_text(s, row->path, text, row->how == ECS_MESSAGE ? len : strlen(text));
}

/* ---- of fields ------------------------------------------------------------------------------------ */

static void put_name(struct ecs *s, const struct ecs_row *row, const struct cell *cell)
{
	const char *name = named_value(row->names ? row->names : field_names(cell->field), cell->value.u);
	char number[24];
	struct outbuf t;

	if (name) {
		put_text(s, row->path, name, strlen(name));
		return;
	}
	outbuf_fixed(&t, number, sizeof(number));
	outbuf_u64(&t, cell->value.u);
	put_text(s, row->path, number, outbuf_len(&t));
}

static void put_all(struct ecs *s, const struct ecs_row *row, const struct cell *cells, const struct column *col)
{
	if (!put_path(s, row->path))
		return;
	outbuf_char(s->out, '[');
	for (uint32_t i = col->first; i; i = cells[i - 1].next) {
		if (i != col->first)
			outbuf_char(s->out, ',');
		json_value_put(s->out, cells[i - 1].field, &cells[i - 1].value);
	}
	outbuf_char(s->out, ']');
}

/* "[2001:db8::1]:80" and "example.com:80" without the port */
static size_t domain_length(const uint8_t *host, size_t len)
{
	const uint8_t *colon = memrchr(host, ':', len), *bracket = memrchr(host, ']', len);

	return colon && (!bracket || colon > bracket) ? (size_t)(colon - host) : len;
}

static void put_field_row(struct export *e, struct ecs *s, const struct ecs_row *row, const struct column *col,
			  const struct packet *p)
{
	const struct cell *cell = &e->columns.cells[col->first - 1];
	const uint8_t *bytes = cell->value.bytes;
	size_t len = cell->value.len;
	const char *tls;

	switch (row->how) {
	case ECS_FIRST:
		if (put_path(s, row->path))
			json_value_put(s->out, cell->field, &cell->value);
		break;
	case ECS_ALL:
		put_all(s, row, e->columns.cells, col);
		break;
	case ECS_NAME:
		put_name(s, row, cell);
		break;
	case ECS_SMAC:
	case ECS_DMAC:
		put_mac(s, row->path, bytes);
		break;
	case ECS_VERSION:
		if (len > 5 && !memcmp(bytes, "HTTP/", 5))
			put_text(s, row->path, (const char *)bytes + 5, len - 5);
		break;
	case ECS_DOMAIN:
		put_text(s, row->path, (const char *)bytes, domain_length(bytes, len));
		break;
	case ECS_SCHEME:
		put_text(s, row->path, "http", 4);
		break;
	case ECS_TLS:
		tls = packet_column(p);
		if (tls && !strncmp(tls, "TLSv", 4)) {
			put_text(s, "tls.version", tls + 4, strlen(tls + 4));
			put_text(s, "tls.version_protocol", "tls", 3);
		}
		break;
	}
}

/* ---- the profile ------------------------------------------------------------------------------------ */

static bool needs_field(const struct ecs_row *row)
{
	return row->from && row->how != ECS_CONSTANT;
}

static bool has_name(const struct ecs *s, unsigned n, const char *name)
{
	while (n--)
		if (!strcmp(s->names[n], name))
			return true;
	return false;
}

int ecs_begin(struct export *e, struct errmsg *err)
{
	struct ecs *s = calloc(1, sizeof(*s));
	unsigned n = 0;
	int rc;

	if (!s)
		return errmsg_set(err, NW_ELIMIT, "no memory for the profile");
	e->profile_state = s;
	for (unsigned i = 0; i < ROWS; i++)
		if (needs_field(&rows[i]) && field_find(rows[i].from, strlen(rows[i].from)) && !has_name(s, n, rows[i].from))
			s->names[n++] = rows[i].from;
	s->names[n++] = "proto"; /* so that applications are decoded */
	s->names[n++] = "info";
	e->o.fields = s->names;
	e->o.nfields = n;
	e->o.occurrence = 'a';
	rc = columns_open(&e->columns, &e->o, e->decoder, err);
	if (rc)
		return rc;
	for (unsigned i = 0; i < ROWS; i++)
		for (unsigned j = 0; needs_field(&rows[i]) && j < e->columns.ncolumns; j++)
			if (!strcmp(e->columns.column[j].name, rows[i].from))
				s->column[i] = &e->columns.column[j];
	s->out = e->out;
	timefmt_init(&e->iso, TIMEFMT_ISO8601, e->o.time.digits, true);
	return 0;
}

void ecs_packet(struct export *e, struct packet *p)
{
	struct ecs *s = e->profile_state;

	packet_endpoints(p, &s->ends);
	columns_gather(&e->columns, p);
	if (e->syntax == OBJECT_YAML)
		outbuf_str(e->out, "- "); /* JSON is YAML's flow style */
	s->previous = NULL;
	for (unsigned i = 0; i < ROWS; i++) {
		if (!needs_field(&rows[i]))
			put_packet_row(e, s, &rows[i], p);
		else if (s->column[i] && s->column[i]->first)
			put_field_row(e, s, &rows[i], s->column[i], p);
	}
	for (const char *dot = strchr(s->previous, '.'); dot; dot = strchr(dot + 1, '.'))
		outbuf_char(e->out, '}');
	outbuf_char(e->out, '}');
}

void ecs_end(struct export *e)
{
	free(e->profile_state);
	e->profile_state = NULL;
}
