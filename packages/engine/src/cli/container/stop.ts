/** `stop`: ends containers by their stop signal, and by SIGKILL when the time is over. */
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { cidfileFlag, filterFlag, latestFlag, selectContainers, timeFlag } from "./selection.ts";

export const command = defineCommand({
  path: ["stop"],
  also: [["container", "stop"]],
  summary: "Stop one or more containers",
  description:
    "Stops one or more running containers. The container name or ID can be used. A timeout to forcibly stop the " +
    "container can be set, otherwise it is the container's own (10 seconds by default).",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { namesOr: ["all", "latest", "filter", "cidfile"] },
  argCompletion: "running-container",
  flags: {
    all: { type: "bool", short: "a", help: "Stop all running containers" },
    cidfile: cidfileFlag,
    filter: filterFlag,
    ignore: { type: "bool", short: "i", help: "Ignore errors when a specified container is missing" },
    latest: latestFlag,
    time: timeFlag,
  },
  examples: ["stop ctrID", "stop --latest", "stop --time 2 mywebserver 6e534f14da9d"],
  async run({ flags, args, engine, io }) {
    const { all, latest, ignore } = flags;
    const choice = { args, all, latest, ignore, cidfiles: flags.cidfile, filters: flags.filter };
    const selection = await selectContainers(engine, choice);
    const timeout = flags.time === undefined ? {} : { timeout: flags.time };
    const outcomes = await (await engine.containers()).stop(selection, { ignore, ...timeout });
    return reportOutcomes(io, outcomes, ({ input }) => input);
  },
});
