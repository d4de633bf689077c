/** `diff`: of a container or an image. */
import { defineCommand } from "../frame/command.ts";
import { compared } from "../container/compared.ts";
import { latestFlag } from "../container/selection.ts";
import { checkChangesFormat, printChanges } from "../print/changes.ts";

export const command = defineCommand({
  path: ["diff"],
  summary: "Display the changes to the object's file system",
  description:
    "Displays changes on a container or image's filesystem.  The container or image will be compared to its parent layer or the second argument when given.",
  usage: "[options] {CONTAINER|IMAGE} [{CONTAINER|IMAGE}]",
  args: { min: 0, max: 2 },
  argCompletion: "container",
  flags: {
    format: { type: "string", help: "Change the output format (json)", complete: ["json"] },
    latest: latestFlag,
  },
  examples: ["diff imageID", "diff ctrID", "diff --format json redis:alpine"],
  async run({ flags, args, engine, io, program }) {
    checkChangesFormat(flags.format);
    const { first, second } = await compared(engine, {
      args,
      latest: flags.latest,
      command: `${program} diff`,
    });
    printChanges(io, await (await engine.files()).diff(first, second), flags.format);
  },
});
