/** `pod pause`. */
import { defineCommand } from "../frame/command.ts";
import { allFlag, idOf, latestFlag, reportPods, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "pause"],
  summary: "Pause one or more pods",
  description:
    "The pod name or ID can be used.\n\n  All running containers within each specified pod will then be paused.",
  usage: "[options] POD [POD...]",
  args: { namesOr: ["all", "latest"] },
  argCompletion: "pod",
  flags: { all: allFlag, latest: latestFlag },
  examples: ["pod pause podID1 podID2", "pod pause --all"],
  async run({ flags, args, engine, io }) {
    const selection = await selectPods(engine, { args, all: flags.all, latest: flags.latest });
    return reportPods(io, await (await engine.pods()).pause(selection), idOf);
  },
});
