/* SPDX-License-Identifier: MIT */
/*
 * --doctor: what this kernel and these rights allow, one line for each ability:
 *
 *   ok       packet sockets     AF_PACKET, TPACKET_V3 rings, fan-out
 *   limited  bpf jit            filters are interpreted
 *                               cure: sysctl -w net.core.bpf_jit_enable=1
 *   missing  drop monitor       this kernel has none …
 *
 * or the same as JSON. Each ability is tried, not computed, where trying changes nothing. A check is a function in the table
 * at the end; it may report several lines.
 */
#include "nwcap.h"
#include "base/version.h"
#include "capture/dropmon.h"
#include "host/host.h"
#include "sys/privilege.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

enum status { OK, LIMITED, MISSING };

struct doctor {
	const struct nwcap_options *o;
	struct outbuf out;
	const char *check;            /* the one that reports */
	bool json, any;
	bool can_capture;
	uint64_t capabilities;
};

/* ---- reporting ------------------------------------------------------------------------------- */

static void put_json(struct outbuf *o, const char *key, const char *value)
{
	outbuf_printf(o, ", \"%s\": ", key);
	if (!value) {
		outbuf_str(o, "null");
		return;
	}
	outbuf_char(o, '"');
	for (; *value; value++) {
		if ((uint8_t)*value < ' ') {
			outbuf_str(o, "\\u00");
			outbuf_hex(o, (uint8_t)*value, 2);
			continue;
		}
		if (*value == '"' || *value == '\\')
			outbuf_char(o, '\\');
		outbuf_char(o, *value);
	}
	outbuf_char(o, '"');
}

/* `object`: what the line is about when a check has several ("eth0"), or NULL. `cure`: the command, or NULL. */
static void report(struct doctor *d, enum status status, const char *object, const char *cure, const char *detail)
{
	static const char *const words[] = { "ok", "limited", "missing" };
	struct outbuf *o = &d->out;
	char name[80];

	if (d->json) {
		outbuf_str(o, d->any ? ",\n    {" : "\n    {");
		outbuf_printf(o, "\"status\": \"%s\"", words[status]);
		put_json(o, "check", d->check);
		put_json(o, "object", object);
		put_json(o, "detail", detail);
		put_json(o, "cure", cure);
		outbuf_char(o, '}');
	} else {
		snprintf(name, sizeof(name), "%s%s%s", d->check, object ? " " : "", object ? object : "");
		outbuf_printf(o, "%-8s %-24s ", words[status], name);
		outbuf_escaped(o, detail, strlen(detail));
		outbuf_char(o, '\n');
		if (cure)
			outbuf_printf(o, "%*scure: %s\n", 34, "", cure);
	}
	d->any = true;
}

/* The first line of a small file, or NULL. */
static const char *first_line(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return NULL;
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	return text;
}

static uint64_t number_in(const char *path)
{
	char text[32];

	return first_line(path, text, sizeof(text)) ? strtoull(text, NULL, 10) : 0;
}

/* "12.3 GiB" */
static const char *human(uint64_t bytes, char *text, size_t size)
{
	static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes;
	unsigned u = 0;

	for (; v >= 1024 && u < 4; u++)
		v /= 1024;
	snprintf(text, size, u ? "%.1f %s" : "%.0f %s", v, units[u]);
	return text;
}

/* ---- kernel and build ---------------------------------------------------------------------------- */

static void check_kernel(struct doctor *d)
{
	char text[300];
	struct utsname u;

	uname(&u);
	snprintf(text, sizeof(text), "%.64s %.64s, %.64s", u.sysname, u.release, u.machine);
	report(d, OK, NULL, NULL, text);
}

static void check_build(struct doctor *d)
{
	char text[200];

	snprintf(text, sizeof(text), "nwbox %s, profile %s:%s%s%s%s%s capture", NWBOX_VERSION, NWBOX_PROFILE,
		 ENABLE_DISPLAY_FILTER ? " display filter," : "", ENABLE_GZIP ? " gzip," : "", ENABLE_FANOUT ? " threads," : "",
		 ENABLE_DROPS ? " drops," : "", ENABLE_PROC ? " owners," : "");
	report(d, OK, NULL, NULL, text);
}

/* ---- packet sockets ------------------------------------------------------------------------------- */

