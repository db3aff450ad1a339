/* SPDX-License-Identifier: MIT */
/* Attribution without a kernel: control group names, the comment of an owner, sock_diag and process connector messages, the
 * datagrams between nwcap and its helper. What needs sockets and processes is in test/net/proc.sh. */
#include "check.h"

#include "decode/names.h"
#include "host/container.h"
#include "host/host.h"
#include "host/procevent.h"
#include "host/wire.h"
#include "../../lib/host/internal.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- control groups ------------------------------------------------------------------------ */

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const struct {
	const char *path, *id, *runtime; /* id NULL: no container */
} groups[] = {
	{ "/docker/" ID, ID, "docker" },
	{ "/system.slice/docker-" ID ".scope", ID, "docker" },
	{ "/docker/" ID "/docker/" ID2, ID2, "docker" },
	{ "/system.slice/docker-" ID ".scope/init.scope", ID, "docker" },
	{ "/kubepods/burstable/pod0a1b2c3d-1111-2222-3333-444455556666/" ID, ID, "kubernetes" },
	{ "/kubepods/pod0a1b2c3d-1111-2222-3333-444455556666/" ID, ID, "kubernetes" },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b.slice/cri-containerd-" ID ".scope", ID, "containerd" },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0a1b.slice/crio-" ID ".scope", ID, "cri-o" },
	{ "/kubepods.slice/kubepods-pod0a1b.slice/docker-" ID ".scope", ID, "docker" },
	{ "/system.slice/kubepods-burstable-pod0a1b.slice:cri-containerd:" ID, ID, "containerd" },
	{ "/kubelet/kubepods/besteffort/pod0a1b/" ID, ID, "kubernetes" },
	{ "/machine.slice/libpod-" ID ".scope/container", ID, "podman" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", ID, "podman" },
	{ "/libpod_parent/libpod-" ID, ID, "podman" },
	{ "/machine.slice/libpod-conmon-" ID ".scope", NULL, NULL },
	{ "/lxc/web-1", "web-1", "lxc" },
	{ "/lxc.payload.web-1/system.slice/nginx.service", "web-1", "lxc" },
	{ "/lxc.payload/web-1", "web-1", "lxc" },
	{ "/lxc.monitor.web-1", NULL, NULL },
	{ "/machine.slice/machine-deb12.scope/payload", "deb12", "nspawn" },
	{ "/machine.slice/systemd-nspawn@deb12.service/payload", "deb12", "nspawn" },
	{ "/ecs/0123456789abcdef0123456789abcdef/" ID, ID, "oci" },
	{ "/nerdctl/" ID, ID, "oci" },
	{ "/system.slice/nerdctl-" ID ".scope", ID, "containerd" },
	{ "/", NULL, NULL },
	{ "", NULL, NULL },
	{ "/system.slice/docker.service", NULL, NULL },
	{ "/system.slice/docker-short.scope", NULL, NULL },
	{ "/user.slice/user-1000.slice/session-2.scope", NULL, NULL },
	{ "/init.scope", NULL, NULL },
	{ "/0123456789abcdef0123456789abcdef", NULL, NULL },
};

TEST(control_groups)
{
	struct container c;

	for (unsigned i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		bool found = container_of_path(groups[i].path, strlen(groups[i].path), &c);

		CHECK(found == (groups[i].id != NULL));
		if (found && groups[i].id) {
			CHECK(!strcmp(c.id, groups[i].id));
			CHECK(!strcmp(c.runtime, groups[i].runtime));
		}
	}
	for (size_t n = 0; n < strlen(groups[6].path); n++) /* cut anywhere: no more than it says, never outside */
		CHECK(!container_of_path(groups[6].path, n, &c) || n >= strlen(groups[6].path) - 6);
}

