/** `unpause`: lets paused containers go on. */
import { defineCommand } from "../frame/command.ts";
import { reportOutcomes } from "../print/outcomes.ts";
import { cidfileFlag, filterFlag, latestFlag, selectContainers } from "./selection.ts";

export const command = defineCommand({
  path: ["unpause"],
  also: [["container", "unpause"]],
  summary: "Unpause the processes in one or more containers",
  description: "Unpauses one or more previously paused containers. The container name or ID can be used.",
  usage: "[options] CONTAINER [CONTAINER...]",
  args: { namesOr: ["all", "latest", "filter", "cidfile"] },
  argCompletion: "container",
  flags: {
    all: { type: "bool", short: "a", help: "Unpause all paused containers" },
    cidfile: cidfileFlag,
    filter: filterFlag,
    latest: latestFlag,
  },
  examples: ["unpause ctrID", "unpause --all"],
  async run({ flags, args, engine, io }) {
    const { all, latest } = flags;
    const choice = { args, all, latest, cidfiles: flags.cidfile, filters: flags.filter };
    const selection = await selectContainers(engine, choice);
    const outcomes = await (await engine.containers()).unpause(selection);
    return reportOutcomes(io, outcomes, ({ input }) => input);
  },
});
