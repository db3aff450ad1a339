/* SPDX-License-Identifier: MIT */
/* The output formats: columns, occurrences, quoting, escapes; what a packet without a field gives; wrong names. */
#include "check.h"
#include "export/export.h"

static char text[65536];
static struct packet packet;
static struct outbuf out;

/* Ethernet, IPv4 (DF, a router alert), UDP 5000 > 53, DNS query for a,b"c with two questions */
static const uint8_t dns_frame[] = {
	0x00, 0x53, 0, 0, 0, 2, 0x00, 0x53, 0, 0, 0, 1, 0x08, 0x00,
	0x46, 0, 0, 66, 0, 1, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 53, 0x94, 4, 0, 0,
	0x13, 0x88, 0, 53, 0, 42, 0, 0,
	0, 7, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0,
	5, 'a', ',', 'b', '"', 'c', 0, 0, 1, 0, 1,
	5, '\t', 0xff, '\n', '\\', 'x', 0, 0, 28, 0, 1,
};

static const uint8_t arp_frame[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x53, 0, 0, 0, 1, 0x08, 0x06,
	0, 1, 8, 0, 6, 4, 0, 1, 0x00, 0x53, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2,
};

static struct frame frame_of(const uint8_t *data, uint32_t len)
{
	return (struct frame){ .number = 7, .ts_ns = 1700000000123456789, .data = data, .caplen = len, .wirelen = len,
			       .linktype = LINKTYPE_ETHERNET, .has_ts = true };
}

/* What a format makes of one frame with these fields. */
static const char *export_frame(struct export_options *o, const uint8_t *data, uint32_t len)
{
	struct frame f = frame_of(data, len);
	struct decoder d;
	struct export *e;
	struct errmsg err;

	decoder_init(&d);
	timefmt_init(&o->time, TIMEFMT_EPOCH, o->time.digits ? o->time.digits : 6, true);
	outbuf_fixed(&out, text, sizeof(text));
	if (export_open(&e, o, &d, &out, &err)) {
		outbuf_str(&out, err.text);
	} else {
		packet_decode(&packet, &d, &f);
		export_packet(e, &packet);
		export_close(e, NULL);
	}
	decoder_release(&d);
	return outbuf_cstr(&out);
}

#define DNS dns_frame, sizeof(dns_frame)
#define ARP arp_frame, sizeof(arp_frame)
#define FIELDS(...) .fields = (const char *const[]){ __VA_ARGS__ }, .nfields = sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)
#define EXPORT(...) (&(struct export_options){ __VA_ARGS__ })

TEST(csv_default_columns)
{
	CHECK_STR(export_frame(EXPORT(.format = "csv", .header = true), DNS),
		  "number,time,src,dst,sport,dport,proto,length\n"
		  "7,1700000000.123456,192.0.2.1,192.0.2.53,5000,53,DNS,80\n");
	CHECK_STR(export_frame(EXPORT(.format = "csv"), ARP),
		  "7,1700000000.123456,00:53:00:00:00:01,ff:ff:ff:ff:ff:ff,,,ARP,42\n");
}

TEST(csv_quotes_only_what_needs_it)
{
	CHECK_STR(export_frame(EXPORT(.format = "csv", FIELDS("dns.qry.name", "ip.src", "dns.id")), DNS),
		  "\"a,b\"\"c\",192.0.2.1,0x0007\n");
	CHECK_STR(export_frame(EXPORT(.format = "csv", .separator = ';', FIELDS("dns.qry.name", "ip.src")), DNS),
		  "\"a,b\"\"c\";192.0.2.1\n");
	CHECK_STR(export_frame(EXPORT(.format = "csv", .quote = '"', FIELDS("ip.src", "number", "tcp.port")), DNS),
		  "\"192.0.2.1\",\"7\",\n");
	CHECK_STR(export_frame(EXPORT(.format = "csv", .separator = '.', FIELDS("ip.src", "dns.id")), DNS),
		  "\"192.0.2.1\".0x0007\n");
}

