/** Takes requests of the engine: from who started the forwarder, and later by a socket in its directory. */
import {
  accept,
  bind,
  closeFd,
  EPOLL,
  listen,
  Message,
  removeFile,
  send,
  socket,
} from "../sys/forward-calls.ts";
import type { Loop } from "./loop.ts";
import { LONGEST_REQUEST, type Reply, type Request, SOCKET } from "./messages.ts";
import type { Ports } from "./port-table.ts";

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const BACKLOG = 64;
/** struct cmsghdr and SCM_MAX_FD numbers. */
const RIGHTS_HEADER = 16;
const RIGHTS_SIZE = RIGHTS_HEADER + 4 * 256;

export class Control {
  readonly #loop: Loop;
  readonly #ports: Ports;
  readonly #end: () => void;
  readonly #message = new Message({ data: LONGEST_REQUEST, control: RIGHTS_SIZE });
  #refusal = "";
  #stays = false;

  /** `end` is called when who has started us goes before it was done. */
  constructor(loop: Loop, ports: Ports, end: () => void) {
    this.#loop = loop;
    this.#ports = ports;
    this.#end = end;
  }

  /** The directory is the working directory: a path may be too long for a socket's address. */
  listen(): void {
    removeFile(SOCKET);
    const fd = socket(AF_UNIX, SOCK_SEQPACKET);
    const address = Buffer.from(`\x01\0${SOCKET}\0`, "latin1");
    if (fd < 0 || bind(fd, address) < 0 || listen(fd, BACKLOG) < 0) {
      return this.refuse(`cannot make ${SOCKET}`);
    }
    const peer = Buffer.alloc(28);
    this.#loop.watch(fd, EPOLL.IN, () => {
      const client = accept(fd, peer);
      if (client >= 0) this.serve(client, "other");
    });
  }

  /** From now on every request is answered with this. */
  refuse(why: string): void {
    this.#refusal ||= why;
  }

  serve(fd: number, who: "starter" | "other"): void {
    const watched = this.#loop.watch(fd, EPOLL.IN, () => {
      const length = this.#message.receive(fd);
      if (length > 0) return void send(fd, Buffer.from(JSON.stringify(this.#answer(length))));
      this.#loop.close(fd);
      if (who === "starter" && !this.#stays) this.#end();
    });
    if (watched < 0 && who === "starter") this.#end();
  }

  #answer(length: number): Reply {
    const descriptors = this.#descriptors();
    const request: Request = JSON.parse(this.#message.data.toString("utf8", 0, length));
    switch (request.op) {
      case "add":
        return this.#add(request, descriptors);
      case "remove":
        for (const key of request.keys) this.#ports.remove(key);
        return { ports: [] };
      case "list":
        return { ports: this.#ports.words };
    }
  }

  #add(request: Request & { readonly op: "add" }, descriptors: readonly number[]): Reply {
    if (this.#refusal !== "") {
      for (const fd of descriptors) closeFd(fd);
      return { failed: this.#refusal, errno: 0, key: "" };
    }
    this.#ports.marking = request.marking;
    const present = new Set(this.#ports.keys);
    for (const [at, port] of request.ports.entries()) {
      const fd = descriptors[at];
      const result = fd === undefined ? -1 : this.#ports.add(port, fd);
      if (result >= 0) continue;
      for (const { key } of request.ports) if (!present.has(key)) this.#ports.remove(key);
      for (const rest of descriptors.slice(at + 1)) closeFd(rest);
      return { failed: "cannot listen", errno: -result, key: port.key };
    }
    if (request.stay) this.#stays = true;
    return { without: (["tcp", "udp"] as const).filter((protocol) => !this.#ports.keeps(protocol)) };
  }

  #descriptors(): number[] {
    const { control, controlLength } = this.#message;
    if (controlLength < RIGHTS_HEADER) return [];
    const count = (control.readUInt32LE(0) - RIGHTS_HEADER) / 4;
    return Array.from({ length: count }, (_, at) => control.readInt32LE(RIGHTS_HEADER + 4 * at));
  }
}
