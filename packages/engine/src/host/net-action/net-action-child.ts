/** `internal net-action`: reads a request, goes into its network namespace and makes it there. */
import { closeSync, openSync, readFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import type { NetAction } from "../../ports/net-action.ts";
import { CLONE, setns } from "../sys/namespace.ts";

/** Longer than who started us waits. */
const LONGEST_MS = 3_600_000;

type GrpcAction = Extract<NetAction, { readonly kind: "grpc" }>;

interface ChildRequest {
  readonly action: NetAction;
  readonly netnsPath: string;
}

/** Gives the exit status; why it failed is said on standard error. */
export async function runNetActionChild(): Promise<number> {
  const { action, netnsPath } = JSON.parse(readFileSync(0, "utf8")) as ChildRequest;
  // Before anything else: the threads that the request is made by are started from this one.
  enter(netnsPath);
  const failure = action.kind === "grpc" ? await askGrpc(action) : await askPlainly(action);
  if (failure === undefined) return 0;
  process.stderr.write(`${failure}\n`);
  return 1;
}

async function askPlainly(action: NetAction): Promise<string | undefined> {
  const [{ SocketNetActions }, { HERE }] = await Promise.all([
    import("./socket-net-actions.ts"),
    import("./namespace-socket.ts"),
  ]);
  return await new SocketNetActions([]).run({ action, netnsPath: HERE, timeout: LONGEST_MS });
}

async function askGrpc(action: GrpcAction): Promise<string | undefined> {
  const { host, port } = action;
  const authority = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const session = connect(authority);
  try {
    const failure = await checkHealth(session, action.service);
    return failure === undefined ? undefined : `gRPC health check of ${host}:${port}: ${failure}`;
  } finally {
    session.destroy();
  }
}

function enter(path: string): void {
  const fd = openSync(path, "r");
  try {
    setns(fd, CLONE.NEWNET);
  } finally {
    closeSync(fd);
  }
}

const STATUS: Readonly<Record<string, string>> = {
  "5": "service unknown (NOT_FOUND)",
  "12": "this server does not implement the grpc health protocol (grpc.health.v1.Health)",
};

/** HealthCheckResponse.ServingStatus. */
const SERVING = 1;
const SERVING_STATUS = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** Undefined when it serves, else why not. */
function checkHealth(session: ClientHttp2Session, service: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  session.on("error", (error) => resolve(error.message));
  const stream = session.request({
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Check",
    "content-type": "application/grpc",
    te: "trailers",
    "user-agent": "kube-probe/1.0",
  });
  const chunks: Buffer[] = [];
  let status: string | undefined;
  const note = (headers: Record<string, unknown>): void => {
    const said = headers["grpc-status"];
    if (typeof said === "string" || typeof said === "number") status = String(said);
  };
  stream.on("response", note);
  stream.on("trailers", note);
  stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
  stream.on("error", (error: Error) => resolve(error.message));
  stream.on("end", () => {
    if (status !== undefined && status !== "0") return resolve(STATUS[status] ?? `status ${status}`);
    const serving = servingStatus(Buffer.concat(chunks));
    resolve(serving === SERVING ? undefined : `service unhealthy (${SERVING_STATUS[serving] ?? serving})`);
  });
  stream.end(healthRequest(service));
  return promise;
}

/** A gRPC message: not compressed, its length, then HealthCheckRequest with the service as field 1. */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** Field 1 of HealthCheckResponse, 0 where it is left out. */
export function servingStatus(bytes: Buffer): number {
  const message = bytes.subarray(5);
  return message[0] === 0x08 ? (message[1] ?? 0) : 0;
}