TEST(occurrences_and_aggregator)
{
	CHECK_STR(export_frame(EXPORT(.format = "tsv", FIELDS("dns.qry.type", "udp.port")), DNS), "1\t5000\n");
	CHECK_STR(export_frame(EXPORT(.format = "tsv", .occurrence = 'l', FIELDS("dns.qry.type", "udp.port")), DNS), "28\t53\n");
	CHECK_STR(export_frame(EXPORT(.format = "tsv", .occurrence = 'a', FIELDS("dns.qry.type", "udp.port")), DNS),
		  "1,28\t5000,53\n");
	CHECK_STR(export_frame(EXPORT(.format = "tsv", .occurrence = 'a', .aggregator = '|', FIELDS("dns.qry.type")), DNS),
		  "1|28\n");
	CHECK_STR(export_frame(EXPORT(.format = "csv", .occurrence = 'a', FIELDS("dns.qry.type", "ip.ttl")), DNS),
		  "\"1,28\",64\n");
}

/* Two columns of one walk field, and a field asked for by both a walk and an alternative. */
TEST(a_field_may_be_asked_for_twice)
{
	CHECK_STR(export_frame(EXPORT(.format = "tsv", .occurrence = 'a', FIELDS("dns.qry.type", "ip.src", "dns.qry.type")), DNS),
		  "1,28\t192.0.2.1\t1,28\n");
}

TEST(tsv_escapes)
{
	CHECK_STR(export_frame(EXPORT(.format = "tsv", .occurrence = 'l', FIELDS("dns.qry.name", "ip.src")), DNS),
		  "\\t\\xff\\n\\\\x\t192.0.2.1\n");
	/* as tshark -T fields */
	CHECK_STR(export_frame(EXPORT(.format = "tsv", .occurrence = 'l', .bare_backslash = true, FIELDS("dns.qry.name", "ip.src")), DNS),
		  "\\t\\xff\\n\\x\t192.0.2.1\n");
}

TEST(missing_fields_are_empty)
{
	CHECK_STR(export_frame(EXPORT(.format = "tsv", FIELDS("ip.src", "tcp.port", "dns.qry.name", "arp.opcode")), ARP), "\t\t\t1\n");
	CHECK_STR(export_frame(EXPORT(.format = "ndjson", FIELDS("ip.src", "tcp.port")), ARP), "{}\n");
}

TEST(ndjson_types)
{
	CHECK_STR(export_frame(EXPORT(.format = "ndjson", FIELDS("number", "time", "src", "dst", "sport", "dport", "proto", "length")),
			       DNS),
		  "{\"number\":7,\"time\":1700000000.123456,\"src\":\"192.0.2.1\",\"dst\":\"192.0.2.53\",\"sport\":5000,\"dport\":53,"
		  "\"proto\":\"DNS\",\"length\":80}\n");
	CHECK_STR(export_frame(EXPORT(.format = "ndjson", .occurrence = 'a',
				      FIELDS("ip.flags.df", "dns.id", "dns.qry.name", "frame.time_epoch", "eth.src")), DNS),
		  "{\"ip.flags.df\":true,\"dns.id\":7,\"dns.qry.name\":[\"a,b\\\"c\",\"\\t\xef\xbf\xbd\\n\\\\x\"],"
		  "\"frame.time_epoch\":1700000000.123456789,\"eth.src\":\"00:53:00:00:00:01\"}\n");
}

/* What a terminal takes for a command must not reach it: ESC, and U+009B, its other form, as UTF-8 or alone. */
TEST(json_escapes_controls)
{
	uint8_t frame[sizeof(dns_frame)];
	uint8_t *name;

	memcpy(frame, dns_frame, sizeof(frame));
	name = memmem(frame, sizeof(frame), "a,b\"c", 5);
	if (!CHECK(name))
		return;
	memcpy(name, "\x1b\xc2\x9b\x9b\x7f", 5);
	CHECK_STR(export_frame(EXPORT(.format = "ndjson", FIELDS("dns.qry.name")), frame, sizeof(frame)),
		  "{\"dns.qry.name\":\"\\u001b\\u009b\xef\xbf\xbd\\u007f\"}\n");
}

TEST(json_is_one_array)
{
	CHECK_STR(export_frame(EXPORT(.format = "json", FIELDS("number")), ARP), "[\n{\"number\":7}\n]\n");
}

TEST(all_fields_have_each_key_once)
{
	const char *all = export_frame(EXPORT(.format = "ndjson", FIELDS("all")), DNS), *at = all;
	unsigned types = 0;

	CHECK(strstr(all, "\"dns.qry.type\":[1,28]") != NULL);
	CHECK(strstr(all, "\"ip.opt.type\":148") != NULL);
	CHECK(strstr(all, "\"udp.port\"") == NULL); /* an alias, not a field of its own */
	for (; (at = strstr(at, "\"dns.qry.type\":")); at++)
		types++;
	CHECK_EQ(types, 1);
}

