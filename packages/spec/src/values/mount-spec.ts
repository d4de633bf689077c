/** `--mount type=…,source=…,destination=…,option…`: comma-separated values of one mount. */
import type { MountRequest } from "../engine-api/containers.ts";
import { EngineError } from "../errors/engine-error.ts";
import { cleanContainerPath } from "./container-path.ts";
import { parseCsv } from "./csv.ts";
import { checkVolumeOptions, PROPAGATION_OPTIONS } from "./mount-options.ts";
import { invalidValue } from "./value-error.ts";
import { type ResolvePath, volumeName } from "./volume-spec.ts";

const KINDS = ["bind", "volume", "tmpfs", "ramfs", "image", "devpts"] as const;
type Kind = (typeof KINDS)[number];

/** The host as the caller sees it. */
export interface HostPaths {
  readonly resolve: ResolvePath;
  /** Paths that match a pattern, in order. */
  readonly glob: (pattern: string) => readonly string[];
}

/** One mount, or with `type=glob` one for each match. Without `type=` it is a volume. @throws VALUE_INVALID, NOT_IMPLEMENTED */
export function parseMountSpec(text: string, host: HostPaths): MountRequest[] {
  const fields = parseCsv(text);
  const type = fields.find((f) => f.startsWith("type="))?.slice("type=".length) ?? "volume";
  const draft = new Draft(mountKind(type === "glob" ? "bind" : type, text));
  for (const field of fields) if (!field.startsWith("type=")) draft.take(field);
  return type === "glob" ? draft.finishGlob(host) : [draft.finish(host.resolve)];
}

function mountKind(name: string, text: string): Kind {
  if (name === "artifact") {
    throw new EngineError("NOT_IMPLEMENTED", `--mount type=${name} is not implemented`);
  }
  const kind = KINDS.find((k) => k === name);
  if (kind !== undefined) return kind;
  if (name === "") throw invalidValue(`incorrect mount format: should be --mount type=<...>: ${text}`);
  throw invalidValue(`invalid filesystem type ${JSON.stringify(name)}`);
}

/** Options that stand in for one another: at most one of a group may be given. */
const ONCE: readonly (readonly string[])[] = [
  ["readonly", "ro", "rw"],
  ["nodev", "dev"],
  ["noexec", "exec"],
  ["nosuid", "suid"],
  ["noswap"],
  ["tmpcopyup", "notmpcopyup"],
  ["relabel"],
  ["U", "chown"],
];

