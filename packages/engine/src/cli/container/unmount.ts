/** `unmount`: takes back what `mount` did. */
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { latestFlag, selectContainers } from "./selection.ts";

export const command = defineCommand({
  path: ["unmount"],
  also: [["umount"], ["container", "unmount"], ["container", "umount"]],
  summary: "Unmount working container's root filesystem",
  description:
    "Unmounts what mount has mounted. The root filesystem that a running container needs for itself stays.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { namesOr: ["all", "latest"] },
  argCompletion: "container",
  flags: {
    all: { type: "bool", short: "a", help: "Unmount all of the currently mounted containers" },
    force: {
      type: "bool",
      short: "f",
      help: "Force the complete unmount of the specified mounted containers",
    },
    latest: latestFlag,
  },
  examples: ["unmount ctrID", "unmount ctrID1 ctrID2 ctrID3", "unmount --all"],
  async run({ flags: { all, force, latest }, args, engine, io }) {
    const selection = await selectContainers(engine, { args, all, latest });
    const outcomes = await (await engine.files()).unmount(selection, { force });
    return reportOutcomes(io, outcomes, ({ id, input }) => id ?? input);
  },
});
