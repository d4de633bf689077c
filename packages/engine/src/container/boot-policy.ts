/** What a boot of the machine means for containers: which of them it ended, and which it brings back. Pure. */
import type { RestartPolicy } from "@podwright/spec/engine-api/containers";
import { NO_RESTART } from "@podwright/spec/values/restart-policy";
import type { ContainerRecord } from "../ports/container-record.ts";
import { isRestartDue } from "./restart-due.ts";

/** Why one does not run that was running when the machine went down. */
export const ENDED_WITH_MACHINE = "ended with the machine";

export function policyOf({ config }: Pick<ContainerRecord, "config">): RestartPolicy {
  return config.restart ?? NO_RESTART;
}

/** By its policy alone: what `--filter should-start-on-boot` asks for. */
export function startsOnBoot(record: ContainerRecord): boolean {
  const { name } = policyOf(record);
  return name === "always" || (name === "unless-stopped" && !wasStopped(record));
}

function wasStopped({ state: { run } }: ContainerRecord): boolean {
  return run?.stopRequested === true || run?.killed === true;
}

/** Started by somebody once, and by nobody since the machine came up. */
export function comesBack(record: ContainerRecord, bootId: string): boolean {
  const { run } = record.state;
  if (!startsOnBoot(record)) return false;
  return run === undefined ? isRestartDue(record.state) : run.bootId !== bootId;
}
