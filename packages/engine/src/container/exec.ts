/** Runs a further process in a running container: on the caller's own terminal, or in the background. */
import type {
  AttachResult,
  AttachStreams,
  ExecRequest,
  TerminalSize,
} from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { AttachedSession, MonitorLaunch } from "../ports/monitor.ts";
import { pumpStreams } from "./attach.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { endSession } from "./end-session.ts";
import { sessionExitCommand } from "./exit-command.ts";
import { statusOf } from "./facts.ts";
import { firstSize } from "./first-size.ts";
import { requireRunning, UNKNOWN_EXIT } from "./lifecycle.ts";
import { serializeProcess } from "./oci-spec/build.ts";
import { placesOf } from "./places.ts";
import { runtimeOf } from "./runtime-of.ts";
import { namedContainer } from "./select.ts";

/** Of a session that failed for no reason that the catalogue knows. */
const FAILED_START = 125;

export async function execInContainer(
  ctx: ContainerContext,
  nameOrId: string,
  request: ExecRequest,
): Promise<number> {
  const record = runningContainer(ctx, nameOrId, request);
  using _entry = ctx.cgroups.expectEntry();
  const session = await prepareSession(ctx, record, request);
  ctx.events.write(containerEvent(record.config, "exec"));
  let exitCode = FAILED_START;
  try {
    exitCode = await runtimeOf(ctx, record).exec({
      id: record.config.id,
      processFile: session.processFile,
      logFile: `${session.directory}/runtime.log`,
      stdin: request.interactive,
      ...(request.preserveFds === undefined ? {} : { preserveFds: request.preserveFds }),
    });
    return exitCode;
  } catch (error) {
    if (isEngineError(error)) exitCode = error.exitCode;
    throw error;
  } finally {
    endSession(ctx, record.config, { ...session, exitCode });
  }
}

/** On the caller's streams, through a monitor: the session outlives a caller that detaches. */
export async function execAttached(
  ctx: ContainerContext,
  nameOrId: string,
  request: ExecRequest,
  { streams, signal }: { readonly streams: AttachStreams; readonly signal?: AbortSignal },
): Promise<AttachResult> {
  const record = runningContainer(ctx, nameOrId, request);
  const { first, resize } = await firstSize(streams.resize);
  const session = await prepareSession(ctx, record, request, first);
  const started = await launchSession(ctx, sessionLaunch(ctx, record, request, session));
  ctx.events.write(containerEvent(record.config, "exec"));
  await using connection = started.connection;
  if (first !== undefined && request.tty) ctx.monitor.resize(session.directory, first);
  const attached: AttachStreams = resize === undefined ? streams : { ...streams, resize };
  const pump = { bundle: session.directory, tty: request.tty, ...(signal === undefined ? {} : { signal }) };
  const { detached } = await pumpStreams(ctx, connection, attached, pump);
  if (detached) return { detached, exitCode: 0 };
  return { detached, exitCode: (await started.exitCode) ?? UNKNOWN_EXIT };
}

/** Gives the session's id. conmon holds its output end; nothing of it is logged. */
export async function execDetached(
  ctx: ContainerContext,
  nameOrId: string,
  request: ExecRequest,
): Promise<string> {
  const record = runningContainer(ctx, nameOrId, request);
  const session = await prepareSession(ctx, record, request);
  using _entry = ctx.cgroups.expectEntry();
  try {
    await ctx.monitor.launch(sessionLaunch(ctx, record, request, session));
    ctx.events.write(containerEvent(record.config, "exec"));
    return session.id;
  } catch (error) {
    rmSync(session.directory, { recursive: true, force: true });
    throw asDetachedFailure(error);
  }
}

async function launchSession(ctx: ContainerContext, launch: MonitorLaunch): Promise<AttachedSession> {
  using _entry = ctx.cgroups.expectEntry();
  return await ctx.monitor.launchSession(launch);
}

function sessionLaunch(
  ctx: ContainerContext,
  record: ContainerRecord,
  request: ExecRequest,
  session: Session,
): MonitorLaunch {
  const { config } = record;
  return {
    id: config.id,
    name: config.name,
    runtime: runtimeOf(ctx, record),
    bundle: session.directory,
    tty: request.tty,
    openStdin: request.interactive,
    log: { driver: "none", path: "", maxSize: -1, tag: "" },
    exitCommand: sessionExitCommand(ctx.settings, config.id, session.id),
    timeout: 0,
    exec: { processFile: session.processFile, sessionId: session.id },
    ...(request.preserveFds === undefined ? {} : { preserveFds: request.preserveFds }),
  };
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
  // Podman's own status for this is 255; in the background it is 125.
  requireRunning(
    { id: record.config.id, status, exit: 255 },
    "can only create exec sessions on running containers",
  );
  return record;
}

export interface Session {
  readonly id: string;
  readonly directory: string;
  readonly processFile: string;
}

/** Its directory goes with the bundle at the latest. */
export async function prepareSession(
  ctx: ContainerContext,
  { config }: ContainerRecord,
  request: ExecRequest,
  terminalSize?: TerminalSize,
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
    ...(terminalSize === undefined ? {} : { terminalSize }),
  });
  const id = ctx.ids.id();
  const directory = `${places.bundle}/exec/${id}`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const processFile = `${directory}/process.json`;
  writeFileSync(processFile, serializeProcess(process), { mode: 0o600 });
  return { id, directory, processFile };
}
