/** Whether this host can mount layers of this store (store-probe.ts). */
import { closeSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { isErrno } from "../../sys/libc.ts";
import { layersDirectory } from "../layer-paths.ts";
import type { LockedStaging } from "../staging.ts";
import { probeStore } from "../store-probe.ts";
import { BLOCK, DEVICE } from "./format.ts";
import { writeImage } from "./image-writer.ts";
import { IMAGE_NAME, SPARSE_NAME, TAR_NAME } from "./layer-files.ts";
import { mountImage } from "./mount-image.ts";
import { SequentialFile } from "./sequential-file.ts";
import { TreeBuilder } from "./tree-builder.ts";

const TEXTS = { [DEVICE.tar]: "in the archive", [DEVICE.sparse]: "among the sparse files" } as const;

export function canMountLayers(root: string, staging: LockedStaging): Promise<boolean> {
  return probeStore({
    directory: layersDirectory(root),
    file: "mountable.json",
    name: "erofs",
    staging,
    attempt: (area) => tryMount(`${area}/layer`),
  });
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
