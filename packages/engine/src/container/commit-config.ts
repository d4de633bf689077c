/** What an image of a container runs by default: the image's own, what the container was made with, what is asked. */
import type { CommitRequest } from "@podwright/spec/engine-api/container-copies";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ImageRunConfig } from "@podwright/spec/oci-image/types";
import { configFromChanges } from "../image/change-instructions.ts";
import type { ContainerConfig } from "../ports/container-record.ts";

/** @throws CLI_USAGE for a change, or a configuration, that is malformed */
export function committedConfig(
  base: ImageRunConfig | undefined,
  config: ContainerConfig,
  request: CommitRequest,
): ImageRunConfig {
  const own = overlay(base ?? {}, config, request);
  return configFromChanges(request.changes, request.config === undefined ? own : merged(own, request.config));
}

function overlay(base: ImageRunConfig, config: ContainerConfig, request: CommitRequest): ImageRunConfig {
  const { process, network, labels } = config;
  const ports = [
    ...network.ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
    ...network.exposed,
  ];
  const volumes = volumesOf(config, request.includeVolumes);
  return {
    ...base,
    Entrypoint: [...process.entrypoint],
    Cmd: [...process.command],
    Env: mergedEnv(base.Env ?? [], process.env),
    WorkingDir: process.workdir,
    ...(process.user === "" ? {} : { User: process.user }),
    ...(ports.length === 0 ? {} : { ExposedPorts: { ...base.ExposedPorts, ...asSet(ports) } }),
    ...(Object.keys(labels).length === 0 ? {} : { Labels: { ...base.Labels, ...labels } }),
    ...(volumes.length === 0 ? {} : { Volumes: { ...base.Volumes, ...asSet(volumes) } }),
  };
}

/** Anonymous volumes are the image's doing, or might as well be; named ones and binds are this machine's. */
function volumesOf({ mounts }: ContainerConfig, all: boolean): string[] {
  return mounts
    .filter(
      ({ kind, anonymous }) =>
        (kind === "volume" && anonymous) || (all && (kind === "volume" || kind === "bind")),
    )
    .map(({ destination }) => destination);
}

function mergedEnv(base: readonly string[], own: readonly string[]): string[] {
  const values = new Map([...base, ...own].map((entry) => [entry.split("=", 1)[0] ?? "", entry]));
  return [...values.values()];
}

function asSet(keys: readonly string[]): Record<string, object> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}

const LISTS = ["Cmd", "Entrypoint", "Env", "OnBuild"] as const;
const TEXTS = ["User", "WorkingDir", "StopSignal"] as const;
const MAPS = ["ExposedPorts", "Volumes", "Labels"] as const;

/** A container configuration as Docker's API has it; what it leaves empty stays as it is. @throws CLI_USAGE */
function merged(config: ImageRunConfig, text: string): ImageRunConfig {
  const given = parseConfig(text);
  const result: Record<string, unknown> = { ...config };
  for (const key of LISTS) {
    const value = given[key];
    if (value === undefined || value === null) continue;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
      throw invalid(`${key} is no list of strings`);
    if (value.length > 0) result[key] = value;
  }
  for (const key of TEXTS) {
    const value = given[key];
    if (value === undefined || value === null || value === "") continue;
    if (typeof value !== "string") throw invalid(`${key} is no string`);
    result[key] = value;
  }
  for (const key of [...MAPS, "Healthcheck"] as const) {
    const value = given[key];
    if (value === undefined || value === null) continue;
    if (typeof value !== "object" || Array.isArray(value)) throw invalid(`${key} is no object`);
    result[key] = value;
  }
  return result;
}

function parseConfig(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalid(cause.message);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw invalid("it is no object");
  return parsed as Record<string, unknown>;
}

function invalid(reason: string): EngineError {
  return new EngineError("CLI_USAGE", `the configuration to merge is malformed: ${reason}`);
}
