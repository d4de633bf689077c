import type { PortMapping } from "@podwright/spec/engine-api/common";

/** Sockets on the host's ports, bound and never listening: they keep a port from being shadowed silently. */
export interface HostPorts {
  /**
   * Binds one port; port 0 lets the kernel choose. undefined: this kernel lacks the protocol, nobody can have it.
   * @throws PORT_IN_USE when any process has it, PORT_INVALID when the host has no such address
   */
  bind(endpoint: HostEndpoint): BoundPort | undefined;
  /**
   * The bound sockets of a process, at most `most` of them, as descriptors of ours: both hold the same socket then.
   * None for a process that is gone; undefined where the host does not let us look.
   */
  copyFrom(pid: number, most: number): BoundPort[] | undefined;
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
