/** `healthcheck run`: the container's health check, once, at once. */
import type { HealthResult } from "@podwright/spec/engine-api/health";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { goDuration } from "@podwright/spec/values/duration";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ContainerContext } from "../context.ts";
import { statusOf } from "../facts.ts";
import { namedContainer } from "../select.ts";
import { checkOf } from "./health-now.ts";
import { runCheck } from "./run-check.ts";
import { testCommand } from "./test-command.ts";

/**
 * It counts as the supervisor's own checks do, and does what they do to a container that is unhealthy.
 * @throws CONTAINER_NOT_FOUND, CONTAINER_STATE_IMPROPER, CONTAINER_NO_HEALTHCHECK, CONTAINER_HEALTHCHECK_TIMEOUT
 */
export async function checkHealth(ctx: ContainerContext, nameOrId: string): Promise<HealthResult> {
  const record = find(ctx, nameOrId);
  const { id } = record.config;
  if (statusOf(ctx, record) !== "running") throw notRunning(id);
  const check = checkOf(record);
  if (check === undefined || testCommand(check.test) === undefined) {
    throw new EngineError("CONTAINER_NO_HEALTHCHECK", `container ${id} has no defined healthcheck`);
  }
  const checked = await runCheck(ctx, id);
  if (checked === undefined) throw notRunning(id);
  const { result, timedOut, timeout } = checked;
  if (timedOut) {
    throw new EngineError(
      "CONTAINER_HEALTHCHECK_TIMEOUT",
      `healthcheck command exceeded timeout of ${goDuration(timeout)}`,
      { details: { id } },
    );
  }
  if (result.exitCode === 125)
    throw new EngineError("CONTAINER_RUNTIME_FAILED", result.output, { exit: 125 });
  return result;
}

function find(ctx: ContainerContext, nameOrId: string): ContainerRecord {
  try {
    return namedContainer(ctx, nameOrId);
  } catch (error) {
    if (!isEngineError(error, "CONTAINER_NOT_FOUND")) throw error;
    throw new EngineError(
      error.code,
      `unable to look up ${nameOrId} to perform a health check: ${error.message}`,
      { cause: error },
    );
  }
}

function notRunning(id: string): EngineError {
  return new EngineError("CONTAINER_STATE_IMPROPER", `container ${id} is not running`);
}
