/** `restart`: stops containers that run, and starts them. */
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { cidfileFlag, filterFlag, latestFlag, selectContainers, timeFlag } from "./selection.ts";

export const command = defineCommand({
  path: ["restart"],
  also: [["container", "restart"]],
  summary: "Restart one or more containers",
  description:
    "Restarts one or more running containers. The container ID or name can be used. A timeout before forcibly " +
    "stopping can be set, otherwise it is the container's own (10 seconds by default).",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { namesOr: ["all", "latest", "filter", "running", "cidfile"] },
  argCompletion: "container",
  flags: {
    all: { type: "bool", short: "a", help: "Restart all containers, whatever their state" },
    cidfile: cidfileFlag,
    filter: filterFlag,
    latest: latestFlag,
    running: { type: "bool", help: "Restart only running containers" },
    time: timeFlag,
  },
  examples: ["restart ctrID", "restart --latest", "restart ctrID1 ctrID2"],
  async run({ flags, args, engine, io }) {
    const { all, latest, running } = flags;
    const choice = { args, all, latest, cidfiles: flags.cidfile, filters: flags.filter };
    const selection = await selectContainers(engine, choice);
    const timeout = flags.time === undefined ? {} : { timeout: flags.time };
    const options = { ignore: false, runningOnly: running, ...timeout };
    const outcomes = await (await engine.containers()).restart(selection, options);
    return reportOutcomes(io, outcomes, ({ input }) => input);
  },
});
