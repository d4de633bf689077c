/** The Forwarder port: starts a process of our own program, and tells it what to forward. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, read } from "node:fs";
import { namesIn, readIfThere } from "../../base/if-there.ts";
import { ipBytes, parseIp } from "../../base/ip.ts";
import { sleep } from "../../base/sleep.ts";
import type {
  Forward,
  Forwarded,
  Forwarder,
  ForwarderRequest,
  WithoutSource,
} from "../../ports/forwarder.ts";
import type { HostEndpoint } from "../../ports/host-ports.ts";
import type { ProcessIdentity, Processes } from "../../ports/processes.ts";
import { type SpawnedProcess, spawnProcess } from "../process/spawn.ts";
import { sendDescriptors } from "../sys/descriptor-passing.ts";
import { errnoName, isErrno } from "../sys/libc.ts";
import { connectSeqpacket, openSeqpacketPair } from "../sys/seqpacket.ts";
import { inetAddress } from "../sys/socket.ts";
import { addressIn, portOf } from "./addresses.ts";
import { markAnswers } from "./marking.ts";
import {
  LONGEST_REPLY,
  MOST_PORTS,
  PID_FILE,
  type PortWords,
  type Reply,
  type Request,
  SOCKET,
} from "./messages.ts";

const SIGKILL = 9;
const EADDRINUSE = 98;
/** Milliseconds. */
const START_LIMIT = 10_000;
const PAUSE = 1;

export class ForwarderProcess implements Forwarder {
  readonly #processes: Processes;
  readonly #self: readonly string[];

  /** `self` is the command line of this program, without a verb. */
  constructor(processes: Processes, self: readonly string[]) {
    this.#processes = processes;
    this.#self = self;
  }

  async start(request: ForwarderRequest): Promise<WithoutSource> {
    const { directory, netnsPath, targets, forwards } = request;
    const [ours, theirs] = openSeqpacketPair();
    let child: SpawnedProcess | undefined;
    try {
      child = this.#spawn(request, theirs);
      closeSync(theirs);
      const marking = targets === "bridged" || forwards.some(isUdp) ? await markAnswers(netnsPath) : false;
      return await addAll(ours, forwards, { marking, stay: true, limit: child });
    } catch (error) {
      child?.kill(SIGKILL);
      await this.stop(directory);
      throw error;
    } finally {
      closeSync(ours);
    }
  }

  #spawn({ directory, netnsPath, targets }: ForwarderRequest, starter: number): SpawnedProcess {
    const child = spawnProcess({
      argv: [...this.#self, "internal", "forward", directory, netnsPath, targets],
      env: {},
      cwd: directory,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      extra: [starter],
      detached: true,
    });
    child.unref();
    return child;
  }

  async add(directory: string, forwards: readonly Forward[]): Promise<WithoutSource> {
    const running = this.#running(directory);
    const fd = running === undefined ? undefined : connectTo(directory);
    if (running === undefined || fd === undefined) throw notRunning();
    try {
      const marking = forwards.some(isUdp) && (await markAnswers(running.netnsPath));
      return await addAll(fd, forwards, { marking, stay: false });
    } finally {
      closeSync(fd);
    }
  }

  async remove(directory: string, endpoints: readonly HostEndpoint[]): Promise<void> {
    const fd = connectTo(directory);
    if (fd === undefined) return;
    try {
      for (const batch of batches(endpoints)) await ask(fd, { op: "remove", keys: batch.map(keyOf) });
    } finally {
      closeSync(fd);
    }
  }

  async list(directory: string): Promise<readonly Forwarded[] | undefined> {
    const fd = connectTo(directory);
    if (fd === undefined) return undefined;
    try {
      const reply = await ask(fd, { op: "list" });
      return "ports" in reply ? reply.ports.flatMap(forwardedOf) : [];
    } finally {
      closeSync(fd);
    }
  }

  async stop(directory: string): Promise<void> {
    const running = this.#running(directory);
    if (running === undefined) return;
    // It has nothing to put in order.
    this.#processes.kill(running.process, SIGKILL);
    while (this.#processes.isAlive(running.process) || hasThreads(running.process)) await sleep(PAUSE);
  }

  /** Unless the id is somebody else's by now: ours was started with the directory's path. */
  #running(directory: string): { readonly process: ProcessIdentity; readonly netnsPath: string } | undefined {
    const pid = Number(readIfThere(`${directory}/${PID_FILE}`)?.trim() ?? "");
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    const words = readIfThere(`/proc/${pid}/cmdline`)?.split("\0") ?? [];
    const at = words.indexOf(directory);
    if (at < 1 || words[at - 1] !== "forward") return undefined;
    const process = this.#processes.identify(pid);
    return process === undefined ? undefined : { process, netnsPath: words[at + 1] ?? "" };
  }
}

