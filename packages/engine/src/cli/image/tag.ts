/** `tag`: gives an image further names. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["tag"],
  also: [["image", "tag"]],
  summary: "Add an additional name to a local image",
  description: "Adds one or more additional names to a locally stored image.",
  usage: "IMAGE TARGET_NAME [TARGET_NAME...]",
  args: { min: 2 },
  argCompletion: "image",
  flags: {},
  examples: ["tag 0e3bbc2 fedora:latest", "tag httpd myregistryhost:5000/fedora/httpd:v2"],
  async run({ args: [image = "", ...names], engine }) {
    await (await engine.images()).tag(image, names);
  },
});
