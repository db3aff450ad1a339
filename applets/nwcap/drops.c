/* SPDX-License-Identifier: MIT */
/*
 * --drops: packets that the kernel threw away, from its drop monitor, through filters to lines or a file like captured ones.
 *
 *   eth0 NO_SOCKET __udp4_lib_rcv+0x5c5 12:03:07.123456 IP 10.0.0.1.40000 > 10.0.0.2.7777: UDP, length 18
 *
 * In a pcapng the same three words are a comment of the packet. The monitor tells no link type: packets with and without
 * a link-layer header are two interfaces of the file.
 */
#include "nwcap.h"
#include "capture/dropmon.h"
#include "loop/loop.h"
#include "sys/privilege.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { ETHERNET, RAW_IP, KINDS, COMMENT = 300 };

struct drops {
	const struct nwcap_options *o;
	struct dropmon *monitor;
	struct output out;
	struct loop loop;
	struct loop_fd io;
	struct loop_timer flush, stop, rotate;
	struct bpf *bpf[KINDS];
	uint32_t ifid[KINDS];
	uint64_t seen, matched;
	int status;
	struct errmsg err;
};

static const uint16_t kinds[KINDS] = { [ETHERNET] = LINKTYPE_ETHERNET, [RAW_IP] = LINKTYPE_RAW };
static const int64_t second_ns = 1000000000;

/* ---- one packet ------------------------------------------------------------------------------ */

static void put_word(struct outbuf *o, const char *word, const char *otherwise)
{
	outbuf_str(o, word[0] ? word : otherwise);
}

/* "eth0 NO_SOCKET __udp4_lib_rcv+0x5c5"; of hardware the group and the trap. */
static const char *describe(const struct dropped *d, char *text, size_t size)
{
	struct outbuf o;

	outbuf_fixed(&o, text, size);
	put_word(&o, d->ifname, "-");
	outbuf_char(&o, ' ');
	put_word(&o, d->hardware ? d->group : d->reason, "NOT_SPECIFIED");
	outbuf_char(&o, ' ');
	if (d->hardware || d->symbol[0]) {
		put_word(&o, d->hardware ? d->trap : d->symbol, "?");
	} else {
		outbuf_str(&o, "0x");
		outbuf_hex(&o, d->pc, 16);
	}
	return outbuf_cstr(&o);
}

/* The comment as a pcapng option, which goes with the frame. */
static uint32_t make_option(uint8_t *option, const char *text)
{
	uint16_t code = 1, len = (uint16_t)strlen(text);

	memset(option, 0, COMMENT + 8);
	memcpy(option, &code, sizeof(code));
	memcpy(option + 2, &len, sizeof(len));
	memcpy(option + 4, text, len);
	return 4 + ((len + 3u) & ~3u);
}

static bool of_interest(const struct drops *x, const struct dropped *d)
{
	const struct option_list *names = &x->o->interfaces;
	bool wanted = !names->count;

	for (int i = 0; i < names->count; i++)
		wanted |= !strcmp(names->item[i], d->ifname) || !strcmp(names->item[i], "any");
	return wanted;
}

static int take(void *user, const struct dropped *d, struct errmsg *err)
{
	int kind = d->linktype == LINKTYPE_RAW ? RAW_IP : ETHERNET, went;
	struct drops *x = user;
	char words[COMMENT];
	uint8_t option[COMMENT + 8];
	struct frame f = {
		.number = ++x->seen,
		.ts_ns = d->ts_ns ? d->ts_ns : loop_realtime_ns(),
		.has_ts = true,
		.data = d->data,
		.caplen = d->caplen,
		.wirelen = d->wirelen,
		.linktype = d->linktype,
	};

	if (!of_interest(x, d) || (x->bpf[kind] && !bpf_match(x->bpf[kind], &f)))
		return 0;
	describe(d, words, sizeof(words));
	if (x->out.format == FORMAT_PCAPNG) {
		f.options_len = make_option(option, words);
		f.options = option;
	}
	went = output_frame(&x->out, &f, x->ifid[kind], words, err);
	if (went < 0)
		return went;
	x->matched += (uint64_t)went;
	return x->o->count && x->matched >= x->o->count ? NW_ELIMIT : 0;
}

/* ---- the loop ----------------------------------------------------------------------------------- */

static void failed(struct drops *x, int code)
{
	if (code != NW_ECLOSED)
		x->status = nwcap_fail(code, &x->err);
	loop_stop(&x->loop);
}

static void ready(struct loop_fd *h, uint32_t events)
{
	struct drops *x = container_of(h, struct drops, io);
	int n = dropmon_read(x->monitor, take, x, &x->err);

	(void)events;
	if (n == NW_ELIMIT && (x->out.enough || (x->o->count && x->matched >= x->o->count)))
		loop_stop(&x->loop);
	else if (n < 0)
		failed(x, n);
	else if (n && x->out.to_text && output_flush(&x->out, &x->err))
		failed(x, NW_ECLOSED);
}

static void flush(struct loop_timer *t)
{
	struct drops *x = container_of(t, struct drops, flush);
	int bad = output_flush(&x->out, &x->err);

	if (bad)
		failed(x, bad);
	else
		loop_add_timer(&x->loop, t, x->loop.now_ns + second_ns);
}

