/** What several nouns share. All types are plain data: they cross a socket as JSON unchanged. */

/** `key=value` pairs. */
export type Labels = Readonly<Record<string, string>>;

/** `--filter key=value`, as given; several values of one key stand in order. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** Outcome for one of several objects of a command: its id, or why it failed. */
export interface Outcome {
  /** The name or id as the caller gave it. */
  readonly input: string;
  /** The full id (a name where the object has no id), absent when it was not found. */
  readonly id?: string;
  readonly error?: Error;
}

/** Where a stream of bytes goes. A promise holds the source back (back-pressure). */
export type ByteSink = (chunk: Uint8Array) => void | Promise<void>;

/** One published port range. Ports are inclusive of `length` consecutive numbers. */
export interface PortMapping {
  /** "" means any address. */
  readonly hostIp: string;
  /** 0 in a request means: choose a free one. */
  readonly hostPort: number;
  readonly containerPort: number;
  readonly length: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** The engine chose the host port: where a start finds it taken, another is chosen. */
  readonly chosen?: boolean;
}

/** What `update` has changed. */
export interface Updated {
  readonly id: string;
  /** Published ports that had no host port in the request, as they are now. */
  readonly chosen: readonly PortMapping[];
}

export interface Limits {
  /** Bytes. */
  readonly memory?: number;
  /** Bytes; -1 is unlimited. */
  readonly memorySwap?: number;
  readonly memoryReservation?: number;
  /** 0 to 100; of cgroup v1 alone. */
  readonly memorySwappiness?: number;
  /** Microseconds of CPU time per `cpuPeriod`. */
  readonly cpuQuota?: number;
  /** Microseconds. */
  readonly cpuPeriod?: number;
  readonly cpuShares?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** Largest number of processes and threads; -1 is unlimited. */
  readonly pids?: number;
  readonly blkioWeight?: number;
}

/** DNS settings of a sandbox; absent members mean the host's. */
export interface DnsOptions {
  /** Name servers; ["none"] leaves resolv.conf to the image. */
  readonly servers?: readonly string[];
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

/** One network to join, with what was asked of it. */
export interface NetworkAttachment {
  readonly name: string;
  readonly ip?: string;
  readonly ip6?: string;
  readonly mac?: string;
  readonly interfaceName?: string;
  readonly aliases?: readonly string[];
}

/** `--network`: how a sandbox or a container reaches the world. */
export type NetworkMode =
  | { readonly kind: "bridge"; readonly attachments: readonly NetworkAttachment[] }
  | { readonly kind: "none" }
  | { readonly kind: "host" }
  /** By passt's pasta(1), of an ordinary user; with options of its own. */
  | { readonly kind: "pasta"; readonly options: readonly string[] }
  | { readonly kind: "container"; readonly container: string }
  | { readonly kind: "path"; readonly path: string };

/** What a network interface of a running sandbox looks like. */
export interface InterfaceStatus {
  readonly network: string;
  readonly interfaceName: string;
  readonly mac: string;
  /** Address with prefix length: "10.88.0.2/16". */
  readonly addresses: readonly string[];
  /** One per address, "" where the network has none. */
  readonly gateways: readonly string[];
}
