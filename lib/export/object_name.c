/* SPDX-License-Identifier: MIT */
/* File names for what HTTP carries: nothing in a request can lead out of the folder, hide a file, or reach a shell or
 * terminal as more than a name. */
#include "object_name.h"

#include "base/outbuf.h"

#include <string.h>

enum { HOST_MAX = 48, BASE_MAX = 48, ENDING_MAX = 12 };

/* When the path has no ending of its own. */
static const struct {
	const char *type, *ending;
} endings[] = {
	{ "text/html", ".html" }, { "text/plain", ".txt" }, { "text/css", ".css" }, { "text/xml", ".xml" },
	{ "application/json", ".json" }, { "application/xml", ".xml" }, { "application/javascript", ".js" },
	{ "text/javascript", ".js" }, { "application/pdf", ".pdf" }, { "application/zip", ".zip" }, { "image/png", ".png" },
	{ "image/jpeg", ".jpg" }, { "image/gif", ".gif" }, { "image/webp", ".webp" }, { "image/svg+xml", ".svg" },
	{ "application/ocsp-response", ".ocsp" },
};

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char harmless(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-+=@,._~()", c)) ? (char)c : '_';
}

/* At most `max` characters, with %41 as what it stands for. */
static void put_harmless(struct outbuf *o, struct http_name n, uint32_t max)
{
	for (uint32_t i = 0; i < n.len && max; i++, max--) {
		uint8_t c = (uint8_t)n.text[i];

		if (c == '%' && n.len - i > 2 && hex_value(n.text[i + 1]) >= 0 && hex_value(n.text[i + 2]) >= 0) {
			c = (uint8_t)(hex_value(n.text[i + 1]) << 4 | hex_value(n.text[i + 2]));
			i += 2;
		}
		outbuf_char(o, harmless(c));
	}
}

static struct http_name until(struct http_name n, const char *stops)
{
	for (uint32_t i = 0; i < n.len; i++)
		if (n.text[i] && strchr(stops, n.text[i])) {
			n.len = i;
			break;
		}
	return n;
}

/* "http://host/a/b.png?x=1" -> "b.png"; the scheme is taken off before. */
static struct http_name last_part(struct http_name target)
{
	struct http_name n = until(target, "?#;");

	for (uint32_t i = n.len; i-- > 0;)
		if (n.text[i] == '/') {
			n.text += i + 1;
			n.len -= i + 1;
			break;
		}
	return n;
}

/* The host that the target names, if it does ("GET http://host/ ..."); the target then begins with its path. */
static struct http_name take_authority(struct http_name *target)
{
	struct http_name host = { NULL, 0 };
	const char *scheme = target->len > 7 ? memmem(target->text, target->len < 9 ? target->len : 9, "://", 3) : NULL;

	if (!scheme)
		return host;
	host.text = scheme + 3;
	host.len = (uint32_t)(target->text + target->len - host.text);
	*target = host;
	host = until(host, "/?#");
	target->text += host.len;
	target->len -= host.len;
	return host;
}

static const char *ending_of(const struct http_message *m)
{
	struct http_name type = until(m->type, "; ");

	for (unsigned i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (type.len == strlen(endings[i].type) && !memcmp(type.text, endings[i].type, type.len))
			return endings[i].ending;
	return "";
}

void object_name(const struct http_message *m, char name[OBJECT_NAME_MAX])
{
	struct http_name target = m->target, authority = take_authority(&target), base = last_part(target), ending = { NULL, 0 };
	struct outbuf o;

	outbuf_fixed(&o, name, OBJECT_NAME_MAX);
	put_harmless(&o, until(m->host.len ? m->host : authority, ":/"), HOST_MAX);
	if (outbuf_len(&o))
		outbuf_char(&o, '-');
	for (uint32_t i = base.len; i-- > 0 && !ending.len && base.len - i <= ENDING_MAX;)
		if (base.text[i] == '.' && i) {
			ending = (struct http_name){ base.text + i, base.len - i };
			base.len = i;
		}
	if (base.len)
		put_harmless(&o, base, BASE_MAX);
	else
		outbuf_str(&o, m->target.len ? "index" : "object");
	if (ending.len > 1)
		put_harmless(&o, ending, ENDING_MAX);
	else
		outbuf_str(&o, m->response ? ending_of(m) : "");
	if (!m->response)
		outbuf_str(&o, ".request");
	if (outbuf_len(&o) >= strlen(INCOMPLETE) && !memcmp(o.pos - strlen(INCOMPLETE), INCOMPLETE, strlen(INCOMPLETE)))
		outbuf_char(&o, '_'); /* that end is ours to give */
	outbuf_cstr(&o);
	if (*name == '.')
		*name = '_';
}

void object_name_number(const char *name, unsigned n, char *out, unsigned size)
{
	const char *dot = strrchr(name, '.');
	struct outbuf o;

	outbuf_fixed(&o, out, size);
	outbuf_bytes(&o, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
	if (n > 1) {
		outbuf_char(&o, '(');
		outbuf_u64(&o, n);
		outbuf_char(&o, ')');
	}
	if (dot && dot > name)
		outbuf_str(&o, dot);
	outbuf_cstr(&o);
}