TEST(proc_pid_cgroup)
{
	static const char v1[] = "12:pids:/docker/" ID "\n11:memory:/docker/" ID "\n1:name=systemd:/docker/" ID "\n"
				 "0::/system.slice/a\n";
	static const char v2[] = "0::/system.slice/docker-" ID ".scope\n";
	const char *unified;
	struct container c;
	size_t len;

	CHECK(container_of_cgroups(v1, sizeof(v1) - 1, &c, &unified, &len));
	CHECK(!strcmp(c.id, ID) && len == strlen("/system.slice/a") && !memcmp(unified, "/system.slice/a", len));
	CHECK(container_of_cgroups(v2, sizeof(v2) - 1, &c, &unified, &len));
	CHECK(!strcmp(c.runtime, "docker") && len == sizeof(v2) - 1 - 4);
	CHECK(!container_of_cgroups("0::/\n", 5, &c, &unified, &len) && len == 1);
	CHECK(!container_of_cgroups("nonsense", 8, &c, &unified, &len) && !unified);
	CHECK(!container_of_cgroups("", 0, &c, &unified, &len) && !unified);
}

/* ---- comments ------------------------------------------------------------------------------------ */

static const struct socket_owner full = {
	.pid = 1234, .uid = 1000, .netns = 4026531840u, .match = OWNER_EXACT, .name = "a [b]=%c\t", .user = "me", .container = ID,
	.runtime = "docker", .cmdline = "curl -s \"x\"=[1] 100%\n\xc3\xa9",
};

static bool text_is(const struct owner_view *v, enum owner_texts which, const char *want)
{
	uint8_t to[OWNER_TEXT_MAX];
	uint32_t n = owner_unescape(&v->text[which], to);

	return n == strlen(want) && !memcmp(to, want, n);
}

TEST(comment)
{
	char text[OWNER_TEXT_MAX + 1];
	struct owner_view v;
	struct outbuf o;
	uint32_t end_at = 0, len;

	outbuf_fixed(&o, text, sizeof(text));
	owner_format(&o, &full, OWNER_DST, &end_at);
	outbuf_cstr(&o);
	len = (uint32_t)strlen(text);
	CHECK(!strncmp(text + end_at, "dst ", 4));
	for (uint32_t i = 0; i < len; i++)
		CHECK(text[i] >= ' ' && text[i] < 0x7f);
	CHECK(owner_parse((uint8_t *)text, len, &v));
	CHECK(v.pid == 1234 && v.uid == 1000 && v.has_uid && v.netns == 4026531840u && v.match == OWNER_EXACT && v.end == OWNER_DST);
	CHECK(v.end_at == end_at);
	CHECK(text_is(&v, OWNER_NAME, full.name) && text_is(&v, OWNER_USER, "me") && text_is(&v, OWNER_CONTAINER, ID));
	CHECK(text_is(&v, OWNER_RUNTIME, "docker") && text_is(&v, OWNER_CMDLINE, full.cmdline));
	for (uint32_t n = 0; n < len; n++) { /* each cut alone in memory, for the sanitizer */
		uint8_t *part = malloc(n ? n : 1);

		memcpy(part, text, n);
		owner_parse(part, n, &v);
		free(part);
	}
}

TEST(comment_limits)
{
	struct socket_owner w = full;
	char text[2 * OWNER_TEXT_MAX];
	struct owner_view v;
	struct outbuf o;

	memset(w.name, 1, sizeof(w.name) - 1);
	memset(w.user, 2, sizeof(w.user) - 1);
	memset(w.cmdline, 3, sizeof(w.cmdline) - 1);
	outbuf_fixed(&o, text, sizeof(text));
	owner_format(&o, &w, OWNER_SRC, NULL);
	CHECK(outbuf_len(&o) <= OWNER_TEXT_MAX && outbuf_len(&o) > OWNER_TEXT_MAX - 3);
	CHECK(owner_parse((const uint8_t *)text, (uint32_t)outbuf_len(&o), &v) && text_is(&v, OWNER_NAME, w.name));

	w = (struct socket_owner){ .uid = 7, .match = OWNER_GUESS };
	outbuf_fixed(&o, text, sizeof(text));
	owner_format(&o, &w, OWNER_SRC, NULL);
	CHECK(!strcmp(outbuf_cstr(&o), "proc: ?[0] end=src match=guess uid=7"));
}

static bool parses(const char *text)
{
	struct owner_view v;

	return owner_parse((const uint8_t *)text, (uint32_t)strlen(text), &v);
}

