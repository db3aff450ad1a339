/* SPDX-License-Identifier: MIT */
/*
 * A seccomp filter in classic BPF. It is a deny list, not an allow list: the
 * libc and libpcap may change which harmless calls they use, and a capture must not end because
 * of that. What is denied is what turns a bug in a parser into more than a bug in a parser: running
 * programs, making processes and sockets, looking into or signalling other processes, mounts, namespaces,
 * modules, eBPF, io_uring (it goes around seccomp), clocks, keys. They fail with EPERM.
 *
 *     ld  arch        != ours            -> EPERM  (a 32-bit call on a 64-bit kernel has other numbers)
 *     ld  nr          >= 0x40000000      -> EPERM  (x32, x86-64 only)
 *     jeq nr, denied[0..n-1]             -> EPERM
 *     ret allow
 */
#include "compat.h"
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

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
	DENY(clone) SYS_clone3, DENY(kcmp)
#ifdef SYS_fork
	DENY(fork) DENY(vfork)
#endif
	DENY(socket) DENY(socketpair) DENY(connect) DENY(bind) DENY(listen)
#ifdef SYS_socketcall
	DENY(socketcall)
#endif
	DENY(mount) DENY(umount2) DENY(pivot_root) DENY(chroot) DENY(setns) DENY(unshare) SYS_open_tree, SYS_move_mount,
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
};

enum { DENIED = sizeof(denied) / sizeof(denied[0]) };

int sandbox_seccomp(void)
{
	struct sock_filter code[DENIED + 7], *c = code;
	struct sock_fprog program = { .filter = code };

	if (!OUR_ARCH)
		return 0;
	*c++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	*c++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 0, DENIED + 3);
	*c++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
	*c++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, DENIED + 1, 0);
#else
	*c++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0);
#endif
	for (int i = 0; i < DENIED; i++)
		*c++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i], (uint8_t)(DENIED - i), 0);
	*c++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	*c++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	program.len = (unsigned short)(c - code);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		return errno == EINVAL || errno == ENOSYS ? 0 : -errno; /* EINVAL: a kernel without CONFIG_SECCOMP_FILTER */
	return 1;
}
_Static_assert(DENIED < 250, "the jumps of classic BPF reach 255 instructions");