static void stop(struct loop_timer *t)
{
	loop_stop(&container_of(t, struct drops, stop)->loop);
}

static void arm_rotation(struct drops *x)
{
	int64_t at = x->out.ring ? ring_deadline_ns(x->out.ring) : INT64_MAX;

	if (at != INT64_MAX)
		loop_add_timer(&x->loop, &x->rotate, at);
}

static void rotate(struct loop_timer *t)
{
	struct drops *x = container_of(t, struct drops, rotate);
	int bad = ring_tick(x->out.ring, loop_realtime_ns(), &x->err);

	if (bad > 0)
		loop_stop(&x->loop);
	else if (bad)
		failed(x, bad);
	else
		arm_rotation(x);
}

static void say(struct drops *x, uint64_t untold)
{
	fprintf(stderr, "%" PRIu64 " packet%s captured\n%" PRIu64 " packet%s thrown away by the kernel\n", x->matched,
		nwcap_plural(x->matched), x->seen + untold, nwcap_plural(x->seen + untold));
	if (untold)
		fprintf(stderr, "%" PRIu64 " of them came too fast to be told\n", untold);
}

static void on_signal(struct loop *loop, int signo)
{
	if (signo == SIGUSR1)
		say(container_of(loop, struct drops, loop), 0);
	else
		loop_stop(loop);
}

/* ---- the beginning -------------------------------------------------------------------------------- */

static int open_output(struct drops *x, struct errmsg *err)
{
	struct interface i = { .tsresol = 9, .snaplen = x->o->snaplen ? (uint32_t)x->o->snaplen : DROPMON_SNAPLEN_MAX };
	int bad = 0;

	i.received = i.dropped = i.ifdropped = i.delivered = UINT64_MAX;
	snprintf(i.name, sizeof(i.name), "drops");
	for (int k = 0; k < KINDS && !bad; k++) {
		i.linktype = kinds[k];
		if (!k)
			bad = output_open(&x->out, &i, err);
		if (!bad)
			bad = output_add_interface(&x->out, &i, &x->ifid[k], err);
	}
	return bad;
}

static int open_all(struct drops *x, struct errmsg *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, 0 };
	struct privilege_needs needs = { .user = x->o->user };
	struct privilege_report report;
	int bad = output_prepare(&x->out, x->o, KINDS, err);

	x->out.many = true;
	if (!bad && x->out.to_file && x->out.format == FORMAT_PCAP)
		bad = errmsg_set(err, NW_EINPUT, "%s: --drops has two link types and a reason for each packet; write pcapng", x->o->write);
	for (int k = 0; k < KINDS && !bad && x->o->bpf[0]; k++)
		bad = bpf_compile(&x->bpf[k], x->o->bpf, kinds[k], CAPTURE_SNAPLEN_MAX, err);
	if (!bad)
		bad = dropmon_open(&x->monitor, (uint32_t)x->o->snaplen, err);
	if (!bad)
		bad = loop_init(&x->loop, err);
	if (!bad)
		bad = loop_signals(&x->loop, signals, on_signal, err);
	needs.write_dir = x->out.dir;
	if (!bad && x->o->user)
		bad = privilege_drop(&needs, &report, err);
	if (!bad)
		bad = open_output(x, err);
	if (!bad && !x->o->user)
		bad = privilege_drop(&needs, &report, err);
	return bad;
}

static int run(struct drops *x)
{
	int bad = open_all(x, &x->err);

	if (!bad) {
		x->io = (struct loop_fd){ .fd = dropmon_fd(x->monitor), .events = LOOP_READ, .ready = ready };
		bad = loop_add_fd(&x->loop, &x->io, &x->err);
	}
	if (bad) {
		output_close(&x->out, NULL);
		return nwcap_fail(bad, &x->err);
	}
	x->flush.fire = flush;
	x->stop.fire = stop;
	x->rotate = (struct loop_timer){ .wall = true, .fire = rotate };
	loop_add_timer(&x->loop, &x->flush, x->loop.now_ns + second_ns);
	if (x->o->stop_ns)
		loop_add_timer(&x->loop, &x->stop, x->loop.now_ns + x->o->stop_ns);
	arm_rotation(x);
	fprintf(stderr, "nwcap: listening to the kernel's drop monitor\n");
	bad = loop_run(&x->loop, &x->err);
	if (bad)
		failed(x, bad);
	bad = output_close(&x->out, &x->err);
	if (bad)
		failed(x, bad);
	say(x, dropmon_lost(x->monitor));
	return x->status;
}

int nwcap_drops(const struct nwcap_options *o)
{
	struct drops *x = calloc(1, sizeof(*x));
	int status;

	if (!x)
		return nwcap_fail(NW_ELIMIT, &(struct errmsg){ "no memory" });
	x->o = o;
	x->loop.epfd = x->loop.sigfd = x->loop.endfd = x->loop.wallfd = -1;
	status = run(x);
	dropmon_close(x->monitor);
	for (int k = 0; k < KINDS; k++)
		bpf_free(x->bpf[k]);
	loop_release(&x->loop);
	free(x);
	return status;
}
