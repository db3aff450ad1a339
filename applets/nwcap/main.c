/* SPDX-License-Identifier: MIT */
/* nwcap's main, and what needs no packets: the lists (-D, -L, -J) and the compiled filter (-d). */
#include "nwcap.h"
#include "../applets.h"
#include "base/text.h"
#include "base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int nwcap_fail(int code, const struct errmsg *err)
{
	fprintf(stderr, "nwcap: %s\n", err->text);
	return errmsg_exit_code(code);
}

int nwcap_filter_hint(int code, const char *bpf, struct errmsg *err)
{
	size_t used = err ? strlen(err->text) : 0;
	struct filter *f = NULL;

	if (ENABLE_DISPLAY_FILTER && err && code == NW_EINPUT && !filter_compile(&f, bpf, NULL, NULL)) {
		/* bare words are display filters too, so only what has an operator is a hint worth giving */
		if (strpbrk(bpf, "=<>.~"))
			snprintf(err->text + used, sizeof(err->text) - used, "\nAs a display filter it is fine: give it with -Y");
		filter_free(f);
	}
	return code;
}

const char *nwcap_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- the capture filter's text --------------------------------------------------------- */

enum { FILTER_MAX = 65536 };

/* As in tcpdump: from '#' to the end of the line is a comment. */
static void blank_comments(char *text)
{
	bool comment = false;

	for (; *text; text++) {
		if (*text == '#')
			comment = true;
		if (*text == '\n')
			comment = false;
		if (comment || *text == '\n')
			*text = ' ';
	}
}

static int filter_from_file(const char *path, char *text, struct errmsg *err)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	size_t used = 0;
	ssize_t n = 1;

	if (fd < 0)
		return errmsg_errno(err, "-F %s", path);
	while (used < FILTER_MAX && (n = read(fd, text + used, FILTER_MAX - used)) > 0)
		used += (size_t)n;
	if (n < 0)
		errmsg_errno(err, "-F %s", path);
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0)
		return NW_ESYS;
	if (used == FILTER_MAX)
		return errmsg_set(err, NW_EINPUT, "-F %s: the filter is longer than %d bytes", path, FILTER_MAX - 1);
	text[used] = 0;
	blank_comments(text);
	return 0;
}

static int filter_text(struct nwcap_options *o, int words, char **word, char *text, struct errmsg *err)
{
	size_t used = 0;

	o->bpf = text;
	*text = 0;
	if (o->filter_file && words)
		return errmsg_set(err, NW_EINPUT, "a capture filter comes from -F or from words, not from both ('%s')", word[0]);
	if (o->filter_file)
		return filter_from_file(o->filter_file, text, err);
	for (int i = 0; i < words; i++) {
		size_t len = strlen(word[i]);

		if (len + 2 > FILTER_MAX - used)
			return errmsg_set(err, NW_EINPUT, "the capture filter is longer than %d bytes; put it into a file (-F)",
					  FILTER_MAX - 1);
		if (i)
			text[used++] = ' ';
		memcpy(text + used, word[i], len + 1);
		used += len;
	}
	return 0;
}

/* ---- without packets: -D -L -J -d ------------------------------------------------------------ */

static void print_device(void *user, const struct capture_device *d)
{
	int *number = user;

	printf("%d.%s", ++*number, d->name);
	if (d->description[0])
		printf(" (%s)", d->description);
	if (d->up || d->loopback)
		printf(" [%s%s%s%s]", d->up ? "Up" : "Down", d->running ? ", Running" : "", d->wireless ? ", Wireless" : "",
		       d->loopback ? ", Loopback" : "");
	printf("%s%s\n", d->addresses[0] ? " " : "", d->addresses);
}

static int list_devices(const struct nwcap_options *o, struct errmsg *err)
{
	int number = 0, found = capture_devices(o->netns, print_device, &number, err);

	if (!found)
		return errmsg_set(err, NW_EPERM, "no interface can be seen; listing needs a network namespace with interfaces");
	return found < 0 ? found : 0;
}

static int list_linktypes(const struct nwcap_options *o, struct errmsg *err)
{
	int types[64], n;

	if (o->interfaces.count != 1)
		return errmsg_set(err, NW_EINPUT, "-L needs the interface: nwcap -i IFACE -L");
	n = capture_linktypes(o->interfaces.item[0], o->netns, types, 64, err);
	if (n < 0)
		return n;
	printf("Data link types for %s (use option -y to set):\n", o->interfaces.item[0]);
	for (int i = 0; i < n; i++) {
		const char *name = linktype_name((unsigned)types[i]), *what = linktype_description((unsigned)types[i]);

		printf("  %s (%s)\n", name ? name : "?", what ? what : "?");
	}
	return 0;
}

