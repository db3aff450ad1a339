/* SPDX-License-Identifier: MIT */
/*
 * Filter text from anybody: compiled, explained, its BPF half made, and run on a few packets. The text is followed by a NUL
 * byte and, if the fuzzer likes, by one more packet of its own.
 */
#include "../unit/filter_frames.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct filter *f, const struct decoder *d, const struct frame *frame)
{
	static struct packet p;

	packet_decode(&p, d, frame);
	filter_match(f, &p);
	if (!filter_needs_decoding(f))
		filter_match_frame(f, frame);
}

static void run_on_packets(const struct filter *f, const uint8_t *packet, size_t len)
{
	struct decoder d;
	struct built b;
	struct frame own;

	decoder_init(&d);
	filter_want(f, &d);
	built_eth(&b, 0x0800);
	built_ip(&b, 6, "\x0a\0\0\x01", "\x0a\0\0\x02");
	built_tcp(&b, 80, 443, 0x12);
	built_add(&b, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", 37);
	run(f, &d, built_frame(&b));
	built_eth(&b, 0x0800);
	built_ip(&b, 17, "\x0a\0\0\x01", "\x0a\0\0\x02");
	built_udp(&b, 53, 53);
	built_add(&b, "\0\x01\x01\0\0\x01\0\0\0\0\0\0\x07" "example\x03" "com\0\0\x01\0\x01", 29);
	run(f, &d, built_frame(&b));
	own = b.frame;
	own.data = packet;
	own.caplen = own.wirelen = (uint32_t)len;
	run(f, &d, &own);
	decoder_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1), bpf[4096], explained[16384];
	struct filter_notes notes;
	struct errmsg err;
	struct filter *f;
	struct outbuf o;
	size_t len;
	bool exact;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	len = strlen(text);
	if (!filter_compile(&f, text, &notes, &err)) {
		outbuf_fixed(&o, explained, sizeof(explained));
		filter_explain(f, LINKTYPE_ETHERNET, &o);
		filter_bpf(f, LINKTYPE_LINUX_SLL, bpf, sizeof(bpf), &exact);
		run_on_packets(f, data + (len < size ? len + 1 : size), len < size ? size - len - 1 : 0);
		filter_free(f);
	}
	free(text);
	return 0;
}