TEST(comment_broken)
{
	CHECK(parses("proc: x[1]"));
	CHECK(parses("proc: x[1] later=9 match=none"));
	CHECK(parses("proc: x[1] cmd="));
	CHECK(!parses("proc: x[1] "));
	CHECK(!parses("proc: x[1]  uid=1"));
	CHECK(!parses("proc: [1]"));
	CHECK(!parses("proc: x[]"));
	CHECK(!parses("proc: x[4294967296]"));
	CHECK(!parses("proc: x[-1]"));
	CHECK(!parses("proc: x[1]uid=1"));
	CHECK(!parses("proc: x[1] uid"));
	CHECK(!parses("proc: x[1] uid=a"));
	CHECK(!parses("proc: x[1] end=middle"));
	CHECK(!parses("process x[1]"));
	CHECK(!parses(""));
}

/* ---- the datagrams between ------------------------------------------------------------------------- */

TEST(wire)
{
	struct wire_flow f = { .proto = 6, .port = { 1, 65535 } }, g;
	const char *const texts[2] = { NULL, "proc: x[1] end=src match=exact" };
	uint8_t question[WIRE_QUESTION], answer[WIRE_ANSWER_MAX];
	struct wire_answer a;
	int64_t seen;
	uint32_t n;

	address_from_ipv4(f.address[0], (const uint8_t[]){ 10, 0, 0, 1 });
	memset(f.address[1], 0xee, 16);
	wire_question_encode(question, &f, 1700000000123456789);
	CHECK(wire_question_decode(question, sizeof(question), &g, &seen) && seen == 1700000000123456789);
	CHECK(g.proto == 6 && g.port[0] == 1 && g.port[1] == 65535 && !memcmp(f.address, g.address, sizeof(f.address)));
	for (n = 0; n < sizeof(question); n++)
		CHECK(!wire_question_decode(question, n, &g, &seen));
	question[1] = 1;
	CHECK(!wire_question_decode(question, sizeof(question), &g, &seen));

	n = wire_answer_encode(answer, &f, texts);
	CHECK(wire_answer_decode(answer, n, &a) && !a.end[0].len && a.end[1].owner.pid == 1 && a.end[1].owner.match == OWNER_EXACT);
	for (uint32_t cut = 0; cut < n; cut++)
		CHECK(!wire_answer_decode(answer, cut, &a));
	answer[WIRE_FLOW + 4] = 'q'; /* no comment of ours */
	CHECK(!wire_answer_decode(answer, n, &a));
}

/* ---- names -------------------------------------------------------------------------------------------- */

/* www.example.com? -> CNAME edge.cdn.net, A 192.0.2.7 (TTL 60); additional: ns.example.com A 192.0.2.53 (TTL 7200) */
static const uint8_t answer_a[] =
	"\0\1\x81\x80\0\1\0\2\0\0\0\1"
	"\3www\7example\3com\0\0\1\0\1"
	"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\x0e" "\4edge\3cdn\3net\0"
	"\xc0\x2d\0\1\0\1\0\0\0\x3c\0\4" "\xc0\0\2\7"
	"\2ns\xc0\x10\0\1\0\1\0\0\x1c\x20\0\4" "\xc0\0\2\x35";
/* 9.2.0.192.in-addr.arpa PTR mail.example.org; 2001:db8::1 by its PTR */
static const uint8_t answer_ptr[] =
	"\0\1\x81\x80\0\0\0\2\0\0\0\0"
	"\0019\0012\0010\003192\7in-addr\4arpa\0\0\x0c\0\1\0\0\0\x3c\0\x12" "\4mail\7example\3org\0"
	"\0011\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010"
	"\0010\0010\0010\0010\0010\0010\0010\0010\0018\1B\1d\0010\0011\0010\0010\0012\3ip6\4arpa\0";

static bool named(const struct names *n, const void *address, unsigned len, int64_t now_s, const char *want)
{
	struct address_name found;

	if (!names_find(n, address, len, now_s * 1000000000, &found))
		return !want;
	return want && found.len == strlen(want) && !memcmp(found.text, want, found.len);
}

