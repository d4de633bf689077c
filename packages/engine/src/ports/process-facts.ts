/** What the kernel says of single processes: what `top` shows. */
import type { IdMappings } from "@podwright/spec/values/id-map";

export interface ProcessFacts {
  readonly pid: number;
  /** As its own PID namespace numbers them; the parent is 0 where it is outside. */
  readonly inside: { readonly pid: number; readonly parent: number; readonly group: number };
  /** At most 15 bytes of the program's name. */
  readonly name: string;
  /** [] of a process that has none: a zombie. */
  readonly args: readonly string[];
  /** One letter: R, S, D, T, Z, … */
  readonly state: string;
  readonly user: { readonly real: number; readonly effective: number };
  readonly group: { readonly real: number; readonly effective: number };
  readonly groups: readonly number[];
  readonly nice: number;
  /** Number of the controlling terminal's device; 0 for none. */
  readonly terminal: number;
  /** Seconds. */
  readonly cpuTime: number;
  /** Seconds after boot. */
  readonly startTime: number;
  /** KiB. */
  readonly virtualSize: number;
  readonly residentSize: number;
  readonly capabilities: Readonly<Record<CapabilitySet, bigint>>;
  /** 0 disabled, 1 strict, 2 filter. */
  readonly seccomp: number;
  /** Security label; "?" where the host has none. */
  readonly label: string;
  /** What ids of ours (all of those above are) are to others: inside in its own user namespace, where it has another one. */
  readonly idsInside?: IdMappings;
  /** `inside` are our ids, `outside` those of the machine. */
  readonly idsOfHost: IdMappings;
}

export type CapabilitySet = "ambient" | "inheritable" | "permitted" | "effective" | "bounding";

export interface ProcessReader {
  /** Those of the pids that are there. */
  read(pids: readonly number[]): ProcessFacts[];
  /** Seconds. */
  uptime(): number;
}

/** Runs ps(1) of the host among the processes of a PID namespace. */
export interface HostPs {
  /** In the PID namespace of this process. @throws CONTAINER_TOP_FAILED for options that ps does not take */
  run(pid: number, args: readonly string[]): Promise<PsOutput | undefined>;
}

export interface PsOutput {
  readonly lines: readonly string[];
  /** Of ps itself, as the lines have it. */
  readonly ownPid: string;
}
