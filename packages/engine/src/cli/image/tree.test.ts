import type { ImagesApi, LayerNode } from "@podwright/spec/engine-api/images";
import { expect, test } from "bun:test";
import { runCli } from "../../../testing/cli.ts";
import { command } from "./tree.ts";

const node = (id: string, names: string[] = [], children: LayerNode[] = []): LayerNode => ({
  id: id.repeat(64),
  size: 13_907_321,
  names,
  children,
});

const show = async (layers: LayerNode[]): Promise<string> => {
  const api: Partial<ImagesApi> = {
    tree: async () => ({ id: "f".repeat(64), names: ["x:1", "y:2"], size: 999_949, layers }),
  };
  const engine = { images: () => Promise.resolve(api as ImagesApi) };
  return (await runCli(command, { args: ["x"], engine })).out;
};

const HEAD = "Image ID: ffffffffffff\nTags:     [x:1 y:2]\nSize:     999.9kB\n";

test("image tree: one layer under the other", async () => {
  expect(await show([])).toBe(`${HEAD}No Image Layers\n\n`);
  expect(await show([node("a"), node("b", ["x:1"])])).toBe(
    `${HEAD}Image Layers\n├── ID: aaaaaaaaaaaa Size: 13.91MB\n└── ID: bbbbbbbbbbbb Size: 13.91MB Top Layer of: [x:1]\n\n`,
  );
});

test("image tree --whatrequires: a branch where several stand on one layer", async () => {
  const drawn = await show([node("a", [], [node("b", [], [node("c")]), node("d")])]);
  expect(drawn.replaceAll(" Size: 13.91MB", "").split("\n").slice(4, 8)).toEqual([
    "├── ID: aaaaaaaaaaaa",
    "├── ID: bbbbbbbbbbbb",
    "│   └── ID: cccccccccccc",
    "└── ID: dddddddddddd",
  ]);
});