TEST(names)
{
	static const uint8_t www[] = { 192, 0, 2, 7 }, ns[] = { 192, 0, 2, 53 }, mail[] = { 192, 0, 2, 9 };
	struct names *n = names_new();
	struct address_name found;

	if (!CHECK(n))
		return;
	CHECK(named(n, www, 4, 1, NULL));
	names_learn(n, cursor_over(answer_a, sizeof(answer_a) - 1, false), 1000000000);
	CHECK(named(n, www, 4, 1, "www.example.com")); /* what was asked for, not where it led to */
	CHECK(named(n, ns, 4, 1, "ns.example.com"));
	CHECK(names_find(n, www, 4, 61000000000, &found) && found.ttl_s == 60 && found.age_ns == 60000000000);
	CHECK(named(n, www, 4, 3600, "www.example.com") && named(n, www, 4, 3602, NULL));
	CHECK(named(n, ns, 4, 7201, "ns.example.com") && named(n, ns, 4, 7202, NULL));
	names_learn(n, cursor_over(answer_ptr, sizeof(answer_ptr) - 1, false), 2000000000);
	CHECK(named(n, mail, 4, 2, "mail.example.org"));
	for (size_t cut = 0; cut < sizeof(answer_a); cut++) { /* each cut alone in memory */
		uint8_t *part = malloc(cut ? cut : 1);

		memcpy(part, answer_a, cut);
		names_learn(n, cursor_over(part, cut, true), 3000000000);
		free(part);
	}
	names_free(n);
}

TEST(names_of_ipv6)
{
	static const uint8_t address[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	uint8_t message[256];
	struct names *n = names_new();
	size_t len = sizeof(answer_ptr) - 1;

	memcpy(message, answer_ptr, len);
	memcpy(message + len, "\0\x0c\0\1\0\0\0\x3c\0\4\2v6\0", 14);
	names_learn(n, cursor_over(message, len + 14, false), 1);
	CHECK(named(n, address, 16, 1, "v6"));
	message[2] = 1; /* a question teaches nothing */
	names_free(n);
	n = names_new();
	names_learn(n, cursor_over(message, len + 14, false), 1);
	CHECK(named(n, address, 16, 1, NULL));
	names_free(n);
}

/* Addresses by the thousand: those learnt last are there, nothing grows. */
TEST(names_ceiling)
{
	uint8_t message[sizeof(answer_a)], *address = message + sizeof(answer_a) - 5;
	struct names *n = names_new();
	unsigned kept = 0;

	memcpy(message, answer_a, sizeof(message));
	for (unsigned i = 0; i < 100000; i++) {
		address[1] = (uint8_t)(i >> 16), address[2] = (uint8_t)(i >> 8), address[3] = (uint8_t)i;
		names_learn(n, cursor_over(message, sizeof(message) - 1, false), (int64_t)i + 1);
	}
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t a[4] = { 192, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

		kept += named(n, a, 4, 0, "ns.example.com");
		CHECK(i < 99990 || named(n, a, 4, 0, "ns.example.com"));
	}
	CHECK(kept > 6000 && kept <= 8192);
	names_free(n);
}

/* ---- messages of the kernel --------------------------------------------------------------------------- */

struct bytes {
	uint8_t at[1024];
	size_t len;
};

static void put(struct bytes *b, const void *data, size_t len)
{
	memcpy(b->at + b->len, data, len);
	b->len += len;
}

static void put_header(struct bytes *b, size_t body, uint16_t type, uint32_t sequence)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + body), .nlmsg_type = type, .nlmsg_seq = sequence };

	put(b, &h, sizeof(h));
}

static void put_socket(struct bytes *b, uint32_t sequence)
{
	struct inet_diag_msg m = { .idiag_family = AF_INET, .idiag_state = DIAG_ESTABLISHED, .idiag_uid = 1000, .idiag_inode = 77 };
	struct nlattr shutdown = { .nla_len = 5, .nla_type = 8 }, group = { .nla_len = 12, .nla_type = 21 };
	const uint64_t id = 4242;

	m.id.idiag_sport = htons(443);
	m.id.idiag_dport = htons(50000);
	memcpy(m.id.idiag_src, (uint8_t[]){ 10, 0, 0, 1 }, 4);
	memcpy(m.id.idiag_dst, (uint8_t[]){ 10, 0, 0, 2 }, 4);
	put_header(b, sizeof(m) + 8 + 12, SOCK_DIAG_BY_FAMILY, sequence);
	put(b, &m, sizeof(m));
	put(b, &shutdown, sizeof(shutdown));
	put(b, "\3\0\0\0", 4);
	put(b, &group, sizeof(group));
	put(b, &id, sizeof(id));
}

