/** A TCP connection made from within a network namespace, without a process of its own. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { inNetworkNamespace } from "../sys/thread-namespaces.ts";

/** The network namespace that the process is in. */
export const HERE = "";

export interface Target {
  /** HERE: that of this thread. */
  readonly netnsPath: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface Conversation {
  /** Sent once the connection stands (with TLS: once it is encrypted). */
  readonly request: string;
  /** With all that has come so far; true when it has heard enough. */
  readonly heard: (bytes: Buffer) => boolean;
}

/**
 * Gives what was heard; without a conversation, nothing as soon as the connection stands.
 * @throws Error when it cannot be made, or ends before enough was heard; the signal's reason
 */
export async function converse(
  target: Target,
  { signal, conversation }: { readonly signal: AbortSignal; readonly conversation?: Conversation },
): Promise<Buffer> {
  const address =
    isIP(target.host) === 0 ? (await lookup(target.host, { order: "ipv4first" })).address : target.host;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let heard = Buffer.alloc(0);
  let unsent = Buffer.from(conversation?.request ?? "");
  const send = (socket: Bun.Socket): void => {
    if (unsent.length > 0) unsent = unsent.subarray(socket.write(unsent));
  };
  const handlers: Bun.SocketHandler<undefined> = {
    open(socket) {
      if (conversation === undefined) resolve(heard);
      else if (!target.tls) send(socket);
    },
    handshake: send,
    drain: send,
    data(_socket, bytes) {
      heard = Buffer.concat([heard, bytes]);
      if (conversation?.heard(heard) === true) resolve(heard);
    },
    close: () => reject(new Error("the connection was closed before an answer")),
    error: (_socket, error) => reject(error),
    connectError: (_socket, error) => reject(error),
  };
  // To an address Bun makes the socket within this very call, so it belongs to the namespace; a name would be
  // looked up first, and the socket made here.
  const opening = within(target.netnsPath, () =>
    Bun.connect({
      hostname: address,
      port: target.port,
      socket: handlers,
      ...(target.tls ? { tls: { rejectUnauthorized: false } } : {}),
    }),
  );
  const aborted = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", aborted, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", aborted);
    // One that never opens is ended as soon as it does.
    opening.then(
      (socket) => socket.terminate(),
      () => {},
    );
  }
}

function within<T>(netnsPath: string, work: () => T): T {
  return netnsPath === HERE ? work() : inNetworkNamespace(netnsPath, work);
}
