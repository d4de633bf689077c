/** UDP: each client of a port gets a socket in the namespace for as long as it is heard of. */
import {
  closeFd,
  connect,
  E,
  EPOLL,
  Message,
  receive,
  send,
  setOption,
  socket,
} from "../sys/forward-calls.ts";
import { AF_INET6, familyOf, ownCopy, socketAddress } from "./addresses.ts";
import type { Loop } from "./loop.ts";
import { takeSource, wayFor } from "./source.ts";

const SOCK_DGRAM = 2;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_PKTINFO = { level: SOL_IP, name: 8 };
const IPV6_RECVPKTINFO = { level: SOL_IPV6, name: 49 };
/** A datagram's most, and struct cmsghdr with the longer of the two kinds of pktinfo. */
const SIZE = { data: 1 << 16, control: 40 };
const CMSG_HEADER = 16;
/** Of one wake-up. */
const MOST_DATAGRAMS = 64;
/** Of one port. */
const MOST_FLOWS = 2_048;
/** Milliseconds, as netfilter's: of a question and its answer, and of a conversation. */
const SHORT = 30_000;
const LONG = 180_000;
const SWEEP = 10_000;
/** After which both sides have spoken again: a conversation. */
const SETTLED = 2_000;

export interface UdpPort {
  readonly fd: number;
  readonly target: Buffer;
  readonly loopback: boolean;
}

interface Flow {
  readonly fd: number;
  readonly client: Buffer;
  /** Ancillary data of an answer: from the address that the client knows. */
  readonly control: Buffer;
  /** "" for a flow with another source. */
  readonly pair: string;
  readonly since: number;
  last: number;
  answered: boolean;
  long: boolean;
}

/** What the ports of a forwarder share. */
export interface UdpShared {
  /** Whether clients' addresses can be kept. */
  readonly keeps: () => boolean;
  /** Client and target of each flow with the client's own address: a second one would take the first one's answers. */
  readonly pairs: Set<string>;
}

export class UdpListener {
  readonly #loop: Loop;
  readonly #port: UdpPort;
  readonly #shared: UdpShared;
  readonly #flows = new Map<string, Flow>();
  #message: Message | undefined;
  #open = true;
  #sweeping = false;

  constructor(loop: Loop, port: UdpPort, shared: UdpShared) {
    this.#loop = loop;
    this.#port = port;
    this.#shared = shared;
  }

  start(): number {
    const { fd, target } = this.#port;
    const set = setOption(fd, familyOf(target) === AF_INET6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
    return set < 0 ? set : this.#loop.watch(fd, EPOLL.IN, () => this.#inward());
  }

  stop(): void {
    this.#open = false;
    this.#loop.close(this.#port.fd);
    for (const [key, flow] of this.#flows) this.#forget(key, flow);
  }

  /** How many clients are known. */
  get flows(): number {
    return this.#flows.size;
  }

  #inward(): void {
    const message = (this.#message ??= new Message(SIZE));
    for (let i = 0; i < MOST_DATAGRAMS && this.#open; i++) {
      const length = message.receive(this.#port.fd);
      if (length < 0) return;
      const client = message.name.subarray(0, message.nameLength);
      const control = message.control.subarray(0, message.controlLength);
      const key = client.toString("latin1", 2) + control.toString("latin1", CMSG_HEADER);
      const flow = this.#flows.get(key) ?? this.#begin(key, ownCopy(client), Buffer.from(control));
      if (flow === undefined) continue;
      flow.last = performance.now();
      if (flow.answered && flow.last - flow.since > SETTLED) flow.long = true;
      // What cannot be sent is lost, as datagrams are; so is the word that nobody listens there.
      if (send(flow.fd, message.data, length) === -E.CONNREFUSED) send(flow.fd, message.data, length);
    }
  }

  #outward(flow: Flow): void {
    const message = (this.#message ??= new Message(SIZE));
    for (let i = 0; i < MOST_DATAGRAMS && this.#open; i++) {
      const length = receive(flow.fd, message.data);
      if (length === -E.CONNREFUSED) continue;
      if (length < 0) return;
      flow.answered = true;
      flow.last = performance.now();
      message.name.set(flow.client);
      message.control.set(flow.control);
      message.send(this.#port.fd, {
        name: flow.client.length,
        control: flow.control.length,
        data: length,
      });
    }
  }

  #begin(key: string, client: Buffer, control: Buffer): Flow | undefined {
    if (this.#flows.size >= MOST_FLOWS) this.#forgetOldest();
    const { target, loopback } = this.#port;
    const keeps = this.#shared.keeps();
    const here = (): Buffer => hereOf(control, familyOf(target));
    const way = wayFor(client, here, { target, loopback, keeps });
    const pair = client.toString("latin1") + way.target.toString("latin1");
    const free = !this.#shared.pairs.has(pair);
    let fd = dial(way.target, way.source, free);
    if (fd === -E.MFILE || fd === -E.NFILE) {
      this.#forgetOldest();
      fd = dial(way.target, way.source, free);
    }
    if (fd < 0) return undefined;
    const now = performance.now();
    const held = way.source !== undefined && free ? pair : "";
    const flow: Flow = {
      fd,
      client,
      control: answering(control),
      pair: held,
      since: now,
      last: now,
      answered: false,
      long: false,
    };
    if (held !== "") this.#shared.pairs.add(held);
    this.#flows.set(key, flow);
    this.#loop.watch(fd, EPOLL.IN, () => this.#outward(flow));
    this.#sweepLater();
    return flow;
  }

  #forget(key: string, { fd, pair }: Flow): void {
    this.#flows.delete(key);
    this.#shared.pairs.delete(pair);
    this.#loop.ignore(fd);
    closeFd(fd);
  }

  #forgetOldest(): void {
    let oldest: [string, Flow] | undefined;
    for (const entry of this.#flows)
      if (oldest === undefined || entry[1].last < oldest[1].last) oldest = entry;
    if (oldest !== undefined) this.#forget(...oldest);
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#loop.after(SWEEP, () => {
      this.#sweeping = false;
      if (!this.#open) return;
      const now = performance.now();
      for (const [key, flow] of this.#flows) {
        if (now - flow.last >= (flow.long ? LONG : SHORT)) this.#forget(key, flow);
      }
      if (this.#flows.size > 0) this.#sweepLater();
    });
  }
}

/** The address that the client has sent to. */
function hereOf(control: Buffer, family: number): Buffer {
  const at = CMSG_HEADER + (family === AF_INET6 ? 0 : 8);
  return socketAddress(control.subarray(at, at + (family === AF_INET6 ? 16 : 4)), 0);
}

/**
 * Of an IPv4 datagram's pktinfo, the interface is left out: the answer takes the way that routes say. An IPv6 address may
 * be of one link alone: it stays.
 */
function answering(control: Buffer): Buffer {
  if (control.length >= CMSG_HEADER + 12 && control.readInt32LE(8) === SOL_IP)
    control.writeInt32LE(0, CMSG_HEADER);
  return control;
}

function dial(target: Buffer, source: Buffer | undefined, samePort: boolean): number {
  const fd = socket(familyOf(target), SOCK_DGRAM);
  if (fd < 0) return fd;
  if (source !== undefined && !(samePort && takeSource(fd, source, true)) && !takeSource(fd, source, false)) {
    closeFd(fd);
    return -E.ADDRINUSE;
  }
  const result = connect(fd, target);
  if (result >= 0) return fd;
  closeFd(fd);
  return result;
}
