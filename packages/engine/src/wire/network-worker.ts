/**
 * The network thread of an ordinary user's command: it is in the user's own network namespace for good, where it does what root's
 * engine does in the host's. A thread of a user's may go into such a namespace, but not back into the host's.
 */
import { NetlinkLinks } from "../host/netlink/netlink-links.ts";
import { NftFirewall } from "../host/nft/nft-firewall.ts";
import { settleInNetworkNamespace } from "../host/sys/thread-namespaces.ts";
import {
  type Answer,
  type Call,
  LENGTH,
  type Opening,
  plainError,
  type Reply,
  STATE,
  type Target,
  TEXT_AT,
} from "../host/user-network/protocol.ts";

interface Thread {
  postMessage(message: Reply | Answer): void;
  addEventListener(type: "message", listener: (event: { readonly data: Opening | Call }) => void): void;
}

type Parts = Readonly<Record<Target, () => object | Promise<object>>>;

const thread = globalThis as unknown as Thread;
let opened: { readonly parts: Parts; readonly answers: SharedArrayBuffer } | undefined;

thread.addEventListener("message", ({ data }) => {
  if ("netnsPath" in data) {
    opened = { parts: partsOf(data), answers: data.answers };
    thread.postMessage(attempt(() => settleInNetworkNamespace(data.netnsPath)));
  } else if (opened !== undefined) void serve(opened.parts, data, opened.answers);
});

function partsOf({ storeId, names }: Opening): Parts {
  const links = new NetlinkLinks();
  const firewall = new NftFirewall(storeId);
  let server: Promise<object> | undefined;
  return {
    links: () => links,
    firewall: () => firewall,
    names: () => (server ??= openNames(names, storeId)),
  };
}

async function openNames(place: Opening["names"], storeId: string): Promise<object> {
  const [{ AardvarkNames }, { ProcProcesses }] = await Promise.all([
    import("../host/aardvark/aardvark-names.ts"),
    import("../host/process/processes.ts"),
  ]);
  return new AardvarkNames({ ...place, storeId, processes: new ProcProcesses() });
}

async function serve(parts: Parts, call: Call, answers: SharedArrayBuffer): Promise<void> {
  const part = parts[call.target]();
  if (call.id === undefined)
    return write(
      answers,
      attempt(() => invoke(part, call)),
    );
  const answer = await Promise.resolve(part)
    .then((ready) => invoke(ready, call))
    .then(
      (value): Answer => ({ value }),
      (error: unknown): Answer => ({ error: plainError(error) }),
    );
  thread.postMessage({ ...answer, id: call.id });
}

function invoke(part: object, { method, args }: Call): unknown {
  const action: unknown = Reflect.get(part, method);
  if (typeof action !== "function") throw new TypeError(`the network thread has no ${method}`);
  return Reflect.apply(action, part, args);
}

function attempt(work: () => unknown): Answer {
  try {
    return { value: work() };
  } catch (error) {
    return { error: plainError(error) };
  }
}

function write(answers: SharedArrayBuffer, answer: Answer): void {
  const length = Buffer.from(answers, TEXT_AT).write(JSON.stringify(answer));
  const words = new Int32Array(answers);
  words[LENGTH] = length;
  Atomics.store(words, STATE, 1);
  Atomics.notify(words, STATE);
}
