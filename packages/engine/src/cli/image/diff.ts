/** `image diff`. */
import { defineCommand } from "../frame/command.ts";
import { checkChangesFormat, printChanges } from "../print/changes.ts";

export const command = defineCommand({
  path: ["image", "diff"],
  summary: "Inspect changes to the image's file systems",
  description:
    "Displays changes to the image's filesystem.  The image will be compared to its parent layer or the second argument when given.",
  usage: "[options] IMAGE [IMAGE]",
  args: { min: 1, max: 2 },
  argCompletion: "image",
  flags: { format: { type: "string", help: "Change the output format (json)", complete: ["json"] } },
  examples: ["image diff myImage", "image diff --format json redis:alpine"],
  async run({ flags, args: [image = "", other], engine, io }) {
    checkChangesFormat(flags.format);
    printChanges(io, await (await engine.files()).imageDiff(image, other), flags.format);
  },
});