static void check_packet_socket(struct doctor *d)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), why = errno, version = TPACKET_V3, fanout = 0;
	char self[256], cure[320];
	bool v3, dealt;
	ssize_t n;

	d->can_capture = fd >= 0;
	if (fd >= 0) {
		v3 = !setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version));
		dealt = !setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)) || errno != ENOPROTOOPT;
		close(fd);
		report(d, v3 && dealt ? OK : LIMITED, NULL, NULL,
		       v3 && dealt ? "AF_PACKET, TPACKET_V3 rings, fan-out for --threads" :
		       v3 ? "AF_PACKET, TPACKET_V3 rings, but no fan-out for --threads; Linux 3.1 has it" :
			    "AF_PACKET, but no TPACKET_V3 rings, so capturing is slow; Linux 3.2 has them");
		return;
	}
	if (why != EPERM && why != EACCES) {
		report(d, MISSING, NULL, "modprobe af_packet", "this kernel has no packet sockets (CONFIG_PACKET)");
		return;
	}
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = 0;
	snprintf(cure, sizeof(cure), geteuid() ? "setcap cap_net_raw,cap_net_admin=ep %s" : "docker run --cap-add NET_RAW --cap-add NET_ADMIN …",
		 n > 0 ? self : "nwbox");
	report(d, MISSING, NULL, cure, geteuid() ? "live captures need the capability CAP_NET_RAW" :
						   "root has no CAP_NET_RAW here; the container was started without it");
}

static void check_capabilities(struct doctor *d)
{
	static const struct {
		unsigned bit;
		const char *name, *for_what;
	} wanted[] = {
		{ 13, "CAP_NET_RAW", "live captures" }, { 12, "CAP_NET_ADMIN", "monitor mode and --drops" },
		{ 21, "CAP_SYS_ADMIN", "--netns" }, { 7, "CAP_SETUID", "-Z" },
	};

	for (unsigned i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		bool have = d->capabilities >> wanted[i].bit & 1;
		char text[80];

		snprintf(text, sizeof(text), have ? "for %s" : "missing, so no %s", wanted[i].for_what);
		report(d, have ? OK : i ? LIMITED : MISSING, wanted[i].name, have ? NULL : i < 2 ? "sudo setcap cap_net_raw,cap_net_admin=ep $(command -v nwbox)" : "sudo nwcap …", text);
	}
}

/* ---- sandbox ----------------------------------------------------------------------------------------- */

static void check_sandbox(struct doctor *d)
{
	int abi = privilege_landlock_abi(), seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
	char text[120];

	snprintf(text, sizeof(text), "Landlock ABI %d confines files", abi);
	report(d, abi > 0 ? OK : LIMITED, "landlock", abi > 0 ? NULL : "boot with lsm=landlock,… and CONFIG_SECURITY_LANDLOCK (Linux 5.13)",
	       abi > 0 ? text : "not there: after the start files are protected by their modes only");
	report(d, seccomp >= 0 ? OK : LIMITED, "seccomp", seccomp >= 0 ? NULL : "a kernel with CONFIG_SECCOMP_FILTER",
	       seccomp < 0 ? "not there: system calls are not filtered" :
	       seccomp ? "system calls are filtered; this shell has a filter already" : "system calls are filtered after the start");
	report(d, OK, "no_new_privs", NULL, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) > 0 ?
		       "set already, so setcap on the program has no effect here" : "set after the start");
}

static void check_namespaces(struct doctor *d)
{
	struct stat own, first;
	unsigned named = 0;
	DIR *dir = opendir("/run/netns");
	char text[160];

	for (struct dirent *e; dir && (e = readdir(dir));)
		named += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	snprintf(text, sizeof(text), "%u named ones; this one is %s", named,
		 stat("/proc/self/ns/net", &own) || stat("/proc/1/ns/net", &first) ? "of nobody that can be asked" :
		 own.st_ino == first.st_ino ? "that of process 1" : "not that of process 1");
	report(d, d->capabilities >> 21 & 1 ? OK : LIMITED, NULL, d->capabilities >> 21 & 1 ? NULL : "sudo nwcap --netns NAME …", text);
}

/* ---- speed --------------------------------------------------------------------------------------------- */

static void check_bpf_jit(struct doctor *d)
{
	const char *path = "/proc/sys/net/core/bpf_jit_enable";
	char text[32];

	if (!first_line(path, text, sizeof(text)))
		report(d, LIMITED, NULL, "sysctl -w net.core.bpf_jit_enable=1",
		       "cannot be seen from here (it is a setting of the first network namespace)");
	else if (text[0] == '0')
		report(d, LIMITED, NULL, "sysctl -w net.core.bpf_jit_enable=1", "capture filters are interpreted");
	else
		report(d, OK, NULL, NULL, "capture filters are compiled to machine code");
}

