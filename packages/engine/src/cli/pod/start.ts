/** `pod start`. */
import { defineCommand } from "../frame/command.ts";
import { allFlag, latestFlag, podIdFileFlag, reportPods, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "start"],
  summary: "Start one or more pods",
  description: "The pod name or ID can be used.\n\n  All containers defined in the pod will be started.",
  usage: "[options] POD [POD...]",
  args: { namesOr: ["all", "latest", "pod-id-file"] },
  argCompletion: "pod",
  flags: { all: allFlag, latest: latestFlag, "pod-id-file": podIdFileFlag },
  examples: ["pod start podID", "pod start --all"],
  async run({ flags, args, engine, io }) {
    const choice = { args, all: flags.all, latest: flags.latest, idFiles: flags["pod-id-file"] };
    const selection = await selectPods(engine, choice);
    const outcomes = await (await engine.pods()).start(selection);
    return reportPods(io, outcomes, (outcome) => outcome.input);
  },
});
