/** TCP: takes connections in, makes each one's other half in the namespace, and joins the two. */
import {
  accept,
  closeFd,
  connect,
  E,
  EPOLL,
  listen,
  localAddress,
  resetAtClose,
  setOption,
  socket,
  socketError,
} from "../sys/forward-calls.ts";
import { familyOf, ownCopy } from "./addresses.ts";
import { Half, type Progress } from "./half.ts";
import type { Loop } from "./loop.ts";
import type { Pipes } from "./pipes.ts";
import { takeSource, type Way, wayFor } from "./source.ts";

const BACKLOG = 4096;
/** Of one wake-up. */
const MOST_ACCEPTED = 64;
/** Milliseconds until another try when descriptors have run out. */
const BREATH = 100;
const SOCK_STREAM = 1;
const TCP_NODELAY = { level: 6, name: 1 };
const SO_REUSEADDR = { level: 1, name: 2 };
const SO_KEEPALIVE = { level: 1, name: 9 };
const ANY = EPOLL.IN | EPOLL.OUT | EPOLL.RDHUP | EPOLL.ET;

export interface TcpPort {
  readonly fd: number;
  readonly target: Buffer;
  readonly loopback: boolean;
}

export class TcpListener {
  readonly #loop: Loop;
  readonly #pipes: Pipes;
  readonly #port: TcpPort;
  readonly #keeps: () => boolean;
  readonly #connections = new Set<Connection>();
  readonly #peer = Buffer.alloc(28);
  #open = true;

  /** `keeps`: whether clients' addresses can be kept. */
  constructor(loop: Loop, pipes: Pipes, port: TcpPort, keeps: () => boolean) {
    this.#loop = loop;
    this.#pipes = pipes;
    this.#port = port;
    this.#keeps = keeps;
  }

  /** Gives minus errno where somebody else listens. */
  start(): number {
    // What lingers of an earlier one's connections does not refuse us, nor what is accepted here the next one. Who listens does.
    setOption(this.#port.fd, SO_REUSEADDR, 1);
    const result = listen(this.#port.fd, BACKLOG);
    return result < 0 ? result : this.#loop.watch(this.#port.fd, EPOLL.IN, () => this.#accept());
  }

  /** Its connections end as well. */
  stop(): void {
    this.#open = false;
    this.#loop.close(this.#port.fd);
    for (const connection of this.#connections) connection.abort();
  }

  #accept(): void {
    for (let i = 0; i < MOST_ACCEPTED && this.#open; i++) {
      const client = accept(this.#port.fd, this.#peer);
      if (client >= 0) {
        this.#join(client);
        continue;
      }
      if (client === -E.MFILE || client === -E.NFILE || client === -E.NOBUFS) this.#rest();
      // Of a client that has gone away, or of the network below it: the next one is as good as any.
      if (client !== -E.CONNABORTED && client !== -E.INTR) return;
    }
  }

  /** It would be told again and again of what it cannot take in. */
  #rest(): void {
    this.#loop.ignore(this.#port.fd);
    this.#loop.after(BREATH, () => {
      if (this.#open) this.#loop.watch(this.#port.fd, EPOLL.IN, () => this.#accept());
    });
  }

  #join(client: number): void {
    const way = wayFor(ownCopy(this.#peer), () => localOf(client), {
      target: this.#port.target,
      loopback: this.#port.loopback,
      keeps: this.#keeps(),
    });
    const server = open(way);
    if (server < 0) {
      resetAtClose(client);
      closeFd(client);
      return;
    }
    const connection = new Connection(this.#loop, this.#pipes, { client, server }, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    connection.start();
  }
}

function localOf(client: number): Buffer {
  const address = Buffer.alloc(28);
  localAddress(client, address);
  return ownCopy(address);
}

/** Under way to the target, or minus errno. */
function open(way: Way): number {
  if (way.source === undefined) return dial(way.target);
  const same = dial(way.target, way.source, true);
  // The port is somebody's inside, or has just been: the address counts for more.
  return same === -E.ADDRNOTAVAIL || same === -E.ADDRINUSE ? dial(way.target, way.source, false) : same;
}

function dial(target: Buffer, source?: Buffer, samePort = false): number {
  const fd = socket(familyOf(target), SOCK_STREAM);
  if (fd < 0) return fd;
  if (source !== undefined && !takeSource(fd, source, samePort)) {
    closeFd(fd);
    return -E.ADDRINUSE;
  }
  const result = connect(fd, target);
  if (result >= 0 || result === -E.INPROGRESS) return fd;
  closeFd(fd);
  return result;
}

interface Ends {
  readonly client: number;
  readonly server: number;
}

class Connection {
  readonly #loop: Loop;
  readonly #ends: Ends;
  readonly #inward: Half;
  readonly #outward: Half;
  readonly #onEnd: () => void;
  readonly #again = (): void => this.#pump();
  #connected = false;
  #open = true;

  constructor(loop: Loop, pipes: Pipes, ends: Ends, onEnd: () => void) {
    this.#loop = loop;
    this.#ends = ends;
    this.#onEnd = onEnd;
    this.#inward = new Half(pipes, ends.client, ends.server);
    this.#outward = new Half(pipes, ends.server, ends.client);
  }

  start(): void {
    const { client, server } = this.#ends;
    for (const fd of [client, server]) {
      setOption(fd, TCP_NODELAY, 1);
      setOption(fd, SO_KEEPALIVE, 1);
    }
    const watched = [
      this.#loop.watch(client, ANY, (events) => this.#event(client, events)),
      this.#loop.watch(server, ANY, (events) => this.#event(server, events)),
    ];
    if (watched.some((result) => result < 0)) this.abort();
  }

  /** Both sides see a reset. */
  abort(): void {
    resetAtClose(this.#ends.client);
    resetAtClose(this.#ends.server);
    this.#end();
  }

  #event(fd: number, events: number): void {
    if (!this.#open) return;
    if ((events & EPOLL.ERR) !== 0 && socketError(fd) !== 0) return this.abort();
    const [into, outOf] =
      fd === this.#ends.client ? [this.#outward, this.#inward] : [this.#inward, this.#outward];
    if ((events & (EPOLL.IN | EPOLL.RDHUP | EPOLL.HUP)) !== 0) outOf.readable = true;
    if ((events & EPOLL.OUT) !== 0) {
      into.writable = true;
      if (fd === this.#ends.server) this.#connected = true;
    }
    if (this.#connected) this.#pump();
  }

  #pump(): void {
    if (!this.#open) return;
    const progress: readonly Progress[] = [this.#inward.pump(), this.#outward.pump()];
    if (progress.includes("failed")) this.abort();
    else if (progress.every((each) => each === "done")) this.#end();
    else if (progress.includes("ready")) this.#loop.soon(this.#again);
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#inward.cut();
    this.#outward.cut();
    this.#loop.close(this.#ends.client);
    this.#loop.close(this.#ends.server);
    this.#onEnd();
  }
}
