/** Images of trees that no archive of a test could hold, as the kernel shows them. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { closeSync } from "node:fs";
import { LayerBench, sinkKinds } from "../../../../testing/layer-sinks.ts";
import type { TarHeader } from "../../../tar/tar-entry.ts";
import { DEVICE } from "./format.ts";
import { writeImage } from "./image-writer.ts";
import { IMAGE_NAME, TAR_NAME } from "./layer-files.ts";
import { mountImage } from "./mount-image.ts";
import { SequentialFile } from "./sequential-file.ts";
import { TreeBuilder } from "./tree-builder.ts";

const MOUNTABLE = (await sinkKinds()).includes("erofs");
const GIB = 2 ** 30;

// On a busy machine.
setDefaultTimeout(30_000);

let bench: LayerBench;
beforeEach(() => {
  bench = new LayerBench();
});
afterEach(() => bench[Symbol.dispose]());

function header(name: string): TarHeader {
  const [empty, mtime] = [Buffer.alloc(0), { seconds: 1, nanoseconds: 2 }];
  const numbers = { mode: 0o644, uid: 0, gid: 0, size: 0, devMajor: 0, devMinor: 0 };
  const more = { mtime, atime: undefined, xattrs: new Map<string, Buffer>() };
  return { type: "file", flag: "0", name: Buffer.from(name), linkName: empty, ...numbers, ...more };
}

/** Mounts the tree over an archive that `fill` writes; gives what `look` sees. */
async function mounted<T>(
  builder: TreeBuilder,
  fill: (fd: number) => number,
  look: (root: string) => T,
): Promise<T> {
  const directory = `${bench.root}/layer`;
  mkdirSync(directory);
  const tar = openSync(`${directory}/${TAR_NAME}`, "wx");
  const length = fill(tar);
  closeSync(tar);
  truncateSync(`${directory}/${TAR_NAME}`, length);
  const file = new SequentialFile(`${directory}/${IMAGE_NAME}`);
  await writeImage(builder.tree, file, [length], () => {});
  file.close();
  const mount = mountImage(directory);
  try {
    return look(`/proc/self/fd/${mount}`);
  } finally {
    closeSync(mount);
  }
}

describe.skipIf(!MOUNTABLE)("the kernel reads", () => {
  test("data far behind 4 GB, and a file of 5 GB", async () => {
    const builder = new TreeBuilder(0);
    const far = 9 * GIB + 512;
    builder.add(header("large"), { size: 5 * GIB + 3, stored: 0, device: DEVICE.tar, offset: GIB });
    builder.add(header("far"), { size: 4, stored: 0, device: DEVICE.tar, offset: far });
    const fill = (fd: number): number => {
      writeSync(fd, "end", GIB + 5 * GIB);
      writeSync(fd, "far!", far);
      return far + 512;
    };
    await mounted(builder, fill, (root) => {
      expect(statSync(`${root}/large`).size).toBe(5 * GIB + 3);
      const tail = Buffer.alloc(8);
      const fd = openSync(`${root}/large`, "r");
      expect(readSync(fd, tail, 0, 8, 5 * GIB - 2)).toBe(5);
      closeSync(fd);
      expect(tail.toString("latin1")).toBe("\0\0end\0\0\0");
      expect(readFileSync(`${root}/far`, "utf8")).toBe("far!");
    });
  });

  test("a directory of 100,000 names, of all lengths", async () => {
    const builder = new TreeBuilder(0);
    const nameOf = (index: number): string => `${(index * 7919) % 100_003}`.padEnd(1 + (index % 40), "x");
    const names = new Set<string>();
    for (let index = 0; index < 100_000; index++) names.add(nameOf(index));
    for (const name of names) {
      builder.add(header(`d/${name}`), { size: 0, stored: 0, device: DEVICE.tar, offset: 0 });
    }
    await mounted(
      builder,
      () => 1024,
      (root) => {
        expect(readdirSync(`${root}/d`).sort().join("\n") === [...names].sort().join("\n")).toBe(true);
        for (const name of [...names].filter((_, index) => index % 101 === 0)) {
          expect(statSync(`${root}/d/${name}`).isFile()).toBe(true);
        }
        expect(() => statSync(`${root}/d/none`)).toThrow("ENOENT");
      },
    );
  });
});
