import type { PortMapping } from "@podwright/spec/engine-api/common";

/** Sockets on the host's ports, bound and never listening: they keep a port from being shadowed silently. */
export interface HostPorts {
  /**
   * Binds one port; port 0 lets the kernel choose. undefined: this kernel lacks the protocol, nobody can have it.
   * @throws PORT_IN_USE when any process has it, PORT_INVALID when the host has no such address
   */
  bind(endpoint: HostEndpoint): BoundPort | undefined;
  /** Binds one port for a moment. @throws as bind */
  requireFree(endpoint: HostEndpoint): void;
  /** A bag with nothing in it, for a monitor to keep open. */
  openBag(): PortBag;
  /**
   * The bag that a process keeps open, shared with it; "none" for a process that has none, or is gone; undefined
   * where the host does not let us look.
   */
  bagOf(pid: number): PortBag | "none" | undefined;
  /** Who has a port that cannot be bound, where that can be found. For messages: looks at every process. */
  holder(endpoint: HostEndpoint): PortHolder | undefined;
}

export interface PortHolder {
  readonly pid: number;
  /** The program's name. */
  readonly name: string;
}

export interface HostEndpoint {
  /** An IPv4 or IPv6 address of the host; "0.0.0.0" and "::" are any of that family. */
  readonly address: string;
  readonly port: number;
  readonly protocol: PortMapping["protocol"];
}

/** Disposing closes the descriptor. A child that inherits it keeps the port. */
export interface BoundPort extends Disposable {
  readonly fd: number;
  /** As the kernel has it: the address in its canonical form, the port that was chosen. */
  readonly endpoint: HostEndpoint;
}

/**
 * Bound sockets that stay bound while anybody has the bag open. Not for two at once: its owner's lock is held.
 * Disposing closes our descriptors; a process that keeps them open keeps what is in it.
 */
export interface PortBag extends Disposable {
  /** The same for all who have it open. */
  readonly id: string;
  /** All that a process must keep open, side by side and in this order. */
  readonly descriptors: readonly number[];
  /** One that was put in twice stands there twice. */
  contents(): HostEndpoint[];
  /** The caller closes its own descriptors. */
  add(ports: readonly BoundPort[]): void;
  /** Lets go of all others, and of what is in it twice. */
  keep(stays: (endpoint: HostEndpoint) => boolean): void;
}