static bool starts(const char *doc, const char *with)
{
	return !strncmp(doc, with, strlen(with));
}

TEST(layers_are_objects_in_order)
{
	const char *doc = export_frame(EXPORT(.format = "ndjson"), DNS), *eth, *ip, *dns;

	CHECK(starts(doc, "{\"timestamp\":\"2023-11-14T22:13:20.123456Z\",\"layers\":{\"frame\":{\"frame.number\":7,"));
	eth = strstr(doc, "},\"eth\":{\"eth.dst\":\"00:53:00:00:00:02\",");
	ip = strstr(doc, "},\"ip\":{\"ip.version\":4,");
	dns = strstr(doc, "},\"dns\":{\"dns.id\":7,");
	CHECK(eth && ip && dns && eth < ip && ip < dns);
	CHECK(strstr(doc, "\"dns.qry.type\":[1,28]") != NULL);
	CHECK_STR(doc + strlen(doc) - 4, "}}}\n");
}

/* IPv4 in IPv4: one key, two objects */
TEST(a_layer_that_repeats_is_an_array)
{
	uint8_t f[14 + 20 + 20] = { [12] = 8, [14] = 0x45, [17] = 40, [22] = 64, [23] = 4, [29] = 1, [33] = 2,
				    [34] = 0x45, [37] = 20, [42] = 64, [43] = 99, [49] = 3, [53] = 4 };
	const char *doc = export_frame(EXPORT(.format = "ndjson"), f, sizeof(f));

	CHECK(strstr(doc, "\"ip\":[{\"ip.version\":4,") != NULL);
	CHECK(strstr(doc, "\"ip.dst\":\"0.0.0.2\"") != NULL && strstr(doc, "\"ip.dst\":\"0.0.0.4\"}]") != NULL);
	doc = export_frame(EXPORT(.format = "yaml"), f, sizeof(f));
	CHECK(strstr(doc, "\n    ip:\n      - ip.version: 4\n        ip.hdr_len: 20\n") != NULL);
}

TEST(yaml)
{
	CHECK_STR(export_frame(EXPORT(.format = "yaml", .occurrence = 'a', FIELDS("number", "ip.src", "dns.qry.type", "dns.qry.name")), DNS),
		  "- number: 7\n  ip.src: \"192.0.2.1\"\n  dns.qry.type: [1,28]\n"
		  "  dns.qry.name: [\"a,b\\\"c\",\"\\t\xef\xbf\xbd\\n\\\\x\"]\n");
	CHECK_STR(export_frame(EXPORT(.format = "yaml", FIELDS("tcp.port")), DNS), "- {}\n");
}

/* Characters that YAML takes for line ends or refuses, and those that turn the direction of writing. */
TEST(yaml_and_json_escape_what_is_no_text)
{
	uint8_t frame[sizeof(dns_frame)];
	uint8_t *name;

	memcpy(frame, dns_frame, sizeof(frame));
	name = memmem(frame, sizeof(frame), "a,b\"c", 5);
	if (!CHECK(name))
		return;
	memcpy(name, "\xe2\x80\xa8_x", 5);
	CHECK_STR(export_frame(EXPORT(.format = "ndjson", FIELDS("dns.qry.name")), frame, sizeof(frame)), "{\"dns.qry.name\":\"\\u2028_x\"}\n");
	memcpy(name, "\xef\xbf\xbf\xc3\xa9", 5);
	CHECK_STR(export_frame(EXPORT(.format = "ndjson", FIELDS("dns.qry.name")), frame, sizeof(frame)), "{\"dns.qry.name\":\"\\uffff\xc3\xa9\"}\n");
	memcpy(name, "\xe2\x80\xae_x", 5);
	CHECK_STR(export_frame(EXPORT(.format = "yaml", FIELDS("dns.qry.name")), frame, sizeof(frame)), "- dns.qry.name: \"\\u202e_x\"\n");
}

