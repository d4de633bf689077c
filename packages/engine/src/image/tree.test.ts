import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { testImageContext } from "../../testing/image-context.ts";
import { imageTree } from "./tree.ts";

const home = mkdtempSync(`${tmpdir()}/tree-`);
const ctx = testImageContext(home);
afterAll(() => {
  ctx[Symbol.dispose]();
  rmSync(home, { recursive: true });
});

function put(id: string, layers: readonly string[]): void {
  layers.forEach((chainId, index) => {
    const parent = layers[index - 1] ?? "";
    ctx.store.images.putLayer({ chainId, diffId: chainId, parent, blobDigests: [], size: 7, sink: "dir" });
  });
  ctx.store.images.put({
    id: id.repeat(64),
    digest: `sha256:${id.repeat(64)}`,
    manifestType: "application/vnd.oci.image.manifest.v1+json",
    config: { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } },
    layers,
    names: [`localhost/${id}:latest`],
    namesHistory: [],
    repoDigests: [],
    stored: 0,
    size: 7 * layers.length,
    annotations: {},
  });
}

put("a", ["one"]);
put("b", ["one", "two", "three"]);
put("c", ["one", "four"]);

test("imageTree() lists the image's own layers, the lowest first, with the images that end there", () => {
  expect(imageTree(ctx, "b", { children: false })).toEqual({
    id: "b".repeat(64),
    names: ["localhost/b:latest"],
    size: 21,
    layers: [
      { id: "one", size: 7, names: ["localhost/a:latest"], children: [] },
      { id: "two", size: 7, names: [], children: [] },
      { id: "three", size: 7, names: ["localhost/b:latest"], children: [] },
    ],
  });
});

test("imageTree() with children shows what stands on the last layer", () => {
  const [layer, ...others] = imageTree(ctx, "a", { children: true }).layers;
  expect([layer?.id, others]).toEqual(["one", []]);
  expect(layer?.children.map(({ id }) => id).toSorted()).toEqual(["four", "two"]);
  expect(layer?.children.find(({ id }) => id === "two")?.children.map(({ names }) => names)).toEqual([
    ["localhost/b:latest"],
  ]);
  expect(() => imageTree(ctx, "none", { children: true })).toThrow("image not known");
});
