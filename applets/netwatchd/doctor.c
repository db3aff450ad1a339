/* SPDX-License-Identifier: MIT */
/*
 * --doctor: what this system allows a recording daemon, one line for each thing, tried where trying changes nothing:
 *
 *   ok       landlock            ABI 6 confines files
 *   missing  packet sockets      live captures need CAP_NET_RAW
 *                                cure: sudo netwatchd, or setcap …
 *
 * or the same as JSON. nwcap --doctor says more about interfaces and drivers.
 */
#include "front.h"
#include "base/message.h"
#include "ipc/client.h"
#include "sys/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

enum status { OK, LIMITED, MISSING };

struct doctor {
	const struct front_options *o;
	const struct config *config;
	struct front_places places;
	struct outbuf out;
	struct jsonout w;
	bool json, cannot;
	uint64_t capabilities;
};

/* `cure`: what helps, or NULL. */
static void report(struct doctor *d, enum status status, const char *check, const char *cure, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
static void report(struct doctor *d, enum status status, const char *check, const char *cure, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "limited", "missing" };
	char text[500];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	d->cannot |= status == MISSING;
	if (d->json) {
		json_open_object(&d->w);
		json_add_str(&d->w, "status", words[status]);
		json_add_str(&d->w, "check", check);
		json_add_str(&d->w, "detail", text);
		json_add_str(&d->w, "cure", cure);
		json_close(&d->w);
		return;
	}
	outbuf_printf(&d->out, "%-8s %-20s ", words[status], check);
	outbuf_escaped(&d->out, text, strlen(text));
	outbuf_char(&d->out, '\n');
	if (cure)
		outbuf_printf(&d->out, "%*scure: %s\n", 30, "", cure);
}

/* ---- rights -------------------------------------------------------------------------------------------- */

static void check_user(struct doctor *d)
{
	const struct front_places *p = &d->places;
	char name[64];

	user_name(p->uid, name, sizeof(name));
	if (p->user)
		report(d, OK, "user", NULL, "starts as root, answers clients as user %s", name);
	else if (!p->uid)
		report(d, LIMITED, "user", "useradd --system --no-create-home netwatchd", "there is no user netwatchd: it stays "
		       "root, without capabilities");
	else
		report(d, OK, "user", NULL, "runs as user %s", name);
}

static void check_capabilities(struct doctor *d)
{
	static const struct {
		unsigned bit;
		enum status without;
		const char *name, *for_what;
	} wanted[] = {
		{ 13, MISSING, "CAP_NET_RAW", "recording" }, { 12, LIMITED, "CAP_NET_ADMIN", "large kernel rings and promiscuous mode" },
		{ 21, LIMITED, "CAP_SYS_ADMIN", "other network namespaces (netns)" },
		{ 7, LIMITED, "CAP_SETUID", "becoming the user netwatchd" },
	};

	for (unsigned i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		bool have = d->capabilities >> wanted[i].bit & 1;

		report(d, have ? OK : wanted[i].without, wanted[i].name, have ? NULL : "start it as root, or setcap on the binary",
		       have ? "for %s" : "missing: no %s", wanted[i].for_what);
	}
}

static void check_sandbox(struct doctor *d)
{
	int abi = privilege_landlock_abi(), seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	if (abi > 0)
		report(d, OK, "landlock", NULL, "ABI %d confines files", abi);
	else
		report(d, LIMITED, "landlock", "boot with lsm=landlock,… and CONFIG_SECURITY_LANDLOCK (Linux 5.13)",
		       "not there: files are protected by their modes only");
	if (seccomp >= 0)
		report(d, OK, "seccomp", NULL, "system calls are filtered after the start");
	else
		report(d, LIMITED, "seccomp", "a kernel with CONFIG_SECCOMP_FILTER", "not there: system calls are not filtered");
}

/* ---- packets --------------------------------------------------------------------------------------------- */

static void check_ring(struct doctor *d)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), version = TPACKET_V3;
	char total[24], free_now[24];
	struct sysinfo s;

	sysinfo(&s);
	human_bytes((uint64_t)s.totalram * s.mem_unit, total);
	human_bytes((uint64_t)s.freeram * s.mem_unit, free_now);
	if (fd < 0)
		report(d, MISSING, "packet sockets",
		       errno == EPERM ? "start it as root, or setcap cap_net_raw,cap_net_admin=ep on the binary" : "modprobe af_packet",
		       "%s", strerror(errno));
	else if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)))
		report(d, LIMITED, "packet sockets", "Linux 3.2", "there are no TPACKET_V3 rings, so recording is slow");
	else
		report(d, OK, "packet sockets", NULL, "AF_PACKET with TPACKET_V3 rings");
	if (fd >= 0)
		close(fd);
	report(d, OK, "memory", NULL, "%s, %s free; the ring of a session takes 1/256 of all, 2 to 64 MiB (buffer)", total, free_now);
}

