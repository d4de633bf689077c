/** Executes the command of a health check in its container, within its time. */
import type { ExecRequest } from "@podwright/spec/engine-api/containers";
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { rmSync, writeFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ContainerContext } from "../context.ts";
import { prepareSession } from "../exec.ts";
import { placesOf } from "../places.ts";
import { runtimeOf } from "../runtime-of.ts";
import { MAX_LOG_SIZE } from "./next-state.ts";
import { processesOf } from "../processes-of.ts";

/** Bytes that are kept where no limit is wanted: a check that never stops talking must not fill the memory. */
const MOST_OUTPUT = 1_048_576;
/** Bytes of a character in UTF-8, at most. */
const CHARACTER = 4;

const PLAIN: Omit<ExecRequest, "command"> = { env: [], tty: false, interactive: false, privileged: false };

export interface CheckEnd {
  /** 0; 1 when the command failed or is not there; 125 when it could not be tried; -1 when its time was over. */
  readonly exitCode: number;
  readonly output: string;
  readonly timedOut: boolean;
}

interface CheckRequest {
  readonly command: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
  readonly check: HealthRequest;
  readonly signal?: AbortSignal;
}

/** Call with the lock of checks held. The command is ended, with all that it has started, when its time is over. */
export async function execCheck(
  ctx: ContainerContext,
  record: ContainerRecord,
  { command, timeout, check, signal }: CheckRequest,
): Promise<CheckEnd> {
  const { maxLogSize = MAX_LOG_SIZE } = check;
  const runtime = runtimeOf(ctx, record);
  endInterruptedCheck(ctx, record);
  const marker = markerOf(ctx, record);
  try {
    const session = await prepareSession(ctx, record, { ...PLAIN, command });
    try {
      writeFileSync(marker, session.directory, { mode: 0o600 });
      const end = await runtime.execCaptured({
        id: record.config.id,
        processFile: session.processFile,
        logFile: `${session.directory}/runtime.log`,
        pidFile: `${session.directory}/pid`,
        timeout,
        keptFirst: maxLogSize === 0 ? MOST_OUTPUT : maxLogSize * CHARACTER,
        ...(signal === undefined ? {} : { signal }),
      });
      const output = firstCharacters(end.output, maxLogSize);
      if (end.killed) return { exitCode: -1, output, timedOut: true };
      return { exitCode: end.exitCode === 0 ? 0 : 1, output, timedOut: false };
    } finally {
      rmSync(session.directory, { recursive: true, force: true });
      rmSync(marker, { force: true });
    }
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const { message } = error;
    const exitCode = isEngineError(error, ...OF_THE_COMMAND) ? 1 : 125;
    return { exitCode, output: firstCharacters(message, maxLogSize), timedOut: false };
  }
}

const OF_THE_COMMAND = [
  "CONTAINER_COMMAND_NOT_FOUND",
  "CONTAINER_COMMAND_NOT_EXECUTABLE",
  "CONTAINER_RUNTIME_FAILED",
] as const;

/** Whether somebody who ran a check was killed meanwhile, or runs one at this moment. */
export function isCheckUnderWay(ctx: Pick<ContainerContext, "settings">, record: ContainerRecord): boolean {
  return readIfThere(markerOf(ctx, record)) !== undefined;
}

/** Nobody is left who would end the command of a check whose runner was killed. */
function endInterruptedCheck(ctx: ContainerContext, record: ContainerRecord): void {
  const marker = markerOf(ctx, record);
  const directory = readIfThere(marker);
  if (directory === undefined) return;
  const pid = Number((readIfThere(`${directory}/pid`) ?? "").trim());
  // The pid may be another process's by now; one of the container's own was started by an exec, or belongs to one.
  const inside = processesOf(ctx, record, placesOf(ctx.settings, record.config).cgroup);
  if (inside.includes(pid) && pid !== record.state.run?.pid?.pid) runtimeOf(ctx, record).endExec(pid);
  rmSync(directory, { recursive: true, force: true });
  rmSync(marker, { force: true });
}

/** Beside the sessions, so that it goes with the run. */
function markerOf({ settings }: Pick<ContainerContext, "settings">, { config }: ContainerRecord): string {
  return `${placesOf(settings, config).bundle}/health-check`;
}

/** Characters, not bytes: none is cut in two. */
function firstCharacters(text: string, count: number): string {
  if (count === 0 || text.length <= count) return text;
  return Array.from(text.slice(0, count * 2))
    .slice(0, count)
    .join("");
}
