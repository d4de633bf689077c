/** NetActions by sockets of this process that belong to the container's network namespace; gRPC by a child. */
import type { NetAction, NetActionRequest, NetActions } from "../../ports/net-action.ts";
import { httpGet } from "./http-get.ts";
import { converse } from "./namespace-socket.ts";
import { SpawnedNetActions } from "./spawned-net-actions.ts";

/** A thousand probes cost no process. */
export class SocketNetActions implements NetActions {
  readonly #spawned: SpawnedNetActions;

  /** `self` is the command line of this program, without a verb. */
  constructor(self: readonly string[]) {
    this.#spawned = new SpawnedNetActions(self);
  }

  async run(request: NetActionRequest): Promise<string | undefined> {
    const { action, netnsPath, timeout, signal } = request;
    if (action.kind === "grpc") return this.#spawned.run(request);
    const late = AbortSignal.timeout(timeout);
    const either = signal === undefined ? late : AbortSignal.any([late, signal]);
    try {
      if (action.kind === "http") {
        const failure = await httpGet({ netnsPath, url: action.url, headers: action.headers }, either);
        return failure === undefined ? undefined : `${shown(action)}: ${failure}`;
      }
      await converse({ netnsPath, host: action.host, port: action.port, tls: false }, { signal: either });
      return undefined;
    } catch (error) {
      if (signal?.aborted === true) return "canceled";
      if (late.aborted) return `no answer within ${timeout / 1000} seconds`;
      return `${shown(action)}: ${reason(error)}`;
    }
  }
}

function shown(action: Exclude<NetAction, { kind: "grpc" }>): string {
  return action.kind === "http" ? `GET ${action.url}` : `connecting to ${action.host}:${action.port}`;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ECONNRESET: "connection reset by peer",
  ENOENT: "the container has ended",
};

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return REASONS[code] ?? error.message;
}