/** The last of them closes its sockets; the first one counts as ended before. */
function hasThreads({ pid }: ProcessIdentity): boolean {
  return namesIn(`/proc/${pid}/task`).length > 1;
}

interface Terms {
  readonly marking: boolean;
  readonly stay: boolean;
  /** Killed when it does not answer. */
  readonly limit?: SpawnedProcess;
}

/** What one batch has added before another failed is taken back. */
async function addAll(fd: number, forwards: readonly Forward[], terms: Terms): Promise<WithoutSource> {
  const all = batches(forwards);
  let without: WithoutSource = [];
  for (const [at, batch] of all.entries()) {
    const request: Request = {
      op: "add",
      ports: batch.map(wordsOf),
      marking: terms.marking,
      stay: terms.stay && at === all.length - 1,
    };
    const descriptors = batch.map(({ socket }) => socket.fd);
    const reply = await ask(fd, request, {
      descriptors,
      ...(terms.limit === undefined ? {} : { limit: terms.limit }),
    });
    if ("failed" in reply) {
      const added = all.slice(0, at).flat();
      if (added.length > 0)
        await ask(fd, { op: "remove", keys: added.map(({ socket }) => keyOf(socket.endpoint)) });
      throw failure(reply);
    }
    if ("without" in reply) without = reply.without;
  }
  const used = new Set(forwards.map(({ socket }) => socket.endpoint.protocol));
  return without.filter((protocol) => used.has(protocol));
}

function wordsOf({ socket, target }: Forward): PortWords {
  const ip = parseIp(target.address);
  if (ip === undefined) throw new EngineError("PORT_INVALID", `invalid target address "${target.address}"`);
  return {
    key: keyOf(socket.endpoint),
    target: inetAddress(ipBytes(ip), target.port).toString("hex"),
    loopback: target.loopback === "loopback",
  };
}

async function ask(
  fd: number,
  request: Request,
  {
    descriptors = [],
    limit,
  }: { readonly descriptors?: readonly number[]; readonly limit?: SpawnedProcess } = {},
): Promise<Reply> {
  sendDescriptors(fd, Buffer.from(JSON.stringify(request)), descriptors);
  const timer = limit === undefined ? undefined : setTimeout(() => limit.kill(SIGKILL), START_LIMIT);
  const text = await readMessage(fd);
  clearTimeout(timer);
  if (text === "") throw new EngineError("NETWORK_SETUP_FAILED", "the port forwarder has ended");
  const reply: Reply = JSON.parse(text);
  return reply;
}

/** "" when the other side is gone. */
function readMessage(fd: number): Promise<string> {
  const buffer = Buffer.allocUnsafe(LONGEST_REPLY);
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, null, (error, length) => {
      if (error === null) resolve(buffer.toString("utf8", 0, length));
      else if (isErrno(error, "ECONNRESET")) resolve("");
      else reject(error);
    });
  });
}

function failure({ failed, errno, key }: Extract<Reply, { readonly failed: string }>): EngineError {
  const [protocol = "", address = "", port = ""] = key.split(" ");
  if (errno === EADDRINUSE) {
    return new EngineError("PORT_IN_USE", `cannot publish port ${port}/${protocol}: address already in use`, {
      details: { hostPort: Number(port), protocol, address },
    });
  }
  const what = key === "" ? failed : `${failed} on port ${port}/${protocol}: ${errnoName(errno)}`;
  return new EngineError("NETWORK_SETUP_FAILED", `port forwarder: ${what}`);
}

function notRunning(): EngineError {
  return new EngineError("NETWORK_SETUP_FAILED", "no port forwarder runs there");
}

/** Undefined when none listens. */
function connectTo(directory: string): number | undefined {
  try {
    return connectSeqpacket(`${directory}/${SOCKET}`);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ECONNREFUSED", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** At least one, which may be empty. */
function batches<T>(all: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let at = 0; at === 0 || at < all.length; at += MOST_PORTS) result.push(all.slice(at, at + MOST_PORTS));
  return result;
}

function isUdp({ socket }: Forward): boolean {
  return socket.endpoint.protocol === "udp";
}

function keyOf({ protocol, address, port }: HostEndpoint): string {
  return `${protocol} ${address} ${port}`;
}

function forwardedOf({ key, target }: Omit<PortWords, "loopback">): Forwarded[] {
  const [protocol = "", address = "", port = ""] = key.split(" ");
  if (protocol !== "tcp" && protocol !== "udp") return [];
  const place = Buffer.from(target, "hex");
  const endpoint = { protocol, address, port: Number(port) } as const;
  return [{ endpoint, address: addressIn(place), port: portOf(place) }];
}
