/** `image tree`: the layers of an image, drawn. */
import type { LayerNode } from "@podwright/spec/engine-api/images";
import { defineCommand } from "../frame/command.ts";
import { humanSize } from "../print/human.ts";

export const command = defineCommand({
  path: ["image", "tree"],
  summary: "Print layer hierarchy of an image in a tree format",
  description: "Prints the layers of an image as a tree, with the names of the images that end with each.",
  usage: "[options] IMAGE",
  args: { min: 1, max: 1 },
  argCompletion: "image",
  flags: {
    whatrequires: { type: "bool", help: "Show all child images and layers of the specified image" },
  },
  examples: ["image tree alpine:latest", "image tree --whatrequires alpine:latest"],
  async run({ flags, args: [image = ""], engine, io }) {
    const tree = await (await engine.images()).tree(image, { children: flags.whatrequires });
    const lines = [
      `Image ID: ${tree.id.slice(0, 12)}`,
      `Tags:     [${tree.names.join(" ")}]`,
      `Size:     ${shownSize(tree.size)}`,
      tree.layers.length === 0 ? "No Image Layers" : "Image Layers",
      ...draw(tree.layers.flatMap(branches)),
    ];
    io.out(`${lines.join("\n")}\n\n`);
  },
});

interface Branch {
  readonly text: string;
  readonly below: readonly Branch[];
}

/** A layer with one child is followed by it; several children each have a branch of their own. */
function branches({ id, size, names, children }: LayerNode): Branch[] {
  const top = names.length === 0 ? "" : ` Top Layer of: [${names.join(" ")}]`;
  const text = `ID: ${id.slice(0, 12)} Size: ${shownSize(size).padStart(7)}${top}`;
  const [only, ...others] = children;
  if (only !== undefined && others.length === 0) return [{ text, below: [] }, ...branches(only)];
  return [{ text, below: [] }, ...children.map(fork)];
}

function fork(layer: LayerNode): Branch {
  const [first, ...below] = branches(layer);
  return { text: first?.text ?? "", below };
}

function draw(list: readonly Branch[]): string[] {
  return list.flatMap(({ text, below }, index) => {
    const last = index === list.length - 1;
    const indent = last ? "    " : "│   ";
    return [`${last ? "└──" : "├──"} ${text}`, ...draw(below).map((line) => `${indent}${line}`)];
  });
}

function shownSize(bytes: number): string {
  return humanSize(bytes, "", 4);
}
