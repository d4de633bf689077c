/** `--change` of import and commit: Dockerfile instructions that set an image's configuration. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ImageRunConfig } from "@podwright/spec/oci-image/types";

/** `INSTRUCTION value` or `INSTRUCTION=value`, later ones over earlier ones. @throws CLI_USAGE */
export function configFromChanges(changes: readonly string[], base: ImageRunConfig = {}): ImageRunConfig {
  const config: ImageRunConfig = { ...base };
  for (const change of changes) applyChange(config, change);
  return config;
}

function applyChange(config: ImageRunConfig, change: string): void {
  const match = /^\s*([A-Za-z]+)(?:\s+|=)(.*)$/s.exec(change);
  const name = match?.[1]?.toUpperCase();
  const value = match?.[2]?.trim() ?? "";
  if (name === undefined || value === "") throw invalid(change, "must be in the form KEY VALUE or KEY=VALUE");
  switch (name) {
    case "CMD":
      config.Cmd = command(value);
      return;
    case "ENTRYPOINT":
      config.Entrypoint = command(value);
      return;
    case "ENV":
      config.Env = [...(config.Env ?? []).filter((old) => nameOf(old) !== nameOf(pair(value))), pair(value)];
      return;
    case "EXPOSE":
      config.ExposedPorts = { ...config.ExposedPorts, ...ports(value, change) };
      return;
    case "LABEL":
      config.Labels = { ...config.Labels, ...label(value, change) };
      return;
    case "ONBUILD":
      config.OnBuild = [...(config.OnBuild ?? []), value];
      return;
    case "STOPSIGNAL":
      config.StopSignal = value;
      return;
    case "USER":
      config.User = value;
      return;
    case "VOLUME":
      config.Volumes = { ...config.Volumes, ...Object.fromEntries(volumes(value).map((path) => [path, {}])) };
      return;
    case "WORKDIR":
      config.WorkingDir = value;
      return;
    default:
      throw invalid(
        change,
        `${name} is not one of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR`,
      );
  }
}

/** A JSON list as it stands; anything else is for the shell. */
function command(value: string): string[] {
  return jsonList(value) ?? ["/bin/sh", "-c", value];
}

function jsonList(value: string): string[] | undefined {
  if (!value.startsWith("[")) return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `KEY=VALUE`, or Docker's older `KEY VALUE`; a name alone is set to nothing (never to the host's value). */
function pair(value: string): string {
  if (/^[^\s=]+=/.test(value)) return unquoted(value);
  return value.replace(/\s+/, "=").replace(/^([^=]+)$/, "$1=");
}

function unquoted(text: string): string {
  return text.replace(/^([^=]+=)"(.*)"$/s, "$1$2");
}

function nameOf(entry: string): string {
  return entry.slice(0, entry.indexOf("="));
}

function ports(value: string, change: string): Record<string, object> {
  const result: Record<string, object> = {};
  for (const port of value.split(/\s+/)) {
    const match = /^(\d+)(?:\/(tcp|udp|sctp))?$/.exec(port);
    if (match === null || Number(match[1]) > 65535)
      throw invalid(change, `invalid port ${JSON.stringify(port)}`);
    result[`${match[1]}/${match[2] ?? "tcp"}`] = {};
  }
  return result;
}

function label(value: string, change: string): Record<string, string> {
  const text = pair(value);
  const key = nameOf(text);
  if (key === "") throw invalid(change, "invalid label");
  return { [key]: text.slice(key.length + 1) };
}

function volumes(value: string): string[] {
  return jsonList(value) ?? value.split(/\s+/);
}

function invalid(change: string, reason: string): EngineError {
  return new EngineError("CLI_USAGE", `invalid change ${JSON.stringify(change)}: ${reason}`);
}
