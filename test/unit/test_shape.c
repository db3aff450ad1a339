/* SPDX-License-Identifier: MIT */
/* Tables that check requests and configurations: each kind of row, each way to be wrong, and the words for it. */
#include "base/shape.h"
#include "check.h"
#include "shape_sample.h"

#include <stdlib.h>

static struct json *doc;
static struct sample s;
static struct errmsg err;
static struct complaints complaints;

/* A request. Returns "" or the complaint. */
static const char *ask(const char *text)
{
	int rc;

	json_free(doc);
	memset(&s, 0, sizeof(s));
	err.text[0] = 0;
	if (!CHECK(!json_parse(&doc, text, strlen(text), "request", &err)))
		return err.text;
	rc = shape_request(sample_rows, json_root(doc), &s, &err);
	CHECK_EQ(rc, err.text[0] ? NW_EINPUT : 0);
	return err.text;
}

/* A configuration. Returns all complaints, each with a newline. */
static const char *configure(const char *text)
{
	static char all[8192];
	size_t len = 0;

	json_free(doc);
	memset(&s, 0, sizeof(s));
	memset(&complaints, 0, sizeof(complaints));
	all[0] = 0;
	if (!CHECK(!yaml_parse(&doc, text, strlen(text), "f", &err)))
		return err.text;
	shape_configuration(sample_rows, doc, "f", &s, &complaints);
	for (unsigned i = 0; i < complaints.kept; i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s\n", complaints.item[i].text);
	return all;
}

TEST(shape_presets)
{
	CHECK_STR(ask("{}"), "");
	CHECK_STR(s.name, "nobody");
	CHECK(s.flag && !s.snaplen_given);
	CHECK_EQ(s.snaplen, 262144);
	CHECK_EQ(s.mode, 0660);
	CHECK_EQ(s.from_ns, 0);
	CHECK_EQ(s.storage, 0);
	CHECK_EQ(s.interfaces, 0);
	CHECK_EQ(s.limits.bytes, 64 << 20);
	CHECK_EQ(s.limits.age_ns, 3600000000000);
	CHECK(s.limits.percent == 5);
	CHECK_EQ(s.rules, 0);
	CHECK(!s.anything);
	CHECK_STR(ask("{\"name\":null,\"limits\":{\"age\":5}}"), ""); /* null is absent; the other limits keep theirs */
	CHECK_STR(s.name, "nobody");
	CHECK_EQ(s.limits.bytes, 64 << 20);
	CHECK_EQ(s.limits.age_ns, 5000000000);
	memset(&s, 0, sizeof(s));
	CHECK_EQ(shape_request(sample_rows, NULL, &s, &err), 0);
	CHECK_EQ(s.snaplen, 262144);
}

TEST(shape_values)
{
	CHECK_STR(ask("{\"name\":\"x\",\"promiscuous\":false,\"snaplen\":96,\"mode\":\"0600\",\"from\":\"2026-11-20T12:03:07Z\","
		      "\"storage\":\"memory\",\"interfaces\":[\"eth0\",\"eth1\"],\"limits\":{\"bytes\":\"2G\",\"age\":\"1d\","
		      "\"percent\":\"12.5%\"},\"rules\":[{\"name\":\"a\"},{\"name\":\"b\",\"above\":3}],\"anything\":[1],\"unknown\":1}"),
		  "");
	CHECK_STR(s.name, "x");
	CHECK(!s.flag && s.snaplen_given);
	CHECK_EQ(s.snaplen, 96);
	CHECK_EQ(s.mode, 0600);
	CHECK_EQ(s.from_ns, 1795176187000000000);
	CHECK_EQ(s.storage, 1);
	CHECK_EQ(s.interfaces, 2);
	CHECK_STR(s.interface[1], "eth1");
	CHECK_EQ(s.limits.bytes, 2ull << 30);
	CHECK_EQ(s.limits.age_ns, 86400000000000);
	CHECK(s.limits.percent == 12.5);
	CHECK_EQ(s.rules, 2);
	CHECK(s.rule[0].above == 1.5 && s.rule[1].above == 3);
	CHECK_STR(s.rule[1].name, "b");
	CHECK_EQ(json_count(s.anything), 1);
	CHECK_STR(ask("{\"snaplen\":\"0x60\",\"from\":1700000000.5,\"interfaces\":\"lo\",\"limits\":{\"bytes\":65536,"
		      "\"age\":1.5}}"), "");
	CHECK_EQ(s.snaplen, 96);
	CHECK_EQ(s.from_ns, 1700000000500000000);
	CHECK_EQ(s.interfaces, 1);
	CHECK_STR(s.interface[0], "lo");
	CHECK_EQ(s.limits.age_ns, 1500000000);
	CHECK_STR(ask("{\"from\":1795176187.123456789}"), ""); /* a packet's own time finds it */
	CHECK_EQ(s.from_ns, 1795176187123456789);
}

TEST(shape_sizes)
{
	CHECK_STR(ask("{\"label\":\"1234567\",\"tags\":[\"a\",\"12345\"],\"loud\":\"no\",\"more\":{\"port\":65535,"
		      "\"where\":\"memory\"}}"), "");
	CHECK_STR(s.label, "1234567");
	CHECK_EQ(s.tags, 2);
	CHECK_STR(s.tag[1], "12345");
	CHECK(s.quiet);
	CHECK_EQ(s.port, 65535);
	CHECK_EQ(s.in_memory, 1);
	CHECK_STR(ask("{}"), "");
	CHECK(!s.quiet);
}

/* A profile, and what a session says itself. */
TEST(shape_over)
{
	static const char own[] = "{\"name\":\"b\",\"limits\":{\"age\":\"2h\"},\"tags\":[\"z\"],\"rules\":[{\"name\":\"r\","
		      "\"above\":3}]}";
	struct json *j;

	CHECK_STR(ask("{\"name\":\"a\",\"snaplen\":96,\"limits\":{\"bytes\":\"1G\"},\"tags\":[\"x\",\"y\"]}"), "");
	CHECK_EQ(json_parse(&j, own, strlen(own), "own", &err), 0);
	CHECK_EQ(shape_overlay(sample_rows, json_root(j), &s, &err), 0);
	CHECK_STR(s.name, "b");
	CHECK(s.snaplen_given);
	CHECK_EQ(s.snaplen, 96);
	CHECK_EQ(s.limits.bytes, 1 << 30);
	CHECK_EQ(s.limits.age_ns, 7200000000000);
	CHECK_EQ(s.tags, 1);
	CHECK_STR(s.tag[0], "z");
	CHECK_EQ(s.rules, 1);
	json_free(j);
	memset(&s, 0, sizeof(s));
	CHECK_EQ(shape_overlay(sample_rows, NULL, &s, &err), 0);
	CHECK_EQ(s.snaplen, 0); /* no presets */
}

TEST(shape_names_are_known)
{
	CHECK_STR(ask("{\"snaplan\":96}"), ""); /* a request may hold what others know */
	CHECK_EQ(shape_names(sample_rows, json_root(doc), NULL, &err), NW_EINPUT);
	CHECK_STR(err.text, "unknown setting 'snaplan'; did you mean snaplen?");
	CHECK_STR(ask("{\"id\":1,\"snaplen\":96,\"limits\":{\"bytes\":\"1G\"},\"rules\":[{\"name\":\"r\"}]}"), "");
	CHECK_EQ(shape_names(sample_rows, json_root(doc), "type id", &err), 0);
	CHECK_EQ(shape_names(sample_rows, json_root(doc), "type", &err), NW_EINPUT);
	CHECK_STR(ask("{\"limits\":{\"byts\":\"1G\",\"id\":1}}"), "");
	CHECK_EQ(shape_names(sample_rows, json_root(doc), "id", &err), NW_EINPUT);
	CHECK_STR(err.text, "limits: unknown setting 'byts'; did you mean bytes?");
	CHECK_STR(ask("{\"rules\":[{\"name\":\"r\"},{\"name\":\"s\",\"abov\":3}]}"), "");
	CHECK_EQ(shape_names(sample_rows, json_root(doc), NULL, &err), NW_EINPUT);
	CHECK_STR(err.text, "rules[1]: unknown setting 'abov'; did you mean above?");
}

TEST(shape_writes)
{
	char text[1000], again[1000];
	struct sample other = { 0 };
	struct jsonout w;
	struct outbuf o;
	struct json *j;

	CHECK_STR(ask("{\"name\":\"a\",\"promiscuous\":false,\"snaplen\":96,\"from\":1.5,\"storage\":\"memory\","
		      "\"interfaces\":[\"x\",\"y\"],"
		      "\"rules\":[{\"name\":\"r\",\"above\":2}],\"label\":\"l\",\"tags\":\"t\",\"loud\":false,"
		      "\"more\":{\"where\":\"memory\"}}"), "");
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	shape_write(&w, sample_rows, &s);
	json_close(&w);
	CHECK(jsonout_end(&w));
	CHECK_STR(outbuf_cstr(&o), "{\"name\":\"a\",\"snaplen\":96,\"mode\":\"0660\",\"from\":1.500000000,\"storage\":\"memory\","
				   "\"interfaces\":[\"x\",\"y\"],\"limits\":{\"bytes\":67108864,\"age\":3600.000000000,\"percent\":5},"
				   "\"rules\":[{\"name\":\"r\",\"above\":2}],\"label\":\"l\",\"tags\":[\"t\"],\"loud\":false,"
				   "\"more\":{\"where\":\"memory\"}}");
	CHECK_EQ(json_parse(&j, text, outbuf_len(&o), "again", &err), 0);
	CHECK_EQ(shape_overlay(sample_rows, json_root(j), &other, &err), 0);
	CHECK(shape_equal(sample_rows, &s, &other));
	outbuf_fixed(&o, again, sizeof(again));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	shape_write(&w, sample_rows, &other);
	json_close(&w);
	CHECK_STR(outbuf_cstr(&o), text);
	other.rule[0].above = 3;
	CHECK(!shape_equal(sample_rows, &s, &other));
	other = s;
	other.tag[0][0] = 'u';
	CHECK(!shape_equal(sample_rows, &s, &other));
	json_free(j);
}

TEST(shape_request_complaints)
{
	CHECK_STR(ask("[]"), "an object is expected, not a list");
	CHECK_STR(ask("{\"name\":5}"), "name: a text is expected, not 5; put it in quotes");
	CHECK_STR(ask("{\"promiscuous\":\"yess\"}"), "promiscuous: true or false is expected, not 'yess'");
	CHECK_STR(ask("{\"label\":\"12345678\"}"), "label: is 8 bytes long; 0 to 7 are taken");
	CHECK_STR(ask("{\"tags\":[\"123456\"]}"), "tags[0]: is 6 bytes long; 1 to 5 are taken");
	CHECK_STR(ask("{\"tags\":[\"a\",\"b\",\"c\"]}"), "tags: more than 2 texts in the list");
	CHECK_STR(ask("{\"more\":{\"port\":65536}}"), "more.port: 65536 is out of range (0 to 65535)");
	CHECK_STR(ask("{\"snaplen\":262145}"), "snaplen: 262145 is out of range (0 to 262144 bytes)");
	CHECK_STR(ask("{\"snaplen\":-1}"), "snaplen: a whole number, as in 10, is expected, not -1");
	CHECK_STR(ask("{\"snaplen\":\"1e\\u001b\"}"), "snaplen: a whole number, as in 10, is expected, not '1e\\x1b'");
	CHECK_STR(ask("{\"mode\":660}"), "mode: a file mode, as in 0660, is expected, not 660");
	CHECK_STR(ask("{\"mode\":\"0668\"}"), "mode: a file mode, as in 0660, is expected, not '0668'");
	CHECK_STR(ask("{\"from\":\"noon\"}"), "from: a time, as in 2026-11-20T12:03:07Z or seconds since 1970, is expected,"
		      " not 'noon'");
	CHECK_STR(ask("{\"from\":1e300}"), "from: a time, as in 2026-11-20T12:03:07Z or seconds since 1970, is expected, not 1e+300");
	CHECK_STR(ask("{\"storage\":\"tape\"}"), "storage: 'tape' is not one of: disk memory");
	CHECK_STR(ask("{\"storage\":\"disk memory\"}"), "storage: 'disk memory' is not one of: disk memory");
	CHECK_STR(ask("{\"interfaces\":[\"a\",2]}"), "interfaces[1]: a text is expected, not 2; put it in quotes");
	CHECK_STR(ask("{\"interfaces\":[\"a\",\"b\",\"c\",\"d\"]}"), "interfaces: more than 3 texts in the list");
	CHECK_STR(ask("{\"interfaces\":[\"\"]}"), "interfaces[0]: is empty");
	CHECK_STR(ask("{\"limits\":{\"bytes\":\"1K\"}}"), "limits.bytes: 1K is out of range (4K to 1T)");
	CHECK_STR(ask("{\"limits\":{\"age\":\"500ms\"}}"), "limits.age: 500ms is out of range (1s or more)");
	CHECK_STR(ask("{\"limits\":{\"age\":-1}}"), "limits.age: a duration, as in 10s, 5m or 1.5 (seconds), is expected, not -1");
	CHECK_STR(ask("{\"limits\":{\"percent\":101}}"), "limits.percent: 101 is out of range (0 to 100)");
	CHECK_STR(ask("{\"limits\":[]}"), "limits: an object is expected, not a list");
	CHECK_STR(ask("{\"rules\":{}}"), "rules: a list is expected, not an object");
	CHECK_STR(ask("{\"rules\":[{}]}"), "rules[0].name: is missing (what the rule is called)");
	CHECK_STR(ask("{\"rules\":[{\"name\":\"123456789\"}]}"), "rules[0].name: is 9 bytes long; 1 to 8 are taken");
	CHECK_STR(ask("{\"rules\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}]}"), "rules: more than 2 in the list");
	CHECK_STR(ask("{\"name\":1,\"snaplen\":\"x\"}"), "name: a text is expected, not 1; put it in quotes");
}

TEST(shape_configuration_complaints)
{
	CHECK_STR(configure(""), "");
	CHECK_EQ(s.snaplen, 262144);
	CHECK_STR(configure("promiscuous: off\nmode: 0600\nlimits:\n  bytes: 2M\n"), "");
	CHECK(!s.flag);
	CHECK_EQ(s.mode, 0600);
	CHECK_EQ(s.limits.bytes, 2 << 20);
	CHECK_STR(configure("name: 5\nsnaplenn: 3\nrules:\n  - nam: x\n    above: high\n  - name: y\n    above: 2000\nzz: 1\n"),
		  "f:1: name: a text is expected, not 5; put it in quotes\n"
		  "f:2: unknown setting 'snaplenn'; did you mean snaplen?\n"
		  "f:4: rules[0]: unknown setting 'nam'; did you mean name?\n"
		  "f:4: rules[0].name: is missing (what the rule is called)\n"
		  "f:5: rules[0].above: a number, as in 2.5, is expected, not 'high'\n"
		  "f:7: rules[1].above: 2000 is out of range (0 to 1000)\n"
		  "f:8: unknown setting 'zz'\n");
	CHECK_EQ(complaints.count, 7);
	complain(&complaints, doc, json_get(json_root(doc), "rules"), "f", "%s twice", "x");
	CHECK_STR(complaints.item[4].text, "f:4: x twice");
	CHECK_STR(configure("- a\n"), "f:1: an object is expected, not a list\n");
}

TEST(shape_many_complaints)
{
	char text[2000], *p = text;

	for (int i = 0; i < 50; i++)
		p += snprintf(p, 20, "qqqqqqq%d: 1\n", i);
	configure(text);
	CHECK_EQ(complaints.count, 50);
	CHECK_EQ(complaints.kept, COMPLAINTS_MAX);
}

TEST(shape_documents_itself)
{
	char text[4096];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	shape_table(&o, sample_rows, "");
	CHECK_STR(outbuf_cstr(&o), "name\ttext\tnobody\t\tname of the session\n"
				   "promiscuous\ttrue or false\tyes\t\treceive frames for others too\n"
				   "snaplen\tnumber, 0 to 262144 bytes\t262144\t\tbytes kept of a packet\n"
				   "mode\toctal file mode\t0660\t\tmode of the socket\n"
				   "from\ttime\t\t\tfirst packet\n"
				   "storage\tone of: disk memory\tdisk\t\twhere packets are kept\n"
				   "interfaces\ttexts, at most 3\t\t\tinterfaces to capture on\n"
				   "limits\tobject\t\t\twhat is kept\n"
				   "limits.bytes\tsize, 4K to 1T\t64M\t\tmost bytes on disk\n"
				   "limits.age\tduration, 1s or more\t1h\t\toldest packet that is kept\n"
				   "limits.percent\tpercent\t5\t\tfree space\n"
				   "rules\tlist, at most 2\t\t\twhat to watch\n"
				   "rules[].name\ttext\t\trequired\twhat the rule is called\n"
				   "rules[].above\tnumber\t1.5\t\tthreshold\n"
				   "label\ttext\t\t\tat most seven letters\n"
				   "tags\ttexts, at most 2\t\t\tat most five letters each\n"
				   "loud\ttrue or false\ttrue\t\tkept as its opposite\n"
				   "more\tobject\t\t\tmembers of the struct itself\n"
				   "more.port\tnumber\t\t\tport\n"
				   "more.where\tone of: disk memory\tdisk\t\twhere\n"
				   "anything\tanything\t\t\tunchecked\n");
	json_free(doc);
	doc = NULL;
}
