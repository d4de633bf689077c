/** Why a user namespace could not be made, in one line, and who can change that. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readIfThere } from "../../base/if-there.ts";

interface Switch {
  readonly path: string;
  /** The value that forbids. */
  readonly off: string;
  readonly on: string;
}

const SWITCHES: readonly Switch[] = [
  { path: "/proc/sys/user/max_user_namespaces", off: "0", on: "user.max_user_namespaces=28633" },
  { path: "/proc/sys/user/max_mnt_namespaces", off: "0", on: "user.max_mnt_namespaces=28633" },
  // Debian's and Ubuntu's own.
  { path: "/proc/sys/kernel/unprivileged_userns_clone", off: "0", on: "kernel.unprivileged_userns_clone=1" },
  {
    path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    off: "1",
    on: "kernel.apparmor_restrict_unprivileged_userns=0",
  },
];

/** `said` is what unshare(1) or nsenter(1) printed. */
export function whyRefused(
  said: string,
  read: (path: string) => string | undefined = readIfThere,
): EngineError {
  const off = SWITCHES.find((each) => read(each.path)?.trim() === each.off);
  if (off !== undefined) {
    const name = off.on.slice(0, off.on.indexOf("="));
    return new EngineError("USERNS_UNAVAILABLE", `user namespaces are switched off: ${name} is ${off.off}`, {
      hint: `have an administrator run: sysctl -w ${off.on}`,
    });
  }
  const reason = said.split("\n").at(-1) ?? "";
  return new EngineError(
    "USERNS_UNAVAILABLE",
    `cannot make a user namespace: ${reason || "no reason given"}`,
    {
      hint: /not permitted/i.test(said)
        ? "in a container, its seccomp profile has to allow unshare and mount; on a host, the kernel needs CONFIG_USER_NS"
        : "look at `sysctl user` for limits on namespaces",
    },
  );
}
