/* SPDX-License-Identifier: MIT */
/* lib/decode: DNS, mDNS, LLMNR, DHCP, NTP, TLS, HTTP and SSDP, in frames built here. What tshark makes of real ones is
 * compared by test/corpus, what tcpdump says of them by test/golden. */
#include "check.h"
#include "decode_hex.h"

/* ---- frames ---------------------------------------------------------------------------- */

static uint32_t used;

static void put(const void *data, size_t len)
{
	memcpy(bytes + used, data, len);
	used += (uint32_t)len;
}

static void put_be16(unsigned v)
{
	put((uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

/* Text with \xNN from C for the rest */
#define PUT(literal) put(literal, sizeof(literal) - 1)

static unsigned sequence[2]; /* [1]: of 10.0.0.2 */

static void finish(uint32_t missing)
{
	uint32_t ip_len = used + missing;

	bytes[2] = (uint8_t)(ip_len >> 8);
	bytes[3] = (uint8_t)ip_len;
	if (bytes[9] == 17) {
		bytes[24] = (uint8_t)((ip_len - 20) >> 8);
		bytes[25] = (uint8_t)(ip_len - 20);
	}
	frame = (struct frame){ .number = 1, .data = bytes, .caplen = used, .wirelen = used + missing, .linktype = LINKTYPE_RAW };
	packet_decode(&packet, &decoder, &frame);
	if (bytes[9] == 6)
		sequence[bytes[15] == 2] += ip_len - 40;
}

static void ip(unsigned protocol)
{
	decoder_release(&decoder);
	decoder_init(&decoder);
	decoder_want_all(&decoder);
	used = 0;
	sequence[0] = sequence[1] = 1;
	PUT("\x45\0\0\0\0\1\0\0\x40");
	put((uint8_t[]){ (uint8_t)protocol }, 1);
	PUT("\0\0\x0a\0\0\1\x0a\0\0\2");
}

static void udp(unsigned sport, unsigned dport)
{
	ip(17);
	put_be16(sport);
	put_be16(dport);
	PUT("\0\0\0\0");
}

/* A segment more; the lower port is 10.0.0.2's. */
static void tcp_next(unsigned sport, unsigned dport)
{
	bytes[15] = sport < dport ? 2 : 1;
	bytes[19] = sport < dport ? 1 : 2;
	used = 20;
	put_be16(sport);
	put_be16(dport);
	PUT("\0\0");
	put_be16(sequence[sport < dport]);
	PUT("\0\0\0\1\x50\x18\x20\0\0\0\0\0");
}

static void tcp(unsigned sport, unsigned dport)
{
	ip(6);
	tcp_next(sport, dport);
}

/* ---- looking ---------------------------------------------------------------------------- */

static const struct layer *last(void)
{
	return &packet.layers[packet.nlayers - 1];
}

static const char *last_name(void)
{
	return protocols[last()->proto]->name;
}

/* What the innermost layer adds to the line */
static const char *line(int verbose)
{
	static char text[4096];
	struct outbuf o;
	struct summary s = { .out = &o, .verbose = verbose };

	outbuf_fixed(&o, text, sizeof(text));
	protocols[last()->proto]->summary(&s, &packet, last());
	return outbuf_cstr(&o);
}

/* ---- DNS ---------------------------------------------------------------------------------- */

#define QUESTION "\3www\7example\3com\0\0\1\0\1"

TEST(dns_query)
{
	udp(5000, 53);
	PUT("\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION);
	finish(0);
	CHECK_STR(last_name(), "dns");
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(packet_column(&packet), "DNS");
	CHECK_STR(values("dns.id"), "0x1234");
	CHECK_STR(values("dns.flags.response"), "0");
	CHECK_STR(values("dns.flags.recdesired"), "1");
	CHECK_STR(values("dns.flags.rcode"), "");
	CHECK_STR(values("dns.qry.name"), "www.example.com");
	CHECK_STR(values("dns.qry.name.len"), "15");
	CHECK_STR(values("dns.count.labels"), "3");
	CHECK_STR(values("dns.qry.type"), "1");
	CHECK_STR(values("dns.qry.class"), "0x0001");
	CHECK_STR(values("dns.resp.name"), "");
	CHECK_STR(line(0), "4660+ A? www.example.com. (33)");
}

TEST(dns_answer_with_pointers)
{
	udp(53, 5000);
	PUT("\x12\x34\x85\x80\0\1\0\3\0\0\0\1" QUESTION);
	PUT("\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3foo\xc0\x10");
	PUT("\xc0\x2d\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1");
	PUT("\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\7\0\x0a\2mx\xc0\x10");
	PUT("\0\0\x29\x10\0\0\0\x80\0\0\0");
	finish(0);
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("dns.resp.name"), "www.example.com,foo.example.com,www.example.com,<Root>");
	CHECK_STR(values("dns.resp.type"), "5,1,15,41");
	CHECK_STR(values("dns.cname"), "foo.example.com");
	CHECK_STR(values("dns.a"), "192.0.2.1");
	CHECK_STR(values("dns.mx.mail_exchange"), "mx.example.com");
	CHECK_STR(values("dns.rr.udp_payload_size"), "4096");
	CHECK_STR(values("dns.resp.z.do"), "1");
	CHECK_STR(line(0), "4660* 3/0/1 CNAME foo.example.com., A 192.0.2.1, MX mx.example.com. 10 (97)");
}

TEST(dns_names_that_lie)
{
	static const struct {
		const char *name;
		size_t len;
		const char *shown;
	} cases[] = {
		{ "\xc0\x0c", 2, "<Name contains a pointer that loops>" },
		{ "\1a\xc0\x0c", 4, "<Name contains a pointer that loops>" },
		{ "\xc0\xff", 2, "" },       /* behind the end */
		{ "\x41\1", 2, "" },         /* a label of a kind that nobody uses */
		{ "\1a\xff", 3, "" },
		{ "\0", 1, "<Root>" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		udp(5000, 53);
		PUT("\0\1\1\0\0\1\0\0\0\0\0\0");
		put(cases[i].name, cases[i].len);
		PUT("\0\1\0\1");
		finish(0);
		CHECK_STR(last_name(), "dns");
		CHECK_STR(values("dns.qry.name"), cases[i].shown);
	}
}

TEST(dns_cut_or_contradictory)
{
	udp(5000, 53);
	PUT("\x12\x34\1\0\0\1\0\0\0\0\0\0\3www");
	finish(20);
	CHECK_EQ(last()->result, DECODE_TRUNCATED);
	CHECK_STR(values("dns.id"), "0x1234");
	udp(5000, 53);
	PUT("\x12\x34\1\0\0\1\0\0\0\0\0\0\3www");
	finish(0);
	CHECK_EQ(last()->result, DECODE_MALFORMED);
	CHECK_STR(values("dns.id"), "0x1234");
	CHECK_STR(values("dns.qry.name"), "");
}

TEST(dns_over_tcp)
{
	tcp(5000, 53);
	PUT("\0\x21\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION);
	PUT("\0\x11\x12\x35\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1");
	finish(0);
	CHECK_EQ(packet.nlayers, 6); /* frame, raw, ip, tcp and two messages */
	CHECK_STR(values("dns.id"), "0x1234,0x1235");
	CHECK_STR(values("dns.length"), "33,17");
	CHECK_STR(values("dns.qry.name"), "www.example.com,<Root>");
	CHECK_EQ(packet.result, DECODE_OK);
	tcp(5000, 53); /* the middle of something is no message */
	PUT("neither length nor header");
	finish(0);
	CHECK_STR(packet_column(&packet), "TCP");
}

TEST(mdns_has_the_fields_of_dns)
{
	udp(5353, 5353);
	PUT("\0\0\0\0\0\1\0\0\0\0\0\0\5_http\4_tcp\5local\0\0\x0c\x80\1");
	finish(0);
	CHECK_STR(last_name(), "mdns");
	CHECK_STR(packet_column(&packet), "MDNS");
	CHECK(!packet_layer(&packet, PROTO_dns));
	CHECK_STR(values("dns.qry.name"), "_http._tcp.local");
	CHECK_STR(values("dns.qry.qu"), "1");
	CHECK_STR(values("dns.qry.class"), "0x0001");
	CHECK_STR(values("dns"), "");
	CHECK_STR(line(0), "0 PTR (QU)? _http._tcp.local. (34)");
}

TEST(llmnr_gives_bits_other_names)
{
	udp(5000, 5355);
	PUT("\0\1\4\0\0\1\0\0\0\0\0\0\4wpad\0\0\1\0\1");
	finish(0);
	CHECK_STR(last_name(), "llmnr");
	CHECK_STR(values("dns.flags.conflict"), "1");
	CHECK_STR(values("dns.flags.authoritative"), "");
	CHECK_STR(values("dns.qry.name"), "wpad");
}

/* ---- DHCP and NTP ---------------------------------------------------------------------------- */

static void bootp(const char *options, size_t len)
{
	static const uint8_t zero[236];

	udp(68, 67);
	PUT("\1\1\6\0\x12\x34\x56\x78\0\5\x80\0");
	put(zero, 16);
	PUT("\0\x53\0\0\0\1");
	put(zero, 10 + 64 + 128);
	put(options, len);
	finish(0);
}
#define BOOTP(options) bootp(options, sizeof(options) - 1)

TEST(dhcp_options)
{
	BOOTP("\x63\x82\x53\x63\x35\1\1\0\0\x3d\7\1\0\x53\0\0\0\1\x0c\4host\x37\3\1\3\6\x33\4\0\0\x0e\x10"
	      "\x79\x08\x18\x0a\0\0\1\2\3\4\xff\0\0");
	CHECK_STR(packet_column(&packet), "DHCP");
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(values("dhcp.id"), "0x12345678");
	CHECK_STR(values("dhcp.secs"), "5");
	CHECK_STR(values("dhcp.flags.bc"), "1");
	CHECK_STR(values("dhcp.hw.mac_addr"), "00:53:00:00:00:01,00:53:00:00:00:01");
	CHECK_STR(values("dhcp.option.type"), "53,0,61,12,55,51,121,0");
	CHECK_STR(values("dhcp.option.dhcp"), "1");
	CHECK_STR(values("dhcp.option.hostname"), "host");
	CHECK_STR(values("dhcp.option.request_list_item"), "1,3,6");
	CHECK_STR(values("dhcp.option.ip_address_lease_time"), "3600");
	CHECK_STR(values("dhcp.option.classless_static_route"), "180a000001020304");
	CHECK_STR(line(0), "BOOTP/DHCP, Request from 00:53:00:00:00:01, length 284");
	CHECK(strstr(line(1), "\n\t    Hostname (12), length 4: \"host\"") != NULL);
	CHECK(strstr(line(1), "(10.0.0.0/24:1.2.3.4)") != NULL);
}

TEST(dhcp_option_longer_than_the_packet)
{
	BOOTP("\x63\x82\x53\x63\x35\1\1\x0c\xff" "ab");
	CHECK_EQ(last()->result, DECODE_MALFORMED);
	CHECK_STR(values("dhcp.option.dhcp"), "1");
	CHECK_STR(values("dhcp.option.hostname"), "");
}

TEST(bootp_without_options)
{
	BOOTP("");
	CHECK_STR(packet_column(&packet), "BOOTP");
	CHECK_EQ(packet.result, DECODE_OK);
}

TEST(ntp_times)
{
	udp(123, 123);
	PUT("\x23\2\6\xec\0\0\x12\x34\0\0\x56\x78GPS\0");
	PUT("\xe0\0\0\0\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
	PUT("\0\0\0\1\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10");
	finish(0);
	CHECK_STR(packet_column(&packet), "NTP");
	CHECK_STR(values("ntp.flags"), "0x23");
	CHECK_STR(values("ntp.flags.vn"), "4");
	CHECK_STR(values("ntp.precision"), "236");
	CHECK_STR(values("ntp.refid"), "47505300");
	CHECK_STR(values("ntp.reftime"), "Feb  2, 2019 11:39:44.500000000 UTC");
	CHECK_STR(values("ntp.org"), ""); /* zero is not known */
	CHECK_STR(values("ntp.rec"), "Feb  7, 2036 06:28:17.000000000 UTC");
	CHECK_STR(values("ntp.xmt"), "Feb  7, 2036 06:28:15.999999999 UTC");
	CHECK_STR(values("ntp.keyid"), "00000001");
	CHECK_STR(values("ntp.mac"), "0102030405060708090a0b0c0d0e0f10");
	CHECK_STR(line(0), "NTPv4, Client, length 68");
}

/* ---- TLS ---------------------------------------------------------------------------------------- */

/* A ClientHello that asks for "a.test", TLS 1.3 and h2 */
static const char client_hello[] =
	"\x16\3\1\0\x5a\1\0\0\x56\3\3" "01234567890123456789012345678901" "\0\0\4\x13\1\xc0\x2f\1\0\0\x29"
	"\0\0\0\x0b\0\x09\0\0\6a.test" "\0\x10\0\5\0\3\2h2" "\0\x2b\0\3\2\3\4" "\0\x0a\0\6\0\4\0\x1d\0\x17";

TEST(tls_client_hello)
{
	tcp(5000, 4433);
	put(client_hello, sizeof(client_hello) - 1);
	finish(0);
	CHECK_STR(last_name(), "tls");
	CHECK_EQ(packet.result, DECODE_OK);
	CHECK_STR(packet_column(&packet), "TLSv1");
	CHECK_STR(values("tls.record.version"), "0x0301");
	CHECK_STR(values("tls.handshake.type"), "1");
	CHECK_STR(values("tls.handshake.version"), "0x0303");
	CHECK_STR(values("tls.handshake.ciphersuite"), "0x1301,0xc02f");
	CHECK_STR(values("tls.handshake.extension.type"), "0,16,43,10");
	CHECK_STR(values("tls.handshake.extensions_server_name"), "a.test");
	CHECK_STR(values("tls.handshake.extensions_alpn_str"), "h2");
	CHECK_STR(values("tls.handshake.extensions.supported_version"), "0x0304");
	CHECK_STR(values("tls.handshake.extensions_supported_group"), "0x001d,0x0017");
	CHECK_STR(line(0), "");
	CHECK_STR(line(1), "\n\tTLSv1: ClientHello a.test (90)");
}

TEST(tls_client_hello_cut_anywhere)
{
	for (size_t n = 5; n < sizeof(client_hello) - 1; n++) {
		tcp(5000, 443);
		put(client_hello, n);
		finish(0); /* the rest is in the next segment */
		CHECK_EQ(last()->result, DECODE_OK);
		CHECK_STR(values("tls.handshake.extensions_server_name"), "");
		tcp_next(5000, 443);
		put(client_hello + n, sizeof(client_hello) - 1 - n);
		finish(0);
		CHECK_STR(values("tls.handshake.extensions_server_name"), "a.test");
		tcp(5000, 443);
		decoder_segments(&decoder);
		put(client_hello, n);
		finish(0); /* as it stands */
		CHECK_STR(values("tls.handshake.extensions_server_name"), n >= 69 ? "a.test" : "");
		tcp(5000, 443);
		put(client_hello, n);
		finish((uint32_t)(sizeof(client_hello) - 1 - n)); /* the snaplen cut it */
		CHECK_EQ(last()->result, DECODE_TRUNCATED);
	}
}

TEST(tls_hello_with_extensions_that_are_too_long)
{
	tcp(5000, 443);
	put(client_hello, sizeof(client_hello) - 1);
	bytes[40 + 5 + 4 + 2 + 32 + 1 + 6 + 2 + 1] = 0x7f; /* length of all extensions */
	finish(0);
	CHECK_EQ(last()->result, DECODE_MALFORMED);
	CHECK_STR(values("tls.handshake.type"), "1");
}

static void server_hello_1_3(void)
{
	PUT("\x16\3\3\0\x32\2\0\0\x2e\3\3" "01234567890123456789012345678901" "\0\x13\1\0\0\6\0\x2b\0\2\3\4");
}

TEST(tls_version_is_remembered_for_the_connection)
{
	tcp(5000, 443);
	put(client_hello, sizeof(client_hello) - 1);
	finish(0);
	tcp_next(443, 5000);
	server_hello_1_3();
	finish(0);
	CHECK_STR(packet_column(&packet), "TLSv1.3");
	tcp_next(5000, 443);
	PUT("\x17\3\3\0\5abcde");
	finish(0);
	CHECK_STR(packet_column(&packet), "TLSv1.3");
	CHECK_STR(values("tls.record.opaque_type"), "23");
	tcp_next(5000, 443);
	PUT("in the middle of a record");
	finish(0);
	CHECK_STR(last_name(), "tls");
	CHECK_STR(packet_column(&packet), "TLSv1.3");
	tcp_next(5001, 443); /* another connection: the record is believed */
	PUT("\x17\3\3\0\5abcde");
	finish(0);
	CHECK_STR(packet_column(&packet), "TLSv1.2");
	CHECK_STR(values("tls.record.content_type"), "23");
	CHECK_STR(values("tls.app_data"), "6162636465");
	tcp_next(5002, 443);
	PUT("nothing known of this one");
	finish(0);
	CHECK_STR(packet_column(&packet), "SSL");
}

TEST(tls_encrypted_messages_are_not_shown)
{
	tcp(5000, 443);
	/* as OpenSSL begins: an explicit nonce of zeros looks like a HelloRequest */
	PUT("\x14\3\3\0\1\1\x16\3\3\0\x28\0\0\0\0\0\0\0\0" "0123456789012345678901234567890\x80");
	finish(0);
	CHECK_STR(values("tls.record.content_type"), "20,22");
	CHECK_STR(values("tls.handshake.type"), "");
	tcp(5000, 443);
	PUT("\x16\3\3\0\x28\0\0\0\0\0\0\0\0" "0123456789012345678901234567890\x80");
	finish(0);
	CHECK_STR(values("tls.handshake.type"), "");
}

TEST(tls_message_in_two_records)
{
	tcp(443, 5000);
	PUT("\x16\3\3\0\x0c\4\0\0\x0e\0\0\1\x2c\0\x08" "ab");
	PUT("\x16\3\3\0\x06" "cdefgh");
	PUT("\x15\3\3\0\2\1\0");
	finish(0);
	CHECK_STR(values("tls.handshake.type"), "");
	tcp(443, 5000);
	PUT("\x16\3\3\0\x4c\4\0\0\x66\0\0\1\x2c\0\x60" "012345678901234567890123456789012345678901234567890123456789" "012345");
	PUT("\x16\3\3\0\x1e" "abcdefghijklmnopqrstuvwxyz" "ABCD");
	PUT("\x15\3\3\0\2\1\0");
	finish(0);
	CHECK_STR(values("tls.handshake.type"), "4");
	CHECK_STR(values("tls.handshake.session_ticket_length"), "96");
	CHECK_STR(values("tls.alert_message.desc"), "0");
}

TEST(tls_needs_more_than_a_byte)
{
	tcp(5000, 5001);
	PUT("\x16\3\x09\0\5hello");
	finish(0);
	CHECK_STR(packet_column(&packet), "TCP");
	tcp(5000, 5001);
	PUT("\x19\3\3\0\5hello");
	finish(0);
	CHECK_STR(packet_column(&packet), "TCP");
}

/* ---- HTTP --------------------------------------------------------------------------------------- */

TEST(http_request)
{
	tcp(5000, 8000);
	PUT("GET /a?x=1&y HTTP/1.1\r\nHost: ex.test\r\nCookie: a=b; c=d\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n");
	finish(0);
	CHECK_STR(last_name(), "http");
	CHECK_STR(packet_column(&packet), "HTTP");
	CHECK_STR(values("http.request"), "1");
	CHECK_STR(values("http.response"), "");
	CHECK_STR(values("http.request.method"), "GET");
	CHECK_STR(values("http.request.uri"), "/a?x=1&y");
	CHECK_STR(values("http.request.uri.path"), "/a");
	CHECK_STR(values("http.request.uri.query.parameter"), "x=1,y");
	CHECK_STR(values("http.request.version"), "HTTP/1.1");
	CHECK_STR(values("http.host"), "ex.test");
	CHECK_STR(values("http.cookie_pair"), "a=b,c=d");
	CHECK_STR(values("http.authbasic"), "user:pass");
	CHECK_STR(values("http.request.full_uri"), "http://ex.test/a?x=1&y");
	CHECK_STR(line(0), ""); /* tcpdump does not look at this port */
	CHECK(strstr(line(1), "\n\tHost: ex.test\n") != NULL);
}

TEST(http_response)
{
	tcp(80, 5000);
	PUT("HTTP/1.1 404 Gone fishing\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabcd");
	finish(0);
	CHECK_STR(values("http.response"), "1");
	CHECK_STR(values("http.response.code"), "404");
	CHECK_STR(values("http.response.code.desc"), "Not Found");
	CHECK_STR(values("http.response.phrase"), "Gone fishing");
	CHECK_STR(values("http.content_length"), "3");
	CHECK_STR(values("http.response.line"), "Content-Length: 3\r\n,X-A: b\r\n");
	CHECK_STR(values("http.file_data"), "abc");
	CHECK_STR(line(0), ": HTTP: HTTP/1.1 404 Gone fishing");
}

TEST(http_chunks)
{
	tcp(80, 5000);
	PUT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n");
	finish(0);
	CHECK_STR(values("http.chunk_size"), "3,2,0");
	CHECK_STR(values("http.file_data"), "abcde");
}

TEST(http_requests_behind_each_other)
{
	tcp(5000, 80);
	PUT("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET /2 HTTP/1.1\r\nHost: b\r\n\r\n");
	finish(0);
	CHECK_STR(values("http.request.uri"), "/1,/2");
	CHECK_STR(values("http.host"), "a,b");
	CHECK_STR(values("http.file_data"), "hi");
}

TEST(http_cut)
{
	tcp(5000, 80);
	PUT("GET /long HTTP/1.1\r\nHost: exam");
	finish(30);
	CHECK_EQ(last()->result, DECODE_TRUNCATED);
	CHECK_STR(values("http.request.uri"), "/long");
	CHECK_STR(values("http.host"), "exam");
}

TEST(http_body_and_what_is_none)
{
	tcp(80, 5000);
	PUT("the rest of a page");
	finish(0);
	CHECK_STR(last_name(), "http");
	CHECK_STR(packet_column(&packet), "TCP");
	CHECK_STR(values("http.request.method"), "");
	tcp_next(5000, 80);
	PUT("GET / HTTP/1.1\r\n\r\n");
	finish(0);
	tcp_next(80, 5000);
	PUT("the rest of a page");
	finish(0);
	CHECK_STR(packet_column(&packet), "HTTP");
	tcp(5000, 5001);
	PUT("GET out of here, this is no request\r\n");
	finish(0);
	CHECK_STR(packet_column(&packet), "TCP");
	tcp(5000, 80); /* by content before by port */
	put(client_hello, sizeof(client_hello) - 1);
	finish(0);
	CHECK_STR(last_name(), "tls");
	tcp(5000, 443);
	PUT("GET / HTTP/1.1\r\n\r\n");
	finish(0);
	CHECK_STR(last_name(), "http");
}

TEST(ssdp_has_the_fields_of_http)
{
	udp(5000, 1900);
	PUT("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n");
	finish(0);
	CHECK_STR(packet_column(&packet), "SSDP");
	CHECK(!packet_layer(&packet, PROTO_http));
	CHECK_STR(values("http.request.method"), "M-SEARCH");
	CHECK_STR(values("http.host"), "239.255.255.250:1900");
}

/* ---- all together --------------------------------------------------------------------------------- */

TEST(field_tables_are_complete)
{
	for (unsigned i = 0; i < PROTO_COUNT; i++) {
		const struct protocol *p = protocols[i];
		size_t n = strlen(p->name);

		CHECK(p->title && p->reference && p->decode);
		for (unsigned j = 0; j < p->nfields; j++) {
			const struct field *f = &p->fields[j];

			if (!CHECK(*field_name(f) && *field_label(f)))
				break;
			CHECK(!strncmp(field_name(f), p->name, n) || *field_name(f));
			CHECK(f->width || field_getter(f) || f->is_either || p->walk);
			CHECK(field_find(field_name(f), strlen(field_name(f))) == f);
		}
	}
}