TEST(sockdiag_answers)
{
	struct bytes b = { .len = 0 };
	struct diag_socket s;
	const uint8_t *at = b.at;
	const int32_t missing = -2;
	size_t left;
	int error = 0;

	put_socket(&b, 4); /* to another question */
	put_socket(&b, 5);
	put_header(&b, 4, NLMSG_DONE, 5);
	put(&b, "\0\0\0\0", 4);
	left = b.len;
	CHECK(sockdiag_next(&at, &left, 6, 5, &s, &error) == SOCKDIAG_SOCKET);
	CHECK(s.ends.local_port == 443 && s.ends.remote_port == 50000 && s.ends.local[15] == 1 && s.ends.remote[15] == 2);
	CHECK(address_is_ipv4(s.ends.local) && s.uid == 1000 && s.inode == 77 && s.cgroup == 4242 && s.ends.proto == 6);
	CHECK(sockdiag_next(&at, &left, 6, 5, &s, &error) == SOCKDIAG_DONE && !left);
	CHECK(sockdiag_next(&at, &left, 6, 5, &s, &error) == SOCKDIAG_END);

	b.len = 0;
	put_header(&b, 4, NLMSG_ERROR, 5);
	put(&b, &missing, 4);
	at = b.at;
	left = b.len;
	CHECK(sockdiag_next(&at, &left, 6, 5, &s, &error) == SOCKDIAG_ERROR && error == 2);

	b.len = 0;
	put_socket(&b, 5);
	for (size_t n = 0; n < b.len; n++) { /* cut, alone in memory */
		uint8_t *part = malloc(n ? n : 1);

		memcpy(part, b.at, n);
		at = part;
		left = n;
		CHECK(sockdiag_next(&at, &left, 6, 5, &s, &error) == (n < NLMSG_HDRLEN ? SOCKDIAG_END : NW_EINPUT));
		free(part);
	}
}

TEST(sockdiag_questions)
{
	uint8_t tcp[SOCKDIAG_REQUEST], udp[SOCKDIAG_REQUEST];
	struct socket_ends e = { .proto = 6, .local_port = 0x1234, .remote_port = 0x5678 };
	const unsigned ends = 16 + 8;

	address_from_ipv4(e.local, (const uint8_t[]){ 1, 2, 3, 4 });
	address_from_ipv4(e.remote, (const uint8_t[]){ 5, 6, 7, 8 });
	sockdiag_find_request(tcp, &e, 9);
	CHECK(tcp[16] == AF_INET && tcp[17] == 6 && !memcmp(tcp + ends, "\x12\x34\x56\x78\1\2\3\4", 8) && tcp[ends + 20] == 5);
	e.proto = 17; /* there the kernel has the two the other way round */
	sockdiag_find_request(udp, &e, 9);
	CHECK(udp[17] == 17 && !memcmp(udp + ends, "\x56\x78\x12\x34\5\6\7\10", 8) && udp[ends + 20] == 1);
	e.local[0] = 0x20;
	sockdiag_find_request(udp, &e, 9);
	CHECK(udp[16] == AF_INET6);
}

static void put_event(struct bytes *b, uint32_t what, const void *data, uint16_t len)
{
	const struct cn_msg c = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = (uint16_t)(16 + len) };
	const uint64_t at = 5000000000;

	put_header(b, sizeof(c) + c.len, NLMSG_DONE, 0);
	put(b, &c, sizeof(c));
	put(b, &what, 4);
	put(b, "\0\0\0\0", 4);
	put(b, &at, 8);
	put(b, data, len);
}

