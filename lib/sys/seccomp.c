/* SPDX-License-Identifier: MIT */
/*
 * A seccomp filter in classic BPF. It is a deny list, not an allow list: the
 * libc and libpcap may change which harmless calls they use, and a capture must not end because
 * of that. What is denied is what turns a bug in a parser into more than a bug in a parser: running
 * programs, making processes and sockets, looking into other processes, mounts, namespaces,
 * modules, eBPF, io_uring (it goes around seccomp), clocks, keys. They fail with EPERM.
 *
 *      0  ld  arch        != ours              -> EPERM  (a 32-bit call on a 64-bit kernel has other numbers)
 *      2  ld  nr          >= 0x40000000        -> EPERM  (x32, x86-64 only)
 *      4  clone: flags have CLONE_THREAD       -> allow, else EPERM (threads share the sandbox)
 *      7  clone3: its flags are out of reach   -> ENOSYS (the libc takes clone)
 *      8  nr = denied[0] .. denied[n-1]        -> EPERM, but for some processes a few calls, two by their argument:
 *    8+n  socket: of netlink, or local       -> allow, else EPERM
 *   10+n  setns: into a network namespace    -> allow, else EPERM
 *   12+n  allow;  13+n  EPERM;  14+n  ENOSYS
 */
#include "compat.h"
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define OUR_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define OUR_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCH AUDIT_ARCH_RISCV64
#elif defined(__mips__) && defined(__MIPSEL__) && !defined(__mips64)
#define OUR_ARCH AUDIT_ARCH_MIPSEL
#elif defined(__mips__) && !defined(__mips64)
#define OUR_ARCH AUDIT_ARCH_MIPS
#else
#define OUR_ARCH 0 /* unknown: no filter, and the report says so */
#endif

#define DENY(call) SYS_##call,
static const uint32_t denied[] = {
	DENY(execve) DENY(execveat) DENY(ptrace) DENY(process_vm_readv) DENY(process_vm_writev) SYS_pidfd_getfd,
	DENY(kcmp)
#ifdef SYS_fork
	DENY(fork)
#endif
#ifdef SYS_vfork
	DENY(vfork)
#endif
#ifdef SYS_socketcall
	DENY(socketcall)
#endif
	DENY(mount) DENY(umount2) DENY(pivot_root) DENY(chroot) DENY(unshare) SYS_open_tree, SYS_move_mount,
	SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, DENY(open_by_handle_at)
	DENY(init_module) DENY(finit_module) DENY(delete_module) DENY(kexec_load)
#ifdef SYS_kexec_file_load
	DENY(kexec_file_load)
#endif
	DENY(bpf) DENY(perf_event_open) DENY(userfaultfd) SYS_io_uring_setup, DENY(personality)
#ifdef SYS_iopl
	DENY(iopl) DENY(ioperm)
#endif
#ifdef SYS_mknod
	DENY(mknod)
#endif
	DENY(mknodat) DENY(reboot) DENY(swapon) DENY(swapoff) DENY(acct) DENY(quotactl) DENY(syslog) DENY(sethostname)
	DENY(setdomainname) DENY(adjtimex) DENY(clock_adjtime) DENY(add_key) DENY(request_key)
#ifdef SYS_clock_settime
	DENY(clock_settime) DENY(settimeofday)
#endif
#ifdef SYS_clock_settime64
	DENY(clock_settime64)
#endif
	DENY(keyctl) DENY(setuid) DENY(setgid) DENY(setreuid) DENY(setregid) DENY(setresuid)
	DENY(setresgid) DENY(setgroups) DENY(capset)
	/* what privilege_needs.daemon still does: with local sockets, as it cannot have others */
	DENY(socketpair) DENY(bind) DENY(listen) DENY(connect)
	/* what that and look_at_others still do, of one kind only */
	DENY(socket) DENY(setns)
};

/* In test builds LeakSanitizer would clone and trace this process at its end. It asks this hook whether to. */
#ifdef __SANITIZE_ADDRESS__
static int confined;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return confined;
}
#define CONFINED() (confined = 1)
#else
#define CONFINED() ((void)0)
#endif

enum {
	DENIED = sizeof(denied) / sizeof(denied[0]),
	FIRST = 8,                 /* instruction that compares with denied[0] */
	TO_SOCKET = FIRST + DENIED, TO_SETNS = TO_SOCKET + 2,
	TO_ALLOW = TO_SETNS + 2, TO_DENY, TO_NO_SYSTEM_CALL, LENGTH,
	THREAD = 0x10000,          /* CLONE_THREAD */
	LOW_WORD = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0
};
_Static_assert(LENGTH < 250, "the jumps of classic BPF reach 255 instructions");

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, member)
/* Jump targets as instruction numbers, seen from instruction `at`. */
#define TEST(at, op, k, yes, no) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, (uint8_t)((yes) - (at) - 1), (uint8_t)((no) - (at) - 1))
/* The kernel looks at the low word of these arguments only, too. */
#define ARGUMENT(n) LOAD(offsetof(struct seccomp_data, args) + 8 * (n) + LOW_WORD)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)

/* Where the filter goes on for a call of the list. */
static int verdict(uint32_t call, const struct privilege_needs *n)
{
	if (call == SYS_socket)
		return n->look_at_others || n->daemon ? TO_SOCKET : TO_DENY;
	if (call == SYS_setns)
		return n->look_at_others ? TO_SETNS : TO_DENY;
	if (call == SYS_socketpair || call == SYS_bind || call == SYS_listen || call == SYS_connect)
		return n->daemon ? TO_ALLOW : TO_DENY;
	return TO_DENY;
}

int sandbox_seccomp(const struct privilege_needs *n)
{
	const uint32_t not_a_call = 0x40000000; /* and above: the numbers of x32; no other architecture reaches it */
	struct sock_filter code[LENGTH] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		TEST(1, BPF_JEQ, OUR_ARCH, 2, TO_DENY),
		LOAD(offsetof(struct seccomp_data, nr)),
		TEST(3, BPF_JGE, not_a_call, TO_DENY, 4),
		TEST(4, BPF_JEQ, SYS_clone, 5, 7),
		ARGUMENT(0),
		TEST(6, BPF_JSET, THREAD, TO_ALLOW, TO_DENY),
		TEST(7, BPF_JEQ, SYS_clone3, TO_NO_SYSTEM_CALL, FIRST),
		[TO_SOCKET] = ARGUMENT(0), /* domain */
		TEST(TO_SOCKET + 1, BPF_JEQ, n->daemon ? AF_UNIX : AF_NETLINK, TO_ALLOW, TO_DENY),
		[TO_SETNS] = ARGUMENT(1), /* nstype; 0 would be of any kind */
		TEST(TO_SETNS + 1, BPF_JEQ, CLONE_NEWNET, TO_ALLOW, TO_DENY),
		[TO_ALLOW] = RETURN(SECCOMP_RET_ALLOW),
		[TO_DENY] = RETURN(SECCOMP_RET_ERRNO | EPERM),
		[TO_NO_SYSTEM_CALL] = RETURN(SECCOMP_RET_ERRNO | ENOSYS),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	if (!OUR_ARCH)
		return 0;
	for (int i = 0; i < DENIED; i++)
		code[FIRST + i] = (struct sock_filter)TEST(FIRST + i, BPF_JEQ, denied[i], verdict(denied[i], n),
							   i + 1 < DENIED ? FIRST + i + 1 : TO_ALLOW);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		return errno == EINVAL || errno == ENOSYS ? 0 : -errno; /* EINVAL: a kernel without CONFIG_SECCOMP_FILTER */
	CONFINED();
	return 1;
}
