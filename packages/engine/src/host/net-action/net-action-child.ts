/** `internal net-action`: reads a request, goes into its network namespace and makes it there. */
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import type { NetAction } from "../../ports/net-action.ts";
import { CLONE, setns } from "../sys/namespace.ts";

interface ChildRequest {
  readonly action: NetAction;
  readonly netnsPath: string;
}

/** Gives the exit status; why it failed is said on standard error. */
export async function runNetActionChild(): Promise<number> {
  const { action, netnsPath } = JSON.parse(readFileSync(0, "utf8")) as ChildRequest;
  // Before anything else: the threads that the request is made by are started from this one.
  enter(netnsPath);
  const failure = action.kind === "http" ? await request(action) : await tryConnect(action);
  if (failure === undefined) return 0;
  process.stderr.write(`${failure}\n`);
  return 1;
}

function enter(path: string): void {
  const fd = openSync(path, "r");
  try {
    setns(fd, CLONE.NEWNET);
  } finally {
    closeSync(fd);
  }
}

/** As Kubernetes does it, whatever the certificate says, and without following where it leads. */
async function request({ url, headers }: Extract<NetAction, { kind: "http" }>): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      headers: headers.map(({ name, value }): [string, string] => [name, value]),
      redirect: "manual",
      keepalive: false,
      tls: { rejectUnauthorized: false },
    });
    await response.body?.cancel();
    return response.status < 400 ? undefined : `GET ${url}: HTTP status ${response.status}`;
  } catch (error) {
    return `GET ${url}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function tryConnect({ host, port }: Extract<NetAction, { kind: "tcp" }>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error) => resolve(`connecting to ${host}:${port}: ${error.message}`));
  });
}