TEST(process_events)
{
	const uint32_t born[4] = { 10, 10, 11, 11 }, thread[4] = { 10, 10, 12, 11 }, exec[2] = { 11, 11 }, died[6] = { 11, 11 };
	const uint32_t one_thread[6] = { 12, 11 };
	struct bytes b = { .len = 0 };
	const uint8_t *at = b.at;
	struct proc_event_view e;
	size_t left;

	put_event(&b, PROC_EVENT_FORK, born, sizeof(born));
	put_event(&b, PROC_EVENT_FORK, thread, sizeof(thread));
	put_event(&b, PROC_EVENT_EXEC, exec, sizeof(exec));
	put_event(&b, PROC_EVENT_COMM, "\x0b\0\0\0\x0b\0\0\0name of sixteen!", 24);
	put_event(&b, PROC_EVENT_EXIT, one_thread, sizeof(one_thread));
	put_event(&b, PROC_EVENT_EXIT, died, sizeof(died));
	left = b.len;
	CHECK(proc_event_next(&at, &left, &e) == 1 && e.kind == PROCESS_BORN && e.pid == 11 && e.parent == 10);
	CHECK(e.at_ns == 5000000000);
	CHECK(proc_event_next(&at, &left, &e) == 1 && e.kind == PROCESS_OTHER);
	CHECK(proc_event_next(&at, &left, &e) == 1 && e.kind == PROCESS_EXEC && e.pid == 11);
	CHECK(proc_event_next(&at, &left, &e) == 1 && e.kind == PROCESS_NAMED && !strcmp(e.name, "name of sixteen!"));
	CHECK(proc_event_next(&at, &left, &e) == 1 && e.kind == PROCESS_OTHER);
	CHECK(proc_event_next(&at, &left, &e) == 1 && e.kind == PROCESS_DIED && e.pid == 11);
	CHECK(proc_event_next(&at, &left, &e) == 0 && !left);
	for (size_t n = 0; n < b.len; n++) {
		uint8_t *part = malloc(n ? n : 1);

		memcpy(part, b.at, n);
		at = part;
		left = n;
		while (proc_event_next(&at, &left, &e) > 0)
			;
		free(part);
	}
}

/* ---- processes ------------------------------------------------------------------------------------------ */

/* More sockets than the table has room for at first: it grows while descriptors are read. */
TEST(many_sockets)
{
	enum { SOCKETS = 1500, AT_LEAST = 900 };
	const struct rlimit room = { 2 * SOCKETS, 2 * SOCKETS };
	struct processes p = { .proc = -1, .told = true };
	int fd[SOCKETS];
	unsigned n = 0, mine = 0;

	setrlimit(RLIMIT_NOFILE, &room);
	while (n < SOCKETS && (fd[n] = socket(AF_UNIX, SOCK_DGRAM, 0)) >= 0)
		n++;
	CHECK(n >= AT_LEAST);
	if (CHECK(!processes_open(&p, 8192, NULL)))
		processes_sweep(&p);
	for (unsigned i = 0; i < n; i++) {
		struct stat s;

		mine += !fstat(fd[i], &s) && processes_holding(&p, (uint32_t)s.st_ino) == (uint32_t)getpid();
		close(fd[i]);
	}
	CHECK(mine == n);
	processes_close(&p);
}

/* A socket that its process has closed is still his, also when he is dead; but not of the next one with his number. */
TEST(number_used_again)
{
	struct processes p = { .proc = -1, .told = true };
	struct proc_event_view e = { .kind = PROCESS_DIED };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct stat s = { .st_ino = 0 };
	uint32_t inode, parent = (uint32_t)getpid();
	pid_t child = fork();

	if (!child)
		for (;;)
			pause();
	fstat(fd, &s);
	inode = (uint32_t)s.st_ino;
	close(fd);
	if (!CHECK(fd >= 0 && child > 0 && !processes_open(&p, 8192, NULL)))
		return;
	processes_sweep(&p);
	CHECK(processes_holding(&p, inode) == (uint32_t)child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	e.pid = (uint32_t)child;
	e.at_ns = host_now_ns();
	process_event(&p, &e);
	CHECK(processes_holding(&p, inode) == (uint32_t)child && process_then(&p, e.pid, e.at_ns));
	e = (struct proc_event_view){ .kind = PROCESS_BORN, .pid = e.pid, .parent = parent, .at_ns = host_now_ns() };
	process_event(&p, &e);
	CHECK(processes_holding(&p, inode) == 0);
	CHECK(!process_then(&p, e.pid, e.at_ns - 1));
	processes_close(&p);
}