TEST(ek_is_tsharks)
{
	const char *doc = export_frame(EXPORT(.format = "ek"), DNS);

	CHECK(starts(doc, "{\"index\":{\"_index\":\"packets-2023-11-14\",\"_type\":\"doc\"}}\n{\"timestamp\":\"1700000000123\",\"layers\":{"));
	CHECK(strstr(doc, "\"frame_frame_time\":\"2023-11-14T22:13:20.123456789Z\"") != NULL);
	CHECK(strstr(doc, "\"ip_ip_addr\":[\"192.0.2.1\",\"192.0.2.53\"]") != NULL);
	CHECK(strstr(doc, "\"dns_dns_id\":\"0x0007\"") != NULL && strstr(doc, "\"ip_ip_flags_df\":true") != NULL);
	CHECK_STR(export_frame(EXPORT(.format = "ek", .occurrence = 'a', FIELDS("ip.src", "udp.port", "number", "tcp.port")), DNS),
		  "{\"index\":{\"_index\":\"packets-2023-11-14\",\"_type\":\"doc\"}}\n{\"timestamp\":\"1700000000123\",\"layers\":{"
		  "\"ip_src\":[\"192.0.2.1\"],\"udp_port\":[\"5000\",\"53\"],\"number\":[\"7\"]}}\n");
}

TEST(ecs)
{
	const char *doc = export_frame(EXPORT(.format = "ndjson", .profile = "ecs"), DNS);

	CHECK(starts(doc, "{\"@timestamp\":\"2023-11-14T22:13:20.123456Z\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"event\","));
	CHECK(strstr(doc, "\"source\":{\"ip\":\"192.0.2.1\",\"port\":5000,\"mac\":\"00-53-00-00-00-01\"},") != NULL);
	CHECK(strstr(doc, "\"network\":{\"type\":\"ipv4\",\"transport\":\"udp\",\"protocol\":\"dns\",\"bytes\":80,\"packets\":1,") != NULL);
	CHECK(strstr(doc, "\"dns\":{\"id\":\"7\",\"type\":\"query\",\"op_code\":\"QUERY\",") != NULL);
	CHECK(strstr(doc, "\"question\":{\"name\":\"a,b\\\"c\",\"type\":\"A\",\"class\":\"IN\"}}") != NULL);
	CHECK(strstr(export_frame(EXPORT(.format = "ndjson", .profile = "ecs"), ARP), "\"source\":{\"mac\":") != NULL);
}

/* The specification's own example: 128.232.110.120:34855 to 66.35.250.204:80 over TCP, and the answer. */
TEST(community_id_is_that_of_the_specification)
{
	uint8_t f[14 + 20 + 20] = { [12] = 8, [14] = 0x45, [17] = 40, [22] = 64, [23] = 6, [26] = 128, 232, 110, 120, 66, 35, 250, 204,
				    0x88, 0x27, 0, 80, [46] = 0x50 };
	uint8_t back[sizeof(f)];

	memcpy(back, f, sizeof(f));
	memcpy(back + 26, f + 30, 4);
	memcpy(back + 30, f + 26, 4);
	memcpy(back + 34, f + 36, 2);
	memcpy(back + 36, f + 34, 2);
	CHECK(strstr(export_frame(EXPORT(.format = "ndjson", .profile = "ecs"), f, sizeof(f)), "\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\"") != NULL);
	CHECK(strstr(export_frame(EXPORT(.format = "ndjson", .profile = "ecs"), back, sizeof(back)), "\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\"") != NULL);
}

TEST(hex_is_od)
{
	CHECK_STR(export_frame(EXPORT(.format = "hex"), ARP),
		  "# packet 7: 42 bytes, EN10MB\n2023-11-14T22:13:20.123456Z\n"
		  "000000 ff ff ff ff ff ff 00 53 00 00 00 01 08 06 00 01\n"
		  "000010 08 00 06 04 00 01 00 53 00 00 00 01 c0 00 02 01\n"
		  "000020 00 00 00 00 00 00 c0 00 02 02\n00002a\n\n");
}

TEST(c_arrays)
{
	static const uint8_t odd[] = { '*', '/', '\\', 'a', 0x7f, '?', '?', '/', 'z' };

	CHECK_STR(export_frame(EXPORT(.format = "c"), odd, sizeof(odd)),
		  "/* Frame (9 bytes) */\nstatic const unsigned char pkt7[9] = {\n"
		  "0x2a, 0x2f, 0x5c, 0x61, 0x7f, 0x3f, 0x3f, 0x2f, /* ./.a.?" "?/ */\n"
		  "0x7a                                            /* z */\n};\n");
	CHECK_STR(export_frame(EXPORT(.format = "c"), odd, 0),
		  "/* Frame (0 bytes) */\nstatic const unsigned char pkt7[1] = {\n0 /* nothing was kept */\n};\n");
}

