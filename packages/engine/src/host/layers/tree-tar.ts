/** The files of a container or an image as a layer's tar. */
import { closeSync, constants, openSync } from "node:fs";
import type { TreeArchiver } from "../../ports/tree-archiver.ts";
import { TreeWalk } from "./tree-walk.ts";

export class TreeTar implements TreeArchiver {
  changes(directory: string): AsyncIterable<Uint8Array> {
    return archive(directory, "upper");
  }

  whole(directory: string): AsyncIterable<Uint8Array> {
    return archive(directory, "merged");
  }
}

async function* archive(directory: string, layer: "upper" | "merged"): AsyncGenerator<Uint8Array> {
  const root = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const walk = new TreeWalk(root, { layer, name: Buffer.alloc(0), topEntry: true, crossMounts: false });
    yield* walk.tree();
  } finally {
    closeSync(root);
  }
}
