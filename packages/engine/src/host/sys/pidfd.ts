/** pidfd_open(2) and pidfd_getfd(2): a descriptor of ours for what another process has open. */
import { dlopen } from "bun:ffi";
import { check, LIBC } from "./libc.ts";

/** The same numbers on every architecture. */
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, { syscall: { args: ["i64", "i64", "i64", "i64"], returns: "i64" } }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/** Close-on-exec. @throws HOST_CALL_FAILED: ESRCH when the process is gone */
export function openPidfd(pid: number): number {
  return check(libc().syscall(SYS_PIDFD_OPEN, pid, 0, 0), () => `open process ${pid}`);
}

/** Close-on-exec. @throws HOST_CALL_FAILED: EBADF, EPERM when we may not look into it, ENOSYS before Linux 5.6 */
export function copyDescriptor(pidfd: number, fd: number): number {
  return check(libc().syscall(SYS_PIDFD_GETFD, pidfd, fd, 0), () => `copy descriptor ${fd}`);
}
