/** The HostPorts port: sockets that are bound and never listen. Traffic to a published port never reaches them. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync } from "node:fs";
import { ipBytes, parseIp } from "../../base/ip.ts";
import type { BoundPort, HostEndpoint, HostPorts, PortBag, PortHolder } from "../../ports/host-ports.ts";
import { isErrno } from "../sys/libc.ts";
import {
  AF,
  bindSocket,
  inetAddress,
  openSocket,
  SOCK,
  SOL,
  setIntOption,
  type SocketKind,
} from "../sys/socket.ts";
import { bagOf } from "./bag-of.ts";
import { findHolder } from "./find-holder.ts";
import { HeldSocket } from "./held-socket.ts";
import { SocketBag } from "./port-bag.ts";

/** In a sockaddr of either family. */
const PORT_OFFSET = 2;
const IPV6_V6ONLY = { level: SOL.IPV6, name: 26 };
const SO_REUSEADDR = { level: SOL.SOCKET, name: 2 };
const KIND: Readonly<Record<PortMapping["protocol"], Omit<SocketKind, "family">>> = {
  tcp: { type: SOCK.STREAM },
  udp: { type: SOCK.DGRAM },
  sctp: { type: SOCK.STREAM, protocol: 132 },
};

interface ParsedAddress {
  readonly text: string;
  readonly family: number;
  /** A sockaddr without its port. */
  readonly bytes: Buffer;
}

export class BoundPorts implements HostPorts {
  /** A thousand ports have the same one, as a rule. */
  #latest: ParsedAddress | undefined;

  bind(endpoint: HostEndpoint): BoundPort | undefined {
    const fd = this.#open(endpoint);
    if (fd === undefined) return undefined;
    const held = HeldSocket.of(fd);
    if (held === undefined) throw new TypeError("a socket that was bound to a port has none");
    return held;
  }

  requireFree(endpoint: HostEndpoint): void {
    const fd = this.#open(endpoint);
    if (fd !== undefined) closeSync(fd);
  }

  #open(endpoint: HostEndpoint): number | undefined {
    const { protocol, port, address } = endpoint;
    if (this.#latest?.text !== address) this.#latest = parseAddress(address);
    const { family, bytes } = this.#latest;
    const fd = openIfSupported({ family, ...KIND[protocol] });
    if (fd === undefined) return undefined;
    try {
      if (family === AF.INET6) setIntOption(fd, IPV6_V6ONLY, 1);
      bytes.writeUInt16BE(port, PORT_OFFSET);
      bindStrictly(fd, bytes, protocol);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw translate(error, endpoint);
    }
  }

  openBag(): PortBag {
    return SocketBag.open();
  }

  bagOf(pid: number): PortBag | "none" | undefined {
    return bagOf(pid);
  }

  holder(endpoint: HostEndpoint): PortHolder | undefined {
    return findHolder(endpoint);
  }
}

function parseAddress(text: string): ParsedAddress {
  const ip = parseIp(text);
  if (ip === undefined) throw new EngineError("PORT_INVALID", `invalid host IP "${text}"`);
  return { text, family: ip.family === 4 ? AF.INET : AF.INET6, bytes: inetAddress(ipBytes(ip), 0) };
}

/** A kernel without SCTP or IPv6 has nobody who could have such a port. */
function openIfSupported(kind: SocketKind): number | undefined {
  try {
    return openSocket(kind);
  } catch (error) {
    if (isErrno(error, "EPROTONOSUPPORT", "EAFNOSUPPORT", "ESOCKTNOSUPPORT")) return undefined;
    throw error;
  }
}

/**
 * Without SO_REUSEADDR, or servers that set it could bind beside us. TIME_WAIT of a server that has just ended
 * refuses that too: then, and only for TCP, the second try tells it from a listener.
 */
function bindStrictly(fd: number, address: Buffer, protocol: PortMapping["protocol"]): void {
  try {
    bindSocket(fd, address);
  } catch (error) {
    if (protocol !== "tcp" || !isErrno(error, "EADDRINUSE")) throw error;
    setIntOption(fd, SO_REUSEADDR, 1);
    bindSocket(fd, address);
    // From here on it is for the others to be refused: at the latest when they listen.
    setIntOption(fd, SO_REUSEADDR, 0);
  }
}

function translate(error: unknown, { address, port, protocol }: HostEndpoint): unknown {
  if (isErrno(error, "EADDRINUSE")) {
    return new EngineError("PORT_IN_USE", `cannot publish port ${port}/${protocol}: address already in use`, {
      cause: error,
      details: { hostPort: port, protocol, address },
    });
  }
  if (isErrno(error, "EADDRNOTAVAIL")) {
    const message = `cannot publish port ${port}/${protocol}: this host has no address ${address}`;
    return new EngineError("PORT_INVALID", message, { cause: error });
  }
  if (isErrno(error, "EACCES", "EPERM")) {
    const message = `cannot publish port ${port}/${protocol}: permission denied`;
    return new EngineError("PORT_INVALID", message, {
      cause: error,
      hint: "choose a port from 1024 on, or lower net.ipv4.ip_unprivileged_port_start",
    });
  }
  return error;
}
