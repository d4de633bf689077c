/** `pod unpause`. */
import { defineCommand } from "../frame/command.ts";
import { allFlag, idOf, latestFlag, reportPods, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "unpause"],
  summary: "Unpause one or more pods",
  description: "The pod name or ID can be used.\n\n  All paused containers within each specified pod go on.",
  usage: "[options] POD [POD...]",
  args: { namesOr: ["all", "latest"] },
  argCompletion: "pod",
  flags: { all: allFlag, latest: latestFlag },
  examples: ["pod unpause podID1 podID2", "pod unpause --all"],
  async run({ flags, args, engine, io }) {
    const selection = await selectPods(engine, { args, all: flags.all, latest: flags.latest });
    return reportPods(io, await (await engine.pods()).unpause(selection), idOf);
  },
});
