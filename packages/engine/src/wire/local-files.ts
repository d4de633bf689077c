/** The caller's own files, for commands that copy between them and containers. */
import { closeSync, constants, openSync, realpathSync, statSync } from "node:fs";
import type { LocalFiles } from "../cli/frame/command.ts";
import { describe, KernelTrees, readTop } from "../host/layers/copy/open-trees.ts";

export function localFiles(): LocalFiles {
  const trees = new KernelTrees();
  return {
    stat(path) {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? undefined : { ...describe(stat), target: realpathSync(path) };
    },
    async *read(path, { name }) {
      // A fifo would wait for its writer, where O_NONBLOCK does not.
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        yield* readTop(fd, { name, crossMounts: true, sparse: true });
      } finally {
        closeSync(fd);
      }
    },
    async write(directory, archive, { overwrite, signal }) {
      // The directory is the tree: no link in the archive, and none that is there, leads out of it.
      using tree = trees.open(directory);
      const owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
      await tree.write("/", archive, { owner, overwrite, ...(signal === undefined ? {} : { signal }) });
    },
  };
}
