/** `-v [source:]destination[:options]` and `--tmpfs destination[:options]`. */
import type { MountRequest } from "../engine-api/containers.ts";
import { EngineError } from "../errors/engine-error.ts";
import { cleanContainerPath } from "./container-path.ts";
import { checkVolumeOptions } from "./mount-options.ts";
import { invalidValue } from "./value-error.ts";

/** Makes a path on the host absolute: the caller knows the directory that it is relative to. */
export type ResolvePath = (path: string) => string;

/** A source that begins with `/` or `.` is a path on the host, any other the name of a volume. @throws VALUE_INVALID */
export function parseVolumeSpec(text: string, resolve: ResolvePath): MountRequest {
  const [first = "", second, third, ...more] = text.split(":");
  if (more.length > 0) {
    throw invalidValue(`${text}: incorrect volume format, should be [host-dir:]ctr-dir[:option]`);
  }
  if (second === undefined) {
    return { kind: "volume", source: "", destination: cleanContainerPath(first), options: [] };
  }
  if (first === "") throw invalidValue("host directory cannot be empty");
  const bind = first.startsWith("/") || first.startsWith(".");
  return {
    kind: bind ? "bind" : "volume",
    source: bind ? resolve(first) : volumeName(first),
    destination: cleanContainerPath(second),
    options: third === undefined ? [] : checkVolumeOptions(third.split(",")),
  };
}

/** @throws VALUE_INVALID */
export function parseTmpfsSpec(text: string): MountRequest {
  const [destination = "", options] = text.split(":");
  return {
    kind: "tmpfs",
    source: "",
    destination: cleanContainerPath(destination),
    options: options === undefined || options === "" ? [] : options.split(","),
  };
}

/** Names of volumes, containers and pods share one form. @throws VOLUME_INVALID */
export function volumeName(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return name;
  throw new EngineError(
    "VOLUME_INVALID",
    "running volume create option: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument",
    { details: { name } },
  );
}
