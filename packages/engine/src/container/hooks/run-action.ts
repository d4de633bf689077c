/** Does what a hook (or a probe) says, from where the container is: its own process, or its network namespace. */
import type { ExecRequest, ProbeAction } from "@podwright/spec/engine-api/containers";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { rmSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ContainerContext } from "../context.ts";
import { prepareSession } from "../exec.ts";
import { runtimeOf } from "../runtime-of.ts";

export interface ActionLimits {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** Undefined when it succeeded, else why not. Comes to an end in the given time, whatever the container does. */
export async function runAction(
  ctx: ContainerContext,
  record: ContainerRecord,
  { action, ...limits }: { readonly action: ProbeAction } & ActionLimits,
): Promise<string | undefined> {
  switch (action.kind) {
    case "exec":
      return runCommand(ctx, record, { command: action.command, ...limits });
    case "http":
      return speak(
        ctx,
        record,
        { kind: "http", url: urlOf(ctx, record, action), headers: action.headers },
        limits,
      );
    case "tcp": {
      const host = action.host === "" ? ownAddress(ctx, record) : action.host;
      return speak(ctx, record, { kind: "tcp", host, port: action.port }, limits);
    }
    case "grpc": {
      const { port, service } = action;
      return speak(ctx, record, { kind: "grpc", host: ownAddress(ctx, record), port, service }, limits);
    }
    case "sleep":
      await sleep(Math.min(action.seconds * 1000, limits.timeout), limits.signal);
      return undefined;
    default:
      return action satisfies never;
  }
}

const PLAIN: Omit<ExecRequest, "command"> = { env: [], tty: false, interactive: false, privileged: false };

async function runCommand(
  ctx: ContainerContext,
  record: ContainerRecord,
  { command, timeout, signal }: { readonly command: readonly string[] } & ActionLimits,
): Promise<string | undefined> {
  const shown = `command ${JSON.stringify(command)}`;
  try {
    const session = await prepareSession(ctx, record, { ...PLAIN, command });
    try {
      const { exitCode, killed, output } = await runtimeOf(ctx, record).execCaptured({
        id: record.config.id,
        processFile: session.processFile,
        logFile: `${session.directory}/runtime.log`,
        pidFile: `${session.directory}/pid`,
        timeout,
        ...(signal === undefined ? {} : { signal }),
      });
      if (killed) return `${shown} was killed after ${timeout / 1000} seconds`;
      if (exitCode === 0) return undefined;
      const said = lastLine(output);
      return `${shown} exited with ${exitCode}${said === "" ? "" : `: ${said}`}`;
    } finally {
      rmSync(session.directory, { recursive: true, force: true });
    }
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return `${shown}: ${error.message}`;
  }
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}

async function speak(
  ctx: ContainerContext,
  { state }: ContainerRecord,
  action: Parameters<Awaited<ReturnType<ContainerContext["netActions"]>>["run"]>[0]["action"],
  { timeout, signal }: ActionLimits,
): Promise<string | undefined> {
  const pid = state.run?.pid;
  if (pid === undefined || !ctx.processes.isAlive(pid)) return "the container has ended";
  const netActions = await ctx.netActions();
  return netActions.run({
    action,
    netnsPath: `/proc/${pid.pid}/ns/net`,
    timeout,
    ...(signal === undefined ? {} : { signal }),
  });
}

function urlOf(
  ctx: ContainerContext,
  record: ContainerRecord,
  action: Extract<ProbeAction, { kind: "http" }>,
): string {
  const host = action.host === "" ? ownAddress(ctx, record) : action.host;
  const path = action.path.startsWith("/") ? action.path : `/${action.path}`;
  return `${action.scheme.toLowerCase()}://${host.includes(":") ? `[${host}]` : host}:${action.port}${path}`;
}

/** By its address, so that what listens on the loopback alone is not reached, as in Kubernetes. */
function ownAddress(ctx: ContainerContext, { config, state }: ContainerRecord): string {
  const interfaces =
    config.network.mode.kind === "pod"
      ? ctx.sandboxes.current(config.podId)?.interfaces
      : state.run?.interfaces;
  const addresses = (interfaces ?? []).flatMap((status) => status.addresses);
  const [first = "127.0.0.1"] = [...addresses.filter((text) => !text.includes(":")), ...addresses];
  return first.replace(/\/\d+$/, "");
}