static void check_buffers(struct doctor *d)
{
	uint64_t rmem = number_in("/proc/sys/net/core/rmem_max"), backlog = number_in("/proc/sys/net/core/netdev_max_backlog");
	char text[120], total[24];
	struct sysinfo s;

	sysinfo(&s);
	snprintf(text, sizeof(text), "%s; a kernel ring takes 1/256 of it, 2 to 64 MiB (-B)",
		 human((uint64_t)s.totalram * s.mem_unit, total, sizeof(total)));
	report(d, OK, "memory", NULL, text);
	snprintf(text, sizeof(text), "rmem_max %" PRIu64 " (packet rings do not depend on it; --drops does)", rmem);
	report(d, rmem && rmem < 212992 ? LIMITED : OK, "rmem", rmem && rmem < 212992 ? "sysctl -w net.core.rmem_max=4194304" : NULL, text);
	if (!backlog)
		return; /* a setting of the first network namespace */
	snprintf(text, sizeof(text), "netdev_max_backlog %" PRIu64 " packets wait for a processor", backlog);
	report(d, backlog < 1000 ? LIMITED : OK, "backlog", backlog < 1000 ? "sysctl -w net.core.netdev_max_backlog=10000" : NULL, text);
}

static void check_clock(struct doctor *d)
{
	char name[32], text[100];

	if (!first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", name, sizeof(name)))
		return;
	bool slow = !strcmp(name, "hpet") || !strcmp(name, "acpi_pm") || !strcmp(name, "jiffies") || !strcmp(name, "pit");

	snprintf(text, sizeof(text), slow ? "%s: every time stamp asks a slow device" : "%s", name);
	report(d, slow ? LIMITED : OK, NULL,
	       slow ? "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource" : NULL, text);
}

/* ---- interfaces ------------------------------------------------------------------------------------------- */

/* Wi-Fi can monitor if its driver is one of mac80211; then it has a phy. */
static const char *monitor_of(const struct capture_device *dev)
{
	char path[160];

	snprintf(path, sizeof(path), "/sys/class/net/%s/phy80211", dev->name);
	if (!access(path, F_OK))
		return ", monitor mode by its driver (-I or iw)";
	return dev->wireless ? ", no monitor mode" : "";
}

static void check_device(void *user, const struct capture_device *dev)
{
	struct doctor *d = user;
	char text[400], cure[120], stamps[160] = "";
	const char *what;
	int types[16], n = capture_tstamp_types(dev->name, d->o->netns, types, 16, NULL);
	size_t used = 0;

	if (!strcmp(dev->name, "any") || strstr(dev->name, "nflog") || strstr(dev->name, "nfqueue"))
		return;
	for (int i = 0; i < n && used < sizeof(stamps) - 40; i++)
		used += (size_t)snprintf(stamps + used, sizeof(stamps) - used, " %s", capture_tstamp_name(types[i], &what));
	snprintf(text, sizeof(text), "%s, %s, time stamps:%s%s", dev->up ? dev->running ? "up" : "up without carrier" : "down",
		 dev->loopback ? "loopback" : d->can_capture ? "promiscuous mode possible" : "no right to open it", stamps,
		 monitor_of(dev));
	snprintf(cure, sizeof(cure), "ip link set %s up", dev->name);
	report(d, !d->can_capture ? MISSING : dev->up ? OK : LIMITED, dev->name, dev->up ? NULL : cure, text);
}

static void check_interfaces(struct doctor *d)
{
	struct errmsg err;
	int n = capture_devices(d->o->netns, check_device, d, &err);

	if (n <= 0)
		report(d, MISSING, NULL, "ip link", n < 0 ? err.text : "none can be seen from here");
}

static void check_drop_monitor(struct doctor *d)
{
	struct errmsg err = { "" };

	if (!ENABLE_DROPS)
		report(d, MISSING, NULL, "a build with ENABLE_DROPS=1", "this build leaves it out");
	else if (dropmon_probe(&err))
		report(d, MISSING, NULL, "modprobe drop_monitor", err.text);
	else if (!(d->capabilities >> 12 & 1))
		report(d, LIMITED, NULL, "sudo nwcap --drops", "it is there, and needs CAP_NET_ADMIN");
	else
		report(d, OK, NULL, NULL, "--drops shows what the kernel throws away");
}

/* --proc: tried as it would be done. */
static void check_owners(struct doctor *d)
{
	struct errmsg err = { "" };
	struct host_counts k;
	struct host *h;
	char text[200];

	if (!ENABLE_PROC) {
		report(d, MISSING, NULL, "a build with ENABLE_PROC=1", "this build leaves it out");
		return;
	}
	if (host_open(&h, d->o->netns, &err)) {
		report(d, MISSING, NULL, "a kernel with CONFIG_INET_DIAG", err.text);
		return;
	}
	host_counts(h, &k);
	if (host_limits(h)[0]) {
		report(d, LIMITED, NULL, geteuid() ? "sudo nwcap --proc …" : "run it on the machine itself, not in a container",
		       host_limits(h));
	} else {
		snprintf(text, sizeof(text), "--proc names the processes of all connections: %u processes, %u network namespace%s",
			 k.processes, k.namespaces, nwcap_plural(k.namespaces));
		report(d, OK, NULL, NULL, text);
	}
	host_close(h);
}

/* ---- files ----------------------------------------------------------------------------------------------- */

static void check_disk(struct doctor *d)
{
	const char *path = d->o->write ? d->o->write : ".", *slash = strrchr(path, '/');
	char dir[4096], text[200], room[24], cure[200];
	struct statvfs s;

	snprintf(dir, sizeof(dir), "%.*s", slash ? slash == path ? 1 : (int)(slash - path) : 1, slash ? path : ".");
	if (statvfs(dir, &s)) {
		snprintf(text, sizeof(text), "%.150s: %s", dir, strerror(errno));
		snprintf(cure, sizeof(cure), "mkdir -p %.150s", dir);
		report(d, MISSING, NULL, cure, text);
		return;
	}
	human((uint64_t)s.f_bavail * s.f_frsize, room, sizeof(room));
	snprintf(text, sizeof(text), "%.150s: %s free", dir, room);
	if (access(dir, W_OK)) {
		snprintf(text, sizeof(text), "%.150s: cannot be written by this user", dir);
		report(d, LIMITED, NULL, "nwcap -w /another/place/FILE", text);
	} else if ((uint64_t)s.f_bavail * s.f_frsize < 1u << 30) {
		report(d, LIMITED, NULL, "nwcap -C 100 -W 5 …, a ring that stays below what there is", text);
	} else {
		report(d, OK, NULL, NULL, text);
	}
}

static void check_limits(struct doctor *d)
{
	struct rlimit files, size;
	char text[100];

	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_FSIZE, &size);
	snprintf(text, sizeof(text), "%" PRIu64 " descriptors", (uint64_t)files.rlim_cur);
	report(d, files.rlim_cur < 256 ? LIMITED : OK, "files", files.rlim_cur < 256 ? "ulimit -n 1024" : NULL, text);
	if (size.rlim_cur == RLIM_INFINITY) {
		report(d, OK, "file size", NULL, "no limit");
		return;
	}
	snprintf(text, sizeof(text), "a file ends after %" PRIu64 " bytes", (uint64_t)size.rlim_cur);
	report(d, LIMITED, "file size", "ulimit -f unlimited", text);
}

