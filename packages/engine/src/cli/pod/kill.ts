/** `pod kill`. */
import { defineCommand } from "../frame/command.ts";
import { allFlag, idOf, latestFlag, reportPods, selectPods } from "./selection.ts";

export const command = defineCommand({
  path: ["pod", "kill"],
  summary: "Send the specified signal or SIGKILL to containers in pod",
  description:
    "Signals are sent to the main process of each container inside the specified pod.\n\n  The default signal is SIGKILL, or any signal specified with option --signal.",
  usage: "[options] POD [POD...]",
  args: { namesOr: ["all", "latest"] },
  argCompletion: "pod",
  flags: {
    all: allFlag,
    latest: latestFlag,
    signal: {
      type: "string",
      short: "s",
      help: "Signal to send to the containers in the pod",
      valueName: "signal",
      default: "KILL",
    },
  },
  examples: ["pod kill podID", "pod kill --signal TERM mywebserver"],
  async run({ flags, args, engine, io }) {
    const selection = await selectPods(engine, { args, all: flags.all, latest: flags.latest });
    return reportPods(io, await (await engine.pods()).kill(selection, flags.signal), idOf);
  },
});
