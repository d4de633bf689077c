/** What this host and this caller's rank allow, asked for when a container is made or started. */
import type { RuntimeDevice } from "@podwright/spec/oci-runtime/spec";

export interface HostFacts {
  /** As OCI images name it: "amd64", "arm64". */
  readonly arch: string;
  /** [6, 18] */
  readonly kernel: readonly [number, number];
  readonly hostname: string;
  readonly cgroupVersion: "v1" | "v2" | "hybrid";
  /** The kernel counts swap per cgroup. */
  readonly limitsSwap: boolean;
  /** Ours is not the host's: what belongs to the host's other namespaces cannot be mounted. */
  readonly userNamespace: boolean;
  /** The group's id exists in our user namespace. */
  hasGroup(gid: number): boolean;
  /** The host shows POSIX message queues in /dev/mqueue. */
  readonly messageQueues: boolean;
  readonly selinux: boolean;
  readonly apparmor: boolean;
  /** A systemd journal takes messages. */
  readonly hasJournal: boolean;
  /** What a child of ours can have at most: CAP_ names, sorted. */
  readonly boundingCapabilities: readonly string[];
  /** True when hard limits may be raised. */
  readonly canRaiseLimits: boolean;
  /** Our own limit, without the RLIMIT_ prefix; -1 is unlimited. */
  limit(name: string): { readonly soft: number; readonly hard: number } | undefined;
  /** The address that the host is known by; "" when it has none. */
  primaryAddress(): Promise<string>;
  /** Mount flags of the file system that the path is on. @throws HOST_CALL_FAILED with `details.errno` */
  mountFlags(path: string): MountFlags;
  /**
   * A device node, or all below a directory; [] when nothing is there. Paths are the host's.
   * `fileMode`, `uid` and `gid` are those of the node.
   */
  devices(path: string): readonly RuntimeDevice[];
}

export interface MountFlags {
  readonly nosuid: boolean;
  readonly nodev: boolean;
  readonly noexec: boolean;
}