class Draft {
  readonly #kind: Kind;
  readonly #options: string[] = [];
  readonly #seen = new Set<string>();
  #source = "";
  #destination = "";
  #subPath: string | undefined;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  take(field: string): void {
    const equals = field.indexOf("=");
    const name = equals === -1 ? field : field.slice(0, equals);
    const value = equals === -1 ? undefined : field.slice(equals + 1);
    this.#checkOnce(name);
    if (this.#kind === "devpts") return this.#devpts(field, name, value);
    if (this.#kind === "image") return this.#image(name, value);
    this.#common(field, name, value);
  }

  finish(resolve: ResolvePath): MountRequest {
    if (this.#kind === "image" && (this.#source === "" || this.#destination === "")) {
      throw invalidValue("must set source and destination for image volume");
    }
    if (this.#destination === "") throw invalidValue("must set volume destination");
    const mount = {
      kind: this.#kind,
      source: this.#finalSource(resolve),
      destination: this.#destination,
      options: this.#kind === "bind" ? checkVolumeOptions(this.#options) : this.#options,
    };
    return this.#subPath === undefined ? mount : { ...mount, subPath: this.#subPath };
  }

  /** Each match at its own place, or below the destination by its name. */
  finishGlob({ resolve, glob }: HostPaths): MountRequest[] {
    const matches = glob(resolve(this.#source));
    if (matches.length === 0) {
      throw invalidValue(`no file paths matching glob ${JSON.stringify(this.#source)}`);
    }
    const options = checkVolumeOptions(this.#options);
    return matches.map((source) => {
      const name = source.slice(source.lastIndexOf("/") + 1);
      const destination =
        this.#destination === "" ? source : cleanContainerPath(`${this.#destination}/${name}`);
      return { kind: "bind", source, destination, options };
    });
  }

  #finalSource(resolve: ResolvePath): string {
    if (this.#kind === "bind") return resolve(this.#source === "" ? this.#destination : this.#source);
    if (this.#kind === "volume" && this.#source !== "") return volumeName(this.#source);
    return this.#source;
  }

  #checkOnce(name: string): void {
    for (const group of ONCE) {
      if (!group.includes(name)) continue;
      const key = group.join();
      if (this.#seen.has(key)) {
        const shown = group.map((o) => `'${o}'`).join(", ");
        throw invalidValue(
          `cannot pass ${shown} mount options more than once: must provide an argument for option`,
        );
      }
      this.#seen.add(key);
    }
  }

  #common(field: string, name: string, value: string | undefined): void {
    if (this.#place(name, value)) return;
    if (this.#flag(name, value)) return;
    if (this.#memory(name, value)) return;
    if (this.#volume(field, name)) return;
    throw badOption(name);
  }

  /** Source, destination, sub-path. */
  #place(name: string, value: string | undefined): boolean {
    switch (name) {
      case "src":
      case "source":
        if (this.#kind === "tmpfs") throw this.#unsupported(name);
        if (this.#source !== "") throw repeated(name);
        this.#source = needed(name, value);
        if (this.#source === "") {
          throw invalidValue("host directory cannot be empty: must provide an argument for option");
        }
        return true;
      case "target":
      case "dst":
      case "destination":
        if (this.#destination !== "") throw repeated(name);
        this.#destination = cleanContainerPath(needed(name, value));
        return true;
      case "subpath":
      case "volume-subpath":
        if (this.#kind !== "volume") {
          throw invalidValue(`cannot set option ${JSON.stringify(name)} on non-volume mounts`);
        }
        this.#subPath = needed(name, value);
        return true;
      default:
        return false;
    }
  }

  #flag(name: string, value: string | undefined): boolean {
    if (
      ["nodev", "dev", "noexec", "exec", "nosuid", "suid", "noswap", "z", "Z", "no-dereference"].includes(
        name,
      )
    ) {
      this.#options.push(name);
      return true;
    }
    if (PROPAGATION_OPTIONS.includes(name)) {
      this.#options.push(name);
      return true;
    }
    switch (name) {
      case "readonly":
      case "ro":
      case "rw":
        this.#access(name, value);
        return true;
      case "relabel":
        this.#options.push(relabel(value));
        return true;
      case "U":
      case "chown":
        if (isTrue(value)) this.#options.push("U");
        return true;
      case "bind-propagation":
        if (this.#kind !== "bind") throw this.#unsupported(name);
        if (!PROPAGATION_OPTIONS.includes(needed(name, value))) {
          throw invalidValue(`invalid value ${JSON.stringify(`${name}=${value}`)}`);
        }
        this.#options.push(needed(name, value));
        return true;
      case "bind-nonrecursive":
        if (this.#kind !== "bind") throw this.#unsupported(name);
        this.#options.push("bind");
        return true;
      case "consistency":
        // An option of macOS; Docker and Podman drop it as well.
        return true;
      case "idmap":
        this.#options.push(value === undefined ? "idmap" : `idmap=${value}`);
        return true;
      default:
        return false;
    }
  }

  #memory(name: string, value: string | undefined): boolean {
    if (!["tmpcopyup", "notmpcopyup", "tmpfs-mode", "tmpfs-size"].includes(name)) return false;
    if (this.#kind !== "tmpfs") throw this.#unsupported(name);
    if (name === "tmpfs-mode") this.#options.push(`mode=${needed(name, value)}`);
    else if (name === "tmpfs-size") this.#options.push(`size=${needed(name, value)}`);
    else this.#options.push(name);
    return true;
  }

  #volume(field: string, name: string): boolean {
    if (name !== "volume-opt" && name !== "volume-label") return false;
    if (this.#kind !== "volume") throw this.#unsupported(name);
    if (name === "volume-label") {
      throw new EngineError("NOT_IMPLEMENTED", "the --volume-label option is not presently implemented");
    }
    this.#options.push(field);
    return true;
  }

  #devpts(field: string, name: string, value: string | undefined): void {
    if (["target", "dst", "destination"].includes(name)) {
      this.#destination = cleanContainerPath(needed(name, value));
    } else if (["uid", "gid", "mode", "ptmxmode", "newinstance", "max"].includes(name)) {
      this.#options.push(field);
    } else throw badOption(name);
  }

  #image(name: string, value: string | undefined): void {
    if (name === "rw" || name === "readwrite") {
      if (value !== "true" && value !== "false") {
        throw invalidValue(`invalid rw value ${JSON.stringify(value ?? "")}: invalid mount option`);
      }
      this.#options.push(value === "true" ? "rw" : "ro");
    } else if (name === "subpath") {
      this.#subPath = needed(name, value);
      if (!this.#subPath.startsWith("/")) {
        throw invalidValue(`volume subpath ${JSON.stringify(this.#subPath)} must be an absolute path`);
      }
    } else if (name !== "consistency" && !this.#place(name, value)) throw badOption(name);
  }

  #access(name: string, value: string | undefined): void {
    const option = name === "readonly" ? "ro" : name;
    const lower = value?.toLowerCase();
    if (lower === undefined || lower === "true") this.#options.push(option);
    else if (lower !== "false") throw invalidValue(`invalid value ${JSON.stringify(`${name}=${value}`)}`);
    else if (option === "rw") this.#options.push("ro");
  }

  #unsupported(name: string): Error {
    return invalidValue(
      `${JSON.stringify(name)} option not supported for ${JSON.stringify(this.#kind)} mount types`,
    );
  }
}

function needed(name: string, value: string | undefined): string {
  if (value === undefined) throw invalidValue(`${name}: must provide an argument for option`);
  return value;
}

function relabel(value: string | undefined): string {
  if (value === "private") return "Z";
  if (value === "shared") return "z";
  throw invalidValue("relabel mount option must be 'private' or 'shared': invalid mount option");
}

function isTrue(value: string | undefined): boolean {
  const lower = value?.toLowerCase() ?? "";
  if (lower === "" || lower === "true") return true;
  if (lower === "false") return false;
  throw invalidValue(
    `'U' or 'chown' must be set to true or false, instead received ${JSON.stringify(value)}: ` +
      "must provide an argument for option",
  );
}

function repeated(name: string): Error {
  return invalidValue(
    `cannot pass ${JSON.stringify(name)} option more than once: must provide an argument for option`,
  );
}

function badOption(name: string): Error {
  return invalidValue(`${name}: invalid mount option`);
}
