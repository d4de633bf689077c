/** Holds a pod's PID namespace by `catatonit -P`, confined by the OCI runtime: no root file system to look into. */
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type IdMappings, outsideId, seesEngine } from "@podwright/spec/values/id-map";
import { runtimeMappings } from "@podwright/spec/values/runtime-mappings";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rootlessUser } from "../../base/rootless.ts";
import type { HolderRequest, PidHolder } from "../../ports/pid-holder.ts";
import type { ProcessIdentity, Processes } from "../../ports/processes.ts";
import type { OciRuntime } from "../../ports/runtime.ts";
import { CATATONIT_PATHS } from "../process/catatonit-paths.ts";
import { spawnProcess } from "../process/spawn.ts";
import { mount, MS, unmountAll } from "../sys/mount.ts";
import { hideReachable, showReachable } from "../sys/reachable-place.ts";

const SIGKILL = 9;

export class CatatonitHolder implements PidHolder {
  readonly #runtime: OciRuntime;
  readonly #processes: Processes;
  readonly #paths: readonly string[];

  /** `preferred` is looked at before the usual places (containers.conf, init_path). */
  constructor(runtime: OciRuntime, processes: Processes, preferred: string) {
    this.#runtime = runtime;
    this.#processes = processes;
    this.#paths = preferred === "" ? CATATONIT_PATHS : [preferred, ...CATATONIT_PATHS];
  }

  async start(request: HolderRequest): Promise<ProcessIdentity> {
    const program = this.#paths.find((path) => existsSync(path));
    if (program === undefined) {
      throw new EngineError("HOST_PART_MISSING", "cannot share a PID namespace: catatonit is not installed", {
        hint: "install the package catatonit, or leave pid out of --share",
      });
    }
    const rootfs = `${request.directory}/rootfs`;
    mkdirSync(`${rootfs}/proc`, { recursive: true });
    mkdirSync(`${rootfs}/dev`, { recursive: true });
    writeFileSync(`${rootfs}/catatonit`, "", { mode: 0o755 });
    mount({ source: program, target: `${rootfs}/catatonit`, flags: MS.BIND });
    const shown = rootForRuntime(request, rootfs);
    writeFileSync(`${request.directory}/config.json`, JSON.stringify(holderSpec(request, shown)));
    if (request.idMappings !== undefined) openTo(request.directory, request.idMappings);
    await this.#create(request);
    await this.#runtime.start(runtimeId(request.id), { hooks: false });
    const pid = Number(readFileSync(`${request.directory}/pid`, "utf8"));
    const identity = this.#processes.identify(pid);
    if (identity === undefined) throw new EngineError("CONTAINER_RUNTIME_FAILED", `catatonit ended at once`);
    return identity;
  }

  async stop(id: string, directory: string, identity: ProcessIdentity | undefined): Promise<void> {
    if (identity === undefined && !existsSync(directory)) return;
    if (identity !== undefined) this.#processes.kill(identity, SIGKILL);
    await this.#runtime.delete(runtimeId(id));
    if (rootlessUser(process.env) !== undefined) hideReachable(runtimeId(id));
    unmountAll(`${directory}/rootfs/catatonit`);
    rmSync(directory, { recursive: true, force: true });
  }

  /** The runtime's own output goes to a file: a pipe would be inherited by the holder and never end. */
  async #create({ id, directory }: HolderRequest): Promise<void> {
    const path = `${directory}/runtime.log`;
    const log = openSync(path, "w");
    try {
      const argv = [this.#runtime.path, ...this.#runtime.globalArgs, "create", "--bundle", directory];
      const child = spawnProcess({
        argv: [...argv, "--pid-file", `${directory}/pid`, runtimeId(id)],
        env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
        stdin: "ignore",
        stdout: log,
        stderr: log,
        detached: true,
      });
      const { exitCode } = await child.exited;
      if (exitCode === 0) return;
    } finally {
      closeSync(log);
    }
    const reason = readFileSync(path, "utf8").trim().split("\n").at(-1) ?? "";
    throw new EngineError("CONTAINER_RUNTIME_FAILED", `cannot start the pod's init process: ${reason}`);
  }
}

/** One that has none of the engine's own ids may not go through a user's directories. */
function rootForRuntime({ id, idMappings }: HolderRequest, rootfs: string): string {
  if (idMappings === undefined || seesEngine(idMappings)) return rootfs;
  return rootlessUser(process.env) === undefined ? rootfs : showReachable(rootfs, runtimeId(id), "all");
}

/** The runtime goes there as root of the pod's user namespace. */
function openTo(directory: string, { gid }: IdMappings): void {
  chownSync(directory, 0, outsideId(gid, 0) ?? 0);
  chmodSync(directory, 0o710);
}

function runtimeId(podId: string): string {
  return `holder-${podId}`;
}

function holderSpec(request: HolderRequest, rootfs: string): RuntimeSpec {
  const { pinDir, pins, cgroupPath, usernsPath, idMappings } = request;
  const none: string[] = [];
  const types = { net: "network", ipc: "ipc", uts: "uts" } as const;
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid: 0, gid: 0 },
      args: ["/catatonit", "-P"],
      env: ["PATH=/"],
      cwd: "/",
      capabilities: { bounding: none, effective: none, inheritable: none, permitted: none, ambient: none },
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"] },
    ],
    linux: {
      ...(idMappings === undefined ? {} : runtimeMappings(idMappings)),
      namespaces: [
        ...(usernsPath === undefined ? [] : [{ type: "user" as const, path: usernsPath }]),
        { type: "pid" },
        { type: "mount" },
        ...pins.map((pin) => ({ type: types[pin], path: `${pinDir}/${pin}` })),
      ],
      ...(cgroupPath === "" ? {} : { cgroupsPath: `${cgroupPath}/holder` }),
      resources: { devices: [{ allow: false, access: "rwm" }] },
    },
  };
}
