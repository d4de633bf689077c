/** `pod restart`. */
import { defineCommand } from "../frame/command.ts";
import { allFlag, idOf, latestFlag, reportPods, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "restart"],
  summary: "Restart one or more pods",
  description:
    "The pod ID or name can be used.\n\n  All of the containers within each of the specified pods will be restarted. If a container in a pod is not currently running it will be started.",
  usage: "[options] POD [POD...]",
  args: { namesOr: ["all", "latest"] },
  argCompletion: "pod",
  flags: { all: allFlag, latest: latestFlag },
  examples: ["pod restart podID1 podID2", "pod restart --all"],
  async run({ flags, args, engine, io }) {
    const selection = await selectPods(engine, { args, all: flags.all, latest: flags.latest });
    return reportPods(io, await (await engine.pods()).restart(selection), idOf);
  },
});
