/** What `info` says of the host. Everything is read when asked for; nothing is kept. */
export interface SystemFacts {
  /** Go's name: "amd64". */
  readonly arch: string;
  readonly cpus: number;
  hostname(): string;
  kernel(): string;
  /** Bytes. */
  memory(): {
    readonly free: number;
    readonly total: number;
    readonly swapFree: number;
    readonly swapTotal: number;
  };
  /** Percent of the time since boot. */
  cpuUse(): { readonly user: number; readonly system: number; readonly idle: number };
  /** Seconds. */
  uptime(): number;
  distribution(): HostDistribution;
  security(): { readonly apparmor: boolean; readonly seccomp: boolean; readonly selinux: boolean };
  /** Bytes of the file system that holds the path. */
  diskUse(path: string): { readonly allocated: number; readonly used: number };
  /** "extfs", "xfs", … */
  fileSystem(path: string): string;
  /** Of this process's user namespace; undefined in the initial one. */
  idMappings(): { readonly uid: readonly IdMapping[]; readonly gid: readonly IdMapping[] } | undefined;
  /** The programs and libraries that the engine stands on, found or not. */
  parts(): Promise<readonly HostPart[]>;
}

export interface HostDistribution {
  readonly id: string;
  readonly version: string;
  readonly variant: string;
  readonly codename: string;
}

export interface IdMapping {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

export interface HostPart {
  readonly name: string;
  /** What the engine does with it. */
  readonly purpose: string;
  /** "" when it is missing. */
  readonly path: string;
  /** As the part itself words it, without its line ends; "" when it does not say. */
  readonly version: string;
  /** "conmon_2.1.6+ds1-1_amd64"; "" when the package manager knows nothing of it. */
  readonly packageName: string;
}
