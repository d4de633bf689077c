/**
 * Bound sockets in a bag: messages under way in a pair of datagram sockets, which stay bound as long as anybody has
 * the pair open. A monitor keeps two descriptors for any number of ports, and whoever copies those two can add and
 * take out while it runs: a process that does nothing but hold sockets is not needed.
 */
import { closeSync, fstatSync } from "node:fs";
import type { BoundPort, HostEndpoint, PortBag } from "../../ports/host-ports.ts";
import {
  MSG,
  openDatagramPair,
  type ReceivedMessage,
  receiveDescriptors,
  sendDescriptors,
} from "../sys/descriptor-passing.ts";
import { isErrno } from "../sys/libc.ts";
import { setIntOption, SOL } from "../sys/socket.ts";

/** What each message begins with: other programs' sockets may hold messages, too. */
export const MARK = "podwright ports\n";
const SO_PEEK_OFF = { level: SOL.SOCKET, name: 42 };
/** Where every socket begins: each look is one at the first message. */
const FROM_THE_START = -1;
/** Half of what the kernel allows: some of ours are open beside them. */
const PER_MESSAGE = 128;
const MESSAGE_SIZE = 16_384;
/** A queue of 208 KiB, the kernel's default, takes about 270 messages: they are packed before it is full. */
const MOST_MESSAGES = 48;
const PROTOCOLS: readonly string[] = ["tcp", "udp", "sctp"] satisfies HostEndpoint["protocol"][];

export class SocketBag implements PortBag {
  readonly #in: number;
  readonly #out: number;
  #open = true;

  constructor(sender: number, queue: number) {
    this.#in = sender;
    this.#out = queue;
  }

  /** An empty one. */
  static open(): SocketBag {
    const [sender, queue] = openDatagramPair();
    sendDescriptors(sender, encode([]), []);
    return new SocketBag(sender, queue);
  }

  get id(): string {
    return String(fstatSync(this.#out).ino);
  }

  get descriptors(): readonly number[] {
    return [this.#in, this.#out];
  }

  contents(): HostEndpoint[] {
    return this.#messages().flat();
  }

  add(ports: readonly BoundPort[]): void {
    for (let start = 0; start < ports.length; start += PER_MESSAGE) {
      const batch = ports.slice(start, start + PER_MESSAGE);
      sendDescriptors(
        this.#in,
        encode(batch.map(({ endpoint }) => endpoint)),
        batch.map(({ fd }) => fd),
      );
    }
    if (this.#messages().length > MOST_MESSAGES) this.keep(() => true);
  }

  /**
   * What stays is added anew before the old messages go: one that is killed in between leaves sockets twice in the
   * bag, none too few.
   */
  keep(stays: (endpoint: HostEndpoint) => boolean): void {
    const present = this.#messages().length;
    const seen = new Set<string>();
    let pending: { endpoint: HostEndpoint; fd: number }[] = [];
    const flush = (): void => {
      try {
        sendDescriptors(
          this.#in,
          encode(pending.map(({ endpoint }) => endpoint)),
          pending.map(({ fd }) => fd),
        );
      } finally {
        for (const { fd } of pending) closeSync(fd);
        pending = [];
      }
    };
    setIntOption(this.#out, SO_PEEK_OFF, 0);
    try {
      for (let i = 0; i < present; i++) {
        const message = this.#peek({ take: true });
        for (const [at, endpoint] of decode(message.text).entries()) {
          const fd = message.descriptors[at];
          if (fd === undefined) continue;
          const line = encodeLine(endpoint);
          if (stays(endpoint) && !seen.has(line)) pending.push({ endpoint, fd });
          else closeSync(fd);
          seen.add(line);
          if (pending.length === PER_MESSAGE) flush();
        }
      }
      flush();
    } finally {
      for (const { fd } of pending) closeSync(fd);
      setIntOption(this.#out, SO_PEEK_OFF, FROM_THE_START);
    }
    for (let i = 0; i < present; i++) receiveDescriptors(this.#out, { size: 1, take: false });
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#in);
    closeSync(this.#out);
  }

  /** What each message names. */
  #messages(): HostEndpoint[][] {
    const messages: HostEndpoint[][] = [];
    setIntOption(this.#out, SO_PEEK_OFF, 0);
    try {
      for (;;) messages.push(decode(this.#peek({ take: false }).text));
    } catch (error) {
      if (!isErrno(error, "EAGAIN")) throw error;
      return messages;
    } finally {
      setIntOption(this.#out, SO_PEEK_OFF, FROM_THE_START);
    }
  }

  #peek({ take }: { readonly take: boolean }): ReceivedMessage {
    return receiveDescriptors(this.#out, { size: MESSAGE_SIZE, take, flags: MSG.PEEK });
  }
}

/** Whether a datagram socket of another program's, or of ours, is the queue of a bag. */
export function isQueue(fd: number): boolean {
  try {
    // Who was killed while it looked through the queue has left it set: then the first message would not be seen.
    setIntOption(fd, SO_PEEK_OFF, FROM_THE_START);
    const { text } = receiveDescriptors(fd, { size: MARK.length, take: false, flags: MSG.PEEK });
    return text.toString("latin1") === MARK;
  } catch (error) {
    if (isErrno(error, "EAGAIN", "ENOTCONN", "EINVAL", "EOPNOTSUPP", "ENOPROTOOPT")) return false;
    throw error;
  }
}

function encode(endpoints: readonly HostEndpoint[]): Buffer {
  return Buffer.from(MARK + endpoints.map((endpoint) => `${encodeLine(endpoint)}\n`).join(""), "latin1");
}

function encodeLine({ protocol, address, port }: HostEndpoint): string {
  return `${protocol} ${address} ${port}`;
}

function decode(text: Buffer): HostEndpoint[] {
  const lines = text.toString("latin1").slice(MARK.length).split("\n");
  return lines.flatMap((line) => {
    const [protocol = "", address = "", port = ""] = line.split(" ");
    return isProtocol(protocol) ? [{ protocol, address, port: Number(port) }] : [];
  });
}

function isProtocol(word: string): word is HostEndpoint["protocol"] {
  return PROTOCOLS.includes(word);
}
