/** What runs in the container, as whom and where: request over image over configuration. */
import { cleanContainerPath } from "@podwright/spec/values/container-path";
import { parseSignal } from "@podwright/spec/values/signal";
import type { ContainerProcess } from "../../ports/container-record.ts";
import { buildEnvironment } from "./environment.ts";
import { timezonePath } from "../oci-spec/mounts.ts";
import { type ConfigInputs, imageDefaults, invalidConfig } from "./inputs.ts";

/** No group's name: those of the caller stay. */
export const KEEP_GROUPS = "keep-groups";
const SIGTERM = 15;
const DEFAULT_STOP_TIMEOUT = 10;

/** @throws CONTAINER_INVALID, VALUE_INVALID */
export function buildProcess(inputs: ConfigInputs): ContainerProcess {
  const { request, settings } = inputs;
  const image = imageDefaults(inputs);
  const { entrypoint, command } = commandLine(inputs);
  const stopSignal = request.stopSignal ?? image.StopSignal;
  return {
    args: [...entrypoint, ...command],
    entrypoint,
    command,
    env: buildEnvironment(inputs),
    ...workdir(request, image.WorkingDir),
    user: request.user ?? inputs.userns?.user ?? image.User ?? "",
    groupAdd: request.groupAdd.filter((group) => group !== KEEP_GROUPS),
    tty: request.tty,
    openStdin: request.openStdin,
    umask: request.umask ?? settings.config.umask,
    timezone: timezone(inputs),
    ...init(inputs),
    stopSignal: stopSignal === undefined || stopSignal === "" ? SIGTERM : parseSignal(stopSignal),
    stopTimeout: request.stopTimeout ?? settings.config.stopTimeout ?? DEFAULT_STOP_TIMEOUT,
    timeout: request.timeout,
    ...oomScore(request.oomScoreAdj, settings.config.oomScoreAdj),
    passwd: request.passwd,
  };
}

/** The image's CMD belongs to its ENTRYPOINT: it is dropped when the user names another one. */
function commandLine(inputs: ConfigInputs): {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
} {
  const { request } = inputs;
  const image = imageDefaults(inputs);
  const entrypoint = request.entrypoint ?? image.Entrypoint ?? [];
  const imageCommand = request.entrypoint === undefined ? (image.Cmd ?? []) : [];
  const command = request.command.length > 0 ? request.command : imageCommand;
  if (entrypoint.length + command.length === 0) {
    throw invalidConfig("no command or entrypoint provided, and no CMD or ENTRYPOINT from image");
  }
  return { entrypoint, command };
}

function workdir(
  { workdir: asked, createWorkdir = asked === undefined }: ConfigInputs["request"],
  image: string | undefined,
): Pick<ContainerProcess, "workdir" | "createWorkdir"> {
  const path = asked ?? (image === undefined || image === "" ? "/" : image);
  if (!path.startsWith("/")) {
    throw invalidConfig(
      `the working directory ${JSON.stringify(path)} is invalid, it needs to be an absolute path`,
    );
  }
  return { workdir: cleanContainerPath(path), createWorkdir };
}

/** The program is found now, so that a missing one is told now. */
function init({ request, settings, findProgram }: ConfigInputs): Pick<ContainerProcess, "init" | "initPath"> {
  if (!request.init && !settings.config.init) return { init: false, initPath: "" };
  const named = request.initPath ?? settings.config.initPath;
  const places = [...settings.config.helperBinariesDir, "/usr/libexec/podman", "/usr/bin"];
  const paths = named === "" ? places.map((directory) => `${directory}/catatonit`) : [named];
  const initPath = findProgram(paths);
  if (initPath !== undefined) return { init: true, initPath };
  if (named !== "")
    throw invalidConfig(
      `container-init binary not found on the host: stat ${named}: no such file or directory`,
    );
  throw invalidConfig(`lookup init binary: could not find "catatonit" in one of [${places.join(" ")}]`);
}

function timezone({ request, settings, findProgram }: ConfigInputs): string {
  const zone = request.timezone ?? settings.config.timezone;
  if (zone === "") return "";
  const known = /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/.test(zone);
  if (known && findProgram([timezonePath(zone)]) !== undefined) return zone;
  throw invalidConfig(`running container create option: finding timezone: unknown time zone ${zone}`);
}

function oomScore(asked: number | undefined, configured: number): Pick<ContainerProcess, "oomScoreAdj"> {
  const value = asked ?? configured;
  if (asked === undefined && configured === 0) return {};
  if (Number.isInteger(value) && value >= -1000 && value <= 1000) return { oomScoreAdj: value };
  throw invalidConfig(`invalid value for oom-score-adj: ${value} is not between -1000 and 1000`);
}
