/** What is known of a container only when it starts: paths, the resolved user, the host's devices. */
import type { RuntimeDevice, RuntimeSeccomp } from "@podwright/spec/oci-runtime/spec";
import type { HostFacts } from "../../ports/host-facts.ts";
import type { SandboxRef } from "../../ports/pod-record.ts";
import type { ResolvedUser } from "../rootfs/user.ts";

export interface LiveContainer {
  /** The mounted root file system. */
  readonly rootfs: string;
  /** In-root path after following links (prepareWorkdir gives it). */
  readonly workdir: string;
  readonly user: ResolvedUser;
  /** Relative to the hierarchies' roots; "" leaves cgroups to the runtime's caller. */
  readonly cgroupsPath: string;
  /** Of the pod that it is a member of, when that one is up. */
  readonly sandbox?: SandboxRef;
  /** The container's own network namespace, pinned; absent: the runtime makes one. */
  readonly netnsPath?: string;
  /** The container's user namespace, where that is not the engine's own. */
  readonly usernsPath?: string;
  /** Namespaces of `container:ID` modes. */
  readonly joined?: Partial<Record<"pid" | "ipc" | "uts" | "net" | "cgroup", string>>;
  /** Host's path of /dev/shm: the container's own shareable one, or that of the container it joins. */
  readonly shmPath?: string;
  /** Host files that are bound into the container, by their path in it: /etc/hosts, /run/.containerenv, … */
  readonly files: Readonly<Record<string, string>>;
  /** Host directory of each named or anonymous volume. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Host directories that stand for a mount's source, by the mount's destination. */
  readonly standIns: Readonly<Record<string, string>>;
  /** Host files and directories with secrets, by their path in the container. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly seccomp?: RuntimeSeccomp;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly facts: SpecFacts;
}

export type SpecFacts = Pick<
  HostFacts,
  "cgroupVersion" | "boundingCapabilities" | "apparmor" | "userNamespace" | "messageQueues"
> & {
  readonly hasGroup: HostFacts["hasGroup"];
  /** HostFacts.devices, for `--device` and `--privileged`. */
  readonly devices: (path: string) => readonly RuntimeDevice[];
};
