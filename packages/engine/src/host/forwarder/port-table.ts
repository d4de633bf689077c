/** The ports that are forwarded, by their keys. */
import { closeFd } from "../sys/forward-calls.ts";
import type { Loop } from "./loop.ts";
import type { PortWords } from "./messages.ts";
import { Pipes } from "./pipes.ts";
import { TcpListener } from "./tcp.ts";
import { UdpListener } from "./udp.ts";

/** What keeps clients' addresses. */
export interface Answers {
  /** Rule and route are there. */
  readonly routed: boolean;
  /** The system itself marks what TCP answers. */
  readonly marked: boolean;
}

interface Listener {
  /** Gives minus errno where it cannot. */
  start(): number;
  stop(): void;
}

export class Ports {
  readonly #loop: Loop;
  readonly #answers: Answers;
  readonly #pipes = new Pipes();
  readonly #listeners = new Map<string, { readonly listener: Listener; readonly target: string }>();
  readonly #pairs = new Set<string>();
  #marking = false;

  constructor(loop: Loop, answers: Answers) {
    this.#loop = loop;
    this.#answers = answers;
  }

  /** Told when the firewall is in place; it stays there. */
  set marking(marking: boolean) {
    if (marking) this.#marking = true;
  }

  get keys(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  get words(): readonly Omit<PortWords, "loopback">[] {
    return [...this.#listeners].map(([key, { target }]) => ({ key, target }));
  }

  keeps(protocol: "tcp" | "udp"): boolean {
    return this.#answers.routed && (this.#marking || (protocol === "tcp" && this.#answers.marked));
  }

  /** Takes the descriptor, also where it fails; gives minus errno then. One that is there already stays. */
  add({ key, target, loopback }: PortWords, fd: number): number {
    if (this.#listeners.has(key)) {
      closeFd(fd);
      return 0;
    }
    const port = { fd, target: Buffer.from(target, "hex"), loopback };
    const listener: Listener = key.startsWith("udp")
      ? new UdpListener(this.#loop, port, { keeps: () => this.keeps("udp"), pairs: this.#pairs })
      : new TcpListener(this.#loop, this.#pipes, port, () => this.keeps("tcp"));
    const result = listener.start();
    if (result < 0) listener.stop();
    else this.#listeners.set(key, { listener, target });
    return result;
  }

  remove(key: string): void {
    this.#listeners.get(key)?.listener.stop();
    this.#listeners.delete(key);
  }
}
