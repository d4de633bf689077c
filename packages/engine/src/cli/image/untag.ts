/** `untag`: takes names away from an image, all of them where none is given. */
import { defineCommand } from "../frame/command.ts";

export const command = defineCommand({
  path: ["untag"],
  also: [["image", "untag"]],
  summary: "Remove a name from a local image",
  description: "Removes one or more names from a locally stored image. The image itself stays.",
  usage: "IMAGE [NAME...]",
  args: { min: 1 },
  argCompletion: "image",
  flags: {},
  examples: ["untag 0e3bbc2", "untag imageID:latest otherImageName:latest"],
  async run({ args: [image = "", ...names], engine }) {
    await (await engine.images()).untag(image, names);
  },
});
