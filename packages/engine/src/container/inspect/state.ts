/** `State` of `container inspect`. */
import { rfc3339Nano, ZERO_TIME } from "../../base/go-time.ts";
import type { InspectState } from "@podwright/spec/libpod-api/inspect-container";
import { stateName } from "@podwright/spec/libpod-api/state-names";
import type { ContainerRecord } from "../../ports/container-record.ts";
import { ENDED_WITH_MACHINE } from "../boot-policy.ts";
import { checkOf } from "../health/health-now.ts";
import { shownHealth } from "../health/shown-health.ts";
import type { ContainerNow } from "../view-context.ts";
import type { Subject } from "./subject.ts";
import { isRestartDue } from "../restart-due.ts";

/** Version of the runtime specification that the engine writes. */
const OCI_VERSION = "1.0.2";

export function stateJson({ record, now, places, health, probes, ready }: Subject): InspectState {
  const { config, state } = record;
  const alive = now.pid > 0 || (config.infra && now.status === "running");
  // Infra has no cgroup of its own: its parent is the pod's.
  const cgroup = config.infra ? config.cgroupParent : places.cgroup;
  const monitor = now.pid > 0 ? state.run?.monitor?.pid : undefined;
  return {
    OciVersion: OCI_VERSION,
    Status: stateName(now.status),
    Running: now.status === "running",
    Paused: now.status === "paused",
    Restarting: isRestartDue(state),
    OOMKilled: now.oomKilled,
    Dead: false,
    Pid: now.pid,
    ...(monitor === undefined ? {} : { ConmonPid: monitor }),
    ExitCode: now.exitCode,
    Error: errorText(record, now),
    StartedAt: rfc3339Nano(now.startedAt),
    FinishedAt: rfc3339Nano(now.exitedAt),
    ...(checkOf(record) === undefined ? {} : { Health: shownHealth(health) }),
    ...probesJson(probes, ready),
    ...(alive && cgroup !== "" ? { CgroupPath: cgroup } : {}),
    CheckpointedAt: ZERO_TIME,
    RestoredAt: ZERO_TIME,
    ...(state.run?.stopRequested === true || state.run?.killed === true ? { StoppedByUser: true } : {}),
  };
}

function probesJson(probes: Subject["probes"], ready: boolean): Pick<InspectState, "Probes" | "Ready"> {
  return probes === undefined ? {} : { Probes: probes, Ready: ready };
}

/** Why it does not run: the last start has failed, its policy waits or has given up, the machine went down. */
function errorText({ state }: ContainerRecord, now: ContainerNow): string {
  const { error, exit, backOff } = state;
  if (backOff !== undefined && (exit !== undefined || backOff.restartAt !== undefined)) return backOff.reason;
  if (error !== "") return error;
  return now.withMachine === true ? ENDED_WITH_MACHINE : "";
}