/* dumpcap's and tcpdump's words. Where no type can be chosen there is only the host's clock. */
static int list_tstamp_types(const struct nwcap_options *o, struct errmsg *err)
{
	int types[64], n;

	if (o->interfaces.count != 1)
		return errmsg_set(err, NW_EINPUT, "-J needs the interface: nwcap -i IFACE -J");
	n = capture_tstamp_types(o->interfaces.item[0], o->netns, types, 64, err);
	if (n < 0)
		return n;
	printf("Time stamp types for %s (use option -j to set):\n", o->interfaces.item[0]);
	for (int i = 0; i < n; i++) {
		const char *what;
		const char *name = capture_tstamp_name(types[i], &what);

		printf("  %s (%s)\n", name ? name : "?", what ? what : "?");
	}
	return 0;
}

/*
 * The link type decides what a filter compiles to: that of -y, else of the interface or file, else Ethernet. What it keeps
 * of a packet is the snapshot length of -s, else of the file.
 */
static int dump_linktype(const struct nwcap_options *o, int *linktype, uint32_t *snaplen, struct errmsg *err)
{
	struct reader *r;
	int n;

	*snaplen = (uint32_t)o->snaplen;
	*linktype = o->linktype_number >= 0 ? o->linktype_number : LINKTYPE_ETHERNET;
	if (o->linktype_number >= 0)
		return 0;
	if (o->interfaces.count) {
		n = capture_linktypes(o->interfaces.item[0], o->netns, linktype, 1, err);
		return n < 0 ? n : 0;
	}
	if (!o->read)
		return 0;
	n = reader_open(&r, o->read, &(struct reader_options){ 0 }, err);
	if (n)
		return n;
	if (!reader_interfaces(r)) /* pcapng says it a little later */
		reader_fill(r, NULL);
	if (reader_interfaces(r)) {
		*linktype = reader_interface(r, 0)->linktype;
		if (!*snaplen && reader_interface(r, 0)->snaplen)
			*snaplen = reader_interface(r, 0)->snaplen;
	}
	reader_close(r);
	return 0;
}

static int dump_filter(const struct nwcap_options *o, struct errmsg *err)
{
	uint32_t snaplen;
	int linktype, bad = dump_linktype(o, &linktype, &snaplen, err);
	struct outbuf out;

	if (bad)
		return bad;
	bad = outbuf_to_fd(&out, STDOUT_FILENO, 16384, err);
	if (bad)
		return bad;
	bad = capture_dump_filter(o->bpf, (unsigned)linktype, snaplen, !o->no_optimize, o->dump, &out, err);
	if (!bad)
		bad = outbuf_flush(&out, err);
	outbuf_release(&out);
	return bad;
}

/* ---- main --------------------------------------------------------------------------------- */

static int version(void)
{
	return puts("nwcap (nwbox) " NWBOX_VERSION), 0; /* main() sees whether it has arrived */
}

static int help(void)
{
	struct outbuf out;
	struct errmsg err;
	int bad = outbuf_to_fd(&out, STDOUT_FILENO, 16384, &err);

	if (bad)
		return nwcap_fail(bad, &err);
	options_help(&nwcap_usage, &out);
	bad = outbuf_flush(&out, &err);
	outbuf_release(&out);
	return bad ? nwcap_fail(bad, &err) : 0;
}

int nwcap_main(int argc, char **argv)
{
	struct nwcap_options o = { 0 };
	char *text = NULL;
	struct errmsg err;
	int first, bad;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(2), handled like the others, */
	signal(SIGXFSZ, SIG_IGN); /* and so is a file that is larger than allowed (ulimit -f) */
	bad = options_parse(&nwcap_usage, argc, argv, &o, &first, &err);
	if (bad == OPTIONS_HELP)
		return help();
	if (bad == OPTIONS_VERSION)
		return version();
	if (!bad)
		bad = nwcap_check_options(&o, &err);
	text = bad ? NULL : malloc(FILTER_MAX + 1);
	if (!bad && !text)
		bad = errmsg_set(&err, NW_ELIMIT, "no memory");
	if (!bad)
		bad = filter_text(&o, argc - first, argv + first, text, &err);
	if (!bad && o.list_devices)
		bad = list_devices(&o, &err);
	else if (!bad && o.list_linktypes)
		bad = list_linktypes(&o, &err);
	else if (!bad && o.list_tstamp_types)
		bad = list_tstamp_types(&o, &err);
	else if (!bad && o.dump)
		bad = dump_filter(&o, &err);
	else if (!bad) {
		int status = ENABLE_DOCTOR && o.doctor ? nwcap_doctor(&o) : ENABLE_DROPS && o.drops ? nwcap_drops(&o) : o.read || o.read_list ? nwcap_offline(&o) : nwcap_live(&o);

		free(text);
		return status;
	}
	free(text);
	return bad ? nwcap_fail(bad, &err) : fflush(stdout) ? nwcap_fail(errmsg_errno(&err, "standard output"), &err) : 0;
}
