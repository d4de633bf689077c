/** The port forwarder: one process of ours that takes clients of published ports into a network namespace. */
import type { BoundPort, HostEndpoint } from "./host-ports.ts";

export interface Forward {
  /** Bound, not listening, on the host. The forwarder gets a descriptor of its own; this one stays the caller's. */
  readonly socket: BoundPort;
  /** Where it leads, as seen in the network namespace: of that namespace itself, or of another one behind a bridge. */
  readonly target: ForwardTarget;
}

export interface ForwardTarget {
  readonly address: string;
  readonly port: number;
  /**
   * Where clients of the host's loopback are taken: to the loopback address that they asked for, within the namespace,
   * or to `address` as all others, with a source address of the namespace's own.
   */
  readonly loopback: "loopback" | "address";
}

/** A port that is taken in, and where it leads. */
export interface Forwarded {
  readonly endpoint: HostEndpoint;
  readonly address: string;
  readonly port: number;
}

export interface ForwarderRequest {
  /** Of this forwarder alone, there already: its process id and control socket are kept in it. */
  readonly directory: string;
  /** Pin of the namespace. The forwarder ends when it is removed. */
  readonly netnsPath: string;
  /** Whose the targets are: the namespace's own, or of others that it reaches by bridges. */
  readonly targets: "here" | "bridged";
  readonly forwards: readonly Forward[];
}

/** Protocols whose clients are seen with an address of the namespace's own: what is needed to keep theirs is missing. */
export type WithoutSource = readonly ("tcp" | "udp")[];

/** Each by the directory that `start` was given. */
export interface Forwarder {
  /** Returns when clients are taken in. @throws NETWORK_SETUP_FAILED, PORT_IN_USE */
  start(request: ForwarderRequest): Promise<WithoutSource>;
  /** All or nothing. @throws NETWORK_SETUP_FAILED when none runs, PORT_IN_USE */
  add(directory: string, forwards: readonly Forward[]): Promise<WithoutSource>;
  /** Known connections through them end; a port that is not forwarded is no error, and nothing runs is none. */
  remove(directory: string, endpoints: readonly HostEndpoint[]): Promise<void>;
  /** What is forwarded; undefined when none runs. */
  list(directory: string): Promise<readonly Forwarded[] | undefined>;
  /** Returns when it has ended and its ports are free; none is no error. */
  stop(directory: string): Promise<void>;
}
