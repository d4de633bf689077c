/** `Config` of `container inspect`. */
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import type {
  InspectContainerConfig,
  InspectHealthcheck,
  InspectSecret,
  InspectStartupHealthcheck,
} from "@podwright/spec/libpod-api/inspect-container-config";
import { signalName } from "@podwright/spec/values/signal";
import type { ContainerSecret } from "../../ports/container-record.ts";
import { MAX_LOG_COUNT, MAX_LOG_SIZE } from "../health/next-state.ts";
import { exposedPorts } from "./ports.ts";
import type { Subject } from "./subject.ts";

const NANOSECONDS = 1_000_000;

export function containerConfigJson({
  record,
  pod,
}: Pick<Subject, "record" | "pod">): InspectContainerConfig {
  const { config } = record;
  const { process, network } = config;
  const exposed = exposedPorts(config.infra ? (pod?.config.ports ?? []) : network.ports, network.exposed);
  return {
    Hostname: config.namespaces.uts.kind === "pod" ? (pod?.config.hostname ?? "") : network.hostname,
    Domainname: "",
    User: process.user,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: process.tty,
    OpenStdin: process.openStdin,
    StdinOnce: false,
    Env: orNull(process.env),
    Cmd: orNull(process.command),
    Image: config.image.name,
    Volumes: null,
    WorkingDir: process.workdir,
    Entrypoint: orNull(process.entrypoint),
    OnBuild: null,
    Labels: mapOrNull(config.labels),
    Annotations: mapOrNull(config.annotations),
    StopSignal: signalName(process.stopSignal),
    ...startupCheck(config.health),
    ...(config.health === undefined ? {} : { Healthcheck: healthcheck(config.health) }),
    ...checkOptions(config.health),
    ...(config.createCommand.length === 0 ? {} : { CreateCommand: [...config.createCommand] }),
    ...(process.timezone === "" ? {} : { Timezone: process.timezone }),
    Umask: process.umask.padStart(4, "0"),
    ...(config.secrets === undefined ? {} : { Secrets: mountedSecrets(config.secrets) }),
    Timeout: process.timeout,
    StopTimeout: process.stopTimeout,
    Passwd: process.passwd,
    sdNotifyMode: "container",
    ...(Object.keys(exposed).length === 0 ? {} : { ExposedPorts: exposed }),
  };
}

/** Those in the environment are not shown, in Podman neither. */
function mountedSecrets(secrets: readonly ContainerSecret[]): InspectSecret[] {
  return secrets.flatMap((secret) =>
    secret.kind === "env"
      ? []
      : [{ Name: secret.name, ID: secret.id, UID: secret.uid, GID: secret.gid, Mode: secret.mode }],
  );
}

function orNull(list: readonly string[]): string[] | null {
  return list.length === 0 ? null : [...list];
}

export function mapOrNull(map: Readonly<Record<string, string>>): Record<string, string> | null {
  const entries = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function healthcheck(health: HealthRequest | "none"): InspectHealthcheck {
  if (health === "none") return { Test: ["NONE"] };
  return {
    Test: [...health.test],
    ...positive("Interval", health.interval * NANOSECONDS),
    ...positive("Timeout", health.timeout * NANOSECONDS),
    ...positive("StartPeriod", health.startPeriod * NANOSECONDS),
    ...positive("Retries", health.retries),
  };
}

function startupCheck(
  health: HealthRequest | "none" | undefined,
): Pick<InspectContainerConfig, "StartupHealthCheck"> {
  if (health === undefined || health === "none" || health.startup === undefined) return {};
  const { test = health.test, interval, timeout, retries, successes } = health.startup;
  const check: InspectStartupHealthcheck = {
    Test: [...test],
    ...positive("Interval", interval * NANOSECONDS),
    ...positive("Timeout", timeout * NANOSECONDS),
    ...positive("Retries", retries),
    ...(successes > 0 ? { Successes: successes } : {}),
  };
  return { StartupHealthCheck: check };
}

type CheckOptions = Pick<
  InspectContainerConfig,
  "HealthcheckOnFailureAction" | "HealthLogDestination" | "HealthcheckMaxLogCount" | "HealthcheckMaxLogSize"
>;

/** Shown of every container. No limit, a 0, is left out of Podman's JSON. */
function checkOptions(health: HealthRequest | "none" | undefined): CheckOptions {
  const { onFailure, logDestination, maxLogCount, maxLogSize }: Partial<HealthRequest> =
    health === undefined || health === "none" ? {} : health;
  const count = maxLogCount ?? MAX_LOG_COUNT;
  const size = maxLogSize ?? MAX_LOG_SIZE;
  return {
    HealthcheckOnFailureAction: onFailure ?? "none",
    HealthLogDestination: logDestination ?? "local",
    ...(count === 0 ? {} : { HealthcheckMaxLogCount: count }),
    ...(size === 0 ? {} : { HealthcheckMaxLogSize: size }),
  };
}

function positive(key: keyof InspectHealthcheck, value: number): InspectHealthcheck {
  return value > 0 ? { [key]: value } : {};
}
