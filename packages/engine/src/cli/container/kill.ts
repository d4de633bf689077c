/** `kill`: sends a signal to the main process of running containers. */
import { parseSignal } from "@podwright/spec/values/signal";
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { cidfileFlag, latestFlag, selectContainers } from "./selection.ts";

export const command = defineCommand({
  path: ["kill"],
  also: [["container", "kill"]],
  summary: "Kill one or more running containers with a specific signal",
  description:
    "The main process inside each container specified will be sent SIGKILL, or any signal specified with --signal.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { namesOr: ["all", "latest", "cidfile"] },
  argCompletion: "running-container",
  flags: {
    all: { type: "bool", short: "a", help: "Signal all running containers" },
    cidfile: cidfileFlag,
    latest: latestFlag,
    signal: {
      type: "string",
      short: "s",
      default: "KILL",
      help: "Signal to send to the container",
      complete: ["TERM", "KILL", "HUP", "INT", "USR1", "USR2"],
    },
  },
  examples: ["kill mywebserver", "kill 860a4b23", "kill --signal TERM ctrID"],
  async run({ flags, args, engine, io }) {
    // A signal that does not exist is said before the containers are looked for.
    parseSignal(flags.signal);
    const { all, latest } = flags;
    const selection = await selectContainers(engine, { args, all, latest, cidfiles: flags.cidfile });
    const outcomes = await (await engine.containers()).kill(selection, flags.signal);
    return reportOutcomes(io, outcomes, ({ input }) => input);
  },
});
