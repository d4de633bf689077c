/** Whether this host can mount layers of this store: it is tried, once per kernel, and the answer kept in the store. */
import { closeSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readIfThere } from "../../../base/if-there.ts";
import { isErrno } from "../../sys/libc.ts";
import { layersDirectory } from "../layer-paths.ts";
import type { LockedStaging } from "../staging.ts";
import { BLOCK, DEVICE } from "./format.ts";
import { writeImage } from "./image-writer.ts";
import { IMAGE_NAME, SPARSE_NAME, TAR_NAME } from "./layer-files.ts";
import { mountImage } from "./mount-image.ts";
import { SequentialFile } from "./sequential-file.ts";
import { TreeBuilder } from "./tree-builder.ts";

const TEXTS = { [DEVICE.tar]: "in the archive", [DEVICE.sparse]: "among the sparse files" } as const;

/** What the answer depends on: the kernel, and the file system that the layers are on. */
interface Answer {
  readonly kernel: string;
  readonly device: number;
  readonly erofs: boolean;
}

export async function canMountLayers(root: string, staging: LockedStaging): Promise<boolean> {
  const layers = layersDirectory(root);
  mkdirSync(layers, { recursive: true, mode: 0o700 });
  const kernel = readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const device = statSync(layers).dev;
  const path = `${layers}/mountable.json`;
  const known = parseAnswer(readIfThere(path));
  if (known?.kernel === kernel && known.device === device) return known.erofs;
  await using area = await staging.open();
  const found = await tryMount(`${area.path}/layer`);
  if (found === undefined) return false;
  const answer: Answer = { kernel, device, erofs: found };
  writeFileSync(`${area.path}/answer`, `${JSON.stringify(answer)}\n`, { mode: 0o600 });
  renameSync(`${area.path}/answer`, path);
  return found;
}

/** undefined: this process may not mount, which says nothing of the host. */
async function tryMount(directory: string): Promise<boolean | undefined> {
  await makeLayer(directory);
  try {
    const mount = mountImage(directory);
    try {
      return Object.entries(TEXTS).every(([name, text]) => {
        return readFileSync(`/proc/self/fd/${mount}/${name}`, "latin1") === text;
      });
    } finally {
      closeSync(mount);
    }
  } catch (error) {
    if (isErrno(error, "EPERM", "EACCES")) return undefined;
    const refused = error instanceof EngineError && error.code === "HOST_CALL_FAILED";
    if (refused || isErrno(error, "EIO")) return false;
    throw error;
  }
}

/** A layer with a file on each device, whose data begins at a block that is not one of 4 kB. */
async function makeLayer(directory: string): Promise<void> {
  mkdirSync(directory, { mode: 0o700 });
  const builder = new TreeBuilder(0);
  for (const [device, name] of [
    [DEVICE.tar, TAR_NAME],
    [DEVICE.sparse, SPARSE_NAME],
  ] as const) {
    const content = Buffer.alloc(2 * BLOCK);
    const size = content.write(TEXTS[device], BLOCK, "latin1");
    writeFileSync(`${directory}/${name}`, content, { mode: 0o600 });
    builder.add(fileHeader(String(device)), { size, stored: size, device, offset: BLOCK });
  }
  const file = new SequentialFile(`${directory}/${IMAGE_NAME}`);
  try {
    await writeImage(builder.tree, file, [2 * BLOCK, 2 * BLOCK], () => {});
  } finally {
    file.close();
  }
}

function fileHeader(name: string): Parameters<TreeBuilder["add"]>[0] {
  return {
    type: "file",
    flag: "0",
    name: Buffer.from(name),
    linkName: Buffer.alloc(0),
    mode: 0o600,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: { seconds: 0, nanoseconds: 0 },
    atime: undefined,
    devMajor: 0,
    devMinor: 0,
    xattrs: new Map(),
  };
}

function parseAnswer(text: string | undefined): Answer | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Answer);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
