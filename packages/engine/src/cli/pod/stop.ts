/** `pod stop`. */
import { defineCommand } from "../frame/command.ts";
import { allFlag, latestFlag, podIdFileFlag, reportPods, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "stop"],
  summary: "Stop one or more pods",
  description:
    "The pod name or ID can be used.\n\n  This command will stop all running containers in each of the specified pods.",
  usage: "[options] POD [POD...]",
  args: { namesOr: ["all", "latest", "pod-id-file"] },
  argCompletion: "pod",
  flags: {
    all: allFlag,
    latest: latestFlag,
    "pod-id-file": podIdFileFlag,
    ignore: {
      type: "bool",
      short: "i",
      help: "Ignore errors when a specified pod is missing",
      default: false,
    },
    time: {
      type: "int",
      short: "t",
      help: "Seconds to wait for pod stop before killing the containers",
      valueName: "seconds",
    },
  },
  examples: ["pod stop mywebserverpod", "pod stop --time 0 490eb"],
  async run({ flags, args, engine, io }) {
    const choice = { args, all: flags.all, latest: flags.latest, idFiles: flags["pod-id-file"] };
    const selection = await selectPods(engine, choice);
    const timeout = flags.time === undefined ? {} : { timeout: flags.time };
    const outcomes = await (await engine.pods()).stop(selection, { ignore: flags.ignore, ...timeout });
    return reportPods(io, outcomes, (outcome) => outcome.input);
  },
});