/* ---- places ---------------------------------------------------------------------------------------------- */

/* The directory, or the nearest one above that is there. */
static const char *existing(const char *path, char part[400])
{
	struct stat s;

	snprintf(part, 400, "%s", path);
	while (stat(part, &s) && strrchr(part, '/') > part)
		*strrchr(part, '/') = 0;
	return stat(part, &s) ? "/" : part;
}

static void check_place(struct doctor *d, const char *what, const char *path)
{
	char part[400], room[24], cure[500];
	const char *there = existing(path, part);
	struct statvfs v;
	uint64_t bytes;

	snprintf(cure, sizeof(cure), "mkdir -p %.400s and give it to user %u", path, (unsigned)d->places.uid);
	if (access(there, W_OK | X_OK)) {
		report(d, MISSING, what, cure, "%s cannot be %s by this user", path, strcmp(there, path) ? "made" : "written");
		return;
	}
	bytes = statvfs(there, &v) ? 0 : (uint64_t)v.f_bavail * v.f_frsize;
	report(d, bytes < 64u << 20 ? LIMITED : OK, what,
	       bytes < 64u << 20 ? "limits of all sessions (bytes, free_bytes), or another disk" : NULL,
	       "%s%s: %s free", path, strcmp(there, path) ? " (will be made)" : "", human_bytes(bytes, room));
}

static void check_places(struct doctor *d)
{
	enum { TMPFS = 0x01021994 };
	char part[400];
	struct statfs s;
	bool memory;

	check_place(d, "state directory", d->places.state_dir);
	check_place(d, "runtime directory", d->places.runtime_dir);
	memory = !statfs(existing(d->places.runtime_dir, part), &s) &&
		 ((unsigned long)s.f_type == TMPFS || (unsigned long)s.f_type == 0x858458f6);
	report(d, memory ? OK : LIMITED, "memory sessions", memory ? NULL : "a --runtime-dir on a tmpfs",
	       memory ? "the runtime directory is in memory" : "not possible: the runtime directory is on a disk");
}

static void check_socket(struct doctor *d)
{
	struct ipc_daemon *daemon = NULL;
	struct ipc_address a;
	struct errmsg err;
	int bad = ipc_address(&a, d->o->socket, d->config->socket, IPC_FOR_DAEMON, &err);

	if (bad) {
		report(d, MISSING, "socket", "another --socket", "%s", err.text);
		return;
	}
	report(d, OK, "socket", NULL, "%s (by %s)", a.path, a.from);
	if (ipc_connect(&daemon, &a, 2000, &err))
		report(d, OK, "daemon", NULL, "none answers there");
	else
		report(d, OK, "daemon", NULL, "one answers there, pid %d", (int)ipc_daemon_pid(daemon));
	ipc_disconnect(daemon);
}

static void check_limits(struct doctor *d)
{
	struct rlimit files;
	uint64_t most;

	getrlimit(RLIMIT_NOFILE, &files);
	most = files.rlim_max;
	report(d, most < d->config->max_clients + 256 ? LIMITED : OK, "descriptors",
	       most < d->config->max_clients + 256 ? "ulimit -Hn, LimitNOFILE= of the service" : NULL,
	       "%" PRIu64 " at most, for %u clients and the sessions", most, (unsigned)d->config->max_clients);
}

int doctor_run(const struct front_options *o, const struct config *config)
{
	static void (*const checks[])(struct doctor *d) = { check_user, check_capabilities, check_sandbox, check_ring, check_places,
							    check_socket, check_limits };
	struct doctor d = { .o = o, .config = config, .json = o->output && !strcmp(o->output, "json"),
			    .capabilities = privilege_capabilities() };
	struct errmsg err;
	int bad = front_places(&d.places, o, config, &err);

	if (!bad)
		bad = outbuf_to_fd(&d.out, STDOUT_FILENO, 16384, &err);
	if (bad) {
		message_print("netwatchd", err.text);
		return errmsg_exit_code(bad);
	}
	jsonout_begin(&d.w, &d.out);
	if (d.json) {
		d.w.indent = 2;
		json_open_object(&d.w);
		json_add_array(&d.w, "checks");
	}
	for (unsigned i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		checks[i](&d);
	if (d.json) {
		json_close(&d.w);
		json_add_bool(&d.w, "can_record", !d.cannot);
		json_close(&d.w);
		outbuf_char(&d.out, '\n');
	}
	bad = outbuf_flush(&d.out, &err);
	outbuf_release(&d.out);
	return bad ? errmsg_exit_code(bad) : d.cannot ? errmsg_exit_code(NW_EPERM) : 0;
}
