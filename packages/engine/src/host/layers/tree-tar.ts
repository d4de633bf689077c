/** The files of a container or an image as a layer's tar. */
import { closeSync, constants, openSync } from "node:fs";
import type { IdMappings } from "@podwright/spec/values/id-map";
import type { TreeArchiver } from "../../ports/tree-archiver.ts";
import { mayHaveFileMarks } from "../sys/overlay-marks.ts";
import { TreeWalk } from "./tree-walk.ts";

export class TreeTar implements TreeArchiver {
  changes(directory: string, ids?: IdMappings): AsyncIterable<Uint8Array> {
    return archive(directory, "upper", ids);
  }

  whole(directory: string, ids?: IdMappings): AsyncIterable<Uint8Array> {
    return archive(directory, "merged", ids);
  }
}

async function* archive(
  directory: string,
  layer: "upper" | "merged",
  ids?: IdMappings,
): AsyncGenerator<Uint8Array> {
  const root = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const fileMarks = layer === "upper" && mayHaveFileMarks(directory);
    const options = { layer, fileMarks, name: Buffer.alloc(0), topEntry: true, crossMounts: false };
    const walk = new TreeWalk(root, { ...options, ...(ids === undefined ? {} : { ids }) });
    yield* walk.tree();
  } finally {
    closeSync(root);
  }
}
