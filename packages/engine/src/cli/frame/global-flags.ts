/** The flags that every command takes: where the state lives, which tools to use, how much to say. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { LOG_LEVELS, type LogLevel } from "../../base/log.ts";
import type { Flags } from "./command.ts";

/** Taken before the command's name and after it. */
export const SHARED_FLAGS: Flags = {
  "cgroup-manager": {
    type: "string",
    default: "cgroupfs",
    help: 'Cgroup manager to use ("cgroupfs")',
    complete: ["cgroupfs"],
  },
  conmon: { type: "string", help: "Path of the conmon binary", complete: "file" },
  debug: {
    type: "bool",
    short: "D",
    hidden: true,
    help: "Docker compatible option: the same as --log-level=debug",
  },
  "events-backend": {
    type: "string",
    help: 'Events backend to use ("file"|"none")',
    complete: ["file", "none"],
  },
  "log-level": {
    type: "string",
    default: "warn",
    help: "Log messages above specified level (trace, debug, info, warn, warning, error, fatal, panic)",
    complete: [...LOG_LEVELS, "warning"],
  },
  root: {
    type: "string",
    help: "Path to the root directory in which data, including images, is stored",
    complete: "file",
  },
  runroot: {
    type: "string",
    help: "Path to the 'run directory' where all state information is stored",
    complete: "file",
  },
  runtime: {
    type: "string",
    help: "Path to the OCI-compatible binary used to run containers",
    complete: "file",
  },
  "runtime-flag": {
    type: "list",
    help: "Add global flags for the container runtime",
    valueName: "FLAG",
    complete: "none",
  },
  "storage-driver": {
    type: "string",
    help: 'Storage driver to use ("overlay")',
    complete: ["overlay"],
  },
};

/** All that the engine hears of. */
export const ENGINE_FLAGS: Flags = {
  ...SHARED_FLAGS,
  config: { type: "string", help: "Location of authentication config file", complete: "file" },
};

/** Taken only before the command's name. */
export const ROOT_FLAGS: Flags = {
  ...ENGINE_FLAGS,
  help: { type: "bool", short: "h", help: "Help for the program" },
  noout: { type: "bool", hidden: true, help: "Do not output to stdout" },
  out: { type: "string", help: "Send output (stdout) to a file", complete: "file" },
  version: { type: "bool", short: "v", help: "Print the version" },
};

/** Podman's global flags that do nothing here yet: refused by name, never ignored. */
const REFUSED: ReadonlySet<string> = new Set([
  "--cdi-spec-dir",
  "--cni-config-dir",
  "--connection",
  "--context",
  "--cpu-profile",
  "--default-mounts-file",
  "--hooks-dir",
  "--host",
  "--identity",
  "--imagestore",
  "--max-workers",
  "--memory-profile",
  "--module",
  "--namespace",
  "--network-backend",
  "--network-cmd-path",
  "--network-config-dir",
  "--pull-option",
  "--registries-conf",
  "--remote",
  "--ssh",
  "--storage-opt",
  "--syslog",
  "--tls-ca",
  "--tls-cert",
  "--tls-details",
  "--tls-key",
  "--tmpdir",
  "--trace",
  "--transient-store",
  "--url",
  "--volumepath",
  "-c",
  "-H",
  "-r",
]);

export function refuseGlobalFlag(flag: string): EngineError | undefined {
  if (!REFUSED.has(flag)) return undefined;
  return new EngineError("NOT_IMPLEMENTED", `the global flag ${flag} is not supported yet`);
}

export interface Globals {
  readonly root?: string;
  readonly runRoot?: string;
  readonly runtime?: string;
  readonly conmon?: string;
  readonly eventsBackend?: string;
  readonly runtimeFlags?: readonly string[];
  /** Directory of Docker's config.json. */
  readonly dockerConfig?: string;
  readonly logLevel: LogLevel;
}

/** `values` are those of SHARED_FLAGS. Throws CLI_USAGE, NOT_IMPLEMENTED, CLI_LOG_LEVEL_UNKNOWN. */
export function readGlobals(values: Readonly<Record<string, unknown>>): Globals {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  checkCgroupManager(text("cgroup-manager") ?? "");
  checkStorageDriver(text("storage-driver"));
  const [root, runRoot, runtime, conmon] = [text("root"), text("runroot"), text("runtime"), text("conmon")];
  const dockerConfig = text("config");
  const eventsBackend = readEventsBackend(text("events-backend"));
  const runtimeFlags = readRuntimeFlags(values["runtime-flag"]);
  return {
    ...(root === undefined ? {} : { root }),
    ...(runRoot === undefined ? {} : { runRoot }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(conmon === undefined ? {} : { conmon }),
    ...(eventsBackend === undefined ? {} : { eventsBackend }),
    ...(runtimeFlags.length === 0 ? {} : { runtimeFlags }),
    ...(dockerConfig === undefined ? {} : { dockerConfig }),
    logLevel: values["debug"] === true ? "debug" : readLogLevel(text("log-level") ?? ""),
  };
}

/** `given`: the values of the global flags that were given. @throws CLI_LOG_LEVEL_UNKNOWN */
export function checkLogFlags(given: Readonly<Record<string, unknown>>): void {
  if (given["debug"] !== true || !("log-level" in given)) return;
  throw new EngineError("CLI_LOG_LEVEL_UNKNOWN", "Setting --log-level and --debug is not allowed");
}

function readLogLevel(text: string): LogLevel {
  const wanted = text.toLowerCase() === "warning" ? "warn" : text.toLowerCase();
  const level = LOG_LEVELS.find((known) => known === wanted);
  if (level !== undefined) return level;
  const choices = "trace, debug, info, warn, warning, error, fatal, panic";
  throw new EngineError(
    "CLI_LOG_LEVEL_UNKNOWN",
    `Log Level "${text}" is not supported, choose from: ${choices}`,
  );
}

function checkCgroupManager(manager: string): void {
  if (manager === "cgroupfs") return;
  if (manager === "systemd") {
    throw new EngineError("NOT_IMPLEMENTED", "the cgroup manager systemd is not supported yet: use cgroupfs");
  }
  throw new EngineError("CLI_USAGE", `invalid cgroup manager "${manager}": choose cgroupfs`);
}

function readEventsBackend(backend: string | undefined): string | undefined {
  if (backend === "journald") {
    throw new EngineError("NOT_IMPLEMENTED", "the events backend journald is not supported: use file");
  }
  if (backend === undefined || backend === "file" || backend === "none") return backend;
  throw new EngineError("CLI_USAGE", `unknown event logger type: ${backend.toUpperCase()}`);
}

/** Podman adds two dashes, whatever is there. */
function readRuntimeFlags(given: unknown): string[] {
  if (!Array.isArray(given)) return [];
  const flags = given.filter((flag): flag is string => typeof flag === "string");
  for (const flag of flags) {
    if (flag === "" || flag.startsWith("-")) {
      throw new EngineError("CLI_USAGE", `invalid --runtime-flag ${JSON.stringify(flag)}`, {
        hint: "a flag of the runtime is given without its dashes: --runtime-flag debug",
      });
    }
  }
  return flags;
}

function checkStorageDriver(driver: string | undefined): void {
  if (driver === undefined || driver === "overlay" || driver === "overlay2") return;
  throw new EngineError("NOT_IMPLEMENTED", `the storage driver ${driver} is not supported: use overlay`);
}
