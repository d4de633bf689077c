/** A bound socket that goes with its `using` block. */
import { closeSync } from "node:fs";
import { formatIp, ipFromBytes } from "../../base/ip.ts";
import type { BoundPort, HostEndpoint } from "../../ports/host-ports.ts";
import { boundTo, intOption, SOL } from "../sys/socket.ts";

const SO_PROTOCOL = { level: SOL.SOCKET, name: 38 };
const PROTOCOLS: Readonly<Record<number, HostEndpoint["protocol"]>> = { 6: "tcp", 17: "udp", 132: "sctp" };

export class HeldSocket implements BoundPort {
  readonly fd: number;
  readonly endpoint: HostEndpoint;
  #open = true;

  private constructor(fd: number, endpoint: HostEndpoint) {
    this.fd = fd;
    this.endpoint = endpoint;
  }

  /** undefined, and the descriptor is still the caller's, for a socket that is not bound to a port. */
  static of(fd: number): HeldSocket | undefined {
    const bound = boundTo(fd);
    if (bound === undefined || bound.port === 0) return undefined;
    const protocol = PROTOCOLS[intOption(fd, SO_PROTOCOL)];
    if (protocol === undefined) return undefined;
    return new HeldSocket(fd, { address: formatIp(ipFromBytes(bound.bytes)), port: bound.port, protocol });
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.fd);
    this.#open = false;
  }
}
