/** Runs a further process in a running container: on the caller's own terminal, or in the background. */
import type { ExecRequest } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { serializeProcess } from "./oci-spec/build.ts";
import { requireRunning } from "./lifecycle.ts";
import { placesOf } from "./places.ts";
import { namedContainer } from "./select.ts";

export async function execInContainer(
  ctx: ContainerContext,
  nameOrId: string,
  request: ExecRequest,
): Promise<number> {
  const record = runningContainer(ctx, nameOrId, request);
  const session = await prepareSession(ctx, record, request);
  try {
    return await ctx.runtime(record.config.runtime).exec({
      id: record.config.id,
      processFile: session.processFile,
      logFile: `${session.directory}/runtime.log`,
      stdin: request.interactive,
    });
  } finally {
    rmSync(session.directory, { recursive: true, force: true });
  }
}

/** Gives the session's id. conmon holds its output end; nothing of it is logged. */
export async function execDetached(
  ctx: ContainerContext,
  nameOrId: string,
  request: ExecRequest,
): Promise<string> {
  const record = runningContainer(ctx, nameOrId, request);
  const session = await prepareSession(ctx, record, request);
  try {
    await ctx.monitor.launch({
      id: record.config.id,
      name: record.config.name,
      runtime: ctx.runtime(record.config.runtime),
      bundle: session.directory,
      tty: request.tty,
      openStdin: request.interactive,
      log: { driver: "none", path: "", maxSize: -1, tag: "" },
      // The session leaves nothing behind when it ends, and needs no engine for that.
      exitCommand: ["/bin/rm", "-rf", "--", session.directory],
      timeout: 0,
      exec: { processFile: session.processFile, sessionId: session.id },
    });
    return session.id;
  } catch (error) {
    rmSync(session.directory, { recursive: true, force: true });
    throw asDetachedFailure(error);
  }
}

/** Podman gives 125 for every failure of `exec --detach`. */
function asDetachedFailure(error: unknown): unknown {
  if (!isEngineError(error)) return error;
  return new EngineError(error.code, error.message, { exit: 125, details: error.details, cause: error });
}

function runningContainer(ctx: ContainerContext, nameOrId: string, request: ExecRequest): ContainerRecord {
  const record = namedContainer(ctx, nameOrId);
  if (request.command.length === 0) {
    throw new EngineError(
      "CONTAINER_INVALID",
      "must provide a non-empty command to start an exec session: invalid argument",
    );
  }
  if (record.config.infra) {
    throw new EngineError(
      "CONTAINER_STATE_IMPROPER",
      `container ${record.config.id} is the infra container of pod ${record.config.podId}, which has no process ` +
        "of its own: container state improper",
      { hint: "exec in one of the pod's other containers" },
    );
  }
  const status = statusOf(ctx, record);
  requireRunning(record.config.id, status, "can only create exec sessions on running containers");
  return record;
}

interface Session {
  readonly id: string;
  readonly directory: string;
  readonly processFile: string;
}

async function prepareSession(
  ctx: ContainerContext,
  { config }: ContainerRecord,
  request: ExecRequest,
): Promise<Session> {
  const places = placesOf(ctx.settings, config);
  const process = await ctx.buildExecProcess({
    config,
    rootfs: places.rootfs,
    command: request.command,
    env: request.env,
    tty: request.tty,
    privileged: request.privileged,
    ...(request.workdir === undefined ? {} : { workdir: request.workdir }),
    ...(request.user === undefined ? {} : { user: request.user }),
  });
  const id = ctx.ids.id();
  const directory = `${places.bundle}/exec/${id}`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const processFile = `${directory}/process.json`;
  writeFileSync(processFile, serializeProcess(process), { mode: 0o600 });
  return { id, directory, processFile };
}
