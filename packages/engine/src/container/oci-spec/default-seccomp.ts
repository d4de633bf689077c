/**
 * The built-in seccomp profile, used where the host has none: what programs need is allowed, what only a capability
 * would permit is opened by that capability, everything else is ENOSYS, so that a program falls back.
 */
import type { ProfileRule, SeccompProfile } from "./seccomp.ts";

const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;

const words = (text: string): string[] => text.trim().split(/\s+/);

const ALLOWED = `
  _llseek _newselect accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod
  chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
  clock_gettime64 clock_nanosleep clock_nanosleep_time64 clone clone3 close close_range connect
  copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait
  epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat
  faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown
  fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr file_getattr file_setattr flistxattr flock fork
  fremovexattr fsconfig fsetxattr fsmount fsopen fspick fstat fstat64 fstatat64 fstatfs fstatfs64 fsync
  ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat
  get_mempolicy get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32
  geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid
  getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid
  getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch
  inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_setup io_submit ioctl
  ioprio_get ioprio_set ipc keyctl kill landlock_add_rule landlock_create_ruleset landlock_restrict_self
  lchown lchown32 lgetxattr link linkat listen listmount listxattr listxattrat llistxattr lremovexattr
  lseek lsetxattr lsm_get_self_attr lsm_list_modules lstat lstat64 madvise map_shadow_stack mbind
  membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap
  mmap2 mount mount_setattr move_mount mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
  mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv
  msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat open open_tree openat
  openat2 pause pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2 pivot_root pkey_alloc pkey_free
  pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease
  process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64 pwritev pwritev2 read
  readahead readdir readlink readlinkat readv reboot recv recvfrom recvmmsg recvmmsg_time64 recvmsg
  remap_file_pages removexattr removexattrat rename renameat renameat2 restart_syscall riscv_hwprobe rmdir
  rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
  rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
  sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
  sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler
  sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64
  sendmmsg sendmsg sendto set_mempolicy set_mempolicy_home_node set_robust_list set_thread_area
  set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer
  setns setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
  setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget
  shutdown sigaction sigaltstack signal signalfd signalfd4 sigpending sigprocmask sigreturn sigsuspend
  socketcall socketpair splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync
  sync_file_range syncfs syscall sysinfo syslog tee tgkill time timer_create timer_delete timer_getoverrun
  timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd timerfd_create timerfd_gettime
  timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask
  umount umount2 uname unlink unlinkat unshare uretprobe utime utimensat utimensat_time64 utimes vfork
  wait4 waitid waitpid write writev
`;

/** Refused with EPERM: old, host-wide or much attacked; ENOSYS would send some programs astray. */
const DENIED = `
  bdflush io_pgetevents kexec_file_load kexec_load migrate_pages move_pages nfsservctl nice oldfstat
  oldlstat oldolduname oldstat olduname pciconfig_iobase pciconfig_read pciconfig_write sgetmask ssetmask
  swapcontext swapoff swapon sysfs uselib userfaultfd ustat vm86 vm86old vmsplice
`;

/** Allowed with the capability, EPERM without. */
const BY_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_SYS_ADMIN:
    "bpf fanotify_init lookup_dcookie perf_event_open quotactl quotactl_fd setdomainname sethostname",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "delete_module finit_module init_module query_module",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp process_madvise",
  CAP_SYS_RAWIO: "ioperm iopl",
  CAP_SYS_TIME: "clock_settime clock_settime64 settimeofday stime",
  CAP_SYS_TTY_CONFIG: "vhangup",
};

const BY_ARCH: Readonly<Record<string, string>> = {
  "amd64 x32": "arch_prctl",
  "amd64 x32 x86": "modify_ldt",
  "arm arm64": "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2",
  ppc64le: "sync_file_range2",
  riscv64: "riscv_flush_icache riscv_hwprobe",
  "s390 s390x": "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
};

/** linux/personality.h: Linux, Linux 32, both with ADDR_NO_RANDOMIZE-free UNAME26, and the query. */
const PERSONALITIES: readonly number[] = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

const AF_NETLINK = 16;
const AF_ALG = 38;
const AF_VSOCK = 40;
const NETLINK_AUDIT = 9;

/**
 * Address families but AF_NETLINK, AF_ALG (a way into the kernel's crypto code that keeps having holes,
 * CVE-2026-31431) and AF_VSOCK (leads to the hypervisor, past every network namespace), as mask and value:
 * a filter cannot compare one argument twice, and the mask drops the upper half, which the kernel ignores.
 */
const FAMILIES: readonly (readonly [mask: number, value: number])[] = [
  [0xfffffff0, 0],
  [0xffffffff, 17],
  [0xfffffffe, 18],
  [0xfffffffc, 20],
  [0xfffffff8, 24],
  [0xfffffffc, 32],
  [0xfffffffe, 36],
  [0xffffffff, 39],
  [0xffffffff, 41],
  [0xfffffffe, 42],
  [0xfffffffc, 44],
];

export function defaultSeccompProfile(): SeccompProfile {
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: ENOSYS,
    archMap: [
      { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
      { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
      { architecture: "SCMP_ARCH_S390X", subArchitectures: ["SCMP_ARCH_S390"] },
    ],
    syscalls: [
      deny(words(DENIED)),
      allow(words(ALLOWED)),
      ...Object.entries(BY_CAPABILITY).flatMap(([capability, names]) =>
        byCapability(capability, words(names)),
      ),
      ...Object.entries(BY_ARCH).map(([arches, names]) => ({
        ...allow(words(names)),
        includes: { arches: words(arches) },
      })),
      ...PERSONALITIES.map((value) => ({
        ...allow(["personality"]),
        args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
      })),
      ...socketRules(),
    ],
  };
}

function allow(names: readonly string[]): ProfileRule {
  return { names, action: "SCMP_ACT_ALLOW" };
}

function deny(names: readonly string[]): ProfileRule {
  return { names, action: "SCMP_ACT_ERRNO", errnoRet: EPERM };
}

function byCapability(capability: string, names: readonly string[]): ProfileRule[] {
  return [
    { ...allow(names), includes: { caps: [capability] } },
    { ...deny(names), excludes: { caps: [capability] } },
  ];
}

function socketRules(): ProfileRule[] {
  const family = (mask: number, value: number) => ({
    index: 0,
    value: mask,
    valueTwo: value,
    op: "SCMP_CMP_MASKED_EQ",
  });
  const netlink = family(0xffffffff, AF_NETLINK);
  const protocol = (op: string) => ({ index: 2, value: NETLINK_AUDIT, op });
  return [
    ...FAMILIES.map(([mask, value]) => ({ ...allow(["socket"]), args: [family(mask, value)] })),
    ...[AF_ALG, AF_VSOCK].map((value) => ({ ...deny(["socket"]), args: [family(0xffffffff, value)] })),
    { ...allow(["socket"]), args: [netlink], includes: { caps: ["CAP_AUDIT_WRITE"] } },
    {
      ...allow(["socket"]),
      args: [netlink, protocol("SCMP_CMP_NE")],
      excludes: { caps: ["CAP_AUDIT_WRITE"] },
    },
    {
      names: ["socket"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: EINVAL,
      args: [netlink, protocol("SCMP_CMP_EQ")],
      excludes: { caps: ["CAP_AUDIT_WRITE"] },
    },
  ];
}