/* ---- all of it --------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*check)(struct doctor *d);
} checks[] = {
	{ "kernel", check_kernel },
	{ "build", check_build },
	{ "packet sockets", check_packet_socket },
	{ "capability", check_capabilities },
	{ "network namespaces", check_namespaces },
	{ "sandbox", check_sandbox },
	{ "bpf jit", check_bpf_jit },
	{ "buffers", check_buffers },
	{ "clock", check_clock },
	{ "interface", check_interfaces },
	{ "drop monitor", check_drop_monitor },
	{ "owners", check_owners },
	{ "disk", check_disk },
	{ "limits", check_limits },
};

int nwcap_doctor(const struct nwcap_options *o)
{
	struct doctor d = { .o = o, .json = o->output && !strcmp(o->output, "json"), .capabilities = privilege_capabilities() };
	struct errmsg err;
	int bad = outbuf_to_fd(&d.out, STDOUT_FILENO, 16384, &err);

	if (bad)
		return nwcap_fail(bad, &err);
	if (d.json)
		outbuf_str(&d.out, "{\n  \"checks\": [");
	for (unsigned i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		d.check = checks[i].name;
		checks[i].check(&d);
	}
	if (d.json)
		outbuf_printf(&d.out, "\n  ],\n  \"can_capture\": %s\n}\n", d.can_capture ? "true" : "false");
	bad = outbuf_flush(&d.out, &err);
	outbuf_release(&d.out);
	if (bad)
		return nwcap_fail(bad, &err);
	return d.can_capture ? 0 : errmsg_exit_code(NW_EPERM);
}
