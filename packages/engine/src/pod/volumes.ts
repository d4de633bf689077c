/** Makes a pod's own volumes as its sandbox comes up: directories in the store, the rest in memory beside the pins. */
import type { PodVolume, PodVolumeFile } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Step } from "../base/plan.ts";
import { podStoreDirectory, podVolumeDirectory } from "../container/places.ts";
import type { Mounts } from "../ports/mounts.ts";
import type { PodConfig } from "../ports/pod-record.ts";
import { type PodContext, type PodHost, sandboxDirectory } from "./context.ts";
import { partsOfFile } from "./volume-rules.ts";

/** One step for all of them. Undone, what is in memory goes; directories stay with the pod's row. */
export function volumeStep(
  ctx: PodContext,
  host: PodHost,
  { id, volumes = [], idMappings }: PodConfig,
): Step {
  return {
    name: `make ${volumes.length} volumes`,
    apply: async () => {
      const owners = idMappings === undefined ? HOST : await ownersOutside(idMappings);
      for (const volume of volumes) {
        await makeVolume(host, inside(volume, owners), {
          path: podVolumeDirectory(ctx.settings, id, volume),
          owners,
        });
      }
    },
    undo: () => dropMemoryVolumes(host.mounts, sandboxDirectory(ctx.settings, id)),
    undoPartial: true,
  };
}

/** What root and groups of the members are on the host. */
interface Owners {
  readonly root: { readonly uid: number; readonly gid: number };
  readonly group: (gid: number) => number;
}

const HOST: Owners = { root: { uid: 0, gid: 0 }, group: (gid) => gid };

async function ownersOutside(idMappings: IdMappings): Promise<Owners> {
  const { ownerOutside } = await import("../container/userns/mapped-owners.ts");
  const { rootOutside } = await import("../container/userns/mapped-run.ts");
  return {
    root: rootOutside(idMappings),
    group: (gid) => ownerOutside(idMappings, { uid: 0, gid }).gid,
  };
}

/** With its group as the host knows it. */
function inside(volume: PodVolume, { group }: Owners): PodVolume {
  return volume.fsGroup === undefined ? volume : { ...volume, fsGroup: group(volume.fsGroup) };
}

/** By what is there, not by what was asked for: a killed command's are found as well. */
export function dropMemoryVolumes(mounts: Mounts, sandboxDir: string): void {
  const directory = `${sandboxDir}/volumes`;
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) mounts.unmount(`${directory}/${name}`);
}

/** With what is in them: the pod goes. */
export function removeDirectories({ settings }: Pick<PodContext, "settings">, podId: string): void {
  const directory = podStoreDirectory(settings, podId);
  rmSync(directory, { recursive: true, force: true });
  try {
    rmdirSync(dirname(directory));
  } catch {
    // Another pod has its own there, or has removed it as well.
  }
}

/** The host's users come at what is in it through no directory above. */
function makeParent(path: string): void {
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      return;
    } catch (error) {
      // Another pod goes at this moment, and takes the common directory for empty.
      const gone = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!gone || attempt >= MOST_ATTEMPTS) throw error;
    }
  }
}

const MOST_ATTEMPTS = 100;

async function makeVolume(
  host: PodHost,
  { content, fsGroup }: PodVolume,
  { path, owners: { root } }: { readonly path: string; readonly owners: Owners },
): Promise<void> {
  makeParent(path);
  switch (content.kind) {
    case "directory":
      if (makeOpenDirectory(path)) chownSync(path, root.uid, root.gid);
      if (fsGroup !== undefined) await host.files.giveGroup(path, fsGroup);
      return;
    case "memory":
      mkdirSync(path, { recursive: true });
      host.mounts.tmpfs(path, {
        ...(content.size === undefined ? {} : { size: content.size }),
        mode: "0777",
        exec: true,
        owner: root,
      });
      if (fsGroup !== undefined) await host.files.giveGroup(path, fsGroup);
      return;
    case "files":
      mkdirSync(path, { recursive: true });
      host.mounts.tmpfs(path, { size: roomFor(content.files), mode: "0755", exec: true, owner: root });
      new FilesWriter(path, fsGroup, root).write(content.files);
      // All of the file system, so that no member can take it back for its own mount of it.
      host.mounts.remountReadOnly(path);
      return;
    default:
      content satisfies never;
  }
}

/** Kubernetes' emptyDir: everybody may write. At once, or a kill in between would leave it closed. */
function makeOpenDirectory(path: string): boolean {
  if (existsSync(path)) return false;
  const before = process.umask(0);
  try {
    mkdirSync(path, { mode: 0o777 });
    return true;
  } finally {
    process.umask(before);
  }
}

/** The largest page of any architecture: tmpfs counts whole ones. */
const PAGE = 65_536;

function roomFor(files: readonly PodVolumeFile[]): number {
  const pages = files.reduce((sum, { data }) => sum + Math.ceil((data.length * 3) / 4 / PAGE), 1);
  return pages * PAGE;
}

const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
const DIRECTORY_MODE = 0o755;
/** What Kubernetes adds for fsGroup where nobody is to write. */
const GROUP_READS = 0o440;
const SET_GID = 0o2000;

/**
 * Into a fresh file system that nobody else has seen: each name is made exclusively, so no link can be in the way
 * (CVE-2025-9566).
 */
class FilesWriter {
  readonly #top: string;
  readonly #group: number | undefined;
  readonly #root: Owners["root"];
  readonly #made = new Set<string>();

  constructor(top: string, group: number | undefined, root: Owners["root"]) {
    this.#top = top;
    this.#root = root;
    this.#group = group;
    if (group !== undefined) this.#own(top);
  }

  write(files: readonly PodVolumeFile[]): void {
    for (const file of files) this.#writeOne(file);
  }

  #writeOne({ path, mode, data }: PodVolumeFile): void {
    const parts = partsOfFile(path);
    if (parts === undefined) {
      throw new EngineError("POD_INVALID", `invalid path of a file ${JSON.stringify(path)}`);
    }
    for (let length = 1; length < parts.length; length++) {
      this.#makeDirectory(`${this.#top}/${parts.slice(0, length).join("/")}`);
    }
    const fd = openSync(`${this.#top}/${path}`, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
    try {
      writeFileSync(fd, Buffer.from(data, "base64"));
      fchownSync(fd, this.#root.uid, this.#group ?? this.#root.gid);
      // After the owner, whose change may clear bits; and whatever the umask is.
      fchmodSync(fd, this.#group === undefined ? mode : mode | GROUP_READS);
    } finally {
      closeSync(fd);
    }
  }

  #makeDirectory(path: string): void {
    if (this.#made.has(path)) return;
    this.#made.add(path);
    mkdirSync(path, { mode: 0o700 });
    this.#own(path);
  }

  #own(directory: string): void {
    chownSync(directory, this.#root.uid, this.#group ?? this.#root.gid);
    chmodSync(directory, this.#group === undefined ? DIRECTORY_MODE : DIRECTORY_MODE | SET_GID);
  }
}
