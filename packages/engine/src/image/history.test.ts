import { afterAll, expect, test } from "bun:test";
import type { HistoryEntry } from "@podwright/spec/oci-image/types";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { testImageContext } from "../../testing/image-context.ts";
import { imageHistory } from "./history.ts";

const home = mkdtempSync(`${tmpdir()}/history-`);
const ctx = testImageContext(home);
afterAll(() => {
  ctx[Symbol.dispose]();
  rmSync(home, { recursive: true });
});

const chain = (letter: string): string => letter.repeat(64);

function put(id: string, layers: readonly string[], history: HistoryEntry[]): void {
  layers.forEach((chainId, index) => {
    const parent = layers[index - 1] ?? "";
    const diffId = `sha256:${chainId}`;
    ctx.store.images.putLayer({ chainId, diffId, parent, blobDigests: [], size: 100 + index, sink: "dir" });
  });
  ctx.store.images.put({
    id: chain(id),
    digest: `sha256:${chain(id)}`,
    manifestType: "application/vnd.oci.image.manifest.v1+json",
    config: {
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${layer}`) },
      history,
    },
    layers,
    names: [`localhost/${id}:latest`],
    namesHistory: [],
    repoDigests: [],
    stored: 0,
    size: 0,
    annotations: {},
  });
}

const step = (created_by: string, change: HistoryEntry = {}): HistoryEntry => ({
  created: "2026-01-02T03:04:05.678Z",
  created_by,
  ...change,
});
const baseSteps = [step("ADD base"), step("CMD sh", { empty_layer: true })];
put("b", [chain("1")], baseSteps);
put(
  "c",
  [chain("1"), chain("2")],
  [...baseSteps, step("RUN make", { comment: "top" }), step("USER x", { empty_layer: true })],
);

test("imageHistory() walks down the layers and names each image where its last layer is reached", () => {
  const found = imageHistory(ctx, "c").map(({ id, createdBy, size }) => [id.slice(0, 2), createdBy, size]);
  expect(found).toEqual([
    ["cc", "USER x", 0],
    ["<m", "RUN make", 101],
    ["bb", "CMD sh", 0],
    ["<m", "ADD base", 100],
  ]);
  expect(imageHistory(ctx, "b")[0]?.tags).toEqual(["localhost/b:latest"]);
  expect(() => imageHistory(ctx, "nope")).toThrow("nope: image not known");
});

test("an image whose history has more layers than it has itself still has a history", () => {
  put("d", [], [step("ADD a"), step("ADD b")]);
  expect(imageHistory(ctx, "d").map(({ size }) => size)).toEqual([0, 0]);
});
