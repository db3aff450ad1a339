/* SPDX-License-Identifier: MIT */
/*
 * nwcap: capture to the screen, a file, a ring of files or a pipe.
 *
 *   options.c  the command line
 *   main.c     what needs no packets (-D, -L, -J, -d)
 *   open.c     interfaces, filters, output and rights of a live capture
 *   live.c     the loop, signals, what is said at the end
 *   loss.c     when packets were lost, in words
 *   offline.c  -r
 *   drops.c    --drops
 *   doctor.c   --doctor
 *   output.c   where packets go from either: display filter, file or ring, text
 *   helper.c   -z: programs for finished files
 *   proc.c     --proc: who owns a connection; prochelper.c is the process that looks
 */
#ifndef APPLETS_NWCAP_H
#define APPLETS_NWCAP_H

#include "base/errmsg.h"
#include "base/options.h"
#include "base/outbuf.h"
#include "capture/capture.h"
#include "decode/packet.h"
#include "export/export.h"
#include "filter/filter.h"
#include "pcapio/ring.h"

#include <sys/types.h>

struct nwcap_options {
	struct option_list interfaces, comments, ifnames, ifdescrs;
	const char *netns, *read, *write, *format, *direction, *display_filter, *filter_file, *linktype, *user;
	const char *read_list, *tstamp_type, *precision, *command, *print_name, *fanout, *keylog, *output;
	bool list_devices, list_linktypes, no_promiscuous, quiet, link_header, line_buffered, packet_buffered, nano;
	bool immediate, print, count_only, no_optimize, absolute_seq;
	bool doctor, drops, proc, gzip, list_tstamp_types, monitor, micro, group_read, number, lengths, no_checksums;
	int no_names, verbose, hex_ascii, hex, hex_both, times, dump;
	uint64_t threads, count, skip, max_bytes, file_count, keep, snaplen, buffer_bytes;
	int64_t interval_ns, stats_ns;
	uint64_t max_packets;     /* -b packets:N */
	int64_t duration_ns;      /* -b duration:S */
	uint64_t name_time_number;/* -b nametimenum: 1 or 2, 0: tcpdump's names */
	uint64_t stop_bytes;      /* -a filesize:KB */
	uint64_t stop_files;      /* -a files:N */
	int64_t stop_ns;          /* -a duration:S */
	const char *bpf;          /* the trailing words or the -F file as one text; "" */
	int linktype_number;      /* of -y, or -1 */
};

/* ---- helper.c --------------------------------------------------------------------- */

struct helper {
	pid_t pid;
	int fd;
};

/* Before anything is opened: the helper inherits what is open. NW_EPERM, NW_ESYS, NW_EINPUT (no such user). */
int helper_start(struct helper *h, const struct nwcap_options *o, struct errmsg *err);
/* Never waits; what cannot be queued is said on stderr. Any thread may call it. */
void helper_send(struct helper *h, const char *path);
/* Waits until the command has been run for every file. Harmless on a zeroed struct. */
void helper_finish(struct helper *h);

/* ---- output.c ------------------------------------------------------------------- */

/* Where packets go. Zeroed, then output_prepare(), then output_open(). */
struct output {
	const struct nwcap_options *o;
	struct filter *filter;        /* -Y, or NULL */
	bool filter_in_kernel;        /* the kernel's filter decides alone */
	bool to_file, to_text;
	const char *dir;              /* where files are made; NULL: nowhere */
	char dir_text[4096];
	enum capture_format format;
	struct ring *ring;
	struct export *export;
	struct outbuf text;
	struct decoder decoder;
	uint64_t passed;              /* packets that went out (and count for -c) */
	uint64_t skipped;             /* --skip */
	bool enough;                  /* -a files: all are written */
	bool many;                    /* packets come from several interfaces, so lines name them */
	unsigned interfaces;          /* added so far, for --ifname */
	struct helper helper;         /* -z */
	int names_fd;                 /* -b printname; 0: none */
	struct proc *proc;            /* --proc of a live capture, or NULL */
	struct packet packet;
};

/* Checks that the options make sense together, compiles -Y. `interfaces` is how many sources there will be. NW_EINPUT. */
int output_prepare(struct output *out, const struct nwcap_options *o, unsigned interfaces, struct errmsg *err);
/* Opens file, ring or text. `first` is the first interface (its link type and snap length go into a pcap header). */
int output_open(struct output *out, const struct interface *first, struct errmsg *err);
/* Makes an interface known to the file; its number in it. */
int output_add_interface(struct output *out, const struct interface *i, uint32_t *ifid, struct errmsg *err);
/* One packet through the filter to file and text. `ifname` is NULL or goes in front of the line. 1: it went out, 0: filtered
 * or skipped, or an error; NW_ELIMIT without a message when `enough` has become true. */
int output_frame(struct output *out, const struct frame *f, uint32_t ifid, const char *ifname, struct errmsg *err);
/* What is buffered goes out. */
int output_flush(struct output *out, struct errmsg *err);
/* True if packets need nothing but to be written: no filter, no text. */
bool output_is_plain(const struct output *out);
/* Completes the file. Everything is released even on error. */
int output_close(struct output *out, struct errmsg *err);

/* ---- loss.c ----------------------------------------------------------------------- */

/* Losses of one interface: runs of seconds in which some were lost become one line. */
struct loss {
	uint64_t seen;                /* dropped + ifdropped at the last look */
	int64_t looked_ns;            /* wall clock of the last look */
	uint64_t lost;                /* in the run that is open; 0: none is */
	int64_t from_ns, to_ns;
};

/* A look at the counters at `now_ns`. When a run of losses has ended (or `finish`), says so on stderr,
 * naming the interface unless NULL. */
void loss_look(struct loss *l, const struct capture_counters *k, int64_t now_ns, const char *ifname, bool finish);

/* ---- options.c -------------------------------------------------------------------- */

extern const struct usage nwcap_usage;
/* Works out what follows from the options and refuses what contradicts itself. */
int nwcap_check_options(struct nwcap_options *o, struct errmsg *err);

/* ---- modes ------------------------------------------------------------------------ */

/* Each returns an exit status and has said on stderr what there was to say. */
int nwcap_live(const struct nwcap_options *o);
int nwcap_offline(const struct nwcap_options *o);
int nwcap_drops(const struct nwcap_options *o);
int nwcap_doctor(const struct nwcap_options *o);

/* After a capture filter was refused: if the text is a display filter, says how to give it. Returns `code`. */
int nwcap_filter_hint(int code, const char *bpf, struct errmsg *err);
/* "nwcap: sentence" on stderr; returns the exit status for `code`. */
int nwcap_fail(int code, const struct errmsg *err);
/* "1 packet", "2 packets": the plural's s. */
const char *nwcap_plural(uint64_t n);

#endif