TEST(table_fits)
{
	CHECK_STR(export_frame(EXPORT(.format = "table", .header = true, .occurrence = 'a', FIELDS("number", "src", "dns.qry.name")), DNS),
		  "number  src        dns.qry.name\n     7  192.0.2.1  a,b\"c,\\t\\xff\\n\\\\x\n");
	CHECK_STR(export_frame(EXPORT(.format = "table", .header = true, .width = 24, FIELDS("number", "src", "dst")), DNS),
		  "number  src      dst\n     7  192.0.…  192.0.…\n");
	CHECK_STR(export_frame(EXPORT(.format = "table", .colour = true, FIELDS("number", "proto")), DNS), "     7  \033[36mDNS\033[0m\n");
}

TEST(wireshark_column_names)
{
	CHECK_STR(export_frame(EXPORT(.format = "tsv", FIELDS("_ws.col.Source", "_ws.col.Protocol", "_ws.col.protocol", "frame.number")),
			       DNS), "192.0.2.1\tDNS\tDNS\t7\n");
}

TEST(text_line)
{
	CHECK_STR(export_frame(EXPORT(.format = "text"), ARP),
		  "1700000000.123456 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28\n");
}

TEST(info_column)
{
	CHECK_STR(export_frame(EXPORT(.format = "csv", FIELDS("number", "info")), ARP),
		  "7,\"ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28\"\n");
}

TEST(wrong_names_are_refused_with_the_nearest)
{
	CHECK_STR(export_frame(EXPORT(.format = "csv", FIELDS("ip.scr")), DNS),
		  "'ip.scr' is no field; did you mean ip.src? --list-fields shows all");
	CHECK_STR(export_frame(EXPORT(.format = "cvs"), DNS),
		  "'cvs' is no output format; did you mean csv? there are text, table, csv, tsv, json, ndjson, yaml, ek, hex, c, "
		  "pcap, pcapng");
	CHECK_STR(export_frame(EXPORT(.format = "text", FIELDS("ip.src")), DNS),
		  "the format text has no columns; leave the fields out or use csv, tsv, table, json, ndjson, yaml or ek");
	CHECK_STR(export_frame(EXPORT(.format = "csv", .profile = "ecs"), DNS),
		  "the profile ecs makes objects; use it with json, ndjson, yaml or ek, not with csv");
	CHECK_STR(export_frame(EXPORT(.format = "json", .profile = "ecs", FIELDS("ip.src")), DNS),
		  "the profile ecs says which fields there are; leave the others out");
	CHECK_STR(export_frame(EXPORT(.format = "json", .profile = "esc"), DNS), "'esc' is no profile; there is ecs");
	CHECK_STR(export_frame(EXPORT(.format = "csv", FIELDS("all")), DNS),
		  "the fields of csv must be named; 'all' works with json, ndjson, yaml and ek");
}

/* Nothing is decoded twice, and the packet's scratch memory is not shared between columns. */
TEST(names_survive_until_the_row_is_written)
{
	CHECK_STR(export_frame(EXPORT(.format = "tsv", .occurrence = 'a', FIELDS("dns.qry.name", "dns.qry.type", "frame.protocols", "dns.qry.name")),
			       DNS), "a,b\"c,\\t\\xff\\n\\\\x\t1,28\teth:ethertype:ip:udp:dns\ta,b\"c,\\t\\xff\\n\\\\x\n");
}

/* Every length of the frame: no byte beyond it is read (the sanitizers watch), a row comes each time. */
TEST(every_length)
{
	uint8_t copy[sizeof(dns_frame)];

	for (uint32_t n = 0; n <= sizeof(dns_frame); n++) {
		uint8_t *end = copy + sizeof(copy) - n;

		memcpy(end, dns_frame, n);
		CHECK(strlen(export_frame(EXPORT(.format = "csv", FIELDS("number", "info", "dns.qry.name")), end, n)) > 3);
		CHECK(strlen(export_frame(EXPORT(.format = "ndjson", FIELDS("all")), end, n)) > 3);
		CHECK(strlen(export_frame(EXPORT(.format = "yaml"), end, n)) > 3);
		CHECK(strlen(export_frame(EXPORT(.format = "ek"), end, n)) > 3);
		CHECK(strlen(export_frame(EXPORT(.format = "table"), end, n)) > 3);
		CHECK(strlen(export_frame(EXPORT(.format = "ndjson", .profile = "ecs"), end, n)) > 3);
		CHECK(strlen(export_frame(EXPORT(.format = "c"), end, n)) > 3);
		CHECK(strlen(export_frame(EXPORT(.format = "hex"), end, n)) > 3);
	}
}
