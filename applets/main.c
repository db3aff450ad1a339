/* SPDX-License-Identifier: MIT */
/*
 * nwbox: one binary, several applets. The name it is called by says which
 * (nwcap -> nwbox is a symbolic link); under its own name the first word does.
 */
#include "applets.h"
#include "base/text.h"
#include "base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INSTALL_BIN, INSTALL_SBIN };
enum { NEEDS_NOTHING, NEEDS_NET_RAW, IS_DAEMON };

struct applet {
	const char *name;
	int (*run)(int argc, char **argv);
	const struct usage *usage;
	int where, needs;
	const char *purpose;
};

/* A switched-off applet has a null row, so that nothing refers to its code and the linker drops it. */
static const struct applet applets[] = {
#define APPLET(name, enabled, where, needs, purpose)                                                        \
	{ (enabled) ? #name : 0, (enabled) ? name##_main : 0, (enabled) ? &name##_usage : 0, where, needs, purpose },
#include "applets.def"
#undef APPLET
};

enum { APPLETS = sizeof(applets) / sizeof(*applets) };

static const struct applet *applet_find(const char *name)
{
	for (int i = 0; i < APPLETS; i++)
		if (applets[i].name && !strcmp(applets[i].name, name))
			return &applets[i];
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void list(FILE *to, int with_purpose)
{
	for (int i = 0; i < APPLETS; i++) {
		if (!applets[i].name)
			continue;
		if (with_purpose)
			fprintf(to, "  %-13s %s\n", applets[i].name, applets[i].purpose);
		else
			fprintf(to, "%s\t%s\n", applets[i].name, applets[i].where == INSTALL_SBIN ? "sbin" : "bin");
	}
}

static int usage(FILE *to)
{
	fputs("Usage: nwbox APPLET [ARGUMENT…]\n"
	      "       nwbox --list             the applets of this binary and where they belong (bin, sbin)\n"
	      "       nwbox --options APPLET   its options as a table: letter, name, argument, choices, help\n"
	      "       nwbox --install [-s] DIR links to the applets in DIR (-s: symbolic, otherwise hard)\n"
	      "       nwbox --version\n"
	      "Called through a link named like an applet, it is that applet. APPLET --help tells more.\n\n",
	      to);
	list(to, 1);
	return to == stdout ? 0 : 5;
}

/* What completions are made of. */
static int options(const char *name)
{
	const struct applet *a = name ? applet_find(name) : NULL;
	struct outbuf out;
	int rc;

	if (!a) {
		fprintf(stderr, "nwbox: --options takes the name of an applet; nwbox --list shows all\n");
		return 5;
	}
	if (outbuf_to_fd(&out, STDOUT_FILENO, 16384, NULL))
		return 1;
	options_table(a->usage, &out);
	rc = outbuf_flush(&out, NULL);
	outbuf_release(&out);
	return rc ? 1 : 0;
}

/* The path of this very binary, for links to it. */
static int self_path(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	if (n < 0) {
		fprintf(stderr, "nwbox: /proc/self/exe: %s; is /proc mounted?\n", strerror(errno));
		return -1;
	}
	path[n] = 0;
	return 0;
}

static int install_one(const char *self, int dirfd, const char *dir, const char *name, int symbolic)
{
	struct stat here, there;

	if (!fstatat(dirfd, name, &there, 0) && !stat(self, &here) && here.st_ino == there.st_ino &&
	    here.st_dev == there.st_dev)
		return 0; /* already ours */
	if (unlinkat(dirfd, name, 0) && errno != ENOENT) {
		fprintf(stderr, "nwbox: %s/%s: %s\n", dir, name, strerror(errno));
		return -1;
	}
	if (symbolic ? symlinkat(self, dirfd, name) : linkat(AT_FDCWD, self, dirfd, name, 0)) {
		fprintf(stderr, "nwbox: %s/%s: %s%s\n", dir, name, strerror(errno),
			errno == EXDEV ? "; use -s for symbolic links" : "");
		return -1;
	}
	return 0;
}

static int install(int argc, char **argv)
{
	int symbolic = argc > 0 && !strcmp(argv[0], "-s"), dirfd, rc = 0;
	char self[4096];
	const char *dir;

	argv += symbolic;
	argc -= symbolic;
	if (argc != 1) {
		fputs("nwbox: --install takes one directory: nwbox --install -s DIR\n", stderr);
		return 5;
	}
	dir = argv[0];
	dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0) {
		fprintf(stderr, "nwbox: %s: %s; the directory must exist\n", dir, strerror(errno));
		return 5;
	}
	if (self_path(self, sizeof(self)))
		rc = 1;
	for (int i = 0; !rc && i < APPLETS; i++)
		if (applets[i].name && install_one(self, dirfd, dir, applets[i].name, symbolic))
			rc = errno == EACCES || errno == EPERM ? 7 : 1;
	close(dirfd);
	return rc;
}

static int unknown(const char *word)
{
	struct text_nearest near = { .word = word };

	for (int i = 0; i < APPLETS; i++)
		if (applets[i].name)
			text_nearest_try(&near, applets[i].name);
	if (near.best)
		fprintf(stderr, "nwbox: '%s' is no applet; did you mean %s? nwbox --list shows all\n", word, near.best);
	else
		fprintf(stderr, "nwbox: '%s' is no applet; nwbox --list shows all\n", word);
	return 5;
}

/* A file opened later must not become standard output because the caller closed it (cron, a service manager). */
static void open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* What was printed must have arrived; who noticed before has said so with his status. */
static int finish(int status, const char *name)
{
	struct pollfd p = { .fd = STDOUT_FILENO };

	if (status || (!fflush(stdout) && !ferror(stdout)))
		return status;
	if (poll(&p, 1, 0) > 0 && (p.revents & POLLERR))
		return 0; /* a pipe whose reader has seen enough */
	fprintf(stderr, "%s: standard output: cannot write all of it; is the disk full?\n", name);
	return 1;
}

int main(int argc, char **argv)
{
	const struct applet *a = applet_find(argc ? base_name(argv[0]) : "");

	if (fcntl(0, F_GETFD) < 0 || fcntl(1, F_GETFD) < 0 || fcntl(2, F_GETFD) < 0)
		open_standard_descriptors();
	if (a)
		return finish(a->run(argc, argv), a->name);
	if (argc < 2)
		return usage(stderr);
	a = applet_find(base_name(argv[1]));
	if (a)
		return finish(a->run(argc - 1, argv + 1), a->name);
	if (!strcmp(argv[1], "--list")) {
		list(stdout, 0);
		return finish(0, "nwbox");
	}
	if (!strcmp(argv[1], "--options"))
		return options(argv[2]);
	if (!strcmp(argv[1], "--install"))
		return install(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--version")) {
		puts("nwbox " NWBOX_VERSION);
		return finish(0, "nwbox");
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return usage(stdout);
	return unknown(argv[1]);
}
