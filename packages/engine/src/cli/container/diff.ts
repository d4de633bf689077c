/** `container diff`: of a container. */
import { defineCommand } from "../frame/command.ts";
import { compared } from "./compared.ts";
import { latestFlag } from "./selection.ts";
import { checkChangesFormat, printChanges } from "../print/changes.ts";

export const command = defineCommand({
  path: ["container", "diff"],
  summary: "Inspect changes to the container's file systems",
  description:
    "Displays changes to the container filesystem.  The container will be compared to its parent layer or the second argument when given.",
  usage: "[options] CONTAINER [CONTAINER]",
  args: { min: 0, max: 2 },
  argCompletion: "container",
  flags: {
    format: { type: "string", help: "Change the output format (json)", complete: ["json"] },
    latest: latestFlag,
  },
  examples: ["container diff myCtr", "container diff -l --format json"],
  async run({ flags, args, engine, io, program }) {
    checkChangesFormat(flags.format);
    const { first, second } = await compared(engine, {
      args,
      latest: flags.latest,
      command: `${program} container diff`,
    });
    printChanges(io, await (await engine.files()).containerDiff(first, second), flags.format);
  },
});
